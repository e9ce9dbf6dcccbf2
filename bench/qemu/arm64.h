/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plugin's arm64, with what tests look at. */
#ifndef ZAPBENCH_ARM64_H
#define ZAPBENCH_ARM64_H

#include "bench/qemu/architecture.h"

enum { ARM64_TTBR0, ARM64_TTBR1, ARM64_TCR, ARM64_MAIR, ARM64_VBAR };

struct decoded arm64_decode(const uint8_t *code, size_t bytes, uint64_t address);
int arm64_walk(void *guest, uint64_t address, struct translation *found);

#endif
