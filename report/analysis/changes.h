/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Change points: the runs at which the level of a series changes. Values are positive, one per run, in the order of the
 * runs.
 */
#ifndef ZAPBENCH_CHANGES_H
#define ZAPBENCH_CHANGES_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/record/stats.h"

enum change_kind {
	CHANGE_STEP,    /* another level from one run to the next, which stayed */
	CHANGE_BLIP,    /* another level for a few runs, and then the old one again */
	CHANGE_DRIFT,   /* too slow for a step: the end of a level is not where its begin was */
	CHANGE_SUSPECT, /* the newest runs, five at the most, may differ: measure again before you believe it */
};

struct change {
	enum change_kind kind;
	size_t begin;          /* the first run of the new level; of a drift, of the level that drifts */
	size_t end;            /* the first run that is of it no more, or the number of runs */
	struct estimate ratio; /* new level over the one before, 95 %; of an exact series the level is NAN */
};

/* Fewer runs than this say nothing; of an exact series 2 say it all. */
#define CHANGES_RUNS_MIN 10
/* Steps are looked for in so many runs at once. */
#define CHANGES_WINDOW 50

/* A series, and how it is judged. */
struct changes_input {
	const struct estimate *x; /* a value per run with its bounds; of an exact series the least and most of rounds */
	const size_t *boot;       /* a number per run, the same for runs of one boot in sequence; NULL: not known */
	size_t n;                 /* runs */
	size_t series;            /* that are judged together, those of one board; 0 is 1 */
	bool exact;               /* instructions of an emulated machine, which repeat themselves: no statistics */
	double least_percent;     /* a smaller step is none, however certain; not looked at for exact series */
};

/**
 * changes_find() - the changes of a series, the oldest first
 * @change: on success an array to be freed by the caller, NULL for none
 * @count: of @change
 *
 * Steps: E-divisive with the energy statistic of logarithms (Matteson and James, J. Am. Stat. Assoc. 109, 2014, alpha =
 * 1) in windows of 50 runs that overlap by half, candidates kept while Student's t-test finds both sides different: as
 * Apache Otava does (Fleming and others, Hunter, ICPE 2023). Unlike there both sides are taken within 200 runs, single
 * outliers are pulled in before (to three widths of noise from the running median of five), and the variance is at
 * least that of the new level, so that more noise is no step. The variance of each mean is that of dependent runs, see
 * dependence.h. The more series a board has, the more certain a change must be.
 *
 * Suspects: a weaker test of the newest run, of the mean of the newest two, and so on. Runs that are measured again for
 * it decide sooner than waiting does (double sampling: Daudin, J. Qual. Technol. 24, 1992). What all of this finds and
 * how often it errs: report/test/replay.c.
 *
 * Exact series: a run whose rounds are all moved by the same, or by more than rounds differ among themselves (which is
 * where the timer's interrupts fall).
 *
 * Return: 0 or -ENOMEM.
 */
int changes_find(const struct changes_input *input, struct change **change, size_t *count);

#endif
