/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Turns the name of an event into the encoding for perf_event_open(), on the PMU of one CPU. Reads files, opens no
 * event.
 * Private to bench/measure/ and its tests.
 */
#ifndef ZAPBENCH_COUNTERS_ENCODE_H
#define ZAPBENCH_COUNTERS_ENCODE_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/base/why.h"

/* The PMU that counts on one CPU; big.LITTLE machines have several. */
struct counter_pmu {
	char name[64];      /* "armv8_cortex_a76", "cpu", "cpu_core"; "" when there is none */
	uint32_t type;      /* its own number */
	bool architectural; /* numbers its events as the Arm architecture does */
	bool user_read;     /* the kernel lets user space read its counters, when config1 bit 1 asks for it */
	const char
		*core; /* what libpfm4 calls this core; NULL: it has no table of it, or finds it out by itself (x86) */
	struct why why_not; /* when there is none */
};

struct counter_encoding {
	char pmu[64]; /* "armv8_cortex_a76", "cpu", "software", "tracepoint" */
	uint32_t type;
	uint64_t config, config1, config2;
};

/*
 * Find the PMU of @cpu: the one in /sys/bus/event_source/devices whose file "cpus" lists it (Arm, hybrid x86), else
 * "cpu". The file "cpumask" is not looked at: it names the CPU that serves a PMU outside the cores. @root as in
 * counters.h.
 */
void counter_pmu_find(const char *root, int cpu, struct counter_pmu *pmu);

/**
 * counter_encode() - encode the event @name for @pmu
 * @root: as in counters.h
 *
 * Names, in this order: zapbench's own; "tracepoint:system:name"; libpfm4's, for the core of @pmu, and its "rHEX", the
 * number itself; a file in the events/ folder of @pmu, whose terms are placed as the files in its format/ say.
 * zapbench's own are, on Arm, the number that the architecture gives the event, the same in every table of libpfm4
 * (which has none of Cortex-A55, A72, A76); elsewhere libpfm4's event, else perf's generic one. An Arm event of the
 * common range is refused unless the PMU lists it: an event that the core does not implement can be opened, but counts
 * nothing.
 *
 * Return: 0, or -errno with @why: -EINVAL (unknown event), -ENOENT (this PMU does not list it),
 * -ENODEV (no PMU), ...
 */
int counter_encode(const char *root, const struct counter_pmu *pmu, const char *name, struct counter_encoding *encoding,
		   struct why *why);

#endif
