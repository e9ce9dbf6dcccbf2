// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA-BUF zap heaps: changing a buffer's state
 *
 * A buffer becomes write-combined in this order, which everything here depends
 * on:
 *
 *   1. faults are kept out, and the state becomes MOVING,
 *   2. every PTE is removed, with the TLB entries: from here on nobody can
 *      dirty a cache line through a user mapping,
 *   3. the lines are cleaned,
 *   4. the new state is published: faults insert write-combined PTEs.
 *
 * Clean lines may stay in the caches.  They are never written back, and no
 * access through a write-combined mapping looks at them.  The way back has the
 * same order, with an invalidation as the third step: then the lines would hide
 * what the device wrote, and what the CPU wrote past them.
 *
 * A buffer that stays cacheable while a device that does not snoop has it
 * mapped is cleaned and invalidated in the same order.  What the CPU stores
 * between the two would be lost.
 *
 * If the clean came before the zap, the CPU could dirty a line between the two.
 * That line would be written back later, over data that the device wrote, or
 * that was written through the new mappings.
 *
 * The cacheable alias in the linear mapping stays (except under REFUSE), and
 * the CPU may load lines through it speculatively.  Nobody writes through it
 * while the buffer is write-combined, so such lines are clean, and they are
 * invalidated before anybody reads the buffer through a cacheable mapping.
 */

#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/platform_device.h>
#include <linux/sched.h>
#include <linux/set_memory.h>

#include <asm/tlbflush.h>

#define CREATE_TRACE_POINTS
#include <trace/events/zap_heap.h>

#include "zap_heap.h"

DEFINE_STATIC_KEY_FALSE(zap_heap_timing);

/*
 * Cache maintenance is done for this device, which does not snoop, and not for
 * the importer's: if the importer snoops, the DMA API does nothing at all.
 */
static struct platform_device *zap_heap_pdev;

struct device *zap_heap_device(void)
{
	return &zap_heap_pdev->dev;
}

int zap_heap_create_device(void)
{
	struct platform_device_info info = {
		.name = "zap-heap",
		.id = PLATFORM_DEVID_NONE,
		.dma_mask = DMA_BIT_MASK(64),
	};
	struct platform_device *pdev = platform_device_register_full(&info);

	if (IS_ERR(pdev))
		return PTR_ERR(pdev);
	/* Then the DMA API would maintain the copy, not the buffer. */
	if (dma_max_mapping_size(&pdev->dev) != SIZE_MAX) {
		platform_device_unregister(pdev);
		return -EOPNOTSUPP;
	}
	/* A chunk is one segment, whatever its size. */
	dma_set_max_seg_size(&pdev->dev, UINT_MAX);
	zap_heap_pdev = pdev;

	return 0;
}

/**
 * zap_heap_alloc_cpu - what faults write to, for a new buffer
 *
 * Return: for free_percpu(), or NULL if there is no memory.
 */
struct zap_heap_cpu __percpu *zap_heap_alloc_cpu(void)
{
	struct zap_heap_cpu __percpu *per_cpu;
	int cpu;

	per_cpu = alloc_percpu(struct zap_heap_cpu);
	if (!per_cpu)
		return NULL;
	for_each_possible_cpu(cpu)
		init_rwsem(&per_cpu_ptr(per_cpu, cpu)->state_sem);

	return per_cpu;
}

/**
 * zap_heap_lock_state - keep faults out, of all CPUs
 * @buf: the buffer; its lock is held
 *
 * When this returns, every fault that saw the state before is done, and what it
 * put in will be found by a zap.  Faults that come later wait.
 */
void zap_heap_lock_state(struct zap_heap_buffer *buf)
{
	int cpu;

	for_each_possible_cpu(cpu)
		down_write_nest_lock(&per_cpu_ptr(buf->cpu, cpu)->state_sem,
				     &buf->lock);
}

/**
 * zap_heap_unlock_state - let faults in again
 * @buf: the buffer, after zap_heap_lock_state()
 */
void zap_heap_unlock_state(struct zap_heap_buffer *buf)
{
	int cpu;

	for_each_possible_cpu(cpu)
		up_write(&per_cpu_ptr(buf->cpu, cpu)->state_sem);
}

/* Called with faults kept out. */
void zap_heap_set_state(struct zap_heap_buffer *buf, unsigned int state)
{
	KUNIT_STATIC_STUB_REDIRECT(zap_heap_set_state, buf, state);

	trace_zap_heap_state(file_inode(buf->dmabuf->file)->i_ino, state);
	buf->state = state;
}

/**
 * zap_heap_sum_faults - add up what faults have counted on all CPUs
 * @buf: the buffer
 * @sum: where to
 */
void zap_heap_sum_faults(const struct zap_heap_buffer *buf,
			 struct zap_heap_fault_counters *sum)
{
	int cpu;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		const struct zap_heap_fault_counters *count =
			&per_cpu_ptr(buf->cpu, cpu)->count;

		sum->fills += READ_ONCE(count->fills);
		sum->ptes_inserted += READ_ONCE(count->ptes_inserted);
		sum->pmds_inserted += READ_ONCE(count->pmds_inserted);
		sum->start_fills += READ_ONCE(count->start_fills);
		sum->populates += READ_ONCE(count->populates);
		sum->huge_fallbacks += READ_ONCE(count->huge_fallbacks);
		sum->refault_ns += READ_ONCE(count->refault_ns);
	}
}

/* Counts a zap: what has been put in since the one before is gone. */
static void zap_heap_count_zap(struct zap_heap_buffer *buf)
{
	struct zap_heap_counters *count = &buf->count;
	u64 ptes = 0, pmds = 0;
	int cpu;

	if (!ZAP_HEAP_COUNTS)
		return;

	for_each_possible_cpu(cpu) {
		ptes += per_cpu_ptr(buf->cpu, cpu)->count.ptes_inserted;
		pmds += per_cpu_ptr(buf->cpu, cpu)->count.pmds_inserted;
	}
	count->zaps++;
	if (READ_ONCE(buf->uncounted)) {
		WRITE_ONCE(buf->uncounted, false);
		count->zaps_uncounted++;
	} else {
		count->ptes_zapped += ptes - count->seen_ptes;
		count->pmds_zapped += pmds - count->seen_pmds;
	}
	count->seen_ptes = ptes;
	count->seen_pmds = pmds;
}

/**
 * zap_heap_zap - remove all user mappings
 * @buf: the buffer; faults are kept out
 *
 * Every dma-buf has an address space of its own, whose i_mmap knows all VMAs of
 * all processes, forked and split and moved ones too.  When this returns the
 * PTEs are gone and the TLBs are flushed.
 */
void zap_heap_zap(struct zap_heap_buffer *buf)
{
	u64 start = zap_heap_clock();

	KUNIT_STATIC_STUB_REDIRECT(zap_heap_zap, buf);

	unmap_mapping_pages(buf->dmabuf->file->f_mapping, 0, 0, true);

	zap_heap_count_zap(buf);
	zap_heap_account(&buf->count.zap_ns, start);
	trace_zap_heap_zap(file_inode(buf->dmabuf->file)->i_ino, buf->nr_pages);
}

/**
 * zap_heap_clean - write all cache lines to memory, and keep them
 * @buf: the buffer; its lock is held, or nobody else knows it yet
 *
 * To become write-combined it needs no more.  The architecture asks for a clean
 * before a location is accessed past the caches, so that no dirty line is
 * written over it later, and for an invalidation before it is read through them
 * again.  The second is zap_heap_invalidate(), on the way back.
 *
 * Nothing is lost that is stored through a cacheable mapping meanwhile.
 */
void zap_heap_clean(struct zap_heap_buffer *buf)
{
	size_t bytes = buf->nr_pages << PAGE_SHIFT;
	u64 start = zap_heap_clock();

	KUNIT_STATIC_STUB_REDIRECT(zap_heap_clean, buf);

	if (WARN_ON_ONCE(buf->alias_removed))
		return;

	if (!buf->skip_clean) {
		dma_sync_sgtable_for_device(zap_heap_device(), &buf->sgt,
					    DMA_BIDIRECTIONAL);
		zap_heap_stop(buf, ZAP_BENCH_STOP_CLEANED);
		buf->count.cleaned += bytes;
	}
	zap_heap_account(&buf->count.clean_ns, start);
	trace_zap_heap_clean(buf->dmabuf ? file_inode(buf->dmabuf->file)->i_ino
					 : 0, bytes, !buf->skip_clean, false);
}

/**
 * zap_heap_invalidate - drop all cache lines
 * @buf: the buffer, with no user mapping; its lock is held, faults are kept out
 *
 * They are clean: the buffer was write-combined, or has just been cleaned.
 */
void zap_heap_invalidate(struct zap_heap_buffer *buf)
{
	size_t bytes = buf->nr_pages << PAGE_SHIFT;
	u64 start = zap_heap_clock();

	KUNIT_STATIC_STUB_REDIRECT(zap_heap_invalidate, buf);

	if (WARN_ON_ONCE(buf->alias_removed))
		return;

	dma_sync_sgtable_for_cpu(zap_heap_device(), &buf->sgt,
				 DMA_BIDIRECTIONAL);
	buf->count.invalidated += bytes;
	zap_heap_account(&buf->count.clean_ns, start);
	trace_zap_heap_clean(file_inode(buf->dmabuf->file)->i_ino, bytes, false,
			     true);
}

/**
 * zap_heap_drain - push what the CPU wrote out of its write buffer
 * @buf: the buffer, write-combined
 */
void zap_heap_drain(struct zap_heap_buffer *buf)
{
	KUNIT_STATIC_STUB_REDIRECT(zap_heap_drain, buf);

	/* What was written reaches memory before the device is told of it. */
	wmb();
}

/**
 * zap_heap_stop - stop here for a while if a test has asked for it
 * @buf: the buffer
 * @where: enum zap_bench_stop_at
 */
void zap_heap_stop(struct zap_heap_buffer *buf, unsigned int where)
{
	if (!IS_ENABLED(CONFIG_DMABUF_HEAPS_ZAP_BENCH) ||
	    likely(READ_ONCE(buf->stop_at) != where))
		return;

	WRITE_ONCE(buf->stop_at, ZAP_BENCH_STOP_NOWHERE);
	schedule_timeout_killable(msecs_to_jiffies(READ_ONCE(buf->stop_ms)));
}

/*
 * To write-combined, back to cacheable, or cacheable as before with nothing in
 * the caches.  It takes a time that grows with the size of the buffer, and
 * faults wait for its end.
 */
static void zap_heap_move(struct zap_heap_buffer *buf,
			  enum zap_heap_action action, unsigned int state)
{
	u64 start = zap_heap_clock();
	unsigned int old = buf->state;

	zap_heap_lock_state(buf);
	zap_heap_account(&buf->count.state_ns, start);

	zap_heap_set_state(buf, ZAP_HEAP_MOVING);
	zap_heap_zap(buf);
	zap_heap_stop(buf, ZAP_BENCH_STOP_ZAPPED);
	if (action != ZAP_HEAP_TO_CACHED)
		zap_heap_clean(buf);
	if (state == ZAP_BENCH_STATE_CPU_CACHED)
		zap_heap_invalidate(buf);
	if (state != ZAP_BENCH_STATE_CPU_CACHED)
		buf->count.transitions_to_wc++;
	else if (state != old)
		buf->count.transitions_to_cached++;
	zap_heap_set_state(buf, state);

	zap_heap_unlock_state(buf);
}

/**
 * zap_heap_sync_one - maintain the caches for an importer
 * @buf: the buffer, under policy cached; its lock is held
 * @a: the importer; it has the buffer mapped
 * @for_cpu: for an access by the CPU, else for one by the device
 */
void zap_heap_sync_one(struct zap_heap_buffer *buf,
		       struct zap_heap_attachment *a, bool for_cpu)
{
	u64 start = zap_heap_clock();

	KUNIT_STATIC_STUB_REDIRECT(zap_heap_sync_one, buf, a, for_cpu);

	/* The direction of the mapping is what the DMA API knows. */
	if (for_cpu)
		dma_sync_sgtable_for_cpu(a->dev, &a->sgt, a->dir);
	else
		dma_sync_sgtable_for_device(a->dev, &a->sgt, a->dir);
	if (for_cpu && !a->coherent)
		buf->count.invalidated += buf->nr_pages << PAGE_SHIFT;
	if (!for_cpu && !a->coherent)
		buf->count.cleaned += buf->nr_pages << PAGE_SHIFT;
	zap_heap_account(&buf->count.clean_ns, start);
	trace_zap_heap_clean(file_inode(buf->dmabuf->file)->i_ino,
			     buf->nr_pages << PAGE_SHIFT, !for_cpu, for_cpu);
}

/**
 * zap_heap_sync_importer - maintain the caches, and lose nothing that is there
 * @buf: the buffer, under policy cached; its lock is held
 * @a: the importer; it has the buffer mapped
 * @for_cpu: for an access by the CPU, else for one by the device
 *
 * What a device that snoops writes may stay in the caches, and what is copied
 * from a bounce buffer does.  Where the DMA API makes visible what another
 * device wrote, it drops such lines with all others.  So they are cleaned first,
 * for the heap's own device: @a may have a bounce buffer, and to sync for @a
 * would overwrite that.
 *
 * In a buffer that no such device has had, only the CPU dirties lines, and its
 * END of a write has cleaned them.
 */
void zap_heap_sync_importer(struct zap_heap_buffer *buf,
			    struct zap_heap_attachment *a, bool for_cpu)
{
	if (for_cpu && buf->dirtied && !a->coherent)
		zap_heap_clean(buf);
	zap_heap_sync_one(buf, a, for_cpu);
}

/*
 * All importers have the same memory, so one pass over its lines is for all.
 * The passes are by the importers' devices, not by the heap's: bounce buffers
 * are known to them only, and each has its own.  Those come last, since they
 * are copied to memory through the caches.
 */
static void zap_heap_sync_importers(struct zap_heap_buffer *buf, bool for_cpu,
				    enum dma_data_direction dir)
{
	struct zap_heap_attachment *a, *one;

	if (buf->vmap_cnt && for_cpu)
		invalidate_kernel_vmap_range(buf->vaddr,
					     buf->nr_pages << PAGE_SHIFT);
	else if (buf->vmap_cnt)
		flush_kernel_vmap_range(buf->vaddr,
					buf->nr_pages << PAGE_SHIFT);

	one = zap_heap_one_for_all(buf, for_cpu, dir);
	if (one)
		zap_heap_sync_importer(buf, one, for_cpu);
	list_for_each_entry(a, &buf->attachments, list) {
		if (a->bounces && zap_heap_concerns(a, for_cpu, dir))
			zap_heap_sync_importer(buf, a, for_cpu);
	}
}

/**
 * zap_heap_event - do what the policy decides at an event
 * @buf: the buffer; its lock is held
 * @event: what happens to it
 * @dir: direction of the CPU's access, for START and END; else DMA_NONE
 *
 * Return: 0, or the -errno that the event is to be refused with.
 */
int zap_heap_event(struct zap_heap_buffer *buf, enum zap_heap_event event,
		   enum dma_data_direction dir)
{
	struct zap_heap_view view;
	int action;

	lockdep_assert_held(&buf->lock);

	zap_heap_look(buf, &view);
	action = zap_heap_decide(&view, event);
	if (action < 0)
		return action;

	if (event == ZAP_HEAP_EV_MAP && action == ZAP_HEAP_WRITE_BACK &&
	    view.vmapped)
		pr_warn_ratelimited("%s: stays cacheable while it is mapped in the kernel\n",
				    buf->type->name);

	switch (action) {
	case ZAP_HEAP_TO_WC:
		zap_heap_move(buf, action, ZAP_BENCH_STATE_CPU_WC);
		break;
	case ZAP_HEAP_TO_DEVICE:
		zap_heap_move(buf, action, ZAP_BENCH_STATE_DEVICE);
		break;
	case ZAP_HEAP_TO_CACHED:
	case ZAP_HEAP_REFRESH:
		zap_heap_move(buf, action, ZAP_BENCH_STATE_CPU_CACHED);
		buf->stale = buf->device_maps > buf->coherent_maps;
		break;
	case ZAP_HEAP_WRITE_BACK:
		zap_heap_clean(buf);
		buf->stale = true;
		break;
	case ZAP_HEAP_SYNC_FOR_CPU:
		zap_heap_sync_importers(buf, true, dir);
		break;
	case ZAP_HEAP_SYNC_FOR_DEVICE:
		zap_heap_sync_importers(buf, false, dir);
		break;
	case ZAP_HEAP_DRAIN:
		zap_heap_drain(buf);
		break;
	}

	return 0;
}

/*
 * Policy REFUSE.  Outside of arm64 its Kconfig option is not there, and neither
 * may be the functions for it.
 */
#ifdef CONFIG_DMABUF_HEAPS_ZAP_REFUSE

/* The helper reports success where it could not do anything at all. */
static bool zap_heap_hide_page(struct page *page)
{
	return !set_direct_map_invalid_noflush(page) &&
	       !kernel_page_present(page);
}

static bool zap_heap_show_page(struct page *page)
{
	return !set_direct_map_default_noflush(page) &&
	       kernel_page_present(page);
}

static void zap_heap_flush_alias(unsigned long pfn, unsigned long nr)
{
	unsigned long addr = (unsigned long)page_address(pfn_to_page(pfn));

	flush_tlb_kernel_range(addr, addr + (nr << PAGE_SHIFT));
}

/**
 * zap_heap_restore_alias - put the pages back into the linear mapping
 * @buf: the buffer; nobody else knows it
 *
 * Return: false if a page is still missing.  The pages must not go back to the
 * page allocator then, because it would access them there.
 */
bool zap_heap_restore_alias(struct zap_heap_buffer *buf)
{
	bool ok = true;
	unsigned long i;

	for (i = 0; i < buf->nr_pages; i++)
		ok &= zap_heap_show_page(pfn_to_page(buf->pfns[i]));
	buf->alias_removed = !ok;

	return ok;
}

/**
 * zap_heap_remove_alias - take the pages out of the linear mapping
 * @buf: the buffer; nobody else knows it, and it has been cleaned
 *
 * Return: whether all of them are out.  If not, all are in.
 */
bool zap_heap_remove_alias(struct zap_heap_buffer *buf)
{
	struct scatterlist *sg;
	unsigned long i;
	int j;

	KUNIT_STATIC_STUB_REDIRECT(zap_heap_remove_alias, buf);

	for (i = 0; i < buf->nr_pages; i++) {
		if (!zap_heap_hide_page(pfn_to_page(buf->pfns[i])))
			goto restore;
	}
	for_each_sgtable_sg(&buf->sgt, sg, j)
		zap_heap_flush_alias(page_to_pfn(sg_page(sg)),
				     sg->length >> PAGE_SHIFT);
	buf->alias_removed = true;

	return true;

restore:
	WARN_ON_ONCE(!zap_heap_restore_alias(buf));
	return false;
}

/**
 * zap_heap_alias_gone - look whether any page is in the linear mapping
 * @buf: the buffer; its lock is held
 *
 * Return: true if none is.  The page tables decide, not what was asked for.
 */
bool zap_heap_alias_gone(const struct zap_heap_buffer *buf)
{
	unsigned long i;

	if (!buf->alias_removed)
		return false;
	for (i = 0; i < buf->nr_pages; i++)
		if (kernel_page_present(pfn_to_page(buf->pfns[i])))
			return false;

	return true;
}

/* Whether this machine can do it at all; tries one page. */
bool zap_heap_alias_removable(void)
{
	struct page *page = alloc_page(GFP_KERNEL);
	bool ok;

	if (!page)
		return false;
	ok = zap_heap_hide_page(page);
	zap_heap_flush_alias(page_to_pfn(page), 1);
	/* A page that cannot return to the linear mapping is unusable. */
	if (!WARN_ON_ONCE(!zap_heap_show_page(page)))
		__free_page(page);

	return ok;
}

#else /* !CONFIG_DMABUF_HEAPS_ZAP_REFUSE */

bool zap_heap_restore_alias(struct zap_heap_buffer *buf)
{
	return true;
}

bool zap_heap_remove_alias(struct zap_heap_buffer *buf)
{
	return false;
}

bool zap_heap_alias_gone(const struct zap_heap_buffer *buf)
{
	return false;
}

bool zap_heap_alias_removable(void)
{
	return false;
}

#endif /* CONFIG_DMABUF_HEAPS_ZAP_REFUSE */
