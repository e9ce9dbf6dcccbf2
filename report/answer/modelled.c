// SPDX-License-Identifier: GPL-2.0-or-later
/* Topics of part 5: what a model of caches and TLBs counted of the workloads, and what they would cost on boards. */
#include <errno.h>
#include <string.h>

#include "bench/base/text.h"
#include "report/analysis/board-costs.h"
#include "report/answer/estimate.h"
#include "report/answer/parts.h"
#include "report/render/modelled.h"

static void put_row(struct document *document, const struct workload *workload, const struct config_result *config)
{
	char value[32];

	document_cell(document, "%s", workload_words(workload).text);
	document_cell(document, "%s", option_words(config).text);
	for (size_t i = 0; i < MODELLED_COLUMNS; i++)
		document_cell(document, "%s", figure_format(modelled_value(config, i), value, sizeof(value)));
}

/* The cheapest option of a memory type, options being sorted; NULL: none was counted. */
static const struct estimated_option *cheapest_of(const struct estimated_frame *frame, enum memory_type memory)
{
	for (size_t i = 0; i < frame->nr_options; i++) {
		if (!strcmp(frame->option[i].memory, memory_type_name(memory)))
			return &frame->option[i];
	}
	return NULL;
}

static void put_option(struct document *document, const struct estimated_option *option)
{
	char value[32], lower[32], upper[32];

	if (!option) {
		document_cell(document, "NOT counted");
		return;
	}
	document_cell(document, "%s: %s (%s to %s)", estimated_words(option).text,
		      figure_format(option->cost_ns / 1e3, value, sizeof(value)),
		      figure_format(option->lower_ns / 1e3, lower, sizeof(lower)),
		      figure_format(option->upper_ns / 1e3, upper, sizeof(upper)));
}

static int put_board(struct document *document, const struct record *record, const struct published_board *board)
{
	static const struct estimated_filter all;
	struct estimates estimates;
	struct unit_costs costs;
	struct why why = { "", "" };
	int err;

	board_costs_unknown(&costs);
	board_costs_published(board, &costs);
	err = estimates_make(record, &costs, &all, &estimates, &why);
	if (err)
		return err == -ENODATA ? 0 : err;
	for (size_t i = 0; i < estimates.nr_frames; i++) {
		const struct estimated_frame *frame = &estimates.frame[i];

		if (!frame->memory.verdict[0])
			continue;
		document_cell(document, "%s; %s", board->name, workload_words(&frame->workload).text);
		put_option(document, cheapest_of(frame, MEMORY_CACHED));
		put_option(document, cheapest_of(frame, MEMORY_WC));
		document_cell(document, "%s", estimated_answer_words(&estimates, frame, &frame->memory).text);
	}
	estimates_free(&estimates);
	return 0;
}

/* Is @board's core the one that was modelled? */
static bool is_of_model(const struct published_board *board, const char *model)
{
	size_t length = strlen(board->core);

	return !strncmp(model, board->core, length) && (!model[length] || model[length] == ' ');
}

int part_estimates(struct report *report, const struct result *result)
{
	struct document *document = report->document;
	const char *model = record_model(result->record);
	bool some = false;
	int err = 0;

	for (const struct published_board *board = published_boards; model && board->name; board++)
		some |= is_of_model(board, model);
	if (!some || !result->choice.nr_workloads)
		return 0;
	document_heading(document, 3, "ESTIMATED: cached against write-combined");
	document_paragraph(document,
			   "Counts of the model (%s) times unit costs of boards with this core. Nothing here was "
			   "measured. Published unit costs have sources; unknown ones are ranges of what is thought "
			   "possible. us per frame, with what the ranges allow.",
			   model);
	document_table(document, "llll", "%s: ESTIMATED us per frame", result->tag);
	document_cell(document, "board and workload");
	document_cell(document, "cheapest cached policy");
	document_cell(document, "cheapest write-combined policy");
	document_cell(document, "answer");
	for (const struct published_board *board = published_boards; board->name && !err; board++) {
		if (is_of_model(board, model))
			err = put_board(document, result->record, board);
	}
	document_paragraph(document, "To use the unit costs of your board:");
	document_command(document, "zapbench run --profile costs --out board.json");
	document_command(document, "zapbench model --counts %s --costs board.json", result->path);
	return err;
}

void part_modelled(struct report *report, const struct result *result)
{
	struct document *document = report->document;
	const char *model = record_model(result->record);

	if (!model || !result->choice.nr_workloads)
		return;
	document_heading(document, 3, "MODELLED: caches and TLBs");
	document_paragraph(
		document,
		"These are counts of a model (%s) in emulation. They are not measured on hardware, and are in "
		"no other figure. %s",
		model, modelled_legend);
	document_table(document, "llrrrrrrr", "%s: MODELLED counts per %s", result->tag,
		       result->choice.workload[0].option[0].config->operation);
	document_cell(document, "workload");
	document_cell(document, "policy");
	for (size_t i = 0; i < MODELLED_COLUMNS; i++)
		document_cell(document, "%s", modelled_title(i));
	for (size_t i = 0; i < result->choice.nr_workloads; i++) {
		const struct workload *workload = &result->choice.workload[i];

		for (size_t j = 0; j < workload->nr_options; j++)
			put_row(document, workload, workload->option[j].config);
	}
}
