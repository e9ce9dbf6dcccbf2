// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/render/table-parts.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/analysis/knees.h"
#include "report/analysis/scaling.h"
#include "report/render/config.h"
#include "bench/base/region.h"
#include "bench/base/text.h"

static void print_curve(const struct config_result *config, const struct knees *knees, const struct table *to)
{
	char line[1024], label[256], value[2][32];

	config_curve_label(config, "pages", label, sizeof(label));
	snprintf(line, sizeof(line), "%s on %s, %s:", config->case_name, config->source, label);
	if (!knees->count)
		snprintf(line + strlen(line), sizeof(line) - strlen(line), " none: %s", knees->why_none);
	for (size_t i = 0; i < knees->count; i++) {
		const struct knee *knee = &knees->knee[i];

		snprintf(line + strlen(line), sizeof(line) - strlen(line),
			 "%s at %.0f (95 %%: %.0f to %.0f) pages from %s to %s ns", i ? ";" : "", knee->reach,
			 knee->lower, knee->upper, figure_format(knee->before, value[0], sizeof(value[0])),
			 figure_format(knee->after, value[1], sizeof(value[1])));
	}
	table_line(to, "", 2, line);
}

/* What a sweep over pages says as a curve. */
int table_knees(const struct record *record, const struct table *to)
{
	struct curve_point point[CURVE_POINTS_MAX];
	bool titled = false;

	for (size_t i = 0; i < record->nr_configs && !record->emulated; i++) {
		struct knees knees;
		size_t count;

		if (!curve_find(record, i, "pages", point, &count))
			continue;
		if (knees_find(point, count, &knees))
			return -ENOMEM;
		if (!titled)
			fprintf(to->out, "\nknees: the number of pages from which the cost rises\n");
		titled = true;
		print_curve(&record->config[i], &knees, to);
	}
	return 0;
}

/* A part of the law, as a share of 1 with its interval. */
static void print_share(const char *name, const struct estimate *share, const struct table *to)
{
	char line[128];

	snprintf(line, sizeof(line), "%s: %.4f (95 %%: %.4f to %.4f)", name, share->value, share->lower, share->upper);
	table_line(to, "  ", 4, line);
}

static int print_law(const struct record *record, const struct curve_point *point, size_t count, const struct table *to)
{
	int64_t cpus = table_fact(record, "topology", "cpus");
	struct scaling scaling;
	char line[160];
	int err;

	if (cpus >= 0 && cpus < SCALING_POINTS_MIN) {
		fprintf(to->out, "  serial share: not estimated (%lld CPUs, needs %d)\n", (long long)cpus,
			SCALING_POINTS_MIN);
		return 0;
	}
	err = scaling_fit(point, count, &scaling);
	if (err == -ENOMEM)
		return err;
	if (err) {
		snprintf(line, sizeof(line), "serial share: not estimated (%s)", scaling.why_none);
		table_line(to, "  ", 4, line);
		return 0;
	}
	print_share("serial share", &scaling.serial, to);
	print_share("crosstalk per pair", &scaling.crosstalk, to);
	return 0;
}

static void print_speedups(const struct record *record, const struct curve_point *point, size_t count,
			   const struct table *to)
{
	const struct config_result *config = &record->config[point->index];
	char line[2048], label[256], rate[32];

	config_curve_label(config, "workers", label, sizeof(label));
	snprintf(line, sizeof(line), "%s on %s, %s:", config->case_name, config->source, label);
	for (size_t i = 0; i < count; i++) {
		const struct config_result *at = &record->config[point[i].index];
		double faults = (double)at->faults_expected / (double)at->operations;
		struct estimate speedup = scaling_speedup(point, i);
		size_t used = strlen(line);

		snprintf(line + used, sizeof(line) - used, "%s %.0f: %s/s", i ? ";" : "", point[i].x,
			 figure_format(1e9 / point[i].value * faults, rate, sizeof(rate)));
		used = strlen(line);
		if (i && isfinite(speedup.lower))
			snprintf(line + used, sizeof(line) - used, ", %.2f times (95 %%: %.2f to %.2f)", speedup.value,
				 speedup.lower, speedup.upper);
	}
	table_line(to, "", 2, line);
}

/* Says when the kernel does not count VMA locks. Where it does, the counts are lines of the rows. */
static int print_locks(const struct record *record, const struct config_result *config, const struct table *to)
{
	const struct column *column = config_column(config, "vma_lock_retried_faults");
	double median = NAN;

	if (column && record_column_figure(record, config, column, &median))
		return -ENOMEM;
	if (column && !isfinite(median))
		table_line(to, "", 2,
			   "locks of VMAs: not counted: /proc/vmstat has no vma_lock_*; fix: build the kernel with "
			   "CONFIG_PER_VMA_LOCK_STATS");
	return 0;
}

/* What a sweep over workers says as a curve: of cases that measure refaults per second. */
int table_scaling(const struct record *record, const struct table *to)
{
	struct curve_point point[CURVE_POINTS_MAX];
	const struct config_result *last = NULL;
	size_t count;
	int err = 0;

	for (size_t i = 0; i < record->nr_configs && !record->emulated && !err; i++) {
		if (strcmp(record->config[i].rate, RATE_FAULTS) || !curve_find(record, i, "workers", point, &count) ||
		    !count)
			continue;
		if (!last) {
			fputc('\n', to->out);
			table_line(to, "scaling:", 2,
				   "refaults per second by number of workers, and speedup over the first");
		}
		last = &record->config[i];
		print_speedups(record, point, count, to);
		err = print_law(record, point, count, to);
	}
	if (last && !err)
		err = print_locks(record, last, to);
	return err;
}
