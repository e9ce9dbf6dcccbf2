// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What zapbench's case refault measures, written down by hand in as few lines as it takes: instructions a page of
 * reading 2 MiB of the heap zap-eager-page after a zap. The figure of the case is held against this one
 * (scripts/check-qemu.sh).
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/dma-heap.h>
#include <linux/perf_event.h>
#include <linux/zap_bench.h>

enum { BYTES = 2 << 20, PAGE = 4096, TIMES = 5 };

int main(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE, .size = sizeof(attr), .config = PERF_COUNT_HW_INSTRUCTIONS, .disabled = 1
	};
	struct dma_heap_allocation_data data = { .len = BYTES, .fd_flags = O_RDWR | O_CLOEXEC };
	int heap = open("/dev/dma_heap/zap-eager-page", O_RDONLY), device = open(ZAP_BENCH_DEVICE, O_RDWR);
	int counter = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
	unsigned long long count;

	/* As many mappings as a program with shared libraries has: looking the right one up is a part of every fault.
	 */
	for (int i = 0; i < 40; i++) {
		if (mmap(NULL, PAGE, i % 2 ? PROT_READ : PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
			return 1;
	}
	if (heap < 0 || device < 0 || counter < 0 || ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &data))
		return 1;
	/* PMD-aligned, as zapbench has it: 2 MiB in one page table. */
	volatile char *at = mmap((void *)(1ul << 36), BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE,
				 (int)data.fd, 0);
	struct zap_bench_attach attach = { .dmabuf_fd = (int)data.fd };

	if (at == MAP_FAILED || ioctl(device, ZAP_BENCH_IOC_ATTACH, &attach))
		return 1;
	for (int i = 0; i < TIMES; i++) {
		struct zap_bench_map map = { .direction = ZAP_BENCH_DIR_TO_DEVICE };
		struct zap_bench_op op = { 0 };

		for (int page = 0; page < BYTES; page += PAGE)
			at[page] = 1;
		if (ioctl(device, ZAP_BENCH_IOC_MAP, &map) || ioctl(device, ZAP_BENCH_IOC_UNMAP, &op))
			return 1;
		ioctl(counter, PERF_EVENT_IOC_ENABLE, 0);
		for (int page = 0; page < BYTES; page += PAGE)
			(void)at[page];
		ioctl(counter, PERF_EVENT_IOC_DISABLE, 0);
		if (ioctl(device, ZAP_BENCH_IOC_REARM, &op))
			return 1;
	}
	if (read(counter, &count, sizeof(count)) != sizeof(count))
		return 1;
	printf("%.1f instructions a page\n", (double)count / TIMES / ((double)BYTES / PAGE));
	return 0;
}
