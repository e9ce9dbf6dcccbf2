// SPDX-License-Identifier: GPL-2.0-or-later
/* The warm-up: how many repetitions make a sample. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/run/warmup.h"

static int64_t repetitions(double sample_ns, double wall_ns, bool repeats_setup)
{
	struct task task = { .wall_ns = wall_ns };

	return warmup_repetitions(&task, sample_ns, repeats_setup);
}

static void a_sample_lasts_about_1_ms(void **state)
{
	(void)state;
	assert_int_equal(repetitions(100000, 200000, false), 10);
	assert_int_equal(repetitions(300000, 400000, false), 4);
	assert_int_equal(repetitions(5e6, 5e6, false), 1);
}

static void a_short_region_is_repeated_1000_times_at_most(void **state)
{
	(void)state;
	assert_int_equal(repetitions(1, 100, false), 1000);
	assert_int_equal(repetitions(0, 100, false), 1000); /* shorter than the clock can resolve */
}

/* Populating before each zap is not timed, but takes time: 4 ms per sample, with at least one region. */
static void untimed_work_limits_the_repetitions(void **state)
{
	(void)state;
	assert_int_equal(repetitions(10000, 1e6, true), 4);
	assert_int_equal(repetitions(10000, 1e6, false), 100);
	assert_int_equal(repetitions(10000, 50e6, true), 1);
}

static void single_events_must_fit_into_the_exchange(void **state)
{
	struct task task = { .wall_ns = 20000, .events_max = 4096, .sample = { .events = 1000 } };

	(void)state;
	assert_int_equal(warmup_repetitions(&task, 10000, false), 4);
	task.sample.events = 4096;
	assert_int_equal(warmup_repetitions(&task, 10000, false), 1);
	task.sample.events = 0;
	assert_int_equal(warmup_repetitions(&task, 10000, false), 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sample_lasts_about_1_ms),
		cmocka_unit_test(a_short_region_is_repeated_1000_times_at_most),
		cmocka_unit_test(untimed_work_limits_the_repetitions),
		cmocka_unit_test(single_events_must_fit_into_the_exchange),
	};

	return cmocka_run_group_tests_name("warmup", tests, NULL, NULL);
}
