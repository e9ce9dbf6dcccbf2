// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * system-call: cost of an exception: into the kernel and back, with next to nothing to do there.
 *
 * Timed: calls of getppid(), one after the other, without the C library's wrapper.
 * Not timed: the first call.
 * Known bias: a page fault enters the kernel by another vector and saves more; it costs a little more than this.
 *
 * Check: the figure is below that of a refault, which is an exception and the work of a fault.
 */
#include "bench/case/case.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CALLS = 1024 };

static int system_call_run(struct context *context)
{
	long parent = syscall(SYS_getppid), found = parent;

	for (int64_t i = 0; i < context->repetitions && found == parent; i++) {
		region_begin(context);
		for (int j = 0; j < CALLS; j++)
			found = syscall(SYS_getppid);
		region_end(context);
	}
	context->sample->operations = context->repetitions * CALLS;
	return found == parent ? 0 : why_set(context->why, -EBADMSG, NULL, "getppid() changed its answer");
}

const struct bench case_system_call = {
	.name = "system-call",
	.summary = "cost of an exception: into the kernel and back",
	.operation = "call",
	.explained_by = { "instructions", "cycles" },
	.costs = (const char *const[]){ "", NULL },
	.full = (const char *const[]){ "", NULL },
	.run = system_call_run,
};
