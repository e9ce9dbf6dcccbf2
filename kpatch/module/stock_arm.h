/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The shim of 32-bit Arm, with short descriptors
 *
 * The attributes are those of Linux's own entries, beside those of the
 * hardware.  No entry says that it is special: mm goes by the VMA alone.
 */
#ifndef _ZAP_HEAP_STOCK_ARM_H
#define _ZAP_HEAP_STOCK_ARM_H

#if !STOCK_IS(6, 1)
#error "the modules for 32-bit Arm are for Linux 6.1"
#endif
#ifdef CONFIG_ARM_LPAE
#error "the modules know no large physical addresses (CONFIG_ARM_LPAE)"
#endif

#include <linux/dma-mapping.h>
#include <linux/highmem.h>

#include <asm/cputype.h>

/* This level is folded into the next; its entries are arrays. */
#define pgd_none(pgd)	((void)sizeof(pgd), false)
#define pte_cont(pte)	false
#define stock_set_coherent(dev, coherent)	((dev)->dma_coherent = (coherent))

/*
 * For a device that writes, this architecture does not clean the lines but drops
 * them: at END of a write what the CPU has just written, and at a map the zeroes
 * of a new buffer.  arm64 cleans in every direction, and so the heaps rely on it.
 */
static inline enum dma_data_direction
stock_clean_dir(enum dma_data_direction dir)
{
	return dir == DMA_FROM_DEVICE ? DMA_BIDIRECTIONAL : dir;
}

static inline void stock_sync_for_device(struct device *dev,
					 struct sg_table *sgt,
					 enum dma_data_direction dir)
{
	dma_sync_sgtable_for_device(dev, sgt, stock_clean_dir(dir));
}

static inline void stock_sync_range_for_device(struct device *dev,
					       dma_addr_t addr,
					       unsigned long offset,
					       size_t bytes,
					       enum dma_data_direction dir)
{
	dma_sync_single_range_for_device(dev, addr, offset, bytes,
					 stock_clean_dir(dir));
}

#define dma_sync_sgtable_for_device		stock_sync_for_device
#define dma_sync_single_range_for_device	stock_sync_range_for_device

static inline u32 stock_memtype(u64 raw)
{
	switch (raw & L_PTE_MT_MASK) {
	case L_PTE_MT_WRITETHROUGH:
	case L_PTE_MT_WRITEBACK:
	case L_PTE_MT_WRITEALLOC:
		return ZAP_BENCH_MEM_CACHED;
	case L_PTE_MT_BUFFERABLE:
		return ZAP_BENCH_MEM_WC;
	case L_PTE_MT_UNCACHED:
	case L_PTE_MT_DEV_SHARED:
	case L_PTE_MT_DEV_NONSHARED:
		return ZAP_BENCH_MEM_DEVICE;
	default:
		return ZAP_BENCH_MEM_OTHER;
	}
}

#endif /* _ZAP_HEAP_STOCK_ARM_H */
