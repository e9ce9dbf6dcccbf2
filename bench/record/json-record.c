// SPDX-License-Identifier: GPL-2.0-or-later
/* Whole records: their files, as they are or compressed, and the versions of the format. */
#include "bench/record/json.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

#include "bench/base/gzip.h"
#include "bench/base/json-memory.h"
#include "bench/base/file.h"
#include "bench/base/text.h"

int record_print(const struct record *record, FILE *file)
{
	json_t *json = record_json(record, RECORD_SCHEMA);
	int err = json ? json_write(file, json) : -ENOMEM;

	json_decref(json);
	return err;
}

/* Much more than a record of the whole matrix with its events has. A compressed file may hold 1,000 times its size. */
enum { INPUT_MOST = 128 << 20 };

struct output {
	const struct record *record;
	const char *path;
	struct why *why;
};

static int record_fill(FILE *file, const void *arg)
{
	const struct output *output = arg;
	int err = record_print(output->record, file);

	/* A pipe has no length, and nobody reads it as a file. */
	if (!err && ftello(file) > INPUT_MOST)
		err = why_set(output->why, -EMSGSIZE, "measure fewer configurations in one run, or a shorter --budget",
			      "%s: the record would have over %d MiB, more than zapbench reads",
			      short_name(output->path), INPUT_MOST >> 20);
	return err;
}

int record_write(const struct record *record, const char *path, struct why *why)
{
	const struct output output = { record, path, why };
	int err = record_check(record, path, why);

	return err ? err : file_replace(path, record_fill, &output, why);
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
		return refuse(reader, "expected MAJOR.MINOR, found \"%s\"", plain_text(text, shown, sizeof(shown)));
	if (major != RECORD_VERSION_MAJOR)
		return why_set(reader->why, -EINVAL,
			       major < RECORD_VERSION_MAJOR
				       ? "it was made by an older zapbench: read it with that version"
				       : "it was made by a newer zapbench: read it with that version",
			       "%s: %s: expected major version %d, found \"%s\"", short_name(reader->file),
			       reader->path, RECORD_VERSION_MAJOR, plain_text(text, shown, sizeof(shown)));
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
		return refuse(reader, "expected \"%s\", found \"%s\"", schema, plain_text(text, shown, sizeof(shown)));
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

/* What records of 1.0 and 1.1 do not say. */
static int derive_missing(const struct reader *reader)
{
	struct record *record = reader->record;

	for (size_t i = 0; i < record->nr_configs; i++) {
		struct config_result *config = &record->config[i];

		if ((!config->nr_figures && config_derive_figures(config)) || config_derive_counters(config) ||
		    (!config->region[0] && config_derive_case(config)))
			return out_of_memory(reader);
	}
	return 0;
}

/* What was not understood, as text. NULL in @unknown when all was. */
static int keep_unknown(const struct reader *reader, const json_t *root)
{
	if (!json_object_size(root))
		return 0;
	reader->record->unknown = json_dumps(root, JSON_COMPACT);
	return reader->record->unknown ? 0 : out_of_memory(reader);
}

int read_record(const char *file, json_t *root, const char *schema, struct record **record, struct why *why)
{
	struct reader reader = { .file = file, .record = record_new(), .why = why, .path = "$" };
	int err = reader.record ? 0 : out_of_memory(&reader);

	if (!err && !json_is_object(root))
		err = expected(&reader, "an object", root);
	if (!err)
		err = read_schema(&reader, root, schema);
	if (!err)
		err = read_fields(&reader, root, reader.record, record_fields);
	if (!err)
		err = check_rounds(&reader);
	if (!err)
		err = record_check(reader.record, file, why);
	if (!err)
		err = derive_missing(&reader);
	if (!err)
		err = keep_unknown(&reader, root);
	json_decref(root);
	if (err) {
		record_free(reader.record);
		return err;
	}
	*record = reader.record;
	return 0;
}

#define INCOMPLETE "the file is incomplete: make it again; of a result also: zapbench recover JOURNAL"

int syntax_error(const char *file, const json_error_t *error, bool cut, struct why *why)
{
	char text[JSON_ERROR_TEXT_LENGTH];

	if (json_ran_out())
		return file_why(why, -ENOMEM, short_name(file));
	cut |= json_error_code(error) == json_error_premature_end_of_input;
	return why_set(why, -EINVAL, cut ? INCOMPLETE : NULL, "%s:%d:%d: %s", short_name(file), error->line,
		       error->column, plain_text(error->text, text, sizeof(text)));
}

struct input {
	gzFile stream; /* which hands a file that is not compressed on as it is */
	size_t bytes;
	int err;
	struct record_text *text; /* takes what was read; or NULL */
};

static int keep_text(struct record_text *text, const void *bytes, size_t size)
{
	size_t room = text->room ? text->room : 1 << 16;
	char *more;

	while (room < text->size + size)
		room *= 2;
	more = room == text->room ? text->data : realloc(text->data, room);
	if (!more)
		return -ENOMEM;
	memcpy(more + text->size, bytes, size);
	*text = (struct record_text){ more, text->size + size, room };
	return 0;
}

static size_t input_read(void *buffer, size_t size, void *data)
{
	struct input *input = data;
	int n = gzread(input->stream, buffer, size < INT_MAX ? (unsigned int)size : INT_MAX);

	/* At the end of a file that was cut off gzread() returns what is there, and says so only here. */
	if (n <= 0)
		input->err = gzip_error(input->stream);
	else if ((input->bytes += (size_t)n) > INPUT_MOST)
		input->err = -EFBIG;
	else if (input->text)
		input->err = keep_text(input->text, buffer, (size_t)n);
	return input->err ? (size_t)-1 : (size_t)n;
}

static json_t *load(gzFile stream, const char *file, struct record_text *text, int *err, struct why *why)
{
	struct input input = { .stream = stream, .text = text };
	json_error_t error;
	json_t *root;

	json_watch_reading();
	root = json_whole(json_load_callback(input_read, &input, JSON_REJECT_DUPLICATES, &error));
	*err = 0;
	if (!input.err && !root)
		*err = syntax_error(file, &error, (size_t)error.position == input.bytes, why);
	if (!input.err)
		return root;
	json_decref(root);
	if (input.err == -EBADMSG)
		*err = why_set(why, -EINVAL, NULL, "%s: the compressed data is broken or incomplete", short_name(file));
	else if (input.err == -EFBIG)
		*err = why_set(why, -EINVAL, "zapbench run writes smaller files", "%s: over %d MiB of JSON",
			       short_name(file), INPUT_MOST >> 20);
	else
		*err = why_set(why, input.err, NULL, "%s: %s", short_name(file), strerror(-input.err));
	return NULL;
}

/* What is in the file at @path, which messages call @file; "-" is standard input. */
static int load_path(const char *path, const char *file, json_t **root, struct record_text *text, struct why *why)
{
	gzFile stream;
	int fd, err;

	fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return why_set(why, -errno, NULL, "%s: %s", short_name(file), strerror(errno));
	stream = gzdopen(fd, "rb");
	if (!stream) {
		close(fd);
		return file_why(why, -ENOMEM, short_name(file));
	}
	*root = load(stream, file, text, &err, why);
	gzclose(stream);
	return err;
}

int record_read_text(const char *path, struct record **record, struct record_text *text, struct why *why)
{
	const char *file = strcmp(path, "-") ? path : "standard input";
	json_t *root;
	int err = load_path(path, file, &root, text, why);

	return err ? err : read_record(file, root, RECORD_SCHEMA, record, why);
}

int record_read(const char *path, struct record **record, struct why *why)
{
	return record_read_text(path, record, NULL, why);
}

int fields_read(const char *path, void *base, const struct field *fields, const char *schema, struct why *why)
{
	struct reader reader = { .file = strcmp(path, "-") ? path : "standard input", .why = why, .path = "$" };
	json_t *root;
	int err = load_path(path, reader.file, &root, NULL, why);

	if (err)
		return err;
	err = json_is_object(root) ? read_schema(&reader, root, schema) : expected(&reader, "an object", root);
	if (!err)
		err = read_fields(&reader, root, base, fields);
	json_decref(root);
	return err;
}

bool record_claimed(const char *path)
{
	const char *schema;
	json_t *root;
	bool claimed;

	if (load_path(path, path, &root, NULL, NULL))
		return false;
	schema = json_string_value(json_object_get(root, "schema"));
	claimed = schema && !strcmp(schema, RECORD_SCHEMA);
	json_decref(root);
	return claimed;
}
