// SPDX-License-Identifier: GPL-2.0-or-later
/* Part 2: which policy is cheapest along two parameters of a workload. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/answer/family.h"
#include "report/answer/parts.h"

/* The two parameters of a map. */
struct axes {
	size_t column, row; /* offsets in struct workload */
	const char *name, *column_title;
};

static const struct workload *cell_at(const struct workload *const *member, size_t n, const struct axes *axes,
				      double column, double row)
{
	for (size_t i = 0; i < n; i++) {
		if (workload_along(member[i], axes->column) == column && workload_along(member[i], axes->row) == row)
			return member[i];
	}
	return NULL;
}

static struct words cell_margin(const struct workload *workload)
{
	struct words words = { "only policy" };

	return workload->next ? margin_words(&workload->next->over) : words;
}

/* Policies that are cheapest in a cell, for the legend; their styles as a list of words. */
static void map_legend(struct figure *figure, const struct workload *const *member, size_t n)
{
	struct words styles = { "" };
	char variable[32];
	int count = 0;

	for (int style = 1; style <= POLICY_STYLES; style++) {
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

static void map_figure(struct report *report, const struct result *result, const struct workload *const *member,
		       size_t n, const struct axes *axes, const double *column, size_t columns, const double *row,
		       size_t rows, const char *caption, const char *name)
{
	struct figure figure = report_figure(report, result, name, "map");
	struct words title, alternative, margin;
	struct rounds rounds = { 0 };
	char *interval;

	map_legend(&figure, member, n);
	figure_number(&figure, "columns", (double)columns);
	figure_number(&figure, "rows", (double)rows);
	figure_text(&figure, "ytitle", "size of the buffer, bytes");
	fputs("# column row style inconclusive cheapest margin interval column row\n", figure.data);
	for (size_t i = 0; i < columns; i++) {
		for (size_t j = 0; j < rows; j++) {
			const struct workload *workload = cell_at(member, n, axes, column[i], row[j]);

			if (!workload)
				continue;
			rounds_add(&rounds, workload->next ? workload->next->over.n : workload->option[0].cost.n);
			fprintf(figure.data, "%zu %zu %d %d ", i + 1, j + 1,
				policy_style(workload->option[0].config->policy),
				workload->verdict == CHOICE_UNDECIDED);
			figure_data_text(&figure, option_words(workload->option[0].config).text);
			fputc(' ', figure.data);
			margin = cell_margin(workload);
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
	title = words_of("%s; %s", axes->column_title, sample_rounds_words(&rounds).text);
	figure_text(&figure, "xtitle", title.text);
	alternative = words_of(
		"Map of the cheapest policy by buffer size and %s, result %s: %s. Part 1 has a table of the same.",
		axes->column_title, result->tag, caption);
	figure_end(&figure, report->document, alternative.text, caption);
}

/* A part of the cost of an imitated policy is not measured: then no policy is known to be the cheapest. */
static bool some_imitated(const struct workload *const *member, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (workload_is_imitated(member[i]))
			return true;
	}
	return false;
}

/* How many maps are shown, and how many are not, since they have too many levels or imitated policies. */
struct shown_maps {
	size_t shown, without, imitated;
};

/* Maps over one pair of axes. */
static void maps_of(struct report *report, const struct result *result, const struct axes *axes,
		    const struct workload **member, struct shown_maps *maps)
{
	const struct choice *choice = &result->choice;
	size_t shown = 0;

	for (size_t i = 0; i < choice->nr_workloads; i++) {
		double column[LEVELS_MAX], row[LEVELS_MAX];
		size_t n = family_members(choice, i, axes->column, axes->row, member), columns, rows;
		struct words caption, name;

		if (n < 2)
			continue;
		if (n > LEVELS_MAX || shown == FIGURES_MAX) {
			maps->without++;
			continue;
		}
		columns = family_levels(member, n, axes->column, column);
		rows = family_levels(member, n, axes->row, row);
		/* A map of one column is shown as the other map. */
		if (columns < 2)
			continue;
		if (some_imitated(member, n)) {
			maps->imitated++;
			continue;
		}
		caption = words_of("%s: cheapest policy, %s", result->tag, family_words(member[0], axes->column).text);
		name = words_of("%s-map-%s-%zu", result->tag, axes->name, ++shown);
		if (!maps->shown)
			part_result_heading(report, result);
		map_figure(report, result, member, n, axes, column, columns, row, rows, caption.text, name.text);
		maps->shown++;
	}
}

int part_maps(struct report *report)
{
	static const struct axes axes[] = {
		{ offsetof(struct workload, touched), offsetof(struct workload, bytes), "touched",
		  "pages of the buffer that the CPU reads" },
		{ offsetof(struct workload, frames), offsetof(struct workload, bytes), "reuse",
		  "frames per buffer before it is allocated again" },
	};

	struct words none = { "" }, imitated = { "" };

	document_heading(report->document, 2, "2. Decision map");
	document_fold(report->document);
	document_paragraph(report->document, "Each cell names the cheapest policy, and by how much the runner-up costs "
					     "more, with its interval. Hatched cells are inconclusive.");
	for (size_t i = 0; i < report->nr_results; i++) {
		const struct result *result = &report->result[i];
		const struct workload **member = calloc(result->choice.nr_workloads + 1, sizeof(*member));
		struct shown_maps maps = { 0 };

		if (!member)
			return -ENOMEM;
		for (size_t j = 0; j < sizeof(axes) / sizeof(axes[0]); j++)
			maps_of(report, result, &axes[j], member, &maps);
		free(member);
		if (maps.without)
			document_paragraph(report->document,
					   "%zu more maps of %s are not shown. The result file has their figures.",
					   maps.without, result->tag);
		if (maps.imitated)
			part_add_tag(&imitated, result);
		else if (!maps.shown)
			part_add_tag(&none, result);
	}
	if (imitated.text[0])
		document_paragraph(
			report->document,
			"%s: no map where userspace imitates a policy. A part of its cost is NOT measured, so "
			"the cheapest policy is not known. Part 1 has what was measured.",
			imitated.text);
	part_say_none(report, &none, "no map, because frames have only one touched fraction and one number of frames");
	return 0;
}
