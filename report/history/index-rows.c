// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading an index. It is a file that anybody may have made, so each row is checked as any input; and it is read within
 * one transaction, so that all of what is read is of one state.
 */
#include "report/history/index.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/array.h"
#include "bench/base/text.h"
#include "report/history/folder.h"
#include "report/history/index-private.h"

/* --- rows */

/* The text of a column, kept until index_forget(); that of the row before where it is the same. NULL without memory. */
static const char *keep(struct index *index, sqlite3_stmt *statement, int column, const char *before)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);
	char *copy, **more;

	if (!text)
		return "";
	if (before && !strcmp(before, text))
		return before;
	more = array_room(index->text, index->nr_texts, sizeof(*more));
	if (!more)
		return NULL;
	index->text = more;
	copy = strdup(text);
	if (copy)
		more[index->nr_texts++] = copy;
	return copy;
}

/* NAN for what is no number. */
static double column_real(sqlite3_stmt *statement, int column)
{
	int type = sqlite3_column_type(statement, column);

	return type == SQLITE_FLOAT || type == SQLITE_INTEGER ? sqlite3_column_double(statement, column) : NAN;
}

static bool is_date(const char *text)
{
	return strlen(text) < HISTORY_DATE_BYTES && !isnan(seconds_of_date(text));
}

static int read_run(struct index *index, sqlite3_stmt *statement, struct why *why)
{
	struct history_run *more = array_room(index->run, index->nr_runs, sizeof(*more)), *run;
	const struct history_run none = { .name = NULL }, *before;

	if (!more)
		return -ENOMEM;
	index->run = more;
	before = index->nr_runs ? &more[index->nr_runs - 1] : &none;
	run = &more[index->nr_runs++];
	*run = (struct history_run){
		.id = sqlite3_column_int64(statement, 0),
		.name = keep(index, statement, 1, NULL),
		.date = keep(index, statement, 2, NULL),
		.machine = keep(index, statement, 3, before->machine),
		.kernel = keep(index, statement, 4, before->kernel),
		.program = keep(index, statement, 5, before->program),
		.conditions = keep(index, statement, 6, before->conditions),
		.emulated = sqlite3_column_int(statement, 7),
		.configurations = sqlite3_column_int64(statement, 8),
		.boot = keep(index, statement, 9, before->boot),
		.sequence = sqlite3_column_int64(statement, 10),
	};
	if (!run->name || !run->boot || !run->date || !run->machine || !run->kernel || !run->program ||
	    !run->conditions)
		return -ENOMEM;
	if (!is_run_name(run->name) || !is_date(run->date) || run->sequence < 0 || run->configurations < 0)
		return index_broken(index, "a run in it is not valid", why);
	return 0;
}

static int read_series(struct index *index, sqlite3_stmt *statement, struct why *why)
{
	struct history_series *more = array_room(index->series, index->nr_series, sizeof(*more)), *series;
	int64_t points = sqlite3_column_int64(statement, 5);

	if (!more)
		return -ENOMEM;
	index->series = more;
	series = &more[index->nr_series++];
	*series = (struct history_series){
		.id = sqlite3_column_int64(statement, 0),
		.machine = keep(index, statement, 1, index->nr_series > 1 ? series[-1].machine : NULL),
		.configuration = keep(index, statement, 2, NULL),
		.unit = keep(index, statement, 3, index->nr_series > 1 ? series[-1].unit : NULL),
		.emulated = sqlite3_column_int(statement, 4),
		.points = (size_t)points,
		.more_is_better = sqlite3_column_int(statement, 6),
	};
	if (!series->machine || !series->configuration || !series->unit)
		return -ENOMEM;
	if (points <= 0 || (size_t)points > index->nr_runs)
		return index_broken(index, "a series in it has a wrong number of points", why);
	return 0;
}

/* Each row of a query to @row. The statement is freed. */
static int read_rows(struct index *index, const char *text, int (*row)(struct index *, sqlite3_stmt *, struct why *),
		     struct why *why)
{
	sqlite3_stmt *statement;
	int code = SQLITE_DONE, err = index_prepare(index, text, &statement, why);

	if (err)
		return err;
	while (!err && (code = sqlite3_step(statement)) == SQLITE_ROW)
		err = row(index, statement, why);
	if (!err && code != SQLITE_DONE)
		err = index_why(index, code, why);
	sqlite3_finalize(statement);
	return err;
}

/* From here until index_forget() what others write is not seen. */
static int begin_reading(struct index *index, struct why *why)
{
	int err;

	/* Within a transaction that changes the index. */
	if (index->reading || !sqlite3_get_autocommit(index->db))
		return 0;
	err = index_sql(index, "BEGIN", why);
	index->reading = !err;
	return err;
}

/* --- the order of runs */

static int by_sequence(const void *left, const void *right)
{
	const struct history_run *a = left, *b = right;
	int order = a->machine == b->machine ? 0 : strcmp(a->machine, b->machine);

	if (!order)
		order = (a->sequence > b->sequence) - (a->sequence < b->sequence);
	if (!order)
		order = strcmp(a->date, b->date);
	return order ? order : strcmp(a->name, b->name);
}

static int by_place(const void *left, const void *right)
{
	const struct history_run *a = left, *b = right;
	int order = strcmp(a->place, b->place);

	return order ? order : by_sequence(left, right);
}

static int by_id(const void *left, const void *right)
{
	const struct index_place *a = left, *b = right;

	return (a->id > b->id) - (a->id < b->id);
}

/*
 * By date; but a run that was added after another of its machine is later than that one, whatever its clock said. Runs
 * that were added together go by date, and those that were added by date also do, see history_add().
 */
static int put_in_order(struct index *index)
{
	struct history_run *run = index->run;
	const char *newest = NULL, *before = NULL;

	qsort(run, index->nr_runs, sizeof(*run), by_sequence);
	for (size_t i = 0; i < index->nr_runs; i++) {
		if (!i || strcmp(run[i].machine, run[i - 1].machine))
			newest = before = NULL;
		else if (run[i].sequence != run[i - 1].sequence)
			before = newest;
		run[i].behind = run[i].sequence && before && strcmp(run[i].date, before) < 0;
		run[i].place = run[i].behind ? before : run[i].date;
		if (run[i].sequence && (!newest || strcmp(run[i].date, newest) > 0))
			newest = run[i].date;
	}
	qsort(run, index->nr_runs, sizeof(*run), by_place);
	index->place = calloc(index->nr_runs + 1, sizeof(*index->place));
	if (!index->place)
		return -ENOMEM;
	for (size_t i = 0; i < index->nr_runs; i++)
		index->place[i] = (struct index_place){ run[i].id, i };
	qsort(index->place, index->nr_runs, sizeof(*index->place), by_id);
	return 0;
}

/* --- asking */

int index_runs(struct index *index, const struct history_run **run, size_t *count, struct why *why)
{
	int err = index->run ? 0 : begin_reading(index, why);

	if (!err && !index->run) {
		err = read_rows(index,
				"SELECT run.id, name, date, machine, kernel, program, text, emulated, "
				"configurations, boot, sequence FROM run JOIN condition ON condition.id = "
				"run.condition",
				read_run, why);
		if (!err && index->nr_runs)
			err = put_in_order(index);
	}
	if (err)
		index_forget(index);
	*run = index->run;
	*count = index->nr_runs;
	return err;
}

int index_series(struct index *index, const struct history_series **series, size_t *count, struct why *why)
{
	const struct history_run *run;
	size_t runs;
	int err = index_runs(index, &run, &runs, why);

	if (!err && !index->series)
		err = read_rows(index,
				"SELECT id, machine, configuration, unit, emulated, points, more FROM series "
				"ORDER BY machine, configuration, unit",
				read_series, why);
	if (err)
		index_forget(index);
	*series = index->series;
	*count = index->nr_series;
	return err;
}

struct point {
	size_t run;
	struct estimate value;
};

static int by_run(const void *left, const void *right)
{
	const struct point *a = left, *b = right;

	return (a->run > b->run) - (a->run < b->run);
}

/* 0, -EUCLEAN or another -errno. */
static int read_points(struct index *index, const struct history_series *series, sqlite3_stmt *statement,
		       struct point *point, struct why *why)
{
	size_t count = 0;
	int code;

	while ((code = sqlite3_step(statement)) == SQLITE_ROW && count < series->points) {
		const struct index_place id = { .id = sqlite3_column_int64(statement, 0) }, *place;
		double value = column_real(statement, 1);

		place = index->nr_runs ? bsearch(&id, index->place, index->nr_runs, sizeof(id), by_id) : NULL;
		if (!place || !isfinite(value))
			return index_broken(index, "a point in it is not valid", why);
		point[count++] = (struct point){
			place->run,
			{ value, column_real(statement, 2), column_real(statement, 3), 0.95, 0 },
		};
	}
	if (code != SQLITE_DONE && code != SQLITE_ROW)
		return index_why(index, code, why);
	if (code == SQLITE_ROW || count < series->points)
		return index_broken(index, "a series in it has a wrong number of points", why);
	qsort(point, count, sizeof(*point), by_run);
	for (size_t i = 1; i < count; i++) {
		if (point[i].run == point[i - 1].run)
			return index_broken(index, "a series in it has two points of one run", why);
	}
	return 0;
}

int index_points(struct index *index, const struct history_series *series, struct history_points *points,
		 struct why *why)
{
	size_t count = series->points;
	struct point *point = calloc(count, sizeof(*point));
	sqlite3_stmt *statement = NULL;
	int err;

	*points = (struct history_points){ calloc(count, sizeof(*points->run)), calloc(count, sizeof(*points->value)),
					   count };
	err = point && points->run && points->value
		      ? index_prepare(index, "SELECT run, value, lower, upper FROM point WHERE series = ?", &statement,
				      why)
		      : -ENOMEM;
	if (!err) {
		sqlite3_bind_int64(statement, 1, series->id);
		err = read_points(index, series, statement, point, why);
	}
	sqlite3_finalize(statement);
	for (size_t i = 0; i < count && !err; i++) {
		points->run[i] = point[i].run;
		points->value[i] = point[i].value;
	}
	free(point);
	if (err)
		history_points_free(points);
	return err;
}

void history_points_free(struct history_points *points)
{
	free(points->run);
	free(points->value);
	*points = (struct history_points){ NULL, NULL, 0 };
}
