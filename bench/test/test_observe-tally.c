// SPDX-License-Identifier: GPL-2.0-or-later
/* Events and /proc become an observation: a player of known doings, told event by event. */
#include <elf.h>
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <linux/dma-buf.h>
#include <linux/videodev2.h>

#include "bench/base/file.h"
#include "bench/observe/proc.h"
#include "bench/observe/tally.h"

enum { PAGE = 4096, PLAYER = 100, OTHER = 999, BYTES = 16 * PAGE, MS = 1000000 };

static char root[] = "/tmp/zapbench-tally-XXXXXX";

static void write_file(const char *name, const char *text)
{
	char path[200];
	FILE *file;

	snprintf(path, sizeof(path), "%s/proc/%s", root, name);
	*strrchr(path, '/') = '\0';
	assert_int_equal(file_make_folder(path), 0);
	path[strlen(path)] = '/';
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void remove_file(const char *name)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/proc/%s", root, name);
	assert_int_equal(unlink(path), 0);
}

/* As Linux 6.12 has it. */
static void write_dmabuf(int pid, int fd, int inode, const char *exporter, const char *name)
{
	char path[64], text[300];

	snprintf(path, sizeof(path), "%d/fdinfo/%d", pid, fd);
	snprintf(text, sizeof(text),
		 "pos:\t0\nflags:\t02000002\nmnt_id:\t15\nino:\t%d\nsize:\t%d\ncount:\t2\nexp_name:\t%s\n%s%s%s", inode,
		 BYTES, exporter, name[0] ? "name:\t" : "", name, name[0] ? "\n" : "");
	write_file(path, text);
}

static int make_proc(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(root));
	write_file("100/fdinfo/0", "pos:\t0\nflags:\t02\nmnt_id:\t29\nino:\t4\n");
	write_dmabuf(PLAYER, 5, 11, "system", "frame");
	write_dmabuf(PLAYER, 6, 12, "system", "");
	write_dmabuf(PLAYER, 7, 13, "vivid", "");
	write_file("100/maps", "aaaa0000-aaaa1000 r-xp 00000000 fe:00 77 /usr/bin/player\n"
			       "b0000000-b0010000 rw-s 00000000 00:0b 11                       /dmabuf:frame\n"
			       "b0020000-b0024000 rw-s 00004000 00:0b 12                       /dmabuf:\n"
			       "c0000000-c0001000 rw-p 00000000 00:00 0 \n");
	return 0;
}

static int remove_proc(void **state)
{
	char command[100];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

static struct tally *player(void)
{
	struct tally *tally = tally_new(root, PAGE);

	assert_non_null(tally);
	tally_process(tally, PLAYER);
	return tally;
}

static struct observation *finish(struct tally *tally)
{
	struct observation *observation = observation_new();

	assert_non_null(observation);
	assert_int_equal(tally_finish(tally, observation), 0);
	tally_free(tally);
	return observation;
}

static const struct observed_buffer *buffer(const struct observation *observation, int64_t inode)
{
	for (size_t i = 0; i < observation->nr_buffers; i++) {
		if (observation->buffer[i].inode == inode)
			return &observation->buffer[i];
	}
	fail_msg("no buffer %lld", (long long)inode);
	return NULL;
}

static struct event event_of(enum event_kind kind, uint32_t pid, uint64_t time_ns)
{
	return (struct event){ .kind = kind, .pid = pid, .tid = pid, .time_ns = time_ns };
}

static void fault_at(struct tally *tally, uint32_t pid, uint64_t address)
{
	struct event event = event_of(EVENT_FAULT, pid, 1);

	event.address = address;
	tally_event(tally, &event);
}

static void map(struct tally *tally, uint32_t pid, uint64_t address, uint64_t bytes, uint64_t inode, const char *name)
{
	struct event event = event_of(EVENT_MMAP, pid, 1);

	event.address = address;
	event.bytes = bytes;
	event.inode = inode;
	snprintf(event.name, sizeof(event.name), "%s", name);
	tally_event(tally, &event);
}

static void begin_munmap(struct tally *tally, uint32_t tid, uint64_t address, uint64_t bytes, uint64_t time_ns)
{
	struct event event = event_of(EVENT_MUNMAP_CALL, PLAYER, time_ns);

	event.tid = tid;
	event.address = address;
	event.bytes = bytes;
	tally_event(tally, &event);
}

static void end_munmap(struct tally *tally, uint32_t tid, int64_t result)
{
	struct event event = event_of(EVENT_MUNMAP_RETURN, PLAYER, 1);

	event.tid = tid;
	event.result = result;
	tally_event(tally, &event);
}

static void unmap(struct tally *tally, uint64_t address, uint64_t bytes)
{
	begin_munmap(tally, PLAYER, address, bytes, 1);
	end_munmap(tally, PLAYER, 0);
}

static void begin_mmap(struct tally *tally, int fd, uint64_t bytes)
{
	struct event event = event_of(EVENT_MMAP_CALL, PLAYER, 1);

	event.fd = fd;
	event.bytes = bytes;
	tally_event(tally, &event);
}

/* A call of ioctl() by thread @tid that takes 1 us. */
static void call(struct tally *tally, uint32_t tid, int fd, unsigned long command, uint64_t flags, uint64_t time_ns,
		 int64_t result)
{
	struct event event = event_of(EVENT_IOCTL, PLAYER, time_ns);

	event.tid = tid;
	event.fd = fd;
	event.command = (uint32_t)command;
	event.flags = flags;
	event.has_flags = true;
	tally_event(tally, &event);
	event = event_of(EVENT_RETURN, PLAYER, time_ns + 1000);
	event.tid = tid;
	event.result = result;
	tally_event(tally, &event);
}

static void what_is_there_at_the_begin_is_seen(void **state)
{
	struct observation *observation = finish(player());

	(void)state;
	assert_int_equal(observation->nr_buffers, 3);
	assert_string_equal(buffer(observation, 11)->exporter, "system");
	assert_string_equal(buffer(observation, 11)->name, "frame");
	assert_int_equal(buffer(observation, 11)->bytes, BYTES);
	assert_int_equal(buffer(observation, 11)->mappings, 1);
	assert_int_equal(buffer(observation, 12)->mappings, 1);
	assert_int_equal(buffer(observation, 13)->mappings, 0);
	assert_int_equal(observation->processes, 1);
	assert_string_equal(observation->frames_by, "");
	assert_true(isnan(observation->frames_per_s));
	observation_free(observation);
}

static void faults_belong_to_mappings(void **state)
{
	struct tally *tally = player();
	struct observation *observation;

	(void)state;
	fault_at(tally, PLAYER, 0xb0000000);
	fault_at(tally, PLAYER, 0xb0000008); /* the same page */
	fault_at(tally, PLAYER, 0xb000ffff);
	fault_at(tally, PLAYER, 0xb0010000); /* behind it */
	fault_at(tally, PLAYER, 0xb0020000); /* page 4 of the next, by its offset */
	fault_at(tally, PLAYER, 0xaaaa0000);
	observation = finish(tally);
	assert_int_equal(buffer(observation, 11)->faults, 3);
	assert_int_equal(buffer(observation, 11)->pages_faulted, 2);
	assert_int_equal(buffer(observation, 12)->faults, 1);
	assert_int_equal(observation->faults_elsewhere, 2);
	observation_free(observation);
}

static void other_processes_count_nothing(void **state)
{
	struct tally *tally = player();
	struct observation *observation;

	(void)state;
	fault_at(tally, OTHER, 0xb0000000);
	map(tally, OTHER, 0xd0000000, BYTES, 20, "/dmabuf:");
	observation = finish(tally);
	assert_int_equal(observation->nr_buffers, 3);
	assert_int_equal(buffer(observation, 11)->faults, 0);
	assert_int_equal(observation->faults_elsewhere, 0);
	observation_free(observation);
}

static void maps_come_and_go(void **state)
{
	struct tally *tally = player();
	struct observation *observation;

	(void)state;
	map(tally, PLAYER, 0xd0000000, BYTES, 13, "/dmabuf:");
	map(tally, PLAYER, 0xe0000000, BYTES, 13, "/dmabuf:");
	unmap(tally, 0xd0000000, BYTES);
	fault_at(tally, PLAYER, 0xd0000000); /* of what is there now */
	unmap(tally, 0xe0004000, PAGE);      /* a hole */
	fault_at(tally, PLAYER, 0xe0004000);
	fault_at(tally, PLAYER, 0xe0003000);
	fault_at(tally, PLAYER, 0xe0005000);
	map(tally, PLAYER, 0xe0000000, BYTES, 0, "//anon"); /* over it */
	fault_at(tally, PLAYER, 0xe0003000);
	observation = finish(tally);
	assert_int_equal(buffer(observation, 13)->mmaps, 2);
	assert_int_equal(buffer(observation, 13)->mappings, 2);
	assert_int_equal(buffer(observation, 13)->munmaps, 2);
	assert_int_equal(buffer(observation, 13)->faults, 2);
	assert_int_equal(buffer(observation, 13)->pages_faulted, 2);
	assert_int_equal(observation->faults_elsewhere, 3);
	observation_free(observation);
}

/* A frame of 1080p has no whole number of pages; its mapping has. */
static void munmap_takes_whole_pages(void **state)
{
	uint64_t bytes = 1920 * 1080 * 3 / 2, whole = (bytes / PAGE + 1) * PAGE;
	struct tally *tally = player();
	struct observation *observation;

	(void)state;
	for (int frame = 0; frame < 3; frame++) {
		map(tally, PLAYER, 0xd0000000, whole, 13, "/dmabuf:");
		unmap(tally, 0xd0000000, bytes);
		map(tally, PLAYER, 0xe0000000, whole, 13, "/dmabuf:");
		unmap(tally, 0xe0000000, bytes);
	}
	fault_at(tally, PLAYER, 0xd0000000 + whole - 1);
	observation = finish(tally);
	assert_int_equal(buffer(observation, 13)->mmaps, 6);
	assert_int_equal(buffer(observation, 13)->munmaps, 6);
	assert_int_equal(buffer(observation, 13)->mappings, 1);
	assert_int_equal(buffer(observation, 13)->faults, 0);
	assert_int_equal(observation->faults_elsewhere, 1);
	observation_free(observation);
}

static void munmap_that_the_kernel_refuses_takes_nothing(void **state)
{
	struct tally *tally = player();
	struct observation *observation;

	(void)state;
	begin_munmap(tally, PLAYER, 0xb0000000, BYTES, 1);
	end_munmap(tally, PLAYER, -ENOMEM);
	fault_at(tally, PLAYER, 0xb0000000);
	observation = finish(tally);
	assert_int_equal(buffer(observation, 11)->munmaps, 0);
	assert_int_equal(buffer(observation, 11)->faults, 1);
	observation_free(observation);
}

/* Another thread gets the addresses before the first one is back from munmap(). */
static void munmap_leaves_what_came_after_it(void **state)
{
	struct tally *tally = player();
	struct observation *observation;
	struct event event = event_of(EVENT_MMAP, PLAYER, 2);

	(void)state;
	begin_munmap(tally, PLAYER, 0xd0000000, BYTES, 1);
	event.tid = PLAYER + 1;
	event.address = 0xd0000000;
	event.bytes = BYTES;
	event.inode = 13;
	snprintf(event.name, sizeof(event.name), "/dmabuf:");
	tally_event(tally, &event);
	end_munmap(tally, PLAYER, 0);
	fault_at(tally, PLAYER, 0xd0000000);
	observation = finish(tally);
	assert_int_equal(buffer(observation, 13)->munmaps, 0);
	assert_int_equal(buffer(observation, 13)->faults, 1);
	observation_free(observation);
}

/* The kernel tells of both in the same way. Without the tracepoint of mmap(), one over itself is taken for mprotect().
 */
static void mprotect_is_no_mmap(void **state)
{
	struct tally *tally = player();
	struct observation *observation;

	(void)state;
	map(tally, PLAYER, 0xd0000000, BYTES, 13, "/dmabuf:");
	map(tally, PLAYER, 0xd0000000, BYTES, 13, "/dmabuf:");
	begin_mmap(tally, 7, BYTES - 1);
	map(tally, PLAYER, 0xe0000000, BYTES, 13, "/dmabuf:");
	map(tally, PLAYER, 0xe0000000, BYTES, 13, "/dmabuf:");
	begin_mmap(tally, 7, BYTES);
	map(tally, PLAYER, 0xe0000000, BYTES, 13, "/dmabuf:");
	observation = finish(tally);
	assert_int_equal(buffer(observation, 13)->mmaps, 3);
	assert_int_equal(buffer(observation, 13)->mappings, 2);
	observation_free(observation);
}

/* The kernel does not tell of mremap(): docs/observing.md says what that does to the figures. */
static void what_mremap_moved_is_other_memory_until_mprotect(void **state)
{
	struct tally *tally = player();
	struct observation *observation;

	(void)state;
	map(tally, PLAYER, 0xd0000000, BYTES, 13, "/dmabuf:");
	/* moved to 0xe0000000 */
	fault_at(tally, PLAYER, 0xe0000000);
	begin_munmap(tally, PLAYER, 0xe0000000, PAGE, 1);
	end_munmap(tally, PLAYER, 0);
	map(tally, PLAYER, 0xe0001000, BYTES - PAGE, 13, "/dmabuf:"); /* mprotect() */
	fault_at(tally, PLAYER, 0xe0001000);
	observation = finish(tally);
	assert_int_equal(observation->faults_elsewhere, 1);
	assert_int_equal(buffer(observation, 13)->faults, 1);
	assert_int_equal(buffer(observation, 13)->munmaps, 0);
	assert_int_equal(buffer(observation, 13)->mmaps, 2);
	assert_int_equal(buffer(observation, 13)->mappings, 2);
	observation_free(observation);
}

/* A program that closes each buffer and gets the same file descriptor again: /proc is read too late for that. */
static void sync_is_of_the_buffer_that_was_mapped(void **state)
{
	struct tally *tally = player();
	struct observation *observation;

	(void)state;
	for (uint64_t i = 0; i < 3; i++) {
		begin_mmap(tally, 5, BYTES);
		map(tally, PLAYER, 0xd0000000, BYTES, 40 + i, "/dmabuf:");
		call(tally, PLAYER, 5, DMA_BUF_IOCTL_SYNC, DMA_BUF_SYNC_READ, 1, 0);
		tally_look(tally, false);
		call(tally, PLAYER, 5, DMA_BUF_IOCTL_SYNC, DMA_BUF_SYNC_READ | DMA_BUF_SYNC_END, 1, 0);
		unmap(tally, 0xd0000000, BYTES);
	}
	observation = finish(tally);
	for (int64_t i = 0; i < 3; i++) {
		assert_int_equal(buffer(observation, 40 + i)->syncs, 2);
		assert_int_equal(buffer(observation, 40 + i)->read_starts, 1);
	}
	assert_int_equal(buffer(observation, 11)->syncs, 0);
	observation_free(observation);
}

/* One that maps nothing, as it only passes its buffers on: its file descriptor is all that tells. */
static void sync_of_what_is_not_mapped_is_looked_up_each_time(void **state)
{
	struct tally *tally = player();
	struct observation *observation;

	(void)state;
	for (int i = 0; i < 3; i++) {
		write_dmabuf(PLAYER, 9, 50 + i, "system", "");
		call(tally, PLAYER, 9, DMA_BUF_IOCTL_SYNC, DMA_BUF_SYNC_READ, 1, 0);
		call(tally, PLAYER, 9, DMA_BUF_IOCTL_SYNC, DMA_BUF_SYNC_READ | DMA_BUF_SYNC_END, 1, 0);
	}
	remove_file("100/fdinfo/9");
	call(tally, PLAYER, 9, DMA_BUF_IOCTL_SYNC, DMA_BUF_SYNC_READ, 1, 0); /* it was closed after the call */
	observation = finish(tally);
	for (int i = 0; i < 3; i++)
		assert_int_equal(buffer(observation, 50 + i)->syncs, i < 2 ? 2 : 3);
	observation_free(observation);
}

/* A hole makes two mappings of one, as /proc shows them; both go, and nothing else. */
static void a_hole_makes_two_mappings(void **state)
{
	struct tally *tally = player();
	struct observation *observation;

	(void)state;
	map(tally, PLAYER, 0xd0000000, BYTES, 13, "/dmabuf:");
	unmap(tally, 0xd0004000, PAGE);
	unmap(tally, 0xd0000000, BYTES);
	for (uint64_t i = 0; i < 3; i++)
		map(tally, PLAYER, 0xe0000000 + i * BYTES, BYTES, 13, "/dmabuf:");
	observation = finish(tally);
	assert_int_equal(buffer(observation, 13)->munmaps, 3);
	assert_int_equal(buffer(observation, 13)->mappings, 3);
	observation_free(observation);
}

/* A buffer whose file descriptor is closed: only its mapping tells of it. */
static void a_buffer_without_descriptor_has_its_name(void **state)
{
	struct tally *tally = player();
	struct observation *observation;

	(void)state;
	map(tally, PLAYER, 0xd0000000, BYTES, 30, "/dmabuf:closed");
	observation = finish(tally);
	assert_string_equal(buffer(observation, 30)->exporter, "");
	assert_string_equal(buffer(observation, 30)->name, "closed");
	assert_int_equal(buffer(observation, 30)->bytes, BYTES);
	observation_free(observation);
}

static const struct observed_sync *sync_of(const struct observation *observation, const char *name)
{
	for (size_t i = 0; i < observation->nr_syncs; i++) {
		if (!strcmp(observation->sync[i].call, name))
			return &observation->sync[i];
	}
	fail_msg("no call %s", name);
	return NULL;
}

/* 30 frames per second over two buffers; every second call is of another thread. */
static void frames_are_those_of_start(void **state)
{
	struct tally *tally = player();
	struct observation *observation;

	(void)state;
	for (int frame = 0; frame < 31; frame++) {
		uint32_t tid = frame % 2 ? PLAYER + 1 : PLAYER;
		uint64_t at = (uint64_t)frame * 1000 * MS / 30;

		call(tally, tid, 5 + frame % 2, DMA_BUF_IOCTL_SYNC, DMA_BUF_SYNC_READ, at, 0);
		call(tally, tid, 5 + frame % 2, DMA_BUF_IOCTL_SYNC, DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ, at + MS, 0);
	}
	call(tally, PLAYER, 5, DMA_BUF_IOCTL_SYNC, DMA_BUF_SYNC_WRITE, 0, -EINTR);
	observation = finish(tally);
	assert_string_equal(observation->frames_by, FRAMES_BY_SYNC);
	assert_int_equal(observation->frames, 31);
	assert_true(fabs(observation->frames_per_s - 30) < 0.001);
	assert_int_equal(buffer(observation, 11)->read_starts, 16);
	assert_int_equal(buffer(observation, 12)->read_starts, 15);
	assert_int_equal(buffer(observation, 11)->write_starts, 1);
	assert_int_equal(buffer(observation, 12)->syncs, 30);
	assert_int_equal(sync_of(observation, "START READ")->calls, 31);
	assert_int_equal(sync_of(observation, "END READ")->calls, 31);
	assert_int_equal(sync_of(observation, "END READ")->failed, 0);
	assert_int_equal(sync_of(observation, "START WRITE")->failed, 1);
	assert_true(fabs(sync_of(observation, "START READ")->median_ns - 1000) < 1);
	assert_true(fabs(sync_of(observation, "START READ")->total_ns - 31000) < 1);
	observation_free(observation);
}

/* A queue of V4L2 gives one buffer per frame, however many a frame synchronizes. */
static void frames_are_rather_those_of_a_queue(void **state)
{
	struct tally *tally = player();
	struct observation *observation;

	(void)state;
	for (int frame = 0; frame < 11; frame++) {
		uint64_t at = (uint64_t)frame * 100 * MS;

		call(tally, PLAYER, 3, VIDIOC_DQBUF, 0, at, 0);
		call(tally, PLAYER, 3, VIDIOC_DQBUF, 0, at + MS, -EAGAIN);
		call(tally, PLAYER, 5, DMA_BUF_IOCTL_SYNC, DMA_BUF_SYNC_READ, at + 2 * MS, 0);
		call(tally, PLAYER, 6, DMA_BUF_IOCTL_SYNC, DMA_BUF_SYNC_READ, at + 3 * MS, 0);
	}
	observation = finish(tally);
	assert_string_equal(observation->frames_by, FRAMES_BY_DEQUEUE);
	assert_int_equal(observation->frames, 11);
	assert_true(fabs(observation->frames_per_s - 10) < 0.001);
	observation_free(observation);
}

/* What the kernel copied of the stack is the begin of the struct. */
static uint64_t dequeued(uint32_t type, uint32_t index)
{
	struct v4l2_buffer buffer = { .index = index, .type = type };
	uint64_t flags;

	memcpy(&flags, &buffer, sizeof(flags));
	return flags;
}

/* A decoder gives back what it has read and what it has written through one file descriptor. */
static void a_decoder_has_two_queues(void **state)
{
	struct tally *tally = player();
	struct observation *observation;

	(void)state;
	for (uint32_t frame = 0; frame < 11; frame++) {
		uint64_t at = (uint64_t)frame * 100 * MS;

		if (frame)
			call(tally, PLAYER, 3, VIDIOC_DQBUF, dequeued(V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE, frame % 2), at,
			     0);
		call(tally, PLAYER, 3, VIDIOC_DQBUF, dequeued(V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE, frame % 4), at + MS,
		     0);
	}
	observation = finish(tally);
	assert_string_equal(observation->frames_by, FRAMES_BY_DEQUEUE);
	assert_int_equal(observation->frames, 11);
	assert_true(fabs(observation->frames_per_s - 10) < 0.001);
	observation_free(observation);
}

/* A queue that gave one buffer has no rate: the calls of SYNC have. */
static void one_buffer_of_a_queue_hides_no_frames(void **state)
{
	struct tally *tally = player();
	struct observation *observation;

	(void)state;
	call(tally, PLAYER, 3, VIDIOC_DQBUF, 0, 0, 0);
	for (int frame = 0; frame < 11; frame++)
		call(tally, PLAYER, 5, DMA_BUF_IOCTL_SYNC, DMA_BUF_SYNC_READ, (uint64_t)frame * 100 * MS, 0);
	observation = finish(tally);
	assert_string_equal(observation->frames_by, FRAMES_BY_SYNC);
	assert_int_equal(observation->frames, 11);
	observation_free(observation);
}

static void flags_that_are_unknown_stay_so(void **state)
{
	struct tally *tally = player();
	struct event event = event_of(EVENT_IOCTL, PLAYER, 5);
	struct observation *observation;

	(void)state;
	event.fd = 5;
	event.command = (uint32_t)DMA_BUF_IOCTL_SYNC;
	tally_event(tally, &event);
	event = event_of(EVENT_RETURN, PLAYER, 6);
	tally_event(tally, &event);
	tally_event(tally, &event); /* the end of another ioctl() */
	observation = finish(tally);
	assert_int_equal(sync_of(observation, "unknown")->calls, 1);
	assert_int_equal(buffer(observation, 11)->syncs, 1);
	assert_int_equal(buffer(observation, 11)->read_starts, 0);
	assert_string_equal(observation->frames_by, "");
	observation_free(observation);
}

static void children_have_the_mappings_of_their_parent(void **state)
{
	struct tally *tally = player();
	struct event event = event_of(EVENT_FORK, 101, 1);
	struct observation *observation;

	(void)state;
	event.parent_pid = PLAYER;
	tally_event(tally, &event);
	fault_at(tally, 101, 0xb0001000);
	event = event_of(EVENT_FORK, PLAYER, 2);
	event.parent_pid = PLAYER;
	event.tid = PLAYER + 1;
	tally_event(tally, &event); /* a thread */
	tally_event(tally, &event); /* a record that came twice */
	event = event_of(EVENT_EXEC, 101, 3);
	tally_event(tally, &event);
	fault_at(tally, 101, 0xb0001000);
	event = event_of(EVENT_EXIT, PLAYER, 4);
	event.tid = PLAYER + 1;
	tally_event(tally, &event); /* of a thread */
	fault_at(tally, PLAYER, 0xb0002000);
	event = event_of(EVENT_EXIT, PLAYER, 5);
	tally_event(tally, &event);
	fault_at(tally, PLAYER, 0xb0003000);
	observation = finish(tally);
	assert_int_equal(observation->processes, 2);
	assert_int_equal(observation->threads, 3);
	assert_int_equal(buffer(observation, 11)->faults, 2);
	assert_int_equal(buffer(observation, 11)->mappings, 2);
	assert_int_equal(observation->faults_elsewhere, 1);
	observation_free(observation);
}

static void exits(struct tally *tally, uint32_t pid, uint32_t tid)
{
	struct event event = event_of(EVENT_EXIT, pid, 9);

	event.tid = tid;
	tally_event(tally, &event);
}

/* It ends with the last of them, whichever that is. */
static void threads_that_were_there_are_counted(void **state)
{
	struct tally *tally = tally_new(root, PAGE);
	struct observation *observation;

	(void)state;
	assert_non_null(tally);
	write_file("200/maps", "b0000000-b0010000 rw-s 00000000 00:0b 11 /dmabuf:frame\n");
	for (int tid = 200; tid < 208; tid++) {
		char name[32];

		snprintf(name, sizeof(name), "200/task/%d/comm", tid);
		write_file(name, "player\n");
	}
	tally_process(tally, 200);
	for (uint32_t tid = 200; tid < 207; tid++)
		exits(tally, 200, tid);
	fault_at(tally, 200, 0xb0000000);
	exits(tally, 200, 207);
	fault_at(tally, 200, 0xb0001000);
	observation = finish(tally);
	assert_int_equal(observation->processes, 1);
	assert_int_equal(observation->threads, 8);
	assert_int_equal(buffer(observation, 11)->faults, 1);
	assert_int_equal(observation->faults_elsewhere, 0);
	observation_free(observation);
}

static void forks(struct tally *tally, uint32_t pid)
{
	struct event event = event_of(EVENT_FORK, pid, 9);

	event.parent_pid = PLAYER;
	tally_event(tally, &event);
}

/* One takes the place of another: all are counted, and none has what the other one had. */
static void children_come_and_go(void **state)
{
	struct tally *tally = player();
	struct observation *observation;
	struct event exec;

	(void)state;
	for (uint32_t pid = 1000; pid < 1100; pid += 2) {
		exec = event_of(EVENT_EXEC, pid, 9);
		forks(tally, pid);
		forks(tally, pid + 1);
		fault_at(tally, pid, 0xb0001000);
		tally_event(tally, &exec);
		map(tally, pid, 0xaaaa0000, PAGE, 77, "/usr/bin/child");
		fault_at(tally, pid, 0xb0002000); /* exec() took its mappings */
		exits(tally, pid + 1, pid + 1);
		fault_at(tally, pid + 1, 0xb0003000);
		exits(tally, pid, pid);
		fault_at(tally, pid, 0xb0003000);
	}
	fault_at(tally, PLAYER, 0xb0000000);
	assert_int_equal(tally_hidden(tally), 0);
	observation = finish(tally);
	assert_int_equal(observation->processes, 101);
	assert_int_equal(observation->threads, 101);
	assert_int_equal(buffer(observation, 11)->faults, 51);
	assert_int_equal(buffer(observation, 11)->pages_faulted, 2);
	assert_int_equal(buffer(observation, 11)->mappings, 3);
	assert_int_equal(observation->faults_elsewhere, 50);
	observation_free(observation);
}

/* The kernel tells the end of the watching as that of the process, before the new program has mapped its file. */
static void a_program_that_is_hidden_is_told(void **state)
{
	struct tally *tally = player();
	struct event exec = event_of(EVENT_EXEC, PLAYER, 1), exit = event_of(EVENT_EXIT, PLAYER, 2);

	(void)state;
	tally_event(tally, &exec);
	map(tally, PLAYER, 0xaaaa0000, PAGE, 77, "/usr/bin/player");
	tally_event(tally, &exit);
	assert_int_equal(tally_hidden(tally), 0);
	tally_free(tally);
	tally = player();
	tally_event(tally, &exec);
	assert_int_equal(tally_hidden(tally), 0);
	tally_event(tally, &exit);
	assert_int_equal(tally_hidden(tally), 1);
	tally_free(tally);
	tally = player();
	tally_event(tally, &exit);
	assert_int_equal(tally_hidden(tally), 0);
	tally_free(tally);
}

/* COMMAND may be a shell that starts it. /proc tells of it at exec(), or when it is looked at again. */
static void a_program_of_32_bits_is_told(void **state)
{
	static const char program[] = "\177ELF%c2345678901234567890";
	struct tally *tally = player();
	struct event exec = event_of(EVENT_EXEC, 1200, 10);
	char text[64];

	(void)state;
	if (sizeof(void *) < 8)
		skip();
	forks(tally, 1200);
	snprintf(text, sizeof(text), program, ELFCLASS64);
	write_file("1200/exe", text);
	tally_event(tally, &exec);
	tally_look(tally, false);
	assert_false(tally_compat(tally));
	snprintf(text, sizeof(text), program, ELFCLASS32);
	write_file("1200/exe", text);
	tally_look(tally, false);
	assert_true(tally_compat(tally));
	tally_free(tally);
	tally = player();
	forks(tally, 1200);
	assert_false(tally_compat(tally));
	tally_event(tally, &exec);
	assert_true(tally_compat(tally));
	tally_free(tally);
	tally = tally_new(root, PAGE);
	tally_process(tally, 1200);
	assert_true(tally_compat(tally));
	tally_free(tally);
}

/* A thread that calls exec() goes on with the number of the leader, alone. */
static void after_exec_one_thread_is_left(void **state)
{
	struct tally *tally = player();
	struct event event = event_of(EVENT_FORK, PLAYER, 1);
	struct observation *observation;

	(void)state;
	event.parent_pid = PLAYER;
	event.tid = PLAYER + 1;
	tally_event(tally, &event);
	exits(tally, PLAYER, PLAYER);
	event = event_of(EVENT_EXEC, PLAYER, 2);
	tally_event(tally, &event);
	fault_at(tally, PLAYER, 0xb0000000);
	exits(tally, PLAYER, PLAYER);
	fault_at(tally, PLAYER, 0xb0000000);
	observation = finish(tally);
	assert_int_equal(observation->threads, 2);
	assert_int_equal(observation->faults_elsewhere, 1);
	observation_free(observation);
}

/* Where there are no events, looking again finds what is new and what has gone. */
static void looking_again_finds_changes(void **state)
{
	struct tally *tally = player();
	struct observation *observation;

	(void)state;
	write_dmabuf(PLAYER, 8, 14, "system", "");
	write_file("100/maps", "b0000000-b0010000 rw-s 00000000 00:0b 14 /dmabuf:\n");
	tally_look(tally, true);
	tally_look(tally, true);
	fault_at(tally, PLAYER, 0xb0000000);
	observation = finish(tally);
	assert_int_equal(buffer(observation, 14)->mappings, 1);
	assert_int_equal(buffer(observation, 14)->faults, 1);
	assert_int_equal(buffer(observation, 11)->mappings, 1);
	observation_free(observation);
}

static void only_a_dmabuf_is_one(void **state)
{
	struct proc_buffer told;

	(void)state;
	assert_int_equal(proc_buffer(root, PLAYER, 0, &told), -EINVAL);
	assert_int_equal(proc_buffer(root, PLAYER, 99, &told), -ENOENT);
	assert_int_equal(proc_buffer(root, OTHER, 5, &told), -ENOENT);
	assert_int_equal(proc_buffer(root, PLAYER, 5, &told), 0);
	assert_int_equal(told.inode, 11);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_there_at_the_begin_is_seen),
		cmocka_unit_test(faults_belong_to_mappings),
		cmocka_unit_test(other_processes_count_nothing),
		cmocka_unit_test(maps_come_and_go),
		cmocka_unit_test(munmap_takes_whole_pages),
		cmocka_unit_test(munmap_that_the_kernel_refuses_takes_nothing),
		cmocka_unit_test(munmap_leaves_what_came_after_it),
		cmocka_unit_test(mprotect_is_no_mmap),
		cmocka_unit_test(what_mremap_moved_is_other_memory_until_mprotect),
		cmocka_unit_test(sync_is_of_the_buffer_that_was_mapped),
		cmocka_unit_test(sync_of_what_is_not_mapped_is_looked_up_each_time),
		cmocka_unit_test(a_hole_makes_two_mappings),
		cmocka_unit_test(a_buffer_without_descriptor_has_its_name),
		cmocka_unit_test(frames_are_those_of_start),
		cmocka_unit_test(frames_are_rather_those_of_a_queue),
		cmocka_unit_test(a_decoder_has_two_queues),
		cmocka_unit_test(one_buffer_of_a_queue_hides_no_frames),
		cmocka_unit_test(flags_that_are_unknown_stay_so),
		cmocka_unit_test(children_have_the_mappings_of_their_parent),
		cmocka_unit_test(threads_that_were_there_are_counted),
		cmocka_unit_test(after_exec_one_thread_is_left),
		cmocka_unit_test(children_come_and_go),
		cmocka_unit_test(a_program_that_is_hidden_is_told),
		cmocka_unit_test(a_program_of_32_bits_is_told),
		cmocka_unit_test(only_a_dmabuf_is_one),
		cmocka_unit_test(looking_again_finds_changes),
	};

	return cmocka_run_group_tests(tests, make_proc, remove_proc);
}
