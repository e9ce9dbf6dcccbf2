// SPDX-License-Identifier: GPL-2.0-or-later
/* A document as text for a mail or a terminal. */
#include <stdlib.h>
#include <string.h>

#include "report/render/document.h"

/* Columns that a terminal takes for the character that begins at @text, and its bytes in @bytes. */
static size_t character(const char *text, size_t *bytes)
{
	unsigned char first = (unsigned char)*text;

	*bytes = 1;
	while (first >= 0xc0 && ((unsigned char)text[*bytes] & 0xc0) == 0x80)
		(*bytes)++;
	/* From U+1100 on characters may be two columns wide: all count as that, so that the width holds. */
	return *bytes >= 4 || first > 0xe1 || (first == 0xe1 && (unsigned char)text[1] >= 0x84) ? 2 : 1;
}

static size_t columns_of(const char *text, size_t length)
{
	size_t columns = 0, bytes;

	for (size_t at = 0; at < length && text[at]; at += bytes)
		columns += character(text + at, &bytes);
	return columns;
}

/* Bytes of the beginning of @text, @length long, that fit into @columns; at least one character. */
static size_t fitting(const char *text, size_t length, size_t columns)
{
	size_t at = 0, used = 0, bytes;

	while (at < length) {
		used += character(text + at, &bytes);
		if (used > columns && at)
			break;
		at += bytes;
	}
	return at;
}

/* Words so that no line is wider than DOCUMENT_TEXT_COLUMNS; lines after the first are indented by @indent. */
static void put_wrapped(FILE *out, const char *first, size_t indent, const char *text)
{
	size_t column = columns_of(first, strlen(first));
	bool begins = true;

	fputs(first, out);
	text += strspn(text, " ");
	while (*text) {
		size_t word = strcspn(text, " "), width = columns_of(text, word);

		if (!begins && column + 1 + width > DOCUMENT_TEXT_COLUMNS) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
			begins = true;
		}
		if (!begins) {
			fputc(' ', out);
			column++;
		}
		/* What fits no line (a path, a kernel's name) is cut. */
		if (column + width > DOCUMENT_TEXT_COLUMNS) {
			word = fitting(text, word, DOCUMENT_TEXT_COLUMNS - column);
			width = DOCUMENT_TEXT_COLUMNS;
		}
		fwrite(text, 1, word, out);
		column += width;
		begins = false;
		text += word;
		if (column >= DOCUMENT_TEXT_COLUMNS && *text && *text != ' ') {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
			begins = true;
		}
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

static void put_rule(FILE *out, const char *text, char mark)
{
	size_t columns = columns_of(text, strlen(text));

	put_wrapped(out, "", 0, text);
	for (size_t i = 0; i < columns && i < DOCUMENT_TEXT_COLUMNS; i++)
		fputc(mark, out);
	fputs("\n\n", out);
}

static void put_cell(FILE *out, const char *text, char align, size_t width, bool last)
{
	size_t columns = columns_of(text, strlen(text)), blanks = width - columns;

	if (align == 'r')
		fprintf(out, "%*s%s", (int)blanks, "", text);
	else if (last)
		fputs(text, out);
	else
		fprintf(out, "%s%*s", text, (int)blanks, "");
}

/* A row that has no room as columns: its name, then a line for each cell. */
static void put_rows_as_lists(const struct block *table, size_t columns, FILE *out)
{
	for (size_t row = columns; row + columns <= table->nr_items; row += columns) {
		put_wrapped(out, "  ", 4, table->item[row]);
		for (size_t i = 1; i < columns; i++) {
			char head[64];

			/* A head that is a sentence would leave no room for its cell. */
			snprintf(head, sizeof(head),
				 "    %.*s: ", (int)fitting(table->item[i], strlen(table->item[i]), 24),
				 table->item[i]);
			if (table->item[row + i][0])
				put_wrapped(out, head, 6, table->item[row + i]);
		}
	}
}

static void put_table(const struct block *table, FILE *out)
{
	size_t columns = strlen(table->align), all = 0;
	size_t *width = calloc(columns, sizeof(*width));

	put_wrapped(out, "", 2, table->text);
	for (size_t i = 0; width && i < table->nr_items; i++) {
		size_t wide = columns_of(table->item[i], strlen(table->item[i]));

		if (wide > width[i % columns])
			width[i % columns] = wide;
	}
	for (size_t i = 0; width && i < columns; i++)
		all += width[i] + 2;
	if (!width || all > DOCUMENT_TEXT_COLUMNS) {
		put_rows_as_lists(table, columns, out);
		free(width);
		return;
	}
	for (size_t i = 0; i < table->nr_items; i++) {
		bool last = i % columns == columns - 1;

		fputs("  ", out);
		put_cell(out, table->item[i], table->align[i % columns], width[i % columns], last);
		if (last)
			fputc('\n', out);
	}
	free(width);
}

static void put_block(const struct block *block, FILE *out)
{
	switch (block->kind) {
	case BLOCK_HEADING:
		put_rule(out, block->text, block->level == 2 ? '-' : '.');
		return;
	case BLOCK_PARAGRAPH:
		put_wrapped(out, "", 0, block->text);
		break;
	case BLOCK_NOTE:
		put_wrapped(out, "NOTE: ", 2, block->text);
		break;
	case BLOCK_LIST:
		for (size_t i = 0; i < block->nr_items; i++)
			put_wrapped(out, "* ", 2, block->item[i]);
		break;
	case BLOCK_COMMAND:
		put_wrapped(out, "    ", 6, block->text);
		break;
	case BLOCK_TABLE:
		put_table(block, out);
		break;
	case BLOCK_FIGURE:
		put_wrapped(out, "Figure: ", 2, block->text);
		if (block->missing)
			put_wrapped(out, "  not drawn: ", 4, block->missing);
		else
			fprintf(out, "  plots/%s.svg\n", block->name);
		break;
	}
	fputc('\n', out);
}

int document_text(const struct document *document, FILE *out)
{
	put_rule(out, document->title, '=');
	for (size_t i = 0; i < document->nr_blocks && !document->err; i++)
		put_block(&document->block[i], out);
	return document_flush(document, out);
}
