// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * integrity: does each side read every byte that the other side wrote?
 *
 * Timed: a whole check of two frames; its time is not compared with anything. Checked: the device writes a part of the
 * buffer (params.offset and params.touched say which), then the CPU writes it. Both read the whole buffer back, through
 * every mapping of the measuring thread, so a change outside of the part is found too. Where the page tables can be
 * read, every mapping must have the attributes of the policy. A wrong byte ends the run, with its address, the expected
 * and the seen value, and the policy. Known bias: a stale cache line is found only on machines where a skipped clean is
 * found; the record says whether this is so.
 *
 * Check: bytes are compared by content. The tests corrupt the memory and expect the case to find it.
 */
#include "bench/case/case.h"

#include <errno.h>

#include "bench/source/integrity.h"

static int integrity_params(const struct params *params, struct why *why)
{
	if (params->value[PARAM_OFFSET] >= params->value[PARAM_SIZE])
		return why_set(why, -EINVAL, "give a smaller offset", "the offset lies outside of the buffer");
	return 0;
}

static int integrity_run(struct context *context)
{
	struct buffer *buffer = context->buffer;
	size_t offset = (size_t)context->params->value[PARAM_OFFSET];
	size_t bytes = (size_t)((double)(buffer->bytes - offset) * context->params->value[PARAM_TOUCHED]);
	struct integrity found = { 0 };
	/* One more before: what it runs through for the first time, text and stack, is to be in no sample. */
	int err = integrity_check(buffer, offset, bytes ? bytes : 1, &found, context->why);

	found = (struct integrity){ 0 };
	for (int64_t i = 0; i < context->repetitions && !err; i++) {
		region_begin(context);
		err = integrity_check(buffer, offset, bytes ? bytes : 1, &found, context->why);
		region_end(context);
	}
	context->sample->operations = context->repetitions;
	context->sample->bytes = found.bytes;
	return err;
}

const struct bench case_integrity = {
	.name = "integrity",
	.summary = "correctness: every byte that the CPU or the device writes is read back by the other",
	.operation = "check",
	.uses_source = true,
	.counts_regions = true,
	.clients = 1 << CLIENT_COPIES | 1 << CLIENT_MAINTAINS | 1 << CLIENT_PREFAULTS,
	.uses = PARAM_BIT(PARAM_POLICY) | PARAM_BIT(PARAM_GRANULARITY) | PARAM_BIT(PARAM_SIZE) |
		PARAM_BIT(PARAM_TOUCHED) | PARAM_BIT(PARAM_MAPS) | PARAM_BIT(PARAM_DEVICE) | PARAM_BIT(PARAM_OFFSET),
	/* Every configuration of a run is checked as a whole before its first round anyway. */
	/* Each parameter over its range beside the others' middle: what depends on two at once is looked for by --set.
	 */
	.full =
		(const char *const[]){
			"policy=eager,lazy,cached,uncached,refuse granularity=page,around,buffer,huge size=64K,2M,4M "
			"offset=4095 touched=0.5",
			"policy=eager,lazy,cached,uncached,refuse granularity=page size=2M offset=0,1,12345 "
			"touched=0.01,1",
			"policy=eager,lazy,cached,uncached,refuse granularity=page,around,buffer maps=4,16",
			"policy=bounce,user,prefault granularity=page,around size=64K,2M offset=0,12345 touched=0.01,1",
			NULL },
	.steps = { STEP_WRITE_START, STEP_WRITE_END, STEP_DEVICE_MAP, STEP_DEVICE_UNMAP, STEP_READ_START,
		   STEP_READ_END },
	.nr_steps = 6,
	.check = integrity_params,
	.run = integrity_run,
};
