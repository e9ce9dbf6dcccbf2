/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * device=drm: a DRM node as the device of a dma-buf of any source. PRIME import attaches its driver to the buffer and
 * maps it for the device, both directions, as for a buffer that it will work on.
 */
#ifndef ZAPBENCH_IMPORTER_H
#define ZAPBENCH_IMPORTER_H

#include "bench/source/pool.h"
#include "bench/source/source.h"

/* Do these parameters ask for it? */
bool importer_wanted(const struct params *params);

/**
 * importer_supports() - is there a DRM node that imports such memory?
 * @kind, @make: the memory to try it on
 *
 * Return: 0, also where no importer is wanted; or -errno with @why.
 */
int importer_supports(const struct params *params, const char *kind, pool_make_fn *make, struct why *why);

/* The driver that importer_supports() found last; "" before. */
const char *importer_driver(void);

/* Open the importer of a buffer whose fd is there. 0 or -errno with @why. Nothing where none is wanted. */
int importer_open(struct buffer *buffer, struct why *why);
void importer_close(struct buffer *buffer);

/* STEP_DEVICE_MAP is the import, STEP_DEVICE_UNMAP lets go of it; nothing else is done. May be timed. 0 or -errno. */
int importer_step(struct buffer *buffer, enum step step);
/* Appends the calls of importer_step(), as struct source says. */
void importer_calls(const struct params *params, enum step step, char *text, size_t size);

#endif
