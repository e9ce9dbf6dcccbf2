// SPDX-License-Identifier: GPL-2.0-or-later
/* What an observation consists of, and its groups of buffers. */
#include "bench/record/observation.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/array.h"
#include "bench/base/text.h"
#include "bench/record/fields.h"
#include "bench/record/reader.h"

#define VERSION "1.0"

/* Of a sum of counts: a double has it exactly. */
#define COUNTS_MOST (INT64_C(1) << 53)

static const struct field buffer_fields[] = {
	COUNT("inode", observed_buffer, inode),
	TEXT("exporter", observed_buffer, exporter),
	TEXT("name", observed_buffer, name),
	COUNT("size_bytes", observed_buffer, bytes),
	COUNT("mappings", observed_buffer, mappings),
	COUNT_OR_NULL("mmaps", observed_buffer, mmaps),
	COUNT_OR_NULL("munmaps", observed_buffer, munmaps),
	COUNT_OR_NULL("faults", observed_buffer, faults),
	COUNT_OR_NULL("pages_faulted", observed_buffer, pages_faulted),
	COUNT_OR_NULL("read_starts", observed_buffer, read_starts),
	COUNT_OR_NULL("write_starts", observed_buffer, write_starts),
	COUNT_OR_NULL("syncs", observed_buffer, syncs),
	END,
};

static const struct field sync_fields[] = {
	TEXT("call", observed_sync, call),
	COUNT("calls", observed_sync, calls),
	COUNT("failed", observed_sync, failed),
	NUMBER("median_ns", observed_sync, median_ns),
	NUMBER("most_ns", observed_sync, most_ns),
	NUMBER("total_ns", observed_sync, total_ns),
	END,
};

static const struct field gap_fields[] = {
	TEXT("what", observed_gap, what),
	TEXT("reason", observed_gap, reason),
	TEXT("remedy", observed_gap, remedy),
	END,
};

static const struct field observation_fields[] = {
	TEXT("tool_version", observation, tool_version),
	TEXT("command", observation, command),
	COUNT("pid", observation, pid),
	TEXT("started_at", observation, started_at),
	NUMBER("seconds", observation, seconds),
	TEXT("ended", observation, ended),
	INTEGER("exit_status", observation, exit_status),
	BOOL("emulated", observation, emulated),
	COUNT("page_bytes", observation, page_bytes),
	COUNT("processes", observation, processes),
	COUNT("threads", observation, threads),
	COUNT_OR_NULL("lost_samples", observation, lost),
	COUNT_OR_NULL("flags_read_later", observation, flags_read_later),
	COUNT_OR_NULL("faults_elsewhere", observation, faults_elsewhere),
	BOOL("sync_watched", observation, sync_watched),
	BOOL("faults_watched", observation, faults_watched),
	COUNT_OR_NULL("frames", observation, frames),
	NUMBER("frames_per_s", observation, frames_per_s),
	TEXT("frames_by", observation, frames_by),
	ARRAY("buffers", buffer_fields, observation, buffer, nr_buffers, struct observed_buffer),
	ARRAY("sync", sync_fields, observation, sync, nr_syncs, struct observed_sync),
	ARRAY("not_watched", gap_fields, observation, gap, nr_gaps, struct observed_gap),
	FACT_GROUPS("environment", observation, environment),
	END,
};

struct observation *observation_new(void)
{
	struct observation *observation = calloc(1, sizeof(*observation));

	if (!observation)
		return NULL;
	observation->frames_per_s = NAN;
	observation->exit_status = -1;
	return observation;
}

void observation_free(struct observation *observation)
{
	if (!observation)
		return;
	fields_free(observation, observation_fields);
	free(observation);
}

int observation_gap(struct observation *observation, const char *what, const struct why *why)
{
	struct observed_gap *gap = array_room(observation->gap, observation->nr_gaps, sizeof(*gap));

	if (!gap)
		return -ENOMEM;
	observation->gap = gap;
	gap += observation->nr_gaps++;
	*gap = (struct observed_gap){ .what = strdup(what),
				      .reason = strdup(why->reason),
				      .remedy = strdup(why->remedy) };
	return gap->what && gap->reason && gap->remedy ? 0 : -ENOMEM;
}

static struct observed_group *find_group(struct observed_group **groups, size_t *count,
					 const struct observed_buffer *buffer)
{
	struct observed_group *group = *groups;

	for (size_t i = 0; i < *count; i++) {
		if (group[i].bytes == buffer->bytes && !strcmp(group[i].exporter, buffer->exporter))
			return &group[i];
	}
	group = array_room(*groups, *count, sizeof(*group));
	if (!group)
		return NULL;
	*groups = group;
	group += (*count)++;
	*group = (struct observed_group){ .exporter = buffer->exporter, .bytes = buffer->bytes };
	return group;
}

/* The mapped ones first: the CPU works on them. Then those with more bytes. */
static int by_weight(const void *a, const void *b)
{
	const struct observed_group *one = a, *other = b;
	double x = (double)one->bytes * (double)one->buffers, y = (double)other->bytes * (double)other->buffers;

	if (!one->mapped != !other->mapped)
		return one->mapped ? -1 : 1;
	if (x > y || x < y)
		return x > y ? -1 : 1;
	return strcmp(one->exporter, other->exporter);
}

/* Where one was not counted the sum is not known either. */
static void add_count(int64_t *sum, int64_t count)
{
	*sum = *sum < 0 || count < 0 ? -1 : *sum + count;
}

int observation_groups(const struct observation *observation, struct observed_group **groups, size_t *count)
{
	*groups = NULL;
	*count = 0;
	for (size_t i = 0; i < observation->nr_buffers; i++) {
		const struct observed_buffer *buffer = &observation->buffer[i];
		struct observed_group *group = find_group(groups, count, buffer);

		if (!group) {
			free(*groups);
			return -ENOMEM;
		}
		group->buffers++;
		group->mapped += buffer->mappings > 0;
		add_count(&group->mmaps, buffer->mmaps);
		add_count(&group->munmaps, buffer->munmaps);
		add_count(&group->faults, buffer->faults);
		add_count(&group->pages_faulted, buffer->pages_faulted);
		add_count(&group->read_starts, buffer->read_starts);
		add_count(&group->write_starts, buffer->write_starts);
		add_count(&group->syncs, buffer->syncs);
		if (buffer->mappings > group->mappings)
			group->mappings = buffer->mappings;
	}
	if (*count)
		qsort(*groups, *count, sizeof(**groups), by_weight);
	return 0;
}

int observation_write(const struct observation *observation, FILE *file)
{
	return fields_write(observation, observation_fields, OBSERVATION_SCHEMA, VERSION, file);
}

/* The counts of @count structs of @size bytes, described by @fields: their sums must not overflow. */
static int check_counts(struct reader *reader, const char *name, const struct field *fields, const void *base,
			size_t size, size_t count)
{
	size_t length = path_key(reader, name);

	for (size_t i = 0; i < count; i++) {
		size_t element = path_index(reader, i);

		for (const struct field *field = fields; field->name; field++) {
			int64_t most = COUNTS_MOST / (int64_t)count, value;
			size_t key;

			if (field->kind != FIELD_COUNT && field->kind != FIELD_COUNT_OR_NULL)
				continue;
			memcpy(&value, (const char *)base + i * size + field->offset, sizeof(value));
			key = path_key(reader, field->name);
			if (value > most)
				return refuse(reader, "expected an integer of 0 to %lld, found %lld", (long long)most,
					      (long long)value);
			path_end(reader, key);
		}
		path_end(reader, element);
	}
	path_end(reader, length);
	return 0;
}

static int check(const char *path, const struct observation *observation, struct why *why)
{
	struct reader reader = { .file = path, .why = why, .path = "$" };
	int err;

	if (observation->page_bytes < 1) {
		path_key(&reader, "page_bytes");
		return refuse(&reader, "expected an integer of 1 or more, found %lld",
			      (long long)observation->page_bytes);
	}
	err = check_counts(&reader, "buffers", buffer_fields, observation->buffer, sizeof(*observation->buffer),
			   observation->nr_buffers);
	if (!err)
		err = check_counts(&reader, "sync", sync_fields, observation->sync, sizeof(*observation->sync),
				   observation->nr_syncs);
	return err;
}

int observation_read(const char *path, struct observation **observation, struct why *why)
{
	struct observation *new = observation_new();
	int err = new ? fields_read(path, new, observation_fields, OBSERVATION_SCHEMA, why) : -ENOMEM;

	if (!err)
		err = check(path, new, why);
	if (err) {
		observation_free(new);
		return err;
	}
	*observation = new;
	return 0;
}
