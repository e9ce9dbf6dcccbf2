// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * zap-heap: the heaps of the zapbench kernel patch, one for each policy and granularity, with its importer
 * /dev/zap-bench as the device. Here the kernel carries out the policy. This file only tells the kernel when a CPU
 * access begins and ends, and when the device maps.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/zap_bench.h>

#include "bench/source/dmabuf.h"
#include "bench/source/drm-node.h"
#include "bench/source/importer.h"
#include "bench/source/mappings.h"
#include "bench/source/zap-heap-kernel.h"

static const struct policy_row *policy_of(const struct params *params)
{
	return policy_row(params_choice(params, PARAM_POLICY));
}

/* "zap-eager-page", "zap-cached": the kernel names its heaps after policy and granularity. */
static void heap_name(const struct params *params, char *name, size_t size)
{
	bool zaps = policy_zaps(params_choice(params, PARAM_POLICY));

	snprintf(name, size, "zap-%s%s%s", policy_heap(policy_of(params)), zaps ? "-" : "",
		 zaps ? param_choice(PARAM_GRANULARITY, params_choice(params, PARAM_GRANULARITY)) : "");
}

/* @path cannot be used, for errno. */
static int no_device(const char *path, struct why *why)
{
	char fix[sizeof(why->remedy)];
	int err = -errno;

	if (err == -ENOENT)
		zap_heap_fix("", path, fix, sizeof(fix));
	else
		device_fix(path, err, fix, sizeof(fix));
	return why_set(why, err, fix, "%s: %s", path, strerror(-err));
}

static int open_device(struct why *why)
{
	int fd = zap_bench_open();

	return fd < 0 ? no_device(ZAP_BENCH_DEVICE, why) : fd;
}

static int device_info(struct zap_bench_info *info, struct why *why)
{
	int err = 0, fd = open_device(why);

	if (fd < 0)
		return fd;
	if (ioctl(fd, ZAP_BENCH_IOC_INFO, info))
		err = why_set(why, -errno, NULL, "ZAP_BENCH_IOC_INFO: %s", strerror(errno));
	else if (info->version != ZAP_BENCH_VERSION)
		err = why_set(why, -EOPNOTSUPP, "build zapbench and the kernel from the same source",
			      "zap-bench of the kernel has version %u, this program needs version %u", info->version,
			      ZAP_BENCH_VERSION);
	close(fd);
	return err;
}

static int zap_heap_probe(struct why *why)
{
	struct zap_bench_info info;

	return device_info(&info, why);
}

/* A SYNC of a part is by whole cache lines; and kernels of before do not have it. */
static int range_supports(const struct zap_bench_info *info, const struct params *params, struct why *why)
{
	if (params->value[PARAM_RANGE] < 1 || params_choice(params, PARAM_EXTENT) == EXTENT_WHOLE)
		return 0;
	if (!info->sync_align_bytes)
		return why_set(why, -EOPNOTSUPP, "build the kernel, or its modules, from the same source as zapbench",
			       "the zap heaps of this kernel have no SYNC of a part");
	if ((uint64_t)params->value[PARAM_RANGE] % info->sync_align_bytes)
		return why_set(why, -EINVAL, "give a multiple of it",
			       "range= is not a multiple of the %llu bytes of a "
			       "cache line",
			       (unsigned long long)info->sync_align_bytes);
	return 0;
}

/* Never called: the kernel zaps the mappings of all processes. */
static int no_zap(struct buffer *buffer, char *address)
{
	(void)buffer;
	(void)address;
	return -EOPNOTSUPP;
}

static const struct mapping_ops zap_heap_mapping = {
	.map = dmabuf_map,
	.zap = no_zap,
	.populate = dmabuf_populate_one,
	.prefault = mapping_touch_all,
};

static int request(struct buffer *buffer, unsigned long command)
{
	struct zap_bench_op op = { 0 };

	return ioctl(buffer->device, command, &op) ? -errno : 0;
}

static int zap_heap_rearm(struct buffer *buffer)
{
	int err = request(buffer, ZAP_BENCH_IOC_REARM);

	if (!err)
		buffer->state = STATE_CPU_CACHED;
	return err;
}

static int map_device(int device, enum direction direction, unsigned int flags)
{
	static const unsigned int directions[] = {
		[DEVICE_READS] = ZAP_BENCH_DIR_TO_DEVICE,
		[DEVICE_WRITES] = ZAP_BENCH_DIR_FROM_DEVICE,
		[DEVICE_READS_WRITES] = ZAP_BENCH_DIR_BIDIRECTIONAL,
	};
	struct zap_bench_map map = { .direction = directions[direction], .flags = flags };

	return ioctl(device, ZAP_BENCH_IOC_MAP, &map) ? -errno : 0;
}

static int device_map_as(struct buffer *buffer, unsigned int flags)
{
	int err = importer_wanted(buffer->params) ? importer_step(buffer, STEP_DEVICE_MAP)
						  : map_device(buffer->device, buffer->direction, flags);

	for (size_t i = 0; i < buffer->nr_more_devices && !err; i++)
		err = map_device(buffer->more_devices[i], buffer->direction, flags);
	if (err)
		return err;
	if (policy_of(buffer->params)->zaps == ZAP_AT_FIRST_MAP)
		buffer->state = STATE_CPU_WC;
	return 0;
}

static int device_map(struct buffer *buffer)
{
	return device_map_as(buffer, 0);
}

static int zap_heap_map_unclean(struct buffer *buffer)
{
	return device_map_as(buffer, ZAP_BENCH_MAP_SKIP_CLEAN);
}

static int zap_heap_device_access(struct buffer *buffer, bool write, size_t offset, void *data, size_t bytes)
{
	struct zap_bench_access access = { .offset_bytes = offset, .size_bytes = bytes, .user_ptr = (uintptr_t)data };

	/* What a DRM device does with the buffer, nobody sees. */
	if (importer_wanted(buffer->params))
		return dmabuf_device_access(buffer, write, offset, data, bytes);
	return ioctl(buffer->device, write ? ZAP_BENCH_IOC_DEV_WRITE : ZAP_BENCH_IOC_DEV_READ, &access) ? -errno : 0;
}

static int zap_heap_sync_range(struct buffer *buffer, enum sync sync, struct span span)
{
	struct zap_bench_sync range = { .offset_bytes = span.offset,
					.size_bytes = span.bytes,
					.flags = dmabuf_sync_flags(sync) };

	while (ioctl(buffer->device, ZAP_BENCH_IOC_SYNC_RANGE, &range)) {
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}

static int zap_heap_mapped(struct buffer *buffer, const char *address, struct mapped *mapped)
{
	return zap_bench_mapped(buffer->device, address, mapped);
}

/* One line per count: its name in a buffer's statistics, and the same as name and unit. */
#define COUNTS(X)                                             \
	X(state_ns, "state", "ns")                            \
	X(zap_ns, "zap", "ns")                                \
	X(clean_ns, "clean", "ns")                            \
	X(map_ns, "map", "ns")                                \
	X(refault_ns, "refault", "ns")                        \
	X(zaps, "zaps", "")                                   \
	X(ptes_zapped, "ptes_zapped", "")                     \
	X(pmds_zapped, "pmds_zapped", "")                     \
	X(refaults, "refaults", "")                           \
	X(populates, "populates", "")                         \
	X(ptes_inserted, "ptes_inserted", "")                 \
	X(pmds_inserted, "pmds_inserted", "")                 \
	X(huge_fallbacks, "huge_fallbacks", "")               \
	X(cleaned_bytes, "cleaned", "bytes")                  \
	X(invalidated_bytes, "invalidated", "bytes")          \
	X(transitions_to_wc, "transitions_to_wc", "")         \
	X(transitions_to_cached, "transitions_to_cached", "") \
	X(zaps_uncounted, "zaps_uncounted", "")

#define COUNT_ROW(field, name, unit) { name, unit },
static const struct kernel_count counts[] = { COUNTS(COUNT_ROW){ NULL, NULL } };
_Static_assert(sizeof(counts) / sizeof(counts[0]) <= KERNEL_COUNTS_MAX + 1, "too many counts");

static int zap_heap_kernel_read(struct buffer *buffer, uint64_t *value)
{
	struct zap_bench_stats stats;

	if (ioctl(buffer->device, ZAP_BENCH_IOC_STATS, &stats))
		return -errno;
#define COUNT_VALUE(field, name, unit) *value++ = stats.field;
	COUNTS(COUNT_VALUE)
	return 0;
}

static int zap_heap_kernel_timing(struct buffer *buffer)
{
	struct zap_bench_timing timing = { .enable = 1 };

	return ioctl(buffer->device, ZAP_BENCH_IOC_TIMING, &timing) ? -errno : 0;
}

/* A device that is attached, or -errno. */
static int attach_device(const struct buffer *buffer, struct why *why)
{
	struct zap_bench_attach attach = { .dmabuf_fd = buffer->fd };
	bool coherent = params_choice(buffer->params, PARAM_DEVICE) == DEVICE_COHERENT;
	int err, device = open_device(why);

	if (device < 0)
		return device;
	attach.flags = coherent ? ZAP_BENCH_ATTACH_COHERENT : 0;
	if (!ioctl(device, ZAP_BENCH_IOC_ATTACH, &attach))
		return device;
	err = why_set(why, -errno, NULL, "ZAP_BENCH_IOC_ATTACH: %s", strerror(errno));
	close(device);
	return err;
}

static void detach(struct buffer *buffer)
{
	while (buffer->nr_more_devices)
		close(buffer->more_devices[--buffer->nr_more_devices]);
	close(buffer->device);
}

static int attach(struct buffer *buffer, struct why *why)
{
	buffer->device = attach_device(buffer, why);
	if (buffer->device < 0)
		return buffer->device;
	for (double i = 1; i < buffer->params->value[PARAM_ATTACHMENTS]; i++) {
		int device = attach_device(buffer, why);

		if (device < 0) {
			detach(buffer);
			return device;
		}
		buffer->more_devices[buffer->nr_more_devices++] = device;
	}
	return 0;
}

/* How often the heap made the buffer write-combined, or -errno. */
static int64_t transitions(const struct buffer *buffer)
{
	struct zap_bench_stats stats;

	return ioctl(buffer->device, ZAP_BENCH_IOC_STATS, &stats) ? -errno : (int64_t)stats.transitions_to_wc;
}

/* Import the buffer once, from cached: 1 if the heap made it write-combined for that, 0 if not; or -errno. */
static int import_zaps(struct buffer *buffer)
{
	int64_t before, after;
	int err = zap_heap_rearm(buffer);

	before = transitions(buffer);
	if (!err)
		err = importer_step(buffer, STEP_DEVICE_MAP);
	if (err)
		return err;
	after = transitions(buffer);
	err = importer_step(buffer, STEP_DEVICE_UNMAP);
	if (err || before < 0 || after < 0)
		return err ? err : -EIO;
	return after > before;
}

/*
 * Only the kernel knows whether the device behind a DRM node snoops. For one that does, it zaps nothing: a policy that
 * zaps would be measured as what it is not, and lazy with zaps for the other, idle device that the buffer is attached
 * to.
 */
static int importer_zaps(const struct params *params, const char *heap, struct why *why)
{
	struct buffer buffer = { .instance = "", .params = params, .bytes = 16 * (size_t)sysconf(_SC_PAGESIZE) };
	int err;

	if (!importer_wanted(params) || policy_of(params)->zaps == ZAP_NEVER)
		return 0;
	buffer.fd = dma_heap_allocate(heap, buffer.bytes, why);
	if (buffer.fd < 0)
		return buffer.fd;
	err = attach(&buffer, why);
	if (err)
		goto out_buffer;
	err = importer_open(&buffer, why);
	if (err)
		goto out_device;
	err = import_zaps(&buffer);
	importer_close(&buffer);
	if (!err)
		err = why_set(why, -EOPNOTSUPP, "use policy=cached, or another device",
			      "the device of %s snoops the CPU's caches: the kernel zaps nothing for it, and policy %s "
			      "does what cached does",
			      importer_driver(), policy_of(params)->name);
	else if (err < 0)
		err = why_set(why, err, NULL, "an import by %s: %s", importer_driver(), strerror(-err));
	else
		err = 0;
out_device:
	detach(&buffer);
out_buffer:
	close(buffer.fd);
	return err;
}

static int zap_heap_supports(const char *instance, const struct params *params, struct why *why)
{
	const struct policy_row *policy = policy_of(params);
	char name[INSTANCE_MAX], path[64];
	struct zap_bench_info info;
	int err = device_info(&info, why);

	(void)instance;
	if (err)
		return err;
	heap_name(params, name, sizeof(name));
	snprintf(path, sizeof(path), "/dev/dma_heap/%s", name);
	if (access(path, R_OK))
		return no_device(path, why);
	if (policy->removes_alias && !info.direct_map_removable)
		return why_set(
			why, -EOPNOTSUPP, "boot with rodata=full",
			"policy %s needs a kernel that can remove pages from its linear mapping; this one cannot, "
			"so mmap would fail",
			policy->name);
	if (params_choice(params, PARAM_DEVICE) == DEVICE_COHERENT && policy_is_wc_from_birth(policy))
		return why_set(
			why, -EOPNOTSUPP, "use policy=cached, eager or lazy",
			"policy %s is write-combined from the allocation on: a device that snoops may not map it",
			policy->name);
	if (params_choice(params, PARAM_GRANULARITY) == GRANULARITY_HUGE && params_bytes(params) % info.pmd_bytes)
		return why_set(why, -EINVAL, "give a size that is a multiple of it",
			       "the size is not a multiple of the %llu KiB of a huge page",
			       (unsigned long long)info.pmd_bytes >> 10);
	if (params_choice(params, PARAM_GRANULARITY) == GRANULARITY_HUGE &&
	    params->value[PARAM_CHUNK] < (double)info.pmd_bytes)
		return why_set(why, -EINVAL, "give a larger chunk=, or use granularity=buffer",
			       "a chunk smaller than a huge page cannot be mapped as one");
	err = range_supports(&info, params, why);
	if (!err)
		err = importer_supports(params, name, dma_heap_allocate, why);
	return err ? err : importer_zaps(params, name, why);
}

/* The last one first, so that the device of the accesses has the buffer longest. */
static int device_unmap(struct buffer *buffer)
{
	struct zap_bench_op op = { 0 };

	if (importer_wanted(buffer->params))
		return importer_step(buffer, STEP_DEVICE_UNMAP);
	for (size_t i = buffer->nr_more_devices; i-- > 0;) {
		if (ioctl(buffer->more_devices[i], ZAP_BENCH_IOC_UNMAP, &op))
			return -errno;
	}
	return request(buffer, ZAP_BENCH_IOC_UNMAP);
}

#define MAX_ORDER "/sys/module/zap_heap/parameters/max_order"

/* Read or write the largest order of chunks; 0 or -errno. */
static int max_order(int flags, char *text, size_t size)
{
	int fd = open(MAX_ORDER, flags | O_CLOEXEC);
	ssize_t done;

	if (fd < 0)
		return -errno;
	done = flags == O_WRONLY ? write(fd, text, strlen(text)) : read(fd, text, size - 1);
	if (flags == O_RDONLY && done > 0)
		text[done] = '\0';
	close(fd);
	return done > 0 ? 0 : -EIO;
}

/* From a heap "NAME", or one of small chunks, "NAME:ORDER". The limit is the system's: it is put back at once. */
static int allocate(const char *kind, size_t bytes, struct why *why)
{
	char name[INSTANCE_MAX], before[16] = "", order[16];
	const char *colon = strchr(kind, ':');
	int err = 0, fd;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(kind, ":"), kind);
	if (!colon)
		return dma_heap_allocate(name, bytes, why);
	snprintf(order, sizeof(order), "%s", colon + 1);
	err = max_order(O_RDONLY, before, sizeof(before));
	if (!err)
		err = max_order(O_WRONLY, order, sizeof(order));
	if (err)
		return why_set(why, err, "run as root, or leave chunk= out", MAX_ORDER ": %s", strerror(-err));
	fd = dma_heap_allocate(name, bytes, why);
	err = max_order(O_WRONLY, before, sizeof(before));
	if (err && fd >= 0) {
		close(fd);
		return why_set(why, err, "put 4294967295 into it", MAX_ORDER " could not be restored: %s",
			       strerror(-err));
	}
	return fd;
}

/* The name under which the pool keeps the memory that params ask for. */
static void pool_kind(const struct params *params, char *kind, size_t size)
{
	size_t used, chunk = (size_t)params->value[PARAM_CHUNK] / (size_t)sysconf(_SC_PAGESIZE);

	heap_name(params, kind, size);
	used = strlen(kind);
	if (params->value[PARAM_CHUNK] != CHUNK_ANY)
		snprintf(kind + used, size - used, ":%d", 63 - __builtin_clzl(chunk));
}

static int zap_heap_shape(struct buffer *buffer, struct shape *shape)
{
	struct zap_bench_stats stats;

	if (ioctl(buffer->device, ZAP_BENCH_IOC_STATS, &stats))
		return -errno;
	*shape = (struct shape){ .chunks = stats.chunks, .around_pages = stats.around_pages };
	return 0;
}

static int zap_heap_open(struct buffer *buffer, char *address, struct why *why)
{
	char kind[INSTANCE_MAX + 8];
	bool fresh;
	int err;

	pool_kind(buffer->params, kind, sizeof(kind));
	buffer->fd = pool_get(kind, buffer->bytes, buffer->number, allocate, &fresh, why);
	if (buffer->fd < 0)
		return buffer->fd;
	err = attach(buffer, why);
	if (err)
		goto out_pool;
	err = importer_open(buffer, why);
	if (err)
		goto out_device;
	/* The configuration before may have left the same buffer write-combined. */
	err = zap_heap_rearm(buffer);
	if (!err)
		err = mappings_open(buffer, &zap_heap_mapping, address, why);
	if (err)
		goto out_importer;
	return 0;
out_importer:
	importer_close(buffer);
out_device:
	detach(buffer);
out_pool:
	if (fresh)
		pool_drop(buffer->fd);
	return err;
}

static void zap_heap_close(struct buffer *buffer)
{
	mappings_close(buffer);
	importer_close(buffer);
	detach(buffer);
}

/* What the client does to make the policy zap now, timed by itself. */
static int zap_now(struct buffer *buffer)
{
	enum zap_when when = policy_of(buffer->params)->zaps;
	uint64_t begin, ticks;
	int err = 0;

	switch (when) {
	case ZAP_AT_FIRST_MAP:
		/* Only a cached buffer is zapped by a map. */
		if (buffer->state != STATE_CPU_CACHED)
			err = zap_heap_rearm(buffer);
		break;
	case ZAP_AT_WRITE_END:
		err = dmabuf_sync(buffer, STEP_WRITE_START);
		break;
	case ZAP_NEVER:
		return 0;
	default:
		return -EOPNOTSUPP;
	}
	if (err)
		return err;
	begin = clock_now(buffer->clock);
	if (when == ZAP_AT_FIRST_MAP)
		err = device_map(buffer);
	else
		err = dmabuf_sync(buffer, STEP_WRITE_END);
	ticks = clock_now(buffer->clock) - begin;
	buffer->zap_ticks += clock_net(buffer->clock, ticks);
	if (!err && when == ZAP_AT_FIRST_MAP)
		err = device_unmap(buffer);
	return err;
}

static int zap_heap_step(struct buffer *buffer, enum step step)
{
	switch (step) {
	case STEP_ZAP:
		return zap_now(buffer);
	case STEP_DEVICE_MAP:
		return device_map(buffer);
	case STEP_DEVICE_UNMAP:
		return device_unmap(buffer);
	case STEP_WRITE_START:
	case STEP_WRITE_END:
	case STEP_READ_START:
	case STEP_READ_END:
		return dmabuf_sync(buffer, step);
	default:
		return 0; /* the fault handler brings back what the heap's granularity says */
	}
}

static void zap_heap_calls(const struct params *params, enum step step, char *text, size_t size)
{
	const struct policy_row *policy = policy_of(params);
	const char *call = "";

	switch (step) {
	case STEP_ZAP:
		if (policy->zaps == ZAP_AT_FIRST_MAP)
			call = "ioctl(ZAP_BENCH_IOC_MAP), the kernel zaps";
		else if (policy->zaps == ZAP_AT_WRITE_END)
			call = "ioctl(DMA_BUF_IOCTL_SYNC, END|WRITE), the kernel zaps";
		else
			call = "nothing";
		break;
	case STEP_DEVICE_MAP:
		call = importer_wanted(params) ? "" : "ioctl(ZAP_BENCH_IOC_MAP)";
		break;
	case STEP_DEVICE_UNMAP:
		call = importer_wanted(params) ? "" : "ioctl(ZAP_BENCH_IOC_UNMAP)";
		break;
	case STEP_FAULT_IN:
		break;
	default:
		call = "ioctl(DMA_BUF_IOCTL_SYNC)";
	}
	/* Heaps that make the same calls are different all the same: the kernel does different things in them. */
	snprintf(text, size, "%s%s%s%s", call, call[0] ? " [" : "", call[0] ? policy_heap(policy) : "",
		 call[0] ? "]" : "");
	importer_calls(params, step, text, size);
}

static const char *const tracepoints[] = { "tracepoint:zap_heap:zap_heap_zap", "tracepoint:zap_heap:zap_heap_clean",
					   "tracepoint:zap_heap:zap_heap_refault", NULL };

static void zap_heap_build_here(char *text, size_t size)
{
	zap_heap_build("", text, size);
}

const struct source source_zap_heap = {
	.name = "zap-heap",
	.summary = "the heaps of the zapbench kernel patch: the kernel carries the policies out",
	.played_by_user = "",
	.kernel_zaps = true,
	.parts = POLICY_PARTS_ALL,
	.prefault_call = PREFAULT_TOUCHES,
	.probe = zap_heap_probe,
	.build = zap_heap_build_here,
	.supports = zap_heap_supports,
	.open = zap_heap_open,
	.close = zap_heap_close,
	.populate = mappings_populate,
	.step = zap_heap_step,
	.sync = dmabuf_sync_call,
	.sync_range = zap_heap_sync_range,
	.calls = zap_heap_calls,
	.mapped_by = "the page tables, by ZAP_BENCH_IOC_PTE",
	.mapped = zap_heap_mapped,
	.limits_chunks = true,
	.shape = zap_heap_shape,
	.device_access = zap_heap_device_access,
	.device_map_unclean = zap_heap_map_unclean,
	.tracepoints = tracepoints,
	.kernel_counts = counts,
	.kernel_timing = zap_heap_kernel_timing,
	.kernel_read = zap_heap_kernel_read,
	.rearm = zap_heap_rearm,
};
