// SPDX-License-Identifier: GPL-2.0-or-later
/* What a case declares becomes columns of the record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/run/samples.h"

static struct record *described(bool emulated)
{
	static const struct bench bench = { .name = "example",
					    .operation = "page",
					    .extra = { "mapped_bytes", "longest_ns" } };
	struct config config = { .bench = &bench, .name = "example" };
	struct plan plan = { .config = &config, .count = 1 };
	struct record *record = record_new();

	for (enum param i = 0; i < NR_PARAMS; i++)
		config.params.value[i] = param_default(i);
	assert_int_equal(samples_describe(record, &plan, emulated), 0);
	return record;
}

static void extra_columns_are_declared(void **state)
{
	struct record *record = described(false);
	size_t extra = 0;

	(void)state;
	assert_non_null(config_column(&record->config[0], "mapped_bytes"));
	assert_non_null(config_column(&record->config[0], "longest_ns"));
	for (size_t i = 0; i < record->config[0].nr_columns; i++)
		extra += record_is_extra(record->config[0].column[i].name);
	assert_int_equal(extra, 2);
	record_free(record);
}

static void an_emulated_machine_has_no_extra_times(void **state)
{
	struct record *record = described(true);

	(void)state;
	assert_non_null(config_column(&record->config[0], "mapped_bytes"));
	assert_null(config_column(&record->config[0], "longest_ns"));
	record_free(record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(extra_columns_are_declared),
		cmocka_unit_test(an_emulated_machine_has_no_extra_times),
	};

	return cmocka_run_group_tests_name("samples", tests, NULL, NULL);
}
