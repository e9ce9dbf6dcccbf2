// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/run/process.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "bench/base/file.h"
#include "bench/base/process.h"
#include "bench/run/worker.h"

static int spawn_worker(struct run *run, pid_t *worker)
{
	char number[16], name[] = "zapbench", command[] = WORKER_COMMAND;
	char *argv[] = { name, command, number, NULL };
	posix_spawnattr_t attributes;
	int err;

	snprintf(number, sizeof(number), "%d", run->exchange->fd);
	err = posix_spawnattr_init(&attributes);
	if (err)
		return -err;
	/* A process group of its own: Ctrl-C ends the run after this round, not in the middle of it. */
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
	posix_spawnattr_setpgroup(&attributes, 0);
	err = posix_spawn(worker, zapbench_program(), NULL, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	return -err;
}

static bool needs_alignment(const struct config *config)
{
	return layout_aligned((enum granularity)params_choice(&config->params, PARAM_GRANULARITY),
			      config->source && config->source->huge_pages);
}

static const char *current_name(const struct run *run)
{
	int64_t current = run->exchange->current;

	return current >= 0 && (size_t)current < run->plan->count ? run->plan->config[current].name : "its start";
}

static int spawn_why(struct why *why, int err)
{
	const char *remedy = NULL;

	if (err == -ENOENT)
		remedy = "mount /proc";
	else if (err == -EAGAIN || err == -EMFILE || err == -ENFILE)
		remedy = file_remedy(err);
	return why_set(why, err, remedy, "cannot start the process of a round: %s", strerror(-err));
}

/* One process, for all tasks of one core type. */
static int run_process(struct run *run, enum round_mode mode, struct why *why)
{
	int status, err;
	pid_t worker;

	err = spawn_worker(run, &worker);
	if (err)
		return spawn_why(why, err);
	while (waitpid(worker, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
		if (run_interrupted && mode == ROUND_LOOP)
			kill(worker, SIGTERM);
	}
	if (WIFSIGNALED(status) && !(run_interrupted && mode == ROUND_LOOP))
		return why_set(why, -ECHILD, WTERMSIG(status) == SIGKILL ? "search dmesg for the OOM killer" : NULL,
			       "the process of a round was killed by signal %d (%s) in %s", WTERMSIG(status),
			       strsignal(WTERMSIG(status)), current_name(run));
	if (WIFEXITED(status) && WEXITSTATUS(status))
		return why_set(why, -ECHILD, NULL, "the process of a round ended with status %d in %s",
			       WEXITSTATUS(status), current_name(run));
	return 0;
}

int process_run(struct run *run, enum round_mode mode, struct why *why)
{
	struct exchange *exchange = run->exchange;
	int err;

	exchange->program = getpid();
	exchange->mode = mode;
	exchange->current = -1;
	for (size_t i = 0; i < exchange->nr_tasks; i++) {
		exchange_tasks(exchange)[i].address =
			run->address +
			layout_offset(&exchange->layout, pmd_bytes(), needs_alignment(&run->plan->config[i]));
		exchange_tasks(exchange)[i].err = -ECANCELED;
	}
	for (size_t i = 0; i < run->nr_cores; i++) {
		/* The first of a round is another core type each time. */
		const struct core_type *core = &run->core[(i + run->record->nr_rounds) % run->nr_cores];

		exchange->core = core->number;
		exchange->cpu = core->cpu;
		err = run_process(run, mode, why);
		if (err)
			return err;
	}
	if (run->nr_cores)
		return 0;
	exchange->core = -1;
	return run_process(run, mode, why);
}

/*
 * After the warm-up a task may lack memory for a moment, or its device may be busy, or be unplugged. Then this round
 * has no sample of it, and the record gets a warning. Any other failure ends the run.
 */
static bool is_passing(int err)
{
	return err == -EAGAIN || err == -ENOMEM || err == -EBUSY || err == -ENODEV;
}

int process_check_tasks(struct run *run, struct why *why)
{
	for (size_t i = 0; i < run->exchange->nr_tasks; i++) {
		const struct task *task = &exchange_tasks(run->exchange)[i];

		if (!task->err)
			continue;
		if (!is_passing(task->err))
			return why_set(why, task->err, task->why.remedy, "%s: %s", run->plan->config[i].name,
				       task->why.reason);
		run->missed++;
		run->missed_task = i;
		run->missed_why = task->why;
	}
	return 0;
}

int process_warn_missed(struct run *run)
{
	char text[sizeof(run->missed_why.reason) + 320];

	if (!run->missed)
		return 0;
	snprintf(text, sizeof(text), "%zu samples are missing; the last one, of %s: %s", run->missed,
		 run->plan->config[run->missed_task].name, run->missed_why.reason);
	return record_add_warning(run->record, "missed", text, run->missed_why.remedy);
}

int process_skip_failed(struct run *run)
{
	int dropped = 0;

	for (size_t i = run->plan->count; i-- > 0;) {
		const struct task *task = &exchange_tasks(run->exchange)[i];

		if (!task->err)
			continue;
		if (plan_skip(run->plan, i, &task->why))
			return -ENOMEM;
		dropped = 1;
	}
	return dropped;
}
