/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where code and data lie, and how the loops are compiled: drawn anew for each round. What a machine makes of one
 * layout is then part of the spread of the rounds, and no interval hides it.
 */
#ifndef ZAPBENCH_DRAWN_LAYOUT_H
#define ZAPBENCH_DRAWN_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gsl/gsl_rng.h>

#include "bench/measure/touch.h"

/* Of one round. All zero is the fixed layout. */
struct drawn_layout {
	enum touch_variant variant;
	unsigned int address; /* which of LAYOUT_PLACES */
	size_t stack_bytes;   /* that the stack of a sample begins further down */
};

/* So few that each comes back several times in a run: then what it does to a figure can be told from noise. */
#define LAYOUT_PLACES 8

/* The generator of layouts. It is not the one of the order of configurations, so --layout does not change the order. */
gsl_rng *layout_rng(uint64_t seed);

struct drawn_layout layout_draw(gsl_rng *rng);

/*
 * Bytes from the fixed address to the mapping. @aligned: to a multiple of a PMD, as huge pages need; else the buffer
 * begins at any eighth of one, so it lies in one page of page table more or less.
 */
uint64_t layout_offset(const struct drawn_layout *layout, size_t pmd_bytes, bool aligned);

#endif
