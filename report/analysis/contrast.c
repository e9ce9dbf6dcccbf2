// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analysis/contrast.h"

#include <math.h>
#include <stdlib.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_psi.h>

/* One in so many is trimmed at either end. */
#define TRIM 8
#define POWER 0.8
/* More than anybody measures. */
#define NEEDED_MOST 1000
/* Without this much own spread the rows of a table say nothing about each other. */
#define MODERATE_MIN 3

/* A side: its mean, and how well it is known. */
struct mean {
	double value, variance, freedom;
	double weight; /* of all that it rests on */
};

static int by_value(const void *left, const void *right)
{
	const struct observation *a = left, *b = right;

	return (a->value > b->value) - (a->value < b->value);
}

/* A value that is trimmed counts in the variance as the outermost that is not. */
static double winsorized(const struct observation *x, size_t n, size_t trimmed, size_t i)
{
	if (i < trimmed)
		i = trimmed;
	if (i >= n - trimmed)
		i = n - trimmed - 1;
	return x[i].value;
}

static struct mean mean_of(struct observation *x, size_t n)
{
	size_t trimmed = n / TRIM, kept = n - 2 * trimmed;
	struct mean mean = { NAN, NAN, 0, 0 };
	double center = 0, weight = 0, squares = 0;

	if (!n)
		return mean;
	qsort(x, n, sizeof(*x), by_value);
	/* step by step: the mean of equal values is exactly theirs */
	mean.value = center = x[trimmed].value;
	for (size_t i = trimmed; i < n - trimmed; i++) {
		mean.weight += x[i].weight;
		mean.value += (x[i].value - mean.value) * x[i].weight / mean.weight;
	}
	for (size_t i = 0; i < n; i++) {
		weight += x[i].weight;
		center += (winsorized(x, n, trimmed, i) - center) * x[i].weight / weight;
	}
	for (size_t i = 0; i < n; i++)
		squares += x[i].weight * pow(winsorized(x, n, trimmed, i) - center, 2);
	if (kept < 2)
		return mean;
	mean.freedom = (double)kept - 1;
	mean.variance = squares / mean.freedom / mean.weight;
	return mean;
}

/* Satterthwaite's degrees of freedom of a sum of two variances. */
static double sum_freedom(double a, double a_freedom, double b, double b_freedom)
{
	if (!(a + b > 0))
		return a_freedom + b_freedom;
	return pow(a + b, 2) / ((a > 0 ? a * a / a_freedom : 0) + (b > 0 ? b * b / b_freedom : 0));
}

void contrast_make(struct observation *base, size_t n_base, struct observation *new, size_t n_new,
		   struct contrast *contrast)
{
	struct mean a = mean_of(base, n_base), b = mean_of(new, n_new);

	*contrast = (struct contrast){ .base = a.value,
				       .new = b.value,
				       .difference = b.value - a.value,
				       .variance = a.variance + b.variance,
				       .spread_freedom = a.freedom + b.freedom,
				       .spread_share = 1 / a.weight + 1 / b.weight,
				       .slope = NAN,
				       .n = n_base < n_new ? n_base : n_new };
	if (isnan(contrast->variance))
		return;
	contrast->weight = (a.weight + b.weight) / (a.freedom + b.freedom + 2);
	contrast->freedom = sum_freedom(a.variance, a.freedom, b.variance, b.freedom);
	contrast->spread =
		(a.variance * a.weight * a.freedom + b.variance * b.weight * b.freedom) / contrast->spread_freedom;
	contrast->variance = fmax(contrast->variance, contrast->spread * contrast->spread_share);
}

static bool has_spread(const struct contrast *contrast)
{
	return contrast->variance > 0 && contrast->spread > 0;
}

/* The x where trigamma is @y: it falls from infinity to 0. */
static double trigamma_inverse(double y)
{
	double low = 1e-3, high = 1e6;

	while (high / low > 1 + 1e-9) {
		double middle = sqrt(low * high);

		if (gsl_sf_psi_1(middle) > y)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/*
 * What the rows have in common, as Smyth's equations have it: the logarithms of sample variances scatter by what their
 * degrees of freedom explain, and the rest is how different the true ones are. 0 degrees of freedom: nothing.
 */
static void common_spread(const struct contrast *contrast, size_t n, double *spread, double *freedom)
{
	double mean = 0, squares = 0, explained = 0, excess;
	size_t count = 0;

	*spread = *freedom = 0;
	for (size_t i = 0; i < n; i++) {
		double half = contrast[i].spread_freedom / 2;

		if (!has_spread(&contrast[i]))
			continue;
		mean += log(contrast[i].spread) - gsl_sf_psi(half) + log(half);
		explained += gsl_sf_psi_1(half);
		count++;
	}
	if (count < MODERATE_MIN)
		return;
	mean /= (double)count;
	for (size_t i = 0; i < n; i++) {
		double half = contrast[i].spread_freedom / 2;

		if (has_spread(&contrast[i]))
			squares += pow(log(contrast[i].spread) - gsl_sf_psi(half) + log(half) - mean, 2);
	}
	excess = squares / (double)(count - 1) - explained / (double)count;
	*freedom = excess > 0 ? 2 * trigamma_inverse(excess) : INFINITY;
	*spread = exp(mean + (isfinite(*freedom) ? gsl_sf_psi(*freedom / 2) - log(*freedom / 2) : 0));
}

void contrasts_moderate(struct contrast *contrast, size_t n)
{
	double spread, freedom;

	common_spread(contrast, n, &spread, &freedom);
	for (size_t i = 0; i < n && freedom > 0; i++) {
		struct contrast *c = &contrast[i];
		double pooled = fmin(freedom, c->spread_freedom), own = fmin(freedom, c->freedom), common, welch;

		if (isnan(c->variance) || !(c->freedom > 0) || freedom < c->spread_freedom)
			continue;
		common = (pooled * spread + c->spread_freedom * c->spread) / (pooled + c->spread_freedom);
		welch = (own * spread * c->spread_share + c->freedom * c->variance) / (own + c->freedom);
		c->variance = fmax(common * c->spread_share, welch);
		c->spread = common;
		c->spread_freedom += pooled;
		c->common = freedom;
		c->freedom += own;
	}
}

/* ---- drift ---- */

/* The sum of (time - mean time) * (y - mean y); y is the time, too, or the value. */
static double time_moment(const struct observation *x, size_t n, bool of_time)
{
	double time = 0, value = 0, sum = 0;

	for (size_t i = 0; i < n; i++) {
		time += x[i].at_s / (double)n;
		value += (of_time ? x[i].at_s : x[i].value) / (double)n;
	}
	for (size_t i = 0; i < n; i++)
		sum += (x[i].at_s - time) * ((of_time ? x[i].at_s : x[i].value) - value);
	return sum;
}

/* The weighted mean time of those that are kept when they are sorted by value. */
static double time_of(const struct observation *x, size_t n)
{
	size_t trimmed = n / TRIM;
	double sum = 0, weight = 0;

	for (size_t i = trimmed; i < n - trimmed; i++) {
		sum += x[i].weight * x[i].at_s;
		weight += x[i].weight;
	}
	return sum / weight;
}

void contrast_without_drift(struct observation *base, size_t n_base, struct observation *new, size_t n_new,
			    struct contrast *contrast)
{
	double times = time_moment(base, n_base, true) + time_moment(new, n_new, true), slope, apart, share, first;
	struct contrast raw;

	contrast_make(base, n_base, new, n_new, &raw);
	*contrast = raw;
	contrast->variance = NAN;
	if (n_base + n_new < 4 || !(times > 0))
		return;
	slope = (time_moment(base, n_base, false) + time_moment(new, n_new, false)) / times;
	first = base[0].at_s;
	for (size_t i = 0; i < n_base; i++)
		base[i].value -= slope * (base[i].at_s - first);
	for (size_t i = 0; i < n_new; i++)
		new[i].value -= slope *(new[i].at_s - first);
	contrast_make(base, n_base, new, n_new, contrast);
	contrast->base = raw.base;
	contrast->new = raw.new;
	contrast->slope = slope;
	if (!(contrast->spread_freedom > 1)) {
		contrast->variance = NAN;
		return;
	}
	/* the slope took one degree of freedom */
	contrast->spread *= contrast->spread_freedom / (contrast->spread_freedom - 1);
	contrast->variance *= contrast->spread_freedom / (contrast->spread_freedom - 1);
	contrast->freedom *= (contrast->spread_freedom - 1) / contrast->spread_freedom;
	contrast->spread_freedom--;
	apart = time_of(new, n_new) - time_of(base, n_base);
	share = apart * apart / times / contrast->weight;
	contrast->variance += contrast->spread * share;
	contrast->spread_share += share;
}

/* ---- what it says ---- */

struct estimate contrast_ratio(const struct contrast *contrast, double level)
{
	struct estimate ratio = { exp(contrast->difference), NAN, NAN, level, contrast->n };
	double reach;

	if (isnan(contrast->variance) || !(contrast->freedom > 0))
		return ratio;
	reach = gsl_cdf_tdist_Qinv((1 - level) / 2, contrast->freedom) * sqrt(contrast->variance) + contrast->step;
	ratio.lower = exp(contrast->difference - reach);
	ratio.upper = exp(contrast->difference + reach);
	return ratio;
}

double contrast_p(const struct contrast *contrast)
{
	double apart = fmax(0, fabs(contrast->difference) - contrast->step);

	if (isnan(contrast->variance) || !(contrast->freedom > 0))
		return NAN;
	if (contrast->variance == 0)
		return apart == 0;
	return 2 * gsl_cdf_tdist_Q(apart / sqrt(contrast->variance), contrast->freedom);
}

/* How many standard errors apart: to be certain at @level, and to be so in most cases. */
static double errors_apart(double level, double freedom)
{
	return gsl_cdf_tdist_Qinv((1 - level) / 2, freedom) + gsl_cdf_tdist_Pinv(POWER, freedom);
}

double contrast_detectable(const struct contrast *contrast, double level, double factor)
{
	if (isnan(contrast->variance) || !(contrast->freedom > 0))
		return NAN;
	return factor * exp(errors_apart(level, contrast->freedom) * sqrt(contrast->variance) + contrast->step);
}

double contrast_needed(const struct contrast *contrast, double level, double factor)
{
	double apart = fabs(fabs(contrast->difference) - log(factor)) - contrast->step;

	if (isnan(contrast->variance) || !(apart > 0))
		return NAN;
	for (double n = 2; n <= NEEDED_MOST; n++) {
		double own = 2 * (n - 1), freedom = own + fmin(own, contrast->common);

		if (errors_apart(level, freedom) * sqrt(contrast->spread * 2 / n / contrast->weight) <= apart)
			return n;
	}
	return NAN;
}
