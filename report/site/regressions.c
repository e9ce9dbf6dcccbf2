// SPDX-License-Identifier: GPL-2.0-or-later
/* Open regressions by the run with which they began: one cause has one place. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/site/pages.h"

/* The regressions that began with one run: dashboard->finding[from] and after, the largest first. */
struct group {
	const struct finding *finding;
	size_t count; /* of findings with the run; not all may be open */
	size_t open;
	double largest;
};

static int largest_first(const void *left, const void *right)
{
	const struct group *a = left, *b = right;

	return (b->largest > a->largest) - (b->largest < a->largest);
}

double finding_size(const struct finding *finding)
{
	return fabs(log(finding->change.ratio.value));
}

/* The findings are in the order of their runs. Freed by the caller; NULL without memory. */
static struct group *groups_of(const struct dashboard *dashboard, size_t *count)
{
	struct group *group = calloc(dashboard->nr_findings + 1, sizeof(*group));

	*count = 0;
	for (size_t i = 0; group && i < dashboard->nr_findings;) {
		struct group *one = &group[*count];

		*one = (struct group){ .finding = &dashboard->finding[i] };
		for (; i < dashboard->nr_findings && dashboard->finding[i].first == one->finding->first; i++) {
			const struct finding *finding = &dashboard->finding[i];

			one->count++;
			one->open += finding->open;
			if (finding->open)
				one->largest = fmax(one->largest, finding_size(finding));
		}
		*count += one->open > 0;
	}
	if (group)
		qsort(group, *count, sizeof(*group), largest_first);
	return group;
}

static void put_group(const struct dashboard *dashboard, struct document *document, const struct group *group)
{
	const struct finding *first = group->finding;
	struct with with;

	while (!first->open)
		first++;
	with = with_words(first);
	document_heading(document, 3, "%s on %s: %zu regression%s, the largest %s", day_words(first->first->date).text,
			 board_of(dashboard, first->first->machine), group->open, group->open == 1 ? "" : "s",
			 times_words(first->change.ratio.value).text);
	document_table(document, "llll", "The run with which they began");
	for (size_t i = 0; i < 4; i++)
		document_cell(document, "%s",
			      ((const char *const[]){ "run", "code change", "machine change", "comparison" })[i]);
	document_cell(document, "%s", first->first->name);
	document_look(document, MARK_NONE, run_link(first->first, "").text);
	document_cell(document, "%s", strcmp(with.code.text, "-") ? with.code.text : "none recorded");
	document_cell(document, "%s", strcmp(with.machine.text, "-") ? with.machine.text : "none recorded");
	document_cell(document, "with the run before");
	document_look(document, MARK_NONE, words_of("compare/%s.html", address_words(first->first->name).text).text);
	document_table(document, "lrllrrr", "Regressions, the largest first");
	for (size_t i = 0; i < 7; i++)
		document_cell(document, "%s",
			      ((const char *const[]){ "series", "size", "kind", "last 31 runs", "7 runs", "30 runs",
						      "newest" })[i]);
	for (size_t i = 0; i < group->count; i++) {
		const struct finding *finding = &group->finding[i];
		const struct page *page = page_of(dashboard, finding->series);

		if (!finding->open)
			continue;
		document_cell(document, "%s", finding->series->configuration);
		document_look(document, MARK_NONE, words_of("series/%s.html", page->slug).text);
		document_cell(document, "%s", unbroken(margin_words(&finding->change.ratio)).text);
		document_look(document, MARK_BAD, NULL);
		document_cell(document, "%s", kind_words(finding).text);
		put_recent_changes(document, &page->recent);
		document_cell(document, "%s %s", figure_words(page->newest.value).text, page->series->unit);
	}
}

void put_open_regressions(const struct dashboard *dashboard, struct document *document)
{
	size_t count;
	struct group *group = groups_of(dashboard, &count);

	if (group && count)
		document_heading(document, 2, "Open regressions");
	for (size_t i = 0; group && i < count; i++)
		put_group(dashboard, document, &group[i]);
	free(group);
}
