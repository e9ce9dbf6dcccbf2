/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The findings of a history: the changes of its series, what else changed then, and whether they are acknowledged. */
#ifndef ZAPBENCH_FINDINGS_H
#define ZAPBENCH_FINDINGS_H

#include "report/analysis/changes.h"
#include "report/history/conditions.h"
#include "report/history/history.h"

/* A change is news for so many runs of its series. A regression is news until it is acknowledged or fixed. */
#define FINDINGS_NEWS_RUNS 30
/* A series that so many runs of its machine in sequence leave out is no longer measured. */
#define FINDINGS_GONE_RUNS 5

struct finding {
	const struct history_series *series;
	const struct history_run *before, *first; /* the runs on both sides of the change */
	struct change change;                     /* in places of the series */
	bool open; /* a regression that is not acknowledged, and that no later change took back */
	bool news; /* open; or recent, and the newest run of the series is of this level; of a blip: recent */
	bool gone; /* the series is no longer measured */
	const struct acknowledgement *acknowledged; /* at a run next to its begin; NULL: it is not */
};

/**
 * findings_of() - the changes of one series, the oldest first
 * @series: one of history_series()
 * @points: its points
 * @least_percent: see changes_find()
 * @finding: on success an array to be freed by the caller, NULL for none; it points into the history
 * @count: of @finding
 *
 * Return: 0 or -errno.
 */
int findings_of(struct history *history, const struct history_series *series, const struct history_points *points,
		double least_percent, struct finding **finding, size_t *count, struct why *why);

/* Has the series runs enough to be judged? */
bool findings_enough(const struct history_series *series);

/* The last run of a series that is no longer measured; NULL for one that is. @points: those of the series. */
const struct history_run *findings_gone(struct history *history, const struct history_points *points);

/* Is a change of the series to this ratio to the worse, or to the better? */
bool findings_worse(const struct history_series *series, double ratio);
bool findings_better(const struct history_series *series, double ratio);

/* A finding to measure again: a single run that differs, or a change in the last runs. */
bool finding_is_suspect(const struct finding *finding);

#endif
