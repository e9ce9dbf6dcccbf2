// SPDX-License-Identifier: GPL-2.0-or-later
/* Estimates by unit costs agree with numbers computed by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/analysis/unit-costs.h"

#define assert_near(value, expected) assert_true(fabs((value) - (expected)) < 1e-9)

/* Units: a cache miss, a line cleaned, an exception. All figures are invented for the test. */
static const struct unit_costs costs = {
	.n = 3,
	.unit = { { "l1d-refill", 10, 8, 12, COST_GIVEN, NULL },
		  { "dc-cvac", 6, 2, 10, COST_GIVEN, NULL },
		  { "exception", 100, 90, 120, COST_GIVEN, NULL } },
};

static void a_frame_is_counts_times_costs(void **state)
{
	struct option_counts counts = { { 5, 4, 2 } };
	struct estimate cost = unit_costs_frame(&costs, &counts);

	(void)state;
	assert_near(cost.value, 50 + 24 + 200);
	assert_near(cost.lower, 40 + 8 + 180);
	assert_near(cost.upper, 60 + 40 + 240);
}

/* A cleans nothing and faults twice: 200. B cleans 40 lines: 240. A is cheapest while a line costs over 5 ns. */
static void the_unit_cost_that_decides_is_named(void **state)
{
	struct option_counts option[] = { { { 0, 0, 2 } }, { { 0, 40, 0 } } };
	struct decision decision;

	(void)state;
	assert_true(unit_costs_decide(&costs, option, 2, &decision));
	assert_int_equal(decision.cheapest, 0);
	assert_int_equal(decision.runner_up, 1);
	assert_near(decision.difference_ns, 40);
	assert_false(decision.certain);
	assert_int_equal(decision.unit, 1);
	assert_int_equal(decision.rival, 1);
	assert_near(decision.crossover_ns, 5);
	assert_true(decision.above);
}

/* As before, but the option that cleans is the cheaper one: 30 lines, 180, against 200; up to 6.67 ns per line. */
static void the_other_side_of_the_crossover(void **state)
{
	struct option_counts option[] = { { { 0, 0, 2 } }, { { 0, 30, 0 } } };
	struct decision decision;

	(void)state;
	assert_true(unit_costs_decide(&costs, option, 2, &decision));
	assert_int_equal(decision.cheapest, 1);
	assert_int_equal(decision.unit, 1);
	assert_near(decision.crossover_ns, 20.0 / 3);
	assert_false(decision.certain);
	assert_false(decision.above);
}

/* What both options have decides nothing, however uncertain: 1000 lines each, and 10 misses more. */
static void what_both_have_decides_nothing(void **state)
{
	struct option_counts option[] = { { { 10, 1000, 0 } }, { { 0, 1000, 0 } } };
	struct decision decision;

	(void)state;
	assert_true(unit_costs_decide(&costs, option, 2, &decision));
	assert_int_equal(decision.cheapest, 1);
	assert_near(decision.difference_ns, 100);
	assert_true(decision.certain);
	assert_int_equal(decision.unit, NO_UNIT);
}

/* 16 lines cost 96, 10 misses 100: certain it is not, and either alone turns it; the lines move it more, 128 to 40. */
static void the_wider_range_decides(void **state)
{
	struct option_counts option[] = { { { 10, 0, 0 } }, { { 0, 16, 0 } }, { { 0, 0, 9 } } };
	struct decision decision;

	(void)state;
	assert_true(unit_costs_decide(&costs, option, 3, &decision));
	assert_int_equal(decision.cheapest, 1);
	assert_int_equal(decision.runner_up, 0);
	assert_int_equal(decision.rival, 0);
	assert_int_equal(decision.unit, 1);
	assert_near(decision.crossover_ns, 6.25);
	assert_false(decision.above);
}

/* 16 lines, 96, against one exception, 100: the lines move it by 128, the exception by 30, and both can turn it. */
static void the_narrower_range_does_not_decide(void **state)
{
	struct option_counts option[] = { { { 0, 16, 0 } }, { { 0, 0, 1 } } };
	struct decision decision;

	(void)state;
	assert_true(unit_costs_decide(&costs, option, 2, &decision));
	assert_int_equal(decision.cheapest, 0);
	assert_int_equal(decision.unit, 1);
	assert_near(decision.crossover_ns, 6.25);
}

static void bounds_alone_have_a_value(void **state)
{
	const struct unit_cost wide = { "dc-cvac", NAN, 2, 8, COST_UNKNOWN, NULL },
			       from_0 = { "write-back", NAN, 0, 8, COST_UNKNOWN, NULL };

	(void)state;
	assert_near(unit_cost_value(&wide), 4);
	assert_near(unit_cost_value(&from_0), 4);
}

/* Two that count the same are as cheap as each other: that does not make the answer uncertain. */
static void the_same_counts_are_no_rival(void **state)
{
	struct option_counts option[] = { { { 1, 2, 0 } }, { { 1, 2, 0 } }, { { 1, 2, 1 } } };
	struct decision decision;

	(void)state;
	assert_true(unit_costs_decide(&costs, option, 3, &decision));
	assert_true(decision.certain);
	assert_int_equal(decision.cheapest, 0);
}

static void one_option_is_no_decision(void **state)
{
	struct option_counts option = { { 1, 1, 1 } };
	struct decision decision;

	(void)state;
	assert_false(unit_costs_decide(&costs, &option, 1, &decision));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_is_counts_times_costs),
		cmocka_unit_test(the_unit_cost_that_decides_is_named),
		cmocka_unit_test(the_other_side_of_the_crossover),
		cmocka_unit_test(what_both_have_decides_nothing),
		cmocka_unit_test(the_wider_range_decides),
		cmocka_unit_test(the_narrower_range_does_not_decide),
		cmocka_unit_test(bounds_alone_have_a_value),
		cmocka_unit_test(the_same_counts_are_no_rival),
		cmocka_unit_test(one_option_is_no_decision),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
