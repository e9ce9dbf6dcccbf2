/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of a report, in their order, and what several parts share. */
#ifndef ZAPBENCH_PARTS_H
#define ZAPBENCH_PARTS_H

#include "report/analysis/choice.h"
#include "report/analysis/curve.h"
#include "report/render/document.h"
#include "report/render/figure.h"
#include "report/analysis/model.h"
#include "report/render/words.h"
#include "bench/record/observation.h"
#include "bench/record/record.h"

/* Lines of one figure: as many as colours and marks distinguish. */
#define LINES_MAX 7
/* Figures of one kind per result: nobody reads more. A report says how many it leaves out. */
#define FIGURES_MAX 6

struct result {
	char tag[16];     /* "A": what the report calls it */
	const char *path; /* of the file */
	struct record *record;
	struct choice choice;
	struct model model; /* when .model_why.reason is empty */
	struct why model_why;
};

/* How many rounds the figures of a plot rest on; {0} before the first. */
struct rounds {
	size_t least, most;
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
	const struct observation *observation; /* NULL: none */
};

/*
 * Each adds one part with its figures to the document. Where a result lacks what a part needs, a line says what to run.
 * Return: 0 or -ENOMEM. When the document itself runs out of memory, its .err says so.
 */
int part_answer(struct report *report);     /* 1: which policy, in sentences */
int part_maps(struct report *report);       /* 2: decision maps */
int part_crossovers(struct report *report); /* 3 */
int part_time(struct report *report);       /* 4: where the time goes */
int part_evidence(struct report *report);   /* 5: distributions, curves, bandwidth, scaling, ... */
int part_model(struct report *report);      /* 6: the cost model */
int part_method(struct report *report);     /* 7: how it was measured, and what it cannot say */
int part_observed(struct report *report);   /* 8: the application that was observed, where there is one */

/* The sentence, chart and table of each result; without a folder for figures no chart. */
int brief_answers(struct report *report);
struct brief;
/* Part 1: what each policy costs above the cheapest one; @brief has a row that compares policies. */
void answer_chart(struct report *report, const struct result *result, const struct brief *brief);
/* What measures frames of every policy. */
extern const char frame_command[];
/* Of part 5: what a model of caches and TLBs counted; nothing for a result without such counts. */
void part_modelled(struct report *report, const struct result *result);
/* Of part 5: SYNC of a range beside SYNC of the whole buffer; @shown: there was something to show. 0 or -ENOMEM. */
int part_ranges(struct report *report, const struct result *result, bool *shown);
/* After that: the estimates of frames on boards with the modelled core, cached against write-combined. 0 or -ENOMEM. */
int part_estimates(struct report *report, const struct result *result);
/* The machine, page size and kernel of a result, and whether it is EMULATED. */
struct words result_words(const struct result *result);
/* figure_begin() of a figure of one result: it says of which, and an emulated one looks different. */
struct figure report_figure(struct report *report, const struct result *result, const char *name, const char *kind);
/* A heading for what follows of @result, when the report has several. */
void part_result_heading(struct report *report, const struct result *result);
/* @tag joins the tags of a list: "A, B". */
void part_add_tag(struct words *tags, const struct result *result);
void rounds_add(struct rounds *rounds, size_t n);
/* "n = 60 rounds", or "n = 178 to 369 rounds" where figures of a plot rest on different numbers. */
struct words sample_rounds_words(const struct rounds *rounds);
/* Says why a part has nothing of the results whose tags are in @none, and what to run. Nothing when @none is empty. */
void part_say_none(struct report *report, const struct words *none, const char *what);

#endif
