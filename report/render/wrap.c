// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/render/wrap.h"

#include <stdbool.h>
#include <string.h>

void print_wrapped(FILE *out, size_t columns, const char *first, size_t indent, const char *text)
{
	size_t column = strlen(first);
	bool line_begins = !column;

	fputs(first, out);
	while (*text) {
		size_t word = strcspn(text, " ");

		if (!line_begins && column + 1 + word > columns) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (!line_begins) {
			fputc(' ', out);
			column++;
		}
		/* A word that fits no line (a path, a kernel's name) is cut: the width holds. */
		while (column + word > columns) {
			size_t room = columns - column;

			fprintf(out, "%.*s\n%*s", (int)room, text, (int)indent, "");
			text += room;
			word -= room;
			column = indent;
		}
		fprintf(out, "%.*s", (int)word, text);
		column += word;
		line_begins = false;
		text += word;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}
