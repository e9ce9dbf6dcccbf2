// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/source/importer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/source/drm-abi.h"
#include "bench/source/drm-node.h"

static char found[INSTANCE_MAX];

bool importer_wanted(const struct params *params)
{
	return params_choice(params, PARAM_DEVICE) == DEVICE_DRM;
}

/* Attach and map: 0 or -errno. */
static int import(int node, int fd, uint32_t *handle)
{
	struct drm_prime_handle prime = { .fd = fd };

	while (ioctl(node, DRM_IOCTL_PRIME_FD_TO_HANDLE, &prime)) {
		if (errno != EINTR && errno != EAGAIN)
			return -errno;
	}
	*handle = prime.handle;
	return 0;
}

/* The last handle of the buffer in this file: the driver unmaps and detaches. */
static int release(int node, uint32_t handle)
{
	struct drm_gem_close gem = { .handle = handle };

	return ioctl(node, DRM_IOCTL_GEM_CLOSE, &gem) ? -errno : 0;
}

/* Its import only attaches; the buffer is mapped by the first work of the GPU (6.12). */
static bool maps_later(const char *driver)
{
	static const char *const drivers[] = { "amdgpu", "i915", "xe" };
	bool later = false;

	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		later |= !strncmp(driver, drivers[i], strlen(drivers[i]));
	return later;
}

/* A device of software alone maps what no hardware uses: the last choice. */
static bool is_software(const char *driver)
{
	return !strncmp(driver, "vgem", 4) || !strncmp(driver, "vkms", 4);
}

/* Import once, to see whether the driver does. Its own buffer it only finds again: nothing is mapped. */
static int try_node(const struct drm_node *node, const char *kind, int fd, struct why *why)
{
	uint32_t handle;
	int err, file;

	if (!strcmp(node->driver, kind))
		return why_set(why, -EOPNOTSUPP, NULL, "%s has the buffer already: it is its own", node->driver);
	if (maps_later(node->driver))
		return why_set(why, -EOPNOTSUPP, NULL, "%s maps a buffer when its GPU works on it, not at the import",
			       node->driver);
	file = drm_node_open(node->path, why);
	if (file < 0)
		return file;
	err = import(file, fd, &handle);
	if (!err)
		err = release(file, handle);
	if (!err)
		return file;
	close(file);
	return why_set(why, err, NULL, "%s (%s) does not import this memory: %s", node->path, node->driver,
		       strerror(-err));
}

/* The first node that imports the buffer, open; or -errno. @taken: which one. */
static int find_node(const char *kind, int fd, struct drm_node *taken, struct why *why)
{
	struct drm_node nodes[DRM_NODES_MAX];
	struct why refused = { "", "" };
	bool vgem = false;
	size_t count;
	int err = drm_nodes(nodes, &count, why);

	for (int software = 0; software < 2 && !err; software++) {
		for (size_t i = 0; i < count; i++) {
			int file;

			if (is_software(nodes[i].driver) != software)
				continue;
			file = try_node(&nodes[i], kind, fd, &refused);
			if (file < 0)
				continue;
			*taken = nodes[i];
			return file;
		}
	}
	if (err)
		return err;
	for (size_t i = 0; i < count; i++)
		vgem |= !strncmp(nodes[i].driver, "vgem", 4);
	if (!refused.remedy[0])
		snprintf(refused.remedy, sizeof(refused.remedy), "%s",
			 vgem ? "use the buffers of another card or source"
			      : "sudo modprobe vgem, which imports any dma-buf");
	return why_set(why, -ENODEV, refused.remedy, "no DRM node can be the device: %s", refused.reason);
}

int importer_supports(const struct params *params, const char *kind, pool_make_fn *make, struct why *why)
{
	struct drm_node node;
	int file, fd;

	if (!importer_wanted(params))
		return 0;
	fd = make(kind, 16 * (size_t)sysconf(_SC_PAGESIZE), why);
	if (fd < 0)
		return fd;
	file = find_node(kind, fd, &node, why);
	close(fd);
	if (file < 0)
		return file;
	memcpy(found, node.driver, sizeof(found));
	close(file);
	return 0;
}

const char *importer_driver(void)
{
	return found;
}

/*
 * The process of a round opens many buffers. To look at the nodes opens each of them, which wakes a GPU that sleeps: it
 * is done for the first buffer, and again where that node does not import another one.
 */
static int find_node_again(const char *kind, int fd, struct why *why)
{
	static struct drm_node node;
	int file = node.path[0] ? try_node(&node, kind, fd, NULL) : -ENODEV;

	return file < 0 ? find_node(kind, fd, &node, why) : file;
}

int importer_open(struct buffer *buffer, struct why *why)
{
	if (!importer_wanted(buffer->params))
		return 0;
	buffer->importer = find_node_again(buffer->instance, buffer->fd, why);
	buffer->imported = 0;
	/* A device was there when the run was planned: without it the run goes on, whatever refuses the other nodes. */
	if (buffer->importer == -EACCES)
		return -ENODEV;
	return buffer->importer < 0 ? buffer->importer : 0;
}

void importer_close(struct buffer *buffer)
{
	if (importer_wanted(buffer->params))
		close(buffer->importer);
}

int importer_step(struct buffer *buffer, enum step step)
{
	if (!importer_wanted(buffer->params))
		return 0;
	if (step == STEP_DEVICE_MAP)
		return import(buffer->importer, buffer->fd, &buffer->imported);
	return step == STEP_DEVICE_UNMAP ? release(buffer->importer, buffer->imported) : 0;
}

void importer_calls(const struct params *params, enum step step, char *text, size_t size)
{
	size_t used = strlen(text);
	const char *call = step == STEP_DEVICE_MAP     ? "DRM_IOCTL_PRIME_FD_TO_HANDLE"
			   : step == STEP_DEVICE_UNMAP ? "DRM_IOCTL_GEM_CLOSE"
						       : "";

	if (importer_wanted(params) && call[0])
		snprintf(text + used, size - used, "%sioctl(%s) [%s]", used ? " + " : "", call, found);
}
