// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analysis/dependence.h"

#include <math.h>

/* What is believed of a series before it has runs, and how many runs that belief weighs as much as. */
#define PRIOR_RHO 0.3
#define PRIOR_RUNS 20
#define PRIOR_BOOT 0.15
#define PRIOR_BOOTS 10

/* The variance of the mean of n runs with an autocorrelation: (1 + rho) / (1 - rho) / n when there are many. */
static double autocorrelated_mean(double rho, size_t n)
{
	double size = (double)n, rest = 2 * rho * (1 - pow(rho, size)) / (size * (1 - rho) * (1 - rho));

	return ((1 + rho) / (1 - rho) - rest) / size;
}

static size_t boot_end(const size_t *boot, size_t n, size_t begin)
{
	size_t end = begin + 1;

	while (end < n && boot[end] == boot[begin])
		end++;
	return end;
}

double dependence_of_mean(const struct dependence *d, const size_t *boot, size_t n)
{
	double shared = 0;

	for (size_t begin = 0, end; begin < n; begin = end) {
		double part;

		end = boot_end(boot, n, begin);
		part = (double)(end - begin) / (double)n;
		shared += part * part;
	}
	return d->boot * shared + (1 - d->boot) * autocorrelated_mean(d->rho, n);
}

/* What the means of boots vary by, less what @rho makes them vary by; as a fraction of @variance. */
static double boot_part(const double *residual, const size_t *boot, size_t n, double rho, double variance)
{
	double between = 0, explained = 0, weight = 0, part;
	size_t boots = 0;

	for (size_t begin = 0, end; begin < n; begin = end) {
		double mean = 0, size;

		end = boot_end(boot, n, begin);
		size = (double)(end - begin);
		for (size_t i = begin; i < end; i++)
			mean += residual[i] / size;
		if (end - begin < 2)
			continue; /* a single run cannot tell its boot from itself */
		between += size * mean * mean;
		explained += size * autocorrelated_mean(rho, end - begin);
		weight += size;
		boots++;
	}
	if (boots < 2)
		return 0;
	part = (between / variance - explained) / (weight - explained);
	/* The mean of all was taken off: one boot less can vary. */
	part *= (double)boots / (double)(boots - 1);
	return ((double)boots * part + PRIOR_BOOTS * PRIOR_BOOT) / (double)(boots + PRIOR_BOOTS);
}

struct dependence dependence_of(const double *residual, const size_t *boot, size_t n, size_t levels)
{
	struct dependence d = { PRIOR_RHO, 0 };
	double square = 0, product = 0, runs = (double)n, rho;

	for (size_t i = 0; i < n; i++) {
		square += residual[i] * residual[i];
		product += i ? residual[i] * residual[i - 1] : 0;
	}
	if (n < 3 || square <= 0)
		return d;
	rho = product / square;
	rho += (double)levels * (1 + 3 * rho) / runs;
	d.rho = fmax(0, fmin(DEPENDENCE_MOST, (runs * rho + PRIOR_RUNS * PRIOR_RHO) / (runs + PRIOR_RUNS)));
	d.boot = fmax(0, fmin(DEPENDENCE_MOST, boot_part(residual, boot, n, d.rho, square / runs)));
	return d;
}
