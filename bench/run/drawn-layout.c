// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/run/drawn-layout.h"

/* An odd multiple of the 16 bytes to which a stack is aligned: the places differ in their cache lines too. */
#define STACK_STEP_BYTES 528

gsl_rng *layout_rng(uint64_t seed)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);

	if (rng)
		gsl_rng_set(rng, (unsigned long)(seed ^ UINT64_C(0x6c61796f)));
	return rng;
}

struct drawn_layout layout_draw(gsl_rng *rng)
{
	struct drawn_layout layout;

	layout.variant = (enum touch_variant)gsl_rng_uniform_int(rng, NR_TOUCH_VARIANTS);
	layout.address = (unsigned int)gsl_rng_uniform_int(rng, LAYOUT_PLACES);
	layout.stack_bytes = gsl_rng_uniform_int(rng, LAYOUT_PLACES) * STACK_STEP_BYTES;
	return layout;
}

uint64_t layout_offset(const struct drawn_layout *layout, size_t pmd_bytes, bool aligned)
{
	uint64_t pmds = UINT64_C(5) * layout->address * pmd_bytes;

	return aligned ? pmds : pmds + (uint64_t)layout->address * (pmd_bytes / LAYOUT_PLACES);
}
