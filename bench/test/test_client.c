// SPDX-License-Identifier: GPL-2.0-or-later
/* What the client does itself, on a source that only records its steps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "bench/case/case.h"
#include "bench/measure/touch.h"
#include "bench/measure/transfer.h"
#include "bench/source/client.h"
#include "bench/source/mappings.h"

enum { PAGES = 8 };

static const struct clock clock_here = { .kind = CLOCK_KIND_MONOTONIC_RAW, .ns_per_tick = 1 };
static struct params params;
static struct buffer buffer;
static size_t page;
/* What the source was told, one letter each; with the first byte of the buffer's second page at that time. */
static char journal[32], second[32];

static int note(struct buffer *of, enum step step)
{
	static const char letters[NR_STEPS + 1] = "zfwWmurR";
	size_t used = strlen(journal);

	journal[used] = letters[step];
	second[used] = of->address[page];
	return 0;
}

static void note_calls(const struct params *of, enum step step, char *text, size_t size)
{
	(void)of;
	snprintf(text, size, "[%s]", step_name(step));
}

static const struct source scribe = { .name = "scribe", .step = note, .calls = note_calls };

static void begin(enum policy policy)
{
	struct why why = { "", "" };

	for (enum param i = 0; i < NR_PARAMS; i++)
		params.value[i] = param_default(i);
	params.value[PARAM_POLICY] = policy;
	page = (size_t)sysconf(_SC_PAGESIZE);
	buffer = (struct buffer){ .source = &scribe, .params = &params, .clock = &clock_here, .bytes = PAGES * page };
	buffer.address = buffer.work = aligned_alloc(page, buffer.bytes);
	assert_non_null(buffer.address);
	memset(buffer.address, 'b', buffer.bytes);
	assert_int_equal(client_open(&buffer, &why), 0);
	memset(journal, 0, sizeof(journal));
}

static void end(void)
{
	client_close(&buffer);
	assert_ptr_equal(buffer.work, buffer.address);
	free(buffer.address);
}

static void steps(const enum step *step, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_int_equal(client_step(&buffer, step[i]), 0);
}

#define STEPS(...) steps((const enum step[]){ __VA_ARGS__ }, sizeof((enum step[]){ __VA_ARGS__ }) / sizeof(enum step))

static void a_policy_of_the_kernel_leaves_nothing_to_the_client(void **state)
{
	(void)state;
	begin(POLICY_CACHED);
	assert_null(buffer.client);
	assert_ptr_equal(buffer.work, buffer.address);
	STEPS(STEP_WRITE_START, STEP_WRITE_END, STEP_DEVICE_MAP, STEP_DEVICE_UNMAP, STEP_READ_START, STEP_READ_END);
	assert_string_equal(journal, "wWmurR");
	end();
}

/* What the tries take by the clock, in turn; after the last one, or with NULL, the clock is the real one. */
static const uint64_t *planted;
static size_t planted_left, readings;

/* In place of that of the C library. */
int clock_gettime(clockid_t id, struct timespec *now)
{
	static int64_t ticks;

	if (!planted_left)
		return (int)syscall(SYS_clock_gettime, id, now);
	if (readings++ % 2) {
		ticks += (int64_t)*planted++;
		planted_left--;
	}
	*now = (struct timespec){ .tv_nsec = ticks };
	return 0;
}

/* The ways to copy that a client chooses when its tries take @times: three of each way, out of the buffer and into it.
 */
static void chooses(const uint64_t times[18], enum isa from, enum isa to)
{
	enum isa chosen[2] = { NR_ISAS, NR_ISAS };

	planted = times;
	planted_left = 18;
	readings = 0;
	begin(POLICY_BOUNCE);
	assert_int_equal(planted_left, 0);
	assert_true(client_copies(&buffer, &chosen[0], &chosen[1]));
	assert_int_equal(chosen[0], from);
	assert_int_equal(chosen[1], to);
	end();
}

static void the_fastest_copy_is_chosen(void **state)
{
	/* memcpy(), vectors, non-temporal: out of the buffer, then into it */
	static const uint64_t alike[] = {
		100, 100, 100, 96, 96, 96, 96, 96, 96, 100, 100, 100, 96, 96, 96, 96, 96, 96
	};
	static const uint64_t vector[] = { 100, 100, 100, 90, 90, 90, 87, 87, 87, 90, 90, 90, 99, 80, 99, 99, 99, 99 };
	static const uint64_t mixed[] = {
		500, 100, 500, 900, 94, 900, 70, 70, 70, 100, 100, 100, 50, 50, 50, 49, 49, 49
	};

	(void)state;
	if (!transfer_find(TRANSFER_COPY_TO, ISA_VECTOR, NULL) || !transfer_find(TRANSFER_COPY_TO, ISA_STREAM, NULL))
		skip();
	chooses(alike, ISA_SCALAR, ISA_SCALAR);
	chooses(vector, ISA_VECTOR, ISA_VECTOR);
	chooses(mixed, ISA_STREAM, ISA_VECTOR);
}

static int open_here(struct buffer *of, char *address, struct why *why)
{
	(void)address;
	(void)why;
	of->address = of->work = aligned_alloc(page, of->bytes);
	return of->address ? 0 : -ENOMEM;
}

static void close_here(struct buffer *of)
{
	free(of->address);
}

/* A sample with a ring of buffers has one way to copy. */
static void further_buffers_copy_as_the_first(void **state)
{
	static const uint64_t vector[] = { 100, 100, 100, 50, 50, 50, 100, 100, 100,
					   100, 100, 100, 50, 50, 50, 100, 100, 100 };
	static const struct source opens = { .name = "opens", .step = note, .open = open_here, .close = close_here };
	struct context context = { .buffer = &buffer, .params = &params };
	enum isa from = NR_ISAS, to = NR_ISAS;
	struct buffer more = { 0 };

	(void)state;
	if (!transfer_find(TRANSFER_COPY_TO, ISA_VECTOR, NULL) || !transfer_find(TRANSFER_COPY_TO, ISA_STREAM, NULL))
		skip();
	planted = vector;
	planted_left = 18;
	begin(POLICY_BOUNCE);
	buffer.source = &opens;
	readings = 0;
	planted_left = 1;
	assert_int_equal(context_open_more(&context, &more, 1), 0);
	assert_int_equal(readings, 0);
	planted_left = 0;
	assert_ptr_not_equal(more.client, buffer.client);
	assert_true(client_copies(&more, &from, &to));
	assert_true(from == ISA_VECTOR && to == ISA_VECTOR);
	context_close_more(&more, 1);
	end();
	begin(POLICY_CACHED);
	assert_false(client_copies(&buffer, &from, &to));
	end();
}

static void a_copy_is_made_between_start_and_end(void **state)
{
	(void)state;
	begin(POLICY_BOUNCE);
	assert_ptr_not_equal(buffer.work, buffer.address);
	assert_int_equal(buffer.address[page], 'b'); /* the ways to copy were tried on it */
	/* The buffer holds what the client wrote after the START of the write, and before its END. */
	STEPS(STEP_WRITE_START);
	memset(buffer.work, 'c', buffer.bytes);
	assert_int_equal(buffer.address[page], 'b');
	STEPS(STEP_WRITE_END, STEP_DEVICE_MAP, STEP_DEVICE_UNMAP);
	assert_string_equal(journal, "wWmu");
	assert_memory_equal(second, "bccc", 4);
	/* Only what is read is copied out. */
	memset(buffer.address, 'd', buffer.bytes);
	buffer.span = (struct span){ page, 2 * page - 1 };
	STEPS(STEP_READ_START, STEP_READ_END);
	assert_string_equal(journal, "wWmurR");
	assert_int_equal(buffer.work[page - 1], 'c');
	assert_int_equal(buffer.work[page], 'd');
	assert_int_equal(buffer.work[3 * page - 2], 'd');
	assert_int_equal(buffer.work[3 * page - 1], 'c');
	/* Nor is more copied back than was written. */
	STEPS(STEP_WRITE_START);
	memset(buffer.work, 'e', buffer.bytes);
	STEPS(STEP_WRITE_END);
	assert_int_equal(buffer.address[page - 1], 'd');
	assert_int_equal(buffer.address[page], 'e');
	assert_int_equal(buffer.address[3 * page - 2], 'e');
	assert_int_equal(buffer.address[3 * page - 1], 'd');
	end();
}

/* Does a client that works on @span reach the last page of the buffer, which may not be accessed? */
static bool reaches_the_last_page(enum step step, struct span span)
{
	char *last = buffer.address + buffer.bytes - page;
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (!child) {
		signal(SIGSEGV, SIG_DFL);
		buffer.span = span;
		_exit(mprotect(last, page, PROT_NONE) || client_step(&buffer, step));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == SIGSEGV : !WEXITSTATUS(status));
	return WIFSIGNALED(status);
}

static int note_unclean(struct buffer *of)
{
	journal[strlen(journal)] = 'M';
	(void)of;
	return 0;
}

static void a_client_that_maintains_calls_no_sync(void **state)
{
	static const struct source importer = { .step = note, .calls = note_calls, .device_map_unclean = note_unclean };
	struct span all, part;
	char text[200];

	(void)state;
	for (enum param i = 0; i < NR_PARAMS; i++)
		params.value[i] = param_default(i);
	params.value[PARAM_POLICY] = POLICY_USER;
	if (client_supports(&params, NULL))
		skip();
	begin(POLICY_USER);
	assert_ptr_equal(buffer.work, buffer.address);
	all = (struct span){ 0 };
	part = (struct span){ 0, buffer.bytes - page };
	STEPS(STEP_WRITE_START, STEP_WRITE_END, STEP_DEVICE_MAP, STEP_DEVICE_UNMAP, STEP_READ_START, STEP_READ_END);
	assert_string_equal(journal, "mu");
	/* The kernel of an importer is told to leave the caches alone. */
	buffer.source = &importer;
	STEPS(STEP_DEVICE_MAP, STEP_DEVICE_UNMAP);
	assert_string_equal(journal, "muMu");
	assert_true(reaches_the_last_page(STEP_WRITE_END, all));
	assert_false(reaches_the_last_page(STEP_WRITE_END, part));
	assert_true(reaches_the_last_page(STEP_READ_START, all));
	assert_false(reaches_the_last_page(STEP_READ_START, part));
	assert_false(reaches_the_last_page(STEP_WRITE_START, all));
	assert_false(reaches_the_last_page(STEP_READ_END, all));
	client_calls(&importer, &params, STEP_DEVICE_MAP, text, sizeof(text));
	assert_string_equal(text, "[device map] + no clean");
	client_calls(&importer, &params, STEP_WRITE_START, text, sizeof(text));
	assert_string_equal(text, "");
	end();
}

static void a_device_that_snoops_needs_no_maintenance(void **state)
{
	struct why why = { "", "" };

	(void)state;
	for (enum param i = 0; i < NR_PARAMS; i++)
		params.value[i] = param_default(i);
	params.value[PARAM_POLICY] = POLICY_USER;
	params.value[PARAM_DEVICE] = DEVICE_COHERENT;
	assert_int_equal(client_supports(&params, &why), -EOPNOTSUPP);
	assert_string_equal(why.remedy, "use policy=cached");
	params.value[PARAM_POLICY] = POLICY_CACHED;
	assert_int_equal(client_supports(&params, &why), 0);
}

/* Zapped by the first map by a device, as eager, whose buffer then stays write-combined. */
static int note_and_zap(struct buffer *of, enum step step)
{
	if (step == STEP_DEVICE_MAP)
		of->state = STATE_CPU_WC;
	return note(of, step);
}

static int note_prefault(struct buffer *of, char *address, enum access access)
{
	assert_ptr_equal(address, of->address);
	journal[strlen(journal)] = access == ACCESS_WRITE ? 'P' : 'p';
	return 0;
}

static int map_nothing(struct buffer *of, char *address)
{
	(void)of;
	(void)address;
	return 0;
}

static void a_client_prefaults_once_after_the_zap(void **state)
{
	static const struct mapping_ops ops = { .map = map_nothing, .prefault = note_prefault };
	static const struct source eager = { .step = note_and_zap, .calls = note_calls, .prefault_call = "p" };
	struct why why = { "", "" };
	char text[200], *memory;

	(void)state;
	begin(POLICY_PREFAULT);
	memory = buffer.address;
	buffer.source = &eager;
	assert_int_equal(mappings_open(&buffer, &ops, memory, &why), 0);
	/* Before the zap nothing is to be done, and after it once, at the first START. */
	STEPS(STEP_WRITE_START, STEP_WRITE_END, STEP_DEVICE_MAP, STEP_DEVICE_UNMAP, STEP_READ_START, STEP_READ_END);
	assert_string_equal(journal, "wWmurpR");
	STEPS(STEP_WRITE_START, STEP_WRITE_END, STEP_DEVICE_MAP, STEP_DEVICE_UNMAP, STEP_READ_START, STEP_READ_END);
	assert_string_equal(journal, "wWmurpRwWmurR");
	/* A START of a write prefaults for writes; what was made cached again is mapped. */
	memset(journal, 0, sizeof(journal));
	buffer.state = STATE_CPU_CACHED;
	STEPS(STEP_DEVICE_MAP, STEP_WRITE_START);
	assert_string_equal(journal, "mwP");
	buffer.state = STATE_CPU_CACHED;
	STEPS(STEP_DEVICE_MAP);
	buffer.state = STATE_CPU_CACHED;
	STEPS(STEP_WRITE_START);
	assert_string_equal(journal, "mwPmw");
	/* Another thread does it before the START. */
	STEPS(STEP_DEVICE_MAP);
	assert_true(client_was_zapped(&buffer));
	assert_int_equal(client_prefault(&buffer), 0);
	assert_false(client_was_zapped(&buffer));
	STEPS(STEP_READ_START);
	assert_string_equal(journal, "mwPmwmpr");
	client_calls(&eager, &params, STEP_READ_START, text, sizeof(text));
	assert_string_equal(text, "[read START] + p (if zapped)");
	params.value[PARAM_PREFAULT] = PREFAULT_THREAD;
	client_calls(&eager, &params, STEP_READ_START, text, sizeof(text));
	assert_string_equal(text, "[read START]");
	client_calls(&eager, &params, STEP_DEVICE_MAP, text, sizeof(text));
	assert_string_equal(text, "[device map] + p by a thread (if zapped)");
	params.value[PARAM_GRANULARITY] = GRANULARITY_BUFFER;
	assert_int_equal(client_supports(&params, &why), -EOPNOTSUPP);
	free(buffer.mappings);
	end();
}

/* By plain accesses, where the kernel knows no MADV_POPULATE for the mapping. */
static void a_prefault_changes_no_byte(void **state)
{
	long faults;

	(void)state;
	page = (size_t)sysconf(_SC_PAGESIZE);
	buffer = (struct buffer){ .bytes = PAGES * page };
	buffer.address = mmap(NULL, buffer.bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(buffer.address != MAP_FAILED && !madvise(buffer.address, buffer.bytes, MADV_NOHUGEPAGE));
	memset(buffer.address, 'b', buffer.bytes);
	assert_int_equal(mapping_touch_all(&buffer, buffer.address, ACCESS_WRITE), 0);
	for (size_t i = 0; i < buffer.bytes; i++)
		assert_int_equal(buffer.address[i], 'b');
	assert_int_equal(madvise(buffer.address, buffer.bytes, MADV_DONTNEED), 0);
	faults = thread_faults();
	assert_int_equal(mapping_touch_all(&buffer, buffer.address, ACCESS_READ), 0);
	assert_in_range(thread_faults() - faults, PAGES, PAGES + 1);
	munmap(buffer.address, buffer.bytes);
}

static void fresh_memory_is_mapped_for_each_copy(void **state)
{
	long faults;

	(void)state;
	begin(POLICY_BOUNCE);
	params.value[PARAM_SCRATCH] = SCRATCH_FRESH;
	client_close(&buffer);
	assert_int_equal(client_open(&buffer, NULL), 0);
	assert_null(buffer.work);
	for (int i = 0; i < 2; i++) {
		faults = thread_faults();
		STEPS(STEP_READ_START);
		assert_in_range(thread_faults() - faults, PAGES, PAGES + 2);
		assert_int_equal(buffer.work[buffer.bytes - 1], 'b');
		STEPS(STEP_READ_END);
		assert_null(buffer.work);
	}
	end();
}

static void the_calls_say_what_the_client_does(void **state)
{
	char text[200];

	(void)state;
	for (enum param i = 0; i < NR_PARAMS; i++)
		params.value[i] = param_default(i);
	params.value[PARAM_POLICY] = POLICY_BOUNCE;
	client_calls(&scribe, &params, STEP_READ_START, text, sizeof(text));
	assert_string_equal(text, "[read START] + a copy out of the buffer + [read END]");
	client_calls(&scribe, &params, STEP_READ_END, text, sizeof(text));
	assert_string_equal(text, "");
	params.value[PARAM_SCRATCH] = SCRATCH_FRESH;
	client_calls(&scribe, &params, STEP_WRITE_START, text, sizeof(text));
	assert_string_equal(text, "mmap()");
	client_calls(&scribe, &params, STEP_WRITE_END, text, sizeof(text));
	assert_string_equal(text, "[write START] + a copy into the buffer + [write END] + munmap()");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_policy_of_the_kernel_leaves_nothing_to_the_client),
		cmocka_unit_test(the_fastest_copy_is_chosen),
		cmocka_unit_test(further_buffers_copy_as_the_first),
		cmocka_unit_test(a_copy_is_made_between_start_and_end),
		cmocka_unit_test(a_client_that_maintains_calls_no_sync),
		cmocka_unit_test(a_device_that_snoops_needs_no_maintenance),
		cmocka_unit_test(a_client_prefaults_once_after_the_zap),
		cmocka_unit_test(a_prefault_changes_no_byte),
		cmocka_unit_test(fresh_memory_is_mapped_for_each_copy),
		cmocka_unit_test(the_calls_say_what_the_client_does),
	};

	return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
