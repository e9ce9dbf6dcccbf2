/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The shim of x86_64
 *
 * Every device of a PC snoops the caches, and the DMA API maintains none.  So
 * that the policies mean something, the heaps' own device and the importer's
 * devices are taken for some that do not snoop: what the DMA API would do for
 * them on arm64, these functions do.
 *
 * All mappings of a page must have one memory type here.  So a buffer becomes
 * write-combined in the linear mapping, too, when it is cleaned, and cached
 * again when it is invalidated or freed.
 */
#ifndef _ZAP_HEAP_STOCK_X86_H
#define _ZAP_HEAP_STOCK_X86_H

#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/log2.h>
#include <linux/sched.h>

/* The kernel's half is in the page table of every process. */
#define init_mm	(*current->active_mm)

#define pte_cont(pte)	false

/* As CTR_EL0 tells it: the log2 of words. */
#define read_cpuid_cachetype()						\
	((unsigned int)ilog2(boot_cpu_data.x86_clflush_size / 4) << 16)

u32 stock_memtype(u64 raw);
int stock_look_at_machine(void);

bool stock_is_coherent(struct device *dev);
#define dev_is_dma_coherent	stock_is_coherent
/* It goes by the name of the device. */
#define stock_set_coherent(dev, coherent)	((void)(coherent))

void stock_sync_for_device(struct device *dev, struct sg_table *sgt,
			   enum dma_data_direction dir);
void stock_sync_for_cpu(struct device *dev, struct sg_table *sgt,
			enum dma_data_direction dir);
void stock_unmap(struct device *dev, struct sg_table *sgt,
		 enum dma_data_direction dir, unsigned long attrs);
void stock_sync_range(struct device *dev, dma_addr_t addr, unsigned long offset,
		      size_t bytes);
#define dma_sync_single_range_for_device(dev, addr, offset, bytes, dir)	\
	stock_sync_range(dev, addr, offset, bytes)
#define dma_sync_single_range_for_cpu(dev, addr, offset, bytes, dir)	\
	stock_sync_range(dev, addr, offset, bytes)
#define dma_sync_sgtable_for_device	stock_sync_for_device
#define dma_sync_sgtable_for_cpu	stock_sync_for_cpu
#define dma_unmap_sgtable		stock_unmap

#endif /* _ZAP_HEAP_STOCK_X86_H */
