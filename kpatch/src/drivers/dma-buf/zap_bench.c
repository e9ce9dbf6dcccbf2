// SPDX-License-Identifier: GPL-2.0-only
/*
 * Benchmark importer for DMA-BUFs
 *
 * A program acts as the device: it attaches, maps, accesses, unmaps a buffer.
 * There are two devices behind it: one snoops the CPU's caches, one does not.
 * On arm64 a device that no firmware describes does not snoop.
 * include/uapi/linux/zap_bench.h says what each request does.
 *
 * zap_bench.lock serialises the requests of an open file and is taken before
 * any lock of the buffer.  User memory is accessed with it held, which is fine:
 * nobody takes it in a fault.
 */

#include <linux/compat.h>
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/dma-resv.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/iosys-map.h>
#include <linux/ktime.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/nospec.h>
#include <linux/platform_device.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/zap_heap.h>
#include <uapi/linux/dma-buf.h>

/* What it can attach as, by the flags of ATTACH. */
static const struct zap_bench_device {
	const char *name;
	u64 mask;
	bool coherent;
} zap_bench_devices[] = {
	[0] = { "zap-bench", DMA_BIT_MASK(64), false },
	[ZAP_BENCH_ATTACH_COHERENT] = {
		"zap-bench-coherent", DMA_BIT_MASK(64), true
	},
	[ZAP_BENCH_ATTACH_NARROW] = {
		"zap-bench-narrow", DMA_BIT_MASK(20), false
	},
};

static struct platform_device *zap_bench_pdev[ARRAY_SIZE(zap_bench_devices)];

/**
 * struct zap_bench - one open file
 * @lock: protects all of it
 * @dmabuf: the buffer that is attached, or NULL
 * @as: the device that it is attached as
 * @attachment: its attachment
 * @sgt: its mapping, or NULL
 * @dir: direction of the mapping
 * @alias: the device's view of a zap heap's buffer; NULL for other buffers
 * @map: its kernel mapping, if @vmapped
 * @vmapped: a VMAP is held
 * @timing: times are held on
 */
struct zap_bench {
	/* Protects all of it; above every lock of the buffer. */
	struct mutex lock;
	struct dma_buf *dmabuf;
	const struct zap_bench_device *as;
	struct dma_buf_attachment *attachment;
	struct sg_table *sgt;
	enum dma_data_direction dir;
	void *alias;
	struct iosys_map map;
	bool vmapped;
	bool timing;
};

static long zap_bench_info(struct zap_bench *zb, void *data)
{
	struct zap_bench_info *info = data;

	memset(info, 0, sizeof(*info));
	zap_heap_get_info(info);

	return 0;
}

static long zap_bench_attach(struct zap_bench *zb, void *data)
{
	struct zap_bench_attach *arg = data;
	struct dma_buf_attachment *attachment;
	struct dma_buf *dmabuf;
	void *alias = NULL;
	unsigned int i;
	u64 start;
	long ret;

	if (arg->flags >= ARRAY_SIZE(zap_bench_devices) || arg->reserved)
		return -EINVAL;
	i = array_index_nospec(arg->flags, ARRAY_SIZE(zap_bench_devices));
	if (zb->attachment)
		return -EBUSY;

	dmabuf = dma_buf_get(arg->dmabuf_fd);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);

	if (zap_heap_owns(dmabuf)) {
		alias = zap_heap_get_alias(dmabuf,
					   zap_bench_devices[i].coherent);
		if (!alias) {
			ret = -ENOMEM;
			goto put_dmabuf;
		}
	}

	start = ktime_get_ns();
	attachment = dma_buf_attach(dmabuf, &zap_bench_pdev[i]->dev);
	arg->ns = ktime_get_ns() - start;
	if (IS_ERR(attachment)) {
		ret = PTR_ERR(attachment);
		goto put_alias;
	}

	arg->size_bytes = dmabuf->size;
	arg->is_zap = !!alias;
	zb->dmabuf = dmabuf;
	zb->as = &zap_bench_devices[i];
	zb->attachment = attachment;
	zb->alias = alias;

	return 0;

put_alias:
	if (alias)
		zap_heap_put_alias(alias);
put_dmabuf:
	dma_buf_put(dmabuf);
	return ret;
}

static long zap_bench_map(struct zap_bench *zb, void *data)
{
	static const enum dma_data_direction dirs[] = {
		[ZAP_BENCH_DIR_BIDIRECTIONAL] = DMA_BIDIRECTIONAL,
		[ZAP_BENCH_DIR_TO_DEVICE] = DMA_TO_DEVICE,
		[ZAP_BENCH_DIR_FROM_DEVICE] = DMA_FROM_DEVICE,
	};
	struct zap_bench_map *arg = data;
	bool skip = arg->flags & ZAP_BENCH_MAP_SKIP_CLEAN;
	enum dma_data_direction dir;
	struct sg_table *sgt;
	u64 start, locked;
	int ret;

	if (arg->flags & ~ZAP_BENCH_MAP_SKIP_CLEAN || arg->reserved ||
	    arg->direction >= ARRAY_SIZE(dirs))
		return -EINVAL;
	if (!zb->attachment)
		return -ENXIO;
	if (zb->sgt)
		return -EBUSY;
	if (skip && !zb->alias)
		return -EOPNOTSUPP;
	/* The DMA API would warn of a driver that tries. */
	if (zb->as->mask < DMA_BIT_MASK(32))
		return -EIO;

	dir = dirs[array_index_nospec(arg->direction, ARRAY_SIZE(dirs))];
	start = ktime_get_ns();
	ret = dma_resv_lock_interruptible(zb->dmabuf->resv, NULL);
	if (ret)
		return ret;

	if (skip)
		zap_heap_skip_clean(zb->dmabuf, true);
	locked = ktime_get_ns();
	sgt = dma_buf_map_attachment(zb->attachment, dir);
	arg->ns = ktime_get_ns() - locked;
	arg->lock_ns = locked - start;
	if (skip)
		zap_heap_skip_clean(zb->dmabuf, false);
	dma_resv_unlock(zb->dmabuf->resv);
	if (IS_ERR(sgt))
		return PTR_ERR(sgt);

	arg->nents = sgt->nents;
	zb->sgt = sgt;
	zb->dir = dir;

	return 0;
}

static u64 zap_bench_do_unmap(struct zap_bench *zb)
{
	u64 start, ns;

	dma_resv_lock(zb->dmabuf->resv, NULL);
	start = ktime_get_ns();
	dma_buf_unmap_attachment(zb->attachment, zb->sgt, zb->dir);
	ns = ktime_get_ns() - start;
	dma_resv_unlock(zb->dmabuf->resv);
	zb->sgt = NULL;

	return ns;
}

static u64 zap_bench_do_vunmap(struct zap_bench *zb)
{
	u64 start = ktime_get_ns();

	dma_buf_vunmap_unlocked(zb->dmabuf, &zb->map);
	zb->vmapped = false;

	return ktime_get_ns() - start;
}

static u64 zap_bench_do_detach(struct zap_bench *zb)
{
	u64 start, ns;

	start = ktime_get_ns();
	dma_buf_detach(zb->dmabuf, zb->attachment);
	ns = ktime_get_ns() - start;

	if (zb->alias)
		zap_heap_put_alias(zb->alias);
	dma_buf_put(zb->dmabuf);
	zb->alias = NULL;
	zb->attachment = NULL;
	zb->dmabuf = NULL;

	return ns;
}

/* Checks that every struct zap_bench_op needs; @zap is as in the header. */
static int zap_bench_check_op(const struct zap_bench *zb,
			      const struct zap_bench_op *arg, bool zap)
{
	if (arg->flags || arg->reserved)
		return -EINVAL;
	if (!zb->attachment)
		return -ENXIO;
	if (zap && !zb->alias)
		return -EOPNOTSUPP;

	return 0;
}

static long zap_bench_unmap(struct zap_bench *zb, void *data)
{
	struct zap_bench_op *arg = data;
	int ret;

	ret = zap_bench_check_op(zb, arg, false);
	if (ret)
		return ret;
	if (!zb->sgt)
		return -ENXIO;
	arg->ns = zap_bench_do_unmap(zb);

	return 0;
}

static long zap_bench_detach(struct zap_bench *zb, void *data)
{
	struct zap_bench_op *arg = data;
	int ret;

	ret = zap_bench_check_op(zb, arg, false);
	if (ret)
		return ret;
	if (zb->sgt || zb->vmapped)
		return -EBUSY;
	arg->ns = zap_bench_do_detach(zb);

	return 0;
}

static long zap_bench_rearm(struct zap_bench *zb, void *data)
{
	struct zap_bench_op *arg = data;
	u64 start;
	int ret;

	ret = zap_bench_check_op(zb, arg, true);
	if (ret)
		return ret;

	ret = dma_resv_lock_interruptible(zb->dmabuf->resv, NULL);
	if (ret)
		return ret;
	start = ktime_get_ns();
	ret = zap_heap_rearm(zb->dmabuf);
	arg->ns = ktime_get_ns() - start;
	dma_resv_unlock(zb->dmabuf->resv);

	return ret;
}

static long zap_bench_zap(struct zap_bench *zb, void *data)
{
	struct zap_bench_op *arg = data;
	u64 start;
	int ret;

	ret = zap_bench_check_op(zb, arg, true);
	if (ret)
		return ret;

	start = ktime_get_ns();
	zap_heap_zap_mappings(zb->dmabuf);
	arg->ns = ktime_get_ns() - start;

	return 0;
}

static long zap_bench_vmap(struct zap_bench *zb, void *data)
{
	struct zap_bench_op *arg = data;
	u64 start;
	int ret;

	ret = zap_bench_check_op(zb, arg, false);
	if (ret)
		return ret;
	if (zb->vmapped)
		return -EBUSY;

	start = ktime_get_ns();
	ret = dma_buf_vmap_unlocked(zb->dmabuf, &zb->map);
	arg->ns = ktime_get_ns() - start;
	zb->vmapped = !ret;

	return ret;
}

static long zap_bench_vunmap(struct zap_bench *zb, void *data)
{
	struct zap_bench_op *arg = data;
	int ret;

	ret = zap_bench_check_op(zb, arg, false);
	if (ret)
		return ret;
	if (!zb->vmapped)
		return -ENXIO;
	arg->ns = zap_bench_do_vunmap(zb);

	return 0;
}

/* A block at a time, so that a signal can end it. */
static long zap_bench_access(struct zap_bench *zb,
			     struct zap_bench_access *arg, bool write)
{
	void __user *user = u64_to_user_ptr(arg->user_ptr);
	size_t size = arg->size_bytes, done, n;
	u64 start;
	void *dev;

	if (arg->flags || arg->reserved)
		return -EINVAL;
	if (!zb->attachment)
		return -ENXIO;
	if (!zb->alias)
		return -EOPNOTSUPP;
	if (!zb->sgt)
		return -ENXIO;
	if (arg->offset_bytes > zb->dmabuf->size ||
	    arg->size_bytes > zb->dmabuf->size - arg->offset_bytes)
		return -EINVAL;
	if (zb->dir == (write ? DMA_TO_DEVICE : DMA_FROM_DEVICE))
		return -EACCES;

	dev = zb->alias + arg->offset_bytes;
	start = ktime_get_ns();
	/* Earlier CPU writes reach memory before the device reads. */
	mb();
	for (done = 0; done < size; done += n) {
		n = min_t(size_t, size - done, SZ_64K);
		if (write ? copy_from_user(dev + done, user + done, n) :
			    copy_to_user(user + done, dev + done, n))
			return -EFAULT;
		if (signal_pending(current) && done + n < size)
			return -EINTR;
		cond_resched();
	}
	/* The device's writes reach memory before the CPU reads. */
	mb();
	arg->ns = ktime_get_ns() - start;

	return 0;
}

static long zap_bench_dev_write(struct zap_bench *zb, void *data)
{
	return zap_bench_access(zb, data, true);
}

static long zap_bench_dev_read(struct zap_bench *zb, void *data)
{
	return zap_bench_access(zb, data, false);
}

static long zap_bench_sync_range(struct zap_bench *zb, void *data)
{
	static const enum dma_data_direction dirs[] = {
		[DMA_BUF_SYNC_READ] = DMA_FROM_DEVICE,
		[DMA_BUF_SYNC_WRITE] = DMA_TO_DEVICE,
		[DMA_BUF_SYNC_RW] = DMA_BIDIRECTIONAL,
	};
	struct zap_bench_sync *arg = data;
	u32 access = arg->flags & DMA_BUF_SYNC_RW;
	bool begins = !(arg->flags & DMA_BUF_SYNC_END);
	u64 start;
	int ret;

	if (arg->flags & ~DMA_BUF_SYNC_VALID_FLAGS_MASK || !access ||
	    arg->reserved)
		return -EINVAL;
	if (!zb->attachment)
		return -ENXIO;
	if (!zb->alias)
		return -EOPNOTSUPP;

	start = ktime_get_ns();
	ret = zap_heap_sync_range(zb->dmabuf, begins, dirs[access],
				  arg->offset_bytes, arg->size_bytes);
	arg->ns = ktime_get_ns() - start;

	return ret;
}

static long zap_bench_stats(struct zap_bench *zb, void *data)
{
	struct zap_bench_stats *arg = data;

	if (!zb->attachment)
		return -ENXIO;
	if (!zb->alias)
		return -EOPNOTSUPP;
	zap_heap_get_stats(zb->dmabuf, arg);
	arg->alias_memtype = zap_heap_kernel_memtype(zb->alias);

	return 0;
}

static long zap_bench_pte(struct zap_bench *zb, void *data)
{
	return zap_heap_get_pte(data);
}

static long zap_bench_timing(struct zap_bench *zb, void *data)
{
	struct zap_bench_timing *arg = data;

	if (arg->enable > 1 || arg->reserved)
		return -EINVAL;
	if (zb->timing == arg->enable)
		return 0;
	zb->timing = arg->enable;
	if (zb->timing)
		zap_heap_get_timing();
	else
		zap_heap_put_timing();

	return 0;
}

static long zap_bench_stop(struct zap_bench *zb, void *data)
{
	struct zap_bench_stop *arg = data;

	if (arg->where > ZAP_BENCH_STOP_MPROTECT ||
	    arg->ms > ZAP_BENCH_STOP_MS_MAX)
		return -EINVAL;
	if (!zb->attachment)
		return -ENXIO;
	if (!zb->alias)
		return -EOPNOTSUPP;
	zap_heap_stop_at(zb->dmabuf, arg->where, arg->ms);

	return 0;
}

/**
 * struct zap_bench_request - one ioctl
 * @cmd: its number
 * @run: does it
 * @undo: undoes it, if the program cannot be told what it did; or NULL
 */
struct zap_bench_request {
	unsigned int cmd;
	long (*run)(struct zap_bench *zb, void *data);
	u64 (*undo)(struct zap_bench *zb);
};

static const struct zap_bench_request zap_bench_requests[] = {
	{ ZAP_BENCH_IOC_INFO, zap_bench_info },
	{ ZAP_BENCH_IOC_ATTACH, zap_bench_attach, zap_bench_do_detach },
	{ ZAP_BENCH_IOC_MAP, zap_bench_map, zap_bench_do_unmap },
	{ ZAP_BENCH_IOC_UNMAP, zap_bench_unmap },
	{ ZAP_BENCH_IOC_DETACH, zap_bench_detach },
	{ ZAP_BENCH_IOC_REARM, zap_bench_rearm },
	{ ZAP_BENCH_IOC_ZAP, zap_bench_zap },
	{ ZAP_BENCH_IOC_VMAP, zap_bench_vmap, zap_bench_do_vunmap },
	{ ZAP_BENCH_IOC_VUNMAP, zap_bench_vunmap },
	{ ZAP_BENCH_IOC_DEV_WRITE, zap_bench_dev_write },
	{ ZAP_BENCH_IOC_DEV_READ, zap_bench_dev_read },
	{ ZAP_BENCH_IOC_STATS, zap_bench_stats },
	{ ZAP_BENCH_IOC_PTE, zap_bench_pte },
	{ ZAP_BENCH_IOC_TIMING, zap_bench_timing },
	{ ZAP_BENCH_IOC_STOP, zap_bench_stop },
	{ ZAP_BENCH_IOC_SYNC_RANGE, zap_bench_sync_range },
};

union zap_bench_arg {
	struct zap_bench_info info;
	struct zap_bench_attach attach;
	struct zap_bench_map map;
	struct zap_bench_op op;
	struct zap_bench_access access;
	struct zap_bench_sync sync;
	struct zap_bench_stats stats;
	struct zap_bench_pte pte;
	struct zap_bench_timing timing;
	struct zap_bench_stop stop;
};

static long zap_bench_ioctl(struct file *file, unsigned int cmd,
			    unsigned long user_arg)
{
	const struct zap_bench_request *req = zap_bench_requests;
	const struct zap_bench_request *end =
		req + ARRAY_SIZE(zap_bench_requests);
	struct zap_bench *zb = file->private_data;
	void __user *user = (void __user *)user_arg;
	union zap_bench_arg arg = {};
	long ret;

	while (req < end && req->cmd != cmd)
		req++;
	if (req == end)
		return -ENOTTY;

	if (_IOC_DIR(cmd) & _IOC_WRITE &&
	    copy_from_user(&arg, user, _IOC_SIZE(cmd)))
		return -EFAULT;

	if (mutex_lock_interruptible(&zb->lock))
		return -ERESTARTSYS;
	ret = req->run(zb, &arg);
	if (!ret && _IOC_DIR(cmd) & _IOC_READ &&
	    copy_to_user(user, &arg, _IOC_SIZE(cmd))) {
		if (req->undo)
			req->undo(zb);
		ret = -EFAULT;
	}
	mutex_unlock(&zb->lock);

	return ret;
}

static int zap_bench_open(struct inode *inode, struct file *file)
{
	struct zap_bench *zb = kzalloc(sizeof(*zb), GFP_KERNEL);

	if (!zb)
		return -ENOMEM;
	mutex_init(&zb->lock);
	file->private_data = zb;

	return nonseekable_open(inode, file);
}

static int zap_bench_release(struct inode *inode, struct file *file)
{
	struct zap_bench *zb = file->private_data;

	if (zb->sgt)
		zap_bench_do_unmap(zb);
	if (zb->vmapped)
		zap_bench_do_vunmap(zb);
	if (zb->attachment)
		zap_bench_do_detach(zb);
	if (zb->timing)
		zap_heap_put_timing();
	mutex_destroy(&zb->lock);
	kfree(zb);

	return 0;
}

static const struct file_operations zap_bench_fops = {
	.owner = THIS_MODULE,
	.open = zap_bench_open,
	.release = zap_bench_release,
	.unlocked_ioctl = zap_bench_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice zap_bench_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "zap-bench",
	.fops = &zap_bench_fops,
	.mode = 0600,
};

static struct platform_device *
zap_bench_add_device(const struct zap_bench_device *device)
{
	struct platform_device_info info = {
		.name = device->name,
		.id = PLATFORM_DEVID_NONE,
		.dma_mask = device->mask,
	};
	struct platform_device *pdev = platform_device_register_full(&info);
	int ret;

	if (IS_ERR(pdev))
		return pdev;

	pdev->dev.dma_coherent = device->coherent;
	/*
	 * The DMA API decides here whether it must sync.  It would not accept
	 * a mask that reaches no memory at all.
	 */
	if (device->mask == DMA_BIT_MASK(64)) {
		ret = dma_set_mask_and_coherent(&pdev->dev, device->mask);
		if (ret) {
			platform_device_unregister(pdev);
			return ERR_PTR(ret);
		}
	}
	dma_set_max_seg_size(&pdev->dev, UINT_MAX);

	return pdev;
}

static int __init zap_bench_init(void)
{
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(zap_bench_devices); i++) {
		zap_bench_pdev[i] = zap_bench_add_device(&zap_bench_devices[i]);
		if (IS_ERR(zap_bench_pdev[i])) {
			ret = PTR_ERR(zap_bench_pdev[i]);
			goto unregister;
		}
	}
	ret = misc_register(&zap_bench_misc);
	if (ret)
		goto unregister;

	return 0;

unregister:
	while (i--)
		platform_device_unregister(zap_bench_pdev[i]);
	return ret;
}
module_init(zap_bench_init);

static void __exit zap_bench_exit(void)
{
	unsigned int i;

	misc_deregister(&zap_bench_misc);
	for (i = 0; i < ARRAY_SIZE(zap_bench_devices); i++)
		platform_device_unregister(zap_bench_pdev[i]);
}
module_exit(zap_bench_exit);

MODULE_DESCRIPTION("Benchmark importer for DMA-BUFs");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(DMA_BUF);
MODULE_IMPORT_NS(ZAP_HEAP);
