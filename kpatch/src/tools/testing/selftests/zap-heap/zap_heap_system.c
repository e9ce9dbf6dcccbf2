// SPDX-License-Identifier: GPL-2.0-only
/*
 * The write-combined system heap (system-uncached), looked at with the importer
 *
 * It is no zap heap, and a series of its own.  Without it all tests skip.
 */

#include <stdbool.h>
#include <stdlib.h>

#include "../kselftest_harness.h"
#include "zap_heap_util.h"

#define HEAP	"system-uncached"
#define SIZE	(1024 * 1024UL)
#define TRACING	"/sys/kernel/tracing/"

FIXTURE(system)
{
	int zb;
	int buf;
	unsigned char *p;
};

FIXTURE_SETUP(system)
{
	if (access("/dev/dma_heap/" HEAP, F_OK))
		SKIP(return, "there is no heap " HEAP);
	self->zb = zh_open();
	if (self->zb < 0)
		SKIP(return, "there is no " ZAP_BENCH_DEVICE);
	self->buf = zh_alloc(HEAP, SIZE);
	ASSERT_LE(0, self->buf);
	self->p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		       self->buf, 0);
	ASSERT_NE(MAP_FAILED, self->p);
}

FIXTURE_TEARDOWN(system)
{
	munmap(self->p, SIZE);
	close(self->buf);
	close(self->zb);
}

static int memtype(int zb, const void *p)
{
	struct zap_bench_pte pte = { .address = (uintptr_t)p };
	int ret = zh_ioctl(zb, ZAP_BENCH_IOC_PTE, &pte);

	return ret ? ret : (int)pte.memtype;
}

/* Every page, from the beginning, after mprotect() and in another mapping. */
TEST_F(system, all_is_write_combined)
{
	unsigned char *other;
	size_t i;

	for (i = 0; i < SIZE; i += getpagesize())
		ASSERT_EQ(ZAP_BENCH_MEM_WC, memtype(self->zb, self->p + i));
	ASSERT_EQ(0, mprotect(self->p, SIZE, PROT_READ));
	ASSERT_EQ(0, mprotect(self->p, SIZE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(ZAP_BENCH_MEM_WC, memtype(self->zb, self->p));

	other = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, self->buf, 0);
	ASSERT_NE(MAP_FAILED, other);
	EXPECT_EQ(ZAP_BENCH_MEM_WC, memtype(self->zb, other));
	self->p[100] = 42;
	EXPECT_EQ(42, other[100]);
	munmap(other, SIZE);
}

/* While a device has it mapped, too; and a kernel mapping is no obstacle. */
TEST_F(system, device_and_kernel_map)
{
	ASSERT_EQ(0, zh_attach(self->zb, self->buf, 0));
	ASSERT_EQ(0, zh_map(self->zb, ZAP_BENCH_DIR_BIDIRECTIONAL));
	ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_VMAP));
	EXPECT_EQ(ZAP_BENCH_MEM_WC, memtype(self->zb, self->p));
	EXPECT_EQ(0, zh_sync(self->buf, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW));
	self->p[0] = 1;
	EXPECT_EQ(0, zh_sync(self->buf, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW));
	ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_VUNMAP));
	ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_UNMAP));
	ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_DETACH));
}

/* It would use cache lines that the CPU bypasses. */
TEST_F(system, device_that_snoops_is_refused)
{
	EXPECT_EQ(-EOPNOTSUPP, zh_attach(self->zb, self->buf,
					 ZAP_BENCH_ATTACH_COHERENT));
}

/* The copies would have dirty cache lines. */
TEST_F(system, private_is_refused)
{
	size_t page = getpagesize();
	void *p = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE,
		       self->buf, 0);

	EXPECT_EQ(MAP_FAILED, p);
	EXPECT_EQ(EINVAL, errno);
}

/* No cache is maintained but at allocation: the DMA API is not asked to. */
TEST_F(system, nothing_is_synced)
{
	static char trace[1 << 16];
	ssize_t n;
	int fd;

	if (zh_write_file(TRACING "events/dma/enable", "1"))
		SKIP(return, "no tracefs, or no events of the DMA API");
	ASSERT_EQ(0, zh_attach(self->zb, self->buf, 0));
	zh_write_file(TRACING "trace", "\n");
	ASSERT_EQ(0, zh_map(self->zb, ZAP_BENCH_DIR_BIDIRECTIONAL));
	ASSERT_EQ(0, zh_sync(self->buf, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW));
	ASSERT_EQ(0, zh_sync(self->buf, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW));
	ASSERT_EQ(0, zh_op(self->zb, ZAP_BENCH_IOC_UNMAP));
	fd = open(TRACING "trace", O_RDONLY);
	ASSERT_LE(0, fd);
	n = read(fd, trace, sizeof(trace) - 1);
	ASSERT_LE(0, n);
	close(fd);
	zh_write_file(TRACING "events/dma/enable", "0");
	EXPECT_NE(NULL, strstr(trace, "dma_map_sg"));
	EXPECT_NE(NULL, strstr(trace, "SKIP_CPU_SYNC"));
	EXPECT_EQ(NULL, strstr(trace, "dma_sync_sg"));
}

TEST_HARNESS_MAIN
