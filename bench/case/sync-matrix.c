// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sync-matrix: what each SYNC call costs, and whether bytes are lost without it.
 *
 * Timed: one DMA_BUF_IOCTL_SYNC: START or END of a read, a write, or both (params.sync). Before it the CPU wrote to the
 * whole buffer, params.attachments devices mapped it for params.direction, and for an END the CPU made the accesses
 * that the call ends. Not timed: all of that, the other call of the pair, and the unmap.
 *
 * The figure lost is counted once per sample, outside of the timed region: the same exchange of bytes between CPU and
 * device with this one call left out, where the device has access in that direction. START of a read: the device
 * writes, the CPU reads. END of a write: the CPU writes, the device reads. START of a write: the CPU overwrites all,
 * the device reads. END of a read: the device writes afterwards, the CPU reads. 0 says that nothing was lost here, in
 * this state of the caches. The figure of a run is the most of all valid samples. Known bias: lines that the
 * caches had evicted by themselves are not lost.
 *
 * Check: the figure exists only where the positive control, a mapping without any clean, loses bytes. Where it loses
 * none (emulation, coherent machines), or where no device is mapped, the figure is left out: untested.
 */
#include "bench/case/case.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "bench/measure/transfer.h"
#include "bench/source/integrity.h"

/* What each call is; and its partner. */
static const struct {
	enum sync other;
	bool starts, reads, writes;
} calls[NR_SYNCS] = {
	[SYNC_START_READ] = { SYNC_END_READ, true, true, false },
	[SYNC_START_WRITE] = { SYNC_END_WRITE, true, false, true },
	[SYNC_START_RW] = { SYNC_END_RW, true, true, true },
	[SYNC_END_READ] = { SYNC_START_READ, false, true, false },
	[SYNC_END_WRITE] = { SYNC_START_WRITE, false, false, true },
	[SYNC_END_RW] = { SYNC_START_RW, false, true, true },
};

enum { BYTE_OLD = 0x11, BYTE_CPU = 0x22, BYTE_DEVICE = 0x33 };

static void fill(struct buffer *buffer, int byte)
{
	transfer_find(TRANSFER_FILL, ISA_SCALAR, NULL)(buffer->address, NULL, buffer->bytes, (uint64_t)byte);
}

static void read_all(struct buffer *buffer)
{
	uint64_t sum = transfer_find(TRANSFER_READ, ISA_SCALAR, NULL)(NULL, buffer->address, buffer->bytes, 0);

	__asm__ volatile("" : : "r"(sum));
}

/* The accesses that a call begins or ends. */
static void cpu_works(struct buffer *buffer, enum sync sync)
{
	if (calls[sync].reads)
		read_all(buffer);
	if (calls[sync].writes)
		fill(buffer, BYTE_CPU);
}

static int64_t others_than(const char *bytes, size_t count, int byte)
{
	int64_t others = 0;

	for (size_t i = 0; i < count; i++)
		others += bytes[i] != (char)byte;
	return others;
}

static int64_t lost_to_cpu(const struct buffer *buffer)
{
	return others_than(buffer->address, buffer->bytes, BYTE_DEVICE);
}

/* The device writes all, or reads all and finds @lost bytes that the CPU did not write. */
static int device_works(struct buffer *buffer, bool writes, int64_t *lost)
{
	char bytes[16384];
	int err = 0;

	for (size_t at = 0; at < buffer->bytes && !err; at += sizeof(bytes)) {
		size_t size = buffer->bytes - at < sizeof(bytes) ? buffer->bytes - at : sizeof(bytes);

		memset(bytes, BYTE_DEVICE, size);
		err = buffer->source->device_access(buffer, writes, at, bytes, size);
		if (!err && !writes)
			*lost += others_than(bytes, size, BYTE_CPU);
	}
	return err;
}

/* As every repetition finds the buffer: lines of the CPU's last write, and a device that has it mapped. */
static int begin(struct context *context)
{
	struct buffer *buffer = context->buffer;
	int err = context_rearm(context, ACCESS_WRITE);

	if (err)
		return err;
	fill(buffer, BYTE_OLD);
	return context->params->value[PARAM_ATTACHMENTS] > 0 ? context_step(context, STEP_DEVICE_MAP) : 0;
}

static int end(struct context *context)
{
	return context->params->value[PARAM_ATTACHMENTS] > 0 ? context_step(context, STEP_DEVICE_UNMAP) : 0;
}

static int time_once(struct context *context, enum sync sync)
{
	struct buffer *buffer = context->buffer;
	int err = begin(context);

	if (!err && !calls[sync].starts) {
		err = buffer->source->sync(buffer, calls[sync].other);
		cpu_works(buffer, sync);
	}
	if (err)
		return err;
	region_begin(context);
	err = buffer->source->sync(buffer, sync);
	region_end(context);
	if (!err && calls[sync].starts)
		err = buffer->source->sync(buffer, calls[sync].other);
	return err ? err : end(context);
}

/* START of a read is left out. The CPU has all lines in its caches when the device writes. */
static int without_start_of_read(struct buffer *buffer, enum sync sync, int64_t *lost)
{
	int err = buffer->source->sync(buffer, sync);

	read_all(buffer);
	if (!err)
		err = buffer->source->sync(buffer, calls[sync].other);
	if (!err)
		err = device_works(buffer, true, NULL);
	*lost = lost_to_cpu(buffer);
	if (!err)
		err = buffer->source->sync(buffer, sync);
	return err ? err : buffer->source->sync(buffer, calls[sync].other);
}

static int without_end_of_read(struct buffer *buffer, int64_t *lost)
{
	int err = buffer->source->sync(buffer, SYNC_START_READ);

	read_all(buffer);
	if (!err)
		err = device_works(buffer, true, NULL);
	if (!err)
		err = buffer->source->sync(buffer, SYNC_START_READ);
	*lost = lost_to_cpu(buffer);
	return err ? err : buffer->source->sync(buffer, SYNC_END_READ);
}

/* Of a write, START or END is left out. */
static int without_call_of_write(struct buffer *buffer, enum sync sync, int64_t *lost)
{
	bool start = calls[sync].starts;
	int err = start ? 0 : buffer->source->sync(buffer, calls[sync].other);

	fill(buffer, BYTE_CPU);
	if (!err && start)
		err = buffer->source->sync(buffer, calls[sync].other);
	if (!err)
		err = device_works(buffer, false, lost);
	return err || start ? err : buffer->source->sync(buffer, sync);
}

/* The bytes that get lost without the call; NAN where that cannot be found out here. */
static int count_lost(struct context *context, enum sync sync, double *lost)
{
	bool device_writes = sync == SYNC_START_READ || sync == SYNC_START_RW || sync == SYNC_END_READ;
	enum direction direction = (enum direction)params_choice(context->params, PARAM_DIRECTION);
	struct buffer *buffer = context->buffer;
	struct integrity control;
	int64_t bytes = 0;
	int err;

	*lost = NAN;
	if (context->params->value[PARAM_ATTACHMENTS] < 1 ||
	    direction == (device_writes ? DEVICE_READS : DEVICE_WRITES))
		return 0;
	err = integrity_control(buffer, &control);
	buffer->direction = direction;
	if (err || control.stale_bytes < 1)
		return err;
	err = begin(context);
	if (err)
		return err;
	if (sync == SYNC_END_READ)
		err = without_end_of_read(buffer, &bytes);
	else if (device_writes)
		err = without_start_of_read(buffer, sync, &bytes);
	else
		err = without_call_of_write(buffer, sync, &bytes);
	*lost = (double)bytes;
	return err ? err : end(context);
}

static int sync_matrix_run(struct context *context)
{
	enum sync sync = (enum sync)params_choice(context->params, PARAM_SYNC);
	int err = 0;

	context->buffer->direction = (enum direction)params_choice(context->params, PARAM_DIRECTION);
	for (int64_t i = 0; i < context->repetitions && !err; i++)
		err = time_once(context, sync);
	context->sample->operations = context->repetitions;
	context->sample->bytes = context->repetitions * (int64_t)context->buffer->bytes;
	return err ? err : count_lost(context, sync, &context->sample->figure[0]);
}

#define ALL_CALLS "sync=start-read,start-write,start-rw,end-read,end-write,end-rw"

const struct bench case_sync_matrix = {
	.name = "sync-matrix",
	.summary = "cost of each SYNC call, and the bytes that are lost without it",
	.operation = "call",
	.uses_source = true,
	.repeats_setup = true,
	.explained_by = { "l1d-refill", "l2d-refill", "bus-access", "stall-backend" },
	.uses = PARAM_BIT(PARAM_POLICY) | PARAM_BIT(PARAM_GRANULARITY) | PARAM_BIT(PARAM_SIZE) | PARAM_BIT(PARAM_SYNC) |
		PARAM_BIT(PARAM_ATTACHMENTS) | PARAM_BIT(PARAM_DIRECTION) | PARAM_BIT(PARAM_DEVICE),
	.full = (const char *const[]){ "policy=cached size=1M attachments=0 " ALL_CALLS,
				       "policy=cached,eager,lazy,uncached granularity=page size=1M attachments=1 "
				       "direction=to-device,from-device,both " ALL_CALLS,
				       "policy=cached size=1M attachments=4 direction=both " ALL_CALLS, NULL },
	.figures = { { "lost_bytes", "bytes", "none" } },
	.steps = { STEP_DEVICE_MAP, STEP_WRITE_START, STEP_WRITE_END, STEP_READ_START, STEP_READ_END,
		   STEP_DEVICE_UNMAP },
	.nr_steps = 6,
	.run = sync_matrix_run,
};
