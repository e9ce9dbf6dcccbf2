// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/render/table-parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/render/config.h"
#include "report/render/labels.h"
#include "bench/base/text.h"

static void print_quantile(const struct histogram *histogram, double p, const struct table *to)
{
	double value = histogram_quantile(histogram, p);
	char text[32];

	fprintf(to->out, " %7s", figure_format(value, text, sizeof(text)));
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

static void print_events_head(const struct table *to)
{
	fputc('\n', to->out);
	table_label(to, "single events (all), ns");
	fprintf(to->out, " %7s %7s %7s %7s %8s %8s\n", "p50", "p90", "p99", "p99.9", "max", "events");
}

void table_events(const struct record *record, const struct table *to)
{
	bool titled = false;

	for (size_t i = 0; i < record->nr_configs; i++) {
		const struct config_result *config = &record->config[i];
		char label[256], maximum[32];

		if (!config->histogram)
			continue;
		if (!titled)
			print_events_head(to);
		titled = true;
		config_label(config, label, sizeof(label));
		table_label(to, label);
		print_quantile(config->histogram, 0.5, to);
		print_quantile(config->histogram, 0.9, to);
		print_quantile(config->histogram, 0.99, to);
		print_quantile(config->histogram, 0.999, to);
		fprintf(to->out, " %8s %8.0f\n",
			figure_format(column_maximum(config_column(config, "event_max_ns"), record->nr_rounds), maximum,
				      sizeof(maximum)),
			histogram_total(config->histogram));
	}
}

void table_kernel_parts(const struct record *record, const struct table *to)
{
	static const char *const parts[] = { "region", "state", "zap", "clean", "map", "refault" };
	char shared[256] = "";
	bool titled = false;

	for (size_t i = 0; i < record->nr_configs; i++) {
		const struct config_result *config = &record->config[i];
		char label[256], title[400], value[32];

		if (!isfinite(config_kernel_part(config, "region")))
			continue;
		if (!i || !titled || !labels_same_group(config, &record->config[i - 1])) {
			labels_shared(record, i, shared, sizeof(shared));
			snprintf(title, sizeof(title), "%s: kernel's %s/%s%s%s", config->case_name,
				 config->emulated ? "ins" : "ns", config->operation, shared[0] ? ": " : "", shared);
			fputc('\n', to->out);
			table_label(to, title);
			for (size_t j = 0; j < sizeof(parts) / sizeof(parts[0]); j++)
				fprintf(to->out, " %7s", j ? parts[j] : "all");
			fputc('\n', to->out);
			titled = true;
		}
		labels_row(config, shared, label, sizeof(label));
		table_label(to, label);
		for (size_t j = 0; j < sizeof(parts) / sizeof(parts[0]); j++)
			fprintf(to->out, " %7s",
				figure_format(config_kernel_part(config, parts[j]), value, sizeof(value)));
		fputc('\n', to->out);
	}
}

/* Counted by a PMU or at a tracepoint, and not in the table of the kernel's own counts. */
static bool explains(const struct config_result *config, const struct counter *counter)
{
	return counter->counted && !counter_is_software(counter) && !counter_is_of_kernel(config, counter);
}

static void add_explanation(char *line, size_t size, const char *name, double value, double lower, double upper,
			    double running_percent)
{
	double percent = 100 * (upper - lower) / 2 / value;
	const char *own = strrchr(name, ':'); /* tracepoint:SYSTEM:NAME */
	char text[32];
	size_t used = strlen(line);

	if (value > 0 && value < 0.001)
		snprintf(text, sizeof(text), "%.2g", value);
	else
		figure_format(value, text, sizeof(text));
	snprintf(line + used, size - used, "%s%s %s", used ? ", " : "", own ? own + 1 : name, text);
	used = strlen(line);
	if (percent > 0 && isfinite(percent))
		snprintf(line + used, size - used, " +-%.*f %%", percent < 10, percent);
	used = strlen(line);
	if (running_percent < 99.5)
		snprintf(line + used, size - used, " (scaled: on the PMU %.0f%% of the time)", running_percent);
}

/* What the PMU counted for each row, per operation, and what that tells. An emulated PMU's is in the record only. */
void table_explanations(const struct record *record, const struct table *to)
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
			fprintf(to->out, "\ncounted, per operation\n");
		titled = true;
		config_label(config, label, sizeof(label));
		snprintf(title, sizeof(title), "%s %s:", config->case_name, label);
		table_line(to, title, 4, line);
	}
}

/* One line for what was counted and one for each reason why not. */
void table_counters(const struct record *record, const struct table *to)
{
	char events[1024], line[2048];
	const char *why;

	if (events_counted(record, false, events, sizeof(events)))
		table_line(to, "counted (in the result file):", 2, events);
	if (events_counted(record, true, events, sizeof(events)))
		table_line(to, "MODELLED (in the result file):", 2, events);
	for (size_t i = 0; (why = events_not_counted(record, i, events, sizeof(events))); i++) {
		snprintf(line, sizeof(line), "%s: %s", events, why);
		table_line(to, "not counted:", 2, line);
	}
}
