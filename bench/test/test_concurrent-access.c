// SPDX-License-Identifier: GPL-2.0-or-later
/* The case concurrent-access on memory that loses data when it is told to: the case must find it. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench/case/case.h"

enum { PAGES = 16, BAD_PAGE = 5, LINE_BYTES = 64 };
#define AWAIT_NS 50e6

/* What goes wrong when the device maps the buffer. */
static enum { NOTHING, LOSE_A_WORD, TAKE_THE_PAGE_AWAY } fault;

static struct source fake;
static struct clock used_clock;
static cpu_set_t all;
static int here;

static size_t page_bytes(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* Aligned as buffers are; the kernel says where, for a sanitizer's shadow may be anywhere. */
static char *free_address(void)
{
	size_t room = 2 * pmd_bytes();
	char *at = mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	assert_true(at != MAP_FAILED);
	munmap(at, room);
	return (char *)(((uintptr_t)at + pmd_bytes() - 1) / pmd_bytes() * pmd_bytes());
}

/* Until the helper has accessed every page once more: the two words of a page change in turn. Not for ever: the helper
 * may have ended. */
static void await_pass(const struct buffer *buffer)
{
	const volatile uint64_t *word = (void *)(buffer->address + (BAD_PAGE + 1) * page_bytes() + LINE_BYTES);

	for (int pass = 0; pass < 2; pass++) {
		uint64_t before[2] = { word[0], word[1] }, begin = clock_now(&used_clock);

		while (word[0] == before[0] && word[1] == before[1] &&
		       clock_ns(&used_clock, clock_now(&used_clock) - begin) < AWAIT_NS)
			;
	}
}

static void lose_a_word(const struct buffer *buffer)
{
	/* Both words of the page: in every other pass the helper writes one of them before it reads. */
	static const uint64_t nothing[2];

	assert_int_equal(pwrite(buffer->fd, nothing, sizeof(nothing), (off_t)(BAD_PAGE * page_bytes() + LINE_BYTES)),
			 sizeof(nothing));
	/* A helper that was about to write this word has repaired it. Let it go on before the next loss. */
	await_pass(buffer);
}

/* Behind the end of the file there is nothing to map, which is a SIGBUS. */
static void take_the_page_away(const struct buffer *buffer)
{
	char *page = buffer->address + BAD_PAGE * page_bytes();
	int flags = MAP_SHARED | MAP_FIXED;

	assert_ptr_equal(mmap(page, page_bytes(), PROT_READ | PROT_WRITE, flags, buffer->fd, (off_t)buffer->bytes),
			 page);
	await_pass(buffer);
	assert_ptr_equal(
		mmap(page, page_bytes(), PROT_READ | PROT_WRITE, flags, buffer->fd, (off_t)(BAD_PAGE * page_bytes())),
		page);
}

static int fake_step(struct buffer *buffer, enum step step)
{
	int err = source_memfd.step(buffer, step);

	if (step == STEP_DEVICE_MAP && fault == LOSE_A_WORD)
		lose_a_word(buffer);
	if (step == STEP_DEVICE_MAP && fault == TAKE_THE_PAGE_AWAY)
		take_the_page_away(buffer);
	return err;
}

static double figure(const struct sample *sample, const char *name)
{
	size_t i = 0;

	while (strcmp(case_concurrent_access.figures[i].column, name))
		i++;
	return sample->figure[i];
}

static int run(enum policy policy, enum owners owners, enum access access, int others, struct sample *sample,
	       struct why *why)
{
	struct params params;
	struct buffer buffer;
	struct context context = {
		.buffer = &buffer,
		.params = &params,
		.clock = &used_clock,
		.cpu = here,
		.cpus = &all,
		.repetitions = 3,
		.counts_regions = true,
		.sample = sample,
		.why = why,
	};
	int err;

	for (enum param i = 0; i < NR_PARAMS; i++)
		params.value[i] = param_default(i);
	params.value[PARAM_POLICY] = policy;
	params.value[PARAM_OWNERS] = owners;
	/* A read of a memfd brings back the pages around it too. */
	params.value[PARAM_GRANULARITY] = access == ACCESS_READ ? GRANULARITY_AROUND : GRANULARITY_PAGE;
	params.value[PARAM_ACCESS] = access;
	params.value[PARAM_OTHERS] = others;
	params.value[PARAM_SIZE] = (double)(PAGES * page_bytes());
	memset(sample, 0, sizeof(*sample));
	buffer = (struct buffer){
		.source = &fake, .instance = "", .params = &params, .clock = &used_clock, .bytes = params_bytes(&params)
	};
	assert_int_equal(touch_list_all(&context.all, &params, why), 0);
	assert_int_equal(fake.open(&buffer, free_address(), why), 0);
	err = case_concurrent_access.run(&context);
	fake.close(&buffer);
	touch_list_free(&context.all);
	return err;
}

static void memory_that_keeps_its_bytes_passes(void **state)
{
	static const enum owners owners[] = { OWNERS_THREADS, OWNERS_PROCESSES };

	(void)state;
	if (CPU_COUNT(&all) < 2)
		skip();
	fault = NOTHING;
	for (size_t i = 0; i < 2; i++) {
		for (unsigned int policy = POLICY_EAGER; policy <= POLICY_CACHED; policy++) {
			struct why why = { "", "" };
			struct sample sample;

			assert_int_equal(run(policy, owners[i], i ? ACCESS_READ : ACCESS_WRITE, 1, &sample, &why), 0);
			/* each of three repetitions ends with a pass over all pages */
			assert_true(figure(&sample, "helper_accesses") >= PAGES);
			/* at each access two words, and all of them in the end */
			assert_true(figure(&sample, "checked_bytes") >= 3 * PAGES * 16 + PAGES * 16);
			assert_true(figure(&sample, "sigbus_signals") == 0 && figure(&sample, "sigsegv_signals") == 0);
			/* one without a fault may take no longer than a look at the clock */
			assert_true(figure(&sample, "access_max_ns") >= (policy != POLICY_CACHED));
			assert_true((sample.faults_most > 0) == (policy != POLICY_CACHED));
			assert_true(policy == POLICY_CACHED || (sample.faults_minor >= sample.faults_least &&
								sample.faults_minor <= sample.faults_most));
		}
	}
}

static void a_lost_word_is_told(void **state)
{
	static const enum owners owners[] = { OWNERS_THREADS, OWNERS_PROCESSES };

	(void)state;
	if (CPU_COUNT(&all) < 2)
		skip();
	fault = LOSE_A_WORD;
	for (size_t i = 0; i < 4; i++) {
		struct why why = { "", "" };
		struct sample sample;

		assert_int_equal(run(POLICY_EAGER, owners[i % 2], i / 2 ? ACCESS_READ : ACCESS_WRITE, 1, &sample, &why),
				 -EBADMSG);
		assert_non_null(strstr(why.reason, "page 5, word "));
		assert_non_null(strstr(why.reason, " of helper 1: expected 0x"));
		assert_non_null(strstr(why.reason, "seen 0x0 (policy eager, granularity "));
	}
	fault = NOTHING;
}

static void a_bus_error_is_counted_and_survived(void **state)
{
	struct why why = { "", "" };
	struct sample sample;

	(void)state;
	if (CPU_COUNT(&all) < 2)
		skip();
	fault = TAKE_THE_PAGE_AWAY;
	assert_int_equal(run(POLICY_EAGER, OWNERS_THREADS, ACCESS_WRITE, 1, &sample, &why), 0);
	/* of every frame of three repetitions */
	assert_true(figure(&sample, "sigbus_signals") >= 12);
	assert_true(figure(&sample, "sigsegv_signals") == 0);
	fault = NOTHING;
}

static void nobody_sees_nothing(void **state)
{
	struct why why = { "", "" };
	struct sample sample;

	(void)state;
	fault = NOTHING;
	assert_int_equal(run(POLICY_EAGER, OWNERS_THREADS, ACCESS_WRITE, 0, &sample, &why), 0);
	for (size_t i = 0; case_concurrent_access.figures[i].column; i++)
		assert_true(isnan(sample.figure[i])); /* not known, which is no 0 */
	assert_int_equal(sample.faults_most, 0);
	assert_int_equal(sample.operations, 3 * 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_that_keeps_its_bytes_passes),
		cmocka_unit_test(a_lost_word_is_told),
		cmocka_unit_test(a_bus_error_is_counted_and_survived),
		cmocka_unit_test(nobody_sees_nothing),
	};

	cpu_set_t own;

	fake = source_memfd;
	fake.step = fake_step;
	clock_choose("", &used_clock);
	here = sched_getcpu();
	CPU_ZERO(&own);
	CPU_SET((size_t)here, &own);
	if (sched_getaffinity(0, sizeof(all), &all) || sched_setaffinity(0, sizeof(own), &own))
		return 1;
	return cmocka_run_group_tests_name("concurrent-access", tests, NULL, NULL);
}
