// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/source/mappings.h"
#include "bench/base/process.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum owner_command { COMMAND_ZAP, COMMAND_POPULATE_READ, COMMAND_POPULATE_WRITE, COMMAND_LEAVE };

/* One holder of a mapping beside the measuring thread. Shared memory: a process may stand behind it. */
struct owner {
	sem_t go, done;
	enum owner_command command;
	char *address;
	int err;
	uint64_t ticks;
	long switches;
	pid_t process; /* 0 for a thread */
	pthread_t thread;
	bool started;
};

struct mappings {
	const struct mapping_ops *ops;
	struct buffer *buffer;
	size_t stride; /* bytes from one mapping to the next */
	size_t own;    /* mappings of the measuring thread: the first and, with owners=self, all the others */
	size_t others;
	struct owner *owner; /* @others of them, in shared memory */
};

struct owner_start {
	struct mappings *mappings;
	struct owner *owner;
};

void mapping_touch(const struct buffer *buffer, char *address, enum access access)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	for (size_t at = 0; at < buffer->bytes; at += page) {
		volatile char *byte = address + at;

		if (access == ACCESS_WRITE)
			*byte = 1;
		else
			(void)*byte;
	}
}

static int wait_for(sem_t *semaphore)
{
	while (sem_wait(semaphore)) {
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}

static long involuntary_switches(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_nivcsw;
}

static void carry_out(struct mappings *mappings, struct owner *owner)
{
	struct buffer *buffer = mappings->buffer;
	long switches = involuntary_switches();
	uint64_t begin;

	switch (owner->command) {
	case COMMAND_ZAP:
		begin = clock_now(buffer->clock);
		owner->err = mappings->ops->zap(buffer, owner->address);
		owner->ticks = clock_now(buffer->clock) - begin;
		break;
	case COMMAND_POPULATE_READ:
		owner->err = mappings->ops->populate(buffer, owner->address, ACCESS_READ);
		break;
	case COMMAND_POPULATE_WRITE:
		owner->err = mappings->ops->populate(buffer, owner->address, ACCESS_WRITE);
		break;
	case COMMAND_LEAVE:
		munmap(owner->address, buffer->bytes);
		owner->err = 0;
		break;
	}
	owner->switches = involuntary_switches() - switches;
}

static void owner_loop(struct mappings *mappings, struct owner *owner)
{
	enum owner_command command;

	owner->err = mappings->ops->map(mappings->buffer, owner->address);
	sem_post(&owner->done);
	if (owner->err)
		return;
	do {
		if (wait_for(&owner->go))
			return;
		/* Read now: once done is posted, the next command may stand there before this one was looked at. */
		command = owner->command;
		carry_out(mappings, owner);
		sem_post(&owner->done);
	} while (command != COMMAND_LEAVE);
}

static void *owner_thread(void *argument)
{
	struct owner_start start = *(struct owner_start *)argument;

	free(argument);
	owner_loop(start.mappings, start.owner);
	return NULL;
}

static int start_thread(struct mappings *mappings, struct owner *owner)
{
	struct owner_start *start = malloc(sizeof(*start));
	int err;

	if (!start)
		return -ENOMEM;
	*start = (struct owner_start){ mappings, owner };
	err = pthread_create(&owner->thread, NULL, owner_thread, start);
	if (err)
		free(start);
	return -err;
}

static int start_process(struct mappings *mappings, struct owner *owner)
{
	pid_t parent = getpid();

	owner->process = fork();
	if (owner->process < 0) {
		owner->process = 0;
		return -errno;
	}
	if (!owner->process) {
		if (ends_with_parent(parent))
			owner_loop(mappings, owner);
		_exit(0);
	}
	return 0;
}

static int owner_start(struct mappings *mappings, size_t index)
{
	struct owner *owner = &mappings->owner[index];
	int err;

	owner->address = mappings->buffer->address + (index + 1) * mappings->stride;
	if (sem_init(&owner->go, 1, 0) || sem_init(&owner->done, 1, 0))
		return -errno;
	if (params_choice(mappings->buffer->params, PARAM_OWNERS) == OWNERS_THREADS)
		err = start_thread(mappings, owner);
	else
		err = start_process(mappings, owner);
	if (err)
		return err;
	owner->started = true;
	err = wait_for(&owner->done);
	return err ? err : owner->err;
}

static int command_owner(struct owner *owner, enum owner_command command)
{
	int err;

	owner->command = command;
	sem_post(&owner->go);
	err = wait_for(&owner->done);
	return err ? err : owner->err;
}

static void owner_stop(struct owner *owner)
{
	if (!owner->started)
		return;
	/* An owner whose mapping failed has left already. */
	if (!owner->err)
		command_owner(owner, COMMAND_LEAVE);
	if (owner->process)
		waitpid(owner->process, NULL, 0);
	else
		pthread_join(owner->thread, NULL);
	sem_destroy(&owner->go);
	sem_destroy(&owner->done);
}

int mappings_open(struct buffer *buffer, const struct mapping_ops *ops, char *address, struct why *why)
{
	size_t maps = (size_t)buffer->params->value[PARAM_MAPS];
	struct mappings *mappings = calloc(1, sizeof(*mappings));
	int err;

	if (!mappings)
		return -ENOMEM;
	mappings->ops = ops;
	mappings->buffer = buffer;
	/* A PMD's gap, so that no two mappings share a page of page table. */
	mappings->stride = (buffer->bytes + 2 * pmd_bytes() - 1) / pmd_bytes() * pmd_bytes();
	buffer->mappings = mappings;
	buffer->address = buffer->work = address;
	if (params_choice(buffer->params, PARAM_OWNERS) != OWNERS_SELF && maps > 1) {
		mappings->owner = mmap(NULL, (maps - 1) * sizeof(*mappings->owner), PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		if (mappings->owner == MAP_FAILED) {
			mappings->owner = NULL;
			err = -errno;
			goto out_close;
		}
		mappings->others = maps - 1;
		maps = 1;
	}
	for (; mappings->own < maps; mappings->own++) {
		err = ops->map(buffer, address + mappings->own * mappings->stride);
		if (err) {
			why_set(why, err, NULL, "mapping %zu of the buffer: %s", mappings->own + 1, strerror(-err));
			goto out_close;
		}
	}
	for (size_t i = 0; i < mappings->others; i++) {
		err = owner_start(mappings, i);
		if (err) {
			why_set(why, err, NULL, "owner %zu of the buffer: %s", i + 1, strerror(-err));
			goto out_close;
		}
	}
	return 0;
out_close:
	mappings_close(buffer);
	return err;
}

void mappings_close(struct buffer *buffer)
{
	struct mappings *mappings = buffer->mappings;

	if (!mappings)
		return;
	for (size_t i = 0; i < mappings->others; i++)
		owner_stop(&mappings->owner[i]);
	if (mappings->owner)
		munmap(mappings->owner, mappings->others * sizeof(*mappings->owner));
	for (size_t i = 0; i < mappings->own; i++)
		munmap(buffer->address + i * mappings->stride, buffer->bytes);
	free(mappings);
	buffer->mappings = NULL;
}

size_t mappings_own(const struct buffer *buffer)
{
	return buffer->mappings->own;
}

char *mappings_address(const struct buffer *buffer, size_t index)
{
	return buffer->address + index * buffer->mappings->stride;
}

int mappings_zap(struct buffer *buffer)
{
	struct mappings *mappings = buffer->mappings;
	uint64_t begin = clock_now(buffer->clock), ticks;
	int err;

	for (size_t i = 0; i < mappings->own; i++) {
		err = mappings->ops->zap(buffer, buffer->address + i * mappings->stride);
		if (err)
			return err;
	}
	ticks = clock_now(buffer->clock) - begin;
	buffer->zap_ticks += clock_net(buffer->clock, ticks);
	for (size_t i = 0; i < mappings->others; i++) {
		struct owner *owner = &mappings->owner[i];

		err = command_owner(owner, COMMAND_ZAP);
		if (err)
			return err;
		ticks = owner->ticks;
		buffer->zap_ticks += clock_net(buffer->clock, ticks);
		buffer->owner_switches += owner->switches;
	}
	return 0;
}

int mappings_populate(struct buffer *buffer, enum access access)
{
	struct mappings *mappings = buffer->mappings;
	int err = 0;

	for (size_t i = 0; i < mappings->own && !err; i++)
		err = mappings->ops->populate(buffer, buffer->address + i * mappings->stride, access);
	for (size_t i = 0; i < mappings->others && !err; i++)
		err = command_owner(&mappings->owner[i],
				    access == ACCESS_WRITE ? COMMAND_POPULATE_WRITE : COMMAND_POPULATE_READ);
	return err;
}

int mappings_prefault(struct buffer *buffer, enum access access)
{
	return buffer->mappings->ops->prefault(buffer, buffer->address, access);
}

int mapping_touch_all(struct buffer *buffer, char *address, enum access access)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	for (size_t at = 0; at < buffer->bytes; at += page) {
		volatile char *byte = address + at;
		char value = *byte;

		if (access == ACCESS_WRITE)
			*byte = value;
	}
	return 0;
}
