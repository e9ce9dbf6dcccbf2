// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Records to and from JSON. What a record consists of is said by the tables of fields.c; here is how each
 * kind of field is written and read.
 *
 * Reading takes out of the parsed text what it has understood. What is left over are the fields of a newer minor
 * version: they are kept as they are, and put in again on writing.
 */
#include "bench/record/record.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>
#include <zlib.h>

#include "bench/base/array.h"
#include "bench/record/codec.h"
#include "bench/record/fields.h"
#include "bench/base/file.h"

#define JOURNAL_SCHEMA "zapbench-journal"

/* The rule by which a histogram's bins are found, so that a reader with other bins can tell */
#define BINS_UNIT "ns"
#define BINS_FIRST_EDGE_NS 1
#define BINS_PER_OCTAVE 16

/* Integers beyond this are not all doubles */
#define INTEGER_MAX 9007199254740992.0

/* Containers are broken into lines to this depth: a column of samples is one line, so diff and grep work on a record */
#define LINES_DEPTH 4

/* ---- writing ---- */

/* Length of the UTF-8 character at @s; 0 when its bytes are none. */
static size_t utf8_length(const unsigned char *s)
{
	static const unsigned int least[] = { 0, 0x80, 0x800, 0x10000 };
	unsigned int code;
	size_t more;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc0 && s[0] < 0xe0)
		more = 1;
	else if (s[0] >= 0xe0 && s[0] < 0xf0)
		more = 2;
	else if (s[0] >= 0xf0 && s[0] < 0xf8)
		more = 3;
	else
		return 0;
	code = s[0] & (0x3fu >> more);
	for (size_t i = 1; i <= more; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	if (code < least[more] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	return more + 1;
}

/* A kernel command line or a label may hold any bytes: better a replacement character than no record. */
static json_t *repaired_text(const char *text)
{
	static const char replacement[] = "\xef\xbf\xbd";
	char *good = malloc(strlen(text) * (sizeof(replacement) - 1) + 1);
	char *end = good;
	json_t *json;

	if (!good)
		return NULL;
	while (*text) {
		size_t length = utf8_length((const unsigned char *)text);

		if (length) {
			memcpy(end, text, length);
			text += length;
			end += length;
		} else {
			memcpy(end, replacement, sizeof(replacement) - 1);
			text++;
			end += sizeof(replacement) - 1;
		}
	}
	*end = '\0';
	json = json_string(good);
	free(good);
	return json;
}

static json_t *text_json(const char *text)
{
	json_t *json = json_string(text ? text : "");

	return json ? json : repaired_text(text ? text : "");
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

static json_t *number_json(double x, bool integer)
{
	if (!isfinite(x))
		return json_null();
	if (integer && x == trunc(x) && fabs(x) <= INTEGER_MAX)
		return json_integer((json_int_t)x);
	return json_real(x);
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
static json_t *bins_json(const struct histogram *histogram)
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
				"bins_per_octave", BINS_PER_OCTAVE, "bins_total", (json_int_t)histogram_bins(histogram),
				"bins", bins)
		    : NULL;
}

static json_t *fields_json(const struct record *record, const void *base, const struct field *fields);

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

static json_t *fields_json(const struct record *record, const void *base, const struct field *fields)
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

static json_t *record_json(const struct record *record, const char *schema)
{
	json_t *fields = fields_json(record, record, record_fields), *json;
	json_t *newer = json_object_get(record->unknown, "schema_version");

	/* What holds the fields of a newer version says so. The order of the file: what it is comes first. */
	if (newer)
		json = json_pack("{s:s, s:O}", "schema", schema, "schema_version", newer);
	else
		json = json_pack("{s:s, s:o}", "schema", schema, "schema_version",
				 json_sprintf("%d.%d", RECORD_VERSION_MAJOR, RECORD_VERSION_MINOR));
	if (!json || !fields || json_object_update(json, fields) ||
	    (record->unknown && merge_unknown(json, record->unknown))) {
		json_decref(json);
		json = NULL;
	}
	json_decref(fields);
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

static int record_fill(FILE *file, const void *arg)
{
	json_t *json = record_json(arg, RECORD_SCHEMA);
	int err;

	if (!json)
		return -ENOMEM;
	err = dump(file, json, 0);
	if (!err && fputc('\n', file) == EOF)
		err = -errno;
	json_decref(json);
	return err;
}

int fields_write(const void *base, const struct field *fields, const char *schema, const char *version, FILE *file)
{
	json_t *body = fields_json(NULL, base, fields);
	json_t *json = json_pack("{s:s, s:s}", "schema", schema, "schema_version", version);
	int err = -ENOMEM;

	if (json && body && !json_object_update(json, body))
		err = dump(file, json, 0);
	if (!err && fputc('\n', file) == EOF)
		err = -errno;
	json_decref(body);
	json_decref(json);
	return err;
}

int record_write(const struct record *record, const char *path, struct why *why)
{
	int err = record_check(record, path, why);

	return err ? err : file_replace(path, record_fill, record, why);
}

/* A text of one line with its line feed, as write(2) shall get it in one piece. Takes @json over. */
static char *line_of(json_t *json)
{
	char *line = json ? json_dumps(json, JSON_COMPACT) : NULL;
	char *longer = line ? realloc(line, strlen(line) + 2) : NULL;

	json_decref(json);
	if (!longer) {
		free(line);
		return NULL;
	}
	strcat(longer, "\n");
	return longer;
}

char *record_header_line(const struct record *record)
{
	return line_of(record_json(record, JOURNAL_SCHEMA));
}

char *record_segment_line(const struct record *record)
{
	return line_of(json_pack("{s:o}", "piece",
				 fields_json(record, &record->segment[record->nr_segments - 1], segment_fields)));
}

/* The newest value of each column, in the order of the columns. */
static json_t *newest_json(const struct column *column, size_t count, size_t round)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count && array; i++) {
		if (!json_array_append_new(array, number_json(column[i].value[round], column[i].integer)))
			continue;
		json_decref(array);
		return NULL;
	}
	return array;
}

/* Single events go into nothing but the histogram, so their bins are all that a recovery needs. */
static json_t *events_json(const double *events, size_t count)
{
	struct histogram *histogram;
	json_t *bins;

	if (!events)
		return json_null();
	histogram = histogram_new();
	if (!histogram)
		return NULL;
	for (size_t i = 0; i < count; i++)
		histogram_add(histogram, events[i]);
	bins = bins_json(histogram);
	histogram_free(histogram);
	return bins;
}

char *record_round_line(const struct record *record, const double *const *events, const size_t *nr_events)
{
	size_t round = record->nr_rounds - 1;
	json_t *configs = json_array(), *bins = json_array();
	int err = configs && bins ? 0 : -ENOMEM;

	for (size_t i = 0; i < record->nr_configs && !err; i++) {
		const struct config_result *config = &record->config[i];

		err = json_array_append_new(configs, newest_json(config->column, config->nr_columns, round));
		if (!err)
			err = json_array_append_new(bins, events ? events_json(events[i], events[i] ? nr_events[i] : 0)
								 : json_null());
	}
	if (err) {
		json_decref(configs);
		json_decref(bins);
		return NULL;
	}
	return line_of(json_pack("{s:I, s:o, s:o, s:o}", "round", (json_int_t)round, "rounds",
				 newest_json(record->round_column, record->nr_round_columns, round), "configurations",
				 configs, "events", bins));
}

/* ---- reading ---- */

struct reader {
	const char *file;
	struct record *record; /* its nr_rounds is how long every column is */
	struct why *why;
	char path[160]; /* of the value at hand: "$.configurations[3].samples" */
};

/* Keep @text in one line of a terminal, whatever a file holds: printable ASCII, not too long. */
static const char *printable(char *out, size_t size, const char *text)
{
	size_t n = 0;

	for (; n < size - 1 && text[n]; n++)
		out[n] = text[n] >= 0x20 && text[n] < 0x7f ? text[n] : '?';
	out[n] = '\0';
	return out;
}

/* The end of a long file name tells more than its beginning. */
static const char *short_name(const char *file)
{
	size_t length = strlen(file);

	return length > 160 ? file + length - 160 : file;
}

static size_t path_key(struct reader *reader, const char *key)
{
	size_t length = strlen(reader->path), room = sizeof(reader->path) - length;
	bool plain = *key && !key[strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")];
	char name[64];

	printable(name, sizeof(name), key);
	snprintf(reader->path + length, room, plain ? ".%s" : "[\"%s\"]", name);
	return length;
}

static size_t path_index(struct reader *reader, size_t index)
{
	size_t length = strlen(reader->path);

	snprintf(reader->path + length, sizeof(reader->path) - length, "[%zu]", index);
	return length;
}

static void path_end(struct reader *reader, size_t length)
{
	reader->path[length] = '\0';
}

static int __attribute__((format(printf, 2, 3))) refuse(const struct reader *reader, const char *fmt, ...)
{
	char text[180];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return why_set(reader->why, -EINVAL, NULL, "%s: %s: %s", short_name(reader->file), reader->path, text);
}

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

static int expected(const struct reader *reader, const char *what, const json_t *json)
{
	return refuse(reader, "expected %s, found %s", what, found(json));
}

static int out_of_memory(const struct reader *reader)
{
	return file_why(reader->why, -ENOMEM, short_name(reader->file));
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

static int read_integer(struct reader *reader, const json_t *json, int64_t least, int64_t *integer)
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
			      printable(shown, sizeof(shown), text));
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

/* A column counts as one of integers until a value with a fraction comes: an empty one may become either. */
static int read_sample(struct reader *reader, const json_t *json, struct column *column, size_t round)
{
	if (json_is_real(json))
		column->integer = false;
	return read_number(reader, json, &column->value[round]);
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

static int read_bins(struct reader *reader, const json_t *json, struct histogram *histogram)
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
	    json_integer_value(json_object_get(json, "bins_per_octave")) != BINS_PER_OCTAVE ||
	    json_integer_value(json_object_get(json, "bins_total")) != (json_int_t)histogram_bins(*histogram))
		return refuse(reader, "expected bins in %s from %d, %d an octave, %zu in total", BINS_UNIT,
			      BINS_FIRST_EDGE_NS, BINS_PER_OCTAVE, histogram_bins(*histogram));
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

static int read_fields(struct reader *reader, json_t *object, void *base, const struct field *fields);

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

static int read_fields(struct reader *reader, json_t *object, void *base, const struct field *fields)
{
	int err = 0;

	if (!json_is_object(object))
		return expected(reader, "an object", object);
	for (const struct field *field = fields; field->name; field++) {
		json_t *value = json_object_get(object, field->name);
		size_t length = path_key(reader, field->name);

		if (!field->derived)
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

/* "1.7" as major 1; a newer minor stays in @root, to be written again. */
static int read_version(struct reader *reader, json_t *root)
{
	const char *text = json_string_value(json_object_get(root, "schema_version"));
	size_t length = path_key(reader, "schema_version");
	unsigned int major, minor;
	char shown[48], end;

	if (!text)
		return expected(reader, "a string", json_object_get(root, "schema_version"));
	if (strspn(text, "0123456789.") != strlen(text) || sscanf(text, "%5u.%5u%c", &major, &minor, &end) != 2)
		return refuse(reader, "expected MAJOR.MINOR, found \"%s\"", printable(shown, sizeof(shown), text));
	if (major != RECORD_VERSION_MAJOR)
		return refuse(reader, "expected major version %d, found \"%s\"", RECORD_VERSION_MAJOR,
			      printable(shown, sizeof(shown), text));
	if (minor <= RECORD_VERSION_MINOR)
		json_object_del(root, "schema_version");
	path_end(reader, length);
	return 0;
}

static int read_schema(struct reader *reader, json_t *root, const char *schema)
{
	const char *text = json_string_value(json_object_get(root, "schema"));
	size_t length = path_key(reader, "schema");
	char shown[48];

	if (!text)
		return expected(reader, "a string", json_object_get(root, "schema"));
	if (strcmp(text, schema))
		return refuse(reader, "expected \"%s\", found \"%s\"", schema, printable(shown, sizeof(shown), text));
	path_end(reader, length);
	json_object_del(root, "schema");
	return read_version(reader, root);
}

/* A count that nothing in the file bears out would make the summary's loops endless. */
static int check_rounds(struct reader *reader)
{
	const struct record *record = reader->record;
	size_t columns = record->nr_round_columns;

	for (size_t i = 0; i < record->nr_configs; i++)
		columns += record->config[i].nr_columns;
	if (columns || !record->nr_rounds)
		return 0;
	path_key(reader, "rounds");
	path_key(reader, "count");
	return refuse(reader, "expected 0, as no column has samples, found %zu", record->nr_rounds);
}

/* @root is taken over: what is left of it becomes the record's. */
static int read_record(const char *file, json_t *root, const char *schema, struct record **record, struct why *why)
{
	struct reader reader = { .file = file, .record = record_new(), .why = why, .path = "$" };
	int err;

	if (!reader.record) {
		json_decref(root);
		return out_of_memory(&reader);
	}
	reader.record->unknown = root;
	err = json_is_object(root) ? 0 : expected(&reader, "an object", root);
	if (!err)
		err = read_schema(&reader, root, schema);
	if (!err)
		err = read_fields(&reader, root, reader.record, record_fields);
	if (!err)
		err = check_rounds(&reader);
	if (!err)
		err = record_check(reader.record, file, why);
	if (!err && record_summarise(reader.record))
		err = out_of_memory(&reader);
	if (err) {
		record_free(reader.record);
		return err;
	}
	if (!json_object_size(root))
		record_free_unknown(reader.record);
	*record = reader.record;
	return 0;
}

void record_free_unknown(struct record *record)
{
	json_decref(record->unknown);
	record->unknown = NULL;
}

static int syntax_error(const char *file, const json_error_t *error, struct why *why)
{
	char text[JSON_ERROR_TEXT_LENGTH];

	/* Jansson sets neither a code nor a line when memory runs out */
	if (error->line < 0)
		return file_why(why, -ENOMEM, short_name(file));
	return why_set(why, -EINVAL, NULL, "%s:%d:%d: %s", short_name(file), error->line, error->column,
		       printable(text, sizeof(text), error->text));
}

struct input {
	gzFile stream; /* which hands a file that is not compressed on as it is */
	int err;
};

static size_t input_read(void *buffer, size_t size, void *data)
{
	struct input *input = data;
	int n = gzread(input->stream, buffer, size < INT_MAX ? (unsigned int)size : INT_MAX), error = Z_OK;

	/* At the end of a file that was cut off gzread() returns what is there, and says so only here. */
	if (n <= 0)
		gzerror(input->stream, &error);
	if (error != Z_OK)
		input->err = error == Z_ERRNO ? -errno : -EBADMSG;
	return input->err ? (size_t)-1 : (size_t)n;
}

static json_t *load(gzFile stream, const char *file, json_error_t *error, int *err, struct why *why)
{
	struct input input = { .stream = stream };
	json_t *root = json_load_callback(input_read, &input, JSON_REJECT_DUPLICATES, error);

	*err = 0;
	if (!input.err)
		return root;
	json_decref(root);
	if (input.err == -EBADMSG)
		*err = why_set(why, -EINVAL, NULL, "%s: its compression is broken or cut off", short_name(file));
	else
		*err = why_set(why, input.err, NULL, "%s: %s", short_name(file), strerror(-input.err));
	return NULL;
}

int record_read(const char *path, struct record **record, struct why *why)
{
	bool standard = !strcmp(path, "-");
	const char *file = standard ? "standard input" : path;
	json_error_t error;
	json_t *root;
	gzFile stream;
	int fd, err;

	fd = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return why_set(why, -errno, NULL, "%s: %s", short_name(file), strerror(errno));
	stream = gzdopen(fd, "rb");
	if (!stream) {
		close(fd);
		return -ENOMEM;
	}
	root = load(stream, file, &error, &err, why);
	gzclose(stream);
	if (err)
		return err;
	return root ? read_record(file, root, RECORD_SCHEMA, record, why) : syntax_error(file, &error, why);
}

int record_from_header_line(const char *file, const char *line, size_t length, struct record **record, struct why *why)
{
	json_error_t error;
	json_t *root = json_loadb(line, length, JSON_REJECT_DUPLICATES, &error);
	int err;

	if (!root)
		return syntax_error(file, &error, why);
	err = read_record(file, root, JOURNAL_SCHEMA, record, why);
	if (err || !(*record)->nr_rounds)
		return err;
	record_free(*record);
	*record = NULL;
	return why_set(why, -EINVAL, NULL, "%s: $.rounds.count: expected 0 at the head of a journal", short_name(file));
}

/* One value for each column, in their order. */
static int read_newest(struct reader *reader, const json_t *json, struct column *column, size_t count)
{
	int err;

	if (!json_is_array(json))
		return expected(reader, "an array", json);
	if (json_array_size(json) != count)
		return refuse(reader, "expected %zu values, one a column, found %zu", count, json_array_size(json));
	for (size_t i = 0; i < count; i++) {
		size_t length = path_index(reader, i);

		err = read_sample(reader, json_array_get(json, i), &column[i], reader->record->nr_rounds - 1);
		if (err)
			return err;
		path_end(reader, length);
	}
	return 0;
}

static int read_events(struct reader *reader, const json_t *json, struct config_result *config)
{
	if (json_is_null(json))
		return 0;
	if (!config->histogram)
		config->histogram = histogram_new();
	if (!config->histogram)
		return out_of_memory(reader);
	return read_bins(reader, json, config->histogram);
}

static int read_round_configs(struct reader *reader, const json_t *configs, const json_t *events)
{
	struct record *record = reader->record;
	int err;

	if (json_array_size(configs) != record->nr_configs || json_array_size(events) != record->nr_configs)
		return refuse(reader, "expected configurations and events of %zu configurations each",
			      record->nr_configs);
	for (size_t i = 0; i < record->nr_configs; i++) {
		struct config_result *config = &record->config[i];
		size_t length = path_key(reader, "configurations");

		path_index(reader, i);
		err = read_newest(reader, json_array_get(configs, i), config->column, config->nr_columns);
		if (err)
			return err;
		path_end(reader, length);
		path_key(reader, "events");
		path_index(reader, i);
		err = read_events(reader, json_array_get(events, i), config);
		if (err)
			return err;
		path_end(reader, length);
	}
	return 0;
}

static int read_round(struct reader *reader, const json_t *root)
{
	struct record *record = reader->record;
	size_t length;
	int64_t number;
	int err;

	if (!json_is_object(root))
		return expected(reader, "an object", root);
	length = path_key(reader, "round");
	err = read_integer(reader, json_object_get(root, "round"), 0, &number);
	if (err)
		return err;
	if ((uint64_t)number != record->nr_rounds)
		return refuse(reader, "expected %zu, found %lld", record->nr_rounds, (long long)number);
	path_end(reader, length);
	if (record_add_round(record))
		return out_of_memory(reader);
	path_key(reader, "rounds");
	err = read_newest(reader, json_object_get(root, "rounds"), record->round_column, record->nr_round_columns);
	if (err)
		return err;
	path_end(reader, length);
	return read_round_configs(reader, json_object_get(root, "configurations"), json_object_get(root, "events"));
}

static int read_segment(struct reader *reader, json_t *json)
{
	struct segment segment = { NULL, NULL, 0 };
	size_t length = path_key(reader, "piece");
	int err = read_fields(reader, json, &segment, segment_fields);

	if (!err && (uint64_t)segment.rounds_before != reader->record->nr_rounds)
		err = refuse(reader, "expected %zu rounds before it, found %lld", reader->record->nr_rounds,
			     (long long)segment.rounds_before);
	if (!err && record_add_segment(reader->record, segment.started_at, segment.boot_id))
		err = out_of_memory(reader);
	free(segment.started_at);
	free(segment.boot_id);
	path_end(reader, length);
	return err;
}

int record_add_line(struct record *record, const char *file, size_t number, const char *line, size_t length,
		    struct why *why)
{
	struct reader reader = { .record = record, .why = why, .path = "$" };
	json_error_t error;
	json_t *root, *segment;
	char name[200];
	int err;

	snprintf(name, sizeof(name), "%s:%zu", short_name(file), number);
	reader.file = name;
	root = json_loadb(line, length, JSON_REJECT_DUPLICATES, &error);
	if (!root) {
		/* The line of the file, not that of the text at hand */
		error.line = (int)number;
		return syntax_error(file, &error, why);
	}
	segment = json_object_get(root, "piece");
	err = segment ? read_segment(&reader, segment) : read_round(&reader, root);
	json_decref(root);
	return err;
}

/* ---- what must hold on both ways ---- */

static int check_counter(const struct reader *reader, const struct counter *counter)
{
	bool reason = counter->why_not && *counter->why_not;

	/* A zero that stands for "could not" is the one thing that a counter must never be */
	if (counter->counted == reason || (!counter->counted && !isnan(counter->per_operation)))
		return refuse(reader,
			      "expected either an event that was counted, or why_not and null in per_operation");
	return 0;
}

static int check_config(struct reader *reader, const struct config_result *config)
{
	const char *column = config->value_column ? config->value_column : "";
	char shown[48];
	int err;

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
			      printable(shown, sizeof(shown), column));
	}
	return 0;
}

/* Names as they are in the file: two that differ only in bytes that JSON cannot hold are the same there. */
static int check_name(struct reader *reader, json_t *seen, const char *text)
{
	json_t *name = text_json(text);
	char shown[100];
	int err = 0;

	path_key(reader, "name");
	if (!name)
		err = out_of_memory(reader);
	else if (!json_string_length(name))
		err = refuse(reader, "expected a name, found an empty string");
	else if (json_object_get(seen, json_string_value(name)))
		err = refuse(reader, "expected a name of its own, found \"%s\" again",
			     printable(shown, sizeof(shown), json_string_value(name)));
	else if (json_object_set_new(seen, json_string_value(name), json_null()))
		err = out_of_memory(reader);
	json_decref(name);
	return err;
}

int record_check(const struct record *record, const char *file, struct why *why)
{
	struct reader reader = { .file = file, .why = why };
	json_t *seen = json_object();
	int err = seen ? 0 : out_of_memory(&reader);

	for (size_t i = 0; i < record->nr_configs && !err; i++) {
		size_t length;

		snprintf(reader.path, sizeof(reader.path), "$.configurations[%zu]", i);
		length = strlen(reader.path);
		err = check_name(&reader, seen, record->config[i].name);
		if (err)
			break;
		path_end(&reader, length);
		err = check_config(&reader, &record->config[i]);
	}
	json_decref(seen);
	return err;
}
