/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a line of a journal says. Private to bench/record/: journal.c keeps the files, json-journal.c the lines. */
#ifndef ZAPBENCH_JOURNAL_LINES_H
#define ZAPBENCH_JOURNAL_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/record/record.h"

/* Lines with their line feed, owned by the caller; NULL without memory. */
char *record_header_line(const struct record *record);
char *record_segment_line(const struct record *record); /* the newest */
char *record_round_line(const struct record *record, const double *const *events, const size_t *nr_events);

/*
 * The way back. @file is the journal and @number the line, for messages. The round or segment is appended to the
 * record; on error the record is what it was. 0, -EINVAL with the reason, or -ENOMEM.
 *
 * @next: the number that the next round has in the file; updated. @gaps: rounds before this line may be missing.
 */
int record_from_header_line(const char *file, const char *line, size_t length, struct record **record, struct why *why);
int record_add_line(struct record *record, int64_t *next, bool gaps, const char *file, size_t number, const char *line,
		    size_t length, struct why *why);

#endif
