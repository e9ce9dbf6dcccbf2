// SPDX-License-Identifier: GPL-2.0-or-later
/* The first page: how each board is, the newest changes, every series. */
#include "report/site/pages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NEWEST_CHANGES 50

static const struct page *page_of(const struct dashboard *dashboard, const struct history_series *series)
{
	return &dashboard->page[series - dashboard->series];
}

static void put_newest_changes(const struct dashboard *dashboard, struct document *document)
{
	size_t count = dashboard->nr_findings < NEWEST_CHANGES ? dashboard->nr_findings : NEWEST_CHANGES;

	document_heading(document, 2, "Newest changes");
	if (!count) {
		document_paragraph(document, "No changes found.");
		return;
	}
	document_table(document, "llllll", "The newest %zu of %zu changes", count, dashboard->nr_findings);
	for (size_t i = 0; i < 6; i++)
		document_cell(document, "%s",
			      ((const char *const[]){ "series", "begin", "size", "kind", "code change",
						      "machine change" })[i]);
	for (size_t i = 0; i < count; i++) {
		const struct finding *finding = &dashboard->finding[i];

		document_cell(document, "%s", finding->series->configuration);
		document_look(document, MARK_NONE,
			      words_of("series/%s.html", page_of(dashboard, finding->series)->slug).text);
		document_cell(document, "%s", day_words(finding->first->date).text);
		put_change(document, finding);
	}
}

static struct words case_words(const struct history_series *series)
{
	return words_of("%.*s", (int)strcspn(series->configuration, "/"), series->configuration);
}

/* What a board's series of one case are; none: "-". */
static void put_health(const struct dashboard *dashboard, struct document *document, const char *machine,
		       const char *name)
{
	size_t of[HEALTH_QUIET + 1] = { 0 };

	for (size_t i = 0; i < dashboard->nr_series; i++) {
		const struct page *page = &dashboard->page[i];

		if (!strcmp(page->series->machine, machine) && !strcmp(case_words(page->series).text, name))
			of[page->health]++;
	}
	if (of[HEALTH_REGRESSION])
		document_cell(document, "%zu regression%s", of[HEALTH_REGRESSION],
			      of[HEALTH_REGRESSION] == 1 ? "" : "s");
	else if (of[HEALTH_SUSPECT])
		document_cell(document, "%zu suspect", of[HEALTH_SUSPECT]);
	else if (of[HEALTH_GONE])
		document_cell(document, "%zu no longer measured", of[HEALTH_GONE]);
	else if (of[HEALTH_QUIET])
		document_cell(document, "%zu quiet", of[HEALTH_QUIET]);
	else
		document_cell(document, of[HEALTH_TOO_FEW] ? "too few runs" : "-");
	document_look(document,
		      of[HEALTH_REGRESSION]                  ? MARK_BAD
		      : of[HEALTH_SUSPECT] + of[HEALTH_GONE] ? MARK_UNSURE
		      : of[HEALTH_QUIET]                     ? MARK_GOOD
							     : MARK_NONE,
		      of[HEALTH_REGRESSION] + of[HEALTH_SUSPECT] + of[HEALTH_GONE] + of[HEALTH_QUIET] +
				      of[HEALTH_TOO_FEW]
			      ? find_link(words_of("%s/ %s", name, machine).text).text
			      : NULL);
}

/* The different cases, in the order in which they come; freed by the caller. */
static char **cases_of(const struct dashboard *dashboard, size_t *count)
{
	char **name = calloc(dashboard->nr_series + 1, sizeof(*name));

	*count = 0;
	for (size_t i = 0; name && i < dashboard->nr_series; i++) {
		struct words words = case_words(&dashboard->series[i]);
		bool known = false;

		for (size_t j = 0; j < *count && !known; j++)
			known = !strcmp(name[j], words.text);
		if (!known && (name[*count] = strdup(words.text)))
			++*count;
	}
	return name;
}

static void put_boards(const struct dashboard *dashboard, struct document *document)
{
	char align[100] = "l", **name;
	size_t cases;

	name = cases_of(dashboard, &cases);
	if (!name)
		document->err = -ENOMEM;
	if (name && cases + 2 < sizeof(align)) {
		memset(align + 1, 'l', cases + 1);
		align[cases + 2] = '\0';
		document_heading(document, 2, "Boards");
		document_table(document, align,
			       "State of each case on each board; the links filter the series below and the runs");
		document_cell(document, "board");
		for (size_t i = 0; i < cases; i++)
			document_cell(document, "%s", name[i]);
		document_cell(document, "newest run");
		for (size_t i = 0; i < dashboard->nr_series; i++) {
			const char *machine = dashboard->series[i].machine, *last = "";

			if (i && !strcmp(machine, dashboard->series[i - 1].machine))
				continue;
			document_cell(document, "%s", machine);
			for (size_t j = 0; j < cases; j++)
				put_health(dashboard, document, machine, name[j]);
			for (size_t j = 0; j < dashboard->nr_runs; j++) {
				if (!strcmp(dashboard->run[j].machine, machine))
					last = dashboard->run[j].date;
			}
			document_cell(document, "%s", day_words(last).text);
			document_look(document, MARK_NONE, words_of("runs.html%s", find_link(machine).text).text);
		}
	}
	for (size_t i = 0; name && i < cases; i++)
		free(name[i]);
	free(name);
}

static void put_series(const struct dashboard *dashboard, struct document *document)
{
	static const enum mark marks[] = {
		[HEALTH_REGRESSION] = MARK_BAD, [HEALTH_SUSPECT] = MARK_UNSURE, [HEALTH_GONE] = MARK_UNSURE
	};

	document_heading(document, 2, "All series");
	document_table(document, "llrlrll", "Every configuration on every board");
	document_search(document);
	for (size_t i = 0; i < 7; i++)
		document_cell(
			document, "%s",
			((const char *const[]){ "series", "state", "newest", "unit", "runs", "last run", "board" })[i]);
	for (size_t i = 0; i < dashboard->nr_series; i++) {
		const struct page *page = &dashboard->page[i];

		document_cell(document, "%s", page->series->configuration);
		document_look(document, MARK_NONE, words_of("series/%s.html", page->slug).text);
		document_cell(document, "%s", page->state.text);
		document_look(document, page->health < HEALTH_TOO_FEW ? marks[page->health] : MARK_NONE, NULL);
		document_cell(document, "%.5g", page->newest.value);
		document_cell(document, "%s%s", page->series->unit, page->series->emulated ? ", emulated" : "");
		document_cell(document, "%zu", page->series->points);
		document_cell(document, "%s", day_words(page->last->date).text);
		document_cell(document, "%s", page->series->machine);
	}
}

int first_page_write(const struct dashboard *dashboard, struct why *why)
{
	struct document *document = document_new("zapbench over time");
	size_t of[HEALTH_QUIET + 1] = { 0 };
	int err;

	if (!document)
		return -ENOMEM;
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
	put_boards(dashboard, document);
	put_newest_changes(dashboard, document);
	put_series(dashboard, document);
	err = page_write(dashboard, document, "index.html", why);
	document_free(document);
	return err;
}
