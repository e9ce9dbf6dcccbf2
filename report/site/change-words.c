// SPDX-License-Identifier: GPL-2.0-or-later
/* How pages, feeds and charts name a change. */
#include "report/site/pages.h"

#include "report/history/conditions.h"

static void add_with(void *arg, bool code, const char *key, const char *before, const char *first)
{
	struct with *with = arg;
	struct words *words = code ? &with->code : &with->machine;

	words_add(words, "%s%s: %s, now %s", words->text[0] ? "; " : "", key, before, first);
}

struct with with_words(const struct finding *finding)
{
	struct with with = { { "" }, { "" } };

	if (finding->change.kind != CHANGE_DRIFT)
		conditions_differ(finding->before, finding->first, add_with, &with);
	if (!with.code.text[0])
		words_add(&with.code, "-");
	if (!with.machine.text[0])
		words_add(&with.machine, "-");
	return with;
}

struct words kind_words(const struct finding *finding)
{
	size_t runs = finding->change.end - finding->change.begin;
	const struct acknowledgement *by = finding->acknowledged;
	struct words words = { "" };
	const char *known = words.text;

	if (by)
		words_add(&words, ", acknowledged%s%s%s%s", by->author[0] ? " by " : "", by->author,
			  by->reason[0] ? ": " : "", by->reason);

	switch (finding->change.kind) {
	case CHANGE_BLIP:
		return words_of("blip of %zu run%s%s", runs, runs == 1 ? "" : "s", known);
	case CHANGE_DRIFT:
		return words_of("drift over %zu runs%s", runs, known);
	case CHANGE_SUSPECT:
		return words_of("suspect: %zu run%s", runs, runs == 1 ? "" : "s");
	case CHANGE_STEP:
		break;
	}
	return words_of("step, %zu run%s%s", runs, runs == 1 ? "" : "s", known);
}

static enum mark mark_of(const struct finding *finding)
{
	if (finding->change.kind == CHANGE_SUSPECT)
		return MARK_UNSURE;
	if (finding->open)
		return MARK_BAD;
	return finding->change.kind != CHANGE_BLIP && findings_better(finding->series, finding->change.ratio.value)
		       ? MARK_GOOD
		       : MARK_NONE;
}

void put_change(struct document *document, const struct finding *finding)
{
	struct with with = with_words(finding);

	document_cell(document, "%s", margin_words(&finding->change.ratio).text);
	document_look(document, mark_of(finding), NULL);
	document_cell(document, "%s", kind_words(finding).text);
	document_cell(document, "%s", with.code.text);
	document_cell(document, "%s", with.machine.text);
}
