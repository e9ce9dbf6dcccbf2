/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A result in the formats of other programs. A format is one file in this folder and one entry of export_formats. */
#ifndef ZAPBENCH_REPORT_EXPORT_H
#define ZAPBENCH_REPORT_EXPORT_H

#include "report/analysis/run-set.h"
#include "report/export/exported.h"

struct export_format {
	const char *name, *help;
	int (*write)(const struct exports *exports, FILE *out);
	int (*check)(const struct exports *exports, struct why *why); /* may refuse; or NULL */
	enum exported_kind kind; /* without a figure of this kind there is nothing to write */
	bool times;              /* instructions of emulated runs have no place in it */
	bool history;            /* takes a folder of results */
	bool anything;           /* has something to say without a figure too */
};

extern const struct export_format export_formats[]; /* the last one has no name */

/**
 * export_write() - write results in a format
 * @set: sorted by start; more than one only where the format takes a history
 * @out: a file, replaced as a whole; "-" is standard output
 * @dropped: how many figures a history lost, as not all of its runs have them
 * @why: on error
 *
 * Return: 0; -ENODATA when the format can hold nothing of it; or another -errno.
 */
int export_write(const struct export_format *format, struct run_set *set, const char *out, size_t *dropped,
		 struct why *why);

#endif
