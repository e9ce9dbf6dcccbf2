/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The history: results of many runs. A folder of
 *
 *   runs/NAME.json.gz          the truth: results files as they were added, compressed, never written again
 *   labels/LABEL/NAME.json.gz  links to runs: a label is a folder of results, as zapbench compare takes one
 *   bad/                       files of runs/ that turned out to be no results
 *   index.db                   an index of runs/ (SQLite), which can be made again at any time
 *
 * Any number of processes may work on one at a time. A run that is in runs/ but not in the index, because whoever
 * added it was killed in between, comes into the index when the history is opened next.
 */
#ifndef ZAPBENCH_HISTORY_H
#define ZAPBENCH_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "results/why.h"

struct history;

/* What is known of a run without reading its file. Strings belong to the history and last until the callback returns.
 */
struct history_run {
	const char *name;    /* of its file, without .json.gz */
	const char *date;    /* ISO 8601, UTC: its start; of a machine without a clock, when it was added */
	const char *machine; /* model and page size: series are compared on one machine only */
	const char *kernel;
	const char *program; /* zapbench's commit */
	bool emulated;
	int64_t configurations; /* that are valid */
};

/* One figure of a run: the median of a configuration with its interval. */
struct history_point {
	struct history_run run;
	const char *configuration;
	const char *unit; /* "ns/page" */
	double value, lower, upper;
};

struct history_series {
	const char *machine, *configuration, *unit;
	int64_t points;
};

/* A file of runs/ that is no result was moved to bad/. */
typedef void history_bad_fn(void *arg, const char *path, const char *reason);

/**
 * history_open() - open a history, and bring its index up to date
 * @path: its folder
 * @create: make it when it is not there
 * @anew: throw the index away and make it again of the files
 * @bad: called for every file that is set aside
 * @arg: handed to @bad
 * @history: on success to be closed by history_close()
 * @why: on error
 *
 * Return: 0, -ENOENT where there is none, -EUCLEAN for an index that is broken, or another -errno.
 */
int history_open(const char *path, bool create, bool anew, history_bad_fn *bad, void *arg, struct history **history,
		 struct why *why);
void history_close(struct history *history);

/**
 * history_add() - add a results file
 * @file: which is read, checked and copied
 * @name: the name that the run has got
 * @size: of @name
 * @added: false when the same file was there already
 * @why: on error
 *
 * When it returns 0 the run survives a power failure. Return: 0, -EINVAL for a file that is no result, or -errno.
 */
int history_add(struct history *history, const char *file, char *name, size_t size, bool *added, struct why *why);

/*
 * Each calls @each for what there is, by date, the oldest first, or by name; @machine NULL: all.
 * A return value of @each other than 0 ends it and is returned.
 */
int history_each_run(struct history *history, int (*each)(void *arg, const struct history_run *run), void *arg,
		     struct why *why);
int history_each_series(struct history *history, int (*each)(void *arg, const struct history_series *series), void *arg,
			struct why *why);
int history_each_point(struct history *history, const char *machine, const char *configuration,
		       int (*each)(void *arg, const struct history_point *point), void *arg, struct why *why);

/*
 * Put a run under a label. @run is a name, or the beginning of just one. -EINVAL for a label that is no file name,
 * -ENOENT for a run that is not there, -ENOTUNIQ for the beginning of several.
 */
int history_label(struct history *history, const char *run, const char *label, struct why *why);
/* Is @run under @label? */
bool history_has_label(const struct history *history, const char *run, const char *label);
/* The labels, sorted; NULL-terminated, to be freed as one with history_free_labels(). NULL without memory. */
char **history_labels(const struct history *history);
void history_free_labels(char **labels);

#endif
