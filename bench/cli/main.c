// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * zapbench: one program, its parts as subcommands. This is the one place that knows all of them: it hands the printing
 * of report/ to the measuring of bench/, which do not know each other.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/cli/cli.h"
#include "bench/base/text.h"
#include "bench/run/worker.h"
#include "report/answer/compare.h"
#include "report/export/export.h"
#include "report/answer/model.h"
#include "report/answer/report.h"
#include "report/render/table.h"
#include "version.h"

static int print_record(const struct record *record, FILE *out)
{
	int err = table_print(record, out);

	return err ? err : compare_halves(record, out);
}

static int run(int argc, char **argv)
{
	return command_run(argc, argv, print_record);
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} commands[] = {
	{ "run", run, "measure, print a table, write a results file" },
	{ "list", command_list, "cases, sources and policies, and what this machine can do of them" },
	{ "info", command_info, "this machine as a result would record it" },
	{ "compare", command_compare, "what got slower or faster from one set of results to another" },
	{ "model", command_model, "what a frame of your own would cost, from the unit costs in a results file" },
	{ "report", command_report, "say which policy costs least, with the evidence, as a page, text and plots" },
	{ "export", command_export, "a result in the format of Prometheus, GitHub actions, Bencher and others" },
	{ "history", command_history, "keep the results of many runs, and show what they say over time" },
	{ "recover", command_recover, "make a results file of the journal of a killed run" },
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void usage(FILE *out)
{
	fputs("zapbench measures what it costs when the kernel takes userspace mappings of a dma-buf\n"
	      "away (zap) and they come back (refault), and which policy costs least.\n\n"
	      "usage: zapbench COMMAND [OPTION...]\n\n",
	      out);
	for (size_t i = 0; i < NR_COMMANDS; i++)
		fprintf(out, "  %-9s%s\n", commands[i].name, commands[i].summary);
	fputs("\nzapbench COMMAND --help teaches each; man zapbench says it all. Begin with: zapbench run\n", out);
}

static int unknown(const char *name)
{
	const char *names[NR_COMMANDS + 1] = { NULL };
	const char *nearest;

	for (size_t i = 0; i < NR_COMMANDS; i++)
		names[i] = commands[i].name;
	nearest = nearest_name(name, names);
	if (nearest)
		fprintf(stderr, "zapbench: unknown command '%s'; did you mean '%s'?\n", name, nearest);
	else
		fprintf(stderr, "zapbench: unknown command '%s'; zapbench --help lists them\n", name);
	return STATUS_USAGE;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		usage(stderr);
		return STATUS_USAGE;
	}
	if (!strcmp(argv[1], WORKER_COMMAND) && argc == 3)
		return worker_main(atoi(argv[2]));
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		usage(stdout);
		return STATUS_OK;
	}
	if (!strcmp(argv[1], "--version")) {
		printf("zapbench %s (%s)\n", ZAPBENCH_VERSION, ZAPBENCH_GIT[0] ? ZAPBENCH_GIT : "not built from git");
		return STATUS_OK;
	}
	for (size_t i = 0; i < NR_COMMANDS; i++) {
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	}
	return unknown(argv[1]);
}
