// SPDX-License-Identifier: GPL-2.0-or-later
/* Opcodes and tables as AMD64 Architecture Programmer's Manual, volumes 2 and 3, has them. */
#include "bench/qemu/x86.h"

#include <errno.h>
#include <string.h>

#include "bench/base/marks.h"

/* Of an entry of a page table. */
#define PRESENT ((uint64_t)1)
#define WRITABLE ((uint64_t)1 << 1)
#define LARGE ((uint64_t)1 << 7) /* above the last level */
#define GLOBAL ((uint64_t)1 << 8)
#define ADDRESS ((((uint64_t)1 << 52) - 1) & ~(uint64_t)4095)

#define CR3_KEEPS_TLB ((uint64_t)1 << 63)
#define CR4_GLOBAL ((uint64_t)1 << 7)
#define CR4_FIVE_LEVELS ((uint64_t)1 << 12)
#define CR4_PCID ((uint64_t)1 << 17)
#define MSR_PAT 0x277
#define PAT_AT_RESET 0x0007040600070406

enum { RAX, RCX, RDX, RSP = 4, RBP };

/* An instruction that is being read. */
struct reader {
	const uint8_t *code;
	size_t bytes, at;
	uint64_t address;
	bool size_66, repeat, segment;
	uint8_t rex;
};

/* 0 beyond the end: a cut instruction is none of those that are looked for. */
static uint8_t peek(const struct reader *reader, size_t ahead)
{
	return reader->at + ahead < reader->bytes ? reader->code[reader->at + ahead] : 0;
}

static void read_prefixes(struct reader *reader)
{
	for (;; reader->at++) {
		switch (peek(reader, 0)) {
		case 0x66:
			reader->size_66 = true;
			break;
		case 0xf2:
		case 0xf3:
			reader->repeat = true;
			break;
		case 0x64:
		case 0x65:
			reader->segment = true;
			break;
		case 0x26:
		case 0x2e:
		case 0x36:
		case 0x3e:
			break;
		default:
			if ((peek(reader, 0) & 0xf0) == 0x40)
				reader->rex = reader->code[reader->at++];
			return;
		}
	}
}

static int32_t read_number(const struct reader *reader, size_t ahead, size_t bytes)
{
	uint32_t number = 0;

	if (bytes == 1)
		return (int8_t)peek(reader, ahead);
	for (size_t i = 0; i < bytes; i++)
		number |= (uint32_t)peek(reader, ahead + i) << 8 * i;
	return (int32_t)number;
}

/*
 * The address of a ModRM byte at @reader->at, with what follows it. An address relative to RIP is absolute where it has
 * 32 bits with its sign, as in the kernel's text and data. OTHER: an address that is not known so.
 */
static struct decoded read_address(const struct reader *reader, enum instruction what)
{
	uint8_t modrm = peek(reader, 0), mode = modrm >> 6, base = modrm & 7, sib;
	struct decoded decoded = { what, (uint8_t)(base | (reader->rex & 1) << 3), NO_REGISTER, 0, 0 };
	size_t next = 1, bytes = mode == 1 ? 1 : mode == 2 ? 4 : 0;
	uint64_t target;

	if (reader->segment)
		return (struct decoded){ INSTRUCTION_OTHER, NO_REGISTER, NO_REGISTER, 0, 0 };
	if (base == RSP) {
		sib = peek(reader, next++);
		decoded.base = (uint8_t)((sib & 7) | (reader->rex & 1) << 3);
		decoded.index = (uint8_t)((sib >> 3 & 7) | (reader->rex & 2) << 2);
		decoded.shift = sib >> 6;
		if (decoded.index == RSP)
			decoded.index = NO_REGISTER;
		if (!mode && (sib & 7) == RBP) {
			decoded.base = NO_REGISTER;
			bytes = 4;
		}
	} else if (!mode && base == RBP) {
		target = reader->address + reader->at + next + 4 + (uint64_t)(int64_t)read_number(reader, next, 4);
		decoded.base = NO_REGISTER;
		decoded.number = (int32_t)target;
		if ((uint64_t)(int64_t)decoded.number != target)
			decoded.what = INSTRUCTION_OTHER;
		return decoded;
	}
	if (bytes)
		decoded.number = read_number(reader, next, bytes);
	return decoded;
}

static struct decoded plain(enum instruction what)
{
	return (struct decoded){ what, NO_REGISTER, NO_REGISTER, 0, 0 };
}

/* 0F 01: LIDT and INVLPG are of memory. */
static struct decoded decode_01(const struct reader *reader)
{
	uint8_t modrm = peek(reader, 0);
	struct decoded decoded = plain(INSTRUCTION_OTHER);

	if (modrm >> 6 == 3)
		return decoded;
	switch (modrm >> 3 & 7) {
	case 3:
		return read_address(reader, INSTRUCTION_LOAD_VECTORS);
	case 7:
		return read_address(reader, INSTRUCTION_TLBI_VA);
	}
	return decoded;
}

/* 0F AE: fences, and flushes of a line. */
static struct decoded decode_ae(const struct reader *reader)
{
	uint8_t modrm = peek(reader, 0), which = modrm >> 3 & 7;

	if (reader->repeat)
		return plain(INSTRUCTION_OTHER);
	if (modrm >> 6 == 3)
		return plain(which == 6 ? INSTRUCTION_DSB : which == 7 ? INSTRUCTION_DMB : INSTRUCTION_OTHER);
	if (which == 7)
		return read_address(reader, INSTRUCTION_DC_CIVAC);
	if (which == 6 && reader->size_66)
		return read_address(reader, INSTRUCTION_DC_CVAC);
	return plain(INSTRUCTION_OTHER);
}

/* MOV to CR3 or CR4. */
static struct decoded decode_22(const struct reader *reader)
{
	uint8_t modrm = peek(reader, 0), number = (uint8_t)((modrm >> 3 & 7) | (reader->rex & 4) << 1);
	struct decoded decoded = plain(INSTRUCTION_OTHER);

	if (number != 3 && number != 4)
		return decoded;
	decoded.what = INSTRUCTION_WRITE_SYSTEM;
	decoded.base = (uint8_t)((modrm & 7) | (reader->rex & 1) << 3);
	decoded.index = number == 3 ? X86_CR3 : X86_CR4;
	return decoded;
}

static bool is_string(uint8_t opcode)
{
	return (opcode >= 0xa4 && opcode <= 0xa7) || (opcode >= 0xaa && opcode <= 0xaf);
}

struct decoded x86_decode(const uint8_t *code, size_t bytes, uint64_t address)
{
	struct reader reader = { .code = code, .bytes = bytes, .address = address };
	struct decoded decoded = plain(INSTRUCTION_OTHER);
	uint8_t opcode;

	read_prefixes(&reader);
	opcode = peek(&reader, 0);
	reader.at++;
	if (opcode == 0xcf)
		return plain(INSTRUCTION_ERET);
	if (is_string(opcode) && reader.repeat)
		return plain(INSTRUCTION_REPEATED);
	if (opcode != 0x0f)
		return decoded;
	opcode = peek(&reader, 0);
	reader.at++;
	switch (opcode) {
	case 0x01:
		return decode_01(&reader);
	case 0x07:
		return plain(INSTRUCTION_ERET);
	case 0x1f: /* a NOP with an address: with that of a mark it is one */
		if (peek(&reader, 0) != 0x80)
			return decoded;
		decoded.number = (int32_t)((uint32_t)read_number(&reader, 1, 4) - MARK_X86);
		if (decoded.number >= MARK_BEGIN && decoded.number <= MARK_OFF)
			decoded.what = INSTRUCTION_HINT;
		return decoded;
	case 0x22:
		return decode_22(&reader);
	case 0x30: /* WRMSR; which one is known when it is executed */
		decoded.what = INSTRUCTION_WRITE_SYSTEM;
		decoded.index = X86_PAT;
		return decoded;
	case 0x38: /* INVPCID */
		return plain(peek(&reader, 0) == 0x82 && reader.size_66 ? INSTRUCTION_TLBI_ALL : INSTRUCTION_OTHER);
	case 0xae:
		return decode_ae(&reader);
	}
	return decoded;
}

static enum memory_type type_of(const struct guest *guest, uint64_t entry, bool large)
{
	unsigned int index = (unsigned int)(entry >> 3 & 3) | (entry >> (large ? 12 : 7) & 1) << 2;
	uint64_t pat = guest->system[X86_PAT] ? guest->system[X86_PAT] : PAT_AT_RESET;

	switch (pat >> 8 * index & 7) {
	case 0:
	case 7:
		return MEMORY_DEVICE;
	case 1:
		return MEMORY_WRITE_COMBINED;
	}
	return MEMORY_CACHED;
}

int x86_walk(void *argument, uint64_t address, struct translation *found)
{
	const struct guest *guest = argument;
	unsigned int shift = guest->system[X86_CR4] & CR4_FIVE_LEVELS ? 48 : 39;
	uint64_t table = guest->system[X86_CR3] & ADDRESS, entry, writable = WRITABLE;

	found->loads = 0;
	for (;; shift -= 9) {
		if (guest_read(guest, table + (address >> shift & 511) * sizeof(entry), &entry, sizeof(entry)) ||
		    !(entry & PRESENT))
			return -EFAULT;
		found->loads++;
		writable &= entry;
		if (shift == 12 || (shift <= 30 && entry & LARGE))
			break;
		table = entry & ADDRESS;
	}
	found->bytes = (uint64_t)1 << shift;
	found->physical = entry & ADDRESS & -found->bytes;
	found->type = type_of(guest, entry, shift > 12);
	found->global = entry & GLOBAL && guest->system[X86_CR4] & CR4_GLOBAL;
	found->read_only = !writable;
	return 0;
}

static unsigned int asid(const struct guest *guest)
{
	return guest->system[X86_CR4] & CR4_PCID ? guest->system[X86_CR3] & 4095 : 0;
}

static void tlbi_operand(const struct guest *guest, uint64_t operand, uint64_t *address, unsigned int *of_asid)
{
	*address = operand;
	*of_asid = asid(guest);
}

static enum instruction write_system(struct guest *guest, struct decoded decoded, read_general_fn *read)
{
	uint64_t value;

	if (decoded.index == X86_PAT) {
		if ((uint32_t)read(RCX) == MSR_PAT)
			guest->system[X86_PAT] = read(RDX) << 32 | (uint32_t)read(RAX);
		return INSTRUCTION_OTHER;
	}
	value = read(decoded.base);
	guest->system[decoded.index] = value & ~CR3_KEEPS_TLB;
	if (decoded.index == X86_CR4)
		return INSTRUCTION_TLBI_ALL;
	return value & CR3_KEEPS_TLB ? INSTRUCTION_OTHER : INSTRUCTION_TLBI_ASID;
}

/* Bytes at a virtual address. */
static int read_virtual(struct guest *guest, uint64_t address, uint8_t *to, size_t bytes)
{
	struct translation page;

	for (size_t i = 0; i < bytes; i++) {
		if (x86_walk(guest, address + i, &page) ||
		    guest_read(guest, page.physical + (address + i) % page.bytes, to + i, 1))
			return -EFAULT;
	}
	return 0;
}

static uint64_t number_of(const uint8_t *bytes, size_t count)
{
	uint64_t number = 0;

	for (size_t i = 0; i < count; i++)
		number |= (uint64_t)bytes[i] << 8 * i;
	return number;
}

/* LIDT: 2 bytes of limit and 8 of address. A gate has 16 bytes, with the handler's address in three parts. */
static void load_vectors(struct guest *guest, uint64_t operand)
{
	uint8_t pointer[10], gate[16];
	uint64_t base;

	memset(guest->vector, 0, sizeof(guest->vector));
	if (read_virtual(guest, operand, pointer, sizeof(pointer)))
		return;
	base = number_of(pointer + 2, 8);
	for (size_t i = 0; i < VECTORS; i++) {
		if (i * sizeof(gate) >= number_of(pointer, 2) || read_virtual(guest, base + i * sizeof(gate), gate, 16))
			return;
		if (gate[5] & 0x80)
			guest->vector[i] = number_of(gate, 2) | number_of(gate + 6, 6) << 16;
	}
}

/* Below 32 are the CPU's own exceptions, of which 2 is the NMI; 128 is a system call. */
static enum entry entry(const struct guest *guest, uint64_t address)
{
	for (size_t i = 0; address >> 63 && i < VECTORS; i++) {
		if (guest->vector[i] == address)
			return (i < 32 && i != 2) || i == 128 ? ENTRY_EXCEPTION : ENTRY_INTERRUPT;
	}
	return ENTRY_NONE;
}

/* The kernel loads the complete table before the first interrupt. */
static bool may_be_entry(const struct guest *guest, uint64_t address)
{
	return entry(guest, address) != ENTRY_NONE;
}

const struct architecture architecture_x86 = {
	.target = "x86_64",
	.memory_base = 0,
	.general = { "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13",
		     "r14", "r15" },
	.system = { [X86_CR3] = "cr3", [X86_CR4] = "cr4" },
	.decode = x86_decode,
	.write_system = write_system,
	.load_vectors = load_vectors,
	.walk = x86_walk,
	.asid = asid,
	.tlbi_operand = tlbi_operand,
	.may_be_entry = may_be_entry,
	.entry = entry,
};
