/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A record as a table: ASCII; in 78 columns it can be pasted into a mail. */
#ifndef ZAPBENCH_TABLE_H
#define ZAPBENCH_TABLE_H

#include <stdio.h>

#include "bench/record/record.h"

#define TABLE_COLUMNS 78

/* Print it all in lines of @columns, 60 or more: machine, figures per case, what was discarded, warnings. Return: 0,
 * -ENOMEM, or -EIO when @out has an error. */
int table_print(const struct record *record, size_t columns, FILE *out);

#endif
