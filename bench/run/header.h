/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The head of a record: what is known about a run before its first round. */
#ifndef ZAPBENCH_HEADER_H
#define ZAPBENCH_HEADER_H

#include "bench/run/state.h"

/* Begin a segment of @record with the present time and the boot of @now. 0 or -ENOMEM. */
int header_add_segment(struct record *record, const struct record *now);

/**
 * header_write() - fill in the record up to the first round, and create the journal
 * @run: after the warm-up
 * @expected: faults of a sample, per configuration
 * @folder: where the journal goes; NULL: no journal
 * @journal: set to its name, at least PATH_MAX bytes
 * @why: on error
 *
 * Return: 0 or -errno.
 */
int header_write(struct run *run, const int64_t *expected, const char *folder, char *journal, struct why *why);

#endif
