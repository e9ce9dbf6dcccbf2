/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What record.c, the only file that knows of JSON, does for the rest of results/: lines of text to and from
 * records. Private to results/.
 */
#ifndef ZAPBENCH_CODEC_H
#define ZAPBENCH_CODEC_H

#include <stddef.h>

#include "bench/record/record.h"

/* Would record_read() take what record_write() makes of @record? @file is for the message. 0, -EINVAL or -ENOMEM. */
int record_check(const struct record *record, const char *file, struct why *why);
void record_free_unknown(struct record *record);

/*
 * Write @base, as @fields describes it, as the JSON of @schema MAJOR.MINOR. No field may be of FIELD_COLUMNS or
 * FIELD_HISTOGRAM, which belong to a record. 0 or -errno.
 */
struct field;
int fields_write(const void *base, const struct field *fields, const char *schema, const char *version, FILE *file);

/* Lines of a journal with their line feed, owned by the caller; NULL without memory. */
char *record_header_line(const struct record *record);
char *record_segment_line(const struct record *record); /* the newest */
char *record_round_line(const struct record *record, const double *const *events, const size_t *nr_events);

/*
 * The way back. @file is the journal and @number the line, for messages. The round or piece is appended to the record.
 * 0, -EINVAL with the reason, or -ENOMEM.
 */
int record_from_header_line(const char *file, const char *line, size_t length, struct record **record, struct why *why);
int record_add_line(struct record *record, const char *file, size_t number, const char *line, size_t length,
		    struct why *why);

#endif
