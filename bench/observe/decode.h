/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel's records say of the watched processes. Opens nothing: tests hand it records. */
#ifndef ZAPBENCH_DECODE_H
#define ZAPBENCH_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/perf_event.h>

#include "bench/base/why.h"

/* What the kernel is asked for; each thread and CPU has one event of each. */
enum stream {
	STREAM_TASKS,  /* mmap, fork, exec and exit */
	STREAM_FAULTS, /* page faults with their addresses */
	STREAM_IOCTL,  /* begin of ioctl(): DMA_BUF_IOCTL_SYNC and VIDIOC_DQBUF alone */
	STREAM_RETURN, /* end of ioctl(), of all */
	STREAM_MUNMAP, /* begin of munmap() */
	STREAM_MUNMAP_RETURN,
	STREAM_MMAP, /* begin of mmap() of a file */
	NR_STREAMS
};

enum event_kind {
	EVENT_MMAP, /* a mapping is there, by mmap(), or with another protection by mprotect() */
	EVENT_MMAP_CALL,
	EVENT_MUNMAP_CALL,
	EVENT_MUNMAP_RETURN,
	EVENT_FAULT,
	EVENT_IOCTL,
	EVENT_RETURN,
	EVENT_FORK,
	EVENT_EXEC,
	EVENT_EXIT,
};

enum { EVENT_NAME = 48 };

struct event {
	uint64_t time_ns; /* CLOCK_MONOTONIC */
	enum event_kind kind;
	uint32_t pid, tid;
	uint64_t address, bytes; /* of a mapping, or of what a call is to map or to unmap; where a fault was */
	uint64_t offset;         /* of a mapping, in bytes of its file */
	uint64_t inode;
	char name[EVENT_NAME]; /* of a mapped file, as /proc/PID/maps shows it */
	uint32_t parent_pid;   /* of a fork; the same as @pid: a thread */
	int fd;
	uint32_t command;  /* of ioctl() */
	uint64_t argument; /* of ioctl() */
	/*
	 * Of SYNC, where @has_flags: they were on the stack, and were copied during the call. Of VIDIOC_DQBUF likewise:
	 * the first 8 bytes of its struct.
	 */
	uint64_t flags;
	bool has_flags;
	bool read_later; /* they were not, and were read from memory afterwards */
	int64_t result;  /* of ioctl() and munmap() */
};

/* Fields of a tracepoint that are read; where they are in its raw data. */
enum tracepoint_field { FIELD_FD, FIELD_CMD, FIELD_ARG, FIELD_RET, FIELD_ADDR, FIELD_LEN, NR_TRACEPOINT_FIELDS };

struct place {
	uint16_t offset, size; /* size 0: not in this tracepoint */
};

struct decoder {
	struct {
		uint64_t id;
		enum stream stream;
	} * id;
	size_t nr_ids; /* in the order of their ids */
	struct place place[NR_STREAMS][NR_TRACEPOINT_FIELDS];
	int64_t lost; /* samples that LOST records count */
};

/* The fields that a stream reads, by their bits. */
unsigned int stream_fields(enum stream stream);
/* Find these in @format, the text of a tracepoint's format file. 0, or -EINVAL with @why. */
int decode_format(enum stream stream, const char *format, struct place *place, struct why *why);
/* What each stream asks the kernel to put into a sample; without NR_STREAMS samples no stream can be told. */
uint64_t stream_sample_type(enum stream stream);
/* The user's registers in a sample of STREAM_IOCTL: the stack pointer alone; 0: not known on this architecture. */
uint64_t stream_registers(void);

/* @record as an event. 1, or 0 where it says nothing of interest. -EBADMSG: it is not what was asked for. */
int decode(struct decoder *decoder, const struct perf_event_header *record, struct event *event);

/* "START READ", "END READ|WRITE" into @text; others as their number. Return: @text. */
const char *sync_call_name(uint64_t flags, char *text, size_t size);

#endif
