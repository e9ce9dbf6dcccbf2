/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A comparison: its rows, and the options of the request. */
#ifndef ZAPBENCH_COMPARISON_H
#define ZAPBENCH_COMPARISON_H

#include "report/analysis/compatibility.h"

/* One configuration of both run sets. */
struct compared {
	const struct config_result *config; /* of the first run that has it; in the record of its run set */
	char *name;                         /* of the base's configuration; in the record */
	char *new_name;
	char *operation, *unit;
	char *method;                   /* "boots", "runs of one boot", "paired by round", "exact"; not owned */
	char *verdict_name;             /* "slower", ...; not owned */
	double base, new;               /* medians, per operation */
	double base_faults, new_faults; /* per operation, NAN where they are not known */
	double per_fault; /* exact: instructions more or less per fault (or operation, where there are none); else NAN
			   */
	size_t base_n, new_n;         /* runs, or rounds */
	size_t base_boots, new_boots; /* that have a figure; 0 within a run */
	/*
	 * Of times between run sets, else NAN: that runs without a change differ as much, over all rows together; the
	 * least ratio that such data finds in 80 % of cases; boots per side that would decide it; what the figure
	 * drifts by per day, where it was taken out.
	 */
	double p_value, detectable, needed, drift;
	bool in_blocks;                              /* one side was measured before the other */
	double base_p90, new_p90, base_p99, new_p99; /* of single events, where they were timed; else NAN */
	struct estimate ratio; /* level NAN and the least and the most of any round where it is exact */
	enum verdict verdict;
	struct why why;        /* why it is inconclusive */
	char *reason, *remedy; /* the same, for JSON */
};

/* A modelled count of a row that is another one now. */
struct modelled_change {
	const struct config_result *config; /* as that of the row */
	char *name, *event;                 /* in the record */
	char *verdict_name;                 /* "more" or "less"; not owned */
	double base, new;                   /* per operation */
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
	size_t base_boots, new_boots; /* of all runs; 0 within a run */
	bool within_boot;             /* asked for: figures of one boot */
	bool one_boot;                /* asked for, and both sides are of one boot, in turn: figures of that boot */
	bool in_blocks;               /* one side was measured before the other */
	double mean_ratio;            /* the geometric mean of all rows; NAN where there is none */
	bool random;                  /* emulated, of modules: their stock kernel draws random numbers */
	struct difference *difference;
	size_t nr_differences;
	struct compared *row; /* what matters first: see comparison_sort() */
	size_t nr_rows;
	/* Of emulated run sets that the same model counted: see compare-modelled.c. */
	char *model;          /* in the record; NULL: no row has counts of both */
	char *other_model;    /* of base, where another model counted new; NULL: none */
	size_t modelled_rows; /* that were compared */
	struct modelled_change *modelled;
	size_t nr_modelled;
	struct unmatched *unmatched;
	size_t nr_unmatched;
};

/* What to compare and how. Lists are NULL-terminated; NULL or empty is everything. */
struct compare_options {
	double threshold_percent;
	unsigned int override; /* bits of enum compatibility */
	bool within_boot;      /* the figures shall be of one boot: runs are the observations, not boots */
	const char *const *cases;
	const char *const *policies;
};

#endif
