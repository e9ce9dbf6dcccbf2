/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How an application uses dma-bufs, as zapbench observe saw it. A class of its own beside records: nothing in it is a
 * sample of a benchmark.
 */
#ifndef ZAPBENCH_OBSERVATION_H
#define ZAPBENCH_OBSERVATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "bench/base/why.h"
#include "bench/record/record.h"

#define OBSERVATION_SCHEMA "zapbench-observation"

/* Where frames per second are from. */
#define FRAMES_BY_DEQUEUE "VIDIOC_DQBUF"
#define FRAMES_BY_SYNC "SYNC START"

/* Counts from mmaps on, and those of an observation that say so, are -1 where they were not watched. */
struct observed_buffer {
	int64_t inode;
	char *exporter, *name; /* "" where the kernel did not tell */
	int64_t bytes;         /* 0: not known */
	int64_t mappings;      /* the most at the same time */
	int64_t mmaps, munmaps;
	int64_t faults;                    /* on its mappings */
	int64_t pages_faulted;             /* pages that had one or more of these */
	int64_t read_starts, write_starts; /* calls of SYNC START that announce a read, a write */
	int64_t syncs;
};

/* The calls of SYNC with the same flags. */
struct observed_sync {
	char *call; /* "START READ", "END READ|WRITE"; "unknown" where the flags could not be read */
	int64_t calls, failed;
	double median_ns, most_ns, total_ns; /* NAN: no call was seen from its begin to its end */
};

/* What could not be watched. */
struct observed_gap {
	char *what, *reason, *remedy;
};

struct observation {
	char *tool_version;
	char *command; /* "" with --pid */
	int64_t pid;
	char *started_at;
	double seconds;
	char *ended;         /* why the watching ended: "time", "exit", "interrupt" */
	int64_t exit_status; /* of the command, 128 + signal; -1: it had not ended, or was not ours */
	bool emulated;       /* times mean nothing */
	int64_t page_bytes;
	int64_t processes, threads; /* that were seen */
	int64_t lost;             /* samples that the kernel dropped: counts are lower bounds when it is above 0; -1 */
	int64_t flags_read_later; /* SYNC calls whose flags were read from memory after the call; -1 */
	int64_t faults_elsewhere; /* on other memory; -1 */
	bool sync_watched, faults_watched;
	int64_t frames;      /* -1 */
	double frames_per_s; /* NAN: not known */
	char *frames_by;     /* FRAMES_BY_; "" where not known */
	struct facts environment;
	struct observed_buffer *buffer;
	size_t nr_buffers;
	struct observed_sync *sync;
	size_t nr_syncs;
	struct observed_gap *gap;
	size_t nr_gaps;
};

/* NULL without memory. */
struct observation *observation_new(void);
void observation_free(struct observation *observation);
/* Note what could not be watched, with the reason of @why. 0 or -ENOMEM. */
int observation_gap(struct observation *observation, const char *what, const struct why *why);

/* Buffers of the same exporter and size. */
struct observed_group {
	const char *exporter;
	int64_t bytes;
	int64_t buffers, mapped, mmaps, munmaps, faults, pages_faulted, read_starts, write_starts, syncs;
	int64_t mappings; /* the most of one buffer */
};

/*
 * The groups, the mapped ones first, then those with more bytes. The caller frees *groups; their exporters belong to
 * the observation. 0 or -ENOMEM.
 */
int observation_groups(const struct observation *observation, struct observed_group **groups, size_t *count);

/* As JSON, described by zapbench-observation.schema.json. 0 or -errno. */
int observation_write(const struct observation *observation, FILE *file);
/* Read it from a file. 0 or -errno with @why; *observation is freed by the caller. */
int observation_read(const char *path, struct observation **observation, struct why *why);

#endif
