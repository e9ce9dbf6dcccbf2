// SPDX-License-Identifier: GPL-2.0-or-later
/* What a sample says against itself: disturbances, and faults that it must not have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(evidence_becomes_bits),
		cmocka_unit_test(faults_must_be_those_of_the_reference_pass),
		cmocka_unit_test(faults_of_a_range_must_lie_in_it),
	};

	return cmocka_run_group_tests_name("exclusion", tests, NULL, NULL);
}
