/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Comparing results: what got slower or faster from one set of runs to another, or from one configuration to another
 * within a run. Ratios are new to base; less is better in every unit that a record has.
 */
#ifndef ZAPBENCH_COMPARE_H
#define ZAPBENCH_COMPARE_H

#include "report/analysis/compatibility.h"

#define COMPARISON_SCHEMA "zapbench-comparison"

/* One configuration of both sides. */
struct compared {
	const struct config_result *config; /* of the first run that has it; in the side's record */
	char *name;                         /* of the base's configuration; in the record */
	char *new_name;
	char *operation, *unit;
	char *method;                   /* "paired by round", "runs", "exact"; not owned */
	char *verdict_name;             /* "slower", ...; not owned */
	double base, new;               /* medians, per operation */
	double base_faults, new_faults; /* per operation, NAN where they are not known */
	double per_fault; /* exact: instructions more or less per fault (or operation, where there are none); else NAN
			   */
	size_t base_n, new_n;
	struct estimate ratio; /* level NAN and the least and the most of any round where it is exact */
	enum verdict verdict;
	struct why why;        /* what keeps it undecided */
	char *reason, *remedy; /* the same, for JSON */
};

/* A configuration that has nothing to be compared with. */
struct unmatched {
	char *name;   /* in the record */
	char *reason; /* not owned */
};

struct comparison {
	char *base_path, *new_path; /* not owned */
	size_t base_runs, new_runs;
	double threshold_percent;
	double level; /* of each comparison, so that all of them together hold 95 % */
	bool emulated;
	struct difference *difference;
	size_t nr_differences;
	struct compared *row; /* what matters first: see comparison_sort() */
	size_t nr_rows;
	struct unmatched *unmatched;
	size_t nr_unmatched;
};

/* What to compare and how. Lists are NULL-terminated; NULL or empty is everything. */
struct compare_options {
	double threshold_percent;
	unsigned int override; /* bits of enum compatibility */
	const char *const *cases;
	const char *const *policies;
};

/**
 * compare_run_sets() - one median a run, unpaired
 * @base, @new: both stay the caller's, and must outlive @comparison
 * @comparison: comparison_free()
 * @why: on error
 *
 * The estimate is stats_unpaired_ratio() of the run medians, at 95 % over the family of all configurations that both
 * sides have. Emulated runs are compared round by round, to the instruction and without statistics.
 * Return: 0; -EXDEV when the sides are not alike and nobody consented (the differences are filled in); -EINVAL for a
 * run that is on both sides; -ENOENT when nothing can be compared; -ENOMEM.
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
