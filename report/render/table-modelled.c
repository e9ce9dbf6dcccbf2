// SPDX-License-Identifier: GPL-2.0-or-later
/* What a model of caches and TLBs counted, per row. */
#include "report/render/table-parts.h"

#include <math.h>
#include <string.h>

#include "report/render/config.h"
#include "report/render/labels.h"
#include "bench/base/text.h"

enum { SUMMED_MOST = 11 };

/* A column: the events that it adds up. */
static const struct {
	const char *title, *event[SUMMED_MOST + 1];
} columns[] = {
	{ "L1D", { "l1d-refill" } },
	{ "L2", { "l2d-refill" } },
	{ "TLB", { "dtlb-refill" } },
	{ "walks", { "dtlb-walk" } },
	{ "DC", { "dc-cvac", "dc-civac", "dc-ivac" } },
	{ "DSB", { "dsb" } },
	{ "WC",
	  { "wc-load-1", "wc-load-2", "wc-load-4", "wc-load-8", "wc-load-16", "wc-store-1", "wc-store-2", "wc-store-4",
	    "wc-store-8", "wc-store-16" } },
};

/* NAN: the model counted nothing of this configuration. */
static double summed(const struct config_result *config, const char *const *events)
{
	double sum = NAN;

	for (size_t i = 0; i < config->nr_counters; i++) {
		const struct counter *counter = &config->counter[i];

		if (!counter->model)
			continue;
		sum = isfinite(sum) ? sum : 0;
		if (name_wanted(events, counter->event))
			sum += counter->per_operation;
	}
	return sum;
}

const char *table_model(const struct record *record)
{
	for (size_t i = 0; i < record->nr_configs; i++) {
		for (size_t j = 0; j < record->config[i].nr_counters; j++) {
			if (record->config[i].counter[j].model)
				return record->config[i].counter[j].model;
		}
	}
	return NULL;
}

static void print_title(const struct config_result *config, const char *shared, const struct table *to)
{
	char title[400];

	snprintf(title, sizeof(title), "%s: MODELLED per %s%s%s", config->case_name, config->operation,
		 shared[0] ? ": " : "", shared);
	fputc('\n', to->out);
	table_label(to, title);
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		fprintf(to->out, " %6s", columns[i].title);
	fputc('\n', to->out);
}

void table_modelled(const struct record *record, const struct table *to)
{
	char shared[256] = "", label[256], value[32], line[400], plain[128];
	const char *model = table_model(record);

	for (size_t i = 0; model && i < record->nr_configs; i++) {
		const struct config_result *config = &record->config[i];

		if (!i || !labels_same_group(config, &record->config[i - 1])) {
			labels_shared(record, i, shared, sizeof(shared));
			print_title(config, shared, to);
		}
		labels_row(config, shared, label, sizeof(label));
		table_label(to, label);
		for (size_t j = 0; j < sizeof(columns) / sizeof(columns[0]); j++)
			fprintf(to->out, " %6s", figure_format(summed(config, columns[j].event), value, sizeof(value)));
		fputc('\n', to->out);
	}
	if (!model)
		return;
	snprintf(line, sizeof(line),
		 "counts of a model (%s), not of hardware. L1D, L2, TLB: misses. walks: of page tables. DC: cleaned or "
		 "invalidated lines. WC: loads and stores of write-combined memory.",
		 plain_text(model, plain, sizeof(plain)));
	table_line(to, "MODELLED:", 2, line);
}
