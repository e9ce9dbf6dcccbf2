/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Progress of a run: one line that is redrawn on a terminal; elsewhere a plain line every 10 seconds. */
#ifndef ZAPBENCH_PROGRESS_H
#define ZAPBENCH_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

struct progress {
	bool quiet;
	bool terminal; /* standard error is one */
	size_t width;  /* of the text in the line */
	double shown_s;
};

void progress_init(struct progress *progress, bool quiet);
/* Show a step, e.g. "integrity". */
void progress_text(struct progress *progress, const char *text);
/* Show pass @index (from 0) of @count. A log does not get each of many short passes. */
void progress_pass(struct progress *progress, const char *name, size_t index, size_t count);
/* Show the rounds. @precision_percent: worst error so far, @wanted_percent: target; @left_s: budget. NAN: not known. */
void progress_rounds(struct progress *progress, size_t rounds, double precision_percent, double wanted_percent,
		     double left_s);
/* Print a line that stays. */
void progress_say(struct progress *progress, const char *text);
/* Erase the line, so that the next output starts on an empty one. */
void progress_clear(struct progress *progress);

#endif
