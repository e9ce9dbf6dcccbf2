// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Modelled counts of two run sets, row by row. The same program and kernel repeat every count. Another kernel or
 * program has its data at other addresses, so other lines and pages meet in a set of a cache or TLB: counts of misses
 * and of instructions then differ a little, by chance, and more where few are counted. Such a count is another one if
 * it differs by half of one per operation, by 1 % (of a cache with physical sets, whose pages are drawn: 25 %), and by
 * 8 times the root of the whole count. Instructions of a kind that the code executes or not are exact: 1 is a change.
 */
#include "report/analysis/compared.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_PER_OPERATION 0.5
#define LEAST_ROOTS 8

/* How an event is compared: from which part on it is another count, 0 for one that is exact. */
static const struct {
	const char *begins;
	double least_ratio;
} rules[] = {
	{ "dc-c", 0 },
	{ "dc-i", 0 },
	{ "dc-z", 0 },
	{ "dsb", 0 },
	{ "tlbi-", 0 },
	{ "exceptions-taken", 0 },
	{ "wc-load-", 0 },
	{ "wc-store-", 0 },
	{ "instructions-", 0.01 },
	{ "loads", 0.01 },
	{ "stores", 0.01 },
	{ "l1d-refill", 0.01 },
	{ "dtlb-refill", 0.01 },
	{ "dtlb-walk", 0.01 },
	{ "l2d-refill", 0.25 },
	{ "l3d-refill", 0.25 },
};

/* NAN: not compared, as it follows from others or is mere chance. */
static double least_ratio(const char *event)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (!strncmp(event, rules[i].begins, strlen(rules[i].begins)))
			return rules[i].least_ratio;
	}
	return NAN;
}

static const struct counter *modelled_of(const struct config_result *config, const char *event)
{
	for (size_t i = 0; i < config->nr_counters; i++) {
		if (config->counter[i].model && !strcmp(config->counter[i].event, event))
			return &config->counter[i];
	}
	return NULL;
}

/* An event that is 0 in every row is not in a record. */
static double count_of(const struct config_result *config, const char *event)
{
	const struct counter *counter = modelled_of(config, event);

	return counter ? counter->per_operation : 0;
}

static bool is_change(const char *event, double base, double new, double operations)
{
	double difference = fabs(new - base), ratio = least_ratio(event);

	if (ratio == 0)
		return round(difference * operations) > 0;
	return difference >= LEAST_PER_OPERATION && difference >= ratio * base &&
	       difference * operations > LEAST_ROOTS * sqrt(fmax(1, base * operations));
}

static int add_change(struct comparison *comparison, const struct compared *row, const char *event, double base,
		      double new)
{
	struct modelled_change *grown = reallocarray(comparison->modelled, comparison->nr_modelled + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	comparison->modelled = grown;
	grown[comparison->nr_modelled++] = (struct modelled_change){
		.config = row->config,
		.name = row->name,
		.event = (char *)event,
		.verdict_name = (char *)(new > base ? "more" : "less"),
		.base = base,
		.new = new,
	};
	return 0;
}

/* The events of base; or of new alone. */
static int add_changes(struct comparison *comparison, const struct compared *row, const struct config_result *a,
		       const struct config_result *b, bool of_new)
{
	const struct config_result *of = of_new ? b : a;
	int err = 0;

	for (size_t i = 0; i < of->nr_counters && !err; i++) {
		const char *event = of->counter[i].event;
		double base, new;

		if (!of->counter[i].model || (of_new && modelled_of(a, event)))
			continue;
		base = count_of(a, event);
		new = count_of(b, event);
		if (is_change(event, base, new, (double)b->operations))
			err = add_change(comparison, row, event, base, new);
	}
	return err;
}

/*
 * A row whose rounds differ by what timer interrupts add: the model's instructions have none of these. @a and @b did as
 * many operations.
 */
static void decide_by_model(const struct config_result *a, const struct config_result *b, struct compared *row)
{
	double base = count_of(a, "instructions-user") + count_of(a, "instructions-kernel");
	double new = count_of(b, "instructions-user") + count_of(b, "instructions-kernel");
	double difference = round((new - base) * (double)b->operations);

	if (row->verdict != VERDICT_UNDECIDED || !(base > 0) || !(new > 0) || a->operations != b->operations)
		return;
	row->verdict = difference > 0 ? VERDICT_SLOWER : difference < 0 ? VERDICT_FASTER : VERDICT_SAME;
	row->method = (char *)"exact, modelled";
	row->base = base;
	row->new = new;
	row->ratio = (struct estimate){ new / base, new / base, new / base, NAN, 1 };
	row->per_fault = (new - base) / (row->new_faults > 0 ? row->new_faults : 1);
	row->why = (struct why){ "", "" };
}

int compare_modelled(const struct run_set *base, const struct run_set *new, struct comparison *comparison)
{
	int err = 0;

	for (size_t i = 0; i < comparison->nr_rows && !err; i++) {
		struct compared *row = &comparison->row[i];
		const struct config_result *a = find_config(base->record[0], row->name),
					   *b = find_config(new->record[0], row->new_name);
		const char *of_base = a ? config_model(a) : NULL, *of_new = b ? config_model(b) : NULL;

		if (!of_base || !of_new)
			continue;
		if (strcmp(of_base, of_new)) {
			comparison->other_model = (char *)of_base;
			continue;
		}
		comparison->model = (char *)of_new;
		comparison->modelled_rows++;
		decide_by_model(a, b, row);
		err = add_changes(comparison, row, a, b, false);
		if (!err)
			err = add_changes(comparison, row, a, b, true);
	}
	return err;
}
