// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/run/warmup.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/now.h"
#include "bench/run/process.h"
#include "bench/run/resume.h"
#include "bench/run/samples.h"

enum { REPETITIONS_MAX = 1000 };

/* Target for the timed regions of a sample: long compared with timer overhead, short compared with the timer tick... */
#define SAMPLE_NS 1e6
/* ...unless the untimed part (populating before a zap) would make the sample longer than this. */
#define SAMPLE_WALL_NS 4e6

/* The samples of a resumed run keep their length. */
static void keep_repetitions(struct run *run)
{
	for (size_t i = 0; i < run->exchange->nr_tasks; i++)
		exchange_tasks(run->exchange)[i].repetitions = run->resumed->config[i].repetitions;
}

int64_t warmup_repetitions(const struct task *task, double sample_ns, bool repeats_setup)
{
	double times = ceil(SAMPLE_NS / fmax(sample_ns, 1));

	if (repeats_setup && times > SAMPLE_WALL_NS / task->wall_ns)
		times = floor(SAMPLE_WALL_NS / task->wall_ns);
	if (times > REPETITIONS_MAX)
		times = REPETITIONS_MAX;
	if (task->sample.events && times * (double)task->sample.events > (double)task->events_max)
		times = floor((double)task->events_max / (double)task->sample.events);
	return times < 1 ? 1 : (int64_t)times;
}

static void choose_repetitions(struct run *run)
{
	for (size_t i = 0; i < run->exchange->nr_tasks; i++) {
		struct task *task = &exchange_tasks(run->exchange)[i];

		task->repetitions = warmup_repetitions(task, clock_ns(&run->exchange->clock, task->sample.ticks),
						       benches[task->bench]->repeats_setup);
	}
}

/* Single events must exist and last long enough for the clock. Otherwise only batches can be timed. */
static void refuse_unresolved(struct run *run)
{
	const struct clock *clock = &run->exchange->clock;

	for (size_t i = 0; i < run->exchange->nr_tasks; i++) {
		struct task *task = &exchange_tasks(run->exchange)[i];
		double *ns;
		size_t count;

		if (params_choice(&task->params, PARAM_TIMING) != TIMING_EVENT || task->err)
			continue;
		count = samples_events_ns(run->exchange, task, &ns);
		if (!count)
			task->err = why_set(&task->why, -EOPNOTSUPP, "use timing=batch",
					    "no access faults here, so there is no event to time");
		else if (!clock_resolves(clock, ns[count / 2]))
			task->err = why_set(
				&task->why, -EOPNOTSUPP, "use timing=batch",
				"an event lasts %.0f ns, which is less than %d steps of the clock (%.1f ns each)",
				ns[count / 2], CLOCK_EVENT_STEPS, clock->resolution_ns);
	}
}

/*
 * A reference pass finds the accesses that fault. A timed pass finds the length of a sample and so the number of its
 * repetitions. Then both again with these repetitions. Return: 1 when configurations failed and were skipped: the
 * warm-up must begin again without them. 0 or -errno.
 */
static int run_passes(struct run *run, int64_t *expected, struct why *why)
{
	static const enum round_mode passes[] = { ROUND_COUNTED, ROUND_TIMED, ROUND_COUNTED, ROUND_TIMED };
	/* Samples of an emulated machine are counted, not timed: they need no repetitions. */
	size_t count = run->emulated ? 2 : sizeof(passes) / sizeof(passes[0]);
	int err = 0;

	if (run->resumed)
		keep_repetitions(run);
	for (size_t pass = 0; pass < count && !err; pass++) {
		double begin = now_s();

		progress_pass(&run->progress, passes[pass] == ROUND_COUNTED ? "reference pass" : "warm-up", pass,
			      count);
		err = process_run(run, passes[pass], why);
		if (err)
			return err;
		run->round_s = now_s() - begin; /* the last pass is timed, with the final repetitions */
		if (pass == 1 && !run->emulated) {
			refuse_unresolved(run);
			if (!run->resumed)
				choose_repetitions(run);
		}
		for (size_t i = 0; i < run->exchange->nr_tasks && passes[pass] == ROUND_COUNTED; i++)
			expected[i] = sample_faults(&exchange_tasks(run->exchange)[i].sample);
		err = process_skip_failed(run);
	}
	/* A resumed run needs every configuration that it began with. */
	if (err > 0 && run->resumed)
		return resume_match_plan(run->resumed, run->plan, why);
	return err;
}

/* Does the memory keep its bytes, and is it mapped as its policy promises? */
static int prove(struct run *run, struct why *why)
{
	int err;

	progress_text(&run->progress, "checking the bytes and mappings of each source");
	err = process_run(run, ROUND_PROOF, why);
	return err ? err : process_check_tasks(run, why);
}

/* An emulated machine has no other figure. A model counts instructions, too: record_add_modelled() adds them. */
static int require_instructions(const struct run *run, struct why *why)
{
	struct counters *counters;
	int err = 0;

	if (run->options->model)
		return 0;
	err = counters_open("", run->cpu, counters_instructions, 1, &counters, why);

	if (err)
		return err;
	if (!counters_event(counters, 0)->open)
		err = why_set(why, -EOPNOTSUPP, "build the guest kernel with CONFIG_ARM_PMUV3, or run on hardware",
			      "this emulated machine cannot count instructions: %s",
			      counters_event(counters, 0)->why_not.reason);
	counters_close(counters);
	return err;
}

/* A single emulated fault has no latency, and emulated CPUs do not run at the same time. */
static int refuse_emulated(struct plan *plan)
{
	struct why event = { "", "" }, cpus = { "", "" };
	int err = 0;

	why_set(&event, 0, "use timing=batch, or run on hardware",
		"this machine is emulated: a single fault has no latency");
	why_set(&cpus, 0, "run on hardware", "this machine is emulated: its CPUs run in turn, not at the same time");
	for (size_t i = plan->count; i-- > 0 && !err;) {
		const struct params *params = &plan->config[i].params;

		if (plan->config[i].bench->uses_cpus || params->value[PARAM_WORKERS] > 1 ||
		    params_choice(params, PARAM_PREFAULT) == PREFAULT_THREAD)
			err = plan_skip(plan, i, &cpus);
		else if (params_choice(&plan->config[i].params, PARAM_TIMING) == TIMING_EVENT)
			err = plan_skip(plan, i, &event);
	}
	return err;
}

/* Reading it is dear on machines with many CPUs, and no hypervisor means no theft. Emulated runs time nothing. */
static bool may_be_stolen(const struct run *run)
{
	const struct facts *facts = &run->record->environment;
	const struct fact *stolen = facts_find(facts, "virtualization", "steal_ticks");

	if (run->emulated)
		return false;
	return strcmp(facts_text(facts, "virtualization", "hypervisor", "none seen"), "none seen") ||
	       (stolen && stolen->value.kind == VALUE_REAL && stolen->value.real > 0);
}

int warmup(struct run *run, int64_t **expected, struct why *why)
{
	struct clock clock;
	int err;

	err = run->emulated ? require_instructions(run, why) : 0;
	if (!err && run->emulated)
		err = refuse_emulated(run->plan);
	if (!err && !plan_answers(run->plan, &run->options->request))
		return plan_nothing_left(run->plan, why);
	if (err)
		return err;
	clock_choose("", &clock);
	for (;;) {
		err = exchange_make(run->plan, run->options->seed, &run->exchange, why);
		if (err)
			return err;
		run->exchange->clock = clock;
		run->exchange->cpu = run->cpu;
		run->exchange->cpus = run->cpus;
		run->exchange->reads_steal = may_be_stolen(run);
		*expected = calloc(run->plan->count + 1, sizeof(**expected));
		if (!*expected)
			return -ENOMEM;
		err = run_passes(run, *expected, why);
		if (!err)
			err = prove(run, why);
		if (err <= 0)
			return err;
		free(*expected);
		*expected = NULL;
		exchange_drop(run->exchange);
		run->exchange = NULL;
		if (!plan_answers(run->plan, &run->options->request))
			return plan_nothing_left(run->plan, why);
	}
}
