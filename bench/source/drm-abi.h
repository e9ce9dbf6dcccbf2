/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The calls of the kernel's DRM interface that zapbench makes. Debian's linux-libc-dev leaves <drm/drm.h> out, and
 * libdrm would be one more library on every target, for six calls. The names are the kernel's; the numbers and
 * layouts never change (include/uapi/drm/drm.h, drm_mode.h).
 */
#ifndef ZAPBENCH_DRM_ABI_H
#define ZAPBENCH_DRM_ABI_H

#include <linux/types.h>
#include <stddef.h>
#include <sys/ioctl.h>

struct drm_version {
	int major, minor, patch;
	size_t name_bytes;
	char *name;
	size_t date_bytes;
	char *date;
	size_t description_bytes;
	char *description;
};

struct drm_gem_close {
	__u32 handle, pad;
};

struct drm_prime_handle {
	__u32 handle, flags;
	__s32 fd;
};

struct drm_mode_create_dumb {
	__u32 height, width, bits_per_pixel, flags;
	__u32 handle, pitch; /* set by the kernel, as the size */
	__u64 size;
};

#define DRM_IOCTL_VERSION _IOWR('d', 0x00, struct drm_version)
#define DRM_IOCTL_GEM_CLOSE _IOW('d', 0x09, struct drm_gem_close)
#define DRM_IOCTL_DROP_MASTER _IO('d', 0x1f)
#define DRM_IOCTL_PRIME_HANDLE_TO_FD _IOWR('d', 0x2d, struct drm_prime_handle)
#define DRM_IOCTL_PRIME_FD_TO_HANDLE _IOWR('d', 0x2e, struct drm_prime_handle)
#define DRM_IOCTL_MODE_CREATE_DUMB _IOWR('d', 0xb2, struct drm_mode_create_dumb)

#endif
