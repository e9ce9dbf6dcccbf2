/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ZAPBENCH_REPORT_MODEL_H
#define ZAPBENCH_REPORT_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "report/analysis/model.h"
#include "report/render/words.h"

#define ANSWERS_MAX 64
/* Two numbers: the lack of fit and the noise. */
#define MODEL_MISFIT                                                                                                   \
	"THE MODEL DOES NOT FIT: configurations differ from it by %.2g %% (standard deviation) beyond their noise of " \
	"%.2g %%. "                                                                                                    \
	"Do not rank policies by it."

/* Frames per buffer where nobody said how many. */
#define QUESTION_FRAMES 4

/* A frame that the user asks for: its size, the fraction that the CPU reads, how often a buffer is used again. */
struct question {
	enum use use;
	double bytes, touched, maps, frames;
	double others; /* CPUs that run threads of the process */
	double chunk;  /* bytes of each chunk of the buffer; 0: those of a PMD */
	bool random, asked;
	/* Of an observation: it did not tell, and the CPU read .touched or more. */
	bool use_assumed, frames_assumed, touched_least;
};

/* "4M, filled by a device, 50 % of it or more read by the CPU, 1 mapping, 6 frames per buffer" */
struct words question_words(const struct question *question);

/* What it costs under a policy: all its frames, with the 95 % prediction interval; NAN when a unit cost is missing. */
struct answer {
	const char *policy, *granularity; /* of the record */
	struct estimate cost;
	double part[NR_TERMS];
};

/*
 * One answer for each policy and granularity of @record into @answers with room for ANSWERS_MAX;
 * and into @asked the region of the last one. By memory type, the cheapest first; of a model that does not fit in the
 * order of the record. Return: how many.
 */
size_t model_answer(const struct record *record, const struct model *model, const struct question *question,
		    struct answer *answers, struct region *asked);

/* Print the unit costs, and where a question was asked its answers. 0 or -EIO when @out took an error. */
int model_print(const struct record *record, const struct model *model, const struct question *question, FILE *out);

#endif
