/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does the memory keep what was written to it, and do the page tables have the attributes of the policy? The CPU and
 * the device write in turn, each reads back every byte of the other, and every mapping is checked.
 */
#ifndef ZAPBENCH_INTEGRITY_H
#define ZAPBENCH_INTEGRITY_H

#include "bench/source/source.h"

struct integrity {
	int64_t bytes;       /* compared and found right, each as often as it was read back */
	int64_t zapped;      /* pages seen without a PTE after the zap */
	int64_t attributes;  /* PTEs whose attributes were looked at, and are what the policy promises */
	int64_t huge;        /* of them those that map more than a page */
	struct shape shape;  /* of the buffer that was looked at */
	int64_t stale_bytes; /* that the device saw with the clean left out; -1: there is no such control here */
};

/**
 * integrity_check() - two frames, every byte checked
 * @buffer: open; left as rearm() leaves it, its content not
 * @offset, @bytes: what device and CPU write; the rest of the buffer must stay as it was
 * @result: counts are added
 * @why: on -EBADMSG address, expected, seen and policy; on -EPROTO the attributes that were promised and seen
 *
 * Needs source->device_access. Return: 0, -EBADMSG for a wrong byte, -EPROTO for a wrong mapping, or another -errno.
 */
int integrity_check(struct buffer *buffer, size_t offset, size_t bytes, struct integrity *result, struct why *why);

/* The positive control: how many stale bytes the device sees with the clean left out. 0 or -errno. */
int integrity_control(struct buffer *buffer, struct integrity *result);

#endif
