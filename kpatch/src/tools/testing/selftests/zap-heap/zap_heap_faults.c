// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fails every memory allocation of every operation, one at a time.
 *
 * /proc/self/fail-nth makes the n-th allocation of this task fail: n goes up
 * from 1 until an operation ends with no failure.  After each failure the buffer
 * must work as before, and at the end nothing may leak.  Needs
 * CONFIG_FAULT_INJECTION_DEBUG_FS with FAILSLAB and FAIL_PAGE_ALLOC.  Asks
 * kmemleak if the kernel has it.
 *
 * VMAP is excluded: the dma-buf core warns when that fails.
 */

#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/wait.h>

#include "../kselftest.h"
#include "zap_heap_util.h"

#define LIMIT	2000
#define LARGE	(4UL << 20)
#define PASSES	8

/* The buffer that is worked on, and all that is held on it. */
static struct {
	const char *heap;
	size_t size;
	int fd;
	int zb;
	volatile uint32_t *map;
} b;

static size_t page;
static int nth_fd;

static void set_nth(unsigned int n)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", n);
	if (pwrite(nth_fd, text, strlen(text), 0) < 0)
		ksft_exit_fail_msg("fail-nth: %m\n");
}

/* How many allocations were still to come; 0: the failure was injected. */
static unsigned int get_nth(void)
{
	char text[16] = "";

	if (pread(nth_fd, text, sizeof(text) - 1, 0) <= 0)
		ksft_exit_fail_msg("fail-nth: %m\n");
	return atoi(text);
}

/* Operations.  They return 0 or -errno, and leave everything as it was. */

static int op_alloc(void)
{
	int fd = zh_alloc(b.heap, b.size);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static int op_mmap(void)
{
	void *map = mmap(NULL, b.size, PROT_READ | PROT_WRITE, MAP_SHARED, b.fd,
			 0);

	if (map == MAP_FAILED)
		return -errno;
	munmap(map, b.size);
	return 0;
}

/* Where there is no page table yet. */
static int op_touch(void)
{
	volatile uint32_t *map = mmap(NULL, b.size, PROT_READ | PROT_WRITE,
				      MAP_SHARED, b.fd, 0);
	unsigned int left;
	size_t i;

	if (map == MAP_FAILED)
		return -errno;
	for (i = 0; i < b.size; i += page) {
		if (map[i / 4] != i / page) {
			left = get_nth();
			set_nth(0);
			ksft_print_msg("page %zu is wrong\n", i / page);
			set_nth(left);
			return -EIO;
		}
		map[i / 4] = i / page;
	}
	munmap((void *)map, b.size);
	return 0;
}

static int op_attach(void)
{
	int ret, zb = zh_open();

	if (zb < 0)
		return zb;
	ret = zh_attach(zb, b.fd, 0);
	close(zb);
	return ret;
}

static int op_map(void)
{
	int ret = zh_map(b.zb, ZAP_BENCH_DIR_BIDIRECTIONAL);

	if (ret)
		return ret;
	return zh_op(b.zb, ZAP_BENCH_IOC_UNMAP);
}

static int op_rearm(void)
{
	return zh_op(b.zb, ZAP_BENCH_IOC_REARM);
}

static int op_start_read(void)
{
	return zh_sync(b.fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ);
}

static int op_end_write(void)
{
	return zh_sync(b.fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE);
}

static int op_mprotect(void)
{
	/* It splits the VMA, which stays split: one of a PFNMAP never merges. */
	if (mprotect((char *)b.map + page, page, PROT_READ))
		return -errno;
	if (mprotect((char *)b.map + page, page, PROT_READ | PROT_WRITE))
		return -errno;
	return 0;
}

static int op_munmap(void)
{
	char *map = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE, MAP_SHARED,
			 b.fd, 0);
	int ret = 0;

	if (map == MAP_FAILED)
		return -errno;
	if (munmap(map + page, page))
		ret = -errno;
	munmap(map, 3 * page);
	return ret;
}

static int op_fork(void)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return -errno;
	if (!pid)
		_exit(b.map[0] != 0);
	waitpid(pid, &status, 0);
	return status ? -EIO : 0;
}

/* An op may begin with one that is never made to fail, and end with one. */
static const struct op {
	const char *name;
	int (*run)(void);
	int (*before)(void);
	int (*after)(void);
} ops[] = {
	{ "alloc", op_alloc },
	{ "mmap", op_mmap },
	{ "touch", op_touch },
	{ "attach", op_attach },
	{ "map", op_map, NULL, op_rearm },
	{ "rearm", op_rearm, op_map },
	{ "start", op_start_read, op_end_write },
	{ "end", op_end_write, op_start_read },
	{ "mprotect", op_mprotect },
	{ "munmap", op_munmap },
	{ "fork", op_fork },
};

/* All pages are right, and a zap finds every one of them. */
static int works(void)
{
	size_t i;
	int ret;

	for (i = 0; i < b.size; i += page) {
		if (b.map[i / 4] != i / page)
			return -EIO;
		b.map[i / 4] = i / page;
	}
	ret = op_map();
	if (!ret)
		ret = zh_op(b.zb, ZAP_BENCH_IOC_ZAP);
	for (i = 0; !ret && i < b.size; i += i < 20 * page ? page : 64 * page)
		if (zh_memtype(b.zb, b.map + i / 4, NULL) != ZAP_BENCH_MEM_NONE)
			ret = -EEXIST;
	if (!ret)
		ret = op_rearm();
	return ret;
}

static void run(const struct op *op)
{
	unsigned int n, failed = 0, absorbed = 0, left;
	int ret, state;

	for (n = 1; n < LIMIT; n++) {
		if (op->before && op->before()) {
			ksft_test_result_fail("%s %s: before\n", b.heap, op->name);
			return;
		}
		set_nth(n);
		ret = op->run();
		left = get_nth();
		set_nth(0);
		if (ret && ret != -ENOMEM)
			break;
		if (left && ret)
			break;
		if (ret)
			failed++;
		else if (!left)
			absorbed++;
		state = op->after ? op->after() : 0;
		if (!state)
			state = works();
		if (state) {
			ksft_test_result_fail("%s %s: does not work after failure %u: %s\n",
					      b.heap, op->name, n,
					      strerror(-state));
			return;
		}
		if (left)
			break;
	}
	/* An allocation may have a second choice: then there is no error. */
	ksft_test_result(left && !ret, "%s %s: %u allocations, %u failed it%s%s\n",
			 b.heap, op->name, failed + absorbed, failed,
			 ret ? ", " : "", ret ? strerror(-ret) : "");
}

static long free_kb(void)
{
	FILE *file = fopen("/proc/meminfo", "r");
	char line[128];
	long kb = 0;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemFree: %ld", &kb) == 1)
			break;
	if (file)
		fclose(file);
	return kb;
}

/*
 * A failed allocation of a buffer must not leak.  kmemleak does not track pages,
 * so this looks at free memory, which also varies for other reasons, such as the
 * per-CPU page lists.  A buffer that leaks at only one of the allocations leaks
 * in each of the passes, which adds up to twice the limit.
 */
static void test_pages(const char *name)
{
	unsigned int n, left, pass;
	long before = 0, lost;

	b.heap = name;
	b.size = LARGE;
	for (pass = 0; pass <= PASSES; pass++) {
		/* What is set up once is there after the first. */
		if (pass == 1)
			before = free_kb();
		for (n = 1; n < LIMIT; n++) {
			set_nth(n);
			op_alloc();
			left = get_nth();
			set_nth(0);
			if (left)
				break;
		}
	}
	lost = before - free_kb();
	ksft_test_result(lost < (long)(PASSES * LARGE >> 11),
			 "%s alloc: %ld kB are lost\n", name, lost);
}

/* Allocation is the same for all heaps, but for what is done at its end. */
static int ways_to_set_up(const char *name)
{
	return !strcmp(name, "zap-eager-page") || !strcmp(name, "zap-uncached") ||
	       !strcmp(name, "zap-refuse");
}

static void test_heap(const char *name, size_t pmd)
{
	size_t i, j;

	b.heap = name;
	b.size = 20 * page;
	/* A PMD, where it is not too large, and some pages that are not in it. */
	if (strstr(name, "huge") && pmd <= 2 << 20)
		b.size += pmd;
	b.fd = zh_alloc(name, b.size);
	b.map = b.fd < 0 ? MAP_FAILED :
		zh_mmap(b.fd, b.size, pmd, PROT_READ | PROT_WRITE, 0);
	if (b.map == MAP_FAILED) {
		if (!zh_may_miss(name, b.fd))
			ksft_exit_fail_msg("%s: no buffer (%d), or no mmap: %m\n",
					   name, b.fd);
		for (i = 0; i < ARRAY_SIZE(ops); i++)
			ksft_test_result_skip("%s %s: no such heap, or no mmap\n",
					      name, ops[i].name);
		if (ways_to_set_up(name))
			ksft_test_result_skip("%s alloc: no such heap, or no mmap\n",
					      name);
		if (b.fd >= 0)
			close(b.fd);
		return;
	}
	b.zb = zh_open();
	if (b.zb < 0 || zh_attach(b.zb, b.fd, 0))
		ksft_exit_fail_msg("%s: cannot be attached\n", name);
	for (j = 0; j < b.size; j += page)
		b.map[j / 4] = j / page;
	for (i = 0; i < ARRAY_SIZE(ops); i++)
		run(&ops[i]);
	munmap((void *)b.map, b.size);
	close(b.zb);
	close(b.fd);
	if (ways_to_set_up(name))
		test_pages(name);
}

static void leaks(long buffers_before)
{
	long buffers = zh_buffers();
	int lines;

	if (buffers_before < 0)
		ksft_test_result_skip("no buffer is left: no bufinfo\n");
	else
		ksft_test_result(buffers == buffers_before,
				 "no buffer is left: %ld, %ld at first\n",
				 buffers, buffers_before);
	lines = zh_leaks();
	if (lines < 0)
		ksft_test_result_skip("no object is left: no kmemleak\n");
	else
		ksft_test_result(!lines, "no object is left, says kmemleak\n");
}

int main(void)
{
	static const struct {
		const char *file;
		const char *text;
	} set[] = {
		{ ZH_DEBUG "failslab/ignore-gfp-wait", "N" },
		{ ZH_DEBUG "failslab/verbose", "0" },
		{ ZH_DEBUG "fail_page_alloc/ignore-gfp-wait", "N" },
		{ ZH_DEBUG "fail_page_alloc/ignore-gfp-highmem", "N" },
		{ ZH_DEBUG "fail_page_alloc/min-order", "0" },
		{ ZH_DEBUG "fail_page_alloc/verbose", "0" },
	};
	static const char * const heaps[] = {
		"zap-eager-page", "zap-eager-around", "zap-eager-buffer",
		"zap-eager-huge", "zap-eager-contpte", "zap-lazy-page",
		"zap-lazy-around", "zap-lazy-buffer", "zap-lazy-huge",
		"zap-lazy-contpte", "zap-cached", "zap-uncached", "zap-refuse",
	};
	struct zap_bench_info info;
	int zb = zh_open();
	long before;
	size_t i;

	ksft_print_header();
	if (zb < 0 || zh_ioctl(zb, ZAP_BENCH_IOC_INFO, &info))
		ksft_exit_skip("no " ZAP_BENCH_DEVICE "\n");
	close(zb);
	nth_fd = open("/proc/self/fail-nth", O_RDWR);
	if (nth_fd < 0)
		ksft_exit_skip("no /proc/self/fail-nth: %m\n");
	for (i = 0; i < ARRAY_SIZE(set); i++)
		if (zh_write_file(set[i].file, set[i].text))
			ksft_exit_skip("%s: %m\n", set[i].file);
	/* What the program itself needs is there before anything fails. */
	setvbuf(stdout, NULL, _IOLBF, 1 << 12);
	page = info.page_bytes;
	ksft_set_plan(ARRAY_SIZE(heaps) * ARRAY_SIZE(ops) + 3 + 2);
	before = zh_buffers();
	zh_leaks_begin();

	for (i = 0; i < ARRAY_SIZE(heaps); i++)
		test_heap(heaps[i], info.pmd_bytes);
	leaks(before);
	ksft_finished();
}
