// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/answer/family.h"

#include <string.h>

#define NONE ((size_t)-1) /* the offset of no parameter */

double use_along(const struct use *use, size_t offset)
{
	double value;

	memcpy(&value, (const char *)use + offset, sizeof(value));
	return value;
}

static bool same_frame_but(const struct use *a, const struct use *b, size_t varies, size_t varies_too)
{
	static const size_t numbers[] = { offsetof(struct use, bytes),  offsetof(struct use, touched),
					  offsetof(struct use, frames), offsetof(struct use, ring),
					  offsetof(struct use, maps),   offsetof(struct use, stride) };

	if (strcmp(a->kind, b->kind) || strcmp(a->order, b->order))
		return false;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (numbers[i] != varies && numbers[i] != varies_too &&
		    use_along(a, numbers[i]) != use_along(b, numbers[i]))
			return false;
	}
	return true;
}

bool use_same_frame(const struct use *a, const struct use *b)
{
	return same_frame_but(a, b, NONE, NONE);
}

bool use_alike_but(const struct use *a, const struct use *b, size_t varies, size_t varies_too)
{
	return !strcmp(a->source, b->source) && a->memory == b->memory && same_frame_but(a, b, varies, varies_too);
}

size_t family_levels(const struct use *const *member, size_t n, size_t offset, double *value)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		double x = use_along(member[i], offset);
		size_t at = count;

		while (at && value[at - 1] > x)
			at--;
		if (at && value[at - 1] == x)
			continue;
		memmove(value + at + 1, value + at, (count - at) * sizeof(*value));
		value[at] = x;
		count++;
	}
	return count;
}

size_t family_members(const struct choice *choice, size_t first, size_t varies, size_t varies_too,
		      const struct use **member)
{
	size_t n = 0;

	for (size_t i = 0; i < choice->nr_uses; i++) {
		if (!use_alike_but(&choice->use[i], &choice->use[first], varies, varies_too))
			continue;
		if (i < first)
			return 0;
		member[n++] = &choice->use[i];
	}
	return n;
}

struct words family_words(const struct use *use, size_t without)
{
	struct words words = words_of("%.40s%s", use->source, strcmp(use->kind, "loop") ? ", " : "");

	if (strcmp(use->kind, "loop"))
		words_add(&words, "%.20s", use->kind);
	if (use->memory != MEMORY_ANY)
		words_add(&words, ", %s memory", memory_type_name(use->memory));
	if (without != offsetof(struct use, touched))
		words_add(&words, ", %s read", percent_words(use->touched).text);
	if (without != offsetof(struct use, frames))
		words_add(&words, ", %g frame%s a buffer", use->frames, use->frames == 1 ? "" : "s");
	if (use->ring != 1)
		words_add(&words, ", a ring of %g buffers", use->ring);
	if (use->maps != 1)
		words_add(&words, ", %g mappings", use->maps);
	if (!strcmp(use->order, "random"))
		words_add(&words, ", at random");
	return words;
}

struct words level_words(double value, size_t offset)
{
	struct words words = { "" };

	if (offset == offsetof(struct use, touched))
		return percent_words(value);
	if (offset == offsetof(struct use, bytes))
		return size_words(value);
	words = words_of("%g", value);
	return words;
}
