// SPDX-License-Identifier: GPL-2.0-or-later
/* Unit costs from the figures of a run of profile costs agree with numbers computed by hand. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/analysis/board-costs.h"

#define assert_near(value, expected) assert_true(fabs((value) - (expected)) < 1e-9)

static struct config_result *add(struct record *record, const char *case_name, const char *policy, double value)
{
	struct config_result *config = record_add_config(record);

	assert_non_null(config);
	config->case_name = strdup(case_name);
	config->policy = strdup(policy);
	config->summary = summary_none;
	config->summary.value = (struct estimate){ value, value * 0.9, value * 1.1, 0.95, 20 };
	return config;
}

static void add_reach(struct record *record, int64_t lines, int64_t pages, double value)
{
	struct config_result *config = add(record, "tlb-reach", "cached", value);

	assert_int_equal(facts_add_int(&config->params, NULL, "chain_lines", lines), 0);
	assert_int_equal(facts_add_int(&config->params, NULL, "pages", pages), 0);
}

static void add_text(struct config_result *config, const char *key, const char *text)
{
	assert_int_equal(facts_add_text(&config->params, NULL, key, text), 0);
}

/* 2 ns of the first cache, 6 of the second, 20 of a third, 100 of memory; each page 3 more, and 13 with a walk. */
static struct record *board(bool third)
{
	struct record *record = record_new();

	assert_non_null(record);
	add_reach(record, 256, 4, 2);
	add_reach(record, 256, 256, 5);
	add_reach(record, 2048, 32, 6);
	add_reach(record, 4096, 64, 6);
	add_reach(record, 4096, 4096, 19);
	add_reach(record, 32768, 512, 20);
	add_reach(record, 262144, 4096, 100);
	add(record, "system-call", "", 120);
	add(record, "barrier", "", 15);
	add_text(add(record, "bandwidth", "cached", 80), "transfer", "read");
	add_text(add(record, "bandwidth", "cached", 160), "transfer", "fill");
	add_text(add(record, "bandwidth", "uncached", 12800), "transfer", "read");
	for (int dirty = 0; dirty < 2; dirty++) {
		struct config_result *config = add(record, "maintenance", "cached", dirty ? 640 : 320);

		add_text(config, "maintain", "user-clean");
		add_text(config, "lines", dirty ? "dirty" : "clean");
	}
	assert_int_equal(facts_add_int(&record->environment, "memory", "page_size_bytes", 4096), 0);
	if (third)
		assert_int_equal(facts_add_int(&record->environment, "topology", "core_type_0_l3_bytes", 1 << 22), 0);
	return record;
}

static const struct unit_cost *cost_of(const struct unit_costs *costs, const char *event)
{
	for (size_t i = 0; i < costs->n; i++) {
		if (!strcmp(costs->unit[i].event, event))
			return &costs->unit[i];
	}
	return NULL;
}

static void assert_cost(const struct unit_costs *costs, const char *event, double lower, double upper)
{
	const struct unit_cost *cost = cost_of(costs, event);

	assert_non_null(cost);
	assert_int_equal(cost->origin, COST_MEASURED);
	assert_near(cost->lower_ns, lower);
	assert_near(cost->upper_ns, upper);
}

static void figures_become_unit_costs(void **state)
{
	struct record *record = board(true);
	struct unit_costs costs;
	struct why why = { "", "" };

	(void)state;
	board_costs_unknown(&costs);
	assert_int_equal(board_costs_measured(record, &costs, &why), 0);
	/* Bounds of a difference: 0.9 of the one less 1.1 of the other, and the other way round. */
	assert_cost(&costs, "l1d-refill", 0, 6.6 - 1.8);
	assert_near(cost_of(&costs, "l1d-refill")->value_ns, 4);
	assert_cost(&costs, "l2d-refill", 0, 22 - 5.4);
	assert_cost(&costs, "l3d-refill", 72.0 / 16, 110 - 18); /* a line of 16 in a KiB; the latency */
	assert_near(cost_of(&costs, "l3d-refill")->value_ns, 80);
	assert_cost(&costs, "prefetch", 72.0 / 16, 88.0 / 16);
	assert_cost(&costs, "write-back", 0, 176.0 / 16);
	assert_cost(&costs, "dtlb-refill", 4.5 - 2.2, 5.5 - 1.8);
	assert_near(cost_of(&costs, "dtlb-refill")->value_ns, 3);
	assert_near(cost_of(&costs, "dtlb-walk")->value_ns, 10);
	assert_cost(&costs, "dc-cvac", 288.0 / 64, 352.0 / 64);
	assert_near(cost_of(&costs, "dc-write-back")->value_ns, 5);
	assert_cost(&costs, "exception", 20, 132);
	assert_cost(&costs, "dsb", 13.5, 16.5);
	assert_cost(&costs, "wc-load", 90, 110); /* a word of 128 in a KiB */
	/* Nothing measures these, and no PMU counted instructions. */
	assert_int_equal(cost_of(&costs, "tlbi")->origin, COST_UNKNOWN);
	assert_int_equal(cost_of(&costs, "dc-ivac")->origin, COST_UNKNOWN);
	assert_int_equal(cost_of(&costs, "dc-civac")->origin, COST_UNKNOWN);
	assert_int_equal(cost_of(&costs, "instruction")->origin, COST_UNKNOWN);
	record_free(record);
}

/* A third cache of 16 MiB holds what is taken for memory, one of 8 does not; and of several sizes the largest counts.
 */
static void what_a_cache_may_hold_is_a_lower_bound(void **state)
{
	struct record *record = board(false);
	const struct unit_cost *memory;
	struct unit_costs costs, unknown;
	struct why why = { "", "" };

	(void)state;
	board_costs_unknown(&unknown);
	for (size_t i = 0; i < record->nr_configs; i++) {
		struct config_result *config = &record->config[i];

		free(config->source);
		config->source = strdup("memfd");
		if (!strcmp(config->case_name, "bandwidth") || !strcmp(config->case_name, "tlb-reach"))
			assert_int_equal(facts_add_int(&config->params, NULL, "size_bytes", 16 << 20), 0);
	}
	assert_int_equal(facts_add_int(&record->environment, "topology", "core_type_0_l3_bytes", 16 << 20), 0);
	board_costs_unknown(&costs);
	assert_int_equal(board_costs_measured(record, &costs, &why), 0);
	memory = cost_of(&costs, "l3d-refill");
	assert_cost(&costs, "l3d-refill", 72.0 / 16, cost_of(&unknown, "l3d-refill")->upper_ns);
	assert_true(isnan(memory->value_ns));
	assert_non_null(strstr(memory->source, "a cache may hold"));
	assert_cost(&costs, "prefetch", 72.0 / 16, cost_of(&unknown, "prefetch")->upper_ns);
	assert_int_equal(cost_of(&costs, "write-back")->origin, COST_UNKNOWN);
	/* What is meant for a cache is as before. */
	assert_near(cost_of(&costs, "l2d-refill")->value_ns, 14);
	/* Twice the cache. */
	add_reach(record, 524288, 8192, 140);
	add_text(add(record, "bandwidth", "cached", 320), "transfer", "read");
	for (size_t i = record->nr_configs - 2; i < record->nr_configs; i++) {
		free(record->config[i].source);
		record->config[i].source = strdup("memfd");
		assert_int_equal(facts_add_int(&record->config[i].params, NULL, "size_bytes", 32 << 20), 0);
	}
	board_costs_unknown(&costs);
	assert_int_equal(board_costs_measured(record, &costs, &why), 0);
	assert_near(cost_of(&costs, "l3d-refill")->value_ns, 120);
	assert_near(cost_of(&costs, "prefetch")->value_ns, 20);
	record_free(record);
}

static void without_a_third_cache_the_second_misses_to_memory(void **state)
{
	struct record *record = board(false);
	struct unit_costs costs;
	struct why why = { "", "" };

	(void)state;
	board_costs_unknown(&costs);
	assert_int_equal(board_costs_measured(record, &costs, &why), 0);
	assert_cost(&costs, "l2d-refill", 72.0 / 16, 110 - 5.4);
	assert_int_equal(cost_of(&costs, "l3d-refill")->origin, COST_UNKNOWN);
	record_free(record);
}

/* Of disturbed samples alone: no unit cost. */
static void disturbed_figures_are_none(void **state)
{
	struct record *record = board(true);
	struct unit_costs costs;
	struct why why = { "", "" };

	(void)state;
	for (size_t i = 0; i < record->nr_configs; i++) {
		struct summary *summary = &record->config[i].summary;

		/* the longest chain, memory, too */
		if (strcmp(record->config[i].case_name, "barrier") &&
		    facts_number(&record->config[i].params, NULL, "chain_lines", 0) != 262144)
			continue;
		summary->value_all = summary->value;
		summary->value = summary_none.value;
	}
	board_costs_unknown(&costs);
	assert_int_equal(board_costs_measured(record, &costs, &why), 0);
	assert_int_equal(cost_of(&costs, "dsb")->origin, COST_UNKNOWN);
	assert_int_equal(cost_of(&costs, "l3d-refill")->origin, COST_UNKNOWN);
	assert_int_equal(cost_of(&costs, "l2d-refill")->origin, COST_MEASURED);
	assert_int_equal(cost_of(&costs, "exception")->origin, COST_MEASURED);
	record_free(record);
}

/* Without its interval. */
static void cut(struct record *record, const char *case_name, int64_t lines)
{
	for (size_t i = 0; i < record->nr_configs; i++) {
		struct estimate *value = &record->config[i].summary.value;

		if (!strcmp(record->config[i].case_name, case_name) &&
		    facts_number(&record->config[i].params, NULL, "chain_lines", 0) == (double)lines)
			value->lower = value->upper = NAN;
	}
}

/* Too few samples for an interval: the value is not its own bound, the cost stays unknown. */
static void a_figure_without_interval_is_unknown(void **state)
{
	struct record *record = board(true);
	struct unit_costs costs, unknown;
	struct why why = { "", "" };

	(void)state;
	board_costs_unknown(&unknown);
	board_costs_unknown(&costs);
	cut(record, "tlb-reach", 262144);
	cut(record, "barrier", 0);
	assert_int_equal(board_costs_measured(record, &costs, &why), 0);
	assert_int_equal(cost_of(&costs, "dsb")->origin, COST_UNKNOWN);
	assert_int_equal(cost_of(&costs, "l3d-refill")->origin, COST_UNKNOWN);
	assert_near(cost_of(&costs, "l3d-refill")->upper_ns, cost_of(&unknown, "l3d-refill")->upper_ns);
	assert_int_equal(cost_of(&costs, "l2d-refill")->origin, COST_MEASURED);
	record_free(record);

	/* A miss costs at least a line of a stream, if that is known. */
	record = board(true);
	board_costs_unknown(&costs);
	cut(record, "bandwidth", 0);
	assert_int_equal(board_costs_measured(record, &costs, &why), 0);
	assert_cost(&costs, "l3d-refill", cost_of(&unknown, "l3d-refill")->lower_ns, 110 - 18);
	record_free(record);
}

static void count_instructions(struct record *record, const char *case_name, double time_ns, double instructions)
{
	struct config_result *config = add(record, case_name, "", time_ns);

	config->counter = calloc(1, sizeof(*config->counter));
	assert_non_null(config->counter);
	config->counter[0].event = strdup("instructions");
	config->counter[0].counted = true;
	config->counter[0].per_operation = instructions;
	config->nr_counters = 1;
}

/* From the lower bound of the fast one, 0.9 * 0.25, to the upper of the slow one, 1.1 * 0.5; only with both. */
static void instructions_have_the_bounds_of_two_cases(void **state)
{
	struct record *record = board(true);
	struct unit_costs costs;
	struct why why = { "", "" };

	(void)state;
	count_instructions(record, "null", 10, 40);
	board_costs_unknown(&costs);
	assert_int_equal(board_costs_measured(record, &costs, &why), 0);
	assert_int_equal(cost_of(&costs, "instruction")->origin, COST_UNKNOWN);
	count_instructions(record, "refault", 500, 1000);
	assert_int_equal(board_costs_measured(record, &costs, &why), 0);
	assert_cost(&costs, "instruction", 0.225, 0.55);
	record_free(record);
}

static void other_records_are_refused(void **state)
{
	struct record *record = record_new();
	struct unit_costs costs;
	struct why why = { "", "" };

	(void)state;
	assert_non_null(record);
	board_costs_unknown(&costs);
	assert_int_equal(board_costs_measured(record, &costs, &why), -ENODATA);
	assert_non_null(strstr(why.remedy, "--profile costs"));
	record->emulated = true;
	assert_int_equal(board_costs_measured(record, &costs, &why), -EINVAL);
	record_free(record);
}

/* Each published figure is of a unit cost that there is, lies within bounds, and names its source. */
static void published_figures_have_sources(void **state)
{
	(void)state;
	for (const struct published_board *board = published_boards; board->name; board++) {
		struct unit_costs costs;

		board_costs_unknown(&costs);
		for (const struct published_cost *cost = board->cost; cost->event; cost++) {
			assert_non_null(cost_of(&costs, cost->event));
			assert_true(strlen(cost->source) > 20);
			assert_true(isfinite(cost->lower_ns) || isfinite(cost->upper_ns));
		}
		board_costs_published(board, &costs);
		for (size_t i = 0; i < costs.n; i++)
			assert_true(costs.unit[i].lower_ns <= costs.unit[i].upper_ns);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(figures_become_unit_costs),
		cmocka_unit_test(what_a_cache_may_hold_is_a_lower_bound),
		cmocka_unit_test(without_a_third_cache_the_second_misses_to_memory),
		cmocka_unit_test(disturbed_figures_are_none),
		cmocka_unit_test(a_figure_without_interval_is_unknown),
		cmocka_unit_test(instructions_have_the_bounds_of_two_cases),
		cmocka_unit_test(other_records_are_refused),
		cmocka_unit_test(published_figures_have_sources),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
