// SPDX-License-Identifier: GPL-2.0-or-later
#include "results/stats.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_histogram.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>

/* Up to here the signed-rank distribution is counted out: 2^50 orderings are still exact in a double. */
#define SIGNED_RANK_EXACT_MAX 50

#define OCTAVES 36
#define BINS_PER_OCTAVE 16
#define NR_BINS (OCTAVES * BINS_PER_OCTAVE + 2)
#define TAIL_EVENTS_MIN 10

static struct estimate estimate_none(size_t n, double level)
{
	return (struct estimate){ .value = NAN, .lower = NAN, .upper = NAN, .level = level, .n = n };
}

/* The largest rank below which the quantile lies with a probability of at most @tail; 0: there is none. */
static size_t rank_lower(size_t n, double p, double tail)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t rank = low + (high - low + 1) / 2;

		if (gsl_cdf_binomial_P((unsigned int)rank - 1, p, (unsigned int)n) <= tail)
			low = rank;
		else
			high = rank - 1;
	}
	return low;
}

/* The smallest rank above which the quantile lies with a probability of at most @tail; n + 1: there is none. */
static size_t rank_upper(size_t n, double p, double tail)
{
	size_t low = 1, high = n + 1;

	while (low < high) {
		size_t rank = low + (high - low) / 2;

		if (gsl_cdf_binomial_Q((unsigned int)rank - 1, p, (unsigned int)n) <= tail)
			high = rank;
		else
			low = rank + 1;
	}
	return low;
}

struct estimate stats_quantile(const double *x, size_t n, double p, double level)
{
	struct estimate e = estimate_none(n, level);
	double tail = (1 - level) / 2;
	double *sorted;
	size_t rank;

	/* GSL counts in unsigned int */
	if (!n || n >= UINT32_MAX)
		return e;
	sorted = malloc(n * sizeof(*sorted));
	if (!sorted)
		return e;
	memcpy(sorted, x, n * sizeof(*sorted));
	gsl_sort(sorted, 1, n);

	e.value = gsl_stats_quantile_from_sorted_data(sorted, 1, n, p);
	rank = rank_lower(n, p, tail);
	if (rank >= 1)
		e.lower = sorted[rank - 1];
	rank = rank_upper(n, p, tail);
	if (rank <= n)
		e.upper = sorted[rank - 1];
	free(sorted);
	return e;
}

/*
 * Doubles in the order of integers: neighbours differ by 1, so that halving an interval ends, after at most 64 steps,
 * at the very double that was looked for. The mapping is its own inverse.
 */
static int64_t key_swap(int64_t bits)
{
	return bits < 0 ? INT64_MIN - bits : bits;
}

static int64_t key_of(double x)
{
	int64_t bits;

	memcpy(&bits, &x, sizeof(bits));
	return key_swap(bits);
}

static double double_of(int64_t key)
{
	double x;

	key = key_swap(key);
	memcpy(&x, &key, sizeof(x));
	return x;
}

/* How many averages of two (or twice one) of the sorted @d are at most @limit. Floating-point sums are monotone. */
static uint64_t walsh_count(const double *d, size_t n, double limit)
{
	uint64_t count = 0;
	size_t end = n;

	for (size_t i = 0; i < n; i++) {
		while (end > i && (d[i] + d[end - 1]) / 2 > limit)
			end--;
		if (end <= i)
			break;
		count += end - i;
	}
	return count;
}

/* The @rank-th smallest Walsh average, counted from 1. */
static double walsh_select(const double *d, size_t n, uint64_t rank)
{
	int64_t low = key_of(d[0]), high = key_of(d[n - 1]);

	while (low < high) {
		int64_t middle = low + (int64_t)(((uint64_t)high - (uint64_t)low) / 2);

		if (walsh_count(d, n, double_of(middle)) >= rank)
			high = middle;
		else
			low = middle + 1;
	}
	return double_of(low);
}

/* How many of the smallest values of the signed-rank statistic are together at most @tail probable, by counting. */
static uint64_t signed_rank_exact(size_t n, double tail)
{
	double ways[SIGNED_RANK_EXACT_MAX * (SIGNED_RANK_EXACT_MAX + 1) / 2 + 1] = { 1 };
	size_t sums = n * (n + 1) / 2;
	double allowed = ldexp(tail, (int)n), seen = 0;
	uint64_t count = 0;

	for (size_t i = 1; i <= n; i++) {
		for (size_t sum = sums; sum >= i; sum--)
			ways[sum] += ways[sum - i];
	}
	while (count <= sums && seen + ways[count] <= allowed)
		seen += ways[count++];
	return count;
}

/* The same by the normal approximation with continuity correction. */
static uint64_t signed_rank_normal(size_t n, double tail)
{
	double size = (double)n;
	double mean = size * (size + 1) / 4;
	double deviation = sqrt(size * (size + 1) * (2 * size + 1) / 24);
	double count = floor(mean - gsl_cdf_ugaussian_Qinv(tail) * deviation + 0.5);

	return count > 0 ? (uint64_t)count : 0;
}

/* Hodges-Lehmann estimate and signed-rank interval of the centre of the sorted @d, not yet taken to exp(). */
static void signed_rank_estimate(const double *d, struct estimate *e)
{
	uint64_t averages = (uint64_t)e->n * (e->n + 1) / 2;
	double tail = (1 - e->level) / 2;
	uint64_t cut;

	e->value = walsh_select(d, e->n, (averages + 1) / 2);
	if (averages % 2 == 0)
		e->value = (e->value + walsh_select(d, e->n, averages / 2 + 1)) / 2;
	cut = e->n <= SIGNED_RANK_EXACT_MAX ? signed_rank_exact(e->n, tail) : signed_rank_normal(e->n, tail);
	if (!cut)
		return;
	e->lower = walsh_select(d, e->n, cut);
	e->upper = walsh_select(d, e->n, averages + 1 - cut);
}

struct estimate stats_paired_ratio(const double *a, const double *b, size_t n, double level)
{
	struct estimate e = estimate_none(n, level);
	double *d;

	if (!n)
		return e;
	d = malloc(n * sizeof(*d));
	if (!d)
		return e;
	for (size_t i = 0; i < n; i++) {
		d[i] = log(a[i]) - log(b[i]);
		if (!isfinite(d[i]))
			goto out_free;
	}
	gsl_sort(d, 1, n);
	signed_rank_estimate(d, &e);
	e.value = exp(e.value);
	e.lower = exp(e.lower);
	e.upper = exp(e.upper);
out_free:
	free(d);
	return e;
}

double estimate_half_width_percent(const struct estimate *e)
{
	if (e->value == 0)
		return NAN;
	return (e->upper - e->lower) / 2 / fabs(e->value) * 100;
}

/* A bound that is NAN answers no to every comparison, which is what not knowing it means. */
static int verdict(const struct estimate *e)
{
	if (e->upper < 1)
		return -1;
	return e->lower > 1;
}

bool estimate_same_verdict(const struct estimate *a, const struct estimate *b)
{
	return verdict(a) == verdict(b);
}

/* Made by hand around GSL's struct: gsl_histogram_alloc() calls abort() without memory. */
struct histogram {
	gsl_histogram gsl;
	double edge[NR_BINS + 1];
	double count[NR_BINS];
};

struct histogram *histogram_new(void)
{
	struct histogram *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->gsl.n = NR_BINS;
	h->gsl.range = h->edge;
	h->gsl.bin = h->count;
	h->edge[0] = 0;
	for (size_t i = 0; i <= OCTAVES * BINS_PER_OCTAVE; i++)
		h->edge[i + 1] = ldexp(1 + (double)(i % BINS_PER_OCTAVE) / BINS_PER_OCTAVE, (int)(i / BINS_PER_OCTAVE));
	h->edge[NR_BINS] = INFINITY;
	return h;
}

void histogram_free(struct histogram *h)
{
	free(h);
}

void histogram_add(struct histogram *h, double ns)
{
	if (isnan(ns))
		return;
	/* A clock that stepped back gives a negative time; GSL would drop it, and infinity, in silence */
	gsl_histogram_increment(&h->gsl, fmin(fmax(ns, 0), DBL_MAX));
}

int histogram_add_bin(struct histogram *h, size_t bin, double count)
{
	if (bin >= NR_BINS)
		return -ERANGE;
	if (!isfinite(count) || count < 0)
		return -EINVAL;
	h->count[bin] += count;
	return 0;
}

double histogram_total(const struct histogram *h)
{
	return gsl_histogram_sum(&h->gsl);
}

size_t histogram_bins(const struct histogram *h)
{
	return gsl_histogram_bins(&h->gsl);
}

double histogram_count(const struct histogram *h, size_t bin)
{
	return bin < NR_BINS ? h->count[bin] : NAN;
}

void histogram_edges(const struct histogram *h, size_t bin, double *lower_ns, double *upper_ns)
{
	*lower_ns = bin < NR_BINS ? h->edge[bin] : NAN;
	*upper_ns = bin < NR_BINS ? h->edge[bin + 1] : NAN;
}

/* The middle of the last bin is INFINITY: all that is known of its events is that they are longer than 69 s. */
double histogram_quantile(const struct histogram *h, double p)
{
	double total = histogram_total(h), seen = 0;

	/* 0.9 of 100 events leaves 9.999999999999998 beyond it */
	if (!(total * fmin(p, 1 - p) >= TAIL_EVENTS_MIN * (1 - 1e-9)))
		return NAN;
	for (size_t bin = 0; bin < NR_BINS; bin++) {
		seen += h->count[bin];
		if (seen >= p * total)
			return (h->edge[bin] + h->edge[bin + 1]) / 2;
	}
	return NAN;
}
