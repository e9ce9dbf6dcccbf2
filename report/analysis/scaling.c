// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analysis/scaling.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_multifit.h>

enum { TERM_ONE, TERM_SERIAL, TERM_CROSSTALK, NR_TERMS };

/* Half the width of a 95 % interval in standard errors. */
#define NORMAL_95 1.959964

struct scaling_fit {
	gsl_multifit_linear_workspace *workspace;
	gsl_matrix *terms, *covariance;
	gsl_vector *value, *weight, *coefficient;
};

static void fit_free(struct scaling_fit *fit)
{
	gsl_multifit_linear_free(fit->workspace);
	gsl_matrix_free(fit->terms);
	gsl_matrix_free(fit->covariance);
	gsl_vector_free(fit->value);
	gsl_vector_free(fit->weight);
	gsl_vector_free(fit->coefficient);
}

/* 0 or -ENOMEM; fit_free() in any case. */
static int fit_make(struct scaling_fit *fit, const struct curve_point *point, size_t count)
{
	*fit = (struct scaling_fit){
		.workspace = gsl_multifit_linear_alloc(count, NR_TERMS),
		.terms = gsl_matrix_alloc(count, NR_TERMS),
		.covariance = gsl_matrix_alloc(NR_TERMS, NR_TERMS),
		.value = gsl_vector_alloc(count),
		.weight = gsl_vector_alloc(count),
		.coefficient = gsl_vector_alloc(NR_TERMS),
	};
	if (!fit->workspace || !fit->terms || !fit->covariance || !fit->value || !fit->weight || !fit->coefficient)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		double n = point[i].x, error = n * point[i].error;

		gsl_matrix_set(fit->terms, i, TERM_ONE, 1);
		gsl_matrix_set(fit->terms, i, TERM_SERIAL, n - 1);
		gsl_matrix_set(fit->terms, i, TERM_CROSSTALK, n * (n - 1));
		gsl_vector_set(fit->value, i, n * point[i].value);
		gsl_vector_set(fit->weight, i, 1 / (error * error));
	}
	return 0;
}

/* A coefficient divided by the first one; its error by the first terms of Taylor's series. */
static struct estimate share(const struct scaling_fit *fit, size_t term, double half_width, size_t count)
{
	double one = gsl_vector_get(fit->coefficient, TERM_ONE);
	double value = gsl_vector_get(fit->coefficient, term) / one;
	double variance = gsl_matrix_get(fit->covariance, term, term) -
			  2 * value * gsl_matrix_get(fit->covariance, TERM_ONE, term) +
			  value * value * gsl_matrix_get(fit->covariance, TERM_ONE, TERM_ONE);
	double half = half_width * sqrt(fmax(0, variance)) / one;

	return (struct estimate){ value, value - half, value + half, 0.95, count };
}

static const char *why_not(const struct curve_point *point, size_t count)
{
	if (count < SCALING_POINTS_MIN)
		return "needs 4 numbers of workers";
	for (size_t i = 0; i < count; i++) {
		if (!(point[i].error > 0) || !isfinite(point[i].error))
			return "too few rounds: a figure has no interval";
		if (i && point[i].x <= point[i - 1].x)
			return "a number of workers occurs twice";
	}
	return NULL;
}

int scaling_fit(const struct curve_point *point, size_t count, struct scaling *scaling)
{
	static const struct estimate none = { NAN, NAN, NAN, 0.95, 0 };
	double misfit, spare = (double)count - NR_TERMS, half_width;
	struct scaling_fit fit;
	int err;

	*scaling = (struct scaling){ none, none, why_not(point, count) };
	if (scaling->why_none)
		return -ERANGE;
	err = fit_make(&fit, point, count);
	if (err)
		goto out_free;
	err = gsl_multifit_wlinear(fit.terms, fit.weight, fit.value, fit.coefficient, fit.covariance, &misfit,
				   fit.workspace);
	if (err == GSL_ENOMEM) {
		err = -ENOMEM;
		goto out_free;
	}
	if (err || gsl_vector_get(fit.coefficient, TERM_ONE) <= 0) {
		scaling->why_none = "the law does not fit";
		err = -ERANGE;
		goto out_free;
	}
	/* The points' errors are known, and the law may still be wrong: the wider of the two intervals holds. */
	half_width = fmax(NORMAL_95, gsl_cdf_tdist_Pinv(0.975, spare) * sqrt(misfit / spare));
	scaling->serial = share(&fit, TERM_SERIAL, half_width, count);
	scaling->crosstalk = share(&fit, TERM_CROSSTALK, half_width, count);
out_free:
	fit_free(&fit);
	return err;
}

struct estimate scaling_speedup(const struct curve_point *point, size_t index)
{
	double value = point[0].value / point[index].value;
	double half =
		NORMAL_95 * value * hypot(point[0].error / point[0].value, point[index].error / point[index].value);

	if (!index)
		half = 0;
	return (struct estimate){ value, value - half, value + half, 0.95, 2 };
}
