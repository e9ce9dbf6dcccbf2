// SPDX-License-Identifier: GPL-2.0-only
/*
 * The zap heaps as a module of a stock kernel: memory types of x86_64
 */

/* The functions of the DMA API themselves are needed here. */
#undef dma_sync_sgtable_for_device
#undef dma_sync_sgtable_for_cpu
#undef dma_unmap_sgtable

#include <linux/dma-direct.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/set_memory.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <asm/cacheflush.h>
#include <asm/memtype.h>

#include "../src/drivers/dma-buf/heaps/zap_heap.h"

int stock_look_at_machine(void)
{
	if (pat_enabled())
		return 0;
	pr_err("zap_heap: this machine has no PAT, so no write-combined memory\n");
	return -EOPNOTSUPP;
}

/* The bits of a page table entry that choose one of the types of the PAT. */
u32 stock_memtype(u64 raw)
{
	u64 wc = pgprot_val(pgprot_writecombine(__pgprot(0)));

	raw &= _PAGE_CACHE_MASK;
	if (raw == wc)
		return ZAP_BENCH_MEM_WC;
	if (raw == _PAGE_PCD || raw == (_PAGE_PCD | _PAGE_PWT))
		return ZAP_BENCH_MEM_DEVICE;

	return raw ? ZAP_BENCH_MEM_OTHER : ZAP_BENCH_MEM_CACHED;
}

/* All devices but those of the heaps and of the importer are real, and snoop. */
bool stock_is_coherent(struct device *dev)
{
	static const char *const names[] = {
		"zap-heap", "zap-bench", "zap-bench-narrow"
	};

	return match_string(names, ARRAY_SIZE(names), dev_name(dev)) < 0;
}

static int stock_set_pages(struct page **pages, int nr, bool wc)
{
	return wc ? set_pages_array_wc(pages, nr) : set_pages_array_wb(pages, nr);
}

/*
 * Gives the buffer's pages in the linear mapping their type.  It costs what x86
 * asks for: the linear mapping is split into small pages, and all CPUs flush
 * their TLBs and the lines.
 */
static void stock_set_linear(struct zap_heap_buffer *buf, bool wc)
{
	struct page **pages = kvmalloc_array(buf->nr_pages, sizeof(*pages),
					     GFP_KERNEL);
	unsigned long i;
	int ret = 0;

	for (i = 0; i < buf->nr_pages; i++) {
		struct page *page = pfn_to_page(buf->pfns[i]);

		if (pages)
			pages[i] = page;
		else
			ret = stock_set_pages(&page, 1, wc) ?: ret;
	}
	if (pages)
		ret = stock_set_pages(pages, buf->nr_pages, wc);
	kvfree(pages);
	if (ret)
		pr_err_ratelimited("%s: the linear mapping keeps another memory type: %d\n",
				   buf->type->name, ret);
}

/* CLFLUSH writes a line back and drops it. */
static void stock_flush(struct sg_table *sgt)
{
	struct scatterlist *sg;
	int i;

	for_each_sgtable_sg(sgt, sg, i)
		clflush_cache_range(sg_virt(sg), sg->length);
}

/* The buffer, if it is its heap that syncs it. */
static struct zap_heap_buffer *stock_own(struct device *dev,
					 struct sg_table *sgt)
{
	return dev == zap_heap_device() ?
	       container_of(sgt, struct zap_heap_buffer, sgt) : NULL;
}

/*
 * Whether a sync belongs to a change between cached and write-combined.  What
 * is mapped in the kernel or by a device that snoops stays cached, and so does
 * what is not on its way to another state.  A new buffer is cleaned only to be
 * write-combined from birth.
 */
static bool stock_changes(const struct zap_heap_buffer *buf)
{
	if (!buf->dmabuf)
		return true;
	return buf->state == ZAP_HEAP_MOVING && !buf->vmap_cnt &&
	       !buf->coherent_maps;
}

void stock_sync_for_device(struct device *dev, struct sg_table *sgt,
			   enum dma_data_direction dir)
{
	struct zap_heap_buffer *buf = stock_own(dev, sgt);

	if (stock_is_coherent(dev))
		dma_sync_sgtable_for_device(dev, sgt, dir);
	else if (buf && stock_changes(buf))
		stock_set_linear(buf, true);
	else
		stock_flush(sgt);
}

void stock_sync_for_cpu(struct device *dev, struct sg_table *sgt,
			enum dma_data_direction dir)
{
	struct zap_heap_buffer *buf = stock_own(dev, sgt);

	if (stock_is_coherent(dev))
		dma_sync_sgtable_for_cpu(dev, sgt, dir);
	else if (buf && stock_changes(buf))
		stock_set_linear(buf, false);
	else
		stock_flush(sgt);
}

/* A part of a buffer stays what it is.  A real device snoops. */
void stock_sync_range(struct device *dev, dma_addr_t addr, unsigned long offset,
		      size_t bytes)
{
	if (!stock_is_coherent(dev))
		clflush_cache_range(phys_to_virt(dma_to_phys(dev,
							     addr + offset)),
				    bytes);
}

void stock_unmap(struct device *dev, struct sg_table *sgt,
		 enum dma_data_direction dir, unsigned long attrs)
{
	struct zap_heap_buffer *buf = stock_own(dev, sgt);

	if (buf && buf->state != ZAP_BENCH_STATE_CPU_CACHED)
		stock_set_linear(buf, false);
	dma_unmap_sgtable(dev, sgt, dir, attrs);
}
