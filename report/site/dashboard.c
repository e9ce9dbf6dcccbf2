// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/site/dashboard.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

#include "bench/base/text.h"
#include "report/site/pages.h"
#include "version.h"

static int compare_pages(const void *left, const void *right)
{
	const struct page *a = left, *b = right;
	int order = compare_natural(a->board, b->board);

	return order ? order : compare_natural(a->series->configuration, b->series->configuration);
}

/* The newest run first, and among the changes that began with a run the largest. */
static int newest_first(const void *left, const void *right)
{
	const struct finding *a = left, *b = right;
	int order = (b->first > a->first) - (b->first < a->first);

	if (!order)
		order = (finding_size(b) > finding_size(a)) - (finding_size(b) < finding_size(a));
	return order ? order : compare_natural(a->series->configuration, b->series->configuration);
}

/* --- all of it */

static void progress(const char *what, size_t done, size_t all)
{
	if (all > 20 && isatty(STDERR_FILENO) && (done % 10 == 0 || done == all))
		fprintf(stderr, "\r%s: %zu of %zu%s", what, done, all, done == all ? "\n" : "");
}

static int read_moments(struct dashboard *dashboard)
{
	dashboard->moment = calloc(dashboard->nr_runs + 1, sizeof(*dashboard->moment));
	for (size_t i = 0; dashboard->moment && i < dashboard->nr_runs; i++) {
		const struct history_run *run = &dashboard->run[i];

		dashboard->moment[i] = (struct moment){
			seconds_of_date(run->date),
			(uint32_t)crc32(0, (const unsigned char *)run->name, (unsigned int)strlen(run->name)),
		};
	}
	return dashboard->moment ? 0 : -ENOMEM;
}

static int prepare(struct dashboard *dashboard, struct why *why)
{
	static const char *const folders[] = { "", "series", "plots", "runs", "compare", "since" };
	int err = history_runs(dashboard->history, &dashboard->run, &dashboard->nr_runs, why);

	if (!err)
		err = history_series(dashboard->history, &dashboard->series, &dashboard->nr_series, why);
	if (!err && !dashboard->nr_series)
		return history_nothing(dashboard->history, why);
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]) && !err; i++)
		err = folder_make(dashboard->folder, folders[i], why);
	if (!err)
		err = read_moments(dashboard);
	if (err)
		return err;
	dashboard->figures.later = true;
	dashboard->page = calloc(dashboard->nr_series, sizeof(*dashboard->page));
	err = dashboard->page ? figures_open(&dashboard->figures, dashboard->folder) : -ENOMEM;
	if (err)
		return err;
	err = boards_name(dashboard);
	for (size_t i = 0; i < dashboard->nr_series && !err; i++) {
		dashboard->page[i].series = &dashboard->series[i];
		page_slug(&dashboard->series[i], dashboard->page[i].slug, sizeof(dashboard->page[i].slug));
		dashboard->page[i].board = board_of(dashboard, dashboard->series[i].machine);
	}
	if (!err)
		qsort(dashboard->page, dashboard->nr_series, sizeof(*dashboard->page), compare_pages);
	return err;
}

static int write_all(struct dashboard *dashboard, struct why *why)
{
	/* Who makes the pages, and how: after a change all are made anew. */
	struct words stamp = words_of("%s %s %s\n", ZAPBENCH_VERSION, ZAPBENCH_GIT, dashboard->commit_url ?: "");
	int err = charts_begin(dashboard, why);

	dashboard->renew = !file_begins(dashboard, "made-by", stamp.text);

	for (size_t i = 0; i < dashboard->nr_series && !err; i++) {
		err = series_page_fill(dashboard, &dashboard->page[i], why);
		progress("series", i + 1, dashboard->nr_series);
	}
	if (err)
		return err;
	if (dashboard->nr_findings)
		qsort(dashboard->finding, dashboard->nr_findings, sizeof(*dashboard->finding), newest_first);
	figures_draw(&dashboard->figures);
	for (size_t i = 0; i < dashboard->nr_runs && !err; i++)
		err = run_bring(dashboard, &dashboard->run[i], why);
	for (size_t i = 0; i < dashboard->nr_series && !err; i++) {
		struct words name = words_of("series/%s.html", dashboard->page[i].slug);

		err = page_write(dashboard, dashboard->page[i].document, name.text, why);
		progress("pages", i + 1, dashboard->nr_series);
	}
	if (!err)
		err = run_pages_write(dashboard, why);
	if (!err)
		err = comparisons_write(dashboard, why);
	if (!err)
		err = run_list_write(dashboard, why);
	if (!err)
		err = first_page_write(dashboard, why);
	if (!err)
		err = feeds_write(dashboard, why);
	if (!err)
		err = bytes_write(dashboard, stamp.text, strlen(stamp.text), "made-by", why);
	if (!err && dashboard->figures.not_drawn) {
		*why = dashboard->figures.why;
		err = -ENODATA;
	}
	return err;
}

int dashboard_write(struct history *history, const char *folder, const struct dashboard_options *options,
		    struct why *why)
{
	struct dashboard dashboard = {
		.history = history,
		.folder = folder,
		.threshold_percent = options->threshold_percent,
		.commit_url = options->commit_url,
	};
	int err = prepare(&dashboard, why);

	if (!err)
		err = write_all(&dashboard, why);
	for (size_t i = 0; dashboard.page && i < dashboard.nr_series; i++) {
		document_free(dashboard.page[i].document);
		history_points_free(&dashboard.page[i].points);
		free(dashboard.page[i].time);
	}
	free(dashboard.page);
	free(dashboard.moment);
	free(dashboard.board);
	free(dashboard.finding);
	figures_close(&dashboard.figures);
	return err;
}
