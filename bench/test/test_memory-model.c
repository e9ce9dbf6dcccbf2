// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the model of caches and TLBs counts, against what is computed by hand: each case says how.
 */
#include "bench/qemu/memory-model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define KIB (1024ull)
#define MIB (1024 * KIB)
#define LINE ((uint64_t)MODEL_LINE_BYTES)

/* L1D: 2 sets of 2 ways; L2: 4 sets of 2 ways. TLB: 2 entries, then 2 sets of 2 ways. */
#define TINY(kind, other)                                                               \
	{                                                                               \
		.name = "tiny",                                                         \
		.cache = { { 4 * MODEL_LINE_BYTES, 2, REPLACE_LRU, RELATION_NONE, "" }, \
			   { 8 * MODEL_LINE_BYTES, 2, REPLACE_LRU, kind, "" } },        \
		.tlb = { { 2, 2, 0, "" }, { 4, 2, 0, "" } }, other                      \
	}
static const struct core_model tiny = TINY(RELATION_NONE, .ivac_cleans = false);
static const struct core_model tiny_inclusive = TINY(RELATION_INCLUSIVE, .ivac_cleans = true);
static const struct core_model tiny_victim = TINY(RELATION_VICTIM, .ivac_cleans = false);

/* Every address is its own physical address, in pages of one size and type. */
static struct translation pages;
static bool nothing_mapped;

static int same(void *argument, uint64_t address, struct translation *found)
{
	(void)argument;
	if (nothing_mapped)
		return -EFAULT;
	*found = pages;
	found->physical = address & -pages.bytes;
	return 0;
}

static struct memory_model *model;
static uint64_t *count;

static void use(const struct core_model *core, enum prefetch prefetch)
{
	memory_model_free(model);
	model = memory_model_new(core, prefetch, same, NULL);
	assert_non_null(model);
	count = memory_model_counts(model);
	pages = (struct translation){ .bytes = 4 * KIB, .loads = 4 };
	nothing_mapped = false;
}

static void use_core(const char *name)
{
	const struct core_model *core = core_model_find(name);

	assert_non_null(core);
	use(core, PREFETCH_OFF);
}

static int drop(void **state)
{
	(void)state;
	memory_model_free(model);
	model = NULL;
	return 0;
}

static void forget(void)
{
	memset(count, 0, NR_MODEL_COUNTS * sizeof(*count));
}

static void sweep(uint64_t from, uint64_t bytes, uint64_t stride, size_t size, bool store)
{
	for (uint64_t at = from; at < from + bytes; at += stride)
		memory_model_access(model, at, size, store);
}

static void load(uint64_t line)
{
	memory_model_access(model, line * LINE, 8, false);
}

static void store(uint64_t line)
{
	memory_model_access(model, line * LINE, 8, true);
}

/* Lines and pages by stride: 4 MiB are 65,536 lines and 1024 pages, each read once. */
static void test_by_line(void **state)
{
	(void)state;
	use_core("cortex-a72");
	sweep(0, 4 * MIB, LINE, 8, false);
	assert_int_equal(count[MODEL_LOADS], 65536);
	assert_int_equal(count[MODEL_STORES], 0);
	assert_int_equal(count[MODEL_L1D_REFILL], 65536);
	assert_int_equal(count[MODEL_L2D_REFILL], 65536);
	assert_int_equal(count[MODEL_DTLB_REFILL], 1024);
	assert_int_equal(count[MODEL_DTLB_WALK], 1024);
	assert_int_equal(count[MODEL_WALK_LOADS], 4096);
}

static void test_by_word(void **state)
{
	(void)state;
	use_core("cortex-a72");
	sweep(0, 4 * MIB, 8, 8, false);
	assert_int_equal(count[MODEL_LOADS], 524288);
	assert_int_equal(count[MODEL_L1D_REFILL], 65536);
	assert_int_equal(count[MODEL_DTLB_REFILL], 1024);
}

static void test_by_two_lines(void **state)
{
	(void)state;
	use_core("cortex-a53");
	sweep(0, 1 * MIB, 2 * LINE, 8, false);
	assert_int_equal(count[MODEL_LOADS], 8192);
	assert_int_equal(count[MODEL_L1D_REFILL], 8192);
	assert_int_equal(count[MODEL_DTLB_REFILL], 256);
}

static void test_by_page(void **state)
{
	(void)state;
	use_core("cortex-a55");
	sweep(0, 4 * MIB, 4 * KIB, 8, false);
	assert_int_equal(count[MODEL_L1D_REFILL], 1024);
	assert_int_equal(count[MODEL_DTLB_WALK], 1024);
}

/* One access that crosses a line takes two lines; one that crosses a page two pages, too. */
static void test_across_a_line(void **state)
{
	(void)state;
	use_core("cortex-a72");
	memory_model_access(model, 60, 8, false);
	assert_int_equal(count[MODEL_LOADS], 1);
	assert_int_equal(count[MODEL_L1D_REFILL], 2);
	assert_int_equal(count[MODEL_DTLB_REFILL], 1);
}

static void test_across_a_page(void **state)
{
	(void)state;
	use_core("cortex-a72");
	memory_model_access(model, 4096 - 4, 8, true);
	assert_int_equal(count[MODEL_STORES], 1);
	assert_int_equal(count[MODEL_L1D_REFILL], 2);
	assert_int_equal(count[MODEL_DTLB_REFILL], 2);
}

/* A working set as large as the L1D stays there; the second round misses nothing. */
static void test_fits_l1(void **state)
{
	(void)state;
	use_core("cortex-a72");
	sweep(0, 32 * KIB, LINE, 8, false);
	forget();
	sweep(0, 32 * KIB, LINE, 8, false);
	assert_int_equal(count[MODEL_L1D_REFILL], 0);
}

/* One line more in a set of two ways: by LRU its three lines, 16 KiB apart, miss in every round; the others stay. */
static void test_line_over_l1(void **state)
{
	(void)state;
	use_core("cortex-a72");
	sweep(0, 32 * KIB + LINE, LINE, 8, false);
	forget();
	sweep(0, 32 * KIB + LINE, LINE, 8, false);
	assert_int_equal(count[MODEL_L1D_REFILL], 3);
	assert_int_equal(count[MODEL_L2D_REFILL], 0);
}

/* Twice the L1D in order, by LRU: every line is gone before it comes again; the L2 has them all. */
static void test_twice_l1(void **state)
{
	(void)state;
	use_core("cortex-a72");
	sweep(0, 64 * KIB, LINE, 8, false);
	forget();
	sweep(0, 64 * KIB, LINE, 8, false);
	assert_int_equal(count[MODEL_L1D_REFILL], 1024);
	assert_int_equal(count[MODEL_L2D_REFILL], 0);
}

static void test_fits_l2(void **state)
{
	(void)state;
	use_core("cortex-a72");
	sweep(0, 1 * MIB, LINE, 8, false);
	forget();
	sweep(0, 1 * MIB, LINE, 8, false);
	assert_int_equal(count[MODEL_L1D_REFILL], 16384);
	assert_int_equal(count[MODEL_L2D_REFILL], 0);
}

static void test_twice_l2(void **state)
{
	(void)state;
	use_core("cortex-a72");
	sweep(0, 2 * MIB, LINE, 8, false);
	forget();
	sweep(0, 2 * MIB, LINE, 8, false);
	assert_int_equal(count[MODEL_L2D_REFILL], 32768);
}

/* 64 KiB of L1D, 512 KiB of L2 and 3 MiB of L3 that has no line of the L2: 3 MiB fit into both. */
static void test_fits_l3(void **state)
{
	(void)state;
	use_core("cortex-a76");
	sweep(0, 3 * MIB, LINE, 8, false);
	forget();
	sweep(0, 3 * MIB, LINE, 8, false);
	assert_int_equal(count[MODEL_L1D_REFILL], 49152);
	assert_int_equal(count[MODEL_L2D_REFILL], 49152);
	assert_int_equal(count[MODEL_L3D_REFILL], 0);
}

/* Random replacement keeps a part of a set that is too large, and it is the same part in every run. */
static void test_random_replacement(void **state)
{
	uint64_t first;

	(void)state;
	use_core("cortex-a53");
	for (int i = 0; i < 10; i++)
		sweep(0, 64 * KIB, LINE, 8, false);
	first = count[MODEL_L1D_REFILL];
	assert_true(first > 1024 && first < 10 * 1024);
	use_core("cortex-a53");
	for (int i = 0; i < 10; i++)
		sweep(0, 64 * KIB, LINE, 8, false);
	assert_int_equal(count[MODEL_L1D_REFILL], first);
}

/* Tiny: set 0 has lines 0, 2, 4. After 0, 2, 0 the oldest is 2, so 4 replaces 2. */
static void test_eviction_order(void **state)
{
	(void)state;
	use(&tiny, PREFETCH_OFF);
	load(0);
	load(2);
	load(0);
	load(4);
	forget();
	load(0);
	assert_int_equal(count[MODEL_L1D_REFILL], 0);
	load(2);
	assert_int_equal(count[MODEL_L1D_REFILL], 1);
	load(0); /* 2 replaced 4, not 0 */
	assert_int_equal(count[MODEL_L1D_REFILL], 1);
}

/* A line of another set disturbs nothing. */
static void test_other_set(void **state)
{
	(void)state;
	use(&tiny, PREFETCH_OFF);
	load(0);
	load(2);
	load(1);
	load(3);
	forget();
	load(0);
	load(2);
	assert_int_equal(count[MODEL_L1D_REFILL], 0);
}

/* Stores allocate; a line that was stored to is written back when it goes, one that was loaded is not. */
static void test_write_back(void **state)
{
	(void)state;
	use(&tiny, PREFETCH_OFF);
	store(0);
	load(2);
	assert_int_equal(count[MODEL_L1D_REFILL], 2);
	load(4); /* replaces 0 */
	assert_int_equal(count[MODEL_L1D_WRITE_BACK], 1);
	load(6); /* replaces 2 */
	assert_int_equal(count[MODEL_L1D_WRITE_BACK], 1);
	assert_int_equal(count[MODEL_L2D_WRITE_BACK], 0);
}

/* Tiny's L2 has two ways for 0, 4, 8: 8 puts 0 out of it, which the store made dirty in the L1D and then in the L2. */
static void test_write_back_l2(void **state)
{
	(void)state;
	use(&tiny, PREFETCH_OFF);
	store(0);
	load(2);
	load(4);
	load(8);
	assert_int_equal(count[MODEL_L1D_WRITE_BACK], 1);
	assert_int_equal(count[MODEL_L2D_WRITE_BACK], 1);
}

/* 2 MiB stored by lines: the L2 of 1 MiB gives back the first MiB, and the L1D all but its own 512 lines. */
static void test_write_back_of_a_sweep(void **state)
{
	(void)state;
	use_core("cortex-a72");
	sweep(0, 2 * MIB, LINE, 8, true);
	assert_int_equal(count[MODEL_L1D_WRITE_BACK], 32768 - 512);
	assert_int_equal(count[MODEL_L2D_WRITE_BACK], 16384);
}

/* 0 stays in the L1D, as it is read between; an inclusive L2 that loses it takes it out of the L1D, another does not.
 */
static void test_inclusive(void **state)
{
	(void)state;
	for (int inclusive = 0; inclusive < 2; inclusive++) {
		use(inclusive ? &tiny_inclusive : &tiny, PREFETCH_OFF);
		load(0);
		load(4);
		load(0);
		load(8); /* L2 set 0: 8 replaces 0; L1D set 0: 8 replaces 4 */
		forget();
		load(0);
		assert_int_equal(count[MODEL_L1D_REFILL], inclusive);
	}
}

/* A dirty line that an inclusive L2 takes out of the L1D is written back by both. */
static void test_inclusive_dirty(void **state)
{
	(void)state;
	use(&tiny_inclusive, PREFETCH_OFF);
	store(0);
	load(4);
	load(0);
	load(8);
	assert_int_equal(count[MODEL_L1D_WRITE_BACK], 1);
	assert_int_equal(count[MODEL_L2D_WRITE_BACK], 1);
}

/* A victim cache gets what the L1D evicts, and gives it back: 4 + 8 lines fit, which 8 of an inclusive L2 do not. */
static void test_victim(void **state)
{
	(void)state;
	use(&tiny_victim, PREFETCH_OFF);
	load(0);
	load(2);
	load(4); /* 0 goes to the L2 */
	assert_int_equal(count[MODEL_L2D_REFILL], 3);
	forget();
	load(0);
	assert_int_equal(count[MODEL_L1D_REFILL], 1);
	assert_int_equal(count[MODEL_L2D_REFILL], 0);
}

/* A line that is dirty stays so on its way through a victim cache and back: it is written back from the L1D twice. */
static void test_victim_dirty(void **state)
{
	(void)state;
	use(&tiny_victim, PREFETCH_OFF);
	store(0);
	load(2);
	load(4);
	load(0); /* back, 2 goes */
	load(4);
	load(6); /* 0 goes again */
	assert_int_equal(count[MODEL_L1D_WRITE_BACK], 2);
}

/* The TLB: as many pages as entries miss nothing in the second round; by LRU one more misses each. */
static void check_tlb(const char *name, uint64_t entries, enum model_count which)
{
	use_core(name);
	sweep(0, entries * 4 * KIB, 4 * KIB, 8, false);
	forget();
	sweep(0, entries * 4 * KIB, 4 * KIB, 8, false);
	assert_int_equal(count[which], 0);
	sweep(0, 2 * entries * 4 * KIB, 4 * KIB, 8, false);
	forget();
	sweep(0, 2 * entries * 4 * KIB, 4 * KIB, 8, false);
	assert_int_equal(count[which], 2 * entries);
}

static void test_tlb_a53(void **state)
{
	(void)state;
	check_tlb("cortex-a53", 10, MODEL_DTLB_REFILL);
	check_tlb("cortex-a53", 512, MODEL_DTLB_WALK);
}

static void test_tlb_a55(void **state)
{
	(void)state;
	check_tlb("cortex-a55", 16, MODEL_DTLB_REFILL);
	check_tlb("cortex-a55", 1024, MODEL_DTLB_WALK);
}

static void test_tlb_a72(void **state)
{
	(void)state;
	check_tlb("cortex-a72", 32, MODEL_DTLB_REFILL);
	check_tlb("cortex-a72", 1024, MODEL_DTLB_WALK);
}

static void test_tlb_a76(void **state)
{
	(void)state;
	check_tlb("cortex-a76", 48, MODEL_DTLB_REFILL);
	check_tlb("cortex-a76", 1280, MODEL_DTLB_WALK);
}

/* 33 pages in turn in 32 entries by LRU: each misses; the second TLB has them, so none is walked for. */
static void test_tlb_one_more(void **state)
{
	(void)state;
	use_core("cortex-a72");
	sweep(0, 33 * 4 * KIB, 4 * KIB, 8, false);
	forget();
	sweep(0, 33 * 4 * KIB, 4 * KIB, 8, false);
	assert_int_equal(count[MODEL_DTLB_REFILL], 33);
	assert_int_equal(count[MODEL_L2D_TLB_REFILL], 0);
}

/* Entries of 16, 64 KiB, 2 MiB and 1 GiB: 128 MiB take 8192, 2048, 64 and 1 of them. */
static void test_page_sizes(void **state)
{
	static const struct {
		uint64_t bytes, walks;
	} sizes[] = { { 16 * KIB, 8192 }, { 64 * KIB, 2048 }, { 2 * MIB, 64 }, { 1024 * MIB, 1 } };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		use_core("cortex-a76");
		pages.bytes = sizes[i].bytes;
		sweep(0, 128 * MIB, 4 * KIB, 8, false);
		assert_int_equal(count[MODEL_DTLB_WALK], sizes[i].walks);
		assert_int_equal(count[MODEL_DTLB_REFILL], sizes[i].walks);
	}
}

/* The A72's first TLB has entries of at most 1 MiB: 8 pages of 2 MiB take 16, but 8 walks. */
static void test_split_entry(void **state)
{
	(void)state;
	use_core("cortex-a72");
	pages.bytes = 2 * MIB;
	sweep(0, 16 * MIB, 4 * KIB, 8, false);
	assert_int_equal(count[MODEL_DTLB_REFILL], 16);
	assert_int_equal(count[MODEL_DTLB_WALK], 8);
}

/* Another ASID does not use the entry, unless it is global. */
static void test_asid(void **state)
{
	(void)state;
	for (int global = 0; global < 2; global++) {
		use_core("cortex-a72");
		pages.global = global;
		memory_model_set_asid(model, 1);
		load(0);
		memory_model_set_asid(model, 2);
		load(0);
		memory_model_set_asid(model, 1);
		load(0);
		assert_int_equal(count[MODEL_DTLB_WALK], global ? 1 : 2);
	}
}

static void test_tlbi_all(void **state)
{
	(void)state;
	use_core("cortex-a72");
	pages.global = true;
	sweep(0, 16 * 4 * KIB, 4 * KIB, 8, false);
	memory_model_tlbi_all(model);
	forget();
	sweep(0, 16 * 4 * KIB, 4 * KIB, 8, false);
	assert_int_equal(count[MODEL_DTLB_WALK], 16);
}

/* TLBI of one of 16 pages: one walk, also where the page has an entry in each TLB. Of another ASID: none. */
static void test_tlbi_va(void **state)
{
	(void)state;
	use_core("cortex-a72");
	memory_model_set_asid(model, 1);
	sweep(0, 16 * 4 * KIB, 4 * KIB, 8, false);
	forget();
	memory_model_tlbi_va(model, 5 * 4 * KIB, 2, false);
	sweep(0, 16 * 4 * KIB, 4 * KIB, 8, false);
	assert_int_equal(count[MODEL_DTLB_WALK], 0);
	memory_model_tlbi_va(model, 5 * 4 * KIB, 1, false);
	sweep(0, 16 * 4 * KIB, 4 * KIB, 8, false);
	assert_int_equal(count[MODEL_DTLB_WALK], 1);
	memory_model_tlbi_va(model, 6 * 4 * KIB, 2, true);
	sweep(0, 16 * 4 * KIB, 4 * KIB, 8, false);
	assert_int_equal(count[MODEL_DTLB_WALK], 2);
	assert_int_equal(count[MODEL_TLBI_VA], 3);
}

/* TLBI of a page of 2 MiB: both halves go. */
static void test_tlbi_split(void **state)
{
	(void)state;
	use_core("cortex-a72");
	pages.bytes = 2 * MIB;
	sweep(0, 2 * MIB, 1 * MIB, 8, false);
	memory_model_tlbi_va(model, 0, 0, false);
	forget();
	memory_model_access(model, 1 * MIB, 8, false);
	assert_int_equal(count[MODEL_DTLB_WALK], 1);
}

static void test_tlbi_asid(void **state)
{
	(void)state;
	use_core("cortex-a72");
	memory_model_set_asid(model, 1);
	load(0);
	pages.global = true;
	memory_model_access(model, 8 * KIB, 8, false);
	forget();
	memory_model_tlbi_asid(model, 2);
	load(0);
	assert_int_equal(count[MODEL_DTLB_WALK], 0);
	memory_model_tlbi_asid(model, 1);
	load(0);
	memory_model_access(model, 8 * KIB, 8, false);
	assert_int_equal(count[MODEL_DTLB_WALK], 1);
	assert_int_equal(count[MODEL_TLBI_ASID], 2);
}

/* DC CVAC over 16 KiB of which every second line was stored to: 256 operations, 128 write-backs, all lines stay. */
static void test_clean_loop(void **state)
{
	(void)state;
	use_core("cortex-a72");
	sweep(0, 16 * KIB, LINE, 8, false);
	sweep(0, 16 * KIB, 2 * LINE, 8, true);
	for (uint64_t at = 0; at < 16 * KIB; at += LINE)
		memory_model_maintain(model, at, MAINTAIN_CLEAN);
	assert_int_equal(count[MODEL_DC_CVAC], 256);
	assert_int_equal(count[MODEL_DC_WRITE_BACK], 128);
	forget();
	sweep(0, 16 * KIB, LINE, 8, false);
	assert_int_equal(count[MODEL_L1D_REFILL], 0);
	memory_model_maintain(model, 0, MAINTAIN_CLEAN);
	assert_int_equal(count[MODEL_DC_WRITE_BACK], 0);
}

/* DC CIVAC: the same, and every line is gone from every level. */
static void test_clean_invalidate_loop(void **state)
{
	(void)state;
	use_core("cortex-a72");
	sweep(0, 16 * KIB, LINE, 8, true);
	for (uint64_t at = 0; at < 16 * KIB; at += LINE)
		memory_model_maintain(model, at, MAINTAIN_CLEAN_INVALIDATE);
	assert_int_equal(count[MODEL_DC_CIVAC], 256);
	assert_int_equal(count[MODEL_DC_WRITE_BACK], 256);
	assert_int_equal(count[MODEL_L1D_WRITE_BACK], 0);
	forget();
	sweep(0, 16 * KIB, LINE, 8, false);
	assert_int_equal(count[MODEL_L1D_REFILL], 256);
	assert_int_equal(count[MODEL_L2D_REFILL], 256);
}

/* DC IVAC drops a dirty line, except on a core where it cleans. */
static void test_invalidate(void **state)
{
	(void)state;
	for (int cleans = 0; cleans < 2; cleans++) {
		use(cleans ? &tiny_inclusive : &tiny, PREFETCH_OFF);
		store(0);
		memory_model_maintain(model, 0, MAINTAIN_INVALIDATE);
		assert_int_equal(count[MODEL_DC_IVAC], 1);
		assert_int_equal(count[MODEL_DC_WRITE_BACK], cleans);
		load(0);
		assert_int_equal(count[MODEL_L2D_REFILL], 2);
	}
}

/* A line that lies in the L2 alone is cleaned there. */
static void test_clean_l2(void **state)
{
	(void)state;
	use(&tiny, PREFETCH_OFF);
	store(0);
	load(2);
	load(4);
	memory_model_maintain(model, 0, MAINTAIN_CLEAN);
	assert_int_equal(count[MODEL_DC_WRITE_BACK], 1);
}

/* DC ZVA of 4 KiB: 64 lines get dirty, and none is read. */
static void test_zero(void **state)
{
	(void)state;
	use_core("cortex-a72");
	for (uint64_t at = 0; at < 4 * KIB; at += LINE)
		memory_model_zero(model, at + 8);
	assert_int_equal(count[MODEL_DC_ZVA], 64);
	assert_int_equal(count[MODEL_L1D_REFILL], 0);
	sweep(0, 4 * KIB, LINE, 8, false);
	assert_int_equal(count[MODEL_L1D_REFILL], 0);
	for (uint64_t at = 0; at < 4 * KIB; at += LINE)
		memory_model_maintain(model, at, MAINTAIN_CLEAN_INVALIDATE);
	assert_int_equal(count[MODEL_DC_WRITE_BACK], 64);
}

/* Write-combined: 4 KiB stored in words of 8 bytes are 512 stores that fill 64 lines, and touch no cache. */
static void test_combined(void **state)
{
	(void)state;
	use_core("cortex-a72");
	pages.type = MEMORY_WRITE_COMBINED;
	sweep(0, 4 * KIB, 8, 8, true);
	memory_model_barrier(model);
	assert_int_equal(count[MODEL_WC_STORE_8], 512);
	assert_int_equal(count[MODEL_WC_LINES_FULL], 64);
	assert_int_equal(count[MODEL_WC_LINES_PARTIAL], 0);
	assert_int_equal(count[MODEL_L1D_REFILL], 0);
	assert_int_equal(count[MODEL_DTLB_WALK], 1);
}

/* Every second word: no line is full. By size: 4, 2 and 1 bytes, and 16. */
static void test_combined_partial(void **state)
{
	(void)state;
	use_core("cortex-a72");
	pages.type = MEMORY_WRITE_COMBINED;
	sweep(0, 1 * KIB, 16, 8, true);
	memory_model_barrier(model);
	assert_int_equal(count[MODEL_WC_LINES_FULL], 0);
	assert_int_equal(count[MODEL_WC_LINES_PARTIAL], 16);
	sweep(0, LINE, 4, 4, true);
	sweep(0, LINE, 2, 2, true);
	sweep(0, LINE, 1, 1, true);
	sweep(0, LINE, 16, 16, true);
	assert_int_equal(count[MODEL_WC_LINES_FULL], 4);
	assert_int_equal(count[MODEL_WC_STORE_4], 16);
	assert_int_equal(count[MODEL_WC_STORE_2], 32);
	assert_int_equal(count[MODEL_WC_STORE_1], 64);
	assert_int_equal(count[MODEL_WC_STORE_16], 4);
}

/* A barrier ends a run: half a line, a DSB and the other half are two partial lines. */
static void test_combined_barrier(void **state)
{
	(void)state;
	use_core("cortex-a72");
	pages.type = MEMORY_WRITE_COMBINED;
	sweep(0, LINE / 2, 8, 8, true);
	memory_model_barrier(model);
	sweep(LINE / 2, LINE / 2, 8, 8, true);
	memory_model_barrier(model);
	assert_int_equal(count[MODEL_WC_LINES_FULL], 0);
	assert_int_equal(count[MODEL_WC_LINES_PARTIAL], 2);
}

/* Every load of write-combined memory goes to memory: a line read by words is 8 loads, in the second round again. */
static void test_combined_loads(void **state)
{
	(void)state;
	use_core("cortex-a72");
	pages.type = MEMORY_WRITE_COMBINED;
	sweep(0, LINE, 8, 8, false);
	sweep(0, LINE, 8, 8, false);
	assert_int_equal(count[MODEL_WC_LOAD_8], 16);
	assert_int_equal(count[MODEL_L1D_REFILL], 0);
}

static void test_device(void **state)
{
	(void)state;
	use_core("cortex-a72");
	pages.type = MEMORY_DEVICE;
	sweep(0, 32, 4, 4, true);
	assert_int_equal(count[MODEL_DEVICE], 8);
	assert_int_equal(count[MODEL_L1D_REFILL], 0);
	assert_int_equal(count[MODEL_STORES], 8);
}

/* An access whose page is not known says so, and is in no cache and no TLB. */
static void test_untranslated(void **state)
{
	(void)state;
	use_core("cortex-a72");
	nothing_mapped = true;
	load(0);
	memory_model_zero(model, 0);
	assert_int_equal(count[MODEL_UNTRANSLATED], 2);
	assert_int_equal(count[MODEL_DTLB_REFILL], 0);
	assert_int_equal(count[MODEL_DC_ZVA], 0);
}

/* Next line: of a page's 64 lines in order the first misses, and each brings the next, up to the page's end. */
static void test_prefetch_next(void **state)
{
	(void)state;
	use(core_model_find("cortex-a72"), PREFETCH_NEXT);
	sweep(0, 4 * KIB, LINE, 8, false);
	assert_int_equal(count[MODEL_L1D_REFILL], 1);
	assert_int_equal(count[MODEL_PREFETCH], 63);
	use(core_model_find("cortex-a72"), PREFETCH_NEXT);
	load(63);
	assert_int_equal(count[MODEL_PREFETCH], 0);
}

/* Stride of 4 lines: 4 and 8 miss and tell the stride; then 12 is there and brings 16, which brings 20. */
static void test_prefetch_stride(void **state)
{
	(void)state;
	use(core_model_find("cortex-a72"), PREFETCH_STRIDE);
	for (uint64_t i = 0; i < 4; i++)
		load(4 + 4 * i);
	assert_int_equal(count[MODEL_L1D_REFILL], 2);
	assert_int_equal(count[MODEL_PREFETCH], 3);
}

/* Two lines from the L2's point of view: a prefetch is no refill of any level, and is there afterwards. */
static void test_prefetch_counts_apart(void **state)
{
	(void)state;
	use(core_model_find("cortex-a72"), PREFETCH_NEXT);
	load(0);
	assert_int_equal(count[MODEL_L2D_REFILL], 1);
	load(1);
	assert_int_equal(count[MODEL_L1D_REFILL], 1);
	assert_int_equal(count[MODEL_L2D_REFILL], 1);
}

/* Every model has whole sets, and says where each figure is from. */
static void test_models(void **state)
{
	(void)state;
	assert_null(core_model_find("cortex-a99"));
	for (size_t i = 0; i < nr_core_models; i++) {
		const struct core_model *core = &core_models[i];

		for (size_t j = 0; j < MODEL_LEVELS_MAX && core->cache[j].bytes; j++) {
			assert_int_equal(core->cache[j].bytes % (LINE * core->cache[j].ways), 0);
			assert_true(strlen(core->cache[j].source) > 10);
		}
		for (size_t j = 0; j < 2; j++) {
			assert_int_equal(core->tlb[j].entries % core->tlb[j].ways, 0);
			assert_true(strlen(core->tlb[j].source) > 10);
		}
	}
}

#define CASE(name) cmocka_unit_test_teardown(test_##name, drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(by_line),
		CASE(by_word),
		CASE(by_two_lines),
		CASE(by_page),
		CASE(across_a_line),
		CASE(across_a_page),
		CASE(fits_l1),
		CASE(line_over_l1),
		CASE(twice_l1),
		CASE(fits_l2),
		CASE(twice_l2),
		CASE(fits_l3),
		CASE(random_replacement),
		CASE(eviction_order),
		CASE(other_set),
		CASE(write_back),
		CASE(write_back_l2),
		CASE(write_back_of_a_sweep),
		CASE(inclusive),
		CASE(inclusive_dirty),
		CASE(victim),
		CASE(victim_dirty),
		CASE(tlb_a53),
		CASE(tlb_a55),
		CASE(tlb_a72),
		CASE(tlb_a76),
		CASE(tlb_one_more),
		CASE(page_sizes),
		CASE(split_entry),
		CASE(asid),
		CASE(tlbi_all),
		CASE(tlbi_va),
		CASE(tlbi_split),
		CASE(tlbi_asid),
		CASE(clean_loop),
		CASE(clean_invalidate_loop),
		CASE(invalidate),
		CASE(clean_l2),
		CASE(zero),
		CASE(combined),
		CASE(combined_partial),
		CASE(combined_barrier),
		CASE(combined_loads),
		CASE(device),
		CASE(untranslated),
		CASE(prefetch_next),
		CASE(prefetch_stride),
		CASE(prefetch_counts_apart),
		CASE(models),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
