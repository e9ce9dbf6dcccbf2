/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A result in the formats of other programs. A format is one file in this folder, which exports one
 * `const struct export_format export_NAME`, and one line in EXPORT_FORMATS below.
 */
#ifndef ZAPBENCH_REPORT_EXPORT_H
#define ZAPBENCH_REPORT_EXPORT_H

#include "report/analysis/run-set.h"
#include "report/export/exported.h"

struct export_format {
	const char *name, *help;
	int (*write)(const struct exports *exports, FILE *out); /* errors of @out are the caller's; 0 or -ENOMEM */
	int (*check)(const struct exports *exports, struct why *why); /* may refuse; or NULL */
	enum exported_kind kind; /* without a figure of this kind there is nothing to write */
	bool times;              /* instructions of emulated runs have no place in it */
	bool history;            /* takes a folder of results */
	bool anything;           /* has something to say without a figure too */
};

/* One line per format, in the order in which help and man page list them. */
#define EXPORT_FORMATS(X) \
	X(openmetrics)    \
	X(github)         \
	X(github_smaller) \
	X(github_bigger)  \
	X(google)         \
	X(bmf)            \
	X(kcidb)          \
	X(csv)            \
	X(otava)          \
	X(otava_config)   \
	X(ktap)           \
	X(lava)           \
	X(share)

#define EXPORT_DECLARE(name) extern const struct export_format export_##name;
EXPORT_FORMATS(EXPORT_DECLARE)

extern const struct export_format *const export_formats[]; /* NULL-terminated */

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
