// SPDX-License-Identifier: GPL-2.0-or-later
/* The journal's files. json-journal.c makes and reads their lines. */
#include "bench/record/record.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/base/file.h"
#include "bench/base/now.h"
#include "bench/record/journal-lines.h"

/* What a power failure may cost; a kill costs nothing, as the kernel has every line */
#define SYNC_INTERVAL_NS 1000000000

/* A record of so much could not be read. A file with holes may have any size, and a device no end. */
#define JOURNAL_MOST ((off_t)1 << 30)
/* A hole is a line of zeros. The longest line is the first: thousands of configurations. */
#define LINE_MOST ((size_t)16 << 20)

struct journal {
	char *path;
	int fd;
	off_t length; /* of the whole lines */
	int64_t synced_ns;
	int broken; /* -errno: a half line is in the file and could not be cut off */
};

/* Append a line with one write(2); where that falls short, the rest, or nothing of the line stays. */
static int append_line(struct journal *journal, const char *line)
{
	size_t length = strlen(line), done = 0;
	int err;

	if (journal->broken)
		return journal->broken;
	if (length > LINE_MOST)
		return -EMSGSIZE;
	while (done < length) {
		ssize_t n = write(journal->fd, line + done, length - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			goto out_cut;
		done += (size_t)n;
	}
	journal->length += (off_t)length;
	return 0;
out_cut:
	err = -errno;
	if (ftruncate(journal->fd, journal->length))
		journal->broken = err;
	return err;
}

static int journal_sync(struct journal *journal)
{
	journal->synced_ns = now_ns();
	return fdatasync(journal->fd) ? -errno : 0;
}

/* Whoever writes holds it, and the kernel lets it go with them; -EBUSY: somebody does. A file system without locks is
 * no reason to measure nothing. */
static int journal_lock(int fd, int how)
{
	return flock(fd, how | LOCK_NB) && errno == EWOULDBLOCK ? -EBUSY : 0;
}

static int write_why(struct why *why, int err, const char *path)
{
	if (err == -EMSGSIZE)
		return why_set(why, err, "measure fewer configurations in one run",
			       "%s: a line would have over %zu MiB, and could not be read", path, LINE_MOST >> 20);
	return file_why(why, err, path);
}

static int journal_open(struct journal *journal, const char *path, int flags)
{
	int err;

	journal->path = strdup(path);
	if (!journal->path)
		return -ENOMEM;
	journal->fd = open(path, flags | O_APPEND | O_CLOEXEC, 0666);
	if (journal->fd < 0)
		return -errno;
	err = journal_lock(journal->fd, LOCK_EX);
	if (err)
		close(journal->fd);
	return err;
}

int journal_create(const char *path, const struct record *record, struct journal **journal, struct why *why)
{
	struct journal *new;
	char *line = NULL;
	int err;

	/* Rounds that ran before would be in no line */
	if (record->nr_rounds)
		return why_set(why, -EINVAL, NULL, "%s: a journal begins before the first round", path);
	err = record_check(record, path, why);
	if (err)
		return err;
	new = calloc(1, sizeof(*new));
	if (!new)
		return file_why(why, -ENOMEM, path);
	err = journal_open(new, path, O_WRONLY | O_CREAT | O_EXCL);
	if (err)
		goto out_free;
	line = record_header_line(record);
	err = line ? append_line(new, line) : -ENOMEM;
	if (!err)
		err = journal_sync(new);
	if (!err)
		err = file_sync_folder(path);
	if (err)
		goto out_remove;
	free(line);
	*journal = new;
	return 0;
out_remove:
	unlink(path);
	close(new->fd);
	free(line);
out_free:
	free(new->path);
	free(new);
	if (err == -EEXIST)
		return why_set(why, err, "make a record of it with zapbench recover, or remove it",
			       "%s exists: it is the journal of a stopped run", path);
	return write_why(why, err, path);
}

int journal_add_segment(struct journal *journal, const struct record *record, struct why *why)
{
	char *line = record_segment_line(record);
	int err = line ? append_line(journal, line) : -ENOMEM;

	free(line);
	if (!err)
		err = journal_sync(journal);
	return err ? write_why(why, err, journal->path) : 0;
}

int journal_add_round(struct journal *journal, const struct record *record, const double *const *events,
		      const size_t *nr_events, struct why *why)
{
	char *line;
	int err;

	if (!record->nr_rounds)
		return why_set(why, -EINVAL, NULL, "%s: there is no round to append", journal->path);
	line = record_round_line(record, events, nr_events);
	err = line ? append_line(journal, line) : -ENOMEM;
	free(line);
	if (!err && now_ns() - journal->synced_ns >= SYNC_INTERVAL_NS)
		err = journal_sync(journal);
	return err ? write_why(why, err, journal->path) : 0;
}

void journal_close(struct journal *journal, bool keep)
{
	if (!journal)
		return;
	if (keep)
		fdatasync(journal->fd);
	else
		unlink(journal->path);
	close(journal->fd);
	free(journal->path);
	free(journal);
}

static void note_damage(struct journal_damage *damage, const struct why *why)
{
	if (damage->lines < JOURNAL_DAMAGE_NAMED)
		damage->first[damage->lines] = *why;
	damage->lines++;
}

struct line {
	char *text;
	size_t room;
	off_t length; /* with the line feed; of a line over LINE_MOST no more than that is in @text */
};

/* The next line with its line feed. 1; 0 at the end, where a line that is not whole counts as none; -errno. */
static int next_line(FILE *file, struct line *line)
{
	int letter;

	line->length = 0;
	errno = 0;
	while ((letter = getc_unlocked(file)) != EOF) {
		if ((size_t)line->length == line->room && line->room < LINE_MOST) {
			size_t room = line->room ? 2 * line->room : 4096;
			char *more = realloc(line->text, room);

			if (!more)
				return -ENOMEM;
			line->text = more;
			line->room = room;
		}
		if ((size_t)line->length < line->room)
			line->text[line->length] = (char)letter;
		line->length++;
		if (letter == '\n')
			return 1;
	}
	return ferror(file) ? (errno ? -errno : -EIO) : 0;
}

static int too_long(struct why *why, const char *path, size_t number, const struct line *line)
{
	return why_set(why, -EINVAL, NULL, "%s:%zu: expected a line of at most %zu MiB, found %lld MiB", path, number,
		       LINE_MOST >> 20, (long long)line->length >> 20);
}

/* A line, intact or noted in @damage. A round that is missing before it is damage, too, where no line showed it. */
static int read_line(struct record *record, const char *path, size_t number, const struct line *line, int64_t *next,
		     struct journal_damage *damage)
{
	struct why bad = { "", "" };
	size_t rounds = record->nr_rounds;
	int64_t expected = *next;
	int err = (size_t)line->length > LINE_MOST
			  ? too_long(&bad, path, number, line)
			  : record_add_line(record, next, true, path, number, line->text, (size_t)line->length, &bad);

	if (err == -EINVAL) {
		note_damage(damage, &bad);
		damage->open = true;
		return 0;
	}
	if (!err && *next - (int64_t)(record->nr_rounds - rounds) > expected && !damage->open) {
		why_set(&bad, 0, NULL, "%s:%zu: $.round: expected %lld, found %lld", path, number, (long long)expected,
			(long long)(*next - (int64_t)(record->nr_rounds - rounds)));
		note_damage(damage, &bad);
	}
	damage->open = false;
	return err;
}

/* The first line, @line, is broken, for @why. What follows would be right, but means nothing without it. */
static int first_line_why(struct why *why, FILE *file, struct line *line)
{
	size_t lost = 0;

	while (next_line(file, line) > 0)
		lost += line->length > 10 &&
			(!memcmp(line->text, "{\"round\":", 9) || !memcmp(line->text, "{\"piece\":", 9));
	if (lost && why && !why->remedy[0])
		snprintf(why->remedy, sizeof(why->remedy),
			 "measure again: the damaged first line names the configurations and columns, and the %zu "
			 "lines after it cannot be read without it",
			 lost);
	return -EINVAL;
}

/*
 * Read line after line into @record; @whole is set to their length. A line without its line feed was being written when
 * the run ended. A line that is not intact ends it, or is noted in @damage.
 */
static int read_lines(FILE *file, const char *path, struct record **record, off_t *whole, struct line *line,
		      struct journal_damage *damage, struct why *why)
{
	int64_t next = 0;
	int err = next_line(file, line);

	if (err < 0)
		return file_why(why, err, path);
	if (!err)
		return why_set(why, -EINVAL, NULL, "%s:1: the first line is incomplete: there is nothing to recover",
			       path);
	err = (size_t)line->length > LINE_MOST
		      ? too_long(why, path, 1, line)
		      : record_from_header_line(path, line->text, (size_t)line->length, record, why);
	if (err)
		return err == -EINVAL ? first_line_why(why, file, line) : err;
	*whole = line->length;
	for (size_t number = 2; (err = next_line(file, line)) > 0; number++) {
		if (damage)
			err = read_line(*record, path, number, line, &next, damage);
		else if ((size_t)line->length > LINE_MOST)
			err = too_long(why, path, number, line);
		else
			err = record_add_line(*record, &next, false, path, number, line->text, (size_t)line->length,
					      why);
		if (err)
			return err;
		*whole += line->length;
	}
	return err ? file_why(why, err, path) : 0;
}

static int journal_read(FILE *file, const char *path, struct record **record, off_t *whole,
			struct journal_damage *damage, struct why *why)
{
	struct line line = { NULL, 0, 0 };
	struct stat status;
	int err;

	*whole = 0;
	if (fstat(fileno(file), &status))
		return file_why(why, -errno, path);
	if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode))
		return why_set(why, -EINVAL, "write it to a file first",
			       "%s: expected a file, found a pipe or a device", path);
	if (status.st_size > JOURNAL_MOST)
		return why_set(why, -EINVAL, NULL, "%s: expected a journal of at most 1 GiB, found %lld MiB", path,
			       (long long)status.st_size >> 20);
	err = read_lines(file, path, record, whole, &line, damage, why);
	free(line.text);
	return err;
}

static int busy_why(struct why *why, const char *path)
{
	return why_set(why, -EBUSY, "wait until it ends, or stop it with Ctrl-C",
		       "%s: the run of this journal is still running", path);
}

bool journal_busy(const char *path)
{
	/* A pipe of that name would wait for somebody who writes. */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	bool busy = fd >= 0 && journal_lock(fd, LOCK_SH);

	if (fd >= 0)
		close(fd);
	return busy;
}

int journal_reopen(const char *path, struct journal **journal, struct record **record, struct why *why)
{
	struct journal *new = calloc(1, sizeof(*new));
	FILE *file = NULL;
	int err = new ? journal_open(new, path, O_RDWR) : -ENOMEM;

	if (err)
		goto out_free;
	*record = NULL;
	file = fopen(path, "re");
	err = file ? journal_read(file, path, record, &new->length, NULL, why) : -errno;
	if (!err && ftruncate(new->fd, new->length))
		err = -errno;
	if (file)
		fclose(file);
	if (err)
		goto out_close;
	*journal = new;
	return 0;
out_close:
	if (err == -EINVAL && *record && why && !why->remedy[0])
		snprintf(why->remedy, sizeof(why->remedy), "zapbench recover makes a record of the intact rounds");
	record_free(*record);
	*record = NULL;
	close(new->fd);
out_free:
	if (new)
		free(new->path);
	free(new);
	return err == -EBUSY ? busy_why(why, path) : file_why(why, err, path);
}

int journal_recover(const char *path, struct record **record, struct journal_damage *damage, struct why *why)
{
	struct record *new = NULL;
	off_t whole;
	FILE *file;
	int fd, err;

	/* A pipe of that name would wait for somebody who writes. */
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	file = fd < 0 ? NULL : fdopen(fd, "r");
	if (!file) {
		err = file_why(why, -errno, path);
		if (fd >= 0)
			close(fd);
		return err;
	}
	*damage = (struct journal_damage){ 0 };
	err = journal_lock(fileno(file), LOCK_SH) ? busy_why(why, path)
						  : journal_read(file, path, &new, &whole, damage, why);
	fclose(file);
	if (err)
		goto out_free;
	free(new->stopped_by);
	new->stopped_by = strdup("recovered");
	/* Nobody was there to see the end */
	new->duration_s = NAN;
	if (!new->stopped_by) {
		err = file_why(why, -ENOMEM, path);
		goto out_free;
	}
	*record = new;
	return 0;
out_free:
	record_free(new);
	return err;
}
