// SPDX-License-Identifier: GPL-2.0-or-later
/* The order of runs whatever clocks say, and one state of the index whatever others add. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bench/base/file.h"
#include "bench/base/text.h"
#include "report/history/findings.h"
#include "report/history/history.h"
#include "report/history/index.h"
#include "report/test/simulated.h"

#define CONFIGURATION "refault/memfd/eager/page/1M"

static char folder[] = "/tmp/test_history-XXXXXX";
static const struct history_listener listener = { NULL, NULL, NULL, NULL };

/* The file of a run at @date; its number tells runs apart. */
static char *result_of(unsigned int number, const char *date, const char *board)
{
	const struct simulation s = { .rng = gsl_rng_alloc(gsl_rng_mt19937), .rounds = 5, .round_sigma = 0.001 };
	struct record *record = simulated_record(number);
	const double base_ns = 100 + number;
	struct why why = { "", "" };
	char *path;

	gsl_rng_set(s.rng, number + 1);
	simulated_config(record, CONFIGURATION);
	free(record->started_at);
	record->started_at = copied(date);
	must(!record_add_label(record, "board", board));
	simulate(&s, record, &base_ns);
	must(asprintf(&path, "%s/%u.json", folder, number) > 0);
	if (record_write(record, path, &why))
		fail_msg("%s", why.reason);
	record_free(record);
	gsl_rng_free(s.rng);
	return path;
}

static struct history *opened(const char *name, enum history_use use)
{
	struct history *history;
	struct why why = { "", "" };
	char *path;

	must(asprintf(&path, "%s/%s", folder, name) > 0);
	if (history_open(path, use, &listener, &history, &why))
		fail_msg("%s", why.reason);
	free(path);
	return history;
}

static struct history_added put(struct history *history, unsigned int number, const char *date, const char *board,
				bool by_date)
{
	const struct history_adding how = { .by_date = by_date };
	struct history_added added;
	struct why why = { "", "" };
	char *path = result_of(number, date, board);

	if (history_add(history, path, &how, &added, &why))
		fail_msg("%s", why.reason);
	free(path);
	return added;
}

/* One run, added by a process of its own. */
static struct history_added add(const char *name, unsigned int number, const char *date)
{
	struct history *history = opened(name, HISTORY_ADD);
	struct history_added added = put(history, number, date, "one", false);

	history_close(history);
	return added;
}

static void expect_dates(const char *name, const char *const *date, size_t count)
{
	struct history *history = opened(name, HISTORY_READ);
	const struct history_run *run;
	struct why why = { "", "" };
	size_t runs;

	assert_int_equal(history_runs(history, &run, &runs, &why), 0);
	assert_int_equal(runs, count);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(run[i].date, date[i]);
	history_close(history);
}

#define EXPECT_DATES(name, ...)                                            \
	do {                                                               \
		static const char *const dates[] = { __VA_ARGS__ };        \
                                                                           \
		expect_dates(name, dates, sizeof(dates) / sizeof(*dates)); \
	} while (0)

static void a_clock_that_is_behind_keeps_the_order(void **state)
{
	(void)state;
	assert_string_equal(add("behind", 1, "2026-01-01T02:00:00Z").clock, "");
	assert_string_equal(add("behind", 2, "2026-01-02T02:00:00Z").clock, "");
	assert_non_null(strstr(add("behind", 3, "2024-05-01T02:00:00Z").clock, "is behind: 2024-05-01"));
	assert_non_null(strstr(add("behind", 4, "2024-05-01T01:00:00Z").clock, "is behind"));
	assert_string_equal(add("behind", 5, "2026-01-05T02:00:00Z").clock, "");
	EXPECT_DATES("behind", "2026-01-01T02:00:00Z", "2026-01-02T02:00:00Z", "2024-05-01T02:00:00Z",
		     "2024-05-01T01:00:00Z", "2026-01-05T02:00:00Z");
	history_close(opened("behind", HISTORY_REBUILD));
	EXPECT_DATES("behind", "2026-01-01T02:00:00Z", "2026-01-02T02:00:00Z", "2024-05-01T02:00:00Z",
		     "2024-05-01T01:00:00Z", "2026-01-05T02:00:00Z");
}

static void a_clock_that_is_ahead_is_said_and_changes_no_order(void **state)
{
	(void)state;
	add("ahead", 1, "2026-01-01T02:00:00Z");
	assert_non_null(strstr(add("ahead", 2, "2099-01-01T02:00:00Z").clock, "is ahead: 2099"));
	add("ahead", 3, "2026-01-03T02:00:00Z");
	add("ahead", 4, "2026-01-04T02:00:00Z");
	EXPECT_DATES("ahead", "2026-01-01T02:00:00Z", "2099-01-01T02:00:00Z", "2026-01-03T02:00:00Z",
		     "2026-01-04T02:00:00Z");
}

/* Nothing can draw the 13th month: it would end every dashboard to come. */
static void a_date_that_is_none_is_that_of_the_file(void **state)
{
	static const char *const no_date[] = { "2026-13-01T02:00:00Z",  "2026-01-32T02:00:00Z",
					       "2026-01-01T25:00:00Z",  "2026-01-01",
					       "2026-01-01T02:00:00Z+", "2026-01-01T02:00:00.5.5Z" };
	const struct history_run *run;
	struct history *history;
	struct why why = { "", "" };
	size_t count;

	(void)state;
	for (unsigned int i = 0; i < sizeof(no_date) / sizeof(*no_date); i++)
		add("none", i + 1, no_date[i]);
	history = opened("none", HISTORY_READ);
	must(!history_runs(history, &run, &count, &why) && count == sizeof(no_date) / sizeof(*no_date));
	for (size_t i = 0; i < count; i++)
		assert_in_range(seconds_of_date(run[i].date), (uintmax_t)time(NULL) - 3600, (uintmax_t)time(NULL) + 1);
	history_close(history);
}

static void old_results_are_added_by_their_dates(void **state)
{
	struct history *history = opened("old", HISTORY_ADD);

	(void)state;
	/* Together: in any order. */
	put(history, 1, "2026-03-01T02:00:00Z", "one", false);
	put(history, 2, "2026-01-01T02:00:00Z", "one", false);
	history_close(history);
	history = opened("old", HISTORY_ADD);
	assert_string_equal(put(history, 3, "2026-02-01T02:00:00Z", "one", true).clock, "");
	/* By date, and the newest: as any other. */
	put(history, 4, "2026-04-01T02:00:00Z", "one", true);
	/* Another machine's clock is its own. */
	assert_string_equal(put(history, 5, "2025-12-01T02:00:00Z", "two", false).clock, "");
	history_close(history);
	EXPECT_DATES("old", "2025-12-01T02:00:00Z", "2026-01-01T02:00:00Z", "2026-02-01T02:00:00Z",
		     "2026-03-01T02:00:00Z", "2026-04-01T02:00:00Z");
	/* What was added as later is placed by date afterwards. */
	history = opened("old", HISTORY_ADD);
	assert_true(put(history, 6, "2026-01-15T02:00:00Z", "one", false).clock[0]);
	assert_false(put(history, 6, "2026-01-15T02:00:00Z", "one", true).new);
	history_close(history);
	EXPECT_DATES("old", "2025-12-01T02:00:00Z", "2026-01-01T02:00:00Z", "2026-01-15T02:00:00Z",
		     "2026-02-01T02:00:00Z", "2026-03-01T02:00:00Z", "2026-04-01T02:00:00Z");
}

static void a_removed_run_comes_back_to_its_place(void **state)
{
	struct why why = { "", "" };
	struct history_added added;
	struct history *history;
	char *path;

	(void)state;
	add("back", 1, "2026-01-01T02:00:00Z");
	added = add("back", 2, "2024-01-01T02:00:00Z");
	add("back", 3, "2026-01-01T03:00:00Z");
	history = opened("back", HISTORY_CHANGE);
	assert_int_equal(history_remove(history, added.name, &path, &why), 0);
	free(path);
	history_close(history);
	add("back", 2, "2024-01-01T02:00:00Z");
	EXPECT_DATES("back", "2026-01-01T02:00:00Z", "2024-01-01T02:00:00Z", "2026-01-01T03:00:00Z");
}

static void a_text_that_is_no_date_is_none(void **state)
{
	struct history *history;
	const struct history_run *run;
	struct why why = { "", "" };
	size_t runs;

	(void)state;
	add("text", 1, "2026-01-01T02:00:00Z\033[31m");
	history = opened("text", HISTORY_READ);
	assert_int_equal(history_runs(history, &run, &runs, &why), 0);
	assert_int_equal(runs, 1);
	assert_null(strchr(run[0].date, '\033'));
	history_close(history);
}

static void a_reader_sees_one_state_while_others_add(void **state)
{
	struct history *history;
	const struct history_series *series;
	const struct history_run *run;
	struct history_points points;
	struct why why = { "", "" };
	size_t runs, count;

	(void)state;
	add("state", 1, "2026-01-01T02:00:00Z");
	history = opened("state", HISTORY_READ);
	assert_int_equal(history_runs(history, &run, &runs, &why), 0);
	add("state", 2, "2026-01-02T02:00:00Z");
	assert_int_equal(history_series(history, &series, &count, &why), 0);
	assert_int_equal(count, 1);
	assert_int_equal(series[0].points, 1);
	add("state", 3, "2026-01-03T02:00:00Z");
	assert_int_equal(history_points(history, &series[0], &points, &why), 0);
	assert_int_equal(points.count, 1);
	assert_true(points.run[0] < runs);
	history_points_free(&points);
	history_close(history);
}

static void who_reads_does_not_wait_for_who_adds(void **state)
{
	const struct history_run *run;
	struct why why = { "", "" };
	struct history *history;
	struct index *index;
	size_t runs;
	char *path;

	(void)state;
	add("turns", 1, "2026-01-01T02:00:00Z");
	must(asprintf(&path, "%s/turns", folder) > 0);
	assert_int_equal(index_open(path, &index, &why), 0);
	assert_int_equal(index_begin(index, &why), 0);
	alarm(20);
	history = opened("turns", HISTORY_READ);
	assert_int_equal(history_runs(history, &run, &runs, &why), 0);
	alarm(0);
	assert_int_equal(runs, 1);
	history_close(history);
	assert_int_equal(index_end(index, 0, &why), 0);
	index_close(index);
	free(path);
}

static void stale_temporaries_are_removed(void **state)
{
	static const char *const name[] = { "x.json.99-0.tmp", "new.json.99-1.tmp", "my.tmp", "x.json", ".99-0.tmp" };
	static const bool stays[] = { false, true, true, true, true };
	const struct timespec old[] = { { .tv_sec = 1000000000 }, { .tv_sec = 1000000000 } };
	struct why why = { "", "" };
	char *path;

	(void)state;
	for (size_t i = 0; i < sizeof(name) / sizeof(*name); i++) {
		must(asprintf(&path, "%s/%s", folder, name[i]) > 0);
		assert_int_equal(file_replace_bytes(path, "", 0, &why), 0);
		if (i != 1)
			assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
		free(path);
	}
	file_sweep(folder);
	for (size_t i = 0; i < sizeof(name) / sizeof(*name); i++) {
		must(asprintf(&path, "%s/%s", folder, name[i]) > 0);
		assert_int_equal(!access(path, F_OK), stays[i]);
		free(path);
	}
}

static void a_link_in_a_folder_is_replaced_not_followed(void **state)
{
	struct why why = { "", "" };
	struct stat status;
	char *path;

	(void)state;
	must(asprintf(&path, "%s/link", folder) > 0);
	assert_int_equal(symlink("/dev/full", path), 0);
	assert_int_equal(file_replace_bytes(path, "x", 1, &why), 0);
	assert_int_equal(lstat(path, &status), 0);
	assert_true(S_ISREG(status.st_mode));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/dev/null", path), 0);
	assert_int_equal(file_append(path, "x", &why), -ELOOP);
	free(path);
	assert_int_equal(file_replace_bytes("/dev/full", "x", 1, &why), -ENOSPC);
	assert_int_equal(file_replace_bytes("/dev/null", "x", 1, &why), 0);
}

static int remove_all(void **state)
{
	char *command;
	int err;

	(void)state;
	must(asprintf(&command, "rm -r %s", folder) > 0);
	err = system(command);
	free(command);
	return err;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clock_that_is_behind_keeps_the_order),
		cmocka_unit_test(a_clock_that_is_ahead_is_said_and_changes_no_order),
		cmocka_unit_test(a_date_that_is_none_is_that_of_the_file),
		cmocka_unit_test(old_results_are_added_by_their_dates),
		cmocka_unit_test(a_removed_run_comes_back_to_its_place),
		cmocka_unit_test(a_text_that_is_no_date_is_none),
		cmocka_unit_test(a_reader_sees_one_state_while_others_add),
		cmocka_unit_test(who_reads_does_not_wait_for_who_adds),
		cmocka_unit_test(stale_temporaries_are_removed),
		cmocka_unit_test(a_link_in_a_folder_is_replaced_not_followed),
	};

	must(mkdtemp(folder));
	return cmocka_run_group_tests(tests, NULL, remove_all);
}
