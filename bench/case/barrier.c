// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * barrier: cost of a barrier that waits until all memory accesses are complete.
 *
 * Timed: DSB SY on Arm, MFENCE on x86-64, one after the other, with nothing to wait for.
 * Not timed: the first one.
 * Known bias: a barrier after stores, or after cache maintenance, also waits for these. That wait is not in this
 * figure.
 *
 * Check: the figure is above that of the harness (null), which is a few instructions.
 */
#include "bench/case/case.h"

#include <errno.h>

enum { BARRIERS = 1024 };

#if defined(__aarch64__) || defined(__arm__)
#define BARRIER() asm volatile("dsb sy" : : : "memory")
#elif defined(__x86_64__)
#define BARRIER() asm volatile("mfence" : : : "memory")
#endif

static int barrier_check(const struct params *params, struct why *why)
{
	(void)params;
#ifdef BARRIER
	(void)why;
	return 0;
#else
	return why_set(why, -EOPNOTSUPP, NULL, "no code for a barrier of this CPU");
#endif
}

static int barrier_run(struct context *context)
{
	for (int64_t i = 0; i < context->repetitions; i++) {
		region_begin(context);
#ifdef BARRIER
		for (int j = 0; j < BARRIERS; j++)
			BARRIER();
#endif
		region_end(context);
	}
	context->sample->operations = context->repetitions * BARRIERS;
	return 0;
}

const struct bench case_barrier = {
	.name = "barrier",
	.summary = "cost of a barrier that waits until all memory accesses are complete",
	.operation = "barrier",
	.costs = (const char *const[]){ "", NULL },
	.full = (const char *const[]){ "", NULL },
	.check = barrier_check,
	.run = barrier_run,
};
