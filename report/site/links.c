// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/site/pages.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <zlib.h>

void page_slug(const struct history_series *series, char *slug, size_t size)
{
	unsigned long sum = crc32(0, NULL, 0);
	const char *const part[] = { series->machine, series->configuration, series->unit };
	size_t length = 0;

	for (size_t i = 0; i < 3; i++)
		sum = crc32(sum, (const unsigned char *)part[i], (unsigned int)strlen(part[i]) + 1);
	for (const char *c = series->configuration; *c && length < 80; c++)
		slug[length++] = isalnum((unsigned char)*c) ? *c : '-';
	snprintf(slug + length, size - length, "-%08lx", sum);
}

/* "#find=" and words, for the address of a page that can be searched. */
struct words find_link(const char *text)
{
	struct words link = { "#find=" };
	size_t length = strlen(link.text);

	for (; *text && length + 4 < sizeof(link.text); text++) {
		if (isalnum((unsigned char)*text))
			link.text[length++] = *text;
		else
			length += (size_t)snprintf(link.text + length, 4, "%%%02X", (unsigned char)*text);
	}
	link.text[length] = '\0';
	return link;
}

/* Seconds since 1970 of an ISO 8601 date; NAN where it is none. */
double seconds_of(const char *date)
{
	struct tm tm = { .tm_mday = 1 };
	const char *end = strptime(date, "%Y-%m-%dT%H:%M:%S", &tm);

	return end ? (double)timegm(&tm) + (*end == '.' ? strtod(end, NULL) : 0) : NAN;
}

struct words day_words(const char *date)
{
	return words_of("%.10s", date);
}

struct words run_link(const struct history_run *run, const char *up)
{
	return words_of("%sruns/%s.json.gz", up, run->name);
}
