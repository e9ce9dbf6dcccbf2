/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The warm-up: what is measured before the first round. */
#ifndef ZAPBENCH_WARMUP_H
#define ZAPBENCH_WARMUP_H

#include "bench/run/state.h"

/**
 * warmup() - find out how many faults each configuration takes, how often to repeat it, and whether its memory is right
 * @run: from state_open(); on success its exchange is ready for rounds
 * @expected: faults of a sample, one number per configuration; the caller frees it, also on error
 * @why: on error
 *
 * Configurations that fail are moved to the skipped ones, and the warm-up begins again without them.
 * Return: 0 or -errno.
 */
int warmup(struct run *run, int64_t **expected, struct why *why);

/*
 * How many timed regions make a sample of about 1 ms. @task: its result with one repetition. @sample_ns: the time of
 * that region. @repeats_setup: each repetition does much that is not timed; then the whole sample must stay below 4 ms.
 * The single events of all repetitions must fit into the exchange. Return: 1 to 1000.
 */
int64_t warmup_repetitions(const struct task *task, double sample_ns, bool repeats_setup);

#endif
