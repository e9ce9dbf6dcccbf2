// SPDX-License-Identifier: GPL-2.0-or-later
/* Sizes that follow the caches, on machines that hwloc is told of by HWLOC_SYNTHETIC or by a folder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/run/cache-sizes.h"
#include "bench/run/plan.h"
#include "bench/test/fixtures/fixture.h"

#define NO_CACHE "core:2 pu:1"
#define THREE_LEVELS "l3:1(size=2097152) l2:2(size=524288) l1d:1(size=32768) core:1 pu:1"
#define SHARED_12M "l3:1(size=12582912) l2:2(size=524288) l1d:1(size=32768) core:1 pu:1"
#define SHARED_32M "l3:1(size=33554432) l2:2(size=524288) l1d:1(size=32768) core:1 pu:1"

static const char *memfd_only[] = { "memfd", NULL };
static bool emulated;

/* What the program calls in place of the C library's: the kernel command line may say that this CPU is emulated. */
int open(const char *path, int flags, ...)
{
	int fd;

	if (!emulated || strcmp(path, "/proc/cmdline") != 0)
		return (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0600);
	fd = memfd_create("cmdline", MFD_CLOEXEC);
	dprintf(fd, "zapbench.emulated=1\n");
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static int one_machine(void **state)
{
	(void)state;
	emulated = false;
	unsetenv("HWLOC_SYNTHETIC");
	return 0;
}

/* "16K 64K": what was found on the machine that hwloc is told of. */
static const char *found(const char *machine, struct cache_sizes *sizes)
{
	static char text[256];

	setenv("HWLOC_SYNTHETIC", machine, 1);
	*sizes = (struct cache_sizes){ .known = false };
	assert_int_equal(cache_sizes_find(sizes), 0);
	text[0] = '\0';
	for (size_t i = 0; i < sizes->count; i++) {
		size_t used = strlen(text);
		char size[32];

		size_format(sizes->bytes[i], size, sizeof(size));
		snprintf(text + used, sizeof(text) - used, "%s%s", used ? " " : "", size);
	}
	return text;
}

static void below_and_above_each_level(void **state)
{
	struct cache_sizes sizes;

	(void)state;
	if (sysconf(_SC_PAGESIZE) > 16384)
		skip();
	assert_string_equal(found(THREE_LEVELS, &sizes), "16K 64K 256K 1M 4M");
	assert_string_equal(sizes.why.reason, "");
	assert_string_equal(found(SHARED_32M, &sizes), "16K 64K 256K 1M 16M 64M");
}

static void without_caches_there_are_none(void **state)
{
	struct cache_sizes sizes;

	(void)state;
	assert_string_equal(found(NO_CACHE, &sizes), "");
	assert_non_null(strstr(sizes.why.reason, "hwloc knows no cache"));
	assert_non_null(strstr(sizes.why.remedy, "--set size="));
}

static void emulation_has_no_caches(void **state)
{
	struct cache_sizes sizes;

	(void)state;
	emulated = true;
	assert_string_equal(found(THREE_LEVELS, &sizes), "");
	assert_non_null(strstr(sizes.why.reason, "emulated"));
}

static void core_types_have_caches_of_their_own(void **state)
{
	const double expected[] = { 16, 32, 64, 128, 256, 1024, 1536, 6144 };
	struct topology *topology = NULL;
	uint64_t caches[CACHES_MAX];
	struct cache_sizes sizes;

	(void)state;
	assert_int_equal(topology_open(fixture("rk3588"), &topology, NULL), 0);
	/* 32K and 64K, 128K and 512K, 3M */
	assert_int_equal(topology_caches(topology, -1, caches), 5);
	cache_sizes_of(caches, 5, 4096, &sizes);
	assert_int_equal(sizes.count, 8);
	for (size_t i = 0; i < sizes.count; i++)
		assert_true(sizes.bytes[i] == expected[i] * 1024);
	/* A slow core and a fast one. */
	assert_int_equal(topology_caches(topology, 0, caches), 3);
	assert_int_equal(caches[0] + caches[1] + caches[2], (32 + 128 + 3072) << 10);
	assert_int_equal(topology_caches(topology, 4, caches), 3);
	assert_int_equal(caches[0] + caches[1] + caches[2], (64 + 512 + 3072) << 10);
	topology_close(topology);
}

static void sizes_are_pages_and_not_too_large(void **state)
{
	const uint64_t caches[] = { 32 << 10, 1536 << 10, 512 << 20, 72 << 20 };
	struct cache_sizes sizes;

	(void)state;
	/* Half of the first is no page; 768K are, and of the largest neither one is measured */
	cache_sizes_of(caches, 2, 64 << 10, &sizes);
	assert_int_equal(sizes.count, 3);
	assert_true(sizes.bytes[0] == 64 << 10);
	assert_true(sizes.bytes[1] == 768 << 10);
	assert_string_equal(sizes.why.reason, "");
	cache_sizes_of(caches + 1, 1, 1 << 20, &sizes);
	assert_int_equal(sizes.count, 1);
	assert_true(sizes.bytes[0] == 3 << 20);
	cache_sizes_of(caches + 2, 2, 4096, &sizes);
	assert_int_equal(sizes.count, 3);
	assert_true(sizes.bytes[2] == 256 << 20);
	assert_non_null(strstr(sizes.why.reason, "a cache has 512 MiB"));
	assert_string_equal(sizes.why.remedy, "name a larger one: --set size=caches,1024M");
}

/* Every name of @of is one of @in. */
static bool has_all(const struct plan *in, const struct plan *of)
{
	size_t found = 0;

	for (size_t i = 0; i < of->count; i++) {
		for (size_t j = 0; j < in->count; j++)
			found += !strcmp(in->config[j].name, of->config[i].name);
	}
	return found == of->count;
}

static void planned(const char *machine, struct request *request, struct plan *plan)
{
	struct why why = { "", "" };

	setenv("HWLOC_SYNTHETIC", machine, 1);
	assert_int_equal(plan_make(request, plan, &why), 0);
}

/* "64M pages=16384 chain=1048576": of the longest chain that the profile costs has there, and its largest transfer. */
static void check_costs(const char *machine, double bytes)
{
	static const char *cases[] = { "tlb-reach", "bandwidth", NULL };
	struct request request = { .profile = PROFILE_COSTS, .cases = cases, .sources = memfd_only };
	double page = (double)sysconf(_SC_PAGESIZE);
	size_t chains = 0, transfers = 0;
	struct plan plan;

	planned(machine, &request, &plan);
	for (size_t i = 0; i < plan.count; i++) {
		const struct params *params = &plan.config[i].params;

		if (!strcmp(plan.config[i].bench->name, "bandwidth"))
			transfers += params->value[PARAM_SIZE] == bytes;
		else if (params->value[PARAM_CHAIN] * 64 == bytes && params->value[PARAM_PAGES] * page == bytes)
			chains += params->value[PARAM_SIZE] == bytes && strstr(plan.config[i].name, "/chain=");
		else
			assert_true(params->value[PARAM_CHAIN] <= 32768);
	}
	assert_int_equal(chains, 1);
	assert_int_equal(transfers, 2);
	plan_free(&plan);
}

/* Unit costs of memory need more than a cache holds: 16 MiB as a rule, twice the cache where it is larger. */
static void costs_of_memory_are_beyond_the_caches(void **state)
{
	struct cache_sizes sizes;
	const uint64_t large[] = { 32 << 10, 200 << 20 };

	(void)state;
	check_costs(NO_CACHE, 16 << 20);
	check_costs(THREE_LEVELS, 16 << 20);
	check_costs(SHARED_32M, 64 << 20);
	check_costs(SHARED_12M, 32 << 20);
	emulated = true;
	check_costs(SHARED_32M, 16 << 20);
	/* No buffer is above 256 MiB: that size says of itself that a cache may hold a part of it. */
	cache_sizes_of(large, 2, 4096, &sizes);
	assert_true(sizes.memory == 256 << 20);
}

/* By hand, and for a case that has neither pages nor chain. */
static void memory_is_a_size(void **state)
{
	static const char *cases[] = { "access-pattern", NULL };
	struct request request = { .cases = cases, .sources = memfd_only };
	struct why why = { "", "" };
	struct plan plan;

	(void)state;
	assert_int_equal(sweep_parse(&request.set, "size=memory", &why), 0);
	planned(NO_CACHE, &request, &plan);
	assert_int_equal(params_bytes(&plan.config[0].params), 16 << 20);
	for (size_t i = 0; i < plan.nr_skipped; i++)
		assert_null(strstr(plan.skipped[i].name, "size=caches"));
	plan_free(&plan);
	assert_int_equal(sweep_parse(&request.set, "touched=all", &why), -EINVAL);
}

/* Of the full profile alone, beside the fixed sizes: by these machines compare. Unit costs are of one machine. */
static void other_profiles_are_the_same_everywhere(void **state)
{
	static const char *cases[] = { "bandwidth", "access-pattern", "maintenance", "frame", "tlb-reach", NULL };

	(void)state;
	for (enum profile profile = 0; profile < NR_PROFILES; profile++) {
		struct request request = { .profile = profile, .sources = memfd_only };
		struct plan with, without;

		if (profile == PROFILE_COSTS)
			continue;
		if (profile == PROFILE_FULL)
			request.cases = cases;
		planned(SHARED_32M, &request, &with);
		planned(NO_CACHE, &request, &without);
		assert_true(has_all(&with, &without));
		assert_true((with.count > without.count) == (profile == PROFILE_FULL));
		plan_free(&with);
		plan_free(&without);
	}
}

static bool says_that_sizes_are_left_out(const char *set)
{
	static const char *cases[] = { "bandwidth", NULL };
	struct request request = { .cases = cases, .sources = memfd_only };
	struct why why = { "", "" };
	bool said = false;
	struct plan plan;

	assert_int_equal(sweep_parse(&request.set, set, &why), 0);
	planned("l3:1(size=314572800) l1d:1(size=32768) core:1 pu:1", &request, &plan);
	for (size_t i = 0; i < plan.nr_skipped; i++)
		said |= !strcmp(plan.skipped[i].name, "bandwidth/memfd/size=caches");
	plan_free(&plan);
	return said;
}

/* The fix that is named ends it. */
static void a_size_that_was_left_out_can_be_named(void **state)
{
	(void)state;
	assert_true(says_that_sizes_are_left_out("size=caches"));
	assert_true(says_that_sizes_are_left_out("size=caches,400M"));
	assert_false(says_that_sizes_are_left_out("size=caches,600M"));
}

static void what_has_no_size_is_said(void **state)
{
	static const char *cases[] = { "bandwidth", NULL };
	struct request request = { .profile = PROFILE_FULL, .cases = cases, .sources = memfd_only };
	struct why why = { "", "" };
	bool said = false;
	struct plan plan;

	(void)state;
	planned(NO_CACHE, &request, &plan);
	for (size_t i = 0; i < plan.nr_skipped; i++)
		said |= !strcmp(plan.skipped[i].name, "bandwidth/memfd/size=caches");
	assert_true(said);
	plan_free(&plan);
	/* By hand, beside a size: that one is left. Alone: nothing is. */
	assert_int_equal(sweep_parse(&request.set, "size=caches,256K", &why), 0);
	planned(NO_CACHE, &request, &plan);
	for (size_t i = 0; i < plan.count; i++)
		assert_int_equal(params_bytes(&plan.config[i].params), 256 << 10);
	plan_free(&plan);
	assert_int_equal(sweep_parse(&request.set, "size=caches", &why), 0);
	assert_int_equal(plan_make(&request, &plan, &why), -ENOENT);
	assert_non_null(strstr(why.reason, "hwloc knows no cache"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(below_and_above_each_level, one_machine),
		cmocka_unit_test_setup(without_caches_there_are_none, one_machine),
		cmocka_unit_test_setup(emulation_has_no_caches, one_machine),
		cmocka_unit_test_setup(core_types_have_caches_of_their_own, one_machine),
		cmocka_unit_test_setup(sizes_are_pages_and_not_too_large, one_machine),
		cmocka_unit_test_setup(a_size_that_was_left_out_can_be_named, one_machine),
		cmocka_unit_test_setup(other_profiles_are_the_same_everywhere, one_machine),
		cmocka_unit_test_setup(what_has_no_size_is_said, one_machine),
		cmocka_unit_test_setup(costs_of_memory_are_beyond_the_caches, one_machine),
		cmocka_unit_test_setup(memory_is_a_size, one_machine),
	};

	return cmocka_run_group_tests(tests, fixtures_make, fixtures_remove);
}
