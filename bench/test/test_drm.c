// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The source drm and device=drm, on DRM nodes that exist in this file alone. make check-module has them on real ones.
 */
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
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <linux/zap_bench.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "bench/run/plan.h"
#include "bench/source/drm-abi.h"
#include "bench/source/drm-node.h"
#include "bench/source/identity.h"
#include "bench/source/importer.h"

static struct fake {
	const char *file, *driver;
	int open_error, dumb_error, export_error, import_error, close_error;
	const char *device;     /* NULL: one of its own */
	unsigned int imported;  /* times, and let go of again */
	uint64_t missing_bytes; /* of its dumb buffers */
	uint64_t least_bytes;   /* of one that it makes */
	struct drm_mode_create_dumb dumb;
} fakes[4];
static struct fake *behind[1024]; /* a file descriptor */
static struct fake zap_bench = { .driver = "zap-bench" };
/* The zap heaps of the machine, if it has them, and how often an import made one of their buffers write-combined. */
static struct {
	bool there, device_snoops;
	uint64_t transitions;
} heaps;
static unsigned int looks; /* at the folder of the nodes */
static struct params params;
static const struct clock clock_here = { .kind = CLOCK_KIND_MONOTONIC_RAW, .ns_per_tick = 1 };

static bool is_heap(const char *path)
{
	return heaps.there && !strncmp(path, "/dev/dma_heap/zap-", 18);
}

static struct fake *fake_of(const char *path)
{
	if (is_heap(path) || (heaps.there && !strcmp(path, "/dev/zap-bench")))
		return &zap_bench;
	if (strncmp(path, DRM_FOLDER, strlen(DRM_FOLDER)) != 0)
		return NULL;
	for (size_t i = 0; i < 4 && fakes[i].file; i++) {
		if (!strcmp(strrchr(path, '/') + 1, fakes[i].file))
			return &fakes[i];
	}
	return NULL;
}

static int fails(int error)
{
	errno = error;
	return error ? -1 : 0;
}

/* What the program calls, in place of the C library's. */
int scandir(const char *folder, struct dirent ***entries, int (*wanted)(const struct dirent *),
	    int (*order)(const struct dirent **, const struct dirent **))
{
	int count = 0;

	(void)wanted;
	(void)order;
	if (strcmp(folder, DRM_FOLDER) != 0 || !fakes[0].file)
		return -1;
	looks++;
	*entries = calloc(4, sizeof(**entries));
	for (; count < 4 && fakes[count].file; count++) {
		(*entries)[count] = calloc(1, sizeof(struct dirent));
		strcpy((*entries)[count]->d_name, fakes[count].file);
	}
	return count;
}

int open(const char *path, int flags, ...)
{
	struct fake *fake = fake_of(path);
	int fd;

	if (!fake)
		return (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0);
	if (fake->open_error)
		return fails(fake->open_error);
	fd = memfd_create("node", MFD_CLOEXEC);
	behind[fd] = fake;
	return fd;
}

int access(const char *path, int mode)
{
	(void)mode;
	return fails(is_heap(path) ? 0 : ENOENT);
}

int stat(const char *path, struct stat *of)
{
	const struct group *video = getgrnam("video");

	(void)path;
	*of = (struct stat){ .st_mode = S_IFCHR | 0660, .st_gid = video ? video->gr_gid : 0 };
	return 0;
}

char *realpath(const char *path, char *resolved)
{
	char name[64];
	struct fake *fake;

	if (strncmp(path, "/sys/class/drm/", 15) != 0)
		return NULL;
	snprintf(name, sizeof(name), DRM_FOLDER "/%.*s", (int)strcspn(path + 15, "/"), path + 15);
	fake = fake_of(name);
	return strcpy(resolved, fake->device ? fake->device : name);
}

static int exports(struct fake *fake, struct drm_prime_handle *prime)
{
	if (fake->export_error)
		return fails(fake->export_error);
	prime->fd = memfd_create("dumb", MFD_CLOEXEC);
	behind[prime->fd] = NULL;
	return ftruncate(prime->fd, (off_t)fake->dumb.size);
}

/* The importer of the zap heaps, and the heaps. */
static int zap_bench_ioctl(unsigned long request, void *argument)
{
	switch (request) {
	case DMA_HEAP_IOCTL_ALLOC:
		((struct dma_heap_allocation_data *)argument)->fd = (uint32_t)memfd_create("buffer", MFD_CLOEXEC);
		return 0;
	case ZAP_BENCH_IOC_INFO:
		*(struct zap_bench_info *)argument = (struct zap_bench_info){ .version = ZAP_BENCH_VERSION };
		return 0;
	case ZAP_BENCH_IOC_STATS:
		*(struct zap_bench_stats *)argument =
			(struct zap_bench_stats){ .transitions_to_wc = heaps.transitions };
		return 0;
	default:
		return 0;
	}
}

int ioctl(int fd, unsigned long request, ...)
{
	struct fake *fake = behind[fd];
	va_list arguments;
	void *argument;

	va_start(arguments, request);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	/* Longer than a tick of any clock. */
	if (request == DMA_BUF_IOCTL_SYNC)
		return usleep(1);
	if (!fake)
		return (int)syscall(SYS_ioctl, fd, request, argument);
	if (fake == &zap_bench)
		return zap_bench_ioctl(request, argument);
	switch (request) {
	case DRM_IOCTL_VERSION:
		strncpy(((struct drm_version *)argument)->name, fake->driver,
			((struct drm_version *)argument)->name_bytes);
		return 0;
	case DRM_IOCTL_MODE_CREATE_DUMB:
		fake->dumb = *(struct drm_mode_create_dumb *)argument;
		fake->dumb.size = (uint64_t)fake->dumb.width * 4 * fake->dumb.height - fake->missing_bytes;
		*(struct drm_mode_create_dumb *)argument = fake->dumb;
		/* The small one is the program's look whether the card makes any. */
		if (fake->dumb.width > 64 && fake->dumb.size < fake->least_bytes)
			return fails(EINVAL);
		return fails(fake->dumb_error);
	case DRM_IOCTL_PRIME_HANDLE_TO_FD:
		return exports(fake, argument);
	case DRM_IOCTL_PRIME_FD_TO_HANDLE:
		fake->imported += !fake->import_error;
		heaps.transitions += !fake->import_error && !heaps.device_snoops;
		((struct drm_prime_handle *)argument)->handle = 7;
		return fails(fake->import_error);
	case DRM_IOCTL_GEM_CLOSE:
		assert_int_equal(((struct drm_gem_close *)argument)->handle, 7);
		fake->imported--;
		return fails(fake->close_error);
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

static int before(void **state)
{
	(void)state;
	memset(fakes, 0, sizeof(fakes));
	memset(&heaps, 0, sizeof(heaps));
	for (enum param i = 0; i < NR_PARAMS; i++)
		params.value[i] = param_default(i);
	params.value[PARAM_POLICY] = POLICY_CACHED;
	params.value[PARAM_GRANULARITY] = GRANULARITY_NONE;
	params.value[PARAM_SIZE] = 256 << 10;
	return 0;
}

/* A virtio-gpu card that imports nothing, and vgem. */
static void two_cards(void)
{
	fakes[0] = (struct fake){ .file = "card0", .driver = "virtio_gpu", .import_error = ENODEV };
	fakes[1] = (struct fake){ .file = "card1", .driver = "vgem" };
}

static int supports(const char *instance, struct why *why)
{
	*why = (struct why){ "", "" };
	return source_drm.supports(instance, &params, why);
}

static void opened(struct buffer *buffer, const char *instance, size_t bytes)
{
	struct why why = { "", "" };
	char *address = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(address, bytes);
	*buffer = (struct buffer){
		.source = &source_drm, .instance = instance, .params = &params, .clock = &clock_here, .bytes = bytes
	};
	assert_int_equal(source_drm.open(buffer, address, &why), 0);
}

static void test_nothing_here(void **state)
{
	struct why why = { "", "" };

	(void)state;
	assert_int_equal(source_drm.probe(&why), -ENODEV);
	assert_non_null(strstr(why.reason, "no DRM node"));
	assert_non_null(strstr(why.remedy, "modprobe vgem"));
}

static void test_no_permission(void **state)
{
	struct why why = { "", "" };

	(void)state;
	two_cards();
	fakes[0].open_error = fakes[1].open_error = EACCES;
	assert_int_equal(source_drm.probe(&why), -EACCES);
	assert_non_null(strstr(why.reason, "/dev/dri/card0: Permission denied"));
	assert_non_null(strstr(why.remedy, getgrnam("video") ? "usermod -aG video" : "run as root"));
	/* One that may be opened is enough. */
	fakes[1].open_error = 0;
	assert_int_equal(source_drm.probe(NULL), 0);
}

static void test_names(void **state)
{
	struct drm_node nodes[DRM_NODES_MAX];
	char names[4][INSTANCE_MAX];
	size_t count;

	(void)state;
	fakes[0] = (struct fake){ .file = "card10", .driver = "vgem" };
	fakes[1] = (struct fake){ .file = "card9", .driver = "vgem", .device = "soc" };
	fakes[2] = (struct fake){ .file = "renderD128", .driver = "vgem", .device = "soc" };
	assert_int_equal(drm_nodes(nodes, &count, NULL), 0);
	assert_int_equal(count, 3);
	assert_string_equal(nodes[0].path, "/dev/dri/card9");
	assert_string_equal(nodes[0].driver, "vgem");
	assert_string_equal(nodes[1].driver, "vgem-2");
	assert_string_equal(nodes[2].driver, "vgem");
	/* Dumb buffers are of cards. */
	assert_int_equal(source_drm.instances(names, 4), 2);
	assert_string_equal(names[1], "vgem-2");
}

static void test_dumb_buffer(void **state)
{
	struct buffer buffer;
	int files;

	(void)state;
	two_cards();
	opened(&buffer, "virtio_gpu", 64 << 20);
	assert_int_equal(lseek(buffer.fd, 0, SEEK_END), 64 << 20);
	assert_true(fakes[0].dumb.height <= 2 * fakes[0].dumb.width);
	memset(buffer.address, 1, buffer.bytes);
	assert_int_equal(source_drm.step(&buffer, STEP_DEVICE_MAP), 0);
	assert_int_equal(fakes[1].imported, 0);
	files = open_files();
	source_drm.close(&buffer);
	/* The memory of a round stays until its process ends; the card is closed at once. */
	assert_int_equal(open_files(), files);
	for (int fd = 0; fd < 1024; fd++)
		assert_true(!behind[fd] || fcntl(fd, F_GETFD) < 0);
}

static void test_card_refuses(void **state)
{
	struct why why;

	(void)state;
	two_cards();
	fakes[0].export_error = ENOSYS;
	params.value[PARAM_DEVICE] = DEVICE_DRM;
	assert_int_equal(supports("virtio_gpu", &why), -ENOSYS);
	assert_non_null(strstr(why.reason, "virtio_gpu exports no dma-buf"));
	fakes[0].export_error = 0;
	fakes[0].missing_bytes = 1;
	assert_int_equal(supports("virtio_gpu", &why), -EINVAL);
	assert_int_equal(supports("panfrost", &why), -ENODEV);
	assert_non_null(strstr(why.reason, "panfrost is no longer there"));
	why = (struct why){ "", "" };
	/* A GPU without a display. */
	fakes[0].dumb_error = fakes[1].dumb_error = ENOSYS;
	assert_int_equal(source_drm.probe(&why), -EOPNOTSUPP);
	assert_non_null(strstr(why.reason, "has dumb buffers"));
}

/* Unplugged, and another node is left: that has no dumb buffers, or may not be opened. The run goes on without it. */
static void test_card_unplugged(void **state)
{
	struct why why;

	(void)state;
	/* Then it makes a buffer to look. */
	params.value[PARAM_DEVICE] = DEVICE_DRM;
	fakes[0] = (struct fake){ .file = "renderD128", .driver = "panfrost" };
	assert_int_equal(supports("vgem", &why), -ENODEV);
	assert_string_equal(why.reason, "the card of driver vgem is no longer there");
	fakes[0].open_error = EACCES;
	assert_int_equal(supports("vgem", &why), -ENODEV);
	assert_string_equal(why.reason, "the card of driver vgem is no longer there");
	fakes[0].file = NULL;
	assert_int_equal(supports("vgem", &why), -ENODEV);
	assert_string_equal(why.reason, "the card of driver vgem is no longer there");
}

/* So it does when that was the device, and the buffer's memory is still there. */
static void test_importer_unplugged(void **state)
{
	struct buffer buffer;
	struct why why = { "", "" };
	char *address;

	(void)state;
	two_cards();
	params.value[PARAM_DEVICE] = DEVICE_DRM;
	opened(&buffer, "virtio_gpu", 320 << 10);
	address = buffer.address;
	source_drm.close(&buffer);
	fakes[0].open_error = EACCES;
	fakes[1].file = NULL;
	assert_int_equal(source_drm.open(&buffer, address, &why), -ENODEV);
	assert_non_null(strstr(why.reason, "/dev/dri/card0: Permission denied"));
}

static void test_import(void **state)
{
	struct buffer buffer;
	struct why why;
	char calls[200] = "";
	int files = open_files();

	(void)state;
	two_cards();
	params.value[PARAM_DEVICE] = DEVICE_DRM;
	assert_int_equal(supports("virtio_gpu", &why), 0);
	assert_int_equal(fakes[1].imported, 0);
	assert_int_equal(open_files(), files);
	source_drm.calls(&params, STEP_DEVICE_MAP, calls, sizeof(calls));
	assert_string_equal(calls, "ioctl(DRM_IOCTL_PRIME_FD_TO_HANDLE) [vgem]");
	opened(&buffer, "virtio_gpu", 256 << 10);
	assert_int_equal(source_drm.step(&buffer, STEP_DEVICE_MAP), 0);
	assert_int_equal(fakes[1].imported, 1);
	assert_int_equal(source_drm.step(&buffer, STEP_DEVICE_UNMAP), 0);
	assert_int_equal(fakes[1].imported, 0);
	/* Unplugged. */
	fakes[1].close_error = ENODEV; /* unplugged meanwhile */
	assert_int_equal(supports("virtio_gpu", &why), -ENODEV);
	fakes[1].close_error = 0;
	fakes[1].import_error = ENODEV;
	assert_int_equal(source_drm.step(&buffer, STEP_DEVICE_MAP), -ENODEV);
	files = open_files();
	source_drm.close(&buffer);
	assert_int_equal(open_files(), files - 1);
}

/* The process of a round looks at the nodes for its first buffer, and again where that one fails. */
static void test_looks_once(void **state)
{
	struct buffer buffer[3];
	unsigned int before_second;

	(void)state;
	two_cards();
	fakes[2] = (struct fake){ .file = "card2", .driver = "vkms" };
	params.value[PARAM_DEVICE] = DEVICE_DRM;
	opened(&buffer[0], "virtio_gpu", 64 << 10);
	before_second = looks;
	opened(&buffer[1], "virtio_gpu", 128 << 10);
	/* Once to find the card that makes the memory. */
	assert_int_equal(looks, before_second + 1);
	assert_int_equal(source_drm.step(&buffer[1], STEP_DEVICE_MAP), 0);
	assert_int_equal(fakes[1].imported, 1);
	/* Its own buffer it does not import. */
	opened(&buffer[2], "vgem", 192 << 10);
	assert_int_equal(looks, before_second + 3);
	assert_int_equal(source_drm.step(&buffer[2], STEP_DEVICE_MAP), 0);
	assert_int_equal(fakes[1].imported, 1);
	assert_int_equal(fakes[2].imported, 1);
	for (size_t i = 0; i < 3; i++)
		source_drm.close(&buffer[i]);
}

/* A frame whose device is a DRM driver: the same calls of the client, and the import in place of the device. */
static void test_frame(void **state)
{
	const char *cases[] = { "frame", NULL }, *sources_of[] = { "drm:virtio_gpu", NULL };
	struct request request = { .cases = cases, .sources = sources_of };
	struct why why = { "", "" };
	struct plan plan;

	(void)state;
	two_cards();
	assert_int_equal(sweep_parse(&request.set, "device=drm", &why), 0);
	assert_int_equal(sweep_parse(&request.set, "policy=cached,eager", &why), 0);
	assert_int_equal(plan_make(&request, &plan, &why), 0);
	assert_int_equal(plan.count, 2);
	for (size_t i = 0; i < plan.count; i++) {
		assert_non_null(strstr(plan.config[i].name, "/device=drm"));
		assert_non_null(strstr(plan.config[i].calls, "DRM_IOCTL_PRIME_FD_TO_HANDLE) [vgem]"));
		assert_non_null(strstr(plan.config[i].calls, "DRM_IOCTL_GEM_CLOSE) [vgem]"));
	}
	plan_free(&plan);
	assert_int_equal(sweep_parse(&request.set, "device=coherent", &why), 0);
	assert_int_equal(plan_make(&request, &plan, &why), -ENOENT);
	assert_non_null(strstr(why.reason, "a device that snoops"));
	assert_non_null(strstr(why.remedy, "map-latency"));
}

/* The zap heaps zap nothing for a device that snoops. Which one does, their counters tell. */
static void test_device_that_snoops(void **state)
{
	int files = open_files();
	struct why why = { "", "" };

	(void)state;
	two_cards();
	heaps.there = true;
	params.value[PARAM_DEVICE] = DEVICE_DRM;
	params.value[PARAM_GRANULARITY] = GRANULARITY_PAGE;
	for (int snoops = 0; snoops < 2; snoops++) {
		heaps.device_snoops = snoops;
		params.value[PARAM_POLICY] = POLICY_CACHED;
		assert_int_equal(source_zap_heap.supports("", &params, &why), 0);
		params.value[PARAM_POLICY] = POLICY_LAZY;
		assert_int_equal(source_zap_heap.supports("", &params, &why), snoops ? -EOPNOTSUPP : 0);
	}
	assert_non_null(strstr(why.reason, "the device of vgem snoops"));
	assert_non_null(strstr(why.remedy, "policy=cached"));
	assert_int_equal(fakes[1].imported, 0);
	assert_int_equal(open_files(), files);
}

/* The driver chose its memory type: a record does not say that it is cached. */
static void test_memory_type(void **state)
{
	char missing[200];

	(void)state;
	policy_parts_words(POLICY_PARTS_ALL & ~source_parts(&source_drm, &params), missing, sizeof(missing));
	assert_non_null(strstr(missing, MEMORY_TYPE_UNKNOWN));
	policy_parts_words(POLICY_PARTS_ALL & ~source_parts(&source_udmabuf, &params), missing, sizeof(missing));
	assert_null(strstr(missing, MEMORY_TYPE_UNKNOWN));
}

/* The kernel cleans a heap's caches for the devices that map the buffer. udmabuf is a device itself. */
static void test_who_is_cleaned_for(void **state)
{
	(void)state;
	assert_false(source_parts(&source_dma_heap, &params) & POLICY_PART_MAINTENANCE);
	assert_true(source_parts(&source_udmabuf, &params) & POLICY_PART_MAINTENANCE);
	params.value[PARAM_DEVICE] = DEVICE_DRM;
	assert_true(source_parts(&source_dma_heap, &params) & POLICY_PART_MAINTENANCE);
	assert_true(source_parts(&source_dma_heap, &params) & POLICY_PART_CACHED);
	assert_true(source_parts(&source_udmabuf, &params) & POLICY_PART_MAINTENANCE);
	/* DRM's own buffers are mapped without it: DMA_ATTR_SKIP_CPU_SYNC. */
	assert_false(source_parts(&source_drm, &params) & POLICY_PART_MAINTENANCE);
}

/* identify with a buffer of a card: 0 or -errno. */
static int identified(size_t bytes, struct identity_evidence *evidence, struct why *why)
{
	struct identity_request request = {
		.source = &source_drm, .instance = "virtio_gpu", .params = &params, .clock = &clock_here
	};

	params.value[PARAM_SIZE] = (double)bytes;
	*why = (struct why){ "", "" };
	return identity_measure(&request, evidence, why);
}

/* identify asks one kind of memory after the other: each gives its buffers back. */
static void test_identify_gives_back(void **state)
{
	struct identity_evidence evidence;
	struct why why;
	int files = open_files();

	(void)state;
	two_cards();
	assert_int_equal(identified(512 << 10, &evidence, &why), 0);
	assert_true(evidence.is_dmabuf);
	assert_int_equal(open_files(), files);
}

/* The smaller buffer, whose SYNC is held against that of the whole one, is whole pages too. */
static void test_identify_in_whole_pages(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct identity_evidence evidence;
	struct why why;

	(void)state;
	two_cards();
	assert_int_equal(identified(65 * page, &evidence, &why), 0);
	assert_int_equal(fakes[0].dumb.size, 5 * page);
	for (enum identity_sync sync = 0; sync < NR_IDENTITY_SYNCS; sync++)
		assert_int_not_equal(identity_sync(&evidence, sync), SYNC_UNTESTED);
}

/* Without a smaller buffer all the other evidence stays. */
static void test_identify_without_small(void **state)
{
	struct identity_evidence evidence;
	struct why why;

	(void)state;
	two_cards();
	fakes[0].least_bytes = 256 << 10;
	assert_int_equal(identified(512 << 10, &evidence, &why), 0);
	assert_string_equal(why.reason, "");
	assert_true(evidence.sync[IDENTITY_WRITE_END].median_ns > 0);
	assert_int_equal(identity_sync(&evidence, IDENTITY_WRITE_END), SYNC_UNTESTED);
}

static void test_no_importer(void **state)
{
	struct why why;

	(void)state;
	two_cards();
	params.value[PARAM_DEVICE] = DEVICE_DRM;
	/* Its own buffer a driver finds again, and maps nothing. */
	assert_int_equal(supports("vgem", &why), -ENODEV);
	assert_non_null(strstr(why.reason, "/dev/dri/card0 (virtio_gpu) does not import this memory: No such device"));
	assert_non_null(strstr(why.remedy, "another card or source"));
	fakes[1].import_error = EBUSY;
	assert_int_equal(supports("virtio_gpu", &why), -ENODEV);
	/* The import of these only attaches. */
	fakes[1] = (struct fake){ .file = "card1", .driver = "amdgpu" };
	assert_int_equal(supports("virtio_gpu", &why), -ENODEV);
	assert_int_equal(fakes[1].imported, 0);
	assert_non_null(strstr(why.remedy, "modprobe vgem"));
}

static void test_hardware_first(void **state)
{
	char calls[200] = "";
	struct why why;

	(void)state;
	two_cards();
	fakes[2] = (struct fake){ .file = "card2", .driver = "rockchip" };
	params.value[PARAM_DEVICE] = DEVICE_DRM;
	assert_int_equal(supports("virtio_gpu", &why), 0);
	importer_calls(&params, STEP_DEVICE_UNMAP, calls, sizeof(calls));
	assert_string_equal(calls, "ioctl(DRM_IOCTL_GEM_CLOSE) [rockchip]");
}

static void test_only_dma_bufs(void **state)
{
	struct why why = { "", "" };

	(void)state;
	params.value[PARAM_DEVICE] = DEVICE_DRM;
	assert_int_equal(source_memfd.supports("", &params, &why), -EOPNOTSUPP);
	assert_non_null(strstr(why.reason, "no dma-buf"));
	assert_true(source_parts(&source_drm, &params) & POLICY_PART_DEVICE);
	params.value[PARAM_DEVICE] = DEVICE_NONCOHERENT;
	assert_false(source_parts(&source_drm, &params) & POLICY_PART_DEVICE);
}

/* Without --source: dumb buffers before memfd, with rows that zap although the profile names other granularities. */
static void test_preferred(void **state)
{
	const char *cases[] = { "frame", "refault", NULL };
	struct request request = { .cases = cases };
	struct why why = { "", "" };
	struct plan plan;
	bool zaps = false;

	(void)state;
	fakes[0] = (struct fake){ .file = "card0", .driver = "vgem" };
	unsetenv("ZAPBENCH_SOURCE");
	assert_int_equal(plan_make(&request, &plan, &why), 0);
	for (size_t i = 0; i < plan.count; i++) {
		assert_ptr_equal(plan.config[i].source, &source_drm);
		zaps |= policy_zaps(params_choice(&plan.config[i].params, PARAM_POLICY));
	}
	assert_true(zaps);
	assert_int_equal(plan.nr_skipped, 0);
	plan_free(&plan);
	setenv("ZAPBENCH_SOURCE", "memfd", 1);
	assert_int_equal(plan_make(&request, &plan, &why), 0);
	assert_ptr_equal(plan.config[0].source, &source_memfd);
	plan_free(&plan);
	request.sources = (const char *[]){ "drm:vgem", NULL };
	assert_int_equal(plan_make(&request, &plan, &why), 0);
	assert_ptr_equal(plan.config[0].source, &source_drm);
	plan_free(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_nothing_here, before),
		cmocka_unit_test_setup(test_no_permission, before),
		cmocka_unit_test_setup(test_names, before),
		cmocka_unit_test_setup(test_dumb_buffer, before),
		cmocka_unit_test_setup(test_card_refuses, before),
		cmocka_unit_test_setup(test_card_unplugged, before),
		cmocka_unit_test_setup(test_importer_unplugged, before),
		cmocka_unit_test_setup(test_import, before),
		cmocka_unit_test_setup(test_looks_once, before),
		cmocka_unit_test_setup(test_frame, before),
		cmocka_unit_test_setup(test_memory_type, before),
		cmocka_unit_test_setup(test_who_is_cleaned_for, before),
		cmocka_unit_test_setup(test_identify_gives_back, before),
		cmocka_unit_test_setup(test_identify_in_whole_pages, before),
		cmocka_unit_test_setup(test_identify_without_small, before),
		cmocka_unit_test_setup(test_no_importer, before),
		cmocka_unit_test_setup(test_hardware_first, before),
		cmocka_unit_test_setup(test_only_dma_bufs, before),
		cmocka_unit_test_setup(test_preferred, before),
		cmocka_unit_test_setup(test_device_that_snoops, before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
