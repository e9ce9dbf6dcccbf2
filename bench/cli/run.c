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
#include "bench/base/file.h"
#include "bench/measure/counters.h"
#include "bench/run/run.h"

enum { LIST_MAX = 64 };

static const char help[] =
	"usage: zapbench run [CASE...] [OPTION...]\n\n"
	"Measure, print a table, write a results file. Without a case: all of them, quickly.\n\n"
	"what to measure\n"
	"  --profile NAME         quick (default): 12 configurations of one source, 19 on zap-heap;\n"
	"                         matrix: every policy and granularity of one source;\n"
	"                         full: sweeps, every source\n"
	"  --source NAME[,NAME]   zap-heap, memfd, udmabuf, dma-heap:system, ...\n"
	"  --policy NAME[,NAME]   eager, lazy, cached, uncached, refuse\n"
	"  --set KEY=VALUE[,...]  sweep a parameter, in place of what the profile sweeps:\n";

static const char help_how[] =
	"\nhow\n"
	"  --budget SECONDS       of rounds, at most (quick 75, else 600)\n"
	"  --precision PERCENT    stop when every median is known this well (1)\n"
	"  --cpu N                measure on this CPU; default: chosen, and said why\n"
	"  --layout fixed|random  addresses: the same in every round, or another in each\n"
	"  --events NAME[,NAME]   what to count in place of what explains each case (libpfm4 names too)\n"
	"  --cool-down CELSIUS    wait before a round while the machine is hotter\n"
	"  --seed N               of the shuffled order; default: drawn, and recorded\n"
	"  --repeat N             N whole runs and files: the unit for comparing files\n"
	"  --resume JOURNAL       go on with a run that was stopped; its options are in the\n"
	"                         journal, only --out and --quiet may stand beside\n"
	"  --aa                   every configuration twice, compared with itself: how often this\n"
	"                         machine makes a difference of nothing (see zapbench compare)\n"
	"\noutput\n"
	"  --out PATH             file, or folder ending in /; default: results/; - is standard\n"
	"                         output, the table then goes to standard error\n"
	"  --label KEY=VALUE      kept in the record, e.g. kernel=patched\n"
	"  --dry-run              the plan, and how long it will take (measured by one round)\n"
	"  --loop SECONDS         one configuration alone, for perf or ftrace; no record\n"
	"  --quiet                no progress, no table\n"
	"\nexit status: 0 measured, 1 failed, 2 usage, 3 measured but some samples invalid;\n"
	"interrupted: 128 + signal; what was measured is written, and can be resumed\n"
	"\nexamples\n"
	"  zapbench run\n"
	"  zapbench run refault --set size=1M,16M --set order=sequential,random\n"
	"  zapbench run refault --set granularity=page --set timing=batch --loop 10\n";

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

static const struct option long_options[] = {
	{ "profile", required_argument, NULL, OPTION_PROFILE },
	{ "source", required_argument, NULL, OPTION_SOURCE },
	{ "policy", required_argument, NULL, OPTION_POLICY },
	{ "set", required_argument, NULL, OPTION_SET },
	{ "budget", required_argument, NULL, OPTION_BUDGET },
	{ "precision", required_argument, NULL, OPTION_PRECISION },
	{ "cpu", required_argument, NULL, OPTION_CPU },
	{ "layout", required_argument, NULL, OPTION_LAYOUT },
	{ "events", required_argument, NULL, OPTION_EVENTS },
	{ "cool-down", required_argument, NULL, OPTION_COOL },
	{ "seed", required_argument, NULL, OPTION_SEED },
	{ "repeat", required_argument, NULL, OPTION_REPEAT },
	{ "resume", required_argument, NULL, OPTION_RESUME },
	{ "aa", no_argument, NULL, OPTION_AA },
	{ "out", required_argument, NULL, OPTION_OUT },
	{ "label", required_argument, NULL, OPTION_LABEL },
	{ "dry-run", no_argument, NULL, OPTION_DRY },
	{ "loop", required_argument, NULL, OPTION_LOOP },
	{ "quiet", no_argument, NULL, OPTION_QUIET },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static void print_help(void)
{
	fputs(help, stdout);
	for (enum param i = 0; i < NR_PARAMS; i++) {
		printf("      %-12s %s\n", param_key(i), param_help(i));
		if (!param_choice(i, 0))
			continue;
		printf("      %-12s   ", "");
		for (unsigned int j = 0; param_choice(i, j); j++)
			printf("%s%s", j ? ", " : "", param_choice(i, j));
		putchar('\n');
	}
	fputs(help_how, stdout);
}

static int number(const char *option, const char *text, double minimum, double maximum, double *value, struct why *why)
{
	if (number_parse(text, value) || *value < minimum || *value > maximum)
		return why_set(why, -EINVAL, NULL, "--%s: expected a number from %g to %g, found '%s'", option, minimum,
			       maximum, text);
	return 0;
}

static int whole(const char *option, const char *text, double minimum, double maximum, double *value, struct why *why)
{
	if (number_parse(text, value) || *value < minimum || *value > maximum || *value != floor(*value))
		return why_set(why, -EINVAL, NULL, "--%s: expected a whole number from %.0f to %.0f, found '%s'",
			       option, minimum, maximum, text);
	return 0;
}

static int seed_parse(const char *text, uint64_t *seed, struct why *why)
{
	char *end;

	errno = 0;
	*seed = strtoull(text, &end, 0);
	if (*text < '0' || *text > '9' || *end || errno)
		return why_set(why, -EINVAL, NULL, "--seed: expected a whole number below 2^64, found '%s'", text);
	return 0;
}

/* Split at commas in place and append. */
static int list_parse(const char *option, char *text, const char **list, size_t max, struct why *why)
{
	size_t count = 0;
	char *item;

	while (list[count])
		count++;
	while ((item = strsep(&text, ","))) {
		if (!*item)
			return why_set(why, -EINVAL, NULL, "--%s: an empty name", option);
		if (count == max)
			return why_set(why, -EINVAL, NULL, "--%s: more than %zu names", option, max);
		list[count++] = item;
	}
	return 0;
}

/* Which of the NULL-terminated @names @text is. */
static int choice(const char *option, const char *text, const char *const *names, unsigned int *chosen, struct why *why)
{
	const char *nearest = nearest_name(text, names);
	char known[200] = "";

	for (unsigned int i = 0; names[i]; i++) {
		size_t used = strlen(known);

		*chosen = i;
		if (!strcmp(text, names[i]))
			return 0;
		snprintf(known + used, sizeof(known) - used, "%s%s", used ? ", " : "", names[i]);
	}
	if (nearest)
		return why_set(why, -EINVAL, NULL, "--%s: unknown value '%s'; did you mean '%s'?", option, text,
			       nearest);
	return why_set(why, -EINVAL, NULL, "--%s: unknown value '%s'; known: %s", option, text, known);
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

static const char *const layouts[] = { "fixed", "random", NULL };

static int take_option(struct arguments *arguments, int option, char *value, struct why *why)
{
	struct run_options *run = &arguments->run;
	double parsed = 0;
	unsigned int chosen = 0;
	int err = 0;

	switch (option) {
	case OPTION_PROFILE:
		err = choice("profile", value, profile_names, &chosen, why);
		run->request.profile = chosen;
		break;
	case OPTION_SOURCE:
		return list_parse("source", value, arguments->sources, LIST_MAX, why);
	case OPTION_POLICY:
		return policy_set(&run->request.set, value, why);
	case OPTION_SET:
		return sweep_parse(&run->request.set, value, why);
	case OPTION_BUDGET:
		return number("budget", value, 0.1, 1e6, &run->budget_s, why);
	case OPTION_PRECISION:
		return number("precision", value, 0.01, 100, &run->precision_percent, why);
	case OPTION_CPU:
		err = whole("cpu", value, 0, 1e6, &parsed, why);
		run->cpu = (int)parsed;
		break;
	case OPTION_LAYOUT:
		err = choice("layout", value, layouts, &chosen, why);
		run->random_layout = chosen == 1;
		return err;
	case OPTION_EVENTS:
		return list_parse("events", value, arguments->events, COUNTERS_MAX, why);
	case OPTION_COOL:
		return number("cool-down", value, 1, 150, &run->cool_celsius, why);
	case OPTION_SEED:
		arguments->seed_given = true;
		return seed_parse(value, &run->seed, why);
	case OPTION_REPEAT:
		err = whole("repeat", value, 1, 1000, &parsed, why);
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
		return number("loop", value, 0.1, 1e6, &arguments->loop_s, why);
	case OPTION_QUIET:
		run->quiet = true;
		break;
	}
	return err;
}

/* Append a word so that a shell, and split() below, make the same word of it. */
static void put_word(FILE *line, const char *word)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-";
	bool quoted = !*word || word[strspn(word, plain)];

	fputs(quoted ? " '" : " ", line);
	for (; *word; word++) {
		if (*word == '\'')
			fputs("'\\''", line);
		else
			fputc(*word, line);
	}
	if (quoted)
		fputc('\'', line);
}

static char *join(int argc, char **argv)
{
	char *text = NULL;
	size_t size;
	FILE *line = open_memstream(&text, &size);

	if (!line)
		return NULL;
	fputs("zapbench", line);
	for (int i = 0; i < argc; i++)
		put_word(line, argv[i]);
	if (fclose(line)) {
		free(text);
		return NULL;
	}
	return text;
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

/* 0, -EINVAL with @why, or 1 when help was asked for. getopt's own complaints leave @why empty. */
static int parse(int argc, char **argv, struct arguments *arguments, struct why *why)
{
	size_t count = 0;
	int option, err;

	*arguments = (struct arguments){
		.run = { .cpu = -1, .precision_percent = 1, .cool_celsius = NAN, .repeat_count = 1 }
	};
	arguments->command_line = join(argc, argv);
	if (!arguments->command_line)
		return -ENOMEM;
	while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		if (option == 'h')
			return 1;
		if (option == '?')
			return -EINVAL;
		err = take_option(arguments, option, optarg, why);
		if (err)
			return err;
		arguments->others |= option != OPTION_RESUME && option != OPTION_OUT && option != OPTION_QUIET;
	}
	arguments->others |= optind < argc;
	for (; optind < argc; optind++) {
		if (count == LIST_MAX)
			return why_set(why, -EINVAL, NULL, "more than %d cases", LIST_MAX);
		arguments->cases[count++] = argv[optind];
	}
	return finish_arguments(arguments, why);
}

/*
 * Parse the command line of a run that is resumed. @words holds it, and the arguments point into it. 0, or -EINVAL when
 * it is none.
 */
static int parse_resumed(const struct record *record, wordexp_t *words, struct arguments *arguments, struct why *why)
{
	/* 'zapbench', 'run', ...: getopt_long() passes over the first word that it is given */
	if (wordexp(record->command_line, words, WRDE_NOCMD | WRDE_UNDEF) || words->we_wordc < 2)
		return why_set(why, -EINVAL, "zapbench recover makes a record of it",
			       "the journal's command line cannot be read: %s", record->command_line);
	optind = 0;
	return parse((int)words->we_wordc - 1, words->we_wordv + 1, arguments, why) ? -EINVAL : 0;
}

/* Where the record goes: a folder that is made when it is missing, and a name. */
struct destination {
	char folder[PATH_MAX / 2];
	char name[512]; /* empty: named after the run's id */
	bool stream;
};

static int destination_set(struct destination *to, const char *out, struct why *why)
{
	struct stat stat_buffer;
	const char *slash;

	memset(to, 0, sizeof(*to));
	if (out && !strcmp(out, "-")) {
		to->stream = true;
		return 0;
	}
	if (!out)
		out = "results/";
	if (strlen(out) >= sizeof(to->folder))
		return why_set(why, -ENAMETOOLONG, NULL, "--out: the name is too long");
	slash = strrchr(out, '/');
	if (!stat(out, &stat_buffer) && S_ISDIR(stat_buffer.st_mode))
		snprintf(to->folder, sizeof(to->folder), "%s", out);
	else
		snprintf(to->folder, sizeof(to->folder), "%.*s", slash ? (int)(slash - out + 1) : 1, slash ? out : ".");
	if (stat(out, &stat_buffer) || !S_ISDIR(stat_buffer.st_mode)) {
		const char *name = slash ? slash + 1 : out;

		if (strlen(name) >= sizeof(to->name) - sizeof("-1000.json"))
			return why_set(why, -ENAMETOOLONG, NULL, "--out: the name is too long");
		snprintf(to->name, sizeof(to->name), "%s", name);
	}
	for (size_t end = strlen(to->folder); end > 1 && to->folder[end - 1] == '/'; end--)
		to->folder[end - 1] = '\0';
	/* Find out now, not after minutes of measuring. */
	if (mkdir(to->folder, 0777) && errno != EEXIST)
		return why_set(why, -errno, "give a folder that you may write to with --out", "%s: %s", to->folder,
			       strerror(errno));
	if (access(to->folder, W_OK | X_OK))
		return why_set(why, -errno, "give a folder that you may write to with --out, or --out -", "%s: %s",
			       to->folder, strerror(errno));
	return 0;
}

static void on_signal(int number_of_signal)
{
	run_interrupted = number_of_signal;
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	/* A file that reaches its limit is an error to report, not an end. */
	signal(SIGXFSZ, SIG_IGN);
}

static bool has_invalid(const struct record *record)
{
	for (size_t i = 0; i < record->nr_configs; i++) {
		if (record->config[i].summary.samples_invalid)
			return true;
	}
	return false;
}

static void file_name(const struct destination *to, const struct run_options *run, const struct record *record,
		      char *name, size_t size)
{
	size_t length = strlen(to->name);

	if (!length)
		snprintf(name, size, "%s.json", record->run_id);
	else if (run->repeat_count > 1 && length > 5 && !strcmp(to->name + length - 5, ".json"))
		snprintf(name, size, "%.*s-%lld.json", (int)length - 5, to->name, (long long)run->repeat_index + 1);
	else if (run->repeat_count > 1)
		snprintf(name, size, "%s-%lld", to->name, (long long)run->repeat_index + 1);
	else
		snprintf(name, size, "%s", to->name);
}

static int save(const struct destination *to, const struct run_options *run, const struct record *record, char *path,
		size_t size, struct why *why)
{
	char name[768];
	int err;

	if (to->stream)
		return record_write(record, "-", why);
	file_name(to, run, record, name, sizeof(name));
	snprintf(path, size, "%s/%s", to->folder, name);
	err = record_write(record, path, why);
	if (err)
		return err;
	return file_point_latest(to->folder, name, why);
}

/* One whole run: measure, print, save. Return an exit status. */
static int one_run(const struct arguments *arguments, const struct destination *to, struct plan *plan,
		   print_record_fn *print)
{
	char journal[PATH_MAX], path[PATH_MAX] = "";
	struct record *record = NULL;
	struct why why = { "", "" };
	int err, status;
	bool stopped;

	err = run_plan(&arguments->run, plan, to->stream ? NULL : to->folder, journal, &record, &why);
	if (err) {
		status = complain(STATUS_FAILED, &why);
		if (journal[0] && !access(journal, F_OK))
			fprintf(stderr,
				"zapbench: what was measured is kept; remedy: zapbench run --resume %s, or zapbench "
				"recover %s\n",
				journal, journal);
		return status;
	}
	if (arguments->resume)
		snprintf(journal, sizeof(journal), "%s", arguments->resume);
	stopped = !strcmp(record->stopped_by, "signal");
	if (!arguments->run.quiet)
		print(record, to->stream ? stderr : stdout);
	err = save(to, &arguments->run, record, path, sizeof(path), &why);
	if (err) {
		status = complain(STATUS_FAILED, &why);
		if (journal[0])
			fprintf(stderr, "zapbench: the rounds are kept; remedy: zapbench recover %s --out FILE\n",
				journal);
	} else {
		if (journal[0] && !stopped)
			unlink(journal);
		if (!arguments->run.quiet && path[0])
			printf("results: %s\n", path);
		if (journal[0] && stopped)
			fprintf(stderr, "zapbench: stopped; it goes on with: zapbench run --resume %s%s%s\n", journal,
				to->name[0] ? " --out " : "", to->name[0] ? path : "");
		status = has_invalid(record) ? STATUS_INVALID : STATUS_OK;
	}
	record_free(record);
	return status;
}

static int dry_run(const struct arguments *arguments, struct plan *plan)
{
	const struct run_options *run = &arguments->run;
	struct run_estimate estimate;
	struct why why = { "", "" };
	double most;

	if (run_estimate(run, plan, &estimate, &why))
		return complain(STATUS_FAILED, &why);
	most = floor(run->budget_s / estimate.round_s);
	for (size_t i = 0; i < plan->count; i++) {
		printf("%s\n", plan->config[i].name);
		if (plan->config[i].calls[0])
			printf("    %s\n", plan->config[i].calls);
	}
	for (size_t i = 0; i < plan->nr_skipped; i++)
		printf("skipped %s\n    %s%s%s\n", plan->skipped[i].name, plan->skipped[i].why.reason,
		       plan->skipped[i].why.remedy[0] ? "; remedy: " : "", plan->skipped[i].why.remedy);
	printf("\n%zu configurations, %zu skipped. Warm-up %.1f s. A round took %.0f ms: at most %.0f rounds\n"
	       "and %.0f s for a precision of %g %%, and 20 rounds (%.0f s) to count events.\n"
	       "In all %.1f minutes at most.\n",
	       plan->count, plan->nr_skipped, estimate.warm_up_s, estimate.round_s * 1e3, most < 1 ? 1 : most,
	       run->budget_s, run->precision_percent, ceil(20 * estimate.round_s),
	       (estimate.warm_up_s + run->budget_s + 20 * estimate.round_s) / 60);
	return STATUS_OK;
}

static int loop(const struct arguments *arguments, struct plan *plan)
{
	struct why why = { "", "" };

	if (plan->count != 1) {
		fprintf(stderr,
			"zapbench: --loop takes one configuration, these are %zu; narrow them down with a case, "
			"--source, --policy "
			"and --set:\n",
			plan->count);
		for (size_t i = 0; i < plan->count; i++)
			fprintf(stderr, "  %s\n", plan->config[i].name);
		return STATUS_USAGE;
	}
	return run_loop(&arguments->run, plan, arguments->loop_s, &why) ? complain(STATUS_FAILED, &why) : STATUS_OK;
}

/* A journal in the folder that nobody writes to is of a run that was stopped: say so, since nobody looks for it. */
static void tell_journals(const char *folder)
{
	char pattern[PATH_MAX];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%s/*.json.journal", folder);
	if (glob(pattern, 0, NULL, &found))
		return;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		if (!journal_busy(found.gl_pathv[i]))
			fprintf(stderr,
				"zapbench: the journal of an unfinished run; zapbench run --resume %s goes on with it, "
				"zapbench recover %s makes a record of it\n",
				found.gl_pathv[i], found.gl_pathv[i]);
	}
	globfree(&found);
}

/* The plan is made anew for each run: a warm-up may have taken configurations out of it. */
static int all_runs(struct arguments *arguments, print_record_fn *print)
{
	struct why why = { "", "" };
	struct destination to;
	int err, status = STATUS_OK;

	if (destination_set(&to, arguments->out, &why))
		return complain(STATUS_FAILED, &why);
	if (!to.stream)
		tell_journals(to.folder);
	for (int64_t i = 0; i < arguments->run.repeat_count && !run_interrupted; i++) {
		struct plan plan;
		int one;

		err = plan_make(&arguments->run.request, &plan, &why);
		if (err)
			return complain(err == -EINVAL ? STATUS_USAGE : STATUS_FAILED, &why);
		arguments->run.repeat_index = i;
		one = one_run(arguments, &to, &plan, print);
		plan_free(&plan);
		if (one == STATUS_FAILED)
			return one;
		if (one)
			status = one;
		arguments->run.seed++; /* each run its own order, all of them from the one that was given */
	}
	return run_interrupted ? 128 + run_interrupted : status;
}

/* The rest of the run whose journal was given, to @to; @resumed is what the run itself was given. */
static int resume_to(const struct arguments *given, struct arguments *resumed, const struct destination *to,
		     struct record *record, struct journal *journal, print_record_fn *print)
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
		return complain(STATUS_FAILED, &why);
	}
	resumed->run.seed = record->seed;
	resumed->run.cpu = cpu && cpu->value.kind == VALUE_INT ? (int)cpu->value.integer : -1;
	resumed->run.quiet = given->run.quiet;
	resumed->run.repeat_count = 1; /* one file, under the name that it is given here */
	resumed->run.resumed = record;
	resumed->run.journal = journal;
	resumed->resume = given->resume;
	status = one_run(resumed, to, &plan, print);
	plan_free(&plan);
	if (status != STATUS_FAILED && index + 1 < count)
		fprintf(stderr, "zapbench: that was run %lld of --repeat %lld; those after it were not begun\n",
			(long long)index + 1, (long long)count);
	return run_interrupted ? 128 + run_interrupted : status;
}

/* zapbench run --resume */
static int resume(const struct arguments *given, print_record_fn *print)
{
	size_t length = strlen(given->resume), suffix = strlen(JOURNAL_SUFFIX);
	struct arguments resumed = { .command_line = NULL };
	struct journal *journal = NULL;
	struct record *record = NULL;
	struct why why = { "", "" };
	struct destination to;
	char out[PATH_MAX];
	wordexp_t words = { 0 };
	int status;

	if (given->others)
		why_set(&why, -EINVAL, NULL, "--resume: all options but --out and --quiet are those of the journal");
	else if (!given->out && (length <= suffix || strcmp(given->resume + length - suffix, JOURNAL_SUFFIX)))
		why_set(&why, -EINVAL, "say with --out where to write", "%s does not end in " JOURNAL_SUFFIX,
			given->resume);
	if (why.reason[0])
		return complain(STATUS_USAGE, &why);
	snprintf(out, sizeof(out), "%.*s", (int)(length - suffix), given->resume);
	if (journal_reopen(given->resume, &journal, &record, &why))
		return complain(STATUS_FAILED, &why);
	if (destination_set(&to, given->out ? given->out : out, &why) ||
	    parse_resumed(record, &words, &resumed, &why)) {
		status = complain(STATUS_FAILED, &why);
		journal_close(journal, true);
		record_free(record);
	} else {
		status = resume_to(given, &resumed, &to, record, journal, print);
	}
	free(resumed.command_line);
	wordfree(&words);
	return status;
}

int command_run(int argc, char **argv, print_record_fn *print)
{
	struct arguments arguments;
	struct why why = { "", "" };
	struct plan plan;
	int status, err;

	err = parse(argc, argv, &arguments, &why);
	if (err) {
		if (err == 1)
			print_help();
		free(arguments.command_line);
		if (err == 1)
			return STATUS_OK;
		return why.reason[0] ? complain(STATUS_USAGE, &why) : complain_usage("run");
	}
	catch_signals();
	if (arguments.resume) {
		status = resume(&arguments, print);
		goto out_free;
	}
	if (!arguments.dry_run && !(arguments.loop_s > 0)) {
		status = all_runs(&arguments, print);
		goto out_free;
	}
	err = plan_make(&arguments.run.request, &plan, &why);
	if (err) {
		status = complain(err == -EINVAL ? STATUS_USAGE : STATUS_FAILED, &why);
		goto out_free;
	}
	status = arguments.dry_run ? dry_run(&arguments, &plan) : loop(&arguments, &plan);
	plan_free(&plan);
out_free:
	free(arguments.command_line);
	return status;
}
