// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/observe/events.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/dma-buf.h>
#include <linux/videodev2.h>

#include "bench/base/array.h"
#include "bench/base/file.h"
#include "bench/base/now.h"
#include "bench/measure/counters-encode.h"
#include "bench/measure/environment-files.h"
#include "bench/measure/environment-survey.h"
#include "bench/observe/proc.h"
#include "bench/observe/ring.h"

enum {
	RING_BYTES = 1 << 20,
	RING_LEAST = 1 << 16,
	/*
	 * How much of the stack the kernel copies at SYNC: a struct dma_buf_sync is a few words above the stack
	 * pointer, behind the frame of the C library's ioctl().
	 */
	STACK_BYTES = 1024,
	PASSES = 10, /* until no thread begins while the others are opened */
};

static const char *const tracepoints[NR_STREAMS] = {
	[STREAM_IOCTL] = "syscalls:sys_enter_ioctl",   [STREAM_RETURN] = "syscalls:sys_exit_ioctl",
	[STREAM_MUNMAP] = "syscalls:sys_enter_munmap", [STREAM_MUNMAP_RETURN] = "syscalls:sys_exit_munmap",
	[STREAM_MMAP] = "syscalls:sys_enter_mmap",
};

/* What is lost with a stream. Without the begin of mmap(), which 32-bit Arm does not tell, all is still counted. */
static const char *const stream_names[NR_STREAMS] = {
	[STREAM_TASKS] = "mmap, fork and exec",
	[STREAM_FAULTS] = "page faults",
	[STREAM_IOCTL] = "SYNC calls and VIDIOC_DQBUF",
	[STREAM_RETURN] = "times of SYNC calls",
	[STREAM_MUNMAP] = "munmap",
	[STREAM_MUNMAP_RETURN] = "munmap that succeeded",
};

struct opened {
	int fd, cpu;
	enum stream stream;
};

struct ring {
	struct perf_event_mmap_page *page;
	size_t bytes, mapped;
	int fd, cpu;
};

struct events {
	const struct events_request *request;
	struct perf_event_attr attr[NR_STREAMS];
	bool watch[NR_STREAMS];
	struct why why[NR_STREAMS];
	struct decoder decoder;
	struct opened *opened;
	size_t nr_opened;
	struct ring *ring;
	size_t nr_rings, ring_bytes;
	pid_t *tid;
	size_t nr_tids, nr_late; /* late: they began while the others were opened */
	struct event *event;
	size_t nr_events;
	uint64_t read_ns; /* when the rings were read last */
};

/* ---- what the streams are ---- */

static int read_format(const char *root, enum stream stream, struct place *place, struct why *why)
{
	const char *name = tracepoints[stream], *colon = strchr(name, ':');
	struct sysfile file;
	char text[4096];
	int err;

	sysfile_path(&file, root, "/sys/kernel/tracing/events/%.*s/%s/format", (int)(colon - name), name, colon + 1);
	err = sysfile_text(&file, text, sizeof(text));
	if (err)
		return why_set(why, err, file_remedy(err), "%s: %s", file.name, strerror(-err));
	return decode_format(stream, text, place, why);
}

static int encode_tracepoint(struct events *events, enum stream stream)
{
	static const struct counter_pmu none;
	struct counter_encoding encoding = { .type = 0 };
	struct why *why = &events->why[stream];
	const char *root = events->request->root;
	char name[64];
	int err;

	snprintf(name, sizeof(name), "tracepoint:%s", tracepoints[stream]);
	err = counter_encode(root, &none, name, &encoding, why);
	if (err == -ENOENT && !why->remedy[0])
		snprintf(why->remedy, sizeof(why->remedy), "a kernel with CONFIG_FTRACE_SYSCALLS");
	if (!err)
		err = read_format(root, stream, events->decoder.place[stream], why);
	events->attr[stream].type = PERF_TYPE_TRACEPOINT;
	events->attr[stream].config = encoding.config;
	return err;
}

static void describe(struct events *events, enum stream stream)
{
	struct perf_event_attr *attr = &events->attr[stream];

	*attr = (struct perf_event_attr){
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(*attr),
		.config = stream == STREAM_TASKS ? PERF_COUNT_SW_DUMMY : PERF_COUNT_SW_PAGE_FAULTS,
		.sample_period = 1,
		.sample_type = stream_sample_type(stream),
		.read_format = PERF_FORMAT_LOST,
		.disabled = 1,
		.inherit = 1,
		.enable_on_exec = events->request->at_exec,
		.watermark = 1,
		.wakeup_watermark = RING_LEAST / 4,
		.sample_id_all = 1,
		.use_clockid = 1,
		.clockid = CLOCK_MONOTONIC,
		/* The kernel's own faults on a mapping, in write() from it, count too; a dummy has no others. */
		.exclude_kernel = stream == STREAM_TASKS,
		.exclude_hv = 1,
	};
	if (stream == STREAM_TASKS) {
		attr->mmap = attr->mmap2 = attr->mmap_data = 1;
		attr->task = attr->comm = attr->comm_exec = 1;
	}
	if (stream == STREAM_IOCTL && stream_registers()) {
		attr->sample_regs_user = stream_registers();
		attr->sample_stack_user = STACK_BYTES;
	}
	events->watch[stream] = !tracepoints[stream] || !encode_tracepoint(events, stream);
}

/* ---- opening ---- */

static int open_event(const struct perf_event_attr *attr, pid_t tid, int cpu)
{
	long fd = syscall(SYS_perf_event_open, attr, tid, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : (int)fd;
}

/* Kernels before 6.0 count no lost samples per event, and users without rights get no faults of the kernel. */
static int open_as_allowed(struct perf_event_attr *attr, pid_t tid, int cpu)
{
	int fd = open_event(attr, tid, cpu);

	if (fd == -EINVAL && attr->read_format) {
		attr->read_format = 0;
		fd = open_event(attr, tid, cpu);
	}
	if ((fd == -EACCES || fd == -EPERM) && attr->type == PERF_TYPE_SOFTWARE && !attr->exclude_kernel) {
		attr->exclude_kernel = 1;
		fd = open_event(attr, tid, cpu);
	}
	return fd;
}

static int refused(const struct events *events, int err, struct why *why)
{
	struct sysfile file;
	int64_t paranoid = 0;

	if (err == -EMFILE)
		return why_set(why, err, "as root: ulimit -n 65536",
			       "too many threads and CPUs for the limit of open files");
	if (err == -ENOBUFS)
		return why_set(why, err,
			       "run as root, or end other programs that use perf, or sudo sysctl "
			       "kernel.perf_event_mlock_kb=2048",
			       "this user may not lock enough memory for the rings of events");
	if (err == -ENOSYS)
		return why_set(why, err, NULL, "this kernel was built without CONFIG_PERF_EVENTS");
	if (err == -ESRCH)
		return why_set(why, err, NULL, "there is no process %d", (int)events->request->pid);
	if (err != -EACCES && err != -EPERM)
		return why_set(why, err, NULL, "perf_event_open: %s", strerror(-err));
	sysfile_path(&file, events->request->root, "/proc/sys/kernel/perf_event_paranoid");
	if (!survey_may_count(events->request->root) && !sysfile_integer(&file, &paranoid) && paranoid > 1)
		return why_set(why, err,
			       "run as root, or with CAP_PERFMON, or sudo sysctl kernel.perf_event_paranoid=1",
			       "kernel.perf_event_paranoid is %lld: this user may not watch it", (long long)paranoid);
	return why_set(why, err, "run as root, or as the user of the process and with CAP_PERFMON",
		       "perf_event_open: %s", strerror(-err));
}

static int map_ring(struct events *events, int fd, int cpu)
{
	struct ring *ring = array_room(events->ring, events->nr_rings, sizeof(*ring));
	size_t page = (size_t)sysconf(_SC_PAGESIZE), bytes = events->ring_bytes;
	void *at;

	if (!ring)
		return -ENOMEM;
	events->ring = ring;
	at = mmap(NULL, page + bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return errno == EPERM || errno == ENOMEM ? -ENOBUFS : -errno;
	events->ring[events->nr_rings++] = (struct ring){ at, bytes, page + bytes, fd, cpu };
	return 0;
}

static struct ring *find_ring(const struct events *events, int cpu)
{
	for (size_t i = 0; i < events->nr_rings; i++) {
		if (events->ring[i].cpu == cpu)
			return &events->ring[i];
	}
	return NULL;
}

static int keep_id(struct events *events, enum stream stream, int fd)
{
	struct decoder *decoder = &events->decoder;
	void *ids = array_room(decoder->id, decoder->nr_ids, sizeof(*decoder->id));
	uint64_t id;

	if (!ids)
		return -ENOMEM;
	decoder->id = ids;
	if (ioctl(fd, PERF_EVENT_IOC_ID, &id))
		return -errno;
	decoder->id[decoder->nr_ids].id = id;
	decoder->id[decoder->nr_ids++].stream = stream;
	return 0;
}

/* The kernel drops all other calls of ioctl(), and mmap() of no file, before they make a sample. */
static int set_filter(enum stream stream, int fd)
{
	char filter[64];

	switch (stream) {
	case STREAM_IOCTL:
		snprintf(filter, sizeof(filter), "cmd == 0x%x || cmd == 0x%x", (unsigned int)DMA_BUF_IOCTL_SYNC,
			 (unsigned int)VIDIOC_DQBUF);
		break;
	case STREAM_MMAP:
		snprintf(filter, sizeof(filter), "fd < 0x80000000");
		break;
	default:
		return 0;
	}
	return ioctl(fd, PERF_EVENT_IOC_SET_FILTER, filter) ? -errno : 0;
}

/* One event of a stream, on one CPU, and into the ring of that CPU. */
static int open_one(struct events *events, enum stream stream, pid_t tid, int cpu)
{
	struct opened *opened = array_room(events->opened, events->nr_opened, sizeof(*opened));
	const struct ring *ring = find_ring(events, cpu);
	int err, fd;

	if (!opened)
		return -ENOMEM;
	events->opened = opened;
	fd = open_as_allowed(&events->attr[stream], tid, cpu);
	if (fd < 0)
		return fd;
	events->opened[events->nr_opened++] = (struct opened){ fd, cpu, stream };
	err = ring ? (ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, ring->fd) ? -errno : 0) : map_ring(events, fd, cpu);
	if (!err)
		err = set_filter(stream, fd);
	return err ? err : keep_id(events, stream, fd);
}

/* One that fails on some CPU or in some thread: half of it would be read as all. No ring is of it. */
static void close_stream(struct events *events, enum stream stream)
{
	size_t left = 0;

	for (size_t i = 0; i < events->nr_opened; i++) {
		if (events->opened[i].stream == stream)
			close(events->opened[i].fd);
		else
			events->opened[left++] = events->opened[i];
	}
	events->nr_opened = left;
}

/* All streams of a thread on a CPU. A stream that fails is watched nowhere; -errno: nothing works. */
static int open_on(struct events *events, pid_t tid, int cpu)
{
	for (enum stream stream = 0; stream < NR_STREAMS; stream++) {
		int err = events->watch[stream] ? open_one(events, stream, tid, cpu) : 0;

		if (err == -ENODEV) /* the CPU is offline */
			return 0;
		if (err == -ESRCH && tid != events->request->pid) /* the thread has ended */
			return 0;
		if (err && stream == STREAM_TASKS)
			return err;
		if (!err)
			continue;
		events->watch[stream] = false;
		close_stream(events, stream);
		refused(events, err, &events->why[stream]);
	}
	return 0;
}

static bool is_listed(const struct events *events, pid_t tid)
{
	for (size_t i = 0; i < events->nr_tids; i++) {
		if (events->tid[i] == tid)
			return true;
	}
	return false;
}

struct listing {
	struct events *events;
	int err;
};

static void list_thread(void *arg, pid_t tid)
{
	struct listing *listing = arg;
	struct events *events = listing->events;
	pid_t *room;

	if (listing->err || is_listed(events, tid))
		return;
	room = array_room(events->tid, events->nr_tids, sizeof(*room));
	if (!room) {
		listing->err = -ENOMEM;
		return;
	}
	events->tid = room;
	events->tid[events->nr_tids++] = tid;
}

static int list_threads(struct events *events)
{
	const struct events_request *request = events->request;
	struct listing listing = { .events = events };
	int err;

	/* It owns the rings, as it lives longest as a rule. */
	list_thread(&listing, request->pid);
	err = proc_threads(request->root, request->pid, list_thread, &listing);
	return err ? err : listing.err;
}

static int open_listed(struct events *events, size_t from)
{
	int cpus = (int)sysconf(_SC_NPROCESSORS_CONF), err = 0;

	for (size_t i = from; i < events->nr_tids && !err; i++) {
		for (int cpu = 0; cpu < cpus && !err; cpu++)
			err = open_on(events, events->tid[i], cpu);
	}
	return err;
}

static void close_opened(struct events *events)
{
	for (size_t i = 0; i < events->nr_rings; i++)
		munmap(events->ring[i].page, events->ring[i].mapped);
	for (size_t i = 0; i < events->nr_opened; i++)
		close(events->opened[i].fd);
	events->nr_rings = events->nr_opened = events->nr_tids = events->decoder.nr_ids = 0;
}

/*
 * Threads of threads that are open are inherited. One that begins while the others are opened has inherited all, a
 * part or nothing: opened, too, it would be seen twice, and left alone maybe not. So all begins anew, until none does.
 */
static int open_threads(struct events *events)
{
	for (int pass = 0;; pass++) {
		int err = list_threads(events);
		size_t count = events->nr_tids;

		if (!err)
			err = open_listed(events, 0);
		if (!err)
			err = list_threads(events);
		events->nr_late = events->nr_tids - count;
		/* Users without rights may lock little memory, all CPUs together. */
		if (err == -ENOBUFS && events->ring_bytes > RING_LEAST) {
			events->ring_bytes /= 2;
			pass--;
		} else if (err || !events->nr_late) {
			return err;
		}
		if (pass == PASSES)
			return open_listed(events, count);
		close_opened(events);
	}
}

static int by_id(const void *a, const void *b)
{
	const uint64_t *one = a, *other = b;

	return *one < *other ? -1 : *one > *other;
}

static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void tell_late(const struct events *events, void (*gap)(void *arg, const char *what, const struct why *why),
		      void *arg)
{
	struct why why = { "", "" };

	why_set(&why, -EAGAIN, "zapbench observe -- COMMAND",
		"%zu of them began while the others were opened: what they do may count twice", events->nr_late);
	gap(arg, "each thread once", &why);
}

int events_open(const struct events_request *request, void (*gap)(void *arg, const char *what, const struct why *why),
		void *arg, struct events **events, struct why *why)
{
	struct events *new = calloc(1, sizeof(*new));
	int err;

	if (!new)
		return -ENOMEM;
	new->request = request;
	new->ring_bytes = RING_BYTES;
	raise_limit();
	for (enum stream stream = 0; stream < NR_STREAMS; stream++)
		describe(new, stream);
	err = open_threads(new);
	if (err) {
		refused(new, err, why);
		events_close(new);
		return err;
	}
	qsort(new->decoder.id, new->decoder.nr_ids, sizeof(*new->decoder.id), by_id);
	for (enum stream stream = 0; stream < NR_STREAMS; stream++) {
		if (!new->watch[stream] && stream_names[stream])
			gap(arg, stream_names[stream], &new->why[stream]);
	}
	if (new->watch[STREAM_FAULTS] && new->attr[STREAM_FAULTS].exclude_kernel) {
		refused(new, -EACCES, &new->why[STREAM_FAULTS]);
		gap(arg, "page faults of the kernel on the mappings", &new->why[STREAM_FAULTS]);
	}
	if (new->nr_late)
		tell_late(new, gap, arg);
	for (size_t i = 0; i < new->nr_opened && !request->at_exec; i++)
		ioctl(new->opened[i].fd, PERF_EVENT_IOC_ENABLE, 0);
	*events = new;
	return 0;
}

bool events_watch(const struct events *events, enum stream stream)
{
	return events->watch[stream];
}

/* ---- reading ---- */

/* A ring whose thread has ended is always ready: wait for the others. False: one has something to read. */
static bool leave_out_ended(struct pollfd *wait, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (wait[i].fd >= 0 && wait[i].revents & POLLIN)
			return false;
	}
	for (size_t i = 0; i < count; i++) {
		if (wait[i].revents)
			wait[i].fd = -1;
	}
	return true;
}

void events_wait(const struct events *events, int timeout_ms)
{
	struct pollfd *wait = calloc(events->nr_rings, sizeof(*wait));

	for (size_t i = 0; wait && i < events->nr_rings; i++)
		wait[i] = (struct pollfd){ .fd = events->ring[i].fd, .events = POLLIN };
	while (poll(wait, wait ? events->nr_rings : 0, timeout_ms) > 0 && leave_out_ended(wait, events->nr_rings))
		;
	free(wait);
}

/* Flags that were not on the stack, as they are in memory now. */
static void read_flags(struct event *event)
{
	struct iovec to = { &event->flags, sizeof(event->flags) };
	struct iovec from = { (void *)(uintptr_t)event->argument, sizeof(event->flags) };

	event->read_later = event->has_flags =
		process_vm_readv((pid_t)event->pid, &to, 1, &from, 1, 0) == sizeof(event->flags);
}

static int take_record(void *arg, const struct perf_event_header *record)
{
	struct events *events = arg;
	struct event *room = array_room(events->event, events->nr_events, sizeof(*room));
	int got;

	if (!room)
		return -ENOMEM;
	events->event = room;
	room += events->nr_events;
	got = decode(&events->decoder, record, room);
	if (got <= 0)
		return got;
	if (room->kind == EVENT_IOCTL && room->command == (uint32_t)DMA_BUF_IOCTL_SYNC && !room->has_flags)
		read_flags(room);
	events->nr_events++;
	return 0;
}

static int by_time(const void *a, const void *b)
{
	const struct event *one = a, *other = b;

	return one->time_ns < other->time_ns ? -1 : one->time_ns > other->time_ns;
}

int events_read(struct events *events, bool all, void (*take)(void *arg, const struct event *event), void *arg)
{
	uint64_t until = all ? UINT64_MAX : events->read_ns;
	size_t done = 0;
	int err = 0;

	events->read_ns = (uint64_t)now_ns();
	for (size_t i = 0; i < events->nr_rings && !err; i++)
		err = ring_read(events->ring[i].page, events->ring[i].bytes, take_record, events);
	if (err)
		return err;
	if (events->nr_events)
		qsort(events->event, events->nr_events, sizeof(*events->event), by_time);
	while (done < events->nr_events && events->event[done].time_ns < until)
		take(arg, &events->event[done++]);
	/* The array has room for a power of two above its count, so what is left is copied into one of its own. */
	if (done) {
		size_t left = events->nr_events - done;
		struct event *rest = left ? calloc(array_capacity(left), sizeof(*rest)) : NULL;

		if (left && !rest)
			return -ENOMEM;
		if (left)
			memcpy(rest, events->event + done, left * sizeof(*rest));
		free(events->event);
		events->event = rest;
		events->nr_events = left;
	}
	return 0;
}

void events_stop(struct events *events)
{
	for (size_t i = 0; i < events->nr_opened; i++)
		ioctl(events->opened[i].fd, PERF_EVENT_IOC_DISABLE, 0);
}

int64_t events_lost(const struct events *events)
{
	int64_t lost = 0;

	for (size_t i = 0; i < events->nr_opened; i++) {
		uint64_t value[2] = { 0, 0 }; /* the count; lost */

		if (events->attr[events->opened[i].stream].read_format &&
		    read(events->opened[i].fd, value, sizeof(value)) > 0)
			lost += (int64_t)value[1];
	}
	return lost > events->decoder.lost ? lost : events->decoder.lost;
}

void events_close(struct events *events)
{
	if (!events)
		return;
	close_opened(events);
	free(events->opened);
	free(events->ring);
	free(events->tid);
	free(events->event);
	free(events->decoder.id);
	free(events);
}
