// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/measure/topology.h"

#include <errno.h>
#include <math.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hwloc.h>

#include "bench/measure/environment-files.h"

struct topology {
	hwloc_topology_t hwloc;
	hwloc_cpuset_t allowed; /* CPUs that this process may use */
	char *root;
};

/* hwloc takes the folder of another machine from the environment only. */
static int load(hwloc_topology_t hwloc, const char *root)
{
	int err;

	if (!root[0])
		return hwloc_topology_load(hwloc) ? -errno : 0;
	setenv("HWLOC_FSROOT", root, 1);
	setenv("HWLOC_THISSYSTEM", "0", 1);
	/* Otherwise hwloc would read facts that are missing in the folder from the CPU of the test machine. */
	setenv("HWLOC_COMPONENTS", "linux,stop", 1);
	err = hwloc_topology_load(hwloc) ? -errno : 0;
	unsetenv("HWLOC_FSROOT");
	unsetenv("HWLOC_THISSYSTEM");
	unsetenv("HWLOC_COMPONENTS");
	return err;
}

/* The CPUs of @within that a file of /sys/devices/system/cpu/ lists; NULL without memory. */
static hwloc_cpuset_t listed_in(const char *root, const char *name, hwloc_const_cpuset_t within)
{
	hwloc_cpuset_t set = hwloc_bitmap_alloc();
	struct sysfile file;
	char text[1024];

	if (!set)
		return NULL;
	sysfile_path(&file, root, "/sys/devices/system/cpu/%s", name);
	sysfile_text(&file, text, sizeof(text));
	for (int cpu = hwloc_bitmap_first(within); cpu >= 0; cpu = hwloc_bitmap_next(within, cpu)) {
		if (cpulist_has(text, cpu))
			hwloc_bitmap_set(set, (unsigned int)cpu);
	}
	return set;
}

/*
 * cgroups limit hwloc's set of allowed CPUs. Only the process itself knows the affinity mask that taskset sets. With
 * isolcpus the kernel starts every process with a mask without these CPUs. That does not forbid them, so ignore a mask
 * that lacks isolated CPUs only.
 */
static int find_allowed(struct topology *topology)
{
	hwloc_cpuset_t bound = hwloc_bitmap_alloc(), lacking = hwloc_bitmap_alloc(), isolated = NULL;
	int err = -ENOMEM;

	topology->allowed = hwloc_bitmap_dup(hwloc_topology_get_allowed_cpuset(topology->hwloc));
	if (!topology->allowed || !bound || !lacking)
		goto out_free;
	isolated = listed_in(topology->root, "isolated", topology->allowed);
	if (!isolated)
		goto out_free;
	err = 0;
	if (topology->root[0] || hwloc_get_cpubind(topology->hwloc, bound, HWLOC_CPUBIND_THREAD))
		goto out_free;
	hwloc_bitmap_andnot(lacking, topology->allowed, bound);
	if (!hwloc_bitmap_isincluded(lacking, isolated))
		hwloc_bitmap_and(topology->allowed, topology->allowed, bound);
out_free:
	hwloc_bitmap_free(bound);
	hwloc_bitmap_free(lacking);
	hwloc_bitmap_free(isolated);
	return err;
}

int topology_open(const char *root, struct topology **topology, struct why *why)
{
	struct topology *new = calloc(1, sizeof(*new));
	int err = -ENOMEM;

	if (!new)
		return why_set(why, err, NULL, "no memory for the topology");
	new->root = strdup(root);
	if (!new->root || hwloc_topology_init(&new->hwloc))
		goto out_close;
	err = load(new->hwloc, root);
	if (err) {
		why_set(why, err, NULL, "hwloc cannot read the topology: %s", strerror(-err));
		goto out_close;
	}
	err = find_allowed(new);
	if (err)
		goto out_close;
	if (hwloc_bitmap_iszero(new->allowed)) {
		err = why_set(why, -ENODEV, NULL, "hwloc finds no CPU that this process may run on");
		goto out_close;
	}
	*topology = new;
	return 0;
out_close:
	topology_close(new);
	return why_set(why, err, NULL, "no memory for the topology");
}

void topology_close(struct topology *topology)
{
	if (!topology)
		return;
	hwloc_bitmap_free(topology->allowed);
	if (topology->hwloc)
		hwloc_topology_destroy(topology->hwloc);
	free(topology->root);
	free(topology);
}

int topology_cpus(const struct topology *topology)
{
	return hwloc_bitmap_weight(topology->allowed);
}

/* "0-3,6" of a set; always a string. */
static void list_text(hwloc_const_cpuset_t set, char *text, size_t size)
{
	hwloc_bitmap_list_snprintf(text, size, set);
}

/* Keep in @set only the CPUs of the fastest kind. Return: false if there is one kind, or no kind is known to be faster.
 */
static bool keep_fastest(const struct topology *topology, hwloc_cpuset_t set)
{
	int kinds = hwloc_cpukinds_get_nr(topology->hwloc, 0);

	/* Kinds are sorted: the last is the fastest. Skip kinds that the process may not use. */
	for (int kind = kinds - 1; kind > 0; kind--) {
		hwloc_cpuset_t cpus = hwloc_bitmap_alloc();
		int efficiency = -1;
		bool found;

		if (!cpus)
			return false;
		hwloc_cpukinds_get_info(topology->hwloc, (unsigned int)kind, cpus, &efficiency, NULL, NULL, 0);
		found = efficiency >= 0 && hwloc_bitmap_intersects(cpus, set);
		if (found)
			hwloc_bitmap_and(set, set, cpus);
		hwloc_bitmap_free(cpus);
		if (found)
			return true;
	}
	return false;
}

/* Keep only isolated CPUs. Return: the kernel parameter that isolates them; NULL: there are none, and all are kept. */
static const char *keep_isolated(const struct topology *topology, hwloc_cpuset_t set)
{
	static const struct {
		const char *file, *parameter; /* of the kernel command line */
	} lists[] = { { "isolated", "isolcpus" }, { "nohz_full", "nohz_full" } };

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		hwloc_cpuset_t isolated = listed_in(topology->root, lists[i].file, set);
		bool found;

		if (!isolated)
			return NULL;
		found = !hwloc_bitmap_iszero(isolated);
		if (found)
			hwloc_bitmap_copy(set, isolated);
		hwloc_bitmap_free(isolated);
		if (found)
			return lists[i].parameter;
	}
	return NULL;
}

/*
 * Add the numbers of one line of /proc/interrupts to @counts, which begin with CPU @first. A line with fewer numbers
 * than CPUs (ERR, MIS) is a total of all CPUs.
 */
static void add_interrupts(const char *line, const int *columns, size_t nr_columns, int first, uint64_t *counts,
			   size_t nr_counts)
{
	const char *next = strchr(line, ':');
	uint64_t values[1024];
	size_t count = 0;

	if (!next)
		return;
	for (next++; count < nr_columns; count++) {
		char *end;

		values[count] = strtoull(next, &end, 10);
		if (end == next)
			return;
		next = end;
	}
	for (size_t i = 0; i < count; i++) {
		size_t at = (size_t)columns[i] - (size_t)first;

		if (at < nr_counts)
			counts[at] += values[i];
	}
}

/* Interrupts since boot of @nr_counts CPUs from @first on; 0 for those that are offline. 0 or -errno: all are. */
static int read_interrupts(const char *root, int first, uint64_t *counts, size_t nr_counts)
{
	struct sysfile file;
	size_t room = 0, nr_columns = 0;
	int columns[1024];
	bool found = false;
	char *line = NULL;
	FILE *stream;

	memset(counts, 0, nr_counts * sizeof(*counts));
	sysfile_path(&file, root, "/proc/interrupts");
	stream = fopen(file.text, "re");
	if (!stream)
		return -errno;
	/* The first line names the CPUs that are online: "CPU0 CPU2 CPU3". */
	if (getline(&line, &room, stream) > 0) {
		for (const char *at = strstr(line, "CPU"); at && nr_columns < 1024; at = strstr(at + 1, "CPU"))
			columns[nr_columns++] = (int)strtol(at + strlen("CPU"), NULL, 10);
	}
	for (size_t i = 0; i < nr_columns; i++)
		found |= (size_t)columns[i] - (size_t)first < nr_counts;
	while (found && getline(&line, &room, stream) > 0)
		add_interrupts(line, columns, nr_columns, first, counts, nr_counts);
	free(line);
	fclose(stream);
	return found ? 0 : -EINVAL;
}

double topology_interrupts(const char *root, int cpu)
{
	uint64_t count;

	return read_interrupts(root, cpu, &count, 1) ? NAN : (double)count;
}

/*
 * The CPU of @set with fewest interrupts. Among equals the last: the kernel and drivers use the first by default.
 * @evidence: the reason.
 */
static int quietest(const struct topology *topology, hwloc_const_cpuset_t set, char *evidence, size_t size)
{
	int last = hwloc_bitmap_last(set), best = last, worst = last;
	size_t nr_counts = (size_t)last + 1;
	uint64_t *counts = calloc(nr_counts, sizeof(*counts));

	if (!counts || read_interrupts(topology->root, 0, counts, nr_counts)) {
		snprintf(evidence, size, "the last one (/proc/interrupts is not readable)");
		free(counts);
		return last;
	}
	for (int cpu = hwloc_bitmap_first(set); cpu >= 0; cpu = hwloc_bitmap_next(set, cpu)) {
		best = counts[cpu] < counts[best] ? cpu : best;
		worst = counts[cpu] > counts[worst] ? cpu : worst;
	}
	if (counts[best] == counts[worst])
		snprintf(evidence, size, "the last one (each took %" PRIu64 " interrupts since boot)", counts[best]);
	else
		snprintf(evidence, size, "fewest interrupts since boot (%" PRIu64 "; CPU %d took %" PRIu64 ")",
			 counts[best], worst, counts[worst]);
	free(counts);
	return best;
}

/* @what: what the CPUs of @set have in common, for the reason. */
static int choose_among(const struct topology *topology, hwloc_cpuset_t set, const char *what, char *reason,
			size_t size)
{
	char list[128], evidence[160];
	const char *isolated = keep_isolated(topology, set);
	int cpu;

	list_text(set, list, sizeof(list));
	if (hwloc_bitmap_weight(set) == 1) {
		snprintf(evidence, sizeof(evidence), "the only one");
		cpu = hwloc_bitmap_first(set);
	} else {
		cpu = quietest(topology, set, evidence, sizeof(evidence));
	}
	snprintf(reason, size, "%s among CPUs %s%s%s%s", evidence, list, what, isolated ? ", isolated by " : "",
		 isolated ? isolated : "");
	return cpu;
}

int topology_choose_cpu(const struct topology *topology, int wanted, char *reason, size_t size, struct why *why)
{
	hwloc_cpuset_t set;
	int cpu = wanted;
	bool fastest;

	if (wanted < -1 || (wanted >= 0 && !hwloc_bitmap_isset(topology->allowed, (unsigned int)wanted))) {
		char list[128];

		list_text(topology->allowed, list, sizeof(list));
		return why_set(why, -EINVAL, NULL,
			       "CPU %d does not exist or is not allowed for this process; allowed: %s", wanted, list);
	}
	if (wanted >= 0) {
		snprintf(reason, size, "set by --cpu");
		return cpu;
	}
	set = hwloc_bitmap_dup(topology->allowed);
	if (!set)
		return why_set(why, -ENOMEM, NULL, "no memory to choose a CPU");
	fastest = keep_fastest(topology, set);
	cpu = choose_among(topology, set, fastest ? ", the fastest core type" : "", reason, size);
	hwloc_bitmap_free(set);
	return cpu;
}

size_t topology_core_types(const struct topology *topology, struct core_type *types)
{
	int kinds = hwloc_cpukinds_get_nr(topology->hwloc, 0);
	hwloc_cpuset_t cpus = hwloc_bitmap_alloc();
	size_t count = 0;

	for (int kind = 0; cpus && kind < kinds && count < CORE_TYPES_MAX; kind++) {
		if (hwloc_cpukinds_get_info(topology->hwloc, (unsigned int)kind, cpus, NULL, NULL, NULL, 0))
			continue;
		hwloc_bitmap_and(cpus, cpus, topology->allowed);
		if (hwloc_bitmap_iszero(cpus))
			continue;
		types[count].number = kind;
		types[count].cpu = choose_among(topology, cpus, "", types[count].reason, sizeof(types[count].reason));
		count++;
	}
	hwloc_bitmap_free(cpus);
	return count > 1 ? count : 0;
}

int topology_pin(const struct topology *topology, int cpu, struct why *why)
{
	hwloc_cpuset_t set = hwloc_bitmap_alloc();
	int err = 0;

	if (!set || hwloc_bitmap_only(set, (unsigned int)cpu)) {
		err = why_set(why, -ENOMEM, NULL, "no memory to pin to CPU %d", cpu);
		goto out_free;
	}
	if (hwloc_set_cpubind(topology->hwloc, set, HWLOC_CPUBIND_THREAD | HWLOC_CPUBIND_STRICT)) {
		err = -errno;
		why_set(why, err, NULL, "cannot pin to CPU %d: %s", cpu, strerror(-err));
	}
out_free:
	hwloc_bitmap_free(set);
	return err;
}

static int count_facts(const struct topology *topology, struct facts *facts)
{
	static const struct {
		const char *key;
		hwloc_obj_type_t type;
	} rows[] = {
		{ "packages", HWLOC_OBJ_PACKAGE },
		{ "numa_nodes", HWLOC_OBJ_NUMANODE },
		{ "cores", HWLOC_OBJ_CORE },
		{ "cpus", HWLOC_OBJ_PU },
	};
	char list[256];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int count = hwloc_get_nbobjs_by_type(topology->hwloc, rows[i].type);

		if (facts_add_int(facts, "topology", rows[i].key, count))
			return -ENOMEM;
	}
	list_text(topology->allowed, list, sizeof(list));
	return facts_add_text(facts, "topology", "cpus_allowed", list);
}

/* The caches of @cpu, one fact each. They differ between core types. */
static int cache_facts(const struct topology *topology, int cpu, int kind, struct facts *facts)
{
	hwloc_obj_t object = hwloc_get_pu_obj_by_os_index(topology->hwloc, (unsigned int)cpu);

	for (; object; object = object->parent) {
		char name[32], key[64];

		if (!hwloc_obj_type_is_dcache(object->type))
			continue;
		hwloc_obj_type_snprintf(name, sizeof(name), object, 0);
		for (char *c = name; *c; c++)
			*c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
		snprintf(key, sizeof(key), "core_type_%d_%s_bytes", kind, name);
		if (facts_add_int(facts, "topology", key, (int64_t)object->attr->cache.size))
			return -ENOMEM;
	}
	return 0;
}

/* Return: how many there are with @size. A kernel that does not know the size of a cache gives 0. */
static size_t add_size(uint64_t *bytes, size_t count, uint64_t size)
{
	for (size_t i = 0; i < count; i++) {
		if (bytes[i] == size)
			return count;
	}
	if (!size || count == CACHES_MAX)
		return count;
	bytes[count] = size;
	return count + 1;
}

size_t topology_caches(const struct topology *topology, int cpu, uint64_t *bytes)
{
	size_t count = 0;

	for (int i = hwloc_bitmap_first(topology->allowed); i >= 0; i = hwloc_bitmap_next(topology->allowed, i)) {
		hwloc_obj_t object = hwloc_get_pu_obj_by_os_index(topology->hwloc, (unsigned int)i);

		for (; object && (cpu < 0 || cpu == i); object = object->parent) {
			if (hwloc_obj_type_is_dcache(object->type))
				count = add_size(bytes, count, object->attr->cache.size);
		}
	}
	return count;
}

/* "0-3, CPUModel ..., CPUCapacity 414": the CPUs and hwloc's description of this type. */
static int kind_facts(const struct topology *topology, int kind, hwloc_const_cpuset_t cpus, unsigned int nr_infos,
		      const struct hwloc_info_s *infos, struct facts *facts)
{
	char text[512], key[32];
	size_t used;

	list_text(cpus, text, 256);
	used = strlen(text);
	for (unsigned int i = 0; i < nr_infos && used < sizeof(text); i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, ", %s %s", infos[i].name, infos[i].value);
	snprintf(key, sizeof(key), "core_type_%d", kind);
	if (facts_add_text(facts, "topology", key, text))
		return -ENOMEM;
	return cache_facts(topology, hwloc_bitmap_first(cpus), kind, facts);
}

static int core_type_facts(const struct topology *topology, struct facts *facts)
{
	int kinds = hwloc_cpukinds_get_nr(topology->hwloc, 0), err = 0;
	hwloc_cpuset_t cpus = hwloc_bitmap_alloc();

	if (!cpus)
		return -ENOMEM;
	/* If all CPUs are alike, hwloc may have no kinds. */
	if (kinds <= 0)
		err = kind_facts(topology, 0, hwloc_topology_get_topology_cpuset(topology->hwloc), 0, NULL, facts);
	for (int kind = 0; kind < kinds && !err; kind++) {
		struct hwloc_info_s *infos;
		unsigned int nr_infos;

		if (hwloc_cpukinds_get_info(topology->hwloc, (unsigned int)kind, cpus, NULL, &nr_infos, &infos, 0))
			continue;
		err = kind_facts(topology, kind, cpus, nr_infos, infos, facts);
	}
	hwloc_bitmap_free(cpus);
	return err;
}

static int node_facts(const struct topology *topology, struct facts *facts)
{
	hwloc_obj_t node = NULL;

	while ((node = hwloc_get_next_obj_by_type(topology->hwloc, HWLOC_OBJ_NUMANODE, node))) {
		char key[48], list[256];

		snprintf(key, sizeof(key), "numa_node_%u_cpus", node->os_index);
		list_text(node->cpuset, list, sizeof(list));
		if (facts_add_text(facts, "topology", key, list))
			return -ENOMEM;
		snprintf(key, sizeof(key), "numa_node_%u_bytes", node->os_index);
		if (facts_add_int(facts, "topology", key, (int64_t)node->attr->numanode.local_memory))
			return -ENOMEM;
	}
	return 0;
}

int topology_facts(const struct topology *topology, struct facts *facts)
{
	int err = count_facts(topology, facts);

	if (!err)
		err = core_type_facts(topology, facts);
	if (!err)
		err = node_facts(topology, facts);
	return err;
}
