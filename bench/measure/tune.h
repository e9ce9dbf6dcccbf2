/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings of the machine as measuring needs them, for the time of a run: governor, frequency, boost, huge pages of
 * shared memory, NUMA balancing, and interrupts kept off the CPUs that measure.
 *
 * What they were is noted in a file before the first one changes. Whoever finds that file without its owner restores
 * them: a run that was killed leaves nothing behind but the time until the next run. The file is in /run, which is as
 * empty after a boot as the settings are what they were.
 */
#ifndef ZAPBENCH_TUNE_H
#define ZAPBENCH_TUNE_H

#include <stddef.h>

#include "bench/base/why.h"

#define TUNE_STATE "/run/zapbench-tuned"

enum { TUNE_SAID = 300 };

struct tuning;

/**
 * tune_set() - change the settings
 * @root: "" for this machine; tests give a folder
 * @cpus: that measure, as a list: "0,4"
 * @tuning: tune_restore() frees it
 * @said: what was set, and how many interrupts refuse to move; one line of at most TUNE_SAID bytes
 * @why: on error: who may do it, or who does it now
 *
 * A machine that lacks a setting keeps the others; @said tells which there were. Return: 0; -EBUSY where another run
 * has tuned the machine; -EACCES, -EROFS, ... where nothing may be set. Then nothing is changed.
 */
int tune_set(const char *root, const char *cpus, struct tuning **tuning, char *said, struct why *why);

/*
 * Make the settings what they were; one that somebody else has changed meanwhile stays. So does the owner's limit of
 * the frequency, which some drivers overwrite with boost. @tuning may be NULL. @said: what was left, empty where all is
 * as before.
 */
void tune_restore(struct tuning *tuning, char *said);

/*
 * Restore what a run that was killed left behind. Return: 1 after it was done, with @said; 0: nothing was left, or its
 * run still goes on; or -errno with @why.
 */
int tune_recover(const char *root, char *said, struct why *why);

#endif
