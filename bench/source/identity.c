// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/source/identity.h"

#include <stdio.h>

#include "bench/base/text.h"

#define KIB_WORDS 128
/* A buffer that is 16 times as large costs so many times as much, at least, if each byte costs something. */
#define GROWS_TIMES 4
#define CONSTANT_TIMES 2

static bool is_measured(const struct identity_timing *timing)
{
	return timing->median_ns > 0;
}

/* Of memory that is not cached: do stores to one line go out together? */
static enum identity_memory by_stores(const struct identity_look *look)
{
	const struct identity_timing *row = &look->buffer[IDENTITY_WRITE], *alone = &look->buffer[IDENTITY_SCATTERED];

	if (!is_measured(row) || !is_measured(alone))
		return IDENTITY_NOT_CACHED;
	if (alone->low_ns >= IDENTITY_MERGED_TIMES * row->high_ns / KIB_WORDS)
		return IDENTITY_WC;
	if (alone->high_ns <= IDENTITY_NOT_MERGED_TIMES * row->low_ns / KIB_WORDS)
		return IDENTITY_UNCACHED;
	return IDENTITY_NOT_CACHED;
}

enum identity_memory identity_memory(const struct identity_evidence *evidence, const struct identity_look *look)
{
	const struct identity_timing *buffer = &look->buffer[IDENTITY_LOAD_AGAIN];
	const struct identity_timing *ordinary = &look->ordinary[IDENTITY_LOAD_AGAIN];

	if (evidence->emulated || !is_measured(buffer) || !is_measured(ordinary))
		return IDENTITY_UNTESTED;
	if (buffer->high_ns <= IDENTITY_CACHED_TIMES * ordinary->low_ns)
		return IDENTITY_CACHED;
	if (buffer->low_ns >= IDENTITY_NOT_CACHED_TIMES * ordinary->high_ns)
		return by_stores(look);
	return IDENTITY_INCONCLUSIVE;
}

const char *identity_memory_name(enum identity_memory memory)
{
	static const char *const names[NR_IDENTITY_MEMORIES] = {
		[IDENTITY_UNTESTED] = "untested", [IDENTITY_INCONCLUSIVE] = "inconclusive",
		[IDENTITY_CACHED] = "cached",     [IDENTITY_WC] = "write-combined",
		[IDENTITY_UNCACHED] = "uncached", [IDENTITY_NOT_CACHED] = "write-combined or uncached",
	};

	return names[memory];
}

bool identity_contradicts(enum identity_memory memory, enum mapped_as mapped)
{
	switch (memory) {
	case IDENTITY_CACHED:
		return mapped == MAPPED_WC || mapped == MAPPED_OTHER;
	case IDENTITY_WC:
	case IDENTITY_NOT_CACHED:
		return mapped == MAPPED_CACHED;
	case IDENTITY_UNCACHED:
		return mapped == MAPPED_CACHED || mapped == MAPPED_WC;
	default:
		return false;
	}
}

enum identity_sync_kind identity_sync(const struct identity_evidence *evidence, enum identity_sync sync)
{
	const struct identity_timing *large = &evidence->sync[sync], *small = &evidence->sync_small[sync];

	if (!evidence->is_dmabuf)
		return SYNC_NONE;
	if (evidence->emulated || !is_measured(large) || !is_measured(small))
		return SYNC_UNTESTED;
	if (large->low_ns >= GROWS_TIMES * small->high_ns)
		return SYNC_GROWS;
	if (large->high_ns <= CONSTANT_TIMES * small->low_ns || large->median_ns <= small->median_ns)
		return SYNC_CONSTANT;
	return SYNC_INCONCLUSIVE;
}

void identity_loss(const struct identity_evidence *evidence, char *text, size_t size)
{
	if (!evidence->has_device)
		snprintf(text, size,
			 "untested: no importer that does not snoop; /dev/zap-bench is one, for buffers of the zap "
			 "heaps");
	else if (evidence->stale_bytes < 0)
		snprintf(text, size,
			 "untested: the buffer is never cached for the CPU, so there is no clean to leave out");
	else if (evidence->stale_bytes)
		snprintf(text, size, "yes: without the clean the device read %lld of %zu bytes as they were before",
			 (long long)evidence->stale_bytes, evidence->bytes);
	else if (evidence->emulated)
		snprintf(text, size, "untested: the emulator has no caches, so no clean is needed in it");
	else
		snprintf(text, size, "not seen: without the clean the device read every byte right, once");
}

void identity_faults(const struct identity_evidence *evidence, const struct identity_look *look, char *text,
		     size_t size)
{
	long pages = (long)(evidence->bytes / evidence->page_bytes);

	if (!look->faults)
		snprintf(text, size, "none: mmap() put every PTE in");
	else if (look->faults >= pages)
		snprintf(text, size, "one page per fault");
	else
		snprintf(text, size, "%ld pages per fault", pages / look->faults);
}

void identity_rates(const struct identity_evidence *evidence, uint64_t cache_bytes, char *text, size_t size)
{
	double beyond = 2 * (double)cache_bytes;
	char cache[32], larger[32], hint[64];

	size_format((double)cache_bytes, cache, sizeof(cache));
	size_format(beyond, larger, sizeof(larger));
	if (beyond <= IDENTITY_BYTES_MOST)
		snprintf(hint, sizeof(hint), "--size %s is beyond", larger);
	else
		snprintf(hint, sizeof(hint), "no --size is beyond");
	if (evidence->emulated)
		snprintf(text, size, "none: this machine is emulated");
	else if (!cache_bytes)
		snprintf(text, size, "of a cache, if one holds the buffer: no cache of this CPU is known");
	else if ((double)evidence->bytes <= (double)cache_bytes)
		snprintf(text, size, "of a cache where the buffer is cached: one of %s may hold it; %s", cache, hint);
	else if ((double)evidence->bytes < beyond)
		snprintf(text, size, "of memory, and in part of a cache: one of %s may hold a part; %s", cache, hint);
	else
		snprintf(text, size, "of memory: the largest cache has %s", cache);
}
