// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a player does with the buffers of a video decoder: a ring of dma-bufs, mapped once, and per frame SYNC START,
 * reading, SYNC END. For tests of zapbench observe: all that it does is known, and it prints it.
 *
 * usage: player HEAP|udmabuf BUFFERS BYTES FRAMES MICROSECONDS [HOW]
 *   MICROSECONDS: between two frames. HOW, words separated by commas: nosync: no SYNC. remap: map and unmap each frame.
 *   threads: every second frame in a thread of its own. fork: all frames in a child. protect: mprotect() each mapping,
 *   and call a munmap() of it that the kernel refuses. It reads half of each buffer.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <linux/udmabuf.h>

enum { BUFFERS_MOST = 64 };

static struct {
	int fd[BUFFERS_MOST];
	volatile char *map[BUFFERS_MOST];
	size_t count, bytes;
	const char *how;
	long frames, us, syncs, maps, unmaps;
	double sync_ns;
} player;

static void fail(const char *what)
{
	fprintf(stderr, "player: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int from_heap(const char *name, size_t bytes)
{
	struct dma_heap_allocation_data data = { .len = bytes, .fd_flags = O_RDWR | O_CLOEXEC };
	char path[128];
	int heap;

	snprintf(path, sizeof(path), "/dev/dma_heap/%s", name);
	heap = open(path, O_RDWR | O_CLOEXEC);
	if (heap < 0 || ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &data))
		fail(path);
	close(heap);
	return (int)data.fd;
}

static int from_udmabuf(size_t bytes)
{
	struct udmabuf_create create = { .flags = UDMABUF_FLAGS_CLOEXEC, .size = bytes };
	int fd, device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC), memfd = memfd_create("player", MFD_ALLOW_SEALING);

	if (memfd < 0 || ftruncate(memfd, (off_t)bytes) || fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK))
		fail("memfd");
	create.memfd = (uint32_t)memfd;
	fd = ioctl(device, UDMABUF_CREATE, &create);
	if (fd < 0)
		fail("/dev/udmabuf");
	close(memfd);
	close(device);
	return fd;
}

static void sync_buffer(size_t index, uint64_t flags)
{
	struct dma_buf_sync sync = { .flags = flags };
	struct timespec begin, end;

	if (strstr(player.how, "nosync"))
		return;
	clock_gettime(CLOCK_MONOTONIC, &begin);
	if (ioctl(player.fd[index], DMA_BUF_IOCTL_SYNC, &sync))
		fail("SYNC");
	clock_gettime(CLOCK_MONOTONIC, &end);
	player.sync_ns += (double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec);
	player.syncs++;
}

static void map_buffer(size_t index)
{
	void *at = mmap(NULL, player.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, player.fd[index], 0);

	if (at == MAP_FAILED)
		fail("mmap");
	if (strstr(player.how, "protect") && (mprotect(at, player.bytes, PROT_READ) || !munmap((char *)at + 1, 1)))
		fail("mprotect");
	player.map[index] = at;
	player.maps++;
}

static void unmap_buffer(size_t index)
{
	munmap((void *)player.map[index], player.bytes);
	player.unmaps++;
}

static void *show_frame(void *arg)
{
	size_t index = (size_t)(uintptr_t)arg % player.count;
	bool remaps = strstr(player.how, "remap");

	if (remaps)
		map_buffer(index);
	sync_buffer(index, DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ);
	for (size_t i = 0; i < player.bytes / 2; i += 64)
		(void)player.map[index][i];
	sync_buffer(index, DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ);
	if (remaps)
		unmap_buffer(index);
	return NULL;
}

static void play(void)
{
	struct timespec next, begin, end;

	clock_gettime(CLOCK_MONOTONIC, &next);
	begin = next;
	for (long frame = 0; frame < player.frames; frame++) {
		pthread_t thread;

		if (strstr(player.how, "threads") && frame % 2) {
			pthread_create(&thread, NULL, show_frame, (void *)(uintptr_t)frame);
			pthread_join(thread, NULL);
		} else {
			show_frame((void *)(uintptr_t)frame);
		}
		next.tv_nsec += player.us * 1000;
		next.tv_sec += next.tv_nsec / 1000000000;
		next.tv_nsec %= 1000000000;
		if (player.us)
			clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("player: %ld frames of %.0f ns, %ld SYNC of %.0f ns, %ld mmap, %ld munmap\n", player.frames,
	       ((double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec)) /
		       (double)player.frames,
	       player.syncs, player.syncs ? player.sync_ns / (double)player.syncs : 0, player.maps, player.unmaps);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	int status;
	pid_t pid;

	if (argc < 6 || atol(argv[2]) < 1 || atol(argv[2]) > BUFFERS_MOST) {
		fputs("usage: player HEAP|udmabuf BUFFERS BYTES FRAMES MICROSECONDS [HOW]\n", stderr);
		return 2;
	}
	player.count = (size_t)atol(argv[2]);
	player.bytes = (size_t)atol(argv[3]);
	player.frames = atol(argv[4]);
	player.us = atol(argv[5]);
	player.how = argc > 6 ? argv[6] : "";
	for (size_t i = 0; i < player.count; i++) {
		player.fd[i] =
			strcmp(argv[1], "udmabuf") ? from_heap(argv[1], player.bytes) : from_udmabuf(player.bytes);
		if (!strstr(player.how, "remap"))
			map_buffer(i);
	}
	if (!strstr(player.how, "fork")) {
		play();
		return 0;
	}
	pid = fork();
	if (!pid) {
		play();
		return 0;
	}
	return waitpid(pid, &status, 0) == pid && !status ? 0 : 1;
}
