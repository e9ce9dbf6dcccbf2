// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analysis/changes.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics.h>

#include "bench/base/array.h"
#include "report/analysis/dependence.h"

/*
 * Chosen by replay of years of daily runs, see report/test/replay.c: at most 0.2 false alarms per series and year, and
 * 2 per board and year. So the threshold falls with the number of series of the board; false alarms go with about its
 * power of 0.6.
 */
#define CHANGES_P 2e-5
#define BOARD_SERIES 10 /* so many have 2 false alarms per year at CHANGES_P */
#define BOARD_POWER 1.8
#define WEAK_P 1e-3 /* a candidate, which is tested again beside the others */
#define BACK_P 5e-4 /* a level that differs by less is the old one */
#define SUSPECT_P 1e-3
#define SUSPECT_RUNS 5 /* of the newest runs: the last, or the mean of the last two, or of up to so many */
#define SIDE_MIN 3     /* runs on each side: one is only a suspect, and two may be noise */
#define BLIP_RUNS 10   /* a level that was left again after so many was none */
#define NEAR 2         /* runs each side of the running median of five */
#define REACH_RUNS 200 /* that are used on each side of a change */
#define NEWER_RUNS 3   /* the variance of a new level counts as if so many runs more had that of both */
#define PULL_WIDTHS 3
#define MAD_TO_SIGMA 1.4826 /* of a normal distribution: 1 / quantile(0.75) */

struct sums {
	const struct estimate *x;
	double *log;    /* of the values, outliers pulled in */
	double *square; /* sums of squares and of values of all before; one more than there are runs */
	double *sum;
	size_t *boot; /* a number per run, the same for runs of one boot in sequence */
	size_t n;
	double p; /* a change is called below it */
};

/* Points where a level begins; the first is 0 and the last the number of runs. */
struct points {
	size_t *at;
	size_t count;
};

static int points_insert(struct points *points, size_t place, size_t at)
{
	size_t *more = array_room(points->at, points->count, sizeof(*more));

	if (!more)
		return -ENOMEM;
	points->at = more;
	memmove(more + place + 1, more + place, (points->count - place) * sizeof(*more));
	more[place] = at;
	points->count++;
	return 0;
}

static void points_remove(struct points *points, size_t place)
{
	points->count--;
	memmove(points->at + place, points->at + place + 1, (points->count - place) * sizeof(*points->at));
}

/* --- logarithms, with outliers pulled in */

/* Of the five runs round @i; at the ends of the series of the outermost five, so that two outliers move no median. */
static double median_near(const double *log, size_t n, size_t i)
{
	size_t count = n < 2 * NEAR + 1 ? n : 2 * NEAR + 1, from = i > NEAR ? i - NEAR : 0;
	double near[2 * NEAR + 1];

	if (from + count > n)
		from = n - count;
	memcpy(near, log + from, count * sizeof(*near));
	gsl_sort(near, 1, count);
	return gsl_stats_median_from_sorted_data(near, 1, count);
}

static void pull_in(const double *raw, size_t n, double *pulled)
{
	double off[CHANGES_WINDOW];

	for (size_t i = 0; i < n; i++)
		pulled[i] = raw[i] - median_near(raw, n, i);
	for (size_t from = 0; from < n; from += CHANGES_WINDOW) {
		/* The last block is as long as the others where there are so many. */
		size_t count = n < CHANGES_WINDOW ? n : CHANGES_WINDOW;
		size_t begin = from + count <= n ? from : n - count, end = begin + count;
		double most;

		for (size_t i = begin; i < end; i++)
			off[i - begin] = i < from ? fabs(raw[i] - median_near(raw, n, i)) : fabs(pulled[i]);
		gsl_sort(off, 1, count);
		most = PULL_WIDTHS * MAD_TO_SIGMA * gsl_stats_median_from_sorted_data(off, 1, count);
		for (size_t i = from; i < end; i++)
			pulled[i] = raw[i] - pulled[i] + fmax(-most, fmin(most, pulled[i]));
	}
}

static int series_init(struct sums *series, const struct changes_input *input)
{
	size_t n = input->n;
	double *raw = malloc((n + 1) * sizeof(*raw));

	*series = (struct sums){ .x = input->x,
				 .log = malloc((n + 1) * sizeof(double)),
				 .square = calloc(n + 1, sizeof(double)),
				 .sum = calloc(n + 1, sizeof(double)),
				 .boot = malloc((n + 1) * sizeof(size_t)),
				 .n = n,
				 .p = CHANGES_P / pow(fmax(1, (double)input->series / BOARD_SERIES), BOARD_POWER) };
	if (!raw || !series->log || !series->square || !series->sum || !series->boot) {
		free(raw);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++)
		raw[i] = log(input->x[i].value);
	pull_in(raw, n, series->log);
	free(raw);
	for (size_t i = 0; i < n; i++) {
		/* Squares of small numbers: differences of large sums would lose the variance. */
		double x0 = series->log[i] - series->log[0];

		series->sum[i + 1] = series->sum[i] + x0;
		series->square[i + 1] = series->square[i] + x0 * x0;
		series->boot[i] = input->boot ? input->boot[i] : i;
	}
	return 0;
}

static void series_free(struct sums *series)
{
	free(series->log);
	free(series->square);
	free(series->sum);
	free(series->boot);
}

/* --- both sides of a candidate */

struct moments {
	double n, mean, squares; /* of logarithms, less the first of the series; squares of deviations */
	double of_mean, freedom; /* the variance of the mean as a fraction of that of a run; of the squares */
};

static struct moments moments_of(const struct sums *series, size_t begin, size_t end, const struct dependence *d)
{
	struct moments moments = { .n = (double)(end - begin) };

	moments.mean = (series->sum[end] - series->sum[begin]) / moments.n;
	moments.squares =
		fmax(0, series->square[end] - series->square[begin] - moments.n * moments.mean * moments.mean);
	moments.of_mean = dependence_of_mean(d, series->boot + begin, end - begin);
	moments.freedom = moments.n * (1 - moments.of_mean);
	return moments;
}

/* Runs of two levels next to each other, and how runs of this series depend on each other. */
struct sides {
	size_t from, to;
	struct dependence dependence;
};

static void residuals(const struct sums *series, size_t begin, size_t end, double *residual)
{
	double mean = (series->sum[end] - series->sum[begin]) / (double)(end - begin);

	for (size_t i = begin; i < end; i++)
		residual[i - begin] = series->log[i] - series->log[0] - mean;
}

/* The runs within reach of @at, between the changes next to it. */
static struct sides sides_of(const struct sums *series, size_t begin, size_t at, size_t end)
{
	double residual[2 * REACH_RUNS];
	struct sides sides = {
		.from = at - begin > REACH_RUNS ? at - REACH_RUNS : begin,
		.to = end - at > REACH_RUNS ? at + REACH_RUNS : end,
	};

	residuals(series, sides.from, at, residual);
	if (sides.to > at)
		residuals(series, at, sides.to, residual + (at - sides.from));
	sides.dependence =
		dependence_of(residual, series->boot + sides.from, sides.to - sides.from, 1 + (sides.to > at));
	return sides;
}

/*
 * Student's t-test of two levels with the interval of their ratio; see changes_find() for the variance. Dependent runs
 * count as fewer: (1 - rho^2) / (1 + rho^2) of them (Bartlett, J. R. Stat. Soc. 98, 1935).
 */
static double compare_levels(const struct moments *before, const struct moments *after, const struct dependence *d,
			     struct estimate *ratio)
{
	double alike = d->rho * d->rho, step = after->mean - before->mean, error, reach, variance, newer;
	double freedom = fmax(1, (before->n + after->n - 2) * (1 - alike) / (1 + alike));

	variance = (before->squares + after->squares) / (before->freedom + after->freedom);
	newer = (after->squares + NEWER_RUNS * variance) / (after->freedom + NEWER_RUNS);
	error = sqrt(fmax(variance, newer) * (before->of_mean + after->of_mean));
	reach = error * gsl_cdf_tdist_Pinv(0.975, freedom);
	*ratio = (struct estimate){ exp(step), exp(step - reach), exp(step + reach), 0.95, (size_t)after->n };
	if (error > 0)
		return 2 * gsl_cdf_tdist_Q(fabs(step) / error, freedom);
	return step != 0 ? 0 : 1;
}

static double test_at(const struct sums *series, size_t begin, size_t at, size_t end, struct estimate *ratio)
{
	struct sides sides = sides_of(series, begin, at, end);
	struct moments before = moments_of(series, sides.from, at, &sides.dependence);
	struct moments after = moments_of(series, at, sides.to, &sides.dependence);

	return compare_levels(&before, &after, &sides.dependence, ratio);
}

static bool is_small(const struct estimate *ratio, double least_percent)
{
	return fabs(log(ratio->value)) < log1p(least_percent / 100);
}

/* --- E-divisive */

/* A division of a window into what is before @at and what is from there up to @end, which need not be all that follows.
 */
struct split {
	size_t begin, at, end;
	double energy;
};

/* Sums of distances: of the runs before i to those before j of the window, at [i * (n + 1) + j]. */
static void sum_distances(const double *x, size_t n, double *sum)
{
	memset(sum, 0, (n + 1) * (n + 1) * sizeof(*sum));
	for (size_t i = 0; i < n; i++) {
		double row = 0;

		for (size_t j = 0; j < n; j++) {
			row += fabs(x[i] - x[j]);
			sum[(i + 1) * (n + 1) + j + 1] = sum[i * (n + 1) + j + 1] + row;
		}
	}
}

/*
 * Where the energy distance of both sides is largest, each of SIDE_MIN runs or more: equations 5 to 7 of Matteson and
 * James. All of them are in the window of @sum, @n long.
 */
static void best_split(const double *sum, size_t n, size_t begin, size_t end, struct split *best)
{
	const double *first = sum + begin * (n + 1);
	double inverse[CHANGES_WINDOW + 1];

	for (size_t i = 1; i <= CHANGES_WINDOW; i++)
		inverse[i] = 1 / (double)i;

	for (size_t at = begin + SIDE_MIN; at + SIDE_MIN <= end; at++) {
		const double *row = sum + at * (n + 1);
		/* Pairs within one side are in the sums twice. */
		double left = (double)(at - begin), within_left = row[at] - 2 * first[at] + first[begin];

		for (size_t to = at + SIDE_MIN; to <= end; to++) {
			double right = (double)(to - at), within_right = sum[to * (n + 2)] - 2 * row[to] + row[at];
			double between = row[to] - row[at] - first[to] + first[at];
			/* Those equations with the fractions multiplied out. */
			double energy = (2 * between - right * within_left * inverse[at - begin - 1] -
					 left * within_right * inverse[to - at - 1]) *
					inverse[to - begin];

			if (energy > best->energy)
				*best = (struct split){ begin, at, to, energy };
		}
	}
}

/*
 * Where the level before the candidate begins: before the window where no candidate is between.
 */
static size_t level_begin(const struct points *points, size_t begin, const struct split *split)
{
	size_t last = points->at[points->count - 2];

	return split->begin || last > begin ? begin + split->begin : last;
}

/* Divide a window again and again, while the best division of all its parts is one. */
static int divide(const struct sums *series, size_t begin, size_t end, struct points *points)
{
	double sum[(CHANGES_WINDOW + 1) * (CHANGES_WINDOW + 1)];
	struct points own = { NULL, 0 };
	int err = points_insert(&own, 0, 0);

	sum_distances(series->log + begin, end - begin, sum);
	if (!err)
		err = points_insert(&own, 1, end - begin);
	while (!err) {
		struct split best = { .energy = 0 };
		struct estimate ratio;
		size_t place = 1;

		for (size_t i = 0; i + 1 < own.count; i++)
			best_split(sum, end - begin, own.at[i], own.at[i + 1], &best);
		if (best.energy <= 0 || test_at(series, level_begin(points, begin, &best), begin + best.at,
						begin + best.end, &ratio) > WEAK_P)
			break;
		while (own.at[place] < best.at)
			place++;
		err = points_insert(&own, place, best.at);
	}
	for (size_t i = 1; i + 1 < own.count && !err; i++)
		err = points_insert(points, points->count - 1, begin + own.at[i]);
	free(own.at);
	return err;
}

static int divide_all(const struct sums *series, struct points *points)
{
	size_t begin = 0, end = 0;
	int err = 0;

	while (end < series->n && !err) {
		size_t known = points->count, last = 0;

		end = begin + CHANGES_WINDOW < series->n ? begin + CHANGES_WINDOW : series->n;
		err = divide(series, begin, end, points);
		if (points->count > known)
			last = points->at[points->count - 2];
		begin = last > begin + CHANGES_WINDOW / 2 ? last : begin + CHANGES_WINDOW / 2;
	}
	return err;
}

/* Take the weakest away, until all that are left hold beside each other. */
static void keep_strong(const struct sums *series, double least_percent, struct points *points)
{
	for (;;) {
		size_t weakest = 0;
		double most = 0;

		for (size_t i = 1; i + 1 < points->count; i++) {
			struct estimate ratio;
			double p = test_at(series, points->at[i - 1], points->at[i], points->at[i + 1], &ratio);

			if (is_small(&ratio, least_percent))
				p = 1;
			if (p > most) {
				most = p;
				weakest = i;
			}
		}
		if (!weakest || most <= series->p)
			return;
		points_remove(points, weakest);
	}
}

/* --- from points to changes */

struct changes {
	struct change *item;
	size_t count;
};

static int add(struct changes *changes, enum change_kind kind, size_t begin, size_t end, const struct estimate *ratio)
{
	struct change *more = array_room(changes->item, changes->count, sizeof(*more));

	if (!more)
		return -ENOMEM;
	changes->item = more;
	more[changes->count++] = (struct change){ kind, begin, end, *ratio };
	return 0;
}

/* Does the level from @end on go on where the one before @begin stopped? */
static bool is_back(const struct sums *series, size_t before, size_t begin, size_t end, size_t after)
{
	struct sides sides = sides_of(series, before, begin, begin);
	size_t to = after - end > REACH_RUNS ? end + REACH_RUNS : after;
	struct moments old = moments_of(series, sides.from, begin, &sides.dependence),
		       new = moments_of(series, end, to, &sides.dependence);
	struct estimate ratio;

	return old.n + new.n > 2 && compare_levels(&old, &new, &sides.dependence, &ratio) > BACK_P;
}

/* How runs depend on each other when their level drifts by the same each run: the residuals of a straight line. */
static int drifting(const struct sums *series, size_t begin, size_t end, struct dependence *d)
{
	size_t n = end - begin;
	double *residual = malloc(n * sizeof(*residual)), slope = 0, square = 0, middle = ((double)n - 1) / 2;

	if (!residual)
		return -ENOMEM;
	residuals(series, begin, end, residual);
	for (size_t i = 0; i < n; i++) {
		slope += ((double)i - middle) * residual[i];
		square += ((double)i - middle) * ((double)i - middle);
	}
	for (size_t i = 0; i < n; i++)
		residual[i] -= slope / square * ((double)i - middle);
	*d = dependence_of(residual, series->boot + begin, n, 2);
	free(residual);
	return 0;
}

static int add_drift(const struct sums *series, double least_percent, size_t begin, size_t end, struct changes *changes)
{
	size_t half = CHANGES_WINDOW / 2;
	struct moments first, last;
	struct dependence d;
	struct estimate ratio;
	int err;

	if (end - begin < 2 * half)
		return 0;
	err = drifting(series, begin, end, &d);
	if (err)
		return err;
	first = moments_of(series, begin, begin + half, &d);
	last = moments_of(series, end - half, end, &d);
	if (compare_levels(&first, &last, &d, &ratio) > series->p || is_small(&ratio, least_percent))
		return 0;
	return add(changes, CHANGE_DRIFT, begin, end, &ratio);
}

/* Do the newest @count runs differ from those of their level? One run as it is, outliers too. */
static bool newest_differ(const struct sums *series, double least_percent, size_t begin, size_t count,
			  struct estimate *ratio)
{
	size_t newest = series->n - count;
	struct sides sides = sides_of(series, begin, newest, count > 1 ? series->n : newest);
	struct moments before = moments_of(series, sides.from, newest, &sides.dependence);
	struct moments after = { .n = 1, .of_mean = 1, .mean = log(series->x[newest].value) - series->log[0] };

	if (count > 1)
		after = moments_of(series, newest, series->n, &sides.dependence);
	return compare_levels(&before, &after, &sides.dependence, ratio) <= SUSPECT_P &&
	       !is_small(ratio, least_percent);
}

static int add_suspect(const struct sums *series, double least_percent, size_t begin, struct changes *changes)
{
	for (size_t count = 1; count <= SUSPECT_RUNS && series->n >= begin + CHANGES_RUNS_MIN + count; count++) {
		struct estimate ratio;

		if (newest_differ(series, least_percent, begin, count, &ratio))
			return add(changes, CHANGE_SUSPECT, series->n - count, series->n, &ratio);
	}
	return 0;
}

static int tell(const struct sums *series, double least_percent, const struct points *points, struct changes *changes)
{
	size_t last = points->count - 2;
	int err = add_drift(series, least_percent, 0, points->at[1], changes);

	for (size_t i = 1; i <= last && !err; i++) {
		const size_t *at = points->at + i;
		struct estimate ratio;

		test_at(series, at[-1], at[0], at[1], &ratio);
		if (i < last && at[1] - at[0] <= BLIP_RUNS && is_back(series, at[-1], at[0], at[1], at[2])) {
			err = add(changes, CHANGE_BLIP, at[0], at[1], &ratio);
			i++;
			continue;
		}
		err = add(changes, CHANGE_STEP, at[0], at[1], &ratio);
		if (!err)
			err = add_drift(series, least_percent, at[0], at[1], changes);
	}
	return err ? err : add_suspect(series, least_percent, points->at[last], changes);
}

static int find_noisy(const struct changes_input *input, struct changes *changes)
{
	struct points points = { NULL, 0 };
	double least_percent = input->least_percent;
	size_t n = input->n;
	struct sums series;
	int err;

	if (n < CHANGES_RUNS_MIN)
		return 0;
	err = series_init(&series, input);
	if (!err)
		err = points_insert(&points, 0, 0);
	if (!err)
		err = points_insert(&points, 1, n);
	if (!err)
		err = divide_all(&series, &points);
	if (!err) {
		keep_strong(&series, least_percent, &points);
		err = tell(&series, least_percent, &points, changes);
	}
	free(points.at);
	series_free(&series);
	return err;
}

/* --- exact series */

static bool is_same(double a, double b)
{
	/* Instructions per operation are quotients: they carry the rounding of a double and no more. */
	return fabs(a - b) <= 1e-12 * fmax(fabs(a), fabs(b));
}

static bool is_other(const struct estimate *a, const struct estimate *b)
{
	double spread = a->upper - a->lower + b->upper - b->lower, step = b->value - a->value;

	if (is_same(a->value, b->value))
		return false;
	if (is_same(a->lower + step, b->lower) && is_same(a->upper + step, b->upper))
		return true;
	return b->lower - a->upper > spread || a->lower - b->upper > spread;
}

static int find_exact(const struct estimate *x, size_t n, struct changes *changes)
{
	size_t level = 0; /* whose first run the others are held against: many steps too small to be seen add up */
	int err = 0;

	for (size_t i = 1; i < n && !err; i++) {
		struct estimate ratio = { x[i].value / x[level].value, x[i].lower / x[level].upper,
					  x[i].upper / x[level].lower, NAN, 1 };
		size_t back = i + 1;

		if (!is_other(&x[level], &x[i]))
			continue;
		while (back < n && back - i <= BLIP_RUNS && is_other(&x[level], &x[back]))
			back++;
		if (back < n && back - i <= BLIP_RUNS) {
			err = add(changes, CHANGE_BLIP, i, back, &ratio);
			i = back;
			continue;
		}
		if (changes->count && changes->item[changes->count - 1].kind == CHANGE_STEP)
			changes->item[changes->count - 1].end = i;
		err = add(changes, CHANGE_STEP, i, n, &ratio);
		level = i;
	}
	return err;
}

int changes_find(const struct changes_input *input, struct change **change, size_t *count)
{
	struct changes changes = { NULL, 0 };
	int err = input->exact ? find_exact(input->x, input->n, &changes) : find_noisy(input, &changes);

	if (err) {
		free(changes.item);
		changes = (struct changes){ NULL, 0 };
	}
	*change = changes.item;
	*count = changes.count;
	return err;
}
