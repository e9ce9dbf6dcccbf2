// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/answer/model.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/analysis/choice.h"
#include "report/analysis/model.h"
#include "bench/base/file.h"
#include "bench/base/region.h"
#include "bench/base/text.h"
#include "bench/base/policy.h"

/* Terms as they are added up in the answer's columns. */
static const struct {
	const char *title;
	enum term first, last;
} groups[] = {
	{ "zap", TERM_ZAP, TERM_ZAP_PMD },
	{ "clean", TERM_CLEAN, TERM_INVALIDATE },
	{ "refault", TERM_FAULT, TERM_FAULT_PMD },
	{ "access", TERM_WORD_CACHED, TERM_WRITE_WC },
	{ "calls", TERM_REGION, TERM_SYNC },
	{ "copy", TERM_COPY_OUT_OF, TERM_COPY_INTO },
	{ "client", TERM_USER_CLEAN, TERM_USER_INVALIDATE },
};

#define NR_GROUPS (sizeof(groups) / sizeof(groups[0]))

static void print_unit_costs(const struct model *model, FILE *out)
{
	size_t none = 0;

	fprintf(out, "unit costs, %-32s %12s  %s\n", model->unit, "each", "95 % interval");
	for (enum term i = 0; i < NR_TERMS; i++) {
		const struct estimate *unit_cost = &model->unit_cost[i];

		if (model->used[i])
			fprintf(out, "  %-38s %12.4g  %.4g to %.4g\n", term_name(i), unit_cost->value, unit_cost->lower,
				unit_cost->upper);
	}
	fprintf(out,
		"\nfitted to %zu configurations; cross-validation of %zu of them: median\n"
		"  error %.2g %%, worst %.2g %% (%s)\n",
		model->n, model->held_out, 100 * model->error_median, 100 * model->error_worst,
		model->held_out ? model->worst : "none");
	if (!model->fits)
		fprintf(out, MODEL_MISFIT "\n", 100 * model->lack, 100 * model->noise);
	fprintf(out, "not fitted, since not measured:");
	for (enum term i = 0; i < NR_TERMS; i++) {
		if (!model->used[i])
			fprintf(out, "%s %s", none++ ? ";" : "", term_name(i));
	}
	fprintf(out, "%s\n", none ? "" : " nothing");
	if (model->emulated)
		fprintf(out, "EMULATED: unit costs are instructions, not times. Emulation has no caches and no memory "
			     "types,\n"
			     "  so it cannot compare cached with write-combined memory.\n");
}

static int by_memory_and_cost(const void *a, const void *b)
{
	int first = policy_memory(((const struct answer *)a)->policy),
	    second = policy_memory(((const struct answer *)b)->policy);
	double x = ((const struct answer *)a)->cost.value, y = ((const struct answer *)b)->cost.value;

	return first != second ? first - second : (x > y) - (x < y);
}

/* A frame as it was asked for, of the policy and the machine of @like. */
static struct region asked_for(const struct question *question, struct region like)
{
	like.region = REGION_FRAME;
	like.bytes = question->bytes;
	like.touched = question->touched;
	like.maps = question->maps;
	like.frames = question->frames;
	like.use = question->use;
	like.others = question->others;
	like.random = question->random;
	like.coherent = false;
	like.stride = 1;
	like.chunks = ceil(question->bytes / (question->chunk > 0 ? question->chunk : like.pmd_bytes));
	return like;
}

size_t model_answer(const struct record *record, const struct model *model, const struct question *question,
		    struct answer *answers, struct region *asked)
{
	size_t n = 0;

	for (size_t i = 0; i < record->nr_configs && n < ANSWERS_MAX; i++) {
		const struct config_result *config = &record->config[i];
		struct region like;
		bool known = false;

		if (!model_region(record, config, &like))
			continue;
		for (size_t j = 0; j < n && !known; j++)
			known = !strcmp(answers[j].policy, config->policy) &&
				!strcmp(answers[j].granularity, config->granularity);
		if (known)
			continue;
		*asked = asked_for(question, like);
		answers[n].policy = config->policy;
		answers[n].granularity = config->granularity;
		answers[n].cost = model_predict(model, asked, answers[n].part);
		n++;
	}
	if (model->fits)
		qsort(answers, n, sizeof(*answers), by_memory_and_cost);
	return n;
}

struct words question_words(const struct question *question)
{
	static const char *const filled[] = {
		[USE_LOOP] = "filled by the CPU",
		[USE_CAMERA] = "filled by a device",
		[USE_ENCODER] = "filled by the CPU, read by a device",
	};
	struct words words = words_of("%s, %s", size_words(question->bytes).text, filled[question->use]);

	if (question->use != USE_ENCODER)
		words_add(&words, ", %s of it%s read by the CPU%s", percent_words(question->touched).text,
			  question->touched_least ? " or more" : "", question->random ? " in random order" : "");
	words_add(&words, ", %g mapping%s, %g frame%s per buffer", question->maps, question->maps > 1 ? "s" : "",
		  question->frames, question->frames > 1 ? "s" : "");
	return words;
}

static void print_answers(const struct record *record, const struct model *model, const struct question *question,
			  FILE *out)
{
	struct answer answers[ANSWERS_MAX] = { 0 };
	char outside[400];
	struct region w;
	size_t n = model_answer(record, model, question, answers, &w);

	fprintf(out, "\nframe: %s; %s\n", question_words(question).text, model->unit);
	fprintf(out, "%-18s %11s %6s", "", "per frame", "+-%");
	for (size_t j = 0; j < NR_GROUPS; j++)
		fprintf(out, " %9s", groups[j].title);
	fputc('\n', out);
	for (size_t i = 0; i < n; i++) {
		const struct answer *a = &answers[i];
		enum memory_type memory = policy_memory(a->policy);

		if (model->fits && (!i || memory != policy_memory(a[-1].policy)))
			fprintf(out, "%s, the cheapest first:\n", memory_type_name(memory));
		if (!isfinite(a->cost.value)) {
			fprintf(out, "%-8s %-9s a unit cost is missing: it was not measured\n", a->policy,
				a->granularity);
			continue;
		}
		fprintf(out, "%-8s %-9s %11.4g %6.2g", a->policy,
			granularity_is_none(a->granularity) ? "" : a->granularity, a->cost.value / question->frames,
			100 * (a->cost.upper - a->cost.lower) / 2 / a->cost.value);
		for (size_t j = 0; j < NR_GROUPS; j++) {
			double sum = 0;

			for (enum term t = groups[j].first; t <= groups[j].last; t++)
				sum += a->part[t];
			fprintf(out, " %9.4g", sum / question->frames);
		}
		fputc('\n', out);
	}
	if (!model->fits)
		fprintf(out, "NOT RANKED: the model does not fit. Measure the frame instead: zapbench run frame\n");
	if (model_outside(model, &w, outside, sizeof(outside)))
		fprintf(out, "OUTSIDE of the measured range: %s: these figures are extrapolated\n", outside);
}

int model_print(const struct record *record, const struct model *model, const struct question *question, FILE *out)
{
	print_unit_costs(model, out);
	if (question->asked)
		print_answers(record, model, question, out);
	return file_flush(out);
}
