// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What older formats did not store: which columns are figures and their units (1.0), and what a case is (1.0 and 1.1).
 * Only this file knows the names of cases and columns.
 */
#include "bench/record/record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/region.h"
#include "bench/base/text.h"

static bool is_own(const char *name)
{
	static const char *const common[] = {
		"time_ns",  "instructions", RECORD_COLUMN_FAULTS, "faults_major", RECORD_COLUMN_DISTURBED,
		"position", "event_p50_ns", "event_p90_ns",       "event_p99_ns", "event_max_ns",
	};

	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++) {
		if (!strcmp(common[i], name))
			return false;
	}
	return true;
}

/* The unit is the last word of the name: "bytes" of "mapped_bytes". "ptes_zapped" has none. */
static const char *unit_of(const char *name)
{
	static const char *const units[] = { "ns", "instructions", "bytes", "faults" };
	const char *last = strrchr(name, '_');

	for (size_t i = 0; last && i < sizeof(units) / sizeof(units[0]); i++) {
		if (!strcmp(last + 1, units[i]))
			return units[i];
	}
	return "";
}

int config_derive_figures(struct config_result *config)
{
	const char *value = config->value_column ? config->value_column : "";
	int err = 0;

	for (size_t i = 0; i < config->nr_columns && !err; i++) {
		const char *name = config->column[i].name;

		if (!strcmp(name, value))
			err = config_add_figure(config, name, config->value_unit, config->operation, "less", false);
		else if (!strcmp(name, RECORD_COLUMN_FAULTS))
			err = config_add_figure(config, name, "faults", config->operation, "none", false);
		else if (is_own(name))
			err = config_add_figure(config, name, unit_of(name), "",
						!strcmp(unit_of(name), "ns") ? "less" : "none", true);
	}
	return err;
}

int config_derive_counters(struct config_result *config)
{
	for (size_t i = 0; i < config->nr_counters; i++) {
		struct counter *counter = &config->counter[i];
		/* What the kernel itself counts; such a counter's PMU is the source. */
		bool of_kernel = counter->pmu && !strncmp(counter->pmu, config->source, strlen(counter->pmu));
		const char *unit = of_kernel ? unit_of(counter->event) : "";

		if (counter->unit && counter->unit[0])
			continue;
		free(counter->unit);
		if (text_copy(&counter->unit, unit[0] ? unit : "events"))
			return -ENOMEM;
	}
	return 0;
}

/* The cases of the programs that wrote 1.0 and 1.1. */
static const struct {
	const char *name, *now; /* now: its present name; NULL: the same */
	const char *region, *rate;
	bool workload, per_fault;
} cases[] = {
	{ "refault", NULL, REGION_TOUCH, RATE_NONE, false, true },
	{ "zap", NULL, REGION_ZAP, RATE_NONE, false, false },
	{ "tlb-shootdown", NULL, REGION_ZAP, RATE_NONE, false, false },
	{ "map-latency", NULL, REGION_MAP, RATE_NONE, false, false },
	{ "frame", NULL, REGION_FRAME, RATE_BYTES, true, false },
	{ "fault-scaling", NULL, REGION_OTHER, RATE_FAULTS, false, true },
	{ "tlb-refill", NULL, REGION_OTHER, RATE_NONE, false, true },
	{ "bandwidth", NULL, REGION_OTHER, RATE_BYTES, false, false },
	{ "access-pattern", NULL, REGION_OTHER, RATE_BYTES, false, false },
	{ "toucher", "concurrent-access", REGION_OTHER, RATE_NONE, false, false },
};

/* The case, and the first part of the configuration's name. */
static int rename_case(struct config_result *config, const char *now)
{
	char *name = NULL;

	if (asprintf(&name, "%s%s", now, config->name + strcspn(config->name, "/")) < 0)
		return -ENOMEM;
	free(config->name);
	config->name = name;
	free(config->case_name);
	return text_copy(&config->case_name, now);
}

int config_derive_case(struct config_result *config)
{
	const char *region = REGION_OTHER, *rate = RATE_NONE;
	int err = 0;

	/* Userspace never set attributes; the kernel's heaps always did. */
	config->attributes_set = !config->played_by_user[0];
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (strcmp(config->case_name, cases[i].name))
			continue;
		region = cases[i].region;
		rate = cases[i].rate;
		config->workload = cases[i].workload;
		config->per_fault = cases[i].per_fault;
		if (cases[i].now)
			err = rename_case(config, cases[i].now);
		break;
	}
	free(config->region);
	free(config->rate);
	config->region = config->rate = NULL;
	return err || text_copy(&config->region, region) || text_copy(&config->rate, rate) ? -ENOMEM : 0;
}
