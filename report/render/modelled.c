// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/render/modelled.h"

#include <math.h>

#include "bench/base/text.h"

enum { SUMMED_MOST = 11 };

/* A column: the events that it adds up. */
static const struct {
	const char *title, *event[SUMMED_MOST + 1];
} columns[MODELLED_COLUMNS] = {
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

double modelled_value(const struct config_result *config, size_t column)
{
	double sum = NAN;

	for (size_t i = 0; i < config->nr_counters; i++) {
		const struct counter *counter = &config->counter[i];

		if (!counter->model)
			continue;
		sum = isfinite(sum) ? sum : 0;
		if (name_wanted(columns[column].event, counter->event))
			sum += counter->per_operation;
	}
	return sum;
}

const char *modelled_title(size_t column)
{
	return columns[column].title;
}

const char modelled_legend[] =
	"L1D, L2, TLB: misses. walks: of page tables. DC: cleaned or invalidated lines. WC: loads and stores of "
	"write-combined memory.";
