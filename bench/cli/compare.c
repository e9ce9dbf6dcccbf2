// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/cli/cli.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "report/answer/compare.h"
#include "report/history/history.h"
#include "report/render/say.h"
#include "bench/base/text.h"

enum { NAMES_MAX = 64 };

static const char help[] =
	"usage: zapbench compare BASE NEW [OPTION...]\n"
	"       zapbench compare RESULT --by KEY=A,B [OPTION...]\n\n"
	"Say what got slower or faster: from the runs of BASE to those of NEW, each a results file or a\n"
	"folder of them, or within one run from the configurations with KEY=A to those with KEY=B.\n"
	"The name of a label of the history (zapbench history label) is the folder of its runs.\n\n"
	"  --threshold PERCENT    a change is one when all of its interval lies beyond this (1)\n"
	"  --case NAME[,NAME]     only these cases\n"
	"  --policy NAME[,NAME]   only these policies\n"
	"  --unlike KIND[,KIND]   compare although this differs, and mark it: machine, page-size,\n"
	"                         program, settings, run; kernel: also within a side\n"
	"  --by KEY=A,B           within one run, paired by round, e.g. policy=eager,lazy\n"
	"  --markdown, --json     in place of the table\n\n"
	"Between runs there is one median each, so that it takes several runs a side: make them with\n"
	"zapbench run --repeat 6, or better, one in each of several boots. Kernels are what is compared;\n"
	"other differences are refused. Instructions of emulated runs are compared one by one.\n\n"
	"exit status: 0 no regression, 1 regression, 2 usage or a file that is no result,\n"
	"3 nothing that can be compared\n\n"
	"examples\n"
	"  zapbench compare results/before results/after\n"
	"  zapbench compare results/latest.json --by granularity=page,huge --case refault\n";

struct question {
	struct compare_options options;
	const char *cases[NAMES_MAX + 1], *policies[NAMES_MAX + 1];
	char *by, *by_base, *by_new;
	int (*print)(const struct comparison *comparison, FILE *out);
};

static int failed(int err, const struct why *why)
{
	return say_why(err == -EXDEV || err == -ENOENT ? STATUS_NOTHING : STATUS_USAGE, err, why);
}

static int take_list(const char *option, char *text, const char **list)
{
	size_t count = 0;
	char *item;

	while (list[count])
		count++;
	while ((item = strsep(&text, ","))) {
		if (!*item || count == NAMES_MAX)
			return say(STATUS_USAGE, "--%s: expected up to %d names, found an empty one or more", option,
				   NAMES_MAX);
		list[count++] = item;
	}
	return STATUS_OK;
}

static int take_unlike(char *text, unsigned int *override)
{
	char *item;

	while ((item = strsep(&text, ","))) {
		const char *nearest = nearest_name(item, compatibility_names);
		size_t kind = 0;

		while (compatibility_names[kind] && strcmp(compatibility_names[kind], item))
			kind++;
		if (kind == COMPATIBLE_EMULATION)
			return say(STATUS_USAGE,
				   "--unlike: instructions of an emulated machine cannot be compared with times");
		if (kind == NR_COMPATIBILITIES)
			return say(STATUS_USAGE, "--unlike: unknown kind '%s'%s%s%s", item,
				   nearest ? "; did you mean '" : "",
				   nearest ? nearest : "; zapbench compare --help lists them", nearest ? "'?" : "");
		*override |= 1u << kind;
	}
	return STATUS_OK;
}

static int take_by(char *text, struct question *question)
{
	char *equals = strchr(text, '='), *comma = equals ? strchr(equals, ',') : NULL;

	if (!comma || equals == text || comma == equals + 1 || !comma[1] || strchr(comma + 1, ','))
		return say(STATUS_USAGE, "--by: expected KEY=A,B, found '%s'", text);
	*equals = *comma = '\0';
	question->by = text;
	question->by_base = equals + 1;
	question->by_new = comma + 1;
	return STATUS_OK;
}

static int tell_left_out(const struct run_set *side)
{
	for (size_t i = 0; i < side->nr_left_out; i++)
		say(STATUS_USAGE, "left out: %s", side->left_out[i].text);
	return side->nr_left_out ? STATUS_USAGE : STATUS_OK;
}

/* All that is not alike, for what is refused. */
static void tell_differences(const struct comparison *comparison)
{
	for (size_t i = 0; i < comparison->nr_differences; i++) {
		const struct difference *d = &comparison->difference[i];

		if (!d->overridden)
			say(STATUS_USAGE, "unlike, %s: %s: %.150s, now %.150s", d->kind_name, d->key, d->base, d->new);
	}
}

static int answer(struct comparison *comparison, const struct question *question, int err, const struct why *why)
{
	int status;

	if (err) {
		tell_differences(comparison);
		return failed(err, why);
	}
	status = comparison_regressed(comparison) ? STATUS_REGRESSION : STATUS_OK;
	if (question->print(comparison, stdout))
		return say(STATUS_USAGE, "standard output: it could not be written");
	return status;
}

static int compare_two(const char *base_path, const char *new_path, const struct question *question)
{
	struct comparison comparison = { 0 };
	struct why why = { "", "" };
	struct run_set base, new = { 0 };
	char label[PATH_MAX];
	int err, status, left_out;

	err = run_set_read(history_resolve(base_path, label, sizeof(label)), &base, &why);
	if (err)
		return failed(-EINVAL, &why);
	err = run_set_read(history_resolve(new_path, label, sizeof(label)), &new, &why);
	if (err) {
		run_set_free(&base);
		return failed(-EINVAL, &why);
	}
	left_out = tell_left_out(&base);
	left_out |= tell_left_out(&new);
	err = compare_run_sets(&base, &new, &question->options, &comparison, &why);
	status = answer(&comparison, question, err, &why);
	comparison_free(&comparison);
	run_set_free(&new);
	run_set_free(&base);
	return status ? status : left_out;
}

static int compare_one(const char *path, const struct question *question)
{
	struct comparison comparison = { 0 };
	struct record *record = NULL;
	struct why why = { "", "" };
	char base[200], new[200];
	int err = record_read(path, &record, &why), status;

	if (err)
		return failed(-EINVAL, &why);
	err = record_summarise(record);
	if (!err)
		err = compare_within(record, question->by, question->by_base, question->by_new, &question->options,
				     &comparison, &why);
	snprintf(base, sizeof(base), "%s=%s", question->by, question->by_base);
	snprintf(new, sizeof(new), "%s=%s", question->by, question->by_new);
	comparison.base_path = base;
	comparison.new_path = new;
	status = answer(&comparison, question, err, &why);
	comparison_free(&comparison);
	record_free(record);
	return status;
}

static int take_option(struct question *question, int option, char *text)
{
	double percent_given;

	switch (option) {
	case 't':
		if (number_parse(text, &percent_given) || percent_given < 0 || percent_given > 1000)
			return say(STATUS_USAGE, "--threshold: expected a number from 0 to 1000, found '%s'", text);
		question->options.threshold_percent = percent_given;
		return STATUS_OK;
	case 'c':
		return take_list("case", text, question->cases);
	case 'p':
		return take_list("policy", text, question->policies);
	case 'u':
		return take_unlike(text, &question->options.override);
	case 'b':
		return take_by(text, question);
	case 'm':
		question->print = compare_markdown;
		return STATUS_OK;
	case 'j':
		question->print = comparison_write;
		return STATUS_OK;
	default:
		return say(STATUS_USAGE, "zapbench compare --help says how");
	}
}

int command_compare(int argc, char **argv)
{
	static const struct option options[] = {
		{ "threshold", required_argument, NULL, 't' },
		{ "case", required_argument, NULL, 'c' },
		{ "policy", required_argument, NULL, 'p' },
		{ "unlike", required_argument, NULL, 'u' },
		{ "by", required_argument, NULL, 'b' },
		{ "markdown", no_argument, NULL, 'm' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct question question = { .options = { .threshold_percent = 1 }, .print = compare_print };
	int option, status = STATUS_OK;

	while (!status && (option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
			return STATUS_OK;
		}
		status = take_option(&question, option, optarg);
	}
	if (status)
		return status;
	question.options.cases = question.cases;
	question.options.policies = question.policies;
	if (question.by && argc - optind == 1)
		return compare_one(argv[optind], &question);
	if (question.by)
		return say(STATUS_USAGE, "--by compares within one results file");
	if (argc - optind != 2)
		return say(
			STATUS_USAGE,
			"compare takes two files or folders, or one file and --by; zapbench compare --help says how");
	return compare_two(argv[optind], argv[optind + 1], &question);
}
