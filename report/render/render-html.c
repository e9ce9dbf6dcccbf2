// SPDX-License-Identifier: GPL-2.0-or-later
/* A document as one HTML page that needs no other file, no font and no network. Its only script searches and sorts
 * tables. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/render/document.h"
#include "report/render/style.h"
#include "search.h" /* made by make of report/render/search.js */
#include "bench/base/file.h"

void document_escape(const char *text, FILE *out)
{
	/* What needs no escape goes out as it is. */
	for (size_t plain = strcspn(text, "&<>\"'"); plain || *text; plain = strcspn(text, "&<>\"'")) {
		fwrite(text, 1, plain, out);
		text += plain;
		if (!*text)
			return;
		switch (*text++) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\'':
			fputs("&#39;", out);
			break;
		}
	}
}

static void put_element(FILE *out, const char *begin, const char *text, const char *end)
{
	fputs(begin, out);
	document_escape(text, out);
	fputs(end, out);
}

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/* In an SVG of gnuplot, the text under the pointer: an event handler, then an empty title. The page allows no script.
 */
static const char hover[] = " onmousemove=\"gnuplot_svg.showHypertext(evt,'";

/* Write the text behind @hover as the title, which browsers show. Returns where the rest begins. */
static const char *put_hover(FILE *out, const char *text)
{
	const char *end = strstr(text, "')\""), *rest = end ? strstr(end, "</title>") : NULL;

	if (!rest)
		return text;
	fputs("><title>", out);
	fwrite(text, 1, (size_t)(end - text), out);
	fputs("</title>", out);
	return rest + strlen("</title>");
}

/*
 * What gnuplot drew, as a part of the page: its names become this figure's own, since those of another figure are the
 * same, and what it drew in black takes the colour of the page's text.
 */
static void put_svg(FILE *out, const char *svg, const struct block *figure)
{
	static const char *const names[] = { " id=\"", " id='", "href='#", "href=\"#", "url(#" };
	const char *at = strstr(svg, "<svg");

	if (!at)
		return;
	fprintf(out, "<svg role=\"img\" aria-labelledby=\"%s-title\"", figure->name);
	at += strlen("<svg");
	while (*at && *at != '>')
		fputc(*at++, out);
	fprintf(out, "><title id=\"%s-title\">", figure->name);
	document_escape(figure->alternative, out);
	fputs("</title>", out);
	at += *at == '>';
	while (*at) {
		/* What none of the below begins with goes out as it is. */
		size_t plain = strcspn(at, "< \"'hu");
		bool named = false;

		fwrite(at, 1, plain, out);
		at += plain;
		if (begins(at, "<title>") || begins(at, "<desc>")) {
			const char *end = strstr(at, at[1] == 't' ? "</title>" : "</desc>");

			at = end ? strchr(end, '>') + 1 : at + strlen(at);
			continue;
		}
		if (begins(at, "\"black\"") || begins(at, "'black'")) {
			fprintf(out, "%ccurrentColor%c", *at, *at);
			at += strlen("'black'");
			continue;
		}
		if (begins(at, hover)) {
			at = put_hover(out, at + strlen(hover));
			continue;
		}
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !named; i++) {
			named = begins(at, names[i]);
			if (named) {
				fprintf(out, "%s%s-", names[i], figure->name);
				at += strlen(names[i]);
			}
		}
		if (!named && *at)
			fputc(*at++, out);
	}
}

/* The text of its SVG, freed by the caller; NULL where there is none. 0 or -ENOMEM. */
static int read_svg(const struct block *figure, const char *plots, char **svg)
{
	char *path = NULL;
	size_t size;
	int err;

	*svg = NULL;
	if (!plots || figure->missing)
		return 0;
	if (asprintf(&path, "%s/%s.svg", plots, figure->name) < 0)
		return -ENOMEM;
	err = file_bytes(path, svg, &size);
	free(path);
	if (err) {
		free(*svg);
		*svg = NULL;
	}
	return err == -ENOMEM ? err : 0;
}

/* 0 or -ENOMEM */
static int put_figure(const struct block *figure, const char *plots, FILE *out)
{
	char *svg;
	int err = read_svg(figure, plots, &svg);

	if (err)
		return err;
	fputs("<figure>\n", out);
	if (svg) {
		fputs("<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"", out);
		document_escape(figure->text, out);
		fputs("\">\n", out);
		put_svg(out, svg, figure);
		fputs("</div>\n", out);
	}
	put_element(out, "<figcaption>", figure->text, "");
	if (svg)
		fprintf(out, " <small>To redraw: <code>cd plots &amp;&amp; gnuplot %s.gp</code></small>", figure->name);
	else
		put_element(out, " <strong>Not drawn:</strong> ",
			    figure->missing ? figure->missing : "its file is not there", "");
	fputs("</figcaption>\n</figure>\n", out);
	free(svg);
	return 0;
}

/* Bytes of a cell that is not worth a second line. */
#define SHORT strlen("123.4 ns/page")

static void put_cell(const struct block *table, size_t index, size_t columns, bool full, FILE *out)
{
	static const char *const marks[] = {
		[MARK_GOOD] = "good", [MARK_BAD] = "bad", [MARK_UNSURE] = "unsure", [MARK_GREY] = "grey"
	};
	bool head = index < columns, name = index % columns == 0;
	const char *text = table->item[index];
	const struct look *look = &table->look[index];

	fprintf(out, "<%s", head || name ? "th" : "td");
	if (head || name)
		fprintf(out, " scope=\"%s\"", head ? "col" : "row");
	if (look->mark != MARK_NONE)
		fprintf(out, " class=\"%s%s\"", marks[look->mark], table->align[index % columns] == 'r' ? " r" : "");
	else if (table->align[index % columns] == 'r')
		fputs(!head && !name && strlen(text) <= SHORT ? " class=\"r short\"" : " class=\"r\"", out);
	else if (strlen(text) > 40)
		fputs(" class=\"long\"", out);
	else if (!head && !name && strlen(text) <= SHORT)
		fputs(" class=\"short\"", out);
	if (look->group)
		fputs(" data-group", out);
	if (full && !head && !name)
		put_element(out, " data-l=\"", table->item[index % columns], "\"");
	fputs(">", out);
	if (look->link)
		put_element(out, "<a href=\"", look->link, "\">");
	put_element(out, "", text, look->link ? "</a>" : "");
	if (look->spark)
		fprintf(out,
			"<svg class=\"spark\" viewBox=\"0 0 96 20\" aria-hidden=\"true\"><path "
			"d=\"%s\"/></svg>",
			look->spark);
	fputs(head || name ? "</th>" : "</td>", out);
}

/*
 * One field finds rows in all that they say; report/render/search.js does it, sorts and groups. Without scripts all
 * rows are there.
 */
static void put_search(const struct block *table, size_t number, FILE *out)
{
	fprintf(out,
		"<form class=\"search\" role=\"search\" hidden><label for=\"q%zu\">Find rows</label><input id=\"q%zu\" "
		"type=\"search\" autocomplete=\"off\" aria-controls=\"t%zu\" placeholder=\"filter by name or board\" "
		"aria-label=\"Find rows: ",
		number, number, number);
	put_element(out, "", table->text, "\"><output></output></form>\n");
}

static void put_table(const struct block *table, size_t number, bool full, FILE *out)
{
	size_t columns = strlen(table->align);

	if (table->searched)
		put_search(table, number, out);
	fputs("<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"", out);
	document_escape(table->text, out);
	if (table->name)
		fprintf(out, "\">\n<table id=\"%s\">\n", table->name);
	else
		fprintf(out, "\">\n<table id=\"t%zu\">\n", number);
	put_element(out, "<caption>", table->text, "</caption>\n");
	for (size_t i = 0; i < table->nr_items; i++) {
		if (i % columns == 0)
			fputs(!i ? "<thead>\n<tr>" : i == columns ? "<tbody>\n<tr>" : "<tr>", out);
		put_cell(table, i, columns, full, out);
		if (i % columns == columns - 1)
			fputs(i < columns ? "</tr>\n</thead>\n" : "</tr>\n", out);
	}
	fputs(table->nr_items > columns ? "</tbody>\n</table>\n</div>\n" : "</table>\n</div>\n", out);
}

/* 0 or -ENOMEM */
static int put_block(const struct block *block, size_t number, const char *plots, bool full, FILE *out)
{
	switch (block->kind) {
	case BLOCK_HEADING:
		fprintf(out, "%s<h%d id=\"s%zu\">", block->folded ? "<details>\n<summary>" : "", block->level, number);
		document_escape(block->text, out);
		fprintf(out, "</h%d>%s\n", block->level, block->folded ? "</summary>" : "");
		break;
	case BLOCK_PARAGRAPH:
		put_element(out, "<p>", block->text, "</p>\n");
		break;
	case BLOCK_NOTE:
		put_element(out, "<p class=\"note\">", block->text, "</p>\n");
		break;
	case BLOCK_LIST:
		fputs("<ul>\n", out);
		for (size_t i = 0; i < block->nr_items; i++)
			put_element(out, "<li>", block->item[i], "</li>\n");
		fputs("</ul>\n", out);
		break;
	case BLOCK_COMMAND:
		put_element(out, strchr(block->text, '\n') ? "<pre class=\"listing\"><code>" : "<pre><code>",
			    block->text, "</code></pre>\n");
		break;
	case BLOCK_TABLE:
		put_table(block, number, full, out);
		break;
	case BLOCK_FIGURE:
		return put_figure(block, plots, out);
	}
	return 0;
}

static void put_contents(const struct document *document, FILE *out)
{
	size_t parts = 0;

	for (size_t i = 0; i < document->nr_blocks; i++)
		parts += document->block[i].kind == BLOCK_HEADING && document->block[i].level == 2;
	if (parts < 2)
		return;
	fputs("<nav aria-label=\"Contents\">\n<ol>\n", out);
	for (size_t i = 0; i < document->nr_blocks; i++) {
		const struct block *block = &document->block[i];
		const char *text = block->text;

		if (block->kind != BLOCK_HEADING || block->level != 2)
			continue;
		/* The list counts on its own. */
		text += strspn(text, "0123456789. ");
		fprintf(out, "<li><a href=\"#s%zu\">", i);
		put_element(out, "", text, "</a></li>\n");
	}
	fputs("</ol>\n</nav>\n", out);
}

static bool has_search(const struct document *document)
{
	for (size_t i = 0; i < document->nr_blocks; i++) {
		if (document->block[i].searched)
			return true;
	}
	return false;
}

enum { LEVELS = 4 };

/* A heading ends what was folded at its own level and below. @open: which levels are. */
static void end_folds(bool *open, int level, FILE *out)
{
	for (int i = LEVELS - 1; i >= level; i--) {
		if (open[i])
			fputs("</details>\n", out);
		open[i] = false;
	}
}

int document_html(const struct document *document, const char *plots, FILE *out)
{
	bool search = has_search(document), open[LEVELS] = { false };
	int err = document->err;

	if (err)
		return err;
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'",
	      out);
	fputs(document->sheet ? " 'self'; img-src data:" : "; img-src data:", out);
	/* Just those scripts and no other, whatever a record says. */
	if (search || document->script[0])
		fprintf(out, "; script-src%s%s", search ? " 'sha256-" SEARCH_SHA256 "'" : "",
			document->script[0] ? " 'self'" : "");
	fputs("\">\n<link rel=\"icon\" href=\"data:,\">\n", out);
	if (document->sheet)
		put_element(out, "<link rel=\"stylesheet\" href=\"", document->sheet, "\">\n");
	for (size_t i = 0; i < DOCUMENT_SCRIPTS && document->script[i]; i++)
		put_element(out, "<script defer src=\"", document->script[i], "\"></script>\n");
	put_element(out, "<title>", document->title, "</title>\n");
	fprintf(out, "<style>\n%s</style>\n</head>\n<body%s>\n", style, document->full ? " class=\"full\"" : "");
	fputs("<a class=\"skip\" href=\"#main\">Skip to the contents</a>\n<header>\n", out);
	if (document->home) {
		put_element(out, "<p><a href=\"", document->home, "\">");
		put_element(out, "", document->home_title, "</a></p>\n");
	}
	put_element(out, "<h1>", document->title, "</h1>\n</header>\n");
	put_contents(document, out);
	fputs("<main id=\"main\">\n", out);
	for (size_t i = 0; i < document->nr_blocks && !err; i++) {
		const struct block *block = &document->block[i];

		if (block->kind == BLOCK_HEADING && block->level < LEVELS) {
			end_folds(open, block->level, out);
			open[block->level] = block->folded;
		}
		err = put_block(block, i, plots, document->full, out);
	}
	end_folds(open, 0, out);
	fputs("</main>\n", out);
	if (search)
		fputs("<script>" SEARCH_SCRIPT "</script>\n", out);
	fputs("</body>\n</html>\n", out);
	fflush(out);
	return err ? err : ferror(out) ? -EIO : 0;
}
