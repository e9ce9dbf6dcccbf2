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

#include <stdbool.h>
#include <stddef.h>

#include "results/record.h"

#define KNEES_MAX 4
#define KNEES_POINTS_MIN 7
#define KNEES_POINTS_MAX 32
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

/* One point of a curve. */
struct knee_point {
	double reach;
	double value;
	double error; /* standard error of the value; NAN where not known: then all points count alike */
};

/* @point by growing reach; at most KNEES_POINTS_MAX. 0 or -ENOMEM. */
int knees_find(const struct knee_point *point, size_t count, struct knees *knees);

/*
 * The curve that configuration @index begins: it and all that differ from it in the parameter @key only. @point has
 * room for KNEES_POINTS_MAX, and gets those with a figure, by growing @key; @count says how many. Return: whether it
 * begins one; not where an earlier configuration did, or it has no such parameter.
 */
bool knees_curve(const struct record *record, size_t index, const char *key, struct knee_point *point, size_t *count);

#endif
