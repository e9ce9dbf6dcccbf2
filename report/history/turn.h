/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The queue of whoever changes a history: SQLite lets its waiters try again now and then, the longer they have waited
 * the more seldom, so that among many some never get in. Here each waits behind the one that came before it. It is a
 * lock on the folder itself, which ends with the process. Private to report/history.
 */
#ifndef ZAPBENCH_TURN_H
#define ZAPBENCH_TURN_H

/*
 * Wait for a turn, at most @seconds. Return: what turn_end() gets; -1 where there is no queue, as on some network file
 * systems, or where somebody keeps the turn: SQLite's own lock alone excludes others.
 */
int turn_take(const char *folder, int seconds);
void turn_end(int turn);

#endif
