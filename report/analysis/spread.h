/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sources of the spread of a row's samples: how much comes from the layout of each round and from the time in the
 * run, and whether the samples gather around two places.
 *
 * The part of a factor is the standard deviation of its component of variance, by one-way analysis of variance with
 * unequal groups: S. R. Searle, G. Casella and C. E. McCulloch, Variance Components (1992), section 3.6. Of logarithms,
 * so that it is a ratio. Values beyond Tukey's outer fences (three interquartile ranges from the quartiles) count as
 * the fence, so that one outlier does not decide for its group. A factor is reported if its F test is significant at 5
 * % over all factors of all rows, and if its part is larger than half of the row's interval or a slow change widened
 * that interval.
 */
#ifndef ZAPBENCH_SPREAD_H
#define ZAPBENCH_SPREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/record/record.h"
#include "report/analysis/humps.h"

enum spread_factor {
	SPREAD_VARIANT,     /* how the loop is compiled: enum touch_variant */
	SPREAD_ADDRESS,     /* of the buffer: bytes */
	SPREAD_STACK,       /* its depth: bytes */
	SPREAD_PREDECESSOR, /* which configuration ran before: its index; -1: none */
	SPREAD_TIME,        /* when in the run: one of SERIES_PARTS parts, from 0 */
	NR_SPREAD_FACTORS
};

struct spread_part {
	enum spread_factor factor;
	double percent;                  /* standard deviation due to it */
	double least, most;              /* medians of the groups that have the least and the most */
	int64_t least_group, most_group; /* which these are */
};

/*
 * Would another run of this boot have a median within the interval of the row, and is that interval narrow enough to be
 * of use? None of the samples knows what another boot would do.
 */
enum spread_doubt {
	DOUBT_NONE,
	DOUBT_FEW,  /* undisturbed samples: too few to see a slow change */
	DOUBT_WIDE, /* interval: wider than DOUBT_PERCENT to each side */
};

#define DOUBT_PERCENT 5

struct spread {
	enum spread_doubt doubt; /* an emulated figure has none */
	bool two;                /* humps */
	struct humps humps;
	struct spread_part part[NR_SPREAD_FACTORS];
	size_t nr_parts;
};

/*
 * The component of @group in @x, @count positive values. Groups of one value take no part. Return: its standard
 * deviation in percent when it is significant at @alpha, 0 when it is not, NAN without memory.
 */
double spread_component(const double *x, const int64_t *group, size_t count, double alpha);

/* Of configuration @index of a summarised @record. Nothing where samples are too few. 0 or -ENOMEM. */
int spread_find(const struct record *record, size_t index, struct spread *spread);

#endif
