// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/site/pages.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

struct page_text {
	char *text;
	size_t size;
};

static bool is_as_it_was(const char *path, const struct page_text *page)
{
	FILE *file = fopen(path, "r");
	char *there = file ? malloc(page->size + 1) : NULL;
	bool same =
		there && fread(there, 1, page->size + 1, file) == page->size && !memcmp(there, page->text, page->size);

	free(there);
	if (file)
		fclose(file);
	return same;
}

int page_write(const struct dashboard *dashboard, const struct document *document, const char *name, struct why *why)
{
	struct page_text page = { NULL, 0 };
	FILE *memory = open_memstream(&page.text, &page.size);
	char *path = NULL;
	int err = memory ? document_html(document, dashboard->figures.folder, memory) : -ENOMEM;

	if (memory && fclose(memory) && !err)
		err = -ENOMEM;
	if (!err && asprintf(&path, "%s/%s", dashboard->folder, name) < 0)
		err = -ENOMEM;
	if (!err && !is_as_it_was(path, &page))
		err = file_replace_bytes(path, page.text, page.size, why);
	free(path);
	free(page.text);
	return err;
}

/* The result of a run beside the pages: the same file where the file system allows it, else a copy. */
int run_bring(const struct dashboard *dashboard, const struct history_run *run, struct why *why)
{
	char *from = history_file(dashboard->history, run->name), *to = NULL;
	struct page_text bytes = { NULL, 0 };
	struct stat status;
	int err = from ? 0 : -ENOMEM;

	if (!err && asprintf(&to, "%s/runs/%s.json.gz", dashboard->folder, run->name) < 0)
		err = -ENOMEM;
	if (!err && access(to, F_OK) && link(from, to) && errno != EEXIST) {
		FILE *file = fopen(from, "r");

		if (!file || fstat(fileno(file), &status))
			err = file_why(why, -errno, from);
		bytes.size = err ? 0 : (size_t)status.st_size;
		bytes.text = err ? NULL : malloc(bytes.size + 1);
		if (!err && (!bytes.text || fread(bytes.text, 1, bytes.size, file) != bytes.size))
			err = file_why(why, bytes.text ? -EIO : -ENOMEM, from);
		if (!err)
			err = file_replace_bytes(to, bytes.text, bytes.size, why);
		if (file)
			fclose(file);
	}
	free(bytes.text);
	free(from);
	free(to);
	return err;
}
