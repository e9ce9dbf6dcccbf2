// SPDX-License-Identifier: GPL-2.0-or-later
/* What format 1.0 did not say and its readers knew: which columns are figures, and of what unit. */
#include "bench/record/record.h"

#include <errno.h>
#include <string.h>

bool record_is_extra(const char *name)
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
		else if (record_is_extra(name))
			err = config_add_figure(config, name, unit_of(name), "",
						!strcmp(unit_of(name), "ns") ? "less" : "none", true);
	}
	return err;
}
