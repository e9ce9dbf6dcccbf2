/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a report says, part by part, in the order in which it is read. */
#ifndef ZAPBENCH_CONTENT_H
#define ZAPBENCH_CONTENT_H

#include "report/analysis/choice.h"
#include "report/render/document.h"
#include "report/render/figure.h"
#include "report/analysis/model.h"
#include "bench/record/record.h"

/* Figures of one kind that a result may have; beyond that a report is read by nobody. What is left out is said. */
#define FIGURES_MAX 6

struct result {
	char tag[16];     /* "A": what the report calls it */
	const char *path; /* of the file */
	struct record *record;
	struct choice choice;
	struct model model; /* when .model_why.reason is empty */
	struct why model_why;
};

struct unread {
	const char *path;
	struct why why;
};

struct report {
	struct document *document;
	struct figures figures;
	struct result *result;
	size_t nr_results;
	struct unread *unread; /* files that are no results */
	size_t nr_unread;
};

/*
 * Each adds one part, figures included, to the document; what a result has nothing to say about is a line that says
 * what to run. Return: 0 or -ENOMEM; what the document itself ran out of memory for is in its .err.
 */
int content_answer(struct report *report);     /* 1: which policy, in sentences */
int content_map(struct report *report);        /* 2: decision maps */
int content_crossovers(struct report *report); /* 3 */
int content_time(struct report *report);       /* 4: where the time goes */
int content_evidence(struct report *report);   /* 5: distributions, curves, bandwidth, scaling, ... */
int content_model(struct report *report);      /* 6: the cost model */
int content_method(struct report *report);     /* 7: how it was measured, and what it cannot say */

/* A heading for what follows of @result, when the report has several. */
void content_result_heading(struct report *report, const struct result *result);

#endif
