// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA-BUF zap heaps: user mappings and their faults
 *
 * mmap never inserts a PTE: the VMA is not yet in the i_mmap then, and a zap
 * would miss it.  vma->vm_page_prot holds the final attributes of the mapping:
 * write-combined for all policies but CACHED.  mm code falls back to them.
 * Every insertion passes the attributes of the present state explicitly.
 *
 * If the VMA is writable, PTEs are inserted dirty.  Nobody reads the dirty bit
 * of a PFNMAP, and on CPUs that do not set it by hardware a write would fault
 * once more.
 */

#include <linux/dma-buf.h>
#include <linux/fs.h>
#include <linux/huge_mm.h>
#include <linux/mm.h>
#include <linux/pfn_t.h>
#include <linux/rwsem.h>
#include <linux/sched/signal.h>
#include <trace/events/zap_heap.h>

#include "zap_heap.h"

/*
 * Called with a state_sem held for reading.  In state CPU_CACHED there is no
 * way to get the cacheable attributes out of vm_page_prot.
 */
static pgprot_t zap_heap_prot(const struct zap_heap_buffer *buf,
			      const struct vm_area_struct *vma)
{
	if (buf->state == ZAP_BENCH_STATE_CPU_CACHED)
		return vm_get_page_prot(vma->vm_flags);
	return vma->vm_page_prot;
}

/* All mappings are shared: zap_heap_mmap() takes no others. */
static bool zap_heap_writable(const struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_WRITE;
}

static void zap_heap_trace_refault(const struct zap_heap_buffer *buf,
				   unsigned long addr, unsigned long pgoff,
				   unsigned long nr)
{
	if (trace_zap_heap_refault_enabled())
		trace_zap_heap_refault(file_inode(buf->dmabuf->file)->i_ino,
				       addr, pgoff, nr, buf->state ==
				       ZAP_BENCH_STATE_CPU_CACHED);
}

/* mm has the page of a fault in the buffer already: it starts at page 0. */
static __always_inline struct zap_heap_span
zap_heap_fault_span(const struct zap_heap_buffer *buf,
		    const struct vm_fault *vmf, unsigned long align_pages)
{
	const struct vm_area_struct *vma = vmf->vma;

	if (align_pages == 1)
		return (struct zap_heap_span) {
			.addr = vmf->address,
			.pgoff = vmf->pgoff,
			.nr = vmf->pgoff < buf->nr_pages,
		};

	return zap_heap_span(vma->vm_start, vma->vm_end, buf->nr_pages,
			     vmf->address, vmf->pgoff, align_pages);
}

/* Called with a state_sem held for reading. */
static __always_inline vm_fault_t zap_heap_fill(struct zap_heap_buffer *buf,
						struct vm_fault *vmf,
						unsigned long align_pages)
{
	struct vm_area_struct *vma = vmf->vma;
	struct zap_heap_span span;
	unsigned long nr;
	vm_fault_t ret;

	span = zap_heap_fault_span(buf, vmf, align_pages);
	if (!span.nr)
		return VM_FAULT_SIGBUS;

	nr = span.nr;
	ret = vmf_insert_pfns_prot(vmf, span.addr, buf->pfns + span.pgoff, &nr,
				   zap_heap_prot(buf, vma),
				   zap_heap_writable(vma));
	/* Without those of another fault, and those after an error. */
	zap_heap_count_ptes(buf, nr);
	zap_heap_trace_refault(buf, span.addr, span.pgoff, nr);

	return ret;
}

/**
 * zap_heap_wait_fault - what a fault does that meets a change of the state
 * @sem: the state_sem of the CPU on which the fault came
 * @vmf: the fault
 *
 * The change zaps and cleans the whole buffer, which takes long for a large one.
 * Where the fault can be tried again, neither mmap_lock nor the lock of the VMA
 * is held across it: they would stall every mmap() and munmap() of the process.
 * The next try may meet the next change, and waits again in the same way.
 *
 * Return: 0 with @sem held for reading; or what the fault handler is to return,
 * with @sem not held.
 */
vm_fault_t zap_heap_wait_fault(struct rw_semaphore *sem, struct vm_fault *vmf)
{
	bool killable = vmf->flags & FAULT_FLAG_KILLABLE;
	struct file *file;
	int ret = 0;

	if (!(vmf->flags & FAULT_FLAG_ALLOW_RETRY)) {
		if (!killable)
			down_read(sem);
		else if (down_read_killable(sem))
			return VM_FAULT_NOPAGE;
		return 0;
	}

	/* This one must not wait, and keeps the lock that it has. */
	if (vmf->flags & FAULT_FLAG_RETRY_NOWAIT)
		return VM_FAULT_RETRY;

	/* The VMA may be gone then; the file keeps the buffer. */
	file = get_file(vmf->vma->vm_file);
	release_fault_lock(vmf);
	if (!killable)
		down_read(sem);
	else
		ret = down_read_killable(sem);
	if (!ret)
		up_read(sem);
	fput(file);

	return VM_FAULT_RETRY;
}

/* Return: as zap_heap_wait_fault(). */
static __always_inline vm_fault_t zap_heap_lock_fault(struct rw_semaphore *sem,
						      struct vm_fault *vmf)
{
	if (likely(down_read_trylock(sem)))
		return 0;
	return zap_heap_wait_fault(sem, vmf);
}

static __always_inline vm_fault_t zap_heap_fault(struct vm_fault *vmf,
						 unsigned long align_pages)
{
	struct zap_heap_buffer *buf = vmf->vma->vm_private_data;
	struct rw_semaphore *sem = zap_heap_state_sem(buf);
	u64 start = zap_heap_clock();
	vm_fault_t ret;

	ret = zap_heap_lock_fault(sem, vmf);
	if (unlikely(ret))
		return ret;
	ret = zap_heap_fill(buf, vmf, align_pages);
	up_read(sem);
	zap_heap_account_fault(buf, start);

	return ret;
}

/*
 * Read faults come here first, in an RCU read-side critical section: nothing
 * may sleep.  If that is not enough, 0 makes mm call the fault handler, under
 * the VMA's lock, because a map_pages exists.
 */
static __always_inline vm_fault_t zap_heap_map_pages(struct vm_fault *vmf,
						     unsigned long align_pages)
{
	struct zap_heap_buffer *buf = vmf->vma->vm_private_data;
	struct rw_semaphore *sem = zap_heap_state_sem(buf);
	u64 start = zap_heap_clock();
	vm_fault_t ret;

	/* A page table would have to be allocated. */
	if (pmd_none(*vmf->pmd))
		return 0;

	if (!down_read_trylock(sem))
		return 0;
	ret = zap_heap_fill(buf, vmf, align_pages);
	up_read(sem);
	zap_heap_account_fault(buf, start);

	return ret;
}

static vm_fault_t zap_heap_fault_page(struct vm_fault *vmf)
{
	return zap_heap_fault(vmf, 1);
}

static vm_fault_t zap_heap_map_page(struct vm_fault *vmf, pgoff_t start_pgoff,
				    pgoff_t end_pgoff)
{
	return zap_heap_map_pages(vmf, 1);
}

static vm_fault_t zap_heap_fault_around(struct vm_fault *vmf)
{
	return zap_heap_fault(vmf, ZAP_HEAP_AROUND_PAGES);
}

static vm_fault_t zap_heap_map_around(struct vm_fault *vmf, pgoff_t start_pgoff,
				      pgoff_t end_pgoff)
{
	return zap_heap_map_pages(vmf, ZAP_HEAP_AROUND_PAGES);
}

#ifdef CONFIG_DMABUF_HEAPS_ZAP_CONTPTE
static vm_fault_t zap_heap_fault_contpte(struct vm_fault *vmf)
{
	return zap_heap_fault(vmf, ZAP_HEAP_CONTPTE_PAGES);
}

static vm_fault_t zap_heap_map_contpte(struct vm_fault *vmf,
				       pgoff_t start_pgoff, pgoff_t end_pgoff)
{
	return zap_heap_map_pages(vmf, ZAP_HEAP_CONTPTE_PAGES);
}
#else
#define zap_heap_fault_contpte	NULL
#define zap_heap_map_contpte	NULL
#endif

static vm_fault_t zap_heap_fault_buffer(struct vm_fault *vmf)
{
	return zap_heap_fault(vmf, 0);
}

/* Where no PMD fits, PTEs fill one page table per fault. */
static vm_fault_t zap_heap_fault_table(struct vm_fault *vmf)
{
	return zap_heap_fault(vmf, ZAP_HEAP_PMD_PAGES);
}

/*
 * It only has to exist: without a map_pages, mm drops the VMA's lock and tries
 * again under mmap_lock before it calls the fault handler.
 */
static vm_fault_t zap_heap_map_none(struct vm_fault *vmf, pgoff_t start_pgoff,
				    pgoff_t end_pgoff)
{
	return 0;
}

#ifdef CONFIG_DMABUF_HEAPS_ZAP_HUGE
/* Called with a state_sem held for reading, where a PMD fits. */
static __always_inline vm_fault_t zap_heap_fill_pmd(struct zap_heap_buffer *buf,
						    struct vm_fault *vmf)
{
	unsigned long pgoff = ALIGN_DOWN(vmf->pgoff, ZAP_HEAP_PMD_PAGES);
	struct vm_area_struct *vma = vmf->vma;
	vm_fault_t ret;

	ret = vmf_insert_pfn_pmd_prot(vmf, __pfn_to_pfn_t(buf->pfns[pgoff],
							  PFN_DEV),
				      zap_heap_prot(buf, vma),
				      zap_heap_writable(vma));
	/* If another fault has been here meanwhile, both of them count it. */
	zap_heap_count_pmd(buf, ret == VM_FAULT_NOPAGE);
	/* What is traced is computed there: it would be kept for nothing. */
	if (ret == VM_FAULT_NOPAGE)
		zap_heap_trace_refault(buf, vmf->address & PMD_MASK,
				       ALIGN_DOWN(vmf->pgoff,
						  ZAP_HEAP_PMD_PAGES),
				       ZAP_HEAP_PMD_PAGES);

	return ret;
}

static vm_fault_t zap_heap_fault_huge(struct vm_fault *vmf, unsigned int order)
{
	struct vm_area_struct *vma = vmf->vma;
	struct zap_heap_buffer *buf = vma->vm_private_data;
	u64 start = zap_heap_clock();
	struct rw_semaphore *sem;
	vm_fault_t ret;

	if (order != PMD_SHIFT - PAGE_SHIFT)
		return VM_FAULT_FALLBACK;

	if (!zap_heap_pmd_fits(vma->vm_start, vma->vm_end, buf->pmd_pages,
			       vmf->address, vmf->pgoff)) {
		zap_heap_count(buf, huge_fallbacks, 1);
		return VM_FAULT_FALLBACK;
	}

	sem = zap_heap_state_sem(buf);
	ret = zap_heap_lock_fault(sem, vmf);
	if (unlikely(ret))
		return ret;
	ret = zap_heap_fill_pmd(buf, vmf);
	up_read(sem);
	zap_heap_account_fault(buf, start);

	return ret;
}

static pmd_t *zap_heap_pmd_alloc(struct mm_struct *mm, unsigned long addr)
{
	p4d_t *p4d = p4d_alloc(mm, pgd_offset(mm, addr), addr);
	pud_t *pud = p4d ? pud_alloc(mm, p4d, addr) : NULL;

	return pud ? pmd_alloc(mm, pud, addr) : NULL;
}

/*
 * Fills a mapping as its faults would, but without faults: PMDs where they fit,
 * else PTEs.  Called with mmap_lock and a state_sem held for reading.
 */
static vm_fault_t zap_heap_fill_huge(struct zap_heap_buffer *buf,
				     struct vm_area_struct *vma)
{
	unsigned long addr, next;
	vm_fault_t ret;

	for (addr = vma->vm_start; addr < vma->vm_end; addr = next) {
		struct vm_fault vmf = {
			.vma = vma,
			.address = addr,
			.pgoff = vma->vm_pgoff +
				 ((addr - vma->vm_start) >> PAGE_SHIFT),
			.pmd = zap_heap_pmd_alloc(vma->vm_mm, addr),
		};

		/* Where the PMD is folded, pmd_addr_end() is just the end. */
		next = min(vma->vm_end - 1, addr | ~PMD_MASK) + 1;
		if (!vmf.pmd)
			return VM_FAULT_OOM;
		/* A fault may have been here since the zap. */
		if (pmd_none(pmdp_get_lockless(vmf.pmd)) &&
		    zap_heap_pmd_fits(vma->vm_start, vma->vm_end,
				      buf->pmd_pages, addr, vmf.pgoff))
			ret = zap_heap_fill_pmd(buf, &vmf);
		else
			ret = zap_heap_fill(buf, &vmf, ZAP_HEAP_PMD_PAGES);
		zap_heap_count(buf, start_fills, 1);
		if (ret != VM_FAULT_NOPAGE || fatal_signal_pending(current))
			return ret;
		cond_resched();
	}

	return VM_FAULT_NOPAGE;
}
#else
#define zap_heap_fault_huge	NULL

static vm_fault_t zap_heap_fill_huge(struct zap_heap_buffer *buf,
				     struct vm_area_struct *vma)
{
	return VM_FAULT_FALLBACK;
}
#endif

/* Called with mmap_lock and a state_sem held for reading. */
static vm_fault_t zap_heap_fill_vma(struct zap_heap_buffer *buf,
				    struct vm_area_struct *vma)
{
	struct vm_fault vmf = {
		.vma = vma,
		.address = vma->vm_start,
		.pgoff = vma->vm_pgoff,
	};

	if (IS_ENABLED(CONFIG_DMABUF_HEAPS_ZAP_LAZY_FILL_ALL) &&
	    buf->type->gran == ZAP_BENCH_GRAN_HUGE)
		return zap_heap_fill_huge(buf, vma);

	zap_heap_count(buf, start_fills, 1);
	return zap_heap_fill(buf, &vmf, 0);
}

/* Fork, split or unmap: the next zap cannot know its number of PTEs. */
static void zap_heap_vm_change(struct vm_area_struct *vma)
{
	struct zap_heap_buffer *buf = vma->vm_private_data;

	WRITE_ONCE(buf->uncounted, true);
}

/*
 * mprotect makes new PTEs of the old ones, and on arm64 it takes the memory
 * attributes from vm_page_prot: cacheable PTEs would become write-combined with
 * nothing cleaned.  So there must be no old ones.  Faults that run under the
 * lock of the VMA have to be kept out until mmap_lock is released.
 */
static int zap_heap_vm_mprotect(struct vm_area_struct *vma, unsigned long start,
				unsigned long end, unsigned long newflags)
{
	struct zap_heap_buffer *buf = vma->vm_private_data;

	vma_start_write(vma);
	zap_vma_ptes(vma, start, end - start);
	zap_heap_vm_change(vma);
	zap_heap_stop(buf, ZAP_BENCH_STOP_MPROTECT);

	return 0;
}

#define ZAP_HEAP_VM_OPS					\
	.open = zap_heap_vm_change,			\
	.close = zap_heap_vm_change,			\
	.mprotect = zap_heap_vm_mprotect

static const struct vm_operations_struct zap_heap_vm_ops[] = {
	[ZAP_BENCH_GRAN_PAGE] = {
		ZAP_HEAP_VM_OPS,
		.fault = zap_heap_fault_page,
		.map_pages = zap_heap_map_page,
	},
	[ZAP_BENCH_GRAN_AROUND] = {
		ZAP_HEAP_VM_OPS,
		.fault = zap_heap_fault_around,
		.map_pages = zap_heap_map_around,
	},
	[ZAP_BENCH_GRAN_BUFFER] = {
		ZAP_HEAP_VM_OPS,
		.fault = zap_heap_fault_buffer,
		.map_pages = zap_heap_map_none,
	},
	[ZAP_BENCH_GRAN_HUGE] = {
		ZAP_HEAP_VM_OPS,
		.fault = zap_heap_fault_table,
		.map_pages = zap_heap_map_none,
		.huge_fault = zap_heap_fault_huge,
	},
	[ZAP_BENCH_GRAN_CONTPTE] = {
		ZAP_HEAP_VM_OPS,
		.fault = zap_heap_fault_contpte,
		.map_pages = zap_heap_map_contpte,
	},
};

/* Called with mmap_lock held for writing, and no lock of the buffer. */
int zap_heap_mmap(struct dma_buf *dmabuf, struct vm_area_struct *vma)
{
	struct zap_heap_buffer *buf = dmabuf->priv;

	/* A private mapping gets copies, which no zap and no clean would see. */
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;

	if (!buf->may_mmap)
		return -EOPNOTSUPP;

	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	if (buf->policy != ZAP_BENCH_POLICY_CACHED)
		vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot);
	vma->vm_private_data = buf;
	vma->vm_ops = &zap_heap_vm_ops[buf->type->gran];

	return 0;
}

/**
 * zap_heap_populate - fill the caller's own mappings
 * @buf: the buffer; none of its locks is held
 *
 * It does not wait for mmap_lock, whose holder may wait for us, and not for
 * another change of the state with mmap_lock held.  Faults bring back the pages
 * that it could not fill.
 */
void zap_heap_populate(struct zap_heap_buffer *buf)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	u64 start = zap_heap_clock();

	if (!mm || !mmap_read_trylock(mm))
		return;

	VMA_ITERATOR(vmi, mm, 0);
	for_each_vma(vmi, vma) {
		struct rw_semaphore *sem = zap_heap_state_sem(buf);

		/* A process may have tens of thousands. */
		cond_resched();
		if (vma->vm_file != buf->dmabuf->file ||
		    vma->vm_private_data != buf || !vma_is_accessible(vma))
			continue;
		if (!down_read_trylock(sem))
			break;
		if (zap_heap_fill_vma(buf, vma) == VM_FAULT_NOPAGE)
			zap_heap_count(buf, populates, 1);
		up_read(sem);
	}

	mmap_read_unlock(mm);
	zap_heap_account_fault(buf, start);
}
