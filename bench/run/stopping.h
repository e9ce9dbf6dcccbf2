/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stopping rule: are there enough rounds? It knows nothing of processes. */
#ifndef ZAPBENCH_STOPPING_H
#define ZAPBENCH_STOPPING_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/record/record.h"

struct stopping {
	bool emulated;
	double budget_s;
	double precision_percent;
	size_t next_look;      /* number of rounds at which the intervals are looked at */
	double widest_percent; /* found by the last look; NAN: no look yet, or not known */
};

/* @rounds: done already, by the run that is resumed; 0 for a new run. */
void stopping_init(struct stopping *stopping, bool emulated, double budget_s, double precision_percent, size_t rounds);

/**
 * stopping_ask() - stop after this round?
 * @stopping: the rule; a look moves its next_look and sets its widest_percent
 * @rounds: done so far; call this after each of them
 * @elapsed_s: how long they took
 * @widest_percent: computes the widest interval of the medians so far, in percent to each side; NAN: not known. It is
 *                  called only when a look is due. 0, or -errno: go on
 * @argument: of that function
 *
 * Return: NULL to go on, else the reason: "precision" or "budget".
 */
const char *stopping_ask(struct stopping *stopping, size_t rounds, double elapsed_s,
			 int (*widest_percent)(void *argument, double *percent), void *argument);

/* What the budget allows, foreseen from the rounds so far. */
struct forecast {
	double rounds;   /* in all */
	size_t nr_short; /* configurations that will have too few undisturbed samples for an interval (MEDIAN_MIN) */
	size_t worst;    /* the configuration with the fewest */
	double needed_s; /* a budget that should be enough for it */
};

/*
 * Look ahead after this round? Early enough to stop a run in vain, late enough to have seen something: from 4 s on
 * since the run began (@run_s, warm-up included), then every second, until 10 s of rounds are over. @rounds_s: of the
 * rounds; @looked_s: that at the last look, -INFINITY before.
 */
bool stopping_looks_ahead(double run_s, double rounds_s, double looked_s, double budget_s);

/*
 * Will every configuration have an interval? @record is summarised and has a round; @elapsed_s: of its rounds. Looks at
 * the evidence about samples, not at their values. The share of undisturbed samples of one configuration is shrunk
 * towards that of all, the less the more rounds there are. Return: some will have none.
 */
bool stopping_forecast(const struct record *record, double elapsed_s, double budget_s, struct forecast *forecast);

/*
 * The widest interval of a median in @record, in percent of the median to each side. Configurations without a source
 * measure zapbench itself; they count only when there are no others. Of an emulated machine, which needs no interval:
 * half of the range of its rounds, in percent of the smallest. @record is summarised. NAN: one interval is not known.
 * @row: whose interval it is, or the first one whose interval is not known; may be NULL
 */
double stopping_widest_percent(const struct record *record, size_t *row);

#endif
