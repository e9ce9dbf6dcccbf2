// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/site/pages.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/base/memory.h"
#include "bench/base/file.h"

int folder_make(const char *folder, const char *name, struct why *why)
{
	char *path;
	int err = 0;

	if (asprintf(&path, "%s/%s", folder, name) < 0)
		return -ENOMEM;
	if (mkdir(path, 0777) && errno != EEXIST)
		err = errno == ENOENT ? why_set(why, -ENOTDIR, "make the folder above it", "%s cannot be made", path)
				      : file_why(why, -errno, path);
	free(path);
	return err;
}

static bool is_as_it_was(const char *path, const struct memory_text *page)
{
	FILE *file = fopen(path, "r");
	char *there = file ? malloc(page->size + 1) : NULL;
	bool same =
		there && fread(there, 1, page->size + 1, file) == page->size && !memcmp(there, page->data, page->size);

	free(there);
	if (file)
		fclose(file);
	return same;
}

int page_write(const struct dashboard *dashboard, const struct document *document, const char *name, struct why *why)
{
	struct memory_text page;
	FILE *memory = memory_open(&page);
	char *path = NULL;
	int err = memory ? document_html(document, dashboard->figures.folder, memory) : -ENOMEM;

	if (memory_close(memory))
		err = -ENOMEM;
	if (!err && asprintf(&path, "%s/%s", dashboard->folder, name) < 0)
		err = -ENOMEM;
	if (!err && !is_as_it_was(path, &page))
		err = file_replace_bytes(path, page.data, page.size, why);
	free(path);
	free(page.data);
	return err;
}

/* A copy of the file's bytes, "" where it is not there. 0 or -errno. */
static int bytes_of(const char *path, struct memory_text *bytes)
{
	FILE *file = fopen(path, "re");
	struct stat status;
	int err = 0;

	*bytes = (struct memory_text){ NULL, 0, 0 };
	if (!file || fstat(fileno(file), &status))
		err = -errno;
	if (!err) {
		bytes->size = (size_t)status.st_size;
		bytes->data = malloc(bytes->size + 1);
		err = bytes->data ? 0 : -ENOMEM;
	}
	if (!err && fread(bytes->data, 1, bytes->size, file) != bytes->size)
		err = -EIO;
	if (file)
		fclose(file);
	return err;
}

/* Are they of one size, and not the same file? A file of the history is never written again. */
static bool is_copy(const char *from, const char *to)
{
	struct stat source, copy;

	return !stat(from, &source) && !lstat(to, &copy) && S_ISREG(copy.st_mode) && source.st_size == copy.st_size &&
	       (source.st_ino != copy.st_ino || source.st_dev != copy.st_dev);
}

/*
 * The result of a run beside the pages: a copy, as whoever may write to the pages must not reach the history. A run
 * that was taken away meanwhile has none.
 */
int run_bring(const struct dashboard *dashboard, const struct history_run *run, struct why *why)
{
	char *from = history_file(dashboard->history, run->name), *to = NULL;
	struct memory_text bytes = { NULL, 0, 0 };
	int err = from && asprintf(&to, "%s/runs/%s.json.gz", dashboard->folder, run->name) >= 0 ? 0 : -ENOMEM;

	if (!err && !is_copy(from, to)) {
		err = bytes_of(from, &bytes);
		if (!err)
			err = file_replace_bytes(to, bytes.data, bytes.size, why);
		else if (err == -ENOENT)
			err = 0;
		else
			file_why(why, err, from);
	}
	free(bytes.data);
	free(from);
	free(to);
	return err;
}
