/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A chain of cache lines. Each line holds the address of the next, so each load waits for the one before it.
 */
#ifndef ZAPBENCH_CHASE_H
#define ZAPBENCH_CHASE_H

#include <stddef.h>
#include <stdint.h>

/* Assumed size of a cache line. If lines are longer, two of a chain may share one. */
#define CHASE_LINE_BYTES 64

/**
 * chase_order() - the lines of a chain, in order
 * @order: @lines of them: byte offsets of lines
 * @lines: a power of 2
 * @pages: a power of 2, at most @lines, and enough to hold them
 * @page_bytes: of a page
 * @seed: of the order
 *
 * The lines are spread evenly over the first @pages pages. For each @pages they use every offset within a page equally
 * often, if there are enough lines. So the load on the sets of a cache is the same and only the number of pages
 * changes. Return: 0 or -ENOMEM.
 */
int chase_order(uint32_t *order, size_t lines, size_t pages, size_t page_bytes, uint64_t seed);

/* Write the chain into memory: one cycle through all lines. */
void chase_write(char *base, const uint32_t *order, size_t lines);

/* Follow it for @loads loads, a multiple of 8. No system call. Return: the last address. */
const void *chase_follow(const void *at, size_t loads);

#endif
