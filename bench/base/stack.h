/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ZAPBENCH_STACK_H
#define ZAPBENCH_STACK_H

/*
 * Fault in 64 KiB of the stack below the caller, so that no timed region is the first to use it: in a new process or
 * thread, and on both sides of a fork(), after which each page faults at its first write.
 */
void stack_fault_in(void);

#endif
