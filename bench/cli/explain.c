// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/cli/cli.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <string.h>

#include "report/answer/explain.h"

static const char *const usage[] = { "ROW [RESULT]", NULL };

static const struct outcome outcomes[] = {
	{ STATUS_OK, "explained" },
	{ STATUS_FAILED, "failed" },
	{ STATUS_USAGE, "wrong usage, a row that is not there, or a file that is not a result" },
	{ 0, NULL },
};

static int take(void *arg, int id, char *value, struct why *why)
{
	(void)arg;
	(void)id;
	(void)value;
	(void)why;
	return 0;
}

static int explain(const char *row, const char *path)
{
	struct record *record = NULL;
	struct why why = { "", "" };
	int err = record_read(path, &record, &why), status = STATUS_OK;
	size_t index;

	if (err)
		return complain_why(unread_status(err, STATUS_FAILED), err, &why);
	err = record_summarise(record);
	if (!err && explain_find(record, row, &index, &why))
		status = complain_why(STATUS_USAGE, -EINVAL, &why);
	else if (!err)
		err = explain_print(record, index, output_columns(78), stdout);
	record_free(record);
	return err ? complain_why(STATUS_FAILED, err, &why) : status;
}

static int run_explain(int argc, char **argv)
{
	int status = parse_flags(&command_explain, argc, argv, take, NULL), count = argc - optind;
	char found[PATH_MAX];

	if (status >= 0)
		return status;
	if (count < 1 || !argv[optind][strspn(argv[optind], " ")])
		return complain_usage(&command_explain, "ROW is missing: give a row of the table in quotes");
	if (count > 2)
		return complain_usage(&command_explain,
				      "explain takes a row and a result; found %d arguments: put the "
				      "row in quotes",
				      count);
	return explain(argv[optind],
		       result_path(count > 1 ? argv[optind + 1] : "results/runs/latest.json", found, sizeof(found)));
}

const struct command command_explain = {
	.name = "explain",
	.summary = "tell in a paragraph how a figure came about, and what it is good for",
	.usage = usage,
	.about = "Tell how the figure of one row came about: page faults, rounds, discarded samples, memory layout, "
		 "counters, whether another run should agree, and what the figure may be used for. ROW is a row as the "
		 "table of a run prints it, some words that only this row has, or the name of a configuration. Without "
		 "RESULT it is the newest result, results/runs/latest.json.",
	.arguments = &values_results,
	.outcomes = outcomes,
	.failure = STATUS_FAILED,
	.examples = "zapbench explain 'frame eager around 4M read'\n"
		    "zapbench explain frame/memfd/eager/around/4M results/runs/latest.json",
	.run = run_explain,
};
