// SPDX-License-Identifier: GPL-2.0-or-later
/* The life of a record in memory. */
#include "bench/record/record.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/array.h"

#define ESTIMATE_NONE                                                  \
	{                                                              \
		.value = NAN, .lower = NAN, .upper = NAN, .level = NAN \
	}

const struct summary summary_none = {
	.value = ESTIMATE_NONE,
	.value_all = ESTIMATE_NONE,
	.minimum = NAN,
	.p90 = NAN,
	.p99 = NAN,
	.ratio = ESTIMATE_NONE,
	.ratio_all = ESTIMATE_NONE,
};

struct record *record_new(void)
{
	return calloc(1, sizeof(struct record));
}

struct config_result *record_add_config(struct record *record)
{
	struct config_result *config = array_room(record->config, record->nr_configs, sizeof(*config));

	if (!config)
		return NULL;
	record->config = config;
	config += record->nr_configs++;
	*config = (struct config_result){ .summary = summary_none };
	return config;
}

/* Copy @count strings, NULL as "". 0, or -ENOMEM and none is left. */
static int copy_texts(char **copies, const char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		copies[i] = strdup(texts[i] ? texts[i] : "");
		if (copies[i])
			continue;
		while (i--)
			free(copies[i]);
		return -ENOMEM;
	}
	return 0;
}

int record_add_warning(struct record *record, const char *code, const char *text, const char *remedy)
{
	struct warning *row = array_room(record->warning, record->nr_warnings, sizeof(*row));
	char *copies[3];

	if (!row)
		return -ENOMEM;
	record->warning = row;
	if (copy_texts(copies, (const char *const[]){ code, text, remedy }, 3))
		return -ENOMEM;
	row[record->nr_warnings++] = (struct warning){ copies[0], copies[1], copies[2] };
	return 0;
}

int record_add_skipped(struct record *record, const char *name, const char *reason, const char *remedy)
{
	struct skipped *row = array_room(record->skipped, record->nr_skipped, sizeof(*row));
	char *copies[3];

	if (!row)
		return -ENOMEM;
	record->skipped = row;
	if (copy_texts(copies, (const char *const[]){ name, reason, remedy }, 3))
		return -ENOMEM;
	row[record->nr_skipped++] = (struct skipped){ copies[0], copies[1], copies[2] };
	return 0;
}

int record_add_label(struct record *record, const char *key, const char *value)
{
	struct label *row = array_room(record->label, record->nr_labels, sizeof(*row));
	char *copies[2];

	if (!row)
		return -ENOMEM;
	record->label = row;
	if (copy_texts(copies, (const char *const[]){ key, value }, 2))
		return -ENOMEM;
	row[record->nr_labels++] = (struct label){ copies[0], copies[1] };
	return 0;
}

int record_add_segment(struct record *record, const char *started_at, const char *boot_id)
{
	struct segment *row = array_room(record->segment, record->nr_segments, sizeof(*row));
	char *copies[2];

	if (!row)
		return -ENOMEM;
	record->segment = row;
	if (copy_texts(copies, (const char *const[]){ started_at, boot_id }, 2))
		return -ENOMEM;
	row[record->nr_segments++] = (struct segment){ copies[0], copies[1], (int64_t)record->nr_rounds };
	return 0;
}

int config_add_figure(struct config_result *config, const char *column, const char *unit, const char *per,
		      const char *better, bool own)
{
	struct figure_info *row = array_room(config->figure, config->nr_figures, sizeof(*row));
	char *copies[4];

	if (!row)
		return -ENOMEM;
	config->figure = row;
	if (copy_texts(copies, (const char *const[]){ column, unit, per, better }, 4))
		return -ENOMEM;
	row[config->nr_figures++] = (struct figure_info){ copies[0], copies[1], copies[2], copies[3], own };
	return 0;
}

const struct figure_info *config_figure(const struct config_result *config, const char *column)
{
	for (size_t i = 0; i < config->nr_figures; i++) {
		if (!strcmp(config->figure[i].column, column))
			return &config->figure[i];
	}
	return NULL;
}

static struct column *column_find(struct column *column, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (!strcmp(column[i].name, name))
			return &column[i];
	}
	return NULL;
}

struct column *config_column(const struct config_result *config, const char *name)
{
	return column_find(config->column, config->nr_columns, name);
}

struct column *record_round_column(const struct record *record, const char *name)
{
	return column_find(record->round_column, record->nr_round_columns, name);
}

static int column_declare(struct column **columns, size_t *count, const char *name, bool integer)
{
	struct column *row;
	char *copy;

	if (column_find(*columns, *count, name))
		return -EEXIST;
	row = array_room(*columns, *count, sizeof(*row));
	if (!row)
		return -ENOMEM;
	*columns = row;
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	row[(*count)++] = (struct column){ .name = copy, .integer = integer };
	return 0;
}

int config_declare_column(struct config_result *config, const char *name, bool integer)
{
	return column_declare(&config->column, &config->nr_columns, name, integer);
}

int record_declare_round_column(struct record *record, const char *name, bool integer)
{
	return column_declare(&record->round_column, &record->nr_round_columns, name, integer);
}

static int columns_lengthen(struct column *column, size_t count, size_t nr_rounds)
{
	for (size_t i = 0; i < count; i++) {
		double *value = array_room(column[i].value, nr_rounds, sizeof(*value));

		if (!value)
			return -ENOMEM;
		column[i].value = value;
		value[nr_rounds] = NAN;
	}
	return 0;
}

int record_add_round(struct record *record)
{
	int err = columns_lengthen(record->round_column, record->nr_round_columns, record->nr_rounds);

	for (size_t i = 0; i < record->nr_configs && !err; i++)
		err = columns_lengthen(record->config[i].column, record->config[i].nr_columns, record->nr_rounds);
	/* Columns that were lengthened before memory ran out only have room to spare */
	if (!err)
		record->nr_rounds++;
	return err;
}

const char *record_board(const struct record *record)
{
	const char *board = NULL;

	for (size_t i = 0; i < record->nr_labels; i++) {
		if (!strcmp(record->label[i].key, "board"))
			board = record->label[i].value;
	}
	if (!board)
		board = facts_text(&record->environment, "machine", "model", NULL);
	return board ? board : facts_text(&record->environment, "machine", "product", NULL);
}

const char *record_cpu(const struct record *record)
{
	const char *model = facts_text(&record->environment, "cpu", "model", NULL);

	return model ? model : facts_text(&record->environment, "cpu", "midr", NULL);
}
