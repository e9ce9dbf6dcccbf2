/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes of zapbench itself: their program, and that they do not outlive the one that started them. */
#ifndef ZAPBENCH_PROCESS_H
#define ZAPBENCH_PROCESS_H

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
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

/*
 * The program that a new process of zapbench runs: this one, or the launcher of make dist-target (ZAPBENCH_LAUNCHER),
 * which runs this one through a loader of its own.
 */
static inline const char *zapbench_program(void)
{
	const char *launcher = getenv("ZAPBENCH_LAUNCHER");

	return launcher && launcher[0] ? launcher : "/proc/self/exe";
}

#endif
