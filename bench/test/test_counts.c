// SPDX-License-Identifier: GPL-2.0-or-later
/* Counters and metrics of the record follow from what the counter pass counted. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/record/stats.h"
#include "bench/run/counting.h"
#include "bench/run/counts.h"
#include "bench/run/samples.h"
#include "bench/test/fixtures/described.h"
#include "bench/test/fixtures/fixture.h"

/* One task whose regions take @instructions a page in a round, and two faults in four pages; all of it planted. */
static void count_round(struct exchange *exchange, struct counts *counts, const struct record *record,
			double instructions, bool shared)
{
	struct task *task = &exchange_tasks(exchange)[0];

	task->sample.operations = 4;
	task->reading[0] = (struct counter_reading){ (uint64_t)(4 * instructions), 1000, 1000 };
	task->reading[1] = (struct counter_reading){ 2, 1000, 1000 };
	/* Half of the time on the PMU, half of the events seen. */
	if (shared) {
		task->reading[0].value /= 2;
		task->reading[0].running_ns = 500;
	}
	counts_add(counts, exchange, record);
}

static const struct metric *metric_of(const struct record *record, const char *name)
{
	for (size_t i = 0; i < record->config[0].nr_metrics; i++) {
		if (!strcmp(record->config[0].metric[i].name, name))
			return &record->config[0].metric[i];
	}
	return NULL;
}

/* A counter pass of one task and the events @names, in which nothing was counted yet. */
struct counter_pass {
	struct exchange *exchange;
	struct counts *counts;
	struct record *record;
	struct counters *counters;
};

static const char *const names[] = { "instructions", "page-faults", "dtlb-walk" };

/* @root: of the machine that says what can be counted, "" for this one. */
static struct counter_pass pass_open_on(const char *root)
{
	struct counter_pass pass = { calloc(1, sizeof(struct exchange) + sizeof(struct task)), counts_new(1, 3, 20),
				     described(false), NULL };
	struct why why = { "", "" };

	assert_non_null(pass.exchange);
	assert_non_null(pass.counts);
	pass.exchange->tasks_offset = sizeof(*pass.exchange);
	pass.exchange->nr_tasks = 1;
	pass.exchange->nr_events = 3;
	for (size_t i = 0; i < 3; i++)
		strcpy(pass.exchange->event[i], names[i]);
	exchange_tasks(pass.exchange)[0].counted = 3; /* dtlb-walk explains some other case */
	assert_int_equal(counters_open(root, 0, names, 3, &pass.counters, &why), 0);
	return pass;
}

static struct counter_pass pass_open(void)
{
	return pass_open_on("");
}

static void pass_close(struct counter_pass *pass)
{
	counters_close(pass->counters);
	counts_free(pass->counts);
	record_free(pass->record);
	free(pass->exchange);
}

static void metrics_follow_from_the_counts_of_each_round(void **state)
{
	struct counter_pass pass = pass_open();
	struct exchange *exchange = pass.exchange;
	struct counts *counts = pass.counts;
	struct record *record = pass.record;
	struct counters *counters = pass.counters;
	const struct metric *metric;

	(void)state;
	for (int i = 0; i < 20; i++)
		count_round(exchange, counts, record, 600 + 10 * i, i == 7);
	assert_int_equal(counts_finish(counts, exchange, counters, record), 0);
	assert_int_equal(record->config[0].nr_counters, 2);
	assert_string_equal(record->config[0].counter[0].event, "instructions");
	/* What this machine cannot count is not known, whatever was read; it is not 0. */
	for (size_t i = 0; i < 2; i++) {
		const struct counter *counter = &record->config[0].counter[i];
		bool open = counters_event(counters, i)->open;

		assert_int_equal(counter->counted, open);
		assert_int_equal(isnan(counter->per_operation), !open);
		assert_int_equal(isnan(counter->lower), !open);
		assert_int_equal(!counter->why_not || !*counter->why_not, open);
	}
	metric = metric_of(record, "instructions per fault");
	assert_non_null(metric);
	/* two pages a fault: 1200, 1220, ... 1580; the interval is from the 6th of 20 to the 15th */
	assert_true(metric->value == 1390);
	assert_true(metric->lower == 1300 && metric->upper == 1480);
	assert_int_equal(metric->samples, 20);
	assert_true(metric->running_percent > 97 && metric->running_percent < 98);
	/* What was not counted has no metric, not one of 0. */
	assert_null(metric_of(record, "walks per fault"));
	assert_null(metric_of(record, "instructions per cycle"));
	pass_close(&pass);
}

/* What a disturbed or an invalid sample counted is in no figure. */
static void disturbed_and_invalid_samples_are_not_counted(void **state)
{
	struct counter_pass pass = pass_open();
	struct sample *sample = &exchange_tasks(pass.exchange)[0].sample;
	const struct metric *metric;

	(void)state;
	for (int i = 0; i < 20; i++) {
		sample->switches = i >= 12;
		sample->faults_minor = i == 11;
		count_round(pass.exchange, pass.counts, pass.record, i < 11 ? 600 : 6000, false);
	}
	assert_int_equal(counts_finish(pass.counts, pass.exchange, pass.counters, pass.record), 0);
	metric = metric_of(pass.record, "instructions per fault");
	assert_non_null(metric);
	assert_int_equal(metric->samples, 11);
	assert_true(metric->value == 1200 && metric->upper == 1200);
	pass_close(&pass);
}

/* With no sample left nothing was counted, and the reason is not the PMU. */
static void where_all_samples_are_disturbed_the_reason_says_so(void **state)
{
	struct counter_pass pass = pass_open();

	(void)state;
	exchange_tasks(pass.exchange)[0].sample.migrations = 1;
	for (int i = 0; i < 20; i++)
		count_round(pass.exchange, pass.counts, pass.record, 600, false);
	assert_int_equal(counts_finish(pass.counts, pass.exchange, pass.counters, pass.record), 0);
	assert_null(metric_of(pass.record, "instructions per fault"));
	for (size_t i = 0; i < pass.record->config[0].nr_counters; i++) {
		assert_false(pass.record->config[0].counter[i].counted);
		if (counters_event(pass.counters, i)->open)
			assert_non_null(strstr(pass.record->config[0].counter[i].why_not, "disturbed"));
	}
	pass_close(&pass);
}

/* The output promises the fix, and all that shows a reason shows this one. */
static void the_reason_why_not_names_the_fix(void **state)
{
	struct counter_pass pass = pass_open_on(fixture("vm"));

	(void)state;
	count_round(pass.exchange, pass.counts, pass.record, 600, false);
	assert_int_equal(counts_finish(pass.counts, pass.exchange, pass.counters, pass.record), 0);
	assert_string_equal(pass.record->config[0].counter[0].why_not,
			    "this machine has no CPU PMU: /sys/bus/event_source/devices lists none; fix: run on "
			    "hardware, or give the virtual machine a PMU (QEMU: -cpu host,pmu=on)");
	pass_close(&pass);
	/* No fix is known for what the core does not have. */
	pass = pass_open_on(fixture("rk3588"));
	exchange_tasks(pass.exchange)[0].counted = 1 << 2;
	assert_int_equal(counts_finish(pass.counts, pass.exchange, pass.counters, pass.record), 0);
	assert_string_equal(pass.record->config[0].counter[0].why_not,
			    "armv8_cortex_a55 lists no such event: the core or the emulator implements none");
	pass_close(&pass);
}

static void a_short_run_is_followed_by_a_short_counter_pass(void **state)
{
	(void)state;
	assert_int_equal(counting_rounds(false, 0.5, 75), 20);
	assert_int_equal(counting_rounds(false, 0.05, 0.5), 10);
	/* Fewer have no interval. */
	assert_int_equal(counting_rounds(false, 0.5, 0.1), MEDIAN_MIN);
	assert_int_equal(counting_rounds(true, 0.5, 75), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(metrics_follow_from_the_counts_of_each_round),
		cmocka_unit_test(disturbed_and_invalid_samples_are_not_counted),
		cmocka_unit_test(where_all_samples_are_disturbed_the_reason_says_so),
		cmocka_unit_test(the_reason_why_not_names_the_fix),
		cmocka_unit_test(a_short_run_is_followed_by_a_short_counter_pass),
	};

	return cmocka_run_group_tests_name("counts", tests, fixtures_make, fixtures_remove);
}
