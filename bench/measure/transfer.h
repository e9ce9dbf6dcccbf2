/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Moving bytes by instructions that are chosen, not left to the compiler or to memcpy(): words, vectors, or loads and
 * stores that go past the caches.
 */
#ifndef ZAPBENCH_TRANSFER_H
#define ZAPBENCH_TRANSFER_H

#include <stddef.h>
#include <stdint.h>

#include "bench/base/params.h"

/*
 * One transfer over @bytes bytes at @to and @from, of any size and alignment; they do not overlap.
 *
 *   read   the sum of the 64-bit words from @from on, the last one filled up with zeros
 *   write  word i of @to becomes @value + i; of the last one as many bytes as are left. 0
 *   fill   every byte of @to becomes the lowest of @value. 0
 *   copy   @from to @to. 0
 *
 * No system call, no allocation. A stream is flushed before it returns.
 */
typedef uint64_t transfer_fn(char *to, const char *from, size_t bytes, uint64_t value);

/**
 * transfer_find() - the code for a transfer
 * @transfer: copy-from and copy-to are the same: what is buffer and what is ordinary memory, the caller knows
 * @isa: by which instructions
 * @instructions: their names ("vmovntdq"); may be NULL
 *
 * Chosen by what this CPU has: on x86-64 AVX2 or SSE2, on arm64 NEON. A stream of less than aligned addresses (32
 * bytes; 64 for DC ZVA) is done by vectors. Return: the function, or NULL where this architecture has no such code.
 */
transfer_fn *transfer_find(enum transfer transfer, enum isa isa, const char **instructions);

#endif
