/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of QEMU's plugin interface, version 4 (QEMU 9.2 to 10.0), that plugin.c uses. No package of Debian has a
 * header of it. This is written after QEMU's documentation, "QEMU TCG Plugins", section "API".
 */
#ifndef ZAPBENCH_PLUGIN_INTERFACE_H
#define ZAPBENCH_PLUGIN_INTERFACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLUGIN_INTERFACE_VERSION 4

/* Of GLib, which QEMU is linked to. */
struct byte_array {
	uint8_t *data;
	unsigned int length;
};
struct array {
	char *data;
	unsigned int length;
};
struct byte_array *g_byte_array_new(void);
struct byte_array *g_byte_array_set_size(struct byte_array *array, unsigned int length);

struct plugin_info {
	const char *target; /* "aarch64" */
	struct {
		int least, current;
	} version;
	bool system; /* not user-mode emulation */
	int smp_vcpus, max_vcpus;
};

struct plugin_register {
	struct qemu_plugin_register *handle;
	const char *name, *feature;
};

/* A counter that QEMU adds to without a call. */
struct plugin_counter {
	struct qemu_plugin_scoreboard *board;
	size_t offset;
};

struct qemu_plugin_tb;
struct qemu_plugin_insn;

enum { PLUGIN_NO_REGISTERS, PLUGIN_READS_REGISTERS };
enum { PLUGIN_LOADS = 1, PLUGIN_STORES, PLUGIN_LOADS_AND_STORES };
enum { PLUGIN_ADD };

typedef void plugin_reset_fn(uint64_t id);
typedef void plugin_vcpu_fn(uint64_t id, unsigned int vcpu);
typedef void plugin_translate_fn(uint64_t id, struct qemu_plugin_tb *block);
typedef void plugin_exec_fn(unsigned int vcpu, void *data);
typedef void plugin_access_fn(unsigned int vcpu, uint32_t info, uint64_t address, void *data);
typedef void plugin_exit_fn(uint64_t id, void *data);

/* Soon after: all code is translated anew, and no callback is left. */
void qemu_plugin_reset(uint64_t id, plugin_reset_fn *call);
void qemu_plugin_register_vcpu_init_cb(uint64_t id, plugin_vcpu_fn *call);
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, plugin_translate_fn *call);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, plugin_exec_fn *call, int flags, void *data);
void qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(struct qemu_plugin_insn *insn, int operation,
							 struct plugin_counter counter, uint64_t value);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn, plugin_access_fn *call, int flags, int which,
				      void *data);
void qemu_plugin_register_atexit_cb(uint64_t id, plugin_exit_fn *call, void *data);

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *to, size_t bytes);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

unsigned int qemu_plugin_mem_size_shift(uint32_t info);
bool qemu_plugin_mem_is_store(uint32_t info);

struct qemu_plugin_scoreboard *qemu_plugin_scoreboard_new(size_t bytes);
uint64_t qemu_plugin_u64_get(struct plugin_counter counter, unsigned int vcpu);

struct array *qemu_plugin_get_registers(void); /* of struct plugin_register */
int qemu_plugin_read_register(struct qemu_plugin_register *handle, struct byte_array *to); /* bytes, or -1 */

#endif
