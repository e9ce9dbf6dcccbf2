// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the zap heaps: every policy with every granularity
 */

#define _GNU_SOURCE
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "../kselftest_harness.h"
#include "zap_heap_util.h"

#define RW	(PROT_READ | PROT_WRITE)
#define START_R	(DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ)
#define START_W	(DMA_BUF_SYNC_START | DMA_BUF_SYNC_WRITE)
#define END_R	(DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ)
#define END_W	(DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE)

/* One write-combined PTE for all of WC, and so on: what is tested for. */
#define CACHED	ZAP_BENCH_MEM_CACHED
#define WC	ZAP_BENCH_MEM_WC
#define NONE	ZAP_BENCH_MEM_NONE

static volatile char sink;

FIXTURE(heap)
{
	struct zap_bench_info info;
	unsigned int gran;
	size_t page;
	size_t size;
	int buf;
	int zb;
	volatile char *map;
};

FIXTURE_VARIANT(heap)
{
	const char *name;
	unsigned int policy;
	unsigned int gran;
	bool zaps;
	bool lazy;
};

#define HEAP(id, heap_name, p, g, z, l) FIXTURE_VARIANT_ADD(heap, id) { \
	.name = heap_name, .policy = ZAP_BENCH_POLICY_##p, \
	.gran = ZAP_BENCH_GRAN_##g, .zaps = z, .lazy = l }

HEAP(eager_page, "zap-eager-page", EAGER, PAGE, true, false);
HEAP(eager_around, "zap-eager-around", EAGER, AROUND, true, false);
HEAP(eager_buffer, "zap-eager-buffer", EAGER, BUFFER, true, false);
HEAP(eager_huge, "zap-eager-huge", EAGER, HUGE, true, false);
HEAP(eager_contpte, "zap-eager-contpte", EAGER, CONTPTE, true, false);
HEAP(lazy_page, "zap-lazy-page", LAZY, PAGE, true, true);
HEAP(lazy_around, "zap-lazy-around", LAZY, AROUND, true, true);
HEAP(lazy_buffer, "zap-lazy-buffer", LAZY, BUFFER, true, true);
HEAP(lazy_huge, "zap-lazy-huge", LAZY, HUGE, true, true);
HEAP(lazy_contpte, "zap-lazy-contpte", LAZY, CONTPTE, true, true);
HEAP(cached, "zap-cached", CACHED, BUFFER, false, false);
HEAP(uncached, "zap-uncached", UNCACHED, BUFFER, false, false);
HEAP(refuse, "zap-refuse", REFUSE, BUFFER, false, false);

FIXTURE_SETUP(heap)
{
	struct zap_bench_stats s;

	self->map = MAP_FAILED;
	self->buf = -1;
	self->zb = zh_open();
	if (self->zb == -ENOENT)
		SKIP(return, "no " ZAP_BENCH_DEVICE " (CONFIG_ZAP_BENCH)");
	ASSERT_GE(self->zb, 0);
	ASSERT_EQ(0, zh_ioctl(self->zb, ZAP_BENCH_IOC_INFO, &self->info));
	ASSERT_EQ(ZAP_BENCH_VERSION, self->info.version);
	self->page = self->info.page_bytes;
	/* Two PMDs where they are small; else there is no huge page anyway. */
	self->size = self->info.pmd_bytes <= 32 << 20 ?
		     2 * self->info.pmd_bytes : 1024 * self->page;

	self->buf = zh_alloc(variant->name, self->size);
	if (self->buf == -ENOENT)
		SKIP(return, "no heap %s in this kernel", variant->name);
	ASSERT_GE(self->buf, 0);
	self->map = zh_mmap(self->buf, self->size, self->info.pmd_bytes, RW, 0);
	if (variant->policy == ZAP_BENCH_POLICY_REFUSE &&
	    !self->info.direct_map_removable)
		SKIP(return, "the alias stays: boot with rodata=full");
	ASSERT_NE(MAP_FAILED, self->map);
	ASSERT_EQ(0, zh_attach(self->zb, self->buf, 0));
	ASSERT_EQ(0, zh_stats(self->zb, &s));
	self->gran = s.granularity;
}

FIXTURE_TEARDOWN(heap)
{
	if (self->map != MAP_FAILED)
		munmap((void *)self->map, self->size);
	if (self->buf >= 0)
		close(self->buf);
	if (self->zb >= 0)
		close(self->zb);
}

/* Touches each page, and returns how many faults that took. */
static long touch(volatile char *map, size_t size, size_t page, bool write)
{
	long before;
	size_t i;

	/* The harness forks: what is written here faults once by itself. */
	sink = 0;
	before = zh_faults();
	for (i = 0; i < size; i += page) {
		if (write)
			map[i] = i / page;
		else
			sink = map[i];
	}

	return zh_faults() - before;
}

static unsigned int born_as(const FIXTURE_VARIANT(heap) *variant)
{
	return variant->policy == ZAP_BENCH_POLICY_UNCACHED ||
	       variant->policy == ZAP_BENCH_POLICY_REFUSE ? WC : CACHED;
}

static unsigned int mapped_as(const FIXTURE_VARIANT(heap) *variant)
{
	return variant->policy == ZAP_BENCH_POLICY_CACHED ? CACHED : WC;
}

/* What the heap says of itself. */
TEST_F(heap, stats)
{
	struct zap_bench_stats s;

	ASSERT_EQ(0, zh_stats(self->zb, &s));
	EXPECT_EQ(variant->policy, s.policy);
	/* Those that never zap take the largest that is compiled in. */
	if (variant->zaps ||
	    self->info.granularities & (1U << ZAP_BENCH_GRAN_BUFFER))
		EXPECT_EQ(variant->gran, s.granularity);
	EXPECT_NE(0, self->info.granularities & (1U << s.granularity));
	EXPECT_EQ(self->size / self->page, s.pages);
	EXPECT_EQ(1, s.attachments);
	EXPECT_EQ(0, s.device_maps);
	EXPECT_EQ(0, s.refaults);
	EXPECT_LE(1, s.chunks);
	EXPECT_LE(s.chunks_pmd, s.chunks);
	EXPECT_EQ(variant->policy == ZAP_BENCH_POLICY_REFUSE, s.alias_removed);
}

/* mmap puts no PTE in: a zap would not find it (mutant populate-at-mmap). */
TEST_F(heap, mmap_is_empty)
{
	size_t i;

	for (i = 0; i < self->size; i += self->page)
		ASSERT_EQ(NONE, zh_memtype(self->zb, self->map + i, NULL));
}

/* The number of faults is what the granularity says, for reads and writes. */
TEST_F(heap, fault_counts)
{
	size_t pages = self->size / self->page, want = 0;
	struct zap_bench_stats s;
	bool pmds = false;
	int pass;

	ASSERT_EQ(0, zh_stats(self->zb, &s));
	switch (self->gran) {
	case ZAP_BENCH_GRAN_PAGE:
		want = pages;
		break;
	case ZAP_BENCH_GRAN_AROUND:
		want = pages / self->info.around_pages;
		break;
	case ZAP_BENCH_GRAN_CONTPTE:
		want = pages / self->info.contpte_pages;
		break;
	case ZAP_BENCH_GRAN_BUFFER:
		want = 1;
		break;
	case ZAP_BENCH_GRAN_HUGE:
		/* By PMDs, or by page tables where there is no chunk for one. */
		pmds = s.chunks_pmd * self->info.pmd_bytes == self->size;
		if (s.chunks_pmd && !pmds)
			SKIP(return, "memory is too fragmented: %u chunks",
			     s.chunks);
		want = (self->size + self->info.pmd_bytes - 1) /
		       self->info.pmd_bytes;
		break;
	}

	for (pass = 0; pass < 4; pass++) {
		ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_ZAP));
		EXPECT_EQ(want, touch(self->map, self->size, self->page,
				      pass & 1));
		EXPECT_EQ(0, touch(self->map, self->size, self->page, true));
	}
	ASSERT_EQ(0, zh_stats(self->zb, &s));
	EXPECT_EQ(4 * want, s.refaults);
	EXPECT_EQ(4, s.zaps);
	EXPECT_EQ(0, s.zaps_uncounted);
	if (pmds) {
		EXPECT_EQ(3 * want, s.pmds_zapped);
		EXPECT_EQ(4 * want, s.pmds_inserted);
		EXPECT_EQ(0, s.ptes_inserted);
	} else {
		EXPECT_EQ(3 * pages, s.ptes_zapped);
		EXPECT_EQ(4 * pages, s.ptes_inserted);
	}
}

/* Attributes before, in and after a mapping by a device; and the data. */
TEST_F(heap, attributes_and_data)
{
	unsigned int born = born_as(variant), mapped = mapped_as(variant);
	static char data[65536];
	volatile uint64_t *words;
	struct zap_bench_stats s;
	uint64_t size;
	size_t i;

	memset((void *)self->map, 0x11, self->size);
	EXPECT_EQ(born, zh_memtype(self->zb, self->map, &size));
	ASSERT_EQ(0, zh_map(self->zb, ZAP_BENCH_DIR_BIDIRECTIONAL));
	if (variant->zaps) {
		EXPECT_EQ(NONE, zh_memtype(self->zb, self->map, NULL));
		EXPECT_EQ(NONE, zh_memtype(self->zb, self->map + self->size -
					   self->page, NULL));
	}

	/* The device reads what the CPU wrote ... */
	ASSERT_EQ(0, zh_access(self->zb, ZAP_BENCH_IOC_DEV_READ, 4096, data,
			       sizeof(data)));
	for (i = 0; i < sizeof(data); i++)
		ASSERT_EQ(0x11, data[i]);
	/* ... and the CPU what the device wrote, at every byte. */
	memset(data, 0x22, sizeof(data));
	for (i = 0; i < self->size; i += sizeof(data))
		ASSERT_EQ(0, zh_access(self->zb, ZAP_BENCH_IOC_DEV_WRITE, i,
				       data, sizeof(data)));
	ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_UNMAP));
	sink = self->map[0];
	EXPECT_EQ(mapped, zh_memtype(self->zb, self->map, &size));
	if (self->gran == ZAP_BENCH_GRAN_HUGE) {
		ASSERT_EQ(0, zh_stats(self->zb, &s));
		EXPECT_EQ(s.chunks_pmd ? self->info.pmd_bytes : self->page,
			  size);
	} else {
		EXPECT_EQ(self->page, size);
	}
	ASSERT_EQ(0, zh_sync(self->buf, START_R));
	if (variant->lazy) {
		sink = self->map[0];
		EXPECT_EQ(CACHED, zh_memtype(self->zb, self->map, NULL));
	}
	words = (volatile uint64_t *)self->map;
	for (i = 0; i < self->size / sizeof(*words); i++)
		if (words[i] != 0x2222222222222222)
			break;
	EXPECT_EQ(self->size / sizeof(*words), i);
	ASSERT_EQ(0, zh_sync(self->buf, END_R));

	ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_REARM));
	sink = self->map[0];
	EXPECT_EQ(born, zh_memtype(self->zb, self->map, NULL));
	EXPECT_EQ(0x22, self->map[0]);
}

/* Eager moves once, and later maps find it moved. */
TEST_F(heap, transitions)
{
	unsigned int want = variant->zaps, i;
	struct zap_bench_stats s;

	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, zh_map(self->zb, ZAP_BENCH_DIR_BIDIRECTIONAL));
		ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_UNMAP));
	}
	ASSERT_EQ(0, zh_stats(self->zb, &s));
	EXPECT_EQ(want, s.transitions_to_wc);
	EXPECT_EQ(want, s.zaps);
	EXPECT_EQ(0, s.transitions_to_cached);
	if (variant->zaps) {
		EXPECT_EQ(self->size, s.cleaned_bytes);
		/* Clean lines are in nobody's way until the way back. */
		EXPECT_EQ(0, s.invalidated_bytes);
		ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_REARM));
		ASSERT_EQ(0, zh_stats(self->zb, &s));
		EXPECT_EQ(self->size, s.cleaned_bytes);
		EXPECT_EQ(self->size, s.invalidated_bytes);
		EXPECT_EQ(want + 1, s.zaps);
		ASSERT_EQ(0, zh_map(self->zb, ZAP_BENCH_DIR_BIDIRECTIONAL));
		ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_UNMAP));
		ASSERT_EQ(0, zh_stats(self->zb, &s));
		EXPECT_EQ(2 * self->size, s.cleaned_bytes);
		EXPECT_EQ(self->size, s.invalidated_bytes);
	}
	EXPECT_EQ(mapped_as(variant) == WC ? variant->lazy ?
		  ZAP_BENCH_STATE_DEVICE : ZAP_BENCH_STATE_CPU_WC :
		  ZAP_BENCH_STATE_CPU_CACHED, s.state);
}

/* Write-combined and mapped by a device: both see all writes, without SYNC. */
TEST_F(heap, needs_no_sync)
{
	struct zap_bench_stats before, after;
	char want, byte;
	size_t i;

	if (mapped_as(variant) != WC || variant->lazy)
		SKIP(return, "a client has to call START and END");
	ASSERT_EQ(0, zh_map(self->zb, ZAP_BENCH_DIR_BIDIRECTIONAL));
	ASSERT_EQ(0, zh_stats(self->zb, &before));
	for (i = 0; i < self->size; i += self->page) {
		want = i / self->page + 1;
		self->map[i] = want;
		/* It orders the write before the request, and does no more. */
		ASSERT_EQ(0, zh_sync(self->buf, END_W));
		ASSERT_EQ(0, zh_access(self->zb, ZAP_BENCH_IOC_DEV_READ, i,
				       &byte, 1));
		ASSERT_EQ(want, byte);
		byte = want + 100;
		ASSERT_EQ(0, zh_access(self->zb, ZAP_BENCH_IOC_DEV_WRITE, i,
				       &byte, 1));
		ASSERT_EQ(byte, self->map[i]);
	}
	/* It would zap, and make the buffer cacheable, under lazy. */
	ASSERT_EQ(0, zh_sync(self->buf, START_R));
	EXPECT_EQ(WC, zh_memtype(self->zb, self->map, NULL));
	ASSERT_EQ(0, zh_stats(self->zb, &after));
	EXPECT_EQ(ZAP_BENCH_STATE_CPU_WC, after.state);
	EXPECT_EQ(before.zaps, after.zaps);
	EXPECT_EQ(before.cleaned_bytes, after.cleaned_bytes);
	EXPECT_EQ(before.invalidated_bytes, after.invalidated_bytes);
}

/* The first map costs each page one fault more, or none; later maps cost none. */
TEST_F(heap, map_faults_once_more)
{
	long first = touch(self->map, self->size, self->page, true);
	int i;

	EXPECT_LT(0, first);
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, zh_map(self->zb, ZAP_BENCH_DIR_BIDIRECTIONAL));
		EXPECT_EQ(variant->zaps && !i ? first : 0,
			  touch(self->map, self->size, self->page, true));
		ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_UNMAP));
	}
}

/* END of a read neither zaps nor maintains caches, whatever the policy. */
TEST_F(heap, end_of_read_does_nothing)
{
	struct zap_bench_stats before, after;
	unsigned int type;

	ASSERT_EQ(0, zh_map(self->zb, ZAP_BENCH_DIR_BIDIRECTIONAL));
	ASSERT_EQ(0, zh_sync(self->buf, START_R));
	sink = self->map[0];
	type = zh_memtype(self->zb, self->map, NULL);
	EXPECT_EQ(variant->lazy ? CACHED : mapped_as(variant), type);
	ASSERT_EQ(0, zh_stats(self->zb, &before));
	ASSERT_EQ(0, zh_sync(self->buf, END_R));
	EXPECT_EQ(type, zh_memtype(self->zb, self->map, NULL));
	ASSERT_EQ(0, zh_stats(self->zb, &after));
	EXPECT_EQ(before.state, after.state);
	EXPECT_EQ(before.zaps, after.zaps);
	EXPECT_EQ(before.cleaned_bytes, after.cleaned_bytes);
	EXPECT_EQ(before.invalidated_bytes, after.invalidated_bytes);
}

/* A new buffer has no data of an earlier one, for the CPU and for a device. */
TEST_F(heap, new_buffer_is_zero)
{
	static char data[65536], zero[65536];
	struct zap_bench_stats s;
	size_t i;

	memset((void *)self->map, 0xee, self->size);
	ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_DETACH));
	munmap((void *)self->map, self->size);
	close(self->buf);
	self->buf = zh_alloc(variant->name, self->size);
	ASSERT_GE(self->buf, 0);
	self->map = zh_mmap(self->buf, self->size, self->info.pmd_bytes, RW, 0);
	ASSERT_NE(MAP_FAILED, self->map);
	ASSERT_EQ(0, zh_attach(self->zb, self->buf, 0));

	/* What is write-combined from the beginning was cleaned at once. */
	ASSERT_EQ(0, zh_stats(self->zb, &s));
	EXPECT_EQ(born_as(variant) == WC ? self->size : 0, s.cleaned_bytes);
	for (i = 0; i < self->size; i += sizeof(data))
		ASSERT_EQ(0, memcmp((void *)(self->map + i), zero,
				    sizeof(zero)));
	ASSERT_EQ(0, zh_map(self->zb, ZAP_BENCH_DIR_BIDIRECTIONAL));
	for (i = 0; i < self->size; i += sizeof(data)) {
		ASSERT_EQ(0, zh_access(self->zb, ZAP_BENCH_IOC_DEV_READ, i,
				       data, sizeof(data)));
		ASSERT_EQ(0, memcmp(data, zero, sizeof(zero)));
	}
}

/* The lazy client's frame, with the device mapped all the time. */
TEST_F(heap, frames)
{
	struct zap_bench_stats s;
	char byte;
	int i;

	ASSERT_EQ(0, zh_map(self->zb, ZAP_BENCH_DIR_BIDIRECTIONAL));
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, zh_sync(self->buf, START_W));
		self->map[i] = i;
		if (variant->lazy)
			EXPECT_EQ(CACHED, zh_memtype(self->zb, self->map, NULL));
		ASSERT_EQ(0, zh_sync(self->buf, END_W));
		if (variant->lazy)
			EXPECT_EQ(NONE, zh_memtype(self->zb, self->map, NULL));
		ASSERT_EQ(0, zh_access(self->zb, ZAP_BENCH_IOC_DEV_READ, i,
				       &byte, 1));
		EXPECT_EQ(i, byte);
		byte = i + 100;
		ASSERT_EQ(0, zh_access(self->zb, ZAP_BENCH_IOC_DEV_WRITE, i,
				       &byte, 1));
		ASSERT_EQ(0, zh_sync(self->buf, START_R));
		EXPECT_EQ(i + 100, self->map[i]);
		ASSERT_EQ(0, zh_sync(self->buf, END_R));
	}
	ASSERT_EQ(0, zh_stats(self->zb, &s));
	if (variant->lazy) {
		EXPECT_EQ(6, s.transitions_to_wc);
		EXPECT_EQ(10 - 4, s.transitions_to_cached);
		/* Each START of a read made it cacheable, and filled it. */
		EXPECT_EQ(self->info.start_fills & (1U << self->gran) ? 5 : 0,
			  s.populates);
	}
}

/* START of a read brings the caller's mapping back, of a write it does not. */
TEST_F(heap, start_fills)
{
	bool fills = self->info.start_fills & (1U << self->gran);
	unsigned int want = fills ? CACHED : NONE;
	struct zap_bench_stats s;
	uint64_t size;

	if (!variant->lazy)
		SKIP(return, "START changes nothing");
	if (self->gran == ZAP_BENCH_GRAN_BUFFER)
		EXPECT_TRUE(fills);
	sink = self->map[0];
	ASSERT_EQ(0, zh_sync(self->buf, END_W));
	EXPECT_EQ(NONE, zh_memtype(self->zb, self->map, NULL));
	ASSERT_EQ(0, zh_sync(self->buf, START_R));
	EXPECT_EQ(want, zh_memtype(self->zb, self->map, NULL));
	EXPECT_EQ(want, zh_memtype(self->zb, self->map + self->size -
				   self->page, &size));
	ASSERT_EQ(0, zh_stats(self->zb, &s));
	if (fills) {
		/* By what its faults would have put in, and by no fault. */
		EXPECT_EQ(self->gran == ZAP_BENCH_GRAN_HUGE && s.chunks_pmd ==
			  s.chunks ? self->info.pmd_bytes : self->page, size);
		EXPECT_EQ(1, s.refaults);
		EXPECT_EQ(0, touch(self->map, self->size, self->page, true));
	}
	ASSERT_EQ(0, zh_sync(self->buf, END_W));
	ASSERT_EQ(0, zh_sync(self->buf, START_W));
	EXPECT_EQ(NONE, zh_memtype(self->zb, self->map, NULL));
	/* Also when it was another START that made it cached. */
	ASSERT_EQ(0, zh_sync(self->buf, START_R));
	EXPECT_EQ(want, zh_memtype(self->zb, self->map, NULL));
}

/* Unbalanced SYNC: START and END in unusual orders. */
TEST_F(heap, unbalanced_sync)
{
	static const uint64_t odd[] = {
		END_W, END_W, END_R, START_R, START_R, START_W, END_R, END_W,
		START_W, START_W, END_W, END_W, START_R, END_W
	};
	int status;
	size_t i;
	pid_t pid;

	memset((void *)self->map, 0x5a, self->page);
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		for (i = 0; i < ARRAY_SIZE(odd); i++)
			if (zh_sync(self->buf, odd[i]) || self->map[7] != 0x5a)
				_exit(1);
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	for (i = 0; i < ARRAY_SIZE(odd); i++) {
		ASSERT_EQ(0, zh_sync(self->buf, odd[i]));
		EXPECT_EQ(0x5a, self->map[i]);
	}
}

/* A child's mapping is zapped too (mutant VMA missed after fork). */
TEST_F(heap, fork_is_zapped)
{
	int to[2], from[2], status;
	char byte = 0;
	pid_t pid;

	if (!variant->zaps)
		SKIP(return, "never zaps");
	ASSERT_EQ(0, pipe(to));
	ASSERT_EQ(0, pipe(from));
	self->map[0] = 0x33;
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		int zb = zh_open();

		if (self->map[0] != 0x33 ||
		    zh_memtype(zb, self->map, NULL) != CACHED)
			_exit(1);
		if (write(from[1], &byte, 1) != 1 || read(to[0], &byte, 1) != 1)
			_exit(2);
		if (zh_memtype(zb, self->map, NULL) != NONE)
			_exit(3);
		if (self->map[0] != 0x33 ||
		    zh_memtype(zb, self->map, NULL) != WC)
			_exit(4);
		_exit(0);
	}
	ASSERT_EQ(1, read(from[0], &byte, 1));
	EXPECT_EQ(0, zh_map(self->zb, ZAP_BENCH_DIR_BIDIRECTIONAL));
	ASSERT_EQ(1, write(to[1], &byte, 1));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, WEXITSTATUS(status));
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(NONE, zh_memtype(self->zb, self->map, NULL));
}

/* So is a mapping that another process made by itself, of a part. */
TEST_F(heap, second_process_is_zapped)
{
	int to[2], from[2], status;
	char byte = 0;
	pid_t pid;

	ASSERT_EQ(0, pipe(to));
	ASSERT_EQ(0, pipe(from));
	self->map[self->page] = 0x35;
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		int zb = zh_open();
		char *own;

		munmap((void *)self->map, self->size);
		own = mmap(NULL, 3 * self->page, RW, MAP_SHARED, self->buf,
			   self->page);
		if (own == MAP_FAILED || own[0] != 0x35)
			_exit(1);
		if (write(from[1], &byte, 1) != 1 || read(to[0], &byte, 1) != 1)
			_exit(2);
		if (zh_memtype(zb, own, NULL) != NONE)
			_exit(3);
		own[2 * self->page] = own[0] + 1;
		_exit(0);
	}
	ASSERT_EQ(1, read(from[0], &byte, 1));
	EXPECT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_ZAP));
	ASSERT_EQ(1, write(to[1], &byte, 1));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, WEXITSTATUS(status));
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(0x36, self->map[3 * self->page]);
}

/* A hole in the middle: what is left is zapped, and faults in again. */
TEST_F(heap, split_by_munmap)
{
	size_t page = self->page, hole = 5 * page;
	size_t i;

	touch(self->map, self->size, page, true);
	ASSERT_EQ(0, munmap((void *)(self->map + hole), 3 * page));
	ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_ZAP));
	for (i = 0; i < self->size; i += page) {
		if (i >= hole && i < hole + 3 * page)
			continue;
		ASSERT_EQ(NONE, zh_memtype(self->zb, self->map + i, NULL));
	}
	for (i = 0; i < self->size; i += page) {
		if (i >= hole && i < hole + 3 * page)
			continue;
		ASSERT_EQ((char)(i / page), self->map[i]);
	}
	/* The hole stays: around and buffer end at the edges of the VMA. */
	EXPECT_EQ(-EFAULT, zh_memtype(self->zb, self->map + hole, NULL));
}

/* Runs of 1 to 16 pages, with holes of 15 to none between them. */
static bool in_a_run(size_t page)
{
	return page % 16 <= page / 16 % 16;
}

/* A zap takes PTEs by the run: all of each, nothing else, out of the TLB too. */
TEST_F(heap, zap_takes_runs)
{
	size_t page = self->page, part = 250, i;
	volatile char *p = self->map;

	if (self->gran != ZAP_BENCH_GRAN_PAGE)
		SKIP(return, "runs need PTEs that come one by one");

	for (i = 0; i < self->size / page; i++) {
		if (in_a_run(i))
			sink = p[i * page];
	}
	/* The middle of a run goes. */
	ASSERT_EQ(0, mprotect((char *)self->map + part * page, 3 * page,
			      PROT_READ));
	for (i = 0; i < self->size / page; i++) {
		unsigned int want = !in_a_run(i) || (i >= part && i < part + 3) ?
				    NONE : born_as(variant);

		ASSERT_EQ(want, zh_memtype(self->zb, p + i * page, NULL)) {
			TH_LOG("page %zu", i);
		}
	}

	ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_ZAP));
	for (i = 0; i < self->size / page; i++)
		ASSERT_EQ(NONE, zh_memtype(self->zb, p + i * page, NULL));

	/* What is left in the TLB does not fault. */
	for (i = 0; i < 3; i++)
		sink = p[i * page];
	ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_ZAP));
	for (i = 0; i < 3; i++) {
		sink = p[i * page];
		EXPECT_NE(NONE, zh_memtype(self->zb, p + i * page, NULL));
	}
}

static bool in_a_block(int zb, const volatile void *addr)
{
	struct zap_bench_pte pte = { .address = (uintptr_t)addr };

	return !zh_ioctl(zb, ZAP_BENCH_IOC_PTE, &pte) &&
	       pte.flags & ZAP_BENCH_PTE_CONT;
}

/* One fault brings back one block, for a read and for a write, and no more. */
TEST_F(heap, contpte_brings_a_block)
{
	size_t page = self->page, block = self->info.contpte_pages, i, at;
	volatile char *p = self->map;
	struct zap_bench_stats s;

	if (self->gran != ZAP_BENCH_GRAN_CONTPTE)
		SKIP(return, "another granularity");
	ASSERT_EQ(page == 4096 ? 16 : page == 16384 ? 128 : 32, block);
	ASSERT_EQ(0, zh_stats(self->zb, &s));
	ASSERT_EQ(block, s.around_pages);
	/* The heap has chunks of 256 pages, unless memory is fragmented. */
	if (s.chunks > self->size / page / 256)
		SKIP(return, "memory is too fragmented: %u chunks", s.chunks);

	for (at = block; at < 6 * block; at += 2 * block) {
		if (at == 3 * block)
			sink = p[(at + block / 2) * page];
		else
			p[(at + block - 1) * page] = 1;
		for (i = at - block; i < at + 2 * block; i++) {
			bool in = i >= at && i < at + block;

			EXPECT_EQ(in, in_a_block(self->zb, p + i * page));
			EXPECT_EQ(in ? born_as(variant) : NONE,
				  zh_memtype(self->zb, p + i * page, NULL));
		}
	}
	ASSERT_EQ(0, zh_stats(self->zb, &s));
	EXPECT_EQ(3, s.refaults);
	EXPECT_EQ(3 * block, s.ptes_inserted);
	ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_ZAP));
	for (i = 0; i < 7 * block; i++)
		ASSERT_EQ(NONE, zh_memtype(self->zb, p + i * page, NULL));
}

/* A buffer as small as a block is one chunk, and so it is in a block. */
TEST_F(heap, block_is_one_chunk)
{
	size_t page = self->page, size = self->info.contpte_pages * page, i;
	struct zap_bench_stats s;
	volatile char *p;
	int buf, zb;

	if (!size)
		SKIP(return, "no granularity contpte in this kernel");
	ASSERT_EQ(0, zh_stats(self->zb, &s));
	if (s.chunks > self->size / page / 256)
		SKIP(return, "memory is too fragmented: %u chunks", s.chunks);

	buf = zh_alloc(variant->name, size);
	zb = zh_open();
	ASSERT_GE(buf, 0);
	ASSERT_GE(zb, 0);
	p = zh_mmap(buf, size, size, RW, 0);
	ASSERT_NE(MAP_FAILED, p);
	ASSERT_EQ(0, zh_attach(zb, buf, 0));
	ASSERT_EQ(0, zh_stats(zb, &s));
	EXPECT_EQ(1, s.chunks);
	sink = p[0];
	/* What one fault brings back may be less than a block. */
	if (self->gran != ZAP_BENCH_GRAN_PAGE &&
	    (self->gran != ZAP_BENCH_GRAN_AROUND ||
	     self->info.around_pages >= self->info.contpte_pages)) {
		for (i = 0; i < size; i += page)
			ASSERT_TRUE(in_a_block(zb, p + i));
	}
	munmap((void *)p, size);
	close(zb);
	close(buf);
}

/*
 * A buffer that is smaller than a block and than a PMD: one fault brings all of
 * it back, by plain PTEs.
 */
TEST_F(heap, small_buffer)
{
	size_t page = self->page, size = 3 * page, i;
	long want = self->gran == ZAP_BENCH_GRAN_PAGE ? 3 : 1;
	struct zap_bench_stats s;
	volatile char *p;
	int buf, zb, pass;

	buf = zh_alloc(variant->name, size);
	zb = zh_open();
	ASSERT_GE(buf, 0);
	ASSERT_GE(zb, 0);
	p = zh_mmap(buf, size, self->info.pmd_bytes, RW, 0);
	ASSERT_NE(MAP_FAILED, p);
	ASSERT_EQ(0, zh_attach(zb, buf, 0));
	for (pass = 0; pass < 2; pass++) {
		ASSERT_EQ(0, zh_op(zb, ZAP_BENCH_IOC_ZAP));
		EXPECT_EQ(want, touch(p, size, page, pass));
		for (i = 0; i < size; i += page) {
			EXPECT_FALSE(in_a_block(zb, p + i));
			EXPECT_EQ(born_as(variant), zh_memtype(zb, p + i, NULL));
		}
	}
	ASSERT_EQ(0, zh_stats(zb, &s));
	EXPECT_EQ(2 * want, s.refaults);
	EXPECT_EQ(2 * 3, s.ptes_inserted);
	EXPECT_EQ(0, s.pmds_inserted);
	/* No PMD fits, and the first fault counts that. */
	EXPECT_EQ(self->gran == ZAP_BENCH_GRAN_HUGE, s.huge_fallbacks > 0);
	munmap((void *)p, size);
	close(zb);
	close(buf);
}

/*
 * A block of contiguous PTEs can lose a part to mprotect and to mremap.  The
 * rest of it stays as it was, and so does the next one.
 */
TEST_F(heap, blocks_in_part)
{
	size_t page = self->page, block, part, i;
	volatile char *p = self->map, *moved;

	if (self->gran == ZAP_BENCH_GRAN_PAGE ||
	    self->gran == ZAP_BENCH_GRAN_HUGE)
		SKIP(return, "PTEs come one by one, or a PMD");
	for (i = 0; i < self->size / page; i++)
		p[i * page] = i;
	for (i = 0; i < self->size / page; i++)
		ASSERT_EQ((char)i, p[i * page]);
	block = self->info.contpte_pages;
	if (!block || !in_a_block(self->zb, p) || !in_a_block(self->zb, p + block * page))
		SKIP(return, "no blocks of contiguous PTEs");

	ASSERT_EQ(0, mprotect((char *)p + 5 * page, 3 * page, PROT_READ));
	part = block + 5;
	moved = zh_reserve(3 * page, page);
	ASSERT_NE(MAP_FAILED, moved);
	ASSERT_EQ(moved, mremap((char *)p + part * page, 3 * page, 3 * page,
				MREMAP_MAYMOVE | MREMAP_FIXED, moved));
	for (i = 0; i < 2 * block; i++) {
		if (i >= part && i < part + 3)
			continue;
		EXPECT_FALSE(in_a_block(self->zb, p + i * page));
		EXPECT_EQ(i >= 5 && i < 8 ? NONE : born_as(variant),
			  zh_memtype(self->zb, p + i * page, NULL));
	}
	EXPECT_TRUE(in_a_block(self->zb, p + 2 * block * page));
	for (i = 0; i < self->size / page; i++)
		ASSERT_EQ((char)i, i < part || i >= part + 3 ?
			  p[i * page] : moved[(i - part) * page]);

	ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_ZAP));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(NONE, zh_memtype(self->zb, moved + i * page, NULL));
	for (i = 0; i < self->size / page; i++) {
		if (i >= part && i < part + 3)
			continue;
		ASSERT_EQ(NONE, zh_memtype(self->zb, p + i * page, NULL));
	}
	ASSERT_EQ((char)part, moved[0]);
	munmap((char *)moved, 3 * page);
}

/* Where addresses and memory are not aligned in the same way, there is no block. */
TEST_F(heap, blocks_are_aligned)
{
	size_t size = 256 * self->page, i;
	char *at = zh_reserve(size, self->info.pmd_bytes);
	volatile char *p;

	ASSERT_NE(MAP_FAILED, at);
	p = mmap(at + self->page, size, RW, MAP_SHARED | MAP_FIXED, self->buf,
		 0);
	ASSERT_NE(MAP_FAILED, p);
	for (i = 0; i < size; i += self->page)
		p[i] = i / self->page;
	for (i = 0; i < size; i += self->page) {
		EXPECT_FALSE(in_a_block(self->zb, p + i));
		EXPECT_EQ((char)(i / self->page), p[i]);
	}
	munmap((char *)p, size);
}

/* A moved mapping is found by the zap. */
TEST_F(heap, mremap_moves)
{
	char *to = zh_reserve(self->size, self->info.pmd_bytes);
	char *moved;

	self->map[self->page] = 0x44;
	ASSERT_NE(MAP_FAILED, to);
	moved = mremap((void *)self->map, self->size, self->size,
		       MREMAP_MAYMOVE | MREMAP_FIXED, to);
	ASSERT_EQ(to, moved);
	self->map = moved;
	EXPECT_EQ(0x44, moved[self->page]);
	ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_ZAP));
	EXPECT_EQ(NONE, zh_memtype(self->zb, moved + self->page, NULL));
	EXPECT_EQ(0x44, moved[self->page]);
}

TEST_F(heap, mremap_does_not_grow)
{
	void *p;

	p = mremap((void *)self->map, self->size, self->size + self->page,
		   MREMAP_MAYMOVE);
	EXPECT_EQ(MAP_FAILED, p);
	EXPECT_EQ(EFAULT, errno);
}

/* No copies, writable or not (mutant no COW check). */
TEST_F(heap, private_is_refused)
{
	EXPECT_EQ(MAP_FAILED, mmap(NULL, self->page, RW, MAP_PRIVATE, self->buf,
				   0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, self->page, PROT_READ, MAP_PRIVATE,
				   self->buf, 0));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(heap, bounds)
{
	EXPECT_EQ(MAP_FAILED, mmap(NULL, self->page, RW, MAP_SHARED, self->buf,
				   self->size));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, self->size + self->page, RW,
				   MAP_SHARED, self->buf, 0));
	EXPECT_EQ(EINVAL, errno);
}

/* Every offset near a block's edge shows the right pages and no others. */
TEST_F(heap, offsets)
{
	size_t pages = self->size / self->page, off, len, i;
	size_t offs[] = { 1, 7, 15, 16, 17, pages / 2 - 1, pages / 2, pages - 1 };
	size_t lens[] = { 1, 2, 16, 33 };
	size_t a, b;

	for (i = 0; i < pages; i++)
		*(volatile uint32_t *)(self->map + i * self->page) = i;

	for (a = 0; a < ARRAY_SIZE(offs); a++) {
		for (b = 0; b < ARRAY_SIZE(lens); b++) {
			char *at, *p;

			off = offs[a];
			len = lens[b];
			if (off + len > pages)
				continue;
			at = zh_reserve((len + 2) * self->page, self->page);
			ASSERT_NE(MAP_FAILED, at);
			p = mmap(at + self->page, len * self->page, RW,
				 MAP_SHARED | MAP_FIXED, self->buf,
				 off * self->page);
			ASSERT_NE(MAP_FAILED, p);
			/* From the last to the first: blocks are cut anew. */
			for (i = len; i--;)
				ASSERT_EQ(off + i,
					  *(uint32_t *)(p + i * self->page));
			EXPECT_EQ(NONE, zh_memtype(self->zb, at, NULL));
			EXPECT_EQ(NONE, zh_memtype(self->zb, p + len *
						   self->page, NULL));
			munmap(at, (len + 2) * self->page);
		}
	}
}

/*
 * mprotect makes new entries from old ones and takes the attributes from the
 * VMA: in both states, what was there must be what comes back.
 */
TEST_F(heap, mprotect_keeps_attributes)
{
	unsigned int want[] = { born_as(variant), mapped_as(variant) };
	struct zap_bench_pte pte = {};
	int i;

	for (i = 0; i < 2; i++) {
		touch(self->map, self->size, self->page, true);
		EXPECT_EQ(want[i], zh_memtype(self->zb, self->map, NULL));
		ASSERT_EQ(0, mprotect((void *)self->map, self->size, PROT_READ));
		/* All of them are gone, to the last. */
		EXPECT_EQ(NONE, zh_memtype(self->zb, self->map + self->size -
					   self->page, NULL));
		sink = self->map[0];
		EXPECT_EQ(want[i], zh_memtype(self->zb, self->map, NULL));
		pte.address = (uintptr_t)self->map;
		ASSERT_EQ(0, zh_ioctl(self->zb, ZAP_BENCH_IOC_PTE, &pte));
		EXPECT_EQ(0, pte.flags & ZAP_BENCH_PTE_WRITE);
		ASSERT_EQ(0, mprotect((void *)self->map, self->size, RW));
		self->map[0] = i;
		EXPECT_EQ(want[i], zh_memtype(self->zb, self->map, NULL));
		/* A part only, in the middle of a block or a PMD. */
		ASSERT_EQ(0, mprotect((void *)(self->map + 3 * self->page),
				      2 * self->page, PROT_READ));
		self->map[0] = i;
		sink = self->map[3 * self->page];
		EXPECT_EQ(want[i], zh_memtype(self->zb, self->map +
					      3 * self->page, NULL));
		sink = self->map[4 * self->page];
		EXPECT_EQ(want[i], zh_memtype(self->zb, self->map +
					      4 * self->page, NULL));
		ASSERT_EQ(0, mprotect((void *)(self->map + 3 * self->page),
				      2 * self->page, RW));
		if (!i)
			ASSERT_EQ(0, zh_map(self->zb, 0));
	}
}

/* Calls that block, in threads of their own, begun some time after creation. */
struct call {
	pthread_t thread;
	unsigned int delay_us;
	void (*run)(struct call *call);
	int fd;
	unsigned long req;
	void *arg;
	volatile char *at;
	size_t size;
	int ret;
	uint64_t begun_at;
	atomic_int ready;
	atomic_int begun;
	atomic_int done;
};

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

static void *call_thread(void *arg)
{
	struct call *call = arg;

	/* From here on it touches no new page of its stack. */
	atomic_store(&call->ready, 1);
	usleep(call->delay_us);
	call->begun_at = now_ms();
	atomic_store(&call->begun, 1);
	call->run(call);
	atomic_store(&call->done, 1);
	return NULL;
}

static void call_ioctl(struct call *call)
{
	call->ret = zh_ioctl(call->fd, call->req, call->arg);
}

static void call_write(struct call *call)
{
	*call->at = 2;
}

static void call_read(struct call *call)
{
	sink = *call->at;
}

static void call_mprotect(struct call *call)
{
	call->ret = mprotect((void *)call->at, call->size, PROT_READ);
}

/*
 * Its thread is there when this returns: the creation of one needs mmap_lock,
 * which a call that is to come meanwhile may hold.
 */
static int start_call(struct call *call)
{
	int ret = pthread_create(&call->thread, NULL, call_thread, call);

	while (!ret && !atomic_load(&call->ready))
		usleep(1000);
	return ret;
}

/* Waits up to two seconds for a mapping to be gone; its kind after that. */
static int wait_for_zap(int zb, volatile char *map)
{
	int i;

	for (i = 0; i < 2000 && zh_memtype(zb, map, NULL) != NONE; i++)
		usleep(1000);
	return zh_memtype(zb, map, NULL);
}

/*
 * A fault that meets a change of the state waits for its end, can be killed
 * meanwhile, and holds none of the locks that mmap, munmap and fork need.
 */
TEST_F(heap, fault_waits_for_change)
{
	struct zap_bench_map arg = {};
	struct call map = { .run = call_ioctl, .fd = self->zb,
			    .req = ZAP_BENCH_IOC_MAP, .arg = &arg };
	struct call write = { .run = call_write,
			      .at = self->map + self->page };
	int look = zh_open(), status;
	pid_t pid;

	if (!variant->zaps)
		SKIP(return, "the state never changes");
	ASSERT_GE(look, 0);
	self->map[0] = 1;
	ASSERT_EQ(0, zh_stop(self->zb, ZAP_BENCH_STOP_ZAPPED, 1500));
	ASSERT_EQ(0, start_call(&map));
	ASSERT_EQ(NONE, wait_for_zap(look, self->map));
	ASSERT_EQ(0, start_call(&write));
	usleep(100 * 1000);
	EXPECT_EQ(0, atomic_load(&write.done));
	EXPECT_EQ(NONE, zh_memtype(look, self->map + self->page, NULL));

	EXPECT_EQ(0, munmap((void *)(self->map + self->size - self->page),
			    self->page));
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		self->map[2 * self->page] = 3;
		_exit(0);
	}
	usleep(50 * 1000);
	EXPECT_EQ(0, kill(pid, SIGKILL));
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	/* All of that while the change was going on. */
	EXPECT_EQ(0, atomic_load(&map.done));
	EXPECT_EQ(0, atomic_load(&write.done));

	ASSERT_EQ(0, pthread_join(map.thread, NULL));
	ASSERT_EQ(0, pthread_join(write.thread, NULL));
	EXPECT_EQ(0, map.ret);
	EXPECT_EQ(WC, zh_memtype(look, self->map + self->page, NULL));
	EXPECT_EQ(1, self->map[0]);
	EXPECT_EQ(2, self->map[self->page]);
	EXPECT_EQ(0, self->map[2 * self->page]);
	close(look);
}

/* START of one client loses nothing that another one is writing. */
TEST_F(heap, start_keeps_others_stores)
{
	struct dma_buf_sync arg = { .flags = START_R };
	struct call start = { .run = call_ioctl, .fd = self->buf,
			      .req = DMA_BUF_IOCTL_SYNC, .arg = &arg };
	struct call write = { .run = call_write, .at = self->map };
	int look = zh_open();

	if (!variant->lazy)
		SKIP(return, "START neither cleans nor zaps");
	ASSERT_GE(look, 0);
	ASSERT_EQ(0, zh_map(self->zb, ZAP_BENCH_DIR_BIDIRECTIONAL));
	ASSERT_EQ(0, zh_sync(self->buf, START_W));
	self->map[0] = 1;
	EXPECT_EQ(CACHED, zh_memtype(look, self->map, NULL));
	ASSERT_EQ(0, zh_stop(self->zb, ZAP_BENCH_STOP_CLEANED, 1000));
	ASSERT_EQ(0, start_call(&start));
	/* Else what is stored now is neither cleaned nor kept. */
	EXPECT_EQ(NONE, wait_for_zap(look, self->map));
	ASSERT_EQ(0, start_call(&write));
	usleep(100 * 1000);
	EXPECT_EQ(0, atomic_load(&write.done));
	EXPECT_EQ(0, atomic_load(&start.done));
	ASSERT_EQ(0, pthread_join(start.thread, NULL));
	ASSERT_EQ(0, pthread_join(write.thread, NULL));
	EXPECT_EQ(0, start.ret);
	EXPECT_EQ(CACHED, zh_memtype(look, self->map, NULL));
	EXPECT_EQ(2, self->map[0]);
	close(look);
}

/* No fault puts a PTE in after mprotect has taken them away. */
TEST_F(heap, mprotect_keeps_faults_out)
{
	struct call protect = { .run = call_mprotect, .at = self->map,
				.size = self->size };
	struct call get = { .run = call_read, .at = self->map,
			    .delay_us = 300 * 1000 };
	unsigned int stop_ms = 1000;
	uint64_t asked, looked;

	self->map[0] = 1;
	asked = now_ms();
	ASSERT_EQ(0, zh_stop(self->zb, ZAP_BENCH_STOP_MPROTECT, stop_ms));
	ASSERT_EQ(0, start_call(&get));
	ASSERT_EQ(0, start_call(&protect));
	usleep(500 * 1000);
	EXPECT_EQ(1, atomic_load(&protect.begun));
	EXPECT_EQ(1, atomic_load(&get.begun));
	EXPECT_EQ(0, atomic_load(&protect.done));
	EXPECT_EQ(0, atomic_load(&get.done));
	looked = now_ms();
	ASSERT_EQ(0, pthread_join(protect.thread, NULL));
	ASSERT_EQ(0, pthread_join(get.thread, NULL));
	/*
	 * The fault must come well after mprotect, and the look after it and
	 * before the end of the stop.  Nothing above waits for a lock, so if that
	 * is not so it is the machine that is too busy, and nothing was tested.
	 */
	if (get.begun_at < protect.begun_at + 100 || get.begun_at >= looked ||
	    looked - asked >= zh_stop_ms(stop_ms))
		SKIP(return, "the machine is too busy");
	EXPECT_EQ(0, protect.ret);
	EXPECT_EQ(born_as(variant), zh_memtype(self->zb, self->map, NULL));
}

/*
 * A child that is forked while another process maps the buffer for a device has
 * no mapping of before (mutant huge-fork-unchecked stops within fork).
 */
TEST_F(heap, fork_races_zap)
{
	struct zap_bench_map arg = {};
	int look = zh_open(), to[2], status, i, left;
	char byte = 0;
	pid_t pid;

	if (!variant->zaps)
		SKIP(return, "never zaps");
	ASSERT_GE(look, 0);
	ASSERT_EQ(0, pipe(to));
	for (i = 0; i < 5; i++) {
		struct call map = { .run = call_ioctl, .fd = self->zb,
				    .req = ZAP_BENCH_IOC_MAP, .arg = &arg,
				    .delay_us = 10 * 1000 };

		self->map[0] = 1;
		EXPECT_EQ(CACHED, zh_memtype(look, self->map, NULL));
		/* The call shall come while fork copies, and not before it. */
		ASSERT_EQ(0, start_call(&map));
		pid = fork();
		ASSERT_GE(pid, 0);
		if (!pid) {
			if (read(to[0], &byte, 1) != 1)
				_exit(1);
			left = zh_memtype(look, self->map, NULL);
			_exit(left == NONE || left == WC ? 0 : 2);
		}
		ASSERT_EQ(0, pthread_join(map.thread, NULL));
		EXPECT_EQ(0, map.ret);
		ASSERT_EQ(1, write(to[1], &byte, 1));
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(0, status);
		ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_UNMAP));
		ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_REARM));
	}
	close(look);
}

/*
 * A mapping that is moved while another thread maps the buffer for a device does
 * not bring a mapping of before (mutant huge-move-unlocked stops within mremap).
 */
TEST_F(heap, mremap_races_zap)
{
	struct zap_bench_map arg = {};
	int look = zh_open(), type, i;

	if (!variant->zaps)
		SKIP(return, "never zaps");
	ASSERT_GE(look, 0);
	for (i = 0; i < 5; i++) {
		struct call map = { .run = call_ioctl, .fd = self->zb,
				    .req = ZAP_BENCH_IOC_MAP, .arg = &arg,
				    .delay_us = 10 * 1000 };
		char *to = zh_reserve(self->size, self->info.pmd_bytes), *moved;

		ASSERT_NE(MAP_FAILED, to);
		self->map[0] = 1;
		self->map[self->size - 1] = 1;
		EXPECT_EQ(CACHED, zh_memtype(look, self->map, NULL));
		/* The call shall come while mremap moves, and not before it. */
		ASSERT_EQ(0, start_call(&map));
		moved = mremap((void *)self->map, self->size, self->size,
			       MREMAP_MAYMOVE | MREMAP_FIXED, to);
		ASSERT_EQ(to, moved);
		self->map = moved;
		ASSERT_EQ(0, pthread_join(map.thread, NULL));
		EXPECT_EQ(0, map.ret);
		type = zh_memtype(look, moved, NULL);
		EXPECT_TRUE(type == NONE || type == WC);
		type = zh_memtype(look, moved + self->size - 1, NULL);
		EXPECT_TRUE(type == NONE || type == WC);
		ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_UNMAP));
		ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_REARM));
	}
	close(look);
}

/* A mapping that begins in one page table and ends in the next. */
TEST_F(heap, mapping_crosses_tables)
{
	size_t pmd = self->info.pmd_bytes, size = 4 * self->page, i;
	char *at = zh_reserve(2 * pmd, pmd);
	volatile char *map;

	ASSERT_NE(MAP_FAILED, at);
	map = mmap(at + pmd - 2 * self->page, size, RW, MAP_SHARED | MAP_FIXED,
		   self->buf, 0);
	ASSERT_NE(MAP_FAILED, map);
	for (i = 0; i < 4; i++)
		self->map[i * self->page] = 10 + i;
	EXPECT_EQ(10, map[0]);
	if (self->gran == ZAP_BENCH_GRAN_BUFFER)
		for (i = 0; i < 4; i++)
			EXPECT_EQ(born_as(variant),
				  zh_memtype(self->zb, map + i * self->page,
					     NULL));
	for (i = 0; i < 4; i++)
		EXPECT_EQ(10 + i, map[i * self->page]);
	/* And nothing behind it. */
	EXPECT_EQ(NONE, zh_memtype(self->zb, map + size, NULL));
}

/* START of a read puts in what is missing, and nothing twice. */
TEST_F(heap, present_ptes_stay)
{
	struct zap_bench_stats before, after;

	if (!variant->lazy || self->gran != ZAP_BENCH_GRAN_BUFFER)
		SKIP(return, "START fills nothing");
	ASSERT_EQ(0, zh_sync(self->buf, START_R));
	ASSERT_EQ(0, zh_stats(self->zb, &before));
	EXPECT_EQ(self->size / self->page, before.ptes_inserted);
	ASSERT_EQ(0, zh_sync(self->buf, START_R));
	ASSERT_EQ(0, zh_stats(self->zb, &after));
	EXPECT_EQ(before.ptes_inserted, after.ptes_inserted);
	EXPECT_EQ(before.zaps, after.zaps);
}

/* Who may only read may map it shared, and read. */
TEST_F(heap, read_only_descriptor)
{
	int buf = zh_alloc_as(variant->name, self->page, O_RDONLY);
	char *map;

	ASSERT_GE(buf, 0);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, self->page, RW, MAP_SHARED, buf, 0));
	EXPECT_EQ(EACCES, errno);
	map = mmap(NULL, self->page, PROT_READ, MAP_SHARED, buf, 0);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(0, *map);
	EXPECT_EQ(born_as(variant), zh_memtype(self->zb, map, NULL));
	munmap(map, self->page);
	close(buf);
}

/* Not dumped, not grown, and known to have no pages of its own. */
TEST_F(heap, vma_flags)
{
	static const char * const want[] = { " io", " pf", " de", " dd" };
	char line[512], first[32];
	bool here = false;
	size_t i;
	FILE *f;

	snprintf(first, sizeof(first), "%lx-", (unsigned long)self->map);
	f = fopen("/proc/self/smaps", "r");
	if (!f)
		SKIP(return, "no smaps (CONFIG_PROC_PAGE_MONITOR)");
	while (fgets(line, sizeof(line), f)) {
		if (!strncmp(line, first, strlen(first)))
			here = true;
		if (here && !strncmp(line, "VmFlags:", 8))
			break;
	}
	fclose(f);
	ASSERT_TRUE(here);
	for (i = 0; i < ARRAY_SIZE(want); i++)
		EXPECT_NE(NULL, strstr(line, want[i]));
}

/* The device's view is never cacheable where the buffer never is. */
TEST_F(heap, alias_attributes)
{
	struct zap_bench_stats s;
	int co = zh_open();

	ASSERT_GE(co, 0);
	ASSERT_EQ(0, zh_attach(co, self->buf, ZAP_BENCH_ATTACH_COHERENT));
	ASSERT_EQ(0, zh_stats(self->zb, &s));
	EXPECT_EQ(WC, s.alias_memtype);
	EXPECT_EQ(NONE, s.vmap_memtype);
	ASSERT_EQ(0, zh_stats(co, &s));
	EXPECT_EQ(born_as(variant), s.alias_memtype);
	close(co);
}

/* What a program cannot be told of, it does not hold. */
TEST_F(heap, results_not_told)
{
	struct zap_bench_attach *attach;
	struct zap_bench_stats s;
	int zb = zh_open();
	void *page;

	ASSERT_GE(zb, 0);
	page = mmap(NULL, self->page, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, page);
	attach = page;
	attach->dmabuf_fd = self->buf;
	ASSERT_EQ(0, mprotect(page, self->page, PROT_READ));
	EXPECT_EQ(-EFAULT, zh_ioctl(zb, ZAP_BENCH_IOC_ATTACH, page));
	EXPECT_EQ(-ENXIO, zh_stats(zb, &s));
	ASSERT_EQ(0, zh_attach(zb, self->buf, 0));

	ASSERT_EQ(0, mprotect(page, self->page, RW));
	memset(page, 0, sizeof(*attach));
	ASSERT_EQ(0, mprotect(page, self->page, PROT_READ));
	EXPECT_EQ(-EFAULT, zh_ioctl(zb, ZAP_BENCH_IOC_MAP, page));
	EXPECT_EQ(-ENXIO, zh_op(zb, ZAP_BENCH_IOC_UNMAP));
	EXPECT_EQ(-EFAULT, zh_ioctl(zb, ZAP_BENCH_IOC_VMAP, page));
	EXPECT_EQ(-ENXIO, zh_op(zb, ZAP_BENCH_IOC_VUNMAP));
	ASSERT_EQ(0, zh_stats(zb, &s));
	EXPECT_EQ(0, s.device_maps);
	EXPECT_EQ(0, s.vmaps);
	EXPECT_EQ(0, zh_op(zb, ZAP_BENCH_IOC_DETACH));
	close(zb);
}

/* A descriptor that was passed on tells nobody physical addresses. */
TEST_F(heap, raw_entry_needs_capability)
{
	struct zap_bench_pte pte = { .address = (uintptr_t)self->map };
	int status;
	pid_t pid;

	sink = self->map[0];
	ASSERT_EQ(0, zh_ioctl(self->zb, ZAP_BENCH_IOC_PTE, &pte));
	EXPECT_NE(0, pte.raw);
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		sink = self->map[0];
		if (setresuid(65534, 65534, 65534) ||
		    zh_ioctl(self->zb, ZAP_BENCH_IOC_PTE, &pte))
			_exit(1);
		_exit(pte.raw ? 2 : pte.memtype != born_as(variant));
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/* A kernel mapping that is held keeps the state as it is. */
TEST_F(heap, vmap_held)
{
	struct zap_bench_stats s;

	if (variant->zaps && !self->info.vmap_fails)
		SKIP(return, "see vmap_postpones");
	ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_VMAP));
	EXPECT_EQ(-EBUSY, zh_op(self->zb, ZAP_BENCH_IOC_VMAP));
	EXPECT_EQ(-EBUSY, zh_op(self->zb, ZAP_BENCH_IOC_DETACH));
	self->map[0] = 1;
	if (variant->zaps) {
		EXPECT_EQ(-EBUSY, zh_map(self->zb, 0));
		if (variant->lazy) {
			/* Its user calls END, too: cleaned, and still there. */
			EXPECT_EQ(0, zh_sync(self->buf, END_W));
			ASSERT_EQ(0, zh_stats(self->zb, &s));
			EXPECT_EQ(self->size, s.cleaned_bytes);
			EXPECT_EQ(0, s.invalidated_bytes);
			EXPECT_EQ(0, s.zaps);
			/* The next START makes up for it. */
			EXPECT_EQ(0, zh_sync(self->buf, START_W));
			ASSERT_EQ(0, zh_stats(self->zb, &s));
			EXPECT_EQ(self->size, s.invalidated_bytes);
			self->map[0] = 1;
		}
		EXPECT_EQ(CACHED, zh_memtype(self->zb, self->map, NULL));
	} else {
		ASSERT_EQ(0, zh_map(self->zb, 0));
		ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_UNMAP));
	}
	ASSERT_EQ(0, zh_stats(self->zb, &s));
	EXPECT_EQ(1, s.vmaps);
	EXPECT_EQ(born_as(variant), s.vmap_memtype);
	ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_VUNMAP));
	EXPECT_EQ(-ENXIO, zh_op(self->zb, ZAP_BENCH_IOC_VUNMAP));
	ASSERT_EQ(0, zh_map(self->zb, 0));
	if (variant->zaps) {
		/* And the way back. */
		ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_VMAP));
		ASSERT_EQ(0, zh_stats(self->zb, &s));
		EXPECT_EQ(WC, s.vmap_memtype);
		ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_UNMAP));
		EXPECT_EQ(-EBUSY, zh_op(self->zb, ZAP_BENCH_IOC_REARM));
		if (variant->lazy) {
			/* Right as it is, so it stays write-combined. */
			EXPECT_EQ(0, zh_sync(self->buf, START_R));
			EXPECT_EQ(1, self->map[0]);
			EXPECT_EQ(WC, zh_memtype(self->zb, self->map, NULL));
			EXPECT_EQ(0, zh_sync(self->buf, START_W));
			EXPECT_EQ(0, zh_sync(self->buf, END_W));
			EXPECT_EQ(WC, zh_memtype(self->zb, self->map, NULL));
		}
		ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_VUNMAP));
		ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_REARM));
	}
}

/*
 * Or it postpones the change, if the kernel was built so: all mappings are
 * cacheable until it is gone, and START and END maintain the caches.
 */
TEST_F(heap, vmap_postpones)
{
	struct zap_bench_stats s;
	char byte;

	if (!variant->zaps || self->info.vmap_fails)
		SKIP(return, "see vmap_held");
	ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_VMAP));
	self->map[0] = 1;
	ASSERT_EQ(0, zh_map(self->zb, 0));
	ASSERT_EQ(0, zh_access(self->zb, ZAP_BENCH_IOC_DEV_READ, 0, &byte, 1));
	EXPECT_EQ(1, byte);
	ASSERT_EQ(0, zh_stats(self->zb, &s));
	EXPECT_EQ(self->size, s.cleaned_bytes);
	EXPECT_EQ(0, s.invalidated_bytes);
	EXPECT_EQ(0, s.transitions_to_wc);
	EXPECT_EQ(CACHED, s.vmap_memtype);
	EXPECT_EQ(CACHED, zh_memtype(self->zb, self->map, NULL));

	byte = 2;
	ASSERT_EQ(0, zh_access(self->zb, ZAP_BENCH_IOC_DEV_WRITE, 0, &byte, 1));
	ASSERT_EQ(0, zh_sync(self->buf, START_R));
	EXPECT_EQ(2, self->map[0]);
	ASSERT_EQ(0, zh_sync(self->buf, START_W));
	self->map[0] = 3;
	ASSERT_EQ(0, zh_sync(self->buf, END_W));
	ASSERT_EQ(0, zh_access(self->zb, ZAP_BENCH_IOC_DEV_READ, 0, &byte, 1));
	EXPECT_EQ(3, byte);
	ASSERT_EQ(0, zh_stats(self->zb, &s));
	/* By the map, by each START, since the device may write, and by END. */
	EXPECT_EQ(4 * self->size, s.cleaned_bytes);
	EXPECT_EQ(2 * self->size, s.invalidated_bytes);
	EXPECT_EQ(CACHED, s.vmap_memtype);
	EXPECT_EQ(CACHED, zh_memtype(self->zb, self->map, NULL));
	EXPECT_EQ(-EBUSY, zh_op(self->zb, ZAP_BENCH_IOC_REARM));

	ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_VUNMAP));
	if (variant->lazy)
		ASSERT_EQ(0, zh_sync(self->buf, END_W));
	ASSERT_EQ(0, zh_stats(self->zb, &s));
	EXPECT_EQ(1, s.transitions_to_wc);
	EXPECT_EQ(5 * self->size, s.cleaned_bytes);
	EXPECT_EQ(3, self->map[0]);
	EXPECT_EQ(WC, zh_memtype(self->zb, self->map, NULL));

	/* And the way back: write-combined is right for everybody. */
	ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_VMAP));
	ASSERT_EQ(0, zh_sync(self->buf, START_R));
	EXPECT_EQ(3, self->map[0]);
	EXPECT_EQ(WC, zh_memtype(self->zb, self->map, NULL));
	ASSERT_EQ(0, zh_stats(self->zb, &s));
	EXPECT_EQ(WC, s.vmap_memtype);
	ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_UNMAP));
	EXPECT_EQ(-EBUSY, zh_op(self->zb, ZAP_BENCH_IOC_REARM));
	ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_VUNMAP));
	EXPECT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_REARM));
}

/* A coherent device first, then one that is not, then the other way round. */
TEST_F(heap, coherent_then_not)
{
	bool eager = variant->policy == ZAP_BENCH_POLICY_EAGER;
	struct zap_bench_stats s;
	int co = zh_open();
	char byte = 0;

	ASSERT_GE(co, 0);
	ASSERT_EQ(0, zh_attach(co, self->buf, ZAP_BENCH_ATTACH_COHERENT));
	self->map[0] = 0x66;
	if (born_as(variant) == WC) {
		EXPECT_EQ(-EOPNOTSUPP, zh_map(co, 0));
		close(co);
		return;
	}
	ASSERT_EQ(0, zh_map(co, 0));
	EXPECT_EQ(CACHED, zh_memtype(self->zb, self->map, NULL));
	ASSERT_EQ(0, zh_access(co, ZAP_BENCH_IOC_DEV_READ, 0, &byte, 1));
	EXPECT_EQ(0x66, byte);
	ASSERT_EQ(0, zh_sync(self->buf, START_W));
	ASSERT_EQ(0, zh_sync(self->buf, END_W));
	ASSERT_EQ(0, zh_stats(self->zb, &s));
	EXPECT_EQ(0, s.transitions_to_wc);

	EXPECT_EQ(eager ? -EBUSY : 0, zh_map(self->zb, 0));
	EXPECT_EQ(CACHED, zh_memtype(self->zb, self->map, NULL));
	ASSERT_EQ(0, zh_op(co, ZAP_BENCH_IOC_UNMAP));
	if (!eager)
		ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_UNMAP));

	ASSERT_EQ(0, zh_map(self->zb, 0));
	sink = self->map[0];
	EXPECT_EQ(mapped_as(variant), zh_memtype(self->zb, self->map, NULL));
	EXPECT_EQ(0x66, self->map[0]);
	EXPECT_EQ(eager ? -EBUSY : 0, zh_map(co, 0));
	close(co);
}

/* Both kinds of devices at the same time, as on most chips. */
TEST_F(heap, mixed_importers)
{
	struct zap_bench_stats before, after;
	int co = zh_open(), co2 = zh_open();
	char byte;

	if (!variant->lazy)
		SKIP(return, "see coherent_then_not");
	ASSERT_GE(co, 0);
	ASSERT_GE(co2, 0);
	ASSERT_EQ(0, zh_attach(co2, self->buf, ZAP_BENCH_ATTACH_COHERENT));
	ASSERT_EQ(0, zh_attach(co, self->buf, ZAP_BENCH_ATTACH_COHERENT));
	ASSERT_EQ(0, zh_map(self->zb, 0));
	self->map[0] = 0x66;
	EXPECT_EQ(WC, zh_memtype(self->zb, self->map, NULL));
	/* A device that snoops needs it cacheable. */
	ASSERT_EQ(0, zh_map(co, 0));
	EXPECT_EQ(0x66, self->map[0]);
	EXPECT_EQ(CACHED, zh_memtype(self->zb, self->map, NULL));

	/* The first one may be at work: a map of another drops no lines. */
	ASSERT_EQ(0, zh_stats(self->zb, &before));
	ASSERT_EQ(0, zh_map(co2, 0));
	ASSERT_EQ(0, zh_stats(self->zb, &after));
	EXPECT_EQ(before.invalidated_bytes, after.invalidated_bytes);
	EXPECT_EQ(before.zaps, after.zaps);
	close(co2);

	ASSERT_EQ(0, zh_sync(self->buf, START_W));
	self->map[0] = 0x67;
	ASSERT_EQ(0, zh_sync(self->buf, END_W));
	EXPECT_EQ(CACHED, zh_memtype(self->zb, self->map, NULL));
	ASSERT_EQ(0, zh_stats(self->zb, &after));
	/* Once by START, since the device may have written, once by END. */
	EXPECT_EQ(before.cleaned_bytes + 2 * self->size, after.cleaned_bytes);
	EXPECT_EQ(before.invalidated_bytes + self->size,
		  after.invalidated_bytes);
	ASSERT_EQ(0, zh_access(self->zb, ZAP_BENCH_IOC_DEV_READ, 0, &byte, 1));
	EXPECT_EQ(0x67, byte);
	ASSERT_EQ(0, zh_access(co, ZAP_BENCH_IOC_DEV_READ, 0, &byte, 1));
	EXPECT_EQ(0x67, byte);
	/* What the device wrote, START shows. */
	byte = 0x68;
	ASSERT_EQ(0, zh_access(self->zb, ZAP_BENCH_IOC_DEV_WRITE, 0, &byte, 1));
	ASSERT_EQ(0, zh_sync(self->buf, START_R));
	EXPECT_EQ(0x68, self->map[0]);
	ASSERT_EQ(0, zh_stats(self->zb, &after));
	EXPECT_EQ(before.invalidated_bytes + 2 * self->size,
		  after.invalidated_bytes);

	/* Without the one that snoops it is as ever. */
	ASSERT_EQ(0, zh_op(co, ZAP_BENCH_IOC_UNMAP));
	ASSERT_EQ(0, zh_sync(self->buf, END_W));
	EXPECT_EQ(NONE, zh_memtype(self->zb, self->map, NULL));
	EXPECT_EQ(0x68, self->map[0]);
	EXPECT_EQ(WC, zh_memtype(self->zb, self->map, NULL));
	close(co);
}

/*
 * Policy cached: what is maintained at which step, by the direction of the
 * access.  START of a write must not drop what another client has written.
 */
TEST_F(heap, cached_maintenance)
{
	struct zap_bench_stats s;

	if (variant->policy != ZAP_BENCH_POLICY_CACHED)
		SKIP(return, "of policy cached");
	ASSERT_EQ(0, zh_map(self->zb, ZAP_BENCH_DIR_BIDIRECTIONAL));
	ASSERT_EQ(0, zh_stats(self->zb, &s));
	EXPECT_EQ(self->size, s.cleaned_bytes);
	EXPECT_EQ(0, s.invalidated_bytes);
	ASSERT_EQ(0, zh_sync(self->buf, START_W));
	ASSERT_EQ(0, zh_stats(self->zb, &s));
	EXPECT_EQ(0, s.invalidated_bytes);
	ASSERT_EQ(0, zh_sync(self->buf, END_W));
	ASSERT_EQ(0, zh_stats(self->zb, &s));
	EXPECT_EQ(2 * self->size, s.cleaned_bytes);
	EXPECT_EQ(0, s.invalidated_bytes);
	ASSERT_EQ(0, zh_sync(self->buf, START_R));
	ASSERT_EQ(0, zh_sync(self->buf, END_R));
	ASSERT_EQ(0, zh_stats(self->zb, &s));
	EXPECT_EQ(2 * self->size, s.cleaned_bytes);
	EXPECT_EQ(self->size, s.invalidated_bytes);
	ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_UNMAP));
	ASSERT_EQ(0, zh_stats(self->zb, &s));
	EXPECT_EQ(2 * self->size, s.cleaned_bytes);
	EXPECT_EQ(2 * self->size, s.invalidated_bytes);
}

/*
 * What a device that snoops writes may stay in the caches.  It is cleaned before
 * lines are dropped for one that does not: while both have the buffer, and after.
 */
TEST_F(heap, cached_keeps_snooped_writes)
{
	struct zap_bench_stats before, after;
	int co = zh_open(), i;

	if (variant->policy != ZAP_BENCH_POLICY_CACHED)
		SKIP(return, "of policy cached");
	ASSERT_GE(co, 0);
	ASSERT_EQ(0, zh_attach(co, self->buf, ZAP_BENCH_ATTACH_COHERENT));
	ASSERT_EQ(0, zh_map(self->zb, ZAP_BENCH_DIR_BIDIRECTIONAL));
	ASSERT_EQ(0, zh_map(co, ZAP_BENCH_DIR_FROM_DEVICE));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, zh_stats(self->zb, &before));
		ASSERT_EQ(0, zh_sync(self->buf, START_R));
		ASSERT_EQ(0, zh_sync(self->buf, END_R));
		ASSERT_EQ(0, zh_stats(self->zb, &after));
		EXPECT_EQ(before.cleaned_bytes + self->size,
			  after.cleaned_bytes);
		EXPECT_EQ(before.invalidated_bytes + self->size,
			  after.invalidated_bytes);
		if (!i)
			close(co);
	}
	ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_UNMAP));
	ASSERT_EQ(0, zh_stats(self->zb, &before));
	EXPECT_EQ(after.cleaned_bytes + self->size, before.cleaned_bytes);
	EXPECT_EQ(after.invalidated_bytes + self->size,
		  before.invalidated_bytes);
}

/* Policy cached: START and END take one pass for all importers. */
TEST_F(heap, cached_importers_share)
{
	struct zap_bench_stats before, after;
	int other[3], i;

	if (variant->policy != ZAP_BENCH_POLICY_CACHED)
		SKIP(return, "of policy cached");
	ASSERT_EQ(0, zh_map(self->zb, ZAP_BENCH_DIR_FROM_DEVICE));
	for (i = 0; i < 3; i++) {
		other[i] = zh_open();
		ASSERT_GE(other[i], 0);
		ASSERT_EQ(0, zh_attach(other[i], self->buf, 0));
		ASSERT_EQ(0, zh_map(other[i], i));
	}
	ASSERT_EQ(0, zh_stats(self->zb, &before));
	ASSERT_EQ(0, zh_sync(self->buf, START_R));
	ASSERT_EQ(0, zh_sync(self->buf, END_R));
	ASSERT_EQ(0, zh_stats(self->zb, &after));
	EXPECT_EQ(before.invalidated_bytes + self->size,
		  after.invalidated_bytes);
	EXPECT_EQ(before.cleaned_bytes, after.cleaned_bytes);
	ASSERT_EQ(0, zh_sync(self->buf, START_W));
	ASSERT_EQ(0, zh_sync(self->buf, END_W));
	ASSERT_EQ(0, zh_stats(self->zb, &after));
	EXPECT_EQ(before.invalidated_bytes + self->size,
		  after.invalidated_bytes);
	EXPECT_EQ(before.cleaned_bytes + self->size, after.cleaned_bytes);
	for (i = 0; i < 3; i++)
		close(other[i]);
}

/* The DMA API would bounce, and copy through an alias it must not use. */
TEST_F(heap, narrow_device)
{
	int zb = zh_open();

	ASSERT_GE(zb, 0);
	EXPECT_EQ(variant->policy == ZAP_BENCH_POLICY_CACHED ? 0 : -EOPNOTSUPP,
		  zh_attach(zb, self->buf, ZAP_BENCH_ATTACH_NARROW));
	if (variant->policy == ZAP_BENCH_POLICY_CACHED)
		EXPECT_EQ(-EIO, zh_map(zb, 0));
	close(zb);
}

/* Two importers that do not snoop share one transition. */
TEST_F(heap, two_importers)
{
	struct zap_bench_stats s;
	int other = zh_open();

	ASSERT_GE(other, 0);
	ASSERT_EQ(0, zh_attach(other, self->buf, 0));
	ASSERT_EQ(0, zh_map(self->zb, 0));
	ASSERT_EQ(0, zh_map(other, 0));
	ASSERT_EQ(0, zh_stats(other, &s));
	EXPECT_EQ(2, s.attachments);
	EXPECT_EQ(2, s.device_maps);
	EXPECT_EQ(variant->zaps, s.transitions_to_wc);
	EXPECT_EQ(-EBUSY, zh_op(other, ZAP_BENCH_IOC_REARM));
	ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_UNMAP));
	EXPECT_EQ(-EBUSY, zh_op(self->zb, ZAP_BENCH_IOC_REARM));
	/* Closing the file gives its mapping back. */
	close(other);
	ASSERT_EQ(0, zh_stats(self->zb, &s));
	EXPECT_EQ(1, s.attachments);
	EXPECT_EQ(0, s.device_maps);
	EXPECT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_REARM));
}

/* The times do not change until somebody asks for them. */
TEST_F(heap, timing)
{
	struct zap_bench_timing on = { .enable = 1 };
	struct zap_bench_stats s;

	touch(self->map, self->size, self->page, true);
	ASSERT_EQ(0, zh_stats(self->zb, &s));
	EXPECT_EQ(0, s.refault_ns + s.zap_ns + s.clean_ns + s.map_ns);
	ASSERT_EQ(0, zh_ioctl(self->zb, ZAP_BENCH_IOC_TIMING, &on));
	ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_ZAP));
	touch(self->map, self->size, self->page, true);
	ASSERT_EQ(0, zh_map(self->zb, 0));
	ASSERT_EQ(0, zh_stats(self->zb, &s));
	EXPECT_LT(0, s.refault_ns);
	EXPECT_LT(0, s.zap_ns);
	on.enable = 2;
	EXPECT_EQ(-EINVAL, zh_ioctl(self->zb, ZAP_BENCH_IOC_TIMING, &on));
}

/* The mapping outlives every descriptor. */
TEST_F(heap, map_outlives_fd)
{
	self->map[0] = 0x77;
	ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_DETACH));
	close(self->buf);
	self->buf = -1;
	EXPECT_EQ(0x77, self->map[0]);
	self->map[self->size - 1] = 1;
}

/* Every error that the uapi header names. */
TEST_F(heap, errors)
{
	struct zap_bench_attach at = { .dmabuf_fd = self->buf };
	unsigned int too_long = ZAP_BENCH_STOP_MS_MAX + 1;
	struct zap_bench_access ac = {};
	struct zap_bench_map map = {};
	struct zap_bench_op op = {};
	struct zap_bench_stats stats;
	char byte = 0;
	int zb = zh_open(), null = open("/dev/null", O_RDWR);

	ASSERT_GE(zb, 0);
	ASSERT_GE(null, 0);
	EXPECT_EQ(-ENOTTY, zh_ioctl(zb, _IO('z', 0xff), NULL));
	EXPECT_EQ(-EFAULT, zh_ioctl(zb, ZAP_BENCH_IOC_INFO, NULL));
	EXPECT_EQ(-EFAULT, zh_ioctl(zb, ZAP_BENCH_IOC_MAP, (void *)1));
	EXPECT_EQ(-EFAULT, zh_memtype(zb, NULL, NULL));

	/* Nothing attached. */
	EXPECT_EQ(-ENXIO, zh_map(zb, 0));
	EXPECT_EQ(-ENXIO, zh_op(zb, ZAP_BENCH_IOC_UNMAP));
	EXPECT_EQ(-ENXIO, zh_op(zb, ZAP_BENCH_IOC_DETACH));
	EXPECT_EQ(-ENXIO, zh_op(zb, ZAP_BENCH_IOC_REARM));
	EXPECT_EQ(-ENXIO, zh_op(zb, ZAP_BENCH_IOC_ZAP));
	EXPECT_EQ(-ENXIO, zh_op(zb, ZAP_BENCH_IOC_VMAP));
	EXPECT_EQ(-ENXIO, zh_op(zb, ZAP_BENCH_IOC_VUNMAP));
	EXPECT_EQ(-ENXIO, zh_stats(zb, &stats));
	EXPECT_EQ(-ENXIO, zh_stop(zb, 0, 0));
	EXPECT_EQ(-EINVAL, zh_stop(zb, ZAP_BENCH_STOP_MPROTECT + 1, 0));
	EXPECT_EQ(-EINVAL, zh_stop(zb, 0, too_long));
	EXPECT_EQ(-ENXIO, zh_access(zb, ZAP_BENCH_IOC_DEV_READ, 0, &byte, 1));

	EXPECT_EQ(-EBADF, zh_attach(zb, -1, 0));
	EXPECT_EQ(-EINVAL, zh_attach(zb, null, 0));
	EXPECT_EQ(-EINVAL, zh_attach(zb, self->buf, 3));
	at.reserved = 1;
	EXPECT_EQ(-EINVAL, zh_ioctl(zb, ZAP_BENCH_IOC_ATTACH, &at));
	at.reserved = 0;
	ASSERT_EQ(0, zh_ioctl(zb, ZAP_BENCH_IOC_ATTACH, &at));
	EXPECT_EQ(self->size, at.size_bytes);
	EXPECT_EQ(1, at.is_zap);
	EXPECT_EQ(-EBUSY, zh_attach(zb, self->buf, 0));

	/* Nothing mapped. */
	EXPECT_EQ(-ENXIO, zh_op(zb, ZAP_BENCH_IOC_UNMAP));
	EXPECT_EQ(-ENXIO, zh_access(zb, ZAP_BENCH_IOC_DEV_READ, 0, &byte, 1));
	EXPECT_EQ(-EINVAL, zh_map(zb, 3));
	map.flags = 2;
	EXPECT_EQ(-EINVAL, zh_ioctl(zb, ZAP_BENCH_IOC_MAP, &map));
	map.flags = 0;
	map.reserved = 1;
	EXPECT_EQ(-EINVAL, zh_ioctl(zb, ZAP_BENCH_IOC_MAP, &map));
	op.flags = 1;
	EXPECT_EQ(-EINVAL, zh_ioctl(zb, ZAP_BENCH_IOC_UNMAP, &op));
	op.flags = 0;
	op.reserved = 1;
	EXPECT_EQ(-EINVAL, zh_ioctl(zb, ZAP_BENCH_IOC_REARM, &op));

	ASSERT_EQ(0, zh_map(zb, ZAP_BENCH_DIR_TO_DEVICE));
	EXPECT_EQ(-EBUSY, zh_map(zb, 0));
	EXPECT_EQ(-EBUSY, zh_op(zb, ZAP_BENCH_IOC_DETACH));
	EXPECT_EQ(-EBUSY, zh_op(zb, ZAP_BENCH_IOC_REARM));
	EXPECT_EQ(-EACCES, zh_access(zb, ZAP_BENCH_IOC_DEV_WRITE, 0, &byte, 1));
	EXPECT_EQ(0, zh_access(zb, ZAP_BENCH_IOC_DEV_READ, 0, &byte, 1));
	EXPECT_EQ(0, zh_access(zb, ZAP_BENCH_IOC_DEV_READ, self->size, &byte, 0));
	EXPECT_EQ(-EINVAL, zh_access(zb, ZAP_BENCH_IOC_DEV_READ, self->size,
				     &byte, 1));
	EXPECT_EQ(-EINVAL, zh_access(zb, ZAP_BENCH_IOC_DEV_READ, 1, &byte, -1));
	EXPECT_EQ(-EFAULT, zh_access(zb, ZAP_BENCH_IOC_DEV_READ, 0, NULL, 1));
	ac.flags = 1;
	EXPECT_EQ(-EINVAL, zh_ioctl(zb, ZAP_BENCH_IOC_DEV_READ, &ac));
	ASSERT_EQ(0, zh_op(zb, ZAP_BENCH_IOC_UNMAP));
	ASSERT_EQ(0, zh_map(zb, ZAP_BENCH_DIR_FROM_DEVICE));
	EXPECT_EQ(-EACCES, zh_access(zb, ZAP_BENCH_IOC_DEV_READ, 0, &byte, 1));
	EXPECT_EQ(0, zh_access(zb, ZAP_BENCH_IOC_DEV_WRITE, 0, &byte, 1));
	close(null);
	close(zb);
}

/* The device may work on the caller's mapping of the very same buffer. */
TEST_F(heap, access_through_own_mapping)
{
	self->map[0] = 0x12;
	ASSERT_EQ(0, zh_map(self->zb, 0));
	EXPECT_EQ(0, zh_access(self->zb, ZAP_BENCH_IOC_DEV_READ, 0,
			       (void *)(self->map + self->page), self->page));
	EXPECT_EQ(0x12, self->map[self->page]);
}

#define TRACING "/sys/kernel/tracing/"

/* The next line of a trace that has all of the words; the text after it. */
static char *find_line(char *text, const char *a, const char *b, const char *c)
{
	char *end;

	for (; text && *text; text = end) {
		end = strchr(text, '\n');
		if (!end)
			return NULL;
		*end++ = '\0';
		if (strstr(text, a) && strstr(text, b) && strstr(text, c))
			return end;
	}
	return NULL;
}

/*
 * What was really done, in the order it was done, by the trace: whichever way
 * the importer's device maps it, the heap's own device cleans, after the zap and
 * before the state is published.  On the way back it invalidates instead, once,
 * at the same place.
 */
TEST_F(heap, order_of_operations)
{
	static char trace[1 << 16];
	const char *there = "", *back = "";
	ssize_t n, got = 0;
	char *at;
	bool dma;
	int fd;

	if (!variant->zaps)
		SKIP(return, "never zaps");
	if (zh_write_file(TRACING "events/zap_heap/enable", "1"))
		SKIP(return, "no tracefs, or no events");
	dma = !zh_write_file(TRACING "events/dma/enable", "1");
	self->map[0] = 1;
	ASSERT_EQ(0, zh_write_file(TRACING "trace", ""));
	ASSERT_EQ(0, zh_map(self->zb, ZAP_BENCH_DIR_FROM_DEVICE));
	self->map[0] = 2;
	ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_UNMAP));
	ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_REARM));
	zh_write_file(TRACING "events/zap_heap/enable", "0");
	zh_write_file(TRACING "events/dma/enable", "0");
	fd = open(TRACING "trace", O_RDONLY);
	ASSERT_GE(fd, 0);
	while ((n = read(fd, trace + got, sizeof(trace) - 1 - got)) > 0)
		got += n;
	close(fd);

	if (dma) {
		there = "dma_sync_sg_for_device: zap-heap";
		back = "dma_sync_sg_for_cpu: zap-heap";
	} else {
		there = "clean=1 invalidate=0";
		back = "clean=0 invalidate=1";
	}
	at = find_line(trace, "zap_heap_state", "moving", "");
	ASSERT_NE(NULL, at);
	at = find_line(at, "zap_heap_zap:", "", "");
	ASSERT_NE(NULL, at);
	if (dma) {
		at = find_line(at, there, "dir=BIDIRECTIONAL", "");
		ASSERT_NE(NULL, at);
	}
	at = find_line(at, "zap_heap_clean:", "clean=1", "invalidate=0");
	ASSERT_NE(NULL, at);
	/* What is invalidated, is so after the device and the CPU have used it. */
	EXPECT_GT(strstr(at, back), strstr(at, "zap_heap_refault:"));
	at = find_line(at, "zap_heap_state", variant->lazy ? "device" : "cpu_wc",
		       "");
	ASSERT_NE(NULL, at);
	at = find_line(at, "zap_heap_map:", "dev=zap-bench", "");
	ASSERT_NE(NULL, at);
	at = find_line(at, "zap_heap_refault:", "write-combined", "");
	ASSERT_NE(NULL, at);

	/* And back: nothing is cleaned, which would write over memory. */
	at = find_line(at, "zap_heap_state", "moving", "");
	ASSERT_NE(NULL, at);
	at = find_line(at, "zap_heap_zap:", "", "");
	ASSERT_NE(NULL, at);
	EXPECT_EQ(NULL, strstr(at, "dma_sync_sg_for_device"));
	if (dma) {
		at = find_line(at, back, "dir=BIDIRECTIONAL", "");
		ASSERT_NE(NULL, at);
	}
	at = find_line(at, "zap_heap_clean:", "clean=0", "invalidate=1");
	ASSERT_NE(NULL, at);
	EXPECT_NE(NULL, find_line(at, "zap_heap_state", "cpu_cached", ""));
}

/* All of the trace up to now, in a buffer that the next call uses again. */
static char *read_trace(void)
{
	static char text[1 << 16];
	int fd = open(TRACING "trace", O_RDONLY);
	ssize_t n, got = 0;

	while ((n = read(fd, text + got, sizeof(text) - 1 - got)) > 0)
		got += n;
	close(fd);
	text[got] = '\0';
	zh_write_file(TRACING "trace", "");
	return text;
}

static bool has_line(const char *a, const char *b, const char *c)
{
	char *text = read_trace(), *copy = strdup(text);
	bool has = find_line(copy, a, b, c);

	free(copy);
	return has;
}

/*
 * The DMA API maintains no caches at map and unmap: the heap does it, in its
 * own order, and the linear mapping may be gone.  What cached syncs is synced
 * for the right side.
 */
TEST_F(heap, dma_calls)
{
	bool cached = variant->policy == ZAP_BENCH_POLICY_CACHED;
	const char *all;

	if (zh_write_file(TRACING "events/dma/enable", "1"))
		SKIP(return, "no tracefs, or no events of the DMA API");
	ASSERT_EQ(0, zh_write_file(TRACING "trace", ""));
	ASSERT_EQ(0, zh_map(self->zb, ZAP_BENCH_DIR_BIDIRECTIONAL));
	EXPECT_TRUE(has_line("dma_map_sg: zap-bench", "attrs=SKIP_CPU_SYNC",
			     ""));
	ASSERT_EQ(0, zh_sync(self->buf, START_R));
	all = read_trace();
	EXPECT_EQ(cached, !!strstr(all, "dma_sync_sg_for_cpu: zap-bench"));
	EXPECT_EQ(NULL, strstr(all, "dma_sync_sg_for_device: zap-bench"));
	ASSERT_EQ(0, zh_sync(self->buf, END_W));
	all = read_trace();
	EXPECT_EQ(cached, !!strstr(all, "dma_sync_sg_for_device: zap-bench"));
	EXPECT_EQ(NULL, strstr(all, "dma_sync_sg_for_cpu: zap-bench"));
	ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_UNMAP));
	EXPECT_TRUE(has_line("dma_unmap_sg: zap-bench", "attrs=SKIP_CPU_SYNC",
			     ""));
	zh_write_file(TRACING "events/dma/enable", "0");
}

/* From drivers/dma-buf/sw_sync.c, which has no header. */
struct sw_sync_create {
	uint32_t value;
	char name[32];
	int32_t fence;
};

#define SW_SYNC_CREATE	_IOWR('W', 0, struct sw_sync_create)
#define SW_SYNC_INC	_IOW('W', 1, uint32_t)

static void on_alarm(int sig)
{
}

/*
 * Again and again until 0 ends it: one that comes before the call that it is to
 * interrupt, on a busy machine, must not be the last.
 */
static int set_alarm(unsigned int us)
{
	struct itimerval every = { .it_value.tv_usec = us,
				   .it_interval.tv_usec = us };

	return setitimer(ITIMER_REAL, &every, NULL);
}

/* START waits for the device, and meanwhile the buffer stays as it is. */
TEST_F(heap, start_waits_for_fence)
{
	struct timespec wait = { .tv_nsec = 200 * 1000 * 1000 };
	struct dma_buf_import_sync_file import = { .flags = DMA_BUF_SYNC_WRITE };
	struct sw_sync_create fence = { .value = 1, .name = "device" };
	struct sigaction action = { .sa_handler = on_alarm };
	struct dma_buf_sync arg = { .flags = START_R };
	struct call start = { .run = call_ioctl, .fd = self->buf,
			      .req = DMA_BUF_IOCTL_SYNC, .arg = &arg };
	struct zap_bench_stats s;
	uint32_t one = 1;
	unsigned int state;
	uint64_t dropped;
	int sync;

	sync = open("/sys/kernel/debug/sync/sw_sync", O_RDWR);
	if (sync < 0)
		SKIP(return, "no sw_sync (CONFIG_SW_SYNC, debugfs)");
	ASSERT_EQ(0, zh_ioctl(sync, SW_SYNC_CREATE, &fence));
	if (variant->policy == ZAP_BENCH_POLICY_CACHED)
		ASSERT_EQ(0, zh_map(self->zb, 0));
	sink = self->map[0];
	ASSERT_EQ(0, zh_sync(self->buf, END_W));
	import.fd = fence.fence;
	ASSERT_EQ(0, zh_ioctl(self->buf, DMA_BUF_IOCTL_IMPORT_SYNC_FILE,
			      &import));
	ASSERT_EQ(0, zh_stats(self->zb, &s));
	state = s.state;
	dropped = s.invalidated_bytes;

	/* A signal ends the wait. */
	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
	ASSERT_EQ(0, set_alarm(100 * 1000));
	EXPECT_EQ(-EINTR, zh_sync(self->buf, START_R));
	ASSERT_EQ(0, set_alarm(0));

	ASSERT_EQ(0, start_call(&start));
	nanosleep(&wait, NULL);
	EXPECT_EQ(0, atomic_load(&start.done));
	/* The waiter holds no lock and does not block the state. */
	ASSERT_EQ(0, zh_stats(self->zb, &s));
	EXPECT_EQ(state, s.state);
	/* What is dropped before the device is done would be loaded again. */
	EXPECT_EQ(dropped, s.invalidated_bytes);
	ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_ZAP));
	self->map[0] = 5;
	EXPECT_EQ(mapped_as(variant) == WC &&
		  (variant->lazy || born_as(variant) == WC) ? WC : CACHED,
		  zh_memtype(self->zb, self->map, NULL));

	ASSERT_EQ(0, zh_ioctl(sync, SW_SYNC_INC, &one));
	ASSERT_EQ(0, pthread_join(start.thread, NULL));
	EXPECT_EQ(0, start.ret);
	EXPECT_EQ(5, self->map[0]);
	if (variant->lazy)
		EXPECT_EQ(CACHED, zh_memtype(self->zb, self->map, NULL));
	close(fence.fence);
	close(sync);
}

/* START of a write waits for devices that read, too. */
TEST_F(heap, start_of_write_waits_for_readers)
{
	struct dma_buf_import_sync_file import = { .flags = DMA_BUF_SYNC_READ };
	struct sw_sync_create fence = { .value = 1, .name = "reader" };
	struct dma_buf_sync arg = { .flags = START_W };
	struct call start = { .run = call_ioctl, .fd = self->buf,
			      .req = DMA_BUF_IOCTL_SYNC, .arg = &arg };
	struct zap_bench_stats s;
	uint32_t one = 1;
	int sync;

	if (!variant->lazy && variant->policy != ZAP_BENCH_POLICY_CACHED)
		SKIP(return, "a client has to call neither START nor END");
	sync = open("/sys/kernel/debug/sync/sw_sync", O_RDWR);
	if (sync < 0)
		SKIP(return, "no sw_sync (CONFIG_SW_SYNC, debugfs)");
	ASSERT_EQ(0, zh_ioctl(sync, SW_SYNC_CREATE, &fence));
	ASSERT_EQ(0, zh_sync(self->buf, END_W));
	import.fd = fence.fence;
	ASSERT_EQ(0, zh_ioctl(self->buf, DMA_BUF_IOCTL_IMPORT_SYNC_FILE,
			      &import));
	ASSERT_EQ(0, start_call(&start));
	usleep(200 * 1000);
	EXPECT_EQ(0, atomic_load(&start.done));
	ASSERT_EQ(0, zh_stats(self->zb, &s));
	EXPECT_EQ(variant->lazy ? ZAP_BENCH_STATE_DEVICE :
		  ZAP_BENCH_STATE_CPU_CACHED, s.state);
	/* A read does not disturb them. */
	EXPECT_EQ(0, zh_sync(self->buf, START_R));
	ASSERT_EQ(0, zh_ioctl(sync, SW_SYNC_INC, &one));
	ASSERT_EQ(0, pthread_join(start.thread, NULL));
	EXPECT_EQ(0, start.ret);
	close(fence.fence);
	close(sync);
}

/* What SYNC_RANGE refuses, whatever the policy. */
TEST_F(heap, range_is_checked)
{
	struct zap_bench_sync arg = { .size_bytes = self->page,
				      .flags = START_R };
	size_t line = self->info.sync_align_bytes;
	int zb = zh_open();

	ASSERT_GE(zb, 0);
	ASSERT_NE(0, line);
	EXPECT_EQ(0, self->page % line);
	EXPECT_EQ(-ENXIO, zh_sync_range(zb, START_R, 0, line));
	EXPECT_EQ(0, zh_sync_range(self->zb, START_R, 0, self->size));
	EXPECT_EQ(0, zh_sync_range(self->zb, END_W, self->size - line, line));
	EXPECT_EQ(-EINVAL, zh_sync_range(self->zb, START_R, 0, 0));
	EXPECT_EQ(-EINVAL, zh_sync_range(self->zb, START_R, line / 2, line));
	EXPECT_EQ(-EINVAL, zh_sync_range(self->zb, START_R, 0, line / 2));
	EXPECT_EQ(-EINVAL, zh_sync_range(self->zb, START_R, self->size, line));
	EXPECT_EQ(-EINVAL, zh_sync_range(self->zb, START_R, line, self->size));
	EXPECT_EQ(-EINVAL, zh_sync_range(self->zb, START_R, -(uint64_t)line,
					 2 * line));
	EXPECT_EQ(-EINVAL, zh_sync_range(self->zb, START_R, line,
					 -(uint64_t)line));
	EXPECT_EQ(-EINVAL, zh_sync_range(self->zb, 0, 0, line));
	EXPECT_EQ(-EINVAL, zh_sync_range(self->zb, DMA_BUF_SYNC_END, 0, line));
	EXPECT_EQ(-EINVAL, zh_sync_range(self->zb, START_R | 8, 0, line));
	arg.reserved = 1;
	EXPECT_EQ(-EINVAL, zh_ioctl(self->zb, ZAP_BENCH_IOC_SYNC_RANGE, &arg));
	EXPECT_EQ(-EFAULT, zh_ioctl(self->zb, ZAP_BENCH_IOC_SYNC_RANGE, NULL));
	close(zb);
}

/* Policy cached: what SYNC does for all of the buffer, for the range alone. */
TEST_F(heap, range_is_maintained)
{
	size_t line = self->info.sync_align_bytes, from = 3 * self->page + line;
	uint64_t cleaned, invalidated = 0;
	struct zap_bench_stats s;
	const char *all;
	char text[64];
	bool events;

	if (variant->policy != ZAP_BENCH_POLICY_CACHED)
		SKIP(return, "of policy cached");
	/* Nobody has it mapped. */
	ASSERT_EQ(0, zh_sync_range(self->zb, END_W, from, line));
	ASSERT_EQ(0, zh_stats(self->zb, &s));
	EXPECT_EQ(0, s.cleaned_bytes);
	ASSERT_EQ(0, zh_map(self->zb, ZAP_BENCH_DIR_BIDIRECTIONAL));
	cleaned = self->size;

	events = !zh_write_file(TRACING "events/dma/dma_sync_single_for_device/enable",
				"1") &&
		 !zh_write_file(TRACING "events/dma/dma_sync_single_for_cpu/enable",
				"1");
	read_trace();
	ASSERT_EQ(0, zh_sync_range(self->zb, START_W, from, line));
	ASSERT_EQ(0, zh_sync_range(self->zb, END_R, from, line));
	if (events)
		EXPECT_EQ(NULL, strstr(read_trace(), "dma_sync_single"));
	ASSERT_EQ(0, zh_sync_range(self->zb, END_W, from, 2 * line));
	cleaned += 2 * line;
	snprintf(text, sizeof(text), "size=%zu\n", 2 * line);
	if (events) {
		all = read_trace();
		EXPECT_NE(NULL, strstr(all, "dma_sync_single_for_device: zap-bench"));
		EXPECT_NE(NULL, strstr(all, text));
		EXPECT_EQ(NULL, strstr(all, "dma_sync_single_for_cpu"));
	}
	ASSERT_EQ(0, zh_sync_range(self->zb, START_R, from, line));
	invalidated += line;
	if (events) {
		all = read_trace();
		EXPECT_NE(NULL, strstr(all, "dma_sync_single_for_cpu: zap-bench"));
		EXPECT_EQ(NULL, strstr(all, "dma_sync_single_for_device"));
	}
	/* As much as SYNC, if the range is the buffer. */
	ASSERT_EQ(0, zh_sync_range(self->zb, END_W, 0, self->size));
	cleaned += self->size;
	ASSERT_EQ(0, zh_stats(self->zb, &s));
	EXPECT_EQ(cleaned, s.cleaned_bytes);
	EXPECT_EQ(invalidated, s.invalidated_bytes);
	EXPECT_EQ(0, s.zaps);
	zh_write_file(TRACING "events/dma/enable", "0");

	/* A device that only reads has written nothing, and the other way. */
	ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_UNMAP));
	ASSERT_EQ(0, zh_map(self->zb, ZAP_BENCH_DIR_TO_DEVICE));
	ASSERT_EQ(0, zh_stats(self->zb, &s));
	invalidated = s.invalidated_bytes;
	ASSERT_EQ(0, zh_sync_range(self->zb, START_R, from, line));
	ASSERT_EQ(0, zh_stats(self->zb, &s));
	EXPECT_EQ(invalidated, s.invalidated_bytes);
}

/* The policies that zap: a range has no state of its own, and zaps itself only. */
TEST_F(heap, range_zaps_itself)
{
	size_t at = self->size / 2, line = self->info.sync_align_bytes;
	struct zap_bench_stats before, after;
	unsigned char byte = 0x77;
	uint64_t cleaned;

	if (!variant->zaps)
		SKIP(return, "never zaps");
	/* Nobody has mapped it: it stays cacheable, and a part is cleaned. */
	touch(self->map, self->size, self->page, true);
	ASSERT_EQ(0, zh_sync_range(self->zb, END_W, at, line));
	ASSERT_EQ(0, zh_stats(self->zb, &after));
	cleaned = variant->lazy ? line : 0;
	EXPECT_EQ(ZAP_BENCH_STATE_CPU_CACHED, after.state);
	EXPECT_EQ(cleaned, after.cleaned_bytes);
	EXPECT_EQ(0, after.zaps);

	/* Write-combined: it stays so, and no byte is late. */
	ASSERT_EQ(0, zh_map(self->zb, ZAP_BENCH_DIR_BIDIRECTIONAL));
	touch(self->map, self->size, self->page, false);
	ASSERT_EQ(0, zh_stats(self->zb, &before));
	ASSERT_EQ(0, zh_access(self->zb, ZAP_BENCH_IOC_DEV_WRITE, at, &byte, 1));
	ASSERT_EQ(0, zh_sync_range(self->zb, START_R, at, line));
	EXPECT_EQ(0x77, self->map[at]);
	EXPECT_EQ(WC, zh_memtype(self->zb, self->map + at, NULL));
	self->map[at] = 0x78;
	ASSERT_EQ(0, zh_sync_range(self->zb, END_W, at, line));
	ASSERT_EQ(0, zh_access(self->zb, ZAP_BENCH_IOC_DEV_READ, at, &byte, 1));
	EXPECT_EQ(0x78, byte);
	ASSERT_EQ(0, zh_stats(self->zb, &after));
	EXPECT_EQ(before.state, after.state);
	EXPECT_EQ(before.zaps, after.zaps);
	EXPECT_EQ(before.cleaned_bytes, after.cleaned_bytes);
	if (!variant->lazy)
		return;

	/* Cacheable again, while the device may write: the part is refreshed. */
	ASSERT_EQ(0, zh_sync(self->buf, START_R));
	touch(self->map, self->size, self->page, false);
	ASSERT_EQ(0, zh_stats(self->zb, &before));
	byte = 0x79;
	ASSERT_EQ(0, zh_access(self->zb, ZAP_BENCH_IOC_DEV_WRITE, at, &byte, 1));
	ASSERT_EQ(0, zh_sync_range(self->zb, START_R, at, line));
	EXPECT_EQ(NONE, zh_memtype(self->zb, self->map + at, NULL));
	EXPECT_EQ(CACHED, zh_memtype(self->zb, self->map, NULL));
	EXPECT_EQ(CACHED, zh_memtype(self->zb, self->map + at - self->page,
				     NULL));
	if (variant->gran != ZAP_BENCH_GRAN_HUGE)
		EXPECT_EQ(CACHED, zh_memtype(self->zb, self->map + at +
					     self->page, NULL));
	EXPECT_EQ(0x79, self->map[at]);
	EXPECT_EQ(CACHED, zh_memtype(self->zb, self->map + at, NULL));
	ASSERT_EQ(0, zh_stats(self->zb, &after));
	EXPECT_EQ(before.state, after.state);
	EXPECT_EQ(before.zaps + 1, after.zaps);
	EXPECT_EQ(before.zaps_uncounted + 1, after.zaps_uncounted);
	EXPECT_EQ(before.cleaned_bytes + line, after.cleaned_bytes);
	EXPECT_EQ(before.invalidated_bytes + line, after.invalidated_bytes);
	/* And the rest is as stale as before. */
	ASSERT_EQ(0, zh_sync(self->buf, START_R));
	ASSERT_EQ(0, zh_stats(self->zb, &after));
	EXPECT_EQ(before.zaps + 2, after.zaps);
	EXPECT_EQ(before.zaps_uncounted + 2, after.zaps_uncounted);
}

/* START of a part waits for the device, too; and a signal ends that. */
TEST_F(heap, range_waits_for_fence)
{
	struct dma_buf_import_sync_file import = { .flags = DMA_BUF_SYNC_WRITE };
	struct zap_bench_sync arg = { .size_bytes = self->page,
				      .flags = START_R };
	struct call start = { .run = call_ioctl, .fd = self->zb,
			      .req = ZAP_BENCH_IOC_SYNC_RANGE, .arg = &arg };
	struct sw_sync_create fence = { .value = 1, .name = "device" };
	struct sigaction action = { .sa_handler = on_alarm };
	int zb = zh_open(), sync;
	struct zap_bench_stats s;
	uint32_t one = 1;

	sync = open("/sys/kernel/debug/sync/sw_sync", O_RDWR);
	if (sync < 0)
		SKIP(return, "no sw_sync (CONFIG_SW_SYNC, debugfs)");
	ASSERT_EQ(0, zh_attach(zb, self->buf, 0));
	ASSERT_EQ(0, zh_map(self->zb, 0));
	ASSERT_EQ(0, zh_ioctl(sync, SW_SYNC_CREATE, &fence));
	import.fd = fence.fence;
	ASSERT_EQ(0, zh_ioctl(self->buf, DMA_BUF_IOCTL_IMPORT_SYNC_FILE,
			      &import));
	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
	ASSERT_EQ(0, set_alarm(100 * 1000));
	EXPECT_EQ(-EINTR, zh_sync_range(self->zb, START_R, 0, self->page));
	ASSERT_EQ(0, set_alarm(0));
	/* END waits for nobody. */
	EXPECT_EQ(0, zh_sync_range(self->zb, END_W, 0, self->page));

	ASSERT_EQ(0, start_call(&start));
	usleep(200 * 1000);
	EXPECT_EQ(0, atomic_load(&start.done));
	ASSERT_EQ(0, zh_stats(zb, &s));
	EXPECT_EQ(0, s.invalidated_bytes);
	ASSERT_EQ(0, zh_ioctl(sync, SW_SYNC_INC, &one));
	ASSERT_EQ(0, pthread_join(start.thread, NULL));
	EXPECT_EQ(0, start.ret);
	close(fence.fence);
	close(sync);
	close(zb);
}

/*
 * The system heap has the fault that start_waits_for_fence looks for: it drops
 * lines before it waits.  kpatch/fixes has a patch; this test fails only for a
 * kernel that has it.
 */
TEST(system_heap_waits)
{
	struct dma_buf_import_sync_file import = { .flags = DMA_BUF_SYNC_WRITE };
	struct sw_sync_create fence = { .value = 1, .name = "device" };
	struct dma_buf_sync arg = { .flags = START_R };
	struct call start = { .run = call_ioctl, .req = DMA_BUF_IOCTL_SYNC,
			      .arg = &arg };
	int zb = zh_open(), buf = zh_alloc("system", 1 << 20), sync;
	uint32_t one = 1;
	bool early;

	sync = open("/sys/kernel/debug/sync/sw_sync", O_RDWR);
	if (zb < 0 || buf < 0 || sync < 0 ||
	    zh_write_file(TRACING "events/dma/enable", "1"))
		SKIP(return, "no importer, system heap, sw_sync or events");
	ASSERT_EQ(0, zh_attach(zb, buf, 0));
	ASSERT_EQ(0, zh_map(zb, 0));
	ASSERT_EQ(0, zh_ioctl(sync, SW_SYNC_CREATE, &fence));
	import.fd = fence.fence;
	ASSERT_EQ(0, zh_ioctl(buf, DMA_BUF_IOCTL_IMPORT_SYNC_FILE, &import));
	read_trace();
	start.fd = buf;
	ASSERT_EQ(0, start_call(&start));
	usleep(200 * 1000);
	/* No EXPECT: a test that is skipped after one has not failed. */
	ASSERT_EQ(0, atomic_load(&start.done));
	early = strstr(read_trace(), "dma_sync_sg_for_cpu: zap-bench");
	ASSERT_EQ(0, zh_ioctl(sync, SW_SYNC_INC, &one));
	ASSERT_EQ(0, pthread_join(start.thread, NULL));
	zh_write_file(TRACING "events/dma/enable", "0");
	ASSERT_EQ(0, start.ret);
	/* Either way, it is dropped at some time. */
	ASSERT_EQ(!early, !!strstr(read_trace(),
				   "dma_sync_sg_for_cpu: zap-bench"));
	close(fence.fence);
	close(sync);
	close(buf);
	close(zb);
	if (early)
		SKIP(return, "drops lines before the device is done");
}

/* Positive control: would this machine detect a missing clean? */
TEST_F(heap, positive_control)
{
	struct zap_bench_map map = { .flags = ZAP_BENCH_MAP_SKIP_CLEAN };
	static char data[1 << 16];
	size_t stale = 0, i;

	memset((void *)self->map, 0x5c, self->size);
	ASSERT_EQ(0, zh_ioctl(self->zb, ZAP_BENCH_IOC_MAP, &map));
	ASSERT_EQ(0, zh_access(self->zb, ZAP_BENCH_IOC_DEV_READ, 0, data,
			       sizeof(data)));
	for (i = 0; i < sizeof(data); i++)
		stale += data[i] != 0x5c;
	if (!stale)
		SKIP(return, "no stale byte: coherence is not testable here");
}

/*
 * Policy refuse where the alias cannot be removed: no mapping, or one that is
 * cacheable as the alias is, by the kernel's configuration.
 */
TEST(refuse_with_alias)
{
	struct zap_bench_info info;
	struct zap_bench_stats s;
	size_t size = 1 << 20;
	int zb = zh_open(), co = zh_open(), buf;
	volatile char *map;
	char byte = 1;

	buf = zh_alloc("zap-refuse", size);
	if (zb < 0 || buf < 0)
		SKIP(return, "no importer, or no heap zap-refuse");
	ASSERT_EQ(0, zh_ioctl(zb, ZAP_BENCH_IOC_INFO, &info));
	if (info.direct_map_removable)
		SKIP(return, "the alias goes: boot without rodata=full");
	ASSERT_EQ(0, zh_attach(zb, buf, 0));
	ASSERT_EQ(0, zh_attach(co, buf, ZAP_BENCH_ATTACH_COHERENT));
	map = mmap(NULL, size, RW, MAP_SHARED, buf, 0);
	if (info.refuse_cached) {
		ASSERT_NE(MAP_FAILED, map);
		map[0] = 0x21;
		EXPECT_EQ(CACHED, zh_memtype(zb, map, NULL));
	} else {
		EXPECT_EQ(MAP_FAILED, map);
		EXPECT_EQ(EOPNOTSUPP, errno);
	}

	/* Devices of both kinds can use it, with maintenance. */
	ASSERT_EQ(0, zh_map(zb, 0));
	ASSERT_EQ(0, zh_map(co, 0));
	ASSERT_EQ(0, zh_access(zb, ZAP_BENCH_IOC_DEV_READ, 0, &byte, 1));
	EXPECT_EQ(info.refuse_cached ? 0x21 : 0, byte);
	ASSERT_EQ(0, zh_stats(zb, &s));
	EXPECT_EQ(0, s.alias_removed);
	EXPECT_EQ(ZAP_BENCH_STATE_CPU_CACHED, s.state);
	/* At allocation, and at the map. */
	EXPECT_EQ(2 * size, s.cleaned_bytes);
	ASSERT_EQ(0, zh_sync(buf, START_R));
	ASSERT_EQ(0, zh_sync(buf, END_W));
	ASSERT_EQ(0, zh_stats(zb, &s));
	EXPECT_EQ(size, s.invalidated_bytes);
	/* By START, since one of them snoops, and by END. */
	EXPECT_EQ(4 * size, s.cleaned_bytes);
	EXPECT_EQ(0, s.transitions_to_wc);
	/* The kernel's mapping is as the alias, too. */
	ASSERT_EQ(0, zh_op(zb, ZAP_BENCH_IOC_VMAP));
	ASSERT_EQ(0, zh_stats(zb, &s));
	EXPECT_EQ(CACHED, s.vmap_memtype);
	if (info.refuse_cached)
		EXPECT_EQ(CACHED, zh_memtype(zb, map, NULL));
	close(co);
	close(zb);
	close(buf);
}

/* A buffer of zap-cached has the policy that its flag asks for. */
TEST(buffers_opt_in)
{
	static const struct {
		uint64_t flag;
		unsigned int policy, mapped, ended;
	} rows[] = {
		{ 0, ZAP_BENCH_POLICY_CACHED, ZAP_BENCH_STATE_CPU_CACHED,
		  ZAP_BENCH_STATE_CPU_CACHED },
		{ DMA_HEAP_FLAG_ZAP_EAGER, ZAP_BENCH_POLICY_EAGER,
		  ZAP_BENCH_STATE_CPU_WC, ZAP_BENCH_STATE_CPU_WC },
		{ DMA_HEAP_FLAG_ZAP_LAZY, ZAP_BENCH_POLICY_LAZY,
		  ZAP_BENCH_STATE_DEVICE, ZAP_BENCH_STATE_DEVICE },
	};
	struct zap_bench_info info;
	size_t size = 1 << 20, i;
	struct zap_bench_stats s;
	volatile char *map;
	int zb, buf;

	zb = zh_open();
	if (zb < 0)
		SKIP(return, "no importer");
	ASSERT_EQ(0, zh_ioctl(zb, ZAP_BENCH_IOC_INFO, &info));
	if (!info.heap_flags)
		SKIP(return, "no CONFIG_DMABUF_HEAPS_ZAP_FLAGS");

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		buf = zh_alloc_with("zap-cached", size, O_RDWR, rows[i].flag);
		ASSERT_GE(buf, 0);
		map = mmap(NULL, size, RW, MAP_SHARED, buf, 0);
		ASSERT_NE(MAP_FAILED, map);
		ASSERT_EQ(0, zh_attach(zb, buf, 0));
		map[0] = 1;
		EXPECT_EQ(CACHED, zh_memtype(zb, map, NULL));
		ASSERT_EQ(0, zh_map(zb, 0));
		ASSERT_EQ(0, zh_stats(zb, &s));
		EXPECT_EQ(rows[i].policy, s.policy);
		EXPECT_EQ(rows[i].mapped, s.state);
		EXPECT_EQ(!!rows[i].flag, s.zaps);
		EXPECT_EQ(1, map[0]);
		EXPECT_EQ(rows[i].flag ? WC : CACHED,
			  zh_memtype(zb, map, NULL));
		ASSERT_EQ(0, zh_sync(buf, START_R));
		EXPECT_EQ(1, map[0]);
		EXPECT_EQ(rows[i].policy == ZAP_BENCH_POLICY_EAGER ? WC :
			  CACHED, zh_memtype(zb, map, NULL));
		ASSERT_EQ(0, zh_sync(buf, END_W));
		ASSERT_EQ(0, zh_stats(zb, &s));
		EXPECT_EQ(rows[i].ended, s.state);
		ASSERT_EQ(0, zh_op(zb, ZAP_BENCH_IOC_UNMAP));
		ASSERT_EQ(0, zh_op(zb, ZAP_BENCH_IOC_DETACH));
		munmap((void *)map, size);
		close(buf);
	}
	close(zb);
}

/* A flag that a heap does not know is refused, and two at a time are. */
TEST(unknown_flags_are_refused)
{
	static const char *const heaps[] = {
		"system", "zap-eager-page", "zap-lazy-buffer", "zap-cached",
		"zap-uncached",
	};
	struct zap_bench_info info = {};
	int zb = zh_open(), buf, there = 0;
	uint64_t flags, known;
	size_t i;
	int bit;

	if (zb >= 0)
		ASSERT_EQ(0, zh_ioctl(zb, ZAP_BENCH_IOC_INFO, &info));
	for (i = 0; i < ARRAY_SIZE(heaps); i++) {
		known = strcmp(heaps[i], "zap-cached") ? 0 : info.heap_flags;
		buf = zh_alloc(heaps[i], 4096);
		if (buf == -ENOENT)
			continue;
		ASSERT_GE(buf, 0);
		there++;
		close(buf);
		for (bit = 0; bit < 64; bit++) {
			flags = 1ULL << bit;
			if (flags & known)
				continue;
			EXPECT_EQ(-EINVAL, zh_alloc_with(heaps[i], 4096, O_RDWR,
							 flags | known));
			EXPECT_EQ(-EINVAL, zh_alloc_with(heaps[i], 4096, O_RDWR,
							 flags));
		}
		if (known)
			EXPECT_EQ(-EINVAL, zh_alloc_with(heaps[i], 4096, O_RDWR,
							 known));
	}
	if (zb >= 0)
		close(zb);
	if (!there)
		SKIP(return, "no heap");
}

/* A buffer of another exporter can only be attached and mapped. */
TEST(foreign_exporter)
{
	struct zap_bench_map map = {};
	struct zap_bench_stats s;
	int zb = zh_open(), buf = zh_alloc("system", 1 << 20);
	char byte;

	if (zb == -ENOENT || buf == -ENOENT)
		SKIP(return, "no importer, or no system heap");
	ASSERT_GE(zb, 0);
	ASSERT_GE(buf, 0);
	ASSERT_EQ(0, zh_attach(zb, buf, 0));
	map.flags = ZAP_BENCH_MAP_SKIP_CLEAN;
	EXPECT_EQ(-EOPNOTSUPP, zh_ioctl(zb, ZAP_BENCH_IOC_MAP, &map));
	ASSERT_EQ(0, zh_map(zb, 0));
	EXPECT_EQ(-EOPNOTSUPP, zh_stats(zb, &s));
	EXPECT_EQ(-EOPNOTSUPP, zh_sync_range(zb, START_R, 0, 4096));
	EXPECT_EQ(-EOPNOTSUPP, zh_op(zb, ZAP_BENCH_IOC_REARM));
	EXPECT_EQ(-EOPNOTSUPP, zh_op(zb, ZAP_BENCH_IOC_ZAP));
	EXPECT_EQ(-EOPNOTSUPP, zh_access(zb, ZAP_BENCH_IOC_DEV_READ, 0, &byte,
					 1));
	EXPECT_EQ(0, zh_op(zb, ZAP_BENCH_IOC_UNMAP));
	EXPECT_EQ(0, zh_op(zb, ZAP_BENCH_IOC_DETACH));
	close(buf);
	close(zb);
}

/* Sizes that overflow, or that are larger than all memory. */
TEST_F(heap, sizes)
{
	EXPECT_EQ(-EINVAL, zh_alloc(variant->name, 0));
	EXPECT_EQ(-EINVAL, zh_alloc(variant->name, (size_t)-1));
	if (sizeof(size_t) < 8)
		return;
	EXPECT_EQ(-ENOMEM, zh_alloc(variant->name, (size_t)(1ULL << 50)));
	EXPECT_EQ(-ENOMEM, zh_alloc(variant->name, (size_t)(1ULL << 63)));
}

/* As many chunks as max_order makes of it, and the same memory otherwise. */
TEST_F(heap, small_chunks)
{
	static const char max_order[] =
		"/sys/module/zap_heap/parameters/max_order";
	struct zap_bench_stats s;
	int buf, zb;

	ASSERT_EQ(0, zh_write_file(max_order, "0"));
	buf = zh_alloc(variant->name, self->size);
	ASSERT_EQ(0, zh_write_file(max_order, "4294967295"));
	ASSERT_GE(buf, 0);
	zb = zh_open();
	ASSERT_GE(zb, 0);
	EXPECT_EQ(0, zh_attach(zb, buf, 0));
	EXPECT_EQ(0, zh_stats(zb, &s));
	EXPECT_EQ(self->size / self->page, s.chunks);
	EXPECT_EQ(0, s.chunks_pmd);
	EXPECT_EQ(0, zh_map(zb, ZAP_BENCH_DIR_BIDIRECTIONAL));
	EXPECT_EQ(0, zh_op(zb, ZAP_BENCH_IOC_UNMAP));
	close(zb);
	close(buf);
}

#define SCATTERED 64

/*
 * Each address has its own page, where the pages of a buffer are not in order.
 * The device writes and the CPU reads: if an address had the page of somebody
 * else, a store would overwrite it.
 */
TEST_F(heap, scattered_pages)
{
	static const char max_order[] =
		"/sys/module/zap_heap/parameters/max_order";
	size_t page = self->page, i, jumps = 0;
	struct zap_bench_pte pte = {};
	unsigned char byte;
	uint64_t last = 0;
	volatile char *p;
	int holes[2 * SCATTERED], buf, zb;

	/* Every second one goes, and its page is what comes next. */
	for (i = 0; i < 2 * SCATTERED; i++) {
		holes[i] = zh_alloc(variant->name, page);
		ASSERT_LE(0, holes[i]);
	}
	for (i = 0; i < 2 * SCATTERED; i += 2)
		close(holes[i]);
	ASSERT_EQ(0, zh_write_file(max_order, "0"));
	buf = zh_alloc(variant->name, SCATTERED * page);
	ASSERT_EQ(0, zh_write_file(max_order, "4294967295"));
	ASSERT_LE(0, buf);
	for (i = 1; i < 2 * SCATTERED; i += 2)
		close(holes[i]);

	zb = zh_open();
	ASSERT_LE(0, zb);
	ASSERT_EQ(0, zh_attach(zb, buf, 0));
	p = zh_mmap(buf, SCATTERED * page, page, RW, 0);
	ASSERT_NE(MAP_FAILED, p);
	ASSERT_EQ(0, zh_map(zb, ZAP_BENCH_DIR_BIDIRECTIONAL));
	for (i = 0; i < SCATTERED; i++) {
		byte = i + 1;
		ASSERT_EQ(0, zh_access(zb, ZAP_BENCH_IOC_DEV_WRITE, i * page,
				       &byte, 1));
	}
	ASSERT_EQ(0, zh_sync(buf, START_R));
	for (i = 0; i < SCATTERED; i++) {
		EXPECT_EQ((char)(i + 1), p[i * page]);
		pte.address = (uintptr_t)p + i * page;
		ASSERT_EQ(0, zh_ioctl(zb, ZAP_BENCH_IOC_PTE, &pte));
		jumps += i && pte.raw - last != page;
		last = pte.raw;
	}
	/* Else the allocator gave pages in order, and this tested nothing. */
	EXPECT_LT(0, jumps);
	ASSERT_EQ(0, zh_sync(buf, END_R));
	munmap((char *)p, SCATTERED * page);
	close(zb);
	close(buf);
}

static int is_zap(const struct dirent *entry)
{
	return !strncmp(entry->d_name, "zap-", 4);
}

/* The kernel has the heaps that it says it was built with, and no others. */
TEST(heaps_are_those_built)
{
	static const char * const policies[] = {
		"eager", "lazy", "cached", "uncached", "refuse"
	};
	static const char * const grans[] = {
		"page", "around", "buffer", "huge", "contpte"
	};
	struct zap_bench_info info;
	struct dirent **found;
	unsigned int p, g, want = 0;
	char name[64];
	int zb, n, i;

	n = scandir("/dev/dma_heap", &found, is_zap, alphasort);
	/* For a script that knows what it has built. */
	printf("# heaps:");
	for (i = 0; i < n; i++)
		printf(" %s", found[i]->d_name);
	printf("\n");
	fflush(stdout);
	zb = zh_open();
	if (zb == -ENOENT)
		SKIP(return, "no " ZAP_BENCH_DEVICE " (CONFIG_ZAP_BENCH)");
	ASSERT_GE(zb, 0);
	ASSERT_EQ(0, zh_ioctl(zb, ZAP_BENCH_IOC_INFO, &info));
	ASSERT_NE(0, info.policies);
	ASSERT_NE(0, info.granularities);
	for (p = 0; p < 5; p++) {
		if (!(info.policies & (1U << p)))
			continue;
		for (g = 0; g < 5; g++) {
			if (!(info.granularities & (1U << g)))
				continue;
			if (p >= ZAP_BENCH_POLICY_CACHED)
				snprintf(name, sizeof(name),
					 "/dev/dma_heap/zap-%s", policies[p]);
			else
				snprintf(name, sizeof(name),
					 "/dev/dma_heap/zap-%s-%s", policies[p],
					 grans[g]);
			EXPECT_EQ(0, access(name, F_OK));
			want++;
			if (p >= ZAP_BENCH_POLICY_CACHED)
				break;
		}
	}
	EXPECT_EQ(want, n);
	close(zb);
}

TEST_HARNESS_MAIN
