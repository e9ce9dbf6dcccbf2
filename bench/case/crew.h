/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A crew: threads or forked processes that work at the same time as the measuring thread, each on a CPU of its own. A
 * crew is made outside of any timed region. Its members sleep between two turns. A turn is: crew_arm(): they wake and
 * wait at a gate. crew_release(): one store starts all of them. crew_stop(): only if they do not end by themselves.
 * crew_wait(). Release, stop and wait make no system call in the measuring thread.
 */
#ifndef ZAPBENCH_CREW_H
#define ZAPBENCH_CREW_H

#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/base/why.h"
#include "bench/case/case.h"

/* No two counters share a line, nor a pair of lines that a prefetcher fetches together. */
#define CREW_LINE_BYTES 128
#define CREW_MAX 64

/* What one member has done, written by it alone. */
struct crew_count {
	_Alignas(CREW_LINE_BYTES) _Atomic uint64_t operations;
};

/* A store, not an atomic addition: there is one writer. */
static inline void crew_count(struct crew_count *count, uint64_t operations)
{
	uint64_t now = atomic_load_explicit(&count->operations, memory_order_relaxed);

	atomic_store_explicit(&count->operations, now + operations, memory_order_relaxed);
}

struct crew_job {
	size_t members;        /* at most CREW_MAX; 0 is a crew that does nothing */
	bool processes;        /* forked, each with a copy of the argument; else threads of this process */
	int cpu;               /* of the measuring thread: no member runs there */
	const cpu_set_t *cpus; /* on which members may run */
	void *argument;
	/* In the member. Each returns 0 or -errno with @why. Once, before crew_make() returns; may be NULL. */
	int (*prepare)(void *argument, size_t member, struct why *why);
	/* In every turn before the gate; may be NULL. */
	int (*ready)(void *argument, size_t member, struct why *why);
	/*
	 * Behind the gate, again and again until it returns other than 1 or crew_stop() is called: 1 for more, 0 when
	 * it has done its part of the turn. A call lasts microseconds, so that a stop is seen soon.
	 */
	int (*work)(void *argument, size_t member, struct crew_count *count, struct why *why);
};

struct crew;

/**
 * crew_make() - make the members and wait until they are prepared
 * @job: copied
 * @crew: on success to be ended with crew_end(); on error NULL
 * @why: on error
 *
 * Return: 0, -EOPNOTSUPP where there are fewer CPUs than members and the measuring thread need, or another -errno.
 */
int crew_make(const struct crew_job *job, struct crew **crew, struct why *why);
/* Wake all, and return when each waits at the gate. 0, -ETIMEDOUT or what a member's ready() failed with. */
int crew_arm(struct crew *crew, struct why *why);
void crew_release(struct crew *crew);
void crew_stop(struct crew *crew);
/* Spin until each has ended its turn. 0, -ETIMEDOUT or what a member's work() failed with. */
int crew_wait(struct crew *crew, struct why *why);
/* Stop, and join within the time limit; a process that does not end is killed. 0 or -ETIMEDOUT. NULL is allowed. */
int crew_end(struct crew *crew, struct why *why);

/* Operations of all members so far. No system call. */
uint64_t crew_operations(const struct crew *crew);
/* Of the last turn, behind the gate, over all members: valid after crew_wait(). Of both kinds, as sample_faults(). */
int64_t crew_faults(const struct crew *crew);
/* Add these faults and the involuntary switches to @sample. */
void crew_account(const struct crew *crew, struct sample *sample);
/* The CPU that member @member runs on. */
int crew_cpu(const struct crew *crew, size_t member);

/* Memory that forked members share with the measuring process; zeroed and populated. NULL without memory. */
void *crew_share(size_t bytes);
void crew_unshare(void *memory, size_t bytes);

/* Wait a little in a loop that spins. */
static inline void crew_relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield" : : : "memory");
#endif
}

#endif
