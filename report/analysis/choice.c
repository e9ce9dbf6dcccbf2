// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analysis/choice.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/params.h"

#define ALPHA 0.05

static const char *text_of(const struct config_result *config, const char *key, const char *otherwise)
{
	return facts_text(&config->params, NULL, key, otherwise);
}

enum memory_type policy_memory(const char *policy)
{
	const struct policy_row *row = policy_find(policy);

	return row ? row->memory : MEMORY_ANY;
}

static struct workload use_of(const struct record *record, const struct config_result *config)
{
	return (struct workload){
		.source = config->source,
		.kind = text_of(config, "use", "loop"),
		.order = text_of(config, "order", "sequential"),
		.device = text_of(config, param_fact_key(PARAM_DEVICE), param_choice(PARAM_DEVICE, DEVICE_NONCOHERENT)),
		.bytes = facts_number(&config->params, NULL, "size_bytes", 0),
		.touched = facts_number(&config->params, NULL, "touched_fraction", 1),
		.frames = facts_number(&config->params, NULL, "frames", 1),
		.ring = facts_number(&config->params, NULL, "ring", 1),
		.maps = facts_number(&config->params, NULL, "maps", 1),
		.stride = facts_number(&config->params, NULL, "stride_pages", 1),
		.core = 1 + facts_number(&config->params, NULL, RECORD_CORE_TYPE, -1),
		.memory = record->emulated ? policy_memory(config->policy) : MEMORY_ANY,
	};
}

static int by_number(double a, double b)
{
	return (a > b) - (a < b);
}

static int by_use(const void *first, const void *second)
{
	const struct workload *a = first, *b = second;
	int order = strcmp(a->source, b->source);

	if (!order)
		order = by_number(b->core, a->core); /* the fastest before the others */
	if (!order)
		order = strcmp(b->kind, a->kind); /* the loop before camera and encoder */
	if (!order)
		order = strcmp(b->device, a->device); /* the one that every source has before a DRM node */
	if (!order)
		order = strcmp(b->order, a->order);
	if (!order)
		order = by_number(a->maps, b->maps);
	if (!order)
		order = by_number(a->stride, b->stride);
	if (!order)
		order = by_number(a->ring, b->ring);
	if (!order)
		order = (int)a->memory - (int)b->memory;
	if (!order)
		order = by_number(a->frames, b->frames);
	if (!order)
		order = by_number(a->bytes, b->bytes);
	return order ? order : by_number(a->touched, b->touched);
}

static int by_cost(const void *a, const void *b)
{
	return by_number(((const struct choice_option *)a)->cost.value, ((const struct choice_option *)b)->cost.value);
}

/* A frame that can be chosen: with all frames timed together, on pages that a reader can compare. */
static bool is_option(const struct config_result *config, struct choice *choice)
{
	if (!config->workload || !strcmp(text_of(config, "timing", "batch"), "event") ||
	    strcmp(text_of(config, "owners", "self"), "self"))
		return false;
	if (!config_valid(config)) {
		choice->invalid++;
		return false;
	}
	/* An emulated machine's times mean nothing. */
	if (!(config->summary.value.value > 0) || (choice->record->emulated && !strcmp(config->value_unit, "ns"))) {
		choice->without_figure++;
		return false;
	}
	return true;
}

static int add_option(struct choice *choice, const struct config_result *config)
{
	struct workload wanted = use_of(choice->record, config), *workload = NULL;
	struct choice_option *option;

	for (size_t i = 0; i < choice->nr_workloads && !workload; i++)
		workload = by_use(&choice->workload[i], &wanted) ? NULL : &choice->workload[i];
	if (!workload) {
		workload = reallocarray(choice->workload, choice->nr_workloads + 1, sizeof(*workload));
		if (!workload)
			return -ENOMEM;
		choice->workload = workload;
		workload += choice->nr_workloads++;
		*workload = wanted;
	}
	option = reallocarray(workload->option, workload->nr_options + 1, sizeof(*option));
	if (!option)
		return -ENOMEM;
	workload->option = option;
	option += workload->nr_options++;
	*option = (struct choice_option){ .config = config, .over = { NAN, NAN, NAN, NAN, 0 } };
	return record_value(choice->record, config, &option->cost);
}

bool option_is_threaded(const struct config_result *config)
{
	return !strcmp(text_of(config, param_fact_key(PARAM_PREFAULT), ""),
		       param_choice(PARAM_PREFAULT, PREFAULT_THREAD));
}

bool option_same_policy(const struct config_result *a, const struct config_result *b)
{
	return !strcmp(a->policy, b->policy) && option_is_threaded(a) == option_is_threaded(b);
}

static int decide(const struct record *record, double level, struct workload *workload)
{
	const struct choice_option *first = workload->option;
	bool alone = true, apart = true;
	int err = 0;

	workload->granularity_decided = true;
	for (size_t i = 1; i < workload->nr_options && !err; i++) {
		struct choice_option *other = &workload->option[i];
		bool undecided;

		err = record_compare(record, other->config, first->config, false, level, &other->over, &undecided);
		other->apart = !undecided && other->over.lower > 1;
		if (option_same_policy(other->config, first->config)) {
			workload->granularity_decided &= other->apart;
			continue;
		}
		alone = false;
		apart &= other->apart;
		if (!workload->next)
			workload->next = other;
	}
	workload->verdict = alone ? CHOICE_NOTHING : apart ? CHOICE_DECIDED : CHOICE_UNDECIDED;
	return err;
}

int choice_make(const struct record *record, struct choice *choice)
{
	int err = 0;

	*choice = (struct choice){ .record = record };
	for (size_t i = 0; i < record->nr_configs && !err; i++) {
		if (is_option(&record->config[i], choice))
			err = add_option(choice, &record->config[i]);
	}
	if (!err && choice->nr_workloads)
		qsort(choice->workload, choice->nr_workloads, sizeof(*choice->workload), by_use);
	for (size_t i = 0; i < choice->nr_workloads && !err; i++) {
		struct workload *workload = &choice->workload[i];

		qsort(workload->option, workload->nr_options, sizeof(*workload->option), by_cost);
		choice->comparisons += workload->nr_options * (workload->nr_options - 1) / 2;
	}
	for (size_t i = 0; i < choice->nr_workloads && !err; i++)
		err = decide(record, 1 - ALPHA / fmax(1, (double)choice->comparisons), &choice->workload[i]);
	if (err)
		choice_free(choice);
	return err;
}

void choice_free(struct choice *choice)
{
	for (size_t i = 0; i < choice->nr_workloads; i++)
		free(choice->workload[i].option);
	free(choice->workload);
	*choice = (struct choice){ .record = choice->record };
}

const struct choice_option *workload_option(const struct workload *workload, const char *policy)
{
	for (size_t i = 0; i < workload->nr_options; i++) {
		if (!strcmp(workload->option[i].config->policy, policy))
			return &workload->option[i];
	}
	return NULL;
}

const struct choice_option *workload_cheapest(const struct workload *workload, const struct config_result *config)
{
	for (size_t i = 0; i < workload->nr_options; i++) {
		if (option_same_policy(workload->option[i].config, config))
			return &workload->option[i];
	}
	return NULL;
}

const struct choice_option *workload_other_policy(const struct workload *workload, size_t nth)
{
	for (size_t i = 1; i < workload->nr_options; i++) {
		const struct choice_option *option = &workload->option[i];

		if (option == workload_cheapest(workload, option->config) && !nth--)
			return option;
	}
	return NULL;
}

bool workload_is_imitated(const struct workload *workload)
{
	return workload->option[0].config->not_played[0];
}

bool workload_has_break_even(const struct workload *workload)
{
	const struct choice_option *other;
	bool apart = false;

	for (size_t n = 0; (other = workload_other_policy(workload, n)); n++)
		apart |= other->apart;
	return apart;
}

/* Where the line from (x0, y0) to (x1, y1) meets 0; the ends have opposite signs, or one of them is 0. */
static double zero_of(double x0, double y0, double x1, double y1)
{
	return y0 == y1 ? x0 : x0 + (x1 - x0) * y0 / (y0 - y1);
}

static double difference(const double *base, double ratio, size_t i)
{
	return (ratio - 1) * base[i];
}

/*
 * From the crossing between points @left and @left + 1 go towards smaller (@step -1) or larger x until a bound of the
 * difference meets 0: beyond it the sign is @sign for certain. NAN when none does.
 */
static double bound_from(const double *x, const double *base, const struct estimate *ratio, size_t n, size_t left,
			 int step, int sign)
{
	size_t at = step < 0 ? left + 1 : left;

	while (step < 0 ? at > 0 : at + 1 < n) {
		size_t to = step < 0 ? at - 1 : at + 1;
		double y0 = difference(base, sign > 0 ? ratio[at].lower : ratio[at].upper, at) * sign;
		double y1 = difference(base, sign > 0 ? ratio[to].lower : ratio[to].upper, to) * sign;

		if (y1 > 0 && y0 <= 0)
			return zero_of(x[at], y0, x[to], y1);
		at = to;
	}
	return NAN;
}

/* Is the sign of the difference @sign for certain at some point from @from to before @to? */
static bool certain(const struct estimate *ratio, size_t from, size_t to, int sign)
{
	for (size_t i = from; i < to; i++) {
		if (sign > 0 ? ratio[i].lower > 1 : ratio[i].upper < 1)
			return true;
	}
	return false;
}

size_t crossings_find(const double *x, const double *base, const struct estimate *ratio, size_t n,
		      struct crossing *crossing)
{
	size_t count = 0, last = 0;
	int sign = 0;

	/* The sign is that of the last point that was not a tie: a tie on the way is where they cross, or only touch.
	 */
	for (size_t i = 0; i < n && count < CROSSINGS_MAX; i++) {
		double y = difference(base, ratio[i].value, i);
		int now = (y > 0) - (y < 0);

		if (!now || !isfinite(y))
			continue;
		if (sign && now != sign) {
			struct crossing *found = &crossing[count++];

			if (i - last > 1) /* ties between: they meet in their middle */
				found->at = (x[last + 1] + x[i - 1]) / 2;
			else
				found->at = zero_of(x[last], difference(base, ratio[last].value, last), x[i], y);
			found->lower = bound_from(x, base, ratio, n, i - 1, -1, sign);
			found->upper = bound_from(x, base, ratio, n, last, 1, now);
			found->decided = certain(ratio, 0, i, sign) && certain(ratio, i, n, now);
		}
		sign = now;
		last = i;
	}
	return count;
}
