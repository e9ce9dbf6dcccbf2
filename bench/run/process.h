/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process of a round: start it, wait for it, and explain how it ended. */
#ifndef ZAPBENCH_RUN_PROCESS_H
#define ZAPBENCH_RUN_PROCESS_H

#include "bench/run/state.h"

/*
 * One process that runs all tasks in the order of the exchange. An error of a task is in the task; an error here ends
 * the run. 0 or -errno.
 */
int process_run(struct run *run, enum round_mode mode, struct why *why);

/*
 * After process_run(): errors of tasks. A task that only lacked memory for a moment is counted as missed. Any other
 * error is returned, with the name of the configuration in @why. 0 or -errno.
 */
int process_check_tasks(struct run *run, struct why *why);

/* Add a warning to the record if samples are missing. 0 or -ENOMEM. */
int process_warn_missed(struct run *run);

/* In the warm-up: move configurations that failed to the skipped ones. 1 when there are some, 0, or -ENOMEM. */
int process_skip_failed(struct run *run);

#endif
