// SPDX-License-Identifier: GPL-2.0-or-later
/* What a record is made of, and its life in memory. The file is record.c's business. */
#include "bench/record/fields.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/array.h"
#include "bench/record/codec.h"

static const struct field tool_fields[] = {
	TEXT("version", record, tool_version),
	TEXT("git", record, tool_git),
	END,
};

static const struct field run_fields[] = {
	TEXT("id", record, run_id),
	TEXT("started_at", record, started_at),
	NUMBER("duration_s", record, duration_s),
	TEXT("command_line", record, command_line),
	TEXT("profile", record, profile),
	TEXT("layout", record, layout),
	BITS("seed", record, seed),
	NUMBER("budget_s", record, budget_s),
	NUMBER("precision_percent", record, precision_percent),
	TEXT("stopped_by", record, stopped_by),
	COUNT("repeat_index", record, repeat_index),
	COUNT("repeat_count", record, repeat_count),
	BOOL("emulated", record, emulated),
	END,
};

const struct field segment_fields[] = {
	TEXT("started_at", segment, started_at),
	TEXT("boot_id", segment, boot_id),
	COUNT("rounds_before", segment, rounds_before),
	END,
};

static const struct field label_fields[] = {
	TEXT("key", label, key),
	TEXT("value", label, value),
	END,
};

static const struct field warning_fields[] = {
	TEXT("code", warning, code),
	TEXT("text", warning, text),
	TEXT("remedy", warning, remedy),
	END,
};

static const struct field round_fields[] = {
	SIZE("count", record, nr_rounds),
	COLUMNS("samples", record, round_column, nr_round_columns),
	END,
};

static const struct field counter_fields[] = {
	TEXT("event", counter, event),
	TEXT_OR_NULL("pmu", counter, pmu),
	BOOL("counted", counter, counted),
	TEXT_OR_NULL("why_not", counter, why_not),
	NUMBER("per_operation", counter, per_operation),
	NUMBER("lower", counter, lower),
	NUMBER("upper", counter, upper),
	NUMBER("running_percent", counter, running_percent),
	COUNT("samples", counter, samples),
	END,
};

static const struct field metric_fields[] = {
	TEXT("name", metric, name),
	NUMBER("value", metric, value),
	NUMBER("lower", metric, lower),
	NUMBER("upper", metric, upper),
	NUMBER("running_percent", metric, running_percent),
	COUNT("samples", metric, samples),
	END,
};

const struct field estimate_fields[] = {
	NUMBER("value", estimate, value), NUMBER("lower", estimate, lower), NUMBER("upper", estimate, upper),
	NUMBER("level", estimate, level), SIZE("n", estimate, n),           END,
};

static const struct field summary_fields[] = {
	COUNT("rounds", summary, rounds),
	COUNT("rounds_left_out", summary, rounds_left_out),
	COUNT("samples_invalid", summary, samples_invalid),
	OBJECT("value", estimate_fields, summary, value, struct estimate),
	OBJECT("value_all", estimate_fields, summary, value_all, struct estimate),
	NUMBER("minimum", summary, minimum),
	NUMBER("p90", summary, p90),
	NUMBER("p99", summary, p99),
	OBJECT("ratio", estimate_fields, summary, ratio, struct estimate),
	OBJECT("ratio_all", estimate_fields, summary, ratio_all, struct estimate),
	BOOL("undecided", summary, undecided),
	END,
};

static const struct field config_fields[] = {
	TEXT("name", config_result, name),
	TEXT("case", config_result, case_name),
	TEXT("source", config_result, source),
	TEXT("policy", config_result, policy),
	TEXT("granularity", config_result, granularity),
	FACTS("params", config_result, params),
	TEXT("calls", config_result, calls),
	TEXT("played_by_user", config_result, played_by_user),
	TEXT("not_played", config_result, not_played),
	TEXT("operation", config_result, operation),
	TEXT("value_column", config_result, value_column),
	TEXT("value_unit", config_result, value_unit),
	BOOL("emulated", config_result, emulated),
	COUNT("operations", config_result, operations),
	COUNT("bytes", config_result, bytes),
	COUNT("repetitions", config_result, repetitions),
	INTEGER("faults_expected", config_result, faults_expected),
	INTEGER("faults_expected_max", config_result, faults_expected_max),
	TEXT("expected_by", config_result, expected_by),
	BOOL("keeps_disturbed", config_result, keeps_disturbed),
	FACTS("warmup", config_result, warmup),
	FACTS("checks", config_result, checks),
	DERIVED("summary", summary_fields, config_result, summary, struct summary),
	ARRAY("counters", counter_fields, config_result, counter, nr_counters, struct counter),
	ARRAY("metrics", metric_fields, config_result, metric, nr_metrics, struct metric),
	HISTOGRAM("histogram", config_result, histogram),
	COLUMNS("samples", config_result, column, nr_columns),
	END,
};

static const struct field skipped_fields[] = {
	TEXT("name", skipped, name),
	TEXT("reason", skipped, reason),
	TEXT("remedy", skipped, remedy),
	END,
};

/* The order in the file and of reading: the rounds are counted before any column is read. */
const struct field record_fields[] = {
	PART("tool", tool_fields),
	PART("run", run_fields),
	ARRAY("pieces", segment_fields, record, segment, nr_segments, struct segment),
	ARRAY("labels", label_fields, record, label, nr_labels, struct label),
	FACT_GROUPS("environment", record, environment),
	ARRAY("warnings", warning_fields, record, warning, nr_warnings, struct warning),
	FACTS("clock", record, clock),
	ARRAY("skipped", skipped_fields, record, skipped, nr_skipped, struct skipped),
	PART("rounds", round_fields),
	ARRAY("configurations", config_fields, record, config, nr_configs, struct config_result),
	END,
};

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

static void columns_free(struct column *column, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(column[i].name);
		free(column[i].value);
	}
	free(column);
}

static void fields_free(void *base, const struct field *fields)
{
	for (const struct field *field = fields; field->name; field++) {
		void *at = (char *)base + field->offset;
		const size_t *count = (void *)((char *)base + field->count_offset);

		switch (field->kind) {
		case FIELD_TEXT:
		case FIELD_TEXT_OR_NULL:
			free(*(char **)at);
			break;
		case FIELD_FACTS:
		case FIELD_FACT_GROUPS:
			facts_free(at);
			break;
		case FIELD_COLUMNS:
			columns_free(*(struct column **)at, *count);
			break;
		case FIELD_HISTOGRAM:
			histogram_free(*(struct histogram **)at);
			break;
		case FIELD_OBJECT:
			fields_free(at, field->fields);
			break;
		case FIELD_ARRAY: {
			char *element;

			memcpy(&element, at, sizeof(element));
			for (size_t i = 0; i < *count; i++)
				fields_free(element + i * field->element_size, field->fields);
			free(element);
			break;
		}
		default:
			break;
		}
	}
}

void record_free(struct record *record)
{
	if (!record)
		return;
	fields_free(record, record_fields);
	record_free_unknown(record);
	free(record);
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
