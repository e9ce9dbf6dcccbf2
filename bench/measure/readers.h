/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does another process read /proc/PID/smaps, maps, cmdline or similar files of this process? Each of these reads holds
 * the mmap_lock of this process and walks its page tables. Zaps and faults at the same time cost more, and there is no
 * context switch. inotify watches the files; this needs no privilege. Not seen: the same files below /proc/PID/task,
 * ptrace, process_madvise(), and what the kernel does by itself (khugepaged, KSM).
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
