/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Knees of a curve of latency against reach: where it leaves a level because a TLB is full.
 *
 * The model is a continuous line in log2(reach) that is straight between at most KNEES_MAX breaks: V. M. R. Muggeo,
 * "Estimating regression models with unknown break-points", Statistics in Medicine 22 (2003) 3055. Breaks are looked
 * for at the points and in the middle between two, all combinations of them, so that no start value decides; how many
 * there are, by BIC: G. Schwarz, "Estimating the dimension of a model", Annals of Statistics 6 (1978) 461. Points count
 * by the width of their intervals. A knee is a break from which the curve rises more steeply than before, and by at
 * least KNEE_RISE_PERCENT and three standard errors up to the next break or the end. Its interval is that of the
 * profile likelihood, 95 %, and never narrower than from one candidate to the next on either side.
 */
#ifndef ZAPBENCH_KNEES_H
#define ZAPBENCH_KNEES_H

#include <stddef.h>

#include "report/analysis/curve.h"

#define KNEES_MAX 4
#define KNEES_POINTS_MIN 7
#define KNEE_RISE_PERCENT 10

struct knee {
	double reach;        /* the largest without the extra cost, about */
	double lower, upper; /* 95 % interval */
	double before;       /* the curve's value there */
	double after;        /* and at the next break, or at the end */
};

struct knees {
	struct knee knee[KNEES_MAX];
	size_t count;
	const char
		*why_none; /* when there is none: too few points, a curve that is flat, or one that rises all along */
};

/* @point by growing reach, which is its x; at most CURVE_POINTS_MAX. 0 or -ENOMEM. */
int knees_find(const struct curve_point *point, size_t count, struct knees *knees);

#endif
