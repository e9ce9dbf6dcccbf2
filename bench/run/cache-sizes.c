// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/run/cache-sizes.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/measure/environment.h"

/* One pass over more takes longer than a round of most other cases, and needs more memory than boards have to spare. */
#define SIZE_MOST (256 << 20)
/* What is memory where no cache is known. */
#define MEMORY_LEAST (16 << 20)

#define FIXED_FIX "use sizes of your own: --set size=256K,16M"

static void add(struct cache_sizes *sizes, double size)
{
	size_t at = 0;

	while (at < sizes->count && sizes->bytes[at] < size)
		at++;
	if (at < sizes->count && sizes->bytes[at] <= size)
		return;
	memmove(sizes->bytes + at + 1, sizes->bytes + at, (sizes->count - at) * sizeof(*sizes->bytes));
	sizes->bytes[at] = size;
	sizes->count++;
}

static void note_left_out(struct cache_sizes *sizes)
{
	double mib = ceil(sizes->left_out / (1 << 20));
	char remedy[64];

	snprintf(remedy, sizeof(remedy), "name a larger one: --set size=caches,%.0fM", mib);
	why_set(&sizes->why, -E2BIG, remedy,
		"of sizes that follow the caches none is above 256 MiB: a cache has %.0f MiB", mib / 2);
}

void cache_sizes_of(const uint64_t *caches, size_t nr_caches, double page, struct cache_sizes *sizes)
{
	*sizes = (struct cache_sizes){ .known = true, .memory = MEMORY_LEAST };
	for (size_t i = 0; i < nr_caches; i++) {
		while (sizes->memory < (double)caches[i] * 2 && sizes->memory < SIZE_MOST)
			sizes->memory *= 2;
		const double both[] = { floor((double)caches[i] / 2 / page) * page,
					ceil((double)caches[i] * 2 / page) * page };

		for (size_t j = 0; j < 2; j++) {
			if (both[j] > SIZE_MOST)
				sizes->left_out = fmax(sizes->left_out, both[j]);
			else if (both[j] >= page)
				add(sizes, both[j]);
		}
	}
	if (sizes->left_out > 0)
		note_left_out(sizes);
}

int cache_sizes_find(struct cache_sizes *sizes)
{
	struct topology *topology = NULL;
	struct facts facts = { 0 };
	uint64_t caches[CACHES_MAX];
	size_t count;
	int err;

	if (sizes->known)
		return 0;
	*sizes = (struct cache_sizes){ .known = true, .memory = MEMORY_LEAST };
	err = topology_open("", &topology, &sizes->why);
	if (err)
		return err == -ENOMEM ? err : 0;
	count = topology_caches(topology, -1, caches);
	topology_close(topology);
	err = environment_read("", 0, &facts);
	if (!err && environment_emulated(&facts))
		why_set(&sizes->why, -EOPNOTSUPP, FIXED_FIX,
			"this machine is emulated and has no caches for sizes to follow");
	else if (!err && !count)
		why_set(&sizes->why, -EOPNOTSUPP, FIXED_FIX,
			"hwloc knows no cache of this machine for sizes to follow");
	else if (!err)
		cache_sizes_of(caches, count, (double)sysconf(_SC_PAGESIZE), sizes);
	facts_free(&facts);
	return err;
}
