// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Records, their files and their journals. With a path as argument: write the record of everything there, for
 * schema.sh, and test nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <zlib.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "bench/base/file.h"
#include "bench/base/region.h"
#include "bench/record/record.h"

/* The version that record_write() writes, as in the file. */
#define STRING_OF(number) #number
#define STRING(number) STRING_OF(number)
#define PRESENT "\"" STRING(RECORD_VERSION_MAJOR) "." STRING(RECORD_VERSION_MINOR) "\""

#define NOBODY 65534
#define MUTATIONS 20000
#define ROUNDS 60

static char folder[200];

/* ---- helpers ---- */

static const char *in_folder(const char *name)
{
	static char path[2][300];
	static int turn;

	turn = !turn;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", folder, name);
	return path[turn];
}

static char *load_at(const char *path, size_t *length)
{
	FILE *file = fopen(path, "r");
	char *text;

	assert_non_null(file);
	fseek(file, 0, SEEK_END);
	*length = (size_t)ftell(file);
	rewind(file);
	text = malloc(*length + 1);
	assert_non_null(text);
	assert_int_equal(fread(text, 1, *length, file), *length);
	text[*length] = '\0';
	fclose(file);
	return text;
}

static char *load(const char *name, size_t *length)
{
	return load_at(in_folder(name), length);
}

static void store(const char *name, const char *text, size_t length)
{
	FILE *file = fopen(in_folder(name), "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

static size_t files_in_folder(void)
{
	DIR *dir = opendir(folder);
	size_t count = 0;

	assert_non_null(dir);
	for (struct dirent *entry; (entry = readdir(dir));)
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

/* @text with the first @find replaced; freed by the caller. */
static char *replaced(const char *text, const char *find, const char *replace)
{
	const char *at = strstr(text, find);
	char *result;

	if (!at)
		fail_msg("%s is not in the document", find);
	assert_true(asprintf(&result, "%.*s%s%s", (int)(at - text), text, replace, at + strlen(find)) >= 0);
	return result;
}

static void write_ok(const struct record *record, const char *name)
{
	struct why why = { "", "" };

	if (record_write(record, in_folder(name), &why))
		fail_msg("%s", why.reason);
}

static struct record *read_ok(const char *name)
{
	struct record *record = NULL;
	struct why why = { "", "" };

	if (record_read(in_folder(name), &record, &why))
		fail_msg("%s", why.reason);
	assert_int_equal(record_summarise(record), 0);
	return record;
}

/* Refused with exactly this, after the file's name. */
static void read_refused(const char *name, const char *message)
{
	struct record *record = NULL;
	struct why why = { "", "" };
	char all[500];

	assert_int_equal(record_read(in_folder(name), &record, &why), -EINVAL);
	assert_null(record);
	snprintf(all, sizeof(all), "%s%s", in_folder(name), message);
	assert_string_equal(why.reason, all);
}

static struct config_result *add_config(struct record *record, const char *name, const char *case_name)
{
	struct config_result *config = record_add_config(record);

	assert_non_null(config);
	config->name = strdup(name);
	config->case_name = strdup(case_name);
	config->source = strdup("memfd");
	config->policy = strdup("eager+lazy");
	config->granularity = strdup("page");
	config->calls = strdup("madvise(MADV_DONTNEED)");
	config->region = strdup(REGION_TOUCH);
	config->rate = strdup(RATE_NONE);
	config->per_fault = true;
	config->played_by_user = strdup("the zap");
	config->not_played = strdup("write-combined attributes");
	config->operation = strdup("page");
	config->value_column = strdup("time_ns");
	config->value_unit = strdup("ns");
	config->expected_by = strdup("one fault a page");
	config->operations = 4;
	config->bytes = 16384;
	config->repetitions = 1;
	config->faults_expected = 4;
	assert_int_equal(config_declare_column(config, "time_ns", false), 0);
	assert_int_equal(config_declare_column(config, "faults_minor", true), 0);
	assert_int_equal(config_declare_column(config, "disturbed", true), 0);
	assert_int_equal(config_add_figure(config, "time_ns", "ns", "page", "less", false), 0);
	assert_int_equal(config_add_figure(config, "faults_minor", "faults", "page", "none", false), 0);
	return config;
}

static void set_newest(struct record *record, struct column *column, double value)
{
	assert_non_null(column);
	column->value[record->nr_rounds - 1] = value;
}

/* One more round in which configuration i takes @base * (i + 1) and a bit. */
static void add_round(struct record *record, double base)
{
	size_t round = record->nr_rounds;

	assert_int_equal(record_add_round(record), 0);
	if (record_round_column(record, "disturbed"))
		set_newest(record, record_round_column(record, "disturbed"), 0);
	for (size_t i = 0; i < record->nr_configs; i++) {
		struct config_result *config = &record->config[i];

		set_newest(record, config_column(config, "time_ns"),
			   base * (double)(i + 1) + 0.1 * (double)((round * 7) % 11));
		set_newest(record, config_column(config, "faults_minor"), 4);
		set_newest(record, config_column(config, "disturbed"), 0);
	}
}

static struct record *small_record(void)
{
	struct record *record = record_new();

	assert_non_null(record);
	record->run_id = strdup("small");
	record->seed = 7;
	assert_int_equal(facts_add_text(&record->environment, "kernel", "release", "6.12"), 0);
	assert_int_equal(facts_add_missing(&record->environment, "cpu", "governor", "no cpufreq"), 0);
	assert_int_equal(record_add_label(record, "board", "none"), 0);
	assert_int_equal(record_declare_round_column(record, "disturbed", true), 0);
	add_config(record, "a", "refault");
	add_config(record, "b", "refault");
	add_round(record, 1000);
	add_round(record, 1000);
	return record;
}

static void add_counters(struct config_result *config)
{
	config->counter = calloc(2, sizeof(*config->counter));
	config->nr_counters = 2;
	config->counter[0] = (struct counter){ .event = strdup("cycles"),
					       .unit = strdup("events"),
					       .pmu = strdup("armv8_cortex_a72"),
					       .counted = true,
					       .per_operation = 1234.5,
					       .lower = 1200,
					       .upper = NAN,
					       .running_percent = 100,
					       .samples = 50 };
	config->counter[1] = (struct counter){ .event = strdup("dtlb-walk"),
					       .unit = strdup("events"),
					       .why_not = strdup("the PMU does not list it"),
					       .per_operation = NAN,
					       .lower = NAN,
					       .upper = NAN,
					       .running_percent = NAN };
}

static void add_run(struct record *record)
{
	record->tool_version = strdup("0.1");
	record->tool_git = strdup("0123abc-dirty");
	record->run_id = strdup("2025-01-02T03:04:05Z-host-89abcdef");
	record->started_at = strdup("2025-01-02T03:04:05Z");
	record->duration_s = 75.25;
	record->command_line = strdup("zapbench run --label 'a=\"b\\c\"\n'");
	record->profile = strdup("quick");
	record->layout = strdup("fixed");
	record->seed = UINT64_MAX;
	record->budget_s = NAN;
	record->precision_percent = 0.1;
	record->stopped_by = strdup("precision");
	record->repeat_index = 1;
	record->repeat_count = 3;
	record->emulated = true;
}

/* Something in every field, and @rounds (10 or more) rounds. */
static struct record *record_of(int rounds)
{
	struct record *record = record_new();
	struct config_result *config;
	int err = 0;

	assert_non_null(record);
	add_run(record);
	err |= record_add_segment(record, "2025-01-02T03:04:05Z", "b00t");
	err |= facts_add_text(&record->environment, "kernel", "release", "6.12.1 \xc2\xb5\xe2\x9c\x93\xf0\x9f\x98\x80");
	err |= facts_add_int(&record->environment, "kernel", "page_size_bytes", 4096);
	err |= facts_add_real(&record->environment, "load", "one_minute", 0.1);
	err |= facts_add_real(&record->environment, "load", "whole", 3);
	err |= facts_add_real(&record->environment, "load", "nan", NAN);
	err |= facts_add_bool(&record->environment, "cpu", "virtual", true);
	err |= facts_add_missing(&record->environment, "cpu", "governor", "no cpufreq");
	err |= facts_add_int(&record->environment, "cpu", "least", INT64_MIN);
	err |= record_add_warning(record, "load", "the machine is busy", "stop the rest");
	err |= record_add_warning(record, "governor", "powersave", "cpupower frequency-set -g performance");
	err |= facts_add_real(&record->clock, NULL, "resolution_ns", 18.518518518518519);
	err |= facts_add_missing(&record->clock, NULL, "ticks_per_second", "not told");
	err |= record_add_skipped(record, "refault/udmabuf", "no /dev/udmabuf", "modprobe udmabuf");
	err |= record_add_label(record, "board", "rock 5b");
	err |= record_declare_round_column(record, "disturbed", true);
	err |= record_declare_round_column(record, "temperature_millicelsius", false);
	config = add_config(record, "refault/memfd", "refault");
	err |= facts_add_int(&config->params, NULL, "size_bytes", 4 << 20);
	err |= facts_add_real(&config->warmup, NULL, "time_ns", 1e7 / 3);
	err |= facts_add_int(&config->checks, NULL, "bytes_right", 12 << 20);
	err |= facts_add_missing(&config->checks, NULL, "stale_bytes_without_clean", "coherence not testable here");
	config->histogram = histogram_new();
	for (int i = 0; i < 1000; i++)
		histogram_add(config->histogram, 500 + i);
	add_counters(config);
	config = add_config(record, "refault/other", "refault");
	config->faults_expected = -1;
	config->faults_expected_max = 12;
	config->emulated = config->keeps_disturbed = true;
	config = add_config(record, "zap/memfd", "zap");
	err |= config_declare_column(config, "mapped_bytes", true);
	err |= config_add_figure(config, "mapped_bytes", "bytes", "", "more", true);
	assert_int_equal(err, 0);
	for (int i = 0; i < rounds; i++)
		add_round(record, 1e6 / 3);
	record_round_column(record, "disturbed")->value[5] = DISTURBED_STEAL | DISTURBED_THROTTLE;
	record_round_column(record, "temperature_millicelsius")->value[9] = 45e3;
	config_column(&record->config[1], "time_ns")->value[3] = NAN;
	config_column(&record->config[2], "faults_minor")->value[4] = 5;
	assert_int_equal(record_summarise(record), 0);
	return record;
}

static struct record *full_record(void)
{
	return record_of(ROUNDS);
}

/* ---- round trips ---- */

static void assert_same_columns(const struct column *a, const struct column *b, size_t count, size_t nr_rounds)
{
	for (size_t i = 0; i < count; i++) {
		assert_string_equal(a[i].name, b[i].name);
		for (size_t j = 0; j < nr_rounds; j++)
			assert_true(a[i].value[j] == b[i].value[j] || (isnan(a[i].value[j]) && isnan(b[i].value[j])));
	}
}

static void assert_same_configs(const struct config_result *a, const struct config_result *b, size_t nr_rounds)
{
	assert_string_equal(a->name, b->name);
	assert_int_equal(a->faults_expected, b->faults_expected);
	assert_int_equal(a->faults_expected_max, b->faults_expected_max);
	assert_int_equal(a->keeps_disturbed, b->keeps_disturbed);
	assert_int_equal(a->nr_columns, b->nr_columns);
	assert_same_columns(a->column, b->column, a->nr_columns, nr_rounds);
	assert_int_equal(!a->histogram, !b->histogram);
	for (size_t bin = 0; a->histogram && bin < histogram_bins(a->histogram); bin++)
		assert_true(histogram_count(a->histogram, bin) == histogram_count(b->histogram, bin));
	assert_int_equal(a->summary.rounds, b->summary.rounds);
	assert_int_equal(a->summary.rounds_left_out, b->summary.rounds_left_out);
	assert_int_equal(a->summary.samples_invalid, b->summary.samples_invalid);
	assert_memory_equal(&a->summary.value.value, &b->summary.value.value, sizeof(double));
	assert_memory_equal(&a->summary.value.upper, &b->summary.value.upper, sizeof(double));
}

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

static char *insert_after(char *text, const char *find, const char *insert)
{
	char *both, *result;

	assert_true(asprintf(&both, "%s%s", find, insert) >= 0);
	result = replaced(text, find, both);
	free(both);
	free(text);
	return result;
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

/* ---- what is wrong is refused ---- */

struct broken {
	const char *find, *replace, *message;
};

static const struct broken broken_documents[] = {
	{ "\"zapbench-record\"", "\"other\"", ": $.schema: expected \"zapbench-record\", found \"other\"" },
	{ "\"zapbench-record\"", "\"zapbench-journal\"",
	  ": $.schema: expected \"zapbench-record\", found \"zapbench-journal\"" },
	{ "\"schema\":", "\"scheme\":", ": $.schema: expected a string, found nothing" },
	{ PRESENT, "\"2.0\"", ": $.schema_version: expected major version 1, found \"2.0\"" },
	{ PRESENT, "\"0.9\"", ": $.schema_version: expected major version 1, found \"0.9\"" },
	{ PRESENT, "\"1\"", ": $.schema_version: expected MAJOR.MINOR, found \"1\"" },
	{ PRESENT, "\"1.0.0\"", ": $.schema_version: expected MAJOR.MINOR, found \"1.0.0\"" },
	{ PRESENT, "\" 1.0\"", ": $.schema_version: expected MAJOR.MINOR, found \" 1.0\"" },
	{ PRESENT, "\"1.99999999999\"", ": $.schema_version: expected MAJOR.MINOR, found \"1.99999999999\"" },
	{ PRESENT, "1.0", ": $.schema_version: expected a string, found a fraction" },
	{ "\"tool\": {", "\"tool\": [{", ":5:8: ']' expected near ':'" },
	{ "\"tool\":", "\"fool\":", ": $.tool: expected an object, found nothing" },
	{ "\"git\":\"\"", "\"git\":null", ": $.tool.git: expected a string, found null" },
	{ "\"seed\":\"7\"", "\"seed\":7",
	  ": $.run.seed: expected a string with a decimal number of 64 bits, found an integer" },
	{ "\"seed\":\"7\"", "\"seed\":\"18446744073709551616\"",
	  ": $.run.seed: expected a string with a decimal number of 64 bits, found \"18446744073709551616\"" },
	{ "\"seed\":\"7\"", "\"seed\":\"-7\"",
	  ": $.run.seed: expected a string with a decimal number of 64 bits, found \"-7\"" },
	{ "\"seed\":\"7\"", "\"seed\":\"\"",
	  ": $.run.seed: expected a string with a decimal number of 64 bits, found \"\"" },
	{ "\"duration_s\":0.0", "\"duration_s\":\"long\"",
	  ": $.run.duration_s: expected a number or null, found a string" },
	{ "\"duration_s\":0.0", "\"duration_s\":NaN", ":5:55: invalid token near 'NaN'" },
	{ "\"repeat_index\":0", "\"repeat_index\":-1",
	  ": $.run.repeat_index: expected an integer of 0 or more, found -1" },
	{ "\"repeat_index\":0", "\"repeat_index\":0.0", ": $.run.repeat_index: expected an integer, found a fraction" },
	{ "\"emulated\":false", "\"emulated\":0", ": $.run.emulated: expected true or false, found an integer" },
	{ "\"key\":\"board\"", "\"key\":[]", ": $.labels[0].key: expected a string, found an array" },
	{ "\"labels\":", "\"labels\": {}, \"old\":", ": $.labels: expected an array, found an object" },
	{ "{\"release\":\"6.12\"}", "[]", ": $.environment.kernel: expected an object, found an array" },
	{ "{\"release\":\"6.12\"}", "{\"re\\u001blease\":[]}",
	  ": $.environment.kernel[\"re?lease\"]: expected a string, a number, true, false or null, found an array" },
	{ "\"cpu.governor\":", "\"cpu.other\":",
	  ": $.environment.cpu.governor: expected the reason for null as a string in environment_missing, found "
	  "nothing" },
	{ "\"no cpufreq\"", "1",
	  ": $.environment.cpu.governor: expected the reason for null as a string in environment_missing, "
	  "found an integer" },
	{ "\"environment_missing\":", "\"environment_missing\": 1, \"old\":",
	  ": $.environment: expected an object in environment_missing, found an integer" },
	{ "\"count\": 2", "\"count\": -2", ": $.rounds.count: expected an integer of 0 or more, found -2" },
	{ "\"count\": 2", "\"count\": 9223372036854775807",
	  ": $.rounds.count: expected a size that fits into memory, found 9223372036854775807" },
	{ "\"count\": 2", "\"count\": 92233720368547758070", ":20:33: too big integer near '92233720368547758070'" },
	{ "\"count\": 2", "\"count\": 1000000000000",
	  ": $.rounds.samples.disturbed: expected 1000000000000 values, as $.rounds.count says, found 2" },
	{ "\"disturbed\": [0,0]", "\"disturbed\": [0]",
	  ": $.rounds.samples.disturbed: expected 2 values, as $.rounds.count says, found 1" },
	{ "\"configurations\": [", "\"configurations\": [3,",
	  ": $.configurations[0]: expected an object, found an integer" },
	{ "\"name\": \"b\"", "\"name\": \"a\"",
	  ": $.configurations[1].name: expected a name of its own, found \"a\" again" },
	{ "\"name\": \"b\"", "\"name\": \"\"", ": $.configurations[1].name: expected a name, found an empty string" },
	{ "\"name\": \"b\"", "\"name\": \"b\", \"name\": \"c\"", ":84:25: duplicate object key near '\"name\"'" },
	{ "\"name\": \"b\"", "\"name\": \"b\\u0000\"",
	  ":84:23: \\u0000 is not allowed without JSON_ALLOW_NUL near '\"b\\u0000\"'" },
	{ "\"operations\": 4", "\"operations\": \"4\"",
	  ": $.configurations[0].operations: expected an integer, found a string" },
	{ "[1000.0,1000.7]", "[1000.0]",
	  ": $.configurations[0].samples.time_ns: expected 2 values, as $.rounds.count says, found 1" },
	{ "[1000.0,1000.7]", "[1000.0,\"1000.7\"]",
	  ": $.configurations[0].samples.time_ns[1]: expected a number or null, found a string" },
	{ "[2000.0,2000.7]", "[2000.0,true]",
	  ": $.configurations[1].samples.time_ns[1]: expected a number or null, found true" },
	{ "[1000.0,1000.7]", "[1000.0,1e999]", ":78:32: real number overflow near '1e999'" },
	{ "[1000.0,1000.7]", "{}", ": $.configurations[0].samples.time_ns: expected an array, found an object" },
	{ "\"samples\": {\n        \"time_ns\"", "\"samples\": {\n        \"time_us\"",
	  ": $.configurations[0].value_column: expected the name of a column of samples, found \"time_ns\"" },
	{ "\"histogram\": null", "\"histogram\": 1",
	  ": $.configurations[0].histogram: expected an object or null, found an integer" },
	{ "\"histogram\": null", "\"histogram\": {}",
	  ": $.configurations[0].histogram: expected bins in ns from 1, 16 an octave, 578 in total" },
	{ "\"histogram\": null",
	  "\"histogram\": "
	  "{\"unit\":\"ns\",\"first_edge_ns\":1,\"bins_per_octave\":16,\"bins_total\":578,\"bins\":[[578,1]]}",
	  ": $.configurations[0].histogram.bins[0]: expected a bin from 0 to 577 and a count of 0 or more" },
	{ "\"histogram\": null",
	  "\"histogram\": "
	  "{\"unit\":\"ns\",\"first_edge_ns\":1,\"bins_per_octave\":16,\"bins_total\":578,\"bins\":[[5,1],[5]]}",
	  ": $.configurations[0].histogram.bins[1]: expected [bin, count]" },
	{ "\"summary\": {", "\"summary\": 1, \"old\": {",
	  ": $.configurations[0].summary: expected an object, found an integer" },
	{ "\"counters\": []",
	  "\"counters\": [{\"event\":\"cycles\",\"pmu\":null,\"counted\":false,\"why_not\":null,\"per_operation\":0,"
	  "\"lower\":null,\"upper\":null,\"running_percent\":null,\"samples\":0}]",
	  ": $.configurations[0].counters[0]: expected either an event that was counted, or why_not and null in "
	  "per_operation" },
};

static void broken_documents_are_refused(void **state)
{
	struct record *record = small_record();
	size_t length;
	char *text;

	(void)state;
	write_ok(record, "small.json");
	text = load("small.json", &length);
	for (size_t i = 0; i < sizeof(broken_documents) / sizeof(broken_documents[0]); i++) {
		char *bad = replaced(text, broken_documents[i].find, broken_documents[i].replace);

		store("broken.json", bad, strlen(bad));
		read_refused("broken.json", broken_documents[i].message);
		free(bad);
	}
	store("broken.json", "[]", 2);
	read_refused("broken.json", ": $: expected an object, found an array");
	free(text);
	record_free(record);
}

/* Rounds that no column bears out would only cost time and memory. */
static void rounds_without_columns(void **state)
{
	struct record *record = record_new();
	char *text, *bad;
	size_t length;

	(void)state;
	write_ok(record, "empty.json");
	text = load("empty.json", &length);
	bad = replaced(text, "\"count\": 0", "\"count\": 1000000000000000000");
	store("broken.json", bad, strlen(bad));
	read_refused("broken.json",
		     ": $.rounds.count: expected 0, as no column has samples, found 1000000000000000000");
	free(bad);
	free(text);
	record_free(record);
}

static void summary_is_not_trusted(void **state)
{
	struct record *record = small_record(), *back;
	char *text, *bad;
	size_t length;

	(void)state;
	assert_int_equal(record_summarise(record), 0);
	write_ok(record, "small.json");
	text = load("small.json", &length);
	bad = replaced(text, "\"minimum\": 250.0", "\"minimum\": \"none\"");
	store("small.json", bad, strlen(bad));
	back = read_ok("small.json");
	assert_true(back->config[0].summary.minimum == 250);
	assert_null(back->unknown);
	free(bad);
	free(text);
	record_free(back);
	record_free(record);
}

/* A record that could not be read again is not written, nor is a run begun with it. */
static void unreadable_is_not_written(void **state)
{
	struct record *record = small_record();
	struct journal *journal = NULL;
	struct why why = { "", "" };

	(void)state;
	free(record->config[1].name);
	record->config[1].name = strdup("a");
	assert_int_equal(record_write(record, in_folder("never.json"), &why), -EINVAL);
	assert_non_null(strstr(why.reason, "$.configurations[1].name: expected a name of its own, found \"a\" again"));
	record->nr_rounds = 0;
	assert_int_equal(journal_create(in_folder("never.journal"), record, &journal, NULL), -EINVAL);
	assert_int_equal(access(in_folder("never.json"), F_OK), -1);
	assert_int_equal(access(in_folder("never.journal"), F_OK), -1);
	record_free(record);
}

static void every_truncation_is_an_error(void **state)
{
	struct record *record = small_record(), *back = NULL;
	char *text, name[40];
	size_t length;
	int fd = memfd_create("record", 0);

	(void)state;
	write_ok(record, "small.json");
	text = load("small.json", &length);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	/* without its last line feed it is still whole */
	for (size_t i = 0; i < length - 1; i++) {
		struct why why = { "", "" };

		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(pwrite(fd, text, i, 0), i);
		assert_int_equal(record_read(name, &back, &why), -EINVAL);
		assert_null(back);
		assert_int_equal(strncmp(why.reason, name, strlen(name)), 0);
		assert_null(strchr(why.reason, '\n'));
	}
	close(fd);
	free(text);
	record_free(record);
}

static void compressed_is_the_same_until_cut_off(void **state)
{
	struct record *record = small_record(), *back = NULL;
	char *text, name[40];
	size_t length;
	gzFile stream;
	int fd = memfd_create("record", 0);

	(void)state;
	write_ok(record, "small.json");
	text = load("small.json", &length);
	stream = gzopen(in_folder("small.json.gz"), "wb");
	assert_int_equal(gzwrite(stream, text, (unsigned int)length), length);
	assert_int_equal(gzclose(stream), Z_OK);
	assert_int_equal(record_read(in_folder("small.json.gz"), &back, NULL), 0);
	assert_string_equal(back->run_id, record->run_id);
	record_free(back);
	free(text);
	text = load("small.json.gz", &length);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	for (size_t i = 0; i < length; i++) {
		struct why why = { "", "" };

		back = NULL;
		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(pwrite(fd, text, i, 0), i);
		assert_int_equal(record_read(name, &back, &why), -EINVAL);
		assert_null(back);
		assert_int_equal(strncmp(why.reason, name, strlen(name)), 0);
	}
	close(fd);
	free(text);
	record_free(record);
}

static void not_even_json(void **state)
{
	const size_t deep = 1000000;
	char *text = malloc(deep);

	(void)state;
	memset(text, '[', deep);
	store("bad.json", text, deep);
	read_refused("bad.json", ":1:2049: maximum parsing depth reached near '['");
	memset(text, '\0', deep);
	store("bad.json", text, deep);
	read_refused("bad.json", ":1:1: '[' or '{' expected near end of file");
	memset(text, 'x', deep);
	text[0] = '"';
	store("bad.json", text, deep);
	read_refused("bad.json", ":1:1000000: premature end of input");
	store("bad.json", "{}\n{}", 5);
	read_refused("bad.json", ":2:1: end of file expected near '{'");
	store("bad.json", "{\"\x1b[31m", 7);
	read_refused("bad.json", ":1:2: control character 0x1b near '\"'");
	free(text);
}

static void reading_what_is_not_there(void **state)
{
	struct record *record = NULL;
	struct why why = { "", "" }, folder_why = { "", "" };

	(void)state;
	assert_int_equal(record_read("/nonexistent/x.json", &record, &why), -ENOENT);
	assert_string_equal(why.reason, "/nonexistent/x.json: No such file or directory");
	assert_int_equal(record_read(folder, &record, &folder_why), -EISDIR);
	assert_non_null(strstr(folder_why.reason, "Is a directory"));
	assert_int_equal(journal_recover("/nonexistent/x.journal", &record, NULL), -ENOENT);
	assert_int_equal(journal_recover(folder, &record, NULL), -EISDIR);
	assert_null(record);
}

static unsigned int random_state = 12345;

/* The minimal standard generator of Park and Miller (1988): the same on every machine. */
static unsigned int random_below(unsigned int limit)
{
	random_state = (unsigned int)((uint64_t)random_state * 48271 % 2147483647);
	return random_state % limit;
}

/* One change of those that break parsers: bits, lost and doubled pieces, values of another kind. */
static size_t mutate(char *text, size_t length, size_t room)
{
	static const char *const tokens[] = { "null",    "-1",     "1e308", "\"\"",
					      "[]",      "{}",     "true",  "9223372036854775807",
					      ",",       "\xff",   "\0",    "]",
					      "[[0,1]]", "0.5e-3", "}",     "\"\\ud800\"" };
	size_t at = random_below((unsigned int)length), size = 1 + random_below(40);
	const char *token = tokens[random_below(sizeof(tokens) / sizeof(tokens[0]))];

	if (size > length - at)
		size = length - at;
	switch (random_below(4)) {
	case 0:
		text[at] ^= (char)(1 << random_below(8));
		return length;
	case 1:
		memmove(text + at, text + at + size, length - at - size);
		return length - size;
	case 2:
		if (length + size > room)
			return length;
		memmove(text + at + size, text + at, length - at);
		return length + size;
	default:
		/* in the place of a value, so that what is parsed is often refused only later */
		while (at < length && text[at] != ':' && text[at] != ',' && text[at] != '[')
			at++;
		size = strlen(token) + !*token;
		if (at == length || length + size > room)
			return length;
		at++;
		memmove(text + at + size, text + at, length - at);
		memcpy(text + at, token, size);
		length += size;
		at += size;
		size = strcspn(text + at, ",]}");
		memmove(text + at, text + at + size, length - at - size);
		return length - size;
	}
}

/* Whatever a file holds is a record or an error, and what is a record can be written. */
static void mutations_never_crash(void **state)
{
	struct record *record = record_of(10), *back;
	int fd = memfd_create("record", 0);
	size_t length, room, taken = 0;
	char *text, *copy, name[40];

	(void)state;
	write_ok(record, "full.json");
	record_free(record);
	text = load("full.json", &length);
	room = length + 1000;
	copy = malloc(room + 1);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	for (int i = 0; i < MUTATIONS; i++) {
		struct why why = { "", "" };
		size_t size = length;
		int err;

		memset(copy, 0, room + 1);
		memcpy(copy, text, length);
		for (unsigned int j = 1 + random_below(3); j && size; j--)
			size = mutate(copy, size, room);
		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(pwrite(fd, copy, size, 0), size);
		back = NULL;
		err = record_read(name, &back, &why);
		if (err) {
			assert_int_equal(err, -EINVAL);
			assert_null(back);
			assert_true(why.reason[0] != '\0');
			continue;
		}
		taken++;
		assert_int_equal(record_summarise(back), 0);
		assert_int_equal(record_write(back, "/dev/null", NULL), 0);
		record_free(back);
	}
	/* otherwise the mutations were too coarse to reach what comes after the parser */
	assert_in_range(taken, MUTATIONS / 50, MUTATIONS - MUTATIONS / 50);
	close(fd);
	free(copy);
	free(text);
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

static long allocations_left;

static void *failing_malloc(size_t size)
{
	return --allocations_left == 0 ? NULL : malloc(size);
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

/* ---- files ---- */

/* Files may grow to @size; errors instead of SIGXFSZ. */
static void limit_files(rlim_t size)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = size;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void full_disk_leaves_the_old_file(void **state)
{
	struct record *old = small_record(), *new = full_record();
	size_t length, length_after, files;
	char *before, *after;

	(void)state;
	write_ok(old, "result.json");
	before = load("result.json", &length);
	files = files_in_folder();
	for (rlim_t size = 0; size < 8000; size += 611) {
		struct why why = { "", "" };
		int err;

		limit_files(size);
		err = record_write(new, in_folder("result.json"), &why);
		limit_files(RLIM_INFINITY);
		assert_int_equal(err, -EFBIG);
		assert_non_null(strstr(why.reason, "result.json: File too large"));
		assert_non_null(strstr(why.remedy, "--out"));
		after = load("result.json", &length_after);
		assert_int_equal(length, length_after);
		assert_memory_equal(before, after, length);
		free(after);
		assert_int_equal(files_in_folder(), files);
	}
	free(before);
	record_free(old);
	record_free(new);
}

static void full_device(void **state)
{
	struct record *record = full_record();
	struct why why = { "", "" }, out_why = { "", "" };
	int saved, full, err;
	struct stat status;

	(void)state;
	assert_int_equal(record_write(record, "/dev/full", &why), -ENOSPC);
	assert_string_equal(why.reason, "/dev/full: No space left on device");
	/* a device is written to and never replaced */
	assert_int_equal(record_write(record, "/dev/null", NULL), 0);
	assert_int_equal(stat("/dev/null", &status), 0);
	assert_true(S_ISCHR(status.st_mode));

	fflush(stdout);
	saved = dup(STDOUT_FILENO);
	full = open("/dev/full", O_WRONLY);
	dup2(full, STDOUT_FILENO);
	err = record_write(record, "-", &out_why);
	clearerr(stdout);
	dup2(saved, STDOUT_FILENO);
	close(full);
	close(saved);
	assert_int_equal(err, -ENOSPC);
	assert_string_equal(out_why.reason, "standard output: No space left on device");
	record_free(record);
}

/* '-' both ways. */
static void standard_streams(void **state)
{
	struct record *record = small_record(), *back = NULL;
	int saved, out, in, err;

	(void)state;
	fflush(stdout);
	saved = dup(STDOUT_FILENO);
	out = open(in_folder("out.json"), O_WRONLY | O_CREAT | O_TRUNC, 0666);
	dup2(out, STDOUT_FILENO);
	err = record_write(record, "-", NULL);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(out);
	assert_int_equal(err, 0);

	saved = dup(STDIN_FILENO);
	in = open(in_folder("out.json"), O_RDONLY);
	dup2(in, STDIN_FILENO);
	err = record_read("-", &back, NULL);
	dup2(saved, STDIN_FILENO);
	close(saved);
	close(in);
	assert_int_equal(err, 0);
	assert_int_equal(back->nr_rounds, 2);
	record_free(back);
	record_free(record);
}

static void read_only_folder(void **state)
{
	struct record *record = small_record();
	struct journal *journal = NULL;
	struct why why = { "", "" };
	char path[300];
	int root = !geteuid();

	(void)state;
	snprintf(path, sizeof(path), "%s/locked", folder);
	assert_int_equal(mkdir(path, 0555), 0);
	strcat(path, "/result.json");
	if (root)
		assert_int_equal(seteuid(NOBODY), 0);
	assert_int_equal(record_write(record, path, &why), -EACCES);
	record->nr_rounds = 0;
	assert_int_equal(journal_create(path, record, &journal, NULL), -EACCES);
	*strrchr(path, '/') = '\0';
	assert_int_equal(file_point_latest(path, "x.json", NULL), -EACCES);
	if (root)
		assert_int_equal(seteuid(0), 0);
	assert_non_null(strstr(why.reason, "Permission denied"));
	assert_non_null(strstr(why.remedy, "--out -"));
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(record_write(record, "/nonexistent/x.json", NULL), -ENOENT);
	record_free(record);
}

static void mode_follows_umask(void **state)
{
	struct record *record = small_record();
	mode_t mask = umask(027);
	struct stat status;

	(void)state;
	unlink(in_folder("mode.json"));
	write_ok(record, "mode.json");
	umask(mask);
	assert_int_equal(stat(in_folder("mode.json"), &status), 0);
	assert_int_equal(status.st_mode & 0777, 0640);
	record_free(record);
}

/* A writer that is killed at any moment leaves the one record or the other. */
static void killed_while_writing(void **state)
{
	struct record *record = full_record(), *back;
	pid_t child;

	(void)state;
	write_ok(record, "killed.json");
	for (int i = 0; i < 20; i++) {
		child = fork();
		assert_true(child >= 0);
		if (!child) {
			for (;;)
				record_write(record, in_folder("killed.json"), NULL);
		}
		usleep(random_below(5000));
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, NULL, 0), child);
		back = read_ok("killed.json");
		assert_int_equal(back->nr_rounds, ROUNDS);
		record_free(back);
	}
	record_free(record);
}

static void latest_points(void **state)
{
	struct why why = { "", "" };
	char target[100];
	ssize_t length;

	(void)state;
	unlink(in_folder("latest.json"));
	assert_int_equal(file_point_latest(folder, "a.json", &why), 0);
	assert_int_equal(file_point_latest(folder, "b.json", &why), 0);
	length = readlink(in_folder("latest.json"), target, sizeof(target));
	assert_int_equal(length, 6);
	assert_memory_equal(target, "b.json", 6);
	/* what somebody put there by hand is not ours to remove */
	unlink(in_folder("latest.json"));
	store("latest.json", "mine", 4);
	assert_int_equal(file_point_latest(folder, "a.json", &why), -EEXIST);
	assert_non_null(strstr(why.reason, "is not a symbolic link"));
	unlink(in_folder("latest.json"));
	assert_int_equal(file_point_latest("/nonexistent", "a.json", NULL), -ENOENT);
}

/* Whoever looks while it is replaced finds one link or the other, never none. */
static void latest_is_replaced_in_one_step(void **state)
{
	pid_t child;
	int status;

	(void)state;
	assert_int_equal(file_point_latest(folder, "a.json", NULL), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		char target[100];

		for (int i = 0; i < 20000; i++) {
			if (readlink(in_folder("latest.json"), target, sizeof(target)) != 6)
				_exit(1);
		}
		_exit(0);
	}
	for (int i = 0; !waitpid(child, &status, WNOHANG); i++)
		assert_int_equal(file_point_latest(folder, i % 2 ? "a.json" : "b.json", NULL), 0);
	assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
	unlink(in_folder("latest.json"));
}

/* ---- journal ---- */

static const double some_events[] = { 100, 200, 200, 1e12 };

/* A journal of @rounds rounds, the first configuration with events; the record as it is in memory. */
static struct record *journal_of(const char *name, int rounds, bool keep)
{
	struct record *record = small_record();
	const double *events[] = { some_events, NULL };
	const size_t nr_events[] = { 4, 0 };
	struct journal *journal = NULL;
	struct why why = { "", "" };

	record->nr_rounds = 0;
	record->config[0].histogram = histogram_new();
	unlink(in_folder(name));
	if (journal_create(in_folder(name), record, &journal, &why))
		fail_msg("%s", why.reason);
	for (int i = 0; i < rounds; i++) {
		add_round(record, 1000 + i);
		if (i == 1)
			config_column(&record->config[1], "time_ns")->value[1] = NAN;
		for (int j = 0; j < 4; j++)
			histogram_add(record->config[0].histogram, some_events[j]);
		assert_int_equal(journal_add_round(journal, record, events, nr_events, &why), 0);
	}
	journal_close(journal, keep);
	return record;
}

static struct record *recover_ok(const char *name)
{
	struct record *record = NULL;
	struct why why = { "", "" };

	if (journal_recover(in_folder(name), &record, &why))
		fail_msg("%s", why.reason);
	assert_int_equal(record_summarise(record), 0);
	return record;
}

static void journal_comes_back(void **state)
{
	struct record *record = journal_of("run.journal", 10, true), *back = recover_ok("run.journal");

	(void)state;
	assert_int_equal(record_summarise(record), 0);
	assert_string_equal(back->stopped_by, "recovered");
	assert_true(isnan(back->duration_s));
	assert_int_equal(back->nr_rounds, 10);
	for (size_t i = 0; i < 2; i++)
		assert_same_configs(&record->config[i], &back->config[i], 10);
	/* and what was not a column of integers did not become one on the way */
	assert_false(config_column(&back->config[0], "time_ns")->integer);
	assert_true(config_column(&back->config[0], "faults_minor")->integer);
	write_ok(back, "recovered.json");
	record_free(back);
	back = read_ok("recovered.json");
	assert_int_equal(back->nr_rounds, 10);
	record_free(back);
	record_free(record);
}

static void journal_of_no_events(void **state)
{
	struct record *record = small_record(), *back;
	struct journal *journal = NULL;

	(void)state;
	record->nr_rounds = 0;
	unlink(in_folder("plain.journal"));
	assert_int_equal(journal_create(in_folder("plain.journal"), record, &journal, NULL), 0);
	assert_int_equal(journal_add_round(journal, record, NULL, NULL, NULL), -EINVAL);
	add_round(record, 5);
	assert_int_equal(journal_add_round(journal, record, NULL, NULL, NULL), 0);
	journal_close(journal, true);
	back = recover_ok("plain.journal");
	assert_int_equal(back->nr_rounds, 1);
	assert_null(back->config[0].histogram);
	record_free(back);
	/* rounds from before the journal would be lost */
	unlink(in_folder("plain.journal"));
	assert_int_equal(journal_create(in_folder("plain.journal"), record, &journal, NULL), -EINVAL);
	record_free(record);
}

/* Killed after any byte: all whole rounds come back. */
static void journal_cut_at_every_byte(void **state)
{
	struct record *record = journal_of("run.journal", 5, true), *back;
	size_t length, lines = 0;
	char *text = load("run.journal", &length);

	(void)state;
	for (size_t i = 0; i <= length; i++) {
		struct why why = { "", "" };
		int err;

		if (i && text[i - 1] == '\n')
			lines++;
		store("cut.journal", text, i);
		back = NULL;
		err = journal_recover(in_folder("cut.journal"), &back, &why);
		if (!lines) {
			assert_int_equal(err, -EINVAL);
			assert_non_null(strstr(why.reason, ":1: the first line was cut off"));
			continue;
		}
		assert_int_equal(err, 0);
		assert_int_equal(back->nr_rounds, lines - 1);
		assert_same_columns(record->config[1].column, back->config[1].column, 3, back->nr_rounds);
		assert_true(histogram_total(back->config[0].histogram) == 4.0 * (double)back->nr_rounds);
		record_free(back);
	}
	assert_int_equal(lines, 6);
	free(text);
	record_free(record);
}

/* Killed after any byte and resumed: the half line is gone, a piece begins, its round follows those that were whole. */
static void journal_is_resumed_after_every_byte(void **state)
{
	struct record *record = journal_of("run.journal", 3, true), *back;
	size_t length, lines = 0;
	char *text = load("run.journal", &length);
	struct journal *journal;
	double newest;

	(void)state;
	for (size_t i = 0; i <= length; i++) {
		struct why why = { "", "" };

		if (i && text[i - 1] == '\n')
			lines++;
		store("cut.journal", text, i);
		if (!lines) {
			assert_int_equal(journal_reopen(in_folder("cut.journal"), &journal, &back, &why), -EINVAL);
			continue;
		}
		assert_int_equal(journal_reopen(in_folder("cut.journal"), &journal, &back, &why), 0);
		assert_int_equal(back->nr_rounds, lines - 1);
		assert_int_equal(record_add_segment(back, "2025-01-02T03:04:05Z", "b00t"), 0);
		assert_int_equal(journal_add_segment(journal, back, &why), 0);
		add_round(back, 77);
		newest = config_column(&back->config[0], "time_ns")->value[lines - 1];
		assert_int_equal(journal_add_round(journal, back, NULL, NULL, &why), 0);
		journal_close(journal, true);
		record_free(back);
		back = recover_ok("cut.journal");
		assert_int_equal(back->nr_rounds, lines);
		assert_true(config_column(&back->config[0], "time_ns")->value[lines - 1] == newest);
		assert_int_equal(back->nr_segments, 1);
		assert_string_equal(back->segment[0].boot_id, "b00t");
		assert_int_equal(back->segment[0].rounds_before, lines - 1);
		record_free(back);
	}
	assert_int_equal(lines, 4);
	free(text);
	record_free(record);
}

/* One writes, nobody else; a piece that says another number of rounds than there are is refused. */
static void journal_has_one_writer(void **state)
{
	struct record *record = journal_of("run.journal", 2, true), *back = NULL, *none = NULL;
	struct journal *journal, *other;
	struct why why = { "", "" };

	(void)state;
	assert_false(journal_busy(in_folder("run.journal")));
	assert_false(journal_busy(in_folder("nosuch.journal")));
	assert_int_equal(journal_reopen(in_folder("nosuch.journal"), &journal, &none, NULL), -ENOENT);
	assert_int_equal(journal_reopen(in_folder("run.journal"), &journal, &back, &why), 0);
	assert_true(journal_busy(in_folder("run.journal")));
	assert_int_equal(journal_reopen(in_folder("run.journal"), &other, &none, &why), -EBUSY);
	assert_non_null(strstr(why.reason, "still goes on"));
	assert_int_equal(journal_recover(in_folder("run.journal"), &none, NULL), -EBUSY);
	assert_int_equal(record_add_segment(back, "2025-01-02T03:04:05Z", ""), 0);
	back->segment[0].rounds_before = 1;
	assert_int_equal(journal_add_segment(journal, back, &why), 0);
	journal_close(journal, true);
	assert_false(journal_busy(in_folder("run.journal")));
	assert_int_equal(journal_recover(in_folder("run.journal"), &none, NULL), -EINVAL);
	assert_null(none);
	record_free(back);
	record_free(record);
}

static void journal_is_not_replaced(void **state)
{
	struct record *record = journal_of("run.journal", 2, true), *back;
	struct journal *journal = NULL;
	struct why why = { "", "" };

	(void)state;
	record->nr_rounds = 0;
	assert_int_equal(journal_create(in_folder("run.journal"), record, &journal, &why), -EEXIST);
	assert_null(journal);
	assert_non_null(strstr(why.remedy, "zapbench recover"));
	back = recover_ok("run.journal");
	assert_int_equal(back->nr_rounds, 2);
	record_free(back);
	record_free(record);
	record = journal_of("gone.journal", 2, false);
	assert_int_equal(access(in_folder("gone.journal"), F_OK), -1);
	record_free(record);
	journal_close(NULL, true);
}

static const struct broken broken_journals[] = {
	{ "{\"round\":1", "{\"round\":2", ":3: $.round: expected 1, found 2" },
	{ "{\"round\":1", "{\"rounds\":1", ":3:20: duplicate object key near '\"rounds\"'" },
	{ "{\"round\":1", "x\"round\":1", ":3:1: '[' or '{' expected near 'x'" },
	{ "{\"round\":1", "\n{\"round\":1", ":3:0: '[' or '{' expected near end of file" },
	{ "{\"round\":1,\"rounds\":[0]", "{\"round\":1,\"rounds\":[]",
	  ":3: $.rounds: expected 1 values, one a column, found 0" },
	{ "{\"round\":1,\"rounds\":[0],\"configurations\":[[1001.7",
	  "{\"round\":1,\"rounds\":[0],\"configurations\":[[\"\"",
	  ":3: $.configurations[0][0]: expected a number or null, found a string" },
	{ "{\"round\":1,\"rounds\":[0],\"configurations\":[[1001.7,",
	  "{\"round\":1,\"rounds\":[0],\"configurations\":[[",
	  ":3: $.configurations[0]: expected 3 values, one a column, found 2" },
	{ "\"events\":[[", "\"events\":[[[-1,1],",
	  ":2: $.events[0][0]: expected a bin from 0 to 577 and a count of 0 or more" },
	{ "\"events\":[", "\"events\":[null,", ":2: $: expected configurations and events of 2 configurations each" },
	{ "zapbench-journal", "zapbench-record",
	  ": $.schema: expected \"zapbench-journal\", found \"zapbench-record\"" },
};

static void broken_journals_are_refused(void **state)
{
	struct record *record = journal_of("run.journal", 4, true), *back = NULL;
	size_t length;
	char *text = load("run.journal", &length);

	(void)state;
	for (size_t i = 0; i < sizeof(broken_journals) / sizeof(broken_journals[0]); i++) {
		char *bad = replaced(text, broken_journals[i].find, broken_journals[i].replace), all[500];
		struct why why = { "", "" };

		store("bad.journal", bad, strlen(bad));
		assert_int_equal(journal_recover(in_folder("bad.journal"), &back, &why), -EINVAL);
		snprintf(all, sizeof(all), "%s%s", in_folder("bad.journal"), broken_journals[i].message);
		assert_string_equal(why.reason, all);
		assert_null(back);
		free(bad);
	}
	free(text);
	record_free(record);
}

/* A line that did not fit is taken back whole; what comes later is whole again. */
static void journal_on_a_full_disk(void **state)
{
	struct record *record = journal_of("run.journal", 2, true), *back;
	struct journal *journal = NULL;
	struct why why = { "", "" };
	struct stat status;

	(void)state;
	record->nr_rounds = 0;
	limit_files(100);
	assert_int_equal(journal_create(in_folder("full.journal"), record, &journal, &why), -EFBIG);
	limit_files(RLIM_INFINITY);
	assert_int_equal(access(in_folder("full.journal"), F_OK), -1);

	assert_int_equal(journal_create(in_folder("full.journal"), record, &journal, NULL), 0);
	assert_int_equal(stat(in_folder("full.journal"), &status), 0);
	add_round(record, 1);
	for (rlim_t more = 0; more < 60; more += 7) {
		limit_files((rlim_t)status.st_size + more);
		assert_int_equal(journal_add_round(journal, record, NULL, NULL, NULL), -EFBIG);
		limit_files(RLIM_INFINITY);
	}
	assert_int_equal(journal_add_round(journal, record, NULL, NULL, NULL), 0);
	journal_close(journal, true);
	back = recover_ok("full.journal");
	assert_int_equal(back->nr_rounds, 1);
	record_free(back);
	record_free(record);
}

/* ---- summaries ---- */

static void fill(struct record *record, size_t config, const char *name, size_t round, double value)
{
	config_column(&record->config[config], name)->value[round] = value;
}

static void summary_of_samples(void **state)
{
	struct record *record = record_new();
	const struct summary *a, *b;

	(void)state;
	add_config(record, "a", "refault");
	add_config(record, "b", "refault");
	add_config(record, "c", "zap");
	for (int i = 0; i < 101; i++)
		assert_int_equal(record_add_round(record), 0);
	for (size_t i = 0; i < 101; i++) {
		fill(record, 0, "time_ns", i, 4 * (100 + (double)i));
		fill(record, 1, "time_ns", i, 6 * (100 + (double)i));
		fill(record, 0, "faults_minor", i, 4);
	}
	assert_int_equal(record_summarise(record), 0);
	a = &record->config[0].summary;
	b = &record->config[1].summary;
	assert_int_equal(a->rounds, 101);
	assert_true(a->value.value == 150 && a->minimum == 100 && a->p90 == 190 && isnan(a->p99));
	assert_true(a->value.level == 0.95 && a->value.n == 101);
	/* the baseline has no ratio; with one ratio nothing is divided among several */
	assert_true(isnan(a->ratio.value) && !a->undecided);
	assert_true(fabs(b->ratio.value - 1.5) < 1e-12 && fabs(b->ratio.level - 0.95) < 1e-12 && b->ratio.n == 101);
	assert_true(b->ratio.lower > 1 && !b->undecided);
	/* no samples, no figures */
	assert_int_equal(record->config[2].summary.rounds, 0);
	assert_true(isnan(record->config[2].summary.value.value));
	record_free(record);
}

static void medians_of_other_columns(void **state)
{
	double median;
	struct record *record = record_new();
	struct config_result *config = add_config(record, "a", "refault");

	(void)state;
	assert_int_equal(config_declare_column(config, "mapped_bytes", false), 0);
	for (size_t i = 0; i < 9; i++) {
		assert_int_equal(record_add_round(record), 0);
		fill(record, 0, "time_ns", i, 100);
		fill(record, 0, "faults_minor", i, i == 8 ? 5 : 4);
		fill(record, 0, "disturbed", i, i == 7);
		fill(record, 0, "mapped_bytes", i, i >= 7 ? 1e9 : (double)i);
	}
	/* round 7 was disturbed, the sample of round 8 is not valid, and in round 6 it is not known: 0 to 5 are left */
	fill(record, 0, "mapped_bytes", 6, NAN);
	config = &record->config[0];
	assert_int_equal(record_column_median(record, config, config_column(config, "mapped_bytes"), &median), 0);
	assert_true(median == 2.5);
	config->keeps_disturbed = true;
	assert_int_equal(record_column_median(record, config, config_column(config, "mapped_bytes"), &median), 0);
	assert_true(median == 3);
	assert_int_equal(record_column_median(record, config, NULL, &median), 0);
	assert_true(isnan(median));
	record_free(record);
}

/* Evidence about a round excludes all of its samples; evidence about a sample excludes that one and its pairs. */
static void summary_leaves_disturbed_samples_out(void **state)
{
	struct record *record = record_new();
	const struct summary *s;

	(void)state;
	add_config(record, "a", "refault");
	add_config(record, "b", "refault");
	add_config(record, "emulated", "refault")->keeps_disturbed = true;
	assert_int_equal(record_declare_round_column(record, "disturbed", true), 0);
	for (int i = 0; i < 100; i++)
		add_round(record, 400);
	for (size_t i = 0; i < 60; i++)
		fill(record, 1, "time_ns", i, 100);
	/* the first 50 by the round, the next 10 by the baseline's sample, 5 more by b's own */
	for (size_t i = 0; i < 50; i++)
		record_round_column(record, "disturbed")->value[i] = DISTURBED_FREQUENCY;
	for (size_t i = 50; i < 60; i++)
		fill(record, 0, "disturbed", i, DISTURBED_SWITCH);
	for (size_t i = 60; i < 65; i++)
		fill(record, 1, "disturbed", i, DISTURBED_STEAL);
	for (size_t i = 0; i < 100; i++)
		fill(record, 2, "disturbed", i, DISTURBED_SWITCH);
	assert_int_equal(record_summarise(record), 0);
	s = &record->config[0].summary;
	assert_int_equal(s->rounds_left_out, 60);
	assert_int_equal(s->value.n, 40);
	s = &record->config[1].summary;
	assert_int_equal(s->rounds, 100);
	assert_int_equal(s->rounds_left_out, 55);
	assert_int_equal(s->value.n, 45);
	assert_int_equal(s->value_all.n, 100);
	assert_true(s->value_all.value == 25 && s->value.value > 200);
	assert_int_equal(s->ratio.n, 35);
	assert_true(s->ratio.lower > 1.5 && s->ratio_all.lower < 1 && s->undecided);
	assert_true(fabs(s->ratio.level - 0.975) < 1e-12);
	s = &record->config[2].summary;
	assert_int_equal(s->rounds_left_out, 0);
	assert_int_equal(s->value.n, 100);
	assert_int_equal(s->ratio.n, 40);
	record_free(record);
}

/* A disturbed sample says nothing about its neighbours: 20 configurations, each disturbed in rounds of its own. */
static void summary_keeps_clean_samples_beside_disturbed_ones(void **state)
{
	enum { CONFIGS = 20 };
	struct record *record = record_new();
	char name[16];

	(void)state;
	for (size_t i = 0; i < CONFIGS; i++) {
		snprintf(name, sizeof(name), "c%zu", i);
		add_config(record, name, "refault");
	}
	assert_int_equal(record_declare_round_column(record, "disturbed", true), 0);
	for (size_t i = 0; i < 2 * CONFIGS; i++) {
		add_round(record, 400);
		fill(record, i % CONFIGS, "disturbed", i, DISTURBED_SWITCH);
		/* Programs before 1.3 noted the bits of samples with the round too. */
		record_round_column(record, "disturbed")->value[i] = DISTURBED_SWITCH | DISTURBED_MIGRATION;
	}
	assert_int_equal(record_summarise(record), 0);
	for (size_t i = 0; i < CONFIGS; i++) {
		assert_int_equal(record->config[i].summary.rounds_left_out, 2);
		assert_int_equal(record->config[i].summary.value.n, 2 * CONFIGS - 2);
		if (i)
			assert_int_equal(record->config[i].summary.ratio.n, 2 * CONFIGS - 4);
	}
	record_free(record);
}

/* Where samples hold no evidence of their own, the round's is all there is. */
static void summary_without_bits_of_samples_uses_the_rounds(void **state)
{
	struct record *record = record_new();

	(void)state;
	add_config(record, "a", "refault");
	assert_int_equal(record_declare_round_column(record, "disturbed", true), 0);
	for (size_t i = 0; i < 10; i++) {
		add_round(record, 400);
		record_round_column(record, "disturbed")->value[i] = i < 3 ? DISTURBED_SWITCH : 0;
	}
	strcpy(config_column(&record->config[0], "disturbed")->name, "other");
	assert_int_equal(record_summarise(record), 0);
	assert_int_equal(record->config[0].summary.rounds_left_out, 3);
	record_free(record);
}

/* Single events follow the rule of their neighbours, also in records that say otherwise. */
static void summary_of_single_events_leaves_disturbed_samples_out(void **state)
{
	struct record *record = record_new();
	struct config_result *event;

	(void)state;
	add_config(record, "batch", "refault");
	event = add_config(record, "event", "refault");
	event->keeps_disturbed = true;
	event->histogram = histogram_new();
	for (size_t i = 0; i < 40; i++) {
		add_round(record, 400);
		fill(record, 1, "disturbed", i, i < 10 ? DISTURBED_SWITCH : 0);
	}
	assert_int_equal(record_summarise(record), 0);
	assert_int_equal(record->config[1].summary.value.n, 30);
	assert_int_equal(record->config[1].summary.ratio.n, 30);
	record_free(record);
}

/* With too few clean samples for an interval the figure is that of all samples, and is marked. */
static void a_summary_always_has_a_figure_to_show(void **state)
{
	struct record *record = record_new();
	const struct estimate *value, *ratio;
	bool of_all;

	(void)state;
	add_config(record, "a", "refault");
	add_config(record, "b", "refault");
	for (size_t i = 0; i < 40; i++) {
		add_round(record, i < 35 ? 800 : 400);
		fill(record, 1, "disturbed", i, i < 35 ? DISTURBED_SWITCH : 0);
	}
	assert_int_equal(record_summarise(record), 0);
	value = summary_value(&record->config[0].summary, &of_all);
	assert_true(!of_all && value->n == 40);
	/* 5 clean samples have no interval; the verdict did not change, it is missing */
	value = summary_value(&record->config[1].summary, &of_all);
	assert_true(of_all && value->n == 40 && isfinite(value->lower));
	ratio = summary_ratio(&record->config[1].summary, &of_all);
	assert_true(of_all && ratio->n == 40);
	assert_false(record->config[1].summary.undecided);
	/* with every sample disturbed too */
	for (size_t i = 0; i < 40; i++)
		fill(record, 1, "disturbed", i, DISTURBED_MIGRATION);
	assert_int_equal(record_summarise(record), 0);
	assert_true(isnan(record->config[1].summary.value.value));
	assert_true(isfinite(summary_value(&record->config[1].summary, &of_all)->value) && of_all);
	record_free(record);
}

/* Where others take part in the faults: from the least to the most, both included. */
static void summary_takes_faults_within_their_range(void **state)
{
	static const double faults[] = { 3, 4, 9, 10, 11 };
	struct record *record = record_new();
	struct config_result *config;

	(void)state;
	config = add_config(record, "range", "refault");
	config->faults_expected = 4;
	config->faults_expected_max = 10;
	for (size_t i = 0; i < 5; i++) {
		add_round(record, 400);
		fill(record, 0, "faults_minor", i, faults[i]);
	}
	assert_int_equal(record_summarise(record), 0);
	assert_int_equal(record->config[0].summary.samples_invalid, 2);
	assert_int_equal(record->config[0].summary.value.n, 3);
	record_free(record);
}

/* Wrong faults are never a smaller number, and no baseline. */
static void summary_counts_invalid_samples(void **state)
{
	struct record *record = record_new();

	(void)state;
	add_config(record, "bad", "refault");
	add_config(record, "good", "refault");
	add_config(record, "unknown", "refault")->faults_expected = -1;
	for (int i = 0; i < 50; i++)
		add_round(record, 400);
	for (size_t i = 0; i < 30; i++)
		fill(record, 0, "faults_minor", i, 1);
	fill(record, 1, "faults_minor", 0, 3);
	fill(record, 1, "time_ns", 0, 1);
	fill(record, 1, "faults_minor", 1, NAN);
	for (size_t i = 0; i < 50; i++)
		fill(record, 2, "faults_minor", i, (double)i);
	assert_int_equal(record_summarise(record), 0);
	assert_int_equal(record->config[0].summary.samples_invalid, 30);
	assert_int_equal(record->config[0].summary.value.n, 20);
	assert_true(isnan(record->config[0].summary.ratio.value));
	assert_int_equal(record->config[1].summary.samples_invalid, 1);
	assert_true(record->config[1].summary.minimum > 100);
	assert_true(isnan(record->config[1].summary.ratio.value));
	assert_int_equal(record->config[2].summary.samples_invalid, 0);
	/* against "good", in the 49 rounds that both have */
	assert_int_equal(record->config[2].summary.ratio.n, 49);
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

/* ---- */

static int make_folder(void **state)
{
	const char *temporary = getenv("TMPDIR");

	(void)state;
	snprintf(folder, sizeof(folder), "%s/zapbench-record-XXXXXX", temporary ? temporary : "/tmp");
	if (!mkdtemp(folder))
		return -1;
	/* for the test of what nobody may write */
	return chmod(folder, 0755);
}

static int remove_folder(void **state)
{
	DIR *dir = opendir(folder);

	(void)state;
	if (!dir)
		return -1;
	for (struct dirent *entry; (entry = readdir(dir));)
		unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
	return rmdir(folder);
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
		cmocka_unit_test(broken_documents_are_refused),
		cmocka_unit_test(rounds_without_columns),
		cmocka_unit_test(summary_is_not_trusted),
		cmocka_unit_test(unreadable_is_not_written),
		cmocka_unit_test(every_truncation_is_an_error),
		cmocka_unit_test(compressed_is_the_same_until_cut_off),
		cmocka_unit_test(not_even_json),
		cmocka_unit_test(reading_what_is_not_there),
		cmocka_unit_test(mutations_never_crash),
		cmocka_unit_test(figures_are_stored),
		cmocka_unit_test(figures_of_an_old_record),
		cmocka_unit_test(cases_of_an_old_record),
		cmocka_unit_test(memory_runs_out),
		cmocka_unit_test(full_disk_leaves_the_old_file),
		cmocka_unit_test(full_device),
		cmocka_unit_test(standard_streams),
		cmocka_unit_test(read_only_folder),
		cmocka_unit_test(mode_follows_umask),
		cmocka_unit_test(killed_while_writing),
		cmocka_unit_test(latest_points),
		cmocka_unit_test(latest_is_replaced_in_one_step),
		cmocka_unit_test(journal_comes_back),
		cmocka_unit_test(journal_of_no_events),
		cmocka_unit_test(journal_cut_at_every_byte),
		cmocka_unit_test(journal_is_resumed_after_every_byte),
		cmocka_unit_test(journal_has_one_writer),
		cmocka_unit_test(journal_is_not_replaced),
		cmocka_unit_test(broken_journals_are_refused),
		cmocka_unit_test(journal_on_a_full_disk),
		cmocka_unit_test(summary_of_samples),
		cmocka_unit_test(medians_of_other_columns),
		cmocka_unit_test(summary_leaves_disturbed_samples_out),
		cmocka_unit_test(summary_keeps_clean_samples_beside_disturbed_ones),
		cmocka_unit_test(summary_without_bits_of_samples_uses_the_rounds),
		cmocka_unit_test(summary_of_single_events_leaves_disturbed_samples_out),
		cmocka_unit_test(a_summary_always_has_a_figure_to_show),
		cmocka_unit_test(summary_counts_invalid_samples),
		cmocka_unit_test(summary_takes_faults_within_their_range),
		cmocka_unit_test(rows_and_columns),
		cmocka_unit_test(facts_are_found),
	};

	if (argc > 1)
		return write_example(argv[1]);
	return cmocka_run_group_tests_name("record", tests, make_folder, remove_folder);
}
