// SPDX-License-Identifier: GPL-2.0-or-later
/* Open regressions for programs: regressions.json, and feed.atom for readers of feeds. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/base/json-memory.h"
#include "bench/base/memory.h"
#include "bench/base/text.h"
#include "report/site/pages.h"

static json_t *regression_json(const struct dashboard *dashboard, const struct finding *finding)
{
	const struct page *page = page_of(dashboard, finding->series);
	const struct estimate *ratio = &finding->change.ratio;
	json_t *root = json_object();

	json_object_set_new(root, "series", json_string(finding->series->configuration));
	json_object_set_new(root, "board", json_string(page->board));
	json_object_set_new(root, "machine", json_string(finding->series->machine));
	json_object_set_new(root, "run", json_string(finding->first->name));
	json_object_set_new(root, "run_before", json_string(finding->before->name));
	json_object_set_new(root, "date", json_string(finding->first->date));
	json_object_set_new(root, "commit", json_string(finding->first->program));
	json_object_set_new(root, "kernel", json_string(finding->first->kernel));
	json_object_set_new(root, "change", json_string(kind_words(finding).text));
	json_object_set_new(root, "ratio", json_number(ratio->value));
	json_object_set_new(root, "ratio_lower", json_number(ratio->lower));
	json_object_set_new(root, "ratio_upper", json_number(ratio->upper));
	json_object_set_new(root, "newest", json_number(page->newest.value));
	json_object_set_new(root, "unit", json_string(finding->series->unit));
	json_object_set_new(root, "emulated", json_boolean(finding->series->emulated));
	json_object_set_new(root, "page", json_string(words_of("series/%s.html", page->slug).text));
	return root;
}

static int write_json(const struct dashboard *dashboard, struct why *why)
{
	json_t *root, *list;
	char *text;
	int err;

	json_watch_memory();
	root = json_object();
	list = json_array();
	for (size_t i = 0; i < dashboard->nr_findings; i++) {
		if (dashboard->finding[i].open)
			json_array_append_new(list, regression_json(dashboard, &dashboard->finding[i]));
	}
	json_object_set_new(root, "schema", json_string("zapbench-regressions"));
	json_object_set_new(root, "schema_version", json_string("1.0"));
	json_object_set_new(root, "regressions", list);
	text = json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(7));
	err = text && !json_ran_out() ? bytes_write(dashboard, text, strlen(text), "regressions.json", why) : -ENOMEM;
	free(text);
	json_decref(root);
	return err;
}

static void put_xml(FILE *out, const char *element, const char *text)
{
	char clean[sizeof(((struct words *)0)->text)];

	snprintf(clean, sizeof(clean), "%s", text);
	text_clean(clean);
	fprintf(out, "<%s>", element);
	document_escape(clean, out);
	fprintf(out, "</%s>\n", element);
}

/* As RFC 3339 wants it, whatever the clock of a board said. */
static struct words moment_words(const char *date)
{
	double seconds = seconds_of_date(date);
	time_t whole = isfinite(seconds) ? (time_t)seconds : 0;
	struct words words = { "" };
	struct tm tm;

	if (gmtime_r(&whole, &tm))
		strftime(words.text, sizeof(words.text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return words;
}

static void put_entry(const struct dashboard *dashboard, const struct finding *finding, FILE *out)
{
	const struct page *page = page_of(dashboard, finding->series);
	struct with with = with_words(finding);

	fputs("<entry>\n", out);
	put_xml(out, "title",
		words_of("%s on %s: %s", times_words(finding->change.ratio.value).text, page->board,
			 finding->series->configuration)
			.text);
	put_xml(out, "id", words_of("urn:x-zapbench:%s:%s", page->slug, address_words(finding->first->name).text).text);
	put_xml(out, "updated", moment_words(finding->first->date).text);
	fprintf(out, "<link href=\"series/%s.html\"/>\n", page->slug);
	put_xml(out, "summary",
		words_of("%s; %s, since the run %s. Code change: %.100s. Machine change: %.100s.",
			 margin_words(&finding->change.ratio).text, kind_words(finding).text, finding->first->name,
			 with.code.text, with.machine.text)
			.text);
	fputs("</entry>\n", out);
}

static int write_feed(const struct dashboard *dashboard, struct why *why)
{
	const struct history_run *last = &dashboard->run[dashboard->nr_runs - 1];
	struct memory_text feed;
	FILE *out = memory_open(&feed);
	int err;

	if (!out)
		return -ENOMEM;
	fputs("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n"
	      "<title>zapbench: open regressions</title>\n<id>urn:x-zapbench:regressions</id>\n"
	      "<author><name>zapbench</name></author>\n<link rel=\"self\" href=\"feed.atom\"/>\n"
	      "<link href=\"index.html\"/>\n",
	      out);
	put_xml(out, "updated", moment_words(last->date).text);
	for (size_t i = 0; i < dashboard->nr_findings; i++) {
		if (dashboard->finding[i].open)
			put_entry(dashboard, &dashboard->finding[i], out);
	}
	fputs("</feed>\n", out);
	err = memory_close(out);
	if (!err)
		err = bytes_write(dashboard, feed.data, feed.size, "feed.atom", why);
	free(feed.data);
	return err;
}

int feeds_write(const struct dashboard *dashboard, struct why *why)
{
	int err = write_json(dashboard, why);

	return err ? err : write_feed(dashboard, why);
}
