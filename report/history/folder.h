/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The folder of a history, as its files see it. Private to report/history. */
#ifndef ZAPBENCH_FOLDER_H
#define ZAPBENCH_FOLDER_H

#include "bench/base/why.h"
#include "report/history/index.h"

#define RUN_SUFFIX ".json.gz"
#define RUN_NAME_BYTES_MAX 160

struct history {
	char *path;
	struct index *index;
	char *acknowledged; /* that file as it is; NULL while there is none */
};

/* Read the file "acknowledged" again. 0 or -errno. */
int acknowledged_read(struct history *history, struct why *why);

#endif
