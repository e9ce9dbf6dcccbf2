/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A chain of cache lines, each of which holds the address of the next: loads that wait for one another, so that none
 * hides behind the last.
 */
#ifndef ZAPBENCH_CHASE_H
#define ZAPBENCH_CHASE_H

#include <stddef.h>
#include <stdint.h>

/* What a line is taken to be; where lines are longer, two of a chain may share one. */
#define CHASE_LINE_BYTES 64

/**
 * chase_order() - which lines a chain visits, in which order
 * @order: @lines of them: byte offsets of lines
 * @lines: a power of 2
 * @pages: a power of 2, at most @lines, and enough to hold them
 * @page_bytes: of a page
 * @seed: of the order
 *
 * The lines lie evenly in the first @pages pages, and at each @pages they use every place within a page equally often
 * (as far as there are enough lines): what they ask of a cache's sets stays the same, and only the number of pages
 * changes. Return: 0 or -ENOMEM.
 */
int chase_order(uint32_t *order, size_t lines, size_t pages, size_t page_bytes, uint64_t seed);

/* Write the chain into memory: one cycle through all lines. */
void chase_write(char *base, const uint32_t *order, size_t lines);

/* Follow it for @loads loads, a multiple of 8. No system call. Return: where it has come to. */
const void *chase_follow(const void *at, size_t loads);

#endif
