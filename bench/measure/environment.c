// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/measure/environment.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bench/measure/environment_config.h"
#include "bench/measure/environment_files.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

enum { TEXT = 4096, WHY = 500 };

/* The machine that is being looked at. */
struct survey {
	const char *root;
	int cpu;
	int policy; /* of cpufreq; -1: none */
	struct monitor_reading now;
	struct facts *facts;
};

enum kind {
	AS_TEXT,
	AS_NUMBER,
	AS_FLAG,   /* 0 or 1 */
	AS_CHOICE, /* "always [madvise] never" */
};

struct row {
	const char *group, *key;
	const char *path; /* '#' stands for the CPU's number, '@' for its frequency policy's */
	enum kind kind;
	const char *hint; /* what would make it readable */
};

static const char debugfs_hint[] = "for it: sudo mount -t debugfs none /sys/kernel/debug, and run as root";
static const char frequency_hint[] = "no cpufreq driver serves this CPU (a hypervisor keeps the frequency to itself)";

#define CPU_DIR "/sys/devices/system/cpu/"
#define POLICY_DIR CPU_DIR "cpufreq/policy@/"
#define THP_DIR "/sys/kernel/mm/transparent_hugepage/"
#define KERNEL_DIR "/proc/sys/kernel/"

static const struct row rows[] = {
	{ "kernel", "release", KERNEL_DIR "osrelease", AS_TEXT, NULL },
	{ "kernel", "boot_id", KERNEL_DIR "random/boot_id", AS_TEXT, NULL },
	{ "kernel", "version", KERNEL_DIR "version", AS_TEXT, NULL },
	{ "kernel", "build", "/proc/version", AS_TEXT, NULL },
	{ "kernel", "command_line", "/proc/cmdline", AS_TEXT, NULL },
	{ "kernel", "randomize_va_space", KERNEL_DIR "randomize_va_space", AS_NUMBER, NULL },
	{ "kernel", "numa_balancing", KERNEL_DIR "numa_balancing", AS_NUMBER,
	  "this kernel moves no page between nodes" },
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
	{ "cpu", "governor", POLICY_DIR "scaling_governor", AS_TEXT, frequency_hint },
	{ "cpu", "frequency_driver", POLICY_DIR "scaling_driver", AS_TEXT, frequency_hint },
	{ "cpu", "frequency_min_khz", POLICY_DIR "scaling_min_freq", AS_NUMBER, frequency_hint },
	{ "cpu", "frequency_max_khz", POLICY_DIR "scaling_max_freq", AS_NUMBER, frequency_hint },
	{ "cpu", "frequency_hardware_max_khz", POLICY_DIR "cpuinfo_max_freq", AS_NUMBER, frequency_hint },
	{ "cpu", "frequency_cpus", POLICY_DIR "related_cpus", AS_TEXT, frequency_hint },
	{ "cpu", "boost", CPU_DIR "cpufreq/boost", AS_FLAG, NULL },
	{ "cpu", "turbo_off", CPU_DIR "intel_pstate/no_turbo", AS_FLAG, "only Intel has it" },
	{ "cpu", "smt", CPU_DIR "smt/control", AS_TEXT, NULL },
	{ "cpu", "smt_cpus", CPU_DIR "cpu#/topology/thread_siblings_list", AS_TEXT, NULL },
	{ "cpu", "online", CPU_DIR "online", AS_TEXT, NULL },
	{ "cpu", "isolated", CPU_DIR "isolated", AS_TEXT, "no CPU is set apart" },
	{ "cpu", "nohz_full", CPU_DIR "nohz_full", AS_TEXT, "no CPU is without a tick" },
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
	{ "machine", "boot_loader", "/proc/device-tree/chosen/u-boot,version", AS_TEXT, "only U-Boot tells" },
	{ "cpu", "microcode", CPU_DIR "cpu#/microcode/version", AS_TEXT, "only x86 has it" },
};

static int add_missing(struct survey *survey, const char *group, const char *key, const struct sysfile *file, int err,
		       const char *hint)
{
	char why[WHY];

	sysfile_why(file, err, hint, why, sizeof(why));
	return facts_add_missing(survey->facts, group, key, why);
}

/* '#' and '@' filled in; the root in front. */
static void row_path(const struct survey *survey, const char *path, struct sysfile *file)
{
	char text[SYSFILE_PATH];
	size_t used = 0;

	for (const char *at = path; *at && used < sizeof(text) - 16; at++) {
		if (*at == '#')
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%d", survey->cpu);
		else if (*at == '@' && survey->policy >= 0)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%d", survey->policy);
		else
			text[used++] = *at == '@' ? '*' : *at;
	}
	text[used] = '\0';
	sysfile_path(file, survey->root, "%s", text);
}

/* The word in brackets takes the place of the whole; -EINVAL without one. */
static int choose_word(char *text)
{
	char *begin = strchr(text, '['), *end = begin ? strchr(begin, ']') : NULL;

	if (!end)
		return -EINVAL;
	memmove(text, begin + 1, (size_t)(end - begin - 1));
	text[end - begin - 1] = '\0';
	return 0;
}

static int add_file(struct survey *survey, const char *group, const char *key, const struct sysfile *file,
		    enum kind kind, const char *hint)
{
	char text[TEXT];
	int64_t number = 0;
	int err;

	err = kind == AS_NUMBER || kind == AS_FLAG ? sysfile_integer(file, &number)
						   : sysfile_text(file, text, sizeof(text));
	if (!err && kind == AS_CHOICE)
		err = choose_word(text);
	if (!err && kind == AS_FLAG && number != 0 && number != 1)
		err = -ERANGE;
	if (err)
		return add_missing(survey, group, key, file, err, hint);
	switch (kind) {
	case AS_NUMBER:
		return facts_add_int(survey->facts, group, key, number);
	case AS_FLAG:
		return facts_add_bool(survey->facts, group, key, number == 1);
	default:
		return facts_add_text(survey->facts, group, key, text);
	}
}

static int read_rows(struct survey *survey, const char *group)
{
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct sysfile file;

		if (strcmp(rows[i].group, group) != 0)
			continue;
		row_path(survey, rows[i].path, &file);
		if (add_file(survey, rows[i].group, rows[i].key, &file, rows[i].kind, rows[i].hint))
			return -ENOMEM;
	}
	return 0;
}

/* The file came with 6.1; before, only the call tells, and that of this machine alone. */
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
	return add_missing(survey, "kernel", "architecture", &file, err, NULL);
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
		err = add_file(survey, "mitigations", *name, &file, AS_TEXT, NULL);
	}
	if (!names)
		err = add_missing(survey, "mitigations", "all", &folder, -ENOENT, NULL);
	sysfile_free_names(names);
	return err;
}

/* The number after "@field:" in a file of such lines (meminfo, smaps, cpuinfo); -ENOENT, -EINVAL. */
static int field_text(const char *text, const char *field, char *value, size_t size)
{
	size_t length = strlen(field);

	for (const char *line = text; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
		const char *at = line + length;

		if (strncmp(line, field, length) != 0)
			continue;
		at += strspn(at, " \t");
		if (*at != ':')
			continue;
		at += 1 + strspn(at + 1, " \t");
		snprintf(value, size, "%.*s", (int)strcspn(at, "\n"), at);
		return value[0] ? 0 : -EINVAL;
	}
	return -ENOENT;
}

static int field_number(const char *text, const char *field, int64_t *number)
{
	char value[64], *end;
	int err = field_text(text, field, value, sizeof(value));

	if (err)
		return err;
	errno = 0;
	*number = strtoll(value, &end, 10);
	if (end == value || errno || *number < 0)
		return -EINVAL;
	if (strcmp(end, " kB") == 0)
		return __builtin_mul_overflow(*number, 1024, number) ? -EINVAL : 0;
	return *end ? -EINVAL : 0;
}

/*
 * The page size of the machine that the root is of. sysconf() knows that of this one, and the kernel may be built
 * without smaps.
 */
static int read_page_size(struct survey *survey)
{
	struct sysfile file;
	char text[TEXT];
	int64_t bytes;
	int err;

	if (!survey->root[0])
		return facts_add_int(survey->facts, "memory", "page_size_bytes", sysconf(_SC_PAGESIZE));
	sysfile_path(&file, survey->root, "/proc/self/smaps");
	err = sysfile_text(&file, text, sizeof(text));
	if (!err)
		err = field_number(text, "KernelPageSize", &bytes);
	if (err)
		return add_missing(survey, "memory", "page_size_bytes", &file, err, NULL);
	return facts_add_int(survey->facts, "memory", "page_size_bytes", bytes);
}

int64_t environment_meminfo(const char *root, const char *field)
{
	struct sysfile file;
	char text[TEXT];
	int64_t number;
	int err;

	sysfile_path(&file, root, "/proc/meminfo");
	err = sysfile_text(&file, text, sizeof(text));
	if (!err)
		err = field_number(text, field, &number);
	return err ? err : number;
}

static int read_meminfo(struct survey *survey)
{
	static const struct {
		const char *key, *field;
	} fields[] = {
		{ "total_bytes", "MemTotal" },
		{ "available_bytes", "MemAvailable" },
		{ "free_bytes", "MemFree" },
		{ "swap_total_bytes", "SwapTotal" },
		{ "swap_free_bytes", "SwapFree" },
		{ "huge_pool_pages", "HugePages_Total" },
		{ "huge_pool_page_bytes", "Hugepagesize" },
	};
	int64_t values[ROWS(fields)] = { 0 };
	struct sysfile file;
	char text[TEXT];
	int read_err, err = 0;

	sysfile_path(&file, survey->root, "/proc/meminfo");
	read_err = sysfile_text(&file, text, sizeof(text));
	for (size_t i = 0; i < ROWS(fields) && !err; i++) {
		int field_err = read_err ? read_err : field_number(text, fields[i].field, &values[i]);

		if (field_err)
			values[i] = -1;
		err = field_err ? add_missing(survey, "memory", fields[i].key, &file, field_err, NULL)
				: facts_add_int(survey->facts, "memory", fields[i].key, values[i]);
	}
	/* What the warnings are drawn from. */
	if (!err && values[0] > 0 && values[1] >= 0)
		err = facts_add_real(survey->facts, "memory", "available_percent",
				     100.0 * (double)values[1] / (double)values[0]);
	if (!err && values[3] >= 0 && values[4] >= 0)
		err = facts_add_int(survey->facts, "memory", "swap_used_bytes", values[3] - values[4]);
	return err;
}

/*
 * Every size of multi-size THP, as a fact each, and in one line those sizes that shmem uses on its own accord: they
 * decide how many pages one refault of a memfd brings back.
 */
static int read_mthp(struct survey *survey)
{
	char **names, text[128], used[256] = "", key[64];
	struct sysfile folder, file;
	size_t length = 0;
	int err = 0;

	sysfile_path(&folder, survey->root, THP_DIR);
	names = sysfile_names(&folder);
	for (char **name = names; name && *name && !err; name++) {
		if (strncmp(*name, "hugepages-", strlen("hugepages-")) != 0)
			continue;
		snprintf(key, sizeof(key), "mthp_%.40s", *name + strlen("hugepages-"));
		sysfile_path(&file, survey->root, THP_DIR "%s/enabled", *name);
		/* A size may be there for shared memory only. */
		if (sysfile_text(&file, text, sizeof(text)) != -ENOENT)
			err = add_file(survey, "memory", key, &file, AS_CHOICE, NULL);
		sysfile_path(&file, survey->root, THP_DIR "%s/shmem_enabled", *name);
		if (err || sysfile_text(&file, text, sizeof(text)) || choose_word(text))
			continue;
		/* "inherit" is what shmem_enabled says for all, which is a fact of its own; "advise" is asked for. */
		if (strcmp(text, "always") != 0 && strcmp(text, "within_size") != 0)
			continue;
		if (length < sizeof(used))
			length += (size_t)snprintf(used + length, sizeof(used) - length, "%s%s=%s", length ? "," : "",
						   *name + strlen("hugepages-"), text);
	}
	sysfile_free_names(names);
	return err ? err : facts_add_text(survey->facts, "memory", "mthp_shmem", length ? used : "none");
}

static int add_reading(struct survey *survey, const char *group, const char *key, double number, const char *why)
{
	if (isnan(number))
		return facts_add_missing(survey->facts, group, key, why);
	return facts_add_real(survey->facts, group, key, number);
}

static int read_cpu(struct survey *survey)
{
	struct sysfile file;
	char text[TEXT], model[256];
	int64_t max_khz, hardware_khz;
	int err;

	err = facts_add_int(survey->facts, "cpu", "number", survey->cpu);
	sysfile_path(&file, survey->root, "/proc/cpuinfo");
	if (!err && !sysfile_text(&file, text, sizeof(text)) && !field_text(text, "model name", model, sizeof(model)))
		err = facts_add_text(survey->facts, "cpu", "model", model);
	else if (!err)
		err = facts_add_missing(survey->facts, "cpu", "model", "/proc/cpuinfo names no model; see midr");
	if (!err)
		err = add_reading(survey, "cpu", "frequency_khz", survey->now.frequency_khz, frequency_hint);
	if (err || survey->policy < 0)
		return err;
	err = facts_add_int(survey->facts, "cpu", "frequency_policy", survey->policy);
	row_path(survey, POLICY_DIR "scaling_max_freq", &file);
	if (err || sysfile_integer(&file, &max_khz))
		return err;
	row_path(survey, POLICY_DIR "cpuinfo_max_freq", &file);
	if (sysfile_integer(&file, &hardware_khz) || hardware_khz <= 0)
		return 0;
	return facts_add_real(survey->facts, "cpu", "frequency_limit_percent",
			      100.0 * (double)max_khz / (double)hardware_khz);
}

/* Another CPU that shares the core: the first of the siblings that is not the CPU itself. */
static int read_sibling(struct survey *survey)
{
	struct sysfile file;
	char list[256];

	row_path(survey, CPU_DIR "cpu#/topology/thread_siblings_list", &file);
	if (sysfile_text(&file, list, sizeof(list)) || cpulist_count(list) < 2)
		return 0;
	for (int cpu = 0; cpu < 65536; cpu++) {
		if (cpu != survey->cpu && cpulist_has(list, cpu))
			return facts_add_int(survey->facts, "cpu", "smt_sibling", cpu);
	}
	return 0;
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
		return add_missing(survey, "load", "one_minute", &file, err, NULL);
	if (facts_add_real(survey->facts, "load", "one_minute", load))
		return -ENOMEM;
	sysfile_path(&online_file, survey->root, CPU_DIR "online");
	if (sysfile_text(&online_file, online, sizeof(online)) || cpulist_count(online) < 1)
		return 0;
	return facts_add_real(survey->facts, "load", "per_cpu", load / cpulist_count(online));
}

static int read_thermal(struct survey *survey)
{
	if (add_reading(survey, "thermal", "temperature_millicelsius", survey->now.temperature_millicelsius,
			"no thermal zone in /sys/class/thermal can be read"))
		return -ENOMEM;
	return add_reading(survey, "thermal", "throttle_events", survey->now.throttle_events,
			   "neither thermal_throttle counts nor cooling devices of CPUs are there");
}

/* The share of stolen time since boot says whether figures of this guest can be trusted at all. */
static int read_steal(struct survey *survey)
{
	struct sysfile file;
	char text[64];
	double uptime_s;

	if (add_reading(survey, "virtualization", "steal_ticks", survey->now.steal_ticks,
			"/proc/stat has no steal time of this CPU"))
		return -ENOMEM;
	sysfile_path(&file, survey->root, "/proc/uptime");
	sysfile_text(&file, text, sizeof(text));
	uptime_s = strtod(text, NULL);
	if (isnan(survey->now.steal_ticks) || !isfinite(uptime_s) || uptime_s <= 0)
		return 0;
	return facts_add_real(survey->facts, "virtualization", "steal_percent",
			      100 * survey->now.steal_ticks / (uptime_s * (double)sysconf(_SC_CLK_TCK)));
}

/* How far below the nearest passive trip point, where the kernel begins to slow CPUs down, this zone is. */
static void zone_headroom(const struct survey *survey, const char *zone, double *headroom)
{
	struct sysfile file;
	int64_t now, trip;
	char type[32];

	sysfile_path(&file, survey->root, "/sys/class/thermal/%s/temp", zone);
	if (sysfile_integer(&file, &now))
		return;
	for (int i = 0; i < 32; i++) {
		sysfile_path(&file, survey->root, "/sys/class/thermal/%s/trip_point_%d_type", zone, i);
		if (sysfile_text(&file, type, sizeof(type)))
			return;
		sysfile_path(&file, survey->root, "/sys/class/thermal/%s/trip_point_%d_temp", zone, i);
		/* Drivers write nothing, or below zero, for a trip point that is not in use. */
		if (strcmp(type, "passive") != 0 || sysfile_integer(&file, &trip) || trip <= 0)
			continue;
		if (isnan(*headroom) || (double)trip - (double)now < *headroom)
			*headroom = (double)trip - (double)now;
	}
}

static int read_headroom(struct survey *survey)
{
	struct sysfile folder;
	double headroom = NAN;
	char **names;

	sysfile_path(&folder, survey->root, "/sys/class/thermal");
	names = sysfile_names(&folder);
	for (char **name = names; name && *name; name++) {
		if (strncmp(*name, "thermal_zone", strlen("thermal_zone")) == 0)
			zone_headroom(survey, *name, &headroom);
	}
	sysfile_free_names(names);
	return add_reading(survey, "thermal", "headroom_millicelsius", headroom,
			   "no thermal zone tells at which temperature it slows the CPUs down");
}

/* A machine with a battery and no mains that is on runs from the battery. */
static int read_power(struct survey *survey)
{
	bool battery = false, mains = false;
	struct sysfile folder, file;
	char **names, type[32];
	int64_t online;

	sysfile_path(&folder, survey->root, "/sys/class/power_supply");
	names = sysfile_names(&folder);
	for (char **name = names; name && *name; name++) {
		sysfile_path(&file, survey->root, "/sys/class/power_supply/%s/scope", *name);
		/* The battery of a mouse. */
		if (!sysfile_text(&file, type, sizeof(type)) && strcmp(type, "Device") == 0)
			continue;
		sysfile_path(&file, survey->root, "/sys/class/power_supply/%s/type", *name);
		if (sysfile_text(&file, type, sizeof(type)))
			continue;
		battery |= strcmp(type, "Battery") == 0;
		sysfile_path(&file, survey->root, "/sys/class/power_supply/%s/online", *name);
		mains |= strcmp(type, "Battery") != 0 && !sysfile_integer(&file, &online) && online > 0;
	}
	sysfile_free_names(names);
	return facts_add_bool(survey->facts, "power", "on_battery", battery && !mains);
}

/* Uncached accesses go at the pace of the memory, whose clock some boards scale on its own. */
static int read_memory_clock(struct survey *survey)
{
	static const char *const words[] = { "dmc", "ddr", "emc", "memory", "mif", "bwmon" };
	struct sysfile folder, file;
	char **names, *found = NULL;
	int err;

	sysfile_path(&folder, survey->root, "/sys/class/devfreq");
	names = sysfile_names(&folder);
	for (char **name = names; name && *name && !found; name++) {
		for (size_t i = 0; i < ROWS(words) && !found; i++)
			found = strstr(*name, words[i]) ? *name : NULL;
	}
	if (!found) {
		err = facts_add_missing(survey->facts, "memory", "clock_device",
					"/sys/class/devfreq lists no memory clock");
	} else {
		err = facts_add_text(survey->facts, "memory", "clock_device", found);
		sysfile_path(&file, survey->root, "/sys/class/devfreq/%s/governor", found);
		if (!err)
			err = add_file(survey, "memory", "clock_governor", &file, AS_TEXT, NULL);
		sysfile_path(&file, survey->root, "/sys/class/devfreq/%s/cur_freq", found);
		if (!err)
			err = add_file(survey, "memory", "clock_hz", &file, AS_NUMBER, NULL);
	}
	sysfile_free_names(names);
	return err;
}

/*
 * The PMUs, and whether this user may count what the kernel does: without that a counter misses the fault handler,
 * which is what is measured.
 */
static int read_counters(struct survey *survey)
{
	enum { SYS_ADMIN = 21, PERFMON = 38 }; /* capabilities, by their bit */
	struct sysfile folder, paranoid_file, status_file;
	char list[512] = "", text[TEXT], value[64];
	bool privileged = false;
	int64_t paranoid;
	char **names;
	size_t used = 0;
	int err;

	sysfile_path(&folder, survey->root, "/sys/bus/event_source/devices");
	names = sysfile_names(&folder);
	for (char **name = names; name && *name && used < sizeof(list); name++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", used ? "," : "", *name);
	err = names ? facts_add_text(survey->facts, "counters", "pmus", list)
		    : add_missing(survey, "counters", "pmus", &folder, -ENOENT, "this kernel has no perf events");
	sysfile_free_names(names);
	sysfile_path(&status_file, survey->root, "/proc/self/status");
	if (!sysfile_text(&status_file, text, sizeof(text)) && !field_text(text, "CapEff", value, sizeof(value)))
		privileged = strtoull(value, NULL, 16) & (1ULL << SYS_ADMIN | 1ULL << PERFMON);
	sysfile_path(&paranoid_file, survey->root, KERNEL_DIR "perf_event_paranoid");
	if (err || sysfile_integer(&paranoid_file, &paranoid))
		return err;
	return facts_add_bool(survey->facts, "counters", "kernel_allowed", privileged || paranoid <= 1);
}

/* Text of the fact, or "" */
static const char *fact_text(const struct facts *facts, const char *group, const char *key)
{
	const struct fact *fact = facts_find(facts, group, key);

	return fact && fact->value.kind == VALUE_TEXT ? fact->value.text : "";
}

/* Is there anything that only a guest of KVM sees? x86 has a clock source of its name, any other a PTP clock. */
static bool sees_kvm(const struct survey *survey)
{
	struct sysfile folder, file;
	char **names, text[128];
	bool found = strstr(fact_text(survey->facts, "kernel", "clocksources"), "kvm-clock");

	sysfile_path(&folder, survey->root, "/sys/class/ptp");
	names = sysfile_names(&folder);
	for (char **name = names; name && *name && !found; name++) {
		sysfile_path(&file, survey->root, "/sys/class/ptp/%s/clock_name", *name);
		found = !sysfile_text(&file, text, sizeof(text)) && strstr(text, "KVM");
	}
	sysfile_free_names(names);
	return found;
}

/* Does firmware or the CPU itself bear the name of QEMU? "linux,dummy-virt" is what its Arm machine calls itself. */
static bool names_qemu(const struct facts *facts)
{
	static const struct {
		const char *group, *key, *word;
	} places[] = {
		{ "machine", "vendor", "QEMU" }, { "machine", "product", "QEMU" },
		{ "machine", "model", "QEMU" },  { "machine", "compatible", "linux,dummy-virt" },
		{ "cpu", "model", "QEMU" },
	};

	for (size_t i = 0; i < ROWS(places); i++) {
		if (strstr(fact_text(facts, places[i].group, places[i].key), places[i].word))
			return true;
	}
	return false;
}

static const char *hypervisor_name(const struct survey *survey, char *text, size_t size)
{
	static const char *const paths[] = { "/sys/hypervisor/type", "/proc/device-tree/hypervisor/compatible" };
	struct sysfile file;
	char cpuinfo[TEXT], flags[TEXT];

	for (size_t i = 0; i < ROWS(paths); i++) {
		sysfile_path(&file, survey->root, "%s", paths[i]);
		if (!sysfile_text(&file, text, size))
			return text;
	}
	if (sees_kvm(survey))
		return "kvm";
	if (names_qemu(survey->facts))
		return "qemu";
	sysfile_path(&file, survey->root, "/proc/cpuinfo");
	sysfile_text(&file, cpuinfo, sizeof(cpuinfo));
	if (!field_text(cpuinfo, "flags", flags, sizeof(flags)) && strstr(flags, " hypervisor"))
		return "unknown";
	return "none seen";
}

/*
 * A CPU that is emulated takes times that mean nothing. The kernel command line has the last word, since neither
 * firmware nor CPU tell for sure on Arm.
 */
static int read_virtualization(struct survey *survey)
{
	char text[128], word[16] = "";
	const char *name = hypervisor_name(survey, text, sizeof(text)), *evidence;
	bool emulated;

	if (command_line_word(fact_text(survey->facts, "kernel", "command_line"), "zapbench.emulated", word,
			      sizeof(word))) {
		emulated = strcmp(word, "0") != 0;
		evidence = "the kernel command line says so (zapbench.emulated)";
	} else if (names_qemu(survey->facts)) {
		emulated = !sees_kvm(survey);
		evidence = emulated ? "firmware or CPU name QEMU, and nothing of KVM is seen" : "KVM is seen";
	} else {
		emulated = false;
		evidence = "nothing names an emulator";
	}
	if (facts_add_text(survey->facts, "virtualization", "hypervisor", name) ||
	    facts_add_bool(survey->facts, "virtualization", "emulated", emulated))
		return -ENOMEM;
	return facts_add_text(survey->facts, "virtualization", "emulated_evidence", evidence);
}

/* By group: each group's rows first, then what takes more than one file. Later groups draw on earlier ones. */
static const struct group {
	const char *name;
	int (*read[5])(struct survey *survey);
} groups[] = {
	{ "machine", { NULL } },
	{ "kernel", { read_architecture, read_kernel_config } },
	{ "mitigations", { read_mitigations } },
	{ "cpu", { read_cpu, read_sibling } },
	{ "memory", { read_page_size, read_meminfo, read_mthp, read_memory_clock } },
	{ "load", { read_load } },
	{ "thermal", { read_thermal, read_headroom } },
	{ "power", { read_power } },
	{ "counters", { read_counters } },
	{ "virtualization", { read_steal, read_virtualization } },
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
		for (size_t j = 0; j < ROWS(groups[i].read) && groups[i].read[j] && !err; j++)
			err = groups[i].read[j](&survey);
	}
	return err;
}

bool environment_emulated(const struct facts *facts)
{
	const struct fact *fact = facts_find(facts, "virtualization", "emulated");

	return fact && fact->value.kind == VALUE_BOOL && fact->value.boolean;
}
