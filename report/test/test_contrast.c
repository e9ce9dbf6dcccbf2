// SPDX-License-Identifier: GPL-2.0-or-later
/* Differences of few boots: against published figures where nothing is weighted, trimmed or shared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>

#include "report/analysis/contrast.h"

static void assert_near(double a, double b, double tolerance)
{
	if (!(fabs(a - b) <= tolerance))
		fail_msg("%.10g is not %.10g within %g", a, b, tolerance);
}

static size_t take(struct observation *x, const double *value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		x[i] = (struct observation){ .value = value[i], .weight = 1 };
	return n;
}

static struct contrast contrast_of(const double *a, size_t n_a, const double *b, size_t n_b)
{
	struct observation x[20], y[20];
	struct contrast contrast;

	contrast_make(x, take(x, a, n_a), y, take(y, b, n_b), &contrast);
	return contrast;
}

/*
 * Student's t of two equal groups: Snedecor and Cochran's formula by hand. Means 3 and 6, squares 10 and 10, so that
 * the variance of the difference is 20 / 8 * 2 / 5 = 1, and t is 3 with 8 degrees of freedom: p = 0.01707.
 */
static void equal_sides_are_student(void **state)
{
	const double a[] = { 1, 2, 3, 4, 5 }, b[] = { 8, 4, 6, 7, 5 };
	struct contrast c = contrast_of(a, 5, b, 5);
	struct estimate e = contrast_ratio(&c, 0.95);

	(void)state;
	assert_near(c.difference, 3, 1e-12);
	assert_near(c.variance, 1, 1e-12);
	assert_near(c.freedom, 8, 1e-12);
	assert_near(contrast_p(&c), 0.01707, 1e-5);
	/* t8(97.5 %) is 2.306 */
	assert_near(log(e.lower), 3 - 2.306, 1e-3);
	assert_near(log(e.upper), 3 + 2.306, 1e-3);
}

/* Sides that vary differently: Satterthwaite's degrees of freedom, and never less than the pooled variance. */
static void unequal_sides_are_welch(void **state)
{
	const double calm[] = { 1, 1.1, 0.9, 1, 1, 1 }, wild[] = { 1, 5 };
	struct contrast c = contrast_of(calm, 6, wild, 2);

	(void)state;
	/* 8/2 of wild, 0.02/5/6 of calm */
	assert_near(c.variance, 4 + 0.02 / 30, 1e-9);
	assert_near(c.freedom, 1, 0.01);
	/* the other way round the wild side has the boots: pooled is more than Welch's */
	c = contrast_of((const double[]){ 1, 1.1 }, 2, (const double[]){ 1, 5, 3, 2, 4, 3 }, 6);
	assert_near(c.variance, (10 + 0.005) / 6 * (1 / 2.0 + 1 / 6.0), 1e-9);
}

/* All boots agree to the step of a coarse clock: the difference is known to that step only. */
static void the_step_of_the_clock_widens(void **state)
{
	const double a[] = { 1, 1, 1 }, b[] = { 1.08, 1.08, 1.08 };
	struct contrast c = contrast_of(a, 3, b, 3);
	struct estimate e;

	(void)state;
	c.step = 0.1;
	e = contrast_ratio(&c, 0.95);
	assert_near(log(e.lower), -0.02, 1e-9);
	assert_near(log(e.upper), 0.18, 1e-9);
	assert_near(contrast_p(&c), 1, 0);
	assert_near(contrast_detectable(&c, 0.95, 1), exp(0.1), 1e-9);
	assert_true(isnan(contrast_needed(&c, 0.95, 1)));
	c.step = 0.05;
	assert_near(contrast_p(&c), 0, 0);
}

static void one_boot_has_no_variance(void **state)
{
	const double a[] = { 1, 2, 3 };
	struct contrast c = contrast_of(a, 1, a, 3);

	(void)state;
	assert_near(c.difference, 1, 1e-12);
	assert_true(isnan(c.variance) && isnan(contrast_p(&c)) && isnan(contrast_ratio(&c, 0.95).lower));
	assert_true(isnan(contrast_detectable(&c, 0.95, 1)) && isnan(contrast_needed(&c, 0.95, 1)));
	c = contrast_of(a, 0, a, 3);
	assert_true(isnan(c.difference) && isnan(contrast_ratio(&c, 0.95).value));
}

/* What rests on little counts little. */
static void weights_count(void **state)
{
	struct observation x[] = { { 0, 1, 0 }, { 4, 0.25, 0 }, { 0, 1, 0 } }, y[] = { { 0, 1, 0 }, { 0, 1, 0 } };
	struct contrast c;

	(void)state;
	contrast_make(y, 2, x, 3, &c);
	assert_near(c.difference, 1 / 2.25, 1e-12);
}

/* One of eight boots that went wrong decides nothing. */
static void outliers_are_trimmed(void **state)
{
	const double a[] = { 1, 2, 3, 4, 5, 6, 7, 8 }, b[] = { 1, 2, 3, 4, 5, 6, 7, 800 };
	struct contrast c = contrast_of(a, 8, b, 8);

	(void)state;
	assert_near(c.difference, 0, 1e-12);
	/* Yuen's: 2, 2, 3, ..., 7, 7 of each side have 30 squares; divided by 5 and by 6 */
	assert_near(c.variance, 2 * 30.0 / 5 / 6, 1e-9);
	assert_near(c.freedom, 10, 1e-9);
}

/* Rows that vary alike tell each other how much, but never more than a row has of its own. */
static void rows_share_their_spread(void **state)
{
	static const double a[] = { 1, 2, 3 };
	struct contrast c[6], alone = contrast_of(a, 3, a, 3), two[2];

	(void)state;
	for (size_t i = 0; i < 6; i++)
		c[i] = alone;
	contrasts_moderate(c, 6);
	assert_near(c[0].freedom, 8, 1e-9);
	/* like rows leave less to chance than chance does: the true variance is taken as a little more */
	assert_true(c[0].variance > alone.variance && c[0].variance < 1.3 * alone.variance);
	/* two rows are not enough to tell */
	two[0] = two[1] = alone;
	contrasts_moderate(two, 2);
	assert_near(two[0].variance, alone.variance, 1e-12);
	assert_near(two[0].freedom, alone.freedom, 1e-12);
}

/* Rows as different as 0.001 and 1000 say nothing about each other: no noisy row is taken for a quiet one. */
static void unlike_rows_do_not(void **state)
{
	struct contrast c[7];

	(void)state;
	for (size_t i = 0; i < 7; i++) {
		double scale = pow(10, (double)i - 3), a[] = { 1 * scale, 2 * scale, 3 * scale };

		c[i] = contrast_of(a, 3, a, 3);
	}
	contrasts_moderate(c, 7);
	for (size_t i = 0; i < 7; i++) {
		double scale = pow(10, (double)i - 3);

		assert_near(c[i].variance / (scale * scale * 2 / 3), 1, 1e-9);
		assert_near(c[i].freedom, 4, 1e-9);
	}
}

/* 1 per second, all of base first, and no change; noise that has no trend. */
static void drift_is_taken_out(void **state)
{
	static const double noise[] = { 0.1, -0.1, -0.1, 0.1 };
	struct observation x[4], y[4];
	struct contrast c;

	(void)state;
	for (int i = 0; i < 4; i++) {
		x[i] = (struct observation){ i + noise[i], 1, 1e9 + i };
		y[i] = (struct observation){ 4 + i + noise[i], 1, 1e9 + 4 + i };
	}
	contrast_without_drift(x, 4, y, 4, &c);
	assert_near(c.slope, 1, 1e-9);
	assert_near(c.difference, 0, 1e-6);
	/* residual variance 0.08/5, times 2/4 for the means and 4^2/10 for the slope */
	assert_near(c.variance, 0.016 * (0.5 + 1.6), 1e-6);
	assert_near(c.freedom, 5, 1e-6);
	assert_near(c.new - c.base, 4, 1e-6);
	/* in one instant each, or with three boots: nobody can tell */
	for (int i = 0; i < 4; i++) {
		x[i].at_s = 0;
		y[i].at_s = 1;
	}
	contrast_without_drift(x, 4, y, 4, &c);
	assert_true(isnan(c.variance));
	contrast_without_drift(x, 2, y, 1, &c);
	assert_true(isnan(c.variance));
}

/* Simulated: of changes as large as what is detectable four of five are found, and as many with the boots needed. */
static void power_is_what_is_said(void **state)
{
	enum { TIMES = 2000, BOOTS = 6 };
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	unsigned int found = 0;

	(void)state;
	gsl_rng_set(rng, 20261126);
	for (int i = 0; i < TIMES; i++) {
		/* variance 1/6 of either side: t10(97.5 %) + t10(80 %) = 3.107 errors of 0.577 */
		double a[BOOTS], b[BOOTS], change = 3.107 * 0.577;
		struct contrast c;

		for (int j = 0; j < BOOTS; j++) {
			a[j] = gsl_ran_ugaussian(rng);
			b[j] = gsl_ran_ugaussian(rng) + change;
		}
		c = contrast_of(a, BOOTS, b, BOOTS);
		found += contrast_ratio(&c, 0.95).lower > 1;
	}
	gsl_rng_free(rng);
	assert_true(found > 0.76 * TIMES && found < 0.85 * TIMES);
}

static void needed_is_the_least_that_has_the_power(void **state)
{
	const double a[] = { -1, 0, 1 }, b[] = { 0, 1, 2 };
	struct contrast c = contrast_of(a, 3, b, 3);
	double n = contrast_needed(&c, 0.95, 1);

	(void)state;
	/* 17 per group: the textbook's number for a difference of one deviation */
	assert_near(n, 17, 0);
	c.difference = 0.001;
	assert_true(isnan(contrast_needed(&c, 0.95, 1)));
	assert_near(contrast_detectable(&c, 0.95, 1.01) / 1.01, exp((2.776 + 0.941) * sqrt(2 / 3.0)), 0.02);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_sides_are_student),
		cmocka_unit_test(unequal_sides_are_welch),
		cmocka_unit_test(the_step_of_the_clock_widens),
		cmocka_unit_test(one_boot_has_no_variance),
		cmocka_unit_test(weights_count),
		cmocka_unit_test(outliers_are_trimmed),
		cmocka_unit_test(rows_share_their_spread),
		cmocka_unit_test(unlike_rows_do_not),
		cmocka_unit_test(drift_is_taken_out),
		cmocka_unit_test(power_is_what_is_said),
		cmocka_unit_test(needed_is_the_least_that_has_the_power),
	};

	return cmocka_run_group_tests_name("contrast", tests, NULL, NULL);
}
