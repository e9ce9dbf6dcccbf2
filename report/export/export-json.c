// SPDX-License-Identifier: GPL-2.0-or-later
/* The JSON formats. The only file of report/ that includes jansson. */
#include "report/export/export.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/text.h"

/* Write @json, which is NULL where there was no memory, and let go of it. 0 or -ENOMEM. */
static int dump(json_t *json, FILE *out)
{
	/* 12 digits are more than any clock has, and spare readers 59302.000000000007. */
	int err = json && !json_dumpf(json, out, JSON_INDENT(1) | JSON_REAL_PRECISION(12)) ? 0 : -ENOMEM;

	fputc('\n', out);
	json_decref(json);
	return err;
}

/* Set what can be set: a NAN is not written, neither as null nor as 0. 0 or -ENOMEM. */
static int set_number(json_t *object, const char *key, double number)
{
	return isfinite(number) && json_object_set_new(object, key, json_real(number)) ? -ENOMEM : 0;
}

static int set_text(json_t *object, const char *key, const char *text)
{
	return json_object_set_new(object, key, json_string(text)) ? -ENOMEM : 0;
}

/* Append @row, which is NULL or not complete where @err says that there was no memory, to @array. 0 or -ENOMEM. */
static int append(json_t *array, json_t *row, int err)
{
	if (!err)
		return json_array_append_new(array, row) ? -ENOMEM : 0;
	json_decref(row);
	return err;
}

static bool is_emulated(const struct exported_record *exported, const struct exported *figure)
{
	return exported->record->emulated || figure->config->emulated;
}

/* "1416 to 1559"; empty where there is no interval. */
static const char *interval(const struct estimate *e, char *text, size_t size)
{
	char lower[32], upper[32];

	text[0] = '\0';
	if (isfinite(e->lower) && isfinite(e->upper))
		snprintf(text, size, "%s to %s", figure_format(e->lower, lower, sizeof(lower)),
			 figure_format(e->upper, upper, sizeof(upper)));
	return text;
}

/* ---- github-action-benchmark: an array of {name, unit, value, range, extra} ---- */

static int github_row(const struct exported_record *exported, const struct exported *figure, json_t *array)
{
	bool emulated = is_emulated(exported, figure);
	json_t *row = json_object();
	const struct record *record = exported->record;
	int err = row ? 0 : -ENOMEM;
	char range[80];

	if (!err && emulated)
		err = json_object_set_new(row, "name", json_sprintf("%s (emulated)", figure->config->name));
	else if (!err)
		err = set_text(row, "name", figure->config->name);
	if (!err)
		err = set_text(row, "unit", figure->unit);
	if (!err)
		err = set_number(row, "value", figure->value.value);
	if (!err && interval(&figure->value, range, sizeof(range))[0])
		err = set_text(row, "range", range);
	if (!err)
		err = json_object_set_new(
			row, "extra",
			json_sprintf(
				"%s%zu round%s%s; Linux %s; zapbench %s %s",
				emulated ? "EMULATED: instructions, not time; " : "", figure->value.n,
				figure->value.n == 1 ? "" : "s",
				config_fits_cache(record, figure->config) ? "; a cache may hold the whole buffer" : "",
				exported_fact(record, "kernel", "release"), record->tool_version, record->tool_git));
	return append(array, row, err ? -ENOMEM : 0);
}

static int github(const struct exported_record *exported, enum exported_kind kind, FILE *out)
{
	json_t *array = json_array();
	int err = array ? 0 : -ENOMEM;

	for (size_t i = 0; i < exported->nr_figures && !err; i++) {
		if (exported->figure[i].kind == kind)
			err = github_row(exported, &exported->figure[i], array);
	}
	if (!err)
		return dump(array, out);
	json_decref(array);
	return err;
}

static int write_smaller(const struct exports *exports, FILE *out)
{
	return github(exports->result, EXPORTED_MEDIAN, out);
}

static int write_bigger(const struct exports *exports, FILE *out)
{
	return github(exports->result, EXPORTED_RATE, out);
}

/* ---- Bencher: {name: {measure: {value, lower_value, upper_value}}} ---- */

static int write_bmf(const struct exports *exports, FILE *out)
{
	const struct exported_record *exported = exports->result;
	json_t *root = json_object();
	int err = root ? 0 : -ENOMEM;

	for (size_t i = 0; i < exported->nr_figures && !err; i++) {
		const struct exported *figure = &exported->figure[i];
		/*
		 * Bencher's own "latency" is in ns. Its "throughput" is in operations a second, which the same median
		 * turned round would be: no more than latency says.
		 */
		const char *measure = is_emulated(exported, figure) ? "emulated-instructions" : "latency";
		json_t *metric, *benchmark;

		if (figure->kind != EXPORTED_MEDIAN)
			continue;
		metric = json_object();
		benchmark = json_pack("{s:o}", measure, metric);
		if (!benchmark || set_number(metric, "value", figure->value.value) ||
		    set_number(metric, "lower_value", figure->value.lower) ||
		    set_number(metric, "upper_value", figure->value.upper)) {
			json_decref(benchmark);
			err = -ENOMEM;
		} else {
			err = json_object_set_new(root, figure->config->name, benchmark) ? -ENOMEM : 0;
		}
	}
	if (!err)
		return dump(root, out);
	json_decref(root);
	return err;
}

/* ---- google/benchmark ---- */

static const struct value *fact_value(const struct record *record, const char *group, const char *key)
{
	static const struct value none = { .kind = VALUE_MISSING };
	const struct fact *fact = facts_find(&record->environment, group, key);

	return fact ? &fact->value : &none;
}

/* The caches of every type of core, from topology.core_type_0_l1d_bytes and its like. */
static json_t *google_caches(const struct record *record)
{
	json_t *caches = json_array();

	for (size_t i = 0; caches && i < record->environment.count; i++) {
		const struct fact *fact = &record->environment.item[i];
		int type, level, end = 0;
		char data;

		if (fact->value.kind != VALUE_INT || strcmp(fact->group ? fact->group : "", "topology") ||
		    sscanf(fact->key, "core_type_%d_l%d%c", &type, &level, &data) != 3)
			continue;
		sscanf(fact->key, data == 'd' ? "core_type_%*d_l%*dd_bytes%n" : "core_type_%*d_l%*d_bytes%n", &end);
		if (!end || fact->key[end])
			continue;
		if (json_array_append_new(caches, json_pack("{s:s, s:i, s:I}", "type", data == 'd' ? "Data" : "Unified",
							    "level", level, "size", (json_int_t)fact->value.integer))) {
			json_decref(caches);
			caches = NULL;
		}
	}
	return caches;
}

/* Unknown facts of the machine are not written. caches is always there: Bencher requires it. */
static json_t *google_context(const struct record *record)
{
	const struct value *cpus = fact_value(record, "topology", "cpus");
	const struct value *khz = fact_value(record, "cpu", "frequency_khz");
	const struct value *governor = fact_value(record, "cpu", "governor");
	const struct value *aslr = fact_value(record, "kernel", "randomize_va_space");
	const struct value *load = fact_value(record, "load", "one_minute");
	json_t *context = json_pack("{s:s, s:s, s:o, s:s, s:s, s:i, s:s, s:s, s:s}", "date", record->started_at,
				    "executable", "zapbench", "caches", google_caches(record), "library_version",
				    record->tool_version, "library_build_type", "release", "json_schema_version", 1,
				    "run", record->run_id, "kernel", exported_fact(record, "kernel", "release"), "note",
				    "real_time is the median over rounds per operation; cpu_time is the same figure");
	int err = context ? 0 : -ENOMEM;

	if (!err && cpus->kind == VALUE_INT)
		err = json_object_set_new(context, "num_cpus", json_integer(cpus->integer));
	if (!err && khz->kind == VALUE_INT)
		err = json_object_set_new(context, "mhz_per_cpu", json_integer(khz->integer / 1000));
	if (!err && governor->kind == VALUE_TEXT)
		err = json_object_set_new(context, "cpu_scaling_enabled",
					  json_boolean(strcmp(governor->text, "performance")));
	if (!err && aslr->kind == VALUE_INT)
		err = json_object_set_new(context, "aslr_enabled", json_boolean(aslr->integer));
	if (!err && load->kind == VALUE_REAL)
		err = json_object_set_new(context, "load_avg", json_pack("[f]", load->real));
	if (!err)
		return context;
	json_decref(context);
	return NULL;
}

/*
 * One row a configuration: its median. Rounds of one run as repetitions would make compare.py test them as if they
 * were independent between two runs, which they are not, and both dashboards that read this would take each for a
 * benchmark; rows of stddev and cv they would take for times. cpu_time is the same again, since compare.py passes over
 * rows without; context.note says so.
 */
static int google_row(const struct exported_record *exported, const struct exported *figure, int64_t family,
		      int64_t instance, json_t *array)
{
	const struct config_result *config = figure->config;
	const struct exported *faults = exported_find(exported, EXPORTED_FAULTS, config->name);
	const struct exported *rate = exported_find(exported, EXPORTED_RATE, config->name);
	enum fits_cache fits = config_cache(exported->record, config);
	const struct fact *workers = facts_find(&config->params, NULL, "workers");
	bool several = workers && workers->value.kind == VALUE_INT;
	json_t *row = json_pack("{s:s, s:I, s:I, s:s, s:s, s:i, s:i, s:I, s:I, s:f, s:f, s:s}", "name", config->name,
				"family_index", (json_int_t)family, "per_family_instance_index", (json_int_t)instance,
				"run_name", config->name, "run_type", "iteration", "repetitions", 1, "repetition_index",
				0, "threads", (json_int_t)(several ? workers->value.integer : 1), "iterations",
				(json_int_t)config->operations * (json_int_t)figure->value.n, "real_time",
				figure->value.value, "cpu_time", figure->value.value, "time_unit", "ns");
	int err = row ? 0 : -ENOMEM;

	if (!err)
		err = set_number(row, "lower_ns", figure->value.lower);
	if (!err)
		err = set_number(row, "upper_ns", figure->value.upper);
	if (!err && faults)
		err = set_number(row, "faults_per_operation", faults->value.value);
	if (!err && rate && !strcmp(rate->unit, "bytes/s"))
		err = set_number(row, "bytes_per_second", rate->value.value);
	if (!err && fits != FITS_UNKNOWN)
		err = json_object_set_new(row, "fits_cache", json_boolean(fits == FITS_CACHE));
	return append(array, row, err);
}

static int write_google(const struct exports *exports, FILE *out)
{
	const struct exported_record *exported = exports->result;
	json_t *array = json_array(), *context = google_context(exported->record);
	const struct config_result *last = NULL;
	int64_t family = -1, instance = 0;
	int err = array && context ? 0 : -ENOMEM;

	for (size_t i = 0; i < exported->nr_figures && !err; i++) {
		const struct exported *figure = &exported->figure[i];
		const struct config_result *config = figure->config;

		if (figure->kind != EXPORTED_MEDIAN || is_emulated(exported, figure))
			continue;
		instance++;
		if (!last || strcmp(last->case_name, config->case_name) || strcmp(last->source, config->source)) {
			family++;
			instance = 0;
		}
		last = config;
		err = google_row(exported, figure, family, instance, array);
	}
	if (!err)
		return dump(json_pack("{s:o, s:o}", "context", context, "benchmarks", array), out);
	json_decref(context);
	json_decref(array);
	return err;
}

/* ---- Otava's configuration, which is YAML, and so may be JSON ---- */

static int write_otava_config(const struct exports *exports, FILE *out)
{
	const struct exported_record *first = exports->result;
	json_t *metrics = json_object();
	int err = metrics ? 0 : -ENOMEM;

	for (size_t i = 0; i < first->nr_figures && !err; i++) {
		char *column = exported_column(first, &first->figure[i]);

		if (!column ||
		    json_object_set_new(metrics, column, json_pack("{s:s, s:i}", "column", column, "direction", -1)))
			err = -ENOMEM;
		free(column);
	}
	if (!err)
		return dump(json_pack("{s:{s:{s:s, s:s, s:s, s:[s, s], s:o}}}", "tests", "zapbench", "type", "csv",
				      "file", "zapbench.csv", "time_column", "time", "attributes", "commit", "run",
				      "metrics", metrics),
			    out);
	json_decref(metrics);
	return -ENOMEM;
}

const struct export_format export_github = {
	.name = "github-action-benchmark",
	.help = "customSmallerIsBetter of github-action-benchmark: the median cost of an operation",
	.write = write_smaller,
};

const struct export_format export_github_smaller = {
	.name = "github-action-benchmark-smaller",
	.help = "the same under its full name",
	.write = write_smaller,
};

const struct export_format export_github_bigger = {
	.name = "github-action-benchmark-bigger",
	.help = "customBiggerIsBetter: bytes or refaults per second, of the cases that have such a rate",
	.write = write_bigger,
	.kind = EXPORTED_RATE,
};

const struct export_format export_bmf = {
	.name = "bmf",
	.help = "Bencher Metric Format, with the interval",
	.write = write_bmf,
};

const struct export_format export_google = {
	.name = "google-benchmark",
	.help = "JSON that compare.py of google/benchmark reads; no emulated results",
	.write = write_google,
	.times = true,
};

const struct export_format export_otava_config = {
	.name = "otava-config",
	.help = "the otava.yaml for it, which reads zapbench.csv",
	.write = write_otava_config,
	.history = true,
};
