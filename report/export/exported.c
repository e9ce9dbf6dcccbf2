// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/export/exported.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "report/render/config.h"

static int add(struct exported_record *exported, enum exported_kind kind, const struct config_result *config,
	       const char *name, const struct estimate *value, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));

/* Add a figure, unless it was not measured; its unit is @fmt. */
static int add(struct exported_record *exported, enum exported_kind kind, const struct config_result *config,
	       const char *name, const struct estimate *value, const char *fmt, ...)
{
	struct exported figure = { .kind = kind, .config = config, .name = name, .value = *value }, *row;
	va_list ap;
	int length;

	if (!isfinite(value->value))
		return 0;
	va_start(ap, fmt);
	length = vasprintf(&figure.unit, fmt, ap);
	va_end(ap);
	if (length < 0)
		return -ENOMEM;
	/* Room is doubled when the count is a power of two. */
	row = exported->figure;
	if (!(exported->nr_figures & (exported->nr_figures - 1)))
		row = reallocarray(row, exported->nr_figures ? 2 * exported->nr_figures : 1, sizeof(*row));
	if (!row) {
		free(figure.unit);
		return -ENOMEM;
	}
	exported->figure = row;
	row[exported->nr_figures++] = figure;
	return 0;
}

static struct estimate point(double value, size_t n)
{
	return (struct estimate){ value, NAN, NAN, NAN, n };
}

static int add_values(struct exported_record *exported, const struct config_result *config)
{
	const struct summary *summary = &config->summary;
	const struct {
		const char *name;
		double value;
	} spread[] = { { "minimum", summary->minimum }, { "p90", summary->p90 }, { "p99", summary->p99 } };
	struct estimate value;
	int err = record_value(exported->record, config, &value);

	if (!err)
		err = add(exported, EXPORTED_MEDIAN, config, "median", &value, "%s/%s", config->value_unit,
			  config->operation);
	for (size_t i = 0; i < sizeof(spread) / sizeof(spread[0]) && !err; i++) {
		struct estimate one = point(spread[i].value, value.n);

		err = add(exported, EXPORTED_SPREAD, config, spread[i].name, &one, "%s/%s", config->value_unit,
			  config->operation);
	}
	return err;
}

static int add_singles(struct exported_record *exported, const struct config_result *config)
{
	static const struct {
		const char *name;
		double p;
	} singles[] = {
		{ "single p50", 0.5 }, { "single p90", 0.9 }, { "single p99", 0.99 }, { "single p99.9", 0.999 }
	};
	int err = 0;

	for (size_t i = 0; config->histogram && i < sizeof(singles) / sizeof(singles[0]) && !err; i++) {
		struct estimate one = point(histogram_quantile(config->histogram, singles[i].p),
					    (size_t)histogram_total(config->histogram));

		err = add(exported, EXPORTED_SINGLE, config, singles[i].name, &one, "ns");
	}
	return err;
}

static int add_faults(struct exported_record *exported, const struct config_result *config)
{
	struct estimate faults = point(NAN, config->summary.value.n);

	if (config->operations > 0) {
		if (record_faults_median(exported->record, config, &faults.value))
			return -ENOMEM;
		faults.value /= (double)config->operations;
	}
	return add(exported, EXPORTED_FAULTS, config, "faults", &faults, "faults/%s", config->operation);
}

/* The median turned round: a bound of the one is the other bound of the other. */
static int add_rate(struct exported_record *exported, const struct config_result *config)
{
	const struct estimate *value = &config->summary.value;
	const char *name, *unit;
	double amount = config_rate(config, &name, &unit);
	struct estimate rate = { 1e9 * amount / value->value, 1e9 * amount / value->upper, 1e9 * amount / value->lower,
				 value->level, value->n };

	/* Where the subtracted cost of the clock is all there was, it says nothing. */
	if (!(value->value > 0))
		return 0;
	if (!(value->lower > 0))
		rate.upper = NAN;
	return add(exported, EXPORTED_RATE, config, name, &rate, "%s", unit);
}

bool exported_counter(const struct config_result *config, const struct counter *counter, bool emulated)
{
	/* The PMU of an emulated CPU counts cycles that are none: what the kernel counts is all there is. */
	return !emulated || (counter_is_of_kernel(config, counter) ? strcmp(counter->unit, "ns") != 0
								   : counter_is_software(counter));
}

static int add_counters(struct exported_record *exported, const struct config_result *config, bool emulated)
{
	int err = 0;

	for (size_t i = 0; i < config->nr_counters && !err; i++) {
		const struct counter *counter = &config->counter[i];
		struct estimate value = { counter->per_operation, counter->lower, counter->upper, 0.95,
					  (size_t)counter->samples };

		if (counter->counted && counter->model) {
			err = add(exported, EXPORTED_MODELLED, config, counter->event, &value, "modelled-%s/%s",
				  counter->unit, config->operation);
			continue;
		}
		if (!counter->counted || !exported_counter(config, counter, emulated))
			continue;
		err = add(exported, EXPORTED_COUNTED, config, counter->event, &value, "%s/%s", counter->unit,
			  config->operation);
	}
	for (size_t i = 0; i < config->nr_metrics && !emulated && !err; i++) {
		const struct metric *metric = &config->metric[i];
		struct estimate value = { metric->value, metric->lower, metric->upper, 0.95, (size_t)metric->samples };

		err = add(exported, EXPORTED_RATIO, config, metric->name, &value, "%s", "");
	}
	return err;
}

static int add_extras(struct exported_record *exported, const struct config_result *config, bool emulated)
{
	int err = 0;

	for (size_t i = 0; i < config->nr_figures && !err; i++) {
		const struct figure_info *figure = &config->figure[i];
		const struct column *column = config_column(config, figure->column);
		struct estimate value;

		if (!figure->own || !column || (emulated && !strcmp(figure->unit, "ns")))
			continue;
		value = point(NAN, column_is_loss(column) ? config->summary.value_all.n : config->summary.value.n);
		err = record_column_figure(exported->record, config, column, &value.value);
		if (!err)
			err = add(exported, EXPORTED_EXTRA, config, column->name, &value, "%s", figure->unit);
	}
	return err;
}

int exported_collect(const struct record *record, struct exported_record *exported)
{
	int err = 0;

	*exported = (struct exported_record){ .record = record };
	for (size_t i = 0; i < record->nr_configs && !err; i++) {
		const struct config_result *config = &record->config[i];
		bool emulated = record->emulated || config->emulated;

		/* What an emulated machine calls a time is none. */
		if (!config_valid(config) || strcmp(config->value_unit, emulated ? "instructions" : "ns"))
			continue;
		err = add_values(exported, config);
		if (!err && !emulated)
			err = add_singles(exported, config);
		if (!err)
			err = add_faults(exported, config);
		if (!err && !emulated)
			err = add_rate(exported, config);
		if (!err)
			err = add_counters(exported, config, emulated);
		if (!err)
			err = add_extras(exported, config, emulated);
	}
	return err;
}

void exported_free(struct exported_record *exported)
{
	for (size_t i = 0; i < exported->nr_figures; i++)
		free(exported->figure[i].unit);
	free(exported->figure);
	*exported = (struct exported_record){ .record = NULL };
}

const struct exported *exported_find(const struct exported_record *exported, enum exported_kind kind, const char *name)
{
	for (size_t i = 0; i < exported->nr_figures; i++) {
		const struct exported *figure = &exported->figure[i];

		if (figure->kind == kind && !strcmp(figure->config->name, name))
			return figure;
	}
	return NULL;
}

static bool everywhere(const struct exports *exports, const char *name)
{
	for (size_t i = 0; i < exports->nr_results; i++) {
		if (!exported_find(&exports->result[i], EXPORTED_MEDIAN, name))
			return false;
	}
	return true;
}

/* Drop from @exported the figures that are not in @keep. */
static void filter(struct exported_record *exported, const bool *keep)
{
	size_t kept = 0;

	for (size_t i = 0; i < exported->nr_figures; i++) {
		if (keep[i])
			exported->figure[kept++] = exported->figure[i];
		else
			free(exported->figure[i].unit);
	}
	exported->nr_figures = kept;
}

int exported_keep_common(struct exports *exports, size_t *dropped)
{
	*dropped = 0;
	for (size_t i = 0; i < exports->nr_results; i++) {
		struct exported_record *result = &exports->result[i];
		bool *keep = calloc(result->nr_figures + 1, sizeof(*keep));

		if (!keep)
			return -ENOMEM;
		for (size_t j = 0; j < result->nr_figures; j++) {
			const struct exported *figure = &result->figure[j];

			keep[j] = figure->kind == EXPORTED_MEDIAN && everywhere(exports, figure->config->name);
			*dropped += figure->kind == EXPORTED_MEDIAN && !keep[j];
		}
		filter(result, keep);
		free(keep);
	}
	return 0;
}

char *exported_column(const struct exported_record *exported, const struct exported *figure)
{
	bool emulated = exported->record->emulated || figure->config->emulated;
	char *name;

	if (asprintf(&name, "%s %s%s", figure->config->name, emulated ? "emulated " : "", figure->unit) < 0)
		return NULL;
	return name;
}

const char *exported_why_none(const struct config_result *config, char *text, size_t size)
{
	const struct summary *summary = &config->summary;

	if (!summary->rounds)
		snprintf(text, size, "not measured: no samples");
	else if (!config_valid(config))
		snprintf(text, size, "INVALID: unexpected fault counts in %lld of %lld samples",
			 (long long)summary->samples_invalid, (long long)summary->rounds);
	else if (summary->rounds_left_out == summary->rounds)
		snprintf(text, size, "DISTURBED: all %lld samples discarded", (long long)summary->rounds);
	else
		snprintf(text, size, "no figure: too few samples that are valid and undisturbed");
	return text;
}

const char *exported_fact(const struct record *record, const char *group, const char *key)
{
	const struct fact *fact = facts_find(&record->environment, group, key);

	return fact && fact->value.kind == VALUE_TEXT ? fact->value.text : "";
}

const char *exported_fits_cache(const struct record *record, const struct config_result *config)
{
	static const char *const words[] = { [FITS_UNKNOWN] = "", [FITS_NOT] = "false", [FITS_CACHE] = "true" };

	return words[config_cache(record, config)];
}
