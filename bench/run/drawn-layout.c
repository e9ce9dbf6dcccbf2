// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/run/drawn-layout.h"

#include <errno.h>
#include <string.h>

#include <gsl/gsl_randist.h>

/* An odd multiple of the 16 bytes to which a stack is aligned: the places differ in their cache lines too. */
#define STACK_STEP_BYTES 528

static const enum touch_variant block[LAYOUT_BLOCK] = {
	TOUCH_INLINED, TOUCH_INLINED, TOUCH_UNROLLED, TOUCH_UNROLLED, TOUCH_CALLED, TOUCH_BY_POINTER,
};

int layouts_open(struct layouts *layouts, uint64_t seed)
{
	layouts->rng = gsl_rng_alloc(gsl_rng_mt19937);
	if (!layouts->rng)
		return -ENOMEM;
	gsl_rng_set(layouts->rng, (unsigned long)(seed ^ UINT64_C(0x6c61796f)));
	memcpy(layouts->block, block, sizeof(block));
	layouts->used = LAYOUT_BLOCK;
	return 0;
}

void layouts_close(struct layouts *layouts)
{
	if (layouts->rng)
		gsl_rng_free(layouts->rng);
	layouts->rng = NULL;
}

struct drawn_layout layout_draw(struct layouts *layouts)
{
	struct drawn_layout layout = { .variant = TOUCH_INLINED };

	if (!layouts->rng)
		return layout;
	if (layouts->used == LAYOUT_BLOCK) {
		gsl_ran_shuffle(layouts->rng, layouts->block, LAYOUT_BLOCK, sizeof(layouts->block[0]));
		layouts->used = 0;
	}
	layout.variant = layouts->block[layouts->used++];
	layout.address = (unsigned int)gsl_rng_uniform_int(layouts->rng, LAYOUT_PLACES);
	layout.stack_bytes = gsl_rng_uniform_int(layouts->rng, LAYOUT_PLACES) * STACK_STEP_BYTES;
	return layout;
}

bool layout_aligned(enum granularity granularity, bool huge_pages)
{
	return huge_pages || granularity == GRANULARITY_HUGE || granularity == GRANULARITY_AROUND ||
	       granularity == GRANULARITY_CONTPTE;
}

uint64_t layout_offset(const struct drawn_layout *layout, size_t pmd_bytes, bool aligned)
{
	uint64_t pmds = UINT64_C(5) * layout->address * pmd_bytes;

	return aligned ? pmds : pmds + (uint64_t)layout->address * (pmd_bytes / LAYOUT_PLACES);
}
