// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/measure/published.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "bench/measure/chase.h"
#include "bench/measure/touch.h"

#define TINYMEMBENCH(file) "tinymembench in github.com/ThomasKaiser/sbc-bench, results/" file ".txt"
#define LMBENCH "lat_pagefault of lmbench, by TI, processor-sdk-doc"

/* Only what has a source. docs/measuring.md shows the same table. */
const struct published published[] = {
	{ "Cortex-A53", "RK3399", 0xd03, 1.5, 176.0, 164.3, 1815, { NAN, NAN }, TINYMEMBENCH("2yIx") },
	{ "Cortex-A72", "RK3399", 0xd08, 2.0, 185.6, 169.7, 3687, { NAN, NAN }, TINYMEMBENCH("2yIx") },
	{ "Cortex-A72", "BCM2711", 0xd08, 1.8, 149.9, 126.6, 2578, { NAN, NAN }, TINYMEMBENCH("3InF") },
	{ "Cortex-A55", "RK3588", 0xd05, 1.8, 131.0, NAN, 6114, { NAN, NAN }, TINYMEMBENCH("41BH") },
	{ "Cortex-A76", "RK3588", 0xd0b, 2.35, 124.9, NAN, 10814, { NAN, NAN }, TINYMEMBENCH("41BH") },
	{ "Cortex-A72", "a TI SoC", 0xd08, 2.0, NAN, NAN, NAN, { 240, 240 }, LMBENCH },
	{ "Cortex-A53", "TI SoCs", 0xd03, 1.4, NAN, NAN, NAN, { 510, 1480 }, LMBENCH },
};
const size_t nr_published = sizeof(published) / sizeof(published[0]);

bool published_is_like(const struct published *row, unsigned long midr)
{
	/* Implementer 0x41 is Arm; the part is in bits 15 to 4. */
	return (midr >> 24 & 0xff) == 0x41 && (midr >> 4 & 0xfff) == row->part;
}

#define BYTES ((size_t)64 << 20)
/* Fits into every first-level cache. */
#define SMALL_LINES 64
/* Of each figure; the least counts, since other work makes none of them smaller. */
#define PARTS 16

/* CPU time: a busy machine takes the CPU away in the middle. */
static double cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* ns per load along a chain of all lines, in random order. */
static double chase_ns(char *base, const uint32_t *order, size_t lines)
{
	double least = INFINITY;
	const void *at;

	chase_write(base, order, lines);
	at = chase_follow(base + order[0], SMALL_LINES);
	for (int i = 0; i < PARTS; i++) {
		size_t loads = lines > SMALL_LINES ? lines / PARTS : 64 * lines;
		double begin = cpu_ns();

		at = chase_follow(at, loads);
		least = fmin(least, (cpu_ns() - begin) / (double)loads);
	}
	return least;
}

static int random_read(char *base, double *ns)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), lines = BYTES / CHASE_LINE_BYTES;
	uint32_t *order = malloc(lines * sizeof(*order));
	double near;
	int err = order ? chase_order(order, SMALL_LINES, 1, SMALL_LINES * CHASE_LINE_BYTES, 1) : -ENOMEM;

	if (err)
		goto out_free;
	near = chase_ns(base, order, SMALL_LINES);
	err = chase_order(order, lines, BYTES / page, page, 1);
	if (!err)
		*ns = fmax(chase_ns(base, order, lines) - near, 0);
out_free:
	free(order);
	return err;
}

static double copy_mb_s(char *base)
{
	size_t part = BYTES / 2 / PARTS;
	double least = INFINITY;

	for (size_t i = 0; i < PARTS; i++) {
		double begin = cpu_ns();

		memcpy(base + i * part, base + BYTES / 2 + i * part, part);
		__asm__ volatile("" : : "r"(base) : "memory");
		least = fmin(least, cpu_ns() - begin);
	}
	return (double)part / least * 1000;
}

/* Pages that fallocate() makes have no data yet: each first read would take a fault of its own, and clear the page. */
static int write_pages(int fd, size_t bytes)
{
	static const char data[4096];

	for (size_t done = 0; done < bytes;) {
		ssize_t got = write(fd, data, sizeof(data));

		if (got < 0)
			return -errno;
		done += (size_t)got;
	}
	return 0;
}

/* As lat_pagefault: a read of each page of a file that has data in memory, and that nobody has mapped yet. */
static int measure_faults(struct machine_speed *speed, struct why *why)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), bytes = BYTES / 4, part = bytes / PARTS;
	int err, fd = memfd_create("zapbench info", MFD_CLOEXEC);
	volatile char *at = MAP_FAILED;
	long before;

	if (fd < 0)
		return why_set(why, -errno, NULL, "memfd_create: %s", strerror(errno));
	err = write_pages(fd, bytes);
	if (!err)
		at = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
	if (err || at == MAP_FAILED) {
		err = why_set(why, err ? err : -errno, NULL, "memfd of %zu bytes: %s", bytes, strerror(errno));
		close(fd);
		return err;
	}
	speed->fault_ns = INFINITY;
	before = thread_faults();
	for (size_t i = 0; i < PARTS; i++) {
		size_t pages = part / page;
		double begin = cpu_ns();

		for (size_t j = 0; j < part; j += page)
			(void)at[i * part + j];
		speed->fault_ns = fmin(speed->fault_ns, (cpu_ns() - begin) / (double)pages);
	}
	speed->pages_per_fault = (double)bytes / (double)page / (double)(thread_faults() - before);
	munmap((void *)at, bytes);
	close(fd);
	return 0;
}

int machine_speed(struct machine_speed *speed, struct why *why)
{
	char *base = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int err;

	if (base == MAP_FAILED)
		return why_set(why, -errno, NULL, "%zu bytes of memory: %s", BYTES, strerror(errno));
	/* A kernel without them has no huge pages either. */
	madvise(base, BYTES, MADV_NOHUGEPAGE);
	memset(base, 1, BYTES);
	speed->copy_mb_s = copy_mb_s(base);
	err = random_read(base, &speed->random_read_ns);
	munmap(base, BYTES);
	return err ? err : measure_faults(speed, why);
}
