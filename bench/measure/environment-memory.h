/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about memory. Private to bench/measure/, but for environment_meminfo() and MEMORY_SHARE. */
#ifndef ZAPBENCH_ENVIRONMENT_MEMORY_H
#define ZAPBENCH_ENVIRONMENT_MEMORY_H

#include <stdint.h>

/* Share of the available memory for buffers; the rest is for the program, page tables and others. */
#define MEMORY_SHARE 0.8

struct survey;

/* Page size, /proc/meminfo, the sizes of multi-size THP, and the memory's clock. 0 or -ENOMEM. */
int environment_memory(struct survey *survey);

/* The number of one line of /proc/meminfo, in bytes where it says kB. -errno. @root as in environment.h. */
int64_t environment_meminfo(const char *root, const char *field);

#endif
