// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/render/table-parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/render/config.h"
#include "bench/base/text.h"

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

void table_events(const struct record *record, FILE *out)
{
	bool titled = false;

	for (size_t i = 0; i < record->nr_configs; i++) {
		const struct config_result *config = &record->config[i];
		char label[256], maximum[32];

		if (!config->histogram)
			continue;
		if (!titled)
			fprintf(out, "\n%-*s %7s %7s %7s %7s %8s %8s\n", LABEL_COLUMNS, "single events (all), ns",
				"p50", "p90", "p99", "p99.9", "max", "events");
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

void table_kernel_parts(const struct record *record, FILE *out)
{
	static const char *const parts[] = { "region", "state", "zap", "clean", "map", "refault" };
	bool titled = false;

	for (size_t i = 0; i < record->nr_configs; i++) {
		const struct config_result *config = &record->config[i];
		char label[256], value[32];

		if (!isfinite(config_kernel_part(config, "region")))
			continue;
		if (!i || !titled || !table_same_group(config, &record->config[i - 1])) {
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

/* Counted by a PMU or at a tracepoint, and not in the table of the kernel's own counts. */
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
void table_explanations(const struct record *record, FILE *out)
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
		table_line(out, title, 4, line);
	}
}

/* One line for what was counted and one for each reason why not. */
void table_counters(const struct record *record, FILE *out)
{
	char events[1024], line[1400];
	const char *why;

	if (events_counted(record, events, sizeof(events)))
		table_line(out, "counted (in the result file):", 2, events);
	for (size_t i = 0; (why = events_not_counted(record, i, events, sizeof(events))); i++) {
		snprintf(line, sizeof(line), "%s: %s", events, why);
		table_line(out, "not counted:", 2, line);
	}
}
