/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory that the program shares with the process of a round: a memfd with the tasks, and room for their results.
 * Both are the same binary, so plain structs are enough.
 */
#ifndef ZAPBENCH_EXCHANGE_H
#define ZAPBENCH_EXCHANGE_H

#include <gsl/gsl_rng.h>

#include "bench/case/case.h"
#include "bench/run/drawn-layout.h"
#include "bench/run/plan.h"
#include "bench/source/integrity.h"

#define EXCHANGE_MAGIC 0x7a617062656e6368u
#define EVENT_NAME_MAX 64

enum round_mode {
	ROUND_TIMED,   /* samples */
	ROUND_COUNTED, /* the reference pass: accesses are counted one by one */
	ROUND_EVENTS,  /* samples with the PMU's counters around their regions */
	ROUND_KERNEL,  /* samples with what the kernel itself counts and times in their regions */
	ROUND_MODEL,   /* samples with marks around their regions, for the plugin of QEMU */
	ROUND_PROOF,   /* no samples: checks every byte and every mapping */
	ROUND_LOOP,    /* one task over and over, for perf or ftrace */
};

struct task {
	/* in */
	unsigned int bench, source; /* index in benches[] and sources[] */
	int core;                   /* core type on which it runs */
	char instance[INSTANCE_MAX];
	struct params params;
	int64_t repetitions;
	uint64_t address;     /* of the mapping; PMD-aligned where huge pages need it */
	uint64_t seed;        /* of a random order */
	size_t faults_offset; /* of the map of faulting accesses, one byte per page, in this memory */
	size_t ticks_offset;  /* of the single events' ticks */
	size_t events_max;
	uint32_t counted; /* bit i: event i of the exchange is counted around the regions */
	/* out */
	int err;
	struct why why;
	struct sample sample;
	double wall_ns; /* of the whole sample, with its untimed parts */
	struct counter_reading reading[COUNTERS_MAX];
	uint64_t kernel[KERNEL_COUNTS_MAX];
	struct integrity integrity;
	enum isa copy_from, copy_to; /* of a client that copies: client_copies() */
};

struct exchange {
	uint64_t magic;
	size_t bytes;
	int fd;        /* of the memory itself; the process of a round inherits it */
	pid_t program; /* who started the process of the round */
	enum round_mode mode;
	struct clock clock;
	int cpu;
	int core;         /* core type whose tasks run now, on @cpu; -1: there is one type */
	cpu_set_t cpus;   /* CPUs that the program could use before it chose @cpu */
	bool reads_steal; /* around every sample */
	double loop_s;
	struct drawn_layout layout; /* of this round */
	size_t nr_events;
	char event[COUNTERS_MAX][EVENT_NAME_MAX];
	size_t nr_tasks;
	size_t order_offset; /* of nr_tasks numbers: in which order the tasks run */
	size_t tasks_offset;
	int64_t current;  /* the task that runs now, -1 before and after; names the culprit if the process dies */
	int64_t passes;   /* of the loop */
	int64_t invalid;  /* passes with unexpected fault counts */
	int64_t expected; /* faults of a pass of the loop, unless the case gives a range */
};

static inline void *exchange_at(struct exchange *exchange, size_t offset)
{
	return (char *)exchange + offset;
}

static inline struct task *exchange_tasks(struct exchange *exchange)
{
	return exchange_at(exchange, exchange->tasks_offset);
}

/**
 * exchange_make() - lay out and map the memory, one task per configuration
 * @plan: the configurations
 * @seed: of a random order of accesses; the same in every round
 * @made: on success the memory, to be freed by exchange_drop(); NULL on error
 * @why: on error
 *
 * The caller sets clock, cpu and cpus. Return: 0 or -errno.
 */
int exchange_make(const struct plan *plan, uint64_t seed, struct exchange **made, struct why *why);
void exchange_drop(struct exchange *exchange); /* NULL is allowed */

/* The events that the processes of rounds count around every region, of all tasks. @names NULL: none. */
void exchange_set_events(struct exchange *exchange, const char *const *names);

/* The events that explain each case, and the tracepoints of its source. */
void exchange_explain_events(struct exchange *exchange, const struct plan *plan);

/* A new random order of the tasks, drawn from @rng: each task once. */
void exchange_shuffle(struct exchange *exchange, gsl_rng *rng);

#endif
