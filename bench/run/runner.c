// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/run/runner.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>

#include "bench/run/exchange.h"
#include "bench/measure/environment.h"
#include "bench/measure/monitor.h"
#include "bench/measure/topology.h"
#include "bench/run/outcome.h"
#include "bench/run/resume.h"
#include "version.h"

enum {
	FIRST_LOOK = 50,     /* rounds; whether to stop is asked then, and whenever they double */
	EMULATED_LOOK = 3,   /* of an emulated machine: rounds are repeated to show that they agree */
	COUNTER_ROUNDS = 20, /* of the counter pass */
	REPETITIONS_MAX = 1000,
	EVENTS_MIN = 4096, /* room for single events of a sample, if the buffer has fewer pages */
};

/* A sample's timed regions aim at this, long against clock and harness, short against the timer tick... */
#define SAMPLE_NS 1e6
/* ...unless what is not timed (populating before a zap) would then make it longer than this. */
#define SAMPLE_WALL_NS 4e6
#define COOL_WAIT_S 60 /* for one round, at the most */

volatile int run_interrupted;

extern char **environ;

struct runner {
	const struct run_options *options;
	struct plan *plan;
	struct topology *topology;
	struct monitor *monitor;
	struct record *record;
	struct record *resumed; /* until it becomes the record */
	struct journal *journal;
	struct exchange *exchange;
	struct progress progress;
	gsl_rng *rng;
	const double **events;
	size_t *nr_events;
	bool emulated;
	size_t missed, missed_task; /* samples that could not be taken */
	struct why missed_why;
	int fd; /* of the exchange */
	int cpu;
	cpu_set_t cpus;   /* before it was pinned to that one */
	uint64_t address; /* of a fixed layout */
	double begin_s;
	double round_s; /* how long the warm-up found a round to take */
};

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/*
 * Where mappings go: multiples of every PMD size that the kernel leaves free. The second lies inside the smallest
 * address space (39 bits); a sanitizer's shadow covers either the one or the other.
 */
static uint64_t free_address(void)
{
	static const uint64_t candidates[] = { UINT64_C(1) << 45, UINT64_C(1) << 36, UINT64_C(1) << 37 };

	for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++) {
		char *wanted = (char *)(uintptr_t)candidates[i];
		char *got =
			mmap(wanted, pmd_bytes(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

		if (got != MAP_FAILED)
			munmap(got, pmd_bytes());
		if (got == wanted)
			return candidates[i];
	}
	return candidates[0];
}

/* A random layout moves it by whole PMDs and leaves the kernel's own randomisation on. */
static uint64_t layout_address(const struct runner *runner)
{
	return runner->address +
	       (runner->options->random_layout ? gsl_rng_uniform_int(runner->rng, 512) * pmd_bytes() : 0);
}

static unsigned int bench_index(const struct bench *bench)
{
	unsigned int i = 0;

	while (benches[i] != bench)
		i++;
	return i;
}

static unsigned int source_index(const struct source *source)
{
	unsigned int i = 0;

	while (source && sources[i] != source)
		i++;
	return i;
}

static size_t round_up(size_t bytes)
{
	return (bytes + 63) / 64 * 64;
}

/* Events of one repetition at the most: an access to each page, or the frames of all buffers. */
static size_t events_of(const struct params *params)
{
	size_t pages = params_bytes(params) / (size_t)sysconf(_SC_PAGESIZE);
	size_t frames = (size_t)(params->value[PARAM_FRAMES] * params->value[PARAM_RING]);
	size_t most = pages > frames ? pages : frames;

	return most > EVENTS_MIN ? most : EVENTS_MIN;
}

/* Lay out and map the memory that is shared with the rounds' processes. */
static int exchange_make(struct runner *runner, struct why *why)
{
	size_t count = runner->plan->count, order = round_up(sizeof(struct exchange));
	size_t tasks = order + round_up(count * sizeof(uint32_t)),
	       bytes = tasks + round_up(count * sizeof(struct task));
	size_t page = (size_t)sysconf(_SC_PAGESIZE), faults, *ticks = calloc(count + 1, sizeof(*ticks));
	struct exchange *exchange;
	int err = 0;

	if (!ticks)
		return -ENOMEM;
	faults = bytes;
	for (size_t i = 0; i < count; i++)
		bytes += round_up(params_bytes(&runner->plan->config[i].params) / page);
	for (size_t i = 0; i < count; i++) {
		const struct params *params = &runner->plan->config[i].params;

		ticks[i] = bytes;
		if (params_choice(params, PARAM_TIMING) == TIMING_EVENT)
			bytes += events_of(params) * sizeof(uint64_t);
	}
	runner->fd = memfd_create("zapbench-exchange", 0); /* the worker inherits it */
	if (runner->fd < 0 || ftruncate(runner->fd, (off_t)bytes)) {
		err = why_set(why, -errno, NULL, "memory shared with the rounds: %s", strerror(errno));
		goto out_free;
	}
	exchange = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, runner->fd, 0);
	if (exchange == MAP_FAILED) {
		err = why_set(why, -errno, NULL, "memory shared with the rounds: %s", strerror(errno));
		goto out_free;
	}
	runner->exchange = exchange;
	exchange->magic = EXCHANGE_MAGIC;
	exchange->bytes = bytes;
	exchange->cpu = runner->cpu;
	exchange->cpus = runner->cpus;
	exchange->nr_tasks = count;
	exchange->order_offset = order;
	exchange->tasks_offset = tasks;
	for (size_t i = 0; i < count; i++) {
		const struct config *config = &runner->plan->config[i];
		struct task *task = &exchange_tasks(exchange)[i];

		task->bench = bench_index(config->bench);
		task->source = source_index(config->source);
		memcpy(task->instance, config->instance, sizeof(task->instance));
		task->params = config->params;
		/* One random order for the whole run: how many faults it takes is known from the reference pass. */
		task->seed = runner->options->seed;
		task->repetitions = 1;
		task->faults_offset = faults;
		faults += round_up(params_bytes(&config->params) / page);
		task->ticks_offset = ticks[i];
		task->events_max = ((i + 1 < count ? ticks[i + 1] : bytes) - ticks[i]) / sizeof(uint64_t);
		((uint32_t *)exchange_at(exchange, order))[i] = (uint32_t)i;
	}
out_free:
	free(ticks);
	return err;
}

static void exchange_drop(struct runner *runner)
{
	if (runner->exchange)
		munmap(runner->exchange, runner->exchange->bytes);
	if (runner->fd >= 0)
		close(runner->fd);
	runner->exchange = NULL;
	runner->fd = -1;
}

static int spawn_worker(struct runner *runner, pid_t *worker)
{
	/* Set by the launcher of make dist-target, which runs this program through a loader of its own. */
	const char *launcher = getenv("ZAPBENCH_LAUNCHER");
	char number[16], name[] = "zapbench", command[] = WORKER_COMMAND;
	char *argv[] = { name, command, number, NULL };
	posix_spawnattr_t attributes;
	int err;

	snprintf(number, sizeof(number), "%d", runner->fd);
	err = posix_spawnattr_init(&attributes);
	if (err)
		return -err;
	/* A group of its own: an interrupt from the terminal ends the run after this round, not in the middle of it. */
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
	posix_spawnattr_setpgroup(&attributes, 0);
	err = posix_spawn(worker, launcher ? launcher : "/proc/self/exe", NULL, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	return -err;
}

static const char *current_name(const struct runner *runner)
{
	int64_t current = runner->exchange->current;

	return current >= 0 && (size_t)current < runner->plan->count ? runner->plan->config[current].name : "its start";
}

/* One process that runs all tasks. What happened to a task is in the task; an error here is the end of the run. */
static int run_process(struct runner *runner, enum round_mode mode, struct why *why)
{
	struct exchange *exchange = runner->exchange;
	int status, err;
	pid_t worker;

	exchange->mode = mode;
	exchange->current = -1;
	for (size_t i = 0; i < exchange->nr_tasks; i++) {
		exchange_tasks(exchange)[i].address = layout_address(runner);
		exchange_tasks(exchange)[i].err = -ECANCELED;
	}
	err = spawn_worker(runner, &worker);
	if (err)
		return why_set(why, err, "mount /proc", "cannot start the process of a round: %s", strerror(-err));
	while (waitpid(worker, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
		if (run_interrupted && mode == ROUND_LOOP)
			kill(worker, SIGTERM);
	}
	if (WIFSIGNALED(status) && !(run_interrupted && mode == ROUND_LOOP))
		return why_set(why, -ECHILD, WTERMSIG(status) == SIGKILL ? "look for the OOM killer in dmesg" : NULL,
			       "the process of a round was killed by signal %d (%s) in %s", WTERMSIG(status),
			       strsignal(WTERMSIG(status)), current_name(runner));
	if (WIFEXITED(status) && WEXITSTATUS(status))
		return why_set(why, -ECHILD, NULL, "the process of a round ended with status %d in %s",
			       WEXITSTATUS(status), current_name(runner));
	return 0;
}

/*
 * After the warm-up a task may still lack memory for a moment: then that round has no sample of it, which is said at
 * the end. Any other failure ends the run.
 */
static bool is_passing(int err)
{
	return err == -EAGAIN || err == -ENOMEM || err == -EBUSY;
}

static int check_tasks(struct runner *runner, struct why *why)
{
	for (size_t i = 0; i < runner->exchange->nr_tasks; i++) {
		const struct task *task = &exchange_tasks(runner->exchange)[i];

		if (!task->err)
			continue;
		if (!is_passing(task->err))
			return why_set(why, task->err, task->why.remedy, "%s: %s", runner->plan->config[i].name,
				       task->why.reason);
		runner->missed++;
		runner->missed_task = i;
		runner->missed_why = task->why;
	}
	return 0;
}

/* Samples that could not be taken: how many, and why the last one could not. */
static int tell_missed(struct runner *runner)
{
	char text[sizeof(runner->missed_why.reason) + 320];

	if (!runner->missed)
		return 0;
	snprintf(text, sizeof(text), "%zu samples could not be taken; the last of %s: %s", runner->missed,
		 runner->plan->config[runner->missed_task].name, runner->missed_why.reason);
	return record_add_warning(runner->record, "missed", text, runner->missed_why.remedy);
}

/* Drop what failed in the last process: it is skipped with its reason. Return 1 when something was dropped. */
static int skip_failed(struct runner *runner)
{
	int dropped = 0;

	for (size_t i = runner->plan->count; i-- > 0;) {
		const struct task *task = &exchange_tasks(runner->exchange)[i];

		if (!task->err)
			continue;
		if (plan_skip(runner->plan, i, &task->why))
			return -ENOMEM;
		dropped = 1;
	}
	return dropped;
}

/* A resumed run's samples are as long as they were. */
static void keep_repetitions(struct runner *runner)
{
	for (size_t i = 0; i < runner->exchange->nr_tasks; i++)
		exchange_tasks(runner->exchange)[i].repetitions = runner->resumed->config[i].repetitions;
}

static void choose_repetitions(struct runner *runner)
{
	for (size_t i = 0; i < runner->exchange->nr_tasks; i++) {
		struct task *task = &exchange_tasks(runner->exchange)[i];
		double ns = clock_ns(&runner->exchange->clock, task->sample.ticks);
		double times = ceil(SAMPLE_NS / (ns > 1 ? ns : 1));

		if (benches[task->bench]->repeats_setup && times > SAMPLE_WALL_NS / task->wall_ns)
			times = floor(SAMPLE_WALL_NS / task->wall_ns);
		if (times > REPETITIONS_MAX)
			times = REPETITIONS_MAX;
		if (task->sample.events && times * (double)task->sample.events > (double)task->events_max)
			times = floor((double)task->events_max / (double)task->sample.events);
		task->repetitions = times < 1 ? 1 : (int64_t)times;
	}
}

/* Single events must exist and last long enough for the clock; else only batches can be timed, and that is said. */
static void refuse_unresolved(struct runner *runner)
{
	const struct clock *clock = &runner->exchange->clock;

	for (size_t i = 0; i < runner->exchange->nr_tasks; i++) {
		struct task *task = &exchange_tasks(runner->exchange)[i];
		double *ns;
		size_t count;

		if (params_choice(&task->params, PARAM_TIMING) != TIMING_EVENT || task->err)
			continue;
		count = outcome_events_ns(runner->exchange, task, &ns);
		if (!count)
			task->err = why_set(&task->why, -EOPNOTSUPP, "use timing=batch",
					    "no single access faults here: there is no event to time");
		else if (!clock_resolves(clock, ns[count / 2]))
			task->err = why_set(
				&task->why, -EOPNOTSUPP, "use timing=batch",
				"an event lasts %.0f ns, under %d steps of the clock (%.1f ns each): batches only",
				ns[count / 2], CLOCK_EVENT_STEPS, clock->resolution_ns);
	}
}

/*
 * Before the rounds: which accesses fault (reference pass), how long a sample takes, how often to repeat it, and the
 * faults of a sample as long as those to come (reference pass again). What fails on the way is skipped, and the warm-up
 * begins anew without it.
 */
static int warm_up(struct runner *runner, int64_t *expected, struct why *why)
{
	static const enum round_mode passes[] = { ROUND_COUNTED, ROUND_TIMED, ROUND_COUNTED, ROUND_TIMED };
	/* An emulated machine's samples need no length: they are counted, not timed. */
	size_t count = runner->emulated ? 2 : sizeof(passes) / sizeof(passes[0]);
	int err = 0;

	if (runner->resumed)
		keep_repetitions(runner);
	for (size_t pass = 0; pass < count && !err; pass++) {
		double begin = now_s();

		progress_pass(&runner->progress, passes[pass] == ROUND_COUNTED ? "reference pass" : "warm-up", pass,
			      count);
		err = run_process(runner, passes[pass], why);
		if (err)
			return err;
		runner->round_s = now_s() - begin; /* the last one is a timed one, of samples as long as they will be */
		if (pass == 1 && !runner->emulated) {
			refuse_unresolved(runner);
			if (!runner->resumed)
				choose_repetitions(runner);
		}
		for (size_t i = 0; i < runner->exchange->nr_tasks && passes[pass] == ROUND_COUNTED; i++)
			expected[i] = exchange_tasks(runner->exchange)[i].sample.faults_minor;
		err = skip_failed(runner);
	}
	/* A run that is resumed cannot do without a configuration that it began with. */
	if (err > 0 && runner->resumed)
		return resume_match_plan(runner->resumed, runner->plan, why);
	return err;
}

/* Before any figure: does the memory keep its bytes, and is it mapped as its policy promises? */
static int prove(struct runner *runner, struct why *why)
{
	int err;

	progress_text(&runner->progress, "integrity");
	err = run_process(runner, ROUND_PROOF, why);
	return err ? err : check_tasks(runner, why);
}

static const char *const instructions_only[] = { "instructions", NULL };

/* An emulated machine has nothing else to go by. */
static int require_instructions(const struct runner *runner, struct why *why)
{
	struct counters *counters;
	int err = counters_open("", runner->cpu, instructions_only, 1, &counters, why);

	if (err)
		return err;
	if (!counters_event(counters, 0)->open)
		err = why_set(why, -EOPNOTSUPP,
			      "build the guest's kernel with CONFIG_ARM_PMUV3, or run on the hardware",
			      "this machine is emulated and counts no instructions, so nothing can be measured: %s",
			      counters_event(counters, 0)->why_not.reason);
	counters_close(counters);
	return err;
}

/* A single fault of an emulated machine has no latency, and its CPUs do not run at the same time. */
static int refuse_emulated(struct plan *plan)
{
	struct why event = { "", "" }, cpus = { "", "" };
	int err = 0;

	why_set(&event, 0, "use timing=batch, or run on the hardware",
		"this machine is emulated: a single fault has no latency here");
	why_set(&cpus, 0, "run on the hardware",
		"this machine is emulated: its CPUs run in turn, so nothing of one can be measured beside another");
	for (size_t i = plan->count; i-- > 0 && !err;) {
		if (plan->config[i].bench->uses_cpus || plan->config[i].params.value[PARAM_WORKERS] > 1)
			err = plan_skip(plan, i, &cpus);
		else if (params_choice(&plan->config[i].params, PARAM_TIMING) == TIMING_EVENT)
			err = plan_skip(plan, i, &event);
	}
	return err;
}

static int prepare(struct runner *runner, int64_t **expected, struct why *why)
{
	struct clock clock;
	int err;

	err = runner->emulated ? require_instructions(runner, why) : 0;
	if (!err && runner->emulated)
		err = refuse_emulated(runner->plan);
	if (!err && !runner->plan->count)
		return plan_nothing_left(runner->plan, why);
	if (err)
		return err;
	clock_choose("", &clock);
	for (;;) {
		err = exchange_make(runner, why);
		if (err)
			return err;
		runner->exchange->clock = clock;
		*expected = calloc(runner->plan->count + 1, sizeof(**expected));
		if (!*expected)
			return -ENOMEM;
		err = warm_up(runner, *expected, why);
		if (!err)
			err = prove(runner, why);
		if (err <= 0)
			return err;
		free(*expected);
		*expected = NULL;
		exchange_drop(runner);
		if (!runner->plan->count)
			return plan_nothing_left(runner->plan, why);
	}
}

static int runner_open(struct runner *runner, const struct run_options *options, struct plan *plan, struct why *why)
{
	char reason[256];
	int err;

	*runner = (struct runner){ .options = options,
				   .plan = plan,
				   .resumed = options->resumed,
				   .journal = options->journal,
				   .fd = -1,
				   .address = free_address(),
				   .begin_s = now_s() };
	progress_init(&runner->progress, options->quiet);
	runner->rng = gsl_rng_alloc(gsl_rng_mt19937);
	runner->record = record_new();
	if (!runner->rng || !runner->record)
		return -ENOMEM;
	gsl_rng_set(runner->rng, (unsigned long)options->seed);
	err = topology_open("", &runner->topology, why);
	if (err)
		return err;
	runner->cpu = topology_choose_cpu(runner->topology, options->cpu, reason, sizeof(reason), why);
	if (runner->cpu < 0)
		return runner->cpu;
	if (facts_add_int(&runner->record->environment, "measuring", "cpu", runner->cpu) ||
	    facts_add_text(&runner->record->environment, "measuring", "cpu_reason", reason))
		return -ENOMEM;
	if (sched_getaffinity(0, sizeof(runner->cpus), &runner->cpus)) {
		CPU_ZERO(&runner->cpus); /* a kernel with more CPUs than the set holds: helpers are refused */
		CPU_SET((size_t)runner->cpu % CPU_SETSIZE, &runner->cpus);
	}
	/* The rounds' processes inherit both: the CPU, and a layout that does not change from one to the next. */
	err = topology_pin(runner->topology, runner->cpu, why);
	if (err)
		return err;
	if (!options->random_layout)
		personality(ADDR_NO_RANDOMIZE);
	err = monitor_open("", runner->cpu, &runner->monitor);
	if (err)
		return err;
	err = environment_read("", runner->cpu, &runner->record->environment);
	if (!err)
		err = topology_facts(runner->topology, &runner->record->environment);
	if (!err)
		err = environment_warn(&runner->record->environment, runner->cpu, runner->record);
	runner->emulated = environment_emulated(&runner->record->environment);
	return err;
}

static void runner_close(struct runner *runner)
{
	progress_clear(&runner->progress);
	exchange_drop(runner);
	if (runner->monitor)
		monitor_close(runner->monitor);
	if (runner->topology)
		topology_close(runner->topology);
	if (runner->rng)
		gsl_rng_free(runner->rng);
	free(runner->events);
	free(runner->nr_events);
	record_free(runner->record);
	record_free(runner->resumed);
}

static int label_parse(struct record *record, const char *label)
{
	const char *equals = strchr(label, '=');
	char *key = strndup(label, (size_t)(equals - label));
	int err = key ? record_add_label(record, key, equals + 1) : -ENOMEM;

	free(key);
	return err;
}

static int add_segment(struct record *record, const struct record *now)
{
	const struct fact *boot = facts_find(&now->environment, "kernel", "boot_id");
	time_t seconds = time(NULL);
	struct tm utc;
	char stamp[32];

	gmtime_r(&seconds, &utc);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &utc);
	return record_add_segment(record, stamp, boot && boot->value.kind == VALUE_TEXT ? boot->value.text : "");
}

static int describe_run(struct runner *runner)
{
	const struct run_options *options = runner->options;
	struct record *record = runner->record;
	char compact[32], host[65] = "localhost", id[160];
	time_t now = time(NULL);
	struct tm utc;
	int err = add_segment(record, record);

	if (err)
		return err;
	gmtime_r(&now, &utc);
	strftime(compact, sizeof(compact), "%Y%m%dT%H%M%SZ", &utc);
	gethostname(host, sizeof(host) - 1);
	snprintf(id, sizeof(id), "%s-%s-%08lx", compact, host, gsl_rng_get(runner->rng) & 0xffffffffu);
	record->tool_version = strdup(ZAPBENCH_VERSION);
	record->tool_git = strdup(ZAPBENCH_GIT);
	record->run_id = strdup(id);
	record->started_at = strdup(record->segment[0].started_at);
	record->command_line = strdup(options->command_line);
	record->profile = strdup(profile_names[options->request.profile]);
	record->layout = strdup(options->random_layout ? "random" : "fixed");
	record->stopped_by = strdup("recovered"); /* what the journal's header says, should it be needed */
	if (!record->tool_version || !record->tool_git || !record->run_id || !record->started_at ||
	    !record->command_line || !record->profile || !record->layout || !record->stopped_by)
		return -ENOMEM;
	record->seed = options->seed;
	record->budget_s = options->budget_s;
	record->precision_percent = options->precision_percent;
	record->repeat_index = options->repeat_index;
	record->repeat_count = options->repeat_count;
	record->emulated = runner->emulated;
	for (const char *const *label = options->labels; label && *label && !err; label++)
		err = label_parse(record, *label);
	return err ? err : clock_facts(&runner->exchange->clock, &record->clock);
}

static void shuffle_order(struct runner *runner)
{
	gsl_ran_shuffle(runner->rng, exchange_at(runner->exchange, runner->exchange->order_offset),
			runner->exchange->nr_tasks, sizeof(uint32_t));
}

static void cool_down(struct runner *runner, struct monitor_reading *reading)
{
	double end = now_s() + COOL_WAIT_S;

	while (isfinite(runner->options->cool_celsius) && isfinite(reading->temperature_millicelsius) &&
	       reading->temperature_millicelsius > runner->options->cool_celsius * 1000 && now_s() < end &&
	       !run_interrupted) {
		nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
		monitor_read(runner->monitor, reading);
	}
}

static int one_round(struct runner *runner, struct why *why)
{
	struct monitor_reading before, after;
	double begin;
	int err;

	shuffle_order(runner);
	monitor_read(runner->monitor, &before);
	cool_down(runner, &before);
	begin = now_s();
	err = run_process(runner, runner->emulated ? ROUND_EVENTS : ROUND_TIMED, why);
	if (!err)
		err = check_tasks(runner, why);
	if (err)
		return err;
	begin = now_s() - begin;
	monitor_read(runner->monitor, &after);
	err = outcome_add_round(runner->record, runner->exchange, &before, &after, begin * 1e9, runner->events,
				runner->nr_events);
	if (!err && runner->journal)
		err = journal_add_round(runner->journal, runner->record, runner->events, runner->nr_events, why);
	return err;
}

/*
 * The widest interval of a median, in percent of it. null is no result and counts only where there is nothing else. NAN
 * when one is not known.
 */
/* Half of what the rounds of an emulated machine differ by, in percent of the smallest: no interval is needed of what
 * is exact. */
static double spread_percent(const struct config_result *result, size_t rounds)
{
	const struct column *column = config_column(result, result->value_column);
	double least = INFINITY, most = 0;

	for (size_t i = 0; column && i < rounds; i++) {
		least = fmin(least, column->value[i]);
		most = fmax(most, column->value[i]);
	}
	return 50 * (most - least) / least;
}

static double widest_percent(const struct runner *runner)
{
	double widest = 0, null_width = 0;
	bool results = false;

	for (size_t i = 0; i < runner->plan->count; i++) {
		const struct config_result *result = &runner->record->config[i];
		double width = runner->emulated ? spread_percent(result, runner->record->nr_rounds)
						: estimate_half_width_percent(&result->summary.value);

		if (!runner->plan->config[i].bench->uses_source) {
			null_width = width;
			continue;
		}
		results = true;
		if (!isfinite(width))
			return NAN;
		if (width > widest)
			widest = width;
	}
	return results ? widest : null_width;
}

static const char *look(struct runner *runner, double elapsed_s, double *widest)
{
	if (record_summarise(runner->record))
		return NULL;
	*widest = widest_percent(runner);
	if (*widest <= runner->options->precision_percent)
		return "precision";
	/* What an emulated machine's rounds differ by, more of them would not narrow. */
	if (runner->emulated)
		return "budget";
	/* The next look comes when there are twice as many rounds: is there time for as long again? */
	return 2 * elapsed_s > runner->options->budget_s ? "budget" : NULL;
}

/* The bits of events in the exchange, which is given those that it does not have yet. @names may be NULL: none. */
static uint32_t add_events(struct exchange *exchange, const char *const *names)
{
	uint32_t bits = 0;

	for (; names && *names; names++) {
		size_t at = 0;

		while (at < exchange->nr_events && strcmp(exchange->event[at], *names))
			at++;
		if (at == COUNTERS_MAX)
			break;
		if (at == exchange->nr_events)
			snprintf(exchange->event[exchange->nr_events++], EVENT_NAME_MAX, "%s", *names);
		bits |= UINT32_C(1) << at;
	}
	return bits;
}

/* The events that the rounds' processes will count around every region. @names NULL: none. */
static void set_events(struct exchange *exchange, const char *const *names)
{
	uint32_t bits;

	exchange->nr_events = 0;
	bits = add_events(exchange, names);
	for (size_t i = 0; i < exchange->nr_tasks; i++)
		exchange_tasks(exchange)[i].counted = bits;
}

/* The events that explain each case, and what the kernel tells of its source. */
static void set_explaining_events(struct exchange *exchange, const struct plan *plan)
{
	set_events(exchange, counters_base_events);
	for (size_t i = 0; i < exchange->nr_tasks; i++) {
		const struct config *config = &plan->config[i];
		struct task *task = &exchange_tasks(exchange)[i];

		task->counted |= add_events(exchange, config->bench->explained_by);
		if (config->source)
			task->counted |= add_events(exchange, config->source->tracepoints);
	}
}

/* Asked after each round: NULL to go on. */
static const char *why_stop(struct runner *runner, double elapsed_s, size_t *next_look, double *widest)
{
	if (run_interrupted)
		return "signal";
	if (elapsed_s >= runner->options->budget_s)
		return "budget";
	if (runner->record->nr_rounds != *next_look)
		return NULL;
	*next_look *= 2;
	return look(runner, elapsed_s, widest);
}

/*
 * How long to go on is decided only when rounds have doubled: a rule that looks after each round stops at lucky
 * streaks. Only where even the first look lies beyond the budget is the number of rounds fixed by time, which knows
 * nothing of the values.
 */
static int run_rounds(struct runner *runner, const char **stopped_by, struct why *why)
{
	double begin = now_s() - resume_elapsed_s(runner->record), widest = NAN;
	size_t next_look = runner->emulated ? EMULATED_LOOK : FIRST_LOOK;

	/* Looks of a resumed run that are over found nothing; one may have been due just when it was stopped. */
	while (next_look < runner->record->nr_rounds)
		next_look *= 2;
	set_events(runner->exchange, runner->emulated ? instructions_only : NULL);
	for (*stopped_by = NULL; !*stopped_by;) {
		size_t rounds = runner->record->nr_rounds;
		double elapsed = now_s() - begin;
		int err;

		if (rounds)
			*stopped_by = why_stop(runner, elapsed, &next_look, &widest);
		if (*stopped_by)
			break;
		err = one_round(runner, why);
		if (err)
			return err;
		progress_rounds(&runner->progress, rounds + 1, widest, runner->options->precision_percent,
				runner->options->budget_s - (now_s() - begin));
	}
	return 0;
}

/* A round whose samples are counted and not timed. */
static int counting_round(struct runner *runner, enum round_mode mode, struct why *why)
{
	int err;

	shuffle_order(runner);
	err = run_process(runner, mode, why);
	return err ? err : check_tasks(runner, why);
}

static int count_events(struct runner *runner, struct why *why)
{
	struct exchange *exchange = runner->exchange;
	const char *names[COUNTERS_MAX];
	struct outcome_counts *counts;
	struct counters *counters = NULL;
	int rounds = runner->emulated ? 1 : COUNTER_ROUNDS;
	int err;

	if (runner->options->events)
		set_events(exchange, runner->options->events);
	else
		set_explaining_events(exchange, runner->plan);
	for (size_t i = 0; i < exchange->nr_events; i++)
		names[i] = exchange->event[i];
	err = counters_open("", runner->cpu, names, exchange->nr_events, &counters, why);
	if (err)
		return err;
	counts = outcome_counts_new(exchange->nr_tasks, exchange->nr_events, (size_t)rounds);
	if (!counts)
		err = -ENOMEM;
	for (int i = 0; i < rounds && !err && !run_interrupted; i++) {
		progress_pass(&runner->progress, "counter pass", (size_t)i, (size_t)rounds);
		err = counting_round(runner, ROUND_EVENTS, why);
		if (!err)
			outcome_counts_add(counts, exchange);
	}
	if (!err)
		err = outcome_counts_finish(counts, exchange, counters, runner->record);
	outcome_counts_free(counts);
	counters_close(counters);
	return err;
}

/*
 * What the clock advances by an instruction: 1 ns under qemu -icount shift=0, where the kernel's own times therefore
 * are instructions. NAN when not known.
 */
static double instructions_per_ns(int cpu)
{
	enum { LOOPS = 10000000 };
	struct counters *counters;
	struct counter_reading reading;
	struct why why = { "", "" };
	double ns;

	if (counters_open("", cpu, instructions_only, 1, &counters, &why))
		return NAN;
	counters_start(counters);
	ns = now_s() * 1e9;
	for (int i = 0; i < LOOPS; i++)
		__asm__ volatile("");
	ns = now_s() * 1e9 - ns;
	if (counters_stop(counters, &reading))
		reading.value = 0;
	counters_close(counters);
	return (double)reading.value / ns;
}

/* Does a source tell what its kernel counts? */
static bool asks_kernel(const struct plan *plan)
{
	bool some = false;

	for (size_t i = 0; i < plan->count; i++)
		some |= plan->config[i].source && plan->config[i].source->kernel_counts;
	return some;
}

/* What the kernel counts and times in the regions, where a source tells; its times slow the regions down. */
static int kernel_pass(struct runner *runner, struct why *why)
{
	int rounds = runner->emulated ? 1 : COUNTER_ROUNDS;
	bool instructions;
	struct outcome_counts *counts;
	int err = 0;

	if (!asks_kernel(runner->plan))
		return 0;
	counts = outcome_counts_new(runner->plan->count, KERNEL_COUNTS_MAX + 1, (size_t)rounds);
	if (!counts)
		return -ENOMEM;
	instructions = runner->emulated && fabs(instructions_per_ns(runner->cpu) - 1) < 0.01;
	for (int i = 0; i < rounds && !err && !run_interrupted; i++) {
		progress_pass(&runner->progress, "kernel pass", (size_t)i, (size_t)rounds);
		err = counting_round(runner, ROUND_KERNEL, why);
		if (!err)
			outcome_kernel_add(counts, runner->exchange);
	}
	if (!err)
		err = outcome_kernel_finish(counts, runner->plan, instructions,
					    runner->emulated && !instructions ? "emulated: its times mean nothing, and "
										"the clock does not count instructions"
									      : NULL,
					    runner->record);
	outcome_counts_free(counts);
	return err;
}

/* Everything up to the first round; the record is complete but for samples. */
static int start_record(struct runner *runner, const int64_t *expected, const char *folder, char *journal,
			struct why *why)
{
	struct exchange *exchange = runner->exchange;
	int err = describe_run(runner);

	if (!err)
		err = outcome_describe(runner->record, runner->plan, runner->emulated);
	for (size_t i = 0; i < exchange->nr_tasks && !err; i++) {
		struct config_result *result = &runner->record->config[i];
		const struct task *task = &exchange_tasks(exchange)[i];

		err = outcome_warm_up(result, task, &exchange->clock);
		result->operations = task->sample.operations;
		result->bytes = task->sample.bytes;
		result->faults_expected = task->sample.faults_most ? task->sample.faults_least : expected[i];
		result->faults_expected_max = task->sample.faults_most;
		if (!err)
			err = outcome_checks(result, &runner->plan->config[i], &task->integrity);
	}
	if (err || !folder)
		return err;
	snprintf(journal, PATH_MAX, "%s/%s.json" JOURNAL_SUFFIX, folder, runner->record->run_id);
	return journal_create(journal, runner->record, &runner->journal, why);
}

/* Nobody should wait for a run without knowing how long: what is known before the warm-up. */
static void tell_plan(struct runner *runner)
{
	char text[160];

	snprintf(text, sizeof(text),
		 "%zu configurations, %zu skipped; first a warm-up, which tells how long a round takes",
		 runner->plan->count, runner->plan->nr_skipped);
	progress_say(&runner->progress, text);
}

/* What is known after it; @earlier_s: of the budget went to earlier pieces. */
static void tell_duration(struct runner *runner, double earlier_s)
{
	int passes = runner->emulated ? 1 : COUNTER_ROUNDS;
	double rounds = fmax(runner->options->budget_s - earlier_s, 0);
	double counting = passes * runner->round_s * (asks_kernel(runner->plan) ? 2 : 1);
	time_t end = time(NULL) + (time_t)(rounds + counting);
	struct tm local;
	char text[200], clock[16];

	if (runner->emulated) /* whose clock is not that on the wall */
		return;
	localtime_r(&end, &local);
	strftime(clock, sizeof(clock), "%H:%M", &local);
	snprintf(text, sizeof(text),
		 "a round takes %.2g s: at most %.0f s of rounds, then %.0f s to count events; done by %s",
		 runner->round_s, rounds, ceil(counting), clock);
	progress_say(&runner->progress, text);
}

/* Before the warm-up: may this run go on at all, here and now? */
static int resume_check(struct runner *runner, struct why *why)
{
	int err = resume_check_tool(runner->resumed, why);

	if (!err)
		err = resume_check_machine(runner->resumed, &runner->record->environment, why);
	return err ? err : resume_match_plan(runner->resumed, runner->plan, why);
}

/* Instead of start_record(): the record is the one that is resumed, from its next round on. */
static int resume_record(struct runner *runner, const int64_t *expected, struct why *why)
{
	struct record *now = runner->record;
	int err = 0;

	for (size_t i = 0; i < runner->exchange->nr_tasks && !err; i++)
		err = resume_check_task(&runner->resumed->config[i], &exchange_tasks(runner->exchange)[i], expected[i],
					why);
	if (err)
		return err;
	runner->record = runner->resumed;
	runner->resumed = NULL;
	err = add_segment(runner->record, now);
	record_free(now);
	if (!err)
		err = journal_add_segment(runner->journal, runner->record, why);
	/* What the rounds so far drew: with a fixed layout the others come in the order that they would have had. */
	gsl_rng_get(runner->rng);
	for (size_t i = 0; i < runner->record->nr_rounds; i++)
		shuffle_order(runner);
	return err;
}

int run_plan(const struct run_options *options, struct plan *plan, const char *folder, char *journal,
	     struct record **record, struct why *why)
{
	const char *stopped_by;
	struct runner runner;
	int64_t *expected = NULL;
	double earlier_s;
	int err;

	journal[0] = '\0';
	err = runner_open(&runner, options, plan, why);
	if (!err && runner.resumed)
		err = resume_check(&runner, why);
	if (!err)
		tell_plan(&runner);
	if (!err)
		err = prepare(&runner, &expected, why);
	if (!err)
		err = runner.resumed ? resume_record(&runner, expected, why)
				     : start_record(&runner, expected, folder, journal, why);
	if (err)
		goto out_close;
	earlier_s = resume_elapsed_s(runner.record);
	tell_duration(&runner, earlier_s);
	runner.events = calloc(plan->count + 1, sizeof(*runner.events));
	runner.nr_events = calloc(plan->count + 1, sizeof(*runner.nr_events));
	if (!runner.events || !runner.nr_events) {
		err = -ENOMEM;
		goto out_close;
	}
	err = run_rounds(&runner, &stopped_by, why);
	if (!err && !run_interrupted)
		err = count_events(&runner, why);
	if (!err && !run_interrupted)
		err = kernel_pass(&runner, why);
	if (err)
		goto out_close;
	free(runner.record->stopped_by);
	/* Whatever ended the rounds: without the passes after them there is something left to do. */
	runner.record->stopped_by = strdup(run_interrupted ? "signal" : stopped_by);
	runner.record->duration_s = earlier_s + now_s() - runner.begin_s;
	err = runner.record->stopped_by ? tell_missed(&runner) : -ENOMEM;
	if (!err)
		err = record_summarise(runner.record);
out_close:
	if (runner.journal)
		journal_close(runner.journal, true); /* the caller removes it when the record is safe */
	if (!err) {
		*record = runner.record;
		runner.record = NULL;
	}
	free(expected);
	runner_close(&runner);
	return err;
}

int run_estimate(const struct run_options *options, struct plan *plan, struct run_estimate *estimate, struct why *why)
{
	struct runner runner;
	int64_t *expected = NULL;
	double begin;
	int err = runner_open(&runner, options, plan, why);

	if (!err)
		err = prepare(&runner, &expected, why);
	estimate->warm_up_s = now_s() - runner.begin_s;
	begin = now_s();
	if (!err)
		err = run_process(&runner, ROUND_TIMED, why);
	estimate->round_s = now_s() - begin;
	free(expected);
	runner_close(&runner);
	return err;
}

int run_loop(const struct run_options *options, struct plan *plan, double seconds, struct why *why)
{
	struct runner runner;
	int64_t *expected = NULL;
	int err = runner_open(&runner, options, plan, why);

	if (!err)
		err = prepare(&runner, &expected, why);
	if (err)
		goto out_close;
	progress_clear(&runner.progress);
	fprintf(stderr,
		"zapbench: looping %s on CPU %d for %g s; its process is named zapbench " WORKER_COMMAND "\n"
		"zapbench: e.g. sudo perf record -g -C %d -- sleep %g\n",
		plan->config[0].name, runner.cpu, seconds, runner.cpu, seconds);
	runner.exchange->loop_s = seconds;
	runner.exchange->expected = expected[0];
	runner.exchange->passes = runner.exchange->invalid = 0;
	err = run_process(&runner, ROUND_LOOP, why);
	if (!err)
		fprintf(stderr,
			"zapbench: %lld passes of %lld %ss, %lld of them with other faults than the %lld expected\n",
			(long long)runner.exchange->passes,
			(long long)exchange_tasks(runner.exchange)[0].sample.operations,
			plan->config[0].bench->operation, (long long)runner.exchange->invalid, (long long)expected[0]);
	if (!err && runner.exchange->invalid)
		err = why_set(why, -EPROTO, NULL, "some passes took other faults than expected");
out_close:
	free(expected);
	runner_close(&runner);
	return err;
}
