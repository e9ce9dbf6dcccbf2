/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parameters that cases share: one table says how each is spelled, checked and shown. A case has no options of its
 * own.
 */
#ifndef ZAPBENCH_PARAMS_H
#define ZAPBENCH_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/base/policy.h"
#include "bench/base/text.h"
#include "bench/base/why.h"

enum param {
	PARAM_POLICY,
	PARAM_GRANULARITY,
	PARAM_SIZE,
	PARAM_ACCESS,
	PARAM_ORDER,
	PARAM_STRIDE,
	PARAM_TOUCHED,
	PARAM_MAPS,
	PARAM_OWNERS,
	PARAM_TIMING,
	PARAM_FRAMES,
	PARAM_RING,
	PARAM_LINES,
	PARAM_DEVICE,
	PARAM_OFFSET,
	PARAM_USE,
	PARAM_OTHERS,
	PARAM_OTHERS_DO,
	PARAM_STATE,
	PARAM_PAGES,
	PARAM_CHAIN,
	PARAM_PASS,
	PARAM_TRANSFER,
	PARAM_ISA,
	PARAM_CHUNK,
	PARAM_WORKERS,
	PARAM_BUFFERS,
	PARAM_DELAY,
	PARAM_MAINTAIN,
	PARAM_SCRATCH,
	PARAM_PREFAULT,
	PARAM_SYNC,
	PARAM_ATTACHMENTS,
	PARAM_DIRECTION,
	PARAM_RANGE,
	PARAM_EXTENT,
	NR_PARAMS
};

/* What its values are: names, bytes, whole numbers, or a part of 1. */
enum param_kind { KIND_CHOICE, KIND_SIZE, KIND_COUNT, KIND_FRACTION };

/* A set of parameters, one bit each. */
#define PARAM_BIT(param) (UINT64_C(1) << (param))
_Static_assert(NR_PARAMS <= 64, "a set of parameters is a uint64_t");

/* ACCESS_BOTH: a read, then a write; only where a case takes it. What faults first is the read. */
enum access { ACCESS_READ, ACCESS_WRITE, ACCESS_BOTH };
enum order { ORDER_SEQUENTIAL, ORDER_REVERSE, ORDER_RANDOM };
enum owners { OWNERS_SELF, OWNERS_THREADS, OWNERS_PROCESSES };
enum use { USE_LOOP, USE_CAMERA, USE_ENCODER };
enum buffers { BUFFERS_SHARED, BUFFERS_OWN };
enum others_do { OTHERS_IDLE, OTHERS_BUSY };
enum lines { LINES_DIRTY, LINES_CLEAN };
/* DEVICE_DRM: a DRM node imports the buffer. Whether it snoops is known to zap-heap alone. */
enum device { DEVICE_NONCOHERENT, DEVICE_COHERENT, DEVICE_DRM };
enum state { STATE_BEFORE, STATE_AFTER };
enum pass { PASS_FAULT, PASS_FIRST, PASS_FLUSHED, PASS_SECOND, PASS_UNZAPPED };
enum transfer { TRANSFER_READ, TRANSFER_WRITE, TRANSFER_FILL, TRANSFER_COPY_FROM, TRANSFER_COPY_TO, NR_TRANSFERS };
enum isa { ISA_SCALAR, ISA_VECTOR, ISA_STREAM, NR_ISAS };
enum maintain_by { MAINTAIN_FLUSH, MAINTAIN_CLEAN, MAINTAIN_KERNEL };
enum scratch { SCRATCH_REUSED, SCRATCH_FRESH };
enum prefault { PREFAULT_CALLER, PREFAULT_THREAD };
enum sync { SYNC_START_READ, SYNC_START_WRITE, SYNC_START_RW, SYNC_END_READ, SYNC_END_WRITE, SYNC_END_RW, NR_SYNCS };
/* What a SYNC call is about: the bytes of params.range, or the whole buffer. */
enum extent { EXTENT_RANGE, EXTENT_WHOLE };
/* What a device does with the buffer while it has it mapped. */
enum direction { DEVICE_READS, DEVICE_WRITES, DEVICE_READS_WRITES };
enum timing { TIMING_BATCH, TIMING_EVENT, TIMING_CHECK };

/* params.attachments */
#define ATTACHMENTS_MAX 16

/* Of a sweep's sizes: half and twice the size of each cache of this machine, which the plan puts in its place. */
#define SIZE_CACHES 0
/* Of a sweep's sizes: a power of 2, at least 16 MiB and twice the largest cache, which the plan puts in its place. */
#define SIZE_MEMORY (-1)
/* params.pages, params.chain of a sweep: all that the buffer has, which the plan puts in its place. */
#define COUNT_ALL 0

/* params.chunk: more than any allocator gives in one piece, so no limit. */
#define CHUNK_ANY (1 << 30)

/* One value of each parameter; choices are held by their number. Sizes are exact: doubles hold integers up to 2^53. */
struct params {
	double value[NR_PARAMS];
};

/* The values that a sweep gives one parameter. */
#define SWEEP_MAX 32
struct sweep {
	size_t count[NR_PARAMS]; /* 0: not swept, the default holds */
	double value[NR_PARAMS][SWEEP_MAX];
};

static inline size_t params_bytes(const struct params *params)
{
	return (size_t)params->value[PARAM_SIZE];
}

/* How many buffers of that size a configuration works on at a time. */
static inline size_t params_buffers(const struct params *params)
{
	return (size_t)params->value[params->value[PARAM_BUFFERS] == BUFFERS_OWN ? PARAM_WORKERS : PARAM_RING];
}

static inline unsigned int params_choice(const struct params *params, enum param param)
{
	return (unsigned int)params->value[param];
}

const char *param_key(enum param param);
const char *param_help(enum param param);
double param_default(enum param param);
/* Name of a choice: param_choice(PARAM_POLICY, POLICY_LAZY) is "lazy"; NULL past the last one. */
const char *param_choice(enum param param, unsigned int number);
/* The number of that name; false when it is none of the choices. */
bool param_find_choice(enum param param, const char *name, unsigned int *number);
/* Write @value as a user would give it ("4M", "write", "0.25"). */
void param_format(enum param param, double value, char *text, size_t size);
/* Its key in the record, with the unit: "size_bytes". */
const char *param_fact_key(enum param param);
/* The parameter of such a key; NR_PARAMS when there is none. */
enum param param_find_fact(const char *key);
enum param_kind param_kind(enum param param);

/**
 * sweep_parse() - read "key=value[,value...]"
 * @sweep: the key's values are replaced
 * @text: what the user wrote
 * @why: names the nearest known key or the range on error
 *
 * Return: 0 or -EINVAL.
 */
int sweep_parse(struct sweep *sweep, const char *text, struct why *why);
/* The same for what a profile has: a size below a page of @page_bytes becomes one page. */
int sweep_parse_profile(struct sweep *sweep, const char *text, long page_bytes, struct why *why);

#endif
