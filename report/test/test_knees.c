// SPDX-License-Identifier: GPL-2.0-or-later
/* Knees that were planted are found, within their intervals; where none was planted none is found. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>

#include "report/analysis/knees.h"

enum { CURVES = 60 };

struct planted {
	double base, rise[2], entries[2];
};

/* A TLB of E entries that replaces at random: of P pages a share 1 - E/P misses. */
static double gradual(const struct planted *planted, double pages)
{
	double value = planted->base;

	for (size_t i = 0; i < 2; i++)
		value += planted->rise[i] * fmax(0, 1 - planted->entries[i] / pages);
	return value;
}

/* One that replaces the oldest, gone through in a circle: all hit, or all miss. */
static double sudden(const struct planted *planted, double pages)
{
	double value = planted->base;

	for (size_t i = 0; i < 2; i++)
		value += pages > planted->entries[i] ? planted->rise[i] : 0;
	return value;
}

/* @per_octave points an octave from 16 pages on, with noise of @noise times the value. */
static size_t draw(double (*shape)(const struct planted *, double), const struct planted *planted, int octaves,
		   int per_octave, double noise, gsl_rng *rng, struct curve_point *point)
{
	size_t count = (size_t)octaves * (size_t)per_octave + 1;

	for (size_t i = 0; i < count; i++) {
		double pages = 16 * exp2((double)i / per_octave), value = shape(planted, pages);

		point[i] = (struct curve_point){ .x = pages,
						 .value = value + gsl_ran_gaussian(rng, noise * value),
						 .error = noise * value };
	}
	return count;
}

/* In how many of CURVES curves is there a knee whose interval holds the entries of the first and of the second TLB? */
static void find(double (*shape)(const struct planted *, double), const struct planted *planted, double noise,
		 int hits[2], size_t *knees_in_all)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);

	assert_non_null(rng);
	hits[0] = hits[1] = 0;
	*knees_in_all = 0;
	for (int i = 0; i < CURVES; i++) {
		struct curve_point point[CURVE_POINTS_MAX];
		size_t count = draw(shape, planted, 10, 2, noise, rng, point);
		struct knees knees;
		bool hit[2] = { false, false };

		assert_int_equal(knees_find(point, count, &knees), 0);
		for (size_t j = 0; j < knees.count; j++) {
			const struct knee *knee = &knees.knee[j];

			assert_true(knee->lower < knee->reach && knee->reach < knee->upper);
			assert_true(knee->after > knee->before);
			for (int k = 0; k < 2; k++)
				hit[k] = hit[k] ||
					 (knee->lower <= planted->entries[k] && planted->entries[k] <= knee->upper);
		}
		for (int k = 0; k < 2; k++)
			hits[k] += hit[k];
		*knees_in_all += knees.count;
	}
	gsl_rng_free(rng);
}

static void planted_knees_are_found(void **state)
{
	const struct planted planted = { 4, { 3, 12 }, { 64, 2048 } };
	size_t knees;
	int hits[2];

	(void)state;
	find(gradual, &planted, 0.01, hits, &knees);
	assert_in_range(hits[0], CURVES * 9 / 10, CURVES);
	assert_in_range(hits[1], CURVES * 9 / 10, CURVES);
	assert_in_range(knees, 2 * CURVES * 9 / 10, 2 * CURVES * 11 / 10);
	find(sudden, &planted, 0.01, hits, &knees);
	assert_in_range(hits[0], CURVES * 9 / 10, CURVES);
	assert_in_range(hits[1], CURVES * 9 / 10, CURVES);
	assert_in_range(knees, 2 * CURVES * 9 / 10, 2 * CURVES * 11 / 10);
}

static void one_knee_is_one(void **state)
{
	const struct planted planted = { 4, { 0, 8 }, { 64, 1024 } };
	size_t knees;
	int hits[2];

	(void)state;
	find(gradual, &planted, 0.02, hits, &knees);
	assert_in_range(hits[1], CURVES * 9 / 10, CURVES);
	assert_in_range(knees, CURVES, CURVES * 11 / 10);
}

static double flat(const struct planted *planted, double pages)
{
	(void)pages;
	return planted->base;
}

/* Grows with the logarithm of the reach all along: slower, and no knee. */
static double slope(const struct planted *planted, double pages)
{
	return planted->base + planted->rise[0] * log2(pages);
}

static const char *why_none(double (*shape)(const struct planted *, double), const struct planted *planted)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	struct curve_point point[CURVE_POINTS_MAX];
	struct knees knees;

	assert_non_null(rng);
	assert_int_equal(knees_find(point, draw(shape, planted, 10, 2, 0.005, rng, point), &knees), 0);
	assert_int_equal(knees.count, 0);
	gsl_rng_free(rng);
	return knees.why_none;
}

static void no_knee_is_no_knee(void **state)
{
	const struct planted planted = { 4, { 0.3, 0 }, { 1, 1 } };
	size_t knees;
	int hits[2];

	(void)state;
	find(flat, &planted, 0.02, hits, &knees);
	assert_in_range(knees, 0, CURVES / 20);
	find(slope, &planted, 0.01, hits, &knees);
	assert_in_range(knees, 0, CURVES / 20);
	/* and the two are told apart */
	assert_non_null(strstr(why_none(flat, &planted), "CPU hides TLB misses"));
	assert_non_null(strstr(why_none(slope, &planted), "rises everywhere"));
	/* a rise that is smaller than what counts */
	find(gradual, &(struct planted){ 4, { 0.2, 0 }, { 64, 1 } }, 0.002, hits, &knees);
	assert_in_range(knees, 0, CURVES / 20);
}

static void points_without_errors(void **state)
{
	const struct planted planted = { 4, { 0, 8 }, { 64, 1024 } };
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	struct curve_point point[CURVE_POINTS_MAX];
	struct knees knees;
	size_t count;

	(void)state;
	assert_non_null(rng);
	count = draw(gradual, &planted, 10, 2, 0.01, rng, point);
	for (size_t i = 0; i < count; i++)
		point[i].error = NAN;
	assert_int_equal(knees_find(point, count, &knees), 0);
	assert_int_equal(knees.count, 1);
	assert_true(knees.knee[0].lower <= 1024 && knees.knee[0].upper >= 1024);
	/* nor any noise at all */
	count = draw(flat, &planted, 10, 2, 0, rng, point);
	assert_int_equal(knees_find(point, count, &knees), 0);
	assert_int_equal(knees.count, 0);
	gsl_rng_free(rng);
}

static void few_points_say_nothing(void **state)
{
	const struct planted planted = { 4, { 0, 8 }, { 64, 64 } };
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	struct curve_point point[CURVE_POINTS_MAX];
	struct knees knees;

	(void)state;
	assert_non_null(rng);
	assert_int_equal(knees_find(point, draw(sudden, &planted, KNEES_POINTS_MIN - 2, 1, 0.01, rng, point), &knees),
			 0);
	assert_int_equal(knees.count, 0);
	assert_string_equal(knees.why_none, "too few points");
	gsl_rng_free(rng);
}

static void add_point(struct record *record, const char *name, int64_t pages, int64_t chain, double value)
{
	struct config_result *config = record_add_config(record);

	assert_non_null(config);
	config->name = strdup(name);
	config->case_name = strdup("tlb-reach");
	config->source = strdup("memfd");
	config->policy = strdup("eager");
	config->granularity = strdup("page");
	assert_int_equal(facts_add_int(&config->params, NULL, "chain_lines", chain), 0);
	assert_int_equal(facts_add_int(&config->params, NULL, "pages", pages), 0);
	config->summary.value = (struct estimate){ value, value - 1, value + 1, 0.95, 10 };
}

static void curves_of_a_record(void **state)
{
	struct curve_point point[CURVE_POINTS_MAX];
	struct record *record = record_new();
	size_t count;

	(void)state;
	add_point(record, "a", 64, 1024, 2);
	add_point(record, "b", 16, 1024, 1);
	add_point(record, "c", 64, 8192, 9);
	add_point(record, "d", 256, 1024, NAN);
	add_point(record, "e", 128, 1024, 3);
	assert_true(curve_find(record, 0, "pages", point, &count));
	assert_int_equal(count, 3);
	assert_true(point[0].x == 16 && point[1].x == 64 && point[2].x == 128);
	assert_true(point[0].value == 1 && point[2].value == 3);
	assert_true(point[0].index == 1 && point[2].index == 4);
	assert_true(fabs(point[0].error - 1 / 1.96) < 0.01);
	/* it was begun before */
	assert_false(curve_find(record, 1, "pages", point, &count));
	assert_true(curve_find(record, 2, "pages", point, &count));
	assert_int_equal(count, 1);
	assert_false(curve_find(record, 0, "threads", point, &count));
	record_free(record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(planted_knees_are_found), cmocka_unit_test(one_knee_is_one),
		cmocka_unit_test(no_knee_is_no_knee),      cmocka_unit_test(points_without_errors),
		cmocka_unit_test(few_points_say_nothing),  cmocka_unit_test(curves_of_a_record),
	};

	return cmocka_run_group_tests_name("knees", tests, NULL, NULL);
}
