// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/answer/explain.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/file.h"
#include "bench/base/memory.h"
#include "bench/base/params.h"
#include "bench/base/text.h"
#include "report/analysis/spread.h"
#include "report/render/config.h"
#include "report/render/labels.h"
#include "report/render/words.h"
#include "report/render/wrap.h"

/* ---- which row ---- */

enum { NAME_SIZE = 400 };

/* "frame eager around 4M read" */
static void row_name(const struct config_result *config, char *name)
{
	char label[256];

	config_label(config, label, sizeof(label));
	snprintf(name, NAME_SIZE, "%.100s %s", config->case_name, label);
}

static bool has_word(const char *text, const char *word, size_t length)
{
	for (const char *at = text; *at; at++) {
		/* A word, or one of "eager+lazy". */
		if ((at == text || strchr(" +", at[-1])) && !strncmp(at, word, length) && strchr(" +", at[length]))
			return true;
	}
	return false;
}

/* Are all words of @row among those of the configuration? */
static bool has_words(const struct record *record, size_t index, const char *row)
{
	const struct config_result *config = &record->config[index];
	char name[NAME_SIZE], all[2 * NAME_SIZE];

	row_name(config, name);
	snprintf(all, sizeof(all), "%s %.100s", name, config->source);
	for (; *row; row += strcspn(row, " "), row += strspn(row, " ")) {
		if (!has_word(all, row, strcspn(row, " ")))
			return false;
	}
	return true;
}

static bool is_named(const struct record *record, size_t index, const char *row)
{
	const struct config_result *config = &record->config[index];
	char name[NAME_SIZE];

	row_name(config, name);
	return !strcmp(config->name, row) || !strcmp(name, row) || !strcmp(name + strcspn(name, " ") + 1, row);
}

/* As the table prints it: what all rows of its group share is in their heading. */
static bool is_printed(const struct record *record, size_t index, const char *row)
{
	char shared[NAME_SIZE], label[NAME_SIZE];

	labels_shared(record, index, shared, sizeof(shared));
	labels_row(&record->config[index], shared, label, sizeof(label));
	return !strcmp(label, row);
}

/* The rows that fit, at most three of them by name. Return: how many there are. */
static size_t find_rows(const struct record *record, const char *row,
			bool (*fits)(const struct record *record, size_t index, const char *row), size_t *index,
			struct words *names)
{
	size_t count = 0;

	for (size_t i = 0; i < record->nr_configs; i++) {
		if (!fits(record, i, row))
			continue;
		*index = i;
		if (count++ < 3)
			words_add(names, "%s%.120s", count > 1 ? ", " : "", record->config[i].name);
	}
	return count;
}

/* A word of @row that none of the names has, and the one of theirs that is nearest to it. Return: there is one. */
static bool nearest_word(const char (*name)[NAME_SIZE], size_t count, const char *row, struct words *wrong,
			 struct words *near)
{
	for (; *row; row += strcspn(row, " "), row += strspn(row, " ")) {
		size_t length = strcspn(row, " ");
		bool known = length < 3; /* everything is near so short a word */

		for (size_t i = 0; i < count; i++)
			known |= has_word(name[i], row, length);
		*wrong = words_of("%.*s", (int)length, row);
		*near = words_of("%s", "");
		for (size_t i = 0; i < count && !known; i++) {
			char words[NAME_SIZE], *rest = words, *one;

			memcpy(words, name[i], sizeof(words));
			while ((one = strsep(&rest, " "))) {
				/* Of the nearest so far and this one. */
				const char *two[] = { near->text[0] ? near->text : one, one, NULL };
				const char *nearest = nearest_name(wrong->text, two);

				if (nearest)
					*near = words_of("%s", nearest);
			}
		}
		if (near->text[0])
			return true;
	}
	return false;
}

static int say_nearest(const struct record *record, const char *row, struct why *why)
{
	char(*name)[NAME_SIZE] = calloc(record->nr_configs + 1, sizeof(*name));
	const char **all = calloc(2 * record->nr_configs + 1, sizeof(*all)), *nearest = NULL;
	struct words wrong, near;
	int err = name && all ? 0 : -ENOMEM;

	for (size_t i = 0; i < record->nr_configs && !err; i++) {
		row_name(&record->config[i], name[i]);
		all[2 * i] = strchr(row, '/') ? record->config[i].name : name[i];
		all[2 * i + 1] = strchr(row, '/') ? record->config[i].name : name[i] + strcspn(name[i], " ") + 1;
	}
	if (!err) {
		nearest = nearest_name(row, all);
		if (nearest)
			err = why_set(why, -EINVAL, NULL, "no row '%.100s'; did you mean '%.200s'?", row, nearest);
		else if (nearest_word(name, record->nr_configs, row, &wrong, &near))
			err = why_set(why, -EINVAL, NULL, "no row has the word '%.100s'; did you mean '%.100s'?",
				      wrong.text, near.text);
		else
			err = why_set(why, -EINVAL, "give words of a row, or the name of a configuration",
				      "no row '%.100s'", row);
	}
	free(name);
	free(all);
	return err;
}

int explain_find(const struct record *record, const char *row, size_t *index, struct why *why)
{
	struct words names = { "" };
	size_t count = find_rows(record, row, is_named, index, &names);

	if (!count)
		count = find_rows(record, row, is_printed, index, &names);
	if (!count)
		count = find_rows(record, row, has_words, index, &names);
	if (count == 1)
		return 0;
	if (!count)
		return say_nearest(record, row, why);
	return why_set(why, -EINVAL, "give a name or more words", "'%.100s' means %zu rows: %s%s", row, count,
		       names.text, count > 3 ? ", ..." : "");
}

/* ---- the paragraph ---- */

static void say_value(const struct record *record, const struct config_result *config, FILE *text)
{
	struct estimate value;
	bool of_all;

	summary_value(&config->summary, &of_all);
	if (record_value(record, config, &value))
		value = *summary_value(&config->summary, &of_all);
	fprintf(text, "%s costs %s per %s: the median of %zu samples", config->name,
		estimate_words(&value, config->value_unit).text, config->operation, value.n);
	if (record->emulated)
		fputs(". The run is EMULATED: the figure is exact in instructions and says nothing of time. ", text);
	else if (!isfinite(value.lower) || !isfinite(value.upper))
		fputs(", without an interval. ", text);
	else
		fputs(", with its 95 % interval. ", text);
	if (of_all && !record->emulated)
		fputs("Too few samples are undisturbed, so it includes disturbed ones and the time of other work. ",
		      text);
}

static void say_faults(const struct config_result *config, FILE *text)
{
	const struct summary *summary = &config->summary;

	fprintf(text, "A sample times %lld %s%s and must cause ", (long long)config->operations, config->operation,
		config->operations == 1 ? "" : "s");
	if (config->faults_expected_max > config->faults_expected)
		fprintf(text, "%lld to %lld", (long long)config->faults_expected,
			(long long)config->faults_expected_max);
	else
		fprintf(text, "%lld", (long long)config->faults_expected);
	fprintf(text, " page fault%s (%s)", config->faults_expected == 1 ? "" : "s", config->expected_by);
	if (summary->samples_invalid)
		fprintf(text, "; INVALID: %lld of %lld samples caused another number. ",
			(long long)summary->samples_invalid, (long long)summary->rounds);
	else
		fputs("; every sample did. ", text);
}

static void say_rounds(const struct record *record, const struct config_result *config, FILE *text)
{
	static const struct {
		unsigned int bit;
		const char *words;
	} reasons[] = {
		{ DISTURBED_SWITCH, "a context switch" },
		{ DISTURBED_MIGRATION, "a migration" },
		{ DISTURBED_STEAL, "stolen time" },
		{ DISTURBED_THROTTLE, "throttling" },
		{ DISTURBED_FREQUENCY, "a frequency change" },
		{ DISTURBED_READER, "a reader of the mappings" },
	};
	const char *before = " (evidence: ";

	fprintf(text,
		"It was measured in %lld round%s, in shuffled order with %zu other rows; %lld samples were discarded",
		(long long)config->summary.rounds, config->summary.rounds == 1 ? "" : "s", record->nr_configs - 1,
		(long long)config->summary.rounds_left_out);
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]) && config->summary.rounds_left_out; i++) {
		size_t count = 0;

		for (size_t j = 0; j < record->nr_rounds; j++)
			count += !!(config_left_out(record, config, j) & reasons[i].bit);
		if (!count)
			continue;
		fprintf(text, "%s%s %zu", before, reasons[i].words, count);
		before = ", ";
	}
	fprintf(text, "%s; the run ended by %s. ", *before == ',' ? ")" : "", record->stopped_by);
	if (config->summary.undecided)
		fputs("The verdict of its ratio changes when they are discarded, so the ratio is inconclusive. ", text);
}

static void say_layout(const struct record *record, const struct config_result *config, FILE *text)
{
	struct words clock = clock_words(record, config);

	if (!strcmp(record->layout, "random"))
		fputs("The address of the buffer, the stack and the loop were drawn for each round. ", text);
	else
		fputs("All rounds have one memory layout; another layout may give another figure. ", text);
	if (clock.text[0])
		fprintf(text, "Clock: %s. ", clock.text);
}

/* Of a client that copies: by which instructions, since each round chooses anew. */
static void say_copies(const struct record *record, const struct config_result *config, FILE *text)
{
	static const struct {
		const char *column, *words;
	} ways[] = { { RECORD_COLUMN_COPY_FROM, "out of" }, { RECORD_COLUMN_COPY_TO, "into" } };

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		const struct column *column = config_column(config, ways[i].column);
		struct words by = { "" };

		for (unsigned int isa = 0; column && isa < NR_ISAS; isa++) {
			size_t rounds = 0;

			for (size_t j = 0; j < record->nr_rounds; j++)
				rounds += column->value[j] >= isa && column->value[j] <= isa;
			if (rounds)
				words_add(&by, "%s%s in %zu round%s", by.text[0] ? ", by " : "",
					  isa == ISA_SCALAR ? "memcpy" : param_choice(PARAM_ISA, isa), rounds,
					  rounds > 1 ? "s" : "");
		}
		if (by.text[0])
			fprintf(text, "Copies %s the buffer were made by %s. ", ways[i].words, by.text);
	}
}

static void say_counters(const struct config_result *config, FILE *text)
{
	const char *before = "Counted in a separate pass: ", *why = NULL;
	size_t more = 0;

	for (size_t i = 0; i < config->nr_counters; i++) {
		const struct counter *counter = &config->counter[i];

		if (!counter->counted) {
			why = why ? why : counter->why_not;
			continue;
		}
		if (counter->model)
			continue;
		if (i >= 8) {
			more++;
			continue;
		}
		fprintf(text, "%s%s %.4g", before, counter->event, counter->per_operation);
		before = ", ";
	}
	if (*before == ',')
		fprintf(text, "%s per %s. ", more ? ", and more" : "", config->operation);
	else
		fputs("No event was counted. ", text);
	if (why)
		fprintf(text, "Not all events could be counted: %s. ", why);
}

/* Modelled counts, apart from what was counted. */
static void say_modelled(const struct config_result *config, FILE *text)
{
	const char *model = NULL;

	for (size_t i = 0; i < config->nr_counters; i++) {
		const struct counter *counter = &config->counter[i];
		char plain[128];

		if (!counter->model || !(counter->per_operation > 0))
			continue;
		if (!model)
			fprintf(text,
				"MODELLED by %s, not of hardware: ", plain_text(counter->model, plain, sizeof(plain)));
		else
			fputs(", ", text);
		model = counter->model;
		fprintf(text, "%s %.4g", plain_text(counter->event, plain, sizeof(plain)), counter->per_operation);
	}
	if (model)
		fprintf(text, " per %s. ", config->operation);
}

static int say_reproducible(const struct record *record, size_t index, FILE *text)
{
	struct spread spread;
	int err = spread_find(record, index, &spread);
	const char *unit = record->config[index].value_unit;

	if (err)
		return err;
	for (size_t i = 0; i < spread.nr_parts; i++) {
		const struct spread_part *part = &spread.part[i];

		if (part->factor != SPREAD_TIME)
			continue;
		fprintf(text, "It changed during the run: %s in part %lld of %d, %s in part %lld. ",
			value_words(part->least, unit).text, (long long)part->least_group + 1, SERIES_PARTS,
			value_words(part->most, unit).text, (long long)part->most_group + 1);
	}
	if (spread.two)
		fprintf(text, "Its samples form two groups: %s (%zu samples) and %s (%zu). ",
			value_words(spread.humps.low, unit).text, spread.humps.nr_low,
			value_words(spread.humps.high, unit).text, spread.humps.nr_high);
	if (record->emulated)
		fputs("Another run gives the same to the instruction. ", text);
	else if (spread.doubt == DOUBT_FEW)
		fputs("The samples are too few to know whether another run agrees. ", text);
	else
		fprintf(text, "Another run of this boot should agree within the interval%s. ",
			spread.doubt == DOUBT_WIDE ? ", which is wide" : "");
	return 0;
}

static void say_use(const struct record *record, const struct config_result *config, FILE *text)
{
	if (config->summary.samples_invalid && !config_valid(config)) {
		fputs("Use it for nothing: most samples did other work than they should. ", text);
		return;
	}
	fprintf(text, "Use it to compare rows of this run%s. ",
		record->emulated ? " that have the same memory type" : "");
	fputs("Do not use it ", text);
	if (record->emulated)
		fputs("as a time, or to compare cached with write-combined memory; ", text);
	if (config->not_played[0])
		fprintf(text, "to choose a policy for a product, since these are not measured: %s; ",
			config->not_played);
	if (config->per_fault && !config->histogram)
		fputs("as the latency of a single fault, since a sample times many; ", text);
	fputs("for another board, kernel or boot. ", text);
}

int explain_print(const struct record *record, size_t index, size_t columns, FILE *out)
{
	const struct config_result *config = &record->config[index];
	struct memory_text told;
	char *plain = NULL;
	FILE *text = memory_open(&told);
	int err;

	if (!text) {
		free(told.data);
		return -ENOMEM;
	}
	say_value(record, config, text);
	say_faults(config, text);
	say_rounds(record, config, text);
	say_layout(record, config, text);
	say_copies(record, config, text);
	say_counters(config, text);
	say_modelled(config, text);
	err = say_reproducible(record, index, text);
	say_use(record, config, text);
	if (memory_close(text))
		err = -ENOMEM;
	plain = err ? NULL : malloc(told.size + 1);
	if (plain)
		print_wrapped(out, columns, "", 0, plain_text(told.data, plain, told.size + 1));
	else if (!err)
		err = -ENOMEM;
	free(plain);
	free(told.data);
	return err ? err : file_flush(out);
}
