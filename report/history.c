// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/history.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/say.h"
#include "results/history.h"
#include "results/text.h"

enum { STATUS_OK = 0, STATUS_FAILED = 1, STATUS_USAGE = 2, STATUS_NOTHING = 3, TEXT_BYTES = 320 };

#define DEFAULT_FOLDER "results/history"

static const char help[] =
	"usage: zapbench history add RESULT...\n"
	"       zapbench history list\n"
	"       zapbench history show [CONFIGURATION] [--machine MACHINE]\n"
	"       zapbench history label RUN LABEL\n"
	"       zapbench history rebuild\n\n"
	"Keep the results of many runs, and show what they say over time.\n\n"
	"  add      copy results files into the history, compressed; the same one twice is there once\n"
	"  list     the runs, the oldest first\n"
	"  show     without a configuration: which ones there are, by machine; with one: its figure in each run\n"
	"  label    put a run (or the beginning of its name) under a label; zapbench compare takes the labels,\n"
	"           with all runs under each\n"
	"  rebuild  make the index again of the files; those that are no results are set aside, and named\n\n"
	"  --db DIR           the folder ($ZAPBENCH_HISTORY, else " DEFAULT_FOLDER ")\n"
	"  --machine MACHINE  as show lists it\n\n"
	"The files in DIR/runs are the truth and are never written again; DIR/index.db can be removed at any\n"
	"time. A run of a machine without a clock has the date at which it was added.\n\n"
	"exit status: 0 done; 1 failed, or a file was set aside; 2 usage or a file that is no result;\n"
	"3 no such run or configuration\n\n"
	"examples\n"
	"  zapbench history add results/*.json\n"
	"  zapbench history show refault/memfd/eager+lazy/page/4M\n"
	"  zapbench history label 20260101T0200 before && zapbench compare before results/latest.json\n";

static const char *default_folder(void)
{
	const char *folder = getenv("ZAPBENCH_HISTORY");

	return folder && folder[0] ? folder : DEFAULT_FOLDER;
}

const char *history_resolve(const char *argument, char *path, size_t size)
{
	if (strchr(argument, '/') || !strcmp(argument, "-") || !access(argument, F_OK))
		return argument;
	snprintf(path, size, "%s/labels/%s", default_folder(), argument);
	return access(path, F_OK) ? argument : path;
}

static int failed(int err, const struct why *why)
{
	switch (err) {
	case -EINVAL:
		return say_why(STATUS_USAGE, err, why);
	case -ENOENT:
	case -ENOTUNIQ:
		return say_why(STATUS_NOTHING, err, why);
	default:
		return say_why(STATUS_FAILED, err, why);
	}
}

struct job {
	struct history *history;
	char **labels;
	const char *configuration, *machine;
	size_t shown, set_aside;
	double before;
	char series[2 * TEXT_BYTES]; /* the one that is being shown */
};

static void set_aside(void *arg, const char *path, const char *reason)
{
	struct job *job = arg;

	job->set_aside++;
	say(0, "set aside as %s: %s", path, reason);
}

static int add(struct job *job, char **file, int count)
{
	int status = STATUS_OK;

	for (int i = 0; i < count; i++) {
		struct why why = { "", "" };
		char name[TEXT_BYTES];
		bool added;
		int err = history_add(job->history, file[i], name, sizeof(name), &added, &why);

		if (err) {
			status = failed(err, &why);
			continue;
		}
		job->shown++;
		printf("%s %s\n", added ? "added" : "there already:", name);
	}
	return status;
}

static int list_run(void *arg, const struct history_run *run)
{
	struct job *job = arg;
	char machine[TEXT_BYTES], kernel[TEXT_BYTES], program[TEXT_BYTES];

	job->shown++;
	printf("%s  %s\n  %s; Linux %s; zapbench %s; %lld configurations\n", run->date, run->name,
	       plain_text(run->machine, machine, sizeof(machine)), plain_text(run->kernel, kernel, sizeof(kernel)),
	       plain_text(run->program, program, sizeof(program)), (long long)run->configurations);
	for (char **label = job->labels; *label; label++) {
		if (history_has_label(job->history, run->name, *label))
			printf("  label %s\n", *label);
	}
	return 0;
}

static int show_series(void *arg, const struct history_series *series)
{
	struct job *job = arg;
	char machine[TEXT_BYTES], configuration[TEXT_BYTES], unit[TEXT_BYTES];

	if (job->machine && strcmp(job->machine, series->machine))
		return 0;
	plain_text(series->machine, machine, sizeof(machine));
	if (strcmp(machine, job->series))
		printf("%s%s\n", job->shown ? "\n" : "", machine);
	snprintf(job->series, sizeof(job->series), "%s", machine);
	printf("  %-56s %4lld run%s  %s\n", plain_text(series->configuration, configuration, sizeof(configuration)),
	       (long long)series->points, series->points == 1 ? " " : "s",
	       plain_text(series->unit, unit, sizeof(unit)));
	job->shown++;
	return 0;
}

static int show_point(void *arg, const struct history_point *point)
{
	struct job *job = arg;
	char series[2 * TEXT_BYTES], machine[TEXT_BYTES], unit[TEXT_BYTES], kernel[TEXT_BYTES], program[TEXT_BYTES];
	char value[40], lower[40], upper[40], change[40] = "-";

	snprintf(series, sizeof(series), "%s\n%s%s", plain_text(point->run.machine, machine, sizeof(machine)),
		 plain_text(point->unit, unit, sizeof(unit)), point->run.emulated ? ", EMULATED: no times" : "");
	if (strcmp(series, job->series)) {
		printf("%s%s\n%-24s %10s %21s %9s  %-18s %s\n", job->shown ? "\n" : "", series, "date", "median",
		       "interval", "change%", "Linux", "zapbench");
		snprintf(job->series, sizeof(job->series), "%s", series);
		job->before = NAN;
	}
	if (job->before > 0)
		snprintf(change, sizeof(change), "%+.2f", 100 * (point->value / job->before - 1));
	printf("%-24s %10s %10s %10s %9s  %-18s %s\n", point->run.date,
	       figure_format(point->value, value, sizeof(value)), figure_format(point->lower, lower, sizeof(lower)),
	       figure_format(point->upper, upper, sizeof(upper)), change,
	       plain_text(point->run.kernel, kernel, sizeof(kernel)),
	       plain_text(point->run.program, program, sizeof(program)));
	job->before = point->value;
	job->shown++;
	return 0;
}

static int show(struct job *job, struct why *why)
{
	if (job->configuration)
		return history_each_point(job->history, job->machine, job->configuration, show_point, job, why);
	return history_each_series(job->history, show_series, job, why);
}

static int run(struct job *job, const char *verb, char **argument, int count)
{
	struct why why = { "", "" };
	int err = 0;

	if (!strcmp(verb, "add"))
		return add(job, argument, count);
	if (!strcmp(verb, "list"))
		err = history_each_run(job->history, list_run, job, &why);
	else if (!strcmp(verb, "show"))
		err = show(job, &why);
	else if (!strcmp(verb, "label"))
		err = history_label(job->history, argument[0], argument[1], &why);
	else
		return job->set_aside ? STATUS_FAILED : STATUS_OK;
	if (err)
		return failed(err, &why);
	if (job->shown || !strcmp(verb, "label"))
		return STATUS_OK;
	return say(STATUS_NOTHING, job->configuration || job->machine
					   ? "the history has no such configuration; zapbench history show lists them"
					   : "the history is empty; zapbench history add RESULT begins it");
}

static int usage_of(const char *verb, int count)
{
	static const struct {
		const char *verb;
		int least, most;
		const char *text;
	} verbs[] = {
		{ "add", 1, 1 << 20, "one RESULT or more" },
		{ "list", 0, 0, "nothing" },
		{ "show", 0, 1, "one CONFIGURATION at most" },
		{ "label", 2, 2, "a RUN and a LABEL" },
		{ "rebuild", 0, 0, "nothing" },
	};

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(verb, verbs[i].verb))
			continue;
		if (count >= verbs[i].least && count <= verbs[i].most)
			return STATUS_OK;
		return say(STATUS_USAGE, "history %s takes %s; found %d", verb, verbs[i].text, count);
	}
	return say(STATUS_USAGE, "history '%.100s': expected add, list, show, label or rebuild", verb);
}

int command_history(int argc, char **argv)
{
	static const struct option options[] = {
		{ "db", required_argument, NULL, 'd' },
		{ "machine", required_argument, NULL, 'm' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *folder = default_folder(), *verb;
	struct job job = { .before = NAN };
	struct why why = { "", "" };
	int option, status, err;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (option) {
		case 'd':
			folder = optarg;
			break;
		case 'm':
			job.machine = optarg;
			break;
		case 'h':
			fputs(help, stdout);
			return STATUS_OK;
		default:
			return say(STATUS_USAGE, "zapbench history --help says how");
		}
	}
	if (optind == argc)
		return say(STATUS_USAGE,
			   "history: add, list, show, label or rebuild? zapbench history --help says more");
	verb = argv[optind++];
	status = usage_of(verb, argc - optind);
	if (status)
		return status;
	if (!strcmp(verb, "show") && optind < argc)
		job.configuration = argv[optind];
	err = history_open(folder, !strcmp(verb, "add"), !strcmp(verb, "rebuild"), set_aside, &job, &job.history, &why);
	if (err)
		return failed(err, &why);
	job.labels = history_labels(job.history);
	status = job.labels ? run(&job, verb, argv + optind, argc - optind) : failed(-ENOMEM, &why);
	if (!status && job.set_aside)
		status = STATUS_FAILED;
	history_free_labels(job.labels);
	history_close(job.history);
	return status;
}
