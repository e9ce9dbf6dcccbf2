/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Watches a process for some seconds. */
#ifndef ZAPBENCH_OBSERVE_H
#define ZAPBENCH_OBSERVE_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "bench/base/why.h"
#include "bench/observe/decode.h"
#include "bench/record/observation.h"

struct observe_request {
	pid_t pid;                         /* of a running process; 0: start @command */
	char *const *command;              /* NULL-terminated */
	double seconds;                    /* at most */
	const volatile sig_atomic_t *stop; /* above 0: end now, with what was seen */
};

/*
 * Watch, and fill in @observation but for .environment and .emulated. A command that is still running at the end gets
 * SIGTERM, and so do its children; 2 s later SIGKILL. 0; -errno with @why where the process cannot be started or
 * watched: -ENOENT, -EACCES, -ESRCH, ...
 */
int observe(const struct observe_request *request, struct observation *observation, struct why *why);

/*
 * Say in @observation what was watched, by its streams: what was not and has no count is not 0. @compat: system calls
 * of the process have no tracepoints.
 */
void observe_watched(struct observation *observation, const bool watch[NR_STREAMS], bool compat);

#endif
