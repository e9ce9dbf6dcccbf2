// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/cli/cli.h"

int complain(int status, const struct why *why)
{
	fprintf(stderr, "zapbench: %s%s%s\n", why->reason[0] ? why->reason : "out of memory",
		why->remedy[0] ? "; remedy: " : "", why->remedy);
	return status;
}

int complain_usage(const char *command)
{
	fprintf(stderr, "zapbench: zapbench %s --help says how\n", command);
	return STATUS_USAGE;
}
