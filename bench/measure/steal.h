/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The time that a hypervisor took from a CPU, read from a file that stays open. */
#ifndef ZAPBENCH_STEAL_H
#define ZAPBENCH_STEAL_H

struct steal;

/*
 * @root: as of monitor_open(). 0 or -ENOMEM; a machine without /proc/stat is no error. The caller owns @steal.
 */
int steal_open(const char *root, int cpu, struct steal **steal);
/* Stolen from the CPU since boot, in USER_HZ. NAN: not known. One system call. */
double steal_read(struct steal *steal);
void steal_close(struct steal *steal); /* NULL is allowed */

#endif
