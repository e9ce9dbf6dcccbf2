// SPDX-License-Identifier: GPL-2.0-or-later
/* What the plugin knows of arm64: opcodes as an assembler makes them, and page tables that are made by hand. */
#include "bench/qemu/arm64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

static void test_opcodes(void **state)
{
	/* As aarch64-linux-gnu-as makes them. */
	static const struct {
		uint32_t opcode;
		enum instruction what;
		unsigned int operand; /* its register, 31: none; or which hint */
	} expected[] = {
		{ 0xd5032c9f, INSTRUCTION_HINT, 100 },       /* hint #100 */
		{ 0xd503201f, INSTRUCTION_HINT, 0 },         /* nop */
		{ 0xd5033f9f, INSTRUCTION_DSB, 31 },         /* dsb sy */
		{ 0xd5033b9f, INSTRUCTION_DSB, 31 },         /* dsb ish */
		{ 0xd5033bbf, INSTRUCTION_DMB, 31 },         /* dmb ish */
		{ 0xd69f03e0, INSTRUCTION_ERET, 0 },         /* eret */
		{ 0xd5182003, INSTRUCTION_WRITE_SYSTEM, 3 }, /* msr ttbr0_el1, x3 */
		{ 0xd5182021, INSTRUCTION_WRITE_SYSTEM, 1 }, /* msr ttbr1_el1, x1 */
		{ 0xd50b7a20, INSTRUCTION_DC_CVAC, 0 },      /* dc cvac, x0 */
		{ 0xd50b7e22, INSTRUCTION_DC_CIVAC, 2 },     /* dc civac, x2 */
		{ 0xd5087621, INSTRUCTION_DC_IVAC, 1 },      /* dc ivac, x1 */
		{ 0xd50b7423, INSTRUCTION_DC_ZVA, 3 },       /* dc zva, x3 */
		{ 0xd508831f, INSTRUCTION_TLBI_ALL, 31 },    /* tlbi vmalle1is */
		{ 0xd508871f, INSTRUCTION_TLBI_ALL, 31 },    /* tlbi vmalle1 */
		{ 0xd5088322, INSTRUCTION_TLBI_VA, 2 },      /* tlbi vae1is, x2 */
		{ 0xd50883a2, INSTRUCTION_TLBI_VA, 2 },      /* tlbi vale1is, x2 */
		{ 0xd5088342, INSTRUCTION_TLBI_ASID, 2 },    /* tlbi aside1is, x2 */
		{ 0xd5088362, INSTRUCTION_TLBI_VA_ANY, 2 },  /* tlbi vaae1is, x2 */
		{ 0xd50883e2, INSTRUCTION_TLBI_VA_ANY, 2 },  /* tlbi vaale1is, x2 */
		{ 0xd5088222, INSTRUCTION_TLBI_ALL, 2 },     /* tlbi rvae1is, x2: a range flushes all */
		{ 0xd50c8721, INSTRUCTION_TLBI_ALL, 1 },     /* tlbi vae2, x1 */
		{ 0xd5033fdf, INSTRUCTION_OTHER, 31 },       /* isb */
		{ 0xf9400000, INSTRUCTION_OTHER, 0 },        /* ldr x0, [x0] */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		struct decoded decoded =
			arm64_decode((const uint8_t *)&expected[i].opcode, sizeof(expected[i].opcode), 0);

		assert_int_equal(decoded.what, expected[i].what);
		if (decoded.what == INSTRUCTION_HINT)
			assert_int_equal(decoded.number, expected[i].operand);
		else
			assert_int_equal(decoded.base, expected[i].operand == 31 ? NO_REGISTER : expected[i].operand);
	}
}

/* Guest memory of 64 pages of 64 KiB, from 1 GiB on. */
#define BASE 0x40000000u
static _Alignas(65536) uint8_t memory[64 * 65536];
static struct guest tables;

static uint64_t page(unsigned int number, unsigned int shift)
{
	return BASE + ((uint64_t)number << shift);
}

static void put(uint64_t table, unsigned int index, uint64_t descriptor)
{
	memcpy(memory + (table - BASE) + index * sizeof(descriptor), &descriptor, sizeof(descriptor));
}

/* 48 bits of address in both halves, and tables of the page size that TG0 and TG1 name. Page 0 is the first table. */
static void use(unsigned int tg0, unsigned int tg1)
{
	memset(memory, 0, sizeof(memory));
	tables = (struct guest){
		.system = { [ARM64_TTBR0] = BASE | (uint64_t)7 << 48,
			    [ARM64_TTBR1] = BASE,
			    [ARM64_TCR] = 16 | 16 << 16 | (uint64_t)tg0 << 14 | (uint64_t)tg1 << 30,
			    /* 0 device, 1 write-combined, 2 cached, 3 device */
			    [ARM64_MAIR] = 0x00ff4404 },
		.memory = memory,
		.base = BASE,
		.bytes = sizeof(memory),
	};
}

enum { TABLE = 3, PAGE = 3, BLOCK = 1, ACCESSED = 1 << 10, NOT_GLOBAL = 1 << 11, READ_ONLY = 1 << 7 };
#define TYPE(index) ((uint64_t)(index) << 2)

/* 4 KiB: four levels of 512. Address: index 1, 2, 3, 4. */
#define ADDRESS_4K ((uint64_t)1 << 39 | (uint64_t)2 << 30 | (uint64_t)3 << 21 | 4 << 12 | 0x123)

static void test_page_4k(void **state)
{
	struct translation found;

	(void)state;
	use(0, 2);
	put(page(0, 12), 1, page(1, 12) | TABLE);
	put(page(1, 12), 2, page(2, 12) | TABLE);
	put(page(2, 12), 3, page(3, 12) | TABLE);
	put(page(3, 12), 4, page(9, 12) | PAGE | ACCESSED | TYPE(2) | NOT_GLOBAL);
	assert_int_equal(arm64_walk(&tables, ADDRESS_4K, &found), 0);
	assert_int_equal(found.physical, page(9, 12));
	assert_int_equal(found.bytes, 4096);
	assert_int_equal(found.loads, 4);
	assert_int_equal(found.type, MEMORY_CACHED);
	assert_false(found.global);
	assert_false(found.read_only);
	assert_int_equal(arm64_walk(&tables, ADDRESS_4K + 4096, &found), -EFAULT);
	put(page(3, 12), 4, page(9, 12) | PAGE | ACCESSED | READ_ONLY | TYPE(1));
	assert_int_equal(arm64_walk(&tables, ADDRESS_4K, &found), 0);
	assert_true(found.read_only);
	assert_int_equal(found.type, MEMORY_WRITE_COMBINED);
	assert_true(found.global);
}

/* The kernel's half by the other register: bits 63 to 48 are set. */
static void test_kernel_half(void **state)
{
	uint64_t address = 0xffff000000000000 | ADDRESS_4K;
	struct translation found;

	(void)state;
	use(1, 2); /* the user's half has 64 KiB, which must not matter */
	put(page(0, 12), 1, page(1, 12) | TABLE);
	put(page(1, 12), 2, page(2, 12) | TABLE);
	put(page(2, 12), 3, page(8, 21) | BLOCK | ACCESSED | TYPE(3));
	assert_int_equal(arm64_walk(&tables, address, &found), 0);
	assert_int_equal(found.bytes, 2 << 20);
	assert_int_equal(found.physical, page(8, 21));
	assert_int_equal(found.type, MEMORY_DEVICE);
	assert_int_equal(found.loads, 3);
}

/* A block of 1 GiB, and neighbours that share an entry: 16 pages, 16 blocks of 2 MiB. */
static void test_large_4k(void **state)
{
	const uint64_t contiguous = (uint64_t)1 << 52;
	struct translation found;

	(void)state;
	use(0, 2);
	put(page(0, 12), 1, page(1, 12) | TABLE);
	put(page(1, 12), 2, (uint64_t)0x80000000 | BLOCK | ACCESSED | TYPE(2));
	assert_int_equal(arm64_walk(&tables, ADDRESS_4K, &found), 0);
	assert_int_equal(found.bytes, 1 << 30);
	assert_int_equal(found.loads, 2);
	put(page(1, 12), 2, page(2, 12) | TABLE);
	put(page(2, 12), 3, 0x80600000 | contiguous | BLOCK | ACCESSED | TYPE(2));
	assert_int_equal(arm64_walk(&tables, ADDRESS_4K, &found), 0);
	assert_int_equal(found.bytes, 32 << 20);
	assert_int_equal(found.physical, 0x80000000);
	put(page(2, 12), 3, page(3, 12) | TABLE);
	put(page(3, 12), 4, page(20, 12) | contiguous | PAGE | ACCESSED | TYPE(2));
	assert_int_equal(arm64_walk(&tables, ADDRESS_4K, &found), 0);
	assert_int_equal(found.bytes, 65536);
	assert_int_equal(found.physical, page(16, 12));
}

/* 16 KiB: 1 bit, then 11 bits per level. 64 KiB: 6, 13, 13. */
static void test_other_granules(void **state)
{
	struct translation found;

	(void)state;
	use(2, 1);
	put(page(0, 14), 1, page(1, 14) | TABLE);
	put(page(1, 14), 2, page(2, 14) | TABLE);
	put(page(2, 14), 3, page(3, 14) | TABLE);
	put(page(3, 14), 4, page(9, 14) | PAGE | ACCESSED);
	assert_int_equal(arm64_walk(&tables, (uint64_t)1 << 47 | (uint64_t)2 << 36 | 3 << 25 | 4 << 14, &found), 0);
	assert_int_equal(found.bytes, 16384);
	assert_int_equal(found.physical, page(9, 14));
	assert_int_equal(found.loads, 4);
	use(1, 3);
	put(page(0, 16), 1, page(1, 16) | TABLE);
	put(page(1, 16), 2, page(2, 16) | TABLE);
	put(page(2, 16), 3, page(9, 16) | PAGE | ACCESSED);
	assert_int_equal(arm64_walk(&tables, (uint64_t)1 << 42 | (uint64_t)2 << 29 | 3 << 16, &found), 0);
	assert_int_equal(found.bytes, 65536);
	assert_int_equal(found.physical, page(9, 16));
	assert_int_equal(found.loads, 3);
}

/* What faults: not accessed yet, no page, a table outside of the guest's memory. */
static void test_faults(void **state)
{
	struct translation found;

	(void)state;
	use(0, 2);
	put(page(0, 12), 1, page(1, 12) | TABLE);
	put(page(1, 12), 2, page(2, 12) | TABLE);
	put(page(2, 12), 3, page(3, 12) | TABLE);
	put(page(3, 12), 4, page(9, 12) | PAGE);
	assert_int_equal(arm64_walk(&tables, ADDRESS_4K, &found), -EFAULT);
	put(page(3, 12), 4, page(9, 12) | BLOCK | ACCESSED);
	assert_int_equal(arm64_walk(&tables, ADDRESS_4K, &found), -EFAULT);
	put(page(2, 12), 3, (uint64_t)0x1000 | TABLE);
	assert_int_equal(arm64_walk(&tables, ADDRESS_4K, &found), -EFAULT);
	put(page(2, 12), 3, (uint64_t)(BASE + sizeof(memory)) | TABLE);
	assert_int_equal(arm64_walk(&tables, ADDRESS_4K, &found), -EFAULT);
}

/* TCR.A1 tells which register has the ASID. */
static void test_asid(void **state)
{
	(void)state;
	use(0, 2);
	assert_int_equal(architecture_arm64.asid(&tables), 7);
	tables.system[ARM64_TCR] |= 1 << 22;
	tables.system[ARM64_TTBR1] |= (uint64_t)9 << 48;
	assert_int_equal(architecture_arm64.asid(&tables), 9);
}

/* Vectors of the kernel and of programs, at 0x200 and 0x400 of the table; the second of 4 is an interrupt. */
static void test_entries(void **state)
{
	const uint64_t table = 0xffff800080010800;
	const struct architecture *arch = &architecture_arm64;

	(void)state;
	use(0, 2);
	tables.system[ARM64_VBAR] = table;
	assert_int_equal(arch->entry(&tables, table + 0x200), ENTRY_EXCEPTION);
	assert_int_equal(arch->entry(&tables, table + 0x280), ENTRY_INTERRUPT);
	assert_int_equal(arch->entry(&tables, table + 0x480), ENTRY_INTERRUPT);
	assert_int_equal(arch->entry(&tables, table + 0x800 + 0x280), ENTRY_NONE);
	assert_true(arch->may_be_entry(&tables, table + 0x800 + 0x280));
	assert_false(arch->may_be_entry(&tables, table + 0x284));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_opcodes),        cmocka_unit_test(test_page_4k),
		cmocka_unit_test(test_kernel_half),    cmocka_unit_test(test_large_4k),
		cmocka_unit_test(test_other_granules), cmocka_unit_test(test_faults),
		cmocka_unit_test(test_asid),           cmocka_unit_test(test_entries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
