// SPDX-License-Identifier: GPL-2.0-or-later
/* The first page: what is open, how each board is, every series, other changes. */
#include "report/site/pages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NEWEST_CHANGES 50

static void put_other_changes(const struct dashboard *dashboard, struct document *document)
{
	size_t shown = 0, count = 0;

	for (size_t i = 0; i < dashboard->nr_findings; i++)
		count += !dashboard->finding[i].open;
	if (!count) {
		if (!dashboard->nr_findings)
			document_paragraph(document, "No changes found.");
		return;
	}
	document_heading(document, 2, "Other changes");
	document_fold(document);
	document_table(document, "lllllll", "The newest %zu of %zu changes that are not open regressions",
		       count < NEWEST_CHANGES ? count : NEWEST_CHANGES, count);
	for (size_t i = 0; i < 7; i++)
		document_cell(document, "%s",
			      ((const char *const[]){ "series", "board", "begin", "size", "kind", "code change",
						      "machine change" })[i]);
	for (size_t i = 0; i < dashboard->nr_findings && shown < NEWEST_CHANGES; i++) {
		const struct finding *finding = &dashboard->finding[i];
		const struct page *page = page_of(dashboard, finding->series);

		if (finding->open)
			continue;
		shown++;
		document_cell(document, "%s", finding->series->configuration);
		document_look(document, MARK_NONE, words_of("series/%s.html", page->slug).text);
		document_cell(document, "%s", page->board);
		document_cell(document, "%s", day_words(finding->first->date).text);
		put_change(document, finding);
	}
}

static void put_series_row(const struct dashboard *dashboard, const struct page *page, struct document *document)
{
	static const enum mark marks[] = {
		[HEALTH_REGRESSION] = MARK_BAD, [HEALTH_SUSPECT] = MARK_UNSURE, [HEALTH_GONE] = MARK_UNSURE
	};

	document_cell(document, "%s", page->series->configuration);
	document_look(document, MARK_NONE, words_of("series/%s.html", page->slug).text);
	document_cell(document, "%s", page->board);
	document_cell(document, "%s", page->state.text);
	document_look(document, page->health < HEALTH_TOO_FEW ? marks[page->health] : MARK_NONE, NULL);
	document_cell(document, "%s %s", figure_words(page->newest.value).text, page->series->unit);
	put_recent_changes(document, &page->recent);
	document_cell(document, "%zu", page->series->points);
	document_cell(document, "%s", day_words(page->last->date).text);
	document_cell(document, "%s", page->last->kernel);
	put_commit(dashboard, document, page->last->program);
}

static void put_series(const struct dashboard *dashboard, struct document *document)
{
	static const char *const heads[] = { "series",  "board", "state",    "newest", "last 31 runs", "7 runs",
					     "30 runs", "runs",  "last run", "kernel", "commit" };

	document_heading(document, 2, "All series");
	document_table(document, "lllrlrrrlll",
		       "Every configuration on every board; the change of the newest run from the median of the 7 and "
		       "the 30 runs before it");
	document_search(document);
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		document_cell(document, "%s", heads[i]);
		if (!strcmp(heads[i], "board") || !strcmp(heads[i], "kernel") || !strcmp(heads[i], "commit"))
			document_group(document);
	}
	for (size_t i = 0; i < dashboard->nr_series; i++)
		put_series_row(dashboard, &dashboard->page[i], document);
}

static void put_files(struct document *document)
{
	static const char *const files[][2] = {
		{ "all runs", "runs.html" },
		{ "compare any two runs", "compare.html" },
		{ "open regressions as a feed (Atom)", "feed.atom" },
		{ "open regressions as JSON", "regressions.json" },
	};

	document_heading(document, 2, "More");
	document_table(document, "l", "Other pages and files");
	document_cell(document, "what");
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		document_cell(document, "%s", files[i][0]);
		document_look(document, MARK_NONE, files[i][1]);
	}
}

int first_page_write(const struct dashboard *dashboard, struct why *why)
{
	struct document *document = document_new("zapbench over time");
	size_t of[HEALTH_QUIET + 1] = { 0 };
	int err;

	if (!document)
		return -ENOMEM;
	document->full = true;
	for (size_t i = 0; i < dashboard->nr_series; i++)
		of[dashboard->page[i].health]++;
	document_paragraph(document, "%zu series in %zu runs; newest run: %s.", dashboard->nr_series,
			   dashboard->nr_runs, day_words(dashboard->run[dashboard->nr_runs - 1].date).text);
	if (of[HEALTH_REGRESSION])
		document_note(document, "%zu open regression%s.", of[HEALTH_REGRESSION],
			      of[HEALTH_REGRESSION] == 1 ? "" : "s");
	document_paragraph(document,
			   "Series: %zu with a regression, %zu suspect, %zu no longer measured, %zu quiet, %zu "
			   "with too few runs.",
			   of[HEALTH_REGRESSION], of[HEALTH_SUSPECT], of[HEALTH_GONE], of[HEALTH_QUIET],
			   of[HEALTH_TOO_FEW]);
	put_open_regressions(dashboard, document);
	put_boards(dashboard, document);
	put_series(dashboard, document);
	put_other_changes(dashboard, document);
	put_files(document);
	err = page_write(dashboard, document, "index.html", why);
	document_free(document);
	return err;
}
