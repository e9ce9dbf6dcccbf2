// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/case/prefaulter.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

#include "bench/source/client.h"

struct prefaulter {
	pthread_t thread;
	sem_t go, done;
	struct buffer *buffer; /* NULL: end */
	int err;
};

static void wait_for(sem_t *semaphore)
{
	while (sem_wait(semaphore))
		; /* EINTR */
}

static void *prefault(void *argument)
{
	struct prefaulter *prefaulter = argument;

	for (;;) {
		wait_for(&prefaulter->go);
		if (!prefaulter->buffer)
			return NULL;
		prefaulter->err = client_prefault(prefaulter->buffer);
		sem_post(&prefaulter->done);
	}
}

static int start(struct prefaulter *prefaulter, const cpu_set_t *cpus)
{
	pthread_attr_t attributes;
	int err = pthread_attr_init(&attributes);

	if (err)
		return -err;
	err = pthread_attr_setaffinity_np(&attributes, sizeof(*cpus), cpus);
	if (!err)
		err = pthread_create(&prefaulter->thread, &attributes, prefault, prefaulter);
	pthread_attr_destroy(&attributes);
	return -err;
}

int prefaulter_make(const struct context *context, struct prefaulter **made, struct why *why)
{
	cpu_set_t cpus = *context->cpus;
	struct prefaulter *prefaulter;
	int err;

	CPU_CLR((size_t)context->cpu, &cpus);
	if (!CPU_COUNT(&cpus))
		return why_set(why, -EOPNOTSUPP, "allow more CPUs, or use prefault=caller",
			       "a thread that prefaults needs a CPU besides the measuring one");
	prefaulter = calloc(1, sizeof(*prefaulter));
	if (!prefaulter)
		return -ENOMEM;
	sem_init(&prefaulter->go, 0, 0);
	sem_init(&prefaulter->done, 0, 0);
	err = start(prefaulter, &cpus);
	if (err) {
		free(prefaulter);
		return why_set(why, err, NULL, "cannot start a thread");
	}
	*made = prefaulter;
	return 0;
}

void prefaulter_wake(struct prefaulter *prefaulter, struct buffer *buffer)
{
	prefaulter->buffer = buffer;
	sem_post(&prefaulter->go);
}

int prefaulter_wait(struct prefaulter *prefaulter)
{
	wait_for(&prefaulter->done);
	return prefaulter->err;
}

void prefaulter_end(struct prefaulter *prefaulter)
{
	if (!prefaulter)
		return;
	prefaulter_wake(prefaulter, NULL);
	pthread_join(prefaulter->thread, NULL);
	sem_destroy(&prefaulter->go);
	sem_destroy(&prefaulter->done);
	free(prefaulter);
}
