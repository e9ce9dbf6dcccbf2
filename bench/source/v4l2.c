// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * v4l2: capture buffers of a video device, allocated by its driver and exported by VIDIOC_EXPBUF. For identify alone: a
 * run would need buffers of any size, and many of them, from a device that others use.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bench/measure/environment-files.h"
#include "bench/source/dmabuf.h"
#include "bench/source/drm-node.h"

/* 0 or -errno */
static int video_call(int device, unsigned long request, void *argument)
{
	while (ioctl(device, request, argument)) {
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}

static int open_video(const char *name, struct why *why)
{
	char path[8 + INSTANCE_MAX];
	struct why refused;
	int err, device;

	snprintf(path, sizeof(path), "/dev/%s", name);
	device = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (device >= 0)
		return device;
	err = -errno;
	device_fix(path, err, refused.remedy, sizeof(refused.remedy));
	return why_set(why, err, refused.remedy, "%s: %s", path, strerror(-err));
}

/* The type of its capture buffers; -EOPNOTSUPP if it has none that can be exported. */
static int capture_type(int device)
{
	struct v4l2_capability capability = { 0 };
	uint32_t can;
	int err = video_call(device, VIDIOC_QUERYCAP, &capability);

	if (err)
		return err;
	can = capability.capabilities & V4L2_CAP_DEVICE_CAPS ? capability.device_caps : capability.capabilities;
	if (!(can & V4L2_CAP_STREAMING))
		return -EOPNOTSUPP;
	if (can & V4L2_CAP_VIDEO_CAPTURE_MPLANE)
		return V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE;
	return can & V4L2_CAP_VIDEO_CAPTURE ? V4L2_BUF_TYPE_VIDEO_CAPTURE : -EOPNOTSUPP;
}

/* The devices that capture; @refused: why one of the others may not be opened. */
static size_t find_videos(char (*names)[INSTANCE_MAX], size_t max, struct why *refused)
{
	struct sysfile folder;
	char **found;
	size_t count = 0;

	sysfile_path(&folder, "", "/sys/class/video4linux");
	found = sysfile_names(&folder);
	for (size_t i = 0; found && found[i] && count < max; i++) {
		int device = strncmp(found[i], "video", 5) || strlen(found[i]) >= INSTANCE_MAX
				     ? -1
				     : open_video(found[i], refused);

		if (device < 0)
			continue;
		if (capture_type(device) > 0)
			strcpy(names[count++], found[i]);
		close(device);
	}
	sysfile_free_names(found);
	return count;
}

static size_t video_instances(char (*names)[INSTANCE_MAX], size_t max)
{
	return find_videos(names, max, NULL);
}

static int video_probe(struct why *why)
{
	struct why refused = { "", "" };
	char names[1][INSTANCE_MAX];

	if (find_videos(names, 1, &refused))
		return 0;
	/* Only what permission refuses has a fix. */
	if (refused.remedy[0])
		return why_set(why, -EACCES, refused.remedy, "%s", refused.reason);
	return why_set(why, -ENODEV, "name the device, as /dev/video0; sudo modprobe vivid gives one without hardware",
		       "no video device that captures, and that can be opened");
}

static bool is_planar(const struct v4l2_format *format)
{
	return format->type == V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE;
}

/* The smallest picture: buffers may be larger than the picture, and not smaller. */
static void choose_smallest(int device, const struct v4l2_format *before, struct v4l2_format *format)
{
	*format = *before;
	if (is_planar(format))
		format->fmt.pix_mp.width = format->fmt.pix_mp.height = 1;
	else
		format->fmt.pix.width = format->fmt.pix.height = 1;
	if (video_call(device, VIDIOC_S_FMT, format))
		*format = *before;
}

/* One buffer of that many bytes, or of what the format needs if the driver knows no other size. 0 or -errno. */
static int allocate(int device, struct v4l2_format *format, size_t bytes, uint32_t *index)
{
	struct v4l2_create_buffers create = { .count = 1, .memory = V4L2_MEMORY_MMAP };
	struct v4l2_requestbuffers request = { .count = 1, .memory = V4L2_MEMORY_MMAP, .type = format->type };
	int err;

	if (is_planar(format))
		format->fmt.pix_mp.plane_fmt[0].sizeimage = (uint32_t)bytes;
	else
		format->fmt.pix.sizeimage = (uint32_t)bytes;
	create.format = *format;
	err = video_call(device, VIDIOC_CREATE_BUFS, &create);
	*index = create.index;
	if (err != -ENOTTY && err != -EINVAL)
		return err;
	*index = 0;
	return video_call(device, VIDIOC_REQBUFS, &request);
}

static int no_buffer(const char *name, int err, struct why *why)
{
	return why_set(why, err,
		       err == -EBUSY ? "stop the program that captures: sudo fuser -v /dev/video*"
				     : "use another --size",
		       "/dev/%s gives no capture buffer: %s", name, strerror(-err));
}

static int export_buffer(int device, const char *name, uint32_t type, uint32_t index, struct why *why)
{
	struct v4l2_exportbuffer export = { .type = type, .index = index, .flags = O_RDWR | O_CLOEXEC };
	int err = video_call(device, VIDIOC_EXPBUF, &export);

	return err ? why_set(why, err, NULL, "the driver of /dev/%s exports no dma-buf: VIDIOC_EXPBUF: %s", name,
			     strerror(-err))
		   : export.fd;
}

/* A buffer of another size would be called slower or faster than it is. */
static int check_size(int fd, const char *name, size_t bytes, struct why *why)
{
	off_t has = lseek(fd, 0, SEEK_END);
	char fix[64];

	if (has >= (off_t)bytes && has <= 2 * (off_t)bytes)
		return fd;
	close(fd);
	snprintf(fix, sizeof(fix), "use --size %lld", (long long)has);
	return why_set(why, -EOPNOTSUPP, fix, "/dev/%s gives a buffer of %lld bytes in place of %zu", name,
		       (long long)has, bytes);
}

/*
 * Close the device with the format that it had. A driver that keeps its buffers while one is exported, and so refuses a
 * format, lets go of them with the file: then the format is set by another one. 0 or -errno.
 */
static int give_back(int device, const char *name, const struct v4l2_format *before, struct why *why)
{
	struct v4l2_requestbuffers none = { .memory = V4L2_MEMORY_MMAP, .type = before->type };
	struct v4l2_format format = *before;
	int err = video_call(device, VIDIOC_REQBUFS, &none);
	char fix[128];

	if (!err)
		err = video_call(device, VIDIOC_S_FMT, &format);
	close(device);
	if (!err)
		return 0;
	device = open_video(name, NULL);
	format = *before;
	err = device < 0 ? device : video_call(device, VIDIOC_S_FMT, &format);
	if (device >= 0)
		close(device);
	if (!err)
		return 0;
	snprintf(fix, sizeof(fix),
		 "before the next capture: v4l2-ctl --device /dev/%s --set-fmt-video=width=%u,height=%u", name,
		 is_planar(before) ? before->fmt.pix_mp.width : before->fmt.pix.width,
		 is_planar(before) ? before->fmt.pix_mp.height : before->fmt.pix.height);
	return why_set(why, err, fix, "/dev/%s is left with another format than before: VIDIOC_S_FMT: %s", name,
		       strerror(-err));
}

/* The dma-buf keeps the memory. */
static int make_capture(const char *name, size_t bytes, struct why *why)
{
	struct v4l2_format before = { 0 }, format;
	uint32_t index;
	int err, fd, type, device = open_video(name, why);

	if (device < 0)
		return device;
	type = capture_type(device);
	if (type < 0) {
		close(device);
		return why_set(why, type, NULL, "/dev/%s captures nothing: %s", name, strerror(-type));
	}
	before.type = (uint32_t)type;
	err = video_call(device, VIDIOC_G_FMT, &before);
	if (err) {
		close(device);
		return no_buffer(name, err, why);
	}
	choose_smallest(device, &before, &format);
	err = allocate(device, &format, bytes, &index);
	fd = err ? no_buffer(name, err, why) : export_buffer(device, name, (uint32_t)type, index, why);
	err = give_back(device, name, &before, why);
	if (err && fd >= 0)
		close(fd);
	if (fd < 0 || err)
		return fd < 0 ? fd : err;
	return check_size(fd, name, bytes, why);
}

static int video_open(struct buffer *buffer, char *address, struct why *why)
{
	return dmabuf_open(buffer, buffer->instance, make_capture, address, why);
}

const struct source source_v4l2 = {
	.name = "v4l2",
	.summary = "capture buffers of a video device",
	DMABUF_SOURCE(POLICY_PART_ZAP),
	.probe = video_probe,
	.instances = video_instances,
	.open = video_open,
};
