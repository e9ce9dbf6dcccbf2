// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/run/progress.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bench/base/colour.h"
#include "bench/base/now.h"
#include "bench/base/text.h"

/* Redraw often enough to look alive and rarely enough to cost nothing. A log gets fewer lines. */
#define REDRAW_S 0.1
#define PLAIN_S 10
#define LINE_MAX_COLUMNS 200

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

bool progress_due(const struct progress *progress)
{
	return !progress->quiet && now_s() - progress->shown_s >= (progress->terminal ? REDRAW_S : PLAIN_S);
}

/* A line that is longer than the terminal could not be redrawn. A log has room. */
static size_t line_columns(const struct progress *progress)
{
	struct winsize size;

	if (!progress->terminal)
		return LINE_MAX_COLUMNS;
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || !size.ws_col)
		return 79;
	return size.ws_col > LINE_MAX_COLUMNS ? LINE_MAX_COLUMNS : (size_t)size.ws_col - 1;
}

/* ", widest: refault/memfd/eager/page/4M 1186 ns +-3.6 %, target +-1 %" in @columns: what is too long is cut. */
static void add_widest(const struct progress_figure *widest, size_t columns, char *text, size_t size)
{
	const char *what = isfinite(widest->percent) ? ", widest: " : ", no interval yet: ";
	char figure[64] = "", target[32] = "", value[32];
	size_t used, length = strlen(widest->name);

	if (isfinite(widest->value))
		snprintf(figure, sizeof(figure), " %s %.16s", figure_format(widest->value, value, sizeof(value)),
			 widest->unit);
	if (isfinite(widest->percent)) {
		snprintf(figure + strlen(figure), sizeof(figure) - strlen(figure), " +-%.1f %%", widest->percent);
		snprintf(target, sizeof(target), ", target +-%.3g %%", widest->wanted_percent);
	}
	used = strlen(text) + strlen(what) + strlen(figure);
	if (used + length + strlen(target) > columns)
		target[0] = '\0';
	if (used + length > columns)
		length = columns > used ? columns - used : 0;
	snprintf(text + strlen(text), size - strlen(text), "%s%.*s%s%s", what, (int)length, widest->name, figure,
		 target);
}

void progress_rounds(struct progress *progress, size_t rounds, const struct progress_figure *widest, double left_s)
{
	char text[LINE_MAX_COLUMNS + 1];
	size_t columns;

	if (!progress_due(progress))
		return;
	columns = line_columns(progress);
	snprintf(text, sizeof(text), "round %zu", rounds);
	if (isfinite(left_s))
		snprintf(text + strlen(text), sizeof(text) - strlen(text), ", %.0f s left", left_s > 0 ? left_s : 0);
	if (widest->name)
		add_widest(widest, columns, text, sizeof(text));
	text[columns] = '\0';
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
