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
#if !(STOCK_IS(6, 1) || STOCK_IS(6, 12))
#error "the modules are for Linux 6.1 and 6.12"
#endif

#if defined(CONFIG_X86_64)
#include "stock_x86.h"
#elif defined(CONFIG_ARM)
#include "stock_arm.h"
#elif !defined(CONFIG_ARM64)
#error "the modules are for arm64, arm and x86_64"
#endif

#ifndef CONFIG_ARM64
/* Only what all levels have in common is looked at. */
#define pud_pte(pud)	__pte(pud_val(pud))
#define pmd_pte(pmd)	__pte(pmd_val(pmd))
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
#ifndef init_mm
extern struct mm_struct stock_init_mm;
#define init_mm	stock_init_mm
#endif

static inline pte_t stock_pte_mkwrite(pte_t pte, struct vm_area_struct *vma)
{
#if STOCK_IS(6, 1)
	return pte_mkwrite(pte);
#elif defined(CONFIG_X86_64)
	return pte_mkwrite_novma(pte); /* no shadow stack is a dma-buf */
#else
	return pte_mkwrite(pte, vma);
#endif
}

#ifdef CONFIG_ARM
/* set_pte_at() maintains instruction caches, but not for special pages. */
#define stock_set_pte(mm, addr, pte, entry)				\
	set_pte_ext(pte, entry, PTE_EXT_NG)
#else
#define stock_set_pte	set_pte_at
#endif

#if STOCK_IS(6, 12)
/* Loses the check that the page table is still there: callers hold mmap_lock. */
#undef pte_offset_map
#define pte_offset_map(pmd, addr)					\
	(rcu_read_lock(), pte_offset_kernel(pmd, addr))
#endif

#endif /* _ZAP_HEAP_STOCK_H */
