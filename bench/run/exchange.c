// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/run/exchange.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <gsl/gsl_randist.h>

enum { EVENTS_MIN = 4096 }; /* room for single events of a sample, if the buffer has fewer pages */

static unsigned int bench_index(const struct bench *bench)
{
	unsigned int i = 0;

	while (benches[i] != bench)
		i++;
	return i;
}

static unsigned int source_index(const struct source *source)
{
	unsigned int i = 0;

	while (source && sources[i] != source)
		i++;
	return i;
}

static size_t round_up(size_t bytes)
{
	return (bytes + 63) / 64 * 64;
}

/* Events of one repetition at the most: an access to each page, or the frames of all buffers. */
static size_t events_of(const struct params *params)
{
	size_t pages = params_bytes(params) / (size_t)sysconf(_SC_PAGESIZE);
	size_t frames = (size_t)(params->value[PARAM_FRAMES] * params->value[PARAM_RING]);
	size_t most = pages > frames ? pages : frames;

	return most > EVENTS_MIN ? most : EVENTS_MIN;
}

/* Where the parts of the exchange begin. */
struct layout {
	size_t order, tasks, faults;
	size_t *ticks; /* per task, and the end of the last */
	size_t bytes;
};

static int lay_out(const struct plan *plan, size_t page, struct layout *layout)
{
	size_t bytes = round_up(sizeof(struct exchange));

	layout->ticks = calloc(plan->count + 1, sizeof(*layout->ticks));
	if (!layout->ticks)
		return -ENOMEM;
	layout->order = bytes;
	bytes += round_up(plan->count * sizeof(uint32_t));
	layout->tasks = bytes;
	bytes += round_up(plan->count * sizeof(struct task));
	layout->faults = bytes;
	for (size_t i = 0; i < plan->count; i++)
		bytes += round_up(params_bytes(&plan->config[i].params) / page);
	for (size_t i = 0; i < plan->count; i++) {
		const struct params *params = &plan->config[i].params;

		layout->ticks[i] = bytes;
		if (params_choice(params, PARAM_TIMING) == TIMING_EVENT)
			bytes += events_of(params) * sizeof(uint64_t);
	}
	layout->ticks[plan->count] = layout->bytes = bytes;
	return 0;
}

static int map_shared(size_t bytes, struct exchange **exchange, struct why *why)
{
	int err, fd = memfd_create("zapbench-exchange", 0); /* the worker inherits it */

	*exchange = MAP_FAILED;
	if (fd >= 0 && !ftruncate(fd, (off_t)bytes))
		*exchange = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (*exchange != MAP_FAILED) {
		(*exchange)->fd = fd;
		return 0;
	}
	*exchange = NULL;
	err = why_set(why, -errno, NULL, "memory shared with the rounds: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
	return err;
}

static void fill_task(struct task *task, const struct config *config, uint64_t seed)
{
	task->bench = bench_index(config->bench);
	task->source = source_index(config->source);
	task->core = config->has_core ? config->core : -1;
	memcpy(task->instance, config->instance, sizeof(task->instance));
	task->params = config->params;
	/* One random order for the whole run: the reference pass tells how many faults it takes. */
	task->seed = seed;
	task->repetitions = 1;
}

int exchange_make(const struct plan *plan, uint64_t seed, struct exchange **made, struct why *why)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct layout layout;
	struct exchange *exchange;
	int err = lay_out(plan, page, &layout);

	*made = NULL;
	if (!err)
		err = map_shared(layout.bytes, &exchange, why);
	if (err)
		goto out_free;
	exchange->magic = EXCHANGE_MAGIC;
	exchange->bytes = layout.bytes;
	exchange->core = -1;
	exchange->nr_tasks = plan->count;
	exchange->order_offset = layout.order;
	exchange->tasks_offset = layout.tasks;
	for (size_t i = 0; i < plan->count; i++) {
		struct task *task = &exchange_tasks(exchange)[i];

		fill_task(task, &plan->config[i], seed);
		task->faults_offset = layout.faults;
		layout.faults += round_up(params_bytes(&task->params) / page);
		task->ticks_offset = layout.ticks[i];
		task->events_max = (layout.ticks[i + 1] - layout.ticks[i]) / sizeof(uint64_t);
		((uint32_t *)exchange_at(exchange, layout.order))[i] = (uint32_t)i;
	}
	*made = exchange;
out_free:
	free(layout.ticks);
	return err;
}

void exchange_drop(struct exchange *exchange)
{
	if (!exchange)
		return;
	close(exchange->fd);
	munmap(exchange, exchange->bytes);
}

/* Add the events that the exchange does not have yet. @names NULL: none. Return: the bits of all of them. */
static uint32_t add_events(struct exchange *exchange, const char *const *names)
{
	uint32_t bits = 0;

	for (; names && *names; names++) {
		size_t at = 0;

		while (at < exchange->nr_events && strcmp(exchange->event[at], *names))
			at++;
		if (at == COUNTERS_MAX)
			break;
		if (at == exchange->nr_events)
			snprintf(exchange->event[exchange->nr_events++], EVENT_NAME_MAX, "%s", *names);
		bits |= UINT32_C(1) << at;
	}
	return bits;
}

void exchange_set_events(struct exchange *exchange, const char *const *names)
{
	uint32_t bits;

	exchange->nr_events = 0;
	bits = add_events(exchange, names);
	for (size_t i = 0; i < exchange->nr_tasks; i++)
		exchange_tasks(exchange)[i].counted = bits;
}

void exchange_explain_events(struct exchange *exchange, const struct plan *plan)
{
	exchange_set_events(exchange, counters_base_events);
	for (size_t i = 0; i < exchange->nr_tasks; i++) {
		const struct config *config = &plan->config[i];
		struct task *task = &exchange_tasks(exchange)[i];

		task->counted |= add_events(exchange, config->bench->explained_by);
		if (config->source)
			task->counted |= add_events(exchange, config->source->tracepoints);
	}
}

void exchange_shuffle(struct exchange *exchange, gsl_rng *rng)
{
	gsl_ran_shuffle(rng, exchange_at(exchange, exchange->order_offset), exchange->nr_tasks, sizeof(uint32_t));
}
