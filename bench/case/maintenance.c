// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * maintenance: the cost of cleaning the caches, by the kernel or by userspace itself.
 *
 * Timed: every cache line of the buffer is cleaned. params.maintain says by whom: the kernel, at the END of the write
 * and the mapping by a device; or userspace, by instructions that clean each line (it stays in the cache) or flush it
 * (it leaves the cache), with the barrier at their end. lines=dirty: the CPU wrote to every line before. lines=clean:
 * it also cleaned them. Not timed: these writes, and what the device does. Known bias: a buffer larger than the caches
 * has lost most of its lines to them before. On machines where devices see the caches the kernel has nothing to clean.
 *
 * Check: a device that was mapped without the kernel's maintenance reads what the CPU wrote, on sources that have such
 * a device. test_maintain.c checks that the loop reaches each line of a range, and that no byte changes.
 */
#include "bench/case/case.h"

#include <errno.h>
#include <string.h>

#include "bench/measure/maintain.h"
#include "bench/measure/transfer.h"

static int maintenance_check(const struct params *params, struct why *why)
{
	enum maintain_by by = (enum maintain_by)params_choice(params, PARAM_MAINTAIN);
	unsigned int policy = params_choice(params, PARAM_POLICY);
	struct maintain found;

	if (policy_zaps(policy) || policy_row(policy)->memory != MEMORY_CACHED)
		return why_set(why, -EOPNOTSUPP, "use policy=cached", "policy %s leaves no dirty cache lines to clean",
			       param_choice(PARAM_POLICY, policy));
	return by == MAINTAIN_KERNEL ? 0 : maintain_find(by, &found, why);
}

/* Does the device, mapped without the kernel's maintenance, read @value everywhere? */
static int device_reads(struct context *context, uint64_t value)
{
	struct buffer *buffer = context->buffer;
	uint64_t words[2048];
	int err = 0;

	for (size_t at = 0; at < buffer->bytes && !err; at += sizeof(words)) {
		size_t bytes = buffer->bytes - at < sizeof(words) ? buffer->bytes - at : sizeof(words);

		err = buffer->source->device_access(buffer, false, at, words, bytes);
		for (size_t i = 0; i < bytes / sizeof(*words) && !err; i++) {
			if (words[i] != value)
				err = why_set(context->why, -EBADMSG, "use maintain=kernel",
					      "the device reads old bytes at offset %zu", at + i * sizeof(*words));
		}
	}
	return err;
}

static int maintain_once(struct context *context, const struct maintain *maintain, uint64_t value)
{
	struct buffer *buffer = context->buffer;
	int err = context_step(context, STEP_WRITE_START);

	if (err)
		return err;
	transfer_find(TRANSFER_FILL, ISA_SCALAR, NULL)(buffer->address, NULL, buffer->bytes, value);
	if (params_choice(context->params, PARAM_LINES) == LINES_CLEAN)
		maintain->run(buffer->address, buffer->bytes, maintain->line_bytes);
	region_begin(context);
	maintain->run(buffer->address, buffer->bytes, maintain->line_bytes);
	region_end(context);
	if (!buffer->source->device_map_unclean)
		return context_step(context, STEP_WRITE_END);
	err = buffer->source->device_map_unclean(buffer);
	if (!err)
		err = device_reads(context, value * UINT64_C(0x0101010101010101));
	return err ? err : context_step(context, STEP_DEVICE_UNMAP);
}

static int maintain_by_kernel(struct context *context, uint64_t value)
{
	struct buffer *buffer = context->buffer;
	int passes = params_choice(context->params, PARAM_LINES) == LINES_CLEAN ? 2 : 1, err = 0;

	for (int pass = 0; pass < passes && !err; pass++) {
		bool timed = pass + 1 == passes;

		err = context_step(context, STEP_WRITE_START);
		if (!err && !pass)
			transfer_find(TRANSFER_FILL, ISA_SCALAR, NULL)(buffer->address, NULL, buffer->bytes, value);
		if (timed)
			region_begin(context);
		if (!err)
			err = context_step(context, STEP_WRITE_END);
		if (!err)
			err = context_step(context, STEP_DEVICE_MAP);
		if (timed)
			region_end(context);
		if (!err)
			err = context_step(context, STEP_DEVICE_UNMAP);
	}
	return err;
}

static int maintenance_run(struct context *context)
{
	enum maintain_by by = (enum maintain_by)params_choice(context->params, PARAM_MAINTAIN);
	struct maintain maintain = { 0 };
	int err = by == MAINTAIN_KERNEL ? 0 : maintain_find(by, &maintain, context->why);

	for (int64_t i = 0; i < context->repetitions && !err; i++) {
		err = context_rearm(context, ACCESS_WRITE);
		if (!err)
			err = by == MAINTAIN_KERNEL ? maintain_by_kernel(context, (uint64_t)(1 + i % 251))
						    : maintain_once(context, &maintain, (uint64_t)(1 + i % 251));
	}
	context->sample->operations = context->repetitions * (int64_t)context->all.count;
	context->sample->bytes = context->repetitions * (int64_t)context->buffer->bytes;
	return err;
}

const struct bench case_maintenance = {
	.name = "maintenance",
	.summary = "cleaning the caches, by the kernel or by userspace",
	.operation = "page",
	.rate = RATE_BYTES,
	.uses_source = true,
	.repeats_setup = true,
	.explained_by = { "l1d-refill", "l2d-refill", "bus-access", "stall-backend" },
	.uses = PARAM_BIT(PARAM_POLICY) | PARAM_BIT(PARAM_SIZE) | PARAM_BIT(PARAM_LINES) | PARAM_BIT(PARAM_MAINTAIN),
	.costs = (const char *const[]){ "policy=cached size=64K maintain=user-flush,user-clean lines=dirty,clean",
					NULL },
	.full =
		(const char *const[]){
			"policy=cached size=16K,256K,4M,32M maintain=user-flush,user-clean,kernel lines=dirty,clean",
			"policy=cached size=caches maintain=user-clean,kernel lines=dirty", NULL },
	.steps = { STEP_WRITE_START, STEP_WRITE_END, STEP_DEVICE_MAP, STEP_DEVICE_UNMAP },
	.nr_steps = 4,
	.check = maintenance_check,
	.run = maintenance_run,
};
