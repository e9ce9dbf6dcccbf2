// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel's records say: from the bytes of a ring to events. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <linux/dma-buf.h>

#include "bench/observe/decode.h"
#include "bench/observe/ring.h"

enum { RING = 4096, KIND = 77, STACK = 64 };

/* Of a kernel 6.12 on arm64. */
static const char format[] = "name: sys_enter_ioctl\nID: 500\nformat:\n"
			     "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
			     "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
			     "\tfield:int __syscall_nr;\toffset:8;\tsize:4;\tsigned:1;\n"
			     "\tfield:unsigned int fd;\toffset:16;\tsize:8;\tsigned:0;\n"
			     "\tfield:unsigned int cmd;\toffset:24;\tsize:8;\tsigned:0;\n"
			     "\tfield:unsigned long arg;\toffset:32;\tsize:8;\tsigned:0;\n\n"
			     "print fmt: \"fd: 0x%08lx, cmd: 0x%08lx, arg: 0x%08lx\", REC->fd\n";

/* A record under construction. */
struct bytes {
	_Alignas(8) char at[1024];
	size_t size;
};

static void put(struct bytes *bytes, const void *data, size_t size)
{
	assert_true(bytes->size + size <= sizeof(bytes->at));
	memcpy(bytes->at + bytes->size, data, size);
	bytes->size += size;
}

static void put64(struct bytes *bytes, uint64_t value)
{
	put(bytes, &value, sizeof(value));
}

static void put32(struct bytes *bytes, uint32_t value)
{
	put(bytes, &value, sizeof(value));
}

static void begin(struct bytes *bytes, uint32_t type, uint16_t misc)
{
	struct perf_event_header header = { .type = type, .misc = misc };

	bytes->size = 0;
	put(bytes, &header, sizeof(header));
}

static const struct perf_event_header *end(struct bytes *bytes)
{
	((struct perf_event_header *)bytes->at)->size = (uint16_t)bytes->size;
	return (const struct perf_event_header *)bytes->at;
}

/* What all records but samples end with. */
static const struct perf_event_header *end_task(struct bytes *bytes, uint64_t time_ns)
{
	put32(bytes, 10);
	put32(bytes, 11);
	put64(bytes, time_ns);
	put64(bytes, 100 + STREAM_TASKS);
	return end(bytes);
}

static void begin_sample(struct bytes *bytes, enum stream stream, uint64_t time_ns)
{
	begin(bytes, PERF_RECORD_SAMPLE, 0);
	put64(bytes, 100 + stream);
	put32(bytes, 10);
	put32(bytes, 11);
	put64(bytes, time_ns);
}

/* sys_enter_ioctl of SYNC; its struct is @above the stack pointer. */
static const struct perf_event_header *sync_sample(struct bytes *bytes, uint64_t flags, uint64_t above, uint64_t valid)
{
	uint64_t pointer = 0x7fff0000, fd = 5, command = DMA_BUF_IOCTL_SYNC, argument = pointer + above;
	char raw[44] = { 0 }, stack[STACK] = { 0 };

	memcpy(raw + 16, &fd, 8);
	memcpy(raw + 24, &command, 8);
	memcpy(raw + 32, &argument, 8);
	if (above + sizeof(flags) <= sizeof(stack))
		memcpy(stack + above, &flags, sizeof(flags));
	begin_sample(bytes, STREAM_IOCTL, 1000);
	put32(bytes, sizeof(raw));
	put(bytes, raw, sizeof(raw));
	if (stream_registers()) {
		put64(bytes, 2); /* the ABI: 64 bits */
		put64(bytes, pointer);
		put64(bytes, sizeof(stack));
		put(bytes, stack, sizeof(stack));
		put64(bytes, valid);
	}
	return end(bytes);
}

static struct decoder *new_decoder(void)
{
	static struct decoder decoder;
	struct why why = { "", "" };

	free(decoder.id);
	memset(&decoder, 0, sizeof(decoder));
	decoder.id = calloc(NR_STREAMS, sizeof(*decoder.id));
	assert_non_null(decoder.id);
	for (enum stream stream = 0; stream < NR_STREAMS; stream++) {
		decoder.id[stream].id = 100 + stream;
		decoder.id[stream].stream = stream;
	}
	decoder.nr_ids = NR_STREAMS;
	assert_int_equal(decode_format(STREAM_IOCTL, format, decoder.place[STREAM_IOCTL], &why), 0);
	decoder.place[STREAM_RETURN][FIELD_RET] = (struct place){ 16, 8 };
	decoder.place[STREAM_MUNMAP][FIELD_ADDR] = (struct place){ 16, 8 };
	decoder.place[STREAM_MUNMAP][FIELD_LEN] = (struct place){ 24, 8 };
	return &decoder;
}

static void a_format_tells_where_fields_are(void **state)
{
	struct place place[NR_TRACEPOINT_FIELDS];
	struct why why = { "", "" };

	(void)state;
	assert_int_equal(decode_format(STREAM_IOCTL, format, place, &why), 0);
	assert_int_equal(place[FIELD_CMD].offset, 24);
	assert_int_equal(place[FIELD_ARG].size, 8);
	assert_int_equal(place[FIELD_RET].size, 0);
	assert_int_equal(decode_format(STREAM_RETURN, format, place, &why), -EINVAL);
	assert_non_null(strstr(why.reason, "no field ret"));
	assert_int_equal(decode_format(STREAM_IOCTL, "", place, &why), -EINVAL);
}

static void flags_are_those_of_the_stack(void **state)
{
	struct decoder *decoder = new_decoder();
	struct bytes bytes;
	struct event event;

	(void)state;
	assert_int_equal(decode(decoder, sync_sample(&bytes, DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE, 16, STACK), &event),
			 1);
	assert_int_equal(event.kind, EVENT_IOCTL);
	assert_int_equal(event.pid, 10);
	assert_int_equal(event.tid, 11);
	assert_int_equal(event.fd, 5);
	assert_true(event.time_ns == 1000);
	assert_int_equal(event.command, (uint32_t)DMA_BUF_IOCTL_SYNC);
	if (!stream_registers())
		return;
	assert_true(event.has_flags);
	assert_true(event.flags == (DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE));
}

/* Nothing is guessed: of what was not copied, only the address is known. */
static void flags_elsewhere_are_not_known(void **state)
{
	struct decoder *decoder = new_decoder();
	struct bytes bytes;
	struct event event;

	(void)state;
	assert_int_equal(decode(decoder, sync_sample(&bytes, 1, STACK + 8, STACK), &event), 1);
	assert_false(event.has_flags); /* beyond what was copied */
	assert_int_equal(decode(decoder, sync_sample(&bytes, 1, STACK - 4, STACK), &event), 1);
	assert_false(event.has_flags); /* half of it */
	assert_int_equal(decode(decoder, sync_sample(&bytes, 1, 16, 20), &event), 1);
	assert_false(event.has_flags); /* the kernel copied 20 bytes only */
	assert_int_equal(decode(decoder, sync_sample(&bytes, 1, (uint64_t)-64, STACK), &event), 1);
	assert_false(event.has_flags); /* below the stack pointer */
}

static void a_call_has_a_result(void **state)
{
	struct decoder *decoder = new_decoder();
	int64_t result = -EINVAL;
	char raw[28] = { 0 };
	struct bytes bytes;
	struct event event;

	(void)state;
	memcpy(raw + 16, &result, sizeof(result));
	begin_sample(&bytes, STREAM_RETURN, 1500);
	put32(&bytes, sizeof(raw));
	put(&bytes, raw, sizeof(raw));
	assert_int_equal(decode(decoder, end(&bytes), &event), 1);
	assert_int_equal(event.kind, EVENT_RETURN);
	assert_int_equal(event.result, -EINVAL);
}

static void faults_have_addresses(void **state)
{
	struct decoder *decoder = new_decoder();
	struct bytes bytes;
	struct event event;

	(void)state;
	begin_sample(&bytes, STREAM_FAULTS, 7);
	put64(&bytes, 0xffff80001234);
	assert_int_equal(decode(decoder, end(&bytes), &event), 1);
	assert_int_equal(event.kind, EVENT_FAULT);
	assert_true(event.address == 0xffff80001234);
}

static const struct perf_event_header *mmap_record(struct bytes *bytes, const char *name)
{
	char padded[64] = { 0 };

	begin(bytes, PERF_RECORD_MMAP2, 0);
	put32(bytes, 10);
	put32(bytes, 11);
	put64(bytes, 0x10000);
	put64(bytes, 0x4000);
	put64(bytes, 0x1000);
	put64(bytes, 0);
	put64(bytes, 4711);
	put64(bytes, 0);
	put64(bytes, 0);
	snprintf(padded, sizeof(padded), "%s", name);
	put(bytes, padded, (strlen(name) + 8) & ~7ULL);
	return end_task(bytes, 99);
}

static void mappings_have_their_file(void **state)
{
	struct decoder *decoder = new_decoder();
	struct bytes bytes;
	struct event event;

	(void)state;
	assert_int_equal(decode(decoder, mmap_record(&bytes, "/dmabuf:decoder"), &event), 1);
	assert_int_equal(event.kind, EVENT_MMAP);
	assert_true(event.address == 0x10000 && event.bytes == 0x4000 && event.offset == 0x1000);
	assert_true(event.inode == 4711 && event.time_ns == 99);
	assert_string_equal(event.name, "/dmabuf:decoder");
}

static void tasks_begin_and_end(void **state)
{
	static const struct {
		uint32_t type;
		uint16_t misc;
		int got;
		enum event_kind kind;
	} rows[] = {
		{ PERF_RECORD_FORK, 0, 1, EVENT_FORK },
		{ PERF_RECORD_EXIT, 0, 1, EVENT_EXIT },
		{ PERF_RECORD_COMM, PERF_RECORD_MISC_COMM_EXEC, 1, EVENT_EXEC },
		{ PERF_RECORD_COMM, 0, 0, EVENT_EXEC }, /* a new name alone */
		{ PERF_RECORD_THROTTLE, 0, 0, EVENT_EXIT },
	};
	struct decoder *decoder = new_decoder();
	struct bytes bytes;
	struct event event;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(&bytes, rows[i].type, rows[i].misc);
		put32(&bytes, 20);
		put32(&bytes, rows[i].type == PERF_RECORD_COMM ? 21 : 10);
		put32(&bytes, 21);
		put32(&bytes, 10);
		put64(&bytes, 5);
		assert_int_equal(decode(decoder, end_task(&bytes, 5), &event), rows[i].got);
		if (!rows[i].got)
			continue;
		assert_int_equal(event.kind, rows[i].kind);
		assert_int_equal(event.pid, 20);
		assert_int_equal(event.tid, 21);
	}
}

static void lost_samples_are_counted(void **state)
{
	struct decoder *decoder = new_decoder();
	struct bytes bytes;
	struct event event;

	(void)state;
	for (int i = 0; i < 2; i++) {
		begin(&bytes, PERF_RECORD_LOST, 0);
		put64(&bytes, 100 + STREAM_FAULTS);
		put64(&bytes, 21);
		assert_int_equal(decode(decoder, end_task(&bytes, 5), &event), 0);
	}
	assert_int_equal(decoder->lost, 42);
}

/* Whatever is cut off is an error, and never read beyond its end. */
static void cut_records_are_refused(void **state)
{
	struct decoder *decoder = new_decoder();
	struct bytes bytes, copy;
	struct event event;

	(void)state;
	sync_sample(&bytes, 1, 16, STACK);
	for (size_t size = sizeof(struct perf_event_header); size < bytes.size; size++) {
		copy = bytes;
		copy.size = size;
		assert_int_equal(decode(decoder, end(&copy), &event), -EBADMSG);
	}
}

/* Of an event that was closed again. */
static void samples_of_no_known_event_are_left_out(void **state)
{
	struct decoder *decoder = new_decoder();
	struct bytes bytes;
	struct event event;

	(void)state;
	begin_sample(&bytes, STREAM_FAULTS, 1);
	put64(&bytes, 1);
	((uint64_t *)bytes.at)[1] = 77;
	assert_int_equal(decode(decoder, end(&bytes), &event), 0);
}

/* ---- the ring ---- */

struct taken {
	size_t count;
	uint64_t last;
};

static int take(void *arg, const struct perf_event_header *record)
{
	struct taken *taken = arg;
	uint64_t value;

	assert_int_equal(record->type, KIND);
	memcpy(&value, record + 1, sizeof(value));
	assert_true(value == taken->last + 1);
	taken->last = value;
	taken->count++;
	return 0;
}

static void ring_put(struct perf_event_mmap_page *page, uint64_t value)
{
	struct perf_event_header header = { .type = KIND, .size = 24 };
	char record[24] = { 0 }, *data = (char *)page + page->data_offset;

	memcpy(record, &header, sizeof(header));
	memcpy(record + sizeof(header), &value, sizeof(value));
	for (size_t i = 0; i < sizeof(record); i++)
		data[(page->data_head + i) % RING] = record[i];
	page->data_head += sizeof(record);
}

/* Records of 24 bytes in a ring of 4096 are cut by its end again and again. */
static void records_are_read_across_the_end(void **state)
{
	struct perf_event_mmap_page *page = calloc(1, 2 * RING);
	struct taken taken = { 0, 0 };
	uint64_t value = 0;

	(void)state;
	assert_non_null(page);
	page->data_offset = RING;
	for (int turn = 0; turn < 50; turn++) {
		for (int i = 0; i < 100; i++)
			ring_put(page, ++value);
		assert_int_equal(ring_read(page, RING, take, &taken), 0);
		assert_true(page->data_tail == page->data_head);
	}
	assert_int_equal(taken.count, 5000);
	free(page);
}

static void a_broken_ring_is_refused(void **state)
{
	struct perf_event_mmap_page *page = calloc(1, 2 * RING);
	struct taken taken = { 0, 0 };

	(void)state;
	assert_non_null(page);
	page->data_offset = RING;
	page->data_head = 16; /* a header of size 0 */
	assert_int_equal(ring_read(page, RING, take, &taken), -EBADMSG);
	free(page);
}

static void calls_have_names(void **state)
{
	char text[32];

	(void)state;
	assert_string_equal(sync_call_name(DMA_BUF_SYNC_READ, text, sizeof(text)), "START READ");
	assert_string_equal(sync_call_name(DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW, text, sizeof(text)), "END READ|WRITE");
	assert_string_equal(sync_call_name(0, text, sizeof(text)), "START");
	assert_string_equal(sync_call_name(64, text, sizeof(text)), "0x40");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_format_tells_where_fields_are),
		cmocka_unit_test(flags_are_those_of_the_stack),
		cmocka_unit_test(flags_elsewhere_are_not_known),
		cmocka_unit_test(a_call_has_a_result),
		cmocka_unit_test(faults_have_addresses),
		cmocka_unit_test(mappings_have_their_file),
		cmocka_unit_test(tasks_begin_and_end),
		cmocka_unit_test(lost_samples_are_counted),
		cmocka_unit_test(cut_records_are_refused),
		cmocka_unit_test(samples_of_no_known_event_are_left_out),
		cmocka_unit_test(records_are_read_across_the_end),
		cmocka_unit_test(a_broken_ring_is_refused),
		cmocka_unit_test(calls_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
