/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Comparing run sets by boots. Runs of one boot share its addresses and memory layout. So the boot is the independent
 * observation of a kernel, not the run. Private to report/analysis/.
 */
#ifndef ZAPBENCH_BOOTS_H
#define ZAPBENCH_BOOTS_H

#include "report/analysis/contrast.h"
#include "report/analysis/run-set.h"

/* The observations of one side: a boot each, or, within one boot, a run each. */
struct boots {
	/*
	 * Of each: the logarithm of its figure, the mean of its runs weighted by their rounds; how much it rests on;
	 * when it was measured, the mean of its runs' starts.
	 */
	struct observation *of;
	size_t n, runs;
	double step; /* how far a figure may be off because the clock has steps: at most, as a logarithm */
};

/* What two sides say. */
struct boots_compared {
	struct estimate ratio; /* new to base; without an interval where there are too few boots */
	double p_value;        /* that boots of one kernel differ as much: two-sided, of this row alone; NAN unknown */
	double detectable;     /* the least ratio that such data finds in 80 % of cases; NAN unknown */
	double needed;         /* boots per side that would decide the row in 80 % of cases; NAN unknown */
	double drift;          /* per day, as a ratio; NAN where the order does not ask for it */
};

/**
 * boots_of() - the observations of a configuration
 * @set: its summaries are there
 * @name: the configuration
 * @all: of all samples, disturbed ones too
 * @runs: a run is an observation, whatever its boot
 * @boots: boots_free(), also on error
 *
 * Records without a boot id are of one boot: nothing says that they are not. Return: 0 or -ENOMEM.
 */
int boots_of(const struct run_set *set, const char *name, bool all, bool runs, struct boots *boots);
void boots_free(struct boots *boots);

/* Whether runs can be the observations, of one boot alone. */
enum within_boot {
	WITHIN_BOOT,           /* all runs are of one boot, and both sides were measured in turn */
	WITHIN_BOOT_ANOTHER,   /* they are of several boots, or of one that is not known */
	WITHIN_BOOT_FEW,       /* one side has fewer than two runs */
	WITHIN_BOOT_IN_BLOCKS, /* one side was measured before the other, or nobody knows when */
};

enum within_boot boots_within(const struct run_set *base, const struct run_set *new);
/* How many boots a run set has. */
size_t boots_count(const struct run_set *set);

/**
 * boots_contrast() - the difference of two sides, and how well it is known
 * @base, @new: their observations are sorted, and a drift is taken out of them
 * @in_blocks: one side was measured before the other
 *
 * As contrast_make(), or in blocks contrast_without_drift(). With one boot on a side there is no variance.
 */
void boots_contrast(struct boots *base, struct boots *new, struct contrast *contrast, bool *in_blocks);

/**
 * boots_judge() - what it says
 * @level: of the interval; the caller divides alpha by the number of rows
 * @threshold_percent: what a change must exceed
 */
void boots_judge(const struct contrast *contrast, double level, double threshold_percent,
		 struct boots_compared *result);

#endif
