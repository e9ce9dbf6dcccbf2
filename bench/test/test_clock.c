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
	assert_true(clock_ns(&clock, after - before) > 10e6);
	assert_true(clock_ns(&clock, after - before) < 20e9);
}

static void the_timer_overhead_is_subtracted_and_no_time_is_negative(void **state)
{
	struct clock clock = { .cost_ticks = 25 };

	(void)state;
	assert_int_equal(clock_net(&clock, 100), 75);
	assert_int_equal(clock_net(&clock, 25), 0);
	assert_int_equal(clock_net(&clock, 24), 0);
	assert_int_equal(clock_net(&clock, 0), 0);
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
		cmocka_unit_test(an_unknown_counter_is_not_used),
		cmocka_unit_test(the_record_names_the_clock),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
