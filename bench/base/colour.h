/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Colours of a terminal (ECMA-48, SGR). Colour only repeats what a word says. */
#ifndef ZAPBENCH_COLOUR_H
#define ZAPBENCH_COLOUR_H

#include <stdbool.h>
#include <stdio.h>

#define COLOUR_BAD "\033[31m"      /* red */
#define COLOUR_GOOD "\033[32m"     /* green */
#define COLOUR_PROGRESS "\033[36m" /* cyan */
#define COLOUR_NONE "\033[0m"

/* Is @out a terminal that moves its cursor: neither a file nor TERM=dumb? */
bool colour_terminal(FILE *out);

/* The code, or "" where @out is no terminal or NO_COLOR is set (no-color.org). */
const char *colour(FILE *out, const char *code);

#endif
