// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analysis/agreement.h"

#include <math.h>
#include <string.h>

#include "report/analysis/curve.h"

#define ALPHA 0.05
#define TIMING "timing"

static const char *timing_of(const struct config_result *config)
{
	return facts_text(&config->params, NULL, TIMING, "");
}

/* Is its figure the time of one fault? */
static bool is_of_a_fault(const struct config_result *config)
{
	return config->per_fault && timing_of(config)[0] && !config->emulated && config->operations > 0 &&
	       config->faults_expected == config->operations && !config->faults_expected_max && config_valid(config);
}

/* The same accesses, timed in another way. */
static bool same_accesses(const struct config_result *a, const struct config_result *b)
{
	return is_of_a_fault(a) && is_of_a_fault(b) && strcmp(timing_of(a), timing_of(b)) && curve_same(a, b, TIMING);
}

static size_t count_pairs(const struct record *record)
{
	size_t pairs = 0;

	for (size_t i = 0; i < record->nr_configs; i++) {
		for (size_t j = 0; j < i; j++)
			pairs += same_accesses(&record->config[i], &record->config[j]);
	}
	return pairs;
}

int agreement_find(const struct record *record, size_t index, struct disagreement *found, size_t *count)
{
	const struct config_result *config = &record->config[index];
	size_t pairs = count_pairs(record);
	double aimed_at = fmax(record->precision_percent, 0) / 100;
	int err = 0;

	*count = 0;
	for (size_t i = 0; i < index && *count < DISAGREEMENTS_MAX && !err; i++) {
		struct disagreement *row = &found[*count];
		bool undecided;

		if (!same_accesses(config, &record->config[i]))
			continue;
		*row = (struct disagreement){ .other = i, .timing = timing_of(&record->config[i]) };
		err = record_compare(record, config, &record->config[i], false, 1 - ALPHA / (double)pairs, &row->ratio,
				     &undecided);
		*count +=
			!err && (row->ratio.lower > 1 || row->ratio.upper < 1) && fabs(row->ratio.value - 1) > aimed_at;
	}
	return err;
}
