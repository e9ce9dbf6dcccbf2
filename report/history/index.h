/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The index of a history: what is asked of many runs at once, in SQLite. It holds nothing that is not in the runs'
 * files. Private to report/history/, where index.c and index-rows.c alone know of SQLite.
 */
#ifndef ZAPBENCH_INDEX_H
#define ZAPBENCH_INDEX_H

#include "report/history/entries.h"
#include "bench/record/record.h"
#include "bench/base/why.h"

struct index;

/*
 * Open or make @folder/index.db. On error -EUCLEAN is a file that is no index, which index_remove() takes away; and see
 * history_open().
 */
int index_open(const char *folder, struct index **index, struct why *why);
/* The same in memory, a copy of @folder/index.db or empty: for who may not write there. */
int index_open_copy(const char *folder, struct index **index, struct why *why);
void index_close(struct index *index);
void index_remove(const char *folder);

/*
 * Changes are made between these, by one process after the other: whoever comes first is first. index_end() with an
 * @err undoes them, and returns it.
 */
int index_begin(struct index *index, struct why *why);
int index_end(struct index *index, int err, struct why *why);
/* Does it have the tables of this version, so that it can be asked? */
int index_made(struct index *index, bool *made, struct why *why);
int index_clear(struct index *index, struct why *why);

/* What the record does not say. */
struct index_run {
	const char *name, *date;
	int64_t sequence; /* see order.h */
};

int index_add(struct index *index, const struct index_run *run, const struct record *record, struct why *why);

/* Forget a run, and the series that only it had. */
int index_delete(struct index *index, const char *name, struct why *why);

int index_count(struct index *index, int64_t *runs, struct why *why);
/* The highest sequence number; 0 where there is none. */
int index_last(struct index *index, int64_t *sequence, struct why *why);
/* The newest date of the runs of @record's machine with sequence numbers below @before; "" where there is none. */
int index_newest(struct index *index, const struct record *record, int64_t before, char *date, size_t size,
		 struct why *why);
int index_has(struct index *index, const char *name, bool *has, struct why *why);
/*
 * As the functions of history.h without their index_; all arrays and texts are the index's, until it changes. All are
 * of one state, whatever others add meanwhile. -EUCLEAN: a row is there that this program never writes.
 */
int index_runs(struct index *index, const struct history_run **run, size_t *count, struct why *why);
int index_series(struct index *index, const struct history_series **series, size_t *count, struct why *why);
int index_points(struct index *index, const struct history_series *series, struct history_points *points,
		 struct why *why);

#endif
