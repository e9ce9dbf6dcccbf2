// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/export/export.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/export/exported.h"
#include "bench/base/memory.h"
#include "bench/base/file.h"
#include "report/analysis/run-set.h"

#define EXPORT_ADDRESS(name) &export_##name,
const struct export_format *const export_formats[] = { EXPORT_FORMATS(EXPORT_ADDRESS) NULL };

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

/* Would the file say something? 0, or -ENODATA with why not. */
static int check(const struct export_format *format, const struct exports *exports, struct why *why)
{
	const struct record *record = exports->result->record;

	for (size_t i = 1; i < exports->nr_results; i++) {
		if (exports->result[i].record->emulated != record->emulated)
			return why_set(why, -ENODATA, "export them one folder each",
				       "cannot mix emulated and timed runs: %.100s and %.100s", record->run_id,
				       exports->result[i].record->run_id);
	}
	if (format->times && record->emulated)
		return why_set(why, -ENODATA, "use another format: --to bmf or --to csv",
			       "the result is emulated: %s would take its instructions for times", format->name);
	if (format->anything || has_figure(exports, format->kind))
		return 0;
	if (format->kind == EXPORTED_RATE && record->emulated)
		return why_set(why, -ENODATA, "--to github-action-benchmark exports the costs",
			       "the result is emulated: it has no rates, and this format needs rates");
	if (format->kind == EXPORTED_RATE)
		return why_set(why, -ENODATA, "zapbench run bandwidth; --to github-action-benchmark exports the costs",
			       "the result has no rates, and this format needs rates");
	if (exports->nr_results > 1)
		return why_set(why, -ENODATA, "give a folder of runs that measured the same configurations",
			       "the runs have no valid figure in common");
	return why_set(why, -ENODATA, "--to ktap gives the reason per configuration", "the result has no valid figure");
}

/* By way of memory, as stdio keeps no reason why one of many small writes failed. */
static int write_out(const struct export_format *format, const struct exports *exports, const char *out,
		     struct why *why)
{
	struct memory_text text;
	FILE *memory = memory_open(&text);
	int err = memory ? format->write(exports, memory) : -ENOMEM;

	if (memory_close(memory))
		err = -ENOMEM;
	if (!err)
		err = file_replace_bytes(out, text.data, text.size, why);
	free(text.data);
	return err;
}

static int collect(const struct export_format *format, const struct run_set *set, struct exports *exports,
		   size_t *dropped)
{
	int err = 0;

	exports->result = calloc(set->nr_records, sizeof(*exports->result));
	if (!exports->result)
		return -ENOMEM;
	for (size_t i = 0; i < set->nr_records && !err; i++)
		err = exported_collect(set->record[i], &exports->result[exports->nr_results++]);
	if (!err && format->history)
		err = exported_keep_common(exports, dropped);
	return err;
}

int export_write(const struct export_format *format, struct run_set *set, const char *out, size_t *dropped,
		 struct why *why)
{
	struct exports exports = { .nr_results = 0 };
	int err;

	*dropped = 0;
	qsort(set->record, set->nr_records, sizeof(*set->record), by_start);
	err = collect(format, set, &exports, dropped);
	if (!err)
		err = check(format, &exports, why);
	if (!err && format->check)
		err = format->check(&exports, why);
	if (!err)
		err = write_out(format, &exports, out, why);
	for (size_t i = 0; i < exports.nr_results; i++)
		exported_free(&exports.result[i]);
	free(exports.result);
	return err;
}
