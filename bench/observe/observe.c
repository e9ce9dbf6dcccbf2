// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/observe/observe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/base/now.h"
#include "bench/observe/events.h"
#include "bench/observe/proc.h"
#include "bench/observe/tally.h"

enum {
	READ_MS = 50,  /* between two looks at the rings */
	LOOK_MS = 250, /* between two looks at the file descriptors */
	TERM_MS = 2000,
	DUMP_MS = 20,
};

struct watching {
	const struct observe_request *request;
	struct observation *observation;
	struct events *events; /* NULL: only /proc tells */
	struct tally *tally;
	pid_t pid;
	int go[2]; /* written to: the child may begin. Its other end stays open: a child may end before */
	int pidfd; /* of a process that is not ours */
	int told;  /* read from: the errno of an exec() that failed */
	bool ended;
	double begin_s;
	int err;
};

static void gap(void *arg, const char *what, const struct why *why)
{
	struct watching *watching = arg;

	if (observation_gap(watching->observation, what, why))
		watching->err = -ENOMEM;
}

static void take(void *arg, const struct event *event)
{
	tally_event(arg, event);
}

/* The child: wait until it is watched, then become the command; not if Ctrl-C comes first. */
static void __attribute__((noreturn)) become(const struct observe_request *request, int go, int told)
{
	char byte;
	int err;

	if (read(go, &byte, 1) != 1)
		_exit(127);
	execvp(request->command[0], request->command);
	err = errno;
	if (write(told, &err, sizeof(err)) < 0)
		_exit(126);
	_exit(127);
}

static int start(struct watching *watching, struct why *why)
{
	int told[2];

	if (pipe2(watching->go, O_CLOEXEC) || pipe2(told, O_CLOEXEC))
		return why_set(why, -errno, NULL, "pipe: %s", strerror(errno));
	watching->pid = fork();
	if (!watching->pid) {
		close(watching->go[1]);
		close(told[0]);
		become(watching->request, watching->go[0], told[1]);
	}
	close(told[1]);
	watching->told = told[0];
	return watching->pid < 0 ? why_set(why, -errno, NULL, "fork: %s", strerror(errno)) : 0;
}

/* Let the child go. -errno of an exec() that failed. */
static int release(struct watching *watching, struct why *why)
{
	const char *name = watching->request->command[0];
	int err = 0;

	if (write(watching->go[1], "", 1) != 1)
		return -errno;
	if (read(watching->told, &err, sizeof(err)) == sizeof(err))
		return why_set(why, -err,
			       err == ENOENT ? "give the command as a shell would find it, or its path" : NULL,
			       "%s: %s", name, strerror(err));
	return 0;
}

static void note_end(struct watching *watching, int status)
{
	watching->ended = true;
	watching->observation->exit_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Has the process ended, even if nobody has waited for it yet? */
static bool has_ended(struct watching *watching)
{
	struct pollfd wait = { .fd = watching->pidfd, .events = POLLIN };
	int status;

	if (watching->request->pid)
		watching->ended = poll(&wait, 1, 0) > 0;
	else if (!watching->ended && waitpid(watching->pid, &status, WNOHANG) == watching->pid)
		note_end(watching, status);
	return watching->ended;
}

static void pause_ms(int ms)
{
	struct timespec time = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&time, NULL);
}

/* Look, read, until the time is over, the process has ended or the user has had enough. */
static int watch(struct watching *watching)
{
	const struct observe_request *request = watching->request;
	double looked = 0, seconds = 0;
	const char *ended = NULL;
	int err = 0;

	while (!ended && !err) {
		int left = (int)((request->seconds - seconds) * 1e3) + 1, wait = left < READ_MS ? left : READ_MS;

		if (watching->events)
			events_wait(watching->events, wait);
		else
			pause_ms(wait);
		/* Before the rings are read: what the process did last is in them then. */
		if (has_ended(watching))
			ended = "exit";
		seconds = now_s() - watching->begin_s;
		/* Ctrl-C of a terminal ends the command, too. */
		if (*request->stop)
			ended = "interrupt";
		if (!ended && seconds >= request->seconds)
			ended = "time";
		if (seconds > looked + LOOK_MS / 1e3) {
			looked = seconds;
			tally_look(watching->tally, !watching->events);
		}
		if (ended && watching->events)
			events_stop(watching->events);
		if (watching->events)
			err = events_read(watching->events, ended, take, watching->tally);
	}
	watching->observation->seconds = seconds;
	watching->observation->ended = strdup(ended ? ended : "");
	return watching->observation->ended ? err : -ENOMEM;
}

/*
 * A command that is still there was started to be watched: it ends with the watching, and so do its children. What it
 * left behind when it ended by itself goes on.
 */
static void end_command(struct watching *watching)
{
	const char *ended = watching->observation->ended;
	int status;

	if (watching->request->pid || watching->pid <= 0 || (ended && !strcmp(ended, "exit")))
		return;
	if (!has_ended(watching))
		kill(watching->pid, SIGTERM);
	tally_signal(watching->tally, watching->pid, SIGTERM);
	for (int ms = 0; ms < TERM_MS; ms += DUMP_MS) {
		if (has_ended(watching) && !tally_signal(watching->tally, watching->pid, 0))
			return;
		pause_ms(DUMP_MS);
	}
	tally_signal(watching->tally, watching->pid, SIGKILL);
	if (!has_ended(watching) && !kill(watching->pid, SIGKILL))
		waitpid(watching->pid, &status, 0);
}

static void note_compat(struct watching *watching)
{
	struct why why = { "a watched process is a program of 32 bits, whose system calls have no tracepoints",
			   "watch a build of 64 bits" };

	if (tally_compat(watching->tally))
		gap(watching, "system calls", &why);
}

/* Whether there were some; then what was not seen may be theirs. */
static bool note_hidden(struct watching *watching)
{
	size_t hidden = tally_hidden(watching->tally);
	struct why why = { "", "" };

	if (!hidden)
		return false;
	why_set(&why, -EPERM, "run as root",
		"%zu program%s set-user-ID or not readable: the kernel hides from this user what they do", hidden,
		hidden == 1 ? " is" : "s are");
	gap(watching, "programs of other rights", &why);
	return true;
}

/* Nothing but /proc can tell: say why. An error where that does not tell either. */
static int without_events(struct watching *watching, const struct why *refused, struct why *why)
{
	char folder[64];

	gap(watching, "SYNC calls, page faults, frames, mmap, munmap and children", refused);
	if (proc_first_ended("", watching->pid))
		return why_set(why, -ESRCH, "zapbench observe -- COMMAND",
			       "process %d: its first thread has ended, and the kernel shows nothing of the others",
			       (int)watching->pid);
	snprintf(folder, sizeof(folder), "/proc/%d/fdinfo", (int)watching->pid);
	if (!access(folder, R_OK | X_OK))
		return 0;
	return why_set(why, -errno, "run as root, or as the user of the process", "process %d: %s", (int)watching->pid,
		       strerror(errno));
}

static int begin(struct watching *watching, struct events_request *events, struct why *why)
{
	struct why refused = { "", "" };
	int err = watching->request->pid ? 0 : start(watching, why);

	if (err)
		return err;
	if (watching->request->pid) {
		watching->pidfd = pidfd_open(watching->pid, 0);
		if (watching->pidfd < 0)
			return why_set(why, -errno, "give the number of a running process, as ps shows it",
				       "process %d: %s", (int)watching->pid, strerror(errno));
	}
	*events = (struct events_request){ .root = "", .pid = watching->pid, .at_exec = !watching->request->pid };
	err = events_open(events, gap, watching, &watching->events, &refused);
	if (err)
		err = without_events(watching, &refused, why);
	if (err)
		return err;
	tally_process(watching->tally, watching->pid);
	watching->begin_s = now_s();
	err = watching->request->pid ? 0 : release(watching, why);
	/* The command has become its program, which may be of 32 bits and end before the next look. */
	if (!err)
		tally_look(watching->tally, false);
	return err;
}

/* What nobody watched is not none. */
static void forget_zero(bool watched, int64_t *count)
{
	if (!watched && !*count)
		*count = -1;
}

void observe_watched(struct observation *observation, const bool watch[NR_STREAMS], bool compat)
{
	bool sync = watch[STREAM_IOCTL] && watch[STREAM_RETURN] && !compat, faults = watch[STREAM_FAULTS];

	observation->sync_watched = sync;
	observation->faults_watched = faults;
	forget_zero(sync, &observation->flags_read_later);
	forget_zero(sync, &observation->frames);
	forget_zero(faults, &observation->faults_elsewhere);
	for (size_t i = 0; i < observation->nr_buffers; i++) {
		struct observed_buffer *buffer = &observation->buffer[i];

		forget_zero(watch[STREAM_TASKS], &buffer->mmaps);
		forget_zero(watch[STREAM_MUNMAP] && watch[STREAM_MUNMAP_RETURN] && !compat, &buffer->munmaps);
		forget_zero(faults, &buffer->faults);
		forget_zero(faults, &buffer->pages_faulted);
		forget_zero(sync, &buffer->read_starts);
		forget_zero(sync, &buffer->write_starts);
		forget_zero(sync, &buffer->syncs);
	}
}

/* Add up what was seen, and what was watched. */
static int finish(struct watching *watching)
{
	struct observation *observation = watching->observation;
	bool watch[NR_STREAMS] = { false }, hidden = note_hidden(watching);
	int err = tally_finish(watching->tally, observation);

	note_compat(watching);
	for (enum stream stream = 0; watching->events && stream < NR_STREAMS; stream++)
		watch[stream] = !hidden && events_watch(watching->events, stream);
	observe_watched(observation, watch, tally_compat(watching->tally));
	observation->lost = watching->events ? events_lost(watching->events) : -1;
	/* Of a command that was interrupted, or that we ended. */
	if (strcmp(observation->ended, "exit"))
		observation->exit_status = -1;
	return err;
}

static void close_open(int fd)
{
	if (fd >= 0)
		close(fd);
}

int observe(const struct observe_request *request, struct observation *observation, struct why *why)
{
	struct watching watching = { .request = request,
				     .observation = observation,
				     .pid = request->pid,
				     .go = { -1, -1 },
				     .told = -1,
				     .pidfd = -1 };
	struct events_request events;
	int err;

	observation->page_bytes = sysconf(_SC_PAGESIZE);
	watching.tally = tally_new("", (size_t)observation->page_bytes);
	err = watching.tally ? begin(&watching, &events, why) : -ENOMEM;
	if (!err)
		err = watch(&watching);
	observation->pid = watching.pid;
	end_command(&watching);
	if (!err)
		err = finish(&watching);
	if (!err)
		err = watching.err;
	events_close(watching.events);
	tally_free(watching.tally);
	close_open(watching.go[0]);
	close_open(watching.go[1]);
	close_open(watching.told);
	close_open(watching.pidfd);
	return err;
}
