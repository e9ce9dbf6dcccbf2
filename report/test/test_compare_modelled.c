// SPDX-License-Identifier: GPL-2.0-or-later
/* Modelled counts of emulated runs: planted changes are found to the count, and chance is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "report/analysis/compare.h"
#include "report/test/simulated.h"

enum { ROUNDS = 3, PAGES = 256 };

struct planned {
	const char *event;
	double count; /* of all pages */
};

static void add_modelled(struct config_result *config, const struct planned *planned, const char *model)
{
	struct counter *counter;

	config->counter = reallocarray(config->counter, config->nr_counters + 1, sizeof(*counter));
	must(config->counter);
	counter = &config->counter[config->nr_counters++];
	*counter = (struct counter){
		.event = copied(planned->event),
		.unit = copied("events"),
		.pmu = copied("model"),
		.model = copied(model),
		.counted = true,
		.per_operation = planned->count / PAGES,
	};
}

/* @tick: instructions that an interrupt adds to the first round. */
static struct run_set side_of(const struct planned *planned, double tick, const char *model)
{
	struct run_set side = { .path = copied("emulated") };
	struct record *record = simulated_record(1);
	struct config_result *config = simulated_config(record, "refault/zap-heap/eager/page/1M");

	record->emulated = config->emulated = config->keeps_disturbed = true;
	config->operations = config->faults_expected = PAGES;
	free(config->value_unit);
	config->value_unit = copied("instructions");
	for (size_t i = 0; i < ROUNDS; i++) {
		must(!record_add_round(record));
		config->column[0].value[i] = 300000 + (i ? 0 : tick);
		config->column[1].value[i] = PAGES;
	}
	for (; planned->event; planned++)
		add_modelled(config, planned, model);
	must(!record_summarise(record));
	side.record = calloc(1, sizeof(struct record *));
	must(side.record);
	side.record[side.nr_records++] = record;
	return side;
}

struct found {
	size_t more, less, rows;
	bool regressed, other_model;
	enum verdict verdict;
	double base, new; /* of the first */
};

static struct found compare(const struct planned *base, const struct planned *new, double tick, const char *model)
{
	struct run_set a = side_of(base, 0, "cortex-a72 version 2"), b = side_of(new, tick, model);
	const struct compare_options options = { .threshold_percent = 1 };
	struct comparison comparison;
	struct found found = { 0 };

	assert_int_equal(compare_run_sets(&a, &b, &options, &comparison, NULL), 0);
	for (size_t i = 0; i < comparison.nr_modelled; i++) {
		found.more += !strcmp(comparison.modelled[i].verdict_name, "more");
		found.less += !strcmp(comparison.modelled[i].verdict_name, "less");
		found.base = comparison.modelled[0].base;
		found.new = comparison.modelled[0].new;
	}
	found.rows = comparison.modelled_rows;
	found.regressed = comparison_regressed(&comparison);
	found.other_model = comparison.other_model;
	found.verdict = comparison.row[0].verdict;
	comparison_free(&comparison);
	run_set_free(&a);
	run_set_free(&b);
	return found;
}

#define MODEL "cortex-a72 version 2"

static const struct planned planned[] = { { "l1d-refill", 128 }, { "dtlb-walk", 256 }, { "dsb", 300 }, { NULL, 0 } };

static void the_same_counts_are_no_change(void **state)
{
	struct found found = compare(planned, planned, 0, MODEL);

	(void)state;
	assert_int_equal(found.rows, 1);
	assert_int_equal(found.more + found.less, 0);
	assert_false(found.regressed);
}

/* One line more per page: 0.5 is 1.5 then. */
static void one_line_more_per_page_is_found(void **state)
{
	const struct planned more[] = { { "l1d-refill", 384 }, { "dtlb-walk", 256 }, { "dsb", 300 }, { NULL, 0 } };
	struct found found = compare(planned, more, 0, MODEL);

	(void)state;
	assert_int_equal(found.more, 1);
	assert_int_equal(found.less, 0);
	assert_true(found.base == 0.5 && found.new == 1.5);
	assert_true(found.regressed);
	found = compare(more, planned, 0, MODEL);
	assert_int_equal(found.less, 1);
	assert_false(found.regressed);
}

/* Lines that meet in a set, or a page table elsewhere: no regression. */
static void chance_is_no_change(void **state)
{
	const struct planned other[] = { { "l1d-refill", 160 }, { "dtlb-walk", 258 }, { "dsb", 300 }, { NULL, 0 } };
	/* 0.7 per page more of 4.0: within 8 roots of 1024; 1.1 more is not. */
	const struct planned many[] = { { "l1d-refill", 1024 }, { NULL, 0 } };
	const struct planned within[] = { { "l1d-refill", 1200 }, { NULL, 0 } };
	const struct planned beyond[] = { { "l1d-refill", 1300 }, { NULL, 0 } };
	struct found found = compare(planned, other, 0, MODEL);

	(void)state;
	assert_int_equal(found.more + found.less, 0);
	found = compare(many, within, 0, MODEL);
	assert_int_equal(found.more + found.less, 0);
	found = compare(many, beyond, 0, MODEL);
	assert_int_equal(found.more, 1);
}

/* A barrier is executed or not: one more of 300, and one where there was none. */
static void one_barrier_more_is_found(void **state)
{
	const struct planned more[] = { { "l1d-refill", 128 }, { "dtlb-walk", 256 }, { "dsb", 301 }, { NULL, 0 } },
			     first[] = { { "l1d-refill", 128 },
					 { "dtlb-walk", 256 },
					 { "dsb", 300 },
					 { "tlbi-all", 1 },
					 { NULL, 0 } };
	struct found found = compare(planned, more, 0, MODEL);

	(void)state;
	assert_int_equal(found.more, 1);
	assert_true(found.regressed);
	found = compare(planned, first, 0, MODEL);
	assert_int_equal(found.more, 1);
	assert_true(found.regressed);
}

/* A tick in one round leaves it inconclusive; the model's instructions have no tick. */
static void the_model_decides_what_interrupts_hide(void **state)
{
	const struct planned same[] = { { "instructions-kernel", 290000 }, { "instructions-user", 9000 }, { NULL, 0 } },
			     more[] = { { "instructions-kernel", 290256 }, { "instructions-user", 9000 }, { NULL, 0 } };

	(void)state;
	assert_int_equal(compare(planned, planned, 4000, MODEL).verdict, VERDICT_UNDECIDED);
	assert_int_equal(compare(same, same, 4000, MODEL).verdict, VERDICT_SAME);
	assert_int_equal(compare(same, more, 4000, MODEL).verdict, VERDICT_SLOWER);
	assert_int_equal(compare(more, same, 4000, MODEL).verdict, VERDICT_FASTER);
}

static void counts_of_two_models_are_not_compared(void **state)
{
	const struct planned more[] = { { "dsb", 900 }, { NULL, 0 } };
	struct found found = compare(planned, more, 0, "cortex-a53 version 2");

	(void)state;
	assert_true(found.other_model);
	assert_int_equal(found.rows, 0);
	assert_int_equal(found.more, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_counts_are_no_change),
		cmocka_unit_test(one_line_more_per_page_is_found),
		cmocka_unit_test(chance_is_no_change),
		cmocka_unit_test(one_barrier_more_is_found),
		cmocka_unit_test(the_model_decides_what_interrupts_hide),
		cmocka_unit_test(counts_of_two_models_are_not_compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
