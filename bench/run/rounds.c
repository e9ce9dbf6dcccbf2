// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/run/rounds.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <time.h>

#include "bench/base/now.h"
#include "bench/run/process.h"
#include "bench/run/resume.h"
#include "bench/run/samples.h"
#include "bench/run/stopping.h"

#define COOL_WAIT_S 60 /* for one round, at the most */

static void cool_down(struct run *run, struct monitor_reading *reading)
{
	double end = now_s() + COOL_WAIT_S;

	while (isfinite(run->options->cool_celsius) && isfinite(reading->temperature_millicelsius) &&
	       reading->temperature_millicelsius > run->options->cool_celsius * 1000 && now_s() < end &&
	       !run_interrupted) {
		nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
		monitor_read(run->monitor, reading);
	}
}

static int one_round(struct run *run, struct why *why)
{
	struct monitor_reading before, after;
	double begin;
	int err;

	exchange_shuffle(run->exchange, run->rng);
	run->exchange->layout = layout_draw(&run->layouts);
	monitor_read(run->monitor, &before);
	cool_down(run, &before);
	begin = now_s();
	err = process_run(run, run->emulated ? ROUND_EVENTS : ROUND_TIMED, why);
	if (!err)
		err = process_check_tasks(run, why);
	if (err)
		return err;
	begin = now_s() - begin;
	monitor_read(run->monitor, &after);
	err = samples_add_round(run->record, run->exchange, &before, &after, begin * 1e9, run->events, run->nr_events);
	if (!err && run->journal)
		err = journal_add_round(run->journal, run->record, run->events, run->nr_events, why);
	return err;
}

static int widest_percent(void *argument, double *percent)
{
	struct record *record = argument;
	int err = record_summarise(record);

	if (!err)
		*percent = stopping_widest_percent(record, NULL);
	return err;
}

#define LOOK_FIRST_S 2
#define LOOK_EVERY_S 1
/* How much of a run may be spent on figures for the progress line. */
#define LOOK_SHARE 0.01

/* The progress line shows the row with the widest interval. @look_s: when it is looked for again. */
static void show_progress(struct run *run, struct progress_figure *widest, double left_s, double *look_s)
{
	double begin = now_s();
	size_t row;

	if (!progress_due(&run->progress))
		return;
	if (begin >= *look_s && !record_summarise(run->record)) {
		widest->percent = stopping_widest_percent(run->record, &row);
		widest->name = run->record->config[row].name;
		widest->value = run->record->config[row].summary.value.value;
		widest->unit = run->record->config[row].value_unit;
		*look_s = begin + fmax(LOOK_EVERY_S, (now_s() - begin) / LOOK_SHARE);
	}
	progress_rounds(&run->progress, run->record->nr_rounds, widest, left_s);
}

/* Asked after each round. NULL: go on. */
static const char *why_stop(struct run *run, struct stopping *stopping, double elapsed_s)
{
	if (!run->record->nr_rounds)
		return NULL;
	if (run_interrupted)
		return "signal";
	return stopping_ask(stopping, run->record->nr_rounds, elapsed_s, widest_percent, run->record);
}

/* Tell once, within the first seconds, of a run that is going to end with too little. @looked_s: when it was looked. */
static void look_ahead(struct run *run, double elapsed_s, double *looked_s)
{
	const struct record *record = run->record;
	struct forecast forecast;
	char text[400];

	if (run->emulated ||
	    !stopping_looks_ahead(now_s() - run->begin_s, elapsed_s, *looked_s, run->options->budget_s))
		return;
	*looked_s = elapsed_s;
	if (record_summarise(run->record) || !stopping_forecast(record, elapsed_s, run->options->budget_s, &forecast))
		return;
	*looked_s = INFINITY;
	snprintf(text, sizeof(text),
		 "%zu of %zu configurations will have too few undisturbed samples for an interval: %.*s has %zu after "
		 "%zu round%s, and about %.0f rounds fit into the budget; fix: stop other work on CPU %d (see top), or "
		 "--budget %.0f",
		 forecast.nr_short, record->nr_configs, 80, record->config[forecast.worst].name,
		 record->config[forecast.worst].summary.value.n, record->nr_rounds, record->nr_rounds == 1 ? "" : "s",
		 forecast.rounds, run->cpu, ceil(forecast.needed_s / 10) * 10);
	progress_say(&run->progress, text);
}

int rounds_run(struct run *run, const char **stopped_by, struct why *why)
{
	const struct run_options *options = run->options;
	double begin = now_s() - resume_elapsed_s(run->record);
	double looked_s = -INFINITY, look_s = now_s() + LOOK_FIRST_S;
	struct progress_figure widest = { .wanted_percent = options->precision_percent };
	struct stopping stopping;

	stopping_init(&stopping, run->emulated, options->budget_s, options->precision_percent, run->record->nr_rounds);
	exchange_set_events(run->exchange, run->emulated ? counters_instructions : NULL);
	for (;;) {
		int err;

		*stopped_by = why_stop(run, &stopping, now_s() - begin);
		if (*stopped_by)
			return 0;
		err = one_round(run, why);
		if (err)
			return err;
		look_ahead(run, now_s() - begin, &looked_s);
		show_progress(run, &widest, options->budget_s - (now_s() - begin), &look_s);
	}
}
