// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/measure/counters-encode.h"

#include <ctype.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <perfmon/pfmlib_perf_event.h>

#include "bench/measure/environment-files.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))
#define DEVICES "/sys/bus/event_source/devices"
#define CACHE_READ_MISS(cache) ((cache) | (PERF_COUNT_HW_CACHE_OP_READ << 8) | (PERF_COUNT_HW_CACHE_RESULT_MISS << 16))

enum { ARM_USER_READ = 1 << 1 }; /* of config1 */

/*
 * libpfm4 assumes that all cores are like the first one of /proc/cpuinfo. With the core's name in front of the event it
 * uses the table of that core, so we give the name. On x86 it finds the core by itself, and the table of another core
 * would be wrong.
 */
#if defined(__aarch64__)
static const bool knows_core_by_name = true;
#else
static const bool knows_core_by_name;
#endif

/*
 * zapbench's names. @libpfm4: on x86 the first that the core has is taken; they count the same kind of thing and are
 * not the same to the last unit as Arm's, so figures are compared on one machine only. No generic event: @generic_type
 * is PERF_TYPE_MAX.
 */
static const struct neutral {
	const char *name;
	uint16_t arm;
	const char *libpfm4[3];
	uint32_t generic_type;
	uint64_t generic;
} neutrals[] = {
	{ "cycles",
	  0x11,
	  { "UNHALTED_CORE_CYCLES", "CYCLES_NOT_IN_HALT" },
	  PERF_TYPE_HARDWARE,
	  PERF_COUNT_HW_CPU_CYCLES },
	{ "instructions",
	  0x08,
	  { "INSTRUCTION_RETIRED", "RETIRED_INSTRUCTIONS" },
	  PERF_TYPE_HARDWARE,
	  PERF_COUNT_HW_INSTRUCTIONS },
	{ "dtlb-refill",
	  0x05,
	  { "L1_DTLB_MISS:TLB_RELOAD_4K_L2_HIT:TLB_RELOAD_2M_L2_HIT:TLB_RELOAD_1G_L2_HIT:TLB_RELOAD_COALESCED_PAGE_HIT"
	    ":TLB_RELOAD_4K_L2_MISS:TLB_RELOAD_2M_L2_MISS:TLB_RELOAD_1G_L2_MISS:TLB_RELOAD_COALESCED_PAGE_MISS" },
	  PERF_TYPE_HW_CACHE,
	  CACHE_READ_MISS(PERF_COUNT_HW_CACHE_DTLB) },
	{ "dtlb-walk",
	  0x34,
	  { "DTLB_LOAD_MISSES:WALK_COMPLETED", "PAGE_WALKS:D_SIDE_WALKS",
	    "L1_DTLB_MISS:TLB_RELOAD_4K_L2_MISS:TLB_RELOAD_2M_L2_MISS:TLB_RELOAD_1G_L2_MISS:TLB_RELOAD_COALESCED_PAGE_"
	    "MISS" },
	  PERF_TYPE_MAX,
	  0 },
	{ "l2d-tlb-refill", 0x2d, { NULL }, PERF_TYPE_MAX, 0 },
	{ "l1d-refill", 0x03, { "L1D:REPLACEMENT" }, PERF_TYPE_HW_CACHE, CACHE_READ_MISS(PERF_COUNT_HW_CACHE_L1D) },
	{ "l2d-refill", 0x17, { "L2_LINES_IN:ALL", "L2_LINES_IN:ANY" }, PERF_TYPE_MAX, 0 },
	{ "bus-access", 0x19, { NULL }, PERF_TYPE_MAX, 0 },
	{ "mem-access", 0x13, { NULL }, PERF_TYPE_MAX, 0 },
	{ "exceptions-taken", 0x09, { NULL }, PERF_TYPE_MAX, 0 },
	{ "stall-backend", 0x24, { NULL }, PERF_TYPE_HARDWARE, PERF_COUNT_HW_STALLED_CYCLES_BACKEND },
};

static const struct {
	const char *name;
	uint64_t config;
} software[] = {
	{ "page-faults", PERF_COUNT_SW_PAGE_FAULTS },
	{ "context-switches", PERF_COUNT_SW_CONTEXT_SWITCHES },
	{ "cpu-migrations", PERF_COUNT_SW_CPU_MIGRATIONS },
};

/* The cores that libpfm4 4.13 has tables of: implementer and part number of midr_el1. */
static const struct {
	uint32_t implementer, part;
	const char *name;
} cores[] = {
	{ 0x41, 0xd03, "arm_ac53" },      { 0x41, 0xd07, "arm_ac57" },  { 0x41, 0xd0c, "arm_n1" },
	{ 0x41, 0xd40, "arm_v1" },        { 0x41, 0xd49, "arm_n2" },    { 0x41, 0xd4f, "arm_v2" },
	{ 0x43, 0x0af, "arm_thunderx2" }, { 0x46, 0x001, "arm_a64fx" }, { 0x48, 0xd01, "arm_kunpeng" },
	{ 0x50, 0x000, "arm_xgene" },
};

static const char *core_name(const char *root, int cpu)
{
	struct sysfile file;
	int64_t midr;

	sysfile_path(&file, root, "/sys/devices/system/cpu/cpu%d/regs/identification/midr_el1", cpu);
	if (sysfile_integer(&file, &midr))
		return NULL;
	for (size_t i = 0; i < ROWS(cores); i++) {
		if ((midr >> 24 & 0xff) == cores[i].implementer && (midr >> 4 & 0xfff) == cores[i].part)
			return cores[i].name;
	}
	return NULL;
}

enum match { NO_CPU_PMU, OF_OTHER_CPUS, OF_THIS_CPU };

static enum match pmu_match(const char *root, const char *name, int cpu)
{
	struct sysfile file;
	char list[1024];
	int err;

	sysfile_path(&file, root, DEVICES "/%s/cpus", name);
	err = sysfile_text(&file, list, sizeof(list));
	if (err == -ENOENT)
		return strcmp(name, "cpu") == 0 ? OF_THIS_CPU : NO_CPU_PMU;
	return cpulist_has(list, cpu) ? OF_THIS_CPU : OF_OTHER_CPUS;
}

/* The PMU @name counts on @cpu: fill in its properties. */
static void take_pmu(const char *root, int cpu, const char *name, struct counter_pmu *pmu)
{
	struct sysfile file;
	int64_t type, access;
	char text[sizeof(pmu->why_not.reason)];
	int err;

	sysfile_path(&file, root, DEVICES "/%s/type", name);
	err = sysfile_integer(&file, &type);
	if (!err && (type < 0 || type > UINT32_MAX))
		err = -ERANGE;
	if (err) {
		sysfile_why(&file, err, NULL, text, sizeof(text));
		why_set(&pmu->why_not, err, NULL, "%s", text);
		return;
	}
	snprintf(pmu->name, sizeof(pmu->name), "%s", name);
	pmu->type = (uint32_t)type;
	/* "armv8_cortex_a55", "armv8_pmuv3_0", "armv9_neoverse_n2". Apple's cores have numbers of their own. */
	pmu->architectural = strncmp(name, "armv", strlen("armv")) == 0;
	pmu->core = core_name(root, cpu);
	sysfile_path(&file, root, "/proc/sys/kernel/perf_user_access");
	pmu->user_read = pmu->architectural && !sysfile_integer(&file, &access) && access == 1;
}

void counter_pmu_find(const char *root, int cpu, struct counter_pmu *pmu)
{
	enum match best = NO_CPU_PMU;
	struct sysfile folder;
	char **names;

	memset(pmu, 0, sizeof(*pmu));
	sysfile_path(&folder, root, DEVICES);
	names = sysfile_names(&folder);
	for (char **name = names; name && *name && best != OF_THIS_CPU; name++) {
		enum match match = pmu_match(root, *name, cpu);

		if (match == OF_THIS_CPU)
			take_pmu(root, cpu, *name, pmu);
		best = match > best ? match : best;
	}
	if (!names)
		why_set(&pmu->why_not, -ENODEV, "boot a kernel with CONFIG_PERF_EVENTS",
			"this kernel has no perf events: " DEVICES " is not there");
	else if (best == OF_OTHER_CPUS)
		why_set(&pmu->why_not, -ENODEV, NULL, "no PMU in " DEVICES " counts on CPU %d", cpu);
	else if (best == NO_CPU_PMU)
		why_set(&pmu->why_not, -ENODEV,
			"run on hardware, or give the virtual machine a PMU (QEMU: -cpu host,pmu=on)",
			"this machine has no CPU PMU: " DEVICES " lists none");
	sysfile_free_names(names);
}

/* An event counted by the PMU itself; -ENODEV without one. */
static int on_pmu(const struct counter_pmu *pmu, uint32_t type, uint64_t config, struct counter_encoding *encoding,
		  struct why *why)
{
	if (!pmu->name[0])
		return why_set(why, -ENODEV, pmu->why_not.remedy, "%s", pmu->why_not.reason);
	snprintf(encoding->pmu, sizeof(encoding->pmu), "%s", pmu->name);
	encoding->type = type == PERF_TYPE_RAW ? pmu->type : type;
	encoding->config = config;
	/* With several PMUs, the upper half of a generic event selects one. */
	if (type != PERF_TYPE_RAW && strcmp(pmu->name, "cpu") != 0)
		encoding->config |= (uint64_t)pmu->type << 32;
	if (pmu->user_read)
		encoding->config1 |= ARM_USER_READ;
	return 0;
}

/* The number in a file of events/: "event=0x0011" and nothing else. */
static int event_number(const char *root, const struct counter_pmu *pmu, const char *name, uint64_t *number)
{
	struct sysfile file;
	char text[64], *end;
	int err;

	if (strchr(name, '/') || name[0] == '.')
		return -ENOENT;
	sysfile_path(&file, root, DEVICES "/%s/events/%s", pmu->name, name);
	err = sysfile_text(&file, text, sizeof(text));
	if (err)
		return err;
	if (strncmp(text, "event=0x", strlen("event=0x")) != 0 || !isxdigit((unsigned char)text[strlen("event=0x")]))
		return -EINVAL;
	*number = strtoull(text + strlen("event=0x"), &end, 16);
	return *end || *number > 0xffff ? -EINVAL : 0;
}

/* Does the PMU list the event? By number, since libpfm4 and the kernel use different names. */
static bool is_listed(const char *root, const struct counter_pmu *pmu, uint64_t wanted)
{
	struct sysfile folder;
	uint64_t number;
	bool found = false;
	char **names;

	sysfile_path(&folder, root, DEVICES "/%s/events", pmu->name);
	names = sysfile_names(&folder);
	for (char **name = names; name && *name && !found; name++)
		found = !event_number(root, pmu, *name, &number) && number == wanted;
	sysfile_free_names(names);
	return found;
}

/* A core tells for these two ranges which events it implements. */
static bool is_common(uint64_t number)
{
	return number < 0x40 || (number >= 0x4000 && number < 0x4040);
}

static int on_arm(const char *root, const struct counter_pmu *pmu, uint64_t number, struct counter_encoding *encoding,
		  struct why *why)
{
	/* One reason for all events, so that tables name them in one line. */
	if (is_common(number) && !is_listed(root, pmu, number))
		return why_set(why, -ENOENT, NULL, "%s lists no such event: the core or the emulator implements none",
			       pmu->name);
	return on_pmu(pmu, PERF_TYPE_RAW, number, encoding, why);
}

/* libpfm4's answer for @name, kernel and user mode. 0 or a PFM_ERR_ number. */
static int ask_libpfm4(const char *name, struct perf_event_attr *attr)
{
	pfm_perf_encode_arg_t arg = { .size = sizeof(arg), .attr = attr };
	static bool ready;

	if (!ready) {
		if (knows_core_by_name)
			setenv("LIBPFM_ENCODE_INACTIVE", "1", 1);
		else
			unsetenv("LIBPFM_ENCODE_INACTIVE");
		ready = pfm_initialize() == PFM_SUCCESS;
	}
	memset(attr, 0, sizeof(*attr));
	attr->size = sizeof(*attr);
	return ready ? pfm_get_os_event_encoding(name, PFM_PLM0 | PFM_PLM3, PFM_OS_PERF_EVENT, &arg) : PFM_ERR_NOINIT;
}

/* libpfm4's event; -ENOENT: unknown for this core. */
static int by_libpfm4(const char *root, const struct counter_pmu *pmu, const char *name,
		      struct counter_encoding *encoding, struct why *why)
{
	struct perf_event_attr attr;
	char full[160];
	int err;

	snprintf(full, sizeof(full), "%s%s%s", pmu->core && !strstr(name, "::") ? pmu->core : "",
		 pmu->core && !strstr(name, "::") ? "::" : "", name);
	err = ask_libpfm4(full, &attr);
	/* perf's own events have no core's name in front. */
	if (err && pmu->core)
		err = ask_libpfm4(name, &attr);
	if (err)
		return -ENOENT;
	encoding->config1 = attr.config1;
	encoding->config2 = attr.config2;
	switch (attr.type) {
	case PERF_TYPE_SOFTWARE:
	case PERF_TYPE_TRACEPOINT:
		snprintf(encoding->pmu, sizeof(encoding->pmu), "%s",
			 attr.type == PERF_TYPE_SOFTWARE ? "software" : "tracepoint");
		encoding->type = attr.type;
		encoding->config = attr.config;
		return 0;
	case PERF_TYPE_RAW:
		if (pmu->architectural)
			return on_arm(root, pmu, attr.config, encoding, why);
		return on_pmu(pmu, PERF_TYPE_RAW, attr.config, encoding, why);
	case PERF_TYPE_HARDWARE:
	case PERF_TYPE_HW_CACHE:
		return on_pmu(pmu, attr.type, attr.config, encoding, why);
	default:
		return why_set(why, -EOPNOTSUPP, NULL, "%s is counted outside the CPU, for all programs", name);
	}
}

/*
 * libpfm4 knows only the x86 core that it runs on, not that of another @root. Arm cores have names.
 */
static bool libpfm4_fits(const char *root, const struct counter_pmu *pmu)
{
	return !root[0] || pmu->core;
}

static int by_neutral(const char *root, const struct counter_pmu *pmu, const struct neutral *event,
		      struct counter_encoding *encoding, struct why *why)
{
	if (!pmu->name[0])
		return why_set(why, -ENODEV, pmu->why_not.remedy, "%s", pmu->why_not.reason);
	if (pmu->architectural)
		return on_arm(root, pmu, event->arm, encoding, why);
	for (size_t i = 0; i < ROWS(event->libpfm4) && event->libpfm4[i] && libpfm4_fits(root, pmu); i++) {
		if (!by_libpfm4(root, pmu, event->libpfm4[i], encoding, NULL))
			return 0;
	}
	if (event->generic_type == PERF_TYPE_MAX)
		return why_set(why, -ENOENT, NULL, "%s has no event that corresponds to %s", pmu->name, event->name);
	return on_pmu(pmu, event->generic_type, event->generic, encoding, why);
}

/* "tracepoint:system:name" without its first word. */
static int by_tracepoint(const char *root, const char *name, struct counter_encoding *encoding, struct why *why)
{
	static const char mount[] = "sudo mount -t tracefs tracefs /sys/kernel/tracing";
	const char *colon = strchr(name, ':');
	struct sysfile events, file;
	char text[300], **systems;
	int64_t id;
	int err;

	if (!colon || colon == name || !colon[1] || strchr(name, '/') || strstr(name, ".."))
		return why_set(why, -EINVAL, NULL, "a tracepoint is tracepoint:system:name, not tracepoint:%s", name);
	sysfile_path(&events, root, "/sys/kernel/tracing/events");
	sysfile_path(&file, root, "/sys/kernel/tracing/events/%.*s/%s/id", (int)(colon - name), name, colon + 1);
	err = sysfile_integer(&file, &id);
	if (!err && id >= 0) {
		snprintf(encoding->pmu, sizeof(encoding->pmu), "tracepoint");
		encoding->type = PERF_TYPE_TRACEPOINT;
		encoding->config = (uint64_t)id;
		return 0;
	}
	systems = sysfile_names(&events);
	if (err == -ENOENT && !systems)
		why_set(why, err, mount, "no tracepoints: tracefs is not mounted");
	else if (err == -ENOENT)
		why_set(why, err, NULL, "this kernel has no tracepoint %s", name);
	sysfile_free_names(systems);
	err = err ? err : -ERANGE;
	sysfile_why(&file, err, NULL, text, sizeof(text));
	return why_set(why, err, err == -EACCES ? "run as root: sudo zapbench ..." : NULL, "%s", text);
}

/* Put the low bits of @value where @format says: "config:0-7,21", "config1:0-15". Bits that do not fit: -ERANGE. */
static int place_bits(const char *format, uint64_t value, struct counter_encoding *encoding)
{
	uint64_t *config = strncmp(format, "config:", 7) == 0    ? &encoding->config
			   : strncmp(format, "config1:", 8) == 0 ? &encoding->config1
			   : strncmp(format, "config2:", 8) == 0 ? &encoding->config2
								 : NULL;
	const char *at = strchr(format, ':');
	unsigned int first, last;
	int length;

	if (!config || !at)
		return -EINVAL;
	while (sscanf(at + 1, "%u%n", &first, &length) == 1) {
		at += 1 + length;
		last = first;
		if (*at == '-' && sscanf(at + 1, "%u%n", &last, &length) == 1)
			at += 1 + length;
		if (first > last || last > 63)
			return -EINVAL;
		for (unsigned int bit = first; bit <= last; bit++, value >>= 1)
			*config |= (value & 1) << bit;
		if (!*at)
			return value ? -ERANGE : 0;
		if (*at != ',')
			break;
	}
	return -EINVAL;
}

/* One term of an event: "event=0xcd", "ldlat=3"; "any" alone is 1. */
static int place_term(const char *root, const struct counter_pmu *pmu, char *term, struct counter_encoding *encoding)
{
	char *value = strchr(term, '='), *end, format[128];
	struct sysfile file;
	uint64_t number = 1;
	int err;

	if (value) {
		*value++ = '\0';
		errno = 0;
		number = strtoull(value, &end, 0);
		if (end == value || *end || errno || *value == '-')
			return -EINVAL;
	}
	if (!term[0] || strchr(term, '/') || term[0] == '.')
		return -EINVAL;
	sysfile_path(&file, root, DEVICES "/%s/format/%s", pmu->name, term);
	err = sysfile_text(&file, format, sizeof(format));
	return err ? err : place_bits(format, number, encoding);
}

/* An event that the PMU names itself in events/NAME; -ENOENT: it has no such name. */
static int by_pmu(const char *root, const struct counter_pmu *pmu, const char *name, struct counter_encoding *encoding,
		  struct why *why)
{
	char text[256], whole[256], *rest = text, *term;
	struct sysfile file;
	uint64_t number;
	int err;

	if (!pmu->name[0] || !name[0] || strchr(name, '/') || name[0] == '.')
		return -ENOENT;
	if (!event_number(root, pmu, name, &number))
		return on_pmu(pmu, PERF_TYPE_RAW, number, encoding, why);
	sysfile_path(&file, root, DEVICES "/%s/events/%s", pmu->name, name);
	if (sysfile_text(&file, text, sizeof(text)))
		return -ENOENT;
	snprintf(whole, sizeof(whole), "%s", text);
	while ((term = strsep(&rest, ","))) {
		err = place_term(root, pmu, term, encoding);
		if (err)
			return why_set(why, err == -ENOENT ? -EINVAL : err, "give its number: rHEX, as for perf",
				       "%s of %s is %s, and %s does not say where %s goes", name, pmu->name, whole,
				       pmu->name, term);
	}
	return on_pmu(pmu, PERF_TYPE_RAW, encoding->config, encoding, why);
}

/* A name that is not zapbench's own: libpfm4's, or that of a file in the PMU's events/. */
static int by_other(const char *root, const struct counter_pmu *pmu, const char *name,
		    struct counter_encoding *encoding, struct why *why)
{
	const char *separator = strstr(name, "::");
	int err = -ENOENT;

	if (separator && pmu->core && strncmp(name, "perf", strlen("perf")) != 0 &&
	    (strncmp(name, pmu->core, (size_t)(separator - name)) != 0 || pmu->core[separator - name]))
		return why_set(why, -ENOENT, NULL, "%s is an event of another core: this one is %s", name, pmu->core);
	if (libpfm4_fits(root, pmu))
		err = by_libpfm4(root, pmu, name, encoding, why);
	if (err != -ENOENT || (why && why->reason[0]))
		return err;
	err = by_pmu(root, pmu, name, encoding, why);
	if (err != -ENOENT)
		return err;
	return why_set(why, -EINVAL, NULL, "unknown event %s: zapbench, libpfm4 for this core, and %s do not have it",
		       name, pmu->name[0] ? pmu->name : "a PMU (there is none)");
}

int counter_encode(const char *root, const struct counter_pmu *pmu, const char *name, struct counter_encoding *encoding,
		   struct why *why)
{
	memset(encoding, 0, sizeof(*encoding));
	for (size_t i = 0; i < ROWS(neutrals); i++) {
		if (strcmp(neutrals[i].name, name) == 0)
			return by_neutral(root, pmu, &neutrals[i], encoding, why);
	}
	for (size_t i = 0; i < ROWS(software); i++) {
		if (strcmp(software[i].name, name) != 0)
			continue;
		snprintf(encoding->pmu, sizeof(encoding->pmu), "software");
		encoding->type = PERF_TYPE_SOFTWARE;
		encoding->config = software[i].config;
		return 0;
	}
	if (strncmp(name, "tracepoint:", strlen("tracepoint:")) == 0)
		return by_tracepoint(root, name + strlen("tracepoint:"), encoding, why);
	return by_other(root, pmu, name, encoding, why);
}
