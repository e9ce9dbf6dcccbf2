/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Do values gather around two places? Then the median may lie between them, where there are few values, and its
 * interval may still be narrow.
 */
#ifndef ZAPBENCH_HUMPS_H
#define ZAPBENCH_HUMPS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The dip of @count sorted values: the largest distance of their distribution from the nearest distribution with one
 * mode. J. A. Hartigan and P. M. Hartigan, "The dip test of unimodality", Annals of Statistics 13 (1985) 70; computed
 * as in P. M. Hartigan, algorithm AS 217, Applied Statistics 34 (1985) 320. From 1/(2n) to 1/4. NAN without memory.
 */
double dip_of_sorted(const double *x, size_t count);

/* Fewer values say nothing. */
#define HUMPS_VALUES_MIN 20
/*
 * The dip of uniform values, of all with one mode those whose dip is largest, times the root of their number, is beyond
 * this in at most 1 of 1000 samples of 20 to 1000 values. report/test/test_spread.c counts some.
 */
#define HUMPS_DIP 0.74

struct humps {
	double low, high; /* the medians of the values in each */
	size_t nr_low, nr_high;
};

/*
 * Are there two? @x: values in any order, none NAN. They are parted where the distances to both medians are least, and
 * both groups are large enough to make such a dip: a few values far out are none. Values of which many are equal (a
 * slow clock) are not tested. Return: 1, 0 or -ENOMEM.
 */
int humps_find(const double *x, size_t count, struct humps *humps);

#endif
