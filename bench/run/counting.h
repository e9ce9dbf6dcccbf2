/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The passes after the rounds: their samples are counted, not timed. */
#ifndef ZAPBENCH_COUNTING_H
#define ZAPBENCH_COUNTING_H

#include "bench/run/state.h"

/*
 * Rounds of one pass: 20, or as many rounds of @round_s as fit into @budget_s, so that a short run is not followed by a
 * long pass; but enough for the interval of a median. One on an emulated machine, which repeats its counts.
 */
int counting_rounds(bool emulated, double round_s, double budget_s);

/* Does a source of the plan tell what its kernel counts? Then there is a kernel pass. */
bool counting_asks_kernel(const struct plan *plan);

/* The events that the user names: each must be one, and some must count here, before anything is measured. */
int counting_check_events(const char *const *names, int cpu, struct why *why);

/* The counter pass: the PMU's events around the regions. 0 or -errno. */
int counting_events(struct run *run, struct why *why);

/* The kernel pass: what the kernel itself counts and times in the regions. 0 or -errno. */
int counting_kernel(struct run *run, struct why *why);

/* The model pass: the plugin of QEMU counts in the regions; nothing comes back. 0 or -errno. */
int counting_model(struct run *run, struct why *why);

#endif
