// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What identify makes of timings: of a machine that was measured, of boards whose figures were published, and of what
 * no rule may decide.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bench/source/identity.h"

#define MIB (1 << 20)

/* A timing whose quartiles are @percent beside its median. */
static struct identity_timing about(double ns, double percent)
{
	return (struct identity_timing){ ns * (1 - percent / 100), ns, ns * (1 + percent / 100) };
}

struct row {
	const char *name;
	/* ns per load, ns per KiB written, ns per scattered store; the load in ordinary memory; quartiles */
	double again, write, scattered, ordinary, percent;
	enum identity_memory memory;
};

static enum identity_memory memory_of(const struct row *row, bool emulated)
{
	struct identity_evidence evidence = { .emulated = emulated, .bytes = 4 * MIB, .page_bytes = 4096 };

	evidence.born.buffer[IDENTITY_LOAD_AGAIN] = about(row->again, row->percent);
	evidence.born.buffer[IDENTITY_WRITE] = about(row->write, row->percent);
	evidence.born.buffer[IDENTITY_SCATTERED] = about(row->scattered, row->percent);
	evidence.born.ordinary[IDENTITY_LOAD_AGAIN] = about(row->ordinary, row->percent);
	return identity_memory(&evidence, &evidence.born);
}

static void test_memory(void **state)
{
	static const struct row rows[] = {
		/* Recorded: memfd on a virtual machine with an AMD EPYC. */
		{ "EPYC, memfd", 1.091, 73, 0.673, 1.091, 2, IDENTITY_CACHED },
		/* The same where memory is slow and no cache holds the buffer: its lines that were just loaded, one
		   does. */
		{ "EPYC, memfd of 64M", 1.091, 640, 30, 1.091, 2, IDENTITY_CACHED },
		/* Made of published figures: RK3399 A72, memory 186 ns; 64 bytes at 157 MB/s take 408 ns. */
		{ "RK3399 A72, cached", 2.0, 278, 15, 2.0, 10, IDENTITY_CACHED },
		{ "RK3399 A72, merged", 186, 640, 30, 2.0, 10, IDENTITY_WC },
		{ "RK3399 A72, alone", 408, 12800, 100, 2.0, 10, IDENTITY_UNCACHED },
		/* A store that is neither. */
		{ "half merged", 186, 640, 10, 2.0, 1, IDENTITY_NOT_CACHED },
		{ "stores not measured", 186, 0, 0, 2.0, 1, IDENTITY_NOT_CACHED },
		/* Between the limits, and across one of them. */
		{ "5 times", 10, 100, 1, 2.0, 1, IDENTITY_INCONCLUSIVE },
		{ "2.9 times, noisy", 5.8, 100, 1, 2.0, 20, IDENTITY_INCONCLUSIVE },
		{ "9 times, noisy", 18, 100, 1, 2.0, 20, IDENTITY_INCONCLUSIVE },
		{ "no timing", 0, 0, 0, 0, 0, IDENTITY_UNTESTED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum identity_memory memory = memory_of(&rows[i], false);

		if (memory != rows[i].memory)
			fail_msg("%s: %s, expected %s", rows[i].name, identity_memory_name(memory),
				 identity_memory_name(rows[i].memory));
		/* An emulator's timings decide nothing. */
		assert_int_equal(memory_of(&rows[i], true), IDENTITY_UNTESTED);
	}
}

static void test_contradiction(void **state)
{
	(void)state;
	assert_true(identity_contradicts(IDENTITY_CACHED, MAPPED_WC));
	assert_true(identity_contradicts(IDENTITY_WC, MAPPED_CACHED));
	assert_true(identity_contradicts(IDENTITY_NOT_CACHED, MAPPED_CACHED));
	assert_true(identity_contradicts(IDENTITY_UNCACHED, MAPPED_WC));
	assert_false(identity_contradicts(IDENTITY_CACHED, MAPPED_CACHED));
	assert_false(identity_contradicts(IDENTITY_WC, MAPPED_WC));
	assert_false(identity_contradicts(IDENTITY_UNCACHED, MAPPED_OTHER));
	for (enum identity_memory i = 0; i < NR_IDENTITY_MEMORIES; i++)
		assert_false(identity_contradicts(i, MAPPED_UNKNOWN));
	for (enum mapped_as i = 0; i <= MAPPED_UNKNOWN; i++)
		assert_false(identity_contradicts(IDENTITY_UNTESTED, i));
}

static enum identity_sync_kind kind_of(double small, double large, double percent)
{
	struct identity_evidence evidence = { .is_dmabuf = true };

	evidence.sync[IDENTITY_WRITE_END] = about(large, percent);
	evidence.sync_small[IDENTITY_WRITE_END] = about(small, percent);
	return identity_sync(&evidence, IDENTITY_WRITE_END);
}

static void test_sync(void **state)
{
	struct identity_evidence evidence = { .is_dmabuf = false };

	(void)state;
	assert_int_equal(identity_sync(&evidence, IDENTITY_WRITE_END), SYNC_NONE);
	evidence.is_dmabuf = true;
	assert_int_equal(identity_sync(&evidence, IDENTITY_WRITE_END), SYNC_UNTESTED);
	/* 21 ns per KiB, and a call of 300 ns: 256 KiB and 4 MiB. */
	assert_int_equal(kind_of(5676, 86316, 5), SYNC_GROWS);
	assert_int_equal(kind_of(300, 300, 5), SYNC_CONSTANT);
	assert_int_equal(kind_of(300, 290, 50), SYNC_CONSTANT);
	assert_int_equal(kind_of(300, 900, 5), SYNC_INCONCLUSIVE);
	assert_int_equal(kind_of(300, 1400, 20), SYNC_INCONCLUSIVE);
	evidence.emulated = true;
	evidence.sync[IDENTITY_WRITE_END] = evidence.sync_small[IDENTITY_WRITE_END] = about(300, 1);
	assert_int_equal(identity_sync(&evidence, IDENTITY_WRITE_END), SYNC_UNTESTED);
}

static void loss_is(struct identity_evidence evidence, const char *part)
{
	char text[200];

	identity_loss(&evidence, text, sizeof(text));
	if (!strstr(text, part))
		fail_msg("'%s' lacks '%s'", text, part);
	assert_true(strlen(text) < sizeof(text) - 1);
}

static void test_loss(void **state)
{
	(void)state;
	loss_is((struct identity_evidence){ .stale_bytes = -1 }, "untested: no importer");
	loss_is((struct identity_evidence){ .has_device = true, .stale_bytes = -1 }, "never cached");
	loss_is((struct identity_evidence){ .has_device = true, .stale_bytes = 64, .bytes = 4096 },
		"yes: without the clean the device read 64 of 4096");
	loss_is((struct identity_evidence){ .has_device = true, .emulated = true }, "untested: the emulator");
	/* No byte lost once is no promise. */
	loss_is((struct identity_evidence){ .has_device = true }, "not seen");
}

static void test_faults(void **state)
{
	static const struct {
		long faults;
		const char *text;
	} rows[] = {
		{ 0, "none: mmap() put every PTE in" }, { 1, "1024 pages per fault" },  { 64, "16 pages per fault" },
		{ 1024, "one page per fault" },         { 1025, "one page per fault" },
	};
	struct identity_evidence evidence = { .bytes = 4 * MIB, .page_bytes = 4096 };
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		evidence.born.faults = rows[i].faults;
		identity_faults(&evidence, &evidence.born, text, sizeof(text));
		assert_string_equal(text, rows[i].text);
	}
}

/* A buffer of 4 MiB, and caches below, above and about as large. */
static void test_rates(void **state)
{
	static const struct {
		uint64_t cache;
		bool emulated;
		const char *text;
	} rows[] = {
		{ 1 * MIB, false, "of memory: the largest cache has 1M" },
		{ 2 * MIB, false, "of memory: " },
		{ 3 * MIB, false, "of memory, and in part of a cache: one of 3M may hold a part; --size 6M is beyond" },
		{ 4 * MIB, false, "of a cache where the buffer is cached: one of 4M may hold it; --size 8M is beyond" },
		{ 32 * MIB, false, "--size 64M is beyond" },
		{ 512 * MIB, false, "--size 1G is beyond" },
		{ 513 * MIB, false, "one of 513M may hold it; no --size is beyond" },
		{ 0, false, "no cache of this CPU is known" },
		{ 32 * MIB, true, "emulated" },
	};
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct identity_evidence evidence = { .emulated = rows[i].emulated, .bytes = 4 * MIB };

		identity_rates(&evidence, rows[i].cache, text, sizeof(text));
		if (!strstr(text, rows[i].text))
			fail_msg("'%s' lacks '%s'", text, rows[i].text);
	}
}

/* The OOM killer comes before mmap() fails. Memory that was reserved is not taken from others. */
static void test_fit(void **state)
{
	static const struct source taken, reserved = { .reserved = true };
	struct why why = { "", "" };

	(void)state;
	assert_int_equal(identity_fit(&taken, 16 * MIB, 40 * MIB, &why), 0);
	assert_int_equal(identity_fit(&reserved, 16 * MIB, 20 * MIB, &why), 0);
	assert_int_equal(identity_fit(&taken, 1024 * MIB, -ENOENT, &why), 0);
	assert_string_equal(why.reason, "");
	assert_int_equal(identity_fit(&taken, 16 * MIB, 39 * MIB, &why), -ENOMEM);
	assert_string_equal(why.reason, "the buffer and ordinary memory of its size need 32 MiB; 39 MiB are available, "
					"and 80 % of them may be used");
	assert_string_equal(why.remedy, "use a smaller --size");
	why = (struct why){ "", "" };
	assert_int_equal(identity_fit(&reserved, 16 * MIB, 19 * MIB, &why), -ENOMEM);
	assert_non_null(strstr(why.reason, "ordinary memory of its size needs 16 MiB; 19 MiB are available"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory), cmocka_unit_test(test_contradiction), cmocka_unit_test(test_sync),
		cmocka_unit_test(test_loss),   cmocka_unit_test(test_faults),        cmocka_unit_test(test_rates),
		cmocka_unit_test(test_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
