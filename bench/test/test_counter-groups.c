// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Groups of events on PMUs with few counters, which exist in this file alone: the kernel refuses an event that the
 * counters left over by its group cannot count.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/measure/counters.h"
#include "bench/test/fixtures/fixture.h"
#include "bench/test/fixtures/syscalls.h"

enum { FILES = 1024, EVENTS = 6 };

/* An open event: a file descriptor. */
static struct {
	uint64_t config;
	int leader; /* 0: not an event */
} event[FILES];

static size_t pmu_counters, free_counters;

static size_t members(int leader)
{
	size_t count = 0;

	for (int fd = 0; fd < FILES; fd++)
		count += event[fd].leader == leader;
	return count;
}

/* As the kernel: EINVAL where the group needs more counters than the PMU has. An event alone is always taken. */
static long open_event(const struct perf_event_attr *attr, int group)
{
	int fd;

	if (group >= 0 && members(event[group].leader) == pmu_counters) {
		errno = EINVAL;
		return -1;
	}
	if (!free_counters) {
		errno = EBUSY;
		return -1;
	}
	free_counters--;
	fd = memfd_create("event", MFD_CLOEXEC);
	assert_in_range(fd, 1, FILES - 1);
	/* Its page has no counter to be read from user space. */
	assert_int_equal(ftruncate(fd, sysconf(_SC_PAGESIZE)), 0);
	event[fd].config = attr->config;
	event[fd].leader = group >= 0 ? event[group].leader : fd;
	return fd;
}

/* What the program calls, in place of the C library's. */
long syscall(long number, ...)
{
	long argument[SYSCALL_ARGUMENTS];
	va_list list;

	va_start(list, number);
	syscall_arguments(list, argument);
	va_end(list);
	if (number == SYS_perf_event_open)
		return open_event((const struct perf_event_attr *)argument[0], (int)argument[3]);
	return next_syscall(number, argument);
}

int ioctl(int fd, unsigned long request, ...)
{
	(void)request;
	assert_int_equal(event[fd].leader, fd);
	return 0;
}

/* Each event counted 1000 times its number; its group was on the PMU for half of the time. */
ssize_t read(int fd, void *to, size_t size)
{
	uint64_t *word = to, *value = word + 3;

	if (!event[fd].leader)
		return syscall(SYS_read, fd, to, size);
	word[0] = members(fd);
	word[1] = 200;
	word[2] = 100;
	for (int i = 0; i < FILES; i++) {
		if (event[i].leader == fd)
			*value++ = 1000 * event[i].config;
	}
	return (ssize_t)((char *)value - (char *)to);
}

static const char *const names[EVENTS] = { "cycles",     "instructions", "l1d-refill",
					   "l2d-refill", "dtlb-refill",  "bus-access" };
static const uint64_t numbers[EVENTS] = { 0x11, 0x08, 0x03, 0x17, 0x05, 0x19 };

static struct counters *opened(size_t counters, size_t free_of_them)
{
	struct counters *set = NULL;
	struct why why = { "", "" };

	memset(event, 0, sizeof(event));
	pmu_counters = counters;
	free_counters = free_of_them;
	assert_int_equal(counters_open(fixture("rk3588"), 0, names, EVENTS, &set, &why), 0);
	return set;
}

/* How many groups there are; none is larger than the PMU. */
static size_t groups(void)
{
	size_t count = 0;

	for (int fd = 0; fd < FILES; fd++) {
		if (event[fd].leader != fd || !fd)
			continue;
		count++;
		assert_in_range(members(fd), 1, pmu_counters);
	}
	return count;
}

static void every_event_is_counted_whatever_fits(void **state)
{
	static const size_t expected[] = { [1] = 6, [2] = 3, [3] = 2, [4] = 2, [6] = 2 };

	(void)state;
	for (size_t counters = 1; counters <= 6; counters++) {
		struct counter_reading readings[EVENTS];
		struct counters *set = opened(counters, EVENTS);

		if (counters != 5)
			assert_int_equal(groups(), expected[counters]);
		assert_int_equal(counters_start(set), 0);
		assert_int_equal(counters_stop(set, readings), 0);
		for (size_t i = 0; i < EVENTS; i++) {
			assert_true(counters_event(set, i)->open);
			assert_int_equal(readings[i].value, 1000 * numbers[i]);
			assert_int_equal(readings[i].enabled_ns, 200);
			assert_int_equal(readings[i].running_ns, 100);
		}
		counters_close(set);
	}
}

/* The events for which no counter is left say so; the others are counted. */
static void what_does_not_fit_has_a_reason(void **state)
{
	struct counter_reading readings[EVENTS] = { { 0 } };
	struct counters *set = opened(2, 3);

	(void)state;
	assert_int_equal(counters_start(set), 0);
	assert_int_equal(counters_stop(set, readings), 0);
	for (size_t i = 0; i < EVENTS; i++) {
		const struct counter_event *one = counters_event(set, i);

		assert_int_equal(one->open, i < 3);
		assert_int_equal(readings[i].value, i < 3 ? 1000 * numbers[i] : 0);
		if (!one->open)
			assert_non_null(strstr(one->why_not.reason, "another program uses all counters of"));
	}
	counters_close(set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_event_is_counted_whatever_fits),
		cmocka_unit_test(what_does_not_fit_has_a_reason),
	};

	return cmocka_run_group_tests(tests, fixtures_make, fixtures_remove);
}
