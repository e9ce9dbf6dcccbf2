/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the plugin must know of arm64: the instructions that it counts, and how page tables are walked. */
#ifndef ZAPBENCH_ARM64_H
#define ZAPBENCH_ARM64_H

#include "bench/qemu/memory-model.h"

enum instruction {
	INSTRUCTION_OTHER,
	INSTRUCTION_HINT,
	INSTRUCTION_DSB,
	INSTRUCTION_DMB,
	INSTRUCTION_ERET,
	INSTRUCTION_TTBR0, /* MSR TTBR0_EL1, Xt */
	INSTRUCTION_TTBR1,
	INSTRUCTION_DC_CVAC,
	INSTRUCTION_DC_CIVAC,
	INSTRUCTION_DC_IVAC,
	INSTRUCTION_DC_ZVA,
	INSTRUCTION_TLBI_ALL, /* and every TLBI that is not one of the next */
	INSTRUCTION_TLBI_ASID,
	INSTRUCTION_TLBI_VA,
	INSTRUCTION_TLBI_VA_ANY, /* of every ASID */
};

/* Which of them an opcode is. @operand: the number of its register, or of the hint. */
enum instruction arm64_decode(uint32_t opcode, unsigned int *operand);

struct arm64_tables {
	uint64_t ttbr[2], tcr, mair;
	const uint8_t *memory; /* the guest's, from the physical address @base on */
	uint64_t base, bytes;
};

/* As translate_fn, with a struct arm64_tables. -EFAULT where a walk finds no page. */
int arm64_walk(void *tables, uint64_t address, struct translation *found);
/* The same, and may the page be written to? */
int arm64_walk_to_write(void *tables, uint64_t address);
unsigned int arm64_asid(const struct arm64_tables *tables);

#endif
