/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The subcommands of bench/. Each takes its own argv, prints its own errors, and returns the exit status of the
 * program. */
#ifndef ZAPBENCH_COMMAND_H
#define ZAPBENCH_COMMAND_H

#include <stdio.h>

#include "bench/record/record.h"
#include "bench/base/why.h"

/* Exit statuses, as the man page says. */
enum status {
	STATUS_OK = 0,
	STATUS_FAILED = 1,
	STATUS_REGRESSION = 1,
	STATUS_USAGE = 2,
	STATUS_INVALID = 3,
	STATUS_NOTHING = 3
};

/* Print a finished record for people. Given by the program's top, since bench/ does not know report/. */
typedef int print_record_fn(const struct record *record, FILE *out);

int command_run(int argc, char **argv, print_record_fn *print);
int command_list(int argc, char **argv);
int command_info(int argc, char **argv);
int command_compare(int argc, char **argv);
int command_recover(int argc, char **argv);
int command_history(int argc, char **argv);

/* "zapbench: REASON (remedy: REMEDY)" on standard error. Return @status. */
int complain(int status, const struct why *why);
/* getopt_long() has printed what is wrong; say where help is. Return STATUS_USAGE. */
int complain_usage(const char *command);

#endif
