// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/history/turn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/time.h>
#include <unistd.h>

#include "bench/base/now.h"

static void wake(int signal)
{
	(void)signal;
}

/* flock() has no limit of time, so a timer interrupts it; again and again, as the first may come before it waits. */
static int wait_in_queue(int turn, int seconds)
{
	const struct itimerval limit = { .it_interval = { .tv_sec = 1 }, .it_value = { .tv_sec = seconds } };
	struct sigaction action = { .sa_handler = wake }, action_before;
	double end_s = now_s() + seconds;
	struct itimerval limit_before;
	sigset_t alarm, mask_before;
	int err;

	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	sigaction(SIGALRM, &action, &action_before);
	sigprocmask(SIG_UNBLOCK, &alarm, &mask_before);
	setitimer(ITIMER_REAL, &limit, &limit_before);
	do {
		err = flock(turn, LOCK_EX) ? -errno : 0;
	} while (err == -EINTR && now_s() < end_s);
	setitimer(ITIMER_REAL, &limit_before, NULL);
	sigprocmask(SIG_SETMASK, &mask_before, NULL);
	sigaction(SIGALRM, &action_before, NULL);
	return err;
}

int turn_take(const char *folder, int seconds)
{
	int turn = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (turn < 0)
		return -1;
	if (!flock(turn, LOCK_EX | LOCK_NB) || (errno == EWOULDBLOCK && !wait_in_queue(turn, seconds)))
		return turn;
	close(turn);
	return -1;
}

void turn_end(int turn)
{
	if (turn >= 0)
		close(turn);
}
