// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/base/text.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

void size_format(double bytes, char *text, size_t size)
{
	static const char suffix[] = { 0, 'K', 'M', 'G', 'T' };
	size_t power = 0;

	while (power + 1 < ARRAY_SIZE(suffix) && bytes >= 1024 && fmod(bytes, 1024) == 0) {
		bytes /= 1024;
		power++;
	}
	if (suffix[power])
		snprintf(text, size, "%.0f%c", bytes, suffix[power]);
	else
		snprintf(text, size, "%.0f", bytes);
}

const char *figure_format(double value, char *text, size_t size)
{
	if (!isfinite(value))
		snprintf(text, size, "-");
	else
		snprintf(text, size, "%.*f", !value ? 0 : value < 10 ? 3 : value < 1000 ? 1 : 0, value);
	return text;
}

int number_parse(const char *text, double *number)
{
	char *end;

	errno = 0;
	*number = strtod(text, &end);
	if (end == text || *end || errno || !isfinite(*number))
		return -EINVAL;
	return 0;
}

const char *number_hint(const char *text, bool fraction, char *hint, size_t size)
{
	char unit[3] = "", end;
	double number;

	if (sscanf(text, "%lf%2[%KMGTkmgtBb]%c", &number, unit, &end) != 2 || number < 0)
		return NULL;
	if (!strcmp(unit, "%"))
		snprintf(hint, size, "write %g", fraction ? number / 100 : number);
	else if (strchr("KMGTkmgt", unit[0]) && (unit[1] == 'B' || unit[1] == 'b'))
		snprintf(hint, size, "write %g%c", number, unit[0] & ~0x20);
	else
		return NULL;
	return hint;
}

int size_parse(const char *text, double *bytes)
{
	static const char suffix[] = "KMGT";
	unsigned long long number;
	const char *power;
	char *end;

	if (*text < '0' || *text > '9') /* strtoull() would take "-1" */
		return -EINVAL;
	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno)
		return -EINVAL;
	*bytes = (double)number;
	if (*end) {
		power = strchr(suffix, *end >= 'a' ? *end - 'a' + 'A' : *end);
		if (!power)
			return -EINVAL;
		*bytes = ldexp(*bytes, 10 * (int)(power - suffix + 1));
		end++;
		if (!strcmp(end, "iB"))
			end += 2;
		if (*end)
			return -EINVAL;
	}
	return *bytes <= ldexp(1, 53) ? 0 : -EINVAL;
}

/*
 * Optimal string alignment distance. The longest names are those of configurations; the whole table fits on the stack.
 */
static size_t name_distance(const char *a, const char *b)
{
	enum { LONGEST = 120 };
	unsigned short table[LONGEST + 1][LONGEST + 1];
	size_t rows = strlen(a), columns = strlen(b);

	if (rows > LONGEST || columns > LONGEST)
		return SIZE_MAX;
	for (size_t i = 0; i <= rows; i++) {
		for (size_t j = 0; j <= columns; j++) {
			unsigned short best;

			if (!i || !j) {
				table[i][j] = (unsigned short)(i + j);
				continue;
			}
			best = (unsigned short)(table[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
			if (table[i - 1][j] + 1 < best)
				best = (unsigned short)(table[i - 1][j] + 1);
			if (table[i][j - 1] + 1 < best)
				best = (unsigned short)(table[i][j - 1] + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    table[i - 2][j - 2] + 1 < best)
				best = (unsigned short)(table[i - 2][j - 2] + 1);
			table[i][j] = best;
		}
	}
	return table[rows][columns];
}

size_t utf8_length(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	static const unsigned int least[] = { 0, 0x80, 0x800, 0x10000 };
	unsigned int code;
	size_t more;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc0 && s[0] < 0xe0)
		more = 1;
	else if (s[0] >= 0xe0 && s[0] < 0xf0)
		more = 2;
	else if (s[0] >= 0xf0 && s[0] < 0xf8)
		more = 3;
	else
		return 0;
	code = s[0] & (0x3fu >> more);
	for (size_t i = 1; i <= more; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	if (code < least[more] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	return more + 1;
}

char *text_utf8(const char *text)
{
	static const char replacement[] = "\xef\xbf\xbd";
	char *good = malloc(strlen(text) * (sizeof(replacement) - 1) + 1);
	char *end = good;

	while (good && *text) {
		size_t length = utf8_length(text);

		if (length)
			end = mempcpy(end, text, length);
		else
			end = mempcpy(end, replacement, sizeof(replacement) - 1);
		text += length ? length : 1;
	}
	if (good)
		*end = '\0';
	return good;
}

char *plain_text(const char *text, char *plain, size_t size)
{
	size_t n = 0;

	for (; text && text[n] && n < size - 1; n++)
		plain[n] = plain_char(text[n]);
	plain[n] = '\0';
	return plain;
}

int text_copy(char **field, const char *text)
{
	*field = strdup(text ? text : "");
	return *field ? 0 : -ENOMEM;
}

double seconds_of_date(const char *text)
{
	struct tm tm = { .tm_mday = 1 };
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm), *fraction = end;

	if (end && *end == '.')
		end += 1 + strspn(end + 1, "0123456789");
	if (!end || (*end && strcmp(end, "Z")))
		return NAN;
	return (double)timegm(&tm) + (end > fraction ? strtod(fraction, NULL) : 0);
}

void date_of_seconds(time_t seconds, char *text, size_t size)
{
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) || !strftime(text, size, "%Y-%m-%dT%H:%M:%SZ", &tm))
		text[0] = '\0';
}

bool name_wanted(const char *const *names, const char *name)
{
	if (!names || !*names)
		return true;
	for (; *names; names++) {
		if (!strcmp(*names, name))
			return true;
	}
	return false;
}

const char *nearest_name(const char *wrong, const char *const *names)
{
	const char *nearest = NULL;
	size_t least = SIZE_MAX;

	for (; *names; names++) {
		size_t distance = name_distance(wrong, *names);
		size_t limit = strlen(*names) / 3 > 2 ? strlen(*names) / 3 : 2;

		if (distance <= limit && distance < least) {
			least = distance;
			nearest = *names;
		}
	}
	return nearest;
}
