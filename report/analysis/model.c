// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analysis/model.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_multifit.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>

#define LEVEL 0.95
#define NORMAL_95 1.96
#define MISFIT_P 0.01
/* Regions that differ from the model by more than their noise, but by less than this, are still ranked. */
#define MISFIT_RELATIVE 0.1

/* One region that was measured. */
struct fitted_region {
	struct term_counts counts;
	double measured;
	double noise; /* standard error of the median, relative; NAN: not known */
	const char *name;
};

static size_t rows_of(const struct record *record, struct fitted_region *rows, struct model *model)
{
	size_t n = 0;

	for (size_t i = 0; i < record->nr_configs; i++) {
		const struct config_result *config = &record->config[i];
		double per = config->summary.value.value;
		struct region w;

		if (!(per > 0) || config->repetitions < 1 || !model_region(record, config, &w) ||
		    !model_count(&w, config->emulated, &rows[n].counts))
			continue;
		rows[n].measured = per * (double)config->operations / (double)config->repetitions;
		rows[n].noise = (config->summary.value.upper - config->summary.value.lower) / (2 * NORMAL_95 * per);
		rows[n].name = config->name;
		if (!n)
			model->least = model->most = w;
		model->least.bytes = fmin(model->least.bytes, w.bytes);
		model->most.bytes = fmax(model->most.bytes, w.bytes);
		model->least.touched = fmin(model->least.touched, w.touched);
		model->most.touched = fmax(model->most.touched, w.touched);
		model->most.maps = fmax(model->most.maps, w.maps);
		model->most.others = fmax(model->most.others, w.others);
		model->least.frames = fmin(model->least.frames, w.frames);
		model->most.frames = fmax(model->most.frames, w.frames);
		model->unit = config->value_unit;
		n++;
	}
	return n;
}

/* Least squares of the relative errors over all rows but @without. */
static int solve(const struct fitted_region *rows, size_t n, size_t without, const enum term *terms, size_t p,
		 double *unit_cost, double *covariance, double *square)
{
	size_t used = n - (without < n);
	gsl_multifit_linear_workspace *work = gsl_multifit_linear_alloc(used, p);
	gsl_matrix *x = gsl_matrix_alloc(used, p), *c = gsl_matrix_alloc(p, p);
	gsl_vector *y = gsl_vector_alloc(used), *beta = gsl_vector_alloc(p);
	size_t rank, at = 0;
	int err = 0;

	if (!work || !x || !c || !y || !beta) {
		err = -ENOMEM;
		goto out_free;
	}
	for (size_t i = 0; i < n; i++) {
		if (i == without)
			continue;
		for (size_t j = 0; j < p; j++)
			gsl_matrix_set(x, at, j, rows[i].counts.count[terms[j]] / rows[i].measured);
		gsl_vector_set(y, at++, 1);
	}
	/* Terms that the data cannot distinguish have a singular value near 0, and share their unit cost. */
	err = gsl_multifit_linear_tsvd(x, y, 1e-9, beta, c, square, &rank, work);
	if (err)
		err = err == GSL_ENOMEM ? -ENOMEM : -EINVAL;
	for (size_t j = 0; j < p && !err; j++) {
		unit_cost[j] = gsl_vector_get(beta, j);
		for (size_t k = 0; k < p && covariance; k++)
			covariance[j * p + k] = gsl_matrix_get(c, j, k);
	}
out_free:
	if (work)
		gsl_multifit_linear_free(work);
	gsl_matrix_free(x);
	gsl_matrix_free(c);
	gsl_vector_free(y);
	gsl_vector_free(beta);
	return err;
}

/* The terms that are fitted; the others cost 0. */
struct free_terms {
	enum term term[NR_TERMS];
	size_t count;
};

/* Unit costs by term, and the covariance of those that are fitted. */
struct fit {
	double unit_cost[NR_TERMS];
	double covariance[NR_TERMS * NR_TERMS]; /* in the order of .free, .free.count wide */
	double square;                          /* sum of squares of the relative errors */
	struct free_terms free;
};

static int solve_free(const struct fitted_region *rows, size_t n, size_t without, struct fit *fit)
{
	double unit_cost[NR_TERMS];
	int err = solve(rows, n, without, fit->free.term, fit->free.count, unit_cost, fit->covariance, &fit->square);

	memset(fit->unit_cost, 0, sizeof(fit->unit_cost));
	for (size_t i = 0; i < fit->free.count && !err; i++)
		fit->unit_cost[fit->free.term[i]] = unit_cost[i];
	return err;
}

/*
 * Go from the costs in @from towards those of the fit, as far as none is negative, and fix at 0 those that got there:
 * steps 8 to 11 of Lawson and Hanson. False when none had to be fixed.
 */
static bool fix_negative(struct fit *fit, double *from)
{
	double part = 1;
	size_t kept = 0;

	for (size_t i = 0; i < fit->free.count; i++) {
		enum term t = fit->free.term[i];

		if (fit->unit_cost[t] <= 0)
			part = fmin(part, from[t] > 0 ? from[t] / (from[t] - fit->unit_cost[t]) : 0);
	}
	for (size_t i = 0; i < fit->free.count; i++) {
		enum term t = fit->free.term[i];
		double at = from[t] + part * (fit->unit_cost[t] - from[t]);

		/* Rounding leaves the one that ends the way a little above 0. */
		from[t] = fit->unit_cost[t] <= 0 && at <= 1e-12 * (from[t] - fit->unit_cost[t]) ? 0 : at;
		if (from[t] > 0)
			fit->free.term[kept++] = t;
	}
	if (kept == fit->free.count)
		return false;
	fit->free.count = kept;
	return true;
}

/* How much the squares fall as the cost of a term that is 0 rises, as a cosine: the most of all terms. */
static double steepest(const struct fitted_region *rows, size_t n, size_t without, const struct fit *fit,
		       const enum term *terms, size_t p, enum term *best)
{
	double most = 0;

	for (size_t j = 0; j < p; j++) {
		double product = 0, length = 0, errors = 0;

		if (fit->unit_cost[terms[j]] > 0)
			continue;
		for (size_t i = 0; i < n; i++) {
			double error = 1, x = rows[i].counts.count[terms[j]] / rows[i].measured;

			if (i == without)
				continue;
			for (enum term t = 0; t < NR_TERMS; t++)
				error -= fit->unit_cost[t] * rows[i].counts.count[t] / rows[i].measured;
			product += x * error;
			length += x * x;
			errors += error * error;
		}
		if (product > most * sqrt(length * errors)) {
			most = product / sqrt(length * errors);
			*best = terms[j];
		}
	}
	return most;
}

/*
 * Non-negative least squares, algorithm NNLS of Lawson and Hanson (Solving Least Squares Problems, 1974, chapter 23),
 * begun with all terms free (Bro and de Jong, J. Chemometrics 11, 1997): where no unit cost is negative, that is all.
 */
static int solve_positive(const struct fitted_region *rows, size_t n, size_t without, const enum term *terms, size_t p,
			  struct fit *fit)
{
	double from[NR_TERMS] = { 0 };
	int err;

	memset(fit, 0, sizeof(*fit));
	memcpy(fit->free.term, terms, p * sizeof(*terms));
	fit->free.count = p;
	for (size_t step = 0; step < 3 * NR_TERMS; step++) {
		enum term best = NR_TERMS;
		size_t kept = 0;

		err = solve_free(rows, n, without, fit);
		/* The begin is not on any way from 0: the negative ones go at once. */
		for (size_t i = 0; i < fit->free.count && !err && !step; i++) {
			if (fit->unit_cost[fit->free.term[i]] > 0)
				fit->free.term[kept++] = fit->free.term[i];
			from[fit->free.term[i]] = fit->unit_cost[fit->free.term[i]] > 0 ? 1e-9 : 0;
		}
		if (!err && !step && kept < fit->free.count) {
			fit->free.count = kept;
			err = kept ? solve_free(rows, n, without, fit) : 0;
		}
		while (!err && fit->free.count && fix_negative(fit, from))
			err = fit->free.count ? solve_free(rows, n, without, fit) : 0;
		if (err || steepest(rows, n, without, fit, terms, p, &best) < 1e-7)
			return err;
		fit->free.term[fit->free.count++] = best;
	}
	return 0;
}

/* Does a row hold something that no other row does? Then the others cannot predict it. */
static bool is_only_one(const struct fitted_region *rows, size_t n, size_t index)
{
	for (enum term term = 0; term < NR_TERMS; term++) {
		bool elsewhere = !(rows[index].counts.count[term] > 0);

		for (size_t i = 0; i < n && !elsewhere; i++)
			elsewhere = i != index && rows[i].counts.count[term] > 0;
		if (!elsewhere)
			return true;
	}
	return false;
}

/* Each configuration predicted from all the others. */
static int hold_out(const struct fitted_region *rows, size_t n, const enum term *terms, size_t p, struct model *model)
{
	double *error = calloc(n, sizeof(*error));
	struct fit fit;
	size_t held = 0;
	int err = error ? 0 : -ENOMEM;

	model->error_median = model->error_worst = NAN;
	for (size_t i = 0; i < n && !err; i++) {
		double predicted = 0;

		if (is_only_one(rows, n, i))
			continue;
		err = solve_positive(rows, n, i, terms, p, &fit);
		if (err)
			break;
		for (size_t j = 0; j < p; j++)
			predicted += fit.unit_cost[terms[j]] * rows[i].counts.count[terms[j]];
		error[held] = fabs(predicted / rows[i].measured - 1);
		if (!(error[held] <= model->error_worst)) {
			model->error_worst = error[held];
			model->worst = rows[i].name;
		}
		held++;
	}
	if (!err && held) {
		gsl_sort(error, 1, held);
		model->error_median = gsl_stats_median_from_sorted_data(error, 1, held);
	}
	model->held_out = held;
	free(error);
	return err;
}

/*
 * The interval of a unit cost that is 0: up to where the squares, with the others fitted to it, are more than at 0 by
 * what chance explains.
 */
static int bound_upper(const struct fitted_region *rows, size_t n, const struct fit *fit, enum term term,
		       const struct model *model, double *upper)
{
	struct fit more = *fit;
	size_t last = more.free.count;
	double error, reach;
	int err;

	more.free.term[more.free.count++] = term;
	err = solve_free(rows, n, n, &more);
	/* With the residuals of the model: those of @more may be smaller by its negative cost. */
	error = sqrt(more.covariance[last * more.free.count + last] / more.square * (double)(n - more.free.count)) *
		model->sigma;
	reach = gsl_cdf_tdist_Pinv(LEVEL, (double)model->freedom) * error;
	*upper = more.unit_cost[term] + hypot(more.unit_cost[term], reach);
	return err;
}

static int put_unit_costs(const struct fitted_region *rows, size_t n, const enum term *terms, size_t p,
			  const struct fit *fit, struct model *model)
{
	double t = gsl_cdf_tdist_Pinv(1 - (1 - LEVEL) / 2, (double)model->freedom);
	size_t count = fit->free.count;

	for (size_t j = 0; j < count; j++) {
		enum term term = fit->free.term[j];
		double value = fit->unit_cost[term], half = t * sqrt(fit->covariance[j * count + j]);

		model->unit_cost[term] = (struct estimate){ value, fmax(0, value - half), value + half, LEVEL, n };
		for (size_t k = 0; k < count; k++)
			model->covariance[term][fit->free.term[k]] = fit->covariance[j * count + k];
	}
	for (size_t j = 0; j < p; j++) {
		double upper;
		int err;

		if (fit->unit_cost[terms[j]] > 0)
			continue;
		err = bound_upper(rows, n, fit, terms[j], model, &upper);
		if (err)
			return err;
		model->unit_cost[terms[j]] = (struct estimate){ 0, 0, upper, LEVEL, n };
	}
	return 0;
}

/* Residuals against the noise of the medians (Draper and Smith, section 2.1: lack of fit and pure error). */
static void judge_fit(const struct fitted_region *rows, size_t n, struct model *model)
{
	double noise = 0, known = 0, ratio;

	for (size_t i = 0; i < n; i++) {
		if (!isfinite(rows[i].noise))
			continue;
		noise += rows[i].noise * rows[i].noise;
		known++;
	}
	model->noise = known > 0 ? sqrt(noise / known) : 0;
	model->lack = sqrt(fmax(0, model->sigma * model->sigma - model->noise * model->noise));
	ratio = model->sigma * model->sigma / (model->noise * model->noise);
	model->fits = model->lack <= MISFIT_RELATIVE ||
		      gsl_cdf_chisq_Q(ratio * (double)model->freedom, (double)model->freedom) > MISFIT_P;
}

int model_fit(const struct record *record, struct model *model, struct why *why)
{
	struct fitted_region *rows = calloc(record->nr_configs + 1, sizeof(*rows));
	enum term terms[NR_TERMS];
	struct fit fit;
	size_t n, p = 0;
	int err = 0;

	memset(model, 0, sizeof(*model));
	if (!rows)
		return -ENOMEM;
	n = rows_of(record, rows, model);
	for (enum term term = 0; term < NR_TERMS; term++) {
		model->unit_cost[term] = (struct estimate){ NAN, NAN, NAN, LEVEL, n };
		for (size_t i = 0; i < n && !model->used[term]; i++)
			model->used[term] = rows[i].counts.count[term] > 0;
		if (model->used[term])
			terms[p++] = term;
	}
	model->n = n;
	model->emulated = record->emulated;
	if (n < p + 5) {
		err = why_set(why, -ENODATA,
			      "measure the matrix on a kernel with the patch or its modules: zapbench run --profile "
			      "matrix, or make bench-qemu",
			      "too few configurations of the kernel policies (%zu) to fit %zu unit costs", n, p);
		goto out_free;
	}
	err = solve_positive(rows, n, n, terms, p, &fit);
	if (!err)
		err = hold_out(rows, n, terms, p, model);
	if (err)
		goto out_free;
	model->freedom = n - fit.free.count;
	model->sigma = sqrt(fit.square / (double)model->freedom);
	judge_fit(rows, n, model);
	err = put_unit_costs(rows, n, terms, p, &fit, model);
out_free:
	free(rows);
	return err;
}

struct estimate model_predict(const struct model *model, const struct region *region, double *part)
{
	struct estimate cost = { 0, NAN, NAN, LEVEL, model->n };
	struct term_counts counts;
	double variance = 0, half;

	if (!model_count(region, model->emulated, &counts))
		return (struct estimate){ NAN, NAN, NAN, LEVEL, 0 };
	counts.count[TERM_REGION] = 0; /* a product has no counters around its frames */
	for (enum term i = 0; i < NR_TERMS; i++) {
		if (part)
			part[i] = counts.count[i] > 0 ? counts.count[i] * model->unit_cost[i].value : 0;
		if (!(counts.count[i] > 0))
			continue;
		cost.value += counts.count[i] * model->unit_cost[i].value;
		for (enum term j = 0; j < NR_TERMS; j++)
			variance += counts.count[i] * counts.count[j] * model->covariance[i][j];
	}
	variance += model->sigma * cost.value * model->sigma * cost.value;
	half = gsl_cdf_tdist_Pinv(1 - (1 - LEVEL) / 2, (double)model->freedom) * sqrt(variance);
	cost.lower = fmax(0, cost.value - half);
	cost.upper = cost.value + half;
	return cost;
}

bool model_outside(const struct model *model, const struct region *w, char *text, size_t size)
{
	const struct {
		const char *what;
		double asked, least, most;
	} range[] = {
		{ "MiB", w->bytes / 1048576, model->least.bytes / 1048576, model->most.bytes / 1048576 },
		{ "of the pages touched", w->touched, model->least.touched, model->most.touched },
		{ "mappings", w->maps, 1, model->most.maps },
		{ "other CPUs", w->others, 0, model->most.others },
		{ "frames", w->frames, model->least.frames, model->most.frames },
	};

	text[0] = '\0';
	for (size_t i = 0; i < sizeof(range) / sizeof(range[0]); i++) {
		size_t used = strlen(text);

		if (range[i].asked < range[i].least * (1 - 1e-9) || range[i].asked > range[i].most * (1 + 1e-9))
			snprintf(text + used, size - used, "%s%g %s (measured: %g to %g)", used ? "; " : "",
				 range[i].asked, range[i].what, range[i].least, range[i].most);
	}
	return text[0] != '\0';
}
