// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random sequences of calls on buffers of the zap heaps and on their importer.
 *
 * A grammar makes the calls: it knows what exists (buffers, importers, mappings)
 * and which arguments a call takes.  Most are right, some are wrong in one place.
 * A sequence has CALLS_A_SEED calls and depends on nothing but its seed, so that
 * a run can be continued at any seed, and a failure repeated.
 *
 * No call may fail in a way that the interface does not know, no touch of a
 * mapping may get SIGBUS, after each sequence no buffer may be left, and at the
 * end no object (kmemleak).  All else is for the kernel to find: KASAN, lockdep,
 * DMA_API_DEBUG.
 *
 * usage: zap_heap_fuzz [FIRST_SEED [SEEDS [THREADS]]]; without, 1 200 1.  With
 * more than one thread the threads work on the same objects, and the seed alone
 * does not repeat what they did.
 */

#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "../kselftest.h"
#include "zap_heap_util.h"

#define CALLS_A_SEED	500
#define BUFFERS		4
#define IMPORTERS	6
#define MAPS		6
#define THREADS_MAX	4
/* A map has an address of its own, so that no other memory is ever hit. */
#define MAP_SPACE	(8UL << 20)
#define BUF_SIZE	(4UL << 20)

static const char * const heaps[] = {
	"zap-eager-page", "zap-eager-around", "zap-eager-buffer",
	"zap-eager-huge", "zap-eager-contpte", "zap-lazy-page",
	"zap-lazy-around", "zap-lazy-buffer", "zap-lazy-huge",
	"zap-lazy-contpte", "zap-cached", "zap-uncached", "zap-refuse", "system",
};

static const int errors[] = {
	0, -EINVAL, -EFAULT, -EBADF, -EBUSY, -ENXIO, -EOPNOTSUPP, -EACCES,
	-ENOMEM, -EIO, -EINTR, -ENOTTY, -ENOENT, -EAGAIN, -EPERM, -ENODEV,
};

static size_t page;
static atomic_int bufs[BUFFERS], zbs[IMPORTERS];
static char *arena;
static atomic_int bad;
static atomic_ulong calls, succeeded;
static bool dma_debug;

struct fuzzer {
	pthread_t thread;
	char *read_only;
	uint64_t state;
	uint64_t seed;
};

static __thread sigjmp_buf *after_fault;

static void on_fault(int sig, siginfo_t *info, void *context)
{
	if (sig == SIGBUS) {
		ksft_print_msg("SIGBUS at %p, code %d, map %ld, page %ld\n",
			       info->si_addr, info->si_code,
			       (long)((char *)info->si_addr - arena) /
			       (long)MAP_SPACE,
			       (long)((char *)info->si_addr - arena) %
			       (long)MAP_SPACE / (long)page);
		atomic_store(&bad, SIGBUS);
	}
	if (after_fault)
		siglongjmp(*after_fault, 1);
	_exit(sig);
}

/* xorshift64*: the same sequence on every machine. */
static uint32_t rnd(struct fuzzer *f, uint32_t below)
{
	f->state ^= f->state >> 12;
	f->state ^= f->state << 25;
	f->state ^= f->state >> 27;
	return (uint32_t)((f->state * 2685821657736338717ULL) >> 33) % below;
}

static bool chance(struct fuzzer *f, uint32_t percent)
{
	return rnd(f, 100) < percent;
}

static void expect(struct fuzzer *f, int ret, const char *what)
{
	size_t i;

	atomic_fetch_add(&calls, 1);
	if (ret >= 0) {
		atomic_fetch_add(&succeeded, 1);
		return;
	}
	for (i = 0; i < ARRAY_SIZE(errors); i++)
		if (ret == errors[i])
			return;
	ksft_print_msg("seed %llu: %s gives %d\n", (unsigned long long)f->seed,
		       what, ret);
	atomic_store(&bad, 1);
}

/* Numbers that are right now and then, and at edges otherwise. */
static uint64_t number(struct fuzzer *f, uint64_t limit)
{
	static const uint64_t edges[] = {
		0, 1, -1ULL, -2ULL, 1ULL << 31, 1ULL << 32, 1ULL << 63,
		-4096ULL, 4095, 4097,
	};

	switch (rnd(f, 8)) {
	case 0:
		return edges[rnd(f, ARRAY_SIZE(edges))];
	case 1:
		return limit + rnd(f, 3) - 1;
	default:
		return rnd(f, limit + 1);
	}
}

static int any_buf(struct fuzzer *f)
{
	return chance(f, 4) ? (int)rnd(f, 8) - 1 : bufs[rnd(f, BUFFERS)];
}

static int any_zb(struct fuzzer *f)
{
	return chance(f, 2) ? any_buf(f) : zbs[rnd(f, IMPORTERS)];
}

static char *any_map(struct fuzzer *f)
{
	return arena + rnd(f, MAPS) * MAP_SPACE;
}

/* Where a call finds its argument: mostly where it should be. */
static void *place(struct fuzzer *f, void *arg, size_t size)
{
	char *at;

	switch (rnd(f, 50)) {
	case 0:
		return NULL;
	case 1:
		/* Read only: the kernel cannot tell what it did. */
		mprotect(f->read_only, page, PROT_READ | PROT_WRITE);
		memcpy(f->read_only, arg, size);
		mprotect(f->read_only, page, PROT_READ);
		return f->read_only;
	case 2:
		/* In a buffer, or in nothing; not where the kernel would read. */
		at = any_map(f) + rnd(f, 4) * page;
		return at;
	case 3:
		return (void *)(uintptr_t)number(f, 1 << 20);
	default:
		return arg;
	}
}

static void op_alloc(struct fuzzer *f)
{
	atomic_int *slot = &bufs[rnd(f, BUFFERS)];
	size_t size = chance(f, 30) ? BUF_SIZE : chance(f, 90) ?
		      (1 + rnd(f, 64)) * page : number(f, BUF_SIZE);
	const char *heap;
	int fd, old;

	/* A mapping keeps its buffer: there can be a hundred of them. */
	heap = heaps[rnd(f, ARRAY_SIZE(heaps))];
	/*
	 * dma-debug takes it for a mistake that two importers have a buffer of
	 * the system heap mapped, which the heap allows.
	 */
	if (dma_debug && !strcmp(heap, "system"))
		heap = "zap-cached";
	/* The system heap takes all memory there is for a size too large. */
	if (size > 2 * BUF_SIZE &&
	    (size < 1ULL << 40 || !strcmp(heap, "system")))
		size = page;
	fd = zh_alloc(heap, size);
	expect(f, fd, "alloc");
	if (fd < 0)
		return;
	old = atomic_exchange(slot, fd);
	if (old >= 0)
		close(old);
}

static void op_open(struct fuzzer *f)
{
	atomic_int *slot = &zbs[rnd(f, IMPORTERS)];
	int fd, old = *slot;

	/* A second descriptor of the same importer, now and then. */
	fd = chance(f, 15) && old >= 0 ? dup(old) : zh_open();
	expect(f, fd < 0 ? -EBADF : fd, "open");
	old = atomic_exchange(slot, fd);
	if (old >= 0)
		close(old);
}

static void op_attach(struct fuzzer *f)
{
	struct zap_bench_attach arg = {
		.dmabuf_fd = any_buf(f),
		.flags = chance(f, 90) ? rnd(f, 3) : number(f, 4),
		.reserved = chance(f, 3),
	};

	expect(f, zh_ioctl(any_zb(f), ZAP_BENCH_IOC_ATTACH,
			   place(f, &arg, sizeof(arg))), "ATTACH");
}

static void op_map(struct fuzzer *f)
{
	struct zap_bench_map arg = {
		.direction = chance(f, 95) ? rnd(f, 3) : number(f, 4),
		.flags = chance(f, 90) ? 0 : number(f, 2),
	};

	expect(f, zh_ioctl(any_zb(f), ZAP_BENCH_IOC_MAP,
			   place(f, &arg, sizeof(arg))), "MAP");
}

static void op_simple(struct fuzzer *f)
{
	static const unsigned long reqs[] = {
		ZAP_BENCH_IOC_UNMAP, ZAP_BENCH_IOC_UNMAP, ZAP_BENCH_IOC_DETACH,
		ZAP_BENCH_IOC_REARM, ZAP_BENCH_IOC_REARM, ZAP_BENCH_IOC_ZAP,
		ZAP_BENCH_IOC_VMAP, ZAP_BENCH_IOC_VUNMAP, ZAP_BENCH_IOC_VUNMAP,
	};
	struct zap_bench_op arg = { .flags = chance(f, 2) };

	expect(f, zh_ioctl(any_zb(f), reqs[rnd(f, ARRAY_SIZE(reqs))],
			   place(f, &arg, sizeof(arg))), "UNMAP and so on");
}

static void op_access(struct fuzzer *f)
{
	static char data[1 << 16];
	struct zap_bench_access arg = {
		.offset_bytes = number(f, BUF_SIZE),
		.size_bytes = chance(f, 80) ? rnd(f, sizeof(data)) :
					      number(f, BUF_SIZE),
		/* Often in a mapping of a buffer, maybe of the same one. */
		.user_ptr = chance(f, 40) ? (uintptr_t)any_map(f) :
					    (uintptr_t)data,
	};
	bool write = chance(f, 50);

	if (arg.size_bytes > sizeof(data) && arg.user_ptr == (uintptr_t)data)
		arg.user_ptr = (uintptr_t)any_map(f);
	expect(f, zh_ioctl(any_zb(f), write ? ZAP_BENCH_IOC_DEV_WRITE :
			   ZAP_BENCH_IOC_DEV_READ,
			   place(f, &arg, sizeof(arg))), "DEV_READ, DEV_WRITE");
}

static void op_sync(struct fuzzer *f)
{
	struct dma_buf_sync arg = {
		.flags = chance(f, 95) ? (1 + rnd(f, 3)) | (rnd(f, 2) << 2) :
					 number(f, 8),
	};

	expect(f, zh_ioctl(any_buf(f), DMA_BUF_IOCTL_SYNC,
			   place(f, &arg, sizeof(arg))), "SYNC");
}

static void op_sync_range(struct fuzzer *f)
{
	size_t line = 64;
	struct zap_bench_sync arg = {
		.offset_bytes = number(f, BUF_SIZE / line) * line,
		.size_bytes = chance(f, 60) ? (1 + rnd(f, 512)) * line :
			      number(f, BUF_SIZE / line) * line,
		.flags = chance(f, 95) ? (1 + rnd(f, 3)) | (rnd(f, 2) << 2) :
					 number(f, 8),
		.reserved = chance(f, 2),
	};

	/* Now and then not at a line, or so that the sum overflows. */
	if (chance(f, 5))
		arg.offset_bytes = number(f, BUF_SIZE);
	if (chance(f, 5))
		arg.size_bytes = number(f, BUF_SIZE);
	expect(f, zh_ioctl(any_zb(f), ZAP_BENCH_IOC_SYNC_RANGE,
			   place(f, &arg, sizeof(arg))), "SYNC_RANGE");
}

static void op_look(struct fuzzer *f)
{
	struct zap_bench_pte pte = {
		.address = chance(f, 90) ? (uintptr_t)any_map(f) :
					   number(f, 1 << 30),
	};
	struct zap_bench_timing timing = { .enable = rnd(f, 3) };
	struct zap_bench_stats stats;
	struct zap_bench_info info;
	int zb = any_zb(f);

	switch (rnd(f, 4)) {
	case 0:
		expect(f, zh_ioctl(zb, ZAP_BENCH_IOC_PTE,
				   place(f, &pte, sizeof(pte))), "PTE");
		break;
	case 1:
		expect(f, zh_ioctl(zb, ZAP_BENCH_IOC_TIMING,
				   place(f, &timing, sizeof(timing))), "TIMING");
		break;
	case 2:
		expect(f, zh_ioctl(zb, ZAP_BENCH_IOC_STATS, &stats), "STATS");
		break;
	default:
		expect(f, zh_ioctl(zb, ZAP_BENCH_IOC_INFO, &info), "INFO");
		break;
	}
}

static void op_unknown(struct fuzzer *f)
{
	char arg[256] = "";

	/* The same numbers with other sizes and directions. */
	expect(f, zh_ioctl(any_zb(f), _IOC(rnd(f, 4), 'z', 0xc0 + rnd(f, 18),
					   rnd(f, sizeof(arg))), arg),
	       "another ioctl");
}

static void op_mmap(struct fuzzer *f)
{
	char *at = any_map(f) + (chance(f, 70) ? 0 :
				 rnd(f, BUF_SIZE / 2 / page) * page);
	size_t off = chance(f, 60) ? 0 : rnd(f, BUF_SIZE / page) * page;
	size_t size = chance(f, 40) ? BUF_SIZE - off :
		      (1 + rnd(f, chance(f, 30) ? BUF_SIZE / page : 64)) * page;
	int prot = chance(f, 90) ? PROT_READ | PROT_WRITE : PROT_READ;
	void *p;

	/* No other file: one that is short would give SIGBUS. */
	p = mmap(at, size, prot, (chance(f, 95) ? MAP_SHARED : MAP_PRIVATE) |
		 MAP_FIXED, bufs[rnd(f, BUFFERS)], off);
	if (p == MAP_FAILED)
		expect(f, -errno, "mmap");
}

static void op_change(struct fuzzer *f)
{
	char *at = any_map(f) + rnd(f, BUF_SIZE / page) * page;
	size_t size = (1 + rnd(f, 64)) * page;

	switch (rnd(f, 4)) {
	case 0:
		mmap(at, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS |
		     MAP_NORESERVE | MAP_FIXED, -1, 0);
		break;
	case 1:
		mprotect(at, size, chance(f, 50) ? PROT_READ :
			 PROT_READ | PROT_WRITE);
		break;
	case 2:
		madvise(at, size, chance(f, 50) ? MADV_DONTNEED : MADV_DONTFORK);
		break;
	default:
		/* Within the space of another map. */
		if (mremap(at, size, size, MREMAP_MAYMOVE | MREMAP_FIXED,
			   any_map(f)) != MAP_FAILED)
			mmap(at, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS |
			     MAP_NORESERVE | MAP_FIXED, -1, 0);
		break;
	}
	atomic_fetch_add(&calls, 1);
}

static void op_touch(struct fuzzer *f)
{
	volatile char *at = any_map(f) + rnd(f, BUF_SIZE / page) * page;
	sigjmp_buf here;
	int n = 1 + rnd(f, 32), i;

	atomic_fetch_add(&calls, 1);
	after_fault = &here;
	if (!sigsetjmp(here, 1)) {
		for (i = 0; i < n; i++) {
			if (i & 1)
				at[i * page] = i;
			else
				(void)at[i * page];
		}
	}
	after_fault = NULL;
}

static void op_fork(struct fuzzer *f)
{
	pid_t pid = fork();
	int status, i;

	atomic_fetch_add(&calls, 1);
	if (!pid) {
		for (i = 0; i < 4; i++)
			op_touch(f);
		op_sync(f);
		_exit(atomic_load(&bad));
	}
	/* What it found, and what it printed, is in its own memory. */
	if (pid > 0 && waitpid(pid, &status, 0) == pid && status) {
		ksft_print_msg("seed %llu: a child ends with status %#x\n",
			       (unsigned long long)f->seed, status);
		atomic_store(&bad, 1);
	}
}

static const struct {
	void (*run)(struct fuzzer *f);
	unsigned int weight;
} grammar[] = {
	{ op_alloc, 6 }, { op_open, 4 }, { op_attach, 14 }, { op_map, 14 },
	{ op_simple, 18 }, { op_access, 8 }, { op_sync, 14 },
	{ op_sync_range, 12 }, { op_look, 6 },
	{ op_unknown, 2 }, { op_mmap, 8 }, { op_change, 6 }, { op_touch, 12 },
	{ op_fork, 1 },
};

static void *sequence(void *arg)
{
	struct fuzzer *f = arg;
	unsigned int total = 0, at, i, n;

	for (i = 0; i < ARRAY_SIZE(grammar); i++)
		total += grammar[i].weight;
	for (n = 0; n < CALLS_A_SEED; n++) {
		at = rnd(f, total);
		for (i = 0; at >= grammar[i].weight; i++)
			at -= grammar[i].weight;
		grammar[i].run(f);
	}
	return NULL;
}

/*
 * All but the standard ones, so that a number that is used by mistake is one of
 * ours.  Those that threads have lost to each other are closed, too.
 */
static void close_all(void)
{
	int fd;

	for (fd = 3; fd < 256; fd++)
		close(fd);
}

static void empty_arena(void)
{
	mmap(arena, MAPS * MAP_SPACE + BUF_SIZE, PROT_NONE, MAP_PRIVATE |
	     MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
}

static void run_seed(uint64_t seed, unsigned int threads)
{
	struct fuzzer fuzzers[THREADS_MAX];
	char *read_only;
	unsigned int i;

	read_only = mmap(NULL, THREADS_MAX * page, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (read_only == MAP_FAILED)
		ksft_exit_fail_msg("mmap: %m\n");
	for (i = 0; i < BUFFERS; i++)
		bufs[i] = -1;
	for (i = 0; i < IMPORTERS; i++)
		zbs[i] = zh_open();
	for (i = 0; i < threads; i++) {
		fuzzers[i].seed = seed;
		fuzzers[i].read_only = read_only + i * page;
		fuzzers[i].state = (seed * THREADS_MAX + i + 1) *
				   0x9e3779b97f4a7c15ULL;
		if (i)
			pthread_create(&fuzzers[i].thread, NULL, sequence,
				       &fuzzers[i]);
	}
	sequence(&fuzzers[0]);
	for (i = 1; i < threads; i++)
		pthread_join(fuzzers[i].thread, NULL);
	empty_arena();
	munmap(read_only, THREADS_MAX * page);
	close_all();
	if (atomic_load(&bad))
		ksft_print_msg("seed %llu: failed (%d)\n",
			       (unsigned long long)seed, atomic_load(&bad));
}

int main(int argc, char **argv)
{
	uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	uint64_t seeds = argc > 2 ? strtoull(argv[2], NULL, 0) : 200;
	unsigned int threads = argc > 3 ? atoi(argv[3]) : 1;
	struct sigaction action = { .sa_sigaction = on_fault,
				    .sa_flags = SA_NODEFER | SA_SIGINFO };
	uint64_t seed;
	long before, left = 0;
	int zb, lines;

	close_all();
	zb = zh_open();
	ksft_print_header();
	if (zb == -ENOENT)
		ksft_exit_skip("no " ZAP_BENCH_DEVICE "\n");
	close(zb);
	if (!threads || threads > THREADS_MAX)
		ksft_exit_fail_msg("1 to %d threads\n", THREADS_MAX);
	page = getpagesize();
	dma_debug = !access(ZH_DEBUG "dma-api", F_OK);
	arena = mmap(NULL, MAPS * MAP_SPACE + BUF_SIZE, PROT_NONE, MAP_PRIVATE |
		     MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (arena == MAP_FAILED)
		ksft_exit_fail_msg("mmap: %m\n");
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);

	ksft_set_plan(3);
	zh_leaks_begin();
	before = zh_buffers();
	for (seed = first; seed < first + seeds && !atomic_load(&bad); seed++) {
		/* On the console too: the last of them is what to repeat. */
		if (!(seed % 100)) {
			ksft_print_msg("seed %llu, %lu calls\n",
				       (unsigned long long)seed,
				       atomic_load(&calls));
			fflush(stdout);
		}
		run_seed(seed, threads);
		left = zh_buffers();
		if (left > before) {
			ksft_print_msg("seed %llu: %ld buffers are left\n",
				       (unsigned long long)seed, left - before);
			break;
		}
	}
	ksft_print_msg("seeds %llu to %llu, %u threads: %lu calls, %lu succeeded\n",
		       (unsigned long long)first, (unsigned long long)seed - 1,
		       threads, atomic_load(&calls), atomic_load(&succeeded));
	ksft_test_result(!atomic_load(&bad), "every answer is one of the interface\n");
	if (before < 0)
		ksft_test_result_skip("no debugfs\n");
	else
		ksft_test_result(left == before, "%ld buffers before, %ld after\n",
				 before, left);
	lines = zh_leaks();
	if (lines < 0)
		ksft_test_result_skip("no object is left: no kmemleak\n");
	else
		ksft_test_result(!lines, "no object is left, says kmemleak\n");
	ksft_finished();
}
