// SPDX-License-Identifier: GPL-2.0-or-later
/* A serial share that was planted is found, and its interval holds it as often as it says. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>

#include "report/analysis/scaling.h"

enum { CURVES = 400 };

static const double few[] = { 1, 2, 3, 4 };
static const double many[] = { 1, 2, 3, 4, 6, 8, 12, 16 };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The time of one operation of all workers, by the law itself. */
static double law(double n, double serial, double crosstalk)
{
	return 500 * (1 + serial * (n - 1) + crosstalk * n * (n - 1)) / n;
}

static void draw(const double *workers, size_t count, double serial, double crosstalk, double noise, gsl_rng *rng,
		 struct curve_point *point)
{
	for (size_t i = 0; i < count; i++) {
		double value = law(workers[i], serial, crosstalk), error = noise * value;

		point[i] = (struct curve_point){ .x = workers[i],
						 .value = value + gsl_ran_gaussian(rng, error),
						 .error = error };
	}
}

static bool holds(const struct estimate *estimate, double value)
{
	assert_true(estimate->lower <= estimate->value && estimate->value <= estimate->upper);
	return estimate->lower <= value && value <= estimate->upper;
}

/* In how many of CURVES curves do both intervals hold what was planted; @width: the mean of the share's interval. */
static void plant(const double *workers, size_t count, double serial, double crosstalk, int *serial_held,
		  int *crosstalk_held, double *width)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);

	assert_non_null(rng);
	*serial_held = *crosstalk_held = 0;
	*width = 0;
	for (int i = 0; i < CURVES; i++) {
		struct curve_point point[CURVE_POINTS_MAX];
		struct scaling scaling;

		draw(workers, count, serial, crosstalk, 0.005, rng, point);
		assert_int_equal(scaling_fit(point, count, &scaling), 0);
		assert_null(scaling.why_none);
		*serial_held += holds(&scaling.serial, serial);
		*crosstalk_held += holds(&scaling.crosstalk, crosstalk);
		*width += (scaling.serial.upper - scaling.serial.lower) / CURVES;
	}
	gsl_rng_free(rng);
}

static void planted_shares_are_in_their_intervals(void **state)
{
	static const struct {
		double serial, crosstalk;
	} planted[] = { { 0, 0 }, { 0.05, 0 }, { 0.05, 0.002 }, { 0.4, 0.01 }, { 1, 0 } };

	(void)state;
	for (size_t i = 0; i < COUNT(planted); i++) {
		int serial, crosstalk;
		double width;

		plant(many, COUNT(many), planted[i].serial, planted[i].crosstalk, &serial, &crosstalk, &width);
		/* 95 % is 380; three standard errors of that count less */
		assert_in_range(serial, 367, CURVES);
		assert_in_range(crosstalk, 367, CURVES);
		/* and it says something */
		assert_true(width < 0.1);
		plant(few, COUNT(few), planted[i].serial, planted[i].crosstalk, &serial, &crosstalk, &width);
		assert_in_range(serial, 367, CURVES);
		assert_in_range(crosstalk, 367, CURVES);
	}
}

static void without_noise_the_shares_are_exact(void **state)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	struct curve_point point[CURVE_POINTS_MAX];
	struct scaling scaling;

	(void)state;
	assert_non_null(rng);
	draw(few, COUNT(few), 0.1, 0.02, 1e-9, rng, point);
	assert_int_equal(scaling_fit(point, COUNT(few), &scaling), 0);
	assert_true(fabs(scaling.serial.value - 0.1) < 1e-6);
	assert_true(fabs(scaling.crosstalk.value - 0.02) < 1e-6);
	gsl_rng_free(rng);
}

/* No curve of this law: the interval grows by what it leaves over. */
static void a_law_that_does_not_hold_widens_the_interval(void **state)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	struct curve_point point[CURVE_POINTS_MAX];
	struct scaling right, wrong;

	(void)state;
	assert_non_null(rng);
	draw(many, COUNT(many), 0.1, 0.002, 0.001, rng, point);
	assert_int_equal(scaling_fit(point, COUNT(many), &right), 0);
	for (size_t i = 4; i < COUNT(many); i++) /* a second cluster of slower CPUs */
		point[i].value *= 1.5;
	assert_int_equal(scaling_fit(point, COUNT(many), &wrong), 0);
	assert_true(wrong.serial.upper - wrong.serial.lower > 5 * (right.serial.upper - right.serial.lower));
	gsl_rng_free(rng);
}

static void what_cannot_be_estimated_is_not(void **state)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	struct curve_point point[CURVE_POINTS_MAX];
	struct scaling scaling;

	(void)state;
	assert_non_null(rng);
	draw(few, COUNT(few), 0.1, 0, 0.01, rng, point);
	assert_int_equal(scaling_fit(point, 3, &scaling), -ERANGE);
	assert_non_null(strstr(scaling.why_none, "4 numbers"));
	assert_true(isnan(scaling.serial.value) && isnan(scaling.serial.lower));
	assert_int_equal(scaling_fit(point, 0, &scaling), -ERANGE);
	point[2].error = NAN;
	assert_int_equal(scaling_fit(point, COUNT(few), &scaling), -ERANGE);
	assert_non_null(strstr(scaling.why_none, "no interval"));
	point[2].error = 1;
	point[2].x = 2;
	assert_int_equal(scaling_fit(point, COUNT(few), &scaling), -ERANGE);
	assert_non_null(strstr(scaling.why_none, "twice"));
	gsl_rng_free(rng);
}

static void speedups(void **state)
{
	struct curve_point point[] = { { .x = 1, .value = 600, .error = 6 }, { .x = 2, .value = 400, .error = 0 } };
	struct estimate speedup = scaling_speedup(point, 1);

	(void)state;
	assert_true(fabs(speedup.value - 1.5) < 1e-12);
	assert_true(fabs(speedup.upper - 1.5 * 1.01959964) < 1e-6);
	assert_true(fabs(speedup.value - speedup.lower - (speedup.upper - speedup.value)) < 1e-12);
	assert_true(scaling_speedup(point, 0).value == 1 && scaling_speedup(point, 0).upper == 1);
	point[1].error = NAN;
	assert_true(isnan(scaling_speedup(point, 1).lower));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(planted_shares_are_in_their_intervals),
		cmocka_unit_test(without_noise_the_shares_are_exact),
		cmocka_unit_test(a_law_that_does_not_hold_widens_the_interval),
		cmocka_unit_test(what_cannot_be_estimated_is_not),
		cmocka_unit_test(speedups),
	};

	return cmocka_run_group_tests_name("scaling", tests, NULL, NULL);
}
