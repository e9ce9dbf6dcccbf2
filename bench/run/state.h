/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of one run, which the files of this room share. Each of them includes only files below itself. */
#ifndef ZAPBENCH_STATE_H
#define ZAPBENCH_STATE_H

#include <gsl/gsl_rng.h>

#include "bench/measure/monitor.h"
#include "bench/measure/topology.h"
#include "bench/measure/tune.h"
#include "bench/record/record.h"
#include "bench/run/exchange.h"
#include "bench/run/options.h"
#include "bench/run/plan.h"
#include "bench/run/progress.h"

struct run {
	const struct run_options *options;
	struct plan *plan;
	struct topology *topology;
	struct monitor *monitor;
	struct tuning *tuning; /* NULL: the machine is as it was */
	struct record *record;
	struct record *resumed; /* until it becomes the record */
	struct journal *journal;
	struct exchange *exchange;
	struct progress progress;
	gsl_rng *rng;
	struct layouts layouts;
	const double **events;
	size_t *nr_events;
	bool emulated;
	size_t missed, missed_task; /* samples that are missing */
	struct why missed_why;
	int cpu;
	struct core_type core[CORE_TYPES_MAX];
	size_t nr_cores;  /* 0: one core type, that of @cpu */
	cpu_set_t cpus;   /* CPUs that the program could use before it was pinned to @cpu */
	uint64_t address; /* where mappings go with a fixed layout; with another one, above it */
	double begin_s;
	double round_s; /* duration of a round, measured in the warm-up */
};

/*
 * Choose and pin the CPU, read the environment, begin an empty record. 0 or -errno; state_close() is needed in both
 * cases. With a fixed layout it also turns off address randomisation for the processes that are started later.
 */
int state_open(struct run *run, const struct run_options *options, struct plan *plan, struct why *why);
void state_close(struct run *run);

#endif
