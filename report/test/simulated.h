/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs that never ran, for tests of comparisons: what a machine with other work does to times, with a known effect put
 * in. Each run is slower or faster than the next as a whole (a lognormal of 10 %, as measured between runs of one
 * kernel), wanders while it goes on, has noise and a heavy tail in every sample, and rounds that are disturbed.
 */
#ifndef ZAPBENCH_TEST_SIMULATED_H
#define ZAPBENCH_TEST_SIMULATED_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>

#include "bench/base/text.h"
#include "bench/record/record.h"

struct simulation {
	gsl_rng *rng;
	size_t rounds;
	double run_sigma;   /* between runs */
	double round_sigma; /* between samples of a run */
	double disturbed;   /* the fraction of rounds */
};

static inline void must(bool good)
{
	if (good)
		return;
	fputs("no memory\n", stderr);
	abort();
}

static inline char *copied(const char *text)
{
	char *copy = strdup(text);

	must(copy);
	return copy;
}

/* A record without configurations, of the machine and kernel that all have unless a test changes them. */
static inline struct record *simulated_record(unsigned int number)
{
	struct record *record = record_new();
	char id[64];

	must(record);
	snprintf(id, sizeof(id), "20260101T000000Z-simulated-%08x", number);
	record->tool_version = copied("0.1.0");
	record->tool_git = copied("0123456789ab");
	record->run_id = copied(id);
	record->started_at = copied("2026-01-01T00:00:00Z");
	record->duration_s = number;
	record->command_line = copied("zapbench run");
	record->profile = copied("quick");
	record->layout = copied("fixed");
	record->stopped_by = copied("budget");
	record->seed = number;
	/* each run of a boot of its own */
	must(!facts_add_text(&record->environment, "kernel", "boot_id", id) &&
	     !facts_add_text(&record->environment, "kernel", "release", "6.12.1") &&
	     !facts_add_text(&record->environment, "kernel", "architecture", "aarch64") &&
	     !facts_add_text(&record->environment, "cpu", "model", "Simulated") &&
	     !facts_add_text(&record->environment, "cpu", "governor", "performance") &&
	     !facts_add_int(&record->environment, "memory", "page_size_bytes", 4096));
	must(!record_declare_round_column(record, RECORD_COLUMN_DISTURBED, true));
	return record;
}

/* Parameters as a record has them, from size[/key=value...]: labels are made of them. */
static inline void simulated_params(struct config_result *config, char *rest)
{
	char *word = strsep(&rest, "/"), *value, *end;
	double bytes;

	if (!word || size_parse(word, &bytes))
		return;
	must(!facts_add_int(&config->params, NULL, "size_bytes", (int64_t)bytes));
	while ((value = strsep(&rest, "/"))) {
		const char *key = strsep(&value, "=");
		long number = strtol(value ? value : "", &end, 10);

		if (!value)
			continue;
		must(!(*value && !*end ? facts_add_int(&config->params, NULL, key, number)
				       : facts_add_text(&config->params, NULL, key, value)));
	}
}

/* A configuration without samples yet. The name is case/source/policy/granularity/size[/key=value...]. */
static inline struct config_result *simulated_config(struct record *record, const char *name)
{
	struct config_result *config = record_add_config(record);
	char copy[256], *rest = copy;

	must(config && strlen(name) < sizeof(copy));
	strcpy(copy, name);
	config->name = copied(name);
	config->case_name = copied(strsep(&rest, "/"));
	config->source = copied(strsep(&rest, "/"));
	config->policy = copied(strsep(&rest, "/"));
	config->granularity = copied(strsep(&rest, "/"));
	simulated_params(config, rest);
	config->operation = copied("page");
	config->value_column = copied("time_ns");
	config->value_unit = copied("ns");
	config->operations = 256;
	config->repetitions = 1;
	config->faults_expected = 256;
	must(!config_declare_column(config, "time_ns", false) &&
	     !config_declare_column(config, RECORD_COLUMN_FAULTS, true));
	return config;
}

/* A run of it all: each sample is base_ns[i] per operation, with everything that comes on top. Summarised. */
static inline void simulate(const struct simulation *s, struct record *record, const double *base_ns)
{
	double run = gsl_ran_lognormal(s->rng, 0, s->run_sigma), wander = 0;

	for (size_t i = 0; i < s->rounds; i++) {
		bool disturbed = gsl_rng_uniform(s->rng) < s->disturbed;

		must(!record_add_round(record));
		wander = 0.9 * wander + gsl_ran_gaussian(s->rng, s->round_sigma);
		record->round_column[0].value[i] = disturbed ? DISTURBED_SWITCH : 0;
		for (size_t j = 0; j < record->nr_configs; j++) {
			struct config_result *config = &record->config[j];
			double ns = base_ns[j] * run * exp(wander) * gsl_ran_lognormal(s->rng, 0, s->round_sigma);

			if (gsl_rng_uniform(s->rng) < 0.05)
				ns *= 1 + gsl_ran_exponential(s->rng, 1);
			if (disturbed)
				ns *= 1 + gsl_ran_exponential(s->rng, 0.5);
			config->column[0].value[i] = ns * (double)config->operations;
			config->column[1].value[i] = (double)config->faults_expected;
		}
	}
	must(!record_summarise(record));
}

#endif
