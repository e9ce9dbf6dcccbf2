/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The runner: carries out a plan in shuffled rounds and makes the record of it.
 */
#ifndef ZAPBENCH_RUNNER_H
#define ZAPBENCH_RUNNER_H

#include "bench/run/plan.h"
#include "bench/run/progress.h"
#include "bench/record/record.h"

struct run_options {
	struct request request;
	int cpu;                  /* -1: choose */
	double budget_s;          /* of rounds; warm-up and counter pass come on top */
	double precision_percent; /* stop when every interval of the median is at most this wide to each side */
	uint64_t seed;
	bool random_layout;
	double cool_celsius;       /* wait between rounds until the hottest zone is below; NAN: no wait */
	const char *const *events; /* NULL-terminated; NULL: those that explain each case */
	const char *const *labels; /* "key=value", NULL-terminated */
	const char *command_line;
	int64_t repeat_index, repeat_count;
	bool quiet;
	/* A run to go on with, from journal_reopen(), both taken over by run_plan(). NULL: a new run. */
	struct record *resumed;
	struct journal *journal;
};

/* What a run would take, measured by doing one round of it. */
struct run_estimate {
	double warm_up_s;
	double round_s;
};

/* The exit status of a run whose samples say what it is. */
enum run_status { RUN_MEASURED = 0, RUN_FAILED = 1, RUN_USAGE = 2, RUN_INVALID = 3 };

/* Set by a signal: finish the round and write what there is. */
extern volatile int run_interrupted;

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
