// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analysis/unit-costs.h"

#include <math.h>

const char *const cost_origins[NR_COST_ORIGINS] = { "unknown", "published", "measured", "given" };

double unit_cost_value(const struct unit_cost *cost)
{
	if (isfinite(cost->value_ns))
		return cost->value_ns;
	return cost->lower_ns > 0 ? sqrt(cost->lower_ns * cost->upper_ns) : cost->upper_ns / 2;
}

/* Bounds of a sum of counts times unit costs. A count is negative in a difference of two options. */
static struct estimate sum(const struct unit_costs *costs, const double *count)
{
	struct estimate total = { 0 };

	for (size_t i = 0; i < costs->n; i++) {
		const struct unit_cost *cost = &costs->unit[i];

		total.value += count[i] * unit_cost_value(cost);
		total.lower += count[i] * (count[i] < 0 ? cost->upper_ns : cost->lower_ns);
		total.upper += count[i] * (count[i] < 0 ? cost->lower_ns : cost->upper_ns);
	}
	return total;
}

struct estimate unit_costs_frame(const struct unit_costs *costs, const struct option_counts *counts)
{
	return sum(costs, counts->count);
}

/* How much more @b costs than @a: of the counts that differ only, as what both have cannot decide. */
static struct estimate differ(const struct unit_costs *costs, const struct option_counts *a,
			      const struct option_counts *b, struct option_counts *counts)
{
	for (size_t i = 0; i < costs->n; i++)
		counts->count[i] = b->count[i] - a->count[i];
	return sum(costs, counts->count);
}

static bool same_counts(const struct unit_costs *costs, const struct option_counts *counts)
{
	for (size_t i = 0; i < costs->n; i++) {
		if (counts->count[i] != 0)
			return false;
	}
	return true;
}

/* Look for a unit cost that moves the difference more than @moved and turns its sign. Return: what it moves. */
static double find_decider(const struct unit_costs *costs, const struct option_counts *counts, double difference,
			   double moved, size_t rival, struct decision *decision)
{
	for (size_t i = 0; i < costs->n; i++) {
		const struct unit_cost *cost = &costs->unit[i];
		double count = counts->count[i], moves = fabs(count) * (cost->upper_ns - cost->lower_ns), crossover;

		if (count == 0 || moves <= moved)
			continue;
		crossover = unit_cost_value(cost) - difference / count;
		if (crossover < cost->lower_ns || crossover > cost->upper_ns)
			continue;
		moved = moves;
		decision->unit = (int)i;
		decision->rival = rival;
		decision->crossover_ns = crossover;
		decision->above = count > 0;
	}
	return moved;
}

bool unit_costs_decide(const struct unit_costs *costs, const struct option_counts *option, size_t n,
		       struct decision *decision)
{
	double least = INFINITY, moved = 0;

	if (n < 2)
		return false;
	*decision = (struct decision){ .difference_ns = INFINITY, .certain = true, .unit = NO_UNIT };
	for (size_t i = 0; i < n; i++) {
		double value = unit_costs_frame(costs, &option[i]).value;

		if (value < least) {
			least = value;
			decision->cheapest = i;
		}
	}
	for (size_t i = 0; i < n; i++) {
		struct option_counts counts;
		struct estimate more;

		if (i == decision->cheapest)
			continue;
		more = differ(costs, &option[decision->cheapest], &option[i], &counts);
		decision->certain = decision->certain && (more.lower > 0 || same_counts(costs, &counts));
		if (more.value < decision->difference_ns) {
			decision->difference_ns = more.value;
			decision->runner_up = i;
		}
		moved = find_decider(costs, &counts, more.value, moved, i, decision);
	}
	return true;
}
