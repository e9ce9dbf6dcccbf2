// SPDX-License-Identifier: GPL-2.0-or-later
/* Journals: what is kept while a run goes on. */
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
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/record/record.h"
#include "bench/test/fixtures/records.h"

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

	struct journal_damage damage;

	if (journal_recover(in_folder(name), &record, &damage, &why))
		fail_msg("%s", why.reason);
	if (damage.lines)
		fail_msg("%s", damage.first[0].reason);
	assert_int_equal(record_summarise(record), 0);
	return record;
}

/* The journal without its checksums, as 0.1.0 wrote them: so that what stands in a line is what is refused. */
static void drop_checksums(char *text)
{
	char *to = text;

	for (const char *from = text; *from;) {
		if (!strncmp(from, ",\"crc32\":", 9))
			from += 9 + strspn(from + 9, "0123456789");
		else
			*to++ = *from++;
	}
	*to = '\0';
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
		struct journal_damage damage;
		struct why why = { "", "" };
		int err;

		if (i && text[i - 1] == '\n')
			lines++;
		store("cut.journal", text, i);
		back = NULL;
		err = journal_recover(in_folder("cut.journal"), &back, &damage, &why);
		if (!lines) {
			assert_int_equal(err, -EINVAL);
			assert_non_null(strstr(why.reason, ":1: the first line is incomplete"));
			continue;
		}
		assert_int_equal(err, 0);
		assert_int_equal(damage.lines, 0);
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

/* A pipe has no writer: opening it waits; a device has no end. SIGALRM ends the test then. */
static void a_pipe_is_no_journal(void **state)
{
	struct journal_damage damage;
	struct record *record = NULL;
	struct why why = { "", "" };

	(void)state;
	assert_int_equal(mkfifo(in_folder("pipe.journal"), 0600), 0);
	alarm(10);
	assert_false(journal_busy(in_folder("pipe.journal")));
	assert_int_equal(journal_recover(in_folder("pipe.journal"), &record, &damage, &why), -EINVAL);
	assert_non_null(strstr(why.reason, "expected a file, found a pipe or a device"));
	assert_int_equal(journal_recover("/dev/zero", &record, &damage, NULL), -EINVAL);
	store("huge.journal", "", 0);
	assert_int_equal(truncate(in_folder("huge.journal"), ((off_t)1 << 30) + 1), 0);
	why.reason[0] = '\0';
	assert_int_equal(journal_recover(in_folder("huge.journal"), &record, &damage, &why), -EINVAL);
	assert_non_null(strstr(why.reason, "expected a journal of at most 1 GiB, found 1024 MiB"));
	alarm(0);
	unlink(in_folder("pipe.journal"));
}

/* One writes, nobody else; a piece that says another number of rounds than there are is refused. */
static void journal_has_one_writer(void **state)
{
	struct record *record = journal_of("run.journal", 2, true), *back = NULL, *none = NULL;
	struct journal *journal, *other;
	struct journal_damage damage;
	struct why why = { "", "" };

	(void)state;
	assert_false(journal_busy(in_folder("run.journal")));
	assert_false(journal_busy(in_folder("nosuch.journal")));
	assert_int_equal(journal_reopen(in_folder("nosuch.journal"), &journal, &none, NULL), -ENOENT);
	assert_int_equal(journal_reopen(in_folder("run.journal"), &journal, &back, &why), 0);
	assert_true(journal_busy(in_folder("run.journal")));
	assert_int_equal(journal_reopen(in_folder("run.journal"), &other, &none, &why), -EBUSY);
	assert_non_null(strstr(why.reason, "is still running"));
	assert_int_equal(journal_recover(in_folder("run.journal"), &none, &damage, NULL), -EBUSY);
	assert_int_equal(record_add_segment(back, "2025-01-02T03:04:05Z", ""), 0);
	back->segment[0].rounds_before = 1;
	assert_int_equal(journal_add_segment(journal, back, &why), 0);
	journal_close(journal, true);
	assert_false(journal_busy(in_folder("run.journal")));
	assert_int_equal(journal_reopen(in_folder("run.journal"), &journal, &none, NULL), -EINVAL);
	assert_null(none);
	record_free(back);
	assert_int_equal(journal_recover(in_folder("run.journal"), &back, &damage, NULL), 0);
	assert_int_equal(damage.lines, 1);
	assert_non_null(strstr(damage.first[0].reason, ":4: $.piece: expected 2 or more rounds before it, found 1"));
	assert_int_equal(back->nr_rounds, 2);
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

/* Nobody goes on with them. */
static void broken_journals_are_refused(void **state)
{
	struct record *record = journal_of("run.journal", 4, true), *back = NULL;
	struct journal *journal;
	size_t length;
	char *text = load("run.journal", &length);

	(void)state;
	drop_checksums(text);
	for (size_t i = 0; i < sizeof(broken_journals) / sizeof(broken_journals[0]); i++) {
		char *bad = replaced(text, broken_journals[i].find, broken_journals[i].replace), all[500];
		struct why why = { "", "" };

		store("bad.journal", bad, strlen(bad));
		assert_int_equal(journal_reopen(in_folder("bad.journal"), &journal, &back, &why), -EINVAL);
		snprintf(all, sizeof(all), "%s%s", in_folder("bad.journal"), broken_journals[i].message);
		assert_string_equal(why.reason, all);
		if (!strstr(why.reason, "$.schema"))
			assert_non_null(strstr(why.remedy, "zapbench recover"));
		assert_null(back);
		free(bad);
	}
	free(text);
	record_free(record);
}

/* The rounds of @back from @place on are those of @record from @from on. */
static void assert_rounds_from(const struct record *back, size_t place, const struct record *record, size_t from)
{
	for (size_t i = 0; place + i < back->nr_rounds; i++) {
		double got = config_column(&back->config[1], "time_ns")->value[place + i];
		double right = config_column(&record->config[1], "time_ns")->value[from + i];

		assert_true(got == right || (isnan(got) && isnan(right)));
	}
}

/* One line is damaged, at any byte and by any change: the others stay, and the line is named. */
static void one_damaged_line_costs_one_round(void **state)
{
	struct record *record = journal_of("run.journal", 5, true), *back;
	size_t length, end, begin;
	char *text = load("run.journal", &length), *line;
	static const char changes[] = { '\0', '7', '}', ' ', '"', '\xff' };

	(void)state;
	line = strstr(text, "{\"round\":2");
	begin = (size_t)(line - text);
	end = begin + strcspn(line, "\n");
	for (size_t i = begin; i < end; i++) {
		for (size_t j = 0; j < sizeof(changes); j++) {
			struct journal_damage damage;
			struct why why = { "", "" };
			char was = text[i], where[300];

			if (was == changes[j])
				continue;
			text[i] = changes[j];
			store("bad.journal", text, length);
			text[i] = was;
			assert_int_equal(journal_recover(in_folder("bad.journal"), &back, &damage, &why), 0);
			/* A change in the name of the checksum alone leaves the round as it was. */
			if (back->nr_rounds == 5) {
				assert_int_equal(damage.lines, 0);
				assert_rounds_from(back, 0, record, 0);
				record_free(back);
				continue;
			}
			assert_int_equal(damage.lines, 1);
			snprintf(where, sizeof(where), "%s:4:", in_folder("bad.journal"));
			assert_memory_equal(damage.first[0].reason, where, strlen(where));
			assert_int_equal(back->nr_rounds, 4);
			assert_rounds_from(back, 2, record, 3);
			assert_true(histogram_total(back->config[0].histogram) == 16.0);
			record_free(back);
		}
	}
	free(text);
	record_free(record);
}

/* A zeroed part of the file swallows lines; a line that was taken out leaves a gap; one that is there twice is one. */
static void lost_and_doubled_lines(void **state)
{
	struct record *record = journal_of("run.journal", 5, true), *back;
	struct journal_damage damage;
	size_t length;
	char *text = load("run.journal", &length), *second, *fourth, *copy;

	(void)state;
	second = strstr(text, "{\"round\":1");
	fourth = strstr(text, "{\"round\":3");
	assert_true(asprintf(&copy, "%.*s%s", (int)(second - text), text, fourth) > 0);
	store("bad.journal", copy, strlen(copy));
	assert_int_equal(journal_recover(in_folder("bad.journal"), &back, &damage, NULL), 0);
	assert_int_equal(back->nr_rounds, 3);
	assert_int_equal(damage.lines, 1);
	assert_non_null(strstr(damage.first[0].reason, ":3: $.round: expected 1, found 3"));
	assert_rounds_from(back, 1, record, 3);
	record_free(back);
	free(copy);

	assert_true(asprintf(&copy, "%.*s%s", (int)(fourth - text), text, second) > 0);
	store("bad.journal", copy, strlen(copy));
	assert_int_equal(journal_recover(in_folder("bad.journal"), &back, &damage, NULL), 0);
	assert_int_equal(back->nr_rounds, 5);
	assert_int_equal(damage.lines, 2);
	assert_non_null(strstr(damage.first[1].reason, ":6: $.round: expected 3 or more, found 2"));
	assert_rounds_from(back, 0, record, 0);
	record_free(back);
	free(copy);

	memset(second + 10, 0, (size_t)(fourth - second) + 10);
	store("bad.journal", text, length);
	assert_int_equal(journal_recover(in_folder("bad.journal"), &back, &damage, NULL), 0);
	assert_int_equal(back->nr_rounds, 2);
	assert_int_equal(damage.lines, 1);
	assert_rounds_from(back, 1, record, 4);
	record_free(back);
	free(text);
	record_free(record);
}

/* Without the first line nobody knows what the numbers of the others are. */
static void a_damaged_first_line_says_what_is_lost(void **state)
{
	struct record *record = journal_of("run.journal", 3, true), *back = NULL;
	struct journal_damage damage;
	struct why why = { "", "" };
	size_t length;
	char *text = load("run.journal", &length), *seed;

	(void)state;
	text[1] = 'x';
	store("bad.journal", text, length);
	assert_int_equal(journal_recover(in_folder("bad.journal"), &back, &damage, &why), -EINVAL);
	assert_non_null(strstr(why.reason, ":1:"));
	assert_non_null(strstr(why.remedy,
			       "measure again: the damaged first line names the configurations and columns, "
			       "and the 3 lines after it cannot be read without it"));
	assert_null(back);
	/* A line that is still JSON, and says something else. */
	text[1] = '"';
	seed = strstr(text, "\"seed\":\"") + strlen("\"seed\":\"");
	assert_true(seed < strchr(text, '\n'));
	*seed = *seed == '1' ? '2' : '1';
	why = (struct why){ "", "" };
	store("bad.journal", text, length);
	assert_int_equal(journal_recover(in_folder("bad.journal"), &back, &damage, &why), -EINVAL);
	assert_non_null(strstr(why.reason, ":1: "));
	assert_non_null(strstr(why.reason, "the line was changed"));
	assert_non_null(strstr(why.remedy, "the damaged first line"));
	assert_null(back);
	/* What is no journal at all has lost nothing. */
	why = (struct why){ "", "" };
	store("bad.journal", "x\n}\n", 4);
	assert_int_equal(journal_recover(in_folder("bad.journal"), &back, &damage, &why), -EINVAL);
	assert_string_equal(why.remedy, "");
	free(text);
	record_free(record);
}

/* A hole in a file reads as a line of zeros, which may be long. */
static void a_long_line_takes_no_memory(void **state)
{
	struct record *record = journal_of("run.journal", 4, true), *back;
	struct journal_damage damage;
	const off_t hole = (off_t)20 << 20;
	struct journal *journal = NULL;
	struct why why = { "", "" };
	size_t length, before;
	char *text = load("run.journal", &length), *third;
	FILE *file;

	(void)state;
	third = strstr(text, "{\"round\":2");
	before = (size_t)(third - text);
	file = fopen(in_folder("hole.journal"), "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, before, file), before);
	assert_int_equal(fseeko(file, hole, SEEK_CUR), 0);
	assert_int_equal(fprintf(file, "\n%s", strchr(third, '\n') + 1) > 0, true);
	fclose(file);
	assert_int_equal(journal_recover(in_folder("hole.journal"), &back, &damage, NULL), 0);
	assert_int_equal(back->nr_rounds, 3);
	assert_int_equal(damage.lines, 1);
	assert_non_null(strstr(damage.first[0].reason, ":4: expected a line of at most 16 MiB, found 20 MiB"));
	record_free(back);
	assert_int_equal(journal_reopen(in_folder("hole.journal"), &journal, &back, &why), -EINVAL);
	assert_non_null(strstr(why.reason, ":4: expected a line of at most 16 MiB"));
	/* Nor is such a line written. */
	free(record->command_line);
	record->command_line = memset(malloc((size_t)hole), 'x', (size_t)hole);
	record->command_line[hole - 1] = '\0';
	record->nr_rounds = 0;
	why = (struct why){ "", "" };
	assert_int_equal(journal_create(in_folder("long.journal"), record, &journal, &why), -EMSGSIZE);
	assert_non_null(strstr(why.reason, "over 16 MiB"));
	assert_non_null(strstr(why.remedy, "fewer configurations"));
	assert_int_equal(access(in_folder("long.journal"), F_OK), -1);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(journal_comes_back),          cmocka_unit_test(journal_of_no_events),
		cmocka_unit_test(journal_cut_at_every_byte),   cmocka_unit_test(journal_is_resumed_after_every_byte),
		cmocka_unit_test(a_pipe_is_no_journal),        cmocka_unit_test(journal_has_one_writer),
		cmocka_unit_test(journal_is_not_replaced),     cmocka_unit_test(broken_journals_are_refused),
		cmocka_unit_test(journal_on_a_full_disk),      cmocka_unit_test(one_damaged_line_costs_one_round),
		cmocka_unit_test(lost_and_doubled_lines),      cmocka_unit_test(a_damaged_first_line_says_what_is_lost),
		cmocka_unit_test(a_long_line_takes_no_memory),
	};

	return cmocka_run_group_tests_name("journal", tests, make_folder, remove_folder);
}
