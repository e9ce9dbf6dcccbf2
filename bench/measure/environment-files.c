// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/measure/environment-files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void sysfile_path(struct sysfile *file, const char *root, const char *fmt, ...)
{
	size_t length = strlen(root);
	va_list ap;

	if (length >= sizeof(file->text))
		length = sizeof(file->text) - 1;
	memcpy(file->text, root, length);
	file->text[length] = '\0';
	file->name = file->text + length;
	va_start(ap, fmt);
	vsnprintf(file->text + length, sizeof(file->text) - length, fmt, ap);
	va_end(ap);
}

/* Replace characters that a record cannot hold. Return: the length without trailing blanks. */
static size_t clean(char *text, size_t length)
{
	while (length && (text[length - 1] == '\0' || strchr(" \t\n", text[length - 1])))
		length--;
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\0')
			text[i] = ' ';
		else if ((text[i] < ' ' || text[i] > '~') && text[i] != '\n' && text[i] != '\t')
			text[i] = '?';
	}
	text[length] = '\0';
	return length;
}

int sysfile_text(const struct sysfile *file, char *buffer, size_t size)
{
	size_t length = 0;
	ssize_t got;
	int fd, err;

	buffer[0] = '\0';
	fd = open(file->text, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;
	/* A file of /proc may need several reads. */
	while ((got = read(fd, buffer + length, size - 1 - length)) > 0)
		length += (size_t)got;
	err = got < 0 ? -errno : 0;
	close(fd);
	length = clean(buffer, err ? 0 : length);
	if (!err && !length)
		err = -ENODATA;
	return err;
}

int sysfile_integer(const struct sysfile *file, int64_t *integer)
{
	char text[64], *end;
	int err = sysfile_text(file, text, sizeof(text));
	long long value;

	if (err)
		return err;
	errno = 0;
	value = strtoll(text, &end, 0);
	if (errno)
		return -errno;
	if (end == text || *end)
		return -EINVAL;
	*integer = value;
	return 0;
}

void sysfile_why(const struct sysfile *file, int err, const char *hint, char *buffer, size_t size)
{
	static const struct {
		int err;
		const char *text;
	} reasons[] = {
		{ -ENOENT, "does not exist" },
		{ -ENOTDIR, "does not exist" },
		{ -EACCES, "is readable by root only" },
		{ -EPERM, "is readable by root only" },
		{ -ENODATA, "is empty" },
		{ -EINVAL, "has unexpected contents" },
		{ -ERANGE, "has a number out of range" },
	};
	const char *reason = strerror(-err);

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (reasons[i].err == err)
			reason = reasons[i].text;
	}
	snprintf(buffer, size, "%s %s%s%s", file->name, reason, hint ? "; " : "", hint ? hint : "");
}

static int not_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

char **sysfile_names(const struct sysfile *folder)
{
	struct dirent **entries;
	int count = scandir(folder->text, &entries, not_hidden, alphasort);
	char **names;

	if (count < 0)
		return NULL;
	names = calloc((size_t)count + 1, sizeof(*names));
	for (int i = 0, kept = 0; i < count; i++) {
		if (names) {
			names[kept] = strdup(entries[i]->d_name);
			kept += names[kept] != NULL;
		}
		free(entries[i]);
	}
	free(entries);
	return names;
}

void sysfile_free_names(char **names)
{
	for (char **name = names; name && *name; name++)
		free(*name);
	free(names);
}

/* The next range of a list, or false at its end and at anything that is no range. */
static bool next_range(const char **list, long *first, long *last)
{
	const char *at = *list + strspn(*list, ", \t\n");
	char *end;

	if (*at < '0' || *at > '9')
		return false;
	*first = *last = strtol(at, &end, 10);
	if (*end == '-' && end[1] >= '0' && end[1] <= '9')
		*last = strtol(end + 1, &end, 10);
	*list = end;
	return *last >= *first && *last < INT_MAX;
}

bool cpulist_has(const char *list, int cpu)
{
	long first, last;

	while (next_range(&list, &first, &last)) {
		if (cpu >= first && cpu <= last)
			return true;
	}
	return false;
}

int cpulist_count(const char *list)
{
	long first, last, count = 0;

	while (next_range(&list, &first, &last))
		count += last - first + 1;
	return count < INT_MAX ? (int)count : INT_MAX;
}
