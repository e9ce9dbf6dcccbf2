// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * map-latency: latency of a mapping by the device.
 *
 * Timed: one mapping of the buffer by a device, with the work of the policy: eager zaps and cleans here, cached cleans,
 * and lazy has done both at the END before. Not timed: the write of the CPU and its END, the work of the device, the
 * unmap, and every refault. With lines=clean the CPU only reads, so no cache line is dirty; an untimed map first cleans
 * the zeroes of a new buffer. Known bias: the importer does not use the segments that it gets. So the figure includes
 * the page tables of an IOMMU only if the kernel maps the importer through an IOMMU. With device=drm a DRM driver
 * imports the buffer: the figure is that of a handle, attach and map.
 *
 * Check: the parts by the kernel's own clock (state, zap, clean, map) add up to no more than the region. On sources
 * with readable page tables, populating again takes exactly the faults of the pages that the map zapped.
 */
#include "bench/case/case.h"

static int map_once(struct context *context, enum access access)
{
	int err = context_step(context, access == ACCESS_WRITE ? STEP_WRITE_START : STEP_READ_START);

	if (!err)
		err = context_populate(context, access, false);
	if (!err)
		err = context_step(context, access == ACCESS_WRITE ? STEP_WRITE_END : STEP_READ_END);
	if (err)
		return err;
	region_begin(context);
	err = context_step(context, STEP_DEVICE_MAP);
	region_end(context);
	return err ? err : context_step(context, STEP_DEVICE_UNMAP);
}

static int map_latency_run(struct context *context)
{
	bool clean = params_choice(context->params, PARAM_LINES) == LINES_CLEAN;
	struct buffer *buffer = context->buffer;
	int err = 0;

	for (int64_t i = 0; i < context->repetitions && !err; i++) {
		err = buffer->source->rearm(buffer);
		if (!err)
			err = map_once(context, clean ? ACCESS_READ : ACCESS_WRITE);
		/* What is populated now had been taken away: by the map, or by the END before it. */
		if (!err)
			err = context_populate(context, ACCESS_READ, true);
	}
	context->sample->operations = context->repetitions;
	context->sample->bytes = context->repetitions * (int64_t)buffer->bytes;
	return err;
}

const struct bench case_map_latency = {
	.name = "map-latency",
	.summary = "latency of a mapping by the device",
	.operation = "map",
	.region = REGION_MAP,
	.uses_source = true,
	.repeats_setup = true,
	.clients = 1 << CLIENT_MAINTAINS,
	.explained_by = { "l2d-refill", "bus-access", "stall-backend" },
	.uses = PARAM_BIT(PARAM_POLICY) | PARAM_BIT(PARAM_GRANULARITY) | PARAM_BIT(PARAM_SIZE) | PARAM_BIT(PARAM_MAPS) |
		PARAM_BIT(PARAM_OWNERS) | PARAM_BIT(PARAM_LINES) | PARAM_BIT(PARAM_DEVICE) | PARAM_BIT(PARAM_CHUNK),
	.matrix = (const char *const[]){ "policy=eager,lazy,cached,uncached,refuse granularity=page size=256K,2M",
					 "policy=eager,lazy granularity=around,buffer,huge size=2M",
					 "policy=eager,lazy,cached granularity=page size=2M device=coherent",
					 "policy=eager,cached granularity=page size=1M maps=4,16",
					 "policy=eager,cached,uncached granularity=page size=2M chunk=64K,1M", NULL },
	.full =
		(const char *const[]){
			"policy=eager,lazy,cached,uncached,refuse granularity=page,huge size=256K,1M,4M,32M",
			"policy=eager,lazy,cached,uncached,refuse granularity=page lines=clean",
			"policy=eager,lazy,cached,uncached,refuse granularity=page lines=dirty,clean device=coherent",
			"policy=eager,lazy,cached granularity=page maps=4,16,64",
			"policy=eager,lazy,cached granularity=page size=32M chunk=64K,1M",
			"policy=eager,lazy,cached granularity=page maps=4,16 owners=threads,processes",
			"policy=eager,lazy,cached granularity=page size=256K,4M device=drm", NULL },
	.steps = { STEP_WRITE_START, STEP_WRITE_END, STEP_DEVICE_MAP, STEP_DEVICE_UNMAP },
	.nr_steps = 4,
	.run = map_latency_run,
};
