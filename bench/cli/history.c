// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/cli/cli.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/render/say.h"
#include "report/site/check.h"
#include "report/site/dashboard.h"
#include "report/history/findings.h"
#include "bench/base/text.h"

enum { TEXT_BYTES = 320 };

static const char help[] =
	"usage: zapbench history add [--again] RESULT...\n"
	"       zapbench history list\n"
	"       zapbench history show [CONFIGURATION] [--machine MACHINE]\n"
	"       zapbench history check [--machine MACHINE] [--threshold PERCENT]\n"
	"       zapbench history acknowledge RUN [CONFIGURATION]\n"
	"       zapbench history suspects [--machine MACHINE]\n"
	"       zapbench history dashboard FOLDER\n"
	"       zapbench history label RUN LABEL\n"
	"       zapbench history rebuild\n\n"
	"Keep the results of many runs, show what they say over time, and find out since when.\n\n"
	"  add          copy results files into the history, compressed; the same one twice is there once\n"
	"  list         the runs, the oldest first\n"
	"  show         without a configuration: which ones there are, by machine; with one: its figure in\n"
	"               each run, and its changes\n"
	"  check        what has changed of late, and what changed with it; status 1 while there is a\n"
	"               regression that nobody has acknowledged\n"
	"  acknowledge  a change is known: the one that begins at this run (or the beginning of its name), of\n"
	"               one configuration or of all\n"
	"  suspects     the cases to be run again, one a line, before anybody believes in a regression\n"
	"  dashboard    make or renew static pages in a folder: open index.html there, or serve it from anywhere\n"
	"  label        put a run under a label; zapbench compare takes the labels, with all runs under each\n"
	"  rebuild      make the index again of the files; those that are no results are set aside, and named\n\n"
	"  --db DIR             the folder ($ZAPBENCH_HISTORY, else " HISTORY_FOLDER ")\n"
	"  --again              add: the same file is another run, as emulated ones repeat themselves\n"
	"  --machine MACHINE    as show lists it\n"
	"  --threshold PERCENT  smaller changes are none (1); each instruction of an emulated run counts\n\n"
	"The files in DIR/runs are the truth and are never written again; DIR/index.db can be removed at any\n"
	"time. A run of a machine without a clock has the date at which it was added.\n\n"
	"A change is news for 30 runs, then its level is the usual one. One run alone is only suspect: a change\n"
	"is called with the third run of the new level.\n\n"
	"exit status: 0 done, check: quiet; 1 check: a regression; failed, or a file was set aside; 2 usage or a\n"
	"file that is no result; 3 no such run or configuration, check: too few runs to say anything\n\n"
	"examples\n"
	"  zapbench history add results/*.json\n"
	"  zapbench history show refault/memfd/eager+lazy/page/4M\n"
	"  zapbench history check || mail -s 'zapbench: a regression' me <night.log\n"
	"  zapbench history label 20260101T0200 before && zapbench compare before results/latest.json\n";

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
	double threshold_percent;
	bool again;
	size_t shown, set_aside;
};

static void set_aside(void *arg, const char *path, const char *reason)
{
	struct job *job = arg;

	job->set_aside++;
	say(0, "set aside as %s: %s", path, reason);
}

/* Making the index again of years takes minutes. */
static void progress(void *arg, size_t done, size_t all)
{
	(void)arg;
	if (all > 100 && isatty(STDERR_FILENO) && (done % 50 == 0 || done + 1 == all))
		fprintf(stderr, "\r%zu of %zu results read%s", done + 1, all, done + 1 == all ? "\n" : "");
}

static int add(struct job *job, char **file, int count)
{
	int status = STATUS_OK;

	for (int i = 0; i < count; i++) {
		struct why why = { "", "" };
		char name[TEXT_BYTES];
		bool added;
		int err = history_add(job->history, file[i], job->again, name, sizeof(name), &added, &why);

		if (err) {
			status = failed(err, &why);
			continue;
		}
		job->shown++;
		printf("%s %s\n", added ? "added" : "there already:", name);
	}
	return status;
}

static int list(struct job *job, struct why *why)
{
	const struct history_run *run;
	size_t count;
	int err = history_runs(job->history, &run, &count, why);

	for (size_t i = 0; i < count && !err; i++) {
		char machine[TEXT_BYTES], kernel[TEXT_BYTES], program[TEXT_BYTES];

		printf("%s  %s\n  %s; Linux %s; zapbench %s; %lld configurations\n", run[i].date, run[i].name,
		       plain_text(run[i].machine, machine, sizeof(machine)),
		       plain_text(run[i].kernel, kernel, sizeof(kernel)),
		       plain_text(run[i].program, program, sizeof(program)), (long long)run[i].configurations);
		for (char **label = job->labels; *label; label++) {
			if (history_has_label(job->history, run[i].name, *label))
				printf("  label %s\n", *label);
		}
	}
	job->shown = count;
	return err;
}

static void show_series(struct job *job, const struct history_series *series, bool new_machine)
{
	char machine[TEXT_BYTES], configuration[TEXT_BYTES], unit[TEXT_BYTES];

	if (new_machine)
		printf("%s%s\n", job->shown ? "\n" : "", plain_text(series->machine, machine, sizeof(machine)));
	printf("  %-56s %4zu run%s  %s\n", plain_text(series->configuration, configuration, sizeof(configuration)),
	       series->points, series->points == 1 ? " " : "s", plain_text(series->unit, unit, sizeof(unit)));
}

static void show_point(const struct history_run *run, const struct estimate *value, double before)
{
	char kernel[TEXT_BYTES], program[TEXT_BYTES], median[40], lower[40], upper[40], change[40] = "-";

	if (before > 0)
		snprintf(change, sizeof(change), "%+.2f", 100 * (value->value / before - 1));
	printf("%-24s %10s %10s %10s %9s  %-18s %s\n", run->date, figure_format(value->value, median, sizeof(median)),
	       figure_format(value->lower, lower, sizeof(lower)), figure_format(value->upper, upper, sizeof(upper)),
	       change, plain_text(run->kernel, kernel, sizeof(kernel)),
	       plain_text(run->program, program, sizeof(program)));
}

static int show_points(struct job *job, const struct history_series *series, struct why *why)
{
	char machine[TEXT_BYTES], unit[TEXT_BYTES];
	const struct history_run *run;
	struct history_points points;
	struct finding *finding;
	size_t runs, count;
	int err = history_runs(job->history, &run, &runs, why);

	if (!err)
		err = history_points(job->history, series, &points, why);
	if (err)
		return err;
	printf("%s%s\n%s%s\n%-24s %10s %21s %9s  %-18s %s\n", job->shown ? "\n" : "",
	       plain_text(series->machine, machine, sizeof(machine)), plain_text(series->unit, unit, sizeof(unit)),
	       series->emulated ? ", EMULATED: no times" : "", "date", "median", "interval", "change%", "Linux",
	       "zapbench");
	for (size_t i = 0; i < points.count; i++)
		show_point(&run[points.run[i]], &points.value[i], i ? points.value[i - 1].value : NAN);
	err = findings_of(job->history, series, &points, job->threshold_percent, &finding, &count, why);
	for (size_t i = 0; i < count && !err; i++)
		say_finding(&finding[i]);
	free(finding);
	history_points_free(&points);
	return err;
}

static int show(struct job *job, struct why *why)
{
	const struct history_series *series;
	const char *machine = "";
	size_t count;
	int err = history_series(job->history, &series, &count, why);

	for (size_t i = 0; i < count && !err; i++) {
		if (job->machine && strcmp(job->machine, series[i].machine))
			continue;
		if (!job->configuration)
			show_series(job, &series[i], strcmp(machine, series[i].machine));
		else if (!strcmp(job->configuration, series[i].configuration))
			err = show_points(job, &series[i], why);
		else
			continue;
		machine = series[i].machine;
		job->shown++;
	}
	return err;
}

static int run(struct job *job, const char *verb, char **argument, int count)
{
	struct why why = { "", "" };
	int err = 0, status = STATUS_OK;

	if (!strcmp(verb, "add"))
		return add(job, argument, count);
	job->shown = 1;
	if (!strcmp(verb, "list") || !strcmp(verb, "show")) {
		job->shown = 0;
		err = !strcmp(verb, "list") ? list(job, &why) : show(job, &why);
	} else if (!strcmp(verb, "check")) {
		err = history_check(job->history, job->machine, job->threshold_percent, &status, &why);
	} else if (!strcmp(verb, "suspects")) {
		err = history_suspects(job->history, job->machine, job->threshold_percent, &why);
	} else if (!strcmp(verb, "dashboard")) {
		err = dashboard_write(job->history, argument[0], job->threshold_percent, &why);
		if (!err || err == -ENODATA)
			printf("%s/index.html\n", argument[0]);
	} else if (!strcmp(verb, "acknowledge")) {
		err = history_acknowledge(job->history, argument[0], argument[1], &why);
	} else if (!strcmp(verb, "label")) {
		err = history_label(job->history, argument[0], argument[1], &why);
	}
	if (err)
		return failed(err, &why);
	if (job->shown)
		return status;
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
		{ "check", 0, 0, "nothing" },
		{ "acknowledge", 1, 2, "a RUN and one CONFIGURATION at most" },
		{ "suspects", 0, 0, "nothing" },
		{ "dashboard", 1, 1, "a FOLDER" },
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
	return say(
		STATUS_USAGE,
		"history '%.100s': expected add, list, show, check, acknowledge, suspects, dashboard, label or rebuild",
		verb);
}

int command_history(int argc, char **argv)
{
	static const struct option options[] = {
		{ "db", required_argument, NULL, 'd' },
		{ "machine", required_argument, NULL, 'm' },
		{ "threshold", required_argument, NULL, 't' },
		{ "again", no_argument, NULL, 'a' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *folder = history_default_folder(), *verb;
	struct job job = { .threshold_percent = 1 };
	const struct history_listener listener = { set_aside, progress, &job };
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
		case 't':
			if (number_parse(optarg, &job.threshold_percent) || job.threshold_percent < 0)
				return say(STATUS_USAGE, "--threshold '%.40s': expected a percentage, as 0.5", optarg);
			break;
		case 'a':
			job.again = true;
			break;
		case 'h':
			fputs(help, stdout);
			return STATUS_OK;
		default:
			return say(STATUS_USAGE, "zapbench history --help says how");
		}
	}
	if (optind == argc)
		return say(STATUS_USAGE, "history: add, list, show, check, ...? zapbench history --help says more");
	verb = argv[optind++];
	status = usage_of(verb, argc - optind);
	if (status)
		return status;
	if (!strcmp(verb, "show") && optind < argc)
		job.configuration = argv[optind];
	err = history_open(folder, !strcmp(verb, "add"), !strcmp(verb, "rebuild"), &listener, &job.history, &why);
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
