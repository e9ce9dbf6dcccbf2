// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A plugin of QEMU that sends each access of a guest with one CPU through a model of caches and TLBs, and counts per
 * timed region. It is no part of the program: QEMU loads it on the host.
 *
 * Arguments: model=NAME (a core of core-models.c), ram=FILE (the guest's memory, of -object memory-backend-file),
 * out=FILE (the counts), prefetch=off|next|stride (off). The program's marks tell the regions; see marks.h. The page
 * tables of the guest tell the size and the memory type of each page. So the guest tells nothing by hope.
 *
 * Interrupts are left out: from the vector of an interrupt to the ERET that ends it no access goes through the model,
 * and nothing is counted. So a timer tick moves no count, whatever region it falls into.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <strings.h>
#include <unistd.h>

#include "bench/base/marks.h"
#include "bench/qemu/arm64.h"
#include "bench/qemu/plugin-interface.h"

#define MEMORY_BASE 0x40000000u /* of QEMU's machine virt */

enum { REGIONS_MAX = 4096, REGISTERS = 31 };

/*
 * Offsets in the vector table (Arm ARM, D1.3.1): of the kernel's own exceptions and of those of programs, each with 4
 * kinds; the second of 4 is an interrupt.
 */
enum { VECTOR_FIRST = 0x200, VECTOR_END = 0x600, VECTOR_BYTES = 0x80, VECTOR_TABLE_BYTES = 0x800 };

struct region {
	uint64_t times, count[NR_MODEL_COUNTS];
};

static struct {
	const char *out, *prefetch;
	const struct core_model *core;
	struct memory_model *model;
	struct arm64_tables tables;
	struct qemu_plugin_register *x[REGISTERS], *ttbr[2], *tcr, *mair, *vbar;
	struct byte_array *bytes;
	struct plugin_counter user, kernel;
	bool on;
	int64_t now; /* the region that goes on; -1: none */
	uint64_t before[NR_MODEL_COUNTS];
	unsigned int interrupted; /* exceptions from the interrupt on that have not ended; 0: no interrupt goes on */
	uint64_t at_interrupt[NR_MODEL_COUNTS], of_interrupts[NR_MODEL_COUNTS];
	struct region *region;
	size_t nr_regions;
	uint64_t strays; /* marks that fit no other */
} state = { .prefetch = "off", .now = -1 };

int qemu_plugin_version = PLUGIN_INTERFACE_VERSION;
int qemu_plugin_install(uint64_t id, const struct plugin_info *info, int argc, char **argv);

static uint64_t read_register(struct qemu_plugin_register *handle)
{
	uint64_t value = 0;

	if (!handle)
		return 0;
	g_byte_array_set_size(state.bytes, 0);
	if (qemu_plugin_read_register(handle, state.bytes) == sizeof(value))
		memcpy(&value, state.bytes->data, sizeof(value));
	return value;
}

/* The value of Xt; 31 is XZR. */
static uint64_t read_x(unsigned int number)
{
	return number < REGISTERS ? read_register(state.x[number]) : 0;
}

static const uint64_t *counts_now(void)
{
	uint64_t *count = memory_model_counts(state.model);

	count[MODEL_INSTRUCTIONS_USER] = qemu_plugin_u64_get(state.user, 0);
	count[MODEL_INSTRUCTIONS_KERNEL] = qemu_plugin_u64_get(state.kernel, 0);
	return count;
}

/* Counts without those of interrupts. */
static void counts_left(uint64_t *left)
{
	const uint64_t *now = counts_now();

	for (size_t i = 0; i < NR_MODEL_COUNTS; i++)
		left[i] = now[i] - state.of_interrupts[i];
}

/* Before the first instruction of what may be a vector of exceptions. @data: its address. */
static void on_vector(unsigned int vcpu, void *data)
{
	uint64_t address = (uint64_t)(uintptr_t)data, offset = address % VECTOR_TABLE_BYTES;

	(void)vcpu;
	if (!state.on || read_register(state.vbar) != address - offset)
		return;
	if (state.interrupted) {
		state.interrupted++;
	} else if (offset / VECTOR_BYTES % 4 == 1) {
		memcpy(state.at_interrupt, counts_now(), sizeof(state.at_interrupt));
		state.interrupted = 1;
	}
}

/* After the ERET was counted: with the one that ends the interrupt its counts are known. */
static void on_eret(void)
{
	const uint64_t *now;

	if (!state.interrupted)
		memory_model_counts(state.model)[MODEL_ERET]++;
	else if (!--state.interrupted) {
		now = counts_now();
		for (size_t i = 0; i < NR_MODEL_COUNTS; i++)
			state.of_interrupts[i] += now[i] - state.at_interrupt[i];
	}
}

static void begin(uint64_t number)
{
	if (state.now >= 0 || number >= REGIONS_MAX) {
		state.strays++;
		return;
	}
	state.now = (int64_t)number;
	if (number >= state.nr_regions)
		state.nr_regions = number + 1;
	memory_model_barrier(state.model); /* a run of stores before it is not of this region */
	counts_left(state.before);
}

static void end(void)
{
	struct region *region;
	uint64_t now[NR_MODEL_COUNTS];

	if (state.now < 0) {
		state.strays++;
		return;
	}
	region = &state.region[state.now];
	memory_model_barrier(state.model);
	counts_left(now);
	for (size_t i = 0; i < NR_MODEL_COUNTS; i++)
		region->count[i] += now[i] - state.before[i];
	region->times++;
	state.now = -1;
}

static void turn_on(void)
{
	state.tables.ttbr[0] = read_register(state.ttbr[0]);
	state.tables.ttbr[1] = read_register(state.ttbr[1]);
	state.tables.tcr = read_register(state.tcr);
	state.tables.mair = read_register(state.mair);
	memory_model_set_asid(state.model, arm64_asid(&state.tables));
	state.on = true;
}

static void mark(unsigned int hint)
{
	if (hint == MARK_ON)
		turn_on();
	else if (hint == MARK_OFF)
		state.on = false;
	else if (hint == MARK_BEGIN)
		begin(read_x(0));
	else if (hint == MARK_END)
		end();
}

static void set_table(unsigned int which, uint64_t value)
{
	state.tables.ttbr[which] = value;
	memory_model_set_asid(state.model, arm64_asid(&state.tables));
}

/* DC ZVA by a user's program may fault and come again; the kernel's own does not. */
static void zero(uint64_t address)
{
	if (address >> 63 || !arm64_walk_to_write(&state.tables, address))
		memory_model_zero(state.model, address);
}

/* TLBI's operand: the page number of 4 KiB in the lower 44 bits, the ASID in the upper 16. */
static void flush(enum instruction what, uint64_t value)
{
	uint64_t address = (uint64_t)((int64_t)(value << 20) >> 8);
	unsigned int asid = (unsigned int)(value >> 48);

	if (what == INSTRUCTION_TLBI_ALL)
		memory_model_tlbi_all(state.model);
	else if (what == INSTRUCTION_TLBI_ASID)
		memory_model_tlbi_asid(state.model, asid);
	else
		memory_model_tlbi_va(state.model, address, asid, what == INSTRUCTION_TLBI_VA_ANY);
}

static bool is_maintenance(enum instruction what)
{
	return what == INSTRUCTION_DC_CVAC || what == INSTRUCTION_DC_CIVAC || what == INSTRUCTION_DC_IVAC ||
	       what == INSTRUCTION_DC_ZVA;
}

/* Before one of the instructions that are not only counted. @data: its opcode. */
static void on_special(unsigned int vcpu, void *data)
{
	unsigned int operand;
	enum instruction what = arm64_decode((uint32_t)(uintptr_t)data, &operand);

	(void)vcpu;
	if (what == INSTRUCTION_HINT) {
		mark(operand);
		return;
	}
	if (!state.on)
		return;
	/* Page tables and TLBs change also for those who come after the interrupt. */
	if (state.interrupted && (what == INSTRUCTION_DSB || what == INSTRUCTION_DMB || is_maintenance(what)))
		return;
	switch (what) {
	case INSTRUCTION_DSB:
		memory_model_counts(state.model)[MODEL_DSB]++;
		memory_model_barrier(state.model);
		break;
	case INSTRUCTION_DMB:
		memory_model_barrier(state.model);
		break;
	case INSTRUCTION_ERET:
		on_eret();
		break;
	case INSTRUCTION_TTBR0:
	case INSTRUCTION_TTBR1:
		set_table(what == INSTRUCTION_TTBR1, read_x(operand));
		break;
	case INSTRUCTION_DC_CVAC:
		memory_model_maintain(state.model, read_x(operand), MAINTAIN_CLEAN);
		break;
	case INSTRUCTION_DC_CIVAC:
		memory_model_maintain(state.model, read_x(operand), MAINTAIN_CLEAN_INVALIDATE);
		break;
	case INSTRUCTION_DC_IVAC:
		memory_model_maintain(state.model, read_x(operand), MAINTAIN_INVALIDATE);
		break;
	case INSTRUCTION_DC_ZVA:
		zero(read_x(operand));
		break;
	default:
		flush(what, read_x(operand));
	}
}

static void on_access(unsigned int vcpu, uint32_t info, uint64_t address, void *data)
{
	(void)vcpu;
	(void)data;
	if (state.on && !state.interrupted)
		memory_model_access(state.model, address, (size_t)1 << qemu_plugin_mem_size_shift(info),
				    qemu_plugin_mem_is_store(info));
}

static bool is_mark(enum instruction what, unsigned int operand)
{
	return what == INSTRUCTION_HINT && operand >= MARK_BEGIN && operand <= MARK_OFF;
}

static bool may_be_vector(uint64_t address)
{
	uint64_t offset = address % VECTOR_TABLE_BYTES;

	return address >> 63 && offset >= VECTOR_FIRST && offset < VECTOR_END && !(offset % VECTOR_BYTES);
}

static void on_translate(uint64_t id, struct qemu_plugin_tb *block)
{
	(void)id;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(block, i);
		bool kernel = qemu_plugin_insn_vaddr(insn) >> 63;
		enum instruction what;
		unsigned int operand;
		uint32_t opcode = 0;

		qemu_plugin_insn_data(insn, &opcode, sizeof(opcode));
		what = arm64_decode(opcode, &operand);
		if (may_be_vector(qemu_plugin_insn_vaddr(insn)))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, on_vector, PLUGIN_READS_REGISTERS,
							       (void *)(uintptr_t)qemu_plugin_insn_vaddr(insn));
		/* A mark is not of the region. */
		if (!is_mark(what, operand))
			qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(insn, PLUGIN_ADD,
									    kernel ? state.kernel : state.user, 1);
		if (what != INSTRUCTION_OTHER && (what != INSTRUCTION_HINT || is_mark(what, operand)))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, on_special, PLUGIN_READS_REGISTERS,
							       (void *)(uintptr_t)opcode);
		qemu_plugin_register_vcpu_mem_cb(insn, on_access, PLUGIN_NO_REGISTERS, PLUGIN_LOADS_AND_STORES, NULL);
	}
}

/* The handle of a register by its name in upper or lower case, as QEMU's versions differ in that. */
static void keep_register(const struct plugin_register *known)
{
	static const struct {
		const char *name;
		struct qemu_plugin_register **handle;
	} wanted[] = { { "TTBR0_EL1", &state.ttbr[0] }, { "TTBR1_EL1", &state.ttbr[1] }, { "TCR_EL1", &state.tcr },
		       { "MAIR_EL1", &state.mair },     { "VBAR_EL1", &state.vbar },     { "VBAR", &state.vbar } };
	unsigned int number;
	char rest;

	if (sscanf(known->name, "x%u%c", &number, &rest) == 1 && number < REGISTERS)
		state.x[number] = known->handle;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		if (!strcasecmp(known->name, wanted[i].name))
			*wanted[i].handle = known->handle;
	}
}

static void on_vcpu(uint64_t id, unsigned int vcpu)
{
	struct array *registers = qemu_plugin_get_registers();

	(void)id;
	(void)vcpu;
	for (unsigned int i = 0; i < registers->length; i++)
		keep_register((struct plugin_register *)(void *)registers->data + i);
	if (!state.x[0] || !state.ttbr[0] || !state.ttbr[1] || !state.tcr || !state.mair || !state.vbar) {
		fprintf(stderr, "zapbench plugin: this QEMU tells no system registers; fix: QEMU 10.0\n");
		exit(1);
	}
}

static void on_exit_of_guest(uint64_t id, void *data)
{
	FILE *file = fopen(state.out, "w");
	bool failed;

	(void)id;
	(void)data;
	if (!file) {
		fprintf(stderr, "zapbench plugin: %s: %s\n", state.out, strerror(errno));
		return;
	}
	fprintf(file, "zapbench-counts 1\nmodel %s version %d prefetch %s\nstrays %llu\nconfiguration regions",
		state.core->name, MEMORY_MODEL_VERSION, state.prefetch, (unsigned long long)state.strays);
	for (size_t i = 0; i < NR_MODEL_COUNTS; i++)
		fprintf(file, " %s", model_count_names[i]);
	for (size_t i = 0; i < state.nr_regions; i++) {
		if (!state.region[i].times)
			continue;
		fprintf(file, "\n%zu %llu", i, (unsigned long long)state.region[i].times);
		for (size_t j = 0; j < NR_MODEL_COUNTS; j++)
			fprintf(file, " %llu", (unsigned long long)state.region[i].count[j]);
	}
	fputs("\nend\n", file);
	failed = ferror(file);
	if (fclose(file) || failed)
		fprintf(stderr, "zapbench plugin: %s: cannot write\n", state.out);
}

static int map_memory(const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	struct stat stat;
	void *memory = MAP_FAILED;

	if (fd >= 0 && !fstat(fd, &stat))
		memory = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED) {
		fprintf(stderr, "zapbench plugin: %s: %s\n", name, strerror(errno));
		return -1;
	}
	close(fd);
	state.tables.memory = memory;
	state.tables.base = MEMORY_BASE;
	state.tables.bytes = (uint64_t)stat.st_size;
	return 0;
}

static int take_argument(const char *argument, enum prefetch *prefetch)
{
	static const char *const prefetches[] = { "off", "next", "stride" };

	if (!strncmp(argument, "model=", 6)) {
		state.core = core_model_find(argument + 6);
		if (state.core)
			return 0;
		fprintf(stderr, "zapbench plugin: no model %s; there are:", argument + 6);
		for (size_t i = 0; i < nr_core_models; i++)
			fprintf(stderr, " %s", core_models[i].name);
		fputc('\n', stderr);
		return -1;
	}
	if (!strncmp(argument, "ram=", 4))
		return map_memory(argument + 4);
	if (!strncmp(argument, "out=", 4)) {
		state.out = strdup(argument + 4);
		return state.out ? 0 : -1;
	}
	for (size_t i = 0; i < 3 && !strncmp(argument, "prefetch=", 9); i++) {
		*prefetch = i;
		state.prefetch = prefetches[i];
		if (!strcmp(argument + 9, prefetches[i]))
			return 0;
	}
	fprintf(stderr, "zapbench plugin: unknown argument %s\n", argument);
	return -1;
}

__attribute__((visibility("default"))) int qemu_plugin_install(uint64_t id, const struct plugin_info *info, int argc,
							       char **argv)
{
	enum prefetch prefetch = PREFETCH_OFF;

	for (int i = 0; i < argc; i++) {
		if (take_argument(argv[i], &prefetch))
			return -1;
	}
	if (!state.core || !state.tables.memory || !state.out) {
		fprintf(stderr, "zapbench plugin: model=, ram= and out= are needed\n");
		return -1;
	}
	if (strcmp(info->target, "aarch64") || !info->system || info->smp_vcpus != 1) {
		fprintf(stderr, "zapbench plugin: needs qemu-system-aarch64 with one CPU\n");
		return -1;
	}
	state.model = memory_model_new(state.core, prefetch, arm64_walk, &state.tables);
	state.region = calloc(REGIONS_MAX, sizeof(*state.region));
	state.bytes = g_byte_array_new();
	state.user.board = qemu_plugin_scoreboard_new(sizeof(uint64_t));
	state.kernel.board = qemu_plugin_scoreboard_new(sizeof(uint64_t));
	if (!state.model || !state.region)
		return -1;
	qemu_plugin_register_vcpu_init_cb(id, on_vcpu);
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
	qemu_plugin_register_atexit_cb(id, on_exit_of_guest, NULL);
	return 0;
}
