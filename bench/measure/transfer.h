/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Moves bytes with selected instructions instead of those of the compiler or memcpy(): words, vectors, or loads and
 * stores that bypass the caches.
 */
#ifndef ZAPBENCH_TRANSFER_H
#define ZAPBENCH_TRANSFER_H

#include <stddef.h>
#include <stdint.h>

#include "bench/base/params.h"

/*
 * One transfer over @bytes bytes at @to and @from, of any size and alignment; they do not overlap.
 *
 *   read   the sum of the 64-bit words from @from on, the last one padded with zeros
 *   write  word i of @to becomes @value + i; the last one is cut off at @bytes. 0
 *   fill   every byte of @to becomes the lowest of @value. 0
 *   copy   @from to @to. 0
 *
 * No system call, no allocation. A stream is flushed before it returns.
 */
typedef uint64_t transfer_fn(char *to, const char *from, size_t bytes, uint64_t value);

/**
 * transfer_find() - the code for a transfer
 * @transfer: copy-from and copy-to are the same; the caller knows which address is the buffer
 * @isa: kind of instructions
 * @instructions: their names ("vmovntdq"); may be NULL
 *
 * Depends on the CPU: on x86-64 AVX2 or SSE2, on arm64 NEON. A stream to unaligned addresses (32 bytes; 64 for DC ZVA)
 * uses vectors. Return: the function, or NULL if this architecture has no such code.
 */
transfer_fn *transfer_find(enum transfer transfer, enum isa isa, const char **instructions);

#endif
