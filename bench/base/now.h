/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The present time, for durations of a program; bench/measure/clock.h times regions. */
#ifndef ZAPBENCH_NOW_H
#define ZAPBENCH_NOW_H

#include <stdint.h>
#include <time.h>

static inline int64_t now_of_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline int64_t now_ns(void)
{
	return now_of_ns(CLOCK_MONOTONIC);
}

static inline double now_s(void)
{
	return (double)now_ns() / 1e9;
}

#endif
