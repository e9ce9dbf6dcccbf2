/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ZAPBENCH_MEMORY_H
#define ZAPBENCH_MEMORY_H

#include <stdio.h>

/* A text in memory that grows. */
struct memory_text {
	char *data; /* freed by the caller, also on error */
	size_t size, room;
};

/*
 * A stream into @text, as of open_memstream(). That one loses a part of the text in silence where memory ends: glibc
 * sets no error then. NULL without memory.
 */
FILE *memory_open(struct memory_text *text);
/* Close it, NULL or not; .data has a NUL behind the text then. 0, or -ENOMEM where a part of the text is missing. */
int memory_close(FILE *stream);

#endif
