// SPDX-License-Identifier: GPL-2.0-or-later
#include "results/history.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>
#include <zlib.h>

#include "results/file.h"
#include "results/record.h"

#define INDEX_VERSION 1 /* of the tables below: another one is made anew */
#define SUFFIX ".json.gz"
#define BUSY_MS 60000 /* somebody else adds a run, or makes the index */
#define NAME_BYTES_MAX 160
#define GZIP_WINDOW (15 + 16)   /* of zlib: the largest window, and gzip's header */
#define YEAR_OF_NO_CLOCK "2001" /* a date before it is from a machine that has none */

/* Text in the order in which points of one series lie beside each other. */
static const char tables[] = "CREATE TABLE run(id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, date TEXT NOT NULL,"
			     " machine TEXT NOT NULL, kernel TEXT NOT NULL, program TEXT NOT NULL,"
			     " emulated INTEGER NOT NULL, configurations INTEGER NOT NULL);"
			     "CREATE INDEX run_by_date ON run(date, name);"
			     "CREATE TABLE series(id INTEGER PRIMARY KEY, machine TEXT NOT NULL,"
			     " configuration TEXT NOT NULL, unit TEXT NOT NULL, UNIQUE(configuration, machine, unit));"
			     "CREATE TABLE point(series INTEGER NOT NULL, run INTEGER NOT NULL, value REAL NOT NULL,"
			     " lower REAL, upper REAL, PRIMARY KEY(series, run)) WITHOUT ROWID;";

#define RUN_COLUMNS "run.name, run.date, run.machine, run.kernel, run.program, run.emulated, run.configurations"
enum { NR_RUN_COLUMNS = 7 };

struct history {
	char *path;
	sqlite3 *db;
};

/* What SQLite says, as an errno with its remedy. */
static int index_why(struct history *history, int code, struct why *why)
{
	const char *text = history->db ? sqlite3_errmsg(history->db) : sqlite3_errstr(code);

	switch (code & 0xff) {
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_FULL:
		return why_set(why, -ENOSPC, "free space there", "%s/index.db: %s", history->path, text);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return why_set(why, -EBUSY, "try again", "%s/index.db: another process keeps it busy", history->path);
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
		return why_set(why, -EACCES, "make the folder writable", "%s/index.db: %s", history->path, text);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_ERROR:
		return why_set(why, -EUCLEAN, "make it again of the files: zapbench history rebuild", "%s/index.db: %s",
			       history->path, text);
	default:
		return why_set(why, -EIO, NULL, "%s/index.db: %s", history->path, text);
	}
}

static int sql(struct history *history, const char *text, struct why *why)
{
	int code = sqlite3_exec(history->db, text, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : index_why(history, code, why);
}

static int prepare(struct history *history, const char *text, sqlite3_stmt **statement, struct why *why)
{
	int code = sqlite3_prepare_v2(history->db, text, -1, statement, NULL);

	return code == SQLITE_OK ? 0 : index_why(history, code, why);
}

/* A statement that gives nothing back, ready for the next values. */
static int step(struct history *history, sqlite3_stmt *statement, struct why *why)
{
	int code = sqlite3_step(statement);

	if (code != SQLITE_DONE)
		code = index_why(history, code, why);
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
static int number(struct history *history, const char *text, int64_t *value, struct why *why)
{
	sqlite3_stmt *statement;
	int err = prepare(history, text, &statement, why), code;

	if (err)
		return err;
	code = sqlite3_step(statement);
	*value = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		err = index_why(history, code, why);
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

/* Where a machine has no clock, the file tells when it was added: its time is never changed. */
static int date_of(const struct record *record, const char *path, char *text, size_t size)
{
	struct stat status;
	struct tm tm;
	size_t length;

	snprintf(text, size, "%s", record->started_at);
	if (strcmp(text, YEAR_OF_NO_CLOCK) >= 0)
		return 0;
	if (stat(path, &status))
		return -errno;
	if (!gmtime_r(&status.st_mtime, &tm))
		return -EOVERFLOW;
	length = strftime(text, size, "%Y-%m-%dT%H:%M:%S", &tm);
	/* Several may be added within a second, and keep their order. */
	snprintf(text + length, size - length, ".%03ldZ", status.st_mtim.tv_nsec / 1000000);
	return 0;
}

struct inserts {
	sqlite3_stmt *run, *series, *point;
};

static void inserts_free(struct inserts *inserts)
{
	sqlite3_finalize(inserts->run);
	sqlite3_finalize(inserts->series);
	sqlite3_finalize(inserts->point);
}

static int inserts_prepare(struct history *history, struct inserts *inserts, struct why *why)
{
	int err = prepare(history, "INSERT INTO run VALUES(NULL, ?, ?, ?, ?, ?, ?, ?)", &inserts->run, why);

	if (!err)
		err = prepare(history, "INSERT OR IGNORE INTO series VALUES(NULL, ?1, ?2, ?3)", &inserts->series, why);
	if (!err)
		err = prepare(history,
			      "INSERT OR IGNORE INTO point SELECT id, ?4, ?5, ?6, ?7 FROM series"
			      " WHERE machine = ?1 AND configuration = ?2 AND unit = ?3",
			      &inserts->point, why);
	return err;
}

static int insert_point(struct history *history, struct inserts *inserts, const char *machine, int64_t run,
			const struct config_result *config, const struct estimate *value, struct why *why)
{
	char unit[80];
	int err;

	snprintf(unit, sizeof(unit), "%s/%s", config->value_unit, config->operation);
	for (int i = 0; i < 2; i++) {
		sqlite3_stmt *statement = i ? inserts->point : inserts->series;

		bind_text(statement, 1, machine);
		bind_text(statement, 2, config->name);
		bind_text(statement, 3, unit);
	}
	sqlite3_bind_int64(inserts->point, 4, run);
	/* SQLite takes NAN for NULL. */
	sqlite3_bind_double(inserts->point, 5, value->value);
	sqlite3_bind_double(inserts->point, 6, value->lower);
	sqlite3_bind_double(inserts->point, 7, value->upper);
	err = step(history, inserts->series, why);
	return err ? err : step(history, inserts->point, why);
}

static int insert_record(struct history *history, const char *name, const char *date, const struct record *record,
			 struct why *why)
{
	struct inserts inserts = { NULL, NULL, NULL };
	struct estimate value;
	int64_t run, valid = 0;
	char machine[300];
	int err = inserts_prepare(history, &inserts, why);

	machine_of(record, machine, sizeof(machine));
	for (size_t i = 0; i < record->nr_configs; i++)
		valid += config_valid(&record->config[i]);
	if (!err) {
		bind_text(inserts.run, 1, name);
		bind_text(inserts.run, 2, date);
		bind_text(inserts.run, 3, machine);
		bind_text(inserts.run, 4, fact_text(record, "kernel", "release"));
		bind_text(inserts.run, 5, record->tool_git[0] ? record->tool_git : record->tool_version);
		sqlite3_bind_int(inserts.run, 6, record->emulated);
		sqlite3_bind_int64(inserts.run, 7, valid);
		err = step(history, inserts.run, why);
	}
	run = sqlite3_last_insert_rowid(history->db);
	for (size_t i = 0; i < record->nr_configs && !err; i++) {
		const struct config_result *config = &record->config[i];

		if (!config_valid(config))
			continue;
		err = record_value(record, config, &value);
		if (!err && !isnan(value.value))
			err = insert_point(history, &inserts, machine, run, config, &value, why);
	}
	inserts_free(&inserts);
	return err;
}

/* --- runs/ and the index */

static int is_run(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > strlen(SUFFIX) && entry->d_name[0] != '.' &&
	       !strcmp(entry->d_name + length - strlen(SUFFIX), SUFFIX);
}

static int set_aside(struct history *history, const char *path, const char *file, const char *reason,
		     history_bad_fn *bad, void *arg, struct why *why)
{
	char *to;
	int err = 0;

	if (asprintf(&to, "%s/bad/%s", history->path, file) < 0)
		return -ENOMEM;
	/* Another process may have been quicker. */
	if (rename(path, to) && errno != ENOENT)
		err = file_why(why, -errno, path);
	if (!err)
		err = file_sync_folder(to);
	if (!err)
		bad(arg, to, reason);
	free(to);
	return err;
}

/* Into the index unless it is there; @file is a name in runs/. One transaction. */
static int index_file(struct history *history, const char *file, history_bad_fn *bad, void *arg, struct why *why)
{
	char *path, name[NAME_BYTES_MAX + 1], date[40];
	struct record *record = NULL;
	struct why broken = { "", "" };
	sqlite3_stmt *known;
	int err, found;

	snprintf(name, sizeof(name), "%.*s", (int)(strlen(file) - strlen(SUFFIX)), file);
	err = prepare(history, "SELECT 1 FROM run WHERE name = ?", &known, why);
	if (err)
		return err;
	bind_text(known, 1, name);
	found = sqlite3_step(known);
	sqlite3_finalize(known);
	if (found == SQLITE_ROW)
		return 0;
	if (found != SQLITE_DONE)
		return index_why(history, found, why);
	if (asprintf(&path, "%s/runs/%s", history->path, file) < 0)
		return -ENOMEM;
	err = record_read(path, &record, &broken);
	if (err == -EINVAL)
		err = set_aside(history, path, file, broken.reason, bad, arg, why);
	else if (err)
		err = why_set(why, err, broken.remedy, "%s", broken.reason);
	else if ((err = date_of(record, path, date, sizeof(date))))
		file_why(why, err, path);
	else
		err = insert_record(history, name, date, record, why);
	record_free(record);
	free(path);
	return err;
}

static int count_runs(const char *folder, int64_t *count, struct why *why)
{
	DIR *runs = opendir(folder);
	const struct dirent *entry;

	if (!runs)
		return file_why(why, -errno, folder);
	for (*count = 0; (entry = readdir(runs));)
		*count += is_run(entry);
	closedir(runs);
	return 0;
}

/* Every file of runs/ is in the index afterwards. The caller holds the transaction. */
static int index_all(struct history *history, bool anew, history_bad_fn *bad, void *arg, struct why *why)
{
	struct dirent **entry = NULL;
	int64_t known = 0, there = 0;
	char *runs;
	int count = 0, err = anew ? sql(history, "DELETE FROM point; DELETE FROM series; DELETE FROM run;", why) : 0;

	if (!err)
		err = number(history, "SELECT count(*) FROM run", &known, why);
	if (err)
		return err;
	if (asprintf(&runs, "%s/runs", history->path) < 0)
		return -ENOMEM;
	err = count_runs(runs, &there, why);
	/* Files come and never go: as many of both are the same ones. */
	if (!err && there != known) {
		count = scandir(runs, &entry, is_run, alphasort);
		if (count < 0)
			err = file_why(why, -errno, runs);
	}
	for (int i = 0; i < count; i++) {
		if (!err)
			err = index_file(history, entry[i]->d_name, bad, arg, why);
		free(entry[i]);
	}
	free(entry);
	free(runs);
	return err;
}

static int in_transaction(struct history *history, int err, struct why *why)
{
	struct why ignored = { "", "" };

	if (!err)
		err = sql(history, "COMMIT", why);
	if (err)
		sql(history, "ROLLBACK", &ignored);
	return err;
}

static int make_tables(struct history *history, struct why *why)
{
	int64_t version;
	char set[60];
	int err = number(history, "PRAGMA user_version", &version, why);

	if (err || version == INDEX_VERSION)
		return err;
	snprintf(set, sizeof(set), "PRAGMA user_version = %d", INDEX_VERSION);
	err = sql(history, "DROP TABLE IF EXISTS point; DROP TABLE IF EXISTS series; DROP TABLE IF EXISTS run;", why);
	if (!err)
		err = sql(history, tables, why);
	return err ? err : sql(history, set, why);
}

static int index_open(struct history *history, struct why *why)
{
	char *path;
	int code;

	if (asprintf(&path, "%s/index.db", history->path) < 0)
		return -ENOMEM;
	code = sqlite3_open(path, &history->db);
	free(path);
	if (code != SQLITE_OK)
		return index_why(history, code, why);
	sqlite3_extended_result_codes(history->db, 1);
	sqlite3_busy_timeout(history->db, BUSY_MS);
	/* What a power failure takes from the index, opening brings back from the files. */
	return sql(history, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536;", why);
}

static int index_begin(struct history *history, bool anew, history_bad_fn *bad, void *arg, struct why *why)
{
	int err = index_open(history, why);

	if (!err)
		err = sql(history, "BEGIN IMMEDIATE", why);
	if (err)
		return err;
	err = make_tables(history, why);
	if (!err)
		err = index_all(history, anew, bad, arg, why);
	return in_transaction(history, err, why);
}

/* An index that SQLite does not know as one is removed; what used it goes on with what it has open. */
static void index_remove(struct history *history)
{
	static const char *const part[] = { "index.db", "index.db-wal", "index.db-shm" };

	sqlite3_close(history->db);
	history->db = NULL;
	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
		char *path;

		if (asprintf(&path, "%s/%s", history->path, part[i]) < 0)
			continue;
		unlink(path);
		free(path);
	}
}

static int make_folders(const char *path, bool create, struct why *why)
{
	static const char *const folder[] = { "", "/runs", "/labels", "/bad" };
	struct stat status;
	int err = 0;

	if (!create && (stat(path, &status) || !S_ISDIR(status.st_mode)))
		return why_set(why, -ENOENT, "zapbench history add RESULT begins one; --db says where",
			       "%s: there is no history", path);
	for (size_t i = 0; i < sizeof(folder) / sizeof(folder[0]) && !err; i++) {
		char *name;

		if (asprintf(&name, "%s%s", path, folder[i]) < 0)
			return -ENOMEM;
		if (mkdir(name, 0777) && errno != EEXIST)
			err = file_why(why, -errno, name);
		free(name);
	}
	return err;
}

int history_open(const char *path, bool create, bool anew, history_bad_fn *bad, void *arg, struct history **history,
		 struct why *why)
{
	struct history *new = calloc(1, sizeof(*new));
	struct why first = { "", "" };
	int err = new && (new->path = strdup(path)) ? make_folders(path, create, why) : -ENOMEM;

	if (!err)
		err = index_begin(new, anew, bad, arg, anew ? &first : why);
	if (err == -EUCLEAN && anew) {
		index_remove(new);
		err = index_begin(new, anew, bad, arg, why);
	} else if (err && anew) {
		why_set(why, err, first.remedy, "%s", first.reason);
	}
	*history = err ? NULL : new;
	if (err)
		history_close(new);
	return err;
}

void history_close(struct history *history)
{
	if (!history)
		return;
	sqlite3_close(history->db);
	free(history->path);
	free(history);
}

/* --- adding */

struct bytes {
	unsigned char *data;
	size_t size;
};

static int read_all(const char *path, struct bytes *bytes, struct why *why)
{
	gzFile stream = gzopen(path, "rbe");
	size_t room = 1 << 16;
	int n = 0, err = stream ? 0 : -errno;

	*bytes = (struct bytes){ NULL, 0 };
	while (!err) {
		unsigned char *more = realloc(bytes->data, room);

		if (!more) {
			err = -ENOMEM;
			break;
		}
		bytes->data = more;
		n = gzread(stream, more + bytes->size, (unsigned int)(room - bytes->size));
		if (n <= 0)
			break;
		bytes->size += (size_t)n;
		room *= bytes->size == room ? 2 : 1;
	}
	if (n < 0)
		err = -EIO;
	if (stream)
		gzclose(stream);
	return err ? file_why(why, err, path) : 0;
}

static int compress_all(const struct bytes *plain, struct bytes *packed)
{
	z_stream stream = { .next_in = plain->data, .avail_in = (unsigned int)plain->size };
	int code;

	*packed = (struct bytes){ NULL, 0 };
	if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, 9, Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	packed->size = deflateBound(&stream, plain->size);
	packed->data = malloc(packed->size);
	stream.next_out = packed->data;
	stream.avail_out = (unsigned int)packed->size;
	code = packed->data ? deflate(&stream, Z_FINISH) : Z_MEM_ERROR;
	packed->size = stream.total_out;
	deflateEnd(&stream);
	return code == Z_STREAM_END ? 0 : -ENOMEM;
}

static int fill(FILE *file, const void *arg)
{
	const struct bytes *bytes = arg;

	errno = 0;
	if (fwrite(bytes->data, 1, bytes->size, file) != bytes->size)
		return errno ? -errno : -EIO;
	return 0;
}

/* The run's own name, harmless as that of a file, and the sum of its bytes: emulated runs repeat their names. */
static void name_of(const struct record *record, const struct bytes *plain, char *name, size_t size)
{
	unsigned long sum = crc32(crc32(0, NULL, 0), plain->data, (unsigned int)plain->size);

	snprintf(name, size, "%.120s-%08lx", record->run_id[0] ? record->run_id : "run", sum);
	for (char *c = name; *c; c++) {
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", *c))
			*c = '_';
	}
}

static void never_bad(void *arg, const char *path, const char *reason)
{
	(void)path;
	snprintf(arg, sizeof(((struct why *)NULL)->reason), "%s", reason);
}

static int store(struct history *history, const char *name, const struct bytes *plain, bool *added, struct why *why)
{
	char *path, file[NAME_BYTES_MAX + sizeof(SUFFIX)], broken[sizeof(why->reason)] = "";
	struct bytes packed = { NULL, 0 };
	int err = 0;

	snprintf(file, sizeof(file), "%s" SUFFIX, name);
	if (asprintf(&path, "%s/runs/%s", history->path, file) < 0)
		return -ENOMEM;
	*added = access(path, F_OK) != 0;
	if (*added) {
		err = compress_all(plain, &packed);
		if (!err)
			err = file_replace(path, fill, &packed, why);
	}
	free(packed.data);
	if (!err)
		err = sql(history, "BEGIN IMMEDIATE", why);
	if (!err)
		err = in_transaction(history, index_file(history, file, never_bad, broken, why), why);
	if (!err && broken[0])
		err = why_set(why, -EINVAL, NULL, "%s", broken);
	free(path);
	return err;
}

int history_add(struct history *history, const char *file, char *name, size_t size, bool *added, struct why *why)
{
	struct record *record = NULL;
	struct bytes plain = { NULL, 0 };
	int err = record_read(file, &record, why);

	if (!err)
		err = read_all(file, &plain, why);
	if (!err) {
		name_of(record, &plain, name, size);
		err = store(history, name, &plain, added, why);
	}
	free(plain.data);
	record_free(record);
	return err;
}

/* --- asking */

static const char *column_text(sqlite3_stmt *statement, int column)
{
	const unsigned char *text = sqlite3_column_text(statement, column);

	return text ? (const char *)text : "";
}

static double column_real(sqlite3_stmt *statement, int column)
{
	return sqlite3_column_type(statement, column) == SQLITE_NULL ? NAN : sqlite3_column_double(statement, column);
}

static void column_run(sqlite3_stmt *statement, struct history_run *run)
{
	*run = (struct history_run){
		.name = column_text(statement, 0),
		.date = column_text(statement, 1),
		.machine = column_text(statement, 2),
		.kernel = column_text(statement, 3),
		.program = column_text(statement, 4),
		.emulated = sqlite3_column_int(statement, 5),
		.configurations = sqlite3_column_int64(statement, 6),
	};
}

/* The end of a query: what @each returned, or what went wrong. */
static int finish(struct history *history, sqlite3_stmt *statement, int code, int err, struct why *why)
{
	if (!err && code != SQLITE_DONE)
		err = index_why(history, code, why);
	sqlite3_finalize(statement);
	return err;
}

int history_each_run(struct history *history, int (*each)(void *arg, const struct history_run *run), void *arg,
		     struct why *why)
{
	sqlite3_stmt *statement;
	int err = prepare(history, "SELECT " RUN_COLUMNS " FROM run ORDER BY date, name", &statement, why);
	int code = SQLITE_DONE;

	while (!err && (code = sqlite3_step(statement)) == SQLITE_ROW) {
		struct history_run run;

		column_run(statement, &run);
		err = each(arg, &run);
	}
	return finish(history, statement, code, err, why);
}

int history_each_series(struct history *history, int (*each)(void *arg, const struct history_series *series), void *arg,
			struct why *why)
{
	sqlite3_stmt *statement;
	int err = prepare(history,
			  "SELECT machine, configuration, unit, count(*) FROM series JOIN point ON series = id"
			  " GROUP BY id ORDER BY machine, configuration",
			  &statement, why);
	int code = SQLITE_DONE;

	while (!err && (code = sqlite3_step(statement)) == SQLITE_ROW) {
		struct history_series series = {
			.machine = column_text(statement, 0),
			.configuration = column_text(statement, 1),
			.unit = column_text(statement, 2),
			.points = sqlite3_column_int64(statement, 3),
		};

		err = each(arg, &series);
	}
	return finish(history, statement, code, err, why);
}

int history_each_point(struct history *history, const char *machine, const char *configuration,
		       int (*each)(void *arg, const struct history_point *point), void *arg, struct why *why)
{
	sqlite3_stmt *statement;
	int code = SQLITE_DONE;
	/* CROSS JOIN fixes the order of the loops: the planner would rather look every run up in every series. */
	int err =
		prepare(history,
			"SELECT " RUN_COLUMNS ", configuration, unit, value, lower, upper"
			" FROM series CROSS JOIN point ON point.series = series.id CROSS JOIN run ON run.id = point.run"
			" WHERE configuration = ?1 AND (?2 IS NULL OR series.machine = ?2)"
			" ORDER BY series.machine, unit, date, name",
			&statement, why);

	if (!err)
		bind_text(statement, 1, configuration);
	if (!err && machine)
		bind_text(statement, 2, machine);
	while (!err && (code = sqlite3_step(statement)) == SQLITE_ROW) {
		struct history_point point = {
			.configuration = column_text(statement, NR_RUN_COLUMNS),
			.unit = column_text(statement, NR_RUN_COLUMNS + 1),
			.value = column_real(statement, NR_RUN_COLUMNS + 2),
			.lower = column_real(statement, NR_RUN_COLUMNS + 3),
			.upper = column_real(statement, NR_RUN_COLUMNS + 4),
		};

		column_run(statement, &point.run);
		err = each(arg, &point);
	}
	return finish(history, statement, code, err, why);
}

/* --- labels */

static bool is_name(const char *text)
{
	return text[0] && text[0] != '.' && text[0] != '-' && strlen(text) <= 100 &&
	       !text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")];
}

/* The one run whose name begins with @begin. */
static int find_run(struct history *history, const char *begin, char *name, size_t size, struct why *why)
{
	sqlite3_stmt *statement;
	int err = prepare(history, "SELECT name FROM run WHERE substr(name, 1, length(?1)) = ?1 LIMIT 2", &statement,
			  why);
	int found = 0, code = SQLITE_DONE;

	if (err)
		return err;
	bind_text(statement, 1, begin);
	while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
		snprintf(name, size, "%s", column_text(statement, 0));
		found++;
	}
	if (code == SQLITE_DONE && !found)
		err = why_set(why, -ENOENT, "zapbench history list shows them", "no run begins with '%.100s'", begin);
	else if (code == SQLITE_DONE && found > 1)
		err = why_set(why, -ENOTUNIQ, "give more of its name", "several runs begin with '%.100s'", begin);
	return finish(history, statement, code, err, why);
}

int history_label(struct history *history, const char *run, const char *label, struct why *why)
{
	char name[NAME_BYTES_MAX + 1], *folder = NULL, *link = NULL, *target = NULL;
	int err;

	if (!is_name(label))
		return why_set(why, -EINVAL, "take letters, digits, '.', '_' and '-'",
			       "'%.100s' is no name for a label", label);
	err = find_run(history, run, name, sizeof(name), why);
	if (err)
		return err;
	if (asprintf(&folder, "%s/labels/%s", history->path, label) < 0 ||
	    asprintf(&link, "%s/%s" SUFFIX, folder, name) < 0 || asprintf(&target, "../../runs/%s" SUFFIX, name) < 0)
		err = -ENOMEM;
	else if ((mkdir(folder, 0777) && errno != EEXIST) || (symlink(target, link) && errno != EEXIST))
		err = file_why(why, -errno, link);
	if (!err)
		err = file_sync_folder(link);
	if (!err)
		err = file_sync_folder(folder);
	free(target);
	free(link);
	free(folder);
	return err;
}

bool history_has_label(const struct history *history, const char *run, const char *label)
{
	struct stat status;
	char *link;
	bool has;

	if (asprintf(&link, "%s/labels/%s/%s" SUFFIX, history->path, label, run) < 0)
		return false;
	has = !lstat(link, &status);
	free(link);
	return has;
}

static int is_label(const struct dirent *entry)
{
	return is_name(entry->d_name);
}

char **history_labels(const struct history *history)
{
	struct dirent **entry = NULL;
	char *path, **labels;
	int count = -1;

	if (asprintf(&path, "%s/labels", history->path) >= 0) {
		count = scandir(path, &entry, is_label, alphasort);
		free(path);
	}
	labels = calloc((size_t)(count > 0 ? count : 0) + 1, sizeof(*labels));
	for (int i = 0; i < count; i++) {
		if (labels)
			labels[i] = strdup(entry[i]->d_name);
		free(entry[i]);
	}
	free(entry);
	return labels;
}

void history_free_labels(char **labels)
{
	for (size_t i = 0; labels && labels[i]; i++)
		free(labels[i]);
	free(labels);
}
