// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Timed regions of this process: what the fault accounting around them finds. Every disturbance is made here.
 */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench/base/now.h"
#include "bench/case/case.h"
#include "bench/run/exclusion.h"

/* What CLOCK_BOOTTIME is ahead by: time for which the machine was suspended. */
static int64_t suspended_ns;

int clock_gettime(clockid_t clock, struct timespec *now)
{
	long err = syscall(SYS_clock_gettime, clock, now);

	if (!err && clock == CLOCK_BOOTTIME) {
		now->tv_sec += suspended_ns / 1000000000;
		now->tv_nsec += suspended_ns % 1000000000;
	}
	return (int)err;
}

/* A context without a source; each test changes what it needs. */
struct scene {
	struct clock clock;
	struct buffer buffer;
	struct sample sample;
	struct context context;
};

static struct context *scene_open(struct scene *scene)
{
	*scene = (struct scene){ .clock = { .kind = CLOCK_KIND_MONOTONIC_RAW, .ns_per_tick = 1 } };
	scene->context.clock = &scene->clock;
	scene->context.buffer = &scene->buffer;
	scene->context.sample = &scene->sample;
	/* The first region faults in the code of the accounting. */
	region_begin(&scene->context);
	region_end(&scene->context);
	scene->sample = (struct sample){ 0 };
	return &scene->context;
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	assert_int_equal(sched_setaffinity(0, sizeof(set), &set), 0);
}

/* The first CPUs that this process may use. Return: how many were found. */
static int cpus_of(const cpu_set_t *set, int *cpu, int most)
{
	int count = 0;

	for (int i = 0; i < CPU_SETSIZE && count < most; i++) {
		if (CPU_ISSET((size_t)i, set))
			cpu[count++] = i;
	}
	return count;
}

static void a_region_that_changes_the_cpu_is_a_migration(void **state)
{
	struct scene scene;
	struct context *context = scene_open(&scene);
	cpu_set_t before;
	int cpu[2];

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	if (cpus_of(&before, cpu, 2) < 2)
		skip();
	pin(cpu[0]);
	region_begin(context);
	pin(cpu[1]);
	region_end(context);
	sched_setaffinity(0, sizeof(before), &before);
	assert_int_equal(scene.sample.migrations, 1);
	assert_true(sample_disturbed(&scene.sample));
}

/* The same without a second CPU: the region believes that it began on another one. */
static void a_region_that_began_on_another_cpu_is_a_migration(void **state)
{
	struct scene scene;
	struct context *context = scene_open(&scene);
	cpu_set_t before;
	int cpu = 0;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	assert_int_equal(cpus_of(&before, &cpu, 1), 1);
	pin(cpu);
	region_begin(context);
	region_end(context);
	assert_int_equal(scene.sample.migrations, 0);
	region_begin(context);
	context->region_cpu = cpu + 1;
	region_end(context);
	sched_setaffinity(0, sizeof(before), &before);
	assert_int_equal(scene.sample.migrations, 1);
}

static long switches_now(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_nivcsw;
}

/* Two processes on one CPU: the scheduler takes it away from this one. */
static void a_region_that_is_preempted_counts_the_switches(void **state)
{
	struct scene scene;
	struct context *context = scene_open(&scene);
	cpu_set_t before;
	double end;
	long first;
	pid_t busy;
	int cpu = 0;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	assert_int_equal(cpus_of(&before, &cpu, 1), 1);
	pin(cpu);
	busy = fork();
	if (!busy) {
		alarm(30);
		for (;;)
			;
	}
	assert_true(busy > 0);
	end = now_s() + 20;
	region_begin(context);
	first = switches_now();
	while (switches_now() == first && now_s() < end)
		;
	region_end(context);
	kill(busy, SIGKILL);
	waitpid(busy, NULL, 0);
	sched_setaffinity(0, sizeof(before), &before);
	assert_true(scene.sample.switches >= 1);
	assert_true(sample_disturbed(&scene.sample));
}

/* Who sleeps in a region waits for another: for a lock that a reader of smaps holds, or for memory. */
static void a_region_that_sleeps_counts_the_switches(void **state)
{
	struct scene scene;
	struct context *context = scene_open(&scene);

	(void)state;
	for (int i = 0; i < 2; i++) {
		scene.sample.switches = scene.sample.sleeps = 0;
		context->waits = i; /* in the second, for other owners: that is what it measures */
		region_begin(context);
		for (int j = 0; j < 200; j++)
			usleep(100);
		region_end(context);
		assert_int_equal(scene.sample.switches >= 100, !i);
		assert_int_equal(scene.sample.sleeps >= 100, !i);
	}
}

/* A region in which the process is stopped for 20 ms. Are there more switches than the kernel counted? */
static bool stopped_region(struct scene *scene)
{
	struct rusage before, after;
	pid_t helper = fork();

	if (!helper) {
		usleep(20000);
		kill(getppid(), SIGSTOP);
		usleep(20000);
		kill(getppid(), SIGCONT);
		_exit(0);
	}
	scene->sample.switches = scene->sample.sleeps = 0;
	getrusage(RUSAGE_THREAD, &before);
	region_begin(&scene->context);
	waitpid(helper, NULL, 0);
	region_end(&scene->context);
	getrusage(RUSAGE_THREAD, &after);
	assert_true(sample_disturbed(&scene->sample));
	return scene->sample.switches > after.ru_nivcsw - before.ru_nivcsw;
}

/* Time that passes while the process is stopped is no cost, also not where a region waits for others. */
static void a_region_that_is_stopped_is_disturbed(void **state)
{
	struct scene scene;
	struct context *context = scene_open(&scene);

	(void)state;
	context_watch_stops();
	for (int i = 0; i < 2; i++) {
		int tries = 20;

		context->waits = i;
		/* On a busy machine a preemption may come between the kernel's count and the region. */
		while (!stopped_region(&scene) && tries)
			tries--;
		assert_true(tries);
	}
}

/* Nor is time for which the machine was suspended, where a sleep is no evidence. */
static void a_region_with_a_suspend_is_disturbed(void **state)
{
	struct scene scene;
	struct context *context = scene_open(&scene);

	(void)state;
	context->waits = true;
	for (int i = 0; i < 2; i++) {
		struct rusage before, after;

		scene.sample.switches = 0;
		getrusage(RUSAGE_THREAD, &before);
		region_begin(context);
		suspended_ns += i ? 900000000 : 0;
		region_end(context);
		getrusage(RUSAGE_THREAD, &after);
		/* No less than that of the suspend, and no more than the kernel's. */
		assert_true(i ? scene.sample.switches > 0
			      : scene.sample.switches <= after.ru_nivcsw - before.ru_nivcsw);
	}
	suspended_ns = 0;
}

static void switches_of_other_owners_count_once(void **state)
{
	struct scene scene;
	struct context *context = scene_open(&scene);
	int64_t first;

	(void)state;
	region_begin(context);
	scene.buffer.owner_switches = 1000;
	region_end(context);
	first = scene.sample.switches;
	assert_true(first >= 1000);
	region_begin(context);
	region_end(context);
	assert_true(scene.sample.switches - first < 1000);
}

static void faults_of_a_region_are_counted(void **state)
{
	enum { PAGES = 8 };
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct scene scene;
	struct context *context = scene_open(&scene);
	volatile char *memory = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_true((void *)memory != MAP_FAILED);
	madvise((void *)memory, PAGES * page, MADV_NOHUGEPAGE);
	/* First accesses of code, and of a sanitizer's shadow memory, fault too. */
	region_begin(context);
	for (size_t i = 0; i < PAGES; i++)
		memory[i * page] = 1;
	region_end(context);
	scene.sample.faults_minor = scene.sample.faults_major = 0;
	assert_int_equal(madvise((void *)memory, PAGES * page, MADV_DONTNEED), 0);
	memory[0] = 1; /* before the region: not counted */
	region_begin(context);
	for (size_t i = 1; i < PAGES; i++)
		memory[i * page] = 1;
	region_end(context);
	assert_int_equal(scene.sample.faults_minor + scene.sample.faults_major, PAGES - 1);
	munmap((void *)memory, PAGES * page);
}

static void the_timer_overhead_is_subtracted_from_each_region(void **state)
{
	struct scene scene;
	struct context *context = scene_open(&scene);
	uint64_t begin, whole;

	(void)state;
	scene.clock.cost_ticks = 1000000; /* 1 ms */
	begin = clock_now(&scene.clock);
	region_begin(context);
	usleep(5000);
	region_end(context);
	whole = clock_now(&scene.clock) - begin;
	assert_true(scene.sample.ticks >= 4000000 - 100000);
	assert_true(scene.sample.ticks <= whole - 1000000);
	/* A region that is shorter than that lasts 0, and never a negative time. */
	scene.sample.ticks = 0;
	scene.clock.cost_ticks = UINT64_C(1000000000000);
	region_begin(context);
	region_end(context);
	assert_int_equal(scene.sample.ticks, 0);
	/* A region that measured itself has subtracted it already. */
	region_begin(context);
	region_end_as(context, 77);
	assert_int_equal(scene.sample.ticks, 77);
}

static void the_reference_pass_skips_regions_unless_the_case_counts_them(void **state)
{
	struct scene scene;
	struct context *context = scene_open(&scene);

	(void)state;
	context->counted = true;
	region_begin(context);
	scene.buffer.owner_switches = 5;
	usleep(1000);
	region_end(context);
	assert_int_equal(scene.sample.ticks, 0);
	assert_int_equal(scene.sample.switches, 0);
	context->counts_regions = true;
	region_begin(context);
	region_end(context);
	assert_true(scene.sample.switches >= 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_region_that_changes_the_cpu_is_a_migration),
		cmocka_unit_test(a_region_that_began_on_another_cpu_is_a_migration),
		cmocka_unit_test(a_region_that_is_preempted_counts_the_switches),
		cmocka_unit_test(a_region_that_sleeps_counts_the_switches),
		cmocka_unit_test(a_region_that_is_stopped_is_disturbed),
		cmocka_unit_test(a_region_with_a_suspend_is_disturbed),
		cmocka_unit_test(switches_of_other_owners_count_once),
		cmocka_unit_test(faults_of_a_region_are_counted),
		cmocka_unit_test(the_timer_overhead_is_subtracted_from_each_region),
		cmocka_unit_test(the_reference_pass_skips_regions_unless_the_case_counts_them),
	};

	return cmocka_run_group_tests_name("context", tests, NULL, NULL);
}
