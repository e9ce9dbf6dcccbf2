// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hugetlb: a memfd of reserved huge pages. memfd with granularity=huge has huge pages only if the kernel finds a free
 * one; hugetlb always has them, and a zap never leaves smaller pages. zap is MADV_DONTNEED, as on memfd (Linux 5.18 and
 * newer).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench/measure/environment-memory.h"
#include "bench/source/mappings.h"
#include "bench/source/pagemap.h"
#include "bench/source/player.h"
#include "bench/source/pool.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

static int no_pages(int64_t free_pages, double wanted, struct why *why)
{
	char remedy[80];

	snprintf(remedy, sizeof(remedy), "echo %.0f | sudo tee /proc/sys/vm/nr_hugepages", wanted);
	return why_set(why, -ENOSPC, remedy, "%lld huge pages are reserved and free, %.0f are needed",
		       (long long)free_pages, wanted);
}

static int hugetlb_probe(struct why *why)
{
	int64_t free_pages = environment_meminfo("", "HugePages_Free");

	if (free_pages < 0)
		return why_set(why, (int)free_pages, "build the kernel with CONFIG_HUGETLBFS",
			       "/proc/meminfo has no huge pages");
	return free_pages ? 0 : no_pages(0, 64, why);
}

static int hugetlb_supports(const char *instance, const struct params *params, struct why *why)
{
	int64_t free_pages = environment_meminfo("", "HugePages_Free");
	int64_t bytes = environment_meminfo("", "Hugepagesize");
	unsigned int granularity = params_choice(params, PARAM_GRANULARITY);
	int err = player_supports(params, source_hugetlb.parts, why);

	(void)instance;
	if (err)
		return err;
	if (free_pages < 0 || bytes <= 0)
		return hugetlb_probe(why);
	if (granularity != GRANULARITY_HUGE && granularity != GRANULARITY_NONE)
		return why_set(why, -EOPNOTSUPP, "use granularity=huge",
			       "a fault of a reserved huge page maps all of it");
	if (params_bytes(params) % (size_t)bytes)
		return why_set(why, -EINVAL, "give a size that is a multiple of it",
			       "the size is not a multiple of the %lld KiB of a huge page", (long long)bytes >> 10);
	if ((double)free_pages < params->value[PARAM_SIZE] / (double)bytes)
		return no_pages(free_pages, params->value[PARAM_SIZE] / (double)bytes, why);
	return 0;
}

static int hugetlb_map(struct buffer *buffer, char *address)
{
	char *mapped =
		mmap(address, buffer->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE, buffer->fd, 0);

	return mapped == MAP_FAILED ? -errno : 0;
}

static int hugetlb_zap_one(struct buffer *buffer, char *address)
{
	return madvise(address, buffer->bytes, MADV_DONTNEED) ? -errno : 0;
}

static int hugetlb_populate_one(struct buffer *buffer, char *address, enum access access)
{
	if (madvise(address, buffer->bytes, access == ACCESS_WRITE ? MADV_POPULATE_WRITE : MADV_POPULATE_READ))
		mapping_touch(buffer, address, access);
	return 0;
}

static int hugetlb_prefault_one(struct buffer *buffer, char *address, enum access access)
{
	if (madvise(address, buffer->bytes, access == ACCESS_WRITE ? MADV_POPULATE_WRITE : MADV_POPULATE_READ))
		return mapping_touch_all(buffer, address, access); /* before Linux 5.14 */
	return 0;
}

static const struct mapping_ops hugetlb_mapping = {
	.map = hugetlb_map,
	.zap = hugetlb_zap_one,
	.populate = hugetlb_populate_one,
	.prefault = hugetlb_prefault_one,
};

static int make_hugetlb(const char *kind, size_t bytes, struct why *why)
{
	int err, fd = memfd_create(kind, MFD_CLOEXEC | MFD_HUGETLB);

	if (fd < 0)
		return why_set(why, -errno, NULL, "memfd_create(MFD_HUGETLB): %s", strerror(errno));
	if (!ftruncate(fd, (off_t)bytes))
		return fd;
	err = why_set(why, -errno, NULL, "memfd of %zu bytes: %s", bytes, strerror(errno));
	close(fd);
	return err;
}

static int hugetlb_open(struct buffer *buffer, char *address, struct why *why)
{
	bool fresh;
	int err;

	buffer->fd = pool_get("hugetlb", buffer->bytes, buffer->number, make_hugetlb, &fresh, why);
	if (buffer->fd < 0)
		return buffer->fd;
	/* mmap() sets the pages aside for this memfd, or says that there are too few: no access is met by a SIGBUS. */
	err = mappings_open(buffer, &hugetlb_mapping, address, why);
	if (err && fresh)
		pool_drop(buffer->fd);
	if (!err && fresh)
		err = mappings_populate(buffer, ACCESS_WRITE);
	return err;
}

/* A mapping of its own stands for a device; a hugetlb file cannot be written to. */
static int hugetlb_device_access(struct buffer *buffer, bool write, size_t offset, void *data, size_t bytes)
{
	char *device = mmap(NULL, buffer->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, buffer->fd, 0);

	if (device == MAP_FAILED)
		return -errno;
	if (write)
		memcpy(device + offset, data, bytes);
	else
		memcpy(data, device + offset, bytes);
	munmap(device, buffer->bytes);
	return 0;
}

static const struct player hugetlb_player = { .zap = mappings_zap, .zap_call = "madvise(MADV_DONTNEED)" };

static int hugetlb_step(struct buffer *buffer, enum step step)
{
	return player_step(&hugetlb_player, buffer, step);
}

static void hugetlb_calls(const struct params *params, enum step step, char *text, size_t size)
{
	player_calls(&hugetlb_player, params, step, text, size);
}

static int hugetlb_rearm(struct buffer *buffer)
{
	player_rearm(buffer);
	return 0;
}

const struct source source_hugetlb = {
	.name = "hugetlb",
	.summary = "a memfd of reserved huge pages; zap by madvise(MADV_DONTNEED)",
	.played_by_user = "the time of the zap; the zap, by each owner of a mapping; the accesses of a device, by "
			  "another mapping",
	.parts = POLICY_PART_ZAP | POLICY_PART_CACHED,
	.prefault_call = PREFAULT_POPULATES,
	.reserved = true,
	.huge_pages = true,
	.mapped_by = "/proc/self/pagemap",
	.mapped = pagemap_mapped,
	.device_access = hugetlb_device_access,
	.probe = hugetlb_probe,
	.supports = hugetlb_supports,
	.open = hugetlb_open,
	.close = mappings_close,
	.populate = mappings_populate,
	.step = hugetlb_step,
	.calls = hugetlb_calls,
	.rearm = hugetlb_rearm,
};
