/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A record as a table that can be pasted into a mail: ASCII, at most 78 columns. */
#ifndef ZAPBENCH_TABLE_H
#define ZAPBENCH_TABLE_H

#include <stdio.h>

#include "bench/record/record.h"

#define TABLE_COLUMNS 78

/* Print it all: machine, figures per case, what was discarded, warnings. Return: 0, -ENOMEM, or -EIO when @out has an
 * error. */
int table_print(const struct record *record, FILE *out);

#endif
