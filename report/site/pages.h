/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pages of a dashboard: what its files share. Private to report/site. */
#ifndef ZAPBENCH_PAGES_H
#define ZAPBENCH_PAGES_H

#include <stdint.h>

#include "report/history/findings.h"
#include "report/render/document.h"
#include "report/render/figure.h"
#include "report/render/words.h"

/* Runs in the table and in the first plot of a series. */
#define RECENT_RUNS 100

/* A blank at which no line ends. */
#define NO_BREAK "\302\240"

/* How a series is, from worst to best. */
enum health { HEALTH_REGRESSION, HEALTH_SUSPECT, HEALTH_GONE, HEALTH_TOO_FEW, HEALTH_QUIET };

/* Values of a sparkline: the newest and those before it. */
#define SPARK_RUNS 31

/* The last runs of something: a value of each, the newest last; NAN where there is none. */
struct recent {
	double value[SPARK_RUNS];
	size_t count;
};

/* One series, its page and what the first page says of it. */
struct page {
	const struct history_series *series;
	const char *board;
	struct history_points points;
	double *time; /* of each point, in seconds since 1970, which rise */
	struct recent recent;
	struct document *document;
	char slug[120]; /* of its files */
	struct estimate newest;
	const struct history_run *last;
	enum health health;
	struct words state;
};

/* A machine under a short name, which no other has. */
struct board {
	const char *machine;
	struct words name;
};

struct dashboard {
	struct history *history;
	const char *folder;
	double threshold_percent;
	const char *commit_url;
	bool renew; /* another version, or other options, made what is there */
	const struct history_run *run;
	size_t nr_runs;
	struct moment {
		double seconds; /* of its date since 1970; NAN where that is none */
		uint32_t sum;   /* of its name */
	} * moment;             /* of each run: every series asks for them */
	const struct history_series *series;
	size_t nr_series;
	struct page *page; /* of each series, in natural order of board and configuration */
	struct board *board;
	size_t nr_boards;
	struct finding *finding;
	size_t nr_findings;
	struct figures figures;
	bool no_charts; /* dygraphs is not installed: only gnuplot's plots */
};

/* --- links.c: names, dates, links */

/* The name of a series' files: letters of its configuration, and a checksum. */
void page_slug(const struct history_series *series, char *slug, size_t size);
/* The text as a part of an address. */
struct words address_words(const char *text);
/* "#find=" and @text, for the address of a page that can be searched. */
struct words find_link(const char *text);
/* "2026-11-25" of a date. */
struct words day_words(const char *date);
/* The address of a run's page; @up leads to the dashboard's folder. */
struct words run_link(const struct history_run *run, const char *up);
/* The page of a series, which has one. */
const struct page *page_of(const struct dashboard *dashboard, const struct history_series *series);

/* As strcasecmp(), but numbers count as numbers, and as sizes: "board2" is before "board10", "12K" before "1M". */
int compare_natural(const char *a, const char *b);
/* The same with blanks at which no line ends. */
struct words unbroken(struct words words);
/* "1932600": the figure of a cell, without an exponent. */
struct words figure_words(double value);

/* --- boards.c: machines as boards. */

/* Name the machines: by what comes before the CPU where only one has it. 0 or -ENOMEM. */
int boards_name(struct dashboard *dashboard);
const char *board_of(const struct dashboard *dashboard, const char *machine);

/* --- recent.c: the last runs of a series, or of several */

/* What the newest value is above the median of the @runs before it, 0.1 for 10 %; NAN where there are too few. */
double recent_change(const struct recent *recent, size_t runs);
/* Cells: a sparkline, and the change over 7 and 30 runs. */
void put_recent_changes(struct document *document, const struct recent *recent);

/* --- files.c: each 0 or -errno */

/* A folder in the dashboard's, unless it is there. */
int folder_make(const char *folder, const char *name, struct why *why);
/* Write a page as HTML. A file that has the same contents is not written again. */
int page_write(const struct dashboard *dashboard, const struct document *document, const char *name, struct why *why);
/* As page_write(), of bytes. */
int bytes_write(const struct dashboard *dashboard, const char *text, size_t size, const char *name, struct why *why);
/* The same, synced: for a file that the next call does not compare as a whole. */
int bytes_keep(const struct dashboard *dashboard, const char *text, size_t size, const char *name, struct why *why);
/* Without reading it: there are thousands, which would have to come from the disk. */
bool file_is_there(const struct dashboard *dashboard, const char *name);
/* Does a file of the dashboard begin with @text? */
bool file_begins(const struct dashboard *dashboard, const char *name, const char *text);
/* Put the result of a run beside the pages: the same file where the file system allows it, else a copy. */
int run_bring(const struct dashboard *dashboard, const struct history_run *run, struct why *why);

/* --- plots.c */

/* Plots of a series into its page. 0 or -ENOMEM. */
int plots_draw(struct dashboard *dashboard, struct page *page, const struct history_points *points,
	       const struct finding *finding, size_t findings);

/* --- chart.c: charts that react to the mouse, where dygraphs is installed. 0 or -errno */

/* Put dygraphs beside the pages. */
int charts_begin(struct dashboard *dashboard, struct why *why);
/* The data of a series and the scripts of its page. */
int chart_draw(struct dashboard *dashboard, struct page *page, const struct finding *finding, size_t findings,
	       struct why *why);

/* --- change-words.c */

/* Cells of a table: a change's size, kind, and the code and machine changes that came with it. */
void put_change(struct document *document, const struct finding *finding);

/* Code and machine changes that came with a change, each "-" where there is none. */
struct with {
	struct words code, machine;
};
struct with with_words(const struct finding *finding);
/* "step, 12 runs" */
struct words kind_words(const struct finding *finding);

/* --- series-page.c: the page of one series */

/* Fill page->document and what the first page says of the series. 0 or -errno. */
int series_page_fill(struct dashboard *dashboard, struct page *page, struct why *why);
/* --- regressions.c: what is open, by the run with which it began */

/* How far a change is from none, on either side, as a logarithm. */
double finding_size(const struct finding *finding);
void put_open_regressions(const struct dashboard *dashboard, struct document *document);

/* --- run-page.c */

/* A cell: the commit, which is a link where the user said of what. */
void put_commit(const struct dashboard *dashboard, struct document *document, const char *commit);
/* A page for each run. 0 or -errno. */
int run_pages_write(const struct dashboard *dashboard, struct why *why);
/* The list of all runs: runs.html has the newest. 0 or -errno. */
int run_list_write(const struct dashboard *dashboard, struct why *why);

/* --- compare-page.c: two runs compared, as "zapbench compare" does */

/* The run of the same machine before it; NULL for its first. */
const struct history_run *run_before(const struct dashboard *dashboard, const struct history_run *run);
/* Can the page of the run change? Those of older runs are written once. */
bool is_renewed(const struct dashboard *dashboard, const struct history_run *run);
/* A row of two cells, the second with a @link or NULL. */
void put_fact(struct document *document, const char *name, const char *value, const char *link);
/* Rows with the links to the comparisons of a run, for its page. */
void put_comparisons_of(const struct dashboard *dashboard, struct document *document, const struct history_run *run);
/* The pages of pairs, and compare.html, which finds them. 0 or -errno. */
int comparisons_write(const struct dashboard *dashboard, struct why *why);

/* --- feeds.c */

/* Open regressions as regressions.json and feed.atom. 0 or -errno. */
int feeds_write(const struct dashboard *dashboard, struct why *why);

/* --- grid.c: each case on each board */

void put_boards(const struct dashboard *dashboard, struct document *document);

/* --- first-page.c: open regressions, boards, all series, other changes */

/* Write index.html. 0 or -errno. */
int first_page_write(const struct dashboard *dashboard, struct why *why);

#endif
