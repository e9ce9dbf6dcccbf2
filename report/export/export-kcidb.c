// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * KCIDB, the database of kernel test results: a test per configuration, in its I/O schema 5.3. The build that was
 * tested is not zapbench's: its id, and so the name of the CI system, is a label of the record.
 */
#include "report/export/export.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/json-memory.h"
#include "bench/base/text.h"

static const char build_label[] = "kcidb-build";

static const char *build_of(const struct record *record)
{
	for (size_t i = 0; i < record->nr_labels; i++) {
		if (!strcmp(record->label[i].key, build_label))
			return record->label[i].value;
	}
	return "";
}

/* The length of the name of the CI system before the colon; 0: it has none. */
static size_t origin_length(const char *build)
{
	size_t length = strspn(build, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return build[length] == ':' ? length : 0;
}

static int check_kcidb(const struct exports *exports, struct why *why)
{
	if (origin_length(build_of(exports->result->record)))
		return 0;
	return why_set(why, -ENODATA, "zapbench run --label kcidb-build=ORIGIN:ID",
		       "the record does not say which build of KCIDB was tested: ORIGIN is the name of the CI system, "
		       "of a-z, 0-9 and _");
}

/* "zapbench.refault.memfd.eager.page.4M": parts of letters, digits, _ and -, with a point between two. */
static json_t *path_json(const char *name)
{
	char *path;
	json_t *json;

	if (asprintf(&path, "zapbench/%s", name) < 0)
		return NULL;
	for (char *c = path; *c; c++) {
		if (*c == '/' && c[1] && c[1] != '/')
			*c = '.';
		else if (!isalnum((unsigned char)*c) && *c != '-')
			*c = '_';
	}
	json = json_string(path);
	free(path);
	return json;
}

static json_t *test_json(const struct record *record, const char *name, const char *status, const char *comment)
{
	const char *build = build_of(record), *board = record_board(record);
	int origin = (int)origin_length(build);
	json_t *test = json_object(), *environment = json_object();

	json_object_set_new(test, "build_id", json_string(build));
	json_object_set_new(test, "id", json_sprintf("%.*s:zapbench-%s-%s", origin, build, record->run_id, name));
	json_object_set_new(test, "origin", json_sprintf("%.*s", origin, build));
	json_object_set_new(test, "path", path_json(name));
	json_object_set_new(test, "status", json_string(status));
	json_object_set_new(test, "comment", json_string(comment));
	if (isfinite(seconds_of_date(record->started_at ?: "")))
		json_object_set_new(test, "start_time", json_string(record->started_at));
	json_object_set_new(environment, "comment",
			    json_sprintf("%s, Linux %s", board ? board : "unnamed board",
					 exported_fact(record, "kernel", "release")));
	json_object_set_new(test, "environment", environment);
	return test;
}

/* A time in seconds, which readers show with the prefix that fits; instructions as they are. */
static void set_figure(json_t *test, const struct exported *figure, bool emulated, enum fits_cache fits)
{
	const char *per = strchr(figure->unit, '/');
	double scale = emulated ? 1 : 1e-9;
	json_t *number = json_object(), *own = json_object(), *misc = json_object();

	json_object_set_new(number, "value", json_number(figure->value.value * scale));
	json_object_set_new(number, "unit", emulated ? json_string(figure->unit) : json_sprintf("s%s", per ? per : ""));
	json_object_set_new(number, "prefix", json_string("metric"));
	json_object_set_new(test, "number", number);
	json_object_set_new(own, "configuration", json_string(figure->config->name));
	json_object_set_new(own, "emulated", json_boolean(emulated));
	if (fits != FITS_UNKNOWN)
		json_object_set_new(own, "fits_cache", json_boolean(fits == FITS_CACHE));
	json_object_set_new(own, "rounds", json_integer((json_int_t)figure->value.n));
	if (isfinite(figure->value.lower) && isfinite(figure->value.upper)) {
		json_object_set_new(own, "lower", json_number(figure->value.lower * scale));
		json_object_set_new(own, "upper", json_number(figure->value.upper * scale));
	}
	json_object_set_new(misc, "zapbench", own);
	json_object_set_new(test, "misc", misc);
}

static json_t *config_json(const struct exported_record *exported, const struct config_result *config)
{
	const struct exported *figure = exported_find(exported, EXPORTED_MEDIAN, config->name);
	bool emulated = exported->record->emulated || config->emulated;
	char reason[200];
	json_t *test;

	if (!figure)
		return test_json(exported->record, config->name, "ERROR",
				 exported_why_none(config, reason, sizeof(reason)));
	/* What is measured, not whether it is good: that is what DONE says. */
	test = test_json(exported->record, config->name, "DONE",
			 emulated ? "EMULATED: instructions, not time; median of the rounds" : "median of the rounds");
	set_figure(test, figure, emulated, config_cache(exported->record, config));
	return test;
}

static int write_kcidb(const struct exports *exports, FILE *out)
{
	const struct record *record = exports->result->record;
	json_t *root, *version, *tests;
	int err;

	json_watch_memory();
	root = json_object();
	version = json_object();
	tests = json_array();
	json_object_set_new(version, "major", json_integer(5));
	json_object_set_new(version, "minor", json_integer(3));
	json_object_set_new(root, "version", version);
	for (size_t i = 0; i < record->nr_configs; i++)
		json_array_append_new(tests, config_json(exports->result, &record->config[i]));
	for (size_t i = 0; i < record->nr_skipped; i++)
		json_array_append_new(tests,
				      test_json(record, record->skipped[i].name, "SKIP", record->skipped[i].reason));
	json_object_set_new(root, "tests", tests);
	/* ASCII, and no text of a record is anything but text. */
	err = json_dumpf(root, out, JSON_INDENT(1) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(12)) || json_ran_out()
		      ? -ENOMEM
		      : 0;
	fputc('\n', out);
	json_decref(root);
	return err;
}

const struct export_format export_kcidb = {
	.name = "kcidb",
	.help = "tests for KCIDB, in its I/O schema 5.3; the label kcidb-build=ORIGIN:ID names the tested build",
	.write = write_kcidb,
	.check = check_kcidb,
	.anything = true,
};
