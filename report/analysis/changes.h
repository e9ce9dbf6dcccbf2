/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Change points: since when a series of runs has another level. Values are positive, one a run, in the order of the
 * runs; less is better.
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
	CHANGE_SUSPECT, /* the newest run alone differs: measure again before you believe it */
};

struct change {
	enum change_kind kind;
	size_t begin;          /* the first run of the new level; of a drift, of the level that drifts */
	size_t end;            /* the first run that is of it no more, or the number of runs */
	struct estimate ratio; /* new level over the one before, 95 %; of an exact series the level is NAN */
};

/* Fewer runs than this say nothing; of an exact series 2 say it all. */
#define CHANGES_RUNS_MIN 10
/* At most so many runs are used on each side of a change, and at once. */
#define CHANGES_WINDOW 50

/**
 * changes_find() - the changes of a series, the oldest first
 * @x: a value a run with its bounds; of an exact series these are the least and the most of its rounds
 * @n: how many
 * @exact: instructions of an emulated machine, which repeat themselves: no statistics
 * @least_percent: a smaller step is none, however certain; not looked at for exact series
 * @change: on success an array to be freed by the caller, NULL for none
 * @count: of @change
 *
 * Steps: E-divisive with the energy statistic of logarithms (Matteson and James, J. Am. Stat. Assoc. 109, 2014, alpha =
 * 1) in windows of 50 runs that overlap by half, candidates kept while Student's t-test finds both sides different: as
 * Apache Otava does (Fleming and others, Hunter, ICPE 2023). Unlike there both sides are taken within 50 runs, single
 * outliers are pulled in before (to three widths of noise from the running median of five), and the variance is at
 * least that of the new level, so that more noise is no step. What it finds and how often it errs:
 * report/test/replay.c.
 *
 * Exact series: a run whose rounds are all moved by the same, or by more than rounds differ among themselves (which is
 * where the timer's interrupts fall).
 *
 * Return: 0 or -ENOMEM.
 */
int changes_find(const struct estimate *x, size_t n, bool exact, double least_percent, struct change **change,
		 size_t *count);

#endif
