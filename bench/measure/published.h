/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What others have published of real boards, and three figures of this one, for a first look at whether a machine is
 * what it should be. The ways of measuring differ: a factor of 2 means something, 20 % mean nothing.
 */
#ifndef ZAPBENCH_PUBLISHED_H
#define ZAPBENCH_PUBLISHED_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/base/why.h"

/* Figures that a source does not have are NAN. */
struct published {
	const char *core, *chip;
	unsigned int part; /* of MIDR_EL1: 0xd08 is a Cortex-A72 */
	double ghz;
	double random_read_ns;      /* in 64 MiB of pages of 4K, beyond that of the first-level cache */
	double random_read_huge_ns; /* the same with transparent huge pages */
	double copy_mb_s;           /* by memcpy(), of 10^6 bytes, each counted once */
	double fault_ns[2];         /* of a page of a file, least and most; faults of several pages count one each */
	const char *source;
};

extern const struct published published[];
extern const size_t nr_published;

/* Is it of a core like that of this MIDR_EL1? */
bool published_is_like(const struct published *row, unsigned long midr);

/* The same of this machine. */
struct machine_speed {
	double random_read_ns, copy_mb_s, fault_ns;
	double pages_per_fault; /* of the faults of fault_ns, which is per page */
};

/**
 * machine_speed() - measure this machine, in less than a second
 * @speed: filled
 *
 * In 64 MiB without huge pages, on the CPU of the caller, by its CPU time. Return: 0, or -errno with @why.
 */
int machine_speed(struct machine_speed *speed, struct why *why);

#endif
