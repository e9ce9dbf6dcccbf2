// SPDX-License-Identifier: GPL-2.0-or-later
/* Part 5: what else was measured: distributions, curves, bandwidth, scaling. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/render/config.h"
#include "report/answer/parts.h"
#include "report/analysis/fits-cache.h"
#include "report/analysis/knees.h"
#include "bench/base/policy.h"
#include "bench/base/region.h"
#include "bench/base/text.h"

/* What part 5 shows of each result. */
struct topic {
	const char *title;
	/*
	 * Which configurations it is of: those with the parameter key, and with this region or rate unless NULL (see
	 * bench/base/region.h). A topic without a key is of any.
	 */
	const char *key, *region, *rate;
	const char *remedy; /* what to run when it was not measured */
	bool timed;         /* emulation cannot tell it */
	bool rare;          /* no section unless a result has it */
	/* Show it, when there is something; *@shown says so. 0 or -ENOMEM. */
	int (*put)(struct report *report, const struct result *result, const struct topic *topic, bool *shown);
	/* Of a topic that is shown as curves: */
	const char *name, *xtitle;
	bool logx, logy, knees;
};

static bool is_of(const struct config_result *config, const struct topic *topic)
{
	return topic->key && facts_find(&config->params, NULL, topic->key) &&
	       (!topic->region || !strcmp(config->region, topic->region)) &&
	       (!topic->rate || !strcmp(config->rate, topic->rate));
}

/* Configurations of a topic, whether or not they have figures. */
static size_t measured(const struct result *result, const struct topic *topic)
{
	size_t n = 0;

	for (size_t i = 0; i < result->record->nr_configs; i++)
		n += is_of(&result->record->config[i], topic);
	return n;
}

/* A curve of a case along a parameter. */
struct curve {
	const struct config_result *config; /* its first */
	struct curve_point point[CURVE_POINTS_MAX];
	size_t count;
};

/* The label of a configuration without the parameter that its curve runs along. */
static struct words curve_words(const struct config_result *config, const char *key)
{
	struct words words = { "" };

	config_curve_label(config, key, words.text, sizeof(words.text));
	return words;
}

static void curve_figure(struct report *report, const struct result *result, const struct topic *topic,
			 const struct curve *curve, size_t curves, size_t number)
{
	struct words name = words_of("%s-%s-%zu", result->tag, topic->name, number), styles = { "" }, text;
	struct words caption = words_of("%s: %s%s", result->tag, topic->title, number > 1 ? ", continued" : "");
	struct figure figure = report_figure(report, result, name.text, "lines");
	struct rounds rounds = { 0 };

	for (size_t i = 0; i < curves; i++) {
		words_add(&styles, "%zu ", i + 1);
		figure_data_text(&figure, curve_words(curve[i].config, topic->key).text);
		fputc('\n', figure.data);
		for (size_t j = 0; j < curve[i].count; j++) {
			const struct curve_point *point = &curve[i].point[j];
			double half = isfinite(point->error) ? 1.96 * point->error : 0;

			rounds_add(&rounds, result->record->config[point->index].summary.value.n);
			fprintf(figure.data, "%.10g %.10g %.10g %.10g\n", point->x, point->value, point->value - half,
				point->value + half);
		}
		fputs("\n\n", figure.data);
	}
	figure_lines(&figure,
		     &(struct lines_look){ .lines = (int)curves,
					   .logx = topic->logx ? 2 : 0,
					   .logy = topic->logy,
					   .x_format = strcmp(topic->key, "size_bytes") ? "%g" : "%.0b%B" },
		     styles.text);
	figure_text(&figure, "xtitle", topic->xtitle);
	text = words_of("%s per %s; %s", curve->config->value_unit, curve->config->operation,
			sample_rounds_words(&rounds).text);
	figure_text(&figure, "ytitle", text.text);
	text = words_of("Lines of %s against %s, with 95 %% intervals, result %s.", topic->title, topic->xtitle,
			result->tag);
	figure_end(&figure, report->document, text.text, caption.text);
}

static int say_knees(struct document *document, const struct topic *topic, const struct curve *curve)
{
	struct words label = curve_words(curve->config, topic->key);
	struct knees knees;

	if (knees_find(curve->point, curve->count, &knees))
		return -ENOMEM;
	if (!knees.count)
		document_item(document, "%s: no knee seen: %s.", label.text, knees.why_none);
	for (size_t i = 0; i < knees.count; i++) {
		const struct knee *knee = &knees.knee[i];

		document_item(document, "%s: a knee at %.0f pages (95 %%: %.0f to %.0f), from %s to %s.", label.text,
			      knee->reach, knee->lower, knee->upper,
			      value_words(knee->before, curve->config->value_unit).text,
			      value_words(knee->after, curve->config->value_unit).text);
	}
	return 0;
}

/* A figure of several curves, and what their knees are. 0 or -ENOMEM. */
static int put_curve_figure(struct report *report, const struct result *result, const struct topic *topic,
			    const struct curve *curve, size_t curves, size_t number)
{
	int err = 0;

	curve_figure(report, result, topic, curve, curves, number);
	for (size_t i = 0; i < curves && topic->knees && !err; i++)
		err = say_knees(report->document, topic, &curve[i]);
	return err;
}

static int put_curves(struct report *report, const struct result *result, const struct topic *topic, bool *seen)
{
	const struct record *record = result->record;
	struct curve *curve = calloc(LINES_MAX, sizeof(*curve));
	size_t n = 0, shown = 0, left_out = 0;
	int err = 0;

	if (!curve)
		return -ENOMEM;
	for (size_t i = 0; i < record->nr_configs && !err; i++) {
		if (!is_of(&record->config[i], topic) ||
		    !curve_find(record, i, topic->key, curve[n].point, &curve[n].count) || curve[n].count < 2)
			continue;
		if (shown == FIGURES_MAX) {
			left_out++;
			continue;
		}
		curve[n++].config = &record->config[i];
		if (n < LINES_MAX)
			continue;
		err = put_curve_figure(report, result, topic, curve, n, ++shown);
		n = 0;
	}
	if (n && !err)
		err = put_curve_figure(report, result, topic, curve, n, ++shown);
	if (left_out)
		document_item(report->document, "%zu more curves of %s are in the file of result %s.", left_out,
			      topic->title, result->tag);
	*seen = shown;
	free(curve);
	return err;
}

/* The fraction of events that took longer, which shows a tail as a cumulative distribution does not. */
static void tail_figure(struct report *report, const struct result *result, const struct config_result *const *config,
			size_t n, size_t number)
{
	struct words name = words_of("%s-tail-%zu", result->tag, number), styles = { "" };
	struct words caption = words_of("%s: each event timed on its own, none excluded", result->tag), text;
	struct figure figure = report_figure(report, result, name.text, "lines");
	double least = INFINITY;

	for (size_t i = 0; i < n; i++) {
		const struct histogram *histogram = config[i]->histogram;
		double total = histogram_total(histogram), longer = total, lower, upper;
		struct words label;

		config_label(config[i], label.text, sizeof(label.text));
		words_add(&styles, "%d ", (int)i + 1);
		figure_data_text(&figure, words_of("%s %s", config[i]->case_name, label.text).text);
		fputc('\n', figure.data);
		for (size_t bin = 0; bin < histogram_bins(histogram); bin++) {
			double count = histogram_count(histogram, bin);

			histogram_edges(histogram, bin, &lower, &upper);
			longer -= count;
			if (count > 0 && isfinite(upper) && longer > 0)
				fprintf(figure.data, "%.6g %.6g %.6g %.6g\n", upper, longer / total, longer / total,
					longer / total);
		}
		fputs("\n\n", figure.data);
		least = fmin(least, total);
	}
	figure_lines(
		&figure,
		&(struct lines_look){
			.lines = (int)n, .logx = 10, .logy = true, .fraction = true, .every = 6, .x_format = "%.0s%c" },
		styles.text);
	text = words_of("latency of one event, ns; n = %.0f events%s", least, n > 1 ? " or more" : "");
	figure_text(&figure, "xtitle", text.text);
	figure_text(&figure, "ytitle", "fraction that took longer");
	figure_end(&figure, report->document,
		   "Fraction of events that took longer than a latency, both axes logarithmic. The next table has "
		   "percentiles.",
		   caption.text);
	document_table(report->document, "lrrrrr", "%s, ns", caption.text);
	for (size_t i = 0; i < 6; i++)
		document_cell(report->document, "%s",
			      (const char *const[]){ "configuration", "p50", "p90", "p99", "p99.9", "events" }[i]);
	for (size_t i = 0; i < n; i++) {
		static const double p[] = { 0.5, 0.9, 0.99, 0.999 };
		struct words label;
		char value[32];

		config_label(config[i], label.text, sizeof(label.text));
		document_cell(report->document, "%s %s", config[i]->case_name, label.text);
		for (size_t j = 0; j < sizeof(p) / sizeof(p[0]); j++)
			document_cell(
				report->document, "%s",
				figure_format(histogram_quantile(config[i]->histogram, p[j]), value, sizeof(value)));
		document_cell(report->document, "%.0f", histogram_total(config[i]->histogram));
	}
}

static int put_tails(struct report *report, const struct result *result, const struct topic *topic, bool *seen)
{
	const struct config_result *config[LINES_MAX];
	size_t n = 0, shown = 0;

	for (size_t i = 0; i < result->record->nr_configs && shown < FIGURES_MAX; i++) {
		if (!result->record->config[i].histogram || histogram_total(result->record->config[i].histogram) <= 0)
			continue;
		config[n++] = &result->record->config[i];
		if (n == LINES_MAX) {
			tail_figure(report, result, config, n, ++shown);
			n = 0;
		}
	}
	if (n)
		tail_figure(report, result, config, n, ++shown);
	(void)topic;
	*seen = shown;
	return 0;
}

/* Rows of a figure of dots. */
struct dot {
	const struct config_result *config;
	struct words label;
	int series;
	double value, lower, upper;
};

#define DOTS_MAX 40

static void dots_figure(struct report *report, const struct result *result, const struct dot *dot, size_t dots,
			const char *const *series, size_t nr_series, const char *file, const char *title,
			const char *xtitle)
{
	struct words name = words_of("%s-%s", result->tag, file), caption = words_of("%s: %s", result->tag, title),
		     text;
	struct figure figure = report_figure(report, result, name.text, "dots");
	struct rounds rounds = { 0 };
	size_t row = 0;
	char variable[32];

	for (size_t i = 0; i < dots; i++) {
		row += !i || strcmp(dot[i].label.text, dot[i - 1].label.text);
		rounds_add(&rounds, dot[i].config->summary.value.n);
		fprintf(figure.data, "%zu ", row);
		figure_data_text(&figure, dot[i].label.text);
		fprintf(figure.data, " %d %.10g %.10g %.10g\n", dot[i].series, dot[i].value, dot[i].lower,
			dot[i].upper);
	}
	for (size_t i = 0; i < nr_series; i++) {
		snprintf(variable, sizeof(variable), "series%zu", i + 1);
		figure_text(&figure, variable, series[i]);
	}
	figure_number(&figure, "series", (double)nr_series);
	figure_number(&figure, "rows", (double)row);
	figure_text(&figure, "xformat", "%g");
	text = words_of("%s; %s", xtitle, sample_rounds_words(&rounds).text);
	figure_text(&figure, "xtitle", text.text);
	figure_text(&figure, "ytitle", "");
	figure_end(&figure, report->document, words_of("Values with intervals, one per row: %s.", title).text,
		   caption.text);
}

static const char *param_text(const struct config_result *config, const char *key)
{
	const struct fact *fact = facts_find(&config->params, NULL, key);

	return fact && fact->value.kind == VALUE_TEXT ? fact->value.text : "";
}

static double param_number(const struct config_result *config, const char *key)
{
	const struct fact *fact = facts_find(&config->params, NULL, key);

	return fact && fact->value.kind == VALUE_INT ? (double)fact->value.integer : NAN;
}

static int by_label(const void *a, const void *b)
{
	const struct dot *first = a, *second = b;
	int order = strcmp(first->label.text, second->label.text);

	return order ? order : first->series - second->series;
}

/* Bytes in a nanosecond are GB/s; an interval of a time turns round in it. */
static int put_bandwidth(struct report *report, const struct result *result, const struct topic *topic, bool *seen)
{
	const char *series[] = { "before the zap: cached", "after the zap: write-combined",
				 "after the zap: cached, too" };
	const struct record *record = result->record;
	struct dot *dot = calloc(DOTS_MAX, sizeof(*dot));
	size_t n = 0, left_out = 0;
	bool wc = false, cached = false, in_cache = false, unknown = false;

	if (!dot)
		return -ENOMEM;
	for (size_t i = 0; i < record->nr_configs && !record->emulated; i++) {
		const struct config_result *config = &record->config[i];
		const struct estimate *value = &config->summary.value;
		double bytes = config->operations > 0 ? (double)config->bytes / (double)config->operations : NAN;
		bool cached_too = !config->attributes_set, after = config_after_zap(config);
		bool fits_cache = config_fits_cache(record, config);

		if (!is_of(config, topic) || !(value->value > 0))
			continue;
		if (n == DOTS_MAX) {
			left_out++;
			continue;
		}
		wc |= after && !cached_too;
		cached |= after && cached_too;
		dot[n].config = config;
		dot[n].series = !after ? 1 : cached_too ? 3 : 2;
		dot[n].label = words_of("%s %s %s %s%s", option_words(config).text, param_text(config, "transfer"),
					param_text(config, "isa"), size_words(param_number(config, "size_bytes")).text,
					fits_cache ? " (cache)" : "");
		unknown |= strstr(config->not_played, MEMORY_TYPE_UNKNOWN) != NULL;
		in_cache |= fits_cache;
		dot[n].value = bytes / value->value;
		dot[n].lower = isfinite(value->upper) ? bytes / value->upper : dot[n].value;
		dot[n].upper = isfinite(value->lower) ? bytes / value->lower : dot[n].value;
		n++;
	}
	qsort(dot, n, sizeof(*dot), by_label);
	if (unknown) {
		series[0] = "before the zap: cached, or as its driver chose";
		series[2] = "after the zap: the same (userspace cannot change it)";
	}
	if (n)
		dots_figure(report, result, dot, n, series,
			    cached ? 3
			    : wc   ? 2
				   : 1,
			    "bandwidth", "bandwidth, before and after a zap", "GB/s, median and 95 % interval");
	if (n && cached && !wc)
		document_item(report->document, "%s has no comparison of cached with write-combined memory: %s.",
			      result->tag,
			      unknown ? "userspace cannot change the memory type" : "both are cached there");
	if (in_cache)
		document_item(
			report->document,
			"(cache): a cache of the CPU may hold the whole buffer. These are rates of a cache, not of "
			"memory.");
	if (left_out)
		document_item(report->document, "%zu more rows of bandwidth are in the file of result %s.", left_out,
			      result->tag);
	*seen = n;
	free(dot);
	return 0;
}

static int put_victims(struct report *report, const struct result *result, const struct topic *topic, bool *seen)
{
	static const char *const series[] = { "per zap" };
	const struct record *record = result->record;
	struct dot *dot = calloc(DOTS_MAX, sizeof(*dot));
	size_t n = 0;

	if (!dot)
		return -ENOMEM;
	for (size_t i = 0; i < record->nr_configs && n < DOTS_MAX; i++) {
		const struct config_result *config = &record->config[i];
		const struct column *column = config_column(config, "victim_lost_ns");

		if (!column || record->emulated || !(param_number(config, "others") > 0))
			continue;
		if (record_column_figure(record, config, column, &dot[n].value)) {
			free(dot);
			return -ENOMEM;
		}
		if (!isfinite(dot[n].value))
			continue;
		dot[n].config = config;
		dot[n].series = 1;
		dot[n].lower = dot[n].upper = dot[n].value;
		config_label(config, dot[n].label.text, sizeof(dot[n].label.text));
		n++;
	}
	if (n)
		dots_figure(report, result, dot, n, series, 1, "victims",
			    "what another CPU of the process loses to a zap", "ns lost by one other CPU, median");
	(void)topic;
	*seen = n;
	free(dot);
	return 0;
}

static int put_ranges(struct report *report, const struct result *result, const struct topic *topic, bool *seen)
{
	(void)topic;
	return part_ranges(report, result, seen);
}

static const struct topic topics[] = {
	{ .title = "Latency distributions",
	  .remedy = "zapbench run refault --set timing=event",
	  .timed = true,
	  .put = put_tails },
	{ .title = "TLB reach: time per load against the number of pages",
	  .remedy = "zapbench run --profile full tlb-reach",
	  .timed = true,
	  .put = put_curves,
	  .key = "pages",
	  .name = "reach",
	  .xtitle = "pages",
	  .logx = true,
	  .knees = true },
	{ .title = "Bandwidth of cached and write-combined memory",
	  .key = "transfer",
	  .rate = RATE_BYTES,
	  .remedy = "zapbench run --profile full bandwidth",
	  .timed = true,
	  .put = put_bandwidth },
	{ .title = "Scaling of refaults with threads and processes",
	  .rate = RATE_FAULTS,
	  .remedy = "zapbench run --profile full fault-scaling, on a machine of several CPUs",
	  .timed = true,
	  .put = put_curves,
	  .key = "workers",
	  .name = "workers",
	  .xtitle = "threads or processes that fault at once" },
	{ .title = "Scaling of a zap with other CPUs",
	  .region = REGION_ZAP,
	  .remedy = "zapbench run --profile full tlb-shootdown, on a machine of several CPUs",
	  .timed = true,
	  .put = put_curves,
	  .key = "others",
	  .name = "others",
	  .xtitle = "other CPUs that run the process" },
	{ .title = "Scaling of a zap with mappings",
	  .region = REGION_ZAP,
	  .remedy = "zapbench run zap --set maps=1,4,16",
	  .put = put_curves,
	  .key = "maps",
	  .name = "zap-maps",
	  .xtitle = "mappings of the buffer",
	  .logx = true },
	{ .title = "Latency of a map by the device",
	  .region = REGION_MAP,
	  .remedy = "zapbench run map-latency, on a kernel with the patch or its modules",
	  .put = put_curves,
	  .key = "size_bytes",
	  .name = "map-size",
	  .xtitle = "size of the buffer, bytes",
	  .logx = true,
	  .logy = true },
	{ .title = "SYNC of a range, against SYNC of the whole buffer",
	  .key = "range_bytes",
	  .remedy = "zapbench run --profile full sync-range, on a kernel with the patch or its modules",
	  .rare = true,
	  .put = put_ranges },
	{ .title = "What another CPU loses to a zap",
	  .region = REGION_ZAP,
	  .key = "others",
	  .remedy = "zapbench run --profile full tlb-shootdown, on a machine of several CPUs",
	  .timed = true,
	  .put = put_victims },
};

/* A topic over all results; the lines at its end say of which there is nothing, and why. */
/* Emulation tells no times: without a timed result such a topic has no section of its own. */
static bool has_section(const struct report *report, const struct topic *topic)
{
	bool timed = !topic->timed;

	for (size_t i = 0; i < report->nr_results; i++)
		timed |= !report->result[i].record->emulated;
	return timed;
}

static bool measured_by_any(const struct report *report, const struct topic *topic)
{
	size_t n = 0;

	for (size_t i = 0; i < report->nr_results; i++)
		n += measured(&report->result[i], topic);
	return n;
}

static int put_topic(struct report *report, const struct topic *topic)
{
	struct words emulated = { "" }, useless = { "" }, absent = { "" };
	int err = 0;

	document_heading(report->document, 3, "%s", topic->title);
	for (size_t i = 0; i < report->nr_results && !err; i++) {
		const struct result *result = &report->result[i];
		struct words *why = measured(result, topic) ? &useless : &absent;
		bool shown = false;

		if (topic->timed && result->record->emulated)
			why = &emulated;
		else
			err = topic->put(report, result, topic, &shown);
		if (!shown)
			part_add_tag(why, result);
	}
	if (emulated.text[0])
		document_item(report->document, "%s: emulated, so it cannot show this.", emulated.text);
	if (useless.text[0])
		document_item(report->document,
			      "%s: measured, but without a figure: unexpected fault counts, or every sample disturbed, "
			      "or only one point of a curve. Fix: stop other work, and measure only these cases: %s.",
			      useless.text, topic->remedy);
	if (absent.text[0])
		document_item(report->document, "%s: not measured. Run: %s.", absent.text, topic->remedy);
	return err;
}

int part_evidence(struct report *report)
{
	struct words without = { "" };
	int err = 0;

	document_heading(report->document, 2, "5. Distributions, curves, bandwidth, scaling");
	document_fold(report->document);
	for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]) && !err; i++) {
		if (topics[i].rare && !measured_by_any(report, &topics[i]))
			continue;
		if (has_section(report, &topics[i]))
			err = put_topic(report, &topics[i]);
		else
			words_add(&without, "%s%s", without.text[0] ? "; " : "", topics[i].title);
	}
	for (size_t i = 0; i < report->nr_results && !err; i++) {
		part_modelled(report, &report->result[i]);
		err = part_estimates(report, &report->result[i]);
	}
	if (without.text[0])
		document_paragraph(report->document, "Not shown, since emulation has no times: %s.", without.text);
	return err;
}
