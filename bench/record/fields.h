/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fields of a record, as data: what reads, writes and frees a record walks these tables. A new field is one line
 * in fields.c, one member in record.h and one entry in results/schema/zapbench.schema.json.
 */
#ifndef ZAPBENCH_FIELDS_H
#define ZAPBENCH_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "bench/base/why.h"
#include "bench/record/record.h"

enum field_kind {
	FIELD_TEXT,          /* char *: a string; NULL is written as "" */
	FIELD_TEXT_OR_NULL,  /* char * */
	FIELD_BOOL,          /* bool */
	FIELD_COUNT,         /* int64_t, 0 or more */
	FIELD_COUNT_OR_NULL, /* int64_t; -1 is null */
	FIELD_INTEGER,       /* int64_t */
	FIELD_SIZE,          /* size_t */
	FIELD_NUMBER,        /* double; NAN is null */
	FIELD_BITS,          /* uint64_t: a decimal string */
	FIELD_FACTS,         /* struct facts: {"key":value}, and the reasons for nulls in NAME_missing: {"key":"why"} */
	FIELD_FACT_GROUPS,   /* struct facts: {"group":{"key":value}}, and NAME_missing: {"group.key":"why"} */
	FIELD_COLUMNS,       /* struct column *, as many values in each as the record has rounds: {"name":[...]} */
	FIELD_HISTOGRAM,     /* struct histogram *; NULL is null */
	FIELD_OBJECT,        /* a struct in place, described by .fields; offset 0: a part of the same struct */
	FIELD_ARRAY,         /* an array of structs, each described by .fields */
};

struct field {
	const char *name; /* in the file; NULL ends a table */
	enum field_kind kind;
	size_t offset;
	bool derived;               /* computed from other fields: written, never read */
	bool later;                 /* not in the files of 1.0, or not in all: where it is missing it is empty */
	const struct field *fields; /* of FIELD_OBJECT and FIELD_ARRAY */
	size_t count_offset;        /* of FIELD_ARRAY and FIELD_COLUMNS: the size_t that counts the elements */
	size_t element_size;        /* of FIELD_ARRAY */
};

/* An offset that does not compile when the member is of another type than the field's kind reads and writes. */
#define WRONG_TYPE(type, member, want) (!__builtin_types_compatible_p(__typeof__(((struct type *)0)->member), want))
#define PLACE(type, member, want) \
	(offsetof(struct type, member) + sizeof(struct { int : -WRONG_TYPE(type, member, want); }))

/* After the other arguments of a line: the field was added later, see "later" above. */
#define LATER .later = true

#define FIELD(key, what, type, member, want, ...)                                           \
	{                                                                                   \
		.name = key, .kind = what, .offset = PLACE(type, member, want), __VA_ARGS__ \
	}
#define TEXT(key, type, member, ...) FIELD(key, FIELD_TEXT, type, member, char *, __VA_ARGS__)
#define TEXT_OR_NULL(key, type, member, ...) FIELD(key, FIELD_TEXT_OR_NULL, type, member, char *, __VA_ARGS__)
#define BOOL(key, type, member, ...) FIELD(key, FIELD_BOOL, type, member, bool, __VA_ARGS__)
#define COUNT(key, type, member, ...) FIELD(key, FIELD_COUNT, type, member, int64_t, __VA_ARGS__)
#define COUNT_OR_NULL(key, type, member, ...) FIELD(key, FIELD_COUNT_OR_NULL, type, member, int64_t, __VA_ARGS__)
#define INTEGER(key, type, member, ...) FIELD(key, FIELD_INTEGER, type, member, int64_t, __VA_ARGS__)
#define SIZE(key, type, member, ...) FIELD(key, FIELD_SIZE, type, member, size_t, __VA_ARGS__)
#define NUMBER(key, type, member, ...) FIELD(key, FIELD_NUMBER, type, member, double, __VA_ARGS__)
#define BITS(key, type, member, ...) FIELD(key, FIELD_BITS, type, member, uint64_t, __VA_ARGS__)
#define FACTS(key, type, member, ...) FIELD(key, FIELD_FACTS, type, member, struct facts, __VA_ARGS__)
#define FACT_GROUPS(key, type, member, ...) FIELD(key, FIELD_FACT_GROUPS, type, member, struct facts, __VA_ARGS__)
#define HISTOGRAM(key, type, member, ...) FIELD(key, FIELD_HISTOGRAM, type, member, struct histogram *, __VA_ARGS__)
#define PART(key, table)                                           \
	{                                                          \
		.name = key, .kind = FIELD_OBJECT, .fields = table \
	}
#define OBJECT(key, table, type, member, want, ...) \
	FIELD(key, FIELD_OBJECT, type, member, want, .fields = table, __VA_ARGS__)
#define DERIVED(key, table, type, member, want) \
	FIELD(key, FIELD_OBJECT, type, member, want, .fields = table, .derived = true)
#define COLUMNS(key, type, member, count, ...)                                                               \
	FIELD(key, FIELD_COLUMNS, type, member, struct column *, .count_offset = PLACE(type, count, size_t), \
	      __VA_ARGS__)
#define ARRAY(key, table, type, member, count, element, ...)                                                          \
	FIELD(key, FIELD_ARRAY, type, member, element *, .fields = table, .count_offset = PLACE(type, count, size_t), \
	      .element_size = sizeof(element), __VA_ARGS__)
#define END                  \
	{                    \
		.name = NULL \
	}

extern const struct field record_fields[];
extern const struct field segment_fields[];  /* of struct segment, which has a line of its own in a journal too */
extern const struct field estimate_fields[]; /* of struct estimate */

/* Free what @base holds, as @fields describes it. */
void fields_free(void *base, const struct field *fields);

/*
 * Write @base, as @fields describes it, as the JSON of @schema MAJOR.MINOR. No field may be of FIELD_COLUMNS or
 * FIELD_HISTOGRAM, which belong to a record. 0 or -errno.
 */
int fields_write(const void *base, const struct field *fields, const char *schema, const char *version, FILE *file);
/* Read such a file into @base, which is zeroed; what a newer minor version added is skipped. 0 or -errno with @why. */
int fields_read(const char *path, void *base, const struct field *fields, const char *schema, struct why *why);

#endif
