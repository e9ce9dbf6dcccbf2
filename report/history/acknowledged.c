// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Changes that somebody knows of: the file "acknowledged". It only grows, a line each time somebody acknowledges a
 * change or undoes that:
 *
 *   acknowledged  RUN  CONFIGURATION  DATE  AUTHOR  REASON
 *   undone        RUN  CONFIGURATION  DATE  AUTHOR  REASON
 *
 * with a tab between the columns. CONFIGURATION * is all. Before 0.2.0 a line was RUN and CONFIGURATION alone.
 */
#include "report/history/history.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench/base/memory.h"
#include "bench/base/array.h"
#include "bench/base/file.h"
#include "bench/base/text.h"
#include "report/history/folder.h"

enum { COLUMNS = 6 };

#define DONE "acknowledged"
#define UNDONE "undone"

void acknowledged_free(struct history *history)
{
	free(history->acknowledgement);
	free(history->acknowledged);
	history->acknowledgement = NULL;
	history->nr_acknowledgements = 0;
	history->acknowledged = NULL;
}

/* One line, which is cut at its tabs. A line that was cut off says nothing. */
static int read_line(struct history *history, char *line)
{
	char *column[COLUMNS] = { NULL };
	struct acknowledgement *more;
	size_t count = 0;

	while (count < COLUMNS && (column[count] = strsep(&line, "\t")))
		count++;
	if (count != 2 && count != COLUMNS)
		return 0;
	more = array_room(history->acknowledgement, history->nr_acknowledgements, sizeof(*more));
	if (!more)
		return -ENOMEM;
	history->acknowledgement = more;
	more += history->nr_acknowledgements++;
	*more = (struct acknowledgement){ column[0], column[1], "", "", "", false };
	if (count == COLUMNS)
		*more = (struct acknowledgement){ column[1], column[2], column[3],
						  column[4], column[5], !strcmp(column[0], UNDONE) };
	return 0;
}

int acknowledged_read(struct history *history, struct why *why)
{
	char *path, *rest, *line;
	int err;

	if (asprintf(&path, "%s/acknowledged", history->path) < 0)
		return -ENOMEM;
	acknowledged_free(history);
	err = file_text(path, &history->acknowledged, why);
	for (rest = history->acknowledged; !err && rest && (line = strsep(&rest, "\n"));)
		err = read_line(history, line);
	free(path);
	return err;
}

/* @configuration, or NULL where it is one of the history, or all of them: *. */
static int check_configuration(struct history *history, const char *configuration, struct why *why)
{
	const struct history_series *series;
	size_t count = 0;
	int err = index_series(history->index, &series, &count, why);

	if (err || !strcmp(configuration, "*"))
		return err;
	for (size_t i = 0; i < count; i++) {
		if (!strcmp(series[i].configuration, configuration))
			return 0;
	}
	return why_set(why, -ENOENT, "zapbench history show lists them", "there is no configuration '%.200s'",
		       configuration);
}

/* The name that git would write into a commit; else that of the login. */
static void default_author(char *author, size_t size)
{
	const char *name = getenv("GIT_AUTHOR_NAME");
	const struct passwd *login = getpwuid(getuid());
	FILE *git;

	snprintf(author, size, "%s", name ? name : "");
	git = author[0] ? NULL : popen("git config user.name 2>/dev/null", "re");
	if (git && fgets(author, (int)size, git))
		author[strcspn(author, "\n")] = '\0';
	if (git)
		pclose(git);
	if (!author[0])
		snprintf(author, size, "%s", login ? login->pw_name : "unknown");
}

/* What somebody wrote, as a column: without tabs, ends of lines and other controls. */
static void put_column(FILE *line, const char *text)
{
	fputc('\t', line);
	for (; *text; text++)
		fputc((unsigned char)*text < ' ' || *text == 0x7f ? ' ' : *text, line);
}

static int put_line(const struct history *history, const char *verb, const char *run, const char *configuration,
		    const struct acknowledgement *by, struct why *why)
{
	char author[200] = "", date[40], *path = NULL;
	struct memory_text text;
	FILE *line = memory_open(&text);
	int err = line ? 0 : -ENOMEM;

	if (!by->author || !by->author[0])
		default_author(author, sizeof(author));
	date_of_seconds(time(NULL), date, sizeof(date));
	if (!err) {
		/* An empty line in front: the one before may have been cut off. */
		fprintf(line, "\n%s", verb);
		put_column(line, run);
		put_column(line, configuration);
		put_column(line, date);
		put_column(line, author[0] ? author : by->author);
		put_column(line, by->reason ? by->reason : "");
		fputc('\n', line);
		err = memory_close(line);
	}
	if (!err && asprintf(&path, "%s/acknowledged", history->path) < 0)
		err = -ENOMEM;
	if (!err)
		err = file_append(path, text.data, why);
	if (!err)
		err = file_sync(path, why);
	free(path);
	free(text.data);
	return err;
}

int history_acknowledge(struct history *history, const struct acknowledgement *what, struct why *why)
{
	const char *configuration = what->configuration ? what->configuration : "*";
	char name[RUN_NAME_BYTES_MAX + 1];
	bool known = false;
	int err = history_find_run(history, what->run, name, sizeof(name), why);

	if (!err)
		err = check_configuration(history, configuration, why);
	if (err)
		return err;
	for (size_t i = 0; i < history->nr_acknowledgements && what->undone; i++) {
		const struct acknowledgement *a = &history->acknowledgement[i];

		if (!strcmp(a->run, name) && (!strcmp(configuration, "*") || !strcmp(a->configuration, "*") ||
					      !strcmp(a->configuration, configuration)))
			known = !a->undone;
	}
	if (what->undone && !known)
		return why_set(why, -ENOENT, "zapbench history check shows what is",
			       "run %s: nothing is acknowledged there", name);
	err = put_line(history, what->undone ? UNDONE : DONE, name, configuration, what, why);
	return err ? err : acknowledged_read(history, why);
}

/* The last word counts, of the configuration or of all. */
const struct acknowledgement *history_acknowledged(const struct history *history, const char *run,
						   const char *configuration)
{
	for (size_t i = history->nr_acknowledgements; i-- > 0;) {
		const struct acknowledgement *a = &history->acknowledgement[i];

		if (!strcmp(a->run, run) &&
		    (!strcmp(a->configuration, configuration) || !strcmp(a->configuration, "*")))
			return a->undone ? NULL : a;
	}
	return NULL;
}
