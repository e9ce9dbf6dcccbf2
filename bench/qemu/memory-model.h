/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A model of a core's data caches, data TLBs and write-combining buffer. It counts events; it has no time. The plugin
 * of QEMU gives it every access of the guest. It knows nothing of QEMU: test_memory-model.c computes by hand what it
 * must count.
 *
 * Not modelled: instruction fetches, caches of page table walks (a walk's loads are counted, but go through no cache),
 * write streaming, speculation, other cores.
 */
#ifndef ZAPBENCH_MEMORY_MODEL_H
#define ZAPBENCH_MEMORY_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Part of every modelled count, beside the model's name. Raise it when a model's counts change. */
#define MEMORY_MODEL_VERSION 3

#define MODEL_LINE_BYTES 64
#define MODEL_LEVELS_MAX 3

enum replacement { REPLACE_LRU, REPLACE_RANDOM }; /* REPLACE_RANDOM: the same sequence in every run */

/* Which lines of the level above a cache holds. */
enum relation {
	RELATION_NONE,      /* lines are filled into both and leave each alone */
	RELATION_INCLUSIVE, /* all: a line that leaves this cache leaves the level above, too */
	RELATION_VICTIM,    /* none: it gets the lines that leave the level above */
};

struct cache_spec {
	size_t bytes, ways; /* bytes 0: there is no such level */
	enum replacement replacement;
	enum relation relation;
	const char *source; /* of these figures */
};

struct tlb_spec {
	size_t entries, ways;
	uint64_t bytes_max; /* a larger page takes several entries of this size; 0: no limit */
	const char *source;
};

struct core_model {
	const char *name;
	const char *target; /* QEMU's name of its architecture */
	struct cache_spec cache[MODEL_LEVELS_MAX];
	struct tlb_spec tlb[2];
	bool ivac_cleans; /* DC IVAC works like DC CIVAC */
};

extern const struct core_model core_models[];
extern const size_t nr_core_models;
const struct core_model *core_model_find(const char *name); /* NULL: there is none */

/* What is counted: name of the event in a record, and what it is. */
#define MODEL_COUNTS(X)                                                        \
	X(INSTRUCTIONS_USER, "instructions-user")                              \
	X(INSTRUCTIONS_KERNEL, "instructions-kernel")                          \
	X(LOADS, "loads")                                                      \
	X(STORES, "stores")                                                    \
	X(L1D_REFILL, "l1d-refill")                                            \
	X(L2D_REFILL, "l2d-refill")                                            \
	X(L3D_REFILL, "l3d-refill")                                            \
	X(L1D_WRITE_BACK, "l1d-write-back")                                    \
	X(L2D_WRITE_BACK, "l2d-write-back")                                    \
	X(L3D_WRITE_BACK, "l3d-write-back")                                    \
	X(PREFETCH, "prefetch")                                                \
	X(DTLB_REFILL, "dtlb-refill")                                          \
	X(L2D_TLB_REFILL, "l2d-tlb-refill")                                    \
	X(DTLB_WALK, "dtlb-walk")                                              \
	X(WALK_LOADS, "walk-loads")                                            \
	X(DC_CVAC, "dc-cvac")                                                  \
	X(DC_CIVAC, "dc-civac")                                                \
	X(DC_IVAC, "dc-ivac")                                                  \
	X(DC_ZVA, "dc-zva")                                                    \
	X(DC_WRITE_BACK, "dc-write-back") /* a DC that found its line dirty */ \
	X(DSB, "dsb")                                                          \
	X(TLBI_ALL, "tlbi-all")                                                \
	X(TLBI_ASID, "tlbi-asid")                                              \
	X(TLBI_VA, "tlbi-va")                                                  \
	X(ERET, "exceptions-taken")                                            \
	X(WC_LOAD_1, "wc-load-1") /* to write-combined memory, by bytes */     \
	X(WC_LOAD_2, "wc-load-2")                                              \
	X(WC_LOAD_4, "wc-load-4")                                              \
	X(WC_LOAD_8, "wc-load-8")                                              \
	X(WC_LOAD_16, "wc-load-16")                                            \
	X(WC_STORE_1, "wc-store-1")                                            \
	X(WC_STORE_2, "wc-store-2")                                            \
	X(WC_STORE_4, "wc-store-4")                                            \
	X(WC_STORE_8, "wc-store-8")                                            \
	X(WC_STORE_16, "wc-store-16")                                          \
	X(WC_LINES_FULL, "wc-lines-full") /* runs of stores, by line */        \
	X(WC_LINES_PARTIAL, "wc-lines-partial")                                \
	X(DEVICE, "device-access")                                             \
	X(UNTRANSLATED, "untranslated") /* of no known page: not modelled */

#define MODEL_COUNT_ENUM(id, name) MODEL_##id,
enum model_count { MODEL_COUNTS(MODEL_COUNT_ENUM) NR_MODEL_COUNTS };
extern const char *const model_count_names[NR_MODEL_COUNTS];

enum memory_type { MEMORY_CACHED, MEMORY_WRITE_COMBINED, MEMORY_DEVICE };

/* What a walk of the page tables finds. */
struct translation {
	uint64_t physical, bytes; /* of the page, or of the contiguous pages; a power of 2 */
	enum memory_type type;
	bool global;        /* not of one ASID */
	bool read_only;     /* a store would fault */
	unsigned int loads; /* descriptors that the walk read */
};

/* 0, or an error: then the access is of no known page. */
typedef int (*translate_fn)(void *argument, uint64_t address, struct translation *found);

enum prefetch { PREFETCH_OFF, PREFETCH_NEXT, PREFETCH_STRIDE };

struct memory_model;

/* A model with empty caches and TLBs; NULL without memory. */
struct memory_model *memory_model_new(const struct core_model *core, enum prefetch prefetch, translate_fn translate,
				      void *argument);
void memory_model_free(struct memory_model *model);

/* The counts since the beginning; the caller may add the events that are instructions alone. */
uint64_t *memory_model_counts(struct memory_model *model);
void memory_model_set_asid(struct memory_model *model, unsigned int asid);

void memory_model_access(struct memory_model *model, uint64_t address, size_t bytes, bool store);
enum maintenance { MAINTAIN_CLEAN, MAINTAIN_CLEAN_INVALIDATE, MAINTAIN_INVALIDATE };
/* DC CVAC, CIVAC, IVAC of the line at a virtual address. */
void memory_model_maintain(struct memory_model *model, uint64_t address, enum maintenance what);
/* DC ZVA: a whole line is written, and none is read for it. */
void memory_model_zero(struct memory_model *model, uint64_t address);
/* DSB, DMB: what the write-combining buffer holds goes to memory. */
void memory_model_barrier(struct memory_model *model);

void memory_model_tlbi_all(struct memory_model *model);
void memory_model_tlbi_asid(struct memory_model *model, unsigned int asid);
/* @any_asid: of every ASID. */
void memory_model_tlbi_va(struct memory_model *model, uint64_t address, unsigned int asid, bool any_asid);

#endif
