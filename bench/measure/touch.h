/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Accesses to the pages of a mapping: which pages, in which order, how; timed together, timed one by one, or
 * counted one by one (the reference for the faults of every sample).
 */
#ifndef ZAPBENCH_TOUCH_H
#define ZAPBENCH_TOUCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/measure/clock.h"
#include "bench/base/params.h"
#include "bench/base/why.h"

enum touch {
	TOUCH_NOTHING,    /* walk the list only: the cost of the loop itself */
	TOUCH_READ,       /* load one word of the page */
	TOUCH_WRITE,      /* store one word to the page */
	TOUCH_READ_PAGE,  /* load every word of the page */
	TOUCH_WRITE_PAGE, /* store every word of the page */
};

/*
 * How the loop is compiled. All loops of this file have one body, and each variant is that body compiled in another
 * way: the same accesses can cost a third more in one than in another, on some machines, for reasons that nobody knows.
 */
enum touch_variant {
	TOUCH_INLINED,    /* the access is inlined into the loop */
	TOUCH_CALLED,     /* the loop calls a function for each access */
	TOUCH_BY_POINTER, /* the same, by a pointer */
	TOUCH_UNROLLED,   /* eight accesses, inlined, for each turn of the loop */
	NR_TOUCH_VARIANTS
};

struct touch_list {
	uint32_t *page; /* page numbers in the order of access */
	size_t count;
	size_t page_bytes;
	enum touch_variant variant; /* TOUCH_INLINED until it is set */
};

/*
 * The pages that params.order, stride and touched select of params.size. The random order is drawn from @seed. The list
 * is written once here, so that reading it takes no fault later. 0, or -ENOMEM, or -ERANGE with @why for more than 2^32
 * pages.
 */
int touch_list_make(struct touch_list *list, const struct params *params, uint64_t seed, struct why *why);
/* Every page of params.size, in address order. */
int touch_list_all(struct touch_list *list, const struct params *params, struct why *why);
void touch_list_free(struct touch_list *list);

/**
 * touch_pages() - access every page of the list
 * @list: which
 * @base: the mapping
 * @touch: how
 * @value: what TOUCH_WRITE_PAGE stores (TOUCH_WRITE stores it once a page)
 *
 * No system call, no allocation. Return: the sum of the words loaded.
 */
uint64_t touch_pages(const struct touch_list *list, char *base, enum touch touch, uint64_t value);

/*
 * The same, with the same body of the loop. Each access with @faults[i] other than 0 is timed on its own, the others
 * are not timed. @ticks gets one reading per timed access, with the timer overhead. Return: number of timed accesses.
 */
size_t touch_pages_timed(const struct touch_list *list, char *base, enum touch touch, uint64_t value,
			 const struct clock *clock, const uint8_t *faults, uint64_t *ticks);

/* Load or store one word of every page, in a loop of its own: what the others are held against. */
void touch_check(const struct touch_list *list, char *base, bool writes);

/* Is there a PTE at @address? 1, 0 or -errno. */
typedef int touch_mapped_fn(void *argument, const char *address);

/* Faults of the calling thread so far, of both kinds: one that had to wait is a major one to the kernel. */
long thread_faults(void);

/**
 * touch_pages_counted() - access page by page and count the faults of each access
 * @list, @base, @touch, @value: as in touch_pages()
 * @mapped: is there a PTE at an address? NULL: cannot be found out
 * @argument: for @mapped
 * @faults: at least list->count bytes, how many faults each access took (saturating); may be NULL
 * @total: the faults of all accesses are added
 * @sum: the sum of the words loaded is added; may be NULL
 * @why: on -EPROTO
 *
 * With @mapped every access is checked: an access to a page without a PTE must fault; an access to a page with a PTE
 * must not, except for the first write to a clean PTE on CPUs without a hardware dirty bit. -EPROTO: the kernel did
 * otherwise, so its fault counts cannot be trusted.
 */
int touch_pages_counted(const struct touch_list *list, char *base, enum touch touch, uint64_t value,
			touch_mapped_fn *mapped, void *argument, uint8_t *faults, long *total, uint64_t *sum,
			struct why *why);

#endif
