// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/render/table.h"
#include "report/render/words.h"
#include "report/render/wrap.h"
#include "report/render/table-parts.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/render/config.h"
#include "bench/base/region.h"
#include "bench/base/text.h"

void table_line(FILE *out, const char *first, size_t indent, const char *text)
{
	print_wrapped(out, TABLE_COLUMNS, first, indent, text);
}

static const char *fact_text(const struct record *record, const char *group, const char *key)
{
	return facts_text(&record->environment, group, key, "?");
}

int64_t table_fact(const struct record *record, const char *group, const char *key)
{
	const struct fact *fact = facts_find(&record->environment, group, key);

	return fact && fact->value.kind == VALUE_INT ? fact->value.integer : -1;
}

static void print_clock(const struct record *record, FILE *out)
{
	const struct fact *name = facts_find(&record->clock, NULL, "name");
	const struct fact *resolution = facts_find(&record->clock, NULL, "resolution_ns");
	const struct fact *cost = facts_find(&record->clock, NULL, "cost_ns");
	char line[256];

	if (!name || !resolution || !cost || name->value.kind != VALUE_TEXT)
		return;
	snprintf(line, sizeof(line), "clock %s: steps of %.1f ns; timer overhead %.1f ns, subtracted", name->value.text,
		 resolution->value.real, cost->value.real);
	table_line(out, "", 2, line);
}

/* A run that was interrupted and resumed: where its segments begin, and whether the machine restarted in between. */
static void print_segments(const struct record *record, FILE *out)
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
	table_line(out, "", 2, line);
}

static void print_head(const struct record *record, FILE *out)
{
	char line[1024];

	snprintf(line, sizeof(line), "%s%s%s, Linux %s %s, %s", record->tool_version, record->tool_git[0] ? " " : "",
		 record->tool_git, fact_text(record, "kernel", "release"), fact_text(record, "kernel", "architecture"),
		 fact_text(record, "cpu", "model"));
	table_line(out, "zapbench", 2, line);
	snprintf(line, sizeof(line), "CPU %lld: %s", (long long)table_fact(record, "measuring", "cpu"),
		 fact_text(record, "measuring", "cpu_reason"));
	table_line(out, "", 2, line);
	snprintf(line, sizeof(line), "%s; %.0f s, ended by %s; %s layout; seed %llu", rounds_words(record).text,
		 record->duration_s, record->stopped_by, record->layout, (unsigned long long)record->seed);
	table_line(out, "", 2, line);
	print_segments(record, out);
	print_clock(record, out);
	if (record->emulated)
		table_line(out, "", 2, "EMULATED: figures are instructions retired, not times.");
}

static void print_ratio(const struct summary *summary, FILE *out)
{
	char text[64];

	if (!isfinite(summary->ratio.value)) {
		fputs("      -\n", out);
		return;
	}
	fprintf(out, " %6s%s\n", figure_format(summary->ratio.value, text, sizeof(text)),
		summary->undecided ? "?" : "");
}

/* Was each fault timed on its own? Then its operation is one fault. */
static bool times_faults(const struct config_result *config)
{
	return config->per_fault && config->histogram;
}

static void print_row(const struct config_result *config, FILE *out)
{
	const struct summary *summary = &config->summary;
	double repetitions = config->repetitions > 0 ? (double)config->repetitions : 1;
	double per_fault = NAN, half = estimate_half_width_percent(&summary->value);
	bool events = times_faults(config);
	char label[256], value[32], fault[32], width[32] = "-";

	if (config->faults_expected > 0 && config->per_fault)
		per_fault = summary->value.value * (double)config->operations / (double)config->faults_expected;
	if (isfinite(half))
		snprintf(width, sizeof(width), "%.1f", half);
	config_label(config, label, sizeof(label));
	if (strlen(label) > LABEL_COLUMNS)
		fprintf(out, "%.*s\n%-*s", TABLE_COLUMNS, label, LABEL_COLUMNS, "");
	else
		fprintf(out, "%-*s", LABEL_COLUMNS, label);
	fprintf(out, " %7.0f %7.0f %9s %9s %5s", (double)config->operations / repetitions,
		(double)config->faults_expected / repetitions,
		events ? "-" : figure_format(summary->value.value, value, sizeof(value)),
		figure_format(per_fault, fault, sizeof(fault)), width);
	print_ratio(summary, out);
	if (summary->rounds && summary->rounds_left_out == summary->rounds)
		fprintf(out, "%-*s no figure: all %lld rounds disturbed\n", LABEL_COLUMNS, "",
			(long long)summary->rounds);
	if (summary->samples_invalid)
		fprintf(out, "%-*s INVALID: unexpected fault counts in %lld of %lld samples\n", LABEL_COLUMNS, "",
			(long long)summary->samples_invalid, (long long)summary->rounds);
	if (!strcmp(config->rate, RATE_BYTES) && summary->value.value > 0 && !config->emulated)
		fprintf(out, "%-*s %.2f GB/s moved\n", LABEL_COLUMNS, "",
			(double)config->bytes / (double)config->operations / summary->value.value);
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
static int print_own_figures(const struct record *record, const struct config_result *config, FILE *out)
{
	for (size_t i = 0; i < config->nr_figures; i++) {
		const struct figure_info *figure = &config->figure[i];
		char label[64], value[32];
		double median;

		if (!figure->own)
			continue;
		if (record_column_median(record, config, config_column(config, figure->column), &median))
			return -ENOMEM;
		if (!isfinite(median))
			continue;
		figure_label(figure, label, sizeof(label));
		fprintf(out, "%-*s %s %s%s%s\n", LABEL_COLUMNS, "", label, figure_format(median, value, sizeof(value)),
			figure->unit[0] ? " " : "", figure->unit);
	}
	return 0;
}

bool table_same_group(const struct config_result *a, const struct config_result *b)
{
	return !strcmp(a->case_name, b->case_name) && !strcmp(a->source, b->source);
}

/* The operation of a group: of its first row whose accesses were timed together, if there is one. */
static const char *group_operation(const struct record *record, size_t first)
{
	for (size_t i = first; i < record->nr_configs && table_same_group(&record->config[i], &record->config[first]);
	     i++) {
		if (!times_faults(&record->config[i]))
			return record->config[i].operation;
	}
	return record->config[first].operation;
}

static void print_group_head(const struct record *record, size_t first, FILE *out)
{
	const struct config_result *config = &record->config[first];
	const char *operation = group_operation(record, first), *last = strrchr(operation, ' ');
	char title[64], per[32];

	last = last ? last + 1 : operation;
	snprintf(title, sizeof(title), "%s%s%s", config->case_name, config->source[0] ? " on " : "", config->source);
	snprintf(per, sizeof(per), "%s/%s", config->emulated ? "ins" : "ns", last);
	fprintf(out, "\n%-*s %6ss %7s %9s %9s %5s %6s\n", LABEL_COLUMNS, title, last, "faults", per,
		config->emulated ? "ins/fault" : "ns/fault", "+-%", "ratio");
}

static int print_figures(const struct record *record, FILE *out)
{
	int err = 0;

	for (size_t i = 0; i < record->nr_configs && !err; i++) {
		if (!i || !table_same_group(&record->config[i], &record->config[i - 1]))
			print_group_head(record, i, out);
		print_row(&record->config[i], out);
		err = print_own_figures(record, &record->config[i], out);
	}
	return err;
}

/* The result of the checks before the first round, in one line. */
static void print_checks(const struct record *record, FILE *out)
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
	table_line(out, "checked:", 2, line);
}

static void print_played(const struct record *record, FILE *out)
{
	for (size_t i = 0; i < record->nr_configs; i++) {
		const struct config_result *config = &record->config[i];
		char line[1024];
		bool told = !config->played_by_user[0];

		for (size_t j = 0; j < i && !told; j++)
			told = !strcmp(record->config[j].source, config->source);
		if (told)
			continue;
		snprintf(line, sizeof(line), "on %s userspace performs %s; NOT measured: %s", config->source,
			 config->played_by_user, config->not_played[0] ? config->not_played : "nothing");
		snprintf(line + strlen(line), sizeof(line) - strlen(line), ".");
		table_line(out, "", 2, line);
	}
}

static void print_tail(const struct record *record, FILE *out)
{
	char line[1024];

	fputc('\n', out);
	table_line(out, "", 2,
		   "Medians over rounds. +-% is half the 95 % interval of the median. ratio is to the first row of the "
		   "case, paired by round; ? marks a verdict that changes when disturbed rounds are discarded.");
	print_played(record, out);
	print_checks(record, out);
	table_counters(record, out);
	for (size_t i = 0; i < record->nr_warnings; i++) {
		snprintf(line, sizeof(line), "%s; fix: %s", record->warning[i].text, record->warning[i].remedy);
		table_line(out, "warning:", 2, line);
	}
	for (size_t i = 0; i < record->nr_skipped && i < 5; i++) {
		snprintf(line, sizeof(line), "%s: %s", record->skipped[i].name, record->skipped[i].reason);
		table_line(out, "skipped:", 2, line);
	}
	if (record->nr_skipped > 5)
		fprintf(out, "skipped: %zu more; the result file has the reasons\n", record->nr_skipped - 5);
}

int table_print(const struct record *record, FILE *out)
{
	int err;

	print_head(record, out);
	err = print_figures(record, out);
	if (!err)
		err = table_knees(record, out);
	if (!err)
		err = table_scaling(record, out);
	if (err)
		return err;
	table_events(record, out);
	table_kernel_parts(record, out);
	table_explanations(record, out);
	print_tail(record, out);
	fflush(out);
	return ferror(out) ? -EIO : 0;
}
