// SPDX-License-Identifier: GPL-2.0-or-later
/* What a case calls: accesses that fault belong inside of a timed region, and the reference pass says so. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench/case/case.h"

enum { PAGES = 16 };

static struct params params;
static struct clock used_clock;
static struct buffer buffer;
static struct sample sample;
static struct why why;
static struct context context;

/* Pages that are not mapped; the reference pass. */
static int open_context(void **state)
{
	(void)state;
	for (enum param i = 0; i < NR_PARAMS; i++)
		params.value[i] = param_default(i);
	buffer.bytes = PAGES * (size_t)sysconf(_SC_PAGESIZE);
	params.value[PARAM_SIZE] = (double)buffer.bytes;
	buffer.address = mmap(NULL, buffer.bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	buffer.work = buffer.address;
	if (buffer.address == MAP_FAILED || madvise(buffer.address, buffer.bytes, MADV_NOHUGEPAGE))
		return -1;
	sample = (struct sample){ 0 };
	why = (struct why){ "", "" };
	context = (struct context){ .params = &params,
				    .clock = &used_clock,
				    .buffer = &buffer,
				    .counted = true,
				    .sample = &sample,
				    .why = &why };
	if (touch_list_all(&context.all, &params, &why))
		return -1;
	/* First accesses of code, and of a sanitizer's shadow memory, fault too. */
	region_begin(&context);
	if (context_touch(&context, &context.all, TOUCH_WRITE, 0, NULL))
		return -1;
	region_end(&context);
	sample = (struct sample){ 0 };
	return madvise(buffer.address, buffer.bytes, MADV_DONTNEED);
}

static int close_context(void **state)
{
	(void)state;
	touch_list_free(&context.all);
	return munmap(buffer.address, buffer.bytes);
}

static void faults_of_a_region_are_the_samples(void **state)
{
	(void)state;
	region_begin(&context);
	assert_int_equal(context_touch(&context, &context.all, TOUCH_WRITE, 1, NULL), 0);
	region_end(&context);
	assert_int_equal(sample.faults_minor, PAGES);
	/* The pages are there now: an access outside of a region takes no fault, and is allowed. */
	assert_int_equal(context_touch(&context, &context.all, TOUCH_WRITE, 1, NULL), 0);
	assert_int_equal(sample.faults_minor, PAGES);
}

static void faults_outside_of_a_region_are_an_error(void **state)
{
	(void)state;
	assert_int_equal(context_touch(&context, &context.all, TOUCH_WRITE, 1, NULL), -EPROTO);
	assert_string_equal(why.reason, "context_touch() took 16 page faults outside of a timed region");
	assert_non_null(strstr(why.remedy, "context_populate()"));
}

static void a_region_ends(void **state)
{
	(void)state;
	region_begin(&context);
	region_end(&context);
	assert_int_equal(context_touch(&context, &context.all, TOUCH_READ, 0, NULL), -EPROTO);
	why = (struct why){ "", "" };
	region_begin(&context);
	region_end_as(&context, 0);
	madvise(buffer.address, buffer.bytes, MADV_DONTNEED);
	assert_int_equal(context_touch(&context, &context.all, TOUCH_READ, 0, NULL), -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(faults_of_a_region_are_the_samples, open_context, close_context),
		cmocka_unit_test_setup_teardown(faults_outside_of_a_region_are_an_error, open_context, close_context),
		cmocka_unit_test_setup_teardown(a_region_ends, open_context, close_context),
	};

	return cmocka_run_group_tests_name("accesses", tests, NULL, NULL);
}
