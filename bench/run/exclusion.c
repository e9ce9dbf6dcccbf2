// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/run/exclusion.h"

#include "bench/record/record.h"

unsigned int sample_disturbed(const struct sample *sample)
{
	unsigned int disturbed = 0;

	if (sample->switches)
		disturbed |= DISTURBED_SWITCH;
	if (sample->migrations)
		disturbed |= DISTURBED_MIGRATION;
	return disturbed;
}

bool sample_faults_wrong(const struct sample *sample, int64_t expected)
{
	int64_t faults = sample->faults_minor + sample->faults_major;

	if (sample->faults_most)
		return faults < sample->faults_least || faults > sample->faults_most;
	return faults != expected;
}
