/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order in which runs were added: the file "order" of a history. Clocks jump and lag; this number only rises.
 * The file only grows, a line for each run, and the last one of a run counts:
 *
 *   SEQUENCE  RUN
 *
 * with a tab in between. Runs that were added together have one number. 0: the run goes by its date alone. Private to
 * report/history.
 */
#ifndef ZAPBENCH_ORDER_H
#define ZAPBENCH_ORDER_H

#include <stddef.h>
#include <stdint.h>

#include "bench/base/why.h"

struct order_line {
	const char *run;
	int64_t sequence;
};

struct order {
	char *text;
	struct order_line *line; /* by run, one of each */
	size_t nr_lines;
	int64_t last; /* the highest number */
};

/* Read the file of the history @folder; none is an empty one. @order is freed also on error. 0 or -errno. */
int order_read(const char *folder, struct order *order, struct why *why);
void order_free(struct order *order);

/* The number of a run; -1 where it has none. */
int64_t order_of(const struct order *order, const char *run);

/* Add lines to the file. 0 or -errno. */
int order_append(const char *folder, const struct order_line *line, size_t count, struct why *why);
/* What was added is on the disk afterwards. 0 or -errno. */
int order_sync(const char *folder, struct why *why);

#endif
