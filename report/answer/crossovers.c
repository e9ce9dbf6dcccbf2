// SPDX-License-Identifier: GPL-2.0-or-later
/* Part 3: at which touched fraction the cheapest policy changes. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/answer/family.h"
#include "report/answer/parts.h"
#include "bench/base/policy.h"

#define POLICIES_MAX 7

/* One policy's costs along the touched fraction, at the granularity that is cheapest over all of it. */
struct line {
	const struct config_result *like; /* its first */
	const struct choice_option *option[LEVELS_MAX];
	double sum; /* of logarithms of the cost: what the granularity is chosen by */
};

/* The option with the same policy, granularity and variant; NULL when it was not measured. */
static const struct choice_option *option_like(const struct workload *workload, const struct config_result *config)
{
	for (size_t i = 0; i < workload->nr_options; i++) {
		if (!strcmp(option_words(workload->option[i].config).text, option_words(config).text))
			return &workload->option[i];
	}
	return NULL;
}

/* The line of a policy and granularity; false when it lacks a point. */
static bool line_of(const struct workload *const *member, size_t n, const struct config_result *config,
		    struct line *line)
{
	*line = (struct line){ .like = config };
	for (size_t i = 0; i < n; i++) {
		line->option[i] = option_like(member[i], config);
		if (!line->option[i])
			return false;
		line->sum += log(line->option[i]->cost.value);
	}
	return true;
}

static size_t lines_of(const struct workload *const *member, size_t n, struct line *line)
{
	size_t count = 0;

	for (size_t i = 0; i < member[0]->nr_options; i++) {
		struct line found;
		size_t at = 0;

		if (!line_of(member, n, member[0]->option[i].config, &found))
			continue;
		while (at < count && !option_same_policy(line[at].like, found.like))
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

static int meetings_of(const struct choice *choice, const struct line *line, size_t lines, const double *x, size_t n,
		       struct meeting *meeting, size_t *count)
{
	double level = stats_family_level(0.95, choice->comparisons);
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
						     line[j].option[k]->config, false, level, &ratio[k], &undecided);
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
static void say_without_line(struct document *document, const struct workload *const *member, size_t n,
			     const struct line *line, size_t lines)
{
	const struct config_result *named[2 * NR_POLICIES];
	struct words policies = { "" };
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < member[i]->nr_options && count < 2 * NR_POLICIES; j++) {
			const struct config_result *policy = member[i]->option[j].config;
			bool known = false;

			for (size_t k = 0; k < lines && !known; k++)
				known = option_same_policy(line[k].like, policy);
			for (size_t k = 0; k < count && !known; k++)
				known = option_same_policy(named[k], policy);
			if (known)
				continue;
			named[count++] = policy;
			words_add(&policies, "%s%s", policies.text[0] ? ", " : "", policy_words(policy).text);
		}
	}
	if (policies.text[0])
		document_item(document, "Not shown, because not measured at all these points: %s.", policies.text);
}

static struct words line_words(const struct line *line)
{
	return option_words(line->option[0]->config);
}

static void crossover_figure(struct report *report, const struct result *result, size_t n, const struct line *line,
			     size_t lines, const double *x, const struct meeting *meeting, size_t meetings,
			     const char *caption, const char *name)
{
	struct figure figure = report_figure(report, result, name, "lines");
	const char *unit = line[0].option[0]->config->value_unit;
	bool marked = false;
	struct words text, styles = { "" };
	struct rounds rounds = { 0 };

	for (size_t i = 0; i < lines; i++)
		words_add(&styles, "%d ", policy_style(line[i].like->policy));
	for (size_t i = 0; i < lines; i++) {
		figure_data_text(&figure, line_words(&line[i]).text);
		fputc('\n', figure.data);
		for (size_t k = 0; k < n; k++) {
			const struct estimate *cost = &line[i].option[k]->cost;

			rounds_add(&rounds, cost->n);
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
	text = words_of("%s per frame; %s", unit, sample_rounds_words(&rounds).text);
	figure_text(&figure, "ytitle", text.text);
	text = words_of("Cost per frame against the pages that are read, a line for each of %zu policies.", lines);
	figure_end(&figure, report->document, text.text, caption);
}

static void say_meeting(struct document *document, const struct meeting *m)
{
	const struct crossing *c = &m->crossing;
	struct words at = percent_words(c->at), lower = percent_words(c->lower), upper = percent_words(c->upper);

	if (!c->decided) {
		document_item(document,
			      "%s and %s may cross near %s: inconclusive. They are not distinguishable on one side of "
			      "this point, or on both.",
			      line_words(m->a).text, line_words(m->b).text, at.text);
		return;
	}
	document_item(document, "%s and %s cross at %s read (%s to %s).", line_words(m->a).text, line_words(m->b).text,
		      at.text, isfinite(c->lower) ? lower.text : "below the measured range",
		      isfinite(c->upper) ? upper.text : "above the measured range");
}

/* Workloads that differ in the touched fraction alone. */
static int crossover(struct report *report, const struct result *result, const struct workload *const *member, size_t n,
		     size_t *shown)
{
	struct meeting meeting[POLICIES_MAX * (POLICIES_MAX - 1) / 2 * CROSSINGS_MAX];
	struct line line[POLICIES_MAX];
	double x[LEVELS_MAX];
	size_t lines, meetings = 0;
	struct words caption, name;
	int err;

	family_levels(member, n, offsetof(struct workload, touched), x);
	lines = lines_of(member, n, line);
	if (lines < 2)
		return 0;
	err = meetings_of(&result->choice, line, lines, x, n, meeting, &meetings);
	if (err)
		return err;
	caption = words_of("%s: cost per frame, %s buffer, %s", result->tag, size_words(member[0]->bytes).text,
			   family_words(member[0], offsetof(struct workload, touched)).text);
	if (!*shown)
		part_result_heading(report, result);
	if (*shown < FIGURES_MAX) {
		name = words_of("%s-crossover-%zu", result->tag, *shown + 1);
		crossover_figure(report, result, n, line, lines, x, meeting, meetings, caption.text, name.text);
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

int part_crossovers(struct report *report)
{
	struct words none = { "" };
	int err = 0;

	document_heading(report->document, 2, "3. Crossovers");
	document_fold(report->document);
	document_paragraph(report->document,
			   "One line per policy, at the granularity that is cheapest over the whole line. Costs "
			   "between two measured points are interpolated by a straight line. The interval of a "
			   "crossing holds all points where the ratio of the two may be 1.");
	for (size_t i = 0; i < report->nr_results && !err; i++) {
		const struct result *result = &report->result[i];
		const struct choice *choice = &result->choice;
		const struct workload **member = calloc(choice->nr_workloads + 1, sizeof(*member));
		size_t shown = 0;

		err = member ? 0 : -ENOMEM;
		for (size_t j = 0; j < choice->nr_workloads && !err; j++) {
			size_t touched = offsetof(struct workload, touched);
			size_t n = family_members(choice, j, touched, touched, member);

			if (n >= 2 && n <= LEVELS_MAX)
				err = crossover(report, result, member, n, &shown);
		}
		if (!err && !shown)
			part_add_tag(&none, result);
		free(member);
	}
	part_say_none(report, &none, "no two policies were measured at several touched fractions");
	return err;
}
