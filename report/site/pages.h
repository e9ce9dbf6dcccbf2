/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pages of a dashboard: what its files share. Private to report/site. */
#ifndef ZAPBENCH_PAGES_H
#define ZAPBENCH_PAGES_H

#include "report/history/findings.h"
#include "report/render/document.h"
#include "report/render/figure.h"
#include "report/render/words.h"

/* Runs in the table and in the first plot of a series. */
#define RECENT_RUNS 100

/* How a series is, from worst to best. */
enum health { HEALTH_REGRESSION, HEALTH_SUSPECT, HEALTH_GONE, HEALTH_TOO_FEW, HEALTH_QUIET };

/* One series, its page and what the first page says of it. */
struct page {
	const struct history_series *series;
	struct document *document;
	char slug[120]; /* of its files */
	struct estimate newest;
	const struct history_run *last;
	enum health health;
	struct words state;
};

struct dashboard {
	struct history *history;
	const char *folder;
	double threshold_percent;
	const struct history_run *run;
	size_t nr_runs;
	const struct history_series *series;
	size_t nr_series;
	struct page *page; /* of each series */
	struct finding *finding;
	size_t nr_findings;
	struct figures figures;
};

/* --- links.c: names, dates, links */

/* The name of a series' files: letters of its configuration, and a checksum. */
void page_slug(const struct history_series *series, char *slug, size_t size);
/* "#find=" and @text, for the address of a page that can be searched. */
struct words find_link(const char *text);
/* Seconds since 1970 of an ISO 8601 date; NAN where it is none. */
double seconds_of(const char *date);
/* "2026-11-25" of a date. */
struct words day_words(const char *date);
/* The address of a run's result; @up leads to the dashboard's folder. */
struct words run_link(const struct history_run *run, const char *up);

/* --- files.c: each 0 or -errno */

/* A folder in the dashboard's, unless it is there. */
int folder_make(const char *folder, const char *name, struct why *why);
/* Write a page as HTML. A file that has the same contents is not written again. */
int page_write(const struct dashboard *dashboard, const struct document *document, const char *name, struct why *why);
/* Put the result of a run beside the pages: the same file where the file system allows it, else a copy. */
int run_bring(const struct dashboard *dashboard, const struct history_run *run, struct why *why);

/* --- plots.c */

/* Plots of a series into its page. 0 or -ENOMEM. */
int plots_draw(struct dashboard *dashboard, struct page *page, const struct history_points *points,
	       const struct finding *finding, size_t findings);

/* --- series-page.c: the page of one series */

/* Fill page->document and what the first page says of the series. 0 or -errno. */
int series_page_fill(struct dashboard *dashboard, struct page *page, struct why *why);
/* Cells of a table: a change's size, kind, and the code and machine changes that came with it. */
void put_change(struct document *document, const struct finding *finding);

/* --- first-page.c: boards, newest changes, all series */

/* Write index.html. 0 or -errno. */
int first_page_write(const struct dashboard *dashboard, struct why *why);

#endif
