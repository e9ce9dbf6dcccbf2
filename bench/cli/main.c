// SPDX-License-Identifier: GPL-2.0-or-later
/* zapbench: one program, its parts as commands. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/cli/cli.h"
#include "bench/base/text.h"
#include "bench/run/worker.h"
#include "version.h"

static void usage(void)
{
	fputs("The kernel can remove the userspace mappings of a dma-buf (zap). The next accesses then fault\n"
	      "the pages in again (refault). zapbench measures what both cost, and which policy costs least.\n\n"
	      "usage: zapbench COMMAND [OPTION...]\n\n",
	      stdout);
	for (size_t i = 0; commands[i]; i++)
		printf("  %-9s%s\n", commands[i]->name, commands[i]->summary);
	print_outcomes(statuses, stdout);
	fputs("\nStart with: zapbench run\n"
	      "zapbench COMMAND --help explains a command; man zapbench is the manual.\n",
	      stdout);
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

/* A standard file that is closed: what is written to it must fail, and no other file may get its number. */
static void hold_standard_files(void)
{
	int fd;

	while ((fd = open("/dev/null", O_RDONLY)) >= 0 && fd <= 2)
		;
	if (fd > 2)
		close(fd);
}

/* An answer that nobody can read is a failure. @failure: the status for that. */
static int check_output(int status, int failure)
{
	bool failed = ferror(stdout) != 0;

	errno = 0;
	if (fclose(stdout))
		failed = true;
	if (!failed || status == failure)
		return status;
	return complain(failure, "standard output: %s", errno ? strerror(errno) : "it could not be written");
}

static int answer(int argc, char **argv)
{
	if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		usage();
		return STATUS_OK;
	}
	if (!strcmp(argv[1], "__complete"))
		return complete(argc - 2, argv + 2, stdout);
	if (!strcmp(argv[1], "__man") && argc == 3)
		return print_man(argv[2], stdout);
	if (!strcmp(argv[1], "__model-counts") && argc == 4)
		return add_model_counts(argv[2], argv[3]);
	if (!strcmp(argv[1], "--version")) {
		printf("zapbench %s (%s)\n", ZAPBENCH_VERSION, ZAPBENCH_GIT[0] ? ZAPBENCH_GIT : "not built from git");
		return STATUS_OK;
	}
	return unknown(argv[1]);
}

int main(int argc, char **argv)
{
	hold_standard_files();
	/* Whoever started us may ignore it, and then nobody can wait for a child. */
	signal(SIGCHLD, SIG_DFL);
	/* That the reason of a write that fails is known at the end: what is written before keeps none. */
	if (!isatty(STDOUT_FILENO))
		setvbuf(stdout, NULL, _IOFBF, 1 << 20);
	if (argc == 3 && !strcmp(argv[1], WORKER_COMMAND))
		return worker_main(atoi(argv[2]));
	for (size_t i = 0; argc > 1 && commands[i]; i++) {
		if (!strcmp(argv[1], commands[i]->name))
			return check_output(commands[i]->run(argc - 1, argv + 1), commands[i]->failure);
	}
	return check_output(answer(argc, argv), STATUS_FAILED);
}
