// SPDX-License-Identifier: GPL-2.0-or-later
/* Part 6: the cost model: unit costs, errors, predictions. */
#include <math.h>
#include <string.h>

#include "report/render/config.h"
#include "report/answer/model.h"
#include "report/answer/family.h"
#include "report/answer/parts.h"
#include "bench/base/policy.h"

static void put_unit_costs(struct document *document, const struct result *result)
{
	const struct model *model = &result->model;

	document_table(document, "lrr", "%s: unit costs, %s", result->tag, model->unit);
	document_cell(document, "term");
	document_cell(document, "each");
	document_cell(document, "95 %% interval");
	for (enum term term = 0; term < NR_TERMS; term++) {
		const struct estimate *unit_cost = &model->unit_cost[term];

		if (!model->used[term])
			continue;
		document_cell(document, "%s", term_name(term));
		document_cell(document, "%.4g", unit_cost->value);
		document_cell(document, "%.4g to %.4g", unit_cost->lower, unit_cost->upper);
	}
	document_paragraph(document,
			   "Fitted to %zu configurations of %s. Cross-validation: each of %zu configurations was "
			   "predicted from all the others. Median error %.2g %%, worst error %.2g %% (%s).",
			   model->n, result->tag, model->held_out, 100 * model->error_median, 100 * model->error_worst,
			   model->held_out ? model->worst : "none");
	if (!model->fits)
		document_note(document, MODEL_MISFIT, 100 * model->lack, 100 * model->noise);
}

/* What the model says of a region that it was fitted to, as a part of what was measured; NAN for others. */
static double residual(const struct result *result, const struct config_result *config, double *measured)
{
	struct term_counts counts;
	struct region region;
	double predicted = 0;

	*measured = config->summary.value.value * (double)config->operations / (double)config->repetitions;
	if (!(config->summary.value.value > 0) || config->repetitions < 1 ||
	    !model_region(result->record, config, &region) || !model_count(&region, config->emulated, &counts))
		return NAN;
	for (enum term term = 0; term < NR_TERMS; term++) {
		if (counts.count[term] > 0)
			predicted += counts.count[term] * result->model.unit_cost[term].value;
	}
	return predicted / *measured - 1;
}

/* Is there an earlier configuration of the same case? */
static bool is_later(const struct record *record, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (!strcmp(record->config[i].case_name, record->config[index].case_name))
			return true;
	}
	return false;
}

static void residual_figure(struct report *report, const struct result *result)
{
	struct words name = words_of("%s-residuals", result->tag), styles = { "" }, text;
	struct words caption = words_of("%s: residuals of the model", result->tag);
	struct figure figure = report_figure(report, result, name.text, "lines");
	int lines = 0;

	for (size_t i = 0; i < result->record->nr_configs && lines < LINES_MAX; i++) {
		const char *case_name = result->record->config[i].case_name;
		bool begun = false;

		if (is_later(result->record, i))
			continue;
		for (size_t j = i; j < result->record->nr_configs; j++) {
			const struct config_result *config = &result->record->config[j];
			double measured, error;

			if (strcmp(config->case_name, case_name))
				continue;
			error = residual(result, config, &measured);
			if (!isfinite(error))
				continue;
			if (!begun) {
				figure_data_text(&figure, case_name);
				words_add(&styles, "%d ", ++lines);
			}
			fprintf(figure.data, "%s%.10g %.4g ", begun ? "" : "\n", measured, 100 * error);
			figure_data_text(&figure, config->name);
			fputc('\n', figure.data);
			begun = true;
		}
		if (begun)
			fputs("\n\n", figure.data);
	}
	figure_lines(&figure,
		     &(struct lines_look){
			     .lines = lines, .logx = 10, .is_signed = true, .scattered = true, .x_format = "%.0s%c" },
		     styles.text);
	text = words_of("%s per region, as measured; n = %zu configurations", result->model.unit, result->model.n);
	figure_text(&figure, "xtitle", text.text);
	figure_text(&figure, "ytitle", "model above measurement, %");
	figure_end(&figure, report->document,
		   "Residuals of the cost model in percent against the measured cost, one mark per configuration.",
		   caption.text);
}

/* The cheapest answer of a memory type, and the cheapest of another policy. */
static void best_two(const struct answer *answers, size_t n, enum memory_type memory, const struct answer **best,
		     const struct answer **next)
{
	*best = *next = NULL;
	for (size_t i = 0; i < n; i++) {
		if (!isfinite(answers[i].cost.value) || policy_memory(answers[i].policy) != memory)
			continue;
		if (!*best)
			*best = &answers[i];
		else if (!*next && strcmp(answers[i].policy, (*best)->policy))
			*next = &answers[i];
	}
}

static struct words answer_words(const struct answer *answer, double frames, const char *unit)
{
	bool part = !granularity_is_none(answer->granularity);
	struct estimate e = answer->cost;

	e.value /= frames;
	e.lower /= frames;
	e.upper /= frames;
	return words_of("%.60s%s%.60s: %.200s", answer->policy, part ? "/" : "", part ? answer->granularity : "",
			estimate_words(&e, unit).text);
}

static void put_question(struct document *document, const struct result *result, const struct question *question)
{
	struct answer answers[ANSWERS_MAX];
	struct words outside = { "" };
	struct region asked;
	size_t n;

	memset(answers, 0, sizeof(answers));
	n = model_answer(result->record, &result->model, question, answers, &asked);
	model_outside(&result->model, &asked, outside.text, sizeof(outside.text));
	for (enum memory_type memory = MEMORY_CACHED; memory <= MEMORY_WC && n; memory++) {
		const struct answer *best, *next;
		const char *verdict = "";

		best_two(answers, n, memory, &best, &next);
		if (!best)
			continue;
		if (next)
			verdict = best->cost.upper < next->cost.lower ? "" : "inconclusive: ";
		document_cell(document, "%s, %s read, %g frame%s per buffer; %s", size_words(question->bytes).text,
			      percent_words(question->touched).text, question->frames, question->frames == 1 ? "" : "s",
			      memory_type_name(memory));
		document_cell(document, "%s%s", verdict, answer_words(best, question->frames, result->model.unit).text);
		document_cell(document, "%s",
			      next ? answer_words(next, question->frames, result->model.unit).text : "none");
		document_cell(document, "%s", outside.text[0] ? "EXTRAPOLATED" : "in the measured range");
	}
}

static void put_what_if(struct document *document, const struct result *result)
{
	static const double bytes[] = { 0x1p20, 0x1p24 }, touched[] = { 0.125, 1 }, frames[] = { 1, 16 };

	document_table(document, "llll", "%s: predictions per frame, with 95 %% prediction intervals", result->tag);
	document_cell(document, "frame");
	document_cell(document, "cheapest");
	document_cell(document, "runner-up");
	document_cell(document, "range");
	for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
		for (size_t j = 0; j < sizeof(touched) / sizeof(touched[0]); j++) {
			for (size_t k = 0; k < sizeof(frames) / sizeof(frames[0]); k++)
				put_question(document, result,
					     &(struct question){ .bytes = bytes[i],
								 .touched = touched[j],
								 .maps = 1,
								 .frames = frames[k] });
		}
	}
	document_paragraph(document, "To estimate other frames:");
	document_command(document, "zapbench model %s --bytes 4M --touched 0.1 --frames 30", result->path);
}

/* Results that have no model for the same reason are told in one line, at the first of them. */
static void say_no_model(struct report *report, size_t first)
{
	const struct why *why = &report->result[first].model_why;
	struct words tags = { "" };

	for (size_t i = 0; i < report->nr_results; i++) {
		const struct result *result = &report->result[i];

		if (strcmp(result->model_why.reason, why->reason))
			continue;
		if (i < first)
			return;
		part_add_tag(&tags, result);
	}
	document_paragraph(report->document, "No model of %s: %s. Fix: %s.", tags.text, why->reason, why->remedy);
}

int part_model(struct report *report)
{
	struct document *document = report->document;

	document_heading(document, 2, "6. The cost model");
	document_fold(document);
	document_paragraph(document, "The cost of a frame is a sum of countable operations, each at a unit cost. The "
				     "unit costs are fitted to all configurations of the kernel's own policies.");
	for (size_t i = 0; i < report->nr_results; i++) {
		const struct result *result = &report->result[i];

		if (result->model_why.reason[0]) {
			say_no_model(report, i);
			continue;
		}
		part_result_heading(report, result);
		if (result->record->emulated)
			document_note(document, "EMULATED: unit costs are instructions, not times.");
		put_unit_costs(document, result);
		residual_figure(report, result);
		if (result->model.fits)
			put_what_if(document, result);
	}
	return 0;
}
