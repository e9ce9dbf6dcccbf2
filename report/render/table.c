// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/render/table.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/render/config.h"
#include "report/analysis/knees.h"
#include "report/analysis/scaling.h"
#include "bench/base/region.h"
#include "bench/base/text.h"

enum { LABEL_COLUMNS = 26 };

void table_wrapped(FILE *out, size_t columns, const char *first, size_t indent, const char *text)
{
	size_t column = strlen(first);
	bool line_begins = !column;

	fputs(first, out);
	while (*text) {
		size_t word = strcspn(text, " ");

		if (!line_begins && column + 1 + word > columns) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (!line_begins) {
			fputc(' ', out);
			column++;
		}
		/* A word that fits no line (a path, a kernel's name) is cut: the width holds. */
		while (column + word > columns) {
			size_t room = columns - column;

			fprintf(out, "%.*s\n%*s", (int)room, text, (int)indent, "");
			text += room;
			word -= room;
			column = indent;
		}
		fprintf(out, "%.*s", (int)word, text);
		column += word;
		line_begins = false;
		text += word;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

static void print_wrapped(FILE *out, const char *first, size_t indent, const char *text)
{
	table_wrapped(out, TABLE_COLUMNS, first, indent, text);
}

static const char *fact_text(const struct record *record, const char *group, const char *key)
{
	return facts_text(&record->environment, group, key, "?");
}

static int64_t fact_int(const struct record *record, const char *group, const char *key)
{
	const struct fact *fact = facts_find(&record->environment, group, key);

	return fact && fact->value.kind == VALUE_INT ? fact->value.integer : -1;
}

static int64_t rounds_left_out(const struct record *record)
{
	int64_t most = 0;

	for (size_t i = 0; i < record->nr_configs; i++) {
		if (record->config[i].summary.rounds_left_out > most)
			most = record->config[i].summary.rounds_left_out;
	}
	return most;
}

static void print_clock(const struct record *record, FILE *out)
{
	const struct fact *name = facts_find(&record->clock, NULL, "name");
	const struct fact *resolution = facts_find(&record->clock, NULL, "resolution_ns");
	const struct fact *cost = facts_find(&record->clock, NULL, "cost_ns");
	char line[256];

	if (!name || !resolution || !cost || name->value.kind != VALUE_TEXT)
		return;
	snprintf(line, sizeof(line), "clock %s: steps of %.1f ns, %.1f ns a reading, which is subtracted",
		 name->value.text, resolution->value.real, cost->value.real);
	print_wrapped(out, "", 2, line);
}

/* A run that was stopped and resumed: where its pieces begin, and whether the machine was restarted in between. */
static void print_segments(const struct record *record, FILE *out)
{
	char line[1024];
	size_t boots = 1;

	if (record->nr_segments < 2)
		return;
	snprintf(line, sizeof(line), "in %zu pieces, resumed after round", record->nr_segments);
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
			 "; over %zu boots of the machine, whose memory is laid out anew", boots);
	}
	print_wrapped(out, "", 2, line);
}

static void print_head(const struct record *record, FILE *out)
{
	char line[1024];

	snprintf(line, sizeof(line), "%s%s%s, Linux %s %s, %s", record->tool_version, record->tool_git[0] ? " " : "",
		 record->tool_git, fact_text(record, "kernel", "release"), fact_text(record, "kernel", "architecture"),
		 fact_text(record, "cpu", "model"));
	print_wrapped(out, "zapbench", 2, line);
	snprintf(line, sizeof(line), "CPU %lld: %s", (long long)fact_int(record, "measuring", "cpu"),
		 fact_text(record, "measuring", "cpu_reason"));
	print_wrapped(out, "", 2, line);
	snprintf(line, sizeof(line),
		 "%zu rounds in %.0f s, ended by %s; %lld left out because the system disturbed them; %s layout; seed "
		 "%llu",
		 record->nr_rounds, record->duration_s, record->stopped_by, (long long)rounds_left_out(record),
		 record->layout, (unsigned long long)record->seed);
	print_wrapped(out, "", 2, line);
	print_segments(record, out);
	print_clock(record, out);
	if (record->emulated)
		print_wrapped(out, "", 2, "EMULATED: figures are instructions retired, not times.");
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
		fprintf(out, "%-*s no figure: all %lld rounds were disturbed\n", LABEL_COLUMNS, "",
			(long long)summary->rounds);
	if (summary->samples_invalid)
		fprintf(out, "%-*s INVALID by their faults: %lld of %lld samples\n", LABEL_COLUMNS, "",
			(long long)summary->samples_invalid, (long long)summary->rounds);
	if (!strcmp(config->rate, RATE_BYTES) && summary->value.value > 0 && !config->emulated)
		fprintf(out, "%-*s %.2f GB/s moved\n", LABEL_COLUMNS, "",
			(double)config->bytes / (double)config->operations / summary->value.value);
}

/* "mapped_bytes" is said as "mapped 65536 bytes": the unit comes last in a name. */
static void print_extra(const struct record *record, const struct config_result *config, FILE *out)
{
	for (size_t i = 0; i < config->nr_columns; i++) {
		const struct column *column = &config->column[i];
		char name[64], value[32], *unit;
		double median;

		if (!record_is_extra(column->name))
			continue;
		median = record_column_median(record, config, column);
		if (!isfinite(median))
			continue;
		snprintf(name, sizeof(name), "%s", column->name);
		unit = strrchr(name, '_');
		if (unit)
			*unit++ = '\0';
		for (char *at = name; *at; at++)
			*at = *at == '_' ? ' ' : *at;
		fprintf(out, "%-*s %s %s%s%s\n", LABEL_COLUMNS, "", name, figure_format(median, value, sizeof(value)),
			unit ? " " : "", unit ? unit : "");
	}
}

static bool same_group(const struct config_result *a, const struct config_result *b)
{
	return !strcmp(a->case_name, b->case_name) && !strcmp(a->source, b->source);
}

/* The operation of a group: of its first row whose accesses were timed together, if there is one. */
static const char *group_operation(const struct record *record, size_t first)
{
	for (size_t i = first; i < record->nr_configs && same_group(&record->config[i], &record->config[first]); i++) {
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

static void print_figures(const struct record *record, FILE *out)
{
	for (size_t i = 0; i < record->nr_configs; i++) {
		if (!i || !same_group(&record->config[i], &record->config[i - 1]))
			print_group_head(record, i, out);
		print_row(&record->config[i], out);
		print_extra(record, &record->config[i], out);
	}
}

static void print_curve(const struct config_result *config, const struct knees *knees, FILE *out)
{
	char line[1024], label[256], value[2][32];

	config_curve_label(config, "pages", label, sizeof(label));
	snprintf(line, sizeof(line), "%s on %s, %s:", config->case_name, config->source, label);
	if (!knees->count)
		snprintf(line + strlen(line), sizeof(line) - strlen(line), " none seen: %s", knees->why_none);
	for (size_t i = 0; i < knees->count; i++) {
		const struct knee *knee = &knees->knee[i];

		snprintf(line + strlen(line), sizeof(line) - strlen(line),
			 "%s at %.0f (95 %%: %.0f to %.0f) pages from %s to %s ns", i ? ";" : "", knee->reach,
			 knee->lower, knee->upper, figure_format(knee->before, value[0], sizeof(value[0])),
			 figure_format(knee->after, value[1], sizeof(value[1])));
	}
	print_wrapped(out, "", 2, line);
}

/* What a sweep over pages says as a curve. */
static void print_knees(const struct record *record, FILE *out)
{
	struct curve_point point[CURVE_POINTS_MAX];
	bool titled = false;

	for (size_t i = 0; i < record->nr_configs && !record->emulated; i++) {
		struct knees knees;
		size_t count;

		if (!curve_find(record, i, "pages", point, &count) || knees_find(point, count, &knees))
			continue;
		if (!titled)
			fprintf(out, "\nknees: where more pages begin to cost\n");
		titled = true;
		print_curve(&record->config[i], &knees, out);
	}
}

/* A part of the law, as a share of 1 with its interval. */
static void print_share(const char *name, const struct estimate *share, FILE *out)
{
	char line[128];

	snprintf(line, sizeof(line), "%s: %.4f (95 %%: %.4f to %.4f)", name, share->value, share->lower, share->upper);
	print_wrapped(out, "  ", 4, line);
}

static void print_law(const struct record *record, const struct curve_point *point, size_t count, FILE *out)
{
	int64_t cpus = fact_int(record, "topology", "cpus");
	struct scaling scaling;
	char line[160];

	if (cpus >= 0 && cpus < SCALING_POINTS_MIN) {
		fprintf(out, "  serial share: not estimated (%lld CPUs, %d are needed)\n", (long long)cpus,
			SCALING_POINTS_MIN);
		return;
	}
	if (scaling_fit(point, count, &scaling)) {
		snprintf(line, sizeof(line), "serial share: not estimated (%s)", scaling.why_none);
		print_wrapped(out, "  ", 4, line);
		return;
	}
	print_share("serial share", &scaling.serial, out);
	print_share("crosstalk of each pair", &scaling.crosstalk, out);
}

static void print_speedups(const struct record *record, const struct curve_point *point, size_t count, FILE *out)
{
	const struct config_result *config = &record->config[point->index];
	char line[2048], label[256], rate[32];

	config_curve_label(config, "workers", label, sizeof(label));
	snprintf(line, sizeof(line), "%s on %s, %s:", config->case_name, config->source, label);
	for (size_t i = 0; i < count; i++) {
		const struct config_result *at = &record->config[point[i].index];
		double faults = (double)at->faults_expected / (double)at->operations;
		struct estimate speedup = scaling_speedup(point, i);
		size_t used = strlen(line);

		snprintf(line + used, sizeof(line) - used, "%s %.0f: %s/s", i ? ";" : "", point[i].x,
			 figure_format(1e9 / point[i].value * faults, rate, sizeof(rate)));
		used = strlen(line);
		if (i && isfinite(speedup.lower))
			snprintf(line + used, sizeof(line) - used, ", %.2f times (95 %%: %.2f to %.2f)", speedup.value,
				 speedup.lower, speedup.upper);
	}
	print_wrapped(out, "", 2, line);
}

/* The kernel's counts of the locks of VMAs are there, or that is said; their figures are lines of the rows. */
static void print_locks(const struct record *record, const struct config_result *config, FILE *out)
{
	const struct column *column = config_column(config, "vma_lock_retried_faults");

	if (column && !isfinite(record_column_median(record, config, column)))
		print_wrapped(out, "", 2,
			      "locks of VMAs: not counted: /proc/vmstat has no vma_lock_*; fix: build the kernel with "
			      "CONFIG_PER_VMA_LOCK_STATS");
}

/* What a sweep over workers says as a curve. */
static void print_scaling(const struct record *record, FILE *out)
{
	struct curve_point point[CURVE_POINTS_MAX];
	const struct config_result *last = NULL;
	size_t count;

	for (size_t i = 0; i < record->nr_configs && !record->emulated; i++) {
		if (!curve_find(record, i, "workers", point, &count) || !count)
			continue;
		if (!last)
			fprintf(out, "\nscaling: refaults a second by workers at once, times those of the first\n");
		last = &record->config[i];
		print_speedups(record, point, count, out);
		print_law(record, point, count, out);
	}
	if (last)
		print_locks(record, last, out);
}

static void print_quantile(const struct histogram *histogram, double p, FILE *out)
{
	double value = histogram_quantile(histogram, p);
	char text[32];

	fprintf(out, " %7s", figure_format(value, text, sizeof(text)));
}

static double column_maximum(const struct column *column, size_t rounds)
{
	double most = NAN;

	for (size_t i = 0; column && i < rounds; i++) {
		if (!(column->value[i] <= most))
			most = isfinite(column->value[i]) ? column->value[i] : most;
	}
	return most;
}

static void print_events(const struct record *record, FILE *out)
{
	bool titled = false;

	for (size_t i = 0; i < record->nr_configs; i++) {
		const struct config_result *config = &record->config[i];
		char label[256], maximum[32];

		if (!config->histogram)
			continue;
		if (!titled)
			fprintf(out, "\n%-*s %7s %7s %7s %7s %8s %8s\n", LABEL_COLUMNS, "one by one, ns", "p50", "p90",
				"p99", "p99.9", "max", "events");
		titled = true;
		config_label(config, label, sizeof(label));
		fprintf(out, "%-*.*s", LABEL_COLUMNS, LABEL_COLUMNS, label);
		print_quantile(config->histogram, 0.5, out);
		print_quantile(config->histogram, 0.9, out);
		print_quantile(config->histogram, 0.99, out);
		print_quantile(config->histogram, 0.999, out);
		fprintf(out, " %8s %8.0f\n",
			figure_format(column_maximum(config_column(config, "event_max_ns"), record->nr_rounds), maximum,
				      sizeof(maximum)),
			histogram_total(config->histogram));
	}
}

static void print_kernel_parts(const struct record *record, FILE *out)
{
	static const char *const parts[] = { "region", "state", "zap", "clean", "map", "refault" };
	bool titled = false;

	for (size_t i = 0; i < record->nr_configs; i++) {
		const struct config_result *config = &record->config[i];
		char label[256], value[32];

		if (!isfinite(config_kernel_part(config, "region")))
			continue;
		if (!i || !titled || !same_group(config, &record->config[i - 1])) {
			snprintf(label, sizeof(label), "%s: kernel's %s/%s", config->case_name,
				 config->emulated ? "ins" : "ns", config->operation);
			fprintf(out, "\n%-*.*s", LABEL_COLUMNS, LABEL_COLUMNS, label);
			for (size_t j = 0; j < sizeof(parts) / sizeof(parts[0]); j++)
				fprintf(out, " %7s", j ? parts[j] : "all");
			fputc('\n', out);
			titled = true;
		}
		config_label(config, label, sizeof(label));
		fprintf(out, "%-*.*s", LABEL_COLUMNS, LABEL_COLUMNS, label);
		for (size_t j = 0; j < sizeof(parts) / sizeof(parts[0]); j++)
			fprintf(out, " %7s", figure_format(config_kernel_part(config, parts[j]), value, sizeof(value)));
		fputc('\n', out);
	}
}

/* What the checks before the first round found, in a line. */
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
	snprintf(line, sizeof(line), "%lld MB read back right by CPU and device", (long long)bytes / 1000000);
	if (ptes)
		snprintf(line + strlen(line), sizeof(line) - strlen(line), ", %lld PTEs with the attributes promised",
			 (long long)ptes);
	snprintf(line + strlen(line), sizeof(line) - strlen(line), "; coherence %s",
		 stale ? "tested: with the clean left out the device saw stale bytes"
		       : "not testable here: no byte is stale without a clean either, or there is none to leave out");
	print_wrapped(out, "checked:", 2, line);
}

/* Counted by a PMU or at a tracepoint, and no part of the kernel's own table: what explains a figure. */
static bool explains(const struct config_result *config, const struct counter *counter)
{
	return counter->counted && strcmp(counter->pmu, "software") && !counter_is_of_kernel(config, counter);
}

static void add_explanation(char *line, size_t size, const char *name, double value, double lower, double upper,
			    double running_percent)
{
	char text[32];
	size_t used = strlen(line);

	snprintf(line + used, size - used, "%s%s %s", used ? ", " : "", name, figure_format(value, text, sizeof(text)));
	used = strlen(line);
	if (isfinite(lower) && isfinite(upper) && value > 0)
		snprintf(line + used, size - used, " +-%.2g%%", 100 * (upper - lower) / 2 / value);
	used = strlen(line);
	if (running_percent < 99.5)
		snprintf(line + used, size - used, " (scaled: on the PMU %.0f%% of the time)", running_percent);
}

/* What the PMU counted for each row, per operation, and what that tells. An emulated PMU's is in the record only. */
static void print_explanations(const struct record *record, FILE *out)
{
	bool titled = false;

	for (size_t i = 0; i < record->nr_configs && !record->emulated; i++) {
		const struct config_result *config = &record->config[i];
		char line[2048] = "", label[256], title[400];

		for (size_t j = 0; j < config->nr_counters; j++) {
			const struct counter *counter = &config->counter[j];

			if (explains(config, counter))
				add_explanation(line, sizeof(line), counter->event, counter->per_operation,
						counter->lower, counter->upper, counter->running_percent);
		}
		if (!line[0])
			continue;
		for (size_t j = 0; j < config->nr_metrics; j++)
			add_explanation(line, sizeof(line), config->metric[j].name, config->metric[j].value,
					config->metric[j].lower, config->metric[j].upper,
					config->metric[j].running_percent);
		if (!titled)
			fprintf(out, "\ncounted, per operation\n");
		titled = true;
		config_label(config, label, sizeof(label));
		snprintf(title, sizeof(title), "%s %s:", config->case_name, label);
		print_wrapped(out, title, 4, line);
	}
}

/* One line for what was counted and one for each reason why not. */
static void print_counters(const struct record *record, FILE *out)
{
	char events[1024], line[1400];
	const char *why;

	if (events_counted(record, events, sizeof(events)))
		print_wrapped(out, "counted (see the record):", 2, events);
	for (size_t i = 0; (why = events_not_counted(record, i, events, sizeof(events))); i++) {
		snprintf(line, sizeof(line), "%s: %s", events, why);
		print_wrapped(out, "not counted:", 2, line);
	}
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
		snprintf(line, sizeof(line), "on %s userspace plays %s; not played: %s", config->source,
			 config->played_by_user, config->not_played[0] ? config->not_played : "nothing is missing");
		snprintf(line + strlen(line), sizeof(line) - strlen(line), ".");
		print_wrapped(out, "", 2, line);
	}
}

static void print_tail(const struct record *record, FILE *out)
{
	char line[1024];

	fputc('\n', out);
	print_wrapped(out, "", 2,
		      "Medians over rounds; +-% is half the 95 % interval of the median; ratio is to the first row of "
		      "its case, "
		      "paired by round, ? where leaving disturbed rounds out changes the verdict.");
	print_played(record, out);
	print_checks(record, out);
	print_counters(record, out);
	for (size_t i = 0; i < record->nr_warnings; i++) {
		snprintf(line, sizeof(line), "%s; fix: %s", record->warning[i].text, record->warning[i].remedy);
		print_wrapped(out, "warning:", 2, line);
	}
	for (size_t i = 0; i < record->nr_skipped && i < 5; i++) {
		snprintf(line, sizeof(line), "%s: %s", record->skipped[i].name, record->skipped[i].reason);
		print_wrapped(out, "skipped:", 2, line);
	}
	if (record->nr_skipped > 5)
		fprintf(out, "skipped: %zu more, with their reasons in the record\n", record->nr_skipped - 5);
}

int table_print(const struct record *record, FILE *out)
{
	print_head(record, out);
	print_figures(record, out);
	print_knees(record, out);
	print_scaling(record, out);
	print_events(record, out);
	print_kernel_parts(record, out);
	print_explanations(record, out);
	print_tail(record, out);
	fflush(out);
	return ferror(out) ? -EIO : 0;
}
