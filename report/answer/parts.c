// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/answer/parts.h"

#include <stdlib.h>

const char frame_command[] =
	"zapbench run frame --set policy=cached,eager,lazy,uncached,refuse --set granularity=page,around,buffer --set "
	"size=256K,1M,4M --set touched=0.0625,0.25,1 --set frames=1,4,16";

/* "RK3588, 4K pages, Linux 6.12.117": what tells results apart. */
struct words result_words(const struct result *result)
{
	const struct record *record = result->record;
	const char *board = record_board(record), *cpu = record_cpu(record);
	double page = strtod(fact_words(record, "memory", "page_size_bytes").text, NULL);
	struct words words;

	words = words_of("%.200s", board ? board : cpu ? cpu : "machine unknown");
	if (page > 0)
		words_add(&words, ", %s pages", size_words(page).text);
	words_add(&words, ", Linux %s%s", fact_words(record, "kernel", "release").text,
		  record->emulated ? ", EMULATED" : "");
	return words;
}

struct figure report_figure(struct report *report, const struct result *result, const char *name, const char *kind)
{
	struct figure figure = figure_begin(&report->figures, name, kind);

	figure_text(&figure, "heading", result_words(result).text);
	figure_number(&figure, "emulated", result->record->emulated);
	return figure;
}

void part_result_heading(struct report *report, const struct result *result)
{
	if (report->nr_results > 1)
		document_heading(report->document, 3, "Result %s", result->tag);
}

void part_add_tag(struct words *tags, const struct result *result)
{
	words_add(tags, "%s%s", tags->text[0] ? ", " : "", result->tag);
}

void rounds_add(struct rounds *rounds, size_t n)
{
	if (!rounds->most || n < rounds->least)
		rounds->least = n;
	if (n > rounds->most)
		rounds->most = n;
}

struct words sample_rounds_words(const struct rounds *rounds)
{
	if (rounds->least == rounds->most)
		return words_of("n = %zu round%s", rounds->most, rounds->most == 1 ? "" : "s");
	return words_of("n = %zu to %zu rounds", rounds->least, rounds->most);
}

void part_say_none(struct report *report, const struct words *none, const char *what)
{
	if (!none->text[0])
		return;
	document_paragraph(report->document, "%s: %s. To measure them:", none->text, what);
	document_command(report->document, "%s", frame_command);
}
