/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ZAPBENCH_REPORT_COMPARE_H
#define ZAPBENCH_REPORT_COMPARE_H

#include <stdio.h>

#include "report/analysis/compare.h"

/* A table that a kernel mail can hold: ASCII, no line longer. */
#define COMPARE_COLUMNS 75

/* Print for people; whatever a record says is shown as printable ASCII. 0 or -EIO when @out took an error. */
int compare_print(const struct comparison *comparison, FILE *out);
/* The same as Markdown. */
int compare_markdown(const struct comparison *comparison, FILE *out);

/*
 * Of a run with --aa: how often its configurations came out as different from themselves. Prints nothing of other runs.
 * 0, -EIO or -ENOMEM.
 */
int compare_halves(const struct record *record, FILE *out);

#endif
