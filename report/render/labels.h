/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Labels of rows in a table: what all rows of a group share is in the group's heading, what differs is in the row. */
#ifndef ZAPBENCH_LABELS_H
#define ZAPBENCH_LABELS_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/record/record.h"

/* Are both of one case and source? Such rows that follow each other are a group. */
bool labels_same_group(const struct config_result *a, const struct config_result *b);
/*
 * The words that the labels of all rows in the group of configuration @index share: "4M read". "" for a group of one
 * row, and where a row would have no word of its own.
 */
void labels_shared(const struct record *record, size_t index, char *shared, size_t size);
/* The label without the words of @shared: "eager around". */
void labels_row(const struct config_result *config, const char *shared, char *label, size_t size);

#endif
