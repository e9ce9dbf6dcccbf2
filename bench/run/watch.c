// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/run/watch.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>

/* Parts of the run that are held against each other, and how many rounds each has at the least. */
enum { PARTS = 8, PART_ROUNDS_MIN = 5 };

/* "Changes by half". */
#define DURATION_RATIO 1.5
/* Interrupts: times as many, and so many more per second that they matter. */
#define INTERRUPTS_RATIO 2
#define INTERRUPTS_MORE 1000
/* Processes that want a CPU, beyond the one that measures; per CPU as in the warning at the start. */
#define LOAD_PER_CPU 0.5
/* Share of samples. */
#define SAMPLES_SHARE 0.01

/* The least and the most of the medians of the parts of @x, one value per round. False: too few rounds. */
static bool parts_of(const double *x, size_t count, double *least, double *most)
{
	size_t parts = count / PART_ROUNDS_MIN < PARTS ? count / PART_ROUNDS_MIN : PARTS;
	double *room = calloc(count + 1, sizeof(*room));

	*least = INFINITY;
	*most = -INFINITY;
	for (size_t part = 0; room && part < parts; part++) {
		size_t begin = part * count / parts, end = (part + 1) * count / parts, n = 0;
		double median;

		for (size_t i = begin; i < end; i++) {
			if (isfinite(x[i]))
				room[n++] = x[i];
		}
		if (!n)
			continue;
		gsl_sort(room, 1, n);
		median = gsl_stats_median_from_sorted_data(room, 1, n);
		*least = fmin(*least, median);
		*most = fmax(*most, median);
	}
	free(room);
	return parts > 1 && isfinite(*least) && isfinite(*most);
}

static int warn_duration(struct record *record)
{
	const struct column *duration = record_round_column(record, "duration_ns");
	double least, most;
	char text[300];

	if (!duration || !parts_of(duration->value, record->nr_rounds, &least, &most) ||
	    !(most > DURATION_RATIO * least))
		return 0;
	snprintf(text, sizeof(text),
		 "a round took %.2g s in one part of the run and %.2g s in another: the machine changed during the run",
		 most / 1e9, least / 1e9);
	return record_add_warning(record, "round-duration", text,
				  "stop other work, prevent throttling of the CPU, and run again");
}

static int warn_load(struct record *record)
{
	const struct column *load = record_round_column(record, RECORD_COLUMN_LOAD);
	double cpus = facts_number(&record->environment, "topology", "cpus", 1);
	double before = facts_number(&record->environment, "load", "one_minute", NAN), most = 0;
	char text[300];

	for (size_t i = 0; load && i < record->nr_rounds; i++)
		most = fmax(most, isfinite(load->value[i]) ? load->value[i] : 0);
	/* The run itself makes 1. A load that was there before it has a warning already. */
	if (!(most - 1 > LOAD_PER_CPU * cpus) || before > LOAD_PER_CPU * cpus)
		return 0;
	snprintf(text, sizeof(text),
		 "the load rose from %.3g to %.3g during the run, and the run itself adds 1: other work competes for "
		 "caches, memory and CPU time",
		 before, most);
	return record_add_warning(record, "load-rose", text, "stop other work (see top): top -b -n 1 | head -n 15");
}

static int warn_interrupts(struct record *record, int cpu)
{
	const struct column *interrupts = record_round_column(record, RECORD_COLUMN_INTERRUPTS);
	const struct column *duration = record_round_column(record, "duration_ns");
	double *rate = calloc(record->nr_rounds + 1, sizeof(*rate)), least, most;
	char text[300];
	int err = 0;

	if (!rate)
		return -ENOMEM;
	for (size_t i = 0; i < record->nr_rounds; i++)
		rate[i] = interrupts && duration ? interrupts->value[i] / duration->value[i] * 1e9 : NAN;
	if (parts_of(rate, record->nr_rounds, &least, &most) && most > INTERRUPTS_RATIO * least &&
	    most > least + INTERRUPTS_MORE) {
		snprintf(text, sizeof(text),
			 "CPU %d took %.0f interrupts per second in one part of the run and %.0f in another", cpu, most,
			 least);
		err = record_add_warning(record, "interrupts", text,
					 "find their number N in /proc/interrupts, and move them to other CPUs: "
					 "/proc/irq/N/smp_affinity");
	}
	free(rate);
	return err;
}

/* How many samples have @bit. @samples: of how many. */
static size_t samples_with(const struct record *record, unsigned int bit, size_t *samples)
{
	size_t found = 0;

	*samples = 0;
	for (size_t i = 0; i < record->nr_configs; i++) {
		const struct column *column = config_column(&record->config[i], RECORD_COLUMN_DISTURBED);

		for (size_t j = 0; column && j < record->nr_rounds; j++) {
			if (!isfinite(column->value[j]))
				continue;
			(*samples)++;
			found += ((unsigned int)column->value[j] & bit) != 0;
		}
	}
	return found;
}

static int warn_samples(struct record *record, unsigned int bit, const char *code, const char *what, const char *remedy)
{
	size_t samples, found = samples_with(record, bit, &samples);
	char text[400];

	if (!((double)found > SAMPLES_SHARE * (double)samples))
		return 0;
	snprintf(text, sizeof(text), "%s %zu of %zu samples", what, found, samples);
	return record_add_warning(record, code, text, remedy);
}

static int warn_frequency(struct record *record, int cpu)
{
	const struct column *disturbed = record_round_column(record, RECORD_COLUMN_DISTURBED);
	size_t changed = 0;
	char text[200];

	for (size_t i = 0; disturbed && i < record->nr_rounds; i++)
		changed += isfinite(disturbed->value[i]) && (unsigned int)disturbed->value[i] & DISTURBED_FREQUENCY;
	if (!((double)changed > SAMPLES_SHARE * (double)record->nr_rounds))
		return 0;
	snprintf(text, sizeof(text), "the frequency of CPU %d changed in %zu of %zu rounds", cpu, changed,
		 record->nr_rounds);
	return record_add_warning(
		record, "frequency-changed", text,
		"echo performance | sudo tee /sys/devices/system/cpu/cpufreq/policy*/scaling_governor");
}

int watch_warn(struct record *record, int cpu)
{
	int err;

	if (record->emulated)
		return 0;
	err = warn_duration(record);
	if (!err)
		err = warn_load(record);
	if (!err)
		err = warn_interrupts(record, cpu);
	if (!err)
		err = warn_frequency(record, cpu);
	if (!err)
		err = warn_samples(
			record, DISTURBED_SLEEP, "lock-held",
			"the measuring thread slept for a lock that another thread held, for example mmap_lock, in",
			"stop programs that inspect other processes: perf, debuggers, memory monitors");
	if (!err)
		err = warn_samples(record, DISTURBED_READER, "mappings-read",
				   "another process read smaps, maps or cmdline of the measuring process and held its "
				   "mmap_lock, in",
				   "stop memory monitors (smem, ps, top, agents): sudo fuser -v /proc/*/smaps");
	return err;
}
