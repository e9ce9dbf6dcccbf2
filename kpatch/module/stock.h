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

#if !defined(CONFIG_ARM64) || LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0) || \
	LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#error "the modules are for Linux 6.12 on arm64"
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

/* Loses the check that the page table is still there: callers hold mmap_lock. */
#undef pte_offset_map
#define pte_offset_map(pmd, addr)					\
	(rcu_read_lock(), pte_offset_kernel(pmd, addr))

#endif /* _ZAP_HEAP_STOCK_H */
