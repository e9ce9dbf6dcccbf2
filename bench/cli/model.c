// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/cli/cli.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "report/analysis/board-costs.h"
#include "report/analysis/estimates.h"
#include "report/answer/estimate.h"
#include "report/answer/model.h"
#include "report/answer/observed.h"

static const char *const usage[] = { "RESULT [OPTION...]", "RESULT --observed FILE",
				     "--counts RESULT [--costs BOARD|RESULT] [OPTION...]", NULL };

enum {
	FLAG_USE = 1,
	FLAG_BYTES,
	FLAG_TOUCHED,
	FLAG_CHUNK,
	FLAG_MAPS,
	FLAG_FRAMES,
	FLAG_OTHERS,
	FLAG_RANDOM,
	FLAG_OBSERVED,
	FLAG_COUNTS,
	FLAG_COSTS,
	FLAG_COST,
	FLAG_JSON
};

enum { COSTS_GIVEN_MOST = 64 };

static bool get_board(size_t index, struct named_value *value)
{
	*value = (struct named_value){ published_boards[index].name, "", "" };
	return value->name != NULL;
}

static bool get_use(size_t index, struct named_value *value)
{
	*value = (struct named_value){ param_choice(PARAM_USE, (unsigned int)index), "", "" };
	return value->name != NULL;
}

static const struct values values_uses = { .get = get_use };
static const struct values values_boards = { .get = get_board };

static const struct flag flags[] = {
	{ .id = FLAG_BYTES,
	  .name = "bytes",
	  .argument = "N",
	  .help = "size of the buffer; K, M, G",
	  .heading = "the frame" },
	{ .id = FLAG_USE,
	  .name = "use",
	  .argument = "KIND",
	  .help = "loop: the CPU fills the buffer, a device maps it, the CPU reads a part of it; camera: a device "
		  "fills it, the CPU reads a part of it; encoder: the CPU fills it, a device reads it",
	  .preset = "loop",
	  .values = &values_uses },
	{ .id = FLAG_TOUCHED,
	  .name = "touched",
	  .argument = "F",
	  .help = "fraction of its pages that the CPU reads, above 0, at most 1",
	  .preset = "1" },
	{ .id = FLAG_MAPS, .name = "maps", .argument = "N", .help = "mappings of the buffer", .preset = "1" },
	{ .id = FLAG_OTHERS,
	  .name = "others",
	  .argument = "N",
	  .help = "other CPUs that run threads of the same process",
	  .preset = "0" },
	{ .id = FLAG_CHUNK,
	  .name = "chunk",
	  .argument = "N",
	  .help = "bytes of each contiguous chunk of the buffer",
	  .preset = "what one PMD maps" },
	{ .id = FLAG_FRAMES,
	  .name = "frames",
	  .argument = "N",
	  .help = "frames per buffer before it is allocated again",
	  .preset = "4" },
	{ .id = FLAG_RANDOM,
	  .name = "random",
	  .help = "the CPU reads random pages of the buffer, not the first pages" },
	{ .id = FLAG_OBSERVED,
	  .name = "observed",
	  .argument = "FILE",
	  .help = "take the frame from what zapbench observe --out FILE saw; options after it change it",
	  .values = &values_files },
	{ .id = FLAG_COUNTS,
	  .name = "counts",
	  .argument = "RESULT",
	  .help = "estimate the frames that RESULT counted in emulation (make bench-qemu MODEL=CORE)",
	  .more = "Then --bytes, --touched, --maps and --frames choose frames of RESULT.",
	  .heading = "another board",
	  .values = &values_results },
	{ .id = FLAG_COSTS,
	  .name = "costs",
	  .argument = "BOARD|RESULT",
	  .help = "unit costs: published ones of BOARD, or what a run of it with --profile costs measured",
	  .preset = "unknown",
	  .values = &values_boards },
	{ .id = FLAG_COST,
	  .name = "cost",
	  .argument = "EVENT=NS[..NS]",
	  .help = "one unit cost, or its range; may be repeated" },
	{ .id = FLAG_JSON,
	  .name = "json",
	  .help = "print the estimates as JSON",
	  .more = "The source describes it in zapbench-estimate.schema.json." },
	{ .name = NULL },
};

static const struct outcome outcomes[] = {
	{ STATUS_OK, "printed" },
	{ STATUS_FAILED, "failed, or the result has too few configurations to fit unit costs, or no modelled counts" },
	{ STATUS_USAGE, "wrong usage, or a file that is not a result" },
	{ 0, NULL },
};

struct asked {
	struct question question;
	struct estimated_filter filter;
	struct observation *observation; /* or NULL */
	const char *counts, *costs, *cost[COSTS_GIVEN_MOST];
	size_t nr_costs;
	bool other, json; /* @other: a parameter that only the fitted unit costs can answer */
};

/* Options of estimates. 1: it is none of them. */
static int take_estimate(struct asked *asked, int id, char *text, struct why *why)
{
	switch (id) {
	case FLAG_COUNTS:
		asked->counts = text;
		return 0;
	case FLAG_COSTS:
		asked->costs = text;
		return 0;
	case FLAG_COST:
		if (asked->nr_costs == COSTS_GIVEN_MOST)
			return why_set(why, -EINVAL, NULL, "--cost: more than %d", COSTS_GIVEN_MOST);
		asked->cost[asked->nr_costs++] = text;
		return 0;
	case FLAG_JSON:
		asked->json = true;
		return 0;
	}
	return 1;
}

/* @err, and what was taken as a filter, too. */
static int take_both(int err, const double *value, double *filter)
{
	*filter = *value;
	return err;
}

static int take_use(const char *text, struct question *question, struct why *why)
{
	const char *names[] = { [USE_LOOP] = param_choice(PARAM_USE, USE_LOOP),
				[USE_CAMERA] = param_choice(PARAM_USE, USE_CAMERA),
				[USE_ENCODER] = param_choice(PARAM_USE, USE_ENCODER),
				NULL };
	unsigned int chosen;
	int err = take_choice("use", text, names, &chosen, why);

	if (!err)
		question->use = (enum use)chosen;
	question->use_assumed = false;
	return err;
}

/* The frame that was observed. */
static int take_observed(struct asked *asked, const char *path, struct why *why)
{
	int err;

	observation_free(asked->observation);
	asked->observation = NULL;
	err = observation_read(path, &asked->observation, why);
	if (!err)
		err = observed_question(asked->observation, &asked->question, why);
	asked->filter = (struct estimated_filter){ .bytes = 0 };
	return err;
}

static int take(void *arg, int id, char *text, struct why *why)
{
	struct asked *asked = arg;
	struct question *question = &asked->question;
	int taken = take_estimate(asked, id, text, why);

	if (taken <= 0)
		return taken;
	question->asked = true;
	asked->other |=
		id == FLAG_USE || id == FLAG_OBSERVED || id == FLAG_CHUNK || id == FLAG_OTHERS || id == FLAG_RANDOM;
	switch (id) {
	case FLAG_USE:
		return take_use(text, question, why);
	case FLAG_BYTES:
		return take_both(take_size("bytes", text, 4096, 0x1p46, &question->bytes, why), &question->bytes,
				 &asked->filter.bytes);
	case FLAG_TOUCHED:
		question->touched_least = false;
		return take_both(take_number("touched", text, 1e-9, 1, &question->touched, why), &question->touched,
				 &asked->filter.touched);
	case FLAG_CHUNK:
		return take_size("chunk", text, 4096, 0x1p46, &question->chunk, why);
	case FLAG_MAPS:
		return take_both(take_size("maps", text, 1, 65536, &question->maps, why), &question->maps,
				 &asked->filter.maps);
	case FLAG_FRAMES:
		question->frames_assumed = false;
		return take_both(take_size("frames", text, 1, 1e9, &question->frames, why), &question->frames,
				 &asked->filter.frames);
	case FLAG_OTHERS:
		return take_size("others", text, 0, 65536, &question->others, why);
	case FLAG_RANDOM:
		question->random = true;
		break;
	case FLAG_OBSERVED:
		return take_observed(asked, text, why);
	}
	return 0;
}

/* What was observed, and its frame's cost. */
static int print_observed(const struct observation *observation, const struct record *record, const struct model *model,
			  const struct question *question)
{
	struct document *document = document_new("What the observed application would cost");
	int err = document ? observed_put(document, observation) : -ENOMEM;

	if (!err)
		err = observed_put_costs(document, observation, record, model, question);
	if (!err)
		err = document_text(document, output_columns(DOCUMENT_TEXT_COLUMNS), stdout);
	document_free(document);
	return err;
}

static int answer_file(const char *path, const struct question *question, const struct observation *observation)
{
	struct record *record = NULL;
	struct why why = { "", "" }, of_file = { "", "" };
	struct model model;
	int err = record_read(path, &record, &why);

	if (err)
		return complain_why(unread_status(err, STATUS_FAILED), err, &why);
	err = record_summarise(record);
	if (!err)
		err = model_fit(record, &model, &why);
	if (!err && observation)
		err = print_observed(observation, record, &model, question);
	else if (!err)
		err = model_print(record, &model, question, stdout);
	record_free(record);
	if (!err)
		return STATUS_OK;
	why_set(&of_file, err, why.remedy, "%s: %.300s", path, why.reason[0] ? why.reason : strerror(-err));
	return complain_why(STATUS_FAILED, err, &of_file);
}

static int unread(int err, const struct why *why)
{
	return complain_why(unread_status(err, STATUS_FAILED), err, why);
}

/* The record at @path, summarised. STATUS_OK, or what was complained. */
static int read_summarised(const char *path, struct record **record)
{
	struct why why = { "", "" };
	char found[PATH_MAX];
	int err = record_read(result_path(path, found, sizeof(found)), record, &why);

	if (!err)
		err = record_summarise(*record);
	return err ? unread(err, &why) : STATUS_OK;
}

/* @board: where unit costs are measured ones; kept as long as they. */
static int get_costs(const struct asked *asked, struct unit_costs *costs, struct record **board)
{
	const struct published_board *published = asked->costs ? published_board_find(asked->costs) : NULL;
	struct why why = { "", "" };
	int status, err = 0;

	board_costs_unknown(costs);
	if (published) {
		board_costs_published(published, costs);
	} else if (asked->costs) {
		status = read_summarised(asked->costs, board);
		if (status)
			return status;
		err = board_costs_measured(*board, costs, &why);
	}
	if (err)
		return complain_why(err == -EINVAL ? STATUS_USAGE : STATUS_FAILED, err, &why);
	for (size_t i = 0; i < asked->nr_costs; i++) {
		err = board_costs_give(asked->cost[i], costs, &why);
		if (err)
			return complain_why(STATUS_USAGE, err, &why);
	}
	return STATUS_OK;
}

static int estimate(const struct asked *asked)
{
	struct record *counts = NULL, *board = NULL;
	struct estimates estimates;
	struct unit_costs costs;
	struct why why = { "", "" }, of_file = { "", "" };
	int err = 0, status = get_costs(asked, &costs, &board);

	if (!status)
		status = read_summarised(asked->counts, &counts);
	if (!status) {
		err = estimates_make(counts, &costs, &asked->filter, &estimates, &why);
		if (!err) {
			estimates.counts = (char *)asked->counts;
			estimates.costs = (char *)(asked->costs ? asked->costs : "");
			estimates.core =
				(char *)(board || !asked->costs ? "" : published_board_find(asked->costs)->core);
			err = asked->json ? estimates_write(&estimates, stdout) : estimates_print(&estimates, stdout);
			estimates_free(&estimates);
		}
	}
	record_free(board);
	record_free(counts);
	if (!err)
		return status;
	why_set(&of_file, err, why.remedy, "%s: %.300s", asked->counts, why.reason[0] ? why.reason : strerror(-err));
	return complain_why(STATUS_FAILED, err, &of_file);
}

static int answer(const struct asked *asked, int count, char **files)
{
	char found[PATH_MAX];

	if (asked->counts && count)
		return complain_usage(&command_model, "--counts: found %d results file%s more", count,
				      count == 1 ? "" : "s");
	if (asked->counts && asked->other)
		return complain(STATUS_USAGE,
				"--counts estimates frames that were counted: leave out --use, --chunk, --others, "
				"--random and --observed");
	if (asked->counts)
		return estimate(asked);
	if (asked->costs || asked->nr_costs || asked->json)
		return complain(STATUS_USAGE, "--costs, --cost and --json need --counts RESULT");
	if (count != 1)
		return complain_usage(&command_model, "model takes one results file; found %d", count);
	if (asked->question.asked && !isfinite(asked->question.bytes))
		return complain(STATUS_USAGE,
				"the size of the buffer is missing: give --bytes, for example --bytes 4M");
	return answer_file(result_path(files[0], found, sizeof(found)), &asked->question, asked->observation);
}

static int run_model(int argc, char **argv)
{
	struct asked asked = { .question = { .bytes = NAN, .touched = 1, .maps = 1, .frames = QUESTION_FRAMES } };
	int status = parse_flags(&command_model, argc, argv, take, &asked);

	if (status < 0)
		status = answer(&asked, argc - optind, argv + optind);
	observation_free(asked.observation);
	return status;
}

const struct command command_model = {
	.name = "model",
	.summary = "fit unit costs to a results file, and estimate the cost of a frame",
	.usage = usage,
	.about = "Fit unit costs to the parts of a frame. RESULT must be of the heaps of the kernel "
		 "patch or its modules. Unit costs are: zap: fixed, "
		 "per mapping, per PTE, per other CPU; refault: fixed, per PTE; clean and invalidate: per cache line, "
		 "per scatter entry; accesses; calls. Print them with their 95 % intervals. Also predict each "
		 "configuration from all others and print the error. With --bytes, estimate the cost of a frame under "
		 "each policy; --use says what happens in it. With --observed, estimate the frame of an application "
		 "that was watched. With --counts, "
		 "estimate what frames would cost on another board: the modelled counts of "
		 "RESULT times the unit costs of that board. An unknown unit cost is a range; the answer names the "
		 "unit cost that decides it.",
	.flags = flags,
	.arguments = &values_results,
	.outcomes = outcomes,
	.failure = STATUS_FAILED,
	.examples =
		"make bench-qemu && zapbench model results/runs/latest.json\n"
		"zapbench model results/runs/latest.json --bytes 4M --touched 0.1 --maps 2 --frames 30\n"
		"zapbench model results/runs/latest.json --observed player.json\n"
		"zapbench model --counts results/runs/qemu-6.12-4k-model.json --costs rk3399-a72 --cost dc-cvac=4..6",
	.run = run_model,
};
