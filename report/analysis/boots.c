// SPDX-License-Identifier: GPL-2.0-or-later
#define _XOPEN_SOURCE 700
#include "report/analysis/boots.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gsl/gsl_cdf.h>

#include "report/analysis/compared.h"

/* Power of what is called detectable or needed. */
#define POWER 0.8
/* More boots than anybody measures. */
#define BOOTS_MOST 1000
/* The share of the runs' times that the sides explain: above it they were measured in blocks. In turn it is near 0. */
#define IN_BLOCKS 0.25
#define DAY_S 86400.0

static const char *boot_id(const struct record *record)
{
	return facts_text(&record->environment, "kernel", "boot_id", "");
}

/* Seconds; NAN where the record has no date. */
static double started_s(const struct record *record)
{
	struct tm date = { 0 };

	if (!record->started_at || !strptime(record->started_at, "%Y-%m-%dT%H:%M:%SZ", &date))
		return NAN;
	return (double)timegm(&date);
}

/* A run's figure as a logarithm, the variance of it, and the rounds that it rests on. false: it has none. */
static bool run_level(const struct record *record, const char *name, bool all, double *level, double *variance,
		      double *rounds)
{
	const struct config_result *config = find_config(record, name);
	const struct estimate *e;
	double half;

	if (!config || !config_valid(config))
		return false;
	e = all ? &config->summary.value_all : &config->summary.value;
	if (!isfinite(e->value) || e->value <= 0)
		return false;
	half = e->lower > 0 && isfinite(e->upper) ? log(e->upper / e->lower) / 2 : 0;
	*level = log(e->value);
	*variance = pow(half / gsl_cdf_ugaussian_Pinv(0.975), 2);
	*rounds = e->n ? (double)e->n : 1;
	return true;
}

int boots_of(const struct run_set *set, const char *name, bool all, bool runs, struct boots *boots)
{
	double *weight = calloc(set->nr_records + 1, sizeof(*weight));
	const char **id = calloc(set->nr_records + 1, sizeof(*id));

	*boots = (struct boots){ .level = calloc(set->nr_records + 1, sizeof(double)),
				 .at_s = calloc(set->nr_records + 1, sizeof(double)),
				 .variance = calloc(set->nr_records + 1, sizeof(double)) };
	if (!weight || !id || !boots->level || !boots->at_s || !boots->variance) {
		free(weight);
		free(id);
		return -ENOMEM;
	}
	for (size_t i = 0; i < set->nr_records; i++) {
		double level, variance, rounds;
		size_t k = 0;

		if (!run_level(set->record[i], name, all, &level, &variance, &rounds))
			continue;
		while (k < boots->n && (runs || strcmp(id[k], boot_id(set->record[i]))))
			k++;
		id[k] = boot_id(set->record[i]);
		boots->n += k == boots->n;
		boots->runs++;
		boots->level[k] += rounds * level;
		boots->at_s[k] += rounds * started_s(set->record[i]);
		boots->variance[k] += rounds * rounds * variance;
		weight[k] += rounds;
	}
	for (size_t k = 0; k < boots->n; k++) {
		boots->level[k] /= weight[k];
		boots->at_s[k] /= weight[k];
		boots->variance[k] /= weight[k] * weight[k];
	}
	free(weight);
	free(id);
	return 0;
}

void boots_free(struct boots *boots)
{
	free(boots->level);
	free(boots->at_s);
	free(boots->variance);
	*boots = (struct boots){ 0 };
}

size_t boots_count(const struct run_set *set)
{
	size_t count = 0;

	for (size_t i = 0; i < set->nr_records; i++) {
		bool known = false;

		for (size_t j = 0; j < i && !known; j++)
			known = !strcmp(boot_id(set->record[j]), boot_id(set->record[i]));
		count += !known;
	}
	return count;
}

static double mean(const double *x, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += x[i];
	return sum / (double)n;
}

/* The sum of (x - mean)(y - mean). */
static double moment(const double *x, const double *y, size_t n)
{
	double mean_x = mean(x, n), mean_y = mean(y, n), sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (x[i] - mean_x) * (y[i] - mean_y);
	return sum;
}

/* The share of the variance of all times that lies between the sides; 0 where the times are not known. */
static double share_of_sides(const double *base_s, size_t n_base, const double *new_s, size_t n_new)
{
	double apart = mean(new_s, n_new) - mean(base_s, n_base);
	double between = apart * apart * (double)n_base * (double)n_new / (double)(n_base + n_new);
	double within = moment(base_s, base_s, n_base) + moment(new_s, new_s, n_new);

	return between > 0 ? between / (between + within) : 0;
}

bool boots_one_in_turn(const struct run_set *base, const struct run_set *new)
{
	size_t n = base->nr_records, m = new->nr_records;
	double *at_s;
	bool in_turn;

	if (boots_count(base) != 1 || boots_count(new) != 1 || !*boot_id(base->record[0]) ||
	    strcmp(boot_id(base->record[0]), boot_id(new->record[0])) || n < 2 || m < 2)
		return false;
	at_s = calloc(n + m, sizeof(*at_s));
	if (!at_s)
		return false;
	for (size_t i = 0; i < n + m; i++)
		at_s[i] = started_s(i < n ? base->record[i] : new->record[i - n]);
	in_turn = share_of_sides(at_s, n, at_s + n, m) <= IN_BLOCKS && moment(at_s, at_s, n + m) > 0;
	free(at_s);
	return in_turn;
}

/* What a difference of logarithms rests on. */
struct contrast {
	double difference, error, freedom;
	double per_boot; /* the deviation of one boot */
};

static double quantile_t(double p, double freedom)
{
	return gsl_cdf_tdist_Pinv(p, freedom);
}

static struct contrast contrast_of(const struct boots *base, const struct boots *new, struct boots_compared *result)
{
	double n = (double)base->n, m = (double)new->n, apart = mean(new->at_s, new->n) - mean(base->at_s, base->n);
	double squares = moment(base->level, base->level, base->n) + moment(new->level, new->level, new->n);
	double times = moment(base->at_s, base->at_s, base->n) + moment(new->at_s, new->at_s, new->n);
	double per_time = 1 / n + 1 / m, least, slope;
	struct contrast c = { .difference = mean(new->level, new->n) - mean(base->level, base->n),
			      .freedom = n + m - 2 };

	least = (mean(base->variance, base->n) * n + mean(new->variance, new->n) * m) / (n + m);
	result->in_blocks = share_of_sides(base->at_s, base->n, new->at_s, new->n) > IN_BLOCKS;
	if (result->in_blocks && c.freedom > 0) {
		/* Blocks of one instant each: no drift can be told from the change. */
		if (!(times > 0)) {
			c.freedom = 0;
			return c;
		}
		slope = (moment(base->at_s, base->level, base->n) + moment(new->at_s, new->level, new->n)) / times;
		squares = fmax(squares - slope * slope * times, 0);
		c.difference -= slope * apart;
		c.freedom--;
		per_time += apart * apart / times;
		result->drift = exp(slope * DAY_S);
	}
	if (c.freedom > 0) {
		c.per_boot = sqrt(fmax(squares / c.freedom, least));
		c.error = c.per_boot * sqrt(per_time);
	}
	return c;
}

/* The least boots per side with which a change that is @margin beyond what decides it is found. NAN: over the most. */
static double boots_needed(double per_boot, double margin, double level)
{
	if (!(margin > 0))
		return NAN;
	for (unsigned int n = 2; n <= BOOTS_MOST; n++) {
		double freedom = 2.0 * n - 2;
		double factor = quantile_t(0.5 + level / 2, freedom) + quantile_t(POWER, freedom);

		if (factor * per_boot * sqrt(2.0 / n) <= margin)
			return n;
	}
	return NAN;
}

static int by_ranks(const struct boots *base, const struct boots *new, double level, struct estimate *ratio)
{
	double *x = calloc(base->n, sizeof(*x)), *y = calloc(new->n, sizeof(*y));
	int err = x && y ? 0 : -ENOMEM;

	for (size_t i = 0; i < base->n && !err; i++)
		x[i] = exp(base->level[i]);
	for (size_t i = 0; i < new->n && !err; i++)
		y[i] = exp(new->level[i]);
	if (!err)
		err = stats_unpaired_ratio(y, new->n, x, base->n, level, ratio);
	free(x);
	free(y);
	return err;
}

int boots_compare(const struct boots *base, const struct boots *new, double level, double threshold_percent,
		  struct boots_compared *result)
{
	double threshold = log1p(threshold_percent / 100), half, margin;
	size_t least = base->n < new->n ? base->n : new->n;
	struct contrast c;

	*result = (struct boots_compared){ .ratio = { NAN, NAN, NAN, level, least },
					   .base = NAN,
					   .new = NAN,
					   .p_value = NAN,
					   .detectable = NAN,
					   .needed = NAN,
					   .drift = NAN };
	if (!least)
		return 0;
	result->base = exp(mean(base->level, base->n));
	result->new = exp(mean(new->level, new->n));
	result->ratio.value = result->new / result->base;
	if (base->n < 2 || new->n < 2)
		return 0;
	c = contrast_of(base, new, result);
	if (c.freedom < 1)
		return 0;
	half = quantile_t(0.5 + level / 2, c.freedom) * c.error;
	result->ratio = (struct estimate){ exp(c.difference), exp(c.difference - half), exp(c.difference + half), level,
					   least };
	result->p_value =
		c.error > 0 ? 2 * gsl_cdf_tdist_Q(fabs(c.difference) / c.error, c.freedom) : c.difference == 0;
	result->detectable = exp(half + quantile_t(POWER, c.freedom) * c.error + threshold);
	/* To be beyond the threshold where it is beyond it, else to be certainly within. */
	margin = fabs(fabs(c.difference) - threshold);
	result->needed = boots_needed(c.per_boot, margin, level);
	if (least >= BOOTS_FOR_RANKS && least >= stats_unpaired_needed(level) && !result->in_blocks)
		return by_ranks(base, new, level, &result->ratio);
	return 0;
}
