// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analysis/run-set.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/base/array.h"

bool same_run(const struct record *a, const struct record *b)
{
	/* Emulated runs repeat themselves: two with one name are the rule, and count as one anyhow. */
	return !a->emulated && !strcmp(a->run_id, b->run_id) && a->nr_rounds == b->nr_rounds &&
	       a->duration_s == b->duration_s;
}

struct config_result *find_config(const struct record *record, const char *name)
{
	for (size_t i = 0; i < record->nr_configs; i++) {
		if (!strcmp(record->config[i].name, name))
			return &record->config[i];
	}
	return NULL;
}

static int leave_out(struct run_set *set, const char *text)
{
	struct warning *row = array_room(set->left_out, set->nr_left_out, sizeof(*row));

	if (!row)
		return -ENOMEM;
	set->left_out = row;
	row[set->nr_left_out] = (struct warning){ .text = strdup(text) };
	return row[set->nr_left_out++].text ? 0 : -ENOMEM;
}

/* Takes @record over. */
static int set_add(struct run_set *set, const char *path, struct record *record)
{
	struct record **row;

	for (size_t i = 0; i < set->nr_records; i++) {
		char text[400];

		if (!same_run(set->record[i], record))
			continue;
		snprintf(text, sizeof(text), "%.160s: a copy of run %.100s", path, record->run_id);
		record_free(record);
		return leave_out(set, text);
	}
	row = array_room(set->record, set->nr_records, sizeof(struct record *));
	if (!row) {
		record_free(record);
		return -ENOMEM;
	}
	set->record = row;
	row[set->nr_records++] = record;
	return 0;
}

static int is_result(const struct dirent *entry)
{
	const char *name = entry->d_name;
	size_t length = strlen(name);

	if (length > 3 && !strcmp(name + length - 3, ".gz"))
		length -= 3;
	return length > 5 && name[0] != '.' && !strncmp(name + length - 5, ".json", 5);
}

static int set_read_file(struct run_set *set, const char *path, bool must, struct why *why)
{
	struct why this = { "", "" };
	struct record *record;
	int err = record_read(path, &record, &this);

	if (!err && record_summarise(record)) {
		record_free(record);
		return why_set(why, -ENOMEM, NULL, "%s: out of memory", path);
	}
	if (!err)
		return set_add(set, path, record);
	if (must || err == -ENOMEM)
		return why_set(why, err, this.remedy, "%s", this.reason);
	return leave_out(set, this.reason);
}

/* latest.json is one of the others; a link into another folder, as a label of the history has them, is not. */
static bool is_another(const char *path)
{
	char target[PATH_MAX];
	ssize_t length = readlink(path, target, sizeof(target));

	return length > 0 && !memchr(target, '/', (size_t)length);
}

static int set_read_folder(struct run_set *set, const char *path, struct why *why)
{
	struct dirent **entry = NULL;
	int count = scandir(path, &entry, is_result, alphasort), err = count < 0 ? -errno : 0;

	if (err)
		why_set(why, err, NULL, "%s: %s", path, strerror(-err));
	for (int i = 0; i < count; i++) {
		char *file = NULL;

		if (!err && asprintf(&file, "%s/%s", path, entry[i]->d_name) < 0)
			err = -ENOMEM;
		if (!err && !is_another(file))
			err = set_read_file(set, file, false, why);
		if (file)
			free(file);
		free(entry[i]);
	}
	free(entry);
	if (err || set->nr_records)
		return err;
	return why_set(why, -EINVAL, "zapbench run --out FOLDER/ --repeat 5", "%s: no results file there%s%s", path,
		       set->nr_left_out ? ", only " : "", set->nr_left_out ? set->left_out[0].text : "");
}

int run_set_read(const char *path, struct run_set *set, struct why *why)
{
	struct stat stat_buffer;
	int err;

	*set = (struct run_set){ .path = strdup(path) };
	if (!set->path)
		err = -ENOMEM;
	else if (!stat(path, &stat_buffer) && S_ISDIR(stat_buffer.st_mode))
		err = set_read_folder(set, path, why);
	else
		err = set_read_file(set, path, true, why);
	if (err)
		run_set_free(set);
	return err;
}

void run_set_free(struct run_set *set)
{
	for (size_t i = 0; i < set->nr_records; i++)
		record_free(set->record[i]);
	for (size_t i = 0; i < set->nr_left_out; i++)
		free(set->left_out[i].text);
	free(set->record);
	free(set->left_out);
	free(set->path);
	*set = (struct run_set){ 0 };
}
