// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/history/index.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bench/base/file.h"
#include "report/history/conditions.h"
#include "report/history/index-private.h"
#include "report/history/turn.h"

/* Rises with the tables below, with renamed cases and with conditions.c: an older index is made anew. */
#define INDEX_VERSION 8
#define BUSY_MS 60000 /* another process adds a run, or builds the index */

/* Text in the order in which points of one series lie beside each other. */
static const char tables[] =
	"CREATE TABLE run(id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, date TEXT NOT NULL, machine TEXT NOT "
	"NULL, kernel TEXT NOT NULL, program TEXT NOT NULL, condition INTEGER NOT NULL, emulated INTEGER NOT NULL, "
	"configurations INTEGER NOT NULL, boot TEXT NOT NULL, sequence INTEGER NOT NULL);CREATE TABLE condition(id "
	"INTEGER PRIMARY KEY, text TEXT "
	"UNIQUE NOT "
	"NULL);CREATE INDEX run_by_machine ON run(machine, sequence);CREATE TABLE series(id INTEGER PRIMARY KEY, "
	"machine TEXT "
	"NOT NULL, configuration TEXT NOT NULL, unit TEXT NOT NULL, emulated INTEGER NOT NULL, points INTEGER NOT "
	"NULL, more INTEGER NOT NULL, UNIQUE(configuration, machine, unit));CREATE TABLE point(series INTEGER NOT "
	"NULL, run INTEGER NOT NULL, "
	"value REAL NOT NULL, lower REAL, upper REAL, PRIMARY KEY(series, run)) WITHOUT ROWID;";

void index_forget(struct index *index)
{
	struct why ignored = { "", "" };

	if (index->reading)
		index_sql(index, "ROLLBACK", &ignored);
	for (size_t i = 0; i < index->nr_texts; i++)
		free(index->text[i]);
	free(index->text);
	free(index->run);
	free(index->place);
	free(index->series);
	*index = (struct index){ .path = index->path, .db = index->db, .copy = index->copy, .turn = index->turn };
}

int index_why(struct index *index, int code, struct why *why)
{
	const char *text = index->db ? sqlite3_errmsg(index->db) : sqlite3_errstr(code);
	int err = index->db ? -sqlite3_system_errno(index->db) : 0;

	if (code == SQLITE_IOERR_NOMEM)
		return -ENOMEM;
	switch (code & 0xff) {
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_IOERR:
		return file_why(why, err ? err : -EIO, index->path);
	case SQLITE_FULL:
		return why_set(why, -ENOSPC, "free space there", "%s: %s", index->path, text);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return why_set(why, -EBUSY, "try again", "%s: another process uses it", index->path);
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
		if (err == -EMFILE || err == -ENFILE)
			return file_why(why, err, index->path);
		return why_set(why, -EACCES, "make the folder writable", "%s: %s", index->path, text);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_ERROR:
	case SQLITE_CONSTRAINT: /* rows are there that this program would not have left */
	case SQLITE_MISMATCH:
		return why_set(why, -EUCLEAN, "zapbench history rebuild", "%s: %s", index->path, text);
	default:
		return why_set(why, -EIO, NULL, "%s: %s", index->path, text);
	}
}

int index_broken(const struct index *index, const char *what, struct why *why)
{
	return why_set(why, -EUCLEAN, "zapbench history rebuild", "%s: %s", index->path, what);
}

int index_sql(struct index *index, const char *text, struct why *why)
{
	int code = sqlite3_exec(index->db, text, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : index_why(index, code, why);
}

int index_prepare(struct index *index, const char *text, sqlite3_stmt **statement, struct why *why)
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

/* @text is not copied, so that no memory can be missing: it lives until the statement has been executed. */
static void bind_text(sqlite3_stmt *statement, int place, const char *text)
{
	sqlite3_bind_text(statement, place, text ? text : "", -1, SQLITE_STATIC);
}

/* The whole number that a statement gives first; 0 where it gives nothing. */
static int number(struct index *index, const char *text, int64_t *value, struct why *why)
{
	sqlite3_stmt *statement;
	int err = index_prepare(index, text, &statement, why), code;

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

/* A machine goes by its board; pages of another size are another machine. */
static void machine_of(const struct record *record, char *text, size_t size)
{
	const struct fact *page = facts_find(&record->environment, "memory", "page_size_bytes");
	const char *model = record_board(record), *cpu = record_cpu(record);

	snprintf(text, size, "%s, %s, %lld bytes per page%s", model ? model : "unnamed", cpu ? cpu : "CPU not known",
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
	int err = index_prepare(index, "INSERT OR IGNORE INTO condition VALUES(NULL, ?)", &inserts->condition, why);

	if (!err)
		err = index_prepare(
			index,
			"INSERT INTO run SELECT NULL, ?1, ?2, ?3, ?4, ?5, id, ?6, ?7, ?9, ?10 FROM condition WHERE "
			"text = ?8",
			&inserts->run, why);
	if (!err)
		err = index_prepare(
			index,
			"INSERT INTO series VALUES(NULL, ?1, ?2, ?3, ?4, 1, ?5) ON CONFLICT DO UPDATE SET points "
			"= points + 1",
			&inserts->series, why);
	if (!err)
		err = index_prepare(index,
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

static int insert_run(struct index *index, struct inserts *inserts, const struct index_run *run, const char *machine,
		      const struct record *record, struct why *why)
{
	char *conditions = conditions_of(record);
	int64_t valid = 0;
	int err;

	if (!conditions)
		return -ENOMEM;
	for (size_t i = 0; i < record->nr_configs; i++)
		valid += config_valid(&record->config[i]);
	bind_text(inserts->condition, 1, conditions);
	bind_text(inserts->run, 1, run->name);
	bind_text(inserts->run, 2, run->date);
	bind_text(inserts->run, 3, machine);
	bind_text(inserts->run, 4, fact_text(record, "kernel", "release"));
	bind_text(inserts->run, 5, record->tool_git[0] ? record->tool_git : record->tool_version);
	sqlite3_bind_int(inserts->run, 6, record->emulated);
	sqlite3_bind_int64(inserts->run, 7, valid);
	bind_text(inserts->run, 8, conditions);
	bind_text(inserts->run, 9, fact_text(record, "kernel", "boot_id"));
	sqlite3_bind_int64(inserts->run, 10, run->sequence);
	err = step(index, inserts->condition, why);
	if (!err)
		err = step(index, inserts->run, why);
	free(conditions);
	return err;
}

int index_add(struct index *index, const struct index_run *run, const struct record *record, struct why *why)
{
	struct inserts inserts = { NULL, NULL, NULL, NULL };
	char machine[300];
	int64_t id;
	int err = inserts_prepare(index, &inserts, why);

	index_forget(index);
	machine_of(record, machine, sizeof(machine));
	if (!err)
		err = insert_run(index, &inserts, run, machine, record, why);
	id = sqlite3_last_insert_rowid(index->db);
	for (size_t i = 0; i < record->nr_configs && !err; i++) {
		const struct config_result *config = &record->config[i];
		struct estimate value;

		if (!config_valid(config))
			continue;
		err = record_value(record, config, &value);
		if (!err && !isnan(value.value))
			err = insert_point(index, &inserts, machine, id, config, &value, why);
	}
	inserts_free(&inserts);
	return err;
}

int index_newest(struct index *index, const struct record *record, int64_t before, char *date, size_t size,
		 struct why *why)
{
	sqlite3_stmt *statement;
	const char *newest = NULL;
	char machine[300];
	int code, err;

	err = index_prepare(index, "SELECT max(date) FROM run WHERE machine = ? AND sequence BETWEEN 1 AND ? - 1",
			    &statement, why);
	if (err)
		return err;
	machine_of(record, machine, sizeof(machine));
	bind_text(statement, 1, machine);
	sqlite3_bind_int64(statement, 2, before);
	code = sqlite3_step(statement);
	if (code != SQLITE_ROW)
		err = index_why(index, code, why);
	else if (sqlite3_column_type(statement, 0) != SQLITE_NULL &&
		 !(newest = (const char *)sqlite3_column_text(statement, 0)))
		err = -ENOMEM;
	snprintf(date, size, "%s", newest ? newest : "");
	sqlite3_finalize(statement);
	return err;
}

/* --- opening */

static const char drop_tables[] = "DROP TABLE IF EXISTS point; DROP TABLE IF EXISTS series; DROP TABLE IF EXISTS "
				  "run;DROP TABLE IF EXISTS condition;";

int index_made(struct index *index, bool *made, struct why *why)
{
	int64_t version;
	int err = number(index, "PRAGMA user_version", &version, why);

	*made = !err && version == INDEX_VERSION;
	return err;
}

static int make_tables(struct index *index, struct why *why)
{
	char set[60];
	bool made;
	int err = index_made(index, &made, why);

	if (err || made)
		return err;
	snprintf(set, sizeof(set), "PRAGMA user_version = %d", INDEX_VERSION);
	err = index_sql(index, drop_tables, why);
	if (!err)
		err = index_sql(index, tables, why);
	return err ? err : index_sql(index, set, why);
}

static void take_turn(struct index *index)
{
	char *end = index->copy ? NULL : strrchr(index->path, '/');

	if (!end)
		return;
	*end = '\0';
	index->turn = turn_take(index->path, BUSY_MS / 1000);
	*end = '/';
}

static void end_turn(struct index *index)
{
	turn_end(index->turn);
	index->turn = -1;
}

int index_begin(struct index *index, struct why *why)
{
	struct why ignored = { "", "" };
	int err;

	/* What was read stays as it was for whoever reads, and is no longer so for whoever changes it. */
	index_forget(index);
	take_turn(index);
	err = index_sql(index, "BEGIN IMMEDIATE", why);
	if (!err) {
		err = make_tables(index, why);
		if (err)
			index_sql(index, "ROLLBACK", &ignored);
	}
	if (err)
		end_turn(index);
	return err;
}

int index_end(struct index *index, int err, struct why *why)
{
	struct why ignored = { "", "" };

	if (!err)
		err = index_sql(index, "COMMIT", why);
	if (err)
		index_sql(index, "ROLLBACK", &ignored);
	end_turn(index);
	index_forget(index);
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
		err = index_sql(index,
				"PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536;",
				why);
	}
	return err;
}

/* An index that somebody else made is data: it runs nothing and changes nothing when it is read. */
static void distrust(sqlite3 *db)
{
	sqlite3_extended_result_codes(db, 1);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	sqlite3_exec(db, "PRAGMA cell_size_check = ON", NULL, NULL, NULL);
}

static int index_new(const char *folder, bool copy, struct index **index)
{
	*index = calloc(1, sizeof(**index));
	if (*index)
		**index = (struct index){ .copy = copy, .turn = -1 };
	if (*index && asprintf(&(*index)->path, "%s/index.db", folder) >= 0)
		return 0;
	free(*index);
	*index = NULL;
	return -ENOMEM;
}

int index_open(const char *folder, struct index **index, struct why *why)
{
	int code, err = index_new(folder, false, index);

	if (err)
		return err;
	code = sqlite3_open((*index)->path, &(*index)->db);
	if (code != SQLITE_OK) {
		err = index_why(*index, code, why);
	} else {
		distrust((*index)->db);
		sqlite3_busy_timeout((*index)->db, BUSY_MS);
		err = set_modes(*index, why);
	}
	if (err) {
		index_close(*index);
		*index = NULL;
	}
	return err;
}

/*
 * Copy the index on the disk into that in memory. Where nobody has it open it is one file, which SQLite may read
 * without a lock as long as it stays what it was.
 */
static int copy_file(const struct index *index, bool alone)
{
	struct stat before = { 0 }, after = { 0 };
	sqlite3_backup *backup = NULL;
	sqlite3 *file = NULL;
	char *uri = sqlite3_mprintf("file:%s?mode=ro%s", index->path, alone ? "&immutable=1" : "");
	int code = uri ? SQLITE_OK : SQLITE_NOMEM;

	/* The name of a file in a URI is not escaped here: such a name is not copied, and the files are read. */
	if (!code && (strpbrk(index->path, "?#%") || stat(index->path, &before)))
		code = SQLITE_CANTOPEN;
	if (!code)
		code = sqlite3_open_v2(uri, &file, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
	if (!code && !(backup = sqlite3_backup_init(index->db, "main", file, "main")))
		code = sqlite3_errcode(index->db);
	if (!code)
		code = sqlite3_backup_step(backup, -1);
	sqlite3_backup_finish(backup);
	sqlite3_close(file);
	sqlite3_free(uri);
	if (code == SQLITE_DONE && alone &&
	    (stat(index->path, &after) || after.st_mtim.tv_sec != before.st_mtim.tv_sec ||
	     after.st_mtim.tv_nsec != before.st_mtim.tv_nsec || after.st_size != before.st_size))
		code = SQLITE_BUSY;
	return code == SQLITE_DONE ? SQLITE_OK : code;
}

static bool has_journal(const struct index *index)
{
	char *path;
	bool has;

	if (asprintf(&path, "%s-wal", index->path) < 0)
		return true;
	has = !access(path, F_OK);
	free(path);
	return has;
}

int index_open_copy(const char *folder, struct index **index, struct why *why)
{
	int code, err = index_new(folder, true, index);

	if (err)
		return err;
	code = sqlite3_open(":memory:", &(*index)->db);
	if (code == SQLITE_OK) {
		distrust((*index)->db);
		/* What cannot be copied is made of the files. */
		if (copy_file(*index, false) != SQLITE_OK &&
		    (has_journal(*index) || copy_file(*index, true) != SQLITE_OK)) {
			sqlite3_close((*index)->db);
			(*index)->db = NULL;
			code = sqlite3_open(":memory:", &(*index)->db);
		}
	}
	if (code != SQLITE_OK) {
		err = index_why(*index, code, why);
		index_close(*index);
		*index = NULL;
	}
	return err;
}

void index_close(struct index *index)
{
	if (!index)
		return;
	index_forget(index);
	sqlite3_close(index->db);
	turn_end(index->turn);
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
	return index_sql(index, "DELETE FROM point; DELETE FROM series; DELETE FROM run; DELETE FROM condition;", why);
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

		err = index_prepare(index, text[i], &statement, why);
		if (err)
			break;
		bind_text(statement, 1, name);
		err = step(index, statement, why);
		sqlite3_finalize(statement);
	}
	return err;
}

int index_count(struct index *index, int64_t *runs, struct why *why)
{
	return number(index, "SELECT count(*) FROM run", runs, why);
}

int index_last(struct index *index, int64_t *sequence, struct why *why)
{
	return number(index, "SELECT max(sequence) FROM run", sequence, why);
}

int index_has(struct index *index, const char *name, bool *has, struct why *why)
{
	sqlite3_stmt *statement;
	int err = index_prepare(index, "SELECT 1 FROM run WHERE name = ?", &statement, why), code;

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
