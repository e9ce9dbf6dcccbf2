// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * concurrent-access: what a policy costs, and whether bytes are lost, if the CPU accesses the buffer while a device
 * maps it.
 *
 * The RFC for ION assumed that nobody does so. Here params.others helpers (threads, or processes with
 * owners=processes), each on a CPU of its own, access every page of the buffer again and again while the measuring
 * thread runs frames.
 *
 * Timed: params.frames times what a client calls: START, END, map by the device, unmap, START, END. The controls:
 * others=0 is the same without helpers; policies cached, uncached and refuse do not zap. Not timed: making the buffer
 * cached and mapped again before each repetition, while the helpers sleep, and the last pass of the helpers after it.
 * One access is two loads and a store of words that only this helper writes, timed on its own. Its p99 and maximum are
 * figures of the case, over all accesses, the last pass included. Known bias: reading the clock keeps accesses from
 * overlapping. A maximum includes other work of the kernel on that CPU. The device itself accesses nothing. Where
 * userspace zaps, the frame tells each process to zap its own mapping between two accesses, and waits for it.
 *
 * Check: a helper writes two words of each page in turn. At every access it compares both with what it wrote last. This
 * finds words that were lost, undone or torn. At the end the measuring thread compares all words again. A wrong word
 * ends the run. After the last frame every helper accesses the whole buffer once, so zapped pages must fault again:
 * with granularity page at least once per page. The exception: a zap came in the middle of an access, and the rest of
 * the access was a read.
 */
#include "bench/case/case.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "bench/case/crew.h"

enum {
	LINE_BYTES = 64, /* the words of a helper have a line of their own; nobody uses the first line of a page */
	BATCH = 8,       /* accesses between two looks at what it is told to do */
	SUB_BINS = 16,   /* of an octave: no bin is wider than 6.25 % of its lower edge */
	BINS = 61 * SUB_BINS,
	STEPS_THAT_ZAP = 3, /* of a frame, at most: lazy at its START, END and START */
	AROUND_PAGES = 16,  /* of the kernel's fault-around, by default */
	LIMIT_S = 20,
};

enum { FIGURE_ACCESSES, FIGURE_FAULTS, FIGURE_P99, FIGURE_MAX_NS, FIGURE_SIGBUS, FIGURE_SIGSEGV, FIGURE_CHECKED };

/* Shared memory: a process may stand behind it. Written by one helper, read by the measuring thread. */
struct helper {
	_Alignas(CREW_LINE_BYTES) _Atomic uint64_t accesses; /* pages, also those that gave a signal */
	_Atomic uint64_t zaps;                               /* of its own mapping, when it was told to */
	uint64_t pass, next; /* the next access: a page of this pass; passes count from 1 */
	uint64_t bytes_checked;
	uint64_t signals[2]; /* SIGBUS, SIGSEGV */
	uint64_t ticks_most, bin[BINS];
	uint64_t (*stored)[2]; /* what the two words of each page hold */
};

struct shared {
	_Atomic uint64_t zaps; /* that the helpers have to do, since the beginning */
	_Atomic bool failed;   /* a helper found a wrong word, and has ended */
	struct helper helper[];
};

struct concurrent {
	struct context *context;
	struct crew *crew;
	struct shared *shared;
	size_t others, pages;
	bool processes, zaps_own, reads_first;
};

static _Thread_local sigjmp_buf out_of_access;
static _Thread_local volatile sig_atomic_t accessing;

/* A signal of an access is counted, and ends the access. Any other signal ends the process. */
static void on_signal(int number)
{
	if (accessing)
		siglongjmp(out_of_access, number);
	signal(number, SIG_DFL);
}

static size_t bin_of(uint64_t ticks)
{
	int shift;

	if (ticks < SUB_BINS)
		return ticks;
	shift = 59 - __builtin_clzl(ticks);
	return (size_t)shift * SUB_BINS + (ticks >> shift);
}

/* The middle of a bin. */
static double bin_ticks(size_t bin)
{
	int shift = bin < 2 * SUB_BINS ? 0 : (int)(bin / SUB_BINS) - 1;

	return ldexp((double)(bin - (size_t)shift * SUB_BINS) + (shift ? 0.5 : 0), shift);
}

static volatile uint64_t *words_of(const struct concurrent *run, size_t member, size_t page)
{
	char *line = run->context->buffer->address + page * run->context->all.page_bytes + (member + 1) * LINE_BYTES;

	return (volatile uint64_t *)(void *)line;
}

/* Grows from pass to pass, and names the helper and the page. */
static uint64_t value_of(size_t member, size_t page, uint64_t pass)
{
	return pass << 40 | (uint64_t)member << 32 | page;
}

static int wrong_word(const struct concurrent *run, size_t member, size_t page, int which, uint64_t seen,
		      struct why *why)
{
	const struct params *params = run->context->params;

	atomic_store(&run->shared->failed, true);
	return why_set(why, -EBADMSG, NULL,
		       "page %zu, word %d of helper %zu: expected 0x%llx, seen 0x%llx (policy %s, granularity %s): "
		       "what it wrote is lost",
		       page, which, member + 1, (unsigned long long)run->shared->helper[member].stored[page][which],
		       (unsigned long long)seen, param_choice(PARAM_POLICY, params_choice(params, PARAM_POLICY)),
		       param_choice(PARAM_GRANULARITY, params_choice(params, PARAM_GRANULARITY)));
}

/*
 * One access. The sanitizer is off here: its reads of shadow memory would fault, and these faults would be counted. A
 * signal may end the access at any load or store, so what is stored is noted at once.
 */
static __attribute__((no_sanitize("address"))) int access_page(struct concurrent *run, size_t member, struct why *why)
{
	struct helper *helper = &run->shared->helper[member];
	size_t page = helper->next, now = helper->pass & 1;
	volatile uint64_t *word = words_of(run, member, page);
	uint64_t *stored = helper->stored[page], value = value_of(member, page, helper->pass), begin, ticks, seen[2];

	begin = clock_now(run->context->clock);
	if (run->reads_first) {
		seen[0] = word[0];
		seen[1] = word[1];
		word[now] = value;
	} else {
		word[now] = value;
		stored[now] = value;
		atomic_signal_fence(memory_order_seq_cst);
		seen[0] = word[0];
		seen[1] = word[1];
	}
	ticks = clock_now(run->context->clock) - begin;
	ticks = (uint64_t)clock_net(run->context->clock, ticks);
	for (int i = 0; i < 2; i++) {
		if (seen[i] != stored[i])
			return wrong_word(run, member, page, i, seen[i], why);
	}
	stored[now] = value;
	helper->bytes_checked += sizeof(seen);
	helper->bin[bin_of(ticks)]++;
	if (ticks > helper->ticks_most)
		helper->ticks_most = ticks;
	return 0;
}

static void to_next_page(const struct concurrent *run, struct helper *helper, struct crew_count *count)
{
	if (++helper->next == run->pages) {
		helper->next = 0;
		helper->pass++;
	}
	crew_count(count, 1);
	atomic_store_explicit(&helper->accesses, atomic_load_explicit(&helper->accesses, memory_order_relaxed) + 1,
			      memory_order_relaxed);
}

static int access_batch(struct concurrent *run, size_t member, struct crew_count *count, struct why *why)
{
	int err = 0;

	for (int i = 0; i < BATCH && !err; i++) {
		err = access_page(run, member, why);
		to_next_page(run, &run->shared->helper[member], count);
	}
	return err;
}

/* The mapping of this process, where the kernel zaps the caller's only. */
static int zap_own(struct concurrent *run, struct helper *helper)
{
	uint64_t wanted = atomic_load(&run->shared->zaps);
	int err = 0;

	if (wanted != atomic_load_explicit(&helper->zaps, memory_order_relaxed))
		err = run->context->buffer->source->step(run->context->buffer, STEP_ZAP);
	if (err)
		atomic_store(&run->shared->failed, true);
	atomic_store(&helper->zaps, wanted);
	return err;
}

static int helper_prepare(void *argument, size_t member, struct why *why)
{
	struct concurrent *run = argument;

	(void)member;
	(void)why;
	return run->processes ? run->context->buffer->source->populate(run->context->buffer, ACCESS_WRITE) : 0;
}

static int helper_work(void *argument, size_t member, struct crew_count *count, struct why *why)
{
	struct concurrent *run = argument;
	struct helper *helper = &run->shared->helper[member];
	int err = run->zaps_own ? zap_own(run, helper) : 0, number;

	if (err)
		return err;
	number = sigsetjmp(out_of_access, 0);
	if (!number) {
		accessing = 1;
		err = access_batch(run, member, count, why);
		accessing = 0;
		return err ? err : 1;
	}
	accessing = 0;
	helper->signals[number == SIGSEGV]++;
	to_next_page(run, helper, count);
	return 1;
}

/* Spin until a helper's count is @value. When a helper failed, return: crew_wait() says why. */
static int await_count(const struct concurrent *run, size_t member, _Atomic uint64_t *count, uint64_t value)
{
	const struct clock *clock = run->context->clock;
	uint64_t begin = clock_now(clock), limit = (uint64_t)(LIMIT_S * 1e9 / clock->ns_per_tick);

	while (atomic_load(count) < value && !atomic_load(&run->shared->failed)) {
		if (clock_now(clock) - begin > limit)
			return why_set(run->context->why, -ETIMEDOUT, "stop other work on that CPU",
				       "the helper on CPU %d made no access in %d s", crew_cpu(run->crew, member),
				       LIMIT_S);
		crew_relax();
	}
	return 0;
}

/* Until each helper has accessed @pages more. */
static int wait_for_accesses(struct concurrent *run, size_t pages)
{
	uint64_t until[CREW_MAX];
	int err = 0;

	for (size_t i = 0; i < run->others; i++)
		until[i] = atomic_load(&run->shared->helper[i].accesses) + pages;
	for (size_t i = 0; i < run->others && !err; i++)
		err = await_count(run, i, &run->shared->helper[i].accesses, until[i]);
	return err;
}

/* Tell the processes to zap, and wait: a step of the policy ends when every mapping is gone. */
static int zap_theirs(struct concurrent *run)
{
	uint64_t wanted = atomic_fetch_add(&run->shared->zaps, 1) + 1;
	int err = 0;

	for (size_t i = 0; i < run->others && !err; i++)
		err = await_count(run, i, &run->shared->helper[i].zaps, wanted);
	return err;
}

static int one_frame(struct concurrent *run)
{
	static const enum step steps[] = { STEP_WRITE_START,  STEP_WRITE_END,  STEP_DEVICE_MAP,
					   STEP_DEVICE_UNMAP, STEP_READ_START, STEP_READ_END };
	struct buffer *buffer = run->context->buffer;
	int err = 0;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && !err; i++) {
		double zapped = buffer->zap_ticks;

		err = buffer->source->step(buffer, steps[i]);
		if (!err && run->zaps_own && buffer->zap_ticks > zapped)
			err = zap_theirs(run);
	}
	return err;
}

/* @timed false: a turn in which every helper only goes through the buffer once. */
static int turn(struct concurrent *run, bool timed)
{
	struct context *context = run->context;
	int err = context_rearm(context, ACCESS_WRITE), ended;

	if (!err)
		err = crew_arm(run->crew, context->why);
	if (err)
		return err;
	crew_release(run->crew);
	err = wait_for_accesses(run, timed ? BATCH : run->pages);
	if (timed && !err) {
		region_begin(context);
		for (int64_t frame = 0; frame < (int64_t)context->params->value[PARAM_FRAMES] && !err; frame++)
			err = one_frame(run);
		region_end(context);
		/* The access of this moment may have begun before the last zap, so wait for one more than there are
		 * pages. */
		if (!err)
			err = wait_for_accesses(run, run->pages + 1);
	}
	crew_stop(run->crew);
	ended = crew_wait(run->crew, context->why);
	if (timed) {
		crew_account(run->crew, context->sample);
		context->sample->figure[FIGURE_FAULTS] += (double)crew_faults(run->crew);
	}
	return err ? err : ended;
}

/* After the warm-up: counts start at 0. The words stay as they are. */
static void reset_counts(struct concurrent *run)
{
	for (size_t i = 0; i < run->others; i++) {
		struct helper *helper = &run->shared->helper[i];

		helper->bytes_checked = helper->ticks_most = 0;
		memset(helper->signals, 0, sizeof(helper->signals));
		memset(helper->bin, 0, sizeof(helper->bin));
	}
}

/* The measuring thread reads every word of every helper by its own mapping. */
static int verify(struct concurrent *run, uint64_t *checked)
{
	int err = 0;

	for (size_t i = 0; i < run->others && !err; i++) {
		for (size_t page = 0; page < run->pages && !err; page++) {
			volatile uint64_t *word = words_of(run, i, page);

			for (int which = 0; which < 2 && !err; which++) {
				uint64_t seen = word[which];

				if (seen != run->shared->helper[i].stored[page][which])
					err = wrong_word(run, i, page, which, seen, run->context->why);
			}
			*checked += 2 * sizeof(uint64_t);
		}
	}
	return err;
}

static void zero_words(const struct concurrent *run)
{
	for (size_t i = 0; i < run->others; i++) {
		run->shared->helper[i].pass = 1;
		for (size_t page = 0; page < run->pages; page++) {
			words_of(run, i, page)[0] = 0;
			words_of(run, i, page)[1] = 0;
		}
	}
}

/* NAN with fewer than 10 accesses above it, or where the clock cannot resolve it. */
static double p99_ns(const struct concurrent *run)
{
	uint64_t all = 0, beyond = 0;
	size_t bin = BINS;
	double ns;

	for (size_t i = 0; i < run->others; i++) {
		for (size_t j = 0; j < BINS; j++)
			all += run->shared->helper[i].bin[j];
	}
	if (all < 1000)
		return NAN;
	while (bin-- > 0) {
		for (size_t i = 0; i < run->others; i++)
			beyond += run->shared->helper[i].bin[bin];
		if (beyond >= all / 100)
			break;
	}
	ns = bin_ticks(bin) * run->context->clock->ns_per_tick;
	return clock_resolves(run->context->clock, ns) ? ns : NAN;
}

static void fill_figures(const struct concurrent *run, uint64_t accesses, uint64_t checked)
{
	double *figure = run->context->sample->figure, repetitions = (double)run->context->repetitions;
	uint64_t most = 0;

	figure[FIGURE_SIGBUS] = figure[FIGURE_SIGSEGV] = 0;
	for (size_t i = 0; i < run->others; i++) {
		const struct helper *helper = &run->shared->helper[i];

		figure[FIGURE_SIGBUS] += (double)helper->signals[0];
		figure[FIGURE_SIGSEGV] += (double)helper->signals[1];
		checked += helper->bytes_checked;
		most = helper->ticks_most > most ? helper->ticks_most : most;
	}
	figure[FIGURE_ACCESSES] = (double)accesses / repetitions;
	figure[FIGURE_FAULTS] /= repetitions;
	figure[FIGURE_CHECKED] = (double)checked;
	figure[FIGURE_P99] = p99_ns(run);
	figure[FIGURE_MAX_NS] = run->others ? clock_ns(run->context->clock, most) : NAN;
	/* Without helpers nothing was observed: that is unknown, not 0. */
	for (size_t i = 0; i <= FIGURE_CHECKED && !run->others; i++)
		figure[i] = NAN;
}

/*
 * Helpers race with zaps, so their faults have only bounds. The least: the last pass brings back what was zapped. That
 * is each page once by some thread, or each page once by each process, because processes zap between accesses. A zap
 * may cut a thread's access in two; the rest of it is a read, which on some sources also maps the pages around it. The
 * most: each access after each zap faults, at its load and at its store. A policy that zaps nothing takes no faults, as
 * in its reference pass.
 */
static void set_range(const struct concurrent *run)
{
	const struct params *params = run->context->params;
	struct sample *sample = run->context->sample;
	int64_t repetitions = run->context->repetitions, pages = (int64_t)run->pages, others = (int64_t)run->others;
	int64_t zaps = STEPS_THAT_ZAP * (int64_t)params->value[PARAM_FRAMES] + 1;

	if (!run->others || !policy_zaps(params_choice(params, PARAM_POLICY)))
		return;
	sample->faults_least = repetitions;
	if (params_choice(params, PARAM_GRANULARITY) == GRANULARITY_PAGE && run->processes)
		sample->faults_least *= pages * others;
	else if (params_choice(params, PARAM_GRANULARITY) == GRANULARITY_PAGE && pages > others * AROUND_PAGES)
		sample->faults_least *= pages - others * AROUND_PAGES;
	/* Plus what the measuring thread brings back at START with granularity buffer. */
	sample->faults_most = repetitions * zaps * pages * (2 * others + 1);
}

static int run_turns(struct concurrent *run)
{
	struct context *context = run->context;
	struct buffer *buffer = context->buffer;
	uint64_t accesses, checked = 0;
	int err = turn(run, false);

	reset_counts(run);
	accesses = crew_operations(run->crew);
	for (int64_t i = 0; i < context->repetitions && !err; i++)
		err = turn(run, true);
	accesses = crew_operations(run->crew) - accesses;
	if (!err)
		err = buffer->source->step(buffer, STEP_READ_START);
	if (!err)
		err = verify(run, &checked);
	if (!err)
		err = buffer->source->step(buffer, STEP_READ_END);
	if (!err) {
		fill_figures(run, accesses, checked);
		set_range(run);
	}
	return err;
}

static int run_crew(struct concurrent *run)
{
	struct context *context = run->context;
	struct crew_job job = {
		.members = run->others,
		.processes = run->processes,
		.cpu = context->cpu,
		.cpus = context->cpus,
		.argument = run,
		.prepare = helper_prepare,
		.work = helper_work,
	};
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_NODEFER }, before[2];
	int err, ended;

	/* Before the crew is made: processes inherit it. */
	sigaction(SIGBUS, &action, &before[0]);
	sigaction(SIGSEGV, &action, &before[1]);
	err = crew_make(&job, &run->crew, context->why);
	if (!err) {
		err = run_turns(run);
		ended = crew_end(run->crew, context->why);
		err = err ? err : ended;
	}
	sigaction(SIGBUS, &before[0], NULL);
	sigaction(SIGSEGV, &before[1], NULL);
	return err;
}

static int concurrent_access_run(struct context *context)
{
	struct buffer *buffer = context->buffer;
	struct concurrent run = {
		.context = context,
		.others = (size_t)context->params->value[PARAM_OTHERS],
		.pages = context->all.count,
		.processes = params_choice(context->params, PARAM_OWNERS) == OWNERS_PROCESSES,
		.reads_first = params_choice(context->params, PARAM_ACCESS) == ACCESS_READ,
	};
	size_t head = sizeof(*run.shared) + run.others * sizeof(struct helper);
	size_t bytes = head + run.others * run.pages * sizeof(*run.shared->helper->stored);
	int err = buffer->source->rearm(buffer);

	run.zaps_own = run.processes && !buffer->source->kernel_zaps;
	buffer->direction = DEVICE_READS;
	if (!err)
		err = context_populate(context, ACCESS_WRITE, false);
	if (err)
		return err;
	run.shared = crew_share(bytes);
	if (!run.shared)
		return -ENOMEM;
	for (size_t i = 0; i < run.others; i++)
		run.shared->helper[i].stored =
			(void *)((char *)run.shared + head + i * run.pages * 2 * sizeof(uint64_t));
	zero_words(&run);
	err = run_crew(&run);
	crew_unshare(run.shared, bytes);
	context->sample->operations = context->repetitions * (int64_t)context->params->value[PARAM_FRAMES];
	context->sample->bytes = context->repetitions * (int64_t)buffer->bytes;
	return err;
}

const struct bench case_concurrent_access = {
	.name = "concurrent-access",
	.former_name = "toucher",
	.summary = "frames while other CPUs access the buffer: cost, latency of an access, lost bytes",
	.operation = "touched frame",
	.uses_source = true,
	.counts_regions = true,
	.uses_cpus = true,
	.repeats_setup = true,
	.expected_by = "bounds: at least each page once per repetition (granularity page; processes: in each of them; "
		       "threads: except 16 pages per helper), else one fault; at most two per page, zap and helper; "
		       "without a zap, a reference pass",
	.uses = PARAM_BIT(PARAM_POLICY) | PARAM_BIT(PARAM_GRANULARITY) | PARAM_BIT(PARAM_SIZE) |
		PARAM_BIT(PARAM_ACCESS) | PARAM_BIT(PARAM_OWNERS) | PARAM_BIT(PARAM_FRAMES) | PARAM_BIT(PARAM_OTHERS),
	.full =
		(const char *const[]){
			/* Larger buffers are often disturbed by other work, and then the round is discarded for every
			   case. */
			"policy=eager,lazy granularity=page access=write size=2M frames=16 owners=threads others=0",
			"policy=eager,lazy granularity=page access=write size=2M frames=16 owners=threads,processes "
			"others=1,3",
			"policy=cached,uncached,refuse access=write size=2M frames=16 owners=threads others=0,1",
			NULL },
	.steps = { STEP_WRITE_START, STEP_WRITE_END, STEP_DEVICE_MAP, STEP_DEVICE_UNMAP, STEP_READ_START,
		   STEP_READ_END },
	.nr_steps = 6,
	.figures = { [FIGURE_ACCESSES] = { "helper_accesses", "", "none" },
		     [FIGURE_FAULTS] = { "helpers_faults", "faults", "none" },
		     [FIGURE_P99] = { "access_p99_ns", "ns", "less" },
		     [FIGURE_MAX_NS] = { "access_max_ns", "ns", "less" },
		     [FIGURE_SIGBUS] = { "sigbus_signals", "", "less" },
		     [FIGURE_SIGSEGV] = { "sigsegv_signals", "", "less" },
		     [FIGURE_CHECKED] = { "checked_bytes", "bytes", "none" } },
	.run = concurrent_access_run,
};
