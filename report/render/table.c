// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/render/table.h"
#include "report/analysis/fits-cache.h"
#include "report/render/words.h"
#include "report/render/wrap.h"
#include "report/render/table-parts.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/render/config.h"
#include "report/render/labels.h"
#include "bench/base/file.h"
#include "bench/base/colour.h"
#include "bench/base/region.h"
#include "bench/base/text.h"

static const char *fact_text(const struct record *record, const char *group, const char *key)
{
	return facts_text(&record->environment, group, key, "?");
}

static void print_clock(const struct record *record, const struct table *to)
{
	const struct fact *name = facts_find(&record->clock, NULL, "name");
	const struct fact *resolution = facts_find(&record->clock, NULL, "resolution_ns");
	const struct fact *cost = facts_find(&record->clock, NULL, "cost_ns");
	const struct fact *error = facts_find(&record->clock, NULL, "cost_error_ns"); /* since 1.3 */
	char line[256];

	if (!name || !resolution || !cost || name->value.kind != VALUE_TEXT)
		return;
	snprintf(line, sizeof(line), "clock %s: steps of %.1f ns; timer overhead %.1f ns", name->value.text,
		 resolution->value.real, cost->value.real);
	if (error)
		snprintf(line + strlen(line), sizeof(line) - strlen(line), " +-%.2g", error->value.real);
	snprintf(line + strlen(line), sizeof(line) - strlen(line), ", subtracted");
	table_line(to, "", 2, line);
}

/* A run that was interrupted and resumed: where its segments begin, and whether the machine restarted in between. */
static void print_segments(const struct record *record, const struct table *to)
{
	char line[1024];
	size_t boots = 1;

	if (record->nr_segments < 2)
		return;
	snprintf(line, sizeof(line), "%zu segments, resumed after round", record->nr_segments);
	for (size_t i = 1; i < record->nr_segments; i++) {
		size_t used = strlen(line);

		boots += record->segment[i].boot_id[0] && record->segment[i - 1].boot_id[0] &&
			 strcmp(record->segment[i].boot_id, record->segment[i - 1].boot_id);
		snprintf(line + used, sizeof(line) - used, "%s %lld", i > 1 ? "," : "",
			 (long long)record->segment[i].rounds_before);
	}
	if (boots > 1) {
		size_t used = strlen(line);

		snprintf(line + used, sizeof(line) - used,
			 "; the machine restarted: %zu boots, each with its own memory layout", boots);
	}
	table_line(to, "", 2, line);
}

/* ", 60 s of them rounds" */
static struct words time_of_rounds(const struct record *record)
{
	const struct column *column = record_round_column(record, "duration_ns");
	double ns = 0;

	for (size_t i = 0; column && i < record->nr_rounds; i++)
		ns += isfinite(column->value[i]) ? column->value[i] : 0;
	return ns > 0 ? words_of(", %.0f s of them rounds", ns / 1e9) : words_of("%s", "");
}

static void print_head(const struct record *record, const struct table *to)
{
	const char *board = record_board(record);
	char line[1024];

	/* Arm kernels tell no model of the CPU. */
	snprintf(line, sizeof(line), "%s%s%s, Linux %s %s, %s", record->tool_version, record->tool_git[0] ? " " : "",
		 record->tool_git, fact_text(record, "kernel", "release"), fact_text(record, "kernel", "architecture"),
		 facts_text(&record->environment, "cpu", "model", board ? board : "machine unknown"));
	table_line(to, "zapbench", 2, line);
	snprintf(line, sizeof(line), "CPU %lld: %s", (long long)table_fact(record, "measuring", "cpu"),
		 fact_text(record, "measuring", "cpu_reason"));
	table_line(to, "", 2, line);
	snprintf(line, sizeof(line), "%s; %.0f s%s, ended by %s; %s layout; seed %llu", rounds_words(record).text,
		 record->duration_s, time_of_rounds(record).text, record->stopped_by, record->layout,
		 (unsigned long long)record->seed);
	table_line(to, "", 2, line);
	print_segments(record, to);
	print_clock(record, to);
	if (record->emulated)
		table_line(to, "", 2, "EMULATED: figures are instructions retired, not times.");
}

/* What a row is marked with. */
enum {
	MARK_ALL = 1 << 0,         /* a figure is of all samples, since too few are undisturbed */
	MARK_NO_INTERVAL = 1 << 1, /* there are too few samples for an interval */
	MARK_CHANGES = 1 << 2,     /* the verdict of the ratio changes when disturbed samples are discarded */
};

static bool has_no_interval(const struct estimate *e)
{
	return isfinite(e->value) && !(isfinite(e->lower) && isfinite(e->upper));
}

static unsigned int ratio_mark(const struct config_result *config)
{
	bool of_all;
	const struct estimate *ratio = summary_ratio(&config->summary, &of_all);

	if (config->emulated || !isfinite(ratio->value))
		return 0;
	if (has_no_interval(ratio))
		return MARK_NO_INTERVAL;
	return of_all ? MARK_ALL : config->summary.undecided ? MARK_CHANGES : 0;
}

/* Instructions of an emulated run have no interval and are never disturbed. */
static unsigned int row_marks(const struct config_result *config)
{
	bool of_all;
	const struct estimate *value = summary_value(&config->summary, &of_all);
	unsigned int marks = ratio_mark(config) | (of_all ? MARK_ALL : 0);

	return marks | (has_no_interval(value) && !config->emulated ? MARK_NO_INTERVAL : 0);
}

static void print_ratio(const struct config_result *config, const struct table *to)
{
	static const char *const marks[] = {
		[0] = "", [MARK_ALL] = "*", [MARK_NO_INTERVAL] = "~", [MARK_CHANGES] = "?"
	};
	bool of_all;
	char text[32];

	fprintf(to->out, " %5s%s\n", figure_format(summary_ratio(&config->summary, &of_all)->value, text, sizeof(text)),
		marks[ratio_mark(config)]);
}

/* How many samples a figure rests on, in four columns and one for the mark. */
static void print_count(size_t n, bool of_all, const struct table *to)
{
	char text[32];

	if (n < 10000)
		snprintf(text, sizeof(text), "%zu", n);
	else
		snprintf(text, sizeof(text), "%zuk", n / 1000);
	fprintf(to->out, " %4s%c", text, of_all ? '*' : ' ');
}

/* Was each fault timed on its own? Then its operation is one fault. */
static bool times_faults(const struct config_result *config)
{
	return config->per_fault && config->histogram;
}

static void print_row(const struct record *record, const struct config_result *config, const char *shared,
		      const struct table *to)
{
	const struct summary *summary = &config->summary;
	bool of_all, events = times_faults(config);
	const struct estimate *value = summary_value(summary, &of_all);
	double repetitions = config->repetitions > 0 ? (double)config->repetitions : 1;
	double per_fault = NAN, half = estimate_half_width_percent(value);
	char label[256], text[32], fault[32], width[32] = "-";

	if (config->faults_expected > 0 && config->per_fault)
		per_fault = value->value * (double)config->operations / (double)config->faults_expected;
	/* Five columns, whatever a busy machine does to an interval. */
	if (half > 9999)
		strcpy(width, ">9999");
	else if (isfinite(half))
		snprintf(width, sizeof(width), "%.*f", half < 999 ? 1 : 0, half);
	else if (has_no_interval(value) && !config->emulated)
		strcpy(width, "~");
	labels_row(config, shared, label, sizeof(label));
	table_label(to, label);
	fprintf(to->out, " %6.0f %6.0f %8s %9s %5s", (double)config->operations / repetitions,
		(double)config->faults_expected / repetitions,
		events ? "-" : figure_format(value->value, text, sizeof(text)),
		figure_format(per_fault, fault, sizeof(fault)), width);
	print_count(value->n, of_all, to);
	print_ratio(config, to);
	if (summary->samples_invalid) {
		snprintf(label, sizeof(label), "INVALID: unexpected fault counts in %lld of %lld samples",
			 (long long)summary->samples_invalid, (long long)summary->rounds);
		fputs(colour(to->out, COLOUR_BAD), to->out);
		table_below(to, label);
		fputs(colour(to->out, COLOUR_NONE), to->out);
	}
	if (!strcmp(config->rate, RATE_BYTES) && value->value > 0 && !config->emulated)
		fprintf(to->out, "%-*s %.2f GB/s moved%s\n", (int)to->label, "",
			(double)config->bytes / (double)config->operations / value->value,
			config_fits_cache(record, config) ? ", a cache may hold all of it" : "");
}

/* The name of a column for people, without the unit that is said behind the value: "mapped", "flush interrupts". */
static void figure_label(const struct figure_info *figure, char *label, size_t size)
{
	size_t length = strlen(figure->column), unit = strlen(figure->unit);

	if (unit && length > unit + 1 && !strcmp(figure->column + length - unit, figure->unit))
		length -= unit + 1;
	snprintf(label, size, "%.*s", (int)length, figure->column);
	for (char *at = label; *at; at++)
		*at = *at == '_' ? ' ' : *at;
}

/* What the case measured beside the time. */
static int print_own_figures(const struct record *record, const struct config_result *config, const struct table *to)
{
	for (size_t i = 0; i < config->nr_figures; i++) {
		const struct figure_info *figure = &config->figure[i];
		char label[64], value[32];
		double amount;

		if (!figure->own)
			continue;
		if (record_column_figure(record, config, config_column(config, figure->column), &amount))
			return -ENOMEM;
		if (!isfinite(amount))
			continue;
		figure_label(figure, label, sizeof(label));
		fprintf(to->out, "%-*s %s %s%s%s\n", (int)to->label, "", label,
			figure_format(amount, value, sizeof(value)), figure->unit[0] ? " " : "", figure->unit);
	}
	return 0;
}

/* The operation of a group: of its first row whose accesses were timed together, if there is one. */
static const char *group_operation(const struct record *record, size_t first)
{
	for (size_t i = first; i < record->nr_configs && labels_same_group(&record->config[i], &record->config[first]);
	     i++) {
		if (!times_faults(&record->config[i]))
			return record->config[i].operation;
	}
	return record->config[first].operation;
}

static void group_title(const struct config_result *config, const char *shared, char *title, size_t size)
{
	snprintf(title, size, "%s%s%s%s%s", config->case_name, config->source[0] ? " on " : "", config->source,
		 shared[0] ? ": " : "", shared);
}

static void print_group_head(const struct record *record, size_t first, const char *shared, const struct table *to)
{
	const struct config_result *config = &record->config[first];
	const char *operation = group_operation(record, first), *last = strrchr(operation, ' ');
	char title[400], per[32];

	last = last ? last + 1 : operation;
	group_title(config, shared, title, sizeof(title));
	snprintf(per, sizeof(per), "%s/%s", config->emulated ? "ins" : "ns", last);
	fputc('\n', to->out);
	table_label(to, title);
	fprintf(to->out, " %5ss %6s %8s %9s %5s %4s  %5s\n", last, "faults", per,
		config->emulated ? "ins/fault" : "ns/fault", "+-%", "n", "ratio");
}

/* @doubt: filled, one for each row */
static int print_figures(const struct record *record, enum spread_doubt *doubt, const struct table *to)
{
	char shared[256] = "";
	int err = 0;

	for (size_t i = 0; i < record->nr_configs && !err; i++) {
		if (!i || !labels_same_group(&record->config[i], &record->config[i - 1])) {
			labels_shared(record, i, shared, sizeof(shared));
			print_group_head(record, i, shared, to);
		}
		print_row(record, &record->config[i], shared, to);
		err = print_own_figures(record, &record->config[i], to);
		if (!err)
			err = table_spread(record, i, &doubt[i], to);
	}
	return err;
}

/* What the figures of a row take beside its name. */
#define FIGURE_COLUMNS 52
/* The name's columns in 78, where names of all runs are below each other. */
#define LABEL_USUAL 26

/* As wide as the longest name, where there is room for it. */
static size_t label_columns(const struct record *record, size_t columns)
{
	size_t longest = LABEL_USUAL, room = columns - FIGURE_COLUMNS;
	char shared[256] = "", text[400];

	for (size_t i = 0; i < record->nr_configs; i++) {
		if (!i || !labels_same_group(&record->config[i], &record->config[i - 1])) {
			labels_shared(record, i, shared, sizeof(shared));
			group_title(&record->config[i], shared, text, sizeof(text));
			longest = strlen(text) > longest ? strlen(text) : longest;
		}
		labels_row(&record->config[i], shared, text, sizeof(text));
		longest = strlen(text) > longest ? strlen(text) : longest;
	}
	return longest < room ? longest : room;
}

/* The result of the checks before the first round, in one line. */
static void print_checks(const struct record *record, const struct table *to)
{
	int64_t bytes = 0, ptes = 0, stale = 0;
	char line[512];

	for (size_t i = 0; i < record->nr_configs; i++) {
		const struct facts *checks = &record->config[i].checks;
		const struct fact *fact = facts_find(checks, NULL, "bytes_right");

		bytes += fact && fact->value.kind == VALUE_INT ? fact->value.integer : 0;
		fact = facts_find(checks, NULL, "attributes_right_ptes");
		ptes += fact && fact->value.kind == VALUE_INT ? fact->value.integer : 0;
		fact = facts_find(checks, NULL, "stale_bytes_without_clean");
		stale += fact && fact->value.kind == VALUE_INT ? fact->value.integer : 0;
	}
	if (!bytes)
		return;
	snprintf(line, sizeof(line), "%lld MB correct when read back by CPU and device", (long long)bytes / 1000000);
	if (ptes)
		snprintf(line + strlen(line), sizeof(line) - strlen(line), ", %lld PTEs with the expected attributes",
			 (long long)ptes);
	snprintf(line + strlen(line), sizeof(line) - strlen(line), "; coherence %s",
		 stale ? "tested: without the clean the device read stale bytes"
		       : "untested: skipping the clean changed nothing, or there is no clean");
	table_line(to, "checked:", 2, line);
}

static void print_played(const struct record *record, const struct table *to)
{
	for (size_t i = 0; i < record->nr_configs; i++) {
		const struct config_result *config = &record->config[i];
		char line[1024];

		if (!is_first_imitated(record, i))
			continue;
		snprintf(line, sizeof(line), "on %s userspace imitates: %s; NOT measured: %s", config->source,
			 config->played_by_user, config->not_played[0] ? config->not_played : "nothing");
		snprintf(line + strlen(line), sizeof(line) - strlen(line), ".");
		table_line(to, "", 2, line);
	}
}

/* A budget with which the row that has the fewest undisturbed samples should have an interval. 0: not known. */
static double enough_s(const struct record *record)
{
	size_t least = MEDIAN_MIN;

	for (size_t i = 0; i < record->nr_configs; i++) {
		if (record->config[i].summary.value.n < least)
			least = record->config[i].summary.value.n;
	}
	return ceil(2 * MEDIAN_MIN / fmax(1, (double)least) * record->budget_s / 10) * 10;
}

static void print_marks(const struct record *record, const struct table *to)
{
	unsigned int marks = 0;
	char line[300];

	for (size_t i = 0; i < record->nr_configs; i++)
		marks |= row_marks(&record->config[i]);
	if (marks & MARK_CHANGES)
		table_line(to, "?", 2, "the verdict changes when disturbed samples are discarded.");
	if (marks & MARK_ALL)
		table_line(
			to, "*", 2,
			"computed from all samples: too few are undisturbed for an interval. The figure includes the "
			"time of other work.");
	if (marks & MARK_NO_INTERVAL)
		table_line(to, "~", 2, "no interval: too few samples.");
	if (!(marks & (MARK_ALL | MARK_NO_INTERVAL)))
		return;
	snprintf(line, sizeof(line), "stop other work on CPU %lld (see top), or run with --budget %.0f",
		 (long long)table_fact(record, "measuring", "cpu"), enough_s(record));
	table_line(to, "fix:", 2, line);
}

static int print_tail(const struct record *record, const enum spread_doubt *doubt, const struct table *to)
{
	char line[1024];
	int err;

	fputc('\n', to->out);
	table_line(to, "", 2,
		   "Medians over n samples, one per round; a round measures every row once, in shuffled order. +-% is "
		   "half the 95 % interval of the median of this run; "
		   "another boot may differ by more. ratio is to the first row of the case, paired by round.");
	print_marks(record, to);
	err = table_reproducible(record, doubt, to);
	print_played(record, to);
	print_checks(record, to);
	table_counters(record, to);
	for (size_t i = 0; i < record->nr_warnings; i++) {
		snprintf(line, sizeof(line), "%s; fix: %s", record->warning[i].text, record->warning[i].remedy);
		table_line(to, "warning:", 2, line);
	}
	for (size_t i = 0; i < record->nr_skipped && i < 5; i++) {
		const char *fix = record->skipped[i].remedy;

		snprintf(line, sizeof(line), "%s: %s%s%s", record->skipped[i].name, record->skipped[i].reason,
			 fix && fix[0] ? "; fix: " : "", fix ? fix : "");
		table_line(to, "skipped:", 2, line);
	}
	if (record->nr_skipped > 5)
		fprintf(to->out, "skipped: %zu more; the result file has the reasons\n", record->nr_skipped - 5);
	return err;
}

int table_print(const struct record *record, size_t columns, FILE *out)
{
	const struct table table = { .out = out, .columns = columns, .label = label_columns(record, columns) },
			   *to = &table;
	enum spread_doubt *doubt = calloc(record->nr_configs + 1, sizeof(*doubt));
	int err = doubt ? 0 : -ENOMEM;

	print_head(record, to);
	if (!err)
		err = print_figures(record, doubt, to);
	if (!err)
		err = table_knees(record, to);
	if (!err)
		err = table_scaling(record, to);
	if (!err) {
		table_events(record, to);
		table_kernel_parts(record, to);
		table_explanations(record, to);
		table_modelled(record, to);
		err = print_tail(record, doubt, to);
		fflush(out);
	}
	free(doubt);
	return err ? err : file_flush(out);
}
