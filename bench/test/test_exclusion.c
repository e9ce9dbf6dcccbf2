// SPDX-License-Identifier: GPL-2.0-or-later
/* What a sample says against itself: disturbances, and faults that it must not have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/record/record.h"
#include "bench/run/exclusion.h"

static void evidence_becomes_bits(void **state)
{
	struct sample clean = { .faults_minor = 64, .operations = 64 }, preempted = { .switches = 1 };
	struct sample moved = { .migrations = 2 }, both = { .switches = 3, .migrations = 1 };

	(void)state;
	assert_int_equal(sample_disturbed(&clean), 0);
	assert_int_equal(sample_disturbed(&preempted), DISTURBED_SWITCH);
	assert_int_equal(sample_disturbed(&moved), DISTURBED_MIGRATION);
	assert_int_equal(sample_disturbed(&both), DISTURBED_SWITCH | DISTURBED_MIGRATION);
	both = (struct sample){ .switches = 1, .sleeps = 1 };
	assert_int_equal(sample_disturbed(&both), DISTURBED_SWITCH | DISTURBED_SLEEP);
	both = (struct sample){ .readers = 1 };
	assert_int_equal(sample_disturbed(&both), DISTURBED_READER);
	clean.steal_ticks = 1;
	assert_int_equal(sample_disturbed(&clean), DISTURBED_STEAL);
	clean.steal_ticks = NAN;
	assert_int_equal(sample_disturbed(&clean), 0);
}

static void faults_must_be_those_of_the_reference_pass(void **state)
{
	struct sample sample = { .faults_minor = 64 };

	(void)state;
	assert_false(sample_faults_wrong(&sample, 64));
	assert_true(sample_faults_wrong(&sample, 63));
	assert_true(sample_faults_wrong(&sample, 65));
	/* A page that had to be read from storage is a fault too. */
	sample.faults_major = 1;
	assert_true(sample_faults_wrong(&sample, 64));
	assert_false(sample_faults_wrong(&sample, 65));
}

/* Where others take part in the faults, the case gives a range, and the reference pass says nothing. */
static void faults_of_a_range_must_lie_in_it(void **state)
{
	struct sample sample = { .faults_least = 10, .faults_most = 20 };

	(void)state;
	for (int64_t faults = 0; faults < 30; faults++) {
		sample.faults_minor = faults;
		assert_int_equal(sample_faults_wrong(&sample, 0), faults < 10 || faults > 20);
	}
}

static void what_is_invalid_or_disturbed_is_excluded(void **state)
{
	struct config_result config = { .faults_expected = 64 };
	struct sample clean = { .faults_minor = 64 }, invalid = { .faults_minor = 63 };
	struct sample disturbed = { .faults_minor = 64, .switches = 1 };

	(void)state;
	assert_false(sample_excluded(&clean, &config));
	assert_true(sample_excluded(&invalid, &config));
	assert_true(sample_excluded(&disturbed, &config));
	config.keeps_disturbed = true;
	assert_true(sample_excluded(&invalid, &config));
	assert_false(sample_excluded(&disturbed, &config));
	config.faults_expected = -1; /* not known */
	assert_false(sample_excluded(&invalid, &config));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(evidence_becomes_bits),
		cmocka_unit_test(faults_must_be_those_of_the_reference_pass),
		cmocka_unit_test(faults_of_a_range_must_lie_in_it),
		cmocka_unit_test(what_is_invalid_or_disturbed_is_excluded),
	};

	return cmocka_run_group_tests_name("exclusion", tests, NULL, NULL);
}
