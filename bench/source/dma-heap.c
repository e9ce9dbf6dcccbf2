// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dma-heap: buffers of any heap under /dev/dma_heap, each heap an instance of this source.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-heap.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bench/source/dmabuf.h"
#include "bench/source/drm-node.h"
#include "bench/source/mappings.h"

#define FOLDER "/dev/dma_heap"

static size_t heap_instances(char (*names)[INSTANCE_MAX], size_t max)
{
	struct dirent *entry;
	size_t count = 0;
	DIR *folder = opendir(FOLDER);

	if (!folder)
		return 0;
	while (count < max && (entry = readdir(folder))) {
		/* Heaps of the zapbench patch carry their own policies: playing one on them would measure neither. */
		if (entry->d_name[0] == '.' || !strncmp(entry->d_name, "zap-", 4) ||
		    strlen(entry->d_name) >= INSTANCE_MAX)
			continue;
		strcpy(names[count++], entry->d_name);
	}
	closedir(folder);
	return count;
}

static int open_heap(const char *name, struct why *why)
{
	char path[sizeof(FOLDER) + 1 + INSTANCE_MAX], fix[sizeof(why->remedy)];
	int err, fd;

	snprintf(path, sizeof(path), FOLDER "/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	err = -errno;
	device_fix(path, err, fix, sizeof(fix));
	return why_set(why, err, fix, "%s: %s", path, strerror(-err));
}

static int heap_probe(struct why *why)
{
	char names[1][INSTANCE_MAX];
	int fd;

	if (!heap_instances(names, 1))
		return why_set(why, -ENOENT, "build the kernel with CONFIG_DMABUF_HEAPS and CONFIG_DMABUF_HEAPS_SYSTEM",
			       "no heap under " FOLDER);
	fd = open_heap(names[0], why);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

int dma_heap_allocate(const char *heap, size_t bytes, struct why *why)
{
	struct dma_heap_allocation_data data = { .len = bytes, .fd_flags = O_RDWR | O_CLOEXEC };
	int err, fd = open_heap(heap, why);

	if (fd < 0)
		return fd;
	err = ioctl(fd, DMA_HEAP_IOCTL_ALLOC, &data) ? -errno : 0;
	close(fd);
	if (err)
		return why_set(why, err, NULL, "DMA_HEAP_IOCTL_ALLOC of %zu bytes from %s: %s", bytes, heap,
			       strerror(-err));
	return (int)data.fd;
}

static int heap_granularity(const char *instance)
{
	return dmabuf_granularity(instance, dma_heap_allocate, NULL);
}

static int heap_supports(const char *instance, const struct params *params, struct why *why)
{
	return dmabuf_supports(params, instance, dma_heap_allocate, why);
}

static int heap_open(struct buffer *buffer, char *address, struct why *why)
{
	return dmabuf_open(buffer, buffer->instance, dma_heap_allocate, address, why);
}

const struct source source_dma_heap = {
	.name = "dma-heap",
	.summary = "a buffer of a stock dma-buf heap; zap by munmap() and mmap()",
	/* Its SYNC cleans and invalidates for the devices that map the buffer: see source_parts(). */
	DMABUF_SOURCE(DMABUF_POLICY_PARTS),
	.probe = heap_probe,
	.instances = heap_instances,
	.granularity = heap_granularity,
	.supports = heap_supports,
	.open = heap_open,
};
