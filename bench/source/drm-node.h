/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The DRM nodes of this machine: /dev/dri/cardN and renderDN. */
#ifndef ZAPBENCH_DRM_NODE_H
#define ZAPBENCH_DRM_NODE_H

#include <stdbool.h>

#include "bench/base/why.h"
#include "bench/source/source.h"

#define DRM_FOLDER "/dev/dri"

enum { DRM_NODES_MAX = 32 };

struct drm_node {
	char path[32];             /* "/dev/dri/card0" */
	char driver[INSTANCE_MAX]; /* "vgem"; a second device of the same driver: "vgem-2" */
	bool card, dumb;           /* a card can have dumb buffers */
};

/**
 * drm_nodes() - the nodes that can be opened, the cards first
 * @nodes: at most DRM_NODES_MAX
 * @count: how many
 *
 * Return: 0, or -errno with @why if there is none: none exists, or none may be opened.
 */
int drm_nodes(struct drm_node *nodes, size_t *count, struct why *why);

/* The name of the driver of the node @path; 0 or -errno with @why. */
int drm_node_driver(const char *path, char *driver, struct why *why);

/* Open a node, and leave the screen to others. A file descriptor, or -errno with @why: reason, and which group may. */
int drm_node_open(const char *path, struct why *why);

/* What to do about errno @err of opening a device file, with the group that may open it. */
void device_fix(const char *path, int err, char *fix, size_t size);

#endif
