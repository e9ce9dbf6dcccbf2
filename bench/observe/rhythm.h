/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls that come again: SYNC by its flags, with its times, and frames, by the queue or by the SYNC that they need. */
#ifndef ZAPBENCH_RHYTHM_H
#define ZAPBENCH_RHYTHM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "bench/observe/decode.h"
#include "bench/record/observation.h"

/* Calls of SYNC with the same flags. */
struct calls_alike {
	struct observed_sync seen;
	double *ns;
	size_t nr_ns;
};

/* Moments at which something came round again. */
struct beat {
	pid_t pid;
	int fd;
	uint32_t type; /* of the queue: a decoder has two on one file descriptor */
	int64_t count;
	uint64_t first_ns, last_ns;
};

/* All zero at the begin. */
struct rhythm {
	struct calls_alike *alike;
	size_t nr_alike;
	struct beat *queue; /* of V4L2, by their file descriptors and types */
	size_t nr_queues;
	struct beat start; /* SYNC START of all buffers */
};

/* A call from its begin to its end. 0 or -ENOMEM. */
int rhythm_sync(struct rhythm *rhythm, const struct event *begin, const struct event *end);
int rhythm_dequeue(struct rhythm *rhythm, const struct event *begin, const struct event *end);
/* SYNC and frames of the observation. 0 or -ENOMEM. */
int rhythm_finish(struct rhythm *rhythm, struct observation *observation);
void rhythm_free(struct rhythm *rhythm);

#endif
