/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the plugin must know of the guest's architecture: the instructions that it counts, how page tables are walked,
 * and where exceptions begin. Instructions have the names of arm64; the comment says what x86-64 has instead.
 */
#ifndef ZAPBENCH_ARCHITECTURE_H
#define ZAPBENCH_ARCHITECTURE_H

#include "bench/qemu/memory-model.h"

enum instruction {
	INSTRUCTION_OTHER,
	INSTRUCTION_HINT, /* a NOP with a displacement; number: which */
	INSTRUCTION_DSB,  /* MFENCE */
	INSTRUCTION_DMB,  /* SFENCE */
	INSTRUCTION_ERET, /* IRETQ, SYSRETQ */
	INSTRUCTION_WRITE_SYSTEM,
	INSTRUCTION_LOAD_VECTORS, /* LIDT */
	INSTRUCTION_DC_CVAC,      /* CLWB */
	INSTRUCTION_DC_CIVAC,     /* CLFLUSH, CLFLUSHOPT */
	INSTRUCTION_DC_IVAC,
	INSTRUCTION_DC_ZVA,
	INSTRUCTION_TLBI_ALL,    /* INVPCID; and every TLBI that is not one of the next */
	INSTRUCTION_TLBI_ASID,   /* a write of CR3 that flushes */
	INSTRUCTION_TLBI_VA,     /* INVLPG */
	INSTRUCTION_TLBI_VA_ANY, /* of every ASID */
	INSTRUCTION_REPEATED,    /* REP MOVS, REP STOS, ...: QEMU executes it once per element */
};

enum { NO_REGISTER = 255, GENERAL_MAX = 31, SYSTEM_MAX = 5, VECTORS = 256 };

/*
 * One instruction. Its operand is the sum of the register @base, the register @index shifted left by @shift, and
 * @number. As large as a pointer: QEMU hands it to the callback.
 */
struct decoded {
	uint8_t what; /* enum instruction */
	uint8_t base;
	uint8_t index; /* of INSTRUCTION_WRITE_SYSTEM: which system register; @base has the value */
	uint8_t shift;
	int32_t number;
};

struct guest {
	uint64_t system[SYSTEM_MAX]; /* each architecture numbers its own */
	uint64_t vector[VECTORS];    /* x86-64: where the handlers of the interrupt descriptor table begin; 0: none */
	const uint8_t *memory;       /* of the guest, from the physical address @base on */
	uint64_t base, bytes;
};

enum entry { ENTRY_NONE, ENTRY_EXCEPTION, ENTRY_INTERRUPT };

typedef uint64_t read_general_fn(unsigned int number);

struct architecture {
	const char *target;   /* QEMU's name */
	uint64_t memory_base; /* physical address of the memory of QEMU's machine */
	/* QEMU's names. The first general register has the value of a mark. NULL: the plugin cannot read that one. */
	const char *general[GENERAL_MAX], *system[SYSTEM_MAX];
	/* @code: up to 15 bytes of the instruction at @address. */
	struct decoded (*decode)(const uint8_t *code, size_t bytes, uint64_t address);
	/* Before INSTRUCTION_WRITE_SYSTEM. Return: which TLBI it implies, or INSTRUCTION_OTHER. */
	enum instruction (*write_system)(struct guest *guest, struct decoded decoded, read_general_fn *read);
	void (*load_vectors)(struct guest *guest, uint64_t operand); /* NULL: no such instruction */
	translate_fn walk; /* with a struct guest. -EFAULT where a walk finds no page */
	unsigned int (*asid)(const struct guest *guest);
	/* Address and ASID of a TLBI by its operand. */
	void (*tlbi_operand)(const struct guest *guest, uint64_t operand, uint64_t *address, unsigned int *asid);
	/* May an exception begin at @address? Asked when the code is translated, maybe long before it runs. */
	bool (*may_be_entry)(const struct guest *guest, uint64_t address);
	/* Does one begin there? With the system registers of that moment. */
	enum entry (*entry)(const struct guest *guest, uint64_t address);
};

extern const struct architecture architecture_arm64, architecture_x86;

/* Bytes of the guest's memory by physical address. 0 or -EFAULT. */
int guest_read(const struct guest *guest, uint64_t physical, void *to, size_t bytes);

#endif
