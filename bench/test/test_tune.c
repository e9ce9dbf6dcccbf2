// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench/measure/environment-files.h"
#include "bench/measure/tune.h"
#include "bench/test/fixtures/fixture.h"

#define POLICY "sys/devices/system/cpu/cpufreq/policy"
#define SHMEM "sys/kernel/mm/transparent_hugepage/shmem_enabled"

/* cppc_cpufreq and others: who writes boost overwrites the owner's limits. */
static bool boost_overwrites;

ssize_t write(int fd, const void *data, size_t bytes)
{
	char link[32], path[600];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path) - 1);
	path[length > 0 ? length : 0] = '\0';
	if (boost_overwrites && strstr(path, "/cpufreq/boost"))
		assert_int_equal(fixture_shell("cd \"$(dirname '%s')\" && for policy in policy*; do "
					       "cp $policy/cpuinfo_max_freq $policy/scaling_max_freq; done",
					       path),
				 0);
	return syscall(SYS_write, fd, data, bytes);
}

static void holds(const char *root, const char *path, const char *text)
{
	struct sysfile file;
	char now[300];

	sysfile_path(&file, root, "/%s", path);
	sysfile_text(&file, now, sizeof(now));
	if (strcmp(now, text) != 0)
		fail_msg("%s is '%s', not '%s'", path, now, text);
}

/* An RK3588 with interrupts: 1 may go anywhere, 2 is of CPU 4 alone, 3 of two others. */
static const char *board(const char *name)
{
	const char *root = fixture_copy("rk3588", name);

	fixture_write(root, "proc/irq/1/smp_affinity_list", "0-7\n");
	fixture_write(root, "proc/irq/2/smp_affinity_list", "4\n");
	fixture_write(root, "proc/irq/3/smp_affinity_list", "0-1\n");
	fixture_write(root, "proc/irq/default_smp_affinity", "ff\n");
	fixture_write(root, "sys/devices/system/cpu/cpufreq/boost", "1\n");
	fixture_write(root, "proc/sys/kernel/numa_balancing", "1\n");
	fixture_write(root, SHMEM, "[always] within_size advise never\n");
	fixture_write(root, "run/other", "");
	return root;
}

static void is_tuned(const char *root)
{
	holds(root, POLICY "0/scaling_governor", "performance");
	holds(root, POLICY "6/scaling_min_freq", "2352000");
	holds(root, POLICY "0/scaling_min_freq", "1800000");
	holds(root, "sys/devices/system/cpu/cpufreq/boost", "0");
	holds(root, "proc/sys/kernel/numa_balancing", "0");
	holds(root, SHMEM, "advise");
	/* As the kernel prints it (%*pbl): what is noted is compared with what the file reads at the end. */
	holds(root, "proc/irq/1/smp_affinity_list", "0-3,5-7");
	holds(root, "proc/irq/2/smp_affinity_list", "0-3,5-7");
	holds(root, "proc/irq/3/smp_affinity_list", "0-1");
}

static void is_as_before(const char *root)
{
	holds(root, POLICY "0/scaling_governor", "schedutil");
	holds(root, POLICY "6/scaling_governor", "performance");
	holds(root, POLICY "0/scaling_min_freq", "408000");
	holds(root, "sys/devices/system/cpu/cpufreq/boost", "1");
	holds(root, "proc/sys/kernel/numa_balancing", "1");
	holds(root, SHMEM, "always");
	holds(root, "proc/irq/1/smp_affinity_list", "0-7");
	holds(root, "proc/irq/2/smp_affinity_list", "4");
}

static void sets_and_restores(void **state)
{
	const char *root = board("tune");
	char said[TUNE_SAID], path[600];
	struct why why = { "", "" };
	struct tuning *tuning, *other;

	(void)state;
	assert_int_equal(tune_set(root, "4", &tuning, said, &why), 0);
	assert_string_equal(said,
			    "tuned: 2 governors performance, 3 frequencies fixed, 1 boost off, 2 rules of huge pages, "
			    "1 NUMA balancing off, 2 interrupts moved; restored at the end");
	is_tuned(root);
	assert_int_equal(tune_set(root, "4", &other, said, &why), -EBUSY);
	assert_string_equal(why.reason, "another zapbench run --tune is going on");
	assert_null(other);
	assert_int_equal(tune_recover(root, said, &why), 0);
	is_tuned(root);
	tune_restore(tuning, said);
	assert_string_equal(said, "");
	is_as_before(root);
	snprintf(path, sizeof(path), "%s" TUNE_STATE, root);
	assert_int_equal(access(path, F_OK), -1);
	tune_restore(NULL, said);
}

/* On a machine with several core types one CPU of each measures: no interrupt stays on one of them, or goes there. */
static void several_cpus_measure(void **state)
{
	const char *root = board("tune-cores");
	char said[TUNE_SAID];
	struct why why = { "", "" };
	struct tuning *tuning;

	(void)state;
	fixture_write(root, "proc/irq/5/smp_affinity_list", "2-3\n");
	fixture_write(root, "proc/irq/6/smp_affinity_list", "0,4\n");
	assert_int_equal(tune_set(root, "0,4", &tuning, said, &why), 0);
	holds(root, "proc/irq/1/smp_affinity_list", "1-3,5-7");
	holds(root, "proc/irq/2/smp_affinity_list", "1-3,5-7");
	holds(root, "proc/irq/3/smp_affinity_list", "1");
	holds(root, "proc/irq/5/smp_affinity_list", "2-3");
	holds(root, "proc/irq/6/smp_affinity_list", "1-3,5-7");
	tune_restore(tuning, said);
	is_as_before(root);
	holds(root, "proc/irq/3/smp_affinity_list", "0-1");
	holds(root, "proc/irq/6/smp_affinity_list", "0,4");
}

/* A run that is killed: the next one restores, and does not touch what somebody else has set meanwhile. */
static void recovers(void **state)
{
	const char *root = board("tune-killed");
	struct why why = { "", "" };
	char said[TUNE_SAID];
	int status;
	pid_t child = fork();

	(void)state;
	if (!child) {
		struct tuning *tuning;

		_exit(tune_set(root, "4", &tuning, said, &why) ? 1 : 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	is_tuned(root);
	fixture_write(root, "proc/irq/2/smp_affinity_list", "7\n");
	assert_int_equal(tune_recover(root, said, &why), 1);
	assert_string_equal(said, "restored 10 settings that a killed run --tune left");
	holds(root, "proc/irq/2/smp_affinity_list", "7");
	fixture_write(root, "proc/irq/2/smp_affinity_list", "4\n");
	is_as_before(root);
	assert_int_equal(tune_recover(root, said, &why), 0);
}

/* A note that is cut, or that names files which are none of its business. */
static void a_strange_note(void **state)
{
	const char *root = board("tune-strange");
	struct why why = { "", "" };
	char said[TUNE_SAID];

	(void)state;
	fixture_write(root, "etc/passwd", "1\n");
	fixture_write(root, "run/zapbench-tuned",
		      "/etc/passwd\t0\t1\n/sys/devices/system/cpu/../../../../etc/passwd\t0\t1\n\n\t\t\nword\n"
		      "/proc/irq/1/smp_affinity_list\t3\t0-7\n/proc/irq/2/smp_affinity_list\t5\t4");
	assert_int_equal(tune_recover(root, said, &why), 1);
	assert_string_equal(said, "restored 1 setting that a killed run --tune left");
	holds(root, "etc/passwd", "1");
	holds(root, "proc/irq/1/smp_affinity_list", "3");
	holds(root, "proc/irq/2/smp_affinity_list", "4");
}

/* The owner limits CPUs 4 and 5 to 1.8 GHz of 2.35: as long as boost is off, and after it. */
static void keeps_a_limit(void **state)
{
	const char *root = board("tune-limit");
	struct why why = { "", "" };
	struct tuning *tuning;
	char said[TUNE_SAID];

	(void)state;
	boost_overwrites = true;
	assert_int_equal(tune_set(root, "4", &tuning, said, &why), 0);
	is_tuned(root);
	holds(root, POLICY "4/scaling_max_freq", "1800000");
	holds(root, POLICY "4/scaling_min_freq", "1800000");
	tune_restore(tuning, said);
	is_as_before(root);
	holds(root, POLICY "4/scaling_max_freq", "1800000");
	/* Somebody else sets another one meanwhile. */
	assert_int_equal(tune_set(root, "4", &tuning, said, &why), 0);
	fixture_write(root, POLICY "4/scaling_max_freq", "1608000\n");
	tune_restore(tuning, said);
	holds(root, POLICY "4/scaling_max_freq", "1608000");
	/* A run that is killed as soon as it has written boost. */
	fixture_write(root, "sys/devices/system/cpu/cpufreq/boost", "0\n");
	fixture_write(root, POLICY "4/scaling_max_freq", "2352000\n");
	fixture_write(root, "run/zapbench-tuned",
		      "/" POLICY "4/scaling_max_freq\t1800000\t\n/sys/devices/system/cpu/cpufreq/boost\t1\t0\n");
	assert_int_equal(tune_recover(root, said, &why), 1);
	assert_string_equal(said, "restored 2 settings that a killed run --tune left");
	holds(root, POLICY "4/scaling_max_freq", "1800000");
	boost_overwrites = false;
}

/* Root's note may be that of a run that goes on: only who may open it can tell. */
static void a_note_of_root(void **state)
{
	const char *root = board("tune-root");
	struct why why = { "", "" };
	char said[TUNE_SAID], path[600];
	uid_t user = geteuid();
	int err;

	(void)state;
	fixture_write(root, "run/zapbench-tuned", "/proc/irq/1/smp_affinity_list\t3\t0-7\n");
	snprintf(path, sizeof(path), "%s" TUNE_STATE, root);
	assert_int_equal(chmod(path, 0), 0);
	if (!user)
		assert_int_equal(seteuid(65534), 0);
	err = tune_recover(root, said, &why);
	assert_int_equal(seteuid(user), 0);
	assert_int_equal(err, -EACCES);
	assert_string_equal(why.reason,
			    "/run/zapbench-tuned is of a run by root that goes on or was killed: Permission denied");
	assert_string_equal(why.remedy, "if no run goes on, restore as root: sudo zapbench run null --budget 1");
}

static void a_machine_without_settings(void **state)
{
	const char *root = fixture_copy("empty", "tune-empty");
	struct why why = { "", "" };
	struct tuning *tuning;
	char said[TUNE_SAID];

	(void)state;
	fixture_write(root, "run/other", "");
	assert_int_equal(tune_set(root, "0", &tuning, said, &why), 0);
	assert_string_equal(said, "tuned: nothing to change; restored at the end");
	tune_restore(tuning, said);
	root = fixture_copy("empty", "tune-no-run");
	assert_int_equal(tune_set(root, "0", &tuning, said, &why), -ENOENT);
	assert_string_equal(why.reason, "/run/zapbench-tuned: No such file or directory");
	assert_null(tuning);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_and_restores),
		cmocka_unit_test(several_cpus_measure),
		cmocka_unit_test(recovers),
		cmocka_unit_test(a_strange_note),
		cmocka_unit_test(a_note_of_root),
		cmocka_unit_test(keeps_a_limit),
		cmocka_unit_test(a_machine_without_settings),
	};

	return cmocka_run_group_tests(tests, fixtures_make, fixtures_remove);
}
