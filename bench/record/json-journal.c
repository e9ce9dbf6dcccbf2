// SPDX-License-Identifier: GPL-2.0-or-later
/* The lines of a journal: its head, a round, the beginning of a segment. */
#include "bench/record/json.h"
#include "bench/base/json-memory.h"
#include "bench/record/journal-lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#define JOURNAL_SCHEMA "zapbench-journal"

/* The last member of a line: the CRC-32 of all that is before it. Journals of 0.1.0 have none. */
#define CHECKSUM ",\"crc32\":"

/* A text of one line with its line feed, as write(2) shall get it in one piece. Takes @json over. */
static char *line_of(json_t *json)
{
	char *line = json ? json_dumps(json, JSON_COMPACT) : NULL, *longer = NULL;
	size_t length = line ? strlen(line) : 0;
	int made;

	json_decref(json);
	if (!line)
		return NULL;
	made = asprintf(&longer, "%.*s" CHECKSUM "%lu}\n", (int)length - 1, line,
			crc32(0, (const Bytef *)line, (uInt)length - 1));
	free(line);
	return made < 0 ? NULL : longer;
}

static int check_checksum(struct reader *reader, const json_t *root, const char *line, size_t length)
{
	const json_t *stored = json_object_get(root, "crc32");
	size_t before = length;
	unsigned long right;

	if (!stored)
		return 0;
	while (before >= strlen(CHECKSUM) && memcmp(line + before - strlen(CHECKSUM), CHECKSUM, strlen(CHECKSUM)))
		before--;
	if (before < strlen(CHECKSUM))
		return refuse(reader, "expected crc32 as the last member");
	right = crc32(0, (const Bytef *)line, (uInt)(before - strlen(CHECKSUM)));
	if (json_integer_value(stored) == (json_int_t)right)
		return 0;
	return refuse(reader, "the line was changed: expected crc32 %lu, found %lld", right,
		      (long long)json_integer_value(stored));
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

static json_t *parse_line(const char *line, size_t length, json_error_t *error)
{
	json_watch_reading();
	return json_whole(json_loadb(line, length, JSON_REJECT_DUPLICATES, error));
}

int record_from_header_line(const char *file, const char *line, size_t length, struct record **record, struct why *why)
{
	struct reader reader = { .why = why, .path = "$" };
	json_error_t error;
	json_t *root = parse_line(line, length, &error);
	char name[200];
	int err;

	if (!root)
		return syntax_error(file, &error, false, why);
	snprintf(name, sizeof(name), "%s:1", short_name(file));
	reader.file = name;
	err = check_checksum(&reader, root, line, length);
	if (err) {
		json_decref(root);
		return err;
	}
	json_object_del(root, "crc32"); /* of the line, not of the record */
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

static int read_events(struct reader *reader, const json_t *json, struct histogram **histogram)
{
	if (json_is_null(json))
		return 0;
	if (!*histogram)
		*histogram = histogram_new();
	if (!*histogram)
		return out_of_memory(reader);
	return read_bins(reader, json, *histogram);
}

/* All events of a round, or none: @into a histogram that is thrown away (NULL: those of the configurations). */
static int read_all_events(struct reader *reader, const json_t *events, struct histogram **into)
{
	for (size_t i = 0; i < reader->record->nr_configs; i++) {
		size_t length = path_key(reader, "events");
		int err;

		path_index(reader, i);
		err = read_events(reader, json_array_get(events, i),
				  into ? into : &reader->record->config[i].histogram);
		if (err)
			return err;
		path_end(reader, length);
	}
	return 0;
}

static int read_round_configs(struct reader *reader, const json_t *configs, const json_t *events)
{
	struct record *record = reader->record;
	struct histogram *tried = NULL;
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
	}
	err = read_all_events(reader, events, &tried);
	histogram_free(tried);
	return err ? err : read_all_events(reader, events, NULL);
}

static int read_round(struct reader *reader, const json_t *root, int64_t *next, bool gaps)
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
	if (gaps ? number < *next || number == INT64_MAX : number != *next)
		return refuse(reader, "expected %lld%s, found %lld", (long long)*next, gaps ? " or more" : "",
			      (long long)number);
	path_end(reader, length);
	if (record_add_round(record))
		return out_of_memory(reader);
	path_key(reader, "rounds");
	err = read_newest(reader, json_object_get(root, "rounds"), record->round_column, record->nr_round_columns);
	if (!err) {
		path_end(reader, length);
		err = read_round_configs(reader, json_object_get(root, "configurations"),
					 json_object_get(root, "events"));
	}
	if (err)
		record->nr_rounds--;
	else
		*next = number + 1;
	return err;
}

static int read_segment(struct reader *reader, json_t *json, int64_t *next, bool gaps)
{
	struct segment segment = { NULL, NULL, 0 };
	size_t length = path_key(reader, "piece");
	int err = read_fields(reader, json, &segment, segment_fields);

	if (!err && (gaps ? segment.rounds_before < *next : segment.rounds_before != *next))
		err = refuse(reader, "expected %lld%s rounds before it, found %lld", (long long)*next,
			     gaps ? " or more" : "", (long long)segment.rounds_before);
	if (!err && record_add_segment(reader->record, segment.started_at, segment.boot_id))
		err = out_of_memory(reader);
	if (!err)
		*next = segment.rounds_before;
	free(segment.started_at);
	free(segment.boot_id);
	path_end(reader, length);
	return err;
}

int record_add_line(struct record *record, int64_t *next, bool gaps, const char *file, size_t number, const char *line,
		    size_t length, struct why *why)
{
	struct reader reader = { .record = record, .why = why, .path = "$" };
	json_error_t error;
	json_t *root, *segment;
	char name[200];
	int err;

	snprintf(name, sizeof(name), "%s:%zu", short_name(file), number);
	reader.file = name;
	root = parse_line(line, length, &error);
	if (!root) {
		/* The line of the file, not that of the text at hand */
		error.line = (int)number;
		return syntax_error(file, &error, false, why);
	}
	segment = json_object_get(root, "piece");
	err = check_checksum(&reader, root, line, length);
	if (!err)
		err = segment ? read_segment(&reader, segment, next, gaps) : read_round(&reader, root, next, gaps);
	json_decref(root);
	return err;
}
