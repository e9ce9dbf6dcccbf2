/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a plan in shuffled rounds and makes its record.
 */
#ifndef ZAPBENCH_RUN_H
#define ZAPBENCH_RUN_H

#include "bench/run/options.h"

/* The duration of a run, measured by one round. */
struct run_estimate {
	double warm_up_s;
	double round_s;
	int counting_rounds; /* of the pass after the rounds, which counts events */
};

/**
 * run_plan() - measure
 * @options: how
 * @plan: what; configurations that fail in the warm-up are moved to the skipped ones
 * @folder: where to keep the journal during the run; NULL: no journal, or that of the resumed run
 * @journal: set to the name of the new journal, at least PATH_MAX bytes; empty: none. The caller removes it when the
 *           record is stored and nothing is left to resume
 * @record: on success the record, summarised, owned by the caller
 * @why: on error
 *
 * Return: 0, also when run_interrupted ended it early; or -errno.
 */
int run_plan(const struct run_options *options, struct plan *plan, const char *folder, char *journal,
	     struct record **record, struct why *why);

/* The warm-up and one round; their samples are dropped. 0 or -errno. */
int run_estimate(const struct run_options *options, struct plan *plan, struct run_estimate *estimate, struct why *why);

/* Repeat configuration 0 of the plan for @seconds, so that perf or ftrace can be attached. 0 or -errno. */
int run_loop(const struct run_options *options, struct plan *plan, double seconds, struct why *why);

#endif
