/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of a run, as a record and a journal keep it. */
#ifndef ZAPBENCH_COMMAND_LINE_H
#define ZAPBENCH_COMMAND_LINE_H

#include <wordexp.h>

/* "zapbench" and the words, so that a shell makes the same words of it. The caller frees it. NULL: no memory. */
char *command_line_join(int argc, char **argv);
/* The same of the words of another command; its first one is the program. */
char *command_words_join(int count, char **words);

/*
 * The words of a text that command_line_join() made; the caller passes @words to wordfree(). Nothing in it is expanded:
 * a journal may come from anywhere. 0, or -EINVAL when the text is no such command line.
 */
int command_line_split(const char *text, wordexp_t *words);

#endif
