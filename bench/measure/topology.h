/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CPUs of the machine, and the choice of the measuring CPU with the reason. The only file that includes hwloc.h is
 * topology.c.
 */
#ifndef ZAPBENCH_TOPOLOGY_H
#define ZAPBENCH_TOPOLOGY_H

#include "bench/base/facts.h"
#include "bench/base/why.h"

struct topology;

/**
 * topology_open() - look at the machine
 * @root: "" for this machine, or a folder that holds proc/ and sys/ of another (tests)
 *
 * Return: 0 and a topology that topology_close() frees, or -errno with @why.
 */
int topology_open(const char *root, struct topology **topology, struct why *why);
void topology_close(struct topology *topology);

/**
 * topology_choose_cpu() - choose the measuring CPU
 * @topology: of this machine
 * @wanted: OS index that the user set, or -1
 * @reason: at least 200 bytes; why this CPU, for the table and the record
 * @why: on error
 *
 * Among the CPUs that this process may run on: the fastest core type first (cpukinds efficiency, cpu_capacity), then
 * isolated (isolcpus, nohz_full) before others, then the one with fewest interrupts since boot. CPU 0 has no
 * preference.
 * Return: OS index, or -EINVAL (@wanted does not exist or is not allowed: @why lists the allowed CPUs).
 */
int topology_choose_cpu(const struct topology *topology, int wanted, char *reason, size_t size, struct why *why);

/* Core types that this program tells apart; hwloc knows no board with more. */
#define CORE_TYPES_MAX 8

struct core_type {
	int number;       /* of its facts, core_type_N: the slowest is 0 */
	int cpu;          /* OS index of the CPU that measures on it */
	char reason[200]; /* why this one */
};

/**
 * topology_core_types() - one CPU of each core type
 * @topology: of this machine
 * @types: at least CORE_TYPES_MAX
 *
 * Only the types of which this process may use a CPU. By the same evidence as topology_choose_cpu().
 * Return: how many. 0: all CPUs are alike, or hwloc cannot tell types apart.
 */
size_t topology_core_types(const struct topology *topology, struct core_type *types);

/* Bind the calling thread to @cpu through hwloc. 0 or -errno. */
int topology_pin(const struct topology *topology, int cpu, struct why *why);

/* Number of CPUs that this process may run on. */
int topology_cpus(const struct topology *topology);

/* Several levels, of several core types. */
#define CACHES_MAX 16

/*
 * Sizes of the data caches of the CPUs that this process may use, each once, in no order. @cpu: of that one alone; -1:
 * of all. @bytes: CACHES_MAX. How many.
 */
size_t topology_caches(const struct topology *topology, int cpu, uint64_t *bytes);

/* Append the facts of a record: core types with their CPUs, caches, NUMA nodes, packages, memory. */
int topology_facts(const struct topology *topology, struct facts *facts);

/* Interrupts that @cpu took since boot, by /proc/interrupts below @root. NAN: not known. */
double topology_interrupts(const char *root, int cpu);

#endif
