/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the zap heaps need and a stock kernel does not export.  Every file of
 * the modules includes it first.
 */
#ifndef _ZAP_HEAP_STOCK_H
#define _ZAP_HEAP_STOCK_H

#include <linux/mm.h>
#include <linux/version.h>
#include <uapi/linux/zap_bench.h>

/* The sources are those of 6.12; scripts/module.sh makes them fit 6.1. */
#define STOCK_IS(major, minor) (LINUX_VERSION_CODE >> 8 == \
				KERNEL_VERSION(major, minor, 0) >> 8)
#if !defined(CONFIG_ARM64) || !(STOCK_IS(6, 1) || STOCK_IS(6, 12))
#error "the modules are for Linux 6.1 and 6.12 on arm64"
#endif

vm_fault_t vmf_insert_pfns_prot(struct vm_fault *vmf, unsigned long addr,
				const unsigned long *pfns, unsigned long *nr,
				pgprot_t prot, bool write);

/* No heap of the modules takes a flag: the patch has more room for them. */
#ifndef DMA_HEAP_FLAG_ZAP_EAGER
#define DMA_HEAP_FLAG_ZAP_EAGER	BIT_ULL(0)
#define DMA_HEAP_FLAG_ZAP_LAZY	BIT_ULL(1)
#endif

/* Only its page table is looked at; stock.c takes it from TTBR1. */
extern struct mm_struct stock_init_mm;
#define init_mm	stock_init_mm

static inline pte_t stock_pte_mkwrite(pte_t pte, struct vm_area_struct *vma)
{
#if STOCK_IS(6, 1)
	return pte_mkwrite(pte);
#else
	return pte_mkwrite(pte, vma);
#endif
}

#if STOCK_IS(6, 12)
/* Loses the check that the page table is still there: callers hold mmap_lock. */
#undef pte_offset_map
#define pte_offset_map(pmd, addr)					\
	(rcu_read_lock(), pte_offset_kernel(pmd, addr))
#endif

#endif /* _ZAP_HEAP_STOCK_H */
