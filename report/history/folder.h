/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The folder of a history, as its files see it. Private to report/history. */
#ifndef ZAPBENCH_FOLDER_H
#define ZAPBENCH_FOLDER_H

#include "bench/base/why.h"
#include "report/history/index.h"
#include "report/history/order.h"

#define RUN_SUFFIX ".json.gz"
#define RUN_NAME_BYTES_MAX 160
#define HISTORY_DATE_BYTES 40

struct history {
	char *path;
	struct index *index;
	int64_t sequence;   /* of what is being added; 0 before the first */
	char *acknowledged; /* the text of that file; NULL while there is none */
	struct acknowledgement *acknowledgement;
	size_t nr_acknowledgements;
};

/* Is it a name that a run may have: printable, that of a file in runs/ and of nothing elsewhere? */
bool is_run_name(const char *name);
/* When the run was, from its record or else from its file @path; NULL for now. 0 or -errno. */
int history_date(const struct record *record, const char *path, char *text, size_t size);

/* Read the file "acknowledged" again. 0 or -errno. */
int acknowledged_read(struct history *history, struct why *why);
void acknowledged_free(struct history *history);

/* Take a run, by its whole name, out of all labels. 0 or -errno. */
int history_unlabel(const struct history *history, const char *run, struct why *why);
/* The one run whose name begins with @begin. 0, -ENOENT, -ENOTUNIQ or another -errno. */
int history_find_run(struct history *history, const char *begin, char *name, size_t size, struct why *why);

#endif
