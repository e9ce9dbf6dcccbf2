// SPDX-License-Identifier: GPL-2.0-or-later
/* The page of one series: its state, plots, changes and runs. */
#include "report/site/pages.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void put_changes(struct document *document, const struct finding *finding, size_t findings)
{
	document_heading(document, 2, "Changes");
	if (!findings) {
		document_paragraph(document, "No changes found.");
		return;
	}
	document_table(document, "llllll", "Changes, the newest first");
	for (size_t i = 0; i < 6; i++)
		document_cell(document, "%s",
			      ((const char *const[]){ "number and date", "size", "kind", "code change",
						      "machine change", "run" })[i]);
	for (size_t i = findings; i-- > 0;) {
		document_cell(document, "%zu: %s", i + 1, day_words(finding[i].first->date).text);
		put_change(document, &finding[i]);
		document_cell(document, "%s", finding[i].first->name);
		document_look(document, MARK_NONE, run_link(finding[i].first, "../").text);
	}
	for (size_t i = 0; i < findings; i++) {
		if (finding[i].open) {
			document_paragraph(document, "To acknowledge a regression:");
			document_command(document, "zapbench history acknowledge %s %s", finding[i].first->name,
					 finding[i].series->configuration);
			return;
		}
	}
}

/* --- the page of a series */

static void put_runs(const struct dashboard *dashboard, struct document *document, const struct history_points *points)
{
	size_t from = points->count > RECENT_RUNS ? points->count - RECENT_RUNS : 0;

	document_heading(document, 2, "Runs");
	document_table(document, "lrrrll", "The last %zu of %zu runs, the newest first; the date is a link to the run",
		       points->count - from, points->count);
	for (size_t i = 0; i < 6; i++)
		document_cell(document, "%s",
			      ((const char *const[]){ "date", "median", "from", "to", "Linux", "zapbench" })[i]);
	for (size_t i = points->count; i-- > from;) {
		const struct history_run *run = &dashboard->run[points->run[i]];

		document_cell(document, "%s", run->date);
		document_look(document, MARK_NONE, run_link(run, "../").text);
		document_cell(document, "%.5g", points->value[i].value);
		document_cell(document, isnan(points->value[i].lower) ? "-" : "%.5g", points->value[i].lower);
		document_cell(document, isnan(points->value[i].upper) ? "-" : "%.5g", points->value[i].upper);
		document_cell(document, "%s", run->kernel);
		put_commit(dashboard, document, run->program);
	}
}

static void judge(struct page *page, const struct finding *finding, size_t findings, bool gone)
{
	page->health = findings_enough(page->series) ? HEALTH_QUIET : HEALTH_TOO_FEW;
	page->state = words_of(page->health == HEALTH_QUIET ? "quiet" : "too few runs");
	if (gone) {
		page->health = HEALTH_GONE;
		page->state = words_of("not measured since %s", day_words(page->last->date).text);
	}
	for (size_t i = 0; i < findings; i++) {
		struct words size = times_words(finding[i].change.ratio.value);

		if (finding[i].open) {
			page->health = HEALTH_REGRESSION;
			page->state = words_of("regression %s%s%s", size.text, gone ? ", not measured since " : "",
					       gone ? day_words(page->last->date).text : "");
			return;
		}
		if (!gone && finding[i].acknowledged && finding[i].change.end == page->points.count)
			page->state = words_of("acknowledged %s", size.text);
		if (finding[i].change.kind == CHANGE_SUSPECT && finding[i].news) {
			page->health = HEALTH_SUSPECT;
			page->state = words_of("suspect %s", size.text);
		} else if (!gone && finding[i].news && finding[i].change.kind != CHANGE_BLIP &&
			   findings_better(finding[i].series, finding[i].change.ratio.value)) {
			page->state = words_of("faster %s", size.text);
		}
	}
}

static int keep_findings(struct dashboard *dashboard, const struct finding *finding, size_t count)
{
	struct finding *more = reallocarray(dashboard->finding, dashboard->nr_findings + count, sizeof(*more));

	if (!more)
		return -ENOMEM;
	dashboard->finding = more;
	memcpy(more + dashboard->nr_findings, finding, count * sizeof(*more));
	dashboard->nr_findings += count;
	return 0;
}

/* The last values, and the last run. */
static void keep_recent(const struct dashboard *dashboard, struct page *page)
{
	const struct history_points *points = &page->points;
	size_t from = points->count > SPARK_RUNS ? points->count - SPARK_RUNS : 0;

	page->recent.count = points->count - from;
	for (size_t i = from; i < points->count; i++)
		page->recent.value[i - from] = points->value[i].value;
	page->newest = points->value[points->count - 1];
	page->last = &dashboard->run[points->run[points->count - 1]];
}

static void put_begin(const struct dashboard *dashboard, struct page *page)
{
	const struct history_series *series = page->series;
	struct document *document = page->document;
	double week = recent_change(&page->recent, 7);
	struct words change = { "" };

	if (!isnan(week))
		change = words_of("; %+.1f %% from the median of the 7 runs before it", 100 * week);
	document->full = true;
	document_home(document, "../index.html", "All boards and series");
	document_paragraph(document, "%s; %zu runs; %s. Newest: %s, %s%s.", page->board, page->points.count,
			   page->state.text, estimate_words(&page->newest, series->unit).text,
			   day_words(page->last->date).text, change.text);
	if (strcmp(page->board, series->machine))
		document_paragraph(document, "Machine: %s.", series->machine);
	if (series->emulated)
		document_note(document,
			      "Emulated: instructions, not times. Runs repeat to the instruction, so one more "
			      "instruction is a change.");
	document_heading(document, 2, "Over time");
	if (dashboard->no_charts)
		document_paragraph(document,
				   "To zoom and to see each run, install dygraphs (Debian: libjs-dygraphs) where "
				   "these pages are made.");
}

int series_page_fill(struct dashboard *dashboard, struct page *page, struct why *why)
{
	const struct history_series *series = page->series;
	struct finding *finding = NULL;
	size_t findings = 0;
	int err = history_points(dashboard->history, series, &page->points, why);

	if (err)
		return err;
	page->document = document_new(series->configuration);
	err = page->document ? findings_of(dashboard->history, series, &page->points, dashboard->threshold_percent,
					   &finding, &findings, why)
			     : -ENOMEM;
	if (!err) {
		keep_recent(dashboard, page);
		judge(page, finding, findings, findings_gone(dashboard->history, &page->points) != NULL);
		put_begin(dashboard, page);
		err = plots_draw(dashboard, page, &page->points, finding, findings);
	}
	if (!err)
		err = chart_draw(dashboard, page, finding, findings, why);
	if (!err) {
		put_changes(page->document, finding, findings);
		put_runs(dashboard, page->document, &page->points);
		if (findings)
			err = keep_findings(dashboard, finding, findings);
	}
	free(finding);
	return err;
}
