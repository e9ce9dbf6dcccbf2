// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lines below a row: what the clock does to it, what its spread consists of, and which rows of the same accesses it
 * disagrees with.
 */
#include "report/render/table.h"
#include "report/render/table-parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/memory.h"
#include "bench/base/text.h"
#include "report/analysis/agreement.h"
#include "report/analysis/spread.h"
#include "report/render/config.h"
#include "report/render/words.h"

static const char *const factor_words[NR_SPREAD_FACTORS] = {
	[SPREAD_VARIANT] = "the kind of loop",
	[SPREAD_ADDRESS] = "the address of the buffer",
	[SPREAD_STACK] = "the depth of the stack",
	[SPREAD_PREDECESSOR] = "the configuration before",
	[SPREAD_TIME] = "the time",
};

/* In the order of enum touch_variant. */
static const char *const variant_words[] = { "inlined", "called", "called by pointer", "unrolled" };

static void group_words(const struct record *record, enum spread_factor factor, int64_t group, char *words, size_t size)
{
	char label[256];

	switch (factor) {
	case SPREAD_VARIANT:
		snprintf(words, size, "%s", group >= 0 && group < 4 ? variant_words[group] : "?");
		return;
	case SPREAD_PREDECESSOR:
		if (group < 0 || (size_t)group >= record->nr_configs) {
			snprintf(words, size, "nothing");
			return;
		}
		config_label(&record->config[group], label, sizeof(label));
		snprintf(words, size, "%s %s", record->config[group].case_name, label);
		return;
	case SPREAD_TIME:
		snprintf(words, size, "part %lld of %d", (long long)group + 1, SERIES_PARTS);
		return;
	default:
		snprintf(words, size, "+%lld bytes", (long long)group);
	}
}

static void print_part(const struct record *record, const struct spread_part *part, const struct table *to)
{
	char line[900], least[300], most[300], value[2][32];

	group_words(record, part->factor, part->least_group, least, sizeof(least));
	group_words(record, part->factor, part->most_group, most, sizeof(most));
	snprintf(line, sizeof(line), "+-%.*f %% by %s: %s (%s) to %s (%s)", part->percent < 10, part->percent,
		 factor_words[part->factor], figure_format(part->least, value[0], sizeof(value[0])), least,
		 figure_format(part->most, value[1], sizeof(value[1])), most);
	table_below(to, line);
}

static int print_disagreements(const struct record *record, size_t index, const struct table *to)
{
	struct disagreement found[DISAGREEMENTS_MAX];
	size_t count;
	int err = agreement_find(record, index, found, &count);

	for (size_t i = 0; i < count && !err; i++) {
		const struct estimate *ratio = &found[i].ratio;
		char line[200];

		snprintf(line, sizeof(line),
			 "DISAGREES with timing=%s, the same accesses: costs %.3f (%.3f to %.3f) times as much",
			 found[i].timing, ratio->value, ratio->lower, ratio->upper);
		table_below(to, line);
	}
	return err;
}

/* The rows with the doubt @wanted, by case and label. 0 or -ENOMEM. */
static int print_doubted(const struct record *record, const enum spread_doubt *doubt, enum spread_doubt wanted,
			 const char *words, const struct table *to)
{
	struct memory_text text;
	char label[256];
	size_t count = 0;
	FILE *list = memory_open(&text);
	int err;

	for (size_t i = 0; list && i < record->nr_configs; i++) {
		if (doubt[i] != wanted)
			continue;
		config_label(&record->config[i], label, sizeof(label));
		fprintf(list, "%s%s %s", count++ ? ", " : "", record->config[i].case_name, label);
	}
	err = memory_close(list);
	if (!err && count)
		table_line(to, words, 2, count == record->nr_configs ? "all rows" : text.data);
	free(text.data);
	return err;
}

int table_reproducible(const struct record *record, const enum spread_doubt *doubt, const struct table *to)
{
	size_t sure = 0, slow = 0;
	char line[300];
	int err;

	if (record->emulated || !record->nr_configs)
		return 0;
	for (size_t i = 0; i < record->nr_configs; i++) {
		sure += doubt[i] == DOUBT_NONE;
		slow += record->config[i].summary.slow;
	}
	snprintf(line, sizeof(line),
		 "%zu of %zu rows: another run of this boot should agree within the interval, which is at most +-%d %%",
		 sure, record->nr_configs, DOUBT_PERCENT);
	table_line(to, "reproducible:", 2, line);
	snprintf(line, sizeof(line),
		 "%zu of %zu rows: the machine changed during the run, so the interval is as wide as parts of the run "
		 "are apart",
		 slow, record->nr_configs);
	if (slow)
		table_line(to, "slow changes:", 2, line);
	snprintf(line, sizeof(line), "interval wider than +-%d %%:", DOUBT_PERCENT);
	err = print_doubted(record, doubt, DOUBT_WIDE, line, to);
	return err ? err : print_doubted(record, doubt, DOUBT_FEW, "too few samples to know:", to);
}

int table_spread(const struct record *record, size_t index, enum spread_doubt *doubt, const struct table *to)
{
	struct spread spread;
	int err = spread_find(record, index, &spread);
	struct words steps = clock_words(record, &record->config[index]);
	const char *unit = record->config[index].value_unit;
	char line[200], value[2][32];

	if (err)
		return err;
	*doubt = spread.doubt;
	if (steps.text[0])
		table_below(to, steps.text);
	if (spread.two) {
		snprintf(line, sizeof(line), "two groups of samples: %s %s (%zu samples), %s %s (%zu)",
			 figure_format(spread.humps.low, value[0], sizeof(value[0])), unit, spread.humps.nr_low,
			 figure_format(spread.humps.high, value[1], sizeof(value[1])), unit, spread.humps.nr_high);
		table_below(to, line);
	}
	for (size_t i = 0; i < spread.nr_parts; i++) {
		if (spread.part[i].factor != SPREAD_TIME || spread.doubt == DOUBT_WIDE)
			print_part(record, &spread.part[i], to);
	}
	return print_disagreements(record, index, to);
}
