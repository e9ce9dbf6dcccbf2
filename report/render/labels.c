// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/render/labels.h"

#include <stdio.h>
#include <string.h>

#include "report/render/config.h"

enum { LABEL_SIZE = 256 };

bool labels_same_group(const struct config_result *a, const struct config_result *b)
{
	return !strcmp(a->case_name, b->case_name) && !strcmp(a->source, b->source);
}

static const char *next_word(const char *text)
{
	text += strcspn(text, " ");
	return text + strspn(text, " ");
}

static bool has_word(const char *text, const char *word)
{
	size_t length = strcspn(word, " ");

	for (; *text; text = next_word(text)) {
		if (strcspn(text, " ") == length && !strncmp(text, word, length))
			return true;
	}
	return false;
}

/* The words of @label that @others has, or has not. */
static void keep_words(const char *label, const char *others, bool wanted, char *kept, size_t size)
{
	size_t used = 0;

	kept[0] = '\0';
	for (const char *word = label; *word && used < size; word = next_word(word)) {
		if (has_word(others, word) == wanted)
			used += (size_t)snprintf(kept + used, size - used, "%s%.*s", used ? " " : "",
						 (int)strcspn(word, " "), word);
	}
}

void labels_shared(const struct record *record, size_t index, char *shared, size_t size)
{
	const struct config_result *config = record->config;
	size_t first = index, end = index + 1;
	char label[LABEL_SIZE], kept[LABEL_SIZE];

	while (first && labels_same_group(&config[first - 1], &config[index]))
		first--;
	while (end < record->nr_configs && labels_same_group(&config[end], &config[index]))
		end++;
	shared[0] = '\0';
	if (end - first > 1)
		config_label(&config[first], shared, size);
	for (size_t i = first + 1; i < end && shared[0]; i++) {
		config_label(&config[i], label, sizeof(label));
		keep_words(shared, label, true, kept, sizeof(kept));
		snprintf(shared, size, "%s", kept);
	}
	for (size_t i = first; i < end && shared[0]; i++) {
		labels_row(&config[i], shared, label, sizeof(label));
		if (!label[0])
			shared[0] = '\0';
	}
}

void labels_row(const struct config_result *config, const char *shared, char *label, size_t size)
{
	char all[LABEL_SIZE];

	config_label(config, all, sizeof(all));
	keep_words(all, shared, false, label, size);
}
