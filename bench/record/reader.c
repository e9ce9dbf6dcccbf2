// SPDX-License-Identifier: GPL-2.0-or-later
/* The position of a reader, and its error messages. */
#include "bench/record/reader.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/file.h"
#include "bench/base/text.h"

const char *short_name(const char *file)
{
	size_t length = strlen(file);

	return length > 160 ? file + length - 160 : file;
}

size_t path_key(struct reader *reader, const char *key)
{
	size_t length = strlen(reader->path), room = sizeof(reader->path) - length;
	bool plain = *key && !key[strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")];
	char name[64];

	plain_text(key, name, sizeof(name));
	snprintf(reader->path + length, room, plain ? ".%s" : "[\"%s\"]", name);
	return length;
}

size_t path_index(struct reader *reader, size_t index)
{
	size_t length = strlen(reader->path);

	snprintf(reader->path + length, sizeof(reader->path) - length, "[%zu]", index);
	return length;
}

void path_end(struct reader *reader, size_t length)
{
	reader->path[length] = '\0';
}

int __attribute__((format(printf, 2, 3))) refuse(const struct reader *reader, const char *fmt, ...)
{
	char text[180];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return why_set(reader->why, -EINVAL, NULL, "%s: %s: %s", short_name(reader->file), reader->path, text);
}

int out_of_memory(const struct reader *reader)
{
	return file_why(reader->why, -ENOMEM, short_name(reader->file));
}
