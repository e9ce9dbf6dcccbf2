/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The warm-up: what is found out before the first round. */
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

#endif
