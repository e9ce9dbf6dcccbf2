/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a model of caches and TLBs counted, for tables: see docs/qemu.md. */
#ifndef ZAPBENCH_MODELLED_H
#define ZAPBENCH_MODELLED_H

#include "bench/record/record.h"

/* The columns of a table of modelled counts: how many, their titles, and their values per operation; NAN: none. */
#define MODELLED_COLUMNS 7
const char *modelled_title(size_t column);
double modelled_value(const struct config_result *config, size_t column);
/* What the columns are. */
extern const char modelled_legend[];

#endif
