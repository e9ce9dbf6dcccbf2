// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench/measure/clock.h"

/* Steps of the generic timer on boards: CNTFRQ of 54 MHz (Pi 4), 24 MHz (many A55), 1.92 MHz (a HiKey). */
static void a_coarse_clock_times_no_single_event(void **state)
{
	struct clock pi4 = { .resolution_ns = 1e9 / 54e6 }, a55 = { .resolution_ns = 1e9 / 24e6 };
	struct clock hikey = { .resolution_ns = 1e9 / 1.92e6 };

	(void)state;
	assert_true(clock_resolves(&pi4, 800));
	assert_false(clock_resolves(&pi4, 300));
	assert_false(clock_resolves(&a55, 800));
	assert_true(clock_resolves(&a55, 834));
	assert_false(clock_resolves(&hikey, 5000));
	assert_true(clock_resolves(&hikey, 20000));
}

static void the_clock_runs_forwards_and_knows_its_cost(void **state)
{
	struct clock clock;
	uint64_t before, after;

	(void)state;
	clock_choose("", &clock);
	assert_true(clock.ns_per_tick > 0);
	assert_true(clock.resolution_ns > 0);
	before = clock_now(&clock);
	usleep(20000);
	after = clock_now(&clock);
	/* checks the unit only: 20 ms are neither 2 ms nor 20 s */
	assert_true(clock_ns(&clock, (double)(after - before)) > 10e6);
	assert_true(clock_ns(&clock, (double)(after - before)) < 20e9);
}

static void the_timer_overhead_is_subtracted_and_no_time_is_negative(void **state)
{
	struct clock clock = { .cost_ticks = 25 };

	(void)state;
	assert_true(clock_net(&clock, 100) == 75);
	assert_true(clock_net(&clock, 25) == 0);
	assert_true(clock_net(&clock, 24) == 0);
	assert_true(clock_net(&clock, 0) == 0);
}

/*
 * Half of the readings cost 52 ticks and half 78: whichever half is larger, the cost is their mean. What an interrupt
 * lengthened is not counted.
 */
static void the_cost_is_a_mean_that_does_not_flip(void **state)
{
	static double ticks[CLOCK_READINGS];
	struct clock few = { .ns_per_tick = 0.5 }, many = { .ns_per_tick = 0.5 };

	(void)state;
	for (size_t i = 0; i < CLOCK_READINGS; i++)
		ticks[i] = i % 100 < 49 ? 78 : 52;
	ticks[1234] = 40000;
	clock_set_cost(&few, ticks, CLOCK_READINGS);
	for (size_t i = 0; i < CLOCK_READINGS; i++)
		ticks[i] = i % 100 < 51 ? 78 : 52;
	clock_set_cost(&many, ticks, CLOCK_READINGS);
	assert_true(few.cost_ticks > 64.6 && few.cost_ticks < 64.9);
	assert_true(many.cost_ticks > 65.1 && many.cost_ticks < 65.4);
	assert_true(few.cost_ns > 32.3 && few.cost_ns < 32.45);
	assert_true(few.resolution_ns > 12.9 && few.resolution_ns < 13.1);
	assert_true(few.cost_error_ns < 0.1);
}

/* 24 MHz: 41.7 ns a tick, so that every other reading of a cost of 20 ns sees the counter step. */
static void a_part_of_a_tick_is_subtracted(void **state)
{
	static double ticks[CLOCK_READINGS];
	struct clock clock = { .ns_per_tick = 1e9 / 24e6 };

	(void)state;
	for (size_t i = 0; i < CLOCK_READINGS; i++)
		ticks[i] = i % 25 < 12;
	clock_set_cost(&clock, ticks, CLOCK_READINGS);
	assert_true(clock.cost_ns > 19.9 && clock.cost_ns < 20.1);
	assert_true(clock_net(&clock, 10) > 9.5 && clock_net(&clock, 10) < 9.53);
	assert_true(clock.resolution_ns > 41.6 && clock.resolution_ns < 41.7);
}

/* The error is that of the mean: ten seeds of noise give means that differ by as much. */
static void the_error_of_the_cost_is_that_of_the_mean(void **state)
{
	static double ticks[CLOCK_READINGS];
	int inside = 0;

	(void)state;
	srand(3);
	for (int run = 0; run < 200; run++) {
		struct clock clock = { .ns_per_tick = 1 };

		for (size_t i = 0; i < CLOCK_READINGS; i++)
			ticks[i] = rand() % 2 ? 78 : 52;
		clock_set_cost(&clock, ticks, CLOCK_READINGS);
		inside += clock.cost_ns - clock.cost_error_ns < 65 && clock.cost_ns + clock.cost_error_ns > 65;
	}
	assert_in_range(inside, 180, 198); /* 190 +- 3 are expected */
}

/* The machine says which clock it is, not a measurement that differs from run to run. */
static void the_choice_is_the_same_every_time(void **state)
{
	struct clock first, clock;

	(void)state;
	clock_choose("", &first);
	for (int i = 0; i < 5; i++) {
		clock_choose("", &clock);
		assert_int_equal(clock.kind, first.kind);
	}
}

/* A machine without any facts: the x86 counter is not used. The Arm counter always is. */
static void an_unknown_counter_is_not_used(void **state)
{
	char folder[] = "/tmp/zapbench-clock-XXXXXX";
	struct clock clock;

	(void)state;
	assert_non_null(mkdtemp(folder));
	clock_choose(folder, &clock);
	rmdir(folder);
#if !defined(__aarch64__)
	assert_int_equal(clock.kind, CLOCK_KIND_MONOTONIC_RAW);
#endif
	assert_true(clock.cost_ns >= 0);
}

static void the_record_names_the_clock(void **state)
{
	struct clock clock = { .kind = CLOCK_KIND_MONOTONIC_RAW, .ns_per_tick = 1, .resolution_ns = 10, .cost_ns = 30 };
	struct facts facts = { 0 };

	(void)state;
	assert_int_equal(clock_facts(&clock, &facts), 0);
	assert_string_equal(facts_find(&facts, NULL, "name")->value.text, "CLOCK_MONOTONIC_RAW");
	assert_true(facts_find(&facts, NULL, "resolution_ns")->value.real == 10);
	assert_true(facts_find(&facts, NULL, "cost_ns")->value.real == 30);
	facts_free(&facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_coarse_clock_times_no_single_event),
		cmocka_unit_test(the_clock_runs_forwards_and_knows_its_cost),
		cmocka_unit_test(the_timer_overhead_is_subtracted_and_no_time_is_negative),
		cmocka_unit_test(the_cost_is_a_mean_that_does_not_flip),
		cmocka_unit_test(a_part_of_a_tick_is_subtracted),
		cmocka_unit_test(the_error_of_the_cost_is_that_of_the_mean),
		cmocka_unit_test(the_choice_is_the_same_every_time),
		cmocka_unit_test(an_unknown_counter_is_not_used),
		cmocka_unit_test(the_record_names_the_clock),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
