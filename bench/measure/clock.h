/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The clock: the CPU's counter where it is a clock, else CLOCK_MONOTONIC_RAW. The choice depends on the machine and
 * never on what is measured: two runs of one machine have the same clock.
 */
#ifndef ZAPBENCH_CLOCK_H
#define ZAPBENCH_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "bench/base/facts.h"

enum clock_kind { CLOCK_KIND_COUNTER, CLOCK_KIND_MONOTONIC_RAW };

/* Plain data: the program measures it once and passes it to the process of every round. */
struct clock {
	enum clock_kind kind;
	double ns_per_tick;
	double resolution_ns; /* smallest step seen between two different readings */
	/* Timer overhead: mean of the difference of two readings in a row. A median of few steps would flip. */
	double cost_ns;
	double cost_error_ns; /* half of the 95 % interval of that mean */
	double cost_ticks;
};

/*
 * The barriers keep the timed region inside: on Arm the counter may be read early without isb, on x86 rdtsc may
 * move over loads without lfence.
 */
static inline uint64_t clock_counter(void)
{
#if defined(__aarch64__)
	uint64_t ticks;

	__asm__ volatile("isb; mrs %0, cntvct_el0; isb" : "=r"(ticks) : : "memory");
	return ticks;
#elif defined(__x86_64__)
	uint32_t low, high;

	__asm__ volatile("lfence; rdtsc; lfence" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
#else
	return 0;
#endif
}

static inline uint64_t clock_now(const struct clock *clock)
{
	struct timespec now;

	if (clock->kind == CLOCK_KIND_COUNTER)
		return clock_counter();
	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Ticks between two readings, without the timer overhead, which is a part of a tick where the counter is slow. */
static inline double clock_net(const struct clock *clock, uint64_t ticks)
{
	return (double)ticks > clock->cost_ticks ? (double)ticks - clock->cost_ticks : 0;
}

static inline double clock_ns(const struct clock *clock, double ticks)
{
	return ticks * clock->ns_per_tick;
}

/* A single event is timed only if it lasts this many steps of the clock: then the step changes it by at most 5 %. */
#define CLOCK_EVENT_STEPS 20

static inline bool clock_resolves(const struct clock *clock, double event_ns)
{
	return event_ns >= CLOCK_EVENT_STEPS * clock->resolution_ns;
}

/* How many readings in a row its cost is the mean of. */
#define CLOCK_READINGS 4000
/*
 * Set cost and resolution from the differences of @count (20 to CLOCK_READINGS) readings in a row, in ticks. Readings
 * that an interrupt lengthened are not counted.
 */
void clock_set_cost(struct clock *clock, const double *ticks, size_t count);

/* Choose, and measure for about 50 ms. @root as in environment.h. */
void clock_choose(const char *root, struct clock *clock);
/* Record what was measured of @clock. 0 or -ENOMEM. */
int clock_facts(const struct clock *clock, struct facts *facts);

#endif
