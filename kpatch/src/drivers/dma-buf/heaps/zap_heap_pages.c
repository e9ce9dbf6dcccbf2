// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA-BUF heaps that remove CPU mappings and fault them back in: their memory
 */

#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/pgtable.h>
#include <linux/scatterlist.h>
#include <linux/sched/signal.h>

#include "zap_heap.h"

#define ZAP_HEAP_GFP		(GFP_HIGHUSER | __GFP_ZERO)
/* A large block is optional: no reclaim and no warning for it. */
#define ZAP_HEAP_LARGE_GFP	((ZAP_HEAP_GFP | __GFP_NOWARN | \
				  __GFP_NORETRY | __GFP_COMP) & ~__GFP_RECLAIM)

/*
 * From large to small: first the size of a PMD, then sizes that are good for an
 * IOMMU, as in the system heap, and that of a block of contiguous PTEs, which is
 * one of them with 4 KiB pages.  Every policy gets the same memory.
 */
static const unsigned int zap_heap_orders[] = {
	PMD_SHIFT - PAGE_SHIFT, 8,
#if defined(CONFIG_ARM64_CONTPTE) && CONT_PTES > 16
	CONT_PTE_SHIFT - PAGE_SHIFT,
#endif
	4, 0
};

/* Shows what small chunks cost on a machine that has large ones. */
static unsigned int zap_heap_max_order = UINT_MAX;
module_param_named(max_order, zap_heap_max_order, uint, 0644);
MODULE_PARM_DESC(max_order,
		 "Largest order of the chunks of buffers to come (default: as large as there are)");

static struct page *zap_heap_alloc_chunk(unsigned long pages,
					 unsigned int max_order,
					 unsigned int *order_idx)
{
	struct page *page;

	for (; *order_idx < ARRAY_SIZE(zap_heap_orders); (*order_idx)++) {
		unsigned int order = zap_heap_orders[*order_idx];

		if (order > MAX_PAGE_ORDER || order > max_order ||
		    pages < (1UL << order))
			continue;
		page = alloc_pages(order ? ZAP_HEAP_LARGE_GFP : ZAP_HEAP_GFP,
				   order);
		if (page)
			return page;
	}

	return NULL;
}

/**
 * zap_heap_alloc_pages - give a new buffer its memory
 * @buf: the buffer, with nr_pages and room for as many pfns
 *
 * After a size has failed, all later chunks are smaller.  So the chunks of the
 * size of a PMD come first in the buffer.
 *
 * Return: 0 or -errno.
 */
int zap_heap_alloc_pages(struct zap_heap_buffer *buf)
{
	unsigned int max_order = READ_ONCE(zap_heap_max_order), order_idx = 0;
	unsigned long left = buf->nr_pages, i, n = 0;
	struct page *page, *next;
	struct scatterlist *sg;
	LIST_HEAD(chunks);
	int ret;

	while (left) {
		if (fatal_signal_pending(current)) {
			ret = -EINTR;
			goto free_chunks;
		}
		page = zap_heap_alloc_chunk(left, max_order, &order_idx);
		if (!page) {
			ret = -ENOMEM;
			goto free_chunks;
		}
		list_add_tail(&page->lru, &chunks);
		left -= compound_nr(page);
		buf->chunks++;
		if (compound_nr(page) == ZAP_HEAP_PMD_PAGES)
			buf->pmd_pages += ZAP_HEAP_PMD_PAGES;
	}

	ret = sg_alloc_table(&buf->sgt, buf->chunks, GFP_KERNEL);
	if (ret)
		goto free_chunks;

	sg = buf->sgt.sgl;
	list_for_each_entry_safe(page, next, &chunks, lru) {
		sg_set_page(sg, page, page_size(page), 0);
		sg = sg_next(sg);
		list_del(&page->lru);
		for (i = 0; i < compound_nr(page); i++)
			buf->pfns[n++] = page_to_pfn(page) + i;
	}

	return 0;

free_chunks:
	list_for_each_entry_safe(page, next, &chunks, lru)
		__free_pages(page, compound_order(page));
	return ret;
}

/**
 * zap_heap_free_pages - free the memory of a buffer
 * @buf: the buffer; nobody uses it
 */
void zap_heap_free_pages(struct zap_heap_buffer *buf)
{
	struct scatterlist *sg;
	int i;

	for_each_sgtable_sg(&buf->sgt, sg, i)
		__free_pages(sg_page(sg), compound_order(sg_page(sg)));
	sg_free_table(&buf->sgt);
}
