// SPDX-License-Identifier: GPL-2.0-or-later
/* The integrity check on a source that can be told to go wrong: what it must find, it must find. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench/source/integrity.h"
#include "bench/source/mappings.h"

enum { PAGES = 16 };

/* What goes wrong, and when. */
static struct {
	bool device_stale;    /* the device sees memory as it was before the CPU's first write */
	bool cpu_stale;       /* what the device writes is lost */
	bool one_bit;         /* the device's writes flip a bit of the byte at 12345 */
	bool spills;          /* the device writes one byte more than it was told to */
	enum mapped_as after; /* what is mapped after the CPU's turn began; MAPPED_NOT: what was promised */
	bool not_zapped;      /* PTEs stay when the device gets the buffer */
} fault;

static char *memory, *before;
static size_t bytes;
static bool device_has_it, zapped, is_wc;

static int fake_map(struct buffer *buffer, char *address)
{
	char *got =
		mmap(address, buffer->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE, buffer->fd, 0);

	return got == MAP_FAILED ? -errno : 0;
}

static const struct mapping_ops fake_ops = { .map = fake_map };

static int fake_step(struct buffer *buffer, enum step step)
{
	(void)buffer;
	if (step == STEP_DEVICE_MAP) {
		zapped = !is_wc; /* eager: the first map zaps */
		device_has_it = is_wc = true;
	}
	if (step == STEP_DEVICE_UNMAP)
		device_has_it = false;
	return 0;
}

static int fake_rearm(struct buffer *buffer)
{
	(void)buffer;
	device_has_it = zapped = is_wc = false;
	return 0;
}

static int fake_mapped(struct buffer *buffer, const char *address, struct mapped *mapped)
{
	(void)buffer;
	(void)address;
	mapped->bytes = (size_t)sysconf(_SC_PAGESIZE);
	if (device_has_it && zapped && !fault.not_zapped) {
		mapped->type = MAPPED_NOT;
		if (address == memory + bytes - mapped->bytes)
			zapped = false; /* looked at to the end: now the CPU touches it */
	} else {
		mapped->type = fault.after && !device_has_it ? fault.after : MAPPED_WC;
	}
	return 0;
}

static int fake_access(struct buffer *buffer, bool write, size_t offset, void *data, size_t size)
{
	(void)buffer;
	if (write && fault.cpu_stale)
		return 0;
	if (write) {
		memcpy(memory + offset, data, size);
		if (fault.one_bit && offset <= 12345 && offset + size > 12345)
			memory[12345] ^= 4;
		if (fault.spills)
			memory[offset + size] ^= 1;
	} else {
		memcpy(data, (fault.device_stale ? before : memory) + offset, size);
	}
	return 0;
}

static int fake_map_unclean(struct buffer *buffer)
{
	return fake_step(buffer, STEP_DEVICE_MAP);
}

static struct source fake;
static struct params params;
static struct buffer buffer;

static int open_fake(void **state)
{
	struct why why = { "", "" };
	char *address;

	(void)state;
	memset(&fault, 0, sizeof(fault));
	for (enum param i = 0; i < NR_PARAMS; i++)
		params.value[i] = param_default(i);
	bytes = PAGES * (size_t)sysconf(_SC_PAGESIZE);
	params.value[PARAM_SIZE] = (double)bytes;
	params.value[PARAM_POLICY] = POLICY_EAGER;
	fake = (struct source){ .name = "fake",
				.step = fake_step,
				.rearm = fake_rearm,
				.mapped = fake_mapped,
				.device_access = fake_access };
	buffer = (struct buffer){ .source = &fake, .params = &params, .bytes = bytes };
	buffer.fd = memfd_create("fake", 0);
	if (buffer.fd < 0 || ftruncate(buffer.fd, (off_t)bytes))
		return -1;
	before = calloc(1, bytes);
	/* Where the kernel has room: a sanitizer's shadow may lie anywhere. */
	address = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!before || address == MAP_FAILED || munmap(address, bytes) ||
	    mappings_open(&buffer, &fake_ops, address, &why))
		return -1;
	memory = buffer.address;
	return 0;
}

static int close_fake(void **state)
{
	(void)state;
	mappings_close(&buffer);
	close(buffer.fd);
	free(before);
	return 0;
}

static void good_memory_passes(void **state)
{
	struct integrity result = { 0 };
	struct why why = { "", "" };

	(void)state;
	assert_int_equal(integrity_check(&buffer, 0, bytes, &result, &why), 0);
	/* the device reads all of two frames, the CPU all of one */
	assert_int_equal(result.bytes, 3 * (int64_t)bytes);
	assert_int_equal(result.zapped, PAGES);
	assert_int_equal(result.attributes, PAGES);
	assert_int_equal(result.huge, 0);
}

/* Parts that begin and end anywhere: the rest must stay. */
static void parts_leave_the_rest_alone(void **state)
{
	static const size_t at[][2] = { { 1, 1 }, { 4095, 2 }, { 12345, 20000 }, { 16383, 2 }, { 8, 0 }, { 7, 16377 } };
	struct why why = { "", "" };

	(void)state;
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		struct integrity result = { 0 };

		assert_int_equal(integrity_check(&buffer, at[i][0], at[i][1], &result, &why), 0);
		assert_int_equal(result.bytes, 3 * (int64_t)bytes);
	}
	fault.spills = true;
	for (size_t i = 0; i < 4; i++) {
		struct integrity result = { 0 };
		char wrong[32];

		assert_int_equal(integrity_check(&buffer, at[i][0], at[i][1], &result, &why), -EBADMSG);
		snprintf(wrong, sizeof(wrong), "byte 0x%zx ", at[i][0] + at[i][1]);
		assert_non_null(strstr(why.reason, wrong));
		why = (struct why){ "", "" };
	}
}

static void refused(int err, const char *text)
{
	struct integrity result = { 0 };
	struct why why = { "", "" };

	assert_int_equal(integrity_check(&buffer, 0, bytes, &result, &why), err);
	if (!strstr(why.reason, text))
		fail_msg("'%s' is not in '%s'", text, why.reason);
}

static void wrong_bytes_are_shown(void **state)
{
	char place[80];

	(void)state;
	fault.one_bit = true;
	snprintf(place, sizeof(place), "byte 0x3039 of the buffer (address %p) should be 0x",
		 (void *)(memory + 0x3039));
	refused(-EBADMSG, place);
	refused(-EBADMSG, "the CPU reads 0x");
	refused(-EBADMSG, "policy eager, granularity page: the memory lost data");
	fault.one_bit = false;
	fault.cpu_stale = true;
	refused(-EBADMSG, "byte 0x0 of the buffer");
	fault.cpu_stale = false;
	fault.device_stale = true;
	refused(-EBADMSG, "the device reads 0x");
}

static void wrong_mappings_are_shown(void **state)
{
	(void)state;
	fault.after = MAPPED_CACHED;
	refused(-EPROTO, "after its refault is cached, and policy eager, granularity page promises: write-combined");
	fault.after = MAPPED_NOT;
	fault.not_zapped = true;
	refused(-EPROTO, "after the zap is write-combined, and policy eager, granularity page promises: not mapped");
}

static void the_control_counts_stale_bytes(void **state)
{
	struct integrity result = { 0 };

	(void)state;
	assert_int_equal(integrity_control(&buffer, &result), 0);
	assert_int_equal(result.stale_bytes, -1);
	fake.device_map_unclean = fake_map_unclean;
	assert_int_equal(integrity_control(&buffer, &result), 0);
	assert_int_equal(result.stale_bytes, 0);
	fault.device_stale = true;
	assert_int_equal(integrity_control(&buffer, &result), 0);
	/* random bytes against zeroes: one in 256 is right by chance */
	assert_in_range(result.stale_bytes, bytes / 100 * 98, bytes);
	params.value[PARAM_POLICY] = POLICY_UNCACHED;
	assert_int_equal(integrity_control(&buffer, &result), 0);
	assert_int_equal(result.stale_bytes, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(good_memory_passes, open_fake, close_fake),
		cmocka_unit_test_setup_teardown(parts_leave_the_rest_alone, open_fake, close_fake),
		cmocka_unit_test_setup_teardown(wrong_bytes_are_shown, open_fake, close_fake),
		cmocka_unit_test_setup_teardown(wrong_mappings_are_shown, open_fake, close_fake),
		cmocka_unit_test_setup_teardown(the_control_counts_stale_bytes, open_fake, close_fake),
	};

	return cmocka_run_group_tests_name("integrity", tests, NULL, NULL);
}
