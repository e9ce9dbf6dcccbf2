/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel was built with and booted with. Private to bench/measure/.
 */
#ifndef ZAPBENCH_ENVIRONMENT_CONFIG_H
#define ZAPBENCH_ENVIRONMENT_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/base/facts.h"

/* Append facts of the group "kernel": configuration, preemption, debug options, the zapbench patch. 0 or -ENOMEM. */
int environment_config(const char *root, struct facts *facts);

/*
 * Does @command_line have the word @name, or "@name=value"? The value goes to @value ("" for a bare word), cut to
 * @size; NULL when it is not wanted.
 */
bool command_line_word(const char *command_line, const char *name, char *value, size_t size);

#endif
