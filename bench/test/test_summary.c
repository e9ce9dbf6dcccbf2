// SPDX-License-Identifier: GPL-2.0-or-later
/* What is computed of the samples of a record, and which samples take part. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/record/record.h"
#include "bench/test/fixtures/records.h"

static void fill(struct record *record, size_t config, const char *name, size_t round, double value)
{
	config_column(&record->config[config], name)->value[round] = value;
}

static void summary_of_samples(void **state)
{
	struct record *record = record_new();
	const struct summary *a, *b;

	(void)state;
	add_config(record, "a", "refault");
	add_config(record, "b", "refault");
	add_config(record, "c", "zap");
	for (int i = 0; i < 101; i++)
		assert_int_equal(record_add_round(record), 0);
	for (size_t i = 0; i < 101; i++) {
		fill(record, 0, "time_ns", i, 4 * (100 + (double)i));
		fill(record, 1, "time_ns", i, 6 * (100 + (double)i));
		fill(record, 0, "faults_minor", i, 4);
	}
	assert_int_equal(record_summarise(record), 0);
	a = &record->config[0].summary;
	b = &record->config[1].summary;
	assert_int_equal(a->rounds, 101);
	assert_true(a->value.value == 150 && a->minimum == 100 && a->p90 == 190 && isnan(a->p99));
	assert_true(a->value.level == 0.95 && a->value.n == 101);
	/* the baseline has no ratio; with one ratio nothing is divided among several */
	assert_true(isnan(a->ratio.value) && !a->undecided);
	assert_true(fabs(b->ratio.value - 1.5) < 1e-12 && fabs(b->ratio.level - 0.95) < 1e-12 && b->ratio.n == 101);
	assert_true(b->ratio.lower > 1 && !b->undecided);
	/* no samples, no figures */
	assert_int_equal(record->config[2].summary.rounds, 0);
	assert_true(isnan(record->config[2].summary.value.value));
	record_free(record);
}

static void medians_of_other_columns(void **state)
{
	double median;
	struct record *record = record_new();
	struct config_result *config = add_config(record, "a", "refault");

	(void)state;
	assert_int_equal(config_declare_column(config, "mapped_bytes", false), 0);
	for (size_t i = 0; i < 9; i++) {
		assert_int_equal(record_add_round(record), 0);
		fill(record, 0, "time_ns", i, 100);
		fill(record, 0, "faults_minor", i, i == 8 ? 5 : 4);
		fill(record, 0, "disturbed", i, i == 7);
		fill(record, 0, "mapped_bytes", i, i >= 7 ? 1e9 : (double)i);
	}
	/* round 7 was disturbed, the sample of round 8 is not valid, and in round 6 it is not known: 0 to 5 are left */
	fill(record, 0, "mapped_bytes", 6, NAN);
	config = &record->config[0];
	assert_int_equal(record_column_figure(record, config, config_column(config, "mapped_bytes"), &median), 0);
	assert_true(median == 2.5);
	config->keeps_disturbed = true;
	assert_int_equal(record_column_figure(record, config, config_column(config, "mapped_bytes"), &median), 0);
	assert_true(median == 3);
	assert_int_equal(record_column_figure(record, config, NULL, &median), 0);
	assert_true(isnan(median));
	record_free(record);
}

/* A byte that was lost in one round can be lost, whatever disturbed that round. Only a sample that is not valid says
 * nothing. */
static void of_losses_the_most_counts(void **state)
{
	const double lost[] = { 0, 0, 4096, NAN, 0, 1e9 };
	struct record *record = record_new();
	struct config_result *config = add_config(record, "a", "sync-matrix");
	double figure;

	(void)state;
	assert_int_equal(config_declare_column(config, "lost_bytes", false), 0);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(record_add_round(record), 0);
		fill(record, 0, "time_ns", i, 100);
		fill(record, 0, "faults_minor", i, i == 5 ? 5 : 4);
		fill(record, 0, "disturbed", i, i == 2);
		fill(record, 0, "lost_bytes", i, lost[i]);
	}
	config = &record->config[0];
	assert_int_equal(record_column_figure(record, config, config_column(config, "lost_bytes"), &figure), 0);
	assert_true(figure == 4096);
	/* Tested in no round: not 0. */
	for (size_t i = 0; i < 6; i++)
		fill(record, 0, "lost_bytes", i, NAN);
	assert_int_equal(record_column_figure(record, config, config_column(config, "lost_bytes"), &figure), 0);
	assert_true(isnan(figure));
	record_free(record);
}

/* A fault that waited and was tried again is a major one, and a fault all the same. */
static void faults_are_minor_and_major(void **state)
{
	double median;
	struct record *record = record_new();
	struct config_result *config = add_config(record, "a", "refault");

	(void)state;
	assert_int_equal(config_declare_column(config, "faults_major", true), 0);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(record_add_round(record), 0);
		fill(record, 0, "time_ns", i, 100);
		fill(record, 0, "faults_minor", i, 4 - (double)i);
		fill(record, 0, "faults_major", i, (double)i);
	}
	assert_int_equal(record_faults_median(record, &record->config[0], &median), 0);
	assert_true(median == 4);
	record_free(record);
}

/* Evidence about a round excludes all of its samples; evidence about a sample excludes that one and its pairs. */
static void summary_leaves_disturbed_samples_out(void **state)
{
	struct record *record = record_new();
	const struct summary *s;

	(void)state;
	add_config(record, "a", "refault");
	add_config(record, "b", "refault");
	add_config(record, "emulated", "refault")->keeps_disturbed = true;
	assert_int_equal(record_declare_round_column(record, "disturbed", true), 0);
	for (int i = 0; i < 100; i++)
		add_round(record, 400);
	for (size_t i = 0; i < 60; i++)
		fill(record, 1, "time_ns", i, 100);
	/* the first 50 by the round, the next 10 by the baseline's sample, 5 more by b's own */
	for (size_t i = 0; i < 50; i++)
		record_round_column(record, "disturbed")->value[i] = DISTURBED_FREQUENCY;
	for (size_t i = 50; i < 60; i++)
		fill(record, 0, "disturbed", i, DISTURBED_SWITCH);
	for (size_t i = 60; i < 65; i++)
		fill(record, 1, "disturbed", i, DISTURBED_STEAL);
	for (size_t i = 0; i < 100; i++)
		fill(record, 2, "disturbed", i, DISTURBED_SWITCH);
	assert_int_equal(record_summarise(record), 0);
	s = &record->config[0].summary;
	assert_int_equal(s->rounds_left_out, 60);
	assert_int_equal(s->value.n, 40);
	s = &record->config[1].summary;
	assert_int_equal(s->rounds, 100);
	assert_int_equal(s->rounds_left_out, 55);
	assert_int_equal(s->value.n, 45);
	assert_int_equal(s->value_all.n, 100);
	assert_true(s->value_all.value == 25 && s->value.value > 200);
	assert_int_equal(s->ratio.n, 35);
	assert_true(s->ratio.lower > 1.5 && s->ratio_all.lower < 1 && s->undecided);
	assert_true(fabs(s->ratio.level - 0.975) < 1e-12);
	s = &record->config[2].summary;
	assert_int_equal(s->rounds_left_out, 0);
	assert_int_equal(s->value.n, 100);
	assert_int_equal(s->ratio.n, 40);
	record_free(record);
}

/* A disturbed sample says nothing about its neighbours: 20 configurations, each disturbed in rounds of its own. */
static void summary_keeps_clean_samples_beside_disturbed_ones(void **state)
{
	enum { CONFIGS = 20 };
	struct record *record = record_new();
	char name[16];

	(void)state;
	for (size_t i = 0; i < CONFIGS; i++) {
		snprintf(name, sizeof(name), "c%zu", i);
		add_config(record, name, "refault");
	}
	assert_int_equal(record_declare_round_column(record, "disturbed", true), 0);
	for (size_t i = 0; i < 2 * CONFIGS; i++) {
		add_round(record, 400);
		fill(record, i % CONFIGS, "disturbed", i, DISTURBED_SWITCH);
		/* Programs before 1.3 noted the bits of samples with the round too. */
		record_round_column(record, "disturbed")->value[i] = DISTURBED_SWITCH | DISTURBED_MIGRATION;
	}
	assert_int_equal(record_summarise(record), 0);
	for (size_t i = 0; i < CONFIGS; i++) {
		assert_int_equal(record->config[i].summary.rounds_left_out, 2);
		assert_int_equal(record->config[i].summary.value.n, 2 * CONFIGS - 2);
		if (i)
			assert_int_equal(record->config[i].summary.ratio.n, 2 * CONFIGS - 4);
	}
	record_free(record);
}

/* Where samples hold no evidence of their own, the round's is all there is. */
static void summary_without_bits_of_samples_uses_the_rounds(void **state)
{
	struct record *record = record_new();

	(void)state;
	add_config(record, "a", "refault");
	assert_int_equal(record_declare_round_column(record, "disturbed", true), 0);
	for (size_t i = 0; i < 10; i++) {
		add_round(record, 400);
		record_round_column(record, "disturbed")->value[i] = i < 3 ? DISTURBED_SWITCH : 0;
	}
	strcpy(config_column(&record->config[0], "disturbed")->name, "other");
	assert_int_equal(record_summarise(record), 0);
	assert_int_equal(record->config[0].summary.rounds_left_out, 3);
	record_free(record);
}

/* Single events follow the rule of their neighbours, also in records that say otherwise. */
static void summary_of_single_events_leaves_disturbed_samples_out(void **state)
{
	struct record *record = record_new();
	struct config_result *event;

	(void)state;
	add_config(record, "batch", "refault");
	event = add_config(record, "event", "refault");
	event->keeps_disturbed = true;
	event->histogram = histogram_new();
	for (size_t i = 0; i < 40; i++) {
		add_round(record, 400);
		fill(record, 1, "disturbed", i, i < 10 ? DISTURBED_SWITCH : 0);
	}
	assert_int_equal(record_summarise(record), 0);
	assert_int_equal(record->config[1].summary.value.n, 30);
	assert_int_equal(record->config[1].summary.ratio.n, 30);
	record_free(record);
}

/* Rounds that agree to the step of a coarse clock: the time is known to half a step all the same, and so is a ratio. */
static void the_step_of_the_clock_is_in_every_interval(void **state)
{
	struct record *record = record_new();
	const struct summary *a, *b;
	struct estimate ratio;
	bool undecided;

	(void)state;
	add_config(record, "a", "refault");
	add_config(record, "b", "refault");
	assert_int_equal(facts_add_real(&record->clock, NULL, "resolution_ns", 40), 0);
	for (size_t i = 0; i < 40; i++) {
		add_round(record, 400);
		fill(record, 0, "time_ns", i, 400);
		fill(record, 1, "time_ns", i, 440);
	}
	assert_int_equal(record_summarise(record), 0);
	a = &record->config[0].summary;
	b = &record->config[1].summary;
	/* 4 operations: 400 +-20 and 440 +-20 ns */
	assert_true(a->value.value == 100 && a->value.lower == 95 && a->value.upper == 105);
	assert_true(a->value_all.lower == 95 && a->value_all.upper == 105);
	assert_true(fabs(b->ratio.value - 1.1) < 1e-12 && fabs(b->ratio.lower - 420.0 / 420) < 1e-12 &&
		    fabs(b->ratio.upper - 460.0 / 380) < 1e-12);
	assert_int_equal(
		record_compare(record, &record->config[1], &record->config[0], false, 0.95, &ratio, &undecided), 0);
	assert_true(fabs(ratio.lower - 1) < 1e-12 && fabs(ratio.upper - 460.0 / 380) < 1e-12);
	/* less than half a step: nobody knows how many times more anything else is */
	for (size_t i = 0; i < 40; i++)
		fill(record, 0, "time_ns", i, 16);
	assert_int_equal(record_summarise(record), 0);
	assert_true(a->value.lower == 0 && a->value.upper == 9);
	assert_true(isnan(b->ratio.upper));
	/* instructions have no clock */
	strcpy(record->config[0].value_unit, "x");
	assert_int_equal(record_summarise(record), 0);
	assert_true(a->value.lower == 4 && a->value.upper == 4);
	record_free(record);
}

/*
 * Two of three rows change slowly: so does the machine, and the third has the wide interval too. One of three is only
 * itself. An emulated run repeats to the instruction.
 */
static void most_rows_that_change_slowly_speak_for_all(void **state)
{
	struct record *record = record_new();
	struct estimate narrow;

	(void)state;
	for (int i = 0; i < 3; i++)
		add_config(record, (const char *[]){ "a", "b", "c" }[i], "refault");
	for (size_t i = 0; i < 160; i++) {
		add_round(record, 400);
		fill(record, 0, "time_ns", i, 400 + (double)i);
		fill(record, 1, "time_ns", i, 400 + (double)(i * 7 % 80));
		fill(record, 2, "time_ns", i, 400 + (double)(i * 7 % 80) + (i % 20 == 19 ? i : 0));
	}
	assert_int_equal(record_summarise(record), 0);
	assert_true(record->config[0].summary.slow);
	assert_false(record->config[1].summary.slow || record->config[2].summary.slow);
	narrow = record->config[2].summary.value;
	for (size_t i = 0; i < 160; i++)
		fill(record, 1, "time_ns", i, 400 + (double)i);
	assert_int_equal(record_summarise(record), 0);
	assert_true(record->config[1].summary.slow && record->config[2].summary.slow);
	assert_true(record->config[2].summary.value.lower < narrow.lower);
	assert_true(record->config[2].summary.value.value == narrow.value);
	record->emulated = true;
	assert_int_equal(record_summarise(record), 0);
	assert_false(record->config[2].summary.slow);
	record_free(record);
}

/* Half a step makes no interval where there is none. */
static void the_step_of_the_clock_makes_no_interval(void **state)
{
	struct record *record = record_new();
	const struct summary *summary;

	(void)state;
	add_config(record, "a", "refault");
	assert_int_equal(facts_add_real(&record->clock, NULL, "resolution_ns", 40), 0);
	for (size_t i = 0; i < 2; i++) {
		add_round(record, 400);
		fill(record, 0, "time_ns", i, 400);
	}
	assert_int_equal(record_summarise(record), 0);
	summary = &record->config[0].summary;
	assert_true(summary->value_all.n == 2 && summary->value_all.value == 100);
	assert_true(isnan(summary->value.lower) && isnan(summary->value.upper));
	assert_true(isnan(summary->value_all.lower) && isnan(summary->value_all.upper));
	record_free(record);
}

/* With too few clean samples for an interval the figure is that of all samples, and is marked. */
static void a_summary_always_has_a_figure_to_show(void **state)
{
	struct record *record = record_new();
	const struct estimate *value, *ratio;
	bool of_all;

	(void)state;
	add_config(record, "a", "refault");
	add_config(record, "b", "refault");
	for (size_t i = 0; i < 40; i++) {
		add_round(record, i < 35 ? 800 : 400);
		fill(record, 1, "disturbed", i, i < 35 ? DISTURBED_SWITCH : 0);
	}
	assert_int_equal(record_summarise(record), 0);
	value = summary_value(&record->config[0].summary, &of_all);
	assert_true(!of_all && value->n == 40);
	/* 5 clean samples have no interval; the verdict did not change, it is missing */
	value = summary_value(&record->config[1].summary, &of_all);
	assert_true(of_all && value->n == 40 && isfinite(value->lower));
	ratio = summary_ratio(&record->config[1].summary, &of_all);
	assert_true(of_all && ratio->n == 40);
	assert_false(record->config[1].summary.undecided);
	/* with every sample disturbed too */
	for (size_t i = 0; i < 40; i++)
		fill(record, 1, "disturbed", i, DISTURBED_MIGRATION);
	assert_int_equal(record_summarise(record), 0);
	assert_true(isnan(record->config[1].summary.value.value));
	assert_true(isfinite(summary_value(&record->config[1].summary, &of_all)->value) && of_all);
	record_free(record);
}

/* Where others take part in the faults: from the least to the most, both included. */
static void summary_takes_faults_within_their_range(void **state)
{
	static const double faults[] = { 3, 4, 9, 10, 11 }, waited[] = { 0, 1, 0, 2, 0 };
	struct record *record = record_new();
	struct config_result *config;

	(void)state;
	config = add_config(record, "range", "refault");
	assert_int_equal(config_declare_column(config, "faults_major", true), 0);
	config->faults_expected = 4;
	config->faults_expected_max = 10;
	for (size_t i = 0; i < 5; i++) {
		add_round(record, 400);
		fill(record, 0, "faults_minor", i, faults[i] - waited[i]);
		fill(record, 0, "faults_major", i, waited[i]);
	}
	assert_int_equal(record_summarise(record), 0);
	assert_int_equal(record->config[0].summary.samples_invalid, 2);
	assert_int_equal(record->config[0].summary.value.n, 3);
	record_free(record);
}

/* Wrong faults are never a smaller number, and no baseline. */
static void summary_counts_invalid_samples(void **state)
{
	struct record *record = record_new();

	(void)state;
	add_config(record, "bad", "refault");
	add_config(record, "good", "refault");
	add_config(record, "unknown", "refault")->faults_expected = -1;
	for (int i = 0; i < 50; i++)
		add_round(record, 400);
	for (size_t i = 0; i < 30; i++)
		fill(record, 0, "faults_minor", i, 1);
	fill(record, 1, "faults_minor", 0, 3);
	fill(record, 1, "time_ns", 0, 1);
	fill(record, 1, "faults_minor", 1, NAN);
	for (size_t i = 0; i < 50; i++)
		fill(record, 2, "faults_minor", i, (double)i);
	assert_int_equal(record_summarise(record), 0);
	assert_int_equal(record->config[0].summary.samples_invalid, 30);
	assert_int_equal(record->config[0].summary.value.n, 20);
	assert_true(isnan(record->config[0].summary.ratio.value));
	assert_int_equal(record->config[1].summary.samples_invalid, 1);
	assert_true(record->config[1].summary.minimum > 100);
	assert_true(isnan(record->config[1].summary.ratio.value));
	assert_int_equal(record->config[2].summary.samples_invalid, 0);
	/* against "good", in the 49 rounds that both have */
	assert_int_equal(record->config[2].summary.ratio.n, 49);
	record_free(record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(summary_of_samples),
		cmocka_unit_test(medians_of_other_columns),
		cmocka_unit_test(of_losses_the_most_counts),
		cmocka_unit_test(faults_are_minor_and_major),
		cmocka_unit_test(summary_leaves_disturbed_samples_out),
		cmocka_unit_test(summary_keeps_clean_samples_beside_disturbed_ones),
		cmocka_unit_test(summary_without_bits_of_samples_uses_the_rounds),
		cmocka_unit_test(summary_of_single_events_leaves_disturbed_samples_out),
		cmocka_unit_test(the_step_of_the_clock_is_in_every_interval),
		cmocka_unit_test(the_step_of_the_clock_makes_no_interval),
		cmocka_unit_test(most_rows_that_change_slowly_speak_for_all),
		cmocka_unit_test(a_summary_always_has_a_figure_to_show),
		cmocka_unit_test(summary_counts_invalid_samples),
		cmocka_unit_test(summary_takes_faults_within_their_range),
	};

	return cmocka_run_group_tests_name("summary", tests, make_folder, remove_folder);
}
