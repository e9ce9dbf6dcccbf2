// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The commands of LAVA's test shell, one per line. A figure is a test case with a measurement. A missing figure is a
 * test case without a measurement, after a line for the log with the reason: a test case has no place for it. A shell
 * on the board runs the commands. LAVA splits their output at blanks, "=" and ">", and loses a test case with one too
 * many.
 */
#include "report/export/export.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/text.h"
#include "report/render/config.h"

struct test_case {
	char *name;        /* owned */
	const char *of[2]; /* the configuration and the figure that it names */
	const char *result;
	const struct exported *figure; /* NULL: a test case without a measurement, */
	char *reason;                  /* owned, for this reason */
};

struct test_cases {
	struct test_case *item;
	size_t count, room;
};

static void free_cases(struct test_cases *cases)
{
	for (size_t i = 0; i < cases->count; i++) {
		free(cases->item[i].name);
		free(cases->item[i].reason);
	}
	free(cases->item);
}

/* Append to @name what LAVA's addresses allow of @text: letters, digits, and any of "-_.+". Return: its end. */
static char *put_name(char *name, const char *text)
{
	for (; *text; text++) {
		if (isalnum((unsigned char)*text) || strchr("-_.+", *text))
			*name++ = *text;
		else
			*name++ = strchr("/: ", *text) ? '.' : '_';
	}
	*name = '\0';
	return name;
}

/* @reason is let go of, whether or not there is memory for the test case; NULL where there was none for it. */
static int add(struct test_cases *cases, bool emulated, const char *config, const char *name, const char *result,
	       const struct exported *figure, char *reason)
{
	static const char mark[] = "emulated.";
	size_t length = sizeof(mark) + strlen(config) + strlen(name) + 2;
	struct test_case new = { malloc(length), { config, name }, result, figure, reason };
	char *end = new.name;

	if (cases->count == cases->room) {
		size_t room = cases->room ? 2 * cases->room : 64;
		struct test_case *item = reallocarray(cases->item, room, sizeof(*item));

		if (item) {
			cases->item = item;
			cases->room = room;
		}
	}
	if (!new.name || (!figure && !reason) || cases->count == cases->room) {
		free(new.name);
		free(reason);
		return -ENOMEM;
	}
	if (emulated)
		end = stpcpy(end, mark);
	end = put_name(end, config);
	*end++ = '.';
	put_name(end, name);
	cases->item[cases->count++] = new;
	return 0;
}

static int add_figures(struct test_cases *cases, const struct exported_record *exported,
		       const struct config_result *config, size_t *next)
{
	bool emulated = exported->record->emulated || config->emulated;
	bool median = false;
	char reason[200];
	int err = 0;

	/* They are in the order of configurations. */
	for (; *next < exported->nr_figures && exported->figure[*next].config == config && !err; (*next)++) {
		const struct exported *figure = &exported->figure[*next];

		median = median || figure->kind == EXPORTED_MEDIAN;
		err = add(cases, emulated, config->name, figure->name, "pass", figure, NULL);
	}
	if (!err && !median)
		err = add(cases, emulated, config->name, "median", config->summary.rounds ? "unknown" : "skip", NULL,
			  strdup(exported_why_none(config, reason, sizeof(reason))));
	return err;
}

/* Of an emulated machine only what is exported when it is counted. */
static int add_not_counted(struct test_cases *cases, const struct record *record, const struct config_result *config)
{
	bool emulated = record->emulated || config->emulated;
	int err = 0;

	for (size_t i = 0; i < config->nr_counters && !err; i++) {
		const struct counter *counter = &config->counter[i];
		const char *why = counter->why_not && counter->why_not[0] ? counter->why_not : "reason unknown";
		char *reason;

		if (counter->counted || !config_valid(config) || !exported_counter(config, counter, emulated))
			continue;
		if (asprintf(&reason, "not counted: %s", why) < 0)
			return -ENOMEM;
		err = add(cases, emulated, config->name, counter->event, "skip", NULL, reason);
	}
	return err;
}

static int collect(const struct exported_record *exported, struct test_cases *cases)
{
	const struct record *record = exported->record;
	size_t next = 0;
	int err = 0;

	*cases = (struct test_cases){ NULL, 0, 0 };
	for (size_t i = 0; i < record->nr_configs && !err; i++) {
		err = add_figures(cases, exported, &record->config[i], &next);
		if (!err)
			err = add_not_counted(cases, record, &record->config[i]);
	}
	for (size_t i = 0; i < record->nr_skipped && !err; i++)
		err = add(cases, record->emulated, record->skipped[i].name, "median", "skip", NULL,
			  strdup(record->skipped[i].reason));
	return err;
}

/* What the log shows: within single quotes of a shell, and nothing that LAVA takes for a signal. */
static void put_reason(const struct test_case *test, FILE *out)
{
	fprintf(out, "echo '%s: ", test->name);
	for (const char *c = test->reason; *c; c++) {
		if (*c == '\'')
			fputs("'\\''", out);
		else
			fputc(strchr("\\<>", *c) ? '?' : plain_char(*c), out);
	}
	fputs("'\n", out);
}

static void put_case(const struct test_case *test, FILE *out)
{
	if (!test->figure)
		put_reason(test, out);
	fprintf(out, "lava-test-case %s --result %s", test->name, test->result);
	if (test->figure) {
		fprintf(out, " --measurement %.12g", test->figure->value.value);
		if (test->figure->unit[0])
			fputs(" --units ", out);
		for (const char *c = test->figure->unit; *c; c++)
			fputc(isalnum((unsigned char)*c) || strchr("-_.+/%", *c) ? *c : '_', out);
	}
	fputc('\n', out);
}

static int write_lava(const struct exports *exports, FILE *out)
{
	struct test_cases cases;
	int err = collect(exports->result, &cases);

	for (size_t i = 0; i < cases.count && !err; i++)
		put_case(&cases.item[i], out);
	free_cases(&cases);
	return err;
}

static int by_name(const void *a, const void *b)
{
	const struct test_case *first = a, *second = b;

	return strcmp(first->name, second->name);
}

/* Two configurations must not share a test case name. */
static int check_lava(const struct exports *exports, struct why *why)
{
	struct test_cases cases;
	int err = collect(exports->result, &cases);

	if (!err && cases.count)
		qsort(cases.item, cases.count, sizeof(*cases.item), by_name);
	for (size_t i = 1; i < cases.count && !err; i++) {
		const struct test_case *a = &cases.item[i - 1], *b = &cases.item[i];

		if (!strcmp(a->name, b->name))
			err = why_set(why, -ENODATA, "use another format: --to csv",
				      "same test case name: %.100s of %.100s and %.100s of %.100s", a->of[1], a->of[0],
				      b->of[1], b->of[0]);
	}
	free_cases(&cases);
	return err;
}

const struct export_format export_lava = {
	.name = "lava",
	.help = "commands for LAVA's test shell on the board, for sh: a test case with a measurement per figure",
	.write = write_lava,
	.check = check_lava,
	.anything = true,
};
