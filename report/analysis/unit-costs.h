/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An estimate: the counts of emulated code times the unit costs of a board. It is no measurement. Every unit cost is a
 * range; the answer is a range, too, and names the unit cost that decides which option is cheapest.
 */
#ifndef ZAPBENCH_UNIT_COSTS_H
#define ZAPBENCH_UNIT_COSTS_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/record/stats.h"

enum { UNITS_MOST = 32, NO_UNIT = -1 };

/* Where a unit cost is from. */
enum cost_origin { COST_UNKNOWN, COST_PUBLISHED, COST_MEASURED, COST_GIVEN, NR_COST_ORIGINS };
extern const char *const cost_origins[NR_COST_ORIGINS];

/* What one event costs on a board. An unknown one has the bounds that are thought possible; both are finite. */
struct unit_cost {
	const char *event; /* "dc-cvac" */
	double value_ns;   /* NAN: only the bounds are known; see unit_cost_value() */
	double lower_ns, upper_ns;
	enum cost_origin origin;
	const char *source; /* of a published figure; the configurations of a measured one; else what the bounds are */
};

struct unit_costs {
	size_t n;
	struct unit_cost unit[UNITS_MOST];
};

/* The counts of one option, in the order of the unit costs. */
struct option_counts {
	double count[UNITS_MOST];
};

/* The value that an estimate takes: of bounds alone their geometric mean, or the middle where the lower one is 0. */
double unit_cost_value(const struct unit_cost *cost);

/* The cost of an option in ns, with the bounds that the bounds of the unit costs give. */
struct estimate unit_costs_frame(const struct unit_costs *costs, const struct option_counts *counts);

struct decision {
	size_t cheapest, runner_up; /* by the values of the unit costs */
	double difference_ns;       /* how much more the runner-up costs, by the values */
	bool certain;               /* no other option is cheaper, whatever the unit costs are within their bounds */
	/*
	 * The unit cost that decides between @cheapest and @rival: of those that alone, all others at their values, can
	 * turn the order within their bounds, the one whose bounds move the difference most. NO_UNIT: none alone can.
	 */
	int unit;
	size_t rival;
	double crossover_ns; /* of that unit cost, where both options cost the same */
	bool above;          /* @cheapest is cheapest as long as the unit cost is above the crossover, else below */
};

/* False with fewer than two options. */
bool unit_costs_decide(const struct unit_costs *costs, const struct option_counts *option, size_t n,
		       struct decision *decision);

#endif
