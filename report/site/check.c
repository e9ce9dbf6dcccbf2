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
	[SUSPECT] = "SUSPECT: the newest runs may differ; measure again",
	[FASTER] = "FASTER",
	[BLIP] = "BLIPS: changed for a short time",
	[ACKNOWLEDGED] = "ACKNOWLEDGED",
};

/* A series that is no longer measured. */
struct gone {
	const struct history_series *series;
	const struct history_run *last;
};

/* All that is news. */
struct news {
	struct finding *finding;
	size_t count, judged, too_few;
	size_t of[NR_SECTIONS];
	struct gone *gone; /* that are not acknowledged */
	size_t nr_gone, gone_acknowledged;
};

static void news_free(struct news *news)
{
	free(news->finding);
	free(news->gone);
}

static enum section section_of(const struct finding *finding)
{
	if (finding->change.kind == CHANGE_BLIP)
		return BLIP;
	if (finding->acknowledged)
		return ACKNOWLEDGED;
	if (finding->change.kind == CHANGE_SUSPECT)
		return SUSPECT;
	return finding->open ? REGRESSION : FASTER;
}

/* --- collecting */

/* Count the series, and keep it when it is no longer measured. 0 or -ENOMEM. */
static int judge(struct history *history, const struct history_series *series, const struct history_points *points,
		 struct news *news)
{
	const struct history_run *last = findings_gone(history, points);
	struct gone *more;

	if (!last) {
		news->judged += findings_enough(series);
		news->too_few += !findings_enough(series);
		return 0;
	}
	if (history_acknowledged(history, last->name, series->configuration)) {
		news->gone_acknowledged++;
		return 0;
	}
	more = reallocarray(news->gone, news->nr_gone + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	news->gone = more;
	more[news->nr_gone++] = (struct gone){ series, last };
	return 0;
}

static int add_series(struct history *history, const struct history_series *series, double threshold_percent,
		      struct news *news, struct why *why)
{
	struct finding *finding = NULL, *more;
	struct history_points points;
	size_t count = 0;
	int err = history_points(history, series, &points, why);

	if (err)
		return err;
	err = judge(history, series, &points, news);
	if (!err)
		err = findings_of(history, series, &points, threshold_percent, &finding, &count, why);
	history_points_free(&points);
	if (err || !count) {
		free(finding);
		return err;
	}
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
		order = (b->first > a->first) - (b->first < a->first);
	return order ? order : strcmp(a->series->configuration, b->series->configuration);
}

static int by_last_run(const void *left, const void *right)
{
	const struct gone *a = left, *b = right;
	int order = (b->last > a->last) - (b->last < a->last);

	return order ? order : strcmp(a->series->configuration, b->series->configuration);
}

static int look_for_machine(struct history *history, const char *machine, struct why *why)
{
	const struct history_run *run;
	size_t count;
	int err = history_runs(history, &run, &count, why);

	if (err)
		return err;
	for (size_t i = 0; i < count; i++) {
		if (!strcmp(machine, run[i].machine))
			return 0;
	}
	return why_set(why, -ENOENT, "zapbench history show lists them", "no machine '%.200s'", machine);
}

static int collect(struct history *history, const char *machine, double threshold_percent, struct news *news,
		   struct why *why)
{
	const struct history_series *series;
	bool some = false;
	size_t count;
	int err = history_series(history, &series, &count, why);

	*news = (struct news){ .finding = NULL };
	for (size_t i = 0; i < count && !err; i++) {
		if (machine && strcmp(machine, series[i].machine))
			continue;
		some = true;
		err = add_series(history, &series[i], threshold_percent, news, why);
	}
	/* A machine without a series may have runs, none with a valid figure. */
	if (!err && machine && !some)
		err = look_for_machine(history, machine, why);
	if (!err && news->count)
		qsort(news->finding, news->count, sizeof(*news->finding), by_date);
	if (!err && news->nr_gone)
		qsort(news->gone, news->nr_gone, sizeof(*news->gone), by_last_run);
	if (err)
		news_free(news);
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
		printf("  a slow drift, over all runs since then\n");
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
	/* An open regression goes on, also on a level that later changes moved. */
	size_t runs = (finding->open ? finding->series->points : change->end) - change->begin;
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

/* What can be done about a change. @last: of those that are printed together. */
static void say_todo(const struct finding *finding, bool last)
{
	const struct acknowledgement *known = finding->acknowledged;
	char author[TEXT_BYTES], reason[TEXT_BYTES];

	if (section_of(finding) == REGRESSION && last)
		printf("  to acknowledge it: zapbench history acknowledge %s\n", finding->first->name);
	if (section_of(finding) != ACKNOWLEDGED || (!last && known == finding[1].acknowledged))
		return;
	printf("  acknowledged at run %s%s%s%s%s%s%s\n", known->run, known->date[0] ? " on " : "", known->date,
	       known->author[0] ? " by " : "", plain_text(known->author, author, sizeof(author)),
	       known->reason[0] ? ": " : "", plain_text(known->reason, reason, sizeof(reason)));
	printf("  to undo it: zapbench history acknowledge --undo %s%s%s\n", known->run,
	       strcmp(known->configuration, "*") ? " " : "",
	       strcmp(known->configuration, "*") ? known->configuration : "");
}

static void say_findings(const struct news *news)
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
		say_todo(finding, i + 1 == news->count || !same_place(finding, finding + 1));
	}
}

static void say_gone(const struct news *news)
{
	char text[TEXT_BYTES];

	if (news->nr_gone)
		printf("%sNO LONGER MEASURED\n", news->count ? "\n" : "");
	for (size_t i = 0; i < news->nr_gone; i++) {
		const struct gone *gone = &news->gone[i];

		if (!i || gone->last != gone[-1].last)
			printf("%s, run %s was the last one\n  on %s\n", gone->last->date, gone->last->name,
			       plain_text(gone->series->machine, text, sizeof(text)));
		printf("    %s\n", plain_text(gone->series->configuration, text, sizeof(text)));
		if (i + 1 == news->nr_gone || gone->last != gone[1].last)
			printf("  measure them again, or acknowledge it: zapbench history acknowledge %s\n",
			       gone->last->name);
	}
}

static void say_news(const struct news *news)
{
	say_findings(news);
	say_gone(news);
	printf("%s%zu series judged: %zu regression%s, %zu suspect, %zu faster, %zu blip%s, %zu acknowledged",
	       news->count || news->nr_gone ? "\n" : "", news->judged, news->of[REGRESSION],
	       news->of[REGRESSION] == 1 ? "" : "s", news->of[SUSPECT], news->of[FASTER], news->of[BLIP],
	       news->of[BLIP] == 1 ? "" : "s", news->of[ACKNOWLEDGED]);
	printf("; %zu no longer measured", news->nr_gone);
	if (news->gone_acknowledged)
		printf(", %zu more acknowledged", news->gone_acknowledged);
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
	if (news.of[REGRESSION])
		*state = HISTORY_REGRESSION;
	else if (news.nr_gone)
		*state = HISTORY_GONE;
	else
		*state = news.judged ? HISTORY_QUIET : HISTORY_TOO_FEW;
	news_free(&news);
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
	news_free(&news);
	return 0;
}
