/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How to run a plan, and what interrupts it. */
#ifndef ZAPBENCH_OPTIONS_H
#define ZAPBENCH_OPTIONS_H

#include "bench/record/record.h"
#include "bench/run/plan.h"

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

/* Set by a signal: finish the current round, then write the record. */
extern volatile int run_interrupted;

#endif
