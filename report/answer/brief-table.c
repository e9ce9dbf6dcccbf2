// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of the answer: a row per workload. */
#include "report/answer/brief.h"

#include <math.h>
#include <string.h>

#include "bench/base/params.h"
#include "bench/base/policy.h"
#include "report/answer/parts.h"

enum dimension { CORE, KIND, DEVICE, BYTES, TOUCHED, FRAMES, RING, MAPS, STRIDE, ORDER, MEMORY, SOURCE, NR_DIMENSIONS };

/* A parameter of a workload as text; "" where it is the usual one and @usual does not ask for it. */
static struct words dimension_words(const struct workload *w, enum dimension dimension, bool usual)
{
	switch (dimension) {
	case CORE:
		return w->core > 0 ? words_of("core type %g", w->core - 1) : words_of("%s", "");
	case KIND:
		return words_of("%s", usual || strcmp(w->kind, "loop") ? w->kind : "");
	case DEVICE:
		return usual || strcmp(w->device, param_choice(PARAM_DEVICE, DEVICE_NONCOHERENT))
			       ? words_of("device %s", w->device)
			       : words_of("%s", "");
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
	struct words last = { "" };

	for (int style = 1; style <= POLICY_STYLES; style++) {
		for (size_t i = 0; i < workload->nr_options; i++) {
			const struct choice_option *option = &workload->option[i];
			const char *policy = option->config->policy;

			if (policy_style(policy) != style || option != workload_cheapest(workload, option->config) ||
			    (i && option->apart))
				continue;
			if (last.text[0])
				words_add(&words, "%s%s", words.text[0] ? ", " : "", last.text);
			last = policy_words(option->config);
		}
	}
	words_add(&words, "%s%s", words.text[0] ? " or " : "", last.text);
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
		cells.cell[0] = words_of("only %s", policy_words(workload->option[0].config).text);
		cells.cell[3] = words_of("no comparison");
		return cells;
	}
	if (workload_is_imitated(workload)) {
		bool known = workload_has_break_even(workload);

		cells.cell[0] = words_of("not decided");
		cells.cell[2] = words_of("%s", "");
		for (size_t n = 0; (other = workload_other_policy(workload, n)); n++) {
			bool paired = !isnan(other->over.value);

			words_add(&cells.cell[2], "%s%s %s%s", n ? "; " : "", option_words(other->config).text,
				  paired ? ratio_words(&other->over).text : "no clean pair",
				  paired && known && !other->apart ? ", inconclusive" : "");
		}
		cells.cell[3] = words_of(known ? "break-even" : "inconclusive");
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
