// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA-BUF zap heaps: what the benchmark importer needs beyond dma-buf
 */

#include <linux/capability.h>
#include <linux/dma-buf.h>
#include <linux/dma-resv.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/zap_heap.h>
#include <uapi/linux/dma-heap.h>

#include <asm/cache.h>

#include "zap_heap.h"

/**
 * zap_heap_owns - whether a buffer is one of these heaps'
 * @dmabuf: the buffer
 *
 * All other functions here may be called for such buffers only.
 */
bool zap_heap_owns(const struct dma_buf *dmabuf)
{
	return dmabuf->ops == &zap_heap_dma_buf_ops;
}
EXPORT_SYMBOL_NS_GPL(zap_heap_owns, ZAP_HEAP);

/**
 * zap_heap_rearm - make a buffer cacheable again
 * @dmabuf: the buffer
 *
 * Return: 0, or -EBUSY while a device has it mapped or, if it is write-combined,
 * while the kernel has it mapped.
 */
int zap_heap_rearm(struct dma_buf *dmabuf)
{
	struct zap_heap_buffer *buf = dmabuf->priv;
	int ret;

	mutex_lock(&buf->lock);
	ret = zap_heap_event(buf, ZAP_HEAP_EV_REARM, DMA_NONE);
	mutex_unlock(&buf->lock);

	return ret;
}
EXPORT_SYMBOL_NS_GPL(zap_heap_rearm, ZAP_HEAP);

/**
 * zap_heap_zap_mappings - remove all user mappings; the state does not change
 * @dmabuf: the buffer
 */
void zap_heap_zap_mappings(struct dma_buf *dmabuf)
{
	struct zap_heap_buffer *buf = dmabuf->priv;
	u64 start = zap_heap_clock();

	mutex_lock(&buf->lock);
	zap_heap_lock_state(buf);
	zap_heap_account(&buf->count.state_ns, start);
	zap_heap_zap(buf);
	zap_heap_unlock_state(buf);
	mutex_unlock(&buf->lock);
}
EXPORT_SYMBOL_NS_GPL(zap_heap_zap_mappings, ZAP_HEAP);

/**
 * zap_heap_skip_clean - skip the clean, to see whether a test detects it
 * @dmabuf: the buffer
 * @skip: whether to skip it from now on
 *
 * The caller holds the reservation lock during the whole map that skips the
 * clean, so no other map skips it.  An END of any process at that time skips it
 * too.  This is for root and for tests.
 */
void zap_heap_skip_clean(struct dma_buf *dmabuf, bool skip)
{
	struct zap_heap_buffer *buf = dmabuf->priv;

	dma_resv_assert_held(dmabuf->resv);

	mutex_lock(&buf->lock);
	buf->skip_clean = skip;
	mutex_unlock(&buf->lock);
}
EXPORT_SYMBOL_NS_GPL(zap_heap_skip_clean, ZAP_HEAP);

/**
 * zap_heap_stop_at - make the next change of a buffer stop for a while
 * @dmabuf: the buffer
 * @where: enum zap_bench_stop_at
 * @ms: how long
 *
 * It takes no lock, so that it can be called while a change is going on.
 */
void zap_heap_stop_at(struct dma_buf *dmabuf, u32 where, u32 ms)
{
	struct zap_heap_buffer *buf = dmabuf->priv;

	WRITE_ONCE(buf->stop_ms, ms);
	WRITE_ONCE(buf->stop_at, where);
}
EXPORT_SYMBOL_NS_GPL(zap_heap_stop_at, ZAP_HEAP);

/**
 * zap_heap_get_alias - the device's own view of a buffer
 * @dmabuf: the buffer
 * @coherent: for a device that snoops the CPU's caches
 *
 * A buffer that is never cacheable gets no cacheable alias.  A device that
 * snoops cannot map it.
 *
 * Return: an address at which to access the buffer as the device would: without
 * the caches if the device does not snoop.  NULL if there is no memory.
 */
void *zap_heap_get_alias(struct dma_buf *dmabuf, bool coherent)
{
	struct zap_heap_buffer *buf = dmabuf->priv;
	bool cached = coherent && buf->policy != ZAP_BENCH_POLICY_UNCACHED &&
		      buf->policy != ZAP_BENCH_POLICY_REFUSE;
	struct page **pages;
	unsigned long i;
	void *vaddr;

	pages = kvmalloc_array(buf->nr_pages, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return NULL;
	for (i = 0; i < buf->nr_pages; i++)
		pages[i] = pfn_to_page(buf->pfns[i]);
	vaddr = vmap(pages, buf->nr_pages, VM_MAP,
		     cached ? PAGE_KERNEL : pgprot_writecombine(PAGE_KERNEL));
	kvfree(pages);

	return vaddr;
}
EXPORT_SYMBOL_NS_GPL(zap_heap_get_alias, ZAP_HEAP);

/**
 * zap_heap_put_alias - release an alias
 * @vaddr: what zap_heap_get_alias() returned
 */
void zap_heap_put_alias(void *vaddr)
{
	vunmap(vaddr);
}
EXPORT_SYMBOL_NS_GPL(zap_heap_put_alias, ZAP_HEAP);

static u32 zap_heap_memtype(u64 raw)
{
	switch (raw & PTE_ATTRINDX_MASK) {
	case PTE_ATTRINDX(MT_NORMAL):
	case PTE_ATTRINDX(MT_NORMAL_TAGGED):
		return ZAP_BENCH_MEM_CACHED;
	case PTE_ATTRINDX(MT_NORMAL_NC):
		return ZAP_BENCH_MEM_WC;
	case PTE_ATTRINDX(MT_DEVICE_nGnRnE):
	case PTE_ATTRINDX(MT_DEVICE_nGnRE):
		return ZAP_BENCH_MEM_DEVICE;
	default:
		return ZAP_BENCH_MEM_OTHER;
	}
}

static void zap_heap_decode(struct zap_bench_pte *out, pte_t pte, u64 size)
{
	out->raw = pte_val(pte);
	out->size_bytes = size;
	out->memtype = zap_heap_memtype(pte_val(pte));
	/* A write to a clean PTE faults if the CPU sets no dirty bit. */
	if (pte_write(pte) && pte_dirty(pte))
		out->flags |= ZAP_BENCH_PTE_WRITE;
	if (pte_dirty(pte))
		out->flags |= ZAP_BENCH_PTE_DIRTY;
	if (pte_young(pte))
		out->flags |= ZAP_BENCH_PTE_YOUNG;
	if (pte_special(pte))
		out->flags |= ZAP_BENCH_PTE_SPECIAL;
	if (pte_cont(pte))
		out->flags |= ZAP_BENCH_PTE_CONT;
}

/*
 * Called with mmap_lock held and a VMA at @addr, or for an address that the
 * kernel has mapped: page tables stay there.
 */
static void zap_heap_walk(struct mm_struct *mm, unsigned long addr,
			  struct zap_bench_pte *out)
{
	pgd_t *pgd = pgd_offset(mm, addr);
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd, entry;
	pte_t *pte, leaf;

	if (pgd_none(READ_ONCE(*pgd)))
		return;
	p4d = p4d_offset(pgd, addr);
	if (p4d_none(READ_ONCE(*p4d)))
		return;
	pud = pud_offset(p4d, addr);
	if (!pud_present(READ_ONCE(*pud)))
		return;
	if (pud_leaf(READ_ONCE(*pud))) {
		zap_heap_decode(out, pud_pte(READ_ONCE(*pud)), PUD_SIZE);
		return;
	}
	pmd = pmd_offset(pud, addr);
	entry = pmdp_get_lockless(pmd);
	if (!pmd_present(entry))
		return;
	if (pmd_leaf(entry)) {
		zap_heap_decode(out, pmd_pte(entry), PMD_SIZE);
		return;
	}

	/* Any value that it had during the call is correct: no lock. */
	pte = pte_offset_map(pmd, addr);
	if (!pte)
		return;
	/* pte_offset_map() took it; sparse does not see that. */
	__acquire(RCU);
	leaf = ptep_get(pte);
	if (pte_present(leaf))
		zap_heap_decode(out, leaf, PAGE_SIZE);
	pte_unmap(pte);
}

/**
 * zap_heap_kernel_memtype - the kind of memory that the kernel has mapped
 * @vaddr: an address that vmap() has returned
 *
 * Return: enum zap_bench_memtype, as the page table has it.
 */
u32 zap_heap_kernel_memtype(const void *vaddr)
{
	struct zap_bench_pte pte = {};

	zap_heap_walk(&init_mm, (unsigned long)vaddr, &pte);

	return pte.memtype;
}
EXPORT_SYMBOL_NS_GPL(zap_heap_kernel_memtype, ZAP_HEAP);

/**
 * zap_heap_get_stats - read a buffer's counters
 * @dmabuf: the buffer
 * @stats: where to
 *
 * Faults may run at the same time, so the counters may not agree with each
 * other.
 */
void zap_heap_get_stats(struct dma_buf *dmabuf, struct zap_bench_stats *stats)
{
	struct zap_heap_buffer *buf = dmabuf->priv;
	struct zap_heap_counters *count = &buf->count;
	struct zap_heap_fault_counters faults;
	struct zap_heap_attachment *a;

	memset(stats, 0, sizeof(*stats));

	mutex_lock(&buf->lock);
	stats->policy = buf->asked;
	stats->granularity = buf->type->gran;
	/* Only a holder of the lock changes it. */
	stats->state = buf->state;
	if (buf->type->gran == ZAP_BENCH_GRAN_AROUND)
		stats->around_pages = ZAP_HEAP_AROUND_PAGES;
	if (buf->type->gran == ZAP_BENCH_GRAN_CONTPTE)
		stats->around_pages = ZAP_HEAP_CONTPTE_PAGES;
	stats->pages = buf->nr_pages;
	stats->chunks = buf->chunks;
	stats->chunks_pmd = buf->pmd_pages / ZAP_HEAP_PMD_PAGES;
	list_for_each_entry(a, &buf->attachments, list)
		stats->attachments++;
	stats->device_maps = buf->device_maps;
	stats->vmaps = !!buf->vmap_cnt;
	if (buf->vmap_cnt)
		stats->vmap_memtype = zap_heap_kernel_memtype(buf->vaddr);
	stats->alias_removed = zap_heap_alias_gone(buf);
	stats->transitions_to_wc = count->transitions_to_wc;
	stats->transitions_to_cached = count->transitions_to_cached;
	stats->zaps = count->zaps;
	stats->zaps_uncounted = count->zaps_uncounted;
	stats->ptes_zapped = count->ptes_zapped;
	stats->pmds_zapped = count->pmds_zapped;
	stats->cleaned_bytes = count->cleaned;
	stats->invalidated_bytes = count->invalidated;
	mutex_unlock(&buf->lock);

	zap_heap_sum_faults(buf, &faults);
	stats->refaults = faults.fills + faults.pmds_inserted -
			  faults.start_fills;
	stats->populates = faults.populates;
	stats->ptes_inserted = faults.ptes_inserted;
	stats->pmds_inserted = faults.pmds_inserted;
	stats->huge_fallbacks = faults.huge_fallbacks;
	stats->state_ns = atomic64_read(&count->state_ns);
	stats->zap_ns = atomic64_read(&count->zap_ns);
	stats->clean_ns = atomic64_read(&count->clean_ns);
	stats->map_ns = atomic64_read(&count->map_ns);
	stats->refault_ns = faults.refault_ns;
}
EXPORT_SYMBOL_NS_GPL(zap_heap_get_stats, ZAP_HEAP);

/* It takes a page out of the linear mapping for a moment: once is enough. */
static bool zap_heap_alias_is_removable(void)
{
	static DEFINE_MUTEX(lock);
	static bool known, removable;

	mutex_lock(&lock);
	if (!known) {
		removable = zap_heap_alias_removable();
		known = true;
	}
	mutex_unlock(&lock);

	return removable;
}

/**
 * zap_heap_get_info - tell what the heaps were built with
 * @info: where to; the caller has filled it with zeroes
 */
void zap_heap_get_info(struct zap_bench_info *info)
{
	unsigned int gran;

	info->version = ZAP_BENCH_VERSION;
	info->policies =
		IS_ENABLED(CONFIG_DMABUF_HEAPS_ZAP_EAGER) <<
			ZAP_BENCH_POLICY_EAGER |
		IS_ENABLED(CONFIG_DMABUF_HEAPS_ZAP_LAZY) <<
			ZAP_BENCH_POLICY_LAZY |
		IS_ENABLED(CONFIG_DMABUF_HEAPS_ZAP_CACHED) <<
			ZAP_BENCH_POLICY_CACHED |
		IS_ENABLED(CONFIG_DMABUF_HEAPS_ZAP_UNCACHED) <<
			ZAP_BENCH_POLICY_UNCACHED |
		IS_ENABLED(CONFIG_DMABUF_HEAPS_ZAP_REFUSE) <<
			ZAP_BENCH_POLICY_REFUSE;
	info->granularities =
		IS_ENABLED(CONFIG_DMABUF_HEAPS_ZAP_PAGE) <<
			ZAP_BENCH_GRAN_PAGE |
		IS_ENABLED(CONFIG_DMABUF_HEAPS_ZAP_AROUND) <<
			ZAP_BENCH_GRAN_AROUND |
		IS_ENABLED(CONFIG_DMABUF_HEAPS_ZAP_BUFFER) <<
			ZAP_BENCH_GRAN_BUFFER |
		IS_ENABLED(CONFIG_DMABUF_HEAPS_ZAP_HUGE) <<
			ZAP_BENCH_GRAN_HUGE |
		IS_ENABLED(CONFIG_DMABUF_HEAPS_ZAP_CONTPTE) <<
			ZAP_BENCH_GRAN_CONTPTE;
	info->around_pages = ZAP_HEAP_AROUND_PAGES;
	info->contpte_pages = ZAP_HEAP_CONTPTE_PAGES;
	info->page_bytes = PAGE_SIZE;
	info->pmd_bytes = PMD_SIZE;
	info->vmap_fails = IS_ENABLED(CONFIG_DMABUF_HEAPS_ZAP_VMAP_FAIL);
	info->direct_map_removable = zap_heap_alias_is_removable();
	info->refuse_cached =
		IS_ENABLED(CONFIG_DMABUF_HEAPS_ZAP_REFUSE_CACHED);
	for (gran = 0; gran <= ZAP_BENCH_GRAN_CONTPTE; gran++)
		if (info->granularities & BIT(gran) &&
		    zap_heap_start_fills(gran))
			info->start_fills |= BIT(gran);
	if (IS_ENABLED(CONFIG_DMABUF_HEAPS_ZAP_FLAGS))
		info->heap_flags = DMA_HEAP_FLAG_ZAP_EAGER |
				   DMA_HEAP_FLAG_ZAP_LAZY;
	/* CTR_EL0.DminLine is the log2 of words. */
	info->dcache_line_bytes = 4U << ((read_cpuid_cachetype() >> 16) & 0xf);
	/* What is evicted together, which may be more than one such line. */
	info->sync_align_bytes = cache_line_size();
	info->timing = static_key_count(&zap_heap_timing.key);
}
EXPORT_SYMBOL_NS_GPL(zap_heap_get_info, ZAP_HEAP);

/** zap_heap_get_timing - switch the counters' times on */
void zap_heap_get_timing(void)
{
	static_branch_inc(&zap_heap_timing);
}
EXPORT_SYMBOL_NS_GPL(zap_heap_get_timing, ZAP_HEAP);

/** zap_heap_put_timing - switch them off when the last user is gone */
void zap_heap_put_timing(void)
{
	static_branch_dec(&zap_heap_timing);
}
EXPORT_SYMBOL_NS_GPL(zap_heap_put_timing, ZAP_HEAP);

/**
 * zap_heap_get_pte - look at an entry of the caller's page tables
 * @pte: has the address, and gets the rest
 *
 * The entry itself has a physical address in it, which is not for everybody.
 *
 * Return: 0, or -EFAULT if nothing is mapped at the address.
 */
int zap_heap_get_pte(struct zap_bench_pte *pte)
{
	unsigned long addr = untagged_addr(pte->address);
	struct mm_struct *mm = current->mm;
	int ret = 0;

	pte->raw = 0;
	pte->size_bytes = 0;
	pte->memtype = ZAP_BENCH_MEM_NONE;
	pte->flags = 0;

	mmap_read_lock(mm);
	if (vma_lookup(mm, addr))
		zap_heap_walk(mm, addr, pte);
	else
		ret = -EFAULT;
	mmap_read_unlock(mm);
	if (!capable(CAP_SYS_ADMIN))
		pte->raw = 0;

	return ret;
}
EXPORT_SYMBOL_NS_GPL(zap_heap_get_pte, ZAP_HEAP);
