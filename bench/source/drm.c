// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * drm: dumb buffers of a DRM card, exported by PRIME and mapped through the dma-buf. Each card that has them is an
 * instance, named after its driver. The driver chooses the memory type, and most drivers do nothing at SYNC.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/source/dmabuf.h"
#include "bench/source/drm-abi.h"
#include "bench/source/drm-node.h"

/* The cards with dumb buffers; -errno with @why if there are none. */
static int cards(struct drm_node *nodes, size_t *count, struct why *why)
{
	size_t all, kept = 0;
	int err = drm_nodes(nodes, &all, why);

	if (err)
		return err;
	for (size_t i = 0; i < all; i++) {
		if (nodes[i].dumb)
			nodes[kept++] = nodes[i];
	}
	*count = kept;
	return kept ? 0
		    : why_set(why, -EOPNOTSUPP, "sudo modprobe vgem, which has them",
			      "no card in " DRM_FOLDER
			      " that can be opened has dumb buffers; the first node is %s of %s",
			      nodes[0].path, nodes[0].driver);
}

static int drm_probe(struct why *why)
{
	struct drm_node nodes[DRM_NODES_MAX];
	size_t count;

	return cards(nodes, &count, why);
}

static size_t drm_instances(char (*names)[INSTANCE_MAX], size_t max)
{
	struct drm_node nodes[DRM_NODES_MAX];
	size_t count;

	if (cards(nodes, &count, NULL))
		return 0;
	if (count > max)
		count = max;
	for (size_t i = 0; i < count; i++)
		memcpy(names[i], nodes[i].driver, sizeof(names[i]));
	return count;
}

static int open_card(const char *driver, struct why *why)
{
	struct drm_node nodes[DRM_NODES_MAX];
	size_t count = 0;
	int err = cards(nodes, &count, NULL);

	for (size_t i = 0; i < count && !err; i++) {
		if (!strcmp(nodes[i].driver, driver))
			return drm_node_open(nodes[i].path, why);
	}
	/* It was there when the run was planned. What the nodes that are left lack is no reason to end the run. */
	return why_set(why, -ENODEV, "see zapbench list", "the card of driver %s is no longer there", driver);
}

static int export_dumb(int card, const char *driver, uint32_t handle, struct why *why)
{
	struct drm_prime_handle prime = { .handle = handle, .flags = O_RDWR | O_CLOEXEC };

	if (ioctl(card, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime))
		return why_set(why, -errno, "use the dumb buffers of another card: zapbench list shows them",
			       "%s exports no dma-buf: DRM_IOCTL_PRIME_HANDLE_TO_FD: %s", driver, strerror(errno));
	return prime.fd;
}

/* The dma-buf keeps the memory when the card is closed. */
static int make_dumb(const char *driver, size_t bytes, struct why *why)
{
	struct drm_mode_create_dumb dumb = { .bits_per_pixel = 32, .width = 1024 };
	int fd, card = open_card(driver, why);

	if (card < 0)
		return card;
	dumb.height = (uint32_t)(bytes / (dumb.width * 4));
	/* A picture, as displays have it: some drivers refuse one that is too long. */
	for (; dumb.height > 2 * dumb.width && dumb.height % 2 == 0; dumb.height /= 2)
		dumb.width *= 2;
	if (ioctl(card, DRM_IOCTL_MODE_CREATE_DUMB, &dumb))
		fd = why_set(why, -errno,
			     "use smaller buffers: --set size=", "DRM_IOCTL_MODE_CREATE_DUMB of %zu bytes from %s: %s",
			     bytes, driver, strerror(errno));
	else if (dumb.size < bytes)
		fd = why_set(why, -EINVAL, NULL, "%s gives %llu bytes for a dumb buffer of %zu", driver,
			     (unsigned long long)dumb.size, bytes);
	else
		fd = export_dumb(card, driver, dumb.handle, why);
	close(card);
	return fd;
}

static int drm_granularity(const char *instance)
{
	return dmabuf_granularity(instance, make_dumb, NULL);
}

static int drm_supports(const char *instance, const struct params *params, struct why *why)
{
	return dmabuf_supports(params, instance, make_dumb, why);
}

static int drm_open(struct buffer *buffer, char *address, struct why *why)
{
	return dmabuf_open(buffer, buffer->instance, make_dumb, address, why);
}

const struct source source_drm = {
	.name = "drm",
	.summary = "dumb buffers of a DRM card, of the memory type that its driver chooses; zap by munmap() and mmap()",
	DMABUF_SOURCE(POLICY_PART_ZAP),
	.probe = drm_probe,
	.instances = drm_instances,
	.granularity = drm_granularity,
	.supports = drm_supports,
	.open = drm_open,
};
