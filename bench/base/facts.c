// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/base/facts.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/array.h"

static void fact_free(struct fact *fact)
{
	free(fact->group);
	free(fact->key);
	free(fact->value.text);
	free(fact->why_missing);
}

/* Append a fact whose strings are copies of those in @like. */
static int facts_add(struct facts *facts, const struct fact *like)
{
	struct fact fact = { .value = like->value };
	struct fact *item;

	fact.group = like->group ? strdup(like->group) : NULL;
	fact.key = strdup(like->key);
	fact.value.text = like->value.text ? strdup(like->value.text) : NULL;
	fact.why_missing = like->why_missing ? strdup(like->why_missing) : NULL;
	if ((like->group && !fact.group) || !fact.key || (like->value.text && !fact.value.text) ||
	    (like->why_missing && !fact.why_missing))
		goto out_free;
	item = array_room(facts->item, facts->count, sizeof(*item));
	if (!item)
		goto out_free;
	facts->item = item;
	item[facts->count++] = fact;
	return 0;
out_free:
	fact_free(&fact);
	return -ENOMEM;
}

int facts_add_text(struct facts *facts, const char *group, const char *key, const char *text)
{
	return facts_add(facts, &(struct fact){ .group = (char *)group,
						.key = (char *)key,
						.value = { .kind = VALUE_TEXT, .text = (char *)text } });
}

int facts_add_int(struct facts *facts, const char *group, const char *key, int64_t integer)
{
	return facts_add(facts, &(struct fact){ .group = (char *)group,
						.key = (char *)key,
						.value = { .kind = VALUE_INT, .integer = integer } });
}

int facts_add_real(struct facts *facts, const char *group, const char *key, double real)
{
	/* JSON has no such number, and a reader would ask why it is null */
	if (!isfinite(real))
		return facts_add_missing(facts, group, key, "not a finite number");
	return facts_add(facts, &(struct fact){ .group = (char *)group,
						.key = (char *)key,
						.value = { .kind = VALUE_REAL, .real = real } });
}

int facts_add_bool(struct facts *facts, const char *group, const char *key, bool boolean)
{
	return facts_add(facts, &(struct fact){ .group = (char *)group,
						.key = (char *)key,
						.value = { .kind = VALUE_BOOL, .boolean = boolean } });
}

int facts_add_missing(struct facts *facts, const char *group, const char *key, const char *why)
{
	return facts_add(facts, &(struct fact){ .group = (char *)group,
						.key = (char *)key,
						.value = { .kind = VALUE_MISSING },
						.why_missing = (char *)why });
}

const struct fact *facts_find(const struct facts *facts, const char *group, const char *key)
{
	for (size_t i = 0; i < facts->count; i++) {
		const struct fact *fact = &facts->item[i];

		if (!group != !fact->group || (group && strcmp(group, fact->group)))
			continue;
		if (!strcmp(key, fact->key))
			return fact;
	}
	return NULL;
}

const char *facts_text(const struct facts *facts, const char *group, const char *key, const char *otherwise)
{
	const struct fact *fact = facts_find(facts, group, key);

	return fact && fact->value.kind == VALUE_TEXT ? fact->value.text : otherwise;
}

const char *fact_format(const struct fact *fact, char *text, size_t size)
{
	switch (fact ? fact->value.kind : VALUE_MISSING) {
	case VALUE_BOOL:
		snprintf(text, size, "%s", fact->value.boolean ? "yes" : "no");
		break;
	case VALUE_INT:
		snprintf(text, size, "%lld", (long long)fact->value.integer);
		break;
	case VALUE_REAL:
		snprintf(text, size, "%.6g", fact->value.real);
		break;
	case VALUE_TEXT:
		snprintf(text, size, "%s", fact->value.text);
		break;
	case VALUE_MISSING:
		snprintf(text, size, "unknown");
		break;
	}
	return text;
}

bool value_equal(const struct value *a, const struct value *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case VALUE_BOOL:
		return a->boolean == b->boolean;
	case VALUE_INT:
		return a->integer == b->integer;
	case VALUE_REAL:
		return a->real == b->real;
	case VALUE_TEXT:
		return !strcmp(a->text, b->text);
	default:
		return true;
	}
}

void facts_free(struct facts *facts)
{
	for (size_t i = 0; i < facts->count; i++)
		fact_free(&facts->item[i]);
	free(facts->item);
	*facts = (struct facts){ 0 };
}

double facts_number(const struct facts *facts, const char *group, const char *key, double otherwise)
{
	const struct fact *fact = facts_find(facts, group, key);

	if (!fact)
		return otherwise;
	if (fact->value.kind == VALUE_INT)
		return (double)fact->value.integer;
	return fact->value.kind == VALUE_REAL ? fact->value.real : NAN;
}
