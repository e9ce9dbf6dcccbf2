/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What /proc tells of a process and its dma-bufs. @root is in front of each path; "" but in tests. */
#ifndef ZAPBENCH_PROC_H
#define ZAPBENCH_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { PROC_NAME = 48 };

/* A mapped file begins so in /proc/PID/maps; the buffer's name follows, or nothing. */
#define DMABUF_FILE "/dmabuf:"

struct proc_buffer {
	int64_t inode;
	char exporter[PROC_NAME], name[PROC_NAME];
	int64_t bytes;
};

struct proc_mapping {
	uint64_t address, bytes, offset;
	int64_t inode;
	char name[PROC_NAME];
};

/* The dma-buf behind a file descriptor. 0, -EINVAL for another file, or -errno. */
int proc_buffer(const char *root, pid_t pid, int fd, struct proc_buffer *buffer);
/* Call @take for each dma-buf among the file descriptors. 0 or -errno. */
int proc_buffers(const char *root, pid_t pid, void (*take)(void *arg, const struct proc_buffer *buffer), void *arg);
/* Call @take for each thread. 0 or -errno. */
int proc_threads(const char *root, pid_t pid, void (*take)(void *arg, pid_t tid), void *arg);
/* Has the first thread ended, while others live? Then perf and /proc/PID tell nothing of the process. */
bool proc_first_ended(const char *root, pid_t pid);
/* Call @take for each mapping of a dma-buf. 0 or -errno. */
int proc_mappings(const char *root, pid_t pid, void (*take)(void *arg, const struct proc_mapping *mapping), void *arg);
/* Is it a program of 32 bits on a kernel of 64? */
bool proc_is_compat(const char *root, pid_t pid);

#endif
