/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A document as a list of blocks, rendered as HTML, Markdown and plain text. The caller knows none of the three. No
 * text in a document carries markup: text from a record is only text, and each renderer escapes it.
 *
 * A document owns copies of its texts. When memory runs out, .err is -ENOMEM, later blocks are dropped, and the
 * renderers return the error. So callers need not check each sentence.
 */
#ifndef ZAPBENCH_DOCUMENT_H
#define ZAPBENCH_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define DOCUMENT_TEXT_COLUMNS 75
#define DOCUMENT_SCRIPTS 3

enum block_kind { BLOCK_HEADING, BLOCK_PARAGRAPH, BLOCK_NOTE, BLOCK_LIST, BLOCK_COMMAND, BLOCK_TABLE, BLOCK_FIGURE };

/* How a cell looks in HTML, beside what it says; a mark repeats what the text says, for who skims. */
enum mark { MARK_NONE, MARK_GOOD, MARK_BAD, MARK_UNSURE, MARK_GREY };

struct look {
	enum mark mark;
	char *link;  /* owned; NULL: none */
	char *spark; /* owned: path of a small line of 96 by 20, for HTML; NULL: none */
	bool group;  /* of a head: rows that can be searched can also be grouped by this column */
};

struct block {
	enum block_kind kind;
	int level;   /* of a heading: 2 or 3; the title is 1 */
	char *text;  /* heading, paragraph, note, command; caption of a table or a figure */
	char *name;  /* of a figure: its files are NAME.svg and so on, in the folder plots; of a table: for links */
	bool folded; /* a heading: HTML hides what follows until it is opened, up to the next one of its level */
	char *alternative;   /* of a figure: what it shows, for those who do not see it */
	const char *missing; /* of a figure: why there is no picture; NULL: there is one */
	char **item;         /* of a list; cells of a table, row by row, the first row is the head */
	size_t nr_items;
	struct look *look; /* of a table's cells, as many */
	bool searched;     /* a table: HTML has a field to find rows by what they say */
	char *align;       /* of a table: 'l' or 'r' for each column; the first column names the row */
};

struct document {
	char *title;
	char *home, *home_title; /* a page to go back to; NULL: this one stands alone */
	struct block *block;
	size_t nr_blocks;
	char *script[DOCUMENT_SCRIPTS], *sheet; /* files that HTML loads, relative to the page; NULL: none */
	bool full; /* HTML takes the width of the window, and a narrow one has each row as a card */
	int err;   /* 0 or -ENOMEM */
};

#define DOCUMENT_PRINTF(index) __attribute__((format(printf, index, index + 1)))

/* NULL without memory. */
struct document *document_new(const char *title);
void document_free(struct document *document);

void document_heading(struct document *document, int level, const char *fmt, ...) DOCUMENT_PRINTF(3);
void document_paragraph(struct document *document, const char *fmt, ...) DOCUMENT_PRINTF(2);
/* A paragraph that must not be overlooked. */
void document_note(struct document *document, const char *fmt, ...) DOCUMENT_PRINTF(2);
/* What to type. */
void document_command(struct document *document, const char *fmt, ...) DOCUMENT_PRINTF(2);
/* What a command printed: lines. */
void document_listing(struct document *document, const char *text);
/* One more item of the list that the last block is; else a new list. */
void document_item(struct document *document, const char *fmt, ...) DOCUMENT_PRINTF(2);
/* A table of strlen(@align) columns; then document_cell() for each cell of the head and of the rows. */
void document_table(struct document *document, const char *align, const char *fmt, ...) DOCUMENT_PRINTF(3);
void document_cell(struct document *document, const char *fmt, ...) DOCUMENT_PRINTF(2);
/* How the last cell looks; @link is relative to the page, of letters, digits and "./#-_%", or NULL. */
void document_look(struct document *document, enum mark mark, const char *link);
/* HTML draws @count values, the oldest first, as a small line in the last cell; those that are NAN are left out. */
void document_spark(struct document *document, const double *value, size_t count);
/* Rows of the last table can be grouped by the column of the last cell, which is of the head. */
void document_group(struct document *document);
/* The last table can be linked to by @name, of letters, digits and hyphens. */
void document_name(struct document *document, const char *name);
/* What follows the last block, a heading, is folded. */
void document_fold(struct document *document);
/* Rows of the last table can be searched and sorted. */
void document_search(struct document *document);
/* HTML loads a script, or a style sheet, of the same site. */
void document_script(struct document *document, const char *name);
void document_sheet(struct document *document, const char *name);
/* A link to another page of the same site, above the title. */
void document_home(struct document *document, const char *link, const char *title);
/* A figure; @name is of letters, digits and hyphens. */
void document_figure(struct document *document, const char *name, const char *alternative, const char *fmt, ...)
	DOCUMENT_PRINTF(4);

/*
 * Text as a file can hold it on one line: control characters and the marks that change the direction of writing become
 * blanks, and what is not UTF-8 a question mark. In place. Return: @text.
 */
char *text_clean(char *text);

/**
 * document_html(), document_markdown(), document_text() - render
 * @document: to be rendered
 * @plots: where its figures' NAME.svg files are, as the program finds them; NULL: there are none
 * @columns: of a line
 * @out: an open file
 *
 * HTML is one self-contained page with the figures in it; Markdown links to plots/NAME.svg beside it; text is UTF-8, no
 * line wider than @columns, 60 or more; a table that is wider has cells of several lines, or becomes a list. Return: 0,
 * -ENOMEM, or -EIO when @out took an error.
 */
int document_html(const struct document *document, const char *plots, FILE *out);
int document_markdown(const struct document *document, FILE *out);
int document_text(const struct document *document, size_t columns, FILE *out);
/* Write @text as text of an element or an attribute, in HTML and in XML. */
void document_escape(const char *text, FILE *out);
/* The end of each: flush @out, and what went wrong on the way. 0, -ENOMEM or -EIO. */
int document_flush(const struct document *document, FILE *out);

#endif
