// SPDX-License-Identifier: GPL-2.0-or-later
/* The summary of the samples: always computed from the samples, never read from a file. */
#include "bench/record/record.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEVEL 0.95

/* Evidence that is the same for every sample of a round. */
#define OF_THE_ROUND (DISTURBED_STEAL | DISTURBED_THROTTLE | DISTURBED_FREQUENCY)

/* One configuration's samples as they are needed here. */
struct series {
	const double *value;                 /* NULL: there are none */
	const double *faults, *faults_major; /* NULL: not known */
	double faults_expected;              /* NAN: not known */
	double faults_expected_max;
	double operations;
	const double *disturbed; /* bits of each sample; NULL: not known */
	const double *round;     /* bits of each round; NULL: not known */
	bool keeps_disturbed;
};

static const double *column_values(const struct column *column)
{
	return column ? column->value : NULL;
}

static struct series series_of(const struct record *record, const struct config_result *config)
{
	struct series s = {
		.value = config->value_column ? column_values(config_column(config, config->value_column)) : NULL,
		.faults = column_values(config_column(config, RECORD_COLUMN_FAULTS)),
		.faults_major = column_values(config_column(config, RECORD_COLUMN_FAULTS_MAJOR)),
		.faults_expected = config->faults_expected < 0 ? NAN : (double)config->faults_expected,
		.faults_expected_max = fmax((double)config->faults_expected, (double)config->faults_expected_max),
		.operations = (double)config->operations,
		.disturbed = column_values(config_column(config, RECORD_COLUMN_DISTURBED)),
		.round = column_values(record_round_column(record, RECORD_COLUMN_DISTURBED)),
		/* Until 1.2 single events kept theirs, though the neighbours that they are compared with did not. */
		.keeps_disturbed = config->keeps_disturbed && !config->histogram,
	};

	if (config->operations <= 0)
		s.value = NULL;
	return s;
}

/* A fault that had to wait and was tried again counts as a major one. NAN: not known. */
static double sample_faults(const struct series *s, size_t round)
{
	double faults = s->faults ? s->faults[round] : NAN;

	if (s->faults_major && isfinite(s->faults_major[round]))
		faults += s->faults_major[round];
	return faults;
}

static bool sample_invalid(const struct series *s, size_t round)
{
	double faults = sample_faults(s, round);

	if (isnan(s->faults_expected) || isnan(faults))
		return false;
	return faults < s->faults_expected || faults > s->faults_expected_max;
}

/* The value of one operation; NAN when there is no sample or when it is not valid. */
static double sample_value(const struct series *s, size_t round)
{
	return sample_invalid(s, round) ? NAN : s->value[round] / s->operations;
}

static unsigned int bits_of(const double *column, size_t round)
{
	return column && !isnan(column[round]) ? (unsigned int)column[round] : 0;
}

/*
 * What disturbed this sample; 0: nothing, or such samples are kept. Until 1.2 the bits of a round held those of all of
 * its samples too. They are read from the samples where these have some.
 */
static unsigned int sample_left_out(const struct series *s, size_t round)
{
	unsigned int of_round = bits_of(s->round, round);

	if (s->keeps_disturbed)
		return 0;
	if (!s->disturbed)
		return of_round;
	return bits_of(s->disturbed, round) | (of_round & OF_THE_ROUND);
}

unsigned int config_left_out(const struct record *record, const struct config_result *config, size_t round)
{
	struct series s = series_of(record, config);

	return sample_left_out(&s, round);
}

void config_values(const struct record *record, const struct config_result *config, double *x)
{
	struct series s = series_of(record, config);

	for (size_t i = 0; i < record->nr_rounds; i++)
		x[i] = s.value ? sample_value(&s, i) : NAN;
}

void config_kept_values(const struct record *record, const struct config_result *config, double *x)
{
	struct series s = series_of(record, config);

	for (size_t i = 0; i < record->nr_rounds; i++)
		x[i] = s.value && !sample_left_out(&s, i) ? sample_value(&s, i) : NAN;
}

double config_half_step(const struct record *record, const struct config_result *config)
{
	const struct fact *step = facts_find(&record->clock, NULL, "resolution_ns");

	if (record->emulated || !step || step->value.kind != VALUE_REAL || !(step->value.real > 0) ||
	    !config->value_unit || strcmp(config->value_unit, "ns") || config->operations <= 0)
		return 0;
	return step->value.real / 2 / (double)config->operations;
}

static void add_half_step(struct estimate *value, double half)
{
	if (value->lower > 0) /* nor NAN */
		value->lower = fmax(0, value->lower - half);
	value->upper += half;
}

/* The same of a ratio, by how much of each median half a step is. */
static void add_half_steps(const struct record *record, const struct config_result *config,
			   const struct config_result *baseline, struct estimate *ratio)
{
	double above = config_half_step(record, config), below = config_half_step(record, baseline);
	double value = config->summary.value_all.value, base = baseline->summary.value_all.value;

	if (above > 0 && value > 0) {
		ratio->lower *= fmax(0, 1 - above / value);
		ratio->upper *= 1 + above / value;
	}
	if (below > 0 && base > 0) {
		ratio->lower /= 1 + below / base;
		ratio->upper = below < base ? ratio->upper / (1 - below / base) : NAN;
	}
}

/* Collect the valid values; with @all also those of disturbed samples. */
static size_t collect(const struct series *s, bool all, size_t nr_rounds, double *x)
{
	size_t n = 0;

	for (size_t i = 0; i < nr_rounds; i++) {
		x[n] = sample_value(s, i);
		if (isfinite(x[n]) && (all || !sample_left_out(s, i)))
			n++;
	}
	return n;
}

/*
 * The same of rounds in which both have a positive value, which is what a ratio can be taken of. A disturbed sample
 * excludes its pair.
 */
static size_t collect_pairs(const struct series *a, const struct series *b, bool all, size_t nr_rounds, double *x,
			    double *y)
{
	size_t n = 0;

	for (size_t i = 0; i < nr_rounds; i++) {
		x[n] = sample_value(a, i);
		y[n] = sample_value(b, i);
		if (isfinite(x[n]) && isfinite(y[n]) && x[n] > 0 && y[n] > 0 &&
		    (all || !(sample_left_out(a, i) || sample_left_out(b, i))))
			n++;
	}
	return n;
}

/* A quantile that the rounds are too few to bound from above is no more than their maximum. */
static int bounded_quantile(const double *x, size_t n, double p, double *quantile)
{
	struct estimate e;
	int err = stats_quantile(x, n, p, LEVEL, &e);

	*quantile = err || isnan(e.upper) ? NAN : e.value;
	return err;
}

static double minimum(const double *x, size_t n)
{
	double least = NAN;

	for (size_t i = 0; i < n; i++)
		least = fmin(least, x[i]);
	return least;
}

static void count_rounds(struct summary *summary, const struct series *s, size_t nr_rounds)
{
	for (size_t i = 0; i < nr_rounds; i++) {
		if (isnan(s->value[i]))
			continue;
		summary->rounds++;
		summary->rounds_left_out += !!sample_left_out(s, i);
		summary->samples_invalid += sample_invalid(s, i);
	}
}

/* @x has room for a value per round. @slow: the run is known to change slowly. 0 or -ENOMEM. */
static int summarise_values(const struct record *record, struct config_result *config, bool slow, double *x)
{
	struct series s = series_of(record, config);
	struct summary *summary = &config->summary;
	size_t n;
	int err;

	*summary = summary_none;
	summary->slow = slow;
	if (!s.value)
		return 0;
	count_rounds(summary, &s, record->nr_rounds);
	n = collect(&s, true, record->nr_rounds, x);
	err = stats_series_median(x, n, LEVEL, &summary->value_all, &slow);
	n = collect(&s, false, record->nr_rounds, x);
	if (!err)
		err = stats_series_median(x, n, LEVEL, &summary->value, &summary->slow);
	add_half_step(&summary->value_all, config_half_step(record, config));
	add_half_step(&summary->value, config_half_step(record, config));
	summary->minimum = minimum(x, n);
	if (!err)
		err = bounded_quantile(x, n, 0.9, &summary->p90);
	if (!err)
		err = bounded_quantile(x, n, 0.99, &summary->p99);
	return err;
}

static bool has_interval(const struct estimate *e)
{
	return isfinite(e->lower) && isfinite(e->upper);
}

/* Of @clean samples and of @all: what a table shows. */
static const struct estimate *shown(const struct estimate *clean, const struct estimate *all, bool *of_all)
{
	*of_all = !has_interval(clean) && all->n > clean->n;
	return *of_all ? all : clean;
}

const struct estimate *summary_value(const struct summary *summary, bool *of_all)
{
	return shown(&summary->value, &summary->value_all, of_all);
}

const struct estimate *summary_ratio(const struct summary *summary, bool *of_all)
{
	return shown(&summary->ratio, &summary->ratio_all, of_all);
}

/* Does leaving disturbed samples out change what the interval says? Without an interval nothing is said. */
static bool verdict_changes(const struct estimate *clean, const struct estimate *all)
{
	return has_interval(clean) && has_interval(all) && !estimate_same_verdict(clean, all);
}

bool config_valid(const struct config_result *config)
{
	return config->summary.rounds > 2 * config->summary.samples_invalid;
}

/* The configuration that @index is compared with; NULL for the baseline itself and for what is not valid. */
static struct config_result *baseline_of(struct record *record, size_t index)
{
	const struct config_result *config = &record->config[index];

	if (!config_valid(config) || !config->case_name)
		return NULL;
	for (size_t i = 0; i < index; i++) {
		struct config_result *other = &record->config[i];

		if (config_valid(other) && other->case_name && !strcmp(other->case_name, config->case_name))
			return other;
	}
	return NULL;
}

static int summarise_ratio(const struct record *record, struct config_result *config, struct config_result *baseline,
			   double level, double *x, double *y)
{
	struct series a = series_of(record, config), b = series_of(record, baseline);
	struct summary *summary = &config->summary;
	size_t n, kept;
	int err;

	n = collect_pairs(&a, &b, true, record->nr_rounds, x, y);
	err = stats_series_ratio(x, y, n, level, &summary->ratio_all);
	summary->ratio = summary->ratio_all;
	kept = collect_pairs(&a, &b, false, record->nr_rounds, x, y);
	if (kept < n && !err)
		err = stats_series_ratio(x, y, kept, level, &summary->ratio);
	add_half_steps(record, config, baseline, &summary->ratio_all);
	add_half_steps(record, config, baseline, &summary->ratio);
	summary->undecided = verdict_changes(&summary->ratio, &summary->ratio_all);
	return err;
}

static void range_of(const double *x, size_t n, double *least, double *most)
{
	*least = *most = NAN;
	for (size_t i = 0; i < n; i++) {
		*least = fmin(*least, x[i]);
		*most = fmax(*most, x[i]);
	}
}

int record_value(const struct record *record, const struct config_result *config, struct estimate *value)
{
	struct series s = series_of(record, config);
	double *x;
	int err;

	*value = config->summary.value;
	if (!record->emulated || !s.value)
		return 0;
	x = calloc(record->nr_rounds + 1, sizeof(*x));
	if (!x)
		return -ENOMEM;
	err = stats_quantile(x, collect(&s, true, record->nr_rounds, x), 0.5, LEVEL, value);
	range_of(x, value->n, &value->lower, &value->upper);
	value->level = NAN;
	free(x);
	return err;
}

/*
 * An emulated run is repeated to the instruction, and so short that no interval can be had from its rounds. They differ
 * by where the timer's interrupts fall. What the ratio of any two rounds can be, widened by its own width to both
 * sides, stands in for an interval: a difference must stand out of that spread as far as the spread is wide.
 */
static int ratio_by_range(const double *x, const double *y, size_t n, struct estimate *ratio)
{
	double x_least, x_most, y_least, y_most, width;
	struct estimate above, below;
	int err;

	*ratio = (struct estimate){ NAN, NAN, NAN, NAN, n };
	if (!n)
		return 0;
	range_of(x, n, &x_least, &x_most);
	range_of(y, n, &y_least, &y_most);
	width = x_most / y_least - x_least / y_most;
	err = stats_quantile(x, n, 0.5, LEVEL, &above);
	if (!err)
		err = stats_quantile(y, n, 0.5, LEVEL, &below);
	if (err)
		return err;
	ratio->value = above.value / below.value;
	ratio->lower = x_least / y_most - width;
	ratio->upper = x_most / y_least + width;
	return 0;
}

int record_compare(const struct record *record, const struct config_result *config,
		   const struct config_result *baseline, bool with_disturbed, double level, struct estimate *ratio,
		   bool *undecided)
{
	double *x = calloc(record->nr_rounds + 1, sizeof(*x)), *y = calloc(record->nr_rounds + 1, sizeof(*y));
	struct series a = series_of(record, config), b = series_of(record, baseline);
	struct estimate all;
	int err = x && y ? 0 : -ENOMEM;
	size_t n, kept;

	*ratio = (struct estimate){ NAN, NAN, NAN, level, 0 };
	*undecided = true;
	if (err || !a.value || !b.value)
		goto out_free;
	n = collect_pairs(&a, &b, true, record->nr_rounds, x, y);
	if (record->emulated) {
		err = ratio_by_range(x, y, n, ratio);
		all = *ratio;
	} else {
		err = stats_series_ratio(x, y, n, level, ratio);
		all = *ratio;
		kept = collect_pairs(&a, &b, with_disturbed, record->nr_rounds, x, y);
		if (kept < n && !err)
			err = stats_series_ratio(x, y, kept, level, ratio);
		add_half_steps(record, config, baseline, ratio);
		add_half_steps(record, config, baseline, &all);
	}
	*undecided = !(ratio->lower > 1 || ratio->upper < 1) || !estimate_same_verdict(ratio, &all);
out_free:
	free(x);
	free(y);
	return err;
}

/* Of what is known of valid samples that nothing disturbed. @value: one number per round; may be NULL */
static int kept_median(const struct record *record, const struct series *s, const double *value, double *median)
{
	double *x = calloc(record->nr_rounds + 1, sizeof(*x));
	struct estimate e = { .value = NAN };
	int err = x ? 0 : -ENOMEM;
	size_t n = 0;

	for (size_t i = 0; !err && value && i < record->nr_rounds; i++) {
		if (isfinite(value[i]) && !sample_invalid(s, i) && !sample_left_out(s, i))
			x[n++] = value[i];
	}
	if (!err)
		err = stats_quantile(x, n, 0.5, LEVEL, &e);
	*median = e.value;
	free(x);
	return err;
}

bool column_is_loss(const struct column *column)
{
	return column && !strncmp(column->name, RECORD_COLUMNS_LOST, strlen(RECORD_COLUMNS_LOST));
}

int record_column_figure(const struct record *record, const struct config_result *config, const struct column *column,
			 double *figure)
{
	struct series s = series_of(record, config);

	if (!column_is_loss(column))
		return kept_median(record, &s, column_values(column), figure);
	*figure = NAN;
	for (size_t i = 0; i < record->nr_rounds; i++) {
		if (!sample_invalid(&s, i))
			*figure = fmax(*figure, column->value[i]);
	}
	return 0;
}

int record_faults_median(const struct record *record, const struct config_result *config, double *median)
{
	double *faults = calloc(record->nr_rounds + 1, sizeof(*faults));
	struct series s = series_of(record, config);
	int err = faults ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < record->nr_rounds; i++)
		faults[i] = sample_faults(&s, i);
	if (!err)
		err = kept_median(record, &s, faults, median);
	free(faults);
	return err;
}

/* Do most configurations change slowly? Then the machine does, and the others are those where it is not seen as well.
 */
static bool changes_slowly(const struct record *record)
{
	size_t slow = 0;

	for (size_t i = 0; i < record->nr_configs; i++)
		slow += record->config[i].summary.slow;
	return !record->emulated && 2 * slow > record->nr_configs;
}

int record_summarise(struct record *record)
{
	double *x = calloc(record->nr_rounds + 1, sizeof(*x));
	double *y = calloc(record->nr_rounds + 1, sizeof(*y));
	size_t ratios = 0;
	int err = 0;
	bool slow;

	if (!x || !y) {
		err = -ENOMEM;
		goto out_free;
	}
	for (size_t i = 0; i < record->nr_configs && !err; i++)
		err = summarise_values(record, &record->config[i], false, x);
	slow = changes_slowly(record);
	for (size_t i = 0; i < record->nr_configs && slow && !err; i++) {
		if (!record->config[i].summary.slow)
			err = summarise_values(record, &record->config[i], true, x);
	}
	for (size_t i = 0; i < record->nr_configs; i++)
		ratios += baseline_of(record, i) != NULL;
	for (size_t i = 0; i < record->nr_configs && !err; i++) {
		struct config_result *baseline = baseline_of(record, i);

		if (baseline)
			err = summarise_ratio(record, &record->config[i], baseline, stats_family_level(LEVEL, ratios),
					      x, y);
	}
out_free:
	free(y);
	free(x);
	return err;
}
