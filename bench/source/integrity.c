// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/source/integrity.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/source/client.h"
#include "bench/source/importer.h"
#include "bench/source/mappings.h"

enum { CHUNK = 16384 };

/* Who wrote a byte last. Each author writes its own pattern. */
enum author { CPU_FIRST = 1, DEVICE, CPU_SECOND, CPU_UNCLEAN };

/* What is being checked, for the error message. */
struct check {
	struct buffer *buffer;
	size_t offset, bytes; /* what the inner author wrote; the outer one wrote all the rest */
	enum author inner, outer;
	struct integrity *result;
	struct why *why;
};

/* A word that depends on its place and author: the finalizer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014). */
static uint64_t pattern_word(enum author author, size_t index)
{
	uint64_t x = index + ((uint64_t)author << 56) + UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* The bytes [@from, @from + @bytes) of the buffer as @author writes them; @from is a multiple of 8. */
static void pattern(enum author author, size_t from, char *to, size_t bytes)
{
	size_t index = from / sizeof(uint64_t), at = 0;
	uint64_t word;

	for (; at + sizeof(word) <= bytes; at += sizeof(word)) {
		word = pattern_word(author, index++);
		memcpy(to + at, &word, sizeof(word));
	}
	word = pattern_word(author, index);
	memcpy(to + at, &word, bytes - at);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* What [@from, @from + @bytes) must hold: at most CHUNK bytes. */
static void expected(const struct check *check, size_t from, char *to, size_t bytes)
{
	char inner[CHUNK];
	size_t begin = check->offset > from ? check->offset - from : 0;
	size_t end = check->offset + check->bytes > from ? least(check->offset + check->bytes - from, bytes) : 0;

	/* Most chunks are one author's. */
	if (begin < end && end - begin == bytes) {
		pattern(check->inner, from, to, bytes);
		return;
	}
	pattern(check->outer, from, to, bytes);
	if (begin >= end)
		return;
	pattern(check->inner, from, inner, end);
	memcpy(to + begin, inner + begin, end - begin);
}

static const char *policy_words(const struct buffer *buffer, char *text, size_t size)
{
	snprintf(text, size, "policy %s, granularity %s",
		 param_choice(PARAM_POLICY, params_choice(buffer->params, PARAM_POLICY)),
		 param_choice(PARAM_GRANULARITY, params_choice(buffer->params, PARAM_GRANULARITY)));
	return text;
}

static int compare(const struct check *check, const char *reader, const char *address, size_t from, const char *seen,
		   size_t bytes)
{
	char wanted[CHUNK], policy[80];
	size_t at = 0;

	expected(check, from, wanted, bytes);
	if (!memcmp(wanted, seen, bytes)) {
		check->result->bytes += (int64_t)bytes;
		return 0;
	}
	while (wanted[at] == seen[at])
		at++;
	return why_set(check->why, -EBADMSG, NULL,
		       "byte 0x%zx of the buffer (address %p) should be 0x%02x and the %s reads 0x%02x; %s: the memory "
		       "lost data",
		       from + at, (const void *)(address + from + at), (unsigned char)wanted[at], reader,
		       (unsigned char)seen[at], policy_words(check->buffer, policy, sizeof(policy)));
}

/* The CPU reads all of a mapping. */
static int cpu_reads(const struct check *check, const char *address)
{
	int err = 0;

	for (size_t from = 0; from < check->buffer->bytes && !err; from += CHUNK) {
		size_t bytes = least(CHUNK, check->buffer->bytes - from);
		char seen[CHUNK];

		memcpy(seen, address + from, bytes);
		err = compare(check, "CPU", address, from, seen, bytes);
	}
	return err;
}

static int device_reads(const struct check *check)
{
	struct buffer *buffer = check->buffer;
	char seen[CHUNK];
	int err = 0;

	for (size_t from = 0; from < buffer->bytes && !err; from += CHUNK) {
		size_t bytes = least(CHUNK, buffer->bytes - from);

		err = buffer->source->device_access(buffer, false, from, seen, bytes);
		if (!err)
			err = compare(check, "device", buffer->address, from, seen, bytes);
	}
	return err;
}

/* Write [@offset, @offset + @bytes) as @author, a device or the CPU. */
static int write_as(struct buffer *buffer, enum author author, size_t offset, size_t bytes)
{
	char data[CHUNK];
	int err = 0;

	for (size_t from = offset / CHUNK * CHUNK; from < offset + bytes && !err; from += CHUNK) {
		size_t begin = offset > from ? offset - from : 0;
		size_t end = least(CHUNK, offset + bytes - from);

		pattern(author, from, data, end);
		if (author == DEVICE)
			err = buffer->source->device_access(buffer, true, from + begin, data + begin, end - begin);
		else
			memcpy(buffer->work + from + begin, data + begin, end - begin);
	}
	return err;
}

/*
 * A device that snoops works on the caches: for it nothing is zapped. Where that of a DRM driver snoops, zap-heap takes
 * no policy for which it matters.
 */
static bool snoops(const struct buffer *buffer)
{
	return params_choice(buffer->params, PARAM_DEVICE) == DEVICE_COHERENT;
}

/* What a mapping that is faulted in now must be; @device: it is the device's turn. */
static enum mapped_as promised(const struct buffer *buffer, bool device)
{
	const struct policy_row *policy = policy_row(params_choice(buffer->params, PARAM_POLICY));

	if (snoops(buffer))
		return MAPPED_CACHED;
	return (device ? policy->device_turn : policy->memory) == MEMORY_CACHED ? MAPPED_CACHED : MAPPED_WC;
}

static const char *memory_name(enum mapped_as type)
{
	static const char *const names[] = { "not mapped", "cached", "write-combined", "another type", "unknown" };

	return names[type];
}

/* Every page of a mapping must be @wanted. */
static int check_attributes(const struct check *check, const char *address, enum mapped_as wanted, const char *when)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct buffer *buffer = check->buffer;
	char policy[80];
	int err;

	if (!buffer->source->mapped)
		return 0;
	for (size_t at = 0; at < buffer->bytes; at += page) {
		struct mapped mapped;

		err = buffer->source->mapped(buffer, address + at, &mapped);
		if (err)
			return why_set(check->why, err, NULL, "what is mapped at %p: %s", (const void *)(address + at),
				       strerror(-err));
		if (mapped.type == MAPPED_UNKNOWN && wanted != MAPPED_NOT)
			return 0; /* this source does not know the attributes of a PTE */
		if (mapped.type != wanted)
			return why_set(check->why, -EPROTO, "report this to the author of the kernel's heap",
				       "address %p %s is %s, and %s promises: %s", (const void *)(address + at), when,
				       memory_name(mapped.type), policy_words(buffer, policy, sizeof(policy)),
				       memory_name(wanted));
		if (wanted == MAPPED_NOT) {
			check->result->zapped++;
			continue;
		}
		check->result->attributes++;
		if (mapped.bytes > page)
			check->result->huge++;
	}
	return 0;
}

static int step(const struct check *check, enum step step)
{
	int err = client_step(check->buffer, step);

	return err ? why_set(check->why, err, NULL, "%s: %s", step_name(step), strerror(-err)) : 0;
}

/* The device has the buffer: nothing may be mapped if it was zapped for it, and the CPU may look all the same. */
static int device_turn(struct check *check)
{
	struct buffer *buffer = check->buffer;
	volatile char *first = buffer->address;
	struct mapped mapped;
	int err;

	if (buffer->source->mapped && policy_zaps(params_choice(buffer->params, PARAM_POLICY)) && !snoops(buffer) &&
	    check->inner == CPU_FIRST) {
		err = check_attributes(check, buffer->address, MAPPED_NOT, "after the zap");
		if (err)
			return err;
	}
	(void)*first;
	err = buffer->source->mapped ? buffer->source->mapped(buffer, buffer->address, &mapped) : 0;
	if (!err && buffer->source->mapped && mapped.type != MAPPED_UNKNOWN && mapped.type != promised(buffer, true))
		return why_set(check->why, -EPROTO, "report this to the author of the kernel's heap",
			       "a page touched while a device has the buffer is %s, but must be %s",
			       memory_name(mapped.type), memory_name(promised(buffer, true)));
	return err ? err : device_reads(check);
}

static int cpu_turn(const struct check *check)
{
	const struct buffer *buffer = check->buffer;
	int err = buffer->work == buffer->address ? 0 : cpu_reads(check, buffer->work);

	for (size_t i = 0; i < mappings_own(check->buffer) && !err; i++) {
		const char *address = mappings_address(check->buffer, i);

		err = cpu_reads(check, address);
		if (!err)
			err = check_attributes(check, address, promised(check->buffer, false), "after its refault");
	}
	return err;
}

/* The CPU writes as @author, the device reads it all and, if it is its turn to, writes as well. */
static int hand_over(struct check *check, enum author author, bool device_writes)
{
	struct buffer *buffer = check->buffer;
	struct span span =
		author == CPU_FIRST ? (struct span){ 0, buffer->bytes } : (struct span){ check->offset, check->bytes };
	int err;

	buffer->span = span;
	err = step(check, STEP_WRITE_START);
	check->inner = author;
	if (!err)
		err = write_as(buffer, author, span.offset, span.bytes);
	if (!err)
		err = step(check, STEP_WRITE_END);
	buffer->span = (struct span){ 0 };
	buffer->direction = DEVICE_READS_WRITES;
	if (!err)
		err = step(check, STEP_DEVICE_MAP);
	if (err)
		return err;
	err = device_turn(check);
	if (!err && device_writes) {
		err = write_as(buffer, DEVICE, check->offset, check->bytes);
		check->inner = DEVICE;
	}
	return step(check, STEP_DEVICE_UNMAP) && !err ? -EIO : err;
}

int integrity_check(struct buffer *buffer, size_t offset, size_t bytes, struct integrity *result, struct why *why)
{
	struct check check = { buffer, offset, bytes, CPU_FIRST, CPU_FIRST, result, why };
	int err = buffer->source->rearm(buffer);

	if (!err)
		err = hand_over(&check, CPU_FIRST, true);
	if (!err)
		err = step(&check, STEP_READ_START);
	if (!err)
		err = cpu_turn(&check);
	if (!err)
		err = step(&check, STEP_READ_END);
	/* Once more, from the state that the device left behind. */
	if (!err)
		err = hand_over(&check, CPU_SECOND, false);
	buffer->direction = DEVICE_READS;
	if (!err && buffer->source->shape)
		err = buffer->source->shape(buffer, &result->shape);
	return err ? err : buffer->source->rearm(buffer);
}

/* Without an END before, only the map could clean the caches; and this map skips the clean. */
int integrity_control(struct buffer *buffer, struct integrity *result)
{
	char seen[CHUNK], wanted[CHUNK];
	int err;

	result->stale_bytes = -1;
	if (!buffer->source->device_map_unclean || snoops(buffer) || importer_wanted(buffer->params) ||
	    policy_is_wc_from_birth(policy_row(params_choice(buffer->params, PARAM_POLICY))))
		return 0;
	result->stale_bytes = 0;
	err = buffer->source->rearm(buffer);
	if (!err)
		err = write_as(buffer, CPU_UNCLEAN, 0, buffer->bytes);
	if (!err)
		err = buffer->source->device_map_unclean(buffer);
	if (err)
		return err;
	for (size_t from = 0; from < buffer->bytes && !err; from += CHUNK) {
		size_t size = least(CHUNK, buffer->bytes - from);

		err = buffer->source->device_access(buffer, false, from, seen, size);
		pattern(CPU_UNCLEAN, from, wanted, size);
		if (!err && !memcmp(seen, wanted, size))
			continue;
		for (size_t i = 0; i < size && !err; i++)
			result->stale_bytes += seen[i] != wanted[i];
	}
	if (buffer->source->step(buffer, STEP_DEVICE_UNMAP) && !err)
		err = -EIO;
	return err ? err : buffer->source->rearm(buffer);
}
