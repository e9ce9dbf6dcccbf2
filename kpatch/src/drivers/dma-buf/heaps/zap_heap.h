/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DMA-BUF heaps that remove CPU mappings and fault them back in
 *
 * Internal to the heaps; see Documentation/driver-api/zap-heap.rst.
 *
 * Files:
 *	zap_heap.h		and the arithmetic of a fault, for its speed
 *	zap_heap_policy.c	what a policy does at an event; pure functions
 *	zap_heap_state.c	doing it: zap, clean, invalidate, change the state
 *	zap_heap_vm.c		mmap and the fault handlers
 *	zap_heap_pages.c	the memory of a buffer
 *	zap_heap_main.c		the dma-buf operations, the heaps
 *	zap_heap_range.c	START and END of a part, for the importer
 *	zap_heap_test.c		KUnit tests of policies, and of doing it
 *	zap_heap_range_test.c	KUnit tests of a part
 *
 * Locks, outermost first:
 *
 *	mmap_lock, or the lock of the VMA	faults, mmap, mprotect
 *	dma_resv				map, unmap, vmap, vunmap
 *	  zap_heap_buffer.lock			who uses the buffer; serialises
 *						changes of its state
 *	    zap_heap_cpu.state_sem		the state, as faults see it
 *	      fs_reclaim			page tables, within a fault
 *	      i_mmap_rwsem, page table locks	within a zap
 *
 * A buffer has one state_sem for each CPU.  A fault takes that of its CPU for
 * reading, right below mmap_lock, and neither of the locks between.  So faults
 * of two CPUs write to no cache line in common here.  A change of the state
 * takes all of them for writing, under zap_heap_buffer.lock.  A fault only tries
 * to take its own: while the state changes, it gives back mmap_lock or the lock
 * of the VMA before it waits, see zap_heap_wait_fault().
 *
 * Why nothing lighter does it:
 *
 *  - A percpu_rw_semaphore, and SRCU, wait for a grace period of RCU at each
 *    change of the state.  Lazy has two of them per frame.
 *  - A fault could look at the state with the lock of the page table held, if
 *    each zap took that lock.  But a zap passes an empty PMD without it, so a
 *    PMD that a fault is about to put in would outlive the zap.
 *
 * Nobody who holds zap_heap_buffer.lock or state_sem takes mmap_lock, faults on
 * user memory, or waits for a fence of the buffer.  A zap calls the notifiers
 * of the processes (mmu_notifier), and such a notifier may wait for the device
 * of its driver: never signal a fence with one of these two locks held.  A
 * shrinker must take neither.
 */
#ifndef _ZAP_HEAP_H
#define _ZAP_HEAP_H

#include <kunit/static_stub.h>
#include <linux/align.h>
#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/dma-direction.h>
#include <linux/jump_label.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/mm_types.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/pgtable.h>
#include <linux/rwsem.h>
#include <linux/scatterlist.h>
#include <linux/types.h>
#include <uapi/linux/zap_bench.h>

struct device;
struct dma_buf;
struct dma_buf_ops;
struct vm_area_struct;
struct vm_fault;
struct zap_heap_attachment;

/*
 * The states are those of the uapi header.  MOVING is the time between two of
 * them.  It is seen by no fault: each state_sem is held for writing during it.
 */
#define ZAP_HEAP_MOVING		3

/**
 * struct zap_heap_type - one heap
 * @name:	name of the heap
 * @policy:	enum zap_bench_policy
 * @gran:	enum zap_bench_granularity
 */
struct zap_heap_type {
	const char *name;
	u8 policy;
	u8 gran;
};

/* Events of a buffer.  The policy decides what to do. */
enum zap_heap_event {
	ZAP_HEAP_EV_MAP,		/* a device that does not snoop maps it */
	ZAP_HEAP_EV_MAP_COHERENT,	/* a device that snoops maps it */
	ZAP_HEAP_EV_START,		/* begin_cpu_access, read or write */
	ZAP_HEAP_EV_END_READ,		/* end_cpu_access */
	ZAP_HEAP_EV_END_WRITE,
	ZAP_HEAP_EV_VUNMAP,		/* the last kernel mapping is gone */
	ZAP_HEAP_EV_REARM,		/* a benchmark starts anew */
};

/* The actions that a policy can choose. */
enum zap_heap_action {
	ZAP_HEAP_NOTHING,
	ZAP_HEAP_TO_WC,			/* write-combined, for good (CPU_WC) */
	ZAP_HEAP_TO_DEVICE,		/* write-combined, for now (DEVICE) */
	ZAP_HEAP_TO_CACHED,
	ZAP_HEAP_REFRESH,		/* stays cached: zap, clean, invalidate */
	ZAP_HEAP_WRITE_BACK,		/* stays cached and mapped: clean */
	ZAP_HEAP_SYNC_FOR_CPU,		/* of every device that has it mapped */
	ZAP_HEAP_SYNC_FOR_DEVICE,
	ZAP_HEAP_DRAIN,			/* write buffers, before a device looks */
};

/**
 * struct zap_heap_view - what a policy looks at to decide
 * @policy:	enum zap_bench_policy, the one that is in effect
 * @state:	enum zap_bench_state
 * @device_maps: devices that have the buffer mapped
 * @coherent_maps: those of them that snoop
 * @only_coherent: devices are attached, and all of them snoop
 * @stale:	a device that does not snoop may write, or may have written,
 *		under the cache
 * @vmapped:	mapped in the kernel
 * @vmap_fails:	a kernel mapping makes a map fail that would change the state
 */
struct zap_heap_view {
	unsigned int policy;
	unsigned int state;
	unsigned int device_maps;
	unsigned int coherent_maps;
	bool only_coherent;
	bool stale;
	bool vmapped;
	bool vmap_fails;
};

/**
 * struct zap_heap_span - the pages that a fault brings back
 * @addr:	user address of the first
 * @pgoff:	its page in the buffer
 * @nr:		how many
 */
struct zap_heap_span {
	unsigned long addr;
	unsigned long pgoff;
	unsigned long nr;
};

/**
 * struct zap_heap_range - the bytes that a START or END of a part is about
 * @offset:	of the first, in the buffer
 * @bytes:	how many
 */
struct zap_heap_range {
	size_t offset;
	size_t bytes;
};

/**
 * struct zap_heap_counters - see struct zap_bench_stats
 * @transitions_to_wc: under zap_heap_buffer.lock
 * @transitions_to_cached: under zap_heap_buffer.lock
 * @zaps: with faults kept out, as all up to @seen_pmds
 * @zaps_uncounted: zaps with an unknown number of PTEs
 * @ptes_zapped: PTEs removed
 * @pmds_zapped: PMDs removed
 * @seen_ptes: PTEs inserted up to the last zap
 * @seen_pmds: PMDs inserted up to the last zap
 * @cleaned: bytes, under zap_heap_buffer.lock
 * @invalidated: bytes, under zap_heap_buffer.lock
 * @state_ns: time waiting for the state
 * @zap_ns: time in zaps
 * @clean_ns: time in cache maintenance
 * @map_ns: time in the DMA API
 */
struct zap_heap_counters {
	u64 transitions_to_wc;
	u64 transitions_to_cached;
	u64 zaps;
	u64 zaps_uncounted;
	u64 ptes_zapped;
	u64 pmds_zapped;
	u64 seen_ptes;
	u64 seen_pmds;
	u64 cleaned;
	u64 invalidated;
	atomic64_t state_ns;
	atomic64_t zap_ns;
	atomic64_t clean_ns;
	atomic64_t map_ns;
};

/**
 * struct zap_heap_fault_counters - what faults count, and START that fills
 * @fills: batches of PTEs that were put in, and PMDs that could not be
 * @ptes_inserted: PTEs inserted
 * @pmds_inserted: PMDs inserted, each a batch, see struct zap_bench_stats
 * @start_fills: batches that START has put in; faults the others
 * @populates: mappings that START has filled
 * @huge_fallbacks: faults that could not map a PMD
 * @refault_ns: time in fault handlers and in filling
 */
struct zap_heap_fault_counters {
	u64 fills;
	u64 ptes_inserted;
	u64 pmds_inserted;
	u64 start_fills;
	u64 populates;
	u64 huge_fallbacks;
	u64 refault_ns;
};

/**
 * struct zap_heap_cpu - what faults write to, for each CPU and buffer
 * @state_sem:	held for reading to act on zap_heap_buffer.state; to change it,
 *		those of all CPUs are held for writing
 * @count:	counters
 */
struct zap_heap_cpu {
	struct rw_semaphore state_sem;
	struct zap_heap_fault_counters count;
};

/**
 * struct zap_heap_buffer - one buffer
 * @type:	the heap it is from
 * @asked:	the policy that was asked for: that of @type, or that of a flag
 * @policy:	the policy in effect: @asked, but for REFUSE where the alias
 *		could not be taken away, which then is CACHED
 * @alias_removed: the pages are not in the linear mapping
 * @may_mmap:	user mappings are allowed
 * @dmabuf:	its dma-buf
 * @nr_pages:	its size in pages
 * @pmd_pages:	those in chunks that a PMD can map; they come first
 * @chunks:	entries of @sgt
 * @pfns:	the pfn of each page
 * @sgt:	its chunks, mapped for the heap's own device
 * @cpu:	what faults write to; they only read all else
 * @lock:	protects all from here to @state
 * @attachments: list of struct zap_heap_attachment
 * @device_maps: attachments that are mapped
 * @coherent_maps: those of them whose device snoops
 * @vmap_cnt:	kernel mappings
 * @vaddr:	their address, if there is one
 * @stale:	see struct zap_heap_view
 * @dirtied:	a device that snoops, or that has bounce buffers, has or had it
 *		mapped to write: the caches may hold what no clean has seen
 * @skip_clean:	skip the clean; the positive control of a benchmark
 * @state:	enum zap_bench_state or ZAP_HEAP_MOVING, see @cpu
 * @uncounted:	a mapping changed since the last zap; written with no lock
 * @stop_at:	enum zap_bench_stop_at; a test's, written with no lock
 * @stop_ms:	how long to stop there
 * @count:	counters
 */
struct zap_heap_buffer {
	const struct zap_heap_type *type;
	u8 asked;
	u8 policy;
	bool alias_removed;
	bool may_mmap;
	struct dma_buf *dmabuf;
	unsigned long nr_pages;
	unsigned long pmd_pages;
	unsigned int chunks;
	unsigned long *pfns;
	struct sg_table sgt;
	struct zap_heap_cpu __percpu *cpu;

	/* Protects the users of the buffer; serialises changes of the state. */
	struct mutex lock;
	struct list_head attachments;
	unsigned int device_maps;
	unsigned int coherent_maps;
	unsigned int vmap_cnt;
	void *vaddr;
	bool stale;
	bool dirtied;
	bool skip_clean;

	unsigned int state;
	bool uncounted;
	unsigned int stop_at;
	unsigned int stop_ms;
	struct zap_heap_counters count;
};

/* Pages that one fault of granularity AROUND brings back. */
#ifdef CONFIG_DMABUF_HEAPS_ZAP_AROUND_ORDER
#define ZAP_HEAP_AROUND_PAGES	BIT(CONFIG_DMABUF_HEAPS_ZAP_AROUND_ORDER)
#else
#define ZAP_HEAP_AROUND_PAGES	1UL
#endif

/* Pages of a block of contiguous PTEs, which one fault of CONTPTE brings back. */
#ifdef CONFIG_DMABUF_HEAPS_ZAP_CONTPTE
#define ZAP_HEAP_CONTPTE_PAGES	((unsigned long)CONT_PTES)
#else
#define ZAP_HEAP_CONTPTE_PAGES	0UL
#endif

/* Without transparent huge pages there is no PMD_ORDER. */
#define ZAP_HEAP_PMD_PAGES	(1UL << (PMD_SHIFT - PAGE_SHIFT))

DECLARE_STATIC_KEY_FALSE(zap_heap_timing);

/* Only the importer reads the counters and switches the times on. */
#define ZAP_HEAP_COUNTS		IS_ENABLED(CONFIG_DMABUF_HEAPS_ZAP_BENCH)

/* The time if somebody asked for times; else 0, and no clock is read. */
static inline u64 zap_heap_clock(void)
{
	if (ZAP_HEAP_COUNTS && static_branch_unlikely(&zap_heap_timing))
		return ktime_get_ns();
	return 0;
}

/*
 * Adds the time since @start, which zap_heap_clock() gave: nothing, if nobody
 * had asked for times then.
 */
static inline void zap_heap_account(atomic64_t *ns, u64 start)
{
	if (ZAP_HEAP_COUNTS && unlikely(start))
		atomic64_add(ktime_get_ns() - start, ns);
}

/* For what is rare. */
#define zap_heap_count(buf, counter, nr)				\
do {									\
	if (ZAP_HEAP_COUNTS)						\
		this_cpu_add((buf)->cpu->count.counter, nr);		\
} while (0)

/*
 * Counts that PTEs were put in: one batch of them.  A kernel in which nobody can
 * read the counters does not count.
 */
static __always_inline void zap_heap_count_ptes(struct zap_heap_buffer *buf,
						unsigned long ptes)
{
	struct zap_heap_fault_counters *count;

	if (!ZAP_HEAP_COUNTS)
		return;
	count = &get_cpu_ptr(buf->cpu)->count;
	/* Only this CPU writes; zap_heap_sum_faults() may read meanwhile. */
	WRITE_ONCE(count->fills, count->fills + 1);
	WRITE_ONCE(count->ptes_inserted, count->ptes_inserted + ptes);
	put_cpu_ptr(buf->cpu);
}

/* Counts that a PMD was put in, or that none could be. */
static __always_inline void zap_heap_count_pmd(struct zap_heap_buffer *buf,
					       bool inserted)
{
	struct zap_heap_fault_counters *count;

	if (!ZAP_HEAP_COUNTS)
		return;
	if (!inserted) {
		zap_heap_count(buf, fills, 1);
		return;
	}
	count = &get_cpu_ptr(buf->cpu)->count;
	/* As for PTEs. */
	WRITE_ONCE(count->pmds_inserted, count->pmds_inserted + 1);
	put_cpu_ptr(buf->cpu);
}

/* zap_heap_account() for the time of a fault handler. */
static inline void zap_heap_account_fault(struct zap_heap_buffer *buf,
					  u64 start)
{
	if (unlikely(start))
		zap_heap_count(buf, refault_ns, ktime_get_ns() - start);
}

/**
 * zap_heap_state_sem - the lock of the state that a fault takes
 * @buf: the buffer
 *
 * Return: that of the CPU that this is called on.  A fault that moves to another
 * CPU keeps it.
 */
static inline struct rw_semaphore *
zap_heap_state_sem(const struct zap_heap_buffer *buf)
{
	return &raw_cpu_ptr(buf->cpu)->state_sem;
}

/**
 * zap_heap_span - the pages around a fault
 * @vm_start: start of the VMA
 * @vm_end: end of the VMA
 * @buf_pages: pages of the buffer
 * @addr: address of the fault, at a page's start and in the VMA
 * @pgoff: its page of the buffer, as mm has it in the fault
 * @align_pages: the block of pages around it that is asked for, a power of two,
 *		 counted in virtual addresses, so that a block which is not
 *		 larger than a page table lies in one; 0 for all of the VMA
 *
 * Return: the part of the block that is in the VMA and in the buffer; nr is 0
 * if @pgoff itself is not.
 */
static __always_inline struct zap_heap_span
zap_heap_span(unsigned long vm_start, unsigned long vm_end,
	      unsigned long buf_pages, unsigned long addr, unsigned long pgoff,
	      unsigned long align_pages)
{
	unsigned long start = vm_start, end = vm_end;
	struct zap_heap_span span = {};

	if (pgoff >= buf_pages)
		return span;

	if (align_pages) {
		unsigned long size = align_pages << PAGE_SHIFT;

		start = max(vm_start, ALIGN_DOWN(addr, size));
		/* The last block may end at the end of all addresses. */
		end = min(vm_end - 1, ALIGN_DOWN(addr, size) + (size - 1)) + 1;
	}

	span.addr = start;
	span.pgoff = pgoff - ((addr - start) >> PAGE_SHIFT);
	span.nr = min((end - start) >> PAGE_SHIFT, buf_pages - span.pgoff);

	return span;
}

/**
 * zap_heap_pmd_fits - whether one PMD can map what is around a fault
 * @vm_start: start of the VMA
 * @vm_end: end of the VMA
 * @pmd_pages: pages in chunks of a PMD's size, which are the first of the buffer
 * @addr: address of the fault
 * @pgoff: its page of the buffer, as mm has it in the fault
 *
 * It fits if the VMA has the whole range of the PMD, and the buffer has one of
 * its chunks of that size there.  Smaller chunks that happen to be adjacent in
 * memory do not count.
 *
 * Return: whether it fits.
 */
static inline bool zap_heap_pmd_fits(unsigned long vm_start,
				     unsigned long vm_end,
				     unsigned long pmd_pages,
				     unsigned long addr, unsigned long pgoff)
{
	unsigned long start = ALIGN_DOWN(addr, PMD_SIZE);

	/* No VMA reaches the last PMD of all addresses, so nothing wraps. */
	return start >= vm_start && start + PMD_SIZE <= vm_end &&
	       IS_ALIGNED(pgoff - (addr >> PAGE_SHIFT), ZAP_HEAP_PMD_PAGES) &&
	       pgoff < pmd_pages;
}

/* Whether START of a read fills the caller's mappings, under policy lazy. */
static inline bool zap_heap_start_fills(unsigned int gran)
{
	return gran == ZAP_BENCH_GRAN_BUFFER ||
	       IS_ENABLED(CONFIG_DMABUF_HEAPS_ZAP_LAZY_FILL_ALL);
}

/* zap_heap_policy.c */
int zap_heap_decide(const struct zap_heap_view *view,
		    enum zap_heap_event event);

/* zap_heap_state.c */
int zap_heap_event(struct zap_heap_buffer *buf, enum zap_heap_event event,
		   enum dma_data_direction dir);
void zap_heap_sync_one(struct zap_heap_buffer *buf,
		       struct zap_heap_attachment *a, bool for_cpu);
void zap_heap_sync_importer(struct zap_heap_buffer *buf,
			    struct zap_heap_attachment *a, bool for_cpu);
struct zap_heap_cpu __percpu *zap_heap_alloc_cpu(void);
void zap_heap_lock_state(struct zap_heap_buffer *buf);
void zap_heap_unlock_state(struct zap_heap_buffer *buf);
void zap_heap_set_state(struct zap_heap_buffer *buf, unsigned int state);
void zap_heap_sum_faults(const struct zap_heap_buffer *buf,
			 struct zap_heap_fault_counters *sum);
void zap_heap_zap(struct zap_heap_buffer *buf);
void zap_heap_clean(struct zap_heap_buffer *buf);
void zap_heap_invalidate(struct zap_heap_buffer *buf);
void zap_heap_drain(struct zap_heap_buffer *buf);
void zap_heap_stop(struct zap_heap_buffer *buf, unsigned int where);
bool zap_heap_alias_removable(void);
bool zap_heap_alias_gone(const struct zap_heap_buffer *buf);
bool zap_heap_remove_alias(struct zap_heap_buffer *buf);
bool zap_heap_restore_alias(struct zap_heap_buffer *buf);
struct device *zap_heap_device(void);
int zap_heap_create_device(void);

/* zap_heap_pages.c */
int zap_heap_alloc_pages(struct zap_heap_buffer *buf);
void zap_heap_free_pages(struct zap_heap_buffer *buf);

/* zap_heap_main.c */
extern const struct dma_buf_ops zap_heap_dma_buf_ops;
void zap_heap_set_up(struct zap_heap_buffer *buf);
int zap_heap_map_attachment(struct zap_heap_buffer *buf,
			    struct zap_heap_attachment *a,
			    enum dma_data_direction dir);
void zap_heap_unmap_attachment(struct zap_heap_buffer *buf,
			       struct zap_heap_attachment *a,
			       enum dma_data_direction dir);
int zap_heap_dma_map(struct zap_heap_attachment *a,
		     enum dma_data_direction dir);
void zap_heap_dma_unmap(struct zap_heap_attachment *a,
			enum dma_data_direction dir);

/* zap_heap_range.c */
int zap_heap_decide_range(const struct zap_heap_view *view,
			  enum zap_heap_event event);
int zap_heap_event_range(struct zap_heap_buffer *buf, enum zap_heap_event event,
			 enum dma_data_direction dir,
			 const struct zap_heap_range *range);
void zap_heap_zap_range(struct zap_heap_buffer *buf,
			const struct zap_heap_range *range);
void zap_heap_sync_range_of(struct device *dev, struct sg_table *sgt,
			    enum dma_data_direction dir, bool for_cpu,
			    const struct zap_heap_range *range);
void zap_heap_sync_chunk(struct device *dev, dma_addr_t addr,
			 unsigned long offset, size_t bytes,
			 enum dma_data_direction dir, bool for_cpu);

/* zap_heap_vm.c */
int zap_heap_mmap(struct dma_buf *dmabuf, struct vm_area_struct *vma);
void zap_heap_populate(struct zap_heap_buffer *buf);
vm_fault_t zap_heap_wait_fault(struct rw_semaphore *sem, struct vm_fault *vmf);

/**
 * struct zap_heap_attachment - one importer
 * @dev:	its device
 * @sgt:	the chunks, mapped for @dev
 * @given:	the copy of @sgt that the importer gets, see zap_heap_give()
 * @list:	entry in zap_heap_buffer.attachments
 * @dir:	direction of the mapping
 * @mapped:	there is a mapping
 * @coherent:	@dev snoops the CPU's caches
 * @bounces:	the DMA API may copy through bounce buffers for @dev
 */
struct zap_heap_attachment {
	struct device *dev;
	struct sg_table sgt;
	struct sg_table given;
	struct list_head list;
	enum dma_data_direction dir;
	bool mapped;
	bool coherent;
	bool bounces;
};

/* What a policy looks at; the lock of the buffer is held. */
static inline void zap_heap_look(const struct zap_heap_buffer *buf,
				 struct zap_heap_view *view)
{
	struct zap_heap_attachment *a;

	*view = (struct zap_heap_view) {
		.policy = buf->policy,
		/* It changes only with the lock held, so this read is safe. */
		.state = buf->state,
		.device_maps = buf->device_maps,
		.coherent_maps = buf->coherent_maps,
		.only_coherent = !list_empty(&buf->attachments),
		.stale = buf->stale,
		.vmapped = buf->vmap_cnt,
		.vmap_fails = IS_ENABLED(CONFIG_DMABUF_HEAPS_ZAP_VMAP_FAIL),
	};
	list_for_each_entry(a, &buf->attachments, list)
		view->only_coherent &= a->coherent;
}

/* Whether START or END of an access in direction @dir concerns an importer. */
static inline bool zap_heap_concerns(const struct zap_heap_attachment *a,
				     bool for_cpu, enum dma_data_direction dir)
{
	/*
	 * Only a read needs what the device wrote.  To invalidate for a write,
	 * too, could drop what another client has written and not yet cleaned.
	 */
	if (for_cpu && (dir == DMA_TO_DEVICE || a->dir == DMA_TO_DEVICE))
		return false;
	return a->mapped;
}

/*
 * All importers have the same memory, so one pass over its lines is for all
 * that have no bounce buffers: the pass of the one that this gives, or NULL.
 */
static inline struct zap_heap_attachment *
zap_heap_one_for_all(const struct zap_heap_buffer *buf, bool for_cpu,
		     enum dma_data_direction dir)
{
	struct zap_heap_attachment *a, *one = NULL;

	list_for_each_entry(a, &buf->attachments, list) {
		if (a->bounces || a->coherent ||
		    !zap_heap_concerns(a, for_cpu, dir))
			continue;
		/* For a device that only writes, nothing need be cleaned. */
		if (!one || one->dir == DMA_FROM_DEVICE)
			one = a;
	}

	return one;
}

#endif /* _ZAP_HEAP_H */
