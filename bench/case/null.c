// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * null: cost of the harness.
 *
 * Timed: the walk over a list of pages, as in every other case. The address is computed, and no access is made.
 * Not timed: the timer overhead, which is subtracted, as in every case.
 * Known bias: small. The branches of the loop are predicted, as in the other cases.
 *
 * Check: its figure per page is what zapbench adds to a refault per page. It must stay under 1 % of a refault.
 */
#include "bench/case/case.h"

static int null_run(struct context *context)
{
	for (int64_t i = 0; i < context->repetitions; i++) {
		region_begin(context);
		context_touch(context, &context->pages, TOUCH_NOTHING, 0, NULL);
		region_end(context);
	}
	context->sample->operations = context->repetitions * (int64_t)context->pages.count;
	return 0;
}

const struct bench case_null = {
	.name = "null",
	.summary = "cost of the harness: the walk over the pages, without the accesses",
	.operation = "page",
	.uses = PARAM_BIT(PARAM_SIZE) | PARAM_BIT(PARAM_ORDER) | PARAM_BIT(PARAM_STRIDE) | PARAM_BIT(PARAM_TOUCHED),
	.quick = (const char *const[]){ "size=4M", NULL },
	.matrix = (const char *const[]){ "size=2M", NULL },
	.costs = (const char *const[]){ "size=4M", NULL },
	.full = (const char *const[]){ "size=4M", NULL },
	.run = null_run,
};
