// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/measure/steal.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/measure/environment-files.h"

enum { STAT_LINE = 256, CPU_MAX = 8192 };

struct steal {
	int fd;
	char name[24]; /* what the line of the CPU begins with */
	size_t size;
	char text[]; /* room for /proc/stat up to that line */
};

int steal_open(const char *root, int cpu, struct steal **steal)
{
	/* Lines come in the order of the CPUs, after one for all of them. */
	size_t size = (cpu > 0 && cpu < CPU_MAX ? (size_t)cpu + 2 : 2) * STAT_LINE;
	struct steal *new = calloc(1, sizeof(*new) + size);
	struct sysfile file;

	if (!new)
		return -ENOMEM;
	new->size = size;
	snprintf(new->name, sizeof(new->name), "\ncpu%d ", cpu);
	sysfile_path(&file, root, "/proc/stat");
	new->fd = open(file.text, O_RDONLY | O_CLOEXEC);
	*steal = new;
	return 0;
}

/* The eighth number in the line "cpuN user nice system idle iowait irq softirq steal ...". */
double steal_read(struct steal *steal)
{
	unsigned long long ticks;
	const char *line;
	ssize_t got;

	if (steal->fd < 0)
		return NAN;
	got = pread(steal->fd, steal->text, steal->size - 1, 0);
	if (got <= 0)
		return NAN;
	steal->text[got] = '\0';
	line = strstr(steal->text, steal->name);
	/* A truncated line would give a wrong number. */
	if (!line || !strchr(line + 1, '\n'))
		return NAN;
	if (sscanf(line + strlen(steal->name), "%*u %*u %*u %*u %*u %*u %*u %20llu", &ticks) != 1)
		return NAN;
	return (double)ticks;
}

void steal_close(struct steal *steal)
{
	if (!steal)
		return;
	if (steal->fd >= 0)
		close(steal->fd);
	free(steal);
}
