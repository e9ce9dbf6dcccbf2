// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/source/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bench/measure/maintain.h"
#include "bench/measure/transfer.h"
#include "bench/source/mappings.h"

/* Each way to copy is tried on so many bytes, so often. */
enum { TRIED_BYTES = 256 << 10, TRIES = 3 };

/* A way to copy is chosen over one that is tried before it if it saves this part of the time. */
#define WORTH_IT 0.05

struct client {
	transfer_fn *copy_in, *copy_out;
	enum isa in_by, out_by; /* scalar: memcpy() */
	struct maintain clean, flush;
	bool zapped; /* and not prefaulted since */
	char *kept;  /* memory for copies, for as long as the buffer is open; NULL: mapped for each copy */
};

static enum client_work work_of(const struct params *params)
{
	return policy_row(params_choice(params, PARAM_POLICY))->client;
}

/* Where no instruction only cleans, a flush does it, too. */
static int find_maintenance(struct maintain *clean, struct maintain *flush, struct why *why)
{
	int err = maintain_find(MAINTAIN_FLUSH, flush, why);

	if (!err && maintain_find(MAINTAIN_CLEAN, clean, NULL))
		*clean = *flush;
	return err;
}

int client_supports(const struct params *params, struct why *why)
{
	struct maintain clean, flush;
	int err;

	if (work_of(params) == CLIENT_PREFAULTS && params_choice(params, PARAM_GRANULARITY) == GRANULARITY_BUFFER)
		return why_set(why, -EOPNOTSUPP, "use policy=eager",
			       "with granularity=buffer the first fault maps all pages: nothing is left to prefault");
	if (work_of(params) != CLIENT_MAINTAINS)
		return 0;
	if (params_choice(params, PARAM_DEVICE) == DEVICE_COHERENT)
		return why_set(why, -EOPNOTSUPP, "use policy=cached",
			       "the device snoops, so the client has no cache to maintain");
	if (params_choice(params, PARAM_DEVICE) == DEVICE_DRM)
		return why_set(why, -EOPNOTSUPP, "use policy=cached",
			       "whether the driver of a DRM node cleans the caches is not for the client to choose");
	err = find_maintenance(&clean, &flush, why);
	if (err && why)
		snprintf(why->remedy, sizeof(why->remedy), "use policy=cached");
	return err;
}

static bool copies_into_fresh_memory(const struct buffer *buffer)
{
	return params_choice(buffer->params, PARAM_SCRATCH) == SCRATCH_FRESH;
}

/* Ordinary memory of the buffer's size, in plain pages: the same in every round, whatever huge pages are free. */
static char *map_scratch(size_t bytes)
{
	char *scratch = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (scratch == MAP_FAILED)
		return NULL;
	madvise(scratch, bytes, MADV_NOHUGEPAGE);
	return scratch;
}

static uint64_t copy_by_memcpy(char *to, const char *from, size_t bytes, uint64_t value)
{
	(void)value;
	memcpy(to, from, bytes);
	return 0;
}

/* The least of several tries, in ticks: a copy, and the first use of it where the client works on it afterwards. */
static uint64_t ticks_of(const struct buffer *buffer, transfer_fn *copy, char *to, const char *from, bool used)
{
	transfer_fn *use = transfer_find(TRANSFER_READ, ISA_SCALAR, NULL);
	size_t bytes = buffer->bytes < TRIED_BYTES ? buffer->bytes : TRIED_BYTES;
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < TRIES; i++) {
		uint64_t ticks, begin = clock_now(buffer->clock);

		copy(to, from, bytes, 0);
		if (used) {
			uint64_t sum = use(NULL, to, bytes, 0);

			__asm__ volatile("" : : "r"(sum));
		}
		ticks = clock_now(buffer->clock) - begin;
		least = ticks < least ? ticks : least;
	}
	return least;
}

static transfer_fn *copy_by(enum transfer transfer, enum isa isa)
{
	return isa == ISA_SCALAR ? copy_by_memcpy : transfer_find(transfer, isa, NULL);
}

static enum isa fastest_copy(const struct buffer *buffer, enum transfer transfer, char *to, const char *from)
{
	bool used = transfer == TRANSFER_COPY_FROM;
	enum isa best = ISA_SCALAR;
	uint64_t least = ticks_of(buffer, copy_by(transfer, best), to, from, used);

	for (enum isa isa = ISA_VECTOR; isa < NR_ISAS; isa++) {
		transfer_fn *copy = copy_by(transfer, isa);
		uint64_t ticks;

		if (!copy)
			continue;
		ticks = ticks_of(buffer, copy, to, from, used);
		if ((double)ticks < (double)least * (1 - WORTH_IT)) {
			best = isa;
			least = ticks;
		}
	}
	return best;
}

static int open_copies(struct buffer *buffer, const struct client *like, struct why *why)
{
	struct client *client = buffer->client;
	char *scratch = map_scratch(buffer->bytes);

	if (!scratch)
		return why_set(why, -ENOMEM, "use smaller buffers", "no memory for a copy of %zu bytes", buffer->bytes);
	memset(scratch, 0, buffer->bytes);
	/* Both ways copy what is in the buffer, so its content stays. */
	client->in_by = like ? like->in_by : fastest_copy(buffer, TRANSFER_COPY_FROM, scratch, buffer->address);
	client->out_by = like ? like->out_by : fastest_copy(buffer, TRANSFER_COPY_TO, buffer->address, scratch);
	client->copy_in = copy_by(TRANSFER_COPY_FROM, client->in_by);
	client->copy_out = copy_by(TRANSFER_COPY_TO, client->out_by);
	if (copies_into_fresh_memory(buffer)) {
		munmap(scratch, buffer->bytes);
		buffer->work = NULL;
	} else {
		client->kept = buffer->work = scratch;
	}
	return 0;
}

int client_open(struct buffer *buffer, struct why *why)
{
	enum client_work work = work_of(buffer->params);
	const struct client *like = buffer->client;
	int err = 0;

	if (work == CLIENT_NOTHING)
		return 0;
	buffer->client = calloc(1, sizeof(*buffer->client));
	if (!buffer->client)
		return -ENOMEM;
	if (work == CLIENT_COPIES)
		err = open_copies(buffer, like, why);
	else if (work == CLIENT_MAINTAINS)
		err = find_maintenance(&buffer->client->clean, &buffer->client->flush, why);
	if (err) {
		free(buffer->client);
		buffer->client = NULL;
	}
	return err;
}

bool client_copies(const struct buffer *buffer, enum isa *from, enum isa *to)
{
	if (!buffer->client || work_of(buffer->params) != CLIENT_COPIES)
		return false;
	*from = buffer->client->in_by;
	*to = buffer->client->out_by;
	return true;
}

void client_close(struct buffer *buffer)
{
	if (!buffer->client)
		return;
	if (buffer->work && buffer->work != buffer->address)
		munmap(buffer->work, buffer->bytes);
	free(buffer->client);
	buffer->client = NULL;
	buffer->work = buffer->address;
}

static int take_scratch(struct buffer *buffer)
{
	if (!buffer->client->kept)
		buffer->work = map_scratch(buffer->bytes);
	return buffer->work ? 0 : -ENOMEM;
}

static int drop_scratch(struct buffer *buffer)
{
	if (buffer->client->kept)
		return 0;
	if (munmap(buffer->work, buffer->bytes))
		return -errno;
	buffer->work = NULL;
	return 0;
}

/* All of the buffer, unless the client said which part it accesses. */
static struct span span_of(const struct buffer *buffer)
{
	return buffer->span.bytes ? buffer->span : (struct span){ 0, buffer->bytes };
}

/* The buffer is open to the CPU for as long as the copy lasts. */
static int copy(struct buffer *buffer, enum step start, enum step end)
{
	struct span span = span_of(buffer);
	char *inside = buffer->address + span.offset, *outside = buffer->work + span.offset;
	int err = buffer->source->step(buffer, start);

	if (err)
		return err;
	if (start == STEP_READ_START)
		buffer->client->copy_in(outside, inside, span.bytes, 0);
	else
		buffer->client->copy_out(inside, outside, span.bytes, 0);
	return buffer->source->step(buffer, end);
}

static int copies(struct buffer *buffer, enum step step)
{
	int err;

	switch (step) {
	case STEP_WRITE_START:
		return take_scratch(buffer);
	case STEP_WRITE_END:
		err = copy(buffer, STEP_WRITE_START, STEP_WRITE_END);
		return err ? err : drop_scratch(buffer);
	case STEP_READ_START:
		err = take_scratch(buffer);
		return err ? err : copy(buffer, STEP_READ_START, STEP_READ_END);
	case STEP_READ_END:
		return drop_scratch(buffer);
	default:
		return buffer->source->step(buffer, step);
	}
}

/*
 * What the CPU wrote has to leave the caches before the device reads; what they hold of the buffer has to go before the
 * CPU reads what the device wrote. A client that overwrites has nothing to drop.
 */
static int maintains(struct buffer *buffer, enum step step)
{
	const struct client *client = buffer->client;
	struct span span = span_of(buffer);

	switch (step) {
	case STEP_WRITE_END:
		client->clean.run(buffer->address + span.offset, span.bytes, client->clean.line_bytes);
		return 0;
	case STEP_READ_START:
		client->flush.run(buffer->address + span.offset, span.bytes, client->flush.line_bytes);
		return 0;
	case STEP_WRITE_START:
	case STEP_READ_END:
		return 0;
	case STEP_DEVICE_MAP:
		if (buffer->source->device_map_unclean)
			return buffer->source->device_map_unclean(buffer);
		return buffer->source->step(buffer, step);
	default:
		return buffer->source->step(buffer, step);
	}
}

bool client_was_zapped(const struct buffer *buffer)
{
	return buffer->client && buffer->client->zapped;
}

static int prefault_for(struct buffer *buffer, enum access access)
{
	buffer->client->zapped = false;
	return mappings_prefault(buffer, access);
}

int client_prefault(struct buffer *buffer)
{
	return prefault_for(buffer, ACCESS_READ);
}

/* The source does the step, then the client looks at what it has to do. */
static int prefaults(struct buffer *buffer, enum step step)
{
	enum buffer_state before = buffer->state;
	int err = buffer->source->step(buffer, step);

	if (err)
		return err;
	switch (step) {
	case STEP_ZAP:
		buffer->client->zapped = true;
		return 0;
	case STEP_DEVICE_MAP:
		buffer->client->zapped |= before == STATE_CPU_CACHED && buffer->state == STATE_CPU_WC;
		return 0;
	case STEP_FAULT_IN:
		return buffer->client->zapped ? prefault_for(buffer, params_choice(buffer->params, PARAM_ACCESS)) : 0;
	case STEP_WRITE_START:
	case STEP_READ_START:
		/* A buffer that was made cached again is mapped, too. */
		buffer->client->zapped &= buffer->state == STATE_CPU_WC;
		if (!buffer->client->zapped)
			return 0;
		return prefault_for(buffer, step == STEP_WRITE_START ? ACCESS_WRITE : ACCESS_READ);
	default:
		return 0;
	}
}

int client_works(struct buffer *buffer, enum step step)
{
	switch (work_of(buffer->params)) {
	case CLIENT_COPIES:
		return copies(buffer, step);
	case CLIENT_MAINTAINS:
		return maintains(buffer, step);
	default:
		return prefaults(buffer, step);
	}
}

static void add(char *text, size_t size, const char *call)
{
	size_t used = strlen(text);

	if (call[0])
		snprintf(text + used, size - used, "%s%s", used ? " + " : "", call);
}

static void copies_calls(const struct source *source, const struct params *params, enum step step, char *text,
			 size_t size)
{
	bool fresh = params_choice(params, PARAM_SCRATCH) == SCRATCH_FRESH;
	char calls[100];

	if (fresh && (step == STEP_WRITE_START || step == STEP_READ_START))
		add(text, size, "mmap()");
	if (step == STEP_READ_START || step == STEP_WRITE_END) {
		source->calls(params, step == STEP_READ_START ? STEP_READ_START : STEP_WRITE_START, calls,
			      sizeof(calls));
		add(text, size, calls);
		add(text, size, step == STEP_READ_START ? "a copy out of the buffer" : "a copy into the buffer");
		source->calls(params, step == STEP_READ_START ? STEP_READ_END : STEP_WRITE_END, calls, sizeof(calls));
		add(text, size, calls);
	}
	if (fresh && (step == STEP_WRITE_END || step == STEP_READ_END))
		add(text, size, "munmap()");
}

static void prefaults_calls(const struct source *source, const struct params *params, enum step step, char *text,
			    size_t size)
{
	bool thread = params_choice(params, PARAM_PREFAULT) == PREFAULT_THREAD;
	bool acts = thread ? step == STEP_DEVICE_MAP
			   : step == STEP_FAULT_IN || step == STEP_WRITE_START || step == STEP_READ_START;
	char call[80];

	source->calls(params, step, text, size);
	if (!acts)
		return;
	snprintf(call, sizeof(call), "%s%s%s", source->prefault_call, thread ? " by a thread" : "",
		 step == STEP_FAULT_IN ? "" : " (if zapped)");
	add(text, size, call);
}

void client_calls(const struct source *source, const struct params *params, enum step step, char *text, size_t size)
{
	enum client_work work = work_of(params);
	bool maps = step == STEP_DEVICE_MAP;

	text[0] = '\0';
	if (work == CLIENT_PREFAULTS)
		prefaults_calls(source, params, step, text, size);
	else if (work == CLIENT_NOTHING || maps || step == STEP_DEVICE_UNMAP) {
		source->calls(params, step, text, size);
		if (work == CLIENT_MAINTAINS && maps && source->device_map_unclean)
			add(text, size, "no clean");
	} else if (work == CLIENT_COPIES) {
		copies_calls(source, params, step, text, size);
	} else if (step == STEP_WRITE_END) {
		add(text, size, "an instruction per line cleans");
	} else if (step == STEP_READ_START) {
		add(text, size, "an instruction per line invalidates");
	}
}
