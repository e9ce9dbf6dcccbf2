// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/qemu/arm64.h"

#include <errno.h>
#include <string.h>

/* Of a descriptor. */
#define VALID ((uint64_t)1)
#define TABLE_OR_PAGE ((uint64_t)2)
#define READ_ONLY ((uint64_t)1 << 7)
#define ACCESSED ((uint64_t)1 << 10)
#define NOT_GLOBAL ((uint64_t)1 << 11)
#define CONTIGUOUS ((uint64_t)1 << 52)
#define ADDRESS (((uint64_t)1 << 48) - 1)

/* SYS and MSR without their register: op0 to op2 and CRn, CRm as the Arm Architecture Reference Manual has them. */
#define SYS(op1, crn, crm, op2) (0xd5080000u | (op1) << 16 | (crn) << 12 | (crm) << 8 | (op2) << 5)

/* TLBI of EL1, by CRm: 1 outer shareable, 3 inner shareable, 7 this core. Ranges and other levels flush all. */
static enum instruction decode_tlbi(uint32_t opcode)
{
	unsigned int level = opcode >> 16 & 7, crm = opcode >> 8 & 15, which = opcode >> 5 & 7;

	if (level || !(crm == 1 || crm == 3 || crm == 7))
		return INSTRUCTION_TLBI_ALL;
	switch (which) {
	case 1:
	case 5:
		return INSTRUCTION_TLBI_VA;
	case 2:
		return INSTRUCTION_TLBI_ASID;
	case 3:
	case 7:
		return INSTRUCTION_TLBI_VA_ANY;
	}
	return INSTRUCTION_TLBI_ALL;
}

enum instruction arm64_decode(uint32_t opcode, unsigned int *operand)
{
	*operand = opcode & 31;
	if ((opcode & 0xfffff01f) == 0xd503201f) {
		*operand = opcode >> 5 & 127;
		return INSTRUCTION_HINT;
	}
	if ((opcode & 0xfffff0ff) == 0xd503309f)
		return INSTRUCTION_DSB;
	if ((opcode & 0xfffff0ff) == 0xd50330bf)
		return INSTRUCTION_DMB;
	if (opcode == 0xd69f03e0)
		return INSTRUCTION_ERET;
	switch (opcode & ~31u) {
	case 0xd5182000:
		return INSTRUCTION_TTBR0;
	case 0xd5182020:
		return INSTRUCTION_TTBR1;
	case SYS(3, 7, 10, 1):
		return INSTRUCTION_DC_CVAC;
	case SYS(3, 7, 14, 1):
		return INSTRUCTION_DC_CIVAC;
	case SYS(0, 7, 6, 1):
		return INSTRUCTION_DC_IVAC;
	case SYS(3, 7, 4, 1):
		return INSTRUCTION_DC_ZVA;
	}
	if ((opcode & 0xfff8f000) == SYS(0, 8u, 0, 0))
		return decode_tlbi(opcode);
	return INSTRUCTION_OTHER;
}

static int read_descriptor(const struct arm64_tables *tables, uint64_t physical, uint64_t *descriptor)
{
	uint64_t offset = physical - tables->base;

	if (offset > tables->bytes - sizeof(*descriptor))
		return -EFAULT;
	memcpy(descriptor, tables->memory + offset, sizeof(*descriptor));
	return 0;
}

/* Of the half of the address space that @address is in. */
struct half {
	uint64_t table;
	unsigned int bits, page_shift;
};

static struct half half_of(const struct arm64_tables *tables, uint64_t address)
{
	static const unsigned int shift0[] = { 12, 16, 14, 12 }, shift1[] = { 12, 14, 12, 16 };
	unsigned int high = address >> 55 & 1;
	uint64_t tcr = tables->tcr;

	return (struct half){
		.table = tables->ttbr[high] & ADDRESS & ~(uint64_t)1,
		.bits = 64 - (unsigned int)(high ? tcr >> 16 & 63 : tcr & 63),
		.page_shift = high ? shift1[tcr >> 30 & 3] : shift0[tcr >> 14 & 3],
	};
}

/* How many neighbours share an entry of the TLB, as a shift. */
static unsigned int contiguous_shift(unsigned int page_shift, unsigned int level)
{
	if (page_shift == 12)
		return 4;
	return page_shift == 14 && level == 3 ? 7 : 5;
}

static enum memory_type type_of(uint64_t mair, uint64_t descriptor)
{
	unsigned int attributes = mair >> 8 * (descriptor >> 2 & 7) & 0xff;

	if (!(attributes & 0xf0))
		return MEMORY_DEVICE;
	return (attributes & 0xf0) == 0x40 ? MEMORY_WRITE_COMBINED : MEMORY_CACHED;
}

static int walk(const struct arm64_tables *tables, uint64_t address, struct translation *found, uint64_t *descriptor)
{
	struct half half = half_of(tables, address);
	unsigned int per_level = half.page_shift - 3, shift;
	unsigned int level = 4 - (half.bits - half.page_shift + per_level - 1) / per_level;
	uint64_t table = half.table, index, contiguous;

	found->loads = 0;
	for (;; level++) {
		shift = half.page_shift + (3 - level) * per_level;
		index = (address & (((uint64_t)1 << half.bits) - 1)) >> shift & (((uint64_t)1 << per_level) - 1);
		if (read_descriptor(tables, table + index * sizeof(uint64_t), descriptor) || !(*descriptor & VALID))
			return -EFAULT;
		found->loads++;
		if (level == 3 || !(*descriptor & TABLE_OR_PAGE))
			break;
		table = *descriptor & ADDRESS & ~(((uint64_t)1 << half.page_shift) - 1);
	}
	if (!(*descriptor & ACCESSED) || (level == 3 && !(*descriptor & TABLE_OR_PAGE)))
		return -EFAULT;
	contiguous = *descriptor & CONTIGUOUS ? contiguous_shift(half.page_shift, level) : 0;
	found->bytes = (uint64_t)1 << (shift + contiguous);
	found->physical = *descriptor & ADDRESS & -found->bytes;
	found->type = type_of(tables->mair, *descriptor);
	found->global = !(*descriptor & NOT_GLOBAL);
	return 0;
}

int arm64_walk(void *tables, uint64_t address, struct translation *found)
{
	uint64_t descriptor;

	return walk(tables, address, found, &descriptor);
}

int arm64_walk_to_write(void *tables, uint64_t address)
{
	struct translation found;
	uint64_t descriptor;
	int err = walk(tables, address, &found, &descriptor);

	return err ? err : descriptor & READ_ONLY ? -EACCES : 0;
}

unsigned int arm64_asid(const struct arm64_tables *tables)
{
	return (unsigned int)(tables->ttbr[tables->tcr >> 22 & 1] >> 48);
}
