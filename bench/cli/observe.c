// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/observe/observe.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/base/file.h"
#include "bench/base/text.h"
#include "bench/cli/cli.h"
#include "bench/cli/command-line.h"
#include "bench/measure/environment.h"
#include "report/answer/observed.h"
#include "version.h"

enum { FLAG_PID = 1, FLAG_SECONDS, FLAG_OUT };

struct job {
	double pid, seconds;
	const char *out;
};

static volatile sig_atomic_t stop;

static void on_stop(int signal)
{
	stop = signal;
}

static const char *const usage[] = { "[--seconds N] [--out FILE] -- COMMAND [ARGUMENT...]",
				     "[--seconds N] [--out FILE] --pid PID", NULL };

static const struct flag flags[] = {
	{ .id = FLAG_PID, .name = "pid", .argument = "PID", .help = "watch a running process and its threads" },
	{ .id = FLAG_SECONDS,
	  .name = "seconds",
	  .argument = "N",
	  .help = "watch for so long; less if the process ends. A COMMAND that is still running then gets SIGTERM, and "
		  "so do its children",
	  .preset = "10" },
	{ .id = FLAG_OUT,
	  .name = "out",
	  .argument = "FILE",
	  .help = "write what was seen as JSON, for --observed of model and report",
	  .more = "With - it goes to standard output, and the tables to standard error. The source describes it in "
		  "zapbench-observation.schema.json.",
	  .values = &values_files },
	{ .name = NULL },
};

static const struct outcome outcomes[] = {
	{ STATUS_OK, "observed" },
	{ STATUS_FAILED, "failed, or COMMAND failed; what was seen is printed in that case, too" },
	{ STATUS_USAGE, "wrong usage" },
	{ STATUS_NOTHING, "no dma-buf was seen" },
	{ 0, NULL },
};

static int take(void *arg, int id, char *value, struct why *why)
{
	struct job *job = arg;

	switch (id) {
	case FLAG_PID:
		return take_whole("pid", value, 1, 1 << 22, &job->pid, why);
	case FLAG_SECONDS:
		return take_number("seconds", value, 0.1, 86400, &job->seconds, why);
	case FLAG_OUT:
		job->out = value;
		return value[0] ? 0 : why_set(why, -EINVAL, NULL, "--out: expected a file, found an empty name");
	}
	return 0;
}

/* What it is an observation of. 0 or -ENOMEM. */
static int describe(struct observation *observation, int count, char **words)
{
	char started[32];
	int err = environment_read("", 0, &observation->environment);

	date_of_seconds(time(NULL), started, sizeof(started));
	observation->emulated = environment_emulated(&observation->environment);
	observation->tool_version = strdup(ZAPBENCH_VERSION);
	observation->started_at = strdup(started);
	observation->command = count ? command_words_join(count, words) : strdup("");
	if (!observation->tool_version || !observation->started_at || !observation->command)
		return -ENOMEM;
	return err;
}

static int fill(FILE *file, const void *arg)
{
	return observation_write(arg, file);
}

/* In the file first: whoever reads the tables may go away. They are printed in any case: nobody watches it again. */
static int tell(const struct job *job, const struct observation *observation, struct why *why)
{
	bool stream = job->out && !strcmp(job->out, "-");
	int err = job->out ? file_replace(job->out, fill, observation, why) : 0;
	int unread = observed_print(observation, output_columns(DOCUMENT_TEXT_COLUMNS), stream ? stderr : stdout);

	if (unread)
		why_set(why, unread, NULL, "standard %s: %s", stream ? "error" : "output", strerror(-unread));
	return err ? err : unread;
}

static int watch(const struct job *job, int count, char **words)
{
	const struct observe_request request = {
		.pid = (pid_t)job->pid, .command = words, .seconds = job->seconds, .stop = &stop
	};
	struct observation *observation = observation_new();
	struct why why = { "", "" };
	int err = observation ? describe(observation, count, words) : -ENOMEM, status = STATUS_OK;

	if (!err && job->out)
		err = file_may_replace(job->out, &why);
	if (!err) {
		catch_stops(on_stop);
		err = observe(&request, observation, &why);
	}
	if (!err)
		err = tell(job, observation, &why);
	if (!err && observation->exit_status > 0)
		status = complain(STATUS_FAILED, "%s: exit status %lld", words[0], (long long)observation->exit_status);
	else if (!err && !observation->nr_buffers)
		status = STATUS_NOTHING;
	observation_free(observation);
	return err ? complain_why(STATUS_FAILED, err, &why) : status;
}

static int run_observe(int argc, char **argv)
{
	struct job job = { .seconds = 10 };
	int status = parse_flags(&command_observe, argc, argv, take, &job), count = argc - optind;

	if (status >= 0)
		return status;
	if (job.pid > 0 && count)
		return complain_usage(&command_observe, "takes --pid or a COMMAND, not both");
	if (job.pid <= 0 && !count)
		return complain_usage(&command_observe, "COMMAND is missing: give -- COMMAND or --pid PID");
	return watch(&job, count, argv + optind);
}

const struct command command_observe = {
	.name = "observe",
	.summary = "watch which dma-bufs an application maps, its SYNC calls and page faults",
	.usage = usage,
	.about =
		"Watch an application's use of dma-bufs: buffers by exporter and size, which of them it maps, calls of "
		"SYNC by their flags with their time, page faults on the mappings, mmap and munmap, frames per "
		"second. Threads and children are watched, too. A call of SYNC costs the application about "
		"two microseconds more. What this kernel or this user cannot watch is named with its fix, and the rest "
		"is "
		"shown. The number of lost samples is always shown.",
	.flags = flags,
	.outcomes = outcomes,
	.failure = STATUS_FAILED,
	.examples = "zapbench observe --seconds 5 -- v4l2-ctl --stream-mmap --stream-count 100\n"
		    "zapbench observe --pid 4711 --out player.json\n"
		    "zapbench model results/runs/latest.json --observed player.json",
	.run = run_observe,
};
