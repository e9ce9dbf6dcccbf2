// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/cli/cli.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "report/export/export.h"

static const char *const usage[] = { "--to FORMAT [--out FILE] RESULT", NULL };

enum { FLAG_TO = 1, FLAG_OUT, FORMATS_MAX = 32 };

static bool get_format(size_t index, struct named_value *value)
{
	if (!export_formats[index])
		return false;
	*value = (struct named_value){ export_formats[index]->name, export_formats[index]->help, "" };
	return true;
}

static const struct values values_formats = { .get = get_format };

static const struct flag flags[] = {
	{ .id = FLAG_TO,
	  .name = "to",
	  .argument = "FORMAT",
	  .help = "one of these",
	  .values = &values_formats,
	  .explain = true },
	{ .id = FLAG_OUT,
	  .name = "out",
	  .argument = "FILE",
	  .help = "the file to write; after an error it is as it was before",
	  .preset = "standard output",
	  .values = &values_files },
	{ .name = NULL },
};

static const struct outcome outcomes[] = {
	{ STATUS_OK, "written" },
	{ STATUS_FAILED, "could not be written" },
	{ STATUS_USAGE, "wrong usage, or a file that is not a result (the other files of a folder were exported)" },
	{ STATUS_NOTHING, "the result has no figure for this format; no file is written" },
	{ 0, NULL },
};

struct export_job {
	const struct export_format *format;
	const char *out;
};

static int take(void *arg, int id, char *value, struct why *why)
{
	const char *names[FORMATS_MAX + 1] = { NULL };
	struct export_job *job = arg;
	unsigned int chosen;
	int err;

	if (id == FLAG_OUT) {
		job->out = value;
		return value[0] ? 0 : why_set(why, -EINVAL, NULL, "--out: expected a file, found an empty name");
	}
	for (size_t i = 0; i < FORMATS_MAX && export_formats[i]; i++)
		names[i] = export_formats[i]->name;
	err = take_choice("to", value, names, &chosen, why);
	if (!err)
		job->format = export_formats[chosen];
	return err;
}

/* A measurement must not be replaced by what is made of it. */
static bool same_file(const char *a, const char *b)
{
	struct stat first, second;

	return !stat(a, &first) && !stat(b, &second) && S_ISREG(first.st_mode) && first.st_dev == second.st_dev &&
	       first.st_ino == second.st_ino;
}

static int export_set(const struct export_job *job, struct run_set *set)
{
	struct why why = { "", "" };
	size_t dropped = 0;
	int err;

	if (set->nr_records > 1 && !job->format->history)
		return complain(STATUS_USAGE, "%.300s holds %zu results, and --to %s takes one; give one of its files",
				set->path, set->nr_records, job->format->name);
	err = export_write(job->format, set, job->out, &dropped, &why);
	if (dropped)
		complain(0, "not exported: %zu figures of configurations that not all of the %zu runs have", dropped,
			 set->nr_records);
	if (err)
		return complain_why(err == -ENODATA ? STATUS_NOTHING : STATUS_FAILED, err, &why);
	return STATUS_OK;
}

static int export_path(const struct export_job *job, const char *path)
{
	struct why why = { "", "" };
	struct run_set set;
	int err, status;

	if (same_file(path, job->out))
		return complain(STATUS_USAGE, "--out: %.300s is the result itself; choose another name", job->out);
	err = run_set_read(path, &set, &why);
	if (err)
		return complain_why(unread_status(err, STATUS_FAILED), err, &why);
	for (size_t i = 0; i < set.nr_left_out; i++)
		complain(STATUS_USAGE, "not used: %s", set.left_out[i].text);
	status = export_set(job, &set);
	if (!status && set.nr_left_out)
		status = STATUS_USAGE;
	run_set_free(&set);
	return status;
}

static int run_export(int argc, char **argv)
{
	struct export_job job = { .out = "-" };
	int status = parse_flags(&command_export, argc, argv, take, &job);
	char found[PATH_MAX];

	if (status >= 0)
		return status;
	if (!job.format)
		return complain_usage(&command_export, "--to FORMAT is missing");
	if (argc - optind != 1)
		return complain_usage(&command_export, "export takes one RESULT; found %d", argc - optind);
	return export_path(&job, result_path(argv[optind], found, sizeof(found)));
}

const struct command command_export = {
	.name = "export",
	.summary = "write a result for Prometheus, GitHub actions, Bencher and other programs",
	.usage = usage,
	.about = "Write a results file in the format of another program.",
	.flags = flags,
	.arguments = &values_results,
	.notes = "Figures that were not measured are omitted. Figures of emulated runs are instructions, and marked. "
		 "Invalid configurations have no figures.",
	.outcomes = outcomes,
	.failure = STATUS_FAILED,
	.examples = "zapbench export --to openmetrics --out /var/lib/prometheus/node-exporter/zapbench.prom "
		    "results/runs/latest.json\n"
		    "zapbench export --to github-action-benchmark --out bench.json results/runs/latest.json\n"
		    "zapbench export --to otava --out zapbench.csv results/runs/",
	.run = run_export,
};
