// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/run/samples.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>

#include "bench/base/text.h"
#include "bench/base/policy.h"
#include "bench/run/exclusion.h"

static const struct {
	const char *name;
	bool integer;
} round_columns[] = {
	{ "disturbed", true },         { "duration_ns", false }, { "temperature_millicelsius", true },
	{ "frequency_khz", true },     { "steal_ticks", true },
	{ RECORD_COLUMN_VARIANT, true },   { RECORD_COLUMN_ADDRESS, true },
	{ RECORD_COLUMN_STACK, true }, { RECORD_COLUMN_LOAD, false }, { RECORD_COLUMN_INTERRUPTS, true },
}, config_columns[] = {
	{ "time_ns", false },     { "faults_minor", true }, { "faults_major", true },
	{ "disturbed", true },    { RECORD_COLUMN_POSITION, true },
}, event_columns[] = {
	{ "event_p50_ns", false }, { "event_p90_ns", false }, { "event_p99_ns", false }, { "event_max_ns", false },
};

/* The column of an emulated machine's figures. */
#define INSTRUCTIONS "instructions"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static bool times_events(const struct config *config)
{
	return params_choice(&config->params, PARAM_TIMING) == TIMING_EVENT;
}

/* Does the client choose how it copies, in each round anew? */
static bool chooses_copy(const struct params *params)
{
	return policy_row(params_choice(params, PARAM_POLICY))->client == CLIENT_COPIES;
}

static int describe_strings(struct config_result *result, const struct config *config, bool emulated)
{
	char source[64 + INSTANCE_MAX] = "", missing[200] = "";
	unsigned int granularity = params_choice(&config->params, PARAM_GRANULARITY);

	if (config->source) {
		policy_parts_words(POLICY_PARTS_ALL & ~source_parts(config->source, &config->params), missing,
				   sizeof(missing));
		strcpy(source, config->source->name);
		if (config->instance[0])
			strcat(strcat(source, ":"), config->instance);
	}
	if (text_copy(&result->name, config->name) || text_copy(&result->case_name, config->bench->name) ||
	    text_copy(&result->source, source) || text_copy(&result->policy, config->source ? config->policy : "") ||
	    text_copy(&result->granularity, config->source ? param_choice(PARAM_GRANULARITY, granularity)
							   : granularity_table[GRANULARITY_NONE].name) ||
	    text_copy(&result->calls, config->calls) ||
	    text_copy(&result->played_by_user, config->source ? config->source->played_by_user : "") ||
	    text_copy(&result->not_played, missing) ||
	    text_copy(&result->operation, times_events(config) ? config->bench->event : config->bench->operation) ||
	    text_copy(&result->region, config->bench->region ? config->bench->region : REGION_OTHER) ||
	    text_copy(&result->rate, config->bench->rate ? config->bench->rate : RATE_NONE) ||
	    text_copy(&result->value_column, emulated ? INSTRUCTIONS : "time_ns") ||
	    text_copy(&result->value_unit, emulated ? INSTRUCTIONS : "ns"))
		return -ENOMEM;
	if (!config->source)
		return text_copy(&result->expected_by, "no accesses, so no faults");
	if (config->bench->expected_by)
		return text_copy(&result->expected_by, config->bench->expected_by);
	if (config->bench->counts_regions)
		return text_copy(&result->expected_by, "a reference pass of the same accesses, counted by rusage");
	if (!config->source->mapped_by)
		return text_copy(&result->expected_by, "a reference pass, each access counted on its own");
	return asprintf(&result->expected_by, "a reference pass, each access counted and checked against %s",
			config->source->mapped_by) < 0
		       ? -ENOMEM
		       : 0;
}

/* Does the machine have this figure? An emulated machine has no times. */
static bool has_figure(const struct case_figure *figure, bool emulated)
{
	return !emulated || strcmp(figure->unit, "ns");
}

/* What the columns are: the cost, the faults, and the figures of the case. */
static int describe_figures(struct config_result *result, const struct bench *bench, bool emulated)
{
	int err = config_add_figure(result, result->value_column, result->value_unit, result->operation, "less", false);

	if (!err)
		err = config_add_figure(result, RECORD_COLUMN_FAULTS, "faults", result->operation, "none", false);
	for (const struct case_figure *figure = bench->figures; figure->column && !err; figure++) {
		if (!has_figure(figure, emulated))
			continue;
		err = config_declare_column(result, figure->column, false);
		if (!err)
			err = config_add_figure(result, figure->column, figure->unit, "", figure->better, true);
	}
	return err;
}

/* A parameter as the record holds it: under its key with the unit. */
static int param_fact(enum param param, double value, struct facts *facts)
{
	const char *key = param_fact_key(param);

	switch (param_kind(param)) {
	case KIND_CHOICE:
		return facts_add_text(facts, NULL, key, param_choice(param, (unsigned int)value));
	case KIND_FRACTION:
		return facts_add_real(facts, NULL, key, value);
	default:
		return facts_add_int(facts, NULL, key, (int64_t)value);
	}
}

static int describe_config(struct config_result *result, const struct config *config, bool emulated)
{
	int err = describe_strings(result, config, emulated);

	for (enum param i = PARAM_SIZE; i < NR_PARAMS && !err; i++) {
		if (config->bench->uses & PARAM_BIT(i))
			err = param_fact(i, config->params.value[i], &result->params);
	}
	if (!err && config->half)
		err = facts_add_int(&result->params, NULL, "half", config->half);
	if (!err && config->has_core)
		err = facts_add_int(&result->params, NULL, RECORD_CORE_TYPE, config->core);
	for (size_t i = 0; i < ARRAY_SIZE(config_columns) && !err; i++)
		err = config_declare_column(result, config_columns[i].name, config_columns[i].integer);
	result->emulated = emulated;
	result->workload = config->bench->is_workload;
	result->per_fault = config->bench->per_fault;
	result->attributes_set = config->source && config->source->parts & POLICY_PART_WC;
	if (!err && emulated)
		err = config_declare_column(result, INSTRUCTIONS, true);
	if (!err)
		err = describe_figures(result, config->bench, emulated);
	if (!err && chooses_copy(&config->params))
		err = config_declare_column(result, RECORD_COLUMN_COPY_FROM, true);
	if (!err && chooses_copy(&config->params))
		err = config_declare_column(result, RECORD_COLUMN_COPY_TO, true);
	/* An emulated machine does the same in every run, including its interrupts: nothing disturbs it. */
	result->keeps_disturbed = emulated;
	if (err || !times_events(config))
		return err;
	/* The tail of single faults is the work of the system, so the histogram takes those of disturbed samples too.
	 */
	for (size_t i = 0; i < ARRAY_SIZE(event_columns) && !err; i++)
		err = config_declare_column(result, event_columns[i].name, event_columns[i].integer);
	result->histogram = histogram_new();
	return result->histogram ? err : -ENOMEM;
}

int samples_describe(struct record *record, const struct plan *plan, bool emulated)
{
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(round_columns) && !err; i++)
		err = record_declare_round_column(record, round_columns[i].name, round_columns[i].integer);
	for (size_t i = 0; i < plan->count && !err; i++) {
		struct config_result *result = record_add_config(record);

		err = result ? describe_config(result, &plan->config[i], emulated) : -ENOMEM;
	}
	for (size_t i = 0; i < plan->nr_skipped && !err; i++)
		err = record_add_skipped(record, plan->skipped[i].name, plan->skipped[i].why.reason,
					 plan->skipped[i].why.remedy);
	return err;
}

int samples_warm_up(struct config_result *result, const struct task *task, const struct clock *clock)
{
	result->repetitions = task->repetitions;
	if (facts_add_real(&result->warmup, NULL, "time_ns", clock_ns(clock, task->sample.ticks)) ||
	    facts_add_int(&result->warmup, NULL, "operations", task->sample.operations) ||
	    facts_add_int(&result->warmup, NULL, "faults_minor", task->sample.faults_minor) ||
	    facts_add_int(&result->warmup, NULL, "faults_major", task->sample.faults_major))
		return -ENOMEM;
	return 0;
}

size_t samples_events_ns(struct exchange *exchange, const struct task *task, double **events)
{
	uint64_t *ticks = exchange_at(exchange, task->ticks_offset);
	size_t count = (size_t)task->sample.events;
	double *ns = (double *)(void *)ticks;

	_Static_assert(sizeof(*ns) == sizeof(*ticks), "ticks are rewritten in place");
	for (size_t i = 0; i < count; i++) {
		double value = clock_ns(&exchange->clock, clock_net(&exchange->clock, ticks[i]));

		memcpy(&ns[i], &value, sizeof(value));
	}
	gsl_sort(ns, 1, count);
	*events = ns;
	return count;
}

/* The newest round of a configuration: its columns get their values in the order in which they were declared. */
struct new_row {
	struct column *column;
	size_t left; /* columns */
	size_t round;
};

static void put(struct new_row *row, double value)
{
	assert(row->left);
	row->left--;
	row->column++->value[row->round] = value;
}

static void put_events(struct new_row *row, const double *events, size_t count)
{
	static const double quantiles[] = { 0.5, 0.9, 0.99 };

	for (size_t i = 0; i < ARRAY_SIZE(quantiles); i++) {
		/* A percentile needs events beyond it: 1000 for p99. */
		bool known = count && (quantiles[i] < 0.99 || count >= 1000);

		put(row, known ? gsl_stats_quantile_from_sorted_data(events, 1, count, quantiles[i]) : NAN);
	}
	put(row, count ? events[count - 1] : NAN);
}

/* As describe_config() declares the columns. @events: NULL unless single events are timed. */
static void add_sample(struct config_result *result, size_t round, const struct exchange *exchange,
		       const struct task *task, size_t position, const double *events, size_t nr_events)
{
	const struct sample *sample = &task->sample;
	const struct case_figure *figures = benches[task->bench]->figures;
	struct new_row row = { result->column, result->nr_columns, round };

	put(&row, clock_ns(&exchange->clock, sample->ticks));
	put(&row, (double)sample->faults_minor);
	put(&row, (double)sample->faults_major);
	put(&row, sample_disturbed(sample));
	put(&row, (double)position);
	if (result->emulated) /* without a PMU a model counts them */
		put(&row, task->reading[0].enabled_ns ? (double)task->reading[0].value : NAN);
	for (size_t i = 0; figures[i].column; i++) {
		if (has_figure(&figures[i], result->emulated))
			put(&row, sample->figure[i]);
	}
	if (chooses_copy(&task->params)) {
		put(&row, task->copy_from);
		put(&row, task->copy_to);
	}
	if (result->histogram)
		put_events(&row, events, nr_events);
}

int samples_add_round(struct record *record, struct exchange *exchange, const struct monitor_reading *before,
		      const struct monitor_reading *after, double duration_ns, const double **events, size_t *nr_events)
{
	const uint32_t *order = exchange_at(exchange, exchange->order_offset);
	unsigned int disturbed = monitor_disturbed(before, after);
	bool steal_told = true; /* by each sample of itself */
	int err = record_add_round(record);
	size_t rounds = record->nr_rounds;
	struct new_row round;

	if (err)
		return err;
	for (size_t i = 0; i < exchange->nr_tasks; i++) {
		struct task *task = &exchange_tasks(exchange)[order[i]];
		struct config_result *result = &record->config[order[i]];

		events[order[i]] = NULL;
		nr_events[order[i]] = 0;
		if (task->err) /* no sample: the columns stay NAN */
			continue;
		if (result->histogram) {
			double *ns;

			nr_events[order[i]] = samples_events_ns(exchange, task, &ns);
			events[order[i]] = ns;
			for (size_t j = 0; j < nr_events[order[i]]; j++)
				histogram_add(result->histogram, ns[j]);
		}
		add_sample(result, rounds - 1, exchange, task, i, events[order[i]], nr_events[order[i]]);
		steal_told &= !isnan(task->sample.steal_ticks);
	}
	if (steal_told)
		disturbed &= ~(unsigned int)DISTURBED_STEAL;
	round = (struct new_row){ record->round_column, record->nr_round_columns, rounds - 1 };
	put(&round, disturbed);
	put(&round, duration_ns);
	put(&round, after->temperature_millicelsius);
	put(&round, after->frequency_khz);
	put(&round, after->steal_ticks - before->steal_ticks);
	put(&round, exchange->layout.variant);
	put(&round, (double)layout_offset(&exchange->layout, pmd_bytes(), false));
	put(&round, (double)exchange->layout.stack_bytes);
	put(&round, after->load);
	put(&round, after->interrupts - before->interrupts);
	return 0;
}

int samples_checks(struct config_result *result, const struct config *config, const struct integrity *integrity)
{
	struct facts *checks = &result->checks;
	int err;

	if (!config->source)
		return 0;
	err = facts_add_int(checks, NULL, "bytes_right", integrity->bytes);
	if (!err && integrity->zapped)
		err = facts_add_int(checks, NULL, "pages_zapped", integrity->zapped);
	if (!err && integrity->attributes)
		err = facts_add_int(checks, NULL, "attributes_right_ptes", integrity->attributes);
	else if (!err)
		err = facts_add_missing(checks, NULL, "attributes_right_ptes",
					"userspace cannot read the attributes of these mappings");
	if (!err && integrity->attributes)
		err = facts_add_int(checks, NULL, "huge_ptes", integrity->huge);
	if (!err && integrity->shape.chunks)
		err = facts_add_int(checks, NULL, "chunks", integrity->shape.chunks);
	if (!err && integrity->shape.around_pages)
		err = facts_add_int(checks, NULL, "around_pages", integrity->shape.around_pages);
	if (err)
		return err;
	if (integrity->stale_bytes > 0)
		return facts_add_int(checks, NULL, "stale_bytes_without_clean", integrity->stale_bytes);
	return facts_add_missing(checks, NULL, "stale_bytes_without_clean",
				 integrity->stale_bytes
					 ? "coherence not testable here: this source or policy has no clean to skip"
					 : "coherence not testable here: skipping the clean changed nothing");
}
