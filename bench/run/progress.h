/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a user sees while a run goes on: one line that is redrawn on a terminal, a plain line now and then elsewhere. */
#ifndef ZAPBENCH_PROGRESS_H
#define ZAPBENCH_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

struct progress {
	bool quiet;
	bool terminal; /* standard error is one */
	bool colour;
	size_t width; /* of what stands in the line now */
	double shown_s;
};

void progress_init(struct progress *progress, bool quiet);
/*
 * What is going on, e.g. "reference pass"; or the rounds. @precision_percent NAN: not yet known. @left_s NAN: not
 * known.
 */
void progress_text(struct progress *progress, const char *text);
/* One of @count passes, @index from 0; in a log not each of those that follow fast. */
void progress_pass(struct progress *progress, const char *name, size_t index, size_t count);
void progress_rounds(struct progress *progress, size_t rounds, double precision_percent, double wanted_percent,
		     double left_s);
/* A line that stays. */
void progress_say(struct progress *progress, const char *text);
/* Take the line away, so that what is printed next starts on a clean one. */
void progress_clear(struct progress *progress);

#endif
