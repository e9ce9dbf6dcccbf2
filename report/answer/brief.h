/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The answer of one result: a sentence and a table. A run prints the sentence first; a report begins with both. */
#ifndef ZAPBENCH_BRIEF_H
#define ZAPBENCH_BRIEF_H

#include <stdbool.h>
#include <stddef.h>

#include "report/analysis/choice.h"
#include "report/render/document.h"
#include "report/render/words.h"

enum { BRIEF_ROWS = 12, BRIEF_TEXT = 1500 };

/* The workloads of the table. */
struct brief {
	const struct workload *row[BRIEF_ROWS]; /* those that compare policies come first */
	size_t rows, left_out;
	unsigned int shared; /* a bit for each parameter that all workloads share: the heading says it */
};

/*
 * The recommendation of @choice; the break-even where userspace imitates the policies; "Inconclusive" where nothing is
 * decided. @text has room for BRIEF_TEXT bytes. 0 or -ENOMEM.
 */
int brief_sentence(const struct choice *choice, char *text);
/*
 * The first line after a run: brief_sentence() where frames were measured; else how many rows have a figure, and how
 * precise they are. @text has room for BRIEF_TEXT bytes, @record is summarised. 0 or -ENOMEM.
 */
int brief_finding(const struct record *record, char *text);
/* Print it in lines of @columns, and an empty line. 0 or -ENOMEM. */
int brief_print(const struct record *record, size_t columns, FILE *out);
/* What to run next, into @text with room for BRIEF_TEXT bytes. Return: what that is for, static. */
const char *brief_command(const struct choice *choice, char *text);

/* How much more than the first option of @workload another one costs, divided by @parts, with its interval. */
struct words brief_added(const struct workload *workload, const struct choice_option *option, double parts);

struct brief brief_rows(const struct choice *choice);
/* A workload without the parameters that all share: "12.5 % read". Never the same for two of them. */
struct words brief_label(const struct brief *brief, const struct workload *workload);
/* What all workloads share: "1M, 4 frames per buffer, zap-heap". */
struct words brief_shared(const struct brief *brief);
/* Add the table. @evidence: where the best policy links to, or NULL. */
void brief_table(struct document *document, const struct choice *choice, const struct brief *brief,
		 const char *evidence);

#endif
