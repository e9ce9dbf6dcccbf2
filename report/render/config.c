// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/render/config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void config_label(const struct config_result *config, char *label, size_t size)
{
	const char *rest = config->name;
	size_t used;

	snprintf(label, size, "%s%s%s", config->policy, config->policy[0] ? " " : "",
		 config->policy[0] && strcmp(config->granularity, "none") ? config->granularity : "");
	/* The name is case/source/policy/granularity/size/key=value...; from the size on it is what is left to say. */
	for (int i = config->source[0] ? 4 : 1; i && rest; i--) {
		rest = strchr(rest, '/');
		if (rest)
			rest++;
	}
	while (rest && *rest) {
		size_t length = strcspn(rest, "/");
		const char *equals = memchr(rest, '=', length);
		bool choice = equals && equals[1] >= 'a'; /* "read" says enough without its key */

		used = strlen(label);
		snprintf(label + used, size - used, "%s%.*s", used && label[used - 1] != ' ' ? " " : "",
			 (int)(choice ? length - (size_t)(equals + 1 - rest) : length), choice ? equals + 1 : rest);
		rest += length + (rest[length] == '/');
	}
}

void config_curve_label(const struct config_result *config, const char *key, char *label, size_t size)
{
	char pattern[64], *begin, *end;

	config_label(config, label, size);
	snprintf(pattern, sizeof(pattern), " %.60s=", key);
	begin = strstr(label, pattern);
	if (!begin)
		return;
	end = begin + 1 + strcspn(begin + 1, " ");
	memmove(begin, end, strlen(end) + 1);
}

const char *config_moved(const struct config_result *config)
{
	if (!strcmp(config->operation, "frame"))
		return "filled and read";
	return !strcmp(config->operation, "KiB") ? "moved" : NULL;
}

double config_rate(const struct config_result *config, const char **name, const char **unit)
{
	bool moves = config_moved(config);

	*name = moves ? "bytes moved" : "refaults";
	*unit = moves ? "bytes/s" : "faults/s";
	if (config->operations <= 0)
		return NAN;
	if (moves)
		return config->bytes > 0 ? (double)config->bytes / (double)config->operations : NAN;
	if (strcmp(config->case_name, "fault-scaling") || config->faults_expected <= 0)
		return NAN;
	return (double)config->faults_expected / (double)config->operations;
}

bool counter_is_of_kernel(const struct config_result *config, const struct counter *counter)
{
	return counter->pmu && !strncmp(counter->pmu, config->source, strlen(counter->pmu));
}

double config_kernel_part(const struct config_result *config, const char *part)
{
	for (size_t i = 0; i < config->nr_counters; i++) {
		const struct counter *counter = &config->counter[i];
		size_t length = strlen(part);

		if (counter_is_of_kernel(config, counter) && !strncmp(counter->event, part, length) &&
		    (!strcmp(counter->event + length, "_ns") || !strcmp(counter->event + length, "_instructions")))
			return counter->per_operation;
	}
	return NAN;
}

/* Add @name to a list "a, b" that does not hold it yet. */
static void add_name(char *names, size_t size, const char *name)
{
	size_t used = strlen(names), length = strlen(name);

	for (const char *at = names; (at = strstr(at, name)); at += length) {
		if ((at == names || at[-1] == ' ') && (at[length] == ',' || !at[length]))
			return;
	}
	snprintf(names + used, size - used, "%s%s", used ? ", " : "", name);
}

bool events_counted(const struct record *record, char *names, size_t size)
{
	names[0] = '\0';
	for (size_t i = 0; i < record->nr_configs; i++) {
		const struct config_result *config = &record->config[i];

		for (size_t j = 0; j < config->nr_counters; j++) {
			if (config->counter[j].counted && !counter_is_of_kernel(config, &config->counter[j]))
				add_name(names, size, config->counter[j].event);
		}
	}
	return names[0];
}

/* Was this reason that of an earlier event? */
static bool told_before(const struct record *record, size_t config, size_t index)
{
	const char *why = record->config[config].counter[index].why_not;

	for (size_t i = 0; i <= config; i++) {
		const struct config_result *earlier = &record->config[i];

		for (size_t j = 0; j < (i < config ? earlier->nr_counters : index); j++) {
			if (!earlier->counter[j].counted && !strcmp(earlier->counter[j].why_not, why))
				return true;
		}
	}
	return false;
}

static const char *nth_reason(const struct record *record, size_t nth)
{
	for (size_t i = 0; i < record->nr_configs; i++) {
		for (size_t j = 0; j < record->config[i].nr_counters; j++) {
			const struct counter *counter = &record->config[i].counter[j];

			if (!counter->counted && !told_before(record, i, j) && !nth--)
				return counter->why_not;
		}
	}
	return NULL;
}

const char *events_not_counted(const struct record *record, size_t nth, char *names, size_t size)
{
	const char *why = nth_reason(record, nth);

	names[0] = '\0';
	for (size_t i = 0; why && i < record->nr_configs; i++) {
		const struct config_result *config = &record->config[i];

		for (size_t j = 0; j < config->nr_counters; j++) {
			if (!config->counter[j].counted && !strcmp(config->counter[j].why_not, why))
				add_name(names, size, config->counter[j].event);
		}
	}
	return why;
}
