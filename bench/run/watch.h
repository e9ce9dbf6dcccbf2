/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Warnings about what happened to the machine during the run, from the rounds in the record. */
#ifndef ZAPBENCH_WATCH_H
#define ZAPBENCH_WATCH_H

#include "bench/record/record.h"

/*
 * Add warnings to @record: rounds that took half as long again in one part of the run as in another, load and
 * interrupts that rose, a frequency that changed, samples that slept where nothing in them waits, and samples during
 * which another process read this one's mappings. @cpu: that measures. Nothing for an emulated run. 0 or -ENOMEM.
 */
int watch_warn(struct record *record, int cpu);

#endif
