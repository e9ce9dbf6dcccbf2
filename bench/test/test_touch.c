// SPDX-License-Identifier: GPL-2.0-or-later
/* Accesses and the accounting of their faults, on memory of this process. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench/measure/touch.h"

enum { PAGES = 64 };

static struct params params_of(double pages)
{
	struct params params;

	for (enum param i = 0; i < NR_PARAMS; i++)
		params.value[i] = param_default(i);
	params.value[PARAM_SIZE] = pages * (double)sysconf(_SC_PAGESIZE);
	return params;
}

static void lists_hold_the_selected_pages(void **state)
{
	struct params params = params_of(PAGES);
	struct touch_list list;
	struct why why = { "", "" };

	(void)state;
	assert_int_equal(touch_list_make(&list, &params, 1, &why), 0);
	assert_int_equal(list.count, PAGES);
	assert_int_equal(list.page[0], 0);
	assert_int_equal(list.page[PAGES - 1], PAGES - 1);
	touch_list_free(&list);

	params.value[PARAM_STRIDE] = 16;
	assert_int_equal(touch_list_make(&list, &params, 1, &why), 0);
	assert_int_equal(list.count, 4);
	assert_int_equal(list.page[3], 48);
	touch_list_free(&list);

	params.value[PARAM_STRIDE] = 1;
	params.value[PARAM_TOUCHED] = 0.25;
	params.value[PARAM_ORDER] = ORDER_REVERSE;
	assert_int_equal(touch_list_make(&list, &params, 1, &why), 0);
	assert_int_equal(list.count, 16);
	assert_int_equal(list.page[0], 15);
	assert_int_equal(list.page[15], 0);
	touch_list_free(&list);

	/* 0.1 of 10 pages is one page, despite the binary error of 0.1 */
	params = params_of(10);
	params.value[PARAM_TOUCHED] = 0.1;
	assert_int_equal(touch_list_make(&list, &params, 1, &why), 0);
	assert_int_equal(list.count, 1);
	touch_list_free(&list);
}

static void random_order_is_a_permutation_of_its_seed(void **state)
{
	struct params params = params_of(PAGES);
	struct touch_list list, again, other;
	bool seen[PAGES] = { false };
	struct why why = { "", "" };

	(void)state;
	params.value[PARAM_ORDER] = ORDER_RANDOM;
	assert_int_equal(touch_list_make(&list, &params, 7, &why), 0);
	assert_int_equal(touch_list_make(&again, &params, 7, &why), 0);
	assert_int_equal(touch_list_make(&other, &params, 8, &why), 0);
	for (size_t i = 0; i < PAGES; i++) {
		assert_false(seen[list.page[i]]);
		seen[list.page[i]] = true;
	}
	assert_memory_equal(list.page, again.page, PAGES * sizeof(*list.page));
	assert_memory_not_equal(list.page, other.page, PAGES * sizeof(*list.page));
	touch_list_free(&list);
	touch_list_free(&again);
	touch_list_free(&other);
}

static char *anonymous(size_t pages)
{
	char *base = mmap(NULL, pages * (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(base != MAP_FAILED);
	madvise(base, pages * (size_t)sysconf(_SC_PAGESIZE), MADV_NOHUGEPAGE);
	return base;
}

static void reading_sums_what_writing_stored(void **state)
{
	struct params params = params_of(PAGES);
	size_t bytes = PAGES * (size_t)sysconf(_SC_PAGESIZE);
	char *base = anonymous(PAGES);
	struct touch_list list;
	struct why why = { "", "" };

	(void)state;
	assert_int_equal(touch_list_make(&list, &params, 1, &why), 0);
	touch_pages(&list, base, TOUCH_WRITE_PAGE, 3);
	assert_int_equal(touch_pages(&list, base, TOUCH_READ_PAGE, 0), 3 * bytes / sizeof(uint64_t));
	touch_pages(&list, base, TOUCH_WRITE, 5);
	assert_int_equal(touch_pages(&list, base, TOUCH_READ, 0), 5 * PAGES);
	assert_int_equal(touch_pages(&list, base, TOUCH_NOTHING, 0), 0);
	touch_list_free(&list);
	munmap(base, bytes);
}

static int by_pagemap(void *argument, const char *address)
{
	uint64_t entry;

	assert_int_equal(pread(*(int *)argument, &entry, sizeof(entry),
			       (off_t)((uintptr_t)address / (size_t)sysconf(_SC_PAGESIZE) * sizeof(entry))),
			 sizeof(entry));
	return entry >> 63;
}

static void counting_agrees_with_the_page_tables(void **state)
{
	struct params params = params_of(PAGES);
	size_t bytes = PAGES * (size_t)sysconf(_SC_PAGESIZE);
	int pagemap = open("/proc/self/pagemap", O_RDONLY);
	char *base = anonymous(PAGES);
	uint8_t faults[PAGES];
	struct touch_list list;
	struct why why = { "", "" };
	uint64_t sum = 0;
	long total = 0;

	(void)state;
	assert_true(pagemap >= 0);
	assert_int_equal(touch_list_make(&list, &params, 1, &why), 0);
	base[0] = 1;
	base[5 * sysconf(_SC_PAGESIZE)] = 1;
	assert_int_equal(
		touch_pages_counted(&list, base, TOUCH_WRITE, 9, by_pagemap, &pagemap, faults, &total, NULL, &why), 0);
	assert_int_equal(total, PAGES - 2);
	assert_int_equal(faults[0], 0);
	assert_int_equal(faults[1], 1);
	assert_int_equal(faults[5], 0);
	total = 0;
	assert_int_equal(
		touch_pages_counted(&list, base, TOUCH_READ, 0, by_pagemap, &pagemap, faults, &total, &sum, &why), 0);
	assert_int_equal(total, 0);
	assert_int_equal(sum, 9 * PAGES);
	madvise(base, bytes, MADV_DONTNEED);
	assert_int_equal(touch_pages_counted(&list, base, TOUCH_WRITE, 9, NULL, NULL, NULL, &total, NULL, &why), 0);
	assert_int_equal(total, PAGES);
	touch_list_free(&list);
	munmap(base, bytes);
	close(pagemap);
}

/* A file in which every page is mapped plays a kernel whose page tables contradict its fault counts. */
static void a_kernel_that_contradicts_itself_is_refused(void **state)
{
	struct params params = params_of(4);
	char *base = anonymous(4);
	int liar = open("/dev/zero", O_RDONLY);
	struct touch_list list;
	struct why why = { "", "" };
	long total = 0;

	(void)state;
	assert_int_equal(touch_list_make(&list, &params, 1, &why), 0);
	touch_pages(&list, base, TOUCH_WRITE, 1);
	/* mapped, but the file says it is not, and no fault comes */
	assert_int_equal(touch_pages_counted(&list, base, TOUCH_READ, 0, by_pagemap, &liar, NULL, &total, NULL, &why),
			 -EPROTO);
	assert_non_null(strstr(why.reason, "had no PTE and its read took 0 faults"));
	touch_list_free(&list);
	munmap(base, 4 * (size_t)sysconf(_SC_PAGESIZE));
	close(liar);
}

static void only_faulting_accesses_are_timed(void **state)
{
	struct clock clock = { .kind = CLOCK_KIND_MONOTONIC_RAW, .ns_per_tick = 1 };
	struct params params = params_of(PAGES);
	char *base = anonymous(PAGES);
	uint8_t faults[PAGES] = { [3] = 1, [40] = 2 };
	uint64_t ticks[PAGES];
	struct touch_list list;
	struct why why = { "", "" };

	(void)state;
	assert_int_equal(touch_list_make(&list, &params, 1, &why), 0);
	assert_int_equal(touch_pages_timed(&list, base, TOUCH_WRITE, 1, &clock, faults, ticks), 2);
	touch_list_free(&list);
	munmap(base, PAGES * (size_t)sysconf(_SC_PAGESIZE));
}

/* Sum of the first words after a walk of each kind, by each compiled variant, over a list that no unrolling divides. */
static void every_variant_makes_the_same_accesses(void **state)
{
	struct clock clock = { .kind = CLOCK_KIND_MONOTONIC_RAW, .ns_per_tick = 1 };
	size_t words = (size_t)sysconf(_SC_PAGESIZE) / sizeof(uint64_t);
	struct params params = params_of(PAGES + 3);
	char *base = anonymous(PAGES + 3);
	uint8_t faults[PAGES + 3] = { [0] = 1, [9] = 1, [PAGES + 2] = 1 };
	uint64_t ticks[PAGES + 3];
	struct touch_list list;
	struct why why = { "", "" };

	(void)state;
	assert_int_equal(touch_list_make(&list, &params, 1, &why), 0);
	assert_int_equal(list.variant, TOUCH_INLINED);
	for (unsigned int i = 0; i < NR_TOUCH_VARIANTS; i++) {
		list.variant = (enum touch_variant)i;
		touch_pages(&list, base, TOUCH_WRITE, 7 + i);
		assert_int_equal(touch_pages(&list, base, TOUCH_READ, 0), (7 + i) * (PAGES + 3));
		touch_pages(&list, base, TOUCH_WRITE_PAGE, 2 + i);
		assert_int_equal(touch_pages(&list, base, TOUCH_READ_PAGE, 0), (2 + i) * (PAGES + 3) * words);
		assert_int_equal(touch_pages(&list, base, TOUCH_NOTHING, 1), 0);
		assert_int_equal(touch_pages_timed(&list, base, TOUCH_WRITE, 30 + i, &clock, faults, ticks), 3);
		assert_int_equal(touch_pages(&list, base, TOUCH_READ, 0), (30 + i) * (PAGES + 3));
	}
	touch_list_free(&list);
	munmap(base, (PAGES + 3) * (size_t)sysconf(_SC_PAGESIZE));
}

static void the_loop_that_checks_makes_the_same_accesses(void **state)
{
	struct params params = params_of(PAGES);
	char *base = anonymous(PAGES);
	struct touch_list list;
	struct why why = { "", "" };
	struct rusage before, after;

	(void)state;
	params.value[PARAM_TOUCHED] = 0.5;
	assert_int_equal(touch_list_make(&list, &params, 1, &why), 0);
	touch_check(&list, base, true);
	getrusage(RUSAGE_THREAD, &before);
	assert_int_equal(touch_pages(&list, base, TOUCH_READ, 0), list.page_bytes * list.count);
	touch_check(&list, base, false);
	getrusage(RUSAGE_THREAD, &after);
	assert_int_equal(after.ru_minflt, before.ru_minflt);
	madvise(base, PAGES * list.page_bytes, MADV_DONTNEED);
	getrusage(RUSAGE_THREAD, &before);
	touch_check(&list, base, false);
	getrusage(RUSAGE_THREAD, &after);
	assert_int_equal(after.ru_minflt - before.ru_minflt, list.count);
	list.count = 0;
	touch_check(&list, base, true);
	touch_list_free(&list);
	munmap(base, PAGES * (size_t)sysconf(_SC_PAGESIZE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_hold_the_selected_pages),
		cmocka_unit_test(random_order_is_a_permutation_of_its_seed),
		cmocka_unit_test(reading_sums_what_writing_stored),
		cmocka_unit_test(counting_agrees_with_the_page_tables),
		cmocka_unit_test(a_kernel_that_contradicts_itself_is_refused),
		cmocka_unit_test(only_faulting_accesses_are_timed),
		cmocka_unit_test(the_loop_that_checks_makes_the_same_accesses),
		cmocka_unit_test(every_variant_makes_the_same_accesses),
	};

	return cmocka_run_group_tests_name("touch", tests, NULL, NULL);
}
