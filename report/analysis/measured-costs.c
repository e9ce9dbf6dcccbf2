// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Unit costs that a run of zapbench run --profile costs measures, from the configurations that the cases name there. A
 * difference of two figures has the bounds of the two.
 *
 * A miss costs its latency if a load waits for it. If not, the time of a line of a stream, once on the way from memory:
 * these are its bounds. Its value is the latency, so the counts should have a prefetcher, which counts streams apart. A
 * call of the kernel also runs instructions, which are counted apart: it bounds an exception from above. What a board
 * does not measure keeps its bounds: TLBI, DC IVAC and DC ZVA are the kernel's alone.
 *
 * Memory is the longest chain and the largest transfer. Where a cache may hold these, memory costs more than they do:
 * they are lower bounds alone.
 */
#include "report/analysis/board-costs.h"
#include "report/analysis/fits-cache.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/params.h"

enum { KIB = 1024, LINE_BYTES = 64, WORD_BYTES = 8 };

/* What a configuration must say: pairs of a parameter's key in the record and its value, NULL-terminated. */
struct wanted {
	const char *case_name, *policy;
	struct {
		const char *key, *text;
		double number;
	} param[4];
};

static bool has_param(const struct config_result *config, const char *key, const char *text, double number)
{
	if (text)
		return !strcmp(facts_text(&config->params, NULL, key, ""), text);
	return facts_number(&config->params, NULL, key, NAN) == number;
}

static bool is_wanted(const struct config_result *config, const struct wanted *wanted)
{
	if (strcmp(config->case_name, wanted->case_name) || (wanted->policy && strcmp(config->policy, wanted->policy)))
		return false;
	for (size_t i = 0; i < 4 && wanted->param[i].key; i++) {
		if (!has_param(config, wanted->param[i].key, wanted->param[i].text, wanted->param[i].number))
			return false;
	}
	return true;
}

static double param_of(const struct config_result *config, enum param param)
{
	return facts_number(&config->params, NULL, param_fact_key(param), 0);
}

/* Of several the one with the largest buffer. */
static const struct config_result *find(const struct record *record, const struct wanted *wanted)
{
	const struct config_result *best = NULL;

	for (size_t i = 0; i < record->nr_configs; i++) {
		const struct config_result *config = &record->config[i];

		if (is_wanted(config, wanted) && (!best || param_of(config, PARAM_SIZE) > param_of(best, PARAM_SIZE)))
			best = config;
	}
	return best;
}

/*
 * The figure of a configuration divided by @by; NANs where it was not measured (@config is NULL), or only by samples
 * that the system disturbed, which hold the time of other work.
 */
static struct estimate figure_of(const struct config_result *config, double by)
{
	struct estimate value = { NAN, NAN, NAN, NAN, 0 };

	if (!config)
		return value;
	value = config->summary.value;
	value.value /= by;
	value.lower /= by;
	value.upper /= by;
	return value;
}

static struct estimate figure(const struct record *record, double by, const struct wanted *wanted)
{
	return figure_of(find(record, wanted), by);
}

static struct estimate reach(const struct record *record, double lines, double pages)
{
	return figure(record, 1,
		      &(struct wanted){ .case_name = "tlb-reach",
					.param = { { "chain_lines", NULL, lines }, { "pages", NULL, pages } } });
}

/* The loads of memory: the longest chain, of as many lines as no cache of its time held. */
static const struct config_result *memory_reach(const struct record *record)
{
	const struct config_result *best = NULL;
	double longest = 262144 - 1;

	for (size_t i = 0; i < record->nr_configs; i++) {
		const struct config_result *config = &record->config[i];
		double lines = param_of(config, PARAM_CHAIN);

		if (strcmp(config->case_name, "tlb-reach") || lines <= longest)
			continue;
		longest = lines;
		best = config;
	}
	return best;
}

static const struct config_result *transfer_of(const struct record *record, const char *policy, const char *what)
{
	return find(record, &(struct wanted){
				    .case_name = "bandwidth", .policy = policy, .param = { { "transfer", what, 0 } } });
}

static struct estimate transfer(const struct record *record, const char *policy, const char *what, double bytes)
{
	return figure_of(transfer_of(record, policy, what), KIB / bytes);
}

static struct estimate maintenance(const struct record *record, const char *by, const char *lines)
{
	double page = facts_number(&record->environment, "memory", "page_size_bytes", 4096);

	return figure(record, page / LINE_BYTES,
		      &(struct wanted){ .case_name = "maintenance",
					.param = { { "maintain", by, 0 }, { "lines", lines, 0 } } });
}

/* A figure of too few samples has no interval, and so says nothing of how large a cost can be. */
static bool is_bounded(struct estimate e)
{
	return isfinite(e.value) && isfinite(e.lower) && isfinite(e.upper);
}

/* Not below 0. NANs where one of the two has no interval. */
static struct estimate less(struct estimate a, struct estimate b)
{
	if (!is_bounded(a) || !is_bounded(b))
		return (struct estimate){ NAN, NAN, NAN, NAN, 0 };
	return (struct estimate){ fmax(0, a.value - b.value), fmax(0, a.lower - b.upper), fmax(0, a.upper - b.lower),
				  NAN, 0 };
}

static struct unit_cost *unit_of(struct unit_costs *costs, const char *event)
{
	for (size_t i = 0; i < costs->n; i++) {
		if (!strcmp(costs->unit[i].event, event))
			return &costs->unit[i];
	}
	return NULL;
}

/* @value NAN: the bounds are all that is known. Nothing is taken without an upper bound. */
static void take(struct unit_costs *costs, const char *event, double value, double lower, double upper,
		 const char *source)
{
	struct unit_cost *cost = unit_of(costs, event);

	if (!cost || !isfinite(upper))
		return;
	cost->lower_ns = isfinite(lower) ? lower : fmin(cost->lower_ns, upper);
	cost->upper_ns = upper;
	cost->value_ns = value;
	cost->origin = COST_MEASURED;
	cost->source = source;
}

static void take_estimate(struct unit_costs *costs, const char *event, struct estimate from, const char *source)
{
	if (is_bounded(from))
		take(costs, event, from.value, from.lower, from.upper, source);
}

/* As take(), of memory; where a cache may hold what @from works on, only as a lower bound. */
static void take_memory(const struct record *record, const struct config_result *from, struct unit_costs *costs,
			const char *event, struct estimate cost, const char *source)
{
	const struct unit_cost *assumed = unit_of(costs, event);

	if (from && config_fits_cache(record, from) && isfinite(cost.upper))
		take(costs, event, NAN, cost.lower, fmax(assumed->upper_ns, cost.upper),
		     "at least a line of a stream; memory was not measured: a cache may hold the buffer");
	else
		take(costs, event, cost.value, cost.lower, cost.upper, source);
}

static void take_caches(const struct record *record, bool third, struct unit_costs *costs)
{
	const struct config_result *chain = memory_reach(record), *read = transfer_of(record, "cached", "read"),
				   *fill = transfer_of(record, "cached", "fill");
	struct estimate first = reach(record, 256, 4), second = reach(record, 2048, 32),
			third_level = reach(record, 32768, 512), memory = figure_of(chain, 1),
			tlb = less(reach(record, 256, 256), first),
			walk = less(less(reach(record, 4096, 4096), reach(record, 4096, 64)), tlb),
			stream = figure_of(read, (double)KIB / LINE_BYTES),
			filled = figure_of(fill, (double)KIB / LINE_BYTES), second_less, third_less, memory_less;

	second_less = less(second, first);
	third_less = less(third_level, second);
	memory_less = less(memory, third ? third_level : second);
	take(costs, "l1d-refill", second_less.value, 0, second_less.upper, "tlb-reach: 2048 less 256 lines");
	if (third)
		take(costs, "l2d-refill", third_less.value, 0, third_less.upper, "tlb-reach: 32768 less 2048 lines");
	/* Its lower bound is a line of a stream, of a cache or of memory. */
	memory_less.lower = is_bounded(stream) ? fmin(stream.lower, memory_less.upper) : NAN;
	take_memory(record, chain, costs, third ? "l3d-refill" : "l2d-refill", memory_less,
		    "bandwidth: a line of a stream; tlb-reach: the longest chain less that of the cache before");
	if (is_bounded(stream))
		take_memory(record, read, costs, "prefetch", stream, "bandwidth: a line of a stream");
	/* Only its upper bound is known, and of a cache that is none. */
	if (!fill || !config_fits_cache(record, fill))
		take(costs, "write-back", NAN, 0, filled.upper, "bandwidth: a line of a fill");
	take_estimate(costs, "dtlb-refill", tlb, "tlb-reach: 256 lines in 256 pages less those in 4");
	take_estimate(costs, "dtlb-walk", walk, "tlb-reach: 4096 lines in 4096 pages less those in 64");
}

static void take_maintenance(const struct record *record, struct unit_costs *costs)
{
	struct estimate clean = maintenance(record, "user-clean", "clean"),
			dirty = maintenance(record, "user-clean", "dirty");

	take_estimate(costs, "dc-cvac", clean, "maintenance: user-clean of clean lines");
	take_estimate(costs, "dc-write-back", less(dirty, clean), "maintenance: user-clean of dirty less clean lines");
	take_estimate(costs, "dc-civac", maintenance(record, "user-flush", "clean"),
		      "maintenance: user-flush of clean lines");
}

/* ns per instruction of a configuration; NANs where instructions were not counted. */
static struct estimate per_instruction(const struct record *record, const char *case_name)
{
	struct wanted wanted = { .case_name = case_name };
	const struct config_result *config = find(record, &wanted);

	for (size_t i = 0; config && i < config->nr_counters; i++) {
		const struct counter *counter = &config->counter[i];

		if (counter->counted && !counter->model && !strcmp(counter->event, "instructions"))
			return figure(record, counter->per_operation, &wanted);
	}
	return (struct estimate){ NAN, NAN, NAN, NAN, 0 };
}

static bool has_third_cache(const struct record *record)
{
	char key[32];

	for (int i = 0; i < 8; i++) {
		snprintf(key, sizeof(key), "core_type_%d_l3_bytes", i);
		if (isfinite(facts_number(&record->environment, "topology", key, NAN)))
			return true;
	}
	return false;
}

int board_costs_measured(const struct record *record, struct unit_costs *costs, struct why *why)
{
	struct estimate call = figure(record, 1, &(struct wanted){ .case_name = "system-call" });
	struct estimate fast = per_instruction(record, "null"), slow = per_instruction(record, "refault");

	if (record->emulated)
		return why_set(why, -EINVAL, "run it on hardware", "emulated: no times, so no unit costs");
	if (!isfinite(call.value) && !isfinite(reach(record, 256, 4).value))
		return why_set(why, -ENODATA, "on that board: zapbench run --profile costs",
			       "no unit costs in this result");
	take_caches(record, has_third_cache(record), costs);
	take_maintenance(record, costs);
	if (is_bounded(fast) && is_bounded(slow))
		take(costs, "instruction", NAN, fmin(fast.lower, slow.lower), fmax(fast.upper, slow.upper),
		     "null and refault, by instructions");
	take(costs, "exception", NAN, NAN, call.upper, "system-call: with the instructions of the call");
	take_estimate(costs, "dsb", figure(record, 1, &(struct wanted){ .case_name = "barrier" }), "barrier");
	take_estimate(costs, "wc-load", transfer(record, "uncached", "read", WORD_BYTES),
		      "bandwidth: words read of write-combined memory");
	take_estimate(costs, "wc-line-full", transfer(record, "uncached", "fill", LINE_BYTES),
		      "bandwidth: a line of a fill of write-combined memory");
	return 0;
}
