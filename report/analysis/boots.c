// SPDX-License-Identifier: GPL-2.0-or-later
#define _XOPEN_SOURCE 700
#include "report/analysis/boots.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/text.h"
#include "report/analysis/compared.h"

/*
 * A run of so many rounds counts half as much as one of endlessly many: then the noise of its rounds, about 10 % each,
 * varies its median as much as runs of one boot differ, about 3 %.
 */
#define HALF_WEIGHT_ROUNDS 10
/* The share of the runs' times that the sides explain: above it they were measured in blocks. In turn it is near 0. */
#define IN_BLOCKS 0.25
#define DAY_S 86400.0

static const char *boot_id(const struct record *record)
{
	return facts_text(&record->environment, "kernel", "boot_id", "");
}

/* Seconds; NAN where the record has no date. */
static double started_s(const struct record *record)
{
	return record->started_at ? seconds_of_date(record->started_at) : NAN;
}

/*
 * A run's figure as a logarithm, how far the step of the clock may move that, and the rounds that it rests on. false:
 * it has none.
 */
static bool run_level(const struct record *record, const char *name, bool all, double *level, double *step,
		      double *rounds)
{
	const struct config_result *config = find_config(record, name);
	const struct estimate *e;

	if (!config || !config_valid(config))
		return false;
	e = all ? &config->summary.value_all : &config->summary.value;
	if (!isfinite(e->value) || e->value <= 0)
		return false;
	*level = log(e->value);
	*step = log1p(config_half_step(record, config) / e->value);
	*rounds = e->n ? (double)e->n : 1;
	return true;
}

int boots_of(const struct run_set *set, const char *name, bool all, bool runs, struct boots *boots)
{
	double *weight = calloc(set->nr_records + 1, sizeof(*weight));
	const char **id = calloc(set->nr_records + 1, sizeof(*id));

	*boots = (struct boots){ .of = calloc(set->nr_records + 1, sizeof(*boots->of)) };
	if (!weight || !id || !boots->of) {
		free(weight);
		free(id);
		return -ENOMEM;
	}
	for (size_t i = 0; i < set->nr_records; i++) {
		double level, step, rounds;
		size_t k = 0;

		if (!run_level(set->record[i], name, all, &level, &step, &rounds))
			continue;
		boots->step = fmax(boots->step, step);
		while (k < boots->n && (runs || strcmp(id[k], boot_id(set->record[i]))))
			k++;
		id[k] = boot_id(set->record[i]);
		boots->n += k == boots->n;
		boots->runs++;
		weight[k] += rounds;
		/* step by step: the mean of equal figures is exactly theirs */
		boots->of[k].value += (level - boots->of[k].value) * (rounds / weight[k]);
		boots->of[k].at_s += (started_s(set->record[i]) - boots->of[k].at_s) * (rounds / weight[k]);
		boots->of[k].weight += rounds / (rounds + HALF_WEIGHT_ROUNDS);
	}
	/* boots differ about as much as the runs of one: the mean of many runs is still one boot */
	for (size_t k = 0; k < boots->n && !runs; k++)
		boots->of[k].weight /= boots->of[k].weight + 1;
	free(weight);
	free(id);
	return 0;
}

void boots_free(struct boots *boots)
{
	free(boots->of);
	*boots = (struct boots){ 0 };
}

size_t boots_count(const struct run_set *set)
{
	size_t count = 0;

	for (size_t i = 0; i < set->nr_records; i++) {
		bool known = false;

		for (size_t j = 0; j < i && !known; j++)
			known = !strcmp(boot_id(set->record[j]), boot_id(set->record[i]));
		count += !known;
	}
	return count;
}

static double mean(const double *x, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += x[i];
	return sum / (double)n;
}

/* The sum of (x - mean)(y - mean). */
static double moment(const double *x, const double *y, size_t n)
{
	double mean_x = mean(x, n), mean_y = mean(y, n), sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (x[i] - mean_x) * (y[i] - mean_y);
	return sum;
}

/* The share of the variance of all times that lies between the sides; 0 where the times are not known. */
static double share_of_sides(const double *base_s, size_t n_base, const double *new_s, size_t n_new)
{
	double apart = mean(new_s, n_new) - mean(base_s, n_base);
	double between = apart * apart * (double)n_base * (double)n_new / (double)(n_base + n_new);
	double within = moment(base_s, base_s, n_base) + moment(new_s, new_s, n_new);

	return between > 0 ? between / (between + within) : 0;
}

enum within_boot boots_within(const struct run_set *base, const struct run_set *new)
{
	size_t n = base->nr_records, m = new->nr_records;
	double *at_s;
	bool in_turn;

	if (boots_count(base) != 1 || boots_count(new) != 1 || !*boot_id(base->record[0]) ||
	    strcmp(boot_id(base->record[0]), boot_id(new->record[0])))
		return WITHIN_BOOT_ANOTHER;
	if (n < 2 || m < 2)
		return WITHIN_BOOT_FEW;
	at_s = calloc(n + m, sizeof(*at_s));
	if (!at_s)
		return WITHIN_BOOT_IN_BLOCKS;
	for (size_t i = 0; i < n + m; i++)
		at_s[i] = started_s(i < n ? base->record[i] : new->record[i - n]);
	in_turn = share_of_sides(at_s, n, at_s + n, m) <= IN_BLOCKS && moment(at_s, at_s, n + m) > 0;
	free(at_s);
	return in_turn ? WITHIN_BOOT : WITHIN_BOOT_IN_BLOCKS;
}

/* Were the sides measured one after the other? */
static bool are_in_blocks(const struct boots *base, const struct boots *new)
{
	double *at_s = calloc(base->n + new->n + 1, sizeof(*at_s));
	bool in_blocks;

	if (!at_s)
		return true;
	for (size_t i = 0; i < base->n + new->n; i++)
		at_s[i] = i < base->n ? base->of[i].at_s : new->of[i - base->n].at_s;
	in_blocks = share_of_sides(at_s, base->n, at_s + base->n, new->n) > IN_BLOCKS;
	free(at_s);
	return in_blocks;
}

void boots_contrast(struct boots *base, struct boots *new, struct contrast *contrast, bool *in_blocks)
{
	*in_blocks = base->n > 1 && new->n > 1 && are_in_blocks(base, new);
	if (*in_blocks)
		contrast_without_drift(base->of, base->n, new->of, new->n, contrast);
	else
		contrast_make(base->of, base->n, new->of, new->n, contrast);
	contrast->step = base->step + new->step;
}

void boots_judge(const struct contrast *contrast, double level, double threshold_percent, struct boots_compared *result)
{
	double factor = 1 + threshold_percent / 100;

	*result = (struct boots_compared){ .ratio = contrast_ratio(contrast, level),
					   .p_value = contrast_p(contrast),
					   .detectable = contrast_detectable(contrast, level, factor),
					   .needed = contrast_needed(contrast, level, factor),
					   .drift = exp(contrast->slope * DAY_S) };
}
