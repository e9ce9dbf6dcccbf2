// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/measure/touch.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>

static int list_allocate(struct touch_list *list, size_t count, struct why *why)
{
	if (count > UINT32_MAX)
		return why_set(why, -ERANGE, "use a smaller buffer", "more than 2^32 pages");
	list->page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	list->page = malloc((count ? count : 1) * sizeof(*list->page));
	return list->page ? 0 : -ENOMEM;
}

static int shuffle(uint32_t *page, size_t count, uint64_t seed)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);

	if (!rng)
		return -ENOMEM;
	gsl_rng_set(rng, (unsigned long)seed);
	gsl_ran_shuffle(rng, page, count, sizeof(*page));
	gsl_rng_free(rng);
	return 0;
}

int touch_list_make(struct touch_list *list, const struct params *params, uint64_t seed, struct why *why)
{
	unsigned int order = params_choice(params, PARAM_ORDER);
	size_t stride = (size_t)params->value[PARAM_STRIDE];
	size_t pages = params_bytes(params) / (size_t)sysconf(_SC_PAGESIZE);
	size_t candidates = (pages + stride - 1) / stride;
	int err = list_allocate(list, candidates, why);

	if (err)
		return err;
	for (size_t i = 0; i < candidates; i++)
		list->page[i] = (uint32_t)(i * stride);
	if (order == ORDER_RANDOM) {
		err = shuffle(list->page, candidates, seed);
		if (err) {
			touch_list_free(list);
			return err;
		}
	}
	/* 1e-9 compensates the binary error of a fraction such as 0.1. */
	list->count = (size_t)ceil((double)candidates * params->value[PARAM_TOUCHED] - 1e-9);
	if (!list->count)
		list->count = 1;
	if (order == ORDER_REVERSE) {
		for (size_t i = 0; i < list->count; i++)
			list->page[i] = (uint32_t)((list->count - 1 - i) * stride);
	}
	return 0;
}

int touch_list_all(struct touch_list *list, const struct params *params, struct why *why)
{
	struct params all = *params;

	all.value[PARAM_ORDER] = ORDER_SEQUENTIAL;
	all.value[PARAM_STRIDE] = 1;
	all.value[PARAM_TOUCHED] = 1;
	return touch_list_make(list, &all, 0, why);
}

void touch_list_free(struct touch_list *list)
{
	free(list->page);
	list->page = NULL;
	list->count = 0;
}

/*
 * No address sanitizer here: it would look up each access in shadow memory, whose faults would count as faults of the
 * buffer.
 */
#define UNSANITIZED __attribute__((no_sanitize("address")))

/* Volatile: every access happens, one word at a time, and none is merged into memset(). */
static inline UNSANITIZED uint64_t access_page(char *page, size_t page_bytes, enum touch touch, uint64_t value)
{
	volatile uint64_t *word = (volatile uint64_t *)page;
	size_t words = page_bytes / sizeof(*word);
	uint64_t sum = 0;

	switch (touch) {
	case TOUCH_NOTHING:
		/* Compute the address, so that the walk costs the same as in other cases. */
		__asm__ volatile("" : : "r"(page));
		break;
	case TOUCH_READ:
		sum = *word;
		break;
	case TOUCH_WRITE:
		*word = value;
		break;
	case TOUCH_READ_PAGE:
		for (size_t i = 0; i < words; i++)
			sum += word[i];
		break;
	case TOUCH_WRITE_PAGE:
		for (size_t i = 0; i < words; i++)
			word[i] = value;
		break;
	}
	return sum;
}

/* Inlined once for each kind of access, so that the loop itself does not branch on it. */
static inline __attribute__((always_inline)) UNSANITIZED uint64_t walk(const struct touch_list *list, char *base,
								       enum touch touch, uint64_t value)
{
	const uint32_t *page = list->page;
	size_t count = list->count, page_bytes = list->page_bytes;
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += access_page(base + page[i] * page_bytes, page_bytes, touch, value);
	return sum;
}

UNSANITIZED uint64_t touch_pages(const struct touch_list *list, char *base, enum touch touch, uint64_t value)
{
	switch (touch) {
	case TOUCH_NOTHING:
		return walk(list, base, TOUCH_NOTHING, value);
	case TOUCH_READ:
		return walk(list, base, TOUCH_READ, value);
	case TOUCH_WRITE:
		return walk(list, base, TOUCH_WRITE, value);
	case TOUCH_READ_PAGE:
		return walk(list, base, TOUCH_READ_PAGE, value);
	case TOUCH_WRITE_PAGE:
		return walk(list, base, TOUCH_WRITE_PAGE, value);
	}
	return 0;
}

UNSANITIZED size_t touch_pages_timed(const struct touch_list *list, char *base, enum touch touch,
				     const struct clock *clock, const uint8_t *faults, uint64_t *ticks)
{
	size_t timed = 0;

	for (size_t i = 0; i < list->count; i++) {
		char *page = base + list->page[i] * list->page_bytes;
		uint64_t begin;

		if (!faults[i]) {
			access_page(page, list->page_bytes, touch, i);
			continue;
		}
		begin = clock_now(clock);
		access_page(page, list->page_bytes, touch, i);
		ticks[timed++] = clock_now(clock) - begin;
	}
	return timed;
}

static long thread_faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_minflt + usage.ru_majflt;
}

UNSANITIZED int touch_pages_counted(const struct touch_list *list, char *base, enum touch touch, uint64_t value,
				    touch_mapped_fn *mapped, void *argument, uint8_t *faults, long *total,
				    uint64_t *sum, struct why *why)
{
	bool writes = touch == TOUCH_WRITE || touch == TOUCH_WRITE_PAGE;

	for (size_t i = 0; i < list->count; i++) {
		char *page = base + list->page[i] * list->page_bytes;
		int had = mapped ? mapped(argument, page) : 0;
		long before = thread_faults(), taken;
		uint64_t loaded = access_page(page, list->page_bytes, touch, value);

		taken = thread_faults() - before;
		if (had < 0)
			return why_set(why, had, NULL, "cannot read the PTE of page %u: %s", list->page[i],
				       strerror(-had));
		if (mapped && ((!had && taken < 1) || (had && taken > (writes ? 1 : 0))))
			return why_set(why, -EPROTO, "report this kernel to the zapbench project",
				       "page %u had %s PTE and its %s took %ld faults: this kernel's faults are not "
				       "understood",
				       list->page[i], had ? "a" : "no", writes ? "write" : "read", taken);
		*total += taken;
		if (sum)
			*sum += loaded;
		if (faults)
			faults[i] = (uint8_t)(taken > UINT8_MAX ? UINT8_MAX : taken);
	}
	return 0;
}
