/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What went wrong, as a command says it: lines on standard error; what a file holds is not what a terminal is given. */
#ifndef ZAPBENCH_SAY_H
#define ZAPBENCH_SAY_H

#include "bench/base/why.h"

/* One line. Return: @status, for `return say(...)`. */
int say(int status, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The reason of @why, or what the negative errno @err says where there is none; and its remedy. Return: @status. */
int say_why(int status, int err, const struct why *why);

#endif
