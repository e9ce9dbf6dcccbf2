// SPDX-License-Identifier: GPL-2.0-or-later
/* The folder of a history, and its index brought up to date. add.c puts runs into it. */
#include "report/history/history.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/base/file.h"
#include "bench/base/text.h"
#include "bench/record/record.h"
#include "report/history/folder.h"

/* --- runs/ and the index */

/* What is being read of runs/. */
struct reading {
	struct history *history;
	const struct history_listener *listener;
	struct dirent **entry;
	int nr_entries;
	const char **there; /* names of runs, sorted */
	size_t nr_there;
	struct order order;
	int64_t sequence; /* of runs that have none */
	bool memory;      /* the index is a copy: nothing of the folder is changed */
};

/* @file of runs/ is not used. */
static int pass_over(const struct reading *reading, const char *file, const char *reason)
{
	char *path;

	if (asprintf(&path, "%s/runs/%s", reading->history->path, file) < 0)
		return -ENOMEM;
	if (reading->listener->unreadable)
		reading->listener->unreadable(reading->listener->arg, path, reason);
	free(path);
	return 0;
}

static int set_aside(const struct reading *reading, const char *path, const char *file, const char *reason,
		     struct why *why)
{
	char *to;
	int err = 0;

	if (asprintf(&to, "%s/bad/%s", reading->history->path, file) < 0)
		return -ENOMEM;
	/* Another process may have been quicker. */
	if (rename(path, to) && errno != ENOENT)
		err = file_why(why, -errno, path);
	if (!err)
		err = file_sync_folder(to);
	if (!err && reading->listener->bad)
		reading->listener->bad(reading->listener->arg, to, reason);
	free(to);
	return err;
}

/*
 * A record of another version, or one that cannot be read now, stays where it is: what is wrong with it may pass. A
 * file that is no record is set aside. Without memory nothing can be said of it.
 */
static int not_read(const struct reading *reading, const char *path, const char *file, int err,
		    const struct why *broken, struct why *why)
{
	if (err == -ENOMEM)
		return why_set(why, err, NULL, "%s: %s", path, strerror(-err));
	if (err != -EINVAL || reading->memory || record_claimed(path))
		return pass_over(reading, file, broken->reason);
	return set_aside(reading, path, file, broken->reason, why);
}

/* What can be read only in vain: opening a FIFO would wait for ever. */
static const char *no_file(const char *path)
{
	struct stat status;

	if (stat(path, &status))
		return strerror(errno);
	return S_ISREG(status.st_mode) ? NULL : "it is not a file";
}

/* A file of runs/, by its run's @name, into the index. */
static int index_file(const struct reading *reading, const char *name, const char *file, struct why *why)
{
	char date[HISTORY_DATE_BYTES], *path = history_file(reading->history, name);
	int64_t sequence = order_of(&reading->order, name);
	struct index_run run = { name, date, sequence < 0 ? reading->sequence : sequence };
	const char *wrong = path ? no_file(path) : NULL;
	struct record *record = NULL;
	struct why broken = { "", "" };
	int err;

	if (!path)
		return -ENOMEM;
	if (wrong) {
		err = pass_over(reading, file, wrong);
	} else if ((err = record_read(path, &record, &broken))) {
		err = not_read(reading, path, file, err, &broken, why);
	} else {
		err = history_date(record, path, date, sizeof(date));
		if (!err)
			err = record_summarise(record);
		if (err)
			file_why(why, err, path);
		else
			err = index_add(reading->history->index, &run, record, why);
	}
	record_free(record);
	free(path);
	return err;
}

/* The run of an entry of runs/, which stays that of @entry; NULL for what is no run. */
static const char *run_of(struct dirent *entry)
{
	size_t length = strlen(entry->d_name), suffix = strlen(RUN_SUFFIX);

	if (length <= suffix || strcmp(entry->d_name + length - suffix, RUN_SUFFIX))
		return NULL;
	entry->d_name[length - suffix] = '\0';
	if (is_run_name(entry->d_name))
		return entry->d_name;
	entry->d_name[length - suffix] = RUN_SUFFIX[0];
	return NULL;
}

/* Files that are being written, and those of whoever synchronises folders. */
static bool is_temporary(const char *name)
{
	size_t length = strlen(name);

	return name[0] == '.' || (length > 4 && !strcmp(name + length - 4, ".tmp"));
}

static int compare_names(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static bool has_name(const char **name, size_t count, const char *wanted)
{
	return count && bsearch(&wanted, name, count, sizeof(*name), compare_names);
}

/* Drop runs without a file from the index: somebody took the file away, or history_remove() was killed. */
static int forget_missing(const struct reading *reading, char **known, size_t nr_known, struct why *why)
{
	int err = 0;

	for (size_t i = 0; i < nr_known && !err; i++) {
		if (!has_name(reading->there, reading->nr_there, known[i]))
			err = index_delete(reading->history->index, known[i], why);
	}
	return err;
}

/* Give each run without a number that of this reading. */
static int number_runs(struct reading *reading, const char **name, size_t count, struct why *why)
{
	struct order_line *line = calloc(count, sizeof(*line));
	int64_t last = 0;
	size_t fresh = 0;
	int err = line ? order_read(reading->history->path, &reading->order, why) : -ENOMEM;

	if (!err)
		err = index_last(reading->history->index, &last, why);
	reading->sequence = 1 + (last > reading->order.last ? last : reading->order.last);
	for (size_t i = 0; i < count && !err; i++) {
		if (order_of(&reading->order, name[i]) < 0)
			line[fresh++] = (struct order_line){ name[i], reading->sequence };
	}
	if (!err && fresh && !reading->memory)
		err = order_append(reading->history->path, line, fresh, why);
	if (!err && fresh && !reading->memory)
		err = order_sync(reading->history->path, why);
	free(line);
	return err;
}

static int index_new(struct reading *reading, const char **name, size_t count, struct why *why)
{
	int err = count ? number_runs(reading, name, count, why) : 0;

	for (size_t i = 0; i < count && !err; i++) {
		char *file;

		if (reading->listener->progress)
			reading->listener->progress(reading->listener->arg, i, count);
		if (asprintf(&file, "%s" RUN_SUFFIX, name[i]) < 0)
			return -ENOMEM;
		err = index_file(reading, name[i], file, why);
		free(file);
	}
	return err;
}

static void free_names(char **name, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(name[i]);
	free(name);
}

/* The names that the index has, sorted; to be freed with free_names(). */
static int known_names(struct history *history, char ***name, size_t *count, struct why *why)
{
	const struct history_run *run;
	size_t runs = 0;
	int err = index_runs(history->index, &run, &runs, why);

	*count = 0;
	*name = err ? NULL : calloc(runs + 1, sizeof(**name));
	if (!err && !*name)
		err = -ENOMEM;
	while (!err && *count < runs) {
		(*name)[*count] = strdup(run[*count].name);
		err = (*name)[*count] ? 0 : -ENOMEM;
		*count += !err;
	}
	if (*count)
		qsort(*name, *count, sizeof(**name), compare_names);
	return err;
}

/* The index has what runs/ has. */
static int bring_index(struct reading *reading, struct why *why)
{
	const char **fresh = calloc(reading->nr_there + 1, sizeof(*fresh));
	size_t nr_known = 0, nr_fresh = 0;
	char **known = NULL;
	int err = fresh ? known_names(reading->history, &known, &nr_known, why) : -ENOMEM;

	if (!err)
		err = forget_missing(reading, known, nr_known, why);
	for (size_t i = 0; i < reading->nr_there && !err; i++) {
		if (!has_name((const char **)known, nr_known, reading->there[i]))
			fresh[nr_fresh++] = reading->there[i];
	}
	if (!err)
		err = index_new(reading, fresh, nr_fresh, why);
	free_names(known, nr_known);
	free(fresh);
	return err;
}

/* What is in runs/ now. */
static int scan(struct reading *reading, struct why *why)
{
	char *runs;
	int err = 0;

	if (asprintf(&runs, "%s/runs", reading->history->path) < 0)
		return -ENOMEM;
	reading->nr_entries = scandir(runs, &reading->entry, NULL, alphasort);
	if (reading->nr_entries < 0)
		err = file_why(why, -errno, runs);
	else if (!(reading->there = calloc((size_t)reading->nr_entries + 1, sizeof(*reading->there))))
		err = -ENOMEM;
	for (int i = 0; i < reading->nr_entries && !err; i++) {
		const char *run = run_of(reading->entry[i]);

		if (run)
			reading->there[reading->nr_there++] = run;
	}
	if (reading->nr_there)
		qsort(reading->there, reading->nr_there, sizeof(*reading->there), compare_names);
	free(runs);
	return err;
}

static void scan_free(struct reading *reading)
{
	for (int i = 0; i < reading->nr_entries; i++)
		free(reading->entry[i]);
	free(reading->entry);
	free(reading->there);
	reading->nr_entries = 0;
	reading->entry = NULL;
	reading->there = NULL;
	reading->nr_there = 0;
}

/* After scan(), which has cut the suffix off the names of runs. */
static int name_strays(const struct reading *reading)
{
	int err = 0;

	for (int i = 0; i < reading->nr_entries && !err; i++) {
		const char *name = reading->entry[i]->d_name;

		if (!has_name(reading->there, reading->nr_there, name) && !is_temporary(name))
			err = pass_over(reading, name, "its name is not that of a run");
	}
	return err;
}

/* Every file of runs/ is in the index afterwards, and no other run. */
static int index_all(struct reading *reading, struct why *why)
{
	int err = scan(reading, why);

	if (!err)
		err = name_strays(reading);
	if (!err)
		err = bring_index(reading, why);
	scan_free(reading);
	order_free(&reading->order);
	return err;
}

/* Is the file of a run there, although it was not when runs/ was read? */
static bool is_there_now(const struct reading *reading, const char *name)
{
	char *path = history_file(reading->history, name);
	bool there = path && !access(path, F_OK);

	free(path);
	return there;
}

/* Has the index what runs/ has? Runs that were added since runs/ was read may be in it. */
static int compare_index(const struct reading *reading, bool *current, struct why *why)
{
	size_t nr_known = 0, common = 0;
	char **known = NULL;
	int err = known_names(reading->history, &known, &nr_known, why);

	*current = !err;
	for (size_t i = 0; i < nr_known && *current; i++) {
		if (has_name(reading->there, reading->nr_there, known[i]))
			common++;
		else
			*current = is_there_now(reading, known[i]);
	}
	*current = *current && common == reading->nr_there;
	free_names(known, nr_known);
	return err;
}

/*
 * Nearly always nothing is to be done, which is seen without waiting for those who add runs: what is read from the
 * index then is of this moment. runs/ is read first, since a run is in the index only a moment after its file is there.
 */
static int look_at_index(struct reading *reading, bool *current, struct why *why)
{
	int err = index_made(reading->history->index, current, why);

	if (err || !*current)
		return err;
	err = scan(reading, why);
	if (!err)
		err = compare_index(reading, current, why);
	if (!err && *current)
		err = name_strays(reading);
	scan_free(reading);
	return err;
}

static int update(struct history *history, bool memory, bool anew, const struct history_listener *listener,
		  struct why *why)
{
	struct reading reading = { .history = history, .listener = listener, .memory = memory };
	int err = memory ? index_open_copy(history->path, &history->index, why)
			 : index_open(history->path, &history->index, why);
	bool current = false;

	if (!err && !anew)
		err = look_at_index(&reading, &current, why);
	if (!err && !current)
		err = index_begin(history->index, why);
	if (err || current)
		return err;
	if (anew)
		err = index_clear(history->index, why);
	if (!err)
		err = index_all(&reading, why);
	return index_end(history->index, err, why);
}

/* --- opening */

static int make_folders(const char *path, enum history_use use, struct why *why)
{
	static const char *const folder[] = { "", "/runs", "/labels", "/bad" };
	struct stat status;
	int err = 0;

	if (use != HISTORY_ADD && (stat(path, &status) || !S_ISDIR(status.st_mode)))
		return why_set(why, -ENOENT, "zapbench history add RESULT creates it; --db names the folder",
			       "%s: no history there", path);
	for (size_t i = 0; i < sizeof(folder) / sizeof(folder[0]) && !err && use != HISTORY_READ; i++) {
		char *name;

		if (asprintf(&name, "%s%s", path, folder[i]) < 0)
			return -ENOMEM;
		err = file_make_folder(name);
		if (err)
			why_set(why, err, "choose a folder that you may write to with --db", "%s: %s", name,
				strerror(-err));
		else if (!strcmp(folder[i], "/runs"))
			file_sweep(name);
		free(name);
	}
	return err;
}

static void index_drop(struct history *history)
{
	index_close(history->index);
	history->index = NULL;
}

/* Not of the index's contents: who only reads can do without writing it. */
static bool is_of_writing(int err)
{
	return err == -EACCES || err == -EPERM || err == -EROFS || err == -ENOSPC || err == -EDQUOT || err == -EIO ||
	       err == -EFBIG;
}

int history_open(const char *path, enum history_use use, const struct history_listener *listener,
		 struct history **history, struct why *why)
{
	struct history *new = calloc(1, sizeof(*new));
	struct why writing = { "", "" };
	bool anew = use == HISTORY_REBUILD;
	int err = new && (new->path = strdup(path)) ? make_folders(path, use, why) : -ENOMEM;

	if (!err) {
		err = update(new, false, anew, listener, &writing);
		if (use == HISTORY_READ && is_of_writing(err)) {
			index_drop(new);
			err = update(new, true, false, listener, why);
		} else if (err == -EUCLEAN && anew) {
			/* What used it goes on with what it has open. */
			index_drop(new);
			index_remove(path);
			err = update(new, false, anew, listener, why);
		} else if (err) {
			why_set(why, err, writing.remedy, "%s", writing.reason);
		}
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

/* --- asking */

int history_runs(struct history *history, const struct history_run **run, size_t *count, struct why *why)
{
	return index_runs(history->index, run, count, why);
}

int history_series(struct history *history, const struct history_series **series, size_t *count, struct why *why)
{
	return index_series(history->index, series, count, why);
}

int history_nothing(struct history *history, struct why *why)
{
	const struct history_run *run;
	size_t count;
	int err = history_runs(history, &run, &count, why);

	if (err)
		return err;
	if (!count)
		return why_set(why, -ENOENT, "zapbench history add RESULT", "the history is empty");
	return why_set(why, -ENOENT,
		       "zapbench run with a longer --budget, on a quieter machine; then zapbench history add",
		       "no run of the history has a valid figure");
}

int history_points(struct history *history, const struct history_series *series, struct history_points *points,
		   struct why *why)
{
	return index_points(history->index, series, points, why);
}
