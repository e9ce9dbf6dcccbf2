/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which build of the zap heaps this kernel has, what is to be done where it has none, and what its importer tells. */
#ifndef ZAPBENCH_ZAP_HEAP_KERNEL_H
#define ZAPBENCH_ZAP_HEAP_KERNEL_H

#include <stddef.h>

#include "bench/source/source.h"

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

/* /dev/zap-bench, which reads the page tables of every mapping of the caller. A file descriptor or -errno. */
int zap_bench_open(void);
/* What they have for an address. 0 or -errno. */
int zap_bench_mapped(int device, const char *address, struct mapped *mapped);

#endif
