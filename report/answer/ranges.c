// SPDX-License-Identifier: GPL-2.0-or-later
/* Of part 5: what SYNC of a range costs beside SYNC of the whole buffer, and from which range on that is cheaper. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/answer/parts.h"

#define KEY "range_bytes"

enum { SERIES_MAX = 3 };

/* A buffer of so many segments: what a SYNC of each range, and of the whole buffer, costs. */
struct series {
	struct words segments; /* "512 segments" */
	double x[CURVE_POINTS_MAX];
	const struct config_result *range[CURVE_POINTS_MAX], *whole[CURVE_POINTS_MAX];
	size_t count;
	struct crossing crossing[CROSSINGS_MAX];
	size_t crossings;
	bool whole_wins;  /* the whole buffer is cheaper at the last range at which one of the two is */
	size_t undecided; /* ranges at which the two are not distinguishable */
};

static bool is_range(const struct config_result *config)
{
	return !strcmp(facts_text(&config->params, NULL, "extent", ""), "range");
}

static double number_of(const struct facts *facts, const char *key)
{
	const struct fact *fact = facts_find(facts, NULL, key);

	return fact && fact->value.kind == VALUE_INT ? (double)fact->value.integer : NAN;
}

/* The same with SYNC of the whole buffer; NULL where it has no figure. */
static const struct config_result *whole_of(const struct record *record, const struct config_result *config)
{
	for (size_t i = 0; i < record->nr_configs; i++) {
		const struct config_result *other = &record->config[i];

		if (!is_range(other) && curve_same(config, other, "extent") && isfinite(other->summary.value.value))
			return other;
	}
	return NULL;
}

static struct words segments_words(const struct config_result *config)
{
	double segments = number_of(&config->checks, "chunks");
	double most = number_of(&config->params, "chunk_bytes_most");

	if (segments > 0)
		return words_of("%.0f segment%s", segments, segments > 1 ? "s" : "");
	return words_of("segments of at most %s", size_words(most).text);
}

/* Those ranges of a curve that have a partner. Where the two cross, by the pairs of each round. 0 or -ENOMEM. */
static int series_fill(const struct record *record, const struct curve_point *point, size_t count, double level,
		       struct series *series)
{
	struct estimate ratio[CURVE_POINTS_MAX];
	double base[CURVE_POINTS_MAX];
	bool undecided;
	int err = 0;

	series->count = series->crossings = series->undecided = 0;
	series->whole_wins = false;
	for (size_t i = 0; i < count && !err; i++) {
		const struct config_result *range = &record->config[point[i].index], *whole = whole_of(record, range);
		size_t n = series->count;

		if (!whole)
			continue;
		series->x[n] = point[i].x;
		series->range[n] = range;
		series->whole[n] = whole;
		base[n] = range->summary.value.value;
		err = record_compare(record, whole, range, false, level, &ratio[n], &undecided);
		series->undecided += undecided;
		if (ratio[n].value < 1 || ratio[n].value > 1)
			series->whole_wins = ratio[n].value < 1;
		series->count++;
	}
	if (err || !series->count)
		return err;
	series->segments = segments_words(series->range[0]);
	series->crossings = crossings_find(series->x, base, ratio, series->count, series->crossing);
	return 0;
}

/* The crossing after which one of the two is cheaper, with any range that is larger; NULL: there is none. */
static const struct crossing *last_crossing(const struct series *series)
{
	return series->crossings ? &series->crossing[series->crossings - 1] : NULL;
}

static void put_points(FILE *data, const struct series *series, const struct config_result *const *config)
{
	for (size_t i = 0; i < series->count; i++) {
		const struct estimate *value = &config[i]->summary.value;

		fprintf(data, "%.10g %.10g %.10g %.10g\n", series->x[i], value->value,
			isfinite(value->lower) ? value->lower : value->value,
			isfinite(value->upper) ? value->upper : value->value);
	}
	fputs("\n\n", data);
}

/* A line of costs: of the ranges, or of the whole buffer after the same accesses; and a label where it begins. */
static void put_label(struct figure *figure, const struct series *series, const struct config_result *config,
		      const char *what)
{
	struct words label = words_of("%s, %s", what, series->segments.text);

	fprintf(figure->data, "%.10g %.10g ", series->x[0], config->summary.value.value);
	figure_data_text(figure, label.text);
	fputc('\n', figure->data);
}

static double cost_at(const struct series *series, double at)
{
	for (size_t i = 1; i < series->count; i++) {
		double from = series->range[i - 1]->summary.value.value, to = series->range[i]->summary.value.value;

		if (at <= series->x[i])
			return from + (to - from) * (at - series->x[i - 1]) / (series->x[i] - series->x[i - 1]);
	}
	return NAN;
}

static void ranges_figure(struct report *report, const struct result *result, const struct series *series, size_t count,
			  const char *what, size_t number)
{
	struct words name = words_of("%s-range-%zu", result->tag, number), text;
	const struct config_result *config = series->range[0];
	struct figure figure = report_figure(report, result, name.text, "ranges");
	struct rounds rounds = { 0 };

	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < series[i].count; j++) {
			rounds_add(&rounds, series[i].range[j]->summary.value.n);
			rounds_add(&rounds, series[i].whole[j]->summary.value.n);
		}
		put_points(figure.data, &series[i], series[i].range);
		put_points(figure.data, &series[i], series[i].whole);
	}
	for (size_t i = 0; i < count; i++) {
		put_label(&figure, &series[i], series[i].range[0], "the range");
		put_label(&figure, &series[i], series[i].whole[0], "whole buffer");
	}
	fputs("\n\n", figure.data);
	/* gnuplot wants a block, also where nothing crosses. */
	fputs("NaN NaN \"\" 0\n", figure.data);
	for (size_t i = 0; i < count; i++) {
		const struct crossing *crossing = last_crossing(&series[i]);

		if (!crossing || !series[i].whole_wins)
			continue;
		fprintf(figure.data, "%.10g %.10g ", crossing->at, cost_at(&series[i], crossing->at));
		figure_data_text(&figure, words_of("whole is cheaper from %s on",
						   size_words(round(crossing->at / 1024) * 1024).text)
						  .text);
		fprintf(figure.data, " %zu\n", i + 1);
	}
	figure_number(&figure, "series", (double)count);
	figure_text(&figure, "xtitle", "range that is accessed and synced, bytes");
	text = words_of("%s per call; %s", config->value_unit, sample_rounds_words(&rounds).text);
	figure_text(&figure, "ytitle", text.text);
	text = words_of("Cost of SYNC of a range, and of the whole buffer, against the range: %s, result %s.", what,
			result->tag);
	figure_end(&figure, report->document, text.text, words_of("%s: cost of SYNC, %s", result->tag, what).text);
}

/* Which of the two is cheaper, and where. */
static void say_cheaper(struct document *document, const struct series *series)
{
	const struct crossing *crossing = last_crossing(series);
	const char *segments = series->segments.text, *cheaper = series->whole_wins ? "the whole buffer" : "the range";
	double size = number_of(&series->range[0]->params, "size_bytes");
	struct words some = { "" };

	if (series->undecided)
		words_add(&some, " Inconclusive at %zu of %zu ranges.", series->undecided, series->count);
	if (series->undecided == series->count)
		document_item(document,
			      "%s: SYNC of the range and SYNC of the whole buffer are not distinguishable at any "
			      "measured range: inconclusive.",
			      segments);
	else if (crossing && !crossing->decided)
		document_item(document, "%s: SYNC of %s may be cheaper from a range of %.3g %% of it on: inconclusive.",
			      segments, cheaper, 100 * crossing->at / size);
	else if (crossing)
		document_item(document, "%s: SYNC of %s is cheaper from a range of %.3g %% of it on.", segments,
			      cheaper, 100 * crossing->at / size);
	else if (series->whole_wins)
		document_item(document, "%s: SYNC of the whole buffer is cheaper at every measured range.%s", segments,
			      some.text);
	else
		document_item(document,
			      "%s: SYNC of the range costs no more than SYNC of the whole buffer, up to a range "
			      "of %s of %s.%s",
			      segments, size_words(series->x[series->count - 1]).text, size_words(size).text,
			      some.text);
}

static void say_series(struct document *document, const struct series *series)
{
	const struct config_result *range = series->range[0], *whole = series->whole[0];
	double calls = floor(whole->summary.value.value / range->summary.value.value);
	struct words many = { "" };

	say_cheaper(document, series);
	if (calls >= 1)
		words_add(&many, ": as many as %.0f such calls cost no more than one SYNC", calls);
	document_item(document, "%s: a range of %s costs %s, the whole buffer %s%s.", series->segments.text,
		      size_words(series->x[0]).text, estimate_words(&range->summary.value, range->value_unit).text,
		      estimate_words(&whole->summary.value, whole->value_unit).text, many.text);
}

/* "2M buffer, cached, end-write" */
static struct words what_words(const struct config_result *config)
{
	return words_of("%s buffer, %s, %s", size_words(number_of(&config->params, "size_bytes")).text,
			option_words(config).text, facts_text(&config->params, NULL, "sync", ""));
}

/* Is it the first of those that differ in their segments alone? */
static bool begins_figure(const struct record *record, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (curve_same(&record->config[i], &record->config[index], "chunk_bytes_most"))
			return false;
	}
	return true;
}

/* All curves of the buffer of @index, by their segments; @more: how many have no room. 0 or -ENOMEM. */
static int series_of(const struct record *record, size_t index, double level, struct series *series, size_t *count,
		     size_t *more)
{
	struct curve_point point[CURVE_POINTS_MAX];
	size_t points;
	int err = 0;

	*count = *more = 0;
	for (size_t i = index; i < record->nr_configs && !err; i++) {
		if ((i != index && !curve_same(&record->config[index], &record->config[i], "chunk_bytes_most")) ||
		    !curve_find(record, i, KEY, point, &points))
			continue;
		err = series_fill(record, point, points, level, &series[*count]);
		if (series[*count].count > 1)
			++*(*count < SERIES_MAX ? count : more);
	}
	return err;
}

int part_ranges(struct report *report, const struct result *result, bool *shown)
{
	const struct record *record = result->record;
	struct series *series = calloc(SERIES_MAX + 1, sizeof(*series)); /* the last is not shown */
	size_t count, more, points = 0, figures = 0, left_out = 0;
	int err = series ? 0 : -ENOMEM;

	for (size_t i = 0; i < record->nr_configs; i++)
		points += is_range(&record->config[i]);
	for (size_t i = 0; i < record->nr_configs && !err; i++) {
		if (!is_range(&record->config[i]) || !begins_figure(record, i))
			continue;
		err = series_of(record, i, stats_family_level(0.95, points), series, &count, &more);
		if (err || !count)
			continue;
		if (figures == FIGURES_MAX) {
			left_out++;
			continue;
		}
		ranges_figure(report, result, series, count, what_words(&record->config[i]).text, ++figures);
		for (size_t j = 0; j < count; j++)
			say_series(report->document, &series[j]);
		if (more)
			document_item(report->document,
				      "%zu more number%s of segments of this buffer %s not shown. The result file has "
				      "%s values.",
				      more, more > 1 ? "s" : "", more > 1 ? "are" : "is", more > 1 ? "their" : "its");
	}
	if (left_out)
		document_paragraph(report->document,
				   "%zu more of these figures of %s are not shown. The result file has their values.",
				   left_out, result->tag);
	*shown = figures;
	free(series);
	return err;
}
