/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How work speeds up with workers, and which share of it is serial.
 *
 * The law is the universal scalability law: N. J. Gunther, Guerrilla Capacity Planning, Springer 2007, chapter 4. With
 * t(n) the time of an operation while n workers share the work, n t(n) / t(1) - 1 = sigma (n - 1) + kappa n (n - 1).
 * sigma is the serial share; with kappa, what each pair of workers costs the other, at 0 the law is Amdahl's. It is
 * fitted as n t(n) = a + b (n - 1) + c n (n - 1), which is linear and lets t(1) have an error like any other point:
 * sigma = b / a and kappa = c / a, by GSL's weighted least squares; points count by their errors.
 */
#ifndef ZAPBENCH_SCALING_H
#define ZAPBENCH_SCALING_H

#include <stddef.h>

#include "report/analysis/curve.h"

/* Three parameters, and one point left to show whether the law holds. */
#define SCALING_POINTS_MIN 4

struct scaling {
	struct estimate serial;    /* sigma, a share of 1 */
	struct estimate crosstalk; /* kappa, a share of 1 for each pair */
	const char *why_none;      /* set when there is no estimate */
};

/**
 * scaling_fit() - fit the law to a curve
 * @point: x is the number of workers, growing, and value the time of one operation of all, in any unit
 * @count: points, at most CURVE_POINTS_MAX
 * @scaling: intervals of 95 %: by the errors of the points, or by what the law leaves over where that is wider
 *
 * Return: 0; -ERANGE with why_none for too few points or points without an error; -ENOMEM.
 */
int scaling_fit(const struct curve_point *point, size_t count, struct scaling *scaling);

/* How many times faster than the first point the point @index is, with its 95 % interval: NANs without errors. */
struct estimate scaling_speedup(const struct curve_point *point, size_t index);

#endif
