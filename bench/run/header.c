// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/run/header.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "bench/base/text.h"
#include "bench/run/samples.h"
#include "version.h"

static int label_parse(struct record *record, const char *label)
{
	const char *equals = strchr(label, '=');
	char *key = strndup(label, (size_t)(equals - label));
	int err = key ? record_add_label(record, key, equals + 1) : -ENOMEM;

	free(key);
	return err;
}

int header_add_segment(struct record *record, const struct record *now)
{
	const struct fact *boot = facts_find(&now->environment, "kernel", "boot_id");
	char stamp[32];

	date_of_seconds(time(NULL), stamp, sizeof(stamp));
	return record_add_segment(record, stamp, boot && boot->value.kind == VALUE_TEXT ? boot->value.text : "");
}

/*
 * Runs of one seed may begin in the same second, so their names need more than these. Emulated runs of one seed are the
 * same to the byte, so their name is, too.
 */
static unsigned int name_number(struct run *run)
{
	unsigned int drawn = (unsigned int)(gsl_rng_get(run->rng) & 0xffffffffu), number = 0;

	if (run->emulated || getrandom(&number, sizeof(number), GRND_NONBLOCK) != sizeof(number))
		return drawn;
	return number;
}

/* The first source that has several builds is the only one in a run. */
static char *zap_heaps_of(const struct plan *plan)
{
	char build[64] = "";

	for (size_t i = 0; i < plan->count && !build[0]; i++) {
		const struct source *source = plan->config[i].source;

		if (source && source->build)
			source->build(build, sizeof(build));
	}
	return strdup(build);
}

static int describe_run(struct run *run)
{
	const struct run_options *options = run->options;
	struct record *record = run->record;
	char compact[32], host[65] = "localhost", id[160];
	time_t now = time(NULL);
	struct tm utc;
	int err = header_add_segment(record, record);

	if (err)
		return err;
	gmtime_r(&now, &utc);
	strftime(compact, sizeof(compact), "%Y%m%dT%H%M%SZ", &utc);
	gethostname(host, sizeof(host) - 1);
	snprintf(id, sizeof(id), "%s-%s-%08x", compact, host, name_number(run));
	record->tool_version = strdup(ZAPBENCH_VERSION);
	record->tool_git = strdup(ZAPBENCH_GIT);
	record->run_id = strdup(id);
	record->started_at = strdup(record->segment[0].started_at);
	record->command_line = strdup(options->command_line);
	record->profile = strdup(profile_names[options->request.profile]);
	record->layout = strdup(run->layouts.rng ? "random" : "fixed");
	record->stopped_by = strdup("recovered"); /* for the journal; replaced at the end of the run */
	record->zap_heaps = zap_heaps_of(run->plan);
	if (!record->zap_heaps || !record->tool_version || !record->tool_git || !record->run_id ||
	    !record->started_at || !record->command_line || !record->profile || !record->layout || !record->stopped_by)
		return -ENOMEM;
	record->seed = options->seed;
	record->budget_s = options->budget_s;
	record->precision_percent = options->precision_percent;
	record->repeat_index = options->repeat_index;
	record->repeat_count = options->repeat_count;
	record->emulated = run->emulated;
	for (const char *const *label = options->labels; label && *label && !err; label++)
		err = label_parse(record, *label);
	return err ? err : clock_facts(&run->exchange->clock, &record->clock);
}

int header_write(struct run *run, const int64_t *expected, const char *folder, char *journal, struct why *why)
{
	struct exchange *exchange = run->exchange;
	int err = describe_run(run);

	if (!err)
		err = samples_describe(run->record, run->plan, run->emulated);
	for (size_t i = 0; i < exchange->nr_tasks && !err; i++) {
		struct config_result *result = &run->record->config[i];
		const struct task *task = &exchange_tasks(exchange)[i];

		err = samples_warm_up(result, task, &exchange->clock);
		result->operations = task->sample.operations;
		result->bytes = task->sample.bytes;
		result->faults_expected = task->sample.faults_most ? task->sample.faults_least : expected[i];
		result->faults_expected_max = task->sample.faults_most;
		if (!err)
			err = samples_checks(result, &run->plan->config[i], &task->integrity);
	}
	if (err || !folder)
		return err;
	snprintf(journal, PATH_MAX, "%s/%s.json" JOURNAL_SUFFIX, folder, run->record->run_id);
	return journal_create(journal, run->record, &run->journal, why);
}
