// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/measure/environment.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "bench/measure/environment-config.h"
#include "bench/measure/environment-cpu.h"
#include "bench/measure/environment-memory.h"
#include "bench/measure/environment-survey.h"
#include "bench/measure/environment-virtual.h"

struct fact_row {
	const char *group, *key;
	const char *path; /* '#' stands for the CPU's number, '@' for its frequency policy's */
	enum survey_kind kind;
	const char *hint; /* how to make it readable */
};

static const char debugfs_hint[] = "to read it: sudo mount -t debugfs none /sys/kernel/debug, and run as root";

static const struct fact_row rows[] = {
	{ "kernel", "release", KERNEL_DIR "osrelease", AS_TEXT, NULL },
	{ "kernel", "boot_id", KERNEL_DIR "random/boot_id", AS_TEXT, NULL },
	{ "kernel", "version", KERNEL_DIR "version", AS_TEXT, NULL },
	{ "kernel", "build", "/proc/version", AS_TEXT, NULL },
	{ "kernel", "command_line", "/proc/cmdline", AS_TEXT, NULL },
	{ "kernel", "randomize_va_space", KERNEL_DIR "randomize_va_space", AS_NUMBER, NULL },
	{ "kernel", "numa_balancing", KERNEL_DIR "numa_balancing", AS_NUMBER, "this kernel has no NUMA balancing" },
	{ "kernel", "clocksource", "/sys/devices/system/clocksource/clocksource0/current_clocksource", AS_TEXT, NULL },
	{ "kernel", "clocksources", "/sys/devices/system/clocksource/clocksource0/available_clocksource", AS_TEXT,
	  NULL },
	{ "memory", "swappiness", "/proc/sys/vm/swappiness", AS_NUMBER, NULL },
	{ "memory", "thp", THP_DIR "enabled", AS_CHOICE, "this kernel has no transparent huge pages" },
	{ "memory", "thp_shmem", THP_DIR "shmem_enabled", AS_CHOICE, "this kernel has no transparent huge pages" },
	{ "memory", "thp_defrag", THP_DIR "defrag", AS_CHOICE, "this kernel has no transparent huge pages" },
	{ "memory", "thp_bytes", THP_DIR "hpage_pmd_size", AS_NUMBER, "this kernel has no transparent huge pages" },
	{ "memory", "fault_around_bytes", "/sys/kernel/debug/fault_around_bytes", AS_NUMBER, debugfs_hint },
	{ "memory", "ksm", "/sys/kernel/mm/ksm/run", AS_NUMBER, NULL },
	{ "cpu", "midr", CPU_DIR "cpu#/regs/identification/midr_el1", AS_TEXT, "only Arm has it" },
	{ "cpu", "capacity", CPU_DIR "cpu#/cpu_capacity", AS_NUMBER, NULL },
	{ "cpu", "governor", POLICY_DIR "scaling_governor", AS_TEXT, survey_frequency_hint },
	{ "cpu", "frequency_driver", POLICY_DIR "scaling_driver", AS_TEXT, survey_frequency_hint },
	{ "cpu", "frequency_min_khz", POLICY_DIR "scaling_min_freq", AS_NUMBER, survey_frequency_hint },
	{ "cpu", "frequency_max_khz", POLICY_DIR "scaling_max_freq", AS_NUMBER, survey_frequency_hint },
	{ "cpu", "frequency_hardware_max_khz", POLICY_DIR "cpuinfo_max_freq", AS_NUMBER, survey_frequency_hint },
	{ "cpu", "frequency_cpus", POLICY_DIR "related_cpus", AS_TEXT, survey_frequency_hint },
	{ "cpu", "boost", CPU_DIR "cpufreq/boost", AS_FLAG, NULL },
	{ "cpu", "turbo_off", CPU_DIR "intel_pstate/no_turbo", AS_FLAG, "only the driver intel_pstate has it" },
	{ "cpu", "smt", CPU_DIR "smt/control", AS_TEXT, NULL },
	{ "cpu", "smt_cpus", CPU_DIR "cpu#/topology/thread_siblings_list", AS_TEXT, NULL },
	{ "cpu", "online", CPU_DIR "online", AS_TEXT, NULL },
	{ "cpu", "isolated", CPU_DIR "isolated", AS_TEXT, "no CPU is isolated" },
	{ "cpu", "nohz_full", CPU_DIR "nohz_full", AS_TEXT, "every CPU has a periodic tick" },
	{ "cpu", "idle_driver", CPU_DIR "cpuidle/current_driver", AS_TEXT, NULL },
	{ "cpu", "idle_governor", CPU_DIR "cpuidle/current_governor_ro", AS_TEXT, NULL },
	{ "counters", "perf_event_paranoid", KERNEL_DIR "perf_event_paranoid", AS_NUMBER,
	  "this kernel has no perf events" },
	{ "counters", "perf_user_access", KERNEL_DIR "perf_user_access", AS_FLAG, "only arm64 has it, from 5.17 on" },
	{ "counters", "nmi_watchdog", KERNEL_DIR "nmi_watchdog", AS_FLAG, NULL },
	{ "counters", "rdpmc", "/sys/bus/event_source/devices/cpu/rdpmc", AS_NUMBER, "only an x86 PMU has it" },
	{ "machine", "vendor", "/sys/class/dmi/id/sys_vendor", AS_TEXT, NULL },
	{ "machine", "product", "/sys/class/dmi/id/product_name", AS_TEXT, NULL },
	{ "machine", "model", "/proc/device-tree/model", AS_TEXT, NULL },
	{ "machine", "compatible", "/proc/device-tree/compatible", AS_TEXT, NULL },
	{ "machine", "firmware", "/sys/class/dmi/id/bios_version", AS_TEXT, NULL },
	{ "machine", "boot_loader", "/proc/device-tree/chosen/u-boot,version", AS_TEXT, "only U-Boot sets it" },
	{ "cpu", "microcode", CPU_DIR "cpu#/microcode/version", AS_TEXT,
	  "only x86 has it, and few virtual machines do" },
};

static int read_rows(struct survey *survey, const char *group)
{
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct sysfile file;

		if (strcmp(rows[i].group, group) != 0)
			continue;
		survey_path(survey, rows[i].path, &file);
		if (survey_file(survey, rows[i].group, rows[i].key, &file, rows[i].kind, rows[i].hint))
			return -ENOMEM;
	}
	return 0;
}

/* The file exists since 6.1. Older kernels tell by uname() only, which knows this machine alone. */
static int read_architecture(struct survey *survey)
{
	struct sysfile file;
	struct utsname names;
	char text[64];
	int err;

	sysfile_path(&file, survey->root, KERNEL_DIR "arch");
	err = sysfile_text(&file, text, sizeof(text));
	if (!err)
		return facts_add_text(survey->facts, "kernel", "architecture", text);
	if (!survey->root[0] && !uname(&names))
		return facts_add_text(survey->facts, "kernel", "architecture", names.machine);
	return survey_missing(survey, "kernel", "architecture", &file, err, NULL);
}

static int read_kernel_config(struct survey *survey)
{
	return environment_config(survey->root, survey->facts);
}

static int read_mitigations(struct survey *survey)
{
	struct sysfile folder, file;
	char **names;
	int err = 0;

	sysfile_path(&folder, survey->root, CPU_DIR "vulnerabilities");
	names = sysfile_names(&folder);
	for (char **name = names; name && *name && !err; name++) {
		sysfile_path(&file, survey->root, CPU_DIR "vulnerabilities/%s", *name);
		err = survey_file(survey, "mitigations", *name, &file, AS_TEXT, NULL);
	}
	if (!names)
		err = survey_missing(survey, "mitigations", "all", &folder, -ENOENT, NULL);
	sysfile_free_names(names);
	return err;
}

static int read_kernel(struct survey *survey)
{
	int err = read_architecture(survey);

	if (!err)
		err = read_kernel_config(survey);
	return err;
}

static int read_load(struct survey *survey)
{
	struct sysfile file, online_file;
	char text[128], online[256], *end;
	double load;
	int err;

	sysfile_path(&file, survey->root, "/proc/loadavg");
	err = sysfile_text(&file, text, sizeof(text));
	load = strtod(text, &end);
	if (!err && (end == text || !isfinite(load) || load < 0))
		err = -EINVAL;
	if (err)
		return survey_missing(survey, "load", "one_minute", &file, err, NULL);
	if (facts_add_real(survey->facts, "load", "one_minute", load))
		return -ENOMEM;
	sysfile_path(&online_file, survey->root, CPU_DIR "online");
	if (sysfile_text(&online_file, online, sizeof(online)) || cpulist_count(online) < 1)
		return 0;
	return facts_add_real(survey->facts, "load", "per_cpu", load / cpulist_count(online));
}

/*
 * The PMUs, and whether this user may count events in the kernel. Otherwise a counter misses the fault handler, which
 * is what we measure.
 */
static int read_counters(struct survey *survey)
{
	struct sysfile folder, paranoid_file;
	char list[512] = "";
	int64_t paranoid;
	char **names;
	size_t used = 0;
	int err;

	sysfile_path(&folder, survey->root, "/sys/bus/event_source/devices");
	names = sysfile_names(&folder);
	for (char **name = names; name && *name && used < sizeof(list); name++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", used ? "," : "", *name);
	err = names ? facts_add_text(survey->facts, "counters", "pmus", list)
		    : survey_missing(survey, "counters", "pmus", &folder, -ENOENT, "this kernel has no perf events");
	sysfile_free_names(names);
	sysfile_path(&paranoid_file, survey->root, KERNEL_DIR "perf_event_paranoid");
	if (err || sysfile_integer(&paranoid_file, &paranoid))
		return err;
	return facts_add_bool(survey->facts, "counters", "kernel_allowed",
			      survey_may_count(survey->root) || paranoid <= 1);
}

/* Per group: its rows first, then facts that need more than one file. Later groups use earlier ones. */
static const struct group {
	const char *name;
	int (*read)(struct survey *survey); /* NULL: rows only */
} groups[] = {
	{ "machine", NULL },
	{ "kernel", read_kernel },
	{ "mitigations", read_mitigations },
	{ "cpu", environment_cpu },
	{ "memory", environment_memory },
	{ "load", read_load },
	{ "thermal", environment_thermal },
	{ "power", environment_power },
	{ "counters", read_counters },
	{ "virtualization", environment_virtualization },
};

int environment_read(const char *root, int cpu, struct facts *facts)
{
	struct survey survey = { .root = root, .cpu = cpu, .facts = facts };
	struct monitor *monitor;
	int err = 0;

	if (monitor_open(root, cpu, &monitor))
		return -ENOMEM;
	monitor_read(monitor, &survey.now);
	monitor_close(monitor);
	survey.policy = monitor_frequency_policy(root, cpu);
	for (size_t i = 0; i < ROWS(groups) && !err; i++) {
		err = read_rows(&survey, groups[i].name);
		if (!err && groups[i].read)
			err = groups[i].read(&survey);
	}
	return err;
}

bool environment_emulated(const struct facts *facts)
{
	const struct fact *fact = facts_find(facts, "virtualization", "emulated");

	return fact && fact->value.kind == VALUE_BOOL && fact->value.boolean;
}
