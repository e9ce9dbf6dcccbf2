/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a history knows without reading its files: runs, series and their points. Filled by the index. */
#ifndef ZAPBENCH_ENTRIES_H
#define ZAPBENCH_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/record/stats.h"

/* What is known of a run without reading its file. */
struct history_run {
	const char *name;    /* of its file, without .json.gz */
	const char *date;    /* ISO 8601, UTC: its start; of a machine without a clock, when it was added */
	const char *machine; /* model and page size: series are compared on one machine only */
	const char *kernel;  /* release */
	const char *program; /* zapbench's commit */
	const char
		*conditions; /* "key\tvalue\n" each: what figures depend on, see compatibility_each(), and the labels */
	bool emulated;
	int64_t configurations; /* that are valid */
	const char *boot;       /* the kernel's id of this boot; "" where it is not known */
	int64_t id, sequence;   /* of its row; of its adding, see order.h */
	const char *place;      /* the date by which it is ordered */
	bool behind;            /* its clock was: .date is before that of a run which was added earlier */
};

/* One configuration on one machine over time. */
struct history_series {
	int64_t id;
	const char *machine, *configuration;
	const char *unit; /* "ns/page" */
	bool emulated;
	bool more_is_better; /* as the record says of the figure; else less is */
	size_t points;
};

/* The figures of a series, in the order of their runs. */
struct history_points {
	size_t *run;            /* in history_runs() */
	struct estimate *value; /* the median with its interval, see record_value() */
	size_t count;
};

void history_points_free(struct history_points *points);

#endif
