/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sections of the table. Private to report/render/table*.c. Each prints nothing where a record has nothing of it.
 */
#ifndef ZAPBENCH_TABLE_PARTS_H
#define ZAPBENCH_TABLE_PARTS_H

#include <stdio.h>

#include "bench/record/record.h"
#include "report/analysis/spread.h"

enum { LABEL_COLUMNS = 26 };

/* A line of the table, wrapped: see print_wrapped(). */
void table_line(FILE *out, const char *first, size_t indent, const char *text);
/* A whole number of the environment; -1 where it is not known. */
int64_t table_fact(const struct record *record, const char *group, const char *key);
/* Are both of one case and source? */
bool table_same_group(const struct config_result *a, const struct config_result *b);

/* table-curves.c: what sweeps say as curves. 0 or -ENOMEM. */
int table_knees(const struct record *record, FILE *out);
int table_scaling(const struct record *record, FILE *out);

/*
 * table-spread.c: lines below a row: what its spread consists of, and which rows it disagrees with. @doubt: filled. 0
 * or -ENOMEM.
 */
int table_spread(const struct record *record, size_t index, enum spread_doubt *doubt, FILE *out);
/* Which rows another run of this boot should reproduce, and why not the others. @doubt: of each row. 0 or -ENOMEM. */
int table_reproducible(const struct record *record, const enum spread_doubt *doubt, FILE *out);

/* table-counts.c: single events, the kernel's own counts, counters. */
void table_events(const struct record *record, FILE *out);
void table_kernel_parts(const struct record *record, FILE *out);
void table_explanations(const struct record *record, FILE *out);
void table_counters(const struct record *record, FILE *out);

#endif
