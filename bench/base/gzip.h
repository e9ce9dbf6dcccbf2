/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ZAPBENCH_GZIP_H
#define ZAPBENCH_GZIP_H

#include <errno.h>

#include <zlib.h>

/* Right after a call that failed or found an end: 0, -errno, -ENOMEM, or -EBADMSG for data that is broken or cut. */
static inline int gzip_error(gzFile stream)
{
	int error = Z_OK, seen = errno;

	gzerror(stream, &error);
	if (error == Z_OK)
		return 0;
	return error == Z_MEM_ERROR ? -ENOMEM : error == Z_ERRNO && seen ? -seen : -EBADMSG;
}

#endif
