/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plugin's x86-64, with what tests look at. */
#ifndef ZAPBENCH_X86_H
#define ZAPBENCH_X86_H

#include "bench/qemu/architecture.h"

/* X86_PAT: its model-specific register; X86_IDT: the address of the interrupt descriptor table. */
enum { X86_CR3, X86_CR4, X86_PAT, X86_IDT };

struct decoded x86_decode(const uint8_t *code, size_t bytes, uint64_t address);
int x86_walk(void *guest, uint64_t address, struct translation *found);

#endif
