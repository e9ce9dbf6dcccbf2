// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <string.h>

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics.h>

#include "report/site/pages.h"

double recent_change(const struct recent *recent, size_t runs)
{
	double before[SPARK_RUNS], newest, median;

	if (recent->count <= runs || runs >= SPARK_RUNS)
		return NAN;
	newest = recent->value[recent->count - 1];
	memcpy(before, &recent->value[recent->count - 1 - runs], runs * sizeof(*before));
	for (size_t i = 0; i < runs; i++) {
		if (isnan(before[i]))
			return NAN;
	}
	gsl_sort(before, 1, runs);
	median = gsl_stats_median_from_sorted_data(before, 1, runs);
	return median > 0 ? newest / median - 1 : NAN;
}

void put_recent_changes(struct document *document, const struct recent *recent)
{
	document_cell(document, "%s", "");
	document_spark(document, recent->value, recent->count);
	for (size_t i = 0; i < 2; i++) {
		double change = recent_change(recent, ((const size_t[]){ 7, 30 })[i]);

		document_cell(document, isnan(change) ? "-" : "%+.1f" NO_BREAK "%%", 100 * change);
	}
}
