// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tables: one row per figure, for spreadsheets; and one row per run, for Otava, which finds changes. Quoting follows
 * RFC 4180. Lines end in a line feed, which all readers accept.
 */
#include "report/export/export.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void put_text(const char *before, const char *text, FILE *out)
{
	bool quoted = strpbrk(text, ",\"\r\n");

	fputs(before, out);
	if (quoted)
		fputc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	if (quoted)
		fputc('"', out);
}

/* An empty cell where there is no number. */
static void put_number(double number, FILE *out)
{
	fputc(',', out);
	if (isfinite(number))
		fprintf(out, "%.12g", number);
}

static int write_csv(const struct exports *exports, FILE *out)
{
	const struct exported_record *exported = exports->result;
	const struct record *record = exported->record;

	fputs("run,started_at,kernel,configuration,case,source,policy,granularity,operation,emulated,figure,unit,value,"
	      "lower,upper,level,n,fits_cache\n",
	      out);
	for (size_t i = 0; i < exported->nr_figures; i++) {
		const struct exported *figure = &exported->figure[i];
		const struct config_result *config = figure->config;

		put_text("", record->run_id, out);
		put_text(",", record->started_at, out);
		put_text(",", exported_fact(record, "kernel", "release"), out);
		put_text(",", config->name, out);
		put_text(",", config->case_name, out);
		put_text(",", config->source, out);
		put_text(",", config->policy, out);
		put_text(",", config->granularity, out);
		put_text(",", config->operation, out);
		put_text(",", record->emulated || config->emulated ? "true" : "false", out);
		put_text(",", figure->name, out);
		put_text(",", figure->unit, out);
		put_number(figure->value.value, out);
		put_number(figure->value.lower, out);
		put_number(figure->value.upper, out);
		put_number(isfinite(figure->value.lower) || isfinite(figure->value.upper) ? figure->value.level : NAN,
			   out);
		put_number(figure->value.n ? (double)figure->value.n : NAN, out);
		put_text(",", exported_fits_cache(record, config), out);
		fputc('\n', out);
	}
	return 0;
}

/* What a change is to be blamed on: what the user labelled the run as, or else the kernel. */
static const char *commit_of(const struct record *record)
{
	for (size_t i = 0; i < record->nr_labels; i++) {
		if (!strcmp(record->label[i].key, "commit"))
			return record->label[i].value;
	}
	return exported_fact(record, "kernel", "release");
}

/* The figures are medians that every run has, as Otava takes no empty cell: see exported_keep_common(). */
static int write_otava(const struct exports *exports, FILE *out)
{
	const struct exported_record *first = exports->result;

	fputs("time,commit,run", out);
	for (size_t i = 0; i < first->nr_figures; i++) {
		char *column = exported_column(first, &first->figure[i]);

		if (!column)
			return -ENOMEM;
		put_text(",", column, out);
		free(column);
	}
	fputc('\n', out);
	for (size_t run = 0; run < exports->nr_results; run++) {
		const struct exported_record *result = &exports->result[run];

		put_text("", result->record->started_at, out);
		put_text(",", commit_of(result->record), out);
		put_text(",", result->record->run_id, out);
		for (size_t i = 0; i < first->nr_figures; i++) {
			const char *name = first->figure[i].config->name;

			put_number(exported_find(result, EXPORTED_MEDIAN, name)->value.value, out);
		}
		fputc('\n', out);
	}
	return 0;
}

const struct export_format export_csv = {
	.name = "csv",
	.help = "every figure of every configuration, one per row",
	.write = write_csv,
};

const struct export_format export_otava = {
	.name = "otava",
	.help = "CSV for Apache Otava, one run per row; RESULT may be a folder of runs",
	.write = write_otava,
	.history = true,
};
