/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ring buffer that perf_event_open() shares with the kernel. */
#ifndef ZAPBENCH_RING_H
#define ZAPBENCH_RING_H

#include <stddef.h>

#include <linux/perf_event.h>

/* Take one record, whole and in one piece. 0, or -errno, which ends the reading. */
typedef int ring_fn(void *arg, const struct perf_event_header *record);

/*
 * Hand all records of the ring at @page to @take, in the order of the ring, and give the room back to the kernel. The
 * ring has @bytes, a power of two, from page->data_offset on. 0, -EBADMSG for what is no ring, or the error of @take.
 */
int ring_read(struct perf_event_mmap_page *page, size_t bytes, ring_fn *take, void *arg);

#endif
