// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * access-pattern: total cost of a zap and of the following accesses to the needed part of the buffer.
 *
 * Timed: the zap, what the policy faults in before the first access, and the access to every word of each page that
 * params.order, stride and touched select: read, written, or read and then written (access=both), with all faults. So
 * the figure per KiB shows where a granularity that maps more than one page saves time, and where it wastes time. Not
 * timed: populating before the zap. Known bias: only the measuring thread's own mapping is accessed. Caches hold what
 * populating left in them.
 *
 * Other figures: the bytes that are mapped afterwards, and those of them that were not accessed. They are unknown where
 * the page tables cannot be read. Both are read after the last timed region.
 *
 * Check: faults, as in every case. Each accessed page must be mapped, else the sample fails. The test cases.sh compares
 * the bytes of some patterns with the expected bytes. If one fault maps one page, no mapped byte is unused.
 */
#include "bench/case/case.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { FIGURE_MAPPED, FIGURE_UNUSED };

#define KIB 1024

static int touch_all(struct context *context, enum access access, uint64_t value)
{
	int err = 0;

	if (access != ACCESS_WRITE)
		err = context_touch(context, &context->pages, TOUCH_READ_PAGE, 0, NULL);
	if (!err && access != ACCESS_READ)
		err = context_touch(context, &context->pages, TOUCH_WRITE_PAGE, value, NULL);
	return err;
}

/* What is mapped now, and the part of it that is on no list of pages touched. */
static int count_mapped(struct context *context)
{
	struct buffer *buffer = context->buffer;
	size_t page_bytes = context->all.page_bytes;
	struct sample *sample = context->sample;
	int64_t mapped_pages = 0, used = 0;
	bool *touched;
	int err = 0;

	sample->figure[FIGURE_MAPPED] = sample->figure[FIGURE_UNUSED] = NAN;
	if (!buffer->source->mapped)
		return 0;
	touched = calloc(context->all.count, sizeof(*touched));
	if (!touched)
		return -ENOMEM;
	for (size_t i = 0; i < context->pages.count; i++)
		touched[context->pages.page[i]] = true;
	for (size_t i = 0; i < context->all.count && !err; i++) {
		struct mapped mapped;

		err = buffer->source->mapped(buffer, buffer->address + i * page_bytes, &mapped);
		if (err || mapped.type == MAPPED_NOT)
			continue;
		mapped_pages++;
		used += touched[i];
	}
	free(touched);
	if (!err && used != (int64_t)context->pages.count)
		err = why_set(context->why, -EAGAIN, NULL, "%lld of %zu pages that were touched are mapped",
			      (long long)used, context->pages.count);
	sample->figure[FIGURE_MAPPED] = (double)mapped_pages * (double)page_bytes;
	sample->figure[FIGURE_UNUSED] = (double)(mapped_pages - used) * (double)page_bytes;
	return err;
}

static int access_pattern_run(struct context *context)
{
	enum access access = params_choice(context->params, PARAM_ACCESS);
	size_t bytes = context->pages.count * context->pages.page_bytes;
	int err = 0;

	for (int64_t i = 0; i < context->repetitions && !err; i++) {
		err = context_rearm(context, access);
		if (err)
			break;
		region_begin(context);
		err = context_step(context, STEP_ZAP);
		if (!err)
			err = context_step(context, STEP_FAULT_IN);
		if (!err)
			err = touch_all(context, access, (uint64_t)i);
		region_end(context);
	}
	if (!err)
		err = count_mapped(context);
	context->sample->operations = context->repetitions * (int64_t)(bytes / KIB);
	context->sample->bytes = context->repetitions * (int64_t)bytes;
	return err;
}

#define PATTERNS "policy=eager granularity=page,around,buffer,huge "

const struct bench case_access_pattern = {
	.name = "access-pattern",
	.summary = "zap, refaults and accesses of the part of the buffer that is needed, per KiB",
	.operation = "KiB",
	.rate = RATE_BYTES,
	.uses_source = true,
	.repeats_setup = true,
	.takes_both = true,
	.explained_by = { "dtlb-walk", "l2d-refill", "mem-access", "exceptions-taken" },
	.uses = PARAM_BIT(PARAM_POLICY) | PARAM_BIT(PARAM_GRANULARITY) | PARAM_BIT(PARAM_SIZE) |
		PARAM_BIT(PARAM_ACCESS) | PARAM_BIT(PARAM_ORDER) | PARAM_BIT(PARAM_STRIDE) | PARAM_BIT(PARAM_TOUCHED),
	.matrix =
		(const char *const[]){
			"policy=eager granularity=page,around,buffer,huge access=read order=random size=2M "
			"touched=0.015625,1",
			NULL },
	.full = (const char *const[]){ PATTERNS
				       "access=read,write,both order=random touched=0.001953125,0.015625,0.125,1",
				       PATTERNS "access=read order=reverse", PATTERNS "access=read stride=16,512",
				       "policy=cached access=read,write touched=0.001953125,0.015625,0.125,1",
				       "policy=cached,eager granularity=around access=read size=caches", NULL },
	.steps = { STEP_ZAP, STEP_FAULT_IN },
	.nr_steps = 2,
	.figures = { [FIGURE_MAPPED] = { "mapped_bytes", "bytes", "none" },
		     [FIGURE_UNUSED] = { "unused_bytes", "bytes", "less" } },
	.run = access_pattern_run,
};
