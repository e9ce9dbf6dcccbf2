/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * /dev/zap-bench: a device to import dma-bufs with, driven from userspace
 *
 * An open file is one importer.  It attaches to one buffer at a time, as a
 * device that does not snoop the CPU's caches or, on request, as one that
 * does; two importers of a buffer are two open files.  Closing the file undoes
 * whatever it still holds, in the right order.
 *
 * A round of a benchmark is
 *
 *	ATTACH, { CPU writes, MAP, DEV_READ/DEV_WRITE, UNMAP, CPU reads,
 *	REARM } * n, DETACH
 *
 * with DMA_BUF_IOCTL_SYNC around the CPU's accesses.  Buffers of every
 * exporter can be attached and mapped.  The requests marked [zap] work on
 * buffers of the zap heaps (/dev/dma_heap/zap-*) only and give EOPNOTSUPP for
 * others.
 *
 * Rules for all requests:
 *  - an unknown flag or a reserved field that is not 0 is EINVAL,
 *  - a bad user pointer is EFAULT,
 *  - a request that needs an attachment or a mapping gives ENXIO without it,
 *    a request for something that already exists gives EBUSY,
 *  - fields marked (out) are written on success only; where they cannot be
 *    written (EFAULT), what ATTACH, MAP and VMAP did is undone, and the effect
 *    of all other requests stays,
 *  - every ns is the time that the kernel spent in the named step, by
 *    CLOCK_MONOTONIC, without the cost of the system call itself.
 */
#ifndef _UAPI_LINUX_ZAP_BENCH_H
#define _UAPI_LINUX_ZAP_BENCH_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define ZAP_BENCH_DEVICE	"/dev/zap-bench"
#define ZAP_BENCH_VERSION	1

/* When the heap removes mappings; the first word of a heap's name. */
enum zap_bench_policy {
	ZAP_BENCH_POLICY_EAGER = 0,
	ZAP_BENCH_POLICY_LAZY = 1,
	ZAP_BENCH_POLICY_CACHED = 2,
	ZAP_BENCH_POLICY_UNCACHED = 3,
	ZAP_BENCH_POLICY_REFUSE = 4,
};

/*
 * How much one fault brings back; the second word of a heap's name.  The
 * policies that never zap have no second word: their heaps fault in with the
 * largest granularity that is compiled in, in the order buffer, contpte, around,
 * page, huge, and struct zap_bench_stats says which.
 */
enum zap_bench_granularity {
	ZAP_BENCH_GRAN_PAGE = 0,
	ZAP_BENCH_GRAN_AROUND = 1,
	ZAP_BENCH_GRAN_BUFFER = 2,
	ZAP_BENCH_GRAN_HUGE = 3,
	ZAP_BENCH_GRAN_CONTPTE = 4,
};

/* The state of a buffer decides the attributes of pages that fault in. */
enum zap_bench_state {
	ZAP_BENCH_STATE_CPU_CACHED = 0,	/* cacheable */
	ZAP_BENCH_STATE_DEVICE = 1,	/* write-combined, until the next START */
	ZAP_BENCH_STATE_CPU_WC = 2,	/* write-combined */
};

/* The direction of a mapping, as seen from the device. */
enum zap_bench_direction {
	ZAP_BENCH_DIR_BIDIRECTIONAL = 0,
	ZAP_BENCH_DIR_TO_DEVICE = 1,	/* the device reads */
	ZAP_BENCH_DIR_FROM_DEVICE = 2,	/* the device writes */
};

/**
 * struct zap_bench_info - what this kernel was built with
 * @version:		(out) ZAP_BENCH_VERSION
 * @policies:		(out) bit (1 << enum zap_bench_policy) of each policy
 * @granularities:	(out) bit (1 << enum zap_bench_granularity) of each
 * @around_pages:	(out) pages that one fault brings back in AROUND
 * @page_bytes:		(out) size of a page
 * @pmd_bytes:		(out) size of a PMD mapping, the unit of HUGE
 * @vmap_fails:		(out) 1: a kernel mapping makes a MAP fail with EBUSY
 *			that would make the buffer write-combined; 0: it is
 *			warned about, and the transition is postponed
 * @direct_map_removable: (out) 1: policy REFUSE can take pages out of the
 *			kernel's linear mapping here; 0: it cannot (boot with
 *			rodata=full), see @refuse_cached
 * @dcache_line_bytes:	(out) smallest data cache line, 0 where not known
 * @timing:		(out) number of open files that hold TIMING on
 * @refuse_cached:	(out) buffers of REFUSE that stay in the linear mapping;
 *			1: are mapped cacheable; 0: mmap fails with EOPNOTSUPP
 * @start_fills:	(out) bit (1 << enum zap_bench_granularity) of each with
 *			which SYNC START of a read fills the caller's mappings,
 *			under LAZY
 * @heap_flags:		(out) flags that the heap zap-cached takes, for buffers
 *			with a policy of their own; 0: none
 * @sync_align_bytes:	(out) offset and size of SYNC_RANGE are multiples of it:
 *			the largest cache line; 0: this kernel has no SYNC_RANGE
 * @contpte_pages:	(out) pages of a block of contiguous PTEs, which one
 *			fault brings back in CONTPTE; 0: not compiled in
 */
struct zap_bench_info {
	__u32 version;
	__u32 policies;
	__u32 granularities;
	__u32 around_pages;
	__u64 page_bytes;
	__u64 pmd_bytes;
	__u32 vmap_fails;
	__u32 direct_map_removable;
	__u32 dcache_line_bytes;
	__u32 timing;
	__u32 refuse_cached;
	__u32 start_fills;
	__u64 heap_flags;
	__u64 sync_align_bytes;
	__u64 contpte_pages;
};

/* Attach as a device that snoops the CPU's caches. */
#define ZAP_BENCH_ATTACH_COHERENT	(1U << 0)
/*
 * Attach as a device that reaches almost no memory; a test of the refusal.  MAP
 * gives EIO.
 */
#define ZAP_BENCH_ATTACH_NARROW		(1U << 1)

/**
 * struct zap_bench_attach - ZAP_BENCH_IOC_ATTACH
 * @dmabuf_fd:	(in) the buffer
 * @flags:	(in) 0, ZAP_BENCH_ATTACH_COHERENT or ZAP_BENCH_ATTACH_NARROW
 * @ns:		(out) time of dma_buf_attach()
 * @size_bytes:	(out) size of the buffer
 * @is_zap:	(out) 1 for a buffer of a zap heap: the [zap] requests work
 * @reserved:	(in) 0
 *
 * For a buffer of a zap heap this also makes the alias through which the device
 * accesses memory: write-combined, or cacheable for a coherent device.  This is
 * not in @ns, and the alias does not count as a vmap.
 *
 * EBADF: not an open file; EINVAL: not a dma-buf; EBUSY: attached already;
 * EOPNOTSUPP: a policy that changes attributes, and a device that would need
 * bounce buffers.
 */
struct zap_bench_attach {
	__s32 dmabuf_fd;
	__u32 flags;
	__u64 ns;
	__u64 size_bytes;
	__u32 is_zap;
	__u32 reserved;
};

/*
 * [zap] Positive control: MAP skips the clean.  Earlier CPU writes may then stay
 * in the cache, and DEV_READ should show a stale byte.  If it never does
 * (as in QEMU, which models no caches), a test that finds every byte correct
 * proves nothing about coherence.
 */
#define ZAP_BENCH_MAP_SKIP_CLEAN	(1U << 0)

/**
 * struct zap_bench_map - ZAP_BENCH_IOC_MAP
 * @direction:	(in) enum zap_bench_direction
 * @flags:	(in) 0 or ZAP_BENCH_MAP_SKIP_CLEAN
 * @ns:		(out) time of dma_buf_map_attachment(), all of it
 * @lock_ns:	(out) time to get the reservation lock before that
 * @nents:	(out) DMA segments of the mapping
 * @reserved:	(in) 0
 *
 * The parts of @ns (zap, clean, ...) are in struct zap_bench_stats, if timing
 * is on.
 *
 * EBUSY: mapped already; or the buffer is write-combined and the device is
 * coherent; or a coherent device has it mapped and it would have to become
 * write-combined; or it is mapped in the kernel (vmap) and would have to change
 * its state.  EOPNOTSUPP: the device is coherent and the buffer never can be
 * cacheable (UNCACHED, REFUSE).  EIO: the device is that of
 * ZAP_BENCH_ATTACH_NARROW.
 *
 * Under LAZY coherent and other devices can have a buffer mapped at the same
 * time.  It then stays cacheable, and START and END maintain the caches.
 */
struct zap_bench_map {
	__u32 direction;
	__u32 flags;
	__u64 ns;
	__u64 lock_ns;
	__u32 nents;
	__u32 reserved;
};

/**
 * struct zap_bench_op - UNMAP, DETACH, REARM, ZAP, VMAP and VUNMAP
 * @flags:	(in) 0
 * @reserved:	(in) 0
 * @ns:		(out) time of the step
 */
struct zap_bench_op {
	__u32 flags;
	__u32 reserved;
	__u64 ns;
};

/**
 * struct zap_bench_access - DEV_WRITE and DEV_READ: the device's own accesses
 * @offset_bytes: (in) where in the buffer
 * @size_bytes:	(in) how much; 0 is allowed and does nothing
 * @user_ptr:	(in) address of the bytes that the device writes, or of the
 *		memory that gets what it reads
 * @flags:	(in) 0
 * @reserved:	(in) 0
 * @ns:		(out) time of the copy with its barriers
 *
 * EINVAL: outside of the buffer; ENXIO: not mapped; EACCES: against the
 * direction of the mapping; EINTR: a signal came in between.
 */
struct zap_bench_access {
	__u64 offset_bytes;
	__u64 size_bytes;
	__u64 user_ptr;
	__u32 flags;
	__u32 reserved;
	__u64 ns;
};

/**
 * struct zap_bench_sync - SYNC_RANGE: DMA_BUF_IOCTL_SYNC for a part of the buffer
 * @offset_bytes: (in) where in the buffer
 * @size_bytes:	(in) how much, more than 0
 * @flags:	(in) DMA_BUF_SYNC_START or _END, with DMA_BUF_SYNC_READ, _WRITE or
 *		_RW, as in struct dma_buf_sync
 * @reserved:	(in) 0
 * @ns:		(out) time of it, with the wait for the device's fences
 *
 * It promises for the bytes of the range what DMA_BUF_IOCTL_SYNC promises for
 * all, and nothing for the others: what the CPU has written there may stay in
 * its caches, and what it has in its caches may hide what the device wrote.
 *
 * Both are multiples of sync_align_bytes of struct zap_bench_info.  A line that
 * is partly in the range has bytes of somebody else, whose stores would be lost
 * with it.
 *
 * A buffer has one state, so a part never changes it: no START of a part makes
 * a buffer cacheable, and no END write-combined.  Under EAGER and LAZY a START
 * in a buffer that is cacheable while a device writes removes the PTEs of the
 * pages of the range, and no others but those that the same PMD maps.  It fills
 * none of the caller's mappings.
 *
 * A START waits for the device's fences.  Other requests of the same open file
 * wait for it meanwhile.
 *
 * EINVAL: outside of the buffer, empty, not aligned; EINTR: a signal came while
 * it waited.
 */
struct zap_bench_sync {
	__u64 offset_bytes;
	__u64 size_bytes;
	__u32 flags;
	__u32 reserved;
	__u64 ns;
};

/**
 * struct zap_bench_stats - counters of one buffer since it was allocated
 * @policy:		(out) enum zap_bench_policy
 * @granularity:	(out) enum zap_bench_granularity
 * @state:		(out) enum zap_bench_state
 * @around_pages:	(out) pages that one fault brings back, AROUND and CONTPTE
 *			only
 * @pages:		(out) pages of the buffer
 * @chunks:		(out) physically contiguous allocations it is made of
 * @chunks_pmd:		(out) those of them that a PMD can map
 * @attachments:	(out) importers attached
 * @device_maps:	(out) importers that have it mapped
 * @vmaps:		(out) 1 while it is mapped in the kernel
 * @alias_removed:	(out) 1: not in the kernel's linear mapping (REFUSE)
 * @transitions_to_wc:	(out) times it became write-combined
 * @transitions_to_cached: (out) times it became cacheable again
 * @zaps:		(out) times its mappings were removed
 * @zaps_uncounted:	(out) zaps that removed an unknown number of PTEs,
 *			since a mapping was forked, split, moved, unmapped or
 *			mprotected after the zap before, or since they were of a
 *			part of the buffer, or the zap before was
 * @ptes_zapped:	(out) PTEs removed by the other zaps
 * @pmds_zapped:	(out) PMDs removed by the other zaps
 * @refaults:		(out) faults handled, the very first ones included
 * @populates:		(out) mappings filled at SYNC START, with no fault
 * @ptes_inserted:	(out) PTEs inserted by faults and populates
 * @pmds_inserted:	(out) PMDs inserted; two faults at the same time may
 *			both count theirs
 * @huge_fallbacks:	(out) faults of HUGE that could not map a PMD
 * @cleaned_bytes:	(out) bytes cleaned to memory
 * @invalidated_bytes:	(out) bytes invalidated
 * @state_ns:		(out) time waiting: state lock and fences
 * @zap_ns:		(out) time in zaps
 * @clean_ns:		(out) time cleaning and invalidating
 * @map_ns:		(out) time in the DMA API's map, at MAP
 * @refault_ns:		(out) time in the fault handlers and populates
 * @vmap_memtype:	(out) enum zap_bench_memtype of the kernel mapping, as
 *			its page table has it
 * @alias_memtype:	(out) the same of this file's alias, see struct
 *			zap_bench_attach
 * @reserved:		(out) 0
 *
 * No *_ns changes while TIMING is off.
 */
struct zap_bench_stats {
	__u32 policy;
	__u32 granularity;
	__u32 state;
	__u32 around_pages;
	__u64 pages;
	__u32 chunks;
	__u32 chunks_pmd;
	__u32 attachments;
	__u32 device_maps;
	__u32 vmaps;
	__u32 alias_removed;
	__u64 transitions_to_wc;
	__u64 transitions_to_cached;
	__u64 zaps;
	__u64 zaps_uncounted;
	__u64 ptes_zapped;
	__u64 pmds_zapped;
	__u64 refaults;
	__u64 populates;
	__u64 ptes_inserted;
	__u64 pmds_inserted;
	__u64 huge_fallbacks;
	__u64 cleaned_bytes;
	__u64 invalidated_bytes;
	__u64 state_ns;
	__u64 zap_ns;
	__u64 clean_ns;
	__u64 map_ns;
	__u64 refault_ns;
	__u32 vmap_memtype;
	__u32 alias_memtype;
	__u64 reserved[7];
};

/* What a page table entry says about memory. */
enum zap_bench_memtype {
	ZAP_BENCH_MEM_NONE = 0,		/* not mapped */
	ZAP_BENCH_MEM_CACHED = 1,	/* normal, cacheable */
	ZAP_BENCH_MEM_WC = 2,		/* normal, not cacheable: write-combine */
	ZAP_BENCH_MEM_DEVICE = 3,	/* device memory */
	ZAP_BENCH_MEM_OTHER = 4,
};

#define ZAP_BENCH_PTE_WRITE	(1U << 0)	/* writes do not fault */
#define ZAP_BENCH_PTE_DIRTY	(1U << 1)
#define ZAP_BENCH_PTE_YOUNG	(1U << 2)
#define ZAP_BENCH_PTE_SPECIAL	(1U << 3)	/* no struct page behind it */
#define ZAP_BENCH_PTE_CONT	(1U << 4)	/* part of a contiguous block */

/**
 * struct zap_bench_pte - ZAP_BENCH_IOC_PTE: the caller's own page tables
 * @address:	(in) an address of the calling process
 * @raw:	(out) the entry, as the architecture has it; 0 if none, and for
 *		a caller without CAP_SYS_ADMIN
 * @size_bytes:	(out) what the entry maps: a page, a PMD or a PUD; 0 if none
 * @memtype:	(out) enum zap_bench_memtype
 * @flags:	(out) ZAP_BENCH_PTE_*
 *
 * Needs no attachment.  EFAULT: no VMA is there.
 */
struct zap_bench_pte {
	__u64 address;
	__u64 raw;
	__u64 size_bytes;
	__u32 memtype;
	__u32 flags;
};

/**
 * struct zap_bench_timing - ZAP_BENCH_IOC_TIMING
 * @enable:	(in) 1 or 0
 * @reserved:	(in) 0
 *
 * Switches the times in struct zap_bench_stats on while at least one open file
 * wants them.  They cost two clock reads per fault, so they are off at first.
 */
struct zap_bench_timing {
	__u32 enable;
	__u32 reserved;
};

/*
 * Where a change of a buffer can be made to stop.  The locks of the change are
 * held meanwhile: a test can see who waits for them.
 */
enum zap_bench_stop_at {
	ZAP_BENCH_STOP_NOWHERE = 0,
	ZAP_BENCH_STOP_ZAPPED = 1,	/* no PTE is left, nothing is cleaned */
	ZAP_BENCH_STOP_CLEANED = 2,	/* cleaned, and not invalidated */
	ZAP_BENCH_STOP_MPROTECT = 3,	/* mprotect: no PTE is left */
};

/* The longest stop. */
#define ZAP_BENCH_STOP_MS_MAX	10000

/**
 * struct zap_bench_stop - ZAP_BENCH_IOC_STOP
 * @where:	(in) enum zap_bench_stop_at
 * @ms:		(in) how long, up to ZAP_BENCH_STOP_MS_MAX
 *
 * The next change of the buffer that comes there stops, once.  A signal that
 * kills its caller ends the stop.
 */
struct zap_bench_stop {
	__u32 where;
	__u32 ms;
};

#define ZAP_BENCH_IOC_MAGIC	'z'

#define ZAP_BENCH_IOC_INFO	_IOR(ZAP_BENCH_IOC_MAGIC, 0xc0, struct zap_bench_info)
#define ZAP_BENCH_IOC_ATTACH	_IOWR(ZAP_BENCH_IOC_MAGIC, 0xc1, struct zap_bench_attach)
#define ZAP_BENCH_IOC_MAP	_IOWR(ZAP_BENCH_IOC_MAGIC, 0xc2, struct zap_bench_map)
#define ZAP_BENCH_IOC_UNMAP	_IOWR(ZAP_BENCH_IOC_MAGIC, 0xc3, struct zap_bench_op)
/* EBUSY: still mapped, by the device or by VMAP of this file. */
#define ZAP_BENCH_IOC_DETACH	_IOWR(ZAP_BENCH_IOC_MAGIC, 0xc4, struct zap_bench_op)
/*
 * [zap] Back to cacheable (EAGER, LAZY), for the next sample: zaps, invalidates.
 * Nothing to do, and success, for the other policies.  EBUSY: some importer has
 * the buffer mapped, or it is write-combined and mapped in the kernel.
 */
#define ZAP_BENCH_IOC_REARM	_IOWR(ZAP_BENCH_IOC_MAGIC, 0xc5, struct zap_bench_op)
/* [zap] Removes the PTEs of every user mapping; the state stays. */
#define ZAP_BENCH_IOC_ZAP	_IOWR(ZAP_BENCH_IOC_MAGIC, 0xc6, struct zap_bench_op)
/* dma_buf_vmap(), held until VUNMAP.  Needs an attachment. */
#define ZAP_BENCH_IOC_VMAP	_IOWR(ZAP_BENCH_IOC_MAGIC, 0xc7, struct zap_bench_op)
#define ZAP_BENCH_IOC_VUNMAP	_IOWR(ZAP_BENCH_IOC_MAGIC, 0xc8, struct zap_bench_op)
/* [zap] */
#define ZAP_BENCH_IOC_DEV_WRITE	_IOWR(ZAP_BENCH_IOC_MAGIC, 0xc9, struct zap_bench_access)
#define ZAP_BENCH_IOC_DEV_READ	_IOWR(ZAP_BENCH_IOC_MAGIC, 0xca, struct zap_bench_access)
/* [zap] Needs an attachment. */
#define ZAP_BENCH_IOC_STATS	_IOR(ZAP_BENCH_IOC_MAGIC, 0xcb, struct zap_bench_stats)
#define ZAP_BENCH_IOC_PTE	_IOWR(ZAP_BENCH_IOC_MAGIC, 0xcc, struct zap_bench_pte)
#define ZAP_BENCH_IOC_TIMING	_IOW(ZAP_BENCH_IOC_MAGIC, 0xcd, struct zap_bench_timing)
/* [zap] Needs an attachment. */
#define ZAP_BENCH_IOC_STOP	_IOW(ZAP_BENCH_IOC_MAGIC, 0xce, struct zap_bench_stop)
/* [zap] Needs an attachment; the buffer need not be mapped by this file. */
#define ZAP_BENCH_IOC_SYNC_RANGE	_IOWR(ZAP_BENCH_IOC_MAGIC, 0xcf, struct zap_bench_sync)

#endif /* _UAPI_LINUX_ZAP_BENCH_H */
