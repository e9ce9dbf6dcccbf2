// SPDX-License-Identifier: GPL-2.0-or-later
/* How many of each term a region needs, by the rules of its policy. */
#include "report/analysis/model.h"

#include <math.h>
#include <string.h>

#include "bench/base/policy.h"
#include "bench/base/region.h"

/* What the kernel cleans by, as far as the record does not say otherwise; only a unit of the unit cost. */
#define LINE_BYTES 64

static const char *const names[NR_TERMS] = {
	[TERM_REGION] = "reading the counters",
	[TERM_MAP] = "map by the device, the call",
	[TERM_UNMAP] = "unmap, the call",
	[TERM_MAP_ENTRY] = "map or unmap, per scatter entry",
	[TERM_SYNC] = "START or END, the call",
	[TERM_ZAP] = "zap, fixed",
	[TERM_ZAP_MAPPING] = "zap, per mapping",
	[TERM_ZAP_CPU] = "zap, per other CPU that is busy",
	[TERM_ZAP_PTE] = "zap, per PTE",
	[TERM_ZAP_PMD] = "zap, per PMD",
	[TERM_CLEAN] = "clean, per line",
	[TERM_ENTRY] = "clean or invalidate, per scatter entry",
	[TERM_INVALIDATE] = "invalidate, per line",
	[TERM_FAULT] = "refault, fixed",
	[TERM_FAULT_PTE] = "refault, per PTE",
	[TERM_FAULT_PMD] = "refault, per PMD",
	[TERM_WORD_CACHED] = "a word of a page, cached",
	[TERM_WORD_WC] = "a word of a page, write-combined",
	[TERM_READ_CACHED] = "reading a page, cached",
	[TERM_READ_WC] = "reading a page, write-combined",
	[TERM_WRITE_CACHED] = "writing a page, cached",
	[TERM_WRITE_WC] = "writing a page, write-combined",
	[TERM_COPY_OUT_OF] = "copying a page out of the buffer",
	[TERM_COPY_INTO] = "copying a page into the buffer",
	[TERM_USER_CLEAN] = "clean by the client, per line",
	[TERM_USER_INVALIDATE] = "invalidate by the client, per line",
};

const char *term_name(enum term term)
{
	return names[term];
}

static bool is(const char *a, const char *b)
{
	return !strcmp(a, b);
}

/*
 * Blocks of @size pages that hold a touched one, of @pages pages, @touched of which are. In order they fill blocks from
 * the first on; at random a block is missed with the probability that all its pages are (hypergeometric).
 */
static double blocks(const struct region *w, double touched, double pages, double size)
{
	double missed = 1;

	if (w->stride >= size)
		return touched;
	if (!w->random || touched >= pages)
		return ceil(touched * w->stride / size);
	for (double i = 0; i < size; i++)
		missed *= fmax(0, pages - touched - i) / (pages - i);
	return pages / size * (1 - missed);
}

static bool is_huge(const struct region *w)
{
	return granularity_find(w->granularity) == GRANULARITY_HUGE && w->bytes >= w->pmd_bytes;
}

static double pages_of(const struct region *w)
{
	return w->bytes / w->page_bytes;
}

static double touched_of(const struct region *w)
{
	return fmax(1, round(pages_of(w) / w->stride * w->touched));
}

/* Pages from the first touched one to the last; at random what is to be expected of that (order statistics). */
static double span_of(const struct region *w)
{
	double pages = pages_of(w), touched = touched_of(w);

	if (!w->random)
		return (touched - 1) * w->stride + 1;
	return (pages + 1) * (touched - 1) / (touched + 1) + 1;
}

/* The refaults of touching @touched of the pages when none is mapped. */
static void add_refaults(const struct region *w, double touched, double times, struct term_counts *counts)
{
	double pages = pages_of(w), faults, *count = counts->count;
	enum granularity granularity = granularity_find(w->granularity);

	if (granularity == GRANULARITY_PAGE) {
		count[TERM_FAULT] += times * touched;
		count[TERM_FAULT_PTE] += times * touched;
	} else if (granularity == GRANULARITY_AROUND || granularity == GRANULARITY_CONTPTE) {
		faults = blocks(w, touched, pages, w->around_pages);
		count[TERM_FAULT] += times * faults;
		count[TERM_FAULT_PTE] += times * fmin(pages, faults * w->around_pages);
	} else if (is_huge(w)) {
		faults = blocks(w, touched, pages, w->pmd_bytes / w->page_bytes);
		count[TERM_FAULT] += times * faults;
		count[TERM_FAULT_PMD] += times * faults;
	} else {
		count[TERM_FAULT] += times;
		count[TERM_FAULT_PTE] += times * pages;
	}
}

/* The client touches all pages, in their order. */
static void add_prefault(const struct region *w, struct term_counts *counts)
{
	struct region all = *w;

	all.stride = 1;
	all.random = false;
	counts->count[TERM_WORD_WC] += pages_of(w);
	add_refaults(&all, pages_of(w), 1, counts);
}

/* A zap that finds all pages mapped in @full of the mappings. */
static void add_zaps(const struct region *w, double full, double times, struct term_counts *counts)
{
	counts->count[TERM_ZAP] += times;
	counts->count[TERM_ZAP_MAPPING] += times * w->maps;
	counts->count[TERM_ZAP_CPU] += times * w->others;
	if (is_huge(w))
		counts->count[TERM_ZAP_PMD] += times * full * w->bytes / w->pmd_bytes;
	else
		counts->count[TERM_ZAP_PTE] += times * full * pages_of(w);
}

static void add_lines(const struct region *w, double cleans, double invalidates, struct term_counts *counts)
{
	counts->count[TERM_CLEAN] += cleans * w->bytes / LINE_BYTES;
	counts->count[TERM_INVALIDATE] += invalidates * w->bytes / LINE_BYTES;
	counts->count[TERM_ENTRY] += (cleans + invalidates) * w->chunks;
}

/* The share of the pages that are mapped after the CPU touched @touched of them. */
static double mapped_by(const struct region *w, double touched)
{
	struct term_counts counts = { 0 };

	add_refaults(w, touched, 1, &counts);
	return fmin(1, (counts.count[TERM_FAULT_PTE] * w->page_bytes + counts.count[TERM_FAULT_PMD] * w->pmd_bytes) /
			       w->bytes);
}

static bool cpu_fills(const struct region *w)
{
	return w->use != USE_CAMERA;
}

static bool cpu_reads(const struct region *w)
{
	return w->use != USE_ENCODER;
}

/* END of a write, or else the map, zaps all that is mapped; START finds nothing mapped, and makes it cached again. */
static void count_lazy_frames(const struct region *w, double touched, struct term_counts *counts)
{
	double frames = w->frames, pages = pages_of(w);
	bool fills = cpu_fills(w), reads = cpu_reads(w);
	/* The first fill finds it cached. */
	double starts = reads ? frames : frames - 1;

	add_zaps(w, w->maps, 1, counts);
	add_zaps(w, fills ? 1 : mapped_by(w, touched), frames - 1, counts);
	add_zaps(w, 0, starts, counts);
	add_lines(w, frames, starts + frames * w->two_passes, counts);
	if (reads && granularity_find(w->granularity) == GRANULARITY_BUFFER) {
		counts->count[TERM_FAULT_PTE] += frames * pages; /* filled at START: no fault */
		return;
	}
	/* The read brings back its part, the next fill the rest. */
	if (reads)
		add_refaults(w, touched, fills ? 1 : frames, counts);
	if (fills)
		add_refaults(w, pages, frames - 1, counts);
}

/* As bench/case/frame.c says of its uses: w->frames times from mapped and cached. */
static void count_frames(const struct region *w, const struct policy_row *policy, struct term_counts *counts)
{
	double frames = w->frames, pages = pages_of(w), touched = touched_of(w), *count = counts->count;
	bool fills = cpu_fills(w), reads = cpu_reads(w);
	double filled = fills ? pages * frames : 0, read = reads ? touched * frames : 0;
	double starts = fills && reads ? 2 * frames : frames;

	count[TERM_SYNC] = 2 * starts;
	count[TERM_MAP] = count[TERM_UNMAP] = frames;
	count[TERM_MAP_ENTRY] = 2 * frames * w->chunks;
	if (policy->zaps == ZAP_AT_FIRST_MAP && !w->coherent) {
		/* The first map zaps; what is touched after it comes back write-combined, once. */
		count[TERM_WRITE_CACHED] = fills ? pages : 0;
		count[TERM_WRITE_WC] = filled - count[TERM_WRITE_CACHED];
		count[TERM_READ_WC] = read;
		add_zaps(w, w->maps, 1, counts);
		add_lines(w, 1, w->two_passes, counts);
		if (!reads && frames <= 1)
			return;
		if (policy->client == CLIENT_PREFAULTS)
			add_prefault(w, counts);
		else
			add_refaults(w, fills && frames > 1 ? pages : touched, 1, counts);
		return;
	}
	if (policy->client == CLIENT_COPIES) {
		/* The work is in cached memory. All is written, so all is copied back. */
		count[TERM_WRITE_CACHED] = count[TERM_COPY_INTO] = filled;
		count[TERM_READ_CACHED] = read;
		count[TERM_COPY_OUT_OF] = reads ? span_of(w) * frames : 0;
		return;
	}
	if (policy_is_wc_from_birth(policy)) {
		count[TERM_WRITE_WC] = filled;
		count[TERM_READ_WC] = read;
		return;
	}
	count[TERM_WRITE_CACHED] = filled;
	count[TERM_READ_CACHED] = read;
	if (policy->client == CLIENT_MAINTAINS) {
		count[TERM_SYNC] = 0;
		count[TERM_USER_CLEAN] = filled * w->page_bytes / LINE_BYTES;
		count[TERM_USER_INVALIDATE] = reads ? frames * span_of(w) * w->page_bytes / LINE_BYTES : 0;
		return;
	}
	/* What a device wrote is invalidated when it ends. */
	if (policy->zaps == ZAP_NEVER && !w->coherent)
		add_lines(w, frames, fills ? 0 : frames, counts);
	if (policy->zaps != ZAP_AT_WRITE_END || w->coherent)
		return;
	count_lazy_frames(w, touched, counts);
}

bool model_count(const struct region *w, bool emulated, struct term_counts *counts)
{
	const struct policy_row *policy = policy_find(w->policy);
	bool zaps, wc, first_map;
	double *count;

	*counts = (struct term_counts){ 0 };
	if (!policy)
		return false;
	zaps = policy->zaps != ZAP_NEVER && !w->coherent;
	/* A device that snoops works on the caches: for it a policy that zaps leaves the mappings cached. */
	wc = policy_is_wc_from_birth(policy) || (zaps && policy->memory == MEMORY_WC);
	first_map = policy->zaps == ZAP_AT_FIRST_MAP;
	count = counts->count;
	count[TERM_REGION] = 1;
	if (is(w->region, REGION_TOUCH)) {
		/* lazy zaps at END, and what is touched then is write-combined too: the device has the buffer. */
		count[wc || zaps ? TERM_WORD_WC : TERM_WORD_CACHED] = touched_of(w);
		if (zaps && policy->client == CLIENT_PREFAULTS)
			add_prefault(w, counts);
		else if (zaps)
			add_refaults(w, touched_of(w), 1, counts);
	} else if (is(w->region, REGION_ZAP)) {
		if (first_map) {
			count[TERM_MAP] = 1;
			count[TERM_UNMAP] = emulated;
			count[TERM_MAP_ENTRY] = (emulated ? 2 : 1) * w->chunks;
		} else {
			count[TERM_SYNC] = emulated ? 2 : 1;
		}
		add_zaps(w, w->maps, 1, counts);
		add_lines(w, 1, w->two_passes, counts);
	} else if (is(w->region, REGION_MAP)) {
		count[TERM_MAP] = 1;
		count[TERM_MAP_ENTRY] = w->chunks;
		if (zaps && first_map)
			add_zaps(w, w->maps, 1, counts);
		if (policy->zaps == ZAP_NEVER && policy->memory == MEMORY_CACHED &&
		    policy->client != CLIENT_MAINTAINS && !w->coherent)
			add_lines(w, 1, 0, counts);
		else if (zaps && first_map)
			add_lines(w, 1, w->two_passes, counts);
	} else if (is(w->region, REGION_FRAME)) {
		count_frames(w, policy, counts);
	} else {
		return false;
	}
	return true;
}

static bool says(const struct facts *facts, const char *key, const char *text)
{
	const struct fact *fact = facts_find(facts, NULL, key);

	return fact && fact->value.kind == VALUE_TEXT && is(fact->value.text, text);
}

/* False: a use that this program does not know. */
static bool use_of(const struct facts *params, enum use *use)
{
	const char *text = facts_text(params, NULL, param_fact_key(PARAM_USE), param_choice(PARAM_USE, USE_LOOP));
	unsigned int number;
	bool known = param_find_choice(PARAM_USE, text, &number);

	*use = (enum use)number;
	return known;
}

/* A kernel patch before 2026-11-26 took a second pass over the lines, which invalidated them. */
static bool two_passes(const struct record *record)
{
	for (size_t i = 0; i < record->nr_configs; i++) {
		const struct config_result *config = &record->config[i];
		const struct policy_row *policy = policy_find(config->policy);

		if (!policy || policy->zaps != ZAP_AT_FIRST_MAP || !is(config->region, REGION_MAP))
			continue;
		for (size_t j = 0; j < config->nr_counters; j++)
			if (is(config->counter[j].event, "invalidated_bytes") && config->counter[j].per_operation > 0)
				return true;
	}
	return false;
}

bool model_region(const struct record *record, const struct config_result *config, struct region *w)
{
	const struct facts *params = &config->params;
	double page = facts_number(&record->environment, "memory", "page_size_bytes", NAN);
	double pmd = page * page / 8; /* a page of entries of 8 bytes */
	double bytes = facts_number(params, NULL, "size_bytes", NAN);

	*w = (struct region){
		.region = config->region,
		.policy = config->policy,
		.granularity = config->granularity,
		.bytes = bytes,
		.page_bytes = page,
		.pmd_bytes = pmd,
		.around_pages = facts_number(&config->checks, NULL, "around_pages", 16),
		.chunks = facts_number(&config->checks, NULL, "chunks", ceil(bytes / pmd)),
		.touched = facts_number(params, NULL, "touched_fraction", 1),
		.stride = facts_number(params, NULL, "stride_pages", 1),
		.random = says(params, "order", "random"),
		.coherent = says(params, "device", "coherent"),
		.maps = facts_number(params, NULL, "maps", 1),
		.frames = facts_number(params, NULL, "frames", 1),
		.others = facts_number(params, NULL, "others", 0),
		.two_passes = two_passes(record),
	};
	if (!use_of(params, &w->use))
		return false;
	/* What a DRM driver does at an import has no unit cost. */
	if (says(params, "device", "drm"))
		return false;
	/* What a ring does to caches and TLB has no unit cost. */
	if (facts_number(params, NULL, "ring", 1) > 1)
		return false;
	/* Faults of the client's own memory have none either, nor has a thread that is woken. */
	if (says(params, "scratch", "fresh") || says(params, "prefault", "thread"))
		return false;
	/* Whether a kernel interrupts CPUs that idle is its choice. */
	if (w->others > 0 && !says(params, "others_do", "busy"))
		return false;
	return isfinite(w->bytes) && isfinite(page) && config->source[0] && config->attributes_set &&
	       !says(params, "owners", "threads") && !says(params, "owners", "processes") &&
	       !says(params, "timing", "event") && !says(params, "timing", "check");
}
