// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/run/exclusion.h"

#include "bench/record/record.h"

unsigned int sample_disturbed(const struct sample *sample)
{
	unsigned int disturbed = 0;

	if (sample->switches)
		disturbed |= DISTURBED_SWITCH;
	if (sample->sleeps)
		disturbed |= DISTURBED_SLEEP;
	if (sample->readers)
		disturbed |= DISTURBED_READER;
	if (sample->migrations)
		disturbed |= DISTURBED_MIGRATION;
	if (sample->steal_ticks > 0) /* not of NAN, which is no evidence */
		disturbed |= DISTURBED_STEAL;
	return disturbed;
}

bool sample_faults_wrong(const struct sample *sample, int64_t expected)
{
	int64_t faults = sample_faults(sample);

	if (sample->faults_most)
		return faults < sample->faults_least || faults > sample->faults_most;
	return faults != expected;
}

bool sample_excluded(const struct sample *sample, const struct config_result *config)
{
	if (config->faults_expected >= 0 && sample_faults_wrong(sample, config->faults_expected))
		return true;
	return !config->keeps_disturbed && sample_disturbed(sample);
}
