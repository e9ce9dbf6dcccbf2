/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a buffer really gives: its memory type, how it is mapped, what SYNC does, whether a byte can be lost. Evidence
 * is gathered by identity_measure(); what it means is decided by functions of the evidence alone.
 */
#ifndef ZAPBENCH_IDENTITY_H
#define ZAPBENCH_IDENTITY_H

#include "bench/source/source.h"

/* The largest buffer that identify takes. */
#define IDENTITY_BYTES_MOST (1 << 30)

/* Quartiles of several timings of one thing. All 0: not measured. */
struct identity_timing {
	double low_ns, median_ns, high_ns;
};

/* Accesses of which each is made to the buffer and to ordinary memory, in turn. */
enum identity_access {
	IDENTITY_LOAD_AGAIN, /* a load of a line that was just loaded; each waits for the one before it */
	IDENTITY_READ,       /* 1 KiB, from the first to the last byte */
	IDENTITY_WRITE,      /* 1 KiB, from the first to the last byte */
	IDENTITY_SCATTERED,  /* a store of one word to each line */
	NR_IDENTITY_ACCESSES
};

/* The four calls of SYNC around a write and a read of all bytes. */
enum identity_sync {
	IDENTITY_WRITE_START,
	IDENTITY_WRITE_END,
	IDENTITY_READ_START,
	IDENTITY_READ_END,
	NR_IDENTITY_SYNCS
};

/* What the CPU's accesses showed at one moment. */
struct identity_look {
	struct identity_timing buffer[NR_IDENTITY_ACCESSES], ordinary[NR_IDENTITY_ACCESSES];
	struct mapped mapped; /* MAPPED_UNKNOWN without /dev/zap-bench */
	long faults;          /* that the first access to each page took */
};

struct identity_evidence {
	bool emulated; /* timings mean nothing */
	size_t bytes, page_bytes;
	bool has_device;             /* an importer that does not snoop */
	struct identity_look born;   /* before any device mapped the buffer */
	struct identity_look handed; /* after the CPU wrote to it and a device mapped it, if there is a device */
	bool is_dmabuf;              /* it has SYNC */
	struct identity_timing sync[NR_IDENTITY_SYNCS],
		sync_small[NR_IDENTITY_SYNCS]; /* of all bytes, and of 1/16 of them */
	bool has_kernel_counts;
	uint64_t cleaned_bytes, invalidated_bytes, zaps; /* by one write, one map by a device and one read */
	int64_t stale_bytes; /* that the device read with the clean left out; -1: no device to try it with */
};

/* A type by timing. Only what no timing contradicts is named. */
enum identity_memory {
	IDENTITY_UNTESTED,     /* there are no caches whose timing could tell */
	IDENTITY_INCONCLUSIVE, /* the timings overlap what both types would give */
	IDENTITY_CACHED,
	IDENTITY_WC,         /* not cached, and stores to one line are merged */
	IDENTITY_UNCACHED,   /* not cached, each store goes out alone */
	IDENTITY_NOT_CACHED, /* one of these two */
	NR_IDENTITY_MEMORIES
};

/* A load of a line that was just loaded: so many times the ordinary one is still cached, or no longer. */
#define IDENTITY_CACHED_TIMES 3
#define IDENTITY_NOT_CACHED_TIMES 8
/* A store to a line of its own: so many times one in a row of stores is merged, or not merged. */
#define IDENTITY_MERGED_TIMES 2.5
#define IDENTITY_NOT_MERGED_TIMES 1.5

enum identity_memory identity_memory(const struct identity_evidence *evidence, const struct identity_look *look);
/* "write-combined" */
const char *identity_memory_name(enum identity_memory memory);
/* Does the page table say something else? A type that is not known contradicts nothing. */
bool identity_contradicts(enum identity_memory memory, enum mapped_as mapped);

enum identity_sync_kind {
	SYNC_NONE,         /* not a dma-buf */
	SYNC_UNTESTED,     /* timings mean nothing here */
	SYNC_CONSTANT,     /* costs the same for a small buffer: it touches no page */
	SYNC_GROWS,        /* costs more for more bytes: maintenance, or removing mappings */
	SYNC_INCONCLUSIVE, /* between */
};

enum identity_sync_kind identity_sync(const struct identity_evidence *evidence, enum identity_sync sync);

/* Can a byte be lost? @text: the answer and why, at least 200 bytes. */
void identity_loss(const struct identity_evidence *evidence, char *text, size_t size);
/* How faults map it: "one page per fault". As above. */
void identity_faults(const struct identity_evidence *evidence, const struct identity_look *look, char *text,
		     size_t size);

/*
 * Are rates of a cached buffer those of memory? @cache_bytes: the largest cache of the CPU; 0: not known. As above. The
 * memory type does not depend on it: that is told by lines that every cache has.
 */
void identity_rates(const struct identity_evidence *evidence, uint64_t cache_bytes, char *text, size_t size);

/* Nothing but what is here is measured: no file, no output. */
struct identity_request {
	const struct source *source;
	const char *instance; /* "" or one of the source's */
	const struct params *params;
	const struct clock *clock;
	bool emulated;
};

/*
 * Do a buffer of @bytes and as much ordinary memory fit into memory? @available_bytes below 0: not known, so yes. 0 or
 * -ENOMEM with @why.
 */
int identity_fit(const struct source *source, size_t bytes, int64_t available_bytes, struct why *why);

/**
 * identity_measure() - gather the evidence about one kind of memory
 * @request: which
 * @evidence: filled
 *
 * Makes a buffer of params.size, and ordinary memory of the same size. Runs on the CPU of the
 * caller. Return: 0 or -errno with @why.
 */
int identity_measure(const struct identity_request *request, struct identity_evidence *evidence, struct why *why);

#endif
