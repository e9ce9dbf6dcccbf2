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
	int err;

	if (asprintf(&path, "%s/%s", folder, name) < 0)
		return -ENOMEM;
	err = file_folder(path, why);
	if (!err)
		file_sweep(path);
	free(path);
	return err;
}

static bool is_as_it_was(const char *path, const char *text, size_t size)
{
	FILE *file = fopen(path, "re");
	char *there = file ? malloc(size + 1) : NULL;
	bool same = there && fread(there, 1, size + 1, file) == size && !memcmp(there, text, size);

	free(there);
	if (file)
		fclose(file);
	return same;
}

static int write_new(const struct dashboard *dashboard, const char *text, size_t size, const char *name,
		     int (*replace)(const char *path, const void *data, size_t size, struct why *why), struct why *why)
{
	char *path;
	int err = 0;

	if (asprintf(&path, "%s/%s", dashboard->folder, name) < 0)
		return -ENOMEM;
	if (!is_as_it_was(path, text, size))
		err = replace(path, text, size, why);
	free(path);
	return err;
}

int bytes_write(const struct dashboard *dashboard, const char *text, size_t size, const char *name, struct why *why)
{
	return write_new(dashboard, text, size, name, file_replace_again, why);
}

int bytes_keep(const struct dashboard *dashboard, const char *text, size_t size, const char *name, struct why *why)
{
	return write_new(dashboard, text, size, name, file_replace_bytes, why);
}

int page_write(const struct dashboard *dashboard, const struct document *document, const char *name, struct why *why)
{
	struct memory_text page;
	FILE *memory = memory_open(&page);
	int err = memory ? document_html(document, dashboard->figures.folder, memory) : -ENOMEM;

	if (memory_close(memory))
		err = -ENOMEM;
	if (!err)
		err = bytes_write(dashboard, page.data, page.size, name, why);
	free(page.data);
	return err;
}

bool file_is_there(const struct dashboard *dashboard, const char *name)
{
	char *path;
	bool there;

	if (asprintf(&path, "%s/%s", dashboard->folder, name) < 0)
		return false;
	there = !access(path, R_OK);
	free(path);
	return there;
}

bool file_begins(const struct dashboard *dashboard, const char *name, const char *text)
{
	char *path, begin[64] = "";
	FILE *file;
	bool same;

	if (asprintf(&path, "%s/%s", dashboard->folder, name) < 0)
		return false;
	file = fopen(path, "re");
	same = file && fgets(begin, sizeof(begin), file) && !strncmp(begin, text, strlen(text));
	if (file)
		fclose(file);
	free(path);
	return same;
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
	char *text = NULL;
	size_t size;
	int err = from && asprintf(&to, "%s/runs/%s.json.gz", dashboard->folder, run->name) >= 0 ? 0 : -ENOMEM;

	if (!err && !is_copy(from, to)) {
		err = file_bytes(from, &text, &size);
		if (!err)
			err = file_replace_bytes(to, text, size, why);
		else if (err == -ENOENT)
			err = 0;
		else
			file_why(why, err, from);
	}
	free(text);
	free(from);
	free(to);
	return err;
}
