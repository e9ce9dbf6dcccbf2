// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * refault: latency of the first access after a zap.
 *
 * Timed: one access to each selected page after every mapping was zapped. timing=batch times all accesses together;
 * timing=event times each access that faults; timing=check times the accesses of batch in a separate loop. With
 * granularity=buffer the call that faults the buffer in is timed too. Not timed: the zap, the population before it, and
 * the timer overhead.
 *
 * Known bias: the page tables survive the zap, so no figure includes their allocation. The memory was just written, so
 * its lines may be in the cache. Each fault looks up the mapping. In a process with 40 mappings (as this one) that
 * costs about 30 instructions more than in a process with 10. timing=event adds two reads of the clock to each fault.
 * Their cost is subtracted, but their barriers keep neighbouring accesses from overlapping. delay=N waits N ns per page
 * inside of the region: a change of known size, to test that a comparison finds it.
 *
 * Check: the faults by rusage equal those of the reference pass, which reads every PTE. Policy cached is the control
 * without faults. A separate loop (bench/test/refault-loop.c) has the same instructions per page within 2 %.
 */
#include "bench/case/case.h"

static int refault_run(struct context *context)
{
	enum access access = params_choice(context->params, PARAM_ACCESS);
	enum touch touch = access == ACCESS_WRITE ? TOUCH_WRITE : TOUCH_READ;
	unsigned int timing = params_choice(context->params, PARAM_TIMING);
	bool events = timing == TIMING_EVENT;
	struct sample *sample = context->sample;
	int err = context_populate(context, access, false);

	for (int64_t i = 0; i < context->repetitions && !err; i++) {
		err = context_step(context, STEP_ZAP);
		if (err)
			break;
		region_begin(context);
		err = context_step(context, STEP_FAULT_IN);
		if (!err && events)
			err = context_touch_events(context, touch);
		else if (!err && timing == TIMING_CHECK)
			err = context_touch_check(context, touch);
		else if (!err)
			err = context_touch(context, &context->pages, touch, (uint64_t)i, NULL);
		context_delay(context);
		if (events)
			region_end_as(context, 0);
		else
			region_end(context);
	}
	if (events) {
		/* Each event carries one clock of its own. */
		for (int64_t i = 0; i < sample->events; i++)
			sample->ticks += clock_net(context->clock, context->event_ticks[i]);
		sample->operations = sample->events;
	} else {
		sample->operations = context->repetitions * (int64_t)context->pages.count;
	}
	sample->bytes = context->repetitions * (int64_t)(context->pages.count * context->pages.page_bytes);
	return err;
}

/* What the kernel's entry saw of the same faults; of all architectures only x86 has that tracepoint. */
#ifdef __x86_64__
#define FAULT_TRACEPOINT "tracepoint:exceptions:page_fault_user"
#else
#define FAULT_TRACEPOINT NULL
#endif

const struct bench case_refault = {
	.name = "refault",
	.summary = "latency of the first access after a zap",
	.operation = "page",
	.region = REGION_TOUCH,
	.per_fault = true,
	.event = "fault",
	.uses_source = true,
	.clients = 1 << CLIENT_PREFAULTS,
	.explained_by = { "dtlb-refill", "dtlb-walk", "l1d-refill", "exceptions-taken", FAULT_TRACEPOINT },
	.uses = PARAM_BIT(PARAM_POLICY) | PARAM_BIT(PARAM_GRANULARITY) | PARAM_BIT(PARAM_SIZE) |
		PARAM_BIT(PARAM_ACCESS) | PARAM_BIT(PARAM_ORDER) | PARAM_BIT(PARAM_STRIDE) | PARAM_BIT(PARAM_TOUCHED) |
		PARAM_BIT(PARAM_MAPS) | PARAM_BIT(PARAM_OWNERS) | PARAM_BIT(PARAM_TIMING) | PARAM_BIT(PARAM_DELAY),
	.quick = (const char *const[]){ "policy=eager,lazy granularity=page access=write timing=batch,event,check",
					"policy=eager,lazy granularity=around access=read",
					"policy=eager,lazy granularity=buffer,huge access=write",
					"policy=cached access=write", NULL },
	.matrix =
		(const char *const[]){
			"policy=eager,lazy granularity=page,around,buffer,huge access=read,write size=2M",
			"policy=eager granularity=page,around,buffer access=read size=256K,8M",
			"policy=eager granularity=page,around,buffer,huge access=read size=2M order=random "
			"touched=0.125",
			"policy=eager granularity=huge access=read size=32M",
			"policy=cached,uncached,refuse access=read size=2M", "policy=cached access=read size=8M",
			NULL },
	.costs = (const char *const[]){ "policy=eager granularity=page access=write size=4M", NULL },
	.full =
		(const char *const[]){
			"policy=eager,lazy granularity=page,around,contpte,buffer,huge access=read,write "
			"size=256K,4M,32M",
			"policy=eager,lazy granularity=page,around,buffer,huge access=read,write timing=event",
			"policy=eager,lazy granularity=page,around,buffer,huge access=read order=random "
			"touched=0.015625,0.125,1",
			"policy=eager,lazy granularity=page,around access=read stride=16,512",
			"policy=eager,lazy granularity=page access=write timing=check",
			"policy=prefault granularity=page,around,huge access=read,write size=256K,4M,32M",
			"policy=cached access=read,write size=256K,4M,32M", NULL },
	.steps = { STEP_ZAP, STEP_FAULT_IN },
	.nr_steps = 2,
	.run = refault_run,
};
