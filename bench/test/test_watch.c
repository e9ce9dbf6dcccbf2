// SPDX-License-Identifier: GPL-2.0-or-later
/* What is seen of the machine during a run: who reads this process's mappings, and what the rounds tell at the end. */
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench/measure/readers.h"
#include "bench/run/watch.h"

enum { ROUNDS = 80 };

/* Let another process read a file of this one, @name "" for none. */
static void another_process_reads(const char *name)
{
	char path[64], text[4096];
	pid_t parent = getpid(), child = fork();
	int status;

	if (!child) {
		int fd;

		snprintf(path, sizeof(path), "/proc/%d/%s", parent, name);
		fd = open(path, O_RDONLY);
		_exit(fd >= 0 && read(fd, text, sizeof(text)) > 0 ? 0 : 1);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void a_reader_of_smaps_is_seen(void **state)
{
	struct readers *readers = readers_open();

	(void)state;
	if (!readers)
		skip();
	assert_int_equal(readers_count(readers), 0);
	another_process_reads("smaps");
	assert_true(readers_count(readers) > 0);
	assert_int_equal(readers_count(readers), 0); /* each is told once */
	another_process_reads("cmdline");
	assert_true(readers_count(readers) > 0);
	another_process_reads("stat"); /* takes no mmap_lock */
	assert_int_equal(readers_count(readers), 0);
	readers_close(readers);
}

static void without_inotify_nobody_is_seen(void **state)
{
	(void)state;
	assert_int_equal(readers_count(NULL), 0);
	readers_close(NULL);
}

/* A quiet run of 80 rounds of 50 ms on a machine with 4 CPUs. */
static struct record *quiet(void)
{
	struct record *record = record_new();
	struct config_result *config;

	assert_non_null(record);
	assert_int_equal(facts_add_int(&record->environment, "topology", "cpus", 4), 0);
	assert_int_equal(facts_add_real(&record->environment, "load", "one_minute", 0.2), 0);
	assert_int_equal(record_declare_round_column(record, RECORD_COLUMN_DISTURBED, true), 0);
	assert_int_equal(record_declare_round_column(record, "duration_ns", false), 0);
	assert_int_equal(record_declare_round_column(record, RECORD_COLUMN_LOAD, false), 0);
	assert_int_equal(record_declare_round_column(record, RECORD_COLUMN_INTERRUPTS, true), 0);
	config = record_add_config(record);
	assert_non_null(config);
	assert_int_equal(config_declare_column(config, RECORD_COLUMN_DISTURBED, true), 0);
	for (size_t i = 0; i < ROUNDS; i++) {
		assert_int_equal(record_add_round(record), 0);
		record_round_column(record, RECORD_COLUMN_DISTURBED)->value[i] = 0;
		record_round_column(record, "duration_ns")->value[i] = 50e6 * (1 + (double)(i % 7) / 20);
		record_round_column(record, RECORD_COLUMN_LOAD)->value[i] = 1.1;
		record_round_column(record, RECORD_COLUMN_INTERRUPTS)->value[i] = 15;
		config_column(&record->config[0], RECORD_COLUMN_DISTURBED)->value[i] = i % 9 ? 0 : DISTURBED_SWITCH;
	}
	return record;
}

/* The only warning is @code; "": there is none. */
static void warns(struct record *record, const char *code, const char *text)
{
	assert_int_equal(watch_warn(record, 3), 0);
	if (!code[0]) {
		assert_int_equal(record->nr_warnings, 0);
	} else {
		assert_int_equal(record->nr_warnings, 1);
		assert_string_equal(record->warning[0].code, code);
		if (!strstr(record->warning[0].text, text))
			fail_msg("'%s' does not say '%s'", record->warning[0].text, text);
	}
	record_free(record);
}

static void a_quiet_run_has_no_warning(void **state)
{
	struct record *record = quiet();

	(void)state;
	/* One long round is none, nor are two that are not known. */
	record_round_column(record, "duration_ns")->value[40] = 9e9;
	record_round_column(record, RECORD_COLUMN_LOAD)->value[3] = NAN;
	record_round_column(record, RECORD_COLUMN_INTERRUPTS)->value[3] = NAN;
	warns(record, "", "");
}

static void rounds_that_take_half_as_long_again_warn(void **state)
{
	struct record *record = quiet();

	(void)state;
	for (size_t i = 50; i < ROUNDS; i++)
		record_round_column(record, "duration_ns")->value[i] *= 1.6;
	warns(record, "round-duration", "a round took 0.096 s in one part of the run and 0.055 s");
}

static void a_load_that_rises_warns(void **state)
{
	struct record *record = quiet();

	(void)state;
	record_round_column(record, RECORD_COLUMN_LOAD)->value[70] = 3.5;
	warns(record, "load-rose", "from 0.2 to 3.5 during the run");
	record = quiet();
	record_round_column(record, RECORD_COLUMN_LOAD)->value[70] = 2.9; /* 1 of it is the run */
	warns(record, "", "");
}

static void interrupts_that_come_in_bursts_warn(void **state)
{
	struct record *record = quiet();

	(void)state;
	for (size_t i = 0; i < 20; i++)
		record_round_column(record, RECORD_COLUMN_INTERRUPTS)->value[i] = 1500;
	warns(record, "interrupts", "CPU 3 took");
}

static void a_frequency_that_changes_warns(void **state)
{
	struct record *record = quiet();

	(void)state;
	for (size_t i = 0; i < 4; i++)
		record_round_column(record, RECORD_COLUMN_DISTURBED)->value[i * 11] = DISTURBED_FREQUENCY;
	warns(record, "frequency-changed", "in 4 of 80 rounds");
}

static void samples_that_slept_or_were_read_warn(void **state)
{
	struct record *record = quiet();

	(void)state;
	for (size_t i = 0; i < 5; i++)
		config_column(&record->config[0], RECORD_COLUMN_DISTURBED)->value[i] =
			DISTURBED_SLEEP | DISTURBED_SWITCH;
	warns(record, "lock-held", "for example mmap_lock, in 5 of 80 samples");
	record = quiet();
	for (size_t i = 0; i < 5; i++)
		config_column(&record->config[0], RECORD_COLUMN_DISTURBED)->value[i] = DISTURBED_READER;
	warns(record, "mappings-read", "in 5 of 80 samples");
}

static void few_rounds_and_older_records_say_nothing(void **state)
{
	struct record *record = quiet();

	(void)state;
	record->nr_rounds = 9;
	record_round_column(record, "duration_ns")->value[8] = 9e9;
	warns(record, "", "");
	record = record_new();
	assert_non_null(record);
	warns(record, "", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reader_of_smaps_is_seen),
		cmocka_unit_test(without_inotify_nobody_is_seen),
		cmocka_unit_test(a_quiet_run_has_no_warning),
		cmocka_unit_test(rounds_that_take_half_as_long_again_warn),
		cmocka_unit_test(a_load_that_rises_warns),
		cmocka_unit_test(interrupts_that_come_in_bursts_warn),
		cmocka_unit_test(a_frequency_that_changes_warns),
		cmocka_unit_test(samples_that_slept_or_were_read_warn),
		cmocka_unit_test(few_rounds_and_older_records_say_nothing),
	};

	return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
