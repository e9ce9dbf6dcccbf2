/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A self-check of every run: the same accesses timed together (batch), one by one (event), and in a separate loop
 * (check). If the figures differ by more than their intervals, none of them alone is the cost of a fault.
 */
#ifndef ZAPBENCH_AGREEMENT_H
#define ZAPBENCH_AGREEMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/record/record.h"

/* A configuration that makes the same accesses as another one of its record, timed in another way. */
struct disagreement {
	size_t other;          /* its index */
	const char *timing;    /* how the other times: "batch", "event" or "check" */
	struct estimate ratio; /* of the configuration to the other, paired by round */
};

#define DISAGREEMENTS_MAX 2

/**
 * agreement_find() - which configurations before @index disagree with it
 * @record: summarised
 * @index: a configuration
 * @found: at least DISAGREEMENTS_MAX
 * @count: how many were found
 *
 * Only where every access faults: then both figures are of one fault. They disagree when the interval of their ratio
 * excludes 1, at 5 % over all pairs of the record, and the ratio is farther from 1 than the precision that the run
 * aimed at. 0 or -ENOMEM.
 */
int agreement_find(const struct record *record, size_t index, struct disagreement *found, size_t *count);

#endif
