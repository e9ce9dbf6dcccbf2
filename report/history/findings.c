// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/history/findings.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FRESH_RUNS 5 /* a change is measured again while it is not older */
/* With more runs the begin of a change is found a few runs earlier or later than when it was acknowledged. */
#define ACKNOWLEDGED_REACH 5

bool findings_enough(const struct history_series *series)
{
	return series->points >= (series->emulated ? 2 : CHANGES_RUNS_MIN);
}

bool finding_is_suspect(const struct finding *finding)
{
	if (finding->change.kind == CHANGE_SUSPECT)
		return finding->news;
	/* What is exact does not change by being measured again. */
	return finding->open && !finding->series->emulated && !finding->gone &&
	       finding->change.end == finding->series->points &&
	       finding->change.end - finding->change.begin <= FRESH_RUNS;
}

const struct history_run *findings_gone(struct history *history, const struct history_points *points)
{
	const struct history_run *run, *last;
	struct why ignored = { "", "" };
	size_t count, since = 0;

	if (history_runs(history, &run, &count, &ignored) || !points->count)
		return NULL;
	last = &run[points->run[points->count - 1]];
	/* A run of a few cases, such as the second look at suspects, leaves out the others on purpose. */
	for (const struct history_run *later = last + 1; later < run + count; later++)
		since += !strcmp(later->machine, last->machine) && 2 * later->configurations >= last->configurations;
	return since >= FINDINGS_GONE_RUNS ? last : NULL;
}

bool findings_worse(const struct history_series *series, double ratio)
{
	return series->more_is_better ? ratio < 1 : ratio > 1;
}

bool findings_better(const struct history_series *series, double ratio)
{
	return series->more_is_better ? ratio > 1 : ratio < 1;
}

static bool is_worse(const struct history_series *series, const struct change *change)
{
	return (change->kind == CHANGE_STEP || change->kind == CHANGE_DRIFT) &&
	       findings_worse(series, change->ratio.value);
}

/* Did later changes of @count bring the level back to what it was before change @index, or may they have? */
static bool is_fixed(const struct history_series *series, const struct change *change, size_t count, size_t index,
		     double least_percent)
{
	double variance = 0, least = series->emulated ? 1e-12 : log1p(least_percent / 100);
	double worse = series->more_is_better ? -1 : 1, level = worse * log(change[index].ratio.value);

	for (size_t i = index; i < count; i++) {
		double half = log(change[i].ratio.upper / change[i].ratio.value);

		if (change[i].kind != CHANGE_STEP && change[i].kind != CHANGE_DRIFT)
			continue;
		variance += series->emulated || !isfinite(half) ? 0 : half * half;
		if (i == index)
			continue;
		level += worse * log(change[i].ratio.value);
		if (level - sqrt(variance) <= least)
			return true;
	}
	return false;
}

static const struct acknowledgement *acknowledged_near(const struct history *history,
						       const struct history_series *series,
						       const struct history_points *points,
						       const struct history_run *run, size_t begin)
{
	size_t from = begin > ACKNOWLEDGED_REACH ? begin - ACKNOWLEDGED_REACH : 0;

	for (size_t i = from; i < points->count && i <= begin + ACKNOWLEDGED_REACH; i++) {
		const struct acknowledgement *known =
			history_acknowledged(history, run[points->run[i]].name, series->configuration);

		if (known)
			return known;
	}
	return NULL;
}

/* How many series of the same board are judged. */
static int count_series(struct history *history, const struct history_series *series, size_t *judged, struct why *why)
{
	const struct history_series *all;
	size_t count;
	int err = history_series(history, &all, &count, why);

	*judged = 0;
	for (size_t i = 0; i < count && !err; i++)
		*judged += !strcmp(all[i].machine, series->machine) && findings_enough(&all[i]);
	return err;
}

/* A number per point, the same while the boot is the same; freed by the caller, NULL without memory. */
static size_t *boots_of(const struct history_run *run, const struct history_points *points)
{
	size_t *boot = malloc((points->count + 1) * sizeof(*boot));

	for (size_t i = 0; i < points->count && boot; i++) {
		const char *id = run[points->run[i]].boot;

		boot[i] = i;
		if (i && id[0] && !strcmp(id, run[points->run[i - 1]].boot))
			boot[i] = boot[i - 1];
	}
	return boot;
}

static int changes_of(struct history *history, const struct history_series *series, const struct history_points *points,
		      double least_percent, struct change **change, size_t *count, struct why *why)
{
	struct changes_input input = {
		.x = points->value,
		.n = points->count,
		.exact = series->emulated,
		.least_percent = least_percent,
	};
	const struct history_run *run;
	size_t runs, *boot = NULL;
	int err = history_runs(history, &run, &runs, why);

	if (!err)
		err = count_series(history, series, &input.series, why);
	if (!err && !(boot = boots_of(run, points)))
		err = -ENOMEM;
	input.boot = boot;
	if (!err)
		err = changes_find(&input, change, count);
	free(boot);
	return err;
}

int findings_of(struct history *history, const struct history_series *series, const struct history_points *points,
		double least_percent, struct finding **finding, size_t *count, struct why *why)
{
	const struct history_run *run;
	struct change *change;
	size_t runs, changes = 0;
	bool gone;
	int err = history_runs(history, &run, &runs, why);

	*finding = NULL;
	*count = 0;
	if (!err)
		err = changes_of(history, series, points, least_percent, &change, &changes, why);
	if (err || !changes)
		return err;
	*finding = calloc(changes, sizeof(**finding));
	if (!*finding)
		err = -ENOMEM;
	gone = findings_gone(history, points) != NULL;
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
		f->gone = gone;
		f->acknowledged = acknowledged_near(history, series, points, run, begin);
		f->open = !f->acknowledged && is_worse(series, &change[i]) &&
			  !is_fixed(series, change, changes, i, least_percent);
		f->news = f->open || (stands && points->count - 1 - since < FINDINGS_NEWS_RUNS);
		/* Nobody will measure it again; and what came and was fixed is no news. */
		if ((change[i].kind == CHANGE_SUSPECT && gone) ||
		    (is_worse(series, &change[i]) && !f->open && !f->acknowledged))
			f->news = false;
	}
	free(change);
	return err;
}
