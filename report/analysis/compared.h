/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of a comparison: which configurations are in it, and what each row says. Private to report/analysis. */
#ifndef ZAPBENCH_COMPARED_H
#define ZAPBENCH_COMPARED_H

#include "report/analysis/comparison.h"

#define COMPARE_LEVEL 0.95 /* of all comparisons together */

/* Is @name one of "eager+lazy"? */
bool name_in_list(const char *list, const char *name);
/* Do the options ask for this configuration? */
bool compared_wanted(const struct compare_options *options, const struct config_result *config);
/*
 * The medians of the runs that have a valid figure of @name, into @x with room for each run. @all: with disturbed
 * rounds. Return: how many.
 */
size_t run_medians(const struct run_set *set, const char *name, bool all, double *x);

/* Fill the row's medians, and into @x and @y those of its runs, as run_medians(). 0 or -ENOMEM. */
int compared_medians(const struct run_set *base, const struct run_set *new, bool all, double *x, double *y,
		     struct compared *row);

/* Add a row, or a configuration without a counterpart. 0 or -ENOMEM. */
int compared_add(struct comparison *comparison, const struct config_result *base, const struct config_result *new);
int unmatched_add(struct comparison *comparison, const char *name, const char *reason);
/* The verdict of row->ratio; inconclusive where @all, the ratio with disturbed rounds, gives another verdict. */
void compared_decide(struct compared *row, const struct estimate *all, double threshold_percent);
/* An emulated row: round by round, to the instruction. @x, @y: room for each run. 0 or -ENOMEM. */
int compare_exactly(const struct run_set *base, const struct run_set *new, double *x, double *y, struct compared *row);
/*
 * Modelled counts of emulated run sets: what changed, and the verdict of rows that their rounds leave inconclusive. The
 * first run of each speaks for all, as a model repeats itself. 0 or -ENOMEM.
 */
int compare_modelled(const struct run_set *base, const struct run_set *new, struct comparison *comparison);
/* The last step: sorts the rows and fills in texts for JSON. 0, or -ENOENT when there is no row. */
int comparison_finish(struct comparison *comparison, struct why *why);

#endif
