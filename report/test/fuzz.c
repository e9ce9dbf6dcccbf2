// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Hostile input for libFuzzer: make fuzz. The environment names the target:
 *
 *   FUZZ=record       a results file: read, checked, summarised, printed, written, exported in every format
 *   FUZZ=journal      a journal: recovered, summarised, written
 *   FUZZ=comparison   two results files, with a line of two slashes between them: compared
 *   FUZZ=index        statements of SQL, executed on the index of a history: opened, all runs, series and points read
 *   FUZZ=options      words of a sweep, numbers and a command line to complete, one per line
 *
 * Nothing is asserted but what the sanitizers see, that a text that was read is printable, and that what was read can
 * be written. Files are in memory (memfd), those of an index in TMPDIR.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <jansson.h>
#include <sqlite3.h>

#include "bench/base/params.h"
#include "bench/base/text.h"
#include "bench/cli/cli.h"
#include "report/analysis/compare.h"
#include "report/export/export.h"
#include "report/history/index.h"
#include "report/render/table.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static FILE *null;
static char folder[128];
static void (*target)(const uint8_t *data, size_t size);

static void expect(bool condition, const char *promise)
{
	if (condition)
		return;
	fprintf(stderr, "broken promise: %s\n", promise);
	abort();
}

/* A file with this content; the path is good until close_file(). */
struct file {
	int fd;
	char path[64];
};

static void open_file(struct file *file, const void *data, size_t size)
{
	file->fd = memfd_create("fuzz", MFD_CLOEXEC);
	expect(file->fd >= 0 && write(file->fd, data, size) == (ssize_t)size, "there is memory for a file");
	snprintf(file->path, sizeof(file->path), "/proc/self/fd/%d", file->fd);
}

/* A reason is one line that a terminal can take. */
static void expect_reason(int err, const struct why *why)
{
	expect(err < 0, "an error is negative");
	expect(err == -ENOMEM || why->reason[0], "an error has a reason");
	expect(!strchr(why->reason, '\n'), "a reason is one line");
}

static struct record *read_file(const void *data, size_t size,
				int (*read)(const char *, struct record **, struct why *))
{
	struct why why = { "", "" };
	struct record *record = NULL;
	struct file file;
	int err;

	open_file(&file, data, size);
	err = read(file.path, &record, &why);
	close(file.fd);
	if (err) {
		expect_reason(err, &why);
		return NULL;
	}
	if (record_summarise(record)) {
		record_free(record);
		return NULL;
	}
	return record;
}

static void use(struct record *record)
{
	struct why why = { "", "" };

	expect(!record_write(record, "/dev/null", &why), "a record that was read can be written");
	table_print(record, TABLE_COLUMNS, null);
}

static void fuzz_record(const uint8_t *data, size_t size)
{
	struct record *record = read_file(data, size, record_read);
	struct run_set set = { .path = (char *)"fuzz", .record = &record, .nr_records = 1 };

	if (!record)
		return;
	use(record);
	for (size_t i = 0; export_formats[i]; i++) {
		struct why why = { "", "" };
		size_t dropped;
		int err = export_write(export_formats[i], &set, "/dev/null", &dropped, &why);

		if (err)
			expect_reason(err, &why);
	}
	record_free(record);
}

static int recover(const char *path, struct record **record, struct why *why)
{
	struct journal_damage damage;
	int err = journal_recover(path, record, &damage, why);

	for (size_t i = 0; !err && i < damage.lines && i < JOURNAL_DAMAGE_NAMED; i++)
		expect_reason(-EINVAL, &damage.first[i]);
	return err;
}

static void fuzz_journal(const uint8_t *data, size_t size)
{
	struct record *record = read_file(data, size, recover);

	if (record)
		use(record);
	record_free(record);
}

static void fuzz_comparison(const uint8_t *data, size_t size)
{
	static const struct compare_options options = { .threshold_percent = 1, .override = ~0U };
	const uint8_t *end = memmem(data, size, "\n//\n", 4);
	struct record *record[2];
	struct run_set set[2];
	struct comparison comparison;
	struct why why = { "", "" };
	int err;

	if (!end)
		return;
	record[0] = read_file(data, (size_t)(end - data), record_read);
	record[1] = read_file(end + 4, size - (size_t)(end - data) - 4, record_read);
	for (int i = 0; i < 2; i++)
		set[i] = (struct run_set){ .path = (char *)"fuzz", .record = &record[i], .nr_records = 1 };
	if (record[0] && record[1]) {
		err = compare_run_sets(&set[0], &set[1], &options, &comparison, &why);
		if (err)
			expect_reason(err, &why);
		else
			comparison_write(&comparison, null);
		comparison_free(&comparison);
	}
	record_free(record[0]);
	record_free(record[1]);
}

static void read_index(struct index *index)
{
	const struct history_series *series;
	const struct history_run *run;
	size_t runs, count;
	struct why why = { "", "" };
	int64_t number;

	index_count(index, &number, &why);
	if (index_runs(index, &run, &runs, &why) || index_series(index, &series, &count, &why))
		return;
	for (size_t i = 0; i < count; i++) {
		struct history_points points;

		if (index_points(index, &series[i], &points, &why))
			continue;
		for (size_t j = 0; j < points.count; j++)
			expect(points.run[j] < runs, "a point is of a run that is there");
		history_points_free(&points);
	}
}

static void fuzz_index(const uint8_t *data, size_t size)
{
	struct why why = { "", "" };
	struct index *index = NULL;
	char path[160], *statements = strndup((const char *)data, size);
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/index.db", folder);
	unlink(path);
	expect(statements && !index_open(folder, &index, &why), "an index can be made");
	index_close(index);
	expect(sqlite3_open(path, &db) == SQLITE_OK, "SQLite opens it");
	/* Statements that do much work are not what is looked for; ATTACH would write elsewhere. */
	sqlite3_limit(db, SQLITE_LIMIT_LENGTH, 1 << 16);
	sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_limit(db, SQLITE_LIMIT_VDBE_OP, 5000);
	if (!strcasestr(statements, "recursive") && !strcasestr(statements, "vacuum") &&
	    !strcasestr(statements, "pragma"))
		sqlite3_exec(db, statements, NULL, NULL, NULL);
	sqlite3_close(db);
	free(statements);
	if (index_open(folder, &index, &why))
		return;
	read_index(index);
	index_close(index);
}

static void fuzz_options(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size), *rest = text, *line, *words[16];
	int count = 0;

	expect(text, "there is memory for a text");
	while ((line = strsep(&rest, "\n"))) {
		struct sweep sweep = { 0 };
		struct why why = { "", "" };
		double value;

		if (sweep_parse(&sweep, line, &why))
			expect_reason(-EINVAL, &why);
		take_size("size", line, 0, 1e12, &value, &why);
		if (count < 16)
			words[count++] = line;
	}
	complete(count, words, null);
	free(text);
}

static void remove_folder(void)
{
	static const char *const names[] = { "index.db", "index.db-wal", "index.db-shm", "index.db-journal" };
	char path[160];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const struct {
		const char *name;
		void (*run)(const uint8_t *data, size_t size);
	} targets[] = { { "record", fuzz_record },
			{ "journal", fuzz_journal },
			{ "comparison", fuzz_comparison },
			{ "index", fuzz_index },
			{ "options", fuzz_options } };
	const char *name = getenv("FUZZ"), *temporary = getenv("TMPDIR");

	(void)argc;
	(void)argv;
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		if (name && !strcmp(name, targets[i].name))
			target = targets[i].run;
	}
	if (!target) {
		fprintf(stderr, "fuzz: FUZZ: expected record, journal, comparison, index or options\n");
		exit(2);
	}
	/* Jansson draws one per process: then the same inputs would not be met by the same comparisons. */
	json_object_seed(1);
	null = fopen("/dev/null", "w");
	snprintf(folder, sizeof(folder), "%.80s/zapbench-fuzz-XXXXXX", temporary ? temporary : "/tmp");
	expect(null && mkdtemp(folder), "there is a scratch folder");
	atexit(remove_folder);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	target(data, size);
	return 0;
}
