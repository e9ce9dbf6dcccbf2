/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How runs of one series depend on each other: neighbours are alike (autocorrelation), and so are runs of one boot. A
 * mean of dependent runs is less certain than one of independent runs.
 */
#ifndef ZAPBENCH_DEPENDENCE_H
#define ZAPBENCH_DEPENDENCE_H

#include <stddef.h>

/* The correlation of runs i and j of one boot is boot + (1 - boot) * rho^|i - j|; of two boots without the first. */
struct dependence {
	double rho;  /* correlation of neighbours, 0 to DEPENDENCE_MOST */
	double boot; /* fraction of the variance that all runs of one boot share, 0 to DEPENDENCE_MOST */
};

#define DEPENDENCE_MOST 0.9

/**
 * dependence_of() - estimate it from residuals
 * @residual: deviations of runs from the mean of their level, in the order of the runs
 * @boot: a number per run, the same for runs of one boot, which lie beside each other
 * @n: how many
 * @levels: how many means were taken off, which makes neighbours look less alike than they are
 *
 * rho is the lag-1 autocorrelation with the bias of an estimated mean removed (Kendall, Biometrika 41, 1954), and
 * shrunk towards what runs of one board are like, the more so the fewer runs there are. The boot's part is the one-way
 * random effect by analysis of variance (Searle, Casella and McCulloch, Variance Components, 1992, section 3.6): what
 * the means of boots vary by above what rho explains.
 */
struct dependence dependence_of(const double *residual, const size_t *boot, size_t n, size_t levels);

/* The variance of the mean of @n runs, 1 for that of a single run. @boot: theirs. */
double dependence_of_mean(const struct dependence *d, const size_t *boot, size_t n);

#endif
