// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * memfd: a shared mapping of a memfd, on any Linux.
 *
 * zap is MADV_DONTNEED on every mapping: it removes the PTEs, and the pages stay in the memfd. The kind of access
 * decides what a refault maps: a write maps one page, a read also maps the pages around it (fault-around).
 * MADV_POPULATE imitates granularity buffer, and folios of PMD size imitate huge.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "bench/measure/environment-survey.h"
#include "bench/source/mappings.h"
#include "bench/source/pagemap.h"
#include "bench/source/player.h"
#include "bench/source/pool.h"

/* Since Linux 5.14 and 6.1; older headers lack them. */
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

static bool is_huge(const struct buffer *buffer)
{
	return params_choice(buffer->params, PARAM_GRANULARITY) == GRANULARITY_HUGE;
}

static int memfd_probe(struct why *why)
{
	int fd = memfd_create("zapbench-probe", MFD_CLOEXEC);

	if (fd < 0)
		return why_set(why, -errno, "build the kernel with CONFIG_MEMFD_CREATE", "memfd_create: %s",
			       strerror(errno));
	close(fd);
	return 0;
}

static bool can_populate(void)
{
	long page = sysconf(_SC_PAGESIZE);
	char *probe = mmap(NULL, (size_t)page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool can;

	if (probe == MAP_FAILED)
		return false;
	can = !madvise(probe, (size_t)page, MADV_POPULATE_WRITE);
	munmap(probe, (size_t)page);
	return can;
}

/* A kernel without them says EINVAL to each madvise() for them, which also has other reasons. Is /sys not there, too?
 */
static bool has_huge_pages(void)
{
	return !access(THP_DIR, F_OK) || access("/sys/kernel/mm", F_OK);
}

static int memfd_supports(const char *instance, const struct params *params, struct why *why)
{
	unsigned int kind = params_choice(params, PARAM_ACCESS);
	int err = player_supports(params, source_memfd.parts, why);

	(void)instance;
	if (err)
		return err;
	switch (params_choice(params, PARAM_GRANULARITY)) {
	case GRANULARITY_PAGE:
		if (kind != ACCESS_WRITE)
			return why_set(why, -EOPNOTSUPP, "use granularity=around for reads, or access=write",
				       "a read fault of a memfd maps the pages around it too, never one page");
		return 0;
	case GRANULARITY_AROUND:
		if (kind == ACCESS_WRITE)
			return why_set(why, -EOPNOTSUPP, "use granularity=page for writes, or access=read",
				       "a write fault of a memfd maps one page, never those around it");
		return 0;
	case GRANULARITY_CONTPTE:
		return why_set(why, -EOPNOTSUPP, "use granularity=around, or the kernel patch (docs/kernel-patch.md)",
			       "userspace cannot ask for contiguous PTEs");
	case GRANULARITY_BUFFER:
		if (!can_populate())
			return why_set(why, -EOPNOTSUPP, "use Linux 5.14 or newer", "this kernel has no MADV_POPULATE");
		return 0;
	case GRANULARITY_HUGE:
		if (!has_huge_pages())
			return why_set(why, -EOPNOTSUPP, "use another granularity, or --source hugetlb",
				       "this kernel has no transparent huge pages "
				       "(CONFIG_TRANSPARENT_HUGEPAGE)");
		if (params_bytes(params) % pmd_bytes())
			return why_set(why, -EINVAL, "give a size that is a multiple of it",
				       "the size is not a multiple of the %zu KiB of a huge page", pmd_bytes() >> 10);
		return 0;
	default:
		return 0;
	}
}

static int memfd_map(struct buffer *buffer, char *address)
{
	char *mapped =
		mmap(address, buffer->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE, buffer->fd, 0);

	if (mapped == MAP_FAILED)
		return -errno;
	if (mapped != address) { /* a kernel before 4.17 takes the flag for a hint */
		munmap(mapped, buffer->bytes);
		return -EEXIST;
	}
	/* Without CONFIG_TRANSPARENT_HUGEPAGE both fail, and plain pages are what there is. */
	madvise(mapped, buffer->bytes, is_huge(buffer) ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	return 0;
}

static int memfd_zap_one(struct buffer *buffer, char *address)
{
	return madvise(address, buffer->bytes, MADV_DONTNEED) ? -errno : 0;
}

static int memfd_populate_one(struct buffer *buffer, char *address, enum access access)
{
	if (madvise(address, buffer->bytes, access == ACCESS_WRITE ? MADV_POPULATE_WRITE : MADV_POPULATE_READ))
		mapping_touch(buffer, address, access); /* before Linux 5.14 */
	return 0;
}

static int memfd_prefault_one(struct buffer *buffer, char *address, enum access access)
{
	if (madvise(address, buffer->bytes, access == ACCESS_WRITE ? MADV_POPULATE_WRITE : MADV_POPULATE_READ))
		return mapping_touch_all(buffer, address, access); /* before Linux 5.14 */
	return 0;
}

static const struct mapping_ops memfd_mapping = {
	.map = memfd_map,
	.zap = memfd_zap_one,
	.populate = memfd_populate_one,
	.prefault = memfd_prefault_one,
};

/* Is the whole buffer mapped by PMDs after a zap and one access to each PMD's worth? /proc/self/smaps says so for this
 * mapping. */
static bool mapped_by_pmd(struct buffer *buffer)
{
	unsigned long start, pmd_mapped_kib = 0;
	bool ours = false;
	char line[256];
	FILE *smaps;

	memfd_zap_one(buffer, buffer->address);
	for (size_t at = 0; at < buffer->bytes; at += pmd_bytes())
		(void)*(volatile char *)(buffer->address + at);
	smaps = fopen("/proc/self/smaps", "re");
	if (!smaps)
		return false;
	while (fgets(line, sizeof(line), smaps)) {
		unsigned long kib, end;

		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			ours = start == (unsigned long)buffer->address;
		else if (ours && sscanf(line, "ShmemPmdMapped: %lu kB", &kib) == 1)
			pmd_mapped_kib = kib;
	}
	fclose(smaps);
	return pmd_mapped_kib == buffer->bytes >> 10;
}

/* EAGAIN is what the kernel says of a page that is locked or isolated just now. */
static int collapse(struct buffer *buffer)
{
	for (int tries = 0; madvise(buffer->address, buffer->bytes, MADV_COLLAPSE); tries++) {
		if (errno != EAGAIN || tries == 100)
			return -errno;
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
	return 0;
}

static int make_huge(struct buffer *buffer, struct why *why)
{
	int err;

	if (mapped_by_pmd(buffer))
		return 0;
	/* MADV_COLLAPSE makes huge folios whatever shmem_enabled says: nothing of the machine has to be changed. */
	err = collapse(buffer);
	if (err)
		return why_set(
			why, err,
			err == -EINVAL ? "echo advise | sudo tee /sys/kernel/mm/transparent_hugepage/shmem_enabled"
				       : "echo 1 | sudo tee /proc/sys/vm/compact_memory",
			"no huge pages for %zu MiB of memfd: MADV_COLLAPSE: %s", buffer->bytes >> 20, strerror(-err));
	if (mapped_by_pmd(buffer))
		return 0;
	return why_set(why, -EOPNOTSUPP, "echo advise | sudo tee /sys/kernel/mm/transparent_hugepage/shmem_enabled",
		       "this kernel does not map huge pages of a memfd by PMDs");
}

static int make_memfd(const char *kind, size_t bytes, struct why *why)
{
	int err, fd = memfd_create(kind, MFD_CLOEXEC);

	if (fd < 0)
		return why_set(why, -errno, NULL, "memfd_create: %s", strerror(errno));
	if (ftruncate(fd, (off_t)bytes)) {
		err = why_set(why, -errno, NULL, "memfd of %zu bytes: %s", bytes, strerror(errno));
		close(fd);
		return err;
	}
	return fd;
}

static int memfd_open(struct buffer *buffer, char *address, struct why *why)
{
	bool fresh;
	int err;

	buffer->fd = pool_get(is_huge(buffer) ? "memfd-huge" : "memfd", buffer->bytes, buffer->number, make_memfd,
			      &fresh, why);
	if (buffer->fd < 0)
		return buffer->fd;
	err = mappings_open(buffer, &memfd_mapping, address, why);
	if (err)
		goto out_pool;
	if (fresh) {
		err = memfd_populate_one(buffer, buffer->address, ACCESS_WRITE);
		if (!err && is_huge(buffer))
			err = make_huge(buffer, why);
		if (err)
			goto out_mappings;
	}
	return 0;
out_mappings:
	mappings_close(buffer);
out_pool:
	if (fresh)
		pool_drop(buffer->fd);
	return err;
}

static int memfd_fault_in(struct buffer *buffer)
{
	int advice =
		params_choice(buffer->params, PARAM_ACCESS) == ACCESS_WRITE ? MADV_POPULATE_WRITE : MADV_POPULATE_READ;

	return madvise(buffer->address, buffer->bytes, advice) ? -errno : 0;
}

static const struct player memfd_player = {
	.zap = mappings_zap,
	.fault_in = memfd_fault_in,
	.zap_call = "madvise(MADV_DONTNEED)",
	.fault_in_call = { "madvise(MADV_POPULATE_READ)", "madvise(MADV_POPULATE_WRITE)" },
};

static int memfd_step(struct buffer *buffer, enum step step)
{
	return player_step(&memfd_player, buffer, step);
}

static void memfd_calls(const struct params *params, enum step step, char *text, size_t size)
{
	player_calls(&memfd_player, params, step, text, size);
}

static int memfd_rearm(struct buffer *buffer)
{
	player_rearm(buffer);
	return 0;
}

/* The kernel's copy stands for a device: past every mapping, though not past the caches. */
static int memfd_device_access(struct buffer *buffer, bool write, size_t offset, void *data, size_t bytes)
{
	ssize_t done =
		write ? pwrite(buffer->fd, data, bytes, (off_t)offset) : pread(buffer->fd, data, bytes, (off_t)offset);

	if (done < 0)
		return -errno;
	return (size_t)done == bytes ? 0 : -EIO;
}

const struct source source_memfd = {
	.name = "memfd",
	.summary = "a shared mapping of a memfd; zap by madvise(MADV_DONTNEED)",
	.played_by_user = "the time of the zap; the zap, by each owner of a mapping; the fault-in of the whole buffer; "
			  "the accesses of a device, by read() and write()",
	.parts = POLICY_PART_ZAP | POLICY_PART_CACHED,
	.prefault_call = PREFAULT_POPULATES,
	.mapped_by = "/proc/self/pagemap",
	.probe = memfd_probe,
	.supports = memfd_supports,
	.open = memfd_open,
	.close = mappings_close,
	.populate = mappings_populate,
	.step = memfd_step,
	.calls = memfd_calls,
	.mapped = pagemap_mapped,
	.device_access = memfd_device_access,
	.rearm = memfd_rearm,
};
