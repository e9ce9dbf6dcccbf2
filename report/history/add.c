// SPDX-License-Identifier: GPL-2.0-or-later
/* Runs come into a history, and out of it. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <zlib.h>

#include "bench/base/file.h"
#include "bench/base/gzip.h"
#include "bench/base/text.h"
#include "bench/record/record.h"
#include "report/history/folder.h"
#include "report/history/history.h"

#define GZIP_WINDOW (15 + 16) /* of zlib: the largest window, and the header of gzip */
#define AHEAD_S (24 * 3600)   /* time zones that are set wrong are no news */

struct packed {
	unsigned char *data;
	size_t size;
};

static int pack(const struct record_text *text, struct packed *packed)
{
	z_stream stream = { .next_in = (unsigned char *)text->data, .avail_in = (unsigned int)text->size };
	int code;

	*packed = (struct packed){ NULL, 0 };
	if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, 9, Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	packed->size = deflateBound(&stream, text->size);
	packed->data = malloc(packed->size);
	stream.next_out = packed->data;
	stream.avail_out = (unsigned int)packed->size;
	code = packed->data ? deflate(&stream, Z_FINISH) : Z_MEM_ERROR;
	packed->size = stream.total_out;
	deflateEnd(&stream);
	return code == Z_STREAM_END ? 0 : -ENOMEM;
}

/* Is what the file holds @text, to the byte? -EBADMSG where it is not. */
static int compare_file(const char *path, const struct record_text *text)
{
	char piece[1 << 14];
	gzFile stream;
	size_t at = 0;
	int n = 0, err;

	errno = 0;
	stream = gzopen(path, "rbe");
	err = stream ? 0 : errno ? -errno : -ENOMEM;
	while (!err && (n = gzread(stream, piece, sizeof(piece))) > 0) {
		if ((size_t)n > text->size - at || memcmp(piece, text->data + at, (size_t)n))
			err = -EBADMSG;
		at += (size_t)n;
	}
	if (!err)
		err = gzip_error(stream);
	if (!err && at != text->size)
		err = -EBADMSG;
	if (stream && gzclose(stream) != Z_OK && !err)
		err = -EBADMSG;
	return err;
}

/* The run's own name, harmless as that of a file, and the sum of its bytes: emulated runs repeat their names. */
static void name_of(const struct record *record, const struct record_text *text, char *name, size_t size)
{
	unsigned long sum = crc32(crc32(0, NULL, 0), (const unsigned char *)text->data, (unsigned int)text->size);

	snprintf(name, size, "%.120s-%08lx", record->run_id[0] && record->run_id[0] != '-' ? record->run_id : "run",
		 sum);
	for (char *c = name; *c; c++) {
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", *c))
			*c = '_';
	}
}

/* @name, or with the next number that is free behind it. */
static int next_name(const struct history *history, char *name, size_t size)
{
	char begin[RUN_NAME_BYTES_MAX + 1];
	bool taken = true;

	snprintf(begin, sizeof(begin), "%.150s", name);
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

/* What is being added. */
struct adding {
	const struct history_adding *how;
	struct record_text text;
	struct record *record;
	char *path;  /* of the file in runs/ */
	char *ready; /* the file that becomes it, or NULL */
	char date[HISTORY_DATE_BYTES];
	int64_t sequence;
};

/* What clocks say against each other, in words. */
static void look_at_clocks(const struct adding *adding, const char *newest, struct history_added *added)
{
	char text[HISTORY_DATE_BYTES];

	date_of_seconds(time(NULL) + AHEAD_S, text, sizeof(text));
	if (adding->sequence && strcmp(adding->date, newest) < 0)
		snprintf(added->clock, sizeof(added->clock),
			 "its clock is behind: %s, but a run before it is of %s; it is ordered as the later one",
			 adding->date, newest);
	else if (strcmp(adding->date, text) > 0)
		snprintf(added->clock, sizeof(added->clock), "its clock is ahead: %s, but now it is %.10s",
			 adding->date, text);
}

/*
 * The place of the run among those of its machine. A run that has a number keeps it, so that one which was removed
 * comes back to its place.
 */
static int number_run(struct history *history, struct adding *adding, struct history_added *added, struct why *why)
{
	struct order order = { .text = NULL };
	char newest[HISTORY_DATE_BYTES];
	int64_t last = 0, known = -1;
	struct order_line line;
	int err = index_last(history->index, &last, why);

	if (!err)
		err = order_read(history->path, &order, why);
	if (!err)
		known = order_of(&order, added->name);
	if (!err && !history->sequence)
		history->sequence = 1 + (last > order.last ? last : order.last);
	order_free(&order);
	adding->sequence = known < 0 ? history->sequence : known;
	if (!err)
		err = index_newest(history->index, adding->record, adding->sequence ? adding->sequence : INT64_MAX,
				   newest, sizeof(newest), why);
	if (err)
		return err;
	if (adding->how->by_date && strcmp(adding->date, newest) < 0)
		adding->sequence = 0;
	look_at_clocks(adding, newest, added);
	if (adding->sequence == known)
		return 0;
	line = (struct order_line){ added->name, adding->sequence };
	return order_append(history->path, &line, 1, why);
}

/* The file of a run that is there already, unless somebody broke it. */
static int look_at_file(const struct adding *adding, bool *there, struct why *why)
{
	int err = access(adding->path, F_OK) ? -ENOENT : compare_file(adding->path, &adding->text);

	*there = !err;
	return err && err != -ENOENT && err != -EBADMSG ? file_why(why, err, adding->path) : 0;
}

/* Verified: what was packed is what was read, and what the disk has is what was packed. */
static int write_file(struct adding *adding, struct why *why)
{
	struct packed packed;
	int err = pack(&adding->text, &packed);

	if (!err)
		err = file_prepare(adding->path, packed.data, packed.size, &adding->ready, why);
	free(packed.data);
	if (err)
		return err;
	err = compare_file(adding->ready, &adding->text);
	if (err == -EBADMSG)
		return why_set(why, -EIO, "add it again; look for errors of the disk in dmesg",
			       "%s: what was written is not what is read", adding->path);
	return err ? file_why(why, err, adding->path) : 0;
}

/* Within the transaction: another process may add the same again. */
static int choose_name(struct history *history, struct adding *adding, struct history_added *added)
{
	int err;

	if (!adding->how->again)
		return 0;
	err = next_name(history, added->name, sizeof(added->name));
	free(adding->path);
	adding->path = err ? NULL : history_file(history, added->name);
	return err || adding->path ? err : -ENOMEM;
}

static int put_in_place(struct adding *adding, struct why *why)
{
	if (rename(adding->ready, adding->path))
		return file_why(why, -errno, adding->path);
	free(adding->ready);
	adding->ready = NULL;
	return 0;
}

/*
 * Within one transaction: the number, the index, the file. Whoever is killed in between leaves a number that nothing
 * has, or a file that comes into the index when the history is opened next. The file is the last, so that those who
 * read meanwhile seldom find one that is not in the index.
 */
static int store_within(struct history *history, struct adding *adding, struct history_added *added, struct why *why)
{
	struct index_run run = { added->name, adding->date, 0 };
	bool there = false, known = false;
	int err = choose_name(history, adding, added);

	if (!err)
		err = look_at_file(adding, &there, why);
	if (!err)
		err = index_has(history->index, added->name, &known, why);
	added->new = !there;
	/* It was there before the transaction, and somebody took it away. */
	if (!err && !there && !adding->ready)
		err = write_file(adding, why);
	if (!err)
		err = history_date(adding->record, there ? adding->path : adding->ready, adding->date,
				   sizeof(adding->date));
	if (!err && (!there || !known || adding->how->by_date))
		err = number_run(history, adding, added, why);
	run.sequence = adding->sequence;
	if (!err && known && adding->how->by_date)
		err = index_delete(history->index, added->name, why);
	if (!err && (!known || adding->how->by_date))
		err = index_add(history->index, &run, adding->record, why);
	return err || there ? err : put_in_place(adding, why);
}

/* What takes long, as the disk does, is done while others may add. */
static int store(struct history *history, struct adding *adding, struct history_added *added, struct why *why)
{
	bool there = false;
	int err = adding->how->again ? 0 : look_at_file(adding, &there, why);

	if (!err && !there)
		err = write_file(adding, why);
	if (!err)
		err = index_begin(history->index, why);
	if (!err)
		err = index_end(history->index, store_within(history, adding, added, why), why);
	/* Also of a run that was there: whoever adds it may be about to do this. */
	if (!err)
		err = order_sync(history->path, why);
	return err ? err : (err = file_sync_folder(adding->path)) ? file_why(why, err, adding->path) : 0;
}

int history_add(struct history *history, const char *file, const struct history_adding *how,
		struct history_added *added, struct why *why)
{
	struct adding adding = { .how = how };
	int err = record_read_text(file, &adding.record, &adding.text, why);

	*added = (struct history_added){ .name = "" };
	if (!err && record_summarise(adding.record))
		err = file_why(why, -ENOMEM, file);
	if (!err) {
		name_of(adding.record, &adding.text, added->name, sizeof(added->name));
		adding.path = history_file(history, added->name);
		err = adding.path ? store(history, &adding, added, why) : -ENOMEM;
	}
	if (adding.ready)
		unlink(adding.ready);
	free(adding.ready);
	free(adding.path);
	free(adding.text.data);
	record_free(adding.record);
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
