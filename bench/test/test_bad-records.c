// SPDX-License-Identifier: GPL-2.0-or-later
/* Files that are no records are refused, with what was expected and where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <zlib.h>

#include "bench/record/record.h"
#include "bench/test/fixtures/records.h"

#define MUTATIONS 20000

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
	{ "\"disturbed\": [0,0]", "\"disturbed\": [0,-1]",
	  ": $.rounds.samples.disturbed[1]: expected a whole number of 0 to 4294967295, found -1" },
	{ "\"disturbed\": [0,0]", "\"disturbed\": [1e10,0]",
	  ": $.rounds.samples.disturbed[0]: expected a whole number of 0 to 4294967295, found 1e+10" },
	{ "\"disturbed\": [0,0]", "\"loop_variant\": [0.5,0]",
	  ": $.rounds.samples.loop_variant[0]: expected a whole number of 0 to 9007199254740992, found 0.5" },
	{ "\"configurations\": [", "\"configurations\": [3,",
	  ": $.configurations[0]: expected an object, found an integer" },
	{ "\"name\": \"b\"", "\"name\": \"a\"",
	  ": $.configurations[1].name: expected a unique name, found \"a\" again" },
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
	  "{\"unit\":\"ns\",\"first_edge_ns\":1,\"bins_per_octave\":16,\"bins_total\":578,\"bins\":[[5,1e300]]}",
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
	assert_non_null(strstr(why.reason, "$.configurations[1].name: expected a unique name, found \"a\" again"));
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

/* What reads a record may compare each row with each other. */
static void rows_are_bounded(void **state)
{
	static const struct {
		const char *rows, *message;
	} much[] = { { "labels", ": $.labels: expected at most 1000, found 1001" },
		     { "warnings", ": $.warnings: expected at most 1000, found 1001" } };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct record *record = small_record();
		struct why why = { "", "" };
		char all[500];

		for (int j = 0; j < (i ? 1001 : 1000); j++)
			assert_int_equal(record_add_warning(record, "code", "text", ""), 0);
		for (int j = 0; j < (i ? 0 : 1000); j++)
			assert_int_equal(record_add_label(record, "key", "value"), 0);
		assert_int_equal(record_check(record, "x", &why), -EINVAL);
		snprintf(all, sizeof(all), "x%s", much[i].message);
		assert_string_equal(why.reason, all);
		record_free(record);
	}
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
	struct journal_damage damage;

	(void)state;
	assert_int_equal(record_read("/nonexistent/x.json", &record, &why), -ENOENT);
	assert_string_equal(why.reason, "/nonexistent/x.json: No such file or directory");
	assert_int_equal(record_read(folder, &record, &folder_why), -EISDIR);
	assert_non_null(strstr(folder_why.reason, "Is a directory"));
	assert_int_equal(journal_recover("/nonexistent/x.journal", &record, &damage, NULL), -ENOENT);
	assert_int_equal(journal_recover(folder, &record, &damage, NULL), -EISDIR);
	assert_null(record);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(broken_documents_are_refused),
		cmocka_unit_test(rounds_without_columns),
		cmocka_unit_test(summary_is_not_trusted),
		cmocka_unit_test(unreadable_is_not_written),
		cmocka_unit_test(every_truncation_is_an_error),
		cmocka_unit_test(compressed_is_the_same_until_cut_off),
		cmocka_unit_test(not_even_json),
		cmocka_unit_test(rows_are_bounded),
		cmocka_unit_test(reading_what_is_not_there),
		cmocka_unit_test(mutations_never_crash),
	};

	return cmocka_run_group_tests_name("bad-records", tests, make_folder, remove_folder);
}
