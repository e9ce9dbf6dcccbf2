// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/base/memory.h"
#include "bench/base/file.h"
#include "report/render/document.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/text.h"

/* Bytes of the mark at @text that changes the direction of writing: U+200E, U+200F, U+202A to E, U+2066 to 9; else 0.
 */
static size_t direction_mark(const unsigned char *text)
{
	if (text[0] != 0xe2)
		return 0;
	if (text[1] == 0x80 && (text[2] == 0x8e || text[2] == 0x8f || (text[2] >= 0xa8 && text[2] <= 0xae)))
		return 3;
	return text[1] == 0x81 && text[2] >= 0xa6 && text[2] <= 0xa9 ? 3 : 0;
}

char *text_clean(char *text)
{
	size_t bytes;

	for (unsigned char *at = (unsigned char *)text; *at; at += bytes ? bytes : 1) {
		size_t mark = direction_mark(at);

		bytes = utf8_length((char *)at);
		if (!bytes)
			*at = '?'; /* where a text was cut inside of a character */
		if (mark)
			memset(at, ' ', mark);
		else if (*at < ' ' || *at == 0x7f)
			*at = ' ';
		else if (at[0] == 0xc2 && at[1] >= 0x80 && at[1] <= 0x9f)
			memset(at, ' ', 2); /* the other control characters */
	}
	return text;
}

static char *format(struct document *document, const char *fmt, va_list args)
{
	char *text;

	if (document->err)
		return NULL;
	if (vasprintf(&text, fmt, args) < 0) {
		document->err = -ENOMEM;
		return NULL;
	}
	return text_clean(text);
}

/* A block that holds @text, which may be NULL when memory has ended: then NULL too. */
static struct block *add_block(struct document *document, enum block_kind kind, char *text)
{
	struct block *block = NULL;

	if (!document->err)
		block = reallocarray(document->block, document->nr_blocks + 1, sizeof(*block));
	if (!block) {
		document->err = -ENOMEM;
		free(text);
		return NULL;
	}
	document->block = block;
	block += document->nr_blocks++;
	*block = (struct block){ .kind = kind, .text = text };
	return block;
}

static void add_item(struct document *document, struct block *block, char *text)
{
	char **item = block->item;

	if (!(block->nr_items & (block->nr_items - 1)))
		item = reallocarray(item, block->nr_items ? 2 * block->nr_items : 1, sizeof(*item));
	if (item)
		block->item = item;
	if (!item || !text) {
		document->err = -ENOMEM;
		free(text);
		return;
	}
	item[block->nr_items++] = text;
}

/* That of the item that comes next. */
static void add_look(struct document *document, struct block *block)
{
	struct look *look = block->look;

	if (!(block->nr_items & (block->nr_items - 1)))
		look = reallocarray(look, block->nr_items ? 2 * block->nr_items : 1, sizeof(*look));
	if (!look) {
		document->err = -ENOMEM;
		return;
	}
	block->look = look;
	look[block->nr_items] = (struct look){ .mark = MARK_NONE };
}

static struct block *last_block(struct document *document, enum block_kind kind)
{
	struct block *block = document->nr_blocks ? &document->block[document->nr_blocks - 1] : NULL;

	return block && block->kind == kind ? block : NULL;
}

struct document *document_new(const char *title)
{
	struct document *document = calloc(1, sizeof(*document));

	if (!document)
		return NULL;
	document->title = strdup(title);
	if (!document->title) {
		free(document);
		return NULL;
	}
	text_clean(document->title);
	return document;
}

void document_free(struct document *document)
{
	for (size_t i = 0; document && i < document->nr_blocks; i++) {
		struct block *block = &document->block[i];

		for (size_t j = 0; j < block->nr_items; j++)
			free(block->item[j]);
		for (size_t j = 0; block->look && j < block->nr_items; j++) {
			free(block->look[j].link);
			free(block->look[j].spark);
		}
		free(block->item);
		free(block->look);
		free(block->text);
		free(block->name);
		free(block->alternative);
		free(block->align);
	}
	if (document) {
		free(document->block);
		free(document->title);
		free(document->home);
		free(document->home_title);
		free(document->sheet);
		for (size_t i = 0; i < DOCUMENT_SCRIPTS; i++)
			free(document->script[i]);
	}
	free(document);
}

void document_heading(struct document *document, int level, const char *fmt, ...)
{
	struct block *block;
	va_list args;

	va_start(args, fmt);
	block = add_block(document, BLOCK_HEADING, format(document, fmt, args));
	va_end(args);
	if (block)
		block->level = level;
}

void document_paragraph(struct document *document, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add_block(document, BLOCK_PARAGRAPH, format(document, fmt, args));
	va_end(args);
}

void document_note(struct document *document, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add_block(document, BLOCK_NOTE, format(document, fmt, args));
	va_end(args);
}

void document_command(struct document *document, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add_block(document, BLOCK_COMMAND, format(document, fmt, args));
	va_end(args);
}

void document_listing(struct document *document, const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		document->err = -ENOMEM;
	for (char *line = copy, *end; line; line = end ? end + 1 : NULL) {
		end = strchr(line, '\n');
		if (end)
			*end = '\0';
		text_clean(line);
		if (end)
			*end = '\n';
	}
	if (copy)
		add_block(document, BLOCK_COMMAND, copy);
}

void document_item(struct document *document, const char *fmt, ...)
{
	struct block *block = last_block(document, BLOCK_LIST);
	va_list args;

	if (!block)
		block = add_block(document, BLOCK_LIST, NULL);
	if (!block)
		return;
	va_start(args, fmt);
	add_item(document, block, format(document, fmt, args));
	va_end(args);
}

void document_table(struct document *document, const char *align, const char *fmt, ...)
{
	struct block *block;
	va_list args;

	va_start(args, fmt);
	block = add_block(document, BLOCK_TABLE, format(document, fmt, args));
	va_end(args);
	if (!block)
		return;
	block->align = strdup(align);
	if (!block->align) {
		document->nr_blocks--; /* no table without columns */
		free(block->text);
		document->err = -ENOMEM;
	}
}

void document_cell(struct document *document, const char *fmt, ...)
{
	struct block *block = last_block(document, BLOCK_TABLE);
	va_list args;

	if (block)
		add_look(document, block);
	if (!block || document->err)
		return;
	va_start(args, fmt);
	add_item(document, block, format(document, fmt, args));
	va_end(args);
}

/* That of the last cell; NULL when there is none. */
static struct look *last_look(struct document *document)
{
	struct block *block = last_block(document, BLOCK_TABLE);

	return block && block->nr_items && !document->err ? &block->look[block->nr_items - 1] : NULL;
}

void document_look(struct document *document, enum mark mark, const char *link)
{
	struct look *look = last_look(document);

	if (!look)
		return;
	look->mark = mark;
	if (link && !(look->link = strdup(link)))
		document->err = -ENOMEM;
}

void document_spark(struct document *document, const double *value, size_t count)
{
	struct look *look = last_look(document);
	double least = INFINITY, most = -INFINITY;
	struct memory_text text;
	long at_x = 0, at_y = 0;
	bool begun = false, flat = false;
	FILE *path;

	for (size_t i = 0; i < count; i++) {
		least = fmin(least, value[i]);
		most = fmax(most, value[i]);
	}
	if (!look || !isfinite(least) || count < 2)
		return;
	path = memory_open(&text);
	for (size_t i = 0; path && i < count; i++) {
		long x, y;

		if (!isfinite(value[i]))
			continue;
		x = lround(2 + 92.0 * (double)i / (double)(count - 1));
		y = most > least ? lround(18 - 16 * (value[i] - least) / (most - least)) : 10;
		/* A page has hundreds of lines, most of them nearly flat: a flat part is one step. */
		if (begun && y != at_y && flat)
			fprintf(path, "H%ld", at_x);
		if (!begun || y != at_y)
			fprintf(path, "%c%ld %ld", begun ? 'L' : 'M', x, y);
		flat = begun && y == at_y;
		begun = true;
		at_x = x;
		at_y = y;
	}
	if (path && flat)
		fprintf(path, "H%ld", at_x);
	if (memory_close(path))
		document->err = -ENOMEM;
	look->spark = text.data;
}

void document_group(struct document *document)
{
	struct look *look = last_look(document);

	if (look)
		look->group = true;
}

void document_name(struct document *document, const char *name)
{
	struct block *block = last_block(document, BLOCK_TABLE);

	if (block && !(block->name = strdup(name)))
		document->err = -ENOMEM;
}

void document_fold(struct document *document)
{
	struct block *block = last_block(document, BLOCK_HEADING);

	if (block)
		block->folded = true;
}

void document_search(struct document *document)
{
	struct block *block = last_block(document, BLOCK_TABLE);

	if (block)
		block->searched = true;
}

void document_script(struct document *document, const char *name)
{
	size_t i = 0;

	while (i < DOCUMENT_SCRIPTS && document->script[i])
		i++;
	if (i == DOCUMENT_SCRIPTS || !(document->script[i] = strdup(name)))
		document->err = -ENOMEM;
}

void document_sheet(struct document *document, const char *name)
{
	document->sheet = strdup(name);
	if (!document->sheet)
		document->err = -ENOMEM;
}

void document_home(struct document *document, const char *link, const char *title)
{
	document->home = strdup(link);
	document->home_title = strdup(title);
	if (!document->home || !document->home_title)
		document->err = -ENOMEM;
	else
		text_clean(document->home_title);
}

void document_figure(struct document *document, const char *name, const char *alternative, const char *fmt, ...)
{
	struct block *block;
	va_list args;

	va_start(args, fmt);
	block = add_block(document, BLOCK_FIGURE, format(document, fmt, args));
	va_end(args);
	if (!block)
		return;
	block->name = strdup(name);
	block->alternative = strdup(alternative);
	if (!block->name || !block->alternative)
		document->err = -ENOMEM;
	else
		text_clean(block->alternative);
}

int document_flush(const struct document *document, FILE *out)
{
	int err = file_flush(out);

	return document->err ? document->err : err;
}
