// SPDX-License-Identifier: GPL-2.0-or-later
/* Part 7: how it was measured, and what it cannot say. */
#include <string.h>

#include "report/render/config.h"
#include "report/answer/parts.h"

#define SKIPPED_MAX 20 /* rows that somebody would read */

static void put_row(struct document *document, const char *what, const char *value)
{
	document_cell(document, "%s", what);
	document_cell(document, "%s", value[0] ? value : "not known");
}

static size_t rounds_left_out(const struct record *record)
{
	size_t n = 0;

	for (size_t i = 0; i < record->nr_configs; i++) {
		if ((size_t)record->config[i].summary.rounds_left_out > n)
			n = (size_t)record->config[i].summary.rounds_left_out;
	}
	return n;
}

static void put_machine(struct document *document, const struct result *result)
{
	const struct record *record = result->record;
	const struct fact *name = facts_find(&record->clock, NULL, "name");
	const struct fact *resolution = facts_find(&record->clock, NULL, "resolution_ns");
	struct words duration;

	document_table(document, "ll", "%s: on what, and how", result->tag);
	put_row(document, "what", "value");
	put_row(document, "file", result->path);
	put_row(document, "program",
		words_of("zapbench %s %s", record->tool_version, record->tool_git[0] ? record->tool_git : "").text);
	put_row(document, "command", record->command_line);
	put_row(document, "started", record->started_at);
	put_row(document, "machine",
		words_of("%.150s; %.150s", fact_words(record, "machine", "product").text,
			 fact_words(record, "machine", "model").text)
			.text);
	put_row(document, "CPU",
		words_of("%.150s; measured on CPU %.20s, %.150s", fact_words(record, "cpu", "model").text,
			 fact_words(record, "measuring", "cpu").text,
			 fact_words(record, "measuring", "cpu_reason").text)
			.text);
	put_row(document, "kernel",
		words_of("Linux %.150s %.50s", fact_words(record, "kernel", "release").text,
			 fact_words(record, "kernel", "architecture").text)
			.text);
	put_row(document, "page size, bytes", fact_words(record, "memory", "page_size_bytes").text);
	put_row(document, "governor", fact_words(record, "cpu", "governor").text);
	put_row(document, "hypervisor", fact_words(record, "virtualization", "hypervisor").text);
	put_row(document, "emulated", record->emulated ? "EMULATED: instructions, not times" : "no");
	/* Seconds of an emulated clock mean nothing. */
	duration = record->emulated ? words_of("%s", "") : words_of(" in %.0f s", record->duration_s);
	put_row(document, "rounds",
		words_of("%zu%s, ended by %.40s; %zu left out because the system disturbed them", record->nr_rounds,
			 duration.text, record->stopped_by, rounds_left_out(record))
			.text);
	put_row(document, "layout, seed",
		words_of("%.40s addresses, seed %llu", record->layout, (unsigned long long)record->seed).text);
	if (!record->emulated && name && name->value.kind == VALUE_TEXT && resolution &&
	    resolution->value.kind == VALUE_REAL)
		put_row(document, "clock",
			words_of("%.100s, steps of %.3g ns", name->value.text, resolution->value.real).text);
	for (size_t i = 0; i < record->nr_labels; i++) {
		document_cell(document, "label %s", record->label[i].key);
		document_cell(document, "%s", record->label[i].value);
	}
}

static void say_invalid(struct document *document, const struct result *result)
{
	const struct record *record = result->record;
	size_t samples = 0, configs = 0, without = 0;

	for (size_t i = 0; i < record->nr_configs; i++) {
		const struct summary *summary = &record->config[i].summary;

		samples += (size_t)summary->samples_invalid;
		configs += summary->samples_invalid > 0;
		without += summary->rounds && summary->rounds_left_out == summary->rounds;
	}
	if (samples)
		document_item(
			document,
			"%s: %zu samples of %zu configurations are INVALID: their faults are not those that they must "
			"have taken. They are in no figure.",
			result->tag, samples, configs);
	else
		document_item(document, "%s: no sample is invalid: each took the faults that it must.", result->tag);
	if (without)
		document_item(document, "%s: %zu configurations have no figure: every round of them was disturbed.",
			      result->tag, without);
}

/* Reasons why something was not counted, each once. */
static void say_counters(struct document *document, const struct result *result)
{
	char events[1024];
	const char *why;

	for (size_t i = 0; (why = events_not_counted(result->record, i, events, sizeof(events))); i++)
		document_item(document, "%s: not counted: %s: %s.", result->tag, events, why);
}

static void say_played(struct document *document, const struct result *result)
{
	const struct record *record = result->record;

	for (size_t i = 0; i < record->nr_configs; i++) {
		const struct config_result *config = &record->config[i];
		bool told = !config->played_by_user[0];

		for (size_t j = 0; j < i && !told; j++)
			told = !strcmp(record->config[j].source, config->source);
		if (!told)
			document_item(document, "%s: on %s userspace plays %s; not played: %s.", result->tag,
				      config->source, config->played_by_user,
				      config->not_played[0] ? config->not_played : "nothing is missing");
	}
}

static void put_skipped(struct document *document, const struct result *result)
{
	const struct record *record = result->record;

	if (!record->nr_skipped)
		return;
	document_table(document, "lll", "%s: skipped, %zu in all", result->tag, record->nr_skipped);
	document_cell(document, "what");
	document_cell(document, "why");
	document_cell(document, "remedy");
	for (size_t i = 0; i < record->nr_skipped && i < SKIPPED_MAX; i++) {
		document_cell(document, "%s", record->skipped[i].name);
		document_cell(document, "%s", record->skipped[i].reason);
		document_cell(document, "%s", record->skipped[i].remedy);
	}
	if (record->nr_skipped > SKIPPED_MAX)
		document_paragraph(document, "%zu more are in the record of %s.", record->nr_skipped - SKIPPED_MAX,
				   result->tag);
}

static void put_warnings(struct document *document, const struct result *result)
{
	const struct record *record = result->record;

	for (size_t i = 0; i < record->nr_warnings; i++)
		document_item(document, "%s: warning: %s; fix: %s.", result->tag, record->warning[i].text,
			      record->warning[i].remedy);
}

/* What nobody can take from these figures, and why; each line only where it holds. */
static void say_cannot(struct report *report)
{
	struct document *document = report->document;

	document_heading(document, 3, "What these figures cannot say");
	for (size_t i = 0; i < report->nr_results; i++) {
		const struct result *result = &report->result[i];
		const struct record *record = result->record;

		if (record->emulated)
			document_item(document,
				      "%s: how long anything takes, what a cache or a memory type costs, and what "
				      "several CPUs "
				      "cost each other: it is emulated. Remedy: run zapbench on the board.",
				      result->tag);
		if (!record->emulated && strcmp(fact_words(record, "virtualization", "hypervisor").text, "not known") &&
		    strcmp(fact_words(record, "virtualization", "hypervisor").text, "none"))
			document_item(document,
				      "%s: what the bare machine does: a page-table walk and a TLB invalidation in a "
				      "guest cost "
				      "others than on the host.",
				      result->tag);
		if (!strcmp(record->layout, "fixed"))
			document_item(document,
				      "%s: what other addresses would give: one fixed layout is one sample of layouts. "
				      "Remedy: "
				      "zapbench run --layout random.",
				      result->tag);
		document_item(
			document,
			"%s: what another boot or another board of the kind would give: it is one run of one boot. "
			"Remedy: zapbench run --repeat N, on several boots.",
			result->tag);
	}
	document_item(document,
		      "What a frame costs the device or its user in waiting: a frame is CPU time from end to end.");
}

int part_method(struct report *report)
{
	struct document *document = report->document;

	document_heading(document, 2, "7. How it was measured, and what it cannot say");
	document_paragraph(
		document,
		"A round is one sample of every configuration in shuffled order, in a process of its own; rounds are "
		"the unit of all statistics. Medians have exact order-statistic intervals; ratios are paired by round "
		"(Hodges-Lehmann, signed rank), at 1 - 0.05/m over the m comparisons of a result. Rounds that the "
		"system disturbed are left out by that evidence; where leaving them out changes a verdict, it is "
		"undecided. An emulated run repeats itself to the instruction and has few rounds: what the ratio of "
		"any "
		"two rounds can be, widened by its own width to both sides, stands in for an interval.");
	for (size_t i = 0; i < report->nr_unread; i++)
		document_note(document, "Not in this report: %s%s%s", report->unread[i].why.reason,
			      report->unread[i].why.remedy[0] ? "; fix: " : "", report->unread[i].why.remedy);
	for (size_t i = 0; i < report->nr_results; i++) {
		const struct result *result = &report->result[i];

		part_result_heading(report, result);
		put_machine(document, result);
		if (result->choice.comparisons)
			document_paragraph(document,
					   "%s compares %zu pairs of options, so each ratio's interval is at %.6g %%.",
					   result->tag, result->choice.comparisons,
					   100 * stats_family_level(0.95, result->choice.comparisons));
		say_invalid(document, result);
		say_played(document, result);
		say_counters(document, result);
		put_warnings(document, result);
		put_skipped(document, result);
	}
	say_cannot(report);
	return 0;
}
