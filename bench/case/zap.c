// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * zap: cost of the zap itself, against the number of mapped pages and of mappings.
 *
 * Timed: the calls that remove every mapping. Each owner of a mapping times its own call, and the times are added.
 * Not timed: populating before and after, and the hand-over from one owner to the next.
 * Known bias: the owners run one after the other on one CPU, so no other CPU has to flush its TLB. Where userspace
 * zaps, each call includes the cost of the system call.
 *
 * Check: populating afterwards takes the faults of all pages that the zap removed. These are the faults of the sample,
 * and they equal the mapped pages of the reference pass.
 */
#include "bench/case/case.h"

static int zap_run(struct context *context)
{
	enum access access = params_choice(context->params, PARAM_ACCESS);
	int err = 0;

	for (int64_t i = 0; i < context->repetitions && !err; i++) {
		err = context_rearm(context, access);
		if (err)
			break;
		err = context_zap(context);
		if (!err)
			err = context_populate(context, access, true);
	}
	context->sample->operations =
		context->repetitions * (int64_t)context->all.count * (int64_t)context->params->value[PARAM_MAPS];
	return err;
}

const struct bench case_zap = {
	.name = "zap",
	.summary = "cost of the zap itself, per mapped page, over all mappings",
	.operation = "mapped page",
	.region = REGION_ZAP,
	.uses_source = true,
	.repeats_setup = true,
	.explained_by = { "l2d-refill", "bus-access", "stall-backend" },
	.uses = PARAM_BIT(PARAM_POLICY) | PARAM_BIT(PARAM_GRANULARITY) | PARAM_BIT(PARAM_SIZE) |
		PARAM_BIT(PARAM_ACCESS) | PARAM_BIT(PARAM_MAPS) | PARAM_BIT(PARAM_OWNERS),
	.quick = (const char *const[]){ "policy=eager,lazy granularity=page access=write maps=1,4", NULL },
	.matrix = (const char *const[]){ "policy=eager,lazy granularity=page,huge access=read size=2M maps=1,4",
					 "policy=eager granularity=page access=read size=256K,1M,4M,8M maps=1,2",
					 "policy=eager granularity=huge access=read size=4M,8M maps=1,4,16",
					 "policy=eager granularity=huge access=read size=32M", NULL },
	.full =
		(const char *const[]){
			"policy=eager,lazy granularity=page,huge access=write size=256K,1M,4M,32M",
			"policy=eager,lazy granularity=page,around,contpte,huge access=read",
			"policy=eager,lazy granularity=page access=write maps=2,4,16",
			"policy=eager,lazy granularity=page access=write maps=2,4 owners=threads,processes", NULL },
	.steps = { STEP_ZAP },
	.nr_steps = 1,
	.check = check_policy_zaps,
	.run = zap_run,
};
