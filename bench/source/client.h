/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the client of a buffer does itself, on every source: under policy bounce it works in a copy, under policy user
 * it maintains the caches, under policy prefault it maps the pages again. The source, or the kernel beneath it, does
 * the rest of the policy.
 */
#ifndef ZAPBENCH_CLIENT_H
#define ZAPBENCH_CLIENT_H

#include "bench/source/source.h"

/* Can a client on this machine do what the policy leaves to it? 0 or -EOPNOTSUPP with @why. */
int client_supports(const struct params *params, struct why *why);

/**
 * client_open() - what the policy of an open buffer leaves to the client
 * @buffer: open; buffer->client is set, NULL where the client does nothing. Before it is NULL, or the client of another
 *          buffer with the same parameters, whose ways to copy are taken: a sample has one
 * @why: on error; then there is nothing to close
 *
 * Policy bounce: allocates memory for the copies, and chooses the fastest of memcpy(), vectors and non-temporal
 * instructions, by trying each on the buffer. Return: 0 or -errno.
 */
int client_open(struct buffer *buffer, struct why *why);
void client_close(struct buffer *buffer);
/* Policy bounce: which instructions copy from and to the buffer; scalar is memcpy(). false: the client copies nothing.
 */
bool client_copies(const struct buffer *buffer, enum isa *from, enum isa *to);

/* For client_step(), of a buffer with a client. */
int client_works(struct buffer *buffer, enum step step);

/* A step of the policy, by the client and the source. May be timed. 0 or -errno. */
static inline int client_step(struct buffer *buffer, enum step step)
{
	return buffer->client ? client_works(buffer, step) : buffer->source->step(buffer, step);
}

/* Policy prefault: was the buffer zapped, so that the client has to map its pages again? */
bool client_was_zapped(const struct buffer *buffer);
/* Do it now, for reads, in the calling thread. 0 or -errno. */
int client_prefault(struct buffer *buffer);

/* What client_step() does, as text; "" for nothing. 200 bytes hold any. */
void client_calls(const struct source *source, const struct params *params, enum step step, char *text, size_t size);

#endif
