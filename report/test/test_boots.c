// SPDX-License-Identifier: GPL-2.0-or-later
/* Boots as the observations of a comparison: what counts as one, drift in blocks, and how many would decide. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "report/analysis/boots.h"
#include "report/test/simulated.h"

#define NAME "refault/memfd/eager/page/1M"

/* A run of @boot at @minute, each of whose @rounds samples takes @ns per page. */
static void add_run(struct run_set *set, const char *boot, int minute, double ns, size_t rounds)
{
	static unsigned int number;
	struct record *record = simulated_record(number++);
	struct fact *fact = (struct fact *)facts_find(&record->environment, "kernel", "boot_id");
	char date[40];

	snprintf(date, sizeof(date), "2026-01-01T%02d:%02d:00Z", minute / 60, minute % 60);
	free(fact->value.text);
	free(record->started_at);
	fact->value.text = copied(boot);
	record->started_at = copied(date);
	simulated_config(record, NAME);
	for (size_t i = 0; i < rounds; i++) {
		must(!record_add_round(record));
		record->round_column[0].value[i] = 0;
		/* Samples differ a little, and by the same in every run. */
		record->config[0].column[0].value[i] = 256 * ns * (1 + 1e-4 * (double)(i % 3));
		record->config[0].column[1].value[i] = 256;
	}
	must(!record_summarise(record));
	set->record = reallocarray(set->record, set->nr_records + 1, sizeof(*set->record));
	must(set->record);
	set->record[set->nr_records++] = record;
}

static bool in_blocks;

static struct boots_compared compared(struct run_set *base, struct run_set *new)
{
	struct boots_compared result;
	bool one_boot = boots_within(base, new) == WITHIN_BOOT;
	struct contrast contrast;
	struct boots x, y;

	must(!boots_of(base, NAME, false, one_boot, &x) && !boots_of(new, NAME, false, one_boot, &y));
	boots_contrast(&x, &y, &contrast, &in_blocks);
	contrasts_moderate(&contrast, 1);
	boots_judge(&contrast, 0.95, 1, &result);
	boots_free(&x);
	boots_free(&y);
	run_set_free(base);
	run_set_free(new);
	return result;
}

static void runs_of_a_boot_are_one_observation(void **state)
{
	struct run_set set = { 0 };
	struct boots boots;

	(void)state;
	add_run(&set, "a", 0, 1000, 20);
	add_run(&set, "a", 10, 1000, 20);
	add_run(&set, "b", 20, 2000, 20);
	must(!boots_of(&set, NAME, false, false, &boots));
	assert_int_equal(boots.n, 2);
	assert_int_equal(boots.runs, 3);
	assert_int_equal(boots_count(&set), 2);
	boots_free(&boots);
	must(!boots_of(&set, NAME, false, true, &boots));
	assert_int_equal(boots.n, 3);
	boots_free(&boots);
	run_set_free(&set);
}

static void a_run_counts_by_its_rounds(void **state)
{
	struct run_set set = { 0 };
	struct boots boots;

	(void)state;
	add_run(&set, "a", 0, 1000, 30);
	add_run(&set, "a", 10, 2000, 10);
	must(!boots_of(&set, NAME, false, false, &boots));
	assert_true(fabs(exp(boots.of[0].value) / (1000 * pow(2, 0.25)) - 1) < 1e-3);
	boots_free(&boots);
	run_set_free(&set);
}

/* 1000 and 1080 ns, three boots each, on a clock with a step of @step_ns per operation. */
static double lower_of_steps(double step_ns)
{
	struct run_set base = { 0 }, new = { 0 };

	for (int i = 0; i < 6; i++) {
		struct run_set *set = i % 2 ? &new : &base;
		char boot[16];
		struct record *record;

		snprintf(boot, sizeof(boot), "boot %d", i);
		add_run(set, boot, 10 * i, i % 2 ? 1080 : 1000, 60);
		record = set->record[set->nr_records - 1];
		must(!facts_add_real(&record->clock, NULL, "resolution_ns",
				     step_ns * (double)record->config[0].operations));
		must(!record_summarise(record));
	}
	return compared(&base, &new).ratio.lower;
}

/* Figures of a few steps: what one step of the clock explains is no change. */
static void the_step_of_the_clock_is_no_change(void **state)
{
	(void)state;
	assert_true(lower_of_steps(0.001) > 1.07);
	assert_true(lower_of_steps(40) > 1.03 && lower_of_steps(40) < 1.05);
	assert_true(lower_of_steps(80) < 1.01);
}

/* A boot of one run of two rounds, against boots that rest on sixty. */
static void a_boot_counts_by_what_it_rests_on(void **state)
{
	struct run_set base = { 0 }, new = { 0 };

	(void)state;
	for (int i = 0; i < 3; i++) {
		char boot[16];

		snprintf(boot, sizeof(boot), "a%d", i);
		add_run(&base, boot, 20 * i, 1000, 60);
		snprintf(boot, sizeof(boot), "b%d", i);
		add_run(&new, boot, 20 * i + 10, i ? 1000 : 1400, i ? 60 : 2);
	}
	/* a seventh and not a third of log(1.4) */
	assert_true(compared(&base, &new).ratio.value < 1.06);
}

static void one_boot_per_side_has_no_interval(void **state)
{
	struct run_set base = { 0 }, new = { 0 };
	struct boots_compared result;

	(void)state;
	for (int i = 0; i < 6; i++) {
		add_run(&base, "a", 10 * i, 1000 + i, 20);
		add_run(&new, "b", 10 * i + 5, 1100 + i, 20);
	}
	result = compared(&base, &new);
	assert_true(isfinite(result.ratio.value) && isnan(result.ratio.lower) && isnan(result.p_value));
	/* Nor has one boot against three. */
	base = new = (struct run_set){ 0 };
	add_run(&base, "a", 10, 1000, 20);
	add_run(&new, "b", 0, 1100, 20);
	add_run(&new, "c", 10, 1101, 20);
	add_run(&new, "d", 20, 1102, 20);
	assert_true(isnan(compared(&base, &new).ratio.lower));
}

static void runs_in_turn_within_one_boot_decide(void **state)
{
	struct run_set base = { 0 }, new = { 0 };
	struct boots_compared result;

	(void)state;
	for (int i = 0; i < 6; i++) {
		add_run(&base, "a", 20 * i + 10 * (i % 2), 1000 + i, 20);
		add_run(&new, "a", 20 * i + 10 * !(i % 2), 1100 + i, 20);
	}
	result = compared(&base, &new);
	assert_true(result.ratio.lower > 1.08 && result.ratio.upper < 1.12);
	assert_false(in_blocks);
}

/* Within one boot, but one side after the other: whatever drifts looks like a change. */
static void runs_in_blocks_within_one_boot_do_not(void **state)
{
	struct run_set base = { 0 }, new = { 0 };

	(void)state;
	for (int i = 0; i < 6; i++) {
		add_run(&base, "a", 10 * i, 1000 + i, 20);
		add_run(&new, "a", 60 + 10 * i, 1100 + i, 20);
	}
	assert_int_equal(boots_within(&base, &new), WITHIN_BOOT_IN_BLOCKS);
	assert_true(isnan(compared(&base, &new).ratio.lower));
}

static void one_boot_is_known_by_its_id(void **state)
{
	struct run_set base = { 0 }, new = { 0 };

	(void)state;
	add_run(&base, "a", 0, 1000, 20);
	add_run(&new, "a", 10, 1000, 20);
	add_run(&new, "a", 20, 1000, 20);
	assert_int_equal(boots_within(&base, &new), WITHIN_BOOT_FEW);
	add_run(&base, "a", 30, 1000, 20);
	assert_int_equal(boots_within(&base, &new), WITHIN_BOOT);
	add_run(&new, "b", 40, 1000, 20);
	assert_int_equal(boots_within(&base, &new), WITHIN_BOOT_ANOTHER);
	run_set_free(&base);
	run_set_free(&new);
	base = new = (struct run_set){ 0 };
	/* nothing says that two runs without a boot id are of one boot */
	add_run(&base, "", 0, 1000, 20);
	add_run(&base, "", 30, 1000, 20);
	add_run(&new, "", 10, 1000, 20);
	add_run(&new, "", 20, 1000, 20);
	assert_int_equal(boots_within(&base, &new), WITHIN_BOOT_ANOTHER);
	run_set_free(&base);
	run_set_free(&new);
}

/* 1 % per boot, and no change. */
static void drift_of_blocks_is_taken_out(void **state)
{
	static const double noise[] = { 1.001, 0.999, 1.0005, 0.9995 };
	struct run_set base = { 0 }, new = { 0 };
	struct boots_compared result;

	(void)state;
	for (int i = 0; i < 4; i++) {
		char boot[16];

		snprintf(boot, sizeof(boot), "a%d", i);
		add_run(&base, boot, 60 * i, 1000 * pow(1.01, i) * noise[i], 20);
		snprintf(boot, sizeof(boot), "b%d", i);
		add_run(&new, boot, 240 + 60 * i, 1000 * pow(1.01, 4 + i) * noise[i], 20);
	}
	result = compared(&base, &new);
	assert_true(in_blocks);
	assert_true(result.ratio.lower < 1 && result.ratio.upper > 1);
	assert_true(result.ratio.upper - result.ratio.lower < 0.03);
	/* 24 boots a day, 1 % each */
	assert_true(fabs(result.drift / pow(1.01, 24) - 1) < 0.03);
}

/* What is needed decides, and one less does not: the same deviation with as many boots. */
static void needed_boots_are_those_that_decide(void **state)
{
	struct run_set base = { 0 }, new = { 0 };
	struct boots_compared few;

	(void)state;
	for (int i = 0; i < 3; i++) {
		char boot[16];

		snprintf(boot, sizeof(boot), "a%d", i);
		add_run(&base, boot, 20 * i, 1000 + 40 * (i - 1), 20);
		snprintf(boot, sizeof(boot), "b%d", i);
		add_run(&new, boot, 20 * i + 10, 1060 + 40 * (i - 1), 20);
	}
	few = compared(&base, &new);
	assert_true(few.ratio.lower < 1 && few.ratio.upper > 1);
	/* 12 per side: (t22(97.5 %) + t22(80 %)) * 4.0 % * sqrt(2 / 12) = 4.79 %; the margin is log(1.06 / 1.01) = 4.83
	 * % */
	assert_true(few.needed >= 11 && few.needed <= 13);
	assert_true(few.detectable > few.ratio.upper / few.ratio.value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_of_a_boot_are_one_observation),
		cmocka_unit_test(a_run_counts_by_its_rounds),
		cmocka_unit_test(the_step_of_the_clock_is_no_change),
		cmocka_unit_test(a_boot_counts_by_what_it_rests_on),
		cmocka_unit_test(one_boot_per_side_has_no_interval),
		cmocka_unit_test(runs_in_turn_within_one_boot_decide),
		cmocka_unit_test(runs_in_blocks_within_one_boot_do_not),
		cmocka_unit_test(one_boot_is_known_by_its_id),
		cmocka_unit_test(drift_of_blocks_is_taken_out),
		cmocka_unit_test(needed_boots_are_those_that_decide),
	};

	return cmocka_run_group_tests_name("boots", tests, NULL, NULL);
}
