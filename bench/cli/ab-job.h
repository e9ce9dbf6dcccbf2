/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The work of zapbench ab: it does the next step of the plan until all runs are done and compared. The plan is stored
 * before each step.
 */
#ifndef ZAPBENCH_AB_JOB_H
#define ZAPBENCH_AB_JOB_H

#include <limits.h>

#include "bench/cli/ab-plan.h"

struct job {
	struct ab_plan plan;
	char folder[PATH_MAX / 2];
	char file[PATH_MAX]; /* of the plan */
	int lock;            /* of the folder: one process per plan; -1: not locked yet */
	char boot_id[40];
	char kernel[160];
};

/* Note boot and kernel, and catch signals: the first thing to do. */
void job_prepare(struct job *job);
/*
 * A side's zapbench run with the arguments of the plan and @last, NULL-terminated; its standard output is @output.
 * Return: its exit status, 128 + the number of the signal that ended it, or -errno when it cannot be started.
 */
int job_zapbench(const struct job *job, enum ab_side side, const char *const *last, int output);
/* All that is left to do. Errors are printed. Return: exit status. */
int job_go_on(struct job *job);

#endif
