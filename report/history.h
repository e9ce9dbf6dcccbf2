/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ZAPBENCH_REPORT_HISTORY_H
#define ZAPBENCH_REPORT_HISTORY_H

#include <stddef.h>

/* zapbench history: keep the results of many runs, and show what they say over time. Return: exit status. */
int command_history(int argc, char **argv);

/* The folder of results that the user means by @argument: a path that is there, or a label of the default history. */
const char *history_resolve(const char *argument, char *path, size_t size);

#endif
