// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/cli/command-line.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* No shell reads anything into these. */
static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-";

/* Append a word so that a shell makes the same word of it. */
static void put_word(FILE *line, const char *word)
{
	bool quoted = !*word || word[strspn(word, plain)];

	fputs(quoted ? " '" : " ", line);
	for (; *word; word++) {
		if (*word == '\'')
			fputs("'\\''", line);
		else
			fputc(*word, line);
	}
	if (quoted)
		fputc('\'', line);
}

char *command_line_join(int argc, char **argv)
{
	char *text = NULL;
	size_t size;
	FILE *line = open_memstream(&text, &size);

	if (!line)
		return NULL;
	fputs("zapbench", line);
	for (int i = 0; i < argc; i++)
		put_word(line, argv[i]);
	if (fclose(line)) {
		free(text);
		return NULL;
	}
	return text;
}

/*
 * Is the text words as put_word() writes them? Only these are given to wordexp(), which would expand others.
 */
static bool is_quoted(const char *text)
{
	bool quoted = false;

	for (; *text; text++) {
		if (*text == '\'')
			quoted = !quoted;
		else if (!quoted && !strncmp(text, "\\'", 2))
			text++;
		else if (!quoted && *text != ' ' && !strchr(plain, *text))
			return false;
	}
	return !quoted;
}

int command_line_split(const char *text, wordexp_t *words)
{
	return is_quoted(text) && !wordexp(text, words, WRDE_NOCMD | WRDE_UNDEF) ? 0 : -EINVAL;
}
