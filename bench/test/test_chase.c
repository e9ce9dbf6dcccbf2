// SPDX-License-Identifier: GPL-2.0-or-later
/* A chain is one cycle, and at a fixed number of lines only the number of pages changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/measure/chase.h"

enum { LINES = 1024, PAGE = 4096, PLACES = PAGE / CHASE_LINE_BYTES };

static void only_the_number_of_pages_changes(void **state)
{
	static uint32_t order[LINES];

	(void)state;
	for (size_t pages = LINES / PLACES; pages <= LINES; pages *= 2) {
		size_t place[PLACES] = { 0 }, lines_in[LINES] = { 0 };
		static char seen[LINES * PLACES];

		memset(seen, 0, sizeof(seen));
		assert_int_equal(chase_order(order, LINES, pages, PAGE, 1), 0);
		for (size_t i = 0; i < LINES; i++) {
			assert_int_equal(order[i] % CHASE_LINE_BYTES, 0);
			assert_in_range(order[i], 0, pages * PAGE - 1);
			assert_false(seen[order[i] / CHASE_LINE_BYTES]);
			seen[order[i] / CHASE_LINE_BYTES] = 1;
			lines_in[order[i] / PAGE]++;
			place[order[i] % PAGE / CHASE_LINE_BYTES]++;
		}
		for (size_t page = 0; page < pages; page++)
			assert_int_equal(lines_in[page], LINES / pages);
		/* the load on each cache set is the same for all reaches */
		for (size_t i = 0; i < PLACES; i++)
			assert_int_equal(place[i], LINES / PLACES);
	}
}

static void a_chain_is_one_cycle(void **state)
{
	char *base = aligned_alloc(PAGE, LINES * PAGE);
	static uint32_t order[LINES];
	const char *at;

	(void)state;
	assert_non_null(base);
	assert_int_equal(chase_order(order, LINES, 256, PAGE, 7), 0);
	chase_write(base, order, LINES);
	at = base + order[0];
	for (size_t i = 0; i < LINES; i += 8) {
		assert_true(!i == (at == base + order[0]));
		assert_ptr_equal(at, base + order[i]);
		at = chase_follow(at, 8);
	}
	assert_ptr_equal(at, base + order[0]);
	free(base);
}

static void the_seed_decides_the_order(void **state)
{
	static uint32_t a[LINES], b[LINES], c[LINES];
	size_t in_order = 0;

	(void)state;
	assert_int_equal(chase_order(a, LINES, LINES, PAGE, 1), 0);
	assert_int_equal(chase_order(b, LINES, LINES, PAGE, 1), 0);
	assert_int_equal(chase_order(c, LINES, LINES, PAGE, 2), 0);
	assert_memory_equal(a, b, sizeof(a));
	assert_memory_not_equal(a, c, sizeof(a));
	/* no pattern for a prefetcher: steps to the next page are rare */
	for (size_t i = 1; i < LINES; i++)
		in_order += a[i] / PAGE == a[i - 1] / PAGE + 1;
	assert_in_range(in_order, 0, LINES / 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_number_of_pages_changes),
		cmocka_unit_test(a_chain_is_one_cycle),
		cmocka_unit_test(the_seed_decides_the_order),
	};

	return cmocka_run_group_tests_name("chase", tests, NULL, NULL);
}
