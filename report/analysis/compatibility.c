// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analysis/compatibility.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "bench/base/array.h"

const char *const compatibility_names[NR_COMPATIBILITIES + 1] = { "kernel",         "machine", "page-size", "emulation",
								  "zap-heaps",      "program", "settings",  "run",
								  "configurations", NULL };

/* What is looked at. A group of NULL: not of the environment, but of the run itself. A key of NULL: the whole group. */
static const struct {
	enum compatibility kind;
	const char *group, *key;
} alike[] = {
	{ COMPATIBLE_MACHINE, "kernel", "architecture" },
	{ COMPATIBLE_SETTINGS, "machine", "firmware" },
	{ COMPATIBLE_SETTINGS, "machine", "boot_loader" },
	{ COMPATIBLE_MACHINE, "machine", NULL },
	{ COMPATIBLE_MACHINE, "cpu", "model" },
	{ COMPATIBLE_MACHINE, "cpu", "midr" },
	{ COMPATIBLE_MACHINE, "cpu", "capacity" },
	{ COMPATIBLE_MACHINE, "topology", "cpus" },
	{ COMPATIBLE_MACHINE, "virtualization", "hypervisor" },
	{ COMPATIBLE_PAGE_SIZE, "memory", "page_size_bytes" },
	{ COMPATIBLE_PAGE_SIZE, "memory", "thp_bytes" },
	{ COMPATIBLE_SETTINGS, "cpu", "microcode" },
	{ COMPATIBLE_SETTINGS, "cpu", "governor" },
	{ COMPATIBLE_SETTINGS, "cpu", "boost" },
	{ COMPATIBLE_SETTINGS, "cpu", "turbo_off" },
	{ COMPATIBLE_SETTINGS, "cpu", "smt" },
	{ COMPATIBLE_SETTINGS, "memory", "thp" },
	{ COMPATIBLE_SETTINGS, "memory", "thp_shmem" },
	{ COMPATIBLE_SETTINGS, "memory", "fault_around_bytes" },
	{ COMPATIBLE_EMULATION, NULL, "emulated" },
	{ COMPATIBLE_ZAP_HEAPS, NULL, "zap_heaps" },
	{ COMPATIBLE_PROGRAM, NULL, "version" },
	{ COMPATIBLE_PROGRAM, NULL, "git" },
	{ COMPATIBLE_RUN, NULL, "layout" },
	{ COMPATIBLE_RUN, NULL, "clock" },
	{ COMPATIBLE_RUN, NULL, "seed" },
	{ COMPATIBLE_CONFIGURATIONS, NULL, "set of configurations" },
	/* The rest of what a record holds of the kernel; how it was built is a long line without more to say. */
	{ NR_COMPATIBILITIES, "kernel", "boot_id" },
	{ NR_COMPATIBILITIES, "kernel", "build" },
	{ NR_COMPATIBILITIES, "kernel", "clocksources" },
	{ NR_COMPATIBILITIES, "kernel", "config_source" },
	{ COMPATIBLE_KERNEL, "kernel", NULL },
	{ COMPATIBLE_KERNEL, "mitigations", NULL },
};

#define NR_ALIKE (sizeof(alike) / sizeof(alike[0]))

/* NR_COMPATIBILITIES: it does not matter. */
static enum compatibility kind_of(const char *group, const char *key)
{
	for (size_t i = 0; i < NR_ALIKE; i++) {
		if (alike[i].group && !strcmp(alike[i].group, group) && (!alike[i].key || !strcmp(alike[i].key, key)))
			return alike[i].kind;
	}
	return NR_COMPATIBILITIES;
}

/* How many configurations the rounds have, and a sum over the checksums of their names: rounds shuffle them. */
static void configurations_text(const struct record *record, char *text, size_t size)
{
	unsigned int digest = 0;

	for (size_t i = 0; i < record->nr_configs; i++) {
		const char *name = record->config[i].name;

		digest += (unsigned int)crc32(0, (const unsigned char *)name, (unsigned int)strlen(name));
	}
	snprintf(text, size, "%zu (%08x)", record->nr_configs, digest);
}

bool compatibility_of_module(const struct record *record)
{
	return record->zap_heaps && strncmp(record->zap_heaps, "module", strlen("module")) == 0;
}

/* As fact_format(), of what is not in the environment. */
static void own_text(const struct record *record, const char *key, char *text, size_t size)
{
	if (!strcmp(key, "emulated"))
		snprintf(text, size, "%s", record->emulated ? "yes" : "no");
	else if (!strcmp(key, "zap_heaps"))
		snprintf(text, size, "%s", compatibility_of_module(record) ? record->zap_heaps : "no module");
	else if (!strcmp(key, "version"))
		snprintf(text, size, "%s", record->tool_version);
	else if (!strcmp(key, "git"))
		snprintf(text, size, "%s", record->tool_git[0] ? record->tool_git : "not built from git");
	else if (!strcmp(key, "layout"))
		snprintf(text, size, "%s", record->layout);
	else if (!strcmp(key, "clock")) /* each has other steps and another overhead */
		snprintf(text, size, "%s", facts_text(&record->clock, NULL, "name", "not known"));
	else if (!strcmp(key, "set of configurations"))
		configurations_text(record, text, size);
	else if (record->emulated)
		snprintf(text, size, "%llu", (unsigned long long)record->seed);
	else
		snprintf(text, size, "its own"); /* each run draws an order; they need not agree */
}

/* @group NULL: not of the environment. */
static void text_of(const struct record *record, const char *group, const char *key, char *text, size_t size)
{
	if (group)
		fact_format(facts_find(&record->environment, group, key), text, size);
	else
		own_text(record, key, text, size);
}

void compatibility_each(const struct record *record,
			void (*each)(void *arg, enum compatibility kind, const char *key, const char *value), void *arg)
{
	const struct facts *facts = &record->environment;
	char text[256], name[200];

	for (size_t i = 0; i < facts->count; i++) {
		const struct fact *fact = &facts->item[i];
		const char *group = fact->group ? fact->group : "";
		enum compatibility kind = kind_of(group, fact->key);

		if (kind == NR_COMPATIBILITIES)
			continue;
		fact_format(facts_find(&record->environment, group, fact->key), text, sizeof(text));
		snprintf(name, sizeof(name), "%s.%s", group, fact->key);
		each(arg, kind, name, text);
	}
	for (size_t i = 0; i < NR_ALIKE; i++) {
		/* A history is to find nothing new in the records that it has. */
		if (alike[i].group || (alike[i].kind == COMPATIBLE_ZAP_HEAPS && !compatibility_of_module(record)))
			continue;
		own_text(record, alike[i].key, text, sizeof(text));
		each(arg, alike[i].kind, alike[i].key, text);
	}
}

/* The different values in a run set, joined. Return: how many there are. */
static size_t set_values(const struct run_set *set, const char *group, const char *key, char *joined, size_t size)
{
	size_t count = 0;

	joined[0] = '\0';
	for (size_t i = 0; i < set->nr_records; i++) {
		char text[256], other[256];
		bool told = false;

		text_of(set->record[i], group, key, text, sizeof(text));
		for (size_t j = 0; j < i && !told; j++) {
			text_of(set->record[j], group, key, other, sizeof(other));
			told = !strcmp(text, other);
		}
		if (told)
			continue;
		snprintf(joined + strlen(joined), size - strlen(joined), "%s%s", count++ ? " and " : "", text);
	}
	return count;
}

/* Does each run of the run set have the configuration? */
static bool all_have(const struct run_set *set, const char *name)
{
	for (size_t i = 0; i < set->nr_records; i++) {
		if (!find_config(set->record[i], name))
			return false;
	}
	return true;
}

/* Instead of digests: how many configurations a run set has, and which of them some run of either side has not. */
static void name_configurations(const struct run_set *set, const struct run_set *other, char *text, size_t size)
{
	const char *first = NULL;
	size_t count = 0, missing = 0;

	for (size_t i = 0; i < set->nr_records; i++) {
		for (size_t j = 0; j < set->record[i]->nr_configs; j++) {
			const char *name = set->record[i]->config[j].name;
			bool told = false;

			for (size_t k = 0; k < i && !told; k++)
				told = find_config(set->record[k], name);
			if (told)
				continue;
			count++;
			if (all_have(set, name) && all_have(other, name))
				continue;
			first = first ? first : name;
			missing++;
		}
	}
	if (!first)
		snprintf(text, size, "%zu", count);
	else if (missing == 1)
		snprintf(text, size, "%zu, of which not all runs have %.80s", count, first);
	else
		snprintf(text, size, "%zu, of which not all runs have %.80s and %zu more", count, first, missing - 1);
}

static int check_fact(const struct run_set *base, const struct run_set *new, enum compatibility kind, const char *group,
		      const char *key, unsigned int override, struct difference **difference, size_t *count)
{
	char old_text[600], new_text[600];
	size_t old_count = set_values(base, group, key, old_text, sizeof(old_text));
	size_t new_count = set_values(new, group, key, new_text, sizeof(new_text));
	struct difference *row;

	if (old_count == 1 && new_count == 1 && !strcmp(old_text, new_text))
		return 0;
	if (kind == COMPATIBLE_CONFIGURATIONS) {
		name_configurations(base, new, old_text, sizeof(old_text));
		name_configurations(new, base, new_text, sizeof(new_text));
	}
	row = array_room(*difference, *count, sizeof(*row));
	if (!row)
		return -ENOMEM;
	*difference = row;
	row += (*count)++;
	*row = (struct difference){ .kind = kind,
				    .kind_name = (char *)compatibility_names[kind],
				    .base = strdup(old_text),
				    .new = strdup(new_text),
				    .overridden = override & 1u << kind ||
						  (kind == COMPATIBLE_KERNEL && old_count == 1 && new_count == 1) };
	if (asprintf(&row->key, "%s%s%s", group ? group : "", group ? "." : "", key) < 0)
		row->key = NULL;
	return row->base && row->new && row->key ? 0 : -ENOMEM;
}

/* Where one side is emulated all else differs, too, and does not matter. */
static int refuse_emulation(const struct difference *difference, size_t count, struct why *why)
{
	for (size_t i = 0; i < count; i++) {
		if (difference[i].kind == COMPATIBLE_EMULATION)
			return why_set(why, -EXDEV, "compare emulated runs with emulated runs",
				       "not comparable: instructions of an emulated machine and times");
	}
	return 0;
}

/* Fill the differences in. 0, -EXDEV when one is not overridden, or -ENOMEM. */
int compatibility_check(const struct run_set *base, const struct run_set *new, unsigned int override,
			struct difference **difference, size_t *count, struct why *why)
{
	const struct facts *facts = &base->record[0]->environment;
	int err = 0;

	for (size_t i = 0; i < facts->count && !err; i++) {
		const struct fact *fact = &facts->item[i];
		enum compatibility kind = kind_of(fact->group ? fact->group : "", fact->key);

		if (kind != NR_COMPATIBILITIES)
			err = check_fact(base, new, kind, fact->group, fact->key, override, difference, count);
	}
	for (size_t i = 0; i < NR_ALIKE && !err; i++) {
		if (!alike[i].group)
			err = check_fact(base, new, alike[i].kind, NULL, alike[i].key,
					 override & ~(1u << COMPATIBLE_EMULATION), difference, count);
	}
	if (!err)
		err = refuse_emulation(*difference, *count, why);
	for (size_t i = 0; i < *count && !err; i++) {
		const struct difference *d = &(*difference)[i];
		char remedy[100];

		if (d->overridden)
			continue;
		snprintf(remedy, sizeof(remedy), "run both the same way, or override with --unlike %s", d->kind_name);
		err = why_set(why, -EXDEV, remedy, "%s differs: base %.120s, new %.120s", d->key, d->base, d->new);
	}
	return err;
}

void compatibility_free(struct difference *difference, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(difference[i].key);
		free(difference[i].base);
		free(difference[i].new);
	}
	free(difference);
}
