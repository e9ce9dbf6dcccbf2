// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults against zaps, changes of the state, munmap, mprotect and fork, all at
 * the same time.  A fault must never see a wrong page or fail.
 *
 * Each second all of it stops.  Then no process may have a PTE whose memory type
 * is not that of the state, or one that a zap has left; and every word that a
 * thread has written must be there, for the CPU and for the device.
 *
 * usage: zap_heap_stress [SECONDS]; without, 3 for each heap
 */

#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#include "../kselftest.h"
#include "zap_heap_util.h"

#define PAGES	64

/* What a second process has to know, in memory that both have. */
static struct {
	atomic_int stop;
	atomic_int bad;
	atomic_int look;
	int want;
} *shared;

static size_t page, size;
static int buf;

static void oops(int line)
{
	ksft_print_msg("line %d: %m\n", line);
	atomic_store(&shared->bad, 1);
}

#define CHECK(cond) do { if (!(cond)) oops(__LINE__); } while (0)

/* Each page begins with its number, which nobody changes. */
static void check_pages(volatile uint32_t *map, size_t first, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		CHECK(map[i * page / 4] == first + i);
}

/*
 * One who writes words of its own into every page, and knows what it has
 * written there last.  Under policy cached that may be lost: others call START
 * meanwhile, which is against its rules.
 */
struct toucher {
	volatile uint32_t *map;
	unsigned int slot;
	bool may_lose;
	uint32_t last[PAGES];
};

static void *toucher(void *arg)
{
	struct toucher *t = arg;
	volatile uint32_t *map = t->map;
	unsigned int seed = t->slot;
	size_t i;

	while (!atomic_load(&shared->stop)) {
		i = rand_r(&seed) % PAGES;
		CHECK(t->may_lose ||
		      map[i * page / 4 + t->slot] == t->last[i]);
		t->last[i] = rand_r(&seed);
		map[i * page / 4 + t->slot] = t->last[i];
		CHECK(map[i * page / 4] == i);
	}
	return NULL;
}

/* No PTE has another type than that; some must have none. */
static void check_types(int zb, volatile uint32_t *map, int want, bool none)
{
	size_t i;
	int type;

	for (i = 0; i < PAGES; i++) {
		type = zh_memtype(zb, map + i * page / 4, NULL);
		CHECK(type == ZAP_BENCH_MEM_NONE || (!none && type == want));
	}
}

/* A process with mappings of its own, which looks at them in the pauses. */
static void second_process(volatile uint32_t *map)
{
	unsigned int seed = 7;
	int zb = zh_open();
	size_t i;

	CHECK(zb >= 0);
	while (!atomic_load(&shared->stop)) {
		i = rand_r(&seed) % PAGES;
		CHECK(map[i * page / 4] == i);
	}
	while (!atomic_load(&shared->look))
		usleep(1000);
	check_types(zb, map, shared->want, false);
	_exit(0);
}

static void *mapper(void *arg)
{
	unsigned int seed = 2;
	size_t first, n;
	uint32_t *map;

	while (!atomic_load(&shared->stop)) {
		first = rand_r(&seed) % PAGES;
		n = 1 + rand_r(&seed) % (PAGES - first);
		map = mmap(NULL, n * page, PROT_READ | PROT_WRITE, MAP_SHARED,
			   buf, first * page);
		CHECK(map != MAP_FAILED);
		if (map == MAP_FAILED)
			continue;
		check_pages(map, first, n);
		if (n > 2) {
			CHECK(!mprotect((char *)map + page, page, PROT_READ));
			check_pages(map, first, n);
			CHECK(!munmap((char *)map + page, page));
			check_pages(map, first, 1);
		}
		CHECK(!munmap(map, n * page));
	}
	return NULL;
}

static void *importer(void *arg)
{
	unsigned int seed = (uintptr_t)arg;
	int zb = zh_open(), ret;

	CHECK(zb >= 0 && !zh_attach(zb, buf, 0));
	while (!atomic_load(&shared->stop)) {
		CHECK(!zh_map(zb, rand_r(&seed) % 3));
		if (rand_r(&seed) & 1)
			CHECK(!zh_op(zb, ZAP_BENCH_IOC_ZAP));
		CHECK(!zh_op(zb, ZAP_BENCH_IOC_UNMAP));
		ret = zh_op(zb, ZAP_BENCH_IOC_REARM);
		CHECK(!ret || ret == -EBUSY);
	}
	close(zb);
	return NULL;
}

static void *syncer(void *arg)
{
	unsigned int seed = 5;

	while (!atomic_load(&shared->stop))
		CHECK(!zh_sync(buf, (1 + rand_r(&seed) % 3) |
			       (rand_r(&seed) & 1 ? DMA_BUF_SYNC_END : 0)));
	return NULL;
}

static void *forker(void *arg)
{
	int status;
	pid_t pid;

	while (!atomic_load(&shared->stop)) {
		pid = fork();
		if (!pid) {
			check_pages(arg, 0, PAGES);
			_exit(atomic_load(&shared->bad));
		}
		CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && !status);
	}
	return NULL;
}

/* What the device reads is what the CPU has written. */
static void check_device(int zb, struct toucher *touchers, size_t n)
{
	static uint32_t words[1 << 14];
	size_t i, t;

	CHECK(!zh_map(zb, ZAP_BENCH_DIR_TO_DEVICE));
	for (i = 0; i < PAGES; i++) {
		CHECK(!zh_access(zb, ZAP_BENCH_IOC_DEV_READ, i * page, words,
				 64));
		CHECK(words[0] == i);
		for (t = 0; t < n; t++)
			CHECK(touchers[t].may_lose || words[touchers[t].slot] ==
			      touchers[t].last[i]);
	}
	CHECK(!zh_op(zb, ZAP_BENCH_IOC_UNMAP));
}

/* One second of everything, and a look at what is left of it. */
static void round_of(volatile uint32_t *map, struct toucher *touchers, int zb)
{
	struct timespec wait = { .tv_sec = 1 };
	struct zap_bench_stats s;
	pthread_t threads[7];
	size_t n = 0, i, t;
	pid_t second;
	int status;

	atomic_store(&shared->stop, 0);
	atomic_store(&shared->look, 0);
	second = fork();
	if (!second)
		second_process(map);
	CHECK(second > 0);
	for (t = 0; t < 2; t++)
		pthread_create(&threads[n++], NULL, toucher, &touchers[t]);
	pthread_create(&threads[n++], NULL, mapper, NULL);
	pthread_create(&threads[n++], NULL, importer, (void *)3);
	pthread_create(&threads[n++], NULL, importer, (void *)4);
	pthread_create(&threads[n++], NULL, syncer, NULL);
	pthread_create(&threads[n++], NULL, forker, (void *)map);
	nanosleep(&wait, NULL);
	atomic_store(&shared->stop, 1);
	while (n)
		pthread_join(threads[--n], NULL);

	CHECK(!zh_stats(zb, &s));
	shared->want = s.state == ZAP_BENCH_STATE_CPU_CACHED ?
		       ZAP_BENCH_MEM_CACHED : ZAP_BENCH_MEM_WC;
	check_types(zb, map, shared->want, false);
	atomic_store(&shared->look, 1);
	CHECK(waitpid(second, &status, 0) == second && !status);

	for (i = 0; i < PAGES; i++)
		for (t = 0; t < 2; t++)
			CHECK(touchers[t].may_lose ||
			      map[i * page / 4 + touchers[t].slot] ==
			      touchers[t].last[i]);
	CHECK(!zh_sync(buf, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW));
	check_device(zb, touchers, 2);
	/* Nothing is left by a zap, and what comes back is right. */
	CHECK(!zh_op(zb, ZAP_BENCH_IOC_ZAP));
	check_types(zb, map, 0, true);
	check_pages(map, 0, PAGES);
	CHECK(!zh_stats(zb, &s));
	check_types(zb, map, s.state == ZAP_BENCH_STATE_CPU_CACHED ?
		    ZAP_BENCH_MEM_CACHED : ZAP_BENCH_MEM_WC, false);
}

static void stress(const char *heap, unsigned int seconds)
{
	struct toucher touchers[2] = { { .slot = 1 }, { .slot = 2 } };
	volatile uint32_t *map;
	int zb = zh_open();
	size_t i;

	page = getpagesize();
	size = PAGES * page;
	buf = zh_alloc(heap, size);
	map = buf < 0 ? MAP_FAILED :
	      mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, buf, 0);
	if (map == MAP_FAILED) {
		if (zh_may_miss(heap, buf))
			ksft_test_result_skip("%s: no such heap, or no mmap\n",
					      heap);
		else
			ksft_test_result_fail("%s: no buffer (%d), or no mmap: %m\n",
					      heap, buf);
		if (buf >= 0)
			close(buf);
		close(zb);
		return;
	}
	for (i = 0; i < PAGES; i++)
		map[i * page / 4] = i;
	for (i = 0; i < 2; i++) {
		touchers[i].map = map;
		touchers[i].may_lose = !strcmp(heap, "zap-cached");
	}
	atomic_store(&shared->bad, 0);
	CHECK(!zh_attach(zb, buf, 0));
	while (seconds-- && !atomic_load(&shared->bad))
		round_of(map, touchers, zb);

	munmap((void *)map, size);
	close(zb);
	close(buf);
	ksft_test_result(!atomic_load(&shared->bad), "%s\n", heap);
}

int main(int argc, char **argv)
{
	static const char * const heaps[] = {
		"zap-eager-page", "zap-eager-around", "zap-eager-buffer",
		"zap-eager-huge", "zap-eager-contpte", "zap-lazy-page",
		"zap-lazy-around", "zap-lazy-buffer", "zap-lazy-huge",
		"zap-lazy-contpte", "zap-cached", "zap-uncached", "zap-refuse",
	};
	size_t n = ARRAY_SIZE(heaps), i;
	int zb = zh_open();

	ksft_print_header();
	if (zb == -ENOENT)
		ksft_exit_skip("no " ZAP_BENCH_DEVICE "\n");
	close(zb);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		ksft_exit_fail_msg("mmap: %m\n");
	ksft_set_plan(n);
	for (i = 0; i < n; i++)
		stress(heaps[i], argc > 1 ? atoi(argv[1]) : 3);
	ksft_finished();
}
