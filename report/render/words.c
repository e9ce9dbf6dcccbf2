// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/render/words.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/params.h"
#include "bench/base/policy.h"
#include "bench/base/text.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

struct words words_of(const char *fmt, ...)
{
	struct words words = { "" };
	va_list args;

	va_start(args, fmt);
	vsnprintf(words.text, sizeof(words.text), fmt, args);
	va_end(args);
	return words;
}

void words_add(struct words *words, const char *fmt, ...)
{
	size_t used = strlen(words->text);
	va_list args;

	va_start(args, fmt);
	vsnprintf(words->text + used, sizeof(words->text) - used, fmt, args);
	va_end(args);
}

/* The largest step of a unit that leaves a number of 1 or more. */
static double step_of(double value, const char *unit, const char **name)
{
	static const struct {
		double size;
		const char *time, *number;
	} steps[] = { { 1e9, "s", "billion" }, { 1e6, "ms", "million" }, { 1e3, "us", NULL } };
	bool time = !strcmp(unit, "ns");

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		*name = time ? steps[i].time : steps[i].number;
		if (*name && fabs(value) >= steps[i].size)
			return steps[i].size;
	}
	*name = NULL;
	return 1;
}

/* Four digits that mean something. */
static struct words number_words(double value)
{
	struct words words = { "" };
	double size = fabs(value);

	words = words_of("%.*f", size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : 3, value);
	return words;
}

struct words value_words(double value, const char *unit)
{
	const char *step;
	double size = step_of(value, unit, &step);
	struct words words = { "" };

	if (!isfinite(value))
		words = words_of("unknown");
	else if (step && strcmp(unit, "ns"))
		words = words_of("%s %s %.80s", number_words(value / size).text, step, unit);
	else
		words = words_of("%s %.80s", number_words(value / size).text, step ? step : unit);
	return words;
}

struct words estimate_words(const struct estimate *e, const char *unit)
{
	const char *step;
	double size = step_of(e->value, unit, &step);
	struct words words = value_words(e->value, unit);

	if (isfinite(e->lower) && isfinite(e->upper))
		words_add(&words, " (%s%s to %s)", isnan(e->level) ? "all rounds: " : "",
			  number_words(e->lower / size).text, number_words(e->upper / size).text);
	return words;
}

struct words times_words(double ratio)
{
	return ratio < 2 ? words_of("%+.1f %%", 100 * (ratio - 1)) : words_of("%.3g times", ratio);
}

struct words ratio_words(const struct estimate *ratio)
{
	struct words words = { "unknown ratio" };

	if (!isfinite(ratio->value))
		return words;
	if (ratio->value < 2 && isfinite(ratio->lower) && isfinite(ratio->upper))
		return margin_words(ratio);
	words = times_words(ratio->value);
	if (isfinite(ratio->lower) && isfinite(ratio->upper))
		words_add(&words, " (%.3g to %.3g)", ratio->lower, ratio->upper);
	else
		words_add(&words, " (%zu round%s: too few for an interval)", ratio->n, ratio->n == 1 ? "" : "s");
	return words;
}

struct words rounds_words(const struct record *record)
{
	const char *plural = record->nr_rounds == 1 ? "" : "s";
	long long samples = 0, discarded = 0;

	for (size_t i = 0; i < record->nr_configs; i++) {
		samples += record->config[i].summary.rounds;
		discarded += record->config[i].summary.rounds_left_out;
	}
	if (!discarded)
		return words_of("%zu round%s, no sample discarded", record->nr_rounds, plural);
	return words_of("%zu round%s; %.3g %% of %lld samples discarded (preempted, stolen time, mappings read)",
			record->nr_rounds, plural, 100 * (double)discarded / (double)samples, samples);
}

/* From so many steps on one of them is less than 2 %. */
#define STEPS_ENOUGH 50

struct words clock_words(const struct record *record, const struct config_result *config)
{
	const struct fact *step = facts_find(&record->clock, NULL, "resolution_ns");
	bool of_all;
	double ns, steps;

	if (record->emulated || !step || step->value.kind != VALUE_REAL)
		return words_of("%s", "");
	if (config->histogram)
		ns = histogram_quantile(config->histogram, 0.5);
	else
		ns = summary_value(&config->summary, &of_all)->value * (double)config->operations;
	steps = ns / step->value.real;
	if (!(steps > 0 && steps < STEPS_ENOUGH))
		return words_of("%s", "");
	if (config->histogram)
		return words_of(
			"an event lasts %.0f steps of the clock: one event, or a percentile, is known to "
			"+-%.1f %%; the row's figure is their mean, which is finer: its interval includes half a "
			"step per sample",
			steps, 100 / steps);
	return words_of("a sample lasts %.0f steps of the clock: its interval includes half a step, +-%.1f %%", steps,
			50 / steps);
}

struct words margin_words(const struct estimate *ratio)
{
	struct words words = { "" };

	if (!isfinite(ratio->value))
		words.text[0] = '\0';
	else if (!isfinite(ratio->lower) || !isfinite(ratio->upper))
		words = words_of("%+.1f %% (no interval)", 100 * (ratio->value - 1));
	else
		words = words_of("%+.1f %% (%.1f to %.1f)", 100 * (ratio->value - 1), 100 * (ratio->lower - 1),
				 100 * (ratio->upper - 1));
	return words;
}

/* What its client does otherwise than by default, as the table of a run calls it: " (fresh)". */
static void add_variant(struct words *words, const struct config_result *config)
{
	static const enum param params[] = { PARAM_SCRATCH, PARAM_PREFAULT };

	for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++) {
		const char *usual = param_choice(params[i], (unsigned int)param_default(params[i]));
		const char *is = facts_text(&config->params, NULL, param_fact_key(params[i]), usual);

		if (strcmp(is, usual))
			words_add(words, " (%.60s)", is);
	}
}

struct words option_words(const struct config_result *config)
{
	bool part = !granularity_is_none(config->granularity);
	struct words words = words_of("%.60s%s%.60s", config->policy, part ? "/" : "", part ? config->granularity : "");

	add_variant(&words, config);
	return words;
}

struct words policy_words(const struct config_result *config)
{
	struct words words = words_of("%.60s", config->policy);

	add_variant(&words, config);
	return words;
}

struct words percent_words(double fraction)
{
	return words_of("%.4g %%", 100 * fraction);
}

struct words size_words(double bytes)
{
	struct words words = { "" };

	size_format(bytes, words.text, sizeof(words.text));
	return words;
}

const char *device_words(const struct workload *workload)
{
	return strcmp(workload->device, param_choice(PARAM_DEVICE, DEVICE_DRM)) ? "" : ", a DRM driver is the device";
}

struct words workload_words(const struct workload *workload)
{
	const char *who = !strcmp(workload->kind, "camera")    ? "written by a device"
			  : !strcmp(workload->kind, "encoder") ? "filled for a device"
							       : "filled, mapped";
	struct words words = { "" };

	words = words_of("%s buffer, %s", size_words(workload->bytes).text, who);
	if (strcmp(workload->kind, "encoder")) {
		words_add(&words, ", %s of it read%s", percent_words(workload->touched).text,
			  strcmp(workload->order, "random") ? "" : " in random order");
	}
	words_add(&words, ", %g frame%s per buffer", workload->frames, workload->frames == 1 ? "" : "s");
	words_add(&words, "%s", device_words(workload));
	if (workload->core > 0)
		words_add(&words, ", core type %g", workload->core - 1);
	if (workload->ring != 1)
		words_add(&words, ", a ring of %g buffers", workload->ring);
	if (workload->maps != 1)
		words_add(&words, ", %g mappings", workload->maps);
	if (workload->stride != 1)
		words_add(&words, ", stride %g pages", workload->stride);
	return words;
}

struct words core_words(const struct record *record, const struct workload *workload)
{
	char key[32];

	snprintf(key, sizeof(key), "core_type_%.0f", workload->core - 1);
	return words_of("core type %.0f (CPUs %.100s)", workload->core - 1,
			facts_text(&record->environment, "topology", key, "unknown"));
}

struct words fact_words(const struct record *record, const char *group, const char *key)
{
	const struct fact *fact = facts_find(&record->environment, group, key);
	struct words words = { "" };

	if (fact && fact->value.kind == VALUE_TEXT && !fact->value.text[0])
		fact = NULL;
	fact_format(fact, words.text, sizeof(words.text));
	return words;
}

int policy_style(const char *policy)
{
	const struct policy_row *row = policy_find(policy);

	return row ? (int)(row - policy_table) + 1 : NR_POLICIES + 1 + !strchr(policy, '+');
}
