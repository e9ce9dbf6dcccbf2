// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/base/memory.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 256

static ssize_t add_bytes(void *cookie, const char *bytes, size_t size)
{
	struct memory_text *text = cookie;
	size_t room = text->room;
	char *more = text->data;

	while (room <= text->size + size)
		room *= 2;
	if (room > text->room)
		more = realloc(text->data, room);
	if (!more) {
		errno = ENOMEM;
		return 0;
	}
	memcpy(more + text->size, bytes, size);
	more[text->size + size] = '\0';
	*text = (struct memory_text){ more, text->size + size, room };
	return (ssize_t)size;
}

FILE *memory_open(struct memory_text *text)
{
	*text = (struct memory_text){ calloc(1, ROOM_FIRST), 0, ROOM_FIRST };
	return text->data ? fopencookie(text, "w", (cookie_io_functions_t){ .write = add_bytes }) : NULL;
}

int memory_close(FILE *stream)
{
	bool failed;

	if (!stream)
		return -ENOMEM;
	failed = fflush(stream) || ferror(stream);
	return fclose(stream) || failed ? -ENOMEM : 0;
}
