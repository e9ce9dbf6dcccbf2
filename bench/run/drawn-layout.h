/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The addresses of code and data, and the kind of loop: drawn anew for each round. So the effect of a layout is part of
 * the spread of the rounds, and the intervals include it.
 */
#ifndef ZAPBENCH_DRAWN_LAYOUT_H
#define ZAPBENCH_DRAWN_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gsl/gsl_rng.h>

#include "bench/base/policy.h"
#include "bench/measure/touch.h"

/* Of one round. All zero is the fixed layout. */
struct drawn_layout {
	enum touch_variant variant;
	unsigned int address; /* which of LAYOUT_PLACES */
	size_t stack_bytes;   /* that the stack of a sample begins further down */
};

/* So few that each comes back several times in a run: then what it does to a figure can be told from noise. */
#define LAYOUT_PLACES 8

/*
 * Rounds in which every kind of loop comes equally often as in every other such block: an inlined access twice as often
 * as a called one. Most programs inline it; and were there as many of both, a median could fall into the valley between
 * what the two cost, where it moves most.
 */
#define LAYOUT_BLOCK 6

/* The generator of layouts. It is not the one of the order of configurations, so --layout does not change the order. */
struct layouts {
	gsl_rng *rng; /* NULL: the layout is fixed */
	enum touch_variant block[LAYOUT_BLOCK];
	unsigned int used;
};

/* 0 or -ENOMEM. layouts_close() may follow in both cases. */
int layouts_open(struct layouts *layouts, uint64_t seed);
void layouts_close(struct layouts *layouts);
/* The next one; the fixed layout where none is drawn. */
struct drawn_layout layout_draw(struct layouts *layouts);

/*
 * Must mappings begin at whole PMDs? Huge pages need it. So does fault-around: one fault maps a block of pages that is
 * aligned and at most a PMD (fault_around_bytes, which only root can read). Where the buffer begins inside of a block,
 * it has one fault more.
 */
bool layout_aligned(enum granularity granularity, bool huge_pages);

/*
 * Bytes from the fixed address to the mapping. @aligned: to a multiple of a PMD; else the buffer begins at any eighth
 * of one, so it lies in one page of page table more or less.
 */
uint64_t layout_offset(const struct drawn_layout *layout, size_t pmd_bytes, bool aligned);

#endif
