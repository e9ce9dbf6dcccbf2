// SPDX-License-Identifier: GPL-2.0-or-later
/* Parts 1 to 3: which policy costs least, for what, from where on. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/answer/content.h"
#include "report/render/words.h"

/* A result of so many kinds of use is told one by one too; of more, the maps have them. */
#define USES_ONE_BY_ONE 12

static const char frame_command[] = "zapbench run frame --set policy=cached,eager,lazy,uncached,refuse "
				    "--set granularity=page,around,buffer --set size=256K,1M,4M "
				    "--set touched=0.0625,0.25,1 --set frames=1,4,16";

void content_result_heading(struct report *report, const struct result *result)
{
	if (report->nr_results > 1)
		document_heading(report->document, 3, "Result %s", result->tag);
}

static const char *memory_words(enum memory_type memory)
{
	return memory == MEMORY_CACHED ? "cached" : "write-combined";
}

static const char *unit_of(const struct choice_option *option)
{
	return option->config->value_unit;
}

/* "Of what is cached, " for a kind of use of an emulated record. */
static const char *among(const struct use *use)
{
	return use->memory == MEMORY_ANY      ? ""
	       : use->memory == MEMORY_CACHED ? " Among the policies whose memory the CPU sees cached,"
					      : " Among the policies whose memory the CPU sees write-combined,";
}

/* The cheapest of the policies that are told apart from the first; NULL: there is none. */
static const struct choice_option *first_behind(const struct use *use)
{
	for (size_t i = 1; i < use->nr_options; i++) {
		const char *policy = use->option[i].config->policy;
		bool behind = strcmp(policy, use->option[0].config->policy);

		for (size_t j = 1; j < use->nr_options && behind; j++)
			behind = use->option[j].apart || strcmp(use->option[j].config->policy, policy);
		if (behind)
			return &use->option[i];
	}
	return NULL;
}

static void say_use(struct document *document, const struct use *use)
{
	const struct choice_option *first = use->option, *other = NULL;
	struct words cost = estimate_words(&first->cost, unit_of(first)), name = option_words(first->config);

	for (size_t i = 1; i < use->nr_options && !other; i++) {
		if (!use->option[i].apart && strcmp(use->option[i].config->policy, first->config->policy))
			other = &use->option[i];
	}
	if (use->verdict == CHOICE_UNDECIDED) {
		const struct choice_option *behind = first_behind(use);
		struct words rest = { "" };

		if (behind)
			rest = words_of(" The next that is told apart, %s, costs %s.",
					option_words(behind->config).text, ratio_words(&behind->over).text);
		document_item(document, "%s:%s undecided. %s is smallest at %s a frame, but %s costs %s.%s",
			      use_words(use).text, among(use), name.text, cost.text, option_words(other->config).text,
			      ratio_words(&other->over).text, rest.text);
	} else {
		document_item(document,
			      "%s:%s %s costs least, %s a frame%s; of the other policies %s comes next and costs %s.",
			      use_words(use).text, among(use), name.text, cost.text,
			      use->granularity_decided ? ""
						       : " (another granularity of the same policy may do as well)",
			      option_words(use->next->config).text, ratio_words(&use->next->over).text);
	}
}

/* What is cheapest in some kinds of use, or undecided in them, as a range of what they are. */
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

static bool wins(const struct winner *winner, const struct use *use)
{
	return winner->verdict == use->verdict && winner->memory == use->memory && !strcmp(winner->kind, use->kind) &&
	       !strcmp(winner->source, use->source) &&
	       (use->verdict == CHOICE_UNDECIDED || !strcmp(winner->policy, use->option[0].config->policy));
}

/* One for each policy that is cheapest somewhere; @winner has room for as many as there are kinds of use. */
static size_t find_winners(const struct choice *choice, struct winner *winner)
{
	size_t n = 0;

	for (size_t i = 0; i < choice->nr_uses; i++) {
		const struct use *use = &choice->use[i];
		size_t at = 0;

		while (at < n && !wins(&winner[at], use))
			at++;
		if (at == n)
			winner[n++] = (struct winner){ .policy = use->option[0].config->policy,
						       .memory = use->memory,
						       .verdict = use->verdict,
						       .kind = use->kind,
						       .source = use->source,
						       .bytes = { INFINITY, 0 },
						       .touched = { INFINITY, 0 },
						       .frames = { INFINITY, 0 },
						       .margin = { INFINITY, 0 } };
		winner[at].count++;
		widen(winner[at].bytes, use->bytes);
		widen(winner[at].touched, use->touched);
		widen(winner[at].frames, use->frames);
		if (use->next)
			widen(winner[at].margin, use->next->over.value);
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
		head = words_of("Among the policies whose memory is %s: ", memory_words(w->memory));
	if (w->verdict == CHOICE_NOTHING)
		document_item(document, "%s%s is the only policy measured in %zu of %zu kinds of use (%s).", head.text,
			      w->policy, w->count, w->of, range.text);
	else if (w->verdict == CHOICE_UNDECIDED)
		document_item(document, "%sundecided in %zu of %zu kinds of use (%s).", head.text, w->count, w->of,
			      range.text);
	else
		document_item(document,
			      "%s%s costs least in %zu of %zu kinds of use (%s); the next policy costs %s times as "
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
	for (size_t i = 0; i < result->choice.nr_uses; i++) {
		const struct config_result *config = result->choice.use[i].option[0].config;

		if (!config->not_played[0] || (i && !strcmp(result->choice.use[i - 1].source, config->source)))
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

/* Of the results whose tags are in @none there is nothing to say; none when it is empty. */
static void say_none(struct report *report, const struct words *none, const char *what)
{
	if (!none->text[0])
		return;
	document_paragraph(report->document, "%s: %s. To measure some:", none->text, what);
	document_command(report->document, "%s", frame_command);
}

/* What emulation compares, where its figures are about to be seen. */
static void say_emulated(struct report *report)
{
	for (size_t i = 0; i < report->nr_results; i++) {
		if (report->result[i].record->emulated)
			document_note(report->document,
				      "EMULATED: %s is in instructions, each memory type for itself: cached against "
				      "write-combined cannot be decided by emulation.",
				      report->result[i].tag);
	}
}

static int answer_result(struct report *report, const struct result *result)
{
	const struct choice *choice = &result->choice;
	struct document *document = report->document;
	struct winner *winner;
	size_t n, decided = 0;

	content_result_heading(report, result);
	say_limits(report, result);
	for (size_t i = 0; i < choice->nr_uses; i++)
		decided += choice->use[i].verdict == CHOICE_DECIDED;
	document_paragraph(document, "%s measured %zu kind%s of use and decides %zu of them.", result->tag,
			   choice->nr_uses, choice->nr_uses == 1 ? "" : "s", decided);
	winner = calloc(choice->nr_uses, sizeof(*winner));
	if (!winner)
		return -ENOMEM;
	n = find_winners(choice, winner);
	for (size_t i = 0; i < n; i++)
		say_winner(document, &winner[i]);
	free(winner);
	say_left_out(report, result);
	if (choice->nr_uses > USES_ONE_BY_ONE)
		return 0;
	document_paragraph(document, "One by one:");
	for (size_t i = 0; i < choice->nr_uses; i++) {
		if (choice->use[i].verdict != CHOICE_NOTHING)
			say_use(document, &choice->use[i]);
	}
	return 0;
}

static bool same_use(const struct use *a, const struct use *b)
{
	return !strcmp(a->kind, b->kind) && !strcmp(a->order, b->order) && a->bytes == b->bytes &&
	       a->touched == b->touched && a->frames == b->frames && a->ring == b->ring && a->maps == b->maps &&
	       a->stride == b->stride;
}

static struct words verdict_words(const struct use *use)
{
	struct words words = { "" };

	if (use->verdict == CHOICE_NOTHING)
		words = words_of("only %.60s", use->option[0].config->policy);
	else if (use->verdict == CHOICE_UNDECIDED)
		words = words_of("undecided");
	else
		words = words_of("%.100s, next %.100s", option_words(use->option[0].config).text,
				 margin_words(&use->next->over).text);
	return words;
}

/* What @result says of a use of another result, each memory type of it. */
static void put_side(struct document *document, const struct result *result, const struct use *like)
{
	char cell[512] = "";

	for (size_t i = 0; i < result->choice.nr_uses; i++) {
		const struct use *use = &result->choice.use[i];
		size_t used = strlen(cell);

		if (!same_use(use, like))
			continue;
		snprintf(cell + used, sizeof(cell) - used, "%s%s%s%s", used ? "; " : "",
			 use->memory == MEMORY_ANY ? "" : memory_words(use->memory),
			 use->memory == MEMORY_ANY ? "" : ": ", verdict_words(use).text);
	}
	document_cell(document, "%s", cell[0] ? cell : "not measured");
}

/* Is this the first of its kind in the report, and is it in another result too? */
static bool is_shared(const struct report *report, size_t index, const struct use *use)
{
	bool shared = false;

	for (size_t i = 0; i < report->nr_results; i++) {
		const struct choice *choice = &report->result[i].choice;

		for (size_t j = 0; j < choice->nr_uses; j++) {
			if (i == index && &choice->use[j] == use)
				break;
			if (!same_use(&choice->use[j], use))
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

		for (size_t j = 0; j < choice->nr_uses; j++) {
			if (!is_shared(report, i, &choice->use[j]))
				continue;
			if (!begun) {
				document_heading(document, 3, "Side by side");
				document_table(document, align,
					       "Cheapest policy of each kind of use that more than one "
					       "result has");
				document_cell(document, "kind of use");
				for (size_t k = 0; k < report->nr_results; k++)
					document_cell(document, "%s", report->result[k].tag);
				begun = true;
			}
			document_cell(document, "%s", use_words(&choice->use[j]).text);
			for (size_t k = 0; k < report->nr_results; k++)
				put_side(document, &report->result[k], &choice->use[j]);
		}
	}
	free(align);
	if (!begun)
		document_paragraph(document,
				   "No kind of use was measured in more than one of these results: they stand "
				   "side by side, and nothing is said across them.");
	return 0;
}

int content_answer(struct report *report)
{
	struct words none = { "" };
	int err = 0;

	document_heading(report->document, 2, "1. The answer");
	document_paragraph(
		report->document,
		"A kind of use is a frame of one size and shape. The cheapest option is named where its policy "
		"costs less than every other one: the intervals in brackets hold with 95 %%, and those of ratios "
		"all together, over all comparisons of a result. Elsewhere it is undecided. Each result speaks "
		"for its own machine, kernel and boot.");
	for (size_t i = 0; i < report->nr_results && !err; i++) {
		if (report->result[i].choice.nr_uses)
			err = answer_result(report, &report->result[i]);
		else
			words_add(&none, "%s%s", none.text[0] ? ", " : "", report->result[i].tag);
	}
	if (none.text[0] && report->nr_results > 1)
		document_heading(report->document, 3, "Results without an answer");
	say_none(report, &none, "no frame that can be compared, so no policy is chosen");
	for (size_t i = 0; i < report->nr_results && !err; i++) {
		if (!report->result[i].choice.nr_uses)
			say_left_out(report, &report->result[i]);
	}
	if (!err && report->nr_results > 1)
		err = side_by_side(report);
	return err;
}

/* Two parameters of a kind of use that span a map. */
struct axes {
	size_t column, row; /* offsets in struct use */
	const char *name, *column_title;
};

static double along(const struct use *use, size_t offset)
{
	double value;

	memcpy(&value, (const char *)use + offset, sizeof(value));
	return value;
}

/* Alike in all but what varies: offsets of doubles in struct use. */
static bool alike_but(const struct use *a, const struct use *b, size_t varies, size_t varies_too)
{
	static const size_t numbers[] = { offsetof(struct use, bytes),  offsetof(struct use, touched),
					  offsetof(struct use, frames), offsetof(struct use, ring),
					  offsetof(struct use, maps),   offsetof(struct use, stride) };

	if (strcmp(a->source, b->source) || strcmp(a->kind, b->kind) || strcmp(a->order, b->order) ||
	    a->memory != b->memory)
		return false;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (numbers[i] != varies && numbers[i] != varies_too && along(a, numbers[i]) != along(b, numbers[i]))
			return false;
	}
	return true;
}

/* The @n values of a parameter in @member, growing, each once, into @value. Return: how many. */
static size_t levels(const struct use *const *member, size_t n, size_t offset, double *value)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		double x = along(member[i], offset);
		size_t at = count;

		while (at && value[at - 1] > x)
			at--;
		if (at && value[at - 1] == x)
			continue;
		memmove(value + at + 1, value + at, (count - at) * sizeof(*value));
		value[at] = x;
		count++;
	}
	return count;
}

/* All uses that differ from @first only along the two; none when an earlier one did so too. */
static size_t members(const struct choice *choice, size_t first, size_t varies, size_t varies_too,
		      const struct use **member)
{
	size_t n = 0;

	for (size_t i = 0; i < choice->nr_uses; i++) {
		if (!alike_but(&choice->use[i], &choice->use[first], varies, varies_too))
			continue;
		if (i < first)
			return 0;
		member[n++] = &choice->use[i];
	}
	return n;
}

/* What a family of uses has in common, for a title; @without is what varies besides the size. */
static struct words family_words(const struct use *use, size_t without)
{
	struct words words = words_of("%.40s%s", use->source, strcmp(use->kind, "loop") ? ", " : "");

	if (strcmp(use->kind, "loop"))
		words_add(&words, "%.20s", use->kind);
	if (use->memory != MEMORY_ANY)
		words_add(&words, ", %s memory", memory_words(use->memory));
	if (without != offsetof(struct use, touched))
		words_add(&words, ", %s read", percent_words(use->touched).text);
	if (without != offsetof(struct use, frames))
		words_add(&words, ", %g frame%s a buffer", use->frames, use->frames == 1 ? "" : "s");
	if (use->ring != 1)
		words_add(&words, ", a ring of %g buffers", use->ring);
	if (use->maps != 1)
		words_add(&words, ", %g mappings", use->maps);
	if (!strcmp(use->order, "random"))
		words_add(&words, ", at random");
	return words;
}

static struct words level_words(double value, size_t offset)
{
	struct words words = { "" };

	if (offset == offsetof(struct use, touched))
		return percent_words(value);
	if (offset == offsetof(struct use, bytes))
		return size_words(value);
	words = words_of("%g", value);
	return words;
}

static const struct use *cell_at(const struct use *const *member, size_t n, const struct axes *axes, double column,
				 double row)
{
	for (size_t i = 0; i < n; i++) {
		if (along(member[i], axes->column) == column && along(member[i], axes->row) == row)
			return member[i];
	}
	return NULL;
}

static struct words cell_margin(const struct use *use)
{
	struct words words = { "only policy" };

	return use->next ? margin_words(&use->next->over) : words;
}

static void map_table(struct document *document, const struct use *const *member, size_t n, const struct axes *axes,
		      const double *column, size_t columns, const double *row, size_t rows, const char *caption)
{
	char align[64] = "";

	memset(align, 'l', columns + 1);
	document_table(document, align,
		       "%s: cells of the map, each with the cheapest and what the next policy costs more", caption);
	document_cell(document, "size");
	for (size_t i = 0; i < columns; i++)
		document_cell(document, "%s", level_words(column[i], axes->column).text);
	for (size_t j = rows; j-- > 0;) {
		document_cell(document, "%s", level_words(row[j], axes->row).text);
		for (size_t i = 0; i < columns; i++) {
			const struct use *use = cell_at(member, n, axes, column[i], row[j]);

			if (!use)
				document_cell(document, "not measured");
			else
				document_cell(document, "%s%s %s",
					      use->verdict == CHOICE_UNDECIDED ? "undecided: " : "",
					      option_words(use->option[0].config).text, cell_margin(use).text);
		}
	}
}

/* Policies that are cheapest in a cell, for the legend; their styles as a list of words. */
static void map_legend(struct figure *figure, const struct use *const *member, size_t n)
{
	struct words styles = { "" };
	char variable[32];
	int count = 0;

	for (int style = 1; style <= 7; style++) {
		for (size_t i = 0; i < n; i++) {
			const char *policy = member[i]->option[0].config->policy;

			if (policy_style(policy) != style)
				continue;
			snprintf(variable, sizeof(variable), "policy%d", ++count);
			figure_text(figure, variable, policy);
			words_add(&styles, "%d ", style);
			break;
		}
	}
	figure_text(figure, "styles", styles.text);
	figure_number(figure, "policies", count);
}

static void map_figure(struct report *report, const struct result *result, const struct use *const *member, size_t n,
		       const struct axes *axes, const double *column, size_t columns, const double *row, size_t rows,
		       const char *caption, const char *name)
{
	struct figure figure = figure_begin(&report->figures, name, "map");
	struct words title, alternative, margin;
	char *interval;

	map_legend(&figure, member, n);
	figure_number(&figure, "columns", (double)columns);
	figure_number(&figure, "rows", (double)rows);
	title = words_of("%s; n = %zu rounds", axes->column_title, member[0]->option[0].cost.n);
	figure_text(&figure, "xtitle", title.text);
	figure_text(&figure, "ytitle", "size of the buffer, bytes");
	fputs("# column row style undecided cheapest margin interval column row\n", figure.data);
	for (size_t i = 0; i < columns; i++) {
		for (size_t j = 0; j < rows; j++) {
			const struct use *use = cell_at(member, n, axes, column[i], row[j]);

			if (!use)
				continue;
			fprintf(figure.data, "%zu %zu %d %d ", i + 1, j + 1,
				policy_style(use->option[0].config->policy), use->verdict == CHOICE_UNDECIDED);
			figure_data_text(&figure, option_words(use->option[0].config).text);
			fputc(' ', figure.data);
			margin = cell_margin(use);
			interval = strchr(margin.text, '(');
			if (interval)
				interval[-1] = '\0';
			figure_data_text(&figure, margin.text);
			fputc(' ', figure.data);
			figure_data_text(&figure, interval ? interval : "");
			fputc(' ', figure.data);
			figure_data_text(&figure, level_words(column[i], axes->column).text);
			fputc(' ', figure.data);
			figure_data_text(&figure, level_words(row[j], axes->row).text);
			fputc('\n', figure.data);
		}
	}
	alternative = words_of(
		"Map of the cheapest policy by buffer size and %s, result %s: %s. The table that follows has its "
		"cells.",
		axes->column_title, result->tag, caption);
	figure_end(&figure, report->document, alternative.text, caption);
}

#define LEVELS_MAX 32

/* Maps over one pair of axes. @without_map counts what had too many levels or figures to be shown. */
static void maps_of(struct report *report, const struct result *result, const struct axes *axes,
		    const struct use **member, size_t *maps, size_t *without_map)
{
	const struct choice *choice = &result->choice;
	size_t shown = 0;

	for (size_t i = 0; i < choice->nr_uses; i++) {
		double column[LEVELS_MAX], row[LEVELS_MAX];
		size_t n = members(choice, i, axes->column, axes->row, member), columns, rows;
		struct words caption, name;

		if (n < 2)
			continue;
		if (n > LEVELS_MAX || shown == FIGURES_MAX) {
			*without_map += 1;
			continue;
		}
		columns = levels(member, n, axes->column, column);
		rows = levels(member, n, axes->row, row);
		/* A map of one column is the other map's. */
		if (columns < 2)
			continue;
		caption = words_of("%s: cheapest policy, %s", result->tag, family_words(member[0], axes->column).text);
		name = words_of("%s-map-%s-%zu", result->tag, axes->name, ++shown);
		if (!*maps)
			content_result_heading(report, result);
		map_figure(report, result, member, n, axes, column, columns, row, rows, caption.text, name.text);
		map_table(report->document, member, n, axes, column, columns, row, rows, caption.text);
		++*maps;
	}
}

int content_map(struct report *report)
{
	static const struct axes axes[] = {
		{ offsetof(struct use, touched), offsetof(struct use, bytes), "touched",
		  "part of the pages that is read" },
		{ offsetof(struct use, frames), offsetof(struct use, bytes), "reuse",
		  "frames that one buffer carries before it starts afresh" },
	};

	struct words none = { "" };

	document_heading(report->document, 2, "2. Decision map");
	document_paragraph(
		report->document,
		"Each cell names the cheapest policy, and what the next policy costs more, with its interval. "
		"Hatched cells are undecided.");
	say_emulated(report);
	for (size_t i = 0; i < report->nr_results; i++) {
		const struct result *result = &report->result[i];
		const struct use **member = calloc(result->choice.nr_uses + 1, sizeof(*member));
		size_t maps = 0, without = 0;

		if (!member)
			return -ENOMEM;
		for (size_t j = 0; j < sizeof(axes) / sizeof(axes[0]); j++)
			maps_of(report, result, &axes[j], member, &maps, &without);
		free(member);
		if (without)
			document_paragraph(report->document,
					   "%zu more maps of %s are left out: its record has their figures.", without,
					   result->tag);
		if (!maps)
			words_add(&none, "%s%s", none.text[0] ? ", " : "", result->tag);
	}
	say_none(report, &none, "no frames of several touched fractions or numbers of frames, so no map");
	return 0;
}

#define POLICIES_MAX 7

/* One policy's costs along the touched fraction, at the granularity that is cheapest over all of it. */
struct line {
	const char *policy, *granularity;
	const struct choice_option *option[LEVELS_MAX];
	double sum; /* of logarithms of the cost: what the granularity is chosen by */
};

/* The line of a policy and granularity; false when it lacks a point. */
static bool line_of(const struct use *const *member, size_t n, const struct config_result *config, struct line *line)
{
	*line = (struct line){ .policy = config->policy, .granularity = config->granularity };
	for (size_t i = 0; i < n; i++) {
		line->option[i] = use_option(member[i], config->policy, config->granularity);
		if (!line->option[i])
			return false;
		line->sum += log(line->option[i]->cost.value);
	}
	return true;
}

static size_t lines_of(const struct use *const *member, size_t n, struct line *line)
{
	size_t count = 0;

	for (size_t i = 0; i < member[0]->nr_options; i++) {
		struct line found;
		size_t at = 0;

		if (!line_of(member, n, member[0]->option[i].config, &found))
			continue;
		while (at < count && strcmp(line[at].policy, found.policy))
			at++;
		if (at == POLICIES_MAX)
			continue;
		if (at == count || found.sum < line[at].sum)
			line[at] = found;
		count += at == count;
	}
	return count;
}

/* A crossing with those who cross. */
struct meeting {
	const struct line *a, *b;
	struct crossing crossing;
	double cost; /* there */
};

static double cost_at(const struct line *line, const double *x, size_t n, double at)
{
	for (size_t i = 1; i < n; i++) {
		double from = line->option[i - 1]->cost.value, to = line->option[i]->cost.value;

		if (at <= x[i])
			return from + (to - from) * (at - x[i - 1]) / (x[i] - x[i - 1]);
	}
	return NAN;
}

static int meetings_of(const struct choice *choice, const bool *disturbed, const struct line *line, size_t lines,
		       const double *x, size_t n, struct meeting *meeting, size_t *count)
{
	double level = 1 - 0.05 / fmax(1, (double)choice->comparisons);
	int err = 0;

	for (size_t i = 0; i < lines && !err; i++) {
		for (size_t j = i + 1; j < lines && !err; j++) {
			struct estimate ratio[LEVELS_MAX];
			struct crossing crossing[CROSSINGS_MAX];
			double base[LEVELS_MAX];
			size_t found;
			bool undecided;

			for (size_t k = 0; k < n && !err; k++) {
				base[k] = line[j].option[k]->cost.value;
				err = record_compare(choice->record, line[i].option[k]->config,
						     line[j].option[k]->config, disturbed, level, &ratio[k],
						     &undecided);
			}
			found = err ? 0 : crossings_find(x, base, ratio, n, crossing);
			for (size_t k = 0; k < found; k++)
				meeting[(*count)++] = (struct meeting){ &line[i], &line[j], crossing[k],
									cost_at(&line[i], x, n, crossing[k].at) };
		}
	}
	return err;
}

/* Policies that were measured at some of the points only. */
static void say_without_line(struct document *document, const struct use *const *member, size_t n,
			     const struct line *line, size_t lines)
{
	struct words policies = { "" };

	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < member[i]->nr_options; j++) {
			const char *policy = member[i]->option[j].config->policy;
			bool known = strstr(policies.text, policy) != NULL;

			for (size_t k = 0; k < lines && !known; k++)
				known = !strcmp(line[k].policy, policy);
			if (!known)
				words_add(&policies, "%s%s", policies.text[0] ? ", " : "", policy);
		}
	}
	if (policies.text[0])
		document_item(document, "Without a line, since not measured at all of these points: %s.",
			      policies.text);
}

static struct words line_words(const struct line *line)
{
	return option_words(line->option[0]->config);
}

static void crossover_figure(struct report *report, const struct use *const *member, size_t n, const struct line *line,
			     size_t lines, const double *x, const struct meeting *meeting, size_t meetings,
			     const char *caption, const char *name)
{
	struct figure figure = figure_begin(&report->figures, name, "lines");
	const char *unit = unit_of(line[0].option[0]);
	bool marked = false;
	struct words text, styles = { "" };

	for (size_t i = 0; i < lines; i++)
		words_add(&styles, "%d ", policy_style(line[i].policy));
	for (size_t i = 0; i < lines; i++) {
		figure_data_text(&figure, line_words(&line[i]).text);
		fputc('\n', figure.data);
		for (size_t k = 0; k < n; k++) {
			const struct estimate *cost = &line[i].option[k]->cost;

			fprintf(figure.data, "%g %.10g %.10g %.10g\n", 100 * x[k], cost->value,
				isfinite(cost->lower) ? cost->lower : cost->value,
				isfinite(cost->upper) ? cost->upper : cost->value);
		}
		fputs("\n\n", figure.data);
	}
	for (size_t i = 0; i < meetings; i++) {
		const struct crossing *c = &meeting[i].crossing;

		if (!c->decided)
			continue;
		marked = true;
		fprintf(figure.data, "%g %g %g %.10g\n", 100 * c->at, 100 * (isfinite(c->lower) ? c->lower : x[0]),
			100 * (isfinite(c->upper) ? c->upper : x[n - 1]), meeting[i].cost);
	}
	figure_lines(&figure, &(struct lines_look){ .lines = (int)lines, .marked = marked, .x_format = "%g" },
		     styles.text);
	figure_text(&figure, "xtitle", "pages of the buffer that the CPU reads, %");
	text = words_of("%s per frame; n = %zu rounds", unit, member[0]->option[0].cost.n);
	figure_text(&figure, "ytitle", text.text);
	text = words_of("Cost per frame against the part that is read, a line for each of %zu policies.", lines);
	figure_end(&figure, report->document, text.text, caption);
}

static void say_meeting(struct document *document, const struct meeting *m)
{
	const struct crossing *c = &m->crossing;
	struct words at = percent_words(c->at), lower = percent_words(c->lower), upper = percent_words(c->upper);

	if (!c->decided) {
		document_item(
			document,
			"%s and %s may cross near %s: undecided, since on one side or both they are not told apart.",
			line_words(m->a).text, line_words(m->b).text, at.text);
		return;
	}
	document_item(document, "%s and %s cross at %s read (%s to %s).", line_words(m->a).text, line_words(m->b).text,
		      at.text, isfinite(c->lower) ? lower.text : "below what was measured",
		      isfinite(c->upper) ? upper.text : "above what was measured");
}

/* A family of uses that differ in the touched fraction alone. */
static int crossover(struct report *report, const struct result *result, const struct use *const *member, size_t n,
		     const bool *disturbed, size_t *shown)
{
	struct meeting meeting[POLICIES_MAX * (POLICIES_MAX - 1) / 2 * CROSSINGS_MAX];
	struct line line[POLICIES_MAX];
	double x[LEVELS_MAX];
	size_t lines, meetings = 0;
	struct words caption, name;
	int err;

	levels(member, n, offsetof(struct use, touched), x);
	lines = lines_of(member, n, line);
	if (lines < 2)
		return 0;
	err = meetings_of(&result->choice, disturbed, line, lines, x, n, meeting, &meetings);
	if (err)
		return err;
	caption = words_of("%s: cost per frame, %s buffer, %s", result->tag, size_words(member[0]->bytes).text,
			   family_words(member[0], offsetof(struct use, touched)).text);
	if (!*shown)
		content_result_heading(report, result);
	if (*shown < FIGURES_MAX) {
		name = words_of("%s-crossover-%zu", result->tag, *shown + 1);
		crossover_figure(report, member, n, line, lines, x, meeting, meetings, caption.text, name.text);
	} else {
		document_paragraph(report->document, "%s (no figure):", caption.text);
	}
	++*shown;
	for (size_t i = 0; i < meetings; i++)
		say_meeting(report->document, &meeting[i]);
	say_without_line(report->document, member, n, line, lines);
	if (!meetings)
		document_item(report->document, "No two of these policies cross between %s and %s read.",
			      percent_words(x[0]).text, percent_words(x[n - 1]).text);
	return 0;
}

int content_crossovers(struct report *report)
{
	struct words none = { "" };
	int err = 0;

	document_heading(report->document, 2, "3. Crossovers");
	document_paragraph(
		report->document,
		"A line for each policy at the granularity that is cheapest for it over the whole line. Between "
		"two measured points costs are taken as straight. The interval of a crossing is where the ratio of "
		"the two may be 1.");
	say_emulated(report);
	for (size_t i = 0; i < report->nr_results && !err; i++) {
		const struct result *result = &report->result[i];
		const struct choice *choice = &result->choice;
		const struct use **member = calloc(choice->nr_uses + 1, sizeof(*member));
		bool *disturbed = record_disturbed(result->record);
		size_t shown = 0;

		err = member && disturbed ? 0 : -ENOMEM;
		for (size_t j = 0; j < choice->nr_uses && !err; j++) {
			size_t touched = offsetof(struct use, touched);
			size_t n = members(choice, j, touched, touched, member);

			if (n >= 2 && n <= LEVELS_MAX)
				err = crossover(report, result, member, n, disturbed, &shown);
		}
		if (!err && !shown)
			words_add(&none, "%s%s", none.text[0] ? ", " : "", result->tag);
		free(disturbed);
		free(member);
	}
	say_none(report, &none, "no two policies at several touched fractions");
	return err;
}
