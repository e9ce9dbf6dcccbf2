/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How to run a plan, and what interrupts it. */
#ifndef ZAPBENCH_OPTIONS_H
#define ZAPBENCH_OPTIONS_H

#include "bench/record/record.h"
#include "bench/run/plan.h"

/* By the machine: fixed where it is emulated, else drawn in each round. */
enum layout_choice { LAYOUT_BY_MACHINE, LAYOUT_FIXED, LAYOUT_RANDOM };

struct run_options {
	struct request request;
	int cpu;                  /* -1: choose */
	bool one_cpu;             /* the user chose it: other core types are not measured */
	double budget_s;          /* for rounds; warm-up and counter passes take extra time */
	double precision_percent; /* target: half width of every interval of a median */
	uint64_t seed;
	enum layout_choice layout;
	double cool_celsius;       /* wait between rounds until the hottest zone is below this; NAN: do not wait */
	const char *const *events; /* NULL-terminated; NULL: the events that explain each case */
	bool tune;                 /* set the machine as measuring needs, and restore it at the end */
	bool model;                /* mark the regions for the plugin of QEMU, in a pass of their own */
	const char *const *labels; /* "key=value", NULL-terminated */
	const char *command_line;
	int64_t repeat_index, repeat_count;
	bool quiet;
	/* A run to resume, from journal_reopen(); run_plan() takes ownership of both. NULL: a new run. */
	struct record *resumed;
	struct journal *journal;
};

/* Set by a signal: finish the current round, then write the record. */
extern volatile int run_interrupted;

#endif
