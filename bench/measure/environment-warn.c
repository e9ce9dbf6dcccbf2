// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * States that spoil figures, one row each: which fact shows it, what it does, and the command that mends it.
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

/* Worst first: that is the order in which they are read. */
static const struct rule rules[] = {
	{ "emulated", "virtualization", "emulated", IS_TRUE, NULL, 0,
	  "the CPU is emulated ({virtualization.emulated_evidence}): no time measured here means anything",
	  "run on the hardware; where this is wrong, boot with zapbench.emulated=0" },
	{ "debug_kernel", "kernel", "debug_options", IS_NOT, "none", 0,
	  "the kernel checks itself ({value}): faults and zaps take several times as long as in a product",
	  "boot a kernel that is built and booted without {value}" },
	{ "governor", "cpu", "governor", IS_NOT, "performance", 0,
	  "the frequency governor of CPU {cpu} is {value}: the frequency follows the load, so times do too",
	  "echo performance | sudo tee " POLICY "scaling_governor" },
	{ "frequency_unknown", "cpu", "governor", IS_MISSING, NULL, 0,
	  "CPU {cpu} tells neither governor nor frequency: a change of frequency cannot be told from a change of cost",
	  "on the machine that hosts this one: echo performance | sudo tee "
	  "/sys/devices/system/cpu/cpufreq/policy*/scaling_governor" },
	{ "frequency_limit", "cpu", "frequency_limit_percent", IS_BELOW, NULL, 99.5,
	  "CPU {cpu} may go to {cpu.frequency_max_khz} kHz only, of {cpu.frequency_hardware_max_khz}",
	  "echo {cpu.frequency_hardware_max_khz} | sudo tee " POLICY "scaling_max_freq" },
	{ "boost", "cpu", "boost", IS_TRUE, NULL, 0,
	  "boost is on: the frequency depends on how warm the chip is and on what other CPUs do",
	  "echo 0 | sudo tee /sys/devices/system/cpu/cpufreq/boost" },
	{ "turbo", "cpu", "turbo_off", IS_FALSE, NULL, 0,
	  "turbo is on: the frequency depends on how warm the chip is and on what other CPUs do",
	  "echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo" },
	{ "memory_clock", "memory", "clock_governor", IS_NOT, "performance", 0,
	  "the memory clock ({memory.clock_device}) is scaled by {value}: uncached accesses go at its pace",
	  "echo performance | sudo tee /sys/class/devfreq/{memory.clock_device}/governor" },
	{ "throttling", "thermal", "throttle_events", IS_ABOVE, NULL, 0,
	  "thermal limits act or have acted on CPU {cpu} ({value} events since boot, or cooling steps now)",
	  "cool it better, and leave it alone for a while: sleep 600" },
	{ "hot", "thermal", "headroom_millicelsius", IS_BELOW, NULL, 5000,
	  "{value} millicelsius more and the kernel slows the CPUs down",
	  "cool it better, and leave it alone for a while: sleep 600" },
	{ "battery", "power", "on_battery", IS_TRUE, NULL, 0,
	  "the machine runs from its battery: firmware and governors save power", "plug it in" },
	{ "steal", "virtualization", "steal_percent", IS_ABOVE, NULL, 0.1,
	  "the hypervisor has taken {value} % of CPU {cpu}'s time since boot: samples hold time of others",
	  "on the machine that hosts this one, keep a core for each virtual CPU: virsh vcpupin DOMAIN {cpu} CORE" },
	{ "load", "load", "per_cpu", IS_ABOVE, NULL, 0.5,
	  "the load is {load.one_minute}, {value} a CPU: other work shares caches, memory and CPU time",
	  "end what this shows: top -b -n 1 | head -n 15" },
	{ "smt", "cpu", "smt_sibling", IS_KNOWN, NULL, 0,
	  "CPU {cpu} shares its core with CPU {value}: what runs there takes from caches, TLB and execution units",
	  "echo 0 | sudo tee /sys/devices/system/cpu/cpu{value}/online" },
	{ "memory", "memory", "available_percent", IS_BELOW, NULL, 10,
	  "only {value} % of memory is available: allocation reclaims, and pages may leave while they are measured",
	  "end what this shows: ps -eo rss,pid,comm --sort=-rss | head" },
	{ "swap", "memory", "swap_used_bytes", IS_ABOVE, NULL, 0,
	  "{value} bytes are swapped out: memory ran short, and a fault may wait for a disk", "sudo swapoff -a" },
	{ "numa_balancing", "kernel", "numa_balancing", IS_ABOVE, NULL, 0,
	  "NUMA balancing unmaps pages to see who touches them: faults that no configuration causes",
	  "sudo sysctl kernel.numa_balancing=0" },
	{ "thp", "memory", "thp_shmem", IS_ONE_OF, "|always|within_size|force|", 0,
	  "huge pages are {value} for shared memory: one refault of a memfd brings back {memory.thp_bytes} bytes, not "
	  "a page",
	  "echo never | sudo tee " THP "shmem_enabled" },
	{ "mthp", "memory", "mthp_shmem", IS_NOT, "none", 0,
	  "shared memory takes larger folios on its own accord ({value}): one refault of a memfd brings back several "
	  "pages",
	  "for f in " THP "hugepages-*/shmem_enabled; do echo never | sudo tee $f; done" },
	{ "counters", "counters", "kernel_allowed", IS_FALSE, NULL, 0,
	  "kernel.perf_event_paranoid is {counters.perf_event_paranoid}: events in the kernel cannot be counted",
	  "sudo sysctl kernel.perf_event_paranoid=1" },
	{ "aslr", "kernel", "randomize_va_space", IS_BELOW, NULL, 1,
	  "addresses are not randomised (kernel.randomize_va_space={value}): a randomised layout repeats one layout "
	  "and its bias",
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

/* What stands for {@name} in the texts of a rule. */
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
