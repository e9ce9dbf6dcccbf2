/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts: what is known, or not known and why, of a machine or a configuration. Only data: no file, no JSON. */
#ifndef ZAPBENCH_FACTS_H
#define ZAPBENCH_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum value_kind { VALUE_MISSING, VALUE_BOOL, VALUE_INT, VALUE_REAL, VALUE_TEXT };

struct value {
	enum value_kind kind;
	bool boolean;
	int64_t integer;
	double real;
	char *text; /* owned */
};

/* One thing known, or not known, of the machine; or one parameter of a configuration. */
struct fact {
	char *group; /* "kernel", "cpu", "memory", ...; NULL for a parameter */
	char *key;   /* "page_size_bytes": the unit is in the name */
	struct value value;
	char *why_missing; /* set when, and only when, the value is VALUE_MISSING */
};

struct facts {
	struct fact *item;
	size_t count;
};

/* Append; the text is copied. Return 0 or -ENOMEM. */
int facts_add_text(struct facts *facts, const char *group, const char *key, const char *text);
int facts_add_int(struct facts *facts, const char *group, const char *key, int64_t integer);
int facts_add_real(struct facts *facts, const char *group, const char *key, double real);
int facts_add_bool(struct facts *facts, const char *group, const char *key, bool boolean);
int facts_add_missing(struct facts *facts, const char *group, const char *key, const char *why);
/* The fact of that name, or NULL. @group NULL matches parameters. */
const struct fact *facts_find(const struct facts *facts, const char *group, const char *key);
/* Its text; @otherwise when there is no such fact, or it is none. */
const char *facts_text(const struct facts *facts, const char *group, const char *key, const char *otherwise);
/* Its number; @otherwise when there is no such fact, NAN when it is no number. */
double facts_number(const struct facts *facts, const char *group, const char *key, double otherwise);
/* A fact for a reader: its text, its number with six digits, yes or no; "unknown" when it is missing or NULL. @text. */
const char *fact_format(const struct fact *fact, char *text, size_t size);
bool value_equal(const struct value *a, const struct value *b);
void facts_free(struct facts *facts);

#endif
