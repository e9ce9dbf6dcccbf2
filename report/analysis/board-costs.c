// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analysis/board-costs.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/text.h"

/*
 * The bounds of an unknown cost are assumptions: wide enough for cores from an A53 at 1 GHz to an A76 at 2.4 GHz. A
 * miss that overlaps others, or that a prefetcher hides, costs little; one that a load waits for costs a latency.
 */
const struct unit units[] = {
	{ "instruction",
	  { "instructions-user", "instructions-kernel" },
	  0.1,
	  1.5,
	  "an instruction without any of below" },
	{ "l1d-refill", { "l1d-refill" }, 0.5, 20, "a miss of the first cache, beyond a hit" },
	{ "l2d-refill", { "l2d-refill" }, 2, 200, "a miss of the second cache, beyond a hit there" },
	{ "l3d-refill", { "l3d-refill" }, 2, 200, "a miss of the third cache, beyond a hit there" },
	{ "write-back",
	  { "l2d-write-back", "l3d-write-back" },
	  0,
	  50,
	  "a dirty line that leaves the second or third cache" },
	{ "prefetch", { "prefetch" }, 0, 50, "a line that the prefetcher brings: a line of a stream" },
	{ "dtlb-refill", { "dtlb-refill" }, 0.5, 15, "a miss of the first TLB" },
	{ "dtlb-walk", { "dtlb-walk" }, 2, 200, "a walk of the page tables" },
	{ "dc-cvac", { "dc-cvac" }, 0.5, 200, "a DC CVAC of one line" },
	{ "dc-civac", { "dc-civac" }, 0.5, 200, "a DC CIVAC of one line" },
	{ "dc-ivac", { "dc-ivac" }, 0.5, 200, "a DC IVAC of one line" },
	{ "dc-zva", { "dc-zva" }, 0.5, 30, "a DC ZVA of one line" },
	{ "dc-write-back", { "dc-write-back" }, 0, 100, "what a DC costs more if its line is dirty" },
	{ "dsb", { "dsb" }, 2, 500, "a DSB" },
	{ "tlbi", { "tlbi-all", "tlbi-asid", "tlbi-va" }, 2, 500, "a TLBI" },
	{ "exception", { "exceptions-taken" }, 20, 1000, "an exception, its entry and its return" },
	{ "wc-load",
	  { "wc-load-1", "wc-load-2", "wc-load-4", "wc-load-8", "wc-load-16" },
	  5,
	  300,
	  "a load of write-combined memory" },
	{ "wc-line-full", { "wc-lines-full" }, 1, 100, "a whole line that stores to write-combined memory fill" },
	{ "wc-line-partial", { "wc-lines-partial" }, 2, 300, "a part of such a line" },
	{ "device-access", { "device-access" }, 20, 1000, "an access to a device" },
};

const size_t nr_units = sizeof(units) / sizeof(units[0]);

const char *unit_what(const char *event)
{
	for (size_t i = 0; i < nr_units; i++) {
		if (!strcmp(units[i].event, event))
			return units[i].what;
	}
	return "";
}

static const char assumed[] = "bounds assumed";

void board_costs_unknown(struct unit_costs *costs)
{
	*costs = (struct unit_costs){ .n = nr_units };
	for (size_t i = 0; i < nr_units; i++)
		costs->unit[i] = (struct unit_cost){ units[i].event,    NAN,          units[i].lower_ns,
						     units[i].upper_ns, COST_UNKNOWN, assumed };
}

static struct unit_cost *cost_of(struct unit_costs *costs, const char *event)
{
	for (size_t i = 0; i < costs->n; i++) {
		if (!strcmp(costs->unit[i].event, event))
			return &costs->unit[i];
	}
	return NULL;
}

void board_costs_published(const struct published_board *board, struct unit_costs *costs)
{
	for (const struct published_cost *from = board->cost; from->event; from++) {
		struct unit_cost *cost = cost_of(costs, from->event);

		if (!cost)
			continue;
		if (isfinite(from->lower_ns))
			cost->lower_ns = from->lower_ns;
		if (isfinite(from->upper_ns))
			cost->upper_ns = from->upper_ns;
		cost->origin = COST_PUBLISHED;
		cost->source = from->source;
	}
}

const struct published_board *published_board_find(const char *name)
{
	for (const struct published_board *board = published_boards; board->name; board++) {
		if (!strcmp(board->name, name))
			return board;
	}
	return NULL;
}

static int wrong_cost(const char *text, struct why *why)
{
	return why_set(why, -EINVAL, "for example --cost dc-cvac=4.1, or --cost dc-cvac=4..6 if it is a range",
		       "--cost: expected EVENT=NS or EVENT=NS..NS, 0 or more, found '%.100s'", text);
}

/* "4.1", "4..6": the first number ends before the two dots, which are no decimal point. */
static int take_range(const char *text, double *lower, double *upper)
{
	const char *dots = strstr(text, ".."), *last = dots ? dots + 2 : text;
	char first[32], *end;

	*upper = strtod(last, &end);
	if (end == last || *end || !isfinite(*upper))
		return -EINVAL;
	*lower = *upper;
	if (dots) {
		if (dots == text || (size_t)(dots - text) >= sizeof(first))
			return -EINVAL;
		memcpy(first, text, (size_t)(dots - text));
		first[dots - text] = '\0';
		*lower = strtod(first, &end);
		if (*end)
			return -EINVAL;
	}
	return *lower >= 0 && *lower <= *upper ? 0 : -EINVAL;
}

int board_costs_give(const char *text, struct unit_costs *costs, struct why *why)
{
	const char *names[UNITS_MOST + 1] = { NULL }, *equals = strchr(text, '='), *nearest;
	char event[32];
	struct unit_cost *cost;
	double lower, upper;

	if (!equals || equals == text || (size_t)(equals - text) >= sizeof(event))
		return wrong_cost(text, why);
	memcpy(event, text, (size_t)(equals - text));
	event[equals - text] = '\0';
	cost = cost_of(costs, event);
	for (size_t i = 0; i < costs->n; i++)
		names[i] = costs->unit[i].event;
	nearest = nearest_name(event, names);
	if (!cost)
		return why_set(why, -EINVAL, "zapbench model --counts RESULT lists the unit costs",
			       "--cost: no unit cost '%s'%s%s%s", event, nearest ? "; did you mean " : "",
			       nearest ? nearest : "", nearest ? "?" : "");
	if (take_range(equals + 1, &lower, &upper))
		return wrong_cost(text, why);
	*cost = (struct unit_cost){ cost->event, (lower + upper) / 2, lower, upper, COST_GIVEN, "given" };
	return 0;
}

bool board_counts(const struct config_result *config, struct option_counts *counts)
{
	bool some = false;

	*counts = (struct option_counts){ { 0 } };
	for (size_t i = 0; i < config->nr_counters; i++) {
		const struct counter *counter = &config->counter[i];

		if (!counter->model)
			continue;
		some = true;
		for (size_t j = 0; j < nr_units; j++) {
			if (name_wanted(units[j].counts, counter->event))
				counts->count[j] += counter->per_operation;
		}
	}
	return some;
}
