/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Comparing results: what is slower or faster in one run set than in another, or in one configuration than in another
 * within a run. Ratios are new to base. Less is better in every unit of a record.
 */
#ifndef ZAPBENCH_COMPARE_H
#define ZAPBENCH_COMPARE_H

#include "report/analysis/comparison.h"

#define COMPARISON_SCHEMA "zapbench-comparison"

/**
 * compare_run_sets() - what the boots of two run sets say
 * @base, @new: both stay the caller's, and must outlive @comparison
 * @comparison: comparison_free()
 * @why: on error
 *
 * Each boot is one observation, see boots.h and contrast.h; intervals hold 95 % over all configurations that both sides
 * have. Emulated runs are compared round by round, to the instruction and without statistics.
 * Return: 0; -EXDEV for a difference that is not overridden (the differences are filled in); -EINVAL for a
 * run that is in both run sets, and for within_boot with runs of several boots; -ENOENT when nothing is comparable;
 * -ENOMEM.
 */
int compare_run_sets(const struct run_set *base, const struct run_set *new, const struct compare_options *options,
		     struct comparison *comparison, struct why *why);

/**
 * compare_within() - configurations of one run that differ in one parameter, paired by round
 * @record: stays the caller's
 * @key: "policy", "granularity", "source" or a parameter; its unit may be left out ("size" for "size_bytes")
 * @base, @new: its values; "eager+lazy" is eager and lazy
 *
 * The rest as compare_run_sets(). Return: 0, -EINVAL when the parameter is not known, -ENOENT or -ENOMEM.
 */
int compare_within(const struct record *record, const char *key, const char *base, const char *new,
		   const struct compare_options *options, struct comparison *comparison, struct why *why);

void comparison_free(struct comparison *comparison);

/* Does a certain regression stand in it? */
bool comparison_regressed(const struct comparison *comparison);

/* As JSON, described by zapbench-comparison.schema.json. 0 or -errno. */
int comparison_write(const struct comparison *comparison, FILE *out);

#endif
