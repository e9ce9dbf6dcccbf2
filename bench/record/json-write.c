// SPDX-License-Identifier: GPL-2.0-or-later
/* The parts of a record, and records, as JSON. fields.c says what a record consists of; here is how each kind of field
 * is written. */
#include "bench/record/json.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/json-memory.h"
#include "bench/base/text.h"

/* Integers beyond this are not all doubles */
#define INTEGER_MAX 9007199254740992.0

/* Containers are broken into lines to this depth: a column of samples is one line, so diff and grep work on a record */
#define LINES_DEPTH 4

/* A kernel command line or a label may hold any bytes: better a replacement character than no record. */
static json_t *text_json(const char *text)
{
	json_t *json = json_string(text ? text : "");
	char *good;

	if (json)
		return json;
	good = text_utf8(text ? text : "");
	json = good ? json_string(good) : NULL;
	free(good);
	return json;
}

/* Set a key that may not be UTF-8. One that is there already is kept, as facts_find() finds the first, too. */
static int object_put(json_t *object, const char *key, json_t *value)
{
	json_t *name = text_json(key);
	int err = -ENOMEM;

	if (!name || !value)
		goto out_free;
	if (json_object_get(object, json_string_value(name))) {
		err = 0;
		goto out_free;
	}
	err = json_object_set(object, json_string_value(name), value) ? -ENOMEM : 0;
out_free:
	json_decref(value);
	json_decref(name);
	return err;
}

json_t *number_json(double x, bool integer)
{
	if (integer && x == trunc(x) && fabs(x) <= INTEGER_MAX)
		return json_integer((json_int_t)x);
	return json_number(x);
}

static json_t *bits_json(uint64_t bits)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)bits);
	return json_string(text);
}

static json_t *value_json(const struct value *value)
{
	switch (value->kind) {
	case VALUE_BOOL:
		return json_boolean(value->boolean);
	case VALUE_INT:
		return json_integer(value->integer);
	case VALUE_REAL:
		return number_json(value->real, false);
	case VALUE_TEXT:
		return text_json(value->text);
	default:
		return json_null();
	}
}

/* The object that holds the facts of @group, made when it is not there; borrowed. */
static json_t *group_json(json_t *facts, const char *group)
{
	json_t *name = text_json(group), *object = NULL;

	if (!name)
		return NULL;
	object = json_object_get(facts, json_string_value(name));
	if (!object && !json_object_set_new(facts, json_string_value(name), json_object()))
		object = json_object_get(facts, json_string_value(name));
	json_decref(name);
	return object;
}

static int put_missing(json_t *missing, const struct fact *fact, bool grouped)
{
	const char *why = fact->why_missing ? fact->why_missing : "not known";
	char *name;
	int err;

	if (!grouped)
		return object_put(missing, fact->key, text_json(why));
	if (asprintf(&name, "%s.%s", fact->group ? fact->group : "", fact->key) < 0)
		return -ENOMEM;
	err = object_put(missing, name, text_json(why));
	free(name);
	return err;
}

/* Write @facts into @parent as NAME and NAME_missing. */
static int put_facts(json_t *parent, const struct field *field, const struct facts *facts)
{
	bool grouped = field->kind == FIELD_FACT_GROUPS;
	json_t *json = json_object(), *missing = json_object();
	char *name = NULL;
	int err = json && missing && asprintf(&name, "%s_missing", field->name) >= 0 ? 0 : -ENOMEM;

	for (size_t i = 0; i < facts->count && !err; i++) {
		const struct fact *fact = &facts->item[i];
		json_t *group = grouped ? group_json(json, fact->group) : json;
		json_t *value = value_json(&fact->value);

		if (json_is_null(value))
			err = put_missing(missing, fact, grouped);
		if (!err && group)
			err = object_put(group, fact->key, value);
		else
			json_decref(value);
		if (!group)
			err = -ENOMEM;
	}
	if (!err && (json_object_set(parent, field->name, json) || json_object_set(parent, name, missing)))
		err = -ENOMEM;
	free(name);
	json_decref(missing);
	json_decref(json);
	return err;
}

static json_t *column_json(const struct column *column, size_t nr_rounds)
{
	json_t *array = json_array();

	for (size_t i = 0; i < nr_rounds && array; i++) {
		if (!json_array_append_new(array, number_json(column->value[i], column->integer)))
			continue;
		json_decref(array);
		return NULL;
	}
	return array;
}

static json_t *columns_json(const struct column *column, size_t count, size_t nr_rounds)
{
	json_t *object = json_object();

	for (size_t i = 0; i < count && object; i++) {
		if (!object_put(object, column[i].name, column_json(&column[i], nr_rounds)))
			continue;
		json_decref(object);
		return NULL;
	}
	return object;
}

/* Only the bins that hold something: [[bin, count], ...]. */
json_t *bins_json(const struct histogram *histogram)
{
	json_t *bins = json_array();

	for (size_t bin = 0; bin < histogram_bins(histogram) && bins; bin++) {
		double count = histogram_count(histogram, bin);

		if (count == 0 ||
		    !json_array_append_new(bins, json_pack("[I, o]", (json_int_t)bin, number_json(count, true))))
			continue;
		json_decref(bins);
		return NULL;
	}
	return bins;
}

static json_t *histogram_json(const struct histogram *histogram)
{
	json_t *bins;

	if (!histogram)
		return json_null();
	bins = bins_json(histogram);
	return bins ? json_pack("{s:s, s:i, s:i, s:I, s:o}", "unit", BINS_UNIT, "first_edge_ns", BINS_FIRST_EDGE_NS,
				"bins_per_octave", HISTOGRAM_BINS_PER_OCTAVE, "bins_total",
				(json_int_t)histogram_bins(histogram), "bins", bins)
		    : NULL;
}

static json_t *array_json(const struct record *record, const struct field *field, const char *element, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count && array; i++) {
		if (!json_array_append_new(array,
					   fields_json(record, element + i * field->element_size, field->fields)))
			continue;
		json_decref(array);
		return NULL;
	}
	return array;
}

static json_t *field_json(const struct record *record, const void *base, const struct field *field)
{
	const void *at = (const char *)base + field->offset;
	const void *count = (const char *)base + field->count_offset;
	const char *element;

	switch (field->kind) {
	case FIELD_TEXT:
		return text_json(*(char *const *)at);
	case FIELD_TEXT_OR_NULL:
		return *(char *const *)at ? text_json(*(char *const *)at) : json_null();
	case FIELD_BOOL:
		return json_boolean(*(const bool *)at);
	case FIELD_COUNT_OR_NULL:
		return *(const int64_t *)at < 0 ? json_null() : json_integer(*(const int64_t *)at);
	case FIELD_COUNT:
	case FIELD_INTEGER:
		return json_integer(*(const int64_t *)at);
	case FIELD_SIZE:
		return json_integer((json_int_t) * (const size_t *)at);
	case FIELD_NUMBER:
		return number_json(*(const double *)at, false);
	case FIELD_BITS:
		return bits_json(*(const uint64_t *)at);
	case FIELD_COLUMNS:
		return columns_json(*(struct column *const *)at, *(const size_t *)count, record->nr_rounds);
	case FIELD_HISTOGRAM:
		return histogram_json(*(struct histogram *const *)at);
	case FIELD_OBJECT:
		return fields_json(record, at, field->fields);
	case FIELD_ARRAY:
		memcpy(&element, at, sizeof(element));
		return array_json(record, field, element, *(const size_t *)count);
	default:
		return NULL;
	}
}

json_t *fields_json(const struct record *record, const void *base, const struct field *fields)
{
	json_t *object = json_object();

	for (const struct field *field = fields; field->name && object; field++) {
		const void *at = (const char *)base + field->offset;
		int err;

		if (field->kind == FIELD_FACTS || field->kind == FIELD_FACT_GROUPS)
			err = put_facts(object, field, at);
		else
			err = json_object_set_new(object, field->name, field_json(record, base, field));
		if (!err)
			continue;
		json_decref(object);
		return NULL;
	}
	return object;
}

/* Put into @json what only @unknown has. */
static int merge_unknown(json_t *json, json_t *unknown)
{
	const char *key;
	json_t *value;
	size_t i;
	int err = 0;

	if (json_is_array(json) && json_is_array(unknown)) {
		json_array_foreach (unknown, i, value) {
			if (!err && i < json_array_size(json))
				err = merge_unknown(json_array_get(json, i), value);
		}
	} else if (json_is_object(json) && json_is_object(unknown)) {
		json_object_foreach (unknown, key, value) {
			json_t *known = json_object_get(json, key);

			if (err)
				break;
			err = known ? merge_unknown(known, value) : json_object_set(json, key, value);
		}
	}
	return err ? -ENOMEM : 0;
}

/* A record that holds the fields of a newer version says so. The order of the file: what it is comes first. */
static json_t *schema_json(const char *schema, json_t *unknown)
{
	json_t *newer = json_object_get(unknown, "schema_version");

	return newer ? json_pack("{s:s, s:O}", "schema", schema, "schema_version", newer)
		     : json_pack("{s:s, s:o}", "schema", schema, "schema_version",
				 json_sprintf("%d.%d", RECORD_VERSION_MAJOR, RECORD_VERSION_MINOR));
}

static json_t *unknown_json(const struct record *record)
{
	if (!record->unknown)
		return NULL;
	json_watch_reading();
	return json_whole(json_loads(record->unknown, 0, NULL));
}

json_t *record_json(const struct record *record, const char *schema)
{
	json_t *unknown, *fields, *json;
	bool complete;

	json_watch_memory();
	unknown = unknown_json(record);
	fields = fields_json(record, record, record_fields);
	json = schema_json(schema, unknown);
	complete = json && fields && (unknown || !record->unknown);
	if (!complete || json_object_update(json, fields) || (unknown && merge_unknown(json, unknown))) {
		json_decref(json);
		json = NULL;
	}
	json_decref(fields);
	json_decref(unknown);
	return json;
}

static int dump_line(FILE *file, json_t *json)
{
	errno = 0;
	if (json && !json_dumpf(json, file, JSON_COMPACT | JSON_ENCODE_ANY))
		return 0;
	if (!ferror(file))
		return -ENOMEM;
	return errno ? -errno : -EIO;
}

static bool holds_containers(json_t *json)
{
	const char *key;
	json_t *value;

	if (json_is_array(json))
		return json_is_object(json_array_get(json, 0)) || json_is_array(json_array_get(json, 0));
	json_object_foreach (json, key, value) {
		if (json_is_object(value) || json_is_array(value))
			return true;
	}
	return false;
}

static int dump(FILE *file, json_t *json, int depth);

/* One member of an object (with @key) or of an array, on a line of its own. */
static int dump_member(FILE *file, const char *key, json_t *value, int depth, bool first)
{
	json_t *name;
	int err = 0;

	if (fprintf(file, "%s\n%*s", first ? "" : ",", 2 * depth, "") < 0)
		return -errno;
	if (key) {
		name = json_string(key);
		err = dump_line(file, name);
		json_decref(name);
		if (!err && fputs(": ", file) < 0)
			err = -errno;
	}
	return err ? err : dump(file, value, depth);
}

static int dump(FILE *file, json_t *json, int depth)
{
	bool first = true, array = json_is_array(json);
	const char *key;
	json_t *value;
	size_t i;
	int err = 0;

	if (depth >= LINES_DEPTH || !holds_containers(json))
		return dump_line(file, json);
	if (fputc(array ? '[' : '{', file) == EOF)
		return -errno;
	if (array) {
		json_array_foreach (json, i, value) {
			if (!err)
				err = dump_member(file, NULL, value, depth + 1, !i);
		}
	} else {
		json_object_foreach (json, key, value) {
			if (!err)
				err = dump_member(file, key, value, depth + 1, first);
			first = false;
		}
	}
	if (!err && fprintf(file, "\n%*s%c", 2 * depth, "", array ? ']' : '}') < 0)
		err = -errno;
	return err;
}

int json_write(FILE *file, json_t *json)
{
	int err = dump(file, json, 0);

	if (!err && fputc('\n', file) == EOF)
		err = -errno;
	return err;
}

int fields_write(const void *base, const struct field *fields, const char *schema, const char *version, FILE *file)
{
	json_t *body = fields_json(NULL, base, fields);
	json_t *json = json_pack("{s:s, s:s}", "schema", schema, "schema_version", version);
	int err = -ENOMEM;

	if (json && body && !json_object_update(json, body))
		err = json_write(file, json);
	json_decref(body);
	json_decref(json);
	return err;
}
