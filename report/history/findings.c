// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/history/findings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FRESH_RUNS 5 /* a change is measured again while it is not older */
/* With more runs the begin of a change is found a few runs earlier or later than when it was acknowledged. */
#define ACKNOWLEDGED_REACH 5

bool findings_enough(const struct history_series *series)
{
	return series->points >= (series->emulated ? 2 : CHANGES_RUNS_MIN);
}

bool finding_is_regression(const struct finding *finding)
{
	return (finding->change.kind == CHANGE_STEP || finding->change.kind == CHANGE_DRIFT) && finding->news &&
	       !finding->acknowledged && finding->change.ratio.value > 1;
}

bool finding_is_suspect(const struct finding *finding)
{
	if (finding->change.kind == CHANGE_SUSPECT)
		return finding->news;
	/* What is exact does not change by being measured again. */
	return !finding->series->emulated && finding->change.end - finding->change.begin <= FRESH_RUNS &&
	       finding_is_regression(finding);
}

/* Runs of the machine after the run @place. Counted up to FINDINGS_NEWS_RUNS. */
static size_t runs_since(const struct history_run *run, size_t count, size_t place)
{
	size_t since = 0;

	for (size_t i = count - 1; i > place && since <= FINDINGS_NEWS_RUNS; i--)
		since += !strcmp(run[i].machine, run[place].machine);
	return since;
}

static bool acknowledged_near(const struct history *history, const struct history_series *series,
			      const struct history_points *points, const struct history_run *run, size_t begin)
{
	size_t from = begin > ACKNOWLEDGED_REACH ? begin - ACKNOWLEDGED_REACH : 0;

	for (size_t i = from; i < points->count && i <= begin + ACKNOWLEDGED_REACH; i++) {
		if (history_acknowledged(history, run[points->run[i]].name, series->configuration))
			return true;
	}
	return false;
}

int findings_of(struct history *history, const struct history_series *series, const struct history_points *points,
		double least_percent, struct finding **finding, size_t *count, struct why *why)
{
	const struct history_run *run;
	struct change *change;
	size_t runs, changes = 0;
	int err = history_runs(history, &run, &runs, why);

	*finding = NULL;
	*count = 0;
	if (!err)
		err = changes_find(points->value, points->count, series->emulated, least_percent, &change, &changes);
	if (err || !changes)
		return err;
	*finding = calloc(changes, sizeof(**finding));
	if (!*finding)
		err = -ENOMEM;
	for (size_t i = 0; i < changes && !err; i++) {
		struct finding *f = &(*finding)[(*count)++];
		size_t begin = change[i].begin;
		bool stands = change[i].end == points->count || change[i].kind == CHANGE_BLIP;
		/* A drift goes on: it is as old as the end of its level. */
		size_t since = change[i].kind == CHANGE_DRIFT ? change[i].end - 1 : begin;

		f->series = series;
		f->change = change[i];
		f->before = &run[points->run[begin ? begin - 1 : 0]];
		f->first = &run[points->run[begin]];
		f->news = stands && runs_since(run, runs, points->run[since]) < FINDINGS_NEWS_RUNS;
		f->acknowledged = acknowledged_near(history, series, points, run, begin);
	}
	free(change);
	return err;
}
