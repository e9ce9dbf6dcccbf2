/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A record as a table that can be pasted into a mail: ASCII, at most 78 columns. */
#ifndef ZAPBENCH_TABLE_H
#define ZAPBENCH_TABLE_H

#include <stdio.h>

#include "bench/record/record.h"

#define TABLE_COLUMNS 78

/* Print it all: machine, figures per case, what was left out, warnings. Return: 0 or -EIO when @out took an error. */
int table_print(const struct record *record, FILE *out);

/*
 * Print @first and then the words of @text so that no line is longer than @columns; further lines are indented by
 * @indent. A word that fits no line is cut.
 */
void table_wrapped(FILE *out, size_t columns, const char *first, size_t indent, const char *text);

#endif
