// SPDX-License-Identifier: GPL-2.0-or-later
/* The stopping rule: when it looks, and why it stops. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/run/stopping.h"

/* Plays the intervals: a width per number of rounds, and a count of the looks. */
struct intervals {
	size_t rounds;
	double width[1001];
	size_t looks;
	size_t looked_at[16];
	int err;
};

static int width_now(void *argument, double *percent)
{
	struct intervals *intervals = argument;

	intervals->looked_at[intervals->looks++ % 16] = intervals->rounds;
	if (intervals->err)
		return intervals->err;
	*percent = intervals->width[intervals->rounds];
	return 0;
}

static struct intervals all_of(double percent)
{
	struct intervals intervals = { 0 };

	for (size_t i = 0; i <= 1000; i++)
		intervals.width[i] = percent;
	return intervals;
}

/* Rounds of @round_s each until the rule stops them, 1000 at most. Return: the reason; how many is in @intervals. */
static const char *run(struct stopping *stopping, struct intervals *intervals, size_t first, double round_s)
{
	const char *reason = NULL;

	for (intervals->rounds = first; !reason && intervals->rounds < 1000;) {
		intervals->rounds++;
		reason = stopping_ask(stopping, intervals->rounds, (double)intervals->rounds * round_s, width_now,
				      intervals);
	}
	return reason;
}

static void looks_come_when_rounds_double(void **state)
{
	static const size_t expected[] = { 50, 100, 200, 400, 800 };
	struct intervals intervals = all_of(5);
	struct stopping stopping;

	(void)state;
	stopping_init(&stopping, false, 1e9, 1, 0);
	assert_null(run(&stopping, &intervals, 0, 0.001));
	assert_int_equal(intervals.looks, 5);
	assert_memory_equal(intervals.looked_at, expected, sizeof(expected));
}

/* Narrow intervals between two looks are luck, and no reason to stop. */
static void a_lucky_streak_does_not_stop(void **state)
{
	struct intervals intervals = all_of(0.5);
	struct stopping stopping;

	(void)state;
	intervals.width[50] = intervals.width[100] = 5;
	stopping_init(&stopping, false, 1e9, 1, 0);
	assert_string_equal(run(&stopping, &intervals, 0, 0.001), "precision");
	assert_int_equal(intervals.rounds, 200);
}

static void the_target_itself_is_precise_enough(void **state)
{
	struct intervals intervals = all_of(1);
	struct stopping stopping;

	(void)state;
	stopping_init(&stopping, false, 1e9, 1, 0);
	assert_string_equal(run(&stopping, &intervals, 0, 0.001), "precision");
	assert_int_equal(intervals.rounds, 50);
	assert_true(stopping.widest_percent == 1);
}

static void a_little_more_than_the_target_is_not_precise(void **state)
{
	struct intervals intervals = all_of(1.01);
	struct stopping stopping;

	(void)state;
	stopping_init(&stopping, false, 1e9, 1, 0);
	assert_null(run(&stopping, &intervals, 0, 0.001));
	assert_int_equal(intervals.looks, 5);
}

static void a_width_that_is_not_known_is_not_precise(void **state)
{
	struct intervals intervals = all_of(NAN);
	struct stopping stopping;

	(void)state;
	stopping_init(&stopping, false, 1e9, 1, 0);
	assert_null(run(&stopping, &intervals, 0, 0.001));
	assert_int_equal(intervals.looks, 5);
}

/* The budget ends rounds before the first look; then nobody looks at the values. */
static void the_budget_ends_the_rounds(void **state)
{
	struct intervals intervals = all_of(0.5);
	struct stopping stopping;

	(void)state;
	stopping_init(&stopping, false, 40, 1, 0);
	assert_string_equal(run(&stopping, &intervals, 0, 1), "budget");
	assert_int_equal(intervals.rounds, 40);
	assert_int_equal(intervals.looks, 0);
}

/* At 50 rounds the next look is 50 rounds away. Without time for them there is no look, but the time is used. */
static void the_budget_is_used_up(void **state)
{
	struct intervals intervals = all_of(5);
	struct stopping stopping;

	(void)state;
	stopping_init(&stopping, false, 99, 1, 0);
	assert_string_equal(run(&stopping, &intervals, 0, 1), "budget");
	assert_int_equal(intervals.rounds, 99);
	assert_int_equal(intervals.looks, 1);
	intervals.looks = 0;
	stopping_init(&stopping, false, 101, 1, 0);
	assert_string_equal(run(&stopping, &intervals, 0, 1), "budget");
	assert_int_equal(intervals.rounds, 101);
	assert_int_equal(intervals.looks, 2);
}

static void an_emulated_machine_looks_once(void **state)
{
	struct intervals exact = all_of(0), spread = all_of(5);
	struct stopping stopping;

	(void)state;
	stopping_init(&stopping, true, 1e9, 1, 0);
	assert_string_equal(run(&stopping, &exact, 0, 1), "precision");
	assert_int_equal(exact.rounds, 3);
	stopping_init(&stopping, true, 1e9, 1, 0);
	assert_string_equal(run(&stopping, &spread, 0, 1), "budget");
	assert_int_equal(spread.rounds, 3);
}

/* A resumed run does not look again at numbers of rounds that it has passed; at the present one it does. */
static void a_resumed_run_keeps_its_looks(void **state)
{
	struct intervals intervals = all_of(0.5);
	struct stopping stopping;

	(void)state;
	stopping_init(&stopping, false, 1e9, 1, 101);
	assert_string_equal(run(&stopping, &intervals, 101, 0.001), "precision");
	assert_int_equal(intervals.rounds, 200);
	stopping_init(&stopping, false, 1e9, 1, 100);
	assert_int_equal(stopping.next_look, 100);
}

static void a_look_that_fails_does_not_stop(void **state)
{
	struct intervals intervals = all_of(0.5);
	struct stopping stopping;

	(void)state;
	intervals.err = -ENOMEM;
	stopping_init(&stopping, false, 1e9, 1, 0);
	assert_null(run(&stopping, &intervals, 0, 0.001));
	assert_int_equal(intervals.looks, 5);
}

/* A record with one configuration per source in @sources; the rest of it is filled in by the tests. */
static struct record *record_of(const char *const *sources, size_t count)
{
	struct record *record = record_new();

	for (size_t i = 0; i < count; i++) {
		struct config_result *result = record_add_config(record);

		assert_non_null(result);
		result->source = strdup(sources[i]);
		result->value_column = strdup("instructions");
	}
	return record;
}

static void set_half_width(struct config_result *result, double percent)
{
	result->summary.value = (struct estimate){ 100, 100 - percent, 100 + percent, 0.95, 50 };
}

static void the_widest_interval_counts_but_not_that_of_null(void **state)
{
	static const char *const sources[] = { "", "memfd", "memfd" };
	struct record *record = record_of(sources, 3);
	size_t row;

	(void)state;
	set_half_width(&record->config[0], 30);
	set_half_width(&record->config[1], 4);
	set_half_width(&record->config[2], 2);
	assert_true(stopping_widest_percent(record, &row) == 4);
	assert_int_equal(row, 1);
	set_half_width(&record->config[2], 8);
	assert_true(stopping_widest_percent(record, &row) == 8);
	assert_int_equal(row, 2);
	record->config[1].summary.value.upper = NAN;
	assert_true(isnan(stopping_widest_percent(record, &row)));
	assert_int_equal(row, 1);
	record_free(record);
}

static void null_alone_counts(void **state)
{
	static const char *const sources[] = { "" };
	struct record *record = record_of(sources, 1);

	(void)state;
	set_half_width(&record->config[0], 30);
	assert_true(stopping_widest_percent(record, NULL) == 30);
	record_free(record);
}

static void an_emulated_machine_has_the_range_of_its_rounds(void **state)
{
	static const char *const sources[] = { "memfd" };
	struct record *record = record_of(sources, 1);
	double values[] = { 1000, 1040, 1020 };

	(void)state;
	record->emulated = true;
	assert_int_equal(config_declare_column(&record->config[0], "instructions", true), 0);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(record_add_round(record), 0);
		config_column(&record->config[0], "instructions")->value[i] = values[i];
	}
	assert_true(fabs(stopping_widest_percent(record, NULL) - 2) < 1e-9);
	record_free(record);
}

static void a_run_that_ends_with_too_little_is_foreseen(void **state)
{
	static const char *const sources[] = { "memfd", "memfd", "memfd" };
	struct record *record = record_of(sources, 3);
	struct forecast forecast;

	(void)state;
	for (size_t i = 0; i < 9; i++)
		assert_int_equal(record_add_round(record), 0);
	/* 9 rounds in 9 s of 25: a configuration with no undisturbed sample will have 2 or 3 */
	record->config[0].summary.value.n = 9;
	record->config[1].summary.value.n = 0;
	record->config[2].summary.value.n = 1;
	assert_true(stopping_forecast(record, 9, 25, &forecast));
	assert_true(forecast.rounds == 25);
	assert_int_equal(forecast.nr_short, 2);
	assert_int_equal(forecast.worst, 1);
	assert_true(forecast.needed_s > 200 && forecast.needed_s < 280);
	/* with that budget there will be enough */
	assert_false(stopping_forecast(record, 9, forecast.needed_s, &forecast));
	record->config[1].summary.value.n = record->config[2].summary.value.n = 3;
	assert_false(stopping_forecast(record, 9, 25, &forecast));
	/* nothing disturbed, but a budget of five rounds */
	record->config[1].summary.value.n = record->config[2].summary.value.n = 9;
	assert_true(stopping_forecast(record, 45, 25, &forecast) == false); /* there are 9 already */
	assert_true(stopping_forecast(record, 9, 5, &forecast) == false);
	record_free(record);
}

/* How long after its begin such a run is told of, when it looks after each round; NAN: never. */
static double told_s(double warmup_s, double round_s, double budget_s, size_t configs, size_t disturbed)
{
	static const char *const sources[] = { "memfd", "memfd", "memfd", "memfd" };
	struct record *record = record_of(sources, configs);
	double looked_s = -INFINITY, told = NAN;
	struct forecast forecast;

	for (double s = round_s; s < budget_s && isnan(told); s += round_s) {
		assert_int_equal(record_add_round(record), 0);
		for (size_t i = 0; i < configs; i++)
			record->config[i].summary.value.n = i < disturbed ? 0 : record->nr_rounds;
		if (!stopping_looks_ahead(warmup_s + s, s, looked_s, budget_s))
			continue;
		looked_s = s;
		if (stopping_forecast(record, s, budget_s, &forecast))
			told = warmup_s + s;
	}
	record_free(record);
	return told;
}

/* Whatever the budget, how long rounds last and whether one or all configurations are disturbed. */
static void a_run_in_vain_is_told_of_within_ten_seconds(void **state)
{
	(void)state;
	for (double budget_s = 10; budget_s <= 60; budget_s += 10) {
		for (double round_s = 0.1; round_s < 4; round_s *= 1.5) {
			assert_true(told_s(3, round_s, budget_s, 4, 4) <= 10);
			assert_true(told_s(1, round_s, budget_s, 1, 1) <= 10);
		}
		assert_true(told_s(3, 0.1, budget_s, 4, 1) <= 10);
	}
	assert_true(told_s(8, 0.1, 40, 4, 4) <= 10);
	/* a warm-up of more than that: after the first round */
	assert_true(told_s(20, 2, 20, 4, 4) == 22);
	assert_true(isnan(told_s(3, 0.1, 60, 4, 0)));
}

/* Four rounds of one configuration say little, if the others are hardly disturbed. */
static void bad_luck_in_the_first_rounds_is_not_told(void **state)
{
	static const char *const sources[] = { "memfd", "memfd", "memfd", "memfd" };
	struct record *record = record_of(sources, 4);
	struct forecast forecast;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(record_add_round(record), 0);
		for (size_t j = 1; j < 4; j++)
			record->config[j].summary.value.n = i + 1;
	}
	assert_false(stopping_forecast(record, 4, 60, &forecast));
	assert_true(stopping_forecast(record, 4, 10, &forecast));
	record_free(record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(looks_come_when_rounds_double),
		cmocka_unit_test(a_lucky_streak_does_not_stop),
		cmocka_unit_test(the_target_itself_is_precise_enough),
		cmocka_unit_test(a_little_more_than_the_target_is_not_precise),
		cmocka_unit_test(a_width_that_is_not_known_is_not_precise),
		cmocka_unit_test(the_budget_ends_the_rounds),
		cmocka_unit_test(the_budget_is_used_up),
		cmocka_unit_test(an_emulated_machine_looks_once),
		cmocka_unit_test(a_resumed_run_keeps_its_looks),
		cmocka_unit_test(a_look_that_fails_does_not_stop),
		cmocka_unit_test(a_run_that_ends_with_too_little_is_foreseen),
		cmocka_unit_test(a_run_in_vain_is_told_of_within_ten_seconds),
		cmocka_unit_test(bad_luck_in_the_first_rounds_is_not_told),
		cmocka_unit_test(the_widest_interval_counts_but_not_that_of_null),
		cmocka_unit_test(null_alone_counts),
		cmocka_unit_test(an_emulated_machine_has_the_range_of_its_rounds),
	};

	return cmocka_run_group_tests_name("stopping", tests, NULL, NULL);
}
