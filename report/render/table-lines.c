// SPDX-License-Identifier: GPL-2.0-or-later
/* Lines, labels and facts, for every section of the table. */
#include "report/render/table-parts.h"

#include <stdio.h>
#include <string.h>

#include "report/render/wrap.h"

void table_line(const struct table *to, const char *first, size_t indent, const char *text)
{
	print_wrapped(to->out, to->columns, first, indent, text);
}

void table_below(const struct table *to, const char *line)
{
	char first[256];

	snprintf(first, sizeof(first), "%-*s", (int)to->label, "");
	table_line(to, first, to->label + 3, line);
}

void table_label(const struct table *to, const char *label)
{
	if (strlen(label) > to->label) {
		print_wrapped(to->out, to->columns, "", 2, label);
		label = "";
	}
	fprintf(to->out, "%-*s", (int)to->label, label);
}

int64_t table_fact(const struct record *record, const char *group, const char *key)
{
	const struct fact *fact = facts_find(&record->environment, group, key);

	return fact && fact->value.kind == VALUE_INT ? fact->value.integer : -1;
}
