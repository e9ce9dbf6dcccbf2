/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fields of a record, as data: what reads, writes, checks and frees a record walks these tables, so a
 * new field is one line here (and one in zapbench.schema.json). Private to results/.
 */
#ifndef ZAPBENCH_FIELDS_H
#define ZAPBENCH_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "results/record.h"

enum field_kind {
	FIELD_TEXT,         /* char *: a string; NULL is written as "" */
	FIELD_TEXT_OR_NULL, /* char * */
	FIELD_BOOL,         /* bool */
	FIELD_COUNT,        /* int64_t, 0 or more */
	FIELD_INTEGER,      /* int64_t */
	FIELD_SIZE,         /* size_t */
	FIELD_NUMBER,       /* double; NAN is null */
	FIELD_BITS,         /* uint64_t: a decimal string */
	FIELD_FACTS,        /* struct facts: {"key":value}, and the reasons for nulls in NAME_missing: {"key":"why"} */
	FIELD_FACT_GROUPS,  /* struct facts: {"group":{"key":value}}, and NAME_missing: {"group.key":"why"} */
	FIELD_COLUMNS,      /* struct column *, as many values in each as the record has rounds: {"name":[...]} */
	FIELD_HISTOGRAM,    /* struct histogram *; NULL is null */
	FIELD_OBJECT,       /* a struct in place, described by .fields; offset 0: a part of the same struct */
	FIELD_ARRAY,        /* an array of structs, each described by .fields */
};

struct field {
	const char *name; /* in the file; NULL ends a table */
	enum field_kind kind;
	size_t offset;
	bool derived;               /* computed from other fields: written, never read */
	const struct field *fields; /* of FIELD_OBJECT and FIELD_ARRAY */
	size_t count_offset;        /* of FIELD_ARRAY and FIELD_COLUMNS: the size_t that counts the elements */
	size_t element_size;        /* of FIELD_ARRAY */
};

extern const struct field record_fields[];
extern const struct field piece_fields[]; /* of struct piece, which has a line of its own in a journal too */

/* What a summary says before anything was computed. */
extern const struct summary summary_none;

#endif
