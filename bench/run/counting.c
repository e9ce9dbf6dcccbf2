// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/run/counting.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "bench/base/now.h"
#include "bench/base/text.h"
#include "bench/record/stats.h"
#include "bench/run/counts.h"
#include "bench/run/process.h"

/* So many rounds make the interval of a count narrow. */
enum { COUNTER_ROUNDS = 20 };

int counting_rounds(bool emulated, double round_s, double budget_s)
{
	return emulated ? 1 : (int)fmax(MEDIAN_MIN, fmin(COUNTER_ROUNDS, floor(budget_s / round_s)));
}

/* A round of samples that are counted, not timed. */
static int counting_round(struct run *run, enum round_mode mode, struct why *why)
{
	int err;

	exchange_shuffle(run->exchange, run->rng);
	run->exchange->layout = layout_draw(&run->layouts);
	err = process_run(run, mode, why);
	return err ? err : process_check_tasks(run, why);
}

int counting_check_events(const char *const *names, int cpu, struct why *why)
{
	const struct counter_event *refused = NULL;
	struct counters *counters;
	size_t count = 0, open = 0;
	int err;

	while (names[count])
		count++;
	err = counters_open("", cpu, names, count, &counters, why);
	if (err)
		return err;
	for (size_t i = 0; i < count; i++) {
		const struct counter_event *event = counters_event(counters, i);

		open += event->open;
		if (!event->open && (!refused || (event->unknown && !refused->unknown)))
			refused = event;
	}
	if (refused && refused->unknown) {
		const char *nearest = nearest_name(refused->name, counters_own_events);

		err = why_set(why, -ENOENT, "zapbench info lists events", "--events: %s%s%s%s", refused->why_not.reason,
			      nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
	} else if (!open) {
		err = why_set(why, -ENOENT, refused->why_not.remedy[0] ? refused->why_not.remedy : "leave out --events",
			      "--events: none of them can be counted here: %s: %s", refused->name,
			      refused->why_not.reason);
	}
	counters_close(counters);
	return err;
}

int counting_events(struct run *run, struct why *why)
{
	struct exchange *exchange = run->exchange;
	const char *names[COUNTERS_MAX];
	struct counts *counts;
	struct counters *counters = NULL;
	int rounds = counting_rounds(run->emulated, run->round_s, run->options->budget_s);
	int err;

	if (run->options->events)
		exchange_set_events(exchange, run->options->events);
	else
		exchange_explain_events(exchange, run->plan);
	for (size_t i = 0; i < exchange->nr_events; i++)
		names[i] = exchange->event[i];
	err = counters_open("", run->cpu, names, exchange->nr_events, &counters, why);
	if (err)
		return err;
	counts = counts_new(exchange->nr_tasks, exchange->nr_events, (size_t)rounds);
	if (!counts)
		err = -ENOMEM;
	for (int i = 0; i < rounds && !err && !run_interrupted; i++) {
		progress_pass(&run->progress, "counter pass", (size_t)i, (size_t)rounds);
		err = counting_round(run, ROUND_EVENTS, why);
		if (!err)
			counts_add(counts, exchange, run->record);
	}
	if (!err)
		err = counts_finish(counts, exchange, counters, run->record);
	counts_free(counts);
	counters_close(counters);
	return err;
}

/*
 * Instructions per nanosecond of the clock. With qemu -icount shift=0 it is 1, and so the kernel's own times are
 * instructions. NAN: not known.
 */
static double instructions_per_ns(int cpu)
{
	enum { LOOPS = 10000000 };
	struct counters *counters;
	struct counter_reading reading;
	struct why why = { "", "" };
	double ns;

	if (counters_open("", cpu, counters_instructions, 1, &counters, &why))
		return NAN;
	counters_start(counters);
	ns = now_s() * 1e9;
	for (int i = 0; i < LOOPS; i++)
		__asm__ volatile("");
	ns = now_s() * 1e9 - ns;
	if (counters_stop(counters, &reading))
		reading.value = 0;
	counters_close(counters);
	return (double)reading.value / ns;
}

bool counting_asks_kernel(const struct plan *plan)
{
	bool some = false;

	for (size_t i = 0; i < plan->count; i++)
		some |= plan->config[i].source && plan->config[i].source->kernel_counts;
	return some;
}

/* A pass of its own, since the kernel's timing slows the regions down. */
int counting_kernel(struct run *run, struct why *why)
{
	int rounds = counting_rounds(run->emulated, run->round_s, run->options->budget_s);
	bool instructions;
	struct counts *counts;
	int err = 0;

	if (!counting_asks_kernel(run->plan))
		return 0;
	counts = counts_new(run->plan->count, KERNEL_COUNTS_MAX + 1, (size_t)rounds);
	if (!counts)
		return -ENOMEM;
	instructions = run->emulated && fabs(instructions_per_ns(run->cpu) - 1) < 0.01;
	for (int i = 0; i < rounds && !err && !run_interrupted; i++) {
		progress_pass(&run->progress, "kernel pass", (size_t)i, (size_t)rounds);
		err = counting_round(run, ROUND_KERNEL, why);
		if (!err)
			counts_kernel_add(counts, run->exchange, run->record);
	}
	if (!err)
		err = counts_kernel_finish(counts, run->plan, instructions,
					   run->emulated && !instructions ? "emulated times are meaningless, and "
									    "the clock does not count instructions"
									  : NULL,
					   run->record);
	counts_free(counts);
	return err;
}

int counting_model(struct run *run, struct why *why)
{
	return run->options->model ? counting_round(run, ROUND_MODEL, why) : 0;
}
