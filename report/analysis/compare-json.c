// SPDX-License-Identifier: GPL-2.0-or-later
/* A comparison as JSON. */
#include "report/analysis/compare.h"

#include "bench/record/fields.h"

#define VERSION "1.2"

static const struct field difference_fields[] = {
	TEXT("kind", difference, kind_name),
	TEXT("key", difference, key),
	TEXT("base", difference, base),
	TEXT("new", difference, new),
	BOOL("consented", difference, overridden),
	END,
};

static const struct field row_fields[] = {
	TEXT("name", compared, name),
	TEXT("new_name", compared, new_name),
	TEXT("verdict", compared, verdict_name),
	TEXT("method", compared, method),
	TEXT("operation", compared, operation),
	TEXT("unit", compared, unit),
	NUMBER("base", compared, base),
	NUMBER("new", compared, new),
	SIZE("base_n", compared, base_n),
	SIZE("new_n", compared, new_n),
	SIZE("base_boots", compared, base_boots),
	SIZE("new_boots", compared, new_boots),
	NUMBER("p_value", compared, p_value),
	NUMBER("detectable_ratio", compared, detectable),
	NUMBER("boots_needed", compared, needed),
	NUMBER("drift_per_day", compared, drift),
	NUMBER("base_p90_ns", compared, base_p90),
	NUMBER("new_p90_ns", compared, new_p90),
	NUMBER("base_p99_ns", compared, base_p99),
	NUMBER("new_p99_ns", compared, new_p99),
	NUMBER("base_faults", compared, base_faults),
	NUMBER("new_faults", compared, new_faults),
	NUMBER("instructions_per_fault", compared, per_fault),
	OBJECT("ratio", estimate_fields, compared, ratio, struct estimate),
	TEXT("reason", compared, reason),
	TEXT("remedy", compared, remedy),
	END,
};

static const struct field modelled_fields[] = {
	TEXT("name", modelled_change, name),
	TEXT("event", modelled_change, event),
	TEXT("verdict", modelled_change, verdict_name),
	NUMBER("base", modelled_change, base),
	NUMBER("new", modelled_change, new),
	END,
};

static const struct field unmatched_fields[] = { TEXT("name", unmatched, name), TEXT("reason", unmatched, reason),
						 END };

static const struct field comparison_fields[] = {
	TEXT("base", comparison, base_path),
	TEXT("new", comparison, new_path),
	SIZE("base_runs", comparison, base_runs),
	SIZE("new_runs", comparison, new_runs),
	SIZE("base_boots", comparison, base_boots),
	SIZE("new_boots", comparison, new_boots),
	BOOL("one_boot", comparison, one_boot),
	BOOL("in_blocks", comparison, in_blocks),
	NUMBER("mean_ratio", comparison, mean_ratio),
	NUMBER("threshold_percent", comparison, threshold_percent),
	NUMBER("level", comparison, level),
	BOOL("emulated", comparison, emulated),
	ARRAY("differences", difference_fields, comparison, difference, nr_differences, struct difference),
	ARRAY("comparisons", row_fields, comparison, row, nr_rows, struct compared),
	TEXT("model", comparison, model),
	SIZE("modelled_rows", comparison, modelled_rows),
	ARRAY("modelled", modelled_fields, comparison, modelled, nr_modelled, struct modelled_change),
	ARRAY("not_compared", unmatched_fields, comparison, unmatched, nr_unmatched, struct unmatched),
	END,
};

int comparison_write(const struct comparison *comparison, FILE *out)
{
	return fields_write(comparison, comparison_fields, COMPARISON_SCHEMA, VERSION, out);
}
