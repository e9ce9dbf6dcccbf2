// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analysis/compared.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/array.h"
#include "bench/base/text.h"

static const char *const verdict_names[] = {
	[VERDICT_SLOWER] = "slower",
	[VERDICT_FASTER] = "faster",
	[VERDICT_UNDECIDED] = "undecided",
	[VERDICT_SAME] = "same",
};

/* Is @name one of "eager+lazy"? */
bool name_in_list(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (; *list; list += strcspn(list, "+"), list += *list == '+') {
		if (strcspn(list, "+") == length && !strncmp(list, name, length))
			return true;
	}
	return false;
}

bool compared_wanted(const struct compare_options *options, const struct config_result *config)
{
	if (!name_wanted(options->cases, config->case_name))
		return false;
	if (!options->policies || !*options->policies)
		return true;
	for (const char *const *policy = options->policies; *policy; policy++) {
		if (name_in_list(config->policy, *policy))
			return true;
	}
	return false;
}

static double faults_per_operation(const struct config_result *config)
{
	if (config->faults_expected < 0 || config->operations <= 0)
		return NAN;
	return (double)config->faults_expected / (double)config->operations;
}

/* The medians of the runs that have a valid figure of @name, disturbed rounds out or in. Into @x; how many. */
size_t run_medians(const struct run_set *set, const char *name, bool all, double *x)
{
	size_t n = 0;

	for (size_t i = 0; i < set->nr_records; i++) {
		const struct config_result *config = find_config(set->record[i], name);

		if (!config || !config_valid(config))
			continue;
		x[n] = all ? config->summary.value_all.value : config->summary.value.value;
		n += isfinite(x[n]) && x[n] > 0;
	}
	return n;
}

int compared_medians(const struct run_set *base, const struct run_set *new, bool all, double *x, double *y,
		     struct compared *row)
{
	struct estimate median_base, median_new;
	int err;

	row->base_n = run_medians(base, row->name, all, x);
	row->new_n = run_medians(new, row->name, all, y);
	err = stats_quantile(x, row->base_n, 0.5, COMPARE_LEVEL, &median_base);
	if (!err)
		err = stats_quantile(y, row->new_n, 0.5, COMPARE_LEVEL, &median_new);
	if (err)
		return err;
	row->base = median_base.value;
	row->new = median_new.value;
	return 0;
}

int unmatched_add(struct comparison *comparison, const char *name, const char *reason)
{
	struct unmatched *row = array_room(comparison->unmatched, comparison->nr_unmatched, sizeof(*row));

	if (!row)
		return -ENOMEM;
	comparison->unmatched = row;
	row[comparison->nr_unmatched++] = (struct unmatched){ .name = (char *)name, .reason = (char *)reason };
	return 0;
}

int compared_add(struct comparison *comparison, const struct config_result *base, const struct config_result *new)
{
	struct compared *row = array_room(comparison->row, comparison->nr_rows, sizeof(*row));

	if (!row)
		return -ENOMEM;
	comparison->row = row;
	row += comparison->nr_rows++;
	*row = (struct compared){
		.config = base,
		.name = base->name,
		.new_name = new->name,
		.operation = base->operation,
		.unit = base->value_unit,
		.base = NAN,
		.new = NAN,
		.per_fault = NAN,
		.p_value = NAN,
		.detectable = NAN,
		.needed = NAN,
		.drift = NAN,
		.base_p90 = NAN,
		.new_p90 = NAN,
		.base_p99 = NAN,
		.new_p99 = NAN,
		.base_faults = faults_per_operation(base),
		.new_faults = faults_per_operation(new),
		.ratio = { NAN, NAN, NAN, NAN, 0 },
		.verdict = VERDICT_UNDECIDED,
	};
	return 0;
}

/* The verdict with disturbed rounds in must be the same. */
void compared_decide(struct compared *row, const struct estimate *all, double threshold_percent)
{
	row->verdict = estimate_verdict(&row->ratio, threshold_percent);
	if (row->verdict == VERDICT_UNDECIDED || estimate_verdict(all, threshold_percent) == row->verdict)
		return;
	row->verdict = VERDICT_UNDECIDED;
	why_set(&row->why, 0, "measure on a quieter machine",
		"the verdict changes when disturbed rounds are discarded");
}
static int name_order(const struct compared *a, const struct compared *b)
{
	return strcmp(a->name, b->name);
}

static int descending(double a, double b)
{
	return (a < b) - (a > b);
}

/* How far from 1, for those that are not decided; unknown is least. */
static double distance(const struct compared *row)
{
	double far = fabs(log(row->ratio.value));

	return isfinite(far) ? far : -1;
}

static int by_matter(const void *left, const void *right)
{
	const struct compared *a = left, *b = right;
	int order = (int)a->verdict - (int)b->verdict;

	if (!order && a->verdict == VERDICT_SLOWER)
		order = descending(a->ratio.lower, b->ratio.lower);
	else if (!order && a->verdict == VERDICT_FASTER)
		order = descending(b->ratio.upper, a->ratio.upper);
	else if (!order && a->verdict == VERDICT_UNDECIDED)
		order = descending(distance(a), distance(b));
	return order ? order : name_order(a, b);
}

/* How far all rows together moved. */
static double mean_ratio(const struct comparison *comparison)
{
	double sum = 0;
	size_t n = 0;

	for (size_t i = 0; i < comparison->nr_rows; i++) {
		double ratio = comparison->row[i].ratio.value;

		if (!(ratio > 0) || !isfinite(ratio))
			continue;
		sum += log(ratio);
		n++;
	}
	return n ? exp(sum / (double)n) : NAN;
}

/* The last step: what matters first, and texts for JSON. Pointers go into the rows, which move no more. */
int comparison_finish(struct comparison *comparison, struct why *why)
{
	if (!comparison->nr_rows)
		return why_set(why, -ENOENT, "run the same cases with the same --set for base and new",
			       "not comparable: no configuration has a valid figure in both base and new");
	comparison->mean_ratio = mean_ratio(comparison);
	qsort(comparison->row, comparison->nr_rows, sizeof(*comparison->row), by_matter);
	for (size_t i = 0; i < comparison->nr_rows; i++) {
		struct compared *row = &comparison->row[i];

		row->verdict_name = (char *)verdict_names[row->verdict];
		row->reason = row->why.reason;
		row->remedy = row->why.remedy;
	}
	return 0;
}
