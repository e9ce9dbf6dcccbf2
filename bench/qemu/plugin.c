// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A plugin of QEMU that sends each access of a guest with one CPU through a model of caches and TLBs, and counts per
 * timed region. It is no part of the program: QEMU loads it on the host.
 *
 * Arguments: model=NAME (a core of core-models.c), ram=FILE (the guest's memory, of -object memory-backend-file),
 * out=FILE (the counts), prefetch=off|next|stride (off). The program's marks tell the regions; see marks.h. The page
 * tables of the guest tell the size and the memory type of each page. So the guest tells nothing by hope.
 *
 * Interrupts are left out: from the vector of an interrupt to the return that ends it no access goes through the model,
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
#include "bench/qemu/architecture.h"
#include "bench/qemu/plugin-interface.h"

enum { REGIONS_MAX = 4096, CODE_BYTES = 15 };

struct region {
	uint64_t times, count[NR_MODEL_COUNTS];
};

static struct {
	uint64_t id;
	const char *out, *prefetch;
	const struct core_model *core;
	struct memory_model *model;
	const struct architecture *arch;
	struct guest guest;
	struct qemu_plugin_register *general[GENERAL_MAX], *system[SYSTEM_MAX];
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
	/* REP instructions are counted once, not per element; where the last one is, and what RCX it goes on with. */
	uint64_t repeated_user, repeated_kernel, repeated_at, repeated_left;
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

static uint64_t read_general(unsigned int number)
{
	return number < GENERAL_MAX ? read_register(state.general[number]) : 0;
}

static uint64_t operand_of(struct decoded decoded)
{
	return read_general(decoded.base) + (read_general(decoded.index) << decoded.shift) +
	       (uint64_t)(int64_t)decoded.number;
}

static void read_system(void)
{
	for (size_t i = 0; i < SYSTEM_MAX; i++) {
		if (state.system[i])
			state.guest.system[i] = read_register(state.system[i]);
	}
}

static const uint64_t *counts_now(void)
{
	uint64_t *count = memory_model_counts(state.model);

	count[MODEL_INSTRUCTIONS_USER] = qemu_plugin_u64_get(state.user, 0) + state.repeated_user;
	count[MODEL_INSTRUCTIONS_KERNEL] = qemu_plugin_u64_get(state.kernel, 0) + state.repeated_kernel;
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
	enum entry entry;

	(void)vcpu;
	if (!state.on)
		return;
	read_system();
	entry = state.arch->entry(&state.guest, (uint64_t)(uintptr_t)data);
	if (state.interrupted) {
		state.interrupted += entry != ENTRY_NONE;
	} else if (entry == ENTRY_INTERRUPT) {
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

static void on_reset(uint64_t id);

/* Until now only what the tables are was followed: a guest is not slowed down while nothing is modelled. */
static void turn_on(void)
{
	read_system();
	memory_model_set_asid(state.model, state.arch->asid(&state.guest));
	state.on = true;
	qemu_plugin_reset(state.id, on_reset);
}

static void mark(int32_t hint)
{
	if (hint == MARK_ON)
		turn_on();
	else if (hint == MARK_OFF)
		state.on = false;
	else if (hint == MARK_BEGIN)
		begin(read_general(0));
	else if (hint == MARK_END)
		end();
}

/* DC ZVA by a user's program may fault and come again; the kernel's own does not. */
static void zero(uint64_t address)
{
	struct translation page;

	if (address >> 63 || (!state.arch->walk(&state.guest, address, &page) && !page.read_only))
		memory_model_zero(state.model, address);
}

static void flush(enum instruction what, uint64_t operand)
{
	uint64_t address;
	unsigned int asid;

	state.arch->tlbi_operand(&state.guest, operand, &address, &asid);
	if (what == INSTRUCTION_TLBI_ALL)
		memory_model_tlbi_all(state.model);
	else if (what == INSTRUCTION_TLBI_ASID)
		memory_model_tlbi_asid(state.model, asid);
	else
		memory_model_tlbi_va(state.model, address, asid, what == INSTRUCTION_TLBI_VA_ANY);
}

/* The tables that are in force, also before the first access: not all registers can be read later. */
static void write_system(struct decoded decoded)
{
	enum instruction flushes = state.arch->write_system(&state.guest, decoded, read_general);
	unsigned int asid = state.arch->asid(&state.guest);

	if (!state.on)
		return;
	memory_model_set_asid(state.model, asid);
	if (flushes == INSTRUCTION_TLBI_ASID)
		memory_model_tlbi_asid(state.model, asid);
	else if (flushes == INSTRUCTION_TLBI_ALL)
		memory_model_tlbi_all(state.model);
}

static bool is_maintenance(enum instruction what)
{
	return what == INSTRUCTION_DC_CVAC || what == INSTRUCTION_DC_CIVAC || what == INSTRUCTION_DC_IVAC ||
	       what == INSTRUCTION_DC_ZVA;
}

static struct decoded decoded_of(const void *data)
{
	struct decoded decoded;

	_Static_assert(sizeof(decoded) == sizeof(data), "a decoded instruction is handed over as a pointer");
	memcpy(&decoded, &data, sizeof(decoded));
	return decoded;
}

static void *data_of(struct decoded decoded)
{
	void *data;

	memcpy(&data, &decoded, sizeof(data));
	return data;
}

/* Before one of the instructions that are not only counted. @data: a struct decoded. */
static void on_special(unsigned int vcpu, void *data)
{
	struct decoded decoded = decoded_of(data);

	(void)vcpu;
	if (decoded.what == INSTRUCTION_HINT) {
		mark(decoded.number);
		return;
	}
	if (decoded.what == INSTRUCTION_WRITE_SYSTEM) {
		write_system(decoded);
		return;
	}
	if (decoded.what == INSTRUCTION_LOAD_VECTORS) {
		read_system();
		state.arch->load_vectors(&state.guest, operand_of(decoded));
		return;
	}
	if (!state.on)
		return;
	/* Page tables and TLBs change also for those who come after the interrupt. */
	if (state.interrupted &&
	    (decoded.what == INSTRUCTION_DSB || decoded.what == INSTRUCTION_DMB || is_maintenance(decoded.what)))
		return;
	switch (decoded.what) {
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
	case INSTRUCTION_DC_CVAC:
		memory_model_maintain(state.model, operand_of(decoded), MAINTAIN_CLEAN);
		break;
	case INSTRUCTION_DC_CIVAC:
		memory_model_maintain(state.model, operand_of(decoded), MAINTAIN_CLEAN_INVALIDATE);
		break;
	case INSTRUCTION_DC_IVAC:
		memory_model_maintain(state.model, operand_of(decoded), MAINTAIN_INVALIDATE);
		break;
	case INSTRUCTION_DC_ZVA:
		zero(operand_of(decoded));
		break;
	default:
		flush(decoded.what, operand_of(decoded));
	}
}

/* Before each element of a REP instruction. @data: its address. */
static void on_repeated(unsigned int vcpu, void *data)
{
	uint64_t at = (uint64_t)(uintptr_t)data, left = read_general(1);

	(void)vcpu;
	if (state.interrupted) /* what it interrupted goes on later */
		return;
	if (at != state.repeated_at || left != state.repeated_left)
		*(at >> 63 ? &state.repeated_kernel : &state.repeated_user) += 1;
	state.repeated_at = at;
	state.repeated_left = left - 1;
}

static void on_access(unsigned int vcpu, uint32_t info, uint64_t address, void *data)
{
	(void)vcpu;
	(void)data;
	if (state.on && !state.interrupted)
		memory_model_access(state.model, address, (size_t)1 << qemu_plugin_mem_size_shift(info),
				    qemu_plugin_mem_is_store(info));
}

/* The kernel alone writes system registers. What a boot loader did, the kernel does again. */
static bool is_special(struct decoded decoded, bool kernel)
{
	if (decoded.what == INSTRUCTION_WRITE_SYSTEM || decoded.what == INSTRUCTION_LOAD_VECTORS)
		return kernel;
	if (decoded.what == INSTRUCTION_HINT)
		return decoded.number >= MARK_BEGIN && decoded.number <= MARK_OFF;
	return decoded.what != INSTRUCTION_OTHER;
}

static struct decoded decode(struct qemu_plugin_insn *insn, uint64_t address)
{
	uint8_t code[CODE_BYTES];
	size_t bytes = qemu_plugin_insn_data(insn, code, sizeof(code));

	return state.arch->decode(code, bytes, address);
}

static void watch(struct qemu_plugin_insn *insn)
{
	uint64_t address = qemu_plugin_insn_vaddr(insn);
	struct decoded decoded = decode(insn, address);
	bool kernel = address >> 63, special = is_special(decoded, kernel);

	if (!state.on) {
		if (special && (decoded.what == INSTRUCTION_HINT || decoded.what == INSTRUCTION_WRITE_SYSTEM ||
				decoded.what == INSTRUCTION_LOAD_VECTORS))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, on_special, PLUGIN_READS_REGISTERS,
							       data_of(decoded));
		return;
	}
	if (state.arch->may_be_entry(&state.guest, address))
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_vector, PLUGIN_READS_REGISTERS,
						       (void *)(uintptr_t)address);
	if (decoded.what == INSTRUCTION_REPEATED) {
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_repeated, PLUGIN_READS_REGISTERS,
						       (void *)(uintptr_t)address);
	} else {
		/* A mark is not of the region. */
		if (!special || decoded.what != INSTRUCTION_HINT)
			qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(insn, PLUGIN_ADD,
									    kernel ? state.kernel : state.user, 1);
		if (special)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, on_special, PLUGIN_READS_REGISTERS,
							       data_of(decoded));
	}
	/* IRETQ loads what the exception stored, which QEMU does not tell; and it would load after the interrupt. */
	if (decoded.what != INSTRUCTION_ERET)
		qemu_plugin_register_vcpu_mem_cb(insn, on_access, PLUGIN_NO_REGISTERS, PLUGIN_LOADS_AND_STORES, NULL);
}

static void on_translate(uint64_t id, struct qemu_plugin_tb *block)
{
	(void)id;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++)
		watch(qemu_plugin_tb_get_insn(block, i));
}

/* QEMU's versions differ in the case of names, and in whether some have an exception level. */
static bool is_register(const char *name, const char *wanted)
{
	size_t length = strlen(wanted);

	return !strncasecmp(name, wanted, length) && (!name[length] || !strcasecmp(name + length, "_EL1"));
}

static void keep_register(const struct plugin_register *known)
{
	for (size_t i = 0; i < GENERAL_MAX && state.arch->general[i]; i++) {
		if (is_register(known->name, state.arch->general[i]))
			state.general[i] = known->handle;
	}
	for (size_t i = 0; i < SYSTEM_MAX; i++) {
		if (state.arch->system[i] && is_register(known->name, state.arch->system[i]))
			state.system[i] = known->handle;
	}
}

static bool has_registers(void)
{
	bool all = true;

	for (size_t i = 0; i < GENERAL_MAX && state.arch->general[i]; i++)
		all &= state.general[i] != NULL;
	for (size_t i = 0; i < SYSTEM_MAX; i++)
		all &= !state.arch->system[i] || state.system[i];
	return all;
}

static void on_vcpu(uint64_t id, unsigned int vcpu)
{
	struct array *registers = qemu_plugin_get_registers();

	(void)id;
	(void)vcpu;
	for (unsigned int i = 0; i < registers->length; i++)
		keep_register((struct plugin_register *)(void *)registers->data + i);
	if (!has_registers()) {
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

static void on_reset(uint64_t id)
{
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
	qemu_plugin_register_atexit_cb(id, on_exit_of_guest, NULL);
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
	state.guest.memory = memory;
	state.guest.bytes = (uint64_t)stat.st_size;
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
	static const struct architecture *const architectures[] = { &architecture_arm64, &architecture_x86 };
	enum prefetch prefetch = PREFETCH_OFF;

	for (size_t i = 0; i < 2; i++) {
		if (!strcmp(info->target, architectures[i]->target))
			state.arch = architectures[i];
	}
	for (int i = 0; i < argc; i++) {
		if (take_argument(argv[i], &prefetch))
			return -1;
	}
	if (!state.core || !state.guest.memory || !state.out) {
		fprintf(stderr, "zapbench plugin: model=, ram= and out= are needed\n");
		return -1;
	}
	if (!state.arch || !info->system || info->smp_vcpus != 1) {
		fprintf(stderr, "zapbench plugin: needs qemu-system-aarch64 or qemu-system-x86_64 with one CPU\n");
		return -1;
	}
	if (strcmp(info->target, state.core->target)) {
		fprintf(stderr, "zapbench plugin: model %s needs qemu-system-%s\n", state.core->name,
			state.core->target);
		return -1;
	}
	state.guest.base = state.arch->memory_base;
	state.model = memory_model_new(state.core, prefetch, state.arch->walk, &state.guest);
	state.region = calloc(REGIONS_MAX, sizeof(*state.region));
	state.bytes = g_byte_array_new();
	state.user.board = qemu_plugin_scoreboard_new(sizeof(uint64_t));
	state.kernel.board = qemu_plugin_scoreboard_new(sizeof(uint64_t));
	if (!state.model || !state.region)
		return -1;
	state.id = id;
	qemu_plugin_register_vcpu_init_cb(id, on_vcpu);
	on_reset(id);
	return 0;
}
