// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA-BUF zap heaps: START and END of a part of a buffer
 *
 * They promise for the bytes of the part what START and END of a whole buffer
 * promise for all.  They change nothing that another client could have relied on
 * outside of it:
 *
 *   - The state is the buffer's, not a page's, so it stays.  Where END of a
 *     whole buffer makes it write-combined, END of a part cleans the part, and
 *     the buffer stays cacheable.  Where START makes it cacheable, START of a
 *     part does nothing: to be write-combined is right, if slow.
 *   - Where START of a whole buffer zaps, cleans and invalidates all of it,
 *     because a device may have written under the cache, START of a part does
 *     so with the part, in the same order and with faults kept out.
 *   - Under policy cached the same importers are synced, in the same direction.
 *
 * A part begins and ends with a cache line.  A line that were only partly in it
 * would have bytes of others, and their stores would be dropped with it.
 */

#include <linux/align.h>
#include <linux/cache.h>
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/dma-resv.h>
#include <linux/export.h>
#include <linux/highmem.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/zap_heap.h>
#include <trace/events/zap_heap.h>

#include "zap_heap.h"

/**
 * zap_heap_decide_range - what a policy does at START or END of a part
 * @view: the buffer
 * @event: one of ZAP_HEAP_EV_START, _END_READ and _END_WRITE
 *
 * Return: an enum zap_heap_action that does not change the state.
 */
int zap_heap_decide_range(const struct zap_heap_view *view,
			  enum zap_heap_event event)
{
	int action = zap_heap_decide(view, event);

	switch (action) {
	case ZAP_HEAP_TO_WC:
	case ZAP_HEAP_TO_DEVICE:
		return ZAP_HEAP_WRITE_BACK;
	case ZAP_HEAP_TO_CACHED:
		return ZAP_HEAP_NOTHING;
	default:
		return action;
	}
}

/**
 * zap_heap_sync_chunk - sync within what is contiguous in memory
 * @dev: the device
 * @addr: the device's address of a DMA segment
 * @offset: where to begin in it
 * @bytes: how much
 * @dir: direction of the mapping
 * @for_cpu: for an access by the CPU, else for one by the device
 */
void zap_heap_sync_chunk(struct device *dev, dma_addr_t addr,
			 unsigned long offset, size_t bytes,
			 enum dma_data_direction dir, bool for_cpu)
{
	KUNIT_STATIC_STUB_REDIRECT(zap_heap_sync_chunk, dev, addr, offset,
				   bytes, dir, for_cpu);

	if (for_cpu)
		dma_sync_single_range_for_cpu(dev, addr, offset, bytes, dir);
	else
		dma_sync_single_range_for_device(dev, addr, offset, bytes, dir);
}

/**
 * zap_heap_sync_range_of - sync a part of a mapping
 * @dev: the device
 * @sgt: the chunks, mapped for @dev
 * @dir: direction of the mapping
 * @for_cpu: for an access by the CPU, else for one by the device
 * @range: the part; within the buffer
 *
 * Chunk by chunk, although the device may see several of them as one segment:
 * what the DMA API of an IOMMU syncs in one call must be contiguous in memory.
 * dma_sync_sg_*() of some of the chunks would do, too, but the DMA API wants it
 * called for all that were mapped.  The walk begins at the first chunk.
 */
void zap_heap_sync_range_of(struct device *dev, struct sg_table *sgt,
			    enum dma_data_direction dir, bool for_cpu,
			    const struct zap_heap_range *range)
{
	size_t end = range->offset + range->bytes, at = 0, seg_at = 0;
	struct scatterlist *chunk, *seg = sgt->sgl;
	size_t from, to;
	int i;

	for_each_sgtable_sg(sgt, chunk, i) {
		while (at >= seg_at + sg_dma_len(seg)) {
			seg_at += sg_dma_len(seg);
			seg = sg_next(seg);
		}
		from = max(range->offset, at);
		at += chunk->length;
		to = min(end, at);
		if (from < to)
			zap_heap_sync_chunk(dev, sg_dma_address(seg),
					    from - seg_at, to - from, dir,
					    for_cpu);
		if (at >= end)
			break;
	}
}

static void zap_heap_account_range(struct zap_heap_buffer *buf, bool for_cpu,
				   size_t bytes)
{
	if (for_cpu)
		buf->count.invalidated += bytes;
	else
		buf->count.cleaned += bytes;
	trace_zap_heap_clean(buf->dmabuf ? file_inode(buf->dmabuf->file)->i_ino
					 : 0, bytes, !for_cpu, for_cpu);
}

/* By the heap's own device, which does not snoop. */
static void zap_heap_sync_range_own(struct zap_heap_buffer *buf, bool for_cpu,
				    const struct zap_heap_range *range)
{
	u64 start = zap_heap_clock();

	if (WARN_ON_ONCE(buf->alias_removed))
		return;

	if (for_cpu || !buf->skip_clean) {
		zap_heap_sync_range_of(zap_heap_device(), &buf->sgt,
				       DMA_BIDIRECTIONAL, for_cpu, range);
		zap_heap_account_range(buf, for_cpu, range->bytes);
	}
	zap_heap_account(&buf->count.clean_ns, start);
}

/* See zap_heap_sync_importer(). */
static void zap_heap_sync_range_importer(struct zap_heap_buffer *buf,
					 struct zap_heap_attachment *a,
					 bool for_cpu,
					 const struct zap_heap_range *range)
{
	u64 start;

	if (for_cpu && buf->dirtied && !a->coherent)
		zap_heap_sync_range_own(buf, false, range);
	start = zap_heap_clock();
	zap_heap_sync_range_of(a->dev, &a->sgt, a->dir, for_cpu, range);
	if (!a->coherent)
		zap_heap_account_range(buf, for_cpu, range->bytes);
	zap_heap_account(&buf->count.clean_ns, start);
}

/* See zap_heap_sync_importers(). */
static void zap_heap_sync_range_importers(struct zap_heap_buffer *buf,
					  bool for_cpu,
					  enum dma_data_direction dir,
					  const struct zap_heap_range *range)
{
	struct zap_heap_attachment *a;

	if (buf->vmap_cnt && for_cpu)
		invalidate_kernel_vmap_range(buf->vaddr + range->offset,
					     range->bytes);
	else if (buf->vmap_cnt)
		flush_kernel_vmap_range(buf->vaddr + range->offset,
					range->bytes);

	a = zap_heap_one_for_all(buf, for_cpu, dir);
	if (a)
		zap_heap_sync_range_importer(buf, a, for_cpu, range);
	list_for_each_entry(a, &buf->attachments, list) {
		if (a->bounces && zap_heap_concerns(a, for_cpu, dir))
			zap_heap_sync_range_importer(buf, a, for_cpu, range);
	}
}

/**
 * zap_heap_zap_range - remove the user mappings of a part
 * @buf: the buffer; faults are kept out
 * @range: the part; of the pages that it touches, all PTEs are removed
 *
 * Nobody knows how many they were, nor what the next zap of all removes.
 */
void zap_heap_zap_range(struct zap_heap_buffer *buf,
			const struct zap_heap_range *range)
{
	size_t first = ALIGN_DOWN(range->offset, PAGE_SIZE);
	size_t bytes = PAGE_ALIGN(range->offset + range->bytes) - first;
	u64 start = zap_heap_clock();

	KUNIT_STATIC_STUB_REDIRECT(zap_heap_zap_range, buf, range);

	unmap_mapping_range(buf->dmabuf->file->f_mapping, first, bytes, 1);
	buf->count.zaps++;
	buf->count.zaps_uncounted++;
	WRITE_ONCE(buf->uncounted, true);
	zap_heap_account(&buf->count.zap_ns, start);
	trace_zap_heap_zap(file_inode(buf->dmabuf->file)->i_ino,
			   bytes >> PAGE_SHIFT);
}

/* Cacheable as before, with nothing of the part in the caches. */
static void zap_heap_refresh_range(struct zap_heap_buffer *buf,
				   const struct zap_heap_range *range)
{
	u64 start = zap_heap_clock();
	unsigned int state = buf->state;

	zap_heap_lock_state(buf);
	zap_heap_account(&buf->count.state_ns, start);

	zap_heap_set_state(buf, ZAP_HEAP_MOVING);
	zap_heap_zap_range(buf, range);
	zap_heap_stop(buf, ZAP_BENCH_STOP_ZAPPED);
	zap_heap_sync_range_own(buf, false, range);
	zap_heap_sync_range_own(buf, true, range);
	zap_heap_set_state(buf, state);

	zap_heap_unlock_state(buf);
}

/**
 * zap_heap_event_range - do what the policy decides at START or END of a part
 * @buf: the buffer; its lock is held
 * @event: ZAP_HEAP_EV_START, _END_READ or _END_WRITE
 * @dir: direction of the CPU's access
 * @range: the part
 *
 * Return: 0, or the -errno that the event is to be refused with.
 */
int zap_heap_event_range(struct zap_heap_buffer *buf, enum zap_heap_event event,
			 enum dma_data_direction dir,
			 const struct zap_heap_range *range)
{
	struct zap_heap_view view;
	int action;

	lockdep_assert_held(&buf->lock);

	zap_heap_look(buf, &view);
	action = zap_heap_decide_range(&view, event);
	if (action < 0)
		return action;

	switch (action) {
	case ZAP_HEAP_REFRESH:
		/* The rest may be stale as before. */
		zap_heap_refresh_range(buf, range);
		break;
	case ZAP_HEAP_WRITE_BACK:
		zap_heap_sync_range_own(buf, false, range);
		/* The device reads it, and may answer. */
		buf->stale = true;
		break;
	case ZAP_HEAP_SYNC_FOR_CPU:
		zap_heap_sync_range_importers(buf, true, dir, range);
		break;
	case ZAP_HEAP_SYNC_FOR_DEVICE:
		zap_heap_sync_range_importers(buf, false, dir, range);
		break;
	case ZAP_HEAP_DRAIN:
		zap_heap_drain(buf);
		break;
	}

	return 0;
}

/**
 * zap_heap_sync_range - begin or end an access by the CPU to a part of a buffer
 * @dmabuf: the buffer
 * @start: begin it, else end it
 * @dir: direction, as for dma_buf_begin_cpu_access()
 * @offset: where in the buffer
 * @size: how much
 *
 * It waits as dma_buf_begin_cpu_access() and the heaps do: for the fences until
 * a signal comes, for the lock of the buffer until a signal that kills.
 *
 * Return: 0; -EINVAL for a range that is empty, not aligned to cache lines or
 * not in the buffer; -ERESTARTSYS or -EINTR if a signal came.
 */
int zap_heap_sync_range(struct dma_buf *dmabuf, bool start,
			enum dma_data_direction dir, u64 offset, u64 size)
{
	enum zap_heap_event event = ZAP_HEAP_EV_START;
	struct zap_heap_buffer *buf = dmabuf->priv;
	struct zap_heap_range range;
	long left;
	int ret;

	if (!size || !IS_ALIGNED(offset | size, cache_line_size()) ||
	    offset > dmabuf->size || size > dmabuf->size - offset)
		return -EINVAL;
	range.offset = offset;
	range.bytes = size;

	if (start) {
		u64 begin = zap_heap_clock();

		left = dma_resv_wait_timeout(dmabuf->resv,
					     dma_resv_usage_rw(dir !=
							       DMA_FROM_DEVICE),
					     true, MAX_SCHEDULE_TIMEOUT);
		zap_heap_account(&buf->count.state_ns, begin);
		if (left < 0)
			return left;
	} else {
		event = dir == DMA_FROM_DEVICE ? ZAP_HEAP_EV_END_READ :
						 ZAP_HEAP_EV_END_WRITE;
	}

	if (mutex_lock_killable(&buf->lock))
		return -EINTR;
	ret = zap_heap_event_range(buf, event, dir, &range);
	mutex_unlock(&buf->lock);

	return ret;
}
EXPORT_SYMBOL_NS_GPL(zap_heap_sync_range, ZAP_HEAP);
