// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a SYNC of a part maintains, on a fake of a machine whose device does not see the CPU's caches: the device reads
 * a shadow of what the CPU wrote, which only a sync copies.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bench/case/case.h"
#include "bench/test/fixtures/incoherent.h"

enum { LINE = 64 };

static int range_calls;
static size_t forgotten; /* bytes at the end of a range that the fake forgets to maintain */

static int fake_sync(struct buffer *buffer, enum sync sync)
{
	(void)buffer;
	maintain(sync, 0, BYTES);
	return 0;
}

static int fake_sync_range(struct buffer *buffer, enum sync sync, struct span span)
{
	(void)buffer;
	range_calls++;
	assert_int_equal(span.offset % LINE, 0);
	assert_true(span.offset + span.bytes <= BYTES);
	maintain(sync, span.offset, span.bytes - forgotten);
	return 0;
}

/* Runs the case: its error, and the bytes that are lost outside of the range. */
static int run(enum sync sync, enum extent extent, int range, double *outside)
{
	struct params params = fake_params();
	int err;

	params.value[PARAM_SYNC] = sync;
	params.value[PARAM_RANGE] = range;
	params.value[PARAM_EXTENT] = extent;
	range_calls = 0;
	err = fake_run(&case_sync_range, &params, fake_sync, fake_sync_range, outside);
	assert_int_equal(range_calls, extent == EXTENT_RANGE ? 3 : 0);
	return err;
}

static void a_range_loses_what_is_outside(void **state)
{
	double outside;

	(void)state;
	snoops = false;
	forgotten = 0;
	for (int range = LINE; range <= BYTES; range += 8 * LINE) {
		assert_int_equal(run(SYNC_END_WRITE, EXTENT_RANGE, range, &outside), 0);
		assert_true(outside == BYTES - range);
		assert_int_equal(run(SYNC_START_READ, EXTENT_RANGE, range, &outside), 0);
		assert_true(outside == BYTES - range);
	}
	assert_int_equal(run(SYNC_END_WRITE, EXTENT_WHOLE, LINE, &outside), 0);
	assert_true(outside == 0);
	assert_int_equal(run(SYNC_START_READ, EXTENT_WHOLE, LINE, &outside), 0);
	assert_true(outside == 0);
}

static void a_byte_lost_in_the_range_ends_the_run(void **state)
{
	double outside;

	(void)state;
	snoops = false;
	forgotten = 1;
	assert_int_equal(run(SYNC_END_WRITE, EXTENT_RANGE, 4 * LINE, &outside), -EBADMSG);
	assert_int_equal(run(SYNC_START_READ, EXTENT_RANGE, 4 * LINE, &outside), -EBADMSG);
}

static void where_nothing_is_ever_lost_it_is_untested(void **state)
{
	double outside;

	(void)state;
	snoops = true;
	forgotten = 0;
	assert_int_equal(run(SYNC_END_WRITE, EXTENT_RANGE, LINE, &outside), 0);
	assert_true(isnan(outside));
}

static void a_range_is_in_the_buffer(void **state)
{
	struct why why = { "", "" };
	struct params params = fake_params();

	(void)state;
	params.value[PARAM_SIZE] = 65536;
	params.value[PARAM_RANGE] = 65536;
	assert_int_equal(case_sync_range.check(&params, &why), 0);
	params.value[PARAM_RANGE] = 131072;
	assert_int_equal(case_sync_range.check(&params, &why), -EINVAL);
	assert_string_equal(why.reason, "a range of 128K is not in a buffer of 64K");
	params.value[PARAM_RANGE] = 4096;
	params.value[PARAM_SYNC] = SYNC_END_READ;
	why = (struct why){ "", "" };
	assert_int_equal(case_sync_range.check(&params, &why), -EOPNOTSUPP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_range_loses_what_is_outside),
		cmocka_unit_test(a_byte_lost_in_the_range_ends_the_run),
		cmocka_unit_test(where_nothing_is_ever_lost_it_is_untested),
		cmocka_unit_test(a_range_is_in_the_buffer),
	};

	return cmocka_run_group_tests_name("sync-range", tests, NULL, NULL);
}
