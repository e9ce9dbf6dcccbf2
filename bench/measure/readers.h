/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who reads /proc/PID/smaps, maps, cmdline and the like of this process? Each of these reads holds its mmap_lock and
 * walks its page tables, so zaps and faults beside it cost more, and no context switch tells of it. The files are
 * watched by inotify, which needs no privilege. Not seen: the same files below /proc/PID/task, ptrace,
 * process_madvise() and what the kernel does by itself (khugepaged, KSM).
 */
#ifndef ZAPBENCH_READERS_H
#define ZAPBENCH_READERS_H

#include <stdint.h>

struct readers;

/* NULL where the kernel has no inotify, or a limit of it is reached: then nobody is seen. */
struct readers *readers_open(void);
/* Reads by anybody since the last call, this process too. 0 for NULL. No allocation. */
int64_t readers_count(struct readers *readers);
void readers_close(struct readers *readers); /* NULL is allowed */

#endif
