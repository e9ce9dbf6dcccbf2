// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/cli/cli.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "report/answer/report.h"
#include "report/render/document.h"

static const char *const usage[] = { "RESULT... [--out FOLDER] [OPTION...]", "RESULT... --brief", NULL };

enum { FLAG_BRIEF = 1, FLAG_OUT, FLAG_TITLE, FLAG_NO_PDF, FLAG_OBSERVED };

struct arguments {
	struct report_options options;
	struct observation *observation; /* or NULL */
	bool brief, files;
};

static const struct flag flags[] = {
	{ .id = FLAG_BRIEF,
	  .name = "brief",
	  .help = "print the answer as text, and write no files",
	  .more = "The text is for a mail or a pull request: a sentence with the recommendation, the break-even or "
		  "what to run, and a table with the best policy and the runner-up of each workload. Lines have 75 "
		  "columns; on a terminal they are as wide as it is." },
	{ .id = FLAG_OUT,
	  .name = "out",
	  .argument = "FOLDER",
	  .help = "where to write",
	  .preset = "report",
	  .more = "The folder then holds report.html (one file with everything), report.md, report.txt, report.pdf, "
		  "and plots/ with each plot as SVG and PNG, its data and its gnuplot script. Plots of an earlier "
		  "report in that folder are removed.",
	  .values = &values_folders },
	{ .id = FLAG_TITLE, .name = "title", .argument = "TEXT", .help = "title of the report" },
	{ .id = FLAG_NO_PDF, .name = "no-pdf", .help = "write no PDF" },
	{ .id = FLAG_OBSERVED,
	  .name = "observed",
	  .argument = "FILE",
	  .help = "add a part on the application that zapbench observe --out FILE watched",
	  .values = &values_files },
	{ .name = NULL },
};

static const struct outcome outcomes[] = {
	{ STATUS_OK, "written" },
	{ STATUS_FAILED, "writing failed, or a plot was not drawn (the rest is written)" },
	{ STATUS_USAGE, "wrong usage, or a file that is not a result (the report has the other files)" },
	{ 0, NULL },
};

static void problem(const struct why *why)
{
	complain_why(STATUS_FAILED, 0, why);
}

static int take(void *arg, int id, char *value, struct why *why)
{
	struct arguments *arguments = arg;
	struct report_options *options = &arguments->options;

	arguments->files |= id != FLAG_BRIEF && id != FLAG_TITLE;
	switch (id) {
	case FLAG_BRIEF:
		arguments->brief = true;
		break;
	case FLAG_OUT:
		options->out = value;
		return value[0] ? 0 : why_set(why, -EINVAL, NULL, "--out: expected a folder, found an empty name");
	case FLAG_TITLE:
		options->title = value;
		break;
	case FLAG_NO_PDF:
		options->pdf = false;
		break;
	case FLAG_OBSERVED:
		observation_free(arguments->observation);
		arguments->observation = NULL;
		return observation_read(value, &arguments->observation, why);
	}
	return 0;
}

static int answer(struct arguments *arguments, int count, char **files)
{
	static char found[REPORT_RESULTS_MAX][PATH_MAX];
	char *path[REPORT_RESULTS_MAX];
	struct why why = { "", "" };
	int err;

	if (!count)
		return complain_usage(&command_report, "RESULT is missing: give a results file");
	if (arguments->brief && arguments->files)
		return complain_usage(&command_report,
				      "--brief writes no files, so it takes no --out, no --no-pdf and no --observed");
	if (count > REPORT_RESULTS_MAX)
		return complain_usage(&command_report, "report takes at most %d results; found %d", REPORT_RESULTS_MAX,
				      count);
	for (int i = 0; i < count; i++)
		path[i] = (char *)result_path(files[i], found[i], sizeof(found[i]));
	arguments->options.columns = output_columns(DOCUMENT_TEXT_COLUMNS);
	arguments->options.observation = arguments->observation;
	if (arguments->brief)
		err = report_brief(path, (size_t)count, &arguments->options, stdout, &why);
	else
		err = report_make(path, (size_t)count, &arguments->options, &why);
	if (err == -EBADMSG)
		return STATUS_USAGE;
	if (err && err != -ENODATA)
		return complain_why(unread_status(err, STATUS_FAILED), err, &why);
	return err ? STATUS_FAILED : STATUS_OK;
}

static int run_report(int argc, char **argv)
{
	struct arguments arguments = { .options = { .out = "report",
						    .title = "Which policy costs least: zapbench report",
						    .pdf = true,
						    .problem = problem } };
	int status = parse_flags(&command_report, argc, argv, take, &arguments);

	if (status < 0)
		status = answer(&arguments, argc - optind, argv + optind);
	observation_free(arguments.observation);
	return status;
}

const struct command command_report = {
	.name = "report",
	.summary = "write a page, text and plots that show which policy costs least",
	.usage = usage,
	.about = "Write a report of up to 26 results: which policy costs least for each workload, with the evidence. "
		 "It begins with one sentence, one chart and one table; --brief prints these alone, without the chart. "
		 "The report is one page of HTML, and the same as Markdown, as text of at most 75 columns, and as PDF "
		 "if Chromium is installed. Each plot is stored as SVG and PNG, with its data and its script: gnuplot "
		 "NAME.gp draws it again. For an emulated result the report shows instructions, not times.",
	.flags = flags,
	.arguments = &values_results,
	.outcomes = outcomes,
	.failure = STATUS_FAILED,
	.examples = "zapbench report results/runs/latest.json --brief\n"
		    "zapbench report results/runs/latest.json\n"
		    "zapbench report board.json qemu.json --out /tmp/report --title 'RK3588 and emulation'",
	.run = run_report,
};
