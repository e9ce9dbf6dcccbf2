// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/record/stats.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>

/* Up to here the signed-rank distribution is counted out: 2^50 orderings are still exact in a double. */
#define SIGNED_RANK_EXACT_MAX 50

/* Above this correlation of neighbours an interval would rest on a handful of independent values. */
#define CORRELATION_MOST 0.95

/* Below, whole ranks keep the level better than the normal approximation. */
#define INTERPOLATED_MIN 10

/* The level at which a slow change is seen. One that is not seen does more harm than an interval that is too wide. */
#define SLOW_ALPHA 0.2

/* Below, parts of a series are too short to see a slow change. */
#define SLOW_MIN ((size_t)10 * SERIES_PARTS)

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

int stats_quantile(const double *x, size_t n, double p, double level, struct estimate *e)
{
	double tail = (1 - level) / 2;
	double *sorted;
	size_t rank;

	*e = estimate_none(n, level);
	/* GSL counts in unsigned int */
	if (!n || n >= UINT32_MAX)
		return 0;
	sorted = malloc(n * sizeof(*sorted));
	if (!sorted)
		return -ENOMEM;
	memcpy(sorted, x, n * sizeof(*sorted));
	gsl_sort(sorted, 1, n);

	e->value = gsl_stats_quantile_from_sorted_data(sorted, 1, n, p);
	rank = rank_lower(n, p, tail);
	if (rank >= 1)
		e->lower = sorted[rank - 1];
	rank = rank_upper(n, p, tail);
	if (rank <= n)
		e->upper = sorted[rank - 1];
	free(sorted);
	return 0;
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

/*
 * How many averages of two (or twice one) of @d, sorted, are at most @limit: they are selected by rank without being
 * stored. Floating-point sums are monotone.
 */
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

/* The @rank-th smallest of these averages, counted from 1. */
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

/* Median of the averages, and bounds @cut from both ends; 0: no bounds. */
static void walsh_estimate(const double *d, size_t n, uint64_t cut, struct estimate *e)
{
	uint64_t count = (uint64_t)n * (n + 1) / 2;

	e->value = walsh_select(d, n, (count + 1) / 2);
	if (count % 2 == 0)
		e->value = (e->value + walsh_select(d, n, count / 2 + 1)) / 2;
	if (!cut)
		return;
	e->lower = walsh_select(d, n, cut);
	e->upper = walsh_select(d, n, count + 1 - cut);
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

/* The same by the normal approximation with continuity correction, of any rank statistic. */
static uint64_t rank_normal(double mean, double variance, double tail)
{
	double count = floor(mean - gsl_cdf_ugaussian_Qinv(tail) * sqrt(variance) + 0.5);

	return count > 0 ? (uint64_t)count : 0;
}

static uint64_t signed_rank_cut(size_t n, double tail)
{
	double size = (double)n;

	if (n <= SIGNED_RANK_EXACT_MAX)
		return signed_rank_exact(n, tail);
	return rank_normal(size * (size + 1) / 4, size * (size + 1) * (2 * size + 1) / 24, tail);
}

/* From logarithms to ratios. */
static void estimate_exp(struct estimate *e)
{
	e->value = exp(e->value);
	e->lower = exp(e->lower);
	e->upper = exp(e->upper);
}

/*
 * How many deviations an interval reaches: Student's quantile with the degrees of freedom of as many independent
 * values, since their correlation is an estimate too. The normal one for independent values.
 */
static double series_quantile(double level, size_t n, double dilation)
{
	if (dilation <= 1)
		return gsl_cdf_ugaussian_Pinv(0.5 + level / 2);
	return gsl_cdf_tdist_Pinv(0.5 + level / 2, fmax((double)n / dilation - 1, 1));
}

/*
 * Does the range of all values hold the median at @level? Of @n independent ones it does so but for 2 * 0.5^n. Who left
 * out those whose correlation came out high would keep those in which it came out too low.
 */
static bool range_holds(double level, size_t n, double dilation)
{
	return exp2(1 - (double)n / dilation) <= 1 - level;
}

/* The Hodges-Lehmann estimate of @n logarithms, which it sorts; @dilation as in series_dilation(). */
static void estimate_of_logs(double *d, size_t n, double level, double dilation, struct estimate *ratio)
{
	uint64_t count = (uint64_t)n * (n + 1) / 2, cut = signed_rank_cut(n, (1 - level) / 2);
	double normal = gsl_cdf_ugaussian_Pinv(0.5 + level / 2), middle = ((double)count + 1) / 2, reach;

	reach = (middle - (double)cut) * sqrt(dilation) * series_quantile(level, n, dilation) / normal;

	/* the ranks of an independent series, moved apart; rounded to the wider side */
	if (cut && dilation > 1)
		cut = reach <= middle - 1 ? (uint64_t)(middle - reach) : range_holds(level, n, dilation);
	gsl_sort(d, 1, n);
	walsh_estimate(d, n, cut, ratio);
}

/* Logarithms of a/b, owned by the caller; NULL in @logs where one is not finite. 0 or -ENOMEM. */
static int ratio_logs(const double *a, const double *b, size_t n, double **logs)
{
	double *d = malloc(n * sizeof(*d));

	*logs = d;
	if (!d)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		d[i] = log(a[i]) - log(b[i]);
		if (isfinite(d[i]))
			continue;
		free(d);
		*logs = NULL;
		return 0;
	}
	return 0;
}

int stats_paired_ratio(const double *a, const double *b, size_t n, double level, struct estimate *ratio)
{
	double *d;
	int err;

	*ratio = estimate_none(n, level);
	err = n ? ratio_logs(a, b, n, &d) : 0;
	if (!n || err || !d)
		return err;
	estimate_of_logs(d, n, level, 1, ratio);
	estimate_exp(ratio);
	free(d);
	return 0;
}

/* ---- series: values in the order in which they were measured ---- */

/* Normal scores in the order of the series: of the mean rank where values are equal. 0 or -ENOMEM. */
static int normal_scores(const double *x, size_t n, double *score)
{
	size_t *order = malloc(n * sizeof(*order)), last;

	if (!order)
		return -ENOMEM;
	gsl_sort_index(order, x, 1, n);
	for (size_t first = 0; first < n; first = last) {
		for (last = first + 1; last < n && x[order[last]] == x[order[first]]; last++)
			;
		for (size_t i = first; i < last; i++)
			score[order[i]] = gsl_cdf_ugaussian_Pinv((double)(first + last) / 2 / (double)n);
	}
	free(order);
	return 0;
}

/* How the values of a series depend on those before them. */
struct dependence {
	double rho; /* correlation of neighbours */
	bool slow;  /* parts of the series differ by more than that explains */
};

static size_t part_begin(size_t n, size_t part)
{
	return n * part / SERIES_PARTS;
}

static double mean_of_part(const double *x, size_t n, size_t part)
{
	return gsl_stats_mean(x + part_begin(n, part), 1, part_begin(n, part + 1) - part_begin(n, part));
}

/*
 * Do the parts of a series differ by more than @rho explains? One-way analysis of variance of the normal scores, whose
 * means vary (1 + rho)/(1 - rho) times as much as those of independent values (Priestley, Spectral Analysis and Time
 * Series, 1981, section 5.3).
 */
static bool changes_slowly(const double *score, size_t n, double rho)
{
	double mean = gsl_stats_mean(score, 1, n), among = 0, within = 0, freedom = (double)n - SERIES_PARTS;

	if (n < SLOW_MIN)
		return false;
	for (size_t i = 0; i < SERIES_PARTS; i++)
		among += pow(mean_of_part(score, n, i) - mean, 2) * (double)n / SERIES_PARTS;
	for (size_t i = 0; i < n; i++)
		within += pow(score[i] - mean, 2);
	within -= among;
	among /= SERIES_PARTS - 1;
	within /= freedom;
	return within > 0 &&
	       gsl_cdf_fdist_Q(among / within * (1 - rho) / (1 + rho), SERIES_PARTS - 1, freedom) < SLOW_ALPHA;
}

/*
 * Estimated correlations are too small by about (1 + 4 rho)/n (Marriott and Pope, Biometrika 41, 1954), which is put
 * back; negative ones count as none. 0 or -ENOMEM.
 */
static int series_dependence(const double *x, size_t n, struct dependence *of)
{
	double *score = malloc((n + 1) * sizeof(*score)), sum = 0, lagged = 0, rho;
	int err = score ? normal_scores(x, n, score) : -ENOMEM;

	*of = (struct dependence){ 0 };
	for (size_t i = 0; i < n && !err; i++) {
		sum += score[i] * score[i];
		lagged += i ? score[i] * score[i - 1] : 0;
	}
	if (sum > 0) {
		rho = lagged / sum + (1 + 4 * lagged / sum) / (double)n;
		of->rho = fmin(fmax(rho, 0), CORRELATION_MOST);
		of->slow = changes_slowly(score, n, of->rho);
	}
	free(score);
	return err;
}

/*
 * Widen @e, the estimate of a series that changes slowly. Averaging over the series does not reduce such a change. So
 * another run is to this one as one part is to another: Student's interval of the next value after those of the parts.
 * 0 or -ENOMEM.
 */
static int widen_by_parts(const double *x, size_t n, double level, struct estimate *e)
{
	double *sorted = malloc((n / SERIES_PARTS + 1) * sizeof(*sorted)), median[SERIES_PARTS], reach;

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < SERIES_PARTS; i++) {
		size_t count = part_begin(n, i + 1) - part_begin(n, i);

		memcpy(sorted, x + part_begin(n, i), count * sizeof(*sorted));
		gsl_sort(sorted, 1, count);
		median[i] = gsl_stats_median_from_sorted_data(sorted, 1, count);
	}
	free(sorted);
	reach = gsl_cdf_tdist_Pinv(0.5 + level / 2, SERIES_PARTS - 1) * gsl_stats_sd(median, 1, SERIES_PARTS);
	e->lower = fmin(e->lower, fmax(e->value - reach, gsl_stats_min(x, 1, n)));
	e->upper = fmax(e->upper, fmin(e->value + reach, gsl_stats_max(x, 1, n)));
	return 0;
}

/*
 * How many times the variance of an independent series an estimate has: 1 + 2 * the sum of the correlations of what it
 * adds up, at all distances, where those of the values are powers of @rho. That is signs for a median (@of_ranks
 * false), and ranks for the Hodges-Lehmann estimate; their correlations follow from @rho by Sheppard's and Pearson's
 * formulas for the normal distribution.
 */
static double series_dilation(double rho, bool of_ranks)
{
	double sum = 0;

	for (double power = rho; power > 1e-6; power *= rho)
		sum += of_ranks ? 6 / M_PI * asin(power / 2) : 2 / M_PI * asin(power);
	return 1 + 2 * sum;
}

/* Between the neighbours that a rank of not a whole number lies between. */
static double at_rank(const double *sorted, double rank)
{
	size_t below = (size_t)rank;
	double part = rank - (double)below;

	return part > 0 ? sorted[below - 1] * (1 - part) + sorted[below] * part : sorted[below - 1];
}

int stats_series_median(const double *x, size_t n, double level, struct estimate *median, bool *slow)
{
	double middle = ((double)n + 1) / 2, *sorted, lower, dilation;
	struct dependence of;
	int err = stats_quantile(x, n, 0.5, level, median);

	if (err || n < INTERPOLATED_MIN)
		return err;
	err = series_dependence(x, n, &of);
	if (err)
		return err;
	sorted = malloc(n * sizeof(*sorted));
	if (!sorted)
		return -ENOMEM;
	memcpy(sorted, x, n * sizeof(*sorted));
	gsl_sort(sorted, 1, n);
	dilation = series_dilation(of.rho, false);
	lower = middle - series_quantile(level, n, dilation) / 2 * sqrt((double)n * dilation);
	if (lower < 1 && range_holds(level, n, dilation))
		lower = 1;
	median->lower = lower >= 1 ? at_rank(sorted, lower) : NAN;
	median->upper = lower >= 1 ? at_rank(sorted, (double)n + 1 - lower) : NAN;
	free(sorted);
	*slow = n >= SLOW_MIN && (*slow || of.slow);
	return *slow ? widen_by_parts(x, n, level, median) : 0;
}

int stats_series_ratio(const double *a, const double *b, size_t n, double level, struct estimate *ratio)
{
	struct dependence of;
	double *d, *sorted;
	int err;

	*ratio = estimate_none(n, level);
	err = n ? ratio_logs(a, b, n, &d) : 0;
	if (!n || err || !d)
		return err;
	sorted = malloc(n * sizeof(*sorted));
	err = sorted ? series_dependence(d, n, &of) : -ENOMEM;
	if (!err) {
		memcpy(sorted, d, n * sizeof(*sorted));
		estimate_of_logs(sorted, n, level, series_dilation(of.rho, true), ratio);
		err = of.slow ? widen_by_parts(d, n, level, ratio) : 0;
		estimate_exp(ratio);
	}
	free(sorted);
	free(d);
	return err;
}

double estimate_half_width_percent(const struct estimate *e)
{
	if (e->value == 0)
		return NAN;
	return (e->upper - e->lower) / 2 / fabs(e->value) * 100;
}

double stats_family_level(double level, size_t comparisons)
{
	return comparisons > 1 ? 1 - (1 - level) / (double)comparisons : level;
}

/*
 * On which side of 1 the interval lies, at least @factor away: -1, 0 or 1. A bound that is NAN answers no to every
 * comparison, which is what not knowing it means.
 */
static int side(const struct estimate *e, double factor)
{
	if (e->upper < 1 / factor)
		return -1;
	return e->lower > factor;
}

enum verdict estimate_verdict(const struct estimate *ratio, double threshold_percent)
{
	double factor = 1 + threshold_percent / 100;

	if (side(ratio, factor))
		return side(ratio, factor) > 0 ? VERDICT_SLOWER : VERDICT_FASTER;
	return ratio->lower >= 1 / factor && ratio->upper <= factor ? VERDICT_SAME : VERDICT_UNDECIDED;
}

bool estimate_same_verdict(const struct estimate *a, const struct estimate *b)
{
	return side(a, 1) == side(b, 1);
}
