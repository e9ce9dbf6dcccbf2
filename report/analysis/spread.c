// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analysis/spread.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>

#define ALPHA 0.05
#define FENCE 3 /* interquartile ranges beyond a quartile: Tukey's outer fence */

/* Values with the group of each. */
struct grouped {
	double *x;
	int64_t *group;
	size_t count;
};

static int compare_groups(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The different groups, sorted. @groups has room for all. Return: how many. */
static size_t list_groups(const int64_t *group, size_t count, int64_t *groups)
{
	size_t n = 0;

	memcpy(groups, group, count * sizeof(*groups));
	qsort(groups, count, sizeof(*groups), compare_groups);
	for (size_t i = 0; i < count; i++) {
		if (!n || groups[i] != groups[n - 1])
			groups[n++] = groups[i];
	}
	return n;
}

/* Logarithms, without what is beyond the fences. @sorted: room. */
static void take_logs(const double *x, size_t count, double *logs, double *sorted)
{
	double lower, upper, fence;

	for (size_t i = 0; i < count; i++)
		logs[i] = log(x[i]);
	memcpy(sorted, logs, count * sizeof(*sorted));
	gsl_sort(sorted, 1, count);
	lower = gsl_stats_quantile_from_sorted_data(sorted, 1, count, 0.25);
	upper = gsl_stats_quantile_from_sorted_data(sorted, 1, count, 0.75);
	fence = FENCE * (upper - lower);
	for (size_t i = 0; i < count; i++)
		logs[i] = fmin(fmax(logs[i], lower - fence), upper + fence);
}

/* Sums over groups of two values and more. */
struct sums {
	double n, n2;   /* values; sum of the squares of the groups' numbers */
	double sum;     /* of all values */
	double squares; /* of all values */
	double between; /* of the groups' sums, squared, by their numbers */
	size_t groups;
};

static struct sums sum_groups(const double *x, const int64_t *group, size_t count, const int64_t *groups, size_t nr)
{
	struct sums sums = { 0 };

	for (size_t g = 0; g < nr; g++) {
		double n = 0, sum = 0, squares = 0;

		for (size_t i = 0; i < count; i++) {
			if (group[i] != groups[g])
				continue;
			n++;
			sum += x[i];
			squares += x[i] * x[i];
		}
		if (n < 2)
			continue;
		sums.groups++;
		sums.n += n;
		sums.n2 += n * n;
		sums.sum += sum;
		sums.squares += squares;
		sums.between += sum * sum / n;
	}
	return sums;
}

/* In percent; 0: not significant. */
static double component(const struct sums *sums, double alpha)
{
	double freedom = (double)sums->groups - 1, rest = sums->n - (double)sums->groups;
	double among, within, each;

	if (sums->groups < 2 || rest < 1)
		return 0;
	among = (sums->between - sums->sum * sums->sum / sums->n) / freedom;
	within = (sums->squares - sums->between) / rest;
	each = (sums->n - sums->n2 / sums->n) / freedom;
	if (!(within > 0) || !(among > within) || gsl_cdf_fdist_Q(among / within, freedom, rest) >= alpha)
		return 0;
	return 100 * expm1(sqrt((among - within) / each));
}

double spread_component(const double *x, const int64_t *group, size_t count, double alpha)
{
	double *room = calloc(2 * count + 1, sizeof(*room));
	int64_t *groups = calloc(count + 1, sizeof(*groups));
	double percent = NAN;

	if (room && groups && count) {
		struct sums sums;
		double mean;

		take_logs(x, count, room, room + count);
		mean = gsl_stats_mean(room, 1, count); /* sums of squares lose less near 0 */
		for (size_t i = 0; i < count; i++)
			room[i] -= mean;
		sums = sum_groups(room, group, count, groups, list_groups(group, count, groups));
		percent = component(&sums, alpha);
	}
	free(room);
	free(groups);
	return percent;
}

/* The groups whose medians are the least and the most. 0 or -ENOMEM. */
static int find_extremes(const struct grouped *of, struct spread_part *part)
{
	int64_t *groups = calloc(of->count + 1, sizeof(*groups));
	double *x = calloc(of->count + 1, sizeof(*x));
	int err = groups && x ? 0 : -ENOMEM;
	size_t nr = err ? 0 : list_groups(of->group, of->count, groups);

	part->least = INFINITY;
	part->most = -INFINITY;
	for (size_t g = 0; g < nr; g++) {
		double median;
		size_t n = 0;

		for (size_t i = 0; i < of->count; i++) {
			if (of->group[i] == groups[g])
				x[n++] = of->x[i];
		}
		if (n < 2)
			continue;
		gsl_sort(x, 1, n);
		median = gsl_stats_median_from_sorted_data(x, 1, n);
		if (median < part->least) {
			part->least = median;
			part->least_group = groups[g];
		}
		if (median > part->most) {
			part->most = median;
			part->most_group = groups[g];
		}
	}
	free(groups);
	free(x);
	return err;
}

/* Which configuration ran before the one at @position in that round; -1: it was the first. */
static int64_t before(const struct record *record, size_t round, double position)
{
	for (size_t i = 0; i < record->nr_configs; i++) {
		const struct column *column = config_column(&record->config[i], RECORD_COLUMN_POSITION);

		if (column && isfinite(column->value[round]) && column->value[round] + 1 >= position &&
		    column->value[round] + 1 <= position)
			return (int64_t)i;
	}
	return -1;
}

static const char *const round_columns[NR_SPREAD_FACTORS] = {
	[SPREAD_VARIANT] = RECORD_COLUMN_VARIANT,
	[SPREAD_ADDRESS] = RECORD_COLUMN_ADDRESS,
	[SPREAD_STACK] = RECORD_COLUMN_STACK,
};

/* The group of a round; false: the record does not say. */
static bool group_of(const struct record *record, const struct config_result *config, enum spread_factor factor,
		     size_t round, int64_t *group)
{
	const struct column *column = round_columns[factor] ? record_round_column(record, round_columns[factor])
							    : config_column(config, RECORD_COLUMN_POSITION);

	if (factor == SPREAD_TIME) {
		*group = (int64_t)(round * SERIES_PARTS / record->nr_rounds);
		return true;
	}
	if (!column || !isfinite(column->value[round]))
		return false;
	*group = round_columns[factor] ? (int64_t)column->value[round] : before(record, round, column->value[round]);
	return true;
}

/* The component of @factor in percent, 0 where it is not significant. 0 or -ENOMEM. */
static int component_of(const struct record *record, const struct config_result *config, enum spread_factor factor,
			const double *x, struct grouped *of, double *percent)
{
	double alpha = ALPHA / (NR_SPREAD_FACTORS * (double)record->nr_configs);

	*percent = 0;
	of->count = 0;
	for (size_t i = 0; i < record->nr_rounds; i++) {
		if (!(x[i] > 0) || !group_of(record, config, factor, i, &of->group[of->count]))
			continue;
		of->x[of->count++] = x[i];
	}
	if (of->count >= HUMPS_VALUES_MIN)
		*percent = spread_component(of->x, of->group, of->count, alpha);
	return isnan(*percent) ? -ENOMEM : 0;
}

static int find_part(const struct record *record, const struct config_result *config, enum spread_factor factor,
		     const double *x, struct grouped *of, struct spread *spread)
{
	struct spread_part *part = &spread->part[spread->nr_parts];
	const struct estimate *value = &config->summary.value;
	double percent;
	int err = component_of(record, config, factor, x, of, &percent);

	/* The interval allows for a slow change. It is told because it is why the interval is as wide as it is. */
	if (err ||
	    !(percent > (factor == SPREAD_TIME && config->summary.slow ? 0 : estimate_half_width_percent(value))))
		return err;
	*part = (struct spread_part){ .factor = factor, .percent = percent };
	spread->nr_parts++;
	return find_extremes(of, part);
}

/* Humps nearer to each other than the interval is wide are not worth telling. */
static int find_humps(const struct config_result *config, const double *x, struct spread *spread)
{
	const struct estimate *value = &config->summary.value;
	int found = humps_find(x, value->n, &spread->humps);

	spread->two = found > 0 && spread->humps.high - spread->humps.low > value->upper - value->lower;
	return found < 0 ? found : 0;
}

static enum spread_doubt doubt_of(const struct estimate *value)
{
	double percent = estimate_half_width_percent(value);

	if (value->n < HUMPS_VALUES_MIN || isnan(percent))
		return DOUBT_FEW;
	return percent > DOUBT_PERCENT ? DOUBT_WIDE : DOUBT_NONE;
}

int spread_find(const struct record *record, size_t index, struct spread *spread)
{
	const struct config_result *config = &record->config[index];
	struct grouped of;
	double *x;
	int err;

	*spread = (struct spread){ .doubt = config->emulated ? DOUBT_NONE : doubt_of(&config->summary.value) };
	if (config->emulated || spread->doubt == DOUBT_FEW)
		return 0;
	x = calloc(record->nr_rounds + 1, sizeof(*x));
	of = (struct grouped){ .x = calloc(record->nr_rounds + 1, sizeof(*of.x)),
			       .group = calloc(record->nr_rounds + 1, sizeof(*of.group)) };
	err = of.x && of.group && x ? 0 : -ENOMEM;
	if (!err)
		config_kept_values(record, config, x);
	for (unsigned int i = 0; i < NR_SPREAD_FACTORS && !err; i++)
		err = find_part(record, config, (enum spread_factor)i, x, &of, spread);
	of.count = 0;
	for (size_t i = 0; !err && i < record->nr_rounds; i++) {
		if (isfinite(x[i]))
			of.x[of.count++] = x[i];
	}
	if (!err && of.count == config->summary.value.n)
		err = find_humps(config, of.x, spread);
	free(of.x);
	free(of.group);
	free(x);
	return err;
}
