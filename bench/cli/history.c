// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/cli/cli.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/site/check.h"
#include "report/site/dashboard.h"
#include "report/history/findings.h"
#include "bench/base/text.h"

enum { TEXT_BYTES = 320 };

static int failed(int err, const struct why *why)
{
	switch (err) {
	case -EINVAL:
		return complain_why(STATUS_USAGE, err, why);
	case -ENOENT:
	case -ENOTUNIQ:
		return complain_why(STATUS_NOTHING, err, why);
	default:
		return complain_why(STATUS_BROKEN, err, why);
	}
}

enum {
	FLAG_DB = 'd',
	FLAG_AGAIN = 'a',
	FLAG_BY_DATE = 'b',
	FLAG_MACHINE = 'm',
	FLAG_RUN = 'n',
	FLAG_THRESHOLD = 't',
	FLAG_REASON = 'r',
	FLAG_AUTHOR = 'w',
	FLAG_UNDO = 'u',
	FLAG_COMMIT_URL = 'c'
};

struct history_job {
	struct history *history;
	char **labels;
	const char *folder, *configuration, *machine, *run;
	double threshold_percent;
	const char *commit_url;
	struct history_adding adding;
	struct acknowledgement acknowledgement;
	char given[8]; /* the flags that were given, without --db */
	size_t shown, set_aside;
	int status; /* when nothing fails */
};

static void set_aside(void *arg, const char *path, const char *reason)
{
	struct history_job *job = arg;

	job->set_aside++;
	complain(0, "set aside as %s: %s", path, reason);
}

static void unreadable(void *arg, const char *path, const char *reason)
{
	bool named = !strncmp(reason, path, strlen(path));

	(void)arg;
	complain(0, "kept but not used: %s%s%s", named ? "" : path, named ? "" : ": ", reason);
}

/* Making the index again of years takes minutes. */
static void progress(void *arg, size_t done, size_t all)
{
	(void)arg;
	if (all > 100 && isatty(STDERR_FILENO) && (done % 50 == 0 || done + 1 == all))
		fprintf(stderr, "\r%zu of %zu results read%s", done + 1, all, done + 1 == all ? "\n" : "");
}

static int add(void *arg, char **file, int count, struct why *why)
{
	struct history_job *job = arg;

	(void)why;
	for (int i = 0; i < count; i++) {
		struct why of_file = { "", "" };
		char found[PATH_MAX];
		const char *path = result_path(file[i], found, sizeof(found));
		struct history_added added;
		int err = history_add(job->history, path, &job->adding, &added, &of_file);

		if (err == -EINVAL)
			job->status = complain(STATUS_USAGE, "not added: %s", of_file.reason);
		else if (err)
			job->status = complain_why(unread_status(err, STATUS_BROKEN), err, &of_file);
		else
			printf("%s %s\n", added.new ? "added" : "already there:", added.name);
		if (!err && added.clock[0])
			complain(0, "%s: %s; an old result is added with --by-date", added.name, added.clock);
	}
	return 0;
}

static int list(void *arg, char **argument, int number, struct why *why)
{
	struct history_job *job = arg;
	const struct history_run *run;
	size_t count;
	int err = history_runs(job->history, &run, &count, why);

	(void)argument;
	(void)number;
	for (size_t i = 0; i < count && !err; i++) {
		char machine[TEXT_BYTES], kernel[TEXT_BYTES], program[TEXT_BYTES];

		printf("%s  %s\n  %s; Linux %s; zapbench %s; %lld configuration%s\n", run[i].date, run[i].name,
		       plain_text(run[i].machine, machine, sizeof(machine)),
		       plain_text(run[i].kernel, kernel, sizeof(kernel)),
		       plain_text(run[i].program, program, sizeof(program)), (long long)run[i].configurations,
		       run[i].configurations == 1 ? "" : "s");
		if (run[i].behind)
			printf("  its clock was behind: ordered by when it was added\n");
		for (char **label = job->labels; *label; label++) {
			if (history_has_label(job->history, run[i].name, *label))
				printf("  label %s\n", *label);
		}
	}
	return err || count ? err : history_nothing(job->history, why);
}

static void show_series(struct history_job *job, const struct history_series *series, bool new_machine)
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

static int show_points(struct history_job *job, const struct history_series *series, struct why *why)
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
	       series->emulated ? ", EMULATED: instructions, not times" : "", "date", "median", "interval", "change%",
	       "Linux", "zapbench");
	for (size_t i = 0; i < points.count; i++)
		show_point(&run[points.run[i]], &points.value[i], i ? points.value[i - 1].value : NAN);
	err = findings_of(job->history, series, &points, job->threshold_percent, &finding, &count, why);
	for (size_t i = 0; i < count && !err; i++)
		say_finding(&finding[i]);
	free(finding);
	history_points_free(&points);
	return err;
}

/* A configuration by its name, or where none has that name all whose names it is a part of. */
static bool shown(const struct history_job *job, const struct history_series *series, bool exact)
{
	if (job->machine && strcmp(job->machine, series->machine))
		return false;
	if (!job->configuration)
		return true;
	return exact ? !strcmp(job->configuration, series->configuration)
		     : strstr(series->configuration, job->configuration) != NULL;
}

static int show(void *arg, char **argument, int number, struct why *why)
{
	const struct history_series *series;
	struct history_job *job = arg;
	const char *machine = "";
	bool exact = false;
	size_t count;
	int err = history_series(job->history, &series, &count, why);

	job->configuration = number ? argument[0] : NULL;
	for (size_t i = 0; i < count && !err && !exact; i++)
		exact = shown(job, &series[i], true);
	for (size_t i = 0; i < count && !err; i++) {
		if (!shown(job, &series[i], exact))
			continue;
		if (job->configuration && exact)
			err = show_points(job, &series[i], why);
		else
			show_series(job, &series[i], strcmp(machine, series[i].machine));
		machine = series[i].machine;
		job->shown++;
	}
	if (err || job->shown)
		return err;
	if (!count)
		return history_nothing(job->history, why);
	return why_set(why, -ENOENT, "zapbench history show lists them", "the history has no such configuration");
}

static int check(void *arg, char **argument, int number, struct why *why)
{
	static const int status_of[] = { [HISTORY_QUIET] = STATUS_OK,
					 [HISTORY_REGRESSION] = STATUS_REGRESSION,
					 [HISTORY_GONE] = STATUS_GONE,
					 [HISTORY_TOO_FEW] = STATUS_NOTHING };
	struct history_job *job = arg;
	enum history_state state;
	int err = history_check(job->history, job->machine, job->threshold_percent, &state, why);

	(void)argument;
	(void)number;
	if (!err)
		job->status = status_of[state];
	return err;
}

static int acknowledge(void *arg, char **argument, int number, struct why *why)
{
	struct history_job *job = arg;

	job->acknowledgement.run = argument[0];
	job->acknowledgement.configuration = number > 1 ? argument[1] : NULL;
	return history_acknowledge(job->history, &job->acknowledgement, why);
}

static int remove_run(void *arg, char **argument, int number, struct why *why)
{
	struct history_job *job = arg;
	char *path;
	int err = history_remove(job->history, argument[0], &path, why);

	(void)number;
	if (!err) {
		const char *name = strrchr(path, '/') + 1;

		printf("removed: %.*s\nto restore it: zapbench history --db %s add %s\n", (int)strcspn(name, "."), name,
		       job->folder, path);
	}
	free(path);
	return err;
}

static int suspects(void *arg, char **argument, int number, struct why *why)
{
	struct history_job *job = arg;

	(void)argument;
	(void)number;
	return history_suspects(job->history, job->machine, job->threshold_percent, why);
}

static int dashboard(void *arg, char **argument, int number, struct why *why)
{
	struct history_job *job = arg;
	const struct dashboard_options options = { job->threshold_percent, job->commit_url };
	int err = dashboard_write(job->history, argument[0], &options, why);

	(void)number;
	if (!err || err == -ENODATA)
		printf("%s/index.html\n", argument[0]);
	return err;
}

static int label(void *arg, char **argument, int number, struct why *why)
{
	struct history_job *job = arg;

	(void)number;
	return history_label(job->history, argument[0], argument[1], why);
}

/* history_open() has done it. */
static int rebuild(void *arg, char **argument, int number, struct why *why)
{
	(void)arg;
	(void)argument;
	(void)number;
	(void)why;
	return 0;
}

static const struct verb verbs[] = {
	{ "add", "RESULT...", "copy results files into the history, compressed; the same file twice is there once", 1,
	  1 << 20, "dab", &values_results, add },
	{ "list", "", "the runs in order, the oldest first", 0, 0, "d", NULL, list },
	{ "show", "[CONFIGURATION]",
	  "with the name of a configuration: its figure in each run, and its changes; with a part of a name or "
	  "without: the configurations of each machine",
	  0, 1, "dmnt", NULL, show },
	{ "check", "",
	  "list changes, and configurations that are no longer measured; status 1 while a regression is open (not "
	  "acknowledged, not fixed)",
	  0, 0, "dmnt", NULL, check },
	{ "acknowledge", "RUN [CONFIGURATION]",
	  "mark a change as known: the change of one configuration, or of all, that begins at RUN (the beginning of "
	  "its name is enough); or that RUN was the last to measure a configuration; --undo takes it back",
	  1, 2, "drwu", NULL, acknowledge },
	{ "suspects", "", "print the cases to measure again, one per line", 0, 0, "dmnt", NULL, suspects },
	{ "dashboard", "FOLDER",
	  "write or update static pages in a folder: open index.html there, or copy the folder to a web server", 1, 1,
	  "dtc", &values_folders, dashboard },
	{ "label", "RUN LABEL", "give a run a label; zapbench compare LABEL then takes all runs with the label", 2, 2,
	  "d", NULL, label },
	{ "remove", "RUN", "take a run out of the history; its file is kept in FOLDER/removed", 1, 1, "d", NULL,
	  remove_run },
	{ "rebuild", "",
	  "rebuild the index from the files; move files that are not results aside, and print their names", 0, 0, "d",
	  NULL, rebuild },
	{ .name = NULL },
};

static const char *const usage[] = { NULL };

static const struct flag flags[] = {
	{ .id = FLAG_DB,
	  .name = "db",
	  .argument = "FOLDER",
	  .help = "the folder of the history",
	  .preset = "$ZAPBENCH_HISTORY, else " HISTORY_FOLDER,
	  .values = &values_folders },
	{ .id = FLAG_AGAIN,
	  .name = "again",
	  .help = "add: count the same file as another run; emulated runs may be identical" },
	{ .id = FLAG_BY_DATE,
	  .name = "by-date",
	  .help = "add: insert old results by their dates, also before runs that are there" },
	{ .id = FLAG_MACHINE,
	  .name = "machine",
	  .argument = "MACHINE",
	  .help = "only this machine; show prints the names" },
	{ .id = FLAG_RUN, .name = "run", .argument = "RUN", .help = "only the machine of RUN" },
	{ .id = FLAG_THRESHOLD,
	  .name = "threshold",
	  .argument = "PERCENT",
	  .help = "ignore smaller changes, but no change of an emulated run",
	  .preset = "1" },
	{ .id = FLAG_REASON, .name = "reason", .argument = "TEXT", .help = "acknowledge: why the change is fine" },
	{ .id = FLAG_AUTHOR,
	  .name = "author",
	  .argument = "NAME",
	  .help = "acknowledge: who says so",
	  .preset = "user.name of git, else the login" },
	{ .id = FLAG_COMMIT_URL,
	  .name = "commit-url",
	  .argument = "URL",
	  .help = "dashboard: link each commit of zapbench to URL and its hash" },
	{ .id = FLAG_UNDO, .name = "undo", .help = "acknowledge: the change counts as unknown again" },
	{ .name = NULL },
};

static const struct outcome outcomes[] = {
	{ STATUS_OK, "done; check: no regression" },
	{ STATUS_REGRESSION, "check: an open regression" },
	{ STATUS_USAGE, "wrong usage; add: a file is not a result; the other files were added" },
	{ STATUS_NOTHING, "no such run, configuration or history; check: every series has too few runs" },
	{ STATUS_BROKEN, "failed; all commands but add: a broken file was set aside" },
	{ STATUS_GONE, "check: no open regression, but a configuration is no longer measured" },
	{ 0, NULL },
};

static int take(void *arg, int id, char *value, struct why *why)
{
	struct history_job *job = arg;
	size_t given = strlen(job->given);

	if (id != FLAG_DB && given < sizeof(job->given) - 1 && !strchr(job->given, id))
		job->given[given] = (char)id;
	switch (id) {
	case FLAG_DB:
		job->folder = value;
		break;
	case FLAG_MACHINE:
		job->machine = value;
		break;
	case FLAG_RUN:
		job->run = value;
		break;
	case FLAG_THRESHOLD:
		return take_number("threshold", value, 0, 1000, &job->threshold_percent, why);
	case FLAG_REASON:
		job->acknowledgement.reason = value;
		break;
	case FLAG_AUTHOR:
		job->acknowledgement.author = value;
		break;
	case FLAG_COMMIT_URL:
		if (strncmp(value, "https://", 8) && strncmp(value, "http://", 7))
			return why_set(why, -EINVAL, "give an address such as https://git.example.org/commit/",
				       "--commit-url: '%s' is no address of the web", value);
		job->commit_url = value;
		break;
	case FLAG_UNDO:
		job->acknowledgement.undone = true;
		break;
	case FLAG_AGAIN:
		job->adding.again = true;
		break;
	case FLAG_BY_DATE:
		job->adding.by_date = true;
		break;
	}
	return 0;
}

static int unknown_verb(const char *name)
{
	const char *names[sizeof(verbs) / sizeof(verbs[0])] = { NULL }, *nearest;

	for (size_t i = 0; verbs[i].name; i++)
		names[i] = verbs[i].name;
	nearest = nearest_name(name, names);
	if (nearest)
		return complain(STATUS_USAGE, "history: unknown command '%.100s'; did you mean '%s'?", name, nearest);
	return complain_usage(&command_history, "history: unknown command '%.100s'", name);
}

/* What stands after "history". NULL when an error was printed. */
static const struct verb *choose_verb(const struct history_job *job, char **argument, int count)
{
	const struct verb *verb = verbs;

	if (!count) {
		complain_usage(&command_history, "history needs a command: add, list, show, check, ...");
		return NULL;
	}
	while (verb->name && strcmp(verb->name, argument[0]))
		verb++;
	if (!verb->name) {
		unknown_verb(argument[0]);
		return NULL;
	}
	if (count - 1 < verb->least || count - 1 > verb->most) {
		complain_usage(&command_history, "history %s takes %s; found %d", verb->name,
			       verb->arguments[0] ? verb->arguments : "no argument", count - 1);
		return NULL;
	}
	for (const struct flag *flag = flags; flag->name; flag++) {
		if (!strchr(job->given, flag->id) || strchr(verb->flags, flag->id))
			continue;
		complain_usage(&command_history, "history %s takes no --%s", verb->name, flag->name);
		return NULL;
	}
	if (job->machine && job->run) {
		complain_usage(&command_history, "history %s takes --machine or --run, not both", verb->name);
		return NULL;
	}
	return verb;
}

/* --run: only the machine of that run. */
static int take_machine(struct history_job *job, struct why *why)
{
	const struct history_run *run;
	int err = job->run ? history_run(job->history, job->run, &run, why) : 0;

	if (job->run && !err)
		job->machine = run->machine;
	return err;
}

static enum history_use use_of(const struct verb *verb)
{
	if (verb->run == add)
		return HISTORY_ADD;
	if (verb->run == rebuild)
		return HISTORY_REBUILD;
	return verb->run == acknowledge || verb->run == label || verb->run == remove_run ? HISTORY_CHANGE
											 : HISTORY_READ;
}

static int run_verb(struct history_job *job, const struct verb *verb, char **argument, int count)
{
	const struct history_listener listener = { set_aside, unreadable, progress, job };
	struct why why = { "", "" };
	int err = history_open(job->folder, use_of(verb), &listener, &job->history, &why);

	if (err)
		return failed(err, &why);
	job->labels = history_labels(job->history);
	err = job->labels ? take_machine(job, &why) : -ENOMEM;
	if (!err)
		err = verb->run(job, argument, count, &why);
	if (err)
		job->status = failed(err, &why);
	else if (!job->status && job->set_aside && verb->run != add)
		job->status = STATUS_BROKEN;
	history_free_labels(job->labels);
	history_close(job->history);
	return job->status;
}

static int run_history(int argc, char **argv)
{
	struct history_job job = { .folder = history_default_folder(), .threshold_percent = 1 };
	int status = parse_flags(&command_history, argc, argv, take, &job);
	const struct verb *verb;

	if (status >= 0)
		return status;
	verb = choose_verb(&job, argv + optind, argc - optind);
	if (!verb)
		return STATUS_USAGE;
	return run_verb(&job, verb, argv + optind + 1, argc - optind - 1);
}

const struct command command_history = {
	.name = "history",
	.summary = "keep the results of many runs, and show what changed over time",
	.usage = usage,
	.about = "Keep the results of many runs, show what changed over time, and since which run.",
	.flags = flags,
	.verbs = verbs,
	.notes = "The files in FOLDER/runs are never written again; FOLDER/index.db can be removed at any time. A "
		 "run of a machine without a clock has the date at which it was added. The runs of a machine are in "
		 "the order in which they were added. If the clock of a run is behind, a warning says so; the order "
		 "stays. check lists a change for 30 runs of its configuration, but a regression until it is "
		 "acknowledged or fixed. If the newest runs may differ, they are a suspect: run them again. A "
		 "change is reported with the third run of the new level or later.",
	.outcomes = outcomes,
	.failure = STATUS_BROKEN,
	.examples = "zapbench history add results/runs/*.json\n"
		    "zapbench history show refault/memfd/eager+lazy/page/4M\n"
		    "zapbench history check || mail -s 'zapbench: a regression' me <night.log\n"
		    "zapbench history label 20260101T0200 before && zapbench compare before results/runs/latest.json",
	.run = run_history,
};
