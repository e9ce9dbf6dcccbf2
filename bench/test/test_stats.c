// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>

#include "bench/record/histogram.h"
#include "bench/record/stats.h"

static struct estimate quantile(const double *x, size_t n, double p, double level)
{
	struct estimate e;

	assert_int_equal(stats_quantile(x, n, p, level, &e), 0);
	return e;
}

static struct estimate paired_ratio(const double *a, const double *b, size_t n, double level)
{
	struct estimate e;

	assert_int_equal(stats_paired_ratio(a, b, n, level, &e), 0);
	return e;
}

#define SIMULATIONS 4000
#define SEED 20240229
/* How improbable a coverage must be to fail a test; the seed is fixed, so a pass stays a pass */
#define ALPHA 1e-6

static void assert_close(double a, double b, double tolerance)
{
	if (!(fabs(a - b) <= tolerance * fmax(1, fabs(b))))
		fail_msg("%.17g is not %.17g within %g", a, b, tolerance);
}

/* ---- quantiles ---- */

/* No memory is an error, and no figure. More than half the address space is never there. */
static void no_memory_is_an_error(void **state)
{
#ifndef __SANITIZE_ADDRESS__ /* which ends the program instead */
	volatile size_t n = SIZE_MAX / 16;
	const double x = 1;
	struct estimate e;

	assert_int_equal(stats_paired_ratio(&x, &x, n, 0.95, &e), -ENOMEM);
#endif
	(void)state;
}

static void quantile_of_nothing(void **state)
{
	struct estimate e = quantile(NULL, 0, 0.5, 0.95);

	(void)state;
	assert_true(isnan(e.value) && isnan(e.lower) && isnan(e.upper));
	assert_int_equal(e.n, 0);
}

static void quantile_is_gsl_type_7(void **state)
{
	/* R: quantile(c(15, 20, 35, 40, 50), 0.4) is 29, type 7 being R's default */
	const double x[] = { 50, 15, 40, 20, 35 };
	double many[101];

	(void)state;
	assert_close(quantile(x, 5, 0.4, 0.95).value, 29, 1e-15);
	assert_true(x[0] == 50 && x[4] == 35);
	for (size_t i = 0; i < 101; i++)
		many[i] = (double)((i * 37) % 101);
	for (int p = 1; p < 100; p++)
		assert_close(quantile(many, 101, p / 100.0, 0.95).value, p, 1e-14);
}

/*
 * Ranks of the 95 % interval of the median, as every table of the binomial distribution at 1/2 gives them (e.g.
 * Conover, Practical Nonparametric Statistics, 3rd ed., table A3, section 3.2); n = 5 has none.
 */
static void median_interval_is_published(void **state)
{
	static const struct {
		size_t n;
		double lower, upper;
	} table[] = {
		{ 6, 1, 6 },   { 7, 1, 7 },    { 8, 1, 8 },    { 9, 2, 8 },    { 10, 2, 9 },
		{ 11, 2, 10 }, { 12, 3, 10 },  { 15, 4, 12 },  { 17, 5, 13 },  { 20, 6, 15 },
		{ 25, 8, 18 }, { 30, 10, 21 }, { 40, 14, 27 }, { 50, 18, 33 }, { 100, 40, 61 },
	};
	double x[100];

	(void)state;
	for (size_t i = 0; i < 100; i++)
		x[i] = (double)i + 1;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct estimate e = quantile(x, table[i].n, 0.5, 0.95);

		assert_close(e.lower, table[i].lower, 0);
		assert_close(e.upper, table[i].upper, 0);
	}
	assert_true(isnan(quantile(x, 5, 0.5, 0.95).lower));
	assert_true(isnan(quantile(x, 5, 0.5, 0.95).upper));
}

static void tail_quantile_without_bound(void **state)
{
	double x[400];
	struct estimate e;

	(void)state;
	for (size_t i = 0; i < 400; i++)
		x[i] = (double)i;
	e = quantile(x, 50, 0.99, 0.95);
	assert_true(isnan(e.upper));
	assert_false(isnan(e.lower));
	/* 0.99^368 is the first power under 0.025 */
	assert_true(isnan(quantile(x, 367, 0.99, 0.95).upper));
	assert_close(quantile(x, 368, 0.99, 0.95).upper, 367, 0);
	/* and the mirror image */
	assert_true(isnan(quantile(x, 367, 0.01, 0.95).lower));
	assert_close(quantile(x, 368, 0.01, 0.95).lower, 0, 0);
}

static void quantile_of_ties_and_one(void **state)
{
	const double x[] = { 7, 7, 7, 7, 7, 7, 7, 7, 7, 7 };
	struct estimate e = quantile(x, 10, 0.5, 0.95);

	(void)state;
	assert_true(e.value == 7 && e.lower == 7 && e.upper == 7);
	e = quantile(x, 1, 0.5, 0.95);
	assert_true(e.value == 7 && isnan(e.lower) && isnan(e.upper));
}

/* ---- paired ratios ---- */

/* exp() of the data, so that the log-ratios are their differences. */
static struct estimate ratio_of_exp(const double *x, const double *y, size_t n, double level)
{
	double *a = malloc(n * sizeof(*a)), *b = malloc(n * sizeof(*b));
	struct estimate e;

	assert_true(a && b);
	for (size_t i = 0; i < n; i++) {
		a[i] = exp(x[i]);
		b[i] = exp(y[i]);
	}
	e = paired_ratio(a, b, n, level);
	free(a);
	free(b);
	return e;
}

/*
 * Hamilton depression scale factor IV of nine patients: Hollander and Wolfe (1973), pp. 29 to 33, the data of the
 * example of R's wilcox.test. Their estimate is 0.46 and their 96 % interval 0.010 to 0.786 (2 x 10/512 lie beyond it).
 */
static void signed_rank_is_published(void **state)
{
	const double x[] = { 1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30 };
	const double y[] = { 0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29 };
	struct estimate e = ratio_of_exp(x, y, 9, 0.95);

	(void)state;
	assert_close(log(e.value), 0.46, 1e-12);
	assert_close(log(e.lower), 0.010, 1e-12);
	assert_close(log(e.upper), 0.786, 1e-12);
	/* the same interval at all levels up to its own, 1 - 20/512, and a wider one above */
	assert_close(log(ratio_of_exp(x, y, 9, 0.96).lower), 0.010, 1e-12);
	assert_true(log(ratio_of_exp(x, y, 9, 0.962).lower) < 0.005);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* All Walsh averages, sorted; freed by the caller. */
static double *walsh_averages(const double *d, size_t n)
{
	double *w = malloc(n * (n + 1) / 2 * sizeof(*w));
	size_t count = 0;

	assert_non_null(w);
	for (size_t i = 0; i < n; i++) {
		for (size_t j = i; j < n; j++)
			w[count++] = (d[i] + d[j]) / 2;
	}
	qsort(w, count, sizeof(*w), compare);
	return w;
}

/*
 * Critical values of the signed-rank statistic at 2.5 % a side: the largest T whose tail is at most that, as in the
 * textbooks' tables (5 % two-sided).
 */
static size_t critical_value(size_t n)
{
	static const size_t table[] = { 0,  2,  3,  5,  8,  10, 13,  17,  21,  25,  29,  34,  40,  46,  52,
					58, 65, 73, 81, 89, 98, 107, 116, 126, 137, 147, 159, 170, 182, 195 };

	if (n >= 6 && n <= 35)
		return table[n - 6];
	return n == 40 ? 264 : 434; /* n = 50 */
}

/* The counting selection against all averages, written out. */
static void signed_rank_is_brute_force(void **state)
{
	static const size_t sizes[] = { 6, 7, 8, 9, 10, 11, 12, 15, 20, 25, 29, 35, 40, 50 };
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	double x[50], zero[50] = { 0 };

	(void)state;
	gsl_rng_set(rng, SEED);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t n = sizes[i], count = n * (n + 1) / 2, cut = critical_value(n) + 1;
		struct estimate e;
		double d[50], *w;

		/* every second with many ties */
		for (size_t j = 0; j < n; j++) {
			x[j] = i % 2 ? floor(gsl_ran_gaussian(rng, 3)) : gsl_ran_gaussian(rng, 1);
			d[j] = log(exp(x[j])) - log(1.0);
		}
		w = walsh_averages(d, n);
		e = ratio_of_exp(x, zero, n, 0.95);
		assert_true(e.value == exp(count % 2 ? w[count / 2] : (w[count / 2 - 1] + w[count / 2]) / 2));
		assert_true(e.lower == exp(w[cut - 1]));
		assert_true(e.upper == exp(w[count - cut]));
		free(w);
	}
	gsl_rng_free(rng);
}

/* n = 51 and up: the approximation's bounds are order statistics beside those of the exact distribution. */
static void signed_rank_of_many(void **state)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	const size_t n = 400, count = n * (n + 1) / 2;
	double *x = calloc(n, sizeof(*x)), *zero = calloc(n, sizeof(*zero)), *d = calloc(n, sizeof(*d)), *w;
	double half_width = 1.959963984540054 * sqrt(400.0 * 401 * 801 / 24);
	size_t cut = (size_t)(400.0 * 401 / 4 - half_width + 0.5);
	struct estimate e;

	(void)state;
	gsl_rng_set(rng, SEED);
	for (size_t i = 0; i < n; i++) {
		x[i] = gsl_ran_gaussian(rng, 1);
		d[i] = log(exp(x[i])) - log(1.0);
	}
	w = walsh_averages(d, n);
	e = ratio_of_exp(x, zero, n, 0.95);
	assert_true(e.lower == exp(w[cut - 1]));
	assert_true(e.upper == exp(w[count - cut]));
	assert_true(e.value == exp((w[count / 2 - 1] + w[count / 2]) / 2));
	free(w);
	free(d);
	free(zero);
	free(x);
	gsl_rng_free(rng);
}

/* As many rounds as a long run has: 50 million averages, none of them stored. */
static void signed_rank_of_ten_thousand(void **state)
{
	const size_t n = 10000;
	double *a = malloc(n * sizeof(*a)), *b = malloc(n * sizeof(*b));
	struct estimate e;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		b[i] = 1 + (double)(i % 97);
		a[i] = 2 * b[i];
	}
	e = paired_ratio(a, b, n, 0.95);
	assert_close(e.value, 2, 1e-14);
	assert_close(e.lower, 2, 1e-14);
	assert_close(e.upper, 2, 1e-14);
	free(a);
	free(b);
}

static void signed_rank_refuses(void **state)
{
	const double a[] = { 1, 2, 3, 4, 5 }, b[] = { 1, 2, 0, 4, 5 }, c[] = { 1, 2, -1, 4, 5 };

	(void)state;
	assert_true(isnan(paired_ratio(a, b, 5, 0.95).value));
	assert_true(isnan(paired_ratio(a, c, 5, 0.95).value));
	assert_true(isnan(paired_ratio(a, a, 0, 0.95).value));
	/* 2^-5 is more than 2.5 %: a point, but no interval */
	assert_close(paired_ratio(a, a, 5, 0.95).value, 1, 0);
	assert_true(isnan(paired_ratio(a, a, 5, 0.95).lower));
	assert_true(isnan(paired_ratio(a, a, 5, 0.95).upper));
	assert_close(paired_ratio(a, a, 1, 0.95).value, 1, 0);
}

static void family_level(void **state)
{
	(void)state;
	assert_close(stats_family_level(0.95, 0), 0.95, 0);
	assert_close(stats_family_level(0.95, 1), 0.95, 0);
	assert_close(stats_family_level(0.95, 10), 0.995, 1e-15);
}

/* ---- coverage ---- */

/* Does @hits of SIMULATIONS go together with a probability from @low to @high? */
static void assert_coverage(unsigned int hits, double low, double high)
{
	if (gsl_cdf_binomial_P(hits, low, SIMULATIONS) < ALPHA)
		fail_msg("%u of %d covered: fewer than %.4f allows", hits, SIMULATIONS, low);
	if (hits && gsl_cdf_binomial_Q(hits - 1, high, SIMULATIONS) < ALPHA)
		fail_msg("%u of %d covered: more than %.4f allows", hits, SIMULATIONS, high);
}

/* Skewed with a heavy tail, as fault times are. Its quantile @p is exp() of the normal one. */
static unsigned int quantile_hits(size_t n, double p, double level)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	double truth = gsl_cdf_lognormal_Pinv(p, 0, 1), x[200];
	unsigned int hits = 0;

	gsl_rng_set(rng, SEED);
	for (int i = 0; i < SIMULATIONS; i++) {
		struct estimate e;

		for (size_t j = 0; j < n; j++)
			x[j] = gsl_ran_lognormal(rng, 0, 1);
		e = quantile(x, n, p, level);
		hits += e.lower <= truth && truth <= e.upper;
	}
	gsl_rng_free(rng);
	return hits;
}

/* What the interval from rank @l to @u covers exactly. */
static double exact_coverage(unsigned int n, double p, unsigned int l, unsigned int u)
{
	return gsl_cdf_binomial_P(u - 1, p, n) - gsl_cdf_binomial_P(l - 1, p, n);
}

static void quantile_covers(void **state)
{
	(void)state;
	assert_coverage(quantile_hits(20, 0.5, 0.95), 0.95, exact_coverage(20, 0.5, 6, 15));
	assert_coverage(quantile_hits(25, 0.5, 0.95), 0.95, exact_coverage(25, 0.5, 8, 18));
	assert_coverage(quantile_hits(50, 0.5, 0.95), 0.95, exact_coverage(50, 0.5, 18, 33));
	assert_coverage(quantile_hits(200, 0.9, 0.95), 0.95, 0.97);
	assert_coverage(quantile_hits(200, 0.5, 0.99), 0.99, 0.995);
}

static unsigned int ratio_hits(size_t n, double level)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	double a[200], b[200];
	unsigned int hits = 0;

	gsl_rng_set(rng, SEED);
	for (int i = 0; i < SIMULATIONS; i++) {
		struct estimate e;

		for (size_t j = 0; j < n; j++) {
			/* a round that is slow is slow for both */
			double slow = gsl_ran_lognormal(rng, 0, 1);

			a[j] = 1.3 * slow * gsl_ran_lognormal(rng, 0, 0.1);
			b[j] = slow * gsl_ran_lognormal(rng, 0, 0.1);
		}
		e = paired_ratio(a, b, n, level);
		hits += e.lower <= 1.3 && 1.3 <= e.upper;
	}
	gsl_rng_free(rng);
	return hits;
}

static void ratio_covers(void **state)
{
	(void)state;
	/* Exact, by counting out all 2^n signs: what the bounds of the nominal level cover with these n, never less */
	assert_coverage(ratio_hits(9, 0.95), 1 - 2 * 10 / 512.0, 1 - 2 * 10 / 512.0);
	assert_coverage(ratio_hits(20, 0.95), 1 - 2 * 25397 / 1048576.0, 1 - 2 * 25397 / 1048576.0);
	assert_coverage(ratio_hits(50, 0.95), 0.950554, 0.950554);
	/* The approximation, and at the level of one comparison of eleven */
	assert_coverage(ratio_hits(51, 0.95), 0.951030, 0.951030);
	assert_coverage(ratio_hits(200, 1 - 0.05 / 11), 0.995624, 0.995624);
}

/* ---- series ---- */

/* An AR(1) process of standard deviation 1: each value is @rho of the one before and something new. */
static void autoregressive(gsl_rng *rng, double rho, double *x, size_t n)
{
	x[0] = gsl_ran_gaussian(rng, 1);
	for (size_t i = 1; i < n; i++)
		x[i] = rho * x[i - 1] + gsl_ran_gaussian(rng, sqrt(1 - rho * rho));
}

static unsigned int series_hits(double rho, size_t n, bool ratio)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	double x[200], y[200];
	unsigned int hits = 0;

	gsl_rng_set(rng, SEED);
	for (int i = 0; i < SIMULATIONS; i++) {
		struct estimate e;

		autoregressive(rng, rho, x, n);
		for (size_t j = 0; j < n; j++) {
			y[j] = 1000;
			x[j] = 1000 * exp(x[j] / 10);
		}
		if (ratio)
			assert_int_equal(stats_series_ratio(x, y, n, 0.95, &e), 0);
		else
			assert_int_equal(stats_series_median(x, n, 0.95, &e, &(bool){ false }), 0);
		e.value = ratio ? 1 : 1000;
		hits += e.lower <= e.value && e.value <= e.upper;
	}
	gsl_rng_free(rng);
	return hits;
}

/* Neighbours are alike: the interval covers what it says all the same. */
static void series_cover(void **state)
{
	(void)state;
	for (int ratio = 0; ratio < 2; ratio++) {
		for (int rho = 0; rho <= 6; rho += 3) {
			assert_coverage(series_hits(rho / 10.0, 100, ratio), 0.93, 0.97);
			assert_coverage(series_hits(rho / 10.0, 200, ratio), 0.93, 0.97);
		}
	}
}

/*
 * Noise of all durations: values that have nothing to do with each other, and as much again that stays alike for some
 * 10, 100 and 1000 of them, which is the length of the series.
 */
static void noise_of_all_durations(gsl_rng *rng, double *x, size_t n)
{
	double state[3];

	for (size_t k = 0; k < 3; k++)
		state[k] = gsl_ran_gaussian(rng, 1);
	for (size_t i = 0; i < n; i++) {
		double sum = 2 * gsl_ran_gaussian(rng, 1);

		for (size_t k = 0; k < 3; k++) {
			double rho = 1 - pow(10, -(double)(k + 1));

			sum += state[k];
			state[k] = rho * state[k] + gsl_ran_gaussian(rng, sqrt(1 - rho * rho));
		}
		x[i] = 1000 * exp(sum / 50);
	}
}

static void series_that_changes_slowly(void **state)
{
	enum { N = 1000, TIMES = 400 };
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	unsigned int hits = 0, slow_hits = 0, independent_hits = 0;
	double x[N];
	struct estimate e;
	bool slow;

	(void)state;
	gsl_rng_set(rng, SEED);
	for (int i = 0; i < TIMES; i++) {
		noise_of_all_durations(rng, x, N);
		slow = false;
		assert_int_equal(stats_series_median(x, N, 0.95, &e, &slow), 0);
		hits += e.lower <= 1000 && 1000 <= e.upper;
		slow_hits += slow;
		autoregressive(rng, 0.5, x, N);
		slow = false;
		assert_int_equal(stats_series_median(x, N, 0.95, &e, &slow), 0);
		independent_hits += slow;
	}
	gsl_rng_free(rng);
	assert_true(hits > 0.9 * TIMES);
	assert_true(slow_hits > 0.9 * TIMES);
	/* The correlation of neighbours explains it: no slow change, but for 20 % by chance. */
	assert_true(independent_hits < 0.25 * TIMES);
}

/* Neighbours that are opposites, or all alike: the interval of independent values. */
static void series_without_dependence(void **state)
{
	double x[60], y[60];
	struct estimate e;

	(void)state;
	for (size_t i = 0; i < 60; i++) {
		x[i] = (double)(i % 2 ? 100 + i : 100 - i);
		y[i] = 7;
	}
	assert_int_equal(stats_series_median(x, 60, 0.95, &e, &(bool){ false }), 0);
	/* between two order statistics, so a little less than what whole ranks give */
	assert_true(e.lower >= quantile(x, 60, 0.5, 0.95).lower && e.upper <= quantile(x, 60, 0.5, 0.95).upper);
	assert_true(e.upper - e.lower > 0.8 * (quantile(x, 60, 0.5, 0.95).upper - quantile(x, 60, 0.5, 0.95).lower));
	assert_int_equal(stats_series_ratio(x, y, 60, 0.95, &e), 0);
	assert_true(e.lower == paired_ratio(x, y, 60, 0.95).lower && e.upper == paired_ratio(x, y, 60, 0.95).upper);
	assert_int_equal(stats_series_median(y, 60, 0.95, &e, &(bool){ false }), 0);
	assert_true(e.value == 7 && e.lower == 7 && e.upper == 7);
	assert_int_equal(stats_series_ratio(y, y, 60, 0.95, &e), 0);
	assert_true(e.value == 1 && e.lower == 1 && e.upper == 1);
}

/* A run that only ever gets slower has no interval that would hold. */
static void series_of_a_trend(void **state)
{
	double x[30];
	struct estimate e;

	(void)state;
	for (size_t i = 0; i < 30; i++)
		x[i] = 1000 + (double)i;
	assert_int_equal(stats_series_median(x, 30, 0.95, &e, &(bool){ false }), 0);
	assert_true(e.value == 1014.5 && isnan(e.lower) && isnan(e.upper));
	x[0] = -1;
	assert_int_equal(stats_series_ratio(x, x, 30, 0.95, &e), 0);
	assert_true(isnan(e.value));
	assert_int_equal(stats_series_median(x, 0, 0.95, &e, &(bool){ false }), 0);
	assert_int_equal(stats_series_ratio(x, x, 0, 0.95, &e), 0);
	assert_true(isnan(e.value));
}

/* ---- what is made of estimates ---- */

static void half_width(void **state)
{
	const struct estimate e = { .value = 200, .lower = 196, .upper = 206 };
	const struct estimate unknown = { .value = 200, .lower = NAN, .upper = 206 };
	const struct estimate zero = { .value = 0, .lower = 0, .upper = 0 };

	(void)state;
	assert_close(estimate_half_width_percent(&e), 2.5, 1e-15);
	assert_true(isnan(estimate_half_width_percent(&unknown)));
	assert_true(isnan(estimate_half_width_percent(&zero)));
}

static void same_verdict(void **state)
{
	const struct estimate below = { .lower = 0.8, .upper = 0.9 }, above = { .lower = 1.1, .upper = 1.2 };
	const struct estimate both = { .lower = 0.9, .upper = 1.1 }, touches = { .lower = 0.9, .upper = 1 };
	const struct estimate unknown = { .lower = NAN, .upper = NAN };

	(void)state;
	assert_true(estimate_same_verdict(&below, &below));
	assert_true(estimate_same_verdict(&above, &above));
	assert_false(estimate_same_verdict(&below, &above));
	assert_false(estimate_same_verdict(&both, &above));
	assert_false(estimate_same_verdict(&both, &below));
	assert_true(estimate_same_verdict(&both, &touches));
	assert_true(estimate_same_verdict(&both, &unknown));
	assert_false(estimate_same_verdict(&below, &unknown));
}

static void verdicts(void **state)
{
	const struct estimate slower = { .lower = 1.02, .upper = 1.2 }, faster = { .lower = 0.8, .upper = 0.97 };
	const struct estimate near = { .lower = 0.995, .upper = 1.004 }, wide = { .lower = 0.9, .upper = 1.1 };
	const struct estimate unknown = { .lower = NAN, .upper = NAN }, half = { .lower = 1.2, .upper = NAN };
	const struct estimate exact = { .lower = 1, .upper = 1 }, little = { .lower = 1.001, .upper = 1.009 };

	(void)state;
	assert_int_equal(estimate_verdict(&slower, 1), VERDICT_SLOWER);
	assert_int_equal(estimate_verdict(&slower, 5), VERDICT_UNDECIDED);
	assert_int_equal(estimate_verdict(&slower, 50), VERDICT_SAME);
	assert_int_equal(estimate_verdict(&faster, 1), VERDICT_FASTER);
	assert_int_equal(estimate_verdict(&faster, 5), VERDICT_UNDECIDED);
	assert_int_equal(estimate_verdict(&near, 1), VERDICT_SAME);
	assert_int_equal(estimate_verdict(&near, 0), VERDICT_UNDECIDED);
	assert_int_equal(estimate_verdict(&wide, 1), VERDICT_UNDECIDED);
	assert_int_equal(estimate_verdict(&little, 0), VERDICT_SLOWER);
	assert_int_equal(estimate_verdict(&little, 1), VERDICT_SAME);
	assert_int_equal(estimate_verdict(&unknown, 1), VERDICT_UNDECIDED);
	assert_int_equal(estimate_verdict(&half, 1), VERDICT_SLOWER);
	assert_int_equal(estimate_verdict(&exact, 0), VERDICT_SAME);
}

/* ---- histogram ---- */

static void histogram_edges_meet(void **state)
{
	struct histogram *h = histogram_new();
	size_t bins = histogram_bins(h);
	double lower, upper, last = 0;

	(void)state;
	assert_int_equal(bins, 36 * 16 + 2);
	for (size_t bin = 0; bin < bins; bin++) {
		histogram_edges(h, bin, &lower, &upper);
		assert_true(lower == last && upper > lower);
		if (bin && bin < bins - 1)
			assert_true((upper - lower) / lower <= 0.0625);
		last = upper;
	}
	assert_true(isinf(last));
	histogram_edges(h, 1, &lower, &upper);
	assert_true(lower == 1 && upper == 1.0625);
	histogram_edges(h, bins - 1, &lower, &upper);
	assert_true(lower == 68719476736.0);
	histogram_edges(h, bins, &lower, &upper);
	assert_true(isnan(lower) && isnan(upper));
	histogram_free(h);
}

static void histogram_loses_nothing(void **state)
{
	static const double hard[] = { -1, 0, 0.5, 1, 68719476735.0, 68719476736.0, 1e300, INFINITY, -INFINITY };
	struct histogram *h = histogram_new();
	double lower, upper;

	(void)state;
	for (size_t i = 0; i < sizeof(hard) / sizeof(hard[0]); i++)
		histogram_add(h, hard[i]);
	histogram_add(h, NAN);
	assert_true(histogram_total(h) == 9);
	assert_true(histogram_count(h, 0) == 4);
	assert_true(histogram_count(h, 1) == 1);
	assert_true(histogram_count(h, 576) == 1);
	assert_true(histogram_count(h, 577) == 3);
	assert_true(isnan(histogram_count(h, 578)));
	/* each edge belongs to the bin above it */
	for (size_t bin = 1; bin < 577; bin++) {
		double before = histogram_count(h, bin);

		histogram_edges(h, bin, &lower, &upper);
		histogram_add(h, lower);
		histogram_add(h, nextafter(upper, 0));
		assert_true(histogram_count(h, bin) == before + 2);
	}
	histogram_free(h);
}

static void histogram_bins_come_back(void **state)
{
	struct histogram *h = histogram_new();

	(void)state;
	assert_int_equal(histogram_add_bin(h, 100, 41), 0);
	assert_int_equal(histogram_add_bin(h, 100, 1), 0);
	assert_true(histogram_count(h, 100) == 42);
	assert_int_equal(histogram_add_bin(h, 578, 1), -ERANGE);
	assert_int_equal(histogram_add_bin(h, SIZE_MAX, 1), -ERANGE);
	assert_int_equal(histogram_add_bin(h, 0, -1), -EINVAL);
	assert_int_equal(histogram_add_bin(h, 0, NAN), -EINVAL);
	/* The counts of a bin of two entries. */
	assert_int_equal(histogram_add_bin(h, 100, 0x1p53), -EINVAL);
	assert_true(histogram_total(h) == 42);
	histogram_free(h);
}

static void histogram_quantiles(void **state)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	struct histogram *h = histogram_new();
	double x[20000];

	(void)state;
	assert_true(isnan(histogram_quantile(h, 0.5)));
	gsl_rng_set(rng, SEED);
	for (size_t i = 0; i < 20000; i++) {
		x[i] = gsl_ran_lognormal(rng, 7, 0.5);
		histogram_add(h, x[i]);
	}
	gsl_sort(x, 1, 20000);
	/* half a bin off at the most, next to GSL's quantile of the values themselves */
	for (int i = 1; i <= 99; i++) {
		double exact = gsl_stats_quantile_from_sorted_data(x, 1, 20000, i / 100.0);

		assert_close(histogram_quantile(h, i / 100.0) / exact, 1, 0.035);
	}
	assert_false(isnan(histogram_quantile(h, 0.999)));
	assert_true(isnan(histogram_quantile(h, 0.9999)));
	histogram_free(h);
	gsl_rng_free(rng);
}

/* 10 events must lie beyond a quantile, and exactly 10 are enough whatever 1 - 0.9 is in binary. */
static void histogram_quantile_needs_ten(void **state)
{
	struct histogram *h = histogram_new();

	(void)state;
	histogram_add_bin(h, 50, 99);
	assert_true(isnan(histogram_quantile(h, 0.9)));
	assert_false(isnan(histogram_quantile(h, 0.5)));
	histogram_add_bin(h, 50, 1);
	assert_false(isnan(histogram_quantile(h, 0.9)));
	histogram_add_bin(h, 577, 100);
	assert_true(isinf(histogram_quantile(h, 0.9)));
	histogram_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_memory_is_an_error),
		cmocka_unit_test(quantile_of_nothing),
		cmocka_unit_test(quantile_is_gsl_type_7),
		cmocka_unit_test(median_interval_is_published),
		cmocka_unit_test(tail_quantile_without_bound),
		cmocka_unit_test(quantile_of_ties_and_one),
		cmocka_unit_test(signed_rank_is_published),
		cmocka_unit_test(signed_rank_is_brute_force),
		cmocka_unit_test(signed_rank_of_many),
		cmocka_unit_test(signed_rank_of_ten_thousand),
		cmocka_unit_test(signed_rank_refuses),
		cmocka_unit_test(family_level),
		cmocka_unit_test(quantile_covers),
		cmocka_unit_test(ratio_covers),
		cmocka_unit_test(series_cover),
		cmocka_unit_test(series_that_changes_slowly),
		cmocka_unit_test(series_without_dependence),
		cmocka_unit_test(series_of_a_trend),
		cmocka_unit_test(half_width),
		cmocka_unit_test(same_verdict),
		cmocka_unit_test(verdicts),
		cmocka_unit_test(histogram_edges_meet),
		cmocka_unit_test(histogram_loses_nothing),
		cmocka_unit_test(histogram_bins_come_back),
		cmocka_unit_test(histogram_quantiles),
		cmocka_unit_test(histogram_quantile_needs_ten),
	};

	return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
