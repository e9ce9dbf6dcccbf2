/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a figure came about, in a paragraph. */
#ifndef ZAPBENCH_EXPLAIN_H
#define ZAPBENCH_EXPLAIN_H

#include <stddef.h>
#include <stdio.h>

#include "bench/base/why.h"
#include "bench/record/record.h"

/*
 * Which configuration a user means by @row: its name in the record, its label, with its case before it or without, or
 * words that only it has. 0 with @index, or -EINVAL with @why, which names near ones.
 */
int explain_find(const struct record *record, const char *row, size_t *index, struct why *why);
/* Explain configuration @index of a summarised @record, in lines of @columns. 0, -ENOMEM, or -EIO when @out failed. */
int explain_print(const struct record *record, size_t index, size_t columns, FILE *out);

#endif
