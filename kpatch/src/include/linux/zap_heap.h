/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interface of the zap heaps for their benchmark importer, beyond dma-buf
 */
#ifndef _LINUX_ZAP_HEAP_H
#define _LINUX_ZAP_HEAP_H

#include <linux/dma-direction.h>
#include <linux/types.h>
#include <uapi/linux/zap_bench.h>

struct dma_buf;

bool zap_heap_owns(const struct dma_buf *dmabuf);
int zap_heap_rearm(struct dma_buf *dmabuf);
void zap_heap_zap_mappings(struct dma_buf *dmabuf);
int zap_heap_sync_range(struct dma_buf *dmabuf, bool start,
			enum dma_data_direction dir, u64 offset, u64 size);
void zap_heap_skip_clean(struct dma_buf *dmabuf, bool skip);
void zap_heap_stop_at(struct dma_buf *dmabuf, u32 where, u32 ms);
void *zap_heap_get_alias(struct dma_buf *dmabuf, bool coherent);
void zap_heap_put_alias(void *vaddr);
u32 zap_heap_kernel_memtype(const void *vaddr);
void zap_heap_get_stats(struct dma_buf *dmabuf, struct zap_bench_stats *stats);
void zap_heap_get_info(struct zap_bench_info *info);
void zap_heap_get_timing(void);
void zap_heap_put_timing(void);
int zap_heap_get_pte(struct zap_bench_pte *pte);

#endif /* _LINUX_ZAP_HEAP_H */
