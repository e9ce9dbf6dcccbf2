/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policies and the granularities, each in one table. A new policy is a new row. All other code asks this table when
 * a policy zaps, which memory type the CPU sees, and what userspace can imitate.
 */
#ifndef ZAPBENCH_BASE_POLICY_H
#define ZAPBENCH_BASE_POLICY_H

#include <stdbool.h>
#include <stddef.h>

enum policy {
	POLICY_EAGER,
	POLICY_LAZY,
	POLICY_CACHED,
	POLICY_UNCACHED,
	POLICY_REFUSE,
	POLICY_BOUNCE,
	POLICY_USER,
	POLICY_PREFAULT,
	NR_POLICIES,
};

/* When a policy removes the mappings. A source that does not know how to carry one out refuses the policy. */
enum zap_when {
	ZAP_UNKNOWN, /* a row that does not say when: no source takes it */
	ZAP_NEVER,
	ZAP_AT_FIRST_MAP, /* when a device maps the buffer for the first time */
	ZAP_AT_WRITE_END, /* at the END of every write, and back at the next START */
	NR_ZAP_WHEN
};

/* What the CPU's accesses meet. */
enum memory_type { MEMORY_ANY, MEMORY_CACHED, MEMORY_WC };

/* What a policy is made of. A source says which of these parts its memory gets (struct source). */
enum policy_part {
	POLICY_PART_ZAP = 1 << 0,         /* removing the mappings */
	POLICY_PART_WC = 1 << 1,          /* write-combined mappings */
	POLICY_PART_MAINTENANCE = 1 << 2, /* cleaning and invalidating caches */
	POLICY_PART_DEVICE = 1 << 3,      /* a device that maps the buffer */
	POLICY_PART_CACHED = 1 << 4,      /* cached mappings; else of the type that the driver of the memory chose */
};
#define POLICY_PARTS_ALL \
	(POLICY_PART_ZAP | POLICY_PART_WC | POLICY_PART_MAINTENANCE | POLICY_PART_DEVICE | POLICY_PART_CACHED)
/* In the words for missing parts, also of records: without POLICY_PART_CACHED. */
#define MEMORY_TYPE_UNKNOWN "memory type"

/* What the client of the buffer does itself, on every source (bench/source/client.h). */
enum client_work {
	CLIENT_NOTHING,
	CLIENT_COPIES,    /* it works in memory of its own: copies the buffer there, and back where it wrote */
	CLIENT_MAINTAINS, /* it cleans and invalidates the caches by instructions, and calls no SYNC */
	CLIENT_PREFAULTS, /* it maps all pages again after a zap, before its first access */
};

struct policy_row {
	const char *name;
	const char *heap; /* the policy of the kernel beneath the client's work; NULL: its own name */
	enum client_work client;
	enum zap_when zaps;
	enum memory_type memory;      /* on the CPU's turn; of one that zaps, after its refault */
	enum memory_type device_turn; /* of what the CPU touches while a device has the buffer */
	unsigned int needs;           /* POLICY_PART_ bits: without one of them it is not this policy at all */
	bool removes_alias;           /* the kernel's own cacheable mapping goes too */
	const char *meaning;          /* one line, for people */
};

extern const struct policy_row policy_table[NR_POLICIES];

/* The row of a number or of a name; NULL when there is none ("eager+lazy" is two policies, so none). */
const struct policy_row *policy_row(unsigned int policy);
const struct policy_row *policy_find(const char *name);

/* Does it ever remove mappings? If not, there is no refault, and its granularity is "none". */
static inline bool policy_zaps(unsigned int policy)
{
	return policy < NR_POLICIES && policy_table[policy].zaps != ZAP_NEVER;
}

/* Write-combined from the allocation on: no caches hold its bytes, so nothing has to be cleaned. */
static inline bool policy_is_wc_from_birth(const struct policy_row *row)
{
	return row->zaps == ZAP_NEVER && row->memory == MEMORY_WC;
}

/* The policy that the kernel carries out: its heap is called after it. */
static inline const char *policy_heap(const struct policy_row *row)
{
	return row->heap ? row->heap : row->name;
}

/* "cached", "write-combined"; "" for MEMORY_ANY. */
const char *memory_type_name(enum memory_type type);
/* The parts in words, "write-combined attributes, mapping by a device"; "" for none. 200 bytes hold all. */
void policy_parts_words(unsigned int parts, char *text, size_t size);

/* How much one refault brings back. GRANULARITY_NONE: the policy never zaps, so nothing is brought back. */
enum granularity {
	GRANULARITY_PAGE,
	GRANULARITY_AROUND,
	GRANULARITY_CONTPTE,
	GRANULARITY_BUFFER,
	GRANULARITY_HUGE,
	GRANULARITY_NONE,
	NR_GRANULARITIES
};

struct granularity_row {
	const char *name;
	const char *meaning;
};

extern const struct granularity_row granularity_table[NR_GRANULARITIES];

/* The number of a name; NR_GRANULARITIES when there is none. */
enum granularity granularity_find(const char *name);
/* Is this the granularity of a policy that never zaps? Of a case without memory it is "". */
bool granularity_is_none(const char *name);

#endif
