// SPDX-License-Identifier: GPL-2.0-or-later
/* Part 1: which policy costs least: a sentence, a chart and a table for each result. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/answer/brief.h"
#include "report/answer/family.h"
#include "report/answer/parts.h"

static void say_left_out(struct report *report, const struct result *result)
{
	const struct choice *choice = &result->choice;

	if (choice->invalid)
		document_item(report->document,
			      "%zu frame configuration%s excluded: most samples have unexpected fault counts.",
			      choice->invalid, choice->invalid == 1 ? "" : "s");
	if (choice->without_figure)
		document_item(report->document,
			      "%zu frame configuration%s excluded: every sample was disturbed, or an emulated machine "
			      "measured times. Fix: stop other work, or run with a larger --budget.",
			      choice->without_figure, choice->without_figure == 1 ? "" : "s");
}

static int answer_result(struct report *report, const struct result *result)
{
	const struct choice *choice = &result->choice;
	struct document *document = report->document;
	struct brief brief = brief_rows(choice);
	struct words evidence = words_of("#%s-options", result->tag);
	char text[BRIEF_TEXT];

	if (brief_sentence(choice, text))
		return -ENOMEM;
	document_paragraph(document, "%s", text);
	document_paragraph(document, "%s", brief_command(choice, text));
	document_command(document, "%s", text);
	if (report->figures.folder && brief.rows && brief.row[0]->verdict != CHOICE_NOTHING)
		answer_chart(report, result, &brief);
	if (brief.rows)
		brief_table(document, choice, &brief, report->figures.folder ? evidence.text : NULL);
	if (brief.left_out)
		document_item(document, "%zu more workloads: %s.", brief.left_out,
			      report->figures.folder ? "see below" : "zapbench report shows them");
	say_left_out(report, result);
	return 0;
}

/* "Result A: RK3588, 4K pages, Linux 6.12.117, EMULATED" */
static void put_result_heading(struct report *report, const struct result *result)
{
	if (report->nr_results == 1)
		return;
	document_heading(report->document, 3, "Result %s: %s", result->tag, result_words(result).text);
	if (result != report->result)
		document_fold(report->document);
}

int brief_answers(struct report *report)
{
	int err = 0;

	for (size_t i = 0; i < report->nr_results && !err; i++) {
		put_result_heading(report, &report->result[i]);
		err = answer_result(report, &report->result[i]);
	}
	return err;
}

static struct words verdict_words(const struct workload *workload)
{
	struct words words = { "" };

	if (workload->verdict == CHOICE_NOTHING)
		words = words_of("only %s", policy_words(workload->option[0].config).text);
	else if (workload_is_imitated(workload))
		words = words_of("not decided");
	else if (workload->verdict == CHOICE_UNDECIDED)
		words = words_of("inconclusive");
	else
		words = words_of("%.100s, runner-up %.100s", option_words(workload->option[0].config).text,
				 margin_words(&workload->next->over).text);
	return words;
}

/* What @result says of a workload of another result, each memory type of it. */
static void put_side(struct document *document, const struct result *result, const struct workload *like)
{
	char cell[512] = "";

	for (size_t i = 0; i < result->choice.nr_workloads; i++) {
		const struct workload *workload = &result->choice.workload[i];
		size_t used = strlen(cell);

		if (!workload_same_frame(workload, like))
			continue;
		snprintf(cell + used, sizeof(cell) - used, "%s%s%s%s", used ? "; " : "",
			 workload->memory == MEMORY_ANY ? "" : memory_type_name(workload->memory),
			 workload->memory == MEMORY_ANY ? "" : ": ", verdict_words(workload).text);
	}
	document_cell(document, "%s", cell[0] ? cell : "not measured");
}

/* Is this the first such workload in the report, and does another result have it too? */
static bool is_shared(const struct report *report, size_t index, const struct workload *workload)
{
	bool shared = false;

	for (size_t i = 0; i < report->nr_results; i++) {
		const struct choice *choice = &report->result[i].choice;

		for (size_t j = 0; j < choice->nr_workloads; j++) {
			if (i == index && &choice->workload[j] == workload)
				break;
			if (!workload_same_frame(&choice->workload[j], workload))
				continue;
			if (i <= index)
				return false;
			shared = true;
		}
	}
	return shared;
}

static int side_by_side(struct report *report)
{
	struct document *document = report->document;
	char *align = calloc(report->nr_results + 2, 1);
	bool begun = false;

	if (!align)
		return -ENOMEM;
	memset(align, 'l', report->nr_results + 1);
	for (size_t i = 0; i < report->nr_results; i++) {
		const struct choice *choice = &report->result[i].choice;

		for (size_t j = 0; j < choice->nr_workloads; j++) {
			if (!is_shared(report, i, &choice->workload[j]))
				continue;
			if (!begun) {
				document_heading(document, 3, "Results side by side");
				document_fold(document);
				document_table(document, align,
					       "Cheapest policy of each workload that more than one result has");
				document_cell(document, "workload");
				for (size_t k = 0; k < report->nr_results; k++)
					document_cell(document, "%s", report->result[k].tag);
				begun = true;
			}
			document_cell(document, "%s", workload_words(&choice->workload[j]).text);
			for (size_t k = 0; k < report->nr_results; k++)
				put_side(document, &report->result[k], &choice->workload[j]);
		}
	}
	free(align);
	if (!begun)
		document_paragraph(
			document,
			"No workload was measured in more than one of these results, so they cannot be compared.");
	return 0;
}

/* What the first table rests on: the cheapest granularity of each policy. */
static void put_options(struct document *document, const struct result *result)
{
	const struct choice *choice = &result->choice;
	struct words name = words_of("%s-options", result->tag);
	struct brief brief = brief_rows(choice);

	document_table(document, "llrl", "%s: each policy at its cheapest granularity, per frame; all rows: %s",
		       result->tag, brief_shared(&brief).text);
	document_name(document, name.text);
	for (size_t i = 0; i < 4; i++)
		document_cell(document, "%s",
			      (const char *const[]){ "workload", "policy", "cost", "above the cheapest" }[i]);
	for (size_t i = 0; i < choice->nr_workloads; i++) {
		const struct workload *workload = &choice->workload[i];

		for (size_t j = 0; j < workload->nr_options; j++) {
			const struct choice_option *option = &workload->option[j];
			const char *unit = option->config->value_unit;

			if (option != workload_cheapest(workload, option->config))
				continue;
			document_cell(document, "%s", j ? "" : brief_label(&brief, workload).text);
			document_cell(document, "%s", option_words(option->config).text);
			document_cell(document, "%s", estimate_words(&option->cost, unit).text);
			document_cell(document, "%s%s", j ? ratio_words(&option->over).text : "-",
				      j && !option->apart ? ", inconclusive" : "");
		}
	}
}

/* It is said once, and each figure of such a result has instructions at its axis. */
static void say_emulated(struct document *document, const struct result *result)
{
	if (result->record->emulated)
		document_note(document,
			      "EMULATED: the figures of %s are instructions retired, not times. Emulation has no "
			      "caches either: it counts the instructions of a clean, not its duration.",
			      result->tag);
}

int part_answer(struct report *report)
{
	struct document *document = report->document;
	int err;

	document_heading(document, 2, "1. The answer");
	err = brief_answers(report);
	for (size_t i = 0; i < report->nr_results; i++)
		say_emulated(document, &report->result[i]);
	document_heading(document, 3, "What the answer rests on");
	document_fold(document);
	document_paragraph(document,
			   "A workload is a frame of one size and shape. The report names the cheapest policy if it "
			   "costs less than every other policy. Otherwise the workload is inconclusive. Intervals in "
			   "brackets have 95 %% confidence. The intervals of all ratios of a result hold together at "
			   "95 %%. A result is valid for its own machine, kernel and boot.");
	for (size_t i = 0; i < report->nr_results; i++) {
		if (report->result[i].choice.nr_workloads)
			put_options(document, &report->result[i]);
	}
	if (!err && report->nr_results > 1)
		err = side_by_side(report);
	return err;
}
