/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes that must not outlive the one that started them. */
#ifndef ZAPBENCH_PROCESS_H
#define ZAPBENCH_PROCESS_H

#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <unistd.h>

/*
 * From here on the kernel kills this process when its parent ends. Return: false if @parent, the PID of the parent, has
 * ended already: prctl() is too late then, and the caller must end.
 */
static inline bool ends_with_parent(pid_t parent)
{
	return !prctl(PR_SET_PDEATHSIG, SIGKILL) && getppid() == parent;
}

#endif
