// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/export/export.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "report/render/say.h"
#include "report/export/exported.h"
#include "bench/base/file.h"
#include "report/analysis/run-set.h"
#include "bench/base/text.h"

enum { STATUS_OK = 0, STATUS_FAILED = 1, STATUS_USAGE = 2, STATUS_NOTHING = 3 };

/* A format, and which figures a result must have to be worth a file of it. */
struct format {
	const char *name;
	int (*write)(const struct exports *exports, FILE *out);
	int (*check)(const struct exports *exports, struct why *why); /* what else may be in its way; or NULL */
	enum exported_kind kind;
	bool times;    /* instructions of emulated runs have no place in it */
	bool history;  /* takes a folder of results */
	bool anything; /* has something to say without a figure too */
};

static const struct format formats[] = {
	{ .name = "openmetrics", .write = export_openmetrics, .anything = true },
	{ .name = "github-action-benchmark", .write = export_github_smaller },
	{ .name = "github-action-benchmark-smaller", .write = export_github_smaller },
	{ .name = "github-action-benchmark-bigger", .write = export_github_bigger, .kind = EXPORTED_RATE },
	{ .name = "google-benchmark", .write = export_google, .times = true },
	{ .name = "bmf", .write = export_bmf },
	{ .name = "csv", .write = export_csv },
	{ .name = "otava", .write = export_otava, .history = true },
	{ .name = "otava-config", .write = export_otava_config, .history = true },
	{ .name = "ktap", .write = export_ktap, .anything = true },
	{ .name = "lava", .write = export_lava, .check = export_lava_check, .anything = true },
};

#define NR_FORMATS (sizeof(formats) / sizeof(formats[0]))

static const char help[] =
	"usage: zapbench export --to FORMAT [--out FILE] RESULT\n\n"
	"Write a results file in the format of another program.\n\n"
	"  openmetrics          gauges for Prometheus: a .prom file for node_exporter's textfile collector\n"
	"  github-action-benchmark[-smaller]\n"
	"                       customSmallerIsBetter: the median cost of an operation\n"
	"  github-action-benchmark-bigger\n"
	"                       customBiggerIsBetter: bytes a second of bandwidth, frame and access-pattern,\n"
	"                       refaults a second of fault-scaling\n"
	"  google-benchmark     JSON that its compare.py reads; no emulated results\n"
	"  bmf                  Bencher Metric Format, with the interval\n"
	"  csv                  every figure of every configuration, a row each\n"
	"  otava                CSV, a row a run, to find changes in; RESULT may be a folder of runs\n"
	"  otava-config         the otava.yaml for it, which reads zapbench.csv\n"
	"  ktap                 is each configuration's figure one: ok, not ok, skipped\n"
	"  lava                 commands for LAVA's test shell on the board: a test case with a measurement for\n"
	"                       every figure, one without where there is none; pipe it into sh\n\n"
	"  --out FILE           written whole or not at all (standard output)\n\n"
	"What was not measured is left out. Of emulated runs there are instructions, marked, and no times.\n"
	"Configurations that are not valid have no figures.\n\n"
	"exit status: 0 done, 1 it could not be written, 2 usage or a file that is no result (of a folder the\n"
	"others are exported), 3 the result holds nothing that the format could\n\n"
	"examples\n"
	"  zapbench export --to openmetrics --out /var/lib/prometheus/node-exporter/zapbench.prom results/latest.json\n"
	"  zapbench export --to github-action-benchmark --out bench.json results/latest.json\n"
	"  zapbench export --to otava --out zapbench.csv results/\n";

static int unknown_format(const char *name)
{
	const char *names[NR_FORMATS + 1] = { NULL };
	char list[400] = "";
	const char *nearest;

	for (size_t i = 0; i < NR_FORMATS; i++) {
		names[i] = formats[i].name;
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", i ? ", " : "", names[i]);
	}
	nearest = nearest_name(name, names);
	return say(STATUS_USAGE, "--to: unknown format '%.100s'%s%s%s; there are %s", name,
		   nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "", list);
}

static const struct format *find_format(const char *name)
{
	for (size_t i = 0; i < NR_FORMATS; i++) {
		if (!strcmp(formats[i].name, name))
			return &formats[i];
	}
	return NULL;
}

static int by_start(const void *a, const void *b)
{
	const struct record *first = *(struct record *const *)a, *second = *(struct record *const *)b;
	int order = strcmp(first->started_at, second->started_at);

	return order ? order : strcmp(first->run_id, second->run_id);
}

static bool has_figure(const struct exports *exports, enum exported_kind kind)
{
	for (size_t i = 0; i < exports->result->nr_figures; i++) {
		if (exports->result->figure[i].kind == kind)
			return true;
	}
	return false;
}

/* Would the file say something? 0, or -ENOENT with why not. */
static int check(const struct format *format, const struct exports *exports, struct why *why)
{
	const struct record *record = exports->result->record;

	for (size_t i = 1; i < exports->nr_results; i++) {
		if (exports->result[i].record->emulated != record->emulated)
			return why_set(
				why, -ENOENT, "export them one folder each",
				"runs %.100s and %.100s: instructions of an emulated machine and times make no one "
				"history",
				record->run_id, exports->result[i].record->run_id);
	}
	if (format->times && record->emulated)
		return why_set(why, -ENOENT, "another format, e.g. --to bmf or --to csv, has a place for them",
			       "the result is emulated: its figures are instructions, and %s would take them for times",
			       format->name);
	if (format->anything || has_figure(exports, format->kind))
		return 0;
	if (format->kind == EXPORTED_RATE && record->emulated)
		return why_set(why, -ENOENT, "the costs are in --to github-action-benchmark",
			       "the result is emulated: without times there is no figure of which more is better");
	if (format->kind == EXPORTED_RATE)
		return why_set(why, -ENOENT,
			       "measure some: zapbench run bandwidth; costs are in --to github-action-benchmark",
			       "the result has no figure of which more is better");
	return why_set(why, -ENOENT, "--to ktap says of each configuration why", "the result has no valid figure%s",
		       exports->nr_results > 1 ? " that all of the runs have" : "");
}

/* What export() and its callback share. */
struct job {
	const struct format *format;
	struct exports exports;
};

/* By way of memory, as stdio keeps no reason why one of many small writes failed. */
static int write_out(const struct job *job, const char *out, struct why *why)
{
	char *text = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&text, &size);
	int err = memory ? job->format->write(&job->exports, memory) : -ENOMEM;

	if (memory && fclose(memory))
		err = -ENOMEM;
	if (!err)
		err = file_replace_bytes(out, text, size, why);
	free(text);
	return err;
}

static int collect(struct job *job, const struct run_set *side)
{
	struct exports *exports = &job->exports;
	size_t dropped = 0;
	int err = 0;

	exports->result = calloc(side->nr_records, sizeof(*exports->result));
	if (!exports->result)
		return -ENOMEM;
	for (size_t i = 0; i < side->nr_records && !err; i++)
		err = exported_collect(side->record[i], &exports->result[exports->nr_results++]);
	if (!err && job->format->history)
		err = exported_keep_common(exports, &dropped);
	if (dropped)
		say(0, "left out: %zu figures of configurations that not all of the %zu runs have", dropped,
		    exports->nr_results);
	return err;
}

static int export(struct job *job, struct run_set *side, const char *out)
{
	struct why why = { "", "" };
	int err, status = STATUS_OK;

	qsort(side->record, side->nr_records, sizeof(*side->record), by_start);
	err = collect(job, side);
	if (err)
		status = say_why(STATUS_FAILED, err, &why);
	if (!status && check(job->format, &job->exports, &why))
		status = say_why(STATUS_NOTHING, -ENOENT, &why);
	err = !status && job->format->check ? job->format->check(&job->exports, &why) : 0;
	if (err)
		status = say_why(err == -ENOMEM ? STATUS_FAILED : STATUS_NOTHING, err, &why);
	if (!status) {
		err = write_out(job, out, &why);
		if (err)
			status = say_why(STATUS_FAILED, err, &why);
	}
	for (size_t i = 0; i < job->exports.nr_results; i++)
		exported_free(&job->exports.result[i]);
	free(job->exports.result);
	return status;
}

/* A measurement is not to be replaced by what is made of it. */
static bool same_file(const char *a, const char *b)
{
	struct stat first, second;

	return !stat(a, &first) && !stat(b, &second) && S_ISREG(first.st_mode) && first.st_dev == second.st_dev &&
	       first.st_ino == second.st_ino;
}

static int export_path(const struct format *format, const char *path, const char *out)
{
	struct job job = { .format = format };
	struct why why = { "", "" };
	struct run_set side;
	int err, status;

	if (same_file(path, out))
		return say(STATUS_USAGE, "--out: %.300s is the result itself; choose another name", out);
	err = run_set_read(path, &side, &why);
	if (err)
		return say_why(STATUS_USAGE, err, &why);
	for (size_t i = 0; i < side.nr_left_out; i++)
		say(STATUS_USAGE, "left out: %s", side.left_out[i].text);
	if (side.nr_records > 1 && !format->history)
		status = say(STATUS_USAGE, "%.300s: holds %zu results, and --to %s takes one; give one of its files",
			     path, side.nr_records, format->name);
	else
		status = export(&job, &side, out);
	if (!status && side.nr_left_out)
		status = STATUS_USAGE;
	run_set_free(&side);
	return status;
}

int command_export(int argc, char **argv)
{
	static const struct option options[] = {
		{ "to", required_argument, NULL, 't' },
		{ "out", required_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *out = "-", *to = NULL;
	const struct format *format;
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (option) {
		case 't':
			to = optarg;
			break;
		case 'o':
			out = optarg;
			break;
		case 'h':
			fputs(help, stdout);
			return STATUS_OK;
		default:
			return say(STATUS_USAGE, "zapbench export --help says how");
		}
	}
	if (!to)
		return say(STATUS_USAGE, "export to what? Give --to FORMAT; zapbench export --help lists them");
	format = find_format(to);
	if (!format)
		return unknown_format(to);
	if (!out[0])
		return say(STATUS_USAGE, "--out: expected a file");
	if (argc - optind != 1)
		return say(STATUS_USAGE, "export takes one RESULT, e.g. results/latest.json; found %d", argc - optind);
	return export_path(format, argv[optind], out);
}
