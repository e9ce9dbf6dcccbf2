// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sync-range: the cost of SYNC for a part of a buffer, beside that of SYNC for the whole buffer.
 *
 * Timed: one call. params.sync=end-write: END, after the CPU wrote params.range bytes in the middle of the buffer.
 * start-read: START, when the CPU has these bytes in its caches. extent=range: for these bytes alone; extent=whole:
 * DMA_BUF_IOCTL_SYNC, after the same accesses. A device has the buffer mapped in both directions. Not timed: the
 * accesses, the other call of the pair, the map and the unmap. Known bias: the lines outside of the range are clean, or
 * in no cache, so a pass over the whole buffer finds little to write.
 *
 * Check: once per sample, outside of the timed region, CPU and device exchange the whole buffer with this one call. A
 * byte of the range that is lost ends the run. The figure is the bytes outside of the range that were lost: 0 for the
 * whole buffer, and for a range the proof that only the range was maintained. It is left out where the positive
 * control, a mapping without any clean, loses nothing (emulation, coherent machines): there nothing proves the range
 * either.
 */
#include "bench/case/case.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "bench/measure/transfer.h"
#include "bench/source/integrity.h"

enum { BYTE_OLD = 0x11, BYTE_CPU = 0x22, BYTE_DEVICE = 0x33 };

/* Every cache line that there is begins at a multiple of it. */
#define RANGE_ALIGN 256

static int sync_range_check(const struct params *params, struct why *why)
{
	enum sync sync = (enum sync)params_choice(params, PARAM_SYNC);
	char range[32], size[32];

	if (params->value[PARAM_RANGE] < 1)
		return why_set(why, -EINVAL, "give range=", "there is no range of 0 bytes");
	if (params->value[PARAM_RANGE] > params->value[PARAM_SIZE]) {
		size_format(params->value[PARAM_RANGE], range, sizeof(range));
		size_format(params->value[PARAM_SIZE], size, sizeof(size));
		return why_set(why, -EINVAL, "give a smaller range=", "a range of %s is not in a buffer of %s", range,
			       size);
	}
	if (sync != SYNC_START_READ && sync != SYNC_END_WRITE)
		return why_set(why, -EOPNOTSUPP, "use sync=start-read or end-write",
			       "sync-range measures the calls that maintain caches; sync-matrix measures %s",
			       param_choice(PARAM_SYNC, sync));
	return 0;
}

/* In the middle: half of the buffer's segments lie before it. */
static struct span range_of(const struct context *context)
{
	size_t bytes = (size_t)context->params->value[PARAM_RANGE];

	return (struct span){ (context->buffer->bytes - bytes) / 2 / RANGE_ALIGN * RANGE_ALIGN, bytes };
}

static void fill(struct buffer *buffer, struct span span, int byte)
{
	transfer_find(TRANSFER_FILL, ISA_SCALAR, NULL)(buffer->address + span.offset, NULL, span.bytes, (uint64_t)byte);
}

static void read_bytes(struct buffer *buffer, struct span span)
{
	uint64_t sum =
		transfer_find(TRANSFER_READ, ISA_SCALAR, NULL)(NULL, buffer->address + span.offset, span.bytes, 0);

	__asm__ volatile("" : : "r"(sum));
}

static int sync_one(struct context *context, enum sync sync, struct span span)
{
	struct buffer *buffer = context->buffer;

	if (params_choice(context->params, PARAM_EXTENT) == EXTENT_WHOLE)
		return buffer->source->sync(buffer, sync);
	return buffer->source->sync_range(buffer, sync, span);
}

/*
 * A device has the buffer mapped; and the client called START of all, as one does that wants to read a part with the
 * caches of a policy that is write-combined meanwhile.
 */
static int begin(struct context *context)
{
	struct buffer *buffer = context->buffer;
	int err = context_rearm(context, ACCESS_WRITE);

	if (err)
		return err;
	fill(buffer, (struct span){ 0, buffer->bytes }, BYTE_OLD);
	buffer->direction = DEVICE_READS_WRITES;
	err = context_step(context, STEP_DEVICE_MAP);
	return err ? err : buffer->source->sync(buffer, SYNC_START_RW);
}

static int time_once(struct context *context, enum sync sync, struct span span)
{
	int err = begin(context);

	if (err)
		return err;
	if (sync == SYNC_END_WRITE)
		fill(context->buffer, span, BYTE_CPU);
	else
		read_bytes(context->buffer, span);
	region_begin(context);
	err = sync_one(context, sync, span);
	region_end(context);
	return err ? err : context_step(context, STEP_DEVICE_UNMAP);
}

/* Counts the bytes of @bytes, which are at @at of the buffer, that are not @byte: in the span, and outside. */
static void count_lost(const char *bytes, size_t at, size_t count, int byte, struct span span, int64_t lost[2])
{
	for (size_t i = 0; i < count; i++) {
		bool outside = at + i < span.offset || at + i >= span.offset + span.bytes;

		lost[outside] += bytes[i] != (char)byte;
	}
}

/* The device writes all, or reads all and counts what it misses of the CPU's. */
static int device_works(struct buffer *buffer, bool writes, struct span span, int64_t lost[2])
{
	char bytes[16384];
	int err = 0;

	for (size_t at = 0; at < buffer->bytes && !err; at += sizeof(bytes)) {
		size_t size = buffer->bytes - at < sizeof(bytes) ? buffer->bytes - at : sizeof(bytes);

		memset(bytes, BYTE_DEVICE, size);
		err = buffer->source->device_access(buffer, writes, at, bytes, size);
		if (!err && !writes)
			count_lost(bytes, at, size, BYTE_CPU, span, lost);
	}
	return err;
}

/* All of the buffer goes to the other side, with one call: what arrives? */
static int exchange(struct context *context, enum sync sync, struct span span, int64_t lost[2])
{
	struct buffer *buffer = context->buffer;
	struct span all = { 0, buffer->bytes };
	int err = begin(context);

	if (err)
		return err;
	if (sync == SYNC_END_WRITE) {
		fill(buffer, all, BYTE_CPU);
		err = sync_one(context, sync, span);
		if (!err)
			err = device_works(buffer, false, span, lost);
	} else {
		read_bytes(buffer, all);
		err = device_works(buffer, true, span, NULL);
		if (!err)
			err = sync_one(context, sync, span);
		if (!err)
			count_lost(buffer->address, 0, buffer->bytes, BYTE_DEVICE, span, lost);
	}
	return err ? err : context_step(context, STEP_DEVICE_UNMAP);
}

static int check_range(struct context *context, enum sync sync, struct span span, double *outside)
{
	struct integrity control;
	int64_t lost[2] = { 0 };
	int err = integrity_control(context->buffer, &control);

	if (!err)
		err = exchange(context, sync, span, lost);
	if (err)
		return err;
	if (lost[0])
		return why_set(context->why, -EBADMSG, "report it, with the kernel's version",
			       "%lld bytes of the range were lost in spite of the SYNC", (long long)lost[0]);
	*outside = control.stale_bytes < 1 ? NAN : (double)lost[1];
	return 0;
}

static int sync_range_run(struct context *context)
{
	enum sync sync = (enum sync)params_choice(context->params, PARAM_SYNC);
	struct span span = range_of(context);
	int err = 0;

	for (int64_t i = 0; i < context->repetitions && !err; i++)
		err = time_once(context, sync, span);
	context->sample->operations = context->repetitions;
	context->sample->bytes = context->repetitions * (int64_t)span.bytes;
	return err ? err : check_range(context, sync, span, &context->sample->figure[0]);
}

#define EXTENTS "policy=cached sync=end-write extent=range,whole chunk=4K,1G "

const struct bench case_sync_range = {
	.name = "sync-range",
	.summary = "SYNC for a part of the buffer, and for all of it",
	.operation = "call",
	.uses_source = true,
	.repeats_setup = true,
	.explained_by = { "l1d-refill", "l2d-refill", "bus-access", "stall-backend" },
	.uses = PARAM_BIT(PARAM_POLICY) | PARAM_BIT(PARAM_GRANULARITY) | PARAM_BIT(PARAM_SIZE) | PARAM_BIT(PARAM_SYNC) |
		PARAM_BIT(PARAM_CHUNK) | PARAM_BIT(PARAM_RANGE) | PARAM_BIT(PARAM_EXTENT),
	.full =
		(const char *const[]){
			EXTENTS "size=256K range=256,4K,16K,64K,128K,192K,256K",
			EXTENTS "size=2M range=256,4K,64K,256K,1M,1536K,2M",
			EXTENTS "size=16M range=256,4K,64K,1M,4M,8M,12M,16M",
			"policy=cached sync=start-read size=2M range=256,4K,64K,1M,2M extent=range,whole",
			"policy=lazy granularity=page sync=start-read,end-write size=2M "
			"range=256,4K,64K,1M,2M extent=range,whole",
			NULL },
	.figures = { { "lost_outside_bytes", "bytes", "none" } },
	.steps = { STEP_DEVICE_MAP, STEP_WRITE_START, STEP_WRITE_END, STEP_READ_START, STEP_DEVICE_UNMAP },
	.nr_steps = 5,
	.check = sync_range_check,
	.run = sync_range_run,
};
