// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * frame: the loop that a policy serves, as one client lives it.
 *
 * Timed: params.frames times: the CPU fills the buffer, END, a device maps and unmaps it, START, the CPU reads the part
 * of it that params.touched says. All of it: accesses, calls, zaps and faults. Left out: making the buffer cached and
 * mapped again before each repetition, so a frame count of 1 is the life of a buffer that is used once. Known bias: on
 * sources without a device the device's part is missing, and no cache is cleaned.
 *
 * Check: the words read are summed and must be those that were written; faults as everywhere.
 */
#include "bench/case/case.h"

#include <errno.h>

static int frame_check(const struct params *params, struct why *why)
{
	if (params_choice(params, PARAM_ACCESS) != ACCESS_READ)
		return why_set(why, -EOPNOTSUPP, "use access=read",
			       "the first access of a frame after the zap is the CPU's read");
	return 0;
}

static uint64_t pattern(int64_t repetition, int64_t frame)
{
	return 0x0101010101010101u * (uint64_t)(1 + (repetition + frame) % 251);
}

static int one_frame(struct context *context, uint64_t value, uint64_t *sum)
{
	int err = context_step(context, STEP_WRITE_START);

	if (!err)
		err = context_touch(context, &context->all, TOUCH_WRITE_PAGE, value, NULL);
	if (!err)
		err = context_step(context, STEP_WRITE_END);
	if (!err)
		err = context_step(context, STEP_DEVICE_MAP);
	if (!err)
		err = context_step(context, STEP_DEVICE_UNMAP);
	if (!err)
		err = context_step(context, STEP_READ_START);
	if (!err)
		err = context_touch(context, &context->pages, TOUCH_READ_PAGE, 0, sum);
	if (!err)
		err = context_step(context, STEP_READ_END);
	return err;
}

static int frame_run(struct context *context)
{
	int64_t frames = (int64_t)context->params->value[PARAM_FRAMES];
	uint64_t words = context->pages.count * context->pages.page_bytes / sizeof(uint64_t);
	struct buffer *buffer = &context->buffer;
	int err = 0;

	for (int64_t i = 0; i < context->repetitions && !err; i++) {
		uint64_t expected = 0, sum = 0;

		err = buffer->source->rearm(buffer);
		if (!err)
			err = context_populate(context, ACCESS_WRITE, false);
		if (err)
			break;
		region_begin(context);
		for (int64_t frame = 0; frame < frames && !err; frame++)
			err = one_frame(context, pattern(i, frame), &sum);
		region_end(context);
		for (int64_t frame = 0; frame < frames; frame++)
			expected += pattern(i, frame) * words;
		if (!err && sum != expected)
			err = why_set(context->why, -EBADMSG, NULL,
				      "the words read sum to 0x%llx, those written to 0x%llx: the memory lost data",
				      (unsigned long long)sum, (unsigned long long)expected);
	}
	context->sample->operations = context->repetitions * frames;
	context->sample->bytes = context->repetitions * frames *
				 (int64_t)((context->all.count + context->pages.count) * context->pages.page_bytes);
	return err;
}

const struct bench case_frame = {
	.name = "frame",
	.summary = "the whole loop: fill, END, device maps, START, read a part",
	.operation = "frame",
	.uses_source = true,
	.uses = PARAM_BIT(PARAM_POLICY) | PARAM_BIT(PARAM_GRANULARITY) | PARAM_BIT(PARAM_SIZE) |
		PARAM_BIT(PARAM_ACCESS) | PARAM_BIT(PARAM_ORDER) | PARAM_BIT(PARAM_STRIDE) | PARAM_BIT(PARAM_TOUCHED) |
		PARAM_BIT(PARAM_MAPS) | PARAM_BIT(PARAM_OWNERS) | PARAM_BIT(PARAM_FRAMES),
	.quick = (const char *const[]){ "policy=cached,eager,lazy granularity=around access=read", NULL },
	.matrix =
		(const char *const[]){
			"policy=eager,lazy granularity=page,around,buffer,huge access=read size=2M touched=0.125,1",
			"policy=cached,uncached,refuse access=read size=2M touched=0.125,1",
			"policy=eager,lazy granularity=page,buffer access=read size=512K frames=1,16", NULL },
	.full =
		(const char *const[]){
			"policy=cached,eager,lazy granularity=page,around,buffer,huge access=read "
			"touched=0.015625,0.125,1",
			"policy=cached,eager,lazy granularity=page,around access=read frames=1,16,64 size=1M", NULL },
	.steps = { STEP_WRITE_START, STEP_WRITE_END, STEP_DEVICE_MAP, STEP_DEVICE_UNMAP, STEP_READ_START,
		   STEP_READ_END },
	.nr_steps = 6,
	.check = frame_check,
	.run = frame_run,
};
