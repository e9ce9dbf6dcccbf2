/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Results as HTML, Markdown, text and PDF, with plots. */
#ifndef ZAPBENCH_REPORT_H
#define ZAPBENCH_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "bench/base/why.h"
#include "bench/record/observation.h"

/* Results in one report: each has a letter. */
enum { REPORT_RESULTS_MAX = 26 };

struct report_options {
	const char *out, *title;               /* the folder, made when it is missing */
	const struct observation *observation; /* of an application; NULL: none */
	bool pdf;
	size_t columns;                         /* of the text that report_brief() prints */
	void (*problem)(const struct why *why); /* called per file that is no result, and once for plots not drawn */
};

/**
 * report_make() - write a report, and print the names of its files
 * @path: results files, at most REPORT_RESULTS_MAX
 * @count: of them
 * @options: where, and what of it
 * @why: on error but -EBADMSG, -ENODATA and -ENOMEM
 *
 * Return: 0; when the report is there, but not all results are in it -EBADMSG, or not all plots -ENODATA; -EINVAL when
 * no file is a result; or another -errno.
 */
int report_make(char *const *path, size_t count, const struct report_options *options, struct why *why);
/* The answer alone, as text to @out. No file is written. Otherwise as report_make(), but for -ENODATA. */
int report_brief(char *const *path, size_t count, const struct report_options *options, FILE *out, struct why *why);

#endif
