// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/measure/chase.h"

#include <errno.h>

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>

#define UNSANITIZED __attribute__((no_sanitize("address")))

int chase_order(uint32_t *order, size_t lines, size_t pages, size_t page_bytes, uint64_t seed)
{
	size_t places = page_bytes / CHASE_LINE_BYTES, each = lines / pages, step = places / each;
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);

	if (!rng)
		return -ENOMEM;
	for (size_t page = 0; page < pages; page++) {
		for (size_t i = 0; i < each; i++) {
			size_t place = i * step + page % step;

			order[page * each + i] = (uint32_t)(page * page_bytes + place * CHASE_LINE_BYTES);
		}
	}
	gsl_rng_set(rng, (unsigned long)seed);
	gsl_ran_shuffle(rng, order, lines, sizeof(*order));
	gsl_rng_free(rng);
	return 0;
}

UNSANITIZED void chase_write(char *base, const uint32_t *order, size_t lines)
{
	for (size_t i = 0; i < lines; i++)
		*(void *volatile *)(base + order[i]) = base + order[(i + 1) % lines];
}

UNSANITIZED const void *chase_follow(const void *at, size_t loads)
{
#define NEXT at = *(const void *const volatile *)at
	for (size_t i = 0; i < loads; i += 8) {
		NEXT;
		NEXT;
		NEXT;
		NEXT;
		NEXT;
		NEXT;
		NEXT;
		NEXT;
	}
	return at;
}
