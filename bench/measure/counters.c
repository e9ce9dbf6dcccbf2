// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/measure/counters.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/measure/counters-encode.h"
#include "bench/measure/environment-files.h"
#include "bench/measure/environment-survey.h"

/* The smallest PMU has six counters. A whole group must fit beside the NMI watchdog. */
enum { GROUP_MAX = 4 };

struct slot {
	struct counter_event event;
	struct counter_encoding encoding;
	char *name;
	int fd;                     /* -1: not open */
	size_t leader;              /* index of the first event of the group */
	size_t members;             /* of a leader: how many events the group has */
	uint64_t enabled_before_ns; /* of a leader: sum of earlier regions */
	uint64_t running_before_ns;
	struct perf_event_mmap_page *page; /* NULL: no reads from user space */
	bool user_read;                    /* this region began with a read from user space, of... */
	uint64_t user_begin;
	uint64_t user_end;
};

struct counters {
	size_t count;
	size_t page_size;
	struct slot slot[];
};

/* What read() gives of a group, with the read_format below. */
struct group_reading {
	uint64_t nr;
	uint64_t enabled_ns, running_ns;
	uint64_t value[GROUP_MAX];
};

const char *const counters_own_events[] = {
	"cycles",        "instructions", "dtlb-refill",      "dtlb-walk",      "l2d-tlb-refill",
	"l1d-refill",    "l2d-refill",   "bus-access",       "mem-access",     "exceptions-taken",
	"stall-backend", "page-faults",  "context-switches", "cpu-migrations", NULL,
};

const char *const counters_base_events[] = {
	"cycles", "instructions", "page-faults", "context-switches", "cpu-migrations", NULL,
};

const char *const counters_instructions[] = { "instructions", NULL };

static int event_open(const struct counter_encoding *encoding, int group_fd)
{
	struct perf_event_attr attr = {
		.type = encoding->type,
		.size = sizeof(attr),
		.config = encoding->config,
		.config1 = encoding->config1,
		.config2 = encoding->config2,
		.read_format = PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
		.disabled = group_fd < 0, /* the others follow their leader */
		.exclude_hv = 1,
	};
	long fd = syscall(SYS_perf_event_open, &attr, 0, -1, group_fd, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : (int)fd;
}

/* Permission is denied either by the sysctl or by a filter in front of it. */
static void refused(const char *root, struct why *why, int err)
{
	struct sysfile file;
	int64_t paranoid;

	sysfile_path(&file, root, "/proc/sys/kernel/perf_event_paranoid");
	if (!survey_may_count(root) && !sysfile_integer(&file, &paranoid) && paranoid > 1)
		why_set(why, err, "sudo sysctl kernel.perf_event_paranoid=1",
			"kernel.perf_event_paranoid is %lld: this user may not count kernel events",
			(long long)paranoid);
	why_set(why, err, "run outside the container, or allow perf_event_open in its seccomp profile",
		"perf_event_open is refused by a seccomp filter or a security module");
}

static void explain(const char *root, struct slot *slot, int err)
{
	static const struct {
		int err;
		const char *reason, *remedy;
	} rows[] = {
		{ -ENOENT, "the kernel does not know this event for", NULL },
		{ -ENODEV, "the kernel has no driver that counts this event on", NULL },
		{ -EOPNOTSUPP, "the hardware cannot count this event on", NULL },
		{ -EINVAL, "the kernel rejects this encoding on", NULL },
		{ -EBUSY, "another program uses all counters of",
		  "stop other users of perf: sudo fuser -v /usr/bin/perf" },
		{ -EMFILE, "no file descriptor is left for", "ulimit -n 4096" },
		{ -ENOSYS, "this kernel was built without CONFIG_PERF_EVENTS, needed for", NULL },
	};
	struct why *why = &slot->event.why_not;

	if (err == -EACCES || err == -EPERM)
		refused(root, why, err);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].err == err)
			why_set(why, err, rows[i].remedy, "%s %s", rows[i].reason, slot->encoding.pmu);
	}
	why_set(why, err, NULL, "opening on %s: %s", slot->encoding.pmu, strerror(-err));
}

/* The group that the event at @index may join: the last one opened, if it is on the same PMU and has room. */
static struct slot *open_group(struct counters *counters, size_t index)
{
	for (size_t i = index; i-- > 0;) {
		struct slot *slot = &counters->slot[i], *leader;

		if (slot->fd < 0)
			continue;
		leader = &counters->slot[slot->leader];
		if (leader->members < GROUP_MAX &&
		    strcmp(leader->encoding.pmu, counters->slot[index].encoding.pmu) == 0)
			return leader;
		return NULL;
	}
	return NULL;
}

static void open_slot(const char *root, struct counters *counters, size_t index)
{
	struct slot *slot = &counters->slot[index], *leader = open_group(counters, index);
	void *page;

	slot->fd = leader ? event_open(&slot->encoding, leader->fd) : -1;
	/* The PMU has fewer counters than the group has events: give the event a group of its own. */
	if (slot->fd < 0) {
		leader = slot;
		slot->fd = event_open(&slot->encoding, -1);
	}
	if (slot->fd < 0) {
		explain(root, slot, slot->fd);
		slot->fd = -1;
		return;
	}
	slot->leader = (size_t)(leader - counters->slot);
	leader->members++;
	slot->event.open = true;
	slot->event.pmu = slot->encoding.pmu;
	if (slot->encoding.type == PERF_TYPE_SOFTWARE || slot->encoding.type == PERF_TYPE_TRACEPOINT)
		return;
	page = mmap(NULL, counters->page_size, PROT_READ, MAP_SHARED, slot->fd, 0);
	slot->page = page == MAP_FAILED ? NULL : page;
}

int counters_open(const char *root, int cpu, const char *const *names, size_t count, struct counters **counters,
		  struct why *why)
{
	struct counter_pmu pmu;
	struct counters *new;

	if (count > COUNTERS_MAX)
		return why_set(why, -EINVAL, NULL, "%zu events are too many: at most %d", count, COUNTERS_MAX);
	new = calloc(1, sizeof(*new) + count * sizeof(new->slot[0]));
	if (!new)
		return why_set(why, -ENOMEM, NULL, "no memory for counters");
	new->page_size = (size_t)sysconf(_SC_PAGESIZE);
	for (; new->count < count; new->count++) {
		new->slot[new->count].fd = -1;
		new->slot[new->count].name = strdup(names[new->count]);
		if (!new->slot[new->count].name) {
			counters_close(new);
			return why_set(why, -ENOMEM, NULL, "no memory for counters");
		}
		new->slot[new->count].event.name = new->slot[new->count].name;
	}
	counter_pmu_find(root, cpu, &pmu);
	for (size_t i = 0; i < count; i++) {
		struct slot *slot = &new->slot[i];
		int err;

		if (!slot->name[0])
			continue;
		err = counter_encode(root, &pmu, slot->name, &slot->encoding, &slot->event.why_not);
		slot->event.unknown = err == -EINVAL;
		if (!err)
			open_slot(root, new, i);
	}
	*counters = new;
	return 0;
}

void counters_close(struct counters *counters)
{
	if (!counters)
		return;
	for (size_t i = 0; i < counters->count; i++) {
		struct slot *slot = &counters->slot[i];

		if (slot->page)
			munmap(slot->page, counters->page_size);
		if (slot->fd >= 0)
			close(slot->fd);
		free(slot->name);
	}
	free(counters);
}

size_t counters_count(const struct counters *counters)
{
	return counters->count;
}

const struct counter_event *counters_event(const struct counters *counters, size_t index)
{
	return &counters->slot[index].event;
}

static bool is_leader(const struct counters *counters, size_t index)
{
	return counters->slot[index].fd >= 0 && counters->slot[index].leader == index;
}

/* One group's readings; its members come in the order in which they were opened. */
static int read_group(struct counters *counters, size_t leader, struct counter_reading *readings)
{
	struct slot *slot = &counters->slot[leader];
	struct group_reading group;
	size_t member = 0;
	ssize_t got = read(slot->fd, &group, sizeof(group));

	if (got < 0)
		return -errno;
	if (group.nr != slot->members)
		return -EIO;
	for (size_t i = leader; i < counters->count && member < group.nr; i++) {
		if (counters->slot[i].fd < 0 || counters->slot[i].leader != leader)
			continue;
		readings[i].value = group.value[member++];
		/* A reset does not clear the times. */
		readings[i].enabled_ns = group.enabled_ns - slot->enabled_before_ns;
		readings[i].running_ns = group.running_ns - slot->running_before_ns;
	}
	slot->enabled_before_ns = group.enabled_ns;
	slot->running_before_ns = group.running_ns;
	return 0;
}

#if defined(__x86_64__)
static bool read_pmc(uint32_t index, uint64_t *value)
{
	uint32_t low, high;

	__asm__ volatile("rdpmc" : "=a"(low), "=d"(high) : "c"(index));
	*value = (uint64_t)high << 32 | low;
	return true;
}
#elif defined(__aarch64__)
/* The number of a system register is part of the instruction. */
#define PMEVCNTR(n)                                                            \
	case n:                                                                \
		__asm__ volatile("mrs %0, pmevcntr" #n "_el0" : "=r"(*value)); \
		return true

static bool read_pmc(uint32_t index, uint64_t *value)
{
	__asm__ volatile("isb" : : : "memory");
	switch (index) {
		PMEVCNTR(0);
		PMEVCNTR(1);
		PMEVCNTR(2);
		PMEVCNTR(3);
		PMEVCNTR(4);
		PMEVCNTR(5);
		PMEVCNTR(6);
		PMEVCNTR(7);
		PMEVCNTR(8);
		PMEVCNTR(9);
		PMEVCNTR(10);
		PMEVCNTR(11);
		PMEVCNTR(12);
		PMEVCNTR(13);
		PMEVCNTR(14);
		PMEVCNTR(15);
		PMEVCNTR(16);
		PMEVCNTR(17);
		PMEVCNTR(18);
		PMEVCNTR(19);
		PMEVCNTR(20);
		PMEVCNTR(21);
		PMEVCNTR(22);
		PMEVCNTR(23);
		PMEVCNTR(24);
		PMEVCNTR(25);
		PMEVCNTR(26);
		PMEVCNTR(27);
		PMEVCNTR(28);
		PMEVCNTR(29);
		PMEVCNTR(30);
	case 31:
		__asm__ volatile("mrs %0, pmccntr_el0" : "=r"(*value));
		return true;
	default:
		return false;
	}
}
#else
static bool read_pmc(uint32_t index, uint64_t *value)
{
	(void)index;
	(void)value;
	return false;
}
#endif

/* One attempt to read the page, between two reads of its sequence number. */
static int read_page(const volatile struct perf_event_mmap_page *page, uint64_t *value)
{
	uint64_t offset = (uint64_t)page->offset, counter, sign;
	unsigned int unused_bits = 64 - (unsigned int)page->pmc_width;
	uint32_t index = page->index;

	/* Index 0: not on the PMU now. */
	if (!page->cap_user_rdpmc || !index || unused_bits > 63 || !read_pmc(index - 1, &counter))
		return -EOPNOTSUPP;
	/* The counter may be narrower than a register; extend its sign. */
	counter = counter << unused_bits >> unused_bits;
	sign = 1ULL << (63 - unused_bits);
	*value = offset + (counter ^ sign) - sign;
	return 0;
}

int counters_read_user(const struct counters *counters, size_t index, uint64_t *value)
{
	const volatile struct perf_event_mmap_page *page = counters->slot[index].page;
	uint32_t sequence;
	int err;

	if (!page)
		return -EOPNOTSUPP;
	do {
		sequence = page->lock;
		__asm__ volatile("" : : : "memory");
		err = read_page(page, value);
		__asm__ volatile("" : : : "memory");
	} while (page->lock != sequence);
	return err;
}

int counters_start(struct counters *counters)
{
	for (size_t i = 0; i < counters->count; i++) {
		if (!is_leader(counters, i))
			continue;
		if (ioctl(counters->slot[i].fd, PERF_EVENT_IOC_RESET, PERF_IOC_FLAG_GROUP) ||
		    ioctl(counters->slot[i].fd, PERF_EVENT_IOC_ENABLE, PERF_IOC_FLAG_GROUP))
			return -errno;
	}
	/* Last before the region, so that the cost of enabling is not in it. */
	for (size_t i = 0; i < counters->count; i++) {
		struct slot *slot = &counters->slot[i];

		slot->user_read = !counters_read_user(counters, i, &slot->user_begin);
	}
	return 0;
}

int counters_stop(struct counters *counters, struct counter_reading *readings)
{
	int err = 0;

	for (size_t i = 0; i < counters->count; i++) {
		struct slot *slot = &counters->slot[i];

		slot->user_read = slot->user_read && !counters_read_user(counters, i, &slot->user_end);
	}
	/* Stop all before reading the first: reads must not be counted. */
	for (size_t i = 0; i < counters->count; i++) {
		if (is_leader(counters, i) && ioctl(counters->slot[i].fd, PERF_EVENT_IOC_DISABLE, PERF_IOC_FLAG_GROUP))
			err = -errno;
	}
	for (size_t i = 0; i < counters->count && !err; i++) {
		if (is_leader(counters, i))
			err = read_group(counters, i, readings);
	}
	for (size_t i = 0; i < counters->count && !err; i++) {
		struct slot *slot = &counters->slot[i];

		/* An event that shared the PMU has gaps; only the kernel's times show them. */
		if (slot->user_read && readings[i].enabled_ns == readings[i].running_ns)
			readings[i].value = slot->user_end - slot->user_begin;
	}
	return err;
}
