// SPDX-License-Identifier: GPL-2.0-or-later
/* What a case calls: timed regions, accesses and steps, with the fault accounting around them. */
#include "bench/case/case.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench/base/marks.h"
#include "bench/base/now.h"
#include "bench/source/client.h"

enum { USAGE_MINOR, USAGE_MAJOR, USAGE_SWITCHES, USAGE_SLEEPS, NR_USAGES };

#define SUSPEND_NS 1000000 /* no machine suspends and resumes faster; far above what reading clocks takes */

/* How often this process was stopped, by SIGSTOP or Ctrl-Z, and went on. */
static volatile sig_atomic_t stops;

static void on_continue(int number)
{
	(void)number;
	stops++;
}

void context_watch_stops(void)
{
	const struct sigaction action = { .sa_handler = on_continue, .sa_flags = SA_RESTART };

	sigaction(SIGCONT, &action, NULL);
}

/* How long the machine has been suspended: in @range, as the clocks cannot be read at one time. */
static void read_suspended(int64_t *range)
{
	int64_t before_ns = now_ns(), boot_ns = now_of_ns(CLOCK_BOOTTIME);

	range[1] = boot_ns - before_ns;
	range[0] = boot_ns - now_ns();
}

/* Who sleeps in a region waits for somebody else, for example for the holder of a lock. */
static void read_usage(const struct context *context, int64_t *usage)
{
	struct rusage now;

	getrusage(RUSAGE_THREAD, &now);
	usage[USAGE_MINOR] = now.ru_minflt;
	usage[USAGE_MAJOR] = now.ru_majflt;
	usage[USAGE_SLEEPS] = context->waits ? 0 : now.ru_nvcsw;
	/* A stop is a sleep for the kernel: where sleeps are no evidence, it is counted by itself. */
	usage[USAGE_SWITCHES] = now.ru_nivcsw + (context->waits ? stops : usage[USAGE_SLEEPS]);
}

static void add_faults(struct context *context, const int64_t *before)
{
	int64_t after[NR_USAGES];

	read_usage(context, after);
	context->sample->faults_minor += after[USAGE_MINOR] - before[USAGE_MINOR];
	context->sample->faults_major += after[USAGE_MAJOR] - before[USAGE_MAJOR];
}

/* In the reference pass accesses are counted one by one, and regions only where they cannot be. */
static bool skips_regions(const struct context *context)
{
	return context->counted && !context->counts_regions;
}

/*
 * The kernel takes page tables from a list of free pages, which it refills now and then: by chance in a region. Free
 * some pages of that kind, those of a pipe, so that the counts of a region do not depend on what was before it.
 */
static void fill_free_list(void)
{
	static const char bytes[16 << 12];
	int ends[2];

	mark_off();
	if (!pipe2(ends, O_CLOEXEC | O_NONBLOCK)) {
		if (write(ends[1], bytes, sizeof(bytes)) < 0)
			errno = 0;
		close(ends[1]);
		close(ends[0]);
	}
	mark_on();
}

void region_begin(struct context *context)
{
	context->in_region = true;
	if (skips_regions(context))
		return;
	if (context->marks)
		fill_free_list();
	context->region_cpu = sched_getcpu();
	read_usage(context, context->region_usage);
	if (context->waits)
		read_suspended(context->region_suspended_ns);
	if (context->kernel)
		context->buffer->source->kernel_read(context->buffer, context->kernel_begin);
	if (context->marks)
		mark_begin(context->configuration);
	if (context->counters)
		counters_start(context->counters);
	context->region_begin = clock_now(context->clock);
}

static void add_readings(struct context *context)
{
	struct counter_reading readings[COUNTERS_MAX];

	if (counters_stop(context->counters, readings))
		return;
	for (size_t i = 0; i < counters_count(context->counters); i++) {
		if (!counters_event(context->counters, i)->open)
			continue;
		context->readings[i].value += readings[i].value;
		context->readings[i].enabled_ns += readings[i].enabled_ns;
		context->readings[i].running_ns += readings[i].running_ns;
	}
}

static void add_kernel_counts(struct context *context)
{
	const struct source *source = context->buffer->source;
	uint64_t now[KERNEL_COUNTS_MAX];

	if (source->kernel_read(context->buffer, now))
		return;
	for (size_t i = 0; source->kernel_counts[i].name; i++)
		context->kernel[i] += now[i] - context->kernel_begin[i];
}

static void region_finish(struct context *context, double ticks)
{
	struct sample *sample = context->sample;
	int64_t usage[NR_USAGES];

	if (context->counters)
		add_readings(context);
	if (context->marks)
		mark_end();
	if (context->kernel)
		add_kernel_counts(context);
	read_usage(context, usage);
	sample->ticks += ticks;
	sample->faults_minor += usage[USAGE_MINOR] - context->region_usage[USAGE_MINOR];
	sample->faults_major += usage[USAGE_MAJOR] - context->region_usage[USAGE_MAJOR];
	sample->switches += usage[USAGE_SWITCHES] - context->region_usage[USAGE_SWITCHES];
	sample->sleeps += usage[USAGE_SLEEPS] - context->region_usage[USAGE_SLEEPS];
	/* As a stop, but without a signal. */
	if (context->waits) {
		int64_t suspended_ns[2];

		read_suspended(suspended_ns);
		sample->switches += suspended_ns[0] - context->region_suspended_ns[1] > SUSPEND_NS;
	}
	sample->switches += context->buffer->owner_switches;
	context->buffer->owner_switches = 0;
	if (sched_getcpu() != context->region_cpu)
		sample->migrations++;
}

void region_end(struct context *context)
{
	uint64_t ticks = clock_now(context->clock) - context->region_begin;

	context->in_region = false;
	if (skips_regions(context))
		return;
	region_finish(context, clock_net(context->clock, ticks));
}

void region_end_as(struct context *context, double ticks)
{
	context->in_region = false;
	if (!skips_regions(context))
		region_finish(context, ticks);
}

static int is_mapped(void *argument, const char *address)
{
	struct buffer *buffer = argument;
	struct mapped mapped;
	int err = buffer->source->mapped(buffer, address, &mapped);

	return err ? err : mapped.type != MAPPED_NOT;
}

static int touch_counted(struct context *context, const struct touch_list *list, enum touch touch, uint64_t value,
			 uint8_t *faults, uint64_t *sum)
{
	long total = 0;
	struct buffer *buffer = context->buffer;
	/* A copy of the client's is memory that the source knows nothing of. */
	bool known = buffer->source && buffer->source->mapped && buffer->work == buffer->address;
	int err = touch_pages_counted(list, buffer->work, touch, value, known ? is_mapped : NULL, buffer, faults,
				      &total, sum, context->why);

	context->sample->faults_minor += total;
	return err;
}

/* The reference pass of accesses that belong to the sample. */
static int touch_reference(struct context *context, const struct touch_list *list, enum touch touch, uint64_t value,
			   uint8_t *faults, uint64_t *sum)
{
	int64_t before = context->sample->faults_minor, outside;
	int err = touch_counted(context, list, touch, value, faults, sum);

	outside = context->in_region ? 0 : context->sample->faults_minor - before;
	if (err || !outside)
		return err;
	return why_set(context->why, -EPROTO,
		       "call context_populate() to bring pages in, or touch them after region_begin()",
		       "context_touch() took %lld page faults outside of a timed region", (long long)outside);
}

int context_touch(struct context *context, const struct touch_list *list, enum touch touch, uint64_t value,
		  uint64_t *sum)
{
	uint64_t loaded;

	if (context->counted && touch != TOUCH_NOTHING)
		return touch_reference(context, list, touch, value, NULL, sum);
	loaded = touch_pages(list, context->buffer->work, touch, value);
	if (sum)
		*sum += loaded;
	return 0;
}

int context_touch_check(struct context *context, enum touch touch)
{
	if (context->counted)
		return touch_reference(context, &context->pages, touch, 1, NULL, NULL);
	touch_check(&context->pages, context->buffer->work, touch == TOUCH_WRITE);
	return 0;
}

int context_touch_events(struct context *context, enum touch touch)
{
	struct sample *sample = context->sample;
	uint64_t *ticks = context->event_ticks + sample->events;
	size_t timed;

	if (context->counted)
		return touch_reference(context, &context->pages, touch, 1, context->event_faults, NULL);
	timed = touch_pages_timed(&context->pages, context->buffer->work, touch, 1, context->clock,
				  context->event_faults, ticks);
	sample->events += (int64_t)timed;
	return 0;
}

void context_delay(struct context *context)
{
	double ns = context->params->value[PARAM_DELAY] * (double)context->pages.count;
	uint64_t begin = clock_now(context->clock);

	while (ns > 0 && !context->counted &&
	       clock_ns(context->clock, (double)(clock_now(context->clock) - begin)) < ns)
		;
}

/* Stands for a fault-in of the whole buffer in the reference pass: the same pages, one access each. */
static int fault_in_counted(void *argument)
{
	struct context *context = argument;
	enum access access = params_choice(context->params, PARAM_ACCESS);

	return touch_counted(context, &context->all, access == ACCESS_WRITE ? TOUCH_WRITE : TOUCH_READ, 1, NULL, NULL);
}

/* Bulk accesses of the client: what they fault is counted around the step. */
static int client_step_counted(struct context *context, enum step step)
{
	long before = thread_faults();
	int err = client_step(context->buffer, step);

	context->sample->faults_minor += thread_faults() - before;
	return err;
}

int context_step(struct context *context, enum step step)
{
	if (context->counted) {
		context->buffer->fault_in_counted = fault_in_counted;
		context->buffer->argument = context;
		if (context->buffer->client)
			return client_step_counted(context, step);
	}
	return client_step(context->buffer, step);
}

int context_zap(struct context *context)
{
	int err;

	context->buffer->zap_ticks = 0;
	region_begin(context);
	err = context_step(context, STEP_ZAP);
	region_end_as(context, context->buffer->zap_ticks);
	return err;
}

struct span touched_span(const struct touch_list *list)
{
	uint32_t first = list->page[0], last = first;

	for (size_t i = 0; i < list->count; i++) {
		first = list->page[i] < first ? list->page[i] : first;
		last = list->page[i] > last ? list->page[i] : last;
	}
	return (struct span){ first * list->page_bytes, (last - first + 1) * list->page_bytes };
}

int check_policy_zaps(const struct params *params, struct why *why)
{
	unsigned int policy = params_choice(params, PARAM_POLICY);

	if (!policy_zaps(policy))
		return why_set(why, -EOPNOTSUPP, "use policy=eager or lazy",
			       "policy %s never zaps: there is nothing to time", param_choice(PARAM_POLICY, policy));
	return 0;
}

int context_populate(struct context *context, enum access access, bool proof)
{
	enum touch touch = access == ACCESS_WRITE ? TOUCH_WRITE : TOUCH_READ;
	int64_t before[NR_USAGES], first;
	int err;

	if (!proof)
		return context->buffer->source->populate(context->buffer, access);
	if (!context->counted) {
		read_usage(context, before);
		err = context->buffer->source->populate(context->buffer, access);
		add_faults(context, before);
		return err;
	}
	first = context->sample->faults_minor;
	err = touch_counted(context, &context->all, touch, 1, NULL, NULL);
	first = context->sample->faults_minor - first;
	/* The other mappings of this thread are like the first; those of other owners fault on their account. */
	if (params_choice(context->params, PARAM_OWNERS) == OWNERS_SELF)
		context->sample->faults_minor += first * ((int64_t)context->params->value[PARAM_MAPS] - 1);
	return err ? err : context->buffer->source->populate(context->buffer, access);
}

int context_rearm(struct context *context, enum access access)
{
	int err = context->buffer->source->rearm(context->buffer);

	return err ? err : context_populate(context, access, false);
}

int context_open_more(struct context *context, struct buffer *more, size_t count)
{
	const struct buffer *first = context->buffer;
	size_t stride = (first->bytes + 2 * pmd_bytes() - 1) / pmd_bytes() * pmd_bytes();

	for (size_t i = 0; i < count; i++) {
		int err;

		more[i] = (struct buffer){
			.instance = first->instance,
			.params = first->params,
			.clock = first->clock,
			.bytes = first->bytes,
			.number = (unsigned int)(i + 1),
			.client = first->client,
		};
		err = first->source->open(&more[i], first->address + (i + 1) * stride, context->why);
		if (err)
			return err;
		more[i].source = first->source;
		err = client_open(&more[i], context->why);
		if (err)
			return err;
	}
	return 0;
}

void context_close_more(struct buffer *more, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!more[i].source)
			continue;
		client_close(&more[i]);
		more[i].source->close(&more[i]);
	}
}
