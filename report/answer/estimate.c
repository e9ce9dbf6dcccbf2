// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/answer/estimate.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "bench/base/file.h"
#include "bench/base/policy.h"
#include "bench/base/text.h"
#include "report/render/wrap.h"

enum { COLUMNS = 78, LABEL_COLUMNS = 20 };

struct words estimated_words(const struct estimated_option *option)
{
	char policy[64], granularity[64];

	plain_text(option->policy, policy, sizeof(policy));
	plain_text(option->granularity, granularity, sizeof(granularity));
	return granularity_is_none(granularity) ? words_of("%s", policy) : words_of("%s/%s", policy, granularity);
}

static const struct estimated_unit *unit_of(const struct estimates *estimates, const char *event)
{
	for (size_t i = 0; i < estimates->nr_units; i++) {
		if (!strcmp(estimates->unit[i].event, event))
			return &estimates->unit[i];
	}
	return NULL;
}

/* Three digits, and no exponent where it can be. */
static struct words ns(double value)
{
	return value >= 1000 && value < 1e9 ? words_of("%.0f", value) : words_of("%.3g", value);
}

struct words estimated_answer_words(const struct estimates *estimates, const struct estimated_frame *frame,
				    const struct estimated_answer *answer)
{
	const struct estimated_unit *unit = unit_of(estimates, answer->unit);
	struct words cheapest, rival;

	if (!answer->verdict[0])
		return words_of("only one policy was counted: no comparison");
	cheapest = estimated_words(&frame->option[answer->cheapest]);
	rival = estimated_words(&frame->option[answer->rival]);
	if (!strcmp(answer->verdict, "certain"))
		return words_of("%.60s is cheapest, whatever the unit costs are within their ranges", cheapest.text);
	if (!unit)
		return words_of(
			"inconclusive: %.60s is cheapest by the values of the unit costs, and none of them alone "
			"decides it",
			cheapest.text);
	return words_of("%.60s is cheapest as long as %s costs %s than %s ns, else %.60s (%s: %s to %s ns)",
			cheapest.text, unit->event, strcmp(answer->holds, "above") ? "less" : "more",
			ns(answer->crossover_ns).text, rival.text, unit->origin, ns(unit->lower_ns).text,
			ns(unit->upper_ns).text);
}

static void print_units(const struct estimates *estimates, FILE *out)
{
	char text[300];

	fprintf(out, "unit costs, ns%*s %8s %8s  origin\n", LABEL_COLUMNS - 14, "", "from", "to");
	for (size_t i = 0; i < estimates->nr_units; i++) {
		const struct estimated_unit *unit = &estimates->unit[i];

		fprintf(out, "%-*s %8s %8s  %s\n", LABEL_COLUMNS, unit->event, ns(unit->lower_ns).text,
			ns(unit->upper_ns).text, unit->origin);
		if (!strcmp(unit->origin, cost_origins[COST_PUBLISHED]) ||
		    !strcmp(unit->origin, cost_origins[COST_MEASURED])) {
			print_wrapped(out, COLUMNS, " ", 2, plain_text(unit->source, text, sizeof(text)));
		}
	}
}

static void print_answer(const struct estimates *estimates, const struct estimated_frame *frame, const char *label,
			 const struct estimated_answer *answer, FILE *out)
{
	struct words words = estimated_answer_words(estimates, frame, answer);

	print_wrapped(out, COLUMNS, label, 2, words.text);
}

static void print_frame(const struct estimates *estimates, const struct estimated_frame *frame, FILE *out)
{
	fputc('\n', out);
	print_wrapped(out, COLUMNS, "frame:", 2, workload_words(&frame->workload).text);
	fprintf(out, "%-*s %10s %10s %10s\n", LABEL_COLUMNS, "ESTIMATED, us/frame", "estimate", "from", "to");
	for (size_t i = 0; i < frame->nr_options; i++) {
		const struct estimated_option *option = &frame->option[i];

		fprintf(out, "%-*s %10s %10s %10s  %s\n", LABEL_COLUMNS, estimated_words(option).text,
			ns(option->cost_ns / 1e3).text, ns(option->lower_ns / 1e3).text,
			ns(option->upper_ns / 1e3).text, option->memory);
	}
	print_answer(estimates, frame, "all:", &frame->all, out);
	if (frame->memory.verdict[0])
		print_answer(estimates, frame, "cached or write-combined:", &frame->memory, out);
}

int estimates_print(const struct estimates *estimates, FILE *out)
{
	char model[100];

	fprintf(out, "counts of a model (%s)\n", plain_text(estimates->model, model, sizeof(model)));
	if (estimates->core[0] && strncmp(estimates->model, estimates->core, strlen(estimates->core)))
		fprintf(out, "NOTE: the unit costs are those of a %s\n", estimates->core);
	print_units(estimates, out);
	for (size_t i = 0; i < estimates->nr_frames; i++)
		print_frame(estimates, &estimates->frame[i], out);
	print_wrapped(
		out, COLUMNS, "ESTIMATED:", 2,
		"counts of emulated code times unit costs; nothing of it was measured. A range holds what "
		"the unit costs can be, not what the model leaves out: instruction fetches, speculation, other CPUs. "
		"\"as long as\": with all other unit costs at their values (of a range: the geometric mean).");
	return file_flush(out);
}
