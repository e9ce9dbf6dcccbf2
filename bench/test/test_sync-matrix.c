// SPDX-License-Identifier: GPL-2.0-or-later
/* Which bytes are lost without a SYNC call, on a fake of a machine whose device does not see the CPU's caches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bench/case/case.h"
#include "bench/test/fixtures/incoherent.h"

static int calls[NR_SYNCS];

static int fake_sync(struct buffer *buffer, enum sync sync)
{
	(void)buffer;
	calls[sync]++;
	maintain(sync, 0, BYTES);
	return 0;
}

/* The bytes that are lost without @sync. */
static double lost(enum sync sync, enum direction direction, int attachments)
{
	struct params params = fake_params();
	double bytes;

	params.value[PARAM_SYNC] = sync;
	params.value[PARAM_DIRECTION] = direction;
	params.value[PARAM_ATTACHMENTS] = attachments;
	memset(calls, 0, sizeof(calls));
	assert_int_equal(fake_run(&case_sync_matrix, &params, fake_sync, NULL, &bytes), 0);
	assert_in_range(calls[sync], 2, 4); /* each that is timed, and those that end an exchange */
	return bytes;
}

static void only_what_a_call_moves_is_lost_without_it(void **state)
{
	(void)state;
	snoops = false;
	assert_true(lost(SYNC_START_READ, DEVICE_WRITES, 1) == BYTES);
	assert_true(lost(SYNC_START_RW, DEVICE_READS_WRITES, 1) == BYTES);
	assert_true(lost(SYNC_START_WRITE, DEVICE_READS, 1) == 0);
	assert_true(lost(SYNC_END_READ, DEVICE_WRITES, 1) == 0);
	assert_true(lost(SYNC_END_WRITE, DEVICE_READS, 1) == BYTES);
	assert_true(lost(SYNC_END_RW, DEVICE_READS_WRITES, 2) == BYTES);
}

static void what_cannot_be_found_out_is_untested(void **state)
{
	(void)state;
	snoops = false;
	assert_true(isnan(lost(SYNC_END_WRITE, DEVICE_READS, 0)));  /* no device */
	assert_true(isnan(lost(SYNC_END_WRITE, DEVICE_WRITES, 1))); /* which does not read */
	assert_true(isnan(lost(SYNC_START_READ, DEVICE_READS, 1)));
	/* The control loses nothing, as in emulation: so the call may be needed all the same. */
	snoops = true;
	for (enum sync sync = 0; sync < NR_SYNCS; sync++)
		assert_true(isnan(lost(sync, DEVICE_READS_WRITES, 1)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_a_call_moves_is_lost_without_it),
		cmocka_unit_test(what_cannot_be_found_out_is_untested),
	};

	return cmocka_run_group_tests_name("sync-matrix", tests, NULL, NULL);
}
