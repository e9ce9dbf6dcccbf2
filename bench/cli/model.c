// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/cli/cli.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "report/answer/model.h"

static const char *const usage[] = { "RESULT [OPTION...]", NULL };

enum { FLAG_BYTES = 1, FLAG_TOUCHED, FLAG_CHUNK, FLAG_MAPS, FLAG_FRAMES, FLAG_OTHERS, FLAG_RANDOM };

static const struct flag flags[] = {
	{ .id = FLAG_BYTES,
	  .name = "bytes",
	  .argument = "N",
	  .help = "size of the buffer; K, M, G",
	  .heading = "the frame" },
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
	{ .name = NULL },
};

static const struct outcome outcomes[] = {
	{ STATUS_OK, "printed" },
	{ STATUS_FAILED, "failed, or the result has too few configurations to fit unit costs" },
	{ STATUS_USAGE, "wrong usage, or a file that is not a result" },
	{ 0, NULL },
};

static int take(void *arg, int id, char *text, struct why *why)
{
	struct question *question = arg;

	question->asked = true;
	switch (id) {
	case FLAG_BYTES:
		return take_size("bytes", text, 4096, 0x1p46, &question->bytes, why);
	case FLAG_TOUCHED:
		return take_number("touched", text, 1e-9, 1, &question->touched, why);
	case FLAG_CHUNK:
		return take_size("chunk", text, 4096, 0x1p46, &question->chunk, why);
	case FLAG_MAPS:
		return take_size("maps", text, 1, 65536, &question->maps, why);
	case FLAG_FRAMES:
		return take_size("frames", text, 1, 1e9, &question->frames, why);
	case FLAG_OTHERS:
		return take_size("others", text, 0, 65536, &question->others, why);
	case FLAG_RANDOM:
		question->random = true;
		break;
	}
	return 0;
}

static int answer_file(const char *path, const struct question *question)
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
	if (!err)
		err = model_print(record, &model, question, stdout);
	record_free(record);
	if (!err)
		return STATUS_OK;
	why_set(&of_file, err, why.remedy, "%s: %.300s", path, why.reason[0] ? why.reason : strerror(-err));
	return complain_why(STATUS_FAILED, err, &of_file);
}

static int run_model(int argc, char **argv)
{
	struct question question = { .bytes = NAN, .touched = 1, .maps = 1, .frames = 4 };
	int status = parse_flags(&command_model, argc, argv, take, &question);
	char found[PATH_MAX];

	if (status >= 0)
		return status;
	if (optind != argc - 1)
		return complain_usage(&command_model, "model takes one results file; found %d", argc - optind);
	if (question.asked && !isfinite(question.bytes))
		return complain(STATUS_USAGE,
				"the size of the buffer is missing: give --bytes, for example --bytes 4M");
	return answer_file(result_path(argv[optind], found, sizeof(found)), &question);
}

const struct command command_model = {
	.name = "model",
	.summary = "fit unit costs to a results file, and estimate the cost of a frame",
	.usage = usage,
	.about = "Fit unit costs to the parts of a frame. RESULT must be of a patched kernel. Unit costs are: zap: "
		 "fixed, "
		 "per mapping, per PTE, per other CPU; refault: fixed, per PTE; clean and invalidate: per cache line, "
		 "per scatter entry; accesses; calls. Print them with their 95 % intervals. Also predict each "
		 "configuration from all others and print the error. With --bytes, estimate the cost of a frame under "
		 "each policy: the CPU fills the buffer, END, a device maps and unmaps it, START, the CPU reads a "
		 "part of it.",
	.flags = flags,
	.arguments = &values_results,
	.outcomes = outcomes,
	.failure = STATUS_FAILED,
	.examples = "make bench-qemu && zapbench model results/runs/latest.json\n"
		    "zapbench model results/runs/latest.json --bytes 4M --touched 0.1 --maps 2 --frames 30",
	.run = run_model,
};
