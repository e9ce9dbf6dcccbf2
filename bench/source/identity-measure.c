// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/source/identity.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench/measure/chase.h"
#include "bench/measure/environment-memory.h"
#include "bench/measure/touch.h"
#include "bench/measure/transfer.h"
#include "bench/source/dmabuf.h"
#include "bench/source/integrity.h"
#include "bench/source/mappings.h"
#include "bench/source/pool.h"
#include "bench/source/zap-heap-kernel.h"

/* Of each timing. Quartiles leave out those that an interrupt lengthened. */
#define TIMES 15
/* A chain that fits into every first level of a data cache, and the loads along it. */
#define CHAIN_LINES 64
#define CHAIN_LOADS 1024
#define LINE_WORDS (CHASE_LINE_BYTES / sizeof(uint64_t))
/* Of the buffer whose SYNC is held against that of the whole one. */
#define SMALL_PART 16

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static struct identity_timing quartiles(double *ns)
{
	qsort(ns, TIMES, sizeof(*ns), ascending);
	return (struct identity_timing){ ns[TIMES / 4], ns[TIMES / 2], ns[TIMES - 1 - TIMES / 4] };
}

/* One word to each line. */
static void store_scattered(char *base, size_t bytes, uint64_t value)
{
	volatile uint64_t *word = (volatile uint64_t *)base;

	for (size_t i = 0; i < bytes / sizeof(*word); i += LINE_WORDS)
		word[i] = value;
}

/* One access, after what it needs; the time per load, per KiB or per store. */
static double time_access(const struct clock *clock, enum identity_access access, char *base, size_t bytes,
			  const uint32_t *order)
{
	size_t lines = bytes / CHASE_LINE_BYTES;
	double operations = access == IDENTITY_LOAD_AGAIN  ? CHAIN_LOADS
			    : access == IDENTITY_SCATTERED ? (double)lines
							   : (double)bytes / 1024;
	transfer_fn *read = transfer_find(TRANSFER_READ, ISA_SCALAR, NULL);
	transfer_fn *write = transfer_find(TRANSFER_WRITE, ISA_SCALAR, NULL);
	const void *at = base + order[0];
	uint64_t begin, ticks;

	if (access == IDENTITY_LOAD_AGAIN) {
		chase_write(base, order, CHAIN_LINES);
		at = chase_follow(at, CHAIN_LOADS);
	}
	begin = clock_now(clock);
	switch (access) {
	case IDENTITY_LOAD_AGAIN:
		at = chase_follow(at, CHAIN_LOADS);
		break;
	case IDENTITY_READ:
		read(NULL, base, bytes, 0);
		break;
	case IDENTITY_WRITE:
		write(base, NULL, bytes, begin);
		break;
	default:
		store_scattered(base, bytes, begin);
	}
	/* Stores are done when the last one is. */
	__sync_synchronize();
	ticks = clock_now(clock) - begin;
	return clock_ns(clock, clock_net(clock, ticks)) / operations;
}

static void look_at_accesses(const struct identity_request *request, char *buffer, char *ordinary, size_t bytes,
			     struct identity_look *look)
{
	uint32_t order[CHAIN_LINES];
	double mine[TIMES], theirs[TIMES];

	/* One page: pages or huge pages, the TLB has it. */
	if (chase_order(order, CHAIN_LINES, 1, CHAIN_LINES * CHASE_LINE_BYTES, 1))
		return;
	for (enum identity_access access = 0; access < NR_IDENTITY_ACCESSES; access++) {
		for (size_t i = 0; i < TIMES; i++) {
			mine[i] = time_access(request->clock, access, buffer, bytes, order);
			theirs[i] = time_access(request->clock, access, ordinary, bytes, order);
		}
		look->buffer[access] = quartiles(mine);
		look->ordinary[access] = quartiles(theirs);
	}
}

/* The faults of the first access to each page of another mapping. */
static int count_faults(struct buffer *buffer, long *count)
{
	char *address = buffer->address + (buffer->bytes / pmd_bytes() + 2) * pmd_bytes();
	int err = dmabuf_map(buffer, address);
	long faults = thread_faults();

	if (err)
		return err;
	mapping_touch(buffer, address, ACCESS_WRITE);
	*count = thread_faults() - faults;
	munmap(address, buffer->bytes);
	return 0;
}

/* First touch, what the page table says, and the timings. */
static int look_at(const struct identity_request *request, struct buffer *buffer, char *ordinary,
		   struct identity_look *look)
{
	int err = count_faults(buffer, &look->faults), device = zap_bench_open();

	look->mapped = (struct mapped){ MAPPED_UNKNOWN, 0 };
	mapping_touch(buffer, buffer->address, ACCESS_WRITE);
	/* It knows the page tables of every mapping. Without it the type stays unknown. */
	if (!err && device >= 0)
		err = zap_bench_mapped(device, buffer->address, &look->mapped);
	if (device >= 0)
		close(device);
	if (!err)
		look_at_accesses(request, buffer->address, ordinary, buffer->bytes, look);
	return err;
}

static const enum step sync_steps[NR_IDENTITY_SYNCS] = {
	[IDENTITY_WRITE_START] = STEP_WRITE_START,
	[IDENTITY_WRITE_END] = STEP_WRITE_END,
	[IDENTITY_READ_START] = STEP_READ_START,
	[IDENTITY_READ_END] = STEP_READ_END,
};

/* One call of SYNC after the accesses that come before it. */
static int sync_once(struct buffer *buffer, enum identity_sync sync, double *ns)
{
	transfer_fn *read = transfer_find(TRANSFER_READ, ISA_SCALAR, NULL);
	transfer_fn *write = transfer_find(TRANSFER_WRITE, ISA_SCALAR, NULL);
	uint64_t begin, ticks;
	int err;

	if (sync == IDENTITY_WRITE_END)
		write(buffer->address, NULL, buffer->bytes, 1);
	else if (sync == IDENTITY_READ_END)
		read(NULL, buffer->address, buffer->bytes, 0);
	begin = clock_now(buffer->clock);
	err = dmabuf_sync(buffer, sync_steps[sync]);
	ticks = clock_now(buffer->clock) - begin;
	*ns = clock_ns(buffer->clock, clock_net(buffer->clock, ticks));
	return err;
}

/* A write and a read by the CPU, and a device that has the buffer mapped in between if there is one. */
static int sync_all(struct buffer *buffer, double *ns)
{
	bool device = buffer->source->parts & POLICY_PART_DEVICE;
	int err = 0;

	buffer->direction = DEVICE_READS_WRITES;
	for (enum identity_sync sync = 0; sync < NR_IDENTITY_SYNCS && !err; sync++) {
		err = sync_once(buffer, sync, &ns[sync]);
		if (!err && device && sync == IDENTITY_WRITE_END)
			err = buffer->source->step(buffer, STEP_DEVICE_MAP);
	}
	if (!err && device)
		err = buffer->source->step(buffer, STEP_DEVICE_UNMAP);
	return err;
}

static int time_syncs(struct buffer *buffer, struct identity_timing *timing)
{
	double all[TIMES][NR_IDENTITY_SYNCS], one[TIMES];
	int err = 0;

	for (size_t i = 0; i < TIMES && !err; i++)
		err = sync_all(buffer, all[i]);
	for (enum identity_sync sync = 0; sync < NR_IDENTITY_SYNCS && !err; sync++) {
		for (size_t i = 0; i < TIMES; i++)
			one[i] = all[i][sync];
		timing[sync] = quartiles(one);
	}
	return err;
}

/* One of the kernel's counts of the buffer; 0 where it has none of this name. */
static uint64_t count_of(const struct source *source, const uint64_t *value, const char *name)
{
	for (size_t i = 0; source->kernel_counts[i].name; i++) {
		if (!strcmp(source->kernel_counts[i].name, name))
			return value[i];
	}
	return 0;
}

static int look_at_sync(struct buffer *buffer, struct identity_evidence *evidence)
{
	const struct source *source = buffer->source;
	uint64_t before[KERNEL_COUNTS_MAX] = { 0 }, after[KERNEL_COUNTS_MAX] = { 0 };
	double ns[NR_IDENTITY_SYNCS];
	int err = 0;

	evidence->has_kernel_counts = source->kernel_read;
	if (source->kernel_read)
		err = source->kernel_read(buffer, before);
	if (!err)
		err = sync_all(buffer, ns);
	/* Memory that is no dma-buf knows no SYNC. */
	if (err == -ENOTTY)
		return 0;
	if (!err && source->kernel_read)
		err = source->kernel_read(buffer, after);
	if (err)
		return err;
	evidence->is_dmabuf = true;
	if (source->kernel_read) {
		evidence->cleaned_bytes = count_of(source, after, "cleaned") - count_of(source, before, "cleaned");
		evidence->invalidated_bytes =
			count_of(source, after, "invalidated") - count_of(source, before, "invalidated");
		evidence->zaps = count_of(source, after, "zaps") - count_of(source, before, "zaps");
	}
	return time_syncs(buffer, evidence->sync);
}

/* The CPU writes, a device maps the buffer, and lets go of it. */
static int hand_over(struct buffer *buffer)
{
	static const enum step steps[] = { STEP_WRITE_START, STEP_WRITE_END, STEP_DEVICE_MAP, STEP_DEVICE_UNMAP };
	int err = 0;

	buffer->direction = DEVICE_READS;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && !err; i++)
		err = buffer->source->step(buffer, steps[i]);
	return err;
}

static int open_buffer(const struct identity_request *request, const struct params *params, struct buffer *buffer,
		       struct why *why)
{
	size_t room = (2 * (params_bytes(params) / pmd_bytes()) + 5) * pmd_bytes();
	char *address = mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (address == MAP_FAILED)
		return why_set(why, -errno, NULL, "no room for %zu bytes of addresses: %s", room, strerror(errno));
	munmap(address, room);
	address = (char *)(((uintptr_t)address + pmd_bytes() - 1) / pmd_bytes() * pmd_bytes());
	*buffer = (struct buffer){
		.source = request->source,
		.instance = request->instance,
		.params = params,
		.clock = request->clock,
		.bytes = params_bytes(params),
		.fd = -1,
		.device = -1,
	};
	return request->source->open(buffer, address, why);
}

/* Its memory goes, too: the next buffer is of another kind or size. */
static void close_buffer(struct buffer *buffer)
{
	buffer->source->close(buffer);
	pool_drop(buffer->fd);
}

/*
 * The SYNC of a smaller buffer: what a call costs that touches no page. Where there is none, as with a driver that has
 * one size only, whether SYNC costs more for more bytes stays unknown.
 */
static void look_at_small(const struct identity_request *request, struct identity_evidence *evidence)
{
	struct params params = *request->params;
	size_t page = evidence->page_bytes, pages = (evidence->bytes / SMALL_PART + page - 1) / page;
	struct buffer buffer;

	params.value[PARAM_SIZE] = (double)(pages * page);
	if (open_buffer(request, &params, &buffer, NULL))
		return;
	mapping_touch(&buffer, buffer.address, ACCESS_WRITE);
	if (time_syncs(&buffer, evidence->sync_small))
		memset(evidence->sync_small, 0, sizeof(evidence->sync_small));
	close_buffer(&buffer);
}

static int look_at_all(const struct identity_request *request, struct buffer *buffer, char *ordinary,
		       struct identity_evidence *evidence)
{
	struct integrity integrity = { .stale_bytes = -1 };
	int err = look_at(request, buffer, ordinary, &evidence->born);

	if (!err && evidence->has_device) {
		err = hand_over(buffer);
		if (!err)
			err = look_at(request, buffer, ordinary, &evidence->handed);
		if (!err)
			err = buffer->source->rearm(buffer);
		if (!err)
			err = integrity_control(buffer, &integrity);
	}
	evidence->stale_bytes = integrity.stale_bytes;
	return err ? err : look_at_sync(buffer, evidence);
}

int identity_fit(const struct source *source, size_t bytes, int64_t available_bytes, struct why *why)
{
	double needed = (source->reserved ? 1.0 : 2.0) * (double)bytes;

	if (available_bytes < 0 || needed <= (double)available_bytes * MEMORY_SHARE)
		return 0;
	return why_set(
		why, -ENOMEM, "use a smaller --size",
		"%sordinary memory of its size need%s %.0f MiB; %.0f MiB are available, and %.0f %% of them may be "
		"used",
		source->reserved ? "" : "the buffer and ", source->reserved ? "s" : "", needed / (1 << 20),
		(double)available_bytes / (1 << 20), MEMORY_SHARE * 100);
}

int identity_measure(const struct identity_request *request, struct identity_evidence *evidence, struct why *why)
{
	size_t bytes = params_bytes(request->params);
	struct buffer buffer;
	char *ordinary;
	/* Before the OOM killer ends somebody. */
	int err = identity_fit(request->source, bytes, environment_meminfo("", "MemAvailable"), why);

	if (err)
		return err;
	*evidence = (struct identity_evidence){
		.emulated = request->emulated,
		.bytes = bytes,
		.page_bytes = (size_t)sysconf(_SC_PAGESIZE),
		.has_device = request->source->device_map_unclean,
	};
	ordinary = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (ordinary == MAP_FAILED)
		return why_set(why, -errno, "use a smaller --size", "%zu bytes of memory: %s", bytes, strerror(errno));
	err = open_buffer(request, request->params, &buffer, why);
	if (!err) {
		err = look_at_all(request, &buffer, ordinary, evidence);
		if (err)
			why_set(why, err, NULL, "%s: %s", request->source->name, strerror(-err));
		close_buffer(&buffer);
	}
	munmap(ordinary, bytes);
	if (!err && evidence->is_dmabuf)
		look_at_small(request, evidence);
	return err;
}
