// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * udmabuf: a memfd exported as a dma-buf, where the kernel has /dev/udmabuf.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench/source/dmabuf.h"
#include "bench/source/drm-node.h"
#include "bench/source/mappings.h"

#define DEVICE "/dev/udmabuf"

/* A file descriptor, or -errno with @why. */
static int open_udmabuf(struct why *why)
{
	char fix[sizeof(why->remedy)];
	int err, fd = open(DEVICE, O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	err = -errno;
	device_fix(DEVICE, err, fix, sizeof(fix));
	return why_set(why, err,
		       err == -ENOENT ? "sudo modprobe udmabuf, or build the kernel with CONFIG_UDMABUF" : fix,
		       DEVICE ": %s", strerror(-err));
}

static int udmabuf_probe(struct why *why)
{
	int fd = open_udmabuf(why);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static int export_memfd(int memfd, size_t bytes, struct why *why)
{
	struct udmabuf_create create = { .memfd = (uint32_t)memfd, .flags = UDMABUF_FLAGS_CLOEXEC, .size = bytes };
	int fd, device = open_udmabuf(why);

	if (device < 0)
		return device;
	fd = ioctl(device, UDMABUF_CREATE, &create);
	if (fd < 0)
		fd = why_set(why, -errno,
			     "raise /sys/module/udmabuf/parameters/size_limit_mb if the buffer is larger than that",
			     "UDMABUF_CREATE of %zu bytes: %s", bytes, strerror(errno));
	close(device);
	return fd;
}

static int make_udmabuf(const char *kind, size_t bytes, struct why *why)
{
	int fd, memfd = memfd_create(kind, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (memfd < 0)
		return why_set(why, -errno, NULL, "memfd_create: %s", strerror(errno));
	/* The kernel asks for a memfd that can no longer shrink. */
	if (ftruncate(memfd, (off_t)bytes) || fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK))
		fd = why_set(why, -errno, NULL, "memfd of %zu bytes: %s", bytes, strerror(errno));
	else
		fd = export_memfd(memfd, bytes, why);
	close(memfd);
	return fd;
}

static int udmabuf_granularity(const char *instance)
{
	(void)instance;
	return dmabuf_granularity("udmabuf", make_udmabuf, NULL);
}

static int udmabuf_supports(const char *instance, const struct params *params, struct why *why)
{
	(void)instance;
	return dmabuf_supports(params, "udmabuf", make_udmabuf, why);
}

static int udmabuf_open(struct buffer *buffer, char *address, struct why *why)
{
	return dmabuf_open(buffer, "udmabuf", make_udmabuf, address, why);
}

const struct source source_udmabuf = {
	.name = "udmabuf",
	.summary = "a memfd exported as a dma-buf; zap by munmap() and mmap()",
	/* Its SYNC cleans and invalidates for /dev/udmabuf itself, also where no other device maps the buffer. */
	DMABUF_SOURCE(DMABUF_POLICY_PARTS | POLICY_PART_MAINTENANCE),
	.probe = udmabuf_probe,
	.granularity = udmabuf_granularity,
	.supports = udmabuf_supports,
	.open = udmabuf_open,
};
