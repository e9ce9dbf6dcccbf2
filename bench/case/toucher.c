// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * toucher: what a policy costs, and what is seen, where the buffer is touched while the device maps it.
 *
 * That nobody does so is what the RFC for ION assumed. Here params.others threads, or processes with owners=processes,
 * each on a CPU of its own, touch every page of the buffer over and over while the measuring thread carries frames.
 *
 * Timed: params.frames times what a client calls: START, END, the mapping by the device, its end, START, END; others=0
 * is the same undisturbed, policies cached, uncached and refuse are the controls that zap nothing. Left out: making the
 * buffer cached and mapped again before each repetition, while the touchers sleep, and the touchers' last pass after
 * it. Each touch is two loads and a store of words that only that toucher writes, timed on its own; its p99 and maximum
 * are extra figures, over all touches, that last pass's too. Known bias: the clock's reads keep touches from
 * overlapping; a maximum holds what else the kernel runs on that CPU; the device itself accesses nothing. Where
 * userspace plays the zap, a process zaps its own mapping between two touches, when it is told to, and the frame waits
 * for it.
 *
 * Check: each toucher holds two words of each page against what it wrote last and the time before, at every touch,
 * which finds what was lost, undone or torn in between; all of them are looked at once more in the end, by the
 * measuring thread. A wrong word ends the run. After the last frame all go through the buffer once, so that what the
 * zaps took away has to fault again, by page at least once a page but for what a touch reads that a zap cut in two.
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
	LINE_BYTES = 64, /* a toucher's words lie in a line of their own; the first line of a page is nobody's */
	BATCH = 8,       /* touches between two looks at what is wanted */
	SUB_BINS = 16,   /* of an octave: no bin is wider than 6.25 % of its lower edge */
	BINS = 61 * SUB_BINS,
	STEPS_THAT_ZAP = 3, /* of a frame, at the most: lazy at its START, END and START */
	AROUND_PAGES = 16,  /* of the kernel's fault-around, as it is unless somebody sets it */
	LIMIT_S = 20,
};

enum { EXTRA_TOUCHES, EXTRA_FAULTS, EXTRA_P99, EXTRA_MAX_NS, EXTRA_SIGBUS, EXTRA_SIGSEGV, EXTRA_CHECKED };

/* Shared memory: a process may stand behind it. Written by one toucher, read by the measuring thread. */
struct toucher {
	_Alignas(CREW_LINE_BYTES) _Atomic uint64_t touched; /* pages, those that gave a signal among them */
	_Atomic uint64_t zaps;                              /* of its own mapping, as far as it was told */
	uint64_t pass, next;                                /* the next touch: page of this pass, from 1 on */
	uint64_t bytes_checked;
	uint64_t signals[2]; /* SIGBUS, SIGSEGV */
	uint64_t ticks_most, bin[BINS];
	uint64_t (*stored)[2]; /* what the two words of each page hold */
};

struct shared {
	_Atomic uint64_t zaps; /* that the touchers are to do, since the beginning */
	_Atomic bool failed;   /* one of them has found a wrong word, and is gone */
	struct toucher toucher[];
};

struct run {
	struct context *context;
	struct crew *crew;
	struct shared *shared;
	size_t others, pages;
	bool processes, zaps_own, reads_first;
};

static _Thread_local sigjmp_buf out_of_touch;
static _Thread_local volatile sig_atomic_t touching;

/* Of a touch: counted, and the touch is over. Any other has no business here, and ends the process when it returns. */
static void on_signal(int number)
{
	if (touching)
		siglongjmp(out_of_touch, number);
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

static volatile uint64_t *words_of(const struct run *run, size_t member, size_t page)
{
	char *line = run->context->buffer->address + page * run->context->all.page_bytes + (member + 1) * LINE_BYTES;

	return (volatile uint64_t *)(void *)line;
}

/* Grows from pass to pass, and tells whose it is and where. */
static uint64_t value_of(size_t member, size_t page, uint64_t pass)
{
	return pass << 40 | (uint64_t)member << 32 | page;
}

static int wrong_word(const struct run *run, size_t member, size_t page, int which, uint64_t seen, struct why *why)
{
	const struct params *params = run->context->params;

	atomic_store(&run->shared->failed, true);
	return why_set(why, -EBADMSG, NULL,
		       "page %zu, word %d of toucher %zu: expected 0x%llx, seen 0x%llx (policy %s, granularity %s): "
		       "what it wrote is lost",
		       page, which, member + 1, (unsigned long long)run->shared->toucher[member].stored[page][which],
		       (unsigned long long)seen, param_choice(PARAM_POLICY, params_choice(params, PARAM_POLICY)),
		       param_choice(PARAM_GRANULARITY, params_choice(params, PARAM_GRANULARITY)));
}

/*
 * One touch. The sanitizer is left out of it: its look into shadow memory would fault, and be counted as the buffer's.
 * A signal may end it at any load or store: what is stored is noted at once, what is not never.
 */
static __attribute__((no_sanitize("address"))) int touch_page(struct run *run, size_t member, struct why *why)
{
	struct toucher *toucher = &run->shared->toucher[member];
	size_t page = toucher->next, now = toucher->pass & 1;
	volatile uint64_t *word = words_of(run, member, page);
	uint64_t *stored = toucher->stored[page], value = value_of(member, page, toucher->pass), begin, ticks, seen[2];

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
	ticks = clock_net(run->context->clock, ticks);
	for (int i = 0; i < 2; i++) {
		if (seen[i] != stored[i])
			return wrong_word(run, member, page, i, seen[i], why);
	}
	stored[now] = value;
	toucher->bytes_checked += sizeof(seen);
	toucher->bin[bin_of(ticks)]++;
	if (ticks > toucher->ticks_most)
		toucher->ticks_most = ticks;
	return 0;
}

static void to_next_page(const struct run *run, struct toucher *toucher, struct crew_count *count)
{
	if (++toucher->next == run->pages) {
		toucher->next = 0;
		toucher->pass++;
	}
	crew_count(count, 1);
	atomic_store_explicit(&toucher->touched, atomic_load_explicit(&toucher->touched, memory_order_relaxed) + 1,
			      memory_order_relaxed);
}

static int touch_batch(struct run *run, size_t member, struct crew_count *count, struct why *why)
{
	int err = 0;

	for (int i = 0; i < BATCH && !err; i++) {
		err = touch_page(run, member, why);
		to_next_page(run, &run->shared->toucher[member], count);
	}
	return err;
}

/* The mapping of this process, where the kernel zaps the caller's only. */
static int zap_own(struct run *run, struct toucher *toucher)
{
	uint64_t wanted = atomic_load(&run->shared->zaps);
	int err = 0;

	if (wanted != atomic_load_explicit(&toucher->zaps, memory_order_relaxed))
		err = run->context->buffer->source->step(run->context->buffer, STEP_ZAP);
	if (err)
		atomic_store(&run->shared->failed, true);
	atomic_store(&toucher->zaps, wanted);
	return err;
}

static int toucher_prepare(void *argument, size_t member, struct why *why)
{
	struct run *run = argument;

	(void)member;
	(void)why;
	return run->processes ? run->context->buffer->source->populate(run->context->buffer, ACCESS_WRITE) : 0;
}

static int toucher_work(void *argument, size_t member, struct crew_count *count, struct why *why)
{
	struct run *run = argument;
	struct toucher *toucher = &run->shared->toucher[member];
	int err = run->zaps_own ? zap_own(run, toucher) : 0, number;

	if (err)
		return err;
	number = sigsetjmp(out_of_touch, 0);
	if (!number) {
		touching = 1;
		err = touch_batch(run, member, count, why);
		touching = 0;
		return err ? err : 1;
	}
	touching = 0;
	toucher->signals[number == SIGSEGV]++;
	to_next_page(run, toucher, count);
	return 1;
}

/* Spin until a toucher's count is @value. One that has failed has left: crew_wait() says why. */
static int await_count(const struct run *run, size_t member, _Atomic uint64_t *count, uint64_t value)
{
	const struct clock *clock = run->context->clock;
	uint64_t begin = clock_now(clock), limit = (uint64_t)(LIMIT_S * 1e9 / clock->ns_per_tick);

	while (atomic_load(count) < value && !atomic_load(&run->shared->failed)) {
		if (clock_now(clock) - begin > limit)
			return why_set(run->context->why, -ETIMEDOUT, "end what else runs there",
				       "a toucher on CPU %d did nothing for %d s", crew_cpu(run->crew, member),
				       LIMIT_S);
		crew_relax();
	}
	return 0;
}

/* Until each toucher has touched @pages more. */
static int wait_for_touches(struct run *run, size_t pages)
{
	uint64_t until[CREW_MAX];
	int err = 0;

	for (size_t i = 0; i < run->others; i++)
		until[i] = atomic_load(&run->shared->toucher[i].touched) + pages;
	for (size_t i = 0; i < run->others && !err; i++)
		err = await_count(run, i, &run->shared->toucher[i].touched, until[i]);
	return err;
}

/* Tell the processes to zap, and wait: a policy's step is over when every mapping is gone. */
static int zap_theirs(struct run *run)
{
	uint64_t wanted = atomic_fetch_add(&run->shared->zaps, 1) + 1;
	int err = 0;

	for (size_t i = 0; i < run->others && !err; i++)
		err = await_count(run, i, &run->shared->toucher[i].zaps, wanted);
	return err;
}

static int one_frame(struct run *run)
{
	static const enum step steps[] = { STEP_WRITE_START,  STEP_WRITE_END,  STEP_DEVICE_MAP,
					   STEP_DEVICE_UNMAP, STEP_READ_START, STEP_READ_END };
	struct buffer *buffer = run->context->buffer;
	int err = 0;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && !err; i++) {
		uint64_t zapped = buffer->zap_ticks;

		err = buffer->source->step(buffer, steps[i]);
		if (!err && run->zaps_own && buffer->zap_ticks != zapped)
			err = zap_theirs(run);
	}
	return err;
}

/* @timed: else a turn that only takes everybody through everything once. */
static int turn(struct run *run, bool timed)
{
	struct context *context = run->context;
	struct buffer *buffer = context->buffer;
	int err = buffer->source->rearm(buffer), ended;

	if (!err)
		err = context_populate(context, ACCESS_WRITE, false);
	if (!err)
		err = crew_arm(run->crew, context->why);
	if (err)
		return err;
	crew_release(run->crew);
	err = wait_for_touches(run, timed ? BATCH : run->pages);
	if (timed && !err) {
		region_begin(context);
		for (int64_t frame = 0; frame < (int64_t)context->params->value[PARAM_FRAMES] && !err; frame++)
			err = one_frame(run);
		region_end(context);
		/* The touch that goes on now may have been before the last zap: one more than there are pages. */
		if (!err)
			err = wait_for_touches(run, run->pages + 1);
	}
	crew_stop(run->crew);
	ended = crew_wait(run->crew, context->why);
	if (timed) {
		context->sample->faults_minor += crew_faults(run->crew);
		context->sample->switches += crew_switches(run->crew);
		context->sample->extra[EXTRA_FAULTS] += (double)crew_faults(run->crew);
	}
	return err ? err : ended;
}

/* After the warm-up: what is counted begins at nothing. What was written stays. */
static void reset_counts(struct run *run)
{
	for (size_t i = 0; i < run->others; i++) {
		struct toucher *toucher = &run->shared->toucher[i];

		toucher->bytes_checked = toucher->ticks_most = 0;
		memset(toucher->signals, 0, sizeof(toucher->signals));
		memset(toucher->bin, 0, sizeof(toucher->bin));
	}
}

/* Every word of every toucher, by the measuring thread's own mapping. */
static int verify(struct run *run, uint64_t *checked)
{
	int err = 0;

	for (size_t i = 0; i < run->others && !err; i++) {
		for (size_t page = 0; page < run->pages && !err; page++) {
			volatile uint64_t *word = words_of(run, i, page);

			for (int which = 0; which < 2 && !err; which++) {
				uint64_t seen = word[which];

				if (seen != run->shared->toucher[i].stored[page][which])
					err = wrong_word(run, i, page, which, seen, run->context->why);
			}
			*checked += 2 * sizeof(uint64_t);
		}
	}
	return err;
}

static void zero_words(const struct run *run)
{
	for (size_t i = 0; i < run->others; i++) {
		run->shared->toucher[i].pass = 1;
		for (size_t page = 0; page < run->pages; page++) {
			words_of(run, i, page)[0] = 0;
			words_of(run, i, page)[1] = 0;
		}
	}
}

/* NAN with fewer than 10 touches beyond it, or where the clock cannot tell it. */
static double p99_ns(const struct run *run)
{
	uint64_t all = 0, beyond = 0;
	size_t bin = BINS;
	double ns;

	for (size_t i = 0; i < run->others; i++) {
		for (size_t j = 0; j < BINS; j++)
			all += run->shared->toucher[i].bin[j];
	}
	if (all < 1000)
		return NAN;
	while (bin-- > 0) {
		for (size_t i = 0; i < run->others; i++)
			beyond += run->shared->toucher[i].bin[bin];
		if (beyond >= all / 100)
			break;
	}
	ns = bin_ticks(bin) * run->context->clock->ns_per_tick;
	return clock_resolves(run->context->clock, ns) ? ns : NAN;
}

static void fill_extra(const struct run *run, uint64_t touches, uint64_t checked)
{
	double *extra = run->context->sample->extra, repetitions = (double)run->context->repetitions;
	uint64_t most = 0;

	extra[EXTRA_SIGBUS] = extra[EXTRA_SIGSEGV] = 0;
	for (size_t i = 0; i < run->others; i++) {
		const struct toucher *toucher = &run->shared->toucher[i];

		extra[EXTRA_SIGBUS] += (double)toucher->signals[0];
		extra[EXTRA_SIGSEGV] += (double)toucher->signals[1];
		checked += toucher->bytes_checked;
		most = toucher->ticks_most > most ? toucher->ticks_most : most;
	}
	extra[EXTRA_TOUCHES] = (double)touches / repetitions;
	extra[EXTRA_FAULTS] /= repetitions;
	extra[EXTRA_CHECKED] = (double)checked;
	extra[EXTRA_P99] = p99_ns(run);
	extra[EXTRA_MAX_NS] = run->others ? clock_ns(run->context->clock, most) : NAN;
	/* Nobody touches: nothing was seen, which is not the same as nothing happened. */
	for (size_t i = 0; i <= EXTRA_CHECKED && !run->others; i++)
		extra[i] = NAN;
}

/*
 * Touchers race with zaps, so their faults have bounds only. At the least the last pass brings back what was zapped:
 * each page once, by somebody, or by each process, who zaps between touches; a zap may cut a thread's touch in two,
 * and what is left of it is a read, which on some sources brings back the pages around it. At the most each touch after
 * each zap faults, at its load and at its store. A policy that zaps nothing has none, as its reference pass.
 */
static void set_range(const struct run *run)
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
	/* And what the measuring thread brings back at START, with granularity buffer. */
	sample->faults_most = repetitions * zaps * pages * (2 * others + 1);
}

static int run_turns(struct run *run)
{
	struct context *context = run->context;
	struct buffer *buffer = context->buffer;
	uint64_t touches, checked = 0;
	int err = turn(run, false);

	reset_counts(run);
	touches = crew_operations(run->crew);
	for (int64_t i = 0; i < context->repetitions && !err; i++)
		err = turn(run, true);
	touches = crew_operations(run->crew) - touches;
	if (!err)
		err = buffer->source->step(buffer, STEP_READ_START);
	if (!err)
		err = verify(run, &checked);
	if (!err)
		err = buffer->source->step(buffer, STEP_READ_END);
	if (!err) {
		fill_extra(run, touches, checked);
		set_range(run);
	}
	return err;
}

static int run_crew(struct run *run)
{
	struct context *context = run->context;
	struct crew_job job = {
		.members = run->others,
		.processes = run->processes,
		.cpu = context->cpu,
		.cpus = context->cpus,
		.argument = run,
		.prepare = toucher_prepare,
		.work = toucher_work,
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

static int toucher_run(struct context *context)
{
	struct buffer *buffer = context->buffer;
	struct run run = {
		.context = context,
		.others = (size_t)context->params->value[PARAM_OTHERS],
		.pages = context->all.count,
		.processes = params_choice(context->params, PARAM_OWNERS) == OWNERS_PROCESSES,
		.reads_first = params_choice(context->params, PARAM_ACCESS) == ACCESS_READ,
	};
	size_t head = sizeof(*run.shared) + run.others * sizeof(struct toucher);
	size_t bytes = head + run.others * run.pages * sizeof(*run.shared->toucher->stored);
	int err = buffer->source->rearm(buffer);

	run.zaps_own = run.processes && buffer->source->played_by_user[0];
	buffer->direction = DEVICE_READS;
	if (!err)
		err = context_populate(context, ACCESS_WRITE, false);
	if (err)
		return err;
	run.shared = crew_share(bytes);
	if (!run.shared)
		return -ENOMEM;
	for (size_t i = 0; i < run.others; i++)
		run.shared->toucher[i].stored =
			(void *)((char *)run.shared + head + i * run.pages * 2 * sizeof(uint64_t));
	zero_words(&run);
	err = run_crew(&run);
	crew_unshare(run.shared, bytes);
	context->sample->operations = context->repetitions * (int64_t)context->params->value[PARAM_FRAMES];
	context->sample->bytes = context->repetitions * (int64_t)buffer->bytes;
	return err;
}

const struct bench case_toucher = {
	.name = "toucher",
	.summary = "frames while others touch the buffer: what it costs, what they see, that no byte is lost",
	.operation = "touched frame",
	.uses_source = true,
	.counts_regions = true,
	.uses_cpus = true,
	.repeats_setup = true,
	.expected_by = "by page each page once a repetition, in threads but for 16, in processes in each, else one "
		       "fault; at the most two for "
		       "each page, zap and toucher; where nothing is zapped, a reference pass",
	.uses = PARAM_BIT(PARAM_POLICY) | PARAM_BIT(PARAM_GRANULARITY) | PARAM_BIT(PARAM_SIZE) |
		PARAM_BIT(PARAM_ACCESS) | PARAM_BIT(PARAM_OWNERS) | PARAM_BIT(PARAM_FRAMES) | PARAM_BIT(PARAM_OTHERS),
	.quick = (const char *const[]){ NULL },
	.matrix = (const char *const[]){ NULL },
	.full =
		(const char *const[]){
			/* Larger ones seldom end undisturbed beside other work, which costs every case the round. */
			"policy=eager,lazy granularity=page access=write size=2M frames=16 owners=threads others=0",
			"policy=eager,lazy granularity=page access=write size=2M frames=16 owners=threads,processes "
			"others=1,3",
			"policy=cached,uncached,refuse access=write size=2M frames=16 owners=threads others=0,1",
			NULL },
	.steps = { STEP_WRITE_START, STEP_WRITE_END, STEP_DEVICE_MAP, STEP_DEVICE_UNMAP, STEP_READ_START,
		   STEP_READ_END },
	.nr_steps = 6,
	.extra = { [EXTRA_TOUCHES] = "touched_times",
		   [EXTRA_FAULTS] = "touchers_faults",
		   [EXTRA_P99] = "touch_p99_ns",
		   [EXTRA_MAX_NS] = "touch_max_ns",
		   [EXTRA_SIGBUS] = "sigbus_signals",
		   [EXTRA_SIGSEGV] = "sigsegv_signals",
		   [EXTRA_CHECKED] = "checked_bytes" },
	.run = toucher_run,
};
