// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/run/outcome.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>

static const struct {
	const char *name;
	bool integer;
} round_columns[] = {
	{ "disturbed", true },         { "duration_ns", false }, { "temperature_millicelsius", true },
	{ "frequency_khz", true },     { "steal_ticks", true },
}, config_columns[] = {
	{ "time_ns", false },     { "faults_minor", true }, { "faults_major", true },
	{ "disturbed", true },    { "position", true },
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

static int set_text(char **field, const char *text)
{
	*field = strdup(text ? text : "");
	return *field ? 0 : -ENOMEM;
}

static int describe_strings(struct config_result *result, const struct config *config, bool emulated)
{
	char source[64 + INSTANCE_MAX] = "";
	unsigned int granularity = params_choice(&config->params, PARAM_GRANULARITY);

	if (config->source) {
		strcpy(source, config->source->name);
		if (config->instance[0])
			strcat(strcat(source, ":"), config->instance);
	}
	if (set_text(&result->name, config->name) || set_text(&result->case_name, config->bench->name) ||
	    set_text(&result->source, source) || set_text(&result->policy, config->source ? config->policy : "") ||
	    set_text(&result->granularity, config->source ? param_choice(PARAM_GRANULARITY, granularity) : "none") ||
	    set_text(&result->calls, config->calls) ||
	    set_text(&result->played_by_user, config->source ? config->source->played_by_user : "") ||
	    set_text(&result->not_played, config->source ? config->source->not_played : "") ||
	    set_text(&result->operation, times_events(config) ? config->bench->event : config->bench->operation) ||
	    set_text(&result->value_column, emulated ? INSTRUCTIONS : "time_ns") ||
	    set_text(&result->value_unit, emulated ? INSTRUCTIONS : "ns"))
		return -ENOMEM;
	if (!config->source)
		return set_text(&result->expected_by, "the walk makes no access");
	if (config->bench->expected_by)
		return set_text(&result->expected_by, config->bench->expected_by);
	if (config->bench->counts_regions)
		return set_text(&result->expected_by, "a reference pass of the same accesses, counted by rusage");
	if (!config->source->mapped_by)
		return set_text(&result->expected_by, "a reference pass, each access counted on its own");
	return asprintf(&result->expected_by, "a reference pass, each access counted and held against %s",
			config->source->mapped_by) < 0
		       ? -ENOMEM
		       : 0;
}

/* Does the name of a figure say that it is a time? */
static bool is_time(const char *name)
{
	size_t length = strlen(name);

	return length >= 3 && !strcmp(name + length - 3, "_ns");
}

/* A time of an emulated machine means nothing, in an extra column no more than elsewhere. */
static int describe_extra(struct config_result *result, const struct bench *bench, bool emulated)
{
	int err = 0;

	for (size_t i = 0; bench->extra[i] && !err; i++) {
		if (!emulated || !is_time(bench->extra[i]))
			err = config_declare_column(result, bench->extra[i], false);
	}
	return err;
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
	for (size_t i = 0; i < ARRAY_SIZE(config_columns) && !err; i++)
		err = config_declare_column(result, config_columns[i].name, config_columns[i].integer);
	result->emulated = emulated;
	if (!err && emulated)
		err = config_declare_column(result, INSTRUCTIONS, true);
	if (!err)
		err = describe_extra(result, config->bench, emulated);
	/* What an emulated machine does is the same in every run, interrupts too: nothing disturbs it. */
	result->keeps_disturbed = emulated;
	if (err || !times_events(config))
		return err;
	/* A tail is what the system does to a fault: leaving disturbed rounds out would cut it off. */
	result->keeps_disturbed = true;
	for (size_t i = 0; i < ARRAY_SIZE(event_columns) && !err; i++)
		err = config_declare_column(result, event_columns[i].name, event_columns[i].integer);
	result->histogram = histogram_new();
	return result->histogram ? err : -ENOMEM;
}

int outcome_describe(struct record *record, const struct plan *plan, bool emulated)
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

int outcome_warm_up(struct config_result *result, const struct task *task, const struct clock *clock)
{
	result->repetitions = task->repetitions;
	if (facts_add_real(&result->warmup, NULL, "time_ns", clock_ns(clock, task->sample.ticks)) ||
	    facts_add_int(&result->warmup, NULL, "operations", task->sample.operations) ||
	    facts_add_int(&result->warmup, NULL, "faults_minor", task->sample.faults_minor) ||
	    facts_add_int(&result->warmup, NULL, "faults_major", task->sample.faults_major))
		return -ENOMEM;
	return 0;
}

size_t outcome_events_ns(struct exchange *exchange, const struct task *task, double **events)
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

static void set_last(struct column *column, size_t rounds, double value)
{
	if (column)
		column->value[rounds - 1] = value;
}

static unsigned int sample_disturbed(const struct sample *sample)
{
	return (sample->switches ? (unsigned int)DISTURBED_SWITCH : 0) |
	       (sample->migrations ? (unsigned int)DISTURBED_MIGRATION : 0);
}

static void add_events(struct config_result *result, size_t rounds, const double *events, size_t count)
{
	for (size_t i = 0; i < count; i++)
		histogram_add(result->histogram, events[i]);
	if (!count)
		return;
	set_last(config_column(result, "event_p50_ns"), rounds,
		 gsl_stats_quantile_from_sorted_data(events, 1, count, 0.5));
	set_last(config_column(result, "event_p90_ns"), rounds,
		 gsl_stats_quantile_from_sorted_data(events, 1, count, 0.9));
	/* A percentile needs events beyond it. */
	if (count >= 1000)
		set_last(config_column(result, "event_p99_ns"), rounds,
			 gsl_stats_quantile_from_sorted_data(events, 1, count, 0.99));
	set_last(config_column(result, "event_max_ns"), rounds, events[count - 1]);
}

static void add_sample(struct config_result *result, size_t rounds, const struct exchange *exchange,
		       const struct task *task, size_t position)
{
	const struct sample *sample = &task->sample;

	set_last(config_column(result, "time_ns"), rounds, clock_ns(&exchange->clock, sample->ticks));
	set_last(config_column(result, INSTRUCTIONS), rounds, (double)task->reading[0].value);
	set_last(config_column(result, "faults_minor"), rounds, (double)sample->faults_minor);
	set_last(config_column(result, "faults_major"), rounds, (double)sample->faults_major);
	set_last(config_column(result, "disturbed"), rounds, sample_disturbed(sample));
	set_last(config_column(result, "position"), rounds, (double)position);
	for (size_t i = 0; benches[task->bench]->extra[i]; i++)
		set_last(config_column(result, benches[task->bench]->extra[i]), rounds, sample->extra[i]);
}

int outcome_add_round(struct record *record, struct exchange *exchange, const struct monitor_reading *before,
		      const struct monitor_reading *after, double duration_ns, const double **events, size_t *nr_events)
{
	const uint32_t *order = exchange_at(exchange, exchange->order_offset);
	unsigned int disturbed = monitor_disturbed(before, after);
	int err = record_add_round(record);
	size_t rounds = record->nr_rounds;

	if (err)
		return err;
	for (size_t i = 0; i < exchange->nr_tasks; i++) {
		struct task *task = &exchange_tasks(exchange)[order[i]];
		struct config_result *result = &record->config[order[i]];

		events[order[i]] = NULL;
		nr_events[order[i]] = 0;
		if (task->err) /* no sample: the columns stay NAN */
			continue;
		add_sample(result, rounds, exchange, task, i);
		disturbed |= sample_disturbed(&task->sample);
		if (result->histogram) {
			double *ns;

			nr_events[order[i]] = outcome_events_ns(exchange, task, &ns);
			events[order[i]] = ns;
			add_events(result, rounds, ns, nr_events[order[i]]);
		}
	}
	set_last(record_round_column(record, "disturbed"), rounds, disturbed);
	set_last(record_round_column(record, "duration_ns"), rounds, duration_ns);
	set_last(record_round_column(record, "temperature_millicelsius"), rounds, after->temperature_millicelsius);
	set_last(record_round_column(record, "frequency_khz"), rounds, after->frequency_khz);
	set_last(record_round_column(record, "steal_ticks"), rounds, after->steal_ticks - before->steal_ticks);
	return 0;
}

struct outcome_counts {
	size_t configs, events, rounds, used;
	double *value;   /* [config][event][round], per operation, scaled */
	double *enabled; /* [config][event], summed */
	double *running;
};

struct outcome_counts *outcome_counts_new(size_t configs, size_t events, size_t rounds)
{
	struct outcome_counts *counts = calloc(1, sizeof(*counts));

	if (!counts)
		return NULL;
	*counts = (struct outcome_counts){ .configs = configs, .events = events, .rounds = rounds };
	counts->value = calloc(configs * events * rounds + 1, sizeof(double));
	counts->enabled = calloc(configs * events + 1, sizeof(double));
	counts->running = calloc(configs * events + 1, sizeof(double));
	if (counts->value && counts->enabled && counts->running)
		return counts;
	outcome_counts_free(counts);
	return NULL;
}

void outcome_counts_free(struct outcome_counts *counts)
{
	if (!counts)
		return;
	free(counts->value);
	free(counts->enabled);
	free(counts->running);
	free(counts);
}

static void set_count(struct outcome_counts *counts, size_t config, size_t event, double per_operation, double enabled,
		      double running)
{
	size_t at = config * counts->events + event;

	counts->value[at * counts->rounds + counts->used] = per_operation;
	counts->enabled[at] += enabled;
	counts->running[at] += running;
}

void outcome_counts_add(struct outcome_counts *counts, struct exchange *exchange)
{
	if (counts->used == counts->rounds)
		return;
	for (size_t i = 0; i < counts->configs; i++) {
		const struct task *task = &exchange_tasks(exchange)[i];

		for (size_t j = 0; j < counts->events; j++) {
			const struct counter_reading *reading = &task->reading[j];
			double scale = NAN;

			if (!task->err && reading->running_ns && task->sample.operations)
				scale = (double)reading->enabled_ns / (double)reading->running_ns /
					(double)task->sample.operations;
			set_count(counts, i, j, (double)reading->value * scale, (double)reading->enabled_ns,
				  (double)reading->running_ns);
		}
	}
	counts->used++;
}

/* The region's own time is the first of a kernel pass's counts: what its parts are parts of. */
void outcome_kernel_add(struct outcome_counts *counts, struct exchange *exchange)
{
	for (size_t i = 0; i < counts->configs; i++) {
		const struct task *task = &exchange_tasks(exchange)[i];
		double scale = task->err ? NAN : 1 / (double)task->sample.operations;

		set_count(counts, i, 0, clock_ns(&exchange->clock, task->sample.ticks) * scale, 1, 1);
		for (size_t j = 1; j < counts->events; j++)
			set_count(counts, i, j, (double)task->kernel[j - 1] * scale, 1, 1);
	}
	counts->used++;
}

/* @why_not: it could not be counted; NULL when it could. */
static int finish_counter(const struct outcome_counts *counts, size_t at, const char *name, const char *pmu,
			  const char *why_not, struct counter *counter)
{
	double *value = counts->value + at * counts->rounds;
	struct estimate median;
	size_t kept = 0;

	counter->per_operation = counter->lower = counter->upper = counter->running_percent = NAN;
	if (set_text(&counter->event, name))
		return -ENOMEM;
	if (why_not)
		return set_text(&counter->why_not, why_not);
	if (set_text(&counter->pmu, pmu))
		return -ENOMEM;
	for (size_t i = 0; i < counts->used; i++) {
		if (isfinite(value[i]))
			value[kept++] = value[i];
	}
	if (!kept)
		return set_text(&counter->why_not, "opened, but never on the PMU while a sample ran");
	median = stats_quantile(value, kept, 0.5, 0.95);
	counter->counted = true;
	counter->per_operation = median.value;
	counter->lower = median.lower;
	counter->upper = median.upper;
	counter->samples = (int64_t)kept;
	counter->running_percent = 100 * counts->running[at] / counts->enabled[at];
	return 0;
}

static struct counter *add_counter(struct config_result *result)
{
	struct counter *grown = realloc(result->counter, (result->nr_counters + 1) * sizeof(*grown));

	if (!grown)
		return NULL;
	result->counter = grown;
	grown[result->nr_counters] = (struct counter){ 0 };
	return &grown[result->nr_counters++];
}

/* What two events tell together; where one was not counted, there is no such metric. */
static const struct {
	const char *name, *above, *below;
	bool emulated; /* means something on an emulated CPU, which has no cycles of its own */
} metrics[] = {
	{ "instructions per cycle", "instructions", "cycles", false },
	{ "instructions per fault", "instructions", "page-faults", true },
	{ "cycles per fault", "cycles", "page-faults", false },
	{ "walks per fault", "dtlb-walk", "page-faults", false },
	{ "walks per refill", "dtlb-walk", "dtlb-refill", false },
	{ "L2 refills per L1 refill", "l2d-refill", "l1d-refill", false },
	{ "stalled per cycle", "stall-backend", "cycles", false },
};

/* The event's place among those that were counted for the task, or -1. */
static int place_of(struct exchange *exchange, const struct task *task, const char *name)
{
	for (size_t i = 0; i < exchange->nr_events; i++) {
		if (task->counted >> i & 1 && !strcmp(exchange->event[i], name))
			return (int)i;
	}
	return -1;
}

/* The ratio of two events round by round, its median and the interval of that. */
static int add_metric(const struct outcome_counts *counts, size_t above, size_t below, const char *name,
		      struct config_result *result)
{
	double *ratio = malloc((counts->used + 1) * sizeof(*ratio)), running;
	struct estimate median;
	struct metric *grown;
	size_t kept = 0;
	int err = 0;

	if (!ratio)
		return -ENOMEM;
	for (size_t i = 0; i < counts->used; i++) {
		double value = counts->value[above * counts->rounds + i] / counts->value[below * counts->rounds + i];

		if (isfinite(value))
			ratio[kept++] = value;
	}
	if (!kept)
		goto out_free;
	grown = reallocarray(result->metric, result->nr_metrics + 1, sizeof(*grown));
	if (!grown) {
		err = -ENOMEM;
		goto out_free;
	}
	result->metric = grown;
	median = stats_quantile(ratio, kept, 0.5, 0.95);
	running =
		fmin(counts->running[above] / counts->enabled[above], counts->running[below] / counts->enabled[below]);
	grown += result->nr_metrics;
	*grown = (struct metric){ NULL, median.value, median.lower, median.upper, 100 * running, (int64_t)kept };
	err = set_text(&grown->name, name);
	result->nr_metrics++;
out_free:
	free(ratio);
	return err;
}

static int add_metrics(const struct outcome_counts *counts, struct exchange *exchange, size_t config,
		       struct config_result *result)
{
	const struct task *task = &exchange_tasks(exchange)[config];
	size_t first = config * counts->events;
	int err = 0;

	for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]) && !err; i++) {
		int above = place_of(exchange, task, metrics[i].above);
		int below = place_of(exchange, task, metrics[i].below);

		if (above >= 0 && below >= 0 && (metrics[i].emulated || !result->emulated))
			err = add_metric(counts, first + (size_t)above, first + (size_t)below, metrics[i].name, result);
	}
	return err;
}

int outcome_counts_finish(const struct outcome_counts *counts, struct exchange *exchange,
			  const struct counters *counters, struct record *record)
{
	int err = 0;

	for (size_t i = 0; i < counts->configs && !err; i++) {
		for (size_t j = 0; j < counts->events && !err; j++) {
			const struct counter_event *event = counters_event(counters, j);
			struct counter *counter;

			if (!(exchange_tasks(exchange)[i].counted >> j & 1))
				continue;
			counter = add_counter(&record->config[i]);
			err = counter ? finish_counter(counts, i * counts->events + j, event->name, event->pmu,
						       event->open ? NULL : event->why_not.reason, counter)
				      : -ENOMEM;
		}
		if (!err)
			err = add_metrics(counts, exchange, i, &record->config[i]);
	}
	return err;
}

/* "zap_ns" is called "zap_instructions" where that is what the kernel's clock counts. */
static void kernel_name(const char *name, bool instructions, char *text, size_t size)
{
	if (instructions && is_time(name))
		snprintf(text, size, "%.*s_instructions", (int)(strlen(name) - 3), name);
	else
		snprintf(text, size, "%s", name);
}

int outcome_kernel_finish(const struct outcome_counts *counts, const struct plan *plan, bool instructions,
			  const char *why_no_times, struct record *record)
{
	int err = 0;

	for (size_t i = 0; i < counts->configs && !err; i++) {
		const struct source *source = plan->config[i].source;

		if (!source || !source->kernel_counts)
			continue;
		for (size_t j = 0; (!j || source->kernel_counts[j - 1]) && !err; j++) {
			const char *name = j ? source->kernel_counts[j - 1] : "region_ns";
			struct counter *counter = add_counter(&record->config[i]);
			char text[64];

			kernel_name(name, instructions, text, sizeof(text));
			err = counter ? finish_counter(counts, i * counts->events + j, text, source->name,
						       is_time(text) ? why_no_times : NULL, counter)
				      : -ENOMEM;
		}
	}
	return err;
}

int outcome_checks(struct config_result *result, const struct config *config, const struct integrity *integrity)
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
					"nothing tells userspace the attributes of this memory's mappings");
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
	return facts_add_missing(
		checks, NULL, "stale_bytes_without_clean",
		integrity->stale_bytes ? "coherence not testable here: this source or policy has no clean to leave out"
				       : "coherence not testable here: with the clean left out the device saw no stale "
					 "byte either");
}
