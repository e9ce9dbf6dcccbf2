/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cost model: the estimated cost of a frame of a size and shape that was not measured. The cost of every region of
 * a record is a sum of countable things, each with a unit cost: zaps, PTEs, refaults, cache lines, calls, pages read
 * and written. The rules of the policy give the counts. The unit costs are fitted.
 */
#ifndef ZAPBENCH_MODEL_H
#define ZAPBENCH_MODEL_H

#include "bench/base/params.h"
#include "bench/record/record.h"

enum term {
	TERM_REGION, /* what surrounds a region: reading the counters */
	TERM_MAP,    /* a mapping by the device, with nothing to do */
	TERM_UNMAP,
	TERM_MAP_ENTRY,   /* of either, per scatterlist entry */
	TERM_SYNC,        /* a START or END, with nothing to do */
	TERM_ZAP,         /* fixed part of a zap */
	TERM_ZAP_MAPPING, /* per mapping of the buffer */
	TERM_ZAP_CPU,     /* per other CPU that runs the process meanwhile */
	TERM_ZAP_PTE,
	TERM_ZAP_PMD,
	TERM_CLEAN,      /* per cache line */
	TERM_ENTRY,      /* per scatterlist entry of what is cleaned or invalidated */
	TERM_INVALIDATE, /* per cache line */
	TERM_FAULT,      /* a refault, whatever it brings back */
	TERM_FAULT_PTE,  /* per PTE that it brings back */
	TERM_FAULT_PMD,
	TERM_WORD_CACHED, /* one word of a page */
	TERM_WORD_WC,
	TERM_READ_CACHED, /* a page, all of it */
	TERM_READ_WC,
	TERM_WRITE_CACHED,
	TERM_WRITE_WC,
	TERM_COPY_OUT_OF, /* the buffer: a page of it, in bulk */
	TERM_COPY_INTO,
	TERM_USER_CLEAN, /* by the client, per cache line */
	TERM_USER_INVALIDATE,
	NR_TERMS
};

const char *term_name(enum term term); /* "refault, per PTE" */

/* What a region does. Policies and granularities by their names in a record. */
struct region {
	const char *region; /* REGION_FRAME, ... */
	const char *policy, *granularity;
	double bytes, page_bytes, pmd_bytes;
	double chunks;       /* chunks of the buffer: entries of its scatterlist */
	double around_pages; /* that one fault of granularity around or contpte brings back */
	double touched;      /* fraction of the pages */
	double stride;       /* of pages; 1: all */
	bool random, coherent;
	enum use use; /* of a frame */
	double maps, frames;
	double others;   /* CPUs that run threads of the same process */
	bool two_passes; /* on the way to write-combined the kernel invalidates, too, and does not only clean */
};

struct term_counts {
	double count[NR_TERMS];
};

/*
 * How many of each term the region needs. @emulated: the region holds all calls of the zap case, not only
 * the one that zaps. False for cases that the model does not know, and for sources where userspace performs the policy.
 */
bool model_count(const struct region *region, bool emulated, struct term_counts *counts);
/* The region of a configuration. False where a parameter that it needs is not in the record. */
bool model_region(const struct record *record, const struct config_result *config, struct region *region);

struct model {
	bool used[NR_TERMS]; /* the record holds something to fit it by */
	struct estimate unit_cost[NR_TERMS];
	double covariance[NR_TERMS][NR_TERMS];
	double sigma;   /* relative residual standard deviation */
	double noise;   /* what of it is the noise of the medians: root mean square of their relative standard errors */
	double lack;    /* and what is not */
	bool fits;      /* else nothing is to be ranked by it: @lack is over 10 %, and not by chance (p = 0.01) */
	size_t n;       /* regions it was fitted to */
	size_t freedom; /* degrees of it */
	/* Relative; each configuration predicted from all the others, but for those that hold something of their own.
	 */
	double error_median, error_worst;
	size_t held_out;           /* how many were */
	const char *worst;         /* the name of that configuration, of the record */
	struct region least, most; /* what was measured, by each number */
	const char *unit;          /* of the record */
	bool emulated;
};

/**
 * model_fit() - unit costs, none negative, by least squares of relative errors, with 95 % intervals
 * @record: summarised; kept by the caller as long as the model is used
 * @model: filled
 * @why: on -ENODATA: too few configurations
 *
 * Non-negative least squares on rows divided by what was measured, so that every configuration weighs alike. A unit
 * cost above 0 has the interval of ordinary least squares over the terms that are above 0 (Draper and Smith, Applied
 * Regression Analysis, 3rd ed., section 5), cut off at 0. One that is 0 has a one-sided interval from its profile: the
 * greatest cost that the data allow at 95 %.
 * Return: 0, -ENODATA, -EINVAL where GSL finds no solution, or -ENOMEM.
 */
int model_fit(const struct record *record, struct model *model, struct why *why);

/*
 * The cost of a region with its 95 % prediction interval, and, in @part unless NULL, what each term adds to it.
 * Value NAN when a unit cost that it needs was not fitted.
 */
struct estimate model_predict(const struct model *model, const struct region *region, double *part);
/* Why the region lies outside of what was measured, into @text; false when it does not. */
bool model_outside(const struct model *model, const struct region *region, char *text, size_t size);

#endif
