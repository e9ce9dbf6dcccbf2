// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/cli/cli.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "report/answer/compare.h"
#include "report/history/history.h"
#include "bench/base/text.h"

enum { NAMES_MAX = 64 };

static const char *const usage[] = { "BASE NEW [OPTION...]", "RESULT --by KEY=A,B [OPTION...]", NULL };

enum { FLAG_THRESHOLD = 1, FLAG_CASE, FLAG_POLICY, FLAG_UNLIKE, FLAG_WITHIN_BOOT, FLAG_BY, FLAG_MARKDOWN, FLAG_JSON };

/* What differs and can be overridden. Emulation cannot. */
static bool get_kind(size_t index, struct named_value *value)
{
	if (index >= COMPATIBLE_EMULATION)
		index++;
	*value = (struct named_value){ index < NR_COMPATIBILITIES ? compatibility_names[index] : NULL, "", "" };
	return value->name != NULL;
}

static const struct values values_kinds = { .get = get_kind, .list = true };

static const struct flag flags[] = {
	{ .id = FLAG_THRESHOLD,
	  .name = "threshold",
	  .argument = "PERCENT",
	  .help = "a change counts if its whole interval lies beyond this",
	  .preset = "1",
	  .more = "With 0, a change counts if its interval does not contain 0." },
	{ .id = FLAG_CASE,
	  .name = "case",
	  .argument = "NAME[,NAME]",
	  .help = "only these cases",
	  .values = &values_cases },
	{ .id = FLAG_POLICY,
	  .name = "policy",
	  .argument = "NAME[,NAME]",
	  .help = "only these policies",
	  .values = &values_policies },
	{ .id = FLAG_UNLIKE,
	  .name = "unlike",
	  .argument = "KIND[,KIND]",
	  .help = "compare although these differ, and mark them: machine, page-size, zap-heaps, program, "
		  "settings, run, configurations; kernel: the kernels within one side",
	  .values = &values_kinds },
	{ .id = FLAG_WITHIN_BOOT,
	  .name = "within-boot",
	  .help = "compare runs of one boot, measured in turn; the result holds for this boot",
	  .more = "Each run is then one observation. Without reboots, zapbench ab compares in this way." },
	{ .id = FLAG_BY,
	  .name = "by",
	  .argument = "KEY=A,B",
	  .help = "compare within one run: configurations with KEY=B to those with KEY=A, paired by round",
	  .values = &values_params },
	{ .id = FLAG_MARKDOWN, .name = "markdown", .help = "print Markdown" },
	{ .id = FLAG_JSON,
	  .name = "json",
	  .help = "print JSON",
	  .more = "The source describes it in zapbench-comparison.schema.json." },
	{ .name = NULL },
};

static const struct outcome outcomes[] = {
	{ STATUS_OK, "no regression; with --by: compared" },
	{ STATUS_REGRESSION, "regression; never with --by" },
	{ STATUS_USAGE, "wrong usage, or a file that is not a result (the other files were compared)" },
	{ STATUS_NOTHING, "nothing can be compared" },
	{ STATUS_BROKEN, "failed" },
	{ 0, NULL },
};

struct comparing {
	struct compare_options options;
	const char *cases[NAMES_MAX + 1], *policies[NAMES_MAX + 1];
	char *by, *by_base, *by_new;
	int (*print)(const struct comparison *comparison, FILE *out);
};

static int failed(int err, const struct why *why)
{
	if (err == -ENOMEM)
		return complain_why(STATUS_BROKEN, err, why);
	return complain_why(err == -EXDEV || err == -ENOENT ? STATUS_NOTHING : STATUS_USAGE, err, why);
}

static int unread(int err, const struct why *why)
{
	return complain_why(unread_status(err, STATUS_BROKEN), err, why);
}

static int take_unlike(char *text, unsigned int *override, struct why *why)
{
	char *item;

	while ((item = strsep(&text, ","))) {
		unsigned int kind;
		int err = take_choice("unlike", item, compatibility_names, &kind, why);

		if (err)
			return err;
		if (kind == COMPATIBLE_EMULATION)
			return why_set(why, -EINVAL, NULL,
				       "--unlike: instructions of an emulated machine cannot be compared with times");
		*override |= 1u << kind;
	}
	return 0;
}

static int take_by(char *text, struct comparing *question, struct why *why)
{
	char *equals = strchr(text, '='), *comma = equals ? strchr(equals, ',') : NULL;

	if (!comma || equals == text || comma == equals + 1 || !comma[1] || strchr(comma + 1, ','))
		return why_set(why, -EINVAL, NULL, "--by: expected KEY=A,B, found '%s'", text);
	*equals = *comma = '\0';
	question->by = text;
	question->by_base = equals + 1;
	question->by_new = comma + 1;
	return 0;
}

static int tell_left_out(const struct run_set *set)
{
	for (size_t i = 0; i < set->nr_left_out; i++)
		complain(STATUS_USAGE, "not used: %s", set->left_out[i].text);
	return set->nr_left_out ? STATUS_USAGE : STATUS_OK;
}

/* All that differs, for what is refused. Where one is emulated the rest does not matter. */
static void tell_differences(const struct comparison *comparison)
{
	for (size_t i = 0; i < comparison->nr_differences; i++) {
		if (comparison->difference[i].kind == COMPATIBLE_EMULATION)
			return;
	}
	for (size_t i = 0; i < comparison->nr_differences; i++) {
		const struct difference *d = &comparison->difference[i];

		if (!d->overridden)
			complain(STATUS_USAGE, "different %s: %s: %.150s, now %.150s", d->kind_name, d->key, d->base,
				 d->new);
	}
}

static int answer(struct comparison *comparison, const struct comparing *question, int err, const struct why *why)
{
	int status;

	if (err) {
		tell_differences(comparison);
		return failed(err, why);
	}
	/* With --by nobody changed anything: a difference of two policies is no regression. */
	status = !question->by && comparison_regressed(comparison) ? STATUS_REGRESSION : STATUS_OK;
	err = question->print(comparison, stdout);
	if (err)
		return complain(STATUS_BROKEN, "standard output: %s", strerror(-err));
	return status;
}

/* Results, or a label of the history. */
static const char *resolve(const char *argument, char *path, size_t size)
{
	const char *found = result_path(argument, path, size);

	return found == argument ? history_resolve(argument, path, size) : found;
}

static int compare_two(const char *base_path, const char *new_path, const struct comparing *question)
{
	struct comparison comparison = { 0 };
	struct why why = { "", "" };
	struct run_set base, new = { 0 };
	char path[PATH_MAX];
	int err, status, left_out;

	err = run_set_read(resolve(base_path, path, sizeof(path)), &base, &why);
	if (err)
		return unread(err, &why);
	err = run_set_read(resolve(new_path, path, sizeof(path)), &new, &why);
	if (err) {
		run_set_free(&base);
		return unread(err, &why);
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

static int compare_one(const char *path, const struct comparing *question)
{
	struct comparison comparison = { 0 };
	struct record *record = NULL;
	struct why why = { "", "" };
	char base[200], new[200], found[PATH_MAX];
	int err = record_read(result_path(path, found, sizeof(found)), &record, &why), status;

	if (err)
		return unread(err, &why);
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

static int take(void *arg, int id, char *text, struct why *why)
{
	struct comparing *question = arg;

	switch (id) {
	case FLAG_THRESHOLD:
		return take_number("threshold", text, 0, 1000, &question->options.threshold_percent, why);
	case FLAG_CASE:
		return take_list("case", text, question->cases, NAMES_MAX, why);
	case FLAG_POLICY:
		return take_list("policy", text, question->policies, NAMES_MAX, why);
	case FLAG_UNLIKE:
		return take_unlike(text, &question->options.override, why);
	case FLAG_WITHIN_BOOT:
		question->options.within_boot = true;
		break;
	case FLAG_BY:
		return take_by(text, question, why);
	case FLAG_MARKDOWN:
		question->print = compare_markdown;
		break;
	case FLAG_JSON:
		question->print = comparison_write;
		break;
	}
	return 0;
}

static int run_compare(int argc, char **argv)
{
	struct comparing question = { .options = { .threshold_percent = 1 }, .print = compare_print };
	int status = parse_flags(&command_compare, argc, argv, take, &question);

	if (status >= 0)
		return status;
	question.options.cases = question.cases;
	question.options.policies = question.policies;
	if (question.by && argc - optind == 1)
		return compare_one(argv[optind], &question);
	if (question.by)
		return complain_usage(&command_compare, "--by compares within one results file; found %d",
				      argc - optind);
	if (argc - optind != 2)
		return complain_usage(&command_compare,
				      "compare takes two files or folders, or one file and --by; found %d",
				      argc - optind);
	return compare_two(argv[optind], argv[optind + 1], &question);
}

const struct command command_compare = {
	.name = "compare",
	.summary = "show what is slower or faster in new results than in old ones",
	.usage = usage,
	.about =
		"Show what is slower or faster in NEW than in BASE. Each is a results file, a folder of results files, "
		"or a label of the history. With --by, show what is slower or faster with KEY=B than with KEY=A, "
		"within one run.",
	.flags = flags,
	.arguments = &values_results,
	.notes = "Each boot is one observation: in all runs of a boot, the kernel's code and data are at the same "
		 "addresses. So measure BASE and NEW in turn, in several boots each. If boots and runs differ by 1 %, "
		 "3 boots with 2 runs per side find a change of 10 %, and 6 boots find a change of 5 %. One boot per "
		 "side is inconclusive, except with --within-boot. The kernels of the sides may differ. Other "
		 "differences, for example another set of configurations, are refused. Emulated runs are compared "
		 "round by round.",
	.outcomes = outcomes,
	.failure = STATUS_BROKEN,
	.examples = "zapbench compare results/runs/before results/runs/after\n"
		    "zapbench compare results/runs/latest.json --by granularity=page,huge --case refault",
	.run = run_compare,
};
