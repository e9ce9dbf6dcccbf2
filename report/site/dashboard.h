/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A history as static pages: what changed, how each board is, a page for each series. */
#ifndef ZAPBENCH_DASHBOARD_H
#define ZAPBENCH_DASHBOARD_H

#include "report/history/history.h"

struct dashboard_options {
	double threshold_percent; /* smaller changes are none */
	const char *commit_url;   /* of a page about a commit, whose hash comes behind it; NULL: commits are no links */
};

/**
 * dashboard_write() - make or renew the pages of a history
 * @history: stays the caller's
 * @folder: made when it is not there; pages and plots that are as they were are not written again
 * @options: stays the caller's
 * @why: on error, and of the first plot that could not be drawn
 *
 * Return: 0, -ENODATA when all pages are there but some plots are not, or -errno.
 */
int dashboard_write(struct history *history, const char *folder, const struct dashboard_options *options,
		    struct why *why);

#endif
