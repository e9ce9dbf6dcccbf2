/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A record's parts to and from JSON, by the tables of fields.h. Private to the files json-*.c, which are the only ones
 * of this folder that know of JSON.
 */
#ifndef ZAPBENCH_JSON_H
#define ZAPBENCH_JSON_H

#include <jansson.h>

#include "bench/record/fields.h"
#include "bench/record/reader.h"

/* The rule that gives a histogram its bins. The file holds it, so that a reader with other bins notices. */
#define BINS_UNIT "ns"
#define BINS_FIRST_EDGE_NS 1

/* ---- json-write.c: each returns a new reference, NULL without memory ---- */

json_t *number_json(double x, bool integer);
json_t *bins_json(const struct histogram *histogram);
/* @base as @fields describe it; @record gives columns their length. */
json_t *fields_json(const struct record *record, const void *base, const struct field *fields);
/* The whole record under the name @schema. */
json_t *record_json(const struct record *record, const char *schema);
/* Write @json in the layout of a record's file, with a line feed. 0 or -errno. */
int json_write(FILE *file, json_t *json);

/* ---- json-read.c: 0, or -EINVAL or -ENOMEM with the reason in the reader's why ---- */

/* What was expected at the reader's place, and that @json was found. -EINVAL. */
int expected(const struct reader *reader, const char *what, const json_t *json);
int read_integer(struct reader *reader, const json_t *json, int64_t least, int64_t *integer);
int read_sample(struct reader *reader, const json_t *json, struct column *column, size_t round);
int read_bins(struct reader *reader, const json_t *json, struct histogram *histogram);
/* Read @object into @base; what was understood is taken out of @object. */
int read_fields(struct reader *reader, json_t *object, void *base, const struct field *fields);

/* ---- json-record.c ---- */

/* A record of the schema @schema; @root is taken over. */
int read_record(const char *file, json_t *root, const char *schema, struct record **record, struct why *why);
/* @error as a reason; @cut: the file ends there. -EINVAL, or -ENOMEM. */
int syntax_error(const char *file, const json_error_t *error, bool cut, struct why *why);

#endif
