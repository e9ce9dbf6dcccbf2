/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configuration and command line of the kernel. Private to bench/measure/.
 */
#ifndef ZAPBENCH_ENVIRONMENT_CONFIG_H
#define ZAPBENCH_ENVIRONMENT_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/base/facts.h"

/* Append facts of the group "kernel": configuration, preemption, debug options, the zapbench patch. 0 or -ENOMEM. */
int environment_config(const char *root, struct facts *facts);

/*
 * Does @command_line have the word @name, or "@name=value"? @value gets the value ("" for a bare word), cut to @size.
 * It may be NULL.
 */
bool command_line_word(const char *command_line, const char *name, char *value, size_t size);

#endif
