/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The PTEs by /proc/self/pagemap, for sources whose mappings it shows. It does not show PFN maps. */
#ifndef ZAPBENCH_PAGEMAP_H
#define ZAPBENCH_PAGEMAP_H

#include "bench/source/source.h"

/* As struct source's mapped(). */
int pagemap_mapped(struct buffer *buffer, const char *address, struct mapped *mapped);

#endif
