// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults against zaps, changes of the state, munmap, mprotect and fork, all at
 * the same time.  A fault must never see a wrong page or fail.
 *
 * usage: zap_heap_stress [SECONDS]; without, 3 for each heap
 */

#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#include "../kselftest.h"
#include "zap_heap_util.h"

#define PAGES	64

static atomic_int stop, bad;
static size_t page, size;
static int buf;

static void oops(int line)
{
	ksft_print_msg("line %d: %m\n", line);
	atomic_store(&bad, 1);
}

#define CHECK(cond) do { if (!(cond)) oops(__LINE__); } while (0)

/* Each page begins with its number, which nobody changes. */
static void check_pages(volatile uint32_t *map, size_t first, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		CHECK(map[i * page / 4] == first + i);
}

static void *toucher(void *arg)
{
	volatile uint32_t *map = arg;
	unsigned int seed = 1;
	size_t i;

	while (!atomic_load(&stop)) {
		i = rand_r(&seed) % PAGES;
		map[i * page / 4 + 1] = seed;
		CHECK(map[i * page / 4] == i);
	}
	return NULL;
}

static void *mapper(void *arg)
{
	unsigned int seed = 2;
	size_t first, n;
	uint32_t *map;

	while (!atomic_load(&stop)) {
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
	while (!atomic_load(&stop)) {
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

	while (!atomic_load(&stop))
		CHECK(!zh_sync(buf, (1 + rand_r(&seed) % 3) |
			       (rand_r(&seed) & 1 ? DMA_BUF_SYNC_END : 0)));
	return NULL;
}

static void *forker(void *arg)
{
	int status;
	pid_t pid;

	while (!atomic_load(&stop)) {
		pid = fork();
		if (!pid) {
			check_pages(arg, 0, PAGES);
			_exit(atomic_load(&bad));
		}
		CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && !status);
	}
	return NULL;
}

static void stress(const char *heap, unsigned int seconds)
{
	pthread_t threads[7];
	struct timespec wait = { .tv_sec = seconds };
	volatile uint32_t *map;
	size_t i, n = 0;

	page = getpagesize();
	size = PAGES * page;
	buf = zh_alloc(heap, size);
	if (buf == -ENOENT) {
		ksft_test_result_skip("%s: no such heap\n", heap);
		return;
	}
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, buf, 0);
	if (map == MAP_FAILED) {
		ksft_test_result_skip("%s: no mmap: %m\n", heap);
		close(buf);
		return;
	}
	for (i = 0; i < PAGES; i++)
		map[i * page / 4] = i;

	atomic_store(&stop, 0);
	atomic_store(&bad, 0);
	pthread_create(&threads[n++], NULL, toucher, (void *)map);
	pthread_create(&threads[n++], NULL, toucher, (void *)map);
	pthread_create(&threads[n++], NULL, mapper, NULL);
	pthread_create(&threads[n++], NULL, importer, (void *)3);
	pthread_create(&threads[n++], NULL, importer, (void *)4);
	pthread_create(&threads[n++], NULL, syncer, NULL);
	pthread_create(&threads[n++], NULL, forker, (void *)map);
	nanosleep(&wait, NULL);
	atomic_store(&stop, 1);
	while (n)
		pthread_join(threads[--n], NULL);

	munmap((void *)map, size);
	close(buf);
	ksft_test_result(!atomic_load(&bad), "%s\n", heap);
}

int main(int argc, char **argv)
{
	static const char * const heaps[] = {
		"zap-eager-page", "zap-eager-around", "zap-eager-buffer",
		"zap-eager-huge", "zap-lazy-page", "zap-lazy-around",
		"zap-lazy-buffer", "zap-lazy-huge", "zap-cached",
		"zap-uncached", "zap-refuse",
	};
	size_t n = ARRAY_SIZE(heaps), i;
	int zb = zh_open();

	ksft_print_header();
	if (zb == -ENOENT)
		ksft_exit_skip("no " ZAP_BENCH_DEVICE "\n");
	close(zb);
	ksft_set_plan(n);
	for (i = 0; i < n; i++)
		stress(heaps[i], argc > 1 ? atoi(argv[1]) : 3);
	ksft_finished();
}
