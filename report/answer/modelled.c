// SPDX-License-Identifier: GPL-2.0-or-later
/* A topic of part 5: what a model of caches and TLBs counted of the workloads. */
#include "bench/base/text.h"
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
