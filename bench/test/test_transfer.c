// SPDX-License-Identifier: GPL-2.0-or-later
/* Every transfer by every kind of instructions moves the right bytes and no others, of any size and alignment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/measure/clock.h"
#include "bench/measure/transfer.h"

enum { GUARD = 64, LONGEST = 4096, SPACE = GUARD + 128 + LONGEST + GUARD, UNTOUCHED = 0x5a };

static char *space_to, *space_from;
static const size_t sizes[] = { 0,    1,    7,    8,    9,    15,   16,   31,   32,     33,  63,
				64,   65,   95,   96,   97,   127,  128,  129,  255,    256, 257,
				1000, 1023, 1024, 1025, 2047, 2048, 4064, 4095, LONGEST };
static const size_t offsets[] = { 0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 63, 64 };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int make_space(void **state)
{
	(void)state;
	space_to = aligned_alloc(64, (SPACE + 63) / 64 * 64);
	space_from = aligned_alloc(64, (SPACE + 63) / 64 * 64);
	if (!space_to || !space_from)
		return -1;
	for (size_t i = 0; i < SPACE; i++)
		space_from[i] = (char)(i * 131 + i / 251 + 1);
	return 0;
}

static int drop_space(void **state)
{
	(void)state;
	free(space_to);
	free(space_from);
	return 0;
}

/* The expected byte @i after a transfer, computed byte by byte. */
static unsigned char wanted(enum transfer transfer, const char *from, uint64_t value, size_t i)
{
	switch (transfer) {
	case TRANSFER_WRITE:
		return (unsigned char)((value + i / 8) >> (i % 8 * 8));
	case TRANSFER_FILL:
		return (unsigned char)value;
	case TRANSFER_COPY_FROM:
	case TRANSFER_COPY_TO:
		return (unsigned char)from[i];
	default:
		return UNTOUCHED;
	}
}

static uint64_t sum_of(const char *from, size_t bytes)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < bytes; i++)
		sum += (uint64_t)(unsigned char)from[i] << (i % 8 * 8);
	return sum;
}

static void check_one(enum transfer transfer, enum isa isa, size_t to_offset, size_t from_offset, size_t bytes,
		      uint64_t value)
{
	transfer_fn *run = transfer_find(transfer, isa, NULL);
	char *to = space_to + GUARD + to_offset;
	const char *from = space_from + GUARD + from_offset;
	uint64_t sum;

	memset(space_to, UNTOUCHED, SPACE);
	sum = run(to, from, bytes, value);
	assert_true(sum == (transfer == TRANSFER_READ ? sum_of(from, bytes) : 0));
	for (size_t i = 0; i < SPACE; i++) {
		const char *at = space_to + i;
		bool inside = at >= to && at < to + bytes;
		unsigned char expected = inside ? wanted(transfer, from, value, (size_t)(at - to)) : UNTOUCHED;

		if ((unsigned char)*at != expected)
			fail_msg("transfer %d, isa %d: %zu bytes from +%zu to +%zu: byte %zd is 0x%02x, not 0x%02x",
				 transfer, isa, bytes, from_offset, to_offset, at - to, (unsigned char)*at, expected);
	}
}

static void every_size_and_alignment(void **state)
{
	(void)state;
	for (unsigned int isa = 0; isa < NR_ISAS; isa++) {
		for (unsigned int transfer = 0; transfer < NR_TRANSFERS; transfer++) {
			if (!transfer_find(transfer, isa, NULL)) {
				print_message("# no code for isa %u on this CPU\n", isa);
				assert_int_not_equal(isa, ISA_SCALAR);
				break;
			}
			for (size_t i = 0; i < COUNT(sizes); i++) {
				for (size_t j = 0; j < COUNT(offsets); j++) {
					check_one(transfer, isa, offsets[j], 0, sizes[i], 0x0123456789abcde0u + j);
					check_one(transfer, isa, 0, offsets[j], sizes[i], 0);
					check_one(transfer, isa, offsets[j], offsets[j], sizes[i], 0xff);
				}
			}
		}
	}
}

/* The check above must see a transfer that moves too little. */
static void the_check_would_see_a_wrong_byte(void **state)
{
	const char *from = space_from + GUARD;

	(void)state;
	assert_true(sum_of(from, 1000) != sum_of(from, 999));
	assert_true(sum_of(from, 1000) != sum_of(from + 1, 1000));
	for (size_t i = 1; i < 64; i++)
		assert_true(wanted(TRANSFER_COPY_TO, from, 0, i) != wanted(TRANSFER_COPY_TO, from, 0, i - 1));
}

static void every_transfer_names_its_instructions(void **state)
{
	const char *instructions = NULL;

	(void)state;
	for (unsigned int isa = 0; isa < NR_ISAS; isa++) {
		for (unsigned int transfer = 0; transfer < NR_TRANSFERS; transfer++) {
			if (!transfer_find(transfer, isa, &instructions))
				continue;
			assert_non_null(instructions);
			print_message("# %s %s: %s\n", param_choice(PARAM_ISA, isa),
				      param_choice(PARAM_TRANSFER, transfer), instructions);
		}
	}
}

/* 64 MiB, compared with memcpy(): wrong bytes fail the test; the speed is only printed. */
static void beside_memcpy(void **state)
{
	const size_t bytes = 64 << 20;
	char *from = aligned_alloc(64, bytes), *to = aligned_alloc(64, bytes);
	struct clock clock;
	uint64_t begin;
	double theirs;

	(void)state;
	assert_true(from && to);
	clock_choose("", &clock);
	for (size_t i = 0; i < bytes; i += 8)
		memcpy(from + i, &(uint64_t){ i * 0x9e3779b97f4a7c15u }, 8);
	memset(to, 0, bytes);
	begin = clock_now(&clock);
	memcpy(to, from, bytes);
	theirs = clock_ns(&clock, clock_now(&clock) - begin);
	for (unsigned int isa = 0; isa < NR_ISAS; isa++) {
		transfer_fn *run = transfer_find(TRANSFER_COPY_FROM, isa, NULL);
		double ours;

		if (!run)
			continue;
		memset(to, 0, bytes);
		begin = clock_now(&clock);
		run(to, from, bytes, 0);
		ours = clock_ns(&clock, clock_now(&clock) - begin);
		assert_memory_equal(to, from, bytes);
		print_message("# copy of 64 MiB by %s: %.2f times the time of memcpy(), %.2f GB/s\n",
			      param_choice(PARAM_ISA, isa), ours / theirs, (double)bytes / ours);
	}
	free(from);
	free(to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_size_and_alignment),
		cmocka_unit_test(the_check_would_see_a_wrong_byte),
		cmocka_unit_test(every_transfer_names_its_instructions),
		cmocka_unit_test(beside_memcpy),
	};

	return cmocka_run_group_tests_name("transfer", tests, make_space, drop_space);
}
