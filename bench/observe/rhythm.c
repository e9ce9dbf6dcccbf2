// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/observe/rhythm.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <linux/dma-buf.h>
#include <linux/videodev2.h>

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics.h>

#include "bench/base/array.h"

static struct calls_alike *find_alike(struct rhythm *rhythm, const char *name)
{
	char *copy;
	struct calls_alike *alike;

	for (size_t i = 0; i < rhythm->nr_alike; i++) {
		if (!strcmp(rhythm->alike[i].seen.call, name))
			return &rhythm->alike[i];
	}
	copy = strdup(name);
	alike = copy ? array_more(&rhythm->alike, &rhythm->nr_alike, sizeof(*alike)) : NULL;
	if (alike)
		alike->seen.call = copy;
	else
		free(copy);
	return alike;
}

static void see_beat(struct beat *beat, uint64_t time_ns)
{
	if (!beat->count++)
		beat->first_ns = time_ns;
	beat->last_ns = time_ns;
}

int rhythm_sync(struct rhythm *rhythm, const struct event *begin, const struct event *end)
{
	char name[32] = "unknown";
	struct calls_alike *alike;
	double *ns;

	if (begin->has_flags)
		sync_call_name(begin->flags, name, sizeof(name));
	alike = find_alike(rhythm, name);
	if (!alike)
		return -ENOMEM;
	alike->seen.calls++;
	alike->seen.failed += end->result != 0;
	if (!end->result && begin->has_flags && !(begin->flags & DMA_BUF_SYNC_END))
		see_beat(&rhythm->start, begin->time_ns);
	ns = array_more(&alike->ns, &alike->nr_ns, sizeof(*ns));
	if (!ns)
		return -ENOMEM;
	*ns = (double)(end->time_ns - begin->time_ns);
	return 0;
}

/* The flags are the first 8 bytes of struct v4l2_buffer. 0, which no queue has: they were not on the stack. */
static uint32_t queue_type(const struct event *begin)
{
	uint32_t type = 0;

	_Static_assert(offsetof(struct v4l2_buffer, type) + sizeof(type) <= sizeof(begin->flags), "not in the flags");
	if (begin->has_flags)
		memcpy(&type, (const char *)&begin->flags + offsetof(struct v4l2_buffer, type), sizeof(type));
	return type;
}

int rhythm_dequeue(struct rhythm *rhythm, const struct event *begin, const struct event *end)
{
	uint32_t type = queue_type(begin);
	struct beat *queue = NULL;

	if (end->result)
		return 0;
	for (size_t i = 0; i < rhythm->nr_queues && !queue; i++) {
		if (rhythm->queue[i].pid == (pid_t)begin->pid && rhythm->queue[i].fd == begin->fd &&
		    rhythm->queue[i].type == type)
			queue = &rhythm->queue[i];
	}
	if (!queue)
		queue = array_more(&rhythm->queue, &rhythm->nr_queues, sizeof(*queue));
	if (!queue)
		return -ENOMEM;
	queue->pid = (pid_t)begin->pid;
	queue->fd = begin->fd;
	queue->type = type;
	see_beat(queue, end->time_ns);
	return 0;
}

static void set_frames(const struct rhythm *rhythm, struct observation *observation)
{
	const struct beat *beat = &rhythm->start;
	const char *by = FRAMES_BY_SYNC;

	for (size_t i = 0; i < rhythm->nr_queues; i++) {
		/* One buffer has no rate. */
		if (rhythm->queue[i].count < 2)
			continue;
		if (beat != &rhythm->start && rhythm->queue[i].count <= beat->count)
			continue;
		beat = &rhythm->queue[i];
		by = FRAMES_BY_DEQUEUE;
	}
	observation->frames = beat->count;
	observation->frames_per_s = NAN;
	if (beat->count > 1 && beat->last_ns > beat->first_ns)
		observation->frames_per_s = (double)(beat->count - 1) * 1e9 / (double)(beat->last_ns - beat->first_ns);
	observation->frames_by = strdup(beat->count > 1 ? by : "");
}

static void set_sync(struct calls_alike *alike)
{
	struct observed_sync *seen = &alike->seen;

	seen->median_ns = seen->most_ns = seen->total_ns = NAN;
	if (!alike->nr_ns)
		return;
	gsl_sort(alike->ns, 1, alike->nr_ns);
	seen->median_ns = gsl_stats_median_from_sorted_data(alike->ns, 1, alike->nr_ns);
	seen->most_ns = alike->ns[alike->nr_ns - 1];
	seen->total_ns = gsl_stats_mean(alike->ns, 1, alike->nr_ns) * (double)alike->nr_ns;
}

static int by_call(const void *a, const void *b)
{
	return strcmp(((const struct observed_sync *)b)->call, ((const struct observed_sync *)a)->call);
}

int rhythm_finish(struct rhythm *rhythm, struct observation *observation)
{
	observation->sync = calloc(array_capacity(rhythm->nr_alike), sizeof(*observation->sync));
	set_frames(rhythm, observation);
	if (!observation->sync || !observation->frames_by)
		return -ENOMEM;
	/* The texts change hands. */
	for (size_t i = 0; i < rhythm->nr_alike; i++) {
		set_sync(&rhythm->alike[i]);
		observation->sync[observation->nr_syncs++] = rhythm->alike[i].seen;
		rhythm->alike[i].seen.call = NULL;
	}
	qsort(observation->sync, observation->nr_syncs, sizeof(*observation->sync), by_call);
	return 0;
}

void rhythm_free(struct rhythm *rhythm)
{
	for (size_t i = 0; i < rhythm->nr_alike; i++) {
		free(rhythm->alike[i].seen.call);
		free(rhythm->alike[i].ns);
	}
	free(rhythm->alike);
	free(rhythm->queue);
}
