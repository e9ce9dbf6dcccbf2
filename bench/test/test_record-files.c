// SPDX-License-Identifier: GPL-2.0-or-later
/* A file of a record is what it was, or what it shall be: with full disks, kills and folders that nobody may write to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/base/file.h"
#include "bench/record/record.h"
#include "bench/test/fixtures/records.h"

#define NOBODY 65534

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

/* What could not be read is not written, and the file that is there stays. */
static void a_record_that_cannot_be_read_is_not_written(void **state)
{
	struct record *record = small_record();
	const size_t most = (size_t)128 << 20;
	struct why why = { "", "" };
	size_t length;
	char *text;

	(void)state;
	write_ok(record, "result.json");
	free(record->command_line);
	record->command_line = malloc(most + 1);
	assert_non_null(record->command_line);
	memset(record->command_line, 'x', most);
	record->command_line[most] = '\0';
	assert_int_equal(record_write(record, in_folder("result.json"), &why), -EMSGSIZE);
	assert_non_null(strstr(why.reason, "result.json: the record would have over 128 MiB"));
	assert_non_null(strstr(why.remedy, "fewer configurations"));
	text = load("result.json", &length);
	assert_true(length < 100000);
	free(text);
	record_free(record);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_that_cannot_be_read_is_not_written),
		cmocka_unit_test(full_disk_leaves_the_old_file),
		cmocka_unit_test(full_device),
		cmocka_unit_test(standard_streams),
		cmocka_unit_test(read_only_folder),
		cmocka_unit_test(mode_follows_umask),
		cmocka_unit_test(killed_while_writing),
		cmocka_unit_test(latest_points),
		cmocka_unit_test(latest_is_replaced_in_one_step),
	};

	return cmocka_run_group_tests_name("record-files", tests, make_folder, remove_folder);
}
