// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cost of a refault in instructions retired: those of the touching loop over
 * a zapped mapping, minus those of the same loop over the mapped pages.  Meant
 * for qemu -icount, where it is exact.  It checks the cost against limits.
 *
 * A kernel without the importer, as a product has it, is measured too: mprotect
 * zaps there.
 */

#include <stdlib.h>
#include <sys/syscall.h>

#include <linux/perf_event.h>

#include "../kselftest.h"
#include "zap_heap_util.h"

#define SIZE	(8UL << 20)
/* Of the whole buffer: a zap, and one pass over the cache lines. */
#define MAP_LIMIT	600000UL
/*
 * Of a zap: of PTEs that came one by one, of those in blocks of contiguous PTEs,
 * and of PMDs.  The last two are what it took, and 2 % more.
 */
#define ZAP_PTES	40000
#define ZAP_BLOCKS	22100
#define ZAP_PMDS	2011

static int counter;
/* What a reading of the counter adds to what is between two. */
static uint64_t counting;

static uint64_t count(void)
{
	uint64_t value = 0;

	if (read(counter, &value, sizeof(value)) != sizeof(value))
		ksft_exit_fail_msg("counter: %m\n");
	return value;
}

static uint64_t touch(volatile char *map, size_t page, int write)
{
	uint64_t before = count();
	size_t i;

	if (write) {
		for (i = 0; i < SIZE; i += page)
			map[i] = 1;
	} else {
		for (i = 0; i < SIZE; i += page)
			(void)map[i];
	}

	return count() - before;
}

static void zap_mappings(int zb, char *map)
{
	if (zb >= 0 ? zh_op(zb, ZAP_BENCH_IOC_ZAP) :
		      mprotect(map, SIZE, PROT_READ) ||
		      mprotect(map, SIZE, PROT_READ | PROT_WRITE))
		ksft_exit_fail_msg("cannot be zapped: %m\n");
}

/* START of a read, the read of one page in @step, and END of a write. */
static uint64_t frame(int buf, volatile char *map, size_t page, size_t step)
{
	uint64_t before;
	size_t i;

	if (zh_sync(buf, DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE))
		ksft_exit_fail_msg("END: %m\n");
	before = count();
	if (zh_sync(buf, DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ))
		ksft_exit_fail_msg("START: %m\n");
	for (i = 0; i < SIZE; i += step * page)
		(void)map[i];
	if (zh_sync(buf, DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE))
		ksft_exit_fail_msg("END: %m\n");

	return count() - before - counting;
}

/* The policies that never zap fault in like granularity buffer. */
struct cost {
	const char *heap;
	double limit;
	uint64_t zap_limit; /* of the importer, with its system call */
	double write_limit; /* of write first; 0: the same */
};

static void measure(const struct cost *cost, int zb, size_t page, int write)
{
	struct zap_bench_stats s = {};
	uint64_t first, second, zap, moved;
	int buf = zh_alloc(cost->heap, SIZE);
	double per_page, limit;
	long faults;
	char *map;

	if (buf == -ENOENT) {
		ksft_test_result_skip("%s: no such heap\n", cost->heap);
		return;
	}
	map = zh_mmap(buf, SIZE, 2 << 20, PROT_READ | PROT_WRITE, 0);
	if (buf < 0 || map == MAP_FAILED || (zb >= 0 && zh_attach(zb, buf, 0)))
		ksft_exit_fail_msg("%s: cannot be set up\n", cost->heap);

	/* Page tables are there, and so is all that is set up once. */
	touch(map, page, 1);
	moved = count();
	if (zb >= 0 && zh_map(zb, 0))
		ksft_exit_fail_msg("%s: cannot be mapped\n", cost->heap);
	moved = zb < 0 ? 0 : count() - moved - counting;
	if (zb >= 0 && zh_op(zb, ZAP_BENCH_IOC_UNMAP))
		ksft_exit_fail_msg("%s: cannot be unmapped\n", cost->heap);
	touch(map, page, 1);
	zap = count();
	zap_mappings(zb, map);
	zap = count() - zap - counting;

	faults = zh_faults();
	first = touch(map, page, write);
	faults = zh_faults() - faults;
	second = touch(map, page, write);
	per_page = (double)(first - second) / (SIZE / page);
	limit = write && cost->write_limit ? cost->write_limit : cost->limit;
	if (zb >= 0)
		zh_stats(zb, &s);
	ksft_print_msg("%s %s: %ld faults, first map %lu, zap %lu, %u chunks, %u PMD\n",
		       cost->heap, write ? "write" : "read", faults,
		       (unsigned long)moved, (unsigned long)zap, s.chunks,
		       s.chunks_pmd);
	ksft_print_msg("instructions a page: %.2f net, %.2f mapped\n",
		       per_page, (double)second / (SIZE / page));
	/* Without the importer mprotect zaps, which is another cost. */
	ksft_test_result(per_page <= limit && moved <= MAP_LIMIT &&
			 (zb < 0 || zap <= cost->zap_limit),
			 "%s %s-first: %.2f <= %.2f, first map <= %lu, zap <= %lu\n",
			 cost->heap, write ? "write" : "read", per_page,
			 limit, MAP_LIMIT, (unsigned long)cost->zap_limit);
	if (strstr(cost->heap, "-lazy-") && !write)
		ksft_print_msg("%s frame that reads: %lu all, %lu one page in 64\n",
			       cost->heap,
			       (unsigned long)frame(buf, map, page, 1),
			       (unsigned long)frame(buf, map, page, 64));

	if (zb >= 0)
		zh_op(zb, ZAP_BENCH_IOC_DETACH);
	munmap(map, SIZE);
	close(buf);
}

int main(void)
{
	static const struct cost costs[] = {
		{ "zap-eager-page", 1190, ZAP_PTES },
		{ "zap-eager-around", 95, ZAP_BLOCKS },
		{ "zap-eager-buffer", 17, ZAP_BLOCKS },
		{ "zap-eager-huge", 1.95, ZAP_PMDS, 1.96 },
		{ "zap-eager-contpte", 95, ZAP_BLOCKS },
		{ "zap-lazy-page", 1190, ZAP_PTES },
		{ "zap-lazy-around", 95, ZAP_BLOCKS },
		{ "zap-lazy-buffer", 17, ZAP_BLOCKS },
		{ "zap-lazy-huge", 1.95, ZAP_PMDS, 1.96 },
		{ "zap-lazy-contpte", 95, ZAP_BLOCKS },
		{ "zap-uncached", 17, ZAP_BLOCKS },
		{ "zap-cached", 17, ZAP_BLOCKS },
	};
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_HW_INSTRUCTIONS,
	};
	size_t page = getpagesize(), n = ARRAY_SIZE(costs), i;
	int zb = zh_open();

	ksft_print_header();
	if (zb == -ENOENT)
		ksft_print_msg("no " ZAP_BENCH_DEVICE ": mprotect zaps\n");
	counter = syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
	if (counter < 0)
		ksft_exit_skip("no counter of instructions: %m\n");

	counting = count();
	counting = count();
	counting = count() - counting;
	ksft_print_msg("%lu instructions from one reading to the next, subtracted\n",
		       (unsigned long)counting);

	ksft_set_plan(2 * n);
	for (i = 0; i < 2 * n; i++)
		measure(&costs[i / 2], zb, page, i & 1);
	ksft_finished();
}
