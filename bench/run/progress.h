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
/* The row with the widest interval so far. */
struct progress_figure {
	const char *name; /* NULL: nobody looked yet */
	double value;     /* its median */
	const char *unit;
	double percent; /* half of its interval; NAN: it has none yet */
	double wanted_percent;
};

/* Would progress_rounds() show something now? */
bool progress_due(const struct progress *progress);
/* Show the rounds. @left_s: of the budget, NAN where there is none. */
void progress_rounds(struct progress *progress, size_t rounds, const struct progress_figure *widest, double left_s);
/* Print a line that stays. */
void progress_say(struct progress *progress, const char *text);
/* Erase the line, so that the next output starts on an empty one. */
void progress_clear(struct progress *progress);

#endif
