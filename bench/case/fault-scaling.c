// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fault-scaling: how many refaults per second several CPUs take at the same time.
 *
 * Timed: params.workers threads (owners=processes: processes), the measuring thread included, start together after a
 * zap and touch every page once. buffers=shared: each worker has its part of one buffer. buffers=own: each worker has
 * its own buffer. The region lasts from the start until the last worker has ended, so it includes a slow worker.
 * Not timed: the zap, and waking the workers, which spin before the start. Known bias: parts are equal in pages, not in
 * time, so CPUs of different speed reduce the speed-up. Helpers run on the other CPUs in the order of their numbers,
 * hyperthreads included. The counters of a counter pass are those of the measuring thread only. The kernel's counts of
 * VMA locks are those of the whole system.
 *
 * Check: the faults of all workers, by rusage, equal what the reference pass counts page by page. If a refault maps
 * more than a page, two threads may meet at the border of their parts: one more fault per border.
 */
#include "bench/case/case.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/case/crew.h"

enum { WORKERS_MAX = CREW_MAX };

/* As the kernel names them in /proc/vmstat, in the order of the figures. */
static const char *const lock_counts[] = { "vma_lock_success", "vma_lock_abort", "vma_lock_retry", "vma_lock_miss" };

enum { FIGURE_HELPERS, FIGURE_LOCKS, NR_LOCKS = sizeof(lock_counts) / sizeof(lock_counts[0]) };

struct crowd {
	struct context *context;
	struct crew *crew;
	size_t workers;
	bool processes, own;
	bool zaps_own; /* each process has to zap its own mapping: the kernel zaps that of the caller only */
	enum touch touch;
	struct buffer *buffer[WORKERS_MAX];  /* that each works on */
	struct buffer others[WORKERS_MAX];   /* buffers beyond the context's */
	struct touch_list part[WORKERS_MAX]; /* of that buffer; no memory of its own */
};

static int scaling_check(const struct params *params, struct why *why)
{
	if (params_choice(params, PARAM_GRANULARITY) == GRANULARITY_BUFFER && params->value[PARAM_WORKERS] > 1 &&
	    params_choice(params, PARAM_BUFFERS) == BUFFERS_SHARED)
		return why_set(why, -EOPNOTSUPP, "use buffers=own, or another granularity",
			       "one refault maps the whole buffer: a second worker has nothing to fault in");
	return check_policy_zaps(params, why);
}

/* Equal parts of consecutive pages; the first ones get what is left over. */
static void divide(struct crowd *scaling)
{
	const struct touch_list *all = &scaling->context->all;
	size_t each = all->count / scaling->workers, more = all->count % scaling->workers, first = 0;

	for (size_t i = 0; i < scaling->workers; i++) {
		scaling->part[i] = *all;
		if (scaling->own)
			continue;
		scaling->part[i].page = all->page + first;
		scaling->part[i].count = each + (i < more);
		first += scaling->part[i].count;
	}
}

static int open_buffers(struct crowd *scaling)
{
	for (size_t i = 0; i < scaling->workers; i++)
		scaling->buffer[i] = i && scaling->own ? &scaling->others[i - 1] : scaling->context->buffer;
	return scaling->own ? context_open_more(scaling->context, scaling->others, scaling->workers - 1) : 0;
}

/* What the worker does between the gate and its end. */
static int refault(const struct crowd *scaling, size_t worker)
{
	struct buffer *buffer = scaling->buffer[worker];
	int err = buffer->source->step(buffer, STEP_FAULT_IN);

	if (!err)
		touch_pages(&scaling->part[worker], buffer->address, scaling->touch, 1);
	return err;
}

/* Page tables are there before the first zap: their allocation is in no figure. Helpers are workers from 1 on. */
static int helper_prepare(void *argument, size_t member, struct why *why)
{
	struct crowd *scaling = argument;
	struct buffer *buffer = scaling->buffer[member + 1];

	(void)why;
	return scaling->processes ? buffer->source->populate(buffer, params_choice(buffer->params, PARAM_ACCESS)) : 0;
}

static int helper_ready(void *argument, size_t member, struct why *why)
{
	struct crowd *scaling = argument;
	struct buffer *buffer = scaling->buffer[member + 1];

	(void)why;
	return scaling->zaps_own ? buffer->source->step(buffer, STEP_ZAP) : 0;
}

static int helper_work(void *argument, size_t member, struct crew_count *count, struct why *why)
{
	struct crowd *scaling = argument;

	(void)why;
	crew_count(count, scaling->part[member + 1].count);
	return refault(scaling, member + 1);
}

static int zap_all(struct crowd *scaling)
{
	int err = 0;

	for (size_t i = 0; i < scaling->workers && !err; i++) {
		if (!i || (scaling->own && !scaling->zaps_own))
			err = scaling->buffer[i]->source->step(scaling->buffer[i], STEP_ZAP);
	}
	return err;
}

/* Everybody at the gate and nothing mapped, then all at once. */
static int turn(struct crowd *scaling, bool timed)
{
	struct context *context = scaling->context;
	int err = crew_arm(scaling->crew, context->why), ended;

	if (!err)
		err = zap_all(scaling);
	if (err)
		return err;
	if (timed)
		region_begin(context);
	crew_release(scaling->crew);
	err = refault(scaling, 0);
	ended = crew_wait(scaling->crew, context->why);
	if (!timed)
		return err ? err : ended;
	region_end(context);
	crew_account(scaling->crew, context->sample);
	context->sample->figure[FIGURE_HELPERS] += (double)crew_faults(scaling->crew);
	return err ? err : ended;
}

/*
 * The faults that the parts must take, counted by the measuring thread alone: where each worker has page tables of its
 * own, a part after a zap of its own; else all parts after one zap.
 */
static int count_alone(struct crowd *scaling)
{
	struct context *context = scaling->context;
	int err = context_populate(context, params_choice(context->params, PARAM_ACCESS), false);

	for (size_t i = 0; i < scaling->workers && !err; i++) {
		if (!i || scaling->own || scaling->processes)
			err = context_step(context, STEP_ZAP);
		if (!err)
			err = context_step(context, STEP_FAULT_IN);
		region_begin(context);
		if (!err)
			err = context_touch(context, &scaling->part[i], scaling->touch, 1, NULL);
		region_end(context);
	}
	return err;
}

/* Threads that share page tables may meet where their parts do, unless a refault is a page. */
static int set_range(struct crowd *scaling)
{
	struct context *context = scaling->context;
	struct sample *sample = context->sample, alone = { 0 };
	int64_t repetitions = context->repetitions;
	int err;

	if (scaling->workers == 1 || scaling->own || scaling->processes ||
	    params_choice(context->params, PARAM_GRANULARITY) == GRANULARITY_PAGE)
		return 0;
	context->sample = &alone;
	context->counted = true;
	err = count_alone(scaling);
	context->counted = false;
	context->sample = sample;
	context->buffer->fault_in_counted = NULL;
	sample->faults_least = repetitions * sample_faults(&alone);
	sample->faults_most = sample->faults_least + repetitions * (int64_t)(scaling->workers - 1);
	return err;
}

static void read_locks(double *count)
{
	FILE *file = fopen("/proc/vmstat", "re");
	char line[128];

	for (size_t i = 0; i < NR_LOCKS; i++)
		count[i] = NAN;
	while (file && fgets(line, sizeof(line), file)) {
		char *value = strchr(line, ' ');

		if (!value)
			continue;
		*value++ = '\0';
		for (size_t i = 0; i < NR_LOCKS; i++) {
			if (!strcmp(line, lock_counts[i]))
				count[i] = strtod(value, NULL);
		}
	}
	if (file)
		fclose(file);
}

static int turns(struct crowd *scaling)
{
	struct context *context = scaling->context;
	double before[NR_LOCKS], after[NR_LOCKS];
	/* One more before: what the helpers run through for the first time is in no sample. */
	int err = turn(scaling, false);

	if (!err)
		err = set_range(scaling);
	read_locks(before);
	for (int64_t i = 0; i < context->repetitions && !err; i++)
		err = turn(scaling, true);
	read_locks(after);
	context->sample->figure[FIGURE_HELPERS] /= (double)context->repetitions;
	for (size_t i = 0; i < NR_LOCKS; i++)
		context->sample->figure[FIGURE_LOCKS + i] = (after[i] - before[i]) / (double)context->repetitions;
	return err;
}

static int scaling_with(struct crowd *scaling)
{
	struct context *context = scaling->context;
	struct crew_job job = {
		.members = scaling->workers - 1,
		.processes = scaling->processes,
		.cpu = context->cpu,
		.cpus = context->cpus,
		.argument = scaling,
		.prepare = helper_prepare,
		.ready = helper_ready,
		.work = helper_work,
	};
	int err = 0, ended;

	for (size_t i = 0; i < scaling->workers && !err; i++) {
		if (!i || scaling->own)
			err = context->buffer->source->populate(scaling->buffer[i],
								params_choice(context->params, PARAM_ACCESS));
	}
	if (!err)
		err = crew_make(&job, &scaling->crew, context->why);
	if (err)
		return err;
	/* A reference pass makes the crew too: where there are too few CPUs, that is known at once. */
	if (context->counted)
		for (int64_t i = 0; i < context->repetitions && !err; i++)
			err = count_alone(scaling);
	else
		err = turns(scaling);
	ended = crew_end(scaling->crew, context->why);
	return err ? err : ended;
}

static int scaling_run(struct context *context)
{
	struct crowd *scaling = calloc(1, sizeof(*scaling));
	size_t pages = 0;
	int err;

	if (!scaling)
		return -ENOMEM;
	scaling->context = context;
	scaling->workers = (size_t)context->params->value[PARAM_WORKERS];
	scaling->processes = params_choice(context->params, PARAM_OWNERS) == OWNERS_PROCESSES;
	scaling->own = params_choice(context->params, PARAM_BUFFERS) == BUFFERS_OWN;
	scaling->zaps_own = scaling->processes && !context->buffer->source->kernel_zaps;
	scaling->touch = params_choice(context->params, PARAM_ACCESS) == ACCESS_WRITE ? TOUCH_WRITE : TOUCH_READ;
	divide(scaling);
	err = open_buffers(scaling);
	if (!err)
		err = scaling_with(scaling);
	for (size_t i = 0; i < scaling->workers; i++)
		pages += scaling->part[i].count;
	context_close_more(scaling->others, scaling->workers - 1);
	free(scaling);
	context->sample->operations = context->repetitions * (int64_t)pages;
	context->sample->bytes = context->sample->operations * (int64_t)context->all.page_bytes;
	return err;
}

const struct bench case_fault_scaling = {
	.name = "fault-scaling",
	.summary = "refaults of several threads or processes at the same time, and the serial share",
	.operation = "page",
	.rate = RATE_FAULTS,
	.per_fault = true,
	.uses_source = true,
	.uses_cpus = true,
	.expected_by =
		"a reference pass by one thread, each access counted on its own; threads may take one more where "
		"their parts meet, unless a refault is a page",
	.repeats_setup = true,
	.uses = PARAM_BIT(PARAM_POLICY) | PARAM_BIT(PARAM_GRANULARITY) | PARAM_BIT(PARAM_SIZE) |
		PARAM_BIT(PARAM_ACCESS) | PARAM_BIT(PARAM_OWNERS) | PARAM_BIT(PARAM_WORKERS) | PARAM_BIT(PARAM_BUFFERS),
	.full = (const char *const[]){ "policy=eager granularity=page access=write size=2M owners=threads,processes "
				       "buffers=shared,own workers=1,2,3,4",
				       NULL },
	.steps = { STEP_ZAP, STEP_FAULT_IN },
	.nr_steps = 2,
	.figures = { [FIGURE_HELPERS] = { "helpers_faults", "faults", "none" },
		     [FIGURE_LOCKS] = { "vma_lock_taken_faults", "faults", "none" },
		     { "vma_lock_aborted_faults", "faults", "less" },
		     { "vma_lock_retried_faults", "faults", "less" },
		     { "vma_lock_missed_faults", "faults", "less" } },
	.check = scaling_check,
	.run = scaling_run,
};
