// SPDX-License-Identifier: GPL-2.0-or-later
/* The file, name and date of a run. */
#include "report/history/history.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "bench/base/file.h"
#include "bench/base/text.h"
#include "bench/record/record.h"
#include "report/history/folder.h"

#define YEAR_OF_NO_CLOCK "2001" /* a date before it is from a machine that has none */

char *history_file(const struct history *history, const char *run)
{
	char *path;

	return asprintf(&path, "%s/runs/%s" RUN_SUFFIX, history->path, run) < 0 ? NULL : path;
}

bool is_run_name(const char *name)
{
	size_t length = strlen(name);
	char plain[RUN_NAME_BYTES_MAX + 2];

	return length && length <= RUN_NAME_BYTES_MAX && name[0] != '.' && name[0] != '-' && !strchr(name, '/') &&
	       !strcmp(plain_text(name, plain, sizeof(plain)), name);
}

/* A text that anybody may have written. Nothing draws or sorts the 13th month. */
static bool is_clock(const char *text)
{
	return strlen(text) < HISTORY_DATE_BYTES && !isnan(seconds_of_date(text)) &&
	       strcmp(text, YEAR_OF_NO_CLOCK) >= 0;
}

/* Where a machine has no clock, the file tells when it was added: its time is never changed. */
int history_date(const struct record *record, const char *path, char *text, size_t size)
{
	struct stat status = { 0 };
	struct tm tm;
	size_t length;

	snprintf(text, size, "%s", record->started_at);
	if (is_clock(record->started_at))
		return 0;
	if (!path)
		clock_gettime(CLOCK_REALTIME, &status.st_mtim);
	else if (stat(path, &status))
		return -errno;
	if (!gmtime_r(&status.st_mtime, &tm))
		return -EOVERFLOW;
	length = strftime(text, size, "%Y-%m-%dT%H:%M:%S", &tm);
	/* Several may be added within a second, and keep their order. */
	snprintf(text + length, size - length, ".%03ldZ", status.st_mtim.tv_nsec / 1000000);
	return 0;
}
