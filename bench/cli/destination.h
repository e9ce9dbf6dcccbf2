/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where zapbench run writes its results. */
#ifndef ZAPBENCH_DESTINATION_H
#define ZAPBENCH_DESTINATION_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "bench/base/why.h"
#include "bench/record/record.h"

/* Where results go unless --out says otherwise. */
#define RESULTS_FOLDER "results/runs/"

/* A folder, made when it is missing, and a name. */
struct destination {
	char folder[PATH_MAX / 2];
	char name[512]; /* empty: named after the run's id */
	bool stream;
};

/* What --out said, or NULL for RESULTS_FOLDER. 0 or -errno with @why: found out now, not after minutes of measuring. */
int destination_set(struct destination *to, const char *out, struct why *why);

/*
 * Write @record, and point latest.json at it where it is the @newest that measured something. @run and @runs: the
 * number of the run, from 0 on, and how many --repeat makes. @path, with room for @size bytes: the name that the file
 * got; not for a stream. 0 or -errno.
 */
int destination_save(const struct destination *to, const struct record *record, int64_t run, int64_t runs, bool newest,
		     char *path, size_t size, struct why *why);

#endif
