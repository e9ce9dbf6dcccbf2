// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analysis/knees.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_cdf.h>

enum { CANDIDATES_MAX = 2 * CURVE_POINTS_MAX, TERMS_MAX = 2 + KNEES_MAX };
/* The share of a term's square that the terms before it must leave over. */
#define PIVOT_MIN 1e-12

struct knee_fit {
	const struct curve_point *point;
	size_t count, candidates;
	double log2_reach[CURVE_POINTS_MAX], weight[CURVE_POINTS_MAX];
	double candidate[CANDIDATES_MAX];
	/* Of the terms 1, x and max(0, x - candidate): products with one another and with the values. */
	double gram[CANDIDATES_MAX + 2][CANDIDATES_MAX + 2], moment[CANDIDATES_MAX + 2], square;
};

/* The best broken line of one number of breaks, and how much worse each candidate makes it at each place. */
struct broken_line {
	size_t breaks;
	size_t at[KNEES_MAX];
	double misfit; /* weighted sum of squares */
	double profile[KNEES_MAX][CANDIDATES_MAX];
};

static double term(const struct knee_fit *fit, size_t which, double x)
{
	if (which < 2)
		return which ? x : 1;
	return fmax(0, x - fit->candidate[which - 2]);
}

static void prepare(struct knee_fit *fit, const struct curve_point *point, size_t count)
{
	bool known = true;

	*fit = (struct knee_fit){ .point = point, .count = count };
	for (size_t i = 0; i < count; i++)
		known = known && isfinite(point[i].error) && point[i].error > 0;
	for (size_t i = 0; i < count; i++) {
		fit->log2_reach[i] = log2(point[i].x);
		fit->weight[i] = known ? 1 / (point[i].error * point[i].error) : 1;
	}
	/* A break needs two points on either side. */
	for (size_t i = 1; i + 1 < count; i++) {
		fit->candidate[fit->candidates++] = fit->log2_reach[i];
		if (i + 2 < count)
			fit->candidate[fit->candidates++] = (fit->log2_reach[i] + fit->log2_reach[i + 1]) / 2;
	}
	for (size_t i = 0; i < count; i++) {
		double x = fit->log2_reach[i], w = fit->weight[i], y = point[i].value;

		fit->square += w * y * y;
		for (size_t a = 0; a < fit->candidates + 2; a++) {
			fit->moment[a] += w * term(fit, a, x) * y;
			for (size_t b = 0; b <= a; b++)
				fit->gram[a][b] += w * term(fit, a, x) * term(fit, b, x);
		}
	}
}

/*
 * Least squares by the normal equations, for very many lines: the factor by Cholesky of the products of a line's terms,
 * row by row, and what the first terms explain of the square of the values.
 */
struct factor {
	size_t term[TERMS_MAX];
	double row[TERMS_MAX][TERMS_MAX], half[TERMS_MAX], explained[TERMS_MAX + 1];
};

/*
 * Appends a row: lines that begin with the same breaks share the rows of these. Return: false where the term is not
 * independent of those before it.
 */
static bool factor_append(const struct knee_fit *fit, struct factor *factor, size_t count, size_t which)
{
	double *row = factor->row[count], pivot = fit->gram[which][which], half = fit->moment[which];

	factor->term[count] = which;
	for (size_t i = 0; i < count; i++) {
		double product = fit->gram[which][factor->term[i]];

		for (size_t j = 0; j < i; j++)
			product -= row[j] * factor->row[i][j];
		row[i] = product / factor->row[i][i];
		pivot -= row[i] * row[i];
		half -= row[i] * factor->half[i];
	}
	if (!(pivot > PIVOT_MIN * fit->gram[which][which]))
		return false;
	row[count] = sqrt(pivot);
	factor->half[count] = half / row[count];
	factor->explained[count + 1] = factor->explained[count] + factor->half[count] * factor->half[count];
	return true;
}

/* The coefficient of each of @count terms. */
static void factor_solve(const struct factor *factor, size_t count, double *coefficient)
{
	for (size_t i = count; i-- > 0;) {
		coefficient[i] = factor->half[i];
		for (size_t j = i + 1; j < count; j++)
			coefficient[i] -= factor->row[j][i] * coefficient[j];
		coefficient[i] /= factor->row[i][i];
	}
}

static void try_line(const struct factor *factor, const struct knee_fit *fit, const size_t *at,
		     struct broken_line *line)
{
	double misfit = fmax(0, fit->square - factor->explained[2 + line->breaks]);

	for (size_t i = 0; i < line->breaks; i++)
		line->profile[i][at[i]] = fmin(line->profile[i][at[i]], misfit);
	if (misfit < line->misfit) {
		line->misfit = misfit;
		memcpy(line->at, at, sizeof(line->at));
	}
}

/* All combinations; two breaks are a point's distance apart at least. */
static void search(const struct knee_fit *fit, struct factor *factor, struct broken_line *line, size_t *at,
		   size_t chosen)
{
	if (chosen == line->breaks) {
		try_line(factor, fit, at, line);
		return;
	}
	for (size_t i = chosen ? at[chosen - 1] + 2 : 0; i < fit->candidates; i++) {
		at[chosen] = i;
		if (factor_append(fit, factor, 2 + chosen, 2 + i))
			search(fit, factor, line, at, chosen + 1);
	}
}

static void search_all(const struct knee_fit *fit, struct broken_line *line, size_t breaks)
{
	struct factor factor = { .explained = { 0 } };
	size_t at[KNEES_MAX] = { 0 };

	line->breaks = breaks;
	line->misfit = INFINITY;
	for (size_t i = 0; i < KNEES_MAX; i++) {
		for (size_t j = 0; j < CANDIDATES_MAX; j++)
			line->profile[i][j] = INFINITY;
	}
	if (factor_append(fit, &factor, 0, 0) && factor_append(fit, &factor, 1, 1))
		search(fit, &factor, line, at, 0);
}

/*
 * What a weighted residual is, squared, at the best: what the line of most breaks leaves over, which no straight lines
 * explain; the points' own errors say 1, and noise smaller than they say is luck.
 */
static double residual(const struct knee_fit *fit, const struct broken_line *largest)
{
	double left = largest->misfit / (double)(fit->count - 2 - largest->breaks);
	bool known = fit->weight[0] != 1 || fit->weight[fit->count - 1] != 1;

	/* A perfect fit of few points is no proof of no noise: a part in 10^4 of the values is. */
	return known ? fmax(1, left) : fmax(left, fit->square / (double)fit->count * 1e-8);
}

static double value_at(const struct knee_fit *fit, const size_t *terms, size_t count, const double *coefficient,
		       double x)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += coefficient[i] * term(fit, terms[i], x);
	return sum;
}

static void interval(const struct knee_fit *fit, const struct broken_line *line, size_t which, double scale,
		     struct knee *knee)
{
	double limit = line->misfit + scale * gsl_cdf_chisq_Pinv(0.95, 1);
	size_t first = line->at[which], last = first;

	for (size_t i = 0; i < fit->candidates; i++) {
		if (line->profile[which][i] > limit)
			continue;
		first = i < first ? i : first;
		last = i > last ? i : last;
	}
	knee->lower = exp2(first ? fit->candidate[first - 1] : fit->log2_reach[0]);
	knee->upper = exp2(last + 1 < fit->candidates ? fit->candidate[last + 1] : fit->log2_reach[fit->count - 1]);
}

static void take_knees(const struct knee_fit *fit, const struct broken_line *line, double scale, struct knees *knees)
{
	size_t terms[TERMS_MAX] = { 0, 1 }, count = 2 + line->breaks;
	double coefficient[TERMS_MAX], error = 0, begin, end;
	struct factor factor = { .explained = { 0 } };

	for (size_t i = 0; i < line->breaks; i++)
		terms[2 + i] = line->at[i] + 2;
	for (size_t i = 0; i < count; i++)
		factor_append(fit, &factor, i, terms[i]);
	factor_solve(&factor, count, coefficient);
	for (size_t i = 0; i < fit->count; i++)
		error = fmax(error, sqrt(scale / fit->weight[i]));
	begin = value_at(fit, terms, count, coefficient, fit->log2_reach[0]);
	end = value_at(fit, terms, count, coefficient, fit->log2_reach[fit->count - 1]);
	knees->why_none = end - begin < KNEE_RISE_PERCENT / 100.0 * begin
				  ? "the curve is flat: the CPU hides TLB misses, or its TLB covers more pages"
				  : "the curve rises everywhere, and noise hides where it rises more";
	for (size_t i = 0; i < line->breaks; i++) {
		double at = fit->candidate[line->at[i]];
		double next = i + 1 < line->breaks ? fit->candidate[line->at[i + 1]] : fit->log2_reach[fit->count - 1];
		struct knee knee = {
			.reach = exp2(at),
			.before = value_at(fit, terms, count, coefficient, at),
			.after = value_at(fit, terms, count, coefficient, next),
		};
		double rise = knee.after - knee.before;

		if (coefficient[2 + i] <= 0 || rise < KNEE_RISE_PERCENT / 100.0 * knee.before || rise < 3 * error)
			continue;
		interval(fit, line, i, scale, &knee);
		knees->knee[knees->count++] = knee;
	}
}

int knees_find(const struct curve_point *point, size_t count, struct knees *knees)
{
	struct knee_fit *fit = malloc(sizeof(*fit));
	struct broken_line *line = calloc(KNEES_MAX + 1, sizeof(*line));
	size_t best = 0, largest = 0;
	double scale, least = INFINITY;
	int err = fit && line ? 0 : -ENOMEM;

	*knees = (struct knees){ .why_none = "too few points" };
	if (err || count < KNEES_POINTS_MIN || count > CURVE_POINTS_MAX)
		goto out_free;
	prepare(fit, point, count);
	/* Each break costs two parameters; two points are to be left over, or anything would fit. */
	for (size_t breaks = 0; breaks <= KNEES_MAX && 2 + 2 * breaks + 1 <= count; breaks++) {
		search_all(fit, &line[breaks], breaks);
		if (isfinite(line[breaks].misfit))
			largest = breaks;
	}
	scale = residual(fit, &line[largest]);
	for (size_t i = 0; i <= largest; i++) {
		double bic = line[i].misfit / scale + (2 + 2 * (double)i) * log((double)count);

		if (bic < least) {
			least = bic;
			best = i;
		}
	}
	take_knees(fit, &line[best], scale, knees);
	if (knees->count)
		knees->why_none = NULL;
out_free:
	free(fit);
	free(line);
	return err;
}
