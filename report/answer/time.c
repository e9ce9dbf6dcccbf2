// SPDX-License-Identifier: GPL-2.0-or-later
/* Part 4: the parts of the cost of a frame. */
#include <math.h>
#include <string.h>

#include "report/render/config.h"
#include "report/answer/brief.h"
#include "report/answer/family.h"
#include "report/answer/parts.h"
#include "bench/base/text.h"

/* Parts of a frame, from the bottom of its bar. */
enum part { PART_ZAP, PART_CLEAN, PART_MAP, PART_REFAULT, PART_SYNC, PART_ACCESS, NR_PARTS };

static const char *const part_heads[NR_PARTS] = {
	[PART_ZAP] = "zap",         [PART_CLEAN] = "clean", [PART_MAP] = "map",
	[PART_REFAULT] = "refault", [PART_SYNC] = "sync",   [PART_ACCESS] = "access",
};
static const char *const part_names[NR_PARTS] = {
	[PART_ZAP] = "zap",         [PART_CLEAN] = "clean and invalidate", [PART_MAP] = "map",
	[PART_REFAULT] = "refault", [PART_SYNC] = "sync and other calls",  [PART_ACCESS] = "access and the rest",
};

struct bar {
	struct words label;
	double part[NR_PARTS];
};

/* A part that the kernel did not report is 0 here, and is in the rest. */
static double told(const struct config_result *config, const char *part)
{
	double value = config_kernel_part(config, part);

	return value > 0 ? value : 0;
}

/*
 * By the kernel's own counters. The calls have no counter; their unit cost is the cost model's, where there is one, for
 * as many as a frame makes.
 */
static bool bar_of_kernel(const struct result *result, const struct config_result *config, struct bar *bar)
{
	double region = config_kernel_part(config, "region"), left = region;
	double cost[NR_TERMS] = { 0 };
	struct region work;

	if (!isfinite(region))
		return false;
	bar->part[PART_ZAP] = told(config, "zap");
	bar->part[PART_CLEAN] = told(config, "clean");
	bar->part[PART_MAP] = told(config, "map");
	bar->part[PART_REFAULT] = told(config, "refault");
	bar->part[PART_SYNC] = told(config, "state");
	if (!result->model_why.reason[0] && model_region(result->record, config, &work)) {
		model_predict(&result->model, &work, cost);
		if (isfinite(cost[TERM_SYNC]) && config->operations > 0)
			bar->part[PART_SYNC] += fmax(0, cost[TERM_SYNC]) / (double)config->operations;
	}
	for (enum part part = 0; part < PART_ACCESS; part++)
		left -= bar->part[part];
	bar->part[PART_ACCESS] = fmax(0, left);
	return true;
}

/* One bar for each option of the workloads that are like @like but for the memory type. */
static size_t bars_of(const struct result *result, const struct workload *like, struct bar *bar, size_t most)
{
	size_t n = 0;

	for (size_t i = 0; i < result->choice.nr_workloads; i++) {
		const struct workload *workload = &result->choice.workload[i];

		if (strcmp(workload->source, like->source) || !workload_same_frame(workload, like))
			continue;
		for (size_t j = 0; j < workload->nr_options && n < most; j++) {
			bar[n] = (struct bar){ .label = option_words(workload->option[j].config) };
			n += bar_of_kernel(result, workload->option[j].config, &bar[n]);
		}
	}
	return n;
}

static void stack_figure(struct report *report, const struct result *result, const struct workload *workload,
			 const struct bar *bar, size_t bars, size_t number)
{
	struct words name = words_of("%s-time-%zu", result->tag, number), text;
	struct words caption =
		words_of("%s: where a frame's cost goes, %s", result->tag, workload_words(workload).text);
	struct figure figure = report_figure(report, result, name.text, "stack");
	const char *unit = workload->option[0].config->value_unit;
	char variable[32];

	fputs("# row label part from to\n", figure.data);
	for (size_t i = 0; i < bars; i++) {
		double from = 0;

		for (int part = 0; part < NR_PARTS; part++) {
			fprintf(figure.data, "%zu ", i + 1);
			figure_data_text(&figure, bar[i].label.text);
			fprintf(figure.data, " %d %.10g %.10g\n", part + 1, from, from + bar[i].part[part]);
			from += bar[i].part[part];
		}
	}
	for (int part = 0; part < NR_PARTS; part++) {
		snprintf(variable, sizeof(variable), "part%d", part + 1);
		figure_text(&figure, variable, part_names[part]);
	}
	figure_number(&figure, "parts", NR_PARTS);
	figure_number(&figure, "rows", (double)bars);
	text = words_of("%s per frame; from counters, in separate passes", unit);
	figure_text(&figure, "xtitle", text.text);
	figure_text(&figure, "ytitle", "");
	figure_end(&figure, report->document,
		   "Stacked bars of the parts of a frame's cost, one bar for each policy and granularity. The next "
		   "table has their values.",
		   caption.text);
	document_table(report->document, "lrrrrrr", "%s, %s per frame", caption.text, unit);
	document_cell(report->document, "policy");
	for (int part = 0; part < NR_PARTS; part++)
		document_cell(report->document, "%s", part_heads[part]);
	for (size_t i = 0; i < bars; i++) {
		char value[32];

		document_cell(report->document, "%s", bar[i].label.text);
		for (int part = 0; part < NR_PARTS; part++)
			document_cell(report->document, "%s", figure_format(bar[i].part[part], value, sizeof(value)));
	}
}

/* The workloads with most bars: at the smallest and at the largest part read of the same frame. */
static size_t time_by_kernel(struct report *report, const struct result *result)
{
	const struct choice *choice = &result->choice;
	struct bar bar[32];
	const struct workload *most = NULL;
	size_t bars, best = 0, shown = 0;

	for (size_t i = 0; i < choice->nr_workloads; i++) {
		bars = bars_of(result, &choice->workload[i], bar, 32);
		if (bars > best) {
			best = bars;
			most = &choice->workload[i];
		}
	}
	for (size_t i = 0; i < choice->nr_workloads && most && shown < 2; i++) {
		const struct workload *workload = &choice->workload[i];

		if (!workload_alike_but(workload, most, offsetof(struct workload, touched),
					offsetof(struct workload, touched)))
			continue;
		bars = bars_of(result, workload, bar, 32);
		if (bars == best)
			stack_figure(report, result, workload, bar, bars, ++shown);
	}
	return shown;
}

/*
 * Where no kernel tells, what a policy adds to the same frame under policy cached, which makes no call: that it is
 * more is known when the ratio's interval says so.
 */
static void time_by_difference(struct report *report, const struct result *result)
{
	const struct choice *choice = &result->choice;
	struct document *document = report->document;
	bool begun = false;

	for (size_t i = 0; i < choice->nr_workloads; i++) {
		const struct workload *workload = &choice->workload[i];
		const struct choice_option *cached = workload_option(workload, policy_table[POLICY_CACHED].name);

		if (!cached || cached != workload->option || workload->nr_options < 2)
			continue;
		if (!begun) {
			document_table(document, "lllr",
				       "%s: what zaps, refaults and calls add to a frame. The base is the same frame "
				       "under policy cached, which only accesses the memory",
				       result->tag);
			document_cell(document, "workload");
			document_cell(document, "policy");
			document_cell(document, "access alone");
			document_cell(document, "added");
			begun = true;
		}
		for (size_t j = 1; j < workload->nr_options; j++) {
			const struct choice_option *option = &workload->option[j];

			document_cell(document, "%s", workload_words(workload).text);
			document_cell(document, "%s", option_words(option->config).text);
			document_cell(document, "%s", value_words(cached->cost.value, cached->config->value_unit).text);
			if (option->apart)
				document_cell(document, "%s", brief_added(workload, option, 1).text);
			else
				document_cell(document, "not distinguishable");
		}
	}
}

int part_time(struct report *report)
{
	struct words none = { "" };

	document_heading(report->document, 2, "4. Where the time goes");
	document_fold(report->document);
	for (size_t i = 0; i < report->nr_results; i++) {
		const struct result *result = &report->result[i];

		if (result->record->emulated)
			document_note(report->document,
				      "EMULATED: %s has instructions, not times. A cleaned cache line counts as the "
				      "instructions of the cleaning loop.",
				      result->tag);
		if (!time_by_kernel(report, result))
			part_add_tag(&none, result);
	}
	if (!none.text[0])
		return 0;
	document_paragraph(report->document,
			   "%s: no parts of a frame. Only the heaps of the kernel patch report them. Boot a kernel "
			   "with the patch, load its modules, or emulate it:",
			   none.text);
	document_command(report->document, "make bench-qemu");
	for (size_t i = 0; i < report->nr_results; i++)
		time_by_difference(report, &report->result[i]);
	return 0;
}
