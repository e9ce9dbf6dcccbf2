// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Records as they are written and read again. With a path as argument: write the record of everything there, for
 * schema.sh, and test nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <jansson.h>

#include "bench/base/region.h"
#include "bench/record/record.h"
#include "bench/test/fixtures/records.h"

/* ---- round trips ---- */

static void round_trip_of_everything(void **state)
{
	struct record *record = full_record(), *back;
	const struct fact *fact;
	size_t first, second;
	char *a, *b;

	(void)state;
	write_ok(record, "full.json");
	back = read_ok("full.json");
	assert_null(back->unknown);
	assert_int_equal(back->nr_rounds, ROUNDS);
	assert_true(back->seed == UINT64_MAX);
	assert_true(back->duration_s == 75.25 && isnan(back->budget_s) && back->precision_percent == 0.1);
	assert_string_equal(back->command_line, record->command_line);
	assert_int_equal(back->environment.count, record->environment.count);
	assert_int_equal(facts_find(&back->environment, "load", "whole")->value.kind, VALUE_REAL);
	assert_true(facts_find(&back->environment, "cpu", "least")->value.integer == INT64_MIN);
	fact = facts_find(&back->environment, "load", "nan");
	assert_int_equal(fact->value.kind, VALUE_MISSING);
	assert_string_equal(fact->why_missing, "not a finite number");
	assert_string_equal(facts_find(&back->clock, NULL, "ticks_per_second")->why_missing, "not told");
	assert_int_equal(back->nr_configs, 3);
	assert_same_columns(record->round_column, back->round_column, 2, ROUNDS);
	for (size_t i = 0; i < 3; i++)
		assert_same_configs(&record->config[i], &back->config[i], ROUNDS);
	assert_null(back->config[0].counter[1].pmu);
	assert_true(isnan(back->config[0].counter[1].per_operation));
	/* whatever was not looked at above */
	write_ok(back, "again.json");
	a = load("full.json", &first);
	b = load("again.json", &second);
	assert_int_equal(first, second);
	assert_memory_equal(a, b, first);
	assert_null(strstr(a, "NaN"));
	assert_null(strstr(a, "nan,"));
	free(a);
	free(b);
	record_free(record);
	record_free(back);
}

static void empty_record_round_trip(void **state)
{
	struct record *record = record_new(), *back;

	(void)state;
	write_ok(record, "empty.json");
	back = read_ok("empty.json");
	assert_int_equal(back->nr_configs, 0);
	assert_string_equal(back->tool_git, "");
	record_free(record);
	record_free(back);
	record_free(NULL);
}

/* A record that was read can be added to. */
static void read_record_grows(void **state)
{
	struct record *record = full_record(), *back;

	(void)state;
	write_ok(record, "full.json");
	back = read_ok("full.json");
	for (int i = 0; i < 200; i++)
		add_round(back, 1000);
	assert_int_equal(back->nr_rounds, ROUNDS + 200);
	assert_same_columns(record->config[0].column, back->config[0].column, 3, ROUNDS);
	assert_int_equal(record_add_label(back, "more", "labels"), 0);
	assert_int_equal(record_add_warning(back, "code", "text", NULL), 0);
	assert_non_null(record_add_config(back));
	record_free(record);
	record_free(back);
}

static void numbers_that_json_has_not(void **state)
{
	struct record *record = small_record(), *back;
	double *time;

	(void)state;
	time = config_column(&record->config[0], "time_ns")->value;
	time[0] = INFINITY;
	time[1] = -INFINITY;
	/* an integer column says what it is not */
	config_column(&record->config[1], "faults_minor")->value[0] = 1e300;
	config_column(&record->config[1], "faults_minor")->value[1] = 0.5;
	record->duration_s = NAN;
	write_ok(record, "small.json");
	back = read_ok("small.json");
	assert_true(isnan(config_column(&back->config[0], "time_ns")->value[0]));
	assert_true(isnan(config_column(&back->config[0], "time_ns")->value[1]));
	assert_true(config_column(&back->config[1], "faults_minor")->value[0] == 1e300);
	assert_true(config_column(&back->config[1], "faults_minor")->value[1] == 0.5);
	assert_true(isnan(back->duration_s));
	record_free(record);
	record_free(back);
}

/* A bad byte costs that byte, not the record; overlong forms and surrogates are bad bytes, too. */
static void hostile_strings(void **state)
{
	static const char *const hostile[][2] = {
		{ "a\xff\xfe z", "a\xef\xbf\xbd\xef\xbf\xbd z" },
		{ "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "cut \xe2\x82", "cut \xef\xbf\xbd\xef\xbf\xbd" },
		{ "\x80 good: \xe2\x82\xac\xf0\x9f\x98\x80", "\xef\xbf\xbd good: \xe2\x82\xac\xf0\x9f\x98\x80" },
		{ "\"}]\\u0000\x01\x1b[31m\n\t\x7f", "\"}]\\u0000\x01\x1b[31m\n\t\x7f" },
	};
	struct record *record, *back;

	(void)state;
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		const char *bad = hostile[i][0], *good = hostile[i][1];

		record = small_record();
		assert_int_equal(record_add_label(record, bad, bad), 0);
		assert_int_equal(facts_add_text(&record->environment, bad, bad, bad), 0);
		assert_int_equal(facts_add_missing(&record->environment, bad, "gone", bad), 0);
		assert_int_equal(config_declare_column(&record->config[0], bad, true), 0);
		record->config[0].column[3].value = calloc(2, sizeof(double));
		free(record->config[0].name);
		record->config[0].name = strdup(bad);
		write_ok(record, "hostile.json");
		back = read_ok("hostile.json");
		assert_string_equal(back->label[1].key, good);
		assert_string_equal(back->label[1].value, good);
		assert_string_equal(facts_find(&back->environment, good, good)->value.text, good);
		assert_string_equal(facts_find(&back->environment, good, "gone")->why_missing, good);
		assert_non_null(config_column(&back->config[0], good));
		assert_string_equal(back->config[0].name, good);
		record_free(back);
		record_free(record);
	}
}

/* What a newer minor put in is there after reading and writing, wherever it was. */
static void newer_minor_is_kept(void **state)
{
	struct record *record = full_record(), *back;
	size_t length, length_again;
	char *text, *again;

	(void)state;
	write_ok(record, "full.json");
	text = load("full.json", &length);
	text = insert_after(text, "{", "\"new_a\":{\"x\":[1,{\"y\":null}]},");
	text = insert_after(text, "\"run\": {", "\"new_b\":1,");
	text = insert_after(text, "{\"event\":\"dtlb-walk\",", "\"new_c\":[2],");
	text = insert_after(text, "\"rounds_left_out\": 1,", "\"new_d\":3.5,");
	text = insert_after(text, "{\"code\":\"governor\",", "\"new_e\":\"4\",");
	text = insert_after(text, "\"histogram\": {", "\"new_f\":true,");
	text = insert_after(text, "\"name\": \"zap/memfd\",", "\"new_g\":{},");
	text = insert_after(text, "\"environment_missing\": {", "\"new_h\":\"of a fact that is not here\",");
	again = replaced(text, "\"schema_version\": " PRESENT, "\"schema_version\": \"1.73\"");
	store("newer.json", again, strlen(again));
	free(again);
	free(text);
	back = read_ok("newer.json");
	assert_int_equal(back->nr_configs, 3);
	assert_int_equal(record_add_label(back, "added", "here"), 0);
	write_ok(back, "kept.json");
	record_free(back);
	text = load("kept.json", &length);
	for (int c = 'a'; c <= 'h'; c++) {
		char name[] = "\"new_?\"";

		name[5] = (char)c;
		assert_non_null(strstr(text, name));
	}
	assert_non_null(strstr(text, "\"schema_version\": \"1.73\""));
	assert_non_null(strstr(text, "\"x\": [1,{\"y\":null}]"));
	back = read_ok("kept.json");
	write_ok(back, "again.json");
	again = load("again.json", &length_again);
	assert_int_equal(length, length_again);
	assert_memory_equal(text, again, length);
	free(text);
	free(again);
	record_free(back);
	record_free(record);
}

/* ---- figures ---- */

static void assert_figure(const struct config_result *config, const char *column, const char *unit, const char *per,
			  const char *better, bool own)
{
	const struct figure_info *figure = config_figure(config, column);

	assert_non_null(figure);
	assert_string_equal(figure->unit, unit);
	assert_string_equal(figure->per, per);
	assert_string_equal(figure->better, better);
	assert_int_equal(figure->own, own);
}

static void figures_are_stored(void **state)
{
	struct record *record = full_record(), *back;

	(void)state;
	write_ok(record, "full.json");
	back = read_ok("full.json");
	assert_int_equal(back->config[2].nr_figures, 3);
	assert_figure(&back->config[2], "time_ns", "ns", "page", "less", false);
	assert_figure(&back->config[2], "mapped_bytes", "bytes", "", "more", true);
	assert_null(config_figure(&back->config[2], "disturbed"));
	record_free(back);
	record_free(record);
}

/* A record of 1.0 has no figures: its reader knows them by the names of the columns. */
static void figures_of_an_old_record(void **state)
{
	struct record *record = small_record(), *back;
	struct config_result *config = &record->config[0];
	size_t length;
	char *text, *old;

	(void)state;
	assert_int_equal(config_declare_column(config, "mapped_bytes", true), 0);
	assert_int_equal(config_declare_column(config, "victim_lost_ns", false), 0);
	assert_int_equal(config_declare_column(config, "flush_interrupts", true), 0);
	assert_int_equal(record_add_round(record), 0);
	record->nr_rounds = 0;
	write_ok(record, "small.json");
	text = load("small.json", &length);
	old = replaced(text, "\"figures\": ", "\"other\": ");
	store("old.json", old, strlen(old));
	back = read_ok("old.json");
	config = &back->config[0];
	assert_int_equal(config->nr_figures, 5);
	assert_figure(config, "time_ns", "ns", "page", "less", false);
	assert_figure(config, "faults_minor", "faults", "page", "none", false);
	assert_figure(config, "mapped_bytes", "bytes", "", "none", true);
	assert_figure(config, "victim_lost_ns", "ns", "", "less", true);
	assert_figure(config, "flush_interrupts", "", "", "none", true);
	record_free(back);
	record_free(record);
	free(old);
	free(text);
}

/* Records of 1.0 and 1.1 do not say what a case is, and one case had another name. */
static void cases_of_an_old_record(void **state)
{
	struct record *record = small_record(), *back;
	struct config_result *config = &record->config[0];
	size_t length;
	char *text, *old;

	(void)state;
	free(config->case_name);
	free(config->name);
	config->case_name = strdup("toucher");
	config->name = strdup("toucher/memfd/eager/page/2M");
	write_ok(record, "small.json");
	text = load("small.json", &length);
	old = replaced(text, "\"region\": ", "\"other\": ");
	store("old.json", old, strlen(old));
	back = read_ok("old.json");
	assert_string_equal(back->config[0].case_name, "concurrent-access");
	assert_string_equal(back->config[0].name, "concurrent-access/memfd/eager/page/2M");
	assert_string_equal(back->config[0].region, REGION_OTHER);
	assert_false(back->config[0].workload);
	record_free(back);
	free(old);
	free(text);
	free(config->case_name);
	config->case_name = strdup("frame");
	write_ok(record, "small.json");
	text = load("small.json", &length);
	old = replaced(text, "\"region\": ", "\"other\": ");
	store("old.json", old, strlen(old));
	back = read_ok("old.json");
	assert_string_equal(back->config[0].case_name, "frame");
	assert_string_equal(back->config[0].region, REGION_FRAME);
	assert_string_equal(back->config[0].rate, RATE_BYTES);
	assert_true(back->config[0].workload);
	assert_false(back->config[0].attributes_set); /* userspace carried out a part of it */
	record_free(back);
	record_free(record);
	free(old);
	free(text);
}

/* ---- memory ---- */

static long allocations_left, copies_left;

static void *failing_malloc(size_t size)
{
	return --allocations_left == 0 ? NULL : malloc(size);
}

/* That of the program, too. */
char *strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = --copies_left == 0 ? NULL : malloc(size);

	return copy ? memcpy(copy, text, size) : NULL;
}

/* What older records lack is derived; without memory for it nothing is freed twice. */
static void memory_runs_out_for_an_old_record(void **state)
{
	struct record *record = small_record(), *back;
	size_t length;
	char *text, *old;
	int err = -ENOMEM;

	(void)state;
	write_ok(record, "small.json");
	text = load("small.json", &length);
	old = replaced(text, "\"region\": ", "\"other\": ");
	store("old.json", old, strlen(old));
	for (long i = 1; err && i < 10000; i++) {
		back = NULL;
		copies_left = i;
		err = record_read(in_folder("old.json"), &back, NULL);
		assert_true(!err || err == -ENOMEM);
		record_free(back);
	}
	assert_int_equal(err, 0);
	copies_left = 0;
	free(old);
	free(text);
	record_free(record);
}

/* Every allocation that JSON needs fails once. */
static void memory_runs_out(void **state)
{
	struct record *record = small_record(), *back = NULL;
	long failures = 0;
	int err;

	(void)state;
	write_ok(record, "old.json");
	json_set_alloc_funcs(failing_malloc, free);
	for (long i = 1; i < 100000; i++) {
		allocations_left = i;
		err = record_write(record, "/dev/null", NULL);
		assert_true(!err || err == -ENOMEM);
		if (allocations_left > 0)
			break;
		failures += err != 0;
	}
	assert_true(failures > 100);
	for (long i = 1; i < 100000; i++) {
		allocations_left = i;
		back = NULL;
		err = record_read(in_folder("old.json"), &back, NULL);
		/* jansson calls a token that it has no memory for invalid */
		assert_true(!err || err == -ENOMEM || err == -EINVAL);
		record_free(back);
		if (allocations_left > 0)
			break;
		failures += err != 0;
	}
	assert_true(failures > 300);
	allocations_left = 0;
	json_set_alloc_funcs(malloc, free);
	record_free(record);
}

static void rows_and_columns(void **state)
{
	struct record *record = record_new();
	struct config_result *config;

	(void)state;
	assert_int_equal(record_declare_round_column(record, "x_ns", false), 0);
	assert_int_equal(record_declare_round_column(record, "x_ns", false), -EEXIST);
	assert_null(record_round_column(record, "y_ns"));
	config = add_config(record, "a", "b");
	assert_true(isnan(config->summary.value.value) && isnan(config->summary.ratio_all.lower));
	assert_int_equal(config_declare_column(config, "time_ns", false), -EEXIST);
	for (size_t i = 0; i < 1000; i++) {
		assert_int_equal(record_add_round(record), 0);
		assert_true(isnan(record->round_column[0].value[i]));
		record->round_column[0].value[i] = (double)i;
		config->column[0].value[i] = (double)i;
	}
	for (size_t i = 0; i < 1000; i++)
		assert_true(record->round_column[0].value[i] == (double)i && config->column[0].value[i] == (double)i);
	record_free(record);
}

static void facts_are_found(void **state)
{
	struct facts facts = { 0 };

	(void)state;
	assert_int_equal(facts_add_int(&facts, "a", "key", 1), 0);
	assert_int_equal(facts_add_int(&facts, NULL, "key", 2), 0);
	assert_int_equal(facts_add_bool(&facts, "b", "key", true), 0);
	assert_int_equal(facts_find(&facts, "a", "key")->value.integer, 1);
	assert_int_equal(facts_find(&facts, NULL, "key")->value.integer, 2);
	assert_true(facts_find(&facts, "b", "key")->value.boolean);
	assert_null(facts_find(&facts, "c", "key"));
	assert_null(facts_find(&facts, "a", "other"));
	facts_free(&facts);
	assert_null(facts_find(&facts, "a", "key"));
	facts_free(&facts);
}

static int write_example(const char *path)
{
	struct record *record = full_record();
	struct why why = { "", "" };
	int err = record_write(record, path, &why);

	if (err)
		fprintf(stderr, "%s\n", why.reason);
	record_free(record);
	return err ? 1 : 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip_of_everything),
		cmocka_unit_test(empty_record_round_trip),
		cmocka_unit_test(read_record_grows),
		cmocka_unit_test(numbers_that_json_has_not),
		cmocka_unit_test(hostile_strings),
		cmocka_unit_test(newer_minor_is_kept),
		cmocka_unit_test(figures_are_stored),
		cmocka_unit_test(figures_of_an_old_record),
		cmocka_unit_test(cases_of_an_old_record),
		cmocka_unit_test(memory_runs_out),
		cmocka_unit_test(memory_runs_out_for_an_old_record),
		cmocka_unit_test(rows_and_columns),
		cmocka_unit_test(facts_are_found),
	};

	if (argc > 1)
		return write_example(argv[1]);
	return cmocka_run_group_tests_name("record", tests, make_folder, remove_folder);
}
