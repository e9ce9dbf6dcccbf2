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
	list->variant = TOUCH_INLINED;
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
static inline __attribute__((always_inline)) UNSANITIZED uint64_t access_page(char *page, size_t page_bytes,
									      enum touch touch, uint64_t value)
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

/* The same access in a function of its own, for the variants that call it. */
#define ACCESS_FUNCTION(name, touch)                                                                              \
	static __attribute__((noinline)) UNSANITIZED uint64_t name(char *page, size_t page_bytes, uint64_t value) \
	{                                                                                                         \
		return access_page(page, page_bytes, touch, value);                                               \
	}

ACCESS_FUNCTION(access_nothing, TOUCH_NOTHING)
ACCESS_FUNCTION(access_read, TOUCH_READ)
ACCESS_FUNCTION(access_write, TOUCH_WRITE)
ACCESS_FUNCTION(access_read_page, TOUCH_READ_PAGE)
ACCESS_FUNCTION(access_write_page, TOUCH_WRITE_PAGE)

typedef uint64_t access_fn(char *page, size_t page_bytes, uint64_t value);

static access_fn *const access_functions[] = {
	[TOUCH_NOTHING] = access_nothing,       [TOUCH_READ] = access_read,
	[TOUCH_WRITE] = access_write,           [TOUCH_READ_PAGE] = access_read_page,
	[TOUCH_WRITE_PAGE] = access_write_page,
};

/* What is done around each access. */
enum watch { WATCH_NOTHING, WATCH_TIME, WATCH_FAULTS };

/* One walk over a list. The loop takes copies, so that it keeps them in registers. */
struct walk {
	const uint32_t *page;
	size_t count, page_bytes;
	char *base;
	uint64_t value;
	access_fn *access; /* of the variant that calls by pointer */
	uint64_t sum;
	/* WATCH_TIME */
	const struct clock *clock;
	const uint8_t *timed;
	uint64_t *ticks;
	size_t nr_ticks;
	/* WATCH_FAULTS */
	struct counting *counting;
};

/* What touch_pages_counted() does around an access. The latter: 0 or -errno. */
static void count_before(struct counting *counting, const char *page);
static int count_after(struct counting *counting, size_t index, uint32_t page);

static inline __attribute__((always_inline)) UNSANITIZED uint64_t access_as(const struct walk *walk, char *page,
									    enum touch touch,
									    enum touch_variant variant)
{
	if (variant == TOUCH_BY_POINTER)
		return walk->access(page, walk->page_bytes, walk->value);
	if (variant != TOUCH_CALLED)
		return access_page(page, walk->page_bytes, touch, walk->value);
	switch (touch) {
	case TOUCH_NOTHING:
		return access_nothing(page, walk->page_bytes, walk->value);
	case TOUCH_READ:
		return access_read(page, walk->page_bytes, walk->value);
	case TOUCH_WRITE:
		return access_write(page, walk->page_bytes, walk->value);
	case TOUCH_READ_PAGE:
		return access_read_page(page, walk->page_bytes, walk->value);
	case TOUCH_WRITE_PAGE:
		return access_write_page(page, walk->page_bytes, walk->value);
	}
	return 0;
}

/* The body of every touching loop: one access, with what is done around it. 0 or -errno. */
static inline __attribute__((always_inline)) UNSANITIZED int visit(struct walk *walk, size_t i, enum touch touch,
								   enum watch watch, enum touch_variant variant)
{
	char *page = walk->base + walk->page[i] * walk->page_bytes;
	bool timed = watch == WATCH_TIME && walk->timed[i];
	uint64_t begin = timed ? clock_now(walk->clock) : 0;

	if (watch == WATCH_FAULTS)
		count_before(walk->counting, page);
	walk->sum += access_as(walk, page, touch, variant);
	if (timed)
		walk->ticks[walk->nr_ticks++] = clock_now(walk->clock) - begin;
	return watch == WATCH_FAULTS ? count_after(walk->counting, i, walk->page[i]) : 0;
}

enum { UNROLLED_TIMES = 8 };

static inline __attribute__((always_inline)) UNSANITIZED int loop(struct walk *walk, enum touch touch, enum watch watch,
								  enum touch_variant variant)
{
	size_t i = 0;
	int err = 0;

	if (variant == TOUCH_UNROLLED) {
		for (; i + UNROLLED_TIMES <= walk->count && !err; i += UNROLLED_TIMES) {
#pragma GCC unroll 8
			for (size_t j = 0; j < UNROLLED_TIMES; j++)
				err = err ? err : visit(walk, i + j, touch, watch, variant);
		}
	}
	for (; i < walk->count && !err; i++)
		err = visit(walk, i, touch, watch, variant);
	return err;
}

/* Compiled once for each kind of access, so that the loop itself does not branch on it. */
static inline __attribute__((always_inline)) UNSANITIZED int walk_as(struct walk *walk, enum touch touch,
								     enum watch watch, enum touch_variant variant)
{
	switch (touch) {
	case TOUCH_NOTHING:
		return loop(walk, TOUCH_NOTHING, watch, variant);
	case TOUCH_READ:
		return loop(walk, TOUCH_READ, watch, variant);
	case TOUCH_WRITE:
		return loop(walk, TOUCH_WRITE, watch, variant);
	case TOUCH_READ_PAGE:
		return loop(walk, TOUCH_READ_PAGE, watch, variant);
	case TOUCH_WRITE_PAGE:
		return loop(walk, TOUCH_WRITE_PAGE, watch, variant);
	}
	return 0;
}

/* And once for each variant. */
static inline __attribute__((always_inline)) UNSANITIZED int walk_all(struct walk *walk, enum touch touch,
								      enum watch watch, enum touch_variant variant)
{
	switch (variant) {
	case TOUCH_CALLED:
		return walk_as(walk, touch, watch, TOUCH_CALLED);
	case TOUCH_BY_POINTER:
		return walk_as(walk, touch, watch, TOUCH_BY_POINTER);
	case TOUCH_UNROLLED:
		return walk_as(walk, touch, watch, TOUCH_UNROLLED);
	default:
		return walk_as(walk, touch, watch, TOUCH_INLINED);
	}
}

static inline __attribute__((always_inline)) struct walk walk_of(const struct touch_list *list, char *base,
								 enum touch touch, uint64_t value)
{
	return (struct walk){ .page = list->page,
			      .count = list->count,
			      .page_bytes = list->page_bytes,
			      .base = base,
			      .value = value,
			      .access = access_functions[touch] };
}

UNSANITIZED uint64_t touch_pages(const struct touch_list *list, char *base, enum touch touch, uint64_t value)
{
	struct walk walk = walk_of(list, base, touch, value);

	walk_all(&walk, touch, WATCH_NOTHING, list->variant);
	return walk.sum;
}

UNSANITIZED size_t touch_pages_timed(const struct touch_list *list, char *base, enum touch touch, uint64_t value,
				     const struct clock *clock, const uint8_t *faults, uint64_t *ticks)
{
	struct walk walk = walk_of(list, base, touch, value);

	walk.clock = clock;
	walk.timed = faults;
	walk.ticks = ticks;
	walk_all(&walk, touch, WATCH_TIME, list->variant);
	return walk.nr_ticks;
}

long thread_faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_minflt + usage.ru_majflt;
}

/* Of touch_pages_counted(). */
struct counting {
	touch_mapped_fn *mapped;
	void *argument;
	bool writes;
	uint8_t *faults;
	long *total;
	struct why *why;
	int had; /* a PTE, before the access */
	long before;
};

static void count_before(struct counting *counting, const char *page)
{
	counting->had = counting->mapped ? counting->mapped(counting->argument, page) : 0;
	counting->before = thread_faults();
}

static int count_after(struct counting *counting, size_t index, uint32_t page)
{
	long taken = thread_faults() - counting->before;
	int had = counting->had;

	if (had < 0)
		return why_set(counting->why, had, NULL, "cannot read the PTE of page %u: %s", page, strerror(-had));
	if (counting->mapped && ((!had && taken < 1) || (had && taken > (counting->writes ? 1 : 0))))
		return why_set(counting->why, -EPROTO, "report this kernel to the zapbench project",
			       "page %u had %s PTE and its %s took %ld faults: zapbench cannot predict the faults of "
			       "this kernel",
			       page, had ? "a" : "no", counting->writes ? "write" : "read", taken);
	*counting->total += taken;
	if (counting->faults)
		counting->faults[index] = (uint8_t)(taken > UINT8_MAX ? UINT8_MAX : taken);
	return 0;
}

UNSANITIZED int touch_pages_counted(const struct touch_list *list, char *base, enum touch touch, uint64_t value,
				    touch_mapped_fn *mapped, void *argument, uint8_t *faults, long *total,
				    uint64_t *sum, struct why *why)
{
	struct counting counting = {
		.mapped = mapped,
		.argument = argument,
		.writes = touch == TOUCH_WRITE || touch == TOUCH_WRITE_PAGE,
		.faults = faults,
		.total = total,
		.why = why,
	};
	struct walk walk = walk_of(list, base, touch, value);
	int err;

	walk.counting = &counting;
	err = walk_as(&walk, touch, WATCH_FAULTS, TOUCH_INLINED); /* not timed */
	if (sum)
		*sum += walk.sum;
	return err;
}
