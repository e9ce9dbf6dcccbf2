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
	       (a->verdict != CHOICE_DECIDED || option_same_policy(a->option[0].config, b->option[0].config));
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

		if (workload->verdict == CHOICE_NOTHING || workload_is_imitated(workload))
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

/* Does the policy cost more than the best one in all workloads of @answer? @over: widened by how many times as much. */
static bool is_beaten(const struct choice *choice, const struct answer *answer, const struct config_result *policy,
		      double over[2])
{
	for (size_t i = 0; i < choice->nr_workloads; i++) {
		const struct workload *workload = &choice->workload[i];
		const struct choice_option *option = workload_cheapest(workload, policy);

		if (!same_answer(workload, answer->like) || workload_is_imitated(workload))
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
	while (n < NR_POLICIES && (option[n] = workload_other_policy(answer->like, n - 1)))
		n++;
	for (size_t i = 0; i < n; i++) {
		over[i][0] = INFINITY;
		over[i][1] = 0;
		beaten[i] = is_beaten(choice, answer, option[i]->config, over[i]);
		nr_beaten += beaten[i];
	}
	/* Where all are candidates, or one only, there is nothing to tell. */
	if (!nr_beaten || n - nr_beaten < 2)
		return;
	for (size_t i = 0; i < n; i++) {
		if (beaten[i])
			continue;
		candidates++;
		add(text, "%s%s", before, policy_words(option[i]->config).text);
		before = candidates + 1 == n - nr_beaten ? " and " : ", ";
	}
	before = " (";
	for (size_t i = 0; i < n; i++) {
		if (!beaten[i])
			continue;
		add(text, "%s%s: ", before, policy_words(option[i]->config).text);
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
			add(text, "%s %s in %s (runner-up: ", policy_words(like->option[0].config).text, least,
			    all_words(group->all.count).text);
			add_range(text, times_words(answer[i].margin[0]), times_words(answer[i].margin[1]));
			add(text, ")");
			return;
		}
		if (!said++)
			add(text, "%s %s in %zu of %zu workloads", policy_words(like->option[0].config).text, least,
			    answer[i].count, group->all.count);
		else
			add(text, ", %s in %zu", policy_words(like->option[0].config).text, answer[i].count);
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
	else if (one && first.winners == 1 && !first.inconclusive &&
		 !option_is_threaded(answer[0].like->option[0].config))
		add(text, "Use %s: ", policy_words(answer[0].like->option[0].config).text);
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

struct words brief_added(const struct workload *workload, const struct choice_option *option, double parts)
{
	double first = workload->option[0].cost.value / parts;
	struct estimate added = { .value = (option->over.value - 1) * first,
				  .lower = (option->over.lower - 1) * first,
				  .upper = (option->over.upper - 1) * first,
				  .level = option->over.level };

	return estimate_words(&added, option->config->value_unit);
}

/*
 * Cached costs least where nobody maintains the caches: up to which cost of that does it stay so? Nothing where it may
 * not cost least.
 */
static void say_maintenance(char *text, const struct workload *workload)
{
	const struct config_result *first = workload->option[0].config;
	const struct policy_row *policy = policy_find(first->policy);
	bool cached = policy && policy->zaps == ZAP_NEVER && policy->memory == MEMORY_CACHED;

	if (!cached || workload->verdict != CHOICE_DECIDED || !strstr(first->not_played, "cache maintenance") ||
	    strstr(first->not_played, MEMORY_TYPE_UNKNOWN) || strcmp(first->value_unit, "ns") != 0)
		return;
	add(text,
	    " %s pays off while cache maintenance costs less than %s per KiB of the frame. See zapbench identify.",
	    first->policy, brief_added(workload, workload->next, workload->bytes / 1024).text);
}

/* The options of a run that measures longer. Four times the rounds halve an interval. */
static void add_longer(char *text, const struct record *record)
{
	if (record->stopped_by && !strcmp(record->stopped_by, "precision") && record->precision_percent > 0)
		add(text, " --precision %g", record->precision_percent / 2);
	add(text, " --budget %.0f", fmax(4 * record->budget_s, 60));
}

static void say_what_pays_off(char *text, const struct workload *workload)
{
	const struct config_result *first = workload->option[0].config;
	const struct choice_option *other;
	bool said = false;

	for (size_t n = 0; (other = workload_other_policy(workload, n)); n++) {
		if (!other->apart)
			continue;
		add(text, "%s%s ", said ? ", " : "", option_words(other->config).text);
		add(text, "costs %s more%s%s", brief_added(workload, other, 1).text, said ? "" : " than ",
		    said ? "" : option_words(first).text);
		said = true;
	}
	add(text, ". A policy pays off only if it saves more than this in those costs.");
	say_maintenance(text, workload);
}

/* Of an option that is not apart: what its interval does not tell. */
static struct words doubt_words(const struct estimate *over)
{
	if (!isfinite(over->lower) || !isfinite(over->upper))
		return words_of(" (%zu round%s: too few for an interval)", over->n, over->n == 1 ? "" : "s");
	return words_of("%s", over->lower > 1   ? ", but the disturbed samples change that"
			      : over->upper < 1 ? ", but the medians differ the other way round"
						: "");
}

/* The policies that may cost less than the first option, or more. Nothing where there are none. */
static void say_not_apart(char *text, const struct record *record, const struct workload *workload, const char *before)
{
	struct words first = option_words(workload->option[0].config);
	const struct choice_option *other;
	bool said = false;

	for (size_t n = 0; (other = workload_other_policy(workload, n)); n++) {
		if (other->apart)
			continue;
		add(text, "%s%s ", said ? "; " : before, option_words(other->config).text);
		if (isnan(other->over.value))
			add(text, "has no clean pair with %s", first.text);
		else
			add(text, "and %s are not distinguishable: the difference is %s%s", first.text,
			    brief_added(workload, other, 1).text, doubt_words(&other->over).text);
		said = true;
	}
	if (!said)
		return;
	add(text, ".");
	if (record->emulated)
		return;
	add(text, " For a firmer answer, run with");
	add_longer(text, record);
	add(text, ".");
}

/* Userspace imitates the policies: a part of their cost is missing, so the cheapest one is no winner. */
static void say_break_even(char *text, const struct record *record, const struct workload *workload)
{
	bool known = workload_has_break_even(workload);

	add(text, "No recommendation: a run on %s cannot measure these costs: %s. %s for a %s frame, %s read: ",
	    workload->source, workload->option[0].config->not_played, known ? "Break-even" : "Inconclusive",
	    size_words(workload->bytes).text, percent_words(workload->touched).text);
	if (workload->core > 0)
		add(text, "on %s ", core_words(record, workload).text);
	if (known)
		say_what_pays_off(text, workload);
	say_not_apart(text, record, workload, known ? " Inconclusive: " : "");
}

static const struct workload *largest_imitated(const struct choice *choice)
{
	const struct workload *largest = NULL;

	for (size_t i = 0; i < choice->nr_workloads; i++) {
		const struct workload *workload = &choice->workload[i];

		if (workload->verdict != CHOICE_NOTHING && workload_is_imitated(workload) &&
		    (!largest || workload->bytes * workload->touched > largest->bytes * largest->touched))
			largest = workload;
	}
	return largest;
}

/* A figure that lacks what another CPU pays is in no answer without a word about it. */
static void say_threaded(char *text, const struct choice *choice)
{
	for (size_t i = 0; i < choice->nr_workloads; i++) {
		for (size_t j = 0; j < choice->workload[i].nr_options; j++) {
			const struct config_result *config = choice->workload[i].option[j].config;

			if (!option_is_threaded(config))
				continue;
			add(text,
			    " %s: another CPU pays for the page faults; neither they nor its time are in the figure.",
			    policy_words(config).text);
			return;
		}
	}
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
	say_threaded(text, choice);
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
	bool compared = false, inconclusive = false, played = false;
	const char *command = command_again(record);

	for (size_t i = 0; i < choice->nr_workloads; i++) {
		bool two = choice->workload[i].verdict != CHOICE_NOTHING;

		compared |= two;
		played |= two && !workload_is_imitated(&choice->workload[i]);
		inconclusive |=
			choice->workload[i].verdict == CHOICE_UNDECIDED && !workload_is_imitated(&choice->workload[i]);
	}
	text[0] = '\0';
	if (!compared && !choice->invalid && !choice->without_figure) {
		add(text, "%s", frame_command);
		return "To compare policies, run:";
	}
	if (record->emulated || (compared && !played)) {
		add(text, "zapbench run frame --source zap-heap");
		return "For a recommendation, run this on a board with the kernel patch or its modules:";
	}
	if (compared && !inconclusive) {
		add(text, "%s", command);
		return "Another boot may differ. To confirm the answer, restart and run:";
	}
	add(text, "%s", command);
	add_longer(text, record);
	return "For a firmer answer, run:";
}
