// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/answer/parts.h"

const char frame_command[] =
	"zapbench run frame --set policy=cached,eager,lazy,uncached,refuse --set granularity=page,around,buffer --set "
	"size=256K,1M,4M --set touched=0.0625,0.25,1 --set frames=1,4,16";

void part_result_heading(struct report *report, const struct result *result)
{
	if (report->nr_results > 1)
		document_heading(report->document, 3, "Result %s", result->tag);
}

void part_add_tag(struct words *tags, const struct result *result)
{
	words_add(tags, "%s%s", tags->text[0] ? ", " : "", result->tag);
}

void part_say_none(struct report *report, const struct words *none, const char *what)
{
	if (!none->text[0])
		return;
	document_paragraph(report->document, "%s: %s. To measure them:", none->text, what);
	document_command(report->document, "%s", frame_command);
}
