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

#define VERSION "1.0"

static const struct field buffer_fields[] = {
	COUNT("inode", observed_buffer, inode),
	TEXT("exporter", observed_buffer, exporter),
	TEXT("name", observed_buffer, name),
	COUNT("size_bytes", observed_buffer, bytes),
	COUNT("mappings", observed_buffer, mappings),
	COUNT("mmaps", observed_buffer, mmaps),
	COUNT("munmaps", observed_buffer, munmaps),
	COUNT("faults", observed_buffer, faults),
	COUNT("pages_faulted", observed_buffer, pages_faulted),
	COUNT("read_starts", observed_buffer, read_starts),
	COUNT("write_starts", observed_buffer, write_starts),
	COUNT("syncs", observed_buffer, syncs),
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
	COUNT("lost_samples", observation, lost),
	COUNT("flags_read_later", observation, flags_read_later),
	COUNT("faults_elsewhere", observation, faults_elsewhere),
	BOOL("sync_watched", observation, sync_watched),
	BOOL("faults_watched", observation, faults_watched),
	COUNT("frames", observation, frames),
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
		group->mmaps += buffer->mmaps;
		group->munmaps += buffer->munmaps;
		group->faults += buffer->faults;
		group->pages_faulted += buffer->pages_faulted;
		group->read_starts += buffer->read_starts;
		group->write_starts += buffer->write_starts;
		group->syncs += buffer->syncs;
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

int observation_read(const char *path, struct observation **observation, struct why *why)
{
	struct observation *new = observation_new();
	int err = new ? fields_read(path, new, observation_fields, OBSERVATION_SCHEMA, why) : -ENOMEM;

	if (err) {
		observation_free(new);
		return err;
	}
	*observation = new;
	return 0;
}
