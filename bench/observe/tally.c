// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/observe/tally.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include <linux/dma-buf.h>

#include "bench/base/array.h"
#include "bench/observe/proc.h"
#include "bench/observe/rhythm.h"

struct mapping {
	uint64_t begin, end, offset;
	uint64_t since_ns; /* 0: it was there before */
	size_t buffer;
};

struct process {
	pid_t pid;
	int pidfd; /* -1: the kernel has none, or it had ended already */
	bool ended;
	bool begun; /* exec() is the last that was told of it */
	pid_t *tid; /* of its threads that live */
	size_t nr_tids;
	struct mapping *mapping;
	size_t nr_mappings;
};

struct buffer {
	struct observed_buffer seen;
	int64_t mapped;       /* now */
	unsigned char *fault; /* a bit for each page that had one */
	size_t fault_bytes;
};

/* A file descriptor that named a dma-buf. */
struct descriptor {
	pid_t pid;
	int fd;
	size_t buffer;
	bool mapped; /* mmap() named it */
};

/* A call that has begun. */
struct call {
	pid_t tid;
	struct event begin;
};

struct tally {
	const char *root;
	size_t page_bytes;
	int64_t processes, threads, flags_later, elsewhere;
	bool compat; /* a program of 32 bits on a kernel of 64 was seen */
	struct process *process;
	size_t nr_processes, nr_hidden;
	struct buffer *buffer;
	size_t nr_buffers;
	struct descriptor *descriptor;
	size_t nr_descriptors;
	struct call *call;
	size_t nr_calls;
	struct rhythm rhythm;
	int err;
};

/* Room for one more element at the end of an array of the tally; NULL sets its error. */
static void *more(struct tally *tally, void *array, size_t *count, size_t size)
{
	void *new = array_more(array, count, size);

	if (!new)
		tally->err = -ENOMEM;
	return new;
}

struct tally *tally_new(const char *root, size_t page_bytes)
{
	struct tally *tally = calloc(1, sizeof(*tally));

	if (tally) {
		tally->root = root;
		tally->page_bytes = page_bytes;
	}
	return tally;
}

static void buffer_free(struct observed_buffer *buffer)
{
	free(buffer->exporter);
	free(buffer->name);
}

void tally_free(struct tally *tally)
{
	if (!tally)
		return;
	for (size_t i = 0; i < tally->nr_processes; i++) {
		if (!tally->process[i].ended && tally->process[i].pidfd >= 0)
			close(tally->process[i].pidfd);
		free(tally->process[i].mapping);
		free(tally->process[i].tid);
	}
	for (size_t i = 0; i < tally->nr_buffers; i++) {
		buffer_free(&tally->buffer[i].seen);
		free(tally->buffer[i].fault);
	}
	rhythm_free(&tally->rhythm);
	free(tally->process);
	free(tally->buffer);
	free(tally->descriptor);
	free(tally->call);
	free(tally);
}

static struct process *find_process(struct tally *tally, pid_t pid)
{
	for (size_t i = tally->nr_processes; i-- > 0;) {
		if (tally->process[i].pid == pid && !tally->process[i].ended)
			return &tally->process[i];
	}
	return NULL;
}

/* A thread of it; one that is known is no other. */
static void add_thread(struct tally *tally, struct process *process, pid_t tid)
{
	pid_t *room;

	for (size_t i = 0; i < process->nr_tids; i++) {
		if (process->tid[i] == tid)
			return;
	}
	room = more(tally, &process->tid, &process->nr_tids, sizeof(*room));
	if (!room)
		return;
	*room = tid;
	tally->threads++;
}

/* In the place of one that has ended: each event looks for its process, and a shell starts thousands. */
static struct process *room_for_process(struct tally *tally)
{
	for (size_t i = 0; i < tally->nr_processes; i++) {
		if (tally->process[i].ended)
			return &tally->process[i];
	}
	return more(tally, &tally->process, &tally->nr_processes, sizeof(*tally->process));
}

static struct process *add_process(struct tally *tally, pid_t pid)
{
	struct process *process = room_for_process(tally);

	if (!process)
		return NULL;
	tally->processes++;
	/* What has ended has no mapping and no thread left. */
	process->ended = process->begun = false;
	process->pid = pid;
	process->pidfd = pidfd_open(pid, 0);
	add_thread(tally, process, pid);
	return process;
}

/* The buffer of an inode, made when it is new. SIZE_MAX without memory. */
static size_t find_buffer(struct tally *tally, int64_t inode)
{
	struct buffer *buffer;

	for (size_t i = 0; i < tally->nr_buffers; i++) {
		if (tally->buffer[i].seen.inode == inode)
			return i;
	}
	buffer = more(tally, &tally->buffer, &tally->nr_buffers, sizeof(*buffer));
	if (!buffer)
		return SIZE_MAX;
	buffer->seen.inode = inode;
	buffer->seen.exporter = strdup("");
	buffer->seen.name = strdup("");
	if (!buffer->seen.exporter || !buffer->seen.name)
		tally->err = -ENOMEM;
	return tally->nr_buffers - 1;
}

static void set_text(struct tally *tally, char **text, const char *to)
{
	char *copy = to[0] ? strdup(to) : NULL;

	if (to[0] && !copy)
		tally->err = -ENOMEM;
	if (!copy)
		return;
	free(*text);
	*text = copy;
}

/* What a file descriptor told. Return: the buffer. */
static size_t learn(struct tally *tally, const struct proc_buffer *told)
{
	size_t index = find_buffer(tally, told->inode);
	struct observed_buffer *seen;

	if (index == SIZE_MAX)
		return index;
	seen = &tally->buffer[index].seen;
	if (!seen->exporter || !seen->exporter[0])
		set_text(tally, &seen->exporter, told->exporter);
	if (!seen->name || !seen->name[0])
		set_text(tally, &seen->name, told->name);
	seen->bytes = told->bytes;
	return index;
}

static void take_buffer(void *arg, const struct proc_buffer *told)
{
	learn(arg, told);
}

/* ---- mappings ---- */

static void add_mapping(struct tally *tally, struct process *process, struct mapping mapping)
{
	struct buffer *buffer = &tally->buffer[mapping.buffer];
	struct mapping *room = more(tally, &process->mapping, &process->nr_mappings, sizeof(*room));

	if (!room)
		return;
	*room = mapping;
	buffer->mapped++;
	if (buffer->mapped > buffer->seen.mappings)
		buffer->seen.mappings = buffer->mapped;
}

/*
 * What of @process' mappings is in a range is mapped no more. @munmap: the call that did it, or NULL; what was mapped
 * after it began is still there.
 */
static void cut_mappings(struct tally *tally, struct process *process, uint64_t begin, uint64_t end,
			 const struct event *munmap)
{
	for (size_t i = process->nr_mappings; i-- > 0;) {
		struct mapping *mapping = &process->mapping[i], behind = *mapping;

		if (mapping->end <= begin || mapping->begin >= end)
			continue;
		if (munmap && mapping->since_ns > munmap->time_ns)
			continue;
		if (munmap)
			tally->buffer[mapping->buffer].seen.munmaps++;
		behind.offset += end - mapping->begin;
		behind.begin = end;
		mapping->end = begin;
		if (mapping->begin < begin) {
			if (behind.begin < behind.end)
				add_mapping(tally, process, behind);
		} else if (behind.begin < behind.end) {
			*mapping = behind;
		} else {
			tally->buffer[mapping->buffer].mapped--;
			*mapping = process->mapping[--process->nr_mappings];
		}
	}
}

static struct mapping *mapping_at(struct process *process, uint64_t address)
{
	for (size_t i = 0; i < process->nr_mappings; i++) {
		if (address >= process->mapping[i].begin && address < process->mapping[i].end)
			return &process->mapping[i];
	}
	return NULL;
}

struct looking {
	struct tally *tally;
	pid_t pid;
};

/* "/dmabuf:name": the exporter stays unknown where no file descriptor is left. */
static size_t mapped_buffer(struct tally *tally, int64_t inode, const char *name, uint64_t end)
{
	size_t index = find_buffer(tally, inode);
	struct observed_buffer *seen;

	if (index == SIZE_MAX)
		return index;
	seen = &tally->buffer[index].seen;
	if (seen->name && !seen->name[0])
		set_text(tally, &seen->name, name + strlen(DMABUF_FILE));
	if (seen->exporter && !seen->exporter[0] && (int64_t)end > seen->bytes)
		seen->bytes = (int64_t)end;
	return index;
}

static void take_mapping(void *arg, const struct proc_mapping *told)
{
	struct looking *looking = arg;
	struct tally *tally = looking->tally;
	struct process *process = find_process(tally, looking->pid);
	const struct mapping *known = mapping_at(process, told->address);
	size_t buffer = mapped_buffer(tally, told->inode, told->name, told->offset + told->bytes);

	if (buffer == SIZE_MAX || (known && known->buffer == buffer))
		return;
	add_mapping(tally, process,
		    (struct mapping){ told->address, told->address + told->bytes, told->offset, 0, buffer });
}

static void take_thread(void *arg, pid_t tid)
{
	struct looking *looking = arg;

	add_thread(looking->tally, find_process(looking->tally, looking->pid), tid);
}

void tally_process(struct tally *tally, pid_t pid)
{
	struct looking looking = { tally, pid };

	if (!add_process(tally, pid))
		return;
	tally->compat |= proc_is_compat(tally->root, pid);
	proc_threads(tally->root, pid, take_thread, &looking);
	proc_buffers(tally->root, pid, take_buffer, tally);
	proc_mappings(tally->root, pid, take_mapping, &looking);
}

void tally_look(struct tally *tally, bool mappings)
{
	for (size_t i = 0; i < tally->nr_processes; i++) {
		struct looking looking = { tally, tally->process[i].pid };

		if (tally->process[i].ended)
			continue;
		tally->compat |= proc_is_compat(tally->root, looking.pid);
		proc_buffers(tally->root, looking.pid, take_buffer, tally);
		if (!mappings)
			continue;
		cut_mappings(tally, &tally->process[i], 0, UINT64_MAX, NULL);
		proc_mappings(tally->root, looking.pid, take_mapping, &looking);
	}
}

/* ---- events ---- */

static struct call *find_call(struct tally *tally, pid_t tid)
{
	for (size_t i = 0; i < tally->nr_calls; i++) {
		if (tally->call[i].tid == tid)
			return &tally->call[i];
	}
	return NULL;
}

/* The call of this kind that the thread was in, which is over. False: there was none. */
static bool end_call(struct tally *tally, uint32_t tid, enum event_kind kind, struct event *begin)
{
	struct call *call = find_call(tally, (pid_t)tid);

	if (!call || call->begin.kind != kind)
		return false;
	*begin = call->begin;
	*call = tally->call[--tally->nr_calls];
	return true;
}

static struct descriptor *find_descriptor(struct tally *tally, pid_t pid, int fd)
{
	for (size_t i = 0; i < tally->nr_descriptors; i++) {
		if (tally->descriptor[i].pid == pid && tally->descriptor[i].fd == fd)
			return &tally->descriptor[i];
	}
	return NULL;
}

static void set_descriptor(struct tally *tally, struct descriptor now)
{
	struct descriptor *descriptor = find_descriptor(tally, now.pid, now.fd);

	if (!descriptor)
		descriptor = more(tally, &tally->descriptor, &tally->nr_descriptors, sizeof(*descriptor));
	if (descriptor)
		*descriptor = now;
}

/*
 * Which buffer a file descriptor names; where it is closed by now, the last one stays. /proc is read after the event,
 * and may name a later one: a buffer that is mapped is that of its mmap().
 */
static void look_up(struct tally *tally, pid_t pid, int fd)
{
	const struct descriptor *found = find_descriptor(tally, pid, fd);
	struct proc_buffer told;
	size_t buffer;

	if (found && found->mapped && tally->buffer[found->buffer].mapped > 0)
		return;
	if (proc_buffer(tally->root, pid, fd, &told))
		return;
	buffer = learn(tally, &told);
	if (buffer != SIZE_MAX)
		set_descriptor(tally, (struct descriptor){ pid, fd, buffer, false });
}

static uint64_t whole_pages(const struct tally *tally, uint64_t bytes)
{
	return (bytes + tally->page_bytes - 1) & ~(uint64_t)(tally->page_bytes - 1);
}

/* The kernel tells of mprotect() as of mmap(): that changes nothing. */
static bool is_mprotect(struct process *process, const struct event *event, size_t buffer)
{
	const struct mapping *known = mapping_at(process, event->address);

	return known && known->buffer == buffer && event->address + event->bytes <= known->end &&
	       event->address - known->begin + known->offset == event->offset;
}

static void see_mmap(struct tally *tally, struct process *process, const struct event *event)
{
	struct event call;
	bool called =
		end_call(tally, event->tid, EVENT_MMAP_CALL, &call) && whole_pages(tally, call.bytes) == event->bytes;
	size_t buffer;

	process->begun = false;
	if (strncmp(event->name, DMABUF_FILE, strlen(DMABUF_FILE))) {
		cut_mappings(tally, process, event->address, event->address + event->bytes, NULL);
		return;
	}
	buffer = mapped_buffer(tally, (int64_t)event->inode, event->name, event->offset + event->bytes);
	if (buffer == SIZE_MAX || (!called && is_mprotect(process, event, buffer)))
		return;
	cut_mappings(tally, process, event->address, event->address + event->bytes, NULL);
	if (called)
		set_descriptor(tally, (struct descriptor){ process->pid, call.fd, buffer, true });
	/* Its file descriptor is still there, as a rule. */
	if (tally->buffer[buffer].seen.exporter && !tally->buffer[buffer].seen.exporter[0])
		proc_buffers(tally->root, process->pid, take_buffer, tally);
	tally->buffer[buffer].seen.mmaps++;
	add_mapping(tally, process,
		    (struct mapping){ event->address, event->address + event->bytes, event->offset, event->time_ns,
				      buffer });
}

/* At its end: the kernel may have refused it. It rounds the length up to pages. */
static void see_munmap(struct tally *tally, struct process *process, const struct event *event)
{
	struct event begin;

	if (end_call(tally, event->tid, EVENT_MUNMAP_CALL, &begin) && !event->result)
		cut_mappings(tally, process, begin.address, begin.address + whole_pages(tally, begin.bytes), &begin);
}

static void see_fault(struct tally *tally, struct process *process, const struct event *event)
{
	const struct mapping *mapping = mapping_at(process, event->address);
	struct buffer *buffer;
	size_t page, bytes;
	unsigned char *bits;

	if (!mapping) {
		tally->elsewhere++;
		return;
	}
	buffer = &tally->buffer[mapping->buffer];
	buffer->seen.faults++;
	page = (size_t)((event->address - mapping->begin + mapping->offset) / tally->page_bytes);
	bytes = array_capacity(page / 8 + 1);
	if (bytes > buffer->fault_bytes) {
		bits = realloc(buffer->fault, bytes);
		if (!bits) {
			tally->err = -ENOMEM;
			return;
		}
		memset(bits + buffer->fault_bytes, 0, bytes - buffer->fault_bytes);
		buffer->fault = bits;
		buffer->fault_bytes = bytes;
	}
	if (!(buffer->fault[page / 8] & 1 << page % 8))
		buffer->seen.pages_faulted++;
	buffer->fault[page / 8] |= (unsigned char)(1 << page % 8);
}

static void see_sync(struct tally *tally, const struct event *begin, const struct event *end)
{
	/* see_begin() has looked at it. */
	const struct descriptor *descriptor = find_descriptor(tally, (pid_t)begin->pid, begin->fd);

	if (rhythm_sync(&tally->rhythm, begin, end))
		tally->err = -ENOMEM;
	if (descriptor) {
		struct observed_buffer *seen = &tally->buffer[descriptor->buffer].seen;

		seen->syncs++;
		if (begin->has_flags && !(begin->flags & DMA_BUF_SYNC_END)) {
			seen->read_starts += (begin->flags & DMA_BUF_SYNC_READ) != 0;
			seen->write_starts += (begin->flags & DMA_BUF_SYNC_WRITE) != 0;
		}
	}
}

static void see_begin(struct tally *tally, const struct event *event)
{
	struct call *call = find_call(tally, (pid_t)event->tid);

	if (!call)
		call = more(tally, &tally->call, &tally->nr_calls, sizeof(*call));
	if (call)
		*call = (struct call){ (pid_t)event->tid, *event };
	/* Look at once: the file may be closed after the call. */
	if (call && event->kind == EVENT_IOCTL && event->command == (uint32_t)DMA_BUF_IOCTL_SYNC)
		look_up(tally, (pid_t)event->pid, event->fd);
}

static void see_end(struct tally *tally, const struct event *event)
{
	struct event begin;

	/* Most calls of ioctl() are others. */
	if (!end_call(tally, event->tid, EVENT_IOCTL, &begin))
		return;
	if (begin.command == (uint32_t)DMA_BUF_IOCTL_SYNC)
		see_sync(tally, &begin, event);
	else if (rhythm_dequeue(&tally->rhythm, &begin, event))
		tally->err = -ENOMEM;
}

/* The child has the mappings of its parent. */
static void see_fork(struct tally *tally, const struct event *event)
{
	struct process *parent, *child;

	if (event->pid == event->parent_pid) {
		add_thread(tally, find_process(tally, (pid_t)event->pid), (pid_t)event->tid);
		return;
	}
	child = add_process(tally, (pid_t)event->pid);
	parent = find_process(tally, (pid_t)event->parent_pid);
	for (size_t i = 0; child && parent && i < parent->nr_mappings; i++)
		add_mapping(tally, child, parent->mapping[i]);
}

/* The one thread that exec() leaves has the number of the process. */
static void see_exec(struct tally *tally, struct process *process)
{
	cut_mappings(tally, process, 0, UINT64_MAX, NULL);
	if (process->nr_tids)
		process->tid[0] = process->pid;
	process->nr_tids = process->nr_tids > 0;
	process->begun = true;
	tally->compat |= proc_is_compat(tally->root, process->pid);
}

/* Of a thread: the process ends with the last one, which need not be the first. */
static void see_exit(struct tally *tally, struct process *process, const struct event *event)
{
	for (size_t i = process->nr_tids; i-- > 0;) {
		if (process->tid[i] == (pid_t)event->tid)
			process->tid[i] = process->tid[--process->nr_tids];
	}
	if (process->nr_tids)
		return;
	cut_mappings(tally, process, 0, UINT64_MAX, NULL);
	process->ended = true;
	if (process->pidfd >= 0)
		close(process->pidfd);
	/* No program ends before its own file is mapped. */
	tally->nr_hidden += process->begun;
}

void tally_event(struct tally *tally, const struct event *event)
{
	struct process *process;

	if (event->kind == EVENT_FORK && find_process(tally, (pid_t)event->parent_pid)) {
		see_fork(tally, event);
		return;
	}
	process = find_process(tally, (pid_t)event->pid);
	if (!process)
		return;
	switch (event->kind) {
	case EVENT_MMAP:
		see_mmap(tally, process, event);
		break;
	case EVENT_MUNMAP_RETURN:
		see_munmap(tally, process, event);
		break;
	case EVENT_MMAP_CALL:
	case EVENT_MUNMAP_CALL:
		see_begin(tally, event);
		break;
	case EVENT_FAULT:
		see_fault(tally, process, event);
		break;
	case EVENT_IOCTL:
		tally->flags_later += event->command == (uint32_t)DMA_BUF_IOCTL_SYNC && event->read_later;
		see_begin(tally, event);
		break;
	case EVENT_RETURN:
		see_end(tally, event);
		break;
	case EVENT_EXEC:
		see_exec(tally, process);
		break;
	case EVENT_EXIT:
		see_exit(tally, process, event);
		break;
	case EVENT_FORK:
		break;
	}
}

size_t tally_signal(const struct tally *tally, pid_t but, int signal)
{
	size_t count = 0;

	for (size_t i = 0; i < tally->nr_processes; i++) {
		const struct process *process = &tally->process[i];
		struct pollfd wait = { .fd = process->pidfd, .events = POLLIN };

		/* Nobody may have waited yet for one that has ended. */
		if (process->ended || process->pid == but || process->pidfd < 0 || poll(&wait, 1, 0))
			continue;
		count += !pidfd_send_signal(process->pidfd, signal, NULL, 0);
	}
	return count;
}

size_t tally_hidden(const struct tally *tally)
{
	return tally->nr_hidden;
}

bool tally_compat(const struct tally *tally)
{
	return tally->compat;
}

int tally_finish(struct tally *tally, struct observation *observation)
{
	int err = rhythm_finish(&tally->rhythm, observation);

	observation->processes = tally->processes;
	observation->threads = tally->threads;
	observation->flags_read_later = tally->flags_later;
	observation->faults_elsewhere = tally->elsewhere;
	observation->buffer = calloc(array_capacity(tally->nr_buffers), sizeof(*observation->buffer));
	if (tally->err || err || !observation->buffer)
		return -ENOMEM;
	/* The texts change hands. */
	for (size_t i = 0; i < tally->nr_buffers; i++)
		observation->buffer[observation->nr_buffers++] = tally->buffer[i].seen;
	for (size_t i = 0; i < tally->nr_buffers; i++)
		tally->buffer[i].seen.exporter = tally->buffer[i].seen.name = NULL;
	return 0;
}
