// SPDX-License-Identifier: GPL-2.0-or-later
/* The grid of the first page: how each case is on each board. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/site/pages.h"

static struct words case_words(const struct history_series *series)
{
	return words_of("%.*s", (int)strcspn(series->configuration, "/"), series->configuration);
}

static bool is_of(const struct page *page, const char *board, const char *name)
{
	return !strcmp(page->board, board) && !strcmp(case_words(page->series).text, name);
}

/*
 * The series of a case on a board as one: the geometric mean of each over its own newest value. Those that the last
 * runs do not all have are left out, so that a mean is of the same series in each run.
 */
static struct recent mean_of(const struct dashboard *dashboard, const char *board, const char *name, size_t *series)
{
	struct recent mean = { .count = 0 };
	size_t summed = 0;

	*series = 0;
	for (size_t i = 0; i < dashboard->nr_series; i++) {
		if (is_of(&dashboard->page[i], board, name)) {
			++*series;
			if (dashboard->page[i].recent.count > mean.count)
				mean.count = dashboard->page[i].recent.count;
		}
	}
	for (size_t i = 0; i < dashboard->nr_series; i++) {
		const struct recent *one = &dashboard->page[i].recent;

		if (!is_of(&dashboard->page[i], board, name) || one->count != mean.count)
			continue;
		summed++;
		for (size_t j = 0; j < mean.count; j++)
			mean.value[j] += log(one->value[j] / one->value[one->count - 1]);
	}
	for (size_t j = 0; j < mean.count; j++)
		mean.value[j] = summed ? exp(mean.value[j] / (double)summed) : NAN;
	return mean;
}

static struct words health_words(const size_t *of)
{
	if (of[HEALTH_REGRESSION])
		return words_of("%zu regression%s", of[HEALTH_REGRESSION], of[HEALTH_REGRESSION] == 1 ? "" : "s");
	if (of[HEALTH_SUSPECT])
		return words_of("%zu suspect", of[HEALTH_SUSPECT]);
	if (of[HEALTH_GONE])
		return words_of("%zu no longer measured", of[HEALTH_GONE]);
	if (of[HEALTH_QUIET])
		return words_of("%zu quiet", of[HEALTH_QUIET]);
	return words_of(of[HEALTH_TOO_FEW] ? "too few runs" : "-");
}

/* What a board's series of one case are; none: "-". */
static void put_health(const struct dashboard *dashboard, struct document *document, const char *board,
		       const char *name)
{
	size_t of[HEALTH_QUIET + 1] = { 0 }, series;
	struct recent mean = mean_of(dashboard, board, name, &series);
	double week = recent_change(&mean, 7), month = recent_change(&mean, 30);
	struct words words = { "" };

	for (size_t i = 0; i < dashboard->nr_series; i++) {
		const struct page *page = &dashboard->page[i];

		if (!is_of(page, board, name))
			continue;
		of[page->health]++;
		if (series == 1)
			words = words_of("; %s %s", figure_words(page->newest.value).text, page->series->unit);
	}
	if (!isnan(week))
		words_add(&words, "; %+.1f" NO_BREAK "%%", 100 * week);
	if (!isnan(month))
		words_add(&words, ", %+.1f" NO_BREAK "%%", 100 * month);
	document_cell(document, "%s%s", health_words(of).text, words.text);
	document_look(document,
		      of[HEALTH_REGRESSION]                  ? MARK_BAD
		      : of[HEALTH_SUSPECT] + of[HEALTH_GONE] ? MARK_UNSURE
		      : of[HEALTH_QUIET]                     ? MARK_GOOD
							     : MARK_NONE,
		      series ? find_link(words_of("%s/ %s", name, board).text).text : NULL);
	document_spark(document, mean.value, mean.count);
}

static int compare_texts(const void *left, const void *right)
{
	return compare_natural(((const struct words *)left)->text, ((const struct words *)right)->text);
}

/* The different cases, in order; freed by the caller. */
static struct words *cases_of(const struct dashboard *dashboard, size_t *count)
{
	struct words *name = calloc(dashboard->nr_series + 1, sizeof(*name));

	*count = 0;
	for (size_t i = 0; name && i < dashboard->nr_series; i++) {
		struct words words = case_words(dashboard->page[i].series);
		bool known = false;

		for (size_t j = 0; j < *count && !known; j++)
			known = !strcmp(name[j].text, words.text);
		if (!known)
			name[(*count)++] = words;
	}
	if (name)
		qsort(name, *count, sizeof(*name), compare_texts);
	return name;
}

static const char *newest_day(const struct dashboard *dashboard, const char *machine)
{
	for (size_t i = dashboard->nr_runs; i-- > 0;) {
		if (!strcmp(dashboard->run[i].machine, machine))
			return dashboard->run[i].date;
	}
	return "";
}

static void put_rows(const struct dashboard *dashboard, struct document *document, const struct words *name,
		     size_t cases)
{
	for (size_t i = 0; i < dashboard->nr_series; i++) {
		const struct page *page = &dashboard->page[i];

		if (i && !strcmp(page->board, page[-1].board))
			continue;
		document_cell(document, "%s", page->board);
		for (size_t j = 0; j < cases; j++)
			put_health(dashboard, document, page->board, name[j].text);
		document_cell(document, "%s", day_words(newest_day(dashboard, page->series->machine)).text);
		document_look(document, MARK_NONE, words_of("runs.html%s", find_link(page->board).text).text);
	}
}

void put_boards(const struct dashboard *dashboard, struct document *document)
{
	char align[100] = "l";
	size_t cases;
	struct words *name = cases_of(dashboard, &cases);

	if (!name) {
		document->err = -ENOMEM;
		return;
	}
	if (cases + 2 < sizeof(align)) {
		memset(align + 1, 'l', cases + 1);
		align[cases + 2] = '\0';
		document_heading(document, 2, "Boards");
		document_table(document, align,
			       "State of each case on each board; the mean change of the newest run from the median of "
			       "the 7 and the 30 runs before it. The links filter the series below and the runs");
		document_cell(document, "board");
		for (size_t i = 0; i < cases; i++)
			document_cell(document, "%s", name[i].text);
		document_cell(document, "newest run");
		put_rows(dashboard, document, name, cases);
	}
	free(name);
}
