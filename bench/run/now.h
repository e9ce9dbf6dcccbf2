/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The present time. */
#ifndef ZAPBENCH_NOW_H
#define ZAPBENCH_NOW_H

#include <time.h>

/* Seconds of CLOCK_MONOTONIC. */
static inline double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

#endif
