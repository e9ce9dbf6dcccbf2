// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/qemu/architecture.h"

#include <errno.h>
#include <string.h>

int guest_read(const struct guest *guest, uint64_t physical, void *to, size_t bytes)
{
	uint64_t offset = physical - guest->base;

	if (bytes > guest->bytes || offset > guest->bytes - bytes)
		return -EFAULT;
	memcpy(to, guest->memory + offset, bytes);
	return 0;
}
