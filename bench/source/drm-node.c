// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/source/drm-node.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/measure/environment-files.h"
#include "bench/source/drm-abi.h"

/* Of the name that a driver gives; room is left for a number. */
#define DRIVER_MAX (INSTANCE_MAX - 8)

void device_fix(const char *path, int err, char *fix, size_t size)
{
	const struct group *group;
	struct stat stat_of;

	fix[0] = '\0';
	if (err != -EACCES && err != -EPERM)
		return;
	group = stat(path, &stat_of) || !stat_of.st_gid || !(stat_of.st_mode & S_IWGRP) ? NULL
											: getgrgid(stat_of.st_gid);
	if (group)
		snprintf(fix, size, "run as root, or join the group %s: sudo usermod -aG %s $USER, and log in again",
			 group->gr_name, group->gr_name);
	else
		snprintf(fix, size, "run as root");
}

int drm_node_open(const char *path, struct why *why)
{
	char fix[sizeof(why->remedy)];
	int err, fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0) {
		err = -errno;
		device_fix(path, err, fix, sizeof(fix));
		return why_set(why, err, fix, "%s: %s", path, strerror(-err));
	}
	/* Who opens a card first is its master: a display server that starts now must not find it taken. */
	ioctl(fd, DRM_IOCTL_DROP_MASTER, 0);
	return fd;
}

/* What the driver says of the node. */
static int read_node(struct drm_node *node, struct why *why)
{
	/* DRM_CAP_DUMB_BUFFER is for cards with a screen: vgem has dumb buffers, and not the capability. */
	struct drm_mode_create_dumb dumb = { .width = 64, .height = 64, .bits_per_pixel = 32 };
	struct drm_version version = { .name = node->driver, .name_bytes = DRIVER_MAX };
	int err, fd = drm_node_open(node->path, why);

	if (fd < 0)
		return fd;
	memset(node->driver, 0, sizeof(node->driver));
	err = ioctl(fd, DRM_IOCTL_VERSION, &version) ? -errno : 0;
	node->dumb = node->card && !err && !ioctl(fd, DRM_IOCTL_MODE_CREATE_DUMB, &dumb);
	close(fd);
	return err ? why_set(why, err, NULL, "%s: DRM_IOCTL_VERSION: %s", node->path, strerror(-err)) : 0;
}

/* The device behind a node, as sysfs has it. */
static void device_path(const char *path, char *device)
{
	char link[64];

	snprintf(link, sizeof(link), "/sys/class/drm/%s/device", strrchr(path, '/') + 1);
	if (!realpath(link, device))
		snprintf(device, PATH_MAX, "%s", path);
}

static bool is_taken(const struct drm_node *nodes, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (!strcmp(nodes[i].driver, name))
			return true;
	}
	return false;
}

/* All nodes of a device have one name; the second device of a driver gets a number. */
static void name_device(struct drm_node *nodes, size_t index)
{
	char mine[PATH_MAX], other[PATH_MAX], name[INSTANCE_MAX];
	struct drm_node *node = &nodes[index];

	device_path(node->path, mine);
	for (size_t i = 0; i < index; i++) {
		device_path(nodes[i].path, other);
		if (!strcmp(mine, other)) {
			memcpy(node->driver, nodes[i].driver, sizeof(node->driver));
			return;
		}
	}
	memcpy(name, node->driver, sizeof(name));
	for (unsigned int number = 2; is_taken(nodes, index, name); number++)
		snprintf(name, sizeof(name), "%.*s-%u", DRIVER_MAX, node->driver, number % 100);
	memcpy(node->driver, name, sizeof(name));
}

/* "card0" before "card10" */
static int by_number(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;
	size_t first = strlen(*x), second = strlen(*y);

	return first != second ? (first > second) - (first < second) : strcmp(*x, *y);
}

int drm_nodes(struct drm_node *nodes, size_t *count, struct why *why)
{
	struct why refused = { "", "" };
	struct sysfile folder;
	char **names;
	size_t total = 0;

	*count = 0;
	sysfile_path(&folder, "", DRM_FOLDER);
	names = sysfile_names(&folder);
	while (names && names[total])
		total++;
	if (names)
		qsort(names, total, sizeof(*names), by_number); /* "card" is shorter than "renderD" */
	for (size_t i = 0; i < total && *count < DRM_NODES_MAX; i++) {
		struct drm_node *node = &nodes[*count];
		bool card = !strncmp(names[i], "card", 4);

		*node = (struct drm_node){ .card = card };
		if ((!card && strncmp(names[i], "renderD", 7) != 0) || strlen(names[i]) > 16)
			continue;
		snprintf(node->path, sizeof(node->path), DRM_FOLDER "/%.16s", names[i]);
		if (!read_node(node, &refused))
			name_device(nodes, (*count)++);
	}
	sysfile_free_names(names);
	if (*count)
		return 0;
	if (refused.reason[0])
		return why_set(why, -EACCES, refused.remedy, "%s", refused.reason);
	return why_set(why, -ENODEV, "sudo modprobe vgem: a DRM device without hardware", "no DRM node in " DRM_FOLDER);
}

int drm_node_driver(const char *path, char *driver, struct why *why)
{
	struct drm_node nodes[DRM_NODES_MAX];
	size_t count;
	int fd, err = drm_nodes(nodes, &count, why);

	for (size_t i = 0; i < count && !err; i++) {
		if (strcmp(nodes[i].path, path) != 0)
			continue;
		memcpy(driver, nodes[i].driver, sizeof(nodes[i].driver));
		return 0;
	}
	if (err)
		return err;
	fd = drm_node_open(path, why);
	if (fd < 0)
		return fd;
	close(fd);
	return why_set(why, -ENODEV, NULL, "%s is no DRM node", path);
}
