// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/cli/command-line.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/memory.h"

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

static char *join(const char *program, int count, char **words)
{
	struct memory_text text;
	FILE *line = memory_open(&text);

	if (line)
		fputs(program, line);
	for (int i = 0; line && i < count; i++)
		put_word(line, words[i]);
	if (!memory_close(line))
		return text.data;
	free(text.data);
	return NULL;
}

char *command_line_join(int argc, char **argv)
{
	return join("zapbench", argc, argv);
}

char *command_words_join(int count, char **words)
{
	return join(words[0], count - 1, words + 1);
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
