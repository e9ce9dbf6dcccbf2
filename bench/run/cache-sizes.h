/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sizes of buffers that follow the caches of the machine. Private to the plan. */
#ifndef ZAPBENCH_CACHE_SIZES_H
#define ZAPBENCH_CACHE_SIZES_H

#include "bench/base/params.h"
#include "bench/measure/topology.h"

#define CACHE_SIZES_MAX (2 * CACHES_MAX)
_Static_assert(CACHE_SIZES_MAX <= SWEEP_MAX, "a sweep holds the sizes of every cache");

struct cache_sizes {
	bool known;                    /* else the machine was not looked at yet */
	double bytes[CACHE_SIZES_MAX]; /* ascending, whole pages */
	size_t count;
	double left_out; /* the largest that is left out, as it is too large; 0: none is */
	double memory;   /* SIZE_MEMORY: a cache does not hold so much, unless it has over 128 MiB */
	struct why why;  /* why there are none, or why some are left out; "" */
};

/**
 * cache_sizes_of() - half and twice the size of each cache
 * @caches: @nr_caches sizes, at most CACHES_MAX
 * @page: bytes
 * @sizes: filled: whole pages. What is smaller than a page, or larger than 256 MiB, is left out
 */
void cache_sizes_of(const uint64_t *caches, size_t nr_caches, double page, struct cache_sizes *sizes);

/*
 * Those of this machine, unless @sizes has them. None but .memory, with the reason, where hwloc tells no cache or the
 * machine is emulated. 0 or -ENOMEM.
 */
int cache_sizes_find(struct cache_sizes *sizes);

#endif
