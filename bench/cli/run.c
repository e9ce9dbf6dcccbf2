// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <getopt.h>
#include <glob.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wordexp.h>

#include "bench/cli/cli.h"
#include "bench/cli/command-line.h"
#include "bench/cli/destination.h"
#include "bench/measure/counters.h"
#include "bench/run/run.h"
#include "report/answer/brief.h"
#include "report/answer/compare.h"
#include "report/render/table.h"

enum { LIST_MAX = 64 };

struct arguments {
	struct run_options run;
	const char *cases[LIST_MAX + 1];
	const char *sources[LIST_MAX + 1];
	const char *events[COUNTERS_MAX + 1];
	const char *labels[LIST_MAX + 1];
	size_t nr_labels;
	const char *out;
	const char *resume; /* a journal */
	bool others;        /* options that do not go with it */
	double loop_s;
	bool dry_run;
	bool seed_given;
	char *command_line;
};

enum {
	OPTION_PROFILE = 256,
	OPTION_SOURCE,
	OPTION_POLICY,
	OPTION_SET,
	OPTION_BUDGET,
	OPTION_PRECISION,
	OPTION_CPU,
	OPTION_LAYOUT,
	OPTION_EVENTS,
	OPTION_TUNE,
	OPTION_MODEL,
	OPTION_COOL,
	OPTION_SEED,
	OPTION_REPEAT,
	OPTION_RESUME,
	OPTION_AA,
	OPTION_OUT,
	OPTION_LABEL,
	OPTION_DRY,
	OPTION_LOOP,
	OPTION_QUIET
};

static bool get_profile(size_t index, struct named_value *value)
{
	*value = (struct named_value){ profile_names[index], "", "" };
	return value->name != NULL;
}

static const char *const layouts[] = { "fixed", "random", NULL };

static bool get_layout(size_t index, struct named_value *value)
{
	*value = (struct named_value){ layouts[index], "", "" };
	return value->name != NULL;
}

static const struct values values_profiles = { .get = get_profile }, values_layouts = { .get = get_layout };

static const struct flag flags[] = {
	{ .id = OPTION_PROFILE,
	  .name = "profile",
	  .argument = "NAME",
	  .help = "quick: 13 configurations of one source, 21 on zap-heap; matrix: every policy and granularity of "
		  "one source; costs: what one miss, clean or system call costs, for zapbench model --costs; full: "
		  "sweeps, every source",
	  .preset = "quick",
	  .more = "make bench-qemu runs matrix: its buffers are as small as possible.",
	  .heading = "what to measure",
	  .values = &values_profiles },
	{ .id = OPTION_SOURCE,
	  .name = "source",
	  .argument = "NAME[,NAME]",
	  .help = "zap-heap, dma-heap:system, udmabuf, drm:vgem, memfd, ...; zapbench list shows them",
	  .preset = "the first one that this machine has",
	  .values = &values_sources },
	{ .id = OPTION_POLICY,
	  .name = "policy",
	  .argument = "NAME[,NAME]",
	  .help = "these policies instead of those of the profile: the same as --set policy=NAME",
	  .values = &values_policies },
	{ .id = OPTION_SET,
	  .name = "set",
	  .argument = "KEY=VALUE[,...]",
	  .help = "sweep a parameter instead of what the profile sweeps",
	  .values = &values_params,
	  .explain = true },
	{ .id = OPTION_BUDGET,
	  .name = "budget",
	  .argument = "SECONDS",
	  .help = "measure rounds for at most this long",
	  .preset = "75 for quick, else 600",
	  .heading = "how" },
	{ .id = OPTION_PRECISION,
	  .name = "precision",
	  .argument = "PERCENT",
	  .help = "stop when the 95 % interval of every median is at most this wide to each side",
	  .preset = "1",
	  .more = "This is tested after 50 rounds, and again each time the number of rounds has doubled." },
	{ .id = OPTION_CPU,
	  .name = "cpu",
	  .argument = "N",
	  .help = "measure on this CPU",
	  .preset = "chosen; the table says why",
	  .more = "The default is the CPU of the fastest core type that took the fewest interrupts. With several "
		  "core types, one CPU of each is measured; --cpu measures on one." },
	{ .id = OPTION_LAYOUT,
	  .name = "layout",
	  .argument = "fixed|random",
	  .help = "addresses, stack and kind of loop: the same in all rounds, or drawn anew for each round",
	  .preset = "random, but fixed on an emulated machine",
	  .values = &values_layouts },
	{ .id = OPTION_EVENTS,
	  .name = "events",
	  .argument = "NAME[,NAME]",
	  .help = "count these events instead of the default events of each case",
	  .more = "Names are neutral ones such as cycles or dtlb-walk, any name that libpfm4 knows, a file in "
		  "/sys/bus/event_source/devices/PMU/events, rHEX for an event's number, or tracepoint:system:name. "
		  "Events are counted in a separate pass, which is not timed. Ratios such as "
		  "instructions per fault are computed per round and shown with their interval." },
	{ .id = OPTION_TUNE,
	  .name = "tune",
	  .help = "set governor, frequency, boost, huge pages and interrupts as measuring needs; restore them at the "
		  "end",
	  .more = "As root. What is changed is said before the warm-up. Whatever ends the run, the settings come back: "
		  "at "
		  "its end, or, after kill -9, when the next run begins. /run/zapbench-tuned notes what they were." },
	{ .id = OPTION_MODEL,
	  .name = "model",
	  .help = "in QEMU: mark every timed region for the plugin that models caches and TLBs",
	  .more = "make bench-qemu MODEL=NAME gives this option. The marks are in a separate pass, so they change no "
		  "other figure." },
	{ .id = OPTION_COOL,
	  .name = "cool-down",
	  .argument = "CELSIUS",
	  .help = "while the machine is hotter, wait before a round, for at most a minute" },
	{ .id = OPTION_SEED,
	  .name = "seed",
	  .argument = "N",
	  .help = "seed of the shuffled order",
	  .preset = "random, and recorded" },
	{ .id = OPTION_REPEAT,
	  .name = "repeat",
	  .argument = "N",
	  .help = "measure N runs, one file each",
	  .preset = "1" },
	{ .id = OPTION_RESUME,
	  .name = "resume",
	  .argument = "JOURNAL",
	  .help = "resume an interrupted run; its options are in the journal, so only --out and --quiet may follow",
	  .more = "This fails if the program, the plan, the machine or the faults of the reference pass are not those "
		  "of the start of the run. Another boot is allowed, and reported. The record lists the segments and "
		  "their first rounds.",
	  .values = &values_journals },
	{ .id = OPTION_AA,
	  .name = "aa",
	  .help = "measure every configuration twice and compare it with itself, to count the false alarms of this "
		  "machine",
	  .more = "The two are half=1 and half=2. The line below the table says how many differ." },
	{ .id = OPTION_OUT,
	  .name = "out",
	  .argument = "PATH",
	  .help = "a file, or a folder (it exists or its name ends with /); with - the record goes to standard "
		  "output, and the table to standard error",
	  .preset = RESULTS_FOLDER,
	  .more = "With standard output no journal is kept.",
	  .heading = "output",
	  .values = &values_files },
	{ .id = OPTION_LABEL,
	  .name = "label",
	  .argument = "KEY=VALUE",
	  .help = "store a label in the record, such as kernel=patched; may be given more than once" },
	{ .id = OPTION_DRY,
	  .name = "dry-run",
	  .help = "print the plan, and how long it takes (measured by one round)" },
	{ .id = OPTION_LOOP,
	  .name = "loop",
	  .argument = "SECONDS",
	  .help = "run one configuration alone, for perf or ftrace; nothing is recorded" },
	{ .id = OPTION_QUIET, .name = "quiet", .help = "no progress, no table" },
	{ .name = NULL },
};

static const struct outcome outcomes[] = {
	{ STATUS_OK, "measured" },
	{ STATUS_FAILED, "failed, or nothing could be measured" },
	{ STATUS_USAGE, "wrong usage, or a file that is not a journal" },
	{ STATUS_INVALID, "measured, but some samples are invalid" },
	{ STATUS_SIGNAL, "interrupted; the finished rounds are kept, and --resume continues the run" },
	{ 0, NULL },
};

static int seed_parse(const char *text, uint64_t *seed, struct why *why)
{
	char *end;

	errno = 0;
	*seed = strtoull(text, &end, 0);
	if (*text < '0' || *text > '9' || *end || errno)
		return why_set(why, -EINVAL, NULL, "--seed: expected a whole number below 2^64, found '%s'", text);
	return 0;
}

static int label_add(struct arguments *arguments, const char *text, struct why *why)
{
	if (!strchr(text, '=') || *text == '=')
		return why_set(why, -EINVAL, NULL, "--label: expected key=value, found '%s'", text);
	if (arguments->nr_labels == LIST_MAX)
		return why_set(why, -EINVAL, NULL, "--label: more than %d labels", LIST_MAX);
	arguments->labels[arguments->nr_labels++] = text;
	return 0;
}

static int policy_set(struct sweep *set, const char *text, struct why *why)
{
	char assignment[256];

	snprintf(assignment, sizeof(assignment), "policy=%s", text);
	return sweep_parse(set, assignment, why);
}

static int take(void *arg, int option, char *value, struct why *why)
{
	struct arguments *arguments = arg;
	struct run_options *run = &arguments->run;
	double parsed = 0;
	unsigned int chosen = 0;
	int err = 0;

	arguments->others |= option != OPTION_RESUME && option != OPTION_OUT && option != OPTION_QUIET;
	switch (option) {
	case OPTION_PROFILE:
		err = take_choice("profile", value, profile_names, &chosen, why);
		run->request.profile = chosen;
		break;
	case OPTION_SOURCE:
		return take_list("source", value, arguments->sources, LIST_MAX, why);
	case OPTION_POLICY:
		return policy_set(&run->request.set, value, why);
	case OPTION_SET:
		return sweep_parse(&run->request.set, value, why);
	case OPTION_BUDGET:
		return take_number("budget", value, 0.1, 1e6, &run->budget_s, why);
	case OPTION_PRECISION:
		return take_number("precision", value, 0.01, 100, &run->precision_percent, why);
	case OPTION_CPU:
		err = take_whole("cpu", value, 0, 1e6, &parsed, why);
		run->cpu = (int)parsed;
		run->one_cpu = true;
		break;
	case OPTION_LAYOUT:
		err = take_choice("layout", value, layouts, &chosen, why);
		run->layout = chosen == 1 ? LAYOUT_RANDOM : LAYOUT_FIXED;
		return err;
	case OPTION_EVENTS:
		return take_list("events", value, arguments->events, COUNTERS_MAX, why);
	case OPTION_TUNE:
		run->tune = true;
		break;
	case OPTION_MODEL:
		run->model = true;
		break;
	case OPTION_COOL:
		return take_number("cool-down", value, 1, 150, &run->cool_celsius, why);
	case OPTION_SEED:
		arguments->seed_given = true;
		return seed_parse(value, &run->seed, why);
	case OPTION_REPEAT:
		err = take_whole("repeat", value, 1, 1000, &parsed, why);
		run->repeat_count = (int64_t)parsed;
		break;
	case OPTION_RESUME:
		arguments->resume = value;
		break;
	case OPTION_AA:
		run->request.halves = true;
		break;
	case OPTION_OUT:
		arguments->out = value;
		break;
	case OPTION_LABEL:
		return label_add(arguments, value, why);
	case OPTION_DRY:
		arguments->dry_run = true;
		break;
	case OPTION_LOOP:
		return take_number("loop", value, 0.1, 1e6, &arguments->loop_s, why);
	case OPTION_QUIET:
		run->quiet = true;
		break;
	}
	return err;
}

static int finish_arguments(struct arguments *arguments, struct why *why)
{
	struct run_options *run = &arguments->run;

	run->request.cases = arguments->cases;
	run->request.sources = arguments->sources;
	run->labels = arguments->labels;
	run->events = arguments->events[0] ? arguments->events : NULL;
	run->command_line = arguments->command_line;
	if (!(run->budget_s > 0))
		run->budget_s = run->request.profile == PROFILE_QUICK ? 75 : 600;
	if (arguments->out && !strcmp(arguments->out, "-") && run->repeat_count > 1)
		return why_set(why, -EINVAL, "give a folder",
			       "--out -: standard output takes one record, --repeat makes %lld",
			       (long long)run->repeat_count);
	if (!arguments->seed_given && getrandom(&run->seed, sizeof(uint32_t), 0) != sizeof(uint32_t))
		return why_set(why, -errno, "give --seed", "getrandom: %s", strerror(errno));
	return 0;
}

/* -1 to go on, or an exit status: help was asked for, or an error was printed. */
static int parse(int argc, char **argv, struct arguments *arguments)
{
	struct why why = { "", "" };
	size_t count = 0;
	int status, err;

	*arguments = (struct arguments){
		.run = { .cpu = -1, .precision_percent = 1, .cool_celsius = NAN, .repeat_count = 1 }
	};
	arguments->command_line = command_line_join(argc, argv);
	if (!arguments->command_line)
		return complain_why(STATUS_FAILED, -ENOMEM, &why);
	status = parse_flags(&command_run, argc, argv, take, arguments);
	if (status >= 0)
		return status;
	arguments->others |= optind < argc;
	for (; optind < argc; optind++) {
		if (count == LIST_MAX)
			return complain(STATUS_USAGE, "more than %d cases", LIST_MAX);
		arguments->cases[count++] = argv[optind];
	}
	err = finish_arguments(arguments, &why);
	return err ? complain_why(STATUS_USAGE, err, &why) : -1;
}

/*
 * Parse the command line of a run that is resumed. @words holds it, and the arguments point into it. 0, or -EINVAL when
 * it is none.
 */
static int parse_resumed(const struct record *record, wordexp_t *words, struct arguments *arguments, struct why *why)
{
	/* 'zapbench', 'run', ...: getopt_long() passes over the first word that it is given */
	if (command_line_split(record->command_line, words) || words->we_wordc < 2)
		return why_set(why, -EINVAL, "zapbench recover makes a record from it",
			       "the journal's command line cannot be read: %s", record->command_line);
	optind = 0;
	if (parse((int)words->we_wordc - 1, words->we_wordv + 1, arguments) >= 0)
		return why_set(why, -EINVAL, "zapbench recover makes a record from it",
			       "the journal's command line is not understood: %s", record->command_line);
	return 0;
}

static void on_signal(int number_of_signal)
{
	run_interrupted = number_of_signal;
}

static void catch_signals(void)
{
	catch_stops(on_signal);
	/* A file that reaches its limit is an error to report, not an end. */
	signal(SIGXFSZ, SIG_IGN);
}

/*
 * Is there a figure of what was asked? That of a case without memory, such as null, is one only where no other case
 * was asked.
 */
static bool has_figure(const struct record *record)
{
	bool valid = false, with_source = false, of_source = false;

	for (size_t i = 0; i < record->nr_configs; i++) {
		const struct config_result *config = &record->config[i];

		valid |= config_valid(config);
		with_source |= config->source[0] != '\0';
		of_source |= config->source[0] && config_valid(config);
	}
	return with_source ? of_source : valid;
}

static bool has_invalid(const struct record *record)
{
	for (size_t i = 0; i < record->nr_configs; i++) {
		if (record->config[i].summary.samples_invalid)
			return true;
	}
	return false;
}

static void print_record(const struct record *record, FILE *out)
{
	size_t columns = out == stdout ? output_columns(TABLE_COLUMNS) : TABLE_COLUMNS;

	/* What a reader looks for comes first; the table says why. */
	if (!brief_print(record, columns, out) && !table_print(record, columns, out))
		compare_halves(record, out);
}

/* One whole run: measure, print, save. Return an exit status. */
static int one_run(const struct arguments *arguments, const struct destination *to, struct plan *plan)
{
	char journal[PATH_MAX], path[PATH_MAX] = "";
	struct record *record = NULL;
	struct why why = { "", "" };
	int err, status;
	bool stopped;

	err = run_plan(&arguments->run, plan, to->stream ? NULL : to->folder, journal, &record, &why);
	if (err) {
		status = complain_why(STATUS_FAILED, err, &why);
		if (journal[0] && !access(journal, F_OK))
			complain(status,
				 "the measured rounds are kept; fix: zapbench run --resume %s, or zapbench recover %s",
				 journal, journal);
		return status;
	}
	if (arguments->resume)
		snprintf(journal, sizeof(journal), "%s", arguments->resume);
	stopped = !strcmp(record->stopped_by, "signal");
	/* Saved before it is printed: whoever reads the table may go away. */
	err = destination_save(to, record, arguments->run.repeat_index, arguments->run.repeat_count, has_figure(record),
			       path, sizeof(path), &why);
	if (!err && journal[0] && !stopped)
		unlink(journal);
	if (!arguments->run.quiet)
		print_record(record, to->stream ? stderr : stdout);
	if (err) {
		status = complain_why(STATUS_FAILED, err, &why);
		if (journal[0])
			complain(status, "the measured rounds are kept; fix: zapbench recover %s --out FILE", journal);
	} else {
		if (!arguments->run.quiet && path[0])
			printf("results: %s\n", path);
		if (journal[0] && stopped)
			complain(0, "interrupted; resume with: zapbench run --resume %s%s%s", journal,
				 to->name[0] ? " --out " : "", to->name[0] ? path : "");
		status = has_invalid(record) ? STATUS_INVALID : STATUS_OK;
		/* The figures of a modelled run without a PMU come with the plugin's counts. */
		if (!has_figure(record) && !stopped && !arguments->run.model)
			status = complain(STATUS_FAILED,
					  "nothing was measured: no configuration has enough valid samples; the "
					  "newest result is unchanged");
	}
	record_free(record);
	return status;
}

static int dry_run(const struct arguments *arguments, struct plan *plan)
{
	const struct run_options *run = &arguments->run;
	struct run_estimate estimate;
	struct why why = { "", "" };
	double most, counting_s;
	int err = run_estimate(run, plan, &estimate, &why);

	if (err)
		return complain_why(STATUS_FAILED, err, &why);
	most = fmax(floor(run->budget_s / estimate.round_s), 1);
	counting_s = estimate.counting_rounds * estimate.round_s;
	for (size_t i = 0; i < plan->count; i++) {
		printf("%s\n", plan->config[i].name);
		if (plan->config[i].calls[0])
			printf("    %s\n", plan->config[i].calls);
	}
	for (size_t i = 0; i < plan->nr_skipped; i++)
		printf("skipped %s\n    %s\n", plan->skipped[i].name, why_line(&plan->skipped[i].why).text);
	printf("\n%zu configuration%s, %zu skipped. Warm-up %.1f s. A round took %.0f ms: at most %.0f round%s\n"
	       "and %.0f s for a precision of %g %%, and %d round%s (%.0f s) to count events.\n"
	       "In all %.1f minutes at most.\n",
	       plan->count, plan->count == 1 ? "" : "s", plan->nr_skipped, estimate.warm_up_s, estimate.round_s * 1e3,
	       most, most <= 1 ? "" : "s", run->budget_s, run->precision_percent, estimate.counting_rounds,
	       estimate.counting_rounds == 1 ? "" : "s", ceil(counting_s),
	       (estimate.warm_up_s + run->budget_s + counting_s) / 60);
	return STATUS_OK;
}

static int loop(const struct arguments *arguments, struct plan *plan)
{
	struct why why = { "", "" };
	int err;

	if (plan->count != 1) {
		complain(STATUS_USAGE,
			 "--loop takes one configuration, these are %zu; choose one by a case, --source, --policy "
			 "and --set:",
			 plan->count);
		for (size_t i = 0; i < plan->count; i++)
			fprintf(stderr, "  %s\n", plan->config[i].name);
		return STATUS_USAGE;
	}
	err = run_loop(&arguments->run, plan, arguments->loop_s, &why);
	return err ? complain_why(STATUS_FAILED, err, &why) : STATUS_OK;
}

/* Name each journal in the folder that no process writes to: it is of an interrupted run. */
static void tell_journals(const char *folder)
{
	char pattern[PATH_MAX];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%s/*.json.journal", folder);
	if (glob(pattern, 0, NULL, &found))
		return;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		if (!journal_busy(found.gl_pathv[i]))
			complain(0,
				 "an unfinished run left a journal; zapbench run --resume %s resumes it, "
				 "zapbench recover %s makes a results file from it",
				 found.gl_pathv[i], found.gl_pathv[i]);
	}
	globfree(&found);
}

/* Each run gets a new plan: a warm-up may have removed configurations from the last one. */
static int all_runs(struct arguments *arguments)
{
	struct why why = { "", "" };
	struct destination to;
	int err, status = STATUS_OK;

	err = destination_set(&to, arguments->out, &why);
	if (err)
		return complain_why(STATUS_FAILED, err, &why);
	if (!to.stream)
		tell_journals(to.folder);
	for (int64_t i = 0; i < arguments->run.repeat_count && !run_interrupted; i++) {
		struct plan plan;
		int one;

		err = plan_make(&arguments->run.request, &plan, &why);
		if (err)
			return complain_why(err == -EINVAL ? STATUS_USAGE : STATUS_FAILED, err, &why);
		arguments->run.repeat_index = i;
		one = one_run(arguments, &to, &plan);
		plan_free(&plan);
		if (one == STATUS_FAILED)
			return one;
		if (one)
			status = one;
		arguments->run.seed++; /* each run its own order, all of them from the one that was given */
	}
	return run_interrupted ? STATUS_SIGNAL + run_interrupted : status;
}

/* The rest of the run whose journal was given, to @to; @resumed is what the run itself was given. */
static int resume_to(const struct arguments *given, struct arguments *resumed, const struct destination *to,
		     struct record *record, struct journal *journal)
{
	const struct fact *cpu = facts_find(&record->environment, "measuring", "cpu");
	int64_t index = record->repeat_index, count = record->repeat_count;
	struct why why = { "", "" };
	struct plan plan;
	int status, err;

	err = plan_make(&resumed->run.request, &plan, &why);
	if (err) {
		journal_close(journal, true);
		record_free(record);
		return complain_why(STATUS_FAILED, err, &why);
	}
	resumed->run.seed = record->seed;
	resumed->run.cpu = cpu && cpu->value.kind == VALUE_INT ? (int)cpu->value.integer : -1;
	resumed->run.quiet = given->run.quiet;
	resumed->run.repeat_count = 1; /* one file, under the name that it is given here */
	resumed->run.resumed = record;
	resumed->run.journal = journal;
	resumed->resume = given->resume;
	status = one_run(resumed, to, &plan);
	plan_free(&plan);
	if (status != STATUS_FAILED && index + 1 < count)
		complain(0, "that was run %lld of --repeat %lld; the other runs were not started", (long long)index + 1,
			 (long long)count);
	return run_interrupted ? STATUS_SIGNAL + run_interrupted : status;
}

/* zapbench run --resume */
static int resume(const struct arguments *given)
{
	size_t length = strlen(given->resume), suffix = strlen(JOURNAL_SUFFIX);
	struct arguments resumed = { .command_line = NULL };
	struct journal *journal = NULL;
	struct record *record = NULL;
	struct why why = { "", "" };
	struct destination to;
	char out[PATH_MAX];
	wordexp_t words = { 0 };
	int status, err = 0;

	if (given->others)
		err = why_set(&why, -EINVAL, NULL,
			      "--resume takes only --out and --quiet; all other options are in the journal");
	else if (!given->out && (length <= suffix || strcmp(given->resume + length - suffix, JOURNAL_SUFFIX)))
		err = why_set(&why, -EINVAL, "give the new name with --out", "%s does not end in " JOURNAL_SUFFIX,
			      given->resume);
	if (err)
		return complain_why(STATUS_USAGE, err, &why);
	snprintf(out, sizeof(out), "%.*s", (int)(length - suffix), given->resume);
	err = journal_reopen(given->resume, &journal, &record, &why);
	if (err)
		return complain_why(unread_status(err, STATUS_FAILED), err, &why);
	err = destination_set(&to, given->out ? given->out : out, &why);
	if (!err)
		err = parse_resumed(record, &words, &resumed, &why);
	if (err) {
		status = complain_why(STATUS_FAILED, err, &why);
		journal_close(journal, true);
		record_free(record);
	} else {
		status = resume_to(given, &resumed, &to, record, journal);
	}
	free(resumed.command_line);
	wordfree(&words);
	return status;
}

static int run_run(int argc, char **argv)
{
	struct arguments arguments;
	struct why why = { "", "" };
	char journal[PATH_MAX];
	struct plan plan;
	int status, err;

	status = parse(argc, argv, &arguments);
	if (status >= 0)
		goto out_free;
	catch_signals();
	if (arguments.resume) {
		arguments.resume = result_path(arguments.resume, journal, sizeof(journal));
		status = resume(&arguments);
		goto out_free;
	}
	if (!arguments.dry_run && !(arguments.loop_s > 0)) {
		status = all_runs(&arguments);
		goto out_free;
	}
	err = plan_make(&arguments.run.request, &plan, &why);
	if (err) {
		status = complain_why(err == -EINVAL ? STATUS_USAGE : STATUS_FAILED, err, &why);
		goto out_free;
	}
	/* A run that is only planned changes no setting. */
	arguments.run.tune = arguments.run.tune && !arguments.dry_run;
	/* A loop is one configuration, on one CPU. */
	arguments.run.one_cpu |= !arguments.dry_run;
	status = arguments.dry_run ? dry_run(&arguments, &plan) : loop(&arguments, &plan);
	plan_free(&plan);
out_free:
	free(arguments.command_line);
	return status;
}

static const char *const usage[] = { "[CASE...] [OPTION...]", NULL };

const struct command command_run = {
	.name = "run",
	.summary = "measure, print a table, write a results file",
	.usage = usage,
	.about = "Measure, print a table as wide as the terminal, and write a results file. Without CASE it measures "
		 "all "
		 "cases.",
	.flags = flags,
	.arguments = &values_cases,
	.outcomes = outcomes,
	.failure = STATUS_FAILED,
	.examples = "zapbench run\n"
		    "zapbench run refault --set size=1M,16M --set order=sequential,random\n"
		    "zapbench run frame --policy lazy --set touched=0.1,1 --label kernel=patched\n"
		    "zapbench run refault --policy eager --set granularity=page --set timing=batch --loop 10",
	.run = run_run,
};
