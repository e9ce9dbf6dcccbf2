// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/observe/decode.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/dma-buf.h>
#if defined(__x86_64__) || defined(__i386__) || defined(__aarch64__) || defined(__arm__)
#include <asm/perf_regs.h>
#endif

#if defined(__x86_64__) || defined(__i386__)
#define STACK_POINTER (1ULL << PERF_REG_X86_SP)
#elif defined(__aarch64__)
#define STACK_POINTER (1ULL << PERF_REG_ARM64_SP)
#elif defined(__arm__)
#define STACK_POINTER (1ULL << PERF_REG_ARM_SP)
#else
#define STACK_POINTER 0
#endif

#define BIT(n) (1U << (n))

static const char *const field_names[NR_TRACEPOINT_FIELDS] = {
	[FIELD_FD] = "fd",   [FIELD_CMD] = "cmd",   [FIELD_ARG] = "arg",
	[FIELD_RET] = "ret", [FIELD_ADDR] = "addr", [FIELD_LEN] = "len",
};

unsigned int stream_fields(enum stream stream)
{
	switch (stream) {
	case STREAM_IOCTL:
		return BIT(FIELD_FD) | BIT(FIELD_CMD) | BIT(FIELD_ARG);
	case STREAM_RETURN:
	case STREAM_MUNMAP_RETURN:
		return BIT(FIELD_RET);
	case STREAM_MMAP:
		return BIT(FIELD_FD) | BIT(FIELD_LEN);
	case STREAM_MUNMAP:
		return BIT(FIELD_ADDR) | BIT(FIELD_LEN);
	default:
		return 0;
	}
}

/* The line "field:TYPE NAME;	offset:N;	size:N;". */
static int find_field(const char *format, const char *name, struct place *place)
{
	char wanted[32];
	const char *at = format;

	snprintf(wanted, sizeof(wanted), " %s;", name);
	while ((at = strstr(at, wanted))) {
		at += strlen(wanted);
		if (sscanf(at, " offset:%hu; size:%hu;", &place->offset, &place->size) == 2 &&
		    (place->size == 4 || place->size == 8))
			return 0;
	}
	return -EINVAL;
}

int decode_format(enum stream stream, const char *format, struct place *place, struct why *why)
{
	unsigned int wanted = stream_fields(stream);

	for (size_t i = 0; i < NR_TRACEPOINT_FIELDS; i++) {
		place[i] = (struct place){ 0, 0 };
		if (wanted & BIT(i) && find_field(format, field_names[i], &place[i]))
			return why_set(why, -EINVAL, "report it with the kernel's version",
				       "the tracepoint has no field %s that zapbench understands", field_names[i]);
	}
	return 0;
}

uint64_t stream_registers(void)
{
	return STACK_POINTER;
}

uint64_t stream_sample_type(enum stream stream)
{
	uint64_t type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TID | PERF_SAMPLE_TIME;

	if (stream == STREAM_FAULTS)
		type |= PERF_SAMPLE_ADDR;
	if (stream_fields(stream))
		type |= PERF_SAMPLE_RAW;
	if (stream == STREAM_IOCTL && STACK_POINTER != 0)
		type |= PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER;
	return type;
}

/* A record as it is read from its begin to its end. */
struct cursor {
	const char *at, *end;
	bool bad;
};

static const void *take(struct cursor *cursor, size_t size)
{
	const char *at = cursor->at;

	if (cursor->bad || (size_t)(cursor->end - at) < size) {
		cursor->bad = true;
		return NULL;
	}
	cursor->at += size;
	return at;
}

static uint64_t take64(struct cursor *cursor)
{
	const void *at = take(cursor, sizeof(uint64_t));
	uint64_t value = 0;

	if (at)
		memcpy(&value, at, sizeof(value));
	return value;
}

static uint32_t take32(struct cursor *cursor)
{
	const void *at = take(cursor, sizeof(uint32_t));
	uint32_t value = 0;

	if (at)
		memcpy(&value, at, sizeof(value));
	return value;
}

static int by_id(const void *key, const void *element)
{
	uint64_t id = *(const uint64_t *)key, other = *(const uint64_t *)element;

	return id < other ? -1 : id > other;
}

static enum stream stream_of(const struct decoder *decoder, uint64_t id)
{
	/* The id is the first member of an element. */
	const void *found =
		decoder->nr_ids ? bsearch(&id, decoder->id, decoder->nr_ids, sizeof(*decoder->id), by_id) : NULL;

	return found ? decoder->id[((const char *)found - (const char *)decoder->id) / sizeof(*decoder->id)].stream
		     : NR_STREAMS;
}

/* A field of the raw data; false: it is not there. */
static bool raw_field(const struct place *place, const char *raw, size_t size, uint64_t *value)
{
	uint32_t half;

	if (!place->size || (size_t)place->offset + place->size > size)
		return false;
	if (place->size == sizeof(half)) {
		memcpy(&half, raw + place->offset, sizeof(half));
		*value = half;
	} else {
		memcpy(value, raw + place->offset, sizeof(*value));
	}
	return true;
}

/* The flags of struct dma_buf_sync, where they are in the part of the stack that the kernel copied. */
static void take_stack(struct cursor *cursor, struct event *event)
{
	uint64_t abi = take64(cursor), pointer = abi ? take64(cursor) : 0, size = take64(cursor), valid, offset;
	const char *stack = take(cursor, (size_t)size);

	valid = size ? take64(cursor) : 0;
	offset = event->argument - pointer;
	if (cursor->bad || !abi || event->argument < pointer || valid > size || offset > valid ||
	    valid - offset < sizeof(event->flags))
		return;
	memcpy(&event->flags, stack + offset, sizeof(event->flags));
	event->has_flags = true;
}

static int decode_raw(const struct decoder *decoder, enum stream stream, struct cursor *cursor, struct event *event)
{
	const struct place *place = decoder->place[stream];
	uint64_t value[NR_TRACEPOINT_FIELDS] = { 0 };
	uint32_t size = take32(cursor);
	const char *raw = take(cursor, size);

	if (!raw)
		return -EBADMSG;
	for (size_t i = 0; i < NR_TRACEPOINT_FIELDS; i++) {
		if (place[i].size && !raw_field(&place[i], raw, size, &value[i]))
			return -EBADMSG;
	}
	switch (stream) {
	case STREAM_IOCTL:
		event->kind = EVENT_IOCTL;
		event->fd = (int)value[FIELD_FD];
		event->command = (uint32_t)value[FIELD_CMD];
		event->argument = value[FIELD_ARG];
		break;
	case STREAM_RETURN:
	case STREAM_MUNMAP_RETURN:
		event->kind = stream == STREAM_RETURN ? EVENT_RETURN : EVENT_MUNMAP_RETURN;
		event->result = place[FIELD_RET].size == 4 ? (int32_t)value[FIELD_RET] : (int64_t)value[FIELD_RET];
		break;
	default:
		event->kind = stream == STREAM_MMAP ? EVENT_MMAP_CALL : EVENT_MUNMAP_CALL;
		event->fd = (int)value[FIELD_FD];
		event->address = value[FIELD_ADDR];
		event->bytes = value[FIELD_LEN];
		break;
	}
	if (stream == STREAM_IOCTL && STACK_POINTER != 0)
		take_stack(cursor, event);
	return cursor->bad ? -EBADMSG : 1;
}

static int decode_sample(const struct decoder *decoder, struct cursor *cursor, struct event *event)
{
	enum stream stream = stream_of(decoder, take64(cursor));

	event->pid = take32(cursor);
	event->tid = take32(cursor);
	event->time_ns = take64(cursor);
	if (cursor->bad || stream == STREAM_TASKS)
		return -EBADMSG;
	if (stream == NR_STREAMS) /* of no event that was kept */
		return 0;
	if (stream != STREAM_FAULTS)
		return decode_raw(decoder, stream, cursor, event);
	event->kind = EVENT_FAULT;
	event->address = take64(cursor);
	return cursor->bad ? -EBADMSG : 1;
}

/* pid, tid, address, length, offset, device, inode and its generation, protection, flags, name */
static int decode_mmap(struct cursor *cursor, struct event *event)
{
	size_t room;

	event->kind = EVENT_MMAP;
	event->pid = take32(cursor);
	event->tid = take32(cursor);
	event->address = take64(cursor);
	event->bytes = take64(cursor);
	event->offset = take64(cursor);
	take64(cursor);
	event->inode = take64(cursor);
	take64(cursor);
	take64(cursor);
	if (cursor->bad)
		return -EBADMSG;
	room = (size_t)(cursor->end - cursor->at);
	snprintf(event->name, sizeof(event->name), "%.*s", (int)strnlen(cursor->at, room), cursor->at);
	return 1;
}

static int decode_task(struct cursor *cursor, enum event_kind kind, struct event *event)
{
	event->kind = kind;
	event->pid = take32(cursor);
	event->parent_pid = take32(cursor);
	event->tid = take32(cursor);
	return cursor->bad ? -EBADMSG : 1;
}

/* A name that changed without exec() is of no interest. */
static int decode_comm(const struct perf_event_header *record, struct cursor *cursor, struct event *event)
{
	event->kind = EVENT_EXEC;
	event->pid = take32(cursor);
	event->tid = take32(cursor);
	if (cursor->bad)
		return -EBADMSG;
	return record->misc & PERF_RECORD_MISC_COMM_EXEC ? 1 : 0;
}

int decode(struct decoder *decoder, const struct perf_event_header *record, struct event *event)
{
	struct cursor cursor = { (const char *)(record + 1), (const char *)record + record->size, false };
	/* All but samples end with pid and tid, time, and the id of the event. */
	struct cursor tail = { cursor.end - 3 * sizeof(uint64_t), cursor.end, false };

	*event = (struct event){ .kind = EVENT_EXIT };
	if (record->type == PERF_RECORD_SAMPLE)
		return decode_sample(decoder, &cursor, event);
	if (tail.at < cursor.at)
		return -EBADMSG;
	take64(&tail);
	event->time_ns = take64(&tail);
	cursor.end -= 3 * sizeof(uint64_t);
	switch (record->type) {
	case PERF_RECORD_MMAP2:
		return decode_mmap(&cursor, event);
	case PERF_RECORD_FORK:
		return decode_task(&cursor, EVENT_FORK, event);
	case PERF_RECORD_EXIT:
		return decode_task(&cursor, EVENT_EXIT, event);
	case PERF_RECORD_COMM:
		return decode_comm(record, &cursor, event);
	case PERF_RECORD_LOST:
		take64(&cursor);
		decoder->lost += (int64_t)take64(&cursor);
		return cursor.bad ? -EBADMSG : 0;
	default:
		return 0;
	}
}

const char *sync_call_name(uint64_t flags, char *text, size_t size)
{
	static const char *const directions[] = { "", " READ", " WRITE", " READ|WRITE" };

	if (flags & ~(uint64_t)DMA_BUF_SYNC_VALID_FLAGS_MASK)
		snprintf(text, size, "0x%llx", (unsigned long long)flags);
	else
		snprintf(text, size, "%s%s", flags & DMA_BUF_SYNC_END ? "END" : "START",
			 directions[flags & DMA_BUF_SYNC_RW]);
	return text;
}
