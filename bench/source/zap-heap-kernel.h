/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which build of the zap heaps this kernel has, and what is to be done where it has none. */
#ifndef ZAPBENCH_ZAP_HEAP_KERNEL_H
#define ZAPBENCH_ZAP_HEAP_KERNEL_H

#include <stddef.h>

/**
 * zap_heap_build() - "patch", or "module, shim 1": the level of what takes the place of functions that it lacks
 * @root: before /sys; "" but in tests
 */
void zap_heap_build(const char *root, char *text, size_t size);

/**
 * zap_heap_fix() - what gives this kernel what it lacks, in one line
 * @root: before /sys and /proc; "" but in tests
 * @missing: the path of the device that is missing
 */
void zap_heap_fix(const char *root, const char *missing, char *text, size_t size);

#endif
