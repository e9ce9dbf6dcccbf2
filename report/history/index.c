// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/history/index.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "bench/base/array.h"
#include "report/history/conditions.h"

/* Rises with the tables below, with renamed cases and with conditions.c: an older index is made anew. */
#define INDEX_VERSION 5
#define BUSY_MS 60000 /* another process adds a run, or builds the index */

/* Text in the order in which points of one series lie beside each other. */
static const char tables[] =
	"CREATE TABLE run(id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, date TEXT NOT NULL, machine TEXT NOT "
	"NULL, kernel TEXT NOT NULL, program TEXT NOT NULL, condition INTEGER NOT NULL, emulated INTEGER NOT NULL, "
	"configurations INTEGER NOT NULL, boot TEXT NOT NULL);CREATE TABLE condition(id INTEGER PRIMARY KEY, text TEXT "
	"UNIQUE NOT "
	"NULL);CREATE INDEX run_by_date ON run(date, name);CREATE TABLE series(id INTEGER PRIMARY KEY, machine TEXT "
	"NOT NULL, configuration TEXT NOT NULL, unit TEXT NOT NULL, emulated INTEGER NOT NULL, points INTEGER NOT "
	"NULL, more INTEGER NOT NULL, UNIQUE(configuration, machine, unit));CREATE TABLE point(series INTEGER NOT "
	"NULL, run INTEGER NOT NULL, "
	"value REAL NOT NULL, lower REAL, upper REAL, PRIMARY KEY(series, run)) WITHOUT ROWID;";

struct index {
	char *path;
	sqlite3 *db;
	struct history_run *run; /* by date, NULL until they are asked for */
	size_t nr_runs;
	size_t *place; /* by id: where in run; NR_IDS long */
	size_t nr_ids;
	struct history_series *series;
	size_t nr_series;
	char **text; /* what strings of the rows above point to */
	size_t nr_texts;
};

static void index_forget(struct index *index)
{
	for (size_t i = 0; i < index->nr_texts; i++)
		free(index->text[i]);
	free(index->text);
	free(index->run);
	free(index->place);
	free(index->series);
	*index = (struct index){ .path = index->path, .db = index->db };
}

/* What SQLite says, as an errno with its remedy. */
static int index_why(struct index *index, int code, struct why *why)
{
	const char *text = index->db ? sqlite3_errmsg(index->db) : sqlite3_errstr(code);

	switch (code & 0xff) {
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_FULL:
		return why_set(why, -ENOSPC, "free space there", "%s: %s", index->path, text);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return why_set(why, -EBUSY, "try again", "%s: another process uses it", index->path);
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
		return why_set(why, -EACCES, "make the folder writable", "%s: %s", index->path, text);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_ERROR:
		return why_set(why, -EUCLEAN, "zapbench history rebuild", "%s: %s", index->path, text);
	default:
		return why_set(why, -EIO, NULL, "%s: %s", index->path, text);
	}
}

static int sql(struct index *index, const char *text, struct why *why)
{
	int code = sqlite3_exec(index->db, text, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : index_why(index, code, why);
}

static int prepare(struct index *index, const char *text, sqlite3_stmt **statement, struct why *why)
{
	int code = sqlite3_prepare_v2(index->db, text, -1, statement, NULL);

	return code == SQLITE_OK ? 0 : index_why(index, code, why);
}

/* A statement that gives nothing back, ready for the next values. */
static int step(struct index *index, sqlite3_stmt *statement, struct why *why)
{
	int code = sqlite3_step(statement);

	if (code != SQLITE_DONE)
		code = index_why(index, code, why);
	else
		code = 0;
	sqlite3_reset(statement);
	return code;
}

static void bind_text(sqlite3_stmt *statement, int place, const char *text)
{
	sqlite3_bind_text(statement, place, text ? text : "", -1, SQLITE_TRANSIENT);
}

/* The whole number that a statement gives first; 0 where it gives nothing. */
static int number(struct index *index, const char *text, int64_t *value, struct why *why)
{
	sqlite3_stmt *statement;
	int err = prepare(index, text, &statement, why), code;

	if (err)
		return err;
	code = sqlite3_step(statement);
	*value = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		err = index_why(index, code, why);
	sqlite3_finalize(statement);
	return err;
}

/* --- what of a record goes into the index */

static const char *fact_text(const struct record *record, const char *group, const char *key)
{
	return facts_text(&record->environment, group, key, NULL);
}

/* A machine goes by the label board where it has one; pages of another size are another machine. */
static void machine_of(const struct record *record, char *text, size_t size)
{
	const struct fact *page = facts_find(&record->environment, "memory", "page_size_bytes");
	const char *model = NULL, *cpu = fact_text(record, "cpu", "model");

	for (size_t i = 0; i < record->nr_labels; i++) {
		if (!strcmp(record->label[i].key, "board"))
			model = record->label[i].value;
	}
	if (!model)
		model = fact_text(record, "machine", "model");
	if (!model)
		model = fact_text(record, "machine", "product");
	if (!cpu)
		cpu = fact_text(record, "cpu", "midr");
	snprintf(text, size, "%s, %s, %lld bytes a page%s", model ? model : "unnamed", cpu ? cpu : "CPU not known",
		 page && page->value.kind == VALUE_INT ? (long long)page->value.integer : 0,
		 record->emulated ? ", emulated" : "");
}

struct inserts {
	sqlite3_stmt *condition, *run, *series, *point;
};

static void inserts_free(struct inserts *inserts)
{
	sqlite3_finalize(inserts->condition);
	sqlite3_finalize(inserts->run);
	sqlite3_finalize(inserts->series);
	sqlite3_finalize(inserts->point);
}

static int inserts_prepare(struct index *index, struct inserts *inserts, struct why *why)
{
	int err = prepare(index, "INSERT OR IGNORE INTO condition VALUES(NULL, ?)", &inserts->condition, why);

	if (!err)
		err = prepare(index,
			      "INSERT INTO run SELECT NULL, ?1, ?2, ?3, ?4, ?5, id, ?6, ?7, ?9 FROM condition WHERE "
			      "text = ?8",
			      &inserts->run, why);
	if (!err)
		err = prepare(index,
			      "INSERT INTO series VALUES(NULL, ?1, ?2, ?3, ?4, 1, ?5) ON CONFLICT DO UPDATE SET points "
			      "= points + 1",
			      &inserts->series, why);
	if (!err)
		err = prepare(index,
			      "INSERT INTO point SELECT id, ?4, ?5, ?6, ?7 FROM series WHERE machine = ?1 AND "
			      "configuration = ?2 AND unit = ?3",
			      &inserts->point, why);
	return err;
}

static int insert_point(struct index *index, struct inserts *inserts, const char *machine, int64_t run,
			const struct config_result *config, const struct estimate *value, struct why *why)
{
	const struct figure_info *figure = config_figure(config, config->value_column);
	char unit[80];
	int err;

	snprintf(unit, sizeof(unit), "%s/%s", config->value_unit, config->operation);
	for (int i = 0; i < 2; i++) {
		sqlite3_stmt *statement = i ? inserts->point : inserts->series;

		bind_text(statement, 1, machine);
		bind_text(statement, 2, config->name);
		bind_text(statement, 3, unit);
	}
	sqlite3_bind_int(inserts->series, 4, config->emulated);
	sqlite3_bind_int(inserts->series, 5, figure && !strcmp(figure->better, "more"));
	sqlite3_bind_int64(inserts->point, 4, run);
	/* SQLite takes NAN for NULL. */
	sqlite3_bind_double(inserts->point, 5, value->value);
	sqlite3_bind_double(inserts->point, 6, value->lower);
	sqlite3_bind_double(inserts->point, 7, value->upper);
	err = step(index, inserts->series, why);
	return err ? err : step(index, inserts->point, why);
}

static int insert_run(struct index *index, struct inserts *inserts, const char *name, const char *date,
		      const char *machine, const struct record *record, struct why *why)
{
	char *conditions = conditions_of(record);
	int64_t valid = 0;
	int err;

	if (!conditions)
		return -ENOMEM;
	for (size_t i = 0; i < record->nr_configs; i++)
		valid += config_valid(&record->config[i]);
	bind_text(inserts->condition, 1, conditions);
	bind_text(inserts->run, 1, name);
	bind_text(inserts->run, 2, date);
	bind_text(inserts->run, 3, machine);
	bind_text(inserts->run, 4, fact_text(record, "kernel", "release"));
	bind_text(inserts->run, 5, record->tool_git[0] ? record->tool_git : record->tool_version);
	sqlite3_bind_int(inserts->run, 6, record->emulated);
	sqlite3_bind_int64(inserts->run, 7, valid);
	bind_text(inserts->run, 8, conditions);
	bind_text(inserts->run, 9, fact_text(record, "kernel", "boot_id"));
	free(conditions);
	err = step(index, inserts->condition, why);
	return err ? err : step(index, inserts->run, why);
}

int index_add(struct index *index, const char *name, const char *date, const struct record *record, struct why *why)
{
	struct inserts inserts = { NULL, NULL, NULL, NULL };
	char machine[300];
	int64_t run;
	int err = inserts_prepare(index, &inserts, why);

	index_forget(index);
	machine_of(record, machine, sizeof(machine));
	if (!err)
		err = insert_run(index, &inserts, name, date, machine, record, why);
	run = sqlite3_last_insert_rowid(index->db);
	for (size_t i = 0; i < record->nr_configs && !err; i++) {
		const struct config_result *config = &record->config[i];
		struct estimate value;

		if (!config_valid(config))
			continue;
		err = record_value(record, config, &value);
		if (!err && !isnan(value.value))
			err = insert_point(index, &inserts, machine, run, config, &value, why);
	}
	inserts_free(&inserts);
	return err;
}

/* --- opening */

static const char drop_tables[] = "DROP TABLE IF EXISTS point; DROP TABLE IF EXISTS series; DROP TABLE IF EXISTS "
				  "run;DROP TABLE IF EXISTS condition;";

static int make_tables(struct index *index, struct why *why)
{
	int64_t version;
	char set[60];
	int err = number(index, "PRAGMA user_version", &version, why);

	if (err || version == INDEX_VERSION)
		return err;
	snprintf(set, sizeof(set), "PRAGMA user_version = %d", INDEX_VERSION);
	err = sql(index, drop_tables, why);
	if (!err)
		err = sql(index, tables, why);
	return err ? err : sql(index, set, why);
}

int index_begin(struct index *index, struct why *why)
{
	struct why ignored = { "", "" };
	int err = sql(index, "BEGIN IMMEDIATE", why);

	if (err)
		return err;
	err = make_tables(index, why);
	if (err)
		sql(index, "ROLLBACK", &ignored);
	return err;
}

int index_end(struct index *index, int err, struct why *why)
{
	struct why ignored = { "", "" };

	if (!err)
		err = sql(index, "COMMIT", why);
	if (err)
		sql(index, "ROLLBACK", &ignored);
	return err;
}

/* SQLite does not wait for others when it goes over to a WAL, which the first who open an index do all at once. */
static int set_modes(struct index *index, struct why *why)
{
	static const struct timespec wait = { .tv_nsec = 10000000 };
	int err = -EBUSY;

	for (long waited_ms = 0; err == -EBUSY && waited_ms <= BUSY_MS; waited_ms += wait.tv_nsec / 1000000) {
		if (waited_ms)
			nanosleep(&wait, NULL);
		/* What a power failure takes from the index, opening brings back from the files. */
		err = sql(index, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536;",
			  why);
	}
	return err;
}

int index_open(const char *folder, struct index **index, struct why *why)
{
	struct index *new = calloc(1, sizeof(*new));
	int code, err;

	*index = NULL;
	if (!new || asprintf(&new->path, "%s/index.db", folder) < 0) {
		free(new);
		return -ENOMEM;
	}
	code = sqlite3_open(new->path, &new->db);
	if (code != SQLITE_OK) {
		err = index_why(new, code, why);
	} else {
		sqlite3_extended_result_codes(new->db, 1);
		sqlite3_busy_timeout(new->db, BUSY_MS);
		err = set_modes(new, why);
	}
	if (err)
		index_close(new);
	else
		*index = new;
	return err;
}

void index_close(struct index *index)
{
	if (!index)
		return;
	index_forget(index);
	sqlite3_close(index->db);
	free(index->path);
	free(index);
}

void index_remove(const char *folder)
{
	static const char *const part[] = { "index.db", "index.db-wal", "index.db-shm" };

	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
		char *path;

		if (asprintf(&path, "%s/%s", folder, part[i]) < 0)
			continue;
		unlink(path);
		free(path);
	}
}

int index_clear(struct index *index, struct why *why)
{
	index_forget(index);
	return sql(index, "DELETE FROM point; DELETE FROM series; DELETE FROM run; DELETE FROM condition;", why);
}

int index_delete(struct index *index, const char *name, struct why *why)
{
	static const char one_point_less[] =
		"UPDATE series SET points = points - 1 "
		"WHERE id IN (SELECT series FROM point WHERE run = (SELECT id FROM run WHERE name = ?))";
	static const char *const text[] = {
		one_point_less,
		"DELETE FROM point WHERE run = (SELECT id FROM run WHERE name = ?)",
		"DELETE FROM series WHERE points = 0 AND ? <> ''",
		"DELETE FROM run WHERE name = ?",
	};
	int err = 0;

	index_forget(index);
	for (size_t i = 0; i < sizeof(text) / sizeof(text[0]) && !err; i++) {
		sqlite3_stmt *statement;

		err = prepare(index, text[i], &statement, why);
		if (err)
			break;
		bind_text(statement, 1, name);
		err = step(index, statement, why);
		sqlite3_finalize(statement);
	}
	return err;
}

/* --- asking */

int index_count(struct index *index, int64_t *runs, struct why *why)
{
	return number(index, "SELECT count(*) FROM run", runs, why);
}

int index_has(struct index *index, const char *name, bool *has, struct why *why)
{
	sqlite3_stmt *statement;
	int err = prepare(index, "SELECT 1 FROM run WHERE name = ?", &statement, why), code;

	if (err)
		return err;
	bind_text(statement, 1, name);
	code = sqlite3_step(statement);
	*has = code == SQLITE_ROW;
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		err = index_why(index, code, why);
	sqlite3_finalize(statement);
	return err;
}

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

static double column_real(sqlite3_stmt *statement, int column)
{
	return sqlite3_column_type(statement, column) == SQLITE_NULL ? NAN : sqlite3_column_double(statement, column);
}

static int read_run(struct index *index, sqlite3_stmt *statement)
{
	struct history_run *more = array_room(index->run, index->nr_runs, sizeof(*more)), *run;
	const struct history_run none = { .name = NULL }, *before;
	size_t id = (size_t)sqlite3_column_int64(statement, 0), *place;

	if (!more)
		return -ENOMEM;
	index->run = more;
	if (id >= index->nr_ids) {
		/* Numbers are given in sequence: there are not many more of them than runs. */
		size_t count = 2 * id + 64;

		place = reallocarray(index->place, count, sizeof(*place));
		if (!place)
			return -ENOMEM;
		for (size_t i = index->nr_ids; i < count; i++)
			place[i] = SIZE_MAX;
		index->place = place;
		index->nr_ids = count;
	}
	index->place[id] = index->nr_runs;
	before = index->nr_runs ? &more[index->nr_runs - 1] : &none;
	run = &more[index->nr_runs++];
	*run = (struct history_run){
		.name = keep(index, statement, 1, NULL),
		.date = keep(index, statement, 2, NULL),
		.machine = keep(index, statement, 3, before->machine),
		.kernel = keep(index, statement, 4, before->kernel),
		.program = keep(index, statement, 5, before->program),
		.conditions = keep(index, statement, 6, before->conditions),
		.emulated = sqlite3_column_int(statement, 7),
		.configurations = sqlite3_column_int64(statement, 8),
		.boot = keep(index, statement, 9, before->boot),
	};
	return run->name && run->boot && run->date && run->machine && run->kernel && run->program && run->conditions
		       ? 0
		       : -ENOMEM;
}

static int read_series(struct index *index, sqlite3_stmt *statement)
{
	struct history_series *more = array_room(index->series, index->nr_series, sizeof(*more)), *series;

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
		.points = (size_t)sqlite3_column_int64(statement, 5),
		.more_is_better = sqlite3_column_int(statement, 6),
	};
	return series->machine && series->configuration && series->unit ? 0 : -ENOMEM;
}

/* Each row of a query to @row. The statement is freed. */
static int read_rows(struct index *index, const char *text, int (*row)(struct index *, sqlite3_stmt *), struct why *why)
{
	sqlite3_stmt *statement;
	int code = SQLITE_DONE, err = prepare(index, text, &statement, why);

	if (err)
		return err;
	while (!err && (code = sqlite3_step(statement)) == SQLITE_ROW)
		err = row(index, statement);
	if (!err && code != SQLITE_DONE)
		err = index_why(index, code, why);
	sqlite3_finalize(statement);
	return err;
}

int index_runs(struct index *index, const struct history_run **run, size_t *count, struct why *why)
{
	int err = 0;

	if (!index->run)
		err = read_rows(index,
				"SELECT run.id, name, date, machine, kernel, program, text, emulated, "
				"configurations, boot FROM run JOIN condition ON condition.id = run.condition ORDER BY "
				"date, name",
				read_run, why);
	if (err)
		index_forget(index);
	*run = index->run;
	*count = index->nr_runs;
	return err;
}

int index_series(struct index *index, const struct history_series **series, size_t *count, struct why *why)
{
	int err = 0;

	if (!index->series)
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

static int read_points(struct index *index, sqlite3_stmt *statement, struct history_points *points, size_t room)
{
	int code;

	while ((code = sqlite3_step(statement)) == SQLITE_ROW && points->count < room) {
		size_t id = (size_t)sqlite3_column_int64(statement, 0);

		/* Somebody added a run since the runs were read. */
		if (id >= index->nr_ids || index->place[id] == SIZE_MAX)
			continue;
		points->run[points->count] = index->place[id];
		points->value[points->count++] =
			(struct estimate){ column_real(statement, 1), column_real(statement, 2),
					   column_real(statement, 3), 0.95, 0 };
	}
	return code;
}

/* The runs of one board come nearly in the order of their dates: insertion is quick then. */
static void sort_points(struct history_points *points)
{
	for (size_t i = 1; i < points->count; i++) {
		size_t run = points->run[i], at = i;
		struct estimate value = points->value[i];

		for (; at && points->run[at - 1] > run; at--) {
			points->run[at] = points->run[at - 1];
			points->value[at] = points->value[at - 1];
		}
		points->run[at] = run;
		points->value[at] = value;
	}
}

int index_points(struct index *index, const struct history_series *series, struct history_points *points,
		 struct why *why)
{
	const struct history_run *run;
	sqlite3_stmt *statement;
	size_t runs;
	int code = SQLITE_DONE, err = index_runs(index, &run, &runs, why);

	*points = (struct history_points){ malloc(runs * sizeof(*points->run)), malloc(runs * sizeof(*points->value)),
					   0 };
	if (!err && (!points->run || !points->value))
		err = -ENOMEM;
	if (!err)
		err = prepare(index, "SELECT run, value, lower, upper FROM point WHERE series = ?", &statement, why);
	if (!err) {
		sqlite3_bind_int64(statement, 1, series->id);
		code = read_points(index, statement, points, runs);
		if (code != SQLITE_DONE)
			err = index_why(index, code, why);
		sqlite3_finalize(statement);
		sort_points(points);
	}
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
