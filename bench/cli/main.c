// SPDX-License-Identifier: GPL-2.0-or-later
/* zapbench: one program, its parts as commands. */
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_errno.h>

#include "bench/cli/cli.h"
#include "bench/base/text.h"
#include "bench/run/worker.h"
#include "version.h"

static void usage(FILE *out)
{
	fputs("zapbench measures what it costs when the kernel removes userspace mappings of a dma-buf (zap)\n"
	      "and the next accesses fault them back in (refault), and which policy costs least.\n\n"
	      "usage: zapbench COMMAND [OPTION...]\n\n",
	      out);
	for (size_t i = 0; commands[i]; i++)
		fprintf(out, "  %-9s%s\n", commands[i]->name, commands[i]->summary);
	fputs("\nStart with: zapbench run\n"
	      "zapbench COMMAND --help explains a command; man zapbench is the manual.\n",
	      out);
}

static int unknown(const char *name)
{
	const char *names[32] = { NULL };
	const char *nearest;

	for (size_t i = 0; commands[i]; i++)
		names[i] = commands[i]->name;
	nearest = nearest_name(name, names);
	if (nearest)
		return complain(STATUS_USAGE, "unknown command '%s'; did you mean '%s'?", name, nearest);
	return complain(STATUS_USAGE, "unknown command '%s'; zapbench --help lists them", name);
}

int main(int argc, char **argv)
{
	/* GSL's own handler ends the program. Without it each call reports its failure. */
	gsl_set_error_handler_off();
	if (argc < 2) {
		usage(stderr);
		return STATUS_USAGE;
	}
	if (!strcmp(argv[1], WORKER_COMMAND) && argc == 3)
		return worker_main(atoi(argv[2]));
	if (!strcmp(argv[1], "__complete"))
		return complete(argc - 2, argv + 2, stdout);
	if (!strcmp(argv[1], "__man") && argc == 3)
		return print_man(argv[2], stdout);
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		usage(stdout);
		return STATUS_OK;
	}
	if (!strcmp(argv[1], "--version")) {
		printf("zapbench %s (%s)\n", ZAPBENCH_VERSION, ZAPBENCH_GIT[0] ? ZAPBENCH_GIT : "not built from git");
		return STATUS_OK;
	}
	for (size_t i = 0; commands[i]; i++) {
		if (!strcmp(argv[1], commands[i]->name))
			return commands[i]->run(argc - 1, argv + 1);
	}
	return unknown(argv[1]);
}
