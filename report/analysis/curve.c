// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analysis/curve.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Half the width of a 95 % interval in standard errors. */
#define NORMAL_95 1.959964

bool curve_same(const struct config_result *a, const struct config_result *b, const char *key)
{
	if (strcmp(a->case_name, b->case_name) || strcmp(a->source, b->source) || strcmp(a->policy, b->policy) ||
	    strcmp(a->granularity, b->granularity) || a->params.count != b->params.count)
		return false;
	for (size_t i = 0; i < a->params.count; i++) {
		const struct fact *fact = &a->params.item[i], *other = facts_find(&b->params, NULL, fact->key);

		if (!other || (strcmp(fact->key, key) && !value_equal(&fact->value, &other->value)))
			return false;
	}
	return true;
}

static double value_of(const struct config_result *config, const char *key)
{
	const struct fact *fact = facts_find(&config->params, NULL, key);

	return fact && fact->value.kind == VALUE_INT ? (double)fact->value.integer : NAN;
}

static int by_x(const void *a, const void *b)
{
	const struct curve_point *first = a, *second = b;

	return (first->x > second->x) - (first->x < second->x);
}

bool curve_find(const struct record *record, size_t index, const char *key, struct curve_point *point, size_t *count)
{
	const struct config_result *first = &record->config[index];

	*count = 0;
	if (!(value_of(first, key) >= 0))
		return false;
	for (size_t i = 0; i < record->nr_configs; i++) {
		const struct config_result *config = &record->config[i];
		const struct estimate *value = &config->summary.value;

		if (!curve_same(first, config, key))
			continue;
		if (i < index)
			return false;
		if (!isfinite(value->value) || *count == CURVE_POINTS_MAX)
			continue;
		point[*count].x = value_of(config, key);
		point[*count].value = value->value;
		point[*count].index = i;
		point[(*count)++].error = (value->upper - value->lower) / 2 / NORMAL_95;
	}
	qsort(point, *count, sizeof(*point), by_x);
	return true;
}
