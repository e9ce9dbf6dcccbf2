/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cache maintenance by userspace: write dirty cache lines back to memory, so that a device that does not see the
 * caches reads what the CPU wrote.
 */
#ifndef ZAPBENCH_MAINTAIN_H
#define ZAPBENCH_MAINTAIN_H

#include <stddef.h>

#include "bench/base/params.h"
#include "bench/base/why.h"

/* Every cache line of [@address, @address + @bytes), then the barrier that waits for all of them. No system call. */
typedef void maintain_fn(const char *address, size_t bytes, size_t line_bytes);

struct maintain {
	maintain_fn *run;
	size_t line_bytes; /* of a cache line, as the CPU says */
};

/**
 * maintain_find() - the code for maintenance by userspace
 * @kind: MAINTAIN_CLEAN or MAINTAIN_FLUSH
 * @found: filled
 *
 * x86-64: CLWB cleans, then SFENCE; CLFLUSHOPT or CLFLUSH flushes, then MFENCE (Intel SDM volume 2). arm64: DC CVAC
 * cleans, DC CIVAC flushes, by the smallest line of CTR_EL0, then DSB SY; Linux lets userspace do so (SCTLR_EL1.UCI).
 * Return: 0 or -EOPNOTSUPP with the reason.
 */
int maintain_find(enum maintain_by kind, struct maintain *found, struct why *why);

#endif
