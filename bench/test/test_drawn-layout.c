// SPDX-License-Identifier: GPL-2.0-or-later
/* What is drawn for each round: every kind of loop, every place, and nothing from the order of configurations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bench/run/drawn-layout.h"

enum { ROUNDS = 4000 };

#define PMD ((size_t)2 << 20)

/* Far from 0 of each: 4000 draws give 1000 (500) of each of 4 (8), with a standard deviation of 27 (21). */
static void every_variant_and_place_is_drawn_alike(void **state)
{
	int variants[NR_TOUCH_VARIANTS] = { 0 }, addresses[LAYOUT_PLACES] = { 0 }, both = 0;
	gsl_rng *rng = layout_rng(5);

	(void)state;
	assert_non_null(rng);
	for (int i = 0; i < ROUNDS; i++) {
		struct drawn_layout layout = layout_draw(rng);

		assert_true(layout.variant < NR_TOUCH_VARIANTS);
		assert_true(layout.address < LAYOUT_PLACES);
		assert_int_equal(layout.stack_bytes % 16, 0);
		assert_true(layout.stack_bytes <= 4096);
		variants[layout.variant]++;
		addresses[layout.address]++;
		both += layout.variant == TOUCH_CALLED && layout.address == 3;
	}
	for (int i = 0; i < NR_TOUCH_VARIANTS; i++)
		assert_in_range(variants[i], 860, 1140);
	for (int i = 0; i < LAYOUT_PLACES; i++)
		assert_in_range(addresses[i], 390, 610);
	assert_in_range(both, 70, 180); /* 125: the one does not follow from the other */
	gsl_rng_free(rng);
}

static void a_seed_draws_the_same_again(void **state)
{
	gsl_rng *a = layout_rng(9), *b = layout_rng(9), *other = layout_rng(10);
	int alike = 0;

	(void)state;
	for (int i = 0; i < 100; i++) {
		struct drawn_layout x = layout_draw(a), y = layout_draw(b), z = layout_draw(other);

		assert_memory_equal(&x, &y, sizeof(x));
		alike += x.variant == z.variant && x.address == z.address;
	}
	assert_in_range(alike, 0, 20);
	gsl_rng_free(a);
	gsl_rng_free(b);
	gsl_rng_free(other);
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

static void a_fixed_layout_is_zero(void **state)
{
	struct drawn_layout layout = { 0 };

	(void)state;
	assert_int_equal(layout.variant, TOUCH_INLINED);
	assert_int_equal(layout_offset(&layout, PMD, false), 0);
	assert_int_equal(layout_offset(&layout, PMD, true), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_variant_and_place_is_drawn_alike),
		cmocka_unit_test(a_seed_draws_the_same_again),
		cmocka_unit_test(mappings_of_huge_pages_stay_aligned),
		cmocka_unit_test(a_fixed_layout_is_zero),
	};

	return cmocka_run_group_tests_name("drawn layout", tests, NULL, NULL);
}
