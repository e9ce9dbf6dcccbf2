// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/case/crew.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/base/now.h"
#include "bench/base/process.h"
#include "bench/base/stack.h"

/* A turn is much shorter than this, even with other work on the CPU. */
enum { LIMIT_S = 20 };

/* Shared memory: a process may stand behind it. */
struct member {
	struct crew_count count;
	_Alignas(CREW_LINE_BYTES) _Atomic unsigned int at_gate; /* the turn that it is ready to begin */
	_Atomic unsigned int finished;                          /* the turn that it has ended */
	int64_t faults_minor, faults_major, switches;
	int err;
	struct why why;
	_Alignas(CREW_LINE_BYTES) sem_t go;
	struct crew *crew;
	size_t index;
	int cpu;
	pid_t process; /* 0 for a thread */
	pthread_t thread;
	bool started;
};

/* The first turn is the preparation. */
struct crew {
	struct crew_job job;
	_Alignas(CREW_LINE_BYTES) _Atomic unsigned int turn;
	_Alignas(CREW_LINE_BYTES) _Atomic unsigned int gate; /* the last turn that may begin */
	_Atomic unsigned int stop;                           /* the last turn that is to end */
	_Atomic bool leave;
	struct member member[];
};

static size_t crew_bytes(size_t members)
{
	return sizeof(struct crew) + members * sizeof(struct member);
}

void *crew_share(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

void crew_unshare(void *memory, size_t bytes)
{
	if (memory)
		munmap(memory, bytes);
}

/* The faults and switches of a member are in its own counts, never in those of the measuring thread. */
static void one_turn(struct member *member)
{
	struct crew *crew = member->crew;
	const struct crew_job *job = &crew->job;
	unsigned int turn = atomic_load(&crew->turn);
	struct rusage before, after;

	if (job->ready && !member->err)
		member->err = job->ready(job->argument, member->index, &member->why);
	getrusage(RUSAGE_THREAD, &before);
	atomic_store(&member->at_gate, turn);
	while (atomic_load(&crew->gate) < turn && !atomic_load(&crew->leave))
		crew_relax();
	while (!member->err && atomic_load_explicit(&crew->stop, memory_order_relaxed) < turn) {
		int more = job->work(job->argument, member->index, &member->count, &member->why);

		if (more < 0)
			member->err = more;
		if (more <= 0)
			break;
	}
	getrusage(RUSAGE_THREAD, &after);
	member->faults_minor = after.ru_minflt - before.ru_minflt;
	member->faults_major = after.ru_majflt - before.ru_majflt;
	member->switches = after.ru_nivcsw - before.ru_nivcsw;
	atomic_store(&member->finished, turn);
}

static void member_loop(struct member *member)
{
	struct crew *crew = member->crew;
	const struct crew_job *job = &crew->job;
	cpu_set_t own;

	CPU_ZERO(&own);
	CPU_SET((size_t)member->cpu, &own);
	if (sched_setaffinity(0, sizeof(own), &own))
		member->err =
			why_set(&member->why, -errno, NULL, "cannot run on CPU %d: %s", member->cpu, strerror(errno));
	if (!member->err && job->prepare)
		member->err = job->prepare(job->argument, member->index, &member->why);
	stack_fault_in();
	atomic_store(&member->finished, 1);
	for (;;) {
		if (sem_wait(&member->go) && errno != EINTR)
			return;
		if (atomic_load(&crew->leave))
			return;
		if (atomic_load(&member->finished) < atomic_load(&crew->turn))
			one_turn(member);
	}
}

static void *member_thread(void *argument)
{
	member_loop(argument);
	return NULL;
}

static int start_process(struct member *member)
{
	pid_t parent = getpid(), process = fork();

	if (process < 0)
		return -errno;
	if (!process) {
		if (ends_with_parent(parent))
			member_loop(member);
		_exit(0);
	}
	member->process = process; /* by one of the two: the memory is shared */
	return 0;
}

static int start_member(struct member *member, bool process)
{
	int err;

	if (sem_init(&member->go, 1, 0))
		return -errno;
	err = process ? start_process(member) : -pthread_create(&member->thread, NULL, member_thread, member);
	member->started = !err;
	return err;
}

/* Spin: the measuring thread has its CPU for itself, and a system call here would be inside of a timed region. */
static int await(struct crew *crew, bool gate, struct why *why)
{
	unsigned int turn = atomic_load(&crew->turn);
	double end = now_s() + LIMIT_S;

	for (size_t i = 0; i < crew->job.members; i++) {
		struct member *member = &crew->member[i];

		while (atomic_load(gate ? &member->at_gate : &member->finished) < turn) {
			crew_relax();
			if (now_s() > end)
				return why_set(why, -ETIMEDOUT, "stop other work on that CPU",
					       "a helper on CPU %d did not answer in %d s", member->cpu, LIMIT_S);
		}
		if (member->err)
			return why_set(why, member->err, member->why.remedy[0] ? member->why.remedy : NULL, "%s",
				       member->why.reason[0] ? member->why.reason : strerror(-member->err));
	}
	return 0;
}

/* The CPUs for the members, in the order of their numbers. */
static int choose_cpus(struct crew *crew, struct why *why)
{
	const struct crew_job *job = &crew->job;
	size_t found = 0;

	for (int cpu = 0; cpu < CPU_SETSIZE && found < job->members; cpu++) {
		if (cpu != job->cpu && CPU_ISSET((size_t)cpu, job->cpus))
			crew->member[found++].cpu = cpu;
	}
	if (found < job->members)
		return why_set(why, -EOPNOTSUPP, "give fewer helpers, or use a machine with more CPUs",
			       "needs %zu CPUs, and %zu are available", job->members + 1, found + 1);
	return 0;
}

int crew_make(const struct crew_job *job, struct crew **made, struct why *why)
{
	struct crew *crew;
	int err;

	*made = NULL;
	if (job->members > CREW_MAX)
		return why_set(why, -EINVAL, NULL, "more than %d helpers", CREW_MAX);
	crew = crew_share(crew_bytes(job->members));
	if (!crew)
		return -ENOMEM;
	crew->job = *job;
	err = choose_cpus(crew, why);
	atomic_store(&crew->turn, 1);
	for (size_t i = 0; i < job->members && !err; i++) {
		crew->member[i].crew = crew;
		crew->member[i].index = i;
		err = start_member(&crew->member[i], job->processes);
		if (err)
			why_set(why, err, NULL, "helper %zu: %s", i + 1, strerror(-err));
	}
	if (!err)
		err = await(crew, false, why);
	if (job->processes)
		stack_fault_in();
	if (err) {
		crew_end(crew, NULL);
		return err;
	}
	*made = crew;
	return 0;
}

int crew_arm(struct crew *crew, struct why *why)
{
	atomic_fetch_add(&crew->turn, 1);
	for (size_t i = 0; i < crew->job.members; i++)
		sem_post(&crew->member[i].go);
	return await(crew, true, why);
}

void crew_release(struct crew *crew)
{
	atomic_store(&crew->gate, atomic_load(&crew->turn));
}

void crew_stop(struct crew *crew)
{
	atomic_store(&crew->stop, atomic_load(&crew->turn));
}

int crew_wait(struct crew *crew, struct why *why)
{
	return await(crew, false, why);
}

static int join_process(struct member *member)
{
	double end = now_s() + LIMIT_S;

	while (!waitpid(member->process, NULL, WNOHANG)) {
		if (now_s() > end) {
			kill(member->process, SIGKILL);
			waitpid(member->process, NULL, 0);
			return -ETIMEDOUT;
		}
		nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
	}
	return 0;
}

static int join_thread(struct member *member)
{
	struct timespec end;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += LIMIT_S;
	return -pthread_timedjoin_np(member->thread, NULL, &end);
}

int crew_end(struct crew *crew, struct why *why)
{
	bool lost = false;
	int err = 0;

	if (!crew)
		return 0;
	atomic_store(&crew->leave, true);
	crew_stop(crew);
	for (size_t i = 0; i < crew->job.members; i++) {
		struct member *member = &crew->member[i];
		int joined;

		if (!member->started)
			continue;
		sem_post(&member->go);
		joined = member->process ? join_process(member) : join_thread(member);
		if (joined)
			err = why_set(why, -ETIMEDOUT, NULL, "a helper on CPU %d did not end in %d s", member->cpu,
				      LIMIT_S);
		lost |= joined && !member->process;
	}
	/* A thread that still runs still uses this memory. */
	if (!lost)
		crew_unshare(crew, crew_bytes(crew->job.members));
	return err;
}

uint64_t crew_operations(const struct crew *crew)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < crew->job.members; i++)
		sum += atomic_load_explicit(&crew->member[i].count.operations, memory_order_relaxed);
	return sum;
}

int64_t crew_faults(const struct crew *crew)
{
	int64_t sum = 0;

	for (size_t i = 0; i < crew->job.members; i++)
		sum += crew->member[i].faults_minor + crew->member[i].faults_major;
	return sum;
}

void crew_account(const struct crew *crew, struct sample *sample)
{
	for (size_t i = 0; i < crew->job.members; i++) {
		sample->faults_minor += crew->member[i].faults_minor;
		sample->faults_major += crew->member[i].faults_major;
		sample->switches += crew->member[i].switches;
	}
}

int crew_cpu(const struct crew *crew, size_t member)
{
	return crew->member[member].cpu;
}
