// SPDX-License-Identifier: GPL-2.0-or-later
/* The same accesses timed in several ways must cost the same; where they do not, the row says so. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>

#include "report/analysis/agreement.h"

enum { ROUNDS = 60, PAGES = 64 };

/* One row: @ns per page, @faults of PAGES accesses. */
static void add_config(struct record *record, const char *timing, const char *size, double ns, int64_t faults,
		       gsl_rng *rng)
{
	struct config_result *config = record_add_config(record);

	assert_non_null(config);
	assert_true(asprintf(&config->name, "refault/%s/%s", timing, size) > 0);
	config->case_name = strdup("refault");
	config->source = strdup("memfd");
	config->policy = strdup("eager");
	config->granularity = strdup("page");
	config->value_column = strdup("time_ns");
	config->per_fault = true;
	config->operations = PAGES;
	config->faults_expected = faults;
	assert_int_equal(facts_add_text(&config->params, NULL, "size", size), 0);
	assert_int_equal(facts_add_text(&config->params, NULL, "timing", timing), 0);
	assert_int_equal(config_declare_column(config, "time_ns", false), 0);
	config->column->value = calloc(ROUNDS, sizeof(*config->column->value));
	assert_non_null(config->column->value);
	for (size_t i = 0; i < ROUNDS; i++)
		config->column->value[i] = PAGES * ns * exp(gsl_ran_gaussian(rng, 0.02));
}

/* The figures of the review: 1288 together, 889 one by one, 1150 by hand; and a row that has no partner. */
static struct record *record_of(double batch, double event, double check, int64_t faults, uint64_t seed)
{
	struct record *record = record_new();
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);

	assert_non_null(record);
	assert_non_null(rng);
	gsl_rng_set(rng, (unsigned long)seed);
	record->nr_rounds = ROUNDS;
	record->precision_percent = 1;
	add_config(record, "batch", "256K", batch, faults, rng);
	add_config(record, "event", "256K", event, faults, rng);
	add_config(record, "check", "256K", check, faults, rng);
	add_config(record, "event", "1M", 3 * event, faults, rng);
	assert_int_equal(record_summarise(record), 0);
	gsl_rng_free(rng);
	return record;
}

static void rows_that_differ_say_so(void **state)
{
	struct record *record = record_of(1288, 889, 1150, PAGES, 1);
	struct disagreement found[DISAGREEMENTS_MAX];
	size_t count;

	(void)state;
	assert_int_equal(agreement_find(record, 0, found, &count), 0);
	assert_int_equal(count, 0);
	assert_int_equal(agreement_find(record, 1, found, &count), 0);
	assert_int_equal(count, 1);
	assert_int_equal(found[0].other, 0);
	assert_string_equal(found[0].timing, "batch");
	assert_true(fabs(found[0].ratio.value - 889.0 / 1288) < 0.02);
	assert_int_equal(agreement_find(record, 2, found, &count), 0);
	assert_int_equal(count, 2);
	assert_string_equal(found[1].timing, "event");
	assert_int_equal(agreement_find(record, 3, found, &count), 0);
	assert_int_equal(count, 0);
	record_free(record);
}

static void rows_that_agree_say_nothing(void **state)
{
	int told = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct record *record = record_of(1000, 1000, 1000, PAGES, seed);
		struct disagreement found[DISAGREEMENTS_MAX];
		size_t count;

		for (size_t i = 0; i < 3; i++) {
			assert_int_equal(agreement_find(record, i, found, &count), 0);
			told += count > 0;
		}
		record_free(record);
	}
	assert_in_range(told, 0, 15); /* 5 % of 200 records at the most */
}

/* 0.5 % is less than the run aimed at, however narrow the interval is. */
static void less_than_the_precision_is_not_told(void **state)
{
	struct record *record = record_of(1000, 1000, 1000, PAGES, 2);
	struct disagreement found[DISAGREEMENTS_MAX];
	size_t count;

	(void)state;
	for (size_t i = 0; i < ROUNDS; i++)
		record->config[1].column->value[i] = 1.005 * record->config[0].column->value[i];
	assert_int_equal(agreement_find(record, 1, found, &count), 0);
	assert_int_equal(count, 0);
	record->precision_percent = 0.1;
	assert_int_equal(agreement_find(record, 1, found, &count), 0);
	assert_int_equal(count, 1);
	record_free(record);
}

/* With granularity around, 15 of 16 accesses take no fault: batch times them too, event does not. */
static void accesses_without_faults_are_not_compared(void **state)
{
	struct record *record = record_of(1288, 889, 1150, PAGES / 16, 1);
	struct disagreement found[DISAGREEMENTS_MAX];
	size_t count;

	(void)state;
	assert_int_equal(agreement_find(record, 2, found, &count), 0);
	assert_int_equal(count, 0);
	record_free(record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_that_differ_say_so),
		cmocka_unit_test(rows_that_agree_say_nothing),
		cmocka_unit_test(less_than_the_precision_is_not_told),
		cmocka_unit_test(accesses_without_faults_are_not_compared),
	};

	return cmocka_run_group_tests_name("agreement", tests, NULL, NULL);
}
