// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/measure/environment-survey.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WHY = 500 };

const char survey_frequency_hint[] = "no cpufreq driver serves this CPU (a hypervisor keeps the frequency to itself)";

int survey_missing(struct survey *survey, const char *group, const char *key, const struct sysfile *file, int err,
		   const char *hint)
{
	char why[WHY];

	sysfile_why(file, err, hint, why, sizeof(why));
	return facts_add_missing(survey->facts, group, key, why);
}

/* '#' and '@' filled in; the root in front. */
void survey_path(const struct survey *survey, const char *path, struct sysfile *file)
{
	char text[SYSFILE_PATH];
	size_t used = 0;

	for (const char *at = path; *at && used < sizeof(text) - 16; at++) {
		if (*at == '#')
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%d", survey->cpu);
		else if (*at == '@' && survey->policy >= 0)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%d", survey->policy);
		else
			text[used++] = *at == '@' ? '*' : *at;
	}
	text[used] = '\0';
	sysfile_path(file, survey->root, "%s", text);
}

/* The word in brackets takes the place of the whole; -EINVAL without one. */
int survey_choose_word(char *text)
{
	char *begin = strchr(text, '['), *end = begin ? strchr(begin, ']') : NULL;

	if (!end)
		return -EINVAL;
	memmove(text, begin + 1, (size_t)(end - begin - 1));
	text[end - begin - 1] = '\0';
	return 0;
}

int survey_file(struct survey *survey, const char *group, const char *key, const struct sysfile *file,
		enum survey_kind kind, const char *hint)
{
	char text[SURVEY_TEXT];
	int64_t number = 0;
	int err;

	err = kind == AS_NUMBER || kind == AS_FLAG ? sysfile_integer(file, &number)
						   : sysfile_text(file, text, sizeof(text));
	if (!err && kind == AS_CHOICE)
		err = survey_choose_word(text);
	if (!err && kind == AS_FLAG && number != 0 && number != 1)
		err = -ERANGE;
	if (err)
		return survey_missing(survey, group, key, file, err, hint);
	switch (kind) {
	case AS_NUMBER:
		return facts_add_int(survey->facts, group, key, number);
	case AS_FLAG:
		return facts_add_bool(survey->facts, group, key, number == 1);
	default:
		return facts_add_text(survey->facts, group, key, text);
	}
}

/* The number after "@field:" in a file of such lines (meminfo, smaps, cpuinfo); -ENOENT, -EINVAL. */
int survey_field_text(const char *text, const char *field, char *value, size_t size)
{
	size_t length = strlen(field);

	for (const char *line = text; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
		const char *at = line + length;

		if (strncmp(line, field, length) != 0)
			continue;
		at += strspn(at, " \t");
		if (*at != ':')
			continue;
		at += 1 + strspn(at + 1, " \t");
		snprintf(value, size, "%.*s", (int)strcspn(at, "\n"), at);
		return value[0] ? 0 : -EINVAL;
	}
	return -ENOENT;
}

int survey_field_number(const char *text, const char *field, int64_t *number)
{
	char value[64], *end;
	int err = survey_field_text(text, field, value, sizeof(value));

	if (err)
		return err;
	errno = 0;
	*number = strtoll(value, &end, 10);
	if (end == value || errno || *number < 0)
		return -EINVAL;
	if (strcmp(end, " kB") == 0)
		return __builtin_mul_overflow(*number, 1024, number) ? -EINVAL : 0;
	return *end ? -EINVAL : 0;
}

int survey_reading(struct survey *survey, const char *group, const char *key, double number, const char *why)
{
	if (isnan(number))
		return facts_add_missing(survey->facts, group, key, why);
	return facts_add_real(survey->facts, group, key, number);
}

bool survey_may_count(const char *root)
{
	enum { SYS_ADMIN = 21, PERFMON = 38 }; /* capabilities, by their bit */
	char text[SURVEY_TEXT], value[64];
	struct sysfile file;

	sysfile_path(&file, root, "/proc/self/status");
	return !sysfile_text(&file, text, sizeof(text)) && !survey_field_text(text, "CapEff", value, sizeof(value)) &&
	       strtoull(value, NULL, 16) & (1ULL << SYS_ADMIN | 1ULL << PERFMON);
}
