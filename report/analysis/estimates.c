// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analysis/estimates.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/analysis/board-costs.h"

/* An option while it is sorted. */
struct candidate {
	const struct config_result *config;
	struct option_counts counts;
	struct estimate cost;
	enum memory_type memory;
};

enum { OPTIONS_MOST = 64 };

static bool same_frame(const struct workload *a, const struct workload *b)
{
	return !strcmp(a->source, b->source) && !strcmp(a->kind, b->kind) && !strcmp(a->order, b->order) &&
	       !strcmp(a->device, b->device) && a->bytes == b->bytes && a->touched == b->touched &&
	       a->frames == b->frames && a->ring == b->ring && a->maps == b->maps && a->stride == b->stride;
}

static bool wanted(const struct workload *workload, const struct estimated_filter *filter)
{
	return (filter->bytes <= 0 || filter->bytes == workload->bytes) &&
	       (filter->touched <= 0 || filter->touched == workload->touched) &&
	       (filter->maps <= 0 || filter->maps == workload->maps) &&
	       (filter->frames <= 0 || filter->frames == workload->frames);
}

static int by_cost(const void *a, const void *b)
{
	double x = ((const struct candidate *)a)->cost.value, y = ((const struct candidate *)b)->cost.value;

	return (x > y) - (x < y);
}

/* @index: which option of the frame the options of the decision are. */
static struct estimated_answer answer_of(const struct unit_costs *costs, const struct option_counts *counts,
					 const size_t *index, size_t n)
{
	struct estimated_answer answer = { (char *)"", 0, 0, NAN, (char *)"", NAN, (char *)"" };
	struct decision decision;

	if (!unit_costs_decide(costs, counts, n, &decision))
		return answer;
	answer.cheapest = index[decision.cheapest];
	answer.rival = index[decision.runner_up];
	answer.difference_ns = decision.difference_ns;
	answer.verdict = (char *)(decision.certain ? "certain" : "inconclusive");
	if (decision.certain || decision.unit == NO_UNIT)
		return answer;
	answer.verdict = (char *)"crossover";
	answer.rival = index[decision.rival];
	answer.unit = (char *)costs->unit[decision.unit].event;
	answer.crossover_ns = decision.crossover_ns;
	answer.holds = (char *)(decision.above ? "above" : "below");
	return answer;
}

static struct estimated_answer answer_all(const struct unit_costs *costs, const struct candidate *candidate, size_t n)
{
	struct option_counts counts[OPTIONS_MOST];
	size_t index[OPTIONS_MOST];

	for (size_t i = 0; i < n; i++) {
		counts[i] = candidate[i].counts;
		index[i] = i;
	}
	return answer_of(costs, counts, index, n);
}

static struct estimated_answer answer_memory(const struct unit_costs *costs, const struct candidate *candidate,
					     size_t n)
{
	struct option_counts counts[2];
	size_t index[2] = { n, n }, some = 0;

	for (size_t i = 0; i < n; i++) {
		if (some && candidate[i].memory == candidate[index[0]].memory)
			continue;
		if (some < 2) {
			index[some] = i;
			counts[some++] = candidate[i].counts;
		}
	}
	return answer_of(costs, counts, index, some);
}

static int fill_frame(const struct unit_costs *costs, struct candidate *candidate, size_t n,
		      struct estimated_frame *frame)
{
	qsort(candidate, n, sizeof(*candidate), by_cost);
	frame->option = calloc(n + 1, sizeof(*frame->option));
	if (!frame->option)
		return -ENOMEM;
	frame->nr_options = n;
	for (size_t i = 0; i < n; i++) {
		const struct config_result *config = candidate[i].config;

		frame->option[i] = (struct estimated_option){
			.policy = config->policy,
			.granularity = config->granularity,
			.memory = (char *)memory_type_name(candidate[i].memory),
			.cost_ns = candidate[i].cost.value,
			.lower_ns = candidate[i].cost.lower,
			.upper_ns = candidate[i].cost.upper,
		};
	}
	frame->all = answer_all(costs, candidate, n);
	frame->memory = answer_memory(costs, candidate, n);
	return 0;
}

/* Memory that only imitates a policy is cached, whatever the policy's would be. */
static enum memory_type memory_of(const struct config_result *config)
{
	if (strstr(config->not_played, "write-combined attributes"))
		return MEMORY_CACHED;
	return policy_memory(config->policy);
}

/* The options of the workloads that differ only in the memory type; those from @first on. */
static int add_frame(const struct choice *choice, size_t first, const struct unit_costs *costs, bool *used,
		     struct estimates *estimates)
{
	const struct workload *workload = &choice->workload[first];
	struct estimated_frame *frame = &estimates->frame[estimates->nr_frames];
	struct candidate candidate[OPTIONS_MOST];
	size_t n = 0;

	for (size_t i = first; i < choice->nr_workloads; i++) {
		const struct workload *other = &choice->workload[i];

		for (size_t j = 0; same_frame(workload, other) && j < other->nr_options && n < OPTIONS_MOST; j++) {
			struct candidate *to = &candidate[n];

			*to = (struct candidate){ .config = other->option[j].config };
			if (!board_counts(to->config, &to->counts))
				continue;
			to->cost = unit_costs_frame(costs, &to->counts);
			to->memory = memory_of(to->config);
			for (size_t k = 0; k < costs->n; k++)
				used[k] |= to->counts.count[k] > 0;
			n++;
		}
	}
	if (!n)
		return 0;
	frame->workload = *workload;
	frame->workload.option = NULL;
	frame->use = (char *)workload->kind;
	frame->order = (char *)workload->order;
	estimates->nr_frames++;
	return fill_frame(costs, candidate, n, frame);
}

static int fill_units(const struct unit_costs *costs, const bool *used, struct estimates *estimates)
{
	estimates->unit = calloc(costs->n + 1, sizeof(*estimates->unit));
	if (!estimates->unit)
		return -ENOMEM;
	for (size_t i = 0; i < costs->n; i++) {
		const struct unit_cost *cost = &costs->unit[i];

		if (!used[i])
			continue;
		estimates->unit[estimates->nr_units++] = (struct estimated_unit){
			.event = (char *)cost->event,
			.what = (char *)unit_what(cost->event),
			.origin = (char *)cost_origins[cost->origin],
			.source = (char *)cost->source,
			.value_ns = unit_cost_value(cost),
			.lower_ns = cost->lower_ns,
			.upper_ns = cost->upper_ns,
		};
	}
	return 0;
}

static bool is_first(const struct choice *choice, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (same_frame(&choice->workload[i], &choice->workload[index]))
			return false;
	}
	return true;
}

int estimates_make(const struct record *record, const struct unit_costs *costs, const struct estimated_filter *filter,
		   struct estimates *estimates, struct why *why)
{
	bool used[UNITS_MOST] = { false };
	struct choice choice;
	int err;

	*estimates = (struct estimates){ .counts = (char *)"", .costs = (char *)"", .core = (char *)"" };
	estimates->model = (char *)record_model(record);
	if (!estimates->model)
		return why_set(why, -ENODATA, "make bench-qemu MODEL=cortex-a72", "no modelled counts");
	err = choice_make(record, &choice);
	if (err)
		return err;
	estimates->frame = calloc(choice.nr_workloads + 1, sizeof(*estimates->frame));
	if (!estimates->frame)
		err = -ENOMEM;
	for (size_t i = 0; i < choice.nr_workloads && !err; i++) {
		if (wanted(&choice.workload[i], filter) && is_first(&choice, i))
			err = add_frame(&choice, i, costs, used, estimates);
	}
	choice_free(&choice);
	if (!err)
		err = fill_units(costs, used, estimates);
	if (!err && !estimates->nr_frames)
		err = why_set(why, -ENODATA, "leave out --bytes, --touched, --maps and --frames: all frames are shown",
			      "no such frame was counted");
	if (err)
		estimates_free(estimates);
	return err;
}

void estimates_free(struct estimates *estimates)
{
	for (size_t i = 0; i < estimates->nr_frames; i++)
		free(estimates->frame[i].option);
	free(estimates->frame);
	free(estimates->unit);
	*estimates = (struct estimates){ .counts = (char *)"", .costs = (char *)"" };
}
