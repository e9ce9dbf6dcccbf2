/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ZAPBENCH_JSON_MEMORY_H
#define ZAPBENCH_JSON_MEMORY_H

#include <stdbool.h>

#include <jansson.h>

/* null where there is no number. */
json_t *json_number(double value);
/* From now on it is noted if Jansson finds no memory. */
void json_watch_memory(void);
/* The same before a text is read; json_whole() must follow. */
void json_watch_reading(void);
/* Did it find none since then? Then it took the text for a wrong one, or lost a part of it. */
bool json_ran_out(void);
/* @root, or NULL if a part of it may be lost. */
json_t *json_whole(json_t *root);

#endif
