// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/base/text.h"
#include "bench/cli/cli.h"
#include "bench/measure/environment.h"
#include "bench/measure/topology.h"
#include "bench/source/drm-node.h"
#include "bench/source/identity.h"
#include "bench/source/zap-heap-kernel.h"

#define HEAPS "/dev/dma_heap/"
#define VIDEO "/dev/video"
#define TARGETS_MAX 64
/* The first column of a table. */
#define LABEL 20

/* One kind of memory. */
struct target {
	const struct source *source;
	char instance[INSTANCE_MAX];
	struct params params;
	char name[2 * INSTANCE_MAX + 2]; /* "dma-heap:system", "zap-eager-page" */
};

struct job {
	double bytes;
	int cpu;
	uint64_t cache_bytes; /* the largest one of that CPU; 0: not known */
	bool emulated;
	struct clock clock;
	struct target target[TARGETS_MAX];
	size_t count;
};

static struct target *add(struct job *job, const struct source *source, const char *instance)
{
	struct target *target = &job->target[job->count];

	if (job->count == TARGETS_MAX)
		return NULL;
	job->count++;
	*target = (struct target){ .source = source };
	for (enum param i = 0; i < NR_PARAMS; i++)
		target->params.value[i] = param_default(i);
	target->params.value[PARAM_SIZE] = job->bytes;
	target->params.value[PARAM_POLICY] = POLICY_CACHED;
	target->params.value[PARAM_GRANULARITY] = GRANULARITY_NONE;
	snprintf(target->instance, sizeof(target->instance), "%s", instance);
	snprintf(target->name, sizeof(target->name), "%s%s%s", source->name, instance[0] ? ":" : "", instance);
	return target;
}

/* The heaps that this kernel has of all policies and granularities; with @wanted only the one of that name. */
static void add_zap_heaps(struct job *job, const char *wanted)
{
	for (unsigned int policy = 0; policy < NR_POLICIES; policy++) {
		bool zaps = policy_zaps(policy);

		for (unsigned int granularity = 0; granularity < NR_GRANULARITIES; granularity++) {
			struct target *target;

			if (zaps == (granularity == GRANULARITY_NONE))
				continue;
			target = add(job, &source_zap_heap, "");
			if (!target)
				return;
			target->params.value[PARAM_POLICY] = policy;
			target->params.value[PARAM_GRANULARITY] = granularity;
			snprintf(target->name, sizeof(target->name), "zap-%s%s%s", policy_row(policy)->name,
				 zaps ? "-" : "", zaps ? param_choice(PARAM_GRANULARITY, granularity) : "");
			if (wanted ? strcmp(wanted, target->name) != 0
				   : source_zap_heap.supports("", &target->params, NULL) != 0)
				job->count--;
		}
	}
}

/* What this machine has of a source. */
static void add_source(struct job *job, const struct source *source)
{
	char names[TARGETS_MAX][INSTANCE_MAX];
	size_t count;

	if (source == &source_zap_heap) {
		add_zap_heaps(job, NULL);
	} else if (source->instances) {
		count = source->instances(names, TARGETS_MAX);
		for (size_t i = 0; i < count; i++)
			add(job, source, names[i]);
	} else {
		add(job, source, "");
	}
}

/* One of a source's kinds of memory, which must be there. */
static int add_instance(struct job *job, const struct source *source, const char *instance, const char *wanted,
			struct why *why)
{
	char names[TARGETS_MAX][INSTANCE_MAX];
	size_t count = source->instances ? source->instances(names, TARGETS_MAX) : 0;

	for (size_t i = 0; i < count; i++) {
		if (!strcmp(names[i], instance)) {
			add(job, source, instance);
			return source->probe(why);
		}
	}
	return why_set(why, -EINVAL, "name a source or a heap that zapbench list shows",
		       "%s is neither a source nor a heap of this machine", wanted);
}

/* A device by its path. 0 or -errno; 1 if the path is of another kind. */
static int find_device(struct job *job, const char *path, struct why *why)
{
	char driver[INSTANCE_MAX];
	int err;

	if (!strncmp(path, VIDEO, strlen(VIDEO)) && strlen(path) - strlen("/dev/") < INSTANCE_MAX) {
		add(job, &source_v4l2, path + strlen("/dev/"));
		return 0;
	}
	if (strncmp(path, DRM_FOLDER "/", strlen(DRM_FOLDER "/")) != 0)
		return 1;
	err = drm_node_driver(path, driver, why);
	return err ? err : add_instance(job, &source_drm, driver, path, why);
}

/*
 * "memfd", "dma-heap:system", "system", "/dev/dma_heap/system", "/dev/udmabuf", "zap-eager-page", "drm:vgem",
 * "/dev/dri/card0", "/dev/video0"
 */
static int find_targets(struct job *job, const char *wanted, struct why *why)
{
	bool heap = !strncmp(wanted, HEAPS, strlen(HEAPS));
	const char *name = heap ? wanted + strlen(HEAPS) : wanted;
	const char *colon = strchr(name, ':');
	char before[64];
	const struct source *source;
	int err = find_device(job, wanted, why);

	if (err <= 0)
		return err;
	if (!strncmp(name, "/dev/", 5))
		name += 5;
	add_zap_heaps(job, name);
	if (job->count)
		return source_zap_heap.supports("", &job->target[0].params, why);
	snprintf(before, sizeof(before), "%.*s", (int)strcspn(name, ":"), name);
	source = strcmp(before, source_v4l2.name) ? source_find(before) : &source_v4l2;
	/* Where nothing of the kind is here, its fix is worth more than the word that this one is not. */
	if (source || heap)
		err = (source ? source : &source_dma_heap)->probe(why);
	if (err < 0)
		return err;
	if (!source || colon)
		return add_instance(job, source ? source : &source_dma_heap, source ? colon + 1 : name, wanted, why);
	add_source(job, source);
	return 0;
}

static void print_row(const char *label, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void print_row(const char *label, const char *fmt, ...)
{
	va_list arguments;

	printf("    %-*s ", LABEL, label);
	va_start(arguments, fmt);
	vprintf(fmt, arguments);
	va_end(arguments);
	putchar('\n');
}

static const char *kib_per_ns_as_mb_s(double ns, char *text, size_t size)
{
	return figure_format(ns > 0 ? 1024 / ns * 1000 : NAN, text, size);
}

static void print_accesses(const struct identity_look *look)
{
	static const struct {
		const char *label, *unit;
		bool rate;
	} rows[NR_IDENTITY_ACCESSES] = {
		[IDENTITY_LOAD_AGAIN] = { "load again", "ns per load of a line just loaded", false },
		[IDENTITY_READ] = { "read", "MB/s", true },
		[IDENTITY_WRITE] = { "write", "MB/s", true },
		[IDENTITY_SCATTERED] = { "scattered stores", "ns per store, one to each line", false },
	};

	for (size_t i = 0; i < NR_IDENTITY_ACCESSES; i++) {
		double buffer = look->buffer[i].median_ns, ordinary = look->ordinary[i].median_ns;
		char a[32], b[32];

		if (rows[i].rate) {
			kib_per_ns_as_mb_s(buffer, a, sizeof(a));
			kib_per_ns_as_mb_s(ordinary, b, sizeof(b));
		} else {
			figure_format(buffer, a, sizeof(a));
			figure_format(ordinary, b, sizeof(b));
		}
		print_row(rows[i].label, "%s %s; ordinary memory %s", a, rows[i].unit, b);
	}
}

static void print_look(const struct identity_evidence *evidence, const struct identity_look *look)
{
	static const char *const types[] = {
		[MAPPED_NOT] = "no entry",   [MAPPED_CACHED] = "cached", [MAPPED_WC] = "write-combined",
		[MAPPED_OTHER] = "uncached", [MAPPED_UNKNOWN] = NULL,
	};
	enum identity_memory memory = identity_memory(evidence, look);
	const struct identity_timing *again = look->buffer, *ordinary = look->ordinary;
	char text[200], size[32] = "";

	if (memory == IDENTITY_UNTESTED)
		print_row("memory type", "untested by timing: %s",
			  evidence->emulated ? "this machine is emulated" : "no timing");
	else
		print_row("memory type", "%s: loading a line again takes %.1f times as long as in ordinary memory",
			  identity_memory_name(memory),
			  again[IDENTITY_LOAD_AGAIN].median_ns / ordinary[IDENTITY_LOAD_AGAIN].median_ns);
	if (look->mapped.bytes)
		size_format((double)look->mapped.bytes, size, sizeof(size));
	if (types[look->mapped.type])
		print_row("page table", "%s%s%s%s", types[look->mapped.type], size[0] ? ", entries of " : "", size,
			  identity_contradicts(memory, look->mapped.type) ? "; CONTRADICTS the timing" : "");
	else
		print_row("page table", "type unknown: only /dev/zap-bench tells it");
	identity_faults(evidence, look, text, sizeof(text));
	print_row("page faults", "%s", text);
	if (!evidence->emulated)
		print_accesses(look);
}

static uint64_t largest_cache(const struct topology *topology, int cpu)
{
	uint64_t bytes[CACHES_MAX], largest = 0;
	size_t count = topology_caches(topology, cpu, bytes);

	for (size_t i = 0; i < count; i++)
		largest = bytes[i] > largest ? bytes[i] : largest;
	return largest;
}

static void print_sync(const struct identity_evidence *evidence)
{
	static const char *const labels[NR_IDENTITY_SYNCS] = {
		[IDENTITY_WRITE_START] = "SYNC write START",
		[IDENTITY_WRITE_END] = "SYNC write END",
		[IDENTITY_READ_START] = "SYNC read START",
		[IDENTITY_READ_END] = "SYNC read END",
	};
	static const char *const kinds[] = {
		[SYNC_CONSTANT] = "independent of the size: it touches no page",
		[SYNC_GROWS] = "grows with the size: maintenance, or removing mappings",
		[SYNC_INCONCLUSIVE] = "inconclusive whether it grows with the size",
		[SYNC_UNTESTED] = "untested whether it grows with the size: there is no smaller buffer",
	};
	double kib = (double)evidence->bytes / 1024;

	if (!evidence->is_dmabuf) {
		print_row("SYNC", "none: not a dma-buf");
		return;
	}
	for (enum identity_sync sync = 0; sync < NR_IDENTITY_SYNCS; sync++) {
		enum identity_sync_kind kind = identity_sync(evidence, sync);
		double ns = evidence->sync[sync].median_ns;
		char us[32], per_kib[32];

		if (evidence->emulated || ns <= 0)
			continue;
		print_row(labels[sync], "%s us, %s ns per KiB; %s", figure_format(ns / 1000, us, sizeof(us)),
			  figure_format(ns / kib, per_kib, sizeof(per_kib)), kinds[kind]);
	}
	if (evidence->emulated)
		print_row("SYNC", "works; its time is untested: this machine is emulated");
	if (evidence->has_kernel_counts)
		print_row("SYNC by the kernel",
			  "write, map by a device, read: %llu bytes cleaned, %llu invalidated, %llu zap%s",
			  (unsigned long long)evidence->cleaned_bytes, (unsigned long long)evidence->invalidated_bytes,
			  (unsigned long long)evidence->zaps, evidence->zaps == 1 ? "" : "s");
}

static void print_not_identified(const struct why *why, int err)
{
	print_row("not identified", "%s", why->reason[0] ? why->reason : strerror(-err));
	if (why->remedy[0])
		print_row("fix", "%s", why->remedy);
}

static int identify_one(const struct job *job, const struct target *target)
{
	struct identity_request request = {
		.source = target->source,
		.instance = target->instance,
		.params = &target->params,
		.clock = &job->clock,
		.emulated = job->emulated,
	};
	struct identity_evidence evidence;
	struct why why = { "", "" };
	char text[200], size[32];
	int err = identity_measure(&request, &evidence, &why);

	size_format(job->bytes, size, sizeof(size));
	printf("\n%s, %s\n", target->name, size);
	if (err) {
		print_not_identified(&why, err);
		return err;
	}
	if (evidence.has_device)
		printf("  as allocated\n");
	print_look(&evidence, &evidence.born);
	if (evidence.has_device) {
		printf("  after a write, and a device that mapped it\n");
		print_look(&evidence, &evidence.handed);
	}
	identity_rates(&evidence, job->cache_bytes, text, sizeof(text));
	print_row("these rates are", "%s", text);
	printf("  for the client\n");
	print_sync(&evidence);
	identity_loss(&evidence, text, sizeof(text));
	print_row("a byte lost", "%s", text);
	return 0;
}

/* A source that is here, and that this user may not open. */
static void print_hidden(const struct source *source)
{
	struct why why = { "", "" };
	int err = source->probe(&why);

	if (err != -EACCES && err != -EPERM)
		return;
	printf("\n%s\n", source->name);
	print_not_identified(&why, err);
}

/* What a reader of the table has to know of the machine. */
static void print_machine(const struct job *job, const struct facts *facts)
{
	static const char *const keys[][2] = {
		{ "machine", "model" },  { "machine", "product" },     { "cpu", "model" },
		{ "kernel", "release" }, { "kernel", "architecture" },
	};

	printf("zapbench identify on CPU %d", job->cpu);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const struct fact *fact = facts_find(facts, keys[i][0], keys[i][1]);

		if (fact && fact->value.kind == VALUE_TEXT)
			printf(", %s", fact->value.text);
	}
	putchar('\n');
	puts("Timings are medians.");
}

/* One line, and not one for each buffer. */
static void print_fix(void)
{
	char fix[300];
	int device = zap_bench_open();

	if (device >= 0)
		close(device);
	if (device != -ENOENT)
		return;
	zap_heap_fix("", "/dev/zap-bench", fix, sizeof(fix));
	printf("\n/dev/zap-bench is missing; fix: %s\n", fix);
}

static int identify(struct job *job, const char *wanted)
{
	struct record *record = record_new();
	struct topology *topology = NULL;
	struct why why = { "", "" };
	char reason[256];
	size_t failed = 0;
	int err = record ? topology_open("", &topology, &why) : -ENOMEM;

	if (err)
		goto out_free;
	err = job->cpu = topology_choose_cpu(topology, job->cpu, reason, sizeof(reason), &why);
	if (err >= 0)
		err = topology_pin(topology, job->cpu, &why);
	if (err)
		goto out_close;
	err = environment_read("", job->cpu, &record->environment);
	if (!err)
		err = topology_facts(topology, &record->environment);
	if (err)
		goto out_close;
	job->cache_bytes = largest_cache(topology, job->cpu);
	job->emulated = environment_emulated(&record->environment);
	clock_choose("", &job->clock);
	if (wanted) {
		err = find_targets(job, wanted, &why);
	} else {
		for (size_t i = 0; sources[i]; i++) {
			if (!sources[i]->probe(NULL))
				add_source(job, sources[i]);
		}
		add_source(job, &source_v4l2);
	}
	if (err)
		goto out_close;
	print_machine(job, &record->environment);
	for (size_t i = 0; i < job->count; i++)
		failed += identify_one(job, &job->target[i]) != 0;
	if (!wanted) {
		for (size_t i = 0; sources[i]; i++)
			print_hidden(sources[i]);
		print_hidden(&source_v4l2);
	}
	if (failed < job->count)
		print_fix();
out_close:
	topology_close(topology);
out_free:
	record_free(record);
	if (err < 0)
		return complain_why(err == -EINVAL ? STATUS_USAGE : STATUS_FAILED, err, &why);
	return failed ? STATUS_FAILED : STATUS_OK;
}

static const char *const usage[] = { "[--size BYTES] [--cpu N] [DEVICE|HEAP]", NULL };

static const struct flag flags[] = {
	{ .id = 's',
	  .name = "size",
	  .argument = "BYTES",
	  .help = "size of each buffer, in whole pages",
	  .preset = "4M" },
	{ .id = 'c',
	  .name = "cpu",
	  .argument = "N",
	  .help = "the CPU to measure on",
	  .preset = "the CPU that zapbench run would choose" },
	{ .name = NULL },
};

static const struct outcome outcomes[] = {
	{ STATUS_OK, "identified" },
	{ STATUS_FAILED, "failed, or one of the buffers could not be identified" },
	{ STATUS_USAGE, "wrong usage" },
	{ 0, NULL },
};

static int take(void *arg, int id, char *value, struct why *why)
{
	long page = sysconf(_SC_PAGESIZE);
	struct job *job = arg;
	double cpu;
	int err;

	if (id == 's') {
		err = take_size("size", value, 256 * 1024, IDENTITY_BYTES_MOST, &job->bytes, why);
		if (!err && fmod(job->bytes, (double)page) != 0)
			err = why_set(why, -EINVAL, NULL, "--size: '%s' is not a whole number of pages of %ld bytes",
				      value, page);
		return err;
	}
	err = take_whole("cpu", value, 0, 1e6, &cpu, why);
	job->cpu = (int)cpu;
	return err;
}

static int run_identify(int argc, char **argv)
{
	static struct job job = { .bytes = 4 << 20, .cpu = -1 };
	int status = parse_flags(&command_identify, argc, argv, take, &job);

	if (status >= 0)
		return status;
	if (argc - optind > 1)
		return complain_usage(&command_identify, "identify takes one device or heap");
	return identify(&job, argv[optind]);
}

const struct command command_identify = {
	.name = "identify",
	.summary = "tell what a buffer really gives: memory type, mapping, SYNC, lost bytes",
	.usage = usage,
	.about =
		"Tell what a buffer of a device or heap really gives, with the evidence: cached, write-combined or "
		"uncached, by timings beside those of ordinary memory; how page faults map it; what each call of "
		"SYNC costs, and whether it grows with the size; whether a device reads old bytes without a clean. "
		"DEVICE or HEAP is a source (memfd, udmabuf, dma-heap:system, drm:vgem), a heap by its name or path, a "
		"DRM card (its dumb buffers), or a video device (its capture buffers; it gets its format back). "
		"Without it, everything that this machine has, and what you may not open. What cannot be tested here "
		"is called untested. The "
		"table is made for a bug report.",
	.flags = flags,
	.arguments = &values_sources,
	.outcomes = outcomes,
	.failure = STATUS_FAILED,
	.examples = "zapbench identify udmabuf\n"
		    "zapbench identify /dev/dma_heap/system\n"
		    "zapbench identify /dev/dri/card0\n"
		    "zapbench identify /dev/video0",
	.run = run_identify,
};
