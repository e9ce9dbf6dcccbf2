// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/config.h"

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
