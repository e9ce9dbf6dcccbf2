// SPDX-License-Identifier: GPL-2.0-or-later
/* Checks that every record must pass, when it is written and when it is read. */
#include "bench/record/record.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/text.h"
#include "bench/record/reader.h"

static int check_counter(const struct reader *reader, const struct counter *counter)
{
	bool reason = counter->why_not && *counter->why_not;

	/* A zero that stands for "could not" is the one thing that a counter must never be */
	if (counter->counted == reason || (!counter->counted && !isnan(counter->per_operation)))
		return refuse(reader,
			      "expected either an event that was counted, or why_not and null in per_operation");
	return 0;
}

/*
 * Many times what the largest runs have. What reads a record may compare each row with each other: without a bound, a
 * small hostile file would take hours.
 */
enum { ROWS_MOST = 10000, ROWS_OF_CONFIG_MOST = 1000 };

static int check_count(struct reader *reader, const char *name, size_t count, size_t most)
{
	if (count <= most)
		return 0;
	path_key(reader, name);
	return refuse(reader, "expected at most %zu, found %zu", most, count);
}

static int check_counts(struct reader *reader, const struct record *record)
{
	int err = check_count(reader, "configurations", record->nr_configs, ROWS_MOST);

	if (!err)
		err = check_count(reader, "labels", record->nr_labels, ROWS_OF_CONFIG_MOST);
	if (!err)
		err = check_count(reader, "warnings", record->nr_warnings, ROWS_OF_CONFIG_MOST);
	if (!err)
		err = check_count(reader, "skipped", record->nr_skipped, ROWS_MOST);
	if (!err)
		err = check_count(reader, "pieces", record->nr_segments, ROWS_MOST);
	return err;
}

static int check_counts_of_config(struct reader *reader, const struct config_result *config)
{
	int err = check_count(reader, "counters", config->nr_counters, ROWS_OF_CONFIG_MOST);

	if (!err)
		err = check_count(reader, "metrics", config->nr_metrics, ROWS_OF_CONFIG_MOST);
	if (!err)
		err = check_count(reader, "figures", config->nr_figures, ROWS_OF_CONFIG_MOST);
	if (!err)
		err = check_count(reader, "samples", config->nr_columns, ROWS_OF_CONFIG_MOST);
	return err;
}

static int check_config(struct reader *reader, const struct config_result *config)
{
	const char *column = config->value_column ? config->value_column : "";
	char shown[48];
	int err = check_counts_of_config(reader, config);

	if (err)
		return err;
	for (size_t i = 0; i < config->nr_counters; i++) {
		size_t length = path_key(reader, "counters");

		path_index(reader, i);
		err = check_counter(reader, &config->counter[i]);
		if (err)
			return err;
		path_end(reader, length);
	}
	if (config->nr_columns && !config_column(config, column)) {
		path_key(reader, "value_column");
		return refuse(reader, "expected the name of a column of samples, found \"%s\"",
			      plain_text(column, shown, sizeof(shown)));
	}
	return 0;
}

struct named {
	char *name;
	size_t index;
};

static int by_name(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : (x->index > y->index) - (x->index < y->index);
}

static int name_error(struct reader *reader, const struct named *named, const char *problem)
{
	char shown[100];

	path_key(reader, "configurations");
	path_index(reader, named->index);
	path_key(reader, "name");
	if (!*named->name)
		return refuse(reader, "expected a name, found an empty string");
	return refuse(reader, "expected a unique name, found \"%s\" %s", plain_text(named->name, shown, sizeof(shown)),
		      problem);
}

/* Names as they are in the file: two that differ only in bytes that JSON cannot hold are the same there. */
static int check_names(struct reader *reader, const struct record *record)
{
	struct named *named = calloc(record->nr_configs + 1, sizeof(*named));
	size_t count = 0;
	int err = named ? 0 : out_of_memory(reader);

	for (; count < record->nr_configs && !err; count++) {
		const char *name = record->config[count].name;

		named[count] = (struct named){ text_utf8(name ? name : ""), count };
		if (!named[count].name)
			err = out_of_memory(reader);
		else if (!*named[count].name)
			err = name_error(reader, &named[count], "");
	}
	if (!err)
		qsort(named, count, sizeof(*named), by_name);
	for (size_t i = 1; i < count && !err; i++) {
		if (!strcmp(named[i - 1].name, named[i].name))
			err = name_error(reader, &named[i], "again");
	}
	for (size_t i = 0; i < count; i++)
		free(named[i].name);
	free(named);
	return err;
}

int record_check(const struct record *record, const char *file, struct why *why)
{
	struct reader reader = { .file = file, .why = why, .path = "$" };
	int err = check_counts(&reader, record);

	if (!err)
		err = check_names(&reader, record);
	for (size_t i = 0; i < record->nr_configs && !err; i++) {
		size_t length = path_key(&reader, "configurations");

		path_index(&reader, i);
		err = check_config(&reader, &record->config[i]);
		if (!err)
			path_end(&reader, length);
	}
	return err;
}
