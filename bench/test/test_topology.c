// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <sched.h>

#include <cmocka.h>

#include "bench/measure/topology.h"
#include "bench/test/fixtures/fixture.h"

static struct topology *opened(const char *root)
{
	struct topology *topology = NULL;
	struct why why = { "", "" };
	int err = topology_open(root, &topology, &why);

	if (err)
		fail_msg("%s: %d: %s", root, err, why.reason);
	return topology;
}

/* Choose on the machine at @root; the reason must hold @evidence. */
static void chooses(const char *root, int cpu, const char *evidence)
{
	struct topology *topology = opened(root);
	struct why why = { "", "" };
	char reason[200];

	assert_int_equal(topology_choose_cpu(topology, -1, reason, sizeof(reason), &why), cpu);
	if (!strstr(reason, evidence))
		fail_msg("'%s' is not in '%s'", evidence, reason);
	topology_close(topology);
}

static void big_cores_and_fewest_interrupts(void **state)
{
	(void)state;
	/* CPU 5 took 3200, all others of the fast type more; CPU 1 took fewer and is slow. */
	chooses(fixture("rk3588"), 5,
		"fewest interrupts since boot (3200; CPU 4 took 7500) among CPUs 4-7, the fastest core type");
}

/* Chips are binned: equal cores may have different maximum frequencies per cluster. */
static void faster_cluster_of_the_same_cores(void **state)
{
	const char *root = fixture_copy("rk3588", "rk3588-sorted");

	(void)state;
	fixture_write(root, "sys/devices/system/cpu/cpu4/cpufreq/cpuinfo_max_freq", "2256000\n");
	fixture_write(root, "sys/devices/system/cpu/cpu5/cpufreq/cpuinfo_max_freq", "2256000\n");
	chooses(root, 6, "fewest interrupts since boot (5700; CPU 7 took 6400) among CPUs 6-7, the fastest core type");
}

static void isolated_before_others(void **state)
{
	(void)state;
	chooses(fixture("neoverse-n1"), 7,
		"fewest interrupts since boot (200; CPU 6 took 300) among CPUs 6-7, isolated by isolcpus");
}

static void cpu_0_only_on_evidence(void **state)
{
	const char *root;

	(void)state;
	chooses(fixture("vm"), 0, "fewest interrupts since boot (150999; CPU 1 took 189369) among CPUs 0-1");
	root = fixture_copy("vm", "vm-quiet-1");
	fixture_write(root, "proc/interrupts", "    CPU0   CPU1\n 1:   5   3  x\n");
	chooses(root, 1, "fewest interrupts since boot (3; CPU 0 took 5)");
}

static void the_last_of_equals_is_chosen(void **state)
{
	const char *root = fixture_copy("vm", "vm-equal");

	(void)state;
	fixture_write(root, "proc/interrupts", "    CPU0   CPU1\n 1:   5   5  x\n");
	chooses(root, 1, "the last one (each took 5 interrupts since boot) among CPUs 0-1");
}

static void no_interrupts_file(void **state)
{
	const char *root = fixture_copy("vm", "vm-no-interrupts");

	(void)state;
	fixture_write(root, "proc/interrupts", "");
	chooses(root, 1, "/proc/interrupts is not readable");
	fixture_write(root, "proc/interrupts",
		      "garbage CPU CPU-3 CPU99999999999\n1: x y\n2: 18446744073709551615 7 1\n");
	chooses(root, 1, "among CPUs 0-1");
}

/* Of a CPU that the kernel does not list nothing is known; its number costs no memory. */
static void interrupts_of_one_cpu(void **state)
{
	(void)state;
	assert_true(topology_interrupts(fixture("rk3588"), 5) == 3200);
	assert_true(topology_interrupts(fixture("rk3588"), 4) == 7500);
	assert_true(isnan(topology_interrupts(fixture("rk3588"), 8)));
	assert_true(isnan(topology_interrupts(fixture("rk3588"), INT_MAX)));
	assert_true(isnan(topology_interrupts(fixture("rk3588"), -1)));
	assert_true(isnan(topology_interrupts(fixture("empty"), 0)));
}

static void one_cpu_is_left(void **state)
{
	const char *root = fixture_copy("rk3588", "rk3588-isolated");

	(void)state;
	/* A slow CPU that is isolated is still slow. */
	fixture_write(root, "sys/devices/system/cpu/isolated", "1,6\n");
	chooses(root, 6, "the only one among CPUs 6, the fastest core type, isolated by isolcpus");
}

static void wanted_cpu(void **state)
{
	struct topology *topology = opened(fixture("rk3588"));
	struct why why = { "", "" };
	char reason[200];

	(void)state;
	assert_int_equal(topology_choose_cpu(topology, 2, reason, sizeof(reason), &why), 2);
	assert_string_equal(reason, "set by --cpu");
	assert_int_equal(topology_choose_cpu(topology, 8, reason, sizeof(reason), &why), -EINVAL);
	assert_non_null(strstr(why.reason, "CPU 8 does not exist"));
	assert_non_null(strstr(why.reason, "0-7"));
	assert_int_equal(topology_choose_cpu(topology, -2, reason, sizeof(reason), NULL), -EINVAL);
	assert_int_equal(topology_choose_cpu(topology, 2147483647, reason, sizeof(reason), NULL), -EINVAL);
	assert_int_equal(topology_cpus(topology), 8);
	topology_close(topology);
}

static void one_cpu_of_each_core_type(void **state)
{
	const char *root = fixture_copy("rk3588", "rk3588-types");
	struct topology *topology = opened(fixture("rk3588"));
	struct core_type types[CORE_TYPES_MAX];

	(void)state;
	assert_int_equal(topology_core_types(topology, types), 2);
	assert_int_equal(types[0].number, 0);
	assert_in_range(types[0].cpu, 0, 3);
	assert_non_null(strstr(types[0].reason, "among CPUs 0-3"));
	assert_int_equal(types[1].number, 1);
	assert_int_equal(types[1].cpu, 5);
	topology_close(topology);
	/* By the same evidence as the CPU of a machine with one type. */
	fixture_write(root, "sys/devices/system/cpu/isolated", "2\n");
	topology = opened(root);
	assert_int_equal(topology_core_types(topology, types), 2);
	assert_int_equal(types[0].cpu, 2);
	assert_non_null(strstr(types[0].reason, "isolated by isolcpus"));
	topology_close(topology);
	topology = opened(fixture("neoverse-n1"));
	assert_int_equal(topology_core_types(topology, types), 0);
	topology_close(topology);
}

static void text_is(const struct facts *facts, const char *key, const char *text)
{
	const struct fact *fact = facts_find(facts, "topology", key);

	if (!fact || fact->value.kind != VALUE_TEXT)
		fail_msg("no text topology.%s", key);
	else if (!strstr(fact->value.text, text))
		fail_msg("topology.%s: '%s' is not in '%s'", key, text, fact->value.text);
}

static void number_is(const struct facts *facts, const char *key, int64_t number)
{
	const struct fact *fact = facts_find(facts, "topology", key);

	if (!fact || fact->value.kind != VALUE_INT)
		fail_msg("no number topology.%s", key);
	else
		assert_int_equal(fact->value.integer, number);
}

static void facts_of_big_little(void **state)
{
	struct topology *topology = opened(fixture("rk3588"));
	struct facts facts = { 0 };

	(void)state;
	assert_int_equal(topology_facts(topology, &facts), 0);
	number_is(&facts, "cpus", 8);
	number_is(&facts, "cores", 8);
	number_is(&facts, "packages", 1);
	text_is(&facts, "cpus_allowed", "0-7");
	text_is(&facts, "core_type_0", "0-3");
	text_is(&facts, "core_type_1", "4-7");
	number_is(&facts, "core_type_0_l1d_bytes", 32 << 10);
	number_is(&facts, "core_type_1_l1d_bytes", 64 << 10);
	number_is(&facts, "core_type_0_l2_bytes", 128 << 10);
	number_is(&facts, "core_type_1_l2_bytes", 512 << 10);
	number_is(&facts, "core_type_1_l3_bytes", 3 << 20);
	facts_free(&facts);
	topology_close(topology);
}

static void facts_of_two_nodes(void **state)
{
	struct topology *topology = opened(fixture("neoverse-n1"));
	struct facts facts = { 0 };

	(void)state;
	assert_int_equal(topology_facts(topology, &facts), 0);
	number_is(&facts, "numa_nodes", 2);
	number_is(&facts, "packages", 2);
	text_is(&facts, "numa_node_0_cpus", "0-3");
	text_is(&facts, "numa_node_1_cpus", "4-7");
	number_is(&facts, "numa_node_1_bytes", 67108864LL << 10);
	text_is(&facts, "core_type_0", "0-7");
	facts_free(&facts);
	topology_close(topology);
}

/* A machine without any file about CPUs gives an error or one CPU, and no crash. */
static void empty_tree(void **state)
{
	struct topology *topology = NULL;
	struct why why = { "", "" };
	char reason[200];

	(void)state;
	if (topology_open(fixture("empty"), &topology, &why)) {
		assert_true(why.reason[0]);
		return;
	}
	assert_true(topology_choose_cpu(topology, -1, reason, sizeof(reason), &why) >= 0);
	topology_close(topology);
}

/* Facts that the folder does not have must not come from the machine of the test. */
static void other_roots_leave_this_machine_alone(void **state)
{
	struct topology *topology = opened(fixture("rk3588"));

	(void)state;
	topology_close(topology);
	assert_null(getenv("HWLOC_FSROOT"));
	assert_null(getenv("HWLOC_THISSYSTEM"));
	topology = opened("");
	assert_true(topology_cpus(topology) >= 1);
	topology_close(topology);
}

static void pins_to_the_chosen(void **state)
{
	struct topology *topology = opened("");
	struct why why = { "", "" };
	cpu_set_t before, after;
	char reason[200];
	int cpu;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	cpu = topology_choose_cpu(topology, -1, reason, sizeof(reason), &why);
	assert_true(cpu >= 0);
	assert_int_equal(topology_pin(topology, cpu, &why), 0);
	assert_int_equal(sched_getaffinity(0, sizeof(after), &after), 0);
	assert_int_equal(CPU_COUNT(&after), 1);
	assert_true(CPU_ISSET(cpu, &after));
	assert_true(topology_pin(topology, 65535, &why) < 0);
	assert_non_null(strstr(why.reason, "CPU 65535"));
	topology_close(topology);
	/* Only CPUs of the affinity mask may be chosen. */
	topology = opened("");
	assert_int_equal(topology_cpus(topology), 1);
	assert_int_equal(topology_choose_cpu(topology, -1, reason, sizeof(reason), &why), cpu);
	topology_close(topology);
	sched_setaffinity(0, sizeof(before), &before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(big_cores_and_fewest_interrupts),
		cmocka_unit_test(faster_cluster_of_the_same_cores),
		cmocka_unit_test(isolated_before_others),
		cmocka_unit_test(cpu_0_only_on_evidence),
		cmocka_unit_test(the_last_of_equals_is_chosen),
		cmocka_unit_test(no_interrupts_file),
		cmocka_unit_test(interrupts_of_one_cpu),
		cmocka_unit_test(one_cpu_is_left),
		cmocka_unit_test(wanted_cpu),
		cmocka_unit_test(one_cpu_of_each_core_type),
		cmocka_unit_test(facts_of_big_little),
		cmocka_unit_test(facts_of_two_nodes),
		cmocka_unit_test(empty_tree),
		cmocka_unit_test(other_roots_leave_this_machine_alone),
		cmocka_unit_test(pins_to_the_chosen),
	};

	return cmocka_run_group_tests(tests, fixtures_make, fixtures_remove);
}
