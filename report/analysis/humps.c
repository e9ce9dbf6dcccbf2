// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analysis/humps.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>

/* Knots of the greatest convex minorant and the least concave majorant of a part of the distribution. */
struct hull {
	size_t *knot; /* of the minorant from right to left, of the majorant from left to right */
	size_t count;
};

struct dip {
	const double *x;
	size_t low, high; /* the part in which the mode can be */
	size_t *below;    /* below[j]: the knot of the minorant of values up to j that comes before j */
	size_t *above;    /* above[k]: the knot of the majorant of values from k on that comes after k */
	struct hull minorant, majorant;
	size_t at_minorant, at_majorant; /* where the two are farthest apart */
};

/* Does the distribution rise less steeply from @a to @b than from @c to @d? Without a division. */
static bool flatter(const double *x, size_t a, size_t b, size_t c, size_t d)
{
	return (double)(b - a) * (x[d] - x[c]) < (double)(d - c) * (x[b] - x[a]);
}

static void link_knots(struct dip *dip, size_t count)
{
	const double *x = dip->x;

	dip->below[0] = 0;
	for (size_t j = 1; j < count; j++) {
		size_t knot = j - 1;

		while (knot && !flatter(x, dip->below[knot], knot, knot, j))
			knot = dip->below[knot];
		dip->below[j] = knot;
	}
	dip->above[count - 1] = count - 1;
	for (size_t k = count - 1; k-- > 0;) {
		size_t knot = k + 1;

		while (knot < count - 1 && !flatter(x, knot, dip->above[knot], k, knot))
			knot = dip->above[knot];
		dip->above[k] = knot;
	}
}

static void collect_hulls(struct dip *dip)
{
	dip->minorant.count = dip->majorant.count = 0;
	for (size_t at = dip->high;; at = dip->below[at]) {
		dip->minorant.knot[dip->minorant.count++] = at > dip->low ? at : dip->low;
		if (at <= dip->low)
			break;
	}
	for (size_t at = dip->low;; at = dip->above[at]) {
		dip->majorant.knot[dip->majorant.count++] = at < dip->high ? at : dip->high;
		if (at >= dip->high)
			break;
	}
}

/* The value at @at of the line through (@from, @at_from) and (@to, @at_to), where lines run over the values. */
static double line_at(const double *x, size_t from, double at_from, size_t to, double at_to, size_t at)
{
	if (!(x[to] > x[from]))
		return at_from;
	return at_from + (at_to - at_from) * (x[at] - x[from]) / (x[to] - x[from]);
}

/* The largest distance between both hulls, in values; sets where it is. Both lists are walked from left to right. */
static double hulls_apart(struct dip *dip)
{
	const size_t *minorant = dip->minorant.knot, *majorant = dip->majorant.knot;
	size_t i = dip->minorant.count - 1, j = 0; /* the knots at or before the place that is looked at */
	double most = 0;

	dip->at_minorant = i;
	dip->at_majorant = 0;
	while (i > 0 || j < dip->majorant.count - 1) {
		size_t next_minorant = minorant[i ? i - 1 : 0];
		size_t next_majorant = majorant[j + 1 < dip->majorant.count ? j + 1 : j];
		size_t right = j + 1 < dip->majorant.count ? j + 1 : j; /* the majorant's knot at or after it */
		double apart;

		if (i && next_minorant <= next_majorant) {
			apart = line_at(dip->x, majorant[j], (double)majorant[j] + 1, next_majorant,
					(double)next_majorant + 1, next_minorant) -
				(double)next_minorant;
			i--;
		} else {
			apart = (double)next_majorant + 1 -
				line_at(dip->x, minorant[i], (double)minorant[i], next_minorant, (double)next_minorant,
					next_majorant);
			j++;
		}
		if (apart >= most) {
			most = apart;
			dip->at_minorant = i;
			dip->at_majorant = right;
		}
	}
	return most;
}

/* How far the distribution is from its convex minorant left of the mode, at the most, and from its majorant right. */
static double outside(const struct dip *dip)
{
	double most = 1;

	for (size_t i = dip->at_minorant; i + 1 < dip->minorant.count; i++) {
		size_t begin = dip->minorant.knot[i + 1], end = dip->minorant.knot[i];

		for (size_t at = begin; at <= end; at++)
			most = fmax(most, (double)at + 1 - line_at(dip->x, begin, (double)begin, end, (double)end, at));
	}
	for (size_t j = dip->at_majorant; j + 1 < dip->majorant.count; j++) {
		size_t begin = dip->majorant.knot[j], end = dip->majorant.knot[j + 1];

		for (size_t at = begin; at <= end; at++)
			most = fmax(most,
				    line_at(dip->x, begin, (double)begin + 1, end, (double)end + 1, at) - (double)at);
	}
	return most;
}

/* In values, twice: the part in which the mode can be shrinks until it is no farther from one mode than the rest. */
static double search(struct dip *dip)
{
	double most = 1;

	for (;;) {
		double apart;

		collect_hulls(dip);
		apart = hulls_apart(dip);
		if (apart <= most)
			return most;
		most = fmax(most, outside(dip));
		if (dip->low == dip->minorant.knot[dip->at_minorant] &&
		    dip->high == dip->majorant.knot[dip->at_majorant])
			return most;
		dip->low = dip->minorant.knot[dip->at_minorant];
		dip->high = dip->majorant.knot[dip->at_majorant];
		if (dip->low >= dip->high)
			return most;
	}
}

double dip_of_sorted(const double *x, size_t count)
{
	size_t *room = count ? calloc(4 * (count + 1), sizeof(*room)) : NULL;
	struct dip dip;
	double most;

	if (!room)
		return NAN;
	dip = (struct dip){
		.x = x,
		.high = count - 1,
		.below = room,
		.above = room + count + 1,
		.minorant.knot = room + 2 * (count + 1),
		.majorant.knot = room + 3 * (count + 1),
	};
	link_knots(&dip, count);
	most = search(&dip) / (2 * (double)count);
	free(room);
	return most;
}

/* The distances of sorted values from @from on, before @to, to their median; sum[i] is that of the first i values. */
static double to_median(const double *sum, size_t from, size_t to)
{
	size_t half = (to - from) / 2;

	return sum[to] - sum[to - half] - (sum[from + half] - sum[from]);
}

/*
 * Where to part @count sorted values: the first of the higher ones. The distances to both medians are least there,
 * where both groups have @least values or more.
 */
static size_t parting(const double *sum, size_t count, size_t least)
{
	double closest = INFINITY;
	size_t at = least;

	for (size_t i = least; i <= count - least; i++) {
		double distance = to_median(sum, 0, i) + to_median(sum, i, count);

		if (distance < closest) {
			closest = distance;
			at = i;
		}
	}
	return at;
}

static size_t distinct(const double *x, size_t count)
{
	size_t n = count > 0;

	for (size_t i = 1; i < count; i++)
		n += x[i] > x[i - 1];
	return n;
}

int humps_find(const double *x, size_t count, struct humps *humps)
{
	double *sorted, *sum, dip;
	size_t at;
	int found = 0;

	if (count < HUMPS_VALUES_MIN)
		return 0;
	sorted = calloc(2 * count + 1, sizeof(*sorted));
	if (!sorted)
		return -ENOMEM;
	memcpy(sorted, x, count * sizeof(*sorted));
	gsl_sort(sorted, 1, count);
	sum = sorted + count;
	for (size_t i = 0; i < count; i++)
		sum[i + 1] = sum[i] + sorted[i];
	dip = dip_of_sorted(sorted, count);
	if (isnan(dip)) {
		found = -ENOMEM;
	} else if (dip * sqrt((double)count) > HUMPS_DIP && 2 * distinct(sorted, count) > count) {
		/* Without one of two groups there is one mode: so the dip is at most the share of the smaller group. */
		at = parting(sum, count, (size_t)fmax(1, floor(dip * (double)count)));
		*humps = (struct humps){ .low = gsl_stats_median_from_sorted_data(sorted, 1, at),
					 .high = gsl_stats_median_from_sorted_data(sorted + at, 1, count - at),
					 .nr_low = at,
					 .nr_high = count - at };
		found = 1;
	}
	free(sorted);
	return found;
}
