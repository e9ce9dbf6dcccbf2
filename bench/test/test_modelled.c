// SPDX-License-Identifier: GPL-2.0-or-later
/* The counts of QEMU's plugin, as they get into a record. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench/record/record.h"

#define HEAD "zapbench-counts 1\nmodel cortex-a72 version 1 prefetch off\nstrays 0\n"

static char path[] = "/tmp/zapbench-counts-XXXXXX";
static struct record *record;

static char *copy(const char *text)
{
	char *copied = strdup(text);

	assert_non_null(copied);
	return copied;
}

/* Two configurations of 4 operations in 2 regions; of the first l1d-refill could not be counted, cycles were. */
static int make(void **state)
{
	struct counter *counter = calloc(2, sizeof(*counter));
	int fd = mkstemp(path);

	(void)state;
	record = record_new();
	if (fd < 0 || close(fd) || !record || !counter)
		return -1;
	for (int i = 0; i < 2; i++) {
		struct config_result *config = record_add_config(record);

		config->operations = 4;
		config->repetitions = 2;
	}
	counter[0] = (struct counter){ .event = copy("l1d-refill"), .unit = copy("events"), .why_not = copy("none") };
	counter[0].per_operation = NAN;
	counter[1] = (struct counter){ .event = copy("cycles"), .unit = copy("events"), .pmu = copy("armv8") };
	counter[1].counted = true;
	counter[1].per_operation = 7;
	record->config[0].counter = counter;
	record->config[0].nr_counters = 2;
	return 0;
}

static int drop(void **state)
{
	(void)state;
	record_free(record);
	unlink(path);
	strcpy(path + strlen(path) - 6, "XXXXXX");
	return 0;
}

static int add(const char *text, struct why *why)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	*why = (struct why){ "", "" };
	return record_add_modelled(record, path, why);
}

static const struct counter *counter_of(size_t config, const char *event)
{
	for (size_t i = 0; i < record->config[config].nr_counters; i++) {
		if (!strcmp(record->config[config].counter[i].event, event))
			return &record->config[config].counter[i];
	}
	return NULL;
}

static void counts_are_per_operation_and_marked(void **state)
{
	const struct counter *counter;
	struct why why;

	(void)state;
	assert_int_equal(add(HEAD "configuration regions l1d-refill dsb\n0 2 8 4\n1 2 2 0\nend\n", &why), 0);
	counter = counter_of(0, "l1d-refill");
	assert_true(counter->counted && !counter->why_not);
	assert_float_equal(counter->per_operation, 2, 0);
	assert_float_equal(counter->lower, 2, 0);
	assert_string_equal(counter->model, "cortex-a72 version 1 prefetch off");
	assert_string_equal(counter->pmu, "model");
	assert_int_equal(record->config[0].nr_counters, 3);
	assert_float_equal(counter_of(0, "dsb")->per_operation, 1, 0);
	assert_float_equal(counter_of(1, "l1d-refill")->per_operation, 0.5, 0);
	assert_float_equal(counter_of(1, "dsb")->per_operation, 0, 0);
}

static void what_was_counted_stays(void **state)
{
	struct why why;

	(void)state;
	assert_int_equal(add(HEAD "configuration regions cycles\n0 2 8\nend\n", &why), 0);
	assert_float_equal(counter_of(0, "cycles")->per_operation, 7, 0);
	assert_null(counter_of(0, "cycles")->model);
	assert_int_equal(record->config[1].nr_counters, 0);
}

static void an_event_that_never_happened_is_left_out(void **state)
{
	struct why why;

	(void)state;
	assert_int_equal(add(HEAD "configuration regions dsb l3d-refill\n0 2 8 0\n1 2 1 0\nend\n", &why), 0);
	assert_null(counter_of(0, "l3d-refill"));
	assert_null(counter_of(1, "l3d-refill"));
}

/* Without a PMU the plugin's instructions are the row's figure; what a round counted stays. */
static void instructions_fill_what_was_not_counted(void **state)
{
	struct why why;

	(void)state;
	record->emulated = true;
	for (int i = 0; i < 2; i++) {
		record->config[i].value_column = copy("instructions");
		assert_int_equal(config_declare_column(&record->config[i], "instructions", true), 0);
	}
	assert_int_equal(record_add_round(record), 0);
	config_column(&record->config[0], "instructions")->value[0] = NAN;
	config_column(&record->config[1], "instructions")->value[0] = 99;
	assert_int_equal(add(HEAD "configuration regions instructions-user instructions-kernel dsb\n0 2 8 30 5\n"
				  "1 2 7 7 7\nend\n",
			     &why),
			 0);
	/* assert_float_equal() takes NAN for equal. */
	assert_true(config_column(&record->config[0], "instructions")->value[0] == 38);
	assert_true(config_column(&record->config[1], "instructions")->value[0] == 99);
}

static void other_files_are_refused(void **state)
{
	static const struct {
		const char *text, *says;
	} wrong[] = {
		{ "", "not the counts" },
		{ "zapbench-counts 2\n", "not the counts" },
		{ HEAD, "not the counts" },
		{ "zapbench-counts 1\nmodel cortex-a72\nstrays 1\nconfiguration regions dsb\nend\n", "not the counts" },
		{ HEAD "configuration regions dsb\n0 2 8\n", "cut off" },
		{ HEAD "configuration regions dsb\n0 2 8\n1 2 8", "cut off" },
		{ HEAD "configuration regions dsb\n2 2 8\nend\n", "line 5" },
		{ HEAD "configuration regions dsb\n0 2 8\n0 2 8\nend\n", "line 6" },
		{ HEAD "configuration regions dsb\n0 1 8\nend\n", "line 5" },
		{ HEAD "configuration regions dsb\n0 2 8 9\nend\n", "line 5" },
		{ HEAD "configuration regions dsb\n0 2\nend\n", "line 5" },
		{ HEAD "configuration regions dsb\n0 2 x\nend\n", "line 5" },
	};
	struct why why;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(add(wrong[i].text, &why), -EINVAL);
		assert_non_null(strstr(why.reason, wrong[i].says));
	}
	unlink(path);
	assert_int_equal(record_add_modelled(record, path, &why), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(counts_are_per_operation_and_marked, make, drop),
		cmocka_unit_test_setup_teardown(what_was_counted_stays, make, drop),
		cmocka_unit_test_setup_teardown(an_event_that_never_happened_is_left_out, make, drop),
		cmocka_unit_test_setup_teardown(instructions_fill_what_was_not_counted, make, drop),
		cmocka_unit_test_setup_teardown(other_files_are_refused, make, drop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
