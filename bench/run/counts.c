// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/run/counts.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/text.h"
#include "bench/run/exclusion.h"

struct counts {
	size_t configs, events, rounds, used;
	double *value;   /* [config][event][round], per operation, scaled */
	double *enabled; /* [config][event], summed */
	double *running;
	size_t *excluded; /* [config]: samples */
};

struct counts *counts_new(size_t configs, size_t events, size_t rounds)
{
	struct counts *counts = calloc(1, sizeof(*counts));

	if (!counts)
		return NULL;
	*counts = (struct counts){ .configs = configs, .events = events, .rounds = rounds };
	counts->value = calloc(configs * events * rounds + 1, sizeof(double));
	counts->enabled = calloc(configs * events + 1, sizeof(double));
	counts->running = calloc(configs * events + 1, sizeof(double));
	counts->excluded = calloc(configs + 1, sizeof(*counts->excluded));
	if (counts->value && counts->enabled && counts->running && counts->excluded)
		return counts;
	counts_free(counts);
	return NULL;
}

void counts_free(struct counts *counts)
{
	if (!counts)
		return;
	free(counts->value);
	free(counts->enabled);
	free(counts->running);
	free(counts->excluded);
	free(counts);
}

static void set_count(struct counts *counts, size_t config, size_t event, double per_operation, double enabled,
		      double running)
{
	size_t at = config * counts->events + event;

	counts->value[at * counts->rounds + counts->used] = per_operation;
	counts->enabled[at] += enabled;
	counts->running[at] += running;
}

/* Is there a sample of configuration @i to count? One that is excluded is noted. */
static bool sample_counts(struct counts *counts, const struct task *task, const struct record *record, size_t i)
{
	if (task->err || !task->sample.operations)
		return false;
	if (!sample_excluded(&task->sample, &record->config[i]))
		return true;
	counts->excluded[i]++;
	return false;
}

void counts_add(struct counts *counts, struct exchange *exchange, const struct record *record)
{
	if (counts->used == counts->rounds)
		return;
	for (size_t i = 0; i < counts->configs; i++) {
		const struct task *task = &exchange_tasks(exchange)[i];
		bool counts_sample = sample_counts(counts, task, record, i);

		for (size_t j = 0; j < counts->events; j++) {
			const struct counter_reading *reading = &task->reading[j];
			double scale = NAN;

			if (counts_sample && reading->running_ns)
				scale = (double)reading->enabled_ns / (double)reading->running_ns /
					(double)task->sample.operations;
			set_count(counts, i, j, (double)reading->value * scale, (double)reading->enabled_ns,
				  (double)reading->running_ns);
		}
	}
	counts->used++;
}

/* The first count of a kernel pass is the time of the whole region; the others are parts of it. */
void counts_kernel_add(struct counts *counts, struct exchange *exchange, const struct record *record)
{
	for (size_t i = 0; i < counts->configs; i++) {
		const struct task *task = &exchange_tasks(exchange)[i];
		double scale = sample_counts(counts, task, record, i) ? 1 / (double)task->sample.operations : NAN;

		set_count(counts, i, 0, clock_ns(&exchange->clock, task->sample.ticks) * scale, 1, 1);
		for (size_t j = 1; j < counts->events; j++)
			set_count(counts, i, j, (double)task->kernel[j - 1] * scale, 1, 1);
	}
	counts->used++;
}

/* @why_not: the reason why it was not counted, or NULL. */
static int finish_counter(const struct counts *counts, size_t at, const char *name, const char *unit, const char *pmu,
			  const char *why_not, struct counter *counter)
{
	double *value = counts->value + at * counts->rounds;
	struct estimate median;
	size_t kept = 0;

	counter->per_operation = counter->lower = counter->upper = counter->running_percent = NAN;
	if (text_copy(&counter->event, name) || text_copy(&counter->unit, unit))
		return -ENOMEM;
	if (why_not)
		return text_copy(&counter->why_not, why_not);
	if (text_copy(&counter->pmu, pmu))
		return -ENOMEM;
	for (size_t i = 0; i < counts->used; i++) {
		if (isfinite(value[i]))
			value[kept++] = value[i];
	}
	if (!kept)
		return text_copy(&counter->why_not,
				 counts->excluded[at / counts->events]
					 ? "every sample of the counter pass was disturbed or invalid"
					 : "opened, but the PMU never counted it during a sample");
	if (stats_quantile(value, kept, 0.5, 0.95, &median))
		return -ENOMEM;
	counter->counted = true;
	counter->per_operation = median.value;
	counter->lower = median.lower;
	counter->upper = median.upper;
	counter->samples = (int64_t)kept;
	counter->running_percent = 100 * counts->running[at] / counts->enabled[at];
	return 0;
}

static struct counter *add_counter(struct config_result *result)
{
	struct counter *grown = realloc(result->counter, (result->nr_counters + 1) * sizeof(*grown));

	if (!grown)
		return NULL;
	result->counter = grown;
	grown[result->nr_counters] = (struct counter){ 0 };
	return &grown[result->nr_counters++];
}

/* Ratios of two events. Without one of the events there is no such metric. */
static const struct {
	const char *name, *above, *below;
	bool emulated; /* also on an emulated CPU, which has no cycles of its own */
} metrics[] = {
	{ "instructions per cycle", "instructions", "cycles", false },
	{ "instructions per fault", "instructions", "page-faults", true },
	{ "cycles per fault", "cycles", "page-faults", false },
	{ "walks per fault", "dtlb-walk", "page-faults", false },
	{ "walks per refill", "dtlb-walk", "dtlb-refill", false },
	{ "L2 refills per L1 refill", "l2d-refill", "l1d-refill", false },
	{ "stalled per cycle", "stall-backend", "cycles", false },
};

/* The event's place among those that were counted for the task, or -1. */
static int place_of(struct exchange *exchange, const struct task *task, const char *name)
{
	for (size_t i = 0; i < exchange->nr_events; i++) {
		if (task->counted >> i & 1 && !strcmp(exchange->event[i], name))
			return (int)i;
	}
	return -1;
}

/* The ratio of two events round by round, its median and the interval of that. */
static int add_metric(const struct counts *counts, size_t above, size_t below, const char *name,
		      struct config_result *result)
{
	double *ratio = malloc((counts->used + 1) * sizeof(*ratio)), running;
	struct estimate median;
	struct metric *grown;
	size_t kept = 0;
	int err = 0;

	if (!ratio)
		return -ENOMEM;
	for (size_t i = 0; i < counts->used; i++) {
		double value = counts->value[above * counts->rounds + i] / counts->value[below * counts->rounds + i];

		if (isfinite(value))
			ratio[kept++] = value;
	}
	if (!kept)
		goto out_free;
	grown = reallocarray(result->metric, result->nr_metrics + 1, sizeof(*grown));
	if (!grown) {
		err = -ENOMEM;
		goto out_free;
	}
	result->metric = grown;
	err = stats_quantile(ratio, kept, 0.5, 0.95, &median);
	if (err)
		goto out_free;
	running =
		fmin(counts->running[above] / counts->enabled[above], counts->running[below] / counts->enabled[below]);
	grown += result->nr_metrics;
	*grown = (struct metric){ NULL, median.value, median.lower, median.upper, 100 * running, (int64_t)kept };
	err = text_copy(&grown->name, name);
	result->nr_metrics++;
out_free:
	free(ratio);
	return err;
}

static int add_metrics(const struct counts *counts, struct exchange *exchange, size_t config,
		       struct config_result *result)
{
	const struct task *task = &exchange_tasks(exchange)[config];
	size_t first = config * counts->events;
	int err = 0;

	for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]) && !err; i++) {
		int above = place_of(exchange, task, metrics[i].above);
		int below = place_of(exchange, task, metrics[i].below);

		if (above >= 0 && below >= 0 && (metrics[i].emulated || !result->emulated))
			err = add_metric(counts, first + (size_t)above, first + (size_t)below, metrics[i].name, result);
	}
	return err;
}

int counts_finish(const struct counts *counts, struct exchange *exchange, const struct counters *counters,
		  struct record *record)
{
	int err = 0;

	for (size_t i = 0; i < counts->configs && !err; i++) {
		for (size_t j = 0; j < counts->events && !err; j++) {
			const struct counter_event *event = counters_event(counters, j);
			struct counter *counter;

			if (!(exchange_tasks(exchange)[i].counted >> j & 1))
				continue;
			counter = add_counter(&record->config[i]);
			err = counter ? finish_counter(counts, i * counts->events + j, event->name, "events",
						       event->pmu, event->open ? NULL : why_line(&event->why_not).text,
						       counter)
				      : -ENOMEM;
		}
		if (!err)
			err = add_metrics(counts, exchange, i, &record->config[i]);
	}
	return err;
}

/* One count of the kernel's clock: @why_no_time unless it tells times. */
static int finish_kernel_count(const struct counts *counts, size_t at, const struct kernel_count *count,
			       const char *unit, const char *source, const char *why_no_time, struct counter *counter)
{
	char name[64];

	snprintf(name, sizeof(name), "%s%s%s", count->name, unit[0] ? "_" : "", unit);
	return finish_counter(counts, at, name, unit[0] ? unit : "events", source,
			      strcmp(unit, "ns") ? NULL : why_no_time, counter);
}

int counts_kernel_finish(const struct counts *counts, const struct plan *plan, bool instructions,
			 const char *why_no_times, struct record *record)
{
	static const struct kernel_count region = { "region", "ns" };
	int err = 0;

	for (size_t i = 0; i < counts->configs && !err; i++) {
		const struct source *source = plan->config[i].source;

		if (!source || !source->kernel_counts)
			continue;
		for (size_t j = 0; (!j || source->kernel_counts[j - 1].name) && !err; j++) {
			const struct kernel_count *count = j ? &source->kernel_counts[j - 1] : &region;
			struct counter *counter = add_counter(&record->config[i]);
			/* The kernel's clock may count instructions. */
			bool clocked = instructions && !strcmp(count->unit, "ns");

			err = counter ? finish_kernel_count(counts, i * counts->events + j, count,
							    clocked ? "instructions" : count->unit, source->name,
							    why_no_times, counter)
				      : -ENOMEM;
		}
	}
	return err;
}
