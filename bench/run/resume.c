// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/run/resume.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "version.h"

#define NEW_RUN "start a new run; to keep the rounds of this one: zapbench recover JOURNAL"

int resume_check_tool(const struct record *record, struct why *why)
{
	if (!strcmp(record->tool_version, ZAPBENCH_VERSION) && !strcmp(record->tool_git, ZAPBENCH_GIT))
		return 0;
	return why_set(why, -EPROTO, "resume it with the zapbench that started it, or " NEW_RUN,
		       "zapbench %s %s started the run, this is %s %s: their rounds are not comparable",
		       record->tool_version, record->tool_git, ZAPBENCH_VERSION, ZAPBENCH_GIT);
}

static const struct {
	const char *group, *key;
} same[] = {
	{ "machine", "vendor" },
	{ "machine", "product" },
	{ "machine", "model" },
	{ "kernel", "build" },
	{ "kernel", "architecture" },
	{ "kernel", "command_line" },
	{ "kernel", "randomize_va_space" },
	{ "kernel", "numa_balancing" },
	{ "kernel", "clocksource" },
	{ "cpu", "number" },
	{ "cpu", "model" },
	{ "cpu", "midr" },
	{ "cpu", "governor" },
	{ "cpu", "frequency_min_khz" },
	{ "cpu", "frequency_max_khz" },
	{ "cpu", "boost" },
	{ "cpu", "turbo_off" },
	{ "cpu", "smt" },
	{ "cpu", "online" },
	{ "cpu", "isolated" },
	{ "memory", "page_size_bytes" },
	{ "memory", "thp" },
	{ "memory", "thp_shmem" },
	{ "memory", "thp_defrag" },
	{ "memory", "fault_around_bytes" },
	{ "memory", "ksm" },
};

int resume_check_machine(const struct record *record, const struct facts *now, struct why *why)
{
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		char then_text[200], now_text[200];
		const char *then_says = fact_format(facts_find(&record->environment, same[i].group, same[i].key),
						    then_text, sizeof(then_text));
		const char *now_says =
			fact_format(facts_find(now, same[i].group, same[i].key), now_text, sizeof(now_text));

		if (strcmp(then_says, now_says))
			return why_set(why, -EPROTO, "restore the old value, or " NEW_RUN,
				       "the machine changed since the run started: %s.%s was '%s' and is '%s'",
				       same[i].group, same[i].key, then_says, now_says);
	}
	return 0;
}

static const struct plan_skip *skip_find(const struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->nr_skipped; i++) {
		if (!strcmp(plan->skipped[i].name, name))
			return &plan->skipped[i];
	}
	return NULL;
}

static bool was_skipped(const struct record *record, const char *name)
{
	for (size_t i = 0; i < record->nr_skipped; i++) {
		if (!strcmp(record->skipped[i].name, name))
			return true;
	}
	return false;
}

int resume_match_plan(const struct record *record, struct plan *plan, struct why *why)
{
	static const struct why skipped = { "the resumed run skipped it", "" };

	for (size_t i = plan->count; i-- > 0;) {
		if (was_skipped(record, plan->config[i].name) && plan_skip(plan, i, &skipped))
			return -ENOMEM;
	}
	for (size_t i = 0; i < record->nr_configs || i < plan->count; i++) {
		const char *name = i < record->nr_configs ? record->config[i].name : plan->config[i].name;
		const struct plan_skip *skip = skip_find(plan, name);

		if (i < record->nr_configs && i < plan->count && !strcmp(name, plan->config[i].name))
			continue;
		if (skip)
			return why_set(why, -EPROTO, skip->why.remedy,
				       "the run measured %s, but this is no longer possible: %s", name,
				       skip->why.reason);
		return why_set(why, -EPROTO, NEW_RUN, "the plan of the run changed, first difference: %s", name);
	}
	return 0;
}

int resume_check_task(const struct config_result *result, const struct task *task, int64_t expected, struct why *why)
{
	const struct sample *sample = &task->sample;
	int64_t least = sample->faults_most ? sample->faults_least : expected;

	if (sample->operations != result->operations || sample->bytes != result->bytes)
		return why_set(why, -EPROTO, NEW_RUN, "a sample of %s has %lld %ss now, and had %lld", result->name,
			       (long long)sample->operations, result->operation, (long long)result->operations);
	if (least != result->faults_expected || sample->faults_most != result->faults_expected_max)
		return why_set(why, -EPROTO, "try again (another program may have interfered), or " NEW_RUN,
			       "the reference pass of %s takes %lld faults now and took %lld", result->name,
			       (long long)least, (long long)result->faults_expected);
	return 0;
}

double resume_elapsed_s(const struct record *record)
{
	const struct column *column = record_round_column(record, "duration_ns");
	double sum = 0;

	for (size_t i = 0; column && i < record->nr_rounds; i++) {
		if (isfinite(column->value[i]))
			sum += column->value[i];
	}
	return sum / 1e9;
}
