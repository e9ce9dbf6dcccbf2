// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/run/state.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/personality.h>

#include "bench/base/now.h"
#include "bench/measure/environment.h"

volatile int run_interrupted;

/*
 * Where mappings go: multiples of every PMD size that the kernel leaves free. The second lies inside the smallest
 * address space of 64-bit CPUs (39 bits); a sanitizer's shadow covers either the one or the other. The last are for
 * 32-bit CPUs.
 */
static uint64_t free_address(void)
{
	static const uint64_t candidates[] = { UINT64_C(1) << 45, UINT64_C(1) << 36, UINT64_C(1) << 37,
					       UINT64_C(1) << 30, UINT64_C(3) << 29 };
	uint64_t first = 0;

	for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++) {
		char *wanted = (char *)(uintptr_t)candidates[i], *got;

		if (candidates[i] > UINTPTR_MAX)
			continue;
		first = first ? first : candidates[i];
		got = mmap(wanted, pmd_bytes(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
		if (got != MAP_FAILED)
			munmap(got, pmd_bytes());
		if (got == wanted)
			return candidates[i];
	}
	return first;
}

/*
 * One layout is one sample of what layouts cost, so each round draws another. Emulation counts instructions, which must
 * be the same in every run.
 */
static int choose_layout(struct run *run)
{
	enum layout_choice choice = run->options->layout;

	if (choice == LAYOUT_FIXED || (choice == LAYOUT_BY_MACHINE && run->emulated)) {
		personality(ADDR_NO_RANDOMIZE);
		return 0;
	}
	return layouts_open(&run->layouts, run->options->seed);
}

/* Restore what a killed run left, then set what this one needs: the environment is read after that. */
static int tune(struct run *run, struct why *why)
{
	struct why left = { "", "" };
	char said[TUNE_SAID], cpus[12 * (1 + CORE_TYPES_MAX)];
	size_t used = (size_t)snprintf(cpus, sizeof(cpus), "%d", run->cpu);
	int err = tune_recover("", said, &left);

	if (err < 0)
		progress_say(&run->progress, why_line(&left).text);
	else if (err)
		progress_say(&run->progress, said);
	if (!run->options->tune)
		return 0;
	for (size_t i = 0; i < run->nr_cores; i++) {
		if (run->core[i].cpu != run->cpu)
			used += (size_t)snprintf(cpus + used, sizeof(cpus) - used, ",%d", run->core[i].cpu);
	}
	err = tune_set("", cpus, &run->tuning, said, why);
	if (!err)
		progress_say(&run->progress, said);
	return err;
}

/* What tells disturbed rounds apart is looked at on one CPU. */
static int warn_watched(struct run *run)
{
	char text[200], remedy[64];

	snprintf(
		text, sizeof(text),
		"frequency and interrupts were watched on CPU %d alone: on the CPUs of other core types a change looks "
		"like a cost change",
		run->cpu);
	snprintf(remedy, sizeof(remedy), "zapbench run --cpu %d, for a run of that core type", run->core[0].cpu);
	return record_add_warning(run->record, "core-types", text, remedy);
}

/* Where the machine has several core types, measure everything on each of them: --cpu asks for one CPU. */
static int find_cores(struct run *run)
{
	struct facts *facts = &run->record->environment;
	int numbers[CORE_TYPES_MAX], err = 0;

	if (run->options->one_cpu)
		return 0;
	run->nr_cores = topology_core_types(run->topology, run->core);
	for (size_t i = 0; i < run->nr_cores && !err; i++) {
		struct core_type *core = &run->core[i];
		const struct fact *before;
		char key[48];

		snprintf(key, sizeof(key), "core_type_%d_cpu", core->number);
		before = run->resumed ? facts_find(&run->resumed->environment, "measuring", key) : NULL;
		if (before && before->value.kind == VALUE_INT)
			core->cpu = (int)before->value.integer;
		numbers[i] = core->number;
		err = facts_add_int(facts, "measuring", key, core->cpu);
		snprintf(key, sizeof(key), "core_type_%d_cpu_reason", core->number);
		if (!err)
			err = facts_add_text(facts, "measuring", key, core->reason);
	}
	if (!err && run->nr_cores)
		err = warn_watched(run);
	return err || !run->nr_cores ? err : plan_spread(run->plan, numbers, run->nr_cores);
}

int state_open(struct run *run, const struct run_options *options, struct plan *plan, struct why *why)
{
	char reason[256];
	int err;

	*run = (struct run){ .options = options,
			     .plan = plan,
			     .resumed = options->resumed,
			     .journal = options->journal,
			     .address = free_address(),
			     .begin_s = now_s() };
	progress_init(&run->progress, options->quiet);
	run->rng = gsl_rng_alloc(gsl_rng_mt19937);
	run->record = record_new();
	if (!run->rng || !run->record)
		return -ENOMEM;
	gsl_rng_set(run->rng, (unsigned long)options->seed);
	err = topology_open("", &run->topology, why);
	if (err)
		return err;
	run->cpu = topology_choose_cpu(run->topology, options->cpu, reason, sizeof(reason), why);
	if (run->cpu < 0)
		return run->cpu;
	if (facts_add_int(&run->record->environment, "measuring", "cpu", run->cpu) ||
	    facts_add_text(&run->record->environment, "measuring", "cpu_reason", reason))
		return -ENOMEM;
	if (sched_getaffinity(0, sizeof(run->cpus), &run->cpus)) {
		CPU_ZERO(&run->cpus); /* a kernel with more CPUs than the set holds: helpers are refused */
		CPU_SET((size_t)run->cpu % CPU_SETSIZE, &run->cpus);
	}
	err = find_cores(run);
	if (!err)
		err = tune(run, why);
	if (err)
		return err;
	/* The rounds' processes inherit it. */
	err = topology_pin(run->topology, run->cpu, why);
	if (err)
		return err;
	err = monitor_open("", run->cpu, &run->monitor);
	if (err)
		return err;
	err = environment_read("", run->cpu, &run->record->environment);
	if (!err)
		err = topology_facts(run->topology, &run->record->environment);
	if (!err)
		err = environment_warn(&run->record->environment, run->cpu, run->record);
	run->emulated = environment_emulated(&run->record->environment);
	return err ? err : choose_layout(run);
}

void state_close(struct run *run)
{
	char said[TUNE_SAID];

	tune_restore(run->tuning, said);
	if (said[0])
		progress_say(&run->progress, said);
	progress_clear(&run->progress);
	exchange_drop(run->exchange);
	if (run->monitor)
		monitor_close(run->monitor);
	if (run->topology)
		topology_close(run->topology);
	if (run->rng)
		gsl_rng_free(run->rng);
	layouts_close(&run->layouts);
	free(run->events);
	free(run->nr_events);
	record_free(run->record);
	record_free(run->resumed);
}
