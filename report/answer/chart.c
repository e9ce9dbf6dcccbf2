// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The chart of an answer: what each policy costs above the cheapest one, a row for each workload. Names stand at their
 * marks, so that it needs no legend; it is as wide as a slide, and its text is readable at half the size, as on a
 * telephone. Where names stand is computed here: gnuplot knows no text that avoids another one.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/answer/brief.h"
#include "report/answer/parts.h"

/* In units of the picture: answer.gp has the same. */
enum { TITLES = 290, BESIDE = 24, ROW = 44, OTHER = 118, LETTER = 11, GAP = 16, NEAR = 14 };
/* A name that marks share is no longer than this part of the plot. */
#define MOST 0.7

struct mark_at {
	struct words policy; /* with its variant */
	int style;
	double value, lower, upper, place;
	struct words label;
	double label_at;
};

struct row {
	const struct workload *workload;
	struct mark_at mark[POLICY_STYLES];
	size_t marks;
};

/* Where a row is, in units from the left of the plot. */
struct scale {
	double low, high, width;
};

static double at_of(const struct scale *scale, double value)
{
	return (value - scale->low) / (scale->high - scale->low) * scale->width;
}

static double end_of(const struct scale *scale, const struct mark_at *mark)
{
	return at_of(scale, mark->label_at) + GAP + LETTER * (double)strlen(mark->label.text);
}

static int by_value(const void *left, const void *right)
{
	const struct mark_at *a = left, *b = right;

	return a->value < b->value ? -1 : a->value > b->value ? 1 : a->style - b->style;
}

/* The cheapest option of each policy, the cheapest first; @rounds: those of what is shown. */
static void fill_row(struct row *row, const struct workload *workload, struct rounds *rounds)
{
	row->workload = workload;
	for (size_t i = 0; i < workload->nr_options && row->marks < POLICY_STYLES; i++) {
		const struct choice_option *option = &workload->option[i];
		const struct estimate *over = &option->over;
		struct mark_at *mark = &row->mark[row->marks];

		if (option != workload_cheapest(workload, option->config))
			continue;
		*mark = (struct mark_at){ .policy = policy_words(option->config),
					  .style = policy_style(option->config->policy) };
		if (i) {
			mark->value = 100 * (over->value - 1);
			mark->lower = isfinite(over->lower) ? 100 * (over->lower - 1) : mark->value;
			mark->upper = isfinite(over->upper) ? 100 * (over->upper - 1) : mark->value;
		}
		if (i && isfinite(mark->value))
			rounds_add(rounds, over->n);
		row->marks += isfinite(mark->value);
	}
	qsort(row->mark, row->marks, sizeof(row->mark[0]), by_value);
}

static void add_name(struct words *label, const struct mark_at *mark)
{
	words_add(label, "%s%s", label->text[0] ? ", " : "", mark->policy.text);
	if (fabs(mark->value) >= 0.05)
		words_add(label, " %+.*f %%", fabs(mark->value) < 100 ? 1 : 0, mark->value);
}

/* The name that marks @first to @last share, without their figures: with them it is too long for the picture. */
static void name_only(struct row *row, size_t first, size_t last)
{
	struct words *label = &row->mark[first].label;

	*label = words_of("%s", "");
	for (size_t i = first; i <= last; i++)
		words_add(label, "%s%s", i > first ? ", " : "", row->mark[i].policy.text);
}

/* Names of a row, in two lines where one has no room; marks that lie on each other share one. */
static void place_labels(struct row *row, const struct scale *scale)
{
	double taken[2] = { -INFINITY, -INFINITY };
	size_t line = 0, first = 0;
	bool two = false;

	for (size_t i = 0; i < row->marks; i++) {
		struct mark_at *mark = &row->mark[i], *named = &row->mark[first];
		bool together = i && at_of(scale, mark->value) - at_of(scale, named->value) < NEAR;

		mark->label = words_of("%s", "");
		mark->label_at = mark->upper;
		if (!together && i) {
			size_t free = at_of(scale, mark->lower) > taken[0] ? 0 : 1;

			together = free && at_of(scale, mark->lower) <= taken[1];
			/* A mark that shares a name is on the line of that name, which then stands behind it. */
			if (!together)
				line = free;
			two |= free;
		}
		if (!together)
			first = i;
		named = &row->mark[first];
		named->label_at = fmax(named->label_at, mark->upper);
		add_name(&named->label, mark);
		if (LETTER * (double)strlen(named->label.text) > MOST * scale->width)
			name_only(row, first, i);
		mark->place = line ? 0.23 : -0.23;
		taken[line] = end_of(scale, named);
	}
	for (size_t i = 0; i < row->marks && !two; i++)
		row->mark[i].place = 0;
}

/* The end of the axis at which every name is within the picture. */
static struct scale fit(struct row *row, size_t rows)
{
	double wide = fmax(800, (OTHER + ROW * (double)rows) * 16 / 9);
	struct scale scale = { .width = wide - TITLES - BESIDE };

	for (size_t i = 0; i < rows; i++) {
		for (size_t j = 0; j < row[i].marks; j++) {
			scale.low = fmin(scale.low, row[i].mark[j].lower);
			scale.high = fmax(scale.high, row[i].mark[j].upper);
		}
	}
	if (scale.high - scale.low < 1e-6)
		scale.high = 1;
	/* A longer axis brings marks together, and so names. */
	for (int again = 0; again < 20; again++) {
		double high = scale.high;

		for (size_t i = 0; i < rows; i++) {
			place_labels(&row[i], &scale);
			for (size_t j = 0; j < row[i].marks; j++) {
				const struct mark_at *mark = &row[i].mark[j];
				double room = scale.width - (end_of(&scale, mark) - at_of(&scale, mark->label_at));

				if (mark->label.text[0] && room > 0)
					high = fmax(high,
						    scale.low + (mark->label_at - scale.low) / room * scale.width);
			}
		}
		scale.high = high;
	}
	return scale;
}

/* The title of a row in two lines: divided at the comma nearest to its middle. */
static void put_title(struct figure *figure, const char *title)
{
	const char *comma = NULL;
	size_t length = strlen(title);

	for (const char *at = strstr(title, ", "); at && length > TITLES / LETTER - 2; at = strstr(at + 1, ", ")) {
		if (!comma || labs(2 * (at - title) - (long)length) < labs(2 * (comma - title) - (long)length))
			comma = at;
	}
	figure_data_text(figure, words_of("%.*s", comma ? (int)(comma - title) : (int)length, title).text);
	fputc(' ', figure->data);
	figure_data_text(figure, comma ? comma + 2 : "");
}

static void put_rows(struct figure *figure, const struct brief *brief, const struct row *row, size_t rows)
{
	for (size_t i = 0; i < rows; i++) {
		for (size_t j = 0; j < row[i].marks; j++) {
			const struct mark_at *mark = &row[i].mark[j];

			fprintf(figure->data, "%zu ", i + 1);
			put_title(figure, brief_label(brief, row[i].workload).text);
			fprintf(figure->data, " %d ", mark->style);
			figure_data_text(figure, mark->policy.text);
			fprintf(figure->data, " %.6g %.6g %.6g %g %.6g ", mark->value, mark->lower, mark->upper,
				mark->place, mark->label_at);
			figure_data_text(figure, mark->label.text);
			fputc('\n', figure->data);
		}
	}
}

static bool has_style(const struct row *row, size_t rows, int style)
{
	for (size_t i = 0; i < rows; i++) {
		for (size_t j = 0; j < row[i].marks; j++) {
			if (row[i].mark[j].style == style)
				return true;
		}
	}
	return false;
}

void answer_chart(struct report *report, const struct result *result, const struct brief *brief)
{
	struct words name = words_of("%s-answer", result->tag), styles = { "" };
	struct figure figure = report_figure(report, result, name.text, "answer");
	bool emulated = result->record->emulated;
	struct row row[BRIEF_ROWS] = { { .marks = 0 } };
	struct rounds rounds = { 0 };
	struct scale scale;
	size_t rows = 0;

	while (rows < brief->rows && brief->row[rows]->verdict != CHOICE_NOTHING) {
		fill_row(&row[rows], brief->row[rows], &rounds);
		rows++;
	}
	scale = fit(row, rows);
	put_rows(&figure, brief, row, rows);
	for (int style = 1; style <= POLICY_STYLES; style++) {
		if (has_style(row, rows, style))
			words_add(&styles, "%d ", style);
	}
	figure_text(&figure, "styles", styles.text);
	figure_number(&figure, "rows", (double)rows);
	figure_number(&figure, "low", scale.low);
	figure_number(&figure, "high", scale.high);
	figure_text(&figure, "xtitle",
		    words_of("%s per frame above the cheapest policy, %%", emulated ? "instructions" : "time").text);
	figure_text(&figure, "ytitle", "");
	figure_end(&figure, report->document,
		   "What each policy costs above the cheapest one, a row for each workload. The next table has the "
		   "nearest two policies of each.",
		   words_of("Each mark is a policy: how much more a frame costs than with the cheapest policy of its "
			    "row. The line through a mark is %s. All rows: %s. %s; a round measures "
			    "every row once.",
			    emulated
				    ? "the smallest and the largest difference of the rounds"
				    : "the 95 % interval; a mark without a line has too few undisturbed rounds for one",
			    brief_shared(brief).text, sample_rounds_words(&rounds).text)
			   .text);
}
