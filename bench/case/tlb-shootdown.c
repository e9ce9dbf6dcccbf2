// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tlb-shootdown: cost of a zap while other CPUs run the same process, and the time that these CPUs lose.
 *
 * Timed: the zap of one mapping while params.others threads, each on a CPU of its own, are idle (they touched the
 * buffer after it was populated, then sleep) or busy (they access a mapping of their own, which is not zapped). Not
 * timed: populating before and after. The loss of the busy threads is computed from their counted accesses: a window
 * around each zap against an equal window just before it, without a zap. So the loss includes the refill of TLBs that
 * were flushed completely. Known bias: the window also includes the traffic of the zap in shared caches and memory. A
 * zap that frees no page table may skip idle CPUs. A hypervisor may answer for a virtual CPU that does not run.
 *
 * Check: what the zap removed faults again, as in the case zap. Where /proc/interrupts counts shootdowns (x86), there
 * is at least one per zap and busy thread.
 */
#include "bench/case/case.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bench/case/crew.h"

/* More than the first level of a TLB holds, less than the second: what a flush as a whole costs is seen. */
enum { OWN_PAGES = 256 };

/* A window: four times as long as a zap, and long enough to fill those pages' entries again. */
#define WINDOW_NS 50e3

enum { FIGURE_LOST_NS, FIGURE_LOST_OPERATIONS, FIGURE_IPIS };

struct shootdown {
	struct context *context;
	struct crew *crew;
	size_t others;
	bool busy;
	char *own; /* the others' mappings, one after the other */
	size_t own_bytes;
	uint64_t window_ticks;
	uint64_t quiet_ticks, quiet_operations; /* sums over the windows */
	uint64_t zap_ticks, zap_operations;
};

static int shootdown_check(const struct params *params, struct why *why)
{
	int err = check_policy_zaps(params, why);

	if (err)
		return err;
	if (!params->value[PARAM_OTHERS] && params_choice(params, PARAM_OTHERS_DO) == OTHERS_BUSY)
		return why_set(why, -EOPNOTSUPP, "use others_do=idle", "others=0: no other CPU can be busy");
	return 0;
}

static int touch_buffer(void *argument, size_t member, struct why *why)
{
	struct shootdown *shootdown = argument;

	(void)member;
	(void)why;
	touch_pages(&shootdown->context->all, shootdown->context->buffer->address, TOUCH_READ, 0);
	return 0;
}

static int work(void *argument, size_t member, struct crew_count *count, struct why *why)
{
	struct shootdown *shootdown = argument;
	char *own = shootdown->own + member * shootdown->own_bytes;
	size_t page = shootdown->own_bytes / OWN_PAGES;

	if (!shootdown->busy)
		return touch_buffer(argument, member, why);
	/* One line further in each page, else all of them would share a few sets of the cache. */
	for (size_t i = 0; i < OWN_PAGES; i++) {
		(void)*(volatile char *)(own + i * page + i * 64 % page);
		crew_count(count, 1);
	}
	return 1;
}

/*
 * Interrupts that told the others' CPUs to flush, since boot: the row TLB of /proc/interrupts, by the CPUs that its
 * first line names. NAN where there is no such row.
 */
static double shootdown_interrupts(const struct shootdown *shootdown)
{
	FILE *file = fopen("/proc/interrupts", "re");
	char *head = NULL, *row = NULL, *names, *counts;
	size_t head_size = 0, row_size = 0;
	double sum = NAN;

	if (!file)
		return NAN;
	if (getline(&head, &head_size, file) < 0)
		goto out;
	while (isnan(sum) && getline(&row, &row_size, file) > 0) {
		counts = strstr(row, "TLB:");
		if (counts)
			sum = 0;
	}
	if (isnan(sum))
		goto out;
	counts = strstr(row, "TLB:") + 4;
	for (names = strstr(head, "CPU"); names; names = strstr(names + 3, "CPU")) {
		int cpu = atoi(names + 3);
		double count = strtod(counts, &counts);

		for (size_t i = 0; i < shootdown->others; i++)
			sum += crew_cpu(shootdown->crew, i) == cpu ? count : 0;
	}
out:
	free(head);
	free(row);
	fclose(file);
	return sum;
}

/* Spin until the window is over; what the others did in it is added. */
static void end_window(const struct shootdown *shootdown, uint64_t begin, uint64_t done, uint64_t *ticks,
		       uint64_t *operations)
{
	uint64_t now;

	do {
		crew_relax();
		now = clock_now(shootdown->context->clock);
	} while (now - begin < shootdown->window_ticks);
	*ticks += now - begin;
	*operations += crew_operations(shootdown->crew) - done;
}

static int one_zap(struct shootdown *shootdown)
{
	struct context *context = shootdown->context;
	uint64_t begin, done;
	int err;

	begin = clock_now(context->clock);
	done = crew_operations(shootdown->crew);
	end_window(shootdown, begin, done, &shootdown->quiet_ticks, &shootdown->quiet_operations);
	begin = clock_now(context->clock);
	done = crew_operations(shootdown->crew);
	err = context_zap(context);
	end_window(shootdown, begin, done, &shootdown->zap_ticks, &shootdown->zap_operations);
	return err;
}

/* The others touch the buffer and go to sleep again. */
static int touch_and_sleep(struct shootdown *shootdown)
{
	int err = crew_arm(shootdown->crew, shootdown->context->why);

	crew_release(shootdown->crew);
	return err ? err : crew_wait(shootdown->crew, shootdown->context->why);
}

static int repeat(struct shootdown *shootdown)
{
	struct context *context = shootdown->context;
	enum access access = params_choice(context->params, PARAM_ACCESS);
	int err = 0;

	for (int64_t i = 0; i < context->repetitions && !err; i++) {
		err = context_rearm(context, access);
		if (!err && !shootdown->busy)
			err = touch_and_sleep(shootdown);
		if (!err)
			err = one_zap(shootdown);
		if (!err)
			err = context_populate(context, access, true);
	}
	return err;
}

/* How long a zap takes here decides how long a window is. */
static int choose_window(struct shootdown *shootdown)
{
	struct context *context = shootdown->context;
	struct buffer *buffer = context->buffer;
	int err = context_populate(context, params_choice(context->params, PARAM_ACCESS), false);

	buffer->zap_ticks = 0;
	if (!err)
		err = buffer->source->step(buffer, STEP_ZAP);
	shootdown->window_ticks = (uint64_t)(4 * buffer->zap_ticks + WINDOW_NS / context->clock->ns_per_tick);
	return err;
}

static void fill_extra(const struct shootdown *shootdown, double interrupts)
{
	struct sample *sample = shootdown->context->sample;
	double zaps = (double)shootdown->context->repetitions;
	double rate = (double)shootdown->quiet_operations / (double)shootdown->quiet_ticks;
	double lost = rate * (double)shootdown->zap_ticks - (double)shootdown->zap_operations;

	sample->figure[FIGURE_LOST_NS] = sample->figure[FIGURE_LOST_OPERATIONS] = NAN;
	if (shootdown->busy) {
		/* Both sums are over all of them, so this is the mean of one. */
		sample->figure[FIGURE_LOST_NS] = lost / rate * shootdown->context->clock->ns_per_tick / zaps;
		sample->figure[FIGURE_LOST_OPERATIONS] = lost / zaps;
	}
	sample->figure[FIGURE_IPIS] = shootdown->others ? interrupts / zaps : NAN;
}

static int shootdown_with(struct shootdown *shootdown)
{
	struct why *why = shootdown->context->why;
	double before, after;
	int err = choose_window(shootdown);

	if (!err && shootdown->busy) {
		err = crew_arm(shootdown->crew, why);
		crew_release(shootdown->crew);
	}
	if (err)
		return err;
	before = shootdown_interrupts(shootdown);
	err = repeat(shootdown);
	after = shootdown_interrupts(shootdown);
	if (!err && shootdown->busy) {
		crew_stop(shootdown->crew);
		err = crew_wait(shootdown->crew, why);
	}
	if (!err)
		fill_extra(shootdown, after - before);
	return err;
}

static int shootdown_run(struct context *context)
{
	struct shootdown shootdown = {
		.context = context,
		.others = (size_t)context->params->value[PARAM_OTHERS],
		.busy = params_choice(context->params, PARAM_OTHERS_DO) == OTHERS_BUSY,
		.own_bytes = OWN_PAGES * context->all.page_bytes,
	};
	struct crew_job job = {
		.members = shootdown.others,
		.cpu = context->cpu,
		.cpus = context->cpus,
		.argument = &shootdown,
		.prepare = touch_buffer,
		.work = work,
	};
	/* Populated by small pages, each with an entry of its own. */
	size_t bytes = (shootdown.others + 1) * shootdown.own_bytes;
	int err, ended;

	shootdown.own = crew_share(bytes);
	if (!shootdown.own)
		return -ENOMEM;
	madvise(shootdown.own, bytes, MADV_NOHUGEPAGE);
	err = crew_make(&job, &shootdown.crew, context->why);
	if (!err) {
		err = shootdown_with(&shootdown);
		ended = crew_end(shootdown.crew, context->why);
		err = err ? err : ended;
	}
	crew_unshare(shootdown.own, bytes);
	context->sample->operations = context->repetitions;
	context->sample->bytes = context->repetitions * (int64_t)context->buffer->bytes;
	return err;
}

const struct bench case_tlb_shootdown = {
	.name = "tlb-shootdown",
	.summary = "cost of a zap while other CPUs run the process, and the time that they lose",
	.operation = "zap",
	.region = REGION_ZAP,
	.uses_source = true,
	.uses_cpus = true,
	.repeats_setup = true,
	.explained_by = { "dtlb-walk", "exceptions-taken" },
	.uses = PARAM_BIT(PARAM_POLICY) | PARAM_BIT(PARAM_GRANULARITY) | PARAM_BIT(PARAM_SIZE) |
		PARAM_BIT(PARAM_ACCESS) | PARAM_BIT(PARAM_OTHERS) | PARAM_BIT(PARAM_OTHERS_DO),
	/* At 4K pages to both sides of 33 pages (x86 flushes all from there) and of 512 (arm64). */
	.full =
		(const char *const[]){
			"policy=eager granularity=page access=write others=0 others_do=idle "
			"size=64K,128K,192K,1984K,2112K",
			"policy=eager granularity=page access=write others=1,3 others_do=idle,busy "
			"size=64K,128K,192K,1984K,2112K",
			"policy=eager granularity=huge access=read others=0 others_do=idle size=32M",
			"policy=eager granularity=huge access=read others=1,3 others_do=idle,busy size=32M", NULL },
	.steps = { STEP_ZAP },
	.nr_steps = 1,
	.figures = { [FIGURE_LOST_NS] = { "victim_lost_ns", "ns", "less" },
		     [FIGURE_LOST_OPERATIONS] = { "victims_lost_accesses", "", "less" },
		     [FIGURE_IPIS] = { "flush_interrupts", "", "less" } },
	.check = shootdown_check,
	.run = shootdown_run,
};
