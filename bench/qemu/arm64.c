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

#define MSR_TTBR0 0xd5182000u
#define MSR_TTBR1 0xd5182020u

enum { XZR = 31 };

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

static enum instruction decode(uint32_t opcode)
{
	if ((opcode & 0xfffff01f) == 0xd503201f)
		return INSTRUCTION_HINT;
	if ((opcode & 0xfffff0ff) == 0xd503309f)
		return INSTRUCTION_DSB;
	if ((opcode & 0xfffff0ff) == 0xd50330bf)
		return INSTRUCTION_DMB;
	if (opcode == 0xd69f03e0)
		return INSTRUCTION_ERET;
	switch (opcode & ~31u) {
	case MSR_TTBR0:
	case MSR_TTBR1:
		return INSTRUCTION_WRITE_SYSTEM;
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

struct decoded arm64_decode(const uint8_t *code, size_t bytes, uint64_t address)
{
	struct decoded decoded = { .base = NO_REGISTER, .index = NO_REGISTER };
	uint32_t opcode = 0;

	(void)address;
	memcpy(&opcode, code, bytes < sizeof(opcode) ? bytes : sizeof(opcode));
	decoded.what = decode(opcode);
	if (decoded.what == INSTRUCTION_HINT)
		decoded.number = opcode >> 5 & 127;
	else if ((opcode & 31) != XZR)
		decoded.base = opcode & 31;
	if (decoded.what == INSTRUCTION_WRITE_SYSTEM)
		decoded.index = (opcode & ~31u) == MSR_TTBR1 ? ARM64_TTBR1 : ARM64_TTBR0;
	return decoded;
}

/* Of the half of the address space that @address is in. */
struct half {
	uint64_t table;
	unsigned int bits, page_shift;
};

static struct half half_of(const struct guest *guest, uint64_t address)
{
	static const unsigned int shift0[] = { 12, 16, 14, 12 }, shift1[] = { 12, 14, 12, 16 };
	unsigned int high = address >> 55 & 1;
	uint64_t tcr = guest->system[ARM64_TCR];

	return (struct half){
		.table = guest->system[high ? ARM64_TTBR1 : ARM64_TTBR0] & ADDRESS & ~(uint64_t)1,
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

int arm64_walk(void *argument, uint64_t address, struct translation *found)
{
	const struct guest *guest = argument;
	struct half half = half_of(guest, address);
	unsigned int per_level = half.page_shift - 3, shift;
	unsigned int level = 4 - (half.bits - half.page_shift + per_level - 1) / per_level;
	uint64_t table = half.table, index, contiguous, descriptor;

	found->loads = 0;
	for (;; level++) {
		shift = half.page_shift + (3 - level) * per_level;
		index = (address & (((uint64_t)1 << half.bits) - 1)) >> shift & (((uint64_t)1 << per_level) - 1);
		if (guest_read(guest, table + index * sizeof(descriptor), &descriptor, sizeof(descriptor)) ||
		    !(descriptor & VALID))
			return -EFAULT;
		found->loads++;
		if (level == 3 || !(descriptor & TABLE_OR_PAGE))
			break;
		table = descriptor & ADDRESS & ~(((uint64_t)1 << half.page_shift) - 1);
	}
	if (!(descriptor & ACCESSED) || (level == 3 && !(descriptor & TABLE_OR_PAGE)))
		return -EFAULT;
	contiguous = descriptor & CONTIGUOUS ? contiguous_shift(half.page_shift, level) : 0;
	found->bytes = (uint64_t)1 << (shift + contiguous);
	found->physical = descriptor & ADDRESS & -found->bytes;
	found->type = type_of(guest->system[ARM64_MAIR], descriptor);
	found->global = !(descriptor & NOT_GLOBAL);
	found->read_only = descriptor & READ_ONLY;
	return 0;
}

static unsigned int asid(const struct guest *guest)
{
	unsigned int register_of_asid = guest->system[ARM64_TCR] >> 22 & 1 ? ARM64_TTBR1 : ARM64_TTBR0;

	return (unsigned int)(guest->system[register_of_asid] >> 48);
}

static enum instruction write_system(struct guest *guest, struct decoded decoded, read_general_fn *read)
{
	guest->system[decoded.index] = decoded.base == NO_REGISTER ? 0 : read(decoded.base);
	return INSTRUCTION_OTHER;
}

/* The page number of 4 KiB in the lower 44 bits, the ASID in the upper 16. */
static void tlbi_operand(const struct guest *guest, uint64_t operand, uint64_t *address, unsigned int *of_asid)
{
	(void)guest;
	*address = (uint64_t)((int64_t)(operand << 20) >> 8);
	*of_asid = (unsigned int)(operand >> 48);
}

/*
 * Offsets in the vector table (Arm ARM, D1.3.1): of the kernel's own exceptions and of those of programs, each with 4
 * kinds; the second of 4 is an interrupt.
 */
enum { VECTOR_FIRST = 0x200, VECTOR_END = 0x600, VECTOR_BYTES = 0x80, VECTOR_TABLE_BYTES = 0x800 };

static bool may_be_entry(const struct guest *guest, uint64_t address)
{
	uint64_t offset = address % VECTOR_TABLE_BYTES;

	(void)guest;
	return address >> 63 && offset >= VECTOR_FIRST && offset < VECTOR_END && !(offset % VECTOR_BYTES);
}

static enum entry entry(const struct guest *guest, uint64_t address)
{
	uint64_t offset = address % VECTOR_TABLE_BYTES;

	if (guest->system[ARM64_VBAR] != address - offset)
		return ENTRY_NONE;
	return offset / VECTOR_BYTES % 4 == 1 ? ENTRY_INTERRUPT : ENTRY_EXCEPTION;
}

const struct architecture architecture_arm64 = {
	.target = "aarch64",
	.memory_base = 0x40000000, /* machine virt */
	.general = { "x0",  "x1",  "x2",  "x3",  "x4",  "x5",  "x6",  "x7",  "x8",  "x9",  "x10",
		     "x11", "x12", "x13", "x14", "x15", "x16", "x17", "x18", "x19", "x20", "x21",
		     "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x29", "x30" },
	.system = { [ARM64_TTBR0] = "TTBR0_EL1",
		    [ARM64_TTBR1] = "TTBR1_EL1",
		    [ARM64_TCR] = "TCR_EL1",
		    [ARM64_MAIR] = "MAIR_EL1",
		    [ARM64_VBAR] = "VBAR" },
	.decode = arm64_decode,
	.write_system = write_system,
	.walk = arm64_walk,
	.asid = asid,
	.tlbi_operand = tlbi_operand,
	.may_be_entry = may_be_entry,
	.entry = entry,
};
