/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM zap_heap

#if !defined(_TRACE_ZAP_HEAP_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_ZAP_HEAP_H

#include <linux/tracepoint.h>

/* The inode number of its dma-buf identifies a buffer, as in fdinfo. */

TRACE_EVENT(zap_heap_zap,
	TP_PROTO(unsigned long ino, unsigned long pages),
	TP_ARGS(ino, pages),
	TP_STRUCT__entry(
		__field(unsigned long, ino)
		__field(unsigned long, pages)
	),
	TP_fast_assign(
		__entry->ino = ino;
		__entry->pages = pages;
	),
	TP_printk("ino=%lu pages=%lu", __entry->ino, __entry->pages)
);

TRACE_EVENT(zap_heap_refault,
	TP_PROTO(unsigned long ino, unsigned long addr, unsigned long pgoff,
		 unsigned long nr, bool cached),
	TP_ARGS(ino, addr, pgoff, nr, cached),
	TP_STRUCT__entry(
		__field(unsigned long, ino)
		__field(unsigned long, addr)
		__field(unsigned long, pgoff)
		__field(unsigned long, nr)
		__field(bool, cached)
	),
	TP_fast_assign(
		__entry->ino = ino;
		__entry->addr = addr;
		__entry->pgoff = pgoff;
		__entry->nr = nr;
		__entry->cached = cached;
	),
	TP_printk("ino=%lu addr=0x%lx pgoff=%lu nr=%lu %s", __entry->ino,
		  __entry->addr, __entry->pgoff, __entry->nr,
		  __entry->cached ? "cached" : "write-combined")
);

TRACE_EVENT(zap_heap_clean,
	TP_PROTO(unsigned long ino, size_t bytes, bool clean, bool invalidate),
	TP_ARGS(ino, bytes, clean, invalidate),
	TP_STRUCT__entry(
		__field(unsigned long, ino)
		__field(size_t, bytes)
		__field(bool, clean)
		__field(bool, invalidate)
	),
	TP_fast_assign(
		__entry->ino = ino;
		__entry->bytes = bytes;
		__entry->clean = clean;
		__entry->invalidate = invalidate;
	),
	TP_printk("ino=%lu bytes=%zu clean=%d invalidate=%d", __entry->ino,
		  __entry->bytes, __entry->clean, __entry->invalidate)
);

TRACE_EVENT(zap_heap_state,
	TP_PROTO(unsigned long ino, int state),
	TP_ARGS(ino, state),
	TP_STRUCT__entry(
		__field(unsigned long, ino)
		__field(int, state)
	),
	TP_fast_assign(
		__entry->ino = ino;
		__entry->state = state;
	),
	TP_printk("ino=%lu %s", __entry->ino,
		  __print_symbolic(__entry->state,
				   { 0, "cpu_cached" },
				   { 1, "device" },
				   { 2, "cpu_wc" },
				   { 3, "moving" }))
);

DECLARE_EVENT_CLASS(zap_heap_dma,
	TP_PROTO(unsigned long ino, const char *dev, int dir),
	TP_ARGS(ino, dev, dir),
	TP_STRUCT__entry(
		__field(unsigned long, ino)
		__string(dev, dev)
		__field(int, dir)
	),
	TP_fast_assign(
		__entry->ino = ino;
		__assign_str(dev);
		__entry->dir = dir;
	),
	TP_printk("ino=%lu dev=%s dir=%d", __entry->ino, __get_str(dev),
		  __entry->dir)
);

DEFINE_EVENT(zap_heap_dma, zap_heap_map,
	TP_PROTO(unsigned long ino, const char *dev, int dir),
	TP_ARGS(ino, dev, dir));

DEFINE_EVENT(zap_heap_dma, zap_heap_unmap,
	TP_PROTO(unsigned long ino, const char *dev, int dir),
	TP_ARGS(ino, dev, dir));

#endif /* _TRACE_ZAP_HEAP_H */

#include <trace/define_trace.h>
