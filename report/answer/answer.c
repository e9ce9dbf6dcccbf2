// SPDX-License-Identifier: GPL-2.0-or-later
/* Part 1: which policy costs least, in sentences. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/answer/family.h"
#include "report/answer/parts.h"

/* Up to so many workloads get a sentence each. A result with more of them has the maps. */
#define WORKLOADS_ONE_BY_ONE 12

/* Emulation compares within one memory type: this says which. */
static const char *among(const struct workload *workload)
{
	return workload->memory == MEMORY_ANY      ? ""
	       : workload->memory == MEMORY_CACHED ? " among the policies with cached memory:"
						   : " among the policies with write-combined memory:";
}

/* The cheapest policy that is distinguishable from the first one; NULL: there is none. */
static const struct choice_option *first_behind(const struct workload *workload)
{
	for (size_t i = 1; i < workload->nr_options; i++) {
		const char *policy = workload->option[i].config->policy;
		bool behind = strcmp(policy, workload->option[0].config->policy);

		for (size_t j = 1; j < workload->nr_options && behind; j++)
			behind = workload->option[j].apart || strcmp(workload->option[j].config->policy, policy);
		if (behind)
			return &workload->option[i];
	}
	return NULL;
}

static void say_workload(struct document *document, const struct workload *workload)
{
	const struct choice_option *first = workload->option, *other = NULL;
	struct words cost = estimate_words(&first->cost, first->config->value_unit), name = option_words(first->config);

	for (size_t i = 1; i < workload->nr_options && !other; i++) {
		if (!workload->option[i].apart && strcmp(workload->option[i].config->policy, first->config->policy))
			other = &workload->option[i];
	}
	if (workload->verdict == CHOICE_UNDECIDED) {
		const struct choice_option *behind = first_behind(workload);
		struct words rest = { "" };

		if (behind)
			rest = words_of(" First distinguishable policy: %s, %s.", option_words(behind->config).text,
					ratio_words(&behind->over).text);
		document_item(
			document,
			"%s:%s inconclusive. Smallest median: %s, %s per frame. Not distinguishable from it: %s, %s.%s",
			workload_words(workload).text, among(workload), name.text, cost.text,
			option_words(other->config).text, ratio_words(&other->over).text, rest.text);
	} else {
		document_item(document, "%s:%s %s costs least, %s per frame%s. Runner-up: %s, %s.",
			      workload_words(workload).text, among(workload), name.text, cost.text,
			      workload->granularity_decided
				      ? ""
				      : " (other granularities of this policy are not distinguishable)",
			      option_words(workload->next->config).text, ratio_words(&workload->next->over).text);
	}
}

/* A policy that is cheapest in some workloads, or inconclusive ones, with the range of their parameters. */
struct winner {
	const char *policy; /* NULL: inconclusive */
	enum memory_type memory;
	enum choice_verdict verdict;
	const char *kind, *source;
	size_t count, of;
	double bytes[2], touched[2], frames[2], margin[2];
};

static void widen(double range[2], double value)
{
	range[0] = fmin(range[0], value);
	range[1] = fmax(range[1], value);
}

static bool wins(const struct winner *winner, const struct workload *workload)
{
	return winner->verdict == workload->verdict && winner->memory == workload->memory &&
	       !strcmp(winner->kind, workload->kind) && !strcmp(winner->source, workload->source) &&
	       (workload->verdict == CHOICE_UNDECIDED || !strcmp(winner->policy, workload->option[0].config->policy));
}

/* One for each policy that is cheapest somewhere. @winner has room for as many as there are workloads. */
static size_t find_winners(const struct choice *choice, struct winner *winner)
{
	size_t n = 0;

	for (size_t i = 0; i < choice->nr_workloads; i++) {
		const struct workload *workload = &choice->workload[i];
		size_t at = 0;

		while (at < n && !wins(&winner[at], workload))
			at++;
		if (at == n)
			winner[n++] = (struct winner){ .policy = workload->option[0].config->policy,
						       .memory = workload->memory,
						       .verdict = workload->verdict,
						       .kind = workload->kind,
						       .source = workload->source,
						       .bytes = { INFINITY, 0 },
						       .touched = { INFINITY, 0 },
						       .frames = { INFINITY, 0 },
						       .margin = { INFINITY, 0 } };
		winner[at].count++;
		widen(winner[at].bytes, workload->bytes);
		widen(winner[at].touched, workload->touched);
		widen(winner[at].frames, workload->frames);
		if (workload->next)
			widen(winner[at].margin, workload->next->over.value);
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++) {
			if (winner[i].memory == winner[j].memory && !strcmp(winner[i].kind, winner[j].kind) &&
			    !strcmp(winner[i].source, winner[j].source))
				winner[i].of += winner[j].count;
		}
	}
	return n;
}

/* "256K to 4M"; one of them where both are the same. */
static void add_range(struct words *words, struct words from, struct words to)
{
	bool same = !strcmp(from.text, to.text);

	words_add(words, "%s%s%s", from.text, same ? "" : " to ", same ? "" : to.text);
}

static struct words range_words(const struct winner *w)
{
	struct words words =
		words_of("%s%s", strcmp(w->kind, "loop") ? w->kind : "", strcmp(w->kind, "loop") ? "; " : "");

	words_add(&words, "buffers of ");
	add_range(&words, size_words(w->bytes[0]), size_words(w->bytes[1]));
	words_add(&words, "; ");
	add_range(&words, percent_words(w->touched[0]), percent_words(w->touched[1]));
	words_add(&words, " read; frames per buffer: ");
	add_range(&words, words_of("%g", w->frames[0]), words_of("%g", w->frames[1]));
	return words;
}

static void say_winner(struct document *document, const struct winner *w)
{
	struct words margin = { "" };
	struct words range = range_words(w);
	struct words head = { "" };

	add_range(&margin, times_words(w->margin[0]), times_words(w->margin[1]));
	if (w->memory != MEMORY_ANY)
		head = words_of("Among the policies with %s memory: ", memory_type_name(w->memory));
	if (w->verdict == CHOICE_NOTHING)
		document_item(document, "%sonly %s measured in %zu of %zu workloads, no comparison (%s).", head.text,
			      w->policy, w->count, w->of, range.text);
	else if (w->verdict == CHOICE_UNDECIDED)
		document_item(document, "%sinconclusive in %zu of %zu workloads (%s).", head.text, w->count, w->of,
			      range.text);
	else
		document_item(document, "%s%s costs least in %zu of %zu workloads (%s). Runner-up: %s.", head.text,
			      w->policy, w->count, w->of, range.text, margin.text);
}

/* What limits all statements about a result; it comes first. */
static void say_limits(struct report *report, const struct result *result)
{
	const struct record *record = result->record;

	if (record->emulated)
		document_note(report->document,
			      "EMULATED: the figures of %s are instructions retired, not times. Emulation has no "
			      "caches and no memory types, so it cannot compare cached with write-combined memory. "
			      "Policies and granularities are compared only within one memory type.",
			      result->tag);
	for (size_t i = 0; i < result->choice.nr_workloads; i++) {
		const struct config_result *config = result->choice.workload[i].option[0].config;

		if (!config->not_played[0] || (i && !strcmp(result->choice.workload[i - 1].source, config->source)))
			continue;
		document_note(report->document,
			      "On %s userspace imitates the policies. NOT measured: %s. The figures cover only a part "
			      "of each policy: do not use them to choose a policy for a product.",
			      config->source, config->not_played);
	}
}

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
	struct winner *winner;
	size_t n, decided = 0;

	part_result_heading(report, result);
	say_limits(report, result);
	for (size_t i = 0; i < choice->nr_workloads; i++)
		decided += choice->workload[i].verdict == CHOICE_DECIDED;
	document_paragraph(document, "%s: %zu workload%s measured, %zu of them with a cheapest policy.", result->tag,
			   choice->nr_workloads, choice->nr_workloads == 1 ? "" : "s", decided);
	winner = calloc(choice->nr_workloads, sizeof(*winner));
	if (!winner)
		return -ENOMEM;
	n = find_winners(choice, winner);
	for (size_t i = 0; i < n; i++)
		say_winner(document, &winner[i]);
	free(winner);
	say_left_out(report, result);
	if (choice->nr_workloads > WORKLOADS_ONE_BY_ONE)
		return 0;
	document_paragraph(document, "Each workload:");
	for (size_t i = 0; i < choice->nr_workloads; i++) {
		if (choice->workload[i].verdict != CHOICE_NOTHING)
			say_workload(document, &choice->workload[i]);
	}
	return 0;
}

static struct words verdict_words(const struct workload *workload)
{
	struct words words = { "" };

	if (workload->verdict == CHOICE_NOTHING)
		words = words_of("only %.60s", workload->option[0].config->policy);
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

int part_answer(struct report *report)
{
	struct words none = { "" };
	int err = 0;

	document_heading(report->document, 2, "1. The answer");
	document_paragraph(report->document,
			   "A workload is a frame of one size and shape. The report names the cheapest policy if it "
			   "costs less than every other policy. Otherwise the workload is inconclusive. Intervals in "
			   "brackets have 95 %% confidence. The intervals of all ratios of a result hold together at "
			   "95 %%. A result is valid for its own machine, kernel and boot.");
	for (size_t i = 0; i < report->nr_results && !err; i++) {
		if (report->result[i].choice.nr_workloads)
			err = answer_result(report, &report->result[i]);
		else
			part_add_tag(&none, &report->result[i]);
	}
	if (none.text[0] && report->nr_results > 1)
		document_heading(report->document, 3, "Results without an answer");
	part_say_none(report, &none, "no frames that can be compared");
	for (size_t i = 0; i < report->nr_results && !err; i++) {
		if (!report->result[i].choice.nr_workloads)
			say_left_out(report, &report->result[i]);
	}
	if (!err && report->nr_results > 1)
		err = side_by_side(report);
	return err;
}
