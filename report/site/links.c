// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/site/pages.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "bench/base/text.h"

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

struct words address_words(const char *text)
{
	struct words words = { "" };
	size_t length = 0;

	for (; *text && length + 4 < sizeof(words.text); text++) {
		if (isalnum((unsigned char)*text) || strchr("-_.", *text))
			words.text[length++] = *text;
		else
			length += (size_t)snprintf(words.text + length, 4, "%%%02X", (unsigned char)*text);
	}
	words.text[length] = '\0';
	return words;
}

/* "#find=" and words, for the address of a page that can be searched. */
struct words find_link(const char *text)
{
	return words_of("#find=%s", address_words(text).text);
}

/* A number at @text with the letter of its size, which is passed. */
static double number_at(const char **text)
{
	static const char sizes[] = "KMG";
	char *end;
	double number = (double)strtoull(*text, &end, 10);
	const char *size = *end ? strchr(sizes, *end) : NULL;

	if (size && !isalnum((unsigned char)end[1])) {
		number = ldexp(number, 10 * (int)(size - sizes + 1));
		end++;
	}
	*text = end;
	return number;
}

int compare_natural(const char *a, const char *b)
{
	const char *whole_a = a, *whole_b = b;

	while (*a && *b) {
		double x, y;

		if (!isdigit((unsigned char)*a) || !isdigit((unsigned char)*b)) {
			int order = tolower((unsigned char)*a++) - tolower((unsigned char)*b++);

			if (order)
				return order;
			continue;
		}
		x = number_at(&a);
		y = number_at(&b);
		if (x < y || x > y)
			return x < y ? -1 : 1;
	}
	return *a || *b ? (*a ? 1 : -1) : strcmp(whole_a, whole_b);
}

struct words unbroken(struct words words)
{
	struct words whole = { "" };

	for (const char *c = words.text; *c; c++)
		words_add(&whole, "%.*s", *c == ' ' ? 2 : 1, *c == ' ' ? NO_BREAK : c);
	return whole;
}

struct words figure_words(double value)
{
	char text[40];

	return words_of("%s", figure_format(value, text, sizeof(text)));
}

struct words day_words(const char *date)
{
	return words_of("%.10s", date);
}

struct words run_link(const struct history_run *run, const char *up)
{
	return words_of("%sruns/%s.html", up, address_words(run->name).text);
}

const struct page *page_of(const struct dashboard *dashboard, const struct history_series *series)
{
	const struct page *page = dashboard->page;

	while (page->series != series)
		page++;
	return page;
}
