/* SPDX-License-Identifier: GPL-2.0-or-later */
/* May a cache hold what a configuration works on? Then its figures are not those of memory. */
#ifndef ZAPBENCH_ANALYSIS_FITS_CACHE_H
#define ZAPBENCH_ANALYSIS_FITS_CACHE_H

#include <stdbool.h>

#include "bench/record/record.h"

enum fits_cache { FITS_UNKNOWN, FITS_NOT, FITS_CACHE };

/* Are its accesses those after a zap, or of memory that is as after a zap from the begin? */
bool config_after_zap(const struct config_result *config);

/*
 * Is what the configuration works on (its buffer, its ring of buffers, or its chain of cache lines) no larger than the
 * largest cache of its core type? FITS_NOT also for write-combined memory, which no cache holds; FITS_UNKNOWN where it
 * has no buffer, where no cache is known, and for emulated rows, whose machine has none.
 */
enum fits_cache config_cache(const struct record *record, const struct config_result *config);
/* The same, true for FITS_CACHE alone. */
bool config_fits_cache(const struct record *record, const struct config_result *config);

#endif
