// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/observe/ring.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

/* A record's size has 16 bits. */
enum { RECORD_MOST = 1 << 16 };

static void copy_out(const char *data, size_t bytes, uint64_t from, void *to, size_t size)
{
	size_t at = (size_t)(from & (bytes - 1)), first = size < bytes - at ? size : bytes - at;

	memcpy(to, data + at, first);
	memcpy((char *)to + first, data, size - first);
}

int ring_read(struct perf_event_mmap_page *page, size_t bytes, ring_fn *take, void *arg)
{
	static _Alignas(struct perf_event_header) char record[RECORD_MOST];
	const char *data = (const char *)page + page->data_offset;
	uint64_t tail = page->data_tail, head = __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE);
	int err = 0;

	while (tail != head && !err) {
		struct perf_event_header header;

		copy_out(data, bytes, tail, &header, sizeof(header));
		if (header.size < sizeof(header) || header.size > head - tail)
			return -EBADMSG;
		copy_out(data, bytes, tail, record, header.size);
		err = take(arg, (const struct perf_event_header *)record);
		tail += header.size;
	}
	__atomic_store_n(&page->data_tail, tail, __ATOMIC_RELEASE);
	return err;
}
