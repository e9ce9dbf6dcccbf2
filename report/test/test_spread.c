// SPDX-License-Identifier: GPL-2.0-or-later
/* What the spread of a row is due to: planted parts are found with their size, and none is found where there is none.
 */
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
#include <gsl/gsl_sort.h>

#include "report/analysis/spread.h"

enum { VALUES = 120, GROUPS = 4 };

static gsl_rng *rng;

static int open_rng(void **state)
{
	(void)state;
	rng = gsl_rng_alloc(gsl_rng_mt19937);
	return rng ? 0 : -1;
}

static int close_rng(void **state)
{
	(void)state;
	gsl_rng_free(rng);
	return 0;
}

static int reseed(void **state)
{
	(void)state;
	gsl_rng_set(rng, 13);
	return 0;
}

/* 1000, spread by @sd of it. One in 50 is far out, as samples on a busy machine are. */
static double value(double sd)
{
	return 1000 * exp(gsl_ran_gaussian(rng, sd)) *
	       (gsl_rng_uniform_int(rng, 50) ? 1 : 1 + 3 * gsl_rng_uniform(rng));
}

/* Even values and two atoms have the least and the most that there is; the last was found by trying every mode. */
static void dips_are_exact(void **state)
{
	double even[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 }, atoms[] = { 0, 0, 1, 1 };
	double parted[] = { 0, 1, 2, 3, 4, 100, 101, 102, 103, 104 };
	double uneven[] = { 0, 1, 2, 2.5, 3, 3.5, 7, 7.2, 7.4, 7.6, 8 };

	(void)state;
	assert_true(fabs(dip_of_sorted(even, 10) - 0.05) < 1e-9);
	assert_true(fabs(dip_of_sorted(atoms, 4) - 0.25) < 1e-9);
	assert_true(fabs(dip_of_sorted(parted, 10) - 0.24) < 1e-6);
	assert_true(fabs(dip_of_sorted(uneven, 11) - 0.136364) < 1e-6);
}

static void two_humps_are_found_where_they_are(void **state)
{
	double x[VALUES];
	struct humps humps;

	(void)state;
	for (size_t i = 0; i < VALUES; i++)
		x[i] = (i % 3 ? 1035 : 1330) + gsl_ran_gaussian(rng, 25);
	assert_int_equal(humps_find(x, VALUES, &humps), 1);
	assert_true(fabs(humps.low - 1035) < 10);
	assert_true(fabs(humps.high - 1330) < 15);
	assert_int_equal(humps.nr_low, 80);
	assert_int_equal(humps.nr_high, 40);
}

/* A sample of a busy machine is no group: the values gather elsewhere. */
static void one_value_far_out_is_no_hump(void **state)
{
	double x[VALUES];
	struct humps humps;

	(void)state;
	for (size_t i = 0; i < VALUES; i++)
		x[i] = (i % 3 ? 1035 : 1330) + gsl_ran_gaussian(rng, 25);
	x[VALUES - 1] = 110000;
	assert_int_equal(humps_find(x, VALUES, &humps), 1);
	assert_true(fabs(humps.low - 1035) < 10);
	assert_true(fabs(humps.high - 1330) < 15);
	assert_in_range(humps.nr_low, 79, 80);
	assert_int_equal(humps.nr_low + humps.nr_high, VALUES);
}

static void too_few_and_equal_values_are_not_judged(void **state)
{
	double x[VALUES];
	struct humps humps;

	(void)state;
	for (size_t i = 0; i < VALUES; i++)
		x[i] = i % 2 ? 41.7 : 83.3; /* what a clock of 24 MHz makes of one event */
	assert_int_equal(humps_find(x, HUMPS_VALUES_MIN - 1, &humps), 0);
	assert_int_equal(humps_find(x, VALUES, &humps), 0);
}

/* At most 1 of 1000 of the shapes with one mode; uniform values are the hardest of them. */
static void one_hump_is_seldom_taken_for_two(void **state)
{
	static const size_t counts[] = { 20, 80, 300 };
	int tests = 0, found = 0;
	double x[300];
	struct humps humps;

	(void)state;
	for (int run = 0; run < 4500; run++) {
		size_t n = counts[run % 3];

		for (size_t i = 0; i < n; i++)
			x[i] = run % 9 < 3   ? gsl_rng_uniform(rng)
			       : run % 9 < 6 ? value(0.05)
					     : gsl_ran_lognormal(rng, 7, 0.4);
		tests++;
		found += humps_find(x, n, &humps) != 0;
	}
	assert_in_range(found, 0, tests / 1000 + 4);
}

/* A standard deviation of 10 % over groups, estimated from 30 sets of 4 groups: their mean square is near it. */
static void a_part_has_its_size(void **state)
{
	double x[VALUES], squares = 0;
	int64_t group[VALUES];
	int found = 0;

	(void)state;
	for (int run = 0; run < 60; run++) {
		double of[GROUPS];

		for (size_t g = 0; g < GROUPS; g++)
			of[g] = exp(gsl_ran_gaussian(rng, 0.1));
		for (size_t i = 0; i < VALUES; i++) {
			group[i] = (int64_t)(gsl_rng_uniform_int(rng, GROUPS) * 100);
			x[i] = value(0.03) * of[group[i] / 100];
		}
		double percent = spread_component(x, group, VALUES, 0.001);

		found += percent > 0;
		squares += pow(log1p(percent / 100), 2);
	}
	assert_true(found >= 54);
	assert_true(sqrt(squares / 60) > 0.075 && sqrt(squares / 60) < 0.125);
}

static void a_part_that_is_not_there_is_seldom_found(void **state)
{
	double x[VALUES];
	int64_t group[VALUES];
	int found = 0;

	(void)state;
	for (int run = 0; run < 4000; run++) {
		for (size_t i = 0; i < VALUES; i++) {
			group[i] = (int64_t)gsl_rng_uniform_int(rng, GROUPS);
			x[i] = value(0.03);
		}
		found += spread_component(x, group, VALUES, 0.01) > 0;
	}
	assert_in_range(found, 0, 60); /* 40 +- 6 are expected */
}

static void one_outlier_makes_no_part(void **state)
{
	double x[VALUES];
	int64_t group[VALUES];

	(void)state;
	for (size_t i = 0; i < VALUES; i++) {
		group[i] = (int64_t)(i % 30);
		x[i] = 1000 + (double)(i * 7 % 11);
	}
	x[5] = 1e7;
	assert_true(spread_component(x, group, VALUES, 0.001) == 0);
}

static void without_groups_there_is_no_part(void **state)
{
	double x[] = { 1, 2, 3, 4 };
	int64_t same[4] = { 0 }, own[] = { 1, 2, 3, 4 };

	(void)state;
	assert_true(spread_component(x, same, 4, 0.05) == 0);
	assert_true(spread_component(x, own, 4, 0.05) == 0);
}

static void add_config(struct record *record, const char *name)
{
	struct config_result *config = record_add_config(record);

	assert_non_null(config);
	config->name = strdup(name);
	config->case_name = strdup("refault");
	config->source = strdup("memfd");
	config->policy = strdup("eager");
	config->granularity = strdup("page");
	config->value_column = strdup("time_ns");
	config->operations = 1;
	config->faults_expected = -1;
	assert_int_equal(config_declare_column(config, "time_ns", false), 0);
	assert_int_equal(config_declare_column(config, RECORD_COLUMN_DISTURBED, true), 0);
	assert_int_equal(config_declare_column(config, RECORD_COLUMN_POSITION, true), 0);
}

/* Three configurations. The first costs a fifth more right after the third. The second depends on the kind of loop. */
static struct record *planted(void)
{
	struct record *record = record_new();

	assert_non_null(record);
	assert_int_equal(record_declare_round_column(record, RECORD_COLUMN_VARIANT, true), 0);
	add_config(record, "a");
	add_config(record, "b");
	add_config(record, "c");
	for (size_t round = 0; round < VALUES; round++) {
		int64_t variant = (int64_t)gsl_rng_uniform_int(rng, GROUPS);
		unsigned int order[3] = { 0, 1, 2 };

		gsl_ran_shuffle(rng, order, 3, sizeof(order[0]));
		assert_int_equal(record_add_round(record), 0);
		record->round_column[0].value[round] = (double)variant;
		for (size_t i = 0; i < 3; i++) {
			struct config_result *config = &record->config[order[i]];
			double ns = value(0.02);

			if (order[i] == 0 && i && order[i - 1] == 2)
				ns *= 1.2;
			if (order[i] == 1)
				ns *= 1 + 0.1 * (double)variant;
			config->column[0].value[round] = ns;
			config->column[1].value[round] = 0;
			config->column[2].value[round] = (double)i;
		}
	}
	assert_int_equal(record_summarise(record), 0);
	return record;
}

static void predecessors_and_loops_are_told_apart(void **state)
{
	struct record *record = planted();
	struct spread spread;

	(void)state;
	assert_int_equal(spread_find(record, 0, &spread), 0);
	assert_int_equal(spread.nr_parts, 1);
	assert_int_equal(spread.part[0].factor, SPREAD_PREDECESSOR);
	assert_int_equal(spread.part[0].most_group, 2);
	assert_true(fabs(spread.part[0].most / 1200 - 1) < 0.02);
	assert_int_equal(spread_find(record, 1, &spread), 0);
	assert_int_equal(spread.nr_parts, 1);
	assert_int_equal(spread.part[0].factor, SPREAD_VARIANT);
	assert_int_equal(spread.part[0].least_group, 0);
	assert_int_equal(spread.part[0].most_group, GROUPS - 1);
	assert_int_equal(spread_find(record, 2, &spread), 0);
	assert_int_equal(spread.nr_parts, 0);
	assert_false(spread.two);
	record_free(record);
}

/* A machine that becomes slower: the interval is as wide as that makes the parts of the run differ. */
static void a_slow_change_is_told(void **state)
{
	struct record *record = planted();
	struct column *column = &record->config[2].column[0];
	struct spread spread;

	(void)state;
	for (size_t round = 0; round < VALUES; round++)
		column->value[round] *= 1 + 0.1 * (double)round / VALUES;
	assert_int_equal(record_summarise(record), 0);
	assert_int_equal(spread_find(record, 2, &spread), 0);
	assert_int_equal(spread.nr_parts, 1);
	assert_int_equal(spread.part[0].factor, SPREAD_TIME);
	assert_int_equal(spread.part[0].least_group, 0);
	assert_int_equal(spread.part[0].most_group, SERIES_PARTS - 1);
	/* The interval holds what another such part would be: the first and the last part, too. */
	assert_true(record->config[2].summary.slow);
	assert_true(record->config[2].summary.value.lower < spread.part[0].least);
	assert_true(record->config[2].summary.value.upper > spread.part[0].most);
	assert_int_equal(spread.doubt, DOUBT_WIDE);
	/* What is drawn for each round is in the interval: no doubt. */
	assert_int_equal(spread_find(record, 1, &spread), 0);
	assert_false(record->config[1].summary.slow);
	assert_int_equal(spread.doubt, DOUBT_NONE);
	record->config[2].summary.value.n = HUMPS_VALUES_MIN - 1;
	assert_int_equal(spread_find(record, 2, &spread), 0);
	assert_int_equal(spread.doubt, DOUBT_FEW);
	record_free(record);
}

/* What is left out of the figure is left out here. Records before 1.3 do not say what was drawn. */
static void disturbed_samples_and_older_records_say_nothing(void **state)
{
	struct record *record = planted();
	struct spread spread;

	(void)state;
	for (size_t round = 0; round < VALUES; round++)
		record->config[1].column[1].value[round] = round >= HUMPS_VALUES_MIN - 1;
	assert_int_equal(record_summarise(record), 0);
	assert_int_equal(spread_find(record, 1, &spread), 0);
	assert_int_equal(spread.nr_parts, 0);
	record->round_column[0].name[0] = 'X';
	for (size_t round = 0; round < VALUES; round++)
		record->config[1].column[1].value[round] = 0;
	assert_int_equal(record_summarise(record), 0);
	assert_int_equal(spread_find(record, 1, &spread), 0);
	assert_int_equal(spread.nr_parts, 0);
	record_free(record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(dips_are_exact, reseed),
		cmocka_unit_test_setup(two_humps_are_found_where_they_are, reseed),
		cmocka_unit_test_setup(one_value_far_out_is_no_hump, reseed),
		cmocka_unit_test_setup(too_few_and_equal_values_are_not_judged, reseed),
		cmocka_unit_test_setup(one_hump_is_seldom_taken_for_two, reseed),
		cmocka_unit_test_setup(a_part_has_its_size, reseed),
		cmocka_unit_test_setup(a_part_that_is_not_there_is_seldom_found, reseed),
		cmocka_unit_test_setup(one_outlier_makes_no_part, reseed),
		cmocka_unit_test_setup(without_groups_there_is_no_part, reseed),
		cmocka_unit_test_setup(predecessors_and_loops_are_told_apart, reseed),
		cmocka_unit_test_setup(a_slow_change_is_told, reseed),
		cmocka_unit_test_setup(disturbed_samples_and_older_records_say_nothing, reseed),
	};

	return cmocka_run_group_tests_name("spread", tests, open_rng, close_rng);
}
