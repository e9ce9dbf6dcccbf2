/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A thread on another CPU that maps the pages of a zapped buffer again, off the critical path of its client. */
#ifndef ZAPBENCH_PREFAULTER_H
#define ZAPBENCH_PREFAULTER_H

#include "bench/case/case.h"

struct prefaulter;

/* Start the thread. 0, -EOPNOTSUPP with @why where no other CPU may be used, or another -errno. */
int prefaulter_make(const struct context *context, struct prefaulter **prefaulter, struct why *why);
/* Wake it: it prefaults @buffer once. One system call. */
void prefaulter_wake(struct prefaulter *prefaulter, struct buffer *buffer);
/* Sleep until that is done. 0 or -errno. Outside of a region. */
int prefaulter_wait(struct prefaulter *prefaulter);
/* NULL is allowed. */
void prefaulter_end(struct prefaulter *prefaulter);

#endif
