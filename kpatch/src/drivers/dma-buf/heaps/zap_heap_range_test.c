// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA-BUF zap heaps: KUnit tests of START and END of a part of a buffer
 *
 * A device that does not snoop reads memory, the CPU reads its cache, and only a
 * sync brings a line from one to the other.  So each line that is lost shows,
 * and one outside of the part must be: else it was no part that was synced.
 */

#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/scatterlist.h>
#include <linux/string.h>

#include "zap_heap.h"

struct decision {
	struct zap_heap_view view;
	enum zap_heap_event event;
	int want;
};

#define D(ev, result, p, ...) { .view = { .policy = ZAP_BENCH_POLICY_##p, \
	__VA_ARGS__ }, .event = ZAP_HEAP_EV_##ev, .want = result }

static const struct decision decisions[] = {
	/* No part changes the state. */
	D(START, ZAP_HEAP_NOTHING, LAZY, .state = ZAP_BENCH_STATE_DEVICE),
	D(END_WRITE, ZAP_HEAP_WRITE_BACK, LAZY, .device_maps = 1),
	D(END_WRITE, ZAP_HEAP_DRAIN, LAZY, .state = ZAP_BENCH_STATE_DEVICE),
	D(END_WRITE, ZAP_HEAP_NOTHING, LAZY, .only_coherent = true),
	D(END_WRITE, ZAP_HEAP_DRAIN, EAGER, .state = ZAP_BENCH_STATE_CPU_WC),
	/* What is not of the state is as for all of the buffer. */
	D(START, ZAP_HEAP_REFRESH, LAZY, .stale = true),
	D(START, ZAP_HEAP_NOTHING, LAZY),
	D(START, ZAP_HEAP_SYNC_FOR_CPU, CACHED),
	D(END_WRITE, ZAP_HEAP_SYNC_FOR_DEVICE, CACHED),
	D(END_READ, ZAP_HEAP_NOTHING, CACHED),
	D(START, ZAP_HEAP_NOTHING, UNCACHED, .state = ZAP_BENCH_STATE_CPU_WC),
};

/* Memory by its lines, and the cache over it. */
#define LINE	64
static struct {
	char cache, memory;
	bool dirty;
} lines[64];

/*
 * Chunks that are anywhere in memory; the device has the second and the third as
 * one segment.
 */
static const struct {
	unsigned int lines, at, segment;
	dma_addr_t addr;
} chunks[] = {
	{ 8, 40, 8, 0x100000 }, { 4, 0, 8, 0x200000 },
	{ 4, 20, 0, 0x200000 + 4 * LINE }, { 16, 24, 16, 0x300000 },
};

#define RANGE_LINES	32

/* The steps of a refresh, in the order they were done. */
static char steps[8];

static void note(char step)
{
	size_t n = strlen(steps);

	if (n < sizeof(steps) - 1)
		steps[n] = step;
}

static unsigned int line_of_addr(dma_addr_t addr)
{
	unsigned int i = 0;

	while (addr < chunks[i].addr ||
	       addr >= chunks[i].addr + chunks[i].lines * LINE)
		i++;
	return chunks[i].at + (addr - chunks[i].addr) / LINE;
}

static unsigned int line_of(unsigned int n)
{
	unsigned int i;

	for (i = 0; n >= chunks[i].lines; i++)
		n -= chunks[i].lines;
	return chunks[i].at + n;
}

static void fake_sync_chunk(struct device *dev, dma_addr_t addr,
			    unsigned long offset, size_t bytes,
			    enum dma_data_direction dir, bool for_cpu)
{
	unsigned int at = line_of_addr(addr + offset), i;

	for (i = at; i < at + bytes / LINE; i++) {
		if (for_cpu)
			lines[i].cache = lines[i].memory;
		else if (lines[i].dirty)
			lines[i].memory = lines[i].cache;
		lines[i].dirty = false;
	}
	note(for_cpu ? 'i' : 'c');
}

static void fake_set_state(struct zap_heap_buffer *buf, unsigned int state)
{
	buf->state = state;
	note(state == ZAP_HEAP_MOVING ? 'm' : '0' + state);
}

/* Faults are to wait. */
static void fake_zap_range(struct zap_heap_buffer *buf,
			   const struct zap_heap_range *range)
{
	struct rw_semaphore *sem = zap_heap_state_sem(buf);
	bool waits = !down_read_trylock(sem);

	if (!waits)
		up_read(sem);
	note(waits && buf->state == ZAP_HEAP_MOVING ? 'z' : '!');
}

/* How many lines of the range are not @in, and others not @out. */
static unsigned int count_wrong(const struct zap_heap_range *range, bool cache,
				char in, char out)
{
	unsigned int i, n, wrong = 0;
	char want, have;

	for (i = 0; i < RANGE_LINES; i++) {
		n = line_of(i);
		want = i * LINE >= range->offset &&
		       i * LINE < range->offset + range->bytes ? in : out;
		have = cache ? lines[n].cache : lines[n].memory;
		wrong += have != want;
	}
	return wrong;
}

/* Write all, END a part; then the device writes all, and START a part. */
static unsigned int sync_a_range(struct kunit *test,
				 struct zap_heap_buffer *buf,
				 const struct zap_heap_range *range)
{
	unsigned int i, wrong;

	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		lines[i].cache = 'n';
		lines[i].memory = 'o';
		lines[i].dirty = true;
	}
	mutex_lock(&buf->lock);
	KUNIT_EXPECT_EQ(test, 0,
			zap_heap_event_range(buf, ZAP_HEAP_EV_END_WRITE,
					     DMA_TO_DEVICE, range));
	/* The device reads the part, and outside of it what was there before. */
	wrong = count_wrong(range, false, 'n', 'o');
	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		lines[i].memory = 'd';
		lines[i].dirty = false;
	}
	memset(steps, 0, sizeof(steps));
	KUNIT_EXPECT_EQ(test, 0,
			zap_heap_event_range(buf, ZAP_HEAP_EV_START,
					     DMA_FROM_DEVICE, range));
	mutex_unlock(&buf->lock);

	return wrong + count_wrong(range, true, 'd', 'n');
}

/* A device that snoops writes all into the caches; then START a part. */
static unsigned int snooped_range(struct kunit *test,
				  struct zap_heap_buffer *buf,
				  const struct zap_heap_range *range)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		lines[i].cache = 's';
		lines[i].memory = 'o';
		lines[i].dirty = true;
	}
	mutex_lock(&buf->lock);
	KUNIT_EXPECT_EQ(test, 0,
			zap_heap_event_range(buf, ZAP_HEAP_EV_START,
					     DMA_FROM_DEVICE, range));
	mutex_unlock(&buf->lock);

	return count_wrong(range, true, 's', 's');
}

static void zap_heap_test_range_decisions(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(decisions); i++) {
		const struct decision *d = &decisions[i];

		KUNIT_EXPECT_EQ_MSG(test, d->want,
				    zap_heap_decide_range(&d->view, d->event),
				    "case %u", i);
	}
}

/* No byte of the part is lost, and every byte outside of it is: it was a part. */
static void zap_heap_test_range(struct kunit *test)
{
	struct zap_heap_attachment a = { .dir = DMA_BIDIRECTIONAL,
					 .mapped = true };
	struct zap_heap_range range = { .offset = 2 * LINE, .bytes = LINE };
	struct zap_heap_buffer *buf;
	unsigned int i, from, to;
	struct scatterlist *sg;

	buf = kunit_kzalloc(test, sizeof(*buf), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, buf);
	mutex_init(&buf->lock);
	buf->cpu = zap_heap_alloc_cpu();
	KUNIT_ASSERT_NOT_NULL(test, (void __force *)buf->cpu);
	INIT_LIST_HEAD(&buf->attachments);
	kunit_activate_static_stub(test, zap_heap_set_state, fake_set_state);
	kunit_activate_static_stub(test, zap_heap_sync_chunk, fake_sync_chunk);
	kunit_activate_static_stub(test, zap_heap_zap_range, fake_zap_range);
	KUNIT_ASSERT_EQ(test, 0, sg_alloc_table(&a.sgt, ARRAY_SIZE(chunks),
						GFP_KERNEL));
	for_each_sgtable_sg(&a.sgt, sg, i)
		sg->length = chunks[i].lines * LINE;
	for (i = 0, sg = a.sgt.sgl; i < ARRAY_SIZE(chunks); i++) {
		if (!chunks[i].segment)
			continue;
		sg_dma_address(sg) = chunks[i].addr;
		sg_dma_len(sg) = chunks[i].segment * LINE;
		sg = sg_next(sg);
	}
	a.sgt.nents = ARRAY_SIZE(chunks) - 1;
	buf->sgt = a.sgt;
	list_add(&a.list, &buf->attachments);
	buf->device_maps = 1;

	for (from = 0; from < RANGE_LINES; from++) {
		for (to = from + 1; to <= RANGE_LINES; to++) {
			range.offset = from * LINE;
			range.bytes = (to - from) * LINE;
			buf->policy = ZAP_BENCH_POLICY_CACHED;
			KUNIT_EXPECT_EQ_MSG(test, 0,
					    sync_a_range(test, buf, &range),
					    "cached, lines %u to %u", from, to);
			buf->dirtied = true;
			KUNIT_EXPECT_EQ_MSG(test, 0,
					    snooped_range(test, buf, &range),
					    "snooped, lines %u to %u", from, to);
			buf->dirtied = false;
			buf->policy = ZAP_BENCH_POLICY_LAZY;
			KUNIT_EXPECT_EQ_MSG(test, 0,
					    sync_a_range(test, buf, &range),
					    "lazy, lines %u to %u", from, to);
		}
	}
	/* Faults are kept out, and the rest of the buffer is as stale as before. */
	range.bytes = LINE;
	sync_a_range(test, buf, &range);
	KUNIT_EXPECT_STREQ(test, "mzci0", steps);
	KUNIT_EXPECT_TRUE(test, buf->stale);
	KUNIT_EXPECT_EQ(test, ZAP_BENCH_STATE_CPU_CACHED, buf->state);
	sg_free_table(&a.sgt);
	free_percpu(buf->cpu);
}

static struct kunit_case zap_heap_range_cases[] = {
	KUNIT_CASE(zap_heap_test_range_decisions),
	KUNIT_CASE(zap_heap_test_range),
	{}
};

static struct kunit_suite zap_heap_range_suite = {
	.name = "zap-heap-range",
	.test_cases = zap_heap_range_cases,
};

kunit_test_suite(zap_heap_range_suite);
