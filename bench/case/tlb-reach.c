// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tlb-reach: cost of a load against the number of pages that the loads reach.
 *
 * Timed: loads that wait for each other. They follow a chain in random order through params.chain cache lines in the
 * first params.pages pages of the buffer, at least eight times round the chain, or 2^21 loads. The number of lines is
 * fixed and only the number of pages changes. So only the cost of address translation grows. Source and granularity
 * decide how the pages are mapped: PTEs (page), several per fault (around; contiguous where the kernel makes them so),
 * PMDs (huge), reserved huge pages (source hugetlb). state=after: after a zap and a refault, write-combined where the
 * source can do so. Not timed: faults, building the chain, and one round of it before. Known bias: page table entries
 * use cache lines too, one per eight pages, so the caches hold a little more than the chain. Some CPUs join
 * neighbouring pages into one TLB entry; then the knee comes later. In a virtual machine a walk goes through two sets
 * of page tables.
 *
 * Check: the chain ends where it began. test_chase.c counts the lines, their places within pages, and the pages of
 * every reach: only the pages change. From a sweep over params.pages the table names the knees; report/analysis/knees.h
 * says how.
 */
#include "bench/case/case.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/measure/chase.h"

/* A chain through memory takes long, and is in no cache after one round either. */
enum { LOADS_MIN = 1 << 16, ROUNDS_MIN = 8, LOADS_ENOUGH = 1 << 21 };

static bool is_power_of_2(size_t number)
{
	return number && !(number & (number - 1));
}

static int tlb_reach_check(const struct params *params, struct why *why)
{
	size_t lines = (size_t)params->value[PARAM_CHAIN], pages = (size_t)params->value[PARAM_PAGES];
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (params_choice(params, PARAM_STATE) == STATE_AFTER && !policy_zaps(params_choice(params, PARAM_POLICY)))
		return why_set(why, -EOPNOTSUPP, "use state=before",
			       "policy %s never zaps: there is no state after a zap",
			       param_choice(PARAM_POLICY, params_choice(params, PARAM_POLICY)));
	if (!is_power_of_2(lines) || !is_power_of_2(pages))
		return why_set(why, -EINVAL, "give powers of 2", "%zu lines in %zu pages: both must be powers of 2",
			       lines, pages);
	if (lines < 8 || pages > lines || lines > pages * (page / CHASE_LINE_BYTES))
		return why_set(why, -EINVAL, "give pages from chain/64 (of 4 KiB pages) to chain",
			       "%zu cache lines are too few for one in each of %zu pages", lines, pages);
	if (pages * page > params_bytes(params))
		return why_set(why, -EINVAL, "give a larger size", "%zu pages do not fit into the buffer", pages);
	if (pages * page > UINT32_MAX)
		return why_set(why, -EINVAL, "give fewer pages", "a chain reaches at most 4 GiB");
	return 0;
}

static int follow(struct context *context, size_t lines, uint32_t *order)
{
	size_t rounds = LOADS_MIN / lines > ROUNDS_MIN ? LOADS_MIN / lines : ROUNDS_MIN;
	const void *first = context->buffer->address + order[0], *last = first;

	if (rounds * lines > LOADS_ENOUGH)
		rounds = lines < LOADS_ENOUGH ? LOADS_ENOUGH / lines : 1;
	chase_write(context->buffer->address, order, lines);
	/* It is in the caches and the TLB then, as far as those go. */
	last = chase_follow(last, lines);
	for (int64_t i = 0; i < context->repetitions && last == first; i++) {
		region_begin(context);
		last = chase_follow(last, rounds * lines);
		region_end(context);
	}
	context->sample->operations = context->repetitions * (int64_t)(rounds * lines);
	context->sample->bytes = context->sample->operations * CHASE_LINE_BYTES;
	return last == first ? 0
			     : why_set(context->why, -EBADMSG, NULL,
				       "the chain did not end at its beginning: the memory lost data");
}

static int tlb_reach_run(struct context *context)
{
	enum access access = params_choice(context->params, PARAM_ACCESS);
	size_t lines = (size_t)context->params->value[PARAM_CHAIN], pages = (size_t)context->params->value[PARAM_PAGES];
	uint32_t *order = malloc(lines * sizeof(*order));
	int err = order ? chase_order(order, lines, pages, context->all.page_bytes, context->seed) : -ENOMEM;

	if (!err)
		err = context_populate(context, access, false);
	if (!err && params_choice(context->params, PARAM_STATE) == STATE_AFTER) {
		err = context_step(context, STEP_ZAP);
		if (!err)
			err = context_populate(context, access, false);
	}
	if (!err)
		err = follow(context, lines, order);
	free(order);
	return err;
}

#define NEAR "pages=16,32,64,128,256,512,1024 chain=1024 size=4M"
#define FAR "pages=128,256,512,1024,2048,4096,8192 chain=8192 size=32M"

const struct bench case_tlb_reach = {
	.name = "tlb-reach",
	.summary = "cost of a load against the number of pages that the loads reach",
	.operation = "load",
	.uses_source = true,
	.counts_regions = true,
	.explained_by = { "dtlb-refill", "l2d-tlb-refill", "dtlb-walk", "l1d-refill" },
	.uses = PARAM_BIT(PARAM_POLICY) | PARAM_BIT(PARAM_GRANULARITY) | PARAM_BIT(PARAM_SIZE) |
		PARAM_BIT(PARAM_ACCESS) | PARAM_BIT(PARAM_STATE) | PARAM_BIT(PARAM_PAGES) | PARAM_BIT(PARAM_CHAIN),
	/* The first and the second cache, memory; the first TLB missed, and both. Each pair has as many lines. */
	.costs = (const char *const[]){ "policy=cached size=1M chain=256 pages=4,256",
					"policy=cached size=1M chain=2048 pages=32",
					"policy=cached size=16M chain=4096 pages=64,4096",
					"policy=cached size=2M chain=32768 pages=512",
					"policy=cached size=memory chain=all pages=all", NULL },
	.full = (const char *const[]){ "policy=eager granularity=page,huge state=before " NEAR,
				       "policy=eager granularity=page state=after " NEAR,
				       "policy=eager granularity=page,huge state=before,after " FAR,
				       "policy=eager granularity=around access=read " FAR, "policy=uncached " FAR,
				       NULL },
	.steps = { STEP_ZAP },
	.nr_steps = 1,
	.check = tlb_reach_check,
	.run = tlb_reach_run,
};
