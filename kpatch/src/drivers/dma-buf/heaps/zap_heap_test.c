// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA-BUF zap heaps: KUnit tests of the policies, of the arithmetic of offsets,
 * and of the order in which a change of the state does its steps.
 */

#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>
#include <linux/uaccess.h>

#include "zap_heap.h"

#define EAGER		ZAP_BENCH_POLICY_EAGER
#define LAZY		ZAP_BENCH_POLICY_LAZY
#define POLICY_CACHED	ZAP_BENCH_POLICY_CACHED
#define UNCACHED	ZAP_BENCH_POLICY_UNCACHED
#define REFUSE		ZAP_BENCH_POLICY_REFUSE

#define CPU_CACHED	ZAP_BENCH_STATE_CPU_CACHED
#define DEVICE		ZAP_BENCH_STATE_DEVICE
#define CPU_WC		ZAP_BENCH_STATE_CPU_WC

struct decision {
	struct zap_heap_view view;
	enum zap_heap_event event;
	int want;
};

#define D(ev, result, ...) { .view = { __VA_ARGS__ }, \
	.event = ZAP_HEAP_EV_##ev, .want = result }

static const struct decision decisions[] = {
	/* A device that does not snoop. */
	D(MAP, ZAP_HEAP_TO_WC, .policy = EAGER),
	D(MAP, ZAP_HEAP_DRAIN, .policy = EAGER, .state = CPU_WC),
	D(MAP, ZAP_HEAP_TO_DEVICE, .policy = LAZY),
	D(MAP, ZAP_HEAP_DRAIN, .policy = LAZY, .state = DEVICE),
	D(MAP, ZAP_HEAP_NOTHING, .policy = POLICY_CACHED),
	D(MAP, ZAP_HEAP_DRAIN, .policy = UNCACHED, .state = CPU_WC),
	D(MAP, ZAP_HEAP_DRAIN, .policy = REFUSE, .state = CPU_WC),
	/*
	 * It cannot be write-combined under a device that snoops.  Under lazy
	 * it stays cacheable, and START and END maintain the caches.
	 */
	D(MAP, -EBUSY, .policy = EAGER, .device_maps = 1, .coherent_maps = 1),
	D(MAP, ZAP_HEAP_WRITE_BACK, .policy = LAZY, .device_maps = 1,
	  .coherent_maps = 1),
	D(MAP, ZAP_HEAP_NOTHING, .policy = POLICY_CACHED, .device_maps = 1,
	  .coherent_maps = 1),
	/* A kernel mapping. */
	D(MAP, -EBUSY, .policy = EAGER, .vmapped = true, .vmap_fails = true),
	D(MAP, ZAP_HEAP_WRITE_BACK, .policy = EAGER, .vmapped = true),
	D(MAP, ZAP_HEAP_WRITE_BACK, .policy = LAZY, .vmapped = true),
	/* Until the kernel mapping is gone, START and END do the work. */
	D(START, ZAP_HEAP_REFRESH, .policy = EAGER, .vmapped = true,
	  .device_maps = 1, .stale = true),
	D(END_WRITE, ZAP_HEAP_WRITE_BACK, .policy = EAGER, .vmapped = true,
	  .device_maps = 1, .stale = true),
	D(END_WRITE, ZAP_HEAP_WRITE_BACK, .policy = LAZY, .vmapped = true,
	  .device_maps = 1, .stale = true),
	D(MAP_COHERENT, -EBUSY, .policy = EAGER, .vmapped = true,
	  .device_maps = 1, .stale = true),
	D(MAP_COHERENT, -EBUSY, .policy = LAZY, .state = DEVICE,
	  .vmapped = true),
	D(REARM, -EBUSY, .policy = EAGER, .state = CPU_WC, .vmapped = true),
	D(VUNMAP, ZAP_HEAP_TO_WC, .policy = EAGER, .device_maps = 1,
	  .stale = true),
	D(VUNMAP, ZAP_HEAP_NOTHING, .policy = EAGER),
	/* A device has written, and is gone: nobody has to call START. */
	D(VUNMAP, ZAP_HEAP_REFRESH, .policy = EAGER, .stale = true),
	D(VUNMAP, ZAP_HEAP_NOTHING, .policy = LAZY, .stale = true),
	D(VUNMAP, ZAP_HEAP_NOTHING, .policy = EAGER, .device_maps = 1,
	  .coherent_maps = 1),
	D(VUNMAP, ZAP_HEAP_NOTHING, .policy = EAGER, .state = CPU_WC,
	  .device_maps = 1),
	D(VUNMAP, ZAP_HEAP_NOTHING, .policy = LAZY, .device_maps = 1,
	  .stale = true),
	D(VUNMAP, ZAP_HEAP_NOTHING, .policy = POLICY_CACHED, .device_maps = 1),
	D(MAP, ZAP_HEAP_DRAIN, .policy = EAGER, .state = CPU_WC,
	  .vmapped = true, .vmap_fails = true),
	D(MAP, ZAP_HEAP_NOTHING, .policy = POLICY_CACHED, .vmapped = true,
	  .vmap_fails = true),
	/* A device that snoops. */
	D(MAP_COHERENT, ZAP_HEAP_NOTHING, .policy = EAGER),
	D(MAP_COHERENT, ZAP_HEAP_NOTHING, .policy = LAZY),
	D(MAP_COHERENT, ZAP_HEAP_NOTHING, .policy = POLICY_CACHED),
	D(MAP_COHERENT, ZAP_HEAP_REFRESH, .policy = LAZY, .stale = true),
	D(MAP_COHERENT, ZAP_HEAP_REFRESH, .policy = EAGER, .stale = true,
	  .vmapped = true),
	D(MAP_COHERENT, ZAP_HEAP_NOTHING, .policy = POLICY_CACHED,
	  .stale = true, .device_maps = 1),
	D(MAP_COHERENT, ZAP_HEAP_NOTHING, .policy = LAZY, .device_maps = 1,
	  .coherent_maps = 1),
	D(MAP_COHERENT, ZAP_HEAP_REFRESH, .policy = LAZY, .device_maps = 1,
	  .stale = true),
	/* Another one that snoops may write: the next START makes it fresh. */
	D(MAP_COHERENT, ZAP_HEAP_NOTHING, .policy = LAZY, .device_maps = 2,
	  .coherent_maps = 1, .stale = true),
	D(START, ZAP_HEAP_REFRESH, .policy = LAZY, .device_maps = 2,
	  .coherent_maps = 1, .stale = true),
	D(MAP_COHERENT, -EBUSY, .policy = EAGER, .state = CPU_WC),
	D(MAP_COHERENT, ZAP_HEAP_TO_CACHED, .policy = LAZY, .state = DEVICE),
	D(MAP_COHERENT, -EBUSY, .policy = LAZY, .state = DEVICE,
	  .vmapped = true, .vmap_fails = true),
	D(MAP_COHERENT, -EOPNOTSUPP, .policy = UNCACHED, .state = CPU_WC),
	D(MAP_COHERENT, -EOPNOTSUPP, .policy = REFUSE, .state = CPU_WC),
	/* START. */
	D(START, ZAP_HEAP_NOTHING, .policy = EAGER),
	D(START, ZAP_HEAP_NOTHING, .policy = EAGER, .state = CPU_WC),
	D(START, ZAP_HEAP_NOTHING, .policy = LAZY),
	D(START, ZAP_HEAP_REFRESH, .policy = LAZY, .stale = true),
	D(START, ZAP_HEAP_TO_CACHED, .policy = LAZY, .state = DEVICE),
	D(START, ZAP_HEAP_TO_CACHED, .policy = LAZY, .state = DEVICE,
	  .device_maps = 1),
	/* A kernel mapping: it is right to stay write-combined. */
	D(START, ZAP_HEAP_NOTHING, .policy = LAZY, .state = DEVICE,
	  .vmapped = true, .vmap_fails = true),
	D(START, ZAP_HEAP_NOTHING, .policy = LAZY, .state = DEVICE,
	  .vmapped = true),
	D(START, ZAP_HEAP_REFRESH, .policy = LAZY, .stale = true,
	  .vmapped = true, .vmap_fails = true),
	D(START, ZAP_HEAP_SYNC_FOR_CPU, .policy = POLICY_CACHED),
	D(START, ZAP_HEAP_NOTHING, .policy = UNCACHED, .state = CPU_WC),
	D(START, ZAP_HEAP_NOTHING, .policy = REFUSE, .state = CPU_WC),
	/* END of a write. */
	D(END_WRITE, ZAP_HEAP_NOTHING, .policy = EAGER),
	D(END_WRITE, ZAP_HEAP_DRAIN, .policy = EAGER, .state = CPU_WC),
	D(END_WRITE, ZAP_HEAP_TO_DEVICE, .policy = LAZY),
	D(END_WRITE, ZAP_HEAP_TO_DEVICE, .policy = LAZY, .device_maps = 1),
	D(END_WRITE, ZAP_HEAP_DRAIN, .policy = LAZY, .state = DEVICE),
	D(END_WRITE, ZAP_HEAP_NOTHING, .policy = LAZY, .only_coherent = true),
	D(END_WRITE, ZAP_HEAP_WRITE_BACK, .policy = LAZY, .device_maps = 1,
	  .coherent_maps = 1),
	D(END_WRITE, ZAP_HEAP_NOTHING, .policy = LAZY, .device_maps = 1,
	  .coherent_maps = 1, .only_coherent = true),
	/* A kernel mapping: it stays cacheable, and is cleaned. */
	D(END_WRITE, ZAP_HEAP_WRITE_BACK, .policy = LAZY, .vmapped = true,
	  .vmap_fails = true),
	D(END_WRITE, ZAP_HEAP_DRAIN, .policy = LAZY, .state = DEVICE,
	  .vmapped = true, .vmap_fails = true),
	D(END_WRITE, ZAP_HEAP_SYNC_FOR_DEVICE, .policy = POLICY_CACHED),
	D(END_WRITE, ZAP_HEAP_DRAIN, .policy = UNCACHED, .state = CPU_WC),
	/* END of a read dirties nothing. */
	D(END_READ, ZAP_HEAP_NOTHING, .policy = EAGER),
	D(END_READ, ZAP_HEAP_NOTHING, .policy = LAZY),
	D(END_READ, ZAP_HEAP_NOTHING, .policy = LAZY, .state = DEVICE),
	D(END_READ, ZAP_HEAP_NOTHING, .policy = POLICY_CACHED),
	/* Another round. */
	D(REARM, ZAP_HEAP_TO_CACHED, .policy = EAGER, .state = CPU_WC),
	D(REARM, ZAP_HEAP_TO_CACHED, .policy = LAZY, .state = DEVICE),
	D(REARM, ZAP_HEAP_NOTHING, .policy = EAGER),
	D(REARM, ZAP_HEAP_REFRESH, .policy = LAZY, .stale = true),
	D(REARM, ZAP_HEAP_NOTHING, .policy = UNCACHED, .state = CPU_WC),
	D(REARM, -EBUSY, .policy = EAGER, .state = CPU_WC, .device_maps = 1),
	D(REARM, -EBUSY, .policy = POLICY_CACHED, .device_maps = 1),
	D(REARM, -EBUSY, .policy = EAGER, .state = CPU_WC, .vmapped = true,
	  .vmap_fails = true),
};

static void zap_heap_test_decisions(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(decisions); i++) {
		const struct decision *d = &decisions[i];

		KUNIT_EXPECT_EQ_MSG(test, d->want,
				    zap_heap_decide(&d->view, d->event),
				    "case %u: policy %u state %u event %u", i,
				    d->view.policy, d->view.state, d->event);
	}
	KUNIT_EXPECT_EQ(test, -EINVAL,
			zap_heap_decide(&decisions[0].view,
					(enum zap_heap_event)99));
}

static void expect_span(struct kunit *test, struct zap_heap_span span,
			unsigned long addr, unsigned long pgoff,
			unsigned long nr)
{
	KUNIT_EXPECT_EQ(test, nr, span.nr);
	if (!nr)
		return;
	KUNIT_EXPECT_EQ(test, addr, span.addr);
	KUNIT_EXPECT_EQ(test, pgoff, span.pgoff);
}

#define AT(page) (0x10000000UL + ((unsigned long)(page) << PAGE_SHIFT))

static void zap_heap_test_span(struct kunit *test)
{
	/* One page. */
	expect_span(test, zap_heap_span(AT(0), AT(64), 64, AT(5), 5, 1),
		    AT(5), 5, 1);
	/* A block in the middle, and at both edges of the VMA. */
	expect_span(test, zap_heap_span(AT(0), AT(64), 64, AT(21), 21, 16),
		    AT(16), 16, 16);
	expect_span(test, zap_heap_span(AT(19), AT(64), 64, AT(21), 5, 16),
		    AT(19), 3, 13);
	expect_span(test, zap_heap_span(AT(16), AT(22), 64, AT(21), 5, 16),
		    AT(16), 0, 6);
	/* The buffer ends before the VMA does. */
	expect_span(test, zap_heap_span(AT(0), AT(64), 26, AT(17), 25, 16),
		    AT(16), 24, 2);
	expect_span(test, zap_heap_span(AT(0), AT(64), 26, AT(18), 26, 16),
		    0, 0, 0);
	/* All of a VMA that maps a part. */
	expect_span(test, zap_heap_span(AT(3), AT(9), 64, AT(7), 44, 0),
		    AT(3), 40, 6);
	expect_span(test, zap_heap_span(AT(3), AT(9), 64, AT(4), 61, 0),
		    AT(3), 60, 4);
	/* Behind the buffer, in a block and in a VMA that begin in it. */
	expect_span(test, zap_heap_span(AT(3), AT(90), 64, AT(70), 67, 16),
		    0, 0, 0);
	expect_span(test, zap_heap_span(AT(3), AT(90), 64, AT(70), 67, 0),
		    0, 0, 0);
	expect_span(test, zap_heap_span(AT(0), AT(64), 64, AT(4), ULONG_MAX,
					16), 0, 0, 0);
	/* The last block of all addresses. */
	expect_span(test, zap_heap_span(-16UL << PAGE_SHIFT, -1UL << PAGE_SHIFT,
					64, -3UL << PAGE_SHIFT, 13, 16),
		    -16UL << PAGE_SHIFT, 0, 15);
}

static void zap_heap_test_pmd(struct kunit *test)
{
	unsigned long start = ALIGN(AT(0), PMD_SIZE);
	unsigned long end = start + 2 * PMD_SIZE;
	unsigned long nr = ZAP_HEAP_PMD_PAGES, all = 2 * nr;

	KUNIT_EXPECT_TRUE(test, zap_heap_pmd_fits(start, end, all, start, 0));
	KUNIT_EXPECT_TRUE(test, zap_heap_pmd_fits(start, end, all,
						  end - PAGE_SIZE, all - 1));
	/* The second chunk is not a large one. */
	KUNIT_EXPECT_TRUE(test, zap_heap_pmd_fits(start, end, nr, start, 0));
	KUNIT_EXPECT_FALSE(test, zap_heap_pmd_fits(start, end, nr,
						   start + PMD_SIZE, nr));
	KUNIT_EXPECT_FALSE(test, zap_heap_pmd_fits(start, end, nr,
						   end - PAGE_SIZE, all - 1));
	KUNIT_EXPECT_FALSE(test, zap_heap_pmd_fits(start, end, 0, start, 0));
	/* The VMA begins or ends within. */
	KUNIT_EXPECT_FALSE(test, zap_heap_pmd_fits(start + PAGE_SIZE, end, all,
						   start + PAGE_SIZE, 1));
	KUNIT_EXPECT_TRUE(test, zap_heap_pmd_fits(start + PAGE_SIZE, end, all,
						  end - PAGE_SIZE, all - 1));
	KUNIT_EXPECT_FALSE(test, zap_heap_pmd_fits(start, end - PAGE_SIZE, all,
						   end - 2 * PAGE_SIZE,
						   all - 2));
	/* Address and offset are not aligned alike. */
	KUNIT_EXPECT_FALSE(test, zap_heap_pmd_fits(start, end, all, start, 1));
	KUNIT_EXPECT_FALSE(test, zap_heap_pmd_fits(start, end, all,
						   start + PAGE_SIZE, 0));
	KUNIT_EXPECT_TRUE(test, zap_heap_pmd_fits(start, end, all, start, nr));
	/* Behind the buffer. */
	KUNIT_EXPECT_FALSE(test, zap_heap_pmd_fits(start, end, all,
						   start + PMD_SIZE, all));
}

/* The steps of a change, in the order they were done. */
static char steps[32];

static void note(char step)
{
	size_t n = strlen(steps);

	if (n < sizeof(steps) - 1) {
		steps[n] = step;
		steps[n + 1] = '\0';
	}
}

static void fake_set_state(struct zap_heap_buffer *buf, unsigned int state)
{
	buf->state = state;
	note(state == ZAP_HEAP_MOVING ? 'm' : '0' + state);
}

static struct rw_semaphore *sem_of(struct zap_heap_buffer *buf, int cpu)
{
	return &per_cpu_ptr(buf->cpu, cpu)->state_sem;
}

/*
 * On every CPU.  Held for writing: who holds it for reading would keep no fault
 * out.
 */
static bool faults_wait(struct zap_heap_buffer *buf)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		if (down_read_trylock(sem_of(buf, cpu))) {
			up_read(sem_of(buf, cpu));
			return false;
		}
	}
	return true;
}

static bool is_locked(struct zap_heap_buffer *buf)
{
	bool locked = false;
	int cpu;

	for_each_possible_cpu(cpu)
		locked |= rwsem_is_locked(sem_of(buf, cpu));
	return locked;
}

static void fake_zap(struct zap_heap_buffer *buf)
{
	note(faults_wait(buf) && buf->state == ZAP_HEAP_MOVING ? 'z' : '!');
}

/* Or a write-back, which does not disturb who uses the buffer. */
static void fake_clean(struct zap_heap_buffer *buf)
{
	note(faults_wait(buf) ? 'c' : 'w');
}

static void fake_invalidate(struct zap_heap_buffer *buf)
{
	note(faults_wait(buf) ? 'i' : '!');
}

static void fake_drain(struct zap_heap_buffer *buf)
{
	note('d');
}

static int fake_dma_map(struct zap_heap_attachment *a,
			enum dma_data_direction dir)
{
	note('M');
	return dir == DMA_NONE ? -ENOMEM : 0;
}

static void fake_dma_unmap(struct zap_heap_attachment *a,
			   enum dma_data_direction dir)
{
	note('U');
}

static void run_access(struct kunit *test, struct zap_heap_buffer *buf,
		       enum zap_heap_event event, enum dma_data_direction dir,
		       int want, const char *order)
{
	steps[0] = '\0';
	mutex_lock(&buf->lock);
	KUNIT_EXPECT_EQ(test, want, zap_heap_event(buf, event, dir));
	mutex_unlock(&buf->lock);
	KUNIT_EXPECT_STREQ(test, order, steps);
	KUNIT_EXPECT_FALSE(test, is_locked(buf));
}

static void run_event(struct kunit *test, struct zap_heap_buffer *buf,
		      enum zap_heap_event event, int want, const char *order)
{
	run_access(test, buf, event, DMA_BIDIRECTIONAL, want, order);
}

static void run_map(struct kunit *test, struct zap_heap_buffer *buf,
		    struct zap_heap_attachment *a, enum dma_data_direction dir,
		    int want, const char *order)
{
	steps[0] = '\0';
	mutex_lock(&buf->lock);
	KUNIT_EXPECT_EQ(test, want, zap_heap_map_attachment(buf, a, dir));
	mutex_unlock(&buf->lock);
	KUNIT_EXPECT_STREQ(test, order, steps);
}

static void free_cpu(void *cpu)
{
	free_percpu((void __percpu __force *)cpu);
}

static struct zap_heap_buffer *fake_buffer(struct kunit *test)
{
	static const struct zap_heap_type type = { .name = "kunit" };
	struct zap_heap_buffer *buf;

	buf = kunit_kzalloc(test, sizeof(*buf), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, buf);
	mutex_init(&buf->lock);
	buf->cpu = zap_heap_alloc_cpu();
	KUNIT_ASSERT_NOT_NULL(test, (void __force *)buf->cpu);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, free_cpu,
							   (void __force *)buf->cpu));
	INIT_LIST_HEAD(&buf->attachments);
	buf->type = &type;

	kunit_activate_static_stub(test, zap_heap_set_state, fake_set_state);
	kunit_activate_static_stub(test, zap_heap_zap, fake_zap);
	kunit_activate_static_stub(test, zap_heap_clean, fake_clean);
	kunit_activate_static_stub(test, zap_heap_invalidate, fake_invalidate);
	kunit_activate_static_stub(test, zap_heap_drain, fake_drain);
	kunit_activate_static_stub(test, zap_heap_dma_map, fake_dma_map);
	kunit_activate_static_stub(test, zap_heap_dma_unmap, fake_dma_unmap);

	return buf;
}

/*
 * Moving, zapped, cleaned, published: never another order.  Lines that hide
 * memory are invalidated before anybody reads through them: on the way back, and
 * where the buffer stays cacheable.
 */
static void zap_heap_test_order(struct kunit *test)
{
	struct zap_heap_buffer *buf = fake_buffer(test);

	buf->policy = EAGER;
	run_event(test, buf, ZAP_HEAP_EV_MAP, 0, "mzc2");
	run_event(test, buf, ZAP_HEAP_EV_MAP, 0, "d");
	run_event(test, buf, ZAP_HEAP_EV_END_WRITE, 0, "d");
	run_event(test, buf, ZAP_HEAP_EV_MAP_COHERENT, -EBUSY, "");
	run_event(test, buf, ZAP_HEAP_EV_START, 0, "");
	run_event(test, buf, ZAP_HEAP_EV_REARM, 0, "mzi0");

	buf->policy = LAZY;
	run_event(test, buf, ZAP_HEAP_EV_START, 0, "");
	run_event(test, buf, ZAP_HEAP_EV_END_WRITE, 0, "mzc1");
	run_event(test, buf, ZAP_HEAP_EV_MAP, 0, "d");
	buf->device_maps = 1;
	run_event(test, buf, ZAP_HEAP_EV_START, 0, "mzi0");
	/* The device may have written meanwhile. */
	KUNIT_EXPECT_TRUE(test, buf->stale);
	run_event(test, buf, ZAP_HEAP_EV_START, 0, "mzci0");
	buf->device_maps = 0;
	run_event(test, buf, ZAP_HEAP_EV_START, 0, "mzci0");
	KUNIT_EXPECT_FALSE(test, buf->stale);
	run_event(test, buf, ZAP_HEAP_EV_START, 0, "");

	if (IS_ENABLED(CONFIG_DMABUF_HEAPS_ZAP_VMAP_FAIL)) {
		buf->vmap_cnt = 1;
		run_event(test, buf, ZAP_HEAP_EV_MAP, -EBUSY, "");
		run_event(test, buf, ZAP_HEAP_EV_END_WRITE, 0, "w");
		/* The device reads, and may answer. */
		KUNIT_EXPECT_TRUE(test, buf->stale);
		run_event(test, buf, ZAP_HEAP_EV_START, 0, "mzci0");
		buf->vmap_cnt = 0;
	}
}

/* What a device does not get, the buffer does not change for. */
static void zap_heap_test_map_fails(struct kunit *test)
{
	struct zap_heap_buffer *buf = fake_buffer(test);
	struct zap_heap_attachment a = {};

	buf->policy = EAGER;
	list_add(&a.list, &buf->attachments);
	run_map(test, buf, &a, DMA_NONE, -ENOMEM, "M");
	KUNIT_EXPECT_EQ(test, CPU_CACHED, buf->state);
	KUNIT_EXPECT_EQ(test, 0, buf->device_maps);

	if (IS_ENABLED(CONFIG_DMABUF_HEAPS_ZAP_VMAP_FAIL)) {
		buf->vmap_cnt = 1;
		run_map(test, buf, &a, DMA_BIDIRECTIONAL, -EBUSY, "MU");
		KUNIT_EXPECT_EQ(test, 0, buf->device_maps);
		buf->vmap_cnt = 0;
	}
	/* The state changes before the importer learns of the addresses. */
	buf->dmabuf = NULL;
	run_map(test, buf, &a, DMA_BIDIRECTIONAL, 0, "Mmzc2");
	KUNIT_EXPECT_EQ(test, 1, buf->device_maps);
}

/* The importers of a buffer under policy cached, by their letters. */
static struct zap_heap_attachment importers[5];

static void fake_sync_one(struct zap_heap_buffer *buf,
			  struct zap_heap_attachment *a, bool for_cpu)
{
	note((for_cpu ? 'a' : 'A') + (a - importers));
}

/* One pass is for all importers that have no bounce buffers, and comes first. */
static void zap_heap_test_sync_once(struct kunit *test)
{
	static const struct zap_heap_attachment all[] = {
		{ .dir = DMA_BIDIRECTIONAL, .bounces = true },
		{ .dir = DMA_FROM_DEVICE },
		{ .dir = DMA_TO_DEVICE },
		{ .dir = DMA_BIDIRECTIONAL },
		{ .dir = DMA_BIDIRECTIONAL, .coherent = true },
	};
	struct zap_heap_buffer *buf = fake_buffer(test);
	int i;

	kunit_activate_static_stub(test, zap_heap_sync_one, fake_sync_one);
	buf->policy = POLICY_CACHED;
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		importers[i] = all[i];
		list_add_tail(&importers[i].list, &buf->attachments);
	}
	/* Attached is not mapped. */
	run_access(test, buf, ZAP_HEAP_EV_START, DMA_BIDIRECTIONAL, 0,
		   "");
	run_access(test, buf, ZAP_HEAP_EV_END_WRITE, DMA_BIDIRECTIONAL, 0,
		   "");

	for (i = 0; i < ARRAY_SIZE(all); i++)
		importers[i].mapped = true;
	/* Of these, two may have dirtied lines. */
	buf->dirtied = true;
	run_access(test, buf, ZAP_HEAP_EV_START, DMA_FROM_DEVICE, 0,
		   "wdwa");
	buf->dirtied = false;
	run_access(test, buf, ZAP_HEAP_EV_START, DMA_TO_DEVICE, 0,
		   "");
	/* A device that reads counts, not one that only writes. */
	run_access(test, buf, ZAP_HEAP_EV_END_WRITE, DMA_TO_DEVICE, 0,
		   "CA");
	importers[2].mapped = false;
	importers[3].mapped = false;
	run_access(test, buf, ZAP_HEAP_EV_START, DMA_FROM_DEVICE, 0,
		   "ba");
	run_access(test, buf, ZAP_HEAP_EV_END_WRITE, DMA_TO_DEVICE, 0,
		   "BA");
	importers[1].mapped = false;
	importers[2].mapped = true;
	/* What only reads has written nothing. */
	run_access(test, buf, ZAP_HEAP_EV_START, DMA_FROM_DEVICE, 0,
		   "a");
	importers[0].mapped = false;
	importers[2].mapped = false;
	/* One that snoops needs nothing. */
	run_access(test, buf, ZAP_HEAP_EV_START, DMA_FROM_DEVICE, 0,
		   "");
	run_access(test, buf, ZAP_HEAP_EV_END_WRITE, DMA_TO_DEVICE, 0,
		   "");
}

static void run_unmap(struct kunit *test, struct zap_heap_buffer *buf,
		      struct zap_heap_attachment *a, const char *order)
{
	steps[0] = '\0';
	mutex_lock(&buf->lock);
	zap_heap_unmap_attachment(buf, a, a->dir);
	mutex_unlock(&buf->lock);
	KUNIT_EXPECT_STREQ(test, order, steps);
}

/* Importers a and b (it snoops) or c (it has bounce buffers), which writes or not. */
static void keep_dirtied(struct kunit *test, bool bounces, bool writes)
{
	struct zap_heap_attachment *a = &importers[0], *b = &importers[1 + bounces];
	struct zap_heap_buffer *buf = fake_buffer(test);

	kunit_activate_static_stub(test, zap_heap_sync_one, fake_sync_one);
	buf->policy = POLICY_CACHED;
	*a = (struct zap_heap_attachment) {};
	*b = (struct zap_heap_attachment) { .bounces = bounces,
					    .coherent = !bounces };
	list_add_tail(&a->list, &buf->attachments);
	list_add_tail(&b->list, &buf->attachments);
	run_map(test, buf, a, DMA_BIDIRECTIONAL, 0, "MA");
	run_access(test, buf, ZAP_HEAP_EV_START, DMA_FROM_DEVICE, 0, "a");
	run_map(test, buf, b, writes ? DMA_FROM_DEVICE : DMA_TO_DEVICE, 0,
		bounces ? "MC" : "MB");
	run_access(test, buf, ZAP_HEAP_EV_START, DMA_FROM_DEVICE, 0,
		   !writes ? "a" : bounces ? "wawc" : "wa");
	/* Nothing is dropped for a device, nor for a write. */
	run_access(test, buf, ZAP_HEAP_EV_START, DMA_TO_DEVICE, 0, "");
	run_access(test, buf, ZAP_HEAP_EV_END_WRITE, DMA_TO_DEVICE, 0,
		   bounces ? "AC" : "A");
	run_unmap(test, buf, b, !writes ? "U" : bounces ? "wcU" : "bU");
	list_del(&b->list);
	run_access(test, buf, ZAP_HEAP_EV_START, DMA_FROM_DEVICE, 0,
		   writes ? "wa" : "a");
	run_unmap(test, buf, a, writes ? "waU" : "aU");
}

/*
 * What a device that snoops has written, and what was copied from a bounce
 * buffer, is cleaned before lines are dropped for another importer: also when
 * that device is gone.
 */
static void zap_heap_test_keep_dirtied(struct kunit *test)
{
	keep_dirtied(test, false, true);
	keep_dirtied(test, false, false);
	keep_dirtied(test, true, true);
	keep_dirtied(test, true, false);
}

static bool fake_remove_alias(struct zap_heap_buffer *buf)
{
	note('r');
	return buf->alias_removed;
}

static void expect_set_up(struct kunit *test, unsigned int policy,
			  bool removable, unsigned int effective,
			  unsigned int state, bool may_mmap, const char *order)
{
	struct zap_heap_type type = { .name = "kunit" };
	struct zap_heap_buffer *buf = fake_buffer(test);

	kunit_activate_static_stub(test, zap_heap_remove_alias,
				   fake_remove_alias);
	buf->type = &type;
	buf->asked = policy;
	buf->alias_removed = removable;
	steps[0] = '\0';
	zap_heap_set_up(buf);
	KUNIT_EXPECT_EQ(test, effective, buf->policy);
	KUNIT_EXPECT_EQ(test, state, buf->state);
	KUNIT_EXPECT_EQ(test, may_mmap, buf->may_mmap);
	KUNIT_EXPECT_STREQ(test, order, steps);
}

/* What a new buffer is, and what is done to it before anybody knows it. */
static void zap_heap_test_set_up(struct kunit *test)
{
	expect_set_up(test, EAGER, false, EAGER, CPU_CACHED, true, "");
	expect_set_up(test, LAZY, false, LAZY, CPU_CACHED, true, "");
	expect_set_up(test, POLICY_CACHED, false, POLICY_CACHED, CPU_CACHED,
		      true, "");
	expect_set_up(test, UNCACHED, false, UNCACHED, CPU_WC, true, "w");
	if (!IS_ENABLED(CONFIG_DMABUF_HEAPS_ZAP_REFUSE))
		return;
	expect_set_up(test, REFUSE, true, REFUSE, CPU_WC, true, "wr");
	/* The alias stays: never write-combined beside it. */
	expect_set_up(test, REFUSE, false, POLICY_CACHED, CPU_CACHED,
		      IS_ENABLED(CONFIG_DMABUF_HEAPS_ZAP_REFUSE_CACHED), "wr");
}

/* A fault that must not wait, while the state changes. */
static void zap_heap_test_nowait(struct kunit *test)
{
	struct zap_heap_buffer *buf = fake_buffer(test);
	struct vm_fault vmf = {
		.flags = FAULT_FLAG_ALLOW_RETRY | FAULT_FLAG_RETRY_NOWAIT |
			 FAULT_FLAG_KILLABLE,
	};
	struct rw_semaphore *sem = sem_of(buf, 0);

	down_write(sem);
	/* It keeps its lock: there is no VMA here whose lock it could drop. */
	KUNIT_EXPECT_TRUE(test, zap_heap_wait_fault(sem, &vmf) ==
				VM_FAULT_RETRY);
	up_write(sem);
	/* One that cannot be tried again waits, with its lock. */
	vmf.flags = FAULT_FLAG_KILLABLE;
	KUNIT_EXPECT_TRUE(test, !zap_heap_wait_fault(sem, &vmf));
	KUNIT_EXPECT_TRUE(test, rwsem_is_locked(sem));
	up_read(sem);
}

static long state_sem_here(void *buf)
{
	return (long)zap_heap_state_sem(buf);
}

/* Faults of two CPUs take two locks, which share no cache line. */
static void zap_heap_test_cpus(struct kunit *test)
{
	struct zap_heap_buffer *buf = fake_buffer(test);
	unsigned long last = 0, addr;
	int cpu;

	for_each_online_cpu(cpu) {
		addr = work_on_cpu(cpu, state_sem_here, buf);
		KUNIT_EXPECT_EQ(test, (unsigned long)sem_of(buf, cpu), addr);
		KUNIT_EXPECT_TRUE(test, max(addr, last) - min(addr, last) >=
					sizeof(*buf->cpu) + cache_line_size());
		last = addr;
	}
}

/* What faults count on a CPU stays there, and no count is lost. */
static long count_here(void *data)
{
	struct zap_heap_buffer *buf = data;

	zap_heap_count_ptes(buf, 1);
	zap_heap_count_pmd(buf, true);
	zap_heap_count_pmd(buf, false);

	return this_cpu_read(buf->cpu->count.ptes_inserted);
}

static void zap_heap_test_counts(struct kunit *test)
{
	struct zap_heap_buffer *buf = fake_buffer(test);
	struct zap_heap_fault_counters sum;
	int cpu;

	if (!ZAP_HEAP_COUNTS)
		kunit_skip(test, "no importer, so nothing is counted");
	for_each_online_cpu(cpu)
		KUNIT_EXPECT_EQ(test, 1, work_on_cpu(cpu, count_here, buf));
	zap_heap_sum_faults(buf, &sum);
	KUNIT_EXPECT_EQ(test, 2 * num_online_cpus(), sum.fills);
	KUNIT_EXPECT_EQ(test, num_online_cpus(), sum.ptes_inserted);
	KUNIT_EXPECT_EQ(test, num_online_cpus(), sum.pmds_inserted);
}

/* The alias is gone from the TLB, too: the CPU has just used it. */
static void zap_heap_test_alias(struct kunit *test)
{
	struct zap_heap_buffer *buf = fake_buffer(test);
	unsigned long pfn, *alias, value;
	struct page *page;
	bool gone;

	if (!zap_heap_alias_removable())
		kunit_skip(test, "the alias stays: boot with rodata=full");
	page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	KUNIT_ASSERT_NOT_NULL(test, page);
	alias = page_address(page);
	pfn = page_to_pfn(page);
	buf->pfns = &pfn;
	buf->nr_pages = 1;
	if (sg_alloc_table(&buf->sgt, 1, GFP_KERNEL)) {
		__free_page(page);
		KUNIT_FAIL(test, "no memory");
		return;
	}
	sg_set_page(buf->sgt.sgl, page, PAGE_SIZE, 0);

	KUNIT_EXPECT_EQ(test, 0, copy_from_kernel_nofault(&value, alias,
							  sizeof(value)));
	gone = zap_heap_remove_alias(buf);
	KUNIT_EXPECT_TRUE(test, gone);
	KUNIT_EXPECT_NE(test, 0, copy_from_kernel_nofault(&value, alias,
							  sizeof(value)));
	KUNIT_EXPECT_TRUE(test, zap_heap_restore_alias(buf));
	KUNIT_EXPECT_EQ(test, 0, copy_from_kernel_nofault(&value, alias,
							  sizeof(value)));
	sg_free_table(&buf->sgt);
	__free_page(page);
}

static struct kunit_case zap_heap_cases[] = {
	KUNIT_CASE(zap_heap_test_decisions),
	KUNIT_CASE(zap_heap_test_span),
	KUNIT_CASE(zap_heap_test_pmd),
	KUNIT_CASE(zap_heap_test_order),
	KUNIT_CASE(zap_heap_test_map_fails),
	KUNIT_CASE(zap_heap_test_sync_once),
	KUNIT_CASE(zap_heap_test_keep_dirtied),
	KUNIT_CASE(zap_heap_test_set_up),
	KUNIT_CASE(zap_heap_test_nowait),
	KUNIT_CASE(zap_heap_test_cpus),
	KUNIT_CASE(zap_heap_test_counts),
	KUNIT_CASE(zap_heap_test_alias),
	{}
};

static struct kunit_suite zap_heap_suite = {
	.name = "zap-heap",
	.test_cases = zap_heap_cases,
};

kunit_test_suite(zap_heap_suite);
