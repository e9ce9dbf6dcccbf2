/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that are replaced completely or not at all. */
#ifndef ZAPBENCH_FILE_H
#define ZAPBENCH_FILE_H

#include <stdio.h>

#include "bench/base/why.h"

/* What mends the negative errno @err of a file, a folder or a process; NULL where nothing is known. */
const char *file_remedy(int err);

/* Note that something with @path failed with the negative errno @err, and what mends it. Return: @err. */
int file_why(struct why *why, int err, const char *path);

/**
 * file_replace() - make or replace a file in one step
 * @path: "-" is standard output; a device, a pipe or a socket is written to, as it cannot be replaced; a link is
 *         replaced, not followed, but in /dev and /proc
 * @fill: writes the contents; 0 or -errno
 * @arg: handed to @fill
 * @why: filled on error
 *
 * Return: 0 or -errno. On error @path is what it was; only when the folder could not be synced, which comes last,
 * it is new already and a power failure may undo that.
 */
int file_replace(const char *path, int (*fill)(FILE *file, const void *arg), const void *arg, struct why *why);

/* Can file_replace() work on @path? To be asked before the work whose result it keeps. 0 or -errno. */
int file_may_replace(const char *path, struct why *why);

/* The same with contents that are in memory. */
int file_replace_bytes(const char *path, const void *data, size_t size, struct why *why);
/*
 * The same for what is compared and made again at the next call: it is not synced, so a power failure may leave an
 * incomplete file. Of a thousand files, syncing takes most of the time.
 */
int file_replace_again(const char *path, const void *data, size_t size, struct why *why);

/*
 * A new file beside @path, which rename() makes @path: complete, and on the disk before its name is. *name is freed by
 * the caller, who removes the file where it is not renamed; NULL on error. 0 or -errno.
 */
int file_prepare(const char *path, const void *data, size_t size, char **name, struct why *why);

/* Add @text to the end of a file, which is made where there is none. file_sync() brings it to the disk. 0 or -errno. */
int file_append(const char *path, const char *text, struct why *why);
/* Make what was written to a file, and its name, last. 0 or -errno. */
int file_sync(const char *path, struct why *why);

/* The whole of a file, with a NUL behind it; freed by the caller also on error. 0 or -errno. */
int file_bytes(const char *path, char **text, size_t *size);
/* The same of a small file of whoever can write there: a regular one; NULL where there is none. 0 or -errno. */
int file_text(const char *path, char **text, struct why *why);

/* Remove the temporary files that file_replace() left in @folder when it was killed, days ago. */
void file_sweep(const char *folder);

/* Make what was created, renamed or removed beside @path last. 0 or -errno. */
int file_sync_folder(const char *path);

/* Make a folder where there is none. 0 or -errno. */
int file_folder(const char *path, struct why *why);

/* Make a folder and those above it, as mkdir -p. 0 or -errno. */
int file_make_folder(const char *path);

/* Point @dir/latest.json at @file_name, a symbolic link replaced in one step. */
int file_point_latest(const char *dir, const char *file_name, struct why *why);

/* Write what stdio holds back, which shows its errors only then. 0 or -errno. */
int file_flush(FILE *file);

#endif
