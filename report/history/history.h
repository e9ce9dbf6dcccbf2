/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The history: results of many runs. A folder of
 *
 *   runs/NAME.json.gz          the truth: results files as they were added, compressed, never written again
 *   labels/LABEL/NAME.json.gz  links to runs: a label is a folder of results, as zapbench compare takes one
 *   order                      in which runs were added: see order.h
 *   acknowledged               known changes: see acknowledged.c
 *   bad/                       files of runs/ that are not results
 *   removed/                   files of runs that somebody removed
 *   index.db                   an index of runs/ (SQLite), which can be rebuilt at any time
 *
 * Several processes may use a history at the same time. If a process was killed while it added a run, the run may be in
 * runs/ but not in the index. It enters the index when the history is opened again.
 */
#ifndef ZAPBENCH_HISTORY_H
#define ZAPBENCH_HISTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/base/why.h"
#include "report/history/entries.h"

struct history;

/* Told while a history is opened; each may be NULL. */
struct history_listener {
	/* A file of runs/ that is no record was moved to @path, in bad/. */
	void (*bad)(void *arg, const char *path, const char *reason);
	/* An entry of runs/ is no run, or cannot be read now or by this version. It stays there, and is not in the
	 * index. */
	void (*unreadable)(void *arg, const char *path, const char *reason);
	void (*progress)(void *arg, size_t done, size_t all); /* files that are read into the index */
	void *arg;
};

/* HISTORY_READ needs no right to write: where the index cannot be written it is made in memory. */
enum history_use {
	HISTORY_READ,
	HISTORY_CHANGE,
	HISTORY_ADD,    /* it is made when it is not there */
	HISTORY_REBUILD /* the index is thrown away and made again of the files */
};

/**
 * history_open() - open a history, and bring its index up to date
 * @path: its folder
 * @use: what it is opened for
 * @listener: stays the caller's while it is being opened
 * @history: on success to be closed by history_close()
 * @why: on error
 *
 * Return: 0, -ENOENT where there is none, -EUCLEAN for an index that is broken, or another -errno.
 */
int history_open(const char *path, enum history_use use, const struct history_listener *listener,
		 struct history **history, struct why *why);
void history_close(struct history *history);

/* How a results file is added. */
struct history_adding {
	bool again;   /* the same file is another run: of a machine that repeats itself and has no clock */
	bool by_date; /* it is an old result: its date places it among runs that were added before */
};

struct history_added {
	char name[200];  /* that the run has got */
	bool new;        /* false when the same was there already, and not again */
	char clock[200]; /* what is wrong with its clock, in words; "" for nothing */
};

/**
 * history_add() - add a results file
 * @file: which is read once, checked and copied; - is standard input
 * @how: stays the caller's
 * @added: filled on success
 * @why: on error
 *
 * A run comes after those of its machine that were added before, also where its clock is behind theirs; runs that are
 * added between one history_open() and history_close() are ordered by date among themselves.
 *
 * When it returns 0 the run survives a power failure. Return: 0, -EINVAL for a file that is no result, or -errno.
 */
int history_add(struct history *history, const char *file, const struct history_adding *how,
		struct history_added *added, struct why *why);

/*
 * The runs in order, the oldest first; the series, by machine and configuration. They stay the history's and are good
 * until it is added to or closed.
 */
int history_runs(struct history *history, const struct history_run **run, size_t *count, struct why *why);
int history_series(struct history *history, const struct history_series **series, size_t *count, struct why *why);
/* Why a history has no series: no run was added, or none has a valid figure. Return: -ENOENT, or another -errno. */
int history_nothing(struct history *history, struct why *why);
/* The one run whose name begins with @begin; as history_runs(). 0, -ENOENT, -ENOTUNIQ or another -errno. */
int history_run(struct history *history, const char *begin, const struct history_run **run, struct why *why);
/* The points of one; history_points_free() by the caller. */
int history_points(struct history *history, const struct history_series *series, struct history_points *points,
		   struct why *why);

/* The file of a run; NULL without memory, to be freed by the caller. */
char *history_file(const struct history *history, const char *run);

/* A known change. All texts of one that is read are set: "" where nothing was given. */
struct acknowledgement {
	const char *run;           /* where the change begins, or the last run of a series that is no longer measured */
	const char *configuration; /* "*": all */
	const char *date, *author, *reason;
	bool undone; /* the change counts as unknown again */
};

/**
 * history_acknowledge() - mark a change as known, or undo that
 * @what: the run by its name, or the beginning of just one; configuration NULL is all; author NULL is that of git, or
 *        the login; reason may be NULL; the date is now
 *
 * Return: 0; -ENOENT for a configuration that the history does not have, or when there is nothing to undo; as
 * history_label() for the run; or -errno.
 */
int history_acknowledge(struct history *history, const struct acknowledgement *what, struct why *why);
/* NULL unless it is acknowledged. Valid until the next history_acknowledge(). */
const struct acknowledgement *history_acknowledged(const struct history *history, const char *run,
						   const char *configuration);

/**
 * history_remove() - take a run and its labels out of the history
 * @run: a name, or the beginning of just one
 * @path: on success the file, which is kept in removed/; freed by the caller
 *
 * history_add() of that file restores it. Return: as history_label().
 */
int history_remove(struct history *history, const char *run, char **path, struct why *why);

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

/* Unless the environment's ZAPBENCH_HISTORY names another folder. The second is used where it alone exists. */
#define HISTORY_FOLDER "results/runs/history"
#define HISTORY_FOLDER_BEFORE "results/history"
const char *history_default_folder(void);
/* The folder of results that the user means by @argument: a path that is there, or a label of the default history. */
const char *history_resolve(const char *argument, char *path, size_t size);

#endif
