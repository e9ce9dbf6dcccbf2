// SPDX-License-Identifier: GPL-2.0-or-later
/* What is drawn for each round: every kind of loop, every place, and nothing from the order of configurations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bench/run/drawn-layout.h"

enum { ROUNDS = 4200 };

#define PMD ((size_t)2 << 20)

/* 4200 draws give 525 of each of 8 places, with a standard deviation of 21. */
static void every_variant_and_place_is_drawn(void **state)
{
	int variants[NR_TOUCH_VARIANTS] = { 0 }, addresses[LAYOUT_PLACES] = { 0 }, both = 0, alike = 0;
	enum touch_variant last = TOUCH_INLINED;
	struct layouts layouts;

	(void)state;
	assert_int_equal(layouts_open(&layouts, 5), 0);
	for (int i = 0; i < ROUNDS; i++) {
		struct drawn_layout layout = layout_draw(&layouts);

		assert_true(layout.variant < NR_TOUCH_VARIANTS);
		assert_true(layout.address < LAYOUT_PLACES);
		assert_int_equal(layout.stack_bytes % 16, 0);
		assert_true(layout.stack_bytes <= 4096);
		variants[layout.variant]++;
		addresses[layout.address]++;
		alike += layout.variant == last;
		last = layout.variant;
		both += layout.variant == TOUCH_CALLED && layout.address == 3;
	}
	assert_int_equal(variants[TOUCH_INLINED], 1400);
	assert_int_equal(variants[TOUCH_UNROLLED], 1400);
	assert_int_equal(variants[TOUCH_CALLED], 700);
	assert_int_equal(variants[TOUCH_BY_POINTER], 700);
	for (int i = 0; i < LAYOUT_PLACES; i++)
		assert_in_range(addresses[i], 410, 640);
	assert_in_range(both, 45, 130);    /* 87: the one does not follow from the other */
	assert_in_range(alike, 500, 1200); /* two in a row, in no order that repeats */
	layouts_close(&layouts);
}

static void a_seed_draws_the_same_again(void **state)
{
	struct layouts a, b, other;
	int alike = 0;

	(void)state;
	assert_int_equal(layouts_open(&a, 9), 0);
	assert_int_equal(layouts_open(&b, 9), 0);
	assert_int_equal(layouts_open(&other, 10), 0);
	for (int i = 0; i < 100; i++) {
		struct drawn_layout x = layout_draw(&a), y = layout_draw(&b), z = layout_draw(&other);

		assert_memory_equal(&x, &y, sizeof(x));
		alike += x.variant == z.variant && x.address == z.address;
	}
	assert_in_range(alike, 0, 20);
	layouts_close(&a);
	layouts_close(&b);
	layouts_close(&other);
}

/* Huge pages need whole PMDs. Others may begin inside of one, at a multiple of what one fault maps around it. */
static void mappings_of_huge_pages_stay_aligned(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < LAYOUT_PLACES; i++) {
		struct drawn_layout layout = { .address = i };

		assert_int_equal(layout_offset(&layout, PMD, true) % PMD, 0);
		assert_int_equal(layout_offset(&layout, PMD, false) % PMD, i * (PMD / LAYOUT_PLACES));
		assert_int_equal(layout_offset(&layout, PMD, false) % 65536, 0);
	}
}

/* How many faults it takes to map all of a buffer when a fault maps the aligned block of pages around it. */
static size_t faults_around(uint64_t begin, uint64_t bytes, uint64_t block)
{
	return (size_t)((begin + bytes - 1) / block - begin / block + 1);
}

/* A buffer has the same number of faults at every place, whatever fault_around_bytes is; the most is a PMD. */
static void around_faults_are_as_many_everywhere(void **state)
{
	bool aligned = layout_aligned(GRANULARITY_AROUND, false);

	(void)state;
	for (uint64_t block = 4096; block <= PMD; block *= 2) {
		for (uint64_t bytes = block; bytes <= 4 * PMD; bytes *= 2) {
			for (unsigned int i = 0; i < LAYOUT_PLACES; i++) {
				struct drawn_layout layout = { .address = i };

				assert_int_equal(faults_around(layout_offset(&layout, PMD, aligned), bytes, block),
						 bytes / block);
			}
		}
	}
	assert_true(layout_aligned(GRANULARITY_HUGE, false) && layout_aligned(GRANULARITY_PAGE, true));
	assert_true(layout_aligned(GRANULARITY_AROUND, false) && layout_aligned(GRANULARITY_CONTPTE, false));
	assert_false(layout_aligned(GRANULARITY_PAGE, false) || layout_aligned(GRANULARITY_BUFFER, false));
}

static void a_fixed_layout_is_zero(void **state)
{
	struct layouts none = { 0 };
	struct drawn_layout layout = layout_draw(&none);

	(void)state;
	assert_int_equal(layout.stack_bytes, 0);
	assert_int_equal(layout.variant, TOUCH_INLINED);
	assert_int_equal(layout_offset(&layout, PMD, false), 0);
	assert_int_equal(layout_offset(&layout, PMD, true), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_variant_and_place_is_drawn),
		cmocka_unit_test(a_seed_draws_the_same_again),
		cmocka_unit_test(mappings_of_huge_pages_stay_aligned),
		cmocka_unit_test(around_faults_are_as_many_everywhere),
		cmocka_unit_test(a_fixed_layout_is_zero),
	};

	return cmocka_run_group_tests_name("drawn layout", tests, NULL, NULL);
}
