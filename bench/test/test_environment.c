// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

#include "bench/measure/environment-config.h"
#include "bench/measure/environment-files.h"
#include "bench/measure/environment.h"
#include "bench/test/fixtures/fixture.h"

static struct facts read_at(const char *root, int cpu)
{
	struct facts facts = { 0 };

	assert_int_equal(environment_read(root, cpu, &facts), 0);
	return facts;
}

static const struct fact *get(const struct facts *facts, const char *name)
{
	const char *dot = strchr(name, '.');
	const struct fact *fact;
	char group[64];

	snprintf(group, sizeof(group), "%.*s", (int)(dot - name), name);
	fact = facts_find(facts, group, dot + 1);
	if (!fact)
		fail_msg("no fact %s", name);
	return fact;
}

static void text_is(const struct facts *facts, const char *name, const char *text)
{
	const struct fact *fact = get(facts, name);

	if (fact->value.kind != VALUE_TEXT)
		fail_msg("%s is no text: %s", name, fact->why_missing ? fact->why_missing : "");
	assert_string_equal(fact->value.text, text);
}

static void number_is(const struct facts *facts, const char *name, double number)
{
	const struct fact *fact = get(facts, name);
	double found = fact->value.kind == VALUE_INT ? (double)fact->value.integer : fact->value.real;

	if (fact->value.kind != VALUE_INT && fact->value.kind != VALUE_REAL)
		fail_msg("%s is no number: %s", name, fact->why_missing ? fact->why_missing : "");
	if (fabs(found - number) > 1e-9 * fabs(number))
		fail_msg("%s is %.9g, not %.9g", name, found, number);
}

static void flag_is(const struct facts *facts, const char *name, bool flag)
{
	const struct fact *fact = get(facts, name);

	if (fact->value.kind != VALUE_BOOL)
		fail_msg("%s is no flag: %s", name, fact->why_missing ? fact->why_missing : "");
	assert_int_equal(fact->value.boolean, flag);
}

static void is_missing(const struct facts *facts, const char *name, const char *why)
{
	const struct fact *fact = get(facts, name);

	if (fact->value.kind != VALUE_MISSING)
		fail_msg("%s is there", name);
	else if (!strstr(fact->why_missing, why))
		fail_msg("%s: '%s' is not in '%s'", name, why, fact->why_missing);
}

/* Every fact has a value or a reason, and no reason names the scratch folder. Each group is contiguous. */
static void every_fact_is_whole(const struct facts *facts)
{
	for (size_t i = 0; i < facts->count; i++) {
		const struct fact *fact = &facts->item[i];

		assert_true((fact->value.kind == VALUE_MISSING) == (fact->why_missing != NULL));
		if (fact->why_missing) {
			assert_true(fact->why_missing[0]);
			assert_null(strstr(fact->why_missing, fixture_folder));
		}
		for (size_t j = 0; j + 1 < i; j++)
			assert_false(strcmp(facts->item[j].group, fact->group) == 0 &&
				     strcmp(facts->item[i - 1].group, fact->group) != 0);
		for (size_t j = 0; j < i; j++)
			assert_false(strcmp(facts->item[j].group, fact->group) == 0 &&
				     strcmp(facts->item[j].key, fact->key) == 0);
	}
}

static void facts_of_big_little(void **state)
{
	struct facts facts = read_at(fixture("rk3588"), 5);

	(void)state;
	every_fact_is_whole(&facts);
	text_is(&facts, "kernel.release", "6.12.30-arm64");
	text_is(&facts, "kernel.architecture", "aarch64");
	text_is(&facts, "kernel.config_source", "/boot/config-6.12.30-arm64");
	text_is(&facts, "kernel.config_hz", "250");
	text_is(&facts, "kernel.config_arm64_contpte", "y");
	text_is(&facts, "kernel.config_arm64_hw_afdbm", "n");
	text_is(&facts, "kernel.preemption", "full");
	text_is(&facts, "kernel.debug_options", "slub_debug");
	text_is(&facts, "kernel.zap_options", "DMABUF_HEAPS_ZAP=y,DMABUF_HEAPS_ZAP_EAGER=y");
	text_is(&facts, "mitigations.spectre_v2", "Mitigation: CSV2, BHB");
	number_is(&facts, "memory.page_size_bytes", 4096);
	number_is(&facts, "memory.total_bytes", 8000000.0 * 1024);
	number_is(&facts, "memory.available_percent", 7.5);
	number_is(&facts, "memory.swap_used_bytes", 500000.0 * 1024);
	number_is(&facts, "memory.fault_around_bytes", 65536);
	text_is(&facts, "memory.thp", "madvise");
	text_is(&facts, "memory.thp_shmem", "never");
	text_is(&facts, "memory.mthp_64kB", "never");
	text_is(&facts, "memory.mthp_2048kB", "inherit");
	text_is(&facts, "memory.mthp_shmem", "64kB=always");
	text_is(&facts, "memory.clock_device", "dmc");
	number_is(&facts, "memory.clock_hz", 528000000);
	is_missing(&facts, "cpu.model", "see midr");
	text_is(&facts, "cpu.midr", "0x00000000414fd0b0");
	number_is(&facts, "cpu.capacity", 1024);
	number_is(&facts, "cpu.frequency_policy", 4);
	text_is(&facts, "cpu.governor", "schedutil");
	number_is(&facts, "cpu.frequency_khz", 1608000);
	number_is(&facts, "cpu.frequency_hardware_max_khz", 2352000);
	is_missing(&facts, "cpu.boost", "/sys/devices/system/cpu/cpufreq/boost does not exist");
	number_is(&facts, "load.per_cpu", 0.8);
	number_is(&facts, "thermal.temperature_millicelsius", 81500);
	number_is(&facts, "thermal.headroom_millicelsius", 3500);
	number_is(&facts, "thermal.throttle_events", 3);
	flag_is(&facts, "power.on_battery", false);
	flag_is(&facts, "counters.perf_user_access", true);
	flag_is(&facts, "counters.kernel_allowed", false);
	text_is(&facts, "machine.compatible", "example,board rockchip,rk3588");
	text_is(&facts, "virtualization.hypervisor", "none seen");
	number_is(&facts, "virtualization.steal_percent", 0);
	assert_false(environment_emulated(&facts));
	facts_free(&facts);
	facts = read_at(fixture("rk3588"), 6);
	number_is(&facts, "cpu.frequency_policy", 6);
	text_is(&facts, "cpu.governor", "performance");
	facts_free(&facts);
}

static void facts_of_64k_server(void **state)
{
	struct facts facts = read_at(fixture("neoverse-n1"), 7);

	(void)state;
	every_fact_is_whole(&facts);
	number_is(&facts, "memory.page_size_bytes", 65536);
	number_is(&facts, "memory.thp_bytes", 512 << 20);
	text_is(&facts, "memory.mthp_shmem", "none");
	number_is(&facts, "memory.huge_pool_pages", 4);
	number_is(&facts, "memory.huge_pool_page_bytes", 512 << 20);
	is_missing(&facts, "memory.fault_around_bytes", "sudo mount -t debugfs none /sys/kernel/debug");
	is_missing(&facts, "kernel.config_hz", "/proc/config.gz does not exist; to read it: sudo modprobe configs");
	is_missing(&facts, "kernel.config_hz", "/boot/config-6.12.30-arm64-64k does not exist");
	is_missing(&facts, "kernel.debug_options", "/proc/config.gz");
	is_missing(&facts, "thermal.temperature_millicelsius", "/sys/class/thermal");
	text_is(&facts, "cpu.isolated", "6-7");
	text_is(&facts, "machine.product", "Example N1 Server");
	text_is(&facts, "machine.firmware", "1.2.3");
	flag_is(&facts, "counters.kernel_allowed", true);
	facts_free(&facts);
}

static void facts_of_virtual_machine(void **state)
{
	struct facts facts = read_at(fixture("vm"), 0);

	(void)state;
	every_fact_is_whole(&facts);
	text_is(&facts, "cpu.model", "AMD EPYC");
	is_missing(&facts, "cpu.governor",
		   "policy*/scaling_governor does not exist; no cpufreq driver serves this CPU");
	is_missing(&facts, "cpu.frequency_khz", "no cpufreq driver");
	is_missing(&facts, "cpu.midr", "only Arm has it");
	is_missing(&facts, "cpu.isolated", "is empty; no CPU is isolated");
	is_missing(&facts, "machine.vendor", "/sys/class/dmi/id/sys_vendor does not exist");
	text_is(&facts, "cpu.smt_cpus", "0-1");
	number_is(&facts, "cpu.smt_sibling", 1);
	text_is(&facts, "counters.pmus", "breakpoint,msr,software,tracepoint,uprobe");
	/* paranoid is 2, but CAP_PERFMON is there */
	flag_is(&facts, "counters.kernel_allowed", true);
	text_is(&facts, "virtualization.hypervisor", "kvm");
	text_is(&facts, "virtualization.emulated_evidence", "no sign of an emulator");
	number_is(&facts, "virtualization.steal_ticks", 5000);
	number_is(&facts, "virtualization.steal_percent", 100 * 5000 / (4259.83 * (double)sysconf(_SC_CLK_TCK)));
	facts_free(&facts);
}

/* The codes of all warnings, separated by blanks. The record keeps the warnings for further checks. */
static struct record *warned(const char *root, int cpu, char *codes, size_t size)
{
	struct facts facts = read_at(root, cpu);
	struct record *record = record_new();
	size_t used = 0;

	assert_non_null(record);
	assert_int_equal(environment_warn(&facts, cpu, record), 0);
	codes[0] = '\0';
	for (size_t i = 0; i < record->nr_warnings; i++) {
		used += (size_t)snprintf(codes + used, size - used, "%s%s", used ? " " : "", record->warning[i].code);
		/* No placeholder is left. */
		assert_null(strchr(record->warning[i].text, '{'));
		assert_null(strchr(record->warning[i].remedy, '{'));
		/* A missing fact would be "unknown"; only the frequency is said to be so. */
		if (strcmp(record->warning[i].code, "frequency_unknown"))
			assert_null(strstr(record->warning[i].text, "unknown"));
		assert_null(strstr(record->warning[i].remedy, "unknown"));
		assert_true(record->warning[i].remedy[0]);
	}
	facts_free(&facts);
	return record;
}

static void says(const struct record *record, const char *code, const char *text, const char *remedy)
{
	for (size_t i = 0; i < record->nr_warnings; i++) {
		if (strcmp(record->warning[i].code, code) != 0)
			continue;
		if (!strstr(record->warning[i].text, text))
			fail_msg("%s: '%s' is not in '%s'", code, text, record->warning[i].text);
		assert_string_equal(record->warning[i].remedy, remedy);
		return;
	}
	fail_msg("no warning %s", code);
}

static void warnings_of_big_little(void **state)
{
	char codes[400];
	struct record *record = warned(fixture("rk3588"), 5, codes, sizeof(codes));

	(void)state;
	assert_string_equal(
		codes,
		"debug_kernel governor frequency_limit memory_clock throttling hot load memory swap mthp counters");
	says(record, "debug_kernel", "(slub_debug)", "use a kernel without slub_debug");
	says(record, "governor", "governor of CPU 5 is schedutil",
	     "echo performance | sudo tee /sys/devices/system/cpu/cpufreq/policy4/scaling_governor");
	says(record, "frequency_limit", "limited to 1800000 kHz; the hardware allows 2352000 kHz",
	     "echo 2352000 | sudo tee /sys/devices/system/cpu/cpufreq/policy4/scaling_max_freq");
	says(record, "memory_clock", "(dmc) follows governor dmc_ondemand",
	     "echo performance | sudo tee /sys/class/devfreq/dmc/governor");
	says(record, "throttling", "CPU 5 (3 events", "improve the cooling, then let it cool down: sleep 600");
	says(record, "hot", "3500 millicelsius", "improve the cooling, then let it cool down: sleep 600");
	says(record, "load", "the load of the last minute is 6.4, 0.8 per CPU",
	     "stop other work (see top -b -n 1 | head -n 15); after a build or another run: sleep 60");
	says(record, "memory", "only 7.5 %", "stop the largest processes: ps -eo rss,pid,comm --sort=-rss | head");
	says(record, "swap", "512000000 bytes", "sudo swapoff -a");
	says(record, "mthp", "(64kB=always)",
	     "for f in /sys/kernel/mm/transparent_hugepage/hugepages-*/shmem_enabled; do echo never | sudo tee $f; "
	     "done");
	says(record, "counters", "perf_event_paranoid is 2", "sudo sysctl kernel.perf_event_paranoid=1");
	record_free(record);
}

static void warnings_of_64k_server(void **state)
{
	char codes[400];
	struct record *record = warned(fixture("neoverse-n1"), 7, codes, sizeof(codes));

	(void)state;
	assert_string_equal(codes, "numa_balancing thp aslr");
	says(record, "numa_balancing", "NUMA balancing", "sudo sysctl kernel.numa_balancing=0");
	says(record, "thp", "shmem_enabled is within_size: one refault of a memfd maps 536870912 bytes",
	     "echo never | sudo tee /sys/kernel/mm/transparent_hugepage/shmem_enabled");
	says(record, "aslr", "kernel.randomize_va_space=0", "sudo sysctl kernel.randomize_va_space=2");
	record_free(record);
}

static void warnings_of_virtual_machine(void **state)
{
	char codes[400];
	struct record *record = warned(fixture("vm"), 0, codes, sizeof(codes));

	(void)state;
	assert_string_equal(codes, "frequency_unknown steal smt");
	says(record, "frequency_unknown", "CPU frequency unknown",
	     "on the host of this virtual machine: echo performance | sudo tee "
	     "/sys/devices/system/cpu/cpufreq/policy*/scaling_governor");
	says(record, "steal", "took 1.17376 % of CPU 0's time",
	     "on the host of this virtual machine, pin each virtual CPU to a core of its own: virsh vcpupin DOMAIN 0 "
	     "CORE");
	says(record, "smt", "CPU 0 shares its core with CPU 1",
	     "echo 0 | sudo tee /sys/devices/system/cpu/cpu1/online");
	record_free(record);
}

/* The other warnings: change one file, expect one more warning. */
static void every_other_warning(void **state)
{
	static const struct {
		const char *path, *text, *code, *remedy;
	} rows[] = {
		{ "proc/cmdline", "quiet zapbench.emulated=1\n", "emulated",
		  "run on hardware; if this is hardware, boot with zapbench.emulated=0" },
		{ "proc/lockdep", "all lock classes:\n", "debug_kernel", "use a kernel without lockdep" },
		{ "proc/config.gz", "CONFIG_KASAN=y\nCONFIG_KCSAN=y\nCONFIG_DEBUG_PAGEALLOC_ENABLE_DEFAULT=y\n",
		  "debug_kernel", "use a kernel without KASAN,KCSAN,DEBUG_PAGEALLOC" },
		{ "sys/devices/system/cpu/cpufreq/boost", "1\n", "boost",
		  "echo 0 | sudo tee /sys/devices/system/cpu/cpufreq/boost" },
		{ "sys/devices/system/cpu/intel_pstate/no_turbo", "0\n", "turbo",
		  "echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo" },
		{ "sys/class/power_supply/BAT0/type", "Battery\n", "battery", "connect the power supply" },
		{ "proc/loadavg", "1.20 0 0 1/1 1\n", "load",
		  "stop other work (see top -b -n 1 | head -n 15); after a build or another run: sleep 60" },
		{ "sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "7\n", "throttling",
		  "improve the cooling, then let it cool down: sleep 600" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *root = fixture_copy("vm", "vm-changed");
		struct record *record;
		char codes[400];

		assert_int_equal(fixture_write(root, rows[i].path, rows[i].text), 0);
		record = warned(root, 0, codes, sizeof(codes));
		assert_int_equal(record->nr_warnings, 4);
		says(record, rows[i].code, "", rows[i].remedy);
		record_free(record);
	}
}

static void states_that_are_well_give_no_warning(void **state)
{
	const char *root = fixture_copy("neoverse-n1", "well");
	struct record *record;
	char codes[400];

	(void)state;
	fixture_write(root, "proc/sys/kernel/numa_balancing", "0\n");
	fixture_write(root, "proc/sys/kernel/randomize_va_space", "2\n");
	fixture_write(root, "sys/kernel/mm/transparent_hugepage/shmem_enabled", "always within_size advise [never]\n");
	fixture_write(root, "sys/class/power_supply/BAT0/type", "Battery\n");
	fixture_write(root, "sys/class/power_supply/AC/type", "Mains\n");
	fixture_write(root, "sys/class/power_supply/AC/online", "1\n");
	fixture_write(root, "proc/cmdline", "slub_debug=- zapbench.emulated=0\n");
	record = warned(root, 7, codes, sizeof(codes));
	assert_string_equal(codes, "");
	record_free(record);
}

static void emulation(void **state)
{
	static const struct {
		const char *path, *text, *clocks;
		bool emulated;
	} rows[] = {
		{ "sys/class/dmi/id/sys_vendor", "QEMU\n", "tsc\n", true },
		{ "sys/class/dmi/id/sys_vendor", "QEMU\n", "tsc kvm-clock\n", false },
		{ "proc/device-tree/compatible", "linux,dummy-virt", "arch_sys_counter\n", true },
		{ "proc/cpuinfo", "model name\t: QEMU TCG CPU version 2.5+\n", "tsc\n", true },
		{ "sys/class/ptp/ptp0/clock_name", "KVM virtual PTP\n", "tsc\n", false },
		{ "proc/cmdline", "zapbench.emulated=0\n", "tsc\n", false },
		{ "proc/cmdline", "zapbench.emulated=1\n", "tsc kvm-clock\n", true },
		{ "proc/cmdline", "zapbench.emulated\n", "tsc\n", true },
		{ "proc/cmdline", "xzapbench.emulated=1 zapbench.emulatedx=1\n", "tsc\n", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *root = fixture_copy("vm", "vm-emulation");
		struct facts facts;

		fixture_write(root, "sys/devices/system/clocksource/clocksource0/available_clocksource",
			      rows[i].clocks);
		fixture_write(root, rows[i].path, rows[i].text);
		facts = read_at(root, 0);
		if (environment_emulated(&facts) != rows[i].emulated)
			fail_msg("row %zu: emulated is not %d", i, rows[i].emulated);
		facts_free(&facts);
	}
}

static void words_of_the_command_line(void **state)
{
	char value[8] = "x";

	(void)state;
	assert_true(command_line_word("a b=cdef\tg\n", "a", value, sizeof(value)));
	assert_string_equal(value, "");
	assert_true(command_line_word("a b=cdef\tg\n", "b", value, sizeof(value)));
	assert_string_equal(value, "cdef");
	assert_true(command_line_word("a b=cdef\tg\n", "g", NULL, 0));
	assert_false(command_line_word("ab b=c", "a", value, sizeof(value)));
	assert_false(command_line_word("", "a", value, sizeof(value)));
	assert_true(command_line_word("b=0123456789", "b", value, sizeof(value)));
	assert_string_equal(value, "0123456");
	assert_true(command_line_word("x page_owner=on", "page_owner=on", value, sizeof(value)));
	assert_false(command_line_word("page_owner=only", "page_owner=on", value, sizeof(value)));
}

static void configuration_may_be_compressed(void **state)
{
	static const char config[] = "CONFIG_HZ=1000\nCONFIG_PREEMPT_DYNAMIC=y\nCONFIG_PREEMPT=y\n";
	const char *root = fixture_copy("vm", "vm-config");
	struct facts facts;
	char name[600];
	gzFile file;

	(void)state;
	snprintf(name, sizeof(name), "%s/proc/config.gz", root);
	file = gzopen(name, "wb");
	assert_non_null(file);
	assert_int_equal(gzwrite(file, config, sizeof(config) - 1), sizeof(config) - 1);
	assert_int_equal(gzclose(file), Z_OK);
	facts = read_at(root, 0);
	text_is(&facts, "kernel.config_source", "/proc/config.gz");
	text_is(&facts, "kernel.config_hz", "1000");
	text_is(&facts, "kernel.preemption", "dynamic");
	text_is(&facts, "kernel.debug_options", "none");
	is_missing(&facts, "kernel.zap_options", "this kernel is not patched");
	facts_free(&facts);
	/* A truncated file, and a file that is no configuration. */
	assert_int_equal(truncate(name, 20), 0);
	facts = read_at(root, 0);
	is_missing(&facts, "kernel.config_hz", "/proc/config.gz has unexpected contents");
	facts_free(&facts);
}

static void garbage_is_no_fact(void **state)
{
	static const char *const numbers[] = { "garbage",      "12x", "",      "99999999999999999999999",
					       "\x01\xff\xfe", "nan", "1e6 kB" };
	const char *root = fixture_copy("rk3588", "rk3588-garbage");

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct record *record;
		struct facts facts;
		char codes[400], text[200];

		fixture_write(root, "proc/sys/kernel/perf_event_paranoid", numbers[i]);
		fixture_write(root, "sys/devices/system/cpu/cpufreq/policy4/scaling_max_freq", numbers[i]);
		fixture_write(root, "sys/devices/system/cpu/cpufreq/policy4/scaling_cur_freq", numbers[i]);
		fixture_write(root, "sys/kernel/mm/transparent_hugepage/shmem_enabled", numbers[i]);
		fixture_write(root, "proc/loadavg", numbers[i]);
		fixture_write(root, "proc/stat", numbers[i]);
		fixture_write(root, "proc/uptime", numbers[i]);
		snprintf(text, sizeof(text), "MemTotal: %s kB\nMemAvailable: %s\n", numbers[i], numbers[i]);
		fixture_write(root, "proc/meminfo", text);
		facts = read_at(root, 5);
		every_fact_is_whole(&facts);
		is_missing(&facts, "counters.perf_event_paranoid", "/proc/sys/kernel/perf_event_paranoid");
		is_missing(&facts, "cpu.frequency_max_khz", "scaling_max_freq");
		is_missing(&facts, "memory.thp_shmem", "shmem_enabled");
		is_missing(&facts, "memory.total_bytes", "/proc/meminfo");
		is_missing(&facts, "virtualization.steal_ticks", "/proc/stat");
		assert_null(facts_find(&facts, "cpu", "frequency_limit_percent"));
		facts_free(&facts);
		record = warned(root, 5, codes, sizeof(codes));
		assert_null(strstr(codes, "counters"));
		assert_null(strstr(codes, "steal"));
		record_free(record);
	}
}

static void texts_are_made_printable(void **state)
{
	const char *root = fixture_copy("vm", "vm-text");
	struct facts facts;

	(void)state;
	fixture_write(root, "proc/cmdline", "caf\xc3\xa9 \x1b[31m\n\n");
	facts = read_at(root, 0);
	text_is(&facts, "kernel.command_line", "caf?? ?[31m");
	facts_free(&facts);
}

static void empty_tree(void **state)
{
	struct facts facts = read_at(fixture("empty"), 0);
	struct record *record;
	char codes[400];

	(void)state;
	every_fact_is_whole(&facts);
	is_missing(&facts, "kernel.release", "/proc/sys/kernel/osrelease does not exist");
	is_missing(&facts, "mitigations.all", "vulnerabilities does not exist");
	is_missing(&facts, "counters.pmus", "this kernel has no perf events");
	assert_false(environment_emulated(&facts));
	facts_free(&facts);
	record = warned(fixture("empty"), 0, codes, sizeof(codes));
	assert_string_equal(codes, "frequency_unknown");
	record_free(record);
}

/* A root and a CPU that are too long for a file name. */
static void absurd_arguments(void **state)
{
	char root[3000];
	struct facts facts;

	(void)state;
	memset(root, 'x', sizeof(root) - 1);
	root[0] = '/';
	root[sizeof(root) - 1] = '\0';
	facts = read_at(root, 2147483647);
	assert_true(facts.count > 0);
	facts_free(&facts);
	facts = read_at(fixture("rk3588"), -1);
	is_missing(&facts, "cpu.governor", "does not exist");
	facts_free(&facts);
}

static void this_machine(void **state)
{
	struct facts facts = read_at("", 0);

	(void)state;
	every_fact_is_whole(&facts);
	number_is(&facts, "memory.page_size_bytes", (double)sysconf(_SC_PAGESIZE));
	assert_int_equal(get(&facts, "kernel.release")->value.kind, VALUE_TEXT);
	assert_int_equal(get(&facts, "kernel.architecture")->value.kind, VALUE_TEXT);
	facts_free(&facts);
}

static void cpu_lists(void **state)
{
	(void)state;
	assert_true(cpulist_has("0-3,6", 6));
	assert_true(cpulist_has("0 1 2", 2));
	assert_false(cpulist_has("0-3,6", 5));
	assert_false(cpulist_has("(null)", 0));
	assert_false(cpulist_has("3-1", 2));
	assert_false(cpulist_has("-1", -1));
	assert_false(cpulist_has("0-99999999999999999999", 1));
	assert_int_equal(cpulist_count("0-3,6\n"), 5);
	assert_int_equal(cpulist_count(""), 0);
	assert_int_equal(cpulist_count("0-2147483646,0-2147483646"), 2147483647);
}

static void monitor_tells_what_happened(void **state)
{
	const char *root = fixture_copy("rk3588", "rk3588-monitor");
	struct monitor_reading before, after;
	struct monitor *monitor;

	(void)state;
	assert_int_equal(monitor_open(root, 5, &monitor), 0);
	monitor_read(monitor, &before);
	assert_true(before.temperature_millicelsius == 81500);
	assert_true(before.frequency_khz == 1608000);
	assert_true(before.steal_ticks == 0);
	assert_true(before.throttle_events == 3);
	assert_true(before.load == 6.4);
	assert_true(before.interrupts == 3200);
	monitor_read(monitor, &after);
	assert_int_equal(monitor_disturbed(&before, &after), 0);
	/* A change of under 1 % is no change of frequency. A fan does not limit CPUs. CPU 50 is not CPU 5. */
	fixture_write(root, "sys/devices/system/cpu/cpufreq/policy4/scaling_cur_freq", "1600000\n");
	fixture_write(root, "sys/class/thermal/cooling_device3/cur_state", "5\n");
	fixture_write(root, "proc/stat",
		      "cpu  1 2 3 4 5 6 7 8\ncpu50 1 1 1 1 1 1 1 99 0 0\ncpu5 1 0 1 3 0 0 0 0 0 0\n");
	monitor_read(monitor, &after);
	assert_int_equal(monitor_disturbed(&before, &after), 0);
	fixture_write(root, "sys/devices/system/cpu/cpufreq/policy4/scaling_cur_freq", "1416000\n");
	monitor_read(monitor, &after);
	assert_int_equal(monitor_disturbed(&before, &after), DISTURBED_FREQUENCY);
	fixture_write(root, "sys/class/thermal/cooling_device1/cur_state", "0\n");
	fixture_write(root, "proc/stat", "cpu  1 2 3 4 5 6 7 8\ncpu5 1 0 1 3 0 0 0 4 0 0\n");
	monitor_read(monitor, &after);
	assert_true(after.steal_ticks == 4);
	assert_true(after.throttle_events == 1);
	assert_int_equal(monitor_disturbed(&before, &after),
			 DISTURBED_FREQUENCY | DISTURBED_STEAL | DISTURBED_THROTTLE);
	monitor_close(monitor);
}

static void monitor_counts_throttling_on_x86(void **state)
{
	const char *root = fixture_copy("vm", "vm-throttle");
	struct monitor_reading before, after;
	struct monitor *monitor;

	(void)state;
	fixture_write(root, "sys/devices/system/cpu/cpu1/thermal_throttle/core_throttle_count", "10\n");
	fixture_write(root, "sys/devices/system/cpu/cpu1/thermal_throttle/package_throttle_count", "5\n");
	assert_int_equal(monitor_open(root, 1, &monitor), 0);
	monitor_read(monitor, &before);
	assert_true(before.throttle_events == 15);
	assert_true(isnan(before.frequency_khz));
	assert_true(isnan(before.temperature_millicelsius));
	fixture_write(root, "sys/devices/system/cpu/cpu1/thermal_throttle/package_throttle_count", "6\n");
	monitor_read(monitor, &after);
	assert_int_equal(monitor_disturbed(&before, &after), DISTURBED_THROTTLE);
	monitor_close(monitor);
}

static void monitor_of_nothing(void **state)
{
	struct monitor_reading before, after;
	struct monitor *monitor;

	(void)state;
	assert_int_equal(monitor_open(fixture("empty"), 3, &monitor), 0);
	monitor_read(monitor, &before);
	monitor_read(monitor, &after);
	assert_true(isnan(before.temperature_millicelsius) && isnan(before.frequency_khz));
	assert_true(isnan(before.steal_ticks) && isnan(before.throttle_events));
	assert_int_equal(monitor_disturbed(&before, &after), 0);
	monitor_close(monitor);
	monitor_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts_of_big_little),
		cmocka_unit_test(facts_of_64k_server),
		cmocka_unit_test(facts_of_virtual_machine),
		cmocka_unit_test(warnings_of_big_little),
		cmocka_unit_test(warnings_of_64k_server),
		cmocka_unit_test(warnings_of_virtual_machine),
		cmocka_unit_test(every_other_warning),
		cmocka_unit_test(states_that_are_well_give_no_warning),
		cmocka_unit_test(emulation),
		cmocka_unit_test(words_of_the_command_line),
		cmocka_unit_test(configuration_may_be_compressed),
		cmocka_unit_test(garbage_is_no_fact),
		cmocka_unit_test(texts_are_made_printable),
		cmocka_unit_test(empty_tree),
		cmocka_unit_test(absurd_arguments),
		cmocka_unit_test(this_machine),
		cmocka_unit_test(cpu_lists),
		cmocka_unit_test(monitor_tells_what_happened),
		cmocka_unit_test(monitor_counts_throttling_on_x86),
		cmocka_unit_test(monitor_of_nothing),
	};

	return cmocka_run_group_tests(tests, fixtures_make, fixtures_remove);
}
