/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sections of the table. Private to report/render/table*.c. Each prints nothing where a record has nothing of it.
 */
#ifndef ZAPBENCH_TABLE_PARTS_H
#define ZAPBENCH_TABLE_PARTS_H

#include <stdio.h>

#include "bench/record/record.h"
#include "report/analysis/spread.h"

/* Where a table goes, and the columns of a line and of the name of a row. */
struct table {
	FILE *out;
	size_t columns, label;
};

/* --- table-lines.c */

/* A line of the table, wrapped: see print_wrapped(). */
void table_line(const struct table *to, const char *first, size_t indent, const char *text);
/* A whole number of the environment; -1 where it is not known. */
int64_t table_fact(const struct record *record, const char *group, const char *key);
/* A line below a row, wrapped. */
void table_below(const struct table *to, const char *line);
/* The name of a row, filled up with blanks. A longer one has lines of its own, so no name is cut. */
void table_label(const struct table *to, const char *label);

/* table-curves.c: what sweeps say as curves. 0 or -ENOMEM. */
int table_knees(const struct record *record, const struct table *to);
int table_scaling(const struct record *record, const struct table *to);

/*
 * table-spread.c: lines below a row: what its spread consists of, and which rows it disagrees with. @doubt: filled. 0
 * or -ENOMEM.
 */
int table_spread(const struct record *record, size_t index, enum spread_doubt *doubt, const struct table *to);
/* Which rows another run of this boot should reproduce, and why not the others. @doubt: of each row. 0 or -ENOMEM. */
int table_reproducible(const struct record *record, const enum spread_doubt *doubt, const struct table *to);

/* table-counts.c: single events, the kernel's own counts, counters. */
void table_events(const struct record *record, const struct table *to);
void table_kernel_parts(const struct record *record, const struct table *to);
void table_explanations(const struct record *record, const struct table *to);
void table_counters(const struct record *record, const struct table *to);

/* table-modelled.c: what a model of caches and TLBs counted. */
void table_modelled(const struct record *record, const struct table *to);

#endif
