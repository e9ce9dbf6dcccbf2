// SPDX-License-Identifier: GPL-2.0-or-later
/* What the frames of an observed application would cost under each policy. */
#include "report/answer/observed.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/policy.h"
#include "report/answer/parts.h"

/* What filled or read the buffers of a group: one that is both written and read is one frame. 0: not known. */
static double frames_of(const struct observation *observation, const struct observed_group *group)
{
	double starts = (double)(group->read_starts > group->write_starts ? group->read_starts : group->write_starts);

	if (starts <= 0 && !strcmp(observation->frames_by, FRAMES_BY_DEQUEUE))
		return (double)observation->frames;
	return fmax(starts, 0);
}

int observed_question(const struct observation *observation, struct question *question, struct why *why)
{
	struct observed_group *groups, *first;
	size_t count;
	int err = observation_groups(observation, &groups, &count);
	double pages, frames;

	if (err)
		return err;
	first = groups;
	if (!count || !first->mapped || !first->bytes) {
		free(groups);
		return why_set(why, -ENODATA, "observe the application while it works on its buffers",
			       "no mapped dma-buf was observed");
	}
	question->asked = true;
	question->bytes = (double)first->bytes;
	question->maps = (double)(first->mappings > 0 ? first->mappings : 1);
	pages = (double)first->mapped * ceil(question->bytes / (double)observation->page_bytes);
	question->touched_least = observation->faults_watched && first->pages_faulted > 0;
	if (question->touched_least)
		question->touched = fmin((double)first->pages_faulted / pages, 1);
	question->use_assumed = first->read_starts <= 0 && first->write_starts <= 0;
	if (!question->use_assumed)
		question->use = first->write_starts <= 0  ? USE_CAMERA
				: first->read_starts <= 0 ? USE_ENCODER
							  : USE_LOOP;
	frames = frames_of(observation, first);
	question->frames_assumed = frames <= 0;
	if (frames > 0)
		question->frames = fmax(floor(frames / (double)first->mapped), 1);
	free(groups);
	return 0;
}

/* Per second, of the buffers of the question; NAN: not known. */
static double rate_of(const struct observation *observation, const struct observed_group *group)
{
	double frames = frames_of(observation, group);

	if (observation->emulated || frames <= 0 || observation->frames <= 0)
		return NAN;
	return observation->frames_per_s * frames / (double)observation->frames;
}

/* The cheapest answer of a policy; NULL: its unit costs are not known. */
static const struct answer *cheapest(const struct answer *answers, size_t count, const char *policy)
{
	const struct answer *best = NULL;

	for (size_t i = 0; i < count; i++) {
		if (!strcmp(answers[i].policy, policy) && isfinite(answers[i].cost.value) &&
		    (!best || answers[i].cost.value < best->cost.value))
			best = &answers[i];
	}
	return best;
}

/* "1.965 ms", or that it is not known. */
static struct words cost_words(const struct answer *answer, const struct model *model, const struct question *question)
{
	return answer ? value_words(answer->cost.value / question->frames, model->unit) : words_of("NOT known");
}

static void put_cost(struct document *document, const struct answer *answer, const char *policy,
		     const struct model *model, const struct question *question, double frames_per_s)
{
	document_cell(document, "%s", policy);
	document_cell(document, "%s", cost_words(answer, model, question).text);
	if (!answer)
		document_cell(document, "to measure it: zapbench run --profile matrix");
	else if (isfinite(frames_per_s) && !model->emulated)
		document_cell(document, "%.3g %% of a CPU", answer->cost.value / question->frames * frames_per_s / 1e7);
	else
		document_cell(document, "-");
}

/* @others: kinds of mapped buffers that the question is not about. */
static void put_assumed(struct document *document, const struct question *question, size_t others)
{
	if (question->use_assumed)
		document_note(document,
			      "No SYNC tells whether the CPU reads or writes these buffers. It is taken to do "
			      "both, which is an upper bound: give --use.");
	if (question->frames_assumed)
		document_note(document, "How many frames each buffer holds is not known: %g is assumed. Give --frames.",
			      question->frames);
	if (others)
		document_note(document, "%zu other kind%s of mapped buffers %s not in these figures: give --bytes.",
			      others, others > 1 ? "s" : "", others > 1 ? "are" : "is");
}

static void put_caveats(struct document *document, const struct model *model, const struct region *region)
{
	char outside[400];

	if (model->emulated)
		document_note(document,
			      "EMULATED: these are instructions, not times. Emulation has no memory types: it "
			      "cannot compare cached with write-combined memory.");
	if (!model->fits)
		document_note(document, MODEL_MISFIT, 100 * model->lack, 100 * model->noise);
	if (model_outside(model, region, outside, sizeof(outside)))
		document_note(document, "OUTSIDE of the measured range: %s: these figures are extrapolated.", outside);
}

int observed_put_costs(struct document *document, const struct observation *observation, const struct record *record,
		       const struct model *model, const struct question *question)
{
	struct answer *answers = calloc(ANSWERS_MAX, sizeof(*answers));
	struct observed_group *groups = NULL;
	struct region region;
	double frames_per_s;
	size_t count, others = 0;

	if (!answers || observation_groups(observation, &groups, &count)) {
		free(answers);
		return -ENOMEM;
	}
	frames_per_s = rate_of(observation, groups);
	while (others + 1 < count && groups[others + 1].mapped)
		others++;
	free(groups);
	count = model_answer(record, model, question, answers, &region);
	document_paragraph(
		document, "A frame of it: %s. Write-combined memory (uncached) would cost %s per frame, bounce %s.",
		question_words(question).text, cost_words(cheapest(answers, count, "uncached"), model, question).text,
		cost_words(cheapest(answers, count, "bounce"), model, question).text);
	document_table(document, "lrl", "Estimated cost of it, by the unit costs of this result");
	document_cell(document, "policy");
	document_cell(document, "per frame");
	document_cell(document, "at its rate");
	for (size_t i = 0; i < NR_POLICIES; i++)
		put_cost(document, cheapest(answers, count, policy_table[i].name), policy_table[i].name, model,
			 question, frames_per_s);
	put_assumed(document, question, others);
	if (count)
		put_caveats(document, model, &region);
	free(answers);
	return document->err;
}

int part_observed(struct report *report)
{
	struct question question = { .touched = 1, .maps = 1, .frames = QUESTION_FRAMES };
	struct why why = { "", "" };
	int err;

	if (!report->observation)
		return 0;
	document_heading(report->document, 2, "8. The observed application");
	err = observed_put(report->document, report->observation);
	if (err)
		return err;
	err = observed_question(report->observation, &question, &why);
	if (err == -ENODATA)
		document_paragraph(report->document, "No frame can be estimated: %s.", why.reason);
	for (size_t i = 0; i < report->nr_results && !err; i++) {
		const struct result *result = &report->result[i];

		document_heading(report->document, 3, "What it would cost, by %s", result->tag);
		if (result->model_why.reason[0])
			document_paragraph(report->document, "%s has no unit costs: %s.", result->tag,
					   result->model_why.reason);
		else
			err = observed_put_costs(report->document, report->observation, result->record, &result->model,
						 &question);
	}
	return err == -ENODATA ? 0 : err;
}
