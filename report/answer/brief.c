// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/answer/brief.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/policy.h"
#include "bench/base/text.h"
#include "report/answer/parts.h"
#include "report/render/wrap.h"

static void add(char *text, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add(char *text, const char *fmt, ...)
{
	size_t used = strlen(text);
	va_list args;

	va_start(args, fmt);
	vsnprintf(text + used, BRIEF_TEXT - used, fmt, args);
	va_end(args);
}

/* ---- the sentence ---- */

/* Workloads of one source and memory type with the same answer, and the ranges of their parameters. */
struct answer {
	const struct workload *like;
	size_t count;
	double bytes[2], touched[2], frames[2], margin[2];
};

static void widen(double range[2], double value)
{
	range[0] = fmin(range[0], value);
	range[1] = fmax(range[1], value);
}

static bool same_group(const struct workload *a, const struct workload *b)
{
	return a->memory == b->memory && a->core >= b->core && a->core <= b->core && !strcmp(a->source, b->source);
}

static bool same_answer(const struct workload *a, const struct workload *b)
{
	return same_group(a, b) && a->verdict == b->verdict &&
	       (a->verdict != CHOICE_DECIDED || !strcmp(a->option[0].config->policy, b->option[0].config->policy));
}

static bool is_imitated(const struct workload *workload)
{
	return workload->option[0].config->not_played[0];
}

static void take_in(struct answer *answer, const struct workload *workload)
{
	answer->count++;
	widen(answer->bytes, workload->bytes);
	widen(answer->touched, workload->touched);
	widen(answer->frames, workload->frames);
	if (workload->next)
		widen(answer->margin, workload->next->over.value);
}

static struct answer answer_like(const struct workload *workload)
{
	return (struct answer){ .like = workload,
				.bytes = { INFINITY, 0 },
				.touched = { INFINITY, 0 },
				.frames = { INFINITY, 0 },
				.margin = { INFINITY, 0 } };
}

/* Answers of the workloads that compare policies which the kernel plays. @answer has room for all workloads. */
static size_t find_answers(const struct choice *choice, struct answer *answer)
{
	size_t n = 0;

	for (size_t i = 0; i < choice->nr_workloads; i++) {
		const struct workload *workload = &choice->workload[i];
		size_t at = 0;

		if (workload->verdict == CHOICE_NOTHING || is_imitated(workload))
			continue;
		while (at < n && !same_answer(answer[at].like, workload))
			at++;
		if (at == n)
			answer[n++] = answer_like(workload);
		take_in(&answer[at], workload);
	}
	return n;
}

/* "256K to 4M"; one of them where both are the same. */
static void add_range(char *text, struct words from, struct words to)
{
	bool same = !strcmp(from.text, to.text);

	add(text, "%s%s%s", from.text, same ? "" : " to ", same ? "" : to.text);
}

static bool differ(const double a[2], const double b[2])
{
	return a[0] < b[0] || a[0] > b[0] || a[1] < b[1] || a[1] > b[1];
}

/* What sets an answer's workloads apart from the others of @group: " (12.5 % to 25 % read)". */
static void add_where(char *text, const struct answer *answer, const struct answer *group)
{
	const char *before = " (";

	if (differ(group->bytes, answer->bytes)) {
		add(text, "%sbuffers of ", before);
		add_range(text, size_words(answer->bytes[0]), size_words(answer->bytes[1]));
		before = ", ";
	}
	if (differ(group->touched, answer->touched)) {
		add(text, "%s", before);
		add_range(text, percent_words(answer->touched[0]), percent_words(answer->touched[1]));
		add(text, " read");
		before = ", ";
	}
	if (differ(group->frames, answer->frames)) {
		add(text, "%sframes per buffer: ", before);
		add_range(text, words_of("%g", answer->frames[0]), words_of("%g", answer->frames[1]));
		before = ", ";
	}
	add(text, "%s", *before == ',' ? ")" : "");
}

/* A source and memory type: all workloads of it, and how many policies cost least in some of them. */
struct group {
	struct answer all;
	size_t winners;
	const struct answer *inconclusive; /* or NULL */
};

static struct group group_of(const struct answer *answer, size_t n, const struct workload *like)
{
	struct group group = { .all = answer_like(like) };

	for (size_t i = 0; i < n; i++) {
		if (!same_group(answer[i].like, like))
			continue;
		group.all.count += answer[i].count;
		for (int end = 0; end < 2; end++) {
			widen(group.all.bytes, answer[i].bytes[end]);
			widen(group.all.touched, answer[i].touched[end]);
			widen(group.all.frames, answer[i].frames[end]);
		}
		if (answer[i].like->verdict == CHOICE_DECIDED)
			group.winners++;
		else
			group.inconclusive = &answer[i];
	}
	return group;
}

static struct words all_words(size_t count)
{
	return count == 1 ? words_of("the one workload") : words_of("all %zu workloads", count);
}

/* The cheapest option of each other policy, one call for each; NULL: there are no more. */
static const struct choice_option *other_policy(const struct workload *workload, size_t nth)
{
	for (size_t i = 1; i < workload->nr_options; i++) {
		const struct choice_option *option = &workload->option[i];

		if (option == workload_option(workload, option->config->policy, NULL) && !nth--)
			return option;
	}
	return NULL;
}

/* Does the policy cost more than the best one in all workloads of @answer? @over: widened by how many times as much. */
static bool is_beaten(const struct choice *choice, const struct answer *answer, const char *policy, double over[2])
{
	for (size_t i = 0; i < choice->nr_workloads; i++) {
		const struct workload *workload = &choice->workload[i];
		const struct choice_option *option = workload_option(workload, policy, NULL);

		if (!same_answer(workload, answer->like) || is_imitated(workload))
			continue;
		if (!option || option == &workload->option[0] || !option->apart)
			return false;
		widen(over, option->over.value);
	}
	return true;
}

/* Which policies an inconclusive answer is about: " between uncached and refuse (eager: +2.5 % to +6.9 %)". */
static void add_candidates(char *text, const struct choice *choice, const struct answer *answer)
{
	const struct choice_option *option[NR_POLICIES];
	double over[NR_POLICIES][2];
	bool beaten[NR_POLICIES];
	size_t nr_beaten = 0, n = 0, candidates = 0;
	const char *before = " between ";

	option[n++] = &answer->like->option[0];
	while (n < NR_POLICIES && (option[n] = other_policy(answer->like, n - 1)))
		n++;
	for (size_t i = 0; i < n; i++) {
		over[i][0] = INFINITY;
		over[i][1] = 0;
		beaten[i] = is_beaten(choice, answer, option[i]->config->policy, over[i]);
		nr_beaten += beaten[i];
	}
	/* Where all are candidates, or one only, there is nothing to tell. */
	if (!nr_beaten || n - nr_beaten < 2)
		return;
	for (size_t i = 0; i < n; i++) {
		if (beaten[i])
			continue;
		candidates++;
		add(text, "%s%s", before, option[i]->config->policy);
		before = candidates + 1 == n - nr_beaten ? " and " : ", ";
	}
	before = " (";
	for (size_t i = 0; i < n; i++) {
		if (!beaten[i])
			continue;
		add(text, "%s%s: ", before, option[i]->config->policy);
		add_range(text, times_words(over[i][0]), times_words(over[i][1]));
		before = ", ";
	}
	add(text, ")");
}

static void say_group(char *text, const struct choice *choice, const struct answer *answer, size_t n,
		      const struct group *group)
{
	const char *least = choice->record->emulated ? "needs the fewest instructions" : "costs least";
	size_t said = 0;

	for (size_t i = 0; i < n; i++) {
		const struct workload *like = answer[i].like;

		if (!same_group(like, group->all.like) || like->verdict != CHOICE_DECIDED)
			continue;
		if (group->winners == 1 && !group->inconclusive) {
			add(text, "%s %s in %s (runner-up: ", like->option[0].config->policy, least,
			    all_words(group->all.count).text);
			add_range(text, times_words(answer[i].margin[0]), times_words(answer[i].margin[1]));
			add(text, ")");
			return;
		}
		if (!said++)
			add(text, "%s %s in %zu of %zu workloads", like->option[0].config->policy, least,
			    answer[i].count, group->all.count);
		else
			add(text, ", %s in %zu", like->option[0].config->policy, answer[i].count);
		add_where(text, &answer[i], &group->all);
	}
	if (!group->inconclusive)
		return;
	if (!said) {
		add(text, "inconclusive in %s", all_words(group->all.count).text);
	} else {
		add(text, ", inconclusive in %zu", group->inconclusive->count);
		add_where(text, group->inconclusive, &group->all);
	}
	add_candidates(text, choice, group->inconclusive);
}

static const char *memory_words(const struct workload *workload)
{
	return workload->memory == MEMORY_ANY      ? ""
	       : workload->memory == MEMORY_CACHED ? "with cached memory, "
						   : "with write-combined memory, ";
}

static void say_answers(char *text, const struct choice *choice, const struct answer *answer, size_t n)
{
	bool emulated = choice->record->emulated;
	struct group first = group_of(answer, n, answer[0].like);
	bool one = first.winners + !!first.inconclusive == n;

	if (emulated)
		add(text, "No recommendation for a board, since this run is EMULATED: ");
	else if (one && first.winners == 1 && !first.inconclusive)
		add(text, "Use %s: ", answer[0].like->option[0].config->policy);
	else if (one && first.winners > 1)
		add(text, "No policy costs least everywhere: ");
	for (size_t i = 0; i < n; i++) {
		struct group group = group_of(answer, n, answer[i].like);
		bool said = false;

		for (size_t j = 0; j < i && !said; j++)
			said = same_group(answer[j].like, answer[i].like);
		if (said)
			continue;
		add(text, "%s", i ? "; " : "");
		if (!one && !emulated)
			add(text, "on %s ", answer[i].like->source);
		if (answer[i].like->core > 0)
			add(text, "on %s ", core_words(choice->record, answer[i].like).text);
		add(text, "%s", memory_words(answer[i].like));
		say_group(text, choice, answer, n, &group);
	}
	add(text, ".");
}

/* How much more than the first option another one costs, divided by @parts, with its interval. */
static struct words added_words(const struct workload *workload, const struct choice_option *option, double parts)
{
	double first = workload->option[0].cost.value / parts;
	struct estimate added = { .value = (option->over.value - 1) * first,
				  .lower = (option->over.lower - 1) * first,
				  .upper = (option->over.upper - 1) * first,
				  .level = option->over.level };

	return estimate_words(&added, option->config->value_unit);
}

/* Cached costs least where nobody maintains the caches: up to which cost of that does it stay so? */
static void say_maintenance(char *text, const struct workload *workload)
{
	const struct config_result *first = workload->option[0].config;
	const struct policy_row *policy = policy_find(first->policy);
	const struct choice_option *next = other_policy(workload, 0);
	bool cached = policy && policy->zaps == ZAP_NEVER && policy->memory == MEMORY_CACHED;

	if (!cached || !next || isnan(next->over.value) || !strstr(first->not_played, "cache maintenance") ||
	    strcmp(first->value_unit, "ns") != 0)
		return;
	add(text,
	    " %s pays off while cache maintenance costs less than %s per KiB of the frame. See zapbench identify.",
	    first->policy, added_words(workload, next, workload->bytes / 1024).text);
}

/* Userspace imitates the policies: a part of their cost is missing, so the cheapest one is no winner. */
static void say_break_even(char *text, const struct record *record, const struct workload *workload)
{
	const struct config_result *first = workload->option[0].config;
	const struct choice_option *other;
	bool said_than = false;

	add(text, "No recommendation: a run on %s cannot measure these costs: %s. Break-even for a %s frame, %s read: ",
	    workload->source, first->not_played, size_words(workload->bytes).text,
	    percent_words(workload->touched).text);
	if (workload->core > 0)
		add(text, "on %s ", core_words(record, workload).text);
	for (size_t n = 0; (other = other_policy(workload, n)); n++) {
		add(text, "%s%s ", n ? ", " : "", option_words(other->config).text);
		if (isnan(other->over.value)) {
			add(text, "has no clean pair with %s", option_words(first).text);
			continue;
		}
		add(text, "costs %s more%s%s", added_words(workload, other, 1).text, said_than ? "" : " than ",
		    said_than ? "" : option_words(first).text);
		said_than = true;
	}
	add(text, ". A policy pays off only if it saves more than this in those costs.");
	say_maintenance(text, workload);
}

static const struct workload *largest_imitated(const struct choice *choice)
{
	const struct workload *largest = NULL;

	for (size_t i = 0; i < choice->nr_workloads; i++) {
		const struct workload *workload = &choice->workload[i];

		if (workload->verdict != CHOICE_NOTHING && is_imitated(workload) &&
		    (!largest || workload->bytes * workload->touched > largest->bytes * largest->touched))
			largest = workload;
	}
	return largest;
}

int brief_sentence(const struct choice *choice, char *text)
{
	struct answer *answer = calloc(choice->nr_workloads + 1, sizeof(*answer));
	const struct workload *imitated = largest_imitated(choice);
	size_t n = answer ? find_answers(choice, answer) : 0;

	text[0] = '\0';
	if (n)
		say_answers(text, choice, answer, n);
	else if (imitated)
		say_break_even(text, choice->record, imitated);
	else if (choice->invalid + choice->without_figure)
		add(text, "Inconclusive: %zu frame configurations have no valid figure, so no policies are compared.",
		    choice->invalid + choice->without_figure);
	else
		add(text, "Inconclusive: no workload was measured with two policies.");
	if (!strncmp(text, "inconclusive", 12))
		text[0] = 'I';
	free(answer);
	return answer ? 0 : -ENOMEM;
}

/* Of a run without frames: no policy can be recommended by a part of a frame. */
static void say_rows(char *text, const struct record *record)
{
	size_t valid = 0, with_interval = 0;
	double worst = 0;

	for (size_t i = 0; i < record->nr_configs; i++) {
		const struct config_result *config = &record->config[i];
		bool of_all;
		double half = estimate_half_width_percent(summary_value(&config->summary, &of_all));

		if (!config_valid(config))
			continue;
		valid++;
		with_interval += isfinite(half);
		worst = isfinite(half) ? fmax(worst, half) : worst;
	}
	if (!valid) {
		add(text, "INVALID: no row of this run has the page faults that it should.");
		return;
	}
	add(text, "%zu of %zu row%s valid", valid, record->nr_configs, record->nr_configs == 1 ? " is" : "s are");
	if (record->emulated)
		add(text, ", in instructions");
	else if (with_interval == valid)
		add(text, ", worst error +-%.2g %%", worst);
	else
		add(text, ", %zu of them without an interval", valid - with_interval);
	add(text, "; which policy costs least is measured by zapbench run frame.");
}

int brief_finding(const struct record *record, char *text)
{
	struct choice choice;
	bool frames = false;
	int err = choice_make(record, &choice);

	if (err)
		return err;
	text[0] = '\0';
	for (size_t i = 0; i < record->nr_configs; i++)
		frames |= record->config[i].workload;
	if (frames)
		err = brief_sentence(&choice, text);
	else
		say_rows(text, record);
	choice_free(&choice);
	return err;
}

int brief_print(const struct record *record, size_t columns, FILE *out)
{
	char text[BRIEF_TEXT], plain[BRIEF_TEXT];
	int err = brief_finding(record, text);

	if (err)
		return err;
	print_wrapped(out, columns, "finding:", 2, plain_text(text, plain, sizeof(plain)));
	fputc('\n', out);
	return 0;
}

/* The command of the record itself, if it can be run again with a later option, which wins. A resumed run takes none.
 */
static const char *command_again(const struct record *record)
{
	const char *command = record->command_line ? record->command_line : "";

	if (strncmp(command, "zapbench run", 12) || strlen(command) > 300 || strstr(command, "--resume"))
		return "zapbench run frame";
	return command;
}

const char *brief_command(const struct choice *choice, char *text)
{
	const struct record *record = choice->record;
	bool precise = record->stopped_by && !strcmp(record->stopped_by, "precision") && record->precision_percent > 0;
	bool compared = false, inconclusive = false, played = false;
	const char *command = command_again(record);

	for (size_t i = 0; i < choice->nr_workloads; i++) {
		bool two = choice->workload[i].verdict != CHOICE_NOTHING;

		compared |= two;
		played |= two && !is_imitated(&choice->workload[i]);
		inconclusive |= choice->workload[i].verdict == CHOICE_UNDECIDED && !is_imitated(&choice->workload[i]);
	}
	text[0] = '\0';
	if (!compared && !choice->invalid && !choice->without_figure) {
		add(text, "%s", frame_command);
		return "To compare policies, run:";
	}
	if (record->emulated || (compared && !played)) {
		add(text, "zapbench run frame --source zap-heap");
		return "For a recommendation, run this on a board with the kernel patch:";
	}
	if (compared && !inconclusive) {
		add(text, "%s", command);
		return "Another boot may differ. To confirm the answer, restart and run:";
	}
	/* Four times the rounds halve an interval. */
	if (precise)
		add(text, "%s --precision %g --budget %.0f", command, record->precision_percent / 2,
		    fmax(4 * record->budget_s, 60));
	else
		add(text, "%s --budget %.0f", command, fmax(4 * record->budget_s, 60));
	return "For a firmer answer, run:";
}

/* ---- the table ---- */

enum dimension { CORE, KIND, BYTES, TOUCHED, FRAMES, RING, MAPS, STRIDE, ORDER, MEMORY, SOURCE, NR_DIMENSIONS };

/* A parameter of a workload as text; "" where it is the usual one and @usual does not ask for it. */
static struct words dimension_words(const struct workload *w, enum dimension dimension, bool usual)
{
	switch (dimension) {
	case CORE:
		return w->core > 0 ? words_of("core type %g", w->core - 1) : words_of("%s", "");
	case KIND:
		return words_of("%s", usual || strcmp(w->kind, "loop") ? w->kind : "");
	case BYTES:
		return size_words(w->bytes);
	case TOUCHED:
		return words_of("%s%s", strcmp(w->kind, "encoder") ? percent_words(w->touched).text : "",
				strcmp(w->kind, "encoder") ? " read" : "");
	case FRAMES:
		return words_of("%g frame%s%s", w->frames, w->frames == 1 ? "" : "s", usual ? "" : " per buffer");
	case RING:
		return usual || w->ring != 1 ? words_of("ring of %g", w->ring) : words_of("%s", "");
	case MAPS:
		return usual || w->maps != 1 ? words_of("%g mapping%s", w->maps, w->maps == 1 ? "" : "s")
					     : words_of("%s", "");
	case STRIDE:
		return usual || w->stride != 1 ? words_of("stride %g", w->stride) : words_of("%s", "");
	case ORDER:
		return usual || strcmp(w->order, "sequential") ? words_of("%s order", w->order) : words_of("%s", "");
	case MEMORY:
		return w->memory == MEMORY_ANY ? words_of("%s", "") : words_of("%s", memory_type_name(w->memory));
	case SOURCE:
		return words_of("%s", w->source);
	case NR_DIMENSIONS:
		break;
	}
	return words_of("%s", "");
}

static void add_dimension(struct words *words, struct words more)
{
	if (more.text[0])
		words_add(words, "%s%s", words->text[0] ? ", " : "", more.text);
}

struct words brief_label(const struct brief *brief, const struct workload *workload)
{
	struct words words = { "" };

	for (enum dimension i = 0; i < NR_DIMENSIONS; i++) {
		if (!(brief->shared & 1u << i))
			add_dimension(&words, dimension_words(workload, i, true));
	}
	return words.text[0] ? words : size_words(workload->bytes);
}

struct words brief_shared(const struct brief *brief)
{
	struct words words = { "" };

	for (enum dimension i = 0; i < NR_DIMENSIONS && brief->rows; i++) {
		if (brief->shared & 1u << i)
			add_dimension(&words, dimension_words(brief->row[0], i, false));
	}
	return words;
}

struct brief brief_rows(const struct choice *choice)
{
	struct brief brief = { .rows = 0 };

	for (int compared = 1; compared >= 0; compared--) {
		for (size_t i = 0; i < choice->nr_workloads; i++) {
			const struct workload *workload = &choice->workload[i];

			if ((workload->verdict != CHOICE_NOTHING) != compared)
				continue;
			if (brief.rows < BRIEF_ROWS)
				brief.row[brief.rows++] = workload;
			else
				brief.left_out++;
		}
	}
	for (enum dimension i = 0; i < NR_DIMENSIONS; i++) {
		bool shared = true;

		for (size_t j = 1; j < choice->nr_workloads; j++)
			shared &= !strcmp(dimension_words(&choice->workload[j], i, true).text,
					  dimension_words(&choice->workload[0], i, true).text);
		brief.shared |= (unsigned int)shared << i;
	}
	return brief;
}

/* The policies of which each may cost least, in the order of the policies' table: "uncached or refuse". */
static struct words candidate_words(const struct workload *workload)
{
	struct words words = { "" };
	const char *last = NULL;

	for (int style = 1; style <= POLICY_STYLES; style++) {
		for (size_t i = 0; i < workload->nr_options; i++) {
			const struct choice_option *option = &workload->option[i];
			const char *policy = option->config->policy;

			if (policy_style(policy) != style || option != workload_option(workload, policy, NULL) ||
			    (i && option->apart))
				continue;
			if (last)
				words_add(&words, "%s%s", words.text[0] ? ", " : "", last);
			last = policy;
		}
	}
	words_add(&words, "%s%s", words.text[0] ? " or " : "", last);
	return words;
}

/* The cells behind the name: best, runner-up, difference, confidence. */
struct cells {
	struct words cell[4];
	enum mark mark;
};

static struct cells cells_of(const struct workload *workload, bool emulated)
{
	struct cells cells = { .mark = MARK_GREY };
	const struct choice_option *other;

	for (size_t i = 0; i < 4; i++)
		cells.cell[i] = words_of("-");
	if (workload->verdict == CHOICE_NOTHING) {
		cells.cell[0] = words_of("only %.60s", workload->option[0].config->policy);
		cells.cell[3] = words_of("no comparison");
		return cells;
	}
	if (is_imitated(workload)) {
		cells.cell[0] = words_of("not decided");
		cells.cell[2] = words_of("%s", "");
		for (size_t n = 0; (other = other_policy(workload, n)); n++)
			words_add(&cells.cell[2], "%s%s %s", n ? "; " : "", option_words(other->config).text,
				  isnan(other->over.value) ? "no clean pair" : ratio_words(&other->over).text);
		cells.cell[3] = words_of("break-even");
		return cells;
	}
	cells.cell[2] = ratio_words(&workload->next->over);
	if (workload->verdict == CHOICE_UNDECIDED) {
		cells.cell[0] = candidate_words(workload);
		cells.cell[3] = words_of("inconclusive");
		cells.mark = MARK_UNSURE;
		return cells;
	}
	cells.cell[0] = option_words(workload->option[0].config);
	cells.cell[1] = option_words(workload->next->config);
	cells.cell[3] = words_of(emulated ? "all rounds" : "95 %%");
	cells.mark = MARK_GOOD;
	return cells;
}

static bool has_memory_types(const struct choice *choice)
{
	bool seen[2] = { false, false };

	for (size_t i = 0; i < choice->nr_workloads; i++) {
		if (choice->workload[i].memory != MEMORY_ANY)
			seen[choice->workload[i].memory == MEMORY_CACHED] = true;
	}
	return seen[0] && seen[1];
}

void brief_table(struct document *document, const struct choice *choice, const struct brief *brief,
		 const char *evidence)
{
	static const char *const heads[] = { "workload", "best", "runner-up", "difference", "confidence", "n" };
	bool emulated = choice->record->emulated;

	if (emulated)
		document_table(document, "lllllr",
			       "All rows: %s. In brackets: smallest and largest difference in the %zu rounds.%s",
			       brief_shared(brief).text, choice->record->nr_rounds,
			       has_memory_types(choice)
				       ? " Emulation has no memory types, so it cannot compare cached with "
					 "write-combined memory: each has rows of its own."
				       : "");
	else
		document_table(document, "lllllr",
			       "All rows: %s. The intervals in brackets together have 95 %% confidence, for this "
			       "machine, kernel and boot.",
			       brief_shared(brief).text);
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		document_cell(document, "%s", heads[i]);
	for (size_t i = 0; i < brief->rows; i++) {
		const struct workload *workload = brief->row[i];
		struct cells cells = cells_of(workload, emulated);
		bool grey = cells.mark == MARK_GREY;

		document_cell(document, "%s", brief_label(brief, workload).text);
		document_look(document, grey ? MARK_GREY : MARK_NONE, NULL);
		for (size_t j = 0; j < 4; j++) {
			document_cell(document, "%s", cells.cell[j].text);
			if (!j)
				document_look(document, cells.mark, evidence);
			else if (grey)
				document_look(document, MARK_GREY, NULL);
		}
		document_cell(document, "%zu", workload->next ? workload->next->over.n : workload->option[0].cost.n);
		document_look(document, grey ? MARK_GREY : MARK_NONE, NULL);
	}
}
