// SPDX-License-Identifier: GPL-2.0-or-later
/* Planted steps, blips, drifts, outliers and noise. How often and how soon they are found: report/test/replay.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/analysis/changes.h"
#include "report/test/simulated.h"

#define SIGMA 0.02
#define RUNS_MAX 10000

static struct estimate series[RUNS_MAX];
static struct change *change;
static size_t changes;

/* Runs of 1000 ns with noise between them. */
static void plant(size_t runs)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);

	must(rng);
	for (size_t i = 0; i < runs; i++)
		series[i] = (struct estimate){ .value = 1000 * gsl_ran_lognormal(rng, 0, SIGMA) };
	gsl_rng_free(rng);
}

static void times(size_t begin, size_t end, double factor)
{
	for (size_t i = begin; i < end; i++)
		series[i].value *= factor;
}

static void find(size_t runs, double least_percent)
{
	free(change);
	assert_int_equal(changes_find(&(struct changes_input){ .x = series, .n = runs, .least_percent = least_percent },
				      &change, &changes),
			 0);
}

static void find_exact(size_t runs)
{
	free(change);
	assert_int_equal(
		changes_find(&(struct changes_input){ .x = series, .n = runs, .exact = true }, &change, &changes), 0);
}

static void is_change(size_t i, enum change_kind kind, size_t begin, size_t end, double factor)
{
	assert_true(i < changes);
	assert_int_equal(change[i].kind, kind);
	assert_int_equal(change[i].begin, begin);
	assert_int_equal(change[i].end, end);
	assert_true(change[i].ratio.lower < factor && factor < change[i].ratio.upper);
}

static void nothing_in_noise(void **state)
{
	(void)state;
	plant(300);
	find(300, 0);
	assert_int_equal(changes, 0);
	assert_null(change);
}

static void nothing_in_too_few(void **state)
{
	(void)state;
	plant(CHANGES_RUNS_MIN - 1);
	times(4, CHANGES_RUNS_MIN - 1, 2);
	for (size_t runs = 0; runs < CHANGES_RUNS_MIN; runs++) {
		find(runs, 0);
		assert_int_equal(changes, 0);
	}
}

static void steps(void **state)
{
	(void)state;
	plant(300);
	times(100, 300, 1.2);
	times(171, 300, 0.7);
	find(300, 1);
	assert_int_equal(changes, 2);
	is_change(0, CHANGE_STEP, 100, 171, 1.2);
	is_change(1, CHANGE_STEP, 171, 300, 0.7);
	assert_true(change[0].ratio.level == 0.95);
}

static void steps_of_years(void **state)
{
	(void)state;
	plant(RUNS_MAX);
	times(2000, RUNS_MAX, 1.2);
	times(7013, RUNS_MAX, 1.2);
	find(RUNS_MAX, 5);
	assert_int_equal(changes, 2);
	is_change(0, CHANGE_STEP, 2000, 7013, 1.2);
	is_change(1, CHANGE_STEP, 7013, RUNS_MAX, 1.2);
}

static void small_steps_are_none(void **state)
{
	(void)state;
	plant(200);
	for (size_t i = 0; i < 200; i++)
		series[i].value = 1000 + (series[i].value - 1000) / 20;
	times(100, 200, 1.01);
	find(200, 0.5);
	assert_int_equal(changes, 1);
	is_change(0, CHANGE_STEP, 100, 200, 1.01);
	find(200, 2);
	assert_int_equal(changes, 0);
}

static void a_third_run_calls_it(void **state)
{
	(void)state;
	plant(63);
	times(60, 63, 1.5);
	find(61, 1);
	assert_int_equal(changes, 1);
	assert_int_equal(change[0].kind, CHANGE_SUSPECT);
	assert_int_equal(change[0].begin, 60);
	find(63, 1);
	assert_int_equal(changes, 1);
	is_change(0, CHANGE_STEP, 60, 63, 1.5);
}

static void blips_end(void **state)
{
	(void)state;
	plant(150);
	times(80, 86, 1.3);
	find(150, 1);
	assert_int_equal(changes, 1);
	is_change(0, CHANGE_BLIP, 80, 86, 1.3);
}

static void outliers_are_none(void **state)
{
	(void)state;
	plant(200);
	times(50, 51, 5);
	times(100, 101, 0.1);
	times(150, 151, 100);
	find(200, 0);
	assert_int_equal(changes, 0);
}

/* Two of the newest three runs, and of the oldest: more outliers than runs that are right. */
static void outliers_at_the_ends_are_none(void **state)
{
	(void)state;
	plant(200);
	times(0, 1, 1.5);
	times(2, 3, 1.4);
	times(197, 198, 1.5);
	times(199, 200, 1.4);
	find(200, 0);
	for (size_t i = 0; i < changes; i++)
		assert_int_equal(change[i].kind, CHANGE_SUSPECT);
}

/* No run of the newest four is far off, but all of them together are: not a change yet, but to be measured again. */
static void newest_runs_together_are_suspect(void **state)
{
	(void)state;
	plant(160);
	for (size_t i = 156; i < 160; i++)
		series[i].value = 1000 * exp(2.0 * SIGMA);
	find(157, 0);
	assert_int_equal(changes, 0);
	find(160, 0);
	assert_int_equal(changes, 1);
	assert_int_equal(change[0].kind, CHANGE_SUSPECT);
	assert_int_equal(change[0].end, 160);
	assert_in_range(change[0].begin, 155, 158);
}

static void outliers_hide_no_step(void **state)
{
	(void)state;
	plant(200);
	times(100, 200, 1.1);
	times(95, 96, 5);
	times(103, 104, 100);
	times(107, 108, 0.01);
	find(200, 1);
	assert_int_equal(changes, 1);
	is_change(0, CHANGE_STEP, 100, 200, 1.1);
}

static void drifts(void **state)
{
	bool found = false;

	(void)state;
	plant(400);
	for (size_t i = 0; i < 400; i++)
		series[i].value *= 1 + 0.0003 * (double)i;
	find(400, 1);
	assert_true(changes > 0);
	for (size_t i = 0; i < changes; i++)
		found |= change[i].kind == CHANGE_DRIFT && change[i].ratio.lower > 1;
	assert_true(found || change[changes - 1].ratio.value > 1);
}

static void noise_alone_is_no_step(void **state)
{
	(void)state;
	plant(300);
	for (size_t i = 150; i < 300; i++)
		series[i].value = 1000 * pow(series[i].value / 1000, 3);
	find(300, 0);
	for (size_t i = 0; i < changes; i++)
		assert_int_equal(change[i].kind, CHANGE_SUSPECT);
}

/* Runs that are like the one before wander: what would be a step of independent runs is none. */
static void neighbours_that_are_alike_are_no_step(void **state)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	size_t called = 0;

	(void)state;
	must(rng);
	for (size_t year = 0; year < 40; year++) {
		double off = 0;

		for (size_t i = 0; i < 300; i++) {
			off = 0.5 * off + gsl_ran_gaussian(rng, SIGMA);
			series[i] = (struct estimate){ .value = 1000 * exp(off) };
		}
		find(300, 0);
		for (size_t i = 0; i < changes; i++)
			called += change[i].kind != CHANGE_SUSPECT;
	}
	gsl_rng_free(rng);
	assert_in_range(called, 0, 4);
}

/* The same runs, once of boots that each move all their runs, once of one boot each. */
static void a_boot_is_no_step(void **state)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	size_t boot[300], known = 0, unknown = 0;

	(void)state;
	must(rng);
	for (size_t year = 0; year < 40; year++) {
		double off = 0;

		for (size_t i = 0; i < 300; i++) {
			boot[i] = i / 7;
			off = i % 7 ? off : gsl_ran_gaussian(rng, SIGMA);
			series[i] = (struct estimate){ .value = 1000 * exp(off + gsl_ran_gaussian(rng, SIGMA)) };
		}
		free(change);
		assert_int_equal(
			changes_find(&(struct changes_input){ .x = series, .boot = boot, .n = 300 }, &change, &changes),
			0);
		for (size_t i = 0; i < changes; i++)
			known += change[i].kind != CHANGE_SUSPECT;
		find(300, 0);
		for (size_t i = 0; i < changes; i++)
			unknown += change[i].kind != CHANGE_SUSPECT;
	}
	gsl_rng_free(rng);
	assert_in_range(known, 0, 4);
	assert_true(unknown > known + 4);
}

/* What one series alone calls is not enough among the sixty of a board. */
static void a_board_of_many_series_asks_for_more(void **state)
{
	struct changes_input input = { .x = series, .n = 160, .series = 1 };
	size_t alone = 0, among = 0;

	(void)state;
	for (int i = 0; i < 40; i++) {
		plant(160);
		times(155, 160, exp(SIGMA * (1.5 + 0.1 * i)));
		free(change);
		input.series = 1;
		assert_int_equal(changes_find(&input, &change, &changes), 0);
		alone += changes && change[changes - 1].kind == CHANGE_STEP;
		free(change);
		input.series = 60;
		assert_int_equal(changes_find(&input, &change, &changes), 0);
		among += changes && change[changes - 1].kind == CHANGE_STEP;
	}
	assert_true(among > 0 && among < alone);
}

static void no_noise_at_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < 100; i++)
		series[i] = (struct estimate){ .value = i < 60 ? 10 : 11 };
	find(60, 1);
	assert_int_equal(changes, 0);
	find(100, 1);
	assert_int_equal(changes, 1);
	assert_int_equal(change[0].begin, 60);
	assert_true(fabs(change[0].ratio.value - 1.1) < 1e-9);
}

/* --- exact */

static void instructions(size_t i, double value, double least, double most)
{
	series[i] = (struct estimate){ value, least, most, NAN, 3 };
}

static void one_instruction(void **state)
{
	(void)state;
	for (size_t i = 0; i < 20; i++)
		instructions(i, 1305 + (i >= 13), 1304.5 + (i >= 13), 1306.5 + (i >= 13));
	find_exact(20);
	assert_int_equal(changes, 1);
	assert_int_equal(change[0].begin, 13);
	assert_int_equal(change[0].end, 20);
	assert_true(isnan(change[0].ratio.level));
	find_exact(14);
	assert_int_equal(changes, 1); /* at once */
	find_exact(13);
	assert_int_equal(changes, 0);
	find_exact(1);
	assert_int_equal(changes, 0);
}

static void interrupts_are_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < 20; i++)
		instructions(i, 1305 + 0.3 * (double)(i % 3), 1304.5, 1306.5 + 0.1 * (double)(i % 2));
	find_exact(20);
	assert_int_equal(changes, 0);
}

/* Each step hides in the rounds of the run before, but not in those of the first. */
static void what_adds_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < 20; i++)
		instructions(i, 1000 + (double)i + 0.01 * (double)(i % 2), 999 + (double)i, 1001 + (double)i);
	find_exact(20);
	assert_true(changes >= 1);
	assert_true(change[0].ratio.value > 1);
}

static void exact_blips(void **state)
{
	(void)state;
	for (size_t i = 0; i < 20; i++)
		instructions(i, i == 7 || i == 8 ? 1400 : 1305, i == 7 || i == 8 ? 1400 : 1305,
			     i == 7 || i == 8 ? 1400 : 1305);
	find_exact(20);
	assert_int_equal(changes, 1);
	assert_int_equal(change[0].kind, CHANGE_BLIP);
	assert_int_equal(change[0].begin, 7);
	assert_int_equal(change[0].end, 9);
}

static void levels_of_exact_series_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < 60; i++)
		instructions(i,
			     i < 20   ? 100
			     : i < 40 ? 120
				      : 90,
			     i < 20   ? 100
			     : i < 40 ? 120
				      : 90,
			     i < 20   ? 100
			     : i < 40 ? 120
				      : 90);
	find_exact(60);
	assert_int_equal(changes, 2);
	assert_int_equal(change[0].end, 40);
	assert_int_equal(change[1].begin, 40);
	assert_true(fabs(change[1].ratio.value - 0.75) < 1e-9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_in_noise),
		cmocka_unit_test(nothing_in_too_few),
		cmocka_unit_test(steps),
		cmocka_unit_test(steps_of_years),
		cmocka_unit_test(small_steps_are_none),
		cmocka_unit_test(a_third_run_calls_it),
		cmocka_unit_test(blips_end),
		cmocka_unit_test(outliers_are_none),
		cmocka_unit_test(outliers_at_the_ends_are_none),
		cmocka_unit_test(newest_runs_together_are_suspect),
		cmocka_unit_test(outliers_hide_no_step),
		cmocka_unit_test(drifts),
		cmocka_unit_test(noise_alone_is_no_step),
		cmocka_unit_test(neighbours_that_are_alike_are_no_step),
		cmocka_unit_test(a_boot_is_no_step),
		cmocka_unit_test(a_board_of_many_series_asks_for_more),
		cmocka_unit_test(no_noise_at_all),
		cmocka_unit_test(one_instruction),
		cmocka_unit_test(interrupts_are_none),
		cmocka_unit_test(what_adds_up),
		cmocka_unit_test(exact_blips),
		cmocka_unit_test(levels_of_exact_series_end),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	free(change);
	return failed;
}
