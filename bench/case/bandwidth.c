// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bandwidth: how fast bytes get into and out of the buffer, before a zap and after it.
 *
 * Timed: one transfer over the whole buffer by instructions that params.isa chooses: read it, write it, fill it with
 * zeros, copy it from or to ordinary memory; and the fence that ends a stream. state=before: the mappings as they were
 * made; state=after: after a zap, every page faulted in again, which on sources that can do so means write-combined.
 * Left out: zap and faults, and what prepares and checks the bytes. Known bias: ordinary memory is of small pages, all
 * of them there; of a copy the bytes are counted once though they are read and written; the preparation leaves a
 * buffer that fits into a cache in it. On an emulated machine the figures are instructions, and say nothing of
 * bandwidth.
 *
 * Check: the bytes. What is read sums to what was written, what is written is read back, each outside of the timed
 * region; and test_transfer.c holds every kind of instructions against a plain loop, and its speed against memcpy().
 */
#include "bench/case/case.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "bench/measure/transfer.h"

/* Word i of what is written is this and i more. */
#define PATTERN UINT64_C(0x0123456789abcdef)
#define OTHER_PATTERN UINT64_C(0xfedcba9876543210)
#define KIB 1024

static int bandwidth_check(const struct params *params, struct why *why)
{
	unsigned int policy = params_choice(params, PARAM_POLICY), isa = params_choice(params, PARAM_ISA);

	if (params_choice(params, PARAM_STATE) == STATE_AFTER && !policy_zaps(policy))
		return why_set(why, -EOPNOTSUPP, "use state=before", "policy %s never zaps: nothing is after it",
			       param_choice(PARAM_POLICY, policy));
	if (!transfer_find(params_choice(params, PARAM_TRANSFER), isa, NULL))
		return why_set(why, -EOPNOTSUPP, "use isa=scalar", "no code for isa=%s on this CPU",
			       param_choice(PARAM_ISA, isa));
	return 0;
}

static uint64_t sum_of_pattern(uint64_t pattern, size_t bytes)
{
	uint64_t words = bytes / sizeof(uint64_t);

	return words * pattern + (words % 2 ? words * ((words - 1) / 2) : words / 2 * (words - 1));
}

/* Ordinary memory of the buffer's size, every page of it there; MAP_FAILED without memory. */
static char *ordinary_memory(size_t bytes)
{
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return memory;
	/* The same pages in every round, whatever huge pages are free. */
	madvise(memory, bytes, MADV_NOHUGEPAGE);
	return memory;
}

static int into_state(struct context *context)
{
	enum access access = params_choice(context->params, PARAM_ACCESS);
	int err = context_populate(context, access, false);

	if (err || params_choice(context->params, PARAM_STATE) == STATE_BEFORE)
		return err;
	err = context_step(context, STEP_ZAP);
	return err ? err : context_populate(context, access, false);
}

/* Read back what the transfer left, by plain words, and hold it against what it must be. */
static int verify(struct context *context, const char *memory, uint64_t expected)
{
	uint64_t sum = transfer_find(TRANSFER_READ, ISA_SCALAR, NULL)(NULL, memory, context->buffer.bytes, 0);

	if (sum == expected)
		return 0;
	return why_set(context->why, -EBADMSG, NULL, "the bytes sum to 0x%llx, not to 0x%llx: %s moved wrong ones",
		       (unsigned long long)sum, (unsigned long long)expected,
		       param_choice(PARAM_TRANSFER, params_choice(context->params, PARAM_TRANSFER)));
}

static int bandwidth_run(struct context *context)
{
	enum transfer transfer = params_choice(context->params, PARAM_TRANSFER);
	transfer_fn *run = transfer_find(transfer, params_choice(context->params, PARAM_ISA), NULL);
	transfer_fn *write = transfer_find(TRANSFER_WRITE, ISA_SCALAR, NULL);
	size_t bytes = context->buffer.bytes;
	char *buffer = context->buffer.address, *memory = NULL, *to = buffer, *from = buffer;
	uint64_t pattern = PATTERN, expected = sum_of_pattern(PATTERN, bytes), sum = 0;
	bool copies = transfer == TRANSFER_COPY_FROM || transfer == TRANSFER_COPY_TO;
	int err = into_state(context);

	if (err)
		return err;
	if (copies) {
		memory = ordinary_memory(bytes);
		if (memory == MAP_FAILED)
			return -ENOMEM;
		write(memory, NULL, bytes, transfer == TRANSFER_COPY_TO ? PATTERN : OTHER_PATTERN);
		to = transfer == TRANSFER_COPY_TO ? buffer : memory;
		from = transfer == TRANSFER_COPY_TO ? memory : buffer;
	}
	write(buffer, NULL, bytes,
	      transfer == TRANSFER_READ || transfer == TRANSFER_COPY_FROM ? PATTERN : OTHER_PATTERN);
	if (transfer == TRANSFER_FILL)
		pattern = expected = 0;
	for (int64_t i = 0; i < context->repetitions && !err; i++) {
		region_begin(context);
		sum = run(to, from, bytes, pattern);
		region_end(context);
		if (transfer == TRANSFER_READ && sum != expected)
			err = why_set(context->why, -EBADMSG, NULL,
				      "the words read sum to 0x%llx, those written to 0x%llx: the memory lost data",
				      (unsigned long long)sum, (unsigned long long)expected);
	}
	if (!err && transfer != TRANSFER_READ)
		err = verify(context, to, expected);
	if (copies)
		munmap(memory, bytes);
	context->sample->operations = context->repetitions * (int64_t)(bytes / KIB);
	context->sample->bytes = context->repetitions * (int64_t)bytes;
	return err;
}

const struct bench case_bandwidth = {
	.name = "bandwidth",
	.summary = "reading, writing, filling and copying the buffer, before and after a zap",
	.operation = "KiB",
	.uses_source = true,
	.counts_regions = true,
	.copies = true,
	.explained_by = { "l1d-refill", "l2d-refill", "bus-access", "stall-backend" },
	.uses = PARAM_BIT(PARAM_POLICY) | PARAM_BIT(PARAM_GRANULARITY) | PARAM_BIT(PARAM_SIZE) |
		PARAM_BIT(PARAM_ACCESS) | PARAM_BIT(PARAM_STATE) | PARAM_BIT(PARAM_TRANSFER) | PARAM_BIT(PARAM_ISA),
	.quick = (const char *const[]){ NULL },
	.matrix = (const char *const[]){ NULL },
	.full =
		(const char *const[]){
			"policy=eager,lazy granularity=page state=before,after "
			"transfer=read,write,fill,copy-from,copy-to "
			"isa=scalar,vector,stream size=256K",
			"policy=eager,lazy granularity=page,huge state=before,after transfer=copy-from,copy-to "
			"isa=vector,stream size=16M",
			"policy=uncached transfer=read,write,fill,copy-from,copy-to isa=scalar,vector,stream size=256K",
			"policy=cached transfer=copy-from,copy-to isa=vector size=256K,16M", NULL },
	.steps = { STEP_ZAP },
	.nr_steps = 1,
	.check = bandwidth_check,
	.run = bandwidth_run,
};
