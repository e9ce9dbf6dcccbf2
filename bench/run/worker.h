/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process of a round: `zapbench __round FD`. */
#ifndef ZAPBENCH_WORKER_H
#define ZAPBENCH_WORKER_H

#define WORKER_COMMAND "__round"

/* Run the tasks of the exchange that @fd holds. Return: an exit status; the error of a task is in the task. */
int worker_main(int fd);

#endif
