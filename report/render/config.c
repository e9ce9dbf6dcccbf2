// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/render/config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/params.h"
#include "bench/base/region.h"

static void add_word(char *label, size_t size, const char *key, const char *value)
{
	size_t used = strlen(label);

	snprintf(label + used, size - used, "%s%s%s%s", used ? " " : "", key, key[0] ? "=" : "", value);
}

/* A parameter that this program knows, unless it has its default value; a choice ("read") needs no key. */
static void add_param(enum param param, const struct fact *fact, char *label, size_t size)
{
	double number = fact->value.kind == VALUE_INT ? (double)fact->value.integer : fact->value.real;
	double otherwise = param_default(param);
	char text[64];

	if (fact->value.kind == VALUE_TEXT) {
		if (strcmp(fact->value.text, param_choice(param, (unsigned int)otherwise)))
			add_word(label, size, "", fact->value.text);
		return;
	}
	/* The size is always said. */
	if (param != PARAM_SIZE && number == otherwise)
		return;
	param_format(param, number, text, sizeof(text));
	add_word(label, size, param == PARAM_SIZE ? "" : param_key(param), text);
}

/* A parameter of another program. */
static void add_fact(const struct fact *fact, char *label, size_t size)
{
	char text[64] = "";

	if (fact->value.kind == VALUE_TEXT)
		snprintf(text, sizeof(text), "%s", fact->value.text);
	else if (fact->value.kind == VALUE_INT)
		snprintf(text, sizeof(text), "%lld", (long long)fact->value.integer);
	else if (fact->value.kind == VALUE_REAL)
		snprintf(text, sizeof(text), "%.9g", fact->value.real);
	add_word(label, size, fact->key, text);
}

void config_curve_label(const struct config_result *config, const char *key, char *label, size_t size)
{
	label[0] = '\0';
	if (config->policy[0])
		add_word(label, size, "", config->policy);
	if (config->policy[0] && granularity_find(config->granularity) != GRANULARITY_NONE)
		add_word(label, size, "", config->granularity);
	for (size_t i = 0; i < config->params.count; i++) {
		const struct fact *fact = &config->params.item[i];
		enum param param = param_find_fact(fact->key);

		if (key && !strcmp(fact->key, key))
			continue;
		if (param < NR_PARAMS && (fact->value.kind == VALUE_TEXT) == (param_kind(param) == KIND_CHOICE))
			add_param(param, fact, label, size);
		else
			add_fact(fact, label, size);
	}
}

void config_label(const struct config_result *config, char *label, size_t size)
{
	config_curve_label(config, NULL, label, size);
}

double config_rate(const struct config_result *config, const char **name, const char **unit)
{
	bool bytes = !strcmp(config->rate, RATE_BYTES);
	int64_t amount = bytes ? config->bytes : config->faults_expected;

	*name = bytes ? "bytes moved" : "refaults";
	*unit = bytes ? "bytes/s" : "faults/s";
	if (!config->rate[0] || config->operations <= 0 || amount <= 0)
		return NAN;
	return (double)amount / (double)config->operations;
}

bool counter_is_software(const struct counter *counter)
{
	return counter->pmu && !strcmp(counter->pmu, "software");
}

bool counter_is_of_kernel(const struct config_result *config, const struct counter *counter)
{
	return counter->pmu && !strncmp(counter->pmu, config->source, strlen(counter->pmu));
}

double config_kernel_part(const struct config_result *config, const char *part)
{
	for (size_t i = 0; i < config->nr_counters; i++) {
		const struct counter *counter = &config->counter[i];
		char name[64];

		snprintf(name, sizeof(name), "%s_%s", part, counter->unit);
		if (counter_is_of_kernel(config, counter) && !strcmp(counter->event, name))
			return counter->per_operation;
	}
	return NAN;
}

/* Does a list "a, b" hold @name? */
static bool has_name(const char *names, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = names; length && (at = strstr(at, name)); at += length) {
		if ((at == names || at[-1] == ' ') && (at[length] == ',' || !at[length]))
			return true;
	}
	return false;
}

static void add_name(char *names, size_t size, const char *name)
{
	size_t used = strlen(names);

	if (name[0] && !has_name(names, name))
		snprintf(names + used, size - used, "%s%s", used ? ", " : "", name);
}

bool events_counted(const struct record *record, bool modelled, char *names, size_t size)
{
	names[0] = '\0';
	for (size_t i = 0; i < record->nr_configs; i++) {
		const struct config_result *config = &record->config[i];

		for (size_t j = 0; j < config->nr_counters; j++) {
			if (config->counter[j].counted && modelled == (config->counter[j].model != NULL) &&
			    !counter_is_of_kernel(config, &config->counter[j]))
				add_name(names, size, config->counter[j].event);
		}
	}
	return names[0];
}

/* A few of them say what is missing; a hostile file may have as many as events. */
enum { REASONS_MOST = 64 };

static const char *nth_reason(const struct record *record, size_t nth)
{
	const char *told[REASONS_MOST];
	size_t count = 0, same;

	for (size_t i = 0; nth < REASONS_MOST && i < record->nr_configs; i++) {
		for (size_t j = 0; j < record->config[i].nr_counters; j++) {
			const struct counter *counter = &record->config[i].counter[j];

			for (same = 0; !counter->counted && same < count; same++) {
				if (!strcmp(told[same], counter->why_not))
					break;
			}
			if (counter->counted || same < count)
				continue;
			if (count == nth)
				return counter->why_not;
			told[count++] = counter->why_not;
		}
	}
	return NULL;
}

/* Is one of the events of the list @names wanted of the row? */
static bool wants_one_of(const struct config_result *config, const char *names)
{
	for (size_t i = 0; i < config->nr_counters; i++) {
		if (has_name(names, config->counter[i].event))
			return true;
	}
	return false;
}

const char *events_not_counted(const struct record *record, size_t nth, char *names, size_t size)
{
	const char *why = nth_reason(record, nth);
	size_t rows = 0, wanted = 0, used;

	names[0] = '\0';
	for (size_t i = 0; why && i < record->nr_configs; i++) {
		const struct config_result *config = &record->config[i];
		bool here = false;

		for (size_t j = 0; j < config->nr_counters; j++) {
			if (config->counter[j].counted || strcmp(config->counter[j].why_not, why))
				continue;
			add_name(names, size, config->counter[j].event);
			here = true;
		}
		rows += here;
	}
	for (size_t i = 0; why && i < record->nr_configs; i++)
		wanted += wants_one_of(&record->config[i], names);
	used = strlen(names);
	if (rows < wanted)
		snprintf(names + used, size - used, ", in %zu of %zu rows", rows, wanted);
	return why;
}

bool is_first_imitated(const struct record *record, size_t nth)
{
	const struct config_result *config = &record->config[nth];

	for (size_t i = 0; i < nth; i++) {
		if (!strcmp(record->config[i].source, config->source) &&
		    !strcmp(record->config[i].not_played, config->not_played))
			return false;
	}
	return config->played_by_user[0];
}
