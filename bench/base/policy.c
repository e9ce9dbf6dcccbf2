// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/base/policy.h"

#include <stdio.h>
#include <string.h>

const struct policy_row policy_table[NR_POLICIES] = {
	[POLICY_EAGER] = {
		.name = "eager",
		.zaps = ZAP_AT_FIRST_MAP,
		.memory = MEMORY_WC,
		.device_turn = MEMORY_WC,
		.needs = POLICY_PART_ZAP,
		.meaning = "zap when a device maps the buffer for the first time; write-combined mappings from then on",
	},
	[POLICY_LAZY] = {
		.name = "lazy",
		.zaps = ZAP_AT_WRITE_END,
		.memory = MEMORY_CACHED,
		.device_turn = MEMORY_WC,
		.needs = POLICY_PART_ZAP,
		.meaning = "zap at the END of every write; the next START makes the mappings cached again",
	},
	[POLICY_CACHED] = {
		.name = "cached",
		.zaps = ZAP_NEVER,
		.memory = MEMORY_CACHED,
		.device_turn = MEMORY_CACHED,
		.meaning = "never zap; cached mappings, and the kernel cleans the caches for the device",
	},
	[POLICY_UNCACHED] = {
		.name = "uncached",
		.zaps = ZAP_NEVER,
		.memory = MEMORY_WC,
		.device_turn = MEMORY_WC,
		.needs = POLICY_PART_WC,
		.meaning = "never zap; write-combined mappings from the allocation on",
	},
	[POLICY_REFUSE] = {
		.name = "refuse",
		.zaps = ZAP_NEVER,
		.memory = MEMORY_WC,
		.device_turn = MEMORY_WC,
		.needs = POLICY_PART_WC,
		.removes_alias = true,
		.meaning = "as uncached; the kernel also removes its own mapping of the pages; if it cannot, mmap fails",
	},
	[POLICY_BOUNCE] = {
		.name = "bounce",
		.heap = "uncached",
		.client = CLIENT_COPIES,
		.zaps = ZAP_NEVER,
		.memory = MEMORY_WC,
		.device_turn = MEMORY_WC,
		.meaning = "as uncached; the application copies the buffer to cached memory in bulk, and back if it wrote",
	},
	[POLICY_USER] = {
		.name = "user",
		.heap = "cached",
		.client = CLIENT_MAINTAINS,
		.zaps = ZAP_NEVER,
		.memory = MEMORY_CACHED,
		.device_turn = MEMORY_CACHED,
		.meaning = "as cached; the application cleans and invalidates the caches by CPU instructions, not by SYNC",
	},
	[POLICY_PREFAULT] = {
		.name = "prefault",
		.heap = "eager",
		.client = CLIENT_PREFAULTS,
		.zaps = ZAP_AT_FIRST_MAP,
		.memory = MEMORY_WC,
		.device_turn = MEMORY_WC,
		.needs = POLICY_PART_ZAP,
		.meaning = "as eager; the application maps all pages again after the zap, before its first access",
	},
};

const struct policy_row *policy_row(unsigned int policy)
{
	return policy < NR_POLICIES ? &policy_table[policy] : NULL;
}

const struct policy_row *policy_find(const char *name)
{
	for (size_t i = 0; i < NR_POLICIES; i++) {
		if (!strcmp(policy_table[i].name, name))
			return &policy_table[i];
	}
	return NULL;
}

const char *memory_type_name(enum memory_type type)
{
	static const char *const names[] = {
		[MEMORY_ANY] = "", [MEMORY_CACHED] = "cached", [MEMORY_WC] = "write-combined"
	};

	return names[type];
}

void policy_parts_words(unsigned int parts, char *text, size_t size)
{
	static const struct {
		enum policy_part part;
		const char *words;
	} rows[] = {
		{ POLICY_PART_ZAP, "zap" },
		{ POLICY_PART_WC, "write-combined attributes" },
		{ POLICY_PART_MAINTENANCE, "cache maintenance" },
		{ POLICY_PART_DEVICE, "mapping by a device" },
		{ POLICY_PART_CACHED, MEMORY_TYPE_UNKNOWN " (its driver chose it: see zapbench identify)" },
	};

	text[0] = '\0';
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t used = strlen(text);

		if (parts & rows[i].part)
			snprintf(text + used, size - used, "%s%s", used ? ", " : "", rows[i].words);
	}
}

const struct granularity_row granularity_table[NR_GRANULARITIES] = {
	[GRANULARITY_PAGE] = { "page", "one fault maps one page" },
	[GRANULARITY_AROUND] = { "around",
				 "one fault maps the page and its neighbours (fault-around, 16 pages by default)" },
	[GRANULARITY_CONTPTE] = { "contpte", "one fault maps a block of contiguous PTEs (64 KiB or 2 MiB)" },
	[GRANULARITY_BUFFER] = { "buffer", "the whole buffer is mapped at once, by the first fault or at START" },
	[GRANULARITY_HUGE] = { "huge", "one fault maps one huge page (a PMD: 2 MiB with pages of 4 KiB)" },
	[GRANULARITY_NONE] = { "none", "the policy never zaps, so no page has to come back" },
};

enum granularity granularity_find(const char *name)
{
	enum granularity i = 0;

	while (i < NR_GRANULARITIES && strcmp(granularity_table[i].name, name))
		i++;
	return i;
}

bool granularity_is_none(const char *name)
{
	return !*name || !strcmp(name, granularity_table[GRANULARITY_NONE].name);
}
