// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/measure/readers.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

/* Each takes the mmap_lock of the process when it is read. */
static const char *const watched[] = { "smaps", "smaps_rollup", "numa_maps", "maps", "cmdline", "environ" };

struct readers {
	int fd;
};

struct readers *readers_open(void)
{
	struct readers *readers = calloc(1, sizeof(*readers));
	int found = 0;

	if (!readers)
		return NULL;
	readers->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	for (size_t i = 0; readers->fd >= 0 && i < sizeof(watched) / sizeof(watched[0]); i++) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/%d/%s", getpid(), watched[i]);
		found += inotify_add_watch(readers->fd, path, IN_ACCESS) >= 0;
	}
	if (found)
		return readers;
	readers_close(readers);
	return NULL;
}

int64_t readers_count(struct readers *readers)
{
	struct inotify_event events[64];
	int64_t count = 0;
	ssize_t got;

	/* The watched are files: their events carry no name. Equal events in a row are one. */
	while (readers && (got = read(readers->fd, events, sizeof(events))) > 0)
		count += got / (ssize_t)sizeof(events[0]);
	return count;
}

void readers_close(struct readers *readers)
{
	if (!readers)
		return;
	if (readers->fd >= 0)
		close(readers->fd);
	free(readers);
}
