// SPDX-License-Identifier: GPL-2.0-or-later
/* What is put into a document comes out of each renderer as text, whatever it is, and no line is too wide. */
#include <math.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <cmocka.h>

#include "report/render/document.h"
#include "report/render/words.h"

enum rendering { HTML, MARKDOWN, TEXT };

/* What a rendering writes, to be freed. The document is freed. */
static char *rendered(struct document *document, enum rendering rendering)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);
	int err;

	assert_non_null(file);
	if (rendering == HTML)
		err = document_html(document, NULL, file);
	else if (rendering == MARKDOWN)
		err = document_markdown(document, file);
	else
		err = document_text(document, DOCUMENT_TEXT_COLUMNS, file);
	assert_int_equal(err, 0);
	fclose(file);
	document_free(document);
	return text;
}

static struct document *paragraph(const char *text)
{
	struct document *document = document_new("title");

	assert_non_null(document);
	document_paragraph(document, "%s", text);
	return document;
}

static void assert_says(char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' is not in '%s'", part, text);
	free(text);
}

static void text_is_escaped(void **state)
{
	(void)state;
	assert_says(rendered(paragraph("a<b>&\"'"), HTML), "<p>a&lt;b&gt;&amp;&quot;&#39;</p>");
	assert_says(rendered(paragraph("*a* _b_ [c](d) <e> `f` |g| h#i"), MARKDOWN),
		    "\\*a\\* \\_b\\_ \\[c\\](d) \\<e\\> \\`f\\` \\|g\\| h\\#i");
	assert_says(rendered(paragraph("1. no list"), MARKDOWN), "1\\. no list");
	assert_says(rendered(paragraph("12.5 % of it"), MARKDOWN), "12.5 % of it");
	assert_says(rendered(paragraph("- no list"), MARKDOWN), "\\- no list");
	assert_says(rendered(paragraph("http://a"), MARKDOWN), "http\\://a");
	assert_says(rendered(document_new("<i>"), HTML), "<title>&lt;i&gt;</title>");
}

static void a_command_keeps_its_backticks(void **state)
{
	struct document *document = document_new("title");

	(void)state;
	document_command(document, "%s", "echo ```` | cat");
	assert_says(rendered(document, MARKDOWN), "\n`````\necho ```` | cat\n`````\n");
}

static void what_no_line_can_hold_is_replaced(void **state)
{
	char control[] = "a\nb\tc\x1b[1md\x7f",
	     marks[] = "a\xe2\x80\xae"
		       "b",
	     cut[] = "a\xe2\x80", whole[] = "\xc2\xb5s", wrong[] = "\xff\xc0\xaf";

	(void)state;
	assert_string_equal(text_clean(control), "a b c [1md ");
	assert_string_equal(text_clean(marks), "a   b");
	assert_string_equal(text_clean(cut), "a??");
	assert_string_equal(text_clean(whole), "\xc2\xb5s");
	assert_string_equal(text_clean(wrong), "???");
}

/* Columns of the widest line, where a character of three bytes or more counts two. */
static size_t widest(const char *text)
{
	size_t most = 0, columns = 0;

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		columns = c == '\n' ? 0 : columns + ((c & 0xc0) != 0x80) + (c >= 0xe0);
		most = columns > most ? columns : most;
	}
	return most;
}

static void no_line_of_text_is_too_wide(void **state)
{
	char words[4000] = "", *text;
	struct document *document =
		document_new("a title that goes on and on, until it is wider than a line of a mail can be");

	(void)state;
	for (int i = 0; i < 60; i++)
		strcat(words,
		       i % 3 ? "word " : "\xe6\xbc\xa2\xe5\xad\x97-a/rather/long/path/of/a/kernel/that/no/one/breaks ");
	for (int i = 0; i < 200; i++)
		strcat(words, "x");
	document_heading(document, 2, "%s", words);
	document_paragraph(document, "%s", words);
	document_note(document, "%s", words);
	document_item(document, "%s", words);
	document_command(document, "%s", words);
	document_figure(document, "name", words, "%s", words);
	document_table(document, "lr", "%s", words);
	for (int i = 0; i < 6; i++)
		document_cell(document, "%s", i % 2 ? words : "short");
	text = rendered(document, TEXT);
	assert_true(strlen(text) > 8 * strlen(words));
	assert_true(widest(text) <= DOCUMENT_TEXT_COLUMNS);
	assert_true(widest(text) > DOCUMENT_TEXT_COLUMNS - 4);
	free(text);
}

static struct document *table(void)
{
	static const char *const cells[] = { "policy", "cost", "eager|x", "1", "lazy", "22" };
	struct document *document = document_new("title");

	document_table(document, "lr", "caption");
	for (size_t i = 0; i < 6; i++)
		document_cell(document, "%s", cells[i]);
	return document;
}

static void tables_have_heads(void **state)
{
	(void)state;
	assert_says(rendered(table(), TEXT), "  policy   cost\n  eager|x     1\n  lazy       22\n");
	assert_says(rendered(table(), MARKDOWN), "| policy | cost |\n|---|---:|\n| eager\\|x | 1 |\n| lazy | 22 |\n");
	assert_says(rendered(table(), HTML),
		    "<thead>\n<tr><th scope=\"col\">policy</th><th scope=\"col\" class=\"r\">cost</th>"
		    "</tr>\n</thead>\n<tbody>\n<tr><th scope=\"row\">eager|x</th>");
}

/* A table that is too wide has cells of several lines; one with a cell of many lines is a list. */
static void wide_tables(void **state)
{
	static const char long_words[] = "aaaa bbbb cccc dddd eeee ffff gggg hhhh iiii jjjj kkkk llll mmmm";
	struct document *document = document_new("title");

	(void)state;
	document_table(document, "llr", "caption");
	for (size_t i = 0; i < 6; i++)
		document_cell(document, "%s", i == 1 ? long_words : i < 3 ? "head of it" : "7");
	assert_says(rendered(document, TEXT),
		    "  head of it  aaaa bbbb cccc dddd eeee ffff gggg hhhh iiii jjjj  head of it\n"
		    "              kkkk llll mmmm\n"
		    "  7           7                                                           7\n");
}

static void folds_end_at_a_heading_of_their_level(void **state)
{
	struct document *document = document_new("title");

	(void)state;
	document_heading(document, 2, "one");
	document_fold(document);
	document_heading(document, 3, "part");
	document_fold(document);
	document_heading(document, 2, "two");
	assert_says(rendered(document, HTML), "<details>\n<summary><h2 id=\"s0\">one</h2></summary>\n"
					      "<details>\n<summary><h3 id=\"s1\">part</h3></summary>\n"
					      "</details>\n</details>\n<h2 id=\"s2\">two</h2>\n");
}

static struct document *page(void)
{
	struct document *document = table();

	document_look(document, MARK_BAD, "series/a.html#find=%22");
	document_search(document);
	document_home(document, "../index.html", "<all>");
	return document;
}

static void pages_of_a_site(void **state)
{
	(void)state;
	assert_says(rendered(page(), HTML), "<td class=\"bad r\"><a href=\"series/a.html#find=%22\">22</a></td>");
	assert_says(rendered(page(), HTML), "<p><a href=\"../index.html\">&lt;all&gt;</a></p>\n<h1>");
	/* A script is only in a page that has something to search, and allowed by its sum. */
	assert_says(rendered(page(), HTML), "script-src 'sha256-");
	assert_says(rendered(page(), HTML), "<script>// SPDX");
	assert_says(rendered(page(), HTML), "aria-controls=\"t0\"");
	assert_says(rendered(page(), MARKDOWN), "| lazy | 22 |\n");
	assert_says(rendered(table(), HTML), "img-src data:\">");
}

/* A text that cannot be made, as without memory, here for a letter that is none: what the list had is freed once. */
static void a_text_that_fails_leaves_the_list_whole(void **state)
{
	struct document *document = document_new("title");

	(void)state;
	assert_non_null(document);
	for (int i = 0; i < 4; i++)
		document_item(document, "item %d", i);
	document_item(document, "%ls", (const wchar_t[]){ 0xdfff, 0 });
	assert_int_equal(document->err, -ENOMEM);
	assert_int_equal(document->block[0].nr_items, 4);
	assert_string_equal(document->block[0].item[3], "item 3");
	document_free(document);
}

static void figures_say_what_they_are(void **state)
{
	struct estimate e = { 2034.5, 1990, 2100, 0.95, 50 }, ratio = { 1.412, 1.384, 1.441, 0.99, 50 };
	struct estimate few = { 1.5, NAN, NAN, 0.95, 1 }, large = { 2.412, 2.381, 2.44, 0.95, 50 };

	(void)state;
	assert_string_equal(value_words(893502, "ns").text, "893.5 us");
	assert_string_equal(value_words(7.25, "ns").text, "7.250 ns");
	assert_string_equal(value_words(1.8604e6, "instructions").text, "1.860 million instructions");
	assert_string_equal(value_words(5304, "instructions").text, "5304 instructions");
	assert_string_equal(value_words(NAN, "ns").text, "unknown");
	assert_string_equal(estimate_words(&e, "ns").text, "2.034 us (1.990 to 2.100)");
	assert_string_equal(ratio_words(&ratio).text, "+41.2 % (38.4 to 44.1)");
	assert_string_equal(ratio_words(&few).text, "+50.0 % (1 round: too few for an interval)");
	assert_string_equal(margin_words(&ratio).text, "+41.2 % (38.4 to 44.1)");
	assert_string_equal(ratio_words(&large).text, "2.41 times (2.38 to 2.44)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_escaped),
		cmocka_unit_test(a_command_keeps_its_backticks),
		cmocka_unit_test(what_no_line_can_hold_is_replaced),
		cmocka_unit_test(no_line_of_text_is_too_wide),
		cmocka_unit_test(tables_have_heads),
		cmocka_unit_test(wide_tables),
		cmocka_unit_test(folds_end_at_a_heading_of_their_level),
		cmocka_unit_test(pages_of_a_site),
		cmocka_unit_test(figures_say_what_they_are),
		cmocka_unit_test(a_text_that_fails_leaves_the_list_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
