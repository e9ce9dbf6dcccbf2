// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Text for Prometheus, for the textfile collector of the node exporter. The collector and promtool read the older text
 * format, where UNIT and EOF are comments. OpenMetrics 1.0 demands EOF, and the unit at the end of the name. The output
 * is valid in both: the same escapes, no quotation mark in a HELP (the formats escape it differently), no time stamps
 * (the collector refuses them; the time of the run is a metric), and only gauges, because a median and its bounds are
 * neither counter nor summary.
 */
#include "report/export/export.h"

#include <math.h>
#include <string.h>

#include "bench/base/text.h"

/* Which number of a figure a metric shows. */
enum bound { VALUE, LOWER, UPPER };

struct family {
	const char *name;
	const char *unit; /* that the name ends in; "" where it has none */
	const char *help;
	enum exported_kind kind;
	enum bound part;
	bool emulated;     /* of emulated records, else of the others */
	bool both;         /* of either */
	const char *label; /* that tells the figures of one configuration apart; NULL: there is one */
	const char *rate;  /* EXPORTED_RATE: only in this unit */
};

#define MEDIAN "Median cost of one operation over rounds"
#define BOUND " bound of the 95 percent interval of the median"
#define RANGE " of any round"

static const struct family families[] = {
	{ .name = "zapbench_operation_seconds", .unit = "seconds", .help = MEDIAN },
	{ .name = "zapbench_operation_lower_seconds", .unit = "seconds", .help = "Lower" BOUND, .part = LOWER },
	{ .name = "zapbench_operation_upper_seconds", .unit = "seconds", .help = "Upper" BOUND, .part = UPPER },
	{ .name = "zapbench_emulated_operation_instructions",
	  .unit = "instructions",
	  .help = MEDIAN ", on an emulated CPU: instructions retired, not time",
	  .emulated = true },
	{ .name = "zapbench_emulated_operation_lower_instructions",
	  .unit = "instructions",
	  .help = "Fewest instructions" RANGE,
	  .part = LOWER,
	  .emulated = true },
	{ .name = "zapbench_emulated_operation_upper_instructions",
	  .unit = "instructions",
	  .help = "Most instructions" RANGE,
	  .part = UPPER,
	  .emulated = true },
	{ .name = "zapbench_single_seconds",
	  .unit = "seconds",
	  .help = "Percentile of single faults or frames, each timed on its own",
	  .kind = EXPORTED_SINGLE,
	  .label = "percentile" },
	{ .name = "zapbench_bytes_per_second",
	  .help = "Bytes that an operation moves by its median",
	  .kind = EXPORTED_RATE,
	  .rate = "bytes/s" },
	{ .name = "zapbench_refaults_per_second",
	  .help = "Refaults by the median of all workers together",
	  .kind = EXPORTED_RATE,
	  .rate = "faults/s" },
	{ .name = "zapbench_faults_per_operation",
	  .help = "Faults that the kernel counted, minor and major",
	  .kind = EXPORTED_FAULTS,
	  .both = true },
	{ .name = "zapbench_events_per_operation",
	  .help = "Events counted in a pass of its own",
	  .kind = EXPORTED_COUNTED,
	  .both = true,
	  .label = "event" },
	{ .name = "zapbench_modelled_events_per_operation",
	  .help = "Events that a model of caches and TLBs counted in emulation; not measured",
	  .kind = EXPORTED_MODELLED,
	  .both = true,
	  .label = "event" },
};

static void put_head(const char *name, const char *unit, const char *help, FILE *out)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
	if (unit && unit[0])
		fprintf(out, "# UNIT %s %s\n", name, unit);
}

/* A label; only backslash, quotation mark and line feed have a meaning within one. */
static void put_label(const char *before, const char *key, const char *value, FILE *out)
{
	fprintf(out, "%s%s=\"", before, key);
	for (; *value; value++) {
		if (*value == '\n')
			fputs("\\n", out);
		else if (*value == '\\' || *value == '"')
			fprintf(out, "\\%c", *value);
		else
			fputc(*value, out);
	}
	fputc('"', out);
}

static void put_board(const char *before, const struct record *record, FILE *out)
{
	const char *board = record_board(record);

	put_label(before, "board", board ? board : "unnamed", out);
}

static void put_labels(const struct record *record, const struct config_result *config, FILE *out)
{
	put_label("{", "configuration", config->name, out);
	put_board(",", record, out);
	put_label(",", "case", config->case_name, out);
	put_label(",", "source", config->source, out);
	put_label(",", "policy", config->policy, out);
	put_label(",", "granularity", config->granularity, out);
	put_label(",", "operation", config->operation, out);
	if (record->emulated || config->emulated)
		put_label(",", "emulated", "true", out);
}

/* The number that @family shows of @figure; NAN: none. */
static double number_of(const struct family *family, const struct exported *figure, bool emulated)
{
	const struct estimate *e = &figure->value;
	double number = family->part == LOWER ? e->lower : family->part == UPPER ? e->upper : e->value;

	if (figure->kind != family->kind || (!family->both && family->emulated != emulated))
		return NAN;
	if (family->rate && strcmp(family->rate, figure->unit))
		return NAN;
	/* What the kernel itself timed is no count. */
	if (figure->kind == EXPORTED_COUNTED && strncmp(figure->unit, "events/", 7))
		return NAN;
	/* Divided, not multiplied by 1e-9, which is no exact number: 1 ns stays 1e-09. */
	return !strcmp(family->unit ? family->unit : "", "seconds") ? number / 1e9 : number;
}

static void put_family(const struct family *family, const struct exported_record *exported, FILE *out)
{
	bool begun = false;

	for (size_t i = 0; i < exported->nr_figures; i++) {
		const struct exported *figure = &exported->figure[i];
		bool emulated = exported->record->emulated || figure->config->emulated;
		double number = number_of(family, figure, emulated);
		const char *tell = figure->name;

		if (!isfinite(number))
			continue;
		if (!begun)
			put_head(family->name, family->unit, family->help, out);
		begun = true;
		fputs(family->name, out);
		put_labels(exported->record, figure->config, out);
		if (family->kind == EXPORTED_SINGLE)
			tell = strchr(figure->name, 'p') + 1; /* "single p99.9" */
		if (family->label)
			put_label(",", family->label, tell, out);
		fprintf(out, "} %.12g\n", number);
	}
}

/* How far the figures of a configuration can be relied on; also of those that have none. */
static void put_evidence(const struct record *record, FILE *out)
{
	static const char *const name[] = { "zapbench_valid", "zapbench_rounds", "zapbench_rounds_left_out",
					    "zapbench_samples_invalid" };
	static const char *const help[] = {
		"1 if most samples have the expected fault count; 0: no figure", "Rounds measured",
		"Samples discarded: disturbed by the system (preempted, moved, asleep, stolen time, mappings read)",
		"Samples with unexpected fault counts; excluded from statistics"
	};

	for (size_t i = 0; i < sizeof(name) / sizeof(name[0]) && record->nr_configs; i++) {
		put_head(name[i], NULL, help[i], out);
		for (size_t j = 0; j < record->nr_configs; j++) {
			const struct config_result *config = &record->config[j];
			const int64_t number[] = { config_valid(config), config->summary.rounds,
						   config->summary.rounds_left_out, config->summary.samples_invalid };

			fputs(name[i], out);
			put_labels(record, config, out);
			fprintf(out, "} %lld\n", (long long)number[i]);
		}
	}
}

/* Of those configurations of which it is known. */
static void put_cache(const struct record *record, FILE *out)
{
	static const char name[] = "zapbench_fits_cache";
	bool begun = false;

	for (size_t i = 0; i < record->nr_configs; i++) {
		enum fits_cache fits = config_cache(record, &record->config[i]);

		if (fits == FITS_UNKNOWN)
			continue;
		if (!begun)
			put_head(name, NULL, "1 if a cache may hold the whole buffer: its rate is not that of memory",
				 out);
		begun = true;
		fputs(name, out);
		put_labels(record, &record->config[i], out);
		fprintf(out, "} %d\n", fits == FITS_CACHE);
	}
}

static void put_run(const struct record *record, FILE *out)
{
	const double began = seconds_of_date(record->started_at);

	put_head("zapbench_run_info", NULL, "Machine, kernel and zapbench version", out);
	fputs("zapbench_run_info", out);
	put_label("{", "run", record->run_id, out);
	put_board(",", record, out);
	put_label(",", "version", record->tool_version, out);
	put_label(",", "git", record->tool_git, out);
	put_label(",", "kernel", exported_fact(record, "kernel", "release"), out);
	put_label(",", "architecture", exported_fact(record, "kernel", "architecture"), out);
	put_label(",", "emulated", record->emulated ? "true" : "false", out);
	fputs("} 1\n", out);
	if (isnan(began))
		return;
	put_head("zapbench_run_start_timestamp_seconds", "seconds", "When the run began, since 1970", out);
	fputs("zapbench_run_start_timestamp_seconds", out);
	put_board("{", record, out);
	fprintf(out, "} %lld\n", (long long)began);
}

static int write_openmetrics(const struct exports *exports, FILE *out)
{
	const struct exported_record *exported = exports->result;

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		put_family(&families[i], exported, out);
	put_evidence(exported->record, out);
	put_cache(exported->record, out);
	put_run(exported->record, out);
	fputs("# EOF\n", out);
	return 0;
}

const struct export_format export_openmetrics = {
	.name = "openmetrics",
	.help = "gauges for Prometheus: a .prom file for the textfile collector of node_exporter",
	.write = write_openmetrics,
	.anything = true,
};
