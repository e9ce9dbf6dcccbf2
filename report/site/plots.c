// SPDX-License-Identifier: GPL-2.0-or-later
/* Plots of a series over time. */
#include "report/site/pages.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics.h>

#include "bench/base/text.h"

/* Runs of the second plot are put together to this many points or fewer. */
#define BINS_MAX 200

/* One point of a plot: a run, or several together. */
struct plot_point {
	double at, lower, value, upper;
};

static size_t recent_dots(const struct dashboard *dashboard, const struct history_points *points,
			  struct plot_point *dot)
{
	size_t from = points->count > RECENT_RUNS ? points->count - RECENT_RUNS : 0;

	for (size_t i = from; i < points->count; i++) {
		const struct estimate *x = &points->value[i];

		dot[i - from] = (struct plot_point){ dashboard->moment[points->run[i]].seconds,
						     isnan(x->lower) ? x->value : x->lower, x->value,
						     isnan(x->upper) ? x->value : x->upper };
	}
	return points->count - from;
}

/*
 * All runs, as many together as makes BINS_MAX points or fewer: a power of two, and the last that are not so many left
 * out, so that a plot stays as it is for many runs.
 */
static size_t binned_dots(const struct dashboard *dashboard, const struct history_points *points,
			  struct plot_point *dot)
{
	size_t each = 1, count = 0;
	double *sorted;

	while (points->count / each > BINS_MAX)
		each *= 2;
	sorted = malloc(each * sizeof(*sorted));
	for (size_t i = 0; sorted && i + each <= points->count; i += each) {
		for (size_t j = 0; j < each; j++)
			sorted[j] = points->value[i + j].value;
		gsl_sort(sorted, 1, each);
		dot[count++] = (struct plot_point){ dashboard->moment[points->run[i + each / 2]].seconds,
						    gsl_stats_quantile_from_sorted_data(sorted, 1, each, 0.1),
						    gsl_stats_median_from_sorted_data(sorted, 1, each),
						    gsl_stats_quantile_from_sorted_data(sorted, 1, each, 0.9) };
	}
	free(sorted);
	return count;
}

static void time_axis(struct figure *figure, double from, double to)
{
	double day = 86400, span = to - from;

	figure_number(figure, "from", from);
	figure_number(figure, "to", to);
	figure_number(figure, "xstep", span > 7 * day ? ceil(span / 6 / day) * day : fmax(span / 6, 60));
	figure_text(figure, "xformat", span > 900 * day ? "%Y-%m" : span > 7 * day ? "%Y-%m-%d" : "%m-%d %H:%M");
	figure_text(figure, "xtitle", "date of the run");
}

/* Bounds of a run that lie far out would press the line flat: they are cut at as much again as the values span. */
static void value_axis(struct figure *figure, const struct history_series *series, const struct plot_point *dot,
		       size_t count, bool cut)
{
	double least = dot[0].value, most = dot[0].value, low, high, margin;
	struct words title = words_of("%s%s", series->unit, series->emulated ? ", emulated" : "");

	for (size_t i = 0; i < count; i++) {
		least = fmin(least, dot[i].value);
		most = fmax(most, dot[i].value);
	}
	margin = most > least ? most - least : fmax(fabs(most) * 0.05, 1e-9);
	low = least;
	high = most;
	for (size_t i = 0; i < count; i++) {
		low = fmin(low, cut ? fmax(dot[i].lower, least - margin) : dot[i].lower);
		high = fmax(high, cut ? fmin(dot[i].upper, most + margin) : dot[i].upper);
	}
	margin = fmax(high - low, margin);
	figure_number(figure, "low", low - 0.05 * margin);
	figure_number(figure, "high", high + 0.12 * margin);
	figure_text(figure, "ytitle", title.text);
}

static void draw_dots(struct dashboard *dashboard, struct page *page, const char *suffix, const struct plot_point *dot,
		      size_t count, const struct finding *finding, size_t findings, const char *caption)
{
	struct words name = words_of("%s-%s", page->slug, suffix);
	struct words alternative = words_of("%s over time: %zu points, the last %.4g %s", page->series->configuration,
					    count, dot[count - 1].value, page->series->unit);
	struct figure figure = figure_begin(&dashboard->figures, name.text, "series");
	double from = dot[0].at, to = dot[count - 1].at, room = to > from ? fmax(0.02 * (to - from), 30) : 43200;

	time_axis(&figure, from - room, to + room);
	value_axis(&figure, page->series, dot, count, !strcmp(suffix, "recent"));
	figure_number(&figure, "points", (double)count);
	fputs("# time lower value upper\n", figure.data);
	for (size_t i = 0; i < count; i++)
		fprintf(figure.data, "%.3f %.8g %.8g %.8g\n", dot[i].at, dot[i].lower, dot[i].value, dot[i].upper);
	fputs("\n\n# changes: time number\n", figure.data);
	/* gnuplot wants a block that is not empty. */
	fprintf(figure.data, "%.3f \"\"\n", from - 10 * room);
	for (size_t i = 0; i < findings; i++) {
		double at = seconds_of_date(finding[i].first->date);

		if (at >= from && at <= to && finding[i].change.begin)
			fprintf(figure.data, "%.3f \"%zu\"\n", at, i + 1);
	}
	figure_end(&figure, page->document, alternative.text, caption);
}

int plots_draw(struct dashboard *dashboard, struct page *page, const struct history_points *points,
	       const struct finding *finding, size_t findings)
{
	struct plot_point *dot = malloc((BINS_MAX + RECENT_RUNS + 1) * sizeof(*dot));
	struct words caption;
	size_t count;

	if (!dot)
		return -ENOMEM;
	count = recent_dots(dashboard, points, dot);
	caption = words_of(
		"The last %zu runs: median%s (far outliers are cut). The numbers are those of the changes below", count,
		page->series->emulated ? " and range of its rounds" : " with its 95 % interval");
	draw_dots(dashboard, page, "recent", dot, count, finding, findings, caption.text);
	if (points->count > RECENT_RUNS) {
		count = binned_dots(dashboard, points, dot);
		caption = words_of("All runs: median and 80 %% range of each %zu runs", points->count / count);
		draw_dots(dashboard, page, "all", dot, count, finding, findings, caption.text);
	}
	free(dot);
	return 0;
}
