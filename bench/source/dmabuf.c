// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/source/dmabuf.h"

#include <errno.h>
#include <linux/dma-buf.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench/measure/touch.h"
#include "bench/source/importer.h"
#include "bench/source/mappings.h"

int dmabuf_map(struct buffer *buffer, char *address)
{
	char *mapped =
		mmap(address, buffer->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE, buffer->fd, 0);

	return mapped == MAP_FAILED ? -errno : 0;
}

static int dmabuf_zap_one(struct buffer *buffer, char *address)
{
	if (munmap(address, buffer->bytes))
		return -errno;
	return dmabuf_map(buffer, address);
}

int dmabuf_populate_one(struct buffer *buffer, char *address, enum access access)
{
	mapping_touch(buffer, address, access); /* MADV_POPULATE is EINVAL here */
	return 0;
}

static const struct mapping_ops dmabuf_mapping = {
	.map = dmabuf_map,
	.zap = dmabuf_zap_one,
	.populate = dmabuf_populate_one,
	.prefault = mapping_touch_all,
};

uint32_t dmabuf_sync_flags(enum sync call)
{
	static const uint32_t flags[NR_SYNCS] = {
		[SYNC_START_READ] = DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ,
		[SYNC_START_WRITE] = DMA_BUF_SYNC_START | DMA_BUF_SYNC_WRITE,
		[SYNC_START_RW] = DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW,
		[SYNC_END_READ] = DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ,
		[SYNC_END_WRITE] = DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE,
		[SYNC_END_RW] = DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW,
	};

	return flags[call];
}

int dmabuf_sync_call(struct buffer *buffer, enum sync call)
{
	struct dma_buf_sync sync = { .flags = dmabuf_sync_flags(call) };

	while (ioctl(buffer->fd, DMA_BUF_IOCTL_SYNC, &sync)) {
		if (errno != EINTR && errno != EAGAIN)
			return -errno;
	}
	return 0;
}

int dmabuf_sync(struct buffer *buffer, enum step step)
{
	static const enum sync calls[NR_STEPS] = {
		[STEP_WRITE_START] = SYNC_START_WRITE,
		[STEP_WRITE_END] = SYNC_END_WRITE,
		[STEP_READ_START] = SYNC_START_READ,
		[STEP_READ_END] = SYNC_END_READ,
	};

	return dmabuf_sync_call(buffer, calls[step]);
}

int dmabuf_device_access(struct buffer *buffer, bool write, size_t offset, void *data, size_t bytes)
{
	char *view = mmap(NULL, buffer->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, buffer->fd, 0);

	if (view == MAP_FAILED)
		return -errno;
	if (write)
		memcpy(view + offset, data, bytes);
	else
		memcpy(data, view + offset, bytes);
	munmap(view, buffer->bytes);
	return 0;
}

static const struct player dmabuf_player = {
	.zap = mappings_zap,
	.sync = dmabuf_sync,
	.zap_call = "munmap() + mmap()",
	.sync_call = "ioctl(DMA_BUF_IOCTL_SYNC)",
};

int dmabuf_open(struct buffer *buffer, const char *kind, pool_make_fn *make, char *address, struct why *why)
{
	bool fresh;
	int err;

	buffer->fd = pool_get(kind, buffer->bytes, buffer->number, make, &fresh, why);
	if (buffer->fd < 0)
		return buffer->fd;
	err = importer_open(buffer, why);
	if (err)
		goto out_pool;
	err = mappings_open(buffer, &dmabuf_mapping, address, why);
	if (err)
		goto out_importer;
	return 0;
out_importer:
	importer_close(buffer);
out_pool:
	if (fresh)
		pool_drop(buffer->fd);
	return err;
}

void dmabuf_close(struct buffer *buffer)
{
	mappings_close(buffer);
	importer_close(buffer);
}

int dmabuf_step(struct buffer *buffer, enum step step)
{
	int err = player_step(&dmabuf_player, buffer, step);

	return err ? err : importer_step(buffer, step);
}

void dmabuf_calls(const struct params *params, enum step step, char *text, size_t size)
{
	player_calls(&dmabuf_player, params, step, text, size);
	importer_calls(params, step, text, size);
}

int dmabuf_rearm(struct buffer *buffer)
{
	player_rearm(buffer);
	return 0;
}

int dmabuf_granularity(const char *kind, pool_make_fn *make, struct why *why)
{
	enum { PAGES = 64 };
	struct buffer buffer = { .bytes = PAGES * (size_t)sysconf(_SC_PAGESIZE) };
	long faults;
	int fd = make(kind, buffer.bytes, why);

	if (fd < 0)
		return fd;
	buffer.address = mmap(NULL, buffer.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (buffer.address == MAP_FAILED) {
		int err = why_set(why, -errno, NULL, "mmap of %s: %s", kind, strerror(errno));

		close(fd);
		return err;
	}
	faults = thread_faults();
	mapping_touch(&buffer, buffer.address, ACCESS_READ);
	faults = thread_faults() - faults;
	munmap(buffer.address, buffer.bytes);
	close(fd);
	if (faults >= PAGES)
		return GRANULARITY_PAGE;
	return faults > 1 ? GRANULARITY_AROUND : GRANULARITY_BUFFER;
}

int dmabuf_supports(const struct params *params, const char *kind, pool_make_fn *make, struct why *why)
{
	unsigned int wanted = params_choice(params, PARAM_GRANULARITY);
	unsigned int device = importer_wanted(params) ? POLICY_PART_DEVICE : 0;
	int seen, err = player_supports(params, DMABUF_POLICY_PARTS | device, why);

	if (!err)
		err = importer_supports(params, kind, make, why);
	if (err || wanted == GRANULARITY_NONE)
		return err;
	seen = dmabuf_granularity(kind, make, why);
	if (seen < 0)
		return seen;
	if ((unsigned int)seen != wanted)
		return why_set(why, -EOPNOTSUPP, "boot a kernel with the zapbench patch to choose",
			       "on this kernel a fault of this memory brings back %s, not %s",
			       param_choice(PARAM_GRANULARITY, (unsigned int)seen),
			       param_choice(PARAM_GRANULARITY, wanted));
	return 0;
}
