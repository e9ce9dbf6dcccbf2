/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The difference of two sides whose observations are boots: few per side, some with fewer runs than others. Values are
 * logarithms, so a difference is the logarithm of a ratio. Only numbers here, no records.
 */
#ifndef ZAPBENCH_CONTRAST_H
#define ZAPBENCH_CONTRAST_H

#include <stddef.h>

#include "bench/record/stats.h"

/* One boot, or within one boot one run. */
struct observation {
	double value;  /* logarithm */
	double weight; /* from more than 0, for one that rests on very little, to 1 */
	double at_s;   /* when it was measured */
};

struct contrast {
	double base, new;  /* means of the sides, before a drift is taken out; NAN: no observation */
	double difference; /* new less base; NAN: one side has no observation */
	double variance;   /* of it; NAN: one side has a single observation */
	double freedom;    /* degrees, of the variance */
	double spread;     /* variance of one observation of weight 1, both sides together */
	double spread_freedom;
	double spread_share; /* variance of the difference = spread * this, where both sides spread alike */
	double common;       /* degrees of freedom that the other rows could add */
	double weight;       /* of an observation, in the mean */
	double slope;        /* drift per second that was taken out; NAN where none was */
	double step; /* how far the difference may be off because the clock has steps; 0 after contrast_make() */
	size_t n;    /* observations of the smaller side */
};

/**
 * contrast_make() - the difference of two sides
 * @base, @new: their observations, which it sorts by value
 *
 * Each side gives a weighted mean with the variance of Hartung and Knapp (Stat. Med. 20, 2001), which needs no
 * knowledge of the true variances. From eight observations on the outermost eighth on either end is trimmed, and the
 * variance is that of the winsorized values (Yuen, Biometrika 61, 1974), so that single boots that went wrong decide
 * nothing. The variance of the difference is Welch's, with Satterthwaite's degrees of freedom (Biometrika 34, 1947),
 * but not less than the pooled one: with two against six observations Welch's alone errs too often.
 */
void contrast_make(struct observation *base, size_t n_base, struct observation *new, size_t n_new,
		   struct contrast *contrast);

/**
 * contrast_without_drift() - the same of sides that were measured one after the other
 *
 * The slope that both sides have in common is fitted by least squares and taken out; that it is only estimated adds to
 * the variance (analysis of covariance: Snedecor and Cochran, Statistical Methods, 8th ed., section 18.2). No variance
 * where there are fewer than four observations, or each side was measured in one instant.
 */
void contrast_without_drift(struct observation *base, size_t n_base, struct observation *new, size_t n_new,
			    struct contrast *contrast);

/**
 * contrasts_moderate() - learn the spread of each row from that of all rows
 * @contrast: of all rows of a table
 *
 * Variances of three boots are hardly known. That of each row is shrunk towards that of all rows, by as much as the
 * rows agree (Smyth, Stat. Appl. Genet. Mol. Biol. 3, 2004). Smyth's rows are independent; those of a boot are not, so
 * the rows add at most as many degrees of freedom as a row has of its own. Rows that differ so much that all of them
 * together say less about a row than its own boots do say nothing: shrinking would make a noisy row look quiet.
 */
void contrasts_moderate(struct contrast *contrast, size_t n);

/* New to base, with the interval of Student's t; the step of the clock makes it wider. */
struct estimate contrast_ratio(const struct contrast *contrast, double level);
/* Two-sided, of no difference beyond the step of the clock; NAN without a variance. */
double contrast_p(const struct contrast *contrast);
/*
 * The smallest ratio that data like these find beyond @factor in four of five cases (minimum detectable effect: Bloom,
 * Eval. Rev. 19, 1995). NAN without a variance.
 */
double contrast_detectable(const struct contrast *contrast, double level, double factor);
/*
 * How many observations like these each side needs to put a ratio as large as this one on its side of @factor in four
 * of five cases. NAN: not known, or more than anybody measures.
 */
double contrast_needed(const struct contrast *contrast, double level, double factor);

#endif
