/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The position of a reader in a file, so each message names the file and the value. Private to bench/record/. */
#ifndef ZAPBENCH_READER_H
#define ZAPBENCH_READER_H

#include "bench/base/why.h"
#include "bench/record/record.h"

struct reader {
	const char *file;
	struct record *record; /* its nr_rounds is how long every column is */
	struct why *why;
	char path[160]; /* of the value at hand: "$.configurations[3].samples" */
};

/* The end of @file, for a message: the end of a long file name tells more than its beginning. */
const char *short_name(const char *file);
/* Go down to a member or an element. Return: what path_end() needs to go up again. */
size_t path_key(struct reader *reader, const char *key);
size_t path_index(struct reader *reader, size_t index);
void path_end(struct reader *reader, size_t length);
/* "file: $.path: " and the text as the reason. Return: -EINVAL. */
int __attribute__((format(printf, 2, 3))) refuse(const struct reader *reader, const char *fmt, ...);
/* Return: -ENOMEM. */
int out_of_memory(const struct reader *reader);

#endif
