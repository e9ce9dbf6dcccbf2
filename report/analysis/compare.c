// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analysis/compare.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/analysis/compared.h"

static int compare_runs(const struct run_set *base, const struct run_set *new, double level, double threshold_percent,
			double *x, double *y, struct compared *row)
{
	struct estimate all;
	size_t needed = stats_unpaired_needed(level);
	char remedy[100];
	int err;

	row->method = (char *)"runs";
	err = compared_medians(base, new, true, x, y, row);
	if (!err)
		err = stats_unpaired_ratio(y, row->new_n, x, row->base_n, level, &all);
	if (!err)
		err = compared_medians(base, new, false, x, y, row);
	if (!err)
		err = stats_unpaired_ratio(y, row->new_n, x, row->base_n, level, &row->ratio);
	if (err)
		return err;
	snprintf(remedy, sizeof(remedy), "zapbench run --repeat %zu, for base and for new", needed);
	if (isnan(row->ratio.lower))
		why_set(&row->why, 0, remedy, "%zu base and %zu new runs; each needs %zu", row->base_n, row->new_n,
			needed);
	else
		compared_decide(row, &all, threshold_percent);
	return 0;
}

/* The first record of a run set that has a valid figure of @name. */
static struct config_result *valid_config(const struct run_set *set, const char *name, double *x)
{
	if (!run_medians(set, name, false, x) && !run_medians(set, name, true, x))
		return NULL;
	for (size_t i = 0; i < set->nr_records; i++) {
		struct config_result *config = find_config(set->record[i], name);

		if (config && config_valid(config))
			return config;
	}
	return NULL;
}

/* Does an earlier record of the run set have this configuration? */
static bool seen_before(const struct run_set *set, size_t record, const char *name)
{
	for (size_t i = 0; i < record; i++) {
		if (find_config(set->record[i], name))
			return true;
	}
	return false;
}

static int pair_up(const struct run_set *base, const struct run_set *new, const struct compare_options *options,
		   struct comparison *comparison, double *x)
{
	int err = 0;

	for (size_t i = 0; i < base->nr_records; i++) {
		for (size_t j = 0; j < base->record[i]->nr_configs && !err; j++) {
			const struct config_result *config = &base->record[i]->config[j];
			struct config_result *a, *b;
			bool there = false;

			if (seen_before(base, i, config->name) || !compared_wanted(options, config))
				continue;
			for (size_t k = 0; k < new->nr_records && !there; k++)
				there = find_config(new->record[k], config->name);
			a = valid_config(base, config->name, x);
			b = valid_config(new, config->name, x);
			if (!there)
				err = unmatched_add(comparison, config->name, "only in base");
			else if (!a || !b)
				err = unmatched_add(comparison, config->name,
						    !a && !b ? "no valid figure"
						    : a      ? "no valid figure in new"
							     : "no valid figure in base");
			else if (strcmp(a->value_unit, b->value_unit) || strcmp(a->operation, b->operation))
				err = unmatched_add(comparison, config->name, "different units");
			else
				err = compared_add(comparison, a, b);
		}
	}
	for (size_t i = 0; i < new->nr_records; i++) {
		for (size_t j = 0; j < new->record[i]->nr_configs && !err; j++) {
			const char *name = new->record[i]->config[j].name;

			if (!seen_before(new, i, name) && !seen_before(base, base->nr_records, name) &&
			    compared_wanted(options, &new->record[i]->config[j]))
				err = unmatched_add(comparison, name, "only in new");
		}
	}
	return err;
}

static int check_apart(const struct run_set *base, const struct run_set *new, struct why *why)
{
	for (size_t i = 0; i < base->nr_records; i++) {
		for (size_t j = 0; j < new->nr_records; j++) {
			if (same_run(base->record[i], new->record[j]))
				return why_set(why, -EINVAL, "name different runs as base and as new",
					       "run %.100s is in base and in new", base->record[i]->run_id);
		}
	}
	return 0;
}

int compare_run_sets(const struct run_set *base, const struct run_set *new, const struct compare_options *options,
		     struct comparison *comparison, struct why *why)
{
	size_t runs = base->nr_records > new->nr_records ? base->nr_records : new->nr_records;
	double *x = calloc(runs + 1, sizeof(*x)), *y = calloc(runs + 1, sizeof(*y));
	int err = x && y ? check_apart(base, new, why) : -ENOMEM;

	*comparison = (struct comparison){ .base_path = base->path,
					   .new_path = new->path,
					   .base_runs = base->nr_records,
					   .new_runs = new->nr_records,
					   .threshold_percent = options->threshold_percent,
					   .level = COMPARE_LEVEL,
					   .emulated = base->record[0]->emulated };
	if (!err)
		err = compatibility_check(base, new, options->override, &comparison->difference,
					  &comparison->nr_differences, why);
	if (!err)
		err = pair_up(base, new, options, comparison, x);
	comparison->level = stats_family_level(COMPARE_LEVEL, comparison->nr_rows);
	for (size_t i = 0; i < comparison->nr_rows && !err; i++) {
		if (comparison->emulated)
			err = compare_exactly(base, new, x, y, &comparison->row[i]);
		else
			err = compare_runs(base, new, comparison->level, options->threshold_percent, x, y,
					   &comparison->row[i]);
	}
	if (!err)
		err = comparison_finish(comparison, why);
	free(y);
	free(x);
	return err;
}

void comparison_free(struct comparison *comparison)
{
	compatibility_free(comparison->difference, comparison->nr_differences);
	free(comparison->row);
	free(comparison->unmatched);
	*comparison = (struct comparison){ 0 };
}

bool comparison_regressed(const struct comparison *comparison)
{
	for (size_t i = 0; i < comparison->nr_rows; i++) {
		if (comparison->row[i].verdict == VERDICT_SLOWER)
			return true;
	}
	return false;
}
