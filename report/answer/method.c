// SPDX-License-Identifier: GPL-2.0-or-later
/* Part 7: how it was measured, and what it cannot say. */
#include <string.h>

#include "report/render/config.h"
#include "report/answer/parts.h"

#define SKIPPED_MAX 20 /* rows of the table */

static void put_row(struct document *document, const char *what, const char *value)
{
	document_cell(document, "%s", what);
	document_cell(document, "%s", value[0] ? value : "unknown");
}

static struct words clock_fact_words(const struct record *record, const char *key)
{
	char text[64];

	return words_of("%s", fact_format(facts_find(&record->clock, NULL, key), text, sizeof(text)));
}

static void put_machine(struct document *document, const struct result *result)
{
	const struct record *record = result->record;
	const struct fact *name = facts_find(&record->clock, NULL, "name");
	const struct fact *resolution = facts_find(&record->clock, NULL, "resolution_ns");
	const char *model = facts_text(&record->environment, "cpu", "model", NULL);
	const char *board = record_board(record), *cpu = record_cpu(record);
	struct words duration;

	document_table(document, "ll", "%s: machine and method", result->tag);
	put_row(document, "what", "value");
	put_row(document, "file", result->path);
	put_row(document, "program",
		words_of("zapbench %s %s", record->tool_version, record->tool_git[0] ? record->tool_git : "").text);
	put_row(document, "command", record->command_line);
	put_row(document, "started", record->started_at);
	put_row(document, "machine", board ? board : "");
	put_row(document, "CPU",
		words_of("%s%.150s; measured on CPU %.20s, %.150s", cpu && cpu != model ? "MIDR_EL1 " : "",
			 cpu ? cpu : "unknown", fact_words(record, "measuring", "cpu").text,
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
	duration = record->emulated ? words_of("%s", "") : words_of("; %.0f s", record->duration_s);
	put_row(document, "rounds",
		words_of("%s%s; ended by %.40s", rounds_words(record).text, duration.text, record->stopped_by).text);
	put_row(document, "layout, seed",
		words_of("%.40s, seed %llu", record->layout, (unsigned long long)record->seed).text);
	if (!record->emulated && name && name->value.kind == VALUE_TEXT && resolution &&
	    resolution->value.kind == VALUE_REAL)
		put_row(document, "clock",
			words_of("%.100s, steps of %.3g ns; timer overhead %.50s ns, subtracted", name->value.text,
				 resolution->value.real, clock_fact_words(record, "cost_ns").text)
				.text);
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
		document_item(document,
			      "%s: %zu samples of %zu configurations are INVALID: unexpected fault counts. They are "
			      "excluded from statistics.",
			      result->tag, samples, configs);
	else
		document_item(document, "%s: all samples are valid: each has the expected fault count.", result->tag);
	if (without)
		document_item(document, "%s: %zu configurations have no figure: every sample was disturbed.",
			      result->tag, without);
}

/* Configurations that a coarse clock times badly. */
static void say_clock(struct document *document, const struct result *result)
{
	const struct record *record = result->record;

	for (size_t i = 0; i < record->nr_configs; i++) {
		struct words words = clock_words(record, &record->config[i]);

		if (words.text[0])
			document_item(document, "%s: %s: %s.", result->tag, record->config[i].name, words.text);
	}
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

		if (is_first_imitated(record, i))
			document_item(document, "%s: on %s userspace imitates: %s; NOT measured: %s.", result->tag,
				      config->source, config->played_by_user,
				      config->not_played[0] ? config->not_played : "nothing");
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
	document_cell(document, "fix");
	for (size_t i = 0; i < record->nr_skipped && i < SKIPPED_MAX; i++) {
		document_cell(document, "%s", record->skipped[i].name);
		document_cell(document, "%s", record->skipped[i].reason);
		document_cell(document, "%s", record->skipped[i].remedy);
	}
	if (record->nr_skipped > SKIPPED_MAX)
		document_paragraph(document, "%zu more are in the file of result %s.", record->nr_skipped - SKIPPED_MAX,
				   result->tag);
}

static void put_warnings(struct document *document, const struct result *result)
{
	const struct record *record = result->record;

	for (size_t i = 0; i < record->nr_warnings; i++)
		document_item(document, "%s: warning: %s; fix: %s.", result->tag, record->warning[i].text,
			      record->warning[i].remedy);
}

/* What the figures do not show, and why. Each line only where it holds. */
static void say_cannot(struct report *report)
{
	struct document *document = report->document;

	document_heading(document, 3, "What these figures do not show");
	for (size_t i = 0; i < report->nr_results; i++) {
		const struct result *result = &report->result[i];
		const struct record *record = result->record;
		const char *hypervisor = facts_text(&record->environment, "virtualization", "hypervisor", "none");

		if (record->emulated)
			document_item(document,
				      "%s is emulated: it has no times, no cost of caches or memory types, and no "
				      "contention between CPUs. Fix: run zapbench on the board.",
				      result->tag);
		if (!record->emulated && strcmp(hypervisor, "none"))
			document_item(document,
				      "%s is a virtual machine: page-table walks and TLB invalidations have other "
				      "costs there than on the bare machine.",
				      result->tag);
		if (!strcmp(record->layout, "fixed"))
			document_item(document,
				      "%s has one fixed memory layout: other layouts may give other figures. Fix: "
				      "zapbench run --layout random.",
				      result->tag);
		document_item(document,
			      "%s is one run of one boot: other boots and other boards of the same model may give "
			      "other figures. Fix: zapbench run --repeat N, on several boots.",
			      result->tag);
	}
	document_item(document, "Waiting of a device or of a user is not measured: the cost of a frame is CPU time.");
}

int part_method(struct report *report)
{
	struct document *document = report->document;

	document_heading(document, 2, "7. How it was measured, and what it cannot say");
	document_fold(document);
	document_paragraph(
		document,
		"A round is one sample of every configuration in shuffled order, in a process of its own. The round is "
		"the unit of all statistics. Medians have order-statistic intervals, which allow for neighbouring "
		"rounds that are alike. Ratios are paired by round (Hodges-Lehmann, signed rank) and have confidence 1 "
		"- 0.05/m, where m is the number of comparisons of a result. A disturbed sample is discarded on "
		"evidence of the system (preemption, a sleep, migration, stolen time, a reader of the mappings), never "
		"by its value. Throttling and a change of frequency discard the round. A verdict that changes when "
		"they are discarded is inconclusive. An emulated run repeats itself to the instruction and has few "
		"rounds. Its interval is the range of the ratios of any two rounds, widened by its own width on both "
		"sides.");
	for (size_t i = 0; i < report->nr_unread; i++)
		document_note(document, "Not in this report: %s", why_line(&report->unread[i].why).text);
	for (size_t i = 0; i < report->nr_results; i++) {
		const struct result *result = &report->result[i];

		part_result_heading(report, result);
		put_machine(document, result);
		if (result->choice.comparisons)
			document_paragraph(
				document,
				"%s has %zu comparisons, so the interval of each ratio has %.6g %% confidence.",
				result->tag, result->choice.comparisons,
				100 * stats_family_level(0.95, result->choice.comparisons));
		say_invalid(document, result);
		say_clock(document, result);
		say_played(document, result);
		say_counters(document, result);
		put_warnings(document, result);
		put_skipped(document, result);
	}
	say_cannot(report);
	return 0;
}
