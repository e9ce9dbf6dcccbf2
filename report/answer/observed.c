// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/answer/observed.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/text.h"

static const char *counted(int64_t count, const char *one, const char *many)
{
	return count == 1 ? one : many;
}

static const char *exporter_of(const struct observed_group *group)
{
	return group->exporter[0] ? group->exporter : "unknown exporter";
}

/* Of the pages of the mapped buffers the part that had a fault; NAN: no fault can tell. */
static double faulted_part(const struct observation *observation, const struct observed_group *group)
{
	double pages = (double)group->mapped * ceil((double)group->bytes / (double)observation->page_bytes);

	return observation->faults_watched && group->faults > 0 && pages > 0
		       ? fmin((double)group->pages_faulted / pages, 1)
		       : NAN;
}

/* "2.5 times", "once" */
static struct words each_words(double times)
{
	struct words words = words_of("%.3g", times);

	return strcmp(words.text, "1") ? words_of("%.3g times", times) : words_of("once");
}

/* "reads each 2.5 times per second" */
static void add_rate(struct words *words, const struct observation *observation, const struct observed_group *group,
		     const char *verb, int64_t starts)
{
	/* While frames came: an application needs time to start. */
	double active_s = observation->frames_per_s > 0 ? (double)observation->frames / observation->frames_per_s
							: observation->seconds;
	double each = (double)starts / (double)group->mapped / active_s;

	if (starts > 0 && observation->emulated)
		words_add(words, "; %s each %s", verb, each_words((double)starts / (double)group->mapped).text);
	else if (starts > 0)
		words_add(words, "; %s each %s per second", verb, each_words(each).text);
}

static struct words group_sentence(const struct observation *observation, const struct observed_group *group)
{
	double part = faulted_part(observation, group);
	struct words words =
		words_of("The application maps %lld dma-buf%s of %s (%s)", (long long)group->mapped,
			 counted(group->mapped, "", "s"), size_words((double)group->bytes).text, exporter_of(group));

	add_rate(&words, observation, group, "reads", group->read_starts);
	add_rate(&words, observation, group, "writes", group->write_starts);
	if (isfinite(part))
		words_add(&words, "; touches %s of their pages or more", percent_words(part).text);
	else if (observation->faults_watched)
		words_add(&words, "; takes no page fault on them, so what it touches is unknown");
	words_add(&words, ".");
	return words;
}

/* Calls of SYNC whose buffer is not known: its process had ended before anybody looked. */
static int64_t unassigned(const struct observation *observation)
{
	int64_t calls = 0;

	for (size_t i = 0; i < observation->nr_syncs; i++)
		calls += observation->sync[i].calls;
	for (size_t i = 0; i < observation->nr_buffers; i++)
		calls -= observation->buffer[i].syncs > 0 ? observation->buffer[i].syncs : 0;
	return calls;
}

static void put_sync_sentence(struct document *document, const struct observation *observation,
			      const struct observed_group *group)
{
	if (group->syncs > 0)
		return;
	if (!observation->sync_watched)
		document_paragraph(document, "Whether it calls SYNC is unknown.");
	else if (unassigned(observation) > 0)
		document_paragraph(document,
				   "It calls SYNC, but for which buffers is unknown: it had ended too early.");
	else if (observation->lost > 0)
		document_paragraph(document, "No call of SYNC was seen, but samples were lost.");
	else
		document_paragraph(
			document, "It calls no SYNC: with a cached heap such as system it can read old bytes where the "
				  "device is not coherent. Write-combined memory and bounce need no SYNC.");
}

static void put_frames(struct document *document, const struct observation *observation)
{
	if (!observation->frames_by[0] && !observation->sync_watched)
		document_item(document, "frames per second: not known (SYNC and VIDIOC_DQBUF were not watched)");
	else if (!observation->frames_by[0])
		document_item(document, "frames per second: not known (no SYNC START and no VIDIOC_DQBUF came twice)");
	else if (observation->emulated)
		document_item(document, "frames: %lld by %s; no rate, as the machine is emulated",
			      (long long)observation->frames, observation->frames_by);
	else
		document_item(document, "frames per second: %.4g, from %lld calls of %s", observation->frames_per_s,
			      (long long)observation->frames, observation->frames_by);
}

static void put_watching(struct document *document, const struct observation *observation)
{
	static const char *const ends[][2] = {
		{ "time", "the time was over" },
		{ "exit", "the process ended" },
		{ "interrupt", "it was interrupted" },
	};
	const char *ended = "unknown end";

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (!strcmp(observation->ended, ends[i][0]))
			ended = ends[i][1];
	}
	document_item(document, "watched for %.3g s: %s", observation->seconds, ended);
	if (observation->exit_status >= 0)
		document_item(document, "exit status of the command: %lld", (long long)observation->exit_status);
	document_item(document, "%lld process%s, %lld thread%s", (long long)observation->processes,
		      counted(observation->processes, "", "es"), (long long)observation->threads,
		      counted(observation->threads, "", "s"));
	put_frames(document, observation);
	if (observation->faults_elsewhere >= 0)
		document_item(document, "page faults on other memory: %lld", (long long)observation->faults_elsewhere);
	if (observation->lost >= 0)
		document_item(document, "lost samples: %lld%s", (long long)observation->lost,
			      observation->lost ? ": all counts are lower bounds" : "");
	if (observation->flags_read_later > 0)
		document_item(document,
			      "SYNC calls whose flags were read after the call: %lld. Where the application uses the "
			      "memory of the flags again, they are those of a later call: then START and END, reads, "
			      "writes and frames are wrong",
			      (long long)observation->flags_read_later);
}

/* What was not counted is not 0. */
static void put_count(struct document *document, int64_t count)
{
	if (count < 0)
		document_cell(document, "-");
	else
		document_cell(document, "%lld", (long long)count);
}

static void put_groups(struct document *document, const struct observed_group *groups, size_t count)
{
	static const char *const heads[] = { "exporter", "size",          "mapped", "mmap",  "munmap",
					     "faults",   "pages faulted", "reads",  "writes" };

	document_table(document, "llrrrrrrr", "dma-bufs; reads and writes are calls of SYNC START");
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		document_cell(document, "%s", heads[i]);
	for (size_t i = 0; i < count; i++) {
		const struct observed_group *group = &groups[i];

		document_cell(document, "%s", exporter_of(group));
		document_cell(document, "%s", group->bytes ? size_words((double)group->bytes).text : "unknown");
		document_cell(document, "%lld of %lld", (long long)group->mapped, (long long)group->buffers);
		put_count(document, group->mmaps);
		put_count(document, group->munmaps);
		put_count(document, group->faults);
		put_count(document, group->pages_faulted);
		put_count(document, group->read_starts);
		put_count(document, group->write_starts);
	}
}

static void put_us(struct document *document, double ns)
{
	char text[32];

	document_cell(document, "%s", figure_format(ns / 1e3, text, sizeof(text)));
}

static void put_syncs(struct document *document, const struct observation *observation)
{
	static const char *const heads[] = { "call", "calls", "failed", "median us", "most us", "all us" };
	size_t columns = observation->emulated ? 3 : 6;

	if (!observation->nr_syncs)
		return;
	document_table(document, observation->emulated ? "lrr" : "lrrrrr",
		       observation->emulated ? "Calls of SYNC; no times, as the machine is emulated" : "Calls of SYNC");
	for (size_t i = 0; i < columns; i++)
		document_cell(document, "%s", heads[i]);
	for (size_t i = 0; i < observation->nr_syncs; i++) {
		const struct observed_sync *sync = &observation->sync[i];

		document_cell(document, "%s", sync->call);
		document_cell(document, "%lld", (long long)sync->calls);
		document_cell(document, "%lld", (long long)sync->failed);
		if (observation->emulated)
			continue;
		put_us(document, sync->median_ns);
		put_us(document, sync->most_ns);
		put_us(document, sync->total_ns);
	}
}

static bool gaps_alike(const struct observed_gap *a, const struct observed_gap *b)
{
	return !strcmp(a->reason, b->reason) && !strcmp(a->remedy, b->remedy);
}

/* What has the reason and the fix of gap @from; empty where an earlier one has them. */
static struct words whats_alike(const struct observation *observation, size_t from)
{
	const struct observed_gap *gap = observation->gap;
	struct words words = words_of("%s", gap[from].what);

	for (size_t i = 0; i < observation->nr_gaps; i++) {
		if (i < from && gaps_alike(&gap[i], &gap[from]))
			return words_of("%s", "");
		if (i > from && gaps_alike(&gap[i], &gap[from]))
			words_add(&words, ", %s", gap[i].what);
	}
	return words;
}

static void put_gaps(struct document *document, const struct observation *observation)
{
	if (!observation->nr_gaps)
		return;
	document_table(document, "lll", "NOT watched");
	document_cell(document, "what");
	document_cell(document, "reason");
	document_cell(document, "fix");
	for (size_t i = 0; i < observation->nr_gaps; i++) {
		const struct observed_gap *gap = &observation->gap[i];
		struct words whats = whats_alike(observation, i);

		if (!whats.text[0])
			continue;
		document_cell(document, "%s", whats.text);
		document_cell(document, "%s", gap->reason);
		document_cell(document, "%s", gap->remedy[0] ? gap->remedy : "none known");
	}
}

int observed_put(struct document *document, const struct observation *observation)
{
	struct observed_group *groups;
	size_t count;
	int err = observation_groups(observation, &groups, &count);

	if (err)
		return err;
	if (!count)
		document_paragraph(document, "No dma-buf was seen.");
	else if (!groups[0].mapped)
		document_paragraph(document,
				   "The application has dma-bufs, but maps none of them: the CPU does not touch them.");
	for (size_t i = 0; i < count && groups[i].mapped; i++) {
		document_paragraph(document, "%s", group_sentence(observation, &groups[i]).text);
		put_sync_sentence(document, observation, &groups[i]);
	}
	put_watching(document, observation);
	if (count)
		put_groups(document, groups, count);
	put_syncs(document, observation);
	put_gaps(document, observation);
	free(groups);
	return document->err;
}

int observed_print(const struct observation *observation, size_t columns, FILE *out)
{
	struct document *document;
	int err;

	if (observation->command[0])
		document = document_new(words_of("dma-bufs of %s", observation->command).text);
	else
		document = document_new(words_of("dma-bufs of process %lld", (long long)observation->pid).text);
	if (!document)
		return -ENOMEM;
	err = observed_put(document, observation);
	if (!err)
		err = document_text(document, columns, out);
	document_free(document);
	return err;
}
