// SPDX-License-Identifier: GPL-2.0-or-later
/* A document as Markdown: CommonMark, and GitHub's tables. */
#include <string.h>

#include "report/render/document.h"

/* Any ASCII punctuation may be escaped by a backslash: CommonMark 0.31, section 2.4. These mean something somewhere. */
static void put(FILE *out, const char *text)
{
	bool begins = true, digits = true;

	for (; *text; text++) {
		/* "1. " would begin a list. */
		bool lists = (*text == '.' || *text == ')') && digits && text[1] == ' ';

		if (strchr("\\`*_[]<>|#&!~$", *text) || (begins && strchr("+-=", *text)) || lists ||
		    (*text == ':' && text[1] == '/') || (*text == '@' && text[1] && text[1] != ' '))
			fputc('\\', out);
		fputc(*text, out);
		begins = false;
		digits = digits && *text >= '0' && *text <= '9';
	}
}

/* Code with any number of backticks in it: a fence that is longer than each run of them. */
static void put_command(FILE *out, const char *text)
{
	size_t longest = 2, run = 0;

	for (const char *at = text; *at; at++) {
		run = *at == '`' ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	for (int end = 0; end < 2; end++) {
		for (size_t i = 0; i <= longest; i++)
			fputc('`', out);
		fprintf(out, "\n%s", end ? "" : text);
		if (!end)
			fputc('\n', out);
	}
}

static void put_table(const struct block *table, FILE *out)
{
	size_t columns = strlen(table->align);

	put(out, table->text);
	fputs("\n\n", out);
	for (size_t i = 0; i < table->nr_items; i++) {
		fputs(i % columns ? " | " : "| ", out);
		put(out, table->item[i]);
		if (i % columns != columns - 1)
			continue;
		fputs(" |\n", out);
		for (size_t j = 0; i == columns - 1 && j < columns; j++)
			fprintf(out, "|%s%s", table->align[j] == 'r' ? "---:" : "---", j == columns - 1 ? "|\n" : "");
	}
}

static void put_block(const struct block *block, FILE *out)
{
	switch (block->kind) {
	case BLOCK_HEADING:
		fprintf(out, "%.*s ", block->level, "####");
		put(out, block->text);
		fputc('\n', out);
		break;
	case BLOCK_PARAGRAPH:
		put(out, block->text);
		fputc('\n', out);
		break;
	case BLOCK_NOTE:
		fputs("> **Note:** ", out);
		put(out, block->text);
		fputc('\n', out);
		break;
	case BLOCK_LIST:
		for (size_t i = 0; i < block->nr_items; i++) {
			fputs("* ", out);
			put(out, block->item[i]);
			fputc('\n', out);
		}
		break;
	case BLOCK_COMMAND:
		put_command(out, block->text);
		break;
	case BLOCK_TABLE:
		put_table(block, out);
		break;
	case BLOCK_FIGURE:
		if (!block->missing) {
			fputs("![", out);
			put(out, block->alternative);
			fprintf(out, "](plots/%s.svg)\n\n", block->name);
		}
		put(out, block->text);
		if (block->missing) {
			fputs(" Not drawn: ", out);
			put(out, block->missing);
		}
		fputc('\n', out);
		break;
	}
	fputc('\n', out);
}

int document_markdown(const struct document *document, FILE *out)
{
	fputs("# ", out);
	put(out, document->title);
	fputs("\n\n", out);
	for (size_t i = 0; i < document->nr_blocks && !document->err; i++)
		put_block(&document->block[i], out);
	return document_flush(document, out);
}
