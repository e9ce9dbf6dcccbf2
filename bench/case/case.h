/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a case is. A case is one file in this folder that exports one `const struct bench case_NAME`, and one line in
 * CASES below. null.c is the smallest; copy it.
 *
 * The case owns what is inside of the timed region. The program owns everything else: the configurations, the process
 * of each round, clock, counters, fault accounting, statistics and the record. A case never prints and opens no files.
 */
#ifndef ZAPBENCH_CASE_H
#define ZAPBENCH_CASE_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/measure/clock.h"
#include "bench/measure/counters.h"
#include "bench/measure/touch.h"
#include "bench/base/params.h"
#include "bench/base/region.h"
#include "bench/source/source.h"
#include "bench/base/why.h"

#define CASE_FIGURES_MAX 8

/* What one sample gave. The regions of all its repetitions are added up. */
struct sample {
	double ticks;         /* inside the timed regions, the cost of the clock subtracted */
	int64_t faults_minor; /* of the regions, and what the case adds for its helpers */
	int64_t faults_major;
	int64_t switches;                /* context switches inside the regions; wanted ones where nothing waits */
	int64_t sleeps;                  /* of these, the wanted ones: for a lock that somebody else held */
	int64_t readers;                 /* reads of smaps or the like of this process, by others, around the sample */
	int64_t migrations;              /* regions that ended on another CPU than they began on */
	double steal_ticks;              /* that the hypervisor took from the CPU, in USER_HZ; NAN: not known */
	int64_t operations;              /* what the sample's time is divided by: pages, frames, zaps */
	int64_t bytes;                   /* that were touched or moved */
	int64_t events;                  /* single accesses that were timed */
	double figure[CASE_FIGURES_MAX]; /* in the order of bench.figures; 0 unless set, NAN where it is not known */
	/*
	 * Of a case in which others take part in the faults: between these two the faults of a sample must lie. Both 0:
	 * they must be those of the reference pass.
	 */
	int64_t faults_least, faults_most;
};

/* The faults that were taken. One that had to wait, and was tried again, is a major one to the kernel. */
static inline int64_t sample_faults(const struct sample *sample)
{
	return sample->faults_minor + sample->faults_major;
}

/* What a case works with. It lives in the process of one round. */
struct context {
	const struct params *params;
	const struct clock *clock;
	int cpu;                 /* that the measuring thread runs on */
	const cpu_set_t *cpus;   /* that helpers may run on, this one included */
	struct buffer *buffer;   /* open, when the case uses a source */
	struct touch_list pages; /* what params.order, stride and touched select */
	struct touch_list all;   /* every page of the buffer */
	uint64_t seed;           /* of a random order; the same in every round */
	int64_t repetitions;     /* timed regions to do and add up, so that the sample lasts about 1 ms */

	/* For the functions below. */
	bool counts_regions;   /* of the case */
	bool waits;            /* for others inside its regions: its voluntary context switches are no evidence */
	bool counted;          /* the reference pass: accesses are counted one by one, nothing is timed */
	uint8_t *event_faults; /* which accesses of the list fault: found out in the reference pass */
	uint64_t *event_ticks;
	struct counters *counters; /* in the counter pass, else NULL */
	struct counter_reading *readings;
	uint64_t *kernel; /* in the kernel's pass: what it counted in the regions; else NULL */
	uint64_t kernel_begin[KERNEL_COUNTS_MAX];
	bool marks;           /* the model pass: each region is marked for the plugin of QEMU */
	size_t configuration; /* its number in the record, for the marks */
	struct sample *sample;
	bool in_region;
	uint64_t region_begin;
	int64_t region_usage[4], region_suspended_ns[2];
	int region_cpu;
	struct why *why;
};

#define CASE_STEPS 10

/* A figure that a case has beside the time. */
struct case_figure {
	const char *column; /* its name in the record: "mapped_bytes" */
	const char *unit;   /* "ns", "bytes", "faults"; "" where the name says what is counted */
	const char *better; /* "less", "more" or "none" */
};

struct bench {
	const char *name;
	const char *former_name; /* that an older program called it by; NULL: it always had this name */
	const char *summary;     /* one line for `zapbench list` */
	const char *operation;   /* "page", "frame": what a figure is per */
	const char *region;      /* what one timed region consists of, by bench/base/region.h; NULL: REGION_OTHER */
	const char *rate;    /* RATE_BYTES or RATE_FAULTS where bytes or faults per second are a figure; NULL: none */
	bool is_workload;    /* a use of the buffer that a policy is chosen for: reports compare policies on it */
	bool per_fault;      /* its time is that of its page faults: tables show the cost of one */
	const char *event;   /* what timing=event times one by one: "fault", "frame"; NULL: it has no such parameter */
	bool uses_source;    /* false: it measures zapbench itself */
	bool counts_regions; /* the reference pass counts whole regions: its accesses cannot be counted one by one */
	bool uses_cpus;      /* several at the same time: emulation cannot measure it, since it runs CPUs in turn */
	bool takes_both;     /* it accepts access=both */
	bool copies;         /* between the buffer and ordinary memory of the same size */
	bool repeats_setup;  /* most of a repetition is not timed: a sample has few of them */
	/* Events that explain its figure: by zapbench's names few enough for a PMU of six counters, and a tracepoint.
	 */
	const char *explained_by[6];
	const char *expected_by; /* of a case that sets faults_most: how it knows the bounds; else NULL */
	/* 1 << CLIENT_: what the client of a policy may do itself here; a policy whose client does more is refused. */
	unsigned int clients;
	uint64_t uses; /* PARAM_BIT()s of the parameters that change what it does */
	/*
	 * What to run when the user names nothing: lists of "key=value[,value]" separated by blanks, each a sweep of
	 * its own, NULL-terminated. A list that is NULL: the case takes no part in this profile, and when a user names
	 * it all the same, it runs as in full; without a full list it runs once, with the default of each parameter.
	 * policy and granularity are swept like any other parameter.
	 */
	const char *const *quick;
	const char *const *matrix; /* every policy and granularity, with small buffers: what emulation can measure */
	const char *const *costs;  /* unit costs of the machine; report/analysis/measured-costs.c knows these sweeps */
	const char *const *full;
	/* The steps that run() makes, in order, for `zapbench list`: with them a policy's system calls are known. */
	enum step steps[CASE_STEPS];
	size_t nr_steps;

	/*
	 * Figures beside the time, as many as have a column; each is a column of the record, filled from
	 * sample->figure. Its median is a line below the row in the table. An emulated machine has no times: it leaves
	 * out what is in ns.
	 */
	struct case_figure figures[CASE_FIGURES_MAX + 1];

	/* 0, or -errno with the reason when these parameters make no sense for this case. May be NULL. */
	int (*check)(const struct params *params, struct why *why);
	/*
	 * One sample: context->repetitions timed regions. Fills sample->operations and bytes. Must do the same accesses
	 * in every call. 0 or -errno, with context->why where there is more to say.
	 */
	int (*run)(struct context *context);
};

/* One line per case. They are listed and run in this order. */
#define CASES(X)             \
	X(null)              \
	X(system_call)       \
	X(barrier)           \
	X(refault)           \
	X(zap)               \
	X(map_latency)       \
	X(maintenance)       \
	X(sync_matrix)       \
	X(sync_range)        \
	X(frame)             \
	X(tlb_shootdown)     \
	X(fault_scaling)     \
	X(concurrent_access) \
	X(bandwidth)         \
	X(tlb_reach)         \
	X(tlb_refill)        \
	X(access_pattern)    \
	X(integrity)

#define CASE_DECLARE(name) extern const struct bench case_##name;
CASES(CASE_DECLARE)

extern const struct bench *const benches[]; /* NULL-terminated */
const struct bench *bench_find(const char *name);

/* From now on a region in which this process was stopped and continued (SIGSTOP, Ctrl-Z) counts a context switch. */
void context_watch_stops(void);

/*
 * Around a timed region. Between region_begin() and region_end() there is no system call, allocation or page fault but
 * those that are measured.
 */
void region_begin(struct context *context);
void region_end(struct context *context);
/* A region that measured itself (a zap by several owners): its ticks instead of the clock's between begin and end. */
void region_end_as(struct context *context, double ticks);

/*
 * Accesses inside of a region, counted one by one in the reference pass. 0 or -errno. context_touch() adds the sum of
 * the loaded words to @sum unless it is NULL.
 *
 * Outside of a region no access may fault: the sample would not hold the fault. The reference pass finds that and
 * returns -EPROTO. To bring pages in before a region, call context_populate().
 */
int context_touch(struct context *context, const struct touch_list *list, enum touch touch, uint64_t value,
		  uint64_t *sum);
/* The accesses of context->pages, in the loop that checks the others. */
int context_touch_check(struct context *context, enum touch touch);
/* The accesses of context->pages, each that faults timed on its own; in the reference pass it learns which do. */
int context_touch_events(struct context *context, enum touch touch);
/* params.delay for each selected page, at once, by the clock: what a comparison is to find. Nothing where it is 0. */
void context_delay(struct context *context);
/* A step of the policy. In the reference pass single accesses stand for a fault-in; they take the same faults. */
int context_step(struct context *context, enum step step);
/* From the first page of a list to its last: what a client that accesses them copies or maintains. */
struct span touched_span(const struct touch_list *list);
/* A timed region of its own around STEP_ZAP, by the clocks of those who zap. */
int context_zap(struct context *context);
/* -EOPNOTSUPP with @why for a policy that never zaps: for cases that time zaps. */
int check_policy_zaps(const struct params *params, struct why *why);
/*
 * Open @count buffers like the context's, numbered from 1 on; zeroed before. 0 or -errno, and then those that were
 * opened are to be closed too.
 */
int context_open_more(struct context *context, struct buffer *more, size_t count);
void context_close_more(struct buffer *more, size_t count);
/*
 * Populate the buffer's mappings. With @proof the faults that the measuring thread takes for it are the sample's: they
 * prove that a zap had removed what populating puts back.
 */
int context_populate(struct context *context, enum access access, bool proof);
/* The buffer as each repetition finds it: as its policy has it after open(), then populated. Never timed. */
int context_rearm(struct context *context, enum access access);

#endif
