// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * frame: what a client does with a buffer for each frame, from end to end.
 *
 * Timed: params.frames times what params.use says.
 *
 *   loop      the CPU fills the buffer, END, a device maps and unmaps it, START, the CPU reads a part of it
 *   camera    a device maps it, writes it and unmaps it, START, the CPU reads a part of it
 *   encoder   START, the CPU fills it, END, a device maps it, reads it and unmaps it
 *
 * Under policy bounce the CPU works in a copy: a fill is copied into the buffer as a whole, and before a read the part
 * from the first page to the last that is read is copied out of it. Under policy user the CPU cleans all of a fill,
 * and invalidates that part before a read. Under policy prefault it maps all pages of a zapped buffer again at the next
 * START; with prefault=thread another thread does so on another CPU while the device works, and only the call that
 * wakes it is timed. So the device is taken to work for longer than that takes. Known bias: on zap-heap the unmap after
 * a device's write (use=camera) invalidates the buffer once more, in the kernel.
 *
 * params.touched says which part is read. The time includes accesses, calls, zaps and faults; timing=event times each
 * frame on its own, for its tail. Not timed: the device's own accesses, and making the buffer cached and mapped again
 * before each repetition. So frames=1 is a buffer that is used once. With params.ring the frames use that many buffers
 * in turn, as a camera or a decoder does. A frame then finds its buffer as its last use left it. If the other buffers
 * are large enough, they have pushed it out of caches and TLB. Known bias: on sources without a device the calls of the
 * device are missing, and no cache is cleaned. With device=drm they are the import by a DRM driver and its end; what
 * that device would read or write, the CPU does by another mapping, untimed. A frame is CPU time, because nothing here
 * waits for a device.
 *
 * Check: the sum of the words that the CPU or the device reads must equal the sum of the written words. Faults are
 * checked, as in every case.
 */
#include "bench/case/case.h"

#include <errno.h>

#include "bench/case/prefaulter.h"
#include "bench/source/client.h"

enum { RING_MAX = 16 };

struct ring {
	struct buffer *first;
	struct buffer more[RING_MAX - 1];
	size_t count;
	struct span read;              /* the part of a buffer that the CPU reads */
	struct prefaulter *prefaulter; /* prefault=thread; else NULL */
};

static int frame_check(const struct params *params, struct why *why)
{
	if (params_choice(params, PARAM_ACCESS) != ACCESS_READ)
		return why_set(why, -EOPNOTSUPP, "use access=read",
			       "the first access of a frame after the zap is the CPU's read");
	if (params_choice(params, PARAM_DEVICE) == DEVICE_COHERENT)
		return why_set(why, -EOPNOTSUPP, "zapbench run map-latency --set device=coherent measures its mapping",
			       "a device that snoops works on the caches: for it nothing in a frame is zapped");
	return 0;
}

static uint64_t pattern(int64_t repetition, int64_t frame)
{
	return 0x0101010101010101u * (uint64_t)(1 + (repetition + frame) % 251);
}

/* The device's part, which is not timed: every word is @value, or the sum of all is added to @sum. */
static int device_works(struct context *context, bool writes, uint64_t value, uint64_t *sum)
{
	struct buffer *buffer = context->buffer;
	uint64_t words[2048];
	int err = 0;

	for (size_t at = 0; at < buffer->bytes && !err; at += sizeof(words)) {
		size_t bytes = buffer->bytes - at < sizeof(words) ? buffer->bytes - at : sizeof(words);

		for (size_t i = 0; i < bytes / sizeof(*words) && writes; i++)
			words[i] = value;
		err = buffer->source->device_access(buffer, writes, at, words, bytes);
		for (size_t i = 0; i < bytes / sizeof(*words) && !writes; i++)
			*sum += words[i];
	}
	return err;
}

static int cpu_fills(struct context *context, uint64_t value)
{
	int err;

	context->buffer->span = (struct span){ 0 };
	err = context_step(context, STEP_WRITE_START);
	if (!err)
		err = context_touch(context, &context->all, TOUCH_WRITE_PAGE, value, NULL);
	return err ? err : context_step(context, STEP_WRITE_END);
}

static int cpu_reads(struct context *context, struct span span, uint64_t *sum)
{
	int err;

	context->buffer->span = span;
	err = context_step(context, STEP_READ_START);
	if (!err)
		err = context_touch(context, &context->pages, TOUCH_READ_PAGE, 0, sum);
	return err ? err : context_step(context, STEP_READ_END);
}

/* One frame; the region is left while the device works. */
static int one_frame(struct context *context, struct ring *ring, uint64_t value, uint64_t *sum)
{
	unsigned int use = params_choice(context->params, PARAM_USE);
	int err = use == USE_CAMERA ? 0 : cpu_fills(context, value);
	bool prefaults;

	if (!err)
		err = context_step(context, STEP_DEVICE_MAP);
	prefaults = !err && ring->prefaulter && client_was_zapped(context->buffer);
	if (prefaults)
		prefaulter_wake(ring->prefaulter, context->buffer);
	if (!err && (prefaults || use != USE_LOOP)) {
		region_end(context);
		if (use != USE_LOOP)
			err = device_works(context, use == USE_CAMERA, value, sum);
		if (prefaults) {
			int waited = prefaulter_wait(ring->prefaulter);

			err = err ? err : waited;
		}
		region_begin(context);
	}
	if (!err)
		err = context_step(context, STEP_DEVICE_UNMAP);
	if (!err && use != USE_ENCODER)
		err = cpu_reads(context, ring->read, sum);
	return err;
}

static void turn_to(struct context *context, struct ring *ring, int64_t frame)
{
	size_t at = (size_t)frame % ring->count;

	context->buffer = at ? &ring->more[at - 1] : ring->first;
}

/* @frames frames, timed together, or each on its own. */
static int frames_run(struct context *context, struct ring *ring, int64_t repetition, int64_t frames, uint64_t *sum)
{
	bool events = params_choice(context->params, PARAM_TIMING) == TIMING_EVENT;
	struct sample *sample = context->sample;
	int err = 0;

	region_begin(context);
	for (int64_t frame = 0; frame < frames && !err; frame++) {
		double before = sample->ticks;

		turn_to(context, ring, frame);
		err = one_frame(context, ring, pattern(repetition, frame), sum);
		if (!events)
			continue;
		region_end(context);
		/* As the clock read it: its cost is subtracted from every event later. */
		context->event_ticks[sample->events++] =
			(uint64_t)(sample->ticks - before + context->clock->cost_ticks + 0.5);
		region_begin(context);
	}
	region_end(context);
	return err;
}

/* Every buffer cached, mapped and there. */
static int afresh(struct context *context, struct ring *ring, enum direction direction)
{
	int err = 0;

	for (size_t i = 0; i < ring->count && !err; i++) {
		turn_to(context, ring, (int64_t)i);
		context->buffer->direction = direction;
		err = context_rearm(context, ACCESS_WRITE);
	}
	return err;
}

static int frame_run(struct context *context)
{
	int64_t frames = (int64_t)(context->params->value[PARAM_FRAMES] * context->params->value[PARAM_RING]);
	unsigned int use = params_choice(context->params, PARAM_USE);
	struct ring ring = { .first = context->buffer,
			     .count = (size_t)context->params->value[PARAM_RING],
			     .read = touched_span(&context->pages) };
	size_t pages = use == USE_ENCODER ? context->all.count : context->pages.count;
	uint64_t words = pages * context->pages.page_bytes / sizeof(uint64_t);
	int err = context_open_more(context, ring.more, ring.count - 1);

	if (!err && params_choice(context->params, PARAM_PREFAULT) == PREFAULT_THREAD)
		err = prefaulter_make(context, &ring.prefaulter, context->why);

	for (int64_t i = 0; i < context->repetitions && !err; i++) {
		uint64_t expected = 0, sum = 0;

		err = afresh(context, &ring, use == USE_CAMERA ? DEVICE_WRITES : DEVICE_READS);
		if (!err)
			err = frames_run(context, &ring, i, frames, &sum);
		for (int64_t frame = 0; frame < frames; frame++)
			expected += pattern(i, frame) * words;
		if (!err && sum != expected)
			err = why_set(context->why, -EBADMSG, NULL,
				      "the words read sum to 0x%llx, those written to 0x%llx: the memory lost data",
				      (unsigned long long)sum, (unsigned long long)expected);
	}
	prefaulter_end(ring.prefaulter);
	context->buffer = ring.first;
	context_close_more(ring.more, ring.count - 1);
	context->sample->operations = context->repetitions * frames;
	if (use == USE_LOOP)
		pages += context->all.count;
	context->sample->bytes = context->repetitions * frames * (int64_t)(pages * context->pages.page_bytes);
	return err;
}

const struct bench case_frame = {
	.name = "frame",
	.summary = "cost of a whole frame: the CPU or a device fills the buffer, the CPU or a device reads it",
	.operation = "frame",
	.region = REGION_FRAME,
	.rate = RATE_BYTES,
	.is_workload = true,
	.event = "frame",
	.uses_source = true,
	.clients = 1 << CLIENT_COPIES | 1 << CLIENT_MAINTAINS | 1 << CLIENT_PREFAULTS,
	.explained_by = { "dtlb-walk", "l2d-refill", "bus-access", "stall-backend" },
	.uses = PARAM_BIT(PARAM_POLICY) | PARAM_BIT(PARAM_GRANULARITY) | PARAM_BIT(PARAM_SIZE) |
		PARAM_BIT(PARAM_ACCESS) | PARAM_BIT(PARAM_ORDER) | PARAM_BIT(PARAM_STRIDE) | PARAM_BIT(PARAM_TOUCHED) |
		PARAM_BIT(PARAM_MAPS) | PARAM_BIT(PARAM_OWNERS) | PARAM_BIT(PARAM_FRAMES) | PARAM_BIT(PARAM_RING) |
		PARAM_BIT(PARAM_USE) | PARAM_BIT(PARAM_TIMING) | PARAM_BIT(PARAM_SCRATCH) | PARAM_BIT(PARAM_PREFAULT) |
		PARAM_BIT(PARAM_DEVICE),
	.quick = (const char *const[]){ "policy=cached,eager,lazy granularity=around access=read", NULL },
	.matrix =
		(const char *const[]){
			"policy=eager,lazy granularity=page,around,buffer,huge access=read size=2M touched=0.125,1",
			"policy=cached,uncached,refuse access=read size=2M touched=0.125,1",
			"policy=eager,lazy granularity=page,buffer access=read size=512K frames=1,16",
			"policy=bounce,user access=read size=2M touched=0.125,1",
			"policy=prefault granularity=page,around access=read size=2M touched=0.125,1",
			"policy=eager,lazy,cached,uncached,refuse,bounce,user,prefault granularity=around access=read "
			"size=1M use=camera,encoder",
			NULL },
	.full =
		(const char *const[]){
			"policy=cached,eager,lazy,uncached,refuse granularity=page,around,buffer,huge access=read "
			"touched=0.015625,0.125,1",
			"policy=cached,eager,lazy,uncached,refuse granularity=around access=read frames=1,16,1000 "
			"size=1M",
			"policy=cached,eager,lazy,uncached,refuse granularity=around access=read use=camera,encoder "
			"timing=batch,event",
			"policy=cached,eager,lazy granularity=around access=read frames=4 ring=1,3",
			"policy=bounce access=read touched=0.015625,0.125,1 scratch=reused,fresh",
			"policy=user access=read touched=0.015625,0.125,1",
			"policy=prefault granularity=page,around,huge access=read touched=0.015625,0.125,1 "
			"prefault=caller,thread",
			"policy=bounce,user,prefault granularity=around access=read use=camera,encoder",
			"policy=cached,eager,lazy granularity=around access=read device=drm", NULL },
	.steps = { STEP_WRITE_START, STEP_WRITE_END, STEP_DEVICE_MAP, STEP_DEVICE_UNMAP, STEP_READ_START,
		   STEP_READ_END },
	.nr_steps = 6,
	.check = frame_check,
	.run = frame_run,
};
