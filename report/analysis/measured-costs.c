// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Unit costs that a run of zapbench run --profile costs measures, from the configurations that the cases name there. A
 * difference of two figures has the bounds of the two.
 *
 * A miss costs its latency if a load waits for it. If not, the time of a line of a stream, once on the way from memory:
 * these are its bounds. Its value is the latency, so the counts should have a prefetcher, which counts streams apart. A
 * call of the kernel also runs instructions, which are counted apart: it bounds an exception from above. What a board
 * does not measure keeps its bounds: TLBI, DC IVAC and DC ZVA are the kernel's alone.
 */
#include "report/analysis/board-costs.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

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

static const struct config_result *find(const struct record *record, const struct wanted *wanted)
{
	for (size_t i = 0; i < record->nr_configs; i++) {
		if (is_wanted(&record->config[i], wanted))
			return &record->config[i];
	}
	return NULL;
}

/*
 * The figure of a configuration divided by @by; NANs where it was not measured, or only by samples that the system
 * disturbed, which hold the time of other work.
 */
static struct estimate figure(const struct record *record, double by, const struct wanted *wanted)
{
	const struct config_result *config = find(record, wanted);
	struct estimate value = { NAN, NAN, NAN, NAN, 0 };

	if (!config)
		return value;
	value = config->summary.value;
	value.value /= by;
	value.lower /= by;
	value.upper /= by;
	return value;
}

static struct estimate reach(const struct record *record, double lines, double pages)
{
	return figure(record, 1,
		      &(struct wanted){ .case_name = "tlb-reach",
					.param = { { "chain_lines", NULL, lines }, { "pages", NULL, pages } } });
}

static struct estimate transfer(const struct record *record, const char *policy, const char *what, double bytes)
{
	return figure(
		record, KIB / bytes,
		&(struct wanted){ .case_name = "bandwidth", .policy = policy, .param = { { "transfer", what, 0 } } });
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

/* @value NAN: the bounds are all that is known. Nothing is taken without an upper bound. */
static void take(struct unit_costs *costs, const char *event, double value, double lower, double upper,
		 const char *source)
{
	for (size_t i = 0; i < costs->n; i++) {
		struct unit_cost *cost = &costs->unit[i];

		if (strcmp(cost->event, event) || !isfinite(upper))
			continue;
		cost->lower_ns = isfinite(lower) ? lower : fmin(cost->lower_ns, upper);
		cost->upper_ns = upper;
		cost->value_ns = value;
		cost->origin = COST_MEASURED;
		cost->source = source;
	}
}

static void take_estimate(struct unit_costs *costs, const char *event, struct estimate from, const char *source)
{
	if (is_bounded(from))
		take(costs, event, from.value, from.lower, from.upper, source);
}

static void take_caches(const struct record *record, bool third, struct unit_costs *costs)
{
	struct estimate first = reach(record, 256, 4), second = reach(record, 2048, 32),
			third_level = reach(record, 32768, 512), memory = reach(record, 262144, 4096),
			tlb = less(reach(record, 256, 256), first),
			walk = less(less(reach(record, 4096, 4096), reach(record, 4096, 64)), tlb),
			stream = transfer(record, "cached", "read", LINE_BYTES),
			fill = transfer(record, "cached", "fill", LINE_BYTES), second_less, third_less, memory_less;

	second_less = less(second, first);
	third_less = less(third_level, second);
	memory_less = less(memory, third ? third_level : second);
	take(costs, "l1d-refill", second_less.value, 0, second_less.upper, "tlb-reach: 2048 less 256 lines");
	if (third)
		take(costs, "l2d-refill", third_less.value, 0, third_less.upper, "tlb-reach: 32768 less 2048 lines");
	take(costs, third ? "l3d-refill" : "l2d-refill", memory_less.value,
	     is_bounded(stream) ? fmin(stream.lower, memory_less.upper) : NAN, memory_less.upper,
	     "bandwidth: a line of a stream; tlb-reach: 262144 lines less those of the cache before");
	take_estimate(costs, "prefetch", stream, "bandwidth: a line of a stream");
	take(costs, "write-back", NAN, 0, fill.upper, "bandwidth: a line of a fill");
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
