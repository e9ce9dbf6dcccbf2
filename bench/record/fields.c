// SPDX-License-Identifier: GPL-2.0-or-later
/* What a record consists of: one line for each field. Reading, writing and freeing walk these tables. */
#include "bench/record/fields.h"

static const struct field tool_fields[] = {
	TEXT("version", record, tool_version),
	TEXT("git", record, tool_git),
	END,
};

static const struct field run_fields[] = {
	TEXT("id", record, run_id),
	TEXT("started_at", record, started_at),
	NUMBER("duration_s", record, duration_s),
	TEXT("command_line", record, command_line),
	TEXT("profile", record, profile),
	TEXT("layout", record, layout),
	BITS("seed", record, seed),
	NUMBER("budget_s", record, budget_s),
	NUMBER("precision_percent", record, precision_percent),
	TEXT("stopped_by", record, stopped_by),
	COUNT("repeat_index", record, repeat_index),
	COUNT("repeat_count", record, repeat_count),
	BOOL("emulated", record, emulated),
	TEXT("zap_heaps", record, zap_heaps, LATER),
	END,
};

const struct field segment_fields[] = {
	TEXT("started_at", segment, started_at),
	TEXT("boot_id", segment, boot_id),
	COUNT("rounds_before", segment, rounds_before),
	END,
};

static const struct field label_fields[] = {
	TEXT("key", label, key),
	TEXT("value", label, value),
	END,
};

static const struct field warning_fields[] = {
	TEXT("code", warning, code),
	TEXT("text", warning, text),
	TEXT("remedy", warning, remedy),
	END,
};

static const struct field round_fields[] = {
	SIZE("count", record, nr_rounds),
	COLUMNS("samples", record, round_column, nr_round_columns),
	END,
};

static const struct field counter_fields[] = {
	TEXT("event", counter, event),
	TEXT("unit", counter, unit, LATER),
	TEXT_OR_NULL("pmu", counter, pmu),
	BOOL("counted", counter, counted),
	TEXT_OR_NULL("why_not", counter, why_not),
	NUMBER("per_operation", counter, per_operation),
	NUMBER("lower", counter, lower),
	NUMBER("upper", counter, upper),
	NUMBER("running_percent", counter, running_percent),
	COUNT("samples", counter, samples),
	TEXT_OR_NULL("model", counter, model, LATER),
	END,
};

static const struct field metric_fields[] = {
	TEXT("name", metric, name),
	NUMBER("value", metric, value),
	NUMBER("lower", metric, lower),
	NUMBER("upper", metric, upper),
	NUMBER("running_percent", metric, running_percent),
	COUNT("samples", metric, samples),
	END,
};

const struct field estimate_fields[] = {
	NUMBER("value", estimate, value), NUMBER("lower", estimate, lower), NUMBER("upper", estimate, upper),
	NUMBER("level", estimate, level), SIZE("n", estimate, n),           END,
};

static const struct field summary_fields[] = {
	COUNT("rounds", summary, rounds),
	COUNT("rounds_left_out", summary, rounds_left_out),
	COUNT("samples_invalid", summary, samples_invalid),
	OBJECT("value", estimate_fields, summary, value, struct estimate),
	OBJECT("value_all", estimate_fields, summary, value_all, struct estimate),
	NUMBER("minimum", summary, minimum),
	NUMBER("p90", summary, p90),
	NUMBER("p99", summary, p99),
	OBJECT("ratio", estimate_fields, summary, ratio, struct estimate),
	OBJECT("ratio_all", estimate_fields, summary, ratio_all, struct estimate),
	BOOL("undecided", summary, undecided),
	END,
};

static const struct field figure_fields[] = {
	TEXT("column", figure_info, column), TEXT("unit", figure_info, unit), TEXT("per", figure_info, per),
	TEXT("better", figure_info, better), BOOL("own", figure_info, own),   END,
};

static const struct field config_fields[] = {
	TEXT("name", config_result, name),
	TEXT("case", config_result, case_name),
	TEXT("source", config_result, source),
	TEXT("policy", config_result, policy),
	TEXT("granularity", config_result, granularity),
	FACTS("params", config_result, params),
	TEXT("calls", config_result, calls),
	TEXT("played_by_user", config_result, played_by_user),
	TEXT("not_played", config_result, not_played),
	TEXT("operation", config_result, operation),
	TEXT("value_column", config_result, value_column),
	TEXT("value_unit", config_result, value_unit),
	ARRAY("figures", figure_fields, config_result, figure, nr_figures, struct figure_info, LATER),
	TEXT("region", config_result, region, LATER),
	TEXT("rate", config_result, rate, LATER),
	BOOL("workload", config_result, workload, LATER),
	BOOL("per_fault", config_result, per_fault, LATER),
	BOOL("attributes_set", config_result, attributes_set, LATER),
	BOOL("emulated", config_result, emulated),
	COUNT("operations", config_result, operations),
	COUNT("bytes", config_result, bytes),
	COUNT("repetitions", config_result, repetitions),
	INTEGER("faults_expected", config_result, faults_expected),
	INTEGER("faults_expected_max", config_result, faults_expected_max, LATER),
	TEXT("expected_by", config_result, expected_by),
	BOOL("keeps_disturbed", config_result, keeps_disturbed),
	FACTS("warmup", config_result, warmup),
	FACTS("checks", config_result, checks, LATER),
	DERIVED("summary", summary_fields, config_result, summary, struct summary),
	ARRAY("counters", counter_fields, config_result, counter, nr_counters, struct counter),
	ARRAY("metrics", metric_fields, config_result, metric, nr_metrics, struct metric, LATER),
	HISTOGRAM("histogram", config_result, histogram),
	COLUMNS("samples", config_result, column, nr_columns),
	END,
};

static const struct field skipped_fields[] = {
	TEXT("name", skipped, name),
	TEXT("reason", skipped, reason),
	TEXT("remedy", skipped, remedy),
	END,
};

/* The order in the file and of reading: the rounds are counted before any column is read. */
const struct field record_fields[] = {
	PART("tool", tool_fields),
	PART("run", run_fields),
	/* Users' files call a segment a piece, and keep that name. */
	ARRAY("pieces", segment_fields, record, segment, nr_segments, struct segment, LATER),
	ARRAY("labels", label_fields, record, label, nr_labels, struct label),
	FACT_GROUPS("environment", record, environment),
	ARRAY("warnings", warning_fields, record, warning, nr_warnings, struct warning),
	FACTS("clock", record, clock),
	ARRAY("skipped", skipped_fields, record, skipped, nr_skipped, struct skipped),
	PART("rounds", round_fields),
	ARRAY("configurations", config_fields, record, config, nr_configs, struct config_result),
	END,
};
