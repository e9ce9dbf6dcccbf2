/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carries out a plan in shuffled rounds and makes the record of it.
 */
#ifndef ZAPBENCH_RUN_H
#define ZAPBENCH_RUN_H

#include "bench/run/options.h"

/* What a run would take, measured by doing one round of it. */
struct run_estimate {
	double warm_up_s;
	double round_s;
};

/* The exit status of a run whose samples say what it is. */
enum run_status { RUN_MEASURED = 0, RUN_FAILED = 1, RUN_USAGE = 2, RUN_INVALID = 3 };

/**
 * run_plan() - measure
 * @options: how
 * @plan: what; configurations that turn out impossible in the warm-up are moved to the skipped ones
 * @folder: where to keep a journal while rounds go on; NULL: nowhere, or in the one that is resumed
 * @journal: set to the new journal's name, at least PATH_MAX bytes; empty when there is none. The caller removes it
 * once the record is safe and nothing is left to resume
 * @record: on success the record, summarised, owned by the caller
 * @why: on error
 *
 * Return: 0 (also when run_interrupted ended it early with at least one round) or -errno.
 */
int run_plan(const struct run_options *options, struct plan *plan, const char *folder, char *journal,
	     struct record **record, struct why *why);

/* The warm-up and one round, thrown away. 0 or -errno. */
int run_estimate(const struct run_options *options, struct plan *plan, struct run_estimate *estimate, struct why *why);

/* Configuration 0 of the plan alone for @seconds, so that perf or ftrace can be attached. 0 or -errno. */
int run_loop(const struct run_options *options, struct plan *plan, double seconds, struct why *why);

#endif
