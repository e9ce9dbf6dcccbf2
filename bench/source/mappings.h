/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All mappings of one buffer and their owners: the measuring thread, other threads, or forked processes. A zap by
 * system call works only on the caller's own mappings. So each owner zaps its own mapping, one after the other, and
 * times it itself. The time between two owners is not in the figure.
 */
#ifndef ZAPBENCH_MAPPINGS_H
#define ZAPBENCH_MAPPINGS_H

#include "bench/source/source.h"

/* How one mapping is made and worked on. Called in the owner's own thread or process. Each returns 0 or -errno. */
struct mapping_ops {
	int (*map)(struct buffer *buffer, char *address);
	int (*zap)(struct buffer *buffer, char *address);
	int (*populate)(struct buffer *buffer, char *address, enum access access);
	int (*prefault)(struct buffer *buffer, char *address, enum access access); /* the same; no byte may change */
};

/* Map the buffer params.maps times, from @address on, a PMD's gap between. Sets buffer->address. */
int mappings_open(struct buffer *buffer, const struct mapping_ops *ops, char *address, struct why *why);
void mappings_close(struct buffer *buffer);
/* How many mappings the measuring thread itself holds, and where they are. */
size_t mappings_own(const struct buffer *buffer);
char *mappings_address(const struct buffer *buffer, size_t index);
/* Every mapping; adds what the zaps took to buffer->zap_ticks. */
int mappings_zap(struct buffer *buffer);
int mappings_populate(struct buffer *buffer, enum access access);

/*
 * The first mapping alone, in the calling thread, as a client does: no byte changes. 0 or -errno. May be timed.
 * PREFAULT_: what struct source calls it.
 */
int mappings_prefault(struct buffer *buffer, enum access access);
#define PREFAULT_POPULATES "madvise(MADV_POPULATE)"
#define PREFAULT_TOUCHES "an access to each page"

/* struct mapping_ops.prefault by accesses; where the CPU may write, each byte is written as it was read. */
int mapping_touch_all(struct buffer *buffer, char *address, enum access access);
/* One access to every page of a mapping: how memory is populated that MADV_POPULATE does not know. */
void mapping_touch(const struct buffer *buffer, char *address, enum access access);

#endif
