// SPDX-License-Identifier: GPL-2.0-or-later
/* Devices that are there, and that this user may not open: each source says so, and which group may. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/zap_bench.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "bench/source/dmabuf.h"

#define VIDEOS "/sys/class/video4linux"

static int open_error;
static gid_t group;

/* What the program calls, in place of the C library's. */
int open(const char *path, int flags, ...)
{
	if (strncmp(path, "/dev/", 5) != 0)
		return (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0);
	errno = open_error;
	return -1;
}

int stat(const char *path, struct stat *of)
{
	(void)path;
	*of = (struct stat){ .st_mode = S_IFCHR | 0660, .st_gid = group };
	return 0;
}

int scandir(const char *folder, struct dirent ***entries, int (*wanted)(const struct dirent *),
	    int (*order)(const struct dirent **, const struct dirent **))
{
	(void)wanted;
	(void)order;
	if (strcmp(folder, VIDEOS) != 0)
		return -1;
	*entries = calloc(1, sizeof(**entries));
	(*entries)[0] = calloc(1, sizeof(struct dirent));
	strcpy((*entries)[0]->d_name, "video7");
	return 1;
}

static int udmabuf(struct why *why)
{
	return source_udmabuf.probe(why);
}

static int heap(struct why *why)
{
	return dma_heap_allocate("system", 4096, why);
}

static int zap_heap(struct why *why)
{
	return source_zap_heap.probe(why);
}

static int video(struct why *why)
{
	return source_v4l2.probe(why);
}

static const struct guarded {
	const char *path;
	int (*open)(struct why *why);
} devices[] = {
	{ "/dev/udmabuf", udmabuf },
	{ "/dev/dma_heap/system", heap },
	{ ZAP_BENCH_DEVICE, zap_heap },
	{ "/dev/video7", video },
};

enum { NR_DEVICES = sizeof(devices) / sizeof(devices[0]) };

static void refused(const struct guarded *device, int error, const char *fix)
{
	struct why why = { "", "" };
	char reason[100];

	open_error = error;
	snprintf(reason, sizeof(reason), "%s: %s", device->path, strerror(error));
	assert_int_equal(device->open(&why), -error);
	assert_string_equal(why.reason, reason);
	assert_string_equal(why.remedy, fix);
}

static void test_names_the_group(void **state)
{
	const struct group *video_group = getgrnam("video");

	(void)state;
	if (!video_group)
		skip();
	group = video_group->gr_gid;
	for (size_t i = 0; i < NR_DEVICES; i++)
		refused(&devices[i], EACCES,
			"run as root, or join the group video: sudo usermod -aG video $USER, and log in again");
}

static void test_of_root_alone(void **state)
{
	(void)state;
	group = 0;
	for (size_t i = 0; i < NR_DEVICES; i++)
		refused(&devices[i], EACCES, "run as root");
}

/* Permission is no fix for any other failure. */
static void test_other_failures(void **state)
{
	(void)state;
	group = 0;
	for (size_t i = 0; i < NR_DEVICES; i++) {
		struct why why = { "", "" };

		open_error = EIO;
		assert_true(devices[i].open(&why) < 0);
		assert_null(strstr(why.remedy, "run as root"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_the_group),
		cmocka_unit_test(test_of_root_alone),
		cmocka_unit_test(test_other_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
