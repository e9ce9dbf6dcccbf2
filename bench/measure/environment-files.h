/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small files of /proc and /sys, below a root that tests can change. For bench/measure/ and bench/source/.
 */
#ifndef ZAPBENCH_ENVIRONMENT_FILES_H
#define ZAPBENCH_ENVIRONMENT_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SYSFILE_PATH = 512 };

/* A path below a root. Messages use @name, the path without the root. */
struct sysfile {
	char text[SYSFILE_PATH];
	const char *name; /* in @text, behind the root: "/sys/..." */
};

/* A name that is too long is cut, and then does not exist. */
void sysfile_path(struct sysfile *file, const char *root, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/**
 * sysfile_text() - a whole small file
 * @buffer: at most @size - 1 bytes, without trailing blanks. NULs (device tree) become blanks. Everything else that is
 *          not printable ASCII, line end or tab becomes '?', since records are UTF-8
 *
 * Return: 0 or -errno; -ENODATA for a file without text. @buffer is a string in any case.
 */
int sysfile_text(const struct sysfile *file, char *buffer, size_t size);

/* A file that holds one integer and nothing else. 0, -EINVAL, -ERANGE, or -errno of reading it. */
int sysfile_integer(const struct sysfile *file, int64_t *integer);

/* Write to @buffer why @file could not be read. @hint (how to make it readable) may be NULL. */
void sysfile_why(const struct sysfile *file, int err, const char *hint, char *buffer, size_t size);

/* Names in a folder, sorted; NULL-terminated, freed by sysfile_free_names(). NULL: none. */
char **sysfile_names(const struct sysfile *folder);
void sysfile_free_names(char **names);

/* Lists of CPUs as the kernel writes them: "0-3,6". Blanks separate as commas do. */
bool cpulist_has(const char *list, int cpu);
int cpulist_count(const char *list);

#endif
