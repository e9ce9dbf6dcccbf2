/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hardware and kernel events. libpfm4 names them, perf_event_open() counts them, kernel included. The only
 * file that includes perfmon/ is counters-encode.c.
 *
 * An event that the PMU does not list, or that cannot be opened, is "not counted" with the reason. It is never 0.
 */
#ifndef ZAPBENCH_COUNTERS_H
#define ZAPBENCH_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/base/why.h"

/* Maximum number of events in a set. */
#define COUNTERS_MAX 32

struct counters;

struct counter_reading {
	uint64_t value;      /* as counted, not scaled */
	uint64_t enabled_ns; /* since counters_start() */
	uint64_t running_ns; /* less than enabled_ns: the PMU was shared, scale the value; 0: never counted */
};

/* One event as it is known after counters_open(). */
struct counter_event {
	const char *name; /* the requested name */
	const char *pmu;  /* where it was opened: "armv8_cortex_a72", "cpu", "software", "tracepoint"; NULL if not */
	bool open;
	bool unknown;       /* no event has this name here */
	struct why why_not; /* when not open */
};

/**
 * counters_open() - open a set of events on the calling thread, kernel and user mode, inherited by no child
 * @root: "" for this machine; tests give a folder with sys/bus/event_source of another
 * @cpu: the CPU that the thread is pinned to: on big.LITTLE its PMU's own type is used
 * @names: events by zapbench's neutral name ("cycles", "instructions", "dtlb-refill", "dtlb-walk", "l2d-tlb-refill",
 *         "l1d-refill", "l2d-refill", "bus-access", "mem-access", "exceptions-taken", "stall-backend", "page-faults",
 *         "context-switches", "cpu-migrations"), by any libpfm4 name, or "tracepoint:system:name"; "" leaves its
 *         place empty
 * @count: how many
 * @counters: a set that counters_close() frees; set even when no event could be opened
 * @why: on -ENOMEM or -EINVAL
 *
 * What a name means on the PMU of @cpu: see counter_encode() in counters-encode.h. Events are opened in groups of at
 * most four. On arm64 config1 bit 1 asks for user-space reads where kernel.perf_user_access is set.
 * Return: 0 even when nothing could be opened (each event says why), or -errno.
 */
int counters_open(const char *root, int cpu, const char *const *names, size_t count, struct counters **counters,
		  struct why *why);
void counters_close(struct counters *counters);

size_t counters_count(const struct counters *counters);
const struct counter_event *counters_event(const struct counters *counters, size_t index);

/*
 * Reset and enable every group; read all at the end, from user space if the kernel allows it, so that no call is inside
 * a region. Readings of events that are not open do not change. 0 or -errno.
 */
int counters_start(struct counters *counters);
int counters_stop(struct counters *counters, struct counter_reading *readings);

/*
 * User-space read of one running event through its mmap page (rdpmc, or PMEVCNTRn_EL0), by the seqlock protocol of
 * perf_event_mmap_page. Return: 0, or -EOPNOTSUPP where the kernel does not allow it or the event is not on the PMU.
 */
int counters_read_user(const struct counters *counters, size_t index, uint64_t *value);

/* All names of zapbench's own. NULL-terminated. */
extern const char *const counters_own_events[];
/* Counted around every region if the user names no events, with those that explain the case. NULL-terminated. */
extern const char *const counters_base_events[];
/* The only event of an emulated machine's rounds. NULL-terminated. */
extern const char *const counters_instructions[];

#endif
