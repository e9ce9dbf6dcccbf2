/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Statistics of rounds. Everything here is distribution-free: page-fault times are skewed and have heavy
 * tails, so means and normal intervals mislead. One procedure per question, each with its source.
 * Values are in the caller's unit. No function changes its input or keeps a pointer to it. Those that can run out of
 * memory return 0 or -ENOMEM.
 */
#ifndef ZAPBENCH_STATS_H
#define ZAPBENCH_STATS_H

#include <stdbool.h>
#include <stddef.h>

/* A point estimate with its confidence interval. Bounds are NAN when @n is too small for @level. */
struct estimate {
	double value;
	double lower;
	double upper;
	double level; /* the coverage that was asked for, e.g. 0.95 */
	size_t n;     /* values that it rests on */
};

/**
 * stats_quantile() - quantile with its exact order-statistic interval
 * @x: values in any order, none NAN
 * @n: how many; 0 gives NANs
 * @p: 0 < p < 1; 0.5 is the median
 * @level: confidence level, 0 < level < 1
 *
 * The point is Hyndman and Fan's (1996) type 7 (what gsl_stats_quantile_from_sorted_data computes). The
 * interval is [x(l), x(u)] with the binomial order statistics of David and Nagaraja, Order Statistics, 3rd
 * ed., section 7.1; it holds at least @level for any continuous distribution. A side that no order statistic
 * reaches is NAN (e.g. p99 of 50 values has no upper bound).
 */
int stats_quantile(const double *x, size_t n, double p, double level, struct estimate *quantile);

/**
 * stats_paired_ratio() - how many times @a is @b, paired by round
 * @a: positive values, one a round
 * @b: positive values of the same rounds
 * @n: rounds
 * @level: confidence level; the caller divides alpha by the number of comparisons (Bonferroni)
 *
 * exp() of the Hodges-Lehmann estimate of the log-ratios with the Wilcoxon signed-rank interval: Hollander,
 * Wolfe and Chicken, Nonparametric Statistical Methods, 3rd ed., sections 3.2 and 3.3. The critical value is
 * exact up to n = 50, the normal approximation above. Walsh averages are selected by counting in the
 * sorted values, never stored: n may be 10,000.
 */
int stats_paired_ratio(const double *a, const double *b, size_t n, double level, struct estimate *ratio);

/**
 * stats_series_median() - median of values that depend on those before them, with its interval
 * @x: values in the order in which they were measured, none NAN
 * @slow: in: the series is known to change slowly; out: its interval is as wide as parts of it are apart
 *
 * From 10 values on the bounds lie between order statistics (Hettmansperger and Sheather, Stat. Prob. Letters 4, 1986),
 * so that coverage is @level and not more. Where neighbours are alike, they are moved apart. How much follows from the
 * correlation of neighbours, as of an AR(1) process: the variance of a sample median of dependent values is that of
 * their signs (Sen, J. Multivariate Anal. 2, 1972), whose correlation is 2/pi asin(rho^k) at distance k. rho is
 * estimated from normal scores.
 *
 * Real machines also change slowly: from 80 values on, if the medians of eighths of the series differ by more than the
 * correlation explains (F test at 20 %), the interval is as wide as Student's interval of one more such median. In 20
 * runs of a virtual machine, one after the other, these intervals cover the median of all runs in 97 %, those without
 * this step in 43 %.
 */
int stats_series_median(const double *x, size_t n, double level, struct estimate *median, bool *slow);

/* As stats_paired_ratio(), for rounds in the order in which they ran: likewise with the correlation of ranks. */
int stats_series_ratio(const double *a, const double *b, size_t n, double level, struct estimate *ratio);

/* Parts of a series, of equal numbers of values: enough to see a slow change, and long enough to have a median. */
#define SERIES_PARTS 8

/* Fewer values have no 95 % interval of their median: that of all n covers 1 - 2 * 0.5^n. */
#define MEDIAN_MIN 6

/*
 * What each of @comparisons is judged at so that all of them together hold @level: 1 - alpha/m (Bonferroni; Dunn, J.
 * Am. Stat. Assoc. 56, 1961). @level itself for none or one.
 */
double stats_family_level(double level, size_t comparisons);

/* What an interval of a ratio new/base says, where less is better. In the order in which a reader wants to know. */
enum verdict { VERDICT_SLOWER, VERDICT_FASTER, VERDICT_UNDECIDED, VERDICT_SAME };

/*
 * The verdict of a ratio: slower or faster when the whole interval lies beyond the threshold, same when all of it lies
 * within, else undecided; so is an interval with a bound that is not known. @threshold_percent 0 asks for any
 * difference at all; a ratio of 1/1.05 is as far away as 1.05.
 */
enum verdict estimate_verdict(const struct estimate *ratio, double threshold_percent);

/* Half the width of the interval in percent of the value: what "precise to 1 %" means here. NAN if unknown. */
double estimate_half_width_percent(const struct estimate *e);

/* Do two intervals lead to the same verdict about 1.0 (below, above, or not told apart)? For ratios. */
bool estimate_same_verdict(const struct estimate *a, const struct estimate *b);

#endif
