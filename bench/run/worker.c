// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The process of one round. Every round executes a new process, so an unusual memory layout lasts for one round only.
 */
#include "bench/run/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/base/marks.h"
#include "bench/base/now.h"
#include "bench/base/process.h"
#include "bench/base/stack.h"
#include "bench/measure/readers.h"
#include "bench/measure/steal.h"
#include "bench/run/exchange.h"
#include "bench/run/exclusion.h"
#include "bench/source/client.h"

enum { WORKER_TIMEOUT_S = 900 };

/*
 * One read per page is enough. The first object is the program itself; its libraries are not looked at. A read between
 * two variables is meant, so no sanitizer.
 */
static __attribute__((no_sanitize("address"))) int read_pages(struct dl_phdr_info *object, size_t bytes, void *data)
{
	const size_t page = *(const size_t *)data;

	(void)bytes;
	for (size_t i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
		const uintptr_t begin = object->dlpi_addr + segment->p_vaddr;

		if (segment->p_type != PT_LOAD)
			continue;
		for (uintptr_t at = begin / page * page; at < begin + segment->p_memsz; at += page)
			(void)*(volatile char *)at;
	}
	return 1;
}

/*
 * Fault in the program's own text and data and some stack, so that no timed region is the first to use them. Pages of
 * the file may be absent though they were just read: the kernel maps no page around a fault that is being written back.
 * A page that this misses shows as an unexpected fault.
 */
static void prefault_self(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	dl_iterate_phdr(read_pages, &page);
	stack_fault_in();
}

static int context_open(struct context *context, struct task *task, const struct source *source,
			enum touch_variant variant)
{
	struct buffer *buffer = context->buffer;
	int err = touch_list_make(&context->pages, context->params, task->seed, &task->why);

	if (err)
		return err;
	err = touch_list_all(&context->all, context->params, &task->why);
	context->pages.variant = context->all.variant = variant;
	if (err || !source)
		return err;
	buffer->source = source;
	buffer->instance = task->instance;
	buffer->params = context->params;
	buffer->clock = context->clock;
	buffer->bytes = params_bytes(context->params);
	err = source->open(buffer, (char *)(uintptr_t)task->address, &task->why);
	if (err)
		buffer->source = NULL;
	if (!err)
		err = client_open(buffer, &task->why);
	if (!err)
		client_copies(buffer, &task->copy_from, &task->copy_to);
	return err;
}

static void context_close(struct context *context)
{
	if (context->buffer->source) {
		client_close(context->buffer);
		context->buffer->source->close(context->buffer);
	}
	touch_list_free(&context->pages);
	touch_list_free(&context->all);
}

static int run_once(struct context *context, const struct bench *bench, struct sample *sample)
{
	memset(sample, 0, sizeof(*sample));
	context->sample = sample;
	return bench->run(context);
}

/* Repeat for perf and ftrace until the time is over. The faults of every pass are checked like those of a sample. */
static int loop(struct exchange *exchange, struct context *context, const struct bench *bench, struct sample *sample)
{
	double end = now_s() + exchange->loop_s;
	int err = 0;

	while (!err && now_s() < end) {
		err = run_once(context, bench, sample);
		exchange->passes++;
		exchange->invalid += sample_faults_wrong(sample, exchange->expected);
	}
	return err;
}

/* What is looked at around every sample. Each may be NULL. */
struct watches {
	struct steal *steal;
	struct readers *readers;
};

/* Does the case wait in its regions, for the owners of other mappings or for helpers? */
static bool waits_for_others(const struct bench *bench, const struct params *params)
{
	return bench->uses_cpus ||
	       (params_choice(params, PARAM_OWNERS) != OWNERS_SELF && params->value[PARAM_MAPS] > 1);
}

/*
 * Timed, with what the hypervisor stole and who read this process meanwhile. The kernel accounts a theft at the next
 * timer tick in steps of USER_HZ; so a theft that is shorter than a step may go to a later sample, or unseen.
 */
static int measure(struct context *context, const struct bench *bench, struct task *task, const struct watches *watches)
{
	struct steal *steal = watches->steal;
	double stolen = steal ? steal_read(steal) : NAN;
	int err;

	readers_count(watches->readers); /* of this process itself, when it made the memory, or before */

	task->wall_ns = now_s() * 1e9;
	err = run_once(context, bench, &task->sample);
	task->wall_ns = now_s() * 1e9 - task->wall_ns;
	task->sample.steal_ticks = steal ? steal_read(steal) - stolen : NAN;
	task->sample.readers = readers_count(watches->readers);
	return err;
}

static int prove(struct buffer *buffer, struct integrity *integrity, struct why *why)
{
	int err;

	memset(integrity, 0, sizeof(*integrity));
	err = integrity_check(buffer, 0, buffer->bytes, integrity, why);
	return err ? err : integrity_control(buffer, integrity);
}

static void run_task(struct exchange *exchange, struct task *task, struct counters *counters,
		     const struct watches *watches)
{
	const struct bench *bench = benches[task->bench];
	const struct source *source = bench->uses_source ? sources[task->source] : NULL;
	struct buffer buffer = { 0 };
	struct context context = {
		.buffer = &buffer,
		.params = &task->params,
		.clock = &exchange->clock,
		.cpu = exchange->cpu,
		.cpus = &exchange->cpus,
		.seed = task->seed,
		.repetitions = task->repetitions,
		.counts_regions = bench->counts_regions,
		.waits = waits_for_others(bench, &task->params),
		.counted = exchange->mode == ROUND_COUNTED,
		.event_faults = exchange_at(exchange, task->faults_offset),
		.event_ticks = exchange_at(exchange, task->ticks_offset),
		.counters = counters,
		.readings = task->reading,
		.kernel = exchange->mode == ROUND_KERNEL && source && source->kernel_counts ? task->kernel : NULL,
		.marks = exchange->mode == ROUND_MODEL,
		.configuration = (size_t)(task - exchange_tasks(exchange)),
		.why = &task->why,
	};

	memset(task->reading, 0, sizeof(task->reading));
	memset(task->kernel, 0, sizeof(task->kernel));
	/* Write, do not only map: without a hardware dirty bit the first write to each page faults. */
	memset(context.event_ticks, 0, task->events_max * sizeof(*context.event_ticks));
	task->why = (struct why){ "", "" };
	task->err = context_open(&context, task, source, exchange->layout.variant);
	if (!task->err && context.kernel)
		task->err = source->kernel_timing(context.buffer);
	if (!task->err && exchange->mode == ROUND_LOOP)
		task->err = loop(exchange, &context, bench, &task->sample);
	else if (!task->err && exchange->mode == ROUND_PROOF)
		task->err = source ? prove(context.buffer, &task->integrity, &task->why) : 0;
	else if (!task->err)
		task->err = measure(&context, bench, task, watches);
	if (task->err)
		why_set(&task->why, task->err, NULL, "%s", strerror(-task->err));
	context_close(&context);
}

/* The same with a stack that begins further down, as the layout has it. Without optimisation of the tail call. */
static __attribute__((noinline)) void run_lower(struct exchange *exchange, struct task *task, struct counters *counters,
						const struct watches *watches)
{
	volatile char *below = __builtin_alloca(exchange->layout.stack_bytes + 1);

	below[0] = 0;
	run_task(exchange, task, counters, watches);
	below[0] = 1;
}

/* The first start and stop of counters fault in their own code; keep these faults out of the samples. */
static void prefault_counters(struct counters *counters)
{
	struct counter_reading readings[COUNTERS_MAX];

	counters_start(counters);
	counters_stop(counters, readings);
}

/* Open only the events of this task, each in its place, so that the PMU need not be shared. */
static int open_counters(struct exchange *exchange, uint32_t counted, struct counters **counters)
{
	const char *names[COUNTERS_MAX];
	struct why why = { "", "" };
	int err;

	*counters = NULL;
	for (size_t i = 0; i < exchange->nr_events; i++)
		names[i] = counted >> i & 1 ? exchange->event[i] : "";
	err = counters_open("", exchange->cpu, names, exchange->nr_events, counters, &why);
	if (err)
		fprintf(stderr, "zapbench: counters: %s\n", why.reason);
	else
		prefault_counters(*counters);
	return err;
}

/* The program is pinned to its own CPU; the tasks of another core type run elsewhere. */
static int move_to(const struct exchange *exchange)
{
	cpu_set_t set;

	if (exchange->core < 0)
		return 0;
	CPU_ZERO(&set);
	CPU_SET((size_t)exchange->cpu, &set);
	if (!sched_setaffinity(0, sizeof(set), &set))
		return 0;
	fprintf(stderr, "zapbench: cannot run on CPU %d: %s\n", exchange->cpu, strerror(errno));
	return -1;
}

static struct exchange *exchange_map(int fd)
{
	struct exchange *exchange;
	struct stat stat;

	if (fstat(fd, &stat) || (size_t)stat.st_size < sizeof(*exchange))
		return NULL;
	exchange = mmap(NULL, (size_t)stat.st_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
	if (exchange == MAP_FAILED)
		return NULL;
	if (exchange->magic != EXCHANGE_MAGIC || exchange->bytes != (size_t)stat.st_size)
		return NULL;
	return exchange;
}

int worker_main(int fd)
{
	struct exchange *exchange = exchange_map(fd);
	struct counters *counters = NULL;
	struct watches watches = { NULL, NULL };
	uint32_t open = 0;
	const uint32_t *order;

	if (!exchange) {
		fprintf(stderr, "zapbench: " WORKER_COMMAND " is an internal command; use zapbench run\n");
		return 2;
	}
	if (!ends_with_parent(exchange->program) || move_to(exchange))
		return 1;
	/* Do not hang a nightly run for ever. */
	alarm(WORKER_TIMEOUT_S + (unsigned int)exchange->loop_s);
	if (exchange->reads_steal && steal_open("", exchange->cpu, &watches.steal))
		return 1;
	watches.readers = readers_open();
	context_watch_stops();
	prefault_self();
	order = exchange_at(exchange, exchange->order_offset);
	if (exchange->mode == ROUND_MODEL)
		mark_on();
	for (size_t i = 0; i < exchange->nr_tasks; i++) {
		struct task *task = &exchange_tasks(exchange)[order[i]];

		if (task->core != exchange->core)
			continue;
		if (exchange->mode == ROUND_EVENTS && task->counted != open) {
			counters_close(counters);
			if (open_counters(exchange, task->counted, &counters))
				return 1;
			open = task->counted;
		}
		exchange->current = order[i];
		run_lower(exchange, task, counters, &watches);
	}
	if (exchange->mode == ROUND_MODEL)
		mark_off();
	exchange->current = -1;
	steal_close(watches.steal);
	readers_close(watches.readers);
	counters_close(counters);
	return 0;
}
