// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/source/pagemap.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* A PTE is present: bit 63 of its entry (Documentation/admin-guide/mm/pagemap.rst). */
int pagemap_mapped(struct buffer *buffer, const char *address, struct mapped *mapped)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	static int pagemap = -1; /* asked for every page: opened once, for as long as the process lasts */
	uint64_t entry;

	(void)buffer;
	if (pagemap < 0)
		pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (pagemap < 0)
		return -errno;
	if (pread(pagemap, &entry, sizeof(entry), (off_t)((uintptr_t)address / page * sizeof(entry))) != sizeof(entry))
		return -EIO;
	*mapped = (struct mapped){ entry >> 63 ? MAPPED_UNKNOWN : MAPPED_NOT, 0 };
	return 0;
}
