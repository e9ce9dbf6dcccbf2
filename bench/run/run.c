// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/run/run.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/base/now.h"
#include "bench/run/counting.h"
#include "bench/run/header.h"
#include "bench/run/process.h"
#include "bench/run/resume.h"
#include "bench/run/rounds.h"
#include "bench/run/state.h"
#include "bench/run/warmup.h"
#include "bench/run/watch.h"
#include "bench/run/worker.h"

/* Tell the user what is known before the warm-up. */
static void tell_plan(struct run *run)
{
	char text[160];

	snprintf(text, sizeof(text), "%zu configuration%s, %zu skipped; warm-up first", run->plan->count,
		 run->plan->count == 1 ? "" : "s", run->plan->nr_skipped);
	progress_say(&run->progress, text);
}

/* Tell the user how long the run will take. @earlier_s: part of the budget that earlier segments used. */
static void tell_duration(struct run *run, double earlier_s)
{
	int passes = counting_rounds(run->emulated, run->round_s, run->options->budget_s);
	double rounds = fmax(run->options->budget_s - earlier_s, 0);
	double counting = passes * run->round_s * (counting_asks_kernel(run->plan) ? 2 : 1);
	time_t end = time(NULL) + (time_t)(rounds + counting);
	struct tm local;
	char text[200], clock[16];

	if (run->emulated) /* its clock is not the wall clock */
		return;
	localtime_r(&end, &local);
	strftime(clock, sizeof(clock), "%H:%M", &local);
	snprintf(text, sizeof(text),
		 "%.2g s per round: at most %.0f s of rounds, then %.0f s to count events; ends by %s", run->round_s,
		 rounds, ceil(counting), clock);
	progress_say(&run->progress, text);
}

/* Before the warm-up: can this run be resumed with this program on this machine? */
static int resume_check(struct run *run, struct why *why)
{
	int err = resume_check_tool(run->resumed, why);

	if (!err)
		err = resume_check_machine(run->resumed, &run->record->environment, why);
	return err ? err : resume_match_plan(run->resumed, run->plan, why);
}

/* Instead of header_write(): go on with the record that is resumed. */
static int resume_record(struct run *run, const int64_t *expected, struct why *why)
{
	struct record *now = run->record;
	int err = 0;

	for (size_t i = 0; i < run->exchange->nr_tasks && !err; i++)
		err = resume_check_task(&run->resumed->config[i], &exchange_tasks(run->exchange)[i], expected[i], why);
	if (err)
		return err;
	run->record = run->resumed;
	run->resumed = NULL;
	err = header_add_segment(run->record, now);
	record_free(now);
	if (!err)
		err = journal_add_segment(run->journal, run->record, why);
	/* Draw what the earlier rounds drew: then the next rounds have the order and the layouts of an unbroken run. */
	gsl_rng_get(run->rng);
	for (size_t i = 0; i < run->record->nr_rounds; i++) {
		exchange_shuffle(run->exchange, run->rng);
		layout_draw(&run->layouts);
	}
	return err;
}

int run_plan(const struct run_options *options, struct plan *plan, const char *folder, char *journal,
	     struct record **record, struct why *why)
{
	const char *stopped_by;
	struct run run;
	int64_t *expected = NULL;
	double earlier_s;
	int err;

	journal[0] = '\0';
	err = state_open(&run, options, plan, why);
	if (!err && options->model && !run.emulated)
		err = why_set(why, -EOPNOTSUPP, "make bench-qemu MODEL=cortex-a72",
			      "--model: this machine is not emulated, so nothing can model its caches");
	if (!err && options->events)
		err = counting_check_events(options->events, run.cpu, why);
	if (!err && run.resumed)
		err = resume_check(&run, why);
	if (!err)
		tell_plan(&run);
	if (!err)
		err = warmup(&run, &expected, why);
	if (!err)
		err = run.resumed ? resume_record(&run, expected, why)
				  : header_write(&run, expected, folder, journal, why);
	if (err)
		goto out_close;
	earlier_s = resume_elapsed_s(run.record);
	tell_duration(&run, earlier_s);
	run.events = calloc(plan->count + 1, sizeof(*run.events));
	run.nr_events = calloc(plan->count + 1, sizeof(*run.nr_events));
	if (!run.events || !run.nr_events) {
		err = -ENOMEM;
		goto out_close;
	}
	err = rounds_run(&run, &stopped_by, why);
	if (!err && !run_interrupted)
		err = counting_events(&run, why);
	if (!err && !run_interrupted)
		err = counting_kernel(&run, why);
	if (!err && !run_interrupted)
		err = counting_model(&run, why);
	if (err)
		goto out_close;
	free(run.record->stopped_by);
	/* An interrupt during the passes after the rounds leaves work to resume. */
	run.record->stopped_by = strdup(run_interrupted ? "signal" : stopped_by);
	run.record->duration_s = earlier_s + now_s() - run.begin_s;
	err = run.record->stopped_by ? process_warn_missed(&run) : -ENOMEM;
	if (!err)
		err = watch_warn(run.record, run.cpu);
	if (!err)
		err = record_summarise(run.record);
out_close:
	if (run.journal)
		journal_close(run.journal, true); /* the caller removes it when the record is safe */
	if (!err) {
		*record = run.record;
		run.record = NULL;
	}
	free(expected);
	state_close(&run);
	return err;
}

int run_estimate(const struct run_options *options, struct plan *plan, struct run_estimate *estimate, struct why *why)
{
	struct run run;
	int64_t *expected = NULL;
	double begin;
	int err = state_open(&run, options, plan, why);

	if (!err && options->events)
		err = counting_check_events(options->events, run.cpu, why);
	if (!err)
		err = warmup(&run, &expected, why);
	estimate->warm_up_s = now_s() - run.begin_s;
	begin = now_s();
	if (!err)
		err = process_run(&run, ROUND_TIMED, why);
	estimate->round_s = now_s() - begin;
	estimate->counting_rounds = counting_rounds(run.emulated, estimate->round_s, options->budget_s);
	free(expected);
	state_close(&run);
	return err;
}

int run_loop(const struct run_options *options, struct plan *plan, double seconds, struct why *why)
{
	struct run run;
	int64_t *expected = NULL;
	int err = state_open(&run, options, plan, why);

	if (!err)
		err = warmup(&run, &expected, why);
	if (err)
		goto out_close;
	progress_clear(&run.progress);
	fprintf(stderr,
		"zapbench: looping %s on CPU %d for %g s; its process is named zapbench " WORKER_COMMAND "\n"
		"zapbench: e.g. sudo perf record -g -C %d -- sleep %g\n",
		plan->config[0].name, run.cpu, seconds, run.cpu, seconds);
	run.exchange->loop_s = seconds;
	run.exchange->expected = expected[0];
	run.exchange->passes = run.exchange->invalid = 0;
	err = process_run(&run, ROUND_LOOP, why);
	if (!err)
		fprintf(stderr,
			"zapbench: %lld passes of %lld %ss, %lld of them with unexpected fault counts (%lld "
			"expected)\n",
			(long long)run.exchange->passes, (long long)exchange_tasks(run.exchange)[0].sample.operations,
			plan->config[0].bench->operation, (long long)run.exchange->invalid, (long long)expected[0]);
	if (!err && run.exchange->invalid)
		err = why_set(why, -EPROTO, NULL, "unexpected fault counts in some passes");
out_close:
	free(expected);
	state_close(&run);
	return err;
}
