/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a comparison is: its rows, and what was asked for. */
#ifndef ZAPBENCH_COMPARISON_H
#define ZAPBENCH_COMPARISON_H

#include "report/analysis/compatibility.h"

/* One configuration of both run sets. */
struct compared {
	const struct config_result *config; /* of the first run that has it; in the record of its run set */
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
	struct why why;        /* why it is inconclusive */
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

#endif
