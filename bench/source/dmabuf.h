/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the dma-buf sources share: mapping through the dma-buf's file, DMA_BUF_IOCTL_SYNC around accesses. Their
 * mappings are PFN maps, where MADV_DONTNEED is EINVAL, so their zap is munmap() and mmap().
 */
#ifndef ZAPBENCH_DMABUF_H
#define ZAPBENCH_DMABUF_H

#include "bench/source/mappings.h"
#include "bench/source/player.h"
#include "bench/source/pool.h"

/* Open for a source whose memory is made by @make under the name @kind. As struct source says. */
int dmabuf_open(struct buffer *buffer, const char *kind, pool_make_fn *make, char *address, struct why *why);
void dmabuf_close(struct buffer *buffer);
int dmabuf_step(struct buffer *buffer, enum step step);
void dmabuf_calls(const struct params *params, enum step step, char *text, size_t size);
int dmabuf_rearm(struct buffer *buffer);
/* Another mapping, for as long as it takes, stands for a device. */
int dmabuf_device_access(struct buffer *buffer, bool write, size_t offset, void *data, size_t bytes);

/**
 * dmabuf_supports() - does this kernel's handler bring back what params.granularity says?
 * @params: policy and granularity
 * @kind, @make: the memory to try it on
 *
 * Found out by reading every page of a new mapping and counting the faults: one a page, one for a few pages, one for
 * all, or none, where mmap() already put every PTE in. Return: 0 or -EOPNOTSUPP with @why.
 */
int dmabuf_supports(const struct params *params, const char *kind, pool_make_fn *make, struct why *why);

/* The granularity of read faults of such memory: a number of enum granularity, or -errno. */
int dmabuf_granularity(const char *kind, pool_make_fn *make, struct why *why);

/* A buffer of the heap /dev/dma_heap/@heap, as a pool_make_fn. */
int dma_heap_allocate(const char *heap, size_t bytes, struct why *why);

/* DMA_BUF_SYNC_ of a call. */
uint32_t dmabuf_sync_flags(enum sync call);
/* DMA_BUF_IOCTL_SYNC. 0 or -errno. */
int dmabuf_sync_call(struct buffer *buffer, enum sync call);
/* DMA_BUF_IOCTL_SYNC for a step that is a START or END. 0 or -errno. */
int dmabuf_sync(struct buffer *buffer, enum step step);
/* One mapping of the buffer's file at @address. 0 or -errno. */
int dmabuf_map(struct buffer *buffer, char *address);
int dmabuf_populate_one(struct buffer *buffer, char *address, enum access access);

#define DMABUF_PLAYED                                                                                            \
	"the time of the zap; the zap, by munmap() and mmap() (the kernel refuses MADV_DONTNEED for PFN maps); " \
	"the accesses of a device, by another mapping"
#define DMABUF_POLICY_PARTS (POLICY_PART_ZAP | POLICY_PART_CACHED)

/* What the dma-buf sources have in common, for the initialiser of a struct source whose memory gets @parts_here. */
#define DMABUF_SOURCE(parts_here)                                                                            \
	.played_by_user = DMABUF_PLAYED, .prefault_call = PREFAULT_TOUCHES, .parts = (parts_here),           \
	.close = dmabuf_close, .populate = mappings_populate, .step = dmabuf_step, .sync = dmabuf_sync_call, \
	.calls = dmabuf_calls, .device_access = dmabuf_device_access, .rearm = dmabuf_rearm

#endif
