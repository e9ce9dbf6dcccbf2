/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory of a round: one buffer for each kind, size and number. All configurations of the round share it, so they
 * have the same memory, and a round populates it once. It lives as long as the process of the round. identify drops it
 * with its buffer.
 */
#ifndef ZAPBENCH_POOL_H
#define ZAPBENCH_POOL_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/base/why.h"

/* Make memory of @bytes; @kind is what pool_get() was called with. Return a file descriptor or -errno with @why. */
typedef int pool_make_fn(const char *kind, size_t bytes, struct why *why);

/* The file descriptor of the memory of that kind, size and number, made now when @fresh is set on return; -errno on
 * error. */
int pool_get(const char *kind, size_t bytes, unsigned int number, pool_make_fn *make, bool *fresh, struct why *why);
/* Give back memory that turned out unusable, or that no other buffer will share. */
void pool_drop(int fd);

#endif
