/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A source is a kind of memory: where a benchmark's buffer comes from, and how the policies are carried out on it. Each
 * is one file here that exports one struct source; source.c lists them. No file outside of this
 * folder depends on which source it works on.
 */
#ifndef ZAPBENCH_SOURCE_H
#define ZAPBENCH_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/measure/clock.h"
#include "bench/base/params.h"
#include "bench/base/why.h"

/*
 * What a case does with a buffer, one after the other; a policy acts at some of these steps. STEP_ZAP and STEP_FAULT_IN
 * stand for "now take the mappings away" and "now bring back what the granularity brings back ahead of the first
 * access", for cases that measure just that.
 */
enum step {
	STEP_ZAP,
	STEP_FAULT_IN,
	STEP_WRITE_START,
	STEP_WRITE_END,
	STEP_DEVICE_MAP,
	STEP_DEVICE_UNMAP,
	STEP_READ_START,
	STEP_READ_END,
	NR_STEPS
};

const char *step_name(enum step step);

/* What userspace may find behind its pointer; as in the kernel patch's state machine. */
enum buffer_state { STATE_CPU_CACHED, STATE_DEVICE, STATE_CPU_WC };

/* How a page table entry maps its page. MAPPED_NOT: there is none. MAPPED_UNKNOWN: one whose attributes are not known.
 */
enum mapped_as { MAPPED_NOT, MAPPED_CACHED, MAPPED_WC, MAPPED_OTHER, MAPPED_UNKNOWN };

struct mapped {
	enum mapped_as type;
	size_t bytes; /* a page's or a PMD's; 0 where not known */
};

/* What the kernel says about the memory of a buffer; 0: not known. */
struct shape {
	int64_t chunks;       /* pieces of contiguous pages: entries of its scatterlist */
	int64_t around_pages; /* that one fault of granularity around or contpte may bring back */
};

#define KERNEL_COUNTS_MAX 20

/* A count of the kernel's. In a record it is called NAME_UNIT ("zap_ns"), or NAME where it has no unit ("zaps"). */
struct kernel_count {
	const char *name;
	const char *unit; /* "ns", "bytes", or "" */
};

struct mappings;
struct client;

/* A part of a buffer. Of 0 bytes: all of it. */
struct span {
	size_t offset, bytes;
};

struct buffer {
	const struct source *source;
	const char
		*instance; /* which of the source's kinds of memory, e.g. the heap's name; "" where there is one only */
	const struct params *params;
	const struct clock *clock;
	size_t bytes;
	unsigned int number; /* of several of one kind and size; 0 is the one that all configurations share */
	char *address;       /* the first mapping */
	char *work;          /* what a case touches: the first mapping, or the client's copy of the buffer */
	int fd;              /* what mappings are made of */
	int device;          /* the importer, on sources that have one */
	int more_devices[ATTACHMENTS_MAX - 1]; /* params.attachments beyond that */
	size_t nr_more_devices;
	int importer;      /* a DRM node, with device=drm */
	uint32_t imported; /* what it calls the buffer while it has it mapped */
	enum buffer_state state;
	enum direction direction;  /* of the next STEP_DEVICE_MAP */
	struct span span;          /* what the client accesses between the next START and END */
	struct client *client;     /* what it does itself; NULL: nothing */
	bool zapped;               /* and not faulted in as a whole since */
	struct mappings *mappings; /* every mapping with its owner, the first included */
	/* In the reference pass: called in place of a fault-in as a whole, so that its faults are counted one by one.
	 */
	int (*fault_in_counted)(void *argument);
	void *argument;
	double zap_ticks;    /* time that zaps took so far, each timed by the one who called it */
	long owner_switches; /* involuntary context switches of other owners while they worked */
};

#define INSTANCE_MAX 32

struct source {
	const char *name;
	const char *summary;
	/* What userspace does here in place of the kernel; "" when the kernel carries the policies out. */
	const char *played_by_user;
	/* The kernel removes the mappings; else each owner of one does it. */
	bool kernel_zaps;
	/* POLICY_PART_ bits: which parts of a policy happen here, by the kernel or by userspace. The others are
	 * missing. */
	unsigned int parts;
	/* Its chunks can be limited: params.chunk. */
	bool limits_chunks;
	/* All its pages are huge, whatever the granularity: mappings must be aligned to them. */
	bool huge_pages;
	/* Its memory was reserved before the run: it does not count against the available memory. */
	bool reserved;
	/* Where mapped() below reads the PTEs: "/proc/self/pagemap". NULL: nowhere. */
	const char *mapped_by;

	/* Tracepoints that tell what the kernel does for it, "tracepoint:system:name", NULL-terminated. NULL: none. */
	const char *const *tracepoints;

	/* Does this machine have it? 0 or -errno with @why: the reason and the fix. */
	int (*probe)(struct why *why);
	/* How a client maps all pages of a mapping again: "an access to each page". */
	const char *prefault_call;
	/* Which of several builds of the kernel's part carries out the policies: "patch". NULL: there is one only. */
	void (*build)(char *text, size_t size);
	/* Names of its instances, at most @max; how many were found. NULL: it has one, without a name. */
	size_t (*instances)(char (*names)[INSTANCE_MAX], size_t max);
	/* What one fault brings back, where that cannot be chosen: enum granularity, or -errno. NULL: it can. */
	int (*granularity)(const char *instance);
	/* Can it do this policy, granularity and access? The probe has succeeded. */
	int (*supports)(const char *instance, const struct params *params, struct why *why);
	/*
	 * Make or reuse the memory and map it at @address, which is PMD-aligned. source, instance, params, clock and
	 * bytes are set. On error nothing is left behind.
	 */
	int (*open)(struct buffer *buffer, char *address, struct why *why);
	void (*close)(struct buffer *buffer);
	/* Put the PTEs of every mapping in, by the access given. Never timed. */
	int (*populate)(struct buffer *buffer, enum access access);
	/* Do what the policy does at @step. May be timed: no allocation, no output. 0 or -errno. */
	int (*step)(struct buffer *buffer, enum step step);
	/* DMA_BUF_IOCTL_SYNC, once. May be timed. 0 or -errno. NULL: this memory is no dma-buf. */
	int (*sync)(struct buffer *buffer, enum sync sync);
	/* The same for a part. May be timed. 0 or -errno. NULL: the kernel has no such call. */
	int (*sync_range)(struct buffer *buffer, enum sync sync, struct span span);
	/* The system calls that step() makes, as text; "" for none. 200 bytes hold any. */
	void (*calls)(const struct params *params, enum step step, char *text, size_t size);
	/* What the page tables hold for an address of the measuring process. 0 or -errno. NULL with mapped_by. */
	int (*mapped)(struct buffer *buffer, const char *address, struct mapped *mapped);
	/* Ask the kernel for the shape of the memory. 0 or -errno. NULL: the kernel does not say. */
	int (*shape)(struct buffer *buffer, struct shape *shape);
	/*
	 * The device's own access to [@offset, @offset + @bytes), while it has the buffer mapped: from or to @data,
	 * past the CPU's mappings. Never timed. 0 or -errno.
	 */
	int (*device_access)(struct buffer *buffer, bool write, size_t offset, void *data, size_t bytes);
	/*
	 * STEP_DEVICE_MAP without the cache maintenance: the positive control. If this loses no byte either, a check
	 * that finds every byte right proves nothing about coherence. NULL: none.
	 */
	int (*device_map_unclean)(struct buffer *buffer);
	/*
	 * What the kernel itself counts and times of a buffer since its allocation: at most KERNEL_COUNTS_MAX, then one
	 * without a name. kernel_timing() switches the times on until the
	 * buffer is closed; they cost two reads of the clock a fault, so they are off in every sample. NULL: nothing.
	 */
	const struct kernel_count *kernel_counts;
	int (*kernel_timing)(struct buffer *buffer);
	/* Fill one value for each name. 0 or -errno. */
	int (*kernel_read)(struct buffer *buffer, uint64_t *value);
	/* Make the buffer cached again, as if no device had mapped it. PTEs may stay. Never timed. */
	int (*rearm)(struct buffer *buffer);
};

/* One line a source; the preferred one first: most like a buffer that devices work on. */
#define SOURCES(X)  \
	X(zap_heap) \
	X(dma_heap) \
	X(udmabuf)  \
	X(drm)      \
	X(memfd)    \
	X(hugetlb)

#define SOURCE_DECLARE(name) extern const struct source source_##name;
SOURCES(SOURCE_DECLARE)

extern const struct source *const sources[]; /* NULL-terminated */
extern const struct source source_v4l2;      /* not among them: for identify alone */
const struct source *source_find(const char *name);

/* Which parts of a policy happen here with these parameters: POLICY_PART_ bits. */
unsigned int source_parts(const struct source *source, const struct params *params);

/* Bytes of a PMD mapping with this page size: 2 MiB at 4 KiB pages, 32 MiB at 16 KiB, 512 MiB at 64 KiB. */
size_t pmd_bytes(void);

#endif
