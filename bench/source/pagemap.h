/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What /proc/self/pagemap tells of PTEs, on sources whose mappings it shows (PFN maps it does not). */
#ifndef ZAPBENCH_PAGEMAP_H
#define ZAPBENCH_PAGEMAP_H

#include "bench/source/source.h"

/* As struct source's mapped(). */
int pagemap_mapped(struct buffer *buffer, const char *address, struct mapped *mapped);

#endif
