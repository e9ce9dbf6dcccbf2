// SPDX-License-Identifier: GPL-2.0-or-later
/* What a model of caches and TLBs counted, per row. */
#include "report/render/table-parts.h"

#include "report/render/labels.h"
#include "report/render/modelled.h"
#include "bench/base/text.h"

static void print_title(const struct config_result *config, const char *shared, const struct table *to)
{
	char title[400];

	snprintf(title, sizeof(title), "%s: MODELLED per %s%s%s", config->case_name, config->operation,
		 shared[0] ? ": " : "", shared);
	fputc('\n', to->out);
	table_label(to, title);
	for (size_t i = 0; i < MODELLED_COLUMNS; i++)
		fprintf(to->out, " %6s", modelled_title(i));
	fputc('\n', to->out);
}

void table_modelled(const struct record *record, const struct table *to)
{
	char shared[256] = "", label[256], value[32], line[400], plain[128];
	const char *model = record_model(record);

	for (size_t i = 0; model && i < record->nr_configs; i++) {
		const struct config_result *config = &record->config[i];

		if (!i || !labels_same_group(config, &record->config[i - 1])) {
			labels_shared(record, i, shared, sizeof(shared));
			print_title(config, shared, to);
		}
		labels_row(config, shared, label, sizeof(label));
		table_label(to, label);
		for (size_t j = 0; j < MODELLED_COLUMNS; j++)
			fprintf(to->out, " %6s", figure_format(modelled_value(config, j), value, sizeof(value)));
		fputc('\n', to->out);
	}
	if (!model)
		return;
	snprintf(line, sizeof(line), "counts of a model (%s), not of hardware. %s",
		 plain_text(model, plain, sizeof(plain)), modelled_legend);
	table_line(to, "MODELLED:", 2, line);
}
