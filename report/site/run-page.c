// SPDX-License-Identifier: GPL-2.0-or-later
/* A page for each run, and the list of all runs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/site/pages.h"

/* Runs on one page of the list. */
#define LISTED_RUNS 300

void put_commit(const struct dashboard *dashboard, struct document *document, const char *commit)
{
	size_t length = strspn(commit, "0123456789abcdef");

	document_cell(document, "%.12s", commit);
	/* "-dirty" or so may follow. */
	if (dashboard->commit_url && length >= 7 && (!commit[length] || commit[length] == '-'))
		document_look(
			document, MARK_NONE,
			words_of("%.300s%.*s", dashboard->commit_url, (int)(length > 64 ? 64 : length), commit).text);
}

static void put_facts(const struct dashboard *dashboard, struct document *document, const struct history_run *run)
{
	const struct history_run *before = run_before(dashboard, run);
	struct words result = words_of("%s.json.gz", address_words(run->name).text);

	document_table(document, "ll", "The run");
	document_cell(document, "what");
	document_cell(document, "value");
	put_fact(document, "date", run->date, NULL);
	put_fact(document, "board", board_of(dashboard, run->machine),
		 words_of("../index.html%s", find_link(board_of(dashboard, run->machine)).text).text);
	put_fact(document, "machine", run->machine, NULL);
	put_fact(document, "Linux", run->kernel, NULL);
	document_cell(document, "zapbench");
	put_commit(dashboard, document, run->program);
	put_fact(document, "result", "download the results file", result.text);
	if (before)
		put_fact(document, "run before", before->name,
			 words_of("%s.html", address_words(before->name).text).text);
	put_comparisons_of(dashboard, document, run);
}

static void put_values(const struct dashboard *dashboard, struct document *document, const struct history_run *run,
		       const size_t *cursor)
{
	document_heading(document, 2, "Figures");
	document_table(document, "lrrrlr", "Each figure of the run, and its change from the run before");
	document_search(document);
	for (size_t i = 0; i < 6; i++)
		document_cell(document, "%s",
			      ((const char *const[]){ "series", "median", "from", "to", "unit", "change" })[i]);
	for (size_t i = 0; i < dashboard->nr_series; i++) {
		const struct page *page = &dashboard->page[i];
		size_t at = cursor[i];
		const struct estimate *value = &page->points.value[at];

		if (at >= page->points.count || &dashboard->run[page->points.run[at]] != run)
			continue;
		document_cell(document, "%s", page->series->configuration);
		document_look(document, MARK_NONE, words_of("../series/%s.html", page->slug).text);
		document_cell(document, "%s", figure_words(value->value).text);
		document_cell(document, "%s", figure_words(value->lower).text);
		document_cell(document, "%s", figure_words(value->upper).text);
		document_cell(document, "%s", page->series->unit);
		if (at)
			document_cell(document, "%+.1f" NO_BREAK "%%",
				      100 * (value->value / page->points.value[at - 1].value - 1));
		else
			document_cell(document, "-");
	}
}

static int write_run(const struct dashboard *dashboard, const struct history_run *run, const size_t *cursor,
		     struct why *why)
{
	struct words name = words_of("runs/%s.html", run->name);
	struct document *document;
	int err;

	/* Nothing that is added later changes the pages of older runs. */
	if (!is_renewed(dashboard, run) && !dashboard->renew && file_is_there(dashboard, name.text))
		return 0;
	document = document_new(words_of("Run %.300s", run->name).text);
	if (!document)
		return -ENOMEM;
	document->full = true;
	document_home(document, "../index.html", "All boards and series");
	document_paragraph(document, "%s, %s, Linux %s.", board_of(dashboard, run->machine), day_words(run->date).text,
			   run->kernel);
	put_facts(dashboard, document, run);
	put_values(dashboard, document, run, cursor);
	err = page_write(dashboard, document, name.text, why);
	document_free(document);
	return err;
}

int run_pages_write(const struct dashboard *dashboard, struct why *why)
{
	/* Where each series is at the run: both are in the same order. */
	size_t *cursor = calloc(dashboard->nr_series, sizeof(*cursor));
	int err = cursor ? 0 : -ENOMEM;

	for (size_t i = 0; i < dashboard->nr_runs && !err; i++) {
		for (size_t j = 0; j < dashboard->nr_series; j++) {
			const struct history_points *points = &dashboard->page[j].points;

			while (cursor[j] < points->count && points->run[cursor[j]] < i)
				cursor[j]++;
		}
		err = write_run(dashboard, &dashboard->run[i], cursor, why);
	}
	free(cursor);
	return err;
}

/* --- the list */

static struct words list_name(size_t part, size_t parts)
{
	return part == parts ? words_of("runs.html") : words_of("runs-%zu.html", part);
}

/* Part @part of @parts, from 1 on. A part is full before the next one begins, so that older ones stay as they are. */
static int write_list(const struct dashboard *dashboard, size_t part, size_t parts, struct why *why)
{
	static const char *const heads[] = { "date", "board", "Linux", "zapbench", "figures", "run" };
	size_t from = (part - 1) * LISTED_RUNS, to = part == parts ? dashboard->nr_runs : from + LISTED_RUNS;
	struct document *document = document_new("All runs");
	int err;

	if (!document)
		return -ENOMEM;
	document->full = true;
	document_home(document, "index.html", "All boards and series");
	document_heading(document, 2, "Runs");
	if (part > 1) {
		document_table(document, "l", "Other runs");
		document_cell(document, "page");
		document_cell(document, "older runs");
		document_look(document, MARK_NONE, list_name(part - 1, parts).text);
	}
	document_table(document, "llllrl", "Runs %zu to %zu, the newest first", from + 1, to);
	document_search(document);
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		document_cell(document, "%s", heads[i]);
		if (i && i < 4)
			document_group(document);
	}
	for (size_t i = to; i-- > from;) {
		const struct history_run *run = &dashboard->run[i];

		document_cell(document, "%s", run->date);
		document_look(document, MARK_NONE, run_link(run, "").text);
		document_cell(document, "%s", board_of(dashboard, run->machine));
		document_cell(document, "%s", run->kernel);
		put_commit(dashboard, document, run->program);
		document_cell(document, "%lld", (long long)run->configurations);
		document_cell(document, "%s", run->name);
	}
	err = page_write(dashboard, document, list_name(part, parts).text, why);
	document_free(document);
	return err;
}

int run_list_write(const struct dashboard *dashboard, struct why *why)
{
	size_t parts = (dashboard->nr_runs + LISTED_RUNS - 1) / LISTED_RUNS;
	int err = 0;

	for (size_t part = 1; part <= parts && !err; part++)
		err = write_list(dashboard, part, parts, why);
	return err;
}
