// SPDX-License-Identifier: GPL-2.0-or-later
/* Unit costs that were planted are found again, by the counts that follow from the policies' rules. */
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

#include <gsl/gsl_errno.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>

#include "report/analysis/model.h"
#include "bench/base/region.h"

#define MIB 1048576.0

static struct region frame_of(const char *policy, const char *granularity, double bytes, double touched, double frames)
{
	return (struct region){ .region = REGION_FRAME,
				.policy = policy,
				.granularity = granularity,
				.bytes = bytes,
				.page_bytes = 4096,
				.pmd_bytes = 2 * MIB,
				.around_pages = 16,
				.touched = touched,
				.stride = 1,
				.chunks = ceil(bytes / (2 * MIB)),
				.maps = 1,
				.frames = frames };
}

static double counted(const struct region *region, enum term term)
{
	struct term_counts counts;

	assert_true(model_count(region, true, &counts));
	return counts.count[term];
}

/* Counted by hand, and seen so in the kernel's own counters. */
static void frames_are_counted_by_the_rules(void **state)
{
	struct region w = frame_of("lazy", "page", 2 * MIB, 0.125, 4);

	(void)state;
	assert_true(counted(&w, TERM_FAULT) == 64 + 3 * 512);
	assert_true(counted(&w, TERM_ZAP) == 8); /* every END, every START */
	assert_true(counted(&w, TERM_ZAP_PTE) == 4 * 512);
	assert_true(counted(&w, TERM_CLEAN) == 4 * 32768);
	assert_true(counted(&w, TERM_INVALIDATE) == 4 * 32768);
	assert_true(counted(&w, TERM_ENTRY) == 8); /* one chunk */
	w.two_passes = true;
	assert_true(counted(&w, TERM_INVALIDATE) == 8 * 32768);
	assert_true(counted(&w, TERM_ENTRY) == 12);
	w.two_passes = false;
	assert_true(counted(&w, TERM_MAP_ENTRY) == 8);
	assert_true(counted(&w, TERM_READ_CACHED) == 4 * 64);
	w.granularity = "buffer";
	assert_true(counted(&w, TERM_FAULT) == 0); /* filled at START */
	assert_true(counted(&w, TERM_FAULT_PTE) == 4 * 512);
	w.granularity = "around";
	assert_true(counted(&w, TERM_FAULT) == 4 + 3 * 32);
	assert_true(counted(&w, TERM_FAULT_PTE) == 4 * 16 + 3 * 512);
	w.bytes = 16384; /* four pages: fault-around maps no more than there are */
	assert_true(counted(&w, TERM_FAULT_PTE) == 4 * 4);
	w.bytes = 2 * MIB;
	w.granularity = "huge";
	assert_true(counted(&w, TERM_FAULT_PMD) == 4);
	assert_true(counted(&w, TERM_ZAP_PMD) == 4);
	w = frame_of("eager", "page", 2 * MIB, 0.125, 4);
	assert_true(counted(&w, TERM_FAULT) == 512);
	assert_true(counted(&w, TERM_ZAP) == 1);
	assert_true(counted(&w, TERM_WRITE_WC) == 3 * 512);
	assert_true(counted(&w, TERM_WRITE_CACHED) == 512);
	w.frames = 1;
	assert_true(counted(&w, TERM_FAULT) == 64);
	w.maps = 3;
	assert_true(counted(&w, TERM_ZAP_PTE) == 3 * 512);
	w.coherent = true;
	assert_true(counted(&w, TERM_ZAP) == 0);
	assert_true(counted(&w, TERM_FAULT) == 0);
	w = frame_of("cached", "none", 2 * MIB, 1, 4);
	assert_true(counted(&w, TERM_CLEAN) == 4 * 32768);
	assert_true(counted(&w, TERM_FAULT) + counted(&w, TERM_ZAP) == 0);
	w = frame_of("uncached", "none", 2 * MIB, 1, 4);
	assert_true(counted(&w, TERM_WRITE_WC) == 4 * 512);
	assert_true(counted(&w, TERM_CLEAN) == 0);
	w = frame_of("bounce", "none", 2 * MIB, 0.125, 4);
	assert_true(counted(&w, TERM_COPY_INTO) == 4 * 512);
	assert_true(counted(&w, TERM_COPY_OUT_OF) == 4 * 64);
	assert_true(counted(&w, TERM_WRITE_CACHED) == 4 * 512);
	assert_true(counted(&w, TERM_WRITE_WC) + counted(&w, TERM_READ_WC) == 0);
	w.policy = "user";
	assert_true(counted(&w, TERM_USER_CLEAN) == 4 * 32768);
	assert_true(counted(&w, TERM_USER_INVALIDATE) == 4 * 4096);
	assert_true(counted(&w, TERM_CLEAN) + counted(&w, TERM_SYNC) == 0);
	w.policy = "prefault"; /* all pages come back, whatever is touched */
	w.granularity = "around";
	assert_true(counted(&w, TERM_FAULT) == 32);
	assert_true(counted(&w, TERM_WORD_WC) == 512);
	w.policy = "bounce";
	w.granularity = "none";
	w.stride = 2; /* from the first page to the last: what lies between is copied, too */
	assert_true(counted(&w, TERM_COPY_OUT_OF) == 4 * 63);
}

/* As the references measured it: the kernel's own counters of frames of use=camera and use=encoder. */
static void uses_are_counted_by_the_rules(void **state)
{
	struct region w = frame_of("cached", "none", MIB, 1, 4);

	(void)state;
	w.use = USE_CAMERA;
	assert_true(counted(&w, TERM_SYNC) == 8);
	assert_true(counted(&w, TERM_WRITE_CACHED) == 0);
	assert_true(counted(&w, TERM_READ_CACHED) == 4 * 256);
	assert_true(counted(&w, TERM_CLEAN) == 4 * 16384);
	assert_true(counted(&w, TERM_INVALIDATE) == 4 * 16384);
	w.use = USE_ENCODER;
	assert_true(counted(&w, TERM_SYNC) == 8);
	assert_true(counted(&w, TERM_WRITE_CACHED) == 4 * 256);
	assert_true(counted(&w, TERM_READ_CACHED) + counted(&w, TERM_INVALIDATE) == 0);
	w = frame_of("eager", "around", MIB, 0.5, 4);
	w.use = USE_CAMERA;
	assert_true(counted(&w, TERM_ZAP) == 1);
	assert_true(counted(&w, TERM_FAULT) == 8); /* only what is read comes back */
	assert_true(counted(&w, TERM_READ_WC) == 4 * 128);
	assert_true(counted(&w, TERM_WRITE_CACHED) + counted(&w, TERM_WRITE_WC) == 0);
	w.use = USE_ENCODER;
	assert_true(counted(&w, TERM_FAULT) == 16);
	assert_true(counted(&w, TERM_WRITE_CACHED) == 256); /* the first frame, before the zap */
	assert_true(counted(&w, TERM_WRITE_WC) == 3 * 256);
	w.frames = 1; /* nobody touches it after the zap */
	assert_true(counted(&w, TERM_FAULT) == 0);
	w.policy = "prefault";
	assert_true(counted(&w, TERM_FAULT) == 0);
	w.frames = 2;
	assert_true(counted(&w, TERM_FAULT) == 16);
	w = frame_of("lazy", "around", MIB, 0.5, 4);
	w.use = USE_CAMERA;
	assert_true(counted(&w, TERM_ZAP) == 8);
	assert_true(counted(&w, TERM_ZAP_PTE) == 256 + 3 * 128); /* the map zaps what the last read brought back */
	assert_true(counted(&w, TERM_FAULT) == 4 * 8);
	assert_true(counted(&w, TERM_INVALIDATE) == 4 * 16384);
	w.granularity = "buffer";
	assert_true(counted(&w, TERM_FAULT) == 0);
	assert_true(counted(&w, TERM_FAULT_PTE) == 4 * 256);
	assert_true(counted(&w, TERM_ZAP_PTE) == 4 * 256);
	w.granularity = "around";
	w.use = USE_ENCODER;
	assert_true(counted(&w, TERM_ZAP) == 7); /* the first fill finds it cached */
	assert_true(counted(&w, TERM_INVALIDATE) == 3 * 16384);
	assert_true(counted(&w, TERM_FAULT) == 3 * 16);
	w = frame_of("bounce", "none", MIB, 1, 4);
	w.use = USE_CAMERA;
	assert_true(counted(&w, TERM_COPY_INTO) == 0);
	assert_true(counted(&w, TERM_COPY_OUT_OF) == 4 * 256);
	w.use = USE_ENCODER;
	assert_true(counted(&w, TERM_COPY_INTO) == 4 * 256);
	assert_true(counted(&w, TERM_COPY_OUT_OF) == 0);
	w.policy = "user";
	assert_true(counted(&w, TERM_USER_CLEAN) == 4 * 16384);
	assert_true(counted(&w, TERM_USER_INVALIDATE) == 0);
}

/* 29 blocks of 32 were hit by 64 pages of 512 in a run; 28.3 are to be expected. */
static void random_pages_hit_blocks_as_chance_has_it(void **state)
{
	struct region w = frame_of("eager", "around", 2 * MIB, 0.125, 1);

	(void)state;
	w.region = REGION_TOUCH;
	w.random = true;
	assert_true(fabs(counted(&w, TERM_FAULT) - 28.349) < 0.001);
	w.random = false;
	assert_true(counted(&w, TERM_FAULT) == 4);
	w.stride = 4; /* every fourth of the first half: blocks of four touched pages */
	w.touched = 0.5;
	assert_true(counted(&w, TERM_FAULT) == 16);
	w.stride = 32;
	assert_true(counted(&w, TERM_FAULT) == 8);
}

static const double planted[NR_TERMS] = {
	[TERM_REGION] = 1000,      [TERM_MAP] = 900,           [TERM_UNMAP] = 300,        [TERM_SYNC] = 500,
	[TERM_ZAP] = 2000,         [TERM_ZAP_MAPPING] = 700,   [TERM_ZAP_PTE] = 74,       [TERM_ZAP_PMD] = 600,
	[TERM_ZAP_CPU] = 1500,     [TERM_MAP_ENTRY] = 25,      [TERM_ENTRY] = 60,         [TERM_CLEAN] = 4,
	[TERM_INVALIDATE] = 3,     [TERM_FAULT] = 1200,        [TERM_FAULT_PTE] = 34,     [TERM_FAULT_PMD] = 90,
	[TERM_WORD_CACHED] = 6,    [TERM_WORD_WC] = 60,        [TERM_READ_CACHED] = 1500, [TERM_READ_WC] = 15000,
	[TERM_WRITE_CACHED] = 900, [TERM_WRITE_WC] = 1100,     [TERM_COPY_OUT_OF] = 1900, [TERM_COPY_INTO] = 1300,
	[TERM_USER_CLEAN] = 5,     [TERM_USER_INVALIDATE] = 7,
};

static struct config_result *add(struct record *record, const char *region, const char *policy, const char *granularity,
				 double size)
{
	struct config_result *config = record_add_config(record);
	int err = 0;

	assert_non_null(config);
	assert_true(asprintf(&config->name, "config %zu", record->nr_configs) > 0);
	config->case_name = strdup(region);
	config->region = strdup(region);
	config->attributes_set = true;
	config->source = strdup("zap-heap");
	config->policy = strdup(policy);
	config->granularity = strdup(granularity);
	config->played_by_user = strdup("");
	config->value_unit = strdup("ns");
	config->operations = config->repetitions = 10;
	err |= facts_add_int(&config->params, NULL, "size_bytes", (int64_t)size);
	assert_int_equal(err, 0);
	return config;
}

/* A record as the matrix makes one, each region at the planted unit costs times @noise of its own. */
static struct record *planted_record(double sigma)
{
	static const char *const granularities[] = { "page", "around", "buffer", "huge" };
	static const char *const others[] = { "cached", "uncached", "refuse", "bounce", "user" };
	struct record *record = record_new();
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);

	assert_non_null(record);
	assert_int_equal(facts_add_int(&record->environment, "memory", "page_size_bytes", 4096), 0);
	for (size_t i = 0; i < 4; i++) {
		for (int lazy = 0; lazy < 2; lazy++) {
			for (double size = 2 * MIB; size <= 8 * MIB; size *= 2) {
				const char *policy = lazy ? "lazy" : "eager";
				struct config_result *config =
					add(record, REGION_TOUCH, policy, granularities[i], size);

				facts_add_real(&config->params, NULL, "touched_fraction", size > 4 * MIB ? 0.5 : 1);
				config = add(record, REGION_ZAP, policy, granularities[i], size);
				facts_add_int(&config->params, NULL, "maps", size > 4 * MIB ? 4 : 1);
				config = add(record, REGION_MAP, policy, granularities[i], size);
				facts_add_int(&config->checks, NULL, "chunks", size > 4 * MIB ? 512 : 1);
				config = add(record, REGION_ZAP, policy, granularities[i], size);
				facts_add_int(&config->params, NULL, "others", size > 2 * MIB ? 3 : 1);
				facts_add_text(&config->params, NULL, "others_do", "busy");
				config = add(record, REGION_FRAME, policy, granularities[i], size);
				facts_add_int(&config->params, NULL, "frames", size > 2 * MIB ? 4 : 1);
				facts_add_real(&config->params, NULL, "touched_fraction", size > 4 * MIB ? 0.25 : 1);
			}
		}
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		for (double size = 2 * MIB; size <= 8 * MIB; size *= 2) {
			add(record, REGION_TOUCH, others[i], "none", size);
			facts_add_int(&add(record, REGION_MAP, others[i], "none", size)->checks, NULL, "chunks",
				      size > 4 * MIB ? 512 : 4);
			facts_add_real(&add(record, REGION_FRAME, others[i], "none", size)->params, NULL,
				       "touched_fraction",
				       size > 4 * MIB   ? 0.25
				       : size > 2 * MIB ? 1
							: 0.5);
		}
	}
	for (size_t i = 0; i < record->nr_configs; i++) {
		struct config_result *config = &record->config[i];
		struct term_counts counts;
		struct region w;
		double sum = 0;

		assert_true(model_region(record, config, &w));
		assert_true(model_count(&w, false, &counts));
		for (enum term t = 0; t < NR_TERMS; t++)
			sum += counts.count[t] * planted[t];
		config->summary.value.value = sum * exp(gsl_ran_gaussian(rng, sigma));
	}
	gsl_rng_free(rng);
	return record;
}

static void planted_unit_costs_are_found(void **state)
{
	struct record *record = planted_record(0);
	struct region w = frame_of("lazy", "around", 4 * MIB, 0.5, 4);
	struct why why = { "", "" };
	struct term_counts counts;
	struct model model;
	double expected = 0;

	(void)state;
	assert_int_equal(model_fit(record, &model, &why), 0);
	for (enum term t = 0; t < NR_TERMS; t++) {
		if (fabs(model.unit_cost[t].value / planted[t] - 1) > 1e-5)
			fail_msg("%s: %g, planted %g", term_name(t), model.unit_cost[t].value, planted[t]);
	}
	assert_true(model.error_worst < 1e-5);
	assert_true(model_count(&w, false, &counts));
	for (enum term t = TERM_MAP; t < NR_TERMS; t++)
		expected += counts.count[t] * planted[t];
	assert_true(fabs(model_predict(&model, &w, NULL).value / expected - 1) < 1e-5);
	record_free(record);
}

/* With 2 % of noise the interval of a prediction holds the truth, and is no wider than it has to be. */
static void noise_is_in_the_interval(void **state)
{
	struct record *record = planted_record(0.02);
	struct why why = { "", "" };
	struct model model;
	size_t inside = 0, all = 0;

	(void)state;
	assert_int_equal(model_fit(record, &model, &why), 0);
	assert_in_range((int)(1000 * model.sigma), 15, 25);
	assert_true(model.error_median > 0.003 && model.error_median < 0.03);
	for (double touched = 0.1; touched < 1; touched += 0.1) {
		struct region w = frame_of("eager", "page", 4 * MIB, touched, 4);
		struct estimate cost = model_predict(&model, &w, NULL);
		struct term_counts counts;
		double truth = 0;

		assert_true(model_count(&w, false, &counts));
		for (enum term t = TERM_MAP; t < NR_TERMS; t++)
			truth += counts.count[t] * planted[t];
		inside += cost.lower <= truth && truth <= cost.upper;
		assert_true((cost.upper - cost.lower) / cost.value < 0.2);
		all++;
	}
	assert_true(inside + 1 >= all);
	record_free(record);
}

/* Of costs near 0 noise makes every second one negative; whoever zaps is not paid for it. */
static void no_unit_cost_is_negative(void **state)
{
	struct why why = { "", "" };
	size_t at_bound = 0;

	(void)state;
	for (int i = 1; i <= 5; i++) {
		struct record *record = planted_record(0.03 * i);
		struct model model;

		assert_int_equal(model_fit(record, &model, &why), 0);
		for (enum term t = 0; t < NR_TERMS; t++) {
			const struct estimate *cost = &model.unit_cost[t];

			assert_true(cost->value >= 0 && cost->lower >= 0 && cost->upper >= cost->value);
			assert_true(isfinite(cost->upper));
			if (cost->value > 0)
				continue;
			at_bound++;
			assert_true(cost->lower == 0 && cost->upper > 0);
		}
		record_free(record);
	}
	assert_true(at_bound > 0);
}

/* What the terms cannot say: every region of one kind costs three times as much for half of the sizes. */
static void a_model_that_does_not_fit_says_so(void **state)
{
	struct record *record = planted_record(0.02);
	struct why why = { "", "" };
	struct model model;

	(void)state;
	for (size_t i = 0; i < record->nr_configs; i++) {
		struct estimate *value = &record->config[i].summary.value;

		value->lower = value->value * 0.96;
		value->upper = value->value * 1.04;
	}
	assert_int_equal(model_fit(record, &model, &why), 0);
	assert_true(model.fits);
	assert_true(fabs(model.noise - 0.04 / 1.96) < 1e-3);
	for (size_t i = 0; i < record->nr_configs; i += 3) {
		struct estimate *value = &record->config[i].summary.value;

		*value = (struct estimate){ 3 * value->value, 3 * value->lower, 3 * value->upper, value->level,
					    value->n };
	}
	assert_int_equal(model_fit(record, &model, &why), 0);
	assert_false(model.fits);
	assert_true(model.lack > 0.1);
	record_free(record);
}

static void what_is_outside_is_said(void **state)
{
	struct record *record = planted_record(0);
	struct region w = frame_of("lazy", "page", 4 * MIB, 0.5, 4);
	struct why why = { "", "" };
	struct model model;
	char text[400];

	(void)state;
	assert_int_equal(model_fit(record, &model, &why), 0);
	assert_false(model_outside(&model, &w, text, sizeof(text)));
	w.bytes = 64 * MIB;
	w.maps = 8;
	assert_true(model_outside(&model, &w, text, sizeof(text)));
	assert_string_equal(text, "64 MiB (measured: 2 to 8); 8 mappings (measured: 1 to 4)");
	record_free(record);
}

/* With GSL's own handler this would end the test. */
static void gsl_reports_its_errors(void **state)
{
	(void)state;
	gsl_error("planted", __FILE__, __LINE__, GSL_EFAILED);
}

static void too_little_is_refused(void **state)
{
	struct record *record = planted_record(0);
	struct why why = { "", "" };
	struct model model;

	(void)state;
	/* Where userspace plays the policies, nothing is known of the kernel's unit costs. */
	for (size_t i = 0; i < record->nr_configs; i++)
		record->config[i].attributes_set = false;
	assert_int_equal(model_fit(record, &model, &why), -ENODATA);
	assert_non_null(strstr(why.remedy, "make bench-qemu"));
	record_free(record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_counted_by_the_rules),
		cmocka_unit_test(uses_are_counted_by_the_rules),
		cmocka_unit_test(random_pages_hit_blocks_as_chance_has_it),
		cmocka_unit_test(planted_unit_costs_are_found),
		cmocka_unit_test(noise_is_in_the_interval),
		cmocka_unit_test(no_unit_cost_is_negative),
		cmocka_unit_test(a_model_that_does_not_fit_says_so),
		cmocka_unit_test(what_is_outside_is_said),
		cmocka_unit_test(gsl_reports_its_errors),
		cmocka_unit_test(too_little_is_refused),
	};

	return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
