// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/cli/ab-job.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <getopt.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/base/file.h"
#include "bench/base/now.h"
#include "bench/base/process.h"
#include "bench/cli/cli.h"
#include "bench/record/record.h"

/* ---- other programs ---- */

static volatile sig_atomic_t interrupted;
static volatile pid_t child;

static void on_signal(int number)
{
	interrupted = number;
	if (child > 0)
		kill(child, number);
}

/*
 * Run a program to its end, with its standard output in @output: standard output of this program is for the comparison.
 * It holds @lock as long as it lives, also when this process is killed; -1: none.
 * Return: its exit status, 128 + the number of the signal that ended it, or -errno when it cannot be started.
 */
static int run_program(const char *program, const char *const *argv, int output, int lock)
{
	posix_spawn_file_actions_t actions;
	int status, err;
	pid_t pid;

	err = posix_spawn_file_actions_init(&actions);
	if (err)
		return -err;
	err = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	/* The same number: it stays open in the program. */
	if (!err && lock >= 0)
		err = posix_spawn_file_actions_adddup2(&actions, lock, lock);
	if (!err)
		err = posix_spawnp(&pid, program, &actions, NULL, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (err)
		return -err;
	child = pid;
	if (interrupted)
		kill(pid, interrupted);
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	child = 0;
	return WIFSIGNALED(status) ? STATUS_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}

static int run_shell(const char *command)
{
	const char *const argv[] = { "sh", "-c", command, NULL };

	return run_program("/bin/sh", argv, STDERR_FILENO, -1);
}

int job_zapbench(const struct job *job, enum ab_side side, const char *const *last, int output)
{
	const struct ab_plan *plan = &job->plan;
	const char *program = side == SIDE_BOTH ? NULL : plan->binary[side];
	size_t nr_given = 0, nr_last = 0, count = 0;
	const char **argv;
	int status;

	while (plan->argument[nr_given])
		nr_given++;
	while (last[nr_last])
		nr_last++;
	argv = calloc(nr_given + nr_last + 3, sizeof(*argv));
	if (!argv)
		return -ENOMEM;
	if (!program)
		program = zapbench_program();
	argv[count++] = "zapbench";
	argv[count++] = "run";
	for (size_t i = 0; i < nr_given; i++)
		argv[count++] = plan->argument[i];
	for (size_t i = 0; i < nr_last; i++)
		argv[count++] = last[i];
	status = run_program(program, argv, output, job->lock);
	free(argv);
	return status;
}

/* ---- steps ---- */

static int save(const struct job *job)
{
	struct why why = { "", "" };
	int err = ab_plan_write(&job->plan, job->file, &why);

	return err ? complain_why(STATUS_BROKEN, err, &why) : STATUS_OK;
}

static size_t number_of(const struct job *job)
{
	return (size_t)(ab_plan_next(&job->plan) - job->plan.run) + 1;
}

/* Store how far the plan is, and say how to go on. Return: @status, or that of the signal. */
static int stop(struct job *job, int status)
{
	if (save(job))
		return STATUS_BROKEN;
	if (interrupted)
		return complain(STATUS_SIGNAL + interrupted, "interrupted; resume with: zapbench ab --resume %s",
				job->file);
	return complain(status, "fix: repair the cause, then zapbench ab --resume %s", job->file);
}

/* An attempt failed, with what run_program() returned. -1 to go on. */
static int attempt_failed(struct job *job, const char *what, int status)
{
	struct ab_run *run = ab_plan_next(&job->plan);

	if (interrupted) {
		run->attempts--;
		return stop(job, STATUS_BROKEN);
	}
	complain(0, "run %zu of %zu (%s): %s%s%s", number_of(job), job->plan.nr_runs, ab_side_names[run->side], what,
		 status < 0 ? strerror(-status) : "", run->attempts < AB_ATTEMPTS ? "; trying once more" : "");
	return -1;
}

static int command_failed(struct job *job, const char *kind, const char *command, int status)
{
	char what[600];

	if (status < 0)
		snprintf(what, sizeof(what), "the %s cannot be started: ", kind);
	else
		snprintf(what, sizeof(what), "the %s failed with status %d: %.400s", kind, status, command);
	return attempt_failed(job, what, status);
}

static int tell_progress(const struct job *job)
{
	double left = ab_plan_left_s(&job->plan);
	char text[80] = "";

	if (left >= 90)
		snprintf(text, sizeof(text), ", about %.0f min of measuring left", left / 60);
	else if (!isnan(left))
		snprintf(text, sizeof(text), ", about %.0f s of measuring left", left);
	return complain(0, "run %zu of %zu: %s%s", number_of(job), job->plan.nr_runs,
			ab_side_names[ab_plan_next(&job->plan)->side], text);
}

/* All runs of a side are of one kernel: a boot that fell back to another one must not be measured. */
static int check_kernel(struct job *job)
{
	const char *other = ab_plan_other_kernel(&job->plan, job->kernel);
	const char *side = ab_side_names[ab_plan_next(&job->plan)->side];

	if (!other)
		return STATUS_OK;
	ab_plan_reboot(&job->plan, job->boot_id);
	complain(0, "run %zu of %zu (%s): this is kernel %s; earlier runs of %s had %s", number_of(job),
		 job->plan.nr_runs, side, job->kernel, side, other);
	if (save(job))
		return STATUS_BROKEN;
	return complain(STATUS_BROKEN, "fix: boot the kernel of %s, then zapbench ab --resume %s", side, job->file);
}

/* Measure the next run into a file of its own. As run_program(). */
static int measure(const struct job *job, char *path, size_t size)
{
	const struct ab_run *run = ab_plan_next(&job->plan);
	const char *const *heap = job->plan.heap;
	char label[16], sources[400];
	const char *last[8] = { "--label", label, "--quiet", "--out", "-" };
	int output, status;

	snprintf(label, sizeof(label), "ab=%s", ab_side_names[run->side]);
	if (run->side == SIDE_BOTH) {
		snprintf(sources, sizeof(sources), "%s,%s", heap[SIDE_A], heap[SIDE_B]);
		last[5] = "--source";
		last[6] = sources;
	}
	snprintf(path, size, "%s/unfinished/%02zu-%s-%d.json", job->folder, number_of(job), ab_side_names[run->side],
		 run->begun);
	output = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (output < 0)
		return -errno;
	status = job_zapbench(job, run->side, last, output);
	if (fsync(output) && status >= 0)
		status = -errno;
	if (!lseek(output, 0, SEEK_END))
		unlink(path); /* no record of the attempt */
	close(output);
	return status;
}

static const char *const side_folders[NR_SIDES] = { "a", "b", "both" };

/* The record of the next run is complete: put it where it is compared. */
static int keep(struct job *job, const char *path, double duration_s)
{
	char final[PATH_MAX];
	int err = 0;

	snprintf(final, sizeof(final), "%s/%s/%02zu.json", job->folder, side_folders[ab_plan_next(&job->plan)->side],
		 number_of(job));
	if (rename(path, final))
		err = -errno;
	if (!err)
		err = file_sync_folder(final);
	if (err) {
		complain(0, "%s: %s", final, strerror(-err));
		return stop(job, STATUS_BROKEN);
	}
	ab_plan_done(&job->plan, job->kernel, duration_s);
	return save(job) ? STATUS_BROKEN : -1;
}

/* The next run, once. -1 to go on, or an exit status. */
static int run_step(struct job *job)
{
	enum ab_side side = ab_plan_next(&job->plan)->side;
	const char *command = side == SIDE_BOTH ? NULL : job->plan.command[side];
	struct record *record = NULL;
	struct why why = { "", "" };
	char path[PATH_MAX];
	double begin;
	int status;

	if (check_kernel(job))
		return STATUS_BROKEN;
	ab_plan_begin(&job->plan, job->boot_id);
	if (save(job))
		return STATUS_BROKEN;
	tell_progress(job);
	status = command ? run_shell(command) : 0;
	if (status || interrupted)
		return command_failed(job, "switch command", command, status);
	begin = now_s();
	status = measure(job, path, sizeof(path));
	if (interrupted || (status && status != STATUS_INVALID))
		return command_failed(job, "run", path, status);
	if (record_read(path, &record, &why))
		return attempt_failed(job, why.reason, 0);
	record_free(record);
	return keep(job, path, now_s() - begin);
}

/* The hook for the next run, and the end of this boot. -1 to go on, or an exit status. */
static int reboot_step(struct job *job)
{
	struct ab_run *run = ab_plan_next(&job->plan);
	char command[PATH_MAX];
	double end;
	int status;

	if (!job->boot_id[0])
		return complain(STATUS_BROKEN, "the boot id cannot be read; fix: mount /proc");
	ab_plan_reboot(&job->plan, job->boot_id);
	if (save(job))
		return STATUS_BROKEN;
	complain(0, "run %zu of %zu: %s, in a new boot; after it: zapbench ab --resume %s", number_of(job),
		 job->plan.nr_runs, ab_side_names[run->side], job->file);
	snprintf(command, sizeof(command), "%s %s", job->plan.hook, ab_side_names[run->side]);
	status = run_shell(command);
	if (status && !interrupted) {
		run->attempts++;
		return command_failed(job, "reboot hook", command, status);
	}
	end = now_s() + job->plan.reboot_wait_s;
	while (now_s() < end && !interrupted)
		usleep(100000);
	if (!interrupted)
		complain(0, "the reboot hook ended, but the machine did not reboot within %g s: %s",
			 job->plan.reboot_wait_s, command);
	return stop(job, STATUS_BROKEN);
}

/* ---- the end ---- */

/*
 * What may differ, as --unlike takes it. What differs on purpose is no obstacle: the programs, and with other kernels
 * or settings also what follows from them. Each of them may offer other configurations.
 */
static const char *unlike(const struct ab_plan *plan, char *kinds, size_t size)
{
	bool programs = plan->binary[SIDE_A] || plan->binary[SIDE_B];
	bool settings = plan->command[SIDE_A] || plan->command[SIDE_B] || plan->hook;

	snprintf(kinds, size, "%s%s%s%s", programs ? ",program" : "", settings ? ",settings" : "",
		 plan->hook ? ",page-size" : "", programs || settings ? ",configurations" : "");
	return kinds[0] ? kinds + 1 : NULL;
}

/* The comparison, as zapbench compare makes it. */
static int compare(const struct job *job)
{
	const struct ab_plan *plan = &job->plan;
	char base[PATH_MAX], new[PATH_MAX], by[400], room[80], command[2 * PATH_MAX + 600] = "zapbench";
	char name[] = "compare", by_flag[] = "--by", within_flag[] = "--within-boot", unlike_flag[] = "--unlike";
	char *argv[8] = { name, base, new }, *kinds = (char *)unlike(plan, room, sizeof(room));
	bool one_boot = ab_plan_one_boot(plan);
	int argc = 3, status;

	if (plan->heap[SIDE_A]) {
		snprintf(base, sizeof(base), "%s/both/01.json", job->folder);
		snprintf(by, sizeof(by), "source=%s,%s", plan->heap[SIDE_A], plan->heap[SIDE_B]);
		argv[2] = by_flag;
		argv[argc++] = by;
	} else {
		snprintf(base, sizeof(base), "%s/a", job->folder);
		snprintf(new, sizeof(new), "%s/b", job->folder);
		if (one_boot && plan->run[0].boot_id[0])
			argv[argc++] = within_flag;
	}
	if (kinds) {
		argv[argc++] = unlike_flag;
		argv[argc++] = kinds;
	}
	for (int i = 0; i < argc; i++)
		snprintf(command + strlen(command), sizeof(command) - strlen(command), " %s", argv[i]);
	complain(0, "all runs are done; compare them again with: %s", command);
	optind = 0; /* getopt_long() begins anew */
	status = command_compare.run(argc, argv);
	if (one_boot)
		complain(0, "all runs are of one boot: the figures hold for this boot; another boot may place code and "
			    "data elsewhere");
	if (plan->hook && ab_plan_one_kernel(plan))
		complain(0, "warning: A and B ran on the same kernel: %s", plan->run[0].kernel);
	return status;
}

static int give_up(struct job *job)
{
	struct ab_run *run = ab_plan_next(&job->plan);

	complain(0, "run %zu of %zu (%s) failed, or did not end, %d times", number_of(job), job->plan.nr_runs,
		 ab_side_names[run->side], run->attempts);
	run->attempts = 0;
	return stop(job, STATUS_BROKEN);
}

int job_go_on(struct job *job)
{
	int status = -1;

	while (status < 0) {
		enum ab_step step = ab_plan_step(&job->plan, job->boot_id);

		if (step == AB_COMPARE)
			return compare(job);
		if (interrupted)
			status = stop(job, STATUS_BROKEN);
		else if (step == AB_GIVE_UP)
			status = give_up(job);
		else
			status = step == AB_REBOOT ? reboot_step(job) : run_step(job);
	}
	return status;
}

void job_prepare(struct job *job)
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
	struct utsname name;

	if (file && fgets(job->boot_id, sizeof(job->boot_id), file))
		job->boot_id[strcspn(job->boot_id, "\n")] = '\0';
	if (file)
		fclose(file);
	catch_stops(on_signal);
	if (!uname(&name))
		snprintf(job->kernel, sizeof(job->kernel), "%s %s", name.release, name.version);
}
