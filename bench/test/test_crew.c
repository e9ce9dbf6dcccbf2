// SPDX-License-Identifier: GPL-2.0-or-later
/* Helpers beside the measuring thread: where they run, when they begin and end, and what becomes of their errors. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench/case/crew.h"

struct seen {
	_Atomic int prepared, readied, cpu, process;
	char *cold;
};

static struct seen *seen;
static cpu_set_t all;
static int here;

static int prepare(void *argument, size_t member, struct why *why)
{
	(void)member;
	(void)why;
	atomic_fetch_add(&((struct seen *)argument)->prepared, 1);
	return 0;
}

static int ready(void *argument, size_t member, struct why *why)
{
	struct seen *into = argument;

	(void)member;
	(void)why;
	atomic_fetch_add(&into->readied, 1);
	atomic_store(&into->cpu, sched_getcpu());
	atomic_store(&into->process, (int)getpid());
	return 0;
}

static int endless(void *argument, size_t member, struct crew_count *count, struct why *why)
{
	(void)argument;
	(void)member;
	(void)why;
	crew_count(count, 1);
	return 1;
}

static int ten(void *argument, size_t member, struct crew_count *count, struct why *why)
{
	endless(argument, member, count, why);
	crew_count(count, 9);
	return 0;
}

static int failing(void *argument, size_t member, struct crew_count *count, struct why *why)
{
	(void)argument;
	(void)member;
	(void)count;
	return why_set(why, -EBADMSG, "mend it", "word 7 is wrong");
}

static struct crew_job job_of(size_t members, bool processes)
{
	return (struct crew_job){ .members = members,
				  .processes = processes,
				  .cpu = here,
				  .cpus = &all,
				  .argument = seen,
				  .prepare = prepare,
				  .ready = ready,
				  .work = endless };
}

static void runs_until_stopped(bool processes)
{
	struct crew_job job = job_of(1, processes);
	struct why why = { "", "" };
	struct crew *crew;
	uint64_t before;

	if (CPU_COUNT(&all) < 2)
		skip();
	memset(seen, 0, sizeof(*seen));
	assert_int_equal(crew_make(&job, &crew, &why), 0);
	assert_int_equal(atomic_load(&seen->prepared), 1);
	for (int turn = 1; turn <= 3; turn++) {
		before = crew_operations(crew);
		assert_int_equal(crew_arm(crew, &why), 0);
		assert_int_equal(atomic_load(&seen->readied), turn);
		assert_int_equal(atomic_load(&seen->cpu), crew_cpu(crew, 0));
		assert_int_not_equal(crew_cpu(crew, 0), here);
		assert_int_equal(crew_operations(crew), before); /* nobody passes a closed gate */
		crew_release(crew);
		while (crew_operations(crew) < before + 1000)
			crew_relax();
		crew_stop(crew);
		assert_int_equal(crew_wait(crew, &why), 0);
		before = crew_operations(crew);
		usleep(1000);
		assert_int_equal(crew_operations(crew), before);
		assert_true(crew_faults(crew) >= 0);
	}
	assert_true((atomic_load(&seen->process) != (int)getpid()) == processes);
	assert_int_equal(crew_end(crew, &why), 0);
}

static void threads_run_until_stopped(void **state)
{
	(void)state;
	runs_until_stopped(false);
}

static void processes_run_until_stopped(void **state)
{
	(void)state;
	runs_until_stopped(true);
}

/* A page of a file that is not in memory: its fault waits for the disk, as others wait for a lock. */
static void *cold_page(size_t bytes)
{
	char name[] = "crew-XXXXXX";
	void *page;
	int fd = mkstemp(name);

	assert_true(fd >= 0);
	unlink(name);
	page = calloc(1, bytes);
	assert_int_equal(write(fd, page, bytes), bytes);
	free(page);
	assert_int_equal(fsync(fd), 0);
	assert_int_equal(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
	page = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	return page == MAP_FAILED ? NULL : page;
}

static int read_cold(void *argument, size_t member, struct crew_count *count, struct why *why)
{
	(void)*(volatile char *)((struct seen *)argument)->cold;
	return ten(argument, member, count, why);
}

static void a_fault_that_waits_is_counted(void **state)
{
	struct crew_job job = job_of(1, false);
	size_t bytes = (size_t)sysconf(_SC_PAGESIZE);
	struct sample sample = { .faults_minor = 100 };
	struct why why = { "", "" };
	unsigned char in_memory = 1;
	struct crew *crew;

	(void)state;
	if (CPU_COUNT(&all) < 2)
		skip();
	job.work = read_cold;
	seen->cold = cold_page(bytes);
	assert_non_null(seen->cold);
	if (mincore(seen->cold, bytes, &in_memory) || in_memory & 1)
		skip(); /* a file system in memory */
	assert_int_equal(crew_make(&job, &crew, &why), 0);
	assert_int_equal(crew_arm(crew, &why), 0);
	crew_release(crew);
	assert_int_equal(crew_wait(crew, &why), 0);
	crew_account(crew, &sample);
	assert_int_equal(sample.faults_major, 1);
	assert_int_equal(sample.faults_minor + sample.faults_major, 100 + crew_faults(crew));
	assert_int_equal(crew_end(crew, &why), 0);
	munmap(seen->cold, bytes);
}

static void a_part_that_ends_by_itself_needs_no_stop(void **state)
{
	struct crew_job job = job_of(1, false);
	struct why why = { "", "" };
	struct crew *crew;

	(void)state;
	if (CPU_COUNT(&all) < 2)
		skip();
	job.work = ten;
	assert_int_equal(crew_make(&job, &crew, &why), 0);
	for (int turn = 1; turn <= 5; turn++) {
		assert_int_equal(crew_arm(crew, &why), 0);
		crew_release(crew);
		assert_int_equal(crew_wait(crew, &why), 0);
		assert_int_equal(crew_operations(crew), 10 * turn);
	}
	assert_int_equal(crew_end(crew, &why), 0);
}

static void an_error_of_a_member_is_told_with_its_words(void **state)
{
	(void)state;
	if (CPU_COUNT(&all) < 2)
		skip();
	for (int processes = 0; processes < 2; processes++) {
		struct crew_job job = job_of(1, processes);
		struct why why = { "", "" };
		struct crew *crew;

		job.work = failing;
		assert_int_equal(crew_make(&job, &crew, &why), 0);
		assert_int_equal(crew_arm(crew, &why), 0);
		crew_release(crew);
		assert_int_equal(crew_wait(crew, &why), -EBADMSG);
		assert_string_equal(why.reason, "word 7 is wrong");
		assert_string_equal(why.remedy, "mend it");
		assert_int_equal(crew_end(crew, &why), 0);
	}
}

static void one_that_waits_at_the_gate_can_be_ended(void **state)
{
	struct crew_job job = job_of(1, true);
	struct why why = { "", "" };
	struct crew *crew;

	(void)state;
	if (CPU_COUNT(&all) < 2)
		skip();
	assert_int_equal(crew_make(&job, &crew, &why), 0);
	assert_int_equal(crew_arm(crew, &why), 0);
	assert_int_equal(crew_end(crew, &why), 0);
}

static void too_few_cpus_are_a_reason(void **state)
{
	struct crew_job job = job_of(2, false);
	struct why why = { "", "" };
	struct crew *crew;
	cpu_set_t few;

	(void)state;
	CPU_ZERO(&few);
	CPU_SET((size_t)here, &few);
	job.cpus = &few;
	assert_int_equal(crew_make(&job, &crew, &why), -EOPNOTSUPP);
	assert_null(crew);
	assert_string_equal(why.reason, "needs 3 CPUs, and 1 are available");
}

static void nobody_is_a_crew_too(void **state)
{
	struct crew_job job = job_of(0, false);
	struct why why = { "", "" };
	struct crew *crew;

	(void)state;
	assert_int_equal(crew_make(&job, &crew, &why), 0);
	assert_int_equal(crew_arm(crew, &why), 0);
	crew_release(crew);
	crew_stop(crew);
	assert_int_equal(crew_wait(crew, &why), 0);
	assert_int_equal(crew_operations(crew), 0);
	assert_int_equal(crew_end(crew, &why), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_run_until_stopped),
		cmocka_unit_test(a_fault_that_waits_is_counted),
		cmocka_unit_test(processes_run_until_stopped),
		cmocka_unit_test(a_part_that_ends_by_itself_needs_no_stop),
		cmocka_unit_test(an_error_of_a_member_is_told_with_its_words),
		cmocka_unit_test(one_that_waits_at_the_gate_can_be_ended),
		cmocka_unit_test(too_few_cpus_are_a_reason),
		cmocka_unit_test(nobody_is_a_crew_too),
	};
	int failed;

	seen = crew_share(sizeof(*seen));
	if (!seen || sched_getaffinity(0, sizeof(all), &all))
		return 1;
	here = sched_getcpu();
	failed = cmocka_run_group_tests_name("crew", tests, NULL, NULL);
	crew_unshare(seen, sizeof(*seen));
	return failed;
}
