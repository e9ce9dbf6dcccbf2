/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The findings of a history: the changes of its series, what else changed then, and whether they are acknowledged. */
#ifndef ZAPBENCH_FINDINGS_H
#define ZAPBENCH_FINDINGS_H

#include "report/analysis/changes.h"
#include "report/history/conditions.h"
#include "report/history/history.h"

/* A change is news for so many runs of its machine: then the new level is what is usual. */
#define FINDINGS_NEWS_RUNS 30

struct finding {
	const struct history_series *series;
	const struct history_run *before, *first; /* the runs on both sides of the change */
	struct change change;                     /* in places of the series */
	bool news;         /* recent, and the newest run of the series is of this level; of a blip: recent */
	bool acknowledged; /* with history_acknowledge(), at a run next to its begin */
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

/* A sustained change, or a drift, to the worse that is news to everybody. */
bool finding_is_regression(const struct finding *finding);
/* A finding to measure again: a single run that differs, or a change in the last runs. */
bool finding_is_suspect(const struct finding *finding);

#endif
