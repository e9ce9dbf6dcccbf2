// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/perf_event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench/measure/counters-encode.h"
#include "bench/measure/counters.h"
#include "bench/test/fixtures/fixture.h"

static struct counter_pmu pmu_of(const char *root, int cpu)
{
	struct counter_pmu pmu;

	counter_pmu_find(root, cpu, &pmu);
	return pmu;
}

/* Check the encoding of the event on the PMU of @cpu. */
static void encodes(const char *root, int cpu, const char *name, const char *on, uint32_t type, uint64_t config,
		    uint64_t config1)
{
	struct counter_pmu pmu = pmu_of(root, cpu);
	struct counter_encoding encoding;
	struct why why = { "", "" };
	int err = counter_encode(root, &pmu, name, &encoding, &why);

	if (err)
		fail_msg("%s: %d: %s", name, err, why.reason);
	assert_string_equal(encoding.pmu, on);
	assert_int_equal(encoding.type, type);
	assert_int_equal(encoding.config, config);
	assert_int_equal(encoding.config1, config1);
}

/* The event is refused with @err, and the reason contains @reason. */
static void refuses(const char *root, int cpu, const char *name, int err, const char *reason)
{
	struct counter_pmu pmu = pmu_of(root, cpu);
	struct counter_encoding encoding;
	struct why why = { "", "" };

	assert_int_equal(counter_encode(root, &pmu, name, &encoding, &why), err);
	if (!strstr(why.reason, reason))
		fail_msg("%s: '%s' is not in '%s'", name, reason, why.reason);
	assert_null(strstr(why.reason, fixture_folder));
}

static void pmu_of_each_core_type(void **state)
{
	struct counter_pmu pmu;

	(void)state;
	pmu = pmu_of(fixture("rk3588"), 0);
	assert_string_equal(pmu.name, "armv8_cortex_a55");
	assert_int_equal(pmu.type, 10);
	assert_true(pmu.architectural && pmu.user_read);
	assert_null(pmu.core); /* libpfm4 4.13 has no table of it */
	pmu = pmu_of(fixture("rk3588"), 4);
	assert_string_equal(pmu.name, "armv8_cortex_a76"); /* not arm_dsu_0, whose cpumask is 4 */
	assert_int_equal(pmu.type, 11);
	pmu = pmu_of(fixture("neoverse-n1"), 0);
	assert_string_equal(pmu.name, "armv8_pmuv3_0");
	assert_string_equal(pmu.core, "arm_n1");
	assert_false(pmu.user_read);
}

static void no_pmu(void **state)
{
	struct counter_pmu pmu = pmu_of(fixture("vm"), 0);

	(void)state;
	assert_string_equal(pmu.name, "");
	assert_string_equal(pmu.why_not.reason,
			    "this machine has no CPU PMU: /sys/bus/event_source/devices lists none");
	assert_non_null(strstr(pmu.why_not.remedy, "pmu=on"));
	pmu = pmu_of(fixture("rk3588"), 8);
	assert_non_null(strstr(pmu.why_not.reason, "no PMU in /sys/bus/event_source/devices counts on CPU 8"));
	pmu = pmu_of(fixture("empty"), 0);
	assert_non_null(strstr(pmu.why_not.reason, "this kernel has no perf events"));
}

static void architectural_events_on_the_own_pmu(void **state)
{
	static const struct {
		const char *name;
		uint64_t config;
	} rows[] = {
		{ "cycles", 0x11 },     { "instructions", 0x08 },  { "dtlb-refill", 0x05 },      { "dtlb-walk", 0x34 },
		{ "l1d-refill", 0x03 }, { "l2d-refill", 0x17 },    { "l2d-tlb-refill", 0x2d },   { "bus-access", 0x19 },
		{ "mem-access", 0x13 }, { "stall-backend", 0x24 }, { "exceptions-taken", 0x09 },
	};

	(void)state;
	/* config1 bit 1: this kernel lets user space read */
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		encodes(fixture("rk3588"), 7, rows[i].name, "armv8_cortex_a76", 11, rows[i].config, 2);
	encodes(fixture("rk3588"), 0, "dtlb-refill", "armv8_cortex_a55", 10, 0x05, 2);
	encodes(fixture("neoverse-n1"), 7, "cycles", "armv8_pmuv3_0", 8, 0x11, 0);
}

static void the_list_of_the_pmu_decides(void **state)
{
	const char *root;

	(void)state;
	refuses(fixture("rk3588"), 0, "dtlb-walk", -ENOENT, "armv8_cortex_a55 lists no such event");
	refuses(fixture("neoverse-n1"), 0, "exceptions-taken", -ENOENT, "armv8_pmuv3_0 lists no such event");
	/* The number of an event counts, not the name of its file. */
	root = fixture_copy("rk3588", "rk3588-list");
	fixture_write(root, "sys/bus/event_source/devices/armv8_cortex_a55/events/other_name", "event=0x34\n");
	encodes(root, 0, "dtlb-walk", "armv8_cortex_a55", 10, 0x34, 2);
	fixture_write(root, "sys/bus/event_source/devices/armv8_cortex_a55/events/other_name",
		      "event=0x34,umask=0x01\n");
	refuses(root, 0, "dtlb-walk", -ENOENT, "lists no such event");
}

static void names_of_the_pmu_itself(void **state)
{
	(void)state;
	encodes(fixture("rk3588"), 4, "ll_cache_miss_rd", "armv8_cortex_a76", 11, 0x37, 2);
	refuses(fixture("rk3588"), 0, "ll_cache_miss_rd", -EINVAL, "unknown event ll_cache_miss_rd");
	refuses(fixture("rk3588"), 4, "../type", -EINVAL, "unknown event");
	refuses(fixture("rk3588"), 4, "", -EINVAL, "unknown event");
}

/* Events of x86, of Arm's other PMUs and of Apple's cores: what a term means stands in format/. */
static void terms_of_the_pmu(void **state)
{
	static const char events[] = "sys/bus/event_source/devices/cpu/events";
	static const char format[] = "sys/bus/event_source/devices/cpu/format";
	static const struct {
		const char *name, *text;
	} files[] = {
		{ "mem-loads", "event=0xcd,umask=0x1,ldlat=3" },
		{ "split", "wide=0x1ff" },
		{ "flag", "event=0x3c,any" },
		{ "too-wide", "umask=0x100" },
		{ "other", "event=1,new=2" },
		{ "empty", "event=" },
		{ "negative", "event=-1" },
		{ "path", "../type=1" },
	};
	const char *root = fixture_copy("vm", "vm-terms");
	char path[200], text[200];

	(void)state;
	fixture_write(root, "sys/bus/event_source/devices/cpu/type", "4\n");
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", events, files[i].name);
		snprintf(text, sizeof(text), "%s\n", files[i].text);
		fixture_write(root, path, text);
	}
	for (int i = 0; i < 5; i++) {
		static const char *const rows[][2] = { { "event", "config:0-7" },
						       { "umask", "config:8-15" },
						       { "ldlat", "config1:0-15" },
						       { "wide", "config:0-7,32" },
						       { "any", "config:21" } };

		snprintf(path, sizeof(path), "%s/%s", format, rows[i][0]);
		fixture_write(root, path, rows[i][1]);
	}
	encodes(root, 0, "mem-loads", "cpu", 4, 0x1cd, 3);
	encodes(root, 0, "split", "cpu", 4, 0x1000000ff, 0);
	encodes(root, 0, "flag", "cpu", 4, 0x20003c, 0);
	refuses(root, 0, "too-wide", -ERANGE, "cpu does not say where umask goes");
	refuses(root, 0, "other", -EINVAL, "other of cpu is event=1,new=2, and cpu does not say where new goes");
	refuses(root, 0, "empty", -EINVAL, "where event goes");
	refuses(root, 0, "negative", -EINVAL, "where event goes");
	refuses(root, 0, "path", -EINVAL, "goes");
	fixture_write(root, "sys/bus/event_source/devices/cpu/format/event", "config:7-0");
	refuses(root, 0, "mem-loads", -EINVAL, "where event goes");
	fixture_write(root, "sys/bus/event_source/devices/cpu/format/event", "config:0-64");
	refuses(root, 0, "mem-loads", -EINVAL, "where event goes");
	fixture_write(root, "sys/bus/event_source/devices/cpu/format/event", "elsewhere:0-7");
	refuses(root, 0, "mem-loads", -EINVAL, "where event goes");
}

static void events_by_number(void **state)
{
	(void)state;
	encodes(fixture("neoverse-n1"), 0, "r84", "armv8_pmuv3_0", 8, 0x84, 0);
	refuses(fixture("neoverse-n1"), 0, "r13", -ENOENT, "armv8_pmuv3_0 lists no such event");
	refuses(fixture("neoverse-n1"), 0, "rxyz", -EINVAL, "unknown event rxyz");
}

/*
 * What eleven cores list, against zapbench's own events: an event that the core has is counted by its number, and one
 * that it lacks is refused. The cores of 2016 and before have no event for a walk, a miss of the second TLB or a stall.
 */
static void events_of_each_core(void **state)
{
	static const struct {
		const char *name;
		uint64_t number;
		bool new;
	} own[] = {
		{ "cycles", 0x11, false },        { "instructions", 0x08, false },     { "dtlb-refill", 0x05, false },
		{ "dtlb-walk", 0x34, true },      { "l1d-refill", 0x03, false },       { "l2d-refill", 0x17, false },
		{ "l2d-tlb-refill", 0x2d, true }, { "bus-access", 0x19, false },       { "mem-access", 0x13, false },
		{ "stall-backend", 0x24, true },  { "exceptions-taken", 0x09, false },
	};
	static const char *const old[] = { "cortex_a35", "cortex_a57", "cortex_a72", "cortex_a73" };
	const char *source = getenv("SRC");
	char line[1024], path[512], text[64];
	size_t cores = 0;
	FILE *lists;

	(void)state;
	snprintf(path, sizeof(path), "%s/bench/test/fixtures/core-events", source && source[0] ? source : ".");
	lists = fopen(path, "r");
	assert_non_null(lists);
	while (fgets(line, sizeof(line), lists)) {
		char *rest = line, *core = strsep(&rest, " "), *number, pmu[64];
		const char *root;
		bool is_old = false;

		if (!rest || core[0] == '#')
			continue;
		root = fixture_copy("vm", core);
		snprintf(pmu, sizeof(pmu), "armv8_%s", core);
		snprintf(path, sizeof(path), "sys/bus/event_source/devices/%s/type", pmu);
		fixture_write(root, path, "8\n");
		snprintf(path, sizeof(path), "sys/bus/event_source/devices/%s/cpus", pmu);
		fixture_write(root, path, "0\n");
		while ((number = strsep(&rest, " \n"))) {
			if (!number[0])
				continue;
			snprintf(path, sizeof(path), "sys/bus/event_source/devices/%s/events/e%s", pmu, number);
			snprintf(text, sizeof(text), "event=0x%s\n", number);
			fixture_write(root, path, text);
		}
		for (size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++)
			is_old = is_old || !strcmp(core, old[i]);
		for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
			if (is_old && own[i].new)
				refuses(root, 0, own[i].name, -ENOENT, "lists no such event");
			else
				encodes(root, 0, own[i].name, pmu, 8, own[i].number, 0);
		}
		cores++;
	}
	fclose(lists);
	assert_int_equal(cores, 11);
}

static void software_events(void **state)
{
	(void)state;
	encodes(fixture("vm"), 0, "page-faults", "software", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS, 0);
	encodes(fixture("vm"), 0, "context-switches", "software", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES,
		0);
	encodes(fixture("rk3588"), 0, "cpu-migrations", "software", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS,
		0);
	encodes("", 0, "perf::PERF_COUNT_SW_CPU_CLOCK", "software", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK, 0);
}

static void tracepoints(void **state)
{
	(void)state;
	encodes(fixture("rk3588"), 0, "tracepoint:dma_fence:dma_fence_signaled", "tracepoint", PERF_TYPE_TRACEPOINT,
		417, 0);
	refuses(fixture("rk3588"), 0, "tracepoint:dma_fence:other", -ENOENT,
		"this kernel has no tracepoint dma_fence:other");
	refuses(fixture("rk3588"), 0, "tracepoint:broken:event", -EINVAL, "has unexpected contents");
	refuses(fixture("vm"), 0, "tracepoint:tlb:tlb_flush", -ENOENT, "tracefs is not mounted");
	refuses(fixture("vm"), 0, "tracepoint:tlb", -EINVAL, "a tracepoint is tracepoint:system:name");
	refuses(fixture("vm"), 0, "tracepoint::", -EINVAL, "a tracepoint is");
	refuses(fixture("vm"), 0, "tracepoint:../..:x", -EINVAL, "a tracepoint is");
}

static void generic_events_where_no_table_fits(void **state)
{
	const char *root = fixture_copy("vm", "vm-x86");

	(void)state;
	fixture_write(root, "sys/bus/event_source/devices/cpu/type", "4\n");
	encodes(root, 0, "cycles", "cpu", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, 0);
	encodes(root, 0, "dtlb-refill", "cpu", PERF_TYPE_HW_CACHE, 0x10003, 0);
	refuses(root, 0, "bus-access", -ENOENT, "cpu has no event that corresponds to bus-access");
	/* Hybrid: the upper half says which PMU. */
	root = fixture_copy("vm", "vm-hybrid");
	fixture_write(root, "sys/bus/event_source/devices/cpu_core/type", "4\n");
	fixture_write(root, "sys/bus/event_source/devices/cpu_core/cpus", "0\n");
	fixture_write(root, "sys/bus/event_source/devices/cpu_atom/type", "10\n");
	fixture_write(root, "sys/bus/event_source/devices/cpu_atom/cpus", "1\n");
	encodes(root, 0, "instructions", "cpu_core", PERF_TYPE_HARDWARE, 4ULL << 32 | PERF_COUNT_HW_INSTRUCTIONS, 0);
	encodes(root, 1, "instructions", "cpu_atom", PERF_TYPE_HARDWARE, 10ULL << 32 | PERF_COUNT_HW_INSTRUCTIONS, 0);
	/* Apple's cores number their events themselves. */
	root = fixture_copy("vm", "vm-apple");
	fixture_write(root, "sys/bus/event_source/devices/apple_firestorm_pmu/type", "9\n");
	fixture_write(root, "sys/bus/event_source/devices/apple_firestorm_pmu/cpus", "0-1\n");
	encodes(root, 0, "cycles", "apple_firestorm_pmu", PERF_TYPE_HARDWARE, 9ULL << 32, 0);
}

static void garbage_in_files(void **state)
{
	static const char *const texts[] = { "garbage", "", "-1", "4294967296", "99999999999999999999", "\xff\x01" };
	const char *root = fixture_copy("vm", "vm-garbage");

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		fixture_write(root, "sys/bus/event_source/devices/cpu/type", texts[i]);
		refuses(root, 0, "cycles", -ENODEV, "/sys/bus/event_source/devices/cpu/type");
	}
	root = fixture_copy("rk3588", "rk3588-events");
	fixture_write(root, "sys/bus/event_source/devices/armv8_cortex_a55/events/cpu_cycles", "event=0x");
	fixture_write(root, "sys/bus/event_source/devices/armv8_cortex_a55/events/inst_retired",
		      "event=0xfffffffffffffffff8");
	fixture_write(root, "sys/bus/event_source/devices/armv8_cortex_a55/events/zero", "event=0x\n");
	refuses(root, 0, "cycles", -ENOENT, "lists no such event");
	refuses(root, 0, "instructions", -ENOENT, "lists no such event");
	refuses(root, 0, "zero", -EINVAL, "zero of armv8_cortex_a55 is event=0x, and");
	fixture_write(root, "sys/bus/event_source/devices/armv8_cortex_a55/cpus", "garbage");
	refuses(root, 0, "mem-access", -ENODEV, "counts on CPU 0");
}

/*
 * libpfm4 and the architecture must agree where libpfm4 knows the core. Only its build for Arm has the tables, and
 * answers for a core that this machine does not have.
 */
static void libpfm4_agrees(void **state)
{
#if defined(__aarch64__)
	static const struct {
		const char *theirs;
		uint64_t config;
	} rows[] = { { "CPU_CYCLES", 0x11 },     { "INST_RETIRED", 0x08 }, { "L1D_TLB_REFILL", 0x05 },
		     { "L2D_TLB_REFILL", 0x2d }, { "DTLB_WALK", 0x34 },    { "arm_n1::STALL_BACKEND", 0x24 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		encodes(fixture("neoverse-n1"), 0, rows[i].theirs, "armv8_pmuv3_0", 8, rows[i].config, 0);
	refuses(fixture("neoverse-n1"), 0, "MEM_ACCESS", -ENOENT, "lists no such event");
	/* Beyond the range that a PMU lists. */
	encodes(fixture("neoverse-n1"), 0, "EXC_DABORT", "armv8_pmuv3_0", 8, 0x84, 0);
	refuses(fixture("neoverse-n1"), 0, "arm_v1::CPU_CYCLES", -ENOENT,
		"an event of another core: this one is arm_n1");
#else
	refuses(fixture("neoverse-n1"), 0, "arm_v1::CPU_CYCLES", -ENOENT,
		"an event of another core: this one is arm_n1");
#endif
	(void)state;
}

static const struct counter_event *event_of(const struct counters *counters, size_t index, const char *name)
{
	const struct counter_event *event = counters_event(counters, index);

	assert_string_equal(event->name, name);
	if (!event->open) {
		assert_null(event->pmu);
		assert_true(event->why_not.reason[0]);
	}
	return event;
}

/* On any machine: each event is open or has a reason, and an event that is not open is never 0. */
static void every_default_event_counts_or_has_a_reason(void **state)
{
	struct counter_reading readings[COUNTERS_MAX], untouched = { 7, 7, 7 };
	struct counter_pmu pmu = pmu_of("", 0);
	struct counters *counters = NULL;
	struct why why = { "", "" };
	size_t count = 0;

	(void)state;
	while (counters_own_events[count])
		count++;
	assert_int_equal(counters_open("", 0, counters_own_events, count, &counters, &why), 0);
	assert_int_equal(counters_count(counters), count);
	for (size_t i = 0; i < COUNTERS_MAX; i++)
		readings[i] = untouched;
	assert_int_equal(counters_start(counters), 0);
	assert_int_equal(counters_stop(counters, readings), 0);
	for (size_t i = 0; i < count; i++) {
		const struct counter_event *event = event_of(counters, i, counters_own_events[i]);

		if (!event->open) {
			assert_memory_equal(&readings[i], &untouched, sizeof(untouched));
			print_message("%s: not counted: %s\n", event->name, event->why_not.reason);
		} else {
			assert_true(readings[i].running_ns <= readings[i].enabled_ns);
		}
		if (!pmu.name[0] && i < 11)
			assert_string_equal(event->why_not.reason, pmu.why_not.reason);
	}
	counters_close(counters);
}

enum { PAGES = 64 };

/* Fault that many pages in; the count of the kernel must be the same. */
static void touch_pages(char *base, size_t page)
{
	for (size_t i = 0; i < PAGES; i++)
		((volatile char *)base)[i * page] = 1;
}

static void page_faults_are_counted_each_time(void **state)
{
	static const char *const names[] = { "page-faults", "context-switches", "cpu-migrations", "page-faults",
					     "page-faults" };
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct counter_reading readings[5];
	struct counters *counters = NULL;
	struct why why = { "", "" };
	uint64_t user;
	char *base;

	(void)state;
	assert_int_equal(counters_open("", 0, names, 5, &counters, &why), 0);
	if (!event_of(counters, 0, "page-faults")->open) {
		print_message("not counted: %s\n", counters_event(counters, 0)->why_not.reason);
		counters_close(counters);
		skip();
	}
	base = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(base != MAP_FAILED);
	madvise(base, PAGES * page, MADV_NOHUGEPAGE);
	/* The first round faults in the memory of the test itself and of sanitizers. */
	for (int round = 0; round < 4; round++) {
		assert_int_equal(madvise(base, PAGES * page, MADV_DONTNEED), 0);
		assert_int_equal(counters_start(counters), 0);
		touch_pages(base, page);
		assert_int_equal(counters_stop(counters, readings), 0);
		if (!round)
			continue;
		assert_int_equal(readings[0].value, PAGES);
		assert_int_equal(readings[3].value, PAGES);
		/* The fifth is in a second group. */
		assert_int_equal(readings[4].value, PAGES);
		assert_true(readings[0].enabled_ns > 0 && readings[0].enabled_ns < 1000000000);
		assert_int_equal(readings[0].running_ns, readings[0].enabled_ns);
	}
	munmap(base, PAGES * page);
	assert_int_equal(counters_read_user(counters, 0, &user), -EOPNOTSUPP);
	counters_close(counters);
}

/* Where there is a PMU: cycles pass, and a read from user space lies between two readings by the kernel. */
static void cycles_pass(void **state)
{
	static const char *const names[] = { "cycles", "instructions" };
	struct counter_reading readings[2];
	struct counters *counters = NULL;
	struct why why = { "", "" };
	uint64_t first = 0, second = 0;
	volatile int spin;
	int err;

	(void)state;
	assert_int_equal(counters_open("", 0, names, 2, &counters, &why), 0);
	if (!counters_event(counters, 0)->open) {
		assert_int_equal(counters_read_user(counters, 0, &first), -EOPNOTSUPP);
		counters_close(counters);
		skip();
	}
	assert_int_equal(counters_start(counters), 0);
	err = counters_read_user(counters, 0, &first);
	for (spin = 0; spin < 100000; spin++)
		;
	if (!err)
		assert_int_equal(counters_read_user(counters, 0, &second), 0);
	assert_int_equal(counters_stop(counters, readings), 0);
	assert_true(readings[0].value > 0 && readings[0].running_ns > 0);
	if (!err)
		assert_true(second > first && second - first <= readings[0].value);
	counters_close(counters);
}

static void unknown_and_too_many(void **state)
{
	static const char *const names[] = { "no-such-event", "tracepoint:no:such", "page-faults" };
	const char *many[COUNTERS_MAX + 1];
	struct counters *counters = NULL;
	struct why why = { "", "" };

	(void)state;
	assert_int_equal(counters_open("", 0, names, 3, &counters, &why), 0);
	assert_non_null(strstr(event_of(counters, 0, "no-such-event")->why_not.reason, "unknown event no-such-event"));
	assert_false(event_of(counters, 1, "tracepoint:no:such")->open);
	counters_close(counters);
	for (size_t i = 0; i < COUNTERS_MAX + 1; i++)
		many[i] = "page-faults";
	assert_int_equal(counters_open("", 0, many, COUNTERS_MAX + 1, &counters, &why), -EINVAL);
	assert_non_null(strstr(why.reason, "33 events are too many"));
	assert_int_equal(counters_open("", 0, many, 0, &counters, &why), 0);
	assert_int_equal(counters_start(counters), 0);
	counters_close(counters);
	counters_close(NULL);
}

static bool can_open(const char *name)
{
	struct counters *counters = NULL;
	bool open;

	assert_int_equal(counters_open("", 0, &name, 1, &counters, NULL), 0);
	open = counters_event(counters, 0)->open;
	counters_close(counters);
	return open;
}

/* In a child without root: 0 if the reason is the sysctl and the remedy fixes it. */
static int unprivileged(void)
{
	static const char *const names[] = { "page-faults" };
	struct counters *counters = NULL;
	const struct counter_event *event;
	struct why why = { "", "" };

	if (setgid(65534) || setuid(65534) || counters_open("", 0, names, 1, &counters, &why))
		return 1;
	event = counters_event(counters, 0);
	if (event->open || !strstr(event->why_not.reason, "kernel.perf_event_paranoid is") ||
	    strcmp(event->why_not.remedy, "sudo sysctl kernel.perf_event_paranoid=1") != 0)
		return 2;
	counters_close(counters);
	return 0;
}

/* In a child with root's rights and a filter in front of perf_event_open: 0 if the sysctl is not blamed. */
static int filtered(void)
{
	static const char *const names[] = { "page-faults" };
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_perf_event_open, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };
	struct counters *counters = NULL;
	struct why why = { "", "" };

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		return 77;
	if (counters_open("", 0, names, 1, &counters, &why))
		return 1;
	if (!strstr(counters_event(counters, 0)->why_not.reason, "refused by a seccomp filter"))
		return 2;
	counters_close(counters);
	return 0;
}

static void closed_by_a_filter(void **state)
{
	int status;
	pid_t child;

	(void)state;
	if (geteuid() != 0 || !can_open("page-faults"))
		skip();
	child = fork();
	assert_true(child >= 0);
	if (!child)
		_exit(filtered());
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
}

static void closed_by_the_sysctl(void **state)
{
	FILE *file = fopen("/proc/sys/kernel/perf_event_paranoid", "re");
	int paranoid = -2, status;
	pid_t child;

	(void)state;
	if (file) {
		if (fscanf(file, "%d", &paranoid) != 1)
			paranoid = -2;
		fclose(file);
	}
	if (paranoid < 2 || geteuid() != 0 || !can_open("page-faults"))
		skip();
	child = fork();
	assert_true(child >= 0);
	if (!child)
		_exit(unprivileged());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pmu_of_each_core_type),
		cmocka_unit_test(no_pmu),
		cmocka_unit_test(architectural_events_on_the_own_pmu),
		cmocka_unit_test(the_list_of_the_pmu_decides),
		cmocka_unit_test(names_of_the_pmu_itself),
		cmocka_unit_test(terms_of_the_pmu),
		cmocka_unit_test(events_by_number),
		cmocka_unit_test(events_of_each_core),
		cmocka_unit_test(software_events),
		cmocka_unit_test(tracepoints),
		cmocka_unit_test(generic_events_where_no_table_fits),
		cmocka_unit_test(garbage_in_files),
		cmocka_unit_test(libpfm4_agrees),
		cmocka_unit_test(every_default_event_counts_or_has_a_reason),
		cmocka_unit_test(page_faults_are_counted_each_time),
		cmocka_unit_test(cycles_pass),
		cmocka_unit_test(unknown_and_too_many),
		cmocka_unit_test(closed_by_the_sysctl),
		cmocka_unit_test(closed_by_a_filter),
	};

	return cmocka_run_group_tests(tests, fixtures_make, fixtures_remove);
}
