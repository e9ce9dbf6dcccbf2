// SPDX-License-Identifier: GPL-2.0-or-later
/* Configurations of one run that differ in one parameter. */
#include "report/analysis/compare.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/analysis/compared.h"
#include "bench/base/text.h"
#include "bench/base/policy.h"

/* "size" is the parameter "size_bytes". */
static const struct fact *find_param(const struct config_result *config, const char *key)
{
	size_t length = strlen(key);

	for (size_t i = 0; i < config->params.count; i++) {
		const struct fact *fact = &config->params.item[i];

		if (!strncmp(fact->key, key, length) && (!fact->key[length] || fact->key[length] == '_'))
			return fact;
	}
	return NULL;
}

static bool fact_is(const struct fact *fact, const char *text)
{
	double number;

	if (fact->value.kind == VALUE_TEXT)
		return !strcmp(fact->value.text, text);
	if (size_parse(text, &number) && number_parse(text, &number))
		return false;
	return fact->value.kind == VALUE_INT ? (double)fact->value.integer == number
					     : fact->value.kind == VALUE_REAL && fact->value.real == number;
}

static const char *own_field(const struct config_result *config, const char *key)
{
	if (!strcmp(key, "policy"))
		return config->policy;
	if (!strcmp(key, "granularity"))
		return config->granularity;
	return strcmp(key, "source") ? NULL : config->source;
}

static bool config_is(const struct config_result *config, const char *key, const char *value)
{
	const char *own = own_field(config, key);
	const struct fact *fact = find_param(config, key);

	if (own)
		return name_in_list(own, value);
	return fact && fact_is(fact, value);
}

/* A policy that never zaps has no granularity, and no other policy has its granularity. */
static bool same_granularity(const struct config_result *a, const struct config_result *b, const char *key)
{
	if (!strcmp(a->granularity, b->granularity) || !strcmp(key, "granularity"))
		return true;
	return !strcmp(key, "policy") && (granularity_is_none(a->granularity) || granularity_is_none(b->granularity));
}

static bool alike_but(const struct config_result *a, const struct config_result *b, const char *key)
{
	if (strcmp(a->case_name, b->case_name) || strcmp(a->operation, b->operation) ||
	    strcmp(a->value_unit, b->value_unit) || (strcmp(key, "source") && strcmp(a->source, b->source)) ||
	    (strcmp(key, "policy") && strcmp(a->policy, b->policy)) || !same_granularity(a, b, key) ||
	    a->params.count != b->params.count)
		return false;
	for (size_t i = 0; i < a->params.count; i++) {
		const struct fact *fact = &a->params.item[i], *other = facts_find(&b->params, NULL, fact->key);

		if (!other || (fact != find_param(a, key) && !value_equal(&fact->value, &other->value)))
			return false;
	}
	return true;
}

static int add_pairs(const struct record *record, const char *key, const char *base, const char *new,
		     const struct compare_options *options, struct comparison *comparison)
{
	int err = 0;

	for (size_t i = 0; i < record->nr_configs && !err; i++) {
		const struct config_result *a = &record->config[i];
		bool found = false;

		if (!compared_wanted(options, a) || !config_is(a, key, base))
			continue;
		for (size_t j = 0; j < record->nr_configs && !err; j++) {
			const struct config_result *b = &record->config[j];

			/* Two policies that make the same calls are one configuration: there is nothing to compare. */
			if (i == j || !config_is(b, key, new) || !alike_but(a, b, key))
				continue;
			found = true;
			if (!config_valid(a) || !config_valid(b))
				err = unmatched_add(comparison, a->name, "no valid figure");
			else
				err = compared_add(comparison, a, b);
		}
		if (!found && !err)
			err = unmatched_add(comparison, a->name,
					    config_is(a, key, new) ? "both make the same calls" : "no counterpart");
	}
	return err;
}

static int compare_rounds(const struct record *record, double level, double threshold_percent, struct compared *row)
{
	const struct config_result *base = row->config, *new = find_config(record, row->new_name);
	struct estimate all;
	bool undecided;
	int err = record_compare(record, new, base, false, level, &row->ratio, &undecided);

	row->method = (char *)(record->emulated ? "exact" : "paired by round");
	row->base = base->summary.value.value;
	row->new = new->summary.value.value;
	row->base_n = row->new_n = row->ratio.n;
	if (!err)
		err = record_compare(record, new, base, true, level, &all, &undecided);
	if (record->emulated)
		row->verdict = estimate_verdict(&row->ratio, 0);
	else if (isnan(row->ratio.lower))
		why_set(&row->why, 0, "zapbench run with a longer --budget, on a quieter machine",
			"%zu undisturbed round%s too few", row->ratio.n, row->ratio.n == 1 ? " is" : "s are");
	else
		compared_decide(row, &all, threshold_percent);
	return err;
}

int compare_within(const struct record *record, const char *key, const char *base, const char *new,
		   const struct compare_options *options, struct comparison *comparison, struct why *why)
{
	bool known = own_field(
		&(struct config_result){ .policy = (char *)"", .granularity = (char *)"", .source = (char *)"" }, key);
	int err = 0;

	*comparison = (struct comparison){ .base_path = (char *)base,
					   .new_path = (char *)new,
					   .base_runs = 1,
					   .new_runs = 1,
					   .threshold_percent = options->threshold_percent,
					   .level = COMPARE_LEVEL,
					   .emulated = record->emulated };
	for (size_t i = 0; i < record->nr_configs && !known; i++)
		known = find_param(&record->config[i], key);
	if (!err && !known)
		err = why_set(why, -EINVAL, "zapbench list shows the parameters of each case",
			      "no configuration has a parameter '%.40s'", key);
	if (!err)
		err = add_pairs(record, key, base, new, options, comparison);
	comparison->level = stats_family_level(COMPARE_LEVEL, comparison->nr_rows);
	for (size_t i = 0; i < comparison->nr_rows && !err; i++)
		err = compare_rounds(record, comparison->level, options->threshold_percent, &comparison->row[i]);
	if (!err)
		err = comparison_finish(comparison, why);
	return err;
}
