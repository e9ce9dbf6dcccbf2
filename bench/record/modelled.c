// SPDX-License-Identifier: GPL-2.0-or-later
/* The counts of QEMU's plugin (bench/qemu/plugin.c) become counters of a record. */
#include "bench/record/record.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/file.h"
#include "bench/base/text.h"

enum { EVENTS_MAX = 64 };

struct modelled {
	char *text;
	char *model, *event[EVENTS_MAX];
	size_t nr_events;
	uint64_t *count; /* [configuration][event] */
	bool *counted;   /* [configuration] */
	bool some[EVENTS_MAX];
};

static char *next_line(char **rest)
{
	return *rest ? strsep(rest, "\n") : NULL;
}

/* The first lines: what it is, the model, marks that did not pair, the names. */
static int read_head(struct modelled *modelled, char **rest)
{
	char *line = next_line(rest), *word, *words;

	if (!line || strcmp(line, "zapbench-counts 1"))
		return -EINVAL;
	line = next_line(rest);
	if (!line || strncmp(line, "model ", 6) || strlen(line) < 8)
		return -EINVAL;
	modelled->model = line + 6;
	line = next_line(rest);
	if (!line || strcmp(line, "strays 0"))
		return -EINVAL;
	words = next_line(rest);
	if (!words || strncmp(words, "configuration regions ", 22))
		return -EINVAL;
	words += 22;
	while ((word = strsep(&words, " "))) {
		if (!*word || modelled->nr_events == EVENTS_MAX)
			return -EINVAL;
		modelled->event[modelled->nr_events++] = word;
	}
	return 0;
}

static int read_number(char **words, uint64_t *number)
{
	char *end;

	if (**words < '0' || **words > '9')
		return -EINVAL;
	errno = 0;
	*number = strtoull(*words, &end, 10);
	if (errno || (*end && *end != ' '))
		return -EINVAL;
	*words = *end ? end + 1 : end;
	return 0;
}

/* One configuration. It must have had as many regions as its sample. */
static int read_counts(struct modelled *modelled, const struct record *record, char *words)
{
	uint64_t index, regions, *count;

	if (read_number(&words, &index) || read_number(&words, &regions) || index >= record->nr_configs ||
	    (int64_t)regions < record->config[index].repetitions || modelled->counted[index])
		return -EINVAL;
	count = modelled->count + index * modelled->nr_events;
	for (size_t i = 0; i < modelled->nr_events; i++) {
		if (read_number(&words, &count[i]))
			return -EINVAL;
		modelled->some[i] |= count[i] > 0;
	}
	modelled->counted[index] = true;
	return *words ? -EINVAL : 0;
}

static int read_file(struct modelled *modelled, const struct record *record, const char *path, struct why *why)
{
	size_t size, number = 5;
	char *rest, *line;
	int err = file_bytes(path, &modelled->text, &size);

	if (err)
		return file_why(why, err, path);
	rest = modelled->text;
	if (read_head(modelled, &rest))
		return why_set(why, -EINVAL, NULL, "%s: not the counts of zapbench's plugin of QEMU", path);
	modelled->count = calloc(record->nr_configs * modelled->nr_events + 1, sizeof(*modelled->count));
	modelled->counted = calloc(record->nr_configs + 1, sizeof(*modelled->counted));
	if (!modelled->count || !modelled->counted)
		return -ENOMEM;
	for (; (line = next_line(&rest)) && *line && strcmp(line, "end"); number++) {
		if (read_counts(modelled, record, line))
			return why_set(why, -EINVAL, "take the counts and the record of one boot",
				       "%s: line %zu is not of a configuration of this record", path, number);
	}
	return line && *line ? 0 : why_set(why, -EINVAL, NULL, "%s: cut off: its last line is missing", path);
}

/* The counter of that event, a new one if there is none. NULL: no memory. */
static struct counter *counter_of(struct config_result *config, const char *event)
{
	struct counter *grown;

	for (size_t i = 0; i < config->nr_counters; i++) {
		if (!strcmp(config->counter[i].event, event))
			return &config->counter[i];
	}
	grown = reallocarray(config->counter, config->nr_counters + 1, sizeof(*grown));
	if (!grown)
		return NULL;
	config->counter = grown;
	grown[config->nr_counters] = (struct counter){ 0 };
	if (text_copy(&grown[config->nr_counters].event, event))
		return NULL;
	return &grown[config->nr_counters++];
}

static int add_count(struct config_result *config, const char *event, uint64_t count, const char *model)
{
	struct counter *counter = counter_of(config, event);
	double value = (double)count / (double)config->operations;

	if (!counter)
		return -ENOMEM;
	if (counter->counted)
		return 0;
	free(counter->why_not);
	free(counter->unit);
	free(counter->pmu);
	*counter = (struct counter){
		.event = counter->event,
		.counted = true,
		.per_operation = value,
		.lower = value,
		.upper = value,
		.running_percent = 100,
		.samples = 1,
	};
	if (text_copy(&counter->unit, "events") || text_copy(&counter->pmu, "model"))
		return -ENOMEM;
	return text_copy(&counter->model, model);
}

/* On a machine without a PMU the plugin's instructions are the row's figure. Only those that no round counted. */
static void add_instructions(const struct modelled *modelled, size_t index, const struct record *record)
{
	const struct config_result *config = &record->config[index];
	struct column *column = config->value_column ? config_column(config, config->value_column) : NULL;
	double instructions = 0;

	if (!record->emulated || !column)
		return;
	for (size_t i = 0; i < modelled->nr_events; i++) {
		if (!strncmp(modelled->event[i], "instructions-", 13))
			instructions += (double)modelled->count[index * modelled->nr_events + i];
	}
	for (size_t i = 0; i < record->nr_rounds; i++) {
		if (isnan(column->value[i]))
			column->value[i] = instructions;
	}
}

int record_add_modelled(struct record *record, const char *path, struct why *why)
{
	struct modelled modelled = { 0 };
	int err = read_file(&modelled, record, path, why);

	for (size_t i = 0; i < record->nr_configs && !err; i++) {
		if (modelled.counted[i])
			add_instructions(&modelled, i, record);
		for (size_t j = 0; j < modelled.nr_events && modelled.counted[i] && !err; j++) {
			if (modelled.some[j])
				err = add_count(&record->config[i], modelled.event[j],
						modelled.count[i * modelled.nr_events + j], modelled.model);
		}
	}
	free(modelled.text);
	free(modelled.count);
	free(modelled.counted);
	return err;
}

const char *config_model(const struct config_result *config)
{
	for (size_t i = 0; i < config->nr_counters; i++) {
		if (config->counter[i].model)
			return config->counter[i].model;
	}
	return NULL;
}

const char *record_model(const struct record *record)
{
	const char *model = NULL;

	for (size_t i = 0; i < record->nr_configs && !model; i++)
		model = config_model(&record->config[i]);
	return model;
}
