// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA-BUF heaps that remove CPU mappings and fault them back in
 *
 * One heap for each policy and granularity that the kernel is built with.  All
 * take the same memory, so that they can be compared with each other in one
 * boot.  Documentation/driver-api/zap-heap.rst says what each one guarantees.
 */

#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/dma-resv.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/iosys-map.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <trace/events/zap_heap.h>
#include <uapi/linux/dma-heap.h>

#include "zap_heap.h"

/*
 * With DMABUF_DEBUG the core spoils the page links of what an importer is given,
 * and the DMA API of an IOMMU reads them at a sync.  So the table to sync must
 * not be the one that is given away.
 */
static bool zap_heap_gives_copy(const struct zap_heap_buffer *buf)
{
	return IS_ENABLED(CONFIG_DMABUF_DEBUG) &&
	       buf->policy == ZAP_BENCH_POLICY_CACHED;
}

static int zap_heap_alloc_given(const struct zap_heap_buffer *buf,
				struct zap_heap_attachment *a)
{
	if (!zap_heap_gives_copy(buf))
		return 0;
	return sg_alloc_table(&a->given, a->sgt.orig_nents, GFP_KERNEL);
}

/* The table for the importer; @a is mapped. */
static struct sg_table *zap_heap_give(const struct zap_heap_buffer *buf,
				      struct zap_heap_attachment *a)
{
	struct scatterlist *from, *to = a->given.sgl;
	int i;

	if (!zap_heap_gives_copy(buf))
		return &a->sgt;

	for_each_sgtable_sg(&a->sgt, from, i) {
		sg_set_page(to, sg_page(from), from->length, from->offset);
		sg_dma_address(to) = sg_dma_address(from);
		sg_dma_len(to) = sg_dma_len(from);
		to = sg_next(to);
	}
	a->given.nents = a->sgt.nents;

	return &a->given;
}

static int zap_heap_attach(struct dma_buf *dmabuf,
			   struct dma_buf_attachment *attachment)
{
	struct zap_heap_buffer *buf = dmabuf->priv;
	struct zap_heap_attachment *a;
	struct scatterlist *from, *to;
	bool bounces = dma_addressing_limited(attachment->dev) ||
		       dma_max_mapping_size(attachment->dev) != SIZE_MAX;
	int ret, i;

	/*
	 * A bounce buffer is copied through the linear mapping, and copied back
	 * only if the DMA API may sync.
	 */
	if (bounces && buf->policy != ZAP_BENCH_POLICY_CACHED)
		return -EOPNOTSUPP;

	a = kzalloc(sizeof(*a), GFP_KERNEL);
	if (!a)
		return -ENOMEM;

	ret = sg_alloc_table(&a->sgt, buf->sgt.orig_nents, GFP_KERNEL);
	if (ret) {
		kfree(a);
		return ret;
	}

	to = a->sgt.sgl;
	for_each_sgtable_sg(&buf->sgt, from, i) {
		sg_set_page(to, sg_page(from), from->length, 0);
		to = sg_next(to);
	}

	a->dev = attachment->dev;
	a->coherent = dev_is_dma_coherent(a->dev);
	a->bounces = bounces;
	attachment->priv = a;

	ret = zap_heap_alloc_given(buf, a);
	if (ret) {
		sg_free_table(&a->sgt);
		kfree(a);
		return ret;
	}

	mutex_lock(&buf->lock);
	list_add(&a->list, &buf->attachments);
	mutex_unlock(&buf->lock);

	return 0;
}

static void zap_heap_detach(struct dma_buf *dmabuf,
			    struct dma_buf_attachment *attachment)
{
	struct zap_heap_buffer *buf = dmabuf->priv;
	struct zap_heap_attachment *a = attachment->priv;

	mutex_lock(&buf->lock);
	list_del(&a->list);
	mutex_unlock(&buf->lock);

	sg_free_table(&a->given);
	sg_free_table(&a->sgt);
	kfree(a);
}

/*
 * Mapping itself never syncs: the pages may be write-combined, or their alias,
 * which the DMA API would use, may be gone.  For pages that are always cached
 * the heap syncs, so that its time is apart from the time of the mapping.
 */
static bool zap_heap_syncs_at_map(const struct zap_heap_buffer *buf)
{
	return buf->policy == ZAP_BENCH_POLICY_CACHED && !buf->skip_clean;
}

/* The two steps that touch a device; a test can replace them. */
int zap_heap_dma_map(struct zap_heap_attachment *a,
		     enum dma_data_direction dir)
{
	KUNIT_STATIC_STUB_REDIRECT(zap_heap_dma_map, a, dir);

	return dma_map_sgtable(a->dev, &a->sgt, dir, DMA_ATTR_SKIP_CPU_SYNC);
}

void zap_heap_dma_unmap(struct zap_heap_attachment *a,
			enum dma_data_direction dir)
{
	KUNIT_STATIC_STUB_REDIRECT(zap_heap_dma_unmap, a, dir);

	dma_unmap_sgtable(a->dev, &a->sgt, dir, DMA_ATTR_SKIP_CPU_SYNC);
}

/**
 * zap_heap_map_attachment - map a buffer for a device
 * @buf: the buffer; its lock is held
 * @a: the importer
 * @dir: direction
 *
 * The DMA API comes first: if it fails, the buffer must be as it was.  The
 * device learns of its addresses only after the state has changed.
 *
 * Return: 0 or -errno.
 */
int zap_heap_map_attachment(struct zap_heap_buffer *buf,
			    struct zap_heap_attachment *a,
			    enum dma_data_direction dir)
{
	u64 start = zap_heap_clock();
	int ret;

	ret = zap_heap_dma_map(a, dir);
	zap_heap_account(&buf->count.map_ns, start);
	if (ret)
		return ret;

	ret = zap_heap_event(buf, a->coherent ? ZAP_HEAP_EV_MAP_COHERENT :
						ZAP_HEAP_EV_MAP, DMA_NONE);
	if (ret) {
		zap_heap_dma_unmap(a, dir);
		return ret;
	}

	a->mapped = true;
	a->dir = dir;
	if ((a->coherent || a->bounces) && dir != DMA_TO_DEVICE)
		buf->dirtied = true;
	if (zap_heap_syncs_at_map(buf))
		zap_heap_sync_importer(buf, a, false);
	buf->device_maps++;
	if (a->coherent)
		buf->coherent_maps++;

	return 0;
}

/**
 * zap_heap_unmap_attachment - take a buffer away from a device
 * @buf: the buffer; its lock is held
 * @a: the importer
 * @dir: direction
 */
void zap_heap_unmap_attachment(struct zap_heap_buffer *buf,
			       struct zap_heap_attachment *a,
			       enum dma_data_direction dir)
{
	/* A device that only reads has written nothing. */
	if (zap_heap_syncs_at_map(buf) && a->dir != DMA_TO_DEVICE)
		zap_heap_sync_importer(buf, a, true);
	a->mapped = false;
	buf->device_maps--;
	if (a->coherent)
		buf->coherent_maps--;
	zap_heap_dma_unmap(a, dir);
}

static struct sg_table *zap_heap_map_dma_buf(struct dma_buf_attachment *att,
					     enum dma_data_direction dir)
{
	struct zap_heap_buffer *buf = att->dmabuf->priv;
	struct zap_heap_attachment *a = att->priv;
	struct sg_table *sgt = NULL;
	int ret;

	mutex_lock(&buf->lock);
	ret = zap_heap_map_attachment(buf, a, dir);
	if (!ret) {
		sgt = zap_heap_give(buf, a);
		trace_zap_heap_map(file_inode(att->dmabuf->file)->i_ino,
				   dev_name(a->dev), dir);
	}
	mutex_unlock(&buf->lock);

	return ret ? ERR_PTR(ret) : sgt;
}

static void zap_heap_unmap_dma_buf(struct dma_buf_attachment *att,
				   struct sg_table *sgt,
				   enum dma_data_direction dir)
{
	struct zap_heap_buffer *buf = att->dmabuf->priv;
	struct zap_heap_attachment *a = att->priv;

	mutex_lock(&buf->lock);
	zap_heap_unmap_attachment(buf, a, dir);
	trace_zap_heap_unmap(file_inode(att->dmabuf->file)->i_ino,
			     dev_name(a->dev), dir);
	mutex_unlock(&buf->lock);
}

static int zap_heap_begin_cpu_access(struct dma_buf *dmabuf,
				     enum dma_data_direction dir)
{
	struct zap_heap_buffer *buf = dmabuf->priv;
	int ret;

	/*
	 * The device must be done before its buffer becomes cacheable, and
	 * before the lines that hide what it writes are dropped: the CPU can
	 * load them again at any time.  The dma-buf core waits too, but only
	 * after this.
	 */
	if (buf->policy == ZAP_BENCH_POLICY_LAZY ||
	    (IS_ENABLED(CONFIG_DMABUF_HEAPS_ZAP_VMAP_WARN) &&
	     buf->policy == ZAP_BENCH_POLICY_EAGER) ||
	    buf->policy == ZAP_BENCH_POLICY_CACHED) {
		u64 start = zap_heap_clock();
		long left;

		left = dma_resv_wait_timeout(dmabuf->resv,
					     dma_resv_usage_rw(dir !=
							       DMA_FROM_DEVICE),
					     true, MAX_SCHEDULE_TIMEOUT);
		zap_heap_account(&buf->count.state_ns, start);
		if (left < 0)
			return left;
	}

	if (mutex_lock_killable(&buf->lock))
		return -EINTR;
	ret = zap_heap_event(buf, ZAP_HEAP_EV_START, dir);
	mutex_unlock(&buf->lock);

	if (!ret && buf->policy == ZAP_BENCH_POLICY_LAZY &&
	    dir != DMA_TO_DEVICE && zap_heap_start_fills(buf->type->gran))
		zap_heap_populate(buf);

	return ret;
}

static int zap_heap_end_cpu_access(struct dma_buf *dmabuf,
				   enum dma_data_direction dir)
{
	struct zap_heap_buffer *buf = dmabuf->priv;
	int ret;

	if (mutex_lock_killable(&buf->lock))
		return -EINTR;
	ret = zap_heap_event(buf, dir == DMA_FROM_DEVICE ?
				  ZAP_HEAP_EV_END_READ : ZAP_HEAP_EV_END_WRITE,
			     dir);
	mutex_unlock(&buf->lock);

	return ret;
}

/* With the present attributes, which do not change while it exists. */
static int zap_heap_vmap(struct dma_buf *dmabuf, struct iosys_map *map)
{
	struct zap_heap_buffer *buf = dmabuf->priv;
	pgprot_t prot = PAGE_KERNEL;
	struct page **pages;
	unsigned long i;
	int ret = 0;

	mutex_lock(&buf->lock);
	if (buf->vmap_cnt)
		goto count;

	pages = kvmalloc_array(buf->nr_pages, sizeof(*pages), GFP_KERNEL);
	if (!pages) {
		ret = -ENOMEM;
		goto unlock;
	}
	for (i = 0; i < buf->nr_pages; i++)
		pages[i] = pfn_to_page(buf->pfns[i]);
	if (buf->state != ZAP_BENCH_STATE_CPU_CACHED)
		prot = pgprot_writecombine(prot);
	buf->vaddr = vmap(pages, buf->nr_pages, VM_MAP, prot);
	kvfree(pages);
	if (!buf->vaddr) {
		ret = -ENOMEM;
		goto unlock;
	}
count:
	buf->vmap_cnt++;
	iosys_map_set_vaddr(map, buf->vaddr);
unlock:
	mutex_unlock(&buf->lock);

	return ret;
}

static void zap_heap_vunmap(struct dma_buf *dmabuf, struct iosys_map *map)
{
	struct zap_heap_buffer *buf = dmabuf->priv;

	mutex_lock(&buf->lock);
	if (!--buf->vmap_cnt) {
		vunmap(buf->vaddr);
		buf->vaddr = NULL;
		/* Nothing refuses this. */
		zap_heap_event(buf, ZAP_HEAP_EV_VUNMAP, DMA_NONE);
	}
	mutex_unlock(&buf->lock);
	iosys_map_clear(map);
}

static void zap_heap_free(struct zap_heap_buffer *buf)
{
	bool lost = buf->alias_removed && !zap_heap_restore_alias(buf);

	dma_unmap_sgtable(zap_heap_device(), &buf->sgt, DMA_BIDIRECTIONAL,
			  DMA_ATTR_SKIP_CPU_SYNC);
	/* Leak the pages: they must not be reused without an address. */
	if (!WARN_ON(lost))
		zap_heap_free_pages(buf);
	kvfree(buf->pfns);
	free_percpu(buf->cpu);
	mutex_destroy(&buf->lock);
	kfree(buf);
}

static void zap_heap_release(struct dma_buf *dmabuf)
{
	zap_heap_free(dmabuf->priv);
}

const struct dma_buf_ops zap_heap_dma_buf_ops = {
	.attach = zap_heap_attach,
	.detach = zap_heap_detach,
	.map_dma_buf = zap_heap_map_dma_buf,
	.unmap_dma_buf = zap_heap_unmap_dma_buf,
	.begin_cpu_access = zap_heap_begin_cpu_access,
	.end_cpu_access = zap_heap_end_cpu_access,
	.mmap = zap_heap_mmap,
	.vmap = zap_heap_vmap,
	.vunmap = zap_heap_vunmap,
	.release = zap_heap_release,
};

/**
 * zap_heap_set_up - give a new buffer the state of its policy
 * @buf: the buffer; nobody else knows it
 */
void zap_heap_set_up(struct zap_heap_buffer *buf)
{
	buf->policy = buf->asked;
	buf->may_mmap = true;
	buf->state = ZAP_BENCH_STATE_CPU_CACHED;

	switch (buf->policy) {
	case ZAP_BENCH_POLICY_UNCACHED:
		zap_heap_clean(buf);
		buf->state = ZAP_BENCH_STATE_CPU_WC;
		break;
	case ZAP_BENCH_POLICY_REFUSE:
		zap_heap_clean(buf);
		if (zap_heap_remove_alias(buf)) {
			buf->state = ZAP_BENCH_STATE_CPU_WC;
		} else {
			/* As good as the alias: cacheable, for everybody. */
			buf->policy = ZAP_BENCH_POLICY_CACHED;
			buf->may_mmap =
				IS_ENABLED(CONFIG_DMABUF_HEAPS_ZAP_REFUSE_CACHED);
		}
		break;
	}
}

/* One flag at most: it asks for a policy that zaps, for this buffer alone. */
static int zap_heap_asked(const struct zap_heap_type *type, u64 heap_flags)
{
	switch (heap_flags) {
	case 0:
		return type->policy;
	case DMA_HEAP_FLAG_ZAP_EAGER:
		return ZAP_BENCH_POLICY_EAGER;
	case DMA_HEAP_FLAG_ZAP_LAZY:
		return ZAP_BENCH_POLICY_LAZY;
	default:
		return -EINVAL;
	}
}

static struct dma_buf *zap_heap_allocate(struct dma_heap *heap,
					 unsigned long len, u32 fd_flags,
					 u64 heap_flags)
{
	DEFINE_DMA_BUF_EXPORT_INFO(exp_info);
	struct zap_heap_buffer *buf;
	struct dma_buf *dmabuf;
	int asked, ret;

	asked = zap_heap_asked(dma_heap_get_drvdata(heap), heap_flags);
	if (asked < 0)
		return ERR_PTR(asked);

	if (len >> PAGE_SHIFT > totalram_pages())
		return ERR_PTR(-ENOMEM);

	buf = kzalloc(sizeof(*buf), GFP_KERNEL);
	if (!buf)
		return ERR_PTR(-ENOMEM);

	buf->type = dma_heap_get_drvdata(heap);
	buf->asked = asked;
	buf->nr_pages = len >> PAGE_SHIFT;
	mutex_init(&buf->lock);
	INIT_LIST_HEAD(&buf->attachments);

	buf->cpu = zap_heap_alloc_cpu();
	if (!buf->cpu) {
		ret = -ENOMEM;
		goto free_buf;
	}
	buf->pfns = kvmalloc_array(buf->nr_pages, sizeof(*buf->pfns),
				   GFP_KERNEL);
	if (!buf->pfns) {
		ret = -ENOMEM;
		goto free_cpu;
	}
	ret = zap_heap_alloc_pages(buf);
	if (ret)
		goto free_pfns;
	ret = dma_map_sgtable(zap_heap_device(), &buf->sgt, DMA_BIDIRECTIONAL,
			      DMA_ATTR_SKIP_CPU_SYNC);
	if (ret)
		goto free_pages;
	zap_heap_set_up(buf);

	exp_info.exp_name = dma_heap_get_name(heap);
	exp_info.ops = &zap_heap_dma_buf_ops;
	exp_info.size = len;
	exp_info.flags = fd_flags;
	exp_info.priv = buf;
	dmabuf = dma_buf_export(&exp_info);
	if (IS_ERR(dmabuf)) {
		zap_heap_free(buf);
		return dmabuf;
	}
	/* Nobody else can reach it before the fd is installed. */
	buf->dmabuf = dmabuf;

	return dmabuf;

free_pages:
	zap_heap_free_pages(buf);
free_pfns:
	kvfree(buf->pfns);
free_cpu:
	free_percpu(buf->cpu);
free_buf:
	mutex_destroy(&buf->lock);
	kfree(buf);
	return ERR_PTR(ret);
}

static const struct dma_heap_ops zap_heap_ops = {
	.allocate = zap_heap_allocate,
};

#ifdef CONFIG_DMABUF_HEAPS_ZAP_FLAGS
static const struct dma_heap_ops zap_heap_flags_ops = {
	.allocate = zap_heap_allocate,
	.heap_flags = DMA_HEAP_FLAG_ZAP_EAGER | DMA_HEAP_FLAG_ZAP_LAZY,
};
#endif

/* For the policies that do not zap, see enum zap_bench_granularity. */
#define ZAP_HEAP_GRAN_DEFAULT					\
	(IS_ENABLED(CONFIG_DMABUF_HEAPS_ZAP_BUFFER) ?		\
	 ZAP_BENCH_GRAN_BUFFER :				\
	 IS_ENABLED(CONFIG_DMABUF_HEAPS_ZAP_CONTPTE) ?		\
	 ZAP_BENCH_GRAN_CONTPTE :				\
	 IS_ENABLED(CONFIG_DMABUF_HEAPS_ZAP_AROUND) ?		\
	 ZAP_BENCH_GRAN_AROUND :				\
	 IS_ENABLED(CONFIG_DMABUF_HEAPS_ZAP_PAGE) ?		\
	 ZAP_BENCH_GRAN_PAGE : ZAP_BENCH_GRAN_HUGE)

static struct zap_heap_type zap_heap_types[] = {
	{ "zap-eager-page", ZAP_BENCH_POLICY_EAGER, ZAP_BENCH_GRAN_PAGE },
	{ "zap-eager-around", ZAP_BENCH_POLICY_EAGER, ZAP_BENCH_GRAN_AROUND },
	{ "zap-eager-buffer", ZAP_BENCH_POLICY_EAGER, ZAP_BENCH_GRAN_BUFFER },
	{ "zap-eager-huge", ZAP_BENCH_POLICY_EAGER, ZAP_BENCH_GRAN_HUGE },
	{ "zap-eager-contpte", ZAP_BENCH_POLICY_EAGER, ZAP_BENCH_GRAN_CONTPTE },
	{ "zap-lazy-page", ZAP_BENCH_POLICY_LAZY, ZAP_BENCH_GRAN_PAGE },
	{ "zap-lazy-around", ZAP_BENCH_POLICY_LAZY, ZAP_BENCH_GRAN_AROUND },
	{ "zap-lazy-buffer", ZAP_BENCH_POLICY_LAZY, ZAP_BENCH_GRAN_BUFFER },
	{ "zap-lazy-huge", ZAP_BENCH_POLICY_LAZY, ZAP_BENCH_GRAN_HUGE },
	{ "zap-lazy-contpte", ZAP_BENCH_POLICY_LAZY, ZAP_BENCH_GRAN_CONTPTE },
	{ "zap-cached", ZAP_BENCH_POLICY_CACHED, ZAP_HEAP_GRAN_DEFAULT },
	{ "zap-uncached", ZAP_BENCH_POLICY_UNCACHED, ZAP_HEAP_GRAN_DEFAULT },
	{ "zap-refuse", ZAP_BENCH_POLICY_REFUSE, ZAP_HEAP_GRAN_DEFAULT },
};

static const bool zap_heap_policy_on[] = {
	[ZAP_BENCH_POLICY_EAGER] = IS_ENABLED(CONFIG_DMABUF_HEAPS_ZAP_EAGER),
	[ZAP_BENCH_POLICY_LAZY] = IS_ENABLED(CONFIG_DMABUF_HEAPS_ZAP_LAZY),
	[ZAP_BENCH_POLICY_CACHED] = IS_ENABLED(CONFIG_DMABUF_HEAPS_ZAP_CACHED),
	[ZAP_BENCH_POLICY_UNCACHED] =
		IS_ENABLED(CONFIG_DMABUF_HEAPS_ZAP_UNCACHED),
	[ZAP_BENCH_POLICY_REFUSE] = IS_ENABLED(CONFIG_DMABUF_HEAPS_ZAP_REFUSE),
};

static const bool zap_heap_gran_on[] = {
	[ZAP_BENCH_GRAN_PAGE] = IS_ENABLED(CONFIG_DMABUF_HEAPS_ZAP_PAGE),
	[ZAP_BENCH_GRAN_AROUND] = IS_ENABLED(CONFIG_DMABUF_HEAPS_ZAP_AROUND),
	[ZAP_BENCH_GRAN_BUFFER] = IS_ENABLED(CONFIG_DMABUF_HEAPS_ZAP_BUFFER),
	[ZAP_BENCH_GRAN_HUGE] = IS_ENABLED(CONFIG_DMABUF_HEAPS_ZAP_HUGE),
	[ZAP_BENCH_GRAN_CONTPTE] = IS_ENABLED(CONFIG_DMABUF_HEAPS_ZAP_CONTPTE),
};

/* Buffers of the heap that never zaps may opt in to a policy that does. */
static const struct dma_heap_ops *
zap_heap_ops_of(const struct zap_heap_type *type)
{
#ifdef CONFIG_DMABUF_HEAPS_ZAP_FLAGS
	if (type->policy == ZAP_BENCH_POLICY_CACHED)
		return &zap_heap_flags_ops;
#endif
	return &zap_heap_ops;
}

static int __init zap_heap_init(void)
{
	struct dma_heap_export_info info = {};
	struct dma_heap *heap;
	unsigned int i;
	int ret;

	ret = zap_heap_create_device();
	if (ret)
		return ret;

	for (i = 0; i < ARRAY_SIZE(zap_heap_types); i++) {
		struct zap_heap_type *type = &zap_heap_types[i];

		if (!zap_heap_policy_on[type->policy] ||
		    !zap_heap_gran_on[type->gran])
			continue;
		info.name = type->name;
		info.priv = type;
		info.ops = zap_heap_ops_of(type);
		heap = dma_heap_add(&info);
		if (IS_ERR(heap))
			return PTR_ERR(heap);
	}

	return 0;
}
module_init(zap_heap_init);
