// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The parts of a record from JSON. fields.c says what a record consists of; here is how each kind of field is read.
 *
 * Reading removes from the parsed text what it has understood. The rest are the fields of a newer minor version: they
 * are kept unchanged and written again.
 */
#include "bench/record/json.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/array.h"
#include "bench/base/text.h"

static const char *found(const json_t *json)
{
	if (!json)
		return "nothing";
	switch (json_typeof(json)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "an array";
	case JSON_STRING:
		return "a string";
	case JSON_INTEGER:
		return "an integer";
	case JSON_REAL:
		return "a fraction";
	case JSON_NULL:
		return "null";
	default:
		return json_is_true(json) ? "true" : "false";
	}
}

int expected(const struct reader *reader, const char *what, const json_t *json)
{
	return refuse(reader, "expected %s, found %s", what, found(json));
}

static int read_text(struct reader *reader, const json_t *json, bool nullable, char **text)
{
	if (nullable && json_is_null(json))
		return 0;
	if (!json_is_string(json))
		return expected(reader, nullable ? "a string or null" : "a string", json);
	*text = strdup(json_string_value(json));
	return *text ? 0 : out_of_memory(reader);
}

static int read_bool(struct reader *reader, const json_t *json, bool *boolean)
{
	if (!json_is_boolean(json))
		return expected(reader, "true or false", json);
	*boolean = json_is_true(json);
	return 0;
}

int read_integer(struct reader *reader, const json_t *json, int64_t least, int64_t *integer)
{
	if (!json_is_integer(json))
		return expected(reader, "an integer", json);
	if (json_integer_value(json) < least)
		return refuse(reader, "expected an integer of %lld or more, found %lld", (long long)least,
			      (long long)json_integer_value(json));
	*integer = json_integer_value(json);
	return 0;
}

static int read_size(struct reader *reader, const json_t *json, size_t *size)
{
	int64_t integer;
	int err = read_integer(reader, json, 0, &integer);

	if (err)
		return err;
	if ((uint64_t)integer > SIZE_MAX / sizeof(double))
		return refuse(reader, "expected a size that fits into memory, found %lld", (long long)integer);
	*size = (size_t)integer;
	return 0;
}

static int read_number(struct reader *reader, const json_t *json, double *x)
{
	if (!json_is_number(json) && !json_is_null(json))
		return expected(reader, "a number or null", json);
	*x = json_is_null(json) ? NAN : json_number_value(json);
	return 0;
}

static int read_bits(struct reader *reader, const json_t *json, uint64_t *bits)
{
	const char *text = json_string_value(json);
	char shown[48], *end;

	if (!text)
		return expected(reader, "a string with a decimal number of 64 bits", json);
	errno = 0;
	*bits = strtoull(text, &end, 10);
	if (!*text || text[strspn(text, "0123456789")] || *end || errno)
		return refuse(reader, "expected a string with a decimal number of 64 bits, found \"%s\"",
			      plain_text(text, shown, sizeof(shown)));
	return 0;
}

/* Why a fact is null; taken out of @missing. */
static int read_missing(struct reader *reader, json_t *missing, const char *missing_name, const char *group,
			const char *key, struct facts *facts)
{
	const json_t *why;
	char *name;
	int err;

	if (asprintf(&name, "%s%s%s", group ? group : "", group ? "." : "", key) < 0)
		return out_of_memory(reader);
	why = json_object_get(missing, name);
	if (json_is_string(why)) {
		err = facts_add_missing(facts, group, key, json_string_value(why));
		if (err)
			out_of_memory(reader);
	} else {
		err = refuse(reader, "expected the reason for null as a string in %s, found %s", missing_name,
			     found(why));
	}
	json_object_del(missing, name);
	free(name);
	return err;
}

static int read_fact(struct reader *reader, const json_t *json, const char *group, const char *key, struct facts *facts)
{
	int err;

	switch (json_typeof(json)) {
	case JSON_STRING:
		err = facts_add_text(facts, group, key, json_string_value(json));
		break;
	case JSON_INTEGER:
		err = facts_add_int(facts, group, key, json_integer_value(json));
		break;
	case JSON_REAL:
		err = facts_add_real(facts, group, key, json_real_value(json));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		err = facts_add_bool(facts, group, key, json_is_true(json));
		break;
	default:
		return expected(reader, "a string, a number, true, false or null", json);
	}
	return err ? out_of_memory(reader) : 0;
}

static int read_fact_group(struct reader *reader, const json_t *json, const char *group, json_t *missing,
			   const char *missing_name, struct facts *facts)
{
	const char *key;
	json_t *value;
	int err;

	if (!json_is_object(json))
		return expected(reader, "an object", json);
	json_object_foreach ((json_t *)json, key, value) {
		size_t length = path_key(reader, key);

		if (json_is_null(value))
			err = read_missing(reader, missing, missing_name, group, key, facts);
		else
			err = read_fact(reader, value, group, key, facts);
		if (err)
			return err;
		path_end(reader, length);
	}
	return 0;
}

static int read_fact_groups(struct reader *reader, const json_t *json, json_t *missing, const char *missing_name,
			    struct facts *facts)
{
	const char *group;
	json_t *value;
	int err;

	if (!json_is_object(json))
		return expected(reader, "an object", json);
	json_object_foreach ((json_t *)json, group, value) {
		size_t length = path_key(reader, group);

		err = read_fact_group(reader, value, group, missing, missing_name, facts);
		if (err)
			return err;
		path_end(reader, length);
	}
	return 0;
}

static int read_facts(struct reader *reader, json_t *parent, const struct field *field, struct facts *facts)
{
	const json_t *json = json_object_get(parent, field->name);
	json_t *missing;
	char *name;
	int err;

	if (asprintf(&name, "%s_missing", field->name) < 0)
		return out_of_memory(reader);
	missing = json_object_get(parent, name);
	if (missing && !json_is_object(missing))
		err = refuse(reader, "expected an object in %s, found %s", name, found(missing));
	else if (field->kind == FIELD_FACT_GROUPS)
		err = read_fact_groups(reader, json, missing, name, facts);
	else
		err = read_fact_group(reader, json, NULL, missing, name, facts);
	/* Reasons for facts that are not there belong to something that is not known here */
	if (!err && !json_object_size(missing))
		json_object_del(parent, name);
	free(name);
	return err;
}

/* Their values become integers where they are used, and C defines that only for values that fit. */
static const struct {
	const char *name;
	double most;
} whole_columns[] = { { RECORD_COLUMN_DISTURBED, UINT_MAX },
		      { RECORD_COLUMN_VARIANT, 0x1p53 },
		      { RECORD_COLUMN_ADDRESS, 0x1p53 },
		      { RECORD_COLUMN_STACK, 0x1p53 } };

static int check_sample(struct reader *reader, const char *column, double x)
{
	for (size_t i = 0; i < sizeof(whole_columns) / sizeof(whole_columns[0]); i++) {
		if (strcmp(column, whole_columns[i].name) || isnan(x))
			continue;
		if (x < 0 || x > whole_columns[i].most || floor(x) < x)
			return refuse(reader, "expected a whole number of 0 to %.0f, found %g", whole_columns[i].most,
				      x);
	}
	return 0;
}

/* A column counts as one of integers until a value with a fraction comes: an empty one may become either. */
int read_sample(struct reader *reader, const json_t *json, struct column *column, size_t round)
{
	int err;

	if (json_is_real(json))
		column->integer = false;
	err = read_number(reader, json, &column->value[round]);
	return err ? err : check_sample(reader, column->name, column->value[round]);
}

static int read_column(struct reader *reader, const json_t *json, struct column *column)
{
	size_t count = reader->record->nr_rounds;
	int err;

	if (!json_is_array(json))
		return expected(reader, "an array", json);
	if (json_array_size(json) != count)
		return refuse(reader, "expected %zu values, as $.rounds.count says, found %zu", count,
			      json_array_size(json));
	column->value = calloc(array_capacity(count), sizeof(*column->value));
	if (!column->value)
		return out_of_memory(reader);
	for (size_t i = 0; i < count; i++) {
		size_t length = path_index(reader, i);

		err = read_sample(reader, json_array_get(json, i), column, i);
		if (err)
			return err;
		path_end(reader, length);
	}
	return 0;
}

static int read_columns(struct reader *reader, const json_t *json, struct column **columns, size_t *count)
{
	const char *key;
	json_t *value;
	int err;

	if (!json_is_object(json))
		return expected(reader, "an object", json);
	json_object_foreach ((json_t *)json, key, value) {
		size_t length = path_key(reader, key);
		struct column *column = array_room(*columns, *count, sizeof(*column));

		if (!column)
			return out_of_memory(reader);
		*columns = column;
		column += *count;
		*column = (struct column){ .name = strdup(key), .integer = true };
		if (!column->name)
			return out_of_memory(reader);
		(*count)++;
		err = read_column(reader, value, column);
		if (err)
			return err;
		path_end(reader, length);
	}
	return 0;
}

int read_bins(struct reader *reader, const json_t *json, struct histogram *histogram)
{
	if (!json_is_array(json))
		return expected(reader, "an array", json);
	for (size_t i = 0; i < json_array_size(json); i++) {
		const json_t *pair = json_array_get(json, i), *bin = json_array_get(pair, 0);
		const json_t *count = json_array_get(pair, 1);
		size_t length = path_index(reader, i);

		if (json_array_size(pair) != 2 || !json_is_integer(bin) || !json_is_number(count))
			return refuse(reader, "expected [bin, count]");
		if (json_integer_value(bin) < 0 ||
		    histogram_add_bin(histogram, (size_t)json_integer_value(bin), json_number_value(count)))
			return refuse(reader, "expected a bin from 0 to %zu and a count of 0 or more",
				      histogram_bins(histogram) - 1);
		path_end(reader, length);
	}
	return 0;
}

static int read_histogram(struct reader *reader, json_t *json, struct histogram **histogram)
{
	const json_t *unit = json_object_get(json, "unit");
	size_t length;
	int err;

	if (json_is_null(json))
		return 0;
	if (!json_is_object(json))
		return expected(reader, "an object or null", json);
	*histogram = histogram_new();
	if (!*histogram)
		return out_of_memory(reader);
	if (!json_is_string(unit) || strcmp(json_string_value(unit), BINS_UNIT) ||
	    json_integer_value(json_object_get(json, "first_edge_ns")) != BINS_FIRST_EDGE_NS ||
	    json_integer_value(json_object_get(json, "bins_per_octave")) != HISTOGRAM_BINS_PER_OCTAVE ||
	    json_integer_value(json_object_get(json, "bins_total")) != (json_int_t)histogram_bins(*histogram))
		return refuse(reader, "expected bins in %s from %d, %d an octave, %zu in total", BINS_UNIT,
			      BINS_FIRST_EDGE_NS, HISTOGRAM_BINS_PER_OCTAVE, histogram_bins(*histogram));
	length = path_key(reader, "bins");
	err = read_bins(reader, json_object_get(json, "bins"), *histogram);
	if (err)
		return err;
	path_end(reader, length);
	json_object_del(json, "unit");
	json_object_del(json, "first_edge_ns");
	json_object_del(json, "bins_per_octave");
	json_object_del(json, "bins_total");
	json_object_del(json, "bins");
	return 0;
}

/* Take out what would be computed anew, unread. */
static void drop_fields(json_t *object, const struct field *fields)
{
	for (const struct field *field = fields; field->name; field++) {
		json_t *value = json_object_get(object, field->name);

		if (field->fields)
			drop_fields(value, field->fields);
		if (!json_object_size(value))
			json_object_del(object, field->name);
	}
}

static int read_array(struct reader *reader, json_t *json, const struct field *field, void *at, size_t *count)
{
	if (!json_is_array(json))
		return expected(reader, "an array", json);
	for (size_t i = 0; i < json_array_size(json); i++) {
		size_t length = path_index(reader, i);
		char *array;
		int err;

		memcpy(&array, at, sizeof(array));
		array = array_room(array, i, field->element_size);
		if (!array)
			return out_of_memory(reader);
		memcpy(at, &array, sizeof(array));
		memset(array + i * field->element_size, 0, field->element_size);
		*count = i + 1;
		err = read_fields(reader, json_array_get(json, i), array + i * field->element_size, field->fields);
		if (err)
			return err;
		path_end(reader, length);
	}
	return 0;
}

static int read_field(struct reader *reader, json_t *parent, json_t *json, void *base, const struct field *field)
{
	void *at = (char *)base + field->offset;
	void *count = (char *)base + field->count_offset;

	switch (field->kind) {
	case FIELD_TEXT:
	case FIELD_TEXT_OR_NULL:
		return read_text(reader, json, field->kind == FIELD_TEXT_OR_NULL, at);
	case FIELD_BOOL:
		return read_bool(reader, json, at);
	case FIELD_COUNT_OR_NULL:
		*(int64_t *)at = -1;
		return json_is_null(json) ? 0 : read_integer(reader, json, 0, at);
	case FIELD_COUNT:
		return read_integer(reader, json, 0, at);
	case FIELD_INTEGER:
		return read_integer(reader, json, INT64_MIN, at);
	case FIELD_SIZE:
		return read_size(reader, json, at);
	case FIELD_NUMBER:
		return read_number(reader, json, at);
	case FIELD_BITS:
		return read_bits(reader, json, at);
	case FIELD_FACTS:
	case FIELD_FACT_GROUPS:
		return read_facts(reader, parent, field, at);
	case FIELD_COLUMNS:
		return read_columns(reader, json, at, count);
	case FIELD_HISTOGRAM:
		return read_histogram(reader, json, at);
	case FIELD_OBJECT:
		return read_fields(reader, json, at, field->fields);
	case FIELD_ARRAY:
		return read_array(reader, json, field, at, count);
	}
	return -EINVAL;
}

/* A field that was added later is not in this file. All is zero but what is not empty as zero. */
static int read_nothing(struct reader *reader, void *base, const struct field *field)
{
	void *at = (char *)base + field->offset;

	if (field->kind == FIELD_OBJECT) {
		for (const struct field *inner = field->fields; inner->name; inner++) {
			if (read_nothing(reader, at, inner))
				return -ENOMEM;
		}
	}
	if (field->kind == FIELD_NUMBER)
		*(double *)at = NAN;
	if (field->kind != FIELD_TEXT)
		return 0;
	*(char **)at = strdup("");
	return *(char **)at ? 0 : out_of_memory(reader);
}

/* Is there nothing in @json that was not understood? Everything but these is used up by reading it. */
static bool used_up(json_t *json, const struct field *field)
{
	json_t *element;
	size_t i;

	if (field->kind == FIELD_OBJECT || field->kind == FIELD_HISTOGRAM)
		return !json_object_size(json);
	if (field->kind != FIELD_ARRAY)
		return true;
	json_array_foreach (json, i, element) {
		if (json_object_size(element))
			return false;
	}
	return true;
}

int read_fields(struct reader *reader, json_t *object, void *base, const struct field *fields)
{
	int err = 0;

	if (!json_is_object(object))
		return expected(reader, "an object", object);
	for (const struct field *field = fields; field->name; field++) {
		json_t *value = json_object_get(object, field->name);
		size_t length = path_key(reader, field->name);

		if (field->later && !value)
			err = read_nothing(reader, base, field);
		else if (!field->derived)
			err = read_field(reader, object, value, base, field);
		else if (value && !json_is_object(value))
			err = expected(reader, "an object", value);
		else
			drop_fields(value, field->fields);
		if (err)
			return err;
		if (used_up(value, field))
			json_object_del(object, field->name);
		path_end(reader, length);
	}
	return 0;
}
