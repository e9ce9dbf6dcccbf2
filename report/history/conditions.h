/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the figures of a run depend on, besides the machine: kernel, settings, program, labels. The history keeps it as
 * a text, "key\tvalue\n" for each condition.
 */
#ifndef ZAPBENCH_CONDITIONS_H
#define ZAPBENCH_CONDITIONS_H

#include "bench/record/record.h"
#include "report/history/entries.h"

/* The conditions of a run; freed by the caller, NULL without memory. */
char *conditions_of(const struct record *record);

/*
 * Call @each for every condition that differs between two runs; "unknown" for one that a run does not have. @code: a
 * commit, a version, a label, or what is run, which somebody changed in order to measure it; else it is of the machine
 * or its kernel.
 */
void conditions_differ(const struct history_run *before, const struct history_run *first,
		       void (*each)(void *arg, bool code, const char *key, const char *before, const char *first),
		       void *arg);

#endif
