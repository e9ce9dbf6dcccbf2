// SPDX-License-Identifier: GPL-2.0-or-later
/* The figures that others have published: each has its source and is in the documents; and this machine's own. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench/base/text.h"
#include "bench/measure/published.h"
#include "bench/test/fixtures/fixture.h"

static void test_rows(void **state)
{
	(void)state;
	assert_true(nr_published > 0);
	for (size_t i = 0; i < nr_published; i++) {
		const struct published *row = &published[i];

		assert_true(strstr(row->source, " in ") || strstr(row->source, " by "));
		assert_true(row->ghz > 0.1 && row->ghz < 10);
		/* A figure that nobody measured is not one of 0. */
		assert_true(isnan(row->random_read_ns) || row->random_read_ns > 10);
		assert_true(isnan(row->copy_mb_s) || row->copy_mb_s > 100);
		assert_true(isnan(row->fault_ns[0]) == isnan(row->fault_ns[1]));
		assert_true(isnan(row->fault_ns[0]) || row->fault_ns[0] <= row->fault_ns[1]);
		assert_false(isnan(row->random_read_ns) && isnan(row->fault_ns[0]));
	}
}

static void test_like(void **state)
{
	const struct published *row = NULL;

	(void)state;
	for (size_t i = 0; i < nr_published && !row; i++) {
		if (!strcmp(published[i].core, "Cortex-A72"))
			row = &published[i];
	}
	assert_non_null(row);
	assert_true(published_is_like(row, 0x410fd083));  /* A72 r0p3 */
	assert_true(published_is_like(row, 0x411fd080));  /* another revision of it */
	assert_false(published_is_like(row, 0x410fd034)); /* A53 */
	assert_false(published_is_like(row, 0x430fd083)); /* not of Arm */
	assert_false(published_is_like(row, 0));
}

static void test_documents(void **state)
{
	(void)state;
	for (size_t i = 0; i < nr_published; i++) {
		const struct published *row = &published[i];
		char read[32] = "-", copy[32] = "-";

		if (!isnan(row->random_read_ns))
			snprintf(read, sizeof(read), "%.1f", row->random_read_ns);
		if (!isnan(row->copy_mb_s))
			snprintf(copy, sizeof(copy), "%.0f", row->copy_mb_s);
		assert_int_equal(
			fixture_shell("grep -qF '| %s, %s | %.4g | %s |' \"$SRC/docs/measuring.md\" && "
				      "grep -F '| %s, %s | %.4g |' \"$SRC/docs/measuring.md\" | grep -qF ' %s |'",
				      row->core, row->chip, row->ghz, read, row->core, row->chip, row->ghz, copy),
			0);
	}
}

/* As many as this kernel maps around a fault, where they have data: 64 KiB as a rule. */
static double pages_per_fault_of_data(void)
{
	enum { BYTES = 4 << 20 };
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *data = malloc(BYTES);
	struct rusage before, after;
	int fd = memfd_create("test", MFD_CLOEXEC);
	volatile char *at;

	assert_true(data && fd >= 0);
	memset(data, 1, BYTES);
	assert_int_equal(write(fd, data, BYTES), BYTES);
	at = mmap(NULL, BYTES, PROT_READ, MAP_SHARED, fd, 0);
	assert_true(at != MAP_FAILED);
	getrusage(RUSAGE_THREAD, &before);
	for (size_t i = 0; i < BYTES; i += page)
		(void)at[i];
	getrusage(RUSAGE_THREAD, &after);
	munmap((void *)at, BYTES);
	close(fd);
	free(data);
	return BYTES / (double)page / (double)(after.ru_minflt - before.ru_minflt);
}

static void test_this_machine(void **state)
{
	double ratio;
	struct machine_speed speed = { NAN, NAN, NAN, NAN };
	struct why why = { "", "" };

	(void)state;
	assert_int_equal(machine_speed(&speed, &why), 0);
	assert_true(speed.random_read_ns > 0 && speed.random_read_ns < 1e5);
	assert_true(speed.copy_mb_s > 1 && speed.copy_mb_s < 1e6);
	assert_true(speed.fault_ns > 1 && speed.fault_ns < 1e6);
	ratio = speed.pages_per_fault / pages_per_fault_of_data();
	assert_true(ratio > 0.8 && ratio < 1.25);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_like),
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_this_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
