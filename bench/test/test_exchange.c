// SPDX-License-Identifier: GPL-2.0-or-later
/* The memory shared with the rounds: its layout, the events in it, and the order of its tasks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench/run/exchange.h"

enum { TASKS = 12 };

static const struct bench example = { .name = "example", .explained_by = { "dtlb-walk", "cycles" } };
static const char *const tracepoints[] = { "tracepoint:a:b", NULL };
static const struct source traced = { .name = "traced", .tracepoints = tracepoints };

static struct config configs[TASKS];

/* Buffers of 1, 2, ... pages; every third times single events. benches[] and sources[] index what is in the program. */
static struct exchange *make(uint64_t seed)
{
	struct plan plan = { .config = configs, .count = TASKS };
	struct exchange *exchange;
	struct why why = { "", "" };

	for (size_t i = 0; i < TASKS; i++) {
		configs[i] = (struct config){ .bench = benches[i % 2], .source = i % 2 ? sources[0] : NULL };
		for (enum param param = 0; param < NR_PARAMS; param++)
			configs[i].params.value[param] = param_default(param);
		configs[i].params.value[PARAM_SIZE] = (double)((size_t)sysconf(_SC_PAGESIZE) * (i + 1));
		configs[i].params.value[PARAM_TIMING] = i % 3 ? TIMING_BATCH : TIMING_EVENT;
	}
	strcpy(configs[1].instance, "system");
	assert_int_equal(exchange_make(&plan, seed, &exchange, &why), 0);
	return exchange;
}

static void mark(uint8_t *used, size_t bytes, size_t offset, size_t length)
{
	assert_true(offset + length <= bytes);
	for (size_t i = 0; i < length; i++)
		assert_int_equal(used[offset + i]++, 0);
}

/* No byte belongs to two parts, and each part has room for what goes there. */
static void parts_do_not_overlap(void **state)
{
	struct exchange *exchange = make(7);
	uint8_t *used = calloc(exchange->bytes, 1);

	(void)state;
	assert_non_null(used);
	mark(used, exchange->bytes, 0, sizeof(*exchange));
	mark(used, exchange->bytes, exchange->order_offset, TASKS * sizeof(uint32_t));
	mark(used, exchange->bytes, exchange->tasks_offset, TASKS * sizeof(struct task));
	for (size_t i = 0; i < TASKS; i++) {
		const struct task *task = &exchange_tasks(exchange)[i];

		mark(used, exchange->bytes, task->faults_offset, i + 1); /* one byte per page */
		mark(used, exchange->bytes, task->ticks_offset, task->events_max * sizeof(uint64_t));
		assert_int_equal(task->ticks_offset % sizeof(uint64_t), 0);
		if (i % 3)
			assert_int_equal(task->events_max, 0);
		else
			assert_true(task->events_max >= i + 1);
	}
	free(used);
	exchange_drop(exchange);
}

static void tasks_are_the_configurations(void **state)
{
	struct exchange *exchange = make(7);

	(void)state;
	assert_int_equal(exchange->nr_tasks, TASKS);
	for (size_t i = 0; i < TASKS; i++) {
		const struct task *task = &exchange_tasks(exchange)[i];

		assert_ptr_equal(benches[task->bench], configs[i].bench);
		if (configs[i].source)
			assert_ptr_equal(sources[task->source], configs[i].source);
		assert_string_equal(task->instance, i == 1 ? "system" : "");
		assert_memory_equal(&task->params, &configs[i].params, sizeof(task->params));
		assert_int_equal(task->seed, 7);
		assert_int_equal(task->repetitions, 1);
	}
	exchange_drop(exchange);
}

static void an_event_has_one_place(void **state)
{
	static const char *const names[] = { "cycles", "instructions", "cycles", NULL };
	struct exchange *exchange = make(7);

	(void)state;
	exchange_set_events(exchange, names);
	assert_int_equal(exchange->nr_events, 2);
	assert_string_equal(exchange->event[0], "cycles");
	assert_string_equal(exchange->event[1], "instructions");
	for (size_t i = 0; i < TASKS; i++)
		assert_int_equal(exchange_tasks(exchange)[i].counted, 3);
	exchange_set_events(exchange, NULL);
	assert_int_equal(exchange->nr_events, 0);
	assert_int_equal(exchange_tasks(exchange)[0].counted, 0);
	exchange_drop(exchange);
}

static int place_of(const struct exchange *exchange, const char *name)
{
	for (size_t i = 0; i < exchange->nr_events; i++) {
		if (!strcmp(exchange->event[i], name))
			return (int)i;
	}
	return -1;
}

/* Each configuration counts the events of its own case and source, and no others beside the common ones. */
static void a_case_counts_what_explains_it(void **state)
{
	struct exchange *exchange = make(7);
	struct plan plan = { .config = configs, .count = TASKS };
	uint32_t walk, point, common;

	(void)state;
	for (size_t i = 0; i < TASKS; i++) {
		configs[i].bench = i == 2 || i == 3 ? &example : benches[0];
		configs[i].source = i == 3 ? &traced : NULL;
	}
	exchange_explain_events(exchange, &plan);
	walk = UINT32_C(1) << place_of(exchange, "dtlb-walk");
	point = UINT32_C(1) << place_of(exchange, "tracepoint:a:b");
	common = exchange_tasks(exchange)[1].counted;
	assert_int_equal(common & (walk | point), 0);
	assert_true(common & UINT32_C(1) << place_of(exchange, "instructions"));
	assert_int_equal(exchange_tasks(exchange)[2].counted, common | walk);
	assert_int_equal(exchange_tasks(exchange)[3].counted, common | walk | point);
	exchange_drop(exchange);
}

static void more_events_than_there_is_room_for_are_left_out(void **state)
{
	static char text[COUNTERS_MAX + 2][8];
	const char *names[COUNTERS_MAX + 3] = { NULL };
	struct exchange *exchange = make(7);

	(void)state;
	for (size_t i = 0; i < COUNTERS_MAX + 2; i++) {
		snprintf(text[i], sizeof(text[i]), "event%zu", i);
		names[i] = text[i];
	}
	exchange_set_events(exchange, names);
	assert_int_equal(exchange->nr_events, COUNTERS_MAX);
	exchange_drop(exchange);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_do_not_overlap),
		cmocka_unit_test(tasks_are_the_configurations),
		cmocka_unit_test(an_event_has_one_place),
		cmocka_unit_test(a_case_counts_what_explains_it),
		cmocka_unit_test(more_events_than_there_is_room_for_are_left_out),
	};

	return cmocka_run_group_tests_name("exchange", tests, NULL, NULL);
}
