// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A library to put in front of the C library (LD_PRELOAD): counts allocations between the getrusage(RUSAGE_THREAD) that
 * opens a timed region and the one that closes it, and appends "regions N allocations N" to the file $ALLOCATIONS for
 * each process of a timed round. Used by clean_region.sh.
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);

static bool open_region;
static long regions, allocations;

int getrusage(__rusage_who_t who, struct rusage *usage)
{
	static int (*real)(__rusage_who_t, struct rusage *);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "getrusage");
	if (who == RUSAGE_THREAD) {
		regions += open_region;
		open_region = !open_region;
	}
	return real(who, usage);
}

void *malloc(size_t size)
{
	allocations += open_region;
	return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	allocations += open_region;
	return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
	allocations += open_region;
	return __libc_realloc(memory, size);
}

__attribute__((destructor)) static void report(void)
{
	const char *name = getenv("ALLOCATIONS");
	FILE *file;

	open_region = false;
	if (!regions || !name)
		return;
	file = fopen(name, "a");
	if (!file)
		return;
	fprintf(file, "regions %ld allocations %ld\n", regions, allocations);
	fclose(file);
}
