/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Adds events and what /proc says up to an observation. */
#ifndef ZAPBENCH_TALLY_H
#define ZAPBENCH_TALLY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "bench/observe/decode.h"
#include "bench/record/observation.h"

struct tally;

/* @root is in front of each path of /proc; "" but in tests. NULL without memory. */
struct tally *tally_new(const char *root, size_t page_bytes);
void tally_free(struct tally *tally);

/* A process that is watched from the begin: its buffers, and the mappings that it has already. */
void tally_process(struct tally *tally, pid_t pid);
/*
 * Look again at the file descriptors of all watched processes; with @mappings also at their mappings, where no event
 * tells of these.
 */
void tally_look(struct tally *tally, bool mappings);
/* The next event, in the order of their times. Events of processes that are not watched count nothing. */
void tally_event(struct tally *tally, const struct event *event);

/*
 * Programs that began and were seen no more: the kernel ends the watching by a user without rights at the exec() of a
 * program that is set-user-ID, or that the user may not read.
 */
size_t tally_hidden(const struct tally *tally);

/* Was one of them a program of 32 bits on a kernel of 64? Its system calls have no tracepoints. */
bool tally_compat(const struct tally *tally);

/*
 * Send a signal to all watched processes that live, but to @but; 0 is none. By pidfd: another process that got the
 * number of one whose end was lost gets none. How many got it.
 */
size_t tally_signal(const struct tally *tally, pid_t but, int signal);

/* What was added up. 0 or -ENOMEM, also of what came before. */
int tally_finish(struct tally *tally, struct observation *observation);

#endif
