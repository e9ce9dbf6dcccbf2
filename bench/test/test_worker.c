// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The process of a round, run in a child of this test. Its first region must not be the first to run through the
 * program's text.
 */
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench/run/exchange.h"
#include "bench/run/worker.h"

/* The linker's marks around the program's text. */
extern char __executable_start[], etext[];

/* What a child found. */
struct found {
	int status;
	long text_faults;  /* taken by a walk through the text after the process of a round has ended */
	long stack_faults; /* the same for the stack */
};

static struct config null_config;

static struct exchange *make(enum round_mode mode)
{
	struct plan plan = { .config = &null_config, .count = 1 };
	struct exchange *exchange;
	struct why why = { "", "" };

	null_config = (struct config){ .bench = bench_find("null") };
	assert_non_null(null_config.bench);
	for (enum param i = 0; i < NR_PARAMS; i++)
		null_config.params.value[i] = param_default(i);
	assert_int_equal(exchange_make(&plan, 1, &exchange, &why), 0);
	exchange->program = getpid();
	exchange->mode = mode;
	exchange->clock = (struct clock){ .kind = CLOCK_KIND_MONOTONIC_RAW, .ns_per_tick = 1 };
	exchange->current = -1;
	return exchange;
}

static long faults_now(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt + usage.ru_majflt;
}

/* One read per page of the program's text. Return: the faults; those of a sanitizer's own reads do not count. */
static __attribute__((no_sanitize("address"))) long walk_text(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	long before = faults_now();

	for (uintptr_t at = (uintptr_t)__executable_start; at < (uintptr_t)etext; at += page)
		(void)*(volatile char *)at;
	return faults_now() - before;
}

/* One write per page of 32 KiB of stack. Return: the faults. */
static long __attribute__((noinline)) walk_stack(void)
{
	volatile char stack[32768];
	long before = faults_now();

	for (size_t i = 0; i < sizeof(stack); i += 1024)
		stack[i] = 1;
	return faults_now() - before;
}

/* Take the text out of the page tables; the kernel keeps its pages. */
static void drop_text(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uintptr_t begin = (uintptr_t)__executable_start / page * page;
	uintptr_t end = ((uintptr_t)etext + page - 1) / page * page;

	madvise((void *)begin, end - begin, MADV_DONTNEED);
}

/* In a child of its own: run the process of a round if @fd is not negative, then look at text and stack. */
static struct found child(int fd)
{
	struct found *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct found found;
	pid_t pid;
	int status;

	assert_true(shared != MAP_FAILED);
	pid = fork();
	if (!pid) {
		shared->status = 0; /* this page is mapped from here on */
		drop_text();
		if (fd >= 0)
			shared->status = worker_main(fd);
		shared->stack_faults = walk_stack();
		shared->text_faults = walk_text();
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	found = *shared;
	munmap(shared, sizeof(*shared));
	return found;
}

static void the_text_is_mapped_before_the_first_region(void **state)
{
	struct exchange *exchange = make(ROUND_TIMED);
	const struct sample *sample = &exchange_tasks(exchange)[0].sample;
	struct found without = child(-1), with = child(exchange->fd);

	(void)state;
	assert_true(without.text_faults > 2); /* else the test would see nothing */
	assert_int_equal(with.status, 0);
	assert_int_equal(exchange_tasks(exchange)[0].err, 0);
	assert_true(sample->operations > 0);
#ifndef __SANITIZE_ADDRESS__ /* shadow memory faults at its first access */
	assert_int_equal(sample->faults_minor + sample->faults_major, 0);
#endif
	assert_int_equal(with.text_faults, 0);
	exchange_drop(exchange);
}

static void the_stack_is_mapped_before_the_first_region(void **state)
{
	struct exchange *exchange = make(ROUND_TIMED);
	struct found without = child(-1), with = child(exchange->fd);

	(void)state;
	assert_true(without.stack_faults > 2);
	assert_int_equal(with.stack_faults, 0);
	exchange_drop(exchange);
}

/* null takes no faults: every pass is right where 0 are expected, and none where 1 is. */
static void a_loop_counts_passes_with_unexpected_faults(void **state)
{
	struct exchange *exchange = make(ROUND_LOOP);

	(void)state;
	exchange->loop_s = 0.05;
	assert_int_equal(child(exchange->fd).status, 0);
	assert_true(exchange->passes > 0);
	assert_true(exchange->invalid < exchange->passes);
	exchange->passes = exchange->invalid = 0;
	exchange->expected = 1000000;
	assert_int_equal(child(exchange->fd).status, 0);
	assert_true(exchange->passes > 0);
	assert_int_equal(exchange->invalid, exchange->passes);
	exchange_drop(exchange);
}

/* Around the sample, and only where it is asked for. */
static void stolen_time_is_read_where_there_may_be_some(void **state)
{
	struct exchange *exchange = make(ROUND_TIMED);
	const struct sample *sample = &exchange_tasks(exchange)[0].sample;

	(void)state;
	assert_int_equal(child(exchange->fd).status, 0);
	assert_true(isnan(sample->steal_ticks));
	exchange->reads_steal = true;
	assert_int_equal(child(exchange->fd).status, 0);
	assert_true(sample->steal_ticks >= 0);
	assert_int_equal(sample->faults_minor + sample->faults_major, 0);
	exchange_drop(exchange);
}

static void who_is_not_zapbench_is_turned_away(void **state)
{
	struct exchange *exchange = make(ROUND_TIMED);
	int null = open("/dev/null", O_RDWR);

	(void)state;
	assert_int_equal(child(null).status, 2);
	exchange->magic++;
	assert_int_equal(child(exchange->fd).status, 2);
	close(null);
	exchange_drop(exchange);
}

/* Its program was killed before the process of the round could ask to be killed with it. */
static void a_round_without_its_program_does_not_run(void **state)
{
	struct exchange *exchange = make(ROUND_TIMED);
	struct found found;

	(void)state;
	exchange->program = getppid();
	found = child(exchange->fd);
	assert_int_equal(found.status, 1);
	assert_int_equal(exchange_tasks(exchange)[0].sample.operations, 0);
	exchange_drop(exchange);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_text_is_mapped_before_the_first_region),
		cmocka_unit_test(a_round_without_its_program_does_not_run),
		cmocka_unit_test(the_stack_is_mapped_before_the_first_region),
		cmocka_unit_test(a_loop_counts_passes_with_unexpected_faults),
		cmocka_unit_test(stolen_time_is_read_where_there_may_be_some),
		cmocka_unit_test(who_is_not_zapbench_is_turned_away),
	};

	return cmocka_run_group_tests_name("worker", tests, NULL, NULL);
}
