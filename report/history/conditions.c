// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/history/conditions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/analysis/compatibility.h"
#include "bench/base/memory.h"

/* What would be needed to say why a figure changed, and is the same from run to run. */
static void add_condition(void *arg, enum compatibility kind, const char *key, const char *value)
{
	FILE *text = arg;

	/* The machine is the series' own; a seed is drawn for each run. */
	if (kind == COMPATIBLE_EMULATION || !strcmp(key, "seed"))
		return;
	fprintf(text, "%s\t", key);
	for (; *value; value++)
		fputc((unsigned char)*value < ' ' ? ' ' : *value, text);
	fputc('\n', text);
}

char *conditions_of(const struct record *record)
{
	struct memory_text conditions;
	FILE *text = memory_open(&conditions);

	if (text)
		compatibility_each(record, add_condition, text);
	for (size_t i = 0; text && i < record->nr_labels; i++) {
		char key[100];

		snprintf(key, sizeof(key), "label %s", record->label[i].key);
		add_condition(text, COMPATIBLE_RUN, key, record->label[i].value);
	}
	if (!memory_close(text))
		return conditions.data;
	free(conditions.data);
	return NULL;
}

struct condition {
	const char *key, *value;
	size_t key_length, value_length;
};

static bool next_condition(const char **text, struct condition *condition)
{
	const char *tab = strchr(*text, '\t'), *end = tab ? strchr(tab, '\n') : NULL;

	if (!end)
		return false;
	*condition = (struct condition){ *text, tab + 1, (size_t)(tab - *text), (size_t)(end - tab - 1) };
	*text = end + 1;
	return true;
}

static bool find_condition(const char *text, const struct condition *like, struct condition *found)
{
	while (next_condition(&text, found)) {
		if (found->key_length == like->key_length && !memcmp(found->key, like->key, like->key_length))
			return true;
	}
	*found = (struct condition){ like->key, "unknown", like->key_length, sizeof("unknown") - 1 };
	return false;
}

/* Labels of scripts/bench-qemu.sh that tell of the machine. */
static bool is_code(const char *key)
{
	if (!strncmp(key, "label ", 6))
		return strcmp(key, "label qemu") && strcmp(key, "label image") && strcmp(key, "label board");
	return !strcmp(key, "git") || !strcmp(key, "version") || !strcmp(key, "layout") ||
	       !strcmp(key, "set of configurations");
}

/* What a record lacks, and what it says where nothing could be read. */
static bool is_unknown(const struct condition *condition)
{
	static const char *const texts[] = { "", "unknown", "not known" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (condition->value_length == strlen(texts[i]) &&
		    !memcmp(condition->value, texts[i], condition->value_length))
			return true;
	}
	return false;
}

static void tell(const struct condition *old, const struct condition *new,
		 void (*each)(void *arg, bool code, const char *key, const char *before, const char *first), void *arg)
{
	char key[200], before[300], first[300];

	if (is_unknown(old) && is_unknown(new))
		return;
	snprintf(key, sizeof(key), "%.*s", (int)old->key_length, old->key);
	snprintf(before, sizeof(before), "%.*s", (int)old->value_length, old->value);
	snprintf(first, sizeof(first), "%.*s", (int)new->value_length, new->value);
	each(arg, is_code(key), key, before, first);
}

void conditions_differ(const struct history_run *before, const struct history_run *first,
		       void (*each)(void *arg, bool code, const char *key, const char *before, const char *first),
		       void *arg)
{
	const char *text = before->conditions;
	struct condition old, new;

	if (before->conditions == first->conditions)
		return;
	while (next_condition(&text, &old)) {
		find_condition(first->conditions, &old, &new);
		if (old.value_length != new.value_length || memcmp(old.value, new.value, old.value_length))
			tell(&old, &new, each, arg);
	}
	text = first->conditions;
	while (next_condition(&text, &new)) {
		if (!find_condition(before->conditions, &new, &old))
			tell(&old, &new, each, arg);
	}
}
