/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What index.c, which makes an index, and index-rows.c, which reads it, share. */
#ifndef ZAPBENCH_INDEX_PRIVATE_H
#define ZAPBENCH_INDEX_PRIVATE_H

#include <sqlite3.h>

#include "bench/base/why.h"
#include "report/history/entries.h"

/* Where in .run the run of a row's id is. */
struct index_place {
	int64_t id;
	size_t run;
};

struct index {
	char *path;
	sqlite3 *db;
	bool copy;               /* in memory: nobody else has it */
	int turn;                /* see turn.h; -1 outside of a transaction that changes the index */
	bool reading;            /* within a transaction: what others commit meanwhile is not seen */
	struct history_run *run; /* in their order, NULL until they are asked for */
	size_t nr_runs;
	struct index_place *place; /* by id; as many as runs */
	struct history_series *series;
	size_t nr_series;
	char **text; /* what strings of the rows above point to */
	size_t nr_texts;
};

/* What was read is read again when it is asked for next. */
void index_forget(struct index *index);

/* What SQLite says, as an errno with its remedy. */
int index_why(struct index *index, int code, struct why *why);
/* The index says what zapbench never writes. -EUCLEAN. */
int index_broken(const struct index *index, const char *what, struct why *why);
int index_prepare(struct index *index, const char *text, sqlite3_stmt **statement, struct why *why);
int index_sql(struct index *index, const char *text, struct why *why);

#endif
