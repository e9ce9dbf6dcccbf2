// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs that are compared on a page, with the text of "zapbench compare", and the page that finds them. Which pairs: the
 * run with which a change began and each of the newest runs, with the run before it; and the newest run of a board with
 * the run before its newest open regression. For any other pair the page has the command: there is no server that could
 * compare two results files, and a second implementation of the statistics in a script would be another answer.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/memory.h"
#include "compare-runs.h" /* made by make of report/site/compare-runs.js */
#include "report/answer/compare.h"
#include "report/site/pages.h"

/* So many of the newest runs have pages that may change, and are compared with the run before. */
#define RENEWED_RUNS 50
/* Rows of the page that finds comparisons. */
#define LISTED_PAIRS 300

const struct history_run *run_before(const struct dashboard *dashboard, const struct history_run *run)
{
	for (const struct history_run *before = run; before-- > dashboard->run;) {
		if (!strcmp(before->machine, run->machine))
			return before;
	}
	return NULL;
}

static bool begins_change(const struct dashboard *dashboard, const struct history_run *run)
{
	for (size_t i = 0; i < dashboard->nr_findings; i++) {
		if (dashboard->finding[i].first == run && dashboard->finding[i].change.begin)
			return true;
	}
	return false;
}

bool is_renewed(const struct dashboard *dashboard, const struct history_run *run)
{
	return run + RENEWED_RUNS >= dashboard->run + dashboard->nr_runs || begins_change(dashboard, run);
}

static bool is_newest(const struct dashboard *dashboard, const struct history_run *run)
{
	for (const struct history_run *newer = run + 1; newer < dashboard->run + dashboard->nr_runs; newer++) {
		if (!strcmp(newer->machine, run->machine))
			return false;
	}
	return true;
}

/* The run with which a run is compared beside the one before it; NULL for none. */
static const struct history_run *run_before_regression(const struct dashboard *dashboard, const struct history_run *run)
{
	const struct history_run *first = NULL, *before;

	if (!is_newest(dashboard, run))
		return NULL;
	for (size_t i = 0; i < dashboard->nr_findings; i++) {
		const struct finding *finding = &dashboard->finding[i];

		if (finding->open && !strcmp(finding->first->machine, run->machine) &&
		    (!first || finding->first > first))
			first = finding->first;
	}
	before = first ? run_before(dashboard, first) : NULL;
	/* The same as the run before it, where the regression began just now. */
	return before && before != run_before(dashboard, run) ? before : NULL;
}

/* A comparison of @run with @base on a page. */
struct pair {
	const struct history_run *base, *run;
	const char *folder, *what;
};

/* Those that the newest state of the history calls for; at most two. */
static size_t pairs_of(const struct dashboard *dashboard, const struct history_run *run, struct pair pair[2])
{
	const struct history_run *before = run_before(dashboard, run);
	size_t count = 0;

	if (!before)
		return 0;
	if (is_renewed(dashboard, run))
		pair[count++] = (struct pair){ before, run, "compare", "with the run before" };
	before = run_before_regression(dashboard, run);
	if (before)
		pair[count++] = (struct pair){ before, run, "since", "with the run before the newest open regression" };
	return count;
}

static struct words pair_link(const struct pair *pair, const char *up)
{
	return words_of("%s%s/%s.html", up, pair->folder, address_words(pair->run->name).text);
}

void put_fact(struct document *document, const char *name, const char *value, const char *link)
{
	document_cell(document, "%s", name);
	document_cell(document, "%s", value);
	document_look(document, MARK_NONE, link);
}

void put_comparisons_of(const struct dashboard *dashboard, struct document *document, const struct history_run *run)
{
	struct pair pair[2];
	size_t count = pairs_of(dashboard, run, pair);

	for (size_t i = 0; i < count; i++)
		put_fact(document, "comparison", pair[i].what, pair_link(&pair[i], "../").text);
	put_fact(document, "comparison", "with any other run",
		 words_of("../compare.html#new=%s", address_words(run->name).text).text);
}

static int name_set(struct run_set *set, const struct history_run *run)
{
	char *name = strdup(run->name);

	if (!name)
		return -ENOMEM;
	free(set->path);
	set->path = name;
	return 0;
}

/* As "zapbench compare" prints it. Results that cannot be read, or compared, say so in its place. */
static int put_comparison(const struct dashboard *dashboard, struct document *document,
			  const struct history_run *before, const struct history_run *run)
{
	/* What differs between them is what the reader looks for; the comparison names it. */
	const struct compare_options options = {
		.threshold_percent = dashboard->threshold_percent,
		.override = 1u << COMPATIBLE_PROGRAM | 1u << COMPATIBLE_SETTINGS | 1u << COMPATIBLE_RUN |
			    1u << COMPATIBLE_CONFIGURATIONS,
	};
	char *base_path = history_file(dashboard->history, before->name);
	char *new_path = history_file(dashboard->history, run->name);
	struct comparison comparison = { 0 };
	struct run_set base = { 0 }, new = { 0 };
	struct why why = { "", "" };
	struct memory_text text;
	FILE *out = memory_open(&text);
	int err = base_path && new_path && out ? run_set_read(base_path, &base, &why) : -ENOMEM;

	if (!err)
		err = run_set_read(new_path, &new, &why);
	/* The runs by their names, not by where the files are on this machine. */
	if (!err)
		err = name_set(&base, before) ?: name_set(&new, run);
	if (!err)
		err = compare_run_sets(&base, &new, &options, &comparison, &why);
	if (!err)
		err = compare_print(&comparison, out);
	if (memory_close(out))
		err = -ENOMEM;
	if (!err)
		document_listing(document, text.data);
	else
		document_paragraph(document, "Not compared: %s.", why.reason[0] ? why.reason : strerror(-err));
	comparison_free(&comparison);
	run_set_free(&base);
	run_set_free(&new);
	free(text.data);
	free(base_path);
	free(new_path);
	return err == -ENOMEM ? err : 0;
}

static int write_pair(const struct dashboard *dashboard, const struct pair *pair, struct why *why)
{
	struct words name = words_of("%s/%s.html", pair->folder, pair->run->name);
	struct document *document;
	int err;

	/* The newest open regression can be another one now. */
	if (!strcmp(pair->folder, "compare") && !dashboard->renew && file_is_there(dashboard, name.text))
		return 0;
	document = document_new("Two runs compared");
	if (!document)
		return -ENOMEM;
	document->full = true;
	document_home(document, "../index.html", "All boards and series");
	document_table(document, "ll", "The runs");
	document_cell(document, "run");
	document_cell(document, "value");
	put_fact(document, "base", pair->base->name,
		 words_of("../runs/%s.html", address_words(pair->base->name).text).text);
	put_fact(document, "new", pair->run->name,
		 words_of("../runs/%s.html", address_words(pair->run->name).text).text);
	put_fact(document, "other runs", "compare any two runs",
		 words_of("../compare.html#base=%s&new=%s", address_words(pair->base->name).text,
			  address_words(pair->run->name).text)
			 .text);
	err = put_comparison(dashboard, document, pair->base, pair->run);
	if (!err)
		err = page_write(dashboard, document, name.text, why);
	document_free(document);
	return err;
}

static void put_pairs(const struct dashboard *dashboard, struct document *document)
{
	static const char *const heads[] = { "new", "base", "compared", "board", "date" };
	size_t listed = 0;

	document_heading(document, 2, "Pairs that are here");
	document_table(document, "lllll", "The run of each comparison, the newest first: a link to the comparison");
	document_search(document);
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		document_cell(document, "%s", heads[i]);
	for (size_t i = dashboard->nr_runs; i-- > 0 && listed < LISTED_PAIRS;) {
		struct pair pair[2];
		size_t count = pairs_of(dashboard, &dashboard->run[i], pair);

		for (size_t j = 0; j < count; j++, listed++) {
			document_cell(document, "%s", pair[j].run->name);
			document_look(document, MARK_NONE, pair_link(&pair[j], "").text);
			document_cell(document, "%s", pair[j].base->name);
			document_cell(document, "%s", pair[j].what);
			document_cell(document, "%s", board_of(dashboard, pair[j].run->machine));
			document_cell(document, "%s", pair[j].run->date);
		}
	}
}

static int write_finder(const struct dashboard *dashboard, struct why *why)
{
	struct document *document = document_new("Compare two runs");
	int err;

	if (!document)
		return -ENOMEM;
	document->full = true;
	document_home(document, "index.html", "All boards and series");
	document_heading(document, 2, "Any two runs");
	document_paragraph(document,
			   "These pages cannot compare two runs themselves: zapbench does, from both results files. "
			   "In the folder of these pages:");
	document_command(document, "zapbench compare runs/BASE.json.gz runs/NEW.json.gz");
	put_pairs(dashboard, document);
	document_script(document, "compare.js");
	err = page_write(dashboard, document, "compare.html", why);
	document_free(document);
	return err ? err : bytes_write(dashboard, COMPARE_RUNS_SCRIPT, strlen(COMPARE_RUNS_SCRIPT), "compare.js", why);
}

int comparisons_write(const struct dashboard *dashboard, struct why *why)
{
	int err = 0;

	for (size_t i = 0; i < dashboard->nr_runs && !err; i++) {
		struct pair pair[2];
		size_t count = pairs_of(dashboard, &dashboard->run[i], pair);

		for (size_t j = 0; j < count && !err; j++)
			err = write_pair(dashboard, &pair[j], why);
	}
	return err ? err : write_finder(dashboard, why);
}
