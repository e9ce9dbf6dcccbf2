// SPDX-License-Identifier: GPL-2.0-or-later
/* Capture buffers of a video device that exists in this file alone. make check-module has vivid's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/videodev2.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "bench/source/source.h"

static struct fake {
	uint32_t width;      /* of its format, which others find as it was */
	uint32_t buffers;    /* that are allocated */
	size_t bytes, fixed; /* of the next one; the only size, or 0 */
	int busy, captures;
	int keeps;         /* its buffers as long as the file is open */
	int format_errors; /* so often it refuses a format other than the smallest */
} fake;
static struct params params;
static const struct clock clock_here = { .kind = CLOCK_KIND_MONOTONIC_RAW, .ns_per_tick = 1 };
static int device = -1;

static int fails(int error)
{
	errno = error;
	return error ? -1 : 0;
}

/* What the program calls, in place of the C library's. */
int open(const char *path, int flags, ...)
{
	if (strcmp(path, "/dev/video7") != 0)
		return (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0);
	/* No other file is open: its buffers went with it. */
	fake.buffers = 0;
	device = memfd_create("video", MFD_CLOEXEC);
	return device;
}

static int set_format(struct v4l2_format *format)
{
	if (fake.buffers)
		return fails(EBUSY);
	if (format->fmt.pix.width > 16 && fake.format_errors > 0 && fake.format_errors--)
		return fails(EIO);
	fake.width = format->fmt.pix.width < 16 ? 16 : format->fmt.pix.width;
	format->fmt.pix.width = fake.width;
	return 0;
}

static int create(struct v4l2_create_buffers *buffers)
{
	fake.bytes = buffers->format.fmt.pix.sizeimage;
	buffers->index = fake.buffers;
	if (fake.fixed || fake.busy)
		return fails(fake.busy ? fake.busy : ENOTTY);
	/* A picture must fit. */
	if (fake.bytes < fake.width * 100u)
		return fails(EINVAL);
	fake.buffers++;
	return 0;
}

static int export(struct v4l2_exportbuffer *buffer)
{
	assert_int_equal(buffer->index, 0);
	assert_int_equal(fake.buffers, 1);
	buffer->fd = memfd_create("frame", MFD_CLOEXEC);
	return ftruncate(buffer->fd, (off_t)fake.bytes);
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;
	void *argument;

	va_start(arguments, request);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	if (request == DMA_BUF_IOCTL_SYNC)
		return 0;
	if (fd != device)
		return (int)syscall(SYS_ioctl, fd, request, argument);
	switch (request) {
	case VIDIOC_QUERYCAP:
		((struct v4l2_capability *)argument)->capabilities =
			V4L2_CAP_STREAMING | (fake.captures ? V4L2_CAP_VIDEO_CAPTURE : V4L2_CAP_VIDEO_OUTPUT);
		return 0;
	case VIDIOC_G_FMT:
		((struct v4l2_format *)argument)->fmt.pix.width = fake.width;
		return 0;
	case VIDIOC_S_FMT:
		return set_format(argument);
	case VIDIOC_CREATE_BUFS:
		return create(argument);
	case VIDIOC_REQBUFS:
		if (fake.keeps && fake.buffers)
			return fails(EBUSY);
		fake.buffers = ((struct v4l2_requestbuffers *)argument)->count;
		fake.bytes = fake.fixed;
		return 0;
	case VIDIOC_EXPBUF:
		return export(argument);
	default:
		return fails(EINVAL);
	}
}

static int open_files(void)
{
	int count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static int opened(struct buffer *buffer, size_t bytes, struct why *why)
{
	char *address = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(address, bytes);
	*why = (struct why){ "", "" };
	*buffer = (struct buffer){
		.source = &source_v4l2, .instance = "video7", .params = &params, .clock = &clock_here, .bytes = bytes
	};
	return source_v4l2.open(buffer, address, why);
}

static int before(void **state)
{
	(void)state;
	fake = (struct fake){ .width = 1280, .captures = 1 };
	for (enum param i = 0; i < NR_PARAMS; i++)
		params.value[i] = param_default(i);
	params.value[PARAM_POLICY] = POLICY_CACHED;
	params.value[PARAM_GRANULARITY] = GRANULARITY_NONE;
	return 0;
}

/* The device is left as it was: its format, no buffer, and no file. */
static void left_alone(void)
{
	assert_int_equal(fake.width, 1280);
	assert_int_equal(fake.buffers, 0);
	assert_int_equal(fcntl(device, F_GETFD), -1);
}

static void test_buffer(void **state)
{
	struct buffer buffer;
	struct why why;

	(void)state;
	/* Smaller than a picture of the format that is set. */
	assert_int_equal(opened(&buffer, 16 << 10, &why), 0);
	memset(buffer.address, 1, buffer.bytes);
	source_v4l2.close(&buffer);
	left_alone();
}

/* Whatever the driver refuses, the device is as it was; or it is said that it is not. */
static void test_gives_back(void **state)
{
	struct buffer buffer;
	struct why why;
	int files;

	(void)state;
	fake.keeps = 1;
	assert_int_equal(opened(&buffer, 192 << 10, &why), 0);
	source_v4l2.close(&buffer);
	left_alone();
	fake = (struct fake){ .width = 1280, .captures = 1, .format_errors = 1 };
	assert_int_equal(opened(&buffer, 320 << 10, &why), 0);
	source_v4l2.close(&buffer);
	left_alone();
	fake = (struct fake){ .width = 1280, .captures = 1, .format_errors = 2 };
	files = open_files();
	assert_int_equal(opened(&buffer, 448 << 10, &why), -EIO);
	assert_non_null(strstr(why.reason, "/dev/video7 is left with another format than before"));
	assert_non_null(strstr(why.remedy, "--set-fmt-video=width=1280"));
	assert_int_equal(open_files(), files);
}

static void test_one_size(void **state)
{
	struct buffer buffer;
	struct why why;

	(void)state;
	fake.fixed = 600 << 10;
	assert_int_equal(opened(&buffer, 64 << 10, &why), -EOPNOTSUPP);
	assert_non_null(strstr(why.reason, "614400 bytes in place of 65536"));
	assert_string_equal(why.remedy, "use --size 614400");
	left_alone();
	assert_int_equal(opened(&buffer, 512 << 10, &why), 0);
	source_v4l2.close(&buffer);
	left_alone();
}

static void test_refused(void **state)
{
	struct buffer buffer;
	struct why why;

	(void)state;
	fake.busy = EBUSY;
	assert_int_equal(opened(&buffer, 128 << 10, &why), -EBUSY);
	assert_non_null(strstr(why.remedy, "fuser"));
	left_alone();
	fake = (struct fake){ .width = 1280 };
	assert_int_equal(opened(&buffer, 128 << 10, &why), -EOPNOTSUPP);
	assert_non_null(strstr(why.reason, "/dev/video7 captures nothing"));
	left_alone();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_buffer, before),
		cmocka_unit_test_setup(test_gives_back, before),
		cmocka_unit_test_setup(test_one_size, before),
		cmocka_unit_test_setup(test_refused, before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
