/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The events of a process, its threads and its later children, through perf_event_open(): one ring per CPU. Events come
 * in the order of their times, whichever CPU they were on.
 */
#ifndef ZAPBENCH_EVENTS_H
#define ZAPBENCH_EVENTS_H

#include <stdbool.h>
#include <sys/types.h>

#include "bench/base/why.h"
#include "bench/observe/decode.h"

struct events;

struct events_request {
	const char *root; /* in front of /proc and /sys; "" but in tests */
	pid_t pid;
	bool at_exec; /* the process is about to call exec(), and is watched from there on */
};

/*
 * Open what this kernel and this user can watch. For what cannot be, call @gap with its name and the reason.
 * 0, or -errno with @why where nothing at all can be watched.
 */
int events_open(const struct events_request *request, void (*gap)(void *arg, const char *what, const struct why *why),
		void *arg, struct events **events, struct why *why);
bool events_watch(const struct events *events, enum stream stream);
/* Wait until a ring is a quarter full, a signal comes, or @timeout_ms have passed. */
void events_wait(const struct events *events, int timeout_ms);
/*
 * Hand over what has come. Those of the last moment wait for the next call, as another CPU may still write an earlier
 * one; not with @all, after events_stop(). 0 or -errno.
 */
int events_read(struct events *events, bool all, void (*take)(void *arg, const struct event *event), void *arg);
void events_stop(struct events *events);
/* Samples that did not fit into a ring. */
int64_t events_lost(const struct events *events);
void events_close(struct events *events);

#endif
