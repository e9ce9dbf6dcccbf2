// SPDX-License-Identifier: GPL-2.0-or-later
/* Part 1: which policy costs least, in sentences. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/answer/family.h"
#include "report/answer/parts.h"

/* A result of so many workloads is told one by one too; of more, the maps have them. */
#define WORKLOADS_ONE_BY_ONE 12

/* "Of what is cached, " for a workload of an emulated record. */
static const char *among(const struct workload *workload)
{
	return workload->memory == MEMORY_ANY      ? ""
	       : workload->memory == MEMORY_CACHED ? " Among the policies whose memory the CPU sees cached,"
						   : " Among the policies whose memory the CPU sees write-combined,";
}

/* The cheapest of the policies that are told apart from the first; NULL: there is none. */
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
			rest = words_of(" The next that is told apart, %s, costs %s.",
					option_words(behind->config).text, ratio_words(&behind->over).text);
		document_item(document, "%s:%s undecided. %s is smallest at %s a frame, but %s costs %s.%s",
			      workload_words(workload).text, among(workload), name.text, cost.text,
			      option_words(other->config).text, ratio_words(&other->over).text, rest.text);
	} else {
		document_item(
			document,
			"%s:%s %s costs least, %s a frame%s; of the other policies %s comes next and costs %s.",
			workload_words(workload).text, among(workload), name.text, cost.text,
			workload->granularity_decided ? "" : " (another granularity of the same policy may do as well)",
			option_words(workload->next->config).text, ratio_words(&workload->next->over).text);
	}
}

/* What is cheapest in some workloads, or undecided in them, as a range of what they are. */
struct winner {
	const char *policy; /* NULL: undecided */
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

/* One for each policy that is cheapest somewhere; @winner has room for as many as there are workloads. */
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
	words_add(&words, " read; frames a buffer: ");
	add_range(&words, words_of("%g", w->frames[0]), words_of("%g", w->frames[1]));
	return words;
}

static void say_winner(struct document *document, const struct winner *w)
{
	struct words margin = { "" };
	struct words range = range_words(w);
	struct words head = { "" };

	add_range(&margin, words_of("%.3f", w->margin[0]), words_of("%.3f", w->margin[1]));
	if (w->memory != MEMORY_ANY)
		head = words_of("Among the policies whose memory is %s: ", memory_type_name(w->memory));
	if (w->verdict == CHOICE_NOTHING)
		document_item(document, "%s%s is the only policy measured in %zu of %zu workloads (%s).", head.text,
			      w->policy, w->count, w->of, range.text);
	else if (w->verdict == CHOICE_UNDECIDED)
		document_item(document, "%sundecided in %zu of %zu workloads (%s).", head.text, w->count, w->of,
			      range.text);
	else
		document_item(document,
			      "%s%s costs least in %zu of %zu workloads (%s); the next policy costs %s times as "
			      "much.",
			      head.text, w->policy, w->count, w->of, range.text, margin.text);
}

/* What limits what can be said of a record at all, before anything of it is. */
static void say_limits(struct report *report, const struct result *result)
{
	const struct record *record = result->record;

	if (record->emulated)
		document_note(
			report->document,
			"EMULATED: the figures of %s are instructions retired, not times. Emulation models neither "
			"caches nor memory types: cached against write-combined cannot be decided by emulation. "
			"Only triggers and granularities of the same memory type are compared.",
			result->tag);
	for (size_t i = 0; i < result->choice.nr_workloads; i++) {
		const struct config_result *config = result->choice.workload[i].option[0].config;

		if (!config->not_played[0] || (i && !strcmp(result->choice.workload[i - 1].source, config->source)))
			continue;
		document_note(
			report->document,
			"On %s userspace plays the policies. Not played: %s. What is said of it holds for the rest "
			"of a policy only, and does not choose for a product.",
			config->source, config->not_played);
	}
}

static void say_left_out(struct report *report, const struct result *result)
{
	const struct choice *choice = &result->choice;

	if (choice->invalid)
		document_item(report->document,
			      "%zu configuration%s of frames took part in nothing: most samples are invalid by their "
			      "faults.",
			      choice->invalid, choice->invalid == 1 ? "" : "s");
	if (choice->without_figure)
		document_item(report->document,
			      "%zu configuration%s of frames took part in nothing: the system disturbed every round "
			      "of them, or they hold times of an emulated machine. Remedy: end other work, and measure "
			      "fewer configurations at a time, since a round is left out whole.",
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
	document_paragraph(document, "%s measured %zu kind%s of use and decides %zu of them.", result->tag,
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
	document_paragraph(document, "One by one:");
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
		words = words_of("undecided");
	else
		words = words_of("%.100s, next %.100s", option_words(workload->option[0].config).text,
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

/* Is this the first of its kind in the report, and is it in another result too? */
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
				document_heading(document, 3, "Side by side");
				document_table(document, align,
					       "Cheapest policy of each workload that more than one "
					       "result has");
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
		document_paragraph(document, "No workload was measured in more than one of these results: they stand "
					     "side by side, and nothing is said across them.");
	return 0;
}

int part_answer(struct report *report)
{
	struct words none = { "" };
	int err = 0;

	document_heading(report->document, 2, "1. The answer");
	document_paragraph(
		report->document,
		"A workload is a frame of one size and shape. The cheapest option is named where its policy "
		"costs less than every other one: the intervals in brackets hold with 95 %%, and those of ratios "
		"all together, over all comparisons of a result. Elsewhere it is undecided. Each result speaks "
		"for its own machine, kernel and boot.");
	for (size_t i = 0; i < report->nr_results && !err; i++) {
		if (report->result[i].choice.nr_workloads)
			err = answer_result(report, &report->result[i]);
		else
			part_add_tag(&none, &report->result[i]);
	}
	if (none.text[0] && report->nr_results > 1)
		document_heading(report->document, 3, "Results without an answer");
	part_say_none(report, &none, "no frame that can be compared, so no policy is chosen");
	for (size_t i = 0; i < report->nr_results && !err; i++) {
		if (!report->result[i].choice.nr_workloads)
			say_left_out(report, &report->result[i]);
	}
	if (!err && report->nr_results > 1)
		err = side_by_side(report);
	return err;
}
