// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/base/colour.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool colour_terminal(FILE *out)
{
	const char *terminal = getenv("TERM");

	return isatty(fileno(out)) && !(terminal && !strcmp(terminal, "dumb"));
}

const char *colour(FILE *out, const char *code)
{
	const char *no_colour = getenv("NO_COLOR");

	return colour_terminal(out) && !(no_colour && *no_colour) ? code : "";
}
