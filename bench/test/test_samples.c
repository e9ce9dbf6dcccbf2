// SPDX-License-Identifier: GPL-2.0-or-later
/* Samples become rows of the record; what a case declares becomes its columns. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/run/samples.h"
#include "bench/test/fixtures/described.h"

static void extra_columns_are_declared(void **state)
{
	struct record *record = described(false);
	size_t extra = 0;

	(void)state;
	assert_non_null(config_column(&record->config[0], "mapped_bytes"));
	assert_non_null(config_column(&record->config[0], "longest_ns"));
	for (size_t i = 0; i < record->config[0].nr_figures; i++)
		extra += record->config[0].figure[i].own;
	assert_int_equal(extra, 2);
	record_free(record);
}

static void an_emulated_machine_has_no_extra_times(void **state)
{
	struct record *record = described(true);

	(void)state;
	assert_non_null(config_column(&record->config[0], "mapped_bytes"));
	assert_null(config_column(&record->config[0], "longest_ns"));
	record_free(record);
}

/* null, refault in batches and refault fault by fault, with a planted result of each. */
struct scene {
	struct config config[3];
	struct plan plan;
	struct exchange *exchange;
	struct record *record;
	struct monitor_reading before, after;
	const double *events[3];
	size_t nr_events[3];
};

static void scene_open(struct scene *scene)
{
	static const uint32_t order[] = { 2, 0, 1 };
	struct why why = { "", "" };

	*scene = (struct scene){ .after = { .temperature_millicelsius = 45000, .frequency_khz = 1800000 } };
	scene->before = scene->after;
	for (size_t i = 0; i < 3; i++) {
		struct config *config = &scene->config[i];

		config->bench = bench_find(i ? "refault" : "null");
		config->source = i ? sources[0] : NULL;
		for (enum param param = 0; param < NR_PARAMS; param++)
			config->params.value[param] = param_default(param);
		config->params.value[PARAM_TIMING] = i == 2 ? TIMING_EVENT : TIMING_BATCH;
		snprintf(config->name, sizeof(config->name), "example %zu", i);
	}
	scene->plan = (struct plan){ .config = scene->config, .count = 3 };
	assert_int_equal(exchange_make(&scene->plan, 1, &scene->exchange, &why), 0);
	memcpy(exchange_at(scene->exchange, scene->exchange->order_offset), order, sizeof(order));
	scene->exchange->clock = (struct clock){ .ns_per_tick = 2, .cost_ticks = 10, .cost_ns = 20 };
	for (size_t i = 0; i < 3; i++)
		exchange_tasks(scene->exchange)[i].sample =
			(struct sample){ .ticks = 1000 * (i + 1), .operations = 10, .faults_minor = (int64_t)i };
	scene->record = record_new();
	assert_int_equal(samples_describe(scene->record, &scene->plan, false), 0);
}

static void scene_close(struct scene *scene)
{
	exchange_drop(scene->exchange);
	record_free(scene->record);
}

static void add_round(struct scene *scene)
{
	assert_int_equal(samples_add_round(scene->record, scene->exchange, &scene->before, &scene->after, 5e6,
					   scene->events, scene->nr_events),
			 0);
}

static double value_of(const struct scene *scene, size_t config, const char *column)
{
	const struct column *found = config_column(&scene->record->config[config], column);

	assert_non_null(found);
	return found->value[scene->record->nr_rounds - 1];
}

static double round_value(const struct scene *scene, const char *column)
{
	return record_round_column(scene->record, column)->value[scene->record->nr_rounds - 1];
}

static void a_sample_becomes_a_row(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene);
	add_round(&scene);
	for (size_t i = 0; i < 3; i++) {
		/* The regions subtracted the timer overhead already. */
		assert_true(value_of(&scene, i, "time_ns") == 2000 * ((double)i + 1));
		assert_true(value_of(&scene, i, "faults_minor") == (double)i);
		assert_true(value_of(&scene, i, "faults_major") == 0);
		assert_true(value_of(&scene, i, "disturbed") == 0);
	}
	assert_true(value_of(&scene, 2, "position") == 0);
	assert_true(value_of(&scene, 0, "position") == 1);
	assert_true(value_of(&scene, 1, "position") == 2);
	assert_true(round_value(&scene, "disturbed") == 0);
	assert_true(round_value(&scene, "duration_ns") == 5e6);
	assert_true(round_value(&scene, "temperature_millicelsius") == 45000);
	assert_true(round_value(&scene, "frequency_khz") == 1800000);
	assert_true(round_value(&scene, "steal_ticks") == 0);
	scene_close(&scene);
}

static void a_task_that_failed_has_no_sample(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene);
	exchange_tasks(scene.exchange)[1].err = -ENOMEM;
	exchange_tasks(scene.exchange)[1].sample.switches = 1;
	add_round(&scene);
	assert_true(isnan(value_of(&scene, 1, "time_ns")));
	assert_true(value_of(&scene, 0, "time_ns") == 2000);
	assert_true(round_value(&scene, "disturbed") == 0);
	scene_close(&scene);
}

/* What happened to a sample is noted with the sample alone; what the monitor saw, with the round alone. */
static void a_disturbed_sample_marks_itself_and_not_its_round(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene);
	exchange_tasks(scene.exchange)[0].sample.switches = 1;
	exchange_tasks(scene.exchange)[1].sample.migrations = 1;
	add_round(&scene);
	assert_true(value_of(&scene, 0, "disturbed") == DISTURBED_SWITCH);
	assert_true(value_of(&scene, 1, "disturbed") == DISTURBED_MIGRATION);
	assert_true(value_of(&scene, 2, "disturbed") == 0);
	assert_true(round_value(&scene, "disturbed") == 0);
	exchange_tasks(scene.exchange)[0].sample.switches = 0;
	exchange_tasks(scene.exchange)[1].sample.migrations = 0;
	scene.after.frequency_khz = 900000;
	add_round(&scene);
	assert_true(value_of(&scene, 0, "disturbed") == 0);
	assert_true(round_value(&scene, "disturbed") == DISTURBED_FREQUENCY);
	scene_close(&scene);
}

/* Each sample says what was stolen from it. Where one cannot, the theft is of the whole round. */
static void stolen_time_is_of_a_sample(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene);
	scene.after.steal_ticks = 3;
	exchange_tasks(scene.exchange)[1].sample.steal_ticks = 3;
	add_round(&scene);
	assert_true(value_of(&scene, 0, "disturbed") == 0);
	assert_true(value_of(&scene, 1, "disturbed") == DISTURBED_STEAL);
	assert_true(round_value(&scene, "disturbed") == 0);
	assert_true(round_value(&scene, "steal_ticks") == 3);
	exchange_tasks(scene.exchange)[1].sample.steal_ticks = NAN;
	add_round(&scene);
	assert_true(value_of(&scene, 1, "disturbed") == 0);
	assert_true(round_value(&scene, "disturbed") == DISTURBED_STEAL);
	scene_close(&scene);
}

static void plant_events(struct scene *scene, size_t count)
{
	struct task *task = &exchange_tasks(scene->exchange)[2];
	uint64_t *ticks = exchange_at(scene->exchange, task->ticks_offset);

	assert_true(count <= task->events_max);
	task->sample.events = (int64_t)count;
	for (size_t i = 0; i < count; i++)
		ticks[i] = 10 + (count - i); /* 1 to @count ticks with the overhead subtracted, the longest first */
}

static void single_faults_become_percentiles_in_ns(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene);
	plant_events(&scene, 999);
	add_round(&scene);
	assert_int_equal(scene.nr_events[2], 999);
	assert_null(scene.events[0]);
	assert_null(scene.events[1]);
	assert_true(scene.events[2][0] == 2 && scene.events[2][998] == 1998);
	assert_true(value_of(&scene, 2, "event_p50_ns") == 1000);
	assert_true(fabs(value_of(&scene, 2, "event_p90_ns") - 1798.4) < 0.1);
	assert_true(value_of(&scene, 2, "event_max_ns") == 1998);
	/* One fault in a hundred of so few are under 10: no percentile. */
	assert_true(isnan(value_of(&scene, 2, "event_p99_ns")));
	plant_events(&scene, 1000);
	add_round(&scene);
	assert_true(fabs(value_of(&scene, 2, "event_p99_ns") - 1980) < 1);
	scene_close(&scene);
}

/* A figure of single faults follows the rule of its neighbours; only their histogram has all events. */
static void single_faults_leave_disturbed_samples_out(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene);
	assert_false(scene.record->config[0].keeps_disturbed);
	assert_false(scene.record->config[1].keeps_disturbed);
	assert_false(scene.record->config[2].keeps_disturbed);
	exchange_tasks(scene.exchange)[2].sample.switches = 1;
	plant_events(&scene, 100);
	add_round(&scene);
	assert_true(histogram_total(scene.record->config[2].histogram) == 100);
	scene_close(&scene);
}

static void an_emulated_machine_gives_instructions(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene);
	record_free(scene.record);
	scene.record = record_new();
	scene.plan.count = 2;
	scene.exchange->nr_tasks = 2;
	((uint32_t *)exchange_at(scene.exchange, scene.exchange->order_offset))[0] = 1;
	((uint32_t *)exchange_at(scene.exchange, scene.exchange->order_offset))[1] = 0;
	assert_int_equal(samples_describe(scene.record, &scene.plan, true), 0);
	exchange_tasks(scene.exchange)[1].reading[0].value = 123456;
	exchange_tasks(scene.exchange)[1].reading[0].enabled_ns = 1;
	add_round(&scene);
	assert_string_equal(scene.record->config[1].value_column, "instructions");
	assert_true(value_of(&scene, 1, "instructions") == 123456);
	assert_true(isnan(value_of(&scene, 0, "instructions"))); /* not counted is not 0 */
	assert_true(scene.record->config[1].keeps_disturbed);
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(extra_columns_are_declared),
		cmocka_unit_test(an_emulated_machine_has_no_extra_times),
		cmocka_unit_test(a_sample_becomes_a_row),
		cmocka_unit_test(a_task_that_failed_has_no_sample),
		cmocka_unit_test(a_disturbed_sample_marks_itself_and_not_its_round),
		cmocka_unit_test(stolen_time_is_of_a_sample),
		cmocka_unit_test(single_faults_become_percentiles_in_ns),
		cmocka_unit_test(single_faults_leave_disturbed_samples_out),
		cmocka_unit_test(an_emulated_machine_gives_instructions),
	};

	return cmocka_run_group_tests_name("samples", tests, NULL, NULL);
}
