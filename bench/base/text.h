/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text that users write on command lines: sizes, numbers, and names, also misspelt ones. */
#ifndef ZAPBENCH_TEXT_H
#define ZAPBENCH_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

/* "4M" is 4194304. K, M, G and T are powers of 1024; also KiB and so on. 0 or -EINVAL. */
int size_parse(const char *text, double *bytes);
void size_format(double bytes, char *text, size_t size);
/* "0.830", "2034.1", "15342": four digits or so, never an exponent; "-" for NAN. Return: @text. */
const char *figure_format(double value, char *text, size_t size);
/* A finite decimal number and nothing after it. 0 or -EINVAL. */
int number_parse(const char *text, double *number);
/*
 * What to write in place of a number that was not understood: "write 1M" for 1MB; for 10% "write 10", or "write 0.1"
 * where a @fraction is wanted. Return: @hint, or NULL when there is nothing to say.
 */
const char *number_hint(const char *text, bool fraction, char *hint, size_t size);

/* Bytes of the UTF-8 character at @text, 1 to 4; 0 where no valid character begins. The end of a text counts as 1. */
size_t utf8_length(const char *text);
/* A copy of @text with U+FFFD for each byte that is not UTF-8, owned by the caller; NULL without memory. */
char *text_utf8(const char *text);

/* @c, or '?' for what a terminal or a mail may not be given: anything but printable ASCII. */
static inline char plain_char(char c)
{
	return c >= ' ' && c <= '~' ? c : '?';
}

/* A copy of such characters in @plain, cut off at @size. Return: @plain. */
char *plain_text(const char *text, char *plain, size_t size);

/* Seconds since 1970 of a date as a record has it, "2026-01-31T02:00:00Z", also with a fraction; NAN where it is none.
 */
double seconds_of_date(const char *text);
/* The other way round, whole seconds; "" for a time that no date has. */
void date_of_seconds(time_t seconds, char *text, size_t size);

/* Set @field to a copy of @text, "" for NULL; the owner of @field frees it. 0 or -ENOMEM. */
int text_copy(char **field, const char *text);

/* Is @name one of the NULL-terminated @names? A list that is empty or NULL wants every name. */
bool name_wanted(const char *const *names, const char *name);

/**
 * nearest_name() - what the user probably meant
 * @wrong: what was written
 * @names: the known ones, NULL-terminated
 *
 * Return: the name with the smallest Damerau-Levenshtein distance (optimal string alignment), NULL when none is near:
 * more than a third of its letters, at least 2, would have to change.
 */
const char *nearest_name(const char *wrong, const char *const *names);

#endif
