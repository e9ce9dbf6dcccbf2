// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/site/check.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/render/words.h"
#include "bench/base/text.h"

enum { TEXT_BYTES = 320 };

/* In the order in which they are printed. */
enum section { REGRESSION, SUSPECT, FASTER, BLIP, ACKNOWLEDGED, NR_SECTIONS };

static const char *const section_names[NR_SECTIONS] = {
	[REGRESSION] = "REGRESSIONS",
	[SUSPECT] = "SUSPECT: the newest run differs; measure again",
	[FASTER] = "FASTER",
	[BLIP] = "BLIPS: came and went",
	[ACKNOWLEDGED] = "ACKNOWLEDGED",
};

/* All that is news. */
struct news {
	struct finding *finding;
	size_t count, judged, too_few;
	size_t of[NR_SECTIONS];
};

static enum section section_of(const struct finding *finding)
{
	if (finding->change.kind == CHANGE_BLIP)
		return BLIP;
	if (finding->acknowledged)
		return ACKNOWLEDGED;
	if (finding->change.kind == CHANGE_SUSPECT)
		return SUSPECT;
	return finding->change.ratio.value > 1 ? REGRESSION : FASTER;
}

/* --- collecting */

static int add_series(struct history *history, const struct history_series *series, double threshold_percent,
		      struct news *news, struct why *why)
{
	struct finding *finding = NULL, *more;
	struct history_points points;
	size_t count = 0;
	int err = history_points(history, series, &points, why);

	if (err)
		return err;
	err = findings_of(history, series, &points, threshold_percent, &finding, &count, why);
	history_points_free(&points);
	if (err || !count)
		return err;
	more = reallocarray(news->finding, news->count + count, sizeof(*more));
	if (!more) {
		free(finding);
		return -ENOMEM;
	}
	news->finding = more;
	for (size_t i = 0; i < count; i++) {
		if (!finding[i].news)
			continue;
		more[news->count++] = finding[i];
		news->of[section_of(&finding[i])]++;
	}
	free(finding);
	return 0;
}

static int by_date(const void *left, const void *right)
{
	const struct finding *a = left, *b = right;
	int order = (int)section_of(a) - (int)section_of(b);

	if (!order)
		order = strcmp(b->first->date, a->first->date);
	if (!order)
		order = strcmp(a->first->name, b->first->name);
	return order ? order : strcmp(a->series->configuration, b->series->configuration);
}

static int collect(struct history *history, const char *machine, double threshold_percent, struct news *news,
		   struct why *why)
{
	const struct history_series *series;
	size_t count;
	int err = history_series(history, &series, &count, why);

	*news = (struct news){ .finding = NULL };
	for (size_t i = 0; i < count && !err; i++) {
		if (machine && strcmp(machine, series[i].machine))
			continue;
		if (findings_enough(&series[i]))
			news->judged++;
		else
			news->too_few++;
		err = add_series(history, &series[i], threshold_percent, news, why);
	}
	if (!err && machine && !news->judged && !news->too_few)
		err = why_set(why, -ENOENT, "zapbench history show lists them", "no machine '%.200s'", machine);
	if (!err && news->count)
		qsort(news->finding, news->count, sizeof(*news->finding), by_date);
	if (err)
		free(news->finding);
	return err;
}

/* --- telling */

struct told {
	bool code;
	size_t count;
};

static void say_condition(void *arg, bool code, const char *key, const char *before, const char *first)
{
	struct told *told = arg;
	char plain_key[TEXT_BYTES], plain_before[TEXT_BYTES], plain_first[TEXT_BYTES];

	if (code != told->code)
		return;
	told->count++;
	printf("  %s change: %s: %s, now %s\n", code ? "code" : "machine",
	       plain_text(key, plain_key, sizeof(plain_key)), plain_text(before, plain_before, sizeof(plain_before)),
	       plain_text(first, plain_first, sizeof(plain_first)));
}

static void say_with(const struct finding *finding)
{
	struct told code = { true, 0 }, machine = { false, 0 };

	if (finding->change.kind == CHANGE_DRIFT) {
		printf("  slowly, over all runs since then\n");
		return;
	}
	conditions_differ(finding->before, finding->first, say_condition, &code);
	conditions_differ(finding->before, finding->first, say_condition, &machine);
	if (!code.count && !machine.count)
		printf("  no recorded code or machine change\n");
}

static void say_size(const struct finding *finding)
{
	const struct change *change = &finding->change;
	size_t runs = change->end - change->begin;
	char configuration[TEXT_BYTES], unit[TEXT_BYTES];
	const char *kind = change->kind == CHANGE_BLIP    ? "for"
			   : change->kind == CHANGE_DRIFT ? "drifted over"
							  : "since";

	printf("    %s  %s, %s, %s %zu run%s\n", margin_words(&change->ratio).text,
	       plain_text(finding->series->configuration, configuration, sizeof(configuration)),
	       plain_text(finding->series->unit, unit, sizeof(unit)), kind, runs, runs == 1 ? "" : "s");
}

void say_finding(const struct finding *finding)
{
	printf("changed at %s, run %s\n", finding->first->date, finding->first->name);
	say_with(finding);
	say_size(finding);
}

/* Changes that begin at one run of one machine are printed together. */
static bool same_place(const struct finding *a, const struct finding *b)
{
	return section_of(a) == section_of(b) && a->first == b->first && a->before == b->before &&
	       (a->change.kind == CHANGE_DRIFT) == (b->change.kind == CHANGE_DRIFT);
}

static void say_news(const struct news *news)
{
	char machine[TEXT_BYTES];

	for (size_t i = 0; i < news->count; i++) {
		const struct finding *finding = &news->finding[i];
		enum section section = section_of(finding);

		if (!i || section != section_of(finding - 1))
			printf("%s%s\n", i ? "\n" : "", section_names[section]);
		if (!i || !same_place(finding, finding - 1)) {
			printf("%s, run %s\n  on %s\n", finding->first->date, finding->first->name,
			       plain_text(finding->series->machine, machine, sizeof(machine)));
			say_with(finding);
		}
		say_size(finding);
		if (section == REGRESSION && (i + 1 == news->count || !same_place(finding, finding + 1)))
			printf("  to acknowledge it: zapbench history acknowledge %s\n", finding->first->name);
	}
	printf("%s%zu series judged: %zu regression%s, %zu suspect, %zu faster, %zu blip%s, %zu acknowledged",
	       news->count ? "\n" : "", news->judged, news->of[REGRESSION], news->of[REGRESSION] == 1 ? "" : "s",
	       news->of[SUSPECT], news->of[FASTER], news->of[BLIP], news->of[BLIP] == 1 ? "" : "s",
	       news->of[ACKNOWLEDGED]);
	if (news->too_few)
		printf("; %zu have too few runs (%d needed, emulated 2)", news->too_few, CHANGES_RUNS_MIN);
	printf("\n");
}

int history_check(struct history *history, const char *machine, double threshold_percent, enum history_state *state,
		  struct why *why)
{
	struct news news;
	int err = collect(history, machine, threshold_percent, &news, why);

	if (err)
		return err;
	say_news(&news);
	*state = news.of[REGRESSION] ? HISTORY_REGRESSION : news.judged ? HISTORY_QUIET : HISTORY_TOO_FEW;
	free(news.finding);
	return 0;
}

int history_suspects(struct history *history, const char *machine, double threshold_percent, struct why *why)
{
	struct news news;
	int err = collect(history, machine, threshold_percent, &news, why);

	if (err)
		return err;
	for (size_t i = 0; i < news.count; i++) {
		char name[TEXT_BYTES];
		bool told = false;

		if (!finding_is_suspect(&news.finding[i]))
			continue;
		snprintf(name, sizeof(name), "%s", news.finding[i].series->configuration);
		name[strcspn(name, "/")] = '\0';
		for (size_t j = 0; j < i && !told; j++) {
			const char *other = news.finding[j].series->configuration;

			told = finding_is_suspect(&news.finding[j]) && !strncmp(other, name, strlen(name)) &&
			       other[strlen(name)] == '/';
		}
		if (!told)
			printf("%s\n", name);
	}
	free(news.finding);
	return 0;
}
