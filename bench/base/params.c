// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/base/params.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

enum { CHOICES_MAX = 32 };

struct param_row {
	const char *key;
	const char *fact; /* its key in the record, with the unit */
	enum param_kind kind;
	double preset, minimum, maximum;
	const char *choice[8]; /* empty for policy and granularity, whose names policy.c has */
	const char *help;
};

static const struct param_row param_table[NR_PARAMS] = {
	[PARAM_POLICY] = { "policy",
			   "policy",
			   KIND_CHOICE,
			   POLICY_EAGER,
			   0,
			   0,
			   { NULL },
			   "when the mappings are removed; zapbench list explains each policy" },
	[PARAM_GRANULARITY] = { "granularity",
				"granularity",
				KIND_CHOICE,
				GRANULARITY_PAGE,
				0,
				0,
				{ NULL },
				"how much one refault maps" },
	[PARAM_SIZE] = { "size",
			 "size_bytes",
			 KIND_SIZE,
			 4 << 20,
			 1,
			 1ull << 46,
			 { NULL },
			 "bytes of the buffer, in whole pages; K, M, G; caches: half and twice the size of each "
			 "cache; memory: 16M or more, twice the largest cache" },
	[PARAM_ACCESS] = { "access",
			   "access",
			   KIND_CHOICE,
			   ACCESS_WRITE,
			   0,
			   0,
			   { "read", "write", "both" },
			   "the first access after the zap" },
	[PARAM_ORDER] = { "order",
			  "order",
			  KIND_CHOICE,
			  ORDER_SEQUENTIAL,
			  0,
			  0,
			  { "sequential", "reverse", "random" },
			  "order in which pages are accessed" },
	[PARAM_STRIDE] = { "stride", "stride_pages", KIND_COUNT, 1, 1, 1 << 20, { NULL }, "access every n-th page" },
	[PARAM_TOUCHED] = { "touched",
			    "touched_fraction",
			    KIND_FRACTION,
			    1,
			    0,
			    1,
			    { NULL },
			    "fraction of these pages that is accessed, 0 < f <= 1: the first pages, or with "
			    "order=random "
			    "random pages" },
	[PARAM_MAPS] = { "maps", "maps", KIND_COUNT, 1, 1, 64, { NULL }, "mappings of the buffer" },
	[PARAM_OWNERS] = { "owners",
			   "owners",
			   KIND_CHOICE,
			   OWNERS_SELF,
			   0,
			   0,
			   { "self", "threads", "processes" },
			   "who holds the other mappings; whether helpers are threads or processes" },
	[PARAM_TIMING] = { "timing",
			   "timing",
			   KIND_CHOICE,
			   TIMING_BATCH,
			   0,
			   0,
			   { "batch", "event", "check" },
			   "time all accesses together, each fault alone, or all accesses in a separate loop, as a "
			   "check" },
	[PARAM_FRAMES] = { "frames",
			   "frames",
			   KIND_COUNT,
			   4,
			   1,
			   1000,
			   { NULL },
			   "frames per buffer, then it is made cached and mapped again, untimed" },
	[PARAM_RING] = { "ring", "ring", KIND_COUNT, 1, 1, 16, { NULL }, "buffers that the frames use in turn" },
	[PARAM_LINES] = { "lines",
			  "lines",
			  KIND_CHOICE,
			  LINES_DIRTY,
			  0,
			  0,
			  { "dirty", "clean" },
			  "whether the CPU wrote to the buffer since it was last cleaned" },
	[PARAM_DEVICE] = { "device",
			   "device",
			   KIND_CHOICE,
			   DEVICE_NONCOHERENT,
			   0,
			   0,
			   { "noncoherent", "coherent", "drm" },
			   "the device: one that does not snoop the CPU's caches, one that does, or a DRM node that "
			   "imports the buffer by PRIME" },
	[PARAM_OFFSET] = { "offset",
			   "offset_bytes",
			   KIND_COUNT,
			   0,
			   0,
			   1ull << 46,
			   { NULL },
			   "byte offset in the buffer" },
	[PARAM_USE] = { "use",
			"use",
			KIND_CHOICE,
			USE_LOOP,
			0,
			0,
			{ "loop", "camera", "encoder" },
			"who fills and who reads a frame: CPU and CPU (loop), device and CPU (camera), CPU and device "
			"(encoder)" },
	[PARAM_OTHERS] = { "others",
			   "others",
			   KIND_COUNT,
			   1,
			   0,
			   63,
			   { NULL },
			   "threads (owners=processes: processes) that run on other CPUs while the buffer is zapped" },
	[PARAM_OTHERS_DO] = { "others_do",
			      "others_do",
			      KIND_CHOICE,
			      OTHERS_IDLE,
			      0,
			      0,
			      { "idle", "busy" },
			      "what the others do: sleep, or access a mapping of their own" },
	[PARAM_STATE] = { "state",
			  "state",
			  KIND_CHOICE,
			  STATE_BEFORE,
			  0,
			  0,
			  { "before", "after" },
			  "measure before the first zap, or after a zap and a refault" },
	[PARAM_PAGES] = { "pages",
			  "pages",
			  KIND_COUNT,
			  1,
			  1,
			  1 << 24,
			  { NULL },
			  "pages that the loads reach; a power of 2; all: of the buffer" },
	[PARAM_CHAIN] = { "chain",
			  "chain_lines",
			  KIND_COUNT,
			  64,
			  1,
			  1 << 24,
			  { NULL },
			  "cache lines that the loads visit in total; a power of 2; all: of the buffer" },
	[PARAM_PASS] = { "pass",
			 "pass",
			 KIND_CHOICE,
			 PASS_FAULT,
			 0,
			 0,
			 { "fault", "first", "flushed", "second", "unzapped" },
			 "which pass over the pages is timed" },
	[PARAM_TRANSFER] = { "transfer",
			     "transfer",
			     KIND_CHOICE,
			     TRANSFER_READ,
			     0,
			     0,
			     { "read", "write", "fill", "copy-from", "copy-to" },
			     "what is done with the bytes of the buffer" },
	[PARAM_ISA] = { "isa",
			"isa",
			KIND_CHOICE,
			ISA_SCALAR,
			0,
			0,
			{ "scalar", "vector", "stream" },
			"which instructions: one word, vectors, or non-temporal (they bypass the caches)" },
	[PARAM_CHUNK] = { "chunk",
			  "chunk_bytes_most",
			  KIND_SIZE,
			  CHUNK_ANY,
			  1,
			  CHUNK_ANY,
			  { NULL },
			  "largest contiguous chunk of the buffer, in bytes" },
	[PARAM_WORKERS] = { "workers",
			    "workers",
			    KIND_COUNT,
			    1,
			    1,
			    64,
			    { NULL },
			    "threads (owners=processes: processes) that fault or transfer at the same time, the "
			    "measuring one included" },
	[PARAM_BUFFERS] = { "buffers",
			    "buffers",
			    KIND_CHOICE,
			    BUFFERS_SHARED,
			    0,
			    0,
			    { "shared", "own" },
			    "workers share one buffer (each uses a part), or have one buffer each" },
	[PARAM_DELAY] = { "delay",
			  "delay_ns",
			  KIND_COUNT,
			  0,
			  0,
			  1000000,
			  { NULL },
			  "extra wait, ns per page: a change of known size, to test what is detected" },
	[PARAM_MAINTAIN] = { "maintain",
			     "maintain",
			     KIND_CHOICE,
			     MAINTAIN_FLUSH,
			     0,
			     0,
			     { "user-flush", "user-clean", "kernel" },
			     "who cleans the caches: userspace, by instructions that flush lines (they leave the "
			     "cache) or clean them (they stay); or the kernel, when a device maps the buffer" },
	[PARAM_SCRATCH] = { "scratch",
			    "scratch",
			    KIND_CHOICE,
			    SCRATCH_REUSED,
			    0,
			    0,
			    { "reused", "fresh" },
			    "policy bounce: whether its copies are in memory that it keeps, or maps for each copy" },
	[PARAM_PREFAULT] = { "prefault",
			     "prefault",
			     KIND_CHOICE,
			     PREFAULT_CALLER,
			     0,
			     0,
			     { "caller", "thread" },
			     "policy prefault: who maps the pages again: the client before its first access, or "
			     "another thread while the device works" },
	[PARAM_SYNC] = { "sync",
			 "sync",
			 KIND_CHOICE,
			 SYNC_START_READ,
			 0,
			 0,
			 { "start-read", "start-write", "start-rw", "end-read", "end-write", "end-rw" },
			 "which DMA_BUF_IOCTL_SYNC: START or END, of a read, a write, or both" },
	[PARAM_ATTACHMENTS] = { "attachments",
				"attachments",
				KIND_COUNT,
				1,
				0,
				ATTACHMENTS_MAX,
				{ NULL },
				"devices that have the buffer mapped meanwhile" },
	[PARAM_DIRECTION] = { "direction",
			      "direction",
			      KIND_CHOICE,
			      DEVICE_READS,
			      0,
			      0,
			      { "to-device", "from-device", "both" },
			      "for which accesses these devices map the buffer" },
	[PARAM_RANGE] = { "range",
			  "range_bytes",
			  KIND_COUNT,
			  0,
			  0,
			  1ull << 46,
			  { NULL },
			  "bytes of the buffer that are accessed, in its middle" },
	[PARAM_EXTENT] = { "extent",
			   "extent",
			   KIND_CHOICE,
			   EXTENT_RANGE,
			   0,
			   0,
			   { "range", "whole" },
			   "what SYNC maintains after that: these bytes, or the whole buffer" },
};

const char *param_key(enum param param)
{
	return param_table[param].key;
}

const char *param_help(enum param param)
{
	return param_table[param].help;
}

double param_default(enum param param)
{
	return param_table[param].preset;
}

const char *param_choice(enum param param, unsigned int number)
{
	const struct param_row *row = &param_table[param];

	if (param == PARAM_POLICY)
		return number < NR_POLICIES ? policy_table[number].name : NULL;
	if (param == PARAM_GRANULARITY)
		return number < NR_GRANULARITIES ? granularity_table[number].name : NULL;
	return number < ARRAY_SIZE(row->choice) ? row->choice[number] : NULL;
}

bool param_find_choice(enum param param, const char *name, unsigned int *number)
{
	for (*number = 0; param_choice(param, *number); (*number)++) {
		if (!strcmp(param_choice(param, *number), name))
			return true;
	}
	return false;
}

void param_format(enum param param, double value, char *text, size_t size)
{
	switch (param_table[param].kind) {
	case KIND_CHOICE:
		snprintf(text, size, "%s", param_choice(param, (unsigned int)value));
		break;
	case KIND_SIZE:
		size_format(value, text, size);
		break;
	default:
		snprintf(text, size, "%.9g", value);
	}
}

const char *param_fact_key(enum param param)
{
	return param_table[param].fact;
}

enum param param_find_fact(const char *key)
{
	enum param param = 0;

	while (param < NR_PARAMS && strcmp(param_table[param].fact, key))
		param++;
	return param;
}

enum param_kind param_kind(enum param param)
{
	return param_table[param].kind;
}

static int unknown_choice(enum param param, const char *text, struct why *why)
{
	const char *names[CHOICES_MAX + 1] = { NULL }, *nearest, *key = param_key(param);
	char known[200] = "";

	for (unsigned int i = 0; i < CHOICES_MAX && param_choice(param, i); i++) {
		size_t used = strlen(known);

		names[i] = param_choice(param, i);
		snprintf(known + used, sizeof(known) - used, "%s%s", used ? ", " : "", names[i]);
	}
	nearest = nearest_name(text, names);
	if (nearest)
		return why_set(why, -EINVAL, NULL, "%s: unknown value '%s'; did you mean '%s'? Known: %s", key, text,
			       nearest, known);
	return why_set(why, -EINVAL, NULL, "%s: unknown value '%s'; known: %s", key, text, known);
}

/* @least: a size below a page becomes one page, and is no error. */
static int size_check(const struct param_row *row, const char *text, long page, bool least, double *value,
		      struct why *why)
{
	if (least && *value < (double)page)
		*value = (double)page;
	if (fmod(*value, (double)page) != 0)
		return why_set(why, -EINVAL, NULL, "%s: '%s' is not a whole number of pages of %ld bytes", row->key,
			       text, page);
	return 0;
}

/* A word that stands for a number of this machine. */
static bool word_parse(enum param param, const char *text, double *value)
{
	static const struct {
		enum param param;
		const char *word;
		double value;
	} words[] = {
		{ PARAM_SIZE, "caches", SIZE_CACHES },
		{ PARAM_SIZE, "memory", SIZE_MEMORY },
		{ PARAM_PAGES, "all", COUNT_ALL },
		{ PARAM_CHAIN, "all", COUNT_ALL },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (words[i].param == param && !strcmp(words[i].word, text)) {
			*value = words[i].value;
			return true;
		}
	}
	return false;
}

static int value_parse(enum param param, const char *text, long page, bool least, double *value, struct why *why)
{
	const struct param_row *row = &param_table[param];
	char low[32], high[32], hint[64];
	unsigned int number;

	switch (row->kind) {
	case KIND_CHOICE:
		if (!param_find_choice(param, text, &number))
			return unknown_choice(param, text, why);
		*value = number;
		return 0;
	case KIND_FRACTION:
		if (number_parse(text, value) || *value <= 0 || *value > 1)
			return why_set(why, -EINVAL, number_hint(text, true, hint, sizeof(hint)),
				       "%s: expected a number above 0 and at most 1, found '%s'", row->key, text);
		return 0;
	case KIND_SIZE:
	case KIND_COUNT:
		if (word_parse(param, text, value))
			return 0;
		if (size_parse(text, value) || *value < row->minimum || *value > row->maximum) {
			size_format(row->minimum, low, sizeof(low));
			size_format(row->maximum, high, sizeof(high));
			return why_set(why, -EINVAL, number_hint(text, false, hint, sizeof(hint)),
				       "%s: expected a whole number from %s to %s, found '%s'", row->key, low, high,
				       text);
		}
		return row->kind == KIND_SIZE ? size_check(row, text, page, least, value, why) : 0;
	}
	return -EINVAL;
}

static int find_row(const char *key, struct why *why)
{
	const char *names[NR_PARAMS + 1] = { NULL };
	const char *nearest;

	for (int i = 0; i < NR_PARAMS; i++) {
		if (!strcmp(param_table[i].key, key))
			return i;
		names[i] = param_table[i].key;
	}
	nearest = nearest_name(key, names);
	if (nearest)
		return why_set(why, -EINVAL, NULL, "unknown parameter '%s'; did you mean '%s'?", key, nearest);
	return why_set(why, -EINVAL, "zapbench run --help lists the parameters", "unknown parameter '%s'", key);
}

static int parse(struct sweep *sweep, const char *text, long page, bool least, struct why *why)
{
	const char *equals = strchr(text, '=');
	char *copy, *rest, *item;
	size_t count = 0;
	int row, err = 0;

	if (!equals)
		return why_set(why, -EINVAL, NULL, "expected key=value[,value...], found '%s'", text);
	copy = strdup(text);
	if (!copy)
		return -ENOMEM;
	copy[equals - text] = '\0';
	row = find_row(copy, why);
	if (row < 0) {
		err = row;
		goto out_free;
	}
	rest = copy + (equals - text) + 1;
	while ((item = strsep(&rest, ","))) {
		if (count == SWEEP_MAX) {
			err = why_set(why, -EINVAL, NULL, "%s: more than %d values", copy, SWEEP_MAX);
			goto out_free;
		}
		err = value_parse((enum param)row, item, page, least, &sweep->value[row][count], why);
		if (err)
			goto out_free;
		count++;
	}
	sweep->count[row] = count;
out_free:
	free(copy);
	return err;
}

int sweep_parse(struct sweep *sweep, const char *text, struct why *why)
{
	return parse(sweep, text, sysconf(_SC_PAGESIZE), false, why);
}

int sweep_parse_profile(struct sweep *sweep, const char *text, long page_bytes, struct why *why)
{
	return parse(sweep, text, page_bytes, true, why);
}
