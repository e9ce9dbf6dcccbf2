// SPDX-License-Identifier: GPL-2.0-only
/*
 * The zap heaps as a module of a stock kernel: what it does not export
 */

#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <linux/err.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <uapi/linux/dma-heap.h>

#ifdef CONFIG_ARM64
#include <asm/sysreg.h>
#elif defined(CONFIG_ARM)
#include <asm/cp15.h>
#endif

#include "../src/drivers/dma-buf/heaps/zap_heap.h"

/*
 * In place of a heap of dma-heap.c: a misc device of the same path and ioctl.
 * It loses the class dma_heap in sysfs.
 */
struct dma_heap {
	struct list_head list;
	struct miscdevice misc;
	const struct dma_heap_ops *ops;
	void *priv;
	const char *name;
	char node[48];
};

static LIST_HEAD(heaps);

#ifndef CONFIG_X86_64
struct mm_struct stock_init_mm;

/* Return: 0, or the -errno that says that the machine lacks something. */
static int stock_look_at_machine(void)
{
#ifdef CONFIG_ARM64
	stock_init_mm.pgd = phys_to_virt(read_sysreg(ttbr1_el1) &
					 GENMASK_ULL(47, PAGE_SHIFT));
#else
	u32 ttbr1 = read_sysreg(__ACCESS_CP15(c2, 0, c0, 1));

	/* 16 KiB, with the attributes of walks in the low bits. */
	stock_init_mm.pgd = phys_to_virt(ttbr1 & ~(SZ_16K - 1));
#endif
	return 0;
}
#endif

void *dma_heap_get_drvdata(struct dma_heap *heap)
{
	return heap->priv;
}

const char *dma_heap_get_name(struct dma_heap *heap)
{
	return heap->name;
}

static long stock_heap_alloc(struct dma_heap *heap,
			     struct dma_heap_allocation_data *data)
{
	size_t len = PAGE_ALIGN(data->len);
	struct dma_buf *dmabuf;
	int fd;

	if (data->fd || data->fd_flags & ~DMA_HEAP_VALID_FD_FLAGS ||
	    data->heap_flags & ~DMA_HEAP_VALID_HEAP_FLAGS)
		return -EINVAL;
	if (!len || len < data->len)
		return -EINVAL;

	dmabuf = heap->ops->allocate(heap, len, data->fd_flags,
				     data->heap_flags);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	fd = dma_buf_fd(dmabuf, data->fd_flags);
	if (fd < 0) {
		dma_buf_put(dmabuf);
		return fd;
	}
	data->fd = fd;

	return 0;
}

/* An older or longer struct of the caller is taken as dma-heap.c takes it. */
static long stock_heap_ioctl(struct file *file, unsigned int cmd,
			     unsigned long arg)
{
	struct miscdevice *misc = file->private_data;
	struct dma_heap *heap = container_of(misc, struct dma_heap, misc);
	struct dma_heap_allocation_data data = {};
	size_t size = _IOC_SIZE(cmd);
	long ret;

	if (_IOC_TYPE(cmd) != DMA_HEAP_IOC_MAGIC ||
	    _IOC_NR(cmd) != _IOC_NR(DMA_HEAP_IOCTL_ALLOC))
		return -ENOTTY;

	if (copy_from_user(&data, (void __user *)arg, min(size, sizeof(data))))
		return -EFAULT;
	ret = stock_heap_alloc(heap, &data);
	if (copy_to_user((void __user *)arg, &data, min(size, sizeof(data))))
		return -EFAULT;

	return ret;
}

static const struct file_operations stock_heap_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = stock_heap_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static void stock_heap_remove_all(void)
{
	struct dma_heap *heap, *next;

	list_for_each_entry_safe(heap, next, &heaps, list) {
		misc_deregister(&heap->misc);
		list_del(&heap->list);
		kfree(heap);
	}
	platform_device_unregister(to_platform_device(zap_heap_device()));
}

/* An error ends the load of the module: nothing may stay then. */
struct dma_heap *dma_heap_add(const struct dma_heap_export_info *info)
{
	struct dma_heap *heap = kzalloc(sizeof(*heap), GFP_KERNEL);
	int ret = -ENOMEM;

	if (!heap)
		goto remove_all;
	ret = stock_look_at_machine();
	if (ret)
		goto remove_all;

	heap->ops = info->ops;
	heap->priv = info->priv;
	heap->name = info->name;
	snprintf(heap->node, sizeof(heap->node), "dma_heap/%s", info->name);
	heap->misc.minor = MISC_DYNAMIC_MINOR;
	heap->misc.name = heap->name;
	heap->misc.nodename = heap->node;
	heap->misc.fops = &stock_heap_fops;
	ret = misc_register(&heap->misc);
	if (ret)
		goto remove_all;
	list_add(&heap->list, &heaps);

	return heap;

remove_all:
	kfree(heap);
	stock_heap_remove_all();
	return ERR_PTR(ret);
}

struct stock_insert {
	struct vm_area_struct *vma;
	const unsigned long *pfns;
	unsigned long left;
	unsigned long inserted;
	pgprot_t prot;
	bool write;
};

/* pmd_addr_end() knows no end of a table where its level is folded. */
static unsigned long stock_table_end(unsigned long addr, unsigned long end)
{
	return min(ALIGN_DOWN(addr, PMD_SIZE) + (PMD_SIZE - 1), end - 1) + 1;
}

/* Fills the rest of this page table, whose lock is held, in one call. */
static int stock_insert_table(pte_t *pte, unsigned long addr, void *data)
{
	struct stock_insert *in = data;
	unsigned long end = stock_table_end(addr,
					    addr + (in->left << PAGE_SHIFT));

	for (; addr < end; addr += PAGE_SIZE, pte++, in->pfns++, in->left--) {
		pte_t entry = pte_mkspecial(pfn_pte(*in->pfns, in->prot));

		if (!pte_none(ptep_get(pte)))
			continue;
		if (in->write)
			entry = stock_pte_mkwrite(pte_mkyoung(pte_mkdirty(entry)),
						  in->vma);
		stock_set_pte(in->vma->vm_mm, addr, pte, entry);
		in->inserted++;
	}

	return 0;
}

/*
 * In place of the function that the patch adds to mm.  It costs a walk of the
 * page tables per page table, also for one page, and it makes no contiguous
 * entries.
 */
vm_fault_t vmf_insert_pfns_prot(struct vm_fault *vmf, unsigned long addr,
				const unsigned long *pfns, unsigned long *nr,
				pgprot_t prot, bool write)
{
	struct vm_area_struct *vma = vmf->vma;
	struct stock_insert in = {
		.vma = vma,
		.pfns = pfns,
		.left = *nr,
		.prot = prot,
		.write = write,
	};
	unsigned long next;
	int ret = 0;

	*nr = 0;
	if (!in.left || addr < vma->vm_start || addr >= vma->vm_end ||
	    in.left > (vma->vm_end - addr) >> PAGE_SHIFT)
		return VM_FAULT_SIGBUS;

	for (; in.left && !ret; addr = next) {
		next = stock_table_end(addr, addr + (in.left << PAGE_SHIFT));
		ret = apply_to_page_range(vma->vm_mm, addr, PAGE_SIZE,
					  stock_insert_table, &in);
	}
	*nr = in.inserted;
	if (ret)
		return ret == -ENOMEM ? VM_FAULT_OOM : VM_FAULT_SIGBUS;

	return VM_FAULT_NOPAGE;
}

static void __exit stock_heap_exit(void)
{
	stock_heap_remove_all();
}
module_exit(stock_heap_exit);

MODULE_DESCRIPTION("DMA-BUF zap heaps for a stock kernel");
MODULE_LICENSE("GPL");
/* The level of this file, which records hold: raise it where figures change. */
MODULE_VERSION("1");
MODULE_IMPORT_NS(DMA_BUF);
