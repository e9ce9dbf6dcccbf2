// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/measure/clock.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>

/* Readings of which the mean is taken, in blocks: neighbours depend on each other, the means of blocks hardly do. */
enum { BLOCKS = 20 };

/* Times the median. */
#define INTERRUPTED 8

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

/* The smallest difference between two readings that differ. A fast counter never repeats a value: that is its step. */
static double finest_step(const double *sorted, size_t count)
{
	double finest = NAN;

	for (size_t i = 1; i < count; i++) {
		if (sorted[i] > sorted[i - 1])
			finest = fmin(finest, sorted[i] - sorted[i - 1]);
	}
	if (isnan(finest))
		finest = sorted[count - 1] > 0 ? sorted[count - 1] : 1;
	return finest;
}

void clock_set_cost(struct clock *clock, const double *ticks, size_t count)
{
	static double sorted[CLOCK_READINGS];
	double mean[BLOCKS], step, limit;
	size_t each = count / BLOCKS;

	memcpy(sorted, ticks, count * sizeof(*sorted));
	gsl_sort(sorted, 1, count);
	step = finest_step(sorted, count);
	/* What is far beyond is no reading of the clock but an interrupt. */
	limit = INTERRUPTED * fmax(gsl_stats_median_from_sorted_data(sorted, 1, count), step);
	for (size_t i = 0; i < BLOCKS; i++) {
		double sum = 0;
		size_t n = 0;

		for (size_t j = i * each; j < (i + 1) * each; j++) {
			sum += ticks[j] <= limit ? ticks[j] : 0;
			n += ticks[j] <= limit;
		}
		mean[i] = n ? sum / (double)n : sorted[count / 2];
	}
	clock->cost_ticks = gsl_stats_mean(mean, 1, BLOCKS);
	clock->cost_ns = clock->cost_ticks * clock->ns_per_tick;
	clock->cost_error_ns = gsl_cdf_tdist_Pinv(0.975, BLOCKS - 1) * gsl_stats_sd(mean, 1, BLOCKS) / sqrt(BLOCKS) *
			       clock->ns_per_tick;
	clock->resolution_ns = step * clock->ns_per_tick;
}

static void measure(struct clock *clock)
{
	static double steps[CLOCK_READINGS];
	uint64_t before = clock_now(clock);

	for (size_t i = 0; i < CLOCK_READINGS; i++) {
		uint64_t now = clock_now(clock);

		steps[i] = (double)(now - before);
		before = now;
	}
	clock_set_cost(clock, steps, CLOCK_READINGS);
}

void clock_choose(const char *root, struct clock *clock)
{
	double period = counter_period(root);

	if (period > 0)
		*clock = (struct clock){ .kind = CLOCK_KIND_COUNTER, .ns_per_tick = period };
	else
		*clock = (struct clock){ .kind = CLOCK_KIND_MONOTONIC_RAW, .ns_per_tick = 1 };
	measure(clock);
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
	    facts_add_real(facts, NULL, "cost_error_ns", clock->cost_error_ns) ||
	    facts_add_real(facts, NULL, "ticks_per_second", 1e9 / clock->ns_per_tick))
		return -ENOMEM;
	return 0;
}
