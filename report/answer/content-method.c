// SPDX-License-Identifier: GPL-2.0-or-later
/* Parts 6 and 7: the cost model, and what stands behind the figures. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/render/config.h"
#include "report/answer/content.h"
#include "report/answer/model.h"
#include "report/render/words.h"
#include "bench/base/text.h"

#define SKIPPED_MAX 20 /* rows that somebody would read */

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
	document_paragraph(
		document,
		"Fitted to %zu configurations of %s. Held out: %zu of them predicted, each from all the others, "
		"with a median error of %.2g %% and a worst of %.2g %% (%s).",
		model->n, result->tag, model->held_out, 100 * model->error_median, 100 * model->error_worst,
		model->held_out ? model->worst : "none");
}

/* What the model says of a region that it was fitted to, as a part of what was measured; NAN for others. */
static double residual(const struct result *result, const struct config_result *config, double *measured)
{
	struct term_counts counts;
	struct workload workload;
	double predicted = 0;

	*measured = config->summary.value.value * (double)config->operations / (double)config->repetitions;
	if (!(config->summary.value.value > 0) || config->repetitions < 1 ||
	    !model_workload(result->record, config, &workload) || !model_count(&workload, config->emulated, &counts))
		return NAN;
	for (enum term term = 0; term < NR_TERMS; term++) {
		if (counts.count[term] > 0)
			predicted += counts.count[term] * result->model.unit_cost[term].value;
	}
	return predicted / *measured - 1;
}

static void residual_figure(struct report *report, const struct result *result)
{
	static const char *const cases[] = { "refault", "zap", "map-latency", "frame", "tlb-shootdown" };
	struct words name = words_of("%s-residuals", result->tag), styles = { "" }, text;
	struct words caption = words_of("%s: what the model gets wrong, of what it was fitted to", result->tag);
	struct figure figure = figure_begin(&report->figures, name.text, "lines");
	int lines = 0;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool begun = false;

		for (size_t j = 0; j < result->record->nr_configs; j++) {
			const struct config_result *config = &result->record->config[j];
			double measured, error;

			if (strcmp(config->case_name, cases[i]))
				continue;
			error = residual(result, config, &measured);
			if (!isfinite(error))
				continue;
			if (!begun) {
				figure_data_text(&figure, cases[i]);
				words_add(&styles, "%zu ", i + 1);
				lines++;
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
	text = words_of("%s per region, as measured", result->model.unit);
	figure_text(&figure, "xtitle", text.text);
	text = words_of("model above measurement, %%; n = %zu configurations", result->model.n);
	figure_text(&figure, "ytitle", text.text);
	figure_end(&figure, report->document,
		   "Residuals of the cost model in percent against the measured cost, one mark a configuration.",
		   caption.text);
}

/* The cheapest answer of a memory type (MEMORY_ANY: of all), and the cheapest of another policy. */
static void best_two(const struct answer *answers, size_t n, enum memory_type memory, const struct answer **best,
		     const struct answer **next)
{
	*best = *next = NULL;
	for (size_t i = 0; i < n; i++) {
		if (!isfinite(answers[i].cost.value) ||
		    (memory != MEMORY_ANY && policy_memory(answers[i].policy) != memory))
			continue;
		if (!*best)
			*best = &answers[i];
		else if (!*next && strcmp(answers[i].policy, (*best)->policy))
			*next = &answers[i];
	}
}

static struct words answer_words(const struct answer *answer, double frames, const char *unit)
{
	bool part = strcmp(answer->granularity, "none");
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
	struct workload asked;
	size_t n;
	/* Emulation compares within one memory type; elsewhere there is one row. */
	enum memory_type first = result->record->emulated ? MEMORY_CACHED : MEMORY_ANY;
	enum memory_type last = result->record->emulated ? MEMORY_WRITE_COMBINED : MEMORY_ANY;

	memset(answers, 0, sizeof(answers));
	n = model_answer(result->record, &result->model, question, answers, &asked);
	model_outside(&result->model, &asked, outside.text, sizeof(outside.text));
	for (enum memory_type memory = first; memory <= last && n; memory++) {
		const struct answer *best, *next;
		const char *verdict = "";

		best_two(answers, n, memory, &best, &next);
		if (!best)
			continue;
		if (next)
			verdict = best->cost.upper < next->cost.lower ? "" : "undecided: ";
		document_cell(document, "%s, %s read, %g frame%s a buffer%s", size_words(question->bytes).text,
			      percent_words(question->touched).text, question->frames, question->frames == 1 ? "" : "s",
			      memory == MEMORY_ANY      ? ""
			      : memory == MEMORY_CACHED ? "; cached"
							: "; write-combined");
		document_cell(document, "%s%s", verdict, answer_words(best, question->frames, result->model.unit).text);
		document_cell(document, "%s",
			      next ? answer_words(next, question->frames, result->model.unit).text : "none");
		document_cell(document, "%s", outside.text[0] ? "EXTRAPOLATED" : "inside what was measured");
	}
}

static void put_what_if(struct document *document, const struct result *result)
{
	static const double bytes[] = { 0x1p18, 0x1p20, 0x1p22, 0x1p24 }, touched[] = { 0.125, 1 },
			    frames[] = { 1, 16 };

	document_table(document, "llll", "%s: what if? By the model, per frame, with 95 %% prediction intervals",
		       result->tag);
	document_cell(document, "a frame of");
	document_cell(document, "cheapest");
	document_cell(document, "next policy");
	document_cell(document, "sizes and shapes");
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
	document_paragraph(document, "For other questions:");
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
		words_add(&tags, "%s%s", tags.text[0] ? ", " : "", result->tag);
	}
	document_paragraph(report->document, "No model of %s: %s. Remedy: %s.", tags.text, why->reason, why->remedy);
}

int content_model(struct report *report)
{
	struct document *document = report->document;

	document_heading(document, 2, "6. The cost model");
	document_paragraph(document,
			   "A frame as a sum of what it is made of, each at a unit cost that is fitted to all that was "
			   "measured of the kernel's own policies.");
	for (size_t i = 0; i < report->nr_results; i++) {
		const struct result *result = &report->result[i];

		if (result->model_why.reason[0]) {
			say_no_model(report, i);
			continue;
		}
		content_result_heading(report, result);
		if (result->record->emulated)
			document_note(document, "EMULATED: unit costs are instructions, not times.");
		put_unit_costs(document, result);
		residual_figure(report, result);
		put_what_if(document, result);
	}
	return 0;
}

static void put_row(struct document *document, const char *what, const char *value)
{
	document_cell(document, "%s", what);
	document_cell(document, "%s", value[0] ? value : "not known");
}

static size_t rounds_left_out(const struct record *record)
{
	size_t n = 0;

	for (size_t i = 0; i < record->nr_configs; i++) {
		if ((size_t)record->config[i].summary.rounds_left_out > n)
			n = (size_t)record->config[i].summary.rounds_left_out;
	}
	return n;
}

static void put_machine(struct document *document, const struct result *result)
{
	const struct record *record = result->record;
	const struct fact *name = facts_find(&record->clock, NULL, "name");
	const struct fact *resolution = facts_find(&record->clock, NULL, "resolution_ns");
	struct words duration;

	document_table(document, "ll", "%s: on what, and how", result->tag);
	put_row(document, "what", "value");
	put_row(document, "file", result->path);
	put_row(document, "program",
		words_of("zapbench %s %s", record->tool_version, record->tool_git[0] ? record->tool_git : "").text);
	put_row(document, "command", record->command_line);
	put_row(document, "started", record->started_at);
	put_row(document, "machine",
		words_of("%.150s; %.150s", fact_words(record, "machine", "product").text,
			 fact_words(record, "machine", "model").text)
			.text);
	put_row(document, "CPU",
		words_of("%.150s; measured on CPU %.20s, %.150s", fact_words(record, "cpu", "model").text,
			 fact_words(record, "measuring", "cpu").text,
			 fact_words(record, "measuring", "cpu_reason").text)
			.text);
	put_row(document, "kernel",
		words_of("Linux %.150s %.50s", fact_words(record, "kernel", "release").text,
			 fact_words(record, "kernel", "architecture").text)
			.text);
	put_row(document, "page size, bytes", fact_words(record, "memory", "page_size_bytes").text);
	put_row(document, "governor", fact_words(record, "cpu", "governor").text);
	put_row(document, "hypervisor", fact_words(record, "virtualization", "hypervisor").text);
	put_row(document, "emulated", record->emulated ? "EMULATED: instructions, not times" : "no");
	/* Seconds of an emulated clock mean nothing. */
	duration = record->emulated ? words_of("%s", "") : words_of(" in %.0f s", record->duration_s);
	put_row(document, "rounds",
		words_of("%zu%s, ended by %.40s; %zu left out because the system disturbed them", record->nr_rounds,
			 duration.text, record->stopped_by, rounds_left_out(record))
			.text);
	put_row(document, "layout, seed",
		words_of("%.40s addresses, seed %llu", record->layout, (unsigned long long)record->seed).text);
	if (!record->emulated && name && name->value.kind == VALUE_TEXT && resolution &&
	    resolution->value.kind == VALUE_REAL)
		put_row(document, "clock",
			words_of("%.100s, steps of %.3g ns", name->value.text, resolution->value.real).text);
	for (size_t i = 0; i < record->nr_labels; i++) {
		document_cell(document, "label %s", record->label[i].key);
		document_cell(document, "%s", record->label[i].value);
	}
}

static void say_invalid(struct document *document, const struct result *result)
{
	const struct record *record = result->record;
	size_t samples = 0, configs = 0, without = 0;

	for (size_t i = 0; i < record->nr_configs; i++) {
		const struct summary *summary = &record->config[i].summary;

		samples += (size_t)summary->samples_invalid;
		configs += summary->samples_invalid > 0;
		without += summary->rounds && summary->rounds_left_out == summary->rounds;
	}
	if (samples)
		document_item(
			document,
			"%s: %zu samples of %zu configurations are INVALID: their faults are not those that they must "
			"have taken. They are in no figure.",
			result->tag, samples, configs);
	else
		document_item(document, "%s: no sample is invalid: each took the faults that it must.", result->tag);
	if (without)
		document_item(document, "%s: %zu configurations have no figure: every round of them was disturbed.",
			      result->tag, without);
}

/* Reasons why something was not counted, each once. */
static void say_counters(struct document *document, const struct result *result)
{
	char events[1024];
	const char *why;

	for (size_t i = 0; (why = events_not_counted(result->record, i, events, sizeof(events))); i++)
		document_item(document, "%s: not counted: %s: %s.", result->tag, events, why);
}

static void say_played(struct document *document, const struct result *result)
{
	const struct record *record = result->record;

	for (size_t i = 0; i < record->nr_configs; i++) {
		const struct config_result *config = &record->config[i];
		bool told = !config->played_by_user[0];

		for (size_t j = 0; j < i && !told; j++)
			told = !strcmp(record->config[j].source, config->source);
		if (!told)
			document_item(document, "%s: on %s userspace plays %s; not played: %s.", result->tag,
				      config->source, config->played_by_user,
				      config->not_played[0] ? config->not_played : "nothing is missing");
	}
}

static void put_skipped(struct document *document, const struct result *result)
{
	const struct record *record = result->record;

	if (!record->nr_skipped)
		return;
	document_table(document, "lll", "%s: skipped, %zu in all", result->tag, record->nr_skipped);
	document_cell(document, "what");
	document_cell(document, "why");
	document_cell(document, "remedy");
	for (size_t i = 0; i < record->nr_skipped && i < SKIPPED_MAX; i++) {
		document_cell(document, "%s", record->skipped[i].name);
		document_cell(document, "%s", record->skipped[i].reason);
		document_cell(document, "%s", record->skipped[i].remedy);
	}
	if (record->nr_skipped > SKIPPED_MAX)
		document_paragraph(document, "%zu more are in the record of %s.", record->nr_skipped - SKIPPED_MAX,
				   result->tag);
}

static void put_warnings(struct document *document, const struct result *result)
{
	const struct record *record = result->record;

	for (size_t i = 0; i < record->nr_warnings; i++)
		document_item(document, "%s: warning: %s; remedy: %s.", result->tag, record->warning[i].text,
			      record->warning[i].remedy);
}

/* What nobody can take from these figures, and why; each line only where it holds. */
static void say_cannot(struct report *report)
{
	struct document *document = report->document;

	document_heading(document, 3, "What these figures cannot say");
	for (size_t i = 0; i < report->nr_results; i++) {
		const struct result *result = &report->result[i];
		const struct record *record = result->record;

		if (record->emulated)
			document_item(document,
				      "%s: how long anything takes, what a cache or a memory type costs, and what "
				      "several CPUs "
				      "cost each other: it is emulated. Remedy: run zapbench on the board.",
				      result->tag);
		if (!record->emulated && strcmp(fact_words(record, "virtualization", "hypervisor").text, "not known") &&
		    strcmp(fact_words(record, "virtualization", "hypervisor").text, "none"))
			document_item(document,
				      "%s: what the bare machine does: a page-table walk and a TLB invalidation in a "
				      "guest cost "
				      "others than on the host.",
				      result->tag);
		if (!strcmp(record->layout, "fixed"))
			document_item(document,
				      "%s: what other addresses would give: one fixed layout is one sample of layouts. "
				      "Remedy: "
				      "zapbench run --layout random.",
				      result->tag);
		document_item(
			document,
			"%s: what another boot or another board of the kind would give: it is one run of one boot. "
			"Remedy: zapbench run --repeat N, on several boots.",
			result->tag);
	}
	document_item(document,
		      "What a frame costs the device or its user in waiting: a frame is CPU time from end to end.");
}

int content_method(struct report *report)
{
	struct document *document = report->document;

	document_heading(document, 2, "7. How it was measured, and what it cannot say");
	document_paragraph(
		document,
		"A round is one sample of every configuration in shuffled order, in a process of its own; rounds are "
		"the unit of all statistics. Medians have exact order-statistic intervals; ratios are paired by round "
		"(Hodges-Lehmann, signed rank), at 1 - 0.05/m over the m comparisons of a result. Rounds that the "
		"system disturbed are left out by that evidence; where leaving them out changes a verdict, it is "
		"undecided. An emulated run repeats itself to the instruction and has few rounds: what the ratio of "
		"any "
		"two rounds can be, widened by its own width to both sides, stands in for an interval.");
	for (size_t i = 0; i < report->nr_unread; i++)
		document_note(document, "Not in this report: %s%s%s", report->unread[i].why.reason,
			      report->unread[i].why.remedy[0] ? "; remedy: " : "", report->unread[i].why.remedy);
	for (size_t i = 0; i < report->nr_results; i++) {
		const struct result *result = &report->result[i];

		content_result_heading(report, result);
		put_machine(document, result);
		if (result->choice.comparisons)
			document_paragraph(document,
					   "%s compares %zu pairs of options, so each ratio's interval is at %.6g %%.",
					   result->tag, result->choice.comparisons,
					   100 * (1 - 0.05 / (double)result->choice.comparisons));
		say_invalid(document, result);
		say_played(document, result);
		say_counters(document, result);
		put_warnings(document, result);
		put_skipped(document, result);
	}
	say_cannot(report);
	return 0;
}
