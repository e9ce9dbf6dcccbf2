// SPDX-License-Identifier: GPL-2.0-or-later
/* What users note about runs: labels, and known changes. */
#include "report/history/history.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/base/file.h"
#include "report/history/folder.h"

/* --- labels */

static bool is_name(const char *text)
{
	return text[0] && text[0] != '.' && text[0] != '-' && strlen(text) <= 100 &&
	       !text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")];
}

int history_run(struct history *history, const char *begin, const struct history_run **found, struct why *why)
{
	const struct history_run *run;
	size_t runs, count = 0;
	int err = index_runs(history->index, &run, &runs, why);

	for (size_t i = 0; i < runs && !err; i++) {
		if (strncmp(run[i].name, begin, strlen(begin)))
			continue;
		*found = &run[i];
		/* A whole name may be the beginning of another one. */
		if (!run[i].name[strlen(begin)])
			return 0;
		count++;
	}
	if (!err && !count)
		err = why_set(why, -ENOENT, "zapbench history list shows them",
			      "no run has a name that begins with '%.100s'", begin);
	else if (!err && count > 1)
		err = why_set(why, -ENOTUNIQ, "give more letters of the name",
			      "several runs have names that begin with '%.100s'", begin);
	return err;
}

int history_find_run(struct history *history, const char *begin, char *name, size_t size, struct why *why)
{
	const struct history_run *run;
	int err = history_run(history, begin, &run, why);

	if (!err)
		snprintf(name, size, "%s", run->name);
	return err;
}

int history_label(struct history *history, const char *run, const char *label, struct why *why)
{
	char name[RUN_NAME_BYTES_MAX + 1], *folder = NULL, *link = NULL, *target = NULL;
	int err;

	if (!is_name(label))
		return why_set(why, -EINVAL, "use letters, digits, '.', '_' and '-'", "'%.100s' is not a valid label",
			       label);
	err = history_find_run(history, run, name, sizeof(name), why);
	if (err)
		return err;
	if (asprintf(&folder, "%s/labels/%s", history->path, label) < 0 ||
	    asprintf(&link, "%s/%s" RUN_SUFFIX, folder, name) < 0 ||
	    asprintf(&target, "../../runs/%s" RUN_SUFFIX, name) < 0)
		err = -ENOMEM;
	else if ((mkdir(folder, 0777) && errno != EEXIST) || (symlink(target, link) && errno != EEXIST))
		err = file_why(why, -errno, link);
	if (!err)
		err = file_sync_folder(link);
	if (!err)
		err = file_sync_folder(folder);
	free(target);
	free(link);
	free(folder);
	return err;
}

int history_unlabel(const struct history *history, const char *run, struct why *why)
{
	char **label = history_labels(history);
	int err = label ? 0 : -ENOMEM;

	for (size_t i = 0; !err && label[i]; i++) {
		char *link;

		if (asprintf(&link, "%s/labels/%s/%s" RUN_SUFFIX, history->path, label[i], run) < 0) {
			err = -ENOMEM;
			break;
		}
		if (unlink(link) && errno != ENOENT)
			err = file_why(why, -errno, link);
		free(link);
	}
	history_free_labels(label);
	return err;
}

bool history_has_label(const struct history *history, const char *run, const char *label)
{
	struct stat status;
	char *link;
	bool has;

	if (asprintf(&link, "%s/labels/%s/%s" RUN_SUFFIX, history->path, label, run) < 0)
		return false;
	has = !lstat(link, &status);
	free(link);
	return has;
}

static int is_label(const struct dirent *entry)
{
	return is_name(entry->d_name);
}

char **history_labels(const struct history *history)
{
	struct dirent **entry = NULL;
	char *path, **labels;
	int count = -1;

	if (asprintf(&path, "%s/labels", history->path) >= 0) {
		count = scandir(path, &entry, is_label, alphasort);
		free(path);
	}
	labels = calloc((size_t)(count > 0 ? count : 0) + 1, sizeof(*labels));
	for (int i = 0; i < count; i++) {
		if (labels)
			labels[i] = strdup(entry[i]->d_name);
		free(entry[i]);
	}
	free(entry);
	return labels;
}

void history_free_labels(char **labels)
{
	for (size_t i = 0; labels && labels[i]; i++)
		free(labels[i]);
	free(labels);
}

const char *history_default_folder(void)
{
	const char *folder = getenv("ZAPBENCH_HISTORY");

	if (folder && folder[0])
		return folder;
	return access(HISTORY_FOLDER, F_OK) && !access(HISTORY_FOLDER_BEFORE, F_OK) ? HISTORY_FOLDER_BEFORE
										    : HISTORY_FOLDER;
}

const char *history_resolve(const char *argument, char *path, size_t size)
{
	if (strchr(argument, '/') || !strcmp(argument, "-") || !access(argument, F_OK))
		return argument;
	snprintf(path, size, "%s/labels/%s", history_default_folder(), argument);
	return access(path, F_OK) ? argument : path;
}
