/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rounds: every configuration once per round, in shuffled order, until the stopping rule ends them. */
#ifndef ZAPBENCH_ROUNDS_H
#define ZAPBENCH_ROUNDS_H

#include "bench/run/state.h"

/* @stopped_by: "precision", "budget" or "signal". 0 or -errno. */
int rounds_run(struct run *run, const char **stopped_by, struct why *why);

#endif
