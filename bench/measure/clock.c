// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/measure/clock.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>

enum { READINGS = 2001 };

#if !defined(__aarch64__)
static double monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Does any line of the file at @root@path hold @word between blanks or line ends? */
static bool file_has_word(const char *root, const char *path, const char *word)
{
	size_t room = 0, length = strlen(word);
	char *line = NULL, name[512];
	bool found = false;
	FILE *file;

	snprintf(name, sizeof(name), "%s%s", root, path);
	file = fopen(name, "re");
	if (!file)
		return false;
	while (!found && getline(&line, &room, file) > 0) {
		for (char *at = strstr(line, word); at && !found; at = strstr(at + 1, word))
			found = (at == line || strchr(" \t", at[-1])) && strchr(" \t\n", at[length]);
	}
	free(line);
	fclose(file);
	return found;
}
#endif

/*
 * Nanoseconds per tick of the counter; 0: it is no clock. On Arm a register has its rate. On x86 we measure the rate,
 * and use the counter only if it is the kernel's clock source: then it neither stops nor changes with the frequency.
 */
static double counter_period(const char *root)
{
#if defined(__aarch64__)
	uint64_t hertz;

	(void)root;
	__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(hertz));
	return hertz ? 1e9 / (double)hertz : 0;
#else
	double begin_ns, end_ns;
	uint64_t begin, end;

	if (!file_has_word(root, "/proc/cpuinfo", "constant_tsc") ||
	    !file_has_word(root, "/sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc"))
		return 0;
	begin_ns = monotonic_ns();
	begin = clock_counter();
	do {
		end_ns = monotonic_ns();
		end = clock_counter();
	} while (end_ns - begin_ns < 50e6);
	return end > begin ? (end_ns - begin_ns) / (double)(end - begin) : 0;
#endif
}

static void measure(struct clock *clock)
{
	static double steps[READINGS];
	double finest = 0;
	uint64_t before = clock_now(clock);

	for (size_t i = 0; i < READINGS; i++) {
		uint64_t now = clock_now(clock);

		steps[i] = (double)(now - before);
		before = now;
	}
	gsl_sort(steps, 1, READINGS);
	clock->cost_ticks = (uint64_t)gsl_stats_median_from_sorted_data(steps, 1, READINGS);
	clock->cost_ns = clock_ns(clock, clock->cost_ticks);
	/* A fast counter never repeats a value, so readings do not show its resolution: that is its tick. */
	for (size_t i = 1; i < READINGS; i++) {
		double difference = steps[i] - steps[i - 1];

		if (difference > 0 && (!(finest > 0) || difference < finest))
			finest = difference;
	}
	if (!(finest > 0))
		finest = steps[READINGS - 1] > 0 ? steps[READINGS - 1] : 1;
	clock->resolution_ns = finest * clock->ns_per_tick;
}

void clock_choose(const char *root, struct clock *clock)
{
	struct clock counter = { .kind = CLOCK_KIND_COUNTER };
	struct clock system = { .kind = CLOCK_KIND_MONOTONIC_RAW, .ns_per_tick = 1 };

	measure(&system);
	*clock = system;
	counter.ns_per_tick = counter_period(root);
	if (!(counter.ns_per_tick > 0))
		return;
	measure(&counter);
	/* The error of a short region is the sum of both: the step of the clock and the time of a reading. */
	if (counter.resolution_ns + counter.cost_ns <= system.resolution_ns + system.cost_ns)
		*clock = counter;
}

int clock_facts(const struct clock *clock, struct facts *facts)
{
	const char *name = "CLOCK_MONOTONIC_RAW";

	if (clock->kind == CLOCK_KIND_COUNTER) {
#if defined(__aarch64__)
		name = "cntvct_el0";
#else
		name = "rdtsc";
#endif
	}
	if (facts_add_text(facts, NULL, "name", name) ||
	    facts_add_real(facts, NULL, "resolution_ns", clock->resolution_ns) ||
	    facts_add_real(facts, NULL, "cost_ns", clock->cost_ns) ||
	    facts_add_real(facts, NULL, "ticks_per_second", 1e9 / clock->ns_per_tick))
		return -ENOMEM;
	return 0;
}
