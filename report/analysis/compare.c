// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analysis/compare.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/analysis/boots.h"
#include "report/analysis/compared.h"

#define IN_TURN "zapbench ab --reboot-hook HOOK takes boots of both sides in turn"

/* The command of a run, without its --out. */
static void put_command(const struct record *record, char *text, size_t size)
{
	const char *line = record->command_line, *out = strstr(line, " --out"), *rest = "";
	size_t length = out ? (size_t)(out - line) : strlen(line);

	if (out) {
		rest = out + 1 + strcspn(out + 1, "= ");
		rest += *rest != '\0';
		rest += strcspn(rest, " ");
	}
	snprintf(text, size, "%.*s%s", (int)length, line, rest);
}

/* Why no boot of a side has an interval: there is one. */
static void say_one_boot(const struct run_set *base, const struct run_set *new, struct compared *row)
{
	char remedy[400], command[160];

	put_command(base->record[0], command, sizeof(command));
	snprintf(remedy, sizeof(remedy),
		 "boot each side twice more, in turn, and run each time: %s --out base/ or --out new/; " IN_TURN "%s",
		 command, boots_within(base, new) == WITHIN_BOOT ? "; --within-boot compares within this boot" : "");
	why_set(&row->why, 0, remedy, "one boot %s",
		row->base_boots == row->new_boots ? "on each side"
		: row->base_boots == 1            ? "of base"
						  : "of new");
}

/* A comparison within one boot was asked for, and these are no runs for it. */
static void say_not_within(const struct run_set *base, const struct run_set *new, struct compared *row)
{
	why_set(&row->why, 0, "zapbench ab measures both sides in turn", "%s",
		boots_within(base, new) == WITHIN_BOOT_FEW
			? "one boot, and fewer than two runs on a side"
			: "one boot, and one side was measured before the other: drift looks like a change");
}

/* Why there is no interval, or none that decides, and what would. */
static void say_why(const struct run_set *base, const struct run_set *new, const struct boots_compared *result,
		    const struct comparison *comparison, struct compared *row)
{
	const char *unit = comparison->one_boot ? "runs" : "boots";
	const char *more = comparison->one_boot ? "zapbench ab --pairs N measures more runs in turn" : IN_TURN;
	size_t least = row->base_boots < row->new_boots ? row->base_boots : row->new_boots;

	if (comparison->within_boot && !comparison->one_boot)
		say_not_within(base, new, row);
	else if (least <= 1 && !comparison->one_boot)
		say_one_boot(base, new, row);
	else if (isnan(row->ratio.lower))
		why_set(&row->why, 0, more, "%zu base and %zu new %s, %s",
			comparison->one_boot ? row->base_n : row->base_boots,
			comparison->one_boot ? row->new_n : row->new_boots, unit,
			row->in_blocks ? "one side after the other, are too few to tell drift from change"
				       : "too few for an interval");
	else if (isfinite(result->needed))
		why_set(&row->why, 0, more, "too few %s; below the row is how many would decide it", unit);
	else
		why_set(&row->why, 0, "choose another --threshold",
			"the change is so close to the threshold that 1,000 %s per side would not decide it", unit);
}

/* The contrast of each row, with or without disturbed samples. */
static int contrast_rows(const struct run_set *base, const struct run_set *new, struct comparison *comparison, bool all,
			 struct contrast *contrast)
{
	int err = 0;

	for (size_t i = 0; i < comparison->nr_rows && !err; i++) {
		struct compared *row = &comparison->row[i];
		struct boots x, y = { 0 };

		err = boots_of(base, row->name, all, comparison->one_boot, &x);
		if (!err)
			err = boots_of(new, row->name, all, comparison->one_boot, &y);
		if (!err)
			boots_contrast(&x, &y, &contrast[i], &row->in_blocks);
		row->base_n = x.runs;
		row->new_n = y.runs;
		row->base_boots = comparison->one_boot ? 1 : x.n;
		row->new_boots = comparison->one_boot ? 1 : y.n;
		comparison->in_blocks |= row->in_blocks;
		boots_free(&x);
		boots_free(&y);
	}
	if (!err)
		contrasts_moderate(contrast, comparison->nr_rows);
	return err;
}

/* The geometric mean over the runs of a quantile of their single events; NAN where none were timed. */
static double events_quantile(const struct run_set *set, const char *name, double p)
{
	double sum = 0;
	size_t n = 0;

	for (size_t i = 0; i < set->nr_records; i++) {
		const struct config_result *config = find_config(set->record[i], name);
		double ns = config && config->histogram ? histogram_quantile(config->histogram, p) : NAN;

		if (!(ns > 0))
			continue;
		sum += log(ns);
		n++;
	}
	return n ? exp(sum / (double)n) : NAN;
}

static void judge_row(const struct run_set *base, const struct run_set *new, const struct contrast *contrast,
		      const struct estimate *all, const struct comparison *comparison, struct compared *row)
{
	struct boots_compared result;

	boots_judge(contrast, comparison->level, comparison->threshold_percent, &result);
	row->method = (char *)(comparison->one_boot ? "runs of one boot" : "boots");
	row->ratio = result.ratio;
	row->base = exp(contrast->base);
	row->new = exp(contrast->new);
	row->p_value = fmin(1, result.p_value * (double)comparison->nr_rows);
	if (isnan(result.p_value))
		row->p_value = NAN;
	row->detectable = result.detectable;
	row->needed = result.needed;
	row->drift = result.drift;
	row->base_p90 = events_quantile(base, row->name, 0.9);
	row->new_p90 = events_quantile(new, row->name, 0.9);
	row->base_p99 = events_quantile(base, row->name, 0.99);
	row->new_p99 = events_quantile(new, row->name, 0.99);
	if (!isnan(row->ratio.lower))
		compared_decide(row, all, comparison->threshold_percent);
	if (row->verdict == VERDICT_UNDECIDED && !row->why.reason[0])
		say_why(base, new, &result, comparison, row);
}

static int compare_timed(const struct run_set *base, const struct run_set *new, struct comparison *comparison)
{
	struct contrast *contrast = calloc(comparison->nr_rows + 1, sizeof(*contrast));
	struct estimate *all = calloc(comparison->nr_rows + 1, sizeof(*all));
	int err = contrast && all ? contrast_rows(base, new, comparison, true, contrast) : -ENOMEM;

	for (size_t i = 0; i < comparison->nr_rows && !err; i++)
		all[i] = contrast_ratio(&contrast[i], comparison->level);
	if (!err)
		err = contrast_rows(base, new, comparison, false, contrast);
	for (size_t i = 0; i < comparison->nr_rows && !err; i++)
		judge_row(base, new, &contrast[i], &all[i], comparison, &comparison->row[i]);
	free(contrast);
	free(all);
	return err;
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

/* A comparison within one boot needs one boot. */
static int check_boot(const struct run_set *base, const struct run_set *new, const struct comparison *comparison,
		      struct why *why)
{
	if (!comparison->within_boot || comparison->emulated || boots_within(base, new) != WITHIN_BOOT_ANOTHER)
		return 0;
	return why_set(why, -EINVAL, "leave out --within-boot: then each boot is one observation",
		       "--within-boot: not all runs are of one boot (%zu of base, %zu of new)", comparison->base_boots,
		       comparison->new_boots);
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

/*
 * A stock kernel repeats no run to the instruction: it draws random numbers (freelists of slabs, hash keys), and takes
 * other paths by them. What was found must be beyond the threshold, too.
 */
static void decide_random(struct compared *row, double threshold_percent)
{
	if (row->verdict != VERDICT_SLOWER && row->verdict != VERDICT_FASTER)
		return;
	row->verdict = estimate_verdict(&row->ratio, threshold_percent);
	if (row->verdict == VERDICT_UNDECIDED)
		why_set(&row->why, 0, "choose another --threshold", "the change is close to the threshold");
}

int compare_run_sets(const struct run_set *base, const struct run_set *new, const struct compare_options *options,
		     struct comparison *comparison, struct why *why)
{
	size_t runs = base->nr_records > new->nr_records ? base->nr_records : new->nr_records;
	double *x = calloc(runs + 1, sizeof(*x)), *y = calloc(runs + 1, sizeof(*y));
	bool one_boot = options->within_boot && boots_within(base, new) == WITHIN_BOOT;
	int err = x && y ? check_apart(base, new, why) : -ENOMEM;

	*comparison = (struct comparison){ .base_path = base->path,
					   .new_path = new->path,
					   .base_runs = base->nr_records,
					   .new_runs = new->nr_records,
					   .threshold_percent = options->threshold_percent,
					   .level = COMPARE_LEVEL,
					   .base_boots = boots_count(base),
					   .new_boots = boots_count(new),
					   .within_boot = options->within_boot,
					   .one_boot = one_boot,
					   .mean_ratio = NAN,
					   .emulated = base->record[0]->emulated };
	comparison->random = comparison->emulated && compatibility_of_module(base->record[0]);
	if (!err)
		err = check_boot(base, new, comparison, why);
	if (!err)
		err = compatibility_check(base, new, options->override, &comparison->difference,
					  &comparison->nr_differences, why);
	if (!err)
		err = pair_up(base, new, options, comparison, x);
	comparison->level = stats_family_level(COMPARE_LEVEL, comparison->nr_rows);
	for (size_t i = 0; i < comparison->nr_rows && comparison->emulated && !err; i++)
		err = compare_exactly(base, new, x, y, &comparison->row[i]);
	for (size_t i = 0; i < comparison->nr_rows && comparison->random && !err; i++)
		decide_random(&comparison->row[i], options->threshold_percent);
	if (!err && comparison->emulated)
		err = compare_modelled(base, new, comparison);
	if (!err && !comparison->emulated)
		err = compare_timed(base, new, comparison);
	if (!err)
		err = comparison_finish(comparison, why);
	free(y);
	free(x);
	return err;
}

void comparison_free(struct comparison *comparison)
{
	compatibility_free(comparison->difference, comparison->nr_differences);
	free(comparison->modelled);
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
	for (size_t i = 0; i < comparison->nr_modelled; i++) {
		if (comparison->modelled[i].new > comparison->modelled[i].base)
			return true;
	}
	return false;
}
