// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/answer/family.h"

#include <string.h>

#define NONE ((size_t)-1) /* the offset of no parameter */

double workload_along(const struct workload *workload, size_t offset)
{
	double value;

	memcpy(&value, (const char *)workload + offset, sizeof(value));
	return value;
}

static bool same_frame_but(const struct workload *a, const struct workload *b, size_t varies, size_t varies_too)
{
	static const size_t numbers[] = { offsetof(struct workload, bytes),  offsetof(struct workload, touched),
					  offsetof(struct workload, frames), offsetof(struct workload, ring),
					  offsetof(struct workload, maps),   offsetof(struct workload, stride),
					  offsetof(struct workload, core) };

	if (strcmp(a->kind, b->kind) || strcmp(a->order, b->order) || strcmp(a->device, b->device))
		return false;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (numbers[i] != varies && numbers[i] != varies_too &&
		    workload_along(a, numbers[i]) != workload_along(b, numbers[i]))
			return false;
	}
	return true;
}

bool workload_same_frame(const struct workload *a, const struct workload *b)
{
	return same_frame_but(a, b, NONE, NONE);
}

bool workload_alike_but(const struct workload *a, const struct workload *b, size_t varies, size_t varies_too)
{
	return !strcmp(a->source, b->source) && a->memory == b->memory && same_frame_but(a, b, varies, varies_too);
}

size_t family_levels(const struct workload *const *member, size_t n, size_t offset, double *value)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		double x = workload_along(member[i], offset);
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
		      const struct workload **member)
{
	size_t n = 0;

	for (size_t i = 0; i < choice->nr_workloads; i++) {
		if (!workload_alike_but(&choice->workload[i], &choice->workload[first], varies, varies_too))
			continue;
		if (i < first)
			return 0;
		member[n++] = &choice->workload[i];
	}
	return n;
}

struct words family_words(const struct workload *workload, size_t without)
{
	struct words words = words_of("%.40s%s", workload->source, strcmp(workload->kind, "loop") ? ", " : "");

	if (strcmp(workload->kind, "loop"))
		words_add(&words, "%.20s", workload->kind);
	words_add(&words, "%s", device_words(workload));
	if (workload->core > 0)
		words_add(&words, ", core type %g", workload->core - 1);
	if (workload->memory != MEMORY_ANY)
		words_add(&words, ", %s memory", memory_type_name(workload->memory));
	if (without != offsetof(struct workload, touched))
		words_add(&words, ", %s read", percent_words(workload->touched).text);
	if (without != offsetof(struct workload, frames))
		words_add(&words, ", %g frame%s per buffer", workload->frames, workload->frames == 1 ? "" : "s");
	if (workload->ring != 1)
		words_add(&words, ", a ring of %g buffers", workload->ring);
	if (workload->maps != 1)
		words_add(&words, ", %g mappings", workload->maps);
	if (!strcmp(workload->order, "random"))
		words_add(&words, ", in random order");
	return words;
}

struct words level_words(double value, size_t offset)
{
	struct words words = { "" };

	if (offset == offsetof(struct workload, touched))
		return percent_words(value);
	if (offset == offsetof(struct workload, bytes))
		return size_words(value);
	words = words_of("%g", value);
	return words;
}
