// SPDX-License-Identifier: GPL-2.0-or-later
/* Watching real processes: whose events come, and how the watching ends. What a kernel refuses is skipped. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/perf_event.h>

#include <cmocka.h>

#include "bench/base/now.h"
#include "bench/observe/events.h"
#include "bench/observe/observe.h"
#include "bench/test/fixtures/syscalls.h"

enum { PAGES = 60, EARLY_MOST = PAGES / 2 };

static size_t page_bytes;
static char *area; /* mapped before fork(), so that all processes have it at the same place */

static void touch(size_t from, size_t count)
{
	for (size_t i = from; i < from + count; i++)
		((volatile char *)area)[i * page_bytes] = 1;
}

/* What comes first in time is on the last CPU, whose ring is read last. */
static void pin(bool last)
{
	cpu_set_t all, one;

	if (sched_getaffinity(0, sizeof(all), &all))
		return;
	CPU_ZERO(&one);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all) || (!last && CPU_COUNT(&one)))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
	}
	sched_setaffinity(0, sizeof(one), &one);
}

static void *touch_third(void *arg)
{
	pin(!arg);
	touch((size_t)(uintptr_t)arg, PAGES / 3);
	return NULL;
}

/* A thread that is there before the watching begins, one that comes later, and a child. */
static void *touch_when_told(void *arg)
{
	int *go = arg;
	char byte;

	if (read(go[0], &byte, 1) == 1)
		touch_third((void *)0);
	return NULL;
}

static pid_t start_watched(int go[2], int ready[2])
{
	pthread_t early, late;
	pid_t pid = fork(), child;

	if (pid)
		return pid;
	pthread_create(&early, NULL, touch_when_told, go);
	if (write(ready[1], "", 1) != 1)
		_exit(1);
	pthread_join(early, NULL);
	pthread_create(&late, NULL, touch_third, (void *)(PAGES / 3));
	pthread_join(late, NULL);
	child = fork();
	if (!child) {
		touch(2 * PAGES / 3, PAGES / 3);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	_exit(0);
}

struct seen {
	int faults, foreign, threads, processes, unordered;
	uint32_t pid, child;
	uint64_t last_ns;
};

static void take(void *arg, const struct event *event)
{
	struct seen *seen = arg;

	seen->unordered += event->time_ns < seen->last_ns;
	seen->last_ns = event->time_ns;
	if (event->kind == EVENT_FORK && event->pid != event->parent_pid) {
		seen->processes++;
		seen->child = event->pid;
	} else if (event->kind == EVENT_FORK) {
		seen->threads++;
	}
	if (event->pid != seen->pid && event->pid != seen->child)
		seen->foreign++;
	else if (event->kind == EVENT_FAULT && event->address >= (uintptr_t)area &&
		 event->address < (uintptr_t)area + (uint64_t)PAGES * page_bytes)
		seen->faults++;
}

static void ignore_gap(void *arg, const char *what, const struct why *why)
{
	(void)arg;
	(void)what;
	(void)why;
}

static void threads_and_children_are_watched_and_nobody_else(void **state)
{
	struct events_request request = { .root = "" };
	struct events *events;
	struct seen seen = { 0 };
	struct why why = { "", "" };
	int go[2], ready[2];
	pid_t other;
	char byte;

	(void)state;
	assert_int_equal(pipe(go), 0);
	assert_int_equal(pipe(ready), 0);
	request.pid = start_watched(go, ready);
	assert_true(request.pid > 0);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	if (events_open(&request, ignore_gap, NULL, &events, &why)) {
		print_message("%s\n", why.reason);
		kill(request.pid, SIGKILL);
		waitpid(request.pid, NULL, 0);
		skip();
	}
	seen.pid = (uint32_t)request.pid;
	other = fork();
	if (!other) {
		touch(0, PAGES);
		_exit(0);
	}
	waitpid(other, NULL, 0);
	assert_int_equal(write(go[1], "", 1), 1);
	waitpid(request.pid, NULL, 0);
	events_stop(events);
	assert_int_equal(events_read(events, true, take, &seen), 0);
	assert_int_equal(events_lost(events), 0);
	assert_int_equal(seen.foreign, 0);
	assert_int_equal(seen.faults, PAGES);
	assert_int_equal(seen.threads, 1);
	assert_int_equal(seen.processes, 1);
	assert_int_equal(seen.unordered, 0);
	events_close(events);
	close(go[0]);
	close(go[1]);
	close(ready[0]);
	close(ready[1]);
}

/* A process that begins a thread each time that its first event is opened, as long as some are left. */
static struct beginner {
	pid_t pid;
	int go, begun, left;
} beginner;

static void begin_thread(const struct perf_event_attr *attr, const long *argument)
{
	char byte;

	if (!beginner.left || argument[1] != beginner.pid || argument[2] != 0 || attr->type != PERF_TYPE_SOFTWARE ||
	    attr->config != PERF_COUNT_SW_DUMMY)
		return;
	beginner.left--;
	assert_int_equal(write(beginner.go, "", 1), 1);
	assert_int_equal(read(beginner.begun, &byte, 1), 1);
}

/* A command that gets Ctrl-C before it has begun: its process is the one whose events are opened. */
static bool interrupt_early;

/* -1, what a mutant asks for, is the whole machine: it gets no signal. */
static void interrupt(pid_t pid)
{
	siginfo_t ended = { .si_pid = 0 };

	while (pid > 0 && !ended.si_pid) {
		kill(pid, SIGINT);
		usleep(1000);
		if (waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOHANG | WNOWAIT))
			return;
	}
}

/* What the program calls, in place of the C library's. */
long syscall(long number, ...)
{
	long argument[SYSCALL_ARGUMENTS];
	va_list list;

	va_start(list, number);
	syscall_arguments(list, argument);
	va_end(list);
	if (number == SYS_perf_event_open)
		begin_thread((const struct perf_event_attr *)argument[0], argument);
	if (number == SYS_perf_event_open && interrupt_early) {
		interrupt_early = false;
		interrupt((pid_t)argument[1]);
	}
	return next_syscall(number, argument);
}

/* Threads that begin until they are told to stop, in memory that the watched process shares with us. */
static struct spawned {
	atomic_int stop;
	atomic_size_t count;
	int go[2];
} * spawned;

static void *touch_one(void *page)
{
	touch((size_t)(uintptr_t)page, 1);
	return NULL;
}

static void *touch_and_spawn(void *page)
{
	pthread_t later;
	char byte;

	if (read(spawned->go[0], &byte, 1)) /* until the other end is closed */
		_exit(1);
	touch_one(page);
	pthread_create(&later, NULL, touch_one, (char *)page + EARLY_MOST);
	pthread_join(later, NULL);
	return NULL;
}

static pid_t start_spawning(void)
{
	pthread_t thread[EARLY_MOST];
	pid_t pid = fork();
	size_t count;

	if (pid)
		return pid;
	close(spawned->go[1]);
	for (count = 0; count < EARLY_MOST && !spawned->stop; count++) {
		pthread_create(&thread[count], NULL, touch_and_spawn, (void *)(uintptr_t)count);
		spawned->count++;
		usleep(500);
	}
	for (size_t i = 0; i < count; i++)
		pthread_join(thread[i], NULL);
	_exit(0);
}

static void note_gap(void *arg, const char *what, const struct why *why)
{
	if (strcmp(what, "each thread once"))
		return;
	*(bool *)arg = true;
	assert_non_null(
		strstr(why->reason, " of them began while the others were opened: what they do may count twice"));
	assert_string_equal(why->remedy, "zapbench observe -- COMMAND");
}

/* The faults that are more than there were; -errno: it is not allowed. */
static int attach_while_spawning(void)
{
	struct events_request request = { .root = "" };
	struct seen seen = { 0 };
	struct why why = { "", "" };
	struct events *events;
	bool told = false;
	int err;

	spawned->stop = 0;
	spawned->count = 0;
	assert_int_equal(pipe(spawned->go), 0);
	request.pid = start_spawning();
	assert_true(request.pid > 0);
	while (spawned->count < 4)
		usleep(10);
	err = events_open(&request, note_gap, &told, &events, &why);
	spawned->stop = 1;
	close(spawned->go[0]);
	close(spawned->go[1]);
	waitpid(request.pid, NULL, 0);
	if (err)
		return err;
	seen.pid = (uint32_t)request.pid;
	events_stop(events);
	assert_int_equal(events_read(events, true, take, &seen), 0);
	assert_int_equal(events_lost(events), 0);
	assert_int_equal(seen.foreign, 0);
	events_close(events);
	assert_true(seen.faults >= 2 * (int)spawned->count);
	return told ? 0 : seen.faults - 2 * (int)spawned->count;
}

/* They would inherit events, and get some of their own, and so would their threads, which begin later. */
static void threads_that_begin_while_others_are_opened_count_once(void **state)
{
	int err = 0;

	(void)state;
	spawned = mmap(NULL, sizeof(*spawned), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(spawned != MAP_FAILED);
	for (int i = 0; i < 20 && !err; i++)
		err = attach_while_spawning();
	munmap(spawned, sizeof(*spawned));
	if (err < 0)
		skip();
	assert_int_equal(err, 0);
}

static void *rest(void *arg)
{
	(void)arg;
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves it behind */
	pause();
	return NULL;
}

/* One that begins a thread whenever it is told to, and says so. */
static pid_t start_beginner(int go, int begun)
{
	pthread_t thread;
	pid_t pid = fork();
	char byte;

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves it behind */
	while (read(go, &byte, 1) == 1) {
		if (pthread_create(&thread, NULL, rest, NULL) || write(begun, "", 1) != 1)
			break;
	}
	_exit(1);
}

/* The threads that begin during the first attempts to open all, one or more in each; whether it was told. */
static bool told_of_threads(int count)
{
	struct events_request request = { .root = "" };
	int go[2], begun[2], err;
	struct why why = { "", "" };
	struct events *events;
	bool told = false;

	assert_int_equal(pipe(go), 0);
	assert_int_equal(pipe(begun), 0);
	request.pid = start_beginner(go[0], begun[1]);
	assert_true(request.pid > 0);
	beginner = (struct beginner){ request.pid, go[1], begun[0], count };
	err = events_open(&request, note_gap, &told, &events, &why);
	if (!err)
		events_close(events);
	kill(request.pid, SIGKILL);
	waitpid(request.pid, NULL, 0);
	for (int end = 0; end < 2; end++) {
		close(go[end]);
		close(begun[end]);
	}
	if (err)
		skip();
	if (!told)
		assert_int_equal(beginner.left, 0);
	beginner.left = 0;
	return told;
}

/* By order: whether one begins while others are opened is otherwise a question of load. */
static void threads_that_never_stop_beginning_are_told(void **state)
{
	(void)state;
	assert_false(told_of_threads(0));
	assert_false(told_of_threads(10));
	assert_true(told_of_threads(1000));
}

/* The first thread, which owns the rings, ends; another one goes on. */
static pid_t start_headless(const int go[2])
{
	pthread_t other;
	pid_t pid = fork();
	char byte;

	if (pid)
		return pid;
	pthread_create(&other, NULL, rest, NULL);
	if (read(go[0], &byte, 1) == 1)
		pthread_exit(NULL);
	_exit(1);
}

static bool is_zombie(pid_t pid)
{
	char path[64], text[64] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", (int)pid, (int)pid);
	file = fopen(path, "re");
	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	fclose(file);
	return strstr(text, ") Z ") != NULL;
}

/* The ring of a thread that has ended is always ready. */
static void waiting_takes_its_time_when_the_first_thread_has_ended(void **state)
{
	struct events_request request = { .root = "" };
	struct why why = { "", "" };
	struct seen seen = { 0 };
	struct events *events;
	double begin_s;
	int go[2], err;

	(void)state;
	assert_int_equal(pipe(go), 0);
	request.pid = start_headless(go);
	assert_true(request.pid > 0);
	usleep(50000); /* until its other thread is there */
	err = events_open(&request, ignore_gap, NULL, &events, &why);
	assert_int_equal(write(go[1], "", 1), 1);
	for (int i = 0; i < 200 && !is_zombie(request.pid); i++)
		usleep(5000);
	if (!err) {
		assert_int_equal(events_read(events, true, take, &seen), 0);
		begin_s = now_s();
		events_wait(events, 100);
		assert_true(now_s() - begin_s > 0.09);
		events_close(events);
	}
	kill(request.pid, SIGKILL);
	waitpid(request.pid, NULL, 0);
	close(go[0]);
	close(go[1]);
	if (err)
		skip();
}

static void no_process_is_missing(void *arg, const char *what, const struct why *why)
{
	(void)what;
	*(int *)arg |= strstr(why->reason, "there is no process") != NULL;
}

/* The same for any limit: files are opened, and folders are listed before and after. */
static int open_with_limits(void)
{
	struct events_request request = { .root = "", .pid = getpid() };
	int wrong = 0;

	for (rlim_t limit = 100; limit > 4; limit--) {
		const struct rlimit files = { limit, limit };
		struct why why = { "", "" };
		struct events *events;

		if (setrlimit(RLIMIT_NOFILE, &files))
			return 2;
		if (events_open(&request, no_process_is_missing, &wrong, &events, &why))
			no_process_is_missing(&wrong, "", &why);
		else
			events_close(events);
	}
	return wrong;
}

/* What @try returns in a process of its own, whose limits it may change. */
static int tried(int (*try)(void))
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(try());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void too_few_files_are_no_process_that_is_missing(void **state)
{
	(void)state;
	assert_int_equal(tried(open_with_limits), 0);
}

/* A user without rights may lock some memory per CPU, in all; if the first CPU takes it, the last has none. */
static int open_with_little_memory(void)
{
	struct events_request request = { .root = "", .pid = getpid() };
	const struct rlimit none = { 0, 0 };
	struct why why = { "", "" };
	struct events *events;

	if (!getuid() && setresuid(64321, 64321, 64321))
		return 77;
	if (events_open(&request, ignore_gap, NULL, &events, &why))
		return 77;
	events_close(events);
	if (setrlimit(RLIMIT_MEMLOCK, &none) || events_open(&request, ignore_gap, NULL, &events, &why))
		return 1;
	events_close(events);
	return 0;
}

static void little_memory_is_enough_for_all_rings(void **state)
{
	int status = tried(open_with_little_memory);

	(void)state;
	if (status == 77)
		skip();
	assert_int_equal(status, 0);
}

static volatile sig_atomic_t stop;

static int observe_words(char *const *words, pid_t pid, double seconds, struct observation **observation,
			 struct why *why)
{
	struct observe_request request = { .pid = pid, .command = words, .seconds = seconds, .stop = &stop };

	*observation = observation_new();
	assert_non_null(*observation);
	return observe(&request, *observation, why);
}

static void a_command_ends_by_itself(void **state)
{
	char *const words[] = { "sh", "-c", "exit 3", NULL };
	struct observation *observation;
	struct why why = { "", "" };

	(void)state;
	assert_int_equal(observe_words(words, 0, 20, &observation, &why), 0);
	assert_string_equal(observation->ended, "exit");
	assert_int_equal(observation->exit_status, 3);
	assert_true(observation->seconds < 20);
	observation_free(observation);
}

static void a_command_that_a_signal_ended(void **state)
{
	char *const words[] = { "sh", "-c", "kill -9 $$", NULL };
	struct observation *observation;
	struct why why = { "", "" };

	(void)state;
	assert_int_equal(observe_words(words, 0, 20, &observation, &why), 0);
	assert_int_equal(observation->exit_status, 128 + SIGKILL);
	observation_free(observation);
}

/* By SIGTERM, so that it can put things in order. */
static void a_command_that_runs_on_is_ended(void **state)
{
	char folder[] = "/tmp/zapbench-observe-XXXXXX", text[160], file[64];
	char *const words[] = { "sh", "-c", text, NULL };
	struct observation *observation;
	struct why why = { "", "" };

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(file, sizeof(file), "%s/ended", folder);
	snprintf(text, sizeof(text), "trap 'echo >%s; exit' TERM; while :; do sleep 0.05; done", file);
	assert_int_equal(observe_words(words, 0, 1, &observation, &why), 0);
	assert_string_equal(observation->ended, "time");
	assert_int_equal(observation->exit_status, -1);
	assert_int_equal(kill((pid_t)observation->pid, 0), -1);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(rmdir(folder), 0);
	observation_free(observation);
}

static bool runs(pid_t pid)
{
	struct pollfd wait = { .fd = pidfd_open(pid, 0), .events = POLLIN };
	bool runs;

	if (wait.fd < 0)
		return false;
	runs = !poll(&wait, 1, 1000);
	close(wait.fd);
	return runs;
}

/* Start @script, which writes the numbers of its children, for at most @seconds. How many of them run on; -1: unknown.
 */
static int children_left(const char *script, double seconds, const char *ended)
{
	char name[] = "/tmp/zapbench-observe-XXXXXX", text[300];
	char *const words[] = { "sh", "-c", text, NULL };
	int children = 0, left = 0, pid, fd = mkstemp(name);
	struct observation *observation;
	struct why why = { "", "" };
	bool watched = true;
	FILE *file;

	assert_true(fd >= 0);
	snprintf(text, sizeof(text), "exec 3>%s; %s", name, script);
	assert_int_equal(observe_words(words, 0, seconds, &observation, &why), 0);
	assert_string_equal(observation->ended, ended);
	for (size_t i = 0; i < observation->nr_gaps; i++)
		watched &= !strstr(observation->gap[i].what, "children");
	observation_free(observation);
	file = fdopen(fd, "r");
	assert_non_null(file);
	for (; fscanf(file, "%d", &pid) == 1; children++) {
		left += runs(pid);
		kill(pid, SIGKILL);
	}
	fclose(file);
	unlink(name);
	assert_int_equal(children, 2);
	return watched ? left : -1;
}

/* One of them ignores SIGTERM. */
static void what_a_command_started_ends_with_the_watching(void **state)
{
	int left = children_left("sleep 100 & echo $! >&3; (trap '' TERM; exec sleep 100) & echo $! >&3; "
				 "wait; true",
				 1, "time");

	(void)state;
	if (left < 0)
		skip();
	assert_int_equal(left, 0);
}

/* As that of a daemon. */
static void what_a_command_leaves_behind_goes_on(void **state)
{
	int left = children_left("sleep 100 & echo $! >&3; sleep 100 & echo $! >&3", 20, "exit");

	(void)state;
	assert_true(left == 2 || left == -1);
}

static void the_user_ends_it_early(void **state)
{
	char *const words[] = { "sleep", "100", NULL };
	struct observation *observation;
	struct why why = { "", "" };

	(void)state;
	stop = SIGINT;
	assert_int_equal(observe_words(words, 0, 100, &observation, &why), 0);
	stop = 0;
	assert_string_equal(observation->ended, "interrupt");
	observation_free(observation);
}

static void on_interrupt(int signal)
{
	stop = signal;
}

/* Ctrl-C reaches the command, too. Its end is that of the user, and no failure. */
static void an_interrupt_of_both_is_no_failure_of_the_command(void **state)
{
	char *const words[] = { "sh", "-c", "kill -INT 0; sleep 100", NULL };
	struct observation *observation;
	struct why why = { "", "" };
	pid_t pid = fork();
	int status;

	(void)state;
	if (!pid) {
		setpgid(0, 0);
		signal(SIGINT, on_interrupt);
		if (observe_words(words, 0, 100, &observation, &why))
			_exit(1);
		_exit(strcmp(observation->ended, "interrupt") ? 2 : observation->exit_status != -1 ? 3 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* Both are seen at once: the command has ended, too. */
static void an_interrupt_is_told_before_the_end_of_the_command(void **state)
{
	char *const words[] = { "sh", "-c", "kill -INT $$", NULL };
	struct observation *observation;
	struct why why = { "", "" };

	(void)state;
	stop = SIGINT;
	assert_int_equal(observe_words(words, 0, 100, &observation, &why), 0);
	stop = 0;
	assert_string_equal(observation->ended, "interrupt");
	assert_int_equal(observation->exit_status, -1);
	observation_free(observation);
}

/* It may end while its events are opened: before anybody lets it begin. */
static void an_interrupt_before_the_command_begins_is_one(void **state)
{
	struct sigaction on_int = { .sa_handler = on_interrupt }, ignore = { .sa_handler = SIG_IGN }, before[2];
	char *const words[] = { "sleep", "100", NULL };
	struct observation *observation;
	struct why why = { "", "" };
	int err;

	(void)state;
	assert_int_equal(sigaction(SIGINT, &on_int, &before[0]), 0);
	assert_int_equal(sigaction(SIGPIPE, &ignore, &before[1]), 0);
	interrupt_early = true;
	stop = SIGINT;
	err = observe_words(words, 0, 100, &observation, &why);
	stop = 0;
	sigaction(SIGINT, &before[0], NULL);
	sigaction(SIGPIPE, &before[1], NULL);
	assert_int_equal(err, 0);
	assert_false(interrupt_early);
	assert_string_equal(observation->ended, "interrupt");
	assert_int_equal(observation->exit_status, -1);
	observation_free(observation);
}

/* What was not watched is not 0. */
static void what_was_not_watched_is_not_none(void **state)
{
	static const struct {
		bool watch[NR_STREAMS], compat;
		int mmaps, munmaps, faults, reads, sync;
	} rows[] = {
		{ { true, true, true, true, true, true, true }, false, 0, 0, 0, 0, true },
		{ { true, true, true, true, true, true, true }, true, 0, -1, 0, -1, false },
		{ { true, true, false, true, true, true, true }, false, 0, 0, 0, -1, false },
		{ { true, true, true, false, true, true, true }, false, 0, 0, 0, -1, false },
		{ { true, false, true, true, true, true, true }, false, 0, 0, -1, 0, true },
		{ { true, true, true, true, false, true, true }, false, 0, -1, 0, 0, true },
		{ { true, true, true, true, true, false, true }, false, 0, -1, 0, 0, true },
		{ { false }, false, -1, -1, -1, -1, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct observed_buffer buffers[2] = { { .inode = 1 },
						      { .mmaps = 9, .munmaps = 9, .faults = 9, .read_starts = 9 } };
		struct observation observation = { .buffer = buffers, .nr_buffers = 2 };

		observe_watched(&observation, rows[i].watch, rows[i].compat);
		assert_int_equal(observation.sync_watched, rows[i].sync);
		assert_int_equal(observation.faults_watched, rows[i].watch[STREAM_FAULTS]);
		assert_int_equal(observation.frames, rows[i].reads);
		assert_int_equal(observation.faults_elsewhere, rows[i].faults);
		assert_int_equal(buffers[0].mmaps, rows[i].mmaps);
		assert_int_equal(buffers[0].munmaps, rows[i].munmaps);
		assert_int_equal(buffers[0].faults, rows[i].faults);
		assert_int_equal(buffers[0].pages_faulted, rows[i].faults);
		assert_int_equal(buffers[0].read_starts, rows[i].reads);
		assert_int_equal(buffers[0].write_starts, rows[i].reads);
		assert_int_equal(buffers[0].syncs, rows[i].reads);
		assert_int_equal(buffers[1].mmaps + buffers[1].munmaps + buffers[1].faults, 27);
	}
}

static void what_is_not_there_says_so(void **state)
{
	char *const words[] = { "/no/such/command", NULL };
	struct observation *observation;
	struct why why = { "", "" };

	(void)state;
	assert_int_equal(observe_words(words, 0, 1, &observation, &why), -ENOENT);
	assert_non_null(strstr(why.reason, "/no/such/command: No such file"));
	observation_free(observation);
	why = (struct why){ "", "" };
	assert_int_equal(observe_words(NULL, 4194303, 1, &observation, &why), -ESRCH);
	assert_non_null(strstr(why.reason, "process 4194303"));
	observation_free(observation);
}

/* All that the kernel shows of such a process is empty, which is not "no dma-buf". */
static void a_process_without_its_first_thread_is_refused(void **state)
{
	struct observation *observation;
	struct why why = { "", "" };
	int go[2], err;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(go), 0);
	pid = start_headless(go);
	assert_true(pid > 0);
	assert_int_equal(write(go[1], "", 1), 1);
	for (int i = 0; i < 2000 && !is_zombie(pid); i++)
		usleep(5000);
	err = observe_words(NULL, pid, 0.1, &observation, &why);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(go[0]);
	close(go[1]);
	observation_free(observation);
	assert_int_equal(err, -ESRCH);
	assert_non_null(strstr(why.reason, "its first thread has ended"));
	assert_string_equal(why.remedy, "zapbench observe -- COMMAND");
}

/* A process that is not ours goes on afterwards, and one that ends is noticed. */
static void a_running_process_is_left_alone(void **state)
{
	struct observation *observation;
	struct why why = { "", "" };
	pid_t pid = fork();

	(void)state;
	if (!pid) {
		rest(NULL);
		_exit(0);
	}
	assert_int_equal(observe_words(NULL, pid, 0.1, &observation, &why), 0);
	assert_string_equal(observation->ended, "time");
	assert_int_equal(kill(pid, 0), 0);
	observation_free(observation);
	kill(pid, SIGKILL); /* a zombie, as nobody waits for it */
	assert_int_equal(observe_words(NULL, pid, 20, &observation, &why), 0);
	assert_string_equal(observation->ended, "exit");
	observation_free(observation);
	waitpid(pid, NULL, 0);
}

static int map_area(void **state)
{
	(void)state;
	page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	area = mmap(NULL, PAGES * page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED)
		return -1;
	/* A huge page would be one fault. */
	return madvise(area, PAGES * page_bytes, MADV_NOHUGEPAGE) && errno != EINVAL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_and_children_are_watched_and_nobody_else),
		cmocka_unit_test(threads_that_begin_while_others_are_opened_count_once),
		cmocka_unit_test(threads_that_never_stop_beginning_are_told),
		cmocka_unit_test(waiting_takes_its_time_when_the_first_thread_has_ended),
		cmocka_unit_test(little_memory_is_enough_for_all_rings),
		cmocka_unit_test(too_few_files_are_no_process_that_is_missing),
		cmocka_unit_test(a_command_ends_by_itself),
		cmocka_unit_test(a_command_that_a_signal_ended),
		cmocka_unit_test(a_command_that_runs_on_is_ended),
		cmocka_unit_test(what_a_command_started_ends_with_the_watching),
		cmocka_unit_test(what_a_command_leaves_behind_goes_on),
		cmocka_unit_test(the_user_ends_it_early),
		cmocka_unit_test(an_interrupt_of_both_is_no_failure_of_the_command),
		cmocka_unit_test(an_interrupt_is_told_before_the_end_of_the_command),
		cmocka_unit_test(an_interrupt_before_the_command_begins_is_one),
		cmocka_unit_test(what_was_not_watched_is_not_none),
		cmocka_unit_test(what_is_not_there_says_so),
		cmocka_unit_test(a_process_without_its_first_thread_is_refused),
		cmocka_unit_test(a_running_process_is_left_alone),
	};

	return cmocka_run_group_tests(tests, map_area, NULL);
}
