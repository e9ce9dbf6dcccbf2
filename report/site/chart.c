// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Charts of series that react to the mouse. dygraphs draws them: its files are read from this machine and put beside
 * the pages. The data of a series are a script, since a page that was opened as a file may load nothing else.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "bench/base/file.h"
#include "bench/base/json-memory.h"
#include "bench/base/text.h"
#include "report/site/pages.h"
#include "series.h" /* made by make of report/site/series.js */

/* Points in the file of a page; those before them, in steps, are in a file that is loaded on demand. */
enum { CHART_RUNS = 500, CHART_STEP = 300 };

/* Series to choose from, to be drawn over one. */
enum { OTHERS_MOST = 40 };

static int bring(struct dashboard *dashboard, const char *name, struct why *why)
{
	const char *folder = getenv("ZAPBENCH_JAVASCRIPT");
	char *from = NULL, *text;
	size_t size;
	int err;

	if (asprintf(&from, "%s/dygraphs/%s", folder && *folder ? folder : "/usr/share/javascript", name) < 0)
		return -ENOMEM;
	err = file_bytes(from, &text, &size);
	if (!err)
		err = bytes_write(dashboard, text, size, name, why);
	free(text);
	free(from);
	return err;
}

int charts_begin(struct dashboard *dashboard, struct why *why)
{
	int err = bring(dashboard, "dygraph.min.js", why);

	if (!err)
		err = bring(dashboard, "dygraph.min.css", why);
	if (err == -ENOENT || err == -ENOTDIR) {
		dashboard->no_charts = true;
		return 0;
	}
	return err ? err : bytes_write(dashboard, SERIES_SCRIPT, strlen(SERIES_SCRIPT), "series.js", why);
}

/* The place of @text in @list, to which it is added where it differs from the last. */
static json_t *place_in(json_t *list, const char *text)
{
	size_t count = json_array_size(list);
	const char *last = json_string_value(json_array_get(list, count - 1));

	if (last && !strcmp(last, text))
		return json_integer((json_int_t)count - 1);
	json_array_append_new(list, json_string(text));
	return json_integer((json_int_t)count);
}

/* The points from @from to @to as lists. dygraphs needs times that rise: those of a clock that was behind are moved. */
static json_t *points_json(const struct dashboard *dashboard, const struct page *page, size_t from, size_t to)
{
	static const char *const names[] = { "run",   "date",   "time",   "value",   "lower",
					     "upper", "kernel", "commit", "kernels", "commits" };
	enum { RUN, DATE, TIME, VALUE, LOWER, UPPER, KERNEL, COMMIT, KERNELS, COMMITS, LISTS };
	json_t *list[LISTS], *root = json_object();

	for (size_t i = 0; i < LISTS; i++)
		list[i] = json_array();
	for (size_t i = from; i < to; i++) {
		const struct history_run *run = &dashboard->run[page->points.run[i]];
		const struct estimate *value = &page->points.value[i];

		json_array_append_new(list[RUN], json_string(run->name));
		json_array_append_new(list[DATE], json_string(run->date));
		json_array_append_new(list[TIME], json_real(page->time[i]));
		json_array_append_new(list[VALUE], json_number(value->value));
		json_array_append_new(list[LOWER], json_number(value->lower));
		json_array_append_new(list[UPPER], json_number(value->upper));
		json_array_append_new(list[KERNEL], place_in(list[KERNELS], run->kernel));
		json_array_append_new(list[COMMIT], place_in(list[COMMITS], run->program));
	}
	for (size_t i = 0; i < LISTS; i++)
		json_object_set_new(root, names[i], list[i]);
	return root;
}

static json_t *changes_json(const struct page *page, const struct finding *finding, size_t findings)
{
	json_t *changes = json_array();

	for (size_t i = 0; i < findings; i++) {
		struct words text =
			words_of("%s: %s", margin_words(&finding[i].change.ratio).text, kind_words(&finding[i]).text);
		json_t *change = json_object();

		json_object_set_new(change, "number", json_integer((json_int_t)i + 1));
		json_object_set_new(change, "time", json_real(page->time[finding[i].change.begin]));
		json_object_set_new(change, "text", json_string(text.text));
		json_object_set_new(change, "open", json_boolean(finding[i].open));
		json_array_append_new(changes, change);
	}
	return changes;
}

static bool same_to(const char *a, const char *b, char until)
{
	size_t length = strcspn(a, (char[]){ until, '\0' });

	return length == strcspn(b, (char[]){ until, '\0' }) && !strncmp(a, b, length);
}

/*
 * What can be drawn over a series: the same configuration on other boards, and others of its case on its board. Those
 * of another unit would need another axis.
 */
static json_t *others_json(const struct dashboard *dashboard, const struct page *page)
{
	json_t *others = json_array();

	for (size_t i = 0; i < dashboard->nr_series && json_array_size(others) < OTHERS_MOST; i++) {
		const struct page *other = &dashboard->page[i];
		bool same = !strcmp(other->series->configuration, page->series->configuration);
		bool here = other->board == page->board;
		json_t *entry;

		if (other == page || strcmp(other->series->unit, page->series->unit) ||
		    (!same && (!here || !same_to(other->series->configuration, page->series->configuration, '/'))))
			continue;
		entry = json_object();
		json_object_set_new(entry, "name", json_string(same ? other->board : other->series->configuration));
		json_object_set_new(entry, "file", json_string(words_of("%s.js", other->slug).text));
		json_array_append_new(others, entry);
	}
	return others;
}

/* A script that sets @variable, with @head before it. ASCII, so that no text of a record is anything but text. */
static int script_write(const struct dashboard *dashboard, const char *name, const char *head, const char *variable,
			json_t *root, struct why *why)
{
	char *json = json_dumps(root, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(7)), *text;
	int err = json && !json_ran_out() && asprintf(&text, "%svar %s=%s;\n", head, variable, json) >= 0 ? 0 : -ENOMEM;

	if (!err) {
		/* Of a file with a head only that is compared the next time. */
		err = (head[0] ? bytes_keep : bytes_write)(dashboard, text, strlen(text), name, why);
		free(text);
	}
	free(json);
	json_decref(root);
	return err;
}

/* Older points change only when a run is put before others: their checksum is the first line of their file. */
static int older_write(const struct dashboard *dashboard, const struct page *page, const char *name, size_t count,
		       struct why *why)
{
	unsigned long sum = crc32(0, NULL, 0);
	struct words head;

	for (size_t i = 0; i < count; i++) {
		const struct moment *moment = &dashboard->moment[page->points.run[i]];

		sum = crc32(sum, (const unsigned char *)&moment->sum, sizeof(moment->sum));
		sum = crc32(sum, (const unsigned char *)&page->points.value[i].value, sizeof(double));
	}
	head = words_of("// %08lx\n", sum);
	if (file_begins(dashboard, name, head.text))
		return 0;
	return script_write(dashboard, name, head.text, "zapbench_older", points_json(dashboard, page, 0, count), why);
}

/* Seconds of each point, which rise. */
static int times_of(const struct dashboard *dashboard, struct page *page)
{
	page->time = calloc(page->points.count, sizeof(*page->time));
	for (size_t i = 0; page->time && i < page->points.count; i++) {
		double seconds = dashboard->moment[page->points.run[i]].seconds;

		if (isnan(seconds))
			seconds = 0;
		page->time[i] = i && seconds <= page->time[i - 1] ? page->time[i - 1] + 1 : seconds;
	}
	return page->time ? 0 : -ENOMEM;
}

int chart_draw(struct dashboard *dashboard, struct page *page, const struct finding *finding, size_t findings,
	       struct why *why)
{
	struct words name = words_of("%s.js", page->slug), older = words_of("%s-older.js", page->slug);
	size_t before = 0;
	json_t *root;
	int err;

	if (dashboard->no_charts)
		return 0;
	err = times_of(dashboard, page);
	if (err)
		return err;
	if (page->points.count > CHART_RUNS)
		before = (page->points.count - CHART_RUNS + CHART_STEP - 1) / CHART_STEP * CHART_STEP;
	json_watch_memory();
	root = points_json(dashboard, page, before, page->points.count);
	json_object_set_new(root, "unit", json_string(page->series->unit));
	json_object_set_new(root, "others", others_json(dashboard, page));
	json_object_set_new(root, "changes", changes_json(page, finding, findings));
	if (before) {
		json_object_set_new(root, "older", json_string(older.text));
		err = older_write(dashboard, page, words_of("series/%s", older.text).text, before, why);
	}
	if (err) {
		json_decref(root);
		return err;
	}
	document_script(page->document, "../dygraph.min.js");
	document_script(page->document, name.text);
	document_script(page->document, "../series.js");
	document_sheet(page->document, "../dygraph.min.css");
	return script_write(dashboard, words_of("series/%s", name.text).text, "", "zapbench_recent", root, why);
}
