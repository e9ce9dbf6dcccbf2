/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run set: the runs of one side of a comparison. */
#ifndef ZAPBENCH_RUN_SET_H
#define ZAPBENCH_RUN_SET_H

#include "bench/record/record.h"

/* Each run in it is a record whose file could be read, once. */
struct run_set {
	char *path;
	struct record **record;
	size_t nr_records;
	struct warning *left_out; /* files that are no record, or a run again: code "file", text the reason */
	size_t nr_left_out;
};

/**
 * run_set_read() - the runs of a file or of all *.json and *.json.gz of a folder
 * @path: a file; or a folder, whose symbolic links to one another (latest.json) are passed over and whose files that
 * are no results files are skipped, with the reason
 * @set: owned by the caller, run_set_free()
 * @why: on error
 *
 * Return: 0; -EINVAL for a file that is no record or a folder without any; -ENOMEM or what opening gave.
 */
int run_set_read(const char *path, struct run_set *set, struct why *why);
void run_set_free(struct run_set *set);

/* The configuration of that name, or NULL. */
struct config_result *find_config(const struct record *record, const char *name);
/* Is it the same run, copied? */
bool same_run(const struct record *a, const struct record *b);

#endif
