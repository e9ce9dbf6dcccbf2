// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/run/progress.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/colour.h"
#include "bench/base/now.h"

/* Redraw often enough to look alive and rarely enough to cost nothing. A log gets fewer lines. */
#define REDRAW_S 0.1
#define PLAIN_S 10

void progress_init(struct progress *progress, bool quiet)
{
	memset(progress, 0, sizeof(*progress));
	progress->quiet = quiet;
	progress->terminal = colour_terminal(stderr);
}

static void draw(struct progress *progress, const char *text)
{
	int length = (int)strlen(text);

	if (progress->terminal) {
		fprintf(stderr, "\r%s%s%s%*s", colour(stderr, COLOUR_PROGRESS), text, colour(stderr, COLOUR_NONE),
			progress->width > (size_t)length ? (int)progress->width - length : 0, "");
		progress->width = (size_t)length;
	} else {
		fprintf(stderr, "%s\n", text);
	}
	fflush(stderr);
	progress->shown_s = now_s();
}

void progress_text(struct progress *progress, const char *text)
{
	if (!progress->quiet)
		draw(progress, text);
}

void progress_pass(struct progress *progress, const char *name, size_t index, size_t count)
{
	char text[64];

	/* A log needs only the first pass. */
	if (progress->quiet || (!progress->terminal && index && now_s() - progress->shown_s < PLAIN_S))
		return;
	snprintf(text, sizeof(text), "%s, %zu of %zu", name, index + 1, count);
	draw(progress, text);
}

void progress_say(struct progress *progress, const char *text)
{
	if (progress->quiet)
		return;
	progress_clear(progress);
	fprintf(stderr, "zapbench: %s\n", text);
	fflush(stderr);
}

void progress_rounds(struct progress *progress, size_t rounds, double precision_percent, double wanted_percent,
		     double left_s)
{
	char text[128], precision[48] = "", left[48] = "";

	if (progress->quiet || now_s() - progress->shown_s < (progress->terminal ? REDRAW_S : PLAIN_S))
		return;
	if (isfinite(precision_percent))
		snprintf(precision, sizeof(precision), ", worst error +-%.1f %%, target +-%.3g %%", precision_percent,
			 wanted_percent);
	if (isfinite(left_s))
		snprintf(left, sizeof(left), ", at most %.0f s left", left_s > 0 ? left_s : 0);
	snprintf(text, sizeof(text), "round %zu%s%s", rounds, precision, left);
	draw(progress, text);
}

void progress_clear(struct progress *progress)
{
	if (progress->quiet || !progress->terminal || !progress->width)
		return;
	fprintf(stderr, "\r%*s\r", (int)progress->width, "");
	fflush(stderr);
	progress->width = 0;
}
