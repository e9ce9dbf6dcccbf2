// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bandwidth: how fast the buffer is read, written, filled and copied, before a zap and after it.
 *
 * Timed: one transfer over the whole buffer, by the instructions that params.isa chooses: read it, write it, fill it
 * with zeros, copy it from or to ordinary memory; and the fence that ends a stream. state=before: the first mappings.
 * state=after: after a zap, with every page faulted in again; write-combined on sources that can do so. With workers,
 * the measuring thread and helpers on other CPUs move equal parts at the same time, from a common start until the last
 * one has ended.
 * Not timed: zap, faults, preparation and check of the bytes. Known bias: ordinary memory has small pages, and all of
 * them are mapped. A copy reads and writes each byte, but the byte is counted once. A buffer that fits into a cache is
 * in the cache, because of the preparation. On an emulated machine the figures are instructions, not bandwidth.
 *
 * Check: the bytes, outside of the timed region. The sum of what is read equals the sum of what was written, and what
 * is written is read back. test_transfer.c compares each kind of instructions with a plain loop, and its speed with
 * memcpy().
 */
#include "bench/case/case.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "bench/case/crew.h"
#include "bench/measure/transfer.h"

/* Word i of what is written is this and i more. */
#define PATTERN UINT64_C(0x0123456789abcdef)
#define OTHER_PATTERN UINT64_C(0xfedcba9876543210)
#define KIB 1024

static int bandwidth_check(const struct params *params, struct why *why)
{
	unsigned int policy = params_choice(params, PARAM_POLICY), isa = params_choice(params, PARAM_ISA);

	if (params_choice(params, PARAM_STATE) == STATE_AFTER && !policy_zaps(policy))
		return why_set(why, -EOPNOTSUPP, "use state=before",
			       "policy %s never zaps: there is no state after a zap",
			       param_choice(PARAM_POLICY, policy));
	if (!transfer_find(params_choice(params, PARAM_TRANSFER), isa, NULL))
		return why_set(why, -EOPNOTSUPP, "use isa=scalar", "no code for isa=%s on this CPU",
			       param_choice(PARAM_ISA, isa));
	return 0;
}

/* What the workers do at once; the parts are in whole lines, so that no two write the same one. */
struct bandwidth_job {
	transfer_fn *run;
	char *to;
	const char *from;
	size_t bytes; /* of all parts; 0: helpers run through their code for the first time */
	uint64_t pattern;
	size_t workers;
	struct {
		_Alignas(CREW_LINE_BYTES) uint64_t sum;
	} part[CREW_MAX + 1];
};

static void do_part(struct bandwidth_job *job, size_t worker)
{
	size_t lines = job->bytes / CREW_LINE_BYTES;
	size_t begin = lines * worker / job->workers * CREW_LINE_BYTES;
	size_t end = worker + 1 == job->workers ? job->bytes : lines * (worker + 1) / job->workers * CREW_LINE_BYTES;
	/* Word i of what is written is the pattern and i more, but every byte of a fill is the same. */
	uint64_t pattern = job->pattern ? job->pattern + begin / sizeof(uint64_t) : 0;

	job->part[worker].sum = job->run(job->to + begin, job->from + begin, end - begin, pattern);
}

static int helper_work(void *argument, size_t member, struct crew_count *count, struct why *why)
{
	struct bandwidth_job *job = argument;

	(void)count;
	(void)why;
	do_part(job, member + 1);
	return 0;
}

/* One transfer by all workers; @sum is that of what they read. */
static int transfer_all(struct context *context, struct bandwidth_job *job, struct crew *crew, bool timed,
			uint64_t *sum)
{
	int err = crew_arm(crew, context->why);

	if (err)
		return err;
	if (timed)
		region_begin(context);
	crew_release(crew);
	do_part(job, 0);
	err = crew_wait(crew, context->why);
	if (timed)
		region_end(context);
	if (err || !timed)
		return err;
	crew_account(crew, context->sample);
	*sum = 0;
	for (size_t i = 0; i < job->workers; i++)
		*sum += job->part[i].sum;
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
	uint64_t sum = transfer_find(TRANSFER_READ, ISA_SCALAR, NULL)(NULL, memory, context->buffer->bytes, 0);

	if (sum == expected)
		return 0;
	return why_set(context->why, -EBADMSG, NULL,
		       "the sum of the bytes is 0x%llx, expected 0x%llx: %s moved wrong bytes", (unsigned long long)sum,
		       (unsigned long long)expected,
		       param_choice(PARAM_TRANSFER, params_choice(context->params, PARAM_TRANSFER)));
}

static int repeat(struct context *context, struct bandwidth_job *job, struct crew *crew, uint64_t expected)
{
	enum transfer transfer = params_choice(context->params, PARAM_TRANSFER);
	size_t bytes = job->bytes;
	uint64_t sum;
	int err;

	job->bytes = 0;
	err = transfer_all(context, job, crew, false, NULL);
	job->bytes = bytes;
	for (int64_t i = 0; i < context->repetitions && !err; i++) {
		err = transfer_all(context, job, crew, true, &sum);
		if (!err && transfer == TRANSFER_READ && sum != expected)
			err = why_set(context->why, -EBADMSG, NULL,
				      "the words read sum to 0x%llx, those written to 0x%llx: the memory lost data",
				      (unsigned long long)sum, (unsigned long long)expected);
	}
	if (!err && transfer != TRANSFER_READ)
		err = verify(context, job->to, expected);
	return err;
}

static int with_helpers(struct context *context, struct bandwidth_job *job, uint64_t expected)
{
	struct crew_job helpers = {
		.members = job->workers - 1,
		.cpu = context->cpu,
		.cpus = context->cpus,
		.argument = job,
		.work = helper_work,
	};
	struct crew *crew;
	int err = crew_make(&helpers, &crew, context->why), ended;

	if (err)
		return err;
	err = repeat(context, job, crew, expected);
	ended = crew_end(crew, context->why);
	return err ? err : ended;
}

static int bandwidth_run(struct context *context)
{
	enum transfer transfer = params_choice(context->params, PARAM_TRANSFER);
	transfer_fn *write = transfer_find(TRANSFER_WRITE, ISA_SCALAR, NULL);
	size_t bytes = context->buffer->bytes;
	char *buffer = context->buffer->address, *memory = NULL;
	bool copies = transfer == TRANSFER_COPY_FROM || transfer == TRANSFER_COPY_TO;
	struct bandwidth_job job = {
		.run = transfer_find(transfer, params_choice(context->params, PARAM_ISA), NULL),
		.to = buffer,
		.from = buffer,
		.bytes = bytes,
		.pattern = transfer == TRANSFER_FILL ? 0 : PATTERN,
		.workers = (size_t)context->params->value[PARAM_WORKERS],
	};
	int err = into_state(context);

	if (err)
		return err;
	if (copies) {
		memory = ordinary_memory(bytes);
		if (memory == MAP_FAILED)
			return -ENOMEM;
		write(memory, NULL, bytes, transfer == TRANSFER_COPY_TO ? PATTERN : OTHER_PATTERN);
		job.to = transfer == TRANSFER_COPY_TO ? buffer : memory;
		job.from = transfer == TRANSFER_COPY_TO ? memory : buffer;
	}
	write(buffer, NULL, bytes,
	      transfer == TRANSFER_READ || transfer == TRANSFER_COPY_FROM ? PATTERN : OTHER_PATTERN);
	err = with_helpers(context, &job, transfer == TRANSFER_FILL ? 0 : sum_of_pattern(PATTERN, bytes));
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
	.rate = RATE_BYTES,
	.uses_source = true,
	.counts_regions = true,
	.copies = true,
	.explained_by = { "l1d-refill", "l2d-refill", "bus-access", "stall-backend" },
	.uses = PARAM_BIT(PARAM_POLICY) | PARAM_BIT(PARAM_GRANULARITY) | PARAM_BIT(PARAM_SIZE) |
		PARAM_BIT(PARAM_ACCESS) | PARAM_BIT(PARAM_STATE) | PARAM_BIT(PARAM_TRANSFER) | PARAM_BIT(PARAM_ISA) |
		PARAM_BIT(PARAM_WORKERS),
	.costs = (const char *const[]){ "policy=cached transfer=read,fill isa=vector size=memory",
					"policy=uncached transfer=read,fill isa=scalar size=1M", NULL },
	.full =
		(const char *const[]){
			"policy=eager,lazy granularity=page state=before,after "
			"transfer=read,write,fill,copy-from,copy-to "
			"isa=scalar,vector,stream size=256K",
			"policy=eager,lazy granularity=page,huge state=before,after transfer=copy-from,copy-to "
			"isa=vector,stream size=16M",
			"policy=uncached transfer=read,write,fill,copy-from,copy-to isa=scalar,vector,stream size=256K",
			"policy=cached transfer=copy-from,copy-to isa=vector size=256K,16M",
			"policy=eager granularity=page state=before,after transfer=read,copy-from isa=vector "
			"workers=2,4 size=16M",
			/* Beside the fixed sizes, by which machines compare. */
			"policy=cached transfer=read,write,copy-from isa=vector size=caches", NULL },
	.steps = { STEP_ZAP },
	.nr_steps = 1,
	.check = bandwidth_check,
	.run = bandwidth_run,
};
