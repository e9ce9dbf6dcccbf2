/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reasons to exclude a sample: evidence that the system disturbed it, or unexpected faults. */
#ifndef ZAPBENCH_EXCLUSION_H
#define ZAPBENCH_EXCLUSION_H

#include "bench/case/case.h"

/* The DISTURBED_ bits of one sample: preempted or put to sleep, moved to another CPU, or its CPU stolen. 0:
 * nothing disturbed it. */
unsigned int sample_disturbed(const struct sample *sample);

/*
 * Did the sample take other faults than it must? @expected: faults of the reference pass; a case that sets faults_most
 * gives a range instead.
 */
bool sample_faults_wrong(const struct sample *sample, int64_t expected);

struct config_result;
/* No figure of @config may rest on this sample: it is invalid, or disturbed where the configuration excludes that. */
bool sample_excluded(const struct sample *sample, const struct config_result *config);

#endif
