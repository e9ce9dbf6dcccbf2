// SPDX-License-Identifier: GPL-2.0-or-later
/* A document as text for a mail or a terminal. */
#include <errno.h>
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

/* Where the text goes, and how wide a line may be. */
struct page {
	FILE *out;
	size_t columns;
	int err;
};

/* Words so that no line is too wide; lines after the first are indented by @indent. */
static void put_wrapped(const struct page *page, const char *first, size_t indent, const char *text)
{
	size_t column = columns_of(first, strlen(first));
	bool begins = true;
	FILE *out = page->out;

	fputs(first, out);
	text += strspn(text, " ");
	while (*text) {
		size_t word = strcspn(text, " "), width = columns_of(text, word);

		if (!begins && column + 1 + width > page->columns) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
			begins = true;
		}
		if (!begins) {
			fputc(' ', out);
			column++;
		}
		/* What fits no line (a path, a kernel's name) is cut. */
		if (column + width > page->columns) {
			word = fitting(text, word, page->columns - column);
			width = page->columns;
		}
		fwrite(text, 1, word, out);
		column += width;
		begins = false;
		text += word;
		if (column >= page->columns && *text && *text != ' ') {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
			begins = true;
		}
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

static void put_rule(const struct page *page, const char *text, char mark)
{
	size_t columns = columns_of(text, strlen(text));

	put_wrapped(page, "", 0, text);
	for (size_t i = 0; i < columns && i < page->columns; i++)
		fputc(mark, page->out);
	fputs("\n\n", page->out);
}

/* A row that has no room as columns: its name, then a line for each cell. */
static void put_rows_as_lists(const struct block *table, size_t columns, const struct page *page)
{
	for (size_t row = columns; row + columns <= table->nr_items; row += columns) {
		put_wrapped(page, "  ", 4, table->item[row]);
		for (size_t i = 1; i < columns; i++) {
			char head[64];

			/* A head that is a sentence would leave no room for its cell. */
			snprintf(head, sizeof(head),
				 "    %.*s: ", (int)fitting(table->item[i], strlen(table->item[i]), 24),
				 table->item[i]);
			if (table->item[row + i][0])
				put_wrapped(page, head, 6, table->item[row + i]);
		}
	}
}

/* The longest line of a cell that takes @width columns at the most: its bytes, and into @next where the rest begins. */
static size_t cell_line(const char *text, size_t width, size_t *next)
{
	size_t end = 0, at = 0;

	while (text[at]) {
		size_t word = at + strspn(text + at, " ");

		word += strcspn(text + word, " ");
		if (end && columns_of(text, word) > width)
			break;
		end = at = word;
	}
	*next = end + strspn(text + end, " ");
	return end;
}

static size_t cell_lines(const char *text, size_t width)
{
	size_t lines = 0, next;

	do {
		cell_line(text, width, &next);
		text += next;
		lines++;
	} while (*text);
	return lines;
}

static size_t longest_word(const char *text)
{
	size_t longest = 0;

	while (*text) {
		size_t word = strcspn(text, " "), columns = columns_of(text, word);

		longest = columns > longest ? columns : longest;
		text += word + strspn(text + word, " ");
	}
	return longest;
}

/* A cell of more lines is read more easily as a list. */
#define CELL_LINES_MAX 4

/*
 * How wide the columns of @table become on a page of @room: as wide as their cells; where that is too wide the widest
 * one gives way, down to its longest word. False: no such table fits.
 */
static bool find_widths(const struct block *table, size_t columns, size_t room, size_t *width, size_t *least)
{
	size_t all = 0, at;

	for (size_t i = 0; i < table->nr_items; i++) {
		size_t wide = columns_of(table->item[i], strlen(table->item[i])), word = longest_word(table->item[i]);

		width[i % columns] = wide > width[i % columns] ? wide : width[i % columns];
		least[i % columns] = word > least[i % columns] ? word : least[i % columns];
	}
	for (size_t i = 0; i < columns; i++)
		all += width[i] + 2;
	for (; all > room; all--) {
		at = columns;
		for (size_t i = 0; i < columns; i++) {
			if (width[i] > least[i] && (at == columns || width[i] > width[at]))
				at = i;
		}
		if (at == columns)
			return false;
		width[at]--;
	}
	for (size_t i = 0; i < table->nr_items; i++) {
		if (cell_lines(table->item[i], width[i % columns]) > CELL_LINES_MAX)
			return false;
	}
	return true;
}

static void put_row(const struct block *table, size_t first, size_t columns, const size_t *width, FILE *out)
{
	size_t lines = 1;

	for (size_t i = 0; i < columns; i++) {
		size_t needs = cell_lines(table->item[first + i], width[i]);

		lines = needs > lines ? needs : lines;
	}
	for (size_t line = 0; line < lines; line++) {
		size_t blanks = 0; /* not printed yet: no line ends in them */

		for (size_t i = 0; i < columns; i++) {
			const char *text = table->item[first + i];
			size_t bytes = 0, next = 0, used;

			for (size_t j = 0; j <= line; j++) {
				text += next;
				bytes = cell_line(text, width[i], &next);
			}
			used = columns_of(text, bytes);
			blanks += 2 + (table->align[i] == 'r' ? width[i] - used : 0);
			if (bytes) {
				fprintf(out, "%*s%.*s", (int)blanks, "", (int)bytes, text);
				blanks = 0;
			}
			blanks += table->align[i] == 'r' ? 0 : width[i] - used;
		}
		fputc('\n', out);
	}
}

static void put_table(const struct block *table, struct page *page)
{
	size_t columns = strlen(table->align);
	size_t *width = calloc(2 * columns + 1, sizeof(*width));

	put_wrapped(page, "", 2, table->text);
	if (!width) {
		page->err = -ENOMEM;
		return;
	}
	if (!find_widths(table, columns, page->columns, width, width + columns)) {
		put_rows_as_lists(table, columns, page);
	} else {
		for (size_t i = 0; i + columns <= table->nr_items; i += columns)
			put_row(table, i, columns, width, page->out);
	}
	free(width);
}

static void put_block(const struct block *block, struct page *page)
{
	switch (block->kind) {
	case BLOCK_HEADING:
		put_rule(page, block->text, block->level == 2 ? '-' : '.');
		return;
	case BLOCK_PARAGRAPH:
		put_wrapped(page, "", 0, block->text);
		break;
	case BLOCK_NOTE:
		put_wrapped(page, "NOTE: ", 2, block->text);
		break;
	case BLOCK_LIST:
		for (size_t i = 0; i < block->nr_items; i++)
			put_wrapped(page, "* ", 2, block->item[i]);
		break;
	case BLOCK_COMMAND:
		put_wrapped(page, "    ", 6, block->text);
		break;
	case BLOCK_TABLE:
		put_table(block, page);
		break;
	case BLOCK_FIGURE:
		put_wrapped(page, "Figure: ", 2, block->text);
		if (block->missing)
			put_wrapped(page, "  not drawn: ", 4, block->missing);
		else
			fprintf(page->out, "  plots/%s.svg\n", block->name);
		break;
	}
	fputc('\n', page->out);
}

int document_text(const struct document *document, size_t columns, FILE *out)
{
	struct page page = { .out = out, .columns = columns };

	put_rule(&page, document->title, '=');
	for (size_t i = 0; i < document->nr_blocks && !document->err; i++)
		put_block(&document->block[i], &page);
	return page.err ? page.err : document_flush(document, out);
}
