// SPDX-License-Identifier: GPL-2.0-or-later
/* What the plugin knows of x86-64: instructions as an assembler makes them, and tables that are made by hand. */
#include "bench/qemu/x86.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "bench/base/marks.h"

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R12 = 12, NONE = NO_REGISTER };

static void test_opcodes(void **state)
{
	/* As x86_64-linux-gnu-as makes them. The address is 0xffffffff81000000. */
	static const struct {
		const char *code;
		size_t bytes;
		struct decoded is;
	} expected[] = {
		/* nopl 0x7a620064(%rax): a mark; and a NOP of a compiler */
		{ "\x0f\x1f\x80\x64\x00\x62\x7a", 7, { INSTRUCTION_HINT, NONE, NONE, 0, MARK_BEGIN } },
		{ "\x0f\x1f\x80\x00\x00\x00\x00", 7, { INSTRUCTION_OTHER, NONE, NONE, 0, 0 } },
		{ "\x0f\xae\xf0", 3, { INSTRUCTION_DSB, NONE, NONE, 0, 0 } },                  /* mfence */
		{ "\x0f\xae\xf8", 3, { INSTRUCTION_DMB, NONE, NONE, 0, 0 } },                  /* sfence */
		{ "\x0f\xae\xe8", 3, { INSTRUCTION_OTHER, NONE, NONE, 0, 0 } },                /* lfence */
		{ "\x48\xcf", 2, { INSTRUCTION_ERET, NONE, NONE, 0, 0 } },                     /* iretq */
		{ "\x48\x0f\x07", 3, { INSTRUCTION_ERET, NONE, NONE, 0, 0 } },                 /* sysretq */
		{ "\x0f\x22\xdf", 3, { INSTRUCTION_WRITE_SYSTEM, RDI, X86_CR3, 0, 0 } },       /* mov %rdi,%cr3 */
		{ "\x41\x0f\x22\xe4", 4, { INSTRUCTION_WRITE_SYSTEM, R12, X86_CR4, 0, 0 } },   /* mov %r12,%cr4 */
		{ "\x0f\x22\xc0", 3, { INSTRUCTION_OTHER, NONE, NONE, 0, 0 } },                /* mov %rax,%cr0 */
		{ "\x0f\x30", 2, { INSTRUCTION_WRITE_SYSTEM, NONE, X86_PAT, 0, 0 } },          /* wrmsr */
		{ "\x0f\x01\x38", 3, { INSTRUCTION_TLBI_VA, RAX, NONE, 0, 0 } },               /* invlpg (%rax) */
		{ "\x66\x0f\x38\x82\x04\x24", 6, { INSTRUCTION_TLBI_ALL, NONE, NONE, 0, 0 } }, /* invpcid (%rsp),%rax */
		{ "\x0f\xae\x3f", 3, { INSTRUCTION_DC_CIVAC, RDI, NONE, 0, 0 } },              /* clflush (%rdi) */
		{ "\x66\x0f\xae\x3b", 4, { INSTRUCTION_DC_CIVAC, RBX, NONE, 0, 0 } },          /* clflushopt (%rbx) */
		{ "\x66\x0f\xae\x30", 4, { INSTRUCTION_DC_CVAC, RAX, NONE, 0, 0 } },           /* clwb (%rax) */
		{ "\x0f\xae\x30", 3, { INSTRUCTION_OTHER, NONE, NONE, 0, 0 } },                /* xsaveopt (%rax) */
		/* clflush 0x10(%rbp), -0x100(%rcx), 8(%rsp), 4(%r8,%r12,8), 0x1000 */
		{ "\x0f\xae\x7d\x10", 4, { INSTRUCTION_DC_CIVAC, RBP, NONE, 0, 0x10 } },
		{ "\x0f\xae\xb9\x00\xff\xff\xff", 7, { INSTRUCTION_DC_CIVAC, RCX, NONE, 0, -0x100 } },
		{ "\x0f\xae\x7c\x24\x08", 5, { INSTRUCTION_DC_CIVAC, RSP, NONE, 0, 8 } },
		{ "\x43\x0f\xae\x7c\xe0\x04", 6, { INSTRUCTION_DC_CIVAC, R8, R12, 3, 4 } },
		{ "\x0f\xae\x3c\x25\x00\x10\x00\x00", 8, { INSTRUCTION_DC_CIVAC, NONE, NONE, 0, 0x1000 } },
		/* lidt 0x1000(%rip): absolute; gs has a base that is not known */
		{ "\x0f\x01\x1d\x00\x10\x00\x00", 7, { INSTRUCTION_LOAD_VECTORS, NONE, NONE, 0, -0x7effeff9 } },
		{ "\x65\x0f\xae\x3f", 4, { INSTRUCTION_OTHER, NONE, NONE, 0, 0 } },
		{ "\xf3\xaa", 2, { INSTRUCTION_REPEATED, NONE, NONE, 0, 0 } },     /* rep stos %al */
		{ "\xf3\x48\xa5", 3, { INSTRUCTION_REPEATED, NONE, NONE, 0, 0 } }, /* rep movsq */
		{ "\xaa", 1, { INSTRUCTION_OTHER, NONE, NONE, 0, 0 } },            /* stos %al */
		{ "\xf3\x90", 2, { INSTRUCTION_OTHER, NONE, NONE, 0, 0 } },        /* pause */
		{ "\x48\x8b\x07", 3, { INSTRUCTION_OTHER, NONE, NONE, 0, 0 } },    /* mov (%rdi),%rax */
		{ "\x0f", 1, { INSTRUCTION_OTHER, NONE, NONE, 0, 0 } },            /* cut off */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		struct decoded is =
			x86_decode((const uint8_t *)expected[i].code, expected[i].bytes, 0xffffffff81000000);

		assert_int_equal(is.what, expected[i].is.what);
		if (is.what == INSTRUCTION_OTHER)
			continue;
		assert_int_equal(is.base, expected[i].is.base);
		assert_int_equal(is.index, expected[i].is.index);
		assert_int_equal(is.shift, expected[i].is.shift);
		assert_int_equal(is.number, expected[i].is.number);
	}
}

static uint8_t memory[64 * 4096];
static struct guest guest;

static void put(unsigned int page, unsigned int index, uint64_t value)
{
	memcpy(memory + page * 4096 + index * sizeof(value), &value, sizeof(value));
}

enum { PRESENT = 1, WRITABLE = 2, PWT = 1 << 3, PCD = 1 << 4, LARGE = 1 << 7, PAT = 1 << 7, GLOBAL = 1 << 8 };
/* Index 1, 2, 3, 4 of four levels; the first table is page 1. */
#define ADDRESS ((uint64_t)1 << 39 | (uint64_t)2 << 30 | (uint64_t)3 << 21 | 4 << 12 | 0x123)

static void use(void)
{
	memset(memory, 0, sizeof(memory));
	guest = (struct guest){
		.system = { [X86_CR3] = 1 << 12, [X86_CR4] = 1 << 7, [X86_PAT] = 0x0407050600070106 },
		.memory = memory,
		.bytes = sizeof(memory),
	};
	put(1, 1, 2 << 12 | WRITABLE | PRESENT);
	put(2, 2, 3 << 12 | WRITABLE | PRESENT);
	put(3, 3, 4 << 12 | WRITABLE | PRESENT);
	put(4, 4, 9 << 12 | WRITABLE | PRESENT);
}

static void test_pages(void **state)
{
	struct translation found;

	(void)state;
	use();
	assert_int_equal(x86_walk(&guest, ADDRESS, &found), 0);
	assert_int_equal(found.physical, 9 << 12);
	assert_int_equal(found.bytes, 4096);
	assert_int_equal(found.loads, 4);
	assert_int_equal(found.type, MEMORY_CACHED);
	assert_false(found.global || found.read_only);
	assert_int_equal(x86_walk(&guest, ADDRESS + 4096, &found), -EFAULT);

	put(4, 4, 9 << 12 | GLOBAL | PRESENT);
	assert_int_equal(x86_walk(&guest, ADDRESS, &found), 0);
	assert_true(found.global && found.read_only);
	guest.system[X86_CR4] = 0;
	assert_int_equal(x86_walk(&guest, ADDRESS, &found), 0);
	assert_false(found.global);

	put(3, 3, 0x40600000 | LARGE | WRITABLE | PRESENT);
	assert_int_equal(x86_walk(&guest, ADDRESS, &found), 0);
	assert_int_equal(found.physical, 0x40600000);
	assert_int_equal(found.bytes, 2 << 20);
	assert_int_equal(found.loads, 3);
	put(2, 2, 0x40000000 | LARGE | WRITABLE | PRESENT);
	assert_int_equal(x86_walk(&guest, ADDRESS, &found), 0);
	assert_int_equal(found.bytes, 1 << 30);

	/* Five levels begin at bit 48. */
	use();
	put(5, 0, 1 << 12 | PRESENT);
	guest.system[X86_CR3] = 5 << 12;
	guest.system[X86_CR4] |= 1 << 12;
	assert_int_equal(x86_walk(&guest, ADDRESS, &found), 0);
	assert_int_equal(found.loads, 5);
	/* A table outside of the guest's memory. */
	put(5, 0, sizeof(memory) | PRESENT);
	assert_int_equal(x86_walk(&guest, ADDRESS, &found), -EFAULT);
}

/* The table of page attributes as Linux sets it: WB, WC, UC-, UC, and with the PAT bit WB, WP, UC-, WT. */
static void test_memory_types(void **state)
{
	struct translation found;

	(void)state;
	use();
	put(4, 4, 9 << 12 | PWT | PRESENT);
	assert_int_equal(x86_walk(&guest, ADDRESS, &found), 0);
	assert_int_equal(found.type, MEMORY_WRITE_COMBINED);
	put(4, 4, 9 << 12 | PCD | PRESENT);
	assert_int_equal(x86_walk(&guest, ADDRESS, &found), 0);
	assert_int_equal(found.type, MEMORY_DEVICE);
	put(4, 4, 9 << 12 | PAT | PWT | PRESENT);
	assert_int_equal(x86_walk(&guest, ADDRESS, &found), 0);
	assert_int_equal(found.type, MEMORY_CACHED);
	/* Of a large page it is bit 12, which is no part of the address. */
	put(3, 3, 0x40600000 | LARGE | 1 << 12 | PWT | PRESENT);
	assert_int_equal(x86_walk(&guest, ADDRESS, &found), 0);
	assert_int_equal(found.type, MEMORY_CACHED);
	assert_int_equal(found.physical, 0x40600000);
	put(3, 3, 0x40600000 | LARGE | PWT | PRESENT);
	assert_int_equal(x86_walk(&guest, ADDRESS, &found), 0);
	assert_int_equal(found.type, MEMORY_WRITE_COMBINED);
}

static uint64_t registers[16];

static uint64_t read_register(unsigned int number)
{
	return registers[number];
}

static void test_system_registers(void **state)
{
	const struct architecture *arch = &architecture_x86;
	struct decoded cr3 = { INSTRUCTION_WRITE_SYSTEM, RDI, X86_CR3, 0, 0 }, msr = cr3;

	(void)state;
	use();
	registers[RDI] = 7 << 12 | 5;
	assert_int_equal(arch->write_system(&guest, cr3, read_register), INSTRUCTION_TLBI_ASID);
	assert_int_equal(guest.system[X86_CR3], 7 << 12 | 5);
	assert_int_equal(arch->asid(&guest), 0);
	guest.system[X86_CR4] |= 1 << 17;
	assert_int_equal(arch->asid(&guest), 5);
	registers[RDI] |= (uint64_t)1 << 63;
	assert_int_equal(arch->write_system(&guest, cr3, read_register), INSTRUCTION_OTHER);
	assert_int_equal(guest.system[X86_CR3], 7 << 12 | 5);
	cr3.index = X86_CR4;
	assert_int_equal(arch->write_system(&guest, cr3, read_register), INSTRUCTION_TLBI_ALL);

	msr.index = X86_PAT;
	registers[RCX] = 0x10;
	registers[RAX] = 0x00070106;
	registers[RDX] = 0x04070506;
	guest.system[X86_PAT] = 0;
	assert_int_equal(arch->write_system(&guest, msr, read_register), INSTRUCTION_OTHER);
	assert_int_equal(guest.system[X86_PAT], 0);
	registers[RCX] = 0x277;
	assert_int_equal(arch->write_system(&guest, msr, read_register), INSTRUCTION_OTHER);
	assert_int_equal(guest.system[X86_PAT], 0x0407050600070106);
}

/* A gate: the address in three parts, and the bit that it is present. */
static void gate(unsigned int vector, uint64_t address, bool present)
{
	put(9, 2 * vector,
	    (address & 0xffff) | 0x10 << 16 | (uint64_t)(present ? 0x8e : 0x0e) << 40 | (address >> 16 & 0xffff) << 48);
	put(9, 2 * vector + 1, address >> 32);
}

static void test_entries(void **state)
{
	const uint64_t kernel = 0xffffffff82000000;
	const struct architecture *arch = &architecture_x86;

	(void)state;
	use();
	/* At page 9 the table of 256 gates, and at ADDRESS + 3 pages, physical page 10, what LIDT loads. */
	put(4, 7, 10 << 12 | PRESENT);
	put(10, 0, 0xfff | (ADDRESS & ~(uint64_t)4095) << 16);
	put(10, 1, (ADDRESS & ~(uint64_t)4095) >> 48);
	gate(14, kernel + 0x100, true);
	gate(32, kernel + 0x200, true);
	gate(236, kernel + 0x300, true);
	gate(128, kernel + 0x400, true);
	gate(200, kernel + 0x500, false);
	arch->load_vectors(&guest, (ADDRESS & ~(uint64_t)4095) + 3 * 4096);
	assert_int_equal(arch->entry(&guest, kernel + 0x100), ENTRY_EXCEPTION);
	assert_int_equal(arch->entry(&guest, kernel + 0x200), ENTRY_INTERRUPT);
	assert_int_equal(arch->entry(&guest, kernel + 0x300), ENTRY_INTERRUPT);
	assert_int_equal(arch->entry(&guest, kernel + 0x400), ENTRY_EXCEPTION);
	assert_int_equal(arch->entry(&guest, kernel + 0x500), ENTRY_NONE);
	assert_int_equal(arch->entry(&guest, 0), ENTRY_NONE);
	assert_true(arch->may_be_entry(&guest, kernel + 0x200));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_opcodes),      cmocka_unit_test(test_pages),
		cmocka_unit_test(test_memory_types), cmocka_unit_test(test_system_registers),
		cmocka_unit_test(test_entries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
