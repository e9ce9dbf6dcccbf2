// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * States of the machine that make figures less reliable. Each row: the fact that shows the state, its effect, and the
 * command that fixes it.
 */
#include "bench/measure/environment.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum test {
	IS_MISSING,
	IS_TRUE,
	IS_FALSE,
	IS_KNOWN,
	IS_ONE_OF, /* text: one of the words between bars */
	IS_NOT,    /* text: known and another */
	IS_ABOVE,
	IS_BELOW,
};

struct rule {
	const char *code;
	const char *group, *key;
	enum test test;
	const char *words; /* of IS_ONE_OF and IS_NOT */
	double limit;      /* of IS_ABOVE and IS_BELOW */
	/* {value} is the fact's value, {cpu} the CPU's number, {group.key} any other fact's value. */
	const char *text;
	const char *remedy;
};

#define POLICY "/sys/devices/system/cpu/cpufreq/policy{cpu.frequency_policy}/"
#define THP "/sys/kernel/mm/transparent_hugepage/"

/* Worst first: users read them in this order. */
static const struct rule rules[] = {
	{ "emulated", "virtualization", "emulated", IS_TRUE, NULL, 0,
	  "the CPU is emulated ({virtualization.emulated_evidence}): emulated times are meaningless",
	  "run on hardware; if this is hardware, boot with zapbench.emulated=0" },
	{ "debug_kernel", "kernel", "debug_options", IS_NOT, "none", 0,
	  "debug kernel ({value}): faults and zaps are several times slower than on a product kernel",
	  "use a kernel without {value}" },
	{ "governor", "cpu", "governor", IS_NOT, "performance", 0,
	  "the frequency governor of CPU {cpu} is {value}: frequency and times depend on the load",
	  "echo performance | sudo tee " POLICY "scaling_governor" },
	{ "frequency_unknown", "cpu", "governor", IS_MISSING, NULL, 0,
	  "CPU frequency unknown (no cpufreq): a frequency change looks like a cost change",
	  "on the host of this virtual machine: echo performance | sudo tee "
	  "/sys/devices/system/cpu/cpufreq/policy*/scaling_governor" },
	{ "frequency_limit", "cpu", "frequency_limit_percent", IS_BELOW, NULL, 99.5,
	  "CPU {cpu} is limited to {cpu.frequency_max_khz} kHz; the hardware allows {cpu.frequency_hardware_max_khz} "
	  "kHz",
	  "echo {cpu.frequency_hardware_max_khz} | sudo tee " POLICY "scaling_max_freq" },
	{ "boost", "cpu", "boost", IS_TRUE, NULL, 0,
	  "boost is on: the frequency depends on the temperature and on the load of other CPUs",
	  "echo 0 | sudo tee /sys/devices/system/cpu/cpufreq/boost" },
	{ "turbo", "cpu", "turbo_off", IS_FALSE, NULL, 0,
	  "turbo is on: the frequency depends on the temperature and on the load of other CPUs",
	  "echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo" },
	{ "memory_clock", "memory", "clock_governor", IS_NOT, "performance", 0,
	  "the memory clock ({memory.clock_device}) follows governor {value}: uncached accesses depend on it",
	  "echo performance | sudo tee /sys/class/devfreq/{memory.clock_device}/governor" },
	{ "throttling", "thermal", "throttle_events", IS_ABOVE, NULL, 0,
	  "thermal throttling on CPU {cpu} ({value} events since boot, or cooling steps now)",
	  "improve the cooling, then let it cool down: sleep 600" },
	{ "hot", "thermal", "headroom_millicelsius", IS_BELOW, NULL, 5000,
	  "{value} millicelsius below the temperature at which the kernel slows the CPUs down",
	  "improve the cooling, then let it cool down: sleep 600" },
	{ "battery", "power", "on_battery", IS_TRUE, NULL, 0, "running on battery: firmware and governors save power",
	  "connect the power supply" },
	{ "steal", "virtualization", "steal_percent", IS_ABOVE, NULL, 0.1,
	  "the hypervisor took {value} % of CPU {cpu}'s time since boot: times include stolen CPU time",
	  "on the host of this virtual machine, pin each virtual CPU to a core of its own: virsh vcpupin DOMAIN {cpu} "
	  "CORE" },
	{ "load", "load", "per_cpu", IS_ABOVE, NULL, 0.5,
	  "the load of the last minute is {load.one_minute}, {value} per CPU: work that goes on competes for caches, "
	  "memory and CPU time",
	  "stop other work (see top -b -n 1 | head -n 15); after a build or another run: sleep 60" },
	{ "smt", "cpu", "smt_sibling", IS_KNOWN, NULL, 0,
	  "CPU {cpu} shares its core with CPU {value}: work on that CPU competes for caches, TLB and execution units",
	  "echo 0 | sudo tee /sys/devices/system/cpu/cpu{value}/online" },
	{ "memory", "memory", "available_percent", IS_BELOW, NULL, 10,
	  "only {value} % of memory is available: the kernel may reclaim pages during a measurement",
	  "stop the largest processes: ps -eo rss,pid,comm --sort=-rss | head" },
	{ "swap", "memory", "swap_used_bytes", IS_ABOVE, NULL, 0,
	  "{value} bytes are swapped out: a fault may wait for a disk", "sudo swapoff -a" },
	{ "numa_balancing", "kernel", "numa_balancing", IS_ABOVE, NULL, 0,
	  "NUMA balancing unmaps pages to find their users: it adds faults", "sudo sysctl kernel.numa_balancing=0" },
	{ "thp", "memory", "thp_shmem", IS_ONE_OF, "|always|within_size|force|", 0,
	  "shmem_enabled is {value}: one refault of a memfd maps {memory.thp_bytes} bytes instead of one page",
	  "echo never | sudo tee " THP "shmem_enabled" },
	{ "mthp", "memory", "mthp_shmem", IS_NOT, "none", 0,
	  "shared memory uses large folios ({value}): one refault of a memfd maps several pages",
	  "for f in " THP "hugepages-*/shmem_enabled; do echo never | sudo tee $f; done" },
	{ "counters", "counters", "kernel_allowed", IS_FALSE, NULL, 0,
	  "kernel.perf_event_paranoid is {counters.perf_event_paranoid}: kernel events cannot be counted",
	  "sudo sysctl kernel.perf_event_paranoid=1" },
	{ "aslr", "kernel", "randomize_va_space", IS_BELOW, NULL, 1,
	  "address randomisation is off (kernel.randomize_va_space={value}): --layout random repeats one layout and "
	  "its bias",
	  "sudo sysctl kernel.randomize_va_space=2" },
};

static double number_of(const struct value *value)
{
	switch (value->kind) {
	case VALUE_INT:
		return (double)value->integer;
	case VALUE_REAL:
		return value->real;
	default:
		return NAN;
	}
}

static bool among(const char *words, const char *text)
{
	char word[64];

	snprintf(word, sizeof(word), "|%s|", text);
	return strstr(words, word);
}

static bool applies(const struct rule *rule, const struct fact *fact)
{
	const struct value *value;

	if (!fact)
		return false;
	value = &fact->value;
	switch (rule->test) {
	case IS_MISSING:
		return value->kind == VALUE_MISSING;
	case IS_KNOWN:
		return value->kind != VALUE_MISSING;
	case IS_TRUE:
		return value->kind == VALUE_BOOL && value->boolean;
	case IS_FALSE:
		return value->kind == VALUE_BOOL && !value->boolean;
	case IS_ONE_OF:
		return value->kind == VALUE_TEXT && among(rule->words, value->text);
	case IS_NOT:
		return value->kind == VALUE_TEXT && strcmp(rule->words, value->text) != 0;
	case IS_ABOVE:
		return number_of(value) > rule->limit;
	case IS_BELOW:
		return number_of(value) < rule->limit;
	}
	return false;
}

/* The text that replaces {@name} in a rule. */
static void place_text(const struct facts *facts, int cpu, const struct fact *fact, const char *name, char *text,
		       size_t size)
{
	char group[64];
	const char *dot = strchr(name, '.');

	if (strcmp(name, "cpu") == 0) {
		snprintf(text, size, "%d", cpu);
	} else if (dot) {
		snprintf(group, sizeof(group), "%.*s", (int)(dot - name), name);
		fact_format(facts_find(facts, group, dot + 1), text, size);
	} else {
		fact_format(fact, text, size);
	}
}

static void fill_in(const struct facts *facts, int cpu, const struct fact *fact, const char *from, char *text,
		    size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	while (*from && used < size - 1) {
		int plain = (int)strcspn(from, "{");
		char name[64];

		used += (size_t)snprintf(text + used, size - used, "%.*s", plain, from);
		from += plain;
		if (*from != '{' || used >= size - 1)
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(from, "}") - 1, from + 1);
		from += strcspn(from, "}");
		from += *from == '}';
		place_text(facts, cpu, fact, name, text + used, size - used);
		used += strlen(text + used);
	}
}

int environment_warn(const struct facts *facts, int cpu, struct record *record)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct rule *rule = &rules[i];
		const struct fact *fact = facts_find(facts, rule->group, rule->key);
		char text[600], remedy[600];

		if (!applies(rule, fact))
			continue;
		fill_in(facts, cpu, fact, rule->text, text, sizeof(text));
		fill_in(facts, cpu, fact, rule->remedy, remedy, sizeof(remedy));
		if (record_add_warning(record, rule->code, text, remedy))
			return -ENOMEM;
	}
	return 0;
}
