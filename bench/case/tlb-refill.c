// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tlb-refill: parts of the cost of a first access: fault, cold cache, TLB refill, memory type.
 *
 * Timed: one pass of accesses, one per page, each in another cache line of its page. Loads wait for one another, so
 * each costs its full latency. params.pass says which pass:
 *
 *   fault     the pass right after a zap: it takes the faults
 *   first     after a zap, a refault of every page, and a flush of the TLB: no fault; TLB cold, caches as zap and
 *             refault leave them
 *   flushed   the same, but a pass and then the flush come before: TLB cold, caches warm
 *   second    after a zap, a refault and a pass: TLB warm within its reach, caches warm
 *   unzapped  a pass after a pass, over mappings that were not zapped: all warm, attributes as before the zap
 *
 * The differences are costs: fault - first: the faults; first - flushed: the cold caches; flushed - second: the TLB
 * refill; second - unzapped: the memory type (0 if the source cannot change it: then it is a control).
 * Not timed: zap, refault and flush, and a pass before the zap, so that the zap finds the same caches every time. Known
 * bias: the flush also drops the TLB entries of the kernel's own accesses to user pages. Stores (access=write) do not
 * wait for one another, so their refills overlap. Lines that a pass leaves in a cache help the next pass only if the
 * cache is large enough.
 *
 * Check: fault takes the faults of the reference pass, the others none. With a PMU, dtlb-walk per page is about 1 for
 * first and flushed, and less for second of a buffer within the TLB's reach.
 */
#include "bench/case/case.h"

#include <errno.h>
#include <sys/mman.h>

/* Past every kernel's limit of pages that it flushes one by one (arm64 with range instructions: 2^21 pages). */
#define FLUSH_PAGES ((size_t)3 << 20)
#define LINE_BYTES 64
#define UNSANITIZED __attribute__((no_sanitize("address")))

static int tlb_refill_check(const struct params *params, struct why *why)
{
	unsigned int policy = params_choice(params, PARAM_POLICY);

	if (!policy_zaps(policy))
		return why_set(why, -EOPNOTSUPP, "use policy=eager or lazy, with pass=unzapped as the control",
			       "policy %s never zaps: there is no pass after a zap",
			       param_choice(PARAM_POLICY, policy));
	return 0;
}

/*
 * Flush this process's TLB entries and no cache: a zap whose ends lie so far apart that kernels flush all of them
 * rather than each. Two pages of it are there, so there is little to zap.
 */
static int flush_tlb(char *far_apart, size_t page_bytes)
{
	(void)*(volatile char *)far_apart;
	(void)*(volatile char *)(far_apart + (FLUSH_PAGES - 1) * page_bytes);
	return madvise(far_apart, FLUSH_PAGES * page_bytes, MADV_DONTNEED) ? -errno : 0;
}

/* The next address hangs on the word loaded; @none is 0, which the compiler does not know. */
static UNSANITIZED uint64_t load_lines(const struct touch_list *list, const char *base, uint64_t none)
{
	uint64_t word = 0;

	for (size_t i = 0; i < list->count; i++) {
		size_t page = list->page[i], line = page % (list->page_bytes / LINE_BYTES);

		word = *(const volatile uint64_t *)(base + page * list->page_bytes + line * LINE_BYTES + (word & none));
	}
	return word;
}

static UNSANITIZED void store_lines(const struct touch_list *list, char *base, uint64_t value)
{
	for (size_t i = 0; i < list->count; i++) {
		size_t page = list->page[i], line = page % (list->page_bytes / LINE_BYTES);

		*(volatile uint64_t *)(base + page * list->page_bytes + line * LINE_BYTES) = value;
	}
}

static int one_pass(struct context *context)
{
	bool writes = params_choice(context->params, PARAM_ACCESS) == ACCESS_WRITE;
	uint64_t none = 0;

	/* Of the reference pass the same pages, one access each. */
	if (context->counted)
		return context_touch(context, &context->pages, writes ? TOUCH_WRITE : TOUCH_READ, 1, NULL);
	__asm__("" : "+r"(none));
	if (writes)
		store_lines(&context->pages, context->buffer->address, 1);
	else
		load_lines(&context->pages, context->buffer->address, none);
	return 0;
}

/* Up to the timed pass. Its accesses are the source's populating and a pass, never of the sample. */
static int prepare(struct context *context, char *far_apart)
{
	enum access access = params_choice(context->params, PARAM_ACCESS);
	unsigned int pass = params_choice(context->params, PARAM_PASS);
	int64_t faults = context->sample->faults_minor;
	/* Whatever came before, the zap finds the same lines in the caches. */
	int err = one_pass(context);

	if (!err && pass != PASS_UNZAPPED)
		err = context_step(context, STEP_ZAP);
	if (!err && pass != PASS_FAULT)
		err = context_populate(context, access, false);
	if (!err && (pass == PASS_FLUSHED || pass == PASS_SECOND || pass == PASS_UNZAPPED))
		err = one_pass(context);
	if (!err && (pass == PASS_FIRST || pass == PASS_FLUSHED))
		err = flush_tlb(far_apart, context->pages.page_bytes);
	context->sample->faults_minor = faults;
	return err;
}

static int tlb_refill_run(struct context *context)
{
	enum access access = params_choice(context->params, PARAM_ACCESS);
	size_t far_bytes = FLUSH_PAGES * context->pages.page_bytes;
	char *far_apart = mmap(NULL, far_bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	int err;

	if (far_apart == MAP_FAILED)
		return why_set(context->why, -errno, "raise ulimit -v", "%zu GiB of addresses, no memory behind them",
			       far_bytes >> 30);
	madvise(far_apart, far_bytes, MADV_NOHUGEPAGE);
	err = context_rearm(context, access);
	for (int64_t i = 0; i < context->repetitions && !err; i++) {
		err = prepare(context, far_apart);
		if (err)
			break;
		region_begin(context);
		err = one_pass(context);
		region_end(context);
	}
	munmap(far_apart, far_bytes);
	context->sample->operations = context->repetitions * (int64_t)context->pages.count;
	context->sample->bytes = context->sample->operations * LINE_BYTES;
	return err;
}

const struct bench case_tlb_refill = {
	.name = "tlb-refill",
	.summary = "parts of the cost of a first access: fault, cold cache, TLB refill, memory type",
	.operation = "page",
	.per_fault = true,
	.uses_source = true,
	.repeats_setup = true,
	.explained_by = { "dtlb-refill", "l2d-tlb-refill", "dtlb-walk", "l1d-refill" },
	.uses = PARAM_BIT(PARAM_POLICY) | PARAM_BIT(PARAM_GRANULARITY) | PARAM_BIT(PARAM_SIZE) |
		PARAM_BIT(PARAM_ACCESS) | PARAM_BIT(PARAM_ORDER) | PARAM_BIT(PARAM_PASS),
	.full =
		(const char *const[]){
			"policy=eager,lazy granularity=around,huge access=read order=random size=256K,4M "
			"pass=fault,first,flushed,second,unzapped",
			"policy=eager,lazy granularity=page access=write pass=fault,first,flushed,second,unzapped",
			NULL },
	.steps = { STEP_ZAP },
	.nr_steps = 1,
	.check = tlb_refill_check,
	.run = tlb_refill_run,
};
