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

#include <linux/highmem.h>

#include <asm/cputype.h>

/* This level is folded into the next; its entries are arrays. */
#define pgd_none(pgd)	((void)sizeof(pgd), false)
#define pte_cont(pte)	false
#define stock_set_coherent(dev, coherent)	((dev)->dma_coherent = (coherent))

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
