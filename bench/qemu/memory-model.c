// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/qemu/memory-model.h"

#include <stdlib.h>
#include <string.h>

enum { PREFETCH_PAGE_LINES = 4096 / MODEL_LINE_BYTES, STRIDE_MAX = 32 };

struct line {
	uint64_t number; /* physical address / MODEL_LINE_BYTES */
	uint64_t used;   /* when: the largest is the most recent; 0: the line is invalid */
	bool dirty;
	bool prefetched; /* and not accessed since */
};

struct cache {
	const struct cache_spec *spec;
	size_t sets;
	struct line *line; /* [set][way] */
};

struct tlb_entry {
	uint64_t address, bytes, physical;
	uint64_t page_bytes; /* of the page that this is a part of */
	uint64_t used;       /* as of a line */
	enum memory_type type;
	unsigned int asid;
	bool global;
};

struct tlb {
	const struct tlb_spec *spec;
	size_t sets;
	uint64_t sizes; /* of its entries, or'ed: an index is by page number, so each size has its own */
	struct tlb_entry *entry;
};

struct memory_model {
	const struct core_model *core;
	struct cache cache[MODEL_LEVELS_MAX];
	size_t levels;
	struct tlb tlb[2];
	translate_fn translate;
	void *argument;
	unsigned int asid;
	enum prefetch prefetch;
	uint64_t last_miss;
	int64_t stride;
	uint64_t combined_line, combined; /* the write-combining buffer: its line, and a bit per byte */
	uint64_t now, random;
	uint64_t count[NR_MODEL_COUNTS];
};

#define MODEL_COUNT_NAME(id, name) name,
const char *const model_count_names[NR_MODEL_COUNTS] = { MODEL_COUNTS(MODEL_COUNT_NAME) };

struct memory_model *memory_model_new(const struct core_model *core, enum prefetch prefetch, translate_fn translate,
				      void *argument)
{
	struct memory_model *model = calloc(1, sizeof(*model));
	bool complete = true;

	if (!model)
		return NULL;
	*model = (struct memory_model){
		.core = core, .prefetch = prefetch, .translate = translate, .argument = argument, .random = 1
	};
	for (size_t i = 0; i < MODEL_LEVELS_MAX && core->cache[i].bytes; i++) {
		struct cache *cache = &model->cache[model->levels++];

		cache->spec = &core->cache[i];
		cache->sets = cache->spec->bytes / MODEL_LINE_BYTES / cache->spec->ways;
		cache->line = calloc(cache->sets * cache->spec->ways, sizeof(*cache->line));
		complete &= cache->line != NULL;
	}
	for (size_t i = 0; i < 2; i++) {
		struct tlb *tlb = &model->tlb[i];

		tlb->spec = &core->tlb[i];
		tlb->sets = tlb->spec->entries / tlb->spec->ways;
		tlb->entry = calloc(tlb->spec->entries, sizeof(*tlb->entry));
		complete &= tlb->entry != NULL;
	}
	if (complete)
		return model;
	memory_model_free(model);
	return NULL;
}

void memory_model_free(struct memory_model *model)
{
	if (!model)
		return;
	for (size_t i = 0; i < model->levels; i++)
		free(model->cache[i].line);
	free(model->tlb[0].entry);
	free(model->tlb[1].entry);
	free(model);
}

uint64_t *memory_model_counts(struct memory_model *model)
{
	return model->count;
}

void memory_model_set_asid(struct memory_model *model, unsigned int asid)
{
	model->asid = asid;
}

/* xorshift64: the same numbers in every run. */
static uint64_t draw(struct memory_model *model)
{
	model->random ^= model->random << 13;
	model->random ^= model->random >> 7;
	model->random ^= model->random << 17;
	return model->random;
}

static struct line *cache_set(const struct cache *cache, uint64_t number)
{
	return cache->line + number % cache->sets * cache->spec->ways;
}

static struct line *cache_find(const struct cache *cache, uint64_t number)
{
	struct line *set = cache_set(cache, number);

	for (size_t way = 0; way < cache->spec->ways; way++) {
		if (set[way].used && set[way].number == number)
			return &set[way];
	}
	return NULL;
}

/* Which line of the set goes: an invalid one if there is one. */
static struct line *cache_choose(struct memory_model *model, const struct cache *cache, uint64_t number)
{
	struct line *set = cache_set(cache, number), *oldest = set;

	for (size_t way = 0; way < cache->spec->ways; way++) {
		if (set[way].used < oldest->used)
			oldest = &set[way];
	}
	if (oldest->used && cache->spec->replacement == REPLACE_RANDOM)
		return &set[draw(model) % cache->spec->ways];
	return oldest;
}

static bool level_is(const struct memory_model *model, size_t level, enum relation relation)
{
	return level < model->levels && model->cache[level].spec->relation == relation;
}

static void cache_insert(struct memory_model *model, size_t level, uint64_t number, bool dirty);

/* @gone left the cache at @level. */
static void evict(struct memory_model *model, size_t level, struct line gone)
{
	struct line *below = NULL;

	for (size_t above = 0; above < level && level_is(model, level, RELATION_INCLUSIVE); above++) {
		struct line *copy = cache_find(&model->cache[above], gone.number);

		if (!copy)
			continue;
		model->count[MODEL_L1D_WRITE_BACK + above] += copy->dirty;
		gone.dirty |= copy->dirty;
		copy->used = 0;
	}
	model->count[MODEL_L1D_WRITE_BACK + level] += gone.dirty;
	if (level + 1 < model->levels)
		below = cache_find(&model->cache[level + 1], gone.number);
	if (below)
		below->dirty |= gone.dirty;
	else if (level + 1 < model->levels && (gone.dirty || level_is(model, level + 1, RELATION_VICTIM)))
		cache_insert(model, level + 1, gone.number, gone.dirty);
}

static void cache_insert(struct memory_model *model, size_t level, uint64_t number, bool dirty)
{
	struct line *line = cache_choose(model, &model->cache[level], number), gone = *line;

	*line = (struct line){ .number = number, .used = ++model->now, .dirty = dirty };
	if (gone.used)
		evict(model, level, gone);
}

/* Bring the line to the level above @level. Return: it is dirty, and the level above is its only place. */
static bool fetch(struct memory_model *model, size_t level, uint64_t number)
{
	struct line *line;
	bool dirty;

	if (level == model->levels)
		return false;
	line = cache_find(&model->cache[level], number);
	if (line && level_is(model, level, RELATION_VICTIM)) {
		dirty = line->dirty;
		line->used = 0;
		return dirty;
	}
	if (line) {
		line->used = ++model->now;
		return false;
	}
	model->count[MODEL_L1D_REFILL + level]++;
	dirty = fetch(model, level + 1, number);
	if (level_is(model, level, RELATION_VICTIM))
		return dirty;
	cache_insert(model, level, number, dirty);
	return false;
}

static void prefetch_line(struct memory_model *model, uint64_t from, int64_t distance)
{
	uint64_t number = from + (uint64_t)distance, before[MODEL_LEVELS_MAX];

	if (number / PREFETCH_PAGE_LINES != from / PREFETCH_PAGE_LINES || cache_find(&model->cache[0], number))
		return;
	/* Refills are those of accesses; a prefetch is counted once. */
	memcpy(before, &model->count[MODEL_L1D_REFILL], sizeof(before));
	model->count[MODEL_PREFETCH]++;
	cache_insert(model, 0, number, fetch(model, 1, number));
	cache_find(&model->cache[0], number)->prefetched = true;
	memcpy(&model->count[MODEL_L1D_REFILL], before, sizeof(before));
}

/* At a miss, and at the first access to a line that the prefetcher brought: it goes on with a stream. */
static void prefetch_after(struct memory_model *model, uint64_t number)
{
	int64_t stride = (int64_t)(number - model->last_miss);

	if (model->prefetch == PREFETCH_NEXT)
		prefetch_line(model, number, 1);
	else if (model->prefetch == PREFETCH_STRIDE && stride == model->stride && llabs(stride) <= STRIDE_MAX)
		prefetch_line(model, number, stride);
	model->stride = stride;
	model->last_miss = number;
}

static void access_line(struct memory_model *model, uint64_t number, bool store)
{
	struct line *line = cache_find(&model->cache[0], number);

	if (line) {
		line->used = ++model->now;
		line->dirty |= store;
		if (line->prefetched) {
			line->prefetched = false;
			prefetch_after(model, number);
		}
		return;
	}
	model->count[MODEL_L1D_REFILL]++;
	cache_insert(model, 0, number, fetch(model, 1, number) || store);
	if (model->prefetch != PREFETCH_OFF)
		prefetch_after(model, number);
}

static bool entry_matches(const struct memory_model *model, const struct tlb_entry *entry, uint64_t address)
{
	return entry->used && address - entry->address < entry->bytes && (entry->global || entry->asid == model->asid);
}

static struct tlb_entry *tlb_find_size(struct memory_model *model, struct tlb *tlb, uint64_t address, uint64_t bytes)
{
	struct tlb_entry *set = tlb->entry + address / bytes % tlb->sets * tlb->spec->ways;

	for (size_t way = 0; way < tlb->spec->ways; way++) {
		if (entry_matches(model, &set[way], address) && (tlb->sets == 1 || set[way].bytes == bytes)) {
			set[way].used = ++model->now;
			return &set[way];
		}
	}
	return NULL;
}

static struct tlb_entry *tlb_find(struct memory_model *model, struct tlb *tlb, uint64_t address)
{
	struct tlb_entry *entry = NULL;

	if (tlb->sets == 1)
		return tlb_find_size(model, tlb, address, 1);
	for (uint64_t left = tlb->sizes; left && !entry; left &= left - 1)
		entry = tlb_find_size(model, tlb, address, left & -left);
	return entry;
}

static struct tlb_entry *tlb_fill(struct memory_model *model, struct tlb *tlb, uint64_t address,
				  const struct tlb_entry *page)
{
	uint64_t bytes = page->bytes;
	struct tlb_entry *set, *oldest;

	if (tlb->spec->bytes_max && bytes > tlb->spec->bytes_max)
		bytes = tlb->spec->bytes_max;
	tlb->sizes |= bytes;
	oldest = set = tlb->entry + address / bytes % tlb->sets * tlb->spec->ways;
	for (size_t way = 0; way < tlb->spec->ways; way++) {
		if (set[way].used < oldest->used)
			oldest = &set[way];
	}
	*oldest = *page;
	oldest->address = address & -bytes;
	oldest->physical = page->physical + (oldest->address - page->address);
	oldest->bytes = bytes;
	oldest->used = ++model->now;
	return oldest;
}

/* The entry of the first TLB for @address, NULL when no page is known. */
static const struct tlb_entry *translate(struct memory_model *model, uint64_t address)
{
	struct tlb_entry *entry = tlb_find(model, &model->tlb[0], address);
	struct translation found;
	struct tlb_entry walked;

	if (entry)
		return entry;
	entry = tlb_find(model, &model->tlb[1], address);
	if (entry) {
		model->count[MODEL_DTLB_REFILL]++;
		return tlb_fill(model, &model->tlb[0], address, entry);
	}
	if (model->translate(model->argument, address, &found)) {
		model->count[MODEL_UNTRANSLATED]++;
		return NULL;
	}
	model->count[MODEL_DTLB_REFILL]++;
	model->count[MODEL_L2D_TLB_REFILL]++;
	model->count[MODEL_DTLB_WALK]++;
	model->count[MODEL_WALK_LOADS] += found.loads;
	walked = (struct tlb_entry){
		.address = address & -found.bytes,
		.bytes = found.bytes,
		.page_bytes = found.bytes,
		.physical = found.physical,
		.type = found.type,
		.asid = model->asid,
		.global = found.global,
	};
	tlb_fill(model, &model->tlb[1], address, &walked);
	return tlb_fill(model, &model->tlb[0], address, &walked);
}

void memory_model_barrier(struct memory_model *model)
{
	if (model->combined)
		model->count[model->combined == UINT64_MAX ? MODEL_WC_LINES_FULL : MODEL_WC_LINES_PARTIAL]++;
	model->combined = 0;
}

/* Stores to one line are one run, until another line or a barrier. */
static void combine(struct memory_model *model, uint64_t physical, size_t bytes)
{
	uint64_t number = physical / MODEL_LINE_BYTES;
	uint64_t mask = bytes >= MODEL_LINE_BYTES ? UINT64_MAX : ((uint64_t)1 << bytes) - 1;

	if (model->combined && model->combined_line != number)
		memory_model_barrier(model);
	model->combined_line = number;
	model->combined |= mask << physical % MODEL_LINE_BYTES;
	if (model->combined == UINT64_MAX)
		memory_model_barrier(model);
}

/* A part of an access that lies in one line. */
static void access_part(struct memory_model *model, uint64_t address, size_t bytes, bool store)
{
	const struct tlb_entry *page = translate(model, address);
	uint64_t physical;
	size_t size = 0;

	if (!page)
		return;
	physical = page->physical + (address - page->address);
	if (page->type == MEMORY_CACHED) {
		access_line(model, physical / MODEL_LINE_BYTES, store);
	} else if (page->type == MEMORY_DEVICE) {
		model->count[MODEL_DEVICE]++;
	} else {
		while (size < 4 && (size_t)1 << size < bytes)
			size++;
		model->count[(store ? MODEL_WC_STORE_1 : MODEL_WC_LOAD_1) + size]++;
		if (store)
			combine(model, physical, bytes);
	}
}

void memory_model_access(struct memory_model *model, uint64_t address, size_t bytes, bool store)
{
	size_t first = MODEL_LINE_BYTES - address % MODEL_LINE_BYTES;

	model->count[store ? MODEL_STORES : MODEL_LOADS]++;
	access_part(model, address, bytes < first ? bytes : first, store);
	if (bytes > first)
		access_part(model, address + first, bytes - first, store);
}

void memory_model_maintain(struct memory_model *model, uint64_t address, enum maintenance what)
{
	const struct tlb_entry *page = translate(model, address);
	bool dirty = false, cleans = what != MAINTAIN_INVALIDATE || model->core->ivac_cleans;

	model->count[what == MAINTAIN_CLEAN              ? MODEL_DC_CVAC
		     : what == MAINTAIN_CLEAN_INVALIDATE ? MODEL_DC_CIVAC
							 : MODEL_DC_IVAC]++;
	for (size_t level = 0; page && level < model->levels; level++) {
		struct line *line = cache_find(&model->cache[level],
					       (page->physical + (address - page->address)) / MODEL_LINE_BYTES);

		if (!line)
			continue;
		dirty |= line->dirty;
		line->dirty = false;
		if (what != MAINTAIN_CLEAN)
			line->used = 0;
	}
	model->count[MODEL_DC_WRITE_BACK] += dirty && cleans;
}

void memory_model_zero(struct memory_model *model, uint64_t address)
{
	const struct tlb_entry *page = translate(model, address &= ~(uint64_t)(MODEL_LINE_BYTES - 1));
	struct line *line;
	uint64_t physical;

	if (!page) /* it faults, and comes again */
		return;
	model->count[MODEL_DC_ZVA]++;
	physical = page->physical + (address - page->address);
	if (page->type != MEMORY_CACHED) {
		combine(model, physical, MODEL_LINE_BYTES);
		return;
	}
	line = cache_find(&model->cache[0], physical / MODEL_LINE_BYTES);
	if (line) {
		line->used = ++model->now;
		line->dirty = true;
		return;
	}
	/* An inclusive level below gets the line too. */
	for (size_t level = model->levels - 1; level > 0; level--) {
		struct line *below = cache_find(&model->cache[level], physical / MODEL_LINE_BYTES);

		if (below && level_is(model, level, RELATION_VICTIM))
			below->used = 0;
		else if (!below && level_is(model, level, RELATION_INCLUSIVE))
			cache_insert(model, level, physical / MODEL_LINE_BYTES, false);
	}
	cache_insert(model, 0, physical / MODEL_LINE_BYTES, true);
}

static void tlbi(struct memory_model *model, bool (*hits)(const struct tlb_entry *entry, const struct tlb_entry *what),
		 const struct tlb_entry *what)
{
	for (size_t i = 0; i < 2; i++) {
		for (size_t j = 0; j < model->tlb[i].spec->entries; j++) {
			if (hits(&model->tlb[i].entry[j], what))
				model->tlb[i].entry[j].used = 0;
		}
	}
}

static bool hits_all(const struct tlb_entry *entry, const struct tlb_entry *what)
{
	(void)entry;
	(void)what;
	return true;
}

static bool hits_asid(const struct tlb_entry *entry, const struct tlb_entry *what)
{
	return !entry->global && entry->asid == what->asid;
}

static bool hits_va(const struct tlb_entry *entry, const struct tlb_entry *what)
{
	return !((what->address ^ entry->address) & -entry->page_bytes) &&
	       (what->global || entry->global || entry->asid == what->asid);
}

void memory_model_tlbi_all(struct memory_model *model)
{
	model->count[MODEL_TLBI_ALL]++;
	tlbi(model, hits_all, NULL);
}

void memory_model_tlbi_asid(struct memory_model *model, unsigned int asid)
{
	const struct tlb_entry what = { .asid = asid };

	model->count[MODEL_TLBI_ASID]++;
	tlbi(model, hits_asid, &what);
}

void memory_model_tlbi_va(struct memory_model *model, uint64_t address, unsigned int asid, bool any_asid)
{
	const struct tlb_entry what = { .address = address, .asid = asid, .global = any_asid };

	model->count[MODEL_TLBI_VA]++;
	tlbi(model, hits_va, &what);
}
