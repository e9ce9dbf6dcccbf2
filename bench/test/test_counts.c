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

#include "bench/run/counts.h"
#include "bench/run/samples.h"

static struct record *described(bool emulated)
{
	static const struct bench bench = { .name = "example",
					    .operation = "page",
					    .figures = { { "mapped_bytes", "bytes", "none" },
							 { "longest_ns", "ns", "less" } } };
	struct config config = { .bench = &bench, .name = "example" };
	struct plan plan = { .config = &config, .count = 1 };
	struct record *record = record_new();

	for (enum param i = 0; i < NR_PARAMS; i++)
		config.params.value[i] = param_default(i);
	assert_int_equal(samples_describe(record, &plan, emulated), 0);
	return record;
}

/* One task whose regions take @instructions a page in a round, and two faults in four pages; all of it planted. */
static void count_round(struct exchange *exchange, struct counts *counts, double instructions, bool shared)
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
	counts_add(counts, exchange);
}

static const struct metric *metric_of(const struct record *record, const char *name)
{
	for (size_t i = 0; i < record->config[0].nr_metrics; i++) {
		if (!strcmp(record->config[0].metric[i].name, name))
			return &record->config[0].metric[i];
	}
	return NULL;
}

static void metrics_follow_from_the_counts_of_each_round(void **state)
{
	static const char *const names[] = { "instructions", "page-faults", "dtlb-walk" };
	size_t bytes = sizeof(struct exchange) + sizeof(struct task);
	struct exchange *exchange = calloc(1, bytes);
	struct counts *counts = counts_new(1, 3, 20);
	struct record *record = described(false);
	struct why why = { "", "" };
	struct counters *counters;
	const struct metric *metric;

	(void)state;
	assert_non_null(exchange);
	assert_non_null(counts);
	exchange->tasks_offset = sizeof(*exchange);
	exchange->nr_tasks = 1;
	exchange->nr_events = 3;
	for (size_t i = 0; i < 3; i++)
		strcpy(exchange->event[i], names[i]);
	exchange_tasks(exchange)[0].counted = 3; /* dtlb-walk explains some other case */
	assert_int_equal(counters_open("", 0, names, 3, &counters, &why), 0);
	for (int i = 0; i < 20; i++)
		count_round(exchange, counts, 600 + 10 * i, i == 7);
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
	counters_close(counters);
	counts_free(counts);
	record_free(record);
	free(exchange);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(metrics_follow_from_the_counts_of_each_round),
	};

	return cmocka_run_group_tests_name("counts", tests, NULL, NULL);
}
