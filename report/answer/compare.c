// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/answer/compare.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "report/render/config.h"
#include "report/render/wrap.h"
#include "bench/base/file.h"
#include "bench/base/colour.h"
#include "bench/base/text.h"

enum { LABEL_COLUMNS = 31 };

static const char *const titles[] = {
	[VERDICT_SLOWER] = "slower",
	[VERDICT_FASTER] = "faster",
	[VERDICT_UNDECIDED] = "inconclusive",
	[VERDICT_SAME] = "no difference",
};

static void row_label(const struct compared *row, char *label, size_t size)
{
	char rest[300], text[400];

	config_label(row->config, rest, sizeof(rest));
	snprintf(text, sizeof(text), "%s %s%s%s", row->config->case_name, row->config->source,
		 row->config->source[0] ? " " : "", rest);
	plain_text(text, label, size);
}

/* A figure that fits its column whatever a file says. */
static const char *figure(double value, char *text, size_t size)
{
	figure_format(value, text, size);
	if (strlen(text) > 8)
		snprintf(text, size, "%.2e", value);
	return text;
}

/* What a ratio adds, in percent: "+4.6", "-12.3", "+1300". */
static const char *percent(double ratio, char *text, size_t size)
{
	double change = 100 * (ratio - 1);

	if (!isfinite(change))
		snprintf(text, size, "-");
	else
		snprintf(text, size, "%+.*f", fabs(change) < 0.995 ? 2 : fabs(change) < 99.95 ? 1 : 0, change);
	if (strlen(text) > 7)
		snprintf(text, size, "%+.0e", change);
	return text;
}

/* The interval in percent, or what is exact: instructions per fault. */
static const char *interval(const struct comparison *comparison, const struct compared *row, char *text, size_t size)
{
	char lower[32], upper[32];

	if (comparison->emulated && isfinite(row->per_fault))
		snprintf(text, size, "%+.*f", fabs(row->per_fault) < 10 ? 3 : 1, row->per_fault);
	else if (isnan(row->ratio.lower) && isnan(row->ratio.upper))
		snprintf(text, size, "-");
	else
		snprintf(text, size, "%s..%s", percent(row->ratio.lower, lower, sizeof(lower)),
			 percent(row->ratio.upper, upper, sizeof(upper)));
	return text;
}

static const char *interval_title(const struct comparison *comparison)
{
	return comparison->emulated && isfinite(comparison->row[0].per_fault) ? "ins/fault" : "interval, %";
}

/* Append to a text that is long enough for all details. */
static void add(char *text, size_t size, const char *fmt, ...)
{
	size_t length = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + length, size - length, fmt, ap);
	va_end(ap);
}

static void add_quantile(char *text, size_t size, const char *name, double base, double new)
{
	char change[32];

	if (base > 0 && new > 0)
		add(text, size, "; %s %s %%", name, percent(new / base, change, sizeof(change)));
}

/* What a row between run sets rests on, and what it could have found; "" for others. */
static const char *details(const struct comparison *comparison, const struct compared *row, char *text, size_t size)
{
	char number[32];

	*text = '\0';
	if (!row->base_boots || !row->new_boots)
		return text;
	add(text, size, "%s%s ns", row->new < row->base ? "-" : "+",
	    figure(fabs(row->new - row->base), number, sizeof(number)));
	if (isfinite(row->p_value))
		add(text, size, "; p %.2g", row->p_value);
	add(text, size, "; boots %zu, %zu; runs %zu, %zu", row->base_boots, row->new_boots, row->base_n, row->new_n);
	if (isfinite(row->detectable))
		add(text, size, "; finds %s %%", percent(row->detectable, number, sizeof(number)));
	if (row->verdict == VERDICT_UNDECIDED && isfinite(row->needed))
		add(text, size, "; needs about %.0f %s per side", row->needed, comparison->one_boot ? "runs" : "boots");
	add_quantile(text, size, "p90", row->base_p90, row->new_p90);
	add_quantile(text, size, "p99", row->base_p99, row->new_p99);
	if (isfinite(row->drift))
		add(text, size, "; drift %s %% per day", percent(row->drift, number, sizeof(number)));
	return text;
}

static void print_row(const struct comparison *comparison, const struct compared *row, FILE *out)
{
	char label[300], base[32], new[32], change[32], between[72], detail[300];

	row_label(row, label, sizeof(label));
	if (strlen(label) > LABEL_COLUMNS)
		fprintf(out, "%.*s\n%-*s", COMPARE_COLUMNS, label, LABEL_COLUMNS, "");
	else
		fprintf(out, "%-*s", LABEL_COLUMNS, label);
	fprintf(out, " %8s %8s %s%7s%s %16s\n", figure(row->base, base, sizeof(base)),
		figure(row->new, new, sizeof(new)),
		row->verdict == VERDICT_SLOWER   ? colour(out, COLOUR_BAD)
		: row->verdict == VERDICT_FASTER ? colour(out, COLOUR_GOOD)
						 : "",
		percent(row->ratio.value, change, sizeof(change)), colour(out, COLOUR_NONE),
		interval(comparison, row, between, sizeof(between)));
	if (*details(comparison, row, detail, sizeof(detail)))
		print_wrapped(out, COMPARE_COLUMNS, " ", 4, detail);
	if (row->base_faults != row->new_faults && isfinite(row->base_faults) && isfinite(row->new_faults) &&
	    row->name != row->new_name && !strcmp(row->name, row->new_name))
		fprintf(out, "%-*s faults per %.20s: %.6g, now %.6g\n", LABEL_COLUMNS, "",
			plain_text(row->operation, label, sizeof(label)), row->base_faults, row->new_faults);
}

static size_t count_of(const struct comparison *comparison, enum verdict verdict)
{
	size_t count = 0;

	for (size_t i = 0; i < comparison->nr_rows; i++)
		count += comparison->row[i].verdict == verdict;
	return count;
}

/* Why rows are inconclusive: each reason once. */
static void reasons(const struct comparison *comparison, FILE *out, void (*print)(FILE *out, const char *text))
{
	for (size_t i = 0; i < comparison->nr_rows; i++) {
		const struct why *why = &comparison->row[i].why;
		char text[1000];
		size_t count = 0;

		for (size_t j = 0; j < comparison->nr_rows; j++) {
			if (strcmp(comparison->row[j].why.reason, why->reason))
				continue;
			if (j < i)
				break;
			count++;
		}
		if (!why->reason[0] || !count)
			continue;
		snprintf(text, sizeof(text), "%zu inconclusive: %s", count, why_line(why).text);
		print(out, text);
	}
}

static void print_note(FILE *out, const char *text)
{
	char plain[1200];

	print_wrapped(out, COMPARE_COLUMNS, "", 2, plain_text(text, plain, sizeof(plain)));
}

/* What is compared, what differs, and how: a line each, through @print. */
static void add_boots(char *text, size_t size, size_t runs, size_t boots)
{
	add(text, size, ", %zu run%s of %zu boot%s", runs, runs == 1 ? "" : "s", boots, boots == 1 ? "" : "s");
}

/* What a comparison of times between run sets rests on. */
static void boots_notes(const struct comparison *comparison, FILE *out, void (*print)(FILE *out, const char *text))
{
	char text[1200], change[32];

	snprintf(text, sizeof(text),
		 "ns per operation (page, frame or zap), geometric means of %s; the intervals of changes have 95 %% "
		 "confidence over all %zu rows together; threshold %g %%",
		 comparison->one_boot ? "runs" : "boots", comparison->nr_rows, comparison->threshold_percent);
	print(out, text);
	if (comparison->one_boot)
		print(out, "ONE BOOT, both sides in turn: the intervals hold for this boot; another boot may differ");
	if (comparison->in_blocks)
		print(out, "IN BLOCKS: one side was measured before the other. The linear drift within the sides is "
			   "subtracted, so the intervals are wider. Fix: measure in turn with zapbench ab");
	if (isfinite(comparison->mean_ratio)) {
		snprintf(text, sizeof(text), "geometric mean of all rows: %s %%",
			 percent(comparison->mean_ratio, change, sizeof(change)));
		print(out, text);
	}
	print(out, "below a row: the difference per operation; p, over all rows together; boots and runs of base, new; "
		   "the smallest change that such data find in 80 % of cases; changes of single events");
}

/* "finding: 2 slower, 7 inconclusive" */
static void finding_note(const struct comparison *comparison, FILE *out, void (*print)(FILE *out, const char *text))
{
	char text[300] = "";

	for (enum verdict verdict = 0; verdict < sizeof(titles) / sizeof(titles[0]); verdict++) {
		size_t count = count_of(comparison, verdict);

		if (count)
			add(text, sizeof(text), "%s%zu %s", text[0] ? ", " : "finding: ", count, titles[verdict]);
	}
	print(out, text);
}

static void notes(const struct comparison *comparison, FILE *out, void (*print)(FILE *out, const char *text))
{
	bool within = comparison->row[0].name != comparison->row[0].new_name &&
		      strcmp(comparison->row[0].name, comparison->row[0].new_name);
	char text[1200];

	finding_note(comparison, out, print);
	snprintf(text, sizeof(text), "base: %.300s%s", comparison->base_path, within ? ", of the same run" : "");
	if (!within)
		add_boots(text, sizeof(text), comparison->base_runs, comparison->base_boots);
	print(out, text);
	snprintf(text, sizeof(text), "new: %.300s", comparison->new_path);
	if (!within)
		add_boots(text, sizeof(text), comparison->new_runs, comparison->new_boots);
	print(out, text);
	for (size_t i = 0; i < comparison->nr_differences; i++) {
		const struct difference *d = &comparison->difference[i];

		snprintf(text, sizeof(text), "%s%s: %.400s, now %.400s",
			 d->kind == COMPATIBLE_KERNEL ? "" : "DIFFERS, overridden: ", d->key, d->base, d->new);
		print(out, text);
	}
	if (comparison->random)
		snprintf(text, sizeof(text),
			 "EMULATED: medians of instructions retired per operation (page, frame or zap), not times; "
			 "compared round by round; a stock kernel draws random numbers: threshold %g %%",
			 comparison->threshold_percent);
	else if (comparison->emulated)
		snprintf(text, sizeof(text),
			 "EMULATED: medians of instructions retired per operation (page, frame or zap), not times; "
			 "compared round by round, without statistics");
	else if (within)
		snprintf(text, sizeof(text),
			 "medians of rounds, ns per operation (page, frame or zap); changes are paired by round; their "
			 "intervals have 95 %% confidence over all %zu comparisons together; threshold %g %%",
			 comparison->nr_rows, comparison->threshold_percent);
	if (comparison->emulated || within)
		print(out, text);
	else
		boots_notes(comparison, out, print);
}

/* A row's modelled count: "refault zap-heap eager page 2M: dsb 3, now 4". */
static void modelled_text(const struct modelled_change *change, char *text, size_t size)
{
	char rest[300], base[32], new[32];

	config_label(change->config, rest, sizeof(rest));
	snprintf(text, size, "%s %s %s: %s %s, now %s per %s", change->config->case_name, change->config->source, rest,
		 change->event, figure(change->base, base, sizeof(base)), figure(change->new, new, sizeof(new)),
		 change->config->operation);
}

static void modelled_notes(const struct comparison *comparison, FILE *out, void (*print)(FILE *out, const char *text))
{
	char text[1000];
	size_t more = 0;

	for (size_t i = 0; i < comparison->nr_modelled; i++)
		more += comparison->modelled[i].new > comparison->modelled[i].base;
	if (comparison->other_model) {
		snprintf(text, sizeof(text), "MODELLED counts not compared: counted by %.100s, now by another model",
			 comparison->other_model);
		print(out, text);
	}
	if (!comparison->model)
		return;
	snprintf(text, sizeof(text), "MODELLED counts (%.100s), not measured, of %zu rows: %zu more, %zu less",
		 comparison->model, comparison->modelled_rows, more, comparison->nr_modelled - more);
	print(out, text);
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < comparison->nr_modelled; i++) {
			const struct modelled_change *change = &comparison->modelled[i];

			if ((change->new > change->base) != !pass)
				continue;
			snprintf(text, sizeof(text), "%s: ", pass ? "less" : "MORE");
			modelled_text(change, text + 6, sizeof(text) - 6);
			print(out, text);
		}
	}
}

static void unmatched_notes(const struct comparison *comparison, FILE *out, void (*print)(FILE *out, const char *text))
{
	enum { SHOWN = 10 };
	char text[600];

	for (size_t i = 0; i < comparison->nr_unmatched && i < SHOWN; i++) {
		snprintf(text, sizeof(text), "not compared: %.300s: %s", comparison->unmatched[i].name,
			 comparison->unmatched[i].reason);
		print(out, text);
	}
	if (comparison->nr_unmatched > SHOWN) {
		snprintf(text, sizeof(text), "not compared: %zu more; --json names them",
			 comparison->nr_unmatched - SHOWN);
		print(out, text);
	}
}

int compare_print(const struct comparison *comparison, FILE *out)
{
	int last = -1;

	notes(comparison, out, print_note);
	for (size_t i = 0; i < comparison->nr_rows; i++) {
		const struct compared *row = &comparison->row[i];
		char title[64];

		if ((int)row->verdict != last) {
			snprintf(title, sizeof(title), "%s (%zu)", titles[row->verdict],
				 count_of(comparison, row->verdict));
			fprintf(out, "\n%-*s %8s %8s %7s %16s\n", LABEL_COLUMNS, title, "base", "new", "change%",
				interval_title(comparison));
		}
		last = (int)row->verdict;
		print_row(comparison, row, out);
	}
	fputc('\n', out);
	modelled_notes(comparison, out, print_note);
	reasons(comparison, out, print_note);
	unmatched_notes(comparison, out, print_note);
	return file_flush(out);
}

/* Text that stays text in Markdown. */
static void put_markdown(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("\\`*_{}[]<>&|#~", *text))
			fputc('\\', out);
		fputc(plain_char(*text), out);
	}
}

static void markdown_note(FILE *out, const char *text)
{
	fputs("* ", out);
	put_markdown(out, text);
	fputc('\n', out);
}

int compare_markdown(const struct comparison *comparison, FILE *out)
{
	notes(comparison, out, markdown_note);
	fprintf(out,
		"\n| verdict | configuration | base | new | change %% | %s | details "
		"|\n|---|---|---:|---:|---:|---:|---|\n",
		interval_title(comparison));
	for (size_t i = 0; i < comparison->nr_rows; i++) {
		const struct compared *row = &comparison->row[i];
		char label[300], base[32], new[32], change[32], between[72], detail[300];

		row_label(row, label, sizeof(label));
		fprintf(out, "| %s | ", titles[row->verdict]);
		put_markdown(out, label);
		fprintf(out, " | %s | %s | %s | %s | %s |\n", figure(row->base, base, sizeof(base)),
			figure(row->new, new, sizeof(new)), percent(row->ratio.value, change, sizeof(change)),
			interval(comparison, row, between, sizeof(between)),
			details(comparison, row, detail, sizeof(detail)));
	}
	fputc('\n', out);
	modelled_notes(comparison, out, markdown_note);
	reasons(comparison, out, markdown_note);
	unmatched_notes(comparison, out, markdown_note);
	return file_flush(out);
}

int compare_halves(const struct record *record, FILE *out)
{
	const struct compare_options any = { .threshold_percent = 0 };
	size_t alarms = 0, without = 0, told;
	struct comparison comparison;
	double widest = 0;
	char text[600];
	int err;

	err = compare_within(record, "half", "1", "2", &any, &comparison, NULL);
	if (err) {
		comparison_free(&comparison);
		return err == -ENOMEM ? err : 0;
	}
	for (size_t i = 0; i < comparison.nr_rows; i++) {
		const struct compared *row = &comparison.row[i];

		alarms += row->verdict == VERDICT_SLOWER || row->verdict == VERDICT_FASTER;
		without += isnan(row->ratio.lower);
		widest = fmax(widest, 50 * (row->ratio.upper - row->ratio.lower));
	}
	told = comparison.nr_rows - without;
	snprintf(text, sizeof(text),
		 "A/A: %zu configurations compared with themselves, paired by round: %zu false alarms (95 %% of such "
		 "runs have none); worst error +-%.1f %%",
		 told, alarms, widest);
	if (without)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "; %zu more have too few undisturbed rounds",
			 without);
	fputc('\n', out);
	print_note(out, text);
	comparison_free(&comparison);
	return ferror(out) ? -EIO : 0;
}
