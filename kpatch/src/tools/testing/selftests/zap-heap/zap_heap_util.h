/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of the zap heaps share.  All functions return 0, or a file
 * descriptor, or -errno.
 */
#ifndef ZAP_HEAP_UTIL_H
#define ZAP_HEAP_UTIL_H

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <linux/zap_bench.h>

#define ZH_DEBUG	"/sys/kernel/debug/"

static inline int zh_ioctl(int fd, unsigned long req, void *arg)
{
	return ioctl(fd, req, arg) < 0 ? -errno : 0;
}

/* Files of the kernel; a trace is emptied first. */
static inline int zh_write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC), ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

/* How many dma-bufs there are in the system; -1 if the kernel does not tell. */
static inline long zh_buffers(void)
{
	FILE *file = fopen(ZH_DEBUG "dma_buf/bufinfo", "r");
	char line[512];
	long n = -1;

	while (file && fgets(line, sizeof(line), file))
		sscanf(line, "Total %ld objects", &n);
	if (file)
		fclose(file);
	return n;
}

/* What was allocated up to now is not counted by zh_leaks(). */
static inline void zh_leaks_begin(void)
{
	zh_write_file(ZH_DEBUG "kmemleak", "clear");
}

/*
 * Lines that kmemleak reports, after it has shown them; -1 without kmemleak.
 * Objects that are younger than five seconds are not reported.
 */
static inline int zh_leaks(void)
{
	char line[256];
	FILE *file;
	int n = 0;

	if (zh_write_file(ZH_DEBUG "kmemleak", "scan"))
		return -1;
	sleep(6);
	zh_write_file(ZH_DEBUG "kmemleak", "scan");
	zh_write_file(ZH_DEBUG "kmemleak", "scan");
	file = fopen(ZH_DEBUG "kmemleak", "r");
	while (file && fgets(line, sizeof(line), file)) {
		n++;
		printf("# %s", line);
	}
	if (file)
		fclose(file);
	return n;
}

static inline int zh_alloc_with(const char *heap, size_t size, int flags,
				uint64_t heap_flags)
{
	struct dma_heap_allocation_data data = {
		.len = size,
		.fd_flags = flags | O_CLOEXEC,
		.heap_flags = heap_flags,
	};
	char path[64];
	int fd, ret;

	snprintf(path, sizeof(path), "/dev/dma_heap/%s", heap);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = zh_ioctl(fd, DMA_HEAP_IOCTL_ALLOC, &data);
	close(fd);

	return ret ? ret : (int)data.fd;
}

static inline int zh_alloc_as(const char *heap, size_t size, int flags)
{
	return zh_alloc_with(heap, size, flags, 0);
}

static inline int zh_alloc(const char *heap, size_t size)
{
	return zh_alloc_as(heap, size, O_RDWR);
}

static inline int zh_open(void)
{
	int fd = open(ZAP_BENCH_DEVICE, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static inline int zh_attach(int zb, int buf, unsigned int flags)
{
	struct zap_bench_attach arg = { .dmabuf_fd = buf, .flags = flags };

	return zh_ioctl(zb, ZAP_BENCH_IOC_ATTACH, &arg);
}

static inline int zh_map(int zb, unsigned int dir)
{
	struct zap_bench_map arg = { .direction = dir };

	return zh_ioctl(zb, ZAP_BENCH_IOC_MAP, &arg);
}

static inline int zh_op(int zb, unsigned long req)
{
	struct zap_bench_op arg = {};

	return zh_ioctl(zb, req, &arg);
}

static inline int zh_access(int zb, unsigned long req, uint64_t offset,
			    void *data, uint64_t size)
{
	struct zap_bench_access arg = {
		.offset_bytes = offset,
		.size_bytes = size,
		.user_ptr = (uintptr_t)data,
	};

	return zh_ioctl(zb, req, &arg);
}

static inline int zh_stats(int zb, struct zap_bench_stats *stats)
{
	return zh_ioctl(zb, ZAP_BENCH_IOC_STATS, stats);
}

/*
 * What a stop of so many milliseconds is: what the others do meanwhile takes
 * several times as long in a kernel that looks for its own mistakes.
 */
static inline unsigned int zh_stop_ms(unsigned int ms)
{
	int slow = !access(ZH_DEBUG "kmemleak", F_OK);

	return slow && ms <= ZAP_BENCH_STOP_MS_MAX / 4 ? 4 * ms : ms;
}

/* See enum zap_bench_stop_at. */
static inline int zh_stop(int zb, unsigned int where, unsigned int ms)
{
	struct zap_bench_stop arg = { .where = where, .ms = zh_stop_ms(ms) };

	return zh_ioctl(zb, ZAP_BENCH_IOC_STOP, &arg);
}

static inline int zh_sync(int buf, uint64_t flags)
{
	struct dma_buf_sync arg = { .flags = flags };

	return zh_ioctl(buf, DMA_BUF_IOCTL_SYNC, &arg);
}

static inline int zh_sync_range(int zb, unsigned int flags, uint64_t offset,
				uint64_t size)
{
	struct zap_bench_sync arg = {
		.offset_bytes = offset,
		.size_bytes = size,
		.flags = flags,
	};

	return zh_ioctl(zb, ZAP_BENCH_IOC_SYNC_RANGE, &arg);
}

/* The kind of memory that an address is mapped as; size may be NULL. */
static inline int zh_memtype(int zb, const volatile void *addr, uint64_t *size)
{
	struct zap_bench_pte pte = { .address = (uintptr_t)addr };
	int ret = zh_ioctl(zb, ZAP_BENCH_IOC_PTE, &pte);

	if (size)
		*size = pte.size_bytes;
	return ret ? ret : (int)pte.memtype;
}

static inline long zh_faults(void)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	return ru.ru_minflt;
}

/*
 * Reserves address space for @size bytes that starts at a multiple of @align,
 * with nothing in its way up to the next one.
 */
static inline void *zh_reserve(size_t size, size_t align)
{
	char *p = mmap(NULL, size + 2 * align, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return p;
	return (void *)(((uintptr_t)p + align - 1) & ~(align - 1));
}

static inline void *zh_mmap(int buf, size_t size, size_t align, int prot,
			    off_t offset)
{
	void *at = zh_reserve(size, align);

	if (at == MAP_FAILED)
		return at;
	return mmap(at, size, prot, MAP_SHARED | MAP_FIXED, buf, offset);
}

/*
 * Whether a kernel may be without a buffer of a heap, or without its mapping,
 * which has just failed if there is a buffer: the heap is not built in, or it is
 * refuse and the alias stays.  All else is a failure.
 */
static inline int zh_may_miss(const char *heap, int buf)
{
	return buf < 0 ? buf == -ENOENT :
	       errno == EOPNOTSUPP && !strcmp(heap, "zap-refuse");
}

#endif /* ZAP_HEAP_UTIL_H */
