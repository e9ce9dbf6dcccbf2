// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Known answers: records in which the costs, and so the cheapest policy and the crossovers, were planted. Given a
 * folder, it writes its records there, for report.sh to make reports of.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>

#include "report/analysis/choice.h"
#include "report/answer/brief.h"
#include "report/render/words.h"
#include "bench/base/params.h"
#include "bench/base/region.h"

#define MIB 1048576

/* ---- records ---- */

static struct record *new_record(bool emulated)
{
	struct record *record = record_new();

	assert_non_null(record);
	record->run_id = strdup("planted");
	record->tool_version = strdup("test");
	record->tool_git = strdup("");
	record->started_at = strdup("2026-01-01T00:00:00Z");
	record->command_line = strdup("zapbench run frame");
	record->layout = strdup("fixed");
	record->stopped_by = strdup("precision");
	record->profile = strdup("full");
	record->emulated = emulated;
	assert_int_equal(facts_add_text(&record->environment, "kernel", "release", "6.12"), 0);
	assert_int_equal(facts_add_int(&record->environment, "memory", "page_size_bytes", 4096), 0);
	assert_int_equal(record_declare_round_column(record, "disturbed", true), 0);
	return record;
}

static struct config_result *add_frame(struct record *record, const char *policy, const char *granularity,
				       int64_t bytes, double touched, int64_t frames)
{
	struct config_result *config = record_add_config(record);
	int err = 0;

	assert_non_null(config);
	assert_true(asprintf(&config->name, "frame/zap-heap/%s/%s/%lldM/touched=%g/frames=%lld", policy, granularity,
			     (long long)bytes / MIB, touched, (long long)frames) > 0);
	config->case_name = strdup("frame");
	config->region = strdup(REGION_FRAME);
	config->rate = strdup(RATE_BYTES);
	config->workload = config->attributes_set = true;
	config->source = strdup("zap-heap");
	config->policy = strdup(policy);
	config->granularity = strdup(granularity);
	config->calls = strdup("");
	config->played_by_user = strdup("");
	config->not_played = strdup("");
	config->operation = strdup("frame");
	config->value_column = strdup(record->emulated ? "instructions" : "time_ns");
	config->value_unit = strdup(record->emulated ? "instructions" : "ns");
	config->expected_by = strdup("planted");
	config->emulated = record->emulated;
	config->operations = frames;
	config->repetitions = 1;
	config->faults_expected = 4;
	err |= facts_add_int(&config->params, NULL, "size_bytes", bytes);
	err |= facts_add_real(&config->params, NULL, "touched_fraction", touched);
	err |= facts_add_int(&config->params, NULL, "frames", frames);
	err |= config_declare_column(config, config->value_column, false);
	err |= config_declare_column(config, "faults_minor", true);
	err |= config_declare_column(config, "disturbed", true);
	assert_int_equal(err, 0);
	return config;
}

/* What a frame costs by the plant: @fixed and so much for all pages, in ns. */
struct plant {
	const char *policy, *granularity;
	double fixed, all_pages;
	bool partial; /* not measured where all pages are read */
};

/* Rounds whose speed drifts by 20 % from the first to the last, and in which each sample errs by @noise. */
static void add_rounds(struct record *record, const double *cost, int rounds, double noise)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);

	for (int i = 0; i < rounds; i++) {
		assert_int_equal(record_add_round(record), 0);
		record_round_column(record, "disturbed")->value[i] = 0;
		for (size_t j = 0; j < record->nr_configs; j++) {
			struct config_result *config = &record->config[j];

			config_column(config, config->value_column)->value[i] = cost[j] * (double)config->operations *
										(1 + 0.2 * i / rounds) *
										exp(gsl_ran_gaussian(rng, noise));
			config_column(config, "faults_minor")->value[i] = 4;
			config_column(config, "disturbed")->value[i] = 0;
		}
	}
	gsl_rng_free(rng);
}

static const struct plant plants[] = {
	{ "cached", "none", 400e3, 0, false },    { "eager", "around", 300e3, 100e3, false },
	{ "eager", "page", 310e3, 300e3, false }, { "lazy", "around", 250e3, 200e3, false },
	{ "refuse", "none", 900e3, 10e3, true },
};
static const double fractions[] = { 0.125, 0.25, 0.75, 1 };

#define NR_PLANTS (sizeof(plants) / sizeof(plants[0]))
#define NR_FRACTIONS (sizeof(fractions) / sizeof(fractions[0]))

/* Frames at every fraction, in which @plant says what each policy costs. */
static struct record *record_of(const struct plant *plant, size_t count, double noise)
{
	double cost[NR_PLANTS * NR_FRACTIONS];
	struct record *record = new_record(false);
	size_t n = 0;

	for (size_t i = 0; i < NR_FRACTIONS; i++) {
		for (size_t j = 0; j < count; j++) {
			if (plant[j].partial && fractions[i] == 1)
				continue;
			add_frame(record, plant[j].policy, plant[j].granularity, MIB, fractions[i], 4);
			cost[n++] = plant[j].fixed + plant[j].all_pages * fractions[i];
		}
	}
	add_rounds(record, cost, 60, noise);
	assert_int_equal(record_summarise(record), 0);
	return record;
}

/*
 * lazy is cheapest below half of the pages, where it costs what eager does (350 us), and eager above. cached and eager
 * tie at all of them. refuse was not measured at the last fraction.
 */
static struct record *planted_record(double noise)
{
	return record_of(plants, NR_PLANTS, noise);
}

/* Two policies lack a point, and the name of one is a part of the other's. */
static struct record *partial_record(void)
{
	static const struct plant partial[] = { { "uncached", "none", 400e3, 0, true },
						{ "cached", "none", 900e3, 10e3, true },
						{ "eager", "around", 300e3, 100e3, false },
						{ "lazy", "around", 250e3, 200e3, false } };

	return record_of(partial, 4, 0.003);
}

static void make_imitated(struct record *record)
{
	for (size_t i = 0; i < record->nr_configs; i++) {
		free(record->config[i].not_played);
		record->config[i].not_played = strdup("cache maintenance");
	}
}

/* Userspace imitates the policies. At all pages cached costs least, for certain. */
static struct record *imitated_record(void)
{
	static const struct plant imitated[] = { { "cached", "none", 300e3, 0, false },
						 { "eager", "around", 300e3, 100e3, false },
						 { "lazy", "around", 250e3, 200e3, false } };
	struct record *record = record_of(imitated, 3, 0.003);

	make_imitated(record);
	return record;
}

/*
 * Frames of clients in variants. With prefault=thread another CPU maps the pages, so the frame costs less at all
 * fractions; but for that, bounce with memory that it keeps costs least.
 */
static struct record *variants_record(void)
{
	static const struct {
		const char *policy, *granularity, *key, *value;
		double cost;
	} variants[] = { { "bounce", "none", "scratch", "reused", 300e3 },
			 { "bounce", "none", "scratch", "fresh", 500e3 },
			 { "prefault", "around", "prefault", "caller", 400e3 },
			 { "prefault", "around", "prefault", "thread", 200e3 } };
	double cost[4 * NR_FRACTIONS];
	struct record *record = new_record(false);

	for (size_t i = 0; i < NR_FRACTIONS * 4; i++) {
		struct config_result *config = add_frame(record, variants[i % 4].policy, variants[i % 4].granularity,
							 MIB, fractions[i / 4], 4);
		char *name = config->name;

		assert_true(asprintf(&config->name, "%s/%s=%s", name, variants[i % 4].key, variants[i % 4].value) > 0);
		free(name);
		assert_int_equal(facts_add_text(&config->params, NULL, variants[i % 4].key, variants[i % 4].value), 0);
		assert_int_equal(config_declare_column(config, RECORD_COLUMN_COPY_FROM, true), 0);
		assert_int_equal(config_declare_column(config, RECORD_COLUMN_COPY_TO, true), 0);
		cost[i] = variants[i % 4].cost;
	}
	add_rounds(record, cost, 60, 0.003);
	/* A round in three copies out of the buffer by vectors; the first round has no sample. */
	for (size_t i = 0; i < record->nr_configs; i++) {
		for (size_t j = 1; j < record->nr_rounds && !strcmp(record->config[i].policy, "bounce"); j++) {
			config_column(&record->config[i], RECORD_COLUMN_COPY_FROM)->value[j] =
				j % 3 ? ISA_SCALAR : ISA_VECTOR;
			config_column(&record->config[i], RECORD_COLUMN_COPY_TO)->value[j] = ISA_STREAM;
		}
	}
	assert_int_equal(record_summarise(record), 0);
	return record;
}

/* ---- verdicts ---- */

static const struct workload *use_at(const struct choice *choice, double touched)
{
	for (size_t i = 0; i < choice->nr_workloads; i++) {
		if (choice->workload[i].touched == touched)
			return &choice->workload[i];
	}
	fail_msg("no workload of %g", touched);
	return NULL;
}

static void the_planted_policy_is_found(void **state)
{
	struct record *record = planted_record(0.003);
	struct choice choice;

	(void)state;
	assert_int_equal(choice_make(record, &choice), 0);
	assert_int_equal(choice.nr_workloads, NR_FRACTIONS);
	assert_int_equal(choice.comparisons, 3 * 10 + 6);
	assert_int_equal(use_at(&choice, 0.125)->verdict, CHOICE_DECIDED);
	assert_string_equal(use_at(&choice, 0.125)->option[0].config->policy, "lazy");
	assert_string_equal(use_at(&choice, 0.125)->next->config->policy, "eager");
	/* (300 + 12.5) / (250 + 25) */
	assert_true(fabs(use_at(&choice, 0.125)->next->over.value - 312.5 / 275) < 0.01);
	assert_true(use_at(&choice, 0.125)->next->over.lower < 312.5 / 275);
	assert_true(use_at(&choice, 0.125)->next->over.upper > 312.5 / 275);
	assert_int_equal(use_at(&choice, 0.75)->verdict, CHOICE_DECIDED);
	assert_string_equal(use_at(&choice, 0.75)->option[0].config->policy, "eager");
	assert_string_equal(use_at(&choice, 0.75)->option[0].config->granularity, "around");
	assert_true(use_at(&choice, 0.75)->granularity_decided);
	/* Missing, and nobody invents it. */
	assert_non_null(workload_option(use_at(&choice, 0.75), "refuse"));
	assert_null(workload_option(use_at(&choice, 1), "refuse"));
	choice_free(&choice);
	record_free(record);
}

static void a_tie_is_undecided(void **state)
{
	struct record *record = planted_record(0.003);
	struct choice choice;

	(void)state;
	assert_int_equal(choice_make(record, &choice), 0);
	assert_int_equal(use_at(&choice, 1)->verdict, CHOICE_UNDECIDED);
	choice_free(&choice);
	record_free(record);
}

/* The sentence of @record, whose policies are made imitated ones. */
static void imitated_sentence(struct record *record, char *text)
{
	struct choice choice;

	make_imitated(record);
	assert_int_equal(record_summarise(record), 0);
	assert_int_equal(choice_make(record, &choice), 0);
	assert_int_equal(brief_sentence(&choice, text), 0);
	choice_free(&choice);
	record_free(record);
}

static void expect(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no \"%s\" in: %s", part, text);
}

/* A frame under cached, which costs 300 us, and under eager. */
static struct record *two_policies(double eager, int rounds)
{
	const double cost[] = { 300e3, eager };
	struct record *record = new_record(false);

	add_frame(record, "cached", "none", MIB, 1, 4);
	add_frame(record, "eager", "page", MIB, 1, 4);
	add_rounds(record, cost, rounds, 0.003);
	return record;
}

/* What this run does not tell apart has no break-even; the sentence says why, and what would tell. */
static void no_break_even_of_what_is_not_told_apart(void **state)
{
	static const char *const none[] = { "Break-even", "more than", "pays off" };
	static const struct plant three[] = { { "cached", "none", 300e3, 0, false },
					      { "eager", "around", 300e3, 0, false },
					      { "lazy", "around", 600e3, 0, false } };
	struct record *record;
	char text[BRIEF_TEXT];

	(void)state;
	/* The drift of the rounds does not hide 1 %, a noise of 0.3 % does not show 0.01 %. */
	imitated_sentence(two_policies(303e3, 60), text);
	expect(text, "Break-even for a 1M frame, 100 % read: eager/page costs ");
	expect(text, " more than cached. A policy pays off only if");
	expect(text, " cached pays off while cache maintenance costs less than ");
	assert_null(strstr(text, "nconclusive"));
	imitated_sentence(two_policies(300.03e3, 60), text);
	expect(text, "Inconclusive for a 1M frame, 100 % read: ");
	expect(text, " are not distinguishable: the difference is ");
	expect(text, " For a firmer answer, run with --budget 60.");
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_null(strstr(text, none[i]));
	imitated_sentence(two_policies(600e3, 2), text);
	expect(text, "eager/page and cached are not distinguishable: the difference is ");
	expect(text, " (2 rounds: too few for an interval). For a firmer");
	/* Where the disturbed samples are left out eager costs more, with them it costs less. */
	record = two_policies(330e3, 60);
	for (size_t i = 0; i < record->nr_rounds; i++) {
		if (i % 5 < 2)
			continue;
		config_column(&record->config[1], "disturbed")->value[i] = DISTURBED_SWITCH;
		config_column(&record->config[1], "time_ns")->value[i] *= 0.5;
	}
	imitated_sentence(record, text);
	expect(text, "), but the disturbed samples change that. For a firmer");
	/* eager costs less in 17 of 20 rounds, and has the larger median. */
	record = two_policies(300e3, 60);
	for (size_t i = 0; i < record->nr_rounds; i++) {
		bool slow = i % 20 >= 9 && i % 20 < 17;

		config_column(&record->config[0], "time_ns")->value[i] *= slow ? 3 : 1;
		config_column(&record->config[1], "time_ns")->value[i] *= i % 20 >= 17 ? 2 : slow ? 2.94 : 0.98;
	}
	imitated_sentence(record, text);
	expect(text, "Inconclusive for");
	expect(text, "), but the medians differ the other way round. For a firmer");
	/* A run that ended by its precision needs another one, too. */
	record = two_policies(300.03e3, 60);
	record->precision_percent = 1;
	record->budget_s = 75;
	imitated_sentence(record, text);
	expect(text, " For a firmer answer, run with --precision 0.5 --budget 300.");
	/* lazy has a break-even. No cost of maintenance is one, since eager may cost less than cached. */
	record = record_of(three, 3, 0.003);
	for (size_t i = 0; i < record->nr_configs; i++) {
		for (size_t j = 0; j < record->nr_rounds && !strcmp(record->config[i].policy, "eager"); j++)
			config_column(&record->config[i], "time_ns")->value[j] *= j % 20 < 11 ? 1.2 : 0.8;
	}
	imitated_sentence(record, text);
	expect(text, "Break-even for a 1M frame, 100 % read: lazy/around costs ");
	expect(text,
	       " more than cached. A policy pays off only if it saves more than this in those costs. Inconclusive: "
	       "eager/around and cached are not distinguishable: ");
	assert_null(strstr(text, "per KiB"));
}

/* A frame whose faults another CPU takes is no cost of the same policy: it has a name and a place of its own. */
static void what_another_cpu_pays_is_told(void **state)
{
	struct record *record = variants_record();
	char text[BRIEF_TEXT];
	struct choice choice;
	const struct workload *workload;

	(void)state;
	assert_int_equal(choice_make(record, &choice), 0);
	workload = use_at(&choice, 1);
	assert_int_equal(workload->nr_options, 4);
	assert_string_equal(option_words(workload->option[0].config).text, "prefault/around (thread)");
	assert_string_equal(option_words(workload->option[1].config).text, "bounce");
	assert_string_equal(option_words(workload->option[2].config).text, "prefault/around");
	assert_string_equal(option_words(workload->option[3].config).text, "bounce (fresh)");
	/* prefault has its own figure beside that of the thread; of bounce the cheaper variant is taken. */
	assert_ptr_equal(workload_other_policy(workload, 0), &workload->option[1]);
	assert_ptr_equal(workload_other_policy(workload, 1), &workload->option[2]);
	assert_null(workload_other_policy(workload, 2));
	assert_ptr_equal(workload->next, &workload->option[1]);
	assert_int_equal(brief_sentence(&choice, text), 0);
	expect(text, "prefault (thread) costs least in all 4 workloads (runner-up: ");
	expect(text, " prefault (thread): another CPU pays for the page faults; neither they nor its time are in the "
		     "figure.");
	/* What is not all of the cost is no recommendation. */
	assert_null(strstr(text, "Use "));
	choice_free(&choice);
	record_free(record);
	/* Nothing of it where no thread was measured. */
	record = planted_record(0.003);
	assert_int_equal(choice_make(record, &choice), 0);
	assert_int_equal(brief_sentence(&choice, text), 0);
	assert_null(strstr(text, "thread"));
	choice_free(&choice);
	record_free(record);
}

/* Slow cores like one policy, fast ones the other: an answer for each, the fast ones first. */
static void each_core_type_has_its_answer(void **state)
{
	static const double cost[] = { 300e3, 200e3, 100e3, 150e3 };
	struct record *record = new_record(false);
	char text[BRIEF_TEXT];
	struct choice choice;

	(void)state;
	assert_int_equal(facts_add_text(&record->environment, "topology", "core_type_0", "0-3"), 0);
	assert_int_equal(facts_add_text(&record->environment, "topology", "core_type_1", "4-7"), 0);
	for (int i = 0; i < 4; i++) {
		struct config_result *config = add_frame(record, i % 2 ? "lazy" : "eager", "around", MIB, 1, 4);

		assert_int_equal(facts_add_int(&config->params, NULL, RECORD_CORE_TYPE, i / 2), 0);
	}
	add_rounds(record, cost, 60, 0.003);
	assert_int_equal(record_summarise(record), 0);
	assert_int_equal(choice_make(record, &choice), 0);
	assert_int_equal(choice.nr_workloads, 2);
	assert_string_equal(choice.workload[0].option[0].config->policy, "eager");
	assert_string_equal(choice.workload[1].option[0].config->policy, "lazy");
	assert_int_equal(brief_sentence(&choice, text), 0);
	if (!strstr(text, "on core type 1 (CPUs 4-7) eager costs least") ||
	    !strstr(text, "on core type 0 (CPUs 0-3) lazy costs least"))
		fail_msg("%s", text);
	choice_free(&choice);
	record_free(record);
}

/* An import by a DRM driver costs something else than the device of the zap heaps: another workload. */
static void a_drm_driver_is_another_device(void **state)
{
	static const double cost[] = { 300e3, 200e3, 100e3, 150e3 };
	struct record *record = new_record(false);
	struct choice choice;
	struct brief brief;

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct config_result *config = add_frame(record, i % 2 ? "lazy" : "eager", "around", MIB, 1, 4);

		/* Records of before do not name the device. */
		if (i)
			assert_int_equal(facts_add_text(&config->params, NULL, "device", i / 2 ? "drm" : "noncoherent"),
					 0);
	}
	add_rounds(record, cost, 60, 0.003);
	assert_int_equal(record_summarise(record), 0);
	assert_int_equal(choice_make(record, &choice), 0);
	assert_int_equal(choice.nr_workloads, 2);
	assert_string_equal(choice.workload[0].option[0].config->policy, "lazy");
	assert_string_equal(choice.workload[1].option[0].config->policy, "eager");
	assert_null(strstr(workload_words(&choice.workload[0]).text, "DRM"));
	assert_non_null(strstr(workload_words(&choice.workload[1]).text, "a DRM driver is the device"));
	brief = brief_rows(&choice);
	assert_string_equal(brief_label(&brief, &choice.workload[0]).text, "device noncoherent");
	assert_string_equal(brief_label(&brief, &choice.workload[1]).text, "device drm");
	assert_null(strstr(brief_shared(&brief).text, "device"));
	choice_free(&choice);
	record_free(record);
}

static void noise_decides_nothing(void **state)
{
	struct record *record = planted_record(2);
	struct choice choice;

	(void)state;
	assert_int_equal(choice_make(record, &choice), 0);
	for (size_t i = 0; i < choice.nr_workloads; i++)
		assert_int_equal(choice.workload[i].verdict, CHOICE_UNDECIDED);
	choice_free(&choice);
	record_free(record);
}

/* A tenth of the rounds are 50 times as slow, for one policy alone. */
static void outliers_change_nothing(void **state)
{
	struct record *record = planted_record(0.003);
	struct choice choice;

	(void)state;
	for (size_t i = 0; i < record->nr_configs; i++) {
		struct config_result *config = &record->config[i];

		for (size_t j = 0; j < record->nr_rounds && !strcmp(config->policy, "lazy"); j += 10)
			config_column(config, "time_ns")->value[j] *= 50;
	}
	assert_int_equal(record_summarise(record), 0);
	assert_int_equal(choice_make(record, &choice), 0);
	assert_int_equal(use_at(&choice, 0.125)->verdict, CHOICE_DECIDED);
	assert_string_equal(use_at(&choice, 0.125)->option[0].config->policy, "lazy");
	choice_free(&choice);
	record_free(record);
}

static void invalid_and_disturbed_take_no_part(void **state)
{
	struct record *record = planted_record(0.003);
	struct choice choice;

	(void)state;
	for (size_t i = 0; i < record->nr_rounds; i++)
		config_column(&record->config[3], "faults_minor")->value[i] = 5; /* lazy at 0.125 */
	assert_int_equal(record_summarise(record), 0);
	assert_int_equal(choice_make(record, &choice), 0);
	assert_int_equal(choice.invalid, 1);
	assert_string_equal(use_at(&choice, 0.125)->option[0].config->policy, "eager");
	choice_free(&choice);
	for (size_t i = 0; i < record->nr_rounds; i++)
		record_round_column(record, "disturbed")->value[i] = DISTURBED_FREQUENCY;
	assert_int_equal(record_summarise(record), 0);
	assert_int_equal(choice_make(record, &choice), 0);
	assert_int_equal(choice.nr_workloads, 0);
	assert_int_equal(choice.without_figure, record->nr_configs - 1);
	choice_free(&choice);
	record_free(record);
}

/* Two rounds are too few for any interval, however far the policies are apart. */
static void few_rounds_decide_nothing(void **state)
{
	struct record *record = new_record(false);
	const double cost[] = { 1e6, 2e6 };
	struct choice choice;

	(void)state;
	add_frame(record, "cached", "none", MIB, 1, 1);
	add_frame(record, "eager", "page", MIB, 1, 1);
	add_rounds(record, cost, 2, 0.001);
	assert_int_equal(record_summarise(record), 0);
	assert_int_equal(choice_make(record, &choice), 0);
	assert_int_equal(choice.workload[0].verdict, CHOICE_UNDECIDED);
	choice_free(&choice);
	record_free(record);
}

static struct record *emulated_record(void)
{
	struct record *record = new_record(true);
	/* lazy costs more than cached by far, uncached less than all, refuse the same as it but for interrupts. */
	const double cost[] = { 1060e3, 1400e3, 928e3, 928.4e3 };

	add_frame(record, "cached", "none", 2 * MIB, 1, 4);
	add_frame(record, "lazy", "buffer", 2 * MIB, 1, 4);
	add_frame(record, "uncached", "none", 2 * MIB, 1, 4);
	add_frame(record, "refuse", "none", 2 * MIB, 1, 4);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(record_add_round(record), 0);
		record_round_column(record, "disturbed")->value[i] = 0;
		for (size_t j = 0; j < record->nr_configs; j++) {
			config_column(&record->config[j], "instructions")->value[i] =
				4 * cost[j] + 1000 * ((i + (int)j) % 3);
			config_column(&record->config[j], "faults_minor")->value[i] = 4;
			config_column(&record->config[j], "disturbed")->value[i] = 0;
		}
	}
	assert_int_equal(record_summarise(record), 0);
	return record;
}

static void emulation_compares_within_a_memory_type(void **state)
{
	struct record *record = emulated_record();
	struct choice choice;

	(void)state;
	assert_int_equal(choice_make(record, &choice), 0);
	assert_int_equal(choice.nr_workloads, 2);
	assert_int_equal(choice.workload[0].memory, MEMORY_CACHED);
	assert_int_equal(choice.workload[0].verdict, CHOICE_DECIDED);
	assert_string_equal(choice.workload[0].option[0].config->policy, "cached");
	/* uncached is below cached by figures that emulation cannot tell; it is of the other type, and a tie there. */
	assert_int_equal(choice.workload[1].memory, MEMORY_WC);
	assert_int_equal(choice.workload[1].verdict, CHOICE_UNDECIDED);
	choice_free(&choice);
	record_free(record);
}

static void times_of_emulation_are_not_taken(void **state)
{
	struct record *record = planted_record(0.003);
	struct choice choice;

	(void)state;
	record->emulated = true;
	assert_int_equal(choice_make(record, &choice), 0);
	assert_int_equal(choice.nr_workloads, 0);
	assert_int_equal(choice.without_figure, record->nr_configs);
	choice_free(&choice);
	record_free(record);
}

/* ---- crossings ---- */

/* Lines a + b x of two policies, whose ratio is known to @half on either side. */
static size_t crossings_of(double a0, double b0, double a1, double b1, double half, struct crossing *crossing)
{
	static const double x[] = { 0.1, 0.3, 0.7, 1 };
	struct estimate ratio[4];
	double base[4];

	for (size_t i = 0; i < 4; i++) {
		base[i] = a1 + b1 * x[i];
		ratio[i].value = (a0 + b0 * x[i]) / base[i];
		ratio[i].lower = ratio[i].value - half;
		ratio[i].upper = ratio[i].value + half;
	}
	return crossings_find(x, base, ratio, 4, crossing);
}

static void a_planted_crossing_is_found(void **state)
{
	struct crossing crossing[CROSSINGS_MAX];

	(void)state;
	assert_int_equal(crossings_of(300, 100, 250, 200, 0.01, crossing), 1);
	assert_true(fabs(crossing[0].at - 0.5) < 1e-9);
	assert_true(crossing[0].decided);
	/* Lines are 350 apart from 0 by 100 a unit, and known to 1 % of about 350: 0.035 to each side. */
	assert_true(fabs(crossing[0].lower - 0.465) < 0.005);
	assert_true(fabs(crossing[0].upper - 0.535) < 0.005);
	/* The other way round it is the same place. */
	assert_int_equal(crossings_of(250, 200, 300, 100, 0.01, crossing), 1);
	assert_true(fabs(crossing[0].at - 0.5) < 1e-9);
}

static void parallel_lines_do_not_cross(void **state)
{
	struct crossing crossing[CROSSINGS_MAX];

	(void)state;
	assert_int_equal(crossings_of(300, 100, 250, 100, 0.01, crossing), 0);
	assert_int_equal(crossings_of(300, 100, 300, 100, 0.01, crossing), 0); /* a tie all along */
}

static void a_crossing_in_the_noise_is_undecided(void **state)
{
	struct crossing crossing[CROSSINGS_MAX];

	(void)state;
	assert_int_equal(crossings_of(300, 100, 250, 200, 0.5, crossing), 1);
	assert_false(crossing[0].decided);
	assert_true(isnan(crossing[0].lower));
	assert_true(isnan(crossing[0].upper));
	/* Near the end one side has no room to tell them apart. */
	assert_int_equal(crossings_of(300, 100, 207, 200, 0.03, crossing), 1);
	assert_true(fabs(crossing[0].at - 0.93) < 1e-9);
	assert_false(crossing[0].decided);
	assert_true(isfinite(crossing[0].lower));
	assert_true(isnan(crossing[0].upper));
}

static void ties_on_the_way(void **state)
{
	static const double x[] = { 1, 2, 3, 4 }, base[] = { 100, 100, 100, 100 };
	const struct estimate crosses[] = {
		{ 1.1, 1.09, 1.11, 0, 9 }, { 1, 0.99, 1.01, 0, 9 }, { 1, 0.99, 1.01, 0, 9 }, { 0.9, 0.89, 0.91, 0, 9 }
	};
	const struct estimate touches[] = {
		{ 1.1, 1.09, 1.11, 0, 9 }, { 1, 0.99, 1.01, 0, 9 }, { 1, 0.99, 1.01, 0, 9 }, { 1.1, 1.09, 1.11, 0, 9 }
	};
	struct crossing crossing[CROSSINGS_MAX];

	(void)state;
	assert_int_equal(crossings_find(x, base, crosses, 4, crossing), 1);
	assert_true(crossing[0].at == 2.5);
	assert_true(crossing[0].decided);
	assert_true(fabs(crossing[0].lower - 1.9) < 0.01);
	assert_true(fabs(crossing[0].upper - 3.1) < 0.01);
	assert_int_equal(crossings_find(x, base, touches, 4, crossing), 0);
}

/* ---- records for report.sh ---- */

static void write_record(struct record *record, const char *folder, const char *name)
{
	struct why why = { "", "" };
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (record_write(record, path, &why)) {
		fprintf(stderr, "%s\n", why.reason);
		exit(1);
	}
	record_free(record);
}

static void replace(char **text, const char *with)
{
	free(*text);
	*text = strdup(with);
}

/* Whatever text a record can hold, in every place that a report shows. */
static struct record *hostile_record(void)
{
	static const char bad[] =
		"<script>alert(1)</script>' \"`$(touch OWNED)` | **b** [x](http://evil.example/) "
		"![i](http://evil.example/) \\ {/b} \xe2\x80\xae#@%d\n<img src=http://evil.example/x>";
	struct record *record = planted_record(0.003);
	struct config_result *config;

	record_add_label(record, bad, bad);
	record_add_warning(record, "bad", bad, bad);
	record_add_skipped(record, bad, bad, bad);
	replace(&record->command_line, bad);
	facts_add_text(&record->environment, "cpu", "model", bad);
	for (size_t i = 0; i < record->nr_configs; i++) {
		config = &record->config[i];
		replace(&config->source, bad);
		replace(&config->not_played, bad);
		replace(&config->played_by_user, bad);
		if (!strcmp(config->policy, "lazy"))
			replace(&config->policy, bad);
		if (!strcmp(config->granularity, "around"))
			replace(&config->granularity, bad);
	}
	config = &record->config[0];
	config->histogram = histogram_new();
	for (int i = 0; i < 1000; i++)
		histogram_add(config->histogram, 500 + i);
	return record;
}

/* As large as a record may be for a report in 10 s: 500 configurations of 1,000 rounds. */
static struct record *large_record(void)
{
	struct record *record = new_record(false);
	double cost[500];
	size_t n = 0;

	for (int64_t frames = 1; n < 500; frames *= 4) {
		for (int64_t size = 1; size <= 16 && n < 500; size *= 4) {
			for (size_t i = 0; i < NR_FRACTIONS * 2 && n < 500; i++) {
				double touched = fractions[i % NR_FRACTIONS] / (i < NR_FRACTIONS ? 1 : 16);

				for (size_t j = 0; j < NR_PLANTS && n < 500; j++) {
					add_frame(record, plants[j].policy, plants[j].granularity, size * MIB, touched,
						  frames);
					cost[n++] = (plants[j].fixed + plants[j].all_pages * touched) * (double)size;
				}
			}
		}
	}
	add_rounds(record, cost, 1000, 0.01);
	return record;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_planted_policy_is_found),
		cmocka_unit_test(a_tie_is_undecided),
		cmocka_unit_test(no_break_even_of_what_is_not_told_apart),
		cmocka_unit_test(what_another_cpu_pays_is_told),
		cmocka_unit_test(each_core_type_has_its_answer),
		cmocka_unit_test(a_drm_driver_is_another_device),
		cmocka_unit_test(noise_decides_nothing),
		cmocka_unit_test(outliers_change_nothing),
		cmocka_unit_test(invalid_and_disturbed_take_no_part),
		cmocka_unit_test(few_rounds_decide_nothing),
		cmocka_unit_test(emulation_compares_within_a_memory_type),
		cmocka_unit_test(times_of_emulation_are_not_taken),
		cmocka_unit_test(a_planted_crossing_is_found),
		cmocka_unit_test(parallel_lines_do_not_cross),
		cmocka_unit_test(a_crossing_in_the_noise_is_undecided),
		cmocka_unit_test(ties_on_the_way),
	};

	if (argc > 1) {
		write_record(planted_record(0.003), argv[1], "planted.json");
		write_record(partial_record(), argv[1], "partial.json");
		write_record(variants_record(), argv[1], "variants.json");
		write_record(imitated_record(), argv[1], "cached.json");
		write_record(planted_record(2), argv[1], "noise.json");
		write_record(emulated_record(), argv[1], "emulated.json");
		write_record(hostile_record(), argv[1], "hostile.json");
		write_record(new_record(false), argv[1], "empty.json");
		if (argc > 2)
			write_record(large_record(), argv[1], "large.json");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
