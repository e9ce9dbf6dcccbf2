// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/source/pool.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct {
	char kind[64];
	size_t bytes;
	unsigned int number;
	int fd;
} pool[1024];
static size_t pool_count;

int pool_get(const char *kind, size_t bytes, unsigned int number, pool_make_fn *make, bool *fresh, struct why *why)
{
	int fd;

	*fresh = false;
	for (size_t i = 0; i < pool_count; i++) {
		if (pool[i].bytes == bytes && pool[i].number == number && !strcmp(pool[i].kind, kind))
			return pool[i].fd;
	}
	if (pool_count == sizeof(pool) / sizeof(pool[0]))
		return why_set(why, -ENFILE, "sweep fewer sizes in one run", "more than %zu kinds and sizes of memory",
			       pool_count);
	fd = make(kind, bytes, why);
	if (fd < 0)
		return fd;
	snprintf(pool[pool_count].kind, sizeof(pool[0].kind), "%s", kind);
	pool[pool_count].bytes = bytes;
	pool[pool_count].number = number;
	pool[pool_count++].fd = fd;
	*fresh = true;
	return fd;
}

void pool_drop(int fd)
{
	for (size_t i = 0; i < pool_count; i++) {
		if (pool[i].fd == fd) {
			close(fd);
			pool[i] = pool[--pool_count];
			return;
		}
	}
}
