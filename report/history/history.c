// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/history/history.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <zlib.h>

#include "bench/base/file.h"
#include "report/history/folder.h"
#include "bench/record/record.h"

#define GZIP_WINDOW (15 + 16)   /* of zlib: the largest window, and the header of gzip */
#define YEAR_OF_NO_CLOCK "2001" /* a date before it is from a machine that has none */

char *history_file(const struct history *history, const char *run)
{
	char *path;

	return asprintf(&path, "%s/runs/%s" RUN_SUFFIX, history->path, run) < 0 ? NULL : path;
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

/* --- runs/ and the index */

static int is_run(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > strlen(RUN_SUFFIX) && entry->d_name[0] != '.' &&
	       !strcmp(entry->d_name + length - strlen(RUN_SUFFIX), RUN_SUFFIX);
}

static int set_aside(struct history *history, const char *path, const char *file, const char *reason,
		     const struct history_listener *listener, struct why *why)
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
	if (!err && listener->bad)
		listener->bad(listener->arg, to, reason);
	free(to);
	return err;
}

/* A record that this version cannot read stays where it is: another version can. */
static int pass_over(const char *path, const char *reason, const struct history_listener *listener)
{
	if (listener->unreadable)
		listener->unreadable(listener->arg, path, reason);
	return 0;
}

/* @file, a name in runs/, into the index unless it is there. */
static int index_file(struct history *history, const char *file, const struct history_listener *listener,
		      struct why *why)
{
	char name[RUN_NAME_BYTES_MAX + 1], date[40], *path;
	struct record *record = NULL;
	struct why broken = { "", "" };
	bool known;
	int err;

	snprintf(name, sizeof(name), "%.*s", (int)(strlen(file) - strlen(RUN_SUFFIX)), file);
	err = index_has(history->index, name, &known, why);
	if (err || known)
		return err;
	path = history_file(history, name);
	if (!path)
		return -ENOMEM;
	err = record_read(path, &record, &broken);
	if (err == -EINVAL && record_claimed(path))
		err = pass_over(path, broken.reason, listener);
	else if (err == -EINVAL)
		err = set_aside(history, path, file, broken.reason, listener, why);
	else if (err)
		err = why_set(why, err, broken.remedy, "%s", broken.reason);
	else if ((err = date_of(record, path, date, sizeof(date))))
		file_why(why, err, path);
	else if ((err = record_summarise(record)))
		file_why(why, err, path);
	else
		err = index_add(history->index, name, date, record, why);
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

/* Drop runs without a file from the index: somebody took the file away, or history_remove() was killed. */
static int forget_missing(struct history *history, struct why *why)
{
	const struct history_run *run;
	size_t count, missing = 0;
	int err = index_runs(history->index, &run, &count, why);
	char **name = err ? NULL : calloc(count + 1, sizeof(*name));

	if (!name)
		return err ? err : -ENOMEM;
	for (size_t i = 0; i < count && !err; i++) {
		char *path = history_file(history, run[i].name);

		if (!path)
			err = -ENOMEM;
		else if (access(path, F_OK) && !(name[missing++] = strdup(run[i].name)))
			err = -ENOMEM;
		free(path);
	}
	for (size_t i = 0; i < missing; i++) {
		if (!err)
			err = index_delete(history->index, name[i], why);
		free(name[i]);
	}
	free(name);
	return err;
}

/* Every file of runs/ is in the index afterwards, and no other run. */
static int index_all(struct history *history, const struct history_listener *listener, struct why *why)
{
	struct dirent **entry = NULL;
	int64_t known = 0, there = 0;
	char *runs;
	int count = 0, err = index_count(history->index, &known, why);

	if (err)
		return err;
	if (asprintf(&runs, "%s/runs", history->path) < 0)
		return -ENOMEM;
	err = count_runs(runs, &there, why);
	if (!err && known > there)
		err = forget_missing(history, why);
	/* Otherwise files are only added: equal counts mean the same files. */
	if (!err && there != known) {
		count = scandir(runs, &entry, is_run, alphasort);
		if (count < 0)
			err = file_why(why, -errno, runs);
	}
	for (int i = 0; i < count; i++) {
		if (!err && listener->progress)
			listener->progress(listener->arg, (size_t)i, (size_t)count);
		if (!err)
			err = index_file(history, entry[i]->d_name, listener, why);
		free(entry[i]);
	}
	free(entry);
	free(runs);
	return err;
}

static int update(struct history *history, bool anew, const struct history_listener *listener, struct why *why)
{
	int err = index_open(history->path, &history->index, why);

	if (!err)
		err = index_begin(history->index, why);
	if (err)
		return err;
	if (anew)
		err = index_clear(history->index, why);
	if (!err)
		err = index_all(history, listener, why);
	return index_end(history->index, err, why);
}

static int make_folders(const char *path, bool create, struct why *why)
{
	static const char *const folder[] = { "", "/runs", "/labels", "/bad" };
	struct stat status;
	int err = 0;

	if (!create && (stat(path, &status) || !S_ISDIR(status.st_mode)))
		return why_set(why, -ENOENT, "zapbench history add RESULT creates it; --db names the folder",
			       "%s: no history there", path);
	for (size_t i = 0; i < sizeof(folder) / sizeof(folder[0]) && !err; i++) {
		char *name;

		if (asprintf(&name, "%s%s", path, folder[i]) < 0)
			return -ENOMEM;
		err = file_make_folder(name);
		if (err)
			why_set(why, err, "choose a folder that you may write to with --db", "%s: %s", name,
				strerror(-err));
		free(name);
	}
	return err;
}

int history_open(const char *path, bool create, bool anew, const struct history_listener *listener,
		 struct history **history, struct why *why)
{
	struct history *new = calloc(1, sizeof(*new));
	int err = new && (new->path = strdup(path)) ? make_folders(path, create, why) : -ENOMEM;

	if (!err)
		err = update(new, anew, listener, why);
	if (err == -EUCLEAN && anew) {
		/* What used it goes on with what it has open. */
		index_close(new->index);
		new->index = NULL;
		index_remove(path);
		err = update(new, anew, listener, why);
	}
	if (!err)
		err = acknowledged_read(new, why);
	*history = err ? NULL : new;
	if (err)
		history_close(new);
	return err;
}

void history_close(struct history *history)
{
	if (!history)
		return;
	index_close(history->index);
	acknowledged_free(history);
	free(history->path);
	free(history);
}

/* --- adding */

struct content {
	unsigned char *data;
	size_t size;
};

static int read_all(const char *path, struct content *bytes, struct why *why)
{
	gzFile stream = gzopen(path, "rbe");
	size_t room = 1 << 16;
	int n = 0, err = stream ? 0 : -errno;

	*bytes = (struct content){ NULL, 0 };
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

static int compress_all(const struct content *plain, struct content *packed)
{
	z_stream stream = { .next_in = plain->data, .avail_in = (unsigned int)plain->size };
	int code;

	*packed = (struct content){ NULL, 0 };
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

/* The run's own name, harmless as that of a file, and the sum of its bytes: emulated runs repeat their names. */
static void name_of(const struct record *record, const struct content *plain, char *name, size_t size)
{
	unsigned long sum = crc32(crc32(0, NULL, 0), plain->data, (unsigned int)plain->size);

	snprintf(name, size, "%.120s-%08lx", record->run_id[0] ? record->run_id : "run", sum);
	for (char *c = name; *c; c++) {
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", *c))
			*c = '_';
	}
}

/* The file first: what is in runs/ and not in the index comes into it when the history is opened next. */
static int store(struct history *history, const char *name, const struct content *plain, const struct record *record,
		 bool *added, struct why *why)
{
	char *path = history_file(history, name), date[40];
	struct content packed = { NULL, 0 };
	bool known = false;
	int err = path ? 0 : -ENOMEM;

	*added = path && access(path, F_OK) != 0;
	if (*added) {
		err = compress_all(plain, &packed);
		if (!err)
			err = file_replace_bytes(path, packed.data, packed.size, why);
	}
	free(packed.data);
	if (!err && (err = date_of(record, path, date, sizeof(date))))
		file_why(why, err, path);
	if (!err)
		err = index_begin(history->index, why);
	if (!err) {
		err = index_has(history->index, name, &known, why);
		if (!err && !known)
			err = index_add(history->index, name, date, record, why);
		err = index_end(history->index, err, why);
	}
	free(path);
	return err;
}

/* @name, or with the next number that is free behind it. */
static int next_name(const struct history *history, char *name, size_t size)
{
	char begin[RUN_NAME_BYTES_MAX + 1];
	bool taken = true;

	snprintf(begin, sizeof(begin), "%s", name);
	for (unsigned int i = 2; taken; i++) {
		char *path = history_file(history, name);

		if (!path)
			return -ENOMEM;
		taken = !access(path, F_OK);
		free(path);
		if (taken)
			snprintf(name, size, "%s-%u", begin, i);
	}
	return 0;
}

int history_add(struct history *history, const char *file, bool again, char *name, size_t size, bool *added,
		struct why *why)
{
	struct record *record = NULL;
	struct content plain = { NULL, 0 };
	int err = record_read(file, &record, why);

	if (!err && record_summarise(record))
		err = file_why(why, -ENOMEM, file);
	if (!err)
		err = read_all(file, &plain, why);
	if (!err) {
		name_of(record, &plain, name, size);
		if (again)
			err = next_name(history, name, size);
	}
	if (!err) {
		err = store(history, name, &plain, record, added, why);
	}
	free(plain.data);
	record_free(record);
	return err;
}

/* --- removing */

/* The index forgets the run only when its file is in removed/. */
static int move_away(struct history *history, const char *name, const char *from, const char *to, struct why *why)
{
	int err = index_begin(history->index, why);

	if (err)
		return err;
	err = index_delete(history->index, name, why);
	if (!err && rename(from, to))
		err = file_why(why, -errno, from);
	return index_end(history->index, err, why);
}

int history_remove(struct history *history, const char *run, char **path, struct why *why)
{
	char name[RUN_NAME_BYTES_MAX + 1], *from = NULL, *folder = NULL;
	int err = history_find_run(history, run, name, sizeof(name), why);

	*path = NULL;
	if (err)
		return err;
	from = history_file(history, name);
	if (!from || asprintf(&folder, "%s/removed", history->path) < 0 ||
	    asprintf(path, "%s/%s" RUN_SUFFIX, folder, name) < 0)
		err = -ENOMEM;
	if (!err && (err = file_make_folder(folder)))
		file_why(why, err, folder);
	if (!err)
		err = move_away(history, name, from, *path, why);
	if (!err)
		err = file_sync_folder(*path);
	if (!err)
		err = file_sync_folder(from);
	if (!err)
		err = history_unlabel(history, name, why);
	free(folder);
	free(from);
	return err;
}

/* --- asking */

int history_runs(struct history *history, const struct history_run **run, size_t *count, struct why *why)
{
	return index_runs(history->index, run, count, why);
}

int history_series(struct history *history, const struct history_series **series, size_t *count, struct why *why)
{
	return index_series(history->index, series, count, why);
}

int history_points(struct history *history, const struct history_series *series, struct history_points *points,
		   struct why *why)
{
	return index_points(history->index, series, points, why);
}
