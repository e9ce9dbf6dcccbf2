/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text in lines of a limited width. */
#ifndef ZAPBENCH_WRAP_H
#define ZAPBENCH_WRAP_H

#include <stddef.h>
#include <stdio.h>

/*
 * Print @first and then the words of @text so that no line is longer than @columns; further lines are indented by
 * @indent. A word that fits no line is cut.
 */
void print_wrapped(FILE *out, size_t columns, const char *first, size_t indent, const char *text);

#endif
