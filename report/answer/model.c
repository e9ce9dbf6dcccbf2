// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/answer/model.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/analysis/model.h"
#include "bench/base/text.h"

enum { STATUS_OK = 0, STATUS_FAILED = 1, STATUS_USAGE = 2 };

static const char help[] =
	"usage: zapbench model RESULT [OPTION...]\n\n"
	"Fit a unit cost to everything that a frame is made of (zap: fixed, per mapping, per PTE, per other\n"
	"CPU; refault: fixed, per PTE; clean and invalidate: per cache line, per scatter entry; accesses;\n"
	"calls), from the policies that a patched kernel carried out, and print the unit costs with their 95 % "
	"intervals. "
	"With a question,\n"
	"also what a frame of that kind costs under each policy: the CPU fills the buffer, END, a device\n"
	"maps and unmaps it, START, the CPU reads a part of it.\n\n"
	"the question\n"
	"  --bytes N       of the buffer; K, M, G\n"
	"  --touched F     fraction of its pages that the CPU reads, 0 < F <= 1 (1)\n"
	"  --maps N        mappings of the buffer (1)\n"
	"  --others N      other CPUs that run threads of the same process (0)\n"
	"  --chunk N       bytes of each piece of contiguous memory that the buffer is made of (a PMD's)\n"
	"  --frames N      that one buffer carries before it starts afresh (4)\n"
	"  --random        the pages are anywhere, not the first ones\n\n"
	"exit status: 0 answered, 1 not, 2 usage\n\n"
	"examples\n"
	"  make bench-qemu && zapbench model results/latest.json\n"
	"  zapbench model results/latest.json --bytes 4M --touched 0.1 --maps 2 --frames 30\n";

/* Terms as they are added up in the answer's columns. */
static const struct {
	const char *title;
	enum term first, last;
} groups[] = {
	{ "zap", TERM_ZAP, TERM_ZAP_PMD },         { "clean", TERM_CLEAN, TERM_INVALIDATE },
	{ "refault", TERM_FAULT, TERM_FAULT_PMD }, { "access", TERM_WORD_CACHED, TERM_WRITE_WC },
	{ "calls", TERM_REGION, TERM_SYNC },
};

#define NR_GROUPS (sizeof(groups) / sizeof(groups[0]))

static void print_unit_costs(const struct model *model)
{
	size_t none = 0;

	printf("unit costs, %-32s %12s  %s\n", model->unit, "each", "95 % interval");
	for (enum term i = 0; i < NR_TERMS; i++) {
		const struct estimate *unit_cost = &model->unit_cost[i];

		if (model->used[i])
			printf("  %-38s %12.4g  %.4g to %.4g\n", term_name(i), unit_cost->value, unit_cost->lower,
			       unit_cost->upper);
	}
	printf("\nfitted to %zu configurations; %zu of them predicted, each from all the others: median\n"
	       "  error %.2g %%, worst %.2g %% (%s)\n",
	       model->n, model->held_out, 100 * model->error_median, 100 * model->error_worst,
	       model->held_out ? model->worst : "none");
	printf("not fitted, for the record holds nothing of it:");
	for (enum term i = 0; i < NR_TERMS; i++) {
		if (!model->used[i])
			printf("%s %s", none++ ? ";" : "", term_name(i));
	}
	puts(none ? "" : " nothing");
	if (model->emulated)
		printf("EMULATED: unit costs are instructions, not times. Emulation models neither caches nor memory\n"
		       "  types: cached against write-combined cannot be decided by it.\n");
}

static int by_cost(const void *a, const void *b)
{
	double x = ((const struct answer *)a)->cost.value, y = ((const struct answer *)b)->cost.value;

	return (x > y) - (x < y);
}

/* A frame as it was asked for, of the policy and the machine of @like. */
static struct workload asked_for(const struct question *question, struct workload like)
{
	like.case_name = "frame";
	like.bytes = question->bytes;
	like.touched = question->touched;
	like.maps = question->maps;
	like.frames = question->frames;
	like.others = question->others;
	like.random = question->random;
	like.coherent = false;
	like.stride = 1;
	like.chunks = ceil(question->bytes / (question->chunk > 0 ? question->chunk : like.pmd_bytes));
	return like;
}

size_t model_answer(const struct record *record, const struct model *model, const struct question *question,
		    struct answer *answers, struct workload *asked)
{
	size_t n = 0;

	for (size_t i = 0; i < record->nr_configs && n < ANSWERS_MAX; i++) {
		const struct config_result *config = &record->config[i];
		struct workload like;
		bool known = false;

		if (!model_workload(record, config, &like))
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
	qsort(answers, n, sizeof(*answers), by_cost);
	return n;
}

static void print_answers(const struct record *record, const struct model *model, const struct question *question)
{
	struct answer answers[ANSWERS_MAX] = { 0 };
	char size[32], outside[400];
	struct workload w;
	size_t n = model_answer(record, model, question, answers, &w);

	size_format(question->bytes, size, sizeof(size));
	printf("\na frame of %s, %g %% of it read%s, %g mapping%s, %g frames a buffer; %s\n", size,
	       100 * question->touched, question->random ? " at random" : "", question->maps,
	       question->maps == 1 ? "" : "s", question->frames, model->unit);
	printf("%-18s %11s %6s", "", "per frame", "+-%");
	for (size_t j = 0; j < NR_GROUPS; j++)
		printf(" %9s", groups[j].title);
	putchar('\n');
	for (size_t i = 0; i < n; i++) {
		const struct answer *a = &answers[i];

		if (!isfinite(a->cost.value)) {
			printf("%-8s %-9s a unit cost is missing: it was not measured\n", a->policy, a->granularity);
			continue;
		}
		printf("%-8s %-9s %11.4g %6.2g", a->policy, strcmp(a->granularity, "none") ? a->granularity : "",
		       a->cost.value / question->frames, 100 * (a->cost.upper - a->cost.lower) / 2 / a->cost.value);
		for (size_t j = 0; j < NR_GROUPS; j++) {
			double sum = 0;

			for (enum term t = groups[j].first; t <= groups[j].last; t++)
				sum += a->part[t];
			printf(" %9.4g", sum / question->frames);
		}
		putchar('\n');
	}
	if (model_outside(model, &w, outside, sizeof(outside)))
		printf("OUTSIDE of what was measured: %s: these figures are extrapolated\n", outside);
}

static int answer_file(const char *path, const struct question *question)
{
	struct record *record = NULL;
	struct why why = { "", "" };
	struct model model;
	int err = record_read(path, &record, &why);

	if (!err)
		err = record_summarise(record);
	if (!err)
		err = model_fit(record, &model, &why);
	if (err) {
		fprintf(stderr, "zapbench: %s%s%s\n", err == -EINVAL ? "" : path, err == -EINVAL ? "" : ": ",
			why.reason);
		if (why.remedy[0])
			fprintf(stderr, "zapbench: remedy: %s\n", why.remedy);
	} else {
		print_unit_costs(&model);
		if (question->asked)
			print_answers(record, &model, question);
	}
	record_free(record);
	if (fflush(stdout) || ferror(stdout))
		return STATUS_FAILED;
	return err ? STATUS_FAILED : STATUS_OK;
}

/* A number that --@option takes, or exit status 2 with what was expected. */
static int take(const char *option, const char *text, double least, double most, double *value)
{
	if (!size_parse(text, value) || !number_parse(text, value)) {
		if (*value >= least && *value <= most)
			return STATUS_OK;
	}
	fprintf(stderr, "zapbench: --%s: expected a number from %g to %g, found '%s'\n", option, least, most, text);
	return STATUS_USAGE;
}

int command_model(int argc, char **argv)
{
	static const struct option options[] = {
		{ "bytes", required_argument, NULL, 'b' },
		{ "touched", required_argument, NULL, 't' },
		{ "chunk", required_argument, NULL, 'c' },
		{ "maps", required_argument, NULL, 'm' },
		{ "frames", required_argument, NULL, 'f' },
		{ "others", required_argument, NULL, 'o' },
		{ "random", no_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct question question = { .bytes = NAN, .touched = 1, .maps = 1, .frames = 4 };
	int option, status = STATUS_OK;

	while (!status && (option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		question.asked |= option != 'h';
		switch (option) {
		case 'b':
			status = take("bytes", optarg, 4096, 0x1p46, &question.bytes);
			break;
		case 't':
			status = take("touched", optarg, 1e-9, 1, &question.touched);
			break;
		case 'c':
			status = take("chunk", optarg, 4096, 0x1p46, &question.chunk);
			break;
		case 'm':
			status = take("maps", optarg, 1, 65536, &question.maps);
			break;
		case 'f':
			status = take("frames", optarg, 1, 1e9, &question.frames);
			break;
		case 'o':
			status = take("others", optarg, 0, 65536, &question.others);
			break;
		case 'r':
			question.random = true;
			break;
		case 'h':
			fputs(help, stdout);
			return STATUS_OK;
		default:
			fputs("zapbench: zapbench model --help says how\n", stderr);
			return STATUS_USAGE;
		}
	}
	if (status)
		return status;
	if (optind != argc - 1) {
		fputs("zapbench: model takes one results file; zapbench model --help says how\n", stderr);
		return STATUS_USAGE;
	}
	if (question.asked && !isfinite(question.bytes)) {
		fputs("zapbench: how large is the buffer? Give --bytes, e.g. --bytes 4M\n", stderr);
		return STATUS_USAGE;
	}
	return answer_file(argv[optind], &question);
}
